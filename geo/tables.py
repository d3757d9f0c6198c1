"""The published tables: one description of each serves CSV, Excel and the page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from geo.findings import Finding, findings_table
from geo.parcels import COLUMNS
from geo.study import Study, headline_goal
from geo.summary import plain
from geo.text import Text
from geo.units import M2_PER_MU, shown

Kind = Literal["text", "name", "note", "number", "percent", "light"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its key in the frame, its headings, and how a value is shown.

    A ``name`` is an id that the table's ``names`` of this column word in both languages, a
    ``note`` such an id of a longer text.
    """

    key: str
    zh: str
    en: str
    kind: Kind = "text"
    places: int = 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with its title; ``on_page`` says whether the page shows it."""

    id: str
    title: Text
    fields: tuple[Field, ...]
    frame: pd.DataFrame
    names: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    note: Text | None = None
    on_page: bool = True

    def shown(self, item: Field, value: Any) -> Text:
        """A value as people read it: names worded, figures rounded half up, once."""
        names = self.names.get(item.key, {})
        if value in names:
            return names[value]
        if item.kind == "light":
            return LIGHTS[value]
        if item.kind in ("number", "percent"):
            percent = item.kind == "percent"
            return _same(shown(value, item.places, grouped=True, percent=percent))
        if isinstance(value, bool):
            return _words("是", "yes") if value else _words("否", "no")
        return _same("" if value is None else str(plain(value)))


def sheets(study: Study) -> list[Sheet]:
    """Every published table, the most important first."""
    makers: tuple[Callable[[Study], Sheet], ...] = (
        _goals,
        _pace,
        _zones,
        _stages,
        _blocks,
        _tiers,
        _contiguity,
        _floor,
        _programmes,
        _published,
        _timeline,
        _assumptions,
        _aside,
        _parcels,
        _parcel_floor,
        lambda study: findings_sheet(study.findings),
        _laws,
    )
    tables = (maker(study) for maker in makers)
    return [table for table in tables if len(table.frame)]


SHEET_IDS = (
    *("goals", "pace", "zones", "stages", "blocks", "tiers", "contiguity", "floor", "programmes"),
    *(
        "published",
        "timeline",
        "assumptions",
        "aside",
        "parcels",
        "parcel_floor",
        "findings",
        "laws",
    ),
)
"""The id of every table that :func:`sheets` may give."""
LIGHTS = {
    "green": Text(zh="绿", en="green"),
    "yellow": Text(zh="黄", en="yellow"),
    "red": Text(zh="红", en="red"),
}
ALL = Text(zh="合计", en="Total")


def _words(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


def _same(text: str) -> Text:
    return Text(zh=text, en=text)


_GOAL_FIELDS = (
    Field("goal", "目标", "Goal", "name"),
    Field("light", "红黄绿灯", "Light", "light"),
    Field("due", "截止", "Due"),
    Field("counted_mu", "累计完成（亩）", "Counted (mu)", "number"),
    Field("gap_mu", "差值（亩）", "Gap (mu)", "number"),
    Field("share", "完成率", "Done", "percent", 1),
    Field("elapsed_share", "序时进度", "Time gone", "percent", 1),
)
_PACE_FIELDS = (
    _GOAL_FIELDS[0],
    Field("goal_mu", "目标（亩）", "Goal (mu)", "number", 0),
    Field("required_pace", "需要（亩/年）", "Needed (mu/yr)", "number", 0),
    Field("pace", "起算日以来（亩/年）", "Since base date (mu/yr)", "number", 0),
    Field("at_base_mu", "起算日已有（亩）", "At base date already (mu)", "number"),
    Field("self_reported_mu", "自报未计（亩）", "Self-reported, not counted (mu)", "number"),
    Field("small_blocks_mu", "连片过小未计（亩）", "In blocks too small (mu)", "number"),
)


def _goal_names(study: Study) -> dict[str, dict[str, Text]]:
    return {"goal": {goal.id: goal.name for goal in study.plan.goals}}


def _goals(study: Study) -> Sheet:
    title = _words("目标进度", "Progress toward the goals")
    return Sheet("goals", title, _GOAL_FIELDS, _now(study), _goal_names(study))


def _now(study: Study) -> pd.DataFrame:
    return study.progress[study.progress["date"] == study.plan.as_of]


def _pace(study: Study) -> Sheet:
    note = None
    if study.plan.past_pace is not None:
        pace = shown(study.plan.past_pace.mu_per_year, 0, grouped=True)
        note = _words(f"过去的速度：{pace} 亩/年", f"Pace of the past: {pace} mu a year")
    title = _words("速度，以及未计入的土地", "Pace, and land that does not count")
    return Sheet("pace", title, _PACE_FIELDS, _now(study), _goal_names(study), note)


def _timeline(study: Study) -> Sheet:
    fields = (
        _GOAL_FIELDS[0],
        Field("date", "日期", "Date"),
        _GOAL_FIELDS[1],
        *_GOAL_FIELDS[3:],
    )
    title = _words("进度时间线", "Progress by date")
    return Sheet("timeline", title, fields, study.progress, _goal_names(study))


def zone_names(study: Study) -> dict[str, Text]:
    """The zones' names, and the word for all of them together (id ``""``)."""
    zones = study.zones[["zone", "name_zh", "name_en"]].to_numpy()
    return {zone: _words(zh, en) for zone, zh, en in zones} | {"": ALL}


def _zones(study: Study) -> Sheet:
    mu = {
        f"{name}_mu": study.zones[f"{name}_m2"] / M2_PER_MU
        for name in ("area", "land", "net", "counted")
    }
    table = pd.DataFrame({"zone": study.zones["zone"], "parcels": study.zones["parcels"], **mu})
    if len(table) > 1:
        table.loc[len(table)] = {"zone": "", **table.drop(columns="zone").sum()}
    table["share"] = table["counted_mu"] / table["land_mu"]
    fields = (
        Field("zone", "片区", "Zone", "name"),
        Field("area_mu", "面积（亩）", "Area (mu)", "number"),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("land_mu", "地块面积（亩）", "Parcel land (mu)", "number"),
        Field("net_mu", "净用地（亩）", "Net land (mu)", "number"),
        Field("counted_mu", "已计入（亩）", "Counted (mu)", "number"),
        Field("share", "占比", "Share", "percent", 1),
    )
    title = _words("片区", "Zones")
    return Sheet("zones", title, fields, table, {"zone": zone_names(study)}, _counted_note(study))


def _counted_note(study: Study) -> Text:
    """What “counted” means in the tables of zones, blocks and programmes."""
    goal = headline_goal(study.plan)
    if goal is None:
        return _words("没有目标：全部地块计入", "No goal is set: every parcel counts")
    stage = study.plan.stages[study.plan.rung(goal.stage)].name
    shown_by = ("", "") if goal.count_self_reported else ("、有佐证", " with evidence")
    return _words(
        f"“已计入”：达到“{stage.zh}”{shown_by[0]}的土地，连片大小不论",
        f"“Counted”: land at “{stage.en}” or beyond{shown_by[1]}, in blocks of any size",
    )


def _stages(study: Study) -> Sheet:
    names = {"stage": {stage.id: stage.name for stage in study.plan.stages}}
    fields = (
        Field("zone", "片区", "Zone", "name"),
        Field("rung", "序号", "Rung", "number", 0),
        Field("stage", "阶段", "Stage", "name"),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("mu", "处于该阶段（亩）", "At the stage (mu)", "number"),
        Field("self_reported_mu", "其中自报（亩）", "Self-reported of it (mu)", "number"),
        Field("mu_or_beyond", "达到或超过（亩）", "At it or beyond (mu)", "number"),
    )
    silent = study.parcels[~study.parcels["has_events"]]
    mu = shown(silent["land_m2"].sum() / M2_PER_MU, 2, grouped=True)
    note = _words(
        f"{len(silent)} 个地块（{mu} 亩）没有整备记录，按第一级计",
        f"{len(silent)} parcels ({mu} mu) have no readiness event and count at the first rung",
    )
    title = _words("各片区整备阶段", "Readiness by zone and stage")
    return Sheet("stages", title, fields, study.stages, {"zone": zone_names(study), **names}, note)


def _blocks(study: Study) -> Sheet:
    fields = (
        Field("block", "连片", "Block"),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("share", "占已计入", "Share of counted", "percent", 1),
        Field("tier_mu", "档次（亩）", "Tier (mu)", "number", 0),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("zones", "片区", "Zones", "name"),
        Field("widest_gap_m", "最宽间隔（米）", "Widest gap (m)", "number", 1),
        Field("bridges", "桥接地块", "Bridge parcels"),
        Field("loss_mu", "失去桥接将断开（亩）", "Cut off without it (mu)", "number"),
    )
    title = _words("连片", "Contiguous blocks")
    note = _words("面积为地块之和，间隔不计入", "Land is that of the parcels; the gaps are no area")
    return Sheet("blocks", title, fields, study.blocks, {"zones": zone_names(study)}, note)


def _tiers(study: Study) -> Sheet:
    fields = (
        Field("tier_mu", "不少于（亩）", "At least (mu)", "number", 0),
        Field("blocks", "连片数", "Blocks", "number", 0),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("share", "占已计入", "Share of counted", "percent", 1),
    )
    return Sheet("tiers", _words("连片档次", "Blocks by size"), fields, study.tiers)


def _contiguity(study: Study) -> Sheet:
    names = {
        "counted": _words("已计入的地块", "parcels that count"),
        "all": _words("全部地块", "all parcels"),
    }
    definitions = {"strict": _words("严格：共用边界", "strict: shared boundary")}
    for definition in set(study.gap_comparison["definition"]) - {"strict"}:
        definitions[definition] = _words(f"间隔 ≤ {definition} 米", f"gap ≤ {definition} m")
    fields = (
        Field("set", "范围", "Among", "name"),
        Field("definition", "连片定义", "Definition", "name"),
        Field("blocks", "连片数", "Blocks", "number", 0),
        Field("largest_mu", "最大连片（亩）", "Largest (mu)", "number"),
        Field("share", "占比", "Share", "percent", 1),
        Field("parcels", "其地块数", "Its parcels", "number", 0),
    )
    title = _words("连片定义的影响", "What the gap tolerance does")
    return Sheet(
        "contiguity", title, fields, study.gap_comparison, {"set": names, "definition": definitions}
    )


_FLOOR_SPACE = (
    Field("existing_m2", "现状（平方米）", "Existing (m²)", "number", 0),
    Field("demolished_m2", "拆除（平方米）", "Demolished (m²)", "number", 0),
    Field("retained_m2", "保留（平方米）", "Retained (m²)", "number", 0),
    Field("total_m2", "改造后（平方米）", "Total (m²)", "number", 0),
    Field("added_m2", "新增（平方米）", "Added (m²)", "number", 0),
)


def _floor(study: Study) -> Sheet:
    names = {"scenario": {scenario.id: scenario.name for scenario in study.plan.scenarios}}
    fields = (
        Field("scenario", "情景", "Scenario", "name"),
        Field("zone", "片区", "Zone", "name"),
        *_FLOOR_SPACE,
        Field("gross_ratio", "毛容积率", "Gross plot ratio", "number"),
        Field("net_ratio", "净容积率", "Net plot ratio", "number"),
        Field("known_share", "改造后已知占比", "Total known for", "percent", 1),
        Field("existing_known_share", "现状已知占比", "Existing known for", "percent", 1),
        Field("added_known_share", "新增已知占比", "Added known for", "percent", 1),
    )
    note = _words(
        "未知不等于 0：相应用地不计入，各“已知占比”为该合计所涉净用地的比例；"
        "新增只计现状与改造后均已知的地块，因此各列不能直接相减",
        "What is not known is not 0: its land is left out, and “known for” is the share of net "
        "land that a sum speaks for; “added” needs both existing and total, so that columns do "
        "not subtract",
    )
    title = _words("建筑面积", "Floor space by scenario")
    return Sheet("floor", title, fields, study.floor, {"zone": zone_names(study), **names}, note)


def _programmes(study: Study) -> Sheet:
    names = {item.id: item.name for item in study.plan.programmes}
    names[""] = _words("合并（重叠只计一次）", "United (overlaps once)")
    fields = (
        Field("programme", "项目组", "Programme", "name"),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("counted_mu", "已计入（亩）", "Counted (mu)", "number"),
        Field("shared_mu", "与其他组重叠（亩）", "Shared with others (mu)", "number"),
    )
    note = _words("项目组有重叠，不可相加", "Programmes overlap and must not be added")
    title = _words("项目组", "Programmes")
    table = study.programmes if study.plan.programmes else study.programmes.iloc[:0]
    return Sheet("programmes", title, fields, table, {"programme": names}, note)


def _published(study: Study) -> Sheet:
    items = study.plan.published
    names = {item.name.en: item.name for item in items}
    notes = {item.note.en: item.note for item in items}
    units = {
        "mu": _words("亩", "mu"),
        "m2": _words("平方米", "m²"),
        "ratio": _words("比值", "ratio"),
    }
    table = study.published.assign(
        subject=[item.name.en for item in items],
        published=[item.value for item in items],
        unit=[item.unit for item in items],
        source=[item.source or "" for item in items],
        note=[item.note.en for item in items],
    )
    fields = (
        Field("subject", "公布数据", "Published figure", "name"),
        Field("published", "公布", "Published", "number"),
        Field("computed", "计算", "Computed", "number"),
        Field("unit", "单位", "Unit", "name"),
        Field("difference", "相差", "Difference", "percent", 1),
        Field("known_share", "已知用地占比", "Land known", "percent", 1),
        Field("source", "出处", "Source"),
        Field("note", "说明", "Why", "note"),
    )
    title = _words("公布数据核对", "Published figures")
    return Sheet(
        "published", title, fields, table, {"subject": names, "note": notes, "unit": units}
    )


def _assumptions(study: Study) -> Sheet:
    texts = study.plan.stated_assumptions()
    names = {text.en: text for text in texts}
    fields = (
        Field("assumption", "假设（没有文件说明）", "Assumption (no document states it)", "name"),
    )
    title = _words("假设", "Assumptions")
    return Sheet(
        "assumptions",
        title,
        fields,
        pd.DataFrame({"assumption": list(names)}),
        {"assumption": names},
    )


def _aside(study: Study) -> Sheet:
    names = dict(
        zip(
            study.aside["reason"],
            map(_words, study.aside["reason_zh"], study.aside["reason"]),
            strict=True,
        )
    )
    reasons = study.aside["code"].map(study.plan.accept.get)
    accepted = {text.en: text for text in reasons if text is not None}
    table = study.aside.assign(accepted=[text.en if text else "" for text in reasons])
    fields = (
        Field("row", "源文件行", "Row", "number", 0),
        Field("parcel_id", "地块", "Parcel"),
        Field("reason", "原因", "Reason", "name"),
        Field("drawn_mu", "图形（亩）", "Drawn (mu)", "number"),
        Field("declared_mu", "申报（亩）", "Declared (mu)", "number"),
        Field("accepted", "接受理由", "Accepted because", "name"),
        Field("code", "代码", "Code"),
    )
    title = _words("搁置的记录", "Rows set aside")
    return Sheet("aside", title, fields, table, {"reason": names, "accepted": accepted})


def _parcels(study: Study) -> Sheet:
    fields = tuple(
        Field(column.name, *column.label, "number" if column.dtype == "float64" else "text")
        for column in COLUMNS
        if column.name != "geometry"
    )
    table = study.parcels.drop(columns="geometry")
    return Sheet("parcels", _words("地块", "Parcels"), fields, table, on_page=False)


def _parcel_floor(study: Study) -> Sheet:
    fields = (
        Field("scenario", "情景", "Scenario", "name"),
        Field("parcel_id", "地块", "Parcel"),
        Field("net_m2", "净用地（平方米）", "Net land (m²)", "number"),
        Field("plot_ratio", "容积率", "Plot ratio", "number"),
        *_FLOOR_SPACE,
    )
    names = {"scenario": {scenario.id: scenario.name for scenario in study.plan.scenarios}}
    title = _words("各地块建筑面积", "Floor space by parcel")
    return Sheet("parcel_floor", title, fields, study.parcel_floor, names, on_page=False)


def findings_sheet(findings: Sequence[Finding]) -> Sheet:
    """Findings as a table, one row each."""
    fields = (
        Field("severity", "级别", "Severity", "name"),
        Field("code", "代码", "Code"),
        Field("file", "文件", "File"),
        Field("layer", "图层", "Layer"),
        Field("row", "行", "Row", "number", 0),
        Field("parcel", "地块", "Parcel"),
        Field("field", "字段", "Field"),
        Field("message", "发现", "Seen", "name"),
        Field("area_mu", "涉及（亩）", "Land (mu)", "number"),
        Field("mend", "建议", "Mend", "name"),
        Field("changed", "已更改", "Changed"),
    )
    names = {
        "severity": {
            "error": _words("错误", "error"),
            "warning": _words("警告", "warning"),
            "info": _words("提示", "info"),
        },
        "message": {item.message: _words(item.message_zh, item.message) for item in findings},
        "mend": {item.mend: _words(item.mend_zh, item.mend) for item in findings},
    }
    table = findings_table(findings)
    return Sheet("findings", _words("检查结果", "Findings"), fields, table, names, on_page=False)


def _laws(study: Study) -> Sheet:
    names = {"code": {law.code: law.words.text() for law in study.laws}}
    rows = [(law.code, law.one, law.other, law.residual) for law in study.laws]
    table = pd.DataFrame(rows, columns=["code", "one", "other", "residual"])
    fields = (
        Field("code", "守恒律", "Law", "name"),
        Field("one", "一", "One way", "number"),
        Field("other", "二", "The other", "number"),
        Field("residual", "残差", "Residual", "number", 6),
    )
    return Sheet("laws", _words("守恒律", "Laws"), fields, table, names, on_page=False)


def cells(sheet: Sheet) -> Iterator[list[Any]]:
    """The rows of a table as raw values, in the order of its fields."""
    frame = sheet.frame[[item.key for item in sheet.fields]]
    yield from frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
