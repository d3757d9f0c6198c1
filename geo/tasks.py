"""What is in the way of a parcel, who is to act, and what is to be done next, by the ledger."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from geo.ledger.event import Event
from geo.ledger.history import History


def open_blockers(history: History, as_of: date) -> dict[str, list[Event]]:
    """What blocks each parcel on a day: ``block`` entries with no ``unblock`` after them.

    An ``unblock`` lifts everything that surely blocked the parcel by then. What blocks a parcel
    when it splits or merges blocks what it becomes.
    """
    told = [item for item in history.standing if item.kind in ("block", "unblock")]
    return _still_open(_handed_down(told, history, as_of, _unlifted), as_of)


def texts_of(blockers: Mapping[str, list[Event]], parcel_ids: Iterable[str]) -> list[str]:
    """What blocks each of some parcels, as a table has it; ``""`` for nothing."""
    return ["; ".join(item.text for item in blockers.get(name, [])) for name in parcel_ids]


def _still_open(entries: Iterable[Event], as_of: date) -> dict[str, list[Event]]:
    blocked: dict[str, list[Event]] = {}
    for item in _in_order(entries, as_of):
        if item.kind == "block":
            blocked.setdefault(item.parcel_id, []).append(item)
        else:
            there = blocked.pop(item.parcel_id, [])
            if later := [block for block in there if _may_be_later(block, item)]:
                blocked[item.parcel_id] = later
    return blocked


def _may_be_later(block: Event, unblock: Event) -> bool:
    """Whether a block known to a period may have come after what was lifted within it."""
    return block.precision != "day" and block.last >= unblock.counts_from


def _unlifted(entries: list[Event], day: date) -> list[Event]:
    return [item for items in _still_open(entries, day).values() for item in items]


def _in_order(entries: Iterable[Event], as_of: date) -> list[Event]:
    known = [item for item in entries if item.counts_from <= as_of]
    return sorted(known, key=lambda item: (item.counts_from, item.seq))


def tasks(history: History, as_of: date, since: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Who is responsible for each parcel, and the next step: the latest told of either.

    ``since`` is when each parcel came to the stage where it stands: a step that was named before
    has been taken.
    """
    told = [item for item in history.standing if item.responsible or item.next_step]
    held: dict[str, tuple[str, str, date]] = {}
    nothing = ("", "", date.min)
    for item in _in_order(_handed_down(told, history, as_of, lambda items, _: items), as_of):
        responsible, step, day = held.get(item.parcel_id, nothing)
        if item.next_step:
            step, day = item.next_step, item.counts_from
        held[item.parcel_id] = (item.responsible or responsible, step, day)
    return {
        parcel: (responsible, "" if _later(since.get(parcel), day) else step)
        for parcel, (responsible, step, day) in held.items()
    }


def _later(moved: Any, day: date) -> bool:
    return moved is not None and not pd.isna(moved) and pd.Timestamp(moved).date() > day


def _handed_down(
    entries: Iterable[Event],
    history: History,
    as_of: date,
    legacy: Callable[[list[Event], date], list[Event]],
) -> list[Event]:
    """The entries, and what parcels have of them through splits and merges.

    ``legacy`` says what of a parcel's entries passes on when it splits or merges on a day.
    """
    of: dict[str, list[Event]] = defaultdict(list)
    for item in entries:
        of[item.parcel_id].append(item)
    for change in history.happened(as_of):
        old, new = change.old_and_new
        passed = [item for parcel in old for item in legacy(of[parcel], change.last)]
        for parcel in new:
            of[parcel] += [item._replace(parcel_id=parcel) for item in passed]
    return [item for items in of.values() for item in items]
