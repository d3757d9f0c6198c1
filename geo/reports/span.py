"""A plan at the end of a period and before it began, as that is known now and as it was known."""

from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from geo.basis import counts_net
from geo.errors import ChecksError
from geo.ground import headline_goal
from geo.ledger.event import Event, end_of_day, moment
from geo.ledger.history import History
from geo.notify import Notify, unheard
from geo.periods import Period
from geo.plan import Goal, Plan
from geo.study import Study, run


@dataclass(frozen=True, slots=True)
class Span:
    """The same plan at the end of a period and on its eve.

    ``before`` is the eve as it is known now, ``reported`` as it was known on the eve, by the plan
    and the outlines of now: the same study where no entry is ``late``, and None where what was
    known then forbids sums.
    """

    now: Study
    before: Study
    reported: Study | None
    late: list[Event]

    @property
    def headline(self) -> Goal | None:
        """The goal that is told by zone, programme and owner."""
        return headline_goal(self.now.plan)


def span_of(plan: Plan, period: Period, *, notify: Notify = unheard) -> Span:
    """Work a plan out at the end of a period, cut at its ``as_of``, and on the eve.

    Raises what :func:`geo.study.run` raises of what is known now.
    """
    now = run(plan.seen_on(period.cut(plan.as_of)), notify=notify)
    before = run(plan.seen_on(period.eve), notify=notify)
    late = late_entries(now.land.history, period.eve, ZoneInfo(plan.timezone))
    reported = _as_reported(plan, period.eve, notify) if late else before
    return Span(now, before, reported, late)


def _as_reported(plan: Plan, eve: date, notify: Notify) -> Study | None:
    """The eve as it was known; None when an error that was mended since forbids its sums."""
    try:
        return run(plan.seen_on(eve, known=eve), notify=notify)
    except ChecksError:
        return None


_OF_LAND: Final = frozenset({"reach", "revert", "split", "merge"})
"""Entries that can change how much land counts."""


def late_entries(history: History | None, eve: date, zone: tzinfo) -> list[Event]:
    """Entries written down after a day that change what is known of it.

    They count from that day or an earlier one, or they correct or void one that does.
    """
    if history is None:
        return []
    told = moment(end_of_day(eve, zone))
    of_then = {
        item.seq for item in history.entries if item.kind in _OF_LAND and item.counts_from <= eve
    }
    return [
        item
        for item in history.entries
        if item.recorded_at > told and not of_then.isdisjoint({item.seq, item.supersedes})
    ]


def successors(study: Study, now: Study, goal: Goal) -> pd.DataFrame:
    """The parcels of now (``present``) that have a ``share`` of the land of each ``parcel_id``.

    Parcels that split or merged between the two studies are one piece of land, of which each that
    is there now has its share by land, gross or net as the goal counts it. A parcel that went into
    none is its own successor.
    """
    land_m2 = now.parcels["net_m2" if counts_net(goal) else "land_m2"]
    land = dict(zip(now.parcels["parcel_id"], land_m2, strict=True))
    pieces = _pieces(study, now)
    rows = []
    for parcel in study.parcels["parcel_id"]:
        there = sorted(pieces.get(parcel, {parcel}) & land.keys()) or [parcel]
        whole = sum(land.get(name, 0.0) for name in there)
        for name in there:
            share = land[name] / whole if whole else 1 / len(there)
            rows.append((parcel, name, share))
    return pd.DataFrame(rows, columns=["parcel_id", "present", "share"])


def _pieces(study: Study, now: Study) -> dict[str, set[str]]:
    """For each parcel that split or merged between two studies all that are of its land."""
    ours, theirs = (
        {item.seq: item for item in history.happened(side.plan.as_of)} if history else {}
        for side in (study, now)
        for history in [side.land.history]
    )
    pieces: dict[str, set[str]] = {}
    for seq in ours.keys() ^ theirs.keys():
        change = ours.get(seq) or theirs[seq]
        ids = {change.parcel_id, *change.part_ids}
        piece = ids.union(*(pieces.get(parcel, ids) for parcel in ids))
        pieces |= dict.fromkeys(piece, piece)
    return pieces
