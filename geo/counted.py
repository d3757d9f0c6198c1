"""What counts toward each goal on each date, and which parcels it is."""

from collections.abc import Iterator
from datetime import date
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
Integers = npt.NDArray[np.int64]


def progress_of(plan: Plan, grounds: list[Ground]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every goal on every date, and the land that each parcel adds to each on the last.

    Before the base date nothing is known of what will count then: the day's own land stands for it.
    """
    rows, parts = [], []
    for goal in plan.goals:
        base_mu = 0.0
        for day, ready_m2, counted_m2, told_m2 in _by_day(goal, plan, grounds):
            total_mu, ready_mu, told_mu = (
                float(land.sum()) / M2_PER_MU for land in (counted_m2, ready_m2, told_m2)
            )
            base_mu = total_mu if day <= plan.base_date else base_mu
            state = goal_progress(
                goal,
                on=day,
                base_date=plan.base_date,
                counted_mu=total_mu,
                counted_at_base_mu=base_mu,
                yellow_from=plan.lights.yellow_from,
            )
            state["self_reported_mu"] = told_mu - ready_mu
            state["small_blocks_mu"] = ready_mu - total_mu
            rows.append(state)
        parcel_ids = grounds[-1].parcels["parcel_id"]
        parts.append((goal.id, parcel_ids, ready_m2 / M2_PER_MU, counted_m2 / M2_PER_MU))
    tables = [
        pd.DataFrame(dict(zip(GOAL_PARCEL_COLUMNS, part, strict=True))) for part in parts
    ] or [pd.DataFrame(columns=list(GOAL_PARCEL_COLUMNS))]
    return (
        pd.DataFrame(rows, columns=list(PROGRESS_COLUMNS)),
        pd.concat(tables, ignore_index=True),
    )


def _by_day(
    goal: Goal, plan: Plan, grounds: list[Ground]
) -> Iterator[tuple[date, Floats, Floats, Floats]]:
    """On every date the land in m² of each parcel: at the goal's stage, counted, and all told.

    Told is all at the stage with what is self-reported. Where no parcel came or fell since the date
    before, its land is given again.
    """
    claimed = goal.model_copy(update={"count_self_reported": True})
    for ground in grounds:
        before = b""
        for day, at in zip(ground.dates, ground.histories, strict=True):
            chosen = [
                counts_of(item, plan, ground.parcels, at, ground.land.members)
                for item in (goal, claimed)
            ]
            if before != (before := np.packbits(chosen).tobytes()):
                ready_m2, counted_m2 = goal_land(goal, plan, ground, at)
                alike = (chosen[0] == chosen[1]).all()
                told_m2 = ready_m2 if alike else _goal_m2(goal, ground, chosen[1])
            yield day, ready_m2, counted_m2, told_m2


GOAL_PARCEL_COLUMNS: Final = ("goal", "parcel_id", "ready_mu", "counted_mu")
"""What a parcel adds to a goal: its land if it stands at the goal's stage, and what of it counts,
which is nothing in a block below the goal's minimum."""


def goal_land(goal: Goal, plan: Plan, ground: Ground, at: Reached) -> tuple[Floats, Floats]:
    """The land in m² of each parcel at the goal's stage, and what of it counts.

    It lies on the land grid, so that its sums are exact; they turn to mu as a whole.
    """
    ready = counts_of(goal, plan, ground.parcels, at, ground.land.members)
    land_m2 = _goal_m2(goal, ground, ready)
    if goal.min_block_mu <= SLACK_MU:  # every block is large enough, whichever there are
        return land_m2, land_m2
    return land_m2, in_large_blocks(goal, land_m2, block_labels(ground.links, ground.holds, ready))


def in_large_blocks(goal: Goal, land_m2: Floats, labels: Integers) -> Floats:
    """What of the land of ready parcels lies in blocks that are large enough for a goal."""
    sizes_mu = block_sizes(labels, land_m2) / M2_PER_MU
    return np.where(sizes_mu >= goal.min_block_mu - SLACK_MU, land_m2, 0.0)


def _goal_m2(goal: Goal, ground: Ground, ready: Mask) -> Floats:
    """The land in m² that each parcel adds to a goal, on its basis."""
    return counted_land(goal, ground.parcels, ground.land.once, ready)
