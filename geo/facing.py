"""The boundary that two parcels share, measured edge against edge."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MAX_SLOPE: Final = float(np.tan(np.radians(15)))
"""Edges that meet at more than 15° part company: they touch at a corner and share no boundary."""

_PAIRS_AT_ONCE: Final = 1_000
"""Bounds the memory that the edges of all pairs take."""


_RUN: Final = 8
"""Edges are looked at in runs of this many, so that a road along a thousand lots stays cheap."""


class _Edges(NamedTuple):
    """Boundary edges from ``x0, y0`` to ``x1, y1``, in runs of neighbours on one shape.

    Shape k has the runs ``first_run[k]:first_run[k + 1]``, run r the edges
    ``first_edge[r]:first_edge[r + 1]`` and the bounding box ``boxes[r]``.
    """

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    first_edge: Integers
    first_run: Integers
    boxes: Floats


def facing_m(shapes: npt.NDArray[Any], i: Integers, j: Integers, *, tolerance_m: float) -> Floats:
    """Length in m of the boundary of ``shapes[i]`` that faces ``shapes[j]`` within the tolerance.

    An edge of one faces an edge of the other where they run within 15° of each other and their
    distance, square to the first, is at most ``tolerance_m``. A corner that touches a corner or
    an edge faces nothing. Stretches faced twice count once. The smaller of both views is given,
    so the measure does not depend on which parcel comes first.
    """
    edges, bounds = _edges(shapes), shapely.bounds(shapes)
    facing = np.zeros(len(i))
    for start in range(0, len(i), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        pair, one, other = _close_edges(edges, bounds, i[part], j[part], tolerance_m)
        size = len(i[part])
        seen_from_one = _faced(edges, pair, one, other, size, tolerance_m)
        facing[part] = np.minimum(seen_from_one, _faced(edges, pair, other, one, size, tolerance_m))
    return facing


def _edges(shapes: npt.NDArray[Any]) -> _Edges:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    shape = owner[part[ring]][:-1][inside]
    (x0, y0), (x1, y1) = points[:-1][inside].T, points[1:][inside].T
    first = np.searchsorted(shape, np.arange(len(shapes) + 1))
    nth = np.arange(len(shape)) - first[shape]
    first_edge = np.flatnonzero(nth % _RUN == 0)
    first_run = np.searchsorted(shape[first_edge], np.arange(len(shapes) + 1))
    west, south = (
        np.minimum.reduceat(np.minimum(*ends), first_edge) for ends in ((x0, x1), (y0, y1))
    )
    east, north = (
        np.maximum.reduceat(np.maximum(*ends), first_edge) for ends in ((x0, x1), (y0, y1))
    )
    boxes = np.column_stack([west, south, east, north])
    return _Edges(x0, y0, x1, y1, np.append(first_edge, len(shape)), first_run, boxes)


def _spread(counts: Integers, first: Integers) -> tuple[Integers, Integers]:
    """For ``counts[k]`` items from ``first[k]`` on: the k of each item, and the item."""
    owner = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    item = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    return owner, item + np.repeat(first, counts)


def _close_edges(
    edges: _Edges, bounds: Floats, i: Integers, j: Integers, tolerance_m: float
) -> tuple[Integers, Integers, Integers]:
    """Edges of ``i[k]`` and of ``j[k]`` whose boxes meet within the tolerance, with their k."""
    wide = np.array([-tolerance_m, -tolerance_m, tolerance_m, tolerance_m])
    pair, run_of_i = _runs_near(edges, i, bounds[j] + wide)
    pair_of_j, run_of_j = _runs_near(edges, j, bounds[i] + wide)
    first = np.searchsorted(pair_of_j, np.arange(len(i) + 1))
    one, nth = _spread((first[1:] - first[:-1])[pair], first[pair])
    pair, run_of_i, run_of_j = pair[one], run_of_i[one], run_of_j[nth]
    meet = _boxes_meet(edges.boxes[run_of_i] + wide, edges.boxes[run_of_j])
    pair, run_of_i, run_of_j = pair[meet], run_of_i[meet], run_of_j[meet]

    in_run = edges.first_edge[1:] - edges.first_edge[:-1]
    of_run, edge_of_i = _spread(in_run[run_of_i], edges.first_edge[run_of_i])
    of_edge, edge_of_j = _spread(in_run[run_of_j[of_run]], edges.first_edge[run_of_j[of_run]])
    pair, edge_of_i = pair[of_run][of_edge], edge_of_i[of_edge]
    meet = _boxes_meet(_edge_boxes(edges, edge_of_i) + wide, _edge_boxes(edges, edge_of_j))
    return pair[meet], edge_of_i[meet], edge_of_j[meet]


def _runs_near(edges: _Edges, shape: Integers, boxes: Floats) -> tuple[Integers, Integers]:
    """Runs of ``shape[k]`` that meet ``boxes[k]``, with their k."""
    counts = edges.first_run[shape + 1] - edges.first_run[shape]
    pair, run = _spread(counts, edges.first_run[shape])
    near = _boxes_meet(edges.boxes[run], boxes[pair])
    return pair[near], run[near]


def _edge_boxes(edges: _Edges, edge: Integers) -> Floats:
    x0, y0, x1, y1 = (side[edge] for side in edges[:4])
    low, high = (np.minimum(x0, x1), np.minimum(y0, y1)), (np.maximum(x0, x1), np.maximum(y0, y1))
    return np.column_stack([*low, *high])


def _boxes_meet(one: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    """Whether boxes (west, south, east, north) meet, row by row."""
    meet: npt.NDArray[np.bool_] = (one[:, 0] <= other[:, 2]) & (other[:, 0] <= one[:, 2])
    meet &= (one[:, 1] <= other[:, 3]) & (other[:, 1] <= one[:, 3])
    return meet


def _faced(
    edges: _Edges, pair: Integers, base: Integers, other: Integers, pairs: int, tolerance_m: float
) -> Floats:
    """For each pair the length of the base edges that the other edges face."""
    low, high = _stretch(edges, base, other, tolerance_m)
    real = high > low
    pair, base, low, high = pair[real], base[real], low[real], high[real]
    if not len(base):
        return np.zeros(pairs)
    order = np.lexsort((low, base, pair))
    pair, base, low, high = pair[order], base[order], low[order], high[order]
    fresh_lane = np.diff(base, prepend=-1) != 0
    fresh_lane |= np.diff(pair, prepend=-1) != 0
    lane = np.cumsum(fresh_lane) * (high.max() + 1.0)  # every base edge on a line of its own
    reached = np.maximum.accumulate(np.concatenate(([-np.inf], (high + lane)[:-1])))
    uncovered = np.maximum(0.0, high - np.maximum(low, reached - lane))
    return np.bincount(pair, weights=uncovered, minlength=pairs).astype(np.float64)


def _stretch(
    edges: _Edges, base: Integers, faced: Integers, tolerance_m: float
) -> tuple[Floats, Floats]:
    """Where along each base edge (m from its start) the faced edge runs beside it."""
    x0, y0 = edges.x0[base], edges.y0[base]
    dx, dy = edges.x1[base] - x0, edges.y1[base] - y0
    length = np.hypot(dx, dy)
    with np.errstate(divide="ignore", invalid="ignore"):
        ux, uy = dx / length, dy / length
        along, off = [], []
        for x, y in ((edges.x0[faced], edges.y0[faced]), (edges.x1[faced], edges.y1[faced])):
            along.append((x - x0) * ux + (y - y0) * uy)
            off.append((y - y0) * ux - (x - x0) * uy)
        slope = (off[1] - off[0]) / (along[1] - along[0])
        at_limits = [along[0] + (side - off[0]) / slope for side in (-tolerance_m, tolerance_m)]
    level = np.abs(slope) < 1e-12
    beside = np.abs(off[0]) <= tolerance_m
    enter = np.where(level, np.where(beside, -np.inf, np.inf), np.minimum(*at_limits))
    leave = np.where(level, np.where(beside, np.inf, -np.inf), np.maximum(*at_limits))
    low = np.maximum.reduce([np.minimum(*along), np.zeros(len(length)), enter])
    high = np.minimum.reduce([np.maximum(*along), length, leave])
    parallel = np.abs(slope) <= MAX_SLOPE
    return np.where(parallel, low, 0.0), np.where(parallel, high, 0.0)
