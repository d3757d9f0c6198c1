"""Column names that offices use, and what they mean.

Codes and Chinese headers: domain reference, section 4; the Taiwanese and English ones come from
the layers that this project is tested on. What has a look-alike of another meaning stands in
:data:`OTHERS`, so that nobody takes the upper limit of a plot ratio for the planned one.
"""

import re
import unicodedata
from typing import Final

from geo.cells.numerals import AREA_WORDS
from geo.text import Words
from geo.units import AreaUnit
from geo.words import normal

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "parcel_id": (
        *("parcel_id", "DKBH", "ZDDM", "TBBH"),
        *("地块编号", "地块号", "地块代码", "宗地代码", "宗地编号", "宗地号", "图斑编号", "图斑号"),
        *("parcel", "parcelid", "apn", "pin", "bbl", "MBL", "ML", "LOC_ID"),
    ),
    "name": ("name", "DKMC", "XMMC", "地块名称", "项目名称", "宗地名称", "名称"),
    "zone": (
        *("zone", "zone_id", "片区", "所属片区", "片区名称", "园区", "所属园区"),
        *("村(社区)", "村社区", "村", "社区", "权属单位", "ZLDWMC", "QSDWMC"),
    ),
    "declared_area": (
        *("declared_area", "MJ", "TBMJ", "DKMJ", "ZDMJ", "面积", "用地面积", "总用地面积"),
        *("宗地面积", "地块面积", "图斑面积", "土地面积", "用地面积/总", "用地面积/合计"),
        *("參考面", "參考面積", "LotArea", "LandArea"),
    ),
    "land_use": (
        *("land_use", "YDYHFLDM", "DLBM", "DKYT", "YDXZ", "用地性质", "规划用途", "地类"),
        *("规划用地性质", "土地用途", "地类编码"),
        *("使用分區", "使用分", "分區類", "UseCode", "LandUse"),
    ),
    "ownership": ("ownership", "QSXZ", "权属性质", "国有/集体", "土地权属性质"),
    "treatment": ("treatment", "处置方式", "改造方式", "改造类型"),
    "plot_ratio": (
        *("plot_ratio", "plot_ratio_planned", "far", "RJL", "容积率", "容積率"),
        *("规划容积率", "容积率/规划"),
    ),
    "plot_ratio_existing": (
        *("plot_ratio_existing", "XZRJL", "现状容积率", "容积率/现状", "BuiltFAR"),
    ),
    "existing_floor": (
        *("existing_floor", "existing_floor_m2", "XZJZMJ", "现状建筑面积", "现状总建筑面积"),
        *("建筑面积/现状", "拆除建筑面积", "现有建筑面积", "BldgArea", "GrossArea"),
    ),
    "stage": ("stage", "JD", "整备阶段", "阶段", "当前阶段"),
    "stage_date": ("stage_date", "WCSJ", "完成时间", "完成日期"),
    "evidence": ("evidence", "佐证", "依据", "佐证材料"),
}
"""Names of each meaning, the planner's own first."""

FALLBACKS: Final[dict[str, tuple[str, ...]]] = {
    "parcel_id": ("编号", "id", "OBJECTID", "fid"),
    "declared_area": ("Shape_Area",),
}
"""Names that any layer may have and that mean this only where nothing better does, in order."""

OTHERS: Final[dict[str, tuple[str, ...]]] = {
    "plot_ratio_max": (
        *("RJLSX", "容积率上限", "规划容积率上限", "最大容积率", "最高容积率", "容积率/上限"),
        *("plot_ratio_max", "far_max"),
    ),
    "plot_ratio_min": (
        *("RJLXX", "容积率下限", "规划容积率下限", "最小容积率", "最低容积率", "容积率/下限"),
        *("plot_ratio_min", "far_min"),
    ),
    "density": ("JZMD", "建筑密度", "建蔽率", "density"),
    "building_factor": ("建筑系数",),
    "green_ratio": ("LDL", "绿地率", "green_ratio"),
    "height_limit": ("JZXG", "限高", "建筑限高", "建筑高度", "height_limit"),
}
"""Known columns that the planner does not read, under the meanings that they have."""

MEANT_FOR: Final = {
    "plot_ratio_max": ("plot_ratio", Words("上限", "an upper limit")),
    "plot_ratio_min": ("plot_ratio", Words("下限", "a lower limit")),
}
"""What of :data:`OTHERS` may be wanted for which meaning, once a person says so."""

EVENT_NAMES: Final = (
    *("date", "日期", "时间", "action", "动作", "source", "来源", "reason", "原因", "programme_id"),
    *("序号", "备注", "说明", "note", "remark", "no."),
)
"""Further names of columns by which a header is told from data."""

LONGEST: Final = 200
"""A cell with more characters is no header."""

_BRACKETED = re.compile(r"[(\[（【]\s*(?:单位[:：]?)?\s*([^()（）\[\]【】]+?)\s*[)\]）】]\s*$")
_AFTER_SLASH = re.compile(r"[/,，]\s*(?:单位[:：]?)?\s*([^/,，]+?)\s*$")


def header_unit(column: str) -> AreaUnit | None:
    """The unit of area that a header states: 面积（亩）, 建筑面积/万㎡, 用地面积（亩）/净."""
    return _parted(column)[1]


def is_unit(cell: str) -> bool:
    """Whether a cell holds a unit and nothing else, as a line of units below a header does."""
    return normal(cell).strip("()[]【】 ") in _UNITS


_UNITS: Final = {*AREA_WORDS, "%", "m", "米", "元", "万元", "个", "宗"}


def _parted(column: str) -> tuple[str, AreaUnit | None]:
    """A header without its unit, and the unit of area."""
    text = unicodedata.normalize("NFKC", column).strip()
    if len(text) > LONGEST:
        return text, None
    for pattern in (_BRACKETED, _AFTER_SLASH):
        match = pattern.search(text)
        unit = normal(match[1]).replace(" ", "") if match else ""
        if match and unit in _UNITS and text[: match.start()].strip():
            return text[: match.start()].strip(), AREA_WORDS.get(unit)
    group, stroke, rest = text.partition("/")
    if not stroke or not group:
        return text, None
    named, unit_of_group = _parted(group)
    return f"{named}/{rest}", unit_of_group


def bare_name(column: str) -> str:
    """A header as it is compared: without unit, and Chinese without the blanks inside."""
    name = normal(_parted(column)[0])
    return re.sub(r"\s+", "", name) if re.search("[\u4e00-\u9fff]", name) else name


_GROUPS: Final = frozenset(
    (
        *("基本情况", "基本信息", "地块信息", "地块基本情况", "用地情况", "土地情况", "规划指标"),
        *("规划条件", "规划情况", "宗地信息", "指标"),
    )
)
"""Headings over several columns that add nothing to what the columns are called."""


def _spellings(column: str) -> set[str]:
    """The names that a header may be known by: 现状/容积率 is 现状容积率."""
    name = bare_name(column)
    group, _, rest = name.partition("/")
    if not rest:
        return {name}
    return {name, group + rest, *({rest} if group in _GROUPS else ())}


def columns_meaning(meaning: str, columns: list[str]) -> list[str]:
    """The columns that may have this meaning, the likeliest first; a unit in the header is fine."""
    return [column for tier in tiers(meaning, columns) for column in tier]


def tiers(meaning: str, columns: list[str]) -> list[list[str]]:
    """The columns that may have this meaning, by rank; those of one rank are equally likely.

    The planner's own name comes first, then all other names together, then each fallback.
    """
    names = ALIASES.get(meaning) or OTHERS[meaning]
    spellings = {column: _spellings(column) for column in columns}

    def called(name: str) -> list[str]:
        return [column for column in columns if normal(name) in spellings[column]]

    found = [[meaning] if meaning in columns else []]
    found.append(list(dict.fromkeys(column for name in names for column in called(name))))
    found += [called(name) for name in FALLBACKS.get(meaning, ())]
    taken: set[str] = set()
    ranked = []
    for tier in found:
        fresh = [column for column in tier if column not in taken]
        taken.update(fresh)
        ranked.append(fresh)
    return [tier for tier in ranked if tier]


KNOWN_NAMES: Final = frozenset(
    normal(name)
    for names in (*ALIASES.values(), *FALLBACKS.values(), *OTHERS.values(), EVENT_NAMES)
    for name in names
)


def is_known(column: str) -> bool:
    """Whether a cell is a name that columns have."""
    return not _spellings(column).isdisjoint(KNOWN_NAMES)
