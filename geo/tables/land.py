"""Tables of land: zones, stages, contiguous blocks, parcels, and rows that do not count."""

import pandas as pd

from geo.basis import counts_net
from geo.ground import headline_goal
from geo.parcels import COLUMNS
from geo.study import Study
from geo.tables.naming import zone_names
from geo.tables.notes import noted
from geo.tables.sheet import Field, Sheet, both
from geo.text import Text
from geo.units import M2_PER_MU, shown


def zones_sheet(study: Study) -> Sheet:
    """Land of each zone: all, net and counted, and the share that counts of all or of the net."""
    mu = {
        f"{name}_mu": study.zones[f"{name}_m2"] / M2_PER_MU
        for name in ("area", "land", "net", "counted")
    }
    table = pd.DataFrame({"zone": study.zones["zone"], "parcels": study.zones["parcels"], **mu})
    if len(table) > 1:
        table.loc[len(table)] = {"zone": "", **table.drop(columns="zone").sum()}
    whole = "net_mu" if counts_net(headline_goal(study.plan)) else "land_mu"
    table["share"] = table["counted_mu"] / table[whole]
    fields = (
        Field("zone", "片区", "Zone", "name"),
        Field("area_mu", "面积（亩）", "Area (mu)", "number"),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("land_mu", "地块面积（亩）", "Parcel land (mu)", "number"),
        Field("net_mu", "净用地（亩）", "Net land (mu)", "number"),
        Field("counted_mu", "已计入（亩）", "Counted (mu)", "number"),
        Field("share", "占比", "Share", "percent", 1),
    )
    title = both("片区", "Zones")
    return Sheet("zones", title, fields, table, {"zone": zone_names(study)}, _counted_note(study))


def _counted_note(study: Study) -> Text:
    """What “counted” means in the tables of zones, and of what it is the share."""
    goal = headline_goal(study.plan)
    if goal is None:
        return both("没有目标：全部地块计入", "No goal is set: every parcel counts")
    stage = study.plan.stages[study.plan.rung(goal.stage)].name
    shown_by = ("", "") if goal.count_self_reported else ("、有佐证", " with evidence")
    if counts_net(goal):
        return both(
            f"“已计入”：达到“{stage.zh}”{shown_by[0]}的净用地，连片大小不论；“占比”：占净用地",
            f"“Counted”: net land at “{stage.en}” or beyond{shown_by[1]}, in blocks of any size; "
            "“Share”: of net land",
        )
    return both(
        f"“已计入”：达到“{stage.zh}”{shown_by[0]}的土地，连片大小不论",
        f"“Counted”: land at “{stage.en}” or beyond{shown_by[1]}, in blocks of any size",
    )


def stages_sheet(study: Study) -> Sheet:
    """Land by zone and stage."""
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
    note = both(
        f"{len(silent)} 个地块（{mu} 亩）没有整备记录，按第一级计",
        f"{len(silent)} parcels ({mu} mu) have no readiness event and count at the first rung",
    )
    title = both("各片区整备阶段", "Readiness by zone and stage")
    return Sheet("stages", title, fields, study.stages, {"zone": zone_names(study), **names}, note)


def blocks_sheet(study: Study) -> Sheet:
    """The contiguous blocks, the largest first."""
    fields = (
        Field("block", "连片", "Block"),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("net_mu", "净用地（亩）", "Net (mu)", "number"),
        Field("share", "占已计入", "Share of counted", "percent", 1),
        Field("tier_mu", "档次（亩）", "Tier (mu)", "number", 0),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("zones", "片区", "Zones", "name"),
        Field("widest_gap_m", "最宽间隔（米）", "Widest gap (m)", "number", 1),
        Field("bridges", "桥接地块", "Bridge parcels"),
        Field("loss_mu", "失去桥接将断开（亩）", "Cut off without it (mu)", "number"),
    )
    title = both("连片", "Contiguous blocks")
    gaps = both("面积为地块之和，间隔不计入", "Land is that of the parcels; the gaps are no area")
    note = noted(_net_blocks(study), gaps)
    return Sheet("blocks", title, fields, study.blocks, {"zones": zone_names(study)}, note)


def tiers_sheet(study: Study) -> Sheet:
    """How many blocks reach each size."""
    fields = (
        Field("tier_mu", "不少于（亩）", "At least (mu)", "number", 0),
        Field("blocks", "连片数", "Blocks", "number", 0),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("share", "占已计入", "Share of counted", "percent", 1),
    )
    title = both("连片档次", "Blocks by size")
    return Sheet("tiers", title, fields, study.tiers, note=_net_blocks(study))


def _net_blocks(study: Study) -> Text | None:
    """What the tables of blocks say where these are made of net land."""
    if not counts_net(headline_goal(study.plan)):
        return None
    return both("已计入的土地按净用地计", "Land that counts is net land")


def contiguity_sheet(study: Study) -> Sheet:
    """What other definitions of contiguity would give."""
    names = {
        "counted": both("已计入的地块", "parcels that count"),
        "all": both("全部地块", "all parcels"),
    }
    definitions = {"strict": both("严格：共用边界", "strict: shared boundary")}
    for definition in set(study.gap_comparison["definition"]) - {"strict"}:
        definitions[definition] = both(f"间隔 ≤ {definition} 米", f"gap ≤ {definition} m")
    fields = (
        Field("set", "范围", "Among", "name"),
        Field("definition", "连片定义", "Definition", "name"),
        Field("blocks", "连片数", "Blocks", "number", 0),
        Field("largest_mu", "最大连片（亩）", "Largest (mu)", "number"),
        Field("share", "占比", "Share", "percent", 1),
        Field("parcels", "其地块数", "Its parcels", "number", 0),
    )
    title = both("连片定义的影响", "What the gap tolerance does")
    worded = {"set": names, "definition": definitions}
    note = _net_blocks(study)
    return Sheet("contiguity", title, fields, study.gap_comparison, worded, note)


def parcels_sheet(study: Study) -> Sheet:
    """The parcel table as it is documented."""
    fields = tuple(
        Field(column.name, *column.label, "number" if column.dtype == "float64" else "text")
        for column in COLUMNS
        if column.name != "geometry"
    )
    table = study.parcels.drop(columns="geometry")
    return Sheet("parcels", both("地块", "Parcels"), fields, table, on_page=False)


def aside_sheet(study: Study) -> Sheet:
    """Rows that do not count, each with its reason."""
    names = dict(
        zip(
            study.aside["reason"],
            map(both, study.aside["reason_zh"], study.aside["reason"]),
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
    title = both("搁置的记录", "Rows set aside")
    return Sheet("aside", title, fields, table, {"reason": names, "accepted": accepted})
