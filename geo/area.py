"""Land area: planar on the plan's grid, and ellipsoidal on GRS80, both for every parcel.

Both are in official use in China: planar for parcels and surveys, ellipsoidal for the national
land survey (domain reference, section 2). A figure always says which one it is.
"""

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from geo.earth.grs80 import E2, RADIUS_M, SEMI_MAJOR_M, scale_series, transverse_mercator
from geo.kernels import areas
from geo.outlines import Outlines, outlines_of

AreaMethod = Literal["planar", "ellipsoidal"]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]

MAX_EDGE_M: Final = 70.0
"""Edges are cut to this length, so that a straight line on the grid stays one on the ellipsoid."""

_E = np.sqrt(E2)
_B2 = SEMI_MAJOR_M**2 * (1 - E2)


def area_m2(shapes: Shapes | Outlines, crs: CRS, method: AreaMethod) -> Floats:
    """Area in m² of polygons in ``crs`` (projected, in metres) by one of the two methods."""
    return planar_m2(shapes) if method == "planar" else ellipsoidal_m2(shapes, crs)


def planar_m2(shapes: Shapes | Outlines) -> Floats:
    """Area on the grid in m² of polygons in a projected CRS whose unit is the metre.

    The same to the last bit from outlines and from the objects of GEOS.
    """
    if isinstance(shapes, Outlines):
        measured = np.empty(shapes.size)
        areas.planar(*shapes, measured)
        return measured
    return np.asarray(shapely.area(shapes), dtype=np.float64)


def ellipsoidal_m2(shapes: Shapes | Outlines, crs: CRS) -> Floats:
    """Area on the GRS80 ellipsoid in m² of polygons in ``crs`` (projected, in metres).

    Edges are straight on the grid. On a transverse Mercator grid on GRS80 the inverse scale is
    integrated along them, see :mod:`geo.kernels.areas`; what lies beyond its reach, or on another
    projection, is taken to longitude and latitude. Both agree with geodesic areas and the
    national trapezoid formula to 1e-10, and with each other to 1e-11. NaN where the CRS has no
    land.
    """
    outlines = shapes if isinstance(shapes, Outlines) else outlines_of(_polygons(shapes))
    measured, grid = np.full(outlines.size, np.nan), transverse_mercator(crs)
    if grid is not None:
        held = np.array([*grid, RADIUS_M])
        areas.on_ellipsoid(*outlines, held, scale_series(areas.REACH), measured)
    beyond = np.isnan(measured)
    if beyond.any():
        measured[beyond] = by_degrees_m2(outlines, beyond, crs)
    return measured


def _polygons(shapes: Shapes) -> Shapes:
    """Shapes with the polygons of each collection as one."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    if not len(mixed):
        return shapes
    polygons = shapes.copy()
    for at in mixed:
        parts = shapely.get_parts(shapes[at])
        polygons[at] = shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
    return polygons


def by_degrees_m2(outlines: Outlines, wanted: npt.NDArray[np.bool_], crs: CRS) -> Floats:
    """Area in m² of the ``wanted`` shapes, by longitude and latitude of their points.

    Rings are cut to edges of at most 70 m on the grid, and the areas between edge and equator are
    summed: ``A = -∮ S(φ) dλ``, where S is the exact area per radian of longitude up to a parallel
    (Snyder 1987, Map Projections, eq. 3-12). A hole takes away whichever way it is wound.
    """
    part = np.repeat(np.arange(len(outlines.parts) - 1), np.diff(outlines.parts))
    owner = np.repeat(np.arange(outlines.size), np.diff(outlines.shapes))[part]
    shell = np.arange(len(part)) == outlines.parts[part]
    rings = np.flatnonzero(wanted[owner] & (np.diff(outlines.rings) > 0))
    points, ring = areas.cut_edges(outlines.points, outlines.rings, rings, MAX_EDGE_M)
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    ends = np.radians(to_degrees.transform(*points.T))
    middles = np.radians(to_degrees.transform(*((points[1:] + points[:-1]) / 2).T))
    with np.errstate(invalid="ignore"):  # land that the CRS cannot hold has no area: NaN
        signed = np.abs(ring_areas_m2(ends, middles, ring))
    weights = np.where(shell[rings], signed, -signed)
    sums = np.bincount(owner[rings], weights=weights, minlength=outlines.size)
    return sums[wanted].astype(np.float64)


def ring_areas_m2(
    ends: npt.NDArray[np.float64],
    middles: npt.NDArray[np.float64],
    ring: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Signed area in m² of closed rings on GRS80, counter-clockwise positive.

    ``ends`` holds longitude and latitude in radians of the n points of all rings one after the
    other, ``middles`` those half-way to the next point (n - 1), so that an edge bends as it does
    on the grid; ``ring`` numbers the ring of each point, ascending from 0 without gaps.
    """
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    longitude, zone = ends[0], _zone_area_m2(ends[1])
    base = zone[starts][ring]  # only differences matter: small numbers keep their digits
    zone, zone_between = zone - base, _zone_area_m2(middles[1]) - base[:-1]
    width, rise = np.diff(longitude), np.diff(zone)
    bend = 4 * middles[0] - 2 * (longitude[1:] + longitude[:-1])
    bulge = 4 * zone_between - 2 * (zone[1:] + zone[:-1])
    strip = width * (zone[1:] + zone[:-1]) / 2 + (width * bulge - bend * rise) / 6
    strip[np.diff(ring) != 0] = 0.0
    return -np.bincount(ring[:-1], weights=strip, minlength=len(starts)).astype(np.float64)


def _zone_area_m2(latitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Area per radian of longitude between the equator and a latitude in radians."""
    sine = np.sin(latitude)
    zone: npt.NDArray[np.float64] = (_B2 / 2) * (
        sine / (1 - E2 * sine**2) + np.arctanh(_E * sine) / _E
    )
    return zone
