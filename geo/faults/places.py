"""Faults of place: land that lies where its CRS does not put it."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

PLACES: Final[dict[str, Fault]] = {
    "place.row-far": Fault(
        "error",
        Words(
            "这一行位于 {seen}，远离其余各行{likely_zh}",
            "this row lies at {seen}, far from the others{likely}",
        ),
        Words(
            "查明这一行的坐标系并改正；确属飞地则在 [accept] 写明理由",
            "find out the CRS of this row and mend it; if the land is there, say so in [accept]",
        ),
    ),
    "place.meridian": Fault(
        "error",
        Words(
            "只有 {seen} 的土地位于{reference}内；若{what_zh}，则为 {after}",
            "{seen} of its land lies in {reference}; {after} does if {what}",
        ),
        Words(
            "向提供者问明中央子午线，并在该图层的 crs 写明",
            "ask its sender for the central meridian and give it as crs of the layer",
        ),
    ),
    "place.swapped": Fault(
        "error",
        Words(
            "只有 {seen} 的土地位于{reference}内；若{what_zh}，则为 {after}",
            "{seen} of its land lies in {reference}; {after} does if {what}",
        ),
        Words("东（Y）在前、北（X）在后，重新导出", "export it again with east before north"),
    ),
    "place.offset": Fault(
        "error",
        Words(
            "只有 {seen} 的土地位于{reference}内；若{what_zh}，则为 {after}"
            "（东 {east} 米，北 {north} 米）",
            "{seen} of its land lies in {reference}; {after} does if {what} "
            "({east} m E, {north} m N)",
        ),
        Words(
            "换成原始测量坐标：网络地图的偏移坐标不能用于面积",
            "get the surveyed coordinates: those of a web map are not for areas",
        ),
    ),
    "place.outside": Fault(
        "error",
        Words(
            "只有 {seen} 的土地位于{reference}内，且没有找到能解释的坐标系",
            "{seen} of its land lies in {reference}, and no other CRS explains it",
        ),
        Words(
            "检查坐标系、带号和参照界线是否属于同一地方",
            "check the CRS, the zone prefix and whether the reference is of the same place",
        ),
    ),
    "place.beyond": Fault(
        "warning",
        Words(
            "地块中心在{reference}之外（全部土地的 {seen} 在内）",
            "its middle lies outside {reference}, which holds {seen} of the land",
        ),
        Words("核对该地块与界线", "check the parcel and the boundary"),
    ),
    "boundary.value": Fault(
        "error",
        Words(
            "列 {field!r} 没有 {seen!r}{hint_zh}", "no row has {seen!r} in column {field!r}{hint}"
        ),
        Words("改正 [layers.boundary] 的 rows", "correct rows of [layers.boundary]"),
    ),
}
