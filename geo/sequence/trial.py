"""A plan tried on draws of the forecast: what is ready when luck, and not the P50, decides."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.forecast.ahead import starting
from geo.forecast.future import Outset, curves_of, drawn, links_within
from geo.forecast.measuring import EPOCH, day_number
from geo.forecast.town import Floats
from geo.kernels.cuts import Importance, importance
from geo.sequence.answer import Question
from geo.sequence.lots import Integers
from geo.sequence.outcome import first_day
from geo.sequence.terms import NEVER
from geo.study import Study
from geo.units import M2_PER_MU, SLACK_MU


class Aim(NamedTuple):
    """What a plan is to reach: so much land, in blocks that are large enough, by a day."""

    id: str
    day: float
    goal_m2: float
    least_block_m2: float


class Score(NamedTuple):
    """What a plan gives: the chance of each aim, land at each year's end, and the land over years.

    ``reached`` (aims,) are chances; ``land_m2`` (draws, years) is the land in blocks at the ends of
    the years.
    """

    reached: Floats
    land_m2: Floats

    @property
    def value(self) -> float:
        """What swaps raise: the mean chance of the aims; where these are alike, the land."""
        return float(self.reached.mean()) + float(self.land_m2.mean()) * TIE_BREAK


TIE_BREAK = 1e-12
"""A square metre weighs this much beside a chance: a city's land stays below a thousandth."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Draws of the forecast on which plans are tried; a ``seed`` is one set of luck.

    Work on a parcel goes on only from the quarter in which a plan starts it; what the plan leaves
    out stands still, and what is ready stays ready.
    """

    question: Question
    start: Outset
    aims: list[Aim]
    draws: int
    seed: int

    def days(self, quarter: Integers) -> npt.NDArray[np.float32]:
        """The day (draws, parcels) on which each parcel is ready, by the quarters of a plan."""
        future = drawn(self.start, draws=self.draws, seed=self.seed, begin=self._begin(quarter))
        return future.of(self.question.target)

    def _begin(self, quarter: Integers) -> Floats:
        first = self.question.terms.first_year
        begins = np.array([day_number(first_day(first, at)) for at in range(quarter.max() + 1)])
        starts = quarter != NEVER
        day = np.full(len(quarter), np.inf)
        day[starts] = begins[quarter[starts]]
        return np.where(self.question.lots.ready, -np.inf, day)

    def score(self, quarter: Integers) -> Score:
        """What the quarters (parcels,) of a plan give."""
        days = self.days(quarter)
        question, ends = self.question, self.ends
        counted = curves_of(
            question.town, question.target, days, ends, least_m2=question.terms.block_m2
        ).in_blocks_m2
        return Score(np.array([self._reached(aim, days, counted) for aim in self.aims]), counted)

    def _reached(self, aim: Aim, days: npt.NDArray[np.float32], counted: Floats) -> float:
        """The chance of one aim; ``counted`` (draws, years) is the land at the ends of years."""
        question, at = self.question, np.flatnonzero(self.ends == aim.day)
        if aim.least_block_m2 == question.terms.block_m2 and len(at):
            land = counted[:, at[0]]
        else:
            land = curves_of(
                question.town,
                question.target,
                days,
                np.array([aim.day]),
                least_m2=aim.least_block_m2,
            ).in_blocks_m2[:, 0]
        return float((land >= aim.goal_m2 - SLACK_MU * M2_PER_MU).mean())

    def importance(self, days: npt.NDArray[np.float32], aim: Aim) -> Importance:
        """What each parcel is to an aim, by the :meth:`days` of a plan."""
        question = self.question
        return importance(
            days,
            aim.day,
            question.target.weight_m2,
            links_within(question.town),
            theta_m2=aim.least_block_m2,
            goal_m2=aim.goal_m2,
            earlier_days=np.zeros(0),
        )

    @property
    def ends(self) -> Floats:
        """The last days of the years."""
        terms = self.question.terms
        return np.array([_year_end(terms.first_year + year) for year in range(terms.years)])


def _year_end(year: int) -> float:
    return day_number(date(year, 12, 31))


def trial_of(study: Study, question: Question, *, draws: int, seed: int) -> Trial:
    """Draws on which plans for a study are tried."""
    plan, terms, target = study.plan, question.terms, question.target
    last = _year_end(terms.first_year + terms.years - 1)
    until = EPOCH + timedelta(days=max(last, target.due))
    start = replace(starting(study, question.town), until=until)
    aims = [
        Aim(
            f"{terms.first_year + year}",
            _year_end(terms.first_year + year),
            float(least_m2),
            terms.block_m2,
        )
        for year, least_m2 in enumerate(terms.least_m2)
        if least_m2 > 0
    ]
    if target.due > day_number(plan.as_of):
        aims.append(Aim(target.id, target.due, target.goal_m2, target.least_block_m2))
    if not aims:  # nothing is asked: all land that the terms can give stands for it
        aims.append(Aim(f"{EPOCH + timedelta(days=last)}", last, target.goal_m2, terms.block_m2))
    return Trial(question, start, aims, draws, seed)


AIM_COLUMNS = ("aim", "date", "goal_mu", "p", "mu_p10", "mu_p50", "mu_p90")
"""An aim of a plan (the end of a year, or a goal), its chance on draws that the plan was not tuned
on, and the land in blocks at that time (of years; NaN where no year ends then)."""


def aims_table(trial: Trial, score: Score) -> pd.DataFrame:
    """The chances of the aims as a table, and the land at the ends of years."""
    rows = []
    for aim, chance in zip(trial.aims, score.reached, strict=True):
        at = np.flatnonzero(trial.ends == aim.day)
        land = score.land_m2[:, at[0]] / M2_PER_MU if len(at) else np.full(1, np.nan)
        quantiles = np.quantile(land, [0.1, 0.5, 0.9]).tolist()
        day = EPOCH + timedelta(days=aim.day)
        rows.append((aim.id, day, aim.goal_m2 / M2_PER_MU, float(chance), *quantiles))
    return pd.DataFrame(rows, columns=list(AIM_COLUMNS))
