"""Mending geometry: only what has one right answer, and every change is reported."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geo.kernels.compiled import in_chunks

Shapes = npt.NDArray[Any]

MAX_CROSSINGS: Final = 1000
"""Of one outline; repair takes 0.3 s for as many, 5 s for a scribble of 6700 (250 vertices)."""
MAX_CROSSINGS_OF_LAYER: Final = 20_000
FEW_CROSSINGS: Final = 20
"""Outlines with no more are mended whatever else is in the layer: a city has many bow-ties."""
MAX_MENDED_VERTICES: Final = 100_000
"""Of one outline that is to be mended: a second."""

AGREE_M2, AGREE_SHARE = 0.01, 1e-4
"""Readings that differ by no more than this area, or this share of it, are one answer."""


_AT_ONCE: Final = 256
"""Outlines that one thread mends at once."""


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
    """Mend one invalid polygon, as :func:`mend_each`."""
    return mend_each(np.array([geometry], dtype=object))[0]


def mend_each(shapes: Shapes) -> list[Mending]:
    """Mend invalid polygons where both of GEOS's methods find the same land, as large as drawn.

    Line work counts every enclosed face by the even-odd rule, structure takes shells as land and
    holes as none: they differ exactly where the drawing can be read in two ways.
    """
    readings = np.empty(len(shapes), dtype=object)

    def work(_: int, start: int, stop: int) -> None:
        readings[start:stop] = _readings(shapes[start:stop])

    in_chunks(len(shapes), work, None, size=_AT_ONCE)
    return list(readings)


def _readings(shapes: Shapes) -> Shapes:
    """The :class:`Mending` of each."""
    by_linework = shapely.make_valid(shapes, method="linework")
    by_structure = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    linework, structure = _areal(by_linework), _areal(by_structure)
    raw_m2 = np.abs(shapely.area(shapes))
    linework_m2, structure_m2 = shapely.area(linework), shapely.area(structure)
    apart_m2 = np.zeros(len(shapes))
    other = ~shapely.equals_exact(shapely.normalize(by_linework), shapely.normalize(by_structure))
    apart_m2[other] = shapely.area(shapely.symmetric_difference(linework[other], structure[other]))
    slack_m2 = np.maximum(AGREE_M2, AGREE_SHARE * structure_m2)
    agreed = np.maximum(apart_m2, np.abs(structure_m2 - raw_m2)) <= slack_m2
    readings = np.empty(len(shapes), dtype=object)
    for at in range(len(shapes)):
        readings[at] = Mending(
            structure[at] if agreed[at] and structure_m2[at] > 0 else None,
            float(raw_m2[at]),
            float(linework_m2[at]),
            float(structure_m2[at]),
            (by_linework[at].geom_type, by_structure[at].geom_type),
        )
    return readings


def _areal(shapes: Shapes) -> Shapes:
    """Only the polygons of each valid geometry, as one."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, part = shapely.get_parts(parts, return_index=True)  # of a multipolygon in a collection
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    polygons = np.full(len(shapes), shapely.Polygon(), dtype=object)
    shapely.multipolygons(parts[areal], indices=owner[part][areal], out=polygons)
    united: Shapes = shapely.union_all(polygons[:, None], axis=1)
    return united
