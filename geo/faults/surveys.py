"""Faults of boundary-point files, of coordinate tables, and of the rings that they hold."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

SURVEYS: Final[dict[str, Fault]] = {
    "survey.encoding": Fault(
        "error",
        Words(
            "第 {line} 个文本行有不属于 {seen} 的字节，文件已损坏",
            "line {line} has bytes that are no {seen}: the file is damaged",
        ),
        Words(
            "向提供者再要一份；若另有编码，用 encoding 写明",
            "ask its sender for it again, or name its encoding if it has another",
        ),
    ),
    "survey.format": Fault(
        "error",
        Words(
            "没有以 @ 结尾的地块行，不是界址点坐标文件",
            "no line ends a plot with @: this is no boundary-point file",
        ),
        Words(
            "按“勘测定界界址点坐标交换格式”导出",
            "export it in the boundary-point exchange format",
        ),
    ),
    "survey.header": Fault(
        "warning",
        Words("文件头的 {field} 为“{seen}”，不能识别", "the header's {seen!r} is not understood"),
        Words(
            "问明坐标系并在 crs 中写明，或改正文件头",
            "ask for the CRS and give it as crs, or correct the header",
        ),
    ),
    "survey.header-twice": Fault(
        "error",
        Words("文件头写了两种 {field}：{seen}", "its header states two values for one key: {seen}"),
        Words("拆成两个文件", "split it into two files"),
    ),
    "survey.unit": Fault(
        "error",
        Words("计量单位是“{seen}”，不是米", "its unit is {seen!r}, not the metre"),
        Words("按高斯平面坐标（米）重新导出", "export it again in metres on the grid"),
    ),
    "survey.zone": Fault(
        "error",
        Words(
            "文件头的带号是 {seen}，而坐标的带号是 {prefix}",
            "the header says zone {seen}, the coordinates begin with zone {prefix}",
        ),
        Words("核对带号，改正文件头", "find out which is right and correct the header"),
    ),
    "survey.zone-width": Fault(
        "error",
        Words(
            "带号 {seen} 与几度分带 {width} 或中央子午线矛盾",
            "zone {seen} contradicts zones of {width} degrees, or its central meridian",
        ),
        Words(
            "3 度带的带号是 {first3}–{last3}，6 度带是 {first6}–{last6}；改正文件头",
            "3-degree zones are {first3}–{last3}, 6-degree ones {first6}–{last6}: mend the header",
        ),
    ),
    "survey.parameters": Fault(
        "info",
        Words("文件头有转换参数（{seen}），未使用", "it has transform parameters ({seen}), unused"),
        Words(
            "若坐标尚待转换，先转换再提供",
            "if the coordinates are still to be transformed, do that first",
        ),
    ),
    "survey.ignored": Fault(
        "info",
        Words(
            "有 {times} 行不属于任何地块，未读（文本第 {line} 行：{seen}）",
            "{times} lines that belong to no plot are not read (line {line}: {seen!r})",
        ),
        Words("无需处理", "nothing to do if they hold no land"),
    ),
    "survey.stray": Fault(
        "error",
        Words(
            "有 {times} 个界址点不属于任何地块（文本第 {line} 行：{seen}）",
            "{times} points belong to no plot (line {line}: {seen!r})",
        ),
        Words("补上它们的地块行（以 @ 结尾）", "add their plot line, which ends with @"),
    ),
    "survey.plot-fields": Fault(
        "warning",
        Words(
            "文本第 {line} 行：“{seen}”是第 {position} 项，应是第 5 项；编号与它之间都当作名称",
            "line {line}: {seen!r} is field {position}, not 5; what is between it and the id "
            "is taken as the name",
        ),
        Words("名称中的逗号改为别的符号", "use no comma in names, and leave no field out"),
    ),
    "survey.plot-type": Fault(
        "warning",
        Words(
            "文本第 {line} 行：图形属性“{seen}”不是面、线或点，按面读",
            "line {line}: {seen!r} is no type of plot; it is read as an area",
        ),
        Words("核对该地块行各项是否错位", "check whether the fields of that line are shifted"),
    ),
    "survey.placeholder": Fault(
        "warning",
        Words(
            "文本第 {line} 行写着字段名（{seen}）而不是值，按空白读",
            "line {line} holds names of fields ({seen}) in place of values; they are read as blank",
        ),
        Words("填上真实的值再导出", "export it again with values"),
    ),
    "survey.no-count": Fault(
        "warning",
        Words(
            "文本第 {line} 行的点数是“{seen}”，无法核对界址点是否齐全",
            "line {line} states {seen!r} points, so it is not known whether all are there",
        ),
        Words("写上界址点数", "state the number of points"),
    ),
    "survey.count": Fault(
        "error",
        Words(
            "文本第 {line} 行写明 {expected} 个点，而文件中有 {seen} 个",
            "line {line} states {expected} points, the file has {seen}",
        ),
        Words(
            "与原件核对：可能缺点或多点；若点是对的，改正点数",
            "compare with the original: points may be missing; if not, correct the count",
        ),
    ),
    "survey.cut-off": Fault(
        "error",
        Words(
            "文件在最后一个地块中断：第 {line} 行写明 {expected} 个点，只有 {seen} 个",
            "the file breaks off in its last plot: line {line} states {expected} points, "
            "{seen} are there",
        ),
        Words("向提供者再要一份完整的文件", "ask its sender for the whole file"),
        sets_aside=True,
    ),
    "survey.point": Fault(
        "error",
        Words(
            "文本第 {line} 行不是“点号,圈号,X,Y”：{seen}（共 {times} 行）",
            "line {line} is not “label, ring, X, Y”: {seen!r} ({times} such lines)",
        ),
        Words("补全或改正该行", "complete or correct that line"),
        sets_aside=True,
    ),
    "survey.extra": Fault(
        "info",
        Words(
            "文本第 {line} 行在 X、Y 之后还有内容，未读：{seen}",
            "line {line} has more than X and Y, which is not read: {seen!r}",
        ),
        Words("无需处理（高程不影响面积）", "nothing to do (heights change no area)"),
    ),
    "survey.area": Fault(
        "warning",
        Words(
            "文本第 {line} 行的面积“{seen}”不是数，按空白读",
            "line {line} has {seen!r} for its area, which is no number and is read as blank",
        ),
        Words("写上以公顷为单位的面积", "state the area in hectares"),
    ),
    "survey.area-unit": Fault(
        "info",
        Words(
            "文本第 {line} 行的面积“{seen}”已换算为 {hectares} 公顷",
            "line {line} has the area {seen!r}, which is {hectares} ha",
        ),
        Words("格式规定以公顷为单位，不写单位", "the format has hectares and no unit"),
    ),
    "survey.write-crs": Fault(
        "error",
        Words(
            "此格式不能写明坐标系 {seen}", "the format cannot state the coordinate system {seen}"
        ),
        Words(
            "转换到当地的高斯-克吕格分带，例如 --to-crs EPSG:4526（CGCS2000，38 带）",
            "move it to the Gauss-Krüger zone of its place, such as "
            "--to-crs EPSG:4526 (CGCS2000, zone 38)",
        ),
    ),
    "survey.write-id": Fault(
        "error",
        Words(
            "编号 {seen!r} 写进此格式后读不回来",
            "the id {seen!r} would not read back from this format",
        ),
        Words(
            "去掉编号中的逗号、换行和首尾空格；不可为空",
            "use ids without commas, line breaks and outer blanks, and leave none blank",
        ),
    ),
    "survey.write-text": Fault(
        "warning",
        Words(
            "{field} {seen!r} 写作 {written!r}：逗号和换行是此格式的分隔符",
            "{seen!r} is written as {written!r}: commas and line breaks part fields here",
        ),
        Words("无需处理，或改名后再转换", "nothing to do, or change it before converting"),
    ),
    "survey.write-unit": Fault(
        "error",
        Words(
            "列“{field}”的面积不是公顷：{seen!r}", "column {field!r} holds no hectares: {seen!r}"
        ),
        Words(
            "改为公顷数，或不指定这一列：界址点文件的面积以公顷计",
            "give it in hectares, or do not name it: the format states areas in hectares",
        ),
    ),
    "survey.write-area": Fault(
        "warning",
        Words(
            "{seen} 个地块没有申报面积，写作实测面积（首个在第 {row} 行）",
            "{seen} plots state no area (the first in row {row}): the measured one is written",
        ),
        Words("补上申报面积再转换", "state their areas before converting"),
    ),
    "survey.write-shape": Fault(
        "error",
        Words("{seen_zh}不能写成界址点", "{seen} cannot be written as boundary points"),
        Words(
            "只写面状、有效、各圈至少三点（精确到毫米）的地块",
            "write valid polygons only, with three points a ring when rounded to the millimetre",
        ),
    ),
    "survey.write-place": Fault(
        "error",
        Words(
            "坐标 {seen} 不在坐标系 {crs} 的带内", "coordinates {seen} are not on the grid of {crs}"
        ),
        Words("核对坐标系和 X/Y 次序", "check the CRS and the order of x and y"),
    ),
    "grid.prefixes": Fault(
        "error",
        Words(
            "东坐标的带号不一（{seen}；— 表示没有），不能同属一个坐标系",
            "its eastings begin with several zones ({seen}; — is none) and fit no one CRS",
        ),
        Words("按带分成几个文件，写法统一", "split it by zone, all eastings written one way"),
    ),
    "grid.zone": Fault(
        "error",
        Words(
            "第 {line} 行的坐标 {seen} 属于别的带（共 {times} 点）",
            "line {line}: coordinates {seen} are of another zone ({times} points)",
        ),
        Words("核对数字；跨带的地块分开提供", "check the digits; send plots of other zones apart"),
        sets_aside=True,
    ),
    "grid.place": Fault(
        "error",
        Words(
            "第 {line} 行的坐标 {seen} 不在中国（共 {times} 点）",
            "line {line}: coordinates {seen} are not in China ({times} such points)",
        ),
        Words(
            "核对数字和小数点：北坐标 7 位，东坐标 6 位或带号加 6 位",
            "check digits and point: a northing has 7, an easting 6 or a zone and 6",
        ),
        sets_aside=True,
    ),
    "grid.swapped": Fault(
        "warning",
        Words(
            "第 {line} 行起有 {seen} 个点的两个坐标颠倒，已按数值大小读正",
            "from line {line} on, {seen} points have their coordinates swapped; "
            "their size shows which is which, and they are read so",
        ),
        Words("在源文件中改正次序", "correct the order in the source"),
    ),
    "rings.few": Fault(
        "error",
        Words(
            "第 {line} 行的地块：圈 {seen} 不足三个不同的点",
            "the parcel of line {line} has fewer than three different points in ring {seen}",
        ),
        Words("补上缺少的界址点", "add the points that are missing"),
        sets_aside=True,
    ),
    "rings.split": Fault(
        "error",
        Words(
            "第 {line} 行的地块：圈 {seen} 断成几段而未闭合，不知哪些点相连",
            "the parcel of line {line} has ring {seen} in pieces that do not close: "
            "it is not known which points belong together",
        ),
        Words("每圈用自己的圈号，点连续排列", "give each ring its own number, its points in a row"),
        sets_aside=True,
    ),
    "rings.invalid": Fault(
        "error",
        Words(
            "第 {line} 行的地块：有一圈自相交（{seen}），分不清内外",
            "the parcel of line {line} has a ring that crosses itself ({seen}), "
            "so inside and outside are not known",
        ),
        Words("改正界址点的次序", "correct the order of its points"),
        sets_aside=True,
    ),
    "rings.cross": Fault(
        "error",
        Words(
            "第 {line} 行的地块：两圈相交，起点 {seen}",
            "the parcel of line {line} has two rings that cross, beginning at {seen}",
        ),
        Words("改正界址点：内圈须在外圈之内", "correct the points: a hole lies within its shell"),
        sets_aside=True,
    ),
    "rings.twice": Fault(
        "error",
        Words(
            "第 {line} 行的地块：同一圈出现两次，起点 {seen}",
            "the parcel of line {line} has the same ring twice, beginning at {seen}",
        ),
        Words("删去其一", "remove one of them"),
        sets_aside=True,
    ),
    "rings.many": Fault(
        "error",
        Words(
            "第 {line} 行的地块有 {seen} 圈，多得不像勘测定界成果",
            "the parcel of line {line} has {seen} rings, more than a survey has",
        ),
        Words("分成几个地块", "split it into several parcels"),
        sets_aside=True,
    ),
    "points.columns": Fault(
        "error",
        Words(
            "坐标列不成对（{seen}）；有：{choices}",
            "no two of its columns are a pair of coordinates ({seen}); it has {choices}",
        ),
        Words(
            "列名写成 北坐标/东坐标、X/Y 或 经度/纬度",
            "name them northing and easting, X and Y, or longitude and latitude",
        ),
    ),
    "points.columns-twice": Fault(
        "error",
        Words("有几列意义相同：{seen}", "several of its columns mean the same: {seen}"),
        Words("只留一列，或改名", "keep one of them, or rename the others"),
    ),
    "points.parcel": Fault(
        "error",
        Words(
            "没有一列写明每个点属于哪个地块；有：{choices}",
            "no column says to which parcel each point belongs; it has {choices}",
        ),
        Words("加一列“地块编号”", "add a column parcel_id"),
    ),
    "points.numbered": Fault(
        "error",
        Words(
            "每一行的 {field} 都不同（如 {seen}），它编的是点，不是地块",
            "every row has another value in that column (such as {seen}): it numbers points",
        ),
        Words("加一列“地块编号”", "add a column parcel_id"),
    ),
    "points.axes": Fault(
        "error",
        Words(
            "从坐标 {seen} 分不清哪个是北、哪个是东",
            "coordinates {seen} do not tell which is north and which is east",
        ),
        Words(
            "列名写成 北坐标、东坐标（或 经度、纬度）",
            "name the columns northing and easting (or longitude and latitude)",
        ),
    ),
    "points.number": Fault(
        "error",
        Words(
            "第 {line} 行的坐标“{seen}”不是数（共 {times} 行）",
            "row {line} has coordinates {seen!r}, which are no numbers ({times} such rows)",
        ),
        Words(
            "改正或补上；度分秒改为小数度", "correct or add them; degrees as decimals, not minutes"
        ),
        sets_aside=True,
    ),
    "points.order": Fault(
        "error",
        Words(
            "第 {line} 行的序号 {seen} 往回走，而上一圈没有闭合，不知哪些点相连",
            "the order goes back to {seen} in row {line}, where no ring has closed: "
            "it is not known which points belong together",
        ),
        Words("加一列圈号，或按序号排列", "add a column for the ring, or sort by the order"),
        sets_aside=True,
    ),
    "points.total": Fault(
        "info",
        Words("第 {line} 行（{seen}）不是界址点，未读", "row {line} ({seen!r}) is no point"),
        Words("无需处理", "nothing to do"),
    ),
    "points.drawn": Fault(
        "error",
        Words(
            "第 {line} 行（{seen}）按文字是合计或附注，却有坐标：不知是不是地块",
            "row {line} ({seen!r}) is a total or a note by its words, yet it has coordinates: "
            "whether it is land is not known",
        ),
        Words(
            "删去这一行或它的坐标；若确是地块，改正其编号",
            "delete the row or its coordinates, or give it the id of a parcel if it is one",
        ),
        sets_aside=True,
    ),
    "points.column": Fault(
        "info",
        Words(
            "列 {field} 在同一地块内各点不同，不作为地块的属性",
            "column {field!r} differs between the points of a parcel and is left out",
        ),
        Words("无需处理", "nothing to do if it belongs to the points"),
    ),
    "points.wkt": Fault(
        "error",
        Words(
            "第 {line} 行的图形“{seen}”不是可读的 WKT 面",
            "row {line} has {seen!r} for its outline, which is no polygon in WKT",
        ),
        Words("写成 POLYGON ((x y, …))", "write it as POLYGON ((x y, …))"),
        sets_aside=True,
    ),
    "points.srid": Fault(
        "error",
        Words("各行的 SRID 不一：{seen}", "its outlines state several SRIDs: {seen}"),
        Words("统一坐标系，或分成几个文件", "give all one CRS, or split the file"),
    ),
}
