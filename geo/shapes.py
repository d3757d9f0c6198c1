"""Single outlines, looked at vertex by vertex: what GEOS calls valid and a surveyor does not."""

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

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

_SEGMENTS_AT_ONCE: Final = 4096
_CANDIDATES_AT_FIRST: Final = 200_000


REACH_M: Final = 1e8
"""Coordinates beyond this (an easting with its zone number is below 6.1e7 m) are of no grid."""

LONGEST_M: Final = 2e7
"""A perimeter beyond this is no land: around China it is half as long."""

SMALL: Final = 2000
"""Outlines of fewer vertices are checked at once, whatever they look like."""

MOST_CANDIDATES: Final = 200_000_000
"""Pairs of edges whose boxes meet, which GEOS holds against each other: a few seconds."""

_SAMPLE: Final = 500


class Rings(NamedTuple):
    """Vertices of the rings of many shapes, without repetition and without the closing point.

    ``owner`` is the shape of each vertex, ``before`` and ``after`` its neighbours on the ring;
    ``repeated`` counts for each shape the vertices that repeat the one before them, ``repeats``
    is the last of them.
    """

    points: Floats
    owner: Integers
    before: Integers
    after: Integers
    repeated: Integers
    repeats: Floats


def rings_of(shapes: Shapes) -> Rings:
    """Take polygons apart into the vertices of their rings."""
    parts, owner_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    owner = owner_of_part[part][ring]
    same = np.zeros(len(points), dtype=bool)
    same[1:] = (ring[1:] == ring[:-1]) & (points[1:] == points[:-1]).all(axis=1)
    repeated = np.bincount(owner[same], minlength=len(shapes)).astype(np.int64)
    repeats = np.full((len(shapes), 2), np.nan)
    repeats[owner[same]] = points[same]
    points, owner, ring = points[~same], owner[~same], ring[~same]
    closing = np.diff(ring, append=-1) != 0
    points, owner, ring = points[~closing], owner[~closing], ring[~closing]
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    ends = np.append(starts[1:], len(ring)) - 1 if len(ring) else starts
    before, after = np.arange(len(ring)) - 1, np.arange(len(ring)) + 1
    before[starts], after[ends] = ends, starts
    return Rings(points, owner, before, after, repeated, repeats)


def valid(shapes: Shapes) -> Mask:
    """Whether shapes obey the simple-features rules and have finite coordinates throughout."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    sound = np.asarray(shapely.is_valid(shapes), dtype=bool)
    sound[owner[~np.isfinite(points).all(axis=1)]] = False
    return sound


def finite_ones(shapes: Shapes) -> Mask:
    """Which shapes have finite coordinates throughout."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
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


def spikes(rings: Rings) -> tuple[Integers, Integers, Floats]:
    """Vertices that are spikes, the shapes they are of, and the land in m² of each."""
    points, before, after = rings.points, rings.before, rings.after
    to, onward = points[before] - points, points[after] - points
    cross = np.abs(to[:, 0] * onward[:, 1] - to[:, 1] * onward[:, 0])
    dot = (to * onward).sum(axis=1)
    reach = np.hypot(*to.T), np.hypot(*onward.T)
    shorter, longer = np.minimum(*reach), np.maximum(*reach)
    sharp = (dot > 0) & (cross < np.tan(np.radians(SPIKE_DEGREES)) * dot)
    base = np.divide(cross, longer, out=np.zeros_like(cross), where=longer > 0)
    at = np.flatnonzero(sharp & (shorter >= SPIKE_LENGTH_M) & (base < SPIKE_BASE_M))
    return at, rings.owner[at], (base * shorter / 2)[at]


def slivers(shapes: Shapes) -> Mask:
    """Polygons of less than a square metre, or narrower than 0.1 m on average."""
    areas: Floats = shapely.area(shapes)
    mask: Mask = (areas < TINY_M2) | (mean_width_m(shapes) < THIN_M)
    return mask


def mean_width_m(shapes: Shapes) -> Floats:
    """Mean width 2A/P in m of polygons: what a long strip is wide; 0 where there is none."""
    around = np.asarray(shapely.length(shapes))
    widths: Floats = np.divide(
        2 * shapely.area(shapes), around, out=np.zeros(len(shapes)), where=around > 0
    )
    return widths


def crossings(shape: shapely.Geometry, *, most: int) -> int:
    """How often edges of a polygon meet beyond their common ends, counted up to about ``most``.

    Repair takes as long as there are crossings, and a scribble has as many as its edges squared.
    An outline of a dozen vertices cannot have many; none are looked for.
    """
    if shapely.get_num_coordinates(shape) <= FEW_VERTICES:
        return 0
    rings = rings_of(np.array([shape], dtype=object))
    ends = np.stack([rings.points, rings.points[rings.after]], axis=1)
    edges = shapely.linestrings(ends)
    tree, count, start = shapely.STRtree(edges), 0, 0
    step = min(_SEGMENTS_AT_ONCE, 1 + _CANDIDATES_AT_FIRST // max(1, len(edges)))
    while start < len(edges) and count <= most:
        one, other = tree.query(edges[start : start + step], predicate="intersects")
        one = one + start
        apart = (other != rings.after[one]) & (one != rings.after[other])
        found = int((apart & (one < other)).sum())
        count, start = count + found, start + step
        if found < step:
            step = min(_SEGMENTS_AT_ONCE, 2 * step)
    return count


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
    if kind == "Self-intersection" and shapely.is_valid(shapely.get_parts(shape)).all():
        words = _OVERLAPPING
    elif kind == "Self-intersection" and _rings_alone_are_valid(shape):
        words = _CROSSING_HOLE
    numbers = [float(number) for number in re.findall(r"-?\d[\d.]*(?:e[+-]?\d+)?", rest)]
    if len(numbers) < 2:
        return words, None
    place = rest.rstrip("]")
    return Words(f"{words.zh} {place}", f"{words.en} at {place}"), shapely.Point(numbers[:2])


def _rings_alone_are_valid(shape: shapely.Geometry) -> bool:
    return bool(shapely.is_valid(shapely.polygons(shapely.get_rings(shape))).all())
