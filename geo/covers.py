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
    def rings(self) -> Rings:
        """Their outlines."""
        return rings_of_shapes(self.shapes)

    @cached_property
    def area_m2(self) -> Floats:
        """Their area in the plane."""
        return np.asarray(shapely.area(self.shapes))


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
    """Parcels that a layer covers whole, and in part with the union of the polygons that do."""

    whole: Integers
    part: Integers
    union: Shapes


def shares(ground: Ground, polygons: Shapes, place: Namer) -> Shares:
    """What polygons and parcels share; ``place`` names a polygon.

    Raises :class:`geo.errors.ChecksError` for absurdly many pairs.
    """
    polygon, parcel = meeting(ground.tree, polygons, place)
    rings = rings_of_shapes(polygons)
    kinds = classified(ground.rings, rings, parcel, polygon)
    meet = np.flatnonzero(kinds != DISJOINT)
    meet = meet[np.lexsort((polygon[meet], parcel[meet]))]
    parcel, polygon, whole = parcel[meet], polygon[meet], kinds[meet] == COVERED
    all_m2 = ground.area_m2[parcel]
    m2, error_m2 = all_m2.copy(), np.zeros(len(meet))
    some = np.flatnonzero(~whole)
    m2[some], error_m2[some] = traced(
        ground.rings, rings, parcel[some], polygon[some], most=QUICK_EDGE_PAIRS
    )
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
    return Cover(at[whole], at[~whole], _united(rest.parcel, near))


def _near(ground: Ground, polygons: Shapes, found: Shares) -> Shapes:
    """What lies of large polygons around the parcel of each, as their other edges cost time."""
    near = polygons.copy()
    large = np.flatnonzero(shapely.get_num_coordinates(polygons) > FEW_POINTS)
    parcel = found.parcel[large]
    around = ground.rings.boxes[parcel] + MARGIN_M * np.array([-1, -1, 1, 1])
    cut = clipped(polygons[large], around)
    m2, error_m2 = traced(
        ground.rings, rings_of_shapes(cut), parcel, np.arange(len(cut)), most=QUICK_EDGE_PAIRS
    )
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


def _united(parcel: Integers, polygons: Shapes) -> Shapes:
    """The union of the polygons of each parcel, which stand together."""
    starts = np.flatnonzero(np.diff(parcel, prepend=-1))
    count = np.diff(np.append(starts, len(parcel)))
    union = polygons[starts]
    several = np.flatnonzero(count > 1)
    groups = np.empty(len(several), dtype=object)
    for at, index in enumerate(several):
        groups[at] = polygons[starts[index] : starts[index] + count[index]]
    union[several] = in_threads(_unions, groups)
    return union


def _unions(groups: Shapes) -> Shapes:
    unions = np.empty(len(groups), dtype=object)
    for at, group in enumerate(groups):
        unions[at] = _union(group)
    return unions


def _union(polygons: Shapes) -> shapely.Geometry:
    """The union of a few polygons, made a second way where its area cannot be right."""
    union = shapely.union_all(polygons)
    areas = shapely.area(polygons)
    possible = areas.max() * (1 - SLACK) <= union.area <= areas.sum() * (1 + SLACK)
    return union if possible else union_all(polygons)
