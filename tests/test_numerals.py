"""Numbers, dates and names as people type them: read, or refused, but never guessed."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cells.numerals import parse_date, parse_number, parse_numbers
from geo.units import shown
from geo.words import as_text, hint, normal


def read(cell: object) -> tuple[float, bool, bool]:
    """Its value, whether it was per cent, and whether it was no number."""
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
            "3.5以下",
            "2.0-3.5",
            "30亩",
            "不予規定",
            "180%-200",
            "9" * 61,
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


@pytest.mark.parametrize(
    "cell", ["约1657", "约1,657", "大约 1657", "≈1657", "１６５７左右", "1657余", "约为1657"]
)
def test_an_approximate_number_is_read_and_marked(cell):
    number = parse_number(cell)
    assert (number.value, number.approximate, number.unreadable) == (1657, True, False)
    assert not parse_number("1657").approximate


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("3.5以下", None, 3.5),
        ("3.5（含）以下", None, 3.5),
        ("≤3.5", None, 3.5),
        ("不大于３．５", None, 3.5),
        ("2.0-3.5", 2.0, 3.5),
        ("2.0~3.5", 2.0, 3.5),
        ("２．０～３．５", 2.0, 3.5),
        ("2.0—3.5", 2.0, 3.5),
        ("2.0——3.5", 2.0, 3.5),
        ("2.0 至 3.5", 2.0, 3.5),
        ("不低于2.0", 2.0, None),
        ("2.0以上", 2.0, None),
        ("≥2.0且≤3.5", 2.0, 3.5),
        ("不高于3.5，不低于2.0", 2.0, 3.5),
        ("2.0≤容积率≤3.5", 2.0, 3.5),
        ("180~200", 180, 200),
        ("180%~200%", 1.8, 2.0),
        ("180-200%", 1.8, 2.0),
    ],
)
def test_a_range_is_no_number_but_its_ends_are_known(cell, low, high):
    numbers = parse_numbers(pd.Series([cell, "3.5", "?"], dtype=object))
    assert np.isnan(numbers.values[0])
    assert numbers.unreadable.tolist() == [True, False, True]
    assert numbers.ranged.tolist() == [True, False, False]
    ends = [None if np.isnan(end) else float(end) for end in (numbers.low[0], numbers.high[0])]
    assert ends == [low, high]
    assert (numbers.low[1], numbers.high[1]) == (3.5, 3.5)


@pytest.mark.parametrize("cell", ["3.5-2.0", "2.0-3.5-5", "≥3.5且≤2.0", "1e999以下"])
def test_what_is_no_range_either(cell):
    number = parse_number(cell)
    assert number.unreadable
    assert np.isnan([number.low, number.high]).all()


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("75.76亩", 75.76, "mu"),
        ("5.05公顷", 5.05, "ha"),
        ("1,200平方米", 1200, "m2"),
        ("1200㎡", 1200, "m2"),
        ("1200 m²", 1200, "m2"),
        ("1.2万㎡", 1.2, "ha"),
        ("0.5 KM2", 0.5, "km2"),
        ("30", 30, ""),
    ],
)
def test_an_area_may_carry_its_unit(cell, value, unit):
    number = parse_number(cell, area=True)
    assert (number.value, number.unit, number.unreadable) == (value, unit, False)
    assert parse_number(cell).unreadable is (unit != "")  # a plot ratio has no unit
    assert parse_number(f"约{cell}", area=True).approximate


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
        ("2023/7/1", date(2023, 7, 1), "day"),
        ("20230701", date(2023, 7, 1), "day"),
        ("2023年7月1号", date(2023, 7, 1), "day"),
        ("2023 年 7 月 1 日", date(2023, 7, 1), "day"),
        ("二〇二三年七月一日", date(2023, 7, 1), "day"),
        ("二○二三年十二月三十一日", date(2023, 12, 31), "day"),
        ("2023-07-01 12:30:00", date(2023, 7, 1), "day"),
        ("2023-07-01T12:30:00.5+08:00", date(2023, 7, 1), "day"),
        ("2023-07-01 00:00:00+00:00", date(2023, 7, 1), "day"),
        ("2023/7/1 8:05", date(2023, 7, 1), "day"),
        ("2023年7月1日 8:05", date(2023, 7, 1), "day"),
        ("45108", date(2023, 7, 1), "day"),
        ("45108.75", date(2023, 7, 1), "day"),
        ("32874", date(1990, 1, 1), "day"),
        ("73415", date(2100, 12, 31), "day"),
        ("202307", date(2023, 7, 31), "month"),
        ("2023年7月份", date(2023, 7, 31), "month"),
        ("2023年7月底", date(2023, 7, 31), "month"),
        ("2023年7月上旬", date(2023, 7, 31), "month"),
        ("2023年第三季度", date(2023, 9, 30), "quarter"),
        ("2023年三季度", date(2023, 9, 30), "quarter"),
        ("2023年第3季度", date(2023, 9, 30), "quarter"),
        ("2023Q3", date(2023, 9, 30), "quarter"),
        ("2023-q3", date(2023, 9, 30), "quarter"),
        ("2023年上半年", date(2023, 6, 30), "half"),
        ("2023下半年", date(2023, 12, 31), "half"),
        ("2023H1", date(2023, 6, 30), "half"),
        ("2023年底", date(2023, 12, 31), "year"),
        ("2023年年底", date(2023, 12, 31), "year"),
        ("2023年末", date(2023, 12, 31), "year"),
        ("2023年度", date(2023, 12, 31), "year"),
    ],
)
def test_a_date_means_its_last_day(cell, last, precision):
    assert parse_date(cell)[1:] == (last, precision)


@pytest.mark.parametrize(
    "cell",
    [
        *("", "2024-02-30", "2023-02-29", "2024-13", "2024-00", "0000", "2024-1-0"),
        *("24-01-01", "soon", "约2024年", "2024--01", "23.7.1", "23年7月", "7月1日", "三季度"),
        *("32873", "73416", "12345", "99999", "202313", "20231301", "20230230", "2023年第五季度"),
        *("2023Q5", "2023年二十月", "7/5/2023", "2023-07-01至2023-08-01", "2023.1 / 2023.10"),
        *("2023-07-01T16:30:00Z", "2023-07-01 12:30 +01:00", "2023年三十十月", "9" * 99),
    ],
)
def test_what_is_no_date_is_refused(cell):
    assert parse_date(cell) is None


@given(st.dates(date(1000, 1, 1)))
def test_every_day_reads_back(day):
    assert parse_date(day.isoformat()) == (day, day, "day")
    assert parse_date(f"{day:%Y/%m/%d}") == parse_date(f"{day} 08:30:00") == (day, day, "day")
    assert parse_date(f"{day.year}年{day.month}月{day.day}日") == (day, day, "day")
    assert parse_date(f"{day:%Y-%m}").first == day.replace(day=1)
    assert parse_date(f"{day:%Y-%m}").last == pd.Period(day, "M").end_time.date()


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_day_of_our_time_reads_back_in_every_form(day):
    serial = (day - date(1899, 12, 30)).days
    figures = "〇一二三四五六七八九"
    spoken = {n: ("" if n < 20 else figures[n // 10]) + ("十" if n > 9 else "") + (
        figures[n % 10] if n % 10 else "") for n in range(1, 32)}  # fmt: skip
    year = "".join(figures[int(digit)] for digit in str(day.year))
    forms = [f"{day:%Y%m%d}", str(serial), f"{year}年{spoken[day.month]}月{spoken[day.day]}日"]
    assert [parse_date(form) for form in forms] == [(day, day, "day")] * 3
    quarter = (day.month + 2) // 3
    period = pd.Period(day, "Q")
    for form in (f"{day.year}Q{quarter}", f"{day.year}年第{figures[quarter]}季度"):
        assert parse_date(form) == (period.start_time.date(), period.end_time.date(), "quarter")
    assert parse_date(f"{day:%Y%m}") == parse_date(f"{day:%Y.%m}") == parse_date(f"{day:%Y-%m}")


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
