"""The forecasts that a study's own ledger would have given, with what it had been told by then."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geo.forecast.backtest import Backtest, Setting, backtest, half_yearly
from geo.forecast.delay import settled_day
from geo.forecast.future import curves_of, drawn, heard, outset, standing_of
from geo.forecast.measuring import EPOCH, day_number, headline_target
from geo.forecast.town import Floats, Target, Town
from geo.graph import pieces
from geo.ledger.event import Event, end_of_day, moment
from geo.ledger.history import History, stage_events, stages_of, standing
from geo.lineage import inherited
from geo.study import Study
from geo.units import M2_PER_MU, SLACK_MU


def looked_back(study: Study, town: Town, *, draws: int, seed: int) -> Backtest:
    """A backtest of the headline goal, every half year from a year after the ledger began.

    Parcels and links are those of today. Where the history is no ledger, nobody knows what had
    been recorded when: every event is then taken as recorded on its day.
    """
    plan = study.plan
    target = headline_target(plan, town.targets)
    known = heard_until(study, plan.as_of)
    base, as_of = day_number(plan.base_date), day_number(known)
    opened = day_number(recorded_from(study) or plan.base_date)
    setting = Setting(
        target,
        base,
        half_yearly(min(base, opened), as_of),
        as_of,
        settled=day_number(settled_on(study, known)),
        opened=opened,
    )
    history = study.land.history
    return backtest(
        told_to(study),
        lambda events, days: counted(town, target, events, days),
        simulator(study, town, target, draws=draws),
        setting,
        seed=seed,
        file=plan.path.name if history is None else history.name,
    )


def recorded_from(study: Study) -> date | None:
    """The day since which the ledger of a study is kept; None without one."""
    history = study.land.history
    if history is None or not history.entries:
        return None
    return _recorded_on(history.entries[0], ZoneInfo(study.plan.timezone))


def _recorded_on(entry: Event, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(entry.recorded_at).astimezone(zone).date()


def heard_until(study: Study, as_of: date) -> date:
    """The day until which the ledger is heard by a day: what the plan leaves out is no silence."""
    known = study.plan.known
    return as_of if known is None else min(as_of, known)


def settled_on(study: Study, as_of: date) -> date:
    """The day until which the ledger had been told nearly all, by a day; that day without one."""
    history, as_of = study.land.history, heard_until(study, as_of)
    if history is None:
        return as_of
    zone = ZoneInfo(study.plan.timezone)
    known = _held_by(history, as_of, zone)
    stages = [item for item in known if item.kind in ("reach", "revert")]
    day = settled_day(
        np.array([day_number(item.counts_from) for item in stages]),
        np.array([day_number(_recorded_on(item, zone)) for item in stages]),
        day_number(as_of),
    )
    return EPOCH + timedelta(days=day)


def told_to(study: Study) -> Callable[[float], pd.DataFrame]:
    """What the ledger of a study had been told by the end of a day, of its parcels of today."""
    plan, history, ids = study.plan, study.land.history, study.parcels["parcel_id"].tolist()
    if history is None:
        happened = study.land.events
        return lambda day: happened[happened["date"] <= _timestamp(day)]
    zone = ZoneInfo(plan.timezone)

    def told(day: float) -> pd.DataFrame:
        entries = _held_by(history, EPOCH + timedelta(days=day), zone)
        events, _ = stage_events(stages_of(entries), plan.stages, {"file": history.name})
        events = inherited(events, history, ids, as_of=plan.as_of)
        return events[events["parcel_id"].isin(ids) & (events["date"] <= _timestamp(day))]

    return told


def _held_by(history: History, day: date, zone: ZoneInfo) -> list[Event]:
    """The entries that held as far as the ledger had been told by the end of a day."""
    until = moment(end_of_day(day, zone))
    return standing(item for item in history.entries if item.recorded_at <= until)


def _timestamp(day: float) -> pd.Timestamp:
    return pd.Timestamp(EPOCH + timedelta(days=day))


def counted(town: Town, target: Target, events: pd.DataFrame, days: Sequence[float]) -> Floats:
    """The land in m² that counts toward a target on each day, by events alone."""
    land = []
    for day in days:
        at = EPOCH + timedelta(days=day)
        rung, _ = standing_of(heard(events, evidenced=target.evidenced), town.parcel_ids, at)
        ready_m2 = np.where(rung >= target.rung, target.weight_m2, 0.0)
        _, sizes = pieces(town.i, town.j, ready_m2)
        enough = sizes >= target.least_block_m2 - SLACK_MU * M2_PER_MU
        land.append(float(sizes[enough].sum()))
    return np.array(land)


def simulator(
    study: Study, town: Town, target: Target, *, draws: int
) -> Callable[[pd.DataFrame, float, Sequence[float], int], Floats]:
    """What draws the land in m² of a target on some days, from what was known at an origin."""

    def simulate(events: pd.DataFrame, origin: float, days: Sequence[float], seed: int) -> Floats:
        as_of = EPOCH + timedelta(days=origin)
        start = outset(
            town,
            events,
            study.plan,
            as_of=as_of,
            settled=settled_on(study, as_of),
            recorded_from=recorded_from(study),
            until=EPOCH + timedelta(days=max(days)),
        )
        future = drawn(start, draws=draws, seed=seed)
        ends = np.array(days)
        least_m2 = target.least_block_m2
        return curves_of(town, target, future.of(target), ends, least_m2=least_m2).in_blocks_m2

    return simulate
