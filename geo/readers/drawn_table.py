"""Tables of boundary coordinates: CSV files and workbooks that are layers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from geo.errors import LayerError
from geo.findings import Finding, finding
from geo.readers import points
from geo.readers.cells import RawCells, read_cells
from geo.readers.headers import headed
from geo.readers.point_columns import columns_of
from geo.readers.raw import RawLayer
from geo.words import listed


def read(path: Path, *, sheet: str | None, encoding: str | None) -> RawLayer:
    """The layer that a table draws; ``sheet`` is one of a workbook.

    Raises :class:`LayerError` as :func:`geo.readers.headers.headed` does, and where several sheets
    could be meant.
    """
    raw = read_cells(path, encoding=encoding, sheet=sheet)
    frame, findings = headed(raw, path.name, land=True)
    drawn = [name for name in raw.others if _draws(read_cells(path, sheet=name), path)]
    if drawn and _draws(raw, path):
        seen = listed([raw.sheet, *drawn])
        raise LayerError(finding("layer.choose", file=path.name, seen=seen))
    rows = {0: list(map(str, frame.columns))}
    rows |= dict(zip(frame.index.tolist(), frame.to_numpy(dtype=object).tolist(), strict=True))
    made = points.from_cells(rows, name=raw.sheet or path.stem, file=path.name)
    return made.noting([*raw.findings, *_of_rows(findings, frame, made)])


def _of_rows(findings: list[Finding], frame: pd.DataFrame, made: RawLayer) -> Iterator[Finding]:
    """The findings of the sheet; those about an outline name its row in the layer.

    Raises :class:`LayerError` where such a line is not a row of its own, but one point of many.
    """
    for item in findings:
        if item.code != "points.drawn":
            yield item
            continue
        columns = columns_of(list(map(str, frame.columns)), "", made.name)
        if columns.wkt < 0:
            raise LayerError(replace(item, layer=made.name))
        above = frame.loc[: item.row]
        at = sum(any(cell.strip() for cell in cells) for cells in above.to_numpy())
        parcel = above.iat[-1, columns.parcel].strip() if columns.parcel >= 0 else ""
        yield replace(item, layer=made.name, row=at, parcel=parcel)


def _draws(raw: RawCells, path: Path) -> bool:
    """Whether a sheet has columns of coordinates."""
    try:
        frame, _ = headed(raw, path.name)
        columns_of(list(map(str, frame.columns)), path.name, raw.sheet)
    except LayerError:
        return False
    return True
