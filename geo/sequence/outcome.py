"""A sequence as people read it: by parcel, by quarter and by year, with what binds it."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geo.findings import Finding
from geo.graph import pieces
from geo.sequence.lots import Floats, Integers, Lots, Mask
from geo.sequence.terms import NEVER, QUARTERS_A_YEAR, Terms
from geo.units import M2_PER_MU, SLACK_MU

PARCEL_COLUMNS: Final = ("parcel_id", "start", "ready", "year", "land_mu", "cost")
"""A parcel that is taken: the first day of the quarter in which it starts, the last day of the one
in which it is ready by the plan's P50 (NaT beyond the years), the year of its start, its land and
what is paid for it."""

YEAR_COLUMNS: Final = (
    *("year", "parcels", "land_mu", "cost", "budget"),
    *("ready_mu", "in_blocks_mu", "largest_mu", "least_mu"),
)
"""A year: the parcels that start in it, their land and cost, its budget; and at its end all land
that is ready, that in blocks as large as asked for, the largest block, and the milestone."""

QUARTER_COLUMNS: Final = (
    *("date", "starts", "starts_mu", "cost"),
    *("ready_mu", "in_blocks_mu", "largest_mu"),
)
"""The end of a quarter: what starts in it, and all that is ready by then (the S-curve)."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Which land is taken when.

    ``parcels``: :data:`PARCEL_COLUMNS`; ``years``: :data:`YEAR_COLUMNS`; ``quarters``:
    :data:`QUARTER_COLUMNS`. ``mu_years`` is the land in blocks summed over the ends of the years,
    no sequence under the terms has more than ``bound`` (NaN: nobody proved one), and ``gap`` is
    the share of it that may be missing. ``gap_m`` is the widest gap across which land counts as
    contiguous.
    """

    as_of: date
    goal: str
    currency: str
    mode: str
    gap_m: float
    block_mu: float
    parcels: pd.DataFrame
    years: pd.DataFrame
    quarters: pd.DataFrame
    mu_years: float
    bound: float
    gap: float
    status: str
    seed: int
    seconds: float
    findings: list[Finding] = field(default_factory=list)


def tables_of(
    lots: Lots, terms: Terms, start: Integers, ready: Integers
) -> dict[str, pd.DataFrame]:
    """The tables of a :class:`Sequence`, from the quarters (parcels,) of start and ready."""
    quarters = _quarters(lots, terms, start, ready)
    return {
        "parcels": _parcels(lots, terms, start, ready),
        "quarters": quarters,
        "years": _years(lots, terms, start, quarters),
    }


def first_day(first_year: int, quarter: int) -> date:
    """The first day of a quarter that is counted from the first of a year."""
    year, part = divmod(quarter, QUARTERS_A_YEAR)
    return date(first_year + year, 3 * part + 1, 1)


def last_day(first_year: int, quarter: int) -> date:
    """The last day of such a quarter."""
    year, part = divmod(quarter, QUARTERS_A_YEAR)
    month = 3 * part + 3
    return date(first_year + year, month, monthrange(first_year + year, month)[1])


def _parcels(lots: Lots, terms: Terms, start: Integers, ready: Integers) -> pd.DataFrame:
    taken = np.flatnonzero(start != NEVER)
    taken = taken[np.lexsort((np.array(lots.ids)[taken], start[taken]))]
    rows = [
        (
            lots.ids[at],
            first_day(terms.first_year, int(start[at])),
            pd.NaT if ready[at] == NEVER else last_day(terms.first_year, int(ready[at])),
            terms.first_year + int(start[at]) // QUARTERS_A_YEAR,
            lots.land_m2[at] / M2_PER_MU,
            lots.cost[at],
        )
        for at in taken.tolist()
    ]
    table = pd.DataFrame(rows, columns=list(PARCEL_COLUMNS))
    return table.assign(start=pd.to_datetime(table["start"]), ready=pd.to_datetime(table["ready"]))


def _quarters(lots: Lots, terms: Terms, start: Integers, ready: Integers) -> pd.DataFrame:
    rows = []
    for quarter in range(terms.years * QUARTERS_A_YEAR):
        begins = start == quarter
        there = lots.ready | ((ready != NEVER) & (ready <= quarter))
        in_blocks, largest = blocks_of(lots, there, terms.block_m2)
        rows.append(
            {
                "date": pd.Timestamp(last_day(terms.first_year, quarter)),
                "starts": int(begins.sum()),
                "starts_mu": float(lots.land_m2[begins].sum()) / M2_PER_MU,
                "cost": float(lots.cost[begins].sum()),
                "ready_mu": float(lots.land_m2[there].sum()) / M2_PER_MU,
                "in_blocks_mu": in_blocks / M2_PER_MU,
                "largest_mu": largest / M2_PER_MU,
            }
        )
    return pd.DataFrame(rows, columns=list(QUARTER_COLUMNS))


def _years(lots: Lots, terms: Terms, start: Integers, quarters: pd.DataFrame) -> pd.DataFrame:
    ends = quarters.iloc[QUARTERS_A_YEAR - 1 :: QUARTERS_A_YEAR].reset_index(drop=True)
    least = terms.least_m2 if len(terms.least_m2) else np.zeros(terms.years)
    rows = []
    for year, (budget, least_m2) in enumerate(zip(terms.budget, least, strict=True)):
        begins = (start != NEVER) & (start // QUARTERS_A_YEAR == year)
        rows.append(
            {
                "year": terms.first_year + year,
                "parcels": int(begins.sum()),
                "land_mu": float(lots.land_m2[begins].sum()) / M2_PER_MU,
                "cost": float(lots.cost[begins].sum()),
                "budget": float(budget),
                **ends.loc[year, ["ready_mu", "in_blocks_mu", "largest_mu"]].to_dict(),
                "least_mu": float(least_m2) / M2_PER_MU if least_m2 > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows, columns=list(YEAR_COLUMNS))


def blocks_of(lots: Lots, there: Mask, block_m2: float) -> tuple[float, float]:
    """The land in m² that lies in blocks as large as asked for, and that of the largest block."""
    sizes = block_sizes(lots, there)
    enough = sizes >= block_m2 - SLACK_MU * M2_PER_MU
    return float(sizes[enough].sum()), float(sizes.max(initial=0.0))


def block_sizes(lots: Lots, there: Mask) -> Floats:
    """The land in m² of each block among the parcels that are there.

    Parcels without land, which are none of the goal, hold nothing together.
    """
    return pieces(lots.i, lots.j, np.where(there, lots.land_m2, 0.0))[1]
