"""Stalled land: parcels that wait longer than the plan allows, for whom, and for what."""

from typing import Final

import numpy as np
import pandas as pd

from geo.ledger.event import Event
from geo.plan import Plan, Stage
from geo.study import Study
from geo.tables.naming import zone_names
from geo.tables.sheet import Field, Sheet
from geo.tasks import open_blockers, tasks, texts_of
from geo.text import Text, Words
from geo.units import DAYS_PER_MONTH, shown

STALLED_COLUMNS: Final = (
    *("parcel_id", "zone", "stage", "since", "months", "allowed_months", "overdue_months"),
    *("basis", "land_mu", "blockers", "responsible", "next_step"),
)
"""A parcel that waits: the stage it stands at and since when, how long it may work on the next
and by how much it is over; ``basis`` is ``limit`` (the plan's), ``p90`` or ``""`` (neither is
known); what blocks it; who is to act (``""``: nobody is named) and what is next."""


def stalled(study: Study, *, all: bool = False) -> pd.DataFrame:  # noqa: A002 (as the option)
    """Parcels that have waited longer than allowed, by who is responsible, the latest first.

    A parcel that has reached a rung works on the next one since then. It may take the plan's
    ``limit_months`` of that stage, else its ``p90_months``. Only land to be rebuilt waits, until
    it is on the last rung; what has never begun is apart (:func:`never_begun`). With ``all``
    those that are in time are listed too, and those for which nothing says how long they may.
    """
    last = len(study.plan.stages) - 1
    on_the_way = _to_rebuild(study) & study.parcels["has_events"] & (study.parcels["rung"] < last)
    rows = study.parcels[on_the_way]
    stages = [study.plan.stages[rung + 1] for rung in rows["rung"]]
    waited = pd.Timestamp(study.plan.as_of) - rows["stage_date"]
    table = rows[["parcel_id", "zone", "stage", "land_mu"]].assign(
        since=rows["stage_date"],
        months=waited.dt.days / DAYS_PER_MONTH,
        allowed_months=np.array([_allowed(stage)[0] for stage in stages], dtype="float64"),
        basis=[_allowed(stage)[1] for stage in stages],
        blockers=texts_of(blocked(study), rows["parcel_id"]),
        **assigned(study)[on_the_way].to_dict("series"),
    )
    table["overdue_months"] = table["months"] - table["allowed_months"]
    if not all:
        table = table[table["overdue_months"] > 0]
    return _by_responsible(table)[list(STALLED_COLUMNS)]


def never_begun(study: Study) -> pd.DataFrame:
    """Parcels to be rebuilt of which nothing is recorded: ``parcel_id``, ``zone``, ``land_mu``."""
    silent = _to_rebuild(study) & ~study.parcels["has_events"]
    return study.parcels.loc[silent, ["parcel_id", "zone", "land_mu"]].reset_index(drop=True)


def _to_rebuild(study: Study) -> pd.Series:
    return study.parcels["treatment"] == "rebuild"


def _allowed(stage: Stage) -> tuple[float, str]:
    """Months that a stage may take, and what says so."""
    if stage.limit_months is not None:
        return stage.limit_months, "limit"
    return (stage.p90_months, "p90") if stage.p90_months is not None else (float("nan"), "")


def _by_responsible(table: pd.DataFrame) -> pd.DataFrame:
    """Sorted by responsible (nobody last), then by how late, then by parcel."""
    nobody = table["responsible"] == ""
    order = ["nobody", "responsible", "overdue_months", "parcel_id"]
    rows = table.assign(nobody=nobody).sort_values(
        order, ascending=[True, True, False, True], na_position="last", ignore_index=True
    )
    return rows.drop(columns="nobody")


# --- who, and what next ----------------------------------------------------------------------


def assigned(study: Study, *, up_to: int | None = None) -> pd.DataFrame:
    """``responsible`` and ``next_step`` of every parcel, in the order of the parcels.

    What the ledger says of the parcel, else what the plan says of the stage that it works on
    (one above its own, but none above the rung ``up_to``). The plan's words stand in Chinese
    and :func:`wordings` has them in both languages.
    """
    plan, top = study.plan, len(study.plan.stages) - 1 if up_to is None else up_to
    english = {text.en: text.zh for stage in plan.stages if (text := stage.responsible)}
    told = _told(study)
    rows = []
    for parcel, rung in study.parcels[["parcel_id", "rung"]].itertuples(index=False):
        stage = plan.stages[min(rung + 1, top)]
        responsible, step = told.get(parcel, ("", ""))
        usual = stage.responsible.zh if stage.responsible is not None else ""
        rows.append((english.get(responsible, responsible) or usual, step or _next_step(stage).zh))
    return pd.DataFrame(rows, columns=["responsible", "next_step"], index=study.parcels.index)


def wordings(plan: Plan) -> dict[str, dict[str, Text]]:
    """The plan's words for who is responsible and what is next, by their Chinese."""
    people = [stage.responsible for stage in plan.stages if stage.responsible is not None]
    steps = [_next_step(stage) for stage in plan.stages]
    return {
        "responsible": {"": NOBODY} | {text.zh: text for text in people},
        "next_step": {text.zh: text for text in steps},
    }


NOBODY: Final = Text(zh="未指定", en="nobody named")


def _next_step(stage: Stage) -> Text:
    if stage.next_step is not None:
        return stage.next_step
    if stage.evidence is not None:
        return Text(zh=f"取得{stage.evidence.zh}", en=f"obtain: {stage.evidence.en}")
    return Text(zh=f"完成{stage.name.zh}", en=f"complete: {stage.name.en}")


def _told(study: Study) -> dict[str, tuple[str, str]]:
    """What the ledger says of who is responsible, and of the next step."""
    history = study.land.history
    if history is None:
        return {}
    since = dict(zip(study.parcels["parcel_id"], study.parcels["stage_date"], strict=True))
    return tasks(history, study.plan.as_of, since)


def blocked(study: Study) -> dict[str, list[Event]]:
    """What blocks each parcel on the plan's date, by the ledger."""
    history = study.land.history
    if history is None:
        return {}
    there = set(study.parcels["parcel_id"])
    found = open_blockers(history, study.plan.as_of)
    return {parcel: items for parcel, items in found.items() if parcel in there}


# --- shown -----------------------------------------------------------------------------------


def stalled_sheet(study: Study, *, all: bool = False) -> Sheet:  # noqa: A002 (as the option)
    """:func:`stalled` as a table to print, with the line on land that has never begun."""
    fields = (
        Field("responsible", "责任人", "Responsible", "name"),
        Field("parcel_id", "地块", "Parcel"),
        Field("zone", "片区", "Zone", "name"),
        Field("stage", "所处阶段", "Stands at", "name"),
        Field("since", "自", "Since"),
        Field("months", "已历（月）", "Months", "number", 1),
        Field("allowed_months", "时限（月）", "Allowed (months)", "number", 1),
        Field("overdue_months", "超期（月）", "Overdue (months)", "number", 1),
        Field("basis", "时限依据", "Allowed by", "name"),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("next_step", "下一步", "Next step", "name"),
        Field("blockers", "受阻原因", "Blocked by", "note"),
    )
    names = {
        **wordings(study.plan),
        "zone": zone_names(study),
        "stage": {stage.id: stage.name for stage in study.plan.stages},
        "basis": {basis: words.text() for basis, words in _BASES.items()},
    }
    title = (
        Words("超期地块", "Overdue parcels") if not all else Words("在途地块", "Parcels under way")
    )
    table = stalled(study, all=all)
    return Sheet("overdue", title.text(), fields, table, names, never_begun_note(study))


_BASES: Final = {
    "limit": Words("计划时限", "the plan"),
    "p90": Words("P90 工期", "P90"),
    "": Words("未定", "not known"),
}


def never_begun_note(study: Study) -> Text:
    """How much land to be rebuilt has no event: it waits for nothing and is not overdue."""
    silent = never_begun(study)
    mu = shown(float(silent["land_mu"].sum()), 2, grouped=True)
    return Text(
        zh=f"另有 {len(silent)} 个拆除重建地块（{mu} 亩）从未启动，不算超期",
        en=f"Never begun, so not overdue: {len(silent)} of the parcels to be rebuilt ({mu} mu)",
    )
