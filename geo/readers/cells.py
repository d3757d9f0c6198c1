"""The cells of a CSV file or a workbook as text, line by line: all of a table that is parsed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from geo.errors import LayerError
from geo.findings import Finding, finding
from geo.readers.commas import ENCODINGS, read_csv
from geo.readers.lines import Lines
from geo.readers.raw import packed_finding
from geo.words import ending


class Mark(NamedTuple):
    """What a cell's text does not show: why it may not be what was typed there."""

    line: int
    column: int
    kind: Literal["formula", "digits", "tenth"]


class Merge(NamedTuple):
    """Cells made one, by their first and last line and column (columns from 0)."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class RawCells:
    """The cells of one sheet by line of the file; blank ones are ``""``, lines may be short.

    ``grid`` says that each cell's column is sure (a workbook's), whatever the length of its line;
    ``sheet`` is the name of a workbook's sheet, ``others`` are those that hold something too,
    where none was asked for.
    """

    rows: Lines
    grid: bool = False
    sheet: str = ""
    merges: list[Merge] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def packed(self) -> tuple[dict[str, Any], pa.Table]:
        """The lines as one Arrow table, and what is said of them as JSON can carry it."""
        told = {
            "grid": self.grid,
            "sheet": self.sheet,
            "merges": [list(merge) for merge in self.merges],
            "marks": [list(mark) for mark in self.marks],
            "findings": [packed_finding(item) for item in self.findings],
        }
        return told, self.rows.packed()


def unpacked(told: dict[str, Any], table: pa.Table) -> RawCells:
    """The cells that :meth:`RawCells.packed` packed."""
    return RawCells(
        rows=Lines.unpacked(table),
        grid=told["grid"],
        sheet=told["sheet"],
        merges=[Merge(*merge) for merge in told["merges"]],
        marks=[Mark(*mark) for mark in told["marks"]],
        findings=[Finding(**item) for item in told["findings"]],
    )


def read_cells(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> RawCells:
    """Read the cells of a CSV file, or of one sheet of a workbook, as text.

    Raises :class:`LayerError` when the file is missing, damaged, or of another kind, and when it
    has no such sheet.
    """
    if not path.exists():
        raise LayerError(finding("layer.missing", file=str(path)))
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return RawCells(read_csv(path, (encoding,) if encoding else ENCODINGS))
    if suffix == ".xlsx":
        from geo.readers.workbook import read_workbook  # noqa: PLC0415 (slow to load)

        return read_workbook(path, sheet)
    raise LayerError(finding("table.format", file=path.name, **ending(suffix)))
