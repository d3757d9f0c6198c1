"""Faults between the plan, the layer and the ledger: which history, and which parcels were when."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

LINEAGES: Final = {
    "changes.order": Fault(
        "error",
        Words("{seen} 晚于 {second}", "{seen} is after {second}"),
        Words("先写较早的日期", "give the earlier date first"),
    ),
    "ledger.needed": Fault(
        "error",
        Words(
            "要看 {seen} 时所知的情况，而该计划没有台账",
            "it is to be shown as known on {seen}, and the plan has no ledger",
        ),
        Words(
            "用 landready record 建立台账，或去掉 known",
            "begin a ledger with landready record, or leave out `known`",
        ),
    ),
    "ledger.none": Fault(
        "error",
        Words("该计划没有台账（{seen}）", "the plan has no ledger ({seen})"),
        Words(
            "用 landready record 建立台账；没有台账时用 landready summary",
            "begin one with landready record; without a ledger, use landready summary",
        ),
    ),
    "ledger.layer-changed": Fault(
        "warning",
        Words(
            "图层在 {seen} 之后有改动：台账所说的面积是那时的",
            "the layer has changed since {seen}, when the ledger last saw it: areas are of then",
        ),
        Words(
            "正式数字用 landready summary；下次录入时台账会记下新的图形",
            "for official figures use landready summary; the next recording takes the new outlines",
        ),
    ),
    "ledger.two-histories": Fault(
        "error",
        Words(
            "整备记录既在 {seen}，又在台账 {ledger}：同一事件会算两次",
            "readiness stands in {seen} and in the ledger {ledger}: events would count twice",
        ),
        Words(
            "把表格录入台账（landready record --from {seen}），然后从计划中删去 [layers.readiness]",
            "record the table in the ledger (landready record --from {seen}), then take "
            "[layers.readiness] out of the plan",
        ),
    ),
    "lineage.still-there": Fault(
        "error",
        Words(
            "台账第 {seen} 条：该地块已于 {date} 分割或合并，而图层中仍有它",
            "by entry {seen} of the ledger it was split or merged on {date}, and it is still in "
            "the layer",
        ),
        Words(
            "换上新的图层；若台账有误，更正该条",
            "bring the layer up to date; or correct the entry if the ledger is wrong",
        ),
    ),
    "lineage.missing": Fault(
        "error",
        Words(
            "台账第 {seen} 条（{date}）所说的地块不在图层中",
            "entry {seen} of the ledger ({date}) speaks of this parcel, and the layer lacks it",
        ),
        Words(
            "换上新的图层；若台账有误，更正该条",
            "bring the layer up to date; or correct the entry if the ledger is wrong",
        ),
    ),
    "lineage.no-outline": Fault(
        "error",
        Words(
            "台账中没有合并前地块 {seen} 的图形（第 {entry} 条），无法回到合并之前",
            "the ledger has no outline of {seen}, merged by entry {entry}: it cannot be shown as "
            "it was before",
        ),
        Words(
            "用仍含这些地块的图层录入后再合并",
            "record the parcels while the layer still has them, and merge them then",
        ),
    ),
    "lineage.undone": Fault(
        "info",
        Words(
            "{date} 的分割或合并（{seen}）尚未发生：按当时的地块计算",
            "the split or merge of {date} ({seen}) had not happened yet: the parcels are those of "
            "the time",
        ),
        Words("无需处理", "nothing to do"),
    ),
}
