"""What the page must know of a plan to reckon with its parcels: see ``static/arithmetic.js``."""

from typing import Any

from geo.plan import Goal, Plan
from geo.plan.scenarios import Scenario
from geo.study import Study
from geo.units import DAYS_PER_YEAR, LAND_GRID_M2, M2_PER_MU, SLACK_MU
from geo.webmap.facts import crowded
from geo.whatif import AS_PLANNED, reach_m


def page_model(study: Study) -> dict[str, Any]:
    """Units, stages, goals, scenarios and contiguity of a plan as plain JSON.

    ``locked`` says that land overlaps too much for the page to reckon with.
    """
    plan = study.plan
    return {
        "base_date": plan.base_date.isoformat(),
        "as_of": plan.as_of.isoformat(),
        "days_per_year": DAYS_PER_YEAR,
        "m2_per_mu": M2_PER_MU,
        "grid": 1 / LAND_GRID_M2,
        "slack_mu": SLACK_MU,
        "yellow_from": plan.lights.yellow_from,
        "stages": [stage.id for stage in plan.stages],
        "tiers_mu": sorted(plan.contiguity.tiers_mu),
        "mode": plan.contiguity.mode,
        "gap_m": plan.contiguity.gap_m,
        "reach_m": reach_m(plan),
        "handover_share": plan.net.handover_share,
        "goals": [_goal(goal, at, study) for at, goal in enumerate(plan.goals)],
        "scenarios": [_scenario(item, plan) for item in plan.scenarios or [AS_PLANNED]],
        "cap_tables": [table.id for table in plan.cap_tables],
        "locked": crowded(study),
    }


def _goal(goal: Goal, at: int, study: Study) -> dict[str, Any]:
    """A goal, and what counted toward it on the base date."""
    history = study.progress[study.progress["goal"] == goal.id]
    return {
        "at": at,
        "id": goal.id,
        "name": goal.name.model_dump(),
        "mu": goal.mu,
        "due": goal.due.isoformat(),
        "at_base_mu": float(history["at_base_mu"].iloc[-1]),
        "rung": study.plan.rung(goal.stage),
        "basis": goal.basis,
        "min_block_mu": goal.min_block_mu,
        "told": goal.count_self_reported,
        "programme": goal.programme is not None,
    }


def _scenario(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """A scenario; its caps are named by the place of their table in the plan."""
    tables = [table.id for table in plan.cap_tables]
    kept = {"id", "name", "plot_ratio", "handover_share", "by_block_mu"}
    kept |= {"by_treatment", "by_land_use", "by_zone", "by_parcel", "phases"}
    caps = None if scenario.caps is None else tables.index(scenario.caps)
    return {**scenario.model_dump(mode="json", include=kept), "caps": caps}
