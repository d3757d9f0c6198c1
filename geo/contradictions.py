"""What the tables of a plan cannot see alone: names that lead nowhere, dates in the wrong order."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.ahead_clashes import ahead_clashes
from geo.earth.crs import area_problem, parse_crs
from geo.errors import LayerError
from geo.faults import FAULTS
from geo.findings import Finding, Place, finding
from geo.references import dangling, repeated
from geo.scenario_clashes import scenario_clashes
from geo.treatments import REASONS
from geo.units import SLACK_MU
from geo.words import normal

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
        yield from repeated(kind, ids, file)
    yield from _goal_faults(plan, file, stages, programmes)
    yield from scenario_clashes(plan, file)
    yield from _constraint_faults(plan, file, stages)
    yield from _economics_faults(plan, file)
    yield from ahead_clashes(plan, file)
    if plan.as_of < plan.base_date:
        problem = f"as_of must not be before base_date {plan.base_date}"
        yield finding("plan.value", file=file, field="as_of", seen=plan.as_of, problem=problem)
    yield from _accept_faults(plan, file)
    yield from _two_meanings(plan.stages, file)


def _goal_faults(
    plan: "Plan", file: str, stages: list[str], programmes: list[str]
) -> Iterator[Finding]:
    for number, goal in enumerate(plan.goals):
        if goal.stage not in stages:
            yield dangling(file, f"goals[{number}].stage", goal.stage, ("stage", "阶段"), stages)
        if goal.programme is not None and goal.programme not in programmes:
            place = f"goals[{number}].programme"
            yield dangling(file, place, goal.programme, ("programme", "项目组"), programmes)
        if goal.due <= plan.base_date:
            problem = f"the goal must be due after base_date {plan.base_date}"
            place = f"goals[{number}].due"
            yield finding("plan.value", file=file, field=place, seen=goal.due, problem=problem)
        shared = sum(goal.by_zone.values())
        if goal.by_zone and abs(shared - goal.mu) > SLACK_MU:
            problem = f"the shares of the zones are {shared:g} mu and the goal is {goal.mu:g}"
            place = f"goals[{number}].by_zone"
            yield finding("plan.value", file=file, field=place, seen=shared, problem=problem)


def _constraint_faults(plan: "Plan", file: str, stages: list[str]) -> Iterator[Finding]:
    """Constraints called as the program's own reasons, slopes without terrain, unknown stages."""
    yield from repeated("constraints", [item.id for item in plan.constraints], file)
    for number, item in enumerate(plan.constraints):
        place = f"constraints[{number}]"
        if item.id in OWN_REASONS:
            problem = "this id is the program's own: choose another"
            at: Place = {"file": file, "field": f"{place}.id"}
            yield finding("plan.value", **at, seen=item.id, problem=problem)
        if item.steeper_than_deg is not None and plan.terrain is None:
            problem = "slope needs a DEM: add [terrain] with its file"
            place = f"{place}.steeper_than_deg"
            seen = f"{item.steeper_than_deg:g}"
            yield finding("plan.value", file=file, field=place, seen=seen, problem=problem)
    cover = plan.land_cover
    named = {} if cover is None else {"stage": cover.stage, "built_stage": cover.built_stage}
    for key, stage in named.items():
        if stage is not None and stage not in stages:
            yield dangling(file, f"land_cover.{key}", stage, ("stage", "阶段"), stages)
    known = [stages.index(name) for name in named.values() if name in stages]
    if cover is not None and len(known) == 2 and known[1] <= known[0]:
        problem = f"new buildings stand after {cover.stage}: no parcel would ever be judged"
        place = "land_cover.built_stage"
        yield finding("plan.value", file=file, field=place, seen=cover.built_stage, problem=problem)


def _economics_faults(plan: "Plan", file: str) -> Iterator[Finding]:
    """Economics of a scenario that is not there."""
    scenarios, named = [item.id for item in plan.scenarios], plan.economics_scenario
    if plan.economics is not None and named is None:
        problem = "economics are those of a scenario, and the plan has none"
        yield finding("plan.value", file=file, field="economics", seen="absent", problem=problem)
    elif named is not None and named not in scenarios:
        yield dangling(file, "economics.scenario", named, ("scenario", "情景"), scenarios)


OWN_REASONS: Final = ("", "gross", "net", *REASONS)
"""What the rows of the land balance are called besides the constraints."""


def _accept_faults(plan: "Plan", file: str) -> Iterator[Finding]:
    """Codes that are none, and errors accepted without a reason."""
    choices = [name for name, fault in FAULTS.items() if fault.severity == "error"]
    for code, reason in plan.accept.items():
        if code not in choices:
            yield dangling(file, "accept", code, ("error code", "错误代码"), choices)
        if not reason.zh.strip() or reason.en.strip() in ("", "why"):
            problem = "an error is accepted for a reason: write it down"
            place = f"accept.{code}"
            yield finding("plan.value", file=file, field=place, seen=reason.en, problem=problem)


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
