"""The shape of chosen land: its perimeter, how compact it is, and the land that it encloses."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.sequence.lots import Lots, Mask

BRIDGED_M: Final = 15.0
"""Half the widest gap that is contiguous: a road between chosen parcels is no hole in them."""

_SLIVER_M2: Final = 1.0


def perimeter_m(lots: Lots, chosen: Mask) -> float:
    """Perimeter of the chosen parcels, less the boundary that they share with each other.

    Across a road nothing is shared, so both of its sides count.
    """
    inner = chosen[lots.i] & chosen[lots.j]
    return float(lots.perimeter_m[chosen].sum() - 2 * lots.shared_m[inner].sum())


def compactness(perimeter: float, land_m2: float) -> float:
    """A perimeter in m by that of the circle of as much land: 1 is a circle; NaN without land."""
    return perimeter / (2 * float(np.sqrt(np.pi * land_m2))) if land_m2 > 0 else float("nan")


def hole_m2(shapes: npt.NDArray[Any]) -> float:
    """Land in m² enclosed by parcels and not theirs, once gaps up to 30 m are closed.

    The union is grown by 15 m with sharp corners and shrunk again, which closes roads; what then
    lies within its outer rings and not in it are the holes. No links are asked.
    """
    union = shapely.union_all(np.asarray(shapes, dtype=object))
    grown = shapely.buffer(union, BRIDGED_M, join_style="mitre")
    closed = shapely.union(shapely.buffer(grown, -BRIDGED_M, join_style="mitre"), union)
    parts = shapely.get_parts(closed)
    parts = parts[shapely.get_dimensions(parts) == 2]  # where edges touch, lines may be left over
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
    enclosed = float(shapely.area(filled) - shapely.area(closed))
    return enclosed if enclosed > _SLIVER_M2 else 0.0
