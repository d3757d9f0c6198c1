"""Tables of a forecast: goals and their chances, land by quarter, parcels, durations, tests."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from geo.forecast.backtest import Backtest
from geo.forecast.outcome import Forecast
from geo.forecast.wording import ENDS, backtest_words, method_words
from geo.plan import Plan
from geo.study import Study
from geo.tables.naming import goal_names
from geo.tables.sheet import Field, Sheet, both
from geo.text import Text
from geo.units import shown

MEASURES: Final = {
    "largest_mu": both("最大连片（亩）", "Largest block (mu)"),
    "in_blocks_mu": both("连片合计（亩）", "Land in blocks (mu)"),
    "compactness": both("形状（周长÷等面积圆）", "Shape (perimeter ÷ circle's)"),
    "hole_mu": both("被围未备（亩）", "Enclosed, not ready (mu)"),
    "floor_m2": both("建筑面积（平方米）", "Floor space (m²)"),
}


def forecast_sheets(study: Study, found: Forecast) -> list[Sheet]:
    """Every table of a forecast that has a row."""
    made = [
        forecast_goals_sheet(study, found),
        forecast_years_sheet(found),
        forecast_curves_sheet(study, found),
        forecast_parcels_sheet(study, found),
        durations_sheet(study.plan, found),
        speed_sheet(found),
        hold_outs_sheet(study, found),
    ]
    if found.backtest is not None:
        made += [backtest_sheet(found.backtest), scores_sheet(found.backtest)]
    return [sheet for sheet in made if len(sheet.frame)]


def forecast_goals_sheet(study: Study, found: Forecast) -> Sheet:
    """The chance of each goal, when it is reached, and what counts on its due date."""
    fields = (
        Field("goal", "目标", "Goal", "name"),
        Field("goal_mu", "目标（亩）", "Goal (mu)", "number"),
        Field("due", "期限", "Due"),
        Field("p_due", "按期概率", "Chance by then", "percent", 0),
        Field("date_p10", "最早（P10）", "Reached P10"),
        Field("date_p50", "预计（P50）", "Reached P50"),
        Field("date_p90", "最晚（P90）", "Reached P90"),
        Field("mu_p10", "到期 P10（亩）", "By due P10 (mu)", "number"),
        Field("mu_p50", "到期 P50（亩）", "By due P50 (mu)", "number"),
        Field("mu_p90", "到期 P90（亩）", "By due P90 (mu)", "number"),
    )
    title, names = both("目标预测", "Forecast of the goals"), {"goal": goal_names(study)}
    return Sheet("forecast", title, fields, found.goals, names, method_words(found))


def forecast_years_sheet(found: Forecast) -> Sheet:
    """Each measure at the end of each year; the three of contiguity always stand together."""
    curves = found.curves[found.curves["date"].dt.is_year_end]
    table = pd.DataFrame({"date": sorted(curves["date"].unique())})
    for measure in MEASURES:
        rows = curves[curves["measure"] == measure].set_index("date")
        places = 1 if measure == "compactness" else 0
        table[measure] = [_range(rows.loc[day], places) for day in table["date"]]
    table["date"] = table["date"].dt.strftime("%Y")
    measures = (Field(name, words.zh, words.en) for name, words in MEASURES.items())
    fields = (Field("date", "年末", "End of"), *measures)
    title = both("预测：连片与形状", "Forecast: contiguity and shape")
    rests = method_words(found)
    note = both(f"中位数（P10 – P90）；{rests.zh}", f"median (P10 – P90); {rests.en}")
    return Sheet("forecast_years", title, fields, table, note=note)


def _range(row: pd.Series, places: int) -> str:
    low, middle, high = (
        "—" if pd.isna(row[end]) else shown(row[end], places, grouped=True) for end in ENDS
    )
    return f"{middle} ({low} – {high})"


def forecast_curves_sheet(study: Study, found: Forecast) -> Sheet:
    """Every measure at the end of each quarter, with its range."""
    fields = (
        Field("date", "日期", "Date"),
        Field("measure", "指标", "Measure", "name"),
        Field("p10", "P10", "P10", "number"),
        Field("p50", "P50", "P50", "number"),
        Field("p90", "P90", "P90", "number"),
    )
    goals = {f"goal:{name}": text for name, text in goal_names(study).items()}
    title, names = both("季度预测", "Forecast by quarter"), {"measure": {**MEASURES, **goals}}
    return Sheet("forecast_quarters", title, fields, found.curves, names, on_page=False)


def forecast_parcels_sheet(study: Study, found: Forecast) -> Sheet:
    """What each parcel is to each goal, those whose loss hurts most first."""
    fields = (
        Field("goal", "目标", "Goal", "name"),
        Field("parcel_id", "地块", "Parcel"),
        Field("p_ready", "按期就绪概率", "Ready by due", "percent", 0),
        Field("ready_p10", "就绪 P10", "Ready P10"),
        Field("ready_p50", "就绪 P50", "Ready P50"),
        Field("ready_p90", "就绪 P90", "Ready P90"),
        Field("p", "P(目标)", "P(goal)", "percent", 1),
        Field("p_now", "若现在就绪", "P if ready now", "percent", 1),
        Field("p_earlier", "若提前", "P if earlier", "percent", 1),
        Field("p_lost", "若失去", "P if lost", "percent", 1),
        Field("mu", "到期（亩）", "By due (mu)", "number"),
        Field("mu_now", "若现在就绪（亩）", "If ready now (mu)", "number"),
        Field("mu_earlier", "若提前（亩）", "If earlier (mu)", "number"),
        Field("mu_lost", "若失去（亩）", "If lost (mu)", "number"),
        Field("cost", "费用", "Cost", "number", 0),
        Field("mu_per_million", "每百万（亩）", "Mu per million", "number", 3),
        Field("p_per_million", "每百万概率", "Chance per million", "percent", 2),
    )
    order = found.parcels.sort_values(
        ["goal", "p_lost", "mu_lost", "parcel_id"], kind="stable", ignore_index=True
    )
    months = f"{found.earlier_months:g}"
    note = both(f"提前指提前 {months} 个月", f"earlier means {months} months earlier")
    title, names = both("关键地块", "The parcels that matter"), {"goal": goal_names(study)}
    return Sheet("forecast_parcels", title, fields, order, names, note, on_page=False)


def durations_sheet(plan: Plan, found: Forecast) -> Sheet:
    """How long stages take, by plan and ledger together."""
    fields = (
        Field("stage", "到达阶段", "Stage reached", "name"),
        Field("spells", "历时记录", "Spells", "number", 0),
        Field("ended", "已完成", "Ended", "number", 0),
        Field("waiting", "在途", "Waiting", "number", 0),
        Field("plan_p50_months", "计划 P50（月）", "Plan P50 (months)", "number", 1),
        Field("p10_months", "P10", "P10", "number", 1),
        Field("p50_months", "中位数（月）", "Median (months)", "number", 1),
        Field("p90_months", "P90", "P90", "number", 1),
    )
    names: Mapping[str, Mapping[str, Text]] = {
        "stage": {stage.id: stage.name for stage in plan.stages}
    }
    note = both(
        "各阶段工期中位数及其不确定范围，按正常速度计",
        "the median duration of each stage and how well it is known, at the usual speed",
    )
    title = both("阶段工期", "Durations of the stages")
    return Sheet("durations", title, fields, found.stages, names, note, on_page=False)


def speed_sheet(found: Forecast) -> Sheet:
    """How fast all parcels together went in each half year."""
    fields = (
        Field("half_year", "半年", "Half year"),
        Field("p10", "P10", "P10", "number"),
        Field("p50", "速度（正常为 1）", "Speed (usual: 1)", "number"),
        Field("p90", "P90", "P90", "number"),
    )
    note = both(
        f"共同速度的离散度 {found.sigma:.2f}，半年自相关 {found.rho:.2f}",
        f"spread of the common speed {found.sigma:.2f}, correlation of half years {found.rho:.2f}",
    )
    title = both("共同速度", "The common speed")
    return Sheet("speed", title, fields, found.speed, note=note, on_page=False)


def hold_outs_sheet(study: Study, found: Forecast) -> Sheet:
    """What permanent hold-outs would make of each goal."""
    fields = (
        Field("goal", "目标", "Goal", "name"),
        Field("slack_mu", "余量（亩）", "Slack (mu)", "number"),
        Field("parcels", "地块", "Parcels", "number", 0),
        Field("share", "每块不参与概率", "Chance to stay out", "percent", 1),
        Field("p", "仍够的概率", "P(enough is left)", "percent", 1),
    )
    title, names = both("余量与不参与风险", "Slack and hold-outs"), {"goal": goal_names(study)}
    return Sheet("hold_outs", title, fields, found.holds, names, on_page=False)


def backtest_sheet(found: Backtest) -> Sheet:
    """The forecasts of the past beside what came."""
    fields = (
        Field("origin", "起点", "Made on"),
        Field("horizon_months", "跨度（月）", "Months ahead", "number", 0),
        Field("known_mu", "当时已知（亩）", "Known then (mu)", "number"),
        Field("truth_mu", "实际（亩）", "Came (mu)", "number"),
        Field("p10_mu", "P10", "P10", "number"),
        Field("p50_mu", "P50", "P50", "number"),
        Field("p90_mu", "P90", "P90", "number"),
        Field("inside", "在区间内", "Inside"),
        Field("pit", "PIT", "PIT", "number"),
        Field("crps_mu", "CRPS（亩）", "CRPS (mu)", "number"),
        Field("straight_error_mu", "直线误差（亩）", "Straight line's error (mu)", "number"),
        Field("pace_error_mu", "以往速度误差（亩）", "Past pace's error (mu)", "number"),
    )
    origin = pd.to_datetime(found.rows["origin"].astype("float64"), unit="D")
    table = found.rows.assign(origin=origin)
    title = both("回测", "Forecasts of the past")
    return Sheet("backtest", title, fields, table, note=backtest_words(found), on_page=False)


def scores_sheet(found: Backtest) -> Sheet:
    """What forecasts of the past were worth, by how far ahead they looked."""
    fields = (
        Field("horizon_months", "跨度（月，0 为全部）", "Months ahead (0: all)", "number", 0),
        Field("cases", "次数", "Cases", "number", 0),
        Field("coverage", "80% 区间覆盖", "80 % band held", "percent", 0),
        Field("coverage_low", "下限", "At least", "percent", 0),
        Field("coverage_high", "上限", "At most", "percent", 0),
        Field("apart", "互不重叠", "Not overlapping", "number", 0),
        Field("apart_coverage", "其覆盖", "Of these held", "percent", 0),
        Field("crps_mu", "CRPS（亩）", "CRPS (mu)", "number"),
        Field("skill_straight", "优于直线", "Better than the line", "percent", 0),
        Field("skill_pace", "优于以往速度", "Better than past pace", "percent", 0),
    )
    title = both("回测得分", "Scores of the forecasts")
    return Sheet("backtest_scores", title, fields, found.scores, on_page=False)
