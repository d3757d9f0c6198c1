"""Sensitivity: how far each input alone moves a figure of the town (a tornado diagram)."""

from typing import Final

import pandas as pd

from geo.economics.appraisal import appraisal
from geo.economics.inputs import INPUTS
from geo.economics.sums import town_sums
from geo.plan.economics import Economics, End

TORNADO_COLUMNS: Final = (
    "input",
    "unit",
    "by_zone",
    "low",
    "value",
    "high",
    "at_low",
    "at_value",
    "at_high",
    "swing",
)
"""An input as the plan writes it, whether zones stand at ends of their own, the measure when it
alone stands at each, and how far apart the ends lie."""


def tornado(
    economics: Economics, parcels: pd.DataFrame, floor: pd.DataFrame, *, measure: str = "residual"
) -> pd.DataFrame:
    """The inputs that have a range, the one that moves the measure most first.

    ``measure`` is a column of :data:`geo.economics.sums.SUM_COLUMNS`, of the town. The appraisal is
    made anew at each end. Where an input differs by zone, every zone stands at its own end.
    """
    base = _town(economics, parcels, floor, measure)
    rows = []
    for name in INPUTS:
        item = economics.inputs.get(name)
        if item is None or not item.wide:
            continue
        low, high = (_town(economics, parcels, floor, measure, at=at, of=name) for at in ENDS)
        ends = (*item.ends.values(), low, base, high, abs(high - low))
        rows.append((name, item.unit, bool(item.by_zone), *ends))
    table = pd.DataFrame(rows, columns=list(TORNADO_COLUMNS))
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


ENDS: Final[tuple[End, End]] = ("low", "high")


def _town(
    economics: Economics,
    parcels: pd.DataFrame,
    floor: pd.DataFrame,
    measure: str,
    *,
    at: End = "value",
    of: str | None = None,
) -> float:
    """The measure of the town; NaN when nothing is appraised."""
    sums = town_sums(appraisal(economics, parcels, floor, at=at, of=of))
    return float(sums[measure].sum(min_count=1))
