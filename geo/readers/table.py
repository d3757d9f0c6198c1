"""Attribute and event tables from CSV and Excel, every cell as text."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from geo.errors import LayerError
from geo.findings import Finding, finding
from geo.readers import apart, door
from geo.readers.cells import unpacked
from geo.readers.headers import headed
from geo.words import ending


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text; its index is the line of each row in the file.

    ``findings`` say what was left out (titles, totals, notes) and which cells are not what was
    typed.
    """

    path: Path
    frame: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)

    @property
    def file(self) -> str:
        """The name by which findings speak of the file."""
        return self.path.name


def read_table(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    """Read a CSV file or one sheet of a workbook; blank cells are ``""``.

    Raises :class:`LayerError` when the file is missing, damaged, or of another kind, and when a
    row has more or fewer cells than the header: then it is not known which cell is which.
    """
    if door.KINDS.get(path.suffix.lower()) not in ("CSV", "Workbook"):
        raise LayerError(finding("table.format", file=path.name, **ending(path.suffix)))
    door.admit(path)
    request = {"reader": "cells", "encoding": encoding, "sheet": sheet}
    told, table = apart.ask({**request, "path": str(path.resolve())}, path)
    assert table is not None
    raw = unpacked(told, table)
    if not raw.rows:
        raise LayerError(finding("layer.no-rows", file=path.name))
    frame, findings = headed(raw, path.name)
    return Table(path, frame, [*raw.findings, *findings])
