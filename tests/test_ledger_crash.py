"""A ledger whose writer is killed, or whose disk fails, at every system call that changes a file.

After each: what was acknowledged is there, nothing is there by halves, the chain is intact, no
finding alarms for nothing, and the next entry is written as if nothing had been.
"""

import itertools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from geo.errors import LedgerError
from geo.ledger.sqlite import open_sqlite
from geo.ledger.verify import verify
from geo.writers.atomic import MARK
from tests.crashing import CHANGES, WRITES, Crasher
from tests.ledgers import START, append, codes, draft


@pytest.fixture(scope="module")
def crasher() -> Iterator[Crasher]:
    made = Crasher()
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plan" / "readiness.db"


def renewed(path: Path, *entries: str) -> None:
    """An empty folder, with a resting ledger if it has entries."""
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    for parcel in entries:
        append(path, draft(parcel))


def intact(path: Path) -> int:
    """How many entries there are, all of them as they were written and without a finding."""
    if not path.exists():
        return 0
    with open_sqlite(path, write=False) as ledger:
        assert codes(ledger.findings) == []
        assert codes(verify(ledger)) == []
        return len(ledger.events())


def bare_is_whole_or_says_so(path: Path, acknowledged: int) -> None:
    """A copy of the file alone has all that was acknowledged, or a finding."""
    if not path.exists():
        assert acknowledged == 0
        return
    bare = path.parents[1] / "bare.db"
    shutil.copy(path, bare)
    try:
        with open_sqlite(bare, write=False) as ledger:
            found = codes(ledger.findings + verify(ledger))
            assert found or len(ledger.events()) >= acknowledged
            assert set(found) <= {"ledger.no-wal", "ledger.integrity"}
    except LedgerError as error:
        assert codes(error.findings) == ["ledger.damaged"]  # the log was taken in by halves


def goes_on(path: Path) -> None:
    """The next entry is written, and leaves one resting file."""
    before = intact(path)
    append(path, draft("NEXT"))
    assert intact(path) == before + 1
    left = {item.name for item in path.parent.iterdir() if not item.name.startswith(MARK)}
    assert left == {"readiness.db"}


@contextmanager
def watched(path: Path) -> Iterator[None]:
    """Another writer has the ledger open, and a reader is in the middle of reading."""
    with open_sqlite(path, write=True) as writer:
        writer.append([draft("W")], actor="w", now=START)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            seen = reader.execute("SELECT count(*) FROM event").fetchone()
            yield
            assert reader.execute("SELECT count(*) FROM event").fetchone() == seen


WORKS = {"first": ((), {0, 1}), "one": (("A",), {1, 2}), "several": (("A",), {1, 22, 23})}
"""What is there before, and how many entries there may be after."""


@pytest.mark.parametrize("work", WORKS)
def test_killed_at_every_call(crasher: Crasher, path: Path, work: str) -> None:
    before, allowed = WORKS[work]
    kills = 0
    for call in CHANGES:
        for number in itertools.count(1):
            renewed(path, *before)
            result = crasher.attempt(work, path, f"{call}:signal=SIGKILL:when={number}")
            acknowledged = max(itertools.chain([len(before)], *result.told))
            bare_is_whole_or_says_so(path, acknowledged)
            assert acknowledged <= intact(path) in allowed, (call, number)
            goes_on(path)
            if not result.killed:
                assert acknowledged == max(allowed)
                break
            kills += 1
    print(f"\n{work}: killed at {kills} system calls")
    assert kills >= 55


def test_killed_at_every_call_while_another_writes_and_one_reads(
    crasher: Crasher, path: Path
) -> None:
    kills = 0
    for call in CHANGES:
        for number in itertools.count(1):
            renewed(path, "A")
            with watched(path):
                result = crasher.attempt("one", path, f"{call}:signal=SIGKILL:when={number}")
                assert len(result.told) + 2 <= intact(path) <= 3, (call, number)
            goes_on(path)
            if not result.killed:
                break
            kills += 1
    print(f"\nwatched: killed at {kills} system calls")
    assert kills >= 8


AGAIN = list(range(2, 22))
CODES = {"ledger.full", "ledger.failed", "ledger.read-only"}


@pytest.mark.parametrize("stays", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_disk_that_is_full_or_fails_at_every_call(
    crasher: Crasher, path: Path, error: str, stays: bool
) -> None:
    """``again`` tries twice with the same ledger: a disk that failed once lets the second pass."""
    failures, unsure = 0, 0
    for call in WRITES:
        for number in itertools.count(1):
            renewed(path, "A")
            inject = f"{call}:error={error}:when={number}{'+' if stays else ''}"
            result = crasher.attempt("again", path, inject)
            refused = [words[0] for words in result.told if isinstance(words[0], str)]
            written = [words for words in result.told if words not in ([code] for code in refused)]
            assert set(refused) <= CODES | {"ledger.unsure"}, (call, number, result)
            assert stays or written == [AGAIN], (call, number, result)
            if "ledger.unsure" in refused:
                unsure += 1
                assert intact(path) in {1, 21}
            else:
                assert intact(path) == 1 + sum(map(len, written)), (call, number, result)
            goes_on(path)
            failures += len(refused)
            if not result.injected:
                break
    print(f"\n{error}: refused {failures} times, {unsure} of them unsure")
    assert failures >= 10
    assert unsure <= 4


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_ledger_that_cannot_be_made_is_not_there(
    crasher: Crasher, path: Path, error: str
) -> None:
    failures = 0
    for call in WRITES:
        for number in itertools.count(1):
            renewed(path)
            result = crasher.attempt("first", path, f"{call}:error={error}:when={number}+")
            if ["crash"] in result.told or not result.told:
                raise AssertionError((call, number, result))
            if ["ledger.unsure"] not in result.told:
                assert intact(path) == ([1] in result.told), (call, number, result)
            goes_on(path)
            failures += [1] not in result.told
            if not result.injected:
                break
    assert failures >= 20
