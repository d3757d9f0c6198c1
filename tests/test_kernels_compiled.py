"""Kernels compile wherever they are, and draws are shared out in chunks that no thread changes."""

import threading

import pytest

from geo.kernels.compiled import DRAWS_PER_CHUNK, compiled, in_chunks


def test_a_function_that_has_no_place_for_its_machine_code_is_compiled_all_the_same() -> None:
    scope: dict[str, object] = {}
    exec("def doubled(number):\n    return 2 * number", scope)
    doubled = compiled(scope["doubled"])  # type: ignore[arg-type]
    assert doubled(21) == 42
    assert doubled.signatures, "it was compiled, not run by Python"


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
