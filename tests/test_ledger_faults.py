"""What can befall the file of a ledger, and how it is said: where, what and the cure."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shapely import box

from geo.errors import LedgerError
from geo.findings import Finding
from geo.ledger import disks, files, log, sqlite
from geo.ledger.disks import share
from geo.ledger.event import Event, chained, end_of_day, hash_of, last_day, moment
from geo.ledger.history import read_history, stage_events
from geo.ledger.sqlite import open_sqlite, taking_sqlite
from geo.ledger.verify import replay, verify
from tests.ledgers import START, append, codes, draft, later, layer, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "readiness.db"


@contextmanager
def refused() -> Iterator[list[Finding]]:
    """The findings of the error that ends the block."""
    told: list[Finding] = []
    with pytest.raises(LedgerError) as caught:
        yield told
    told.extend(caught.value.findings)


def said(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.file


def verified(path: Path, **known: Any) -> list[Finding]:
    with open_sqlite(path, write=False) as ledger:
        return verify(ledger, **known)


# --- a file that is no ledger -----------------------------------------------------------------


def no_folder(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    path.touch()


def text(path: Path) -> None:
    path.write_text("parcel_id,date\n" * 100, encoding="utf-8")


def geopackage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript("PRAGMA application_id=1196444487; CREATE TABLE gpkg_contents (a)")


def newer(path: Path) -> None:
    append(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version=2")


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: None, "ledger.missing"),
        (no_folder, "ledger.folder"),
        (nothing, "ledger.empty"),
        (text, "ledger.no-database"),
        (geopackage, "ledger.other-database"),
        (newer, "ledger.version"),
    ],
)
def test_what_is_no_ledger_is_refused(
    path: Path, make: Callable[[Path], None], code: str, write: bool
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with refused() as told:
        open_sqlite(path, write=write)
    assert [said(item) for item in told] == [(code, "readiness.db")]
    assert (path.read_bytes() if path.is_file() else b"") == before


def unnamed(path: Path) -> Path:
    return path.with_name("half\0name.db")


def endless(path: Path) -> Path:
    return path.with_name("n" * 1000)


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("create", [START, None])
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (unnamed, "ledger.unreadable"),
        (endless, "ledger.unreadable"),
        pytest.param(
            pipe,
            "ledger.no-file",
            marks=pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX"),
        ),
    ],
)
def test_what_can_be_no_file_is_refused_at_once(
    path: Path, make: Callable[[Path], Path], code: str, create: datetime | None
) -> None:
    place = make(path)
    with refused() as told:
        open_sqlite(place, write=True, create=create)
    assert [said(item) for item in told] == [(code, place.name)]


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
def test_a_name_of_any_bytes_is_one(path: Path) -> None:
    place = path.with_name("\udcff\udcfe.db")
    append(place, draft("A"))
    assert [event.parcel_id for event in read(place)] == ["A"]


def test_a_file_below_a_file_cannot_be_read(path: Path) -> None:
    path.touch()
    with refused() as told:
        open_sqlite(path / "more.db", write=False)
    assert [said(item) for item in told] == [("ledger.unreadable", "more.db")]


def test_an_old_sqlite_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "OLDEST_SQLITE", (99, 0))
    with refused() as told:
        open_sqlite(path, write=True, create=START)
    assert [said(item) for item in told] == [("ledger.old-sqlite", "readiness.db")]


def test_a_ledger_cannot_be_made_where_there_is_no_folder(path: Path) -> None:
    with refused() as told:
        open_sqlite(path.parent / "no" / "readiness.db", write=True, create=START)
    assert [said(item) for item in told] == [("ledger.create", "readiness.db")]


def test_the_log_of_a_ledger_that_is_gone_is_not_taken_for_the_new_one(path: Path) -> None:
    path.with_name("readiness.db-wal").write_bytes(b"left")
    with refused() as told:
        open_sqlite(path, write=True, create=START)
    assert [said(item) for item in told] == [("ledger.stray-log", "readiness.db")]
    assert told[0].seen == "readiness.db-wal"
    assert not path.exists()


def test_a_ledger_in_use_is_there_already(path: Path) -> None:
    """Its log beside it is its own."""
    with open_sqlite(path, write=True, create=START) as ledger:
        ledger.append([draft("A")], actor="w", now=START)
        assert path.with_name("readiness.db-wal").exists()
        with refused() as told, taking_sqlite(path, ledger.head(), [], []):
            pass
        assert [said(item) for item in told] == [("ledger.exists", "readiness.db")]


def test_what_is_opened_to_read_is_not_written(path: Path) -> None:
    append(path, draft("A"))
    with open_sqlite(path, write=False) as ledger, refused() as told:
        ledger.append([draft("B")], actor="w", now=START)
    assert [said(item) for item in told] == [("ledger.opened-to-read", "readiness.db")]


# --- what cannot be written -------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "reached"},
        {"day": "2025-02-30"},
        {"day": "2025"},
        {"precision": "week"},
        {"supersedes": 3},  # itself
        {"supersedes": 1 << 70},
        {"geometry_hash": "abc"},
        {"text": "half a character \ud800"},
        {"parcel_id": "\udcff"},
        {"kind": "split", "parts": ("\ud800",)},
    ],
)
def test_an_entry_against_the_rules_is_refused_with_all_that_came_along(
    path: Path, wrong: dict[str, Any]
) -> None:
    append(path, draft("A"))
    with open_sqlite(path, write=True) as ledger:
        with refused() as told:
            ledger.append([draft("B"), draft("C", **wrong)], actor="w", now=START)
        assert [said(item) for item in told] == [("ledger.refused", "readiness.db")]
        assert ledger.head().seq == 1
        ledger.append([draft("D")], actor="w", now=START)
    assert [event.parcel_id for event in read(path)] == ["A", "D"]


def test_outlines_without_a_layer_entry_are_refused(path: Path) -> None:
    _, outlines = layer({"A": box(0, 0, 200, 100)})
    with open_sqlite(path, write=True, create=START) as ledger:
        with refused() as told:
            ledger.append([draft("A")], actor="w", now=START, outlines=outlines)
        assert codes(told) == ["ledger.refused"]
        assert ledger.events() == []


def test_a_ledger_that_another_holds_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(path, draft("A"))
    monkeypatch.setattr(log, "PATIENCE_S", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_sqlite(path, write=True) as ledger:
            with refused() as told:
                ledger.append([draft("B")], actor="w", now=START)
            assert [said(item) for item in told] == [("ledger.busy", "readiness.db")]
            assert "DB Browser" in told[0].mend
            other.execute("ROLLBACK")
            ledger.append([draft("C")], actor="w", now=START)
    assert [event.parcel_id for event in read(path)] == ["A", "C"]


def test_a_full_disk_leaves_the_ledger_as_it_was(path: Path) -> None:
    """SQLite is told to let the file grow no further, which it takes for a full disk."""
    append(path, draft("A"))
    with open_sqlite(path, write=True) as ledger:
        ledger._connection.execute("PRAGMA max_page_count=1")  # as many as there are
        with refused() as told:
            ledger.append([draft("B")] * 1000, actor="w", now=START)
        assert [said(item) for item in told] == [("ledger.full", "readiness.db")]
        assert ledger.head().seq == 1
        ledger._connection.execute("PRAGMA max_page_count=100000")
        ledger.append([draft("B")] * 1000, actor="w", now=START)
    assert len(read(path)) == 1001
    assert verified(path) == []


posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@contextmanager
def locked_folder(make: Callable[[Path], Any]) -> Iterator[Path]:
    """A ledger in a folder that we may read and not write to, though we be root."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-"))
    path = folder / "readiness.db"
    try:
        make(path)
        for item in folder.iterdir():
            item.chmod(0o444)
        folder.chmod(0o555)
        as_root = os.geteuid() == 0
        if as_root:
            os.seteuid(65534)
        try:
            yield path
        finally:
            if as_root:
                os.seteuid(0)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@posix
def test_a_ledger_that_may_only_be_read_is_read_and_not_written() -> None:
    with locked_folder(lambda path: append(path, draft("A"))) as path:
        assert [event.parcel_id for event in read(path)] == ["A"]
        assert verified(path) == []
        with open_sqlite(path, write=True) as ledger, refused() as told:
            ledger.append([draft("B")], actor="w", now=START)
        assert [said(item) for item in told] == [("ledger.read-only", "readiness.db")]
        assert [item.name for item in path.parent.iterdir()] == ["readiness.db"]


@posix
def test_a_ledger_whose_log_another_program_took_in_is_read_where_nothing_can_be_written() -> None:
    def browsed(path: Path) -> None:
        running(path, "A")
        with closing(sqlite3.connect(path)) as other:
            other.execute("SELECT * FROM event").fetchall()

    with locked_folder(browsed) as path:
        assert log.is_begun(path)
        assert [item.name for item in path.parent.iterdir()] == ["readiness.db"]
        assert [event.parcel_id for event in read(path)] == ["A", "W"]
        assert verified(path) == []


@posix
def test_what_was_interrupted_cannot_be_ended_where_nothing_can_be_written() -> None:
    with locked_folder(half_written) as path:
        with refused() as told:
            open_sqlite(path, write=False)
        assert [said(item) for item in told] == [("ledger.interrupted", "readiness.db")]


def test_a_reader_ends_what_was_interrupted(path: Path) -> None:
    half_written(path)
    assert [event.parcel_id for event in read(path)] == ["A"]
    assert verified(path) == []
    assert [item.name for item in path.parent.iterdir()] == ["readiness.db"]


def half_written(path: Path) -> None:
    """A ledger in rollback mode whose writer was killed within a transaction."""
    start = path.with_name("start.db")
    append(start, draft("A"))
    with open_sqlite(start, write=False) as ledger:
        events = list(chained([draft("B")] * 500, ledger.head(), actor="w", now=START))
    with closing(sqlite3.connect(start, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size=1")  # so that it writes to the file before it commits
        writer.execute("BEGIN")
        writer.executemany(sqlite._INSERT_EVENT, events)
        copy(start, path, "-journal")
        writer.execute("ROLLBACK")
    start.unlink()


# --- shares -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ([("/", "ext4"), ("/mnt/plan", "cifs")], "cifs"),
        ([("/", "ext4"), ("/mnt/plan", "nfs4")], "nfs4"),
        ([("/", "ext4"), ("/mnt", "fuse.sshfs")], "fuse.sshfs"),
        ([("/", "ext4"), ("/mnt/plan", "ext4"), ("/mnt", "9p")], ""),
        ([("/", "ext4"), ("/mnt/pla", "cifs")], ""),
        ([], ""),
    ],
)
def test_a_share_is_known_by_the_file_system_of_its_folder(
    monkeypatch: pytest.MonkeyPatch, mounts: list[tuple[str, str]], expected: str
) -> None:
    parts = [SimpleNamespace(mountpoint=at, fstype=kind, opts="rw") for at, kind in mounts]
    monkeypatch.setattr(disks.psutil, "disk_partitions", lambda **_: parts)
    assert share(Path("/mnt/plan/town/readiness.db")) == expected


def test_a_share_of_windows_is_known_by_its_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks.sys, "platform", "win32")
    assert disks._kind("", "rw,remote") == "remote"
    assert disks._kind("NTFS", "rw,fixed") == ""


def test_this_disk_is_no_share(path: Path) -> None:
    assert share(path) == ""


def test_on_a_share_there_is_no_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "share", lambda path: "cifs")
    with open_sqlite(path, write=True, create=START) as ledger:
        (told,) = ledger.findings
        assert (*said(told), told.severity) == ("ledger.share", "readiness.db", "info")
        ledger.append([draft("A")], actor="w", now=START)
        assert not log.is_begun(path)
        assert [item.name for item in path.parent.iterdir()] == ["readiness.db"]
    assert verified(path) == []


def test_a_log_that_is_brought_to_a_share_is_taken_in(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(running(tmp_path / "there.db", "A"), path, "-wal")
    monkeypatch.setattr(sqlite, "share", lambda path: "cifs")
    with open_sqlite(path, write=True) as ledger:
        assert not log.is_begun(path)
        ledger.append([draft("B")], actor="w", now=START)
    assert [event.parcel_id for event in read(path)] == ["A", "W", "B"]


# --- a copy without its log -------------------------------------------------------------------


def running(path: Path, *parcels: str) -> Path:
    """A ledger with entries in the file and one more in the log, as after a kill -9."""
    append(path, *(draft(parcel) for parcel in parcels))
    live = path.with_name("live.db")
    copy(path, live)
    with open_sqlite(live, write=True) as writer:
        writer.append([draft("W")], actor="w", now=START)
        copy(live, path, "-wal")
    live.unlink()
    return path


def copy(source: Path, target: Path, *tails: str) -> None:
    for tail in ("", *tails):
        shutil.copy(f"{source}{tail}", f"{target}{tail}")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A copy of a ledger with entries A, B and one in the log, which did not come along."""
    path = tmp_path / "bare" / "readiness.db"
    path.parent.mkdir()
    copy(running(tmp_path / "whole.db", "A", "B"), path)
    return path


def test_a_copy_without_its_log_says_so_to_who_reads(bare: Path) -> None:
    before = bare.read_bytes()
    for _ in range(2):
        with open_sqlite(bare, write=False) as ledger:
            (told,) = ledger.findings
            assert (*said(told), told.row) == ("ledger.no-wal", "readiness.db", 2)
            assert told.severity == "error"
            assert "readiness.db-wal" in told.mend
            assert [event.parcel_id for event in ledger.events()] == ["A", "B"]
    assert bare.read_bytes() == before
    assert [item.name for item in bare.parent.iterdir()] == ["readiness.db"]


def test_a_copy_without_its_log_is_not_written_until_it_is_adopted(bare: Path) -> None:
    for _ in range(2):  # having been opened to write does not make it whole
        with open_sqlite(bare, write=True) as ledger:
            with refused() as told:
                ledger.append([draft("C")], actor="w", now=START)
            assert [(*said(item), item.row) for item in told] == [
                ("ledger.no-wal", "readiness.db", 2)
            ]
            with refused() as told:
                ledger.backup(bare.with_name("more.db"))
            assert codes(told) == ["ledger.no-wal"]
    with open_sqlite(bare, write=True) as ledger:
        adopting = draft("", "", kind="adopt", reason="the log is lost")
        ledger.append([adopting], actor="w", now=START)
        assert ledger.findings == []
        ledger.append([draft("C")], actor="w", now=START)
    with open_sqlite(bare, write=False) as ledger:
        assert ledger.findings == []
        assert [event.parcel_id for event in ledger.events()] == ["A", "B", "", "C"]
    assert [item.name for item in bare.parent.iterdir()] == ["readiness.db"]


def test_a_copy_is_whole_again_when_its_log_is_brought_along(bare: Path, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "whole.db-wal", bare.with_name("readiness.db-wal"))
    with open_sqlite(bare, write=True) as ledger:
        assert ledger.findings == []
        assert [event.parcel_id for event in ledger.events()] == ["A", "B", "W"]
    assert [item.name for item in bare.parent.iterdir()] == ["readiness.db"]
    assert verified(bare) == []


def resting(path: Path) -> None:
    append(path, draft("A"))


def killed(path: Path) -> None:
    running(path, "A")


def killed_and_opened_to_write(path: Path) -> None:
    running(path, "A")
    open_sqlite(path, write=True).close()


def killed_and_read(path: Path) -> None:
    running(path, "A")
    read(path)


def killed_and_browsed(path: Path) -> None:
    """As DB Browser does: the last program to close a file takes its log in."""
    running(path, "A")
    with closing(sqlite3.connect(path)) as other:
        other.execute("SELECT * FROM event").fetchall()
    assert log.is_begun(path)
    assert not log.exists(path)


def browsed_and_killed(path: Path) -> None:
    killed_and_browsed(path)
    live = path.with_name("live.db")
    copy(path, live)
    with open_sqlite(live, write=True) as writer:
        writer.append([draft("V")], actor="v", now=START)
        copy(live, path, "-wal")
    live.unlink()


def kept_by_a_reader(path: Path) -> None:
    """The reader is in the middle of reading when the last writer closes, and closes later."""
    append(path, draft("A"))
    with open_sqlite(path, write=True) as writer:
        writer.append([draft("W")], actor="w", now=START)
        reader = open_sqlite(path, write=False)
        reader.events()
    reader.close()


def backed_up(path: Path) -> None:
    first = running(path.with_name("first.db"), "A")
    with open_sqlite(first, write=False) as ledger:
        ledger.backup(path)


INNOCENT = [
    resting,
    killed,
    killed_and_opened_to_write,
    killed_and_read,
    killed_and_browsed,
    browsed_and_killed,
    kept_by_a_reader,
    backed_up,
]


@pytest.mark.parametrize("make", INNOCENT)
def test_nothing_is_said_where_no_log_is_missing(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    for write in (False, True):
        with open_sqlite(path, write=write) as ledger:
            assert ledger.findings == []
            assert len(ledger.events()) == 1 + (make is not resting) + (make is browsed_and_killed)
            assert verify(ledger) == []
    append(path, draft("B"))
    assert not list(path.parent.glob("readiness.db-*"))


def test_every_copy_without_its_log_is_found_also_after_another_program(path: Path) -> None:
    browsed_and_killed(path)
    path.with_name("readiness.db-wal").unlink()
    with open_sqlite(path, write=False) as ledger:
        assert [(item.code, item.row) for item in ledger.findings] == [("ledger.no-wal", 2)]


# --- backups ----------------------------------------------------------------------------------


def test_a_backup_does_not_replace_a_ledger_in_use(path: Path, tmp_path: Path) -> None:
    append(path, draft("A"))
    target = running(tmp_path / "kept.db", "B")
    with open_sqlite(path, write=False) as ledger, refused() as told:
        ledger.backup(target)
    assert [said(item) for item in told] == [("ledger.backup-open", "kept.db")]
    assert [event.parcel_id for event in read(target)] == ["B", "W"]


def test_a_backup_that_cannot_be_written_says_so(path: Path) -> None:
    append(path, draft("A"))
    with open_sqlite(path, write=False) as ledger, refused() as told:
        ledger.backup(path.parent / "no" / "kept.db")
    assert [said(item) for item in told] == [("ledger.backup", "kept.db")]


def reached(path: Path, count: int) -> Path:
    """A ledger in a file of its own, with so many entries."""
    append(path, *[draft("A")] * count)
    return path


def shorter(path: Path, kept: Path) -> None:
    """The ledger lost its last entry since the backup."""
    with open_sqlite(path, write=False) as ledger:
        ledger.backup(kept)
    changed(path, "DELETE FROM event WHERE seq = 2")


def continued(path: Path, kept: Path) -> None:
    """Both the backup and the ledger were carried on."""
    with open_sqlite(path, write=False) as ledger:
        ledger.backup(kept)
    append(kept, draft("B"))
    append(path, draft("C"), draft("D"))


@pytest.mark.parametrize(
    ("make", "found", "row"),
    [
        (lambda path, kept: kept.hardlink_to(path), ["ledger.backup-itself"], None),
        (
            lambda path, kept: kept.write_text("crs = 4547\n" * 20),
            ["ledger.backup-other", "ledger.no-database"],
            None,
        ),
        (lambda path, kept: reached(kept, 1), ["ledger.backup-other"], None),
        (shorter, ["ledger.backup-ahead"], 2),
        (continued, ["ledger.backup-ahead"], 3),
    ],
)
def test_a_backup_replaces_an_earlier_one_of_the_same_ledger_and_nothing_else(
    path: Path, make: Callable[[Path, Path], Any], found: list[str], row: int | None
) -> None:
    reached(path, 2)
    kept = path.with_name("kept.db")
    make(path, kept)
    before = kept.read_bytes()
    with open_sqlite(path, write=False) as ledger, refused() as told:
        ledger.backup(kept)
    assert codes(told) == found
    assert (told[0].file, told[0].row) == ("kept.db", row)
    assert kept.read_bytes() == before


def test_a_damaged_ledger_does_not_replace_its_last_good_backup(path: Path) -> None:
    reached(path, 2)
    kept = path.with_name("kept.db")
    with open_sqlite(path, write=False) as ledger:
        ledger.backup(kept)
    before = kept.read_bytes()
    changed(path, "UPDATE event SET text = 'made up' WHERE seq = 1")
    with open_sqlite(path, write=False) as ledger, refused() as told:
        ledger.backup(kept)
    assert [(item.code, item.row) for item in told] == [("ledger.changed", 1)]
    assert kept.read_bytes() == before


# --- what verify finds ------------------------------------------------------------------------

Change = Callable[[sqlite3.Connection], Any]


def changed(path: Path, change: str | Change) -> None:
    """The ledger as somebody changed it who knows how: the guards are put back afterwards."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA ignore_check_constraints=ON")
        guards = other.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        guards = guards.fetchall()
        for name, _ in guards:
            other.execute(f"DROP TRIGGER {name}")
        if isinstance(change, str):
            other.execute(change)
        else:
            change(other)
        for _, statement in guards:
            other.execute(statement)


def rehashed(seq: int, **fields: Any) -> Change:
    """An entry changed together with its hash, as by somebody who has read our source."""

    def change(other: sqlite3.Connection) -> None:
        row = other.execute("SELECT * FROM event WHERE seq = ?", [seq]).fetchone()
        event = Event._make(row)._replace(**fields)
        fields["hash"] = hash_of(event)
        for field, value in fields.items():
            other.execute(f"UPDATE event SET {field} = ? WHERE seq = ?", [value, seq])

    return change


@pytest.fixture
def written(path: Path) -> Path:
    """Five entries: 1 the layer with parcels A and B, then A, B, A again and B corrected."""
    whole, outlines = layer({"A": box(0, 0, 200, 100), "B": box(200, 0, 400, 100)})
    entries = [whole, draft("A"), draft("B"), draft("A", "vacated")]
    with open_sqlite(path, write=True, create=START) as ledger:
        ledger.append(entries, actor="w", now=later(1), outlines=outlines)
        corrected = draft("B", supersedes=3, reason="another day")
        ledger.append([corrected], actor="w", now=later(2))
    assert verified(path) == []
    return path


CHAIN_OF_5 = ("ledger.chain", 5, "B")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE event SET stage = 'cleared' WHERE seq = 2", [("ledger.changed", 2, "A")]),
        (rehashed(2, stage="cleared"), [("ledger.chain", 3, "B")]),
        (rehashed(5, evidence="made up"), []),  # only a head from elsewhere shows this
        ("DELETE FROM event WHERE seq = 4", [("ledger.gap", 5, "B"), CHAIN_OF_5]),
        ("DELETE FROM event WHERE seq = 5", []),  # and this
        (rehashed(4, kind="reached"), [("ledger.value", 4, "A"), CHAIN_OF_5]),
        (rehashed(4, date="2025-2-1"), [("ledger.value", 4, "A"), CHAIN_OF_5]),
        (rehashed(4, precision="week"), [("ledger.value", 4, "A"), CHAIN_OF_5]),
        (rehashed(4, parts="[1]"), [("ledger.value", 4, "A"), CHAIN_OF_5]),
        (rehashed(4, parts="["), [("ledger.value", 4, "A"), CHAIN_OF_5]),
        (
            rehashed(4, recorded_at="2026-01-05T00:00:00.000000Z"),
            [("ledger.time", 4, "A"), CHAIN_OF_5],
        ),
        (rehashed(4, recorded_at="2026-01-06T01:00Z"), [("ledger.value", 4, "A"), CHAIN_OF_5]),
        (rehashed(4, supersedes=3), [CHAIN_OF_5, ("ledger.supersedes", 5, "B")]),
        (rehashed(5, supersedes=7), [("ledger.supersedes", 5, "B")]),
        (
            "UPDATE outline SET wkb = x'00' WHERE parcel_id = 'B'",
            [("ledger.outline", 1, "B")],
        ),
        ("UPDATE outline SET land_m2 = 1 WHERE parcel_id = 'B'", [("ledger.register", 1, "")]),
        ("DELETE FROM outline WHERE parcel_id = 'B'", [("ledger.register", 1, "")]),
        ("UPDATE ledger SET created_at = '2026-01-05T01:00:00.000001Z'", [("ledger.chain", 1, "")]),
        ("UPDATE ledger SET format = 'another'", [("ledger.format", None, "")]),
        ("DROP INDEX event_of_parcel", [("ledger.schema", None, "")]),
        ("CREATE TABLE more (a)", [("ledger.schema", None, "")]),
    ],
)
def test_verify_finds_what_was_changed(
    written: Path, change: str | Change, found: list[tuple[str, int | None, str]]
) -> None:
    changed(written, change)
    told = [item for item in verified(written) if item.code != "ledger.integrity"]
    places = [(item.code, item.row, item.parcel) for item in told]
    if places != found:  # what breaks a CHECK is said by SQLite alone
        assert codes(verified(written)) == ["ledger.integrity"]
        assert found[0][0] in {"ledger.value", "ledger.supersedes"}
        assert replayed(written) == found
    assert {item.file for item in told} <= {"readiness.db"}


def replayed(path: Path) -> list[tuple[str, int | None, str]]:
    """What verify finds in any other store that holds the same."""
    with open_sqlite(path, write=False) as ledger:
        found = replay(ledger.name, ledger.head(), ledger.events(), ledger.outlines())
        return [(item.code, item.row, item.parcel) for item in found]


@pytest.mark.parametrize(
    "recorded_at",
    [
        "~~~~~~~~~~T000000000000000Z",
        "2026-01-07T01:00:00.00000zZ",
        "2026-01-07T01:00:00.000000",
        "2026-01-07T01:00:00.0000000Z",
    ],
)
def test_an_entry_of_no_moment_is_refused_by_the_file_itself(
    written: Path, recorded_at: str
) -> None:
    """One that is later than every moment would hide itself and all that follow."""
    last = read(written)[-1]
    poison = last._replace(
        seq=6, supersedes=None, recorded_at=recorded_at, prev_hash=last.hash, hash=""
    )
    poison = poison._replace(hash=hash_of(poison))
    marks = ", ".join("?" * len(poison))
    with closing(sqlite3.connect(written)) as other, pytest.raises(sqlite3.IntegrityError):
        other.execute(f"INSERT INTO event VALUES ({marks})", poison)


def test_an_entry_of_no_moment_does_not_hide(written: Path) -> None:
    """In a file that came from elsewhere, or whose guards were off for a while."""
    changed(written, rehashed(5, recorded_at="~~~~~~~~~~T000000000000000Z"))
    with open_sqlite(written, write=False) as ledger:
        assert [event.seq for event in ledger.events()] == [1, 2, 3, 4, 5]
        assert ledger.stages().seq == [2, 4, 5]
        assert [event.seq for event in ledger.remarks()] == [1, 5]
        assert [event.seq for event in ledger.events(known=later(9))] == [1, 2, 3, 4]
        assert ledger.stages(known=later(9)).seq == [2, 3, 4]
    assert replayed(written) == [("ledger.value", 5, "B")]


def test_an_end_that_is_not_told_is_found(written: Path) -> None:
    with open_sqlite(written, write=False) as ledger:
        head, events, outlines = ledger.head(), ledger.events(), ledger.outlines()
    assert replay("office", head, events, outlines) == []
    (told,) = replay("office", head, events[:-1], outlines)
    assert (told.code, told.file, told.row) == ("ledger.head", "office", 4)
    assert "its last entry is 5, and what can be read ends with 4" in told.message


def test_a_dropped_guard_is_found(written: Path) -> None:
    with closing(sqlite3.connect(written)) as other:
        other.execute("DROP TRIGGER event_stays")
    (told,) = verified(written)
    assert (*said(told), told.seen) == ("ledger.schema", "readiness.db", "event_stays")


def test_a_known_head_shows_a_cut_tail_and_another_history(written: Path, tmp_path: Path) -> None:
    last = read(written)[-1]
    known = (last.seq, last.hash)
    fork = tmp_path / "fork.db"
    shutil.copy(written, fork)
    changed(fork, "DELETE FROM event WHERE seq = 5")
    (told,) = verified(fork, head=known)
    assert (told.code, told.file, told.row) == ("ledger.cut", "fork.db", 4)
    append(fork, draft("C"))  # both copies are carried on
    append(written, draft("D"))
    (told,) = verified(fork, head=known)
    assert (told.code, told.file, told.row, told.parcel) == ("ledger.fork", "fork.db", 5, "C")
    assert verified(written, head=known) == []
    assert codes(verified(fork, head=(9, last.hash))) == ["ledger.cut"]


def test_two_copies_that_were_both_continued_do_not_make_one(written: Path, tmp_path: Path) -> None:
    fork = tmp_path / "fork.db"
    shutil.copy(written, fork)
    append(written, draft("C"))
    append(fork, draft("D"), draft("E"))

    def joined(other: sqlite3.Connection) -> None:
        other.execute("ATTACH ? AS fork", [str(fork)])
        other.execute("INSERT INTO event SELECT * FROM fork.event WHERE seq = 7")

    changed(written, joined)
    (told,) = verified(written)
    assert (told.code, told.row, told.parcel) == ("ledger.chain", 7, "E")


def test_the_head_of_no_entry_is_that_of_its_own_ledger(written: Path, tmp_path: Path) -> None:
    with open_sqlite(tmp_path / "new.db", write=True, create=START) as new:
        start = new.head()[2:4]
        assert verify(new, head=start) == []
    (told,) = verified(written, head=start)
    assert (told.code, told.row) == ("ledger.fork", 0)


def test_an_outline_of_no_layer_entry_is_found(written: Path) -> None:
    changed(
        written,
        "INSERT INTO outline SELECT 2, 'C', hash, zone, area_m2, land_m2, crs, wkb FROM outline "
        "WHERE parcel_id = 'B'",
    )
    (told,) = verified(written)
    assert (told.code, told.file, told.row) == ("ledger.register", "readiness.db", 2)


def test_a_ledger_of_two_names_is_found(written: Path) -> None:
    changed(written, "INSERT INTO ledger SELECT 'another', created_at, format FROM ledger")
    (told,) = [item for item in verified(written) if item.code != "ledger.chain"]
    assert (told.code, told.file, told.seen) == ("ledger.names", "readiness.db", "2")


@pytest.mark.parametrize("name", ["sqliteX", "sqlite_X", "event"])
def test_a_trigger_that_drops_entries_is_found_and_nothing_passes_for_written(
    written: Path, name: str
) -> None:
    with closing(sqlite3.connect(written)) as other:
        other.execute(
            "CREATE TRIGGER dropping BEFORE INSERT ON event BEGIN SELECT RAISE(IGNORE); END"
        )
        other.execute("PRAGMA writable_schema=ON")  # SQLite itself refuses a name of its own
        other.execute(
            "UPDATE sqlite_schema SET name = ?1, sql = replace(sql, 'dropping', ?1) "
            "WHERE name = 'dropping'",
            [name],
        )
        other.commit()
    told = verified(written)
    assert ("ledger.schema", name) in [(item.code, item.seen) for item in told]
    with open_sqlite(written, write=True) as ledger:
        with refused() as told:
            ledger.append([draft("C")], actor="w", now=later(3))
        assert [(item.code, item.row) for item in told] == [("ledger.lost", 6)]
        assert ledger.head().seq == 5


ODD = [
    ("date", "2024-99-99"),
    ("date", "2025"),
    ("precision", "century"),
    ("kind", "reached"),
    ("parts", "[1,2"),
    ("parts", "5"),
    ("parts", "[" * 100_000),
    ("recorded_at", "0001-01-01T00:00:00.000000+14"),
]


@pytest.mark.parametrize(("field", "value"), ODD)
@pytest.mark.parametrize("verified", [True, False])
def test_no_reader_goes_on_with_what_no_entry_can_have(
    written: Path, field: str, value: str, verified: bool
) -> None:
    changed(written, rehashed(5, **{field: value}))
    with open_sqlite(written, write=False) as ledger, refused() as told:
        read_history(ledger, known=None, verified=verified)
    assert [(item.code, item.file, item.row, item.parcel, item.field) for item in told] == [
        ("ledger.value", "readiness.db", 5, "B", field)
    ]


@pytest.mark.parametrize(("field", "value"), [*ODD[:3], *ODD[4:6]])
def test_nothing_is_appended_behind_what_cannot_be_checked(
    written: Path, field: str, value: str
) -> None:
    changed(written, rehashed(5, **{field: value}))
    with open_sqlite(written, write=True) as ledger:
        with refused() as told:
            ledger.append([draft("B")], actor="w", now=later(3), check=lambda told: None)
        assert ledger.head().seq == 5
    assert [(item.code, item.row, item.field) for item in told] == [("ledger.value", 5, field)]


@pytest.mark.parametrize(("field", "value"), ODD[:3])
def test_no_stage_goes_on_with_what_no_entry_can_have(
    written: Path, field: str, value: str
) -> None:
    changed(written, rehashed(4, **{field: value}))
    with open_sqlite(written, write=False) as ledger:
        stages = ledger.stages()
    with refused() as told:
        stage_events(stages, [], {"file": "readiness.db"})
    assert [(item.code, item.row, item.parcel, item.field) for item in told] == [
        ("ledger.value", 4, "A", field)
    ]


def test_the_last_day_that_there_is_ends_every_period() -> None:
    assert last_day(date(9999, 12, 31), "year") == date.max
    assert last_day(date(9999, 10, 1), "quarter") == date.max
    east, west = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
    assert moment(end_of_day(date.max, east)) == moment(end_of_day(date.max, west))
    assert end_of_day(date(2025, 12, 31), east) == datetime(
        2025, 12, 31, 15, 59, 59, 999999, tzinfo=UTC
    )


def test_a_file_that_was_cut_short_is_damaged(written: Path) -> None:
    content = written.read_bytes()
    written.write_bytes(content[: len(content) // 2])
    with refused() as told:
        read(written)
    assert {said(item) for item in told} == {("ledger.damaged", "readiness.db")}


def told_of(path: Path) -> Sequence[Any]:
    with open_sqlite(path, write=False) as ledger:
        return ledger.head(), ledger.events(), ledger.outlines()


def test_a_flipped_byte_is_found_or_changes_nothing(written: Path) -> None:
    content = written.read_bytes()
    before = told_of(written)
    found = same = 0
    for at in range(0, len(content), 13):
        flipped = bytearray(content)
        flipped[at] ^= 0x15
        written.write_bytes(flipped)
        try:
            bad = bool(verified(written))
        except LedgerError:
            bad = True
        if not bad:
            assert told_of(written) == before, at
        found, same = found + bad, same + (not bad)
        for tail in ("-wal", "-shm", "-journal"):
            written.with_name(written.name + tail).unlink(missing_ok=True)
    print(f"\nof {found + same} flipped bytes {found} found; {same} stand where nothing is kept")
    assert found > 350
