"""Faults of parcels: ids, geometry, areas, plot ratios."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

PARCELS: Final = {
    "parcel.id-blank": Fault(
        "error",
        Words("地块编号为空", "the parcel id is blank"),
        Words(
            '补上编号，或在计划中写 blank_ids = "number"',
            'give it an id, or set blank_ids = "number" in the plan',
        ),
        sets_aside=True,
    ),
    "parcel.id-digits": Fault(
        "error",
        Words(
            "编号 {seen} 位数太多，数字列存不下，末几位已丢失",
            "id {seen} has more digits than a column of numbers holds: the last ones are lost",
        ),
        Words("把编号列存为文本再导出", "export the ids as text"),
        sets_aside=True,
    ),
    "parcel.id-alike": Fault(
        "warning",
        Words("编号 {parcel} 与 {other} 几乎相同", "id {parcel} is almost the same as {other}"),
        Words("若是同一地块，改正编号", "correct it if both mean one parcel"),
    ),
    "parcel.id-numbered": Fault(
        "info",
        Words("没有编号，按行号称为 {parcel}", "it has no id and is called {parcel} after its row"),
        Words(
            "在源数据中补上编号；若编号在另一列，用 --field parcel_id=列名 指明",
            "give it an id in the source; if another column holds ids: --field parcel_id=COLUMN",
        ),
    ),
    "parcel.id-duplicate": Fault(
        "error",
        Words(
            "编号 {parcel} 出现 {times} 次（第 {rows} 行）",
            "id {parcel} stands {times} times (rows {rows})",
        ),
        Words(
            '改正编号；若是同一地块的几部分，写 duplicate_ids = "merge"',
            'correct the ids; if they are parts of one parcel, set duplicate_ids = "merge"',
        ),
        sets_aside=True,
    ),
    "parcel.id-merged": Fault(
        "info",
        Words(
            "编号 {parcel} 的 {times} 行合并为一个地块", "{times} rows of id {parcel} are united"
        ),
        Words("无需处理", "nothing to do"),
    ),
    "parcel.excluded": Fault(
        "info",
        Words(
            "按计划排除（{field} = {seen}）：{reason_zh}",
            "left out by the plan ({field} = {seen}): {reason}",
        ),
        Words("无需处理", "nothing to do"),
        sets_aside=True,
    ),
    "parcel.merge-differs": Fault(
        "warning",
        Words(
            "编号 {parcel} 的各行 {field} 不一（{seen}），按未知处理",
            "the rows of id {parcel} differ in {field} ({seen}), so it is taken as unknown",
        ),
        Words("在源数据中统一", "make them agree in the source"),
    ),
    "parcel.merge-overlap": Fault(
        "warning",
        Words(
            "编号 {parcel} 的第 {rows} 行图形互相重叠：共绘 {seen} 亩，合并后计 {counted} 亩",
            "the rows {rows} of id {parcel} overlap: {seen} mu are drawn, {counted} mu count once "
            "they are united",
        ),
        Words(
            "查明是否重复录入；若是两个地块，各给一个编号",
            "find out whether land was entered twice; if these are two parcels, give each its id",
        ),
    ),
    "parcel.none": Fault(
        "error",
        Words(
            "{seen} 行全部被搁置，没有可计的地块",
            "all {seen} rows are set aside: no parcel is left to count",
        ),
        Words("先改正上列问题", "mend the faults that are listed"),
    ),
    "parcel.no-events": Fault(
        "info",
        Words("没有整备记录，按第一级计", "it has no readiness event and counts at the first rung"),
        Words("记录它的阶段", "record its stage"),
    ),
    "parcel.overlap": Fault(
        "warning",
        Words(
            "与 {other} 重叠；重叠部分只在 {other} 中计一次",
            "it overlaps {other}; the overlap counts once, with {other}",
        ),
        Words("在源数据中修正界线", "correct the boundary in the source"),
    ),
    "parcel.crossed": Fault(
        "warning",
        Words(
            "被隔断线“{barrier_zh}”穿过，仍按一个整体计",
            "barrier {seen} runs through it; it still counts as one piece",
        ),
        Words(
            "若两侧确实不连，沿隔断线拆分地块", "split it along the barrier if its sides are apart"
        ),
    ),
    "geometry.missing": Fault(
        "error",
        Words("没有图形", "it has no geometry"),
        Words("补上图形，或删去这一行", "draw it, or delete the row"),
        sets_aside=True,
    ),
    "geometry.empty": Fault(
        "error",
        Words("图形为空", "its geometry is empty"),
        Words("补上图形，或删去这一行", "draw it, or delete the row"),
        sets_aside=True,
    ),
    "geometry.ring": Fault(
        "error",
        Words("界线未闭合，或点数不足", "its ring is not closed, or has too few points"),
        Words("闭合界线后重新导出", "close the ring and export again"),
        sets_aside=True,
    ),
    "geometry.type": Fault(
        "error",
        Words("图形是 {seen}，不是面", "its geometry is a {seen}, not a polygon"),
        Words("改为闭合的面", "make it a closed polygon"),
        sets_aside=True,
    ),
    "geometry.invalid": Fault(
        "error",
        Words(
            "图形无效：{problem_zh}；原面积 {raw} 亩，两种修复得 {linework} 与 {structure} 亩"
            "（{before} → {linework_kind} 与 {structure_kind}）",
            "invalid geometry: {seen}; {raw} mu as drawn, repairs give {linework} and {structure} "
            "({before} → {linework_kind} and {structure_kind})",
        ),
        Words(
            "在源数据中修正：没有唯一正确的修复",
            "correct it in the source: no repair is the one right answer",
        ),
        sets_aside=True,
    ),
    "geometry.mended": Fault(
        "warning",
        Words(
            "图形无效（{problem_zh}），已修复，面积由 {raw} 变为 {mended} 亩（{before} → {after}）",
            "invalid geometry ({seen}) was mended: {raw} mu became {mended} mu "
            "({before} → {after})",
        ),
        Words("在源数据中修正", "correct it in the source"),
    ),
    "area.unreadable": Fault(
        "warning",
        Words("申报面积 {seen!r} 不是数", "the declared area {seen!r} is not a number"),
        Words("改成数字", "make it a number"),
    ),
    "area.differs": Fault(
        "warning",
        Words(
            "申报 {declared} 亩，图形 {measured} 亩，差 {percent}%",
            "declared {declared} mu, measured {measured} mu: {percent}% apart",
        ),
        Words("核对界址与申报面积", "compare boundary and declaration"),
    ),
    "area.contradicts": Fault(
        "error",
        Words(
            "申报 {declared} 亩，图形 {measured} 亩，差 {percent}%",
            "declared {declared} mu, measured {measured} mu: {percent}% apart",
        ),
        Words("核对界址与申报面积，二者必有一误", "one of the two is wrong: find out which"),
    ),
    "area.unit": Fault(
        "error",
        Words(
            "申报面积约为图形面积的 {ratio} 倍：单位像是 {unit} 而不是 {stated}",
            "declared areas are about {ratio} times the measured ones: the unit looks like {unit}, "
            "not {stated}",
        ),
        Words(
            '在计划中写 declared_area_unit = "{unit}"',
            'set declared_area_unit = "{unit}" in the plan',
        ),
    ),
    "area.mercator": Fault(
        "error",
        Words(
            "申报面积约为图形面积的 {seen} 倍：在网络墨卡托（EPSG:3857）上量的面积在此地正好如此"
            "（{factor}）",
            "declared areas are about {seen} times the measured ones, which is what Web Mercator "
            "(EPSG:3857) makes of areas here ({factor})",
        ),
        Words(
            "在 3 度带平面坐标系上重新量算申报面积",
            "measure the declared areas again on the 3° grid",
        ),
    ),
    "layer.order": Fault(
        "error",
        Words(
            "{seen} 行的申报面积与图形不符，但其中 {alike} 个与别的行的图形相符："
            "属性与图形的次序不同",
            "the declared areas of {seen} rows contradict their shapes, but {alike} of them fit "
            "the shapes of other rows: attributes and shapes stand in different orders",
        ),
        Words(
            "从源数据重新导出，不要单独排序 .dbf",
            "export it again from the source; never sort the .dbf alone",
        ),
    ),
    "ratio.missing": Fault(
        "info",
        Words("没有容积率，不计入建筑面积", "it has no plot ratio and is left out of floor space"),
        Words("补上容积率", "give its plot ratio"),
    ),
    "ratio.unreadable": Fault(
        "warning",
        Words(
            "容积率 {seen!r} 不是一个数，不计入建筑面积",
            "plot ratio {seen!r} is not a number; left out of floor space",
        ),
        Words("改成一个数", "make it one number"),
    ),
    "ratio.zero": Fault(
        "warning",
        Words("规划容积率为 0，按未知处理", "the planned plot ratio is 0 and is taken as unknown"),
        Words("空值在 Shapefile 中会变成 0：核对", "a null becomes 0 in a Shapefile: check it"),
    ),
    "ratio.negative": Fault(
        "error",
        Words("容积率 {seen} 为负", "plot ratio {seen} is negative"),
        Words("改正", "correct it"),
    ),
    "ratio.percent": Fault(
        "error",
        Words("容积率 {seen} 像是百分数", "plot ratio {seen} looks like a percentage"),
        Words(
            '在计划中写 plot_ratio_unit = "percent"', 'set plot_ratio_unit = "percent" in the plan'
        ),
    ),
    "ratio.low": Fault(
        "error",
        Words(
            "容积率 {seen} 像是普通比值，不是百分数",
            "plot ratio {seen} looks like a plain ratio, not a percentage",
        ),
        Words(
            '写作百分数（2.1 即 210）；若各行都是普通比值，在计划中写 plot_ratio_unit = "ratio"',
            "write it as a percentage (2.1 as 210), or set "
            'plot_ratio_unit = "ratio" in the plan if all are plain ratios',
        ),
    ),
    "ratio.high": Fault(
        "warning",
        Words("容积率 {seen} 高于 {limit}", "plot ratio {seen} is above {limit}"),
        Words("核对", "check it"),
    ),
    "floor.unreadable": Fault(
        "warning",
        Words(
            "现状建筑面积 {seen!r} 不能用，按未知处理",
            "existing floor {seen!r} cannot be used and is taken as unknown",
        ),
        Words("改成不小于 0 的数", "make it a number of 0 or more"),
    ),
    "floor.contradicts": Fault(
        "warning",
        Words(
            "现状容积率 × 用地 = {product} 平方米，建筑面积为 {seen}，差 {percent}%；采用建筑面积",
            "existing plot ratio × land = {product} m², but the floor is {seen} m²: "
            "{percent}% apart; the floor is used",
        ),
        Words("核对二者", "check both"),
    ),
    "floor.footprint": Fault(
        "warning",
        Words(
            "现状建筑面积 {seen} 平方米是用地 {land} 平方米的 {ratio} 倍：用地像是建筑占地",
            "existing floor {seen} m² is {ratio} times the land of {land} m²: the land looks like "
            "a building's footprint",
        ),
        Words("核对：用地应是宗地，不是建筑基底", "check it: the land should be the site"),
    ),
    "net.unmatched": Fault(
        "warning",
        Words(
            "没有地块的用地性质以 {seen!r} 开头，净用地没有扣除它",
            "no parcel has a land use that begins with {seen!r}: nothing is deducted for it",
        ),
        Words("核对用地性质列与 net.deduct_land_use", "check the land use and deduct_land_use"),
    ),
    "treatment.assumed": Fault(
        "info",
        Words(
            "图层没有处置方式一列：全部土地按拆除重建计",
            "the layer has no column for treatment: all its land is taken as rebuilt",
        ),
        Words("加上该列，或写明字段映射", "add the column, or map it"),
    ),
    "treatment.unknown": Fault(
        "error",
        Words("未知的处置方式 {seen!r}", "unknown treatment {seen!r}"),
        Words("用 {choices} 之一", "use one of {choices}"),
    ),
}
