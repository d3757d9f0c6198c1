"""Until when a ledger is complete: nine events in ten of what happened until then are recorded."""

import numpy as np
import pytest

from geo.forecast.delay import LONGEST_DELAY_DAYS, settled_day
from tests.towns import day, simulated_town

NONE = np.zeros(0)


def test_nine_events_in_ten_are_recorded_by_then():
    """Eleven events, recorded 0, 2, 4 … 20 days late: nine tenths within 18."""
    happened = 1000.0 + np.arange(11)
    recorded = happened + 2 * np.arange(11)
    assert settled_day(happened, recorded, 2000.0) == 1982


def test_a_ledger_without_delay_is_settled_at_once():
    days = np.array([100.0, 200.0])
    assert settled_day(days, days, 300.0) == 300
    assert settled_day(NONE, NONE, 300.0) == 300


def test_what_was_written_down_when_the_ledger_began_says_nothing():
    happened = np.array([10.0, 50.0, 400.0, 500.0])
    recorded = np.array([390.0, 390.0, 407.0, 507.0])
    assert settled_day(happened, recorded, 600.0) == 593
    assert settled_day(happened[:2], recorded[:2], 600.0) == 600


def test_what_is_recorded_later_is_not_known():
    happened, recorded = np.array([100.0, 100.0]), np.array([100.0, 160.0])
    assert settled_day(happened, recorded, 150.0) == 150
    assert settled_day(happened, recorded, 160.0) == 160 - 54


def test_a_ledger_that_is_told_years_late_keeps_its_last_half_year_from_being_lost():
    happened, recorded = np.array([0.0, 10.0, 20.0]), np.array([0.0, 1000.0, 1100.0])
    assert settled_day(happened, recorded, 2000.0) == 2000 - LONGEST_DELAY_DAYS


def test_the_settled_day_of_a_simulated_ledger():
    """Exponential delays of 30 days are over within 69 for nine in ten."""
    told = simulated_town(1, delay_days=30).told_at(day("2018-12-31"))
    days = (told[name].to_numpy().astype("datetime64[D]").astype(float) for name in DATES)
    found = settled_day(*days, day("2018-12-31"))
    assert found == pytest.approx(day("2018-12-31") - 30 * np.log(10), abs=6)


DATES = ("date", "recorded_at")
