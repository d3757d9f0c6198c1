"""Every fault landready can name: its code, how grave it is, and its words in both languages.

An *error* stops publication (错误 blocks totals) until the data are mended or the plan accepts the
code with a reason; a *warning* counts but is flagged; *info* informs. The words are templates that
:func:`geo.findings.finding` fills. Rules and wording: domain reference, section 8.
"""

from typing import Final, Literal, NamedTuple

from geo.text import Words

Severity = Literal["error", "warning", "info"]


class Fault(NamedTuple):
    """A kind of fault. ``sets_aside``: its row is not counted, once the plan accepts the code."""

    severity: Severity
    message: Words
    mend: Words
    sets_aside: bool = False


_PLAN: Final = {
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

_LAYERS: Final = {
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

_PARCELS: Final = {
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
        Words("在源数据中补上编号", "give it an id in the source"),
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
            "图形无效：{seen}；原面积 {raw} 亩，两种修复得 {linework} 与 {structure} 亩",
            "invalid geometry: {seen}; {raw} mu as drawn, repairs give {linework} and {structure}",
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
            "图形无效（{seen}），已修复，面积由 {raw} 变为 {mended} 亩",
            "invalid geometry ({seen}) was mended: {raw} mu became {mended} mu",
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
    "net.unmatched": Fault(
        "warning",
        Words(
            "没有地块的用地性质以 {seen!r} 开头，净用地没有扣除它",
            "no parcel has a land use that begins with {seen!r}: nothing is deducted for it",
        ),
        Words("核对用地性质列与 net.deduct_land_use", "check the land use and deduct_land_use"),
    ),
    "treatment.unknown": Fault(
        "error",
        Words("未知的处置方式 {seen!r}", "unknown treatment {seen!r}"),
        Words("用 {choices} 之一", "use one of {choices}"),
    ),
}

_ZONES: Final = {
    "zone.id-blank": Fault(
        "error",
        Words("片区编号为空", "the zone has no id"),
        Words("补上编号", "give it an id"),
    ),
    "zone.id-duplicate": Fault(
        "error",
        Words("片区编号 {seen} 出现 {times} 次", "zone id {seen} stands {times} times"),
        Words("改正编号，或把几部分合为一个多部件面", "correct the ids, or unite its parts"),
    ),
    "outline.unusable": Fault(
        "error",
        Words("{seen} 的图形不能用：{problem_zh}", "the shape of {seen} cannot be used: {problem}"),
        Words(
            "在源数据中修正（接受此错误即不用这个图形）",
            "correct it in the source (if accepted, it is left out)",
        ),
    ),
    "outline.mended": Fault(
        "warning",
        Words(
            "{seen} 的图形无效（{problem}），已修复，面积不变",
            "the invalid shape of {seen} ({problem}) was mended; its area is unchanged",
        ),
        Words("在源数据中修正", "correct it in the source"),
    ),
    "zone.outside": Fault(
        "error",
        Words("不在任何片区内", "it lies outside every zone"),
        Words(
            "核对坐标系与界线；确实在外则从图层中删去",
            "check CRS and boundary; drop it if it is really outside",
        ),
        sets_aside=True,
    ),
    "zone.elsewhere": Fault(
        "error",
        Words(
            "写明属于片区 {seen}，却完全不在其中，而在 {other}",
            "it names zone {seen}, but lies in {other} and not at all in {seen}",
        ),
        Words("改正片区名，或核对界线", "correct the name, or compare the boundaries"),
        sets_aside=True,
    ),
    "zone.across": Fault(
        "warning",
        Words(
            "跨片区：{shares_zh}；全部计入 {zone}",
            "it lies across zones: {shares}; all of it counts in {zone}",
        ),
        Words("沿片区界拆分", "split it along the zone boundary"),
    ),
    "zone.unknown": Fault(
        "error",
        Words("片区 {seen!r} 未定义{hint_zh}", "zone {seen!r} is not defined{hint}"),
        Words("改正片区名，或加入片区图层", "correct the name, or add the zone"),
        sets_aside=True,
    ),
    "zone.blank": Fault(
        "error",
        Words("片区为空", "it names no zone"),
        Words("补上片区", "name its zone"),
        sets_aside=True,
    ),
    "zone.overlap": Fault(
        "error",
        Words("片区 {seen} 与 {other} 重叠", "zone {seen} overlaps zone {other}"),
        Words("修正片区界线", "correct the zone boundaries"),
    ),
    "zone.exceeded": Fault(
        "error",
        Words("地块合计超出片区 {zone} 的面积", "its parcels hold more land than zone {zone} has"),
        Words("检查重叠与越界的地块", "look for parcels that overlap or cross the boundary"),
    ),
    "zone.uncovered": Fault(
        "info",
        Words("片区 {zone} 中有土地不属于任何地块", "land of zone {zone} belongs to no parcel"),
        Words("无需处理，或补上缺的地块", "nothing to do, or add the missing parcels"),
    ),
}

_EVENTS: Final = {
    "event.unknown-parcel": Fault(
        "error",
        Words("地块 {parcel!r} 不在图层中{hint_zh}", "parcel {parcel!r} is not in the layer{hint}"),
        Words("改正编号，或补上地块", "correct the id, or add the parcel"),
    ),
    "event.uncounted-parcel": Fault(
        "info",
        Words(
            "地块 {parcel} 已被搁置，其记录不计",
            "parcel {parcel} is set aside, so its event does not count",
        ),
        Words("先处理该地块", "mend the parcel first"),
    ),
    "event.unknown-stage": Fault(
        "error",
        Words("未知阶段 {seen!r}{hint_zh}", "unknown stage {seen!r}{hint}"),
        Words(
            "用阶段表中的名称，或在阶段的 aliases 中加上它",
            "use a stage of the ladder, or add it to the aliases of one",
        ),
    ),
    "event.date": Fault(
        "error",
        Words("日期 {seen!r} 不能识别", "the date {seen!r} is not understood"),
        Words("写成 2024-12-31、2024-12 或 2024", "write 2024-12-31, 2024-12 or 2024"),
    ),
    "event.action": Fault(
        "error",
        Words("未知动作 {seen!r}", "unknown action {seen!r}"),
        Words("用 reach 或 revert", "use reach or revert"),
    ),
    "event.future": Fault(
        "info",
        Words("{seen} 晚于截止日，不计", "{seen} is after the as-of date and does not count yet"),
        Words("无需处理", "nothing to do"),
    ),
    "event.no-evidence": Fault(
        "warning",
        Words(
            "阶段“{stage_zh}”没有佐证，为自报",
            "stage {stage!r} has no evidence and is self-reported",
        ),
        Words("补上佐证编号", "give the reference of its evidence"),
    ),
    "event.undated": Fault(
        "warning",
        Words(
            "阶段“{seen}”没有日期，按截止日计",
            "stage {seen!r} has no date and counts from the as-of date",
        ),
        Words("补上日期", "give its date"),
    ),
    "event.order": Fault(
        "info",
        Words(
            "阶段“{stage_zh}”的日期晚于更高的阶段“{higher_zh}”",
            "stage {stage!r} is dated after the higher stage {higher!r}",
        ),
        Words(
            "若为并行办理则无需处理；否则核对日期",
            "nothing to do if they ran in parallel; otherwise check the dates",
        ),
    ),
    "event.revert-reason": Fault(
        "warning",
        Words("退回到“{stage_zh}”没有写明原因", "it falls back to {stage!r} and gives no reason"),
        Words("写明原因", "give the reason"),
    ),
    "join.several": Fault(
        "error",
        Words(
            "{times} 行属于同一地块 {parcel}，{field} 不一",
            "{times} rows belong to parcel {parcel} and differ in {field}",
        ),
        Words(
            "在计划中写 combine：sum、max 或 first",
            "say in the plan how to combine them: sum, max or first",
        ),
    ),
    "join.unreadable": Fault(
        "warning",
        Words("{seen!r} 不是数，合并时略去", "{seen!r} is not a number and is left out of the sum"),
        Words("改成数字", "make it a number"),
    ),
    "join.shared": Fault(
        "warning",
        Words(
            "{seen} 个地块与别的地块同键（如 {key}），各得全部数值，可能重复计",
            "{seen} parcels share their key with others (such as {key}) and each has the whole "
            "value, which may count it twice",
        ),
        Words(
            "改正连接字段，或合并这些地块",
            "correct the key columns, or unite such parcels",
        ),
    ),
    "join.unmatched": Fault(
        "info",
        Words("{seen} 行在地块图层中没有对应", "{seen} of its rows belong to no parcel"),
        Words("核对连接字段", "check the key columns"),
    ),
    "join.incomplete": Fault(
        "info",
        Words("{seen} 个地块在表中没有对应", "{seen} parcels have no row in it"),
        Words("核对连接字段", "check the key columns"),
    ),
}

_PUBLISHING: Final = {
    "programme.unknown-parcel": Fault(
        "warning",
        Words(
            "项目组 {seen} 中的地块 {parcel} 不在计入的地块中",
            "parcel {parcel} of programme {seen} is none of the parcels that count",
        ),
        Words("改正编号", "correct the id"),
    ),
    "programme.unlisted": Fault(
        "warning",
        Words(
            "{times} 行属于计划中没有的项目组 {seen!r}{hint_zh}",
            "{times} rows name programme {seen!r}, which the plan does not have{hint}",
        ),
        Words("改正编号，或在计划中加上它", "correct the id, or add it to the plan"),
    ),
    "programme.empty": Fault(
        "warning",
        Words("项目组 {seen} 没有任何地块", "programme {seen} has no parcel"),
        Words("检查计划中的编号和项目组表", "check its id in the plan and in its table"),
    ),
    "scenario.unmatched": Fault(
        "warning",
        Words(
            "{seen!r} 不对应任何计入的地块，这个容积率没有用上{hint_zh}",
            "{seen!r} fits no parcel that counts, so its plot ratio is not used{hint}",
        ),
        Words("改正或删去", "correct or remove it"),
    ),
    "published.subject": Fault(
        "warning",
        Words(
            "公布数据 {seen!r} 所指的地块或片区不存在",
            "published figure {seen!r} speaks of a parcel or zone that is not there",
        ),
        Words("改正编号", "correct the id"),
    ),
    "law.broken": Fault(
        "error",
        Words(
            "守恒律不成立：{law_zh}：{one} ≠ {other}，差 {seen}",
            "a law is broken: {law}: {one} ≠ {other}, off by {seen}",
        ),
        Words(
            "这是程序错误，未发布任何结果；请报告",
            "this is an error of the program, so nothing was published: please report it",
        ),
    ),
    "publish.folder": Fault(
        "error",
        Words(
            "{file} 中有不是 landready 写的文件：{seen}",
            "{file} holds files that landready did not write: {seen}",
        ),
        Words("换一个输出文件夹（--out）", "choose another folder (--out)"),
    ),
    "publish.failed": Fault(
        "error",
        Words(
            "无法写出：{problem}；原有文件未动",
            "cannot be written: {problem}; what was there is untouched",
        ),
        Words("检查磁盘空间和权限", "check space and permissions"),
    ),
    "publish.differs": Fault(
        "error",
        Words(
            "写出后读回的 {seen} 与计算结果不一致；原有文件未动",
            "{seen} read back differs from what was computed; what was there is untouched",
        ),
        Words("检查磁盘", "check the disk"),
    ),
    "page.outside": Fault(
        "error",
        Words("网页将从外部读取 {seen!r}", "the page would fetch {seen!r} from outside"),
        Words(
            "请移除该元素，或将其文件内嵌于网页",
            "remove that element, or carry its file inside the page",
        ),
    ),
    "page.payload": Fault(
        "error",
        Words("网页缺少 {seen!r}", "the page has no {seen!r}"),
        Words("请补入网页数据", "add it to the payload"),
    ),
    "page.not-json": Fault(
        "error",
        Words("网页数据不是纯 JSON：{seen}", "the page's data is not plain JSON: {seen}"),
        Words(
            "请将各值写为文字、数字、列表或映射，不得有 NaN",
            "word every value as text, number, list or mapping, without NaN",
        ),
    ),
    "new.exists": Fault(
        "error",
        Words("这里已有计划文件", "there is a plan already"),
        Words("换一个文件夹，或先移走它", "choose another folder, or move it away first"),
    ),
}

FAULTS: Final[dict[str, Fault]] = _PLAN | _LAYERS | _PARCELS | _ZONES | _EVENTS | _PUBLISHING
"""Code → fault. Codes are stable: scripts and plans (``[accept]``) name them."""
