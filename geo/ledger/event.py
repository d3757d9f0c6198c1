"""One entry of the ledger: what is told of a parcel, and the hash that chains it to the last."""

import calendar
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from geo.cells.numerals import Precision

Kind = Literal[
    "reach", "revert", "block", "unblock", "note", "split", "merge", "void", "adopt", "layer"
]
"""What an entry tells: a stage reached (``reach``), or fallen back to (``revert``); what blocks a
parcel (``block``) and that it no longer does (``unblock``); a remark (``note``); a parcel that
became ``parts`` (``split``) or was made of them (``merge``); that an entry was wrong and nothing
takes its place (``void``). ``layer`` and ``adopt`` speak of the ledger and of no parcel: the land
as it was when the next entries were written, and a copy that is carried on."""

FROM_THE_FIRST_DAY: Final = frozenset({"revert", "block"})
"""What counts from the first day that its date can mean; all else counts from the last."""

FORMAT: Final = "landready ledger 1"
"""What a chain begins with, so that another way of hashing can never be taken for this one."""


class Draft(NamedTuple):
    """What somebody tells, before it is written: the part of an entry that people choose.

    ``date`` is the first day (ISO 8601) that the date can mean and ``precision`` how much it
    leaves open; ``stage`` the id of a stage of the plan; ``text`` what blocks, or the remark;
    ``responsible`` who is to act and ``next_step`` what is to be done next. ``supersedes`` is the
    ``seq`` of the entry that this one corrects, for ``reason``. ``geometry_hash`` names the
    outline of the parcel when this was written (:mod:`geo.ledger.outline`).
    """

    parcel_id: str
    kind: Kind
    date: str
    precision: Precision = "day"
    stage: str = ""
    text: str = ""
    evidence: str = ""
    source: str = ""
    reason: str = ""
    responsible: str = ""
    next_step: str = ""
    parts: tuple[str, ...] = ()
    supersedes: int | None = None
    geometry_hash: str = ""

    @property
    def part_ids(self) -> list[str]:
        """The parcels of a split or a merge."""
        return list(self.parts)

    @property
    def old_and_new(self) -> tuple[list[str], list[str]]:
        """The parcels that end with a split or merge, and those that begin; else none."""
        return _old_and_new(self)


class Event(NamedTuple):
    """An entry as it stands in a ledger, for good.

    ``seq`` counts from 1 without a gap, ``recorded_at`` is UTC in ISO 8601 with microseconds and
    never earlier than that of the entry before. ``parts`` are ids as a JSON list (``""`` when
    there are none). ``hash`` is :func:`hash_of` everything before it.
    """

    seq: int
    parcel_id: str
    kind: Kind
    date: str
    precision: Precision
    stage: str
    text: str
    evidence: str
    source: str
    reason: str
    responsible: str
    next_step: str
    parts: str
    supersedes: int | None
    geometry_hash: str
    actor: str
    recorded_at: str
    prev_hash: str
    hash: str

    @property
    def first(self) -> dt.date:
        """The first day that the date can mean."""
        return dt.date.fromisoformat(self.date)

    @property
    def last(self) -> dt.date:
        """The last day that the date can mean."""
        return last_day(self.first, self.precision)

    @property
    def counts_from(self) -> dt.date:
        """The day from which it counts: what is not known to the day counts against readiness."""
        return self.first if self.kind in FROM_THE_FIRST_DAY else self.last

    @property
    def part_ids(self) -> list[str]:
        """The parcels of a split or a merge."""
        return ids_of(self.parts)

    @property
    def old_and_new(self) -> tuple[list[str], list[str]]:
        """The parcels that end with a split or merge, and those that begin; else none."""
        return _old_and_new(self)


def _old_and_new(told: Draft | Event) -> tuple[list[str], list[str]]:
    one, several = [told.parcel_id], told.part_ids
    if told.kind == "merge":
        return several, one
    return (one, several) if told.kind == "split" else ([], [])


def ids_of(parts: str) -> list[str]:
    """The ids that ``parts`` of an entry holds. Raises :class:`ValueError` for anything else."""
    if not parts:
        return []
    try:
        ids = json.loads(parts)
    except RecursionError as error:
        raise ValueError("parts are no list of ids") from error
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise ValueError("parts are no list of ids")
    return ids


class StageColumns(NamedTuple):
    """The stages that parcels reached or fell back to, entry by entry, as columns of one length.

    Only what holds: no entry that another supersedes. A million of them are there at once, which
    a million :class:`Event` are not.
    """

    seq: list[int]
    parcel_id: list[str]
    kind: list[str]
    date: list[str]
    precision: list[Precision]
    stage: list[str]
    evidence: list[str]
    source: list[str]
    reason: list[str]


class Head(NamedTuple):
    """The end of a chain: whoever knows it can tell whether entries were lost or changed.

    ``ledger_id`` and ``created_at`` are those of the ledger; ``seq`` is 0 while it has no entry.
    """

    ledger_id: str
    created_at: str
    seq: int
    hash: str
    recorded_at: str


_BEFORE_PARTS: Final = Draft._fields.index("parts")


def first_hash(ledger_id: str, created_at: str) -> str:
    """What the first entry of a ledger is chained to."""
    return _digest([FORMAT, ledger_id, created_at])


def hash_of(event: Event) -> str:
    """SHA-256 over the entry as a JSON list of its fields in order, all but ``hash``.

    UTF-8, no blanks, nothing escaped that JSON does not demand: ``prev_hash`` is among the
    fields, so that no entry can be changed, left out or moved without changing all that follow.
    """
    return _digest(list(event[:-1]))


def _digest(values: list[str | int | None]) -> str:
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def chained(
    drafts: Iterable[Draft], head: Head, *, actor: str, now: dt.datetime
) -> Iterator[Event]:
    """The drafts as the next entries of a chain, all recorded at one moment.

    A clock that runs backwards does not reorder the ledger: the moment is that of the head when
    ``now`` is earlier.
    """
    recorded_at = max(moment(now), head.recorded_at)
    seq, prev_hash = head.seq, head.hash
    for draft in drafts:
        seq += 1
        parts = json.dumps(draft.parts, ensure_ascii=False) if draft.parts else ""
        told = [*draft[:_BEFORE_PARTS], parts, *draft[_BEFORE_PARTS + 1 :]]
        event = Event._make([seq, *told, actor, recorded_at, prev_hash, ""])
        event = event._replace(hash=hash_of(event))
        prev_hash = event.hash
        yield event


def moment(when: dt.datetime) -> str:
    """A moment as the ledger writes it: UTC, microseconds, ``Z``; such texts sort as they happen.

    Raises :class:`ValueError` for a time without zone.
    """
    if when.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return when.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def last_day(first: dt.date, precision: Precision) -> dt.date:
    """The last day of the period that begins on ``first``, or the last day that there is."""
    months = _MONTHS[precision]
    if not months:
        return first
    year, month = divmod(first.year * 12 + first.month - 1 + months - 1, 12)
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1])


_MONTHS: Final[dict[Precision, int]] = {"day": 0, "month": 1, "quarter": 3, "half": 6, "year": 12}


def end_of_day(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    """The last moment of a day in a time zone, or the last moment that there is."""
    if day == dt.date.max:
        return dt.datetime.max.replace(tzinfo=dt.UTC)  # in no other zone can it be told as UTC
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone) - dt.timedelta(
        microseconds=1
    )
