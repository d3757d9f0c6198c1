"""A job as a process of its own: how long it took, what it used, and on what machine."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Final, NamedTuple

from benchmarks.clock import MAXRSS_PER_MIB

PACKAGES: Final = ("landready", "geopandas", "shapely", "pandas", "numpy", "pyogrio", "pyarrow")


class Run(NamedTuple):
    """One run of a job, the time of its children too; ``peak_mib`` is that of its largest process.

    ``load`` is the load average of the minute before it, ``steps`` what it told on standard error.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    load: float
    steps: str


def timed(job: str, command: list[str], env: Mapping[str, str] | None = None) -> Run:
    """Run a command in a new process. Leaves with its words when it fails."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryFile("w+") as words:
        since = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=words, env={**os.environ, **(env or {})}
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - since
        process.returncode = os.waitstatus_to_exitcode(status)
        words.seek(0)
        told = words.read()
    if process.returncode:
        sys.exit(f"{told}\n{job} failed with exit code {process.returncode}")
    peak_mib = used.ru_maxrss / MAXRSS_PER_MIB
    return Run(wall, used.ru_utime + used.ru_stime, peak_mib, load, told)


def machine() -> str:
    """Cores, memory and versions: nothing that tells whose machine it is."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}."
    )
