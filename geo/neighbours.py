"""Neighbours that should share a boundary and leave a narrow gap instead."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.findings import Finding, Place, finding
from geo.kernels.lanes import Lanes, lanes, lone_edges
from geo.outlines import Outlines, outlines_of
from geo.units import shown

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]

GAP_M: Final = 0.5
"""Boundaries no farther apart than this are one boundary, as contiguity in the strict sense has
it; what is wider is a lane."""

ROUNDING_M: Final = 0.001
"""Boundaries nearer than this are one: surveys state millimetres."""

MOST_BESIDE, MOST_BESIDE_EACH = 500_000, 20
"""Pairs of edges in reach of each other: so many are looked at, and more for each edge."""

GAP_LENGTH_M: Final = 1.0
"""Shorter gaps are corners that almost meet."""


class Gaps(NamedTuple):
    """Narrow gaps, one for each pair of polygons that has any; lengths in m, pieces polygons."""

    one: Integers
    other: Integers
    pieces: Shapes
    length_m: Floats
    width_m: Floats

    def take(self, at: Integers) -> "Gaps":
        """The same for some of the pairs."""
        lengths, widths = self.length_m[at], self.width_m[at]
        return Gaps(self.one[at], self.other[at], self.pieces[at], lengths, widths)


def gaps(shapes: Shapes, outlines: Outlines | None = None) -> Gaps | None:
    """Find where the boundaries of two valid polygons face each other, 1 mm to 0.5 m apart.

    Edges that two polygons have in common are left out first, so that a sound layer costs little.
    A gap that widens to more than 0.5 m along an edge is a way in, and one with a third polygon
    in it is none. None when so many boundaries run side by side that the search takes minutes.
    ``outlines`` are those of the polygons, where they are known already.
    """
    edges = lone_edges(*(outlines or outlines_of(shapes)), tolerance_m=ROUNDING_M / 2)
    most = (MOST_BESIDE + (MOST_BESIDE_EACH - 1) * len(edges.owner)) // 2
    found = lanes(edges, widest_m=GAP_M, least_m=ROUNDING_M, most=most)
    return None if found is None else _by_pair(_clear(found, shapes), len(shapes))


def _clear(found: Lanes, shapes: Shapes) -> Lanes:
    """The stretches in whose middle is no land."""
    if not len(found.one):
        return found
    middles = shapely.points(found.corners.reshape(-1, 4, 2).mean(axis=1))
    clear = np.ones(len(found.one), dtype=bool)
    clear[shapely.STRtree(shapes).query(middles, predicate="intersects")[0]] = False
    return found.take(np.flatnonzero(clear))


def check_gaps(table: pd.DataFrame, found: Gaps | None, where: Place) -> list[Finding]:
    """List the pairs of parcels with a narrow gap between them, and the land that is in it."""
    if found is None:
        return [finding("parcel.gaps-unsought", **where, seen=GAP_M)]
    findings = []
    for one, other, piece, length_m, width_m in zip(*found, strict=True):
        words: Place = {
            "row": int(table["row"].iat[one]),
            "parcel": str(table["parcel_id"].iat[one]),
            "other": table["parcel_id"].iat[other],
            "seen": shown(width_m, 3),
            "length": shown(length_m, 1),
            "area_m2": piece.area,
            "shape": piece,
        }
        findings.append(finding("parcel.gap", **where, **words))
    return findings


def _by_pair(found: Lanes, count: int) -> Gaps:
    """All stretches between two polygons put together; those too short to matter are left out.

    They are taken in an order that follows from where they are, so that sums are always the same.
    """
    order = np.lexsort((*found.corners.T[:2], found.other, found.one))
    one, other, corners, lengths, widths = found.take(order)
    key, place = np.unique(one * count + other, return_inverse=True)
    length_m, width_m = np.zeros(len(key)), np.zeros(len(key))
    np.add.at(length_m, place, lengths)
    np.maximum.at(width_m, place, widths)
    quads = shapely.polygons(corners.reshape(-1, 4, 2))
    groups = np.split(shapely.make_valid(quads), np.flatnonzero(np.diff(place)) + 1)
    pieces = np.array([shapely.union_all(group) for group in groups][: len(key)], dtype=object)
    long = length_m >= GAP_LENGTH_M
    one, other = np.divmod(key, count)
    return Gaps(one[long], other[long], pieces[long], length_m[long], width_m[long])
