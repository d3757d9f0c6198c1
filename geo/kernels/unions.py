"""Blocks as they grow: parcels join one after another, and every step is exact in every draw."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled, in_chunks
from geo.kernels.links import Floats, Indices, Links
from geo.units import M2_PER_MU, SLACK_MU

Mask = npt.NDArray[np.bool_]
Steps = npt.NDArray[np.int16]
Days = npt.NDArray[np.float32]

SLACK_M2 = SLACK_MU * M2_PER_MU
"""A block counts that falls short of the least by no more than this."""


class Land(NamedTuple):
    """What a goal counts, arrays (n,): land in m², perimeter in metres, floor space in m².

    A parcel of weight 0 is none of the goal: it neither counts nor connects, and is never ready.
    ``outer`` are the parcels that border on the outside of all land.
    """

    weight_m2: Floats
    perimeter_m: Floats
    outer: Mask
    floor_m2: Floats


class Curves(NamedTuple):
    """Land at the end of each step in each draw, arrays (draws, steps), in m² and metres.

    ``largest_m2`` is the land of the largest block and ``perimeter_m`` its perimeter, less what
    its parcels share (of blocks of one size, the one that was that large first); ``in_blocks_m2``
    the land in blocks that are large enough; ``enclosed_m2`` the land of the goal not ready that
    cannot get outside over land that is not ready; ``floor_m2`` the floor space of what is ready.
    """

    largest_m2: Floats
    in_blocks_m2: Floats
    perimeter_m: Floats
    enclosed_m2: Floats
    floor_m2: Floats


class _Queue(NamedTuple):
    """Parcels (n,) in the ``order`` of their step, each step from ``starts`` (steps + 3,) on.

    After the steps come the parcels that are never ready, and then those of no weight.
    """

    starts: Indices
    order: Indices


class _Forest(NamedTuple):
    """Trees of joined nodes (n + 1,): by node its ``parent`` (a root is its own; -1: not there).

    By root the ``area`` of its tree in m² and the perimeter, ``edge``, in metres.
    """

    parent: Indices
    area: Floats
    edge: Floats


def steps_of(days: Days, ends: Floats, *, threads: int | None = None) -> Steps:
    """The step (draws, n) by whose end a day (draws, n) has come; the number of steps if by none.

    ``ends`` (steps,) are the last days of the steps, rising, since 1970-01-01.
    """
    ends = np.array(ends, dtype=np.float64)
    whole = np.arange(np.floor(ends[0]), np.floor(ends[-1]) + 1)
    table = np.searchsorted(ends, whole).astype(np.int16)
    days = np.ascontiguousarray(days, dtype=np.float32)
    steps = np.empty(days.shape, dtype=np.int16)
    in_chunks(
        len(days),
        lambda _, start, stop: _look_up(steps[start:stop], days[start:stop], ends, table),
        threads,
    )
    return steps


@compiled
def _look_up(steps: Steps, days: Days, ends: Floats, table: Steps) -> None:
    """Set ``steps`` (draws, n) by ``table`` (whole days,): the step of the day at its beginning."""
    first, last = np.floor(ends[0]), len(ends)
    for draw in range(len(days)):
        for parcel in range(days.shape[1]):
            day = days[draw, parcel]
            if not day <= ends[-1]:
                steps[draw, parcel] = last
                continue
            step = 0
            if day > ends[0]:
                step = table[int(day - first)]
                while ends[step] < day:
                    step += 1
            steps[draw, parcel] = step


def sweep(
    step: Steps,
    land: Land,
    links: Links,
    *,
    theta_m2: float,
    steps: int,
    threads: int | None = None,
) -> Curves:
    """The measures of the blocks after each of so many ``steps``, in every draw.

    ``step`` (draws, n) is the first step at whose end a parcel is ready, ``steps`` or more: never.
    Blocks count from ``theta_m2``.
    """
    step = np.ascontiguousarray(step, dtype=np.int16)
    land = Land(
        np.array(land.weight_m2, dtype=np.float64),
        np.array(land.perimeter_m, dtype=np.float64),
        np.array(land.outer, dtype=np.bool_),
        np.array(land.floor_m2, dtype=np.float64),
    )
    curves = Curves(*(np.zeros((len(step), steps)) for _ in Curves._fields))
    least = float(theta_m2) - SLACK_M2
    in_chunks(
        len(step),
        lambda _, start, stop: _sweep(curves, step, (start, stop), land, links, least),
        threads,
    )
    return curves


@compiled
def root_of(parent: Indices, node: int) -> int:
    """The root of a node in a forest (n,), whose path to it is halved."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@compiled
def _sweep(
    curves: Curves,
    step: Steps,
    bounds: tuple[int, int],
    land: Land,
    links: Links,
    least: float,
) -> None:
    """Set the ``curves`` (draws, steps) from one draw to before another."""
    steps, parcels = curves.floor_m2.shape[1], step.shape[1]
    queue = _Queue(np.empty(steps + 3, np.int32), np.empty(parcels, np.int32))
    forest = _Forest(np.empty(parcels + 1, np.int32), np.empty(parcels + 1), np.empty(parcels + 1))
    for draw in range(bounds[0], bounds[1]):
        _sort(step[draw], steps, land.weight_m2, queue)
        _grow(curves, draw, queue, land, links, least, forest)
        _enclose(curves.enclosed_m2[draw], queue, land, links, forest)


@compiled
def _sort(step: Steps, steps: int, weight: Floats, queue: _Queue) -> None:
    """Set the ``queue`` of one draw, from the ``step`` and ``weight`` (n,) of its parcels."""
    starts, order = queue
    starts[:] = 0
    for parcel in range(len(step)):
        at = min(max(step[parcel], 0), steps) if weight[parcel] > 0.0 else steps + 1
        starts[at] += 1
    for at in range(1, steps + 3):
        starts[at] += starts[at - 1]
    for parcel in range(len(step) - 1, -1, -1):
        at = min(max(step[parcel], 0), steps) if weight[parcel] > 0.0 else steps + 1
        starts[at] -= 1
        order[starts[at]] = parcel


@compiled
def _grow(
    curves: Curves,
    draw: int,
    queue: _Queue,
    land: Land,
    links: Links,
    least: float,
    forest: _Forest,
) -> None:
    """Let the parcels join step by step: set every curve of a draw but that of the enclosed land.

    The ``forest`` is overwritten.
    """
    starts, order = queue
    parent, area, edge = forest
    indptr, indices, shared_m = links
    parent[:] = -1
    largest, widest, counted, floor = -1, 0.0, 0.0, 0.0
    for at in range(len(starts) - 3):
        for place in range(starts[at], starts[at + 1]):
            parcel = order[place]
            floor += land.floor_m2[parcel]
            parent[parcel] = parcel
            root, size, rim = parcel, land.weight_m2[parcel], land.perimeter_m[parcel]
            for link in range(indptr[parcel], indptr[parcel + 1]):
                other = indices[link]
                if parent[other] < 0:
                    continue
                rim -= 2.0 * shared_m[link]
                other = root_of(parent, other)
                if other == root:
                    continue
                if area[other] >= least:
                    counted -= area[other]
                size += area[other]
                rim += edge[other]
                # the larger block keeps its root, so that paths stay short
                if root == parcel or area[other] > area[root]:
                    parent[root] = other
                    root = other
                else:
                    parent[other] = root
            area[root] = size
            edge[root] = rim
            if size >= least:
                counted += size
            if size > widest:
                largest, widest = root, size
        curves.largest_m2[draw, at] = widest
        curves.in_blocks_m2[draw, at] = counted
        curves.perimeter_m[draw, at] = edge[largest] if largest >= 0 else 0.0
        curves.floor_m2[draw, at] = floor


@compiled
def _enclose(enclosed: Floats, queue: _Queue, land: Land, links: Links, forest: _Forest) -> None:
    """Set the land ``enclosed`` (steps,) after each step, from the last back to the first.

    Then ever more land is not ready, and what can get outside forms one tree with the node n. The
    ``forest`` is overwritten.
    """
    starts, order = queue
    parent, area, _ = forest
    indptr, indices, _ = links
    outside = len(land.weight_m2)
    parent[:] = -1
    parent[outside] = outside
    area[outside] = 0.0
    waiting, steps = 0.0, len(enclosed)
    for at in range(steps + 1, -1, -1):
        if at < steps:
            enclosed[at] = waiting - area[outside]
        for place in range(starts[at], starts[at + 1]):
            parcel = order[place]
            waiting += land.weight_m2[parcel]
            parent[parcel] = parcel
            root, size = parcel, land.weight_m2[parcel]
            if land.outer[parcel]:
                parent[parcel] = outside
                root, size = outside, size + area[outside]
            for link in range(indptr[parcel], indptr[parcel + 1]):
                other = indices[link]
                if parent[other] < 0:
                    continue
                other = root_of(parent, other)
                if other == root:
                    continue
                size += area[other]
                if root != outside and (other == outside or area[other] > area[root]):
                    parent[root] = other
                    root = other
                else:
                    parent[other] = root
            area[root] = size
