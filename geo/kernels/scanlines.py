"""Land scanned line by line: how much of it sets of parcels have, and which reason takes it.

A window of the plane is halved until few edges are left in it. There, between one corner and the
next, the land of a line changes evenly, so that its length half-way times the height is an area.
Nothing is cut and no outline is made: a line is inside a polygon after an odd number of its edges.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FEW_EDGES = 48
MOST_HALVINGS = 60
WEDGE_M2 = 1e-8
"""Edges that cross in a strip are looked at again above and below where they do, unless the wedge
between them is less than this: rounding makes neighbours cross everywhere."""


class Held(NamedTuple):
    """What polygons stand for: parcels first, then constraints.

    A parcel has its place in the ``order`` in which land is given to the first, the ``sets`` that
    it is in, one bit for each, and the number of the ``reason`` that takes it as a whole; a
    constraint has order -1 and its reason. Reasons are numbered in their order.
    """

    order: Integers
    sets: Integers
    reason: Integers


class Land(NamedTuple):
    """Areas in m²: all land and net land of each set, and what each reason takes."""

    gross: Floats
    net: Floats
    taken: Floats


class Tally(NamedTuple):
    """What is held, what a square metre of the grid stands for, and the land found so far.

    ``scale`` are the coefficients of 1, x, y, x², xy and y².
    """

    held: Held
    scale: Floats
    land: Land


@bare
def pieces_of(points: Floats, rings: Integers, owners: Integers, edges: Floats) -> None:
    """The edges of rings as (x0, y0, x1, y1, polygon); those that lie level count for nothing."""
    n = 0
    for r in range(len(rings) - 1):
        for i in range(rings[r], rings[r + 1] - 1):
            edges[n, 0], edges[n, 1] = points[i, 0], points[i, 1]
            edges[n, 2], edges[n, 3] = points[i + 1, 0], points[i + 1, 1]
            edges[n, 4] = owners[r]
            n += 1


@bare
def halved(
    edges: Floats, start: int, stop: int, to: int, axis: int, at: float, upper: bool, west: float
) -> int:
    """Write the edges on one side of a line to the place ``to``; where they end.

    Of edges west of a window their rise is kept, as an upright edge on its side; edges east of it
    make no difference.
    """
    n = to
    for k in range(start, stop):
        x0, y0, x1, y1 = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        owner = edges[k, 4]
        a, b = (x0, x1) if axis == 0 else (y0, y1)
        low, high = min(a, b), max(a, b)
        if (low >= at) if upper else (high <= at):
            n = _kept(edges, to, n, (x0, y0, x1, y1), owner, west)
        elif (high <= at) if upper else (low >= at):
            if upper and axis == 0:
                n = _kept(edges, to, n, (at, y0, at, y1), owner, west)
        else:
            share = (at - a) / (b - a)
            x = at if axis == 0 else min(max(x0 + share * (x1 - x0), min(x0, x1)), max(x0, x1))
            y = at if axis == 1 else min(max(y0 + share * (y1 - y0), min(y0, y1)), max(y0, y1))
            rise = upper and axis == 0
            if (a > at) == upper:
                n = _kept(edges, to, n, (x0, y0, x, y), owner, west)
                if rise:
                    n = _kept(edges, to, n, (at, y, at, y1), owner, west)
            else:
                if rise:
                    n = _kept(edges, to, n, (at, y0, at, y), owner, west)
                n = _kept(edges, to, n, (x, y, x1, y1), owner, west)
    return n


@bare
def _kept(
    edges: Floats,
    first: int,
    n: int,
    edge: tuple[float, float, float, float],
    owner: float,
    west: float,
) -> int:
    """Add an edge; upright ones on the west side that follow one another become one."""
    x0, y0, x1, y1 = edge
    if y0 == y1:
        return n
    if x0 == west and x1 == west and n > first:
        last = n - 1
        upright = edges[last, 0] == west and edges[last, 2] == west
        if upright and edges[last, 4] == owner and edges[last, 3] == y0:
            edges[last, 3] = y1
            return last if edges[last, 1] == y1 else n
    edges[n, 0], edges[n, 1], edges[n, 2], edges[n, 3], edges[n, 4] = x0, y0, x1, y1, owner
    return n + 1


@compiled
def scan(edges: Floats, count: int, window: Floats, tally: Tally) -> None:
    """Add up the land in a window (west, south, east, north) that holds the first edges.

    ``edges`` has room for many times as many.
    """
    windows = np.empty((2 * MOST_HALVINGS + 4, 7))
    windows[0, 0], windows[0, 1], windows[0, 2] = 0.0, float(count), 0.0
    for i in range(4):
        windows[0, 3 + i] = window[i]
    open_windows = 1
    while open_windows:
        open_windows -= 1
        start, stop = int(windows[open_windows, 0]), int(windows[open_windows, 1])
        depth = windows[open_windows, 2]
        west, south = windows[open_windows, 3], windows[open_windows, 4]
        east, north = windows[open_windows, 5], windows[open_windows, 6]
        if stop == start:
            continue
        axis = 0 if east - west > north - south else 1
        at = (west + east) / 2 if axis == 0 else (south + north) / 2
        edge_count = stop - start
        splits = edge_count > FEW_EDGES and depth < MOST_HALVINGS
        splits = splits and stop + 4 * edge_count <= len(edges)
        if splits:
            middle = halved(edges, start, stop, stop, axis, at, False, west)
            side = at if axis == 0 else west
            end = halved(edges, start, stop, middle, axis, at, True, side)
            splits = end - stop < 1.8 * edge_count
        if not splits:
            _scan_lines(edges[start:stop], west, east, tally)
            continue
        for upper in range(2):
            windows[open_windows, 0] = float(middle if upper else stop)
            windows[open_windows, 1] = float(end if upper else middle)
            windows[open_windows, 2] = depth + 1
            windows[open_windows, 3], windows[open_windows, 4] = west, south
            windows[open_windows, 5], windows[open_windows, 6] = east, north
            windows[open_windows, 3 + axis if upper else 5 + axis] = at
            open_windows += 1


@compiled
def _scan_lines(edges: Floats, west: float, east: float, tally: Tally) -> None:
    """Add up the land of a window, strip by strip between one corner and the next."""
    n = len(edges)
    corners, order = np.empty(2 * n), np.empty(2 * n, np.int64)
    feet, at = np.empty(n), np.empty(n, np.int64)
    for k in range(n):
        if edges[k, 1] > edges[k, 3]:
            for i in range(2):
                edges[k, i], edges[k, i + 2] = edges[k, i + 2], edges[k, i]
        feet[k], at[k] = edges[k, 1], k
        corners[2 * k], corners[2 * k + 1] = edges[k, 1], edges[k, 3]
        order[2 * k], order[2 * k + 1] = 2 * k, 2 * k + 1
    _sort(order, corners)
    _sort(at, feet)
    active, across = np.empty(n, np.int64), np.empty((n, 3))
    inside = np.empty(len(tally.held.order), np.int64)
    tops = np.empty(64)
    begun = count = 0
    for c in range(2 * n - 1):
        bottom, tops[0] = corners[order[c]], corners[order[c + 1]]
        if tops[0] <= bottom:
            continue
        kept = 0
        for k in range(count):
            if edges[active[k], 3] > bottom:
                active[kept] = active[k]
                kept += 1
        count = kept
        while begun < n and edges[at[begun], 1] <= bottom:
            active[count] = at[begun]
            begun, count = begun + 1, count + 1
        waiting = 1
        while waiting:
            top = tops[waiting - 1]
            _cross(edges, active[:count], bottom, top, across)
            split = _crossing(across, count, bottom, top)
            if split < top and waiting < len(tops):
                tops[waiting] = split
                waiting += 1
                continue
            _add(edges, active[:count], across, (bottom, top), (west, east), inside, tally)
            bottom = top
            waiting -= 1


@bare
def _sort(order: Integers, keys: Floats) -> None:
    """Put numbers in the order of their keys (Shell's way: short, and quick for a hundred)."""
    gap = 1
    while gap < len(order) // 3:
        gap = 3 * gap + 1
    while gap:
        for i in range(gap, len(order)):
            moved, j = order[i], i
            while j >= gap and keys[order[j - gap]] > keys[moved]:
                order[j] = order[j - gap]
                j -= gap
            order[j] = moved
        gap //= 3


@bare
def _cross(edges: Floats, active: Integers, bottom: float, top: float, across: Floats) -> None:
    """Where edges cross a strip, at its bottom, its top and half-way, from west to east."""
    for k in range(len(active)):
        edge = active[k]
        x0, y0, x1, y1 = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        slope = (x1 - x0) / (y1 - y0)
        low = x0 + slope * (bottom - y0)
        high = x1 - slope * (y1 - top)
        half = (low + high) / 2
        j = k
        while j and across[j - 1, 2] > half:
            active[j] = active[j - 1]
            for i in range(3):
                across[j, i] = across[j - 1, i]
            j -= 1
        active[j] = edge
        across[j, 0], across[j, 1], across[j, 2] = low, high, half


@bare
def _crossing(across: Floats, count: int, bottom: float, top: float) -> float:
    """Where the first neighbours found to cross in a strip do so; its top where none do."""
    height = top - bottom
    for k in range(count - 1):
        low, high = across[k + 1, 0] - across[k, 0], across[k + 1, 1] - across[k, 1]
        if min(low, high) * height < -WEDGE_M2:
            at = float(bottom + height * (low / (low - high)))
            if bottom < at < top:
                return at
    return top


@bare
def _add(
    edges: Floats,
    active: Integers,
    across: Floats,
    strip: tuple[float, float],
    sides: tuple[float, float],
    inside: Integers,
    tally: Tally,
) -> None:
    """Add the land of a strip, from one edge to the next, to the sets and reasons that have it."""
    (bottom, top), (before, east) = strip, sides
    count, scale, y = 0, tally.scale, (bottom + top) / 2
    for k in range(len(active) + 1):
        x = across[k, 2] if k < len(active) else east
        if count and x > before:
            half = (before + x) / 2
            at = scale[1] + scale[3] * half + scale[4] * y
            unit = scale[0] + at * half + (scale[2] + scale[5] * y) * y
            _share((x - before) * (top - bottom) * unit, inside[:count], tally.held, tally.land)
        before = max(x, before)
        if k < len(active):
            count = _toggled(inside, count, int(edges[active[k], 4]))


@bare
def _toggled(inside: Integers, count: int, polygon: int) -> int:
    """Leave a polygon, or enter it; how many a line is then in."""
    for i in range(count):
        if inside[i] == polygon:
            inside[i] = inside[count - 1]
            return count - 1
    inside[count] = polygon
    return count + 1


@bare
def _share(area_m2: float, inside: Integers, held: Held, land: Land) -> None:
    """Give land to the sets that have it, and to the first reason or the first parcel's sets."""
    nothing = len(land.taken)
    sets, owner, reason = 0, -1, nothing
    for polygon in inside:
        order = held.order[polygon]
        if order < 0:
            reason = min(reason, held.reason[polygon])
            continue
        sets |= held.sets[polygon]
        if owner < 0 or order < held.order[owner]:
            owner = polygon
    if owner < 0:
        return
    reason = min(reason, held.reason[owner])
    own = held.sets[owner] if reason == nothing else 0
    if reason < nothing:
        land.taken[reason] += area_m2
    for i in range(len(land.gross)):
        if sets >> i & 1:
            land.gross[i] += area_m2
        if own >> i & 1:
            land.net[i] += area_m2
