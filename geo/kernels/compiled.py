"""How a function of arrays is compiled, and how draws are shared among the cores."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba
from numba.core import caching, config
from numba.core.runtime.nrt import rtsys

P = ParamSpec("P")
R = TypeVar("R")

DRAWS_PER_CHUNK: Final = 64
"""Draws are worked on in chunks of this many, whatever the number of threads: sums by chunk, added
in order, are then the same to the last bit."""

# One machine code for all processors of a kind: a wheel can carry it, and the workers of a cluster
# cannot differ. It is as fast as code for one of them (no kernel lives by wide vectors).
os.environ.setdefault("NUMBA_CPU_NAME", "generic")
config.reload_config()  # type: ignore[no-untyped-call]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """A function compiled at its first call, for the types it is called with.

    It leaves other threads running. The machine code is read from beside the module, where a wheel
    brings it (``python dev.py wheel``); what is compiled here is kept there too, or in the user's
    cache folder where the package is installed read-only; where neither can be written, it is
    compiled anew in every process. It is renewed when any of the sources changes that kernels are
    made of, as one has parts of others in it.
    """
    return _njit(function)


def bare(function: Callable[P, R]) -> Callable[P, R]:
    """A compiled function that makes no array, nor calls one that does.

    References to the arrays that it is given are not counted then: in short functions that call
    each other, this takes longer than the work.
    """
    return _njit(function, _nrt=False)


def _njit(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    made = numba.njit(nogil=True, error_model="numpy", **options)(function)
    with suppress(RuntimeError):  # a function without a file
        made._cache = _Kept(function)  # type: ignore[no-untyped-call]
    return cast(Callable[P, R], made)


@cache
def _sources() -> str:
    """A hash of all that kernels are made of: their modules, and the units."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in (*sorted(here.glob("*.py")), here.with_name("units.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _OfSources:
    """Machine code is of all sources, not only of the file of the function."""

    def get_source_stamp(self) -> tuple[str, object]:
        """What the machine code must have been made of."""
        return _sources(), super().get_source_stamp()  # type: ignore[misc]


class _Chosen(_OfSources, caching.UserProvidedCacheLocator):
    """The place that NUMBA_CACHE_DIR names."""


class _InTree(_OfSources, caching.InTreeCacheLocator):
    """The place beside the module."""


class _OfUser(_OfSources, caching.UserWideCacheLocator):
    """The place of the user."""


class _Beside(_InTree):
    """The place beside the module, whether or not it can be written."""

    def ensure_cache_path(self) -> None:
        """Reading asks for nothing."""


class _Format(caching.CompileResultCacheImpl):
    _locator_classes = [_Beside]  # noqa: RUF012 (as numba has it)


class _OwnFormat(caching.CompileResultCacheImpl):
    _locator_classes = [_Chosen, _InTree, _OfUser]  # noqa: RUF012


class _Own(caching.FunctionCache):
    """Where what is compiled here is kept."""

    _impl_class = _OwnFormat


class _Kept(caching.FunctionCache):
    """Machine code beside the module, loaded without all that numba loads in order to compile."""

    _impl_class = _Format

    @cached_property
    def _own(self) -> Any:
        """Where what is compiled here is kept, if anywhere."""
        try:
            return _Own(self._py_func)  # type: ignore[no-untyped-call]
        except RuntimeError:  # numba found no place
            return caching.NullCache()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        found = super()._load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        return found or self._own.load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        self._own.save_overload(sig, data)


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
