"""The way to a PostgreSQL server: the address, the connection, and what can go wrong on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import psycopg
from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from geo.errors import LedgerError
from geo.findings import Finding, finding

SCHEMA: Final = "landready"
"""Where the tables are unless ``?schema=`` names another place."""

_CONNECTING: Final = {
    "application_name": "landready",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # a server that vanished is noticed within a minute, also while it is being asked
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


_SNAPSHOT: Final[dict[str, Any]] = {
    "isolation_level": "REPEATABLE READ",
    "postgresql_readonly": True,
}


class Address(NamedTuple):
    """Where a ledger is: ``name`` is what may be shown, ``url`` holds the password."""

    url: URL
    schema: str
    name: str


def read_address(address: str) -> Address:
    """An address such as ``postgresql://user@host/database?schema=office``.

    ``postgres://`` is the same.
    Every other option of it goes to libpq (``sslmode``, ``connect_timeout``, …), which also finds
    a password that is not in it (``PGPASSWORD``, ``~/.pgpass``).
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # whose words may hold the password
        raise _no_address(f"{address.partition(':')[0]}:…") from None
    if address.count("@") > 1 or "?" in (url.username or ""):
        raise LedgerError(finding("server.at-sign"))  # what was taken for a host may be a password
    schema = url.query.get("schema", SCHEMA)
    if url.drivername not in ("postgresql", "postgres"):
        raise _no_address(f"{url.drivername}:…")
    if not (isinstance(schema, str) and re.fullmatch(r"(?!pg_)[^\W\d]\w{0,20}", schema)):
        raise _no_address(f"schema={schema}")
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    name = plain.render_as_string() + (f"?schema={schema}" if schema != SCHEMA else "")
    full = url.set(drivername="postgresql+psycopg").difference_update_query(["schema"])
    return Address(full, schema, name)


def _no_address(problem: str) -> LedgerError:
    return LedgerError(finding("server.address", problem=problem))


class Server:
    """A database on a server, with the connections to it."""

    def __init__(self, address: str, *, write: bool) -> None:
        url, self.schema, self.name = read_address(address)
        self.write = write
        asked = {name: value for name, value in _CONNECTING.items() if name not in url.query}
        self._engine = create_engine(
            url,
            connect_args=asked,
            pool_pre_ping=True,
            hide_parameters=True,
            isolation_level="READ COMMITTED",  # who waited for a lock sees what it was held for
            execution_options={} if write else {"postgresql_readonly": True},
        )

    @contextmanager
    def asked(self, *, at_one_moment: bool = False) -> Iterator[Connection]:
        """A transaction that is undone unless the block commits it.

        ``at_one_moment`` it only reads, and nothing that others write meanwhile. Whatever the
        server or the way to it objects to is told as a :class:`LedgerError`.
        """
        with told(self.name), self._engine.connect() as connection:
            if at_one_moment:
                connection.execution_options(**_SNAPSHOT)
            yield connection

    def close(self) -> None:
        """End the connections."""
        self._engine.dispose()


@contextmanager
def told(name: str) -> Iterator[None]:
    """Have an error of the database told as a :class:`LedgerError` about the ledger ``name``."""
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:
        raise LedgerError(_fault(error, name)) from error


def is_lost(error: DBAPIError) -> bool:
    """Whether this error is that the connection broke, rather than that the server objects."""
    return _code(_origin(error)) == "server.lost"


def _origin(error: Exception) -> Exception:
    inner = error.orig if isinstance(error, DBAPIError) else None
    return inner if isinstance(inner, Exception) else error


def _fault(error: Exception, name: str) -> Finding:
    origin = _origin(error)
    words = (isinstance(origin, psycopg.Error) and origin.diag.message_primary) or str(origin)
    return finding(_code(origin), file=name, problem=" ".join(words.split()))


_BY_STATE: Final = {
    "08": "server.lost",
    "25006": "server.read-only",
    "25P03": "server.lost",
    "28": "server.rejected",
    "3D000": "server.database",
    "40P01": "server.busy",
    "42501": "server.rights",
    "53": "server.full",
    "53300": "server.busy",
    "55P03": "server.busy",
    "57014": "server.busy",
    "57P": "server.lost",
}
"""What the codes of PostgreSQL, or the classes that they begin with, mean to the user."""


def _code(origin: Exception) -> str:
    if isinstance(origin, psycopg.ProgrammingError) and "connection option" in str(origin):
        return "server.address"
    state = getattr(origin, "sqlstate", None) or ""
    for length in (5, 3, 2):
        if state[:length] in _BY_STATE:
            return _BY_STATE[state[:length]]
    if state or not isinstance(origin, psycopg.OperationalError):
        return "server.refused"
    return _without_state(origin, str(origin))


def _without_state(origin: psycopg.OperationalError, problem: str) -> str:
    """Tell apart what has no code: libpq gives words and flags when a login fails."""
    if not _LOGIN.match(problem):
        return "server.lost"
    if _NO_DATABASE.search(problem):
        return "server.database"
    asked: Any = origin.pgconn
    password = asked is not None and (asked.used_password or asked.needs_password)
    return "server.rejected" if password or _REJECTED.search(problem) else "server.unreachable"


_LOGIN: Final = re.compile("connection (failed|timeout)|failed to resolve")
_NO_DATABASE: Final = re.compile(r'database "[^"]*" does not exist')
_REJECTED: Final = re.compile(r'role "|pg_hba\.conf|authentication')
