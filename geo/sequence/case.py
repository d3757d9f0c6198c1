"""Lots and terms as one problem in units: parcels that start together, when each may start."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from geo.kernels.links import links_of
from geo.kernels.phasing import Ground, Rules, counted
from geo.kernels.unions import SLACK_M2
from geo.sequence.lots import Floats, Integers, Lots, Mask
from geo.sequence.terms import Terms, years_late


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be solved, in units that can start: those that never can are left out.

    ``units`` (units,) are the parcels of each; ``owner`` (n,) the unit of each parcel, -1 without
    one. ``rules`` and ``ground`` are what the kernels take; ``ready`` (n,) is ready already.
    """

    years: int
    units: list[Integers]
    owner: Integers
    ready: Mask
    ground: Ground
    rules: Rules

    def empty(self) -> Integers:
        """Start years of the plan of what must start, with what that waits for, all at once."""
        must = ~self.rules.optional
        for _ in self.units:
            waited = self.rules.before[must[self.rules.before[:, 1]], 0]
            if must[waited].all():
                break
            must[waited] = True
        return np.where(must, self.rules.earliest, self.years)

    def start_of_parcels(self, start: Integers) -> Integers:
        """Start years (n,) of parcels from those of units; ``years`` is never."""
        whole = np.append(start, self.years)
        return whole[self.owner]

    def ready_from(self, start: Integers) -> Integers:
        """The first year (n,) at whose end each parcel is ready; ``years`` or more is never."""
        from_year = np.where(self.ready, 0, self.years)
        late = start.repeat(np.diff(self.rules.first)) + self.rules.late
        from_year[self.rules.parcel] = np.minimum(late, self.years)
        return from_year

    def stands(self, start: Integers) -> Mask:
        """Whether each parcel (columns) is in a block at the end of each year (rows)."""
        return counted(self.ready_from(start), self.years, self.ground)

    def counted_m2(self, start: Integers) -> Floats:
        """Land (years,) in blocks at the end of each year."""
        return self.stands(start) @ self.ground.land

    def meets(self, start: Integers) -> bool:
        """Whether start years meet every rule."""
        rules = self.rules
        budget, capacity = rules.budget * (1 + 1e-9), rules.capacity * (1 + 1e-9)
        spent, used = self.spent(start), self.used(start)
        if rules.carry:
            spent, budget = np.cumsum(spent), np.cumsum(budget)
        starts = start < self.years
        in_time = (start >= rules.earliest) & (start <= rules.latest)
        one, two, wait = start[rules.before[:, 0]], start[rules.before[:, 1]], rules.before[:, 2]
        return bool(
            np.all(spent <= budget)
            and np.all(used <= capacity)
            and np.all(np.where(starts, in_time, rules.optional))
            and np.all((two >= self.years) | (one + wait <= two))
            and np.all(self.counted_m2(start) >= rules.goal)
        )

    def spent(self, start: Integers) -> Floats:
        """Money (years,) paid in each year."""
        paid = np.bincount(start, self.rules.cost, self.years + 1)
        return paid[: self.years].astype(np.float64)

    def used(self, start: Integers) -> Floats:
        """Crew-months (years, stages) worked in each year."""
        used = np.zeros((self.years, self.rules.use.shape[1]))
        for after in range(self.rules.use.shape[2]):
            year = start + after
            works = (start < self.years) & (year < self.years)
            np.add.at(used, year[works], self.rules.use[works, :, after])
        return used

    def pruned(self, start: Integers) -> Integers:
        """The same plan without what costs and brings nothing: no land, and nobody waits for it."""
        start = start.copy()
        stands: Mask = np.logical_or.reduce(self.stands(start), axis=0)
        waited = {int(a) for a, b, _ in self.rules.before if start[b] < self.years}
        for unit, parcels in enumerate(self.units):
            if self.rules.optional[unit] and unit not in waited and not stands[parcels].any():
                start[unit] = self.years
        return start

    def no_later_than(self, start: Integers) -> "Case":
        """The same case, in which what starts in the years ``start`` starts then or sooner."""
        starts = start < self.years
        latest = np.where(starts, np.minimum(start, self.rules.latest), self.rules.latest)
        rules = self.rules._replace(latest=latest, optional=self.rules.optional & ~starts)
        return replace(self, rules=rules)


class Window(NamedTuple):
    """Years (units,) from which and until which units may start; ``years`` and more is never."""

    earliest: Integers
    latest: Integers


def bundles(lots: Lots, terms: Terms) -> list[Integers]:
    """Parcels that start together, each once and the ready ones not at all."""
    parent = np.arange(len(lots))
    for group in terms.together:
        waiting = [parcel for parcel in group if not lots.ready[parcel]]
        for parcel in waiting[1:]:
            one, two = parent[waiting[0]], parent[parcel]
            parent[parent == two] = one
    roots = np.where(lots.ready, -1, parent)
    return [np.flatnonzero(roots == root) for root in np.unique(roots[roots >= 0])]


def waits(
    lots: Lots, terms: Terms, units: list[Integers], late: Integers
) -> list[tuple[int, int, int]]:
    """Triples of units (first, second, years from the start of the first to that of the second)."""
    owner = owners(len(lots), units)
    pairs = [(a, b) for a, b in terms.after if not lots.ready[a] and not lots.ready[b]]
    return sorted({(int(owner[a]), int(owner[b]), int(late[a]) + 1) for a, b in pairs})


def owners(n: int, units: list[Integers]) -> Integers:
    """The unit (n,) of each parcel, -1 where it is in none."""
    owner = np.full(n, -1, dtype=np.int64)
    for unit, parcels in enumerate(units):
        owner[parcels] = unit
    return owner


def windows(
    lots: Lots,
    terms: Terms,
    units: list[Integers],
    late: Integers,
    before: list[tuple[int, int, int]],
) -> Window:
    """When units may start: no start that cannot be ready in time, unless it must be made.

    The units of ``before`` must be free of circles. A unit that waits for longer than the plan
    has years gets ``years`` or more as its earliest.
    """
    years, out = terms.years, set(terms.locked_out)
    earliest = np.array([years * bool(out.intersection(unit)) for unit in units], dtype=np.int64)
    last = np.array([years - 1 - late[unit].min() for unit in units], dtype=np.int64)
    must = np.array([bool(set(terms.locked_in).intersection(unit)) for unit in units], dtype=bool)
    for _ in units:
        found = earliest.copy()
        for first, second, wait in before:
            found[second] = max(found[second], found[first] + wait)
        if (found == earliest).all():
            break
        earliest = found
    return Window(earliest, np.where(must, years - 1, last))


def case_of(lots: Lots, terms: Terms) -> Case:
    """Lots and terms that :func:`geo.sequence.asked.checked` found nothing wrong with."""
    late = years_late(terms.lead_months, terms.years)
    units = bundles(lots, terms)
    before = waits(lots, terms, units, late)
    window = windows(lots, terms, units, late, before)
    can = window.earliest <= window.latest
    number = np.cumsum(can) - 1
    kept = [unit for unit, possible in zip(units, can, strict=True) if possible]
    before = [(number[a], number[b], wait) for a, b, wait in before if can[a] and can[b]]
    ground = _ground(lots, terms)
    owner = owners(len(lots), kept)
    window = Window(window.earliest[can], window.latest[can])
    rules = _rules(lots, terms, kept, late, window, before)
    return Case(terms.years, kept, owner, lots.ready, ground, rules)


def _ground(lots: Lots, terms: Terms) -> Ground:
    """Parcels without land, which are none of the goal, hold nothing together."""
    land = lots.land_m2 > 0
    holds = land[lots.i] & land[lots.j]
    links = links_of(len(lots), lots.i[holds], lots.j[holds])
    return Ground(
        np.ascontiguousarray(lots.land_m2, dtype=np.float64),
        links.indptr,
        links.indices,
        float(terms.block_m2) - SLACK_M2,
    )


def _rules(
    lots: Lots,
    terms: Terms,
    units: list[Integers],
    late: Integers,
    window: Window,
    before: list[tuple[int, int, int]],
) -> Rules:
    parcel = np.concatenate([np.zeros(0, dtype=np.int64), *units]).astype(np.int64)
    first = np.cumsum([0, *map(len, units)]).astype(np.int64)
    every = range(len(units))
    mine = [[at for at, pair in enumerate(before) if unit in pair[:2]] for unit in every]
    listed = [before[at] for rows in mine for at in rows]
    stages = len(terms.capacity_months)
    use = terms.use_months if stages else np.zeros((len(lots), 0, 0))
    goal = terms.least_m2 if len(terms.least_m2) else np.zeros(terms.years)
    must = set(terms.locked_in)
    return Rules(
        first=first,
        parcel=parcel,
        late=late[parcel],
        cost=np.array([lots.cost[unit].sum() for unit in units], dtype=np.float64),
        use=np.array([use[unit].sum(axis=0) for unit in units]).reshape(len(units), *use.shape[1:]),
        budget=np.asarray(terms.budget, dtype=np.float64),
        carry=terms.carry,
        capacity=np.asarray(terms.capacity_months, dtype=np.float64),
        goal=np.where(goal > 0, goal - SLACK_M2, 0.0),
        earliest=window.earliest,
        latest=window.latest,
        optional=np.array([not must.intersection(unit) for unit in units], dtype=bool),
        before_first=np.cumsum([0, *map(len, mine)]).astype(np.int64),
        before=np.array(listed, dtype=np.int64).reshape(-1, 3),
    )
