"""Backtests: figures by hand, nothing from the future, and calibration on towns of known truth."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks import forecast as bench
from geo.forecast.backtest import (
    BACKTEST_COLUMNS,
    SCORE_COLUMNS,
    Setting,
    backtest,
    half_yearly,
)
from geo.forecast.town import Target
from geo.units import M2_PER_MU
from tests.towns import day, forecasts, known_truth, learnt, simulated_town

BASE = day("2020-01-01")
MU = M2_PER_MU
TARGET = Target("goal", 7, np.full(4, 30 * MU), 0.0, 100 * MU, day("2024-01-01"))


def setting(*origins, as_of="2023-12-31", months=(12,)):
    return Setting(TARGET, BASE, [day(origin) for origin in origins], day(as_of), months)


def told(*lots):
    """A ledger of parcels of 30 mu each, given as the date of each and the date of its record."""
    table = pd.DataFrame(lots, columns=["date", "recorded"])
    days = {name: [day(cell) for cell in table[name]] for name in table}
    table = table.assign(**days)
    return lambda when: table[table["recorded"] <= when]


def counted(events, days):
    return np.array([30.0 * MU * (events["date"] <= when).sum() for when in days])


def says(*mu):
    """A forecast of the same draws for every day."""

    def simulate(events, origin, days, seed):
        return np.repeat(np.array(mu, dtype=float)[:, None] * MU, len(days), axis=1)

    return simulate


LEDGER = told(
    ("2020-01-01", "2020-01-01"),
    ("2020-07-01", "2021-02-01"),
    ("2021-06-30", "2021-06-30"),
)

# --- by hand ---------------------------------------------------------------------------------


def test_a_forecast_and_its_references_by_hand():
    """At the origin, 2020-12-31, only 30 mu are known; a year later it is 90."""
    done = backtest(LEDGER, counted, says(60, 80, 100), setting("2020-12-31"), seed=1)
    assert list(done.rows.columns) == list(BACKTEST_COLUMNS)
    (row,) = done.rows.to_dict("records")
    assert row["origin"] == day("2020-12-31")
    assert (row["horizon_months"], row["known_mu"]) == (12, 30)
    assert row["truth_mu"] == pytest.approx(90)
    assert (row["p10_mu"], row["p50_mu"], row["p90_mu"]) == pytest.approx((64, 80, 96))
    assert row["inside"]
    assert 0.5 <= row["pit"] <= 0.75
    # errors 30, 10, 10: 50/3; half the mean difference of pairs (20, 20, 40) is 40/3
    assert row["crps_mu"] == pytest.approx(50 / 3 - 40 / 3)
    # half of the four years to the goal, from 30 to 100 mu
    assert row["straight_mu"] == pytest.approx(65, abs=0.1)
    assert row["straight_error_mu"] == pytest.approx(25, abs=0.1)
    assert row["pace_mu"] == 30
    assert row["pace_error_mu"] == pytest.approx(60)


def test_the_past_pace_is_from_the_base_to_the_origin_and_ends_with_the_land():
    ledger = told(*[("2020-01-01", "2020-01-01")] * 2, *[("2020-06-01", "2020-06-01")] * 1)
    spans = setting("2020-12-31", months=(6, 12, 24))
    rows = backtest(ledger, counted, says(90), spans, seed=1).rows
    # 30 mu in a year, from 90 on: at most the 120 mu that there are
    assert rows["pace_mu"].tolist() == pytest.approx([105, 120, 120], abs=0.2)
    assert rows["straight_mu"].tolist() == pytest.approx([75, 80, 90], abs=0.2)


def test_the_straight_line_stays_at_the_goal_after_its_date():
    rows = backtest(
        LEDGER, counted, says(90), setting("2023-07-01", as_of="2030-12-31", months=(12,)), seed=1
    ).rows
    assert rows["straight_mu"].tolist() == pytest.approx([100])


# --- what may be known -----------------------------------------------------------------------


def test_a_forecast_sees_what_was_recorded_by_its_day_and_nothing_else():
    seen = {}

    def simulate(events, origin, days, seed):
        seen[origin] = events["recorded"].max()
        return np.zeros((2, len(days)))

    origins = ["2020-12-31", "2021-02-01", "2021-12-31"]
    rows = backtest(LEDGER, counted, simulate, setting(*origins), seed=1).rows
    assert list(seen.values()) == [day("2020-01-01"), day("2021-02-01"), day("2021-06-30")]
    assert rows["known_mu"].tolist() == [30, 60, 90]
    assert rows["truth_mu"].tolist() == pytest.approx([90, 90, 90])


def test_the_truth_is_what_is_known_as_of_the_day_asked():
    early = backtest(
        LEDGER, counted, says(90), setting("2020-06-30", as_of="2021-01-01", months=(6,)), seed=1
    )
    late = backtest(LEDGER, counted, says(90), setting("2020-06-30", months=(6,)), seed=1)
    assert (early.rows["truth_mu"].tolist(), late.rows["truth_mu"].tolist()) == ([30], [60])


def test_spans_without_an_end_and_origins_without_a_ledger_are_left_out():
    spans = setting("2019-01-01", "2020-01-01", "2022-06-30", "2023-06-30", months=(6, 12, 24))
    rows = backtest(LEDGER, counted, says(90, 90), spans, seed=1).rows
    assert rows["origin"].tolist() == [day("2022-06-30"), day("2022-06-30"), day("2023-06-30")]
    assert rows["horizon_months"].tolist() == [6, 12, 6]
    empty = backtest(told(), counted, says(90), spans, seed=1)
    assert empty.rows.empty
    assert empty.scores.empty
    assert list(empty.rows.columns) == list(BACKTEST_COLUMNS)


def test_spans_that_end_after_the_settled_day_are_left_out():
    spans = replace(setting("2020-12-31", months=(6, 12, 24)), settled=day("2022-06-30"))
    rows = backtest(LEDGER, counted, says(90), spans, seed=1).rows
    assert rows["horizon_months"].tolist() == [6, 12]


def test_no_backtest_is_said():
    done = backtest(LEDGER, counted, says(1), setting("2023-12-01"), seed=1, file="readiness.db")
    (said,) = done.findings
    assert (said.code, said.severity, said.file) == ("forecast.no-backtest", "info", "readiness.db")
    assert done.few
    assert done.pit_histogram.sum() == 0


def test_few_origins_are_said():
    origins = [f"2021-{month:02}-01" for month in range(1, 9)]
    enough = backtest(LEDGER, counted, says(90), setting(*origins), seed=1)
    assert not enough.few
    assert enough.findings == []
    done = backtest(LEDGER, counted, says(90), setting(*origins[1:]), seed=1, file="readiness.db")
    (said,) = done.findings
    assert (said.code, said.severity, said.file) == ("forecast.few-origins", "info", "readiness.db")
    assert said.seen == "7"
    assert "7" in said.message
    assert done.few


# --- scores ----------------------------------------------------------------------------------


def test_scores_count_what_overlaps_and_what_does_not():
    """Twelve origins half a year apart: spans of 12 months overlap, every second does not."""
    origins = half_yearly(BASE, day("2027-01-01"))
    assert len(origins) == 12
    whole = setting("2020-01-01", as_of="2027-01-01", months=(6, 12))
    done = backtest(LEDGER, counted, says(90, 90), replace(whole, origins=origins), seed=1)
    assert list(done.scores.columns) == list(SCORE_COLUMNS)
    assert done.scores["horizon_months"].tolist() == [6, 12, 0]
    assert done.scores["cases"].tolist() == [12, 11, 23]
    assert done.scores["apart"].tolist() == [12, 6, 6]
    assert done.pit_histogram.sum() == 23
    # of the first origin the second lot is not known, that of 90 mu comes half a year later
    assert done.scores["coverage"].tolist() == [1.0, 1.0, 1.0]
    assert done.scores["coverage_low"].tolist() == pytest.approx(
        [0.025 ** (1 / 12), 0.025 ** (1 / 11), 0.025 ** (1 / 23)]
    )
    assert done.scores["apart_low"].tolist() == pytest.approx(
        [0.025 ** (1 / 12), 0.025 ** (1 / 6), 0.025 ** (1 / 6)]
    )
    assert (done.scores["coverage_high"] == 1).all()


def test_skill_is_held_against_the_line_and_the_pace():
    done = backtest(LEDGER, counted, says(80), setting("2020-12-31", "2022-12-30"), seed=1)
    score = done.scores.iloc[-1]
    assert score["crps_mu"] == pytest.approx(10)
    assert score["straight_mu"] == pytest.approx((25 + 10) / 2, abs=0.2)
    assert score["skill_straight"] == pytest.approx(1 - 10 / score["straight_mu"])
    assert score["skill_pace"] == pytest.approx(1 - 10 / score["pace_mu"])


def test_a_town_that_stands_still_has_no_skill():
    still = told(("2020-01-01", "2020-01-01"))
    score = backtest(still, counted, says(30, 30), setting("2021-12-31"), seed=1).scores.iloc[0]
    assert score["coverage"] == 1
    assert math.isnan(score["skill_pace"])


def test_the_same_seed_gives_the_same_backtest():
    ways = [
        backtest(LEDGER, counted, says(90, 90), setting("2020-12-31"), seed=seed)
        for seed in (1, 1, 2)
    ]
    pd.testing.assert_frame_equal(ways[0].rows, ways[1].rows)
    assert ways[0].rows["pit"].tolist() != ways[2].rows["pit"].tolist()


# --- towns of known truth --------------------------------------------------------------------


@pytest.fixture(scope="module")
def towns():
    return [simulated_town(seed, sigma=0.45, delay_days=0) for seed in range(40)]


def judged(towns, parameters, **options):
    """All rows of one backtest of each town, by these parameters of it."""
    rows = []
    for at, town in enumerate(towns):
        simulate = forecasts(town, parameters(town, draws=150, **options))
        origin = day("2014-07-01") + 61 * (at % 6)
        asked = Setting(town.town.targets[0], town.opened, [origin], town.ends)
        rows.append(backtest(town.told_at, town.counted, simulate, asked, seed=at).rows)
    return pd.concat(rows)


def test_who_knows_the_truth_is_calibrated_and_who_forgets_the_common_speed_is_not(towns):
    right, sure = judged(towns, known_truth), judged(towns, known_truth, believed_sigma=1e-9)
    assert 0.7 < right["inside"].mean() < 0.9
    assert sure["inside"].mean() < 0.65
    assert right["crps_mu"].mean() < 0.95 * sure["crps_mu"].mean()
    assert 0.4 < right["pit"].mean() < 0.6


def test_what_is_learnt_from_a_ledger_is_calibrated_and_independent_parcels_are_not():
    """The whole chain: ledger, durations, waits, land in blocks. benchmarks/forecast.md has 320."""
    land = {"across": 24, "up": 16}
    told = [simulated_town(seed, sigma=0.45, reverts=0.003, **land) for seed in range(14)]
    ours, alone = judged(told, learnt), judged(told, learnt, common_speed=False)
    assert 0.65 < ours["inside"].mean() < 0.95
    assert alone["inside"].mean() < 0.6
    assert ours["crps_mu"].mean() < 0.9 * alone["crps_mu"].mean()
    assert ours["crps_mu"].mean() < 0.5 * ours["straight_error_mu"].mean()
    assert ours["crps_mu"].mean() < 0.6 * ours["pace_error_mu"].mean()


def test_what_is_not_recorded_yet_is_not_taken_for_a_slower_pace():
    told = [simulated_town(seed, sigma=0.3, delay_days=60) for seed in range(6)]
    settled, hasty = judged(told, learnt), judged(told, learnt, settled=False)
    assert settled["crps_mu"].mean() < 0.9 * hasty["crps_mu"].mean()
    assert 0.45 < settled["pit"].mean() < hasty["pit"].mean() - 0.05


# --- the benchmark ---------------------------------------------------------------------------


def test_the_benchmark_tells_every_case():
    """One small town stands for all: every table is there, and every cell is filled."""
    job = bench.Job("0.10", 1, {"across": 8, "up": 6}, tuple(bench.WAYS), 20)
    rows = bench.done(job)
    assert rows.groupby("way").size().to_dict() == dict.fromkeys(bench.WAYS, 3)
    cases = [*(f"{sigma:.2f}" for sigma in bench.SIGMAS), *bench.CHANGES]
    every = pd.concat([rows.assign(case=case, town=at) for case in cases for at in range(3)])
    text = bench.page(every, 20, 60.0)
    assert "12 forecasts" not in text
    assert "36 forecasts by landready" in text
    tables = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(cell.strip() for line in tables for cell in line.strip("|").split("|"))
    assert all(any(line.startswith(f"| {case} |") for line in tables) for case in cases)
    assert len(list(bench.jobs(80, 300))) == 320 + 7 * 40
