"""How the figures of a study close: each law is a second, independent way to one of them."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from geo.area import area_m2
from geo.laws import Law, area_law, count_law
from geo.text import Words
from geo.units import M2_PER_MU

if TYPE_CHECKING:
    from geo.study import Study


def study_laws(study: "Study") -> list[Law]:
    """Every law of a study, whether it holds or not."""
    return [*_rows(study), *_land(study), *_blocks(study), *_goals(study), *_floor(study)]


def _rows(study: "Study") -> list[Law]:
    land, ids = study.land, study.parcels["parcel_id"]
    out = len(study.parcels) + len(land.aside) + land.merged_rows
    once = Words("每个编号只出现一次", "every id stands once")
    same = Words(
        "没有编号增减：读入 = 计入 ∪ 搁置", "no id appears or vanishes: read = counted ∪ aside"
    )
    kept = set(ids) | set(land.aside["parcel_id"])
    return [
        count_law(
            "rows",
            Words("读入行数 = 计入 + 搁置 + 合并", "rows in = counted + set aside + merged"),
            land.rows_in,
            out,
        ),
        count_law("ids", once, len(ids), ids.nunique()),
        count_law("ids-kept", same, len(land.ids_in ^ kept), 0),
    ]


def _land(study: "Study") -> list[Law]:
    total = float(study.parcels["land_m2"].sum())
    united = _united_m2(study, np.ones(len(study.parcels), dtype=bool))
    whole = study.stages[study.stages["zone"] == ""]
    by_zone = study.stages[study.stages["zone"] != ""]
    return [
        area_law(
            "union",
            Words("地块合计 = 合并图形的面积", "sum of parcels = area of their union"),
            total,
            united,
        ),
        area_law(
            "zones",
            Words("地块合计 = 片区合计", "sum of parcels = sum of zones"),
            total,
            float(study.zones["land_m2"].sum()),
        ),
        area_law(
            "stages",
            Words("地块合计 = 阶段合计", "sum of parcels = sum of stages"),
            total,
            float(whole["mu"].sum()) * M2_PER_MU,
        ),
        area_law(
            "zone-stages",
            Words("片区 × 阶段合计 = 阶段合计", "zones × stages = stages"),
            float(by_zone["mu"].sum()) * M2_PER_MU,
            float(whole["mu"].sum()) * M2_PER_MU,
        ),
    ]


def _united_m2(study: "Study", chosen: npt.NDArray[np.bool_]) -> float:
    """Area of the union of some parcels, drawn as one: the other way to land counted once."""
    shapes = study.parcels.geometry.to_numpy()[chosen]
    union = np.array([shapely.disjoint_subset_union_all(shapes)], dtype=object)
    return float(area_m2(union, study.land.crs, study.plan.area_method)[0])


def _blocks(study: "Study") -> list[Law]:
    parcels, blocks = study.parcels, study.blocks
    counted = _united_m2(study, parcels["counts"].to_numpy())
    return [
        area_law(
            "blocks",
            Words("连片合计 = 计入地块合并的面积", "blocks = union of the parcels that count"),
            float(blocks["land_m2"].sum()),
            counted,
        ),
        count_law(
            "block-parcels",
            Words("连片中的地块数 = 计入的地块数", "parcels in blocks = parcels that count"),
            int(blocks["parcels"].sum()),
            int(parcels["counts"].sum()),
        ),
    ]


def _goals(study: "Study") -> list[Law]:
    """A goal's land, measured again as one shape without looking at blocks or overlaps."""
    laws = []
    for goal in study.plan.goals:
        if goal.programme is not None:
            continue
        now = study.progress[study.progress["goal"] == goal.id].iloc[-1]
        rung = "rung" if goal.count_self_reported else "evidenced_rung"
        ready = (study.parcels[rung] >= study.plan.rung(goal.stage)).to_numpy()
        if goal.basis == "net":
            ready = ready & (study.parcels["net_m2"] > 0).to_numpy()
        laws.append(
            area_law(
                f"goal-{goal.id}",
                Words(
                    f"目标 {goal.id}：计入 + 连片过小 = 已达阶段的土地",
                    f"goal {goal.id}: counted + in blocks too small = land at its stage",
                ),
                float(now["counted_mu"] + now["small_blocks_mu"]) * M2_PER_MU,
                _united_m2(study, ready),
            )
        )
    return laws


def _floor(study: "Study") -> list[Law]:
    laws = []
    for scenario in study.plan.scenarios:
        zones = study.floor[study.floor["scenario"] == scenario.id]
        zones = zones.fillna({"total_m2": 0.0, "added_m2": 0.0})
        parts = study.parcel_floor[study.parcel_floor["scenario"] == scenario.id]
        town = zones[zones["zone"] == ""].iloc[0]
        known = parts[parts[["total_m2", "existing_m2"]].notna().all(axis=1)]
        added = known["total_m2"] - known["existing_m2"]
        laws += [
            area_law(
                f"floor-{scenario.id}",
                Words(
                    f"情景 {scenario.id}：片区建筑面积合计 = 地块合计",
                    f"scenario {scenario.id}: floor space of the zones = of the parcels",
                ),
                float(zones["total_m2"].sum() - town["total_m2"]),
                float(parts["total_m2"].sum()),
            ),
            area_law(
                f"added-{scenario.id}",
                Words(
                    f"情景 {scenario.id}：新增 = 改造后 − 现状",
                    f"scenario {scenario.id}: added = total − existing floor space",
                ),
                float(town["added_m2"]),
                float(added.sum()),
            ),
        ]
    return laws
