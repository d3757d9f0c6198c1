"""Areas of outlines: on the grid, and on the ellipsoid under a transverse Mercator grid.

A transverse Mercator grid is conformal: a square metre of it is 1/k² square metres of the
ellipsoid, where k is the local scale. By Green's theorem the ellipsoidal area is ∮ F dy, where F is
the integral of 1/k² from the central meridian eastward.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LONGEST_M: Final = 10_000.0
"""Longer edges are cut: along one of this length two points give the integral to 1e-13 m²."""

_STALE: Final = 0.001
"""Radians (6 km) northward after which the terms in latitude are expanded anew."""

_EARLIER: Final = 0.5 - 0.5 / np.sqrt(3.0)
_LATER: Final = 0.5 + 0.5 / np.sqrt(3.0)
"""Where Gauss takes the two points of an edge."""

REACH: Final = 0.12
"""Radians (764 km, 7° at the equator) to either side of the meridian in which the series is good
to 1e-12."""


@bare
def planar(
    points: Floats, rings: Integers, parts: Integers, shapes: Integers, areas: Floats
) -> None:
    """Set ``areas`` (shapes,) in m² from the arrays of :class:`geo.outlines.Outlines`.

    Each ring as GEOS adds it up, to the last bit, from the easting of its first point.
    """
    for shape in range(len(shapes) - 1):
        total = 0.0
        for part in range(shapes[shape], shapes[shape + 1]):
            area = 0.0
            for ring in range(parts[part], parts[part + 1]):
                signed = abs(_signed(points, rings[ring], rings[ring + 1]))
                area += signed if ring == parts[part] else -signed
            total += area
        areas[shape] = total


@bare
def _signed(points: Floats, start: int, stop: int) -> float:
    """Area of a closed ring, counter-clockwise negative, as GEOS signs it."""
    total = 0.0
    for at in range(start + 1, stop - 1):
        total += (points[at, 0] - points[start, 0]) * (points[at - 1, 1] - points[at + 1, 1])
    return total / 2.0


@compiled
def on_ellipsoid(
    points: Floats,
    rings: Integers,
    parts: Integers,
    shapes: Integers,
    grid: Floats,
    series: Floats,
    areas: Floats,
) -> None:
    """Set ``areas`` (shapes,) in m² on the ellipsoid from outlines on a transverse Mercator grid.

    ``grid`` is its false easting, the northing of the equator, the scale on the meridian, and the
    radius: times the scale these are the metres in which ``series`` counts
    (:func:`geo.earth.grs80.scale_series`). What F is more than x is added up by itself, in small
    numbers, to the planar area. NaN for what lies farther than :data:`REACH` from the meridian.
    """
    false_easting, false_northing, scale, radius = grid[0], grid[1], grid[2], grid[3]
    terms = np.empty((3, len(series)))
    metres, per_metre = radius * scale, 1.0 / (radius * scale)
    longest = metres / LONGEST_M
    for shape in range(len(shapes) - 1):
        first, last = rings[parts[shapes[shape]]], rings[parts[shapes[shape + 1]]]
        total, fresh = 0.0, np.inf
        for at in range(first, last):
            east, north = points[at, 0] - false_easting, points[at, 1] - false_northing
            if not (abs(east) <= REACH * metres and abs(north) <= np.pi / 2 * metres):
                total = np.nan
        for part in range(shapes[shape], shapes[shape + 1] if total == 0.0 else 0):
            for ring in range(parts[part], parts[part + 1]):
                start, stop = rings[ring], rings[ring + 1]
                more = 0.0
                for at in range(start, stop - 1):
                    east = (points[at, 0] - false_easting) * per_metre
                    north = (points[at, 1] - false_northing) * per_metre
                    to_east = (points[at + 1, 0] - points[at, 0]) * per_metre
                    to_north = (points[at + 1, 1] - points[at, 1]) * per_metre
                    pieces = 1 + int(max(abs(to_east), abs(to_north)) * longest)
                    held, step = 0.0, 1.0 / pieces
                    for piece in range(pieces):
                        if not abs(north + piece * step * to_north - fresh) <= _STALE:
                            fresh = north + piece * step * to_north
                            _expand(series, fresh, terms)
                        for point in (_EARLIER, _LATER):
                            share = (piece + point) * step
                            y = north + share * to_north - fresh
                            held += _beyond(terms, y, east + share * to_east)
                    more += held * to_north * step / 2.0
                signed = _signed(points, start, stop) / (scale * scale)
                area = abs(signed - more * radius * radius)
                total += area if ring == parts[part] else -area
        areas[shape] = total


@bare
def _expand(series: Floats, latitude: float, terms: Floats) -> None:
    """The coefficient of each power of η at a rectifying latitude, and two of its derivatives."""
    terms[:] = 0.0
    cosine, sine = 1.0, 0.0
    turn, rise = np.cos(2.0 * latitude), np.sin(2.0 * latitude)
    for order in range(series.shape[1]):
        wave = 2.0 * order
        for power in range(series.shape[0]):
            terms[0, power] += series[power, order] * cosine
            terms[1, power] -= series[power, order] * wave * sine
            terms[2, power] -= series[power, order] * wave * wave / 2.0 * cosine
        cosine, sine = cosine * turn - sine * rise, sine * turn + cosine * rise


@bare
def _beyond(terms: Floats, north: float, east: float) -> float:
    """What F is more than x: the sum of the odd powers of η, so far north of where terms hold."""
    square, total = east * east, 0.0
    for power in range(terms.shape[1] - 1, -1, -1):
        held = terms[0, power] + north * (terms[1, power] + north * terms[2, power])
        total = total * square + held
    return total * square * east


@compiled
def cut_edges(
    points: Floats, rings: Integers, wanted: Integers, longest: float
) -> tuple[Floats, Integers]:
    """The points of the ``wanted`` rings with their edges cut to a length, and the ring of each.

    Rings are numbered in the order in which they are wanted.
    """
    count = 0
    for ring in wanted:
        for at in range(rings[ring], rings[ring + 1] - 1):
            count += _pieces(points, at, longest)
        count += 1
    cut, owner, place = np.empty((count, 2)), np.empty(count, np.int64), 0
    for number in range(len(wanted)):
        start, last = rings[wanted[number]], rings[wanted[number] + 1] - 1
        for at in range(start, last):
            pieces = _pieces(points, at, longest)
            for piece in range(pieces):
                share = piece / pieces
                for axis in range(2):
                    step = points[at + 1, axis] - points[at, axis]
                    cut[place, axis] = points[at, axis] + share * step
                owner[place] = number
                place += 1
        cut[place], owner[place] = points[last], number
        place += 1
    return cut, owner


@bare
def _pieces(points: Floats, at: int, longest: float) -> int:
    """Into how many pieces the edge from a point on is cut; one if it is not finite."""
    long = np.hypot(points[at + 1, 0] - points[at, 0], points[at + 1, 1] - points[at, 1])
    return int(np.ceil(long / longest)) if longest < long < np.inf else 1
