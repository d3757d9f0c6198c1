"""The ledger in PostgreSQL: append-only, one writer at a time about a parcel, and nothing lost."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from shapely import box, from_wkb

from geo.errors import LedgerError
from geo.findings import Finding
from geo.ledger.event import Draft, Event, hash_of
from geo.ledger.locks import MANY
from geo.ledger.move import move
from geo.ledger.opening import open_ledger
from geo.ledger.outline import Outline, outline_bytes, outline_hash, register_hash
from geo.ledger.postgres import PostgresLedger, open_postgres
from geo.ledger.server import read_address
from geo.ledger.sqlite import open_sqlite
from geo.ledger.verify import verify
from tests.ledgers import draft
from tests.servers import PASSWORD, Server

NOW = datetime(2026, 1, 10, 8, 30, 0, 123456, tzinfo=UTC)
LOT = outline_bytes(box(0, 0, 200, 100))  # exactly 30 mu
NUMBERS = count(1)
AWKWARD = "清溪\t“北”\r\n\\N \\. ',\" {} %s 𠮷 🚧 "

every_table = pytest.mark.parametrize("table", ["ledger", "event", "outline"])


@pytest.fixture(scope="module")
def office(postgres: Server) -> str:
    return postgres.database()


@pytest.fixture
def schema() -> str:
    return f"part_{next(NUMBERS)}"


@pytest.fixture
def address(postgres: Server, office: str, schema: str) -> str:
    return postgres.address(office, query=f"?schema={schema}")


@pytest.fixture
def ledger(address: str) -> Iterator[PostgresLedger]:
    with opened(address) as one:
        yield one


def opened(address: str, *, patience_s: float = 10.0) -> PostgresLedger:
    return open_postgres(address, write=True, create=NOW, patience_s=patience_s)


def reach(parcel: str, **told: Any) -> Draft:
    return Draft(parcel, "reach", "2025-12-31", stage="signed", **told)


def lot(parcel: str, wkb: bytes = LOT, crs: str = "EPSG:4547") -> Outline:
    shape = outline_hash(wkb, crs) if wkb else ""
    return Outline(0, parcel, shape, "north", 20_000.0 / 3, 0.1 + 0.2, crs, wkb)


def layer(*outlines: Outline) -> Draft:
    return Draft("", "layer", "2026-01-01", geometry_hash=register_hash(outlines))


def write(ledger: Any, *drafts: Draft, **options: Any) -> list[Event]:
    return ledger.append(drafts, **({"actor": "王", "now": NOW} | options))


def refused(act: Callable[[], object], code: str, file: str) -> Finding:
    """The only reason why something is not done."""
    with pytest.raises(LedgerError) as stopped:
        act()
    (found,) = stopped.value.findings
    assert (found.code, found.severity, found.file) == (code, "error", file)
    return found


def forbid(told: list[int], events: list[Event]) -> None:
    """A check that notes how many entries it was told of and has something against it."""
    told.append(len(events))
    raise LedgerError


def nothing(_: list[Event]) -> None:
    """A check that has the entries read."""


# --- what is written is what is read ---------------------------------------------------------


def test_every_field_comes_back(ledger, address):
    full = Draft(
        AWKWARD, "split", "2025-10-01", "quarter", "signed", AWKWARD, "合同 7", AWKWARD, "重测",
        "李", "核对", ("甲", AWKWARD, '"'), 1, "ab" * 32,
    )  # fmt: skip
    outlines = [lot("B"), lot("A"), lot("C", b"")]
    told = write(ledger, layer(*outlines), outlines=outlines) + write(
        ledger, full, Draft("", "note", "2026-01-01")
    )
    with open_postgres(address, write=False) as again:
        assert again.events() == told
        assert again.outlines() == [item._replace(seq=1) for item in outlines]
        assert (again.head().seq, again.head().hash) == (3, told[-1].hash)
        assert again.name == address
    assert told[1].part_ids == ["甲", AWKWARD, '"']
    assert told[1][:13] == (2, *full[:11], told[1].parts)[:13]
    assert {event.recorded_at for event in told} == {"2026-01-10T08:30:00.123456Z"}


def test_the_chain_is_that_of_every_ledger(ledger, address):
    write(ledger, reach("A"), reach("B"))
    write(ledger, reach("C"))
    events = ledger.events()
    assert [event.hash for event in events] == [hash_of(event) for event in events]
    assert [event.prev_hash for event in events[1:]] == [event.hash for event in events[:-1]]
    assert verify(ledger) == []


def test_an_empty_ledger_has_a_head_and_takes_nothing(ledger):
    head = ledger.head()
    assert (head.seq, head.recorded_at, ledger.events(), ledger.outlines()) == (
        0,
        head.created_at,
        [],
        [],
    )
    assert ledger.append([], actor="王", now=NOW) == []
    assert ledger.head() == head


def test_opening_again_makes_no_second_ledger(ledger, address):
    write(ledger, reach("A"))
    with opened(address) as again:
        assert again.head() == ledger.head()


def test_entries_by_parcel_and_by_what_was_known(ledger):
    write(ledger, reach("A"), Draft("A", "split", "2026-01-01", parts=("B", "C")))
    write(ledger, reach("B"), layer(lot("C")), now=NOW + timedelta(days=1))
    write(ledger, layer(lot("C")), outlines=[lot("C")], now=NOW + timedelta(days=2))

    def seqs(**options: Any) -> list[int]:
        return [event.seq for event in ledger.events(**options)]

    assert seqs(parcels=["A"]) == [1, 2]
    assert seqs(parcels={"B"}) == [2, 3]
    assert seqs(parcels=["C", "none"]) == [2]
    assert seqs(parcels=[]) == []
    assert seqs(known=NOW) == [1, 2]
    assert seqs(known=NOW - timedelta(microseconds=1)) == []
    assert seqs(parcels=["B"], known=NOW) == [2]
    assert ledger.outlines(known=NOW + timedelta(days=1)) == []
    assert len(ledger.outlines(known=NOW + timedelta(days=2))) == 1


def test_stages_and_remarks_are_those_of_a_file(ledger, tmp_path):
    wrong, right = draft("A", "cleared"), draft("A", "signed", supersedes=1, reason="misread")
    with open_sqlite(tmp_path / "readiness.db", write=True, create=NOW) as file:
        assert ledger.stages() == file.stages()
        for store in (ledger, file):
            store.append(
                [wrong, draft("B", responsible="team")], actor="Li", now=NOW + timedelta(days=1)
            )
            store.append(
                [right, draft("C", kind="note", text="?")], actor="Li", now=NOW + timedelta(days=3)
            )
        for known in (None, NOW, NOW + timedelta(days=2)):
            assert ledger.stages(known=known) == file.stages(known=known)
            seqs = [[item.seq for item in store.remarks(known=known)] for store in (ledger, file)]
            assert seqs[0] == seqs[1]
    assert ledger.stages().seq == [2, 3]
    assert [item.seq for item in ledger.remarks()] == [2, 3, 4]


def test_the_check_is_told_of_every_parcel_concerned(ledger):
    told: list[list[int]] = []
    write(
        ledger, reach("A"), Draft("B", "split", "2026-01-01", parts=("C",)), reach("D"), reach("E")
    )
    draft = Draft("A", "merge", "2026-01-02", parts=("D",), supersedes=2)
    write(ledger, draft, check=lambda events: told.append([event.seq for event in events]))
    assert told == [[1, 2, 3]]


def test_what_the_check_forbids_is_not_written(ledger):
    told: list[int] = []
    with pytest.raises(LedgerError):
        write(ledger, reach("A"), check=lambda events: forbid(told, events))
    assert (told, ledger.events()) == ([0], [])


def test_a_clock_that_runs_backwards_is_told_and_reorders_nothing(ledger):
    ledger.findings.clear()
    write(ledger, reach("A"))
    write(ledger, reach("A"), now=NOW - timedelta(seconds=30))  # it waited, or another clock is off
    assert ledger.findings == []
    write(ledger, reach("A"), now=NOW - timedelta(hours=1))
    assert [(item.code, item.row) for item in ledger.findings] == [("ledger.clock", 3)]
    assert len({event.recorded_at for event in ledger.events()}) == 1


def test_a_snapshot_is_of_one_moment(ledger, address):
    write(ledger, reach("A"))
    with open_postgres(address, write=False) as reader:
        with reader.snapshot():
            head = reader.head()
            write(ledger, layer(lot("B")), reach("B"), outlines=[lot("B")])
            assert (head.seq, reader.head()) == (1, head)
            assert len(reader.events()) == len(reader.stages().seq) == 1
            assert reader.outlines() == reader.remarks() == []
            with reader.snapshot():
                assert reader.head() == head
            assert reader.head() == head  # the inner one has not ended it
            with ThreadPoolExecutor(1) as other:
                assert other.submit(reader.head).result().seq == 3  # it is this thread's own
        assert (reader.head().seq, len(reader.events()), len(reader.outlines())) == (3, 3, 1)


def test_a_ledger_is_verified_as_of_one_moment(ledger, monkeypatch):
    """Another writes after each thing that is read, by the same object in another thread."""
    write(ledger, reach("A"))

    def overtaken(read: Callable[[], Any]) -> Callable[[], Any]:
        def one() -> Any:
            seen = read()
            with ThreadPoolExecutor(1) as other:
                drafts = [layer(lot("B"))]
                other.submit(write, ledger, *drafts, outlines=[lot("B")]).result()
            return seen

        return one

    with monkeypatch.context() as patched:
        for name in ("events", "outlines"):
            patched.setattr(ledger, name, overtaken(getattr(ledger, name)))
        assert verify(ledger) == []
    assert ledger.head().seq == 3
    assert verify(ledger) == []


def test_nothing_is_appended_in_a_snapshot(ledger, address):
    with ledger.snapshot():
        refused(lambda: write(ledger, reach("A")), "ledger.opened-to-read", address)
    assert write(ledger, reach("A"))[0].seq == 1  # and its connection is one as before


def test_what_fails_in_a_snapshot_is_told_and_ends_it(ledger, address):
    with ledger.snapshot():
        refused(lambda: ledger.events(parcels=["\0"]), "server.refused", address)
    assert ledger.head().seq == 0


def test_the_land_opens_on_a_map(postgres, office, schema, ledger):
    outlines = [lot("A"), lot("B", crs="+proj=tmerc +lon_0=114.1"), lot("C", b"")]
    write(ledger, layer(*outlines), outlines=outlines)
    rows = postgres.sql(
        f"SELECT parcel_id, ST_Area(geom), ST_SRID(geom), ST_AsBinary(geom, 'NDR')"
        f" FROM {schema}.outline ORDER BY parcel_id",
        database=office,
    )
    assert [row[:3] for row in rows] == [
        ("A", 20_000.0, 4547),
        ("B", 20_000.0, 0),
        ("C", None, None),
    ]
    assert from_wkb(rows[0][3]) == from_wkb(LOT)
    shown = f"SELECT f_geometry_column FROM geometry_columns WHERE f_table_schema = '{schema}'"
    assert postgres.sql(shown, database=office) == [("geom",)]


# --- what nobody may do ----------------------------------------------------------------------


def changes(place: str) -> list[str]:
    column = {"ledger": "id", "event": "actor", "outline": "zone"}[place.partition(".")[2]]
    return [
        f"UPDATE {place} SET {column} = 'x'",
        f"DELETE FROM {place}",
        f"TRUNCATE {place} CASCADE",
    ]


@every_table
def test_the_owner_cannot_change_a_row(postgres, office, schema, ledger, table):
    outlines = [lot("A")]
    write(ledger, layer(*outlines), outlines=outlines)
    for statement in changes(f"{schema}.{table}"):
        for before in ("", "SET session_replication_role = replica;"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="never changed"):
                postgres.sql(before + statement, database=office)
    assert verify(ledger) == []


@every_table
def test_a_writer_can_append_and_nothing_else(postgres, office, schema, ledger, table):
    writer = postgres.role(f"writer_of_{schema}")
    ledger.grant_writer(writer)
    with opened(postgres.address(office, user=writer, query=f"?schema={schema}")) as one:
        write(one, layer(lot("A")), outlines=[lot("A")])
        write(one, reach("A"), check=nothing)
    assert len(ledger.events()) == 2
    place = f"{schema}.{table}"
    for statement in (
        *changes(place),
        f"DROP TABLE {place} CASCADE",
        f"DROP SCHEMA {schema} CASCADE",
        f"ALTER TABLE {place} DISABLE TRIGGER ALL",
        f"DROP TRIGGER stay ON {place}",
        f"ALTER FUNCTION {schema}.stay() RENAME TO go",
        "SET session_replication_role = replica",
        f"INSERT INTO {schema}.ledger VALUES ('x', 'x', 'x')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgres.sql(statement, database=office, user=writer)
    assert verify(ledger) == []


def test_who_was_granted_nothing_is_told_so(postgres, office, schema, ledger):
    reader = postgres.role(f"reader_of_{schema}")
    place = postgres.address(office, user=reader, query=f"?schema={schema}")
    refused(lambda: opened(place), "server.rights", place)
    postgres.sql(
        f"GRANT USAGE ON SCHEMA {schema} TO {reader};"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}",
        database=office,
    )
    with opened(place) as one:
        found = refused(lambda: write(one, reach("A")), "server.rights", place)
    assert "landready ledger grant" in found.mend
    assert ledger.events() == []


def test_rights_are_given_to_roles_that_exist(ledger, address):
    found = refused(lambda: ledger.grant_writer('x"; DROP'), "server.role", address)
    assert found.seen == 'x"; DROP'


@pytest.mark.parametrize("field", ["seq", "prev_hash", "recorded_at"])
@pytest.mark.parametrize(
    "before", ["", "CREATE TEMP TABLE event (seq int, hash text, recorded_at text);"]
)
def test_only_what_follows_the_chain_is_taken(postgres, office, schema, ledger, field, before):
    """Also from the owner, and with a table of the session that bears the same name."""
    last = write(ledger, reach("A"), reach("B"))[-1]
    wrong = {"seq": 4, "prev_hash": "0" * 64, "recorded_at": "2026-01-10T08:30:00.123455Z"}
    right = last._replace(seq=3, prev_hash=last.hash)

    def insert(event: Event) -> None:
        values = ", ".join("NULL" if value is None else f"'{value}'" for value in event)
        postgres.sql(f"{before} INSERT INTO {schema}.event VALUES ({values})", database=office)

    with pytest.raises(psycopg.errors.RestrictViolation, match="does not follow"):
        insert(right._replace(**{field: wrong[field]}))
    insert(right)
    assert ledger.head().seq == 3


def test_the_first_entry_follows_the_ledger(postgres, office, schema, ledger, address):
    with opened(f"{address}_b") as other:
        first = write(other, reach("A"))[0]
    values = ", ".join("NULL" if value is None else f"'{value}'" for value in first)
    with pytest.raises(psycopg.errors.RestrictViolation, match="does not follow"):
        postgres.sql(f"INSERT INTO {schema}.event VALUES ({values})", database=office)


def test_an_outline_comes_with_a_layer_entry(ledger, address):
    refused(lambda: write(ledger, reach("A"), outlines=[lot("A")]), "server.refused", address)
    assert ledger.events() == []


def test_what_the_owner_forged_is_found(postgres, office, schema, ledger, address):
    write(ledger, reach("A"), reach("B"))
    place = f"{schema}.event"
    postgres.sql(
        f"ALTER TABLE {place} DISABLE TRIGGER ALL;"
        f"UPDATE {place} SET stage = 'cleared' WHERE seq = 1",
        database=office,
    )
    asleep, changed = verify(ledger)[:2], verify(ledger)[2:]
    assert [(item.code, item.seen) for item in asleep] == [
        ("ledger.schema", "event.next"),
        ("ledger.schema", "event.stay"),
    ]
    assert [(item.code, item.row, item.file) for item in changed] == [
        ("ledger.changed", 1, address)
    ]


# --- many at once ----------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["read%20committed", "serializable"])
def test_ten_writers_keep_a_thousand_in_order(address, isolation):
    """Also where the server would rather show a writer what was there before it waited."""
    address += f"&options=-c%20default_transaction_isolation%3D{isolation.replace('%20', '%5C%20')}"
    opened(address).close()

    def work(writer: int) -> None:
        with opened(address, patience_s=60) as one:
            for turn in range(100):
                draft = Draft(f"P{turn % 7}", "note", "2026-01-01", text=f"{writer} {turn}")
                write(one, draft, actor=f"writer {writer}", check=nothing)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, range(10)))
    with open_postgres(address, write=False) as one:
        events = one.events()
        assert verify(one) == []
    assert len(events) == 1000
    for writer in range(10):
        told = [event.text for event in events if event.actor == f"writer {writer}"]
        assert told == [f"{writer} {turn}" for turn in range(100)]


def test_of_two_who_record_the_same_one_wins_every_time(address):
    races = 200
    barrier = threading.Barrier(2)

    def once(events: list[Event]) -> None:
        if events:
            raise LedgerError

    def race(_: int) -> list[bool]:
        won = []
        with opened(address) as one:
            for turn in range(races):
                barrier.wait(timeout=60)
                try:
                    write(one, reach(f"P{turn}"), check=once)
                    won.append(True)
                except LedgerError:
                    won.append(False)
        return won

    opened(address).close()
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(race, range(2))
    assert [sum(pair) for pair in zip(one, other, strict=True)] == [1] * races
    with opened(address) as ledger:
        assert [event.parcel_id for event in ledger.events()] == [f"P{n}" for n in range(races)]


def test_only_those_who_write_about_the_same_parcel_wait(ledger, address):
    def meanwhile(_: list[Event]) -> None:
        with opened(address, patience_s=0.2) as other:
            refused(lambda: write(other, reach("A")), "server.busy", address)
            merge = Draft("Z", "merge", "2026-01-01", parts=("A",))
            refused(lambda: write(other, merge), "server.busy", address)
            write(other, reach("B"))

    write(ledger, reach("A"), check=meanwhile)
    assert [event.parcel_id for event in ledger.events()] == ["B", "A"]


def test_who_writes_about_many_parcels_has_the_ledger_alone(ledger, address):
    def meanwhile(_: list[Event]) -> None:
        with opened(address, patience_s=0.2) as other:
            refused(lambda: write(other, reach("elsewhere")), "server.busy", address)

    write(ledger, *(reach(f"P{n}") for n in range(MANY + 1)), check=meanwhile)
    assert ledger.head().seq == MANY + 1


def test_a_hundred_thousand_at_once(ledger):
    start = monotonic()
    write(ledger, *(reach(f"P{n % 20_000}", evidence=f"合同 {n}") for n in range(100_000)))
    assert monotonic() - start < 60
    assert [event.evidence for event in ledger.events(parcels=["P7"])] == [
        f"合同 {n}" for n in range(7, 100_000, 20_000)
    ]
    told: list[int] = []  # a server takes 65 535 parameters
    corrections = (Draft("Z", "void", "2026-01-01", supersedes=n) for n in range(1, 65_538))
    with pytest.raises(LedgerError):
        write(ledger, *corrections, check=lambda events: forbid(told, events))
    assert told == [100_000]
    assert verify(ledger) == []


# --- what it survives ------------------------------------------------------------------------


def backends(postgres: Server, office: str) -> list[int]:
    """The processes of the server that serve us."""
    wanted = "SELECT pid FROM pg_stat_activity WHERE application_name = 'landready'"
    return [pid for (pid,) in postgres.sql(wanted, database=office)]


def test_a_connection_cut_before_the_commit_leaves_nothing(postgres, office, ledger, address):
    def cut(_: list[Event]) -> None:
        postgres.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'landready'",
            database=office,
        )

    refused(lambda: write(ledger, reach("A"), check=cut), "server.lost", address)
    assert ledger.events() == []  # over a new connection
    assert write(ledger, reach("A"))[0].seq == 1


@pytest.mark.parametrize("how", ["immediate", "backend"])
def test_a_crash_loses_nothing_that_was_acknowledged(postgres, office, address, how):
    """The server crashes while three write; what they were told is written is there after it."""
    acknowledged: list[Event] = []
    enough = threading.Event()

    def work(writer: int) -> None:
        with opened(address, patience_s=2) as one, suppress(LedgerError):
            while not enough.is_set():
                acknowledged.extend(write(one, reach(f"P{writer}"), check=nothing))

    opened(address).close()
    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(work, writer) for writer in range(3)]
        while len(acknowledged) < 60 and not any(item.done() for item in done):
            sleep(0.01)
        if how == "backend":
            os.kill(backends(postgres, office)[0], signal.SIGKILL)
        else:
            postgres.stop("immediate")
        sleep(0.2)  # a server that has only lost a backend is soon back, and they may go on
        enough.set()
    for item in done:
        item.result()
    postgres.restart()
    with opened(address) as one:
        events = one.events()
        assert {*acknowledged} <= {*events}
        assert 60 <= len(events) <= len(acknowledged) + 3
        assert verify(one) == []
        write(one, reach("A"))


class Cut:
    """A way to the server that breaks at the commit: before or after it has got through."""

    def __init__(self, server: Server, *, forward: bool, reopen: bool) -> None:
        self.server, self.forward, self.reopen = server, forward, reopen
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.armed = self.has_cut = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.door.accept()
                if self.has_cut and not self.reopen:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self.server.port))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError), source, target:
            while data := source.recv(65536):
                if self.armed and not self.has_cut and b"COMMIT\0" in data:
                    self.has_cut = True
                    source.shutdown(socket.SHUT_RDWR)  # so that no answer finds its way
                    if self.forward:
                        target.sendall(data)
                    break
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("forward", [True, False])
def test_a_commit_without_an_answer_is_looked_up(postgres, office, schema, address, forward):
    opened(address).close()
    way = Cut(postgres, forward=forward, reopen=True)
    place = address.replace(f":{postgres.port}/", f":{way.port}/")
    with closing(way.door), opened(place) as one:
        way.armed = True
        if forward:
            assert [event.seq for event in write(one, reach("A"))] == [1]
        else:
            refused(lambda: write(one, reach("A")), "server.lost", place)
        assert way.has_cut
    with opened(address) as again:
        assert [event.parcel_id for event in again.events()] == ["A"] * forward


def test_a_commit_that_nobody_can_look_up_is_in_doubt(postgres, address):
    opened(address).close()
    way = Cut(postgres, forward=True, reopen=False)
    place = address.replace(f":{postgres.port}/", f":{way.port}/")
    with closing(way.door), opened(place, patience_s=0.5) as one:
        way.armed = True
        found = refused(lambda: write(one, reach("A"), reach("B")), "server.in-doubt", place)
    assert "entries 1 to 2" in found.message


def test_a_full_disk_is_told(postgres, office, schema, ledger, address):
    postgres.sql(
        f"CREATE FUNCTION {schema}.full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'no space left'; END $$;"
        f"CREATE TRIGGER zz BEFORE INSERT ON {schema}.event EXECUTE FUNCTION {schema}.full()",
        database=office,
    )
    found = refused(lambda: write(ledger, reach("A")), "server.full", address)
    assert "no space left" in found.message
    assert ledger.events() == []


def test_what_is_no_entry_is_refused(ledger, address):
    refused(lambda: write(ledger, Draft("A", "note", "2026-02-30")), "server.refused", address)
    assert ledger.events() == []


@pytest.mark.parametrize(
    ("draft", "parcel", "field", "character"),
    [
        (Draft("A", "note", "2026-01-01", text="a\0b"), "A", "text", "U+0000"),
        (Draft("A", "split", "2026-01-01", parts=("B", "C\0")), "A", "parts", "U+0000"),
        (Draft("甲", "note", "2026-01-01", source="\ud83d"), "甲", "source", "U+D83D"),
    ],
)
def test_text_that_no_postgres_holds_is_refused_before(
    ledger, address, draft, parcel, field, character
):
    found = refused(lambda: write(ledger, reach("Z"), draft), "server.text", address)
    assert (found.parcel, found.field) == (parcel, field)
    assert character in found.message
    refused(lambda: write(ledger, reach("Z"), actor="\0"), "server.text", address)


def test_who_opened_it_to_read_cannot_write(ledger, address):
    with open_ledger(address) as one:
        refused(lambda: write(one, reach("A")), "ledger.opened-to-read", address)
    assert ledger.events() == []


def test_a_database_that_is_closed_for_writing(postgres):
    office = postgres.database()
    place = postgres.address(office)
    opened(place).close()
    closing_it = f"ALTER DATABASE {office} SET default_transaction_read_only = on"
    postgres.sql(closing_it, database="postgres")
    with opened(place) as one:
        refused(lambda: write(one, reach("A")), "server.read-only", place)
        assert one.events() == []


# --- what is wrong with the address or the server --------------------------------------------


def test_the_password_is_used_and_never_shown(postgres, office, monkeypatch):
    word = "%E9%9D%92%E6%BA%AA%209f2%2F%40"
    shown = postgres.address(office, user="locked")
    right = shown.replace("locked@", f"locked:{word}@")
    refused(lambda: open_postgres(right, write=False), "server.missing", shown)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    refused(lambda: open_postgres(shown, write=False), "server.missing", shown)
    monkeypatch.setenv("PGPASSWORD", "no, that one")
    for found in (
        refused(lambda: open_postgres(shown, write=False), "server.rejected", shown),
        refused(
            lambda: open_postgres(right.replace("9f2", "8f2"), write=False),
            "server.rejected",
            shown,
        ),
    ):
        assert not any(secret in repr(found) for secret in ("8f2", "no, that one"))


@pytest.mark.parametrize(
    "wrong",
    [
        "mysql://me:secret@host/office",
        "postgresql://me:secret@host:port/office",
        "postgresql://me:secret@host/office?schema=pg_catalog",
        "postgresql://me:secret@host/office?schema=a;b",
        "postgresql://me:secret@127.0.0.1:1/office?colour=red",
    ],
)
def test_what_is_no_address_is_told_without_its_password(wrong):
    with pytest.raises(LedgerError) as stopped:
        open_ledger(wrong)
    assert [item.code for item in stopped.value.findings] == ["server.address"]
    assert "secret" not in repr(stopped.value.findings)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:x@secret@host/office",
        "postgresql://me:x@y/secret@host/office",
        "postgresql://me@corp:secret@host/office",
        "postgresql://host?password=secret@corp",
    ],
)
def test_an_at_sign_in_a_password_must_not_be_taken_for_that_of_the_host(address):
    with pytest.raises(LedgerError) as stopped:
        open_ledger(address)
    (found,) = stopped.value.findings
    assert found.code == "server.at-sign"
    assert "%40" in found.mend
    assert "secret" not in repr(found)


def test_both_names_of_the_scheme_are_one():
    url, _, name = read_address("postgres://me:x%40y@h/o")
    assert (url.drivername, url.password, name) == (
        "postgresql+psycopg",
        "x@y",
        "postgresql://me@h/o",
    )


def test_an_address_names_its_schema_when_it_is_another():
    url, schema, name = read_address("postgresql://me:x@h:5433/o?schema=青溪&sslmode=require")
    assert (schema, name) == ("青溪", "postgresql://me@h:5433/o?schema=青溪")
    assert (url.password, dict(url.query)) == ("x", {"sslmode": "require"})


def test_a_server_that_is_not_there(postgres):
    for place in (
        f"postgresql://postgres@127.0.0.1:{free_port()}/o",
        "postgresql://a@no.invalid/o",
    ):
        refused(lambda place=place: opened(place), "server.unreachable", place)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_user_or_a_database_that_is_not_there(postgres, office):
    place = postgres.address(office, user="nobody")
    refused(lambda: opened(place), "server.rejected", place)
    place = postgres.address("no_office")
    refused(lambda: opened(place), "server.database", place)


def test_a_schema_without_a_ledger(address, schema):
    found = refused(lambda: open_ledger(address, write=True), "server.missing", address)
    assert found.seen == schema


def test_a_database_without_postgis(postgres):
    """Which only an administrator may add: landready does it where it may."""
    owner = postgres.role("plain_owner")
    bare = postgres.database(postgis=False, owner=owner)
    place = postgres.address(bare, user=owner)
    refused(lambda: opened(place), "server.postgis", place)
    assert postgres.sql("SELECT FROM pg_namespace WHERE nspname = 'landready'", database=bare) == []
    with opened(postgres.address(bare)) as one:
        write(one, layer(lot("A")), outlines=[lot("A")])


def test_postgis_may_be_in_a_schema_of_its_own(postgres):
    office = postgres.database(postgis=False)
    postgres.sql('CREATE SCHEMA "Gis"; CREATE EXTENSION postgis SCHEMA "Gis"', database=office)
    with opened(postgres.address(office)) as one:
        write(one, layer(lot("A")), outlines=[lot("A")])
        assert len(one.outlines()) == 1
    srid = 'SELECT "Gis".ST_SRID(geom) FROM landready.outline'
    assert postgres.sql(srid, database=office) == [(4547,)]


def test_a_database_that_cannot_hold_chinese(postgres):
    latin = postgres.database(
        options="ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    place = postgres.address(latin)
    assert refused(lambda: opened(place), "server.encoding", place).seen == "LATIN1"


def test_a_ledger_of_another_version(postgres, office, schema, ledger, address):
    postgres.sql(
        f"ALTER TABLE {schema}.ledger DISABLE TRIGGER ALL;"
        f"UPDATE {schema}.ledger SET format = 'landready ledger 9'",
        database=office,
    )
    found = refused(lambda: opened(address), "server.version", address)
    assert found.seen == "landready ledger 9"


def test_a_server_that_does_not_wait_for_its_disk_is_told(postgres, ledger, address):
    (found,) = ledger.findings
    assert (found.code, found.severity, found.file) == ("server.fsync", "warning", address)
    assert found.seen == "fsync"
    postgres.set("fsync", "on")
    try:
        sleep(0.2)  # until every process has read it
        with opened(address) as one:
            assert one.findings == []
    finally:
        postgres.set("fsync", "off")


# --- from store to store ---------------------------------------------------------------------


def a_history(ledger: Any) -> None:
    outlines = [lot("B"), lot("A"), lot("gone", b"")]
    write(ledger, layer(*outlines), outlines=outlines)
    write(ledger, reach("A", text=AWKWARD), Draft("B", "split", "2026-01-01", parts=("C", "D")))
    write(ledger, reach("A", supersedes=2, reason="补证"), now=NOW + timedelta(days=9))


def test_a_ledger_moves_there_and_back(tmp_path, address):
    with open_ledger(tmp_path / "one.db", write=True, create=NOW) as file:
        a_history(file)
        head, events, outlines = file.head(), file.events(), file.outlines()
        assert move(file, address) == head
    with open_ledger(address, write=True) as there:
        assert (there.head(), there.events(), there.outlines()) == (head, events, outlines)
        assert move(there, tmp_path / "two.db") == head
        write(there, reach("C"))  # it goes on
    with open_ledger(tmp_path / "two.db", write=True) as back:
        assert (back.head(), back.events(), back.outlines()) == (head, events, outlines)
        write(back, reach("C"))
        assert verify(back) == []


def test_an_empty_ledger_moves(tmp_path, address):
    with open_ledger(tmp_path / "one.db", write=True, create=NOW) as file:
        assert move(file, address) == file.head()
        refused(lambda: move(file, address), "server.exists", address)


def test_nothing_is_moved_to_where_a_ledger_is(tmp_path, ledger, address):
    write(ledger, reach("A"))
    with open_ledger(tmp_path / "one.db", write=True, create=NOW) as file:
        a_history(file)
        refused(lambda: move(file, address), "server.exists", address)
    refused(lambda: move(ledger, tmp_path / "one.db"), "ledger.exists", "one.db")
    with open_ledger(tmp_path / "one.db") as file:
        assert file.head().seq == 4
    assert ledger.head().seq == 1


def test_what_cannot_be_held_there_moves_not_at_all(tmp_path, address):
    with open_ledger(tmp_path / "one.db", write=True, create=NOW) as file:
        write(file, reach("A"), reach("B", source="a\0"))
        found = refused(lambda: move(file, address), "server.text", address)
        assert (found.parcel, found.field) == ("B", "source")
    refused(lambda: open_ledger(address), "server.missing", address)


def test_a_forged_ledger_moves_not_at_all(postgres, office, schema, ledger, tmp_path):
    write(ledger, reach("A"))
    postgres.sql(
        f"ALTER TABLE {schema}.event DISABLE TRIGGER ALL;"
        f"UPDATE {schema}.event SET stage = 'cleared'",
        database=office,
    )
    with pytest.raises(LedgerError):
        move(ledger, tmp_path / "two.db")
    assert list(tmp_path.iterdir()) == []


def test_what_speaks_postgres_is_loaded_only_when_needed(tmp_path: Path):
    script = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path;"
        "from geo.ledger.opening import open_ledger;"
        f"open_ledger(Path({str(tmp_path / 'one.db')!r}), create=datetime.now(UTC)).close();"
        "print(sorted({'psycopg', 'sqlalchemy'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.strip() == "[]"
