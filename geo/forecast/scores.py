"""How good a forecast was: fair CRPS, randomised PIT, and coverage with its binomial band."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from geo.forecast.town import Floats

PIT_BINS: Final = 10


def crps(draws: Floats, truth: Floats) -> Floats:
    """The fair continuous ranked probability score of each case, in the unit of the draws.

    ``draws`` (draws, cases), ``truth`` (cases,). Fair: its mean does not depend on how many draws
    there are (Ferro, Q. J. R. Meteorol. Soc. 140, 2014), so it may be a little below zero. A
    single draw is a point forecast, whose score is its absolute error.
    """
    many = len(draws)
    error = np.abs(draws - truth).mean(axis=0)
    if many == 1:
        return np.asarray(error)
    rank = 2.0 * np.arange(1, many + 1) - many - 1  # pairs that it tops, less those that top it
    spread = rank @ np.sort(draws, axis=0) / (many * (many - 1))
    return np.asarray(error - spread)


def pit(draws: Floats, truth: Floats, *, seed: int) -> Floats:
    """Where in its forecast the truth of each case lies, 0 to 1: uniform if forecasts are right.

    Among draws that equal the truth its place is drawn by lot, so that the land of a town, which
    may well stay as it is, does not spoil the uniformity.
    """
    below, equal = (draws < truth).sum(axis=0), (draws == truth).sum(axis=0)
    lot = np.random.default_rng(seed).random(len(truth))
    return np.asarray((below + lot * (equal + 1)) / (len(draws) + 1))


def pit_histogram(values: Floats) -> npt.NDArray[np.int64]:
    """How many of the values lie in each tenth; all alike if forecasts are right."""
    return np.histogram(values, bins=PIT_BINS, range=(0.0, 1.0))[0].astype(np.int64)


def coverage_band(inside: int, cases: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Between which chances the true one lies, if ``inside`` of independent ``cases`` were in.

    The exact binomial interval of Clopper and Pearson.
    """
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, inside, cases - inside + 1)) if inside > 0 else 0.0
    high = float(beta.ppf(1 - tail, inside + 1, cases - inside)) if inside < cases else 1.0
    return low, high


def skill(score: Floats, reference: Floats) -> float:
    """The share by which the mean score is better than that of a reference; NaN if that has none.

    1 is perfect, 0 no better, below 0 worse.
    """
    against = float(reference.mean()) if len(reference) else 0.0
    return 1 - float(score.mean()) / against if against > 0 else float("nan")
