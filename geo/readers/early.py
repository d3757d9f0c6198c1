"""The start of the process that reads files: so light that it comes before all other imports."""

import os
import subprocess
import sys
from typing import Final

from geo.readers.drivers import refused_drivers

SETTINGS: Final = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_PAM_ENABLED": "NO",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "OPENBLAS_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
    "SHAPE_RESTORE_SHX": "NO",
}
"""What GDAL and PROJ are told before they load: no network, no other file, nothing written."""

Process = subprocess.Popen[bytes]

_BEGUN: Final[list[Process]] = []
"""A process that nobody has asked for yet; it ends by itself when ours does."""


def begin() -> None:
    """Start the process, so that it loads its libraries while we load ours."""
    if not _BEGUN:
        _BEGUN.append(_spawned(refused_drivers(())))


def process(skip: frozenset[str]) -> Process:
    """The process that was begun, if it is one without these drivers; else a new one."""
    if _BEGUN and skip == refused_drivers(()):
        return _BEGUN.pop()
    return _spawned(skip)


def _spawned(skip: frozenset[str]) -> Process:
    names = ",".join(sorted(skip))
    return subprocess.Popen(
        # -P: a file called numpy.py beside the user's layers is nothing to import.
        [sys.executable, "-P", "-m", "geo.readers.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **SETTINGS, "OGR_SKIP": names},  # with GDAL_SKIP too it dies
    )
