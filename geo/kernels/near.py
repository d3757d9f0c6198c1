"""Polygons near each other: every pair within reach, and the distance between the two.

Their edges are looked at in runs with a box each, the nearest two runs first, so that most edges
are never held against each other.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled, in_chunks
from geo.kernels.grids import Grid, grid_of, level_of, meeting

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_RUN: Final = 8
_AT_ONCE: Final = 4096
_ROOM: Final = 16384


class Boundaries(NamedTuple):
    """The boundaries of shapes: the arrays of :class:`geo.outlines.Outlines`, and runs of edges.

    Shape s has the box ``boxes[s]`` (west, south, east, north) and the runs
    ``runs[s]:runs[s + 1]``. Run r has the edges ``first[r]:last[r]``, all of one ring, and the box
    ``run_boxes[r]``. Edge e goes from point e to point e + 1.
    """

    points: Floats
    rings: Integers
    parts: Integers
    shapes: Integers
    boxes: Floats
    runs: Integers
    first: Integers
    last: Integers
    run_boxes: Floats


class Near(NamedTuple):
    """Pairs ``i < j`` in lexicographic order, and their distance in m."""

    i: Integers
    j: Integers
    gap_m: Floats

    def take(self, at: Integers) -> "Near":
        """The same for some of the pairs."""
        return Near(self.i[at], self.j[at], self.gap_m[at])


def boundaries_of(points: Floats, rings: Integers, parts: Integers, shapes: Integers) -> Boundaries:
    """The arrays of :class:`geo.outlines.Outlines` with their edges in runs."""
    edges = np.maximum(np.diff(rings) - 1, 0)
    runs_to = np.append(0, np.cumsum(-(-edges // _RUN)))
    count = int(runs_to[-1])
    made = Boundaries(
        points,
        rings,
        parts,
        shapes,
        np.empty((len(shapes) - 1, 4)),
        runs_to[parts[shapes]],
        np.empty(count, dtype=np.int64),
        np.empty(count, dtype=np.int64),
        np.empty((count, 4)),
    )
    _bound(made)
    return made


@bare
def _bound(made: Boundaries) -> None:
    """Set runs of edges, their boxes, and those of the shapes: infinite without an edge."""
    run = 0
    for ring in range(len(made.rings) - 1):
        end = made.rings[ring + 1] - 1
        for start in range(made.rings[ring], end, _RUN):
            made.first[run], made.last[run] = start, min(start + _RUN, end)
            for axis in range(2):
                low = high = made.points[start, axis]
                for point in range(start + 1, made.last[run] + 1):
                    at = made.points[point, axis]
                    low, high = min(low, at), max(high, at)
                made.run_boxes[run, axis], made.run_boxes[run, axis + 2] = low, high
            run += 1
    for shape in range(len(made.boxes)):
        for axis in range(2):
            low, high = np.inf, -np.inf
            for run in range(made.runs[shape], made.runs[shape + 1]):
                low = min(low, made.run_boxes[run, axis])
                high = max(high, made.run_boxes[run, axis + 2])
            made.boxes[shape, axis], made.boxes[shape, axis + 2] = low, high


def near(
    land: Boundaries, *, reach_m: float, decimals: int, most: int, threads: int | None = None
) -> Near | None:
    """All pairs of shapes that are at most ``reach_m`` apart, when rounded to so many decimals.

    The distance of two polygons is that of their land: 0 where they touch, cross, or one lies in
    the other. It is as exact as the coordinates, of which only differences are taken. None when
    more than so many pairs have boxes in reach.
    """
    scale = 10.0**decimals
    grid = _grid(land.boxes, reach_m)
    reach_m = float(reach_m)  # a plan may say 30, for which there is no machine code
    counts = np.zeros(-(-len(land.boxes) // _AT_ONCE), dtype=np.int64)
    chunks = [_room(0)] * max(1, len(counts))

    def work(chunk: int, start: int, stop: int) -> None:
        pieces, room = [_room(0)], _room(_ROOM)
        while start < stop and counts.sum() <= most:
            reached, kept, count = _measure(land, grid, start, stop, reach_m, scale, room)
            pieces.append(room.take(np.arange(kept)))
            counts[chunk] += count
            room = _room(2 * len(room.i)) if reached == start else room
            start = reached
        chunks[chunk] = _joined(pieces)

    in_chunks(len(land.boxes), work, threads, size=_AT_ONCE)
    if counts.sum() > most:
        return None
    found = _joined(chunks)
    by_j = _order(np.arange(len(found.j)), found.j, len(land.boxes))
    order = _order(by_j, found.i, len(land.boxes))
    return found.take(order)


def _room(size: int) -> Near:
    return Near(np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size))


def _joined(pieces: list[Near]) -> Near:
    return Near(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


def _grid(boxes: Floats, reach_m: float) -> Grid:
    """The grid of boxes that are looked for within reach of each other."""
    extents = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    drawn = extents[extents >= 0]
    return grid_of(boxes, max(1.0, reach_m, float(np.median(drawn)) if len(drawn) else 0.0))


@compiled
def _others(
    boxes: Floats, grid: Grid, shape: int, reach_m: float, found: Integers
) -> tuple[int, Integers]:
    """The other shapes with boxes in reach: those of a higher level, or a higher number on its own.

    So each pair is found by one of the two. They are put into ``found``, or a larger array.
    """
    west, south, east, north = (
        boxes[shape, 0] - reach_m,
        boxes[shape, 1] - reach_m,
        boxes[shape, 2] + reach_m,
        boxes[shape, 3] + reach_m,
    )
    if not east >= west:
        return 0, found
    level = level_of(grid.cell, boxes, shape)
    size = meeting(grid, west, south, east, north, level, found)
    if size > len(found):
        found = np.empty(2 * size, np.int64)
        size = meeting(grid, west, south, east, north, level, found)
    kept = 0
    for at in range(size):
        other = found[at]
        if other > shape or (other < shape and level_of(grid.cell, boxes, other) > level):
            found[kept] = other
            kept += 1
    return kept, found


@compiled
def _measure(
    land: Boundaries, grid: Grid, start: int, stop: int, reach_m: float, scale: float, made: Near
) -> tuple[int, int, int]:
    """Put the pairs that the shapes from one to before another find into the room ``made``.

    Returned are the first shape for which there is no room any more, how many pairs are in it, and
    how many have boxes in reach.
    """
    kept, count, found = 0, 0, np.empty(64, np.int64)
    reach = reach_m + 1.0 / scale
    for shape in range(start, stop):
        size, found = _others(land.boxes, grid, shape, reach, found)
        if kept + size > len(made.i):
            return shape, kept, count
        count += size
        for at in range(size):
            gap = np.sqrt(gap_m2(land, shape, found[at], reach * reach))
            gap = np.rint(gap * scale) / scale
            if gap <= reach_m:
                made.i[kept], made.j[kept] = min(shape, found[at]), max(shape, found[at])
                made.gap_m[kept] = gap
                kept += 1
    return stop, kept, count


@compiled
def _order(order: Integers, key: Integers, keys: int) -> Integers:
    """An order of rows made one by their keys, of which there are so many: by counting, stable."""
    starts = np.zeros(keys + 1, np.int64)
    for row in order:
        starts[key[row] + 1] += 1
    for at in range(keys):
        starts[at + 1] += starts[at]
    ordered = np.empty(len(order), np.int64)
    for row in order:
        ordered[starts[key[row]]] = row
        starts[key[row]] += 1
    return ordered


@bare
def gap_m2(land: Boundaries, one: int, other: int, most_m2: float) -> float:
    """The squared distance of two shapes; ``most_m2`` or more where it is no less than that."""
    best = _between(land, one, other, most_m2)
    if best > 0.0 and (_holds(land, one, other) or _holds(land, other, one)):
        return 0.0
    return best


@bare
def between(low: float, high: float, low_2: float, high_2: float) -> float:
    """How far two intervals are apart."""
    if low_2 > high:
        return low_2 - high
    return low - high_2 if low > high_2 else 0.0


@bare
def apart_m2(boxes: Floats, box: int, others: Floats, other: int) -> float:
    """The squared distance of two boxes."""
    x = between(boxes[box, 0], boxes[box, 2], others[other, 0], others[other, 2])
    y = between(boxes[box, 1], boxes[box, 3], others[other, 1], others[other, 3])
    return x * x + y * y


@bare
def _between(land: Boundaries, one: int, other: int, most_m2: float) -> float:
    """The squared distance of two boundaries, the nearest two runs first."""
    boxes, best = land.run_boxes, most_m2
    least, first, second = most_m2, land.runs[one], land.runs[other]
    for run in range(land.runs[one], land.runs[one + 1]):
        if apart_m2(boxes, run, land.boxes, other) < least:
            for run_2 in range(land.runs[other], land.runs[other + 1]):
                apart = apart_m2(boxes, run, boxes, run_2)
                if apart == 0.0 and _meet(land, run, run_2):
                    return 0.0
                if apart < least:
                    least, first, second = apart, run, run_2
    if least >= most_m2:
        return best
    best = _between_runs(land, first, second, best)
    for run in range(land.runs[one], land.runs[one + 1]):
        if apart_m2(boxes, run, land.boxes, other) >= best:
            continue
        for run_2 in range(land.runs[other], land.runs[other + 1]):
            if apart_m2(boxes, run, boxes, run_2) < best:
                best = _between_runs(land, run, run_2, best)
    return best


@bare
def _meet(land: Boundaries, run: int, run_2: int) -> bool:
    """Whether two runs of edges have a point in common, as the outlines of neighbours do."""
    points = land.points
    for point in range(land.first[run], land.last[run] + 1):
        x, y = points[point, 0], points[point, 1]
        for point_2 in range(land.first[run_2], land.last[run_2] + 1):
            if points[point_2, 0] == x and points[point_2, 1] == y:
                return True
    return False


@bare
def _between_runs(land: Boundaries, run: int, run_2: int, best: float) -> float:
    """The squared distance of two runs of edges where it is less than ``best``."""
    points, boxes = land.points, land.run_boxes
    for edge in range(land.first[run], land.last[run]):
        x0, y0, x1, y1 = points[edge, 0], points[edge, 1], points[edge + 1, 0], points[edge + 1, 1]
        west, east, south, north = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        x = between(west, east, boxes[run_2, 0], boxes[run_2, 2])
        y = between(south, north, boxes[run_2, 1], boxes[run_2, 3])
        if x * x + y * y >= best:
            continue
        for edge_2 in range(land.first[run_2], land.last[run_2]):
            u0, v0 = points[edge_2, 0], points[edge_2, 1]
            u1, v1 = points[edge_2 + 1, 0], points[edge_2 + 1, 1]
            x = between(west, east, min(u0, u1), max(u0, u1))
            y = between(south, north, min(v0, v1), max(v0, v1))
            if x * x + y * y < best:
                best = min(best, segments_m2(x0, y0, x1, y1, u0, v0, u1, v1))
    return best


@bare
def segments_m2(
    x0: float, y0: float, x1: float, y1: float, u0: float, v0: float, u1: float, v1: float
) -> float:
    """The squared distance of two segments: 0 where they cross, else from one of the four ends."""
    dx, dy, du, dv = x1 - x0, y1 - y0, u1 - u0, v1 - v0
    one = dx * (v0 - y0) - dy * (u0 - x0)
    two = dx * (v1 - y0) - dy * (u1 - x0)
    if (one < 0.0) != (two < 0.0) and one != 0.0 and two != 0.0:
        one = du * (y0 - v0) - dv * (x0 - u0)
        two = du * (y1 - v0) - dv * (x1 - u0)
        if (one < 0.0) != (two < 0.0) and one != 0.0 and two != 0.0:
            return 0.0
    from_one = min(point_m2(x0, y0, u0, v0, u1, v1), point_m2(x1, y1, u0, v0, u1, v1))
    from_two = min(point_m2(u0, v0, x0, y0, x1, y1), point_m2(u1, v1, x0, y0, x1, y1))
    return min(from_one, from_two)


@bare
def point_m2(x: float, y: float, x0: float, y0: float, x1: float, y1: float) -> float:
    """The squared distance of a point from a segment."""
    dx, dy, px, py = x1 - x0, y1 - y0, x - x0, y - y0
    along, length = dx * px + dy * py, dx * dx + dy * dy
    if along <= 0.0 or length == 0.0:
        return px * px + py * py
    if along >= length:
        return (x - x1) * (x - x1) + (y - y1) * (y - y1)
    off = dx * py - dy * px
    return off * off / length


@bare
def _holds(land: Boundaries, one: int, other: int) -> bool:
    """Whether a part of the other shape lies in one, when their boundaries do not meet."""
    if apart_m2(land.boxes, one, land.boxes, other) > 0.0:
        return False
    for part in range(land.shapes[other], land.shapes[other + 1]):
        start = land.rings[land.parts[part]]
        if start < land.rings[land.parts[part] + 1] and inside(
            land, one, land.points[start, 0], land.points[start, 1]
        ):
            return True
    return False


@bare
def inside(land: Boundaries, shape: int, x: float, y: float) -> bool:
    """Whether a point that is not on the boundary lies in a shape: by the edges to its east."""
    boxes, points, odd = land.run_boxes, land.points, False
    for run in range(land.runs[shape], land.runs[shape + 1]):
        if boxes[run, 2] < x or boxes[run, 1] > y or boxes[run, 3] <= y:
            continue
        for edge in range(land.first[run], land.last[run]):
            x0, y0 = points[edge, 0] - x, points[edge, 1] - y
            x1, y1 = points[edge + 1, 0] - x, points[edge + 1, 1] - y
            if (y0 > 0.0) != (y1 > 0.0) and (x0 * y1 - x1 * y0 > 0.0) == (y1 > y0):
                odd = not odd
    return odd
