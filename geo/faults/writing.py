"""Faults of writing and converting layers."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

_NAME_IT: Final = Words(
    "换一个目标文件名，或用 --overwrite 表明要替换它",
    "choose another target, or say with --overwrite that it is to be replaced",
)
_GEOPACKAGE: Final = Words(
    "改写成 GeoPackage（.gpkg），它能原样保存",
    "write a GeoPackage (.gpkg) instead: it holds this as it is",
)

WRITING: Final[dict[str, Fault]] = {
    "write.format": Fault(
        "error",
        Words("不能写出 {seen} 格式", "{seen} is not a format that is written here"),
        Words("目标文件名以其中之一结尾：{choices}", "let the target end in one of {choices}"),
    ),
    "write.exists": Fault(
        "error", Words("目标文件已存在：{seen}", "the target exists already: {seen}"), _NAME_IT
    ),
    "write.loose": Fault(
        "error",
        Words(
            "已有的 Shapefile 由几个文件组成，无法一次替换：{seen}",
            "a Shapefile that exists is several files, which cannot be replaced at once: {seen}",
        ),
        Words(
            "换一个文件名，或写成一个文件：.shp.zip", "choose another name, or one file: .shp.zip"
        ),
    ),
    "write.same": Fault(
        "error",
        Words("目标就是源文件", "the target is the source itself"),
        Words("换一个目标文件名", "choose another target"),
    ),
    "write.own-input": Fault(
        "error",
        Words(
            "{seen} 是计划自己的文件，不能用输出覆盖",
            "{seen} belongs to the plan itself, and no output replaces it",
        ),
        Words("换一个目标文件名", "choose another target"),
    ),
    "write.holds-more": Fault(
        "error",
        Words(
            "目标文件中还有别的内容，替换会丢失：{seen}",
            "the target holds more, which would be lost: {seen}",
        ),
        Words("换一个目标文件名", "choose another target"),
    ),
    "write.open": Fault(
        "error",
        Words(
            "另一个程序正打开着目标文件，或未正常关闭它：{seen}",
            "another program has the target open, or did not close it: {seen}",
        ),
        Words("在那个程序（如 QGIS）中关闭它", "close it there (QGIS, for one)"),
    ),
    "write.failed": Fault(
        "error",
        Words(
            "无法写出：{problem}；原有文件未动",
            "cannot be written: {problem}; what was there is untouched",
        ),
        Words("检查磁盘空间、权限和文件名", "check space, permissions and the name"),
    ),
    "write.differs": Fault(
        "error",
        Words(
            "写出后读回不一致（{what_zh}）：应为 {expected!r}，读到 {seen!r}；原有文件未动",
            "reads back differently ({what}): {expected!r} became {seen!r}; "
            "what was there is untouched",
        ),
        _GEOPACKAGE,
    ),
    "write.layer-name": Fault(
        "error",
        Words(
            "GeoPackage 中不能有名为 {seen!r} 的图层",
            "a GeoPackage cannot have a layer called {seen!r}",
        ),
        Words("在源文件中改图层名", "rename the layer in the source"),
    ),
    "write.columns": Fault(
        "error",
        Words("这些列名只差大小写或全角：{seen}", "these columns differ only in case: {seen}"),
        Words("在源文件中改名", "rename one of them in the source"),
    ),
    "write.crs": Fault(
        "error",
        Words(
            "GeoJSON 只能用 EPSG 等代码写明坐标系，{seen!r} 没有代码",
            "GeoJSON can name a CRS only by a code such as EPSG:4547, and {seen!r} has none",
        ),
        Words(
            "写成 GeoPackage，或用 --to-crs 指明坐标系",
            "write a GeoPackage, or give --to-crs with a code",
        ),
    ),
    "write.shape": Fault(
        "error",
        Words(
            "这个格式不能原样保存此图形：{why_zh}",
            "this format cannot hold the geometry as it is: {why}",
        ),
        _GEOPACKAGE,
    ),
    "write.value": Fault(
        "error",
        Words(
            "这个格式不能保存此值：{why_zh}（{seen}）",
            "this format cannot hold the value: {why} ({seen})",
        ),
        Words("改短或改正该值，或写成 GeoPackage", "shorten or mend it, or write a GeoPackage"),
    ),
    "write.as-text": Fault(
        "warning",
        Words("整列改写为文字：{why_zh}", "the whole column is written as text: {why}"),
        Words("需要原类型时写成 GeoParquet", "where its type matters write GeoParquet"),
    ),
    "write.nulls": Fault(
        "warning",
        Words(
            "{times} 个空的数值：不少软件会把 Shapefile 的空值读成 0",
            "{times} numbers are missing, which many programs read from a Shapefile as 0",
        ),
        Words(
            "写成 GeoPackage，或告知接收方", "write a GeoPackage, or tell whoever receives the file"
        ),
    ),
    "write.blanks": Fault(
        "info",
        Words(
            "{times} 个文字值：空文字将读成空值，首尾空格会去掉",
            "{times} texts are empty or have outer blanks: these read as missing or without them",
        ),
        Words("通常无须处理", "usually nothing need be done"),
    ),
    "write.fields": Fault(
        "info",
        Words(
            "Shapefile 字段名最多 10 个字符：{seen}；对照表在 {table}",
            "a Shapefile's names have at most 10 characters: {seen}; the table is {table}",
        ),
        Words("把对照表和文件一起发送", "send the table along with the file"),
    ),
    "write.rings": Fault(
        "info",
        Words(
            "{times} 行的环方向或部件次序按格式规定改写；坐标未变",
            "in {times} rows rings run, or parts stand, as the format wants; no coordinate changed",
        ),
        Words("无须处理", "nothing need be done"),
    ),
    "write.measures": Fault(
        "warning",
        Words(
            "{times} 行的高程（Z）或 M 值不能保存，已去掉；平面位置不受影响",
            "{times} rows have heights or M values, which are dropped; the plane is as it was",
        ),
        _GEOPACKAGE,
    ),
    "write.no-shape": Fault(
        "warning",
        Words("没有图形；这一行照样写出", "it has no geometry; the row is written without"),
        Words("补上图形，或删去这一行", "draw it, or delete the row"),
    ),
    "write.invalid": Fault(
        "warning",
        Words("图形无效：{seen}；按原样写出", "invalid geometry: {seen}; written as it is"),
        Words("在源数据中修正", "correct it in the source"),
    ),
    "write.columns-lost": Fault(
        "warning",
        Words(
            "界址点文件没有位置存放这些列：{seen}",
            "a boundary-point file has no place for these columns: {seen}",
        ),
        _GEOPACKAGE,
    ),
    "write.which": Fault(
        "error",
        Words(
            "不知道哪一列是 {meaning}：{seen}",
            "which column holds the {meaning} is unclear: {seen}",
        ),
        Words("用 --field {meaning}=列名 指明", "name it: --field {meaning}=COLUMN"),
    ),
    "append.ids": Fault(
        "error",
        Words(
            "目标文件的编号列是 {there}，新数据的编号列是 {here}",
            "the target's ids stand in {there}, those of the new rows in {here}",
        ),
        Words(
            "把新数据的编号列改名为目标的列名；若目标是界址点 txt，先把新数据也转成 txt，再追加",
            "rename the new column as the target's; for boundary-point text, convert the new rows "
            "to text first, and append that",
        ),
    ),
    "convert.names": Fault(
        "warning",
        Words(
            "旁边的字段对照表说的不是这些列，列名未恢复",
            "the table of names beside it speaks of other columns; the names stay as they are",
        ),
        Words("找到与它同时写出的 .fields.csv", "find the .fields.csv that was written with it"),
    ),
    "append.crs": Fault(
        "error",
        Words(
            "目标文件的坐标系是 {expected}，新数据是 {seen}",
            "the target is in {expected}, the new rows in {seen}",
        ),
        Words("用 --to-crs {expected} 转换后再追加", "append with --to-crs {expected}"),
    ),
    "append.type": Fault(
        "error",
        Words(
            "这一列在目标文件中是{expected_zh}，在新数据中是{seen_zh}",
            "this column holds {expected} in the target and {seen} in the new rows",
        ),
        Words("在源文件中改类型或列名", "change its type or its name in the source"),
    ),
    "append.twice": Fault(
        "error",
        Words("这个地块编号目标文件里已有", "the target has a parcel of this id already"),
        Words("从新数据中删去，或改正编号", "delete it from the new rows, or correct the id"),
    ),
    "append.columns": Fault(
        "info",
        Words(
            "目标文件中新增列：{more}；新数据缺少列：{less}；对应的格为空",
            "columns new to the target: {more}; columns the new rows lack: {less}; "
            "those cells are empty",
        ),
        Words("若是同一列的不同写法，请先改名", "where two names mean one, rename one first"),
    ),
}
"""Faults of writing a layer, of converting it, and of appending to one."""
