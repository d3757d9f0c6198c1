"""What a published claim is: a value of a subject, as a document states it."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from geo.cells.numerals import AREA_WORDS, PartialDate
from geo.text import Words
from geo.units import M2_PER_UNIT, AreaUnit

Kind = Literal["area", "ratio", "percent", "money", "count", "date", "stage", "text"]
Bound = Literal["exact", "about", "above", "below"]

UNITS: Final[dict[str, Kind]] = {
    **dict.fromkeys(M2_PER_UNIT, "area"),
    "ratio": "ratio",
    "percent": "percent",
    "CNY": "money",
    "CNY/year": "money",
    "count": "count",
    "people": "count",
    "date": "date",
    "stage": "stage",
    "type": "text",
    "policy": "text",
}
"""The units of a claim, and what kind of value each makes."""

SPELLINGS: Final[dict[str, str]] = {
    **AREA_WORDS,
    **{unit.casefold(): unit for unit in UNITS},
    **dict.fromkeys(("%", "百分比"), "percent"),
    **dict.fromkeys(("人", "个岗位", "jobs"), "people"),
    **dict.fromkeys(("个", "家", "项", "宗"), "count"),
    "容积率": "ratio",
}
"""How a unit may be written, folded by NFKC and in lower case; money is any that
:mod:`geo.plan.measures` reads."""

QUALIFIERS: Final[dict[str, Bound]] = {
    **dict.fromkeys(("", "exact", "plan", "expected", "cumulative"), "exact"),
    "about": "about",
    **dict.fromkeys(("more_than", "at_least"), "above"),
    **dict.fromkeys(("nearly", "less_than", "at_most"), "below"),
}
"""How a number is qualified, and to which side of it the truth may lie."""

QUALIFIER_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("约", "大约", "约为", "大概", "approx", "approximately", "circa"), "about"),
    **dict.fromkeys(("近", "将近", "接近", "almost"), "nearly"),
    **dict.fromkeys(("超", "超过", "逾", "多于", "大于", "突破", "over", ">"), "more_than"),
    **dict.fromkeys(("不少于", "不低于", "不小于", "至少", "≥", ">="), "at_least"),
    **dict.fromkeys(("不足", "不到", "少于", "小于", "低于", "<"), "less_than"),
    **dict.fromkeys(("不超过", "不多于", "不大于", "至多", "≤", "<="), "at_most"),
    **dict.fromkeys(("计划", "规划", "拟", "planned"), "plan"),
    **dict.fromkeys(("预计", "预期"), "expected"),
    "累计": "cumulative",
    "准确": "exact",
}
"""Other words for a qualifier, as a document has them."""

LAND: Final = (
    *("site_area", "planned_area", "designated_area", "renewal_area", "assembly_area"),
    *("demolition_area", "cleared_area", "land_area"),
)
"""Measures of land. Of a subject that states several, the first of these is its site: last comes
the term that may mean the ground that a building covers (占地)."""

WORKED_OFF: Final = ("demolition_area", "cleared_area", "assembly_area", "renewal_area")
"""Measures of land that is worked off: what a completion is of, and a pace."""

FLOOR_AFTER: Final = ("target_floor_space", "released_floor_space", "added_floor_space")
"""Measures of floor space that renewal brings."""

FLOOR: Final = ("existing_floor_space", *FLOOR_AFTER)
"""Measures of floor space."""


@dataclass(frozen=True, slots=True)
class Document:
    """A source of claims. ``elsewhere``: it is about another place than the plan."""

    row: int
    id: str
    title: Words
    place: Words
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the table of claims.

    ``text`` is the value as it is written and ``words`` what it is called where it is no number,
    ``value`` the number or NaN, ``step`` the unit of the last figure that is stated and ``rough``
    that of the last that counts in a number which is no more than rough. ``of`` names what in the
    plan the claim speaks of, ``within`` the subject of which its own is a part, ``members`` the
    projects that the subject lists, ``years`` the span in which an area is or was to be worked off.
    """

    row: int
    id: str
    subject: Words
    measure: str
    text: str
    words: Words
    value: float
    step: float
    rough: float
    unit: str
    qualifier: str
    as_of: PartialDate | None
    day: PartialDate | None
    source: str
    document: Document | None
    note: Words
    of: tuple[str, ...]
    scenario: str
    within: str
    members: tuple[str, ...]
    years: float

    @property
    def kind(self) -> Kind | None:
        """What kind of value it is; None for a unit that is unknown."""
        return UNITS.get(self.unit)

    @property
    def bound(self) -> Bound:
        """To which side of the stated number the truth may lie."""
        return QUALIFIERS.get(self.qualifier, "exact")

    @property
    def refused(self) -> bool:
        """Whether its source is about another place, so that it says nothing of this one."""
        return self.document is not None and self.document.elsewhere

    @property
    def numeric(self) -> bool:
        """Whether there is a number to compute with."""
        return math.isfinite(self.value)

    @property
    def amount(self) -> float:
        """The number in the base unit of its kind: areas in m², percentages as shares."""
        return self.base(self.value)

    def base(self, value: float) -> float:
        """A number in the unit of the claim, in the base unit of its kind."""
        if self.kind == "area":
            return value * M2_PER_UNIT[_area(self.unit)]
        return value / 100 if self.kind == "percent" else value

    def stated(self, amount: float) -> float:
        """An amount in the base unit, in the unit of the claim."""
        if self.kind == "area":
            return amount / M2_PER_UNIT[_area(self.unit)]
        return amount * 100 if self.kind == "percent" else amount


def _area(unit: str) -> AreaUnit:
    return next(known for known in M2_PER_UNIT if known == unit)


def is_land(claim: Claim) -> bool:
    """Whether it states an area of land that is there, and no goal."""
    return claim.kind == "area" and claim.measure in LAND


def is_goal(claim: Claim) -> bool:
    """Whether it states how much land there shall be."""
    return claim.kind == "area" and claim.measure.startswith("goal_area")


def is_named(claim: Claim) -> bool:
    """Whether somebody is named of whom it speaks; if not, no other claim can be of the same."""
    return bool(claim.subject.zh)
