"""Progress toward goals: how many mu count, how many are missing, and whether time is left."""

from calendar import monthrange
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from geo.plan import Goal
from geo.units import DAYS_PER_YEAR, SLACK_MU

Light = Literal["green", "yellow", "red"]

PROGRESS_COLUMNS: Final = (
    "goal",
    "date",
    "goal_mu",
    "due",
    "counted_mu",
    "self_reported_mu",
    "small_blocks_mu",
    "gap_mu",
    "share",
    "elapsed_share",
    "required_pace",
    "at_base_mu",
    "pace",
    "light",
)
"""A goal on a date: mu that count; mu at its stage by self-report only, and mu ready but in
blocks below the minimum; mu missing, share done, share of the time gone; mu a year needed from now
to the due date (NaN when it has passed); mu that counted at the base date already, and mu a year
added since then, up to the due date."""


def counting(
    goal: Goal,
    *,
    from_rung: int,
    rung: npt.NDArray[np.int64],
    evidenced_rung: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Which parcels have reached the rung from which the goal counts them."""
    reached = rung if goal.count_self_reported else evidenced_rung
    return reached >= from_rung


def goal_progress(
    goal: Goal,
    *,
    on: date,
    base_date: date,
    counted_mu: float,
    counted_at_base_mu: float,
    yellow_from: float,
) -> dict[str, Any]:
    """The state of one goal on a date, from the mu that count then and at the base date.

    Green: reached, or the share done is at least the share of time gone. Yellow: at least
    ``yellow_from`` of that. Red: less, or due and not reached.
    """
    gap_mu = goal.mu - counted_mu
    gap_mu = gap_mu if gap_mu > SLACK_MU else 0.0
    share = counted_mu / goal.mu if gap_mu else max(counted_mu / goal.mu, 1.0)
    elapsed = elapsed_share(on, base_date, goal.due)
    return {
        "goal": goal.id,
        "date": on,
        "goal_mu": goal.mu,
        "due": goal.due,
        "counted_mu": counted_mu,
        "gap_mu": gap_mu,
        "share": share,
        "elapsed_share": elapsed,
        "required_pace": _pace(gap_mu, on, goal.due),
        "at_base_mu": counted_at_base_mu,
        "pace": _pace(counted_mu - counted_at_base_mu, base_date, min(on, goal.due)),
        "light": _light(share, elapsed, yellow_from),
    }


def elapsed_share(on: date, base_date: date, due: date) -> float:
    """Share of the time from base date to due date that is gone (序时进度), from 0 to 1."""
    return min(max((on - base_date) / (due - base_date), 0.0), 1.0)


def _pace(mu: float, start: date, end: date) -> float:
    """Land in mu a year over a span of time; NaN when the span is empty or past."""
    years = (end - start).days / DAYS_PER_YEAR
    return mu / years if years > 0 else float("nan")


def _light(share: float, elapsed: float, yellow_from: float) -> Light:
    if share >= 1 or (elapsed < 1 and share >= elapsed):
        return "green"
    if elapsed < 1 and share >= yellow_from * elapsed:
        return "yellow"
    return "red"


def report_dates(base_date: date, as_of: date, dues: list[date]) -> list[date]:
    """The dates for which progress is told: quarter ends, due dates and ``as_of``, ascending.

    Before the base date there is nothing but ``as_of`` to tell.
    """
    if as_of < base_date:
        return [as_of]
    ends = _period_ends(base_date, as_of, months=3)
    return sorted({base_date, as_of, *(day for day in [*ends, *dues] if base_date < day < as_of)})


def timeline_dates(first: date, told: list[date], *, parcels: int) -> list[date]:
    """The dates to look back at: those for which progress is ``told``, and every month end between.

    They begin with the month of ``first``, the day of the first event, where that is earlier. Where
    the months are more than :data:`MANY_DATES` they are quarters, or else years. Of more than
    :data:`MANY_PARCELS` parcels only the dates told are worked out, as each goal looks for its
    blocks anew on each date.
    """
    if parcels > MANY_PARCELS:
        return told
    for months in (1, 3, 12):
        ends = _period_ends(min(first, told[0]), told[-1], months=months)
        if len(ends) <= MANY_DATES:
            return sorted({*told, *ends})
    return told


MANY_DATES: Final = 60
MANY_PARCELS: Final = 20_000


def _period_ends(first: date, last: date, *, months: int) -> list[date]:
    """The last days of all periods of some months that end between two days."""
    ends = (
        date(year, month, monthrange(year, month)[1])
        for year in range(first.year, last.year + 1)
        for month in range(months, 13, months)
    )
    return [day for day in ends if first <= day <= last]
