"""Numbers of claims as people write them: 9亿元, 近4万平方米, 103%, 2,888亩."""

import math
import re
import unicodedata
from decimal import Decimal
from typing import Final, NamedTuple

from geo.cells.numerals import LONGEST, parse_number
from geo.claims.claim import QUALIFIER_WORDS, QUALIFIERS, SPELLINGS, UNITS, Kind
from geo.plan.kinds import MOST_PLOT_RATIO
from geo.plan.measures import SCALE_WORDS, SCALES, Dimension, parse_unit, scaled
from geo.text import Words
from geo.units import M2_PER_UNIT
from geo.words import normal

MORE_THAN_ALL: Final = 1000.0
"""No share is so many per cent; such a figure lacks its decimal point."""

SHARE_BELOW: Final = 1.5
"""So few per cent may be a share that was not multiplied by 100: 1.03 for 103 %."""

MOST: Final = 1e15
LEAST: Final = 1e-9
"""No land has more m² (the Earth has half of it), no money more CNY; and nothing so little."""

_SCALABLE: Final[tuple[Kind, ...]] = ("area", "money", "count")
_MONEY: Final[dict[Dimension, str]] = {("money",): "CNY", ("money", "time"): "CNY/year"}


class Unit(NamedTuple):
    """A unit by the name that we have for it, and how many of it one of the cell's is."""

    name: str
    scale: float = 1.0


class Quantity(NamedTuple):
    """What a cell of a known unit holds.

    ``value`` is NaN where there is no number that can be meant; ``differs`` says that the cell
    states another unit than its row, ``problem`` why a number cannot be meant. ``qualifier`` is
    what stands before the number. ``step`` and ``rough`` are those of a claim.
    """

    value: float = math.nan
    step: float = math.nan
    rough: float = math.nan
    qualifier: str = ""
    approximate: bool = False
    differs: bool = False
    problem: Words | None = None


def unit_of(cell: str) -> Unit:
    """A unit as it may be written; what is unknown stays as it is."""
    text = normal(cell)
    scale, rest = scaled(text)
    name = SPELLINGS.get(rest, "")
    if scale != 1 and UNITS.get(name) in _SCALABLE:
        return Unit(name, scale)
    if text in SPELLINGS:
        return Unit(SPELLINGS[text])
    try:
        measure = parse_unit(text)
    except ValueError:
        return Unit(cell)
    money = _MONEY.get(measure.dimension) if measure.currency == "CNY" else None
    return Unit(money, measure.factor) if money else Unit(cell)


def qualifier_of(cell: str) -> str:
    """A qualifier by the name that we have for it; what is unknown stays as it is."""
    text = normal(cell)
    name = re.sub(r"[\s-]+", "_", text)
    return name if name in QUALIFIERS else QUALIFIER_WORDS.get(text, text)


def quantity_of(cell: str, unit: Unit, figures: int, *, bare: bool) -> Quantity:
    """The number of a cell in units of its row; ``bare`` where no column qualifies it."""
    kind = UNITS.get(unit.name)
    text = normal(cell).replace(" ", "")
    if kind in (None, "date", "stage", "text") or len(text) > LONGEST:
        return Quantity()
    qualifier, text = _qualified(text) if bare else ("", text)
    text, scale = _unscaled(text, unit)
    read = parse_number(text, area=kind == "area")
    if read.unit not in ("", unit.name) or (read.percent and unit.name != "percent"):
        return Quantity(differs=True)
    scale = 1.0 if read.unit else scale  # it states a unit of its own
    value = read.value * 100 if read.percent else read.value
    if (problem := _implausible(value * scale, unit.name)) or not math.isfinite(value):
        return Quantity(problem=problem)
    step, rough = _steps(value, text, figures)
    return Quantity(value * scale, step * scale, rough * scale, qualifier, read.approximate)


_PREFIX: Final = re.compile(
    "(?P<word>{})(?=[0-9.])(?P<rest>.+)".format(
        "|".join(
            re.escape(word)
            for word in sorted(QUALIFIER_WORDS, key=len, reverse=True)
            if QUALIFIER_WORDS[word] not in ("about", "exact")  # 约 is read as part of a number
        )
    )
)
_WITH_UNIT: Final = re.compile(
    rf"(?P<number>.*\d)(?P<some>[余多]?)(?P<scale>{SCALE_WORDS})?(?P<more>[余多]?)"
    r"(?P<unit>\D*?)(?P<about>左右|上下)?"
)


def _qualified(text: str) -> tuple[str, str]:
    """The qualifier that stands before a number, and the number."""
    match = _PREFIX.fullmatch(text)
    return (QUALIFIER_WORDS[match["word"]], match["rest"]) if match else ("", text)


def _unscaled(text: str, unit: Unit) -> tuple[str, float]:
    """The number without 万元 behind it, and the scale that this or else its row states."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None or not (match["scale"] or (match["unit"] and _counted(unit))):
        return text, unit.scale
    own = unit_of(match["unit"]) if match["unit"] else Unit(unit.name)
    if own.name != unit.name:
        return text, unit.scale
    vague = match["some"] or match["more"] or match["about"] or ""
    return match["number"] + vague, SCALES.get(match["scale"], 1.0) * own.scale


def _counted(unit: Unit) -> bool:
    """Whether it is of money or people; units of area are read with their number."""
    return UNITS.get(unit.name) in ("money", "count")


def _steps(value: float, text: str, figures: int) -> tuple[float, float]:
    """The unit of the last figure that is stated, and of the last of so many figures.

    The one is 0.01 of 0.49, 100 of 12 800 and 10 of 2000; the other 100 of 59 999.8.
    """
    digits = re.search(r"\d[\d,]*(?:\.\d+)?", unicodedata.normalize("NFKC", text))
    exact = Decimal(digits[0].replace(",", "")) if digits else Decimal(0)
    last = 10.0 ** (math.floor(math.log10(value)) - figures + 1) if value else 0.0
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and exponent < 0:
        step = 10.0**exponent
    else:
        whole = str(int(exact))
        zeros = len(whole) - len(whole.rstrip("0"))
        step = 10.0 ** min(zeros, max(0, len(whole) - figures))
    return step, max(step, last)


def _implausible(value: float, unit: str) -> Words | None:
    """Why a number cannot be meant in its unit."""
    if value < 0:
        return Words("是负数", "is negative")
    if unit == "percent" and value > MORE_THAN_ALL:
        return Words(
            "不会是百分数：小数点是否漏了", "is no percentage: is a decimal point missing?"
        )
    if unit == "ratio" and value > MOST_PLOT_RATIO:
        return Words("不会是容积率：是否为百分数", "is no plot ratio: is it a percentage?")
    if 0 < value < LEAST or value * _m2(unit) > MOST:
        return Words("不会是这个单位的数", "cannot be so many of its unit")
    return None


def _m2(unit: str) -> float:
    return next((m2 for name, m2 in M2_PER_UNIT.items() if name == unit), 1.0)
