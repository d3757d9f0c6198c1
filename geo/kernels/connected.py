"""Annealing over connected sets: parcels come and go at random, and no block ever falls apart."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.links import Floats, Integers, Links

Mask = npt.NDArray[np.bool_]

NONE = -1
SWAPS = 0.35
"""The share of moves in which one parcel comes and another goes; as many only come, the others
only go."""


class Holding(NamedTuple):
    """What each parcel (n,) is worth, less being better, what it spends, and whether it must stay.

    ``together`` are the parcels that must be of one block; ``mates`` says how many they are.
    """

    land_m2: Floats
    perimeter_m: Floats
    value: Floats
    spend: Floats
    fixed: Mask
    together: Mask
    mates: int


class Rules(NamedTuple):
    """What a set must hold, and what it is charged for while it does not.

    ``weight`` is the worth of a metre of perimeter. ``lack`` is charged for each m² below
    ``least_m2`` and ``over`` for each unit above ``most``. With ``block_m2`` of 0 there is one
    block, otherwise there may be several, each of at least so much.
    """

    weight: float
    least_m2: float
    lack: float
    most: float
    over: float
    block_m2: float


class Walk(NamedTuple):
    """How far to walk, from which heat to which, and by which seed."""

    steps: int
    hot: float
    cold: float
    seed: int


class Room(NamedTuple):
    """Room to work in: a stamp for each parcel, so that nothing need be cleared, and a queue."""

    stamp: Integers
    queue: Integers


@compiled
def anneal(links: Links, holding: Holding, rules: Rules, walk: Walk, mask: Mask) -> Mask:
    """The best set met on a walk from ``mask``, which must be of such blocks itself, not empty.

    Best is the least Σ value + weight × perimeter among the sets with enough land and money;
    when none is met, the set where the walk ends. ``mask`` is left as the walk ends.
    """
    np.random.seed(walk.seed)
    n = len(mask)
    chosen, place = np.flatnonzero(mask), np.full(n, NONE)
    chosen, count = np.append(chosen, np.empty(n - len(chosen), np.int64)), len(chosen)
    place[chosen[:count]] = np.arange(count)
    room, mark = Room(np.zeros(n, np.int64), np.empty(n, np.int64)), 1
    land, spent, worth = _tally(links, holding, rules.weight, mask)
    enough = land >= rules.least_m2 and spent <= rules.most
    best, least_worth = mask.copy(), worth if enough else np.inf
    heat, cooling = walk.hot, (walk.cold / walk.hot) ** (1.0 / max(walk.steps, 1))
    for _ in range(walk.steps):
        heat *= cooling
        comes, goes = _move(links, holding.fixed, mask, chosen, count)
        if comes == goes:
            continue
        gain_m2, extra, change = _change(links, holding, rules.weight, mask, comes, goes)
        charge = rules.lack * (
            max(0.0, rules.least_m2 - land - gain_m2) - max(0.0, rules.least_m2 - land)
        ) + rules.over * (max(0.0, spent + extra - rules.most) - max(0.0, spent - rules.most))
        if np.random.random() >= np.exp(-max(change + charge, 0.0) / heat):
            continue
        if comes != NONE:
            mask[comes] = True
        if goes != NONE:
            mark += 2
            if not _stands(links, holding, rules.block_m2, mask, goes, room, mark):
                if comes != NONE:
                    mask[comes] = False
                continue
            mask[goes] = False
        count = _listed(chosen, place, count, comes, goes)
        land, spent, worth = land + gain_m2, spent + extra, worth + change
        if worth < least_worth and land >= rules.least_m2 and spent <= rules.most:
            best[:], least_worth = mask, worth
    return mask.copy() if least_worth == np.inf else best


@compiled
def _tally(links: Links, holding: Holding, weight: float, mask: Mask) -> tuple[float, float, float]:
    """Land, money and worth of a set."""
    land = spent = worth = 0.0
    for each in np.flatnonzero(mask):
        v = int(each)
        land += holding.land_m2[v]
        spent += holding.spend[v]
        worth += holding.value[v]
        worth += weight * (holding.perimeter_m[v] - _shared(links, mask, v, NONE))
    return land, spent, worth


@compiled
def _listed(chosen: Integers, place: Integers, count: int, comes: int, goes: int) -> int:
    """Keep the list of chosen parcels and the place of each in it; how many there are now."""
    if goes != NONE:
        count -= 1
        chosen[place[goes]] = chosen[count]
        place[chosen[count]] = place[goes]
    if comes != NONE:
        chosen[count], place[comes] = comes, count
        count += 1
    return count


@compiled
def _shared(links: Links, mask: Mask, v: int, also: int) -> float:
    """The boundary of a parcel that it shares with the set, or with the parcel ``also``."""
    total = 0.0
    for e in range(links.indptr[v], links.indptr[v + 1]):
        if mask[links.indices[e]] or links.indices[e] == also:
            total += links.shared_m[e]
    return total


@compiled
def _move(links: Links, fixed: Mask, mask: Mask, chosen: Integers, count: int) -> tuple[int, int]:
    """A parcel beside the set that comes, one that goes, or both; the same twice: no move."""
    kind = np.random.random()
    one = chosen[np.random.randint(count)]
    comes, goes = NONE, NONE
    if kind < 2 * SWAPS:
        first, last = links.indptr[one], links.indptr[one + 1]
        if first == last:
            return NONE, NONE
        comes = int(links.indices[first + np.random.randint(last - first)])
        if mask[comes]:
            return NONE, NONE
    if kind >= SWAPS:
        goes = one if comes == NONE else chosen[np.random.randint(count)]
        if fixed[goes] or (count == 1 and comes == NONE):
            return NONE, NONE
    return comes, goes


@compiled
def _change(
    links: Links, holding: Holding, weight: float, mask: Mask, comes: int, goes: int
) -> tuple[float, float, float]:
    """What a move adds: land, money spent, and worth."""
    land = spent = worth = 0.0
    if comes != NONE:
        land += holding.land_m2[comes]
        spent += holding.spend[comes]
        perimeter = holding.perimeter_m[comes] - 2 * _shared(links, mask, comes, NONE)
        worth += holding.value[comes] + weight * perimeter
    if goes != NONE:
        land -= holding.land_m2[goes]
        spent -= holding.spend[goes]
        perimeter = holding.perimeter_m[goes] - 2 * _shared(links, mask, goes, comes)
        worth -= holding.value[goes] + weight * perimeter
    return land, spent, worth


@compiled
def _stands(
    links: Links, holding: Holding, block_m2: float, mask: Mask, goes: int, room: Room, mark: int
) -> bool:
    """Whether every block stands once ``goes`` has left; ``mark - 1`` and ``mark`` are unused."""
    left = 0
    for e in range(links.indptr[goes], links.indptr[goes + 1]):
        if mask[links.indices[e]]:
            room.stamp[links.indices[e]] = mark - 1  # a neighbour not reached yet
            left += 1
    if left == 0:  # a block of its own, which vanishes
        return block_m2 > 0
    first = True
    for e in range(links.indptr[goes], links.indptr[goes + 1]):
        start = links.indices[e]
        if not mask[start] or room.stamp[start] == mark:
            continue
        enough = (left, block_m2) if first else (NONE, 0.0)
        land, inside, reached = _piece(links, holding, mask, (goes, start), room, mark, enough)
        if first and reached == left:  # nothing falls apart
            return land >= block_m2
        if block_m2 == 0 or land < block_m2 or (inside not in (0, holding.mates)):
            return False
        first = False
    return True


@compiled
def _piece(
    links: Links,
    holding: Holding,
    mask: Mask,
    ends: tuple[int, int],
    room: Room,
    mark: int,
    enough: tuple[int, float],
) -> tuple[float, int, int]:
    """The piece of the set without ``ends[0]`` that holds ``ends[1]``.

    Its land, how many of those that must be together it holds, and how many neighbours of the
    parcel that leaves; it ends early when it has ``enough`` neighbours and land.
    """
    goes, start = ends
    left, enough_m2 = enough
    head, tail, inside, reached, land = 0, 1, 0, 1, 0.0
    room.queue[0], room.stamp[start] = start, mark
    while head < tail:
        v = room.queue[head]
        head += 1
        land += holding.land_m2[v]
        inside += holding.together[v]
        if reached == left and land >= enough_m2:
            break
        for e in range(links.indptr[v], links.indptr[v + 1]):
            u = links.indices[e]
            if mask[u] and u != goes and room.stamp[u] != mark:
                reached += room.stamp[u] == mark - 1
                room.stamp[u] = mark
                room.queue[tail] = u
                tail += 1
    return land, inside, reached
