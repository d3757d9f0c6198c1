"""Goals: how many mu, how many are missing, and whether time is left."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.progress import PROGRESS_COLUMNS, counting, elapsed_share, goal_progress, report_dates
from tests.makers import M2_PER_MU, goal

BASE, NOW = date(2023, 1, 1), date(2024, 12, 31)
THREE_YEARS, FIVE_YEARS = date(2025, 12, 31), date(2027, 12, 31)


def state(counted_mu, /, *, on=NOW, at_base=0.0, yellow_from=0.8, **values):
    return goal_progress(
        goal(**values),
        on=on,
        base_date=BASE,
        counted_mu=counted_mu,
        counted_at_base_mu=at_base,
        yellow_from=yellow_from,
    )


def test_two_of_three_years_are_two_thirds():
    assert elapsed_share(NOW, BASE, THREE_YEARS) == 2 / 3
    assert elapsed_share(NOW, BASE, FIVE_YEARS) == 0.4
    assert elapsed_share(BASE, BASE, THREE_YEARS) == 0
    assert elapsed_share(date(2030, 1, 1), BASE, THREE_YEARS) == 1
    assert elapsed_share(date(2020, 1, 1), BASE, THREE_YEARS) == 0


@pytest.mark.parametrize(
    ("mu", "due", "pace"), [(2000, THREE_YEARS, 2000 / 3), (4500, FIVE_YEARS, 900)]
)
def test_the_pace_that_was_needed_from_the_start(mu, due, pace):
    assert state(0, on=BASE, mu=mu, due=due)["required_pace"] == pytest.approx(pace, abs=1e-9)


def test_paces_by_hand():
    """619 mu in three years are 206 a year; 1000 of 2000 mu after two leave 1000 in one."""
    assert state(619, on=THREE_YEARS)["pace"] == pytest.approx(206.33, abs=0.005)
    half = state(1000)
    assert half["gap_mu"] == 1000
    assert half["share"] == 0.5
    assert half["required_pace"] == pytest.approx(1000)
    assert half["pace"] == pytest.approx(500)
    assert state(1000, at_base=400)["pace"] == pytest.approx(300)


@pytest.mark.parametrize(
    ("mu", "light"),
    [
        (2000, "green"),
        (1334, "green"),  # two thirds of the time, two thirds of the land
        (1333, "yellow"),
        (1067, "yellow"),  # 80 % of two thirds
        (1066, "red"),
        (0, "red"),
    ],
)
def test_the_light_compares_land_and_time(mu, light):
    assert state(mu)["light"] == light


@pytest.mark.parametrize(("yellow_from", "light"), [(0.5, "yellow"), (0.8, "red"), (0, "yellow")])
def test_when_red_begins_is_a_setting(yellow_from, light):
    assert state(700, yellow_from=yellow_from)["light"] == light


def test_at_the_start_nothing_is_late():
    assert state(0, on=BASE)["light"] == "green"


@pytest.mark.parametrize("on", [THREE_YEARS, date(2026, 6, 1)])
def test_a_goal_that_is_due_is_reached_or_red(on):
    missed = state(1999, on=on)
    assert missed["light"] == "red"
    assert missed["gap_mu"] == 1
    assert np.isnan(missed["required_pace"])  # no pace helps any more
    assert state(2000, on=on)["light"] == "green"
    assert state(2000, on=on)["elapsed_share"] == 1


def test_a_goal_is_reached_to_the_square_metre():
    metre = 1 / M2_PER_MU
    reached = state(2000 - 0.9 * metre)
    assert (reached["gap_mu"], reached["share"], reached["light"]) == (0, 1, "green")
    assert reached["required_pace"] == 0
    missed = state(2000 - 1.1 * metre, on=THREE_YEARS)
    assert missed["gap_mu"] == pytest.approx(1.1 * metre)
    assert missed["share"] < 1
    assert missed["light"] == "red"


def test_more_than_the_goal_is_more_than_all():
    more = state(2500)
    assert (more["gap_mu"], more["share"], more["light"]) == (0, 1.25, "green")


def test_a_state_has_the_columns_of_the_table():
    beside = {"self_reported_mu", "small_blocks_mu"}
    assert {*state(0)} == {*PROGRESS_COLUMNS} - beside


def test_self_reported_land_counts_where_the_goal_says_so():
    rung, shown = np.array([3, 3, 2, 0]), np.array([3, 1, 2, 0])
    strict = counting(goal(), from_rung=3, rung=rung, evidenced_rung=shown)
    trusting = counting(
        goal(count_self_reported=True), from_rung=3, rung=rung, evidenced_rung=shown
    )
    assert strict.tolist() == [True, False, False, False]
    assert trusting.tolist() == [True, True, False, False]


def test_progress_is_told_for_quarters_and_due_dates():
    days = report_dates(date(2023, 11, 15), date(2024, 7, 1), [date(2024, 2, 29), THREE_YEARS])
    assert [str(day) for day in days] == [
        "2023-11-15",
        "2023-12-31",
        "2024-02-29",
        "2024-03-31",
        "2024-06-30",
        "2024-07-01",
    ]
    assert report_dates(BASE, BASE, [THREE_YEARS]) == [BASE]


@settings(max_examples=50)
@given(st.dates(BASE, date(2030, 1, 1)), st.floats(0, 3000), st.floats(0, 1))
def test_less_land_is_never_a_better_light(on, mu, part):
    order = ["red", "yellow", "green"]
    more, less = state(mu, on=on), state(mu * part, on=on)
    assert order.index(less["light"]) <= order.index(more["light"])
    assert less["gap_mu"] >= more["gap_mu"]
    assert more["gap_mu"] == 0 or more["gap_mu"] + more["counted_mu"] == pytest.approx(2000)
