"""Outlines on the whole numbers of a drawing: rounded to them, and cut by lines of a lattice."""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@compiled
def rounded(
    points: Floats,
    point_starts: Integers,
    ring_starts: Integers,
    closed: Mask,
    order: Integers,
    units: float,
    west: int,
    south: int,
) -> tuple[Integers, Integers, Integers, Integers]:
    """Rings of each shape in an order, points of each ring, and x and y, counted from a corner.

    Shape s has the rings from ``ring_starts[s]`` on, ring r the points from ``point_starts[r]`` on.
    A point that repeats the one before it, around the corner too, is left out, and so is a ring
    without area or a line without extent; the first point of a shape of which nothing is left
    becomes a speck of one half square.
    """
    room = len(points) + 3 * len(order)
    x, y = np.empty(room, np.int64), np.empty(room, np.int64)
    counts = np.empty(len(point_starts) - 1 + len(order), np.int64)
    rings = np.zeros(len(order), np.int64)
    size = ring_count = 0
    for nth in range(len(order)):
        shape = order[nth]
        for ring in range(ring_starts[shape], ring_starts[shape + 1]):
            start = size
            for at in range(point_starts[ring], point_starts[ring + 1]):
                x[size] = np.int64(np.rint(points[at, 0] * units)) - west
                y[size] = np.int64(np.rint(points[at, 1] * units)) - south
                if size == start or x[size] != x[size - 1] or y[size] != y[size - 1]:
                    size += 1
            if not _lasts(x, y, start, size, closed[shape]):
                size = start
                continue
            if closed[shape] and x[size - 1] == x[start] and y[size - 1] == y[start]:
                size -= 1
            counts[ring_count] = size - start
            ring_count += 1
            rings[nth] += 1
        first = point_starts[ring_starts[shape]]
        if rings[nth] == 0 and closed[shape] and first < point_starts[ring_starts[shape + 1]]:
            x[size : size + 3] = np.int64(np.rint(points[first, 0] * units)) - west
            y[size : size + 3] = np.int64(np.rint(points[first, 1] * units)) - south
            x[size + 1] += 1
            y[size + 2] += 1
            size += 3
            counts[ring_count] = 3
            ring_count += 1
            rings[nth] = 1
    return rings, counts[:ring_count].copy(), x[:size].copy(), y[:size].copy()


@compiled
def _lasts(x: Integers, y: Integers, start: int, end: int, closed: bool) -> bool:
    """Whether a ring still has an area, or a line an extent."""
    if not closed:
        return end - start >= 2
    return end - start >= 3 and twice_area(x, y, start, end) != 0


@compiled
def twice_area(x: Integers, y: Integers, start: int, end: int) -> int:
    """Twice the area of a ring, with a sign, exactly."""
    total = 0
    before = end - 1
    for at in range(start, end):
        total += x[before] * y[at] - x[at] * y[before]
        before = at
    return total


@compiled
def land(points: Integers, x: Integers, y: Integers) -> float:
    """Square units of all rings of so many points each, holes among them."""
    total, start = 0, 0
    for count in points:
        total += abs(twice_area(x, y, start, start + count))
        start += count
    return total / 2


@compiled
def lattice_held(
    rings: Integers, points: Integers, at_x: Integers, at_y: Integers, side: float
) -> Integers:
    """Shape, x and y (3, n) of every point of a lattice that a shape holds by the even-odd rule.

    The lattice has its points at half sides. Each of its lines is cut by the sides of an outline;
    between the first cut and the second it is inside, and so on.
    """
    held, size = np.empty((3, 1024), np.int64), 0
    ring = start = 0
    for shape in range(len(rings)):
        sizes = points[ring : ring + rings[shape]]
        ring += rings[shape]
        end = start + sizes.sum()
        x, y = at_x[start:end] / side - 0.5, at_y[start:end] / side - 0.5
        start = end
        if not len(y) or np.floor(y.max()) == np.floor(y.min()):
            continue
        low = int(np.floor(y.min())) + 1
        bounds, starts = _cuts(sizes, x, y, low, int(np.floor(y.max())))
        for line in range(len(starts) - 1):
            cuts = np.sort(bounds[starts[line] : starts[line + 1]])
            for pair in range(0, len(cuts), 2):
                first, last = np.int64(np.ceil(cuts[pair])), np.int64(np.ceil(cuts[pair + 1]))
                if size + last - first > held.shape[1]:
                    more = np.empty((3, 2 * (size + last - first)), np.int64)
                    more[:, :size] = held[:, :size]
                    held = more
                for column in range(first, last):
                    held[0, size], held[1, size], held[2, size] = shape, column, line + low
                    size += 1
    return held[:, :size].copy()


@compiled
def _cuts(sizes: Integers, x: Floats, y: Floats, low: int, high: int) -> tuple[Floats, Integers]:
    """Where the lines from ``low`` to ``high`` cut the sides of rings, line after line."""
    starts = np.zeros(high - low + 2, np.int64)
    cuts = np.empty(0)
    for filling in (False, True):
        first = 0
        for count in sizes:
            before = first + count - 1
            for at in range(first, first + count):
                one, other = np.int64(np.floor(y[before])), np.int64(np.floor(y[at]))
                for line in range(min(one, other) + 1, max(one, other) + 1):
                    if filling:
                        slope = (line - y[before]) / (y[at] - y[before])
                        cuts[starts[line - low]] = x[before] + slope * (x[at] - x[before])
                        starts[line - low] += 1
                    else:
                        starts[line - low + 1] += 1
                before = at
            first += count
        if not filling:
            starts = np.cumsum(starts)
            cuts = np.empty(starts[-1])
    return cuts, np.append(np.zeros(1, np.int64), starts[:-1])
