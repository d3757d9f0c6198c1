"""Coordinate systems: which may carry areas, and how land is moved between them.

Everything is east-first (``always_xy``), whatever axis order the authority gives.
"""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer, network
from pyproj.exceptions import CRSError, ProjError

from geo.earth.datums import DatumShift, coincident, geographic, old_and_new, shifted, unbound
from geo.errors import LayerError
from geo.findings import Finding, Place, finding

Points = npt.NDArray[np.float64]
"""Coordinates (n, 2), east first."""

LONGEST_TEXT: Final = 50_000
"""No CRS needs more characters; a longer text is there to exhaust who parses it."""

_REACHES_OUT: Final = re.compile(
    r"\b\w*(grids|init|file|catalog|model)\s*=\s*(?!@null(?![,\w]))"  # @null is no file
    r"|^\s*(@|/|\\|\.\.?[/\\]|[a-z]:[/\\]|(?!https?://www\.opengis\.net/def/crs)\w+://)",
    re.IGNORECASE,
)
"""Text by which PROJ would open a file, or that names a file or an address itself."""


def parse_crs(text: str, *, file: str = "", layer: str = "") -> CRS:
    """The CRS that a user or a file names, without heights.

    Raises :class:`LayerError` if there is none, and for text that would make PROJ open a file.
    """
    where: Place = {"file": file, "layer": layer, "seen": text[:80]}
    if len(text) > LONGEST_TEXT or _REACHES_OUT.search(text):
        raise LayerError(finding("crs.unsafe", **where))
    try:
        crs = CRS.from_user_input(text)
        unsafe = _names_a_file(crs.to_json_dict())
        level = horizontal(crs)
    except (CRSError, ProjError, UnicodeError, RecursionError):
        raise LayerError(finding("crs.unknown", **where)) from None
    if unsafe:
        raise LayerError(finding("crs.unsafe", **where))
    try:
        _prove(level)
    except (CRSError, ProjError):
        raise LayerError(finding("crs.unknown", **where)) from None
    return level


def _prove(crs: CRS) -> None:
    """Derive what is needed later: a damaged definition is read all right, and fails only then."""
    geodetic = crs.geodetic_crs
    if geodetic is not None and crs.is_projected:
        Transformer.from_crs(crs, geodetic, always_xy=True)


def _names_a_file(definition: Any) -> bool:
    """Whether a parameter of the CRS is text: every number is a number, so it is a file's name."""
    if isinstance(definition, dict):
        value = definition.get("value")
        named = isinstance(value, str) and value != "@null"
        return named or any(_names_a_file(part) for part in definition.values())
    return isinstance(definition, list) and any(_names_a_file(part) for part in definition)


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
    geodetic = unbound(crs).geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return True
    name = geodetic.datum.name.lower()
    return any(word in name for word in ("unknown", "undefined", "not specified"))


_LOCAL: Final = re.compile(
    r"独立|地方|城建|城市坐标|自定义|假定|任意|东莞"
    r"|local|unknown|unnamed|undefined|custom|user[ _-]?defined|arbitrary|dongguan",
    re.IGNORECASE,
)


VAGUELY: Final = 20
"""How sure PROJ is of a grid that shares no name with the one it may be; then its parameters are
compared here. A .prj that went through GDAL is found no other way."""


def local_code(crs: CRS) -> int | None:
    """The national code that a grid of a local name would pass for, None if there is no doubt.

    ``to_epsg`` matches parameters, not names: a .prj called Dongguan_Local with the central
    meridian 114 answers 4547, and so does a town's own grid whose origin the file conceals.
    """
    if not crs.is_projected or not _LOCAL.search(crs.name):
        return None
    code = unbound(crs).to_epsg() or unbound(crs).to_epsg(min_confidence=VAGUELY)
    if code is None or not _parameters_alike(unbound(crs), CRS.from_epsg(code)):
        return None
    return None if CRS.from_epsg(code).name == crs.name else code


def _parameters_alike(one: CRS, other: CRS) -> bool:
    """Whether two grids put the same numbers on the same meridian."""
    if one.coordinate_operation is None or other.coordinate_operation is None:
        return False
    theirs = {
        parameter.name: float(parameter.value) for parameter in other.coordinate_operation.params
    }
    return all(
        parameter.name in theirs and abs(float(parameter.value) - theirs[parameter.name]) < 1e-9
        for parameter in one.coordinate_operation.params
    )


def settled(own: CRS, stated: str | None, *, file: str = "", layer: str = "") -> CRS:
    """The CRS of a layer whose file says ``own``: that, or what a plan states where it must.

    Raises :class:`LayerError` when the file conceals its datum or gives a town's own grid the
    parameters of a national one and nothing is stated, and when the two contradict each other.
    """
    where: Place = {"file": file, "layer": layer}
    told = None if stated is None else parse_crs(stated, **where)
    hidden, code = has_no_datum(own), local_code(own)
    if told is not None and (hidden or code is not None):
        return told
    if hidden:
        raise LayerError(finding("crs.no-datum", **where, seen=own.name))
    if code is not None:
        raise LayerError(finding("crs.local", **where, seen=own.name, like=code))
    if told is not None and not _same(told, own):
        seen = own.to_string() if own.to_epsg() else own.name
        raise LayerError(finding("crs.conflict", **where, seen=seen, stated=stated))
    return own


def _same(one: CRS, other: CRS) -> bool:
    """Whether two CRS are one, which a .prj may spell otherwise than the register."""
    code = one.to_epsg()
    return one.equals(other, ignore_axis_order=True) or (
        code is not None and code == other.to_epsg()
    )


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
    """An operation that is known, never a ballpark; no grid is fetched to find one."""
    network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    if old_and_new(source, target):
        raise ProjError("no operation between these datums is surveyed")
    ballpark = coincident(source) and coincident(target)
    return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=ballpark)


@lru_cache(maxsize=32)
def _to_degrees(crs: CRS) -> Transformer:
    """To longitude and latitude on the datum of the CRS itself."""
    grid = unbound(crs)
    return Transformer.from_crs(grid, geographic(grid), always_xy=True)


def lonlat(points: Points, crs: CRS) -> Points:
    """Points (n, 2) as longitude and latitude on the CRS's own datum; infinite where there is none.

    For saying where land lies. Datums are at most some hundred metres apart; to move land from one
    to another takes :func:`transform`.
    """
    return np.column_stack(_to_degrees(crs).transform(points[:, 0], points[:, 1]))


Box = tuple[float, float, float, float]
"""West, south, east and north in degrees."""

NEAR_DEGREES: Final = 3.0
"""Grids are used some way beyond their borders, but never farther than this."""

_WIDEST: Final = 6.0
"""Degrees to either side of its central meridian in which a transverse Mercator grid is used."""


@lru_cache(maxsize=64)
def area_of_use(crs: CRS) -> Box | None:
    """Where the CRS is used, also for one that a .prj spells out instead of naming its code.

    None for areas across the date line and for what no register knows.
    """
    grid = unbound(crs)
    code = None if grid.area_of_use is not None else grid.to_epsg()
    use = grid.area_of_use if code is None else CRS.from_epsg(code).area_of_use
    if use is not None:
        return None if use.west > use.east else (use.west, use.south, use.east, use.north)
    if grid.is_geographic or grid.geodetic_crs is None:
        return (-180.0, -90.0, 180.0, 90.0) if grid.is_geographic else None
    whole = area_of_use(geographic(grid))
    middle = central_meridian(grid)
    if whole is None or middle is None:
        return whole
    return middle - _WIDEST, whole[1], middle + _WIDEST, whole[3]


def central_meridian(crs: CRS) -> float | None:
    """The central meridian in degrees of a transverse Mercator grid, None for other CRS."""
    return _grid_parameter(crs, "Longitude of natural origin")


def central_scale(crs: CRS) -> float | None:
    """The scale on the central meridian (Gauss-Kruger 1, UTM 0.9996), None for other CRS."""
    return _grid_parameter(crs, "Scale factor at natural origin")


def _grid_parameter(crs: CRS, name: str) -> float | None:
    operation = unbound(crs).coordinate_operation
    if operation is None or not operation.method_name.startswith("Transverse Mercator"):
        return None
    return next((float(item.value) for item in operation.params if item.name == name), None)


def within(degrees: Points, box: Box, slack: float) -> npt.NDArray[np.bool_]:
    """Which points of longitude and latitude lie in a box or near it, and on earth."""
    west, south, east, north = box
    lon, lat = degrees[:, 0], degrees[:, 1]
    across = (lon >= west - slack) & (lon <= east + slack)
    return across & (lat >= max(south - slack, -90)) & (lat <= min(north + slack, 90))


def where_seen(point: Points, crs: CRS) -> str:
    """A point as its CRS places it on earth, if it does, and as its numbers stand in the file."""
    longitude, latitude = lonlat(point[None], crs)[0]
    on_earth = abs(longitude) <= 180 and abs(latitude) <= 90
    seen = f"{longitude:.2f}°E {latitude:.2f}°N, " if on_earth else ""
    return f"{seen}x {point[0]:.2f}, y {point[1]:.2f}"


def transform(
    geometry: npt.NDArray[Any],
    source: CRS,
    target: CRS,
    *,
    shift: DatumShift | None = None,
    file: str = "",
    layer: str = "",
) -> npt.NDArray[Any]:
    """Geometry moved from one CRS to another; coordinates that cannot be become infinite.

    Raises :class:`LayerError` when PROJ has only a ballpark operation, which moves nothing
    (Xian 1980 or Beijing 1954 to CGCS2000), unless ``shift`` says how to leave that datum; and
    when a shift is given where none is needed.
    """
    where: Place = {"file": file, "layer": layer, "seen": source.name, "target": target.name}
    if shift is not None and not _needs_shift(source, target):
        raise LayerError(finding("crs.shift-unneeded", **where))
    if source == target:
        return geometry
    move = _operation(source, target, shift, where)
    if shift is None and _stays(geometry, source, target):
        return geometry
    there: npt.NDArray[Any] = shapely.transform(geometry, move)
    return there


POINTS_AT_ONCE: Final = 200_000
"""Fewer points are moved by one thread: another takes longer to begin, as PROJ does so anew."""


def moved(points: Points, source: CRS, target: CRS) -> Points:
    """Points (n, 2) moved from one CRS to another; what cannot be becomes infinite.

    Raises :class:`LayerError` like :func:`transform`. Many are moved on all cores.
    """
    if source == target:
        return points
    move = _operation(source, target, None, {"seen": source.name, "target": target.name})
    if len(points) <= POINTS_AT_ONCE:
        return move(points)
    parts = np.array_split(points, len(points) // POINTS_AT_ONCE)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # PROJ lets other threads run
        return np.concatenate(list(pool.map(move, parts)))


BOX_STEPS: Final = 101
"""Points along an edge of a box that is moved; of 5000 km, it bends by 50 m between two of them."""


def box_in(box: Points, source: CRS, target: CRS) -> Points | None:
    """A box (west, south, east, north) of all that a box in another CRS holds.

    None where no operation is known, or it is none there: beyond a projection, over the date line.
    """
    west, south, east, north = box.tolist()
    try:
        way = _transformer(source, target)
        there = way.transform_bounds(west, south, east, north, densify_pts=BOX_STEPS)
    except ProjError:
        return None
    found = np.array(there, dtype=np.float64)
    return found if np.isfinite(found).all() and (found[:2] <= found[2:]).all() else None


def _stays(geometry: npt.NDArray[Any], source: CRS, target: CRS) -> bool:
    """Whether the two are one grid, which a .prj spells otherwise; heights are still to be left."""
    same = _transformer(source, target).definition.startswith("proj=noop")
    return same and not (shapely.has_z(geometry) | shapely.has_m(geometry)).any()


def _operation(
    source: CRS, target: CRS, shift: DatumShift | None, where: Place
) -> Callable[[Points], Points]:
    """The way of points from one CRS to another; raises :class:`LayerError` if there is none."""
    try:
        return _move(source, target, shift)
    except ProjError:
        raise LayerError(finding("crs.no-operation", **where)) from None


def _move(source: CRS, target: CRS, shift: DatumShift | None) -> Callable[[Points], Points]:
    """How points get from one CRS to the other; raises ProjError when no honest way is known."""
    if shift is None:
        operation = _transformer(source, target)
        return lambda points: np.column_stack(operation.transform(points[:, 0], points[:, 1]))
    last = _transformer(geographic(target), target)

    def by_shift(points: Points) -> Points:
        degrees = shifted(shift, source, points)
        return np.column_stack(last.transform(degrees[:, 0], degrees[:, 1]))

    return by_shift


def _needs_shift(source: CRS, target: CRS) -> bool:
    """Whether PROJ knows no way from this datum to CGCS2000 or WGS 84."""
    if coincident(source) or not coincident(target):
        return False
    try:
        _transformer(source, target)
    except ProjError:
        return True
    return False


def shift_note(
    geometry: npt.NDArray[Any], source: CRS, target: CRS, shift: DatumShift, where: Place
) -> list[Finding]:
    """How far a stated shift moves the middle of a layer, in metres, and who gave it."""
    points = shapely.get_coordinates(geometry)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return []
    middle = np.median(points, axis=0)[None]
    last = _transformer(geographic(target), target)
    unmoved = last.transform(*lonlat(middle, source)[0])
    east, north = (_move(source, target, shift)(middle) - unmoved)[0]
    words: Place = {"source": source.name, "target": target.name, "by": shift.source}
    words["seen"] = f"{east:+.2f} m E, {north:+.2f} m N"
    return [finding("crs.shifted", **where, **words, changed=True)]
