"""Who may write about which parcels: advisory locks of PostgreSQL, held until a transaction ends.

All take them in one order (the ledger, its parcels by their keys, the end of its chain), so that
no two ever wait for each other.
"""

import hashlib
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, text

MANY: Final = 100
"""Who writes about more parcels than this locks the whole ledger: a server has few locks."""

_PATIENCE: Final = text("""
    SELECT set_config('lock_timeout', :patience, true),
        set_config('idle_in_transaction_session_timeout', '5min', true)""")
_LEDGER: Final = text("SELECT pg_advisory_xact_lock(:key)")
_PART: Final = text("SELECT pg_advisory_xact_lock_shared(:key)")
_PARCELS: Final = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) key")


def limit_waiting(connection: Connection, patience_s: float) -> None:
    """Wait at most so long for a lock, and let no office that went dark hold one for hours."""
    connection.execute(_PATIENCE, {"patience": f"{round(patience_s * 1000)}ms"})


def lock_parcels(connection: Connection, ledger_id: str, parcels: Collection[str]) -> None:
    """Wait until nobody else writes about these parcels."""
    if len(parcels) > MANY:
        connection.execute(_LEDGER, {"key": _key(ledger_id)})
        return
    connection.execute(_PART, {"key": _key(ledger_id)})
    keys = sorted({_key(ledger_id, "parcel", parcel) for parcel in parcels})
    connection.execute(_PARCELS, {"keys": keys})


def lock_chain(connection: Connection, ledger_id: str) -> None:
    """Wait until nobody else adds to the chain, whatever it is about."""
    connection.execute(_LEDGER, {"key": _key(ledger_id, "chain")})


def lock_schema(connection: Connection, schema: str) -> None:
    """Wait until nobody else makes a ledger there."""
    connection.execute(_LEDGER, {"key": _key("schema", schema)})


def _key(*names: str) -> int:
    """A number of 64 bits, the same for the same names on every machine."""
    digest = hashlib.blake2b("\0".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
