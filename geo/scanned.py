"""The land of a plan another way: line by line over all parcels and constraints, nothing cut.

It shares no step with what it proves: no pair of parcels is looked for, no outline is overlaid.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from numba import config
from pyproj import CRS

from geo.area import AreaMethod, area_m2
from geo.kernels.scanlines import Held, Land, Tally, halved, pieces_of, scan
from geo.memo import Shelf
from geo.outlines import outlines_of

Shapes = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

AT_ONCE: Final = 2048
"""So many parcels are scanned at once: windows of the town that have about as many."""

ROOM: Final = 8
"""Edges that a window is halved into take so many times the room of its own."""

MOST_SETS: Final = 62
"""The sets that a parcel is in are the bits of one number."""


class Covers(NamedTuple):
    """What takes land: polygons with the number of the reason of each, and what is taken whole.

    ``whole`` is the number of the reason that takes each parcel, ``reasons`` where none does, as
    many as there are.
    """

    shapes: Shapes
    reason: Integers
    whole: Integers
    reasons: int


def scanned(
    parcels: Shapes,
    order: Integers,
    sets: Sequence[Mask],
    covers: Covers,
    crs: CRS,
    method: AreaMethod,
    *,
    known: Shelf | None = None,
) -> Land:
    """Land and net land in m² of sets of parcels, and what each reason takes of all parcels.

    Parcels and covers are valid polygons in ``crs``, in metres. The land of a set is that of its
    union. A square metre is net land of the first parcel that covers it, in their ``order``, unless
    the parcel is taken whole or a polygon covers it; else it is lost to the first such reason.
    ``known`` has what was found of the same parcels and covers in other sets, window by window.
    """
    known = known or Shelf()
    parts = [
        _scanned(parcels, order, sets[at : at + MOST_SETS], covers, crs, method, known)
        for at in range(0, len(sets), MOST_SETS)
    ]
    gross, net = (np.concatenate([part[at] for part in parts]) for at in range(2))
    return Land(gross, net, parts[0].taken)


def _scanned(
    parcels: Shapes,
    order: Integers,
    sets: Sequence[Mask],
    covers: Covers,
    crs: CRS,
    method: AreaMethod,
    known: Shelf,
) -> Land:
    """The same of so many sets as one number holds."""
    bits = np.zeros(len(parcels), dtype=np.int64)
    for bit, chosen in enumerate(sets):
        bits |= chosen.astype(np.int64) << bit
    none = np.full(len(covers.shapes), -1, dtype=np.int64)
    shapes = np.concatenate([parcels, covers.shapes])
    held = Held(
        np.concatenate([order, none]),
        np.concatenate([bits, np.zeros_like(none)]),
        np.concatenate([covers.whole, covers.reason]),
    )

    def divide() -> tuple[Floats, list[Integers], Floats]:
        windows, members = _windows(shapely.bounds(shapes), len(parcels))
        return windows, members, _scales(windows, crs, method)

    windows, members, scales = known.of("windows", divide)

    def scan(at: int, own: Held) -> Land:
        land = Land(np.zeros(len(sets)), np.zeros(len(sets)), np.zeros(covers.reasons))
        _scan(shapes[members[at]], windows[at], Tally(own, scales[at], land))
        return land

    def work(at: int) -> Land:
        own = Held(*(column[members[at]] for column in held))
        key = (at, len(sets), own.sets.tobytes())
        found: Land = known.of(key, lambda: scan(at, own))
        return found

    lands = [Land(np.zeros(len(sets)), np.zeros(len(sets)), np.zeros(covers.reasons))]
    with ThreadPoolExecutor(config.NUMBA_NUM_THREADS) as pool:  # type: ignore[attr-defined]
        lands += pool.map(work, range(len(windows)))
    return Land(*(np.sum(np.array(column), axis=0) for column in zip(*lands, strict=True)))


def _scan(shapes: Shapes, window: Floats, tally: Tally) -> None:
    """Add up the land of a window, in metres from its south-west corner."""
    outlines = outlines_of(shapes)
    points = outlines.points - window[:2]
    owners = np.repeat(np.arange(outlines.size), np.diff(outlines.parts[outlines.shapes]))
    count = len(points) - len(owners)
    edges = np.empty((ROOM * count + ROOM, 5))
    pieces_of(points, outlines.rings, owners, edges)
    width, height = window[2:] - window[:2]
    start, stop = 0, count
    for axis, at, upper in ((0, width, False), (1, 0.0, True), (1, height, False), (0, 0.0, True)):
        start, stop = stop, halved(edges, start, stop, stop, axis, at, upper, 0.0)
    edges[: stop - start] = edges[start:stop].copy()
    scan(edges, stop - start, np.array([0.0, 0.0, width, height]), tally)


def _windows(boxes: Floats, parcels: int) -> tuple[Floats, list[Integers]]:
    """Windows (west, south, east, north) that tile the parcels, and which shapes meet each."""
    drawn = np.flatnonzero(~np.isnan(boxes[:parcels, 0]))
    own = boxes[drawn]
    everything = np.flatnonzero(~np.isnan(boxes[:, 0]))
    side = max(1, round((len(drawn) / AT_ONCE) ** 0.5))
    windows, members = [], []
    for west, east in _quantiles(own[:, 0::2], side):
        here = everything[(boxes[everything, 0] < east) & (boxes[everything, 2] > west)]
        column = own[(own[:, 0] < east) & (own[:, 2] > west)]
        for south, north in _quantiles(column[:, 1::2], side):
            inside = (boxes[here, 1] < north) & (boxes[here, 3] > south)
            windows.append((west, south, east, north))
            members.append(here[inside])
    return np.array(windows).reshape(-1, 4), members


def _quantiles(spans: Floats, count: int) -> Iterator[tuple[float, float]]:
    """Ranges that tile some spans, and in which about as many of them have their middle."""
    if not len(spans):
        return
    cuts = np.quantile(spans.mean(axis=1), np.arange(1, count) / count)
    ends = np.unique([spans[:, 0].min(), *cuts, spans[:, 1].max()])
    yield from zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)


def _scales(windows: Floats, crs: CRS, method: AreaMethod) -> Floats:
    """What a square metre of the grid stands for in each window, a polynomial (:class:`Tally`).

    Measured in nine squares of a window, between which it changes smoothly.
    """
    scales = np.zeros((len(windows), 6))
    scales[:, 0] = 1.0
    if method == "planar" or not len(windows):
        return scales
    thirds = (windows[:, 2:] - windows[:, :2]) / 3
    steps = np.array([(i, j) for i in range(3) for j in range(3)])
    corners = steps * thirds[:, None]  # (windows, 9, 2)
    low = (corners + windows[:, None, :2]).reshape(-1, 2)
    squares = shapely.box(*low.T, *(low + np.repeat(thirds, 9, axis=0)).T)
    units = area_m2(squares, crs, method).reshape(-1, 9) / thirds.prod(axis=1)[:, None]
    for number, third in enumerate(thirds):
        x, y = (corners[number] + third / 2).T
        bend = third**2 / 12  # the mean of x² over a square is more than that of its middle
        terms = np.column_stack([np.ones(9), x, y, x**2 + bend[0], x * y, y**2 + bend[1]])
        size = np.abs(terms).max(axis=0)
        scales[number] = np.linalg.lstsq(terms / size, units[number], rcond=None)[0] / size
    return scales
