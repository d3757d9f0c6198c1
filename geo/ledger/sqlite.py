"""A ledger in one SQLite file beside the plan."""

import gc
import json
import sqlite3
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from geo.errors import LedgerError
from geo.findings import Finding, Place, finding
from geo.ledger import log
from geo.ledger.disks import share
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
from geo.ledger.failures import told
from geo.ledger.files import build, check_file, check_library, is_there, schema, schema_of_ours
from geo.ledger.outline import Outline
from geo.ledger.store import Check, clock_faults, unchecked
from geo.ledger.verify import refuse_odd, verify
from geo.writers.atomic import durable, replacing, scratch


def _names(fields: Sequence[str]) -> str:
    return ", ".join(fields)


def _insert(table: str, fields: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({_names(fields)}) VALUES ({_names('?' * len(fields))})"


_INSERT_EVENT: Final = _insert("event", Event._fields)
_INSERT_OUTLINE: Final = _insert("outline", Outline._fields)
_HEAD: Final = """
    SELECT id, created_at, seq, hash, recorded_at FROM ledger
    LEFT JOIN (SELECT seq, hash, recorded_at FROM event ORDER BY seq DESC LIMIT 1)"""
_KNOWN: Final = "(:by IS NULL OR recorded_at <= :by)"
_EVENTS: Final = f"SELECT {_names(Event._fields)} FROM event WHERE {_KNOWN}"
_STAGES: Final = f"""
    SELECT {", ".join(f"json_group_array({name})" for name in StageColumns._fields)} FROM (
        SELECT {_names(StageColumns._fields)} FROM event
        WHERE kind IN ('reach', 'revert') AND {_KNOWN} AND seq BETWEEN :first AND :last
            AND seq NOT IN (SELECT supersedes FROM event
                            WHERE supersedes IS NOT NULL AND {_KNOWN})
        ORDER BY seq)"""
_AT_ONCE: Final = 200_000
"""So many entries fit into texts that SQLite can hold, however long their words are."""
_REMARKS: Final = f"""{_EVENTS} AND (
        kind NOT IN ('reach', 'revert') OR responsible <> '' OR next_step <> ''
        OR supersedes IS NOT NULL) ORDER BY seq"""
_OUTLINES: Final = f"""
    SELECT {_names(Outline._fields)} FROM outline
    WHERE :by IS NULL OR seq IN (SELECT seq FROM event WHERE kind = 'layer' AND {_KNOWN})
    ORDER BY seq, rowid"""
_WANTED: Final = """
    CREATE TEMP TABLE IF NOT EXISTS wanted (parcel_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TEMP TABLE IF NOT EXISTS named (seq INTEGER PRIMARY KEY);
    DELETE FROM wanted; DELETE FROM named"""
_OF_WANTED: Final = """
    AND seq IN (SELECT event.seq FROM wanted CROSS JOIN event USING (parcel_id)
                UNION SELECT seq FROM named)"""


class SqliteLedger:
    """A :class:`geo.ledger.store.Ledger` in one file; :func:`open_sqlite` opens it."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        *,
        write: bool,
        share_kind: str,
        lacks_log: bool,
    ) -> None:
        self.name = path.name
        self.path = path
        self.findings: list[Finding] = []
        self._connection = connection
        self._write = write
        self._on_share = bool(share_kind)
        self._has_begun = False
        if share_kind:
            self.findings.append(finding("ledger.share", file=self.name, seen=share_kind))
        if lacks_log:
            self.findings.append(finding("ledger.no-wal", file=self.name, row=self.head().seq))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Have everything that is read in the block as of one moment."""
        inside = self._connection.in_transaction
        with nullcontext() if inside else log.reading(self._connection):
            yield

    def head(self) -> Head:
        """The end of the chain as it is now."""
        with told(self.name):
            name, created_at, *last = self._connection.execute(_HEAD).fetchone()
            if last[0] is None:
                last = [0, first_hash(name, created_at), created_at]
            return Head(name, created_at, *last)

    def events(
        self, *, parcels: Collection[str] | None = None, known: datetime | None = None
    ) -> list[Event]:
        """The entries in order: of some parcels, and only those recorded by ``known``."""
        with told(self.name):
            if parcels is not None:
                self._want(parcels)
            chosen = "" if parcels is None else _OF_WANTED
            rows = self._connection.execute(f"{_EVENTS} {chosen} ORDER BY seq", _by(known))
            with _uncollected():
                return [Event._make(row) for row in rows]

    def stages(self, *, known: datetime | None = None) -> StageColumns:
        """The entries of stages that held by ``known``, in order, with what each rests on."""
        columns: list[list[Any]] = [[] for _ in StageColumns._fields]
        with told(self.name):
            for first in range(1, self.head().seq + 1, _AT_ONCE):
                span = {**_by(known), "first": first, "last": first + _AT_ONCE - 1}
                # columns as JSON: SQLite makes 9 texts instead of Python making millions of rows
                texts = self._connection.execute(_STAGES, span).fetchone()
                for column, text in zip(columns, texts, strict=True):
                    column.extend(json.loads(text))
        return StageColumns._make(columns)

    def remarks(self, *, known: datetime | None = None) -> list[Event]:
        """The entries that tell anything else: of no stage, of a task, or correcting another."""
        with told(self.name):
            return [Event._make(row) for row in self._connection.execute(_REMARKS, _by(known))]

    def outlines(self, *, known: datetime | None = None) -> list[Outline]:
        """Every outline in the order of recording (those that came with entries by ``known``)."""
        with told(self.name):
            return [Outline._make(row) for row in self._connection.execute(_OUTLINES, _by(known))]

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
        if not self._write or self._connection.in_transaction:
            raise LedgerError(finding("ledger.opened-to-read", file=self.name))
        if drafts[0].kind != "adopt":
            self._need_log()
        with told(self.name):
            self._begin()
            with log.appending(self._connection):
                head = self.head()
                if check is not unchecked:
                    told_before = self.events(parcels=self._concerned(drafts) | {*concerning})
                    refuse_odd(self.name, told_before)
                    check(told_before)
                with _uncollected():
                    events = list(chained(drafts, head, actor=actor, now=now))
                self._connection.executemany(_INSERT_EVENT, events)
                kept = ((events[0].seq, *outline[1:]) for outline in outlines)
                self._connection.executemany(_INSERT_OUTLINE, kept)
                self._check_arrival(events, len(outlines))
        self._notice(events[0], head, now)
        return events

    def backup(self, target: Path) -> None:
        """A whole copy of the ledger as it is now, put in place at once.

        It takes the place of an earlier copy of the same ledger and of nothing else, and only when
        nothing is wrong with the ledger: an earlier copy may be the last good one.
        """
        self._need_log()
        if is_there(target):
            self._check_target(target)
        else:
            _check_logs(target)
        if faults := verify(self):
            raise LedgerError(*faults)
        try:
            with replacing(target) as new, closing(sqlite3.connect(new)) as copy:
                with told(self.name):
                    self._connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
        except LedgerError:
            raise
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(finding("ledger.backup", file=target.name, seen=error)) from error

    def inspect(self) -> list[Finding]:
        """What SQLite finds wrong with the file, and whether its tables and guards are ours."""
        with told(self.name):
            checks = self._connection.execute("PRAGMA integrity_check(20)").fetchall()
            ours, theirs = schema_of_ours(), schema(self._connection)
            formats = [row[0] for row in self._connection.execute("SELECT format FROM ledger")]
        found = [
            finding("ledger.integrity", file=self.name, seen=text)
            for (text,) in checks
            if text != "ok"
        ]
        if len(formats) != 1:
            found.append(finding("ledger.names", file=self.name, seen=len(formats)))
        strange = {item for item in formats if item != FORMAT}
        found += [finding("ledger.format", file=self.name, seen=item) for item in sorted(strange)]
        differing = {name for _, name in dict(ours.items() ^ theirs.items())}
        found += [finding("ledger.schema", file=self.name, seen=name) for name in sorted(differing)]
        return found

    def close(self) -> None:
        """Let go of the file; the last writer to do so leaves it as one file, without a log."""
        if self._write and not self._on_share and not self._lacks_log():
            log.end(self._connection, self.path)
        else:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _lacks_log(self) -> bool:
        return any(item.code == "ledger.no-wal" for item in self.findings)

    def _need_log(self) -> None:
        """Refuse while entries may be missing."""
        if self._lacks_log():
            raise LedgerError(*(item for item in self.findings if item.code == "ledger.no-wal"))

    def _begin(self) -> None:
        """Have the log that the first entry goes to; on a share there is none."""
        if not self._has_begun and not self._on_share:
            log.begin(self._connection, self.path)
            self._has_begun = True

    def _check_arrival(self, events: Sequence[Event], outlines: int) -> None:
        """Refuse to call written what is not there: a trigger can drop it without a word."""
        last = events[-1]
        count = "SELECT count(*) FROM outline WHERE seq = ?"
        (kept,) = self._connection.execute(count, [events[0].seq]).fetchone()
        if self.head()[2:4] != (last.seq, last.hash) or kept != outlines:
            raise LedgerError(finding("ledger.lost", file=self.name, row=events[0].seq))

    def _check_target(self, target: Path) -> None:
        """Refuse a target that is anything else than an earlier copy of this ledger."""
        if target.samefile(self.path):
            raise LedgerError(finding("ledger.backup-itself", file=target.name))
        _check_logs(target)
        other = finding("ledger.backup-other", file=target.name)
        try:
            with open_sqlite(target, write=False) as kept:
                last = kept.head()
        except LedgerError as error:
            raise LedgerError(other, *error.findings) from error
        if last.ledger_id != self.head().ledger_id:
            raise LedgerError(other)
        if last.seq and not self._has(last):
            raise LedgerError(finding("ledger.backup-ahead", file=target.name, row=last.seq))

    def _has(self, last: Head) -> bool:
        """Whether an entry that another copy ends with is in this one."""
        with told(self.name):
            row = self._connection.execute("SELECT hash FROM event WHERE seq = ?", [last.seq])
            return bool(row.fetchone() == (last.hash,))

    def _want(self, parcels: Collection[str]) -> None:
        """Put down which parcels, and the entries that name one of them among their parts."""
        wanted = set(parcels)
        split_or_merged = self._connection.execute(
            "SELECT seq, parcel_id, parts FROM event WHERE parts <> ''"
        ).fetchall()
        named = [(row[0],) for row in split_or_merged if not wanted.isdisjoint(self._ids(*row))]
        for statement in _WANTED.split(";"):
            self._connection.execute(statement)
        self._connection.executemany("INSERT INTO wanted VALUES (?)", ((id_,) for id_ in wanted))
        self._connection.executemany("INSERT INTO named VALUES (?)", named)

    def _concerned(self, drafts: Iterable[Draft]) -> set[str]:
        """The parcels that drafts speak of, also by superseding an entry of theirs."""
        concerned: set[str] = set()
        for draft in drafts:
            concerned |= {draft.parcel_id, *draft.parts}
            if draft.supersedes is not None:
                row = self._connection.execute(
                    "SELECT seq, parcel_id, parts FROM event WHERE seq = ?", [draft.supersedes]
                ).fetchone()
                concerned |= {row[1], *self._ids(*row)} if row else set()
        return concerned

    def _ids(self, seq: int, parcel: str, parts: str) -> list[str]:
        """The parcels that an entry names besides its own."""
        try:
            return ids_of(parts)
        except ValueError as error:
            place: Place = {"file": self.name, "row": seq, "parcel": parcel}
            fault = finding("ledger.value", **place, field="parts", seen=parts)
            raise LedgerError(fault) from error

    def _notice(self, event: Event, head: Head, now: datetime) -> None:
        """What there is to say of entries that were just written."""
        if event.kind == "adopt":  # what is missing is given up, and the ledger says so
            self.findings = [item for item in self.findings if item.code != "ledger.no-wal"]
        self.findings += clock_faults(self.name, event, head, now)


def open_sqlite(path: Path, *, write: bool, create: datetime | None = None) -> SqliteLedger:
    """Open a ledger, or make one ``create``d at that moment where there is none.

    Whoever only reads changes nothing and needs no right to write. Raises
    :class:`geo.errors.LedgerError`.
    """
    check_library(path)
    if create is not None and not is_there(path):
        _create(path, create)
    check_file(path)
    kind = share(path) if write else ""
    with told(path.name):
        lacks_log = log.is_lost(path)
        connection = _to_write(path, on_share=bool(kind)) if write else _to_read(path)
    return SqliteLedger(path, connection, write=write, share_kind=kind, lacks_log=lacks_log)


@contextmanager
def taking_sqlite(
    path: Path, head: Head, events: Iterable[Event], outlines: Iterable[Outline]
) -> Iterator[SqliteLedger]:
    """A new ledger that takes over whole entries as they are, to be looked at in the block.

    It is there, with everything in it, when the block ends without an error; else nothing is.
    """
    check_library(path)
    made = _making(path, head.ledger_id, head.created_at, events, outlines)
    with made as new, open_sqlite(new, write=False) as ledger:
        yield ledger


def _create(path: Path, now: datetime) -> None:
    """Make a ledger without an entry, unless another has just made it."""
    try:
        with _making(path, str(uuid.uuid4()), moment(now), (), ()):
            pass
    except LedgerError as error:
        if [item.code for item in error.findings] != ["ledger.exists"]:
            raise


@contextmanager
def _making(
    path: Path,
    ledger_id: str,
    created_at: str,
    events: Iterable[Event],
    outlines: Iterable[Outline],
) -> Iterator[Path]:
    """A new ledger that takes its place after the block, whole or not at all."""
    there = is_there(path)
    logs = [path.with_name(path.name + tail) for tail in ("-wal", "-journal")]
    strays = [item.name for item in logs if item.exists()]
    if there:
        raise LedgerError(finding("ledger.exists", file=path.name))
    if strays:  # SQLite would take it for the new ledger's
        raise LedgerError(finding("ledger.stray-log", file=path.name, seen=strays[0]))
    try:
        with scratch(path.parent) as folder:
            new = folder / path.name
            with told(path.name), closing(sqlite3.connect(new, isolation_level=None)) as made:
                build(made)
                made.execute("INSERT INTO ledger VALUES (?, ?, ?)", [ledger_id, created_at, FORMAT])
                made.executemany(_INSERT_EVENT, events)
                made.executemany(_INSERT_OUTLINE, outlines)
                made.execute("COMMIT")
            yield new
            _place(new, path)
            durable(path.parent)
    except LedgerError:
        raise
    except FileExistsError as error:
        raise LedgerError(finding("ledger.exists", file=path.name)) from error
    except OSError as error:
        raise LedgerError(finding("ledger.create", file=path.name, seen=error)) from error


def _place(new: Path, path: Path) -> None:
    """Give a file its name, unless there is one."""
    try:
        path.hardlink_to(new)  # not a rename, which would replace what another has just made
    except FileExistsError:
        raise
    except OSError:  # no hard links here
        new.rename(path)


def _to_write(path: Path, *, on_share: bool) -> sqlite3.Connection:
    """A connection whose commits are on the disk, and that leaves its log where it is."""
    connection = log.connect(path, mode="rw")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=1")  # macOS does not sync to the disk without
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("PRAGMA cache_size=-65536")
    if on_share and log.is_begun(path):  # brought here with its log: take it in, all alone
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA locking_mode=NORMAL")
    return _tried(connection)


def _to_read(path: Path) -> sqlite3.Connection:
    """A connection that leaves the file as it is, with no other beside it."""
    if log.is_begun(path) and not log.exists(path):  # it would make a log, and has to remove it
        with suppress(sqlite3.OperationalError):
            return _tried(log.connect(path, mode="rw"))
        return _tried(log.connect(path, immutable="1"))
    with suppress(sqlite3.OperationalError):
        return _tried(log.connect(path, mode="ro"))
    try:
        _tried(log.connect(path, mode="rw")).close()  # ends what a writer left half done
        return _tried(log.connect(path, mode="ro"))
    except sqlite3.OperationalError as error:
        raise LedgerError(finding("ledger.interrupted", file=path.name, seen=error)) from error


def _tried(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, once it has read something; a ledger has a name, or is none."""
    try:
        if connection.execute(_HEAD).fetchone() is None:
            raise sqlite3.DatabaseError("it has no name")
    except BaseException:
        connection.close()
        raise
    return connection


def _check_logs(target: Path) -> None:
    """Refuse a target that somebody writes to, or whose name a stray log bears."""
    if any(target.with_name(target.name + tail).exists() for tail in ("-wal", "-journal")):
        raise LedgerError(finding("ledger.backup-open", file=target.name))


def _by(known: datetime | None) -> dict[str, str | None]:
    return {"by": None if known is None else moment(known)}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make many tuples without the search for circles among them, which takes as long again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
