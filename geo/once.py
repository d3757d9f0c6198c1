"""A square metre counts once: the land that each parcel adds to a set of parcels."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.crowding import Namer, bounded, heavy, meeting
from geo.findings import Place
from geo.kernels.shared import Rings
from geo.outlines import Outlines, outlines_of
from geo.overlay import Overlay, intersection, remainder, union_all
from geo.shared import rings_of, traced
from geo.units import LAND_GRID_M2, on_land_grid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LEAST_M2: Final = LAND_GRID_M2 / 2
"""Parcels that share no more than this share nothing: what one loses to the other rounds to 0.
Neighbours drawn along one line share as much by the rounding of their corners."""


@dataclass(frozen=True, slots=True)
class Once:
    """Areas in m² of parcels, and where they overlap.

    ``later[k]`` and ``earlier[k]`` share ``cut.pieces[k]``; earlier is by parcel id, so that the
    order of rows changes nothing. ``measure`` gives areas in m² of such pieces.
    """

    area_m2: Floats
    later: Integers
    earlier: Integers
    cut: Overlay
    measure: Callable[[npt.NDArray[Any]], Floats]
    pair_m2: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pair_m2", self.measure(self.cut.pieces))

    def of(self, counts: Mask) -> Floats:
        """Land in m² that each parcel of a set adds to those before it, 0 for parcels outside.

        The sum is the area of the union of the set, whatever overlaps what: land that a parcel
        shares with one outside the set is all its own. Sums of them are exact
        (:data:`geo.units.LAND_GRID_M2`).
        """
        land = np.where(counts, self.area_m2, 0.0)
        pairs, starts = self._by_later(counts[self.later] & counts[self.earlier])
        shared_m2 = self.pair_m2[pairs[starts]]
        several, groups = self._several(pairs, starts)
        if len(groups):
            shared_m2[several] = self.measure(groups)
        land[self.later[pairs[starts]]] -= shared_m2
        return on_land_grid(np.maximum(land, 0.0))

    def led_by(self, first: Mask) -> "Once":
        """The same with another order: some parcels come before all others, and each keeps its own.

        Their land is then what they have as a set of their own, and that of all stays the same.
        """
        behind = first[self.later] & ~first[self.earlier]
        return replace(
            self,
            later=np.where(behind, self.earlier, self.later),
            earlier=np.where(behind, self.later, self.earlier),
        )

    def pieces(self, shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The outlines of the parcels without what they share with those before them."""
        own = shapes.copy()
        pairs, starts = self._by_later(np.ones(len(self.later), dtype=bool))
        parcels, shared = self.later[pairs[starts]], self.cut.pieces[pairs[starts]]
        several, groups = self._several(pairs, starts)
        shared[several] = groups
        own[parcels] = remainder(own[parcels], shared, shared)
        return own

    def _by_later(self, among: Mask) -> tuple[Integers, Integers]:
        """Some pairs in the order of the later parcel, and where each such parcel begins."""
        pairs = np.flatnonzero(among)
        pairs = pairs[np.argsort(self.later[pairs], kind="stable")]
        later = self.later[pairs]
        starts = np.flatnonzero(np.diff(later, prepend=-1))
        return pairs, starts

    def _several(self, pairs: Integers, starts: Integers) -> tuple[Integers, npt.NDArray[Any]]:
        """Which later parcels share more than one polygon, and all that each of them shares."""
        count = np.diff(np.append(starts, len(pairs)))
        kinds = shapely.get_type_id(self.cut.pieces[pairs[starts]])
        several = (count > 1) | (kinds != shapely.GeometryType.POLYGON)
        asked = np.repeat(several, count)
        parts, piece = shapely.get_parts(self.cut.pieces[pairs[asked]], return_index=True)
        areal = shapely.get_dimensions(parts) == 2
        group = np.repeat(np.arange(int(several.sum())), count[several])[piece[areal]]
        return np.flatnonzero(several), _unions(parts[areal], group, int(several.sum()))


def overlaps(
    shapes: npt.NDArray[Any],
    ids: npt.NDArray[Any],
    place: Namer = lambda index: {"row": index + 1},
    outlines: Outlines | None = None,
) -> tuple[Integers, Integers, Overlay]:
    """Pairs of polygons that share area: the later one by id, the earlier one, what they share.

    ``outlines`` are those of the polygons. Raises :class:`geo.errors.ChecksError` where that would
    take minutes; ``place`` names a polygon.
    """
    rings = rings_of(outlines or outlines_of(shapes))
    one, other = meeting(shapely.STRtree(shapes), shapes, place)
    one, other = one[first := one < other], other[first]
    pairs = _boxes_overlap(rings.boxes, one, other)
    one, other = one[pairs], other[pairs]

    def name(pair: int) -> Place:
        return place(int(_in_order(ids, one[pair : pair + 1], other[pair : pair + 1])[0][0]))

    points = np.diff(rings.rings[rings.first])
    large = np.flatnonzero(heavy(points[one], points[other]))
    first, second = shapes[one[large]], shapes[other[large]]
    bounded(first, second, len(shapes), lambda pair: name(int(large[pair])))
    meet, shared_m2 = _meet(shapes, rings, one, other)
    one, other = _in_order(ids, one[meet], other[meet])
    order = np.lexsort((other, one))
    later, earlier = one[order], other[order]
    bounded(shapes[later], shapes[earlier], len(shapes), lambda pair: place(int(later[pair])))
    cut = intersection(shapes[later], shapes[earlier], shared_m2[order])
    areal = (shapely.area(cut.pieces) > 0) | cut.disputed | cut.settled
    return later[areal], earlier[areal], cut.take(areal)


def _boxes_overlap(boxes: Floats, one: Integers, other: Integers) -> Mask:
    """Whether boxes share more than boundary."""
    west, south = (np.maximum(boxes[one, at], boxes[other, at]) for at in (0, 1))
    east, north = (np.minimum(boxes[one, at], boxes[other, at]) for at in (2, 3))
    overlap: Mask = (west < east) & (south < north)
    return overlap


def _in_order(ids: npt.NDArray[Any], one: Integers, other: Integers) -> tuple[Integers, Integers]:
    """The later of each pair by id, then the earlier; of two with the same id, by row."""
    first, second = ids[one].astype(str), ids[other].astype(str)
    before = (first < second) | ((first == second) & (one < other))
    return np.where(before, other, one), np.where(before, one, other)


def _meet(
    shapes: npt.NDArray[Any], rings: Rings, one: Integers, other: Integers
) -> tuple[Integers, Floats]:
    """Pairs that share more than :data:`LEAST_M2`, or at all where rounding hides it; how much."""
    shared_m2, error_m2 = traced(rings, rings, one, other)
    meet: Mask = shared_m2 - error_m2 > LEAST_M2
    doubt = np.flatnonzero(~meet & ~(shared_m2 + error_m2 <= LEAST_M2))
    meet[doubt] = shapely.relate_pattern(shapes[one[doubt]], shapes[other[doubt]], "T********")
    return np.flatnonzero(meet), shared_m2[meet]


def _unions(polygons: npt.NDArray[Any], group: Integers, groups: int) -> npt.NDArray[Any]:
    """The union of the polygons of each group, which stand together in the order of groups."""
    stops = np.searchsorted(group, np.arange(groups + 1))
    unions = np.empty(groups, dtype=object)
    alone = np.diff(stops) == 1
    unions[alone] = polygons[stops[:-1][alone]]
    for at in np.flatnonzero(~alone):
        unions[at] = union_all(polygons[stops[at] : stops[at + 1]])
    return unions
