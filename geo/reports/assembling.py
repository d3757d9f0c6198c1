"""The report of a period: its tables in the order in which the town reads them, and its laws."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, NamedTuple

import pandas as pd
from pyproj import CRS

from geo.errors import PlanError
from geo.findings import Place, finding
from geo.laws import Law, enforce
from geo.notify import Notify, unheard
from geo.periods import CADENCE_NAMES, Cadence, Period
from geo.plan import Goal, Plan
from geo.reports.actions import decisions_sheet, overdue_owners_sheet
from geo.reports.closing import report_laws
from geo.reports.goals import (
    counted,
    goals_sheet,
    ladder_sheet,
    overlaps_sheet,
    owners_sheet,
    programmes_sheet,
    state,
    zones_sheet,
)
from geo.reports.log import log_sheet
from geo.reports.span import Span, span_of
from geo.stalled import stalled_sheet
from geo.study import Study
from geo.tables.sheet import Field, Sheet
from geo.text import Text
from geo.units import SLACK_MU, shown

ORDER: Final[dict[Cadence, tuple[str, ...]]] = {
    "day": (
        *("log", "overdue_owners", "overdue", "decisions", "goals"),
        *("zones", "owners", "programmes", "overlaps", "ladder"),
    ),
    "week": (
        *("overdue_owners", "overdue", "decisions", "goals", "owners"),
        *("zones", "programmes", "overlaps", "ladder", "log"),
    ),
    "month": (
        *("decisions", "goals", "zones", "owners", "programmes", "overlaps"),
        *("ladder", "overdue_owners", "overdue", "log"),
    ),
    "quarter": (
        *("goals", "zones", "owners", "programmes", "overlaps", "ladder"),
        *("decisions", "overdue_owners", "overdue", "log"),
    ),
}
"""What each cadence reads first: the log, who is late, what to decide, the totals."""


class Highlight(NamedTuple):
    """One figure for the head of the page, and the id of the table that it is from."""

    label: Text
    value: Text
    sheet: str


@dataclass(frozen=True, slots=True)
class Report:
    """One period of one plan: tables in the order of its cadence, the data behind them last.

    The people named are internal: a report goes to colleagues and never onto the map.
    """

    period: Period
    title: Text
    subtitle: Text
    notices: list[Text]
    highlights: list[Highlight]
    sheets: list[Sheet]
    laws: list[Law]


def report_of(plan: Plan, period: Period, *, notify: Notify = unheard) -> Report:
    """Work a plan out at the end of a period and before it began, and report what lies between.

    What was recorded late is no news of the period: it adjusts the opening (``adjusted_mu``).

    A period that is not over is cut at the plan's ``as_of``. Raises :class:`PlanError` when it has
    not begun by then, and what :func:`geo.study.run` raises.
    """
    if plan.as_of < period.first:
        words: Place = {"seen": period.id, "as_of": plan.as_of}
        raise PlanError(finding("report.future", file=plan.path.name, **words))
    return report(span_of(plan, period, notify=notify), period)


def report(span: Span, period: Period) -> Report:
    """The report of a period from a plan as of its end and as of the day before it began.

    Raises :class:`geo.errors.LawError` when a total would contradict the map, and
    :class:`ValueError` for studies of other dates.
    """
    now, eves = span.now, {study.plan.as_of for study in (span.before, span.reported) if study}
    if now.plan.as_of not in period or eves != {period.eve}:
        raise ValueError(f"{period.id} is told by studies of its end and of {period.eve}")
    made = {sheet.id: sheet for sheet in _sheets(span, period)}
    laws = report_laws(span, made)
    enforce(laws)
    return Report(
        period=period,
        title=_title(now, period),
        subtitle=_subtitle(now, period),
        notices=_notices(now, period),
        highlights=_highlights(span, made),
        sheets=[*(made[name] for name in ORDER[period.cadence] if name in made), _data(now)],
        laws=laws,
    )


def _sheets(span: Span, period: Period) -> Iterator[Sheet]:
    yield goals_sheet(span)
    goal = span.headline
    if goal is not None:
        yield zones_sheet(span, goal)
        yield owners_sheet(span, goal)
        if span.now.plan.programmes:
            yield programmes_sheet(span, goal)
    if span.now.plan.programmes:
        yield overlaps_sheet(span.now)
    yield ladder_sheet(span)
    overdue = stalled_sheet(span.now)
    yield overdue_owners_sheet(overdue)
    yield overdue
    yield decisions_sheet(span, period, overdue)
    yield log_sheet(span, period)


# --- the head of the page --------------------------------------------------------------------


def _title(study: Study, period: Period) -> Text:
    """Cadence and plan; illustrative land is called so in every title."""
    cadence, name = CADENCE_NAMES[period.cadence], study.plan.name
    drawn = ("（示意范围）", " (illustrative)") if study.zones["illustrative"].any() else ("", "")
    return Text(zh=f"{cadence.zh} · {name.zh}{drawn[0]}", en=f"{cadence.en} · {name.en}{drawn[1]}")


def _subtitle(study: Study, period: Period) -> Text:
    days = ("", "")
    if period.first != period.last:
        days = (f"（{period.first} 至 {period.last}）", f" ({period.first} to {period.last})")
    return Text(zh=f"{period.name.zh}{days[0]}", en=f"{period.name.en}{days[1]}")


def _notices(study: Study, period: Period) -> list[Text]:
    notices = []
    if study.plan.as_of < period.last:
        zh = f"本期未结束：数字截至 {study.plan.as_of}"
        en = f"The period is not over: figures are as of {study.plan.as_of}"
        notices.append(Text(zh=zh, en=en))
    if study.plan.notice is not None:
        notices.append(study.plan.notice)
    return notices


def _highlights(span: Span, sheets: dict[str, Sheet]) -> list[Highlight]:
    """The headline goal, and how much there is to do and to read."""
    goal = span.headline
    highlights = [] if goal is None else list(_of_goal(span, goal))
    overdue = sheets["overdue"].frame
    count, mu = len(overdue), shown(float(overdue["land_mu"].sum()), 2, grouped=True)
    late = _words(f"{count} 个地块，{mu} 亩", f"{count} ({mu} mu)")
    items, entries = (str(len(sheets[name].frame)) for name in ("decisions", "log"))
    return [
        *highlights,
        Highlight(_words("超期", "Overdue parcels"), late, "overdue"),
        Highlight(_words("需协调", "For decision"), _words(items, items), "decisions"),
        Highlight(_words("日志", "Log entries"), _words(entries, entries), "log"),
    ]


def _of_goal(span: Span, goal: Goal) -> Iterator[Highlight]:
    """What is new, what there is in all, and by how much the opening is not the last report's."""
    now, before = state(span.now, goal), counted(span.before, goal)
    new = shown(now["counted_mu"] - before, 2, grouped=True)
    yield Highlight(_words("本期新增", "This period"), _words(f"{new} 亩", f"{new} mu"), "goals")
    adjusted = before - counted(span.reported, goal)
    if not abs(adjusted) <= SLACK_MU:  # or not known
        told = shown(adjusted, 2, grouped=True)
        label = _words("期初调整", "Opening adjusted")
        yield Highlight(label, _words(f"{told} 亩", f"{told} mu"), "goals")
    done, target, share = (
        shown(now["counted_mu"], 2, grouped=True),
        shown(now["goal_mu"], 0, grouped=True),
        shown(now["share"], 1, percent=True),
    )
    in_all = _words(f"{done} / {target} 亩（{share}）", f"{done} of {target} mu ({share})")
    yield Highlight(_words("累计完成", "Counted"), in_all, "goals")


def _words(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


# --- what the figures rest on ----------------------------------------------------------------

INTERNAL: Final = Text(
    zh="内部使用：含责任人和登记人姓名，不得对外发布",
    en="Internal: it names people, and is not for publication",
)


def _data(study: Study) -> Sheet:
    """Dates, ledger, method and assumptions, so that anybody can work the figures out again."""
    facts = list(_facts(study))
    table = pd.DataFrame(
        {"item": [label.en for label, _ in facts], "value": [value.en for _, value in facts]}
    )
    names = {
        "item": {label.en: label for label, _ in facts},
        "value": {value.en: value for _, value in facts},
    }
    fields = (
        Field("item", "项目", "Item", "name"),
        Field("value", "内容", "Value", "note"),
    )
    return Sheet("data", _words("数据说明", "Data"), fields, table, names)


def _facts(study: Study) -> Iterator[tuple[Text, Text]]:
    plan, history = study.plan, study.land.history
    yield _words("数据日期", "Data date"), _same(plan.as_of.isoformat())
    known = (
        _same(plan.known.isoformat()) if plan.known else _words("全部登记", "all that is recorded")
    )
    yield _words("知悉截至", "As known on"), known
    if history is None:
        none = _words("无台账，取自整备表", "none: events come from the readiness table")
        yield _words("台账", "Ledger"), none
    else:
        yield _words("台账", "Ledger"), _same(history.name)
        yield _words("台账末条", "Ledger head"), _same(f"{history.head.seq}:{history.head.hash}")
    planar = plan.area_method == "planar"
    ways = ("平面面积", "planar") if planar else ("椭球面积（GRS80）", "ellipsoidal, GRS80")
    yield _words("面积算法", "Area method"), _words(*ways)
    yield _words("坐标系", "CRS"), _same(f"{plan.crs} {CRS(plan.crs).name}")
    yield _words("起算日", "Base date"), _same(plan.base_date.isoformat())
    if plan.source is not None:
        yield _words("来源", "Source"), plan.source
    if plan.notice is not None:
        yield _words("提示", "Notice"), plan.notice
    for text in plan.stated_assumptions():
        yield _words("假设", "Assumption"), text
    yield _words("软件", "Software"), _same(f"landready {version('landready')}")
    yield _words("使用范围", "For whom"), INTERNAL


def _same(text: str) -> Text:
    return _words(text, text)
