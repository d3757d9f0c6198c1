"""The process that reads files: it answers requests on its pipes and can do little else.

Run by :mod:`geo.readers.apart` as ``python -m geo.readers.worker``; see there for why.
"""

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from geo.errors import LandError
from geo.findings import finding
from geo.readers import formats, frames
from geo.readers.lean import pyogrio
from geo.readers.raw import packed_finding

MEMORY_BYTES = 12 * 2**30
"""Address space of the process (Linux); Arrow reserves more than it uses."""


def main() -> None:
    """Answer requests until the other side closes the pipe."""
    source, sink = _pipes()
    _confine()
    frames.write(sink, json.dumps({"drivers": list(pyogrio.list_drivers())}).encode())
    while True:
        try:
            header, _ = frames.read(source)
        except EOFError:
            return
        told, table = _answer(json.loads(header))
        frames.write(sink, json.dumps(told, ensure_ascii=False).encode(), table)
        del table  # it may be large, and the next file may be long in coming


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to our parent, out of reach of whatever a library may print."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    return source, sink


def _confine() -> None:
    """Give up what reading needs not: writing files, endless memory, dumping core."""
    if sys.platform == "win32":
        return  # there the parent's clock is the only limit
    import resource  # noqa: PLC0415  (it is on Unix only)

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _clock(seconds: float) -> None:
    """End this process by itself, should nobody be left to end it."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415

    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + 4 * seconds) + 1, hard))


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], pa.Table | None]:
    """Do one request; whatever goes wrong is told, and the process lives on."""
    path = Path(request.pop("path"))
    _clock(request.pop("seconds"))
    reader = formats.READERS[request.pop("reader")]
    try:
        told, table = reader(path, **request)
        if table is not None:
            table.validate(full=True)  # text that is no UTF-8 would break whoever reads it
        return told, table
    except LandError as error:
        found = error.findings
    except MemoryError:
        found = (finding("file.too-much", file=path.name),)
    except Exception as error:  # of GDAL, GEOS, Arrow, zlib, expat … and of ours
        problem = f"{type(error).__name__}: {error}"[:300]
        found = (finding("layer.unreadable", file=path.name, problem=problem),)
    return {"errors": [packed_finding(item) for item in found]}, None


if __name__ == "__main__":
    main()
