"""The ledger in one file: what is written is read back, chained, and never changed."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geo.errors import LedgerError
from geo.ledger.event import Draft, Event, hash_of
from geo.ledger.history import stages_of, standing
from geo.ledger.move import move
from geo.ledger.outline import Outline, register_hash
from geo.ledger.sqlite import open_sqlite, taking_sqlite
from geo.ledger.verify import verify
from tests.ledgers import START, append, codes, draft, later, layer, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readiness.db"


# --- entries ----------------------------------------------------------------------------------


def test_a_new_ledger_is_one_empty_file(path: Path) -> None:
    with open_sqlite(path, write=True, create=START) as ledger:
        head = ledger.head()
        assert (head.seq, head.created_at) == (0, "2026-01-05T01:00:00.000000Z")
        assert head.recorded_at == head.created_at
        assert ledger.events() == []
        assert ledger.outlines() == []
        assert codes(verify(ledger)) == []
    with open_sqlite(path, write=True, create=later(9)) as ledger:
        assert ledger.head() == head  # one that is there is not made again
    assert [item.name for item in path.parent.iterdir()] == ["readiness.db"]


def test_what_is_appended_is_read_back(path: Path) -> None:
    told = draft(
        "A", evidence="协议-17", source="周报", responsible="李", next_step="腾空", text="★"
    )
    (event,) = append(path, told, now=later(1), actor="王某")
    assert read(path) == [event]
    assert (event.seq, event.actor, event.evidence) == (1, "王某", "协议-17")
    assert event.recorded_at == "2026-01-06T01:00:00.000000Z"
    assert event.hash == hash_of(event)


def test_each_entry_is_chained_to_the_one_before(path: Path) -> None:
    first = append(path, draft("A"), draft("B"))
    second = append(path, draft("A", "vacated"))
    assert [event.seq for event in first + second] == [1, 2, 3]
    assert [event.prev_hash for event in second] == [first[1].hash]
    with open_sqlite(path, write=False) as ledger:
        assert ledger.head()[2:4] == (3, second[0].hash)
        assert codes(verify(ledger, head=(2, first[1].hash))) == []


def test_entries_of_some_parcels_also_by_their_parts(path: Path) -> None:
    append(
        path,
        draft("A"),
        draft("B"),
        draft("A", kind="split", parts=("A-1", "A-2\0")),
        draft("C"),
        draft("A-1", "vacated"),
    )
    with open_sqlite(path, write=False) as ledger:
        assert [event.seq for event in ledger.events(parcels=["A-1"])] == [3, 5]
        assert [event.seq for event in ledger.events(parcels={"A-2\0"})] == [3]
        assert [event.seq for event in ledger.events(parcels=["B", "A", "B"])] == [1, 2, 3]
        assert ledger.events(parcels=[]) == []
        assert ledger.events(parcels=["'; DROP TABLE event --"]) == []


def test_entries_as_they_were_known(path: Path) -> None:
    append(path, draft("A"), now=later(0))
    append(path, draft("B"), now=later(1))
    append(path, draft("A", "vacated"), now=later(2))
    with open_sqlite(path, write=False) as ledger:
        assert [event.seq for event in ledger.events(known=later(1))] == [1, 2]
        assert [event.seq for event in ledger.events(known=later(1) - timedelta.resolution)] == [1]
        assert [event.seq for event in ledger.events(known=later(1), parcels=["A"])] == [1]


def test_outlines_come_with_their_layer_entry(path: Path) -> None:
    whole, outlines = layer({"B": box(200, 0, 400, 100), "A": box(0, 0, 200, 100)})
    with open_sqlite(path, write=True, create=START) as ledger:
        ledger.append([draft("A")], actor="w", now=later(0))
        ledger.append([whole, draft("B")], actor="w", now=later(1), outlines=outlines)
        kept = ledger.outlines()
        assert [(item.seq, item.parcel_id, item.area_m2) for item in kept] == [
            (2, "B", 20_000.0),
            (2, "A", 20_000.0),
        ]
        assert [item[1:] for item in kept] == [item[1:] for item in outlines]
        assert register_hash(kept) == whole.geometry_hash
        assert ledger.outlines(known=later(0)) == []
        assert codes(verify(ledger)) == []


def test_the_check_is_told_the_parcels_concerned_and_may_refuse(path: Path) -> None:
    append(path, draft("A"), draft("B"), draft("A", kind="split", parts=("A-1", "A-2")), draft("C"))
    seen: list[int] = []

    def refuse(known: list[Event]) -> None:
        seen.extend(event.seq for event in known)
        raise KeyError("no")

    with open_sqlite(path, write=True) as ledger:
        wanted: list[tuple[Draft, list[int]]] = [
            (draft("A-2"), [3]),
            (draft("X", kind="merge", parts=("B", "C")), [2, 4]),
            (draft("C", supersedes=3, reason="wrong"), [1, 3, 4]),  # of A, A-1 and A-2 too
        ]
        for told, expected in wanted:
            seen.clear()
            with pytest.raises(KeyError):
                ledger.append([told], actor="w", now=START, check=refuse)
            assert seen == expected
        assert ledger.head().seq == 4
        ledger.append([draft("A-2")], actor="w", now=START)
        assert ledger.head().seq == 5


def test_nothing_is_appended_for_no_draft(path: Path) -> None:
    append(path)
    assert read(path) == []


def test_a_clock_that_runs_backwards_is_told_and_reorders_nothing(path: Path) -> None:
    append(path, draft("A"), now=later(3))
    with open_sqlite(path, write=True) as ledger:
        (event,) = ledger.append([draft("B")], actor="w", now=later(1))
        assert event.recorded_at == "2026-01-08T01:00:00.000000Z"
        (told,) = ledger.findings
        assert (told.code, told.file, told.row) == ("ledger.clock", "readiness.db", 2)
        assert told.seen == "2026-01-06T01:00:00.000000Z"
        assert "2026-01-08T01:00:00.000000Z" in told.message
        ledger.append([draft("C")], actor="w", now=later(4))
        assert codes(ledger.findings) == ["ledger.clock"]  # the clock is right again
        assert codes(verify(ledger)) == []


def test_clocks_may_differ_by_a_minute(path: Path) -> None:
    """Also who only waited for another writer has asked the clock before that one."""
    append(path, draft("A"), now=later(1))
    with open_sqlite(path, write=True) as ledger:
        ledger.append([draft("B")], actor="w", now=later(1, seconds=-60))
        assert ledger.findings == []
        ledger.append([draft("C")], actor="w", now=later(1, seconds=-61))
        assert [(item.code, item.row) for item in ledger.findings] == [("ledger.clock", 3)]


# --- one moment -------------------------------------------------------------------------------


def test_a_snapshot_is_of_one_moment(path: Path) -> None:
    whole, outlines = layer({"B": box(0, 0, 200, 100)})
    append(path, draft("A"))
    with open_sqlite(path, write=True) as writer, open_sqlite(path, write=False) as reader:
        (first,) = writer.append([draft("A", "vacated")], actor="w", now=later(1))
        with reader.snapshot():
            head = reader.head()
            writer.append([whole, draft("B")], actor="w", now=later(2), outlines=outlines)
            assert (head.seq, head.hash, reader.head()) == (2, first.hash, head)
            assert len(reader.events()) == len(reader.stages().seq) == 2
            assert len(reader.events(parcels=["A", "B"])) == 2
            assert reader.outlines() == reader.remarks() == []
            with reader.snapshot():
                assert reader.head() == head
            assert reader.head() == head  # the inner one has not ended it
        assert (reader.head().seq, len(reader.events()), len(reader.outlines())) == (4, 4, 1)


def test_a_ledger_is_verified_as_of_one_moment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writes after each thing that is read."""
    append(path, draft("A"))
    with open_sqlite(path, write=True) as writer, open_sqlite(path, write=False) as reader:
        writer.append([draft("B")], actor="w", now=later(1))

        def overtaken(read: Callable[[], Any]) -> Callable[[], Any]:
            def one() -> Any:
                seen = read()
                whole, outlines = layer({"B": box(0, 0, 200, 100)})
                writer.append([whole], actor="w", now=later(2), outlines=outlines)
                return seen

            return one

        for name in ("head", "events", "outlines"):
            monkeypatch.setattr(reader, name, overtaken(getattr(reader, name)))
        assert codes(verify(reader)) == []
        assert writer.head().seq == 5


def test_what_moves_is_the_ledger_of_one_moment(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writes of new land after the old land was read, and before the entries are."""
    append(path, draft("A"))
    with open_sqlite(path, write=True) as writer, open_sqlite(path, write=False) as source:
        writer.append([draft("B")], actor="w", now=later(1))
        read = source.outlines

        def overtaken() -> list[Outline]:
            seen = read()
            whole, outlines = layer({"B": box(0, 0, 200, 100)})
            writer.append([whole], actor="w", now=later(2), outlines=outlines)
            return seen

        monkeypatch.setattr(source, "outlines", overtaken)
        assert move(source, tmp_path / "moved.db").seq == 2


def test_nothing_is_appended_in_a_snapshot(path: Path) -> None:
    append(path, draft("A"))
    with open_sqlite(path, write=True) as ledger:
        with ledger.snapshot(), pytest.raises(LedgerError) as caught:
            ledger.append([draft("B")], actor="w", now=START)
        assert codes(caught.value.findings) == ["ledger.opened-to-read"]
        assert ledger.append([draft("B")], actor="w", now=START)[0].seq == 2


def test_a_snapshot_ends_with_whatever_ends_its_block(path: Path) -> None:
    append(path, draft("A"))
    with open_sqlite(path, write=False) as reader:
        with pytest.raises(UnicodeEncodeError), reader.snapshot():
            reader.head()
            "\ud800".encode()  # an error that is none of the ledger's
        append(path, draft("B"))
        assert reader.head().seq == 2


# --- laws -------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
drafts = st.builds(
    Draft,
    parcel_id=texts,
    kind=st.sampled_from(["reach", "revert", "block", "note", "split", "void"]),
    date=st.dates().map(str),
    precision=st.sampled_from(["day", "month", "quarter", "half", "year"]),
    stage=texts,
    text=texts,
    evidence=texts,
    source=texts,
    reason=texts,
    responsible=texts,
    next_step=texts,
    parts=st.lists(texts, max_size=3).map(tuple),
    supersedes=st.none(),
    geometry_hash=st.sampled_from(["", "0" * 64]),
)


class Chain:
    """A ledger in memory, of entries as somebody may have changed them."""

    name = "changed"
    findings: list[Any] = []  # noqa: RUF012

    def __init__(self, head: Any, events: list[Event]) -> None:
        self.head = lambda: head
        self.events = lambda: events
        self.outlines = list
        self.inspect = list
        self.snapshot = nullcontext


def remarkable(item: Event) -> bool:
    told = item.responsible or item.next_step or item.supersedes
    return item.kind not in ("reach", "revert") or bool(told)


@settings(max_examples=40)
@given(
    batches=st.lists(st.tuples(st.lists(drafts, max_size=4), texts), min_size=1, max_size=5),
    data=st.data(),
)
def test_any_text_is_read_back_and_no_field_can_be_changed_unseen(
    tmp_path_factory: pytest.TempPathFactory, batches: list[Any], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("law") / "readiness.db"
    with open_sqlite(path, write=True, create=START) as ledger:
        written = []
        for number, (batch, actor) in enumerate(batches):
            written += ledger.append(batch, actor=actor, now=later(number))
        told = [item for batch, _ in batches for item in batch]
        assert [event[1:12] for event in written] == [item[:11] for item in told]
        assert [tuple(event.part_ids) for event in written] == [item.parts for item in told]
        assert ledger.events() == written
        assert ledger.stages() == stages_of(standing(written))
        assert ledger.remarks() == [item for item in written if remarkable(item)]
        assert verify(ledger) == []
        head = ledger.head()
        for parcel in {item.parcel_id for item in told}:
            mine = [event for event in written if parcel in (event.parcel_id, *event.part_ids)]
            assert ledger.events(parcels=[parcel]) == mine
    shutil.rmtree(path.parent)
    if written:
        at = data.draw(st.integers(0, len(written) - 1))
        field = data.draw(st.sampled_from(Event._fields))
        value = getattr(written[at], field)
        other = value + "x" if isinstance(value, str) else (value or 0) + 7
        changed = [*written]
        changed[at] = changed[at]._replace(**{field: other})
        rows = {item.row for item in verify(Chain(head, changed))}
        assert (other if field == "seq" else at + 1) in rows
        assert verify(Chain(head, [*written[:at], *written[at + 1 :]]), head=head[2:4]) != []


def test_the_stages_are_those_that_were_known(tmp_path: Path) -> None:
    path = tmp_path / "readiness.db"
    wrong, right = draft("A", "cleared"), draft("A", "signed", supersedes=1, reason="misread")
    with open_sqlite(path, write=True, create=START) as ledger:
        ledger.append([wrong, draft("B", "signed")], actor="王某", now=later(1))
        ledger.append([right, draft("C", kind="note", text="?")], actor="王某", now=later(3))
        assert ledger.stages(known=later(0)).seq == []
        assert ledger.stages(known=later(2)).seq == [1, 2]
        assert ledger.stages().seq == [2, 3]
        assert [item.seq for item in ledger.remarks(known=later(2))] == []
        assert [item.seq for item in ledger.remarks()] == [3, 4]


# --- guards and copies ------------------------------------------------------------------------

COLUMNS = ", ".join(Event._fields)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET stage = 'cleared' WHERE seq = 1",
        "UPDATE event SET seq = 9 WHERE seq = 2",
        "DELETE FROM event WHERE seq = 2",
        "DELETE FROM event",
        "UPDATE ledger SET id = 'x'",
        "DELETE FROM ledger",
        "INSERT INTO ledger VALUES ('x', 'y', 'z')",
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
        "UPDATE outline SET area_m2 = 0",
        "DELETE FROM outline",
        "INSERT OR REPLACE INTO outline SELECT * FROM outline",
        "INSERT INTO outline SELECT 2, parcel_id, hash, zone, 1, 1, crs, wkb FROM outline",
        "DELETE FROM log",
        "INSERT OR REPLACE INTO log VALUES (1, NULL, 0)",
        "INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 1",
        "REPLACE INTO event SELECT * FROM event WHERE seq = 3",
        f"INSERT INTO event SELECT 9, {COLUMNS[5:]} FROM event WHERE seq = 3",
        f"INSERT INTO event SELECT 4, {COLUMNS[5:]} FROM event WHERE seq = 3",
        f"INSERT OR REPLACE INTO event ({COLUMNS}) SELECT 2, {COLUMNS[5:]} FROM event LIMIT 1",
    ],
)
def test_other_programs_cannot_change_what_is_written(path: Path, statement: str) -> None:
    whole, outlines = layer({"A": box(0, 0, 200, 100)})
    with open_sqlite(path, write=True, create=START) as ledger:
        ledger.append([whole, draft("A"), draft("B")], actor="w", now=START, outlines=outlines)
        before = ledger.head(), ledger.events(), ledger.outlines()
    with closing(sqlite3.connect(path)) as other, pytest.raises(sqlite3.IntegrityError):
        other.execute("PRAGMA recursive_triggers=OFF")
        with other:
            other.execute(statement)
    with open_sqlite(path, write=False) as ledger:
        assert (ledger.head(), ledger.events(), ledger.outlines()) == before
        assert verify(ledger) == []


def test_a_backup_is_whole_while_others_write(path: Path, tmp_path: Path) -> None:
    append(path, draft("A"))
    target = tmp_path / "copies" / "kept.db"
    target.parent.mkdir()
    with open_sqlite(path, write=True) as writer, open_sqlite(path, write=False) as ledger:
        writer.append([draft("B")], actor="w", now=START)
        ledger.backup(target)
        ledger.backup(target)  # and again over the first
        writer.append([draft("C")], actor="w", now=START)
    assert [event.parcel_id for event in read(target)] == ["A", "B"]
    with open_sqlite(target, write=False) as copy:
        assert copy.findings + verify(copy) == []
    append(target, draft("D"))
    assert [item.name for item in target.parent.iterdir()] == ["kept.db"]


def test_a_chain_is_taken_over_as_it_is(path: Path, tmp_path: Path) -> None:
    whole, outlines = layer({"A": box(0, 0, 200, 100)})
    other = tmp_path / "other.db"
    with open_sqlite(path, write=True, create=START) as ledger:
        ledger.append([whole, draft("A")], actor="w", now=later(1), outlines=outlines)
        content = ledger.head(), ledger.events(), ledger.outlines()
    with pytest.raises(KeyError), taking_sqlite(other, *content):
        raise KeyError
    assert not other.exists()
    with taking_sqlite(other, *content) as taken:
        assert verify(taken, head=content[0][2:4]) == []
        assert not other.exists()
    with open_sqlite(other, write=False) as ledger:
        assert (ledger.head(), ledger.events(), ledger.outlines()) == content
    with pytest.raises(LedgerError) as refused, taking_sqlite(other, *content):
        pass
    (told,) = refused.value.findings
    assert (told.code, told.file) == ("ledger.exists", "other.db")


def test_progress_is_told_while_a_chain_is_verified(path: Path) -> None:
    append(path, *[draft("A")] * 25_000)
    steps: list[tuple[int, int]] = []
    with open_sqlite(path, write=False) as ledger:
        assert verify(ledger, notify=lambda done, of: steps.append((done, of))) == []
    assert steps == [(10_000, 25_000), (20_000, 25_000), (25_000, 25_000)]
