"""Which polygons of a layer cover which parcels, all of them or in part, before anything is cut."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geo.crowding import Namer, bounded, meeting
from geo.kernels.shared import COVERED, DISJOINT, Rings
from geo.overlay import QUICK_EDGE_PAIRS, clipped, union_all
from geo.shared import classified, in_threads, rings_of_shapes, traced
from geo.units import LAND_GRID_M2

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

LEAST_M2: Final = LAND_GRID_M2 / 2
"""What is no larger rounds to no land: a parcel beside a polygon, and the rest of a covered one."""

SLACK: Final = 1e-9
"""The share by which the area of a union may be off."""

MOST_TILES: Final = 8
"""Polygons that may cover a parcel between them without being united first."""

FEW_POINTS: Final = 32
"""Polygons of no more points are cut as they are."""

MARGIN_M: Final = 1.0
"""So far around a parcel, the edge of what is cut out of a polygon touches nothing of it."""


@dataclass(frozen=True)
class Ground:
    """Valid parcels in a CRS in metres, which several layers are laid upon."""

    shapes: Shapes

    @cached_property
    def tree(self) -> shapely.STRtree:
        """An index of the parcels."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def boxes(self) -> Floats:
        """West, south, east and north of each, NaN for one that is empty."""
        return np.asarray(shapely.bounds(self.shapes))

    @cached_property
    def area_m2(self) -> Floats:
        """Their area in the plane."""
        return np.asarray(shapely.area(self.shapes))

    def traced(self, parcel: Integers, rings: Rings, polygon: Integers) -> tuple[Floats, Floats]:
        """What some of them share with polygons, pair by pair (:func:`geo.shared.traced`)."""
        some, at = np.unique(parcel, return_inverse=True)
        own = rings_of_shapes(self.shapes[some])
        return traced(own, rings, at, polygon, most=QUICK_EDGE_PAIRS)


class Shares(NamedTuple):
    """Pairs of a parcel and a polygon that share land, in the order of parcels, then polygons.

    ``m2`` is what they share in the plane, NaN where they have too many edges to say; ``whole``
    says where that is all of the parcel.
    """

    parcel: Integers
    polygon: Integers
    m2: Floats
    whole: Mask

    def take(self, at: Mask) -> "Shares":
        """Some of them."""
        return Shares(self.parcel[at], self.polygon[at], self.m2[at], self.whole[at])


class Cover(NamedTuple):
    """Parcels that a layer covers whole, and in part with the union of the polygons that do.

    ``m2`` is what the two share, NaN where several polygons are united and their edges are new.
    """

    whole: Integers
    part: Integers
    union: Shapes
    m2: Floats


def shares(ground: Ground, polygons: Shapes, place: Namer) -> Shares:
    """What polygons and parcels share; ``place`` names a polygon.

    Raises :class:`geo.errors.ChecksError` for absurdly many pairs.
    """
    polygon, parcel = meeting(ground.tree, polygons, place)
    rings = rings_of_shapes(polygons)
    kinds = classified(ground.boxes, rings, parcel, polygon)
    meet = np.flatnonzero(kinds != DISJOINT)
    meet = meet[np.lexsort((polygon[meet], parcel[meet]))]
    parcel, polygon, whole = parcel[meet], polygon[meet], kinds[meet] == COVERED
    all_m2 = ground.area_m2[parcel]
    m2, error_m2 = all_m2.copy(), np.zeros(len(meet))
    some = np.flatnonzero(~whole)
    m2[some], error_m2[some] = ground.traced(parcel[some], rings, polygon[some])
    whole |= m2 - error_m2 >= all_m2 - LEAST_M2
    found = Shares(parcel, polygon, np.where(whole, all_m2, m2), whole)
    return found.take(whole | ~(m2 + error_m2 <= LEAST_M2))


def cover(ground: Ground, polygons: Shapes, place: Namer, parcel_place: Namer) -> Cover:
    """Which parcels the polygons of one layer cover, whole or in part, whatever of them overlap.

    Raises :class:`geo.errors.ChecksError` when to unite and cut them would take minutes.
    """
    found = shares(ground, polygons, place)
    at, group = np.unique(found.parcel, return_inverse=True)
    whole = np.bincount(group, found.whole, minlength=len(at)) > 0
    whole |= _tiled(ground, polygons, found.take(~whole[group]), at)
    rest = found.take(~whole[group])
    bounded(
        ground.shapes[rest.parcel],
        polygons[rest.polygon],
        len(ground.shapes),
        lambda pair: parcel_place(int(rest.parcel[pair])),
    )
    near = _near(ground, polygons[rest.polygon], rest)
    union, count = _united(rest.parcel, near)
    m2 = np.where(count == 1, rest.m2[np.cumsum(count) - count], np.nan)
    return Cover(at[whole], at[~whole], union, m2)


def _near(ground: Ground, polygons: Shapes, found: Shares) -> Shapes:
    """What lies of large polygons around the parcel of each, as their other edges cost time."""
    near = polygons.copy()
    large = np.flatnonzero(shapely.get_num_coordinates(polygons) > FEW_POINTS)
    parcel = found.parcel[large]
    around = ground.boxes[parcel] + MARGIN_M * np.array([-1, -1, 1, 1])
    cut = clipped(polygons[large], around)
    m2, error_m2 = ground.traced(parcel, rings_of_shapes(cut), np.arange(len(cut)))
    same = np.abs(m2 - found.m2[large]) <= np.maximum(error_m2, LEAST_M2)
    near[large[same]] = cut[same]
    return near


def _tiled(ground: Ground, polygons: Shapes, found: Shares, at: Integers) -> Mask:
    """Which parcels several polygons cover whole that do not overlap one another there."""
    sums = np.bincount(found.parcel, found.m2, minlength=len(ground.shapes))[at]
    count = np.bincount(found.parcel, minlength=len(ground.shapes))[at]
    full = np.abs(sums - ground.area_m2[at]) <= LEAST_M2
    full &= (count > 1) & (count <= MOST_TILES)
    some = found.take(np.isin(found.parcel, at[full]))
    firsts, seconds = _pairs_within(some.parcel)
    one, other = some.polygon[firsts], some.polygon[seconds]
    pairs, where = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True)
    overlap = _overlap(polygons, *pairs.T)[where.ravel()]
    full &= ~np.isin(at, some.parcel[firsts[overlap]])
    return full


def _pairs_within(group: Integers) -> tuple[Integers, Integers]:
    """All pairs of rows of the same group, which stand together."""
    last = np.searchsorted(group, group, side="right")
    later = last - np.arange(len(group)) - 1
    first = np.repeat(np.arange(len(group)), later)
    step = np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    return first, first + 1 + step


def _overlap(polygons: Shapes, one: Integers, other: Integers) -> Mask:
    """Whether polygons share land, pair by pair."""
    involved, at = np.unique(np.concatenate([one, other]), return_inverse=True)
    rings = rings_of_shapes(polygons[involved])
    one, other = at[: len(one)], at[len(one) :]
    m2, error_m2 = traced(rings, rings, one, other, most=QUICK_EDGE_PAIRS)
    mask: Mask = ~(m2 + error_m2 <= LEAST_M2)
    return mask


def _united(parcel: Integers, polygons: Shapes) -> tuple[Shapes, Integers]:
    """The union of the polygons of each parcel, which stand together, and how many they are."""
    starts = np.flatnonzero(np.diff(parcel, prepend=-1))
    count = np.diff(np.append(starts, len(parcel)))
    union = polygons[starts]
    several = np.flatnonzero(count > 1)
    union[several] = _unions(polygons[np.repeat(count > 1, count)], count[several])
    return union, count


def _unions(polygons: Shapes, count: Integers) -> Shapes:
    """The unions of so many polygons each; made a second way where an area cannot be right."""
    starts, areas = np.cumsum(count) - count, shapely.area(polygons)
    if not len(starts):
        return polygons
    owner = np.repeat(np.arange(len(count)), count)
    groups = shapely.geometrycollections(polygons, indices=owner)
    unions = in_threads(lambda some: shapely.union_all(some[:, np.newaxis], axis=1), groups)
    area = shapely.area(unions)
    possible = np.maximum.reduceat(areas, starts) * (1 - SLACK) <= area
    possible &= area <= np.add.reduceat(areas, starts) * (1 + SLACK)
    for at in np.flatnonzero(~possible):
        unions[at] = union_all(polygons[starts[at] : starts[at] + count[at]])
    return unions
