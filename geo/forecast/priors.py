"""What is believed of durations before the ledger speaks: the plan's P50 and P90."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from geo.errors import SequenceError
from geo.findings import finding
from geo.forecast.town import Floats, StagePrior

MEDIAN_SD: Final = 0.5
"""How far the logarithm of a stage's true median may be from the plan's: a factor of 1.65."""

UNTOLD_MEDIAN_SD: Final = 1.0
"""The same where the plan gives no duration and only the ledger can tell."""

SHAPE_SD: Final = 0.3
"""How far the logarithm of a Weibull shape may be from that of the plan's P90 / P50."""

UNTOLD_RATIO: Final = 3.0
"""P90 / P50 of a stage of which the plan gives one of them or none: what most stages have."""

SHAPES: Final = (0.3, 8.0)
"""A plan whose P90 is almost its P50 does not mean that no parcel ever differs."""


class StageBeliefs(NamedTuple):
    """Normal priors by rung of the logarithms of the median (months) and of the Weibull shape."""

    log_median: Floats
    log_median_sd: Floats
    log_shape: Floats
    log_shape_sd: Floats


def shape_of(ratio: float) -> float:
    """The Weibull shape of which P90 / P50 is ``ratio``.

    S(t) = exp(−(t / scale)^k) gives P90 / P50 = (ln 10 / ln 2)^(1 / k).
    """
    if ratio <= 1:
        return SHAPES[1]
    return min(max(math.log(math.log(10) / math.log(2)) / math.log(ratio), SHAPES[0]), SHAPES[1])


def beliefs(priors: Sequence[StagePrior], ended: Sequence[int], top: int) -> StageBeliefs:
    """The priors of every stage; ``ended`` is how many spells of each the ledger saw to their end.

    The plan's P50 and P90 are those of one parcel at the usual speed. What is not known of the
    stage comes on top, so that waits that are foreseen are spread a little wider than the plan's.

    Raises :class:`SequenceError` for the stages up to the rung ``top`` of which neither plan nor
    ledger tell a duration.
    """
    medians = np.array([_median(prior) for prior in priors])
    told = ~np.isnan(medians)
    faults = [
        finding("forecast.no-duration", field="stages", seen=prior.id)
        for prior, is_told, seen in list(zip(priors, told, ended, strict=True))[: top + 1]
        if not is_told and not seen
    ]
    if faults:
        raise SequenceError(*faults)
    usual = math.log(6) if not told.any() else float(np.log(medians[told]).mean())
    return StageBeliefs(
        np.where(told, np.log(np.where(told, medians, 1.0)), usual),
        np.where(told, MEDIAN_SD, UNTOLD_MEDIAN_SD),
        np.log([shape_of(_ratio(prior)) for prior in priors]),
        np.full(len(priors), SHAPE_SD),
    )


def _median(prior: StagePrior) -> float:
    return prior.p90_months / UNTOLD_RATIO if math.isnan(prior.p50_months) else prior.p50_months


def _ratio(prior: StagePrior) -> float:
    ratio = prior.p90_months / prior.p50_months
    return UNTOLD_RATIO if math.isnan(ratio) else ratio
