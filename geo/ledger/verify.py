"""Whether a ledger is what was written: every entry, its place in the chain, and every outline."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import Final, get_args

from geo.errors import LedgerError
from geo.findings import Finding, Place, finding
from geo.ledger.event import Event, Head, Kind, first_hash, hash_of, moment
from geo.ledger.outline import Outline, outline_hash, register_hash
from geo.ledger.store import Ledger
from geo.numerals import Precision

Notify = Callable[[int, int], None]
"""Told how many entries are done, of how many."""

_KINDS: Final = frozenset(get_args(Kind))
_PRECISIONS: Final = frozenset(get_args(Precision))
_STEP: Final = 10_000


def verify(
    ledger: Ledger, *, head: tuple[int, str] | None = None, notify: Notify | None = None
) -> list[Finding]:
    """Replay the chain of any store; without a finding it is what was written.

    ``head`` is the number and the hash of an entry known from elsewhere, such as a report: with
    it a tail that was cut off is found, and a chain that was written anew. ``row`` of a finding is
    the number of the entry.
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
        found += _against(ledger.name, events, *head)
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
        for field in _odd(event):
            yield finding("ledger.value", **place, field=field, seen=getattr(event, field))
        prev_hash, recorded_at = event.hash, event.recorded_at
        if notify is not None and (number % _STEP == 0 or number == len(events)):
            notify(number, len(events))


def _end(name: str, start: Head, events: list[Event]) -> Iterator[Finding]:
    """Entries that the ledger has and does not tell."""
    last = events[-1].seq if events else 0
    if last != start.seq:
        yield finding("ledger.head", file=name, row=last, seen=last, expected=start.seq)


def _odd(event: Event) -> Iterator[str]:
    """The fields that no entry can have: a ledger of ours refuses them."""
    if event.kind not in _KINDS:
        yield "kind"
    if event.precision not in _PRECISIONS:
        yield "precision"
    if not _is_date(event.date):
        yield "date"
    if not _is_moment(event.recorded_at):
        yield "recorded_at"
    if event.parts and not _are_ids(event.parts):
        yield "parts"


@lru_cache
def _is_date(text: str) -> bool:
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() == text
    return False


@lru_cache
def _is_moment(text: str) -> bool:
    with suppress(ValueError):
        return moment(datetime.fromisoformat(text)) == text
    return False


def _are_ids(parts: str) -> bool:
    with suppress(ValueError):
        ids = json.loads(parts)
        return isinstance(ids, list) and all(isinstance(item, str) for item in ids)
    return False


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
        if event.kind == "layer" and event.geometry_hash != register_hash(of_layer[event.seq]):
            yield finding("ledger.register", **_place(name, event))


def _against(name: str, events: list[Event], seq: int, hash_: str) -> Iterator[Finding]:
    """A head that is known from elsewhere."""
    last = events[-1].seq if events else 0
    if seq > last:
        yield finding("ledger.cut", file=name, row=last, seen=last, expected=seq)
    for event in reversed(events):
        if event.seq == seq and event.hash != hash_:
            yield finding("ledger.fork", **_place(name, event))


def _place(name: str, event: Event) -> Place:
    return {"file": name, "row": event.seq, "parcel": event.parcel_id}
