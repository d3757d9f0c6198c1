"""What it will cost GEOS to cut two shapes, counted from their edges before anything is cut."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled
from geo.kernels.shared import sort_rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

PAIR_US, EDGE_US, CROSSING_US = 150.0, 3.0, 10.0
"""Measured, in µs: what a pair costs to cut, each edge of it, and each place where its outlines
cross. Beyond a thousand crossings it grows with their square, and with the rings of both
multiplied."""

CROSSINGS_OF_SQUARE, RINGS_US = 1000.0, 0.5

FLAT_US, STRAIGHT = 0.005, 1e-6
"""Points on a straight line cost their square, as GEOS's index of grid points then is a list."""

LOOKS, LOOKS_EACH = 1_000_000, 1000
"""Pairs of edges that are looked at, and so many more for each edge, for where they cross."""

UNKNOWN: Final = -1.0
"""The cost of a pair with more of them."""


class Lines(NamedTuple):
    """Outlines and lines, flat.

    Shape s has the lines ``first[s]:first[s + 1]``, line r the points ``lines[r]:lines[r + 1]``;
    ``boxes`` are west, south, east and north of each shape.
    """

    points: Floats
    lines: Integers
    first: Integers
    boxes: Floats


@compiled
def costs(one: Lines, other: Lines, spent: float, most: float, cost: Floats) -> int:
    """Fill in the cost in µs of cutting pairs of shapes one by one, until it is more than ``most``.

    ``spent`` was before; how many pairs were looked at. The cost is :data:`UNKNOWN`, and nothing
    more is looked at, where too many edges lie beside one another.
    """
    first, second = np.empty((_most(one), 5)), np.empty((_most(other), 5))
    crossings = int(np.sqrt(most * CROSSINGS_OF_SQUARE))
    frame = np.empty(4)
    for pair in range(len(cost)):
        for at in range(2):
            frame[at] = max(one.boxes[pair, at], other.boxes[pair, at])
            frame[at + 2] = min(one.boxes[pair, at + 2], other.boxes[pair, at + 2])
        n, n_rings, n_flat = _gather(one, pair, frame, first)
        m, m_rings, m_flat = _gather(other, pair, frame, second)
        price = PAIR_US + EDGE_US * (n + m) + FLAT_US * float(n_flat + m_flat) ** 2
        if n_rings * m_rings > 1:
            price += RINGS_US * n_rings * m_rings
        if price <= most:
            found = _crossings(first[:n], second[:m], frame, crossings)
            if found < 0:
                cost[pair] = UNKNOWN
                return pair + 1
            price += CROSSING_US * found + float(found) ** 2 / CROSSINGS_OF_SQUARE
        cost[pair] = price
        spent += price
        if spent > most:
            return pair + 1
    return len(cost)


@bare
def _most(shapes: Lines) -> int:
    """The most points that one of the shapes has."""
    most = 0
    for shape in range(len(shapes.first) - 1):
        points = shapes.lines[shapes.first[shape + 1]] - shapes.lines[shapes.first[shape]]
        most = max(most, points)
    return most


@bare
def _gather(shapes: Lines, shape: int, frame: Floats, edges: Floats) -> tuple[int, int, int]:
    """Put the edges whose boxes meet a frame into ``edges``, from the frame's corner.

    They are (…, x0, y0, x1, y1), where the first column is left for what they are sorted by.
    How many they are, of how many lines, and how many go straight on from the one before.
    """
    count = rings = flat = 0
    for line in range(shapes.first[shape], shapes.first[shape + 1]):
        before = count
        for at in range(shapes.lines[line] + 1, shapes.lines[line + 1]):
            x0, y0 = shapes.points[at - 1, 0], shapes.points[at - 1, 1]
            x1, y1 = shapes.points[at, 0], shapes.points[at, 1]
            if min(x0, x1) > frame[2] or max(x0, x1) < frame[0]:
                continue
            if min(y0, y1) > frame[3] or max(y0, y1) < frame[1]:
                continue
            edge = edges[count]
            edge[1], edge[2] = x0 - frame[0], y0 - frame[1]
            edge[3], edge[4] = x1 - frame[0], y1 - frame[1]
            if count > 0:
                flat += _straight(edges[count - 1], edge)
            count += 1
        rings += count > before
    return count, rings, flat


@bare
def _straight(before: Floats, edge: Floats) -> bool:
    """Whether an edge goes straight on, or back, from the one before."""
    x, y = edge[3] - edge[1], edge[4] - edge[2]
    u, v = before[3] - before[1], before[4] - before[2]
    return bool(abs(x * v - y * u) <= STRAIGHT * np.hypot(x, y) * np.hypot(u, v))


@bare
def _crossings(one: Floats, other: Floats, frame: Floats, most: int) -> int:
    """How often edges of two sides cross between their ends, up to about ``most``.

    -1 where too many of them lie beside one another.
    """
    axis = 1 if frame[2] - frame[0] >= frame[3] - frame[1] else 2
    _sort(one, axis)
    _sort(other, axis)
    looks = LOOKS + LOOKS_EACH * (len(one) + len(other))
    i = j = count = 0
    while i < len(one) and j < len(other) and count <= most and looks >= 0:
        if one[i, 0] <= other[j, 0]:
            found, looked = _along(one[i], other, j, axis)
            i += 1
        else:
            found, looked = _along(other[j], one, i, axis)
            j += 1
        count += found
        looks -= looked
    return count if looks >= 0 or count > most else -1


@bare
def _sort(edges: Floats, axis: int) -> None:
    """Sort edges by where they begin along an axis."""
    for edge in edges:
        edge[0] = min(edge[axis], edge[axis + 2])
    sort_rows(edges, len(edges))


@bare
def _along(edge: Floats, others: Floats, start: int, axis: int) -> tuple[int, int]:
    """How many of the others, from one on, cross an edge, and how many begin beside it."""
    end = max(edge[axis], edge[axis + 2])
    count, at = 0, start
    while at < len(others) and others[at, 0] <= end:
        count += _across(edge, others[at]) and _across(others[at], edge)
        at += 1
    return count, at - start


@bare
def _across(base: Floats, tried: Floats) -> bool:
    """Whether the ends of an edge lie on different sides of another."""
    x, y = base[1], base[2]
    east, north = base[3] - x, base[4] - y
    start = east * (tried[2] - y) - north * (tried[1] - x)
    end = east * (tried[4] - y) - north * (tried[3] - x)
    return bool((start < 0.0 and end > 0.0) or (start > 0.0 and end < 0.0))
