"""What somebody has to do: overdue land by owner, and what needs a decision (需协调事项)."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pandas as pd

from geo.periods import Period
from geo.plan import Goal
from geo.reports.goals import state
from geo.reports.log import moved
from geo.reports.span import Span
from geo.stalled import assigned, blocked, wordings
from geo.study import Study
from geo.tables.sheet import Field, Sheet
from geo.text import Text, Words
from geo.units import shown


def overdue_owners_sheet(overdue: Sheet) -> Sheet:
    """The overdue parcels by who is responsible: how many, how many mu, and the latest of them."""
    groups = overdue.frame.groupby("responsible", sort=False)
    table = groups.agg(
        parcels=("parcel_id", "size"),
        land_mu=("land_mu", "sum"),
        overdue_months=("overdue_months", "max"),
        blocked=("blockers", lambda texts: int((texts != "").sum())),
    ).reset_index()
    fields = (
        Field("responsible", "责任人", "Responsible", "name"),
        Field("parcels", "超期地块数", "Overdue parcels", "number", 0),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("overdue_months", "最长超期（月）", "Longest overdue (months)", "number", 1),
        Field("blocked", "其中受阻", "Blocked of them", "number", 0),
    )
    title = Words("各责任人超期", "Overdue by owner").text()
    names = {"responsible": overdue.names["responsible"]}
    return Sheet("overdue_owners", title, fields, table, names, overdue.note)


TWICE: Final = 2
"""Land that has waited this many times as long as it may is brought up for a decision."""


_Facts = dict[str, dict[str, Any]]


class _Item(NamedTuple):
    """One matter: its kind, what it is about, what is to be decided, since when, who, land."""

    kind: str
    subject: Text
    what: Text
    since: object
    responsible: str
    next_step: str
    land_mu: float


def decisions_sheet(span: Span, period: Period, overdue: Sheet) -> Sheet:
    """Goals that are red, open blockers, falls in the period, and land stalled twice its limit."""
    facts = _facts(span.now)
    items = [
        *_red_goals(span.now),
        *_blocked(span.now, facts),
        *_fallen(span.now, period, facts),
        *_long_stalled(span.now, overdue.frame),
    ]
    rows = [(*item[:1], item.subject.en, item.what.en, *item[3:]) for item in items]
    fields = (
        Field("kind", "类别", "Kind", "name"),
        Field("subject", "事项", "About", "name"),
        Field("what", "内容", "What", "note"),
        Field("since", "自", "Since"),
        Field("responsible", "责任人", "Responsible", "name"),
        Field("next_step", "下一步", "Next step", "name"),
        Field("land_mu", "涉及（亩）", "Land (mu)", "number"),
    )
    table = pd.DataFrame(rows, columns=[item.key for item in fields])
    names = {
        **wordings(span.now.plan),
        "kind": {kind: words.text() for kind, words in _KINDS.items()},
        "subject": {item.subject.en: item.subject for item in items},
        "what": {item.what.en: item.what for item in items},
    }
    title = Words("需协调事项", "For decision").text()
    return Sheet("decisions", title, fields, table, names, _NOT_ADDED)


_KINDS: Final = {
    "goal": Words("目标亮红灯", "goal on red"),
    "block": Words("受阻", "blocked"),
    "revert": Words("退回", "fell back"),
    "stalled": Words("严重超期", "long overdue"),
}

_NOT_ADDED: Final = Text(
    zh="同一地块可能列入几项，面积不可相加；“严重超期”指已历时间超过时限两倍",
    en="A parcel may stand in several items, so land is not added; “long overdue” is land that "
    "has waited more than twice as long as it may",
)


def _same(text: str) -> Text:
    return Text(zh=text, en=text)


def _red_goals(study: Study) -> Iterator[_Item]:
    for goal in study.plan.goals:
        now = state(study, goal)
        if now["light"] == "red":
            owner = study.plan.stages[study.plan.rung(goal.stage)].responsible
            who = "" if owner is None else owner.zh
            yield _Item("goal", goal.name, _pace(goal, now), None, who, "", now["gap_mu"])


def _pace(goal: Goal, now: dict[str, Any]) -> Text:
    """What is missing, and the pace that is needed beside the pace so far."""
    gap, pace, needed = (
        shown(now[name], places, grouped=True)
        for name, places in (("gap_mu", 2), ("pace", 0), ("required_pace", 0))
    )
    if pd.isna(now["required_pace"]):
        return Text(
            zh=f"{goal.due} 已到期，差 {gap} 亩；此前每年 {pace} 亩",
            en=f"was due on {goal.due} and lacks {gap} mu; the pace was {pace} mu a year",
        )
    return Text(
        zh=f"{goal.due} 到期，还差 {gap} 亩：每年需 {needed} 亩，目前每年 {pace} 亩",
        en=f"due on {goal.due} and lacks {gap} mu: needs {needed} mu a year, has {pace}",
    )


def _blocked(study: Study, facts: _Facts) -> Iterator[_Item]:
    for parcel, events in sorted(blocked(study).items()):
        fact = facts[parcel]
        for event in events:
            who = event.responsible or fact["responsible"]
            step = event.next_step or fact["next_step"]
            what = _same(event.text)
            yield _Item("block", _same(parcel), what, event.first, who, step, fact["land_mu"])


def _fallen(study: Study, period: Period, facts: _Facts) -> Iterator[_Item]:
    events = study.land.events
    stages = {stage.id: stage.name for stage in study.plan.stages}
    for event in events[events["action"] == "revert"].sort_values("date").itertuples():
        day = event.date.date()
        if day not in period or day > study.plan.as_of:
            continue
        fact = facts[event.parcel_id]
        what = moved(stages[event.stage], reverted=True, reason=event.reason).text()
        who, step = fact["responsible"], fact["next_step"]
        yield _Item("revert", _same(event.parcel_id), what, day, who, step, fact["land_mu"])


def _long_stalled(study: Study, overdue: pd.DataFrame) -> Iterator[_Item]:
    long = overdue[overdue["months"] > TWICE * overdue["allowed_months"]]
    stages = {stage.id: stage.name for stage in study.plan.stages}
    rows = long.sort_values(["overdue_months", "parcel_id"], ascending=[False, True])
    for row in rows.to_dict("records"):
        months, allowed = (shown(row[name], 1) for name in ("months", "allowed_months"))
        stage = stages[row["stage"]]
        what = Text(
            zh=f"停在“{stage.zh}” {months} 个月，时限 {allowed} 个月",
            en=f"at “{stage.en}” for {months} months, allowed {allowed}",
        )
        yield _Item(
            "stalled",
            _same(row["parcel_id"]),
            what,
            row["since"],
            row["responsible"],
            row["next_step"],
            row["land_mu"],
        )


def _facts(study: Study) -> _Facts:
    """Who is to act, what is next and how much land, by parcel."""
    table = study.parcels[["parcel_id", "land_mu"]].join(assigned(study)).set_index("parcel_id")
    facts: _Facts = table.to_dict("index")
    return facts
