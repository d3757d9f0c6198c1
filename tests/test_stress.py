"""Plans under stress: durations that are certain, one that is tossed, and brute force."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

import geo
from geo.errors import SequenceError
from geo.forecast.future import curves_of, drawn
from geo.forecast.measuring import day_number
from geo.forecast.parameters import Parameters
from geo.sequence.answer import Question, question_of, solved
from geo.sequence.case import case_of
from geo.sequence.stress import (
    FRESH_DRAWS,
    FRESH_SEED,
    quarters_of_units,
    refusals_of,
    stressed,
    swapped,
)
from geo.sequence.terms import NEVER, Schedule
from geo.sequence.trial import Score, Trial, aims_table, trial_of
from geo.sequence.verify import check_schedule
from geo.units import DAYS_PER_MONTH
from tests.sequenced import SEQUENCE, asked, sequenced

NODES = day_number(date(2000, 1, 1)) + np.arange(3) * 18_250.0
"""Half a century each."""


class Certain:
    """Every stage takes the same months for all parcels in a draw: ``months`` (draws, 4)."""

    def __init__(self, *months: list[float]) -> None:
        """One list of four for each draw; they take turns."""
        self.months = np.array(months)

    def draw(self, draws: int, seed: int, *, until: float) -> Parameters:
        """Parameters so steep that a stage takes its scale."""
        scale = np.log(self.months[np.arange(draws) % len(self.months)])
        nothing = np.zeros((draws, 4))
        return Parameters(
            log_scale=scale[:, None, :],
            shape=np.full((draws, 4), 1e6),
            nodes=NODES,
            clock=np.tile((NODES - NODES[0]) / DAYS_PER_MONTH, (draws, 1)),
            revert=nothing,
            withdraw=nothing,
            fall=np.ones((4, 4)),
        )


USUAL = [3.0, 6.0, 3.0, 3.0]
SLOW = [300.0] * 4
MILESTONES = "milestones = [{ year = 2025, mu = 60 }, { year = 2026, mu = 150 }]\n"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[geo.Study, Question]:
    """The plan of six parcels, with two milestones and a goal of 150 mu by the end of 2027."""
    return asked(sequenced(tmp_path_factory.mktemp("town"), SEQUENCE + MILESTONES))


@pytest.fixture(scope="module")
def found(town) -> Schedule:
    return solved(town[1], seed=1, time_limit_s=200, gap=1e-3)


def certain(town: tuple[geo.Study, Question], *months: list[float], draws: int = 10) -> Trial:
    """A trial in which nothing is left to luck; no parcel has any time behind it."""
    trial = trial_of(*town, draws=draws, seed=1)
    fresh = np.full(6, np.nan)
    standings = {key: one._replace(since=fresh) for key, one in trial.start.standings.items()}
    sure: Any = Certain(*months)
    return replace(trial, start=replace(trial.start, standings=standings, posterior=sure))


def quarters(**starts: int) -> np.ndarray:
    return np.array([starts.get(name, NEVER) for name in "ABCDEF"])


# -- by hand ---------------------------------------------------------------------------------------


def test_work_starts_with_the_quarter_and_takes_its_months(town):
    """B starts in April 2025 and is ready in July, E in January 2026 and in April 2027."""
    days = certain(town, USUAL).days(quarters(B=1, E=4))
    assert (days == days[0]).all()
    assert (days[0, :1] <= day_number(date(2024, 12, 31))).all()
    april, january = day_number(date(2025, 4, 1)), day_number(date(2026, 1, 1))
    assert days[0, 1] == pytest.approx(april + 3 * DAYS_PER_MONTH, abs=0.1)
    assert days[0, 4] == pytest.approx(january + 15 * DAYS_PER_MONTH, abs=0.1)
    assert np.isinf(days[0, [2, 3, 5]]).all()


def test_aims_of_certain_durations_are_met_or_not(town):
    """60 mu in 2025 from A and B; E and D come too late for 2026, and make 150 with C in 2027."""
    trial = certain(town, USUAL)
    assert [aim.id for aim in trial.aims] == ["2025", "2026", "all"]
    score = trial.score(quarters(B=0, C=3, D=5, E=4))
    table = aims_table(trial, score)
    assert table["p"].tolist() == [1, 0, 1]
    assert table["goal_mu"].tolist() == pytest.approx([60, 150, 150])
    assert table["mu_p50"].tolist() == pytest.approx([60, 90, 150])
    assert table["mu_p10"].tolist() == table["mu_p90"].tolist() == table["mu_p50"].tolist()
    assert [str(day) for day in table["date"]] == ["2025-12-31", "2026-12-31", "2027-12-31"]
    assert score.value == pytest.approx(2 / 3, abs=1e-6)


def test_a_toss_between_two_durations_is_half_a_chance(town):
    """In every second draw nothing but A is ever ready, which is no block of 60 mu.

    Otherwise D, which takes a year, is ready on New Year's Day of 2026.
    """
    trial = certain(town, USUAL, SLOW)
    table = aims_table(trial, trial.score(quarters(B=0, C=0, D=0, E=0)))
    assert table["p"].tolist() == [0.5, 0.5, 0.5]
    assert table["mu_p10"].tolist() == [0, 0, 0]
    assert table["mu_p90"].tolist() == pytest.approx([90, 150, 150])


def test_what_takes_the_plan_to_the_day_is_swapped_in(town):
    """In draws that are certain to be usual, 60 mu in 2025 need B then; D then is no neighbour."""
    trial = certain(town, USUAL)
    question = replace(town[1], terms=replace(town[1].terms, least_m2=np.zeros(3)))
    trial = replace(trial, question=question)
    case = case_of(question.lots, question.terms)
    unit = {case.owner[at]: name for at, name in enumerate("ABCDEF") if case.owner[at] >= 0}
    start = np.array([{"B": 2, "D": 0, "E": 0}.get(unit[at], 3) for at in range(len(unit))])
    before = trial.score(quarters_of_units(question, case, start))
    after, swaps = swapped(trial, case, start)
    assert swaps >= 1
    assert case.meets(after)
    score = trial.score(quarters_of_units(question, case, after))
    assert score.value > before.value
    assert before.reached.tolist() == [0, 0, 0]
    assert score.reached[0] == 1


def test_who_refuses_takes_what_only_they_hold_together(town):
    """A to E are ready in 2027, 150 mu: without C two blocks of 60 are left, without E 120."""
    trial = certain(town, USUAL)
    table = refusals_of(trial, quarters(B=0, C=0, D=0, E=0)).set_index("parcel_id")
    assert table["mu_lost"].to_dict() == pytest.approx({"B": 60, "C": 30, "D": 60, "E": 30})
    assert table["p_lost"].to_dict() == {"B": 1, "C": 1, "D": 1, "E": 1}
    assert table["year"].tolist() == [2025] * 4
    assert table["land_mu"].tolist() == pytest.approx([30] * 4)


# -- with luck -------------------------------------------------------------------------------------


def test_a_plan_that_starts_everything_at_once_is_the_forecast(town):
    """Its first quarter begins the day after the forecast does; which is all that differs."""
    trial = trial_of(*town, draws=300, seed=5)
    days = trial.days(np.array([NEVER, 0, 0, 0, 0, 0]))
    free = drawn(trial.start, draws=300, seed=5).of(town[1].target)
    both = np.isfinite(days) & np.isfinite(free)
    assert both.mean() > 0.5
    late = days[both] - free[both]  # a day of work, at the speed of another half year at most
    assert np.median(late) == pytest.approx(1, abs=0.3)
    assert late.max() < 15
    assert (days >= free).all()


def test_nothing_outside_the_plan_moves_and_what_is_ready_stays(town):
    days = trial_of(*town, draws=100, seed=5).days(quarters(C=0))
    assert np.isinf(days[:, [1, 3, 4, 5]]).all()
    assert (days[:, 0] <= day_number(date(2024, 12, 31))).all()
    assert np.isfinite(days[:, 2]).any()


def test_a_plan_without_a_start_is_what_is_ready(town):
    score = trial_of(*town, draws=20, seed=5).score(quarters())
    assert not score.land_m2.any()
    assert score.reached.tolist() == [0, 0, 0]


def test_one_seed_is_one_luck(town):
    start = quarters(B=0, C=1, D=2, E=4)

    def scores(seed: int) -> Score:
        return trial_of(*town, draws=100, seed=seed).score(start)

    assert scores(5).land_m2.tobytes() == scores(5).land_m2.tobytes()
    assert scores(5).land_m2.tobytes() != scores(6).land_m2.tobytes()


def test_a_chance_is_counted_at_the_day_and_in_the_blocks_of_its_aim(town):
    """The goal counts all land: A by itself, which is no block of the terms, is 30 mu of it."""
    trial = trial_of(*town, draws=200, seed=5)
    start = quarters(B=0, C=0, D=0, E=0)
    score, days = trial.score(start), trial.days(start)
    for aim, chance in zip(trial.aims, score.reached, strict=True):
        counted = []
        for draw in days:
            there = [at for at in range(6) if draw[at] <= aim.day]
            runs = np.split(there, np.flatnonzero(np.diff(there) > 1) + 1) if there else []
            counted.append(sum(30 * len(run) for run in runs if len(run) * 20_000 >= aim[3] - 1))
        assert chance == np.mean(np.array(counted) >= aim.goal_m2 / 20_000 * 30 - 0.01)
    ends = curves_of(town[0].plan and town[1].town, town[1].target, days, trial.ends, least_m2=4e4)
    assert (score.land_m2 == ends.in_blocks_m2).all()


def test_refusals_are_those_of_the_same_draws_without_the_parcel(town):
    trial = trial_of(*town, draws=200, seed=5)
    start = quarters(B=0, C=1, D=0, E=2)
    table = refusals_of(trial, start)
    whole = trial.score(start)
    for row in table.to_dict("records"):
        without = start.copy()
        without["ABCDEF".index(row["parcel_id"])] = NEVER
        other = trial.score(without)
        lost = (whole.land_m2[:, -1] - other.land_m2[:, -1]).mean() * 3 / 2000
        assert row["mu_lost"] == pytest.approx(lost)
        assert row["p_lost"] == pytest.approx((whole.reached - other.reached).max())
    assert table["p_lost"].is_monotonic_decreasing
    assert len(table) == 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_swaps_keep_to_every_term_and_make_the_tuning_draws_better(town, found, seed):
    study, question = town
    trial = trial_of(study, question, draws=100, seed=seed)
    case = case_of(question.lots, question.terms)
    year = np.where(found.start_quarter == NEVER, 3, found.start_quarter // 4)
    start = np.array([year[unit].min() for unit in case.units])
    after, swaps = swapped(trial, case, start)
    assert case.meets(after)
    before = trial.score(quarters_of_units(question, case, start)).value
    value = trial.score(quarters_of_units(question, case, after)).value
    assert value > before if swaps else value == before


def test_swaps_stop_when_they_are_told_to(town, found):
    case = case_of(town[1].lots, town[1].terms)
    start = np.full(len(case.units), 3)
    after, swaps = swapped(trial_of(*town, draws=20, seed=1), case, start, stop=lambda: True)
    assert (after.tolist(), swaps) == (start.tolist(), 0)


@pytest.fixture(scope="module")
def stress(town, found) -> Any:
    return stressed(*town, found, seed=1, time_limit_s=40)


def test_a_plan_is_scored_on_luck_that_it_was_not_tuned_on(town, found, stress):
    assert (stress.seed, stress.draws) == (1 + FRESH_SEED, FRESH_DRAWS)
    fresh = trial_of(*town, draws=FRESH_DRAWS, seed=1 + FRESH_SEED)
    assert stress.aims.equals(aims_table(fresh, fresh.score(found.start_quarter)))
    assert stress.aims["p"].between(0, 1).all()
    again = stressed(*town, found, seed=1, time_limit_s=40)
    assert again.aims.equals(stress.aims)
    assert again.swapped_aims.equals(stress.swapped_aims)


def test_the_surer_plan_keeps_to_every_term_and_to_the_bound(town, stress):
    question = town[1]
    assert check_schedule(question.lots, question.terms, stress.surer) == []
    assert stress.surer.gap >= 0


def test_what_forcing_costs_is_the_plan_that_is_made_again(town, found, stress):
    """F costs 30 a year: with it in, somebody else stays out or comes later."""
    lots, terms = town[1].lots, town[1].terms
    table = stress.forced
    assert set(table["forced"]) == {"in", "out"}
    changes = table.set_index(["parcel_id", "forced"])["mu_years"]
    for parcel, way, feasible, change in table[
        ["parcel_id", "forced", "feasible", "mu_years"]
    ].to_numpy():
        key = {"in": "locked_in", "out": "locked_out"}[way]
        at = lots.ids.index(parcel)
        other = replace(town[1], terms=replace(terms, **{key: (at,)}))
        try:
            again = solved(other, seed=2, time_limit_s=200, gap=1e-3)
        except SequenceError:
            assert not feasible
            assert np.isnan(change)
            continue
        assert feasible
        assert change == pytest.approx(again.mu_years - found.mu_years, abs=0.5)
        assert change <= 1e-6
    ways = stress.refusals.set_index("parcel_id")["way_round_mu_years"].dropna()
    for parcel, change in ways.items():
        assert change == changes[parcel, "out"]


def test_what_is_stopped_is_no_cost_of_forcing(town, found):
    told = stressed(*town, found, seed=1, time_limit_s=40, stop=lambda: True)
    assert told.forced.empty
    assert told.swaps == 0
    assert told.aims["p"].between(0, 1).all()
    assert told.refusals["way_round_mu_years"].isna().all()


def test_a_plan_whose_land_is_never_a_block_can_be_stressed(tmp_path):
    """Blocks of 200 mu are more than there is: no land counts, and nothing is divided by it."""
    stated = SEQUENCE.replace("block_mu = 60", "block_mu = 200")
    study, question = asked(sequenced(tmp_path, stated))
    plan = solved(question, seed=1, time_limit_s=20, gap=1e-3)
    assert plan.m2_years == 0
    told = stressed(study, question, plan, seed=1, time_limit_s=20)
    assert told.mu_years == [0, 0, 0]
    assert told.aims["aim"].tolist() == ["all"]


def test_one_parcel_alone_can_be_stressed(tmp_path):
    goal = '[[goals]]\nid = "all"\nname = "all"\nmu = 30\ndue = 2027-12-31\nstage = "cleared"\n'
    path = sequenced(
        *(tmp_path, SEQUENCE.replace("block_mu = 60", "block_mu = 20")),
        ids="A",
        told=[("A", "2024-09-30", "signed")],
        goal=goal,
        costs="parcel_id,cost\nA,10\n",
    )
    study, question = asked(path)
    plan = solved(question, seed=1, time_limit_s=20, gap=1e-3)
    told = stressed(study, question, plan, seed=1, time_limit_s=20)
    assert told.aims["p"].iat[0] > 0.9
    assert told.refusals["parcel_id"].tolist() == ["A"]
    assert told.refusals["mu_lost"].iat[0] == pytest.approx(told.aims["mu_p50"].iat[0], abs=3)


def test_a_question_may_be_asked_twice(town):
    again = question_of(town[0])
    assert again.lots.cost.tolist() == town[1].lots.cost.tolist()
