"""Faults of constraint layers and of the land balance."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

CONSTRAINTS: Final = {
    "constraint.empty": Fault(
        "error",
        Words(
            "约束 {seen} 没有任何可用的图形，未扣除",
            "constraint {seen} has no usable shape: nothing is deducted",
        ),
        Words(
            "检查文件与所选的行；不再适用则从计划中删去",
            "check the file and the rows; take it out of the plan if it no longer holds",
        ),
    ),
    "constraint.rows": Fault(
        "error",
        Words("没有一行的 {field} 为 {seen}{hint_zh}", "no row has {field} {seen}{hint}"),
        Words("改正计划中该约束的 rows.values", "correct rows.values of the constraint"),
    ),
    "constraint.width-unknown": Fault(
        "error",
        Words(
            "{field} 为 {seen!r}，计划的 widths_m 没有给出宽度（已有：{known}）",
            "{field} is {seen!r}, for which widths_m of constraint {constraint} gives no width "
            "(it has {known})",
        ),
        Words("在 widths_m 中补上这个值", "add this value to widths_m"),
    ),
    "constraint.no-width": Fault(
        "error",
        Words(
            "约束 {seen} 的线没有宽度，未扣除",
            "this line of constraint {seen} has no width: nothing is deducted",
        ),
        Words("给出 width_m、widths_m 或 buffer_m", "give width_m, widths_m or buffer_m"),
    ),
    "constraint.width-unused": Fault(
        "error",
        Words(
            "约束 {seen} 给出了宽度，但图层中没有线，宽度未用",
            "constraint {seen} states a width, but its layer has no lines: the width is not used",
        ),
        Words(
            "文件有几个图层时写明 layer；面向外扩展请用 buffer_m",
            "name the layer if the file has several; use buffer_m to add land around polygons",
        ),
    ),
    "constraint.nothing": Fault(
        "warning",
        Words(
            "约束 {seen} 没有覆盖任何计入的地块", "constraint {seen} covers no parcel that counts"
        ),
        Words("确认图层与坐标系无误", "make sure that layer and CRS are right"),
    ),
    "constraint.everything": Fault(
        "warning",
        Words(
            "约束 {seen} 覆盖全部土地的 {share}",
            "constraint {seen} covers {share} of all land",
        ),
        Words(
            "确认 outside、width、buffer_m 与坡度限值是否写对",
            "make sure that outside, the widths, buffer_m or the limit of slope are meant so",
        ),
    ),
    "constraint.crowded": Fault(
        "error",
        Words(
            "约束 {seen} 的图形太多或太碎，无法在数分钟内叠加：{problem_zh}",
            "constraint {seen} has too many or too ragged polygons to overlay in minutes: "
            "{problem}",
        ),
        Words(
            "合并或简化这个图层；地形过细时用较粗的 DEM",
            "dissolve or simplify the layer; use a coarser DEM where slope is the reason",
        ),
    ),
    "constraint.overlap": Fault(
        "info",
        Words(
            "约束 {seen} 另覆盖 {mu} 亩已因其他原因扣除的土地，只扣一次",
            "constraint {seen} also covers {mu} mu that were lost for a reason before it: "
            "deducted once",
        ),
        Words(
            "无需处理；要改变先后，设 priority",
            "nothing to do; set priority to change which reason goes first",
        ),
    ),
    "goal.net-short": Fault(
        "warning",
        Words(
            "目标 {seen}：净用地只有 {net} 亩，比 {goal} 亩少 {short} 亩（需要毛面积的 {share}，"
            "可用 {usable}）",
            "goal {seen} cannot be met on net land: there are {net} mu, {short} mu short of "
            "{goal} (it needs {share} of the gross land, of which {usable} is net)",
        ),
        Words(
            "改按毛面积计、放宽约束，或调整目标",
            "count gross land, relax a constraint, or change the goal",
        ),
    ),
    "goal.gross-only": Fault(
        "info",
        Words(
            "目标 {seen} 只有按毛面积才能达到：需要毛面积的 {share}，净用地 {net} 亩（{usable}）"
            "差 {short} 亩",
            "goal {seen} can be met on gross land only: it needs {share} of it, and net land "
            "({net} mu, {usable}) is {short} mu short",
        ),
        Words("公布时说明按毛面积计", "say that it counts gross land wherever it is published"),
    ),
    "goal.gross-short": Fault(
        "warning",
        Words(
            "目标 {seen}：全部土地只有 {gross} 亩，比 {goal} 亩少 {short} 亩",
            "goal {seen} is out of reach: all its land is {gross} mu, {short} mu short of {goal}",
        ),
        Words(
            "核对地块是否齐全，或调整目标", "check that all parcels are there, or change the goal"
        ),
    ),
}
