"""Reading in another process, so that no file can hang, crash or command ours.

Files come from strangers, and the C libraries that parse them are large. They are parsed by
:mod:`geo.readers.worker` in a child process that has only some of GDAL's drivers, cannot write
files, and is ended when it takes too long or too much. What comes back is plain JSON and one
Arrow table, never a pickle.
"""

import atexit
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from geo.errors import LayerError
from geo.findings import Finding, finding
from geo.readers import early, frames
from geo.readers.drivers import refused_drivers

SECONDS, SECONDS_PER_MB = 20.0, 2.0
"""Time for one file: so much, and so much more for each megabyte it has."""

MOST_SECONDS = 1200.0


def ask(request: dict[str, Any], path: Path) -> tuple[dict[str, Any], pa.Table | None]:
    """Have the child do one request about a file; its answer, and the table that came with it.

    Raises :class:`LayerError` with what the reader found, or with why the child was ended.
    """
    with _LOCK:
        try:
            told, table = _child().ask(request, path, _seconds(path))
        except _IdleDeathError:  # it died of something else: the file gets a child of its own
            told, table = _child().ask(request, path, _seconds(path))
    if "errors" in told:
        raise LayerError(*[Finding(**item) for item in told["errors"]])
    return told, table


def start() -> None:
    """Start the child ahead of the first file, so that its imports overlap with our work."""
    with _LOCK:
        if not _alive():
            close()
            _CHILDREN.append(_Child(refused_drivers(())))


def _seconds(path: Path) -> float:
    try:
        parts = path.rglob("*") if path.is_dir() else [path]
        size = sum(part.stat().st_size for part in parts)
    except OSError:
        size = 0
    return min(SECONDS + SECONDS_PER_MB * size / 1e6, MOST_SECONDS)


class _IdleDeathError(Exception):
    """A child that had read other files is gone, so that this file need not be the cause."""


class _Child:
    """One child process and the two pipes to it."""

    def __init__(self, skip: frozenset[str]) -> None:
        self.process = early.process(skip)
        self.overtime = False
        self.served = 0

    @cached_property
    def greeting(self) -> dict[str, Any]:
        """What the child says once it has loaded GDAL: the drivers that it has."""
        with self._watched(MOST_SECONDS):
            try:
                header, _ = frames.read(self._out)
            except EOFError:
                self.close()
                failed = finding("file.reader", seen=self.process.returncode)
                raise LayerError(failed) from None
        return dict(json.loads(header))

    def ask(
        self, request: dict[str, Any], path: Path, seconds: float
    ) -> tuple[dict[str, Any], pa.Table | None]:
        """Send one request and wait for the answer, no longer than ``seconds``."""
        header, table = b"", None
        with self._watched(seconds):
            try:
                frames.write(self._in, json.dumps({**request, "seconds": seconds}).encode())
                header, table = frames.read(self._out)
            except (OSError, EOFError):
                pass
        if not header:
            self.process.kill()
            self.process.wait()  # else it still counts as alive for a moment
            if self.served and not self.overtime:
                raise _IdleDeathError
            raise LayerError(self._ended(path, seconds))
        if self.overtime:  # the clock struck as the answer came: this child is gone
            self.process.wait()
        self.served += 1
        try:
            return json.loads(header), table
        except ValueError:
            self.process.kill()
            self.process.wait()
            raise LayerError(self._ended(path, seconds)) from None

    def _ended(self, path: Path, seconds: float) -> Finding:
        if self.overtime:
            return finding("file.too-long", file=path.name, seen=f"{seconds:.0f}")
        return finding("file.crash", file=path.name, seen=self.process.returncode)

    @property
    def _in(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def _out(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        def end() -> None:
            self.overtime = True
            self.process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the child; a closed pipe is its sign to go."""
        self.process.kill()
        self.process.wait()
        for pipe in (self._in, self._out):
            with suppress(OSError):  # what was not sent yet has nobody to go to
                pipe.close()


_LOCK: Final = threading.Lock()
_CHILDREN: Final[list[_Child]] = []
"""The child of this process, if there is one; a list, as it is replaced when it has ended."""


def _alive() -> bool:
    return bool(_CHILDREN) and _CHILDREN[0].process.poll() is None


def _child() -> _Child:
    """A child that has no driver but the allowed ones."""
    skip = refused_drivers(())
    more: frozenset[str] = frozenset()
    for _ in range(2):
        if not _alive():
            close()
            _CHILDREN.append(_Child(skip))
        more = refused_drivers(_CHILDREN[0].greeting["drivers"])
        if not more:
            return _CHILDREN[0]
        close()  # a GDAL with drivers that we have never heard of: skip those too
        skip |= more
    raise LayerError(finding("file.drivers", seen=", ".join(sorted(more))))


@atexit.register
def close() -> None:
    """End the child, if there is one; the next file gets a new one."""
    while _CHILDREN:
        _CHILDREN.pop().close()
