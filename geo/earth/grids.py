"""The Gauss-Krüger grids of China: their EPSG codes, zone prefixes, and which number is north."""

from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from pyproj import CRS

Datum = Literal["CGCS2000", "Xian 1980", "Beijing 1954"]
Width = Literal[3, 6]

FIRST_ZONE: Final[dict[Width, int]] = {3: 25, 6: 13}
LAST_ZONE: Final[dict[Width, int]] = {3: 45, 6: 23}
"""Zones that touch China; no number is in both ranges, so a zone tells its width."""

_FIRST_CODE: Final[dict[tuple[Datum, Width], tuple[int, int]]] = {
    ("CGCS2000", 3): (4513, 4534),
    ("CGCS2000", 6): (4491, 4502),
    ("Xian 1980", 3): (2349, 2370),
    ("Xian 1980", 6): (2327, 2338),
    ("Beijing 1954", 3): (2401, 2422),
    ("Beijing 1954", 6): (21413, 21453),
}
"""EPSG code of the first zone, with the zone as prefix of the easting and without."""

MILLION: Final = 1_000_000
NORTHINGS: Final = (1_700_000.0, 6_000_000.0)
EASTINGS: Final = (100_000.0, 900_000.0)
"""Where China lies on these grids, in metres; eastings without their prefix."""


class Grid(NamedTuple):
    """One zone of one grid; ``prefixed`` when its eastings begin with the number of the zone."""

    datum: Datum
    width: Width
    zone: int
    prefixed: bool

    @property
    def epsg(self) -> int:
        """The EPSG code."""
        prefixed, bare = _FIRST_CODE[self.datum, self.width]
        return (prefixed if self.prefixed else bare) + self.zone - FIRST_ZONE[self.width]

    @property
    def meridian(self) -> int:
        """The central meridian in degrees east."""
        return self.zone * 3 if self.width == 3 else self.zone * 6 - 3


GRIDS: Final = {
    grid.epsg: grid
    for datum, width in _FIRST_CODE
    for zone in range(FIRST_ZONE[width], LAST_ZONE[width] + 1)
    for grid in (Grid(datum, width, zone, True), Grid(datum, width, zone, False))
}
"""EPSG code → grid, all of them."""


def grid_of(crs: CRS) -> Grid | None:
    """The grid that a CRS is, or None when it is another."""
    code = crs.to_epsg()
    return None if code is None else GRIDS.get(code)


def width_of(zone: int) -> Width | None:
    """Whether zones of this number are 3° or 6° wide; None when none touches China."""
    widths: tuple[Width, ...] = get_args(Width)
    return next((at for at in widths if FIRST_ZONE[at] <= zone <= LAST_ZONE[at]), None)


def zone_at(meridian: int, width: Width) -> int | None:
    """The zone with this central meridian, if there is one in China."""
    zone, rest = divmod(meridian if width == 3 else meridian + 3, width)
    return zone if rest == 0 and FIRST_ZONE[width] <= zone <= LAST_ZONE[width] else None


class Placed(NamedTuple):
    """Pairs of numbers as points, one row each.

    ``points`` is east, north; where ``swapped``, the pair came in the other order than said, and
    where ``lost``, it is no point in China in either order.
    """

    points: npt.NDArray[np.float64]
    swapped: npt.NDArray[np.bool_]
    lost: npt.NDArray[np.bool_]


def on_grid(north: npt.NDArray[np.float64], east: npt.NDArray[np.float64]) -> Placed:
    """Read pairs said to be north and east in metres, by their size, which leaves no doubt.

    A northing of China has seven digits below 6 000 000; an easting has six, or eight of which
    the first two are a zone.
    """
    right = _is_northing(north) & _is_easting(east)
    return _placed(north, east, right, _is_northing(east) & _is_easting(north))


def in_degrees(latitude: npt.NDArray[np.float64], longitude: npt.NDArray[np.float64]) -> Placed:
    """Read pairs said to be latitude and longitude, by their size: China is 15–54 N, 73–136 E."""
    right = _between(latitude, 15, 54) & _between(longitude, 73, 136)
    swapped = _between(longitude, 15, 54) & _between(latitude, 73, 136)
    return _placed(latitude, longitude, right, swapped)


def prefixes(east: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The zone with which each easting begins; 0 where it begins with none."""
    whole = np.where(np.abs(east) < 1e9, east, 0.0)
    return np.floor_divide(whole, MILLION).astype(np.int64)


def _placed(
    north: npt.NDArray[np.float64],
    east: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    swapped: npt.NDArray[np.bool_],
) -> Placed:
    x, y = np.where(swapped, north, east), np.where(swapped, east, north)
    return Placed(np.column_stack([x, y]), swapped, ~right & ~swapped)


def _between(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (values >= low) & (values <= high)
    return inside


def _is_northing(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return _between(values, *NORTHINGS)


def _is_easting(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    zones = prefixes(values)
    known: npt.NDArray[np.bool_] = zones == 0
    for width, first in FIRST_ZONE.items():
        known |= _between(zones, first, LAST_ZONE[width])
    known &= _between(values - zones * MILLION, *EASTINGS)
    return known
