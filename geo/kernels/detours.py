"""Connections between polygons that barriers cross, and the shortest that none does."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled, in_chunks
from geo.kernels.grids import Grid, grid_of, meeting
from geo.kernels.near import (
    Boundaries,
    Near,
    apart_m2,
    between,
    gap_m2,
    inside,
    point_m2,
    segments_m2,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_AT_ONCE: Final = 8192
_MICRON: Final = 1e-6
_NANO: Final = 1e-9
"""By so many metres the ways to one distance may differ: from boxes, from points and from edges."""


class Barriers(NamedTuple):
    """What connections must not cross: lines and polygons, and where they are.

    The ``grid`` holds the runs of their ``edges``, from 0, and then the ``polygons`` among them.
    They cross what comes within ``touch_m``. Connections are tried up to ``reach_m``, from points
    at most ``sample_m`` apart.
    """

    edges: Boundaries
    polygons: Integers
    grid: Grid
    reach_m: float
    touch_m: float
    sample_m: float


def barriers_of(
    edges: Boundaries, areal: Mask, *, reach_m: float, touch_m: float, sample_m: float
) -> Barriers:
    """The barriers that are polygons where ``areal``, and else lines."""
    around = np.array([-touch_m, -touch_m, touch_m, touch_m])
    boxes = np.concatenate([edges.run_boxes, edges.boxes[areal]]) + around
    extents = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    grid = grid_of(boxes, max(1.0, float(np.median(extents)) if len(boxes) else 1.0))
    polygons = np.flatnonzero(areal)
    return Barriers(edges, polygons, grid, float(reach_m), float(touch_m), float(sample_m))


def open_gaps_m(
    land: Boundaries, pairs: Near, barriers: Barriers, *, threads: int | None = None
) -> Floats:
    """Length in m of the shortest straight connection of each pair that no barrier crosses.

    Where the shortest of all is crossed, those are tried that lead from points on either boundary
    straight to the other: from its vertices, and from between them in equal steps. Infinity where
    all are crossed. Lengths are rounded to the micrometre, as those of the pairs are.
    """
    open_m = pairs.gap_m.copy()
    if len(barriers.grid.items):
        in_chunks(
            len(open_m),
            lambda _, start, stop: _fill(open_m, land, pairs, barriers, start, stop),
            threads,
            size=_AT_ONCE,
        )
    return open_m


@compiled
def _fill(
    open_m: Floats, land: Boundaries, pairs: Near, barriers: Barriers, start: int, stop: int
) -> None:
    """Set the gaps from one pair to before another that a barrier may lie in."""
    found, line = np.empty(64, np.int64), np.empty(4)
    for pair in range(start, stop):
        one, other, gap_m = pairs.i[pair], pairs.j[pair], pairs.gap_m[pair]
        size = _around(land, one, other, gap_m + _MICRON, barriers.grid, found)
        if size == 0:
            continue
        size = _around(land, one, other, barriers.reach_m + _MICRON, barriers.grid, found)
        if size > len(found):
            found = np.empty(2 * size, np.int64)
            size = _around(land, one, other, barriers.reach_m + _MICRON, barriers.grid, found)
        least = gap_m + _MICRON
        least = np.sqrt(gap_m2(land, one, other, least * least)) + _NANO
        drawn = _connect(land, one, other, least * least, line)
        if drawn and not _crossed(line, barriers, found[:size]):
            continue
        best_m = _detour(land, one, other, gap_m, np.inf, barriers, found[:size], line)
        if best_m > gap_m:
            best_m = _detour(land, other, one, gap_m, best_m, barriers, found[:size], line)
        open_m[pair] = best_m


@bare
def _around(
    land: Boundaries, one: int, other: int, reach_m: float, grid: Grid, found: Integers
) -> int:
    """How many items of barriers are where connections of two shapes up to a length can run."""
    boxes = land.boxes
    return meeting(
        grid,
        max(boxes[one, 0], boxes[other, 0]) - reach_m,
        max(boxes[one, 1], boxes[other, 1]) - reach_m,
        min(boxes[one, 2], boxes[other, 2]) + reach_m,
        min(boxes[one, 3], boxes[other, 3]) + reach_m,
        grid.lowest,
        found,
    )


@bare
def _crossed(line: Floats, barriers: Barriers, items: Integers) -> bool:
    """Whether one of some items of the barriers crosses a connection; that one is put first.

    For what crosses one connection crosses most likely the next.
    """
    for at in range(len(items)):
        if _crosses(line, barriers, items[at]):
            items[0], items[at] = items[at], items[0]
            return True
    return False


@bare
def _crosses(line: Floats, barriers: Barriers, item: int) -> bool:
    """Whether an item of the barriers, a run of edges or a polygon, crosses a connection."""
    x0, y0, x1, y1 = line[0], line[1], line[2], line[3]
    west, east, south, north = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    edges, touch_m = barriers.edges, barriers.touch_m
    points, boxes = edges.points, edges.run_boxes
    if item >= len(boxes):
        return inside(edges, barriers.polygons[item - len(boxes)], x0, y0)
    x = between(west, east, boxes[item, 0], boxes[item, 2])
    y = between(south, north, boxes[item, 1], boxes[item, 3])
    if max(x, y) > touch_m:
        return False
    for edge in range(edges.first[item], edges.last[item]):
        u0, v0 = points[edge, 0], points[edge, 1]
        u1, v1 = points[edge + 1, 0], points[edge + 1, 1]
        x = between(west, east, min(u0, u1), max(u0, u1))
        y = between(south, north, min(v0, v1), max(v0, v1))
        if max(x, y) > touch_m:
            continue
        if segments_m2(x0, y0, x1, y1, u0, v0, u1, v1) <= touch_m * touch_m:
            return True
    return False


@bare
def _connect(land: Boundaries, one: int, other: int, least_m2: float, line: Floats) -> bool:
    """Set a ``line`` to the first shortest connection of two shapes, their squared distance known.

    Where one lies in the other, it is a point of the inner boundary. False where none is found:
    it is then not known that the connection is open.
    """
    points = land.points
    for run in range(land.runs[one], land.runs[one + 1]):
        if apart_m2(land.run_boxes, run, land.boxes, other) > least_m2:
            continue
        for run_2 in range(land.runs[other], land.runs[other + 1]):
            if apart_m2(land.run_boxes, run, land.run_boxes, run_2) > least_m2:
                continue
            for edge in range(land.first[run], land.last[run]):
                for edge_2 in range(land.first[run_2], land.last[run_2]):
                    if _join(points, edge, edge_2, least_m2, line):
                        return True
    for inner, outer in ((other, one), (one, other)):
        for part in range(land.shapes[inner], land.shapes[inner + 1]):
            first = land.rings[land.parts[part]]
            line[0], line[1] = points[first, 0], points[first, 1]
            line[2], line[3] = line[0], line[1]
            if inside(land, outer, line[0], line[1]):
                return True
    return False


@bare
def _join(points: Floats, edge: int, edge_2: int, least_m2: float, line: Floats) -> bool:
    """Set a ``line`` to the connection of two edges, from an end or a crossing, if as short."""
    x0, y0, x1, y1 = points[edge, 0], points[edge, 1], points[edge + 1, 0], points[edge + 1, 1]
    u0, v0 = points[edge_2, 0], points[edge_2, 1]
    u1, v1 = points[edge_2 + 1, 0], points[edge_2 + 1, 1]
    if segments_m2(x0, y0, x1, y1, u0, v0, u1, v1) > least_m2:
        return False
    for end in range(2):
        if point_m2(points[edge + end, 0], points[edge + end, 1], u0, v0, u1, v1) <= least_m2:
            _foot(points[edge + end, 0], points[edge + end, 1], u0, v0, u1, v1, line)
            return True
        if point_m2(points[edge_2 + end, 0], points[edge_2 + end, 1], x0, y0, x1, y1) <= least_m2:
            _foot(points[edge_2 + end, 0], points[edge_2 + end, 1], x0, y0, x1, y1, line)
            return True
    dx, dy, du, dv = x1 - x0, y1 - y0, u1 - u0, v1 - v0
    share = ((u0 - x0) * dv - (v0 - y0) * du) / (dx * dv - dy * du)
    line[0], line[1] = x0 + share * dx, y0 + share * dy
    line[2], line[3] = line[0], line[1]
    return True


@bare
def _foot(x: float, y: float, x0: float, y0: float, x1: float, y1: float, line: Floats) -> None:
    """Set a ``line`` to the one from a point to the nearest of a segment."""
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    share = ((x - x0) * dx + (y - y0) * dy) / length if length > 0.0 else 0.0
    share = min(max(share, 0.0), 1.0)
    line[0], line[1], line[2], line[3] = x, y, x0 + share * dx, y0 + share * dy
    if share == 1.0:
        line[2], line[3] = x1, y1


@bare
def _detour(
    land: Boundaries,
    one: int,
    other: int,
    gap_m: float,
    best_m: float,
    barriers: Barriers,
    items: Integers,
    line: Floats,
) -> float:
    """The shortest open connection from points on the boundary of one shape, or ``best_m``.

    None is shorter than ``gap_m``: the search ends when one is found that is no longer.
    """
    points, reach_m = land.points, barriers.reach_m + _MICRON
    for run in range(land.runs[one], land.runs[one + 1]):
        if apart_m2(land.run_boxes, run, land.boxes, other) > reach_m * reach_m:
            continue
        for edge in range(land.first[run], land.last[run]):
            x, y = points[edge, 0], points[edge, 1]
            dx, dy = points[edge + 1, 0] - x, points[edge + 1, 1] - y
            pieces = int(np.ceil(np.sqrt(dx * dx + dy * dy) / barriers.sample_m))
            for piece in range(pieces):
                share, most_m = piece / pieces, min(best_m, reach_m)
                apart = _to_shape(land, x + share * dx, y + share * dy, other, most_m**2, line)
                length = np.rint(np.sqrt(apart) * 1e6) / 1e6
                if length > barriers.reach_m or length >= best_m:
                    continue
                if not _crossed(line, barriers, items):
                    best_m = length
                    if best_m <= gap_m:
                        return best_m
    return best_m


@bare
def _to_shape(
    land: Boundaries, x: float, y: float, shape: int, most_m2: float, line: Floats
) -> float:
    """The squared distance of a point from a shape, and the ``line`` to it if it is less."""
    best, nearest, points, boxes = most_m2, -1, land.points, land.run_boxes
    for run in range(land.runs[shape], land.runs[shape + 1]):
        off_x = between(x, x, boxes[run, 0], boxes[run, 2])
        off_y = between(y, y, boxes[run, 1], boxes[run, 3])
        if off_x * off_x + off_y * off_y >= best:
            continue
        for edge in range(land.first[run], land.last[run]):
            x0, y0 = points[edge, 0], points[edge, 1]
            x1, y1 = points[edge + 1, 0], points[edge + 1, 1]
            off_x = between(x, x, min(x0, x1), max(x0, x1))
            off_y = between(y, y, min(y0, y1), max(y0, y1))
            if off_x * off_x + off_y * off_y < best:
                apart = point_m2(x, y, x0, y0, x1, y1)
                if apart < best:
                    best, nearest = apart, edge
    if best > 0.0 and inside(land, shape, x, y):
        best, nearest = 0.0, -1
        line[0], line[1], line[2], line[3] = x, y, x, y
    if nearest >= 0:
        x0, y0 = points[nearest, 0], points[nearest, 1]
        _foot(x, y, x0, y0, points[nearest + 1, 0], points[nearest + 1, 1], line)
    return best
