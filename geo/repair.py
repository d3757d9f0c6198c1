"""Mending geometry: only what has one right answer, and every change is reported."""

from typing import Final, NamedTuple

import shapely

MAX_CROSSINGS: Final = 1000
"""Of one outline; repair takes 0.3 s for as many, 5 s for a scribble of 6700 (250 vertices)."""
MAX_CROSSINGS_OF_LAYER: Final = 20_000
MAX_MENDED_VERTICES: Final = 100_000
"""Of one outline that is to be mended: a second."""

AGREE_M2, AGREE_SHARE = 0.01, 1e-4
"""Readings that differ by no more than this area, or this share of it, are one answer."""


class Mending(NamedTuple):
    """What repair made of an invalid polygon; ``geometry`` is None when there is no one answer.

    Areas in m²: ``raw_m2`` as the rings are given (a figure of eight cancels itself), and of the
    repairs by line work and by structure. ``kinds`` are the types that the two repairs return.
    """

    geometry: shapely.Geometry | None
    raw_m2: float
    linework_m2: float
    structure_m2: float
    kinds: tuple[str, str]


def mend(geometry: shapely.Geometry) -> Mending:
    """Mend an invalid polygon if both of GEOS's methods find the same land, as large as drawn.

    Line work counts every enclosed face by the even-odd rule, structure takes shells as land and
    holes as none: they differ exactly where the drawing can be read in two ways.
    """
    by_linework = shapely.make_valid(geometry, method="linework")
    by_structure = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    linework, structure = _areal(by_linework), _areal(by_structure)
    raw_m2 = abs(float(shapely.area(geometry)))
    apart_m2 = float(shapely.area(shapely.symmetric_difference(linework, structure)))
    slack_m2 = max(AGREE_M2, AGREE_SHARE * structure.area)
    agreed = max(apart_m2, abs(structure.area - raw_m2)) <= slack_m2
    mended = structure if agreed and structure.area > 0 else None
    kinds = (by_linework.geom_type, by_structure.geom_type)
    return Mending(mended, raw_m2, float(linework.area), float(structure.area), kinds)


def _areal(geometry: shapely.Geometry) -> shapely.Geometry:
    """Only the polygons of a geometry, as one."""
    parts = shapely.get_parts(geometry)
    areal = parts[shapely.get_dimensions(parts) == 2]
    return shapely.union_all(areal) if len(areal) else shapely.Polygon()
