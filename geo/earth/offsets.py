"""GCJ-02 and BD-09, the offset coordinates of Chinese web maps: to know them, never for area.

The algorithm is public (``eviltransform``, ``coordtransform``): a series in longitude and latitude
around 105°E 35°N, taken to degrees on the Krassovsky ellipsoid. It is defined in a rough box
around China and moves nothing outside it. Both inverses are found by iteration. Arrays of
longitudes and latitudes in degrees go in and out.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

Degrees = npt.NDArray[np.float64]
Move = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

SEMI_MAJOR_M: Final = 6_378_245.0
E2: Final = 0.00669342162296594323
BOX: Final = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north of where the offset is applied."""

_BAIDU: Final = np.pi * 3000 / 180
_CLOSE: Final = 1e-12
_ROUNDS: Final = 30


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Where a map in GCJ-02 shows a place of WGS 84: in Qingxi 516 m east and 297 m south."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    root = np.sqrt(np.abs(x))
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root + waves
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root + waves
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    phi = np.radians(lat)
    bend = 1 - E2 * np.sin(phi) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        lon_step = np.degrees(east / (SEMI_MAJOR_M / np.sqrt(bend) * np.cos(phi)))
    lat_step = np.degrees(north / (SEMI_MAJOR_M * (1 - E2) / (bend * np.sqrt(bend))))
    west, south, east_end, north_end = BOX
    inside = (lon >= west) & (lon <= east_end) & (lat >= south) & (lat <= north_end)
    return np.where(inside, lon + lon_step, lon), np.where(inside, lat + lat_step, lat)


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """The place of WGS 84 that a map in GCJ-02 shows here."""
    return _inverse(wgs84_to_gcj02, lon, lat, lon, lat)


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Baidu's second offset, on top of the first."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    reach = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU)
    return reach * np.cos(angle) + 0.0065, reach * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """What Baidu's second offset was put on."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return _inverse(gcj02_to_bd09, lon, lat, lon - 0.0065, lat - 0.006)


def wgs84_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Where a map of Baidu's shows a place of WGS 84: in Qingxi 1190 m east and 341 m north."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """The place of WGS 84 that a map of Baidu's shows here."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _inverse(
    forward: Move, lon: Degrees, lat: Degrees, near_lon: Degrees, near_lat: Degrees
) -> tuple[Degrees, Degrees]:
    """What ``forward`` leads from: it bends so little that stepping back by the rest converges."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    back_lon, back_lat = np.array(near_lon, np.float64), np.array(near_lat, np.float64)
    for _ in range(_ROUNDS):
        seen_lon, seen_lat = forward(back_lon, back_lat)
        off_lon, off_lat = lon - seen_lon, lat - seen_lat
        back_lon, back_lat = back_lon + off_lon, back_lat + off_lat
        if not (np.abs(off_lon) > _CLOSE).any() and not (np.abs(off_lat) > _CLOSE).any():
            break
    return back_lon, back_lat
