"""Units of the inputs of the economics: money, land or floor, time and people.

A unit is written as it is read: what, per what, per what. What is money (``CNY``, ``元``,
``人民币``, also ``万元``, ``亿元`` and ``million CNY``), ``%``, ``share``, ``years``, ``months`` or
``people``; per is ``/``, ``·`` or ``per``; by what is an area (``m2``, ``mu``, ``ha``, ``km2``,
``ft2``, ``平方米``, ``亩``, ``公顷``) or a time (``month``, ``year``, ``月``, ``年``). So
``CNY/m2/month``, ``万元/亩``, ``元/平方米·月``, ``%/year``, ``people/mu``.
"""

import re
from typing import Final, NamedTuple

from geo.plan.kinds import UnfitError
from geo.units import M2_PER_UNIT, AreaUnit
from geo.words import normal

Dimension = tuple[str, ...]
"""What a quantity is, and by what it is divided: ``("money", "area", "time")``."""

_AREAS: Final[dict[str, AreaUnit]] = {
    "m2": "m2",
    "sqm": "m2",
    "平方米": "m2",
    "mu": "mu",
    "亩": "mu",
    "ha": "ha",
    "公顷": "ha",
    "km2": "km2",
    "ft2": "ft2",
}
_YEARS: Final = {
    **dict.fromkeys(("year", "years", "年"), 1.0),
    **dict.fromkeys(("month", "months", "月", "个月"), 1 / 12),
}
_PEOPLE: Final = ("people", "jobs", "人")
_PARTS: Final = {"%": 0.01, "share": 1.0}
SCALES: Final = {
    **{"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12},
    **{"thousand": 1e3, "million": 1e6, "billion": 1e9},
}
"""Words that multiply the unit, or follow the number, that they stand with."""

SCALE_WORDS: Final = "|".join(sorted(SCALES, key=len, reverse=True))
"""The same for a pattern, the longest first."""

_YUAN: Final = ("元", "人民币", "人民币元", "元人民币", "rmb", "yuan")
_SCALED: Final = re.compile(rf"(?P<scale>{SCALE_WORDS})\s*(?P<rest>.+)")


class Measure(NamedTuple):
    """What a unit measures: so many (``factor``) units of m², years, whole shares and people."""

    dimension: Dimension
    factor: float
    currency: str | None


def parse_unit(text: str) -> Measure:
    """What a unit measures. Raises :class:`UnfitError` for what is none."""
    head, *divisors = re.split(r"\s*(?:/|·|\bper\b)\s*", normal(text))
    if head in _AREAS or (not head and divisors):
        raise UnfitError("economics.no-currency", seen=text)
    name, factor, currency = _what(head, text)
    dimension = [name]
    for divisor in divisors:
        if divisor in _AREAS:
            dimension.append("area")
            factor /= M2_PER_UNIT[_AREAS[divisor]]
        elif divisor in _YEARS:
            dimension.append("time")
            factor /= _YEARS[divisor]
        else:
            raise UnfitError("economics.unit", seen=text)
    if name == "share" and "time" in dimension and factor not in _PARTS.values():
        raise UnfitError("economics.rate", seen=text)
    return Measure((name, *sorted(dimension[1:])), factor, currency)


def scaled(unit: str) -> tuple[float, str]:
    """The factor before a unit (``万`` of ``万元``), 1 where there is none, and the unit."""
    match = _SCALED.fullmatch(unit)
    return (SCALES[match["scale"]], match["rest"]) if match else (1.0, unit)


def _what(head: str, text: str) -> tuple[str, float, str | None]:
    """What is measured, how many units one of it is, and the currency of money."""
    if head in _PARTS:
        return "share", _PARTS[head], None
    if head in _YEARS:
        return "time", _YEARS[head], None
    if head in _PEOPLE:
        return "people", 1.0, None
    scale, currency = scaled(head)
    if currency in _YUAN:
        return "money", scale, "CNY"
    if re.fullmatch("[a-z]{3}", currency):
        return "money", scale, currency.upper()
    raise UnfitError("economics.unit", seen=text)
