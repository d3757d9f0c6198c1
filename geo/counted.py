"""What counts toward each goal on each date, and which parcels it is."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.basis import counted_land
from geo.blocks import block_labels, block_sizes
from geo.ground import Ground, Mask, counts_of
from geo.plan import Goal, Plan
from geo.progress import PROGRESS_COLUMNS, goal_progress
from geo.readiness import Reached
from geo.units import M2_PER_MU, SLACK_MU

Floats = npt.NDArray[np.float64]


def progress_of(plan: Plan, grounds: list[Ground]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every goal on every date, and the land that each parcel adds to each on the last."""
    rows, parts = [], []
    days = [
        (ground, day, at)
        for ground in grounds
        for day, at in zip(ground.dates, ground.histories, strict=True)
    ]
    for goal in plan.goals:
        base_mu = None
        for ground, day, at in days:
            ready_mu, counted_mu = _goal_land(goal, plan, ground, at)
            claimed = goal.model_copy(update={"count_self_reported": True})
            told = counts_of(claimed, plan, ground.parcels, at, ground.land.members)
            total_mu = float(counted_mu.sum())
            base_mu = total_mu if base_mu is None else base_mu
            state = goal_progress(
                goal,
                on=day,
                base_date=plan.base_date,
                counted_mu=total_mu,
                counted_at_base_mu=base_mu,
                yellow_from=plan.lights.yellow_from,
            )
            all_told_mu = _goal_mu(goal, ground, told).sum()
            state["self_reported_mu"] = float(all_told_mu - ready_mu.sum())
            state["small_blocks_mu"] = float(ready_mu.sum()) - total_mu
            rows.append(state)
        parcel_ids = ground.parcels["parcel_id"]
        parts.append((goal.id, parcel_ids, ready_mu, counted_mu))
    tables = [
        pd.DataFrame(dict(zip(GOAL_PARCEL_COLUMNS, part, strict=True))) for part in parts
    ] or [pd.DataFrame(columns=list(GOAL_PARCEL_COLUMNS))]
    return (
        pd.DataFrame(rows, columns=list(PROGRESS_COLUMNS)),
        pd.concat(tables, ignore_index=True),
    )


GOAL_PARCEL_COLUMNS: Final = ("goal", "parcel_id", "ready_mu", "counted_mu")
"""What a parcel adds to a goal: its land if it stands at the goal's stage, and what of it counts,
which is nothing in a block below the goal's minimum."""


def _goal_land(goal: Goal, plan: Plan, ground: Ground, at: Reached) -> tuple[Floats, Floats]:
    """The land in mu of each parcel at the goal's stage, and what of it counts."""
    ready = counts_of(goal, plan, ground.parcels, at, ground.land.members)
    mu = _goal_mu(goal, ground, ready)
    sizes = block_sizes(block_labels(ground.links, ground.holds, ready), mu)
    return mu, np.where(sizes >= goal.min_block_mu - SLACK_MU, mu, 0.0)


def _goal_mu(goal: Goal, ground: Ground, ready: Mask) -> Floats:
    """The land in mu that each parcel adds to a goal, on its basis."""
    return counted_land(goal, ground.parcels, ground.land.once, ready) / M2_PER_MU
