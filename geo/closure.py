"""How the figures of a study close: each law is a second, independent way to one of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.area import area_m2
from geo.basis import counts_net
from geo.ground import headline_goal
from geo.laws import Law, area_law, count_law
from geo.measured import is_public
from geo.overlay import union_all
from geo.plan import Goal
from geo.plan.constraints import WHOLE, reasons_in_order
from geo.redrawn import covered_m2
from geo.text import Words
from geo.treatments import lost_whole
from geo.units import M2_PER_MU

if TYPE_CHECKING:
    from geo.study import Study


def study_laws(study: "Study") -> list[Law]:
    """Every law of a study, whether it holds or not."""
    parts = (_rows, _land, _balance, _blocks, _goals, _timeline, _floor)
    return [law for part in parts for law in part(study)]


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


def _balance(study: "Study") -> list[Law]:
    """Gross − Σ reasons = net to the last bit, and net land drawn as one shape."""
    parcels, lost = study.parcels, study.lost
    gross, net = float(parcels["land_m2"].sum()), float(parcels["net_m2"].sum())
    exact = Words(
        "毛面积 − 各项扣除 = 净用地，分毫不差", "gross − every reason = net, to the last bit"
    )
    by_parcel = lost.groupby("parcel_id")["area_m2"].sum()
    kept = parcels["land_m2"] - parcels["parcel_id"].map(by_parcel).fillna(0.0)
    return [
        Law("balance", exact, gross - float(lost["area_m2"].sum()), net, 0.0),
        count_law(
            "balance-parcels",
            Words("逐地块：毛面积 − 各项扣除 = 净用地", "the same of every parcel"),
            int((kept != parcels["net_m2"]).sum()),
            0,
        ),
        *_reasons(study),
    ]


def _reasons(study: "Study") -> list[Law]:
    """What all reasons up to each take, drawn without looking at single parcels.

    Drawn again with unions that are made twice, which takes three times as long, where it is off.
    """
    try:
        laws = _reason_laws(study, shapely.union_all)
    except shapely.errors.GEOSException:  # it gives up, which is no answer
        laws = []
    sound = laws and all(law.holds for law in laws)
    return laws if sound else _reason_laws(study, union_all)


def _reason_laws(study: "Study", union: Callable[..., shapely.Geometry]) -> list[Law]:
    parcels, plan = study.parcels, study.plan
    reasons = [name for name, _ in reasons_in_order(plan.constraints)[:-1]]
    why = lost_whole(parcels, is_public(parcels, plan))
    pieces = study.land.once.pieces(parcels.geometry.to_numpy())
    drawn_m2 = covered_m2(
        gpd.GeoSeries(pieces, crs=study.land.crs),
        study.land.sources.constraints,
        {name: (why == name).to_numpy() for name in WHOLE},
        reasons,
        plan.area_method,
        union=union,
    )
    taken_m2 = study.lost.groupby("reason")["area_m2"].sum().reindex(reasons, fill_value=0.0)
    return [
        area_law(
            f"lost-{reason}",
            Words(
                f"至“{reason}”为止的扣除 = 地块合并图形与这些约束的交集",
                f"what is lost up to “{reason}” = what these cover of the parcels drawn as one",
            ),
            float(taken),
            float(drawn),
        )
        for reason, taken, drawn in zip(reasons, taken_m2.cumsum(), drawn_m2, strict=True)
    ]


def _net_m2(study: "Study", chosen: npt.NDArray[np.bool_]) -> float:
    """Net land of some parcels, drawn as one shape: the other way to the balance.

    What a parcel shares with an earlier one is not its own, whichever of the two are among them.
    """
    parcels = study.parcels
    whole = study.lost[study.lost["reason"].isin(WHOLE)]["parcel_id"]
    open_to = chosen & ~parcels["parcel_id"].isin(whole).to_numpy()
    own = study.land.once.pieces(parcels.geometry.to_numpy())[open_to]
    away = union_all(study.land.sources.constraints.geometry.to_numpy())
    left = shapely.difference(union_all(own), away)
    usable_m2 = area_m2(np.array([left], dtype=object), study.land.crs, study.plan.area_method)
    return float(usable_m2[0]) - float(parcels["handover_m2"][chosen].sum())


def _drawn_m2(study: "Study", goal: Goal | None, chosen: npt.NDArray[np.bool_]) -> float:
    """Land of some parcels on the basis of a goal, drawn as one shape."""
    return (_net_m2 if counts_net(goal) else _united_m2)(study, chosen)


def _blocks(study: "Study") -> list[Law]:
    parcels, blocks = study.parcels, study.blocks
    counted = _drawn_m2(study, headline_goal(study.plan), parcels["counts"].to_numpy())
    return [
        area_law(
            "blocks",
            Words("连片合计 = 计入地块合并的面积", "blocks = union of the land that counts"),
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
        laws.append(
            area_law(
                f"goal-{goal.id}",
                Words(
                    f"目标 {goal.id}：计入 + 连片过小 = 已达阶段的土地",
                    f"goal {goal.id}: counted + in blocks too small = land at its stage",
                ),
                float(now["counted_mu"] + now["small_blocks_mu"]) * M2_PER_MU,
                _drawn_m2(study, goal, ready),
            )
        )
    return laws


def _timeline(study: "Study") -> list[Law]:
    """The timeline ends with the figures of now, and shows all the land of each date."""
    as_of = study.plan.as_of
    now, last = (table[table["date"] == as_of] for table in (study.progress, study.timeline))
    same = now.reset_index(drop=True).equals(last.reset_index(drop=True))
    shown_m2 = study.stage_history.groupby("date")["land_m2"].sum()
    there_m2 = [float(ground.land.parcels["land_m2"].sum()) for ground in study.grounds]
    days = [len(ground.dates) for ground in study.grounds]
    away_m2 = (shown_m2 - np.repeat(there_m2, days)).abs()
    return [
        count_law(
            "timeline",
            Words("时间轴的末日 = 当前进度", "the last date of the timeline = progress now"),
            int(same),
            1,
        ),
        area_law(
            "timeline-land",
            Words(
                "时间轴各日：各片区各阶段合计 = 当日全部地块",
                "on each date of the timeline: zones × stages = all parcels of the date",
            ),
            float(away_m2.max()),
            0.0,
        ),
    ]


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
