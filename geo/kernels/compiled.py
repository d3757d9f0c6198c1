"""How a function of arrays is compiled, and how draws are shared among the cores."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar, cast

import numba
from numba import config

P = ParamSpec("P")
R = TypeVar("R")

DRAWS_PER_CHUNK: Final = 64
"""Draws are worked on in chunks of this many, whatever the number of threads: sums by chunk, added
in order, are then the same to the last bit."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A function compiled at its first call, for the types it is called with.

    It leaves other threads running. The machine code is kept beside the module, or in the user's
    cache folder where the package is installed read-only; where neither can be written, it is
    compiled anew in every process. It is renewed when the function's own file changes, not when
    another does that the function calls: then remove the files ``*.nbi`` and ``*.nbc``.
    """
    try:
        return _njit(function, cache=True)
    except RuntimeError:  # numba found no place for its cache
        return _njit(function, cache=False)


def _njit(function: Callable[P, R], *, cache: bool) -> Callable[P, R]:
    made = numba.njit(cache=cache, nogil=True, error_model="numpy")(function)
    return cast(Callable[P, R], made)


def in_chunks(
    draws: int,
    work: Callable[[int, int, int], None],
    threads: int | None,
    *,
    size: int = DRAWS_PER_CHUNK,
) -> None:
    """Call ``work(chunk, start, stop)`` for every chunk of so many draws.

    ``threads`` None: as many as numba is allowed, which is one for each core unless the environment
    variable NUMBA_NUM_THREADS says otherwise.
    """
    starts = range(0, draws, size)

    def run(chunk: int) -> None:
        start = starts[chunk]
        work(chunk, start, min(start + size, draws))

    count = min(
        threads or config.NUMBA_NUM_THREADS,  # type: ignore[attr-defined]
        len(starts),
    )
    if count <= 1:
        for chunk in range(len(starts)):
            run(chunk)
    else:
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(run, range(len(starts))))
