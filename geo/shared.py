"""Area that polygons share, pair by pair, from their edges alone; and GEOS in as many threads."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.kernels.compiled import in_chunks
from geo.kernels.shared import Rings, classify, share, survey
from geo.outlines import Outlines, outlines_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]

MAX_EDGE_PAIRS: Final = 100_000_000
"""More pairs of edges than this that lie over one another (half a second) are not traced."""

PAIRS_AT_ONCE: Final = 4096
"""Pairs that a thread works on before it looks for more."""


def rings_of(outlines: Outlines) -> Rings:
    """Outlines as the kernels of this topic read them; the points are the same array."""
    turns, boxes = np.empty(len(outlines.rings) - 1), np.empty((outlines.size, 4))
    survey(*outlines, turns, boxes)
    first = outlines.parts[outlines.shapes]
    return Rings(outlines.points, outlines.rings, turns, first, boxes)


def rings_of_shapes(shapes: Shapes) -> Rings:
    """The same of shapely polygons; of collections, such as overlays leave, what is polygon."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    if len(mixed):
        shapes = shapes.copy()
        for index in mixed:
            parts = shapely.get_parts(shapely.get_parts(shapes[index]))
            shapes[index] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return rings_of(outlines_of(shapes))


def traced(
    one: Rings, other: Rings, ones: Integers, others: Integers, *, most: int = MAX_EDGE_PAIRS
) -> tuple[Floats, Floats]:
    """Area that valid polygons share, pair by pair, and how far rounding may have put it off.

    NaN where they have too many edges. The area is that of the pair alone, to the last bit,
    whatever other pairs there are.
    """
    found = np.empty((len(ones), 2))

    def work(_: int, start: int, stop: int) -> None:
        at = slice(start, stop)
        share(one, other, ones[at], others[at], most, found[at])

    in_chunks(len(ones), work, None, size=PAIRS_AT_ONCE)
    return found[:, 0], found[:, 1]


def classified(boxes: Floats, other: Rings, ones: Integers, others: Integers) -> Integers:
    """Which polygons, in such boxes, lie all in or outside others, where that is easy to say.

    :data:`geo.kernels.shared.DISJOINT`, ``COVERED`` or, where it is not, ``OPEN``.
    """
    kinds = np.empty(len(ones), dtype=np.int64)

    def work(_: int, start: int, stop: int) -> None:
        at = slice(start, stop)
        classify(boxes, other, ones[at], others[at], kinds[at])

    in_chunks(len(ones), work, None, size=PAIRS_AT_ONCE)
    return kinds


def in_threads(work: Callable[..., Shapes], *sides: Shapes) -> Shapes:
    """What a function of shapely's makes of arrays of the same length, in as many threads as cores.

    GEOS leaves other threads running; each shape is worked on by one.
    """
    made = np.empty(len(sides[0]), dtype=object)

    def run(_: int, start: int, stop: int) -> None:
        made[start:stop] = work(*(side[start:stop] for side in sides))

    in_chunks(len(made), run, None, size=SHAPES_AT_ONCE)
    return made


SHAPES_AT_ONCE: Final = 512
