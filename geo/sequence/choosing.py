"""Contiguous land of a study, chosen as somebody wants it: one point, or the whole frontier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from geo.errors import SequenceError
from geo.findings import Finding, finding
from geo.forecast.measuring import town_of
from geo.sequence.asking import check_parcels, lots_of, sequencing, wanted
from geo.sequence.frontier import frontier
from geo.sequence.lots import Lots, Stop, Watch
from geo.sequence.select import select
from geo.sequence.selection import Selection
from geo.sequence.wish import Objective
from geo.study import Study
from geo.units import M2_PER_MU


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What land is to be: at least ``mu``, in one block or in blocks of ``blocks_mu``.

    ``shape`` is what a metre of perimeter weighs (None: the frontier); with ``most_cost`` it has
    the most floor space for that money. ``include``, ``exclude`` and ``anchors`` are parcel ids;
    what the plan locks out is left out as well.
    """

    mu: float
    blocks_mu: float | None = None
    shape: float | None = None
    most_cost: float | None = None
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    anchors: Sequence[str] = ()


class Choice(NamedTuple):
    """Land to choose from, the wish without what is not to be had, and what was noted of costs."""

    lots: Lots
    wish: Wanted
    findings: list[Finding]


def lots_to_choose(study: Study, wish: Wanted) -> Choice:
    """The land of a study to choose from as somebody wants it.

    Not to be had is what the plan locks out, and land that is none of its goal: neither has a
    cost, so neither may come for nothing. Raises :class:`SequenceError` for names that are no
    parcel, and for missing costs.
    """
    plan, town = study.plan, town_of(study)
    named = {
        "with": wish.include,
        "without": wish.exclude,
        "anchor": wish.anchors,
        "sequence.locked_out": sequencing(plan).locked_out,
    }
    check_parcels(named, town.parcel_ids, plan.path.name)
    lots, findings = lots_of(study, town, wanted(plan, town), left_out=wish.exclude)
    if wish.most_cost is not None and not lots.floor_m2.any():
        raise SequenceError(finding("sequence.no-floor", file=plan.path.name, field="scenarios"))
    locked_out = sequencing(plan).locked_out
    outside = [name for name, land in zip(lots.ids, lots.land_m2, strict=True) if not land]
    wish = replace(wish, exclude=[*wish.exclude, *locked_out, *outside])
    return Choice(lots, wish, findings)


def selected(
    lots: Lots,
    wish: Wanted,
    *,
    seed: int,
    time_limit_s: float,
    gap: float,
    notify: Watch,
    stop: Stop,
) -> list[Selection]:
    """The frontier, the cheapest first; one selection where a weight of shape or money is given."""
    at = {parcel: position for position, parcel in enumerate(lots.ids)}
    asked: dict[str, Any] = {
        "least_m2": wish.mu * M2_PER_MU,
        "block_m2": None if wish.blocks_mu is None else wish.blocks_mu * M2_PER_MU,
        "most_cost": wish.most_cost,
        "locked_in": [at[name] for name in wish.include],
        "locked_out": [at[name] for name in wish.exclude],
        "anchors": [at[name] for name in wish.anchors],
        "time_limit_s": time_limit_s,
        "gap": gap,
        "seed": seed,
        "notify": notify,
        "stop": stop,
    }
    if wish.shape is None and wish.most_cost is None:
        return frontier(lots, **asked)
    objective: Objective = "cost" if wish.most_cost is None else "floor"
    return [select(lots, shape_weight=wish.shape or 0.0, objective=objective, **asked)]
