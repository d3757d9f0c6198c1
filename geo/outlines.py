"""Outlines of many polygons as a few flat arrays, which compiled functions walk without objects."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geo.kernels import wkb

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]


class Outlines(NamedTuple):
    """Polygons and multipolygons, flat: shapes hold polygons, polygons rings, rings points.

    Shape s has the polygons ``shapes[s]:shapes[s + 1]``, polygon p the rings
    ``parts[p]:parts[p + 1]`` (its shell first), ring r the points ``rings[r]:rings[r + 1]``, an
    array (n, 2) in the coordinates of the layer. The last point of a ring repeats its first. What
    is missing, empty, or no polygon has no parts. Rings are wound as they were drawn.
    """

    points: Floats
    rings: Integers
    parts: Integers
    shapes: Integers

    @property
    def size(self) -> int:
        """How many shapes there are."""
        return len(self.shapes) - 1

    @property
    def first_point(self) -> Integers:
        """Shape s has the points ``first_point[s]:first_point[s + 1]``."""
        return self.rings[self.parts[self.shapes]]


def outlines_of(shapes: Shapes) -> Outlines:
    """The outlines of shapely polygons; heights are left out."""
    return outlines_of_wkb(
        pa.array(shapely.to_wkb(shapes, output_dimension=2, byte_order=1), pa.large_binary())
    )


def outlines_of_wkb(shapes: pa.LargeBinaryArray) -> Outlines:
    """The outlines of flat little-endian well-known binary (OGC 06-103r4, section 8.2)."""
    _, offsets, data = shapes.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[shapes.offset : shapes.offset + len(shapes) + 1]
    held = np.frombuffer(data if data is not None else b"", dtype=np.uint8)
    shape_starts = np.zeros(len(starts), dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    parts, rings, points = wkb.take_apart(
        held, starts, np.empty((0, 2)), none, none, shape_starts, False
    )
    outlines = Outlines(
        np.empty((points, 2)),
        np.zeros(rings + 1, dtype=np.int64),
        np.zeros(parts + 1, dtype=np.int64),
        shape_starts,
    )
    wkb.take_apart(held, starts, *outlines, True)
    return outlines
