"""Faults of drawings (DXF) and of marks on a map (KML)."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

DRAWINGS: Final[dict[str, Fault]] = {
    "drawing.units": Fault(
        "error",
        Words(
            "图的单位是{seen_zh}，不是米：面积会差许多倍",
            "the unit of the drawing is {seen}, not metres: areas would be wrong many times over",
        ),
        Words(
            "若坐标本来就是米，在 CAD 中用 UNITS 把插入单位改为米；否则先缩放到米，再保存",
            "if its coordinates are metres, set the insertion unit to metres (UNITS in CAD); "
            "otherwise scale it to metres; then save it again",
        ),
    ),
    "drawing.chorded": Fault(
        "info",
        Words(
            "{count} 个图形有弧或曲线；按离曲线不超过 {tolerance} 米的弦读",
            "{count} shapes have arcs or curves; they are read as chords within {tolerance} m of "
            "them",
        ),
        Words("无需处理", "nothing to do"),
    ),
    "drawing.closed": Fault(
        "info",
        Words(
            "{count} 条线的两端相距不到 {tolerance} 米，按闭合读",
            "the ends of {count} lines are within {tolerance} m of each other; they are closed",
        ),
        Words("若本不应闭合，在图中分开两端", "part the ends if they are not meant to meet"),
    ),
    "drawing.others": Fault(
        "info",
        Words(
            "图中还有不读作图形的对象：{seen}",
            "the drawing holds other things that are not read as shapes: {seen}",
        ),
        Words(
            "若地块由它们画成，在 CAD 中转为闭合多段线（BOUNDARY 或 PEDIT）",
            "if they draw parcels, make them closed polylines in CAD (BOUNDARY or PEDIT)",
        ),
    ),
    "drawing.damaged": Fault(
        "error",
        Words(
            "对象 {seen}（图层 {on}）无法读成图形：{problem}",
            "entity {seen} on layer {on} cannot be read as a shape: {problem}",
        ),
        Words(
            "在 CAD 中用 AUDIT 修复，或重画该对象", "mend it with AUDIT in CAD, or draw it again"
        ),
    ),
    "drawing.passed-over": Fault(
        "error",
        Words(
            "图有损坏，读时跳过了一些内容，可能少了图形：{seen}",
            "the drawing is damaged and parts were passed over; shapes may be missing: {seen}",
        ),
        Words(
            "在 CAD 中用 AUDIT 或 RECOVER 修复后另存，再核对地块数",
            "mend it with AUDIT or RECOVER in CAD, save it again, and count its parcels",
        ),
    ),
    "drawing.text": Fault(
        "info",
        Words(
            "{count} 处文字不在任何一个图形内，或在几个图形内，未作属性",
            "{count} texts lie in no shape, or in several, and are taken for none",
        ),
        Words(
            "若文字是地块编号，把它移到地块内",
            "if they are ids of parcels, move each into its parcel",
        ),
    ),
}
