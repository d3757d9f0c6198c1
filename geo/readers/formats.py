"""Which reader reads which file: the requests that the reading process answers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from geo.errors import LayerError
from geo.findings import finding
from geo.readers import archive
from geo.readers.door import KINDS
from geo.readers.encodings import codec
from geo.readers.raw import RawLayer


def read_raw(path: Path, *, layer: str | None = None, encoding: str | None = None) -> RawLayer:
    """One layer as its file holds it; the file has passed the door already."""
    return _LAYERS[KINDS[path.suffix.lower()]](path, layer, encoding)


def _geopackage(path: Path, layer: str | None, _: str | None) -> RawLayer:
    from geo.readers import geopackage, ogr  # noqa: PLC0415

    facts = geopackage.check(path, layer)
    return ogr.read(path, layer=facts.layer, rows=facts.rows).noting(facts.findings)


def _shapefile(path: Path, layer: str | None, encoding: str | None) -> RawLayer:
    from geo.readers import ogr, shapefile  # noqa: PLC0415

    if encoding is not None and codec(encoding) is None:  # which GDAL would pass over
        problem = f"unknown encoding: {encoding}"
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))
    found, findings = shapefile.check(path)
    rows = shapefile.stored_rows(path)
    return ogr.read(path, layer=layer, encoding=encoding or found, rows=rows).noting(findings)


def _json(path: Path, layer: str | None, _: str | None) -> RawLayer:
    from geo.readers import jsons, ogr  # noqa: PLC0415

    rows, findings = jsons.check(path, KINDS[path.suffix.lower()], layer)
    raw = ogr.read(path, layer=layer, rows=rows).noting(findings)
    if raw.crs is not None and not jsons.states_crs(path):
        return replace(raw, crs=None, implied_crs=raw.crs)
    return raw


def _filegdb(path: Path, layer: str | None, _: str | None) -> RawLayer:
    from geo.readers import ogr  # noqa: PLC0415

    return ogr.read(path, layer=layer)


def _parquet(path: Path, _: str | None, __: str | None) -> RawLayer:
    from geo.readers import parquet  # noqa: PLC0415

    return parquet.read(path)


def _kml(path: Path, layer: str | None, _: str | None) -> RawLayer:
    from geo.readers import kml  # noqa: PLC0415

    return kml.read(path, layer=layer)


def _drawing(path: Path, layer: str | None, _: str | None) -> RawLayer:
    from geo.readers import drawing  # noqa: PLC0415

    return drawing.read(path, layer=layer)


def _survey(path: Path, _: str | None, encoding: str | None) -> RawLayer:
    from geo.readers import survey  # noqa: PLC0415

    return survey.read(path, encoding=encoding)


def _table(path: Path, layer: str | None, encoding: str | None) -> RawLayer:
    from geo.readers import drawn_table  # noqa: PLC0415

    _check_workbook(path)
    return drawn_table.read(path, sheet=layer, encoding=encoding)


def _check_workbook(path: Path) -> None:
    if KINDS[path.suffix.lower()] == "Workbook":
        archive.check_workbook(path)


_LAYERS: Final[dict[str, Callable[[Path, str | None, str | None], RawLayer]]] = {
    "GeoPackage": _geopackage,
    "Shapefile": _shapefile,
    "GeoJSON": _json,
    "GeoJSONSeq": _json,
    "TopoJSON": _json,
    "FileGDB": _filegdb,
    "GeoParquet": _parquet,
    "KML": _kml,
    "DXF": _drawing,
    "Text": _survey,
    "CSV": _table,
    "Workbook": _table,
}
"""Each imports its reader when it is needed: the libraries of all together take a second."""


def _answer_layer(path: Path, **options: Any) -> tuple[dict[str, Any], pa.Table]:
    return read_raw(path, **options).packed()


def _answer_near(
    path: Path, near: dict[str, Any], crs: str | None
) -> tuple[dict[str, Any], pa.Table]:
    from geo.earth.around import Around  # noqa: PLC0415
    from geo.readers import parquet  # noqa: PLC0415

    return parquet.read(path, near=Around.unpacked(near), stated=crs).packed()


def _answer_cells(path: Path, **options: Any) -> tuple[dict[str, Any], pa.Table]:
    from geo.readers import cells  # noqa: PLC0415

    _check_workbook(path)
    return cells.read_cells(path, **options).packed()


def _answer_raster(path: Path, **options: Any) -> tuple[dict[str, Any], pa.Table | None]:
    from geo.readers import raster  # noqa: PLC0415

    return raster.read(path, **options)


READERS: Final[dict[str, Callable[..., tuple[dict[str, Any], pa.Table | None]]]] = {
    "layer": _answer_layer,
    "near": _answer_near,
    "cells": _answer_cells,
    "raster": _answer_raster,
}
"""What the reading process can be asked for."""
