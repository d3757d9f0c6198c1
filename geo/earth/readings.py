"""Other ways to read a layer's numbers: to name what is wrong when they fit no place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from pyproj import CRS

from geo.earth.crs import (
    NEAR_DEGREES,
    Points,
    area_of_use,
    central_meridian,
    central_scale,
    lonlat,
    metric,
    within,
)
from geo.earth.datums import coincident, datum_name, geographic, unbound
from geo.earth.grids import EASTINGS, MILLION, Datum, Grid, grid_of, width_of
from geo.earth.offsets import (
    Move,
    bd09_to_wgs84,
    gcj02_to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from geo.text import Words

Kind = Literal["swapped", "grid", "meridian", "offset"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read numbers: what it does otherwise, in words, and where it puts them.

    ``crs`` is the CRS that it takes them for, ``place`` gives their longitudes and latitudes.
    """

    kind: Kind
    words: Words
    crs: CRS
    place: Callable[[Points], Points]


def in_crs(crs: CRS, *, swapped: bool = False) -> Callable[[Points], Points]:
    """Where numbers lie when they are read in a CRS, east first or north first."""
    return lambda points: lonlat(points[:, ::-1] if swapped else points, crs)


MERCATOR: Final = 3857
MERCATOR_M: Final = 20_037_508.35
"""Half the width of the world in Web Mercator."""

_MERCATOR: Final = Words(
    "数值是 Web 墨卡托（EPSG:3857）", "its numbers are Web Mercator (EPSG:3857)"
)


def grid_readings(point: Points, crs: CRS) -> Iterator[Reading]:
    """What the numbers of one place could be instead, judged by their size."""
    yield swapped_reading(crs)
    own = unbound(crs).to_epsg()
    x, y = float(point[0]), float(point[1])
    for words, other in _grids(x, y, crs):
        if own is None or other.to_epsg() != own:
            yield Reading("grid", words, other, in_crs(other))
    for words, other in _grids(y, x, crs):
        if own is None or other.to_epsg() != own:
            both = Words(words.zh + "，且 X、Y 颠倒", words.en + " and x and y are swapped")
            yield Reading("grid", both, other, in_crs(other, swapped=True))
    six_digits = any(EASTINGS[0] <= number <= EASTINGS[1] for number in (x, y))
    if own != MERCATOR and not six_digits and 1000 < max(abs(x), abs(y)) <= MERCATOR_M:
        other = CRS.from_epsg(MERCATOR)
        yield Reading("grid", _MERCATOR, other, in_crs(other))


def swapped_reading(crs: CRS) -> Reading:
    """North before east, as surveyors write."""
    words = Words("X、Y 颠倒", "x and y are swapped")
    return Reading("swapped", words, crs, in_crs(crs, swapped=True))


def _grids(x: float, y: float, crs: CRS) -> Iterator[tuple[Words, CRS]]:
    """The CRS whose numbers look like these."""
    yield from _zones(x, crs)
    if crs.is_projected and abs(x) <= 180 and abs(y) <= 90:
        degrees = geographic(crs)
        name = named(degrees)
        yield Words(f"数值是经纬度（{name}）", f"its numbers are degrees ({name})"), degrees
    if crs.is_projected and metric(crs) != crs:
        yield Words("数值以米为单位", "its numbers are metres"), metric(crs)


def _zones(x: float, crs: CRS) -> Iterator[tuple[Words, CRS]]:
    """Gauss-Kruger grids on the datum of the CRS, told by the zone prefix of the easting."""
    datum = _datum(crs)
    prefix, metres = divmod(x, MILLION)
    if datum is None or not EASTINGS[0] <= metres <= EASTINGS[1]:
        return
    zone, own = int(prefix), grid_of(unbound(crs))
    if (width := width_of(zone)) is not None:
        code = Grid(datum, width, zone, prefixed=True).epsg
        words = Words(f"带号为 {zone}：EPSG:{code}", f"its zone prefix is {zone}: EPSG:{code}")
        yield words, CRS.from_epsg(code)
    elif zone == 0 and own is not None and own.prefixed:
        code = own._replace(prefixed=False).epsg
        words = Words(f"没有带号：EPSG:{code}", f"it has no zone prefix: EPSG:{code}")
        yield words, CRS.from_epsg(code)


def _datum(crs: CRS) -> Datum | None:
    """The datum as the table of grids calls it; WGS 84 is CGCS2000 there."""
    name = "CGCS2000" if coincident(crs) else datum_name(crs)
    return next((datum for datum in get_args(Datum) if datum == name), None)


def named(crs: CRS) -> str:
    """The code of a CRS where it has one, else its name."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.name


def fitting(point: Points, crs: CRS) -> list[Reading]:
    """The readings that put a place where their own CRS is used, and near where ``crs`` is.

    A geographic CRS is used everywhere, so numbers that are no degrees need only fit their grid.
    """
    stated = area_of_use(crs)
    fits = []
    for reading in grid_readings(point, crs):
        place, use = reading.place(point[None]), area_of_use(reading.crs)
        zoned = reading.kind == "grid" and central_meridian(reading.crs) is not None
        near = stated is None or zoned or within(place, stated, NEAR_DEGREES)[0]
        if use is not None and near and within(place, use, 1.0)[0]:
            fits.append(reading)
    return fits


def likely(point: Points, crs: CRS) -> Words:
    """The end of a sentence that says what numbers would fit as; empty when nothing does."""
    fits = fitting(point, crs)
    if fits:
        zh = "，或".join(item.words.zh for item in fits)
        en = ", or if ".join(item.words.en for item in fits)
        return Words(f"；若{zh}，则相符", f"; it fits if {en}")
    if crs.is_geographic and np.abs(point).max() > 1000:
        return Words(
            "；数值是没有带号的米，须问明中央子午线",
            "; its numbers are metres without a zone prefix: ask for the central meridian",
        )
    return Words("", "")


def meridian_readings(crs: CRS) -> Iterator[Reading]:
    """The same numbers on a grid 3° or 6° away: a wrong zone, or a 6° grid taken for a 3° one."""
    middle, scale = central_meridian(crs), central_scale(crs)
    if middle is not None and scale is not None:
        for step in (-3, 3, -6, 6):
            yield _on_grid(crs, middle + step, scale)


def scale_readings(crs: CRS) -> Iterator[Reading]:
    """UTM taken for a Gauss-Kruger grid or the other way round: 0.04 %, a kilometre at Qingxi."""
    middle, scale = central_meridian(crs), central_scale(crs)
    if middle is not None and scale in (1.0, 0.9996):
        for step in (0, -3, 3):
            yield _on_grid(crs, middle + step, 0.9996 if scale == 1.0 else 1.0)


def _on_grid(crs: CRS, meridian: float, scale: float) -> Reading:
    """The same grid with another central meridian and scale; its zone prefix stays."""
    grid = unbound(crs)
    own = (
        grid.to_epsg()
    )  # a .prj spells its grid otherwise than the register, where codes are found
    definition = (CRS.from_epsg(own) if own else grid).to_json_dict()
    changed = {"Longitude of natural origin": meridian, "Scale factor at natural origin": scale}
    for parameter in definition["conversion"]["parameters"]:
        parameter["value"] = changed.get(parameter["name"], parameter["value"])
    for key in ("id", "area", "bbox", "scope"):
        definition.pop(key, None)
    other = CRS.from_json_dict(definition | {"name": "neighbour"})
    code, utm = other.to_epsg(), scale != central_scale(crs)
    zh = f"{meridian:g}°E" + (f"（EPSG:{code}）" if code else "")
    en = f"{meridian:g}°E" + (f" (EPSG:{code})" if code else "")
    words = Words(
        f"中央子午线为 {zh}" + (f"、尺度比为 {scale:g}（UTM 为 0.9996）" if utm else ""),
        f"its central meridian is {en}"
        + (f" and its scale {scale:g} (UTM has 0.9996)" if utm else ""),
    )
    return Reading("meridian", words, other, in_crs(other))


def offset_readings(crs: CRS) -> Iterator[Reading]:
    """Longitudes and latitudes as those of offset web maps; then the reference as such."""
    for words, move in _OFFSETS:

        def place(points: Points, move: Move = move) -> Points:
            degrees = lonlat(points, crs)
            return np.column_stack(move(degrees[:, 0], degrees[:, 1]))

        yield Reading("offset", words, crs, place)


_OFFSETS: Final[tuple[tuple[Words, Move], ...]] = (
    (Words("坐标是 GCJ-02", "its coordinates are GCJ-02"), gcj02_to_wgs84),
    (Words("坐标是 BD-09", "its coordinates are BD-09"), bd09_to_wgs84),
    (
        Words("参照界线的坐标是 GCJ-02", "the coordinates of the reference are GCJ-02"),
        wgs84_to_gcj02,
    ),
    (
        Words("参照界线的坐标是 BD-09", "the coordinates of the reference are BD-09"),
        wgs84_to_bd09,
    ),
)
