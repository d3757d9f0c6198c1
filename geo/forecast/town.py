"""A town as a forecast sees it: arrays by parcel, links between parcels, stages and targets."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class StagePrior(NamedTuple):
    """A stage and how long the plan expects it to take, in months (NaN: the plan does not say)."""

    id: str
    p50_months: float
    p90_months: float


class Target(NamedTuple):
    """What a goal counts: from which rung, how much of each parcel, and when it is due.

    ``weight_m2`` (parcels,) is the land that a parcel adds once it stands at the rung, 0 for those
    that are none of it. Land in blocks below ``least_block_m2`` does not count. ``due`` is a day
    since 1970-01-01. ``evidenced`` says that a stage without evidence does not count.
    """

    id: str
    rung: int
    weight_m2: Floats
    least_block_m2: float
    goal_m2: float
    due: float
    evidenced: bool = True


@dataclass(frozen=True, slots=True)
class Town:
    """Land and what is asked of it.

    By parcel: ``group`` (index into ``groups``, which share a pace), ``land_m2``, ``floor_m2`` (the
    floor space to come once it is ready), ``perimeter_m``, and ``outer``, whether it borders on the
    outside of all land. ``i < j`` are the pairs that are contiguous by the plan, ``shared_m`` the
    boundary that each pair shares. Lengths in metres, areas in m² on the land grid.
    """

    parcel_ids: list[str]
    groups: list[str]
    group: Integers
    land_m2: Floats
    floor_m2: Floats
    perimeter_m: Floats
    outer: Mask
    i: Integers
    j: Integers
    shared_m: Floats
    stages: list[StagePrior]
    targets: list[Target]
