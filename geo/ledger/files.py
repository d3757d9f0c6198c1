"""What makes a SQLite file a ledger: its first bytes, its tables, and what guards them."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Final

from geo.errors import LedgerError
from geo.findings import finding

APPLICATION_ID: Final = 0x4C524C47  # LRLG
VERSION: Final = 1
OLDEST_SQLITE: Final = (3, 37, 0)  # the first with STRICT tables

_SCHEMA: Final = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
_MAGIC: Final = b"SQLite format 3\0"


def check_library(path: Path) -> None:
    """Refuse a SQLite that does not know the tables of a ledger."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        seen = sqlite3.sqlite_version
        raise LedgerError(finding("ledger.old-sqlite", file=path.name, seen=seen))


def is_there(path: Path) -> bool:
    """Whether there is a file; refuse what is none before anybody opens it: a pipe would wait."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:  # no right to look, or no name that a file can have
        seen = getattr(error, "strerror", None) or error
        raise LedgerError(finding("ledger.unreadable", file=path.name, seen=seen)) from error
    if stat.S_ISDIR(mode):
        raise LedgerError(finding("ledger.folder", file=path.name))
    if not stat.S_ISREG(mode):
        raise LedgerError(finding("ledger.no-file", file=path.name))
    return True


def check_file(path: Path) -> None:
    """Refuse what is no ledger, by the first bytes of the file."""
    if not is_there(path):
        raise LedgerError(finding("ledger.missing", file=path.name))
    try:
        with path.open("rb") as file:
            start = file.read(100)
    except OSError as error:
        seen = error.strerror
        raise LedgerError(finding("ledger.unreadable", file=path.name, seen=seen)) from error
    if not start:
        raise LedgerError(finding("ledger.empty", file=path.name))
    if len(start) < 100 or not start.startswith(_MAGIC):
        raise LedgerError(finding("ledger.no-database", file=path.name))
    if start[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise LedgerError(finding("ledger.other-database", file=path.name))
    version = int.from_bytes(start[60:64], "big")
    if version != VERSION:
        raise LedgerError(finding("ledger.version", file=path.name, seen=version, expected=VERSION))


def build(connection: sqlite3.Connection) -> None:
    """Begin a transaction that makes the tables."""
    connection.executescript(f"""
        BEGIN;
        PRAGMA application_id={APPLICATION_ID};
        PRAGMA user_version={VERSION};
        {_SCHEMA}""")


def schema(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """The text of every table, index and trigger by its type and name.

    What SQLite makes for itself is left out: its tables and indexes are ``sqlite_*``, and it makes
    no trigger and no view.
    """
    rows = connection.execute("""
        SELECT type, name, sql FROM sqlite_schema
        WHERE name NOT GLOB 'sqlite_*' OR type NOT IN ('table', 'index')""")
    return {(kind, name): text for kind, name, text in rows}


def schema_of_ours() -> dict[tuple[str, str], str]:
    """What :func:`schema` says of a ledger."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        build(connection)
        return schema(connection)
