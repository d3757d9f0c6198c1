"""Which cells of a grid polygons cover, and how much of each: exact, edge by edge.

Coordinates are in cells: x the column, y the row from the top. Every edge leaves in the cells it
passes, row by row, the height it climbs there and the part of it that lies to its right; sums from
left to right are then the share of each cell inside, as in the filling of letters by signed areas.
"""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LEAST = 1e-6
"""A cell of which less is covered (of it, or of a polygon smaller than it) is not touched: so much
may be rounding along a shared edge."""

_FULL = 1 - 1e-12
"""What sums of shares of a whole cell come to, up to rounding."""


@compiled
def covered(
    points: Floats, rings: Integers, parts: Integers, shapes: Integers, rows: int, columns: int
) -> tuple[Integers, Integers, Floats, Floats, Floats]:
    """The cells of a grid that polygons (:class:`geo.outlines.Outlines`) cover.

    Shape s covers the cells ``cell[starts[s]:starts[s + 1]]``, counted along the rows from the top,
    by their ``share``; both have room to spare at the end. ``size`` (n,) is its size in cells, NaN
    if a coordinate is not finite, and ``inside`` how much of that lies on the grid. Polygons must
    be valid, whichever way they run.
    """
    count = len(shapes) - 1
    starts, size, inside = np.zeros(count + 1, np.int64), np.zeros(count), np.zeros(count)
    cell, share = np.empty(16 * count, np.int64), np.empty(16 * count)
    room, used = np.zeros(1024), 0
    for s in range(count):
        first, last = rings[parts[shapes[s]]], rings[parts[shapes[s + 1]]]
        left, right, top, bottom = _window(points, first, last, rows, columns)
        size[s] = np.nan if right < 0 else 0.0
        wide, high = max(right - left, 0), max(bottom - top, 0)
        if (wide + 2) * high > len(room):
            room = np.zeros(2 * (wide + 2) * high)
        for part in range(shapes[s], shapes[s + 1]):
            for ring in range(parts[part], parts[part + 1]):
                hole = -1.0 if ring > parts[part] else 1.0
                area = _area(points, rings[ring], rings[ring + 1])
                size[s] += hole * abs(area)
                for k in range(rings[ring], rings[ring + 1] - 1 if wide else 0):
                    _edge(room, points, k, -hole if area > 0 else hole, left, wide, top, high)
        if used + wide * high > len(cell):
            cell, share = _more_room(cell, share, used, wide * high)
        least = LEAST * min(size[s], 1.0) if size[s] > 0 else np.inf
        for row in range(high):
            total, at = 0.0, row * (wide + 2)
            for column in range(wide):
                total += room[at + column]
                room[at + column] = 0.0
                inside[s] += total
                if total > least:
                    cell[used] = (top + row) * columns + left + column
                    share[used] = 1.0 if total > _FULL else total
                    used += 1
            room[at + wide] = room[at + wide + 1] = 0.0
        starts[s + 1] = used
    return starts, cell, share, size, inside


@compiled
def _more_room(cell: Integers, share: Floats, used: int, more: int) -> tuple[Integers, Floats]:
    """The same cells and shares, with room for so many more, and for as many as there are."""
    longer, wider = np.empty(2 * used + more, np.int64), np.empty(2 * used + more)
    for k in range(used):
        longer[k], wider[k] = cell[k], share[k]
    return longer, wider


@bare
def _window(
    points: Floats, first: int, last: int, rows: int, columns: int
) -> tuple[int, int, int, int]:
    """The columns and rows of the grid that points span; the last column is -1 if not finite."""
    west, east, north, south = np.inf, -np.inf, np.inf, -np.inf
    for k in range(first, last):
        x, y = points[k, 0], points[k, 1]
        if not np.isfinite(x + y):
            return 0, -1, 0, 0
        west, east, north, south = min(west, x), max(east, x), min(north, y), max(south, y)
    if not (west < columns and east > 0 and north < rows and south > 0):
        return 0, 0, 0, 0
    left, top = int(np.floor(max(west, 0.0))), int(np.floor(max(north, 0.0)))
    right, bottom = int(np.ceil(min(east, columns))), int(np.ceil(min(south, rows)))
    return left, right, top, bottom


@bare
def _area(points: Floats, first: int, last: int) -> float:
    """The signed area of a ring, from its first point."""
    total = x = y = 0.0
    for k in range(first + 1, last):
        to_x, to_y = points[k, 0] - points[first, 0], points[k, 1] - points[first, 1]
        total += x * to_y - y * to_x
        x, y = to_x, to_y
    return total / 2


@bare
def _edge(
    room: Floats, points: Floats, k: int, turn: float, left: int, wide: int, top: int, high: int
) -> None:
    """Leave the traces of the edge from point k in a window of the grid, row by row.

    ``room`` has two columns more than the window. An edge is walked by growing rows, so that it is
    the same for the polygons on both its sides.
    """
    x, y = points[k, 0] - left, points[k, 1] - top
    to_x, to_y = points[k + 1, 0] - left, points[k + 1, 1] - top
    if to_y < y:
        x, y, to_x, to_y, turn = to_x, to_y, x, y, -turn
    start, end = max(y, 0.0), min(to_y, float(high))
    if start >= end:
        return
    lean = (to_x - x) / (to_y - y)
    here = x if start == y else x + (start - y) * lean
    row = int(start)
    while start < end:
        stop = min(row + 1.0, end)
        there = to_x if stop == to_y else x + (stop - y) * lean
        climb = turn * (stop - start)
        _step(room, row * (wide + 2), wide, min(here, there), max(here, there), climb)
        start, here, row = stop, there, row + 1


@bare
def _step(room: Floats, at: int, wide: int, west: float, east: float, climb: float) -> None:
    """Leave the traces of a piece of an edge within a row that begins at ``at``."""
    if east <= 0:
        room[at] += climb
        return
    if west >= wide:
        return
    if west < 0:
        outside = climb * (-west / (east - west))
        room[at] += outside
        climb, west = climb - outside, 0.0
    if east > wide:
        climb, east = climb * ((wide - west) / (east - west)), float(wide)
    column, last = int(west), int(east)
    if column == last:
        beside = climb * ((west + east) / 2 - column)
        room[at + column] += climb - beside
        room[at + column + 1] += beside
        return
    rate, begin = climb / (east - west), west
    while column <= last:
        end = min(column + 1.0, east)
        here = rate * (end - begin)
        beside = here * ((begin + end) / 2 - column)
        room[at + column] += here - beside
        room[at + column + 1] += beside
        column, begin = column + 1, end


@bare
def summary(starts: Integers, weight: Floats, values: Floats, found: Floats) -> None:
    """Figures of the values in the cells of each shape, the cells counting by their weight.

    ``found`` (5, n) becomes the share of the weight whose value is known, the mean, the least and
    the greatest value, and the mean absolute difference from the mean; NaN where nothing is known.
    """
    for s in range(len(starts) - 1):
        whole, known, total, least, most, apart = 0.0, 0.0, 0.0, np.inf, -np.inf, 0.0
        for k in range(starts[s], starts[s + 1]):
            whole += weight[k]
            if np.isfinite(values[k]):
                known += weight[k]
                total += weight[k] * values[k]
                least, most = min(least, values[k]), max(most, values[k])
        found[0, s], found[1:, s] = 0.0, np.nan
        if known > 0:
            mean = total / known
            for k in range(starts[s], starts[s + 1]):
                if np.isfinite(values[k]):
                    apart += weight[k] * abs(values[k] - mean)
            found[0, s], found[1, s] = known / whole, mean
            found[2, s], found[3, s], found[4, s] = least, most, apart / known
