"""Boundaries that run beside each other: how much of one polygon's the other's faces."""

from typing import Final

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled, in_chunks
from geo.kernels.near import Boundaries, apart_m2, between

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MAX_SLOPE: Final = float(np.tan(np.radians(15)))
"""Edges that meet at more than 15° part company: they touch at a corner and share no boundary."""

_LEVEL: Final = 1e-12
_MICRON: Final = 1e-6
"""Room for rounding, where an edge is passed over because it is too far."""

_AT_ONCE: Final = 16384


def facing_m(
    land: Boundaries,
    i: Integers,
    j: Integers,
    *,
    tolerance_m: float,
    threads: int | None = None,
) -> Floats:
    """Length in m of the boundary of shape ``i[k]`` that faces shape ``j[k]``.

    An edge of one faces an edge of the other where they run within 15° of each other and their
    distance, square to the first, is at most ``tolerance_m``. A corner that touches a corner or
    an edge faces nothing. Stretches faced twice count once. The smaller of both views is given,
    so the measure does not depend on which parcel comes first.
    """
    lengths = np.zeros(len(i))
    in_chunks(
        len(i),
        lambda _, start, stop: _fill(lengths, land, i, j, start, stop, tolerance_m),
        threads,
        size=_AT_ONCE,
    )
    return lengths


@compiled
def _fill(
    lengths: Floats,
    land: Boundaries,
    i: Integers,
    j: Integers,
    start: int,
    stop: int,
    tolerance_m: float,
) -> None:
    """Set the lengths from one pair to before another."""
    room, close = np.empty((64, 2)), np.empty(64, np.int64)
    for pair in range(start, stop):
        one, other = i[pair], j[pair]
        runs = max(land.runs[one + 1] - land.runs[one], land.runs[other + 1] - land.runs[other])
        if 8 * runs > len(room):
            room, close = np.empty((16 * runs, 2)), np.empty(2 * runs, np.int64)
        seen = _faced(land, one, other, tolerance_m, room, close)
        if seen > 0.0:
            seen = min(seen, _faced(land, other, one, tolerance_m, room, close))
        lengths[pair] = seen


@bare
def _faced(
    land: Boundaries, one: int, other: int, tolerance_m: float, room: Floats, close: Integers
) -> float:
    """Length of the boundary of one shape that edges of the other face."""
    total, most_m2, count = 0.0, 2.0 * tolerance_m * tolerance_m, 0
    for run in range(land.runs[other], land.runs[other + 1]):
        if apart_m2(land.run_boxes, run, land.boxes, one) <= most_m2:
            close[count] = run
            count += 1
    for run in range(land.runs[one], land.runs[one + 1]):
        if apart_m2(land.run_boxes, run, land.boxes, other) <= most_m2:
            for edge in range(land.first[run], land.last[run]):
                if _far(land, edge, other, tolerance_m + _MICRON):
                    continue
                facing = _stretches(land, edge, close, count, tolerance_m, room)
                total += _covered(room, facing)
    return total


@bare
def _far(land: Boundaries, edge: int, other: int, reach_m: float) -> bool:
    """Whether an edge is farther than that from the box of a shape."""
    x0, y0 = land.points[edge, 0], land.points[edge, 1]
    x1, y1 = land.points[edge + 1, 0], land.points[edge + 1, 1]
    boxes = land.boxes
    return (
        between(min(x0, x1), max(x0, x1), boxes[other, 0], boxes[other, 2]) > reach_m
        or between(min(y0, y1), max(y0, y1), boxes[other, 1], boxes[other, 3]) > reach_m
    )


@bare
def _stretches(
    land: Boundaries, edge: int, close: Integers, size: int, tolerance_m: float, room: Floats
) -> int:
    """Where along an edge (m from its start) edges of close runs are beside it, into ``room``.

    The one that begins first comes first. Returned is how many there are.
    """
    points, boxes, count = land.points, land.run_boxes, 0
    x0, y0 = points[edge, 0], points[edge, 1]
    dx, dy = points[edge + 1, 0] - x0, points[edge + 1, 1] - y0
    length = np.sqrt(dx * dx + dy * dy)
    if length == 0.0:
        return 0
    west, east, south, north = (
        x0 + min(dx, 0.0),
        x0 + max(dx, 0.0),
        y0 + min(dy, 0.0),
        y0 + max(dy, 0.0),
    )
    dx, dy = dx / length, dy / length
    reach = tolerance_m + _MICRON
    for at_run in range(size):
        run = close[at_run]
        if (
            between(west, east, boxes[run, 0], boxes[run, 2]) > tolerance_m
            or between(south, north, boxes[run, 1], boxes[run, 3]) > tolerance_m
        ):
            continue
        for facing in range(land.first[run], land.last[run]):
            u0, v0 = points[facing, 0], points[facing, 1]
            u1, v1 = points[facing + 1, 0], points[facing + 1, 1]
            if (
                between(west, east, min(u0, u1), max(u0, u1)) > reach
                or between(south, north, min(v0, v1), max(v0, v1)) > reach
            ):
                continue
            x, y = u0 - x0, v0 - y0
            along, off = x * dx + y * dy, y * dx - x * dy
            x, y = u1 - x0, v1 - y0
            further, rise = x * dx + y * dy - along, y * dx - x * dy - off
            if further == 0.0 or abs(rise) > MAX_SLOPE * abs(further):
                continue
            low, high = (
                max(min(along, along + further), 0.0),
                min(max(along, along + further), length),
            )
            slope = rise / further
            if abs(slope) >= _LEVEL:
                enter, leave = (
                    along - (tolerance_m + off) / slope,
                    along + (tolerance_m - off) / slope,
                )
                low, high = max(low, min(enter, leave)), min(high, max(enter, leave))
            elif abs(off) > tolerance_m:
                continue
            if high > low:
                at = count
                while at > 0 and room[at - 1, 0] > low:
                    room[at, 0], room[at, 1] = room[at - 1, 0], room[at - 1, 1]
                    at -= 1
                room[at, 0], room[at, 1] = low, high
                count += 1
    return count


@bare
def _covered(room: Floats, count: int) -> float:
    """The length of so many stretches, each part once."""
    total, reached = 0.0, 0.0
    for at in range(count):
        if room[at, 1] > reached:
            total += room[at, 1] - max(room[at, 0], reached)
            reached = room[at, 1]
    return total
