"""Faults of the plan file."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

PLANS: Final = {
    "plan.missing": Fault(
        "error",
        Words("没有这个计划文件", "there is no such plan file"),
        Words(
            "检查路径，或用 landready new 文件夹 --parcels 图层 新建一个",
            "check the path, or make one with: landready new FOLDER --parcels LAYER",
        ),
    ),
    "plan.syntax": Fault(
        "error",
        Words("TOML 语法错误：{seen}", "not valid TOML: {seen}"),
        Words("改正这一行", "mend that line"),
    ),
    "plan.unknown-key": Fault(
        "error",
        Words("未知的键 {seen!r}{hint_zh}", "unknown key {seen!r}{hint}"),
        Words("改名或删去", "rename or remove it"),
    ),
    "plan.value": Fault(
        "error",
        Words("{problem}（现为 {seen}）", "{problem} (it is {seen})"),
        Words("改正这个值", "correct the value"),
    ),
    "plan.reference": Fault(
        "error",
        Words(
            "{seen!r} 不是计划中的{kind_zh}{hint_zh}", "{seen!r} is no {kind} of this plan{hint}"
        ),
        Words("改成已有的名称，或先定义它", "use one that exists, or define it first"),
    ),
    "plan.area-crs": Fault(
        "error",
        Words("面积坐标系 {seen} 不能用：{problem}", "area CRS {seen} cannot be used: {problem}"),
        Words(
            "改用投影坐标系，例如 EPSG:4547（CGCS2000 3°带 114E）",
            "give a projected CRS, such as EPSG:4547 (CGCS2000 3-degree, CM 114E)",
        ),
    ),
}
