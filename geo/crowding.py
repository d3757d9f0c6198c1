"""Land drawn to exhaust whoever overlays it: the work is counted before anything is cut.

Valid polygons can still cost hours: 50 000 copies of one lot are a billion overlaps, and two combs
of 100 000 teeth cross ten billion times. Reading has a clock; overlay is in our own process and
has this instead.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import ChecksError
from geo.findings import Finding, Place, finding
from geo.kernels.crowds import (
    CROSSING_US,
    CROSSINGS_OF_SQUARE,
    PAIR_US,
    UNKNOWN,
    Lines,
    costs,
)

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

MOST_LINE_CROSSINGS: Final = 20_000
"""Of one barrier with itself; to widen it takes 0.1 s for as many, 7 s for 250 000."""

FEW: Final = 400
"""Pairs of outlines with fewer pairs of edges than this are too small to matter."""

MANY: Final = 1_000_000
"""Pairs with more are looked at before GEOS is asked even whether they touch."""

MOST_EDGE_PAIRS: Final = 10e9
"""Where all others together have more (half a minute), they are looked at too."""

_AT_ONCE: Final = 250_000

_PAIRS_AT_ONCE: Final = 2048


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
    few = first * second <= FEW
    large = np.flatnonzero(~few)
    cost[large], spent = _costs_us(one[large], other[large], most, float(cost[few].sum()))
    if spent > most:
        worst = int(cost.argmax())
        raise ChecksError(_interwoven(place(worst), int(first[worst] + second[worst])))


def self_crossings(lines: shapely.Geometry, *, most: int) -> int:
    """How often edges of lines cross between their ends, each counted twice, up to ``most``."""
    edges = shapely.linestrings(_edges(lines).reshape(-1, 2, 2))
    found = query(shapely.STRtree(edges), edges, most, predicate="crosses")
    return most + 1 if found is None else len(found[0])


def heavy(one: Integers, other: Integers) -> npt.NDArray[np.bool_]:
    """Which pairs have so many points that even to ask whether they touch may take minutes."""
    edge_pairs = one.astype(float) * other
    mask: npt.NDArray[np.bool_] = edge_pairs > MANY
    if edge_pairs[~mask].sum() > MOST_EDGE_PAIRS:
        mask[:] = True
    return mask


def _crowded(where: Place, seen: int, items: int) -> Finding:
    return finding("layer.crowded", **where, seen=seen, items=items)


def _interwoven(where: Place, seen: int) -> Finding:
    return finding("layer.interwoven", **where, seen=seen)


def _costs_us(one: Shapes, other: Shapes, most: float, spent: float) -> tuple[Floats, float]:
    """The time to cut each pair, from where both can meet: edges, rings, flat points, crossings.

    And of all, with what was ``spent`` before. What comes after more than ``most`` costs nothing.
    """
    cost = np.zeros(len(one))
    start = 0
    while start < len(one) and spent <= most:
        pairs = slice(start, start + _PAIRS_AT_ONCE)  # a large shape may be in each of them
        some = cost[pairs]
        done = costs(_lines(one[pairs]), _lines(other[pairs]), spent, most, some)
        if some[done - 1] == UNKNOWN:
            last = start + done - 1
            some[done - 1] = PAIR_US + _crossings_us(one[last], other[last], most)
        spent += float(some[:done].sum())
        start += done
    return cost, spent


def _crossings_us(one: shapely.Geometry, other: shapely.Geometry, most_us: float) -> float:
    """The time that goes into where two outlines cross, which are too dense to be swept."""
    most = int(np.sqrt(most_us * CROSSINGS_OF_SQUARE))
    lines, tree = (shapely.linestrings(_edges(side).reshape(-1, 2, 2)) for side in (one, other))
    found = query(shapely.STRtree(tree), lines, most, predicate="crosses")
    crossings = most + 1 if found is None else len(found[0])
    return CROSSING_US * crossings + crossings**2 / CROSSINGS_OF_SQUARE


def _lines(shapes: Shapes) -> Lines:
    """The lines that shapes consist of, those of polygons their rings."""
    bare = shapes.copy()
    areal = shapely.get_dimensions(shapes) == 2
    bare[areal] = shapely.boundary(shapes[areal])
    parts, owner = shapely.get_parts(bare, return_index=True)
    first = np.searchsorted(owner, np.arange(len(shapes) + 1))
    lines = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum(shapely.get_num_coordinates(parts), out=lines[1:])
    return Lines(shapely.get_coordinates(parts), lines, first, shapely.bounds(shapes))


def _edges(shape: shapely.Geometry) -> Floats:
    """Edges as (x0, y0, x1, y1)."""
    points, lines, *_ = _lines(np.array([shape], dtype=object))
    ends = np.hstack([points[:-1], points[1:]])
    return np.asarray(np.delete(ends, lines[1:-1] - 1, axis=0))
