"""Faults of spreadsheets: headers, totals, ranges, fields with two meanings."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

SHEETS: Final[dict[str, Fault]] = {
    "table.title": Fault(
        "info",
        Words("表头上方的标题“{seen}”未读入", "the title above the header, {seen!r}, is not read"),
        Words("无需处理", "nothing to do"),
    ),
    "table.header-rows": Fault(
        "info",
        Words(
            "表头有 {seen} 行，列名以“/”相连：{names}",
            "the header has {seen} lines; their names are joined with '/': {names}",
        ),
        Words("在字段映射中用这些列名", "use these names when mapping fields"),
    ),
    "table.header-again": Fault(
        "info",
        Words("这一行重复表头，未读入", "this line repeats the header and is not read"),
        Words("无需处理", "nothing to do"),
    ),
    "table.note": Fault(
        "info",
        Words("表下的附注“{seen}”未读入", "the note below the table, {seen!r}, is not read"),
        Words("无需处理", "nothing to do"),
    ),
    "table.unnamed": Fault(
        "info",
        Words("第 {seen} 列没有列名，未读入", "column {seen} has no name and is not read"),
        Words("若需要该列，加上列名", "name it, if it is wanted"),
    ),
    "table.total": Fault(
        "info",
        Words("合计行“{seen}”不是地块，未计入", "{seen!r} is a total, no row of its own: left out"),
        Words(
            "无需处理；其数值未能核对的另有说明", "nothing to do: what of it is not checked is told"
        ),
    ),
    "table.total-unchecked": Fault(
        "info",
        Words(
            "合计的 {field} 写明 {seen}，未能核对：单位不明、是百分数，或各行不是数",
            "the total says {seen} in {field}, which is not checked: its unit is not known, it is "
            "a percentage, or the rows hold no numbers",
        ),
        Words("若要核对，统一该列单位", "give the whole column one unit to have it checked"),
    ),
    "table.wide": Fault(
        "error",
        Words(
            "这一行有 {seen} 列，超过上限 {limit} 列，不读",
            "this line has {seen} columns, more than the {limit} that are read",
        ),
        Words(
            "检查分隔符与转置，只留下地块的各列",
            "look for a wrong separator or a table on its side; keep the columns of the parcels",
        ),
    ),
    "table.total-differs": Fault(
        "error",
        Words(
            "合计写明 {seen}，各行之和为 {summed}：差额超出舍入所能解释",
            "the total says {seen}, its rows sum to {summed}: more apart than rounding explains",
        ),
        Words(
            "查明漏行、重行或改动过的数，再改正合计",
            "look for a row that is missing, doubled or changed, then correct the total",
        ),
    ),
    "table.total-rounded": Fault(
        "info",
        Words(
            "合计写明 {seen}，各行之和为 {summed}：差额可由舍入解释",
            "the total says {seen}, its rows sum to {summed}: rounding may explain it",
        ),
        Words("若各行未经舍入，则查明差额", "look for the difference if the rows are not rounded"),
    ),
    "table.merged": Fault(
        "info",
        Words(
            "{seen} 处跨行合并的单元格，其文字用于所跨各行",
            "{seen} cells are merged over several rows; their words hold for each of them",
        ),
        Words("若并非如此，取消合并后逐行填写", "if they do not, unmerge them and fill each row"),
    ),
    "table.merged-number": Fault(
        "error",
        Words(
            "数值 {seen} 的单元格跨第 {rows} 行合并：不知属于哪一行，按空值处理",
            "the number {seen} is merged over rows {rows}: whose is not known; taken as blank",
        ),
        Words("取消合并，逐行填写", "unmerge it and give each row its own"),
    ),
    "table.formula-uncached": Fault(
        "error",
        Words(
            "单元格是公式，但文件中没有存计算结果，按空值处理",
            "the cell is a formula whose value is not stored in the file; taken as blank",
        ),
        Words(
            "用 Excel 或 WPS 打开并保存一次，或粘贴为数值",
            "open and save it once in Excel or WPS, or paste it as values",
        ),
    ),
    "table.error-cell": Fault(
        "warning",
        Words("单元格是错误值 {seen}，按空值处理", "the cell holds {seen}; taken as blank"),
        Words("改正公式，或填入数值", "mend the formula, or give the value"),
    ),
    "table.digits": Fault(
        "error",
        Words(
            "数值 {seen} 超过 15 位，工作簿只存 15 位，末几位已丢失",
            "{seen} is a number of more than 15 digits: a workbook keeps 15, the rest is lost",
        ),
        Words(
            "把该列设为文本，重新填入完整编号", "make the column text and enter it again in full"
        ),
    ),
    "table.month-lost": Fault(
        "error",
        Words(
            "日期 {seen} 存为数值：可能是 1 月，也可能是 10 月",
            "the date {seen} is stored as a number: it may be January or October",
        ),
        Words("写成 2023-01 或 2023-10（文本）", "write it as 2023-01 or 2023-10, as text"),
    ),
    "table.hidden-rows": Fault(
        "info",
        Words("有 {seen} 行被隐藏，照样读入", "{seen} rows are hidden; they are read all the same"),
        Words("若不应计入，从表中删去", "delete them, if they are not to count"),
    ),
    "table.sheets": Fault(
        "info",
        Words(
            "读取工作表“{seen}”；另有内容的工作表：{others}",
            "sheet {seen!r} is read; there is more on {others}",
        ),
        Words(
            "若要另一张，在计划中写 sheet，或用 --layer 指明",
            "if another is meant, name it: sheet in the plan, or --layer",
        ),
    ),
    "table.no-sheet": Fault(
        "error",
        Words(
            "没有工作表 {seen!r}；有：{choices}{hint_zh}",
            "no sheet {seen!r} in the workbook; it has {choices}{hint}",
        ),
        Words("改正工作表名", "correct the name of the sheet"),
    ),
    "table.epoch-1904": Fault(
        "warning",
        Words(
            "该工作簿从 1904 年起算日期：未设为日期格式的数值日期会差四年",
            "this workbook counts its days from 1904: dates that are bare numbers are 4 years off",
        ),
        Words("把日期列设为日期格式", "format the dates as dates"),
    ),
    "header.unit-differs": Fault(
        "error",
        Words(
            "列名 {seen!r} 写明单位 {unit}，计划写的是 {stated}",
            "the header {seen!r} says {unit}, the plan says {stated}",
        ),
        Words("查明单位，改正其一", "find out which is right and correct the other"),
    ),
    "header.unit": Fault(
        "info",
        Words("单位 {unit} 取自列名 {seen!r}", "the unit {unit} is taken from the header {seen!r}"),
        Words("无需处理", "nothing to do"),
    ),
    "number.unit": Fault(
        "info",
        Words(
            "{seen!r} 自带单位，按其单位换算（该列单位为 {stated}）",
            "{seen!r} states its own unit and is converted from it (the column is in {stated})",
        ),
        Words("统一该列单位", "give the whole column one unit"),
    ),
    "number.approximate": Fault(
        "warning",
        Words("{seen!r} 是约数，按 {value} 计", "{seen!r} is approximate; it counts as {value}"),
        Words("填入准确数值", "give the exact figure"),
    ),
    "ratio.range": Fault(
        "warning",
        Words(
            "容积率 {seen!r} 是范围（{low} 至 {high}），不是一个数，不计入建筑面积",
            "plot ratio {seen!r} is a range ({low} to {high}), not one number; left out of floor "
            "space",
        ),
        Words(
            '写成一个数，或在计划中写 plot_ratio_range = "low" 或 "high"（取写明的一端）',
            'make it one number, or set plot_ratio_range = "low" or "high" in the plan '
            "(an end that is stated)",
        ),
    ),
    "ratio.range-end": Fault(
        "info",
        Words(
            "容积率 {seen!r} 是范围（{low} 至 {high}），按计划取 {value}",
            "plot ratio {seen!r} is a range ({low} to {high}); {value} is taken, as the plan says",
        ),
        Words("无需处理", "nothing to do"),
    ),
    "parcel.total": Fault(
        "error",
        Words("{seen!r} 是合计行，不是地块", "{seen!r} is a row of totals and no parcel"),
        Words(
            "从图层中删去这一行（接受此错误即不计这一行）",
            "delete the row from the layer (if accepted, it is left out)",
        ),
        sets_aside=True,
    ),
    "parcel.total-differs": Fault(
        "error",
        Words(
            "合计行写明面积 {seen}，各地块之和为 {summed}",
            "the row of totals says {seen}, the declared areas sum to {summed}",
        ),
        Words(
            "查明漏掉、重复或改动过的地块", "look for a parcel that is missing, doubled or changed"
        ),
    ),
    "layer.inferred": Fault(
        "info",
        Words("按下列推断读取：{notes_zh}", "it is read as follows: {notes}"),
        Words(
            "若有不符，用 --field 指明，或用 landready new 建立计划后改正",
            "where that is wrong, say so with --field, or make a plan with landready new",
        ),
    ),
    "field.ambiguous": Fault(
        "warning",
        Words(
            "这几列都可能是 {field}，内容却不同：{seen}；一个也没有采用",
            "each of these could be {field}, and they differ: {seen}; none is read",
        ),
        Words(
            "指明其一：--field {field}={first}，或在计划的 [layers.parcels.fields] 中写明",
            "say which: --field {field}={first}, or {field} under [layers.parcels.fields]",
        ),
    ),
    "field.ambiguous-id": Fault(
        "error",
        Words(
            "这几列都可能是地块编号，内容却不同：{seen}；一个也没有采用",
            "each of these could be the parcel id, and they differ: {seen}; none is read",
        ),
        Words(
            "指明其一：--field parcel_id={first}，或在计划的 [layers.parcels.fields] 中写明",
            "say which: --field parcel_id={first}, or parcel_id under [layers.parcels.fields]",
        ),
    ),
}
