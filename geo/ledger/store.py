"""What every store of a ledger can do: read it, append to it, and never change it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Protocol, Self

from geo.findings import Finding, finding
from geo.ledger.event import Draft, Event, Head, StageColumns, moment
from geo.ledger.outline import Outline

Check = Callable[[list[Event]], None]
"""Told every entry of the parcels concerned, inside the transaction that appends; raises to have
nothing appended."""


def unchecked(_: list[Event]) -> None:
    """The check that has nothing against anything."""


class Ledger(Protocol):
    """An append-only, chained history of parcels. Use it in a ``with`` block.

    ``name`` is how findings speak of it (never with a password), ``findings`` what was noticed
    when it was opened, such as a missing write-ahead log. Every method raises
    :class:`geo.errors.LedgerError` when the store fails.
    """

    name: str
    findings: list[Finding]

    def snapshot(self) -> AbstractContextManager[None]:
        """Have everything that is read in the block as of one moment, that of its first reading.

        Without it each reading sees what others have written by then. One inside another is the
        same one, and nothing can be appended in it. A file may make writers wait until it ends.
        """

    def head(self) -> Head:
        """The end of the chain as it is now."""

    def events(
        self, *, parcels: Collection[str] | None = None, known: datetime | None = None
    ) -> list[Event]:
        """The entries in order: of some parcels, and only those recorded by ``known``.

        An entry that names a parcel among its ``parts`` is one of that parcel.
        """

    def stages(self, *, known: datetime | None = None) -> StageColumns:
        """The entries of stages that held by ``known``, in order, with what each rests on.

        That is the whole history as far as figures go, many times faster than :meth:`events`.
        """

    def remarks(self, *, known: datetime | None = None) -> list[Event]:
        """The entries that tell anything else: of no stage, of a task, or correcting another."""

    def outlines(self, *, known: datetime | None = None) -> list[Outline]:
        """Every outline in the order of recording (those that came with entries by ``known``)."""

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        actor: str,
        now: datetime,
        outlines: Sequence[Outline] = (),
        concerning: Collection[str] = (),
        check: Check = unchecked,
    ) -> list[Event]:
        """Write all the drafts or none, and return only when they are on the disk.

        ``check`` is told the entries that are there of all the parcels that the drafts name (in
        ``parcel_id``, ``parts``, or by superseding an entry of theirs) or that they are
        ``concerning`` besides, and nobody else can write about them until this ends. ``outlines``
        come with the first draft, which is then a ``layer`` entry whose seq they get.
        """

    def inspect(self) -> list[Finding]:
        """What is wrong with the store itself: its bytes, its tables, and what guards them."""

    def close(self) -> None:
        """Let go of the store, with everything on the disk."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


SKEW: Final = timedelta(minutes=1)
"""So far the clocks of an office may differ, and a writer wait for others, without a word."""


def clock_faults(name: str, first: Event, last: Head, now: datetime) -> Iterator[Finding]:
    """Whether the clock was wrong when ``first`` was written behind the entry ``last``."""
    if moment(now + SKEW) < last.recorded_at:
        seen, before = moment(now), last.recorded_at
        yield finding("ledger.clock", file=name, row=first.seq, seen=seen, last=before)
