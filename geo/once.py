"""A square metre counts once: the land that each parcel adds to a set of parcels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.crowding import Namer, bounded, heavy, meeting
from geo.findings import Place
from geo.overlay import Overlay, intersection, remainder, union_all
from geo.units import on_land_grid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


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

    def of(self, counts: Mask) -> Floats:
        """Land in m² that each parcel of a set adds to those before it, 0 for parcels outside.

        The sum is the area of the union of the set, whatever overlaps what: land that a parcel
        shares with one outside the set is all its own. Sums of them are exact
        (:data:`geo.units.LAND_GRID_M2`).
        """
        land = np.where(counts, self.area_m2, 0.0)
        both = counts[self.later] & counts[self.earlier]
        parcels, shared = self._taken(both)
        land[parcels] -= self.measure(shared)
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
        parcels, shared = self._taken(np.ones(len(self.later), dtype=bool))
        own[parcels] = remainder(own[parcels], shared, shared)
        return own

    def _taken(self, pairs: Mask) -> tuple[Integers, npt.NDArray[Any]]:
        """The later parcels of some pairs, and all that each shares with the earlier ones."""
        later, pieces = self.later[pairs], self.cut.pieces[pairs]
        order = np.argsort(later, kind="stable")
        parcels, starts = np.unique(later[order], return_index=True)
        shared = np.empty(len(parcels), dtype=object)
        if len(parcels):
            shared[:] = [_areal(group) for group in np.split(pieces[order], starts[1:])]
        return parcels, shared


def overlaps(
    shapes: npt.NDArray[Any], ids: npt.NDArray[Any], place: Namer = lambda index: {"row": index + 1}
) -> tuple[Integers, Integers, Overlay]:
    """Pairs of polygons that share area: the later one by id, the earlier one, what they share.

    Raises :class:`geo.errors.ChecksError` where that would take minutes; ``place`` names a polygon.
    """
    order = np.argsort(ids.astype(str), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    later, earlier = meeting(shapely.STRtree(shapes), shapes, place)
    pair = rank[earlier] < rank[later]
    later, earlier = later[pair], earlier[pair]

    def name(pair: int) -> Place:
        return place(int(later[pair]))

    large = np.flatnonzero(heavy(shapes[later], shapes[earlier]))
    first, second = shapes[later[large]], shapes[earlier[large]]
    bounded(first, second, len(shapes), lambda pair: name(int(large[pair])))
    shared = _interiors_meet(shapes, later, earlier)
    later, earlier = later[shared], earlier[shared]
    bounded(shapes[later], shapes[earlier], len(shapes), name)
    cut = intersection(shapes[later], shapes[earlier])
    areal = (shapely.area(cut.pieces) > 0) | cut.disputed | cut.settled
    return later[areal], earlier[areal], cut.take(areal)


def _interiors_meet(shapes: npt.NDArray[Any], one: Integers, other: Integers) -> Mask:
    """Whether pairs share more than boundary; the larger of each is indexed, once for all."""
    size = shapely.get_num_coordinates(shapes)
    swapped = size[one] < size[other]
    large, small = np.where(swapped, other, one), np.where(swapped, one, other)
    shapely.prepare(shapes)
    meet = np.empty(len(one), dtype=bool)
    order = np.argsort(large, kind="stable")  # one index after the other stays in the cache
    meet[order] = shapely.relate_pattern(shapes[large[order]], shapes[small[order]], "T********")
    shapely.destroy_prepared(shapes)  # as large as the land itself
    return meet


def _areal(pieces: npt.NDArray[Any]) -> shapely.Geometry:
    parts = shapely.get_parts(pieces)
    areal = parts[shapely.get_dimensions(parts) == 2]
    return areal[0] if len(areal) == 1 else union_all(areal)
