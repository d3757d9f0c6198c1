"""Faults of whole files: layers, tables and coordinate systems."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

LAYERS: Final = {
    "layer.missing": Fault(
        "error",
        Words("没有这个文件", "there is no such file"),
        Words(
            "检查文件名和路径（计划中的 file 相对于计划所在文件夹）",
            "check its name and path (in a plan, relative to the folder of the plan)",
        ),
    ),
    "layer.unreadable": Fault(
        "error",
        Words("无法读取：{problem}", "cannot be read: {problem}"),
        Words("重新导出该文件，或向提供者再要一份", "export it again, or ask its sender for it"),
    ),
    "layer.format": Fault(
        "error",
        Words("不支持的格式 {seen_zh}", "{seen} is not a format that is read here"),
        Words(
            "导出为 GeoPackage、Shapefile（或其 zip）、GeoJSON、FileGDB、DXF、KML 或界址点坐标 txt",
            "export it as GeoPackage, Shapefile (or zipped), GeoJSON, FileGDB, DXF, KML or "
            "boundary-point text",
        ),
    ),
    "layer.choose": Fault(
        "error",
        Words("文件里有多个面图层：{seen}", "the file holds several polygon layers: {seen}"),
        Words(
            "指明其中一个：命令行用 --layer，计划中用 layer",
            "name one of them: --layer, or layer in the plan",
        ),
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
    "layer.filtered": Fault(
        "info",
        Words(
            "共 {rows} 行，只读入了 {seen} 行：框线到得了地块附近的那些行",
            "{seen} of its {rows} rows were read, those whose box reaches the land around the "
            "parcels",
        ),
        Words(
            "其余各行离得远，不影响任何数字，也不检查；要全部检查，用 landready check 加上该文件",
            "the others lie farther away, take no part in any figure and are not checked; "
            "landready check with the name of this file looks at all of them",
        ),
    ),
    "layer.rows-lost": Fault(
        "error",
        Words(
            "文件记有 {expected} 行，只读到 {seen} 行",
            "it stores {expected} rows, {seen} were read",
        ),
        Words("重新导出该文件", "export it again"),
    ),
    "layer.vintages": Fault(
        "warning",
        Words(
            "各行的年份不同（{seen}）：合计混合了不同时点的数据",
            "its rows are of several years ({seen}): a total mixes data of different dates",
        ),
        Words(
            "核对旧年份的地块是否仍然如此，或只用同一年份的数据",
            "check that parcels of older years still stand so, or take data of one year",
        ),
    ),
    "file.too-long": Fault(
        "error",
        Words("{seen} 秒内没有读完，已中止", "it was not read within {seen} s and was given up"),
        Words(
            "文件可能已损坏或过大：重新导出，或分成几个文件",
            "it may be damaged or too large: export it again, or in several parts",
        ),
    ),
    "file.too-much": Fault(
        "error",
        Words("读取所需内存超出限制", "reading it needs more memory than is allowed"),
        Words(
            "文件可能已损坏或过大：重新导出，或分成几个文件",
            "it may be damaged or too large: export it again, or in several parts",
        ),
    ),
    "file.crash": Fault(
        "error",
        Words(
            "读取程序因它而中止（{seen}）：文件已损坏或有意为之",
            "it ended the program that reads it ({seen}): it is damaged, or made to do so",
        ),
        Words("不要使用；向提供者再要一份", "do not use it; ask its sender for it again"),
    ),
    "file.hash": Fault(
        "error",
        Words("校验和不符（{seen}…）：文件已被改动", "its hash differs ({seen}…): it was changed"),
        Words(
            "向提供者再要一份；若改动属实，更新校验和",
            "ask its sender for it again; or, if the change is meant, renew the hash",
        ),
    ),
    "file.unlisted": Fault(
        "error",
        Words("校验和清单 {seen} 没有列出它", "manifest {seen} does not list it"),
        Words("在清单中补上，或移走该文件", "add it to the manifest, or remove the file"),
    ),
    "file.gone": Fault(
        "error",
        Words(
            "清单 {seen} 列有这个文件，但它不在",
            "the manifest {seen} lists it, but it is not there",
        ),
        Words("向提供者索取完整的数据", "get the complete data from its sender"),
    ),
    "file.manifest": Fault(
        "error",
        Words("不是“校验和 文件名”：{seen!r}", "this is no hash and file name: {seen!r}"),
        Words("用 sha256sum 生成清单", "write the manifest with sha256sum"),
    ),
    "file.reader": Fault(
        "error",
        Words("读取程序无法启动（{seen}）", "the program that reads files does not start ({seen})"),
        Words(
            "用 make env 重建环境；内存不足时先关闭其他程序",
            "make the environment anew with make env; close other programs if memory is short",
        ),
    ),
    "file.drivers": Fault(
        "error",
        Words("GDAL 的驱动无法停用：{seen}", "GDAL keeps drivers that must be off: {seen}"),
        Words("用 make env 重建环境", "make the environment anew with make env"),
    ),
    "kml.links": Fault(
        "info",
        Words(
            "有 {seen} 个指向其他文件的链接，没有读取",
            "it has {seen} links to other files, which are not followed",
        ),
        Words("需要时单独提供那些文件", "give those files too, if they are meant"),
    ),
    "kml.coordinates": Fault(
        "error",
        Words(
            "地标 {name!r} 的坐标 {seen!r} 不是“经度,纬度”（或“经度,纬度,高程”）",
            "placemark {name!r} has coordinates {seen!r}, which are not longitude,latitude",
        ),
        Words(
            "同一点的数之间只用逗号，不留空格；点与点之间用空格",
            "part the numbers of a point by commas without blanks, and points by blanks",
        ),
        sets_aside=True,
    ),
    "kml.several": Fault(
        "error",
        Words(
            "地标 {name!r} 有 {seen} 个{what_zh}，只应有一个",
            "placemark {name!r} has {seen} {what} where one should be",
        ),
        Words(
            "分成几个地标，或用 MultiGeometry",
            "make several placemarks of it, or put them into a MultiGeometry",
        ),
        sets_aside=True,
    ),
    "raster.too-large": Fault(
        "error",
        Words("栅格 {seen}，展开后有 {gb} GB", "the raster has {seen} cells, {gb} GB unfolded"),
        Words("裁剪到所需范围，或降低分辨率", "cut it to the area needed, or make it coarser"),
    ),
    "raster.nodata": Fault(
        "warning",
        Words(
            "没有写明无数据值：每个像元（不是数字的除外）都当作已知",
            "states no nodata value: every cell counts, unless it is not a number",
        ),
        Words(
            "导出时写明 nodata，或在计划中写 nodata = …",
            "state nodata when exporting, or write nodata = … in the plan",
        ),
    ),
    "table.format": Fault(
        "error",
        Words("不支持的表格格式 {seen_zh}", "{seen} is not a kind of table that is read here"),
        Words("另存为 CSV 或 .xlsx", "save it as CSV or .xlsx"),
    ),
    "table.no-land": Fault(
        "info",
        Words(
            "没有坐标列：作为{kind_zh}检查，不含土地",
            "it has no columns of coordinates: checked as {kind}, it holds no land",
        ),
        Words(
            "若是界址点表，检查表头；否则在计划中用 joins 或 readiness 引用",
            "if it is boundary points, check its header; or else name it in a plan's joins",
        ),
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
    "crs.unsafe": Fault(
        "error",
        Words(
            "坐标系的文字指向文件或网址，不予采用：{seen!r}",
            "the text of its CRS names a file or an address, which is not opened: {seen!r}",
        ),
        Words(
            "问明坐标系后写成 EPSG 代码；若文件可疑，向提供者再要一份",
            "ask which CRS it is and give an EPSG code; if in doubt, ask its sender for it again",
        ),
    ),
    "crs.local": Fault(
        "error",
        Words(
            "坐标系名为 {seen!r}，参数却与 EPSG:{like} 相同：可能是隐去原点的地方独立坐标系",
            "its CRS is called {seen!r} and has the parameters of EPSG:{like}: "
            "it may be a town's own grid that conceals its origin",
        ),
        Words(
            '向提供者问明后写明：plan.toml 里 crs = "EPSG:{like}"（或真实参数的 WKT），或 --crs',
            'ask its sender, then say so: crs = "EPSG:{like}" (or the WKT of the true grid) in the '
            "plan, or --crs",
        ),
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
            "在该图层写明 datum_shift 及其来源，或先用有转换参数的软件转换"
            "（PROJ 在此处会不声不响地不移动任何坐标）",
            "give the layer a datum_shift and its source, or convert it first with known "
            "parameters (PROJ would silently move nothing)",
        ),
    ),
    "crs.old-datum": Fault(
        "info",
        Words(
            "坐标系 {seen} 属旧基准：面积在原坐标系上量算，位置与 CGCS2000 相差数十至上百米",
            "{seen} is on an old datum: areas are taken on its own grid, and its places are tens "
            "of metres and more off CGCS2000",
        ),
        Words(
            "要与 CGCS2000 的图层合用，在计划中为该图层写明 datum_shift",
            "to use it beside layers in CGCS2000, give the layer a datum_shift in a plan",
        ),
    ),
    "crs.shift-unneeded": Fault(
        "error",
        Words(
            "写有 datum_shift，但从 {seen} 到 {target} 不应使用：它只从西安80、北京54等旧基准"
            "转到 CGCS2000",
            "datum_shift does not apply from {seen} to {target}: it leads from Xian 1980, "
            "Beijing 1954 and the like to CGCS2000",
        ),
        Words(
            "删去 datum_shift，或改正图层的 crs",
            "remove datum_shift, or correct the crs of the layer",
        ),
    ),
    "crs.shifted": Fault(
        "info",
        Words(
            "按 {by} 给出的七参数从 {source} 转到 {target}，图层中部移动 {seen}",
            "moved from {source} to {target} by the seven parameters of {by}: {seen} at its middle",
        ),
        Words("用一个已知点核对", "check one known point"),
    ),
    "crs.place": Fault(
        "error",
        Words(
            "土地位于 {seen}，远在 {crs} 的使用范围之外{likely_zh}",
            "its land lies at {seen}, far from where {crs} is used{likely}",
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
