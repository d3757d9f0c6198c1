"""A square metre counts once: the land that each parcel adds to a set of parcels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Once:
    """Areas in m² of parcels, and where they overlap.

    ``later[k]`` and ``earlier[k]`` share ``pieces[k]``; earlier is by parcel id, so that the
    order of rows changes nothing. ``measure`` gives areas in m² of such pieces.
    """

    area_m2: Floats
    later: Integers
    earlier: Integers
    pieces: npt.NDArray[Any]
    measure: Callable[[npt.NDArray[Any]], Floats]

    def of(self, counts: Mask) -> Floats:
        """Land in m² that each parcel of a set adds to those before it, 0 for parcels outside.

        The sum is the area of the union of the set, whatever overlaps what: land that a parcel
        shares with one outside the set is all its own.
        """
        land = np.where(counts, self.area_m2, 0.0)
        both = counts[self.later] & counts[self.earlier]
        later, pieces = self.later[both], self.pieces[both]
        order = np.argsort(later, kind="stable")
        parcels, starts = np.unique(later[order], return_index=True)
        for parcel, shared in zip(parcels, np.split(pieces[order], starts[1:]), strict=False):
            land[parcel] -= self.measure(np.array([_areal(shared)], dtype=object))[0]
        return land


def overlaps(
    shapes: npt.NDArray[Any], ids: npt.NDArray[Any]
) -> tuple[Integers, Integers, npt.NDArray[Any]]:
    """Pairs of polygons that share area: the later one by id, the earlier one, what they share."""
    order = np.argsort(ids.astype(str), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    later, earlier = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = rank[earlier] < rank[later]
    later, earlier = later[pair], earlier[pair]
    apart = shapely.touches(shapes[later], shapes[earlier])
    later, earlier = later[~apart], earlier[~apart]
    pieces = shapely.intersection(shapes[later], shapes[earlier])
    areal = shapely.area(pieces) > 0
    return later[areal], earlier[areal], pieces[areal]


def _areal(pieces: npt.NDArray[Any]) -> shapely.Geometry:
    parts = shapely.get_parts(pieces)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
