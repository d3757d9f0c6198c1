"""Outlines in the page's own units: whole tenths of a metre of the web map, ring by ring."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.earth.crs import transform
from geo.webmap.packing import Column

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Shapes = npt.NDArray[Any]

WEB_MERCATOR: Final = CRS.from_epsg(3857)
UNITS_PER_M: Final = 10

_SPECK: Final = np.array([[0, 0], [1, 0], [0, 1]], dtype=np.int64)
"""What is left of land that is smaller than a unit: it stays on the map."""


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


def on_web_map(shapes: Shapes, crs: CRS) -> Shapes:
    """Shapes in EPSG:3857, metres."""
    return transform(shapes, crs, WEB_MERCATOR)


def origin_of(shapes: Shapes) -> tuple[int, int]:
    """The south-west corner of shapes on the web map in units, from which points are counted."""
    west, south = shapely.total_bounds(shapes)[:2]
    return int(np.floor(west * UNITS_PER_M)), int(np.floor(south * UNITS_PER_M))


def outlines_of(shapes: Shapes, origin: tuple[int, int]) -> Outlines:
    """Areas and lines on the web map as outlines.

    Points are only rounded, never left out by shape, so that a point two parcels share stays
    shared. Points that repeat are dropped, and so are rings that have no area left; of a shape
    that would vanish by that, a speck stays.
    """
    rings, shape = _rings(shapes)
    closed = shapely.get_dimensions(shapes) == 2
    points, ring = shapely.get_coordinates(rings, return_index=True)
    xy = np.rint(points * UNITS_PER_M).astype(np.int64) - np.array(origin, dtype=np.int64)
    xy, ring = _without_repeats(xy, ring, closed[shape])
    counts = np.bincount(ring, minlength=len(rings)).astype(np.int64)
    lasting = counts >= np.where(closed[shape], 3, 2)
    lasting &= ~closed[shape] | (_twice_area(xy, ring, len(rings)) != 0)
    return _whole(xy, ring, shape, lasting, closed)


def _rings(shapes: Shapes) -> tuple[Shapes, Integers]:
    """Every ring of areas and every line of lines, and the shape it belongs to, shape by shape."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # a collection may hold multiparts
    shape = shape[inner]
    flat = shapely.get_dimensions(shapes)[shape] == shapely.get_dimensions(parts)
    parts, shape = parts[flat], shape[flat]
    areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(parts[areas], return_index=True)
    owner = np.concatenate([shape[areas][part], shape[~areas]]).astype(np.int64)
    order = np.argsort(owner, kind="stable")
    return np.concatenate([rings, parts[~areas]])[order], owner[order]


def _without_repeats(xy: Integers, ring: Integers, closed: Mask) -> tuple[Integers, Integers]:
    """Points that differ from the one before in their ring, around the corner too."""
    begins = _first_of(ring)
    moved = begins | (np.diff(xy, axis=0, prepend=xy[:1]) != 0).any(axis=1)
    xy, ring = xy[moved], ring[moved]
    begins = _first_of(ring)
    first = xy[np.maximum.accumulate(np.where(begins, np.arange(len(xy)), 0))]
    closing = _last_of(ring) & ~begins & closed[ring] & (xy == first).all(axis=1)
    return xy[~closing], ring[~closing]


def _first_of(ring: Integers) -> Mask:
    first: Mask = np.diff(ring, prepend=-1) != 0
    return first


def _last_of(ring: Integers) -> Mask:
    last: Mask = np.diff(ring, append=-1) != 0
    return last


def _twice_area(xy: Integers, ring: Integers, rings: int) -> Integers:
    """Twice the area of each ring, with a sign, exactly."""
    sums = np.zeros(rings, dtype=np.int64)
    if not len(xy):
        return sums
    starts = np.flatnonzero(_first_of(ring))
    after = np.arange(1, len(xy) + 1)
    after[_last_of(ring)] = starts
    cross = xy[:, 0] * xy[after, 1] - xy[after, 0] * xy[:, 1]
    sums[ring[starts]] = np.add.reduceat(cross, starts)
    return sums


def _whole(
    xy: Integers,
    ring: Integers,
    shape: Integers,
    lasting: Mask,
    closed: Mask,
) -> Outlines:
    """The rings that last, and a speck in place of the first ring of a shape that has none."""
    first = _first_of(shape)
    lost = np.bincount(shape[lasting], minlength=len(closed))[shape] == 0
    specks = np.flatnonzero(first & lost & closed[shape])
    kept = lasting[ring]
    starts = np.searchsorted(ring, specks)
    at = (xy[starts][:, None, :] + _SPECK).reshape(-1, 2)
    points = np.concatenate([xy[kept], at])
    owner = np.concatenate([ring[kept], np.repeat(specks, len(_SPECK))])
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=len(shape)).astype(np.int64)
    present = counts > 0
    rings = np.bincount(shape[present], minlength=len(closed)).astype(np.int64)
    x, y = points[order].T
    return Outlines(rings, counts[present], x, y, closed)
