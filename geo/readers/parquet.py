"""Layers in GeoParquet: one file, or a folder of parts in the order of their names."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyarrow import ArrowException
from shapely.errors import GEOSException

from geo.earth.crs import parse_crs
from geo.errors import LayerError
from geo.findings import Place, finding
from geo.readers.door import parquet_parts
from geo.readers.raw import GEOMETRY, RawLayer


class _Part(NamedTuple):
    """What one file holds; ``wkb`` is None where geometry is stored otherwise."""

    cells: pa.Table
    shapes: npt.NDArray[Any]
    wkb: pa.ChunkedArray | None
    crs: str | None


def read(path: Path) -> RawLayer:
    """Read the layer; raises :class:`LayerError` when the file is damaged or holds no geometry."""
    where: Place = {"file": path.name, "layer": path.stem}
    try:
        parts = [_part(part, where) for part in parquet_parts(path)]
        cells = pa.concat_tables([part.cells for part in parts], promote_options="permissive")
    except (OSError, ValueError, KeyError, TypeError, ArrowException, GEOSException) as error:
        if isinstance(error, LayerError):
            raise
        raise LayerError(finding("layer.unreadable", **where, problem=error)) from None
    if GEOMETRY in cells.column_names:
        problem = f"a column cannot be called {GEOMETRY!a}"
        raise LayerError(finding("layer.unreadable", **where, problem=problem))
    stated = {part.crs for part in parts}
    if len(stated) > 1:
        problem = "its parts are in different coordinate systems"
        raise LayerError(finding("layer.unreadable", **where, problem=problem))
    wkb = None
    if all(part.wkb is not None for part in parts):
        chunks = [chunk for part in parts if part.wkb is not None for chunk in part.wkb.chunks]
        wkb = pa.chunked_array(chunks, type=parts[0].wkb.type) if parts[0].wkb is not None else None
    shapes = np.concatenate([part.shapes for part in parts])
    return RawLayer(path.stem, cells, shapes, stated.pop(), wkb=wkb)


def _part(path: Path, where: Place) -> _Part:
    """One file, with no column but the cells and the geometry that the layer is of."""
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        metadata = json.loads((schema.metadata or {}).get(b"geo", b"null"))
        if metadata is None:
            raise LayerError(finding("layer.no-geometry", file=path.name))
        primary = metadata["primary_column"]
        column = metadata["columns"][primary]
        crs = _crs(column, where)
        spatial = set(metadata["columns"]) | _bounds(column)
        own = [name for name in schema.names if name not in spatial]
        table = file.read(columns=[*own, primary])
    names = table.column_names
    cells = table.select([at for at, name in enumerate(names) if name != primary])
    cells = cells.replace_schema_metadata(None)
    if column["encoding"] != "WKB":
        return _Part(cells, _native(path, primary), None, crs)
    wkb = table.column(primary)
    shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)) if len(wkb) else np.array([])
    return _Part(cells, np.asarray(shapes, dtype=object), wkb, crs)


def _bounds(column: dict[str, Any]) -> set[str]:
    """The column that holds the bounds of each outline, which no planner asks for."""
    bounds = column.get("covering", {}).get("bbox", {})
    return {str(place[0]) for place in bounds.values()}


def _native(path: Path, primary: str) -> npt.NDArray[Any]:
    """Geometry as lists of coordinates, which few write."""
    import geopandas as gpd  # noqa: PLC0415 (slow to load)

    drawn: npt.NDArray[Any] = gpd.read_parquet(path, columns=[primary]).geometry.to_numpy()
    return drawn


def _crs(column: dict[str, Any], where: Place) -> str | None:
    """What is stated; raises :class:`LayerError` for a CRS by which PROJ would open a file."""
    stated = column.get("crs", "OGC:CRS84")  # so the format says
    if stated is None:
        return None
    text = stated if isinstance(stated, str) else json.dumps(stated)
    parse_crs(text, **where)
    return text
