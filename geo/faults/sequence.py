"""Faults of which land next: costs, land that cannot be joined, terms that cannot all be met."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

SEQUENCES: Final = {
    "sequence.cost": Fault(
        "error",
        Words(
            "地块 {parcel} 没有可用的费用（{seen}）", "parcel {parcel} has no usable cost ({seen})"
        ),
        Words(
            "在费用表中写明大于等于 0 的数字，或在 locked_out 中排除该地块",
            "state a number of at least 0 in the table of costs, or lock the parcel out",
        ),
    ),
    "sequence.cost-twice": Fault(
        "error",
        Words(
            "地块 {parcel} 在费用表中有两行", "parcel {parcel} has two rows in the table of costs"
        ),
        Words("只保留一行", "keep one of them"),
    ),
    "sequence.unknown-cost": Fault(
        "warning",
        Words(
            "费用表中的地块 {parcel} 不在计入的地块中{hint_zh}",
            "parcel {parcel} of the table of costs is none of the parcels that count{hint}",
        ),
        Words("改正编号", "correct the id"),
    ),
    "sequence.none": Fault(
        "error",
        Words("计划没有 [sequence] 表", "the plan has no table [sequence]"),
        Words(
            '写明费用表（列 parcel_id、cost）和每年预算：costs = {{ file = "costs.csv" }}，'
            "budget = [100e6]",
            'state in it costs = {{ file = "costs.csv" }} (columns parcel_id, cost) and '
            "budget = [100e6], what may be spent in each year",
        ),
    ),
    "sequence.no-goal": Fault(
        "error",
        Words(
            "计划没有目标，无从知道什么算完成", "the plan has no goal, so nothing says what counts"
        ),
        Words("在 [[goals]] 中写明一个目标", "state one under [[goals]]"),
    ),
    "sequence.unknown-parcel": Fault(
        "error",
        Words(
            "{seen!r} 不是计入的地块{hint_zh}", "{seen!r} is none of the parcels that count{hint}"
        ),
        Words("改正编号", "correct the id"),
    ),
    "sequence.record-parcel": Fault(
        "error",
        Words(
            "排期表中的地块 {parcel} 不在计入的地块中{hint_zh}",
            "parcel {parcel} of the plan of record is none of the parcels that count{hint}",
        ),
        Words("改正编号，或删去这一行", "correct the id, or delete the row"),
    ),
    "sequence.record-twice": Fault(
        "error",
        Words(
            "地块 {parcel} 在排期表中有两行", "parcel {parcel} stands twice in the plan of record"
        ),
        Words("只保留一行", "keep one row"),
    ),
    "sequence.record-date": Fault(
        "error",
        Words("{seen!r} 不是日期", "{seen!r} is no date"),
        Words("写成 2025-07-01 或 2025Q3", "write it as 2025-07-01 or 2025Q3"),
    ),
    "sequence.record-year": Fault(
        "error",
        Words(
            "开始日期 {seen} 不在排期年份 {first}–{last} 内",
            "the start {seen} lies outside the years of the sequence, {first} to {last}",
        ),
        Words("改正日期，或改 first_year、years", "correct it, or first_year and years"),
    ),
    "sequence.record-order": Fault(
        "error",
        Words("完成 {seen} 早于开始 {start}", "it is ready on {seen}, before it starts on {start}"),
        Words("改正其中一个日期", "correct one of the dates"),
    ),
    "sequence.no-parcels": Fault(
        "error",
        Words("没有地块可选", "there are no parcels to choose from"),
        Words("检查地块图层与目标的范围", "check the layer of parcels and what the goal counts"),
    ),
    "sequence.no-budget": Fault(
        "error",
        Words(
            "求最大建筑面积时没有费用上限",
            "the most floor space is asked for, and no limit of cost is given",
        ),
        Words("写明 {field}", "state {field}"),
    ),
    "sequence.option": Fault(
        "error",
        Words("{field} 不能是 {seen}", "{field} cannot be {seen}"),
        Words(
            "面积须为大于 0 的数；权重和费用上限须为大于等于 0 的数",
            "give a number: above 0 for land, at least 0 for a weight or a limit of cost",
        ),
    ),
    "sequence.lock-clash": Fault(
        "error",
        Words("地块 {parcel} 既必选又排除", "parcel {parcel} must be taken and is also locked out"),
        Words("只保留其中一项", "keep one of the two"),
    ),
    "sequence.apart": Fault(
        "error",
        Words(
            "地块 {parcel} 与必选地块 {seen} 无法连成一片",
            "parcel {parcel} cannot be made contiguous with {seen}, and both must be taken",
        ),
        Words(
            "取消其中一个的必选，或放宽连片间距",
            "let one of them go, allow several blocks, or allow wider gaps",
        ),
    ),
    "sequence.small-land": Fault(
        "error",
        Words(
            "必选地块 {parcel} 所在的连片土地只有 {seen} 亩，不足一片 {least} 亩",
            "parcel {parcel} must be taken, and its contiguous land has {seen} mu, less than the "
            "{least} mu of a block",
        ),
        Words(
            "取消必选，或把每片下限降到 {seen} 亩",
            "let it go, or ask for blocks of at most {seen} mu",
        ),
    ),
    "sequence.unreachable": Fault(
        "error",
        Words(
            "要求连片 {least} 亩，最多只能连成 {seen} 亩",
            "{least} mu of contiguous land are asked for, and at most {seen} mu can be had",
        ),
        Words(
            "把目标降到 {seen} 亩，或减少排除的地块",
            "ask for at most {seen} mu, or lock fewer parcels out",
        ),
    ),
    "sequence.short-budget": Fault(
        "error",
        Words(
            "所要求的连片土地至少需要 {least}，费用上限只有 {seen}",
            "the contiguous land asked for costs at least {least}, and the limit is {seen}",
        ),
        Words(
            "把上限提高到 {enough}，已知有这样的方案；或减少面积",
            "raise the limit to {enough}, at which a choice is known, or ask for less land",
        ),
    ),
    "sequence.unfound": Fault(
        "error",
        Words(
            "在限时 {seen} 秒内没有找到可行方案", "no choice that fits was found in {seen} seconds"
        ),
        Words("延长时间，或放宽费用上限", "allow more time, or a higher limit of cost"),
    ),
    "sequence.over-budget": Fault(
        "warning",
        Words(
            "排期在 {year} 年花费 {seen}，超过预算 {budget}",
            "the plan of record spends {seen} in {year}, more than the budget of {budget}",
        ),
        Words("推迟一些地块，或改预算", "start some parcels later, or change the budget"),
    ),
    "sequence.under-milestone": Fault(
        "warning",
        Words(
            "排期到 {year} 年底连片 {seen} 亩，少于节点 {least} 亩",
            "the plan of record has {seen} mu in blocks by the end of {year}, the milestone asks "
            "for {least}",
        ),
        Words("提前一些地块，或改节点", "start some parcels earlier, or change the milestone"),
    ),
    "sequence.cycle": Fault(
        "error",
        Words("先后关系成环：{seen}", "parcels wait for each other in a circle: {seen}"),
        Words("去掉环中的一项先后关系", "take one of these orders out"),
    ),
    "sequence.never-ready": Fault(
        "error",
        Words(
            "必选地块 {parcel} 整备需 {seen} 个月，加上须等待的地块，到 {year} 年底无法完成",
            "parcel {parcel} must be taken, takes {seen} months from start to ready, and with what "
            "it waits for cannot be ready by the end of {year}",
        ),
        Words("取消必选，或延长计划年数", "let it go, or plan for more years"),
    ),
    "sequence.milestone": Fault(
        "error",
        Words(
            "要求到 {year} 年底连片 {least} 亩，其他条件下最多 {seen} 亩，至少差 {short} 亩",
            "{least} mu in blocks are asked for by the end of {year}, and under the other terms at "
            "most {seen} mu can be had, {short} mu too few",
        ),
        Words(
            "把该节点降到 {seen} 亩，为 0 时删去",
            "lower this milestone to at most {seen} mu, or take it out where that is nothing",
        ),
    ),
    "sequence.budget": Fault(
        "error",
        Words(
            "满足其他条件，各年预算合计至少还缺 {short}（{seen}）",
            "the other terms need at least {short} more than the budgets of all years ({seen})",
        ),
        Words("按所列年份增加预算", "raise the budgets, best in those years"),
    ),
    "sequence.crews": Fault(
        "error",
        Words(
            "满足其他条件，至少还缺 {short} 个队月（{seen}）",
            "the other terms need at least {short} more crew-months than there are ({seen})",
        ),
        Words("按所列年份和阶段增加队伍", "add crews, best for those stages and years"),
    ),
    "sequence.no-floor": Fault(
        "error",
        Words(
            "没有一个地块的建筑面积已知，无法求最多建筑面积",
            "the floor space to come is not known for any parcel, so there is no most of it",
        ),
        Words(
            "在 [[scenarios]] 中写明容积率情景，或对应 plot_ratio 字段",
            "state a scenario under [[scenarios]], or map the field plot_ratio",
        ),
    ),
    "sequence.format": Fault(
        "error",
        Words("排期不能写成这种文件", "a sequence is not written to a file of this kind"),
        Words("用 {seen} 之一", "end its name in one of {seen}"),
    ),
    "sequence.past": Fault(
        "error",
        Words(
            "首年 {seen} 在数据日期 {now} 已开始或已过，不能再整年排期",
            "the first year {seen} has begun or is past on the date of the data, {now}",
        ),
        Words(
            "把 first_year 改为尚未开始的年份，或不写",
            "set first_year to a later year, or leave it out",
        ),
    ),
    "sequence.too-late": Fault(
        "info",
        Words(
            "有 {seen} 个地块（{mu} 亩）按计划工期在 {years} 年内无法就绪",
            "by the plan's durations {seen} parcels ({mu} mu) cannot be ready within {years} years",
        ),
        Words("增加 years，或检查各阶段工期", "plan more years, or check the durations of stages"),
    ),
    "sequence.behind": Fault(
        "warning",
        Words(
            "排期中有 {seen} 个地块（{mu} 亩）到 {now} 应已就绪而未就绪",
            "by {now} {seen} parcels ({mu} mu) of the plan of record were to be ready and are not",
        ),
        Words("更新排期（landready sequence）", "make the plan anew (landready sequence)"),
    ),
}
