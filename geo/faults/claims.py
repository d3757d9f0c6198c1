"""Faults of published claims, and of the documents that state them."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

CLAIMS: Final = {
    "claims.other-place": Fault(
        "warning",
        Words(
            "{claim} 的来源 {seen} 说的是{about_zh}，不是{place_zh}：不作为本地数据，不参与计算",
            "source {seen} of {claim} is about {about}, not {place}: it is refused as data of this "
            "place and is in no figure",
        ),
        Words(
            "删去这一行；来源的地点写错了则改正",
            "remove the row; or, if the place of the source is wrong, correct it",
        ),
    ),
    "claims.no-place": Fault(
        "info",
        Words(
            "{seen} 没有写明地点：无法识别其他地方的来源",
            "{seen} states no place, so a source about another place is not told apart",
        ),
        Words(
            "在计划中写 place，在来源表中写 place 或 place_zh",
            "give `place` in the plan, and place or place_zh in the table of sources",
        ),
    ),
    "claims.source": Fault(
        "warning",
        Words(
            "来源 {seen!r} 不在来源表中{hint_zh}",
            "source {seen!r} is not in the table of sources{hint}",
        ),
        Words("在来源表中加上它，或改正编号", "add it to that table, or correct the id"),
    ),
    "claims.id-blank": Fault(
        "warning",
        Words("这一行没有编号，称作 {seen}", "the row has no id; it is called {seen}"),
        Words("填入编号", "give it one"),
    ),
    "claims.id-twice": Fault(
        "warning",
        Words(
            "编号 {seen} 在第 {earlier} 行已用过", "the id {seen} stands in row {earlier} already"
        ),
        Words("改成不同的编号", "give each its own"),
    ),
    "claims.subject-blank": Fault(
        "warning",
        Words(
            "{seen} 没有写主体：不与其他公布数据互相核对",
            "{seen} names no subject, so it is held against no other claim",
        ),
        Words(
            "每一行都写主体；合并单元格只有第一行有值",
            "name it in every row; of merged cells only the first has a value",
        ),
    ),
    "claims.subject-two": Fault(
        "warning",
        Words(
            "主体 {seen!r} 在第 {earlier} 行称作 {one!r}，这里称作 {other!r}：按同一主体核对",
            "subject {seen!r} is {one!r} in row {earlier} and {other!r} here; they are taken as "
            "one subject",
        ),
        Words("不同的主体用不同的名称", "give different subjects different names"),
    ),
    "claims.kind": Fault(
        "warning",
        Words(
            "{measure} 是面积，单位却是 {seen}：不与用地或建筑面积核对",
            "{measure} is an area and {seen} is no unit of one: it is held against no land",
        ),
        Words("改正单位或指标", "correct the unit, or the measure"),
    ),
    "claims.measure": Fault(
        "warning",
        Words(
            "{seen!r} 不是已知的指标{hint_zh}；不与用地或建筑面积核对",
            "unknown measure {seen!r}{hint}; it is held against no land and no floor space",
        ),
        Words(
            "用地：site_area、planned_area、designated_area、renewal_area、assembly_area、"
            "demolition_area、cleared_area、land_area；目标：goal_area_3yr；建筑面积："
            "existing_、target_、released_ 或 added_floor_space",
            "land is site_area, planned_area, designated_area, renewal_area, assembly_area, "
            "demolition_area, cleared_area or land_area, a goal goal_area_3yr, and floor space "
            "existing_, target_, released_ or added_floor_space",
        ),
    ),
    "claims.share": Fault(
        "warning",
        Words(
            "{seen} % 像是未乘以 100 的比例：是否指 {meant} %",
            "{seen} % looks like a plain share: was {meant} % meant?",
        ),
        Words("写成百分数（103），或核实原文", "write the percentage (103), or check the source"),
    ),
    "claims.unit": Fault(
        "warning",
        Words("未知的单位 {seen!r}{hint_zh}", "unknown unit {seen!r}{hint}"),
        Words(
            "用 mu、m2、ha、km2、ratio、percent、CNY、CNY/year、count、people、date 或 stage，"
            "也可写 万平方米、亿元、万元/年",
            "use mu, m2, ha, km2, ratio, percent, CNY, CNY/year, count, people, date or stage; "
            "million CNY and the like are understood",
        ),
    ),
    "claims.unit-differs": Fault(
        "warning",
        Words(
            "{seen!r} 自带的单位与单位列（{unit}）不同，未采用",
            "{seen!r} states another unit than its row ({unit}); it is not used",
        ),
        Words("改成一种单位", "let both state one unit"),
    ),
    "claims.unreadable": Fault(
        "warning",
        Words("{seen!r} 不是一个数或日期，未采用", "{seen!r} is no number or date; it is not used"),
        Words("写成一个数（2888）或日期（2023-07-25）", "write 2888, or 2023-07-25"),
    ),
    "claims.value": Fault(
        "warning",
        Words("{seen} {problem_zh}，未采用", "{seen} {problem}; it is not used"),
        Words("改正数值或单位", "correct the number or its unit"),
    ),
    "claims.qualifier": Fault(
        "warning",
        Words(
            "未知的限定词 {seen!r}{hint_zh}，按准确数处理",
            "unknown qualifier {seen!r}{hint}; the number is taken as exact",
        ),
        Words(
            "用 exact、about、nearly、more_than、less_than、at_least、at_most、plan、expected 或 "
            "cumulative",
            "use exact, about, nearly, more_than, less_than, at_least, at_most, plan, expected or "
            "cumulative",
        ),
    ),
    "claims.within": Fault(
        "warning",
        Words(
            "表中没有主体 {seen!r}{hint_zh}，无法与整体核对",
            "no row has the subject {seen!r}{hint}, so the part is held against no whole",
        ),
        Words("写成整体那一行的 subject", "write it as the subject of the whole is written"),
    ),
    "claims.within-itself": Fault(
        "warning",
        Words(
            "{seen!r} 又是这一主体的部分：整体与部分成环，不作核对",
            "{seen!r} is in turn a part of this subject, so neither is held against the other",
        ),
        Words("改正 within", "correct `within`"),
    ),
    "claims.of": Fault(
        "warning",
        Words("计划中没有 {seen!r}{hint_zh}", "the plan has no {seen!r}{hint}"),
        Words(
            "写成 zone:编号、parcel:编号、programme:编号、goal:编号 或 town，几个用 + 连接",
            "write zone:ID, parcel:ID, programme:ID, goal:ID or town, several joined by +",
        ),
    ),
    "claims.scenario": Fault(
        "warning",
        Words("计划中没有情景 {seen!r}{hint_zh}", "the plan has no scenario {seen!r}{hint}"),
        Words("改正编号", "correct the id"),
    ),
}
