"""What if: the figures of a study under other plot ratios, net land, stage, gap or parcels.

The page lets a reader change these and answers at once, by the same arithmetic written a second
time (``geo/webmap/static/arithmetic.js``); this is the one that it is held against.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from geo.blocks import tier_table
from geo.counted import goal_land
from geo.errors import PlanError
from geo.findings import Finding, Place, finding
from geo.floor.capacity import parcel_floor, zone_floor
from geo.ground import Ground, Unjoined, counts_of, headline_goal, put_together
from geo.plan import Goal, Plan
from geo.plan.faults import problem_of, told
from geo.plan.scenarios import Range, Scenario
from geo.plan.setting import Setting
from geo.progress import goal_progress
from geo.readiness import Reached
from geo.study import Study
from geo.text import Text
from geo.units import M2_PER_MU
from geo.words import hint

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answer:
    """The figures under a setting, each table with the columns of the study's of that name.

    ``floor`` and ``parcel_floor`` are those of the one scenario; ``progress`` has the date of the
    plan only, and not what counted on the base date; ``counts`` says which parcels the first goal
    of all land counts.
    """

    plan: Plan
    counts: pd.Series
    floor: pd.DataFrame
    parcel_floor: pd.DataFrame
    blocks: gpd.GeoDataFrame
    tiers: pd.DataFrame
    progress: pd.DataFrame


def what_if(study: Study, setting: Setting) -> Answer:
    """Answer a setting from the parcels, links and readiness of a study; nothing is read again.

    Raises :class:`PlanError` for a scenario, zone, stage or parcel that the study does not have,
    and for a gap wider than its links reach.
    """
    check_setting(study, setting)
    plan = changed_plan(study.plan, setting)
    ground = _ground(study, plan, setting)
    scenario = plan.scenarios[0]
    floor = parcel_floor(ground.parcels, scenario, plan.caps_of(scenario), ground.block_mu)
    return Answer(
        plan=plan,
        counts=ground.parcels["counts"],
        floor=zone_floor(ground.parcels, floor),
        parcel_floor=floor,
        blocks=ground.blocks,
        tiers=tier_table(ground.blocks, plan.contiguity.tiers_mu),
        progress=pd.DataFrame([_progress(plan, ground, goal) for goal in plan.goals]),
    )


def read_setting(text: str) -> Setting:
    """A setting from its JSON, or from a link to the page that holds one.

    Raises :class:`PlanError` when it cannot be read.
    """
    values = {}
    if not text.lstrip().startswith("{") and "#" in text:
        values = parse_qs(text.partition("#")[2], keep_blank_values=True)
    base = values.get("scenario", [None])[0]
    source = values.get("whatif", ["{}"])[0] if values else text
    try:
        setting = Setting.model_validate_json(source)
        return (
            setting
            if setting.scenario or not base
            else setting.model_copy(update={"scenario": base})
        )
    except ValidationError as error:
        raise PlanError(_unread(error.errors(include_url=False)[0])) from None


def _unread(fault: ErrorDetails) -> Finding:
    """What is wrong with a setting, in words that plans have for it."""
    place: Place = {"file": "setting", "field": ".".join(map(str, fault["loc"]))}
    problem, near = problem_of(fault), {"hint": "", "hint_zh": ""}
    if fault["type"] == "extra_forbidden":
        near = hint(str(fault["loc"][-1]), Setting.model_fields)
    words: Place = {"problem": problem.en, "problem_zh": problem.zh, **near}
    return finding("whatif.setting", **place, **words, seen=told(fault["input"]) or '""')


def setting_findings(setting: Setting) -> list[Finding]:
    """What is to be said of a setting that can be read: that it leaves the plan as it is."""
    changes = setting.model_copy(update={"scenario": None})
    return [finding("whatif.unchanged", file="setting")] if changes == Setting() else []


def changed_plan(plan: Plan, setting: Setting) -> Plan:
    """The plan under a setting; its one scenario is what the setting makes of the chosen one."""
    changes: dict[str, object] = {"scenarios": [changed_scenario(plan, setting)]}
    if setting.stage is not None:
        stage = {"stage": setting.stage}
        changes["goals"] = [goal.model_copy(update=stage) for goal in plan.goals]
    if setting.gap_m is not None:
        practical = {"mode": "practical", "gap_m": setting.gap_m}
        changes["contiguity"] = plan.contiguity.model_copy(update=practical)
    return plan.model_copy(update=changes)


def changed_scenario(plan: Plan, setting: Setting) -> Scenario:
    """The chosen scenario with the ratios and the hand-over of a setting in place of its own."""
    by_id = {scenario.id: scenario for scenario in plan.scenarios}
    first = plan.scenarios[0] if plan.scenarios else AS_PLANNED
    chosen = first if setting.scenario is None else by_id[setting.scenario]
    changes: dict[str, object] = {
        "by_zone": chosen.by_zone | _ranges(setting.by_zone),
        "by_land_use": chosen.by_land_use | _ranges(setting.by_land_use),
    }
    if setting.plot_ratio is not None:
        changes["plot_ratio"] = _range(setting.plot_ratio)
    if setting.handover_share is not None:
        changes["handover_share"] = setting.handover_share
    changed = chosen.model_copy(update=changes)
    if changed == chosen:
        return chosen
    name = Text(zh=f"{chosen.name.zh}（假设）", en=f"{chosen.name.en} (what-if)")
    return changed.model_copy(update={"name": name})


AS_PLANNED = Scenario(
    id="planned", name=Text(zh="规划容积率", en="As planned"), plot_ratio="planned"
)
"""The scenario of a plan that has none."""


def _ranges(ratios: dict[str, float]) -> dict[str, Range]:
    return {name: _range(ratio) for name, ratio in ratios.items()}


def _range(ratio: float) -> Range:
    return Range(low=ratio, likely=ratio, high=ratio)


def _ground(study: Study, plan: Plan, setting: Setting) -> Ground:
    """The ground of the study's last date under a changed plan, with parcels taken otherwise."""
    parcels, members = study.parcels, study.land.members
    rung, evidenced, since = (
        parcels[name].to_numpy() for name in ("rung", "evidenced_rung", "stage_date")
    )
    at = Reached(rung, evidenced, since)
    toggled = parcels["parcel_id"].isin(setting.toggled).to_numpy()
    goal = headline_goal(plan)
    if goal is not None:
        at = _turned(
            at, toggled, counts_of(goal, plan, parcels, at, members), plan.rung(goal.stage)
        )
    counts = counts_of(goal, plan, parcels, at, members)
    if goal is None:
        counts &= ~toggled
    parts = Unjoined(study.land, [plan.as_of], [at], parcels, study.links)
    return put_together(plan, parts, counts)


def _turned(at: Reached, toggled: Mask, counts: Mask, from_rung: int) -> Reached:
    """Where parcels stand when some are taken the other way."""
    up, down = toggled & ~counts, toggled & counts

    def turned(rung: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        raised = np.where(up, np.maximum(rung, from_rung), rung)
        return np.where(down, np.minimum(raised, from_rung - 1), raised)

    return Reached(turned(at.rung), turned(at.evidenced_rung), at.since)


def _progress(plan: Plan, ground: Ground, goal: Goal) -> dict[str, Any]:
    """The state of a goal on the plan's date; nothing is said of the base date."""
    ready_m2, counted_m2 = goal_land(goal, plan, ground, ground.histories[-1])
    counted_mu = float(counted_m2.sum()) / M2_PER_MU
    state = goal_progress(
        goal,
        on=plan.as_of,
        base_date=plan.base_date,
        counted_mu=counted_mu,
        counted_at_base_mu=0.0,
        yellow_from=plan.lights.yellow_from,
    )
    since_base = {"at_base_mu", "pace"}
    now = {key: value for key, value in state.items() if key not in since_base}
    return {**now, "small_blocks_mu": float(ready_m2.sum()) / M2_PER_MU - counted_mu}


def reach_m(plan: Plan) -> float:
    """The widest gap between parcels that the links of a study tell."""
    return max(plan.contiguity.gap_m, *plan.contiguity.compare_gaps_m, 0.0)


def check_setting(study: Study, setting: Setting) -> None:
    """Refuse a setting that names what the study does not have."""
    plan = study.plan
    named: list[tuple[str, Iterable[str], Iterable[str]]] = [
        ("scenario", [setting.scenario or ""], ["", *(item.id for item in plan.scenarios)]),
        ("by_zone", setting.by_zone, study.zones["zone"]),
        ("stage", [setting.stage or ""], ["", *(stage.id for stage in plan.stages)]),
        ("toggled", setting.toggled, study.parcels["parcel_id"]),
    ]
    unknown = [
        finding("whatif.unknown", file=plan.path.name, field=key, seen=name, **hint(name, known))
        for key, names, known in named
        for name in names
        if name not in set(known)
    ]
    if setting.gap_m is not None and setting.gap_m > reach_m(plan):
        seen, most = f"{setting.gap_m:g}", f"{reach_m(plan):g}"
        place: Place = {"file": plan.path.name, "field": "gap_m", "seen": seen}
        unknown.append(finding("whatif.gap", **place, most=most))
    if unknown:
        raise PlanError(*unknown)
