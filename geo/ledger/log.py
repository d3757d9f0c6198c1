"""The write-ahead log of a ledger: begun before the first entry, taken in after the last.

A resting ledger is one file in rollback mode: whoever reads it makes no file and whoever copies it
has everything. A writer turns it to WAL mode, and then *marks* it: ``log.since`` in the file itself
names its last entry. Until the last writer has taken the log in, nothing of ours writes to the
file, so that a copy of it without its log still ends with the entry of the mark, and says so.
"""

import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

_LAST: Final = "(SELECT coalesce(max(seq), 0) FROM event)"
_MARK: Final = f"UPDATE log SET since = {_LAST}"
_MARKED: Final = f"SELECT since IS {_LAST} FROM log"
_UNMARK: Final = f"UPDATE log SET since = NULL WHERE since = {_LAST}"
_COUNT: Final = "UPDATE log SET failed = failed + 1"  # SQLite writes nothing where nothing changes

PATIENCE_S: Final = 60.0
"""How long a connection waits for another that writes."""

_TRIES: Final = 10
"""How often a writer tries to mark the file, or to take the log in, while a reader holds it."""


class UnsureError(sqlite3.OperationalError):
    """A transaction failed at its very end: it may be there when the file is next opened."""


def connect(path: Path, **options: str) -> sqlite3.Connection:
    """A connection that leaves transactions to us; ``options`` are those of SQLite's URIs."""
    place = path.absolute().as_posix()
    root = "" if place.startswith("/") else "/"  # C:/plans is file:///C:/plans
    uri = f"file://{root}{quote(os.fsencode(place))}?{urlencode(options)}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE_S)


def is_begun(path: Path) -> bool:
    """Whether the file itself says that it has a log."""
    with path.open("rb") as file:
        return file.read(20)[18:] == b"\x02\x02"


def exists(path: Path) -> bool:
    """Whether there is a log beside the file; one without a byte is none."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def is_lost(path: Path) -> bool:
    """Whether entries may be missing: the file says that newer ones are in a log, and has none.

    Not when another program has taken the log in: the file then has entries after the mark. Asked
    again at the end, since writers come and go meanwhile.
    """
    if not is_begun(path) or exists(path):
        return False
    return _is_marked(path, if_torn=True) and not exists(path)


def begin(connection: sqlite3.Connection, path: Path) -> None:
    """Have a log, and the file marked; joins a log that others have begun."""
    _turn_to_wal(connection)
    connection.execute("SELECT since FROM log").fetchone()  # from here on nobody can end the log
    for _ in range(_TRIES):
        if _mark(connection, path):
            break  # else a reader holds the old state: entries are safe, a bare copy goes unsaid
        _moment()


def end(connection: sqlite3.Connection, path: Path) -> None:
    """Close a writer's connection; the last one takes the log in and leaves one resting file.

    What cannot be done just now is not lost: the log is on the disk, for the next writer.
    """
    with closing(connection):
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            return
        if not _unmarked(connection):
            with closing(connect(path, mode="ro")) as other, suppress(sqlite3.Error):
                other.execute("SELECT since FROM log").fetchone()
                connection.close()  # not the last: SQLite would remove the log from a marked file
            return
        for _ in range(_TRIES):
            with suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode=DELETE")
                return
            _moment()


def _unmarked(connection: sqlite3.Connection) -> bool:
    """Take away a mark that no entry has followed, lest it alarm when the log is gone.

    One that entries have followed says nothing any more as soon as they are in the file.
    """
    with suppress(sqlite3.Error), writing(connection):
        connection.execute(_UNMARK)
        return True
    return False


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction that only reads: what others write meanwhile it does not see."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction that writes: all of it on the disk after the block, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # some errors have rolled it back already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def appending(connection: sqlite3.Connection) -> Iterator[None]:
    """As :func:`writing`, for entries: one that failed cannot come back with the log.

    When the disk fails as the log is made durable, the entries are whole in it, and the next
    recovery would take them in though their writer was told that nothing was written. So something
    else is written in their place; raises :class:`UnsureError` when the disk fails at that too.
    """
    try:
        with writing(connection):
            yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_FSYNC:
            try:
                connection.execute(_COUNT)
            except sqlite3.Error:
                raise UnsureError(str(error)) from error
        raise


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    """Turn the file to WAL mode, for which nobody may be reading it just then."""
    patience = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > patience:
                raise
        _moment()


def _moment() -> None:
    """Let others go on; of no fixed length, so that two do not meet again."""
    time.sleep(random.uniform(0.001, 0.02))


def _mark(connection: sqlite3.Connection, path: Path) -> bool:
    """Write the mark into the file itself, while nobody appends: whoever appends found it there."""
    if _is_marked(path):
        return True
    with writing(connection):
        connection.execute(_MARK)
    with closing(connect(path)) as guard, writing(guard):
        if not _is_marked(path):
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return _is_marked(path)


def _is_marked(path: Path, *, if_torn: bool = False) -> bool:
    """What the file alone says, whatever is in its log.

    ``if_torn`` is said of one into which a log was taken by halves: a kill or a full disk ended it.
    """
    try:
        with closing(connect(path, immutable="1")) as alone:
            return bool(alone.execute(_MARKED).fetchone()[0])
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return if_torn
