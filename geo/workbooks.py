"""Tables as one Excel workbook with Chinese headings; every cell inert."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geo.tables.sheet import LIGHTS, MOST_ROWS, Field, Sheet, cells
from geo.writers.atomic import replacing

_FORMATS: Final = {"number": "#,##0", "percent": "0"}


def write_workbook(
    sheets: list[Sheet], path: Path, *, charts: Sequence[Callable[[Workbook], None]] = ()
) -> None:
    """All tables as one workbook in Chinese; figures unrounded, shown with their decimals.

    ``charts`` add their own pages after the tables. Tables of more than :data:`MOST_ROWS` rows are
    left to CSV. The file is replaced at once.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in (sheet for sheet in sheets if len(sheet.frame) <= MOST_ROWS):
        _fill(book.create_sheet(sheet.title.zh[:31]), sheet)
    for draw in charts:
        draw(book)
    with replacing(path) as new:
        book.save(new)


def _fill(page: Worksheet, sheet: Sheet) -> None:
    for column, item in enumerate(sheet.fields, start=1):
        heading = page.cell(1, column, item.zh)
        heading.font = Font(bold=True)
        heading.fill = PatternFill("solid", fgColor="FFE8EEF2")
        heading.alignment = Alignment(wrap_text=True, vertical="center")
        page.column_dimensions[get_column_letter(column)].width = 14
    for number, row in enumerate(cells(sheet), start=2):
        for column, (item, value) in enumerate(zip(sheet.fields, row, strict=True), start=1):
            _put(page.cell(number, column), item, value, sheet)
    page.freeze_panes = "B2"
    page.auto_filter.ref = page.dimensions


def _put(cell: Cell | MergedCell, item: Field, value: Any, sheet: Sheet) -> None:
    names = sheet.names.get(item.key, {})
    if value in names:
        value = names[value].zh
    if item.kind == "light":
        value = LIGHTS[value].zh
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, whatever it begins with
    elif item.kind in _FORMATS and value is not None:
        decimals = f".{'0' * item.places}" if item.places else ""
        cell.number_format = (
            _FORMATS[item.kind] + decimals + ("%" if item.kind == "percent" else "")
        )
