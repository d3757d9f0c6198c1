"""Parameters of draws for the kernels, all alike, that a reader can check in the head."""

import numpy as np
import numpy.typing as npt

from geo.forecast.parameters import Parameters
from geo.kernels.waits import Standing
from geo.units import DAYS_PER_MONTH

NODES = np.arange(6) * 100 * DAYS_PER_MONTH
"""Nodes every 100 months, from 1970 on."""

AS_OF = float(NODES[1])
HORIZON = float(NODES[-1])
NEVER = 60.0
"""The logarithm of a scale that no spell comes to the end of."""


def draws_of(
    draws: int,
    log_scale: list[float],
    shape: list[float],
    *,
    revert: list[float] | None = None,
    withdraw: list[float] | None = None,
    fall: list[list[float]] | None = None,
    speeds: list[float] | None = None,
    first: tuple[float, float] = (NEVER, 1.0),
) -> Parameters:
    """Draws with one group, values for the stages after the first, and a speed between nodes.

    ``first`` are the log scale and the shape of the first stage, of which nothing is told yet.
    """
    rungs = len(log_scale) + 1

    def by_rung(values: list[float] | None, before: float = 0.0) -> npt.NDArray[np.float64]:
        return np.tile([before, *(values or [0.0] * (rungs - 1))], (draws, 1))

    passed = np.cumsum([0.0, *(100 * speed for speed in speeds or [1.0] * 5)])
    return Parameters(
        log_scale=by_rung(log_scale, first[0])[:, None, :],
        shape=by_rung(shape, first[1]),
        nodes=NODES,
        clock=np.tile(passed, (draws, 1)),
        revert=by_rung(revert),
        withdraw=by_rung(withdraw),
        fall=np.ones((rungs, rungs)) if fall is None else np.array(fall),
    )


def standing_of(rungs: list[int], *, spent: float = 0.0) -> Standing:
    """Parcels at these rungs, each for so many months, all under way and none held out."""
    n = len(rungs)
    return Standing(
        rung=np.array(rungs, dtype=np.int64),
        since=np.full(n, AS_OF - spent * DAYS_PER_MONTH),
        group=np.zeros(n, dtype=np.int64),
        begin=np.full(n, -np.inf),
        hold_share=np.zeros(n),
    )
