"""Where outlines have their middle, and which points lie in which outlines."""

from typing import Final

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

OUTSIDE, INSIDE, IN_DOUBT = 0, 1, 2

_ROUNDING: Final = 3.3306690738754716e-16
"""Share of its terms by which the side of a point can be misjudged (Shewchuk 1997)."""

_THIN: Final = 1e-9
"""Land that is so small a share of its box has no middle to speak of."""


@compiled
def middles(
    points: Floats, rings: Integers, parts: Integers, shapes: Integers, found: Floats
) -> None:
    """Set the centroids (shapes, 2); NaN of what has no land, or as good as none."""
    for shape in range(len(shapes) - 1):
        first, last = parts[shapes[shape]], parts[shapes[shape + 1]]
        found[shape, 0], found[shape, 1] = np.nan, np.nan
        if rings[first] == rings[last]:
            continue
        x, y = points[rings[first], 0], points[rings[first], 1]
        land, east, north, wide, high = 0.0, 0.0, 0.0, 0.0, 0.0
        for part in range(shapes[shape], shapes[shape + 1]):
            for ring in range(parts[part], parts[part + 1]):
                area, along, across = 0.0, 0.0, 0.0
                for at in range(rings[ring], rings[ring + 1] - 1):
                    x0, y0 = points[at, 0] - x, points[at, 1] - y
                    x1, y1 = points[at + 1, 0] - x, points[at + 1, 1] - y
                    cross = x0 * y1 - x1 * y0
                    area += cross
                    along += (x0 + x1) * cross
                    across += (y0 + y1) * cross
                    wide, high = max(wide, abs(x0)), max(high, abs(y0))
                sign = 1.0 if (area > 0.0) == (ring == parts[part]) else -1.0
                land += sign * area
                east += sign * along
                north += sign * across
        if land > _THIN * wide * high:
            found[shape, 0], found[shape, 1] = x + east / (3.0 * land), y + north / (3.0 * land)


@compiled
def held(
    places: Floats,
    order: Integers,
    boxes: Floats,
    points: Floats,
    rings: Integers,
    parts: Integers,
    shapes: Integers,
    found: Integers,
) -> None:
    """Set ``found`` (places,): whether any of some polygons holds a place, on its edge in doubt.

    ``places`` rise eastward in their ``order``; ``boxes`` are those of the polygons (west, south,
    east, north).
    """
    for shape in range(len(shapes) - 1):
        at = _reached(places, order, boxes[shape, 0])
        while at < len(order) and places[order[at], 0] <= boxes[shape, 2]:
            place = order[at]
            at += 1
            if found[place] == INSIDE or not boxes[shape, 1] <= places[place, 1] <= boxes[shape, 3]:
                continue
            for part in range(shapes[shape], shapes[shape + 1]):
                seen = _in_part(points, rings, parts[part], parts[part + 1], places[place])
                if seen != OUTSIDE:
                    found[place] = seen
                if seen == INSIDE:
                    break


@compiled
def _reached(places: Floats, order: Integers, west: float) -> int:
    """The first place in order that is no farther west."""
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if places[order[middle], 0] < west:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _in_part(points: Floats, rings: Integers, shell: int, end: int, place: Floats) -> int:
    """Whether a place lies within a shell and in none of the holes that follow it."""
    seen = _in_ring(points, rings[shell], rings[shell + 1], place)
    for hole in range(shell + 1, end):
        if seen != INSIDE:
            break
        seen = (INSIDE, OUTSIDE, IN_DOUBT)[_in_ring(points, rings[hole], rings[hole + 1], place)]
    return seen


@compiled
def _in_ring(points: Floats, start: int, stop: int, place: Floats) -> int:
    """Whether a place lies within a ring, by the edges to its east."""
    odd = False
    for at in range(start, stop - 1):
        x0, y0 = points[at, 0] - place[0], points[at, 1] - place[1]
        x1, y1 = points[at + 1, 0] - place[0], points[at + 1, 1] - place[1]
        if y0 == 0.0 and y1 == 0.0 and min(x0, x1) <= 0.0 <= max(x0, x1):
            return IN_DOUBT
        if y0 == 0.0 and x0 == 0.0:
            return IN_DOUBT
        if (y0 > 0.0) != (y1 > 0.0):
            left, right = x0 * y1, x1 * y0
            if not abs(left - right) > _ROUNDING * (abs(left) + abs(right)):
                return IN_DOUBT
            if (left > right) == (y1 > y0):
                odd = not odd
    return INSIDE if odd else OUTSIDE
