"""Faults of the economics."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

ECONOMICS: Final = {
    "economics.none": Fault(
        "error",
        Words("计划没有经济参数", "the plan has no economics"),
        Words(
            "在计划中写 [economics]：币种，以及各项数值、单位和来源",
            "write [economics] in the plan: the currency, and each figure with unit and source",
        ),
    ),
    "economics.input-missing": Fault(
        "warning",
        Words(
            "缺少“{name_zh}”（{seen}），因此无法得出：{lost_zh}；未按零计算",
            "{named} is not given, so there is no {lost}; it is not taken as zero",
        ),
        Words(
            "在计划的 [economics] 中写上数值、单位和来源；确实没有的写 0 并说明假设",
            "give it in [economics] with its unit and source; write 0 with an assumption where "
            "there is none",
        ),
    ),
    "economics.floor-unknown": Fault(
        "warning",
        Words(
            "{parcels} 个地块中 {seen} 个的现状建筑面积未知（占净用地 {percent}），"
            "依赖它的拆迁补偿、投资、剩余地价等无法得出",
            "existing floor is not known for {seen} of {parcels} parcels ({percent} of net land), "
            "so for them there is no compensation, investment or residual land value",
        ),
        Words(
            "在 [layers.parcels.fields] 中对应 existing_floor，并补全空值；确实没有的写 0",
            "map existing_floor in [layers.parcels.fields] and fill in what is blank, 0 where "
            "nothing stands",
        ),
    ),
    "economics.small-share": Fault(
        "warning",
        Words(
            "“{name_zh}”为 {seen}，像是把比例写成了百分数",
            "{name} of {seen} looks like a plain share",
        ),
        Words(
            "若指 {meant}，写 {meant}；确为这么小的，写 {share}",
            "write {meant} if that is meant, or {share} where it is so small",
        ),
    ),
    "economics.takes-all": Fault(
        "warning",
        Words(
            "销售费用、税与利润合计为价值的 {seen}，没有余下建设的钱",
            "marketing, sales tax and profit take {seen} of the value: nothing is left to build",
        ),
        Words("核对这三项占价值的比例", "check these three shares of the value"),
    ),
    "economics.unmatched": Fault(
        "warning",
        Words(
            "没有地块位于片区 {seen!r}，为它写的数值没有用上{hint_zh}",
            "no parcel that counts is in zone {seen!r}, so its figure is not used{hint}",
        ),
        Words("改正片区编号，或删去", "correct the zone, or remove it"),
    ),
    "economics.bare": Fault(
        "error",
        Words(
            "{seen} 没有单位和来源",
            "{seen} has neither a unit nor a source",
        ),
        Words(
            '写作 {{ value = 1, unit = "CNY/m2", source = "出处" }}，或以 assumption 代替 source',
            'write {{ value = 1, unit = "CNY/m2", source = "where it is stated" }}, '
            "or an assumption for the source",
        ),
    ),
    "economics.figure": Fault(
        "error",
        Words("{seen} 不是数字", "{seen} is no number"),
        Words("写一个数字；没有这一项就删去", "write a number, or remove what is not known"),
    ),
    "economics.unit": Fault(
        "error",
        Words("{seen!r} 不是能识别的单位", "{seen!r} is no unit"),
        Words(
            "写作 元/平方米、万元/亩、元/平方米·月、%、%/年、年、月 或 人/亩",
            "write one as CNY/m2, million CNY/mu, CNY/m2/month, %, %/year, years or people/mu",
        ),
    ),
    "economics.no-currency": Fault(
        "error",
        Words("{seen!r} 没有写币种", "{seen!r} has no currency"),
        Words("金额写作 元/平方米 或 CNY/m2", "write money as CNY/m2"),
    ),
    "economics.rate": Fault(
        "error",
        Words("{seen!r} 不是年利率", "{seen!r} is not by the year"),
        Words(
            "按年写，例如 5 %/年：复利结果才没有歧义",
            "a rate is written per year, such as 5 %/year: what it compounds to is then plain",
        ),
    ),
    "economics.other-unit": Fault(
        "error",
        Words(
            "单位是 {seen}，此处需要 {example} 一类",
            "{seen} is stated where {example} or the like is needed",
        ),
        Words("按 {example} 一类的单位改写数值", "convert the figure to a unit like {example}"),
    ),
    "economics.other-currency": Fault(
        "error",
        Words(
            "{seen} 不是计划的币种 {currency}",
            "{seen} is not in the currency of the plan, {currency}",
        ),
        Words("换算为 {currency}", "convert the figure to {currency}"),
    ),
    "economics.half-range": Fault(
        "error",
        Words(
            "只写了 {seen}：low 与 high 须同时写", "there is only {seen}: low and high go together"
        ),
        Words("两者都写，或都不写", "write both of them, or neither"),
    ),
    "economics.reversed": Fault(
        "error",
        Words(
            "低值、取值、高值为 {seen}，顺序颠倒",
            "low, value and high are {seen}: the range is reversed",
        ),
        Words("须 low ≤ value ≤ high", "write low ≤ value ≤ high"),
    ),
    "economics.unsourced": Fault(
        "error",
        Words("{seen} 没有说明出处", "nothing says where {seen} comes from"),
        Words(
            "写 source（文件出处）或 assumption（假设理由）",
            "give source, the document that states it, or assumption, why it is taken",
        ),
    ),
    "economics.zero": Fault(
        "error",
        Words("{seen} 不能作除数", "{seen}: nothing can be divided by it"),
        Words("写大于 0 的数值", "write more than 0"),
    ),
    "economics.too-much": Fault(
        "error",
        Words("{seen} 超过 {most}", "{seen} is more than {most}"),
        Words("是否应为 {meant}？请改正", "correct it: was {meant} meant?"),
    ),
    "economics.too-long": Fault(
        "error",
        Words("{seen} 超过 {most} 年", "{seen} is longer than {most} years"),
        Words("改正数值，或把单位写作 月（months）", "correct it, or write months as the unit"),
    ),
    "economics.plain-share": Fault(
        "error",
        Words("{seen} 像是把比例写成了百分数", "{seen} looks like a plain share"),
        Words(
            "写 {meant}；确为这么小的，写 {share}",
            "write {meant}, or {share} where so little is meant",
        ),
    ),
}
