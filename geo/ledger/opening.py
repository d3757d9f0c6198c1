"""Opening a ledger, wherever a plan says that it is."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from geo.ledger import sqlite
from geo.ledger.event import Event, Head
from geo.ledger.outline import Outline
from geo.ledger.store import Ledger


def open_ledger(
    where: Path | str, *, write: bool = False, create: datetime | None = None
) -> Ledger:
    """Open the ledger in a file, or at an address such as ``postgresql://user@host/database``.

    With ``create``, make one where there is none, as of that moment. Raises
    :class:`geo.errors.LedgerError`.
    """
    if not _is_address(where):
        return sqlite.open_sqlite(Path(where), write=write, create=create)
    from geo.ledger import postgres  # noqa: PLC0415 - only few need it, and it takes time to load

    return postgres.open_postgres(str(where), write=write, create=create)


def taking_ledger(
    where: Path | str, head: Head, events: Sequence[Event], outlines: Sequence[Outline]
) -> AbstractContextManager[Ledger]:
    """A new ledger that takes over whole entries as they are, to be looked at in the block.

    It is there, with everything in it, when the block ends without an error; else nothing is.
    """
    if not _is_address(where):
        return sqlite.taking_sqlite(Path(where), head, events, outlines)
    from geo.ledger import postgres  # noqa: PLC0415

    return postgres.taking_postgres(str(where), head, events, outlines)


def _is_address(where: Path | str) -> bool:
    """Whether this is no file; what names a scheme is no file even when nobody knows it."""
    return isinstance(where, str) and "://" in where
