"""Forecasts as they would have been made, held against what came: a rolling-origin backtest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.findings import Finding, finding
from geo.forecast.scores import coverage_band, crps, pit, pit_histogram, skill
from geo.forecast.town import Floats, Target
from geo.units import DAYS_PER_MONTH, M2_PER_MU

Told = Callable[[float], pd.DataFrame]
"""The events of which the ledger had been told by the end of a day."""

Counted = Callable[[pd.DataFrame, Sequence[float]], Floats]
"""The land in m² that counts on each day, as these events tell it."""

Simulate = Callable[[pd.DataFrame, float, Sequence[float], int], Floats]
"""Draws of the land in m² that will count: from the events known at an origin, that day, the days
asked for, and a seed, to (draws, days)."""

HORIZONS_MONTHS: Final = (6, 12, 24)

FEW_ORIGINS: Final = 8
"""With fewer, the band of a coverage of 80 % is wider than 40 to 98 %: hardly anything is shown."""

BACKTEST_COLUMNS: Final = (
    "origin",
    "horizon_months",
    "known_mu",
    "truth_mu",
    "p10_mu",
    "p50_mu",
    "p90_mu",
    "inside",
    "pit",
    "crps_mu",
    "straight_mu",
    "straight_error_mu",
    "pace_mu",
    "pace_error_mu",
)
"""A forecast: made at ``origin`` (a day since 1970-01-01), when ``known_mu`` were known to count,
for ``horizon_months`` later, when ``truth_mu`` counted as is known now.

``inside`` says whether that lies between P10 and P90; ``straight_mu`` is the line from the base to
the goal, ``pace_mu`` what is known with the past pace added.
"""

SCORE_COLUMNS: Final = (
    "horizon_months",
    "cases",
    "coverage",
    "coverage_low",
    "coverage_high",
    "apart",
    "apart_coverage",
    "apart_low",
    "apart_high",
    "crps_mu",
    "straight_mu",
    "pace_mu",
    "skill_straight",
    "skill_pace",
)
"""Scores of the forecasts of one horizon, of all in the last row (horizon 0).

``coverage`` is the share inside P10 to P90, with the binomial band (95 %) that independent cases
would have; ``apart`` counts those whose spans do not overlap, with their own coverage and band.
``straight_mu`` and ``pace_mu`` are the mean errors that ``crps_mu`` is held against.
"""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What forecasts of the past were worth.

    ``rows``: :data:`BACKTEST_COLUMNS`; ``scores``: :data:`SCORE_COLUMNS`. The rows of one ledger
    are not independent: spans overlap, and one policy moves all of them. Their band is therefore
    too narrow, and that of the rows ``apart`` is the one to trust. ``few`` says that there are too
    few origins to judge by.
    """

    rows: pd.DataFrame
    scores: pd.DataFrame
    pit_histogram: npt.NDArray[np.int64]
    few: bool
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is forecast again: the land of ``target``, since the day ``base`` of its goal.

    Forecasts are made on the days ``origins``. The truth is what is known on ``as_of``, of spans
    that end by ``settled`` (:func:`geo.forecast.delay.settled_day`; None: by ``as_of``): of later
    days too little has been recorded yet. Where the ledger ``opened`` before the base, origins may
    lie before it too: the past pace is known then, the straight line not yet (NaN).
    """

    target: Target
    base: float
    origins: Sequence[float]
    as_of: float
    horizons_months: Sequence[int] = HORIZONS_MONTHS
    settled: float | None = None
    opened: float | None = None

    @property
    def began(self) -> float:
        """The day since which a past pace is known: the opening of the ledger, or the base."""
        return self.base if self.opened is None else min(self.base, self.opened)

    def months_from(self, origin: float) -> list[int]:
        """The spans from an origin whose end is known."""
        last = self.as_of if self.settled is None else self.settled
        return [span for span in sorted(self.horizons_months) if _end(origin, span) <= last]


def backtest(
    told_at: Told,
    counted: Counted,
    simulate: Simulate,
    setting: Setting,
    *,
    seed: int,
    file: str = "",
) -> Backtest:
    """Make the forecast again at each origin, with what had been recorded, and score it.

    Left out are spans whose end is not known yet, and origins at which the ledger had been told
    nothing. The straight line runs from what counted on the base to the goal on its due date
    and stays there; the past pace is that from the base, or the opening of the ledger, to the
    origin, up to all land of the target. ``file`` names the ledger in findings.
    """
    now = told_at(setting.as_of)
    parts = []
    for at, origin in enumerate(sorted(setting.origins)):
        months, known = setting.months_from(origin), told_at(origin)
        if not months or known.empty or origin <= setting.began:
            continue
        days = [_end(origin, span) for span in months]
        draws = simulate(known, origin, days, seed + at)
        began, base, stands = counted(known, [setting.began, setting.base, origin])
        stood = (float(began), float(base), float(stands))
        points = _points(setting, origin, np.asarray(days), stood)
        rows = _rows(draws, counted(now, days), points, seed=seed + at)
        told = {"origin": origin, "horizon_months": months, "known_mu": stands / M2_PER_MU}
        parts.append(rows.assign(**told)[list(BACKTEST_COLUMNS)])
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=BACKTEST_COLUMNS)
    return Backtest(
        rows,
        _scores(rows),
        pit_histogram(rows["pit"].to_numpy(dtype=np.float64)),
        len(parts) < FEW_ORIGINS,
        _few_faults(len(parts), file),
    )


def half_yearly(began: float, as_of: float) -> list[float]:
    """Origins half a year apart, from a year after it began to half a year before ``as_of``."""
    half_year = 6 * DAYS_PER_MONTH
    days = np.arange(began + 2 * half_year, as_of - half_year + 1, half_year)
    return [float(day) for day in np.floor(days)]


def _end(origin: float, months: int) -> float:
    """The last day of a span: a whole one, as land is counted by the day."""
    return float(np.floor(origin + months * DAYS_PER_MONTH))


def _points(
    setting: Setting, origin: float, days: Floats, stood_m2: tuple[float, float, float]
) -> tuple[Floats, Floats]:
    """What the straight line and the past pace say of each day, in m².

    ``stood_m2`` counted at the beginning, on the base and at the origin, as it was known then.
    """
    target, (began_m2, base_m2, stands_m2) = setting.target, stood_m2
    line = np.full(len(days), np.nan)
    if origin > setting.base:
        line = np.interp(days, [setting.base, target.due], [base_m2, target.goal_m2])
    pace = (stands_m2 - began_m2) / (origin - setting.began)
    whole = float(target.weight_m2.sum())
    return line, np.clip(stands_m2 + pace * (days - origin), 0.0, whole)


def _rows(
    draws: Floats, truth: Floats, points: tuple[Floats, Floats], *, seed: int
) -> pd.DataFrame:
    """The forecasts of one origin, each with its scores."""
    low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9], axis=0)
    straight, pace = points
    land = {
        "truth_mu": truth,
        "p10_mu": low,
        "p50_mu": middle,
        "p90_mu": high,
        "crps_mu": crps(draws, truth),
        "straight_mu": straight,
        "straight_error_mu": np.abs(straight - truth),
        "pace_mu": pace,
        "pace_error_mu": np.abs(pace - truth),
    }
    rows = pd.DataFrame(land) / M2_PER_MU
    inside = (low <= truth) & (truth <= high)
    return rows.assign(inside=inside, pit=pit(draws, truth, seed=seed))


def _scores(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each horizon, and one for all of them."""
    horizons = sorted(rows["horizon_months"].unique())
    table = [_score(rows[rows["horizon_months"] == span], span, span) for span in horizons]
    if horizons:
        table.append(_score(rows, 0, horizons[-1]))
    return pd.DataFrame(table, columns=SCORE_COLUMNS)


def _score(rows: pd.DataFrame, months: int, apart_months: int) -> dict[str, float]:
    apart = rows[_apart(rows, apart_months)]
    score, straight, pace = (
        rows[name].to_numpy(dtype=np.float64)
        for name in ("crps_mu", "straight_error_mu", "pace_error_mu")
    )
    drawn = ~np.isnan(straight)
    low, high = coverage_band(int(rows["inside"].sum()), len(rows))
    apart_low, apart_high = coverage_band(int(apart["inside"].sum()), len(apart))
    return {
        "horizon_months": months,
        "cases": len(rows),
        "coverage": float(rows["inside"].mean()),
        "coverage_low": low,
        "coverage_high": high,
        "apart": len(apart),
        "apart_coverage": float(apart["inside"].mean()),
        "apart_low": apart_low,
        "apart_high": apart_high,
        "crps_mu": float(score.mean()),
        "straight_mu": float(straight[drawn].mean()) if drawn.any() else float("nan"),
        "pace_mu": float(pace.mean()),
        "skill_straight": skill(score[drawn], straight[drawn]),
        "skill_pace": skill(score, pace),
    }


def _apart(rows: pd.DataFrame, months: int) -> npt.NDArray[np.bool_]:
    """Rows of this horizon whose spans do not overlap, the earliest first."""
    kept, free = np.zeros(len(rows), dtype=bool), -np.inf
    spans = zip(rows["origin"], rows["horizon_months"], strict=True)
    for at, (origin, span) in enumerate(spans):
        if span == months and origin >= free:
            kept[at], free = True, _end(origin, span)
    return kept


def _few_faults(origins: int, file: str) -> list[Finding]:
    if not origins:
        return [finding("forecast.no-backtest", file=file)]
    if origins < FEW_ORIGINS:
        return [finding("forecast.few-origins", file=file, seen=origins, least=FEW_ORIGINS)]
    return []
