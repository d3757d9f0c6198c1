"""How far the goals are: in all, by zone, by programme and by owner, and on every rung."""

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.basis import counted_land, counts_net
from geo.plan import Goal
from geo.progress import goal_progress
from geo.reports.span import Span, successors
from geo.stalled import assigned, wordings
from geo.study import Study
from geo.tables.naming import zone_names
from geo.tables.notes import net_goals, noted
from geo.tables.sheet import ALL, LIGHTS, Field, Sheet
from geo.text import Text, Words
from geo.units import M2_PER_MU, SLACK_MU, shown
from geo.words import listed

Mask = npt.NDArray[np.bool_]

FIGURES: Final = (
    Field("goal_mu", "目标（亩）", "Target (mu)", "number", 0),
    Field("adjusted_mu", "期初调整（亩）", "Opening adjusted (mu)", "number"),
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


def state(study: Study, goal: Goal) -> dict[str, Any]:
    """A goal on the study's own date, as the map has it."""
    rows = study.progress[study.progress["goal"] == goal.id]
    found: dict[str, Any] = rows[rows["date"] == study.plan.as_of].iloc[0].to_dict()
    return found


def counted(study: Study | None, goal: Goal) -> float:
    """The mu that count for a goal on the study's own date; NaN where there is no study."""
    return float("nan") if study is None else float(state(study, goal)["counted_mu"])


def progress_row(span: Span, goal: Goal) -> dict[str, Any]:
    """The figures of a whole goal; ``small_mu`` is land at its stage in blocks too small."""
    now, before = state(span.now, goal), counted(span.before, goal)
    figures = {item.key: now[item.key] for item in FIGURES if item.key in now}
    return figures | {
        "adjusted_mu": before - counted(span.reported, goal),
        "new_mu": now["counted_mu"] - before,
        "ahead": (now["share"] - now["elapsed_share"]) * 100,
        "small_mu": now["small_blocks_mu"],
    }


def goals_sheet(span: Span) -> Sheet:
    """Every goal: target, adjusted, this period, cumulative, share done and of time gone, light."""
    goals = span.now.plan.goals
    rows = [{"goal": goal.id, **progress_row(span, goal)} for goal in goals]
    fields = (Field("goal", "目标", "Goal", "name"), *FIGURES)
    table = pd.DataFrame(rows, columns=[item.key for item in fields])
    names = {"goal": {goal.id: goal.name for goal in goals}, "light": _NAMED_LIGHTS}
    title = Words("目标进度", "Progress toward the goals").text()
    note = noted(net_goals(goals), _opening_note(span))
    return Sheet("goals", title, fields, table, names, note)


def _opening_note(span: Span) -> Text:
    """How the columns add up from one report to the next, and which entries adjust the opening."""
    eve = span.before.plan.as_of
    why = _why_adjusted(span)
    return Text(
        zh="本期新增 = 期末累计 − 期初累计，包括因连片扩大而开始计入的土地；退回的为负。"
        f"期初调整 = {eve} 的累计，按现在所知减去按当日所知（均按现在的计划和图形）："
        f"上期累计 + 期初调整 + 本期新增 = 累计完成。{why.zh}",
        en="“This period” is what counts now less what counted before: land whose block has grown "
        "large enough is in it, and land that fell back makes it less. “Opening adjusted” is what "
        f"counted on {eve} as it is known now, less the same as it was known on that day, both by "
        "the plan and outlines of now: counted in the last report + adjusted + this period = "
        f"counted. {why.en}",
    )


def _why_adjusted(span: Span) -> Text:
    if span.now.land.history is None:
        return Text(zh="没有台账，期初不作调整", en="Without a ledger nothing is adjusted")
    if not span.late:
        return Text(
            zh="没有迟报或更正，期初不作调整",
            en="Nothing was told late or corrected, so nothing is adjusted",
        )
    entries = listed(f"#{item.seq}" for item in span.late)
    if span.reported is None:
        return Text(
            zh=f"按当日所知的台账有错误，算不出当日累计（—）；此后的迟报和更正：{entries}",
            en="What was known on that day has errors that forbid sums (—); told late or corrected "
            f"since: {entries}",
        )
    return Text(zh=f"迟报和更正（见日志）：{entries}", en=f"Told late or corrected: {entries}")


# --- one goal, divided -----------------------------------------------------------------------


def zones_sheet(span: Span, goal: Goal) -> Sheet:
    """A goal by zone, with all zones in the last row (id ``""``)."""
    sums = _sums(span, goal, _zone_shares)
    zones = span.now.zones["zone"].to_list()
    former = sorted(set(sums.index) - set(zones))  # of parcels that merged into another zone
    table = _divided(span, goal, sums, groups=[*zones, *former], targets=goal.by_zone)
    names = {"group": zone_names(span.now), "light": _NAMED_LIGHTS}
    title = Words("各片区进度", "Progress by zone").text()
    fields = (Field("group", "片区", "Zone", "name"), *BREAKDOWN)
    return Sheet("zones", title, fields, table, names, _divided_note(span, goal))


def owners_sheet(span: Span, goal: Goal) -> Sheet:
    """A goal by who is responsible for the land now, with all in the last row.

    Land counts for its owner of now on both days: that it changed hands, split or merged makes
    none of it new. Nobody has the id ``-``, as ``""`` is that of all together.
    """
    owner = _owner_of(span.now, goal)

    def shares(study: Study) -> pd.DataFrame:
        table = successors(study, span.now, goal)
        return table.assign(group=table["present"].map(_owner_of(study, goal) | owner))

    sums = _sums(span, goal, shares)
    people = sorted(sums.index, key=lambda name: (name == NOBODY_ID, name))
    table = _divided(span, goal, sums, groups=people, targets={})
    worded = wordings(span.now.plan)["responsible"]
    names = {"group": worded | {NOBODY_ID: worded[""], "": ALL}, "light": _NAMED_LIGHTS}
    title = Words("各责任人进度", "Progress by owner").text()
    fields = (Field("group", "责任人", "Responsible", "name"), *BREAKDOWN)
    note = _divided_note(span, goal)
    told = Text(
        zh=f"{note.zh}；期初、期末均按现在的责任人计，换人不算新增",
        en=f"{note.en}; land counts for its owner of now on both days, so that a change of owner "
        "makes none of it new",
    )
    return Sheet("owners", title, fields, table, names, told)


NOBODY_ID: Final = "-"


def _zone_shares(study: Study) -> pd.DataFrame:
    zones = study.parcels[["parcel_id", "zone"]]
    return zones.rename(columns={"zone": "group"}).assign(share=1.0)


def _owner_of(study: Study, goal: Goal) -> dict[str, str]:
    """Who sees to the next stage of each parcel, or saw to the goal's when it is past that."""
    people = assigned(study, up_to=study.plan.rung(goal.stage))["responsible"]
    return dict(zip(study.parcels["parcel_id"], people.replace("", NOBODY_ID), strict=True))


def _sums(span: Span, goal: Goal, shares: Callable[[Study], pd.DataFrame]) -> pd.DataFrame:
    """Land in mu by group: ready, counted and all of it; what counted ``before``, and as reported.

    ``shares`` gives the ``group`` and the ``share`` of each ``parcel_id`` of a study.
    """
    now, before, reported = (
        None if study is None else _summed(study, goal, shares(study))
        for study in (span.now, span.before, span.reported)
    )
    assert now is not None
    for name, then in (("before_mu", before), ("reported_mu", reported)):
        if then is not None:
            now = now.join(then["counted_mu"].rename(name), how="outer")
    return now.fillna(0.0)


def _summed(study: Study, goal: Goal, shares: pd.DataFrame) -> pd.DataFrame:
    parts = study.goal_parcels[study.goal_parcels["goal"] == goal.id]
    facts = parts.merge(study.parcels[["parcel_id", "land_mu"]], on="parcel_id")
    facts = facts.merge(shares, on="parcel_id")
    land = facts[["ready_mu", "counted_mu", "land_mu"]].mul(facts["share"], axis=0)
    return land.groupby(facts["group"]).sum()


def _divided(
    span: Span,
    goal: Goal,
    sums: pd.DataFrame,
    *,
    groups: Iterable[str],
    targets: Mapping[str, float],
) -> pd.DataFrame:
    """A goal's land by group of parcels; the rows add up to the last, which is the goal."""
    rows = [
        {
            "group": group,
            **_toward(span.now, goal, targets.get(group), mu["counted_mu"]),
            "adjusted_mu": mu["before_mu"] - mu.get("reported_mu", float("nan")),
            "new_mu": mu["counted_mu"] - mu["before_mu"],
            "land_mu": mu["land_mu"],
            "small_mu": mu["ready_mu"] - mu["counted_mu"],
        }
        for group, mu in sums.reindex(list(groups), fill_value=0.0).to_dict("index").items()
    ]
    whole = {"group": "", **progress_row(span, goal), "land_mu": span.now.land_mu}
    table = pd.DataFrame([*rows, whole])
    table["land_share"] = table["land_mu"] / span.now.land_mu
    return table


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
    net = ("（净用地）", " in net land") if counts_net(goal) else ("", "")
    return Text(
        zh=f"按目标“{goal.name.zh}”计{net[0]}；“—”：目标未分解到此；另有自报未计 {told} 亩",
        en=f"Counted for “{goal.name.en}”{net[1]}; “—”: the goal is not divided so far; "
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
    note = noted(net_goals(plan.goals), NEVER_ADDED)
    return Sheet("programmes", title, fields, table, names, note)


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
    reported = float("nan")
    if span.reported is not None:
        reported, _ = _counted_of(span.reported, goal, programmes)
    figures = {**_toward(span.now, goal, None, now), "new_mu": now - before, "small_mu": small}
    return {"goal": goal.id, **figures, "adjusted_mu": before - reported}


def _counted_of(study: Study, goal: Goal, programmes: list[str]) -> tuple[float, float]:
    """Land in mu of the members that counts for the headline goal, and in blocks too small."""
    inside = _inside(study, programmes)
    sizes = study.parcels["block"].map(study.blocks.set_index("block")["land_mu"])
    ready = study.parcels["counts"].to_numpy() & inside
    large = (sizes >= goal.min_block_mu - SLACK_MU).to_numpy()
    counted_mu = _mu(study, ready & large, goal)
    return counted_mu, _mu(study, ready, goal) - counted_mu


def _inside(study: Study, programmes: list[str]) -> Mask:
    members: set[str] = set().union(*(study.land.members[name] for name in programmes))
    chosen: Mask = study.parcels["parcel_id"].isin(members).to_numpy()
    return chosen


def _mu(study: Study, chosen: Mask, goal: Goal | None = None) -> float:
    """Land of some parcels in mu: what a goal counts of it, or all of it."""
    return float(counted_land(goal, study.parcels, study.land.once, chosen).sum()) / M2_PER_MU


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
    """Land at or beyond each rung: by evidence before, between and now, and self-reported apart.

    What counted before is as it is known now, and so has the adjustment in it.
    """
    stages = span.now.plan.stages
    now, before = _ladder(span.now), _ladder(span.before)
    reported = before["evidenced_mu"] * float("nan")
    if span.reported is not None:
        reported = _ladder(span.reported)["evidenced_mu"]
    table = pd.DataFrame(
        {
            "rung": [f"≥{rung}" for rung in range(len(stages))],
            "stage": [stage.id for stage in stages],
            "adjusted_mu": before["evidenced_mu"] - reported,
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
        Field("adjusted_mu", "期初调整（亩）", "Opening adjusted (mu)", "number"),
        Field("before_mu", "期初（调整后，亩）", "Before, adjusted (mu)", "number"),
        Field("new_mu", "本期新增（亩）", "This period (mu)", "number"),
        Field("evidenced_mu", "期末有佐证（亩）", "Now, with evidence (mu)", "number"),
        Field("self_reported_mu", "另有自报（亩）", "Self-reported besides (mu)", "number"),
        Field("mu_or_beyond", "合计（亩）", "Together (mu)", "number"),
    )
    names = {"stage": {stage.id: stage.name for stage in stages}}
    title = Words("各阶段土地", "Land on the ladder").text()
    side_by_side = Words(
        "各级并列计数，同一块地在其达到的每一级都计一次，不可相加",
        "The rungs are counted side by side: land stands in every one that it has reached, so "
        "they are not added",
    )
    gross = Words("均为毛面积", "All of it is gross land").text()
    note = noted(side_by_side.text(), gross if net_goals(span.now.plan.goals) else None)
    return Sheet("ladder", title, fields, table, names, note)


def _ladder(study: Study) -> pd.DataFrame:
    """By rung: land in mu that evidence shows at it or beyond, and what is only said to be."""
    land, rungs = study.parcels["land_mu"], range(len(study.plan.stages))
    shown_by = [float(land[study.parcels["evidenced_rung"] >= rung].sum()) for rung in rungs]
    said = [float(land[study.parcels["rung"] >= rung].sum()) for rung in rungs]
    table = pd.DataFrame({"evidenced_mu": shown_by})
    return table.assign(self_reported_mu=np.array(said) - shown_by)
