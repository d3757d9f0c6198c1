"""Single outlines, looked at vertex by vertex: what GEOS calls valid and a surveyor does not."""

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geo.kernels import soundness
from geo.kernels.compiled import in_chunks
from geo.outlines import Outlines, outlines_of
from geo.text import Words

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

THIN_M: Final = 0.1
"""Land whose mean width 2A/P is less than this is a sliver."""
TINY_M2: Final = 1.0

SPIKE_DEGREES, SPIKE_BASE_M, SPIKE_LENGTH_M = 1.0, 0.1, 0.5
"""A spike: a vertex sharper than this whose shorter side is at least this long, and at whose end
the two sides are less than the base apart. The corner of a wedge of land is wider there."""

MAX_VERTICES: Final = 2_000_000
"""More vertices than this are no outline of a parcel."""

FEW_VERTICES: Final = 14

REACH_M: Final = 1e8
"""Coordinates beyond this (an easting with its zone number is below 6.1e7 m) are of no grid."""

LONGEST_M: Final = 2e7
"""A perimeter beyond this is no land: around China it is half as long."""

SMALL: Final = 2000
"""Outlines of fewer vertices are checked at once, whatever they look like."""

MOST_CANDIDATES: Final = 200_000_000
"""Pairs of edges whose boxes meet, which GEOS holds against each other: a few seconds."""

_SAMPLE: Final = 500

_AT_ONCE: Final = 20_000
"""Outlines that one thread looks at: their coordinates then need no room to speak of."""


def valid(shapes: Shapes, sure: Mask | None = None) -> Mask:
    """Whether shapes obey the simple-features rules and have finite coordinates throughout.

    Most are seen to do so by a test of their outlines that is never wrong when it says yes
    (:func:`geo.kernels.soundness.certain`); GEOS looks at the others.
    """
    sound = looks(shapes).sound if sure is None else sure.copy()
    doubtful = np.flatnonzero(~sound)
    sound[doubtful] = shapely.is_valid(shapes[doubtful]) & finite_ones(shapes[doubtful])
    return sound


def finite_ones(shapes: Shapes) -> Mask:
    """Which shapes have finite coordinates throughout."""
    finite = np.ones(len(shapes), dtype=bool)
    if np.isfinite(shapely.get_coordinates(shapes)).all():
        return finite
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    finite[owner[~np.isfinite(points).all(axis=1)]] = False
    return finite


def reach_m(shape: shapely.Geometry) -> float:
    """The largest coordinate of a shape or its perimeter, whichever is more."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(max(np.abs(shape.bounds).max(initial=0.0), shape.length))


def within_reach(shapes: Shapes) -> Mask:
    """Which shapes have coordinates and a perimeter that land can have; not those without any."""
    with np.errstate(over="ignore", invalid="ignore"):
        farthest = np.abs(shapely.bounds(shapes)).max(axis=1, initial=0.0)
        reached: Mask = (farthest <= REACH_M) & (shapely.length(shapes) <= LONGEST_M)
    return reached


def dense(shapes: Shapes) -> Mask:
    """Which shapes have edges so much side by side that to hold them together takes minutes.

    A star of a million vertices may be valid, and GEOS would be at it for an hour. Some of the
    edges, taken evenly, tell how many boxes an edge meets.
    """
    mask = np.zeros(len(shapes), dtype=bool)
    for index in np.flatnonzero(shapely.get_num_coordinates(shapes) > SMALL):
        parts = shapely.get_parts(shapes[index])
        areal = shapely.get_dimensions(parts) == 2
        rings = np.concatenate([shapely.get_rings(parts[areal]), parts[~areal]])
        points, ring = shapely.get_coordinates(rings, return_index=True)
        inside = ring[1:] == ring[:-1]
        corners = np.hstack([points[:-1], points[1:]])[inside]
        low, high = (side(corners[:, :2], corners[:, 2:]) for side in (np.minimum, np.maximum))
        boxes = shapely.box(*low.T, *high.T)
        sample = boxes[:: -(-len(boxes) // _SAMPLE)]
        met = len(shapely.STRtree(boxes).query(sample)[0]) / len(sample)
        mask[index] = met * len(boxes) > MOST_CANDIDATES
    return mask


class Spikes(NamedTuple):
    """Spikes of many shapes: where each is, its land in m², and the ``owner`` it is of."""

    points: Floats
    m2: Floats
    owner: Integers


def spikes(outlines: Outlines) -> Spikes:
    """The spikes of polygons, in the order of their vertices."""
    slope = float(np.tan(np.radians(SPIKE_DEGREES)))
    limits = (slope, SPIKE_LENGTH_M, SPIKE_BASE_M)
    found = np.empty((0, 4))
    count = soundness.spikes(*outlines, *limits, found)
    if count:
        found = np.empty((count, 4))
        soundness.spikes(*outlines, *limits, found)
    return Spikes(found[:, :2], found[:, 2], found[:, 3].astype(np.int64))


def repeats(outlines: Outlines) -> tuple[Integers, Floats]:
    """How many vertices of each polygon repeat the one before them, and the last that does."""
    counts, last = np.zeros(outlines.size, np.int64), np.full((outlines.size, 2), np.nan)
    soundness.repeats(*outlines, counts, last)
    return counts, last


class Looks(NamedTuple):
    """What the vertices of many polygons tell.

    Which have none that is not ``finite``, which are surely valid (``sound``), their ``spikes``,
    how many vertices ``repeated`` the one before and the ``last`` that did.
    """

    finite: Mask
    sound: Mask
    spikes: Spikes
    repeated: Integers
    last: Floats


def looks(shapes: Shapes) -> Looks:
    """Look at all vertices of polygons, some thousand outlines at a time."""
    pieces: list[Looks] = [_looks(shapes[:0])] * max(1, -(-len(shapes) // _AT_ONCE))

    def work(piece: int, start: int, stop: int) -> None:
        seen = _looks(shapes[start:stop])
        pieces[piece] = seen._replace(spikes=seen.spikes._replace(owner=seen.spikes.owner + start))

    in_chunks(len(shapes), work, None, size=_AT_ONCE)
    finite, sound, found, repeated, last = zip(*pieces, strict=True)
    return Looks(
        np.concatenate(finite),
        np.concatenate(sound),
        Spikes(*(np.concatenate(column) for column in zip(*found, strict=True))),
        np.concatenate(repeated),
        np.concatenate(last),
    )


def _looks(shapes: Shapes) -> Looks:
    outlines = outlines_of(shapes)
    finite, sound = np.ones(len(shapes), dtype=bool), np.zeros(len(shapes), dtype=bool)
    known = np.isfinite(outlines.points).all(axis=1)
    if not known.all():
        points = np.flatnonzero(~known)
        finite[np.searchsorted(outlines.first_point, points, side="right") - 1] = False
    soundness.certain(*outlines, sound)
    return Looks(finite, sound, spikes(outlines), *repeats(outlines))


def slivers(shapes: Shapes) -> Mask:
    """Polygons of less than a square metre, or narrower than 0.1 m on average."""
    areas: Floats = shapely.area(shapes)
    mask: Mask = (areas < TINY_M2) | (_mean_width_m(shapes, areas) < THIN_M)
    return mask


def mean_width_m(shapes: Shapes) -> Floats:
    """Mean width 2A/P in m of polygons: what a long strip is wide; 0 where there is none."""
    return _mean_width_m(shapes, shapely.area(shapes))


def _mean_width_m(shapes: Shapes, areas: Floats) -> Floats:
    around = np.asarray(shapely.length(shapes))
    widths: Floats = np.divide(2 * areas, around, out=np.zeros(len(shapes)), where=around > 0)
    return widths


def crossings(shapes: Shapes, *, most: int) -> Integers:
    """How often edges of each polygon meet beyond their common ends; counting ends after ``most``.

    Repair takes as long as there are crossings, and a scribble has as many as its edges squared.
    An outline of a dozen vertices cannot have many; none are looked for.
    """
    counts = np.zeros(len(shapes), dtype=np.int64)
    many = np.flatnonzero(shapely.get_num_coordinates(shapes) > FEW_VERTICES)
    if len(many):
        found = np.empty(len(many), dtype=np.int64)
        soundness.crossings(*outlines_of(shapes[many]), most, found)
        counts[many] = found
    return counts


_PROBLEMS: Final = {
    "Hole lies outside shell": Words("孔洞在外环之外", "Hole lies outside its shell"),
    "Holes are nested": Words("孔洞套孔洞", "Holes are nested"),
    "Nested shells": Words("一个部分在另一部分之内", "One part lies inside another"),
    "Interior is disconnected": Words("内部不连通", "Interior is disconnected"),
    "Duplicate Rings": Words("同一个环画了两次", "Duplicate rings"),
    "Ring Self-intersection": Words("环与自身相接", "Ring Self-intersection"),
    "Self-intersection": Words("自相交", "Self-intersection"),
    "Too few points in geometry component": Words("环的点数不足", "Too few points in a ring"),
}
_OVERLAPPING: Final = Words("几个部分相互重叠", "Parts overlap")
_CROSSING_HOLE: Final = Words("孔洞伸出外环", "Hole reaches beyond its shell")


def problem(shape: shapely.Geometry) -> tuple[Words, shapely.Point | None]:
    """What is wrong with an invalid polygon, in words with coordinates, and the place of it."""
    reason = shapely.is_valid_reason(shape)
    kind, _, rest = reason.partition("[")
    words = _PROBLEMS.get(kind.strip(), Words(kind, kind))
    first, count = shapely.get_geometry(shape, 0), shapely.get_num_geometries(shape)
    if kind == "Self-intersection" and (count > 1 or shapely.get_num_interior_rings(first)):
        parts = shapely.get_parts(shape)
        if shapely.is_valid(parts).all():
            words = _OVERLAPPING
        elif shapely.is_valid(shapely.polygons(shapely.get_rings(parts))).all():
            words = _CROSSING_HOLE
    numbers = [float(number) for number in re.findall(r"-?\d[\d.]*(?:e[+-]?\d+)?", rest)]
    if len(numbers) < 2:
        return words, None
    place = rest.rstrip("]")
    return Words(f"{words.zh} {place}", f"{words.en} at {place}"), shapely.Point(numbers[:2])
