"""What one parcel means to a goal: the land that counts if it alone came now, earlier, or never.

Exact in every draw. What comes joins the blocks it touches. What is lost cuts its block where it
is a cut vertex, and one depth-first search gives the pieces of all (Tarjan 1972, Hopcroft and
Tarjan 1973).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled, in_chunks
from geo.kernels.links import Floats, Indices, Links
from geo.kernels.unions import SLACK_M2, Days

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_PARTS: Final = 16
"""Sums over draws are kept in so many parts, which are added in order."""

_NOW, _LOST, _EARLIER = 0, 1, 2
"""Rows of a change: ready now, lost, then one for each time it may come earlier."""


class Importance(NamedTuple):
    """What each parcel means to a goal at its due date, if it alone changes; sums over all draws.

    ``land_m2`` is the land that counts as it is, and ``hits`` the number of draws in which it is
    enough; the same if a parcel is ready in any case, ``land_now_m2`` and ``hits_now`` (n,), if it
    comes so much earlier, ``land_earlier_m2`` and ``hits_earlier`` (k, n), and if it is never
    ready, ``land_lost_m2`` and ``hits_lost`` (n,).
    """

    land_m2: float
    hits: int
    land_now_m2: Floats
    hits_now: Integers
    land_earlier_m2: Floats
    hits_earlier: Integers
    land_lost_m2: Floats
    hits_lost: Integers


class _Aim(NamedTuple):
    """A target by its numbers, less the slack: the land (n,), the day, what counts, the goal."""

    weight_m2: Floats
    due: float
    least_m2: float
    goal_m2: float
    earlier_days: Floats


class _Search(NamedTuple):
    """Arrays (n,) of a depth-first search over the parcels that are ready.

    By parcel its ``number`` in the order found (-1: not ready, or not found yet), the ``low``est
    number that it or what is below it in the tree is linked to, the parcel ``above`` it and the
    ``next_link`` to follow, the first parcel found of its ``block``, the land ``below`` it with its
    own, and of the pieces that its loss cuts off, ``cut`` all land and ``kept`` what would count.
    """

    number: Indices
    low: Indices
    above: Indices
    next_link: Indices
    block: Indices
    below: Floats
    cut: Floats
    kept: Floats


def importance(
    day: Days,
    due: float,
    weight_m2: Floats,
    links: Links,
    *,
    theta_m2: float,
    goal_m2: float,
    earlier_days: Floats,
    threads: int | None = None,
) -> Importance:
    """What each parcel means to a goal, by the ``day`` (draws, n) on which it is ready.

    ``weight_m2`` (n,) is the land that a parcel adds, 0 for those that are none of the goal: they
    neither count nor connect. Blocks count from ``theta_m2``, and the goal is to have ``goal_m2``
    by the day ``due``. ``earlier_days`` (k,) are numbers of days by which a parcel may come
    earlier. Days since 1970-01-01.
    """
    day = np.ascontiguousarray(day, dtype=np.float32)
    draws, parcels = day.shape
    aim = _Aim(
        np.array(weight_m2, dtype=np.float64),
        float(due),
        float(theta_m2) - SLACK_M2,
        float(goal_m2) - SLACK_M2,
        np.array(earlier_days, dtype=np.float64),
    )
    counted = np.zeros(draws)
    rows = _EARLIER + len(aim.earlier_days)
    land, hits = np.zeros((_PARTS, rows, parcels)), np.zeros((_PARTS, rows, parcels), np.int64)

    def work(part: int, start: int, stop: int) -> None:
        _weigh(counted, land[part], hits[part], day, (start, stop), aim, links)

    in_chunks(draws, work, threads, size=-(-draws // _PARTS) or 1)
    land_m2, reached = float(counted.sum()), int((counted >= aim.goal_m2).sum())
    lands, hit = land_m2 + land.sum(axis=0), reached + hits.sum(axis=0)
    return Importance(
        land_m2,
        reached,
        lands[_NOW],
        hit[_NOW],
        lands[_EARLIER:],
        hit[_EARLIER:],
        lands[_LOST],
        hit[_LOST],
    )


@compiled
def _weigh(
    counted: Floats,
    land: Floats,
    hits: Integers,
    day: Days,
    bounds: tuple[int, int],
    aim: _Aim,
    links: Links,
) -> None:
    """Set ``counted`` (draws,) and add changes to ``land`` and ``hits`` (rows, n), draw by draw."""
    parcels = day.shape[1]
    search = _Search(
        np.empty(parcels, np.int32),
        np.empty(parcels, np.int32),
        np.empty(parcels, np.int32),
        np.empty(parcels, np.int32),
        np.empty(parcels, np.int32),
        np.empty(parcels, np.float64),
        np.empty(parcels, np.float64),
        np.empty(parcels, np.float64),
    )
    ready = np.empty(parcels, np.bool_)
    seen = np.empty(parcels, np.int32)
    for draw in range(bounds[0], bounds[1]):
        for parcel in range(parcels):
            ready[parcel] = day[draw, parcel] <= aim.due and aim.weight_m2[parcel] > 0.0
        total = _search_blocks(ready, aim, links, search)
        counted[draw] = total
        seen[:] = -1
        for parcel in range(parcels):
            if ready[parcel]:
                change = _lost(parcel, aim, search)
                _add(land, hits, _LOST, parcel, change, total, aim.goal_m2)
            elif aim.weight_m2[parcel] > 0.0:
                change = _won(parcel, aim, links, search, seen)
                _add(land, hits, _NOW, parcel, change, total, aim.goal_m2)
                for which in range(len(aim.earlier_days)):
                    if day[draw, parcel] - aim.earlier_days[which] <= aim.due:
                        _add(land, hits, _EARLIER + which, parcel, change, total, aim.goal_m2)


@compiled
def _add(
    land: Floats, hits: Integers, row: int, parcel: int, change: float, total: float, goal: float
) -> None:
    """Add to a row of ``land`` and ``hits`` (rows, n) what a change of the total land does."""
    if change != 0.0:
        land[row, parcel] += change
        hits[row, parcel] += int(total + change >= goal) - int(total >= goal)


@compiled
def _lost(parcel: int, aim: _Aim, search: _Search) -> float:
    """Land that counts less, a negative number, without one parcel that is ready."""
    block_m2 = search.below[search.block[parcel]]
    if block_m2 < aim.least_m2:
        return 0.0
    rest = block_m2 - aim.weight_m2[parcel] - search.cut[parcel]
    if rest >= aim.least_m2:
        return float(search.kept[parcel] + rest - block_m2)
    return float(search.kept[parcel] - block_m2)


@compiled
def _won(parcel: int, aim: _Aim, links: Links, search: _Search, seen: Indices) -> float:
    """Land that counts more with one more parcel; ``seen`` (n,) marks blocks it has touched."""
    joined, before = aim.weight_m2[parcel], 0.0
    for link in range(links.indptr[parcel], links.indptr[parcel + 1]):
        other = links.indices[link]
        if search.number[other] < 0:
            continue
        block = search.block[other]
        if seen[block] == parcel:
            continue
        seen[block] = parcel
        block_m2 = search.below[block]
        joined += block_m2
        if block_m2 >= aim.least_m2:
            before += block_m2
    return joined - before if joined >= aim.least_m2 else 0.0


@compiled
def _search_blocks(ready: Mask, aim: _Aim, links: Links, search: _Search) -> float:
    """Search every block of parcels that are ``ready`` (n,); the land that counts."""
    search.number[:] = -1
    count, total = 0, 0.0
    for parcel in range(len(ready)):
        if ready[parcel] and search.number[parcel] < 0:
            count = _search_block(parcel, count, ready, aim, links, search)
            if search.below[parcel] >= aim.least_m2:
                total += search.below[parcel]
    return total


@compiled
def _search_block(
    first: int, count: int, ready: Mask, aim: _Aim, links: Links, search: _Search
) -> int:
    """Search the block of a parcel, of which none is found yet; the count of parcels found."""
    number, low, above, next_link, block, below, cut, kept = search
    parcel, before = first, -1
    while parcel >= 0:
        if number[parcel] < 0:
            number[parcel] = low[parcel] = count
            count += 1
            above[parcel], block[parcel] = before, first
            next_link[parcel] = links.indptr[parcel]
            below[parcel], cut[parcel], kept[parcel] = aim.weight_m2[parcel], 0.0, 0.0
        down = -1
        link, end = next_link[parcel], links.indptr[parcel + 1]
        while link < end and down < 0:
            other = links.indices[link]
            link += 1
            if not ready[other]:
                continue
            if number[other] < 0:
                down = other
            elif number[other] < low[parcel]:
                low[parcel] = number[other]
        next_link[parcel] = link
        if down >= 0:
            before, parcel = parcel, down
            continue
        over = above[parcel]
        if over >= 0:
            below[over] += below[parcel]
            low[over] = min(low[over], low[parcel])
            if low[parcel] >= number[over]:
                cut[over] += below[parcel]
                if below[parcel] >= aim.least_m2:
                    kept[over] += below[parcel]
        parcel = over
    return count
