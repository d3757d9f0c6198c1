"""Numbers, dates and names as people type them: read, or refused, but never guessed."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.numerals import parse_date, parse_numbers
from geo.units import shown
from geo.words import as_text, hint, normal


def read(cell: object) -> tuple[float, bool, bool]:
    column = parse_numbers(pd.Series([cell], dtype=object))
    return float(column.values[0]), bool(column.percent[0]), bool(column.unreadable[0])


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2888", 2888),
        ("2,888", 2888),
        ("1,234,567.5", 1234567.5),
        ("１２", 12),
        ("３．５", 3.5),
        ("２，８８８", 2888),
        (" 3.5 ", 3.5),
        ("1 657", 1657),
        (".5", 0.5),
        ("-2", -2),
        ("+2", 2),
        ("1e3", 1000),
        (3.5, 3.5),
        (7, 7),
        ("0", 0),
    ],
)
def test_a_number_is_read(cell, value):
    assert read(cell) == (value, False, False)


@pytest.mark.parametrize(("cell", "value"), [("210%", 2.1), ("２１０％", 2.1), ("47.1 %", 0.471)])
def test_a_percentage_is_marked(cell, value):
    number, percent, unreadable = read(cell)
    assert (number, percent, unreadable) == (pytest.approx(value), True, False)


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "约1657",
            "3.5以下",
            "2.0-3.5",
            "30亩",
            "亩",
            "1,23",
            "12,3456",
            "1.2.3",
            "1_000",
            "0x10",
        ),
        *("%", "-", ".", ".e5", "e5", "E12", "inf", "nan", "1e999", True),
    ],
)
def test_what_is_no_number_is_refused(cell):
    value, _, unreadable = read(cell)
    assert np.isnan(value)
    assert unreadable


@pytest.mark.parametrize("cell", ["", "   ", None, np.nan, pd.NA])
def test_a_blank_is_unknown_and_no_fault(cell):
    value, percent, unreadable = read(cell)
    assert np.isnan(value)
    assert not (percent or unreadable)


def test_a_column_of_numbers_passes_as_it_is():
    column = parse_numbers(pd.Series([1.5, np.nan, np.inf]))
    np.testing.assert_array_equal(column.values, [1.5, np.nan, np.nan])
    assert column.unreadable.tolist() == [False, False, True]
    integers = parse_numbers(pd.Series([1, None], dtype="Int64"))
    np.testing.assert_array_equal(integers.values, [1, np.nan])


@given(st.integers(-(10**12), 10**12), st.booleans())
def test_what_is_shown_reads_back(hundredths, grouped):
    """shown → parse is a round trip, with thousands commas or without."""
    value = hundredths / 100
    assert read(shown(value, 2, grouped=grouped)) == (value, False, False)


@pytest.mark.parametrize(
    ("cell", "last", "precision"),
    [
        ("2024-12-31", date(2024, 12, 31), "day"),
        ("2024/2/9", date(2024, 2, 9), "day"),
        ("2024.02.09", date(2024, 2, 9), "day"),
        ("2024年2月9日", date(2024, 2, 9), "day"),
        ("２０２４年２月９日", date(2024, 2, 9), "day"),
        (" 2024-02-09 ", date(2024, 2, 9), "day"),
        ("2024-02-09 00:00:00", date(2024, 2, 9), "day"),
        ("2024-02-09T00:00:00", date(2024, 2, 9), "day"),
        ("2023.7", date(2023, 7, 31), "month"),
        ("2023年7月", date(2023, 7, 31), "month"),
        ("2024-02", date(2024, 2, 29), "month"),
        ("2023-02", date(2023, 2, 28), "month"),
        ("2023", date(2023, 12, 31), "year"),
        ("2023年", date(2023, 12, 31), "year"),
    ],
)
def test_a_date_means_its_last_day(cell, last, precision):
    assert parse_date(cell)[1:] == (last, precision)


@pytest.mark.parametrize(
    "cell",
    [
        *("", "45108", "2024-02-30", "2023-02-29", "2024-13", "2024-00", "0000", "2024-1-0"),
        *("24-01-01", "soon", "2024-01-01 12:30:00", "约2024年", "2024--01", "20240101"),
    ],
)
def test_what_is_no_date_is_refused(cell):
    assert parse_date(cell) is None


@given(st.dates(date(1000, 1, 1)))
def test_every_day_reads_back(day):
    assert parse_date(day.isoformat()) == (day, day, "day")
    assert parse_date(f"{day.year}年{day.month}月{day.day}日") == (day, day, "day")
    assert parse_date(f"{day:%Y-%m}").first == day.replace(day=1)
    assert parse_date(f"{day:%Y-%m}").last == pd.Period(day, "M").end_time.date()


def test_names_are_compared_without_width_and_case():
    assert normal("　ＬＭ－Ａ０１ ") == normal("lm-a01") == "lm-a01"
    assert normal("净地 ") == "净地"


def test_a_hint_names_the_nearest_or_nothing():
    assert hint("plot_ration", ["plot_ratio", "zone"])["hint"] == "; did you mean 'plot_ratio'?"
    assert hint("plot_ration", ["plot_ratio"])["hint_zh"] == "；是否指 'plot_ratio'？"
    assert hint("zzz", ["plot_ratio"]) == {"hint": "", "hint_zh": ""}
    assert hint("zzz", []) == {"hint": "", "hint_zh": ""}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1001.0, np.nan, 1.5], ["1001", "", "1.5"]),  # a reader's integer column with a blank
        ([441900115001.0, 1e20], ["441900115001", "1e+20"]),
        (["  LM-A01 ", None, "0101"], ["LM-A01", "", "0101"]),
        ([np.inf], ["inf"]),
        ([], []),
    ],
)
def test_cells_become_text(cells, expected):
    assert as_text(pd.Series(cells)).tolist() == expected


def test_text_keeps_the_index():
    assert as_text(pd.Series([1.0, 2.0], index=[7, 3])).to_dict() == {7: "1", 3: "2"}
    assert as_text(pd.Series([1, None], dtype="Int64")).tolist() == ["1", ""]
