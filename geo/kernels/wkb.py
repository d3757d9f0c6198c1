"""Well-known binary taken apart into coordinates: polygons of many shapes, without an object each.

The format is that of OGC 06-103r4, section 8.2: a byte that says which end of a number comes first,
a type, then counts and coordinates. What GEOS and GeoParquet write here is little-endian and flat.
"""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

POLYGON, MULTIPOLYGON = 3, 6


@bare
def _number(data: Bytes, at: int) -> int:
    """The unsigned 32-bit number that begins at a byte."""
    low = np.int64(data[at]) | np.int64(data[at + 1]) << 8
    return int(low | np.int64(data[at + 2]) << 16 | np.int64(data[at + 3]) << 24)


@compiled
def take_apart(
    data: Bytes,
    starts: Integers,
    points: Floats,
    ring_starts: Integers,
    part_starts: Integers,
    shape_starts: Integers,
    fill: bool,
) -> tuple[int, int, int]:
    """How many polygons, rings and points there are in shapes ``data[starts[k]:starts[k + 1]]``.

    If it is to ``fill`` them, the arrays of :class:`geo.outlines.Outlines`, of such sizes, are set.
    """
    part, ring, point = 0, 0, 0
    coordinates = points.ravel()
    for shape in range(len(starts) - 1):
        shape_starts[shape] = part
        at = starts[shape]
        if at == starts[shape + 1]:
            continue
        kind = _number(data, at + 1)
        count = 1
        if kind == MULTIPOLYGON:
            count = _number(data, at + 5)
            at += 9
        elif kind != POLYGON:
            continue
        for _ in range(count):
            rings_here = _number(data, at + 5)
            at += 9
            if fill and rings_here > 0:
                part_starts[part] = ring
            part += rings_here > 0
            for _ in range(rings_here):
                size = _number(data, at)
                at += 4
                if fill:
                    ring_starts[ring] = point
                    held = data[at : at + 16 * size].view(np.float64)
                    coordinates[2 * point : 2 * (point + size)] = held
                at += 16 * size
                ring += 1
                point += size
    shape_starts[len(starts) - 1] = part
    if fill:
        ring_starts[ring] = point
        part_starts[part] = ring
    return part, ring, point
