"""Rows that total others (合计): told from data, and held against what they total."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from geo.cells.numerals import parse_number
from geo.units import M2_PER_UNIT, AreaUnit

Kind = Literal["total", "subtotal"]

LIKELY: Final = "(?i)[计計和]|total|sum"
"""No total is without one of these; most cells are, and need no closer look."""

_LIKELY = re.compile(LIKELY)

LONGEST: Final = 40
"""A cell with more characters is a remark."""

_SUBTOTAL = re.compile(
    r".{0,12}?(小计|小計)(\(.*\))?|.{1,12}?(合计|总计|合計|總計)(\(.*\))?|sub-?total"
)
_TOTAL = re.compile(r"(合计|总计|共计|总和|总合计|合計|總計|共計)(\(.*\))?|(grand)?total|sum")

SLACK: Final = 1e-12
"""What the binary fractions of a workbook may add to a sum, relative to it."""


def total_kind(word: str) -> Kind | None:
    """Whether a cell says that its row is a total of all rows, of some, or is none."""
    if len(word) > LONGEST or not _LIKELY.search(word):
        return None
    text = re.sub(r"[\s:、.。]", "", unicodedata.normalize("NFKC", word)).casefold()
    if _TOTAL.fullmatch(text):
        return "total"
    return "subtotal" if _SUBTOTAL.fullmatch(text) else None


class CheckSum(NamedTuple):
    """A stated total beside the sum of its rows; ``slack`` is what rounding may explain."""

    stated: float
    summed: float
    slack: float

    @property
    def exact(self) -> bool:
        """Whether both are one number."""
        return abs(self.stated - self.summed) <= SLACK * max(abs(self.stated), abs(self.summed))

    @property
    def holds(self) -> bool:
        """Whether both are one number but for rounding, half a unit of the last place a row."""
        return self.exact or abs(self.stated - self.summed) <= self.slack


def check_sum(stated: str, rows: Iterable[str], unit: AreaUnit | None = None) -> CheckSum | None:
    """Hold a stated total against its rows; None where it, or the rows, are no such numbers.

    Every figure may be rounded in its last shown place, so each allows for half a unit of it.
    ``unit`` is that of the column, in which cells stand that state none (30 beside 20000㎡).
    """
    total = parse_number(stated, area=True)
    cells = [(cell, parse_number(cell, area=True)) for cell in rows if cell.strip()]
    numbers = [(cell, number) for cell, number in cells if not number.unreadable]
    units = {number.unit or unit for _, number in numbers} | {total.unit or unit}
    marked = any(number.percent for _, number in numbers) or total.percent
    if math.isnan(total.value) or not numbers or marked or (len(units) > 1 and None in units):
        return None
    own = total.unit or unit
    factors = [_times(number.unit or unit, own) for _, number in numbers]
    summed = math.fsum(
        number.value * factor for (_, number), factor in zip(numbers, factors, strict=True)
    )
    slack = math.fsum(
        _half_unit(cell) * factor for (cell, _), factor in zip(numbers, factors, strict=True)
    )
    return CheckSum(total.value, summed, (slack + _half_unit(stated)) * (1 + SLACK))


def _times(unit: AreaUnit | None, other: AreaUnit | None) -> float:
    """How many of the other unit one is."""
    return 1.0 if unit is None or other is None else M2_PER_UNIT[unit] / M2_PER_UNIT[other]


def _half_unit(cell: str) -> float:
    """Half a unit of the last place that a figure shows."""
    match = re.search(r"\.(\d+)", unicodedata.normalize("NFKC", cell))
    return 0.5 * 10.0 ** -(len(match[1]) if match else 0)


def totalled(kinds: Sequence[Kind | None], at: int) -> list[list[int]]:
    """The rows that the total at ``at`` may stand for, the likeliest first.

    A total stands for all rows, or for those since the last total (tables of several pages); a
    subtotal for those since the last total of any kind, for those up to the next (where it
    stands above its rows), or for all.
    """
    every = [row for row, kind in enumerate(kinds) if kind is None]
    stops = [row for row, kind in enumerate(kinds) if kind is not None]
    before = max((stop for stop in stops if stop < at), default=-1)
    after = min((stop for stop in stops if stop > at), default=len(kinds))
    above = [row for row in every if before < row < at]
    below = [row for row in every if at < row < after]
    choices = [every, above] if kinds[at] == "total" else [above, below, every]
    return [rows for rows in choices if rows]
