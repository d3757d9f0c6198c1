"""Faults of whole files: layers, tables and coordinate systems."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

LAYERS: Final = {
    "layer.missing": Fault(
        "error",
        Words("没有这个文件", "there is no such file"),
        Words("检查 plan.toml 中的 file（相对于计划所在文件夹）", "check the path of the file"),
    ),
    "layer.unreadable": Fault(
        "error",
        Words("无法读取：{problem}", "cannot be read: {problem}"),
        Words("重新导出该文件，或向提供者再要一份", "export it again, or ask its sender for it"),
    ),
    "layer.format": Fault(
        "error",
        Words("不支持的格式 {seen}", "{seen} is not a format that is read here"),
        Words(
            "导出为 GeoPackage、GeoJSON、Shapefile、FileGDB、GeoParquet 或 TopoJSON",
            "export it as GeoPackage, GeoJSON, Shapefile, FileGDB, GeoParquet or TopoJSON",
        ),
    ),
    "layer.choose": Fault(
        "error",
        Words("文件里有多个面图层：{seen}", "the file holds several polygon layers: {seen}"),
        Words("用 layer 指明其中一个", "name one of them with layer"),
    ),
    "layer.no-geometry": Fault(
        "error",
        Words("没有图形，只有属性表", "it holds no geometry, only attributes"),
        Words(
            "导出带图形的图层；属性表用 joins 连接", "export the shapes too; attributes go in joins"
        ),
    ),
    "layer.unknown": Fault(
        "error",
        Words(
            "文件里没有图层 {seen!r}；有：{choices}{hint_zh}",
            "no layer {seen!r} in the file; it has {choices}{hint}",
        ),
        Words("改正图层名", "correct the layer name"),
    ),
    "layer.column": Fault(
        "error",
        Words(
            "缺少列 {seen!r}（用作 {meaning}）；有：{choices}{hint_zh}",
            "column {seen!r}, mapped to {meaning}, is missing; it has {choices}{hint}",
        ),
        Words("改正字段映射", "correct the field mapping of the plan"),
    ),
    "layer.no-rows": Fault(
        "error",
        Words("没有任何记录", "it holds no rows"),
        Words("检查导出是否完整", "check that the export is complete"),
    ),
    "layer.rows-lost": Fault(
        "error",
        Words(
            "文件记有 {expected} 行，只读到 {seen} 行",
            "it stores {expected} rows, {seen} were read",
        ),
        Words("重新导出该文件", "export it again"),
    ),
    "table.format": Fault(
        "error",
        Words("不支持的表格格式 {seen}", "{seen} is not a kind of table that is read here"),
        Words("另存为 CSV 或 .xlsx", "save it as CSV or .xlsx"),
    ),
    "table.column-twice": Fault(
        "error",
        Words("列 {field!r} 出现不止一次", "column {field!r} stands more than once"),
        Words("改名或删去其中之一", "rename or remove one of them"),
    ),
    "table.ragged": Fault(
        "error",
        Words(
            "这一行有 {seen} 格，表头有 {expected} 格：无法知道哪格是哪列",
            "this row has {seen} cells and the header {expected}: which is which is not known",
        ),
        Words(
            "补上或删去逗号；含逗号的文字加英文引号；若文件被截断，再要一份",
            "add or remove commas, quote text that holds one; if the file is cut off, ask again",
        ),
    ),
    "crs.missing": Fault(
        "error",
        Words("没有坐标系{looks_zh}", "states no CRS{looks}"),
        Words(
            '向提供者问明坐标系后写明：plan.toml 里 crs = "EPSG:…"，或 --crs EPSG:…（绝不猜测）',
            'ask where it came from, then say so: crs = "EPSG:…" in the plan, or --crs EPSG:… '
            "(it is never guessed)",
        ),
    ),
    "crs.unknown": Fault(
        "error",
        Words("不认识的坐标系 {seen!r}", "unknown CRS {seen!r}"),
        Words("写成 EPSG 代码，例如 EPSG:4547", "give an EPSG code, such as EPSG:4547"),
    ),
    "crs.no-datum": Fault(
        "error",
        Words("坐标系 {seen!r} 没有基准面", "its CRS {seen!r} states no datum"),
        Words(
            "问明基准（CGCS2000、WGS 84……）并在 crs 写明", "ask for the datum and give it as crs"
        ),
    ),
    "crs.conflict": Fault(
        "error",
        Words("文件写的是 {seen}，计划写的是 {stated}", "the file says {seen}, the plan {stated}"),
        Words("删去 plan.toml 里的 crs，或改正文件", "drop crs from the plan, or mend the file"),
    ),
    "crs.no-operation": Fault(
        "error",
        Words(
            "从 {seen} 到 {target} 没有可靠的转换",
            "no known operation leads from {seen} to {target}",
        ),
        Words(
            "先用有转换参数的软件转换（PROJ 在此处会不声不响地不移动任何坐标）",
            "convert it first with known parameters (PROJ would silently move nothing)",
        ),
    ),
    "crs.place": Fault(
        "error",
        Words(
            "土地位于 {seen}，远在 {crs} 的使用范围之外",
            "its land lies at {seen}, far from where {crs} is used",
        ),
        Words(
            "检查坐标系、带号，以及 X（北）和 Y（东）是否颠倒",
            "check the CRS, the zone prefix, and whether x and y are swapped",
        ),
    ),
    "crs.far": Fault(
        "warning",
        Words(
            "平面面积与椭球面积相差 {seen}%：计划的坐标系 {crs} 不适合此处",
            "planar areas are {seen}% off the ellipsoid's: {crs} of the plan does not fit here",
        ),
        Words(
            '改用当地分带的坐标系，或 area_method = "ellipsoidal"',
            'give the grid of the place as crs, or set area_method = "ellipsoidal"',
        ),
    ),
    "crs.not-finite": Fault(
        "error",
        Words("坐标转换后不是有限数", "its coordinates are not finite after the transform"),
        Words("检查坐标系和坐标次序（X/Y）", "check the CRS and the order of x and y"),
        sets_aside=True,
    ),
}
