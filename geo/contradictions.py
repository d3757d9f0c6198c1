"""What the tables of a plan cannot see alone: names that lead nowhere, dates in the wrong order."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.earth.crs import area_problem, parse_crs
from geo.errors import LayerError
from geo.faults import FAULTS
from geo.findings import Finding, Place, finding
from geo.units import SLACK_MU
from geo.words import hint, normal

if TYPE_CHECKING:
    from geo.plan import Plan, Stage


def contradictions(plan: "Plan") -> Iterator[Finding]:
    """Every contradiction between the tables of a plan."""
    file = plan.path.name
    yield from _area_crs(plan.crs, file)
    stages = [stage.id for stage in plan.stages]
    scenarios = [scenario.id for scenario in plan.scenarios]
    programmes = [programme.id for programme in plan.programmes]
    goals = [goal.id for goal in plan.goals]
    named = {"stages": stages, "goals": goals, "scenarios": scenarios, "programmes": programmes}
    for kind, ids in named.items():
        yield from _repeated(kind, ids, file)
    yield from _goal_faults(plan, file, stages, programmes)
    if plan.as_of < plan.base_date:
        problem = f"as_of must not be before base_date {plan.base_date}"
        yield finding("plan.value", file=file, field="as_of", seen=plan.as_of, problem=problem)
    yield from _accept_faults(plan, file)
    yield from _two_meanings(plan.stages, file)
    yield from _published_faults(plan, file, scenarios, programmes)


def _repeated(kind: str, ids: list[str], file: str) -> Iterator[Finding]:
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        problem = "this id stands more than once"
        yield finding("plan.value", file=file, field=kind, seen=twice, problem=problem)


def _goal_faults(
    plan: "Plan", file: str, stages: list[str], programmes: list[str]
) -> Iterator[Finding]:
    for number, goal in enumerate(plan.goals):
        if goal.stage not in stages:
            yield _dangling(file, f"goals[{number}].stage", goal.stage, ("stage", "阶段"), stages)
        if goal.programme is not None and goal.programme not in programmes:
            place = f"goals[{number}].programme"
            yield _dangling(file, place, goal.programme, ("programme", "项目组"), programmes)
        if goal.due <= plan.base_date:
            problem = f"the goal must be due after base_date {plan.base_date}"
            place = f"goals[{number}].due"
            yield finding("plan.value", file=file, field=place, seen=goal.due, problem=problem)
        shared = sum(goal.by_zone.values())
        if goal.by_zone and abs(shared - goal.mu) > SLACK_MU:
            problem = f"the shares of the zones are {shared:g} mu and the goal is {goal.mu:g}"
            place = f"goals[{number}].by_zone"
            yield finding("plan.value", file=file, field=place, seen=shared, problem=problem)


def _accept_faults(plan: "Plan", file: str) -> Iterator[Finding]:
    """Codes that are none, and errors accepted without a reason."""
    choices = [name for name, fault in FAULTS.items() if fault.severity == "error"]
    for code, reason in plan.accept.items():
        if code not in choices:
            yield _dangling(file, "accept", code, ("error code", "错误代码"), choices)
        if not reason.zh.strip() or reason.en.strip() in ("", "why"):
            problem = "an error is accepted for a reason: write it down"
            place = f"accept.{code}"
            yield finding("plan.value", file=file, field=place, seen=reason.en, problem=problem)


def _published_faults(
    plan: "Plan", file: str, scenarios: list[str], programmes: list[str]
) -> Iterator[Finding]:
    for number, item in enumerate(plan.published):
        if item.unit not in UNITS[item.measure]:
            problem = f"{item.measure} is stated in {' or '.join(UNITS[item.measure])}"
            place = f"published[{number}].unit"
            yield finding("plan.value", file=file, field=place, seen=item.unit, problem=problem)
        if item.measure in ("floor_m2", "added_floor_m2") and not scenarios:
            problem = "floor space after rebuilding needs a scenario, and the plan has none"
            place = f"published[{number}].scenario"
            yield finding("plan.value", file=file, field=place, seen="absent", problem=problem)
        if item.scenario is not None and item.scenario not in scenarios:
            place = f"published[{number}].scenario"
            yield _dangling(file, place, item.scenario, ("scenario", "情景"), scenarios)
        if item.programme is not None and item.programme not in programmes:
            place = f"published[{number}].programme"
            yield _dangling(file, place, item.programme, ("programme", "项目组"), programmes)


UNITS: Final = {
    "land_mu": ("mu", "m2"),
    "existing_floor_m2": ("m2",),
    "floor_m2": ("m2",),
    "added_floor_m2": ("m2",),
    "plot_ratio_existing": ("ratio",),
}
"""The units in which a published figure of each measure can be held beside the computed one."""


def _two_meanings(stages: list["Stage"], file: str) -> Iterator[Finding]:
    """Spellings that stand for two stages: which one an event means could not be known."""
    meaning: dict[str, str] = {}
    for number, stage in enumerate(stages):
        for spelling in stage.spellings:
            other = meaning.setdefault(normal(spelling), stage.id)
            if other != stage.id:
                problem = f"this spelling already stands for stage {other!r}"
                place = f"stages[{number}]"
                yield finding("plan.value", file=file, field=place, seen=spelling, problem=problem)


def _area_crs(text: str, file: str) -> Iterator[Finding]:
    try:
        crs = parse_crs(text, file=file)
    except LayerError as error:
        yield from (replace(item, field="crs") for item in error.findings)
        return
    if problem := area_problem(crs):
        yield finding("plan.area-crs", file=file, field="crs", seen=text, problem=problem)


def _dangling(
    file: str, field: str, seen: str, kind: tuple[str, str], choices: list[str]
) -> Finding:
    words: Place = {"kind": kind[0], "kind_zh": kind[1], **hint(seen, choices)}
    return finding("plan.reference", file=file, field=field, seen=seen, **words)
