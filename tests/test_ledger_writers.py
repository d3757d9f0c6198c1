"""Many who write at once, and one who reads meanwhile: nothing lost, nothing out of order."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from geo.ledger.sqlite import open_sqlite
from geo.ledger.verify import verify
from tests.ledgers import START, append, codes, draft, later, read

WRITERS, EACH = 10, 1000

WRITER = """
import json, sys
from pathlib import Path
from geo.ledger.sqlite import open_sqlite
from tests.ledgers import draft, later

path, writer, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
anew = len(sys.argv) > 4
seqs = []
print("ready", flush=True)
sys.stdin.readline()
ledger = open_sqlite(path, write=True)
for number in range(times):
    drafts = [draft(f"{writer}-{number}", text=str(number))]
    (event,) = ledger.append(drafts, actor=writer, now=later(), check=lambda known: None)
    seqs.append(event.seq)
    if anew:
        ledger.close()
        ledger = open_sqlite(path, write=True)
ledger.close()
print(json.dumps(seqs))
"""


def start(path: Path, writer: str, times: int, *more: str) -> subprocess.Popen[str]:
    """A writer in a process of its own, ready to begin."""
    command = [sys.executable, "-c", WRITER, str(path), writer, str(times), *more]
    pipe = subprocess.PIPE
    root = Path(__file__).parents[1]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root)


def together(writers: list[subprocess.Popen[str]]) -> list[list[int]]:
    """Let them begin at once; the numbers that each was told."""
    for process in writers:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in writers:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate()[0]) for process in writers]


def whole(path: Path, told: list[list[int]]) -> None:
    """Everything that was acknowledged is there, once, in each writer's own order."""
    with open_sqlite(path, write=False) as ledger:
        assert codes(ledger.findings) == []
        assert verify(ledger) == []
        events = ledger.events()
    assert sorted(seq for seqs in told for seq in seqs) == [event.seq for event in events]
    written = defaultdict(list)
    for event in events:
        assert told[int(event.actor)][len(written[event.actor])] == event.seq
        written[event.actor].append(int(event.text))
    for writer, seqs in enumerate(told):
        assert written[str(writer)] == list(range(len(seqs)))


def test_ten_writers_of_1000_entries_each(tmp_path: Path) -> None:
    path = tmp_path / "readiness.db"
    open_sqlite(path, write=True, create=START).close()
    told = together([start(path, str(writer), EACH) for writer in range(WRITERS)])
    assert [len(seqs) for seqs in told] == [EACH] * WRITERS
    assert len(read(path)) == 10_000
    whole(path, told)
    assert len({seqs[0] // EACH for seqs in told}) < WRITERS  # they did take turns
    append(path, draft("last"))
    assert [item.name for item in tmp_path.iterdir()] == ["readiness.db"]


def test_writers_that_open_and_close_the_ledger_for_each_entry(tmp_path: Path) -> None:
    """So that logs are begun, joined and taken in all the time, some while others append."""
    path = tmp_path / "readiness.db"
    open_sqlite(path, write=True, create=START).close()
    told = together(
        [
            *(start(path, str(writer), 40, "anew") for writer in range(4)),
            start(path, "4", 400),
        ]
    )
    whole(path, told)
    assert sum(map(len, told)) == 560


def test_a_reader_sees_whole_transactions_only(tmp_path: Path) -> None:
    """Batches of three by a writer elsewhere; the reader counts all the while."""
    path = tmp_path / "readiness.db"
    open_sqlite(path, write=True, create=START).close()
    code = WRITER.replace('draft(f"{writer}-{number}", text=str(number))', "*[draft(writer)] * 3")
    code = code.replace("(event,) =", "event, *_ =")
    command = [sys.executable, "-c", code, str(path), "0", "60", "anew"]
    pipe = subprocess.PIPE
    root = Path(__file__).parents[1]
    writer = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root)
    counts = set()
    assert writer.stdin
    writer.stdin.write("go\n")
    writer.stdin.flush()
    while writer.poll() is None:
        with open_sqlite(path, write=False) as ledger:
            assert codes(ledger.findings) == []
            counts |= {len(ledger.events()), len(ledger.events()), ledger.head().seq}
    writer.communicate()
    assert len(read(path)) == 180
    assert len(counts) > 10
    assert {count % 3 for count in counts} == {0}
    append(path, draft("last"))  # the reader may have kept the log from being taken in
    assert [item.name for item in tmp_path.iterdir()] == ["readiness.db"]


def test_a_reader_that_stays_open_sees_what_is_written_later(tmp_path: Path) -> None:
    path = tmp_path / "readiness.db"
    append(path, draft("A"))
    with open_sqlite(path, write=False) as reader:
        assert len(reader.events()) == 1
        append(path, draft("B"), now=later(1))
        assert [event.parcel_id for event in reader.events()] == ["A", "B"]
    assert [item.name for item in tmp_path.iterdir()] == ["readiness.db"]
    assert codes(verify_file(path)) == []


def verify_file(path: Path) -> list:
    with open_sqlite(path, write=False) as ledger:
        return [*ledger.findings, *verify(ledger)]
