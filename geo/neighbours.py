"""Neighbours that should share a boundary and leave a narrow gap instead."""

from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crowding import query
from geo.findings import Finding, Place, finding
from geo.shapes import rings_of
from geo.units import shown

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

GAP_M: Final = 0.5
"""Boundaries no farther apart than this are one boundary, as contiguity in the strict sense has
it; what is wider is a lane."""

ROUNDING_M: Final = 0.001
"""Boundaries nearer than this are one: surveys state millimetres."""

MOST_BESIDE, MOST_BESIDE_EACH = 500_000, 20
"""Pairs of edges in reach of each other: so many are looked at, and more for each edge."""

GAP_LENGTH_M: Final = 1.0
"""Shorter gaps are corners that almost meet."""


class Gaps(NamedTuple):
    """Narrow gaps, one for each pair of polygons that has any; lengths in m, pieces polygons."""

    one: Integers
    other: Integers
    pieces: Shapes
    length_m: Floats
    width_m: Floats


class _Facing(NamedTuple):
    """Stretches of boundary that run beside another: whose, the gap's corners, length and width."""

    one: Integers
    other: Integers
    corners: Floats
    length_m: Floats
    width_m: Floats

    def take(self, at: Mask | Integers) -> "_Facing":
        lengths = self.length_m[at], self.width_m[at]
        return _Facing(self.one[at], self.other[at], self.corners[at], *lengths)


def gaps(shapes: Shapes) -> Gaps | None:
    """Find where the boundaries of two valid polygons face each other, 1 mm to 0.5 m apart.

    Edges that two polygons have in common are left out first, so that a sound layer costs little.
    A gap that widens to more than 0.5 m along an edge is a way in, and one with a third polygon
    in it is none. None when so many boundaries run side by side that the search takes minutes.
    """
    edges, owner = _lone_edges(shapes)
    facing = _facing(edges, owner)
    if facing is None:
        return None
    middles = np.asarray(shapely.points(facing.corners.mean(axis=1)), dtype=object)
    filled = shapely.STRtree(shapes).query(middles, predicate="intersects")[0]
    clear = np.ones(len(facing.one), dtype=bool)
    clear[filled] = False
    return _by_pair(facing.take(clear), len(shapes))


def check_gaps(table: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """List the pairs of parcels with a narrow gap between them, and the land that is in it."""
    found = gaps(table.geometry.to_numpy())
    if found is None:
        return [finding("parcel.gaps-unsought", **where, seen=GAP_M)]
    findings = []
    for one, other, piece, length_m, width_m in zip(*found, strict=True):
        words: Place = {
            "row": int(table["row"].iat[one]),
            "parcel": str(table["parcel_id"].iat[one]),
            "other": table["parcel_id"].iat[other],
            "seen": shown(width_m, 3),
            "length": shown(length_m, 1),
            "area_m2": piece.area,
            "shape": piece,
        }
        findings.append(finding("parcel.gap", **where, **words))
    return findings


def _lone_edges(shapes: Shapes) -> tuple[Floats, Integers]:
    """Edges (from, to; land on the left) that no two polygons have in common, and their owners.

    Arcs that are drawn in tiny steps are taken with fewer, half a rounding off at most.
    """
    rings = rings_of(shapely.orient_polygons(shapes))
    edges = np.stack([rings.points, rings.points[rings.after]], axis=1)
    swapped = (edges[:, 0, 0] > edges[:, 1, 0]) | (
        (edges[:, 0, 0] == edges[:, 1, 0]) & (edges[:, 0, 1] > edges[:, 1, 1])
    )
    ends = np.where(swapped[:, None, None], edges[:, ::-1], edges)
    common = pd.DataFrame(ends.reshape(-1, 4)).duplicated(keep=False).to_numpy()
    edges, owner = edges[~common], rings.owner[~common]
    if not len(edges):
        return edges, owner
    follows = (edges[1:, 0] == edges[:-1, 1]).all(axis=1) & (owner[1:] == owner[:-1])
    chain = np.append(0, np.cumsum(~follows))[: len(edges)]
    last = np.append(~follows, True)[: len(edges)]
    points = np.repeat(edges[:, 0], 1 + last, axis=0)
    points[np.cumsum(1 + last)[last] - 1] = edges[last, 1]
    lines = shapely.linestrings(points, indices=np.repeat(chain, 1 + last))
    points, line = shapely.get_coordinates(
        shapely.simplify(lines, ROUNDING_M / 2, preserve_topology=False), return_index=True
    )
    inside = line[1:] == line[:-1]
    edges = np.stack([points[:-1][inside], points[1:][inside]], axis=1)
    return edges, owner[np.flatnonzero(np.diff(chain, prepend=-1))][line[:-1][inside]]


def _facing(edges: Floats, owner: Integers) -> _Facing | None:
    """Where edges of two polygons run beside each other, each outside the other's land."""
    lines = np.asarray(shapely.linestrings(edges), dtype=object)
    most = MOST_BESIDE + MOST_BESIDE_EACH * len(lines)
    found = query(shapely.STRtree(lines), lines, most, predicate="dwithin", distance=GAP_M)
    if found is None:
        return None
    one, other = found
    pair = owner[one] < owner[other]
    one, other = one[pair], other[pair]
    start, end = edges[one, 0], edges[one, 1]
    length = np.hypot(*(end - start).T)
    along = (end - start) / length[:, None]
    outward = np.stack([along[:, 1], -along[:, 0]], axis=1)
    reach, away = (
        np.stack([((edges[other, side] - start) * axis).sum(axis=1) for side in (0, 1)], axis=1)
        for axis in (along, outward)
    )
    low = np.maximum(0.0, reach[:, 1])  # a neighbour's edge runs the other way
    high = np.minimum(length, reach[:, 0])
    beside = high - low > ROUNDING_M  # an edge that stands upright on another faces none of it
    one, other, start, along, outward = (
        values[beside] for values in (one, other, start, along, outward)
    )
    reach, away, low, high = (values[beside] for values in (reach, away, low, high))
    shares = [(at - reach[:, 0]) / (reach[:, 1] - reach[:, 0]) for at in (low, high)]
    widths = np.stack([away[:, 0] + share * (away[:, 1] - away[:, 0]) for share in shares], axis=1)
    feet = [start + at[:, None] * along for at in (low, high)]
    across = [foot + widths[:, [side]] * outward for side, foot in enumerate(feet)]
    facing = _Facing(
        owner[one],
        owner[other],
        np.stack([*feet, across[1], across[0]], axis=1),
        high - low,
        widths.max(axis=1),
    )
    narrow = (widths.min(axis=1) >= -ROUNDING_M) & (facing.width_m > ROUNDING_M)
    return facing.take(narrow & (facing.width_m <= GAP_M))


def _by_pair(facing: _Facing, count: int) -> Gaps:
    """All stretches between two polygons put together; those too short to matter are left out."""
    key, place = np.unique(facing.one * count + facing.other, return_inverse=True)
    length_m, width_m = np.zeros(len(key)), np.zeros(len(key))
    np.add.at(length_m, place, facing.length_m)
    np.maximum.at(width_m, place, facing.width_m)
    quads = shapely.make_valid(np.asarray(shapely.polygons(facing.corners), dtype=object))
    order = np.argsort(place, kind="stable")
    groups = np.split(quads[order], np.flatnonzero(np.diff(place[order])) + 1)
    pieces = np.array([shapely.union_all(group) for group in groups][: len(key)], dtype=object)
    long = length_m >= GAP_LENGTH_M
    one, other = np.divmod(key, count)
    return Gaps(one[long], other[long], pieces[long], length_m[long], width_m[long])
