"""Draws of the future of a town: when each parcel is ready, and the land that follows."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.findings import Finding
from geo.forecast.measuring import EPOCH, day_number, headline_target
from geo.forecast.posterior import Posterior, fit
from geo.forecast.spells import BEFORE, spells_of
from geo.forecast.town import Floats, Integers, Target, Town
from geo.kernels.links import Links, links_of
from geo.kernels.queues import queued_days
from geo.kernels.unions import Curves, Land, steps_of, sweep
from geo.kernels.waits import Standing, ready_days
from geo.plan import Forecasting, Plan
from geo.readiness import reached

LEAST_YEARS: Final = 5
YEARS_PAST_DUE: Final = 3


@dataclass(frozen=True, slots=True)
class Outset:
    """From where a forecast sets out: the day, where parcels stand, and what durations are like.

    ``standings`` are by whether only what evidence shows is heard, as targets ask for it.
    """

    town: Town
    as_of: date
    standings: dict[bool, Standing]
    posterior: Posterior
    settings: Forecasting
    crews: Integers
    until: date
    findings: list[Finding]


def outset(
    town: Town,
    events: pd.DataFrame,
    plan: Plan,
    *,
    as_of: date,
    settled: date | None = None,
    recorded_from: date | None = None,
    until: date | None = None,
) -> Outset:
    """Fit durations to what is told until a day, and note where each parcel stands.

    Durations are learnt up to the day ``settled`` until which the ledger is told nearly all
    (:mod:`geo.forecast.delay`; by default ``as_of``), from ledgers kept since ``recorded_from``;
    where parcels stand is as known. The forecast goes ``until`` a day, by default as far as the
    plan says (:func:`last_day`).

    ``events`` have :data:`geo.readiness.EVENT_COLUMNS`. Durations are those of what the headline
    goal hears, where parcels stand is by each target. Raises :class:`geo.errors.SequenceError`
    where nothing says how long a stage takes.
    """
    settings, headline = plan.forecast, headline_target(plan, town.targets)
    told = events[events["date"] <= pd.Timestamp(as_of)]
    seen = heard(told, evidenced=headline.evidenced)
    spells, findings = spells_of(
        seen,
        town.parcel_ids,
        town.group,
        town.stages,
        until=settled or as_of,
        observed_from=settings.observed_from,
        recorded_from=recorded_from,
    )
    posterior = fit(
        spells,
        town.stages,
        len(town.groups),
        as_of=day_number(settled or as_of),
        top=max(target.rung for target in town.targets),
    )
    opened = float(np.min(spells.entry, initial=day_number(as_of)))
    standings = {
        evidenced: _standing(plan, town, heard(told, evidenced=evidenced), as_of, opened)
        for evidenced in {target.evidenced for target in town.targets}
    }
    return Outset(
        town=town,
        as_of=as_of,
        standings=standings,
        posterior=posterior,
        settings=settings,
        crews=_crews(plan),
        until=until or last_day(town.targets, as_of, settings.years),
        findings=findings,
    )


def _standing(plan: Plan, town: Town, events: pd.DataFrame, as_of: date, opened: float) -> Standing:
    """Where parcels stand by what is heard; silent ones have waited since the ledger ``opened``."""
    rung, since = standing_of(events, town.parcel_ids, as_of)
    return Standing(
        rung=rung,
        since=np.where(rung == BEFORE, opened, since),
        group=town.group,
        begin=np.full(len(rung), -np.inf),
        hold_share=_hold_share(plan, headline_target(plan, town.targets), rung),
    )


def standing_of(
    events: pd.DataFrame, parcel_ids: Sequence[str], as_of: date
) -> tuple[Integers, Floats]:
    """The rung of each parcel on a day, and the day since which.

    A parcel of which nothing is told has yet to reach the first rung: it stands at -1, since NaN.
    """
    (now,) = reached(events, parcel_ids, [as_of])
    days = now.since.astype("datetime64[D]")
    since = np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
    return np.where(now.has_events, now.rung, BEFORE), since


def heard(events: pd.DataFrame, *, evidenced: bool) -> pd.DataFrame:
    """The events that a target hears: all, or those that evidence shows and what falls back."""
    if not evidenced:
        return events
    return events[(events["evidence"] != "") | (events["action"] == "revert")]


def last_day(targets: Sequence[Target], as_of: date, years: float | None) -> date:
    """How far a forecast goes: so many years, else three past the last goal and at least five."""
    if years is not None:
        return as_of + timedelta(days=round(365.25 * years))
    due = EPOCH + timedelta(days=max((target.due for target in targets), default=0.0))
    year = max(as_of.year + LEAST_YEARS, due.year + YEARS_PAST_DUE)
    return date(year, as_of.month, min(as_of.day, monthrange(year, as_of.month)[1]))


def _hold_share(plan: Plan, headline: Target, rung: Integers) -> Floats:
    """The chance of each parcel to stay out for ever."""
    below = plan.forecast.hold_out_below
    until = headline.rung if below is None else plan.rung(below)
    return np.where(rung < until, plan.forecast.hold_out_share, 0.0)


def _crews(plan: Plan) -> Integers:
    """How many parcels can be worked on at once on the way to each rung; 0 is no limit."""
    crews = plan.forecast.crews
    return np.array([crews.get(stage.id, 0) for stage in plan.stages], dtype=np.int64)


class Future(NamedTuple):
    """Futures of one outset: for what is heard, the ``days`` (rungs, draws, parcels) of each rung.

    A day is one since 1970-01-01, the outset's own for what is reached already, and infinite for
    what is not reached within the horizon. ``rungs`` are those of the targets, by what they hear.
    """

    rungs: dict[bool, list[int]]
    days: dict[bool, npt.NDArray[np.float32]]

    def of(self, target: Target) -> npt.NDArray[np.float32]:
        """The days (draws, parcels) of the rung from which a target counts."""
        heard = target.evidenced
        days: npt.NDArray[np.float32] = self.days[heard][self.rungs[heard].index(target.rung)]
        return days


def drawn(start: Outset, *, draws: int, seed: int, begin: Floats | None = None) -> Future:
    """Draw futures. ``begin`` (parcels,) is the day before which work on a parcel does not start.

    The same seed draws the same luck for each parcel, whatever begins when: two plans that are
    drawn with one seed differ by what they do, not by chance.
    """
    as_of, horizon = day_number(start.as_of), day_number(start.until)
    asked: dict[str, Any] = {
        "as_of": as_of,
        "horizon": horizon,
        "parameters": start.posterior.draw(draws, seed, until=horizon),
        "seed": seed,
    }
    future = Future({}, {})
    for is_heard, stands in start.standings.items():
        standing = stands if begin is None else stands._replace(begin=begin)
        rungs = sorted({item.rung for item in start.town.targets if item.evidenced == is_heard})
        future.rungs[is_heard] = rungs
        future.days[is_heard] = (
            queued_days(standing, np.array(rungs), crews=start.crews, **asked)
            if start.crews.any()
            else ready_days(standing, np.array(rungs), **asked)
        )
        if rungs[0] == 0:  # a goal at the first rung counts parcels of which nothing is told
            future.days[is_heard][0] = as_of
    return future


def month_ends(as_of: date, until: date, dues: Sequence[float]) -> Floats:
    """The days on which a forecast is told: its first and last, month ends, and dues ahead."""
    ends = [
        date(year, month, monthrange(year, month)[1])
        for year in range(as_of.year, until.year + 1)
        for month in range(1, 13)
    ]
    days = {day_number(day) for day in ends if as_of < day <= until}
    ahead = {due for due in dues if day_number(as_of) < due <= day_number(until)}
    return np.array(sorted({day_number(as_of), *days, *ahead, day_number(until)}))


def links_within(town: Town) -> Links:
    """The links of a town as kernels take them."""
    return links_of(len(town.parcel_ids), town.i, town.j, town.shared_m)


def curves_of(
    town: Town, target: Target, days: npt.NDArray[np.float32], ends: Floats, *, least_m2: float
) -> Curves:
    """The land of a target by the end of each of the days ``ends`` (ascending), in every draw.

    What counts lies in blocks of at least ``least_m2``.
    """
    land = Land(target.weight_m2, town.perimeter_m, town.outer, town.floor_m2)
    step = steps_of(days, ends)
    return sweep(step, land, links_within(town), theta_m2=least_m2, steps=len(ends))
