"""Workbooks (.xlsx): the cells of one sheet as text, and what their text does not show."""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.cells import Mark, Merge, RawCells
from geo.readers.lines import Lines
from geo.words import hint, listed

LONGEST_EXACT: Final = 10**15
"""A workbook keeps fifteen digits of a number; whole numbers from here on have lost the rest."""


def read_workbook(path: Path, wanted: str | None) -> RawCells:
    """The cells of the sheet that is wanted, or of the first that holds anything.

    Raises :class:`LayerError` when the workbook is damaged and when it has no such sheet.
    """
    try:
        return _sheet_cells(path, wanted)
    except LayerError:
        raise
    except Exception as error:  # a damaged workbook raises whatever zip, XML or openpyxl raise
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None


def _sheet_cells(path: Path, wanted: str | None) -> RawCells:
    """One sheet as its cells were last shown; formulas are told where nothing was stored."""
    book = openpyxl.load_workbook(path, data_only=True)
    formulas = openpyxl.load_workbook(path) if _has_formulas(path) else None
    filled = [sheet.title for sheet in book.worksheets if any(_stored(sheet))]
    sheet, findings = _choose_sheet(book, filled, wanted, path.name)
    if sheet is None:
        return RawCells(Lines.of({}), grid=True)
    uncached = set() if formulas is None else set(_uncached(sheet, formulas[sheet.title]))
    rows, marks = _texts(sheet, uncached)
    findings += _notices(book, sheet, rows, path.name)
    merges = [
        Merge(part.min_row, part.min_col - 1, part.max_row, part.max_col - 1)
        for part in sheet.merged_cells.ranges
    ]
    others = [name for name in filled if wanted is None and name != sheet.title]
    return RawCells(Lines.of(rows), True, sheet.title, merges, marks, findings, others)


def _has_formulas(path: Path) -> bool:
    """Whether any sheet has a formula: only then is the workbook worth a second reading."""
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<(\w+:)?f[\s>/]", parts.read(name)) for name in sheets)


def _stored(sheet: Worksheet) -> Iterator[Cell]:
    """The cells that hold something; the others of a sheet may be millions and are not made."""
    for cell in sheet._cells.values():
        if cell.value is not None:
            yield cell


def _choose_sheet(
    book: Workbook, filled: list[str], wanted: str | None, file: str
) -> tuple[Worksheet | None, list[Finding]]:
    """The sheet that the plan names, or the first that holds anything, the hidden ones last."""
    names = [sheet.title for sheet in book.worksheets]
    if wanted is not None:
        if wanted not in names:
            words: Place = {"choices": listed(names), **hint(wanted, names)}
            raise LayerError(finding("table.no-sheet", file=file, seen=wanted, **words))
        return book[wanted], []
    if not filled:
        return None, []
    shown = [name for name in filled if book[name].sheet_state == "visible"]
    chosen = (shown or filled)[0]
    others = [name for name in filled if name != chosen]
    if not others:
        return book[chosen], []
    told = finding("table.sheets", file=file, layer=chosen, seen=chosen, others=listed(others))
    return book[chosen], [told]


def _uncached(values: Worksheet, formulas: Worksheet) -> Iterator[tuple[int, int]]:
    for (line, column), cell in formulas._cells.items():
        if cell.data_type == "f":
            known = values._cells.get((line, column))
            if known is None or known.value is None:
                yield line, column


def _texts(
    sheet: Worksheet, uncached: set[tuple[int, int]]
) -> tuple[dict[int, list[str]], list[Mark]]:
    """The cells of a sheet as text, each line as long as its last filled cell."""
    cells: dict[int, dict[int, str]] = {}
    marks = [Mark(line, column - 1, "formula") for line, column in uncached]
    for line, _ in uncached:
        cells.setdefault(line, {})
    for cell in _stored(sheet):
        cells.setdefault(cell.row, {})[cell.column - 1] = _text(cell)
        if mark := _mark(cell):
            marks.append(mark)
    rows = {}
    for line in sorted(cells):
        width = max(cells[line], default=-1) + 1
        rows[line] = [cells[line].get(column, "") for column in range(width)]
    return rows, sorted(marks)


def _text(cell: Cell) -> str:
    """A cell as it was typed: whole numbers without a point, per cent as such, zeros in front."""
    value: Any = cell.value
    pattern = re.sub(r'"[^"]*"|\\.', "", str(cell.number_format))  # without what is only shown
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if "%" in pattern:
        return f"{(Decimal(str(value)) * 100).normalize():f}%"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and value >= 0 and re.fullmatch("0{2,}", pattern):
        return f"{value:0{len(pattern)}d}"
    return str(value)


def _mark(cell: Cell) -> Mark | None:
    """Whether a number may be less than was typed: 18 digits, or a month 10 that became .1."""
    value: Any = cell.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if abs(value) >= LONGEST_EXACT and float(value).is_integer():
        return Mark(cell.row, cell.column - 1, "digits")
    if isinstance(value, float) and re.fullmatch(r"(19|20)\d\d\.1", repr(value)):
        return Mark(cell.row, cell.column - 1, "tenth")
    return None


def _notices(
    book: Workbook, sheet: Worksheet, rows: dict[int, list[str]], file: str
) -> Iterator[Finding]:
    """What somebody who looks at the sheet would not see, or would see differently."""
    where: Place = {"file": file, "layer": sheet.title}
    hidden = [line for line in rows if line in sheet.row_dimensions
              and sheet.row_dimensions[line].hidden]  # fmt: skip
    if hidden:
        yield finding("table.hidden-rows", **where, row=hidden[0], seen=len(hidden))
    if book.epoch >= datetime(1904, 1, 1):
        yield finding("table.epoch-1904", **where)
