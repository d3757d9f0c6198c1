"""The gate: whatever is wrong in a file is told whole: code, file, row, parcel, mu, place, cure."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
from openpyxl import Workbook

from geo.faults import Severity
from geo.findings import Finding
from geo.gate import Checked, Known, check_file
from geo.units import M2_PER_MU
from tests.test_bad_input import events, land, lot, plan, write

Make = Callable[[Path], Path]
"""Writes the file with the fault into a folder, and says which file to check."""


@dataclass(frozen=True)
class Case:
    """A file with one fault, and all that the gate must say about it.

    ``counted_mu`` is the land that can be counted all the same (None: land that is elsewhere has
    no area worth a word), ``mu`` what the fault touches
    (None where no land is known), ``place`` the kind of geometry that shows where it is.
    """

    code: str
    make: Make
    en: str
    zh: str
    severity: Severity = "error"
    file: str = "parcels.gpkg"
    row: int | None = None
    parcel: str = ""
    field: str = ""
    mu: float | None = None
    counted_mu: float | None = 90.0
    changed: bool = False
    place: str | None = None
    known: dict[str, Any] = dataclasses.field(default_factory=dict)
    alone: bool = True
    note: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.note}".strip()


def layer(frame: Any, name: str = "parcels.gpkg") -> Make:
    """A bare layer; a list of frames makes a file of several layers."""

    def make(folder: Path) -> Path:
        write(frame, folder / name)
        return folder / name

    return make


def text(content: str | bytes, name: str) -> Make:
    """A file of these characters."""

    def make(folder: Path) -> Path:
        raw = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(raw)
        return folder / name

    return make


def then(make: Make, change: Callable[[Path], object]) -> Make:
    """The file that ``make`` writes, after ``change`` was done to it."""

    def made(folder: Path) -> Path:
        path = make(folder)
        change(path)
        return path

    return made


def checked(case: Case, folder: Path) -> Checked:
    """The file of a case, through the door."""
    known = {
        name: folder / value if name in ("boundary", "manifest") else value
        for name, value in case.known.items()
    }
    return check_file(case.make(folder), Known(**known))


def assert_told(case: Case, folder: Path) -> None:
    """The fault is told whole, in both languages, and forbids official sums if it is an error."""
    result = checked(case, folder)
    of_code = [item for item in result.findings if item.code == case.code]
    assert of_code, [item.line("en") for item in result.findings]
    found = of_code[0]
    assert found.severity == case.severity
    place = (found.file, found.row, found.parcel, found.field)
    file = case.file.format(folder=folder)
    assert place == (file, case.row, case.parcel, case.field)
    assert case.en in found.message
    assert case.zh in found.message_zh
    assert_whole(found)
    if case.mu is None:
        assert found.area_m2 is None
    else:
        assert found.area_m2 == pytest.approx(case.mu * M2_PER_MU, rel=1e-3, abs=1e-3)
    assert found.changed is case.changed
    assert (None if found.shape is None else found.shape.geom_type) == case.place
    if case.counted_mu is not None:
        assert result.area_mu == pytest.approx(case.counted_mu, rel=1e-3, abs=1e-6)
    errors = {item.code for item in result.findings if item.severity == "error"}
    assert result.stops is bool(errors)
    if case.alone:  # nothing else is called wrong
        assert errors <= {case.code}


def assert_whole(found: Finding) -> None:
    """Every template is filled, there is a cure, and English is English."""
    assert found.mend
    assert found.mend_zh
    for line in (found.line("en"), found.line("zh")):
        assert "{" not in line
        assert "np." not in line
        assert "nan" not in line.casefold()
    assert found.shape is None or not shapely.is_empty(found.shape)


# --- what the columns of a layer and the cells of a table say


def of(frame: Any = None, **columns: Any) -> Make:
    """Three lots with these columns, in a layer that no plan describes."""
    return layer(land(**columns) if frame is None else frame)


def planned(**given: Any) -> Make:
    """The same lots with a plan."""
    return lambda folder: plan(folder, **given)


def log(*rows: str, **given: Any) -> Make:
    """A plan with two sound events, and these."""
    return planned(**events(*rows, **given))


def book(*rows: list[Any], edit: Callable[[Any], object] = lambda _: None) -> Make:
    """A workbook of attributes, without any land."""

    def make(folder: Path) -> Path:
        made = Workbook()
        for cells in rows:
            made.worksheets[0].append(cells)
        edit(made.worksheets[0])
        made.save(folder / "t.xlsx")
        return folder / "t.xlsx"

    return make


M2 = 20_000.0
C = {"row": 3, "parcel": "C"}
OUTLINE = {"place": "Polygon"}
DECLARED = {"field": "declared_area"}
TABLE = {"file": "t.csv", "counted_mu": 0.0}
BOOK = {"file": "t.xlsx", "counted_mu": 0.0}
HEAD = ["地块编号", "面积（亩）", "容积率"]
SIZES = (1.0, 1.5, 2.5, 4.0, 5.5)
ROW_OF_LOTS = [lot(sum(SIZES[:at]), wide=wide) for at, wide in enumerate(SIZES)]
TWO_CODES = {"parcel_id": ["A", "B", "C"], "容积率": [1, 2, 3], "规划容积率": [1, 2, 4]}
MERCATOR = [M2 * 1.1773] * 3
SHARED = ('programmes = [{ id = "fifteen", name = "15", parcels = ["A", "C"] }, '
          '{ id = "four", name = "4", parcels = ["C"] }]')  # fmt: skip
IN_ROW_3 = C | OUTLINE | {"mu": 30.0}
LINE_4 = {"file": "events.csv", "row": 4, "parcel": "C", "mu": 30.0} | OUTLINE

AREAS = [
    Case("area.differs", of(declared_area=[M2, M2, 20_100]), "declared 30.15 mu, measured 30.00 "
         "mu: 0.50% apart", "申报 30.15 亩，图形 30.00 亩，差 0.50%", "warning", **C, **OUTLINE,
         **DECLARED, mu=0.15, note="more than 0.1 %"),
    Case("area.contradicts", of(declared_area=[M2, M2, 25_000]), "25.00% apart", "差 25.00%",
         **C, **OUTLINE, **DECLARED, mu=7.5, note="more than 1 %"),
    *(
        Case("area.unit", planned(parcels=land(declared_area=[value] * 3),
                                  layer=f'declared_area_unit = "{stated}"'),
             f"the unit looks like {unit}, not {stated}", f"单位像是 {unit} 而不是 {stated}",
             **DECLARED, note=f"{unit} called {stated}")
        for value, unit, stated in [
            (2.0, "ha", "mu"), (30.0, "mu", "ha"), (2.0, "ha", "m2"), (30.0, "mu", "m2"),
            (M2, "m2", "mu"), (M2, "m2", "ha"),
        ]
    ),
    Case("area.mercator", of(declared_area=MERCATOR), "about 1.1773 times the measured ones, which "
         "is what Web Mercator", "网络墨卡托", **DECLARED, note="planner's name"),
    Case("area.mercator", of(面积=[value / 1.1773**2 for value in MERCATOR]),
         "about 0.8494 times", "网络墨卡托", **DECLARED, note="1/1.177, an alias"),
    Case("area.contradicts", of(面积=[7 * M2] * 3), "declared 210.00 mu, measured 30.00 mu",
         "申报 210.00 亩", row=1, parcel="A", **OUTLINE, **DECLARED, mu=180.0, note="in no unit"),
    Case("layer.order", of(land(*ROW_OF_LOTS, 面积=[30 * at for at in SIZES[2:] + SIZES[:2]])),
         "5 of them fit the shapes of other rows", "属性与图形的次序不同", **DECLARED, mu=435.0,
         counted_mu=435.0, note="ids and areas in another order"),
    Case("area.unreadable", of(declared_area=["20000", "20,000", "若干"]),
         "the declared area '若干' is not a number", "'若干' 不是数", "warning", **IN_ROW_3,
         **DECLARED, note="numbers as text"),
    Case("number.approximate", of(declared_area=["20000", "２００００", "约20000"]),
         "'约20000' is approximate; it counts as 20000", "'约20000' 是约数，按 20000 计", "warning",
         **IN_ROW_3, **DECLARED),
    Case("header.unit-differs", of(**{"面积（亩）": [M2] * 3}),
         "the header '面积（亩）' says mu", "列名 '面积（亩）' 写明单位 mu", field="面积（亩）"),
    Case("floor.footprint", of(XZJZMJ=[M2, M2, 7 * M2]), "existing floor 140000 m² is 7.00 times "
         "the land of 20000 m²: the land looks like a building's footprint", "用地像是建筑占地",
         "warning", **IN_ROW_3, field="existing_floor"),
    Case("floor.contradicts", of(existing_floor=[M2, M2, 10_000.0], plot_ratio_existing=[1, 1, 1]),
         "existing plot ratio × land = 20000 m², but the floor is 10000 m²: 50.0% apart",
         "差 50.0%", "warning", **IN_ROW_3, field="existing_floor"),
]  # fmt: skip

RATIOS = [
    Case("ratio.percent", of(plot_ratio=[2, 2, 350]), "plot ratio 350 looks like a percentage",
         "容积率 350 像是百分数", **IN_ROW_3, field="plot_ratio"),
    Case("ratio.low", of(plot_ratio=[210, 200, 2.1]), "plot ratio 2.1 looks like a plain ratio",
         "像是普通比值", **IN_ROW_3, field="plot_ratio"),
    Case("ratio.high", of(plot_ratio=[2, 2, 6]), "plot ratio 6 is above 5.0", "高于 5.0", "warning",
         **IN_ROW_3, field="plot_ratio"),
    Case("ratio.negative", of(plot_ratio=[2, 2, -1]), "plot ratio -1 is negative", "为负",
         **IN_ROW_3, field="plot_ratio"),
    Case("ratio.zero", of(plot_ratio=[2, 2, 0]), "is 0 and is taken as unknown", "按未知处理",
         "warning", **IN_ROW_3, field="plot_ratio", note="a null that became 0"),
    Case("ratio.missing", of(plot_ratio=[2, 2, None]), "it has no plot ratio", "没有容积率", "info",
         **IN_ROW_3, field="plot_ratio"),
    Case("ratio.range", of(plot_ratio=["2", "2", "3.5以下"]),
         "plot ratio '3.5以下' is a range (— to 3.5)", "是范围", "warning", **IN_ROW_3,
         field="plot_ratio"),
    Case("ratio.unreadable", of(plot_ratio=["2", "２．５", "不予規定"]),
         "plot ratio '不予規定' is not a number", "不是一个数", "warning", **IN_ROW_3,
         field="plot_ratio"),
    Case("field.ambiguous", of(**TWO_CODES), "each of these could be plot_ratio, and they differ",
         "这几列都可能是 plot_ratio", "warning", field="plot_ratio", note="asked, not guessed"),
    Case("field.ambiguous-id", of(land().assign(地块编号=[*"ABC"], 图斑编号=[*"XYZ"]).drop(
        columns="parcel_id")), "each of these could be the parcel id", "都可能是地块编号",
         field="parcel_id"),
]  # fmt: skip

IDS = [
    Case("parcel.id-duplicate", of(parcel_id=["A", "B", "B"]), "id B stands 2 times (rows 2, 3)",
         "编号 B 出现 2 次（第 2, 3 行）", row=2, parcel="B", field="parcel_id", mu=30.0,
         counted_mu=30.0, **OUTLINE),
    Case("parcel.id-numbered", of(parcel_id=["A", "B", ""]), "is called row-3 after its row",
         "按行号称为 row-3", "info", row=3, parcel="row-3", field="parcel_id", mu=30.0, **OUTLINE),
    Case("parcel.id-blank", planned(parcels=land(parcel_id=["A", "B", None])),
         "the parcel id is blank", "地块编号为空", row=3, field="parcel_id", mu=30.0,
         counted_mu=60.0, **OUTLINE),
    Case("parcel.id-alike", of(parcel_id=["A", "LM-A1", "ＬＭ－A01"]),
         "id ＬＭ－A01 is almost the same as LM-A1", "与 LM-A1 几乎相同", "warning", row=3,
         parcel="ＬＭ－A01", field="parcel_id", mu=30.0, **OUTLINE),
    Case("parcel.total", of(land(lot(0), lot(1), None, parcel_id=["A", "B", "合计"])),
         "'合计' is a row of totals and no parcel", "'合计' 是合计行，不是地块", row=3,
         parcel="合计", counted_mu=60.0),
    Case("parcel.total-differs",
         of(land(lot(0), lot(1), None, parcel_id=["A", "B", "合计"], 面积=[30.0, 30.0, 75.0])),
         "the row of totals says 75", "合计行写明面积 75", row=3, parcel="合计", **DECLARED,
         counted_mu=60.0, alone=False),
]  # fmt: skip

TEXTS = [
    *(
        Case("text.mojibake", of(名称=["罗马", "长山头", cell]), f"its text is mojibake ({seen})",
             f"文字是乱码（{seen}）", "warning", **IN_ROW_3, field="name", note=note)
        for cell, seen, note in [
            ("锟斤拷地块", "锟斤拷", "replaced twice"),
            ("长山\ufffd", "\ufffd", "replaced once"),
            ("Ã©cole", "Ã©cole", "UTF-8 as Latin-1"),
            ("鍦板潡", "鍦板潡", "UTF-8 as GBK"),
            ("ÂÞÂí", "ÂÞÂí", "GBK as Latin-1"),
            ("???", "???", "question marks"),
        ]
    ),
    Case("field.mojibake", of(**{"鍦板潡缂栧彿": ["x"] * 3}), "the column name is mojibake",
         "列名是乱码", "warning", field="鍦板潡缂栧彿"),
    Case("layer.vintages", of(数据年份=["2019", "2021年", "2021"]), "(2019 × 1, 2021 × 2)",
         "各行的年份不同（2019 × 1, 2021 × 2）", "warning", field="数据年份", mu=30.0),
    Case("programme.shared", planned(top=SHARED), "it is in several programmes (fifteen, four)",
         "同属几个项目组（fifteen, four）", "info", file="plan.toml", parcel="C", mu=30.0,
         **OUTLINE),
]  # fmt: skip

STAGES = [
    Case("event.unknown-stage", log("C,2024-01-01,基本完成,,x,,"), "unknown stage '基本完成'",
         "未知阶段 '基本完成'", **LINE_4, field="stage", note="基本完成 is not complete"),
    Case("event.unknown-stage", of(整备阶段=["签订", "已签约", "基本完成"], 完成时间=["2023.7"] * 3,
                                   依据=["x"] * 3), "unknown stage '基本完成'",
         "未知阶段 '基本完成'", **IN_ROW_3, field="stage", note="of a bare layer"),
    Case("event.unknown-stage", of(整备阶段=["签订", "x", "基本完成"]), "unknown stage 'x'",
         "未知阶段 'x'", row=2, parcel="B", mu=30.0, **OUTLINE, field="stage",
         note="where most are unknown"),
    Case("event.date", log("C,2023-02-30,signed,,x,,"), "the date '2023-02-30' is not understood",
         "日期 '2023-02-30' 不能识别", **LINE_4, field="date"),
    Case("event.future", log("C,2099-01-01,signed,,x,,"), "2099-01-01 is after the as-of date",
         "晚于截止日", "info", **LINE_4, field="date"),
    Case("event.no-evidence", log("C,2024-01-01,signed,,,,"), "no evidence and is self-reported",
         "没有佐证，为自报", "warning", **LINE_4, field="evidence"),
    Case("event.order", log("A,2024-02-01,survey,,x,,"), "stage 'Survey' is dated after the higher",
         "的日期晚于更高的阶段", "info", file="events.csv", row=4, parcel="A", mu=30.0, **OUTLINE,
         field="date"),
    Case("event.revert-nothing", log("A,2024-02-01,signed,revert,x,court,"), "nothing falls",
         "没有任何退回", file="events.csv", row=4, parcel="A", mu=30.0, **OUTLINE, field="stage"),
    Case("event.unknown-parcel", log("Ａ,2024-01-01,signed,,x,,"), "did you mean 'A'?",
         "是否指 'A'？", file="events.csv", row=4, parcel="Ａ", field="parcel_id"),
    Case("event.undated",
         of(stage=["signed", "signed", "cleared"], stage_date=["2024", "2024", ""]),
         "stage 'cleared' has no date", "没有日期", "warning", **IN_ROW_3, field="stage_date"),
]  # fmt: skip

TABLES = [
    Case("event.unknown-stage", text("parcel_id,date,stage\nA,45108,signed\nB,2023,基本完成\n",
                                     "t.csv"), "unknown stage '基本完成'", "未知阶段", row=3,
         parcel="B", field="stage", **TABLE, note="a log alone"),
    Case("event.future", text("地块编号,日期,阶段,依据\nA,2099年7月,已签订,x\n", "t.csv"),
         "2099-07-31 is after", "晚于截止日", "info", row=2, parcel="A", field="date", **TABLE,
         note="a Chinese log alone"),
    Case("parcel.id-duplicate", text("地块编号,面积\nA,1\nA,2\n", "t.csv"),
         "id A stands 2 times (rows 2, 3)", "出现 2 次（第 2, 3 行）", row=2, parcel="A",
         field="parcel_id", **TABLE, note="attributes alone"),
    Case("text.mojibake", text("地块编号,名称\nA,锟斤拷\n", "t.csv"), "mojibake (锟斤拷)", "乱码",
         "warning", row=2, parcel="A", field="name", **TABLE, note="attributes alone"),
    Case("table.ragged", text("地块编号,面积\nA,1,2\n", "t.csv"), "3 cells and the header 2",
         "有 3 格，表头有 2 格", row=2, **TABLE),
    Case("points.columns", text("地块编号,X\nA,1\n", "t.csv"), "no two of its columns are a pair",
         "坐标列不成对", **TABLE, note="half a pair is no attribute"),
    Case("table.total", book(HEAD, ["A", 30, 2], ["B", 45, 2], ["合计", 75, None]),
         "is a total, no row of its own: left out", "不是地块，未计入", "info", row=4, **BOOK),
    Case("table.total-differs", book(HEAD, ["A", 30, 2], ["B", 45, 2], ["合计", 90, None]),
         "the total says 90, its rows sum to 75", "合计写明 90，各行之和为 75", row=4,
         field="面积（亩）", **BOOK),
    Case("table.formula-uncached", book(HEAD, ["A", "=15*2", 2]), "a formula whose value is not "
         "stored", "文件中没有存计算结果", row=2, parcel="A", field="面积（亩）", **BOOK),
    Case("table.error-cell", book(HEAD, ["A", "#REF!", 2]), "the cell holds #REF!",
         "单元格是错误值 #REF!", "warning", row=2, parcel="A", field="面积（亩）", **BOOK),
    Case("table.digits", book(HEAD, [441900115001234567, 30, 2]), "more than 15 digits",
         "超过 15 位", row=2, parcel="441900115001234624", field="地块编号", **BOOK),
    Case("table.title", book(["清溪镇台账"], HEAD, ["A", 30, 2]), "the title above the header",
         "表头上方的标题", "info", row=1, **BOOK),
    Case("table.header-rows", book(["地块编号", "面积（亩）", None], [None, "总", "净"],
                                    ["A", 30, 25]), "the header has 2 lines",
         "表头有 2 行", "info", row=1, **BOOK),
    Case("table.merged-number", book(HEAD, ["A", 30, 2], ["B", None, 2],
                                     edit=lambda sheet: sheet.merge_cells("B2:B3")),
         "the number 30 is merged over rows 2", "跨第 2", row=2, field="面积（亩）", **BOOK),
    Case("number.approximate", book(HEAD, ["A", "约1657", 2]), "'约1657' is approximate", "是约数",
         "warning", row=2, parcel="A", **DECLARED, **BOOK),
    Case("ratio.percent", book(HEAD, ["A", 30, 2], ["B", 30, 2], ["D", 30, 350]),
         "looks like a percentage", "像是百分数", row=4, parcel="D", field="plot_ratio", **BOOK),
]  # fmt: skip


@pytest.mark.parametrize("case", [*AREAS, *RATIOS, *IDS, *TEXTS, *STAGES, *TABLES], ids=str)
def test_the_fault_is_told(case: Case, tmp_path: Path) -> None:
    assert_told(case, tmp_path)
