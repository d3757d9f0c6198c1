"""How far the goals are: in all, by zone, by programme and by owner, and on every rung."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.plan import Goal
from geo.progress import goal_progress
from geo.stalled import assigned, wordings
from geo.study import Study, headline_goal
from geo.tables import ALL, LIGHTS, Field, Sheet, zone_names
from geo.text import Text, Words
from geo.units import M2_PER_MU, SLACK_MU, shown

Mask = npt.NDArray[np.bool_]

FIGURES: Final = (
    Field("goal_mu", "目标（亩）", "Target (mu)", "number", 0),
    Field("new_mu", "本期新增（亩）", "This period (mu)", "number"),
    Field("counted_mu", "累计完成（亩）", "Counted (mu)", "number"),
    Field("share", "完成率", "Done", "percent", 1),
    Field("elapsed_share", "序时进度", "Time gone", "percent", 1),
    Field("ahead", "较序时（百分点）", "Ahead of time (points)", "number", 1),
    Field("gap_mu", "差值（亩）", "Gap (mu)", "number"),
    Field("light", "红黄绿灯", "Light", "name"),
)
"""The columns of the town's reports; ``ahead`` is the share done less the share of time gone."""

BREAKDOWN: Final = (
    *FIGURES,
    Field("land_mu", "地块面积（亩）", "Land (mu)", "number"),
    Field("land_share", "占全部土地", "Share of all land", "percent", 1),
    Field("small_mu", "连片过小未计（亩）", "In blocks too small (mu)", "number"),
)

_NAMED_LIGHTS: Final = {"": Text(zh="未分解", en="not divided"), **LIGHTS}


@dataclass(frozen=True, slots=True)
class Span:
    """The same plan at the end of a period and on the day before it began."""

    now: Study
    before: Study

    @property
    def headline(self) -> Goal | None:
        """The goal that is told by zone, programme and owner."""
        return headline_goal(self.now.plan)


def state(study: Study, goal: Goal) -> dict[str, Any]:
    """A goal on the study's own date, as the map has it."""
    rows = study.progress[study.progress["goal"] == goal.id]
    found: dict[str, Any] = rows[rows["date"] == study.plan.as_of].iloc[0].to_dict()
    return found


def progress_row(span: Span, goal: Goal) -> dict[str, Any]:
    """The figures of a whole goal; ``small_mu`` is land at its stage in blocks too small."""
    now, before = state(span.now, goal), state(span.before, goal)
    figures = {item.key: now[item.key] for item in FIGURES if item.key in now}
    return figures | {
        "new_mu": now["counted_mu"] - before["counted_mu"],
        "ahead": (now["share"] - now["elapsed_share"]) * 100,
        "small_mu": now["small_blocks_mu"],
    }


def goals_sheet(span: Span) -> Sheet:
    """Every goal: target, this period, cumulative, share done and of time gone, light."""
    goals = span.now.plan.goals
    rows = [{"goal": goal.id, **progress_row(span, goal)} for goal in goals]
    fields = (Field("goal", "目标", "Goal", "name"), *FIGURES)
    table = pd.DataFrame(rows, columns=[item.key for item in fields])
    names = {"goal": {goal.id: goal.name for goal in goals}, "light": _NAMED_LIGHTS}
    title = Words("目标进度", "Progress toward the goals").text()
    return Sheet("goals", title, fields, table, names, _DIFFERENCE)


_DIFFERENCE: Final = Text(
    zh="本期新增 = 期末累计 − 期初累计，包括因连片扩大而开始计入的土地；退回的为负",
    en="“This period” is what counts now less what counted before: land whose block has grown "
    "large enough is in it, and land that fell back makes it less",
)


# --- one goal, divided -----------------------------------------------------------------------


def zones_sheet(span: Span, goal: Goal) -> Sheet:
    """A goal by zone, with all zones in the last row (id ``""``)."""
    table = _divided(
        span,
        goal,
        _zone_of(span.now),
        _zone_of(span.before),
        groups=span.now.zones["zone"],
        targets=goal.by_zone,
    )
    names = {"group": zone_names(span.now), "light": _NAMED_LIGHTS}
    title = Words("各片区进度", "Progress by zone").text()
    fields = (Field("group", "片区", "Zone", "name"), *BREAKDOWN)
    return Sheet("zones", title, fields, table, names, _divided_note(span, goal))


def owners_sheet(span: Span, goal: Goal) -> Sheet:
    """A goal by who is responsible for the parcels now, with all in the last row.

    Nobody has the id ``-``, as ``""`` is that of all together.
    """
    now = _owner_of(span.now, goal)
    before = {**_owner_of(span.before, goal), **now}
    people = sorted({*now.values(), *before.values()} - {NOBODY_ID})
    if NOBODY_ID in now.values():
        people.append(NOBODY_ID)
    table = _divided(span, goal, now, before, groups=people, targets={})
    worded = wordings(span.now.plan)["responsible"]
    names = {"group": worded | {NOBODY_ID: worded[""], "": ALL}, "light": _NAMED_LIGHTS}
    title = Words("各责任人进度", "Progress by owner").text()
    fields = (Field("group", "责任人", "Responsible", "name"), *BREAKDOWN)
    return Sheet("owners", title, fields, table, names, _divided_note(span, goal))


NOBODY_ID: Final = "-"


def _zone_of(study: Study) -> dict[str, str]:
    return dict(zip(study.parcels["parcel_id"], study.parcels["zone"], strict=True))


def _owner_of(study: Study, goal: Goal) -> dict[str, str]:
    """Who sees to the next stage of each parcel, or saw to the goal's when it is past that."""
    people = assigned(study, up_to=study.plan.rung(goal.stage))["responsible"]
    return dict(zip(study.parcels["parcel_id"], people.replace("", NOBODY_ID), strict=True))


def _divided(
    span: Span,
    goal: Goal,
    group_now: Mapping[str, str],
    group_before: Mapping[str, str],
    *,
    groups: Iterable[str],
    targets: Mapping[str, float],
) -> pd.DataFrame:
    """A goal's land by group of parcels; the rows add up to the last, which is the goal."""
    now = _sums(span.now, goal, group_now)
    before = _sums(span.before, goal, group_before)
    rows = []
    for group in groups:
        mu, mu_before = (
            dict(zip(sums.columns, sums.loc[group], strict=True))
            if group in sums.index
            else dict.fromkeys(sums.columns, 0.0)
            for sums in (now, before)
        )
        figures = _toward(span.now, goal, targets.get(group), mu["counted_mu"])
        rows.append(
            {
                "group": group,
                **figures,
                "new_mu": mu["counted_mu"] - mu_before["counted_mu"],
                "land_mu": mu["land_mu"],
                "small_mu": mu["ready_mu"] - mu["counted_mu"],
            }
        )
    whole = {"group": "", **progress_row(span, goal), "land_mu": span.now.land_mu}
    table = pd.DataFrame([*rows, whole])
    table["land_share"] = table["land_mu"] / span.now.land_mu
    return table


def _sums(study: Study, goal: Goal, group_of: Mapping[str, str]) -> pd.DataFrame:
    parts = study.goal_parcels[study.goal_parcels["goal"] == goal.id]
    facts = parts.merge(study.parcels[["parcel_id", "land_mu"]], on="parcel_id")
    groups = facts["parcel_id"].map(group_of)
    return facts.groupby(groups)[["ready_mu", "counted_mu", "land_mu"]].sum()


def _toward(study: Study, goal: Goal, target: float | None, counted_mu: float) -> dict[str, Any]:
    """The figures of a part of a goal; without a target of its own nothing is compared."""
    if target is None:
        nothing = ("goal_mu", "share", "elapsed_share", "ahead", "gap_mu")
        return {"counted_mu": counted_mu, "light": "", **dict.fromkeys(nothing, float("nan"))}
    part = goal_progress(
        goal.model_copy(update={"mu": target}),
        on=study.plan.as_of,
        base_date=study.plan.base_date,
        counted_mu=counted_mu,
        counted_at_base_mu=float("nan"),
        yellow_from=study.plan.lights.yellow_from,
    )
    figures = {item.key: part[item.key] for item in FIGURES if item.key in part}
    return figures | {"ahead": (part["share"] - part["elapsed_share"]) * 100}


def _divided_note(span: Span, goal: Goal) -> Text:
    told = shown(state(span.now, goal)["self_reported_mu"], 2, grouped=True)
    return Text(
        zh=f"按目标“{goal.name.zh}”计；“—”：目标未分解到此；另有自报未计 {told} 亩",
        en=f"Counted for “{goal.name.en}”; “—”: the goal is not divided so far; "
        f"{told} mu more are self-reported and do not count",
    )


# --- programmes overlap ----------------------------------------------------------------------


def programmes_sheet(span: Span, goal: Goal) -> Sheet:
    """Programmes, each with the goal that names it, else the headline goal; all united at the end.

    The rows overlap and are not added: the last one (id ``""``) counts each square metre once.
    """
    plan = span.now.plan
    rows = []
    for item in plan.programmes:
        own = [other for other in plan.goals if other.programme == item.id]
        rows += [{"group": item.id, "goal": other.id, **progress_row(span, other)} for other in own]
        if not own:
            rows.append({"group": item.id, **_united(span, goal, [item.id])})
    rows.append({"group": "", **_united(span, goal, [item.id for item in plan.programmes])})
    land = span.now.programmes.set_index("programme")["land_mu"]
    fields = (
        Field("group", "项目组", "Programme", "name"),
        Field("goal", "计入标准", "Counted for", "name"),
        *BREAKDOWN,
    )
    table = pd.DataFrame(rows).assign(land_mu=[land[row["group"]] for row in rows])
    table["land_share"] = table["land_mu"] / span.now.land_mu
    names = {
        "group": {item.id: item.name for item in plan.programmes} | {"": UNITED},
        "goal": {item.id: item.name for item in plan.goals},
        "light": _NAMED_LIGHTS,
    }
    title = Words("各项目组进度", "Progress by programme").text()
    return Sheet("programmes", title, fields, table, names, NEVER_ADDED)


UNITED: Final = Text(zh="合并（重叠只计一次）", en="United (overlaps once)")
NEVER_ADDED: Final = Text(
    zh="项目组有重叠，不可相加：合并行为各项目组地块的并集，每平方米只计一次",
    en="Programmes overlap and must not be added: the last row unites their parcels and counts "
    "each square metre once",
)


def _united(span: Span, goal: Goal, programmes: list[str]) -> dict[str, Any]:
    """What counts for a goal of the land of some programmes, each square metre once."""
    now, small = _counted_of(span.now, goal, programmes)
    before, _ = _counted_of(span.before, goal, programmes)
    figures = _toward(span.now, goal, None, now)
    return {"goal": goal.id, **figures, "new_mu": now - before, "small_mu": small}


def _counted_of(study: Study, goal: Goal, programmes: list[str]) -> tuple[float, float]:
    """Land in mu of the members that counts for the headline goal, and in blocks too small."""
    inside = _inside(study, programmes)
    sizes = study.parcels["block"].map(study.blocks.set_index("block")["land_mu"])
    ready = study.parcels["counts"].to_numpy() & inside
    large = (sizes >= goal.min_block_mu - SLACK_MU).to_numpy()
    counted_mu = _mu(study, ready & large)
    return counted_mu, _mu(study, ready) - counted_mu


def _inside(study: Study, programmes: list[str]) -> Mask:
    members: set[str] = set().union(*(study.land.members[name] for name in programmes))
    chosen: Mask = study.parcels["parcel_id"].isin(members).to_numpy()
    return chosen


def _mu(study: Study, chosen: Mask) -> float:
    return float(study.land.once.of(chosen).sum()) / M2_PER_MU


def overlaps_sheet(study: Study) -> Sheet:
    """Every two programmes that share land: the parcels in both, and the land in mu."""
    rows = []
    for one, other in combinations(study.land.members, 2):
        left, right = _inside(study, [one]), _inside(study, [other])
        both = study.parcels.loc[left & right, "parcel_id"]
        shared_mu = _mu(study, left) + _mu(study, right) - _mu(study, left | right)
        if shared_mu > SLACK_MU or len(both):
            rows.append((one, other, len(both), ", ".join(sorted(both)), shared_mu))
    fields = (
        Field("one", "项目组", "Programme", "name"),
        Field("other", "另一项目组", "The other", "name"),
        Field("parcels", "共有地块数", "Parcels in both", "number", 0),
        Field("parcel_ids", "共有地块", "These", "note"),
        Field("shared_mu", "重叠（亩）", "Shared (mu)", "number"),
    )
    table = pd.DataFrame(rows, columns=[item.key for item in fields])
    worded = {item.id: item.name for item in study.plan.programmes}
    title = Words("项目组的重叠", "Where programmes overlap").text()
    return Sheet("overlaps", title, fields, table, {"one": worded, "other": worded})


# --- the ladder ------------------------------------------------------------------------------


def ladder_sheet(span: Span) -> Sheet:
    """Land at or beyond each rung: by evidence now, before and between, and self-reported apart."""
    stages = span.now.plan.stages
    now, before = _ladder(span.now), _ladder(span.before)
    table = pd.DataFrame(
        {
            "rung": [f"≥{rung}" for rung in range(len(stages))],
            "stage": [stage.id for stage in stages],
            "before_mu": before["evidenced_mu"],
            "new_mu": now["evidenced_mu"] - before["evidenced_mu"],
            "evidenced_mu": now["evidenced_mu"],
            "self_reported_mu": now["self_reported_mu"],
            "mu_or_beyond": now["evidenced_mu"] + now["self_reported_mu"],
        }
    )
    fields = (
        Field("rung", "序号", "Rung"),
        Field("stage", "达到或超过", "At or beyond", "name"),
        Field("before_mu", "期初（亩）", "Before (mu)", "number"),
        Field("new_mu", "本期新增（亩）", "This period (mu)", "number"),
        Field("evidenced_mu", "期末有佐证（亩）", "Now, with evidence (mu)", "number"),
        Field("self_reported_mu", "另有自报（亩）", "Self-reported besides (mu)", "number"),
        Field("mu_or_beyond", "合计（亩）", "Together (mu)", "number"),
    )
    names = {"stage": {stage.id: stage.name for stage in stages}}
    title = Words("各阶段土地", "Land on the ladder").text()
    note = Words(
        "各级并列计数，同一块地在其达到的每一级都计一次，不可相加",
        "The rungs are counted side by side: land stands in every one that it has reached, so "
        "they are not added",
    )
    return Sheet("ladder", title, fields, table, names, note.text())


def _ladder(study: Study) -> pd.DataFrame:
    """By rung: land in mu that evidence shows at it or beyond, and what is only said to be."""
    land, rungs = study.parcels["land_mu"], range(len(study.plan.stages))
    shown_by = [float(land[study.parcels["evidenced_rung"] >= rung].sum()) for rung in rungs]
    said = [float(land[study.parcels["rung"] >= rung].sum()) for rung in rungs]
    table = pd.DataFrame({"evidenced_mu": shown_by})
    return table.assign(self_reported_mu=np.array(said) - shown_by)
