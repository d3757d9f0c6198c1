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

RENAMED: Final = {
    "published": Words(
        "；公布数字现由 [claims] 的 CSV 列出",
        "; published figures are rows of the file in [claims]",
    ),
    "net_share": Words(
        "；现写 handover_share，即 1 减去净地率",
        "; write handover_share, which is 1 less the net share",
    ),
}
"""Keys that plans once had, and what is written instead."""

PROBLEMS_ZH: Final = {
    "missing": "必须填写",
    **dict.fromkeys(("float_type", "float_parsing"), "应为数字"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "应为整数"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "应为 true 或 false"),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "应为日期，例如 2024-12-31",
    ),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "应为一个表"),
    "list_type": "应为列表",
    "too_short": "至少要有 {min_length} 项",
    "finite_number": "应为有限的数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "json_invalid": "不是完整的 JSON",
    "extra_forbidden": "没有这一项",
    "string_type": "应为文字",
    "string_too_short": "至少要有 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "应符合格式 {pattern}",
    "literal_error": "只能写 {expected}",
}
"""What pydantic says in English only, by its name for the fault."""
