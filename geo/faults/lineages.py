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
    "ledger.no-land": Fault(
        "error",
        Words(
            "台账中没有任何地块的图形，无从得知亩数",
            "the ledger has no outline of any parcel, so it knows of no land",
        ),
        Words(
            "登记任何一条：图形会随之记入；或用 landready summary",
            "record anything: the outlines go in with it; or use landready summary",
        ),
    ),
    "ledger.unmeasured": Fault(
        "warning",
        Words(
            "台账还没有该地块的图形（分割或合并后图层未更新）：其亩数不在各项数字中",
            "the ledger has no outline of this parcel yet (split or merged, and the layer is not "
            "up to date): its land is in none of the figures",
        ),
        Words(
            "更新图层，再登记一次",
            "bring the layer up to date and record again",
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
    "lineage.redone": Fault(
        "info",
        Words(
            "{date} 的分割或合并（{seen}）后来被撤销：按当时所知的地块计算",
            "the split or merge of {date} ({seen}) was taken back later: the parcels are those "
            "that were known",
        ),
        Words("无需处理", "nothing to do"),
    ),
    "lineage.attributes": Fault(
        "warning",
        Words(
            "合为一个地块的各部分 {field} 不同，取最大一部分的 {seen!r}",
            "its parts differ in {field}: it has {seen!r}, as the largest of them",
        ),
        Words(
            "核对：这会影响净用地和可建面积",
            "check it: net land and floor space follow from it",
        ),
    ),
    "lineage.programme": Fault(
        "warning",
        Words(
            "项目组 {seen} 只有 {parts}，而它们已并入或分自更大的地块：这部分土地不计入该项目组",
            "programme {seen} has only {parts} of what is one parcel now: their land is not in it",
        ),
        Words(
            "在项目组中写明现在的地块",
            "name the parcels of today in the programme",
        ),
    ),
    "lineage.no-sums": Fault(
        "warning",
        Words(
            "{seen} 至 {until} 的地块有错误（{error}），不能合计：时间轴略去这些日期",
            "the parcels of {seen} to {until} have errors ({error}) that forbid sums: the timeline "
            "leaves these dates out",
        ),
        Words(
            "用 landready check 查看该日期的错误并改正",
            "look at the errors of such a date with landready check, and mend them",
        ),
    ),
    "lineage.left": Fault(
        "error",
        Words(
            "该地块已不在图层中（台账第 {seen} 条所见），又没有分割或合并的记录：其历史无处可归",
            "it has left the layer, as entry {seen} of the ledger notes, and neither split nor "
            "merged: its history belongs to no land",
        ),
        Words(
            "登记它分成或并入了什么；若确已不计，在 [accept] 中写明理由",
            "record what it split into or merged with; or accept this with the reason",
        ),
    ),
    "lineage.stage-column": Fault(
        "warning",
        Words(
            "图层中有 {seen} 个地块写有阶段；有台账时只用台账",
            "{seen} parcels of the layer state a stage: with a ledger, the ledger alone counts",
        ),
        Words(
            '录入台账，或从图层中去掉这一列（fields 中 stage = ""）',
            'record them in the ledger, or leave the column out (stage = "" in fields)',
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
