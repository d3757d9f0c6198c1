"""Periods of reporting: first and last day, id and name of the period that holds a date."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.periods import CADENCE_NAMES, CADENCES, period_of


@pytest.mark.parametrize(
    ("cadence", "day", "first", "last", "name", "zh", "en"),
    [
        ("day", "2024-12-31", "2024-12-31", "2024-12-31", "2024-12-31", "2024年12月31日",
         "31 December 2024"),
        ("week", "2024-12-29", "2024-12-23", "2024-12-29", "2024-W52", "2024年第52周",
         "week 52 of 2024"),
        ("week", "2024-12-31", "2024-12-30", "2025-01-05", "2025-W01", "2025年第1周",
         "week 1 of 2025"),
        # the leap year 2020 has a week 53, which ends in 2021
        ("week", "2020-12-28", "2020-12-28", "2021-01-03", "2020-W53", "2020年第53周",
         "week 53 of 2020"),
        ("week", "2021-01-03", "2020-12-28", "2021-01-03", "2020-W53", "2020年第53周",
         "week 53 of 2020"),
        ("week", "2024-02-29", "2024-02-26", "2024-03-03", "2024-W09", "2024年第9周",
         "week 9 of 2024"),
        ("month", "2024-02-01", "2024-02-01", "2024-02-29", "2024-02", "2024年2月",
         "February 2024"),
        ("month", "2024-12-31", "2024-12-01", "2024-12-31", "2024-12", "2024年12月",
         "December 2024"),
        ("quarter", "2024-01-01", "2024-01-01", "2024-03-31", "2024-Q1", "2024年第1季度",
         "quarter 1 of 2024"),
        ("quarter", "2024-12-31", "2024-10-01", "2024-12-31", "2024-Q4", "2024年第4季度",
         "quarter 4 of 2024"),
    ],
)  # fmt: skip
def test_a_period_by_hand(cadence, day, first, last, name, zh, en):
    period = period_of(cadence, date.fromisoformat(day))
    assert (str(period.first), str(period.last), period.id) == (first, last, name)
    assert (period.name.zh, period.name.en) == (zh, en)
    assert period.cadence == cadence
    assert period.eve == period.first - timedelta(days=1)


@given(st.sampled_from(CADENCES), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_periods_follow_each_other_without_a_gap(cadence, day):
    period = period_of(cadence, day)
    assert day in period
    assert period.first in period
    assert period.last in period
    assert period.eve not in period
    before, after = (
        period_of(cadence, other) for other in (period.eve, period.last + timedelta(days=1))
    )
    assert (before.last, after.first) == (period.eve, period.last + timedelta(days=1))
    assert before.id < period.id < after.id
    assert period_of(cadence, period.last) == period


def test_a_period_that_is_not_over_is_cut():
    month = period_of("month", date(2024, 12, 10))
    assert month.cut(date(2024, 12, 10)) == date(2024, 12, 10)
    assert month.cut(date(2025, 3, 1)) == date(2024, 12, 31)


def test_every_cadence_has_its_name_in_both_languages():
    assert {cadence: words.zh for cadence, words in CADENCE_NAMES.items()} == {
        "day": "日跟进",
        "week": "周调度",
        "month": "月协调",
        "quarter": "季总结",
    }
    assert all(words.en for words in CADENCE_NAMES.values())
