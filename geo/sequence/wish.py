"""What is wished of chosen land, checked: how much, in which shape, with and without what."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from geo.errors import SequenceError
from geo.findings import Finding, finding
from geo.graph import components
from geo.kernels.connected import NONE, Holding
from geo.kernels.links import Links, links_of
from geo.kernels.unions import SLACK_M2
from geo.sequence.lots import Floats, Integers, Lots, Mask
from geo.sequence.shape import perimeter_m
from geo.units import M2_PER_MU, shown

Objective = Literal["cost", "floor"]

TOUCH_M2: Final = 1e-3
"""Land is held to the square metre; a thousandth more is for the tolerances of a solver."""

TOUCH: Final = 1e-9
"""The same for money, as a share of it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish that can be met as far as land goes, in the units of a minimum.

    ``value`` (n,) is the cost, or less the floor space: the best choice has the least Σ value +
    weight × perimeter. ``usable`` parcels can be of a block that is large enough, ``fixed`` ones
    are chosen. ``least_m2`` and ``block_m2`` have the square metre of slack taken off; with one
    block both are the same. ``root`` is one of ``anchors``, -1 without any; with one block every
    parcel that is locked in is an anchor. ``links`` are those between usable parcels.
    """

    lots: Lots
    links: Links
    usable: Mask
    fixed: Mask
    anchors: Integers
    least_m2: float
    block_m2: float
    one_block: bool
    objective: Objective
    weight: float
    value: Floats
    spend: Floats
    most: float

    @property
    def root(self) -> int:
        """A parcel that every choice holds, with which all anchors are of one block."""
        return int(self.anchors[0]) if len(self.anchors) else NONE

    def worth(self, chosen: Mask) -> float:
        """What is made as small as can be."""
        return float(self.value[chosen].sum() + self.weight * perimeter_m(self.lots, chosen))

    def blocks(self, chosen: Mask) -> Integers:
        """The block of every parcel, -1 where it is not chosen."""
        joined = chosen[self.lots.i] & chosen[self.lots.j]
        label = components(len(chosen), self.lots.i[joined], self.lots.j[joined])
        return np.where(chosen, label, -1)

    def met_by(self, chosen: Mask) -> bool:
        """Whether a choice is all that is wished."""
        label = self.blocks(chosen)
        held = label[chosen]
        sizes = np.bincount(held, weights=self.lots.land_m2[chosen])[np.unique(held)]
        return bool(
            len(sizes)
            and (len(sizes) == 1 or not self.one_block)
            and sizes.min() >= self.block_m2 - TOUCH_M2
            and sizes.sum() >= self.least_m2 - TOUCH_M2
            and self.spend[chosen].sum() <= self.most * (1 + TOUCH)
            and chosen[self.fixed].all()
            and self.usable[chosen].all()
            and len(np.unique(label[self.anchors])) <= 1
        )

    def holding(self) -> Holding:
        """What the kernels ask of each parcel."""
        together = np.zeros(len(self.lots), dtype=bool)
        together[self.anchors] = True
        return Holding(
            self.lots.land_m2,
            self.lots.perimeter_m,
            self.value,
            self.spend,
            self.fixed,
            together,
            len(self.anchors),
        )


def wish_of(  # noqa: PLR0913 - a wish has as many parts
    lots: Lots,
    *,
    least_m2: float,
    shape_weight: float = 0.0,
    block_m2: float | None = None,
    objective: Objective = "cost",
    most_cost: float | None = None,
    locked_in: Sequence[int] = (),
    locked_out: Sequence[int] = (),
    anchors: Sequence[int] = (),
) -> Wish:
    """A wish, if there is land for it; otherwise :class:`SequenceError` names all that is wrong."""
    inside, out = {int(k) for k in (*locked_in, *anchors)}, {int(k) for k in locked_out}
    _raise(_option_faults(lots, least_m2, shape_weight, block_m2, objective, most_cost))
    _raise([finding("sequence.lock-clash", parcel=lots.ids[k]) for k in sorted(inside & out)])
    may = np.ones(len(lots), dtype=bool)
    may[sorted(out)] = False
    _raise(_cost_faults(lots, may & ~lots.ready))
    fixed = np.zeros(len(lots), dtype=bool)
    fixed[sorted(inside)] = True
    may &= fixed | (lots.land_m2 > 0)  # a parcel of a goal's layer may be none of the goal
    joint = np.array(sorted(inside if block_m2 is None else {int(k) for k in anchors}), dtype=int)
    least = least_m2 - SLACK_M2
    block = least if block_m2 is None else block_m2 - SLACK_M2
    usable = _usable(lots, may, np.flatnonzero(fixed), joint, (least, block, block_m2 is None))
    spend = np.where(may & ~lots.ready, lots.cost, 0.0)
    held = usable[lots.i] & usable[lots.j]
    return Wish(
        lots=lots,
        links=links_of(len(lots), lots.i[held], lots.j[held], lots.shared_m[held]),
        usable=usable,
        fixed=fixed,
        anchors=joint,
        least_m2=least,
        block_m2=block,
        one_block=block_m2 is None,
        objective=objective,
        weight=float(shape_weight),
        value=spend if objective == "cost" else -lots.floor_m2,
        spend=spend,
        most=math.inf if most_cost is None else float(most_cost),
    )


def _raise(faults: list[Finding]) -> None:
    if faults:
        raise SequenceError(*faults)


def _option_faults(
    lots: Lots,
    least_m2: float,
    shape_weight: float,
    block_m2: float | None,
    objective: Objective,
    most_cost: float | None,
) -> list[Finding]:
    """Options that are no number of the kind they must be."""
    if not len(lots):
        return [finding("sequence.no-parcels")]
    if most_cost is None and objective == "floor":
        return [finding("sequence.no-budget", field="most_cost")]
    asked = [
        ("least_m2", least_m2, least_m2 > 0),
        ("shape_weight", shape_weight, shape_weight >= 0),
        ("block_m2", block_m2, block_m2 is None or block_m2 > 0),
        ("most_cost", most_cost, most_cost is None or most_cost >= 0),
    ]
    return [
        finding("sequence.option", field=field, seen=number)
        for field, number, good in asked
        if not (good and (number is None or math.isfinite(number)))
    ]


def _cost_faults(lots: Lots, needed: Mask) -> list[Finding]:
    """Parcels that could be taken and have no cost."""
    bad = needed & ~(np.isfinite(lots.cost) & (lots.cost >= 0))
    return [
        finding("sequence.cost", parcel=lots.ids[k], seen=float(lots.cost[k]))
        for k in np.flatnonzero(bad)
    ]


def _usable(
    lots: Lots, may: Mask, fixed: Integers, joint: Integers, sizes: tuple[float, float, bool]
) -> Mask:
    """Parcels in land that is contiguous and large enough, where what must be joined can be."""
    least, block, one_block = sizes
    joined = may[lots.i] & may[lots.j]
    label = components(len(lots), lots.i[joined], lots.j[joined])
    land = np.where(may, lots.land_m2, 0.0)
    size = np.bincount(label, weights=land)
    _raise(
        [
            finding("sequence.apart", parcel=lots.ids[k], seen=lots.ids[joint[0]])
            for k in joint
            if label[k] != label[joint[0]]
        ]
    )
    if one_block and len(joint):
        size = np.where(np.arange(len(size)) == label[joint[0]], size, 0.0)
    reach = size.max() if one_block else size[size >= block].sum()
    if reach < least or (not one_block and not (size >= block).any()):
        goal = least if one_block else max(least, block)
        largest = reach if reach > 0 else size.max()
        raise SequenceError(
            finding("sequence.unreachable", seen=_mu(largest), least=_mu(goal + SLACK_M2))
        )
    _raise(
        [
            finding(
                "sequence.small-land",
                parcel=lots.ids[k],
                seen=_mu(size[label[k]]),
                least=_mu(block + SLACK_M2),
            )
            for k in fixed
            if size[label[k]] < block
        ]
    )
    return may & (size[label] >= block)


def _mu(area_m2: float) -> str:
    """Rounded down, so that what is said to be reachable is."""
    return shown(math.floor(area_m2 / M2_PER_MU * 100 + TOUCH_M2) / 100, 2)
