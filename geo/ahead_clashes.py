"""What a plan says of the future and cannot mean: stages, goals and years that are not there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from geo.findings import Finding, finding
from geo.references import dangling

if TYPE_CHECKING:
    from geo.plan import Plan, Sequencing


def ahead_clashes(plan: "Plan", file: str) -> Iterator[Finding]:
    """Every contradiction of ``[forecast]`` and ``[sequence]`` with the rest of the plan."""
    stages = [stage.id for stage in plan.stages]
    forecast, sequence = plan.forecast, plan.sequence
    named = {
        "forecast.hold_out_below": [forecast.hold_out_below] if forecast.hold_out_below else []
    }
    named["forecast.crews"] = list(forecast.crews)
    named["sequence.crews"] = [] if sequence is None else list(sequence.crews)
    for field, names in named.items():
        for name in names:
            if name not in stages:
                yield dangling(file, field, name, ("stage", "阶段"), stages)
    observed = forecast.observed_from
    if observed is not None and observed > plan.as_of:
        problem = f"nothing is known of what is observed after as_of {plan.as_of}"
        place = "forecast.observed_from"
        yield finding("plan.value", file=file, field=place, seen=observed, problem=problem)
    if sequence is not None:
        yield from _sequence_faults(plan, sequence, file)


def _sequence_faults(plan: "Plan", sequence: "Sequencing", file: str) -> Iterator[Finding]:
    """Goals, milestones and costs that the sequence cannot have."""
    goals = [goal.id for goal in plan.goals]
    if sequence.goal is not None and sequence.goal not in goals:
        yield dangling(file, "sequence.goal", sequence.goal, ("goal", "目标"), goals)
    if sequence.costs == "economics" and plan.economics is None:
        problem = "costs are those of [economics], and the plan has none"
        yield finding(
            "plan.value", file=file, field="sequence.costs", seen="absent", problem=problem
        )
    first = sequence.begins(plan.as_of)
    last = first + sequence.years - 1
    for number, milestone in enumerate(sequence.milestones):
        if not first <= milestone.year <= last:
            problem = f"the years of the sequence are {first} to {last}"
            place = f"sequence.milestones[{number}].year"
            yield finding(
                "plan.value", file=file, field=place, seen=milestone.year, problem=problem
            )
