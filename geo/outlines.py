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

    def between(self, start: int, stop: int) -> "Outlines":
        """The shapes from one to before another; their points are not copied."""
        shapes = self.shapes[start : stop + 1]
        parts = self.parts[shapes[0] : shapes[-1] + 1]
        rings = self.rings[parts[0] : parts[-1] + 1]
        points = self.points[rings[0] : rings[-1]]
        return Outlines(points, rings - rings[0], parts - parts[0], shapes - shapes[0])


def outlines_of(shapes: Shapes) -> Outlines:
    """The outlines of shapely polygons; heights are left out."""
    drawn = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    land = shapes if drawn.all() else shapes[drawn]
    alone = (shapely.get_type_id(land) == 3) & (shapely.get_num_interior_rings(land) == 0)
    parts, rings, points = _counts(land[~alone])  # of those that are not one ring alone
    parts_each = _among(alone, 1, parts)
    alone_part = np.repeat(alone, parts_each)
    rings_each = _among(alone_part, 1, rings)
    sizes = shapely.get_num_coordinates(land[alone])
    points_each = _among(np.repeat(alone_part, rings_each), sizes, points)
    return Outlines(
        shapely.get_coordinates(land),
        _starts(points_each),
        _starts(rings_each),
        _starts(_among(~drawn, 0, parts_each)),
    )


def _counts(shapes: Shapes) -> tuple[Integers, Integers, Integers]:
    """How many parts shapes have, how many rings these, and how many points these."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    full = ~shapely.is_empty(parts)
    rings, part = shapely.get_rings(parts[full], return_index=True)
    return (
        np.bincount(shape[full], minlength=len(shapes)),
        np.bincount(part, minlength=int(full.sum())),
        shapely.get_num_coordinates(rings),
    )


def _among(where: npt.NDArray[np.bool_], own: Integers | int, others: Integers) -> Integers:
    """Numbers in order, some from the one and some from the other."""
    both = np.empty(len(where), dtype=np.int64)
    both[where], both[~where] = own, others
    return both


def _starts(counts: Integers) -> Integers:
    """Where each of so many begins, and where the last ends."""
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


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
