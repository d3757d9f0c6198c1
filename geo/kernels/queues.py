"""When parcels reach a rung where crews are few: who came first is worked on first.

Every stage has so many crews, one to a parcel. On the day of the forecast, and at the same time on
any other, those that wait longest have them. Where crews are without limit, the days are those of
:mod:`geo.kernels.waits`, to the last bit: the luck of a parcel is the same.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.forecast.parameters import Parameters
from geo.kernels.compiled import compiled, in_chunks
from geo.kernels.links import Indices
from geo.kernels.random import key_of
from geo.kernels.waits import (
    MOST_STEPS,
    Course,
    Days,
    Floats,
    Integers,
    Luck,
    Standing,
    as_arrays,
    clock_at,
    course_of,
    day_at,
    holds_out,
    luck_of,
    reached_already,
    rung_after,
    spell,
)

Mask = npt.NDArray[np.bool_]


class _Crews(NamedTuple):
    """``crews`` (rungs,) on the way to each rung, 0 no limit; parcels (n,) in ``order`` of age."""

    crews: Integers
    order: Indices


class _Work(NamedTuple):
    """What is going on in a draw, by parcel in order of age (n,).

    Its ``rung``, the months ``spent`` on its stage, its ``step`` and ``what`` ends it, the first
    ``target`` not reached, the operational time ``at`` which it ends, or from which the parcel
    waits where it is not ``busy``, and who waits ``behind`` it. ``early`` are those that wait from
    the day of the forecast, and ``heap`` those to which something happens later, before the
    horizon: the earliest first.
    """

    rung: Integers
    spent: Floats
    step: Integers
    what: Integers
    target: Integers
    at: Floats
    busy: Mask
    behind: Integers
    early: Integers
    heap: Integers


def queued_days(
    standing: Standing,
    targets: Integers,
    *,
    crews: Integers,
    as_of: float,
    horizon: float,
    parameters: Parameters,
    seed: int,
    threads: int | None = None,
) -> Days:
    """The day on which each parcel first reaches each of the ``targets``, (targets, draws, n).

    ``crews`` (rungs,) is how many parcels can be worked on at once on the way to each rung; 0 is no
    limit. All else is as in :func:`geo.kernels.waits.ready_days`. A parcel that waits for a crew
    keeps the time spent on it; one that begins later, comes from the stage before or falls back
    goes to the end of the queue.
    """
    age = np.where(np.isnan(standing.since), as_of, standing.since)
    standing, parameters = as_arrays(standing, parameters)
    course = course_of(standing, targets, (as_of, horizon), parameters.nodes, seed)
    order = np.argsort(age, kind="stable").astype(np.int32)
    limits = _Crews(np.array(crews, dtype=np.int64), order)
    draws = len(parameters.log_scale)
    days = np.empty((len(course.targets), draws, len(age)), dtype=np.float32)
    in_chunks(
        draws,
        lambda _, start, stop: _fill(days, start, stop, standing, course, parameters, limits),
        threads,
    )
    return days


@compiled
def _fill(
    days: Days,
    start: int,
    stop: int,
    standing: Standing,
    course: Course,
    parameters: Parameters,
    crews: _Crews,
) -> None:
    """Set ``days`` (targets, draws, n) from one draw to before another."""
    parcels = len(crews.order)
    work = _Work(
        np.empty(parcels, np.int64),
        np.empty(parcels),
        np.empty(parcels, np.int64),
        np.empty(parcels, np.int64),
        np.empty(parcels, np.int64),
        np.empty(parcels),
        np.empty(parcels, np.bool_),
        np.empty(parcels, np.int64),
        np.empty(parcels, np.int64),
        np.empty(parcels, np.int64),
    )
    for draw in range(start, stop):
        luck = luck_of(draw, parameters, course)
        reached_already(days[:, draw], standing, course)
        _run(days[:, draw], standing, course, luck, parameters, crews, work)


@compiled
def _gather(
    standing: Standing, course: Course, luck: Luck, order: Indices, work: _Work
) -> tuple[int, int]:
    """Let parcels of one draw come to wait when they may: how many early, how many on the heap."""
    top = course.targets[-1] if len(course.targets) else 0
    now, early, size = clock_at(luck.clock, course.bounds, 0), 0, 0
    for age in range(len(order)):
        parcel = order[age]
        rung, key = standing.rung[parcel], key_of(luck.key, parcel)
        if rung >= top or holds_out(standing.begin[parcel], standing.hold_share[parcel], key):
            continue
        work.rung[age], work.step[age], work.busy[age] = rung, 0, False
        work.target[age] = 0
        while rung >= course.targets[work.target[age]]:
            work.target[age] += 1
        work.spent[age] = now - clock_at(luck.clock, course.sinces, parcel)
        work.at[age] = clock_at(luck.clock, course.begins, parcel)
        if work.at[age] <= now:
            work.early[early] = age
            early += 1
        else:
            size = _push(age, work.at, work.heap, size)
    return early, size


@compiled
def _run(
    days: Days,
    standing: Standing,
    course: Course,
    luck: Luck,
    parameters: Parameters,
    crews: _Crews,
    work: _Work,
) -> None:
    """Let things happen in one draw, the earliest first, and set its ``days`` (targets, n).

    All in one loop: what is handed to another function here is handed over millions of times.
    """
    rung, spent, step, what, target, at, busy, behind, early, heap = work
    limits, order = crews
    end, top = clock_at(luck.clock, course.bounds, 1), len(course.targets)
    left, first, last = limits.copy(), np.full(len(limits), -1), np.full(len(limits), -1)
    waiting, size = _gather(standing, course, luck, order, work)
    come = 0
    while come < waiting or size > 0:
        if come < waiting:
            age, come = early[come], come + 1
        else:
            age, size = heap[0], _pop(at, heap, size)
        now, freed, wanted = at[age], -1, -1
        if busy[age]:
            freed = rung[age] + 1
            left[freed] += 1
            key = key_of(luck.key, order[age])
            rung[age] = rung_after(what[age], rung[age], parameters.fall, key, step[age] - 1)
            spent[age], busy[age] = 0.0, False
            while target[age] < top and rung[age] >= course.targets[target[age]]:
                day = day_at(parameters.nodes, luck.clock, now)
                days[target[age], order[age]] = max(day, course.as_of)
                target[age] += 1
        if target[age] < top and step[age] < MOST_STEPS:
            wanted = rung[age] + 1
            _wait(age, wanted, behind, first, last)
        for goal in (freed, wanted):
            if goal < 0 or first[goal] < 0 or (limits[goal] > 0 and left[goal] == 0):
                continue
            age = first[goal]
            first[goal] = behind[age]
            left[goal] -= 1
            months, what[age] = spell(
                luck.log_scale[standing.group[order[age]], goal],
                luck.shape[goal],
                luck.revert[goal],
                luck.withdraw[goal],
                spent[age],
                key_of(luck.key, order[age]),
                step[age],
            )
            step[age] += 1
            at[age], busy[age] = now + months, True
            if at[age] <= end:  # what ends later holds its crew to the horizon
                size = _push(age, at, heap, size)


@compiled
def _wait(age: int, goal: int, behind: Integers, first: Integers, last: Integers) -> None:
    """Let a parcel wait ``behind`` (n,) all that wait for a crew toward the rung ``goal``.

    ``first`` and ``last`` (rungs,) are those who wait longest and shortest, -1 where none does.
    """
    behind[age] = -1
    if first[goal] < 0:
        first[goal] = age
    else:
        behind[last[goal]] = age
    last[goal] = age


@compiled
def _push(age: int, at: Floats, heap: Integers, size: int) -> int:
    """Put a parcel on a heap of ``size`` by its time, then its age; how many it then holds."""
    place = size
    while place > 0:
        above = (place - 1) // 2
        if (at[heap[above]], heap[above]) < (at[age], age):
            break
        heap[place] = heap[above]
        place = above
    heap[place] = age
    return size + 1


@compiled
def _pop(at: Floats, heap: Integers, size: int) -> int:
    """Take the first from a heap of ``size``; how many it then holds."""
    size -= 1
    age, place = heap[size], 0
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and (
            (at[heap[below + 1]], heap[below + 1]) < (at[heap[below]], heap[below])
        ):
            below += 1
        if (at[age], age) < (at[heap[below]], heap[below]):
            break
        heap[place] = heap[below]
        place = below
    heap[place] = age
    return size
