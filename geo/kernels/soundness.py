"""Whether outlines are simple, by tests that are cheap and never wrong, and what is odd of them."""

from typing import Final

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_ROUNDING: Final = 3.3306690738754716e-16
"""Share of its terms by which the side of a point can be misjudged (Shewchuk 1997)."""

_UNDERFLOW: Final = 1e-250
"""Products below this may have lost digits."""

_LARGEST: Final = 1e100
"""Coordinates beyond this are in doubt, as their products overflow."""

_FEW: Final = 64
"""Rings of no more edges are held edge against edge; longer ones in the order of their boxes."""

_PATIENCE: Final = 200
"""Pairs for each edge, on average, after which a ring is left in doubt."""

_MOST_PARTS: Final = 32
"""Shapes of more parts are left in doubt."""


@compiled
def certain(
    points: Floats, rings: Integers, parts: Integers, shapes: Integers, sound: Mask
) -> None:
    """Set ``sound`` (shapes,) where outlines are surely valid by the simple-features rules.

    That is: every part is one simple ring, and the boxes of the parts are apart. What is not
    sound may be valid all the same (holes, edges too close for rounding): GEOS must tell.
    """
    longest = 0
    for ring in range(len(rings) - 1):
        longest = max(longest, rings[ring + 1] - rings[ring])
    corners, boxes = np.empty((longest + 1, 2)), np.empty((longest, 4))
    held = np.empty((_MOST_PARTS, 4))
    for shape in range(len(shapes) - 1):
        first, last = shapes[shape], shapes[shape + 1]
        sure = first < last <= first + _MOST_PARTS
        for part in range(first, last if sure else first):
            ring = parts[part]
            count = -1
            if parts[part + 1] - ring == 1:
                count = _corners(points, rings[ring], rings[ring + 1], corners)
            if count < 3 or not _simple(corners, boxes, count):
                sure = False
                break
            _enclose(boxes, count, held, part - first)
            for other in range(part - first):
                if _meet(held, part - first, other):
                    sure = False
        sound[shape] = sure


@bare
def _corners(points: Floats, start: int, stop: int, corners: Floats) -> int:
    """Set ``corners`` from a closed ring without repetition; their number, -1 for no coordinates.

    After so many, the first is there once more.
    """
    count = 0
    for at in range(start, stop):
        x, y = points[at, 0], points[at, 1]
        if not (abs(x) <= _LARGEST and abs(y) <= _LARGEST):
            return -1
        if count == 0 or x != corners[count - 1, 0] or y != corners[count - 1, 1]:
            corners[count, 0], corners[count, 1] = x, y
            count += 1
    return count - 1


@bare
def _frame(corners: Floats, boxes: Floats, count: int) -> None:
    """Set the ``boxes`` (west, south, east, north) of edges; edge k leads from corner k on."""
    for at in range(count):
        for axis in range(2):
            boxes[at, axis] = min(corners[at, axis], corners[at + 1, axis])
            boxes[at, axis + 2] = max(corners[at, axis], corners[at + 1, axis])


@bare
def _enclose(boxes: Floats, count: int, held: Floats, place: int) -> None:
    """Set the box that encloses so many."""
    for axis in range(2):
        low, high = boxes[0, axis], boxes[0, axis + 2]
        for at in range(1, count):
            low, high = min(low, boxes[at, axis]), max(high, boxes[at, axis + 2])
        held[place, axis], held[place, axis + 2] = low, high


@compiled
def _simple(corners: Floats, boxes: Floats, count: int) -> bool:
    """Whether a ring of so many corners surely meets itself nowhere; sets the ``boxes``."""
    _frame(corners, boxes, count)
    for at in range(count):
        if _folds(corners, at - 1 if at else count - 1, at, at + 1):
            return False
    if count > _FEW:
        return _simple_in_order(corners, boxes, count)
    for one in range(count - 2):
        for other in range(one + 2, count if one else count - 1):
            if _meet(boxes, one, other) and not _apart(corners, one, other):
                return False
    return True


@compiled
def _simple_in_order(corners: Floats, boxes: Floats, count: int) -> bool:
    """As :func:`_simple`, along the longer side: only edges that meet there are held together."""
    whole = np.empty((1, 4))
    _enclose(boxes, count, whole, 0)
    axis = 0 if whole[0, 2] - whole[0, 0] >= whole[0, 3] - whole[0, 1] else 1
    order = np.empty(count, np.int64)
    for at in range(count):
        order[at] = at
    _sort(order, boxes, axis)
    left = _PATIENCE * count
    for place in range(count):
        one = order[place]
        for later in range(place + 1, count):
            other = order[later]
            if boxes[other, axis] > boxes[one, axis + 2] or left < 0:
                break
            left -= 1
            gap = abs(one - other)
            if gap == 1 or gap == count - 1 or not _meet(boxes, one, other):
                continue
            if not _apart(corners, one, other):
                return False
    return left >= 0


@bare
def _sort(order: Integers, boxes: Floats, axis: int) -> None:
    """Put the ``order`` of boxes to rise by where they begin along an axis (Shell's sort).

    Its own few lines, as a sort of NumPy takes the compiler a second.
    """
    gap = len(order) // 2
    while gap > 0:
        for place in range(gap, len(order)):
            item, at = order[place], place
            while at >= gap and boxes[order[at - gap], axis] > boxes[item, axis]:
                order[at] = order[at - gap]
                at -= gap
            order[at] = item
        gap = gap // 2 if gap == 2 else int(gap / 2.2)


@bare
def _meet(boxes: Floats, one: int, other: int) -> bool:
    """Whether two boxes have a point in common."""
    across = boxes[one, 0] <= boxes[other, 2] and boxes[other, 0] <= boxes[one, 2]
    return bool(across and boxes[one, 1] <= boxes[other, 3] and boxes[other, 1] <= boxes[one, 3])


@bare
def _side(points: Floats, a: int, b: int, c: int) -> int:
    """On which side of the line from a to b the point c surely is: 1 left, -1 right, 0 in doubt."""
    left = (points[b, 0] - points[a, 0]) * (points[c, 1] - points[a, 1])
    right = (points[b, 1] - points[a, 1]) * (points[c, 0] - points[a, 0])
    turn, size = left - right, abs(left) + abs(right)
    if size > _UNDERFLOW and abs(turn) > _ROUNDING * size:
        return 1 if turn > 0.0 else -1
    return 0


@bare
def _folds(points: Floats, before: int, at: int, after: int) -> bool:
    """Whether a ring may turn back upon itself at a point."""
    if _side(points, before, at, after) != 0:
        return False
    dot = 0.0
    for axis in range(2):
        to, onward = points[before, axis] - points[at, axis], points[after, axis] - points[at, axis]
        dot += to * onward
    return not dot < -_UNDERFLOW


@bare
def _apart(points: Floats, one: int, other: int) -> bool:
    """Whether two edges have surely no point in common: one is on one side of the other's line."""
    side = _side(points, one, one + 1, other)
    if side != 0 and side == _side(points, one, one + 1, other + 1):
        return True
    side = _side(points, other, other + 1, one)
    return bool(side != 0 and side == _side(points, other, other + 1, one + 1))


@compiled
def crossings(
    points: Floats, rings: Integers, parts: Integers, shapes: Integers, most: int, counts: Integers
) -> None:
    """Set ``counts`` (shapes,): pairs of edges that meet beyond a common end, to ``most`` + 1."""
    for shape in range(len(shapes) - 1):
        first, last = parts[shapes[shape]], parts[shapes[shape + 1]]
        size = rings[last] - rings[first]
        corners, boxes = np.empty((size, 2)), np.empty((size, 4))
        begins, ends = np.empty(size, np.int64), np.empty(size, np.int64)
        order, place, edges = np.empty(size, np.int64), 0, 0
        for ring in range(first, last):
            count = _corners(points, rings[ring], rings[ring + 1], corners[place:])
            if count < 2:
                continue
            _frame(corners[place:], boxes[place:], count)
            for at in range(place, place + count):
                begins[at], ends[at] = place, place + count - 1
                order[edges] = at
                edges += 1
            place += count + 1
        _sort(order[:edges], boxes, 0)
        counts[shape] = _met(corners, boxes, order[:edges], begins, ends, most)


@bare
def _met(
    corners: Floats, boxes: Floats, order: Integers, begins: Integers, ends: Integers, most: int
) -> int:
    """Pairs of edges that meet and are no neighbours on a ring from ``begins`` to ``ends``."""
    count = 0
    for place in range(len(order)):
        one = order[place]
        for later in range(place + 1, len(order)):
            other = order[later]
            if boxes[other, 0] > boxes[one, 2] or count > most:
                break
            low, high = min(one, other), max(one, other)
            if begins[low] == begins[high] and (
                high - low == 1 or (low == begins[low] and high == ends[high])
            ):
                continue
            if _meet(boxes, one, other):
                astride = _side(corners, one, one + 1, other) * _side(
                    corners, one, one + 1, other + 1
                )
                back = _side(corners, other, other + 1, one) * _side(
                    corners, other, other + 1, one + 1
                )
                count += astride <= 0 and back <= 0
    return count


@bare
def repeats(
    points: Floats,
    rings: Integers,
    parts: Integers,
    shapes: Integers,
    counts: Integers,
    last: Floats,
) -> None:
    """Set the ``counts`` (shapes,) of points that repeat the one before, and the ``last`` such."""
    for shape in range(len(shapes) - 1):
        for ring in range(parts[shapes[shape]], parts[shapes[shape + 1]]):
            for at in range(rings[ring] + 1, rings[ring + 1]):
                x, y = points[at, 0], points[at, 1]
                if x == points[at - 1, 0] and y == points[at - 1, 1]:
                    counts[shape] += 1
                    last[shape, 0], last[shape, 1] = x, y


@bare
def spikes(
    points: Floats,
    rings: Integers,
    parts: Integers,
    shapes: Integers,
    slope: float,
    length: float,
    width: float,
    found: Floats,
) -> int:
    """Corners sharper than a ``slope`` whose shorter side is so long, and at its end so narrow.

    Their number; as many of them as there is room for are set in the rows of ``found``: x, y,
    the land between the two sides, and the shape.
    """
    count = 0
    for shape in range(len(shapes) - 1):
        for ring in range(parts[shapes[shape]], parts[shapes[shape + 1]]):
            start, last = rings[ring], rings[ring + 1] - 2
            while last > start and _same(points, last, start):
                last -= 1
            before = last
            for at in range(start, last + 1):
                after = at + 1 if at < last else start
                if _same(points, at, after):
                    continue  # it is looked at when the last of its likes comes
                land = _spike(points, before, at, after, slope, length, width)
                before = at
                if land >= 0.0:
                    if count < len(found):
                        found[count, 0], found[count, 1] = points[at, 0], points[at, 1]
                        found[count, 2], found[count, 3] = land, shape
                    count += 1
    return count


@bare
def _same(points: Floats, one: int, other: int) -> bool:
    """Whether two points are one."""
    return bool(points[one, 0] == points[other, 0] and points[one, 1] == points[other, 1])


@bare
def _spike(
    points: Floats, before: int, at: int, after: int, slope: float, length: float, width: float
) -> float:
    """The land between the two sides of a corner that is a spike, -1 for any other."""
    to_x, to_y = points[before, 0] - points[at, 0], points[before, 1] - points[at, 1]
    on_x, on_y = points[after, 0] - points[at, 0], points[after, 1] - points[at, 1]
    cross, dot = abs(to_x * on_y - to_y * on_x), to_x * on_x + to_y * on_y
    if not (dot > 0.0 and cross < slope * dot):
        return -1.0
    one, other = np.hypot(to_x, to_y), np.hypot(on_x, on_y)
    base, shorter = cross / max(one, other), min(one, other)
    return base * shorter / 2.0 if shorter >= length and base < width else -1.0
