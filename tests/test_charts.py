"""The charts of a workbook: bars of the Gantt by quarter, and the S-curve, opened again."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import LineChart
from openpyxl.worksheet.worksheet import Worksheet

from geo.charts import MOST_BARS, add_curve, add_gantt
from geo.sequence.outcome import Sequence
from geo.workbooks import write_workbook
from tests.sequenced import SEQUENCE, sequenced, studied

BLUE, GREEN = "FF3B7DB8", "FF2E9E6B"
RECORD = "parcel_id,start,ready\nB,2025Q1,2025Q2\nC,2025Q3,2025Q3\nE,2026Q2,\n"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Sequence:
    """Three parcels over three years: two quarters, one quarter, and not ready in time."""
    from geo.sequence.answer import recorded  # noqa: PLC0415 - its kernels are slow to load

    folder = tmp_path_factory.mktemp("town")
    study = studied(sequenced(folder, SEQUENCE))
    (folder / "record.csv").write_text(RECORD, "utf-8")
    return recorded(study, "record.csv")


def drawn(draw: Callable[..., None], sequence: Sequence, path: Path) -> Worksheet:
    """The one sheet of a workbook with this chart, read again."""
    write_workbook([], path, charts=[partial(draw, sequence=sequence)])
    return load_workbook(path).worksheets[0]


def fills(page: Worksheet, row: int) -> list[str]:
    """The colours of a bar, quarter by quarter; nothing where there is none."""
    cells = page[row][2:]
    return ["" if cell.fill.fill_type is None else cell.fill.fgColor.rgb for cell in cells]


def test_a_bar_goes_from_the_start_to_the_quarter_that_is_ready(told, tmp_path):
    page = drawn(add_gantt, told, tmp_path / "a.xlsx")
    assert [cell.value for cell in page[1]][:7] == [
        *("地块", "亩", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1")
    ]
    assert [page.cell(row, 1).value for row in (2, 3, 4)] == ["B", "C", "E"]
    assert page.cell(2, 2).value == pytest.approx(30)
    assert page.max_row == 4
    assert page.max_column == 2 + 12
    assert fills(page, 2) == [BLUE, GREEN] + [""] * 10
    assert fills(page, 3) == ["", "", GREEN] + [""] * 9
    assert fills(page, 4) == [""] * 5 + [BLUE] * 7
    assert page.freeze_panes == "C2"


def test_the_curve_is_that_of_the_quarters_with_its_chart(told, tmp_path):
    page = drawn(add_curve, told, tmp_path / "a.xlsx")
    rows: list[Any] = list(page.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [str(day.date()) for day in told.quarters["date"]]
    assert [row[1] for row in rows] == pytest.approx(told.quarters["ready_mu"].tolist())
    assert [row[2] for row in rows] == pytest.approx(told.quarters["in_blocks_mu"].tolist())
    assert rows[-1][1] == pytest.approx(90)
    (chart,) = page._charts
    assert isinstance(chart, LineChart)
    references = [series.val.numRef.f for series in chart.series]
    assert references == ["'S曲线'!$B$2:$B$13", "'S曲线'!$C$2:$C$13"]


@pytest.mark.parametrize("name", ["=1+1", "-B", "@SUM(A1)", "a\x01b"])
def test_an_id_is_text_whatever_it_begins_with(told, tmp_path, name):
    parcels = told.parcels.assign(parcel_id=[name, "C", "E"])
    changed = replace(told, parcels=parcels)
    page = drawn(add_gantt, changed, tmp_path / "a.xlsx")
    cell = page.cell(2, 1)
    assert (cell.value, cell.data_type) == (name.replace("\x01", ""), "s")


def test_a_plan_without_a_parcel_has_no_bars(told, tmp_path):
    empty = replace(told, parcels=told.parcels.iloc[:0])
    assert drawn(add_gantt, empty, tmp_path / "a.xlsx").max_row == 1


def test_a_gantt_ends_where_nobody_reads_on(told):
    many = replace(told, parcels=pd.concat([told.parcels] * 1700, ignore_index=True))
    book = Workbook()
    add_gantt(book, many)
    assert book["排期甘特图"].max_row == 1 + MOST_BARS
