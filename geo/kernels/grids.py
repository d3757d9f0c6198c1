"""Boxes found by place: a grid hash of many levels, each box in one cell that is no smaller.

A box of a road is kept in a cell as large as the road, so that it takes no more room than a lot.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_LEVELS: Final = 32
_OFFSET: Final = 1 << 28
"""Cells are numbered from here, so that numbers are positive within 2.6e8 cells of the origin."""

_BITS: Final = 29
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2^64 by the golden ratio (Fibonacci hashing: Knuth, TAOCP 3, section 6.4)."""


class Grid(NamedTuple):
    """Boxes (west, south, east, north) by the cell of their south-western corner.

    ``cell`` is the side of the smallest cells; every level doubles it. ``filled`` (levels,) tells
    which levels hold boxes, and ``lowest`` the first of them. Bucket b has the entries
    ``starts[b]:starts[b + 1]``, each with its ``item``, the key of its cell, and the box.
    """

    cell: float
    filled: Mask
    lowest: int
    starts: Integers
    items: Integers
    keys: Integers
    boxes: Floats


def grid_of(boxes: Floats, cell: float) -> Grid:
    """The grid of boxes (n, 4), those with NaN left out; ``cell`` is at least 1 and sets the speed.

    No coordinate is farther than 2.6e8 from the origin.
    """
    buckets = 1 << max(4, int(2 * len(boxes)).bit_length() - 1)
    grid = Grid(
        float(cell),
        np.zeros(_LEVELS, dtype=np.bool_),
        0,
        np.zeros(buckets + 1, dtype=np.int64),
        np.empty(len(boxes), dtype=np.int64),
        np.empty(len(boxes), dtype=np.int64),
        np.empty((len(boxes), 4)),
    )
    _fill(boxes, grid)
    return grid._replace(lowest=int(grid.filled.argmax()))


@bare
def level_of(cell: float, boxes: Floats, item: int) -> int:
    """The level whose cells are the first to be no smaller than a box."""
    extent = max(boxes[item, 2] - boxes[item, 0], boxes[item, 3] - boxes[item, 1])
    level = 0
    while cell < extent:
        cell *= 2.0
        level += 1
    return level


@bare
def key_of(level: int, column: int, row: int) -> int:
    """The number of a cell."""
    return (((level << _BITS) | (column + _OFFSET)) << _BITS) | (row + _OFFSET)


@bare
def bucket_of(key: int, buckets: int) -> int:
    """The bucket of a cell, of a power of two of them."""
    mixed = np.uint64(key) * _SPREAD
    return np.int64((mixed >> np.uint64(32)) & np.uint64(buckets - 1))  # type: ignore[return-value]


@compiled
def _fill(boxes: Floats, grid: Grid) -> None:
    """Put the boxes into their buckets, by counting."""
    starts = grid.starts
    buckets = len(starts) - 1
    keys = np.empty(len(boxes), np.int64)
    for item in range(len(boxes)):
        keys[item] = -1
        if not boxes[item, 2] >= boxes[item, 0]:
            continue
        level = level_of(grid.cell, boxes, item)
        grid.filled[level] = True
        side = grid.cell * 2.0**level
        column, row = int(np.floor(boxes[item, 0] / side)), int(np.floor(boxes[item, 1] / side))
        keys[item] = key_of(level, column, row)
        starts[bucket_of(keys[item], buckets)] += 1
    total = 0
    for bucket in range(buckets):
        total += starts[bucket]
        starts[bucket] = total
    starts[buckets] = total
    for item in range(len(boxes) - 1, -1, -1):
        if keys[item] >= 0:
            bucket = bucket_of(keys[item], buckets)
            starts[bucket] -= 1
            at = starts[bucket]
            grid.items[at], grid.keys[at] = item, keys[item]
            for side_of in range(4):
                grid.boxes[at, side_of] = boxes[item, side_of]


@bare
def meeting(
    grid: Grid, west: float, south: float, east: float, north: float, level: int, found: Integers
) -> int:
    """How many boxes of a level and above meet a box; the first of them are put into ``found``.

    Where the box has more cells than there are boxes, these are gone through instead.
    """
    starts, boxes, count = grid.starts, grid.boxes, 0
    buckets = len(starts) - 1
    for at_level in range(level, _LEVELS):
        if not grid.filled[at_level]:
            continue
        side = grid.cell * 2.0**at_level
        first, last = int(np.floor(west / side)) - 1, int(np.floor(east / side))
        low, high = int(np.floor(south / side)) - 1, int(np.floor(north / side))
        columns = last - first + 1
        through = columns * (high - low + 1) > starts[buckets]
        for cell in range(1 if through else columns * (high - low + 1)):
            key = key_of(at_level, first + cell % columns, low + cell // columns)
            bucket = bucket_of(key, buckets)
            begin, end = starts[bucket], starts[bucket + 1]
            if through:
                begin, end = 0, starts[buckets]
            for entry in range(begin, end):
                if not (
                    boxes[entry, 0] <= east
                    and boxes[entry, 2] >= west
                    and boxes[entry, 1] <= north
                    and boxes[entry, 3] >= south
                ):
                    continue
                held = grid.keys[entry]
                if held == key or (through and held >> (2 * _BITS) == at_level):
                    if count < len(found):
                        found[count] = grid.items[entry]
                    count += 1
    return count
