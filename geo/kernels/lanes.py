"""Boundaries that run beside each other a hand's breadth apart: the edges of narrow gaps."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled, in_chunks
from geo.kernels.grids import Grid, grid_of, level_of, meeting
from geo.kernels.near import point_m2, segments_m2

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
States = npt.NDArray[np.int8]

_LONE, _COMMON, _NONE = 0, 1, 2
"""An edge of one polygon only, one of several, or none: a point that repeats the one before it."""

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_AT_ONCE: Final = 16384
_ROOM: Final = 4096


class Edges(NamedTuple):
    """Edges (n, 4) from x0, y0 to x1, y1, the land on their left, and the shape of each."""

    ends: Floats
    owner: Integers


class Lanes(NamedTuple):
    """Stretches where an edge of a shape runs beside an edge of another that comes after it.

    ``corners`` (n, 8) are x and y of the stretch's ends and of the points opposite, around.
    """

    one: Integers
    other: Integers
    corners: Floats
    length_m: Floats
    width_m: Floats

    def take(self, at: Integers) -> "Lanes":
        """The same for some of the stretches."""
        corners, lengths = self.corners[at], self.length_m[at]
        return Lanes(self.one[at], self.other[at], corners, lengths, self.width_m[at])


def lone_edges(
    points: Floats, rings: Integers, parts: Integers, shapes: Integers, *, tolerance_m: float
) -> Edges:
    """Edges of polygons that no two have in common; shells run counter-clockwise, holes clockwise.

    The arrays are those of :class:`geo.outlines.Outlines`. Edges that follow each other on a ring
    are taken with fewer (Douglas and Peucker 1973), none of their points left farther off than
    ``tolerance_m``.
    """
    state = np.full(len(points), _NONE, dtype=np.int8)
    slots = np.full(1 << int(2 * len(points) + 2).bit_length(), -1, dtype=np.int64)
    _tell_apart(points, points.view(np.int64), rings, state, slots)
    most = int((state == _LONE).sum())
    edges = Edges(np.empty((most, 4)), np.empty(most, dtype=np.int64))
    kept = _walk(points, rings, parts, shapes, state, tolerance_m, edges)
    return Edges(edges.ends[:kept], edges.owner[:kept])


@bare
def _tell_apart(
    points: Floats, bits: Integers, rings: Integers, state: States, slots: Integers
) -> None:
    """Set the ``state`` of the edge from each point to the next, by a table of what was seen."""
    mask = np.uint64(len(slots) - 1)
    for ring in range(len(rings) - 1):
        for edge in range(rings[ring], rings[ring + 1] - 1):
            a, b = edge, edge + 1
            if points[a, 0] > points[b, 0] or (
                points[a, 0] == points[b, 0] and points[a, 1] > points[b, 1]
            ):
                a, b = b, a
            if points[a, 0] == points[b, 0] and points[a, 1] == points[b, 1]:
                continue
            state[edge] = _LONE
            key = np.uint64(bits[a, 0])
            for part in (bits[a, 1], bits[b, 0], bits[b, 1]):
                key = ((key ^ (key >> np.uint64(29))) * _MIX) ^ np.uint64(part)
            key = (key ^ (key >> np.uint64(32))) * _MIX
            at = (key >> np.uint64(16)) & mask
            while slots[at] >= 0:
                c, d = slots[at], slots[at] + 1
                forth = (
                    points[a, 0] == points[c, 0]
                    and points[a, 1] == points[c, 1]
                    and points[b, 0] == points[d, 0]
                    and points[b, 1] == points[d, 1]
                )
                back = (
                    points[a, 0] == points[d, 0]
                    and points[a, 1] == points[d, 1]
                    and points[b, 0] == points[c, 0]
                    and points[b, 1] == points[c, 1]
                )
                if forth or back:
                    state[edge] = state[c] = _COMMON
                    break
                at = (at + np.uint64(1)) & mask
            if state[edge] == _LONE:
                slots[at] = edge


@compiled
def _walk(
    points: Floats,
    rings: Integers,
    parts: Integers,
    shapes: Integers,
    state: States,
    tolerance_m: float,
    edges: Edges,
) -> int:
    """Walk the rings with the land on the left and put their lone edges down; how many they are."""
    kept, longest = np.zeros(1, np.int64), 1
    for ring in range(len(rings) - 1):
        longest = max(longest, rings[ring + 1] - rings[ring])
    chain, stack = np.empty(longest + 1, np.int64), np.empty((longest + 1, 2), np.int64)
    for shape in range(len(shapes) - 1):
        for part in range(shapes[shape], shapes[shape + 1]):
            for ring in range(parts[part], parts[part + 1]):
                start, size = rings[ring], rings[ring + 1] - rings[ring] - 1
                forth = (_turn(points, start, size) > 0.0) == (ring == parts[part])
                length = 0
                for step in range(size):
                    edge = start + step if forth else start + size - 1 - step
                    if state[edge] == _LONE:
                        if length == 0:
                            chain[0] = edge if forth else edge + 1
                            length = 1
                        chain[length] = edge + 1 if forth else edge
                        length += 1
                    elif state[edge] == _COMMON:
                        _thin(points, chain[:length], tolerance_m, stack, shape, edges, kept)
                        length = 0
                _thin(points, chain[:length], tolerance_m, stack, shape, edges, kept)
    return int(kept[0])


@bare
def _turn(points: Floats, start: int, size: int) -> float:
    """Twice the area of a ring, positive where it runs counter-clockwise."""
    turn = 0.0
    for point in range(start + 1, start + size):
        x, y = points[point, 0] - points[start, 0], points[point, 1] - points[start, 1]
        u, v = points[point + 1, 0] - points[start, 0], points[point + 1, 1] - points[start, 1]
        turn += x * v - u * y
    return turn


@bare
def _thin(
    points: Floats,
    chain: Integers,
    tolerance_m: float,
    stack: Integers,
    shape: int,
    edges: Edges,
    kept: Integers,
) -> None:
    """Put down the edges of a chain of points without those it can do without, and count them."""
    if len(chain) < 2:
        return
    stack[0, 0], stack[0, 1], depth = 0, len(chain) - 1, 1
    while depth > 0:
        depth -= 1
        first, last = stack[depth, 0], stack[depth, 1]
        a, b, far, farthest = chain[first], chain[last], -1, tolerance_m * tolerance_m
        for at in range(first + 1, last):
            c = chain[at]
            off = point_m2(
                points[c, 0], points[c, 1], points[a, 0], points[a, 1], points[b, 0], points[b, 1]
            )
            if off > farthest:
                far, farthest = at, off
        if far < 0:
            at = kept[0]
            edges.ends[at, 0], edges.ends[at, 1] = points[a, 0], points[a, 1]
            edges.ends[at, 2], edges.ends[at, 3] = points[b, 0], points[b, 1]
            edges.owner[at] = shape
            kept[0] += 1
        else:
            stack[depth, 0], stack[depth, 1] = far, last
            stack[depth + 1, 0], stack[depth + 1, 1] = first, far
            depth += 2


def lanes(
    edges: Edges, *, widest_m: float, least_m: float, most: int, threads: int | None = None
) -> Lanes | None:
    """Stretches where edges of two shapes run beside each other, each outside the other's land.

    They are longer than ``least_m``, and there more than that and at most ``widest_m`` apart; the
    widest counts. None when more than so many pairs of edges are in reach of each other.
    """
    west, south = np.minimum(edges.ends[:, :2], edges.ends[:, 2:]).T
    east, north = np.maximum(edges.ends[:, :2], edges.ends[:, 2:]).T
    boxes = np.column_stack([west, south, east, north])
    extents = np.maximum(east - west, north - south)
    # few levels of cells, as every edge looks through all that are above its own
    grid = grid_of(boxes, max(1.0, 4.0 * float(np.median(extents)) if len(boxes) else 1.0))
    counts = np.zeros(-(-len(boxes) // _AT_ONCE), dtype=np.int64)
    chunks = [_room(0)] * max(1, len(counts))

    def work(chunk: int, start: int, stop: int) -> None:
        pieces, room = [_room(0)], _room(_ROOM)
        while start < stop and counts.sum() <= most:
            reached, kept, count = _measure(
                edges, boxes, grid, start, stop, widest_m, least_m, room
            )
            pieces.append(room.take(np.arange(kept)))
            counts[chunk] += count
            room = _room(2 * len(room.one)) if reached == start else room
            start = reached
        chunks[chunk] = _joined(pieces)

    in_chunks(len(boxes), work, threads, size=_AT_ONCE)
    return None if counts.sum() > most else _joined(chunks)


def _room(size: int) -> Lanes:
    numbers = np.empty(size, np.int64), np.empty(size, np.int64)
    return Lanes(*numbers, np.empty((size, 8)), np.empty(size), np.empty(size))


def _joined(pieces: list[Lanes]) -> Lanes:
    return Lanes(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


@compiled
def _measure(
    edges: Edges,
    boxes: Floats,
    grid: Grid,
    start: int,
    stop: int,
    widest_m: float,
    least_m: float,
    made: Lanes,
) -> tuple[int, int, int]:
    """Put the stretches that the edges from one to before another find into the room ``made``.

    Returned are the first edge for which there is no room any more, how many stretches are in it,
    and how many pairs of edges are in reach.
    """
    kept, count, found, ends = np.zeros(1, np.int64), 0, np.empty(64, np.int64), edges.ends
    for edge in range(start, stop):
        level = level_of(grid.cell, boxes, edge)
        west, south = boxes[edge, 0] - widest_m, boxes[edge, 1] - widest_m
        east, north = boxes[edge, 2] + widest_m, boxes[edge, 3] + widest_m
        size = meeting(grid, west, south, east, north, level, found)
        if size > len(found):
            found = np.empty(2 * size, np.int64)
            size = meeting(grid, west, south, east, north, level, found)
        if kept[0] + size > len(made.one):
            return edge, kept[0], count
        for at in range(size):
            other = found[at]
            if edges.owner[other] == edges.owner[edge]:
                continue
            if other < edge and level_of(grid.cell, boxes, other) == level:
                continue
            apart = segments_m2(
                ends[edge, 0],
                ends[edge, 1],
                ends[edge, 2],
                ends[edge, 3],
                ends[other, 0],
                ends[other, 1],
                ends[other, 2],
                ends[other, 3],
            )
            if apart > widest_m * widest_m:
                continue
            count += 1
            first, second = edge, other
            if edges.owner[other] < edges.owner[edge]:
                first, second = other, edge
            _put_beside(edges, first, second, widest_m, least_m, made, kept)
    return stop, kept[0], count


@bare
def _put_beside(
    edges: Edges,
    one: int,
    other: int,
    widest_m: float,
    least_m: float,
    made: Lanes,
    kept: Integers,
) -> None:
    """Put the stretch of one edge that another faces into ``made``, and count it as ``kept``.

    A neighbour's edge runs the other way. What stands upright on another faces none of it.
    """
    ends = edges.ends
    x0, y0 = ends[one, 0], ends[one, 1]
    dx, dy = ends[one, 2] - x0, ends[one, 3] - y0
    length = np.sqrt(dx * dx + dy * dy)
    if length == 0.0:
        return
    dx, dy = dx / length, dy / length
    x, y = ends[other, 0] - x0, ends[other, 1] - y0
    to_m, off = x * dx + y * dy, x * dy - y * dx
    x, y = ends[other, 2] - x0, ends[other, 3] - y0
    from_m, rise = x * dx + y * dy, x * dy - y * dx - off
    low, high = max(0.0, from_m), min(length, to_m)
    if not high - low > least_m:
        return
    near = off + rise * (low - to_m) / (from_m - to_m)
    far = off + rise * (high - to_m) / (from_m - to_m)
    if min(near, far) < -least_m or not least_m < max(near, far) <= widest_m:
        return
    at = kept[0]
    kept[0] += 1
    made.one[at], made.other[at] = edges.owner[one], edges.owner[other]
    made.length_m[at], made.width_m[at] = high - low, max(near, far)
    made.corners[at, 0], made.corners[at, 1] = x0 + low * dx, y0 + low * dy
    made.corners[at, 2], made.corners[at, 3] = x0 + high * dx, y0 + high * dy
    made.corners[at, 4] = x0 + high * dx + far * dy
    made.corners[at, 5] = y0 + high * dy - far * dx
    made.corners[at, 6] = x0 + low * dx + near * dy
    made.corners[at, 7] = y0 + low * dy - near * dx
