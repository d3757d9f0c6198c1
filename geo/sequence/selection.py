"""A choice of contiguous land, with what it is and how far from the best it can be."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from geo.sequence.lots import Mask
from geo.sequence.shape import compactness, hole_m2, perimeter_m
from geo.sequence.wish import Wish

Status = Literal["optimal", "gap", "time", "stopped"]
"""Proved best; within the gap that was asked for; out of time; stopped by somebody."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen parcels (n,), their figures, and the bound that no choice can be better than.

    ``total`` is what was optimised: the cost, or the floor space, with ``shape_weight`` ×
    ``perimeter_m`` added to the one and taken off the other. ``bound`` is in the same unit and
    ``gap`` the distance between both as a share of ``total``. ``compactness`` is the perimeter by
    that of the circle of as much land; ``hole_m2`` is land enclosed that is not chosen.
    """

    chosen: Mask
    cost: float
    land_m2: float
    floor_m2: float
    perimeter_m: float
    compactness: float
    hole_m2: float
    blocks: int
    shape_weight: float
    total: float
    bound: float
    gap: float
    seconds: float
    status: Status
    seed: int


def selection_of(
    wish: Wish, chosen: Mask, *, bound: float, gap: float, seconds: float, status: Status, seed: int
) -> Selection:
    """The figures of a choice; ``bound`` is of what is made small."""
    sign = 1.0 if wish.objective == "cost" else -1.0
    land = float(wish.lots.land_m2[chosen].sum())
    perimeter = perimeter_m(wish.lots, chosen)
    return Selection(
        chosen=chosen,
        cost=float(wish.spend[chosen].sum()),
        land_m2=land,
        floor_m2=float(wish.lots.floor_m2[chosen].sum()),
        perimeter_m=perimeter,
        compactness=compactness(perimeter, land),
        hole_m2=hole_m2(wish.lots.shapes[chosen]),
        blocks=len(np.unique(wish.blocks(chosen)[chosen])),
        shape_weight=wish.weight,
        total=sign * wish.worth(chosen),
        bound=sign * bound,
        gap=gap,
        seconds=seconds,
        status=status,
        seed=seed,
    )
