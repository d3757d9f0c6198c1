"""Numbers and dates as people type them, read without guessing."""

import calendar
import re
import unicodedata
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.words import as_text

Precision = Literal["day", "month", "year"]

_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+|(?=\.))(\.\d+)?([eE][+-]?\d+)?")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?(?:[T ]00:00:00)?")


class Numbers(NamedTuple):
    """A column of numbers; where ``unreadable``, the cell held something else."""

    values: npt.NDArray[np.float64]
    percent: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]


def parse_numbers(cells: pd.Series) -> Numbers:
    """Read a column of numbers; blanks are NaN, ``210%`` is 2.1 and marked as a percentage.

    Full-width digits and thousands commas are understood; words, ranges and units are not
    numbers and are marked unreadable.
    """
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        infinite = np.isinf(values)
        return Numbers(np.where(infinite, np.nan, values), np.zeros(len(values), bool), infinite)
    parsed = [_number(cell) for cell in as_text(cells)]
    return Numbers(
        np.array([value for value, _, _ in parsed], dtype=np.float64),
        np.array([percent for _, percent, _ in parsed], dtype=bool),
        np.array([bad for _, _, bad in parsed], dtype=bool),
    )


def _number(cell: str) -> tuple[float, bool, bool]:
    text = unicodedata.normalize("NFKC", cell).replace(" ", "")
    if not text:
        return np.nan, False, False
    percent = text.endswith("%")
    digits = text.removesuffix("%")
    if not _NUMBER.fullmatch(digits):
        return np.nan, False, True
    value = float(digits.replace(",", ""))
    if not np.isfinite(value):
        return np.nan, False, True
    return (value / 100 if percent else value), percent, False


class PartialDate(NamedTuple):
    """A date known to the day, month or year: the first and the last day that it can mean."""

    first: date
    last: date
    precision: Precision


def parse_date(cell: str) -> PartialDate | None:
    """Read ``2024-12-31``, ``2024-12`` or ``2024`` (also with ``/ . 年月日``); None if it is none.

    A month or a year stands for its last day: what happened "in 2023" is sure to have happened
    only when 2023 is over.
    """
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if year is None or month is None:
            return (
                None if year is None else PartialDate(date(year, 1, 1), date(year, 12, 31), "year")
            )
        if day is None:
            last = calendar.monthrange(year, month)[1]
            return PartialDate(date(year, month, 1), date(year, month, last), "month")
        known = date(year, month, day)
        return PartialDate(known, known, "day")
    except (ValueError, calendar.IllegalMonthError):
        return None
