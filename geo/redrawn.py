"""The land balance another way: reasons drawn over many parcels at once, whichever each is of."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.area import AreaMethod, area_m2

Shapes = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

AT_ONCE: Final = 64
"""Parcels that are drawn as one: neighbours, along a Hilbert curve."""


def covered_m2(
    pieces: gpd.GeoSeries,
    constraints: gpd.GeoDataFrame,
    whole: dict[str, npt.NDArray[np.bool_]],
    reasons: Sequence[str],
    method: AreaMethod,
    *,
    union: Callable[[Shapes], shapely.Geometry],
) -> Floats:
    """What the first, the first two … of some reasons together cover of the parcels, in m².

    ``pieces`` are parcels that share no land, in a CRS in metres; ``constraints`` are polygons with
    ``reason``, ``whole`` says which parcels a reason takes as a whole, ``union`` how to unite.
    """
    covered = np.zeros(len(reasons))
    tree, names = constraints.sindex, constraints["reason"].to_numpy()
    for rows in _neighbours(pieces):
        own = pieces.iloc[rows].to_numpy()
        town = union(own)
        near = np.sort(tree.query(town, predicate="intersects"))
        polygons, of = constraints.geometry.to_numpy()[near], names[near]
        away, m2 = shapely.Polygon(), 0.0
        for number, reason in enumerate(reasons):
            drawn = own[whole[reason][rows]] if reason in whole else polygons[of == reason]
            if len(drawn):
                away = union(np.array([away, *drawn], dtype=object))
                both = np.array([shapely.intersection(town, away)], dtype=object)
                m2 = float(area_m2(both, pieces.crs, method)[0])
            covered[number] += m2
    return covered


def _neighbours(pieces: gpd.GeoSeries) -> Iterator[npt.NDArray[np.int64]]:
    """The places of parcels, so many at once, that lie close together; those that have land."""
    drawn = np.flatnonzero(~pieces.is_empty)
    along = pieces.iloc[drawn].envelope.hilbert_distance().to_numpy()
    order = drawn[np.argsort(along, kind="stable")]
    yield from np.array_split(order, max(1, -(-len(order) // AT_ONCE)))
