"""Column names that offices use, and what they mean; the first that fits is taken.

Codes and Chinese headers: domain reference, section 4; the Taiwanese and English ones come from
the layers that this project is tested on.
"""

import re
from typing import Final

from geo.words import normal

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "parcel_id": (
        *(
            "parcel_id",
            "DKBH",
            "ZDDM",
            "TBBH",
            "地块编号",
            "宗地代码",
            "图斑编号",
            "编号",
            "宗地编号",
        ),
        *(
            "parcel",
            "parcelid",
            "apn",
            "pin",
            "bbl",
            "MBL",
            "ML",
            "LOC_ID",
            "id",
            "OBJECTID",
            "fid",
        ),
    ),
    "name": ("name", "DKMC", "XMMC", "地块名称", "项目名称", "名称"),
    "zone": (
        "zone",
        "zone_id",
        "片区",
        "园区",
        "村(社区)",
        "村社区",
        "权属单位",
        "ZLDWMC",
        "QSDWMC",
    ),
    "declared_area": (
        *(
            "declared_area",
            "MJ",
            "TBMJ",
            "DKMJ",
            "ZDMJ",
            "面积",
            "用地面积",
            "总用地面积",
            "宗地面积",
        ),
        *("參考面", "參考面積", "Shape_Area", "LotArea", "LandArea"),
    ),
    "land_use": (
        *("land_use", "YDYHFLDM", "DLBM", "DKYT", "YDXZ", "用地性质", "规划用途", "地类"),
        *("使用分區", "使用分", "分區類", "UseCode", "LandUse"),
    ),
    "ownership": ("ownership", "QSXZ", "权属性质"),
    "treatment": ("treatment", "处置方式", "改造方式"),
    "plot_ratio": (
        "plot_ratio",
        "plot_ratio_planned",
        "far",
        "RJL",
        "容积率",
        "容積率",
        "规划容积率",
    ),
    "plot_ratio_existing": ("plot_ratio_existing", "现状容积率", "BuiltFAR"),
    "existing_floor": (
        *("existing_floor", "existing_floor_m2", "XZJZMJ", "现状建筑面积", "BldgArea", "GrossArea"),
    ),
    "stage": ("stage", "JD", "整备阶段", "阶段"),
    "stage_date": ("stage_date", "WCSJ", "完成时间"),
    "evidence": ("evidence", "佐证", "依据"),
}

_UNIT = re.compile(r"\s*[(\[]\s*(亩|公顷|平方米|㎡|m2|m²|ha|mu|%)\s*[)\]]\s*$", re.IGNORECASE)


def columns_meaning(meaning: str, columns: list[str]) -> list[str]:
    """The columns that may have this meaning, the likeliest first; a unit in the header is fine."""
    bare = {normal(_UNIT.sub("", normal(column))): column for column in reversed(columns)}
    return [bare[alias] for alias in map(normal, ALIASES[meaning]) if alias in bare]
