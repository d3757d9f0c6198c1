"""The names behind the ids of a study: zones, goals, scenarios, treatments and reasons."""

from typing import Final

from geo.study import Study
from geo.tables.sheet import ALL, both
from geo.text import Text
from geo.treatments import REASONS, TREATMENTS, UNCLEAR

TREATMENT_NAMES: Final = {name: words.text() for name, words in TREATMENTS.items()} | {
    UNCLEAR: both("方式不一", "treatments differ")
}

KINDS: Final = {
    "gross": both("毛用地", "gross"),
    "hard": both("刚性", "hard"),
    "public": both("公共", "public"),
    "village": both("村居", "village"),
    "retained": both("保留", "retained"),
    "limiting": both("限制性", "limiting"),
    "handover": both("移交", "hand-over"),
    "net": both("净用地", "net"),
}
"""What kind of reason takes land away."""


def zone_names(study: Study) -> dict[str, Text]:
    """The zones' names, and the word for all of them together (id ``""``)."""
    zones, zh, en = (study.zones[name] for name in ("zone", "name_zh", "name_en"))
    return dict(zip(zones, map(both, zh, en), strict=True)) | {"": ALL}


def goal_names(study: Study) -> dict[str, Text]:
    """The goals of the plan."""
    return {goal.id: goal.name for goal in study.plan.goals}


def scenario_names(study: Study) -> dict[str, Text]:
    """The scenarios of the plan."""
    return {scenario.id: scenario.name for scenario in study.plan.scenarios}


def reason_names(study: Study) -> dict[str, Text]:
    """The reasons for which land is lost, with gross and net land at either end."""
    own = {reason: words.text() for reason, words in REASONS.items()}
    drawn = {item.id: item.name for item in study.plan.constraints}
    ends = {"gross": both("毛面积", "Gross land"), "net": both("净用地", "Net land")}
    return own | drawn | ends
