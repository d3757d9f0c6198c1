"""Tables of which land is next: the rolling plan by year, quarter and parcel, and its stress."""

import numpy as np
import pandas as pd

from geo.sequence.lots import Lots
from geo.sequence.outcome import Sequence
from geo.sequence.selection import Selection
from geo.sequence.stress import Stress
from geo.study import Study
from geo.tables.naming import goal_names
from geo.tables.sheet import Field, Sheet, both
from geo.text import Text
from geo.units import M2_PER_MU, shown


def sequence_sheets(found: Sequence) -> list[Sheet]:
    """The rolling plan as tables."""
    return [sequence_years_sheet(found), sequence_quarters_sheet(found), sequence_sheet(found)]


def sequence_years_sheet(found: Sequence) -> Sheet:
    """What starts in each year, what it costs, and what is ready at its end."""
    money = found.currency
    fields = (
        Field("year", "年份", "Year"),
        Field("parcels", "启动地块", "Parcels started", "number", 0),
        Field("land_mu", "启动（亩）", "Started (mu)", "number"),
        Field("cost", f"费用（{money}）", f"Cost ({money})", "number", 0),
        Field("budget", f"预算（{money}）", f"Budget ({money})", "number", 0),
        Field("ready_mu", "年底就绪（亩）", "Ready at its end (mu)", "number"),
        Field("in_blocks_mu", "连片（亩）", "In blocks (mu)", "number"),
        Field("largest_mu", "最大连片（亩）", "Largest block (mu)", "number"),
        Field("least_mu", "节点（亩）", "Milestone (mu)", "number"),
    )
    title = both("分年排期", "Plan by year")
    return Sheet("sequence_years", title, fields, found.years, note=bound_words(found))


def sequence_quarters_sheet(found: Sequence) -> Sheet:
    """The S-curve: what starts in each quarter, and what is ready by its end."""
    fields = (
        Field("date", "季末", "Quarter ends"),
        Field("starts", "启动地块", "Parcels started", "number", 0),
        Field("starts_mu", "启动（亩）", "Started (mu)", "number"),
        Field("cost", "费用", "Cost", "number", 0),
        Field("ready_mu", "累计就绪（亩）", "Ready so far (mu)", "number"),
        Field("in_blocks_mu", "连片（亩）", "In blocks (mu)", "number"),
        Field("largest_mu", "最大连片（亩）", "Largest block (mu)", "number"),
    )
    title = both("分季排期", "Plan by quarter")
    return Sheet("sequence_quarters", title, fields, found.quarters, on_page=False)


def sequence_sheet(found: Sequence) -> Sheet:
    """Which parcel when: also the plan of record, which a town may edit and read again."""
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("start", "启动", "Start"),
        Field("ready", "就绪", "Ready"),
        Field("year", "年份", "Year"),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("cost", "费用", "Cost", "number", 0),
    )
    title = both("地块排期", "Plan by parcel")
    return Sheet("sequence", title, fields, found.parcels, on_page=False)


def bound_words(found: Sequence) -> Text:
    """How good a sequence is, and what contiguous means in it."""
    mu = shown(found.mu_years, 0, grouped=True)
    where = both(
        f"间距不超过 {found.gap_m:g} 米为连片，不小于 {found.block_mu:g} 亩计入；"
        f"截至 {found.as_of}",
        f"gaps of up to {found.gap_m:g} m join, blocks from {found.block_mu:g} mu count; "
        f"as of {found.as_of}",
    )
    if np.isnan(found.bound):
        return both(
            f"在册排期：各年底连片合计 {mu} 亩·年；{where.zh}",
            f"plan of record: {mu} mu-years in blocks at the ends of years; {where.en}",
        )
    bound, gap = shown(found.bound, 0, grouped=True), shown(found.gap, 2, percent=True)
    return both(
        f"各年底连片合计 {mu} 亩·年，至多 {bound}（差距 {gap}）；种子 {found.seed}；{where.zh}",
        f"{mu} mu-years in blocks at the ends of years, at most {bound} (gap {gap}); "
        f"seed {found.seed}; {where.en}",
    )


def nested_sheet(plans: list[tuple[float, Sequence]]) -> Sheet:
    """What less or more money gives; what starts with less starts with more, no later."""
    fields = (
        Field("factor", "预算倍数", "Budget ×", "number"),
        Field("cost", "费用", "Cost", "number", 0),
        Field("parcels", "地块", "Parcels", "number", 0),
        Field("ready_mu", "最终就绪（亩）", "Ready in the end (mu)", "number"),
        Field("mu_years", "连片（亩·年）", "In blocks (mu-years)", "number", 0),
        Field("bound", "上限", "Bound", "number", 0),
        Field("gap", "差距", "Gap", "percent", 2),
    )
    rows = [
        {
            "factor": factor,
            "cost": float(plan.years["cost"].sum()),
            "parcels": len(plan.parcels),
            "ready_mu": float(plan.years["ready_mu"].iat[-1]),
            "mu_years": plan.mu_years,
            "bound": plan.bound,
            "gap": plan.gap,
        }
        for factor, plan in plans
    ]
    title = both("预算增减", "Less or more money")
    note = both(
        "小预算启动的地块在大预算中同样启动且不晚",
        "what starts with less money starts with more, no later",
    )
    return Sheet("sequence_budgets", title, fields, pd.DataFrame(rows), note=note)


def stress_sheets(study: Study, found: Stress) -> list[Sheet]:
    """What a plan is worth on fresh draws, and who holds it up."""
    made = [
        _aims_sheet(study, found),
        _refusals_sheet(found),
        _forced_sheet(found),
    ]
    return [sheet for sheet in made if len(sheet.frame)]


def _aims_sheet(study: Study, found: Stress) -> Sheet:
    fields = (
        Field("aim", "节点", "Aim", "name"),
        Field("date", "日期", "Date"),
        Field("goal_mu", "要求（亩）", "Asked (mu)", "number"),
        Field("p", "达到概率", "Chance", "percent", 0),
        Field("mu_p10", "P10（亩）", "P10 (mu)", "number"),
        Field("mu_p50", "P50（亩）", "P50 (mu)", "number"),
        Field("mu_p90", "P90（亩）", "P90 (mu)", "number"),
        Field("p_swapped", "换序后概率", "Chance after swaps", "percent", 0),
    )
    table = found.aims.assign(p_swapped=found.swapped_aims["p"])
    note = both(
        f"在 {found.draws} 次未用于调整的模拟中检验（种子 {found.seed}）；换序 {found.swaps} 次",
        f"on {found.draws} draws that nothing was tuned on (seed {found.seed}); "
        f"swaps: {found.swaps}",
    )
    title = both("排期压力测试", "The plan under stress")
    return Sheet("stress", title, fields, table, {"aim": goal_names(study)}, note)


def _refusals_sheet(found: Stress) -> Sheet:
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("year", "年份", "Year"),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("mu_lost", "期望损失（亩）", "Expected loss (mu)", "number"),
        Field("p_lost", "概率下降", "Chance lost", "percent", 1),
        Field("way_round_mu_years", "绕行后（亩·年）", "Way round (mu-years)", "number", 0),
        Field("comes_in", "替补", "Comes in", "note"),
    )
    title = both("若拒绝，谁最要紧", "Whose refusal hurts most")
    return Sheet("refusals", title, fields, found.refusals)


def _forced_sheet(found: Stress) -> Sheet:
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("forced", "强制", "Forced", "name"),
        Field("feasible", "可行", "Feasible"),
        Field("mu_years", "变化（亩·年）", "Change (mu-years)", "number", 0),
        Field("gap", "差距", "Gap", "percent", 2),
    )
    names = {"forced": {"in": both("列入", "in"), "out": both("排除", "out")}}
    title = both("强制列入或排除的代价", "What forcing costs")
    return Sheet("forced", title, fields, found.forced, names)


def selections_sheet(found: list[Selection]) -> Sheet:
    """Contiguous land to choose from, the cheapest first: cost against shape."""
    fields = (
        Field("cost", "费用", "Cost", "number", 0),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("parcels", "地块", "Parcels", "number", 0),
        Field("blocks", "片数", "Blocks", "number", 0),
        Field("compactness", "周长÷等面积圆", "Perimeter ÷ circle's", "number"),
        Field("hole_mu", "被围（亩）", "Enclosed (mu)", "number"),
        Field("floor_m2", "建筑面积（平方米）", "Floor space (m²)", "number", 0),
        Field("gap", "差距", "Gap", "percent", 2),
    )
    rows = [
        {
            "cost": item.cost,
            "land_mu": item.land_m2 / M2_PER_MU,
            "parcels": int(item.chosen.sum()),
            "blocks": item.blocks,
            "compactness": item.compactness,
            "hole_mu": item.hole_m2 / M2_PER_MU,
            "floor_m2": item.floor_m2,
            "gap": item.gap,
        }
        for item in found
    ]
    title = both("费用与形状", "Cost against shape")
    note = both(
        "差距按费用与形状之和计：至多可再省多少",
        "the gap is of cost and shape together: how much might still be saved",
    )
    return Sheet("frontier", title, fields, pd.DataFrame(rows), note=note)


def selection_parcels_sheet(lots: Lots, found: Selection) -> Sheet:
    """The parcels of one selection, the dearest first."""
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("cost", "费用", "Cost", "number", 0),
    )
    at = np.flatnonzero(found.chosen)
    at = at[np.argsort(-lots.cost[at], kind="stable")]
    table = pd.DataFrame(
        {
            "parcel_id": np.array(lots.ids, dtype=object)[at],
            "land_mu": lots.land_m2[at] / M2_PER_MU,
            "cost": lots.cost[at],
        }
    )
    title = both("形状最好的一种", "The best-shaped of them")
    return Sheet("selection", title, fields, table)
