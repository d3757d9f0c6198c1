"""Mending geometry: only what has one right answer, and every change is reported."""

from typing import NamedTuple

import shapely

AGREE_M2, AGREE_SHARE = 0.01, 1e-4
"""Readings that differ by no more than this area, or this share of it, are one answer."""


class Mending(NamedTuple):
    """What repair made of an invalid polygon; ``geometry`` is None when there is no one answer.

    Areas in m²: ``raw_m2`` as the rings are given (a figure of eight cancels itself), and of the
    repairs by line work and by structure.
    """

    geometry: shapely.Geometry | None
    raw_m2: float
    linework_m2: float
    structure_m2: float


def mend(geometry: shapely.Geometry) -> Mending:
    """Mend an invalid polygon if both of GEOS's methods find the same land, as large as drawn.

    Line work counts every enclosed face by the even-odd rule, structure takes shells as land and
    holes as none: they differ exactly where the drawing can be read in two ways.
    """
    linework = _areal(shapely.make_valid(geometry, method="linework"))
    structure = _areal(shapely.make_valid(geometry, method="structure", keep_collapsed=False))
    raw_m2 = abs(float(shapely.area(geometry)))
    apart_m2 = float(shapely.area(shapely.symmetric_difference(linework, structure)))
    slack_m2 = max(AGREE_M2, AGREE_SHARE * structure.area)
    agreed = max(apart_m2, abs(structure.area - raw_m2)) <= slack_m2
    mended = structure if agreed and structure.area > 0 else None
    return Mending(mended, raw_m2, float(linework.area), float(structure.area))


def _areal(geometry: shapely.Geometry) -> shapely.Geometry:
    """Only the polygons of a geometry, as one."""
    parts = shapely.get_parts(geometry)
    areal = parts[shapely.get_dimensions(parts) == 2]
    return shapely.union_all(areal) if len(areal) else shapely.Polygon()
