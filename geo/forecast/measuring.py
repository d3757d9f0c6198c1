"""From a study to the town that a forecast sees: land, links, stages and what each goal counts."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.basis import counted_land
from geo.forecast.town import Floats, Mask, StagePrior, Target, Town
from geo.ground import Ground, counts_of, headline_goal
from geo.plan import Goal, Plan, Stage
from geo.study import Study
from geo.treatments import is_rebuilt
from geo.units import M2_PER_MU

EPOCH: Final = date(1970, 1, 1)


def day_number(day: date) -> float:
    """A date as the days since 1970-01-01, in which kernels reckon."""
    return float((day - EPOCH).days)


def town_of(study: Study) -> Town:
    """The arrays of a study that a forecast needs, in the order of its parcels.

    A goal counts of what is ready just what it counts today, and of each other parcel what it would
    add if all were ready: of land that overlaps, each square metre is its first parcel's. The floor
    space to come is that of the first scenario; where it is not known it is 0
    (:func:`unknown_floor` says how often).
    """
    plan, ground, parcels = study.plan, study.grounds[-1], study.parcels
    shapes = parcels.geometry.to_numpy()
    links = ground.links[ground.holds]
    pool = plan.forecast.pool
    pooled = np.full(len(parcels), "") if pool == "all" else parcels[pool].to_numpy().astype(str)
    groups, group = np.unique(pooled, return_inverse=True)
    return Town(
        parcel_ids=parcels["parcel_id"].tolist(),
        groups=groups.tolist(),
        group=group.astype(np.int64),
        land_m2=parcels["land_m2"].to_numpy(dtype=np.float64),
        floor_m2=floor_to_come_m2(study),
        perimeter_m=shapely.length(shapes),
        outer=borders_outside(shapes, plan.contiguity.gap_m),
        i=links["i"].to_numpy(dtype=np.int64),
        j=links["j"].to_numpy(dtype=np.int64),
        shared_m=links["shared_m"].to_numpy(dtype=np.float64),
        stages=[prior_of(stage) for stage in plan.stages],
        targets=[target_of(plan, ground, goal) for goal in plan.goals],
    )


def prior_of(stage: Stage) -> StagePrior:
    """How long the plan expects a stage to take; NaN where it does not say."""
    unknown = float("nan")
    p50, p90 = stage.p50_months or unknown, stage.p90_months or unknown
    return StagePrior(stage.id, p50, p90)


def target_of(plan: Plan, ground: Ground, goal: Goal) -> Target:
    """What a goal counts of each parcel once all of them are ready, those that are ready first."""
    parcels, members = ground.parcels, np.ones(len(ground.parcels), dtype=bool)
    if goal.programme is not None:
        inside = ground.land.members[goal.programme]
        members = parcels["parcel_id"].isin(inside).to_numpy()
    ready = counts_of(goal, plan, parcels, ground.histories[-1], ground.land.members)
    return Target(
        id=goal.id,
        rung=plan.rung(goal.stage),
        weight_m2=counted_land(goal, parcels, ground.land.once.led_by(ready), members),
        least_block_m2=goal.min_block_mu * M2_PER_MU,
        goal_m2=goal.mu * M2_PER_MU,
        due=day_number(goal.due),
        evidenced=not goal.count_self_reported,
    )


def headline_target(plan: Plan, targets: Sequence[Target]) -> Target:
    """The target of the headline goal; without one, the first."""
    goal = headline_goal(plan)
    return next((item for item in targets if goal and item.id == goal.id), targets[0])


def floor_to_come_m2(study: Study) -> Floats:
    """The floor space in m² that each rebuilt parcel gets under the first scenario; 0 unknown."""
    if not study.plan.scenarios:
        return np.zeros(len(study.parcels))
    built: Floats = np.where(is_rebuilt(study.parcels), _built(study), 0.0)
    return np.nan_to_num(built, nan=0.0)


def unknown_floor(study: Study) -> int:
    """How many rebuilt parcels have no known floor space under the first scenario."""
    if not study.plan.scenarios:
        return 0
    return int((is_rebuilt(study.parcels).to_numpy() & np.isnan(_built(study))).sum())


def _built(study: Study) -> Floats:
    table = study.parcel_floor
    first = table[table["scenario"] == study.plan.scenarios[0].id]
    built = first.set_index("parcel_id")["built_m2"].reindex(study.parcels["parcel_id"])
    floor_m2: Floats = built.to_numpy(dtype=np.float64)
    return floor_m2


OUTSIDE_M: Final = 1.0
"""A parcel this near to the edge of all land borders on the outside."""


def borders_outside(shapes: npt.NDArray[Any], gap_m: float) -> Mask:
    """Which parcels border on the outside of all land, taken together across gaps of ``gap_m``.

    A street between parcels is not outside: all land is closed over it (a buffer of half the gap
    to the outside and back).
    """
    if not len(shapes):
        return np.zeros(0, dtype=bool)
    half_m = gap_m / 2 + OUTSIDE_M / 2
    swollen = shapely.union_all(shapely.buffer(shapes, half_m))
    edge = shapely.boundary(shapely.buffer(swollen, -half_m))
    shapely.prepare(edge)
    near: Mask = shapely.dwithin(shapes, edge, OUTSIDE_M)
    return near
