"""Kernels compile wherever they are, and draws are shared out in chunks that no thread changes."""

import threading
from pathlib import Path

import pytest

from geo.kernels import beside, near
from geo.kernels.compiled import DRAWS_PER_CHUNK, _sources, compiled, in_chunks


def test_a_function_that_has_no_place_for_its_machine_code_is_compiled_all_the_same() -> None:
    scope: dict[str, object] = {}
    exec("def doubled(number):\n    return 2 * number", scope)
    doubled = compiled(scope["doubled"])  # type: ignore[arg-type]
    assert doubled(21) == 42
    assert doubled.signatures, "it was compiled, not run by Python"


def test_machine_code_is_of_all_sources_not_of_one_file_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A kernel has parts of others in it, and units: it is old when any of them has changed."""
    stamp = near.gap_m2._cache._impl.locator.get_source_stamp  # type: ignore[attr-defined]
    before, own = stamp()
    assert beside.facing_m.__module__ != near.gap_m2.__module__
    assert beside._fill._cache._impl.locator.get_source_stamp()[0] == before  # type: ignore[attr-defined]
    read = Path.read_bytes

    def changed(path: Path) -> bytes:
        return read(path) + (b"#" if path.name == "units.py" else b"")

    monkeypatch.setattr(Path, "read_bytes", changed)
    _sources.cache_clear()
    after, same = stamp()
    monkeypatch.undo()
    _sources.cache_clear()
    assert after != before and same == own


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_every_draw_is_in_one_chunk_whatever_the_threads(threads: int | None) -> None:
    seen, lock = [], threading.Lock()

    def work(chunk: int, start: int, stop: int) -> None:
        with lock:
            seen.append((chunk, start, stop))

    in_chunks(2 * DRAWS_PER_CHUNK + 1, work, threads)
    assert sorted(seen) == [(0, 0, 64), (1, 64, 128), (2, 128, 129)]


def test_no_draws_are_no_chunks_and_a_fault_in_a_thread_is_raised() -> None:
    def work(chunk: int, start: int, stop: int) -> None:
        raise ZeroDivisionError

    in_chunks(0, work, 2)
    with pytest.raises(ZeroDivisionError):
        in_chunks(200, work, 2)
