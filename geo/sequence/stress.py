"""Plans under stress: tried on fresh luck, made surer by swaps, and without those who refuse."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from geo.errors import SequenceError
from geo.forecast.town import Floats
from geo.sequence.answer import Question
from geo.sequence.case import Case, case_of
from geo.sequence.lots import Integers, Progress, Stop, Watch, unstopped, unwatched
from geo.sequence.quarters import quarters
from geo.sequence.schedule import schedule, schedule_of, starts_of
from geo.sequence.terms import NEVER, QUARTERS_A_YEAR, Schedule
from geo.sequence.trial import Score, Trial, aims_table, trial_of
from geo.study import Study
from geo.units import M2_PER_MU

TUNING_DRAWS: Final = 500
FRESH_DRAWS: Final = 2000
FRESH_SEED: Final = 7_919
"""What a plan is tuned on and what it is scored on never share their luck: their seeds differ."""

MOST_ROUNDS: Final = 20
MOST_TRIED: Final = 24
"""So many rounds of swaps, and so many swaps tried in each."""

SWAPS_TAKE: Final = 0.4
"""The share of the time that swaps usually take, for the bar."""

MOST_REFUSALS: Final = 10
MOST_WAYS_ROUND: Final = 3

REFUSAL_COLUMNS: Final = (
    *("parcel_id", "year", "land_mu", "mu_lost", "p_lost"),
    *("way_round_mu_years", "comes_in"),
)
"""A parcel whose refusal hurts: the expected land in mu that is missing in blocks at the end of the
last year, the most that the chance of an aim falls by; and for the worst of them what a plan made
without it gives, in mu-years less than the plan (NaN: not looked for), and who comes in."""

FORCE_COLUMNS: Final = ("parcel_id", "forced", "feasible", "mu_years", "gap")
"""What it costs to force a parcel ``in`` or ``out``, in mu-years, with the gap of that answer; NaN
where no plan that keeps the terms was found (``feasible`` is false)."""


@dataclass(frozen=True, slots=True)
class Stress:
    """What a plan is worth when luck decides, all on draws that it was not tuned on.

    ``aims`` and ``swapped_aims``: :data:`geo.sequence.trial.AIM_COLUMNS` of the plan and of the
    one that swaps have made surer, which is ``surer``;
    ``refusals``: :data:`REFUSAL_COLUMNS`; ``forced``: :data:`FORCE_COLUMNS`. ``mu_years`` are the
    P10, P50 and P90 of the land over the years.
    """

    seed: int
    draws: int
    aims: pd.DataFrame
    swapped_aims: pd.DataFrame
    surer: Schedule
    swaps: int
    mu_years: list[float]
    swapped_mu_years: list[float]
    refusals: pd.DataFrame
    forced: pd.DataFrame


def stressed(
    study: Study,
    question: Question,
    plan: Schedule,
    *,
    seed: int,
    time_limit_s: float,
    notify: Watch = unwatched,
    stop: Stop = unstopped,
) -> Stress:
    """Try a plan on fresh draws, swap parcels to make it surer, and look for ways round refusals.

    ``time_limit_s`` is shared by the plans that are made again without a parcel or with one.
    """
    tuning = trial_of(study, question, draws=TUNING_DRAWS, seed=seed)
    fresh = replace(tuning, draws=FRESH_DRAWS, seed=seed + FRESH_SEED)
    case = case_of(question.lots, question.terms)
    began = time.perf_counter()
    best, swaps = swapped(tuning, case, starts_of(case, plan), stop=stop)

    def told(done: float) -> None:
        share = SWAPS_TAKE + (1 - SWAPS_TAKE) * done
        notify(Progress(share, None, None, time.perf_counter() - began))

    told(0.0)
    surer = plan
    if swaps:  # the bound is that of all plans under the terms
        found = {name: getattr(plan, name) for name in ("bound", "status", "seconds", "seed")}
        surer = schedule_of(question.lots, question.terms, case, best, **found)
    before, after = fresh.score(plan.start_quarter), fresh.score(surer.start_quarter)
    refusals = refusals_of(fresh, plan.start_quarter)
    forced, ways = _forced(
        question, plan, refusals, time_limit_s=time_limit_s, seed=seed, told=told, stop=stop
    )
    return Stress(
        seed=fresh.seed,
        draws=fresh.draws,
        aims=aims_table(fresh, before),
        swapped_aims=aims_table(fresh, after),
        surer=surer,
        swaps=swaps,
        mu_years=_mu_years(before),
        swapped_mu_years=_mu_years(after),
        refusals=refusals.assign(**ways)[list(REFUSAL_COLUMNS)],
        forced=forced,
    )


def _mu_years(score: Score) -> list[float]:
    total: Floats = score.land_m2.sum(axis=1) / M2_PER_MU
    return [float(mu) for mu in np.quantile(total, [0.1, 0.5, 0.9])]


# --- swaps ---------------------------------------------------------------------------------


def quarters_of_units(question: Question, case: Case, start: Integers) -> Integers:
    """The start quarters (parcels,) of start years of units."""
    return quarters(question.lots, question.terms, case.start_of_parcels(start))[0]


def swapped(
    trial: Trial, case: Case, start: Integers, *, stop: Stop = unstopped
) -> tuple[Integers, int]:
    """Start years of units that reach the aims more surely on a trial's draws, and how many swaps.

    Parcels that help most if they were ready now are moved up, or taken in, in exchange for those
    whose loss would hurt least; each swap meets every term of the plan. The best of those tried in
    a round is kept, until none is better.
    """
    question, swaps = trial.question, 0
    best = trial.score(quarters_of_units(question, case, start)).value
    for _ in range(MOST_ROUNDS):
        found = None
        for tried in _candidates(trial, case, start):
            if stop():
                return start, swaps
            value = trial.score(quarters_of_units(question, case, tried)).value
            if value > best:
                best, found = value, tried
        if found is None:
            break
        start, swaps = found, swaps + 1
    return start, swaps


def _candidates(trial: Trial, case: Case, start: Integers) -> Iterator[Integers]:
    """Swaps that meet the terms, the most promising first."""
    gain, loss = _worth(trial, case, start)
    late = np.flatnonzero((gain > 0) & (start > case.rules.earliest))
    tried = 0
    for one in late[np.argsort(-gain[late], kind="stable")].tolist():
        for year in range(int(start[one]) - 1, int(case.rules.earliest[one]) - 1, -1):
            moved = _moved_up(case, start, one, year, loss)
            if case.meets(moved):
                tried += 1
                yield moved
            if tried >= MOST_TRIED:
                return


def _moved_up(case: Case, start: Integers, one: int, year: int, loss: Floats) -> Integers:
    """Start years in which a unit starts in an earlier year, and others make room for it.

    Those whose loss would hurt least for their money go, to the next year that can pay for them,
    or out of the plan. Whether the terms are met is for the caller to see.
    """
    rules, moved = case.rules, start.copy()
    moved[one] = year
    free = rules.budget - case.spent(moved)
    others = np.flatnonzero((start == year) & (rules.cost > 0))
    others = others[others != one]
    for other in others[np.argsort(loss[others] / rules.cost[others], kind="stable")].tolist():
        if free[year] >= 0:
            break
        later = np.flatnonzero(free[year + 1 :] >= rules.cost[other]) + year + 1
        to = int(later[0]) if len(later) else case.years
        if to > rules.latest[other] and not rules.optional[other]:
            continue
        moved[other] = to if to <= rules.latest[other] else case.years
        free[year] += rules.cost[other]
        free[to : to + 1] -= rules.cost[other]
    return moved


def _worth(trial: Trial, case: Case, start: Integers) -> tuple[Floats, Floats]:
    """What each unit adds to the aims if it is ready now, and takes if it is lost."""
    days = trial.days(quarters_of_units(trial.question, case, start))
    gain, loss = np.zeros(len(case.owner)), np.zeros(len(case.owner))
    for aim in trial.aims:
        found = trial.importance(days, aim)
        gain += (found.hits_now - found.hits) + (found.land_now_m2 - found.land_m2) * TIE
        loss += (found.hits - found.hits_lost) + (found.land_m2 - found.land_lost_m2) * TIE
    return tuple(  # type: ignore[return-value]
        np.array([values[unit].sum() for unit in case.units]) for values in (gain, loss)
    )


TIE: Final = 1e-7
"""Land in m² beside draws that reach an aim: where none does, land leads the way."""


# --- refusals ------------------------------------------------------------------------------


def refusals_of(trial: Trial, quarter: Integers) -> pd.DataFrame:
    """The parcels of a plan whose refusal hurts most, without the ways round them."""
    question = trial.question
    last = trial.aims[-1]._replace(
        day=float(trial.ends[-1]), least_block_m2=question.terms.block_m2
    )
    days = trial.days(quarter)
    found = trial.importance(days, last)
    lost = (found.land_m2 - found.land_lost_m2) / trial.draws / M2_PER_MU
    falls = np.zeros(len(quarter))
    for aim in trial.aims:
        of_aim = trial.importance(days, aim)
        falls = np.maximum(falls, (of_aim.hits - of_aim.hits_lost) / trial.draws)
    taken = np.flatnonzero((quarter != NEVER) & ~question.lots.ready)
    worst = taken[np.lexsort((-lost[taken], -falls[taken]))][:MOST_REFUSALS]
    ids = np.array(question.lots.ids, dtype=object)
    return pd.DataFrame(
        {
            "parcel_id": ids[worst],
            "year": question.terms.first_year + quarter[worst] // QUARTERS_A_YEAR,
            "land_mu": question.lots.land_m2[worst] / M2_PER_MU,
            "mu_lost": lost[worst],
            "p_lost": falls[worst],
            "at": worst,
        }
    )


def _forced(
    question: Question,
    plan: Schedule,
    refusals: pd.DataFrame,
    *,
    time_limit_s: float,
    seed: int,
    told: Callable[[float], None],
    stop: Stop,
) -> tuple[pd.DataFrame, dict[str, list[object]]]:
    """What plans without the worst refusals give, and plans with the largest parcels left out."""
    terms, lots = question.terms, question.lots
    left_out = np.flatnonzero(
        (plan.start_quarter == NEVER)
        & ~lots.ready
        & ~np.isin(np.arange(len(lots)), terms.locked_out)
    )
    largest = left_out[np.argsort(-lots.land_m2[left_out], kind="stable")][:MOST_WAYS_ROUND]
    worst = [at for at in refusals["at"].tolist() if at not in terms.locked_in][:MOST_WAYS_ROUND]
    each_s = time_limit_s / max(len(largest) + len(worst), 1)
    rows: list[tuple[str, str, bool, float, float]] = []
    ways: dict[str, list[object]] = {
        "way_round_mu_years": [float("nan")] * len(refusals),
        "comes_in": [""] * len(refusals),
    }
    forced = [(at, "out") for at in worst] + [(at, "in") for at in largest.tolist()]
    for number, (at, way) in enumerate(forced):
        told(number / len(forced))
        key = "locked_out" if way == "out" else "locked_in"
        other = replace(terms, **{key: (*getattr(terms, key), at)})  # type: ignore[arg-type]
        try:
            found = schedule(
                *(lots, other), time_limit_s=each_s, gap=1e-3, seed=seed, stop=stop, start=plan
            )
        except SequenceError:
            if stop():
                break
            rows.append((lots.ids[at], way, False, float("nan"), float("nan")))
            continue
        if found.status == "stopped":  # what was found by then says nothing of the cost
            break
        change = (found.m2_years - plan.m2_years) / M2_PER_MU
        rows.append((lots.ids[at], way, True, change, found.gap))
        if way == "out":
            row = refusals["at"].tolist().index(at)
            came = (found.start_quarter != NEVER) & (plan.start_quarter == NEVER)
            ways["way_round_mu_years"][row] = change
            ways["comes_in"][row] = ", ".join(np.array(lots.ids, dtype=object)[came])
    return pd.DataFrame(rows, columns=list(FORCE_COLUMNS)), ways
