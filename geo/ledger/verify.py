"""Whether a ledger is what was written: every entry, its place in the chain, and every outline."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any, Final, get_args

from geo.cells.numerals import Precision
from geo.errors import LedgerError
from geo.findings import Finding, Place, finding
from geo.ledger.event import (
    Event,
    Head,
    Kind,
    StageColumns,
    first_hash,
    hash_of,
    ids_of,
)
from geo.ledger.outline import Outline, outline_hash, register_hash
from geo.ledger.store import Ledger

Notify = Callable[[int, int], None]
"""Told how many entries are done, of how many."""

_STEP: Final = 10_000
_FIRST: Final = 20


def verify(
    ledger: Ledger, *, head: tuple[int, str] | None = None, notify: Notify | None = None
) -> list[Finding]:
    """Replay the chain of any store; without a finding it is what was written.

    ``head`` is the number and the hash of an entry known from elsewhere, such as a report: with
    it a tail that was cut off is found, and a chain that was written anew. That of a ledger without
    an entry is 0 and what the first one is chained to. ``row`` of a finding is the number of the
    entry.
    """
    with ledger.snapshot():
        found = ledger.inspect()
        if any(item.code == "ledger.integrity" for item in found):
            return found  # what SQLite cannot read rightly may be of any kind
        try:
            start, events, outlines = ledger.head(), ledger.events(), ledger.outlines()
        except LedgerError as error:
            return [*found, *error.findings]
    found += replay(ledger.name, start, events, outlines, notify=notify)
    if head is not None:
        found += _against(ledger.name, start, events, *head)
    return found


def replay(
    name: str,
    start: Head,
    events: list[Event],
    outlines: list[Outline],
    *,
    notify: Notify | None = None,
) -> list[Finding]:
    """What is wrong with the entries and outlines of a ledger that ``start`` is the head of."""
    return [*oddities(name, events), *broken_links(name, start, events, outlines, notify=notify)]


def broken_links(
    name: str,
    start: Head,
    events: list[Event],
    outlines: list[Outline],
    *,
    notify: Notify | None = None,
) -> list[Finding]:
    """What :func:`replay` finds, where the values have been looked at before."""
    return [
        *_chain(name, start, events, notify),
        *_end(name, start, events),
        *_supersedings(name, events),
        *_outlines(name, events, outlines),
    ]


def _chain(name: str, start: Head, events: list[Event], notify: Notify | None) -> Iterator[Finding]:
    """Each entry by itself and by the one before; after a fault the chain goes on from there."""
    prev_hash, recorded_at = first_hash(start.ledger_id, start.created_at), start.created_at
    for number, event in enumerate(events, start=1):
        place = _place(name, event)
        if event.seq != number:
            yield finding("ledger.gap", **place, seen=event.seq, expected=number)
        if event.prev_hash != prev_hash:
            yield finding("ledger.chain", **place)
        if event.hash != hash_of(event):
            yield finding("ledger.changed", **place)
        if event.recorded_at < recorded_at:
            yield finding("ledger.time", **place, seen=event.recorded_at, last=recorded_at)
        prev_hash, recorded_at = event.hash, event.recorded_at
        if notify is not None and (number % _STEP == 0 or number == len(events)):
            notify(number, len(events))


def _end(name: str, start: Head, events: list[Event]) -> Iterator[Finding]:
    """Entries that the ledger has and does not tell."""
    last = events[-1].seq if events else 0
    if last != start.seq:
        yield finding("ledger.head", file=name, row=last, seen=last, expected=start.seq)


def refuse_odd(name: str, told: Sequence[Event] | StageColumns) -> None:
    """Refuse to go on with what :func:`oddities` finds: no reader knows what it means.

    The first of them are told; :func:`verify` tells them all.
    """
    if found := [*islice(oddities(name, told), _FIRST)]:
        raise LedgerError(*found)


def oddities(name: str, told: Sequence[Event] | StageColumns) -> Iterator[Finding]:
    """The values that no entry can have: a ledger of ours refuses them.

    Each is looked at once, however many entries have it: a million entries take a moment.
    """
    fields = told._fields if isinstance(told, StageColumns) else Event._fields
    for field in [name for name in fields if name in _RULES]:
        values = _column(told, field)
        wrong = {value for value in set(values) if not _RULES[field](value)}
        if not wrong:
            continue
        for row, parcel, value in zip(
            _column(told, "seq"), _column(told, "parcel_id"), values, strict=True
        ):
            if value in wrong:
                place: Place = {"file": name, "row": row, "parcel": parcel}
                yield finding("ledger.value", **place, field=field, seen=value)


def _column(told: Sequence[Event] | StageColumns, field: str) -> list[Any]:
    if isinstance(told, StageColumns):
        return list(getattr(told, field))
    return [*map(attrgetter(field), told)]


_UNREADABLE: Final = (ValueError, TypeError, OverflowError, RecursionError)
"""What a value raises that is no date, no moment or no list, whatever it is instead."""


_TIME: Final = re.compile(r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")


@lru_cache
def _is_date(text: str) -> bool:
    with suppress(*_UNREADABLE):
        return date.fromisoformat(text).isoformat() == text
    return False


def _is_moment(text: str) -> bool:
    """As :func:`geo.ledger.event.moment` writes it; each may be another, so it has to be quick."""
    with suppress(*_UNREADABLE):
        return _TIME.fullmatch(text, 10) is not None and _is_date(text[:10])
    return False


def _are_ids(parts: str) -> bool:
    with suppress(*_UNREADABLE):
        ids_of(parts)
        return True
    return False


_RULES: Final[dict[str, Callable[[str], bool]]] = {
    "kind": frozenset(get_args(Kind)).__contains__,
    "date": _is_date,
    "precision": frozenset(get_args(Precision)).__contains__,
    "parts": _are_ids,
    "recorded_at": _is_moment,
}


def _supersedings(name: str, events: list[Event]) -> Iterator[Finding]:
    """Corrections of what is not there before them, or is corrected already."""
    there: set[int] = set()
    corrected: set[int] = set()
    for event in events:
        if event.supersedes is not None:
            if event.supersedes not in there or event.supersedes in corrected:
                yield finding("ledger.supersedes", **_place(name, event), seen=event.supersedes)
            corrected.add(event.supersedes)
        there.add(event.seq)


def _outlines(name: str, events: list[Event], outlines: list[Outline]) -> Iterator[Finding]:
    """Every polygon against its hash, and those of each layer together against its entry."""
    of_layer: dict[int, list[Outline]] = defaultdict(list)
    for outline in outlines:
        of_layer[outline.seq].append(outline)
        known = outline_hash(outline.wkb, outline.crs) if outline.wkb else ""
        if outline.hash != known:
            place: Place = {"file": name, "row": outline.seq, "parcel": outline.parcel_id}
            yield finding("ledger.outline", **place)
    for event in events:
        if event.kind != "layer":
            continue
        if event.geometry_hash != register_hash(of_layer.pop(event.seq, ())):
            yield finding("ledger.register", **_place(name, event))
    for seq in of_layer:  # of no layer entry
        yield finding("ledger.register", file=name, row=seq)


def _against(
    name: str, start: Head, events: list[Event], seq: int, hash_: str
) -> Iterator[Finding]:
    """A head that is known from elsewhere; that of no entry is what the first is chained to."""
    last = events[-1].seq if events else 0
    if seq > last:
        yield finding("ledger.cut", file=name, row=last, seen=last, expected=seq)
    if seq == 0 and not first_hash(start.ledger_id, start.created_at).startswith(hash_):
        yield finding("ledger.fork", file=name, row=0)
    for event in reversed(events):
        if event.seq == seq and event.hash != hash_:
            yield finding("ledger.fork", **_place(name, event))


def _place(name: str, event: Event) -> Place:
    return {"file": name, "row": event.seq, "parcel": event.parcel_id}
