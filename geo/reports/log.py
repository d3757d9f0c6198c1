"""The log of a period: what happened in it, and what was written down in it (日志)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from geo.cells.numerals import as_known
from geo.ledger.event import Event, end_of_day, moment
from geo.ledger.history import History
from geo.periods import Period
from geo.plan import Plan
from geo.reports.span import Span
from geo.study import Study
from geo.tables.sheet import Field, Sheet
from geo.text import Text, Words

FIELDS: Final = (
    Field("seq", "序号", "No."),
    Field("happened", "发生", "Happened"),
    Field("recorded", "登记", "Recorded"),
    Field("actor", "登记人", "By"),
    Field("parcel_id", "地块", "Parcel"),
    Field("what", "内容", "What", "note"),
    Field("evidence", "佐证", "Evidence"),
    Field("mark", "标记", "Mark", "name"),
)


class Entry(NamedTuple):
    """One line of the log; ``happened`` is as exact as it is known."""

    seq: int
    happened: str
    recorded: str
    actor: str
    parcel_id: str
    what: Text
    evidence: str
    marks: list[Words]


def log_sheet(span: Span, period: Period) -> Sheet:
    """What is dated in a period up to its end, was recorded in it, or adjusts its opening."""
    history = span.now.land.history
    told = _of_table(span.now, period) if history is None else _of_ledger(history, span, period)
    entries = list(told)
    marks = [_joined(item.marks) for item in entries]
    rows = [
        (*item[:5], item.what.en, item.evidence, mark.en)
        for item, mark in zip(entries, marks, strict=True)
    ]
    names = {
        "what": {item.what.en: item.what for item in entries},
        "mark": {mark.en: mark for mark in marks},
    }
    title = Words("工作日志", "Log").text()
    table = pd.DataFrame(rows, columns=[item.key for item in FIELDS])
    return Sheet("log", title, FIELDS, table, names, _note(entries, history))


def _note(entries: list[Entry], history: History | None) -> Text:
    if history is None:
        return Text(
            zh=f"共 {len(entries)} 条；没有台账，取自整备表，登记时间和登记人不详",
            en=f"Entries: {len(entries)}; there is no ledger, so they come from the readiness "
            "table and nothing tells when and by whom they were recorded",
        )
    late, adjusts = (sum(mark in item.marks for item in entries) for mark in (LATE, ADJUSTS))
    return Text(
        zh=f"共 {len(entries)} 条，其中迟报 {late} 条（发生在本期之前，本期开始后才登记）；"
        f"改变期初数的 {adjusts} 条（见目标进度的“期初调整”）",
        en=f"Entries: {len(entries)}, of them late: {late} (they happened before the period and "
        f"were recorded since it began), and {adjusts} that adjust the opening (see the goals)",
    )


LATE: Final = Words("迟报", "late")
ADJUSTS: Final = Words("调整期初", "adjusts the opening")
SELF_REPORTED: Final = Words("自报", "self-reported")


def _of_ledger(history: History, span: Span, period: Period) -> Iterator[Entry]:
    """The entries of the ledger, as they were recorded."""
    plan, adjusting = span.now.plan, {item.seq for item in span.late}
    zone = ZoneInfo(plan.timezone)
    by_seq = {item.seq: item for item in history.entries}
    superseded_by = {
        item.supersedes: item.seq for item in history.entries if item.supersedes is not None
    }
    opened, closed = (moment(end_of_day(day, zone)) for day in (period.eve, period.last))
    until = period.cut(plan.as_of)
    for item in history.entries:
        written = opened < item.recorded_at <= closed
        dated = period.first <= item.counts_from <= until
        if not (written or dated or item.seq in adjusting):
            continue
        recorded = datetime.fromisoformat(item.recorded_at).astimezone(zone)
        marks = [LATE] if item.counts_from < period.first else []
        if item.seq in adjusting:
            marks.append(ADJUSTS)
        if item.kind == "reach" and not item.evidence:
            marks.append(SELF_REPORTED)
        if item.supersedes is not None:
            marks.append(_correction(item, by_seq.get(item.supersedes), plan))
        if item.seq in superseded_by:
            number = superseded_by[item.seq]
            marks.append(Words(f"已被 #{number} 更正", f"superseded by #{number}"))
        yield Entry(
            item.seq,
            as_known(item.first, item.precision),
            f"{recorded:%Y-%m-%d %H:%M}",
            item.actor,
            item.parcel_id,
            told_by(item, plan),
            item.evidence,
            marks,
        )


def _correction(item: Event, former: Event | None, plan: Plan) -> Words:
    """What an entry corrects, what that said, and why."""
    was, because = Words("", ""), Words("", "")
    if former is not None:
        day, text = as_known(former.first, former.precision), told_by(former, plan)
        was = Words(f"（原：{day} {text.zh}）", f" (was: {day} {text.en})")
    if item.reason:
        because = Words(f"：{item.reason}", f": {item.reason}")
    number = item.supersedes
    return Words(f"更正 #{number}{was.zh}{because.zh}", f"corrects #{number}{was.en}{because.en}")


def told_by(item: Event, plan: Plan) -> Text:
    """What an entry tells, in both languages: what happened, who is to act, what is next."""
    names = {stage.id: stage.name for stage in plan.stages}
    stage = names.get(item.stage, Text(zh=item.stage, en=item.stage))
    parts, text = ", ".join(item.part_ids), item.text
    words = {
        "reach": moved(stage, reverted=False, reason=""),
        "revert": moved(stage, reverted=True, reason=item.reason),
        "block": Words("受阻", "blocked"),
        "unblock": Words("不再受阻", "no longer blocked"),
        "note": Words("备注", "note"),
        "split": Words(f"拆分为 {parts}", f"split into {parts}"),
        "merge": Words(f"由 {parts} 合并而成", f"merged of {parts}"),
        "void": Words(f"作废 #{item.supersedes}", f"voids #{item.supersedes}"),
        "layer": Words("登记图形", "outlines were recorded"),
        "adopt": Words("接续台账副本", "a copy of the ledger is carried on"),
    }[item.kind]
    more = [
        Words(f"：{text}", f": {text}") if text else Words("", ""),
        *(
            Words(f"；{zh}：{value}", f"; {en}: {value}")
            for zh, en, value in (
                ("责任人", "responsible", item.responsible),
                ("下一步", "next", item.next_step),
            )
            if value
        ),
    ]
    zh, en = ("".join(part) for part in zip(words, *more, strict=True))
    return Text(zh=zh, en=en)


def moved(stage: Text, *, reverted: bool, reason: str) -> Words:
    """A stage that a parcel reached, or fell back to."""
    if not reverted:
        return Words(f"达到“{stage.zh}”", f"reached “{stage.en}”")
    because = (f"：{reason}", f": {reason}") if reason else ("", "")
    return Words(f"退回“{stage.zh}”{because[0]}", f"fell back to “{stage.en}”{because[1]}")


def _joined(marks: list[Words]) -> Text:
    return Text(zh="；".join(mark.zh for mark in marks), en="; ".join(mark.en for mark in marks))


def _of_table(study: Study, period: Period) -> Iterator[Entry]:
    """The events of the readiness table, as they happened."""
    names = {stage.id: stage.name for stage in study.plan.stages}
    events = study.land.events
    days = events["date"].dt.date
    inside = (days >= period.first) & (days <= period.cut(study.plan.as_of))
    for item in events[inside].sort_values(["date", "row"]).itertuples(index=False):
        reverted = item.action == "revert"
        yield Entry(
            item.row,
            as_known(item.date.date(), item.precision),
            "",
            "",
            item.parcel_id,
            moved(names[item.stage], reverted=reverted, reason=item.reason).text(),
            item.evidence,
            [] if reverted or item.evidence else [SELF_REPORTED],
        )
