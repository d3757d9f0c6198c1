"""Area that two polygons share: the signed sum of what the trapezoids under their edges share.

A polygon is the signed sum of the trapezoids between its edges and a base line, so what two
polygons share is the signed sum of what each pair of trapezoids shares, and that is the area under
the lower of two lines. No crossing is looked for, so none can be missed.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DISJOINT, COVERED, OPEN = 0, 1, 2
"""What :func:`classify` says of a pair: no land in common, all of the first, neither for sure."""

EPSILON: Final = 2.0**-52

ROUNDINGS: Final = 16.0
"""So many roundings, at most, go into the area under one pair of edges."""


class Rings(NamedTuple):
    """Polygons as rings, flat.

    Shape s has the rings ``first[s]:first[s + 1]``, ring r the points ``rings[r]:rings[r + 1]``.
    ``turns`` is 1 for a ring with its land on the left as it is drawn, otherwise -1; ``boxes`` are
    west, south, east and north of each shape, NaN for one without points.
    """

    points: Floats
    rings: Integers
    turns: Floats
    first: Integers
    boxes: Floats


@bare
def survey(
    points: Floats, rings: Integers, parts: Integers, shapes: Integers, turns: Floats, boxes: Floats
) -> None:
    """Fill in how each ring turns, and the box of each shape."""
    for shape in range(len(shapes) - 1):
        box = boxes[shape]
        box[:] = np.nan
        for part in range(shapes[shape], shapes[shape + 1]):
            for ring in range(parts[part], parts[part + 1]):
                double = 0.0
                start = rings[ring]
                for at in range(start, rings[ring + 1]):
                    x, y = points[at, 0], points[at, 1]
                    if not x >= box[0]:
                        box[0] = x
                    if not y >= box[1]:
                        box[1] = y
                    if not x <= box[2]:
                        box[2] = x
                    if not y <= box[3]:
                        box[3] = y
                    if at > start:
                        double += (points[at - 1, 0] - points[start, 0]) * (y - points[start, 1])
                        double -= (points[at - 1, 1] - points[start, 1]) * (x - points[start, 0])
                shell = ring == parts[part]
                turns[ring] = 1.0 if (double > 0) == shell else -1.0


@compiled
def share(
    one: Rings, other: Rings, ones: Integers, others: Integers, most: int, shared: Floats
) -> None:
    """Fill in the area that each pair shares, and how far rounding may have put it off, (k, 2).

    NaN where more pairs of edges than ``most`` lie over one another.
    """
    edges = np.empty((_largest(one, ones) + _largest(other, others), 6))
    for pair in range(len(ones)):
        first, second = one.boxes[ones[pair]], other.boxes[others[pair]]
        shared[pair] = 0.0
        low, high = max(first[0], second[0]), min(first[2], second[2])
        south = max(first[1], second[1])
        if not (low < high and south < min(first[3], second[3])):
            continue
        reach, lower = (low, high, south), first[1] < second[1]
        # An edge below all of the other shape is the lower one of every pair: they cancel out.
        n = _gather(one, ones[pair], reach, 0.0 if lower else -np.inf, edges)
        edges[:n, 5] = 0.0
        m = _gather(other, others[pair], reach, -np.inf if lower else 0.0, edges[n:])
        edges[n : n + m, 5] = 1.0
        sort_rows(edges, n + m)
        shared[pair, 0], shared[pair, 1] = _sweep(edges, n + m, most)


@bare
def _largest(land: Rings, shapes: Integers) -> int:
    """The most points that one of some shapes has."""
    most = 0
    for each in shapes:
        most = max(most, land.rings[land.first[each + 1]] - land.rings[land.first[each]])
    return most


@bare
def _gather(
    land: Rings, shape: int, reach: tuple[float, float, float], floor: float, edges: Floats
) -> int:
    """Put the edges of a shape in ``edges`` that reach between two meridians and above a floor.

    They are (x0, y0, x1, y1, sign) from west to east, from the corner of both shapes; how many.
    """
    low, high, south = reach
    count = 0
    for ring in range(land.first[shape], land.first[shape + 1]):
        turn = land.turns[ring]
        for at in range(land.rings[ring] + 1, land.rings[ring + 1]):
            x0, x1 = land.points[at - 1, 0], land.points[at, 0]
            if x0 == x1 or max(x0, x1) <= low or min(x0, x1) >= high:
                continue
            y0, y1 = land.points[at - 1, 1] - south, land.points[at, 1] - south
            if max(y0, y1) <= floor:
                continue
            edge = edges[count]
            if x0 < x1:
                edge[0], edge[1], edge[2], edge[3], edge[4] = x0 - low, y0, x1 - low, y1, -turn
            else:
                edge[0], edge[1], edge[2], edge[3], edge[4] = x1 - low, y1, x0 - low, y0, turn
            count += 1
    return count


@compiled
def sort_rows(rows: Floats, count: int) -> None:
    """Sort the first so many rows by their first column (Shell's way, with Gonnet's gaps)."""
    held = np.empty(rows.shape[1])
    gap = count // 2
    while gap > 0:
        for at in range(gap, count):
            if rows[at - gap, 0] <= rows[at, 0]:
                continue
            held[:] = rows[at]
            to = at
            while to >= gap and rows[to - gap, 0] > held[0]:
                rows[to] = rows[to - gap]
                to -= gap
            rows[to] = held
        gap = 1 if gap == 2 else gap * 5 // 11


@bare
def _sweep(edges: Floats, count: int, most: int) -> tuple[float, float]:
    """The signed sum over all pairs of edges of both sides that lie over one another; its error.

    NaN where more than ``most`` pairs of edges do, of whichever side.
    """
    total = error = 0.0
    for i in range(count):
        k = i + 1
        while k < count and edges[k, 0] < edges[i, 2]:
            if edges[k, 5] != edges[i, 5]:
                area, off = _under_both(edges[i], edges[k])
                total, error = total + area, error + off
            k += 1
        most -= k - i - 1
        if most < 0:
            return np.nan, np.nan
    return total, error * ROUNDINGS * EPSILON


@bare
def _under_both(one: Floats, other: Floats) -> tuple[float, float]:
    """Signed area under the lower of two edges, and the size of what is rounded in it."""
    west, east = max(one[0], other[0]), min(one[2], other[2])
    width = east - west
    if not width > 0.0:
        return 0.0, 0.0
    # no slope, which an edge that is all but upright has not
    run, rise = one[2] - one[0], one[3] - one[1]
    a_west, a_east = one[1] + (west - one[0]) / run * rise, one[1] + (east - one[0]) / run * rise
    error = width * (abs(one[1]) + abs(one[3]))
    error += width / run * abs(rise) * (abs(one[0]) + abs(one[2]))
    run, rise = other[2] - other[0], other[3] - other[1]
    b_west = other[1] + (west - other[0]) / run * rise
    b_east = other[1] + (east - other[0]) / run * rise
    error += width * (abs(other[1]) + abs(other[3]))
    error += width / run * abs(rise) * (abs(other[0]) + abs(other[2]))
    apart_west, apart_east = a_west - b_west, a_east - b_east
    if apart_west <= 0.0 and apart_east <= 0.0:
        mean = (a_west + a_east) / 2
    elif apart_west >= 0.0 and apart_east >= 0.0:
        mean = (b_west + b_east) / 2
    else:
        squares = apart_west * apart_west + apart_east * apart_east
        between = squares / (abs(apart_west) + abs(apart_east)) / 2
        mean = (a_west + a_east + b_west + b_east) / 4 - between / 2
    return one[4] * other[4] * mean * width, error


@bare
def classify(
    boxes: Floats, other: Rings, ones: Integers, others: Integers, kinds: Integers
) -> None:
    """Say for sure, where it is easy, which of some shapes lie all inside or outside others.

    No edge of the other enters the box of the first: it lies as the middle of its box does. That
    is exact, roundings included, and needs no edge of the first.
    """
    for pair in range(len(ones)):
        box = boxes[ones[pair]]
        frame = other.boxes[others[pair]]
        kinds[pair] = DISJOINT
        if not (box[0] < frame[2] and frame[0] < box[2]):
            continue
        if box[1] < frame[3] and frame[1] < box[3]:
            kinds[pair] = _standing(other, others[pair], box)


@bare
def _standing(land: Rings, shape: int, box: Floats) -> int:
    """Whether a box lies inside a shape or outside; neither if an edge enters it, or it is flat."""
    middle = box[0] + (box[2] - box[0]) / 2
    if not (box[0] < middle < box[2] and box[1] < box[3]):
        return OPEN
    inside = False
    for ring in range(land.first[shape], land.first[shape + 1]):
        for at in range(land.rings[ring] + 1, land.rings[ring + 1]):
            x0, y0 = land.points[at - 1, 0], land.points[at - 1, 1]
            x1, y1 = land.points[at, 0], land.points[at, 1]
            if max(x0, x1) <= box[0] or min(x0, x1) >= box[2] or max(y0, y1) <= box[1]:
                continue  # it is no edge above the middle
            over = (x0 <= middle) != (x1 <= middle)
            if min(y0, y1) < box[3]:
                side = _side(x0, y0, x1, y1, box)
                if side == 0:
                    return OPEN
                over = over and side < 0
            inside ^= over
    return COVERED if inside else DISJOINT


@bare
def _side(x0: float, y0: float, x1: float, y1: float, box: Floats) -> int:
    """Whether a line runs below a box (1) or above it (-1) for sure, else 0."""
    above = below = True
    east, north = x1 - x0, y1 - y0
    for x in (box[0], box[2]):
        for y in (box[1], box[3]):
            left, right = east * (y - y0), north * (x - x0)
            cross, error = left - right, 4 * EPSILON * (abs(left) + abs(right))
            if east < 0.0:
                cross = -cross
            below = below and cross > error
            above = above and cross < -error
    return 1 if below else -1 if above else 0
