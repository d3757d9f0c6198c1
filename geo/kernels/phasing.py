"""Land in blocks over the years: counted at once, and kept while start years are annealed."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.links import Indices

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


MOST_CHANGES = 64
"""Units that change at once at most."""
PATCHES = 12.0
MOST_PATCHES = 0.2
"""Moves of land that lies together, for each move of a unit; and the most of all moves.

In a large town single parcels find the way round, and a move of many is dear.
"""


class Ground(NamedTuple):
    """Parcels that can count: ``land`` (n,) in m², the neighbours of each, the least block."""

    land: Floats
    indptr: Indices
    indices: Indices
    least: float


class Rules(NamedTuple):
    """What binds the start years of units, of which each is some parcels that start together.

    The ``parcel`` of a unit g are from ``first[g]`` to before ``first[g + 1]``, and ``late`` are
    the years from its start until each is ready. ``cost`` (units,) and ``use`` (units, stages,
    years after the start) stand against ``budget`` (years,) and ``capacity`` (stages,);
    ``goal`` (years,) is the land asked for. A unit may start from ``earliest`` to ``latest``, and
    not at all where ``optional``. ``before`` lists triples (unit, another, years the other starts
    later at least), those that name g from ``before_first[g]`` on.
    """

    first: Integers
    parcel: Integers
    late: Integers
    cost: Floats
    use: npt.NDArray[np.float64]
    budget: Floats
    carry: bool
    capacity: Floats
    goal: Floats
    earliest: Integers
    latest: Integers
    optional: Flags
    before_first: Integers
    before: Integers


class Heat(NamedTuple):
    """How hot a walk begins and ends, in m²·years, and what an excess costs in them.

    A yuan over the budget costs ``money``, a crew-month over ``month``, a m² short ``land``; each
    times ``firm_hot`` at the beginning, rising to ``firm_cold``.
    """

    hot: float
    cold: float
    money: float
    month: float
    land: float
    firm_hot: float
    firm_cold: float


class Walk(NamedTuple):
    """Where a walk stands: first ready year, blocks, and the sums of each year; scratch space.

    ``changes`` are units with the year in which they started before.
    """

    ready_from: Integers
    stands: Flags
    land: Floats
    spent: Floats
    used: npt.NDArray[np.float64]
    stack: Integers
    mark: Integers
    changes: Integers


@compiled
def counted(ready_from: Integers, years: int, ground: Ground) -> Flags:
    """Whether a parcel (columns) is in a block that is large enough at a year's end (rows).

    ``ready_from`` is the first year at whose end a parcel is ready; ``years`` or more is never.
    """
    n = len(ground.land)
    stands = np.zeros((years, n), np.bool_)
    stack = np.empty(n, np.int64)
    for year in range(years):
        seen = np.zeros(n, np.bool_)
        for first in range(n):
            if seen[first] or ready_from[first] > year:
                continue
            seen[first] = True
            stack[0] = first
            size, done, area = 1, 0, 0.0
            while done < size:
                j = stack[done]
                done += 1
                area += ground.land[j]
                for e in range(ground.indptr[j], ground.indptr[j + 1]):
                    k = ground.indices[e]
                    if not seen[k] and ready_from[k] <= year:
                        seen[k] = True
                        stack[size] = k
                        size += 1
            if area >= ground.least:
                for at in range(size):
                    stands[year, stack[at]] = True
    return stands


@compiled
def _added(j: int, year: int, ground: Ground, walk: Walk) -> float:
    """Land that counts more in ``year`` once parcel ``j`` is ready in it."""
    stack, mark = walk.stack, walk.mark
    mark[-1] += 1
    stamp = mark[-1]
    stack[0] = j
    mark[j] = stamp
    size, done, area = 1, 0, 0.0
    joins = False
    while done < size:
        k = stack[done]
        done += 1
        area += ground.land[k]
        for e in range(ground.indptr[k], ground.indptr[k + 1]):
            other = ground.indices[e]
            if walk.ready_from[other] > year:
                continue
            if walk.stands[year, other]:
                joins = True
            elif mark[other] != stamp:
                mark[other] = stamp
                stack[size] = other
                size += 1
    if not joins and area < ground.least:
        return 0.0
    for at in range(size):
        walk.stands[year, stack[at]] = True
    return area


@compiled
def _removed(j: int, year: int, ground: Ground, walk: Walk) -> float:
    """Land that counts less in ``year`` once parcel ``j`` is not ready in it any more."""
    stack, mark = walk.stack, walk.mark
    if not walk.stands[year, j]:
        return 0.0
    walk.stands[year, j] = False
    lost = ground.land[j]
    for e in range(ground.indptr[j], ground.indptr[j + 1]):
        first = ground.indices[e]
        if not walk.stands[year, first]:
            continue
        mark[-1] += 1
        stamp = mark[-1]
        stack[0] = first
        mark[first] = stamp
        size, done, area = 1, 0, ground.land[first]
        while done < size and area < ground.least:
            k = stack[done]
            done += 1
            for f in range(ground.indptr[k], ground.indptr[k + 1]):
                other = ground.indices[f]
                if mark[other] != stamp and walk.ready_from[other] <= year:
                    mark[other] = stamp
                    stack[size] = other
                    size += 1
                    area += ground.land[other]
        if area < ground.least:
            for at in range(size):
                walk.stands[year, stack[at]] = False
            lost += area
    return float(lost)


@compiled
def _book(unit: int, start: int, sign: float, rules: Rules, walk: Walk) -> None:
    """Add the money and the crew-months of a unit that starts in year ``start`` to the walk."""
    years = len(walk.spent)
    if start >= years:
        return
    walk.spent[start] += sign * rules.cost[unit]
    for stage in range(rules.use.shape[1]):
        for after in range(min(rules.use.shape[2], years - start)):
            walk.used[start + after, stage] += sign * rules.use[unit, stage, after]


@compiled
def _move(unit: int, old: int, new: int, ground: Ground, rules: Rules, walk: Walk) -> None:
    """Let a unit start in year ``new`` instead of ``old``."""
    years = len(walk.spent)
    _book(unit, old, -1.0, rules, walk)
    _book(unit, new, 1.0, rules, walk)
    for at in range(rules.first[unit], rules.first[unit + 1]):
        j = rules.parcel[at]
        before = min(old + rules.late[at], years)
        after = min(new + rules.late[at], years)
        walk.ready_from[j] = after
        for year in range(after, before):
            walk.land[year] += _added(j, year, ground, walk)
        for year in range(before, after):
            walk.land[year] -= _removed(j, year, ground, walk)


@compiled
def _allowed(unit: int, new: int, start: Integers, years: int, rules: Rules) -> bool:
    """Whether a unit may start in year ``new``, by its own bounds and by what others wait for."""
    if new >= years:
        if not rules.optional[unit]:
            return False
    elif new < rules.earliest[unit] or new > rules.latest[unit]:
        return False
    for at in range(rules.before_first[unit], rules.before_first[unit + 1]):
        first, second, wait = rules.before[at, 0], rules.before[at, 1], rules.before[at, 2]
        one = new if first == unit else start[first]
        two = new if second == unit else start[second]
        if two < years and one + wait > two:
            return False
    return True


@compiled
def _excess(rules: Rules, heat: Heat, walk: Walk) -> float:
    """What is over the budget and the crews and short of the land asked for, in m²·years."""
    excess = left = 0.0
    for year in range(len(walk.spent)):
        over = walk.spent[year] - rules.budget[year] * (1.0 + 1e-12)
        if rules.carry:
            over -= left
            left = max(-over, 0.0)
        excess += heat.money * max(over, 0.0)
        excess += heat.land * max(rules.goal[year] - walk.land[year], 0.0)
        for stage in range(len(rules.capacity)):
            extra = walk.used[year, stage] - rules.capacity[stage] * (1.0 + 1e-12)
            excess += heat.month * max(extra, 0.0)
    return excess


@compiled
def _settled(start: Integers, ground: Ground, rules: Rules, ready: Flags) -> Walk:
    """The walk that stands where units start in the years ``start``."""
    n, years = len(ground.land), len(rules.budget)
    ready_from = np.where(ready, 0, years)
    spent, land = np.zeros(years), np.zeros(years)
    used = np.zeros((years, len(rules.capacity)))
    stack, mark = np.empty(n + 1, np.int64), np.zeros(n + 1, np.int64)
    walk = Walk(
        ready_from,
        np.zeros((years, n), np.bool_),
        land,
        spent,
        used,
        stack,
        mark,
        np.empty((MOST_CHANGES, 2), np.int64),
    )
    for unit in range(len(start)):
        _book(unit, start[unit], 1.0, rules, walk)
        for at in range(rules.first[unit], rules.first[unit + 1]):
            ready_from[rules.parcel[at]] = min(start[unit] + rules.late[at], years)
    walk.stands[:] = counted(ready_from, years, ground)
    for year in range(years):
        for j in range(n):
            if walk.stands[year, j]:
                land[year] += ground.land[j]
    return walk


@compiled
def _wish(unit: int, start: Integers, ground: Ground, rules: Rules, owner: Integers) -> int:
    """A year for a unit: that of a neighbour of one of its parcels, or any."""
    years = len(rules.budget)
    if np.random.random() < 0.5:
        at = np.random.randint(rules.first[unit], rules.first[unit + 1])
        j = rules.parcel[at]
        degree = ground.indptr[j + 1] - ground.indptr[j]
        if degree > 0:
            other = owner[ground.indices[ground.indptr[j] + np.random.randint(degree)]]
            return int(start[other] if other >= 0 else rules.earliest[unit])
    return np.random.randint(years + 1)


@compiled
def _set(unit: int, new: int, count: int, start: Integers, rules: Rules, changes: Integers) -> int:
    """Let a unit start in another year, if that is allowed; how many changes are noted then."""
    years = len(rules.budget)
    if start[unit] == new or not _allowed(unit, new, start, years, rules):
        return count
    for at in range(count):
        if changes[at, 0] == unit:
            return count
    changes[count, 0], changes[count, 1] = unit, start[unit]
    start[unit] = new
    return count + 1


@compiled
def _swapped(start: Integers, rules: Rules, changes: Integers) -> int:
    """Let two units change their years."""
    unit, other = np.random.randint(len(start)), np.random.randint(len(start))
    old, new = start[unit], start[other]
    count = _set(unit, new, 0, start, rules, changes)
    return _set(other, old, count, start, rules, changes)


@compiled
def _patched(
    count: int, start: Integers, ground: Ground, rules: Rules, owner: Integers, walk: Walk
) -> int:
    """Let parcels that lie together, about a block of them, be ready by one year, or none.

    They are found from any parcel outwards, in random order.
    """
    years, stack, mark = len(rules.budget), walk.stack, walk.mark
    first, year = np.random.randint(len(ground.land)), np.random.randint(years + 1)
    room = ground.least * np.random.uniform(0.2, 1.3)
    mark[-1] += 1
    mark[first] = mark[-1]
    stack[0], size = first, 1
    while size > 0 and room > 0.0 and count < len(walk.changes):
        pick = np.random.randint(size)
        j = stack[pick]
        size -= 1
        stack[pick] = stack[size]
        room -= ground.land[j]
        unit = owner[j]
        if unit >= 0:
            new = years
            for at in range(rules.first[unit], rules.first[unit + 1]):
                if rules.parcel[at] == j and year < years:
                    new = max(rules.earliest[unit], year - rules.late[at])
            count = _set(unit, new, count, start, rules, walk.changes)
        for e in range(ground.indptr[j], ground.indptr[j + 1]):
            other = ground.indices[e]
            if mark[other] != mark[-1]:
                mark[other] = mark[-1]
                stack[size] = other
                size += 1
    return count


@compiled
def _proposed(start: Integers, ground: Ground, rules: Rules, owner: Integers, walk: Walk) -> int:
    """Set other years for some units; how many, as the walk notes them with their old years."""
    if np.random.random() < min(MOST_PATCHES, PATCHES / len(start)):
        count = _patched(0, start, ground, rules, owner, walk)
        both = np.random.random() < 0.5
        return _patched(count, start, ground, rules, owner, walk) if both else count
    if np.random.random() < 0.5:
        unit = np.random.randint(len(start))
        new = _wish(unit, start, ground, rules, owner)
        return _set(unit, new, 0, start, rules, walk.changes)
    return _swapped(start, rules, walk.changes)


@compiled
def anneal(
    start: Integers,
    ground: Ground,
    rules: Rules,
    ready: Flags,
    owner: Integers,
    heat: Heat,
    moves: int,
    seed: int,
) -> tuple[Integers, float]:
    """Walk from ``start`` (units,), which is left where the walk ends; the best met on the way.

    A year of ``years`` or more is never. ``owner`` (n,) is the unit of a parcel, -1 without one.
    The best meets all rules, and comes with its m²·years; -1 when nothing met them.
    """
    np.random.seed(seed)
    walk = _settled(start, ground, rules, ready)
    best, most = start.copy(), -1.0
    value, excess = walk.land.sum(), _excess(rules, heat, walk)
    if excess == 0.0:
        most = value
    warmth, firm = heat.hot, heat.firm_hot
    cooling = (heat.cold / heat.hot) ** (1.0 / max(moves, 1))
    firming = (heat.firm_cold / heat.firm_hot) ** (1.0 / max(moves, 1))
    for _ in range(moves):
        warmth *= cooling
        firm *= firming
        count = _proposed(start, ground, rules, owner, walk)
        if count == 0:
            continue
        for at in range(count):
            unit = walk.changes[at, 0]
            _move(unit, walk.changes[at, 1], start[unit], ground, rules, walk)
        now, over = walk.land.sum(), _excess(rules, heat, walk)
        change = (now - value) - firm * (over - excess)
        if change >= 0.0 or np.random.random() < np.exp(change / warmth):
            value, excess = now, over
            if over == 0.0 and now > most:
                most = now
                best[:] = start
            continue
        for at in range(count):
            unit, old = walk.changes[at, 0], walk.changes[at, 1]
            _move(unit, start[unit], old, ground, rules, walk)
            start[unit] = old
    return best, most
