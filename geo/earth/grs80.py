"""GRS80, the ellipsoid of CGCS2000: its size, and the scale of transverse Mercator grids on it."""

from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geo.earth.datums import unbound

Floats = npt.NDArray[np.float64]

SEMI_MAJOR_M: Final = 6_378_137.0
FLATTENING: Final = 1 / 298.257222101
E2: Final = FLATTENING * (2 - FLATTENING)
_E: Final = float(np.sqrt(E2))

WAVES: Final = 6
POWERS: Final = 5
"""Terms of the series in latitude and in distance from the meridian: what they leave is < 1e-13."""

_TRANSVERSE_MERCATOR: Final = "9807"
_PARAMETERS: Final = ("8801", "8805", "8806", "8807")
"""EPSG's codes: the latitude of the origin, the scale there, false easting and false northing."""


class TransverseMercator(NamedTuple):
    """A transverse Mercator grid on GRS80: east and north of the equator on its meridian, scale."""

    false_easting: float
    false_northing: float
    scale: float


@lru_cache(maxsize=32)
def transverse_mercator(crs: CRS) -> TransverseMercator | None:
    """The grid that a CRS in metres is, None for other projections and ellipsoids."""
    grid = unbound(crs)
    operation, ellipsoid = grid.coordinate_operation, grid.ellipsoid
    if operation is None or operation.method_code != _TRANSVERSE_MERCATOR or ellipsoid is None:
        return None
    apart = abs(ellipsoid.inverse_flattening * FLATTENING - 1)
    if ellipsoid.semi_major_metre != SEMI_MAJOR_M or apart > 1e-12:
        return None
    if any(item.direction not in ("east", "north") for item in grid.axis_info):
        return None
    params = operation.params
    held = {item.code: float(item.value) * item.unit_conversion_factor for item in params}
    latitude, scale, easting, northing = (held[code] for code in _PARAMETERS)
    return TransverseMercator(easting, northing - scale * meridian_m(latitude)[0], scale)


def meridian_m(latitude: Any) -> Floats:
    """Metres along the meridian from the equator to latitudes in radians, to 1e-9."""
    at, weight = np.polynomial.legendre.leggauss(24)
    latitude = np.atleast_1d(latitude).astype(np.float64)
    bend = (1 - E2 * np.sin(np.outer((at + 1) / 2, latitude)) ** 2) ** -1.5
    arc: Floats = SEMI_MAJOR_M * (1 - E2) * latitude / 2 * (weight @ bend)
    return arc


RADIUS_M: Final = float(meridian_m(np.pi / 2)[0] * 2 / np.pi)
"""The rectifying radius: of the circle that is as long as the meridian."""


@lru_cache(maxsize=1)
def scale_series(reach: float) -> Floats:
    """The coefficients (powers, waves) of what ∫ 1/k² dx is more than x, in units of the radius.

    With ξ and η, the northing and easting of a grid by the rectifying radius and the scale on the
    meridian, it is the sum of ``c[m, j] · cos(2jξ) · η^(2m + 3)`` for η up to ``reach`` (Karney
    2011, Transverse Mercator with an accuracy of a few nanometers: k as in his section 3). Taken
    from the exact functions by interpolation, not from printed series, so it is as exact as they.
    """
    north = (np.arange(2 * WAVES) + 0.5) * np.pi / (4 * WAVES)
    square = reach**2 * (0.5 - 0.5 * np.cos((np.arange(POWERS) + 0.5) * np.pi / POWERS))
    more = (_inverse_scale(*np.meshgrid(north, np.sqrt(square))) - 1) / square[:, None]
    wave = np.arange(WAVES)
    waves = more @ np.cos(2 * np.outer(north, wave)) * np.where(wave, 2, 1) / len(north)
    powers = np.linalg.solve(np.vander(square, increasing=True), waves)
    series: Floats = powers / (2 * np.arange(POWERS)[:, None] + 3)
    return np.ascontiguousarray(series)


def _inverse_scale(north: Floats, east: Floats) -> Floats:
    """1/k² at places of the grid in radians (ξ, η), by way of the conformal sphere."""
    even, beta = 2 * np.arange(1, WAVES), _conformal_waves()
    plane = north + 1j * east
    sphere = plane - np.tensordot(beta, np.sin(np.multiply.outer(even, plane)), 1)
    stretch = 1 - np.tensordot(even * beta, np.cos(np.multiply.outer(even, plane)), 1)
    sine = np.sin(sphere.real) / np.cosh(sphere.imag)
    latitude = _geographic(sine)
    parallel = np.cos(latitude) / np.sqrt(1 - E2 * np.sin(latitude) ** 2)
    across = parallel / np.sqrt(1 - sine**2) / np.cosh(sphere.imag)
    inverse: Floats = (np.abs(stretch) * across * SEMI_MAJOR_M / RADIUS_M) ** 2
    return inverse


def _conformal_waves() -> Floats:
    """The coefficients of sin(2jμ) in what the rectifying latitude is more than the conformal."""
    rectifying = (np.arange(2 * WAVES) + 0.5) * np.pi / (4 * WAVES)
    latitude = rectifying.copy()
    for _ in range(8):
        slope = SEMI_MAJOR_M * (1 - E2) / (1 - E2 * np.sin(latitude) ** 2) ** 1.5
        latitude -= (meridian_m(latitude) - RADIUS_M * rectifying) / slope
    sine = np.sin(latitude)
    conformal = np.arcsin(np.tanh(np.arctanh(sine) - _E * np.arctanh(_E * sine)))
    waves = np.sin(2 * np.outer(np.arange(1, WAVES), rectifying))
    return np.asarray(waves @ (rectifying - conformal) * 2 / len(rectifying), dtype=np.float64)


def _geographic(sine: Floats) -> Floats:
    """Latitudes in radians from the sines of conformal latitudes."""
    latitude = np.arcsin(sine)
    for _ in range(10):  # each time e² = 0.0067 of the error is left
        bent = np.arctanh(sine) + _E * np.arctanh(_E * np.sin(latitude))
        latitude = np.arcsin(np.tanh(bent))
    return np.asarray(latitude, dtype=np.float64)
