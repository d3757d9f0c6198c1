"""Faults of readiness events and of tables joined to parcels."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

EVENTS: Final = {
    "event.unknown-parcel": Fault(
        "error",
        Words("地块 {parcel!r} 不在图层中{hint_zh}", "parcel {parcel!r} is not in the layer{hint}"),
        Words("改正编号，或补上地块", "correct the id, or add the parcel"),
    ),
    "event.uncounted-parcel": Fault(
        "info",
        Words(
            "地块 {parcel} 已被搁置，其记录不计",
            "parcel {parcel} is set aside, so its event does not count",
        ),
        Words("先处理该地块", "mend the parcel first"),
    ),
    "event.unknown-stage": Fault(
        "error",
        Words("未知阶段 {seen!r}{hint_zh}", "unknown stage {seen!r}{hint}"),
        Words(
            "用阶段表中的名称，或在阶段的 aliases 中加上它",
            "use a stage of the ladder, or add it to the aliases of one",
        ),
    ),
    "event.date": Fault(
        "error",
        Words("日期 {seen!r} 不能识别", "the date {seen!r} is not understood"),
        Words("写成 2024-12-31、2024-12 或 2024", "write 2024-12-31, 2024-12 or 2024"),
    ),
    "event.action": Fault(
        "error",
        Words("未知动作 {seen!r}", "unknown action {seen!r}"),
        Words("用 reach 或 revert", "use reach or revert"),
    ),
    "event.future": Fault(
        "info",
        Words("{seen} 晚于截止日，不计", "{seen} is after the as-of date and does not count yet"),
        Words("无需处理", "nothing to do"),
    ),
    "event.no-evidence": Fault(
        "warning",
        Words(
            "阶段“{stage_zh}”没有佐证，为自报",
            "stage {stage!r} has no evidence and is self-reported",
        ),
        Words("补上佐证编号", "give the reference of its evidence"),
    ),
    "event.undated": Fault(
        "warning",
        Words(
            "阶段“{seen}”没有日期，按截止日计",
            "stage {seen!r} has no date and counts from the as-of date",
        ),
        Words("补上日期", "give its date"),
    ),
    "event.order": Fault(
        "info",
        Words(
            "阶段“{stage_zh}”的日期晚于更高的阶段“{higher_zh}”",
            "stage {stage!r} is dated after the higher stage {higher!r}",
        ),
        Words(
            "若为并行办理则无需处理；否则核对日期",
            "nothing to do if they ran in parallel; otherwise check the dates",
        ),
    ),
    "event.revert-nothing": Fault(
        "error",
        Words(
            "退回到“{stage_zh}”，而该地块当时正处于这一阶段：没有任何退回",
            "it falls back to {stage!r}, where it stood already: nothing falls",
        ),
        Words(
            "写明退回到的（较低）阶段，并核对日期",
            "name the lower stage to which it falls back, and check the dates",
        ),
    ),
    "event.revert-reason": Fault(
        "warning",
        Words("退回到“{stage_zh}”没有写明原因", "it falls back to {stage!r} and gives no reason"),
        Words("写明原因", "give the reason"),
    ),
    "event.vague-revert": Fault(
        "warning",
        Words(
            "退回到“{stage_zh}”只知在 {period}，其间又到“{higher_zh}”（第 {higher_row} 行）："
            "先后不明，按退回在后计",
            "it falls back to {stage!r} in {period}, no day known, and came to {higher!r} in that "
            "time (row {higher_row}): it is taken to have fallen last",
        ),
        Words(
            "写明退回的日期；若其后又到了较高的阶段，再记一次",
            "give the day of the revert; where it came higher again after it, say so once more",
        ),
    ),
    "join.several": Fault(
        "error",
        Words(
            "{times} 行属于同一地块 {parcel}，{field} 不一",
            "{times} rows belong to parcel {parcel} and differ in {field}",
        ),
        Words(
            "在计划中写 combine：sum、max 或 first",
            "say in the plan how to combine them: sum, max or first",
        ),
    ),
    "join.unreadable": Fault(
        "warning",
        Words("{seen!r} 不是数，合并时略去", "{seen!r} is not a number and is left out of the sum"),
        Words("改成数字", "make it a number"),
    ),
    "join.replaces": Fault(
        "info",
        Words(
            "{seen} 个地块原有的 {meaning} 与此表不同，以此表为准",
            "{seen} parcels have another {meaning} already; the one of this table counts",
        ),
        Words("若原有数值才对，从表中去掉这一列", "drop the column if what was there is right"),
    ),
    "join.shared": Fault(
        "warning",
        Words(
            "{seen} 个地块与别的地块同键（如 {key}），各得全部数值，可能重复计",
            "{seen} parcels share their key with others (such as {key}) and each has the whole "
            "value, which may count it twice",
        ),
        Words(
            "改正连接字段，或合并这些地块",
            "correct the key columns, or unite such parcels",
        ),
    ),
    "join.unmatched": Fault(
        "info",
        Words("{seen} 行在地块图层中没有对应", "{seen} of its rows belong to no parcel"),
        Words("核对连接字段", "check the key columns"),
    ),
    "join.incomplete": Fault(
        "info",
        Words("{seen} 个地块在表中没有对应", "{seen} parcels have no row in it"),
        Words("核对连接字段", "check the key columns"),
    ),
}
