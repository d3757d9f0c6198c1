"""Attribute and event tables from CSV and Excel, every cell as text."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo.errors import LayerError
from geo.findings import finding

_ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order: UTF-8 fails loudly on Chinese text in another encoding."""


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

    Raises :class:`LayerError` when the file is missing, damaged, or of another kind.
    """
    if not path.exists():
        raise LayerError(finding("layer.missing", file=str(path)))
    suffix = path.suffix.lower()
    if suffix == ".csv":
        frame = _read_csv(path, [encoding] if encoding else list(_ENCODINGS))
    elif suffix == ".xlsx":
        frame = _read_excel(path)
    else:
        raise LayerError(finding("layer.format", file=path.name, seen=suffix or "no ending"))
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="row")
    frame.columns = [str(column).strip() for column in frame.columns]
    return Table(path, frame)


def _read_csv(path: Path, encodings: list[str]) -> pd.DataFrame:
    problem: Exception | None = None
    for encoding in encodings:
        try:
            return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
        except (UnicodeDecodeError, LookupError, pd.errors.ParserError) as error:
            problem = problem or error
        except pd.errors.EmptyDataError:
            raise LayerError(finding("layer.no-rows", file=path.name)) from None
    raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))


def _read_excel(path: Path) -> pd.DataFrame:
    try:
        return pd.read_excel(path, dtype=str, keep_default_na=False)
    except Exception as error:  # a damaged workbook raises whatever zip, XML or openpyxl raise
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
