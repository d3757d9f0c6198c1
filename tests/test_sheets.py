"""Workbooks and tables as offices send them, and the numbers in the cells of a parcel layer."""

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from geo.cells.numerals import parse_date
from geo.errors import LayerError
from geo.findings import Finding
from geo.land import Land, read_land
from geo.plan import read_plan
from geo.readers.cells import Mark, Merge, read_cells, unpacked
from geo.readers.table import Table, read_table
from geo.units import M2_PER_MU
from tests.makers import placed, row, write_plan

HEAD = ["地块编号", "面积（亩）", "片区"]


def book(
    path: Path, *rows: Sequence[Any], edit: Callable[[Worksheet], object] | None = None
) -> Path:
    work = Workbook()
    sheet = work.worksheets[0]
    for cells in rows:
        sheet.append(cells)
    if edit is not None:
        edit(sheet)
    work.save(path)
    return path


def table(tmp_path: Path, *rows: Sequence[Any], **how: Any) -> Table:
    return read_table(book(tmp_path / "t.xlsx", *rows, **how))


def codes(findings: Sequence[Finding]) -> list[tuple[str, int | None]]:
    return [(item.code, item.row) for item in findings]


# --- workbooks


def office(sheet: Worksheet) -> None:
    """The merges of a sheet as an office makes it: title, groups, a zone over two rows."""
    for area in ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "B4:B5"):
        sheet.merge_cells(area)


OFFICE = (
    ["清溪镇整备地块一览表", None, None, None, None],
    ["地块编号", "片区", "用地面积（亩）", None, "备注"],
    [None, None, "总", "净", None],
    ["0012", "罗马", 30, 25.5, None],
    ["0013", None, 45, 40, "x"],
    ["合计", None, 75, 65.5, None],
    ["制表人：甲", None, None, None, None],
)


def test_a_sheet_as_an_office_makes_it(tmp_path: Path) -> None:
    found = table(tmp_path, *OFFICE, edit=office)
    assert found.frame.columns.tolist() == [
        "地块编号", "片区", "用地面积（亩）/总", "用地面积（亩）/净", "备注"
    ]  # fmt: skip
    assert found.frame.to_dict("split")["data"] == [
        ["0012", "罗马", "30", "25.5", ""],
        ["0013", "罗马", "45", "40", "x"],
    ]
    assert found.frame.index.tolist() == [4, 5]
    assert codes(found.findings) == [
        ("table.title", 1),
        ("table.note", 7),
        ("table.header-rows", 2),
        ("table.merged", 4),
        ("table.total", 6),
    ]
    assert {item.file for item in found.findings} == {"t.xlsx"}
    assert {item.severity for item in found.findings} == {"info"}


def test_the_same_sheet_as_csv(tmp_path: Path) -> None:
    text = "\n".join(",".join(str(cell or "") for cell in cells) for cells in OFFICE)
    (tmp_path / "t.csv").write_bytes(text.encode("gb18030"))
    found = read_table(tmp_path / "t.csv")
    assert found.frame.index.tolist() == [4, 5]
    assert found.frame["用地面积（亩）/净"].tolist() == ["25.5", "40"]
    assert "table.total" in [item.code for item in found.findings]


def test_cells_are_what_a_reader_of_the_sheet_sees(tmp_path: Path) -> None:
    def formats(sheet: Worksheet) -> None:
        sheet["B2"].number_format = "0%"
        sheet["C2"].number_format = "0000"
        sheet["D2"].number_format = "yyyy/m/d"

    found = table(
        tmp_path,
        ["地块编号", "容积率", "代码", "date", "note"],
        ["0012", 2.1, 12, datetime(2023, 7, 1), True],
        [12.0, 3.5, 12, date(2023, 7, 1), None],
        [None, 1e-07, None, None, "x"],
        edit=formats,
    )
    assert found.frame.loc[2].tolist() == ["0012", "210%", "0012", "2023-07-01 00:00:00", "True"]
    assert found.frame.loc[3].tolist() == ["12", "3.5", "12", "2023-07-01 00:00:00", ""]
    assert found.frame.loc[4].tolist() == ["", "1e-07", "", "", "x"]
    assert found.findings == []


def test_long_numbers_have_lost_digits(tmp_path: Path) -> None:
    rows = [["ZDDM", "MJ"], [441900115001234567, 1.5], ["441900115001234567", 1.5], [10**14, 2]]
    found = table(tmp_path, *rows)
    (fault,) = found.findings
    assert (fault.code, fault.severity, fault.row) == ("table.digits", "error", 2)
    assert (fault.file, fault.field, fault.seen[:15]) == ("t.xlsx", "ZDDM", "441900115001234")
    assert found.frame["ZDDM"].tolist()[1:] == ["441900115001234567", "100000000000000"]


def test_a_formula_without_a_stored_value_is_no_blank_cell(tmp_path: Path) -> None:
    found = table(
        tmp_path, HEAD, ["A", 30, "x"], ["B", "=15*3", "x"], ["合计", "=SUM(B2:B3)", None]
    )
    assert found.frame["面积（亩）"].tolist() == ["30", ""]
    fault = found.findings[0]
    assert (fault.code, fault.severity, fault.row) == ("table.formula-uncached", "error", 3)
    assert (fault.parcel, fault.field) == ("B", "面积（亩）")
    assert codes(found.findings) == [
        ("table.formula-uncached", 3),
        ("table.formula-uncached", 4),
        ("table.total", 4),
    ]


def test_a_formula_with_a_stored_value_is_that_value(tmp_path: Path) -> None:
    """openpyxl stores no values, so the value is put into the file by hand."""
    path = book(tmp_path / "t.xlsx", HEAD, ["B", "=15*3", "x"])
    with zipfile.ZipFile(path) as parts:
        files = {name: parts.read(name) for name in parts.namelist()}
    sheet = (
        files["xl/worksheets/sheet1.xml"]
        .replace(b"<v></v>", b"<v>45</v>")
        .replace(b"<v />", b"<v>45</v>")
    )
    assert b"<v>45</v>" in sheet
    with zipfile.ZipFile(path, "w") as parts:
        for name, content in (files | {"xl/worksheets/sheet1.xml": sheet}).items():
            parts.writestr(name, content)
    found = read_table(path)
    assert (found.frame["面积（亩）"].tolist(), found.findings) == (["45"], [])


def test_an_error_cell_is_blank_and_said(tmp_path: Path) -> None:
    found = table(tmp_path, HEAD, ["A", "#REF!", "x"])
    (fault,) = found.findings
    assert (fault.code, fault.row, fault.parcel, fault.seen) == (
        "table.error-cell",
        2,
        "A",
        "#REF!",
    )


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True

    found = table(tmp_path, HEAD, ["A", 30, "x"], ["B", 45, "x"], edit=hide)
    assert len(found.frame) == 2
    assert [(item.code, item.row, item.seen) for item in found.findings] == [
        ("table.hidden-rows", 3, "1")
    ]


def several(path: Path) -> Path:
    work = Workbook()
    work.worksheets[0].title = "空表"
    for name, parcel in (("旧", "O"), ("地块", "A"), ("附表", "Z")):
        sheet = work.create_sheet(name)
        sheet.append(HEAD)
        sheet.append([parcel, 30, "x"])
    work["旧"].sheet_state = "hidden"
    work.save(path)
    return path


def test_the_first_sheet_with_anything_is_read_and_said(tmp_path: Path) -> None:
    found = read_table(several(tmp_path / "t.xlsx"))
    assert found.frame["地块编号"].tolist() == ["A"]
    (told,) = found.findings
    assert (told.code, told.layer) == ("table.sheets", "地块")
    assert "旧, 附表" in told.message


def test_the_sheet_that_is_named_is_read(tmp_path: Path) -> None:
    path = several(tmp_path / "t.xlsx")
    assert read_table(path, sheet="附表").frame["地块编号"].tolist() == ["Z"]
    assert read_table(path, sheet="旧").findings == []
    with pytest.raises(LayerError) as stopped:
        read_table(path, sheet="附标")
    (fault,) = stopped.value.findings
    assert (fault.code, fault.seen) == ("table.no-sheet", "附标")
    assert "空表, 旧, 地块, 附表" in fault.message


def test_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    work = Workbook()
    work.epoch = CALENDAR_MAC_1904
    work.worksheets[0].append(["地块编号", "完成时间"])
    work.worksheets[0].append(["A", datetime(2023, 7, 1)])
    work.save(tmp_path / "t.xlsx")
    found = read_table(tmp_path / "t.xlsx")
    assert parse_date(found.frame["完成时间"].iat[0]) == (*[date(2023, 7, 1)] * 2, "day")
    assert [item.code for item in found.findings] == ["table.epoch-1904"]


def test_a_month_10_that_was_stored_as_a_number(tmp_path: Path) -> None:
    found = table(
        tmp_path, ["地块编号", "完成时间"], ["A", 2023.10], ["B", 2023.7], ["C", "2023.1"]
    )
    days = [parse_date(cell) for cell in found.frame["完成时间"]]
    assert days[0] is None
    assert [day and day.last for day in days[1:]] == [date(2023, 7, 31), date(2023, 1, 31)]
    assert codes(found.findings) == [("table.month-lost", 2)]


def test_a_cell_far_away_makes_no_millions(tmp_path: Path) -> None:
    def far(sheet: Worksheet) -> None:
        sheet.cell(1_048_576, 3, "x")

    found = table(tmp_path, HEAD, ["A", 30, "x"], edit=far)
    assert found.frame.index.tolist() == [2, 1_048_576]


def test_cells_come_alone_and_travel(tmp_path: Path) -> None:
    raw = read_cells(book(tmp_path / "t.xlsx", *OFFICE, ["B", "=1", 10**16], edit=office))
    assert raw.rows[4] == ["0012", "罗马", "30", "25.5"]
    assert Merge(2, 2, 2, 3) in raw.merges
    assert raw.marks == [Mark(8, 1, "formula"), Mark(8, 2, "digits")]
    assert unpacked(*raw.packed()) == raw


def test_the_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", *OFFICE, edit=office)
    before = path.read_bytes()
    read_table(path)
    assert path.read_bytes() == before
    assert load_workbook(path).active["A1"].value == OFFICE[0][0]


# --- the numbers of a parcel layer


def land(folder: Path, layer_toml: str = "", **columns: Any) -> Land:
    """Lots of 30 mu each, side by side, one for each cell of the columns."""
    number = max(len(cells) for cells in columns.values())
    return read_land(read_plan(write_plan(folder, lots(number, **columns), layer_toml=layer_toml)))


def lots(number: int, **columns: Any) -> gpd.GeoDataFrame:
    return placed(*row([200] * number), **columns)


def ours(done: Land) -> list[Finding]:
    return [
        item for item in done.findings if item.code not in ("ratio.missing", "parcel.no-events")
    ]


RANGES = {"parcel_id": list("ABCD"), "plot_ratio": ["2.0-3.5", "3.5以下", "不低于2.0", "2.5"]}


def test_a_range_of_plot_ratios_is_unknown_until_the_plan_says_which_end(tmp_path: Path) -> None:
    done = land(tmp_path, **RANGES)
    np.testing.assert_array_equal(done.parcels["plot_ratio"], [np.nan, np.nan, np.nan, 2.5])
    found = ours(done)
    assert [(item.code, item.row, item.parcel) for item in found] == [
        ("ratio.range", 1, "A"), ("ratio.range", 2, "B"), ("ratio.range", 3, "C"),
    ]  # fmt: skip
    assert (found[0].severity, found[0].field, found[0].seen) == (
        "warning",
        "plot_ratio",
        "2.0-3.5",
    )
    assert "(2 to 3.5)" in found[0].message
    assert "(— to 3.5)" in found[1].message
    assert 'plot_ratio_range = "low"' in found[0].mend


@pytest.mark.parametrize(
    ("end", "ratios", "unknown"),
    [("low", [2.0, np.nan, 2.0, 2.5], "B"), ("high", [3.5, 3.5, np.nan, 2.5], "C")],
)
def test_the_end_of_a_range_that_the_plan_names(
    end: str, ratios: list[float], unknown: str, tmp_path: Path
) -> None:
    done = land(tmp_path, f'plot_ratio_range = "{end}"', **RANGES)
    np.testing.assert_array_equal(done.parcels["plot_ratio"], ratios)
    told = {item.parcel: item.code for item in ours(done)}
    others = dict.fromkeys({"A", "B", "C"} - {unknown}, "ratio.range-end")
    assert told == {unknown: "ratio.range", **others}


def test_a_range_in_per_cent(tmp_path: Path) -> None:
    toml = 'plot_ratio_unit = "percent"\nplot_ratio_range = "high"'
    done = land(tmp_path, toml, parcel_id=list("ABC"), plot_ratio=["180~200", "180%-210%", "350"])
    assert done.parcels["plot_ratio"].tolist() == pytest.approx([2.0, 2.1, 3.5])


def test_approximate_figures_count_and_are_flagged(tmp_path: Path) -> None:
    done = land(
        tmp_path,
        'declared_area_unit = "mu"',
        parcel_id=list("AB"),
        declared_area=["约30", "30"],
        plot_ratio=["2.0左右", "2.5"],
        existing_floor=["100", "约1,657"],
    )
    assert done.parcels["declared_m2"].tolist() == pytest.approx([20_000, 20_000])
    assert done.parcels["plot_ratio"].tolist() == [2.0, 2.5]
    assert done.parcels["existing_floor_m2"].tolist() == [100, 1657]
    found = [item for item in done.findings if item.code == "number.approximate"]
    assert [(item.row, item.parcel, item.field, item.seen) for item in found] == [
        (1, "A", "declared_area", "约30"),
        (1, "A", "plot_ratio", "2.0左右"),
        (2, "B", "existing_floor", "约1,657"),
    ]
    assert {item.severity for item in found} == {"warning"}
    assert "counts as 1657" in found[2].message


def test_areas_with_units_of_their_own_are_converted_and_said(tmp_path: Path) -> None:
    areas = ["30亩", "2公顷", "20000平方米", "30"]
    done = land(tmp_path, 'declared_area_unit = "mu"', parcel_id=list("ABCD"), declared_area=areas)
    assert done.parcels["declared_m2"].tolist() == pytest.approx([20_000] * 4)
    found = ours(done)
    assert [(item.code, item.row, item.parcel, item.changed) for item in found] == [
        ("number.unit", 2, "B", True), ("number.unit", 3, "C", True),
    ]  # fmt: skip


def test_the_unit_of_a_header_counts_where_the_plan_states_none(tmp_path: Path) -> None:
    fields = 'fields = { declared_area = "面积（亩）", existing_floor = "建筑面积/万㎡" }'
    columns = {"parcel_id": ["A"], "面积（亩）": ["30"], "建筑面积/万㎡": ["1.2"]}
    done = land(tmp_path, fields, **columns)
    assert done.parcels["declared_m2"].tolist() == pytest.approx([20_000])
    assert done.parcels["existing_floor_m2"].tolist() == pytest.approx([12_000])
    assert [(item.code, item.field) for item in ours(done)] == [
        ("header.unit", "面积（亩）"), ("header.unit", "建筑面积/万㎡"),
    ]  # fmt: skip


def test_a_header_that_contradicts_the_plan_is_an_error(tmp_path: Path) -> None:
    toml = 'declared_area_unit = "m2"\nfields = { declared_area = "面积（亩）" }'
    done = land(tmp_path, toml, **{"parcel_id": ["A"], "面积（亩）": ["20000"]})
    (fault,) = ours(done)
    assert (fault.code, fault.severity) == ("header.unit-differs", "error")
    assert (fault.layer, fault.field) == ("parcels", "面积（亩）")
    assert "says mu, the plan says m2" in fault.message


# --- a row of totals among parcels


def test_a_row_of_totals_is_no_parcel(tmp_path: Path) -> None:
    done = land(
        tmp_path,
        parcel_id=["A", "B", "合计"],
        declared_area=[20_000, 20_000, 40_000],
        plot_ratio=["2", "2", "平均2"],
    )
    assert done.parcels["parcel_id"].tolist() == ["A", "B"]
    assert done.aside[["row", "parcel_id", "code"]].to_numpy().tolist() == [
        [3, "合计", "parcel.total"]
    ]
    found = [item for item in done.findings if item.row == 3 and item.code.startswith("parcel")]
    assert [(item.code, item.parcel, item.seen) for item in found] == [
        ("parcel.total", "合计", "合计")
    ]
    assert done.rows_in == 3
    assert done.parcels["land_m2"].sum() == pytest.approx(60 * M2_PER_MU)


def test_a_row_of_totals_by_its_name_that_does_not_add_up(tmp_path: Path) -> None:
    done = land(
        tmp_path,
        'declared_area_unit = "mu"',
        parcel_id=["A", "B", ""],
        name=["甲", "乙", "总计"],
        declared_area=["30", "30", "90"],
    )
    found = {item.code: item for item in done.findings if item.row == 3}
    assert {"parcel.total", "parcel.total-differs"} <= found.keys()
    assert "parcel.id-blank" not in found
    differs = found["parcel.total-differs"]
    assert (differs.severity, differs.field, differs.seen) == ("error", "declared_area", "90")
    assert "sum to 60" in differs.message


def test_a_joined_table_with_a_total_brings_no_total(tmp_path: Path) -> None:
    book(tmp_path / "more.xlsx", *OFFICE, edit=office)
    toml = (
        '[[layers.parcels.joins]]\nfile = "more.xlsx"\nkey = "地块编号"\non = "parcel_id"\n'
        'fields = { declared_area = "用地面积（亩）/总" }\n'
    )
    done = land(tmp_path, toml, parcel_id=["0012", "0013"])
    assert done.parcels["declared_m2"].tolist() == pytest.approx([20_000, 30_000])
    told = {item.code for item in done.findings}
    assert "header.unit" in told
    assert not told & {"join.unmatched", "join.incomplete", "join.several"}


# --- dates of events


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("45108", date(2023, 7, 1)),
        ("20230701", date(2023, 7, 1)),
        ("2023年第三季度", date(2023, 9, 30)),
        ("2023年上半年", date(2023, 6, 30)),
        ("2023年底", date(2023, 12, 31)),
    ],
)
def test_events_keep_the_precision_of_their_date(cell: str, day: date, tmp_path: Path) -> None:
    history = pd.DataFrame(
        {"parcel_id": ["A"], "date": [cell], "stage": ["cleared"], "evidence": ["x"]}
    )
    path = write_plan(tmp_path, lots(1, parcel_id=["A"]), history=history)
    events = read_land(read_plan(path)).events
    known = parse_date(cell)
    assert known is not None
    assert [stamp.date() for stamp in events["date"]] == [day]
    assert events["precision"].tolist() == [known.precision]


def test_a_sign_that_is_only_shown_is_no_percentage(tmp_path: Path) -> None:
    book = Workbook()
    for line, (value, pattern) in enumerate(((2.5, '0.0"%"'), (2.5, r"0.0\%"), (2.5, "0%")), 1):
        cell = book.worksheets[0].cell(line, 1, value)
        cell.number_format = pattern
    book.save(tmp_path / "t.xlsx")
    assert list(read_cells(tmp_path / "t.xlsx").rows.values()) == [["2.5"], ["2.5"], ["250%"]]
