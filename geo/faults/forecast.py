"""Faults of what lies ahead: durations, the ledger that they come from, and goals."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

FORECASTS: Final = {
    "forecast.no-duration": Fault(
        "error",
        Words(
            "阶段 {seen} 没有一次完成的记录，计划也没有给出工期，无法预测",
            "stage {seen} was never completed in the ledger and the plan gives no duration",
        ),
        Words(
            "在 [[stages]] 中给出 p50_months 和 p90_months",
            "give p50_months and p90_months of it under [[stages]]",
        ),
    ),
    "forecast.few": Fault(
        "warning",
        Words(
            "台账中只有 {seen} 次阶段完成（少于 {enough} 次），{missing} 个阶段一次也没有："
            "预测主要依据计划的 P50/P90",
            "the ledger saw only {seen} stages completed (fewer than {enough}), and {missing} kinds"
            " of stage never: the forecast rests mainly on the plan's P50 and P90",
        ),
        Words(
            "补录以往事件，并核对 [[stages]] 的 p50_months 和 p90_months",
            "record past events, and check p50_months and p90_months under [[stages]]",
        ),
    ),
    "forecast.skipped": Fault(
        "info",
        Words(
            "有 {seen} 次一天内跨过几个阶段（首例：地块 {parcel}）：所用时间按计划工期分摊",
            "{seen} times several stages were passed on one day (first by parcel {parcel}): the"
            " time is divided among them as the plan's durations are",
        ),
        Words(
            "为每个阶段分别记录日期",
            "record a date for each stage",
        ),
    ),
    "forecast.no-backtest": Fault(
        "info",
        Words(
            "台账太短，没有一次预测可以回测：预测好坏未经检验",
            "the ledger is too short to test a forecast against what came: how good it is, is"
            " not known",
        ),
        Words(
            "把以往事件连同其登记日期录入台账，或等待至少一年半",
            "record events as they happen; a year and a half after the base the first can be"
            " tested",
        ),
    ),
    "forecast.few-origins": Fault(
        "info",
        Words(
            "只能从 {seen} 个时点回测（至少需要 {least} 个）：覆盖率还说明不了什么",
            "forecasts of {seen} dates only can be tested (at least {least} are needed): the"
            " coverage says little yet",
        ),
        Words(
            "看二项分布区间，不要只看覆盖率；台账越长，检验越可靠",
            "read the band beside the coverage; it narrows as the ledger grows",
        ),
    ),
    "forecast.no-goal": Fault(
        "error",
        Words(
            "计划没有目标，没有可预测的内容",
            "the plan has no goal, so there is nothing to forecast",
        ),
        Words("在 [[goals]] 中写明一个目标", "state one under [[goals]]"),
    ),
}
