"""Faults of damaged, disguised or oversized files."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

_AGAIN: Final = Words(
    "重新导出该文件，或向提供者再要一份", "export it again, or ask its sender for it"
)
_REPACK: Final = Words(
    "解压后直接给出图层文件，或只把一个图层重新压缩",
    "unpack it and give the layer file itself, or zip one layer alone",
)

CONTAINERS: Final[dict[str, Fault]] = {
    "file.name": Fault(
        "error",
        Words(
            "文件名 {seen!r} 会被当作别的东西（{problem_zh}），不打开",
            "the name {seen!r} would be taken for something else ({problem}) and is not opened",
        ),
        Words("改名，并给出本机上的普通路径", "rename it, and give a plain path on this machine"),
    ),
    "file.special": Fault(
        "error",
        Words("不是普通文件，而是{kind_zh}", "it is no plain file but {kind}"),
        Words("给出图层文件本身", "give the layer file itself"),
    ),
    "file.linked": Fault(
        "error",
        Words(
            "旁边的 {seen} 是指向别处的链接，不跟随",
            "{seen} beside it is a link to another place, which is not followed",
        ),
        Words(
            "把真正的文件放在一起，或直接给出链接所指的文件",
            "put the real files side by side, or name the file that the link points to",
        ),
    ),
    "file.empty": Fault("error", Words("文件是空的", "the file is empty"), _AGAIN),
    "file.large": Fault(
        "error",
        Words("{seen} 超过上限 {limit}", "{seen} is more than the limit of {limit}"),
        Words(
            "只导出所需的图层和范围，或拆成几个文件",
            "export the layer and the area that are needed, or split it into several files",
        ),
    ),
    "file.cut": Fault(
        "error",
        Words(
            "{part} 不完整：应有 {expected} 字节，只有 {seen}",
            "{part} is cut off: it should have {expected} bytes and has {seen}",
        ),
        _AGAIN,
    ),
    "file.disguised": Fault(
        "error",
        Words(
            "名为 {ending}，内容却像{kind_zh}",
            "it is called {ending}, and its content looks like {kind}",
        ),
        Words(
            "改成与内容相符的文件名；不是你导出的文件不要打开",
            "give it the ending of what it is; do not open a file that nobody exported",
        ),
    ),
    "file.active": Fault(
        "error",
        Words(
            "{seen!r} 不是存好的数据，打开时会执行计算（{kind}）",
            "{seen!r} is not stored data but runs when it is opened ({kind})",
        ),
        Words(
            "把图层另存为新的 GeoPackage（只含表），再给出",
            "export the layer to a new GeoPackage, which then holds plain tables",
        ),
    ),
    "file.unsaved": Fault(
        "error",
        Words(
            "旁边有 {seen}：修改尚未写入该文件，读它会少行或读到旧数据",
            "{seen} stands beside it: changes are not in the file yet, and rows would be lost",
        ),
        Words(
            "在编辑它的软件里打开、保存并关闭，再连同目录一起给出",
            "open it in the program that edits it, save and close it, and try again",
        ),
    ),
    "archive.names": Fault(
        "error",
        Words(
            "压缩包里的名称 {seen!r} 不能用：{problem_zh}",
            "the zip holds the name {seen!r}, which is not taken: {problem}",
        ),
        _REPACK,
    ),
    "archive.encrypted": Fault(
        "error",
        Words("压缩包有密码（{seen}）", "the zip is encrypted ({seen})"),
        Words("解压后再给出", "unpack it with its password and give the layer file itself"),
    ),
    "archive.nested": Fault(
        "error",
        Words("压缩包里还有压缩包：{seen}", "the zip holds another archive: {seen}"),
        _REPACK,
    ),
    "archive.many": Fault(
        "error",
        Words(
            "压缩包有 {seen} 个成员，上限 {limit}",
            "the zip has {seen} members, the limit is {limit}",
        ),
        _REPACK,
    ),
    "archive.unfolds": Fault(
        "error",
        Words(
            "{packed} 字节解开后有 {seen}，超过上限 {limit}",
            "its {packed} bytes unfold to {seen}, more than the limit of {limit}",
        ),
        _REPACK,
    ),
    "archive.choose": Fault(
        "error",
        Words("压缩包里有几个图层：{seen}", "the zip holds several layers: {seen}"),
        _REPACK,
    ),
    "archive.no-layer": Fault(
        "error",
        Words("压缩包里没有可读的图层；有：{seen}", "the zip holds no layer; it has {seen}"),
        _REPACK,
    ),
    "shapefile.part-missing": Fault(
        "error",
        Words("缺少同名的 {seen}", "its part {seen} is missing"),
        Words(
            "Shapefile 由 .shp、.shx、.dbf（和 .prj）组成：请一并给出",
            "a Shapefile is .shp, .shx, .dbf (and .prj) together: give them all",
        ),
    ),
    "shapefile.part-twice": Fault(
        "error",
        Words("不知道哪个是它的部件：{seen}", "which of these is its part is not known: {seen}"),
        Words("只留下属于它的那一个", "keep the one that belongs to it"),
    ),
    "shapefile.counts": Fault(
        "error",
        Words(
            "各部件的记录数不一：{seen}；属性与图形会错位",
            "its parts hold different numbers of records: {seen}; which row is whose is not known",
        ),
        _AGAIN,
    ),
    "shapefile.index": Fault(
        "error",
        Words(
            "第 {row} 条索引（.shx）没有指向 .shp 中的第 {row} 个图形",
            "entry {row} of the .shx does not point at shape {row} of the .shp",
        ),
        Words(
            "各部件来自不同的导出；重新导出",
            "its parts come from different exports; export it again",
        ),
    ),
    "shapefile.record": Fault(
        "error",
        Words("第 {row} 个图形损坏：{seen}", "shape {row} is damaged: {seen}"),
        _AGAIN,
    ),
    "shapefile.deleted": Fault(
        "warning",
        Words(
            "属性表有 {count} 行标为已删除（第 {seen} 行），其图形仍在；不读",
            "{count} rows of the table are marked as deleted (row {seen}) while their shapes are "
            "still there; they are not read",
        ),
        Words(
            "确认确已删除，再导出一次；否则恢复这些行",
            "make sure that they are meant to go and export it again, or restore them",
        ),
    ),
    "shapefile.overflow": Fault(
        "warning",
        Words(
            "列 {field} 有 {count} 个单元格是星号（第 {seen} 行）：数值超出列宽，按空值处理",
            "{count} cells of {field} are asterisks (row {seen}): the number did not fit into its "
            "column; taken as blank",
        ),
        Words(
            "加宽该列，从源数据再导出一次",
            "widen the column and export it again from its source",
        ),
    ),
    "text.encoding": Fault(
        "warning",
        Words(
            "文件自称文字编码为 {seen}，内容却不是；按 {encoding} 读",
            "it says that its text is {seen}, which its bytes are not; it is read as {encoding}",
        ),
        Words(
            "核对中文是否正确；用 encoding 写明编码，或改正 .cpg",
            "check the names; state the encoding, or correct the .cpg",
        ),
    ),
    "text.ambiguous": Fault(
        "warning",
        Words(
            "文字编码未写明，{encoding} 和 {other} 都读得通：{seen}；按 {encoding} 读",
            "no encoding is stated, and {encoding} and {other} both fit: {escaped}; it is read as "
            "{encoding}",
        ),
        Words("用 encoding 写明编码", "state the encoding"),
    ),
    "text.undecodable": Fault(
        "error",
        Words(
            "文字既不是 UTF-8 也不是 GB18030（{stated}）：字节 {seen}",
            "its text is neither UTF-8 nor GB18030 ({stated}): the bytes {seen}",
        ),
        Words(
            "问明编码并用 encoding 写明；若文件损坏，再要一份",
            "ask for the encoding and state it; if the file is damaged, ask for it again",
        ),
    ),
    "text.mixed": Fault(
        "error",
        Words(
            "文字有两种编码：{count} 行（第 {seen} 行）是 GB18030，其余是 UTF-8",
            "its text has two encodings: {count} rows (row {seen}) are GB18030, the others UTF-8",
        ),
        Words(
            "把两部分按各自的编码分别打开，再合并导出",
            "open each part in its own encoding, and export them together",
        ),
    ),
    "text.cut": Fault(
        "warning",
        Words(
            "{count} 格文字在列宽处被截断，断在半个汉字上",
            "the text of {count} cells is cut by the width of the column, within a character",
        ),
        Words("加宽该列后重新导出", "widen the column and export it again"),
    ),
    "text.mojibake": Fault(
        "warning",
        Words(
            "文字是乱码（{seen}）：在提供给我们之前已按错误的编码读过一次",
            "its text is mojibake ({seen}): it was read in a wrong encoding before it came here",
        ),
        Words(
            "从源数据重新导出，写明编码（UTF-8）；乱码一般无法复原",
            "export it again from the source in UTF-8; what is lost cannot be restored",
        ),
    ),
    "field.mojibake": Fault(
        "warning",
        Words(
            "列名是乱码（{seen}），认不出是哪一列，未采用",
            "the column name is mojibake ({seen}), so what it means is not known; it is not read",
        ),
        Words(
            "从源数据重新导出，写明编码（UTF-8），或用字段映射指明这一列",
            "export it again from the source in UTF-8, or map the column",
        ),
    ),
    "field.cut": Fault(
        "error",
        Words(
            "列名 {field!r} 在第 10 字节处被截断，断在半个汉字上，读不出",
            "the column name {field!r} is cut at its tenth byte, within a character, and cannot "
            "be read",
        ),
        Words(
            "列名改短（Shapefile 限 10 字节），或导出为 GeoPackage",
            "shorten the name (a Shapefile keeps 10 bytes), or export it as GeoPackage",
        ),
    ),
    "field.full": Fault(
        "info",
        Words(
            "列名 {seen} 占满 Shapefile 的 10 字节，可能被截断",
            "the column names {seen} fill the 10 bytes of a Shapefile and may be cut off",
        ),
        Words("按原名核对字段映射", "check the field mapping against the full names"),
    ),
    "geopackage.count": Fault(
        "warning",
        Words(
            "文件记着 {seen} 行，表里实有 {rows} 行；按实有的 {rows} 行读",
            "it says that the layer has {seen} rows and the table has {rows}; all {rows} are read",
        ),
        Words(
            "别的软件可能只读到 {seen} 行；在 QGIS 中重新导出该图层",
            "other programs may read {seen} rows only; export the layer again in QGIS",
        ),
    ),
    "geopackage.blob": Fault(
        "error",
        Words("第 {row} 行的图形不是 GeoPackage 的写法", "the shape of row {row} is damaged"),
        _AGAIN,
    ),
    "crs.mixed": Fault(
        "error",
        Words(
            "坐标系混杂：{count} 行写的是 {seen}，图层写的是 {expected}",
            "several CRS in one layer: {count} rows state {seen}, the layer {expected}",
        ),
        Words(
            "把各行转换到同一坐标系后重新导出",
            "convert the rows to one CRS and export the layer again",
        ),
    ),
    "crs.link": Fault(
        "error",
        Words(
            "坐标系写成了链接 {seen!r}，不打开",
            "its CRS is a link, {seen!r}, which is not opened",
        ),
        Words(
            '写成名称，例如 "urn:ogc:def:crs:EPSG::4547"',
            'name it instead, such as "urn:ogc:def:crs:EPSG::4547"',
        ),
    ),
    "geometry.curved": Fault(
        "info",
        Words(
            "{count} 行有真曲线；按每 {step}° 一段的弦读，面积误差约 1e-6",
            "{count} rows hold true curves; they are read as chords of {step}°, with areas right "
            "to about 1e-6",
        ),
        Words("无需处理", "nothing to do"),
    ),
    "json.syntax": Fault(
        "error",
        Words(
            "第 {line} 行第 {column} 列起不是正确的 JSON：{problem}",
            "it is no JSON from line {line}, column {column}: {problem}",
        ),
        _AGAIN,
    ),
    "json.encoding": Fault(
        "error",
        Words("文字不是 UTF-8：{seen}", "its text is not UTF-8: {seen}"),
        Words("另存为 UTF-8（GeoJSON 只用 UTF-8）", "save it as UTF-8, as GeoJSON must be"),
    ),
    "json.number": Fault(
        "error",
        Words(
            "第 {line} 行第 {column} 列：{seen} 不是 JSON 的数",
            "line {line}, column {column}: {seen} is no number of JSON",
        ),
        Words("没有数值处写 null", "write null where there is no value"),
    ),
    "json.twice": Fault(
        "error",
        Words(
            "同一个对象中键 {seen} 出现两次（共 {count} 处）：不知道以哪个为准",
            "the key {seen} stands twice in one object ({count} times in all): which counts is not "
            "known",
        ),
        Words("删去其中一个，或重新导出", "delete the wrong one, or export it again"),
    ),
    "json.deep": Fault(
        "error",
        Words("JSON 嵌套过深", "its JSON is nested too deeply"),
        Words("不是正常导出的文件；再要一份", "no program exports such a file; ask for it again"),
    ),
    "json.root": Fault(
        "error",
        Words("它是 {seen}，不是图层", "it is {seen}, which is no layer"),
        Words("导出为 GeoJSON 的 FeatureCollection", "export it as a FeatureCollection of GeoJSON"),
    ),
    "json.feature": Fault(
        "error",
        Words(
            "第 {row} 个要素不完整（{seen}），读取时会被悄悄丢掉",
            "feature {row} is none ({seen}) and would be dropped without a word",
        ),
        _AGAIN,
    ),
    "topojson.arc": Fault(
        "error",
        Words(
            "第 {row} 行用到弧段 {seen}，文件只有 {count} 个：图形会缺一段",
            "row {row} uses arc {seen} of {count}: a part of its outline is missing",
        ),
        _AGAIN,
    ),
}
