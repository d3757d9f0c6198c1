"""Gross or net: how much of the land that has come so far a goal counts."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.once import Once
from geo.plan import Goal


def counts_net(goal: Goal | None) -> bool:
    """Whether a goal counts net land; gross land, and without a goal all land, counts else."""
    return goal is not None and goal.basis == "net"


def counted_land(
    goal: Goal | None, parcels: pd.DataFrame, once: Once, chosen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Land in m² that each of the chosen parcels adds to a goal, on its basis; 0 for the others.

    Gross, and without a goal, it is their land, each square metre once; net, their net land.
    """
    if counts_net(goal):
        return np.where(chosen, parcels["net_m2"], 0.0)
    return once.of(chosen)
