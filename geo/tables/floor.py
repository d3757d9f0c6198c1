"""Tables of floor space: scenarios by zone, treatment, year and parcel, and side by side."""

from typing import Final

import pandas as pd

from geo.floor.comparison import CAUSES
from geo.study import Study
from geo.tables.naming import TREATMENT_NAMES, scenario_names, zone_names
from geo.tables.sheet import ALL, Field, Sheet, both
from geo.text import Text
from geo.units import M2_PER_MU

_SCENARIO: Final = Field("scenario", "情景", "Scenario", "name")
_ZONE: Final = Field("zone", "片区", "Zone", "name")
_SPACE: Final = (
    Field("existing_m2", "现状（平方米）", "Existing (m²)", "number", 0),
    Field("demolished_m2", "拆除（平方米）", "Demolished (m²)", "number", 0),
    Field("retained_m2", "保留（平方米）", "Retained (m²)", "number", 0),
    Field("built_m2", "新建（平方米）", "Built (m²)", "number", 0),
    Field("total_m2", "改造后（平方米）", "Total (m²)", "number", 0),
    Field("added_m2", "新增（平方米）", "Added (m²)", "number", 0),
    Field("cut_m2", "上限削减（平方米）", "Cut off by caps (m²)", "number", 0),
    Field("total_low_m2", "改造后低值（平方米）", "Total, low (m²)", "number", 0),
    Field("total_high_m2", "改造后高值（平方米）", "Total, high (m²)", "number", 0),
)
_RATIOS: Final = (
    Field("gross_ratio", "毛容积率", "Gross plot ratio", "number"),
    Field("gross_known_share", "毛容积率已知占比", "Gross ratio known for", "percent", 1),
    Field("net_ratio", "净容积率", "Net plot ratio", "number"),
)
_KNOWN: Final = (
    Field("known_share", "改造后已知占比", "Total known for", "percent", 1),
    Field("existing_known_share", "现状已知占比", "Existing known for", "percent", 1),
    Field("added_known_share", "新增已知占比", "Added known for", "percent", 1),
)
_NOTE: Final = both(
    "未知不等于 0：相应用地不计入，各“已知占比”为该合计所涉净用地的比例（现状、毛容积率为毛用地）；"
    "新增只计现状与改造后均已知的地块，因此各列不能直接相减；低值与高值为全部地块同取低值或高值",
    "What is not known is not 0: its land is left out, and “known for” is the share of net land "
    "(of gross land for what exists and the gross ratio) that a sum speaks for; “added” needs both "
    "existing and total, so that columns do not subtract. Low and high take all parcels at their "
    "low or high together",
)


def floor_sheet(study: Study) -> Sheet:
    """Floor space under each scenario, by zone and for the town."""
    names = {"scenario": scenario_names(study), "zone": zone_names(study)}
    fields = (_SCENARIO, _ZONE, *_SPACE, *_RATIOS, *_KNOWN)
    title = both("建筑面积", "Floor space by scenario")
    return Sheet("floor", title, fields, study.floor, names, _NOTE)


def floor_treatment_sheet(study: Study) -> Sheet:
    """Floor space under each scenario, by treatment."""
    names = {"scenario": scenario_names(study), "treatment": TREATMENT_NAMES | {"": ALL}}
    treatment = Field("treatment", "处置方式", "Treatment", "name")
    fields = (_SCENARIO, treatment, *_SPACE, *_RATIOS, *_KNOWN)
    title = both("各处置方式的建筑面积", "Floor space by treatment")
    return Sheet("floor_treatment", title, fields, study.floor_by_treatment, names, _NOTE)


def phasing_sheet(study: Study) -> Sheet:
    """Floor space of the scenarios with phases, by year."""
    fields = (
        _SCENARIO,
        Field("year", "年份", "Year", "name"),
        _ZONE,
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("land_mu", "用地（亩）", "Land (mu)", "number"),
        *(item for item in _SPACE if item.key in ("demolished_m2", "built_m2", "added_m2")),
        Field("cumulative_added_m2", "累计新增（平方米）", "Added so far (m²)", "number", 0),
        _KNOWN[2],
    )
    years = study.phasing["year"].astype(object).where(study.phasing["year"].notna(), UNPHASED)
    table = study.phasing.assign(year=years, added_known_share=study.phasing["known_share"])
    named: dict[str, Text] = {str(year): both(f"{year}", f"{year}") for year in years.unique()}
    named[UNPHASED] = both("未分期", "in no phase")
    table["year"] = table["year"].astype(str)
    names = {"scenario": scenario_names(study), "zone": zone_names(study), "year": named}
    title = both("分期建筑面积", "Floor space by year")
    return Sheet("phasing", title, fields, table, names)


UNPHASED: Final = "-"
"""The year of land in no phase."""


def comparison_sheet(study: Study, table: pd.DataFrame) -> Sheet:
    """Scenarios side by side."""
    frame = table.assign(net_mu=table["net_m2"] / M2_PER_MU)
    spaces = {item.key: item for item in _SPACE}
    fields = (
        _SCENARIO,
        Field("net_mu", "净用地（亩）", "Net land (mu)", "number"),
        _RATIOS[-1],
        spaces["total_m2"],
        spaces["total_low_m2"],
        spaces["total_high_m2"],
        spaces["added_m2"],
        _KNOWN[2],
        spaces["cut_m2"],
        _KNOWN[0],
    )
    title = both("情景比较", "Scenarios compared")
    return Sheet("comparison", title, fields, frame, {"scenario": scenario_names(study)})


def causes_sheet(study: Study, table: pd.DataFrame) -> Sheet:
    """What sets each scenario apart from the first of them."""
    names = {"scenario": scenario_names(study)}
    title = both("情景差异的原因", "Why scenarios differ")
    return Sheet("causes", title, (_SCENARIO, *DIFFERENCE), table, names, CAUSE_NOTE)


DIFFERENCE: Final = (
    Field("delta_m2", "相差（平方米）", "Difference (m²)", "number", 0),
    *(
        Field(key, f"其中{zh}（平方米）", f"by {en} (m²)", "number", 0)
        for key, zh, en in zip(
            CAUSES,
            ("容积率", "上限", "用地", "已知范围"),
            ("ratio", "caps", "land", "knowledge"),
            strict=True,
        )
    ),
)
CAUSE_NOTE: Final = both(
    "与第一个情景相比；四个原因之和等于相差。“已知范围”：只有一个情景知道的建筑面积，不是增长",
    "Against the first scenario; the four causes add up to the difference. “Knowledge”: floor "
    "space that only one scenario knows, which is no growth",
)


def parcel_floor_sheet(study: Study) -> Sheet:
    """Floor space of each parcel under each scenario."""
    fields = (
        _SCENARIO,
        Field("parcel_id", "地块", "Parcel"),
        Field("net_m2", "净用地（平方米）", "Net land (m²)", "number"),
        Field("plot_ratio_asked", "要求的容积率", "Plot ratio asked", "number"),
        Field("plot_ratio", "容积率", "Plot ratio", "number"),
        Field("cap", "所受上限", "Cap"),
        *_SPACE,
    )
    names = {"scenario": scenario_names(study)}
    title = both("各地块建筑面积", "Floor space by parcel")
    return Sheet("parcel_floor", title, fields, study.parcel_floor, names, on_page=False)


def comparison_parcel_sheet(study: Study, table: pd.DataFrame) -> Sheet:
    """What each parcel adds to the difference between scenarios."""
    fields = (
        _SCENARIO,
        Field("against", "对比情景", "Against", "name"),
        Field("parcel_id", "地块", "Parcel"),
        _ZONE,
        Field("before_m2", "对比情景下（平方米）", "Before (m²)", "number", 0),
        Field("after_m2", "本情景下（平方米）", "After (m²)", "number", 0),
        *DIFFERENCE,
    )
    named = scenario_names(study)
    names = {"scenario": named, "against": named, "zone": zone_names(study)}
    title = both("各地块情景差异", "Difference by parcel")
    return Sheet("comparison_parcel", title, fields, table, names, CAUSE_NOTE, on_page=False)
