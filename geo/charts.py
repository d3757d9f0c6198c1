"""Charts in a workbook: the Gantt of a sequence, and its S-curve."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.chart import LineChart, Reference
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geo.sequence.outcome import Sequence

MOST_BARS: Final = 5000
"""A longer Gantt is read by nobody and makes Excel slow; the table has every parcel."""

_BAR: Final = PatternFill("solid", fgColor="FF3B7DB8")
_READY: Final = PatternFill("solid", fgColor="FF2E9E6B")
_HEADING: Final = PatternFill("solid", fgColor="FFE8EEF2")


def add_gantt(book: Workbook, sequence: Sequence) -> None:
    """A sheet with a row for each parcel and a column for each quarter; bars are filled cells."""
    page = book.create_sheet("排期甘特图")
    quarters = [pd.Timestamp(day).date() for day in sequence.quarters["date"]]
    headings = ["地块", "亩", *(f"{day.year}Q{day.month // 3}" for day in quarters)]
    for column, text in enumerate(headings, start=1):
        cell = page.cell(1, column, text)
        cell.font, cell.fill = Font(bold=True), _HEADING
        cell.alignment = Alignment(horizontal="center", text_rotation=90 if column > 2 else 0)
        page.column_dimensions[get_column_letter(column)].width = 4 if column > 2 else 14
    rows = sequence.parcels.head(MOST_BARS)[["parcel_id", "land_mu", "start", "ready"]]
    for number, (parcel, mu, start, ready) in enumerate(rows.itertuples(index=False), start=2):
        name = page.cell(number, 1, ILLEGAL_CHARACTERS_RE.sub("", parcel))
        name.data_type = "s"  # never a formula, whatever it begins with
        page.cell(number, 2, mu).number_format = "#,##0.00"
        for column, fill in _filled(quarters, start, ready):
            page.cell(number, column).fill = fill
    page.freeze_panes = "C2"


def _filled(
    quarters: list[date], start: pd.Timestamp, ready: pd.Timestamp
) -> Iterator[tuple[int, PatternFill]]:
    """The columns of a bar; the last of one that is ready within the years is green."""
    for column, end in enumerate(quarters, start=3):
        if end < start.date() or (not pd.isna(ready) and end > ready.date()):
            continue
        yield column, _READY if not pd.isna(ready) and end == ready.date() else _BAR


def add_curve(book: Workbook, sequence: Sequence) -> None:
    """A sheet with the S-curve: land ready and in blocks by quarter, and the chart of it."""
    page: Worksheet = book.create_sheet("S曲线")
    headings = ("季末", "累计就绪（亩）", "连片（亩）")
    for column, text in enumerate(headings, start=1):
        page.cell(1, column, text).font = Font(bold=True)
        page.column_dimensions[get_column_letter(column)].width = 16
    table = sequence.quarters[["date", "ready_mu", "in_blocks_mu"]]
    for number, (day, ready, blocks) in enumerate(table.itertuples(index=False), start=2):
        page.cell(number, 1, pd.Timestamp(day).date().isoformat())
        for column, mu in ((2, ready), (3, blocks)):
            page.cell(number, column, mu).number_format = "#,##0.00"
    chart, last = LineChart(), len(table) + 1
    chart.title, chart.height, chart.width = "S 曲线", 9, 22
    chart.add_data(
        Reference(page, min_col=2, max_col=3, min_row=1, max_row=last), titles_from_data=True
    )
    chart.set_categories(Reference(page, min_col=1, min_row=2, max_row=last))
    chart.x_axis.delete = chart.y_axis.delete = False
    page.add_chart(chart, "E2")
