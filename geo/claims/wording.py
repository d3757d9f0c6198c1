"""Figures, units and measures of claims, as people read them in Chinese and English."""

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from geo.claims.claim import Bound, Claim
from geo.text import Language, Words
from geo.units import shown

UNIT_WORDS: Final = {
    "mu": Words("亩", "mu"),
    "m2": Words("平方米", "m²"),
    "ha": Words("公顷", "ha"),
    "km2": Words("平方公里", "km²"),
    "ft2": Words("平方英尺", "sq ft"),
    "ratio": Words("容积率", "plot ratio"),
    "percent": Words("%", "%"),
    "CNY": Words("元", "CNY"),
    "CNY/year": Words("元/年", "CNY a year"),
    "count": Words("个", "items"),
    "people": Words("人", "people"),
    "CNY/m2": Words("元/平方米", "CNY/m²"),
    "CNY/mu": Words("元/亩", "CNY/mu"),
    "people/mu": Words("人/亩", "people/mu"),
    "mu/year": Words("亩/年", "mu a year"),
}

MEASURES: Final = {
    "designated_area": Words("划定面积", "designated area"),
    "planned_area": Words("规划用地", "planned area"),
    "renewal_area": Words("改造面积", "renewal area"),
    "assembly_area": Words("整备面积", "area to be assembled"),
    "demolition_area": Words("拆除整备面积", "demolished area"),
    "cleared_area": Words("净地面积", "cleared area"),
    "site_area": Words("宗地面积", "site area"),
    "land_area": Words("占地面积", "land area"),
    "goal_area_3yr": Words("三年整备目标", "three-year goal"),
    "goal_area_5yr": Words("五年整备目标", "five-year goal"),
    "released_floor_space": Words("释放空间", "released floor space"),
    "added_floor_space": Words("可拓展空间", "floor space that can be added"),
    "existing_floor_space": Words("现状建筑面积", "existing floor space"),
    "target_floor_space": Words("改造后建筑面积", "floor space after rebuilding"),
    "existing_plot_ratio": Words("现状容积率", "existing plot ratio"),
    "target_plot_ratio": Words("改造后容积率", "plot ratio after rebuilding"),
    "investment": Words("投资", "investment"),
    "investment_done": Words("已完成投资", "investment done"),
    "existing_annual_output": Words("现状年产值", "existing annual output"),
    "target_annual_output": Words("预计年产值", "target annual output"),
    "added_annual_output": Words("新增年产值", "added annual output"),
    "cumulative_output": Words("累计产值", "cumulative output"),
    "completion": Words("完成率", "share completed"),
    "works_done": Words("工程完成量", "works done"),
    "occupancy": Words("入驻率", "occupancy"),
    "jobs": Words("就业", "jobs"),
    "projects": Words("项目数", "projects"),
    "units_applied": Words("申报单元", "units applied for"),
    "industrial_firms": Words("工业企业", "industrial firms"),
    "started": Words("动工", "start"),
    "completion_due": Words("竣工时间", "completion due"),
    "start_due": Words("动工时间", "start due"),
    "completed": Words("竣工", "completion"),
    "stage": Words("阶段", "stage"),
    "treatment": Words("改造方式", "treatment"),
    "industrial_red_line": Words("工业保护红线", "industrial red line"),
}
"""The measures that have a name in Chinese; any other is called as the table calls it."""

_BOUNDS: Final = {
    "about": Words("约", "about "),
    "more_than": Words("超过", "more than "),
    "at_least": Words("不少于", "at least "),
    "nearly": Words("近", "nearly "),
    "less_than": Words("不足", "less than "),
    "at_most": Words("不超过", "at most "),
    "plan": Words("计划", "planned "),
    "expected": Words("预计", "expected "),
    "cumulative": Words("累计", "cumulative "),
}


def both(make: Callable[[Language], str]) -> Words:
    """The same sentence in both languages."""
    return Words(make("zh"), make("en"))


def joined(parts: Iterable[Words]) -> Words:
    """Sentences one after the other."""
    told = list(parts)
    return both(lambda language: listed((part_of(part, language) for part in told), language))


def listed(parts: Iterable[str], language: Language) -> str:
    """Formulas one after the other."""
    return ("；" if language == "zh" else "; ").join(parts)


def part_of(words: Words, language: Language) -> str:
    """The wording in a language."""
    return words.zh if language == "zh" else words.en


def number(value: float, places: int = 2) -> str:
    """A figure without idle zeros, grouped from 10 000 on."""
    text = shown(value, places, grouped=abs(value) >= GROUPED_FROM)
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float, places: int = 1) -> str:
    """A share as a percentage."""
    return f"{shown(share, places, grouped=True, percent=True)[:-1]} %"


def compared(quotient: float) -> str:
    """A quotient as a percentage, with as many decimals as tell it from 100 %."""
    off = abs(quotient - 1) * 100
    places = 1 if off <= SAME_PERCENT else max(1, math.ceil(-math.log10(off)))
    return percent(quotient, places)


SAME_PERCENT: Final = 1e-4
"""Per cent by which numbers differ that are taken as equal."""

GROUPED_FROM: Final = 10_000


class _Scale(NamedTuple):
    """From which amount on money is counted by ``unit``, its word and the decimals it has."""

    from_amount: float
    unit: float
    word: str
    places: int


_MONEY: Final[dict[Language, tuple[_Scale, ...]]] = {
    "zh": (_Scale(1e8, 1e8, " 亿", 2), _Scale(1e6, 1e4, " 万", 0), _Scale(0, 1, " ", 0)),
    "en": (_Scale(1e9, 1e9, " bn", 3), _Scale(1e6, 1e6, " m", 0), _Scale(0, 1, "", 0)),
}


def money(amount: float, language: Language, places: int | None = None) -> str:
    """CNY as each language counts (1.263 bn is 12.63 亿), to three figures or more."""
    scale = next(scale for scale in _MONEY[language] if abs(amount) >= scale.from_amount)
    figure = amount / scale.unit
    if places is None:
        places = max(scale.places, _three_figures(figure))
    return f"{number(figure, places)}{scale.word}"


def _three_figures(figure: float) -> int:
    """The decimals that show three figures: none from 100 on."""
    return 0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2


def quantity(value: float, unit: str, language: Language, places: int | None = None) -> str:
    """A figure with its unit; ratios and counts stand alone."""
    if unit in ("count", "ratio"):
        return number(value, 2 if places is None else places)
    if unit == "percent":
        return f"{number(value, 2 if places is None else places)} %"
    name = part_of(UNIT_WORDS[unit], language)
    if unit.startswith("CNY"):
        return f"{money(value, language, places)}{'' if language == 'zh' else ' '}{name}"
    if places is None:
        places = 0 if unit in ("m2", "ft2", "people") else 2
    return f"{number(value, places)} {name}"


def claimed(claim: Claim, language: Language) -> str:
    """The value of a claim as it is stated, without its qualifier."""
    if not claim.numeric or claim.unit not in UNIT_WORDS:
        return part_of(claim.words, language)
    return quantity(claim.value, claim.unit, language, places=6)


def bound_words(qualifier: str) -> Words:
    """``nearly``, ``more than`` and the like, to stand before a figure."""
    return _BOUNDS.get(qualifier, Words("", ""))


def stated(claim: Claim, language: Language) -> str:
    """The value of a claim as it is stated, with its qualifier."""
    bound = part_of(bound_words(claim.qualifier), language)
    blank = " " if bound and language == "zh" else ""
    return f"{bound}{blank}{claimed(claim, language)}"


_SIDES: Final = {
    "exact": Words("", ""),
    "about": Words("约 ", "about "),
    "above": Words("超过 ", "more than "),
    "below": Words("不足 ", "less than "),
}


def side(bound: Bound, language: Language) -> str:
    """The side on which a result lies, to stand before it."""
    return part_of(_SIDES[bound], language)


def measure_words(measure: str) -> Words:
    """A measure by name."""
    if not measure:
        return Words("（无指标）", "(no measure)")
    plain = measure.replace("_", " ")
    return MEASURES.get(measure, Words(plain, plain))


def statement(claim: Claim) -> Words:
    """The whole claim: whose, what, how much."""
    subject = claim.subject if claim.subject.zh else Words("（无主体）", "(no subject)")
    measure = measure_words(claim.measure)
    comma = "," if bound_words(claim.qualifier).en else ""
    zh, en = stated(claim, "zh"), stated(claim, "en")
    blank = "" if comma else " "
    return Words(
        f"{subject.zh}：{measure.zh}{blank}{zh}",
        f"{subject.en}: {measure.en}{comma} {en}",
    )
