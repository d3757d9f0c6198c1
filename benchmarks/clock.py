"""Time and memory of a job, step by step."""

import resource
import sys
import time
from typing import Final

MAXRSS_PER_MIB: Final = 2**20 if sys.platform == "darwin" else 2**10
"""``ru_maxrss`` is in bytes on macOS and in KiB on Linux."""


class Clock:
    """Tells on standard error how long each step took, and the most memory so far."""

    def __init__(self) -> None:
        self._step, self._since = "", time.perf_counter()

    def __call__(self, step: str, done: int = 0, total: int = 0, /) -> None:
        """Begin a step, and so end the one before; how far one has come is not told."""
        if done:
            return
        now = time.perf_counter()
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MAXRSS_PER_MIB
        if self._step:
            print(f"{self._step:10}{now - self._since:8.2f} s{peak_mib:8.0f} MiB", file=sys.stderr)
        self._step, self._since = step, now
