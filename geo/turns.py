"""How often threads of Python take turns while several cores work on one thing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

TURN_S: Final = 0.0005
"""Work here is a change of short compiled steps, which let other threads run, and of Python, which
does not: a thread back from a step waits for its turn up to 5 ms by default, often longer than the
step took. A tenth of that halves the time of two patches at once."""

_lock = Lock()
_inside: list[float] = []
"""What the interval was before, once for each block that is being worked through."""


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let threads take turns quickly, and as before when the last of such blocks has ended."""
    with _lock:
        _inside.append(_inside[0] if _inside else sys.getswitchinterval())
        sys.setswitchinterval(min(_inside[0], TURN_S))
    try:
        yield
    finally:
        with _lock:
            before = _inside.pop()
            if not _inside:
                sys.setswitchinterval(before)
