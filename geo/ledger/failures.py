"""What SQLite could not do, said in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from geo.errors import LedgerError
from geo.findings import finding
from geo.ledger import log

_CODES: Final = {
    sqlite3.SQLITE_BUSY: "ledger.busy",
    sqlite3.SQLITE_LOCKED: "ledger.busy",
    sqlite3.SQLITE_FULL: "ledger.full",
    sqlite3.SQLITE_READONLY: "ledger.read-only",
    sqlite3.SQLITE_CANTOPEN: "ledger.read-only",
    sqlite3.SQLITE_PERM: "ledger.read-only",
    sqlite3.SQLITE_CORRUPT: "ledger.damaged",
    sqlite3.SQLITE_NOTADB: "ledger.damaged",
    sqlite3.SQLITE_ERROR: "ledger.damaged",  # a table or column is not there
    sqlite3.SQLITE_CONSTRAINT: "ledger.refused",
    sqlite3.SQLITE_MISMATCH: "ledger.refused",
}


@contextmanager
def told(name: str) -> Iterator[None]:
    """Have an error of SQLite told as a :class:`LedgerError` about the ledger ``name``."""
    try:
        yield
    except log.UnsureError as error:
        raise LedgerError(finding("ledger.unsure", file=name, seen=error)) from error
    except sqlite3.Error as error:
        # text that is no UTF-8 has no code
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        code = _CODES.get(primary, "ledger.failed")
        raise LedgerError(finding(code, file=name, seen=error)) from error
    except (UnicodeEncodeError, OverflowError) as error:  # half a character, a number too large
        raise LedgerError(finding("ledger.refused", file=name, seen=error)) from error
