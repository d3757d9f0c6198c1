"""Outlines in the page's own units: whole tenths of a metre of the web map, ring by ring."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.earth.crs import moved
from geo.kernels import drawing
from geo.webmap.packing import Column

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Shapes = npt.NDArray[Any]

WEB_MERCATOR: Final = CRS.from_epsg(3857)
UNITS_PER_M: Final = 10


@dataclass(frozen=True, slots=True)
class Outlines:
    """Shapes as columns: rings of each shape, points of each ring, and the points.

    A ring says its first point once. Holes are rings like any other: shapes are filled by the
    even-odd rule. ``closed`` tells areas from lines.
    """

    rings: Integers
    points: Integers
    x: Integers
    y: Integers
    closed: Mask

    def __len__(self) -> int:
        return len(self.rings)

    def take(self, rows: Integers) -> "Outlines":
        """The shapes of these rows, in their order."""
        rings = entries(self.rings, rows)
        points = entries(self.points, rings)
        return Outlines(
            self.rings[rows], self.points[rings], self.x[points], self.y[points], self.closed[rows]
        )

    def cut(self, ends: Integers) -> Iterator["Outlines"]:
        """The shapes between ends, part after part; views of these."""
        rings = np.append(0, np.cumsum(self.rings))[ends]
        points = np.append(0, np.cumsum(self.points))[rings]
        for row, ring, point in zip(pairwise(ends), pairwise(rings), pairwise(points), strict=True):
            rows, at = slice(*row), slice(*point)
            yield Outlines(
                self.rings[rows],
                self.points[slice(*ring)],
                self.x[at],
                self.y[at],
                self.closed[rows],
            )

    def columns(self, name: str) -> list[Column]:
        """The columns of a pack, all of areas: ``name.rings``, ``.points``, ``.x``, ``.y``."""
        return [
            Column(f"{name}.rings", "uint", self.rings),
            Column(f"{name}.points", "uint", self.points),
            Column(f"{name}.x", "point", self.x),
            Column(f"{name}.y", "point", self.y),
        ]

    def box(self) -> tuple[int, int, int, int]:
        """West, south, east, north; all zero where there are no points."""
        if not len(self.x):
            return 0, 0, 0, 0
        ends = self.x.min(), self.y.min(), self.x.max(), self.y.max()
        west, south, east, north = map(int, ends)
        return west, south, east, north


def entries(counts: Integers, rows: Integers) -> Integers:
    """Where the entries of some rows stand, when row after row has ``counts`` of them."""
    starts, chosen = np.cumsum(counts) - counts, counts[rows]
    shift = starts[rows] - (np.cumsum(chosen) - chosen)
    at: Integers = np.arange(int(chosen.sum()), dtype=np.int64) + np.repeat(shift, chosen)
    return at


@dataclass(frozen=True, slots=True)
class Rings:
    """Areas and lines as they are drawn, ring after ring.

    Shape s has the rings ``ring_starts[s]:ring_starts[s + 1]``, ring r the points
    ``point_starts[r]:point_starts[r + 1]``, of which the last may repeat the first. ``closed``
    tells areas from lines.
    """

    points: Floats
    point_starts: Integers
    ring_starts: Integers
    closed: Mask

    def moved(self, source: CRS, target: CRS) -> "Rings":
        """The same in another CRS."""
        return replace(self, points=moved(self.points, source, target))

    def origin(self) -> tuple[int, int]:
        """The south-west corner in units, from which points are counted."""
        west, south = np.floor(self.points.min(axis=0) * UNITS_PER_M).astype(np.int64).tolist()
        return west, south

    def middles(self) -> Floats:
        """The middle of the box of each shape (n, 2), which has points."""
        starts = self.point_starts[self.ring_starts[:-1]]
        low, high = (side.reduceat(self.points, starts) for side in (np.minimum, np.maximum))
        middles: Floats = (low + high) / 2
        return middles

    def rounded(self, origin: tuple[int, int], order: Integers | None = None) -> Outlines:
        """The shapes in an order, in whole units from an origin.

        Points are only rounded, never left out by shape, so that a point two parcels share stays
        shared. Points that repeat are dropped, and so are rings that have no area left; of a shape
        that would vanish by that, a speck stays.
        """
        rows = np.arange(len(self.closed)) if order is None else order
        columns = drawing.rounded(
            self.points,
            self.point_starts,
            self.ring_starts,
            self.closed,
            rows,
            float(UNITS_PER_M),
            *origin,
        )
        return Outlines(*columns, self.closed[rows])


def rings_of(shapes: Shapes) -> Rings:
    """Every ring of areas and every line of lines; of a collection with areas only these.

    An area without a hole, and a line, is a ring itself: nothing is made for it.
    """
    kinds = shapely.get_type_id(shapes)
    plain = (kinds == shapely.GeometryType.POLYGON) & (shapely.get_num_interior_rings(shapes) == 0)
    plain |= kinds == shapely.GeometryType.LINESTRING
    rings, shape = _taken_apart(shapes[~plain])
    owner = np.concatenate([np.flatnonzero(plain), np.flatnonzero(~plain)[shape]])
    order = np.argsort(owner, kind="stable")
    rings = np.concatenate([shapes[plain], rings])[order]
    return Rings(
        shapely.get_coordinates(rings),
        _starts(shapely.get_num_coordinates(rings)),
        _starts(np.bincount(owner, minlength=len(shapes))),
        shapely.get_dimensions(shapes) == 2,
    )


def outlines_of(shapes: Shapes, origin: tuple[int, int]) -> Outlines:
    """Areas and lines on the web map as outlines."""
    return rings_of(shapes).rounded(origin)


def _starts(counts: Integers) -> Integers:
    return np.append(0, np.cumsum(counts)).astype(np.int64)


def _taken_apart(shapes: Shapes) -> tuple[Shapes, Integers]:
    """The rings and lines of shapes of several, and the shape that each belongs to."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # a collection may hold multiparts
    shape = shape[inner]
    flat = shapely.get_dimensions(shapes)[shape] == shapely.get_dimensions(parts)
    parts, shape = parts[flat], shape[flat]
    areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(parts[areas], return_index=True)
    owner = np.concatenate([shape[areas][part], shape[~areas]])
    return np.concatenate([rings, parts[~areas]]), owner
