"""Numbers and dates as people type them, read without guessing."""

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.units import AreaUnit
from geo.words import as_text

Precision = Literal["day", "month", "quarter", "half", "year"]

LONGEST: Final = 60
"""No number and no date takes more characters; longer cells are sentences."""

AREA_WORDS: Final[dict[str, AreaUnit]] = {
    **dict.fromkeys(("亩", "市亩", "畝", "mu"), "mu"),
    **dict.fromkeys(("平方米", "平米", "平方公尺", "m2", "sqm"), "m2"),
    **dict.fromkeys(("公顷", "公頃", "ha", "hm2"), "ha"),
    **dict.fromkeys(("万平方米", "万平米", "万m2", "萬平方公尺"), "ha"),  # 10⁴ m² as well
    **dict.fromkeys(("平方公里", "平方千米", "km2"), "km2"),
    **dict.fromkeys(("平方英尺", "sqft", "ft2"), "ft2"),
}
"""How units of area are written, folded by NFKC (㎡ becomes m2) and in lower case."""

_WORDS = "|".join(sorted(AREA_WORDS, key=len, reverse=True))
_N = r"(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.))(?:\.\d+)?(?:[eE][+-]?\d+)?"
_AT_LEAST = "(?:≥|≧|⩾|>=|>|不低于|不小于|不少于|不得低于|不得小于|不得少于|大于等于|大于|高于|至少)"
_AT_MOST = (
    "(?:≤|≦|⩽|<=|<|不高于|不大于|不超过|不得高于|不得大于|不得超过|小于等于|小于|低于|少于|至多)"
)
_NUMBER = re.compile(rf"(?P<one>[+-]?{_N})(?P<mark>%?)")
_RANGES = [
    re.compile(pattern)
    for pattern in (
        rf"(?P<low>{_N})(?P<first>%?)(?:-{{1,2}}|[–—―~〜至到]{{1,2}})(?P<high>{_N})(?P<mark>%?)",
        rf"(?P<low>{_N})(?P<first>%?)(?:≤|≦|⩽|<=|<)[^\d≤<]{{0,12}}(?:≤|≦|⩽|<=|<)"
        rf"(?P<high>{_N})(?P<mark>%?)",
        rf"{_AT_LEAST}(?P<low>{_N})(?P<first>%?)(?:[,;、且并及]|并且|and){_AT_MOST}"
        rf"(?P<high>{_N})(?P<mark>%?)",
        rf"{_AT_MOST}(?P<high>{_N})(?P<first>%?)(?:[,;、且并及]|并且|and){_AT_LEAST}"
        rf"(?P<low>{_N})(?P<mark>%?)",
        rf"(?:{_AT_LEAST}(?P<low>{_N})(?P<mark>%?))",
        rf"(?:{_AT_MOST}(?P<high>{_N})(?P<mark>%?))",
        rf"(?P<low>{_N})(?P<mark>%?)(?:\(含\))?及?以上",
        rf"(?P<high>{_N})(?P<mark>%?)(?:\(含\))?及?(?:以下|以内)",
    )
]
_ABOUT = re.compile(r"(?:大约|约为|约|≈|~)?(?P<rest>.*?)(?:左右|上下|余|多)?", re.DOTALL)
_UNIT = re.compile(rf"(?P<rest>.*?)(?P<about>余|多)?(?P<unit>{_WORDS})", re.IGNORECASE | re.DOTALL)


class Numbers(NamedTuple):
    """A column of numbers; where ``unreadable``, the cell held something else than one number.

    A range (``2.0-3.5``, ``3.5以下``) is not one number: it is unreadable too, and ``low`` and
    ``high`` keep its ends (NaN where it has none; of one number both are the number).
    ``approximate`` marks what says 约, and ``unit`` names the unit of area in the cell or is
    ``""``: values are in that unit.
    """

    values: npt.NDArray[np.float64]
    percent: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    approximate: npt.NDArray[np.bool_]
    unit: npt.NDArray[Any]

    @property
    def ranged(self) -> npt.NDArray[np.bool_]:
        """Where the cell held a range, or one end of it."""
        return self.unreadable & ~(np.isnan(self.low) & np.isnan(self.high))


class Number(NamedTuple):
    """One cell of :class:`Numbers`."""

    value: float = np.nan
    percent: bool = False
    unreadable: bool = False
    low: float = np.nan
    high: float = np.nan
    approximate: bool = False
    unit: AreaUnit | Literal[""] = ""


def parse_numbers(cells: pd.Series, *, area: bool = False) -> Numbers:
    """Read a column of numbers; blanks are NaN, ``210%`` is 2.1 and marked as a percentage.

    Full-width digits, thousands commas and 约 are understood; words are no numbers and are
    marked unreadable, and so is a unit, unless the column is one of ``area``.
    """
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        infinite = np.isinf(values)
        values, no = np.where(infinite, np.nan, values), np.zeros(len(values), bool)
        return Numbers(values, no, infinite, values, values, no, np.full(len(values), ""))
    texts = pa.array(as_text(cells), pa.large_string())
    plain = _plainly_numbers(texts)
    no = np.zeros(len(plain), bool)
    values = np.full(len(plain), np.nan)
    values[plain] = pc.cast(texts.filter(pa.array(plain)), pa.float64()).to_numpy()
    unit = np.full(len(plain), "", dtype=object)
    read = Numbers(values, no, no.copy(), values.copy(), values.copy(), no.copy(), unit)
    at, others = pd.factorize(texts.filter(pa.array(~plain)).to_numpy(zero_copy_only=False))
    parsed = list(zip(*(parse_number(text, area=area) for text in others), strict=True))
    for column, part in zip(read, parsed, strict=False):
        column[~plain] = np.array(part, dtype=column.dtype)[at]
    return read


def _plainly_numbers(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which cells are digits with at most a minus and a point: numbers, whoever reads them."""
    plain = pc.match_substring_regex(texts, r"^-?[0-9]{1,20}(\.[0-9]{1,20})?$")
    return np.asarray(plain.to_numpy(zero_copy_only=False), dtype=bool)


def readable(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Which cells are blank or one number."""
    plain = _plainly_numbers(texts)
    others = texts.filter(pa.array(~plain)).to_pylist()
    plain[~plain] = [not parse_number(cell).unreadable for cell in others]
    return plain


def parse_number(cell: str, *, area: bool = False) -> Number:
    """Read one cell as :func:`parse_numbers` does."""
    text = unicodedata.normalize("NFKC", cell).replace(" ", "")
    if not text:
        return Number()
    if len(text) > LONGEST:
        return Number(unreadable=True)
    bare, about, unit = _plain(text, area=area)
    if match := _NUMBER.fullmatch(bare):
        value = _value(match["one"], match["mark"])
        if not np.isfinite(value):
            return Number(unreadable=True)
        return Number(value, bool(match["mark"]), False, value, value, about, unit)
    return _range(bare)


def _plain(text: str, *, area: bool) -> tuple[str, bool, AreaUnit | Literal[""]]:
    """The number without its 约 and its unit, whether it had the one, and which was the other."""
    outer = _ABOUT.fullmatch(text)
    bare = outer["rest"] if outer else text
    about = bare != text
    match = _UNIT.fullmatch(bare) if area else None
    if match is None:
        return bare, about, ""
    return match["rest"], about or bool(match["about"]), AREA_WORDS[match["unit"].casefold()]


def _value(digits: str, mark: str) -> float:
    value = float(digits.replace(",", ""))
    return value / 100 if mark else value


def _range(text: str) -> Number:
    """A range by its ends; a mark of per cent stands behind both ends or the last."""
    for pattern in _RANGES:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        ends = match.groupdict()
        if ends.get("first") and not ends["mark"]:
            break
        low, high = (
            _value(ends[name], ends["mark"]) if ends.get(name) else np.nan
            for name in ("low", "high")
        )
        if low > high or np.isinf([low, high]).any():
            break
        return Number(np.nan, bool(ends["mark"]), True, low, high)
    return Number(unreadable=True)


class PartialDate(NamedTuple):
    """A date known to its precision: the first and the last day that it can mean."""

    first: date
    last: date
    precision: Precision


def as_known(first: date, precision: Precision) -> str:
    """A date as exactly as it is known: 2024-12-31, 2024-12, 2024-Q4, 2024-H2 or 2024."""
    if precision == "quarter":
        return f"{first.year}-Q{(first.month + 2) // 3}"
    if precision == "half":
        return f"{first.year}-H{(first.month + 5) // 6}"
    return first.isoformat()[: {"day": 10, "month": 7, "year": 4}[precision]]


def parse_date(cell: str) -> PartialDate | None:
    """Read a date in any form of which only one reading is possible; None if it is none.

    Days (``2024-12-31``, ``2024年12月31日``, ``20241231``, Excel's ``45657``, with a time or
    without), months (``2024.7``, ``202407``), quarters (``2024Q3``, ``2024年三季度``), half years
    and years, also in Chinese figures. 底, 初 or 旬 do not narrow a period: ``2023年底`` is the
    year. A period stands for its last day: what happened "in 2023" is sure to have happened only
    when 2023 is over. A date without a year, or with one of two digits, is refused.
    """
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text or len(text) > LONGEST:
        return None
    text = _CHINESE.sub(_arabic, re.sub(r"\s*([年月日号季])\s*", r"\1", text))
    for pattern, read in _FORMS:
        if match := pattern.fullmatch(text):
            try:
                return read(*(int(part) for part in match.groups() if part))
            except (ValueError, calendar.IllegalMonthError):
                return None
    return None


def _day(year: int, month: int, day: int) -> PartialDate:
    known = date(year, month, day)
    return PartialDate(known, known, "day")


def _span(year: int, month: int, months: int, precision: Precision) -> PartialDate:
    final = month + months - 1
    last = date(year, final, calendar.monthrange(year, final)[1])
    return PartialDate(date(year, month, 1), last, precision)


def _month(year: int, month: int) -> PartialDate:
    return _span(year, month, 1, "month")


def _quarter(year: int, quarter: int) -> PartialDate:
    return _span(year, quarter * 3 - 2, 3, "quarter")


def _first_half(year: int) -> PartialDate:
    return _span(year, 1, 6, "half")


def _second_half(year: int) -> PartialDate:
    return _span(year, 7, 6, "half")


def _year(year: int) -> PartialDate:
    return _span(year, 1, 12, "year")


EPOCH: Final = date(1899, 12, 30)
"""Day 0 of Excel's numbers from March 1900 on (Excel takes 1900 for a leap year)."""


def _serial(number: int) -> PartialDate:
    """Excel's number of a day, where it is one of 1990 to 2100."""
    known = EPOCH + timedelta(days=number)
    if not 1990 <= known.year <= 2100:
        raise ValueError
    return PartialDate(known, known, "day")


_OFFSET = r"(?: ?(?:Z|[+-]\d{2}(?::?\d{2})?))"
_TIME = (
    r"(?:(?:[T ]|(?<=[日号]))(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?\+08(?::?00)?)?"
    rf"|00:00(?::00(?:\.0+)?)?{_OFFSET}))?"
)
"""A time on a clock in China; of another one only midnight, as which date it is here depends."""

_FORMS: Final[list[tuple[re.Pattern[str], Callable[..., PartialDate]]]] = [
    (re.compile(rf"(\d{{4}})[-/.年](\d{{1,2}})[-/.月](\d{{1,2}})[日号]?{_TIME}"), _day),
    (re.compile(rf"((?:19|20)\d\d|2100)(\d\d)(\d\d){_TIME}"), _day),
    (re.compile(r"(\d{4})[-/.年](\d{1,2})(?:月(?:份|[初中末底]|[上中下]旬)?)?"), _month),
    (re.compile(r"((?:19|20)\d\d|2100)(0[1-9]|1[0-2])"), _month),
    (re.compile(r"(\d{4})年?[- ]?(?:第?([1-4])季度?|[Qq]([1-4]))"), _quarter),
    (re.compile(r"(\d{4})年?(?:上半年|[- ]?[Hh]1)"), _first_half),
    (re.compile(r"(\d{4})年?(?:下半年|[- ]?[Hh]2)"), _second_half),
    (re.compile(r"(\d{4})(?:年?年?[初中末底终]|年度?)?"), _year),
    (re.compile(r"(\d{5})(?:\.\d+)?"), _serial),
]
"""Every form of a date, and what it means; the first that fits is taken."""

_CHINESE = re.compile("[〇零○一二三四五六七八九十]+")
_FIGURES: Final = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))


def _arabic(figures: re.Match[str]) -> str:
    """Chinese figures in ours: 二〇二三 is 2023, 十二 is 12, 三十一 is 31."""
    tens, ten, ones = figures[0].partition("十")
    if "十" in ones:
        return figures[0]
    if not ten:
        return "".join(_FIGURES[figure] for figure in tens)
    digits = ["".join(_FIGURES[figure] for figure in part) for part in (tens or "一", ones or "〇")]
    return "".join(digits)
