"""Overlay that is computed twice, because GEOS 3.14 cuts some valid polygons wrongly.

libgeos#942 and #1354: the intersection of two valid polygons comes out empty, or a point, and the
union agrees with it, so that no conservation law sees it. At Qingxi's coordinates two outlines that
differ in the last digit share a piece that is larger than both. Areas that count are therefore cut
in floating point and again on a fine grid, and traced a third way that shares nothing with GEOS:
the area under pairs of edges, which decides where the others contradict each other or it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.findings import Finding, Place, finding
from geo.units import shown

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Operation = Callable[..., Any]
"""An overlay of shapely's."""

GRID_M: Final = 1e-5
"""The fine grid: a hundredth of what surveys state, a thousand times what a float holds of an
easting with zone prefix (38 516 400 m)."""

AGREE_M2, AGREE_SHARE = 0.01, 1e-6
"""Two areas that differ by no more than this, or this share, are one."""

MAX_EDGE_PAIRS: Final = 100_000_000
"""More pairs of edges than this (a few seconds) are not traced: the doubt then stands."""

QUICK_EDGE_PAIRS: Final = 100_000
"""So many (a few milliseconds) are traced even where the other two ways agree."""

_PAIRS_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Overlay:
    """Pieces that pairs of polygons share, with their area in m² by each way.

    ``traced_m2`` is NaN where there are too many edges. ``pieces`` are those of a way that a second
    one confirms: ``settled`` where the ways contradict each other and the traced area confirms
    one, ``disputed`` where it confirms none.
    """

    pieces: Shapes
    floating_m2: Floats
    snapped_m2: Floats
    traced_m2: Floats
    settled: Mask
    disputed: Mask

    def take(self, at: Mask) -> "Overlay":
        """The same for some of the pairs."""
        areas = self.floating_m2[at], self.snapped_m2[at], self.traced_m2[at]
        return Overlay(self.pieces[at], *areas, self.settled[at], self.disputed[at])


def intersection(one: Shapes, other: Shapes) -> Overlay:
    """What valid polygons share, pair by pair, in coordinates whose unit is the metre."""
    pieces = _cut(one, other, shapely.intersection)
    snapped = _on_grid(one, other, shapely.intersection)
    floating_m2, snapped_m2 = shapely.area(pieces), shapely.area(snapped)
    edge_m = np.maximum(shapely.length(pieces), shapely.length(snapped))
    alike = _agree(floating_m2, snapped_m2, slack_m2=GRID_M * edge_m)
    most = np.where(alike, QUICK_EDGE_PAIRS, MAX_EDGE_PAIRS)
    traced_m2 = np.array(
        [shared_m2(*sides, most_pairs=top) for *sides, top in zip(one, other, most, strict=True)]
    )
    alike &= np.isnan(traced_m2) | _agree(floating_m2, traced_m2)
    disputed = np.zeros(len(pieces), dtype=bool)
    for index in np.flatnonzero(~alike):
        ways = (
            pieces[index],
            snapped[index],
            _turned(one[index], other[index], shapely.intersection),
        )
        confirmed = [way for way in ways if _agree(way.area, traced_m2[index])]
        disputed[index] = not confirmed
        if confirmed:
            pieces[index] = confirmed[0]
    return Overlay(pieces, floating_m2, snapped_m2, traced_m2, ~alike & ~disputed, disputed)


def remainder(whole: Shapes, other: Shapes, shared: Shapes) -> Shapes:
    """What polygons keep without others, pair by pair; ``shared`` is what the two have in common.

    It is cut another way where what is kept and what is shared do not add up to the whole.
    """
    kept = _cut(whole, other, shapely.difference)
    slack_m2 = GRID_M * (shapely.length(whole) + shapely.length(other))
    goal_m2 = shapely.area(whole) - shapely.area(shared)
    for index in np.flatnonzero(~_agree(shapely.area(kept), goal_m2, slack_m2=slack_m2)):
        pair = whole[index : index + 1], other[index : index + 1]
        ways = [
            _on_grid(*pair, shapely.difference)[0],
            _turned(whole[index], other[index], shapely.difference),
            _cut(pair[0], shared[index : index + 1], shapely.difference)[0],
        ]
        kept[index] = min([kept[index], *ways], key=lambda way: abs(way.area - goal_m2[index]))
    return kept


def _on_grid(one: Shapes, other: Shapes, overlay: Operation) -> Shapes:
    """The overlay of polygons whose points are on the grid before anything is cut.

    GEOS alone would cut first: edges that almost coincide then meet in points beside them both.
    """
    first, second = (shapely.set_precision(side, GRID_M, mode="pointwise") for side in (one, other))
    return _cut(first, second, overlay, grid_size=GRID_M)


def _cut(
    one: Shapes,
    other: Shapes,
    overlay: Operation,
    *,
    grid_size: float | None = None,
) -> Shapes:
    """Overlays by GEOS; nothing where it gives up, which the other ways then contradict."""
    try:
        pieces = overlay(one, other, grid_size=grid_size)
    except shapely.errors.GEOSException:
        if len(one) == 1:
            return np.array([shapely.Polygon()], dtype=object)
        singly = [
            _cut(one[at : at + 1], other[at : at + 1], overlay, grid_size=grid_size)
            for at in range(len(one))
        ]
        return np.concatenate(singly)
    return np.asarray(pieces, dtype=object)


def check_overlay(cut: Overlay, place: Callable[[int], Place]) -> list[Finding]:
    """Say which pieces two ways contradict each other about, and which one is used.

    ``place`` gives where pair number k is, and who ``other`` is.
    """
    findings = []
    for index in np.flatnonzero(cut.settled | cut.disputed):
        words: Place = {
            "seen": shown(float(cut.floating_m2[index]), 2),
            "snapped": shown(float(cut.snapped_m2[index]), 2),
            "traced": shown(float(cut.traced_m2[index]), 2),
            "area_m2": _apart_m2(cut, index),
            "shape": cut.pieces[index],
        }
        code = "overlay.disagrees" if cut.disputed[index] else "overlay.settled"
        findings.append(finding(code, **place(int(index)), **words))
    return findings


def _apart_m2(cut: Overlay, index: np.intp) -> float:
    """How far the ways are apart in m²."""
    ways = [cut.floating_m2[index], cut.snapped_m2[index], cut.traced_m2[index]]
    return float(np.nanmax(ways) - np.nanmin(ways))


def union_all(shapes: Shapes) -> shapely.Geometry:
    """The union of polygons, by a way that a second one confirms; floating if none does.

    A union that stays wrong breaks the law that a sum of land once counted is its union's area.
    """
    ways: list[Callable[[], shapely.Geometry]] = [
        lambda: shapely.union_all(shapes),
        lambda: shapely.union_all(
            shapely.set_precision(shapes, GRID_M, mode="pointwise"), grid_size=GRID_M
        ),
        lambda: _turn(shapely.union_all(_turn(shapes, 1.0)), -1.0),
    ]
    found: list[shapely.Geometry] = []
    for way in ways:
        try:
            found.append(way())
        except shapely.errors.GEOSException:  # it gives up, which is no answer
            continue
        slack_m2 = GRID_M * found[-1].length
        for earlier in found[:-1]:
            if _agree(earlier.area, found[-1].area, slack_m2=slack_m2):
                return earlier
    return found[0] if found else shapely.Polygon()


def shared_m2(
    one: shapely.Geometry, other: shapely.Geometry, *, most_pairs: int = MAX_EDGE_PAIRS
) -> float:
    """Area in m² that two valid polygons share, from their edges alone; NaN if they are too many.

    A polygon is the signed sum of the trapezoids between its edges and a base line, so what two
    polygons share is the signed sum of what each pair of trapezoids shares, and that is the area
    under the lower of two lines. No crossing is looked for, so none can be missed.
    """
    south = min(one.bounds[1], other.bounds[1])
    west = max(one.bounds[0], other.bounds[0])
    origin = np.array([west, south])
    edges = _edges(one, origin), _edges(other, origin)
    if not all(map(len, edges)):  # upright from end to end: no land
        return 0.0
    low = max(float(side[:, 0].min()) for side in edges)
    high = min(float(side[:, 2].max()) for side in edges)
    first, second = (_reaching(side, low, high) for side in edges)
    if len(first) * len(second) > most_pairs:
        return float("nan")
    step = max(1, _PAIRS_AT_ONCE // max(1, len(second)))
    starts = range(0, len(first), step)
    return float(sum(_under_both(first[at : at + step, None], second[None]) for at in starts))


def _edges(shape: shapely.Geometry, origin: Floats) -> Floats:
    """Edges as (x0, y0, x1, y1, sign) from west to east; the sign is + for an upper edge."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(shape)))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = points - origin
    inside = ring[1:] == ring[:-1]
    start, end = points[:-1][inside], points[1:][inside]
    westward = start[:, 0] > end[:, 0]
    first = np.where(westward[:, None], end, start)
    last = np.where(westward[:, None], start, end)
    edges = np.column_stack([first, last, np.where(westward, 1.0, -1.0)])
    return edges[edges[:, 0] < edges[:, 2]]


def _reaching(edges: Floats, low: float, high: float) -> Floats:
    """The edges that reach into a range of x."""
    return edges[(edges[:, 0] < high) & (edges[:, 2] > low)]


def _under_both(one: Floats, other: Floats) -> float:
    """Signed area under the lower of two edges, summed over all pairs of them."""
    west = np.maximum(one[..., 0], other[..., 0])
    east = np.minimum(one[..., 2], other[..., 2])
    overlap = west < east
    west, east = west[overlap], east[overlap]
    sides = [np.broadcast_to(side, (*overlap.shape, 5))[overlap] for side in (one, other)]
    heights = []
    for x0, y0, x1, y1, _ in (side.T for side in sides):
        rise, run = y1 - y0, x1 - x0  # no slope, which an edge that is all but upright has not
        heights.append((y0 + (west - x0) / run * rise, y0 + (east - x0) / run * rise))
    (one_west, one_east), (other_west, other_east) = heights
    apart_west, apart_east = one_west - other_west, one_east - other_east
    total = np.abs(apart_west) + np.abs(apart_east)
    crossing = apart_west * apart_east < 0
    squares = apart_west**2 + apart_east**2
    between = np.where(crossing, squares / np.where(total > 0, total, 1.0), total) / 2
    mean = (one_west + one_east + other_west + other_east) / 4 - between / 2
    return float((sides[0][:, 4] * sides[1][:, 4] * mean * (east - west)).sum())


def _agree(one: Any, other: Any, *, slack_m2: Any = 0.0) -> Any:
    """Whether areas are the same up to rounding; an unknown one agrees with nothing."""
    slack = np.maximum(AGREE_M2, AGREE_SHARE * np.maximum(one, other))
    return np.abs(np.subtract(one, other)) <= slack + slack_m2


def _turned(one: shapely.Geometry, other: shapely.Geometry, overlay: Operation) -> shapely.Geometry:
    """The overlay of the same two polygons, turned: other roundings, another answer."""
    first, second = (np.array([_turn(side, 1.0)], dtype=object) for side in (one, other))
    return _turn(_cut(first, second, overlay)[0], -1.0)


def _turn(shapes: Any, radians: float) -> Any:
    cosine, sine = np.cos(radians), np.sin(radians)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    return shapely.transform(shapes, lambda points: points @ turn)
