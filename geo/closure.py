"""How the figures of a study close: each law is a second, independent way to one of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.basis import counts_net
from geo.ground import grounds_mark, headline_goal, land_mark
from geo.kernels.scanlines import Land as Scanned
from geo.laws import Law, area_law, count_law
from geo.measured import is_public
from geo.memo import Memo, Shelf
from geo.plan import Goal
from geo.plan.constraints import reasons_in_order
from geo.scanned import Covers, scanned
from geo.text import Words
from geo.treatments import lost_whole
from geo.units import M2_PER_MU

if TYPE_CHECKING:
    from geo.study import Study

Mask = npt.NDArray[np.bool_]


def study_laws(study: "Study", memo: Memo) -> list[Law]:
    """Every law of a study, whether it holds or not; ``memo`` has those of the same ground."""
    mark = grounds_mark(study.plan, study.grounds)
    return [*memo.of("laws", mark, lambda: _ground_laws(study, memo)), *_floor(study)]


def _ground_laws(study: "Study", memo: Memo) -> list[Law]:
    """The laws of all that follows from the ground; ``memo`` has what was scanned before."""
    goals = [goal for goal in study.plan.goals if goal.programme is None]
    counted = study.parcels["counts"].to_numpy()
    sets = [np.ones(len(counted), dtype=bool), counted, *(_ready(study, goal) for goal in goals)]
    land = _scanned(study, sets, memo.shelf("scanned", study.land.mark))
    handed_m2 = study.parcels["handover_m2"].to_numpy()
    net_m2 = land.net - [float(handed_m2[chosen].sum()) for chosen in sets]

    def drawn_m2(at: int, goal: Goal | None) -> float:
        return float((net_m2 if counts_net(goal) else land.gross)[at])

    proven = _proven(study, memo)
    return [
        *proven.rows,
        *_land(study, float(land.gross[0])),
        *proven.balance,
        *_reasons(study, land.taken),
        *_blocks(study, drawn_m2(1, headline_goal(study.plan))),
        *(_goal(study, goal, drawn_m2(at, goal)) for at, goal in enumerate(goals, start=2)),
        *_timeline(study),
    ]


class _Proven(NamedTuple):
    """Laws of rows and balance, and the columns of which they speak."""

    parcels: pd.DataFrame
    lost: pd.DataFrame
    rows: list[Law]
    balance: list[Law]


def _proven(study: "Study", memo: Memo) -> _Proven:
    """Rows and balance; those of the same land hold again for columns that still say the same."""
    parcels = study.parcels[["parcel_id", "land_m2", "net_m2"]]
    lost = pd.DataFrame(study.lost[["parcel_id", "area_m2"]])

    def prove() -> _Proven:
        return _Proven(parcels, lost, _rows(study), _balance(study))

    before = memo.of("laws of land", land_mark(study.plan, study.land), prove)
    same = parcels.equals(before.parcels) and lost.equals(before.lost)
    return before if same else prove()


def _ready(study: "Study", goal: Goal) -> Mask:
    """The parcels that stand at the stage of a goal."""
    rung = study.parcels["rung" if goal.count_self_reported else "evidenced_rung"]
    return np.asarray(rung >= study.plan.rung(goal.stage))


def _scanned(study: "Study", sets: list[Mask], known: Shelf) -> Scanned:
    """The land of some parcels, and what takes it, measured line by line: the other way to both.

    What a parcel shares with one before it, by id, is not its own, whichever of the two are chosen.
    """
    parcels, plan = study.parcels, study.plan
    covers, order = known.of("drawn", lambda: (_covers(study), _by_id(parcels["parcel_id"])))
    shapes = parcels.geometry.to_numpy()
    return scanned(shapes, order, sets, covers, study.land.crs, plan.area_method, known=known)


def _covers(study: "Study") -> Covers:
    """What takes land, with the numbers of the reasons."""
    parcels, constraints = study.parcels, study.land.sources.constraints
    numbers = {name: at for at, name in enumerate(_reason_names(study))}
    lost = lost_whole(parcels, is_public(parcels, study.plan))
    why = lost.map(numbers).fillna(len(numbers))
    return Covers(
        constraints.geometry.to_numpy(),
        constraints["reason"].map(numbers).to_numpy(dtype=np.int64),
        why.to_numpy(dtype=np.int64),
        len(numbers),
    )


def _by_id(ids: pd.Series) -> npt.NDArray[np.int64]:
    """The place of each parcel in the order of their ids."""
    place = np.empty(len(ids), dtype=np.int64)
    order = pc.array_sort_indices(pa.array(ids, pa.large_string()))
    place[order.to_numpy()] = np.arange(len(ids))
    return place


def _reason_names(study: "Study") -> list[str]:
    """The reasons that are drawn somewhere, in their order."""
    return [name for name, _ in reasons_in_order(study.plan.constraints)[:-1]]


def _rows(study: "Study") -> list[Law]:
    land, ids = study.land, study.parcels["parcel_id"]
    out = len(study.parcels) + len(land.aside) + land.merged_rows
    once = Words("每个编号只出现一次", "every id stands once")
    same = Words(
        "没有编号增减：读入 = 计入 ∪ 搁置", "no id appears or vanishes: read = counted ∪ aside"
    )
    there = set(ids.to_numpy(dtype=object))
    kept = there.union(land.aside["parcel_id"])
    return [
        count_law(
            "rows",
            Words("读入行数 = 计入 + 搁置 + 合并", "rows in = counted + set aside + merged"),
            land.rows_in,
            out,
        ),
        count_law("ids", once, len(ids), len(there)),
        count_law("ids-kept", same, len(land.ids_in ^ kept), 0),
    ]


def _land(study: "Study", united_m2: float) -> list[Law]:
    total = float(study.parcels["land_m2"].sum())
    whole = study.stages[study.stages["zone"] == ""]
    by_zone = study.stages[study.stages["zone"] != ""]
    return [
        area_law(
            "union",
            Words("地块合计 = 合并图形的面积", "sum of parcels = area of their union"),
            total,
            united_m2,
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


def _balance(study: "Study") -> list[Law]:
    """Gross − Σ reasons = net to the last bit, of all parcels and of each."""
    parcels, lost = study.parcels, study.lost
    gross, net = float(parcels["land_m2"].sum()), float(parcels["net_m2"].sum())
    exact = Words(
        "毛面积 − 各项扣除 = 净用地，分毫不差", "gross − every reason = net, to the last bit"
    )
    codes, ids = pd.factorize(parcels["parcel_id"])
    at = pd.Index(ids).get_indexer(lost["parcel_id"])
    taken_m2 = np.bincount(at[at >= 0], lost["area_m2"].to_numpy()[at >= 0], len(ids))[codes]
    kept_m2 = parcels["land_m2"].to_numpy() - taken_m2
    return [
        Law("balance", exact, gross - float(lost["area_m2"].sum()), net, 0.0),
        count_law(
            "balance-parcels",
            Words("逐地块：毛面积 − 各项扣除 = 净用地", "the same of every parcel"),
            int((kept_m2 != parcels["net_m2"].to_numpy()).sum()),
            0,
        ),
    ]


def _reasons(study: "Study", taken_m2: npt.NDArray[np.float64]) -> Iterator[Law]:
    """What all reasons up to each take, whichever parcel it is taken from."""
    lost_m2 = study.lost.groupby("reason")["area_m2"].sum()
    names = _reason_names(study)
    ways = lost_m2.reindex(names, fill_value=0.0).cumsum(), np.cumsum(taken_m2)
    for reason, lost, taken in zip(names, *ways, strict=True):
        words = Words(
            f"至“{reason}”为止的扣除 = 地块合并图形与这些约束的交集",
            f"what is lost up to “{reason}” = what these cover of the parcels drawn as one",
        )
        yield area_law(f"lost-{reason}", words, float(lost), float(taken))


def _blocks(study: "Study", counted_m2: float) -> list[Law]:
    parcels, blocks = study.parcels, study.blocks
    return [
        area_law(
            "blocks",
            Words("连片合计 = 计入地块合并的面积", "blocks = union of the land that counts"),
            float(blocks["land_m2"].sum()),
            counted_m2,
        ),
        count_law(
            "block-parcels",
            Words("连片中的地块数 = 计入的地块数", "parcels in blocks = parcels that count"),
            int(blocks["parcels"].sum()),
            int(parcels["counts"].sum()),
        ),
    ]


def _goal(study: "Study", goal: Goal, ready_m2: float) -> Law:
    """A goal's land, measured again without looking at blocks or overlaps."""
    now = study.progress[study.progress["goal"] == goal.id].iloc[-1]
    words = Words(
        f"目标 {goal.id}：计入 + 连片过小 = 已达阶段的土地",
        f"goal {goal.id}: counted + in blocks too small = land at its stage",
    )
    told_mu = float(now["counted_mu"] + now["small_blocks_mu"])
    return area_law(f"goal-{goal.id}", words, told_mu * M2_PER_MU, ready_m2)


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
