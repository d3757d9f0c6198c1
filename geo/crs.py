"""Coordinate systems: which may carry areas, and how land is moved between them.

Everything is east-first (``always_xy``), whatever axis order the authority gives.
"""

from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geo.errors import LayerError
from geo.findings import Place, finding

_COINCIDENT_DATUMS = {"China 2000", "World Geodetic System 1984"}
"""Datums tied to the same ITRS and a few centimetres apart: a null shift between them is right."""


def parse_crs(text: str, *, file: str = "", layer: str = "") -> CRS:
    """The CRS that a user or a file names, without heights; raises :class:`LayerError` if none."""
    try:
        return horizontal(CRS.from_user_input(text))
    except CRSError:
        raise LayerError(finding("crs.unknown", file=file, layer=layer, seen=text)) from None


def horizontal(crs: CRS) -> CRS:
    """The CRS without heights: the first part of a compound one (EPSG:4547+5773), 3D made 2D."""
    level = crs.sub_crs_list[0] if crs.is_compound else crs
    return level.to_2d() if len(level.axis_info) > 2 else level


def area_problem(crs: CRS) -> str | None:
    """Why areas must not be measured in this CRS, or None when they may.

    Web Mercator shows 18.3 % more than the ellipsoid at Qingxi (17.7 % is the sphere's sec²φ).
    """
    if not crs.is_projected:
        return "it is not projected, so its units are not lengths"
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    if "Mercator" in method and not any(word in method for word in ("Transverse", "Oblique")):
        return "a Mercator projection inflates areas (Web Mercator: +18.3 % at Qingxi)"
    if has_no_datum(crs):
        return "it states no datum"
    return None


def has_no_datum(crs: CRS) -> bool:
    """Whether the CRS hides which earth it means (``DATUM["Unknown"]`` and the like)."""
    bound = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    geodetic = bound.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return True
    name = geodetic.datum.name.lower()
    return any(word in name for word in ("unknown", "undefined", "not specified"))


@lru_cache(maxsize=32)
def metric(crs: CRS) -> CRS:
    """The same projected CRS with its axes in metres, so that areas are m² and gaps are m.

    A projection's own parameters carry units of their own, so only the axes change: foot-based
    EPSG:2249 becomes the same grid scaled by 1200/3937.
    """
    definition = crs.to_json_dict()
    grid = definition["source_crs"] if crs.is_bound else definition
    axes = grid["coordinate_system"]["axis"]
    if all(axis.get("unit") == "metre" for axis in axes):
        return crs
    for axis in axes:
        axis["unit"] = "metre"
    grid["name"] += " (metre)"
    grid.pop("id", None)
    return CRS.from_json_dict(definition)


@lru_cache(maxsize=32)
def _transformer(source: CRS, target: CRS) -> Transformer:
    coincident = _datum(source) in _COINCIDENT_DATUMS and _datum(target) in _COINCIDENT_DATUMS
    return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=coincident)


def _datum(crs: CRS) -> str:
    geodetic = crs.geodetic_crs
    name = geodetic.datum.name if geodetic is not None and geodetic.datum is not None else ""
    return name.removesuffix(" ensemble")


NEAR_DEGREES: Final = 3.0
"""Grids are used some way beyond their borders, but never farther than this."""


def misplaced(geometry: npt.NDArray[Any], crs: CRS) -> str | None:
    """Where the middle of some land lies, if that is no place for its CRS; None if it is."""
    use = crs.area_of_use
    points = shapely.get_coordinates(geometry)
    points = points[np.isfinite(points).all(axis=1)]
    if use is None or use.west > use.east or not len(points) or crs.geodetic_crs is None:
        return None
    middle = np.median(points, axis=0)
    longitude, latitude = _transformer(crs, crs.geodetic_crs).transform(*middle)
    across = use.west - NEAR_DEGREES <= longitude <= use.east + NEAR_DEGREES
    if across and use.south - NEAR_DEGREES <= latitude <= use.north + NEAR_DEGREES:
        return None
    on_earth = abs(longitude) <= 180 and abs(latitude) <= 90
    seen = f"{longitude:.2f}°E {latitude:.2f}°N, " if on_earth else ""
    return f"{seen}x {middle[0]:.2f}, y {middle[1]:.2f}"


def transform(
    geometry: npt.NDArray[Any], source: CRS, target: CRS, *, file: str = "", layer: str = ""
) -> npt.NDArray[Any]:
    """Geometry moved from one CRS to another; coordinates that cannot be become infinite.

    Raises :class:`LayerError` when PROJ has only a ballpark operation, which moves nothing
    (Xian 1980 or Beijing 1954 to CGCS2000).
    """
    if source == target:
        return geometry
    try:
        operation = _transformer(source, target)
    except ProjError:
        where: Place = {"file": file, "layer": layer, "seen": source.name, "target": target.name}
        raise LayerError(finding("crs.no-operation", **where)) from None

    def move(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Any:
        return operation.transform(x, y)

    moved: npt.NDArray[Any] = shapely.transform(geometry, move, interleaved=False)
    return moved
