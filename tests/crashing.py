"""A process that is killed, or whose disk fails, at a chosen system call of work on a ledger.

Run as a module it is a server: importing once and forking for each try is what makes hundreds of
them quick. Each line of its input is a try, each line of its output what became of it.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from shapely import box

from geo.errors import LedgerError
from geo.ledger.sqlite import open_sqlite
from tests.ledgers import START, draft, later, layer

WRITES = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "link", "linkat", "mkdir")
"""The system calls that put something on a disk, and so can find it full or failing."""

CHANGES = (*WRITES, "unlink", "unlinkat", "rmdir", "rename", "fchown")
"""All that change a file or a folder, or make a change durable, in the work below."""


class Result(NamedTuple):
    """What became of a try: what the process told, and how often strace interfered."""

    told: list[list[Any]]
    injected: int
    killed: bool


class Crasher:
    """Tries work on a ledger in processes of its own, under strace."""

    def __init__(self) -> None:
        if sys.platform != "linux" or not shutil.which("strace"):
            pytest.skip("strace is not installed: killing at each system call needs it")
        command = [sys.executable, "-m", "tests.crashing"]
        pipe = subprocess.PIPE
        root = Path(__file__).parents[1]
        self._server = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root)

    def attempt(self, work: str, path: Path, inject: str) -> Result:
        """Do work in a new process while strace injects, as in ``fsync:error=EIO:when=1``."""
        assert self._server.stdin
        assert self._server.stdout
        print(json.dumps([work, str(path), inject]), file=self._server.stdin, flush=True)
        return Result(*json.loads(self._server.stdout.readline()))

    def close(self) -> None:
        self._server.communicate("")


def first(path: Path, tell: Any) -> None:
    """Make a ledger and write its first entry."""
    with open_sqlite(path, write=True, create=START) as ledger:
        tell(*(event.seq for event in ledger.append([draft("A")], actor="a", now=START)))


def one(path: Path, tell: Any) -> None:
    """Write one entry to a ledger that is there."""
    with open_sqlite(path, write=True) as ledger:
        tell(*(event.seq for event in ledger.append([draft("B")], actor="b", now=later(1))))


def several(path: Path, tell: Any) -> None:
    """Write a layer with outlines and 20 long entries at once, then one more."""
    whole, outlines = layer({name: box(0, 0, 200, 100) for name in "ABCDE"})
    drafts = [whole, *(draft(name, text="长" * 100) for name in "ABCDE" * 4)]
    with open_sqlite(path, write=True) as ledger:
        events = ledger.append(drafts, actor="c", now=later(2), outlines=outlines)
        tell(*(event.seq for event in events))
        tell(*(event.seq for event in ledger.append([draft("F")], actor="c", now=later(3))))


def again(path: Path, tell: Any) -> None:
    """Write 20 entries; when the disk fails say so, and once more with the same ledger."""
    with open_sqlite(path, write=True) as ledger:
        for _ in range(2):
            try:
                drafts = [draft(name, text="长" * 100) for name in "BCDE" * 5]
                events = ledger.append(drafts, actor="b", now=later(1))
            except LedgerError as error:
                tell(error.findings[0].code)
            else:
                tell(*(event.seq for event in events))
                break


WORKS = {work.__name__: work for work in (first, one, several, again)}


def main() -> None:
    """Serve tries until the input ends."""
    for line in sys.stdin:
        work, path, inject = json.loads(line)
        print(json.dumps(_try(work, Path(path), inject)), flush=True)


def _try(work: str, path: Path, inject: str) -> Result:
    ours, theirs = socket.socketpair()  # send() is no call that is injected
    child = os.fork()
    if child == 0:
        ours.close()
        _work(work, path, theirs)
    theirs.close()
    calls = ",".join(f"?{call}" for call in CHANGES)  # not every processor has them all
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as log:
        command = ["strace", "-f", "-qqq", "-o", log.name, "-e", f"trace={calls}"]
        tracer = subprocess.Popen([*command, "-e", f"inject=?{inject}", "-p", str(child)])
        while not _is_traced(child):
            time.sleep(0.001)
        ours.send(b"go")
        _, status = os.waitpid(child, 0)
        tracer.wait()
        injected = log.read().count("(INJECTED)")
    told = b""
    while part := ours.recv(65536):
        told += part
    ours.close()
    lines = [json.loads(item) for item in told.decode().splitlines()]
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return Result(lines, injected, killed)


def _work(work: str, path: Path, line: socket.socket) -> None:
    """What the forked process does; it never returns."""

    def tell(*words: object) -> None:
        line.send((json.dumps(words) + "\n").encode())

    line.recv(2)
    try:
        WORKS[work](path, tell)
    except LedgerError as error:
        tell(error.findings[0].code)
    except BaseException as error:
        tell("crash", repr(error))
    os._exit(0)


def _is_traced(process: int) -> bool:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return "TracerPid:\t0\n" not in status


if __name__ == "__main__":
    main()
