"""What a forecast says: land by quarter, the date of each goal, and the parcels that matter."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.findings import Finding
from geo.forecast.backtest import Backtest
from geo.forecast.future import (
    Future,
    Outset,
    curves_of,
    drawn,
    links_within,
    month_ends,
)
from geo.forecast.measuring import EPOCH, day_number
from geo.forecast.town import Floats, Target
from geo.kernels.cuts import importance
from geo.kernels.unions import Curves
from geo.units import DAYS_PER_MONTH, M2_PER_MU, SLACK_MU

QUANTILES: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}

CURVE_COLUMNS: Final = ("date", "measure", *QUANTILES)
"""A measure at the end of a quarter: ``largest_mu`` (the largest block), ``in_blocks_mu`` (all land
in blocks of at least ``block_mu``), ``compactness`` (the perimeter of the largest block ÷ that of a
circle as large), ``hole_mu`` (land that is not ready and enclosed by land that is), ``floor_m2``,
and ``goal:<id>``, what counts toward a goal in mu."""

GOAL_COLUMNS: Final = (
    *("goal", "due", "goal_mu", "p_due"),
    *("date_p10", "date_p50", "date_p90"),
    *("mu_p10", "mu_p50", "mu_p90"),
)
"""A goal: the chance that it is reached by its due date (of one that has passed, whether it was:
1 or 0; NaN: the forecast does not go so far); the days on which it is reached (NaT: beyond the
horizon), to the end of a month, or when it was; and what counts on its due date, in mu."""

PARCEL_COLUMNS: Final = (
    *("goal", "parcel_id", "ready_p10", "ready_p50", "ready_p90", "p_ready"),
    *("p", "p_now", "p_earlier", "p_lost", "mu", "mu_now", "mu_earlier", "mu_lost"),
    *("cost", "mu_per_million", "p_per_million"),
)
"""A parcel and a goal: when it is ready (NaT: beyond the horizon) and the chance that it is by the
due date; P(goal) and the expected mu on the due date as things are, and if this parcel alone is
ready now, some months earlier, or lost. ``cost`` is what it still costs (NaN: the plan does not
say), and per million of it what the parcel adds to mu and to P(goal) if it is ready now."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a forecast says, and what it rests on.

    ``curves``: :data:`CURVE_COLUMNS`; ``goals``: :data:`GOAL_COLUMNS`; ``parcels``:
    :data:`PARCEL_COLUMNS`, for each goal that is still ahead; ``stages`` and ``speed``: the
    durations and the common speed as fitted (:class:`geo.forecast.posterior.Posterior`), with the
    spread ``sigma`` of the speed and its correlation ``rho`` between half years; ``holds``,
    ``fits``, ``paces``: what is true without a draw (:mod:`geo.forecast.slack`); ``backtest``:
    what such forecasts were worth, where somebody asked. ``gap_m`` is the widest gap across which
    land counts as contiguous, in ``mode`` practical.
    """

    as_of: date
    until: date
    seed: int
    draws: int
    mode: str
    gap_m: float
    block_mu: float
    earlier_months: float
    curves: pd.DataFrame
    goals: pd.DataFrame
    parcels: pd.DataFrame
    stages: pd.DataFrame
    speed: pd.DataFrame
    sigma: float
    rho: float
    holds: pd.DataFrame
    fits: pd.DataFrame
    paces: pd.DataFrame
    backtest: Backtest | None
    unknown_floor: int
    findings: list[Finding]


class Past(NamedTuple):
    """What is known of a goal.

    Whether it was reached ``in_time`` (None: it is not due yet), and the first ``day`` since
    1970-01-01 on which it was reached (None: not yet).
    """

    in_time: bool | None
    day: float | None


def tables_of(
    start: Outset,
    headline: Target,
    was: dict[str, Past],
    cost: Floats,
    *,
    draws: int,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """The tables ``curves``, ``goals`` and ``parcels`` of a :class:`Forecast`.

    ``was`` says what is known of each goal already; ``cost`` (parcels,) is what each parcel still
    costs, NaN where nobody says.
    """
    town, future = start.town, drawn(start, draws=draws, seed=seed)
    steps = month_ends(start.as_of, start.until, [target.due for target in town.targets])
    block_m2 = start.settings.block_mu * M2_PER_MU
    days = future.of(headline)
    shape = curves_of(town, headline, days, steps, least_m2=block_m2)
    drawn_m2 = np.where(headline.weight_m2 > 0, town.land_m2, 0.0)
    outlines = shape
    if not np.array_equal(drawn_m2, headline.weight_m2):
        gross = headline._replace(weight_m2=drawn_m2)
        outlines = curves_of(town, gross, days, steps, least_m2=0.0)
    tables = [_shape_curves(shape, outlines, steps)]
    goals = []
    for target in town.targets:
        days = future.of(target)
        counted = curves_of(town, target, days, steps, least_m2=target.least_block_m2)
        tables.append(_quantiles(counted.in_blocks_m2 / M2_PER_MU, steps, f"goal:{target.id}"))
        goals.append(_goal(target, counted.in_blocks_m2, steps, was[target.id]))
    curves = pd.concat(tables, ignore_index=True)
    at_quarters = curves["date"].dt.is_quarter_end | (curves["date"] == pd.Timestamp(start.as_of))
    return {
        "curves": curves[at_quarters].reset_index(drop=True)[list(CURVE_COLUMNS)],
        "goals": pd.DataFrame(goals, columns=list(GOAL_COLUMNS)),
        "parcels": _parcels(start, future, cost),
    }


def _shape_curves(shape: Curves, outlines: Curves, steps: Floats) -> pd.DataFrame:
    """The measures of contiguity, and the floor space to come.

    ``outlines`` are the same blocks with their gross land, as they are drawn: a perimeter says
    nothing of net land.
    """
    circle_m = 2 * np.sqrt(np.pi * outlines.largest_m2)
    with np.errstate(invalid="ignore", divide="ignore"):
        compactness = np.where(circle_m > 0, outlines.perimeter_m / circle_m, np.nan)
    measures = {
        "largest_mu": shape.largest_m2 / M2_PER_MU,
        "in_blocks_mu": shape.in_blocks_m2 / M2_PER_MU,
        "compactness": compactness,
        "hole_mu": shape.enclosed_m2 / M2_PER_MU,
        "floor_m2": shape.floor_m2,
    }
    return pd.concat(_quantiles(values, steps, name) for name, values in measures.items())


def _quantiles(values: Floats, steps: Floats, measure: str) -> pd.DataFrame:
    """The range of a measure (draws, steps) on each day."""
    ends = {name: _quantile(values, share) for name, share in QUANTILES.items()}
    return pd.DataFrame({"date": _dates(steps), "measure": measure, **ends})


def _quantile(values: npt.NDArray[np.floating], share: float) -> Floats:
    """A quantile over draws that is one of the values drawn: infinities stay what they are."""
    found: Floats = np.quantile(values, share, axis=0, method="inverted_cdf").astype(np.float64)
    return found


def _dates(days: Floats) -> npt.NDArray[np.datetime64]:
    """Days since 1970-01-01 as dates; NaT for what is not finite."""
    known = np.isfinite(days)
    dates = np.full(days.shape, np.datetime64("NaT", "D"))
    dates[known] = days[known].astype(np.int64).astype("datetime64[D]")
    return dates.astype("datetime64[us]")


def _goal(target: Target, counted_m2: Floats, steps: Floats, was: Past) -> dict[str, object]:
    """The row of one goal, from what counts (draws, steps)."""
    reached = counted_m2 >= target.goal_m2 - SLACK_MU * M2_PER_MU
    first = np.where(reached.any(axis=1), steps[reached.argmax(axis=1)], np.inf)
    if was.day is not None:
        first[reached[:, 0]] = was.day
    row: dict[str, object] = {
        "goal": target.id,
        "due": EPOCH + timedelta(days=target.due),
        "goal_mu": target.goal_m2 / M2_PER_MU,
        "p_due": float("nan") if was.in_time is None else float(was.in_time),
    }
    at = np.flatnonzero(steps == target.due)
    if was.in_time is None and len(at):
        row["p_due"] = float(reached[:, : at[0] + 1].any(axis=1).mean())
    for name, share in QUANTILES.items():
        row[f"date_{name}"] = _dates(np.array([_quantile(first, share)]))[0]
        mu = _quantile(counted_m2[:, at[0]], share) / M2_PER_MU if len(at) else float("nan")
        row[f"mu_{name}"] = float(mu)
    return row


def _parcels(start: Outset, future: Future, cost: Floats) -> pd.DataFrame:
    """What each parcel is to each goal that is still ahead."""
    as_of, until = day_number(start.as_of), day_number(start.until)
    tables = [
        _parcels_of(start, target, future.of(target))
        for target in start.town.targets
        if as_of < target.due <= until
    ]
    if not tables:
        return pd.DataFrame(columns=list(PARCEL_COLUMNS))
    table = pd.concat(tables, ignore_index=True)
    table["cost"] = np.tile(cost, len(tables))
    millions = table["cost"].where(table["cost"] > 0) / MILLION
    for measure in ("mu", "p"):
        gain = table[f"{measure}_now"] - table[measure]
        table[f"{measure}_per_million"] = gain / millions
    return table[list(PARCEL_COLUMNS)]


MILLION: Final = 1e6


def _parcels_of(start: Outset, target: Target, days: npt.NDArray[np.float32]) -> pd.DataFrame:
    """What each parcel is to one goal: its luck changed, that of all others as drawn."""
    town, draws = start.town, len(days)
    earlier_days = np.array([start.settings.earlier_months * DAYS_PER_MONTH])
    found = importance(
        days,
        target.due,
        target.weight_m2,
        links_within(town),
        theta_m2=target.least_block_m2,
        goal_m2=target.goal_m2,
        earlier_days=earlier_days,
    )
    ready = {f"ready_{name}": _dates(_quantile(days, q)) for name, q in QUANTILES.items()}
    return pd.DataFrame(
        {
            "goal": target.id,
            "parcel_id": town.parcel_ids,
            **ready,
            "p_ready": (days <= target.due).mean(axis=0),
            "p": found.hits / draws,
            "p_now": found.hits_now / draws,
            "p_earlier": found.hits_earlier[0] / draws,
            "p_lost": found.hits_lost / draws,
            "mu": found.land_m2 / M2_PER_MU / draws,
            "mu_now": found.land_now_m2 / M2_PER_MU / draws,
            "mu_earlier": found.land_earlier_m2[0] / M2_PER_MU / draws,
            "mu_lost": found.land_lost_m2 / M2_PER_MU / draws,
        }
    )
