"""Land drawn to exhaust whoever overlays it: the work is counted before anything is cut.

Valid polygons can still cost hours: 50 000 copies of one lot are a billion overlaps, and two combs
of 100 000 teeth cross ten billion times. Reading has a clock; overlay is in our own process and
has this instead.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import ChecksError
from geo.findings import Finding, Place, finding

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Namer = Callable[[int], Place]
"""Where an item stands: file, layer, row, parcel."""

NEAR_PAIRS, NEAR_PAIRS_EACH = 2_000_000, 200
"""Pairs whose boxes meet: so many are looked at, and so many more for each item."""

OVERLAPS, OVERLAPS_EACH = 20_000, 5
"""Pairs that share land: so many are cut, and so many more for each item."""

WORK_US, WORK_US_EACH, WORK_US_VERTEX = 10e6, 500.0, 10.0
"""Time in µs that cutting may take, and more for each pair and each vertex of the layer."""

PAIR_US, EDGE_US, CROSSING_US = 150.0, 3.0, 10.0
"""Measured: what a pair costs to cut, each edge of it, and each place where its outlines cross.
Beyond a thousand crossings it grows with their square, and with the rings of both multiplied."""

CROSSINGS_OF_SQUARE, RINGS_US = 1000.0, 0.5

FLAT_US, STRAIGHT = 0.005, 1e-6
"""Points on a straight line cost their square, as GEOS's index of grid points then is a list."""

MOST_LINE_CROSSINGS: Final = 20_000
"""Of one barrier with itself; to widen it takes 0.1 s for as many, 7 s for 250 000."""

FEW: Final = 400
"""Pairs of outlines with fewer pairs of edges than this are too small to matter."""

MANY: Final = 1_000_000
"""Pairs with more are looked at before GEOS is asked even whether they touch."""

_AT_ONCE: Final = 250_000


def meeting(
    tree: shapely.STRtree, shapes: Shapes, place: Namer, **options: Any
) -> tuple[Integers, Integers]:
    """Pairs of a shape and an item of the tree, as :meth:`shapely.STRtree.query` finds them.

    Raises :class:`ChecksError` with the shape that has most when there are absurdly many.
    """
    size = max(len(shapes), len(tree.geometries))
    found = query(tree, shapes, NEAR_PAIRS + NEAR_PAIRS_EACH * size, **options)
    if found is None:
        step = 1 + _AT_ONCE // max(1, len(tree.geometries))
        some = np.unique(np.linspace(0, len(shapes) - 1, step).astype(np.int64))
        counts = np.bincount(tree.query(shapes[some], **options)[0], minlength=len(some))
        worst = int(counts.argmax())
        raise ChecksError(_crowded(place(int(some[worst])), int(counts[worst]), len(shapes)))
    return found


def query(
    tree: shapely.STRtree, shapes: Shapes, most: int, **options: Any
) -> tuple[Integers, Integers] | None:
    """All pairs of a query in tree order; None when there are more than so many."""
    ones, others = [], []
    count, start, step = 0, 0, 1 + _AT_ONCE // max(1, len(tree.geometries))
    while start < len(shapes):
        one, other = tree.query(shapes[start : start + step], **options)
        ones.append(one + start)
        others.append(other)
        count, start = count + len(one), start + step
        if count > most:
            return None
        if len(one) < _AT_ONCE:
            step *= 2
    none = np.zeros(0, dtype=np.int64)
    return np.concatenate([none, *ones]), np.concatenate([none, *others])


def bounded(one: Shapes, other: Shapes, items: int, place: Namer) -> None:
    """Raise :class:`ChecksError` when cutting these pairs would take minutes; name the costliest.

    ``items`` is how many shapes the layer has, ``place`` says where pair k stands.
    """
    first, second = (shapely.get_num_coordinates(side).astype(float) for side in (one, other))
    cost = PAIR_US + first + second
    if len(one) > OVERLAPS + OVERLAPS_EACH * items:
        raise ChecksError(_crowded(place(int(cost.argmax())), len(one), items))
    most = WORK_US + WORK_US_EACH * items
    most += WORK_US_VERTEX * (int(first.max(initial=0)) + int(second.max(initial=0)))
    spent = float(cost[first * second <= FEW].sum())
    for pair in np.flatnonzero(first * second > FEW):
        cost[pair] = _cost_us(one[pair], other[pair], most)
        spent += cost[pair]
        if spent > most:
            break
    if spent > most:
        worst = int(cost.argmax())
        raise ChecksError(_interwoven(place(worst), int(first[worst] + second[worst])))


def self_crossings(lines: shapely.Geometry, *, most: int) -> int:
    """How often edges of lines cross between their ends, each counted twice, up to ``most``."""
    edges = shapely.linestrings(_edges(lines)[0].reshape(-1, 2, 2))
    found = query(shapely.STRtree(edges), edges, most, predicate="crosses")
    return most + 1 if found is None else len(found[0])


def heavy(one: Shapes, other: Shapes) -> npt.NDArray[np.bool_]:
    """Which pairs have so many edges that even to ask whether they touch may take minutes."""
    first, second = (shapely.get_num_coordinates(side).astype(float) for side in (one, other))
    mask: npt.NDArray[np.bool_] = first * second > MANY
    return mask


def _crowded(where: Place, seen: int, items: int) -> Finding:
    return finding("layer.crowded", **where, seen=seen, items=items)


def _interwoven(where: Place, seen: int) -> Finding:
    return finding("layer.interwoven", **where, seen=seen)


def _cost_us(one: shapely.Geometry, other: shapely.Geometry, most_us: float) -> float:
    """The time to cut a pair, from where both can meet: edges, rings, flat points, crossings."""
    boxes = shapely.bounds([one, other])
    low, high = boxes[:, :2].max(axis=0), boxes[:, 2:].min(axis=0)
    sides = [_reaching(edges, low, high) for edges in (_edges(one), _edges(other))]
    rings = int(np.prod([len(np.unique(ring)) for _, ring in sides]))
    (first, _), (second, _) = sides
    flat = _flat(first) + _flat(second)
    cost = PAIR_US + EDGE_US * (len(first) + len(second)) + FLAT_US * flat**2
    cost += RINGS_US * rings if rings > 1 else 0.0
    if cost > most_us:
        return cost
    crossings = _crossings(first, second, int(np.sqrt(most_us * CROSSINGS_OF_SQUARE)))
    return cost + CROSSING_US * crossings + crossings**2 / CROSSINGS_OF_SQUARE


def _flat(edges: Floats) -> int:
    """How many points lie on a straight line with their neighbours."""
    along = edges[:, 2:] - edges[:, :2]
    length = np.hypot(*along.T)
    cross = np.abs(along[1:, 0] * along[:-1, 1] - along[1:, 1] * along[:-1, 0])
    return int((cross <= STRAIGHT * length[1:] * length[:-1]).sum())


@lru_cache(maxsize=8)
def _edges(shape: shapely.Geometry) -> tuple[Floats, Integers]:
    """Edges as (x0, y0, x1, y1), and the ring of each."""
    rings = shapely.get_parts(shape)
    if shapely.get_dimensions(shape) == 2:
        rings = shapely.get_rings(rings)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    return np.hstack([points[:-1], points[1:]])[inside], ring[1:][inside]


def _reaching(edges: tuple[Floats, Integers], low: Floats, high: Floats) -> tuple[Floats, Integers]:
    """The edges whose boxes meet a box."""
    ends, ring = edges
    start, end = ends[:, :2], ends[:, 2:]
    meet = (np.minimum(start, end) <= high) & (np.maximum(start, end) >= low)
    inside = meet.all(axis=1)
    return ends[inside], ring[inside]


def _crossings(one: Floats, other: Floats, most: int) -> int:
    """How often edges of two outlines cross between their ends, up to about ``most``."""
    count, start = 0, 0
    step = max(1, _AT_ONCE // max(1, len(other)))
    if len(one) * len(other) <= _AT_ONCE:
        while start < len(one) and count <= most:
            count += int(_crossed(one[start : start + step, None], other[None]).sum())
            start += step
        return count
    lines, tree = (shapely.linestrings(ends.reshape(-1, 2, 2)) for ends in (one, other))
    found = query(shapely.STRtree(tree), lines, most, predicate="crosses")
    return most + 1 if found is None else len(found[0])


def _crossed(one: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    """Whether each of one's edges lies across the other, and the other across it."""
    across: list[npt.NDArray[np.bool_]] = []
    for base, tried in ((one, other), (other, one)):
        x, y = base[..., 0], base[..., 1]
        east, north = base[..., 2] - x, base[..., 3] - y
        sides = [east * (tried[..., at + 1] - y) - north * (tried[..., at] - x) for at in (0, 2)]
        across.append(sides[0] * sides[1] < 0)
    crossed: npt.NDArray[np.bool_] = across[0] & across[1]
    return crossed
