"""Attribute and event tables from CSV and Excel, every cell as text."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo.errors import LayerError
from geo.findings import Place, finding

_ENCODINGS = ("utf-8", "gb18030")
"""Tried in this order: UTF-8 fails loudly on Chinese text in another encoding."""

_LONGEST_CELL = 2**31 - 1
"""Python's own limit of 128 KiB is too little for a table that carries outlines as text."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text; its index is the line of each row in the file (the header is line 1)."""

    path: Path
    frame: pd.DataFrame

    @property
    def file(self) -> str:
        """The name by which findings speak of the file."""
        return self.path.name


def read_table(path: Path, *, encoding: str | None = None) -> Table:
    """Read a CSV file or the first sheet of a workbook; blank cells are ``""``.

    Raises :class:`LayerError` when the file is missing, damaged, or of another kind, and when a
    row has more or fewer cells than the header: then it is not known which cell is which.
    """
    if not path.exists():
        raise LayerError(finding("layer.missing", file=str(path)))
    suffix = path.suffix.lower()
    if suffix == ".csv":
        rows = _read_csv(path, [encoding] if encoding else list(_ENCODINGS))
    elif suffix == ".xlsx":
        rows = _read_excel(path)
    else:
        raise LayerError(finding("table.format", file=path.name, seen=suffix or "no ending"))
    if not rows:
        raise LayerError(finding("layer.no-rows", file=path.name))
    return Table(path, _headed(path, rows))


def _headed(path: Path, rows: dict[int, list[str]]) -> pd.DataFrame:
    """The first row as header of the others; wholly blank rows and columns without name go."""
    header, *lines = rows
    names = [name.strip().strip("\ufeff") for name in rows[header]]
    while names and not names[-1]:
        names.pop()
    for twice in sorted({name for name in names if name and names.count(name) > 1}):
        raise LayerError(finding("table.column-twice", file=path.name, row=header, field=twice))
    lines = [line for line in lines if any(cell.strip() for cell in rows[line])]
    odd = [line for line in lines if len(rows[line]) < len(names) or any(rows[line][len(names) :])]
    if odd:
        counts = {line: len(rows[line]) for line in odd}
        words: Place = {"file": path.name, "expected": len(names)}
        raise LayerError(
            *[finding("table.ragged", **words, row=line, seen=counts[line]) for line in odd]
        )
    cells = [rows[line][: len(names)] for line in lines]
    index = pd.Index(lines, name="row", dtype="int64")
    return pd.DataFrame(cells, index=index, columns=names, dtype="str")


def _read_csv(path: Path, encodings: list[str]) -> dict[int, list[str]]:
    """Line of the file → cells; a record that runs over several lines has the first of them."""
    problem: Exception | None = None
    for encoding in encodings:
        marked = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
        try:
            csv.field_size_limit(_LONGEST_CELL)
            with path.open(encoding=marked, newline="") as file:
                reader = csv.reader(file, strict=True)
                rows, line = {}, 1
                for row in reader:
                    rows[line] = row
                    line = reader.line_num + 1
                return rows
        except (UnicodeDecodeError, LookupError, csv.Error, OSError) as error:
            problem = problem or error
    raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))


def _read_excel(path: Path) -> dict[int, list[str]]:
    try:
        frame = pd.read_excel(path, dtype=str, keep_default_na=False, header=None)
    except Exception as error:  # a damaged workbook raises whatever zip, XML or openpyxl raise
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    frame = frame.fillna("")
    if len(frame):  # what is written beside the table has no header, and shifts nothing
        frame = frame.loc[:, frame.iloc[0] != ""]
    return dict(enumerate(frame.to_numpy(dtype=object).tolist(), start=1))
