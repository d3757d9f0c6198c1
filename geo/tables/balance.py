"""Tables of the land balance: gross to net, goals on net land, terrain and land cover."""

from typing import Final

import pandas as pd

from geo.balance import ALL, GROSS, NET
from geo.study import Study
from geo.tables.naming import KINDS, TREATMENT_NAMES, reason_names, zone_names
from geo.tables.sheet import Field, Sheet, both
from geo.units import M2_PER_MU

ORDER_NOTE: Final = both(
    "每平方米只有一个原因：按本表次序最先覆盖它的一项；毛面积减去各项恰好等于净用地",
    "Each square metre has one reason: the first in the order of this table that covers it. Gross "
    "land less all of them is net land, exactly",
)


def balance_sheet(study: Study) -> Sheet:
    """From gross to net land, reason by reason, for the town and each zone."""
    table = study.balance
    table = table[table["treatment"] == ALL]
    town = table[table["zone"] == ALL].set_index("reason")
    columns, fields = {"kind": town["kind"]}, [Field("reason", "项目", "Item", "name")]
    zones = study.zones["zone"].tolist()
    names = zone_names(study)
    for zone in [ALL, *(zones if len(zones) > 1 else [])]:
        own = table[table["zone"] == zone].set_index("reason").reindex(town.index)
        end = f"_{zone}" if zone else ""
        columns[f"mu{end}"] = own["area_m2"].fillna(0.0) / M2_PER_MU
        columns[f"share{end}"] = own["share"].fillna(0.0)
        zh, en = names[zone].zh, names[zone].en
        fields += [
            Field(f"mu{end}", f"{zh}（亩）", f"{en} (mu)", "number"),
            Field(f"share{end}", f"{zh}占比", f"{en}, share", "percent", 2),
        ]
    fields.append(Field("kind", "性质", "Kind", "name"))
    title = both("用地平衡", "Land balance")
    words = {"reason": reason_names(study), "kind": KINDS}
    frame = pd.DataFrame(columns).reset_index()  # at once: pandas is slow column by column
    return Sheet("balance", title, tuple(fields), frame, words, ORDER_NOTE)


def balance_treatment_sheet(study: Study) -> Sheet:
    """What each treatment has of gross land and leaves as net land, by zone."""
    long = study.balance[study.balance["treatment"] != ALL]
    sums = long.pivot_table("area_m2", ["zone", "treatment"], "reason", aggfunc="sum")
    gross = sums[GROSS]
    net = sums[NET].fillna(0.0) if NET in sums else gross * 0.0
    areas = {"gross_mu": gross, "lost_mu": gross - net, "net_mu": net}
    frame = (pd.DataFrame(areas) / M2_PER_MU).reset_index()
    frame["net_share"] = frame["net_mu"] / frame["gross_mu"]
    whole = frame.groupby("zone")["gross_mu"].transform("sum")
    frame["share"] = frame["gross_mu"] / whole
    frame["frees"] = frame["treatment"] == "rebuild"
    order = {name: rank for rank, name in enumerate([ALL, *study.zones["zone"], *TREATMENT_NAMES])}
    frame = frame.sort_values(["zone", "treatment"], key=lambda ids: ids.map(order))
    fields = (
        Field("zone", "片区", "Zone", "name"),
        Field("treatment", "处置方式", "Treatment", "name"),
        Field("frees", "腾出土地", "Frees land"),
        Field("gross_mu", "毛面积（亩）", "Gross (mu)", "number"),
        Field("share", "占片区", "Share of zone", "percent", 2),
        Field("lost_mu", "不可用（亩）", "Lost (mu)", "number"),
        Field("net_mu", "净用地（亩）", "Net (mu)", "number"),
        Field("net_share", "净用地占比", "Net share", "percent", 1),
    )
    title = both("各处置方式的用地", "Land by treatment")
    names = {"zone": zone_names(study), "treatment": TREATMENT_NAMES}
    note = both(
        "只有拆除重建腾出土地；综合整治与加建只增加建筑面积",
        "Only land that is rebuilt is freed; upgrading and extension add floor space alone",
    )
    return Sheet("balance_treatment", title, fields, frame.reset_index(drop=True), names, note)


def balance_block_sheet(study: Study) -> Sheet:
    """From gross to net land, reason by reason, for each block."""
    fields = (
        Field("block", "连片", "Block"),
        Field("reason", "项目", "Item", "name"),
        Field("kind", "性质", "Kind", "name"),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("mu", "面积（亩）", "Land (mu)", "number"),
        Field("share", "占毛面积", "Share of gross", "percent", 2),
    )
    table = study.balance_by_block
    rank = {name: number for number, name in enumerate(study.blocks["block"])}
    table = table.assign(mu=table["area_m2"] / M2_PER_MU)
    table = table.sort_values("block", key=lambda names: names.map(rank), kind="stable")
    names = {"reason": reason_names(study), "kind": KINDS}
    title = both("各连片的用地平衡", "Land balance by block")
    return Sheet("balance_block", title, fields, table, names, ORDER_NOTE, on_page=False)


def reach_sheet(study: Study) -> Sheet:
    """Whether there is land enough for each goal, gross and net."""
    fields = (
        Field("goal", "目标", "Goal", "name"),
        Field("goal_mu", "目标（亩）", "Goal (mu)", "number", 0),
        Field("net_mu", "净用地（亩）", "Net land (mu)", "number"),
        Field("short_net_mu", "净用地缺口（亩）", "Short on net (mu)", "number"),
        Field("usable_share", "净用地占比", "Net of gross", "percent", 1),
        Field("gross_mu", "毛面积（亩）", "Gross land (mu)", "number"),
        Field("share_of_gross", "目标占毛面积", "Goal of gross", "percent", 1),
        Field("short_gross_mu", "毛面积缺口（亩）", "Short on gross (mu)", "number"),
        Field("basis", "计入口径", "Counts", "name"),
    )
    names = {
        "goal": {goal.id: goal.name for goal in study.plan.goals},
        "basis": {"gross": both("毛面积", "gross"), "net": both("净用地", "net")},
    }
    note = both(
        "缺口为 0：土地够；毛面积够而净用地不够的目标只能按毛面积完成",
        "0 short: there is land enough. What gross land meets and net land does not can be "
        "reached on gross area only",
    )
    title = both("目标所需用地", "Land for the goals")
    return Sheet("reach", title, fields, study.reach, names, note)


def lost_sheet(study: Study) -> Sheet:
    """What each parcel loses, reason by reason."""
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("zone", "片区", "Zone", "name"),
        Field("block", "连片", "Block"),
        Field("treatment", "处置方式", "Treatment", "name"),
        Field("reason", "原因", "Reason", "name"),
        Field("kind", "性质", "Kind", "name"),
        Field("area_m2", "不可用（平方米）", "Lost (m²)", "number"),
        Field("covered_m2", "覆盖（平方米）", "Covered (m²)", "number"),
    )
    names = {
        "zone": zone_names(study),
        "treatment": TREATMENT_NAMES,
        "reason": reason_names(study),
        "kind": KINDS,
    }
    note = both(
        "“覆盖”还包括此前已计入其他原因的土地，不可相加",
        "“Covered” is also land that an earlier reason took: it must not be added",
    )
    table = study.lost.drop(columns="geometry")
    title = both("各地块不可用土地", "Land lost by parcel")
    return Sheet("lost", title, fields, table, names, note, on_page=False)


def terrain_sheet(study: Study) -> Sheet:
    """The terrain of each parcel."""
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("cells", "格网数", "Cells", "number", 1),
        Field("known_share", "高程已知", "Elevation known", "percent", 1),
        Field("elevation_mean_m", "平均高程（米）", "Mean elevation (m)", "number", 1),
        Field("elevation_min_m", "最低（米）", "Lowest (m)", "number", 1),
        Field("elevation_max_m", "最高（米）", "Highest (m)", "number", 1),
        Field("relief_m", "高差（米）", "Relief (m)", "number", 1),
        Field("slope_known_share", "坡度已知", "Slope known", "percent", 1),
        Field("slope_mean_deg", "平均坡度（°）", "Mean slope (°)", "number", 1),
        Field("slope_max_deg", "最大坡度（°）", "Steepest (°)", "number", 1),
        Field("slope_from_deg", "坡度可能低至（°）", "Slope from (°)", "number", 1),
        Field("slope_to_deg", "坡度可能高至（°）", "Slope to (°)", "number", 1),
        Field("cut_fill_m", "挖填指数（米）", "Cut and fill (m)", "number"),
    )
    note = both(
        "挖填指数：整平到平均高程时每平方米的挖方（立方米），填方与之相等",
        "Cut and fill: m³ of cut per m² to level a parcel at its mean elevation; fill is the same",
    )
    title = both("地形", "Terrain")
    return Sheet("terrain", title, fields, study.terrain, note=note, on_page=False)


def land_cover_sheet(study: Study) -> Sheet:
    """The land cover of each parcel before and after."""
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("bare_before", "此前裸地", "Bare before", "percent", 1),
        Field("bare_after", "其后裸地", "Bare after", "percent", 1),
        Field("change_share", "类别改变", "Changed", "percent", 1),
        Field("known_share", "已知占比", "Known", "percent", 1),
    )
    title = both("地表覆盖", "Land cover")
    return Sheet("land_cover", title, fields, study.land_cover, on_page=False)
