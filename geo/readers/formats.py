"""Which reader reads which file: the requests that the reading process answers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from geo.errors import LayerError
from geo.findings import Finding, finding
from geo.readers import (
    archive,
    cells,
    drawing,
    geopackage,
    jsons,
    kml,
    ogr,
    parquet,
    points,
    raster,
    shapefile,
    survey,
)
from geo.readers.door import KINDS
from geo.readers.encodings import codec
from geo.readers.headers import headed
from geo.readers.point_columns import columns_of
from geo.readers.raw import RawLayer
from geo.words import listed


def read_raw(path: Path, *, layer: str | None = None, encoding: str | None = None) -> RawLayer:
    """One layer as its file holds it; the file has passed the door already."""
    return _LAYERS[KINDS[path.suffix.lower()]](path, layer, encoding)


def _geopackage(path: Path, layer: str | None, _: str | None) -> RawLayer:
    facts = geopackage.check(path, layer)
    return ogr.read(path, layer=facts.layer, rows=facts.rows).noting(facts.findings)


def _shapefile(path: Path, layer: str | None, encoding: str | None) -> RawLayer:
    if encoding is not None and codec(encoding) is None:  # which GDAL would pass over
        problem = f"unknown encoding: {encoding}"
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))
    found, findings = shapefile.check(path)
    rows = shapefile.stored_rows(path)
    return ogr.read(path, layer=layer, encoding=encoding or found, rows=rows).noting(findings)


def _json(path: Path, layer: str | None, _: str | None) -> RawLayer:
    rows, findings = jsons.check(path, KINDS[path.suffix.lower()], layer)
    raw = ogr.read(path, layer=layer, rows=rows).noting(findings)
    if raw.crs is not None and not jsons.states_crs(path):
        return replace(raw, crs=None, implied_crs=raw.crs)
    return raw


def _table(path: Path, layer: str | None, encoding: str | None) -> RawLayer:
    """A table of boundary coordinates; ``layer`` names the sheet of a workbook."""
    raw = _cells(path, encoding=encoding, sheet=layer)
    frame, findings = headed(raw, path.name, land=True)
    drawn = [name for name in raw.others if _draws(cells.read_cells(path, sheet=name), path)]
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


def _draws(raw: cells.RawCells, path: Path) -> bool:
    """Whether a sheet has columns of coordinates."""
    try:
        frame, _ = headed(raw, path.name)
        columns_of(list(map(str, frame.columns)), path.name, raw.sheet)
    except LayerError:
        return False
    return True


def _cells(path: Path, *, encoding: str | None, sheet: str | None) -> cells.RawCells:
    if KINDS[path.suffix.lower()] == "Workbook":
        archive.check_workbook(path)
    return cells.read_cells(path, encoding=encoding, sheet=sheet)


_LAYERS: Final[dict[str, Callable[[Path, str | None, str | None], RawLayer]]] = {
    "GeoPackage": _geopackage,
    "Shapefile": _shapefile,
    "GeoJSON": _json,
    "GeoJSONSeq": _json,
    "TopoJSON": _json,
    "FileGDB": lambda path, layer, _: ogr.read(path, layer=layer),
    "GeoParquet": lambda path, layer, _: parquet.read(path),
    "KML": lambda path, layer, _: kml.read(path, layer=layer),
    "DXF": lambda path, layer, _: drawing.read(path, layer=layer),
    "Text": lambda path, _, encoding: survey.read(path, encoding=encoding),
    "CSV": _table,
    "Workbook": _table,
}


def _answer_layer(path: Path, **options: Any) -> tuple[dict[str, Any], pa.Table]:
    return read_raw(path, **options).packed()


def _answer_cells(path: Path, **options: Any) -> tuple[dict[str, Any], None]:
    return _cells(path, **options).packed(), None


READERS: Final[dict[str, Callable[..., tuple[dict[str, Any], pa.Table | None]]]] = {
    "layer": _answer_layer,
    "cells": _answer_cells,
    "raster": raster.read,
}
"""What the reading process can be asked for."""
