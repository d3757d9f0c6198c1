"""A ledger in PostgreSQL with PostGIS, for an office where many write at once."""

import re
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from psycopg import sql
from pyproj import CRS
from pyproj.exceptions import CRSError
from sqlalchemy import Connection, any_, bindparam, column, or_, select, table, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TEXT
from sqlalchemy.exc import DBAPIError

from geo.errors import LedgerError
from geo.findings import Finding, finding
from geo.ledger.event import (
    FORMAT,
    Draft,
    Event,
    Head,
    StageColumns,
    chained,
    first_hash,
    ids_of,
    moment,
)
from geo.ledger.locks import limit_waiting, lock_chain, lock_parcels, lock_schema
from geo.ledger.outline import Outline
from geo.ledger.server import Server, is_lost, told
from geo.ledger.store import Check, clock_faults, unchecked
from geo.ledger.verify import refuse_odd

PATIENCE_S: Final = 30.0
"""How long an entry waits for others who write about the same parcels, and for a server that
went away while it was committed."""

_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")
"""What no text in PostgreSQL can hold: NUL, and half a character."""

_STAGE_KINDS: Final = ("reach", "revert")
_OF_PARCELS: Final = text("parts <> '' AND nullif(parts, '')::jsonb ?| :ids")
_AWAKE: Final = text("""
    SELECT relname || '.' || tgname FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = :schema AND tgenabled = 'A'""")
_GUARDS: Final = frozenset(
    {"ledger.stay", "event.stay", "event.next", "outline.stay", "outline.placed"}
)
_DURABLE: Final = text("SELECT set_config('synchronous_commit', 'on', true)")


class _Held(threading.local):
    """The transaction that a thread is in: a ledger is being taken over, or seen at one moment."""

    connection: Connection | None = None


class PostgresLedger:
    """A :class:`geo.ledger.store.Ledger` in a schema of a database; :func:`open_postgres` opens it.

    Threads may share it. Two who write about the same parcel wait for each other, from before the
    check until the entries are on the disk; all others only while the chain grows.
    """

    def __init__(
        self,
        server: Server,
        start: Head,
        *,
        patience_s: float = PATIENCE_S,
        held: Connection | None = None,
    ) -> None:
        self.name = server.name
        self.findings: list[Finding] = []
        self._server = server
        self._start = start
        self._patience_s = patience_s
        self._held = _Held()
        self._held.connection = held
        self._event = table("event", *map(column, Event._fields), schema=server.schema)
        self._outline = table(
            "outline", *map(column, (*Outline._fields, "nth")), schema=server.schema
        )

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Have everything that this thread reads in the block as of one moment."""
        if self._held.connection is not None:
            yield
            return
        with self._server.asked(at_one_moment=True) as connection:
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None

    def head(self) -> Head:
        """The end of the chain as it is now."""
        with self._asked() as connection:
            return self._head(connection)

    def events(
        self, *, parcels: Collection[str] | None = None, known: datetime | None = None
    ) -> list[Event]:
        """The entries in order: of some parcels, and only those recorded by ``known``."""
        with self._asked() as connection:
            return self._events(connection, parcels, known)

    def stages(self, *, known: datetime | None = None) -> StageColumns:
        """The entries of stages that held by ``known``, in order, with what each rests on."""
        event = self._event.c
        gone = select(event.supersedes).where(event.supersedes.is_not(None))
        wanted = select(*(event[name] for name in StageColumns._fields))
        wanted = wanted.where(event.kind.in_(_STAGE_KINDS))
        if known is not None:
            gone = gone.where(event.recorded_at <= moment(known))
            wanted = wanted.where(event.recorded_at <= moment(known))
        wanted = wanted.where(event.seq.not_in(gone)).order_by(event.seq)
        with self._asked() as connection:
            columns = zip(*connection.execute(wanted), strict=True)
            return StageColumns._make([*map(list, columns)] or [[] for _ in StageColumns._fields])

    def remarks(self, *, known: datetime | None = None) -> list[Event]:
        """The entries that tell anything else: of no stage, of a task, or correcting another."""
        event = self._event.c
        wanted = select(*event).where(
            or_(
                event.kind.not_in(_STAGE_KINDS),
                event.responsible != "",
                event.next_step != "",
                event.supersedes.is_not(None),
            )
        )
        if known is not None:
            wanted = wanted.where(event.recorded_at <= moment(known))
        with self._asked() as connection:
            rows = connection.execute(wanted.order_by(event.seq))
            return [Event._make(row) for row in rows]

    def outlines(self, *, known: datetime | None = None) -> list[Outline]:
        """Every outline in the order of recording (those that came with entries by ``known``)."""
        event, outline = self._event.c, self._outline.c
        wanted = select(*(outline[name] for name in Outline._fields))
        if known is not None:
            by = select(event.seq).where(event.kind == "layer", event.recorded_at <= moment(known))
            wanted = wanted.where(outline.seq.in_(by))
        with self._asked() as connection:
            rows = connection.execute(wanted.order_by(outline.seq, outline.nth))
            return [Outline._make(row) for row in rows]

    def inspect(self) -> list[Finding]:
        """Which of the triggers that keep every row as it is are gone, or asleep."""
        with self._asked() as connection:
            rows = connection.execute(_AWAKE, {"schema": self._server.schema})
            awake = {name for (name,) in rows}
        asleep = sorted(_GUARDS - awake)
        return [finding("ledger.schema", file=self.name, seen=name) for name in asleep]

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
        """Write all the drafts or none, and return only when they are on the disk."""
        if not drafts:
            return []
        if self._held.connection is not None or not self._server.write:
            raise LedgerError(finding("ledger.opened-to-read", file=self.name))
        _admit(self.name, (*drafts, *outlines), actor)
        with self._asked() as connection:
            concerned = self._concerned(connection, drafts) | {*concerning}
            limit_waiting(connection, self._patience_s)
            lock_parcels(connection, self._start.ledger_id, concerned)
            if check is not unchecked:
                told_before = self._events(connection, concerned)
                refuse_odd(self.name, told_before)
                check(told_before)
            lock_chain(connection, self._start.ledger_id)
            head = self._head(connection)
            events = list(chained(drafts, head, actor=actor, now=now))
            self._write(connection, events, (item._replace(seq=events[0].seq) for item in outlines))
            self._commit(connection, events)
        self.findings += clock_faults(self.name, events[0], head, now)
        return events

    def grant_writer(self, role: str) -> None:
        """Let a role read the ledger and append to it, and do nothing else to it."""
        schema, who = sql.Identifier(self._server.schema), sql.Identifier(role)
        rights = sql.SQL(
            "GRANT USAGE ON SCHEMA {schema} TO {who};"
            "GRANT SELECT ON {schema}.ledger, {schema}.event, {schema}.outline TO {who};"
            "GRANT INSERT ON {schema}.event, {schema}.outline TO {who}"
        )
        with self._asked() as connection:
            known = text("SELECT FROM pg_roles WHERE rolname = :role")
            if connection.execute(known, {"role": role}).first() is None:
                raise LedgerError(finding("server.role", file=self.name, seen=role))
            _driver(connection).execute(rights.format(schema=schema, who=who))
            connection.commit()

    def close(self) -> None:
        """Let go of the server."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _asked(self) -> Iterator[Connection]:
        """The transaction that is held, else one of its own."""
        if (held := self._held.connection) is not None:
            with told(self.name):
                yield held
        else:
            with self._server.asked() as connection:
                yield connection

    def _head(self, connection: Connection) -> Head:
        event = self._event.c
        last = select(event.seq, event.hash, event.recorded_at).order_by(event.seq.desc()).limit(1)
        row = connection.execute(last).first()
        return self._start if row is None else Head(*self._start[:2], *row)

    def _events(
        self, connection: Connection, parcels: Collection[str] | None, known: datetime | None = None
    ) -> list[Event]:
        event = self._event.c
        wanted = select(*event)
        if parcels is not None:
            ids = bindparam("ids", [*parcels], type_=ARRAY(TEXT))
            wanted = wanted.where(or_(event.parcel_id == any_(ids), _OF_PARCELS.bindparams(ids)))
        if known is not None:
            wanted = wanted.where(event.recorded_at <= moment(known))
        rows = connection.execute(wanted.order_by(event.seq))
        return [Event._make(row) for row in rows]

    def _concerned(self, connection: Connection, drafts: Iterable[Draft]) -> set[str]:
        """The parcels that drafts speak of, also by superseding an entry of theirs."""
        concerned: set[str] = set()
        superseded: set[int] = set()
        for draft in drafts:
            concerned |= {draft.parcel_id, *draft.parts}
            if draft.supersedes is not None:
                superseded.add(draft.supersedes)
        if superseded:
            event = self._event.c
            seqs = bindparam("seqs", [*superseded], type_=ARRAY(BIGINT))
            wanted = select(event.parcel_id, event.parts).where(event.seq == any_(seqs))
            for parcel, parts in connection.execute(wanted):
                concerned |= {parcel, *ids_of(parts)}
        return concerned

    def _write(
        self, connection: Connection, events: Iterable[Event], outlines: Iterable[Outline]
    ) -> None:
        _copy(connection, self._server.schema, "event", Event._fields, events)
        placed = ((*item, _epsg(item.crs)) for item in outlines)
        fields = (*Outline._fields, "srid")
        _copy(connection, self._server.schema, "outline", fields, placed)

    def _commit(self, connection: Connection, events: Sequence[Event]) -> None:
        connection.execute(_DURABLE)
        try:
            connection.commit()
        except DBAPIError as error:
            if not (events and is_lost(error) and self._is_written(events)):
                raise

    def _is_written(self, events: Sequence[Event]) -> bool:
        """Whether entries are there whose commit was not answered."""
        event, last = self._event.c, events[-1]
        patience = time.monotonic() + self._patience_s
        while True:
            try:
                with self._server.asked() as connection:
                    limit_waiting(connection, self._patience_s)
                    lock_chain(connection, self._start.ledger_id)  # until that commit has ended
                    found = connection.execute(select(event.hash).where(event.seq == last.seq))
                    return found.scalar() == last.hash
            except LedgerError as error:
                if time.monotonic() > patience:
                    first = events[0].seq
                    raise LedgerError(
                        finding("server.in-doubt", file=self.name, first=first, last=last.seq)
                    ) from error
            time.sleep(0.2)


def open_postgres(
    address: str,
    *,
    write: bool,
    create: datetime | None = None,
    patience_s: float = PATIENCE_S,
) -> PostgresLedger:
    """Open a ledger, or make one ``create``d at that moment where there is none.

    Raises :class:`geo.errors.LedgerError`.
    """
    server = Server(address, write=write)
    try:
        with server.asked() as connection:
            start = _start(connection, server)
            unsafe = _unsafe(connection)
        start = start or (_created(address, moment(create)) if create is not None else None)
        if start is None:
            raise LedgerError(finding("server.missing", file=server.name, seen=server.schema))
    except BaseException:
        server.close()
        raise
    ledger = PostgresLedger(server, start, patience_s=patience_s)
    if unsafe:
        ledger.findings.append(finding("server.fsync", file=server.name, seen=unsafe))
    return ledger


def _created(address: str, now: str) -> Head:
    """Make a ledger without an entry, unless another has just made it: that one counts."""
    with closing(Server(address, write=True)) as server, server.asked() as connection:
        limit_waiting(connection, PATIENCE_S)
        lock_schema(connection, server.schema)
        start = _start(connection, server)
        if start is None:
            start = _made(connection, server, str(uuid.uuid4()), now)
            connection.commit()
        return start


@contextmanager
def taking_postgres(
    address: str, head: Head, events: Sequence[Event], outlines: Sequence[Outline]
) -> Iterator[PostgresLedger]:
    """A new ledger that takes over whole entries as they are, to be looked at in the block.

    It is there, with everything in it, when the block ends without an error; else nothing is.
    """
    with closing(Server(address, write=True)) as server, server.asked() as connection:
        _admit(server.name, (*events, *outlines))
        limit_waiting(connection, PATIENCE_S)
        lock_schema(connection, server.schema)
        if _start(connection, server) is not None:
            raise LedgerError(finding("server.exists", file=server.name, seen=server.schema))
        start = _made(connection, server, head.ledger_id, head.created_at)
        ledger = PostgresLedger(server, start, held=connection)
        ledger._write(connection, events, outlines)
        yield ledger
        ledger._commit(connection, events)


_LAYOUT: Final = Path(__file__).with_name("postgis.sql").read_text(encoding="utf-8")
_NEW: Final = text("INSERT INTO ledger VALUES (:id, :created_at, :format)")


def _made(connection: Connection, server: Server, ledger_id: str, created_at: str) -> Head:
    """Make the tables and what guards them, and the schema where it is missing."""
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise LedgerError(finding("server.encoding", file=server.name, seen=encoding))
    there = text("SELECT FROM pg_namespace WHERE nspname = :schema")
    quote = connection.dialect.identifier_preparer.quote
    if connection.execute(there, {"schema": server.schema}).first() is None:
        connection.exec_driver_sql(f"CREATE SCHEMA {quote(server.schema)}")
    path = ", ".join(map(quote, (server.schema, _postgis(connection, server), "pg_temp")))
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": path})
    _driver(connection).execute(_LAYOUT.encode())
    row = {"id": ledger_id, "created_at": created_at, "format": FORMAT}
    connection.execute(_NEW, row)
    return _empty(ledger_id, created_at)


def _postgis(connection: Connection, server: Server) -> str:
    """The schema of PostGIS, which is added to the database where it is missing."""
    where = text(
        "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
        " WHERE extname = 'postgis'"
    )
    if (found := connection.execute(where).scalar()) is None:
        try:
            connection.exec_driver_sql("CREATE EXTENSION postgis")
        except DBAPIError as error:
            raise LedgerError(
                finding("server.postgis", file=server.name, problem=error.orig)
            ) from error
        found = connection.execute(where).scalar()
    return str(found)


def _start(connection: Connection, server: Server) -> Head | None:
    """What the first entry follows; none where there is no ledger."""
    name = sql.Identifier(server.schema, "ledger").as_string(None)
    there = connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar()
    if there is None:
        return None
    ledger = table(
        "ledger", column("id"), column("created_at"), column("format"), schema=server.schema
    )
    ledger_id, created_at, seen = connection.execute(select(*ledger.c)).one()
    if seen != FORMAT:
        raise LedgerError(finding("server.version", file=server.name, seen=seen, expected=FORMAT))
    return _empty(ledger_id, created_at)


def _empty(ledger_id: str, created_at: str) -> Head:
    return Head(ledger_id, created_at, 0, first_hash(ledger_id, created_at), created_at)


def _unsafe(connection: Connection) -> str:
    """The settings of the server without which a power cut loses what it said it has."""
    wanted = text(
        "SELECT name FROM pg_settings"
        " WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"
    )
    return ", ".join(connection.execute(wanted).scalars())


def _driver(connection: Connection) -> Any:
    """The psycopg connection, for what SQLAlchemy has no words for."""
    return connection.connection.driver_connection


def _copy(
    connection: Connection, schema: str, name: str, fields: Sequence[str], rows: Iterable[Any]
) -> None:
    """Write rows by COPY: for one it costs no more than INSERT, for a million far less."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(schema, name), sql.SQL(", ").join(map(sql.Identifier, fields))
    )
    with _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@lru_cache
def _epsg(crs: str) -> int:
    """The EPSG code of a CRS, 0 where it has none."""
    try:
        return CRS.from_user_input(crs).to_epsg() or 0
    except CRSError:
        return 0


def _admit(name: str, rows: Iterable[Draft | Event | Outline], actor: str = "") -> None:
    """Refuse texts that PostgreSQL cannot hold, before anything is asked of it."""
    found = [_unkeepable(name, "", "actor", actor)] if _UNKEEPABLE.search(actor) else []
    for row in rows:
        parts = row.part_ids if isinstance(row, Event) else getattr(row, "parts", ())
        texts = [value for value in row if isinstance(value, str)]
        if _UNKEEPABLE.search("\n".join((*texts, *parts))):
            cells = [*row._asdict().items(), *(("parts", part) for part in parts)]
            found += [
                _unkeepable(name, row.parcel_id, field, value)
                for field, value in cells
                if isinstance(value, str) and _UNKEEPABLE.search(value)
            ]
    if found:
        raise LedgerError(*found)


def _unkeepable(name: str, parcel: str, field: str, value: str) -> Finding:
    character = f"U+{ord(_UNKEEPABLE.findall(value)[0]):04X}"
    parcel, seen = (_UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", item) for item in (parcel, value))
    return finding(
        "server.text", file=name, parcel=parcel, field=field, seen=seen, character=character
    )
