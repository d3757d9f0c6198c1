"""Better start years by simulated annealing, in slices between which it can be stopped."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from geo.kernels.phasing import Heat, anneal
from geo.sequence.case import Case
from geo.sequence.lots import Floats, Integers

SLICE: Final = 100_000
"""Moves between two looks at the clock."""
FIRMNESS: Final = (0.3, 20.0)
"""What an excess costs at the beginning and at the end of a walk, in times of what it gains."""


class Found(NamedTuple):
    """Start years (units,) that meet every rule, and their m²·years; -1 where none were found."""

    start: Integers
    m2_years: float


def better(one: Found, other: Found) -> Found:
    """The one with more m²·years, of equal ones the first."""
    return other if other.m2_years > one.m2_years else one


def walked(
    case: Case,
    start: Integers,
    *,
    hot: float,
    moves: int,
    seed: int,
    enough: Callable[[], bool],
) -> Found:
    """The best that a walk from ``start`` meets, cooling from ``hot`` mean parcels to 1 %.

    ``enough`` is asked after every slice.
    """
    land = float(case.ground.land.mean())
    slices = max(1, round(moves / SLICE))
    ladder = np.geomspace(hot, 0.01 * min(hot, 1.0), slices + 1) * land
    first = FIRMNESS[0] if hot > 1 else FIRMNESS[1] / 2
    firm = np.geomspace(first, FIRMNESS[1], slices + 1)
    prices = _prices(case)
    walking = start.copy()
    best = Found(start.copy(), -1.0)
    for at in range(slices):
        heat = Heat(ladder[at], ladder[at + 1], *prices, firm[at], firm[at + 1])
        ground, rules = case.ground, case.rules
        each = max(1, moves // slices)
        found = anneal(walking, ground, rules, case.ready, case.owner, heat, each, seed * 1000 + at)
        best = better(best, Found(*found))
        if enough():
            break
    return best


def _prices(case: Case) -> tuple[float, float, float]:
    """What a yuan, a crew-month and a m² of a milestone are worth on the whole, in m²·years."""
    rules = case.rules
    most = float(case.ground.land.sum()) * case.years
    money = most / max(float(rules.budget.sum()), float(rules.cost.min(initial=1.0)), 1e-9)
    months = most / max(float(rules.capacity.sum()) * case.years, 1.0)
    return money, months, float(case.years)


def drawn(case: Case, x: Floats, level: float) -> Integers:
    """Start years (units,): the first in which a fractional start x (units, years) has a level."""
    reached = x >= level
    start = np.where(reached.any(axis=1), reached.argmax(axis=1), case.years)
    late = ~case.rules.optional & (start >= case.years)
    start = np.where(late, case.rules.latest, start)
    for _ in case.units:
        one, two, wait = case.rules.before.T
        broken = (start[two] < case.years) & (start[one] + wait > start[two])
        if not broken.any():
            break
        later = start[one] + wait
        fits = later <= case.rules.latest[two]
        start[two[broken]] = np.where(fits, later, case.years)[broken]
    return start
