"""Rings of boundary points, and the polygons that they bound."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Points = npt.NDArray[np.float64]

MOST_RINGS: Final = 1000
"""More rings than any surveyed plot has; each is held against each."""

_SMALL: Final = 16
"""A ring of this many points may be a point or two said over and over."""


class Fault(NamedTuple):
    """Why points bound no land: a code of the faults, and what was seen."""

    code: str
    seen: str


class Traced(NamedTuple):
    """The rings of one parcel, without closing points; ``closings`` counts those that had one."""

    rings: list[Points]
    closings: int
    fault: Fault | None


def traced(points: Points, ring: npt.NDArray[np.int64], breaks: npt.NDArray[np.bool_]) -> Traced:
    """Part the points of one parcel, in file order, into rings.

    A ring ends where the number of the ring changes, where ``breaks`` is set, and where it comes
    back to its first point with another closed ring after it. A number that comes back begins a
    new ring if the one before it was closed; otherwise it is not known what belongs together.
    """
    begins = np.concatenate([[True], breaks[1:] | (ring[1:] != ring[:-1])])
    starts = np.flatnonzero(begins)
    if len(starts) > MOST_RINGS:
        return Traced([], 0, Fault("rings.many", str(len(starts))))
    rings: list[Points] = []
    closings, open_numbers = 0, set()
    for start, run in zip(starts, np.split(points, starts[1:]), strict=True):
        number = int(ring[start])
        pieces = _pieces(run)
        if pieces is None or number in open_numbers:
            return Traced([], 0, Fault("rings.split", str(number)))
        for piece in pieces:
            opened = _opened(piece)
            closings += len(opened) < len(piece)
            rings.append(opened)
        if len(rings[-1]) == len(pieces[-1]):
            open_numbers.add(number)
        if any(_is_few(item) for item in rings[-len(pieces) :]):
            return Traced([], 0, Fault("rings.few", str(number)))
    return Traced(rings, closings, None)


def bounded(rings: Sequence[Points]) -> shapely.Geometry | Fault:
    """The land that rings bound: what lies in one ring is a hole, in two an island, and so on.

    Winding says nothing: files wind holes either way. Rings keep their order, start and winding.
    """
    outlines = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    if len(outlines) == 1:
        return outlines[0]
    if len(outlines) > MOST_RINGS:
        return Fault("rings.many", str(len(outlines)))
    broken = np.flatnonzero(~shapely.is_valid(outlines))
    if len(broken):
        return Fault("rings.invalid", shapely.is_valid_reason(outlines[broken[0]]))
    return _nested(outlines)


def _nested(outlines: npt.NDArray[Any]) -> shapely.Geometry | Fault:
    tree = shapely.STRtree(outlines)
    one, other = tree.query(outlines, predicate="overlaps")
    if len(one):
        return Fault("rings.cross", _places(outlines[one[0]], outlines[other[0]]))
    inner, outer = tree.query(outlines, predicate="covered_by")
    inner, outer = inner[inner != outer], outer[inner != outer]
    depth = np.bincount(inner, minlength=len(outlines))
    twins = depth[inner] == depth[outer]
    if twins.any():
        return Fault("rings.twice", _start(outlines[inner[twins][0]]))
    holes: dict[int, list[Any]] = {int(at): [] for at in np.flatnonzero(depth % 2 == 0)}
    direct = (depth[inner] % 2 == 1) & (depth[outer] == depth[inner] - 1)
    for hole, shell in zip(inner[direct], outer[direct], strict=True):
        holes[int(shell)].append(outlines[hole].exterior)
    parts = [shapely.Polygon(outlines[shell].exterior, inside) for shell, inside in holes.items()]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _pieces(run: Points) -> list[Points] | None:
    """The closed rings that follow each other in ``run``; None if the last of them is not closed.

    A run that never comes back to its first point, or only at its end, is one ring.
    """
    if not (run[3:-1] == run[0]).all(axis=1).any() or len(_opened(run)) < 3:
        return [run]
    length = len(_opened(run)) + 1  # a closing point that is said twice closes once
    points = [tuple(point) for point in run[:length].tolist()]
    pieces, start = [], 0
    while start < len(points):
        end = next((at for at in range(start + 3, len(points)) if points[at] == points[start]), 0)
        if not end:
            return None
        pieces.append(run[start : end + 1])
        start = end + 1
    return pieces


def _opened(ring: Points) -> Points:
    """The ring without the points at its end that repeat its first."""
    last = len(ring)
    while last > 1 and (ring[last - 1] == ring[0]).all():
        last -= 1
    return ring[:last]


def _is_few(ring: Points) -> bool:
    return len(ring) < 3 or (len(ring) <= _SMALL and len(set(map(tuple, ring.tolist()))) < 3)


def _places(*outlines: shapely.Polygon) -> str:
    return " / ".join(_start(outline) for outline in outlines)


def _start(outline: shapely.Polygon) -> str:
    """Where a ring begins, so that it is found in the file: north, then east, as it is there."""
    x, y = outline.exterior.coords[0][:2]
    return f"({y:.3f}, {x:.3f})"
