"""Faults of plot-ratio scenarios."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

SCENARIOS: Final = {
    "scenario.none": Fault(
        "error",
        Words("计划中没有任何情景", "the plan has no scenario"),
        Words("在计划中写一个 [[scenarios]]", "write [[scenarios]] in the plan"),
    ),
    "scenario.unknown": Fault(
        "error",
        Words("计划中没有情景 {seen!r}{hint_zh}", "the plan has no scenario {seen!r}{hint}"),
        Words("写其中之一：{known}", "name one of these: {known}"),
    ),
    "scenario.unmatched": Fault(
        "warning",
        Words(
            "{seen!r} 不对应任何计入的地块，这个{what_zh}没有用上{hint_zh}",
            "{seen!r} fits no parcel that counts, so its {what} is not used{hint}",
        ),
        Words("改正或删去", "correct or remove it"),
    ),
    "scenario.cap-unused": Fault(
        "info",
        Words("上限 {seen} 不适用于任何计入的地块", "cap {seen} fits no parcel that counts"),
        Words(
            "若应适用，核对地块图层中的用地性质代码",
            "if it should, look at the codes of land use in the parcel layer",
        ),
    ),
    "scenario.not-built": Fault(
        "warning",
        Words(
            "这个地块（处置方式 {seen}）不新建：现状保留，或几乎没有可用土地；它的容积率没有用上",
            "nothing is built on it (its treatment is {seen}): it keeps what stands or has hardly "
            "any usable land, so its plot ratio is not used",
        ),
        Words(
            "改正处置方式，检查占用它的约束，或删去这个容积率",
            "correct its treatment, look at the constraints on it, or remove the plot ratio",
        ),
    ),
    "scenario.ratio-missing": Fault(
        "info",
        Words(
            "情景 {scenario}：{seen} 个拆除重建地块没有容积率（占净用地 {percent}），"
            "不计入任何合计",
            "scenario {scenario}: {seen} parcels to be rebuilt have no plot ratio ({percent} of "
            "net land) and are in no sum",
        ),
        Words(
            "在地块图层或情景中给出容积率；未知不按 0 计",
            "state it in the parcel layer or in the scenario; unknown is not taken as 0",
        ),
    ),
    "scenario.little-usable": Fault(
        "warning",
        Words(
            "拆除重建地块只有 {seen} 平方米可用（占 {percent}），却要拆除{floor_zh}建筑",
            "only {seen} m² of it can be built on ({percent}), and rebuilding it demolishes "
            "{floor} of floor space",
        ),
        Words(
            "检查占用它的约束；若实际保留，把处置方式改为现状保留",
            "look at the constraints on it; if it stays in fact, make its treatment retain",
        ),
    ),
    "scenario.floor-unknown": Fault(
        "info",
        Words(
            "没有可用土地而现状建筑面积未知的地块：{seen} 个，不计入任何建筑面积合计；"
            "“改造后已知占比”按净用地计，看不到它们",
            "parcels without usable land whose existing floor space is not known: {seen}; it is in "
            "no sum, and known_share, being of net land, does not show it",
        ),
        Words(
            "在地块图层中给出现状建筑面积；占毛用地的已知比例见 gross_known_share",
            "state it in the parcel layer; gross_known_share is the share of gross land known",
        ),
    ),
    "scenario.capped": Fault(
        "warning",
        Words(
            "情景 {scenario} 与上限表 {table} 矛盾：上限 {cap} 低于要求的容积率（此处 {asked}），"
            "{times} 个地块，削减 {cut} 平方米",
            "scenario {scenario} contradicts cap table {table}: cap {cap} is below what it asks "
            "(here {asked}) for {times} parcels and cuts off {cut} m²",
        ),
        Words(
            "按上限调低情景的容积率，或在上限表中写明更高上限的依据；已按上限计算",
            "ask no more than the cap, or state a higher one with its source; the cap was applied",
        ),
    ),
    "scenario.dense": Fault(
        "warning",
        Words(
            "情景 {scenario}：{what_zh} {seen}，高于 {limit}",
            "scenario {scenario}: {what} is {seen}, above {limit}",
        ),
        Words(
            "检查容积率是否为百分数，净用地是否正确；数值未改动",
            "check that it is no percentage and that net land is right; nothing was changed",
        ),
    ),
    "scenario.phase-empty": Fault(
        "warning",
        Words(
            "{seen} 年这一期没有任何地块：所列地块已归入其他分期，或不存在",
            "the phase of {seen} has no parcel: other phases take those that it names, or they "
            "are not there",
        ),
        Words("改正分期中的名称", "correct the names in the phases"),
    ),
    "whatif.setting": Fault(
        "error",
        Words(
            "设定读不懂：{problem_zh}，现为 {seen}{hint_zh}",
            "the setting cannot be read: {problem}, but it is {seen}{hint}",
        ),
        Words(
            '写成 {{"plot_ratio": 3.0}} 这样的 JSON，或从网页复制链接',
            'write JSON such as {{"plot_ratio": 3.0}}, or copy a link from the page',
        ),
    ),
    "whatif.unchanged": Fault(
        "info",
        Words(
            "其中没有任何假设：各项数字即计划原样", "it changes nothing: the figures are the plan's"
        ),
        Words(
            "在网页“假设”中改动后再复制链接，或写成 JSON",
            "change something on the page and copy its link then, or write JSON",
        ),
    ),
    "whatif.unknown": Fault(
        "error",
        Words("没有 {seen!r}{hint_zh}", "there is no {seen!r}{hint}"),
        Words("核对设定中的名称", "look at the names in the setting"),
    ),
    "whatif.gap": Fault(
        "error",
        Words(
            "间隔 {seen} 米超出已计算的范围（最多 {most} 米）",
            "a gap of {seen} m is wider than what was measured (at most {most} m)",
        ),
        Words(
            "取小一些，或把它写进计划的 contiguity.compare_gaps_m",
            "take a smaller one, or write it into contiguity.compare_gaps_m of the plan",
        ),
    ),
}
