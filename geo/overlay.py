"""Overlay that is computed twice, because GEOS 3.14 cuts some valid polygons wrongly.

libgeos#942 and #1354: the intersection of two valid polygons comes out empty, or a point, and the
union agrees with it, so that no conservation law sees it. At Qingxi's coordinates two outlines that
differ in the last digit share a piece that is larger than both. Areas that count are therefore cut
in floating point and traced a second way that shares nothing with GEOS: the area under pairs of
edges. Where the two contradict each other it is cut again on a fine grid, and turned, and the
traced area decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.findings import Finding, Place, finding
from geo.shared import MAX_EDGE_PAIRS, in_threads, rings_of_shapes, traced
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

QUICK_EDGE_PAIRS: Final = 1_000_000
"""Pairs of outlines with more pairs of edges than this (a few milliseconds) are cut a second time
before they are traced."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Pieces that pairs of polygons share, with their area in m² by each way.

    ``traced_m2`` is NaN where there are too many edges, ``snapped_m2`` where the traced area
    confirms the floating one at once. ``pieces`` are those of a way that a second one confirms:
    ``settled`` where the ways contradict each other and the traced area confirms one,
    ``disputed`` where it confirms none.
    """

    pieces: Shapes
    floating_m2: Floats
    snapped_m2: Floats
    traced_m2: Floats
    settled: Mask
    disputed: Mask

    def take(self, at: Mask | npt.NDArray[np.int64]) -> "Overlay":
        """The same for some of the pairs."""
        areas = self.floating_m2[at], self.snapped_m2[at], self.traced_m2[at]
        return Overlay(self.pieces[at], *areas, self.settled[at], self.disputed[at])

    @classmethod
    def joined(cls, parts: Sequence["Overlay"]) -> "Overlay":
        """The pairs of several, one after the other."""
        return cls(
            *(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(cls))
        )


def intersection(one: Shapes, other: Shapes, traced_m2: Floats | None = None) -> Overlay:
    """What valid polygons share, pair by pair, in coordinates whose unit is the metre.

    ``traced_m2`` is the area of it by their edges alone, where that is known already, else NaN.
    """
    pieces = in_threads(_intersection, one, other)
    floating_m2 = shapely.area(pieces)
    traced_m2 = np.full(len(pieces), np.nan) if traced_m2 is None else traced_m2.copy()
    unknown = np.flatnonzero(np.isnan(traced_m2))
    traced_m2[unknown] = _traced(one[unknown], other[unknown], QUICK_EDGE_PAIRS)
    snapped_m2 = np.full(len(pieces), np.nan)
    settled, disputed = np.zeros((2, len(pieces)), dtype=bool)
    for index in np.flatnonzero(~_agree(floating_m2, traced_m2)):
        pair = one[index : index + 1], other[index : index + 1]
        snapped = _on_grid(*pair, shapely.intersection)[0]
        snapped_m2[index] = snapped.area
        if np.isnan(traced_m2[index]):
            slack_m2 = GRID_M * max(pieces[index].length, snapped.length)
            if _agree(floating_m2[index], snapped_m2[index], slack_m2=slack_m2):
                continue
            traced_m2[index] = shared_m2(one[index], other[index], most_pairs=MAX_EDGE_PAIRS)
        turned = _turned(one[index], other[index], shapely.intersection)
        ways = pieces[index], snapped, turned
        confirmed = [way for way in ways if _agree(way.area, traced_m2[index])]
        settled[index], disputed[index] = bool(confirmed), not confirmed
        if confirmed:
            pieces[index] = confirmed[0]
    return Overlay(pieces, floating_m2, snapped_m2, traced_m2, settled, disputed)


def _intersection(one: Shapes, other: Shapes) -> Shapes:
    return _cut(one, other, shapely.intersection)


def _difference(one: Shapes, other: Shapes) -> Shapes:
    return _cut(one, other, shapely.difference)


def _traced(one: Shapes, other: Shapes, most: int) -> Floats:
    """The area that polygons share, pair by pair, by their edges alone."""
    area_m2 = np.empty(len(one))
    for start in range(0, len(one), _AT_ONCE):  # one polygon of many points may be in all of them
        some = slice(start, start + _AT_ONCE)
        first, second = rings_of_shapes(one[some]), rings_of_shapes(other[some])
        at = np.arange(len(first.boxes))
        area_m2[some], _ = traced(first, second, at, at, most=most)
    return area_m2


_AT_ONCE: Final = 2048


def remainder(whole: Shapes, other: Shapes, shared: Shapes) -> Shapes:
    """What polygons keep without others, pair by pair; ``shared`` is what the two have in common.

    It is cut another way where what is kept and what is shared do not add up to the whole.
    """
    kept = in_threads(_difference, whole, other)
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


def clipped(shapes: Shapes, boxes: Floats) -> Shapes:
    """What lies of valid polygons in boxes (west, south, east, north), one for each.

    By a way of GEOS's that is a tenth of the work; what it makes invalid is cut as any other.
    """
    made = _clipped(shapes, boxes)
    wrong = ~shapely.is_valid(made)
    made[wrong] = _cut(shapes[wrong], shapely.box(*boxes[wrong].T), shapely.intersection)
    return made


def _clipped(shapes: Shapes, boxes: Floats) -> Shapes:
    """The same as GEOS makes it, None where it gives up.

    The function of shapely's that everybody calls takes one box; what it calls takes them all.
    """
    try:
        return np.asarray(shapely.lib.clip_by_rect(shapes, *boxes.T), dtype=object)
    except shapely.errors.GEOSException:
        if len(shapes) == 1:
            return np.array([None], dtype=object)
        halves = zip(np.array_split(shapes, 2), np.array_split(boxes, 2), strict=True)
        return np.concatenate([_clipped(*half) for half in halves])


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

    See :mod:`geo.kernels.shared`.
    """
    first, second = (np.array([side], dtype=object) for side in (one, other))
    return float(_traced(first, second, most_pairs)[0])


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
