"""The common speed: half years in which all parcels work faster or slower than usual."""

from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse

from geo.forecast.town import Floats, Integers
from geo.units import DAYS_PER_MONTH

LONGEST: Final = 40
"""Half years of the past that have a speed of their own; all that lies earlier shares one."""


def half_years(first: float, last: float) -> Floats:
    """Boundaries of calendar half years that cover the days from ``first`` to ``last``."""
    months = [_month(day) // 6 * 6 for day in (first, last)]
    starts = np.arange(months[0], months[1] + 7, 6).astype("datetime64[M]")
    return starts.astype("datetime64[D]").astype(np.float64)


def past(first: float, last: float) -> Floats:
    """The same, but no more than :data:`LONGEST` periods: the first may be longer."""
    nodes = half_years(first, last)
    if len(nodes) <= LONGEST + 1:
        return nodes
    return np.concatenate([nodes[:1], nodes[-LONGEST:]])


def names(nodes: Floats) -> list[str]:
    """Half years as people call them: 2026H1."""
    starts = pd.DatetimeIndex(nodes[:-1].astype(np.int64).astype("datetime64[D]"))
    return [f"{day.year}H{1 if day.month <= 6 else 2}" for day in starts]


def months_in(start: Floats, stop: Floats, nodes: Floats) -> sparse.csr_array:
    """Months of each wait (row) that lie in each half year (column)."""
    rows: list[Integers] = []
    columns: list[Integers] = []
    values: list[Floats] = []
    for half in range(len(nodes) - 1):
        inside = np.minimum(stop, nodes[half + 1]) - np.maximum(start, nodes[half])
        touched = np.flatnonzero(inside > 0)
        rows.append(touched)
        columns.append(np.full(len(touched), half))
        values.append(inside[touched] / DAYS_PER_MONTH)
    places = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.concatenate(values), places), shape=(len(start), len(nodes) - 1))


def half_of(day: Floats, nodes: Floats) -> Integers:
    """The half year that a day lies in: what happens on a boundary belongs before it."""
    return np.clip(np.searchsorted(nodes, day, side="left") - 1, 0, len(nodes) - 2)


def precision(halves: int, sigma: float, rho: float) -> Floats:
    """Inverse covariance of a stationary AR(1) series with standard deviation ``sigma``.

    Tridiagonal (Rue & Held 2005, section 1.1): the speed of a half year is ``rho`` times that of
    the one before, and news of variance (1 − rho²) sigma².
    """
    inner = np.full(halves, 1 + rho**2)
    inner[[0, -1]] = 1.0
    beside = np.full(halves - 1, -rho)
    matrix = np.diag(inner) + np.diag(beside, 1) + np.diag(beside, -1)
    if halves == 1:
        matrix[:] = 1 - rho**2
    result: Floats = matrix / ((1 - rho**2) * sigma**2)
    return result


def continued(last: Floats, news: Floats, sigma: Floats, rho: Floats) -> Floats:
    """Log speeds after the ``last`` of each draw, from standard normal ``news`` (draws, halves)."""
    speeds = np.empty_like(news)
    scale = sigma * np.sqrt(1 - rho**2)
    for half in range(news.shape[1]):
        last = rho * last + scale * news[:, half]
        speeds[:, half] = last
    return speeds


def clock(log_speed: Floats, nodes: Floats) -> Floats:
    """Operational months that have passed at each node (draws, nodes), 0 at the first."""
    months = np.diff(nodes) / DAYS_PER_MONTH
    passed = np.cumsum(np.exp(log_speed) * months, axis=1)
    return np.concatenate([np.zeros((len(passed), 1)), passed], axis=1)


def _month(day: float) -> int:
    return int(np.datetime64(int(np.floor(day)), "D").astype("datetime64[M]").astype(np.int64))
