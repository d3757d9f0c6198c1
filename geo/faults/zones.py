"""Faults of zones, and of where parcels lie."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

ZONES: Final = {
    "zone.id-blank": Fault(
        "error",
        Words("片区编号为空", "the zone has no id"),
        Words("补上编号", "give it an id"),
    ),
    "zone.id-duplicate": Fault(
        "error",
        Words("片区编号 {seen} 出现 {times} 次", "zone id {seen} stands {times} times"),
        Words("改正编号，或把几部分合为一个多部件面", "correct the ids, or unite its parts"),
    ),
    "outline.unusable": Fault(
        "error",
        Words("{seen} 的图形不能用：{problem_zh}", "the shape of {seen} cannot be used: {problem}"),
        Words(
            "在源数据中修正（接受此错误即不用这个图形）",
            "correct it in the source (if accepted, it is left out)",
        ),
    ),
    "outline.mended": Fault(
        "warning",
        Words(
            "{seen} 的图形无效（{problem}），已修复，面积不变",
            "the invalid shape of {seen} ({problem}) was mended; its area is unchanged",
        ),
        Words("在源数据中修正", "correct it in the source"),
    ),
    "zone.outside": Fault(
        "error",
        Words("不在任何片区内", "it lies outside every zone"),
        Words(
            "核对坐标系与界线；确实在外则从图层中删去",
            "check CRS and boundary; drop it if it is really outside",
        ),
        sets_aside=True,
    ),
    "zone.elsewhere": Fault(
        "error",
        Words(
            "写明属于片区 {seen}，却完全不在其中，而在 {other}",
            "it names zone {seen}, but lies in {other} and not at all in {seen}",
        ),
        Words("改正片区名，或核对界线", "correct the name, or compare the boundaries"),
        sets_aside=True,
    ),
    "zone.across": Fault(
        "warning",
        Words(
            "跨片区：{shares_zh}；全部计入 {zone}",
            "it lies across zones: {shares}; all of it counts in {zone}",
        ),
        Words("沿片区界拆分", "split it along the zone boundary"),
    ),
    "zone.unknown": Fault(
        "error",
        Words("片区 {seen!r} 未定义{hint_zh}", "zone {seen!r} is not defined{hint}"),
        Words("改正片区名，或加入片区图层", "correct the name, or add the zone"),
        sets_aside=True,
    ),
    "goal.unknown-zone": Fault(
        "error",
        Words(
            "目标 {goal} 分给片区 {seen!r}，而它未定义{hint_zh}",
            "goal {goal} gives a share to zone {seen!r}, which is not defined{hint}",
        ),
        Words("改正片区名，或加入片区图层", "correct the name, or add the zone"),
    ),
    "zone.blank": Fault(
        "error",
        Words("片区为空", "it names no zone"),
        Words("补上片区", "name its zone"),
        sets_aside=True,
    ),
    "zone.overlap": Fault(
        "error",
        Words("片区 {seen} 与 {other} 重叠", "zone {seen} overlaps zone {other}"),
        Words("修正片区界线", "correct the zone boundaries"),
    ),
    "zone.exceeded": Fault(
        "error",
        Words("地块合计超出片区 {zone} 的面积", "its parcels hold more land than zone {zone} has"),
        Words("检查重叠与越界的地块", "look for parcels that overlap or cross the boundary"),
    ),
    "zone.uncovered": Fault(
        "info",
        Words("片区 {zone} 中有土地不属于任何地块", "land of zone {zone} belongs to no parcel"),
        Words("无需处理，或补上缺的地块", "nothing to do, or add the missing parcels"),
    ),
}
