"""Layers in GeoParquet: one file, or a folder of parts in the order of their names."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ArrowException
from shapely.errors import GEOSException

from geo.earth.around import Around
from geo.earth.crs import parse_crs, settled
from geo.errors import LandError, LayerError
from geo.findings import Place, finding
from geo.readers.covering import Covering, within
from geo.readers.door import parquet_parts
from geo.readers.raw import GEOMETRY, ROW, Drawn, RawLayer, shapes_of


class _Part(NamedTuple):
    """What one file holds, or what was asked of it.

    ``drawn`` is the geometry as WKB where it is stored so, else shapes. ``rows`` are the numbers,
    from 0, of those that were read of ``total``.
    """

    cells: pa.Table
    drawn: Drawn
    crs: str | None
    rows: npt.NDArray[np.int64]
    total: int


def read(path: Path, *, near: Around | None = None, stated: str | None = None) -> RawLayer:
    """Read the layer; raises :class:`LayerError` when the file is damaged or holds no geometry.

    Of a file that stores the box of each row beside it, only rows ``near`` some land are read, if
    there are any. ``stated`` is the CRS of a file that states none.
    """
    where: Place = {"file": path.name, "layer": path.stem}
    try:
        parts = [_part(part, where, near, stated) for part in parquet_parts(path)]
        if near is not None and not any(len(part.rows) for part in parts):
            return read(path)  # it lies elsewhere, and why is seen of the whole
        cells = pa.concat_tables([part.cells for part in parts], promote_options="permissive")
    except (OSError, ValueError, KeyError, TypeError, ArrowException, GEOSException) as error:
        if isinstance(error, LayerError):
            raise
        raise LayerError(finding("layer.unreadable", **where, problem=error)) from None
    if ours := {GEOMETRY, ROW} & set(cells.column_names):
        problem = f"a column cannot be called {min(ours)!a}"
        raise LayerError(finding("layer.unreadable", **where, problem=problem))
    crs = {part.crs for part in parts}
    if len(crs) > 1:
        problem = "its parts are in different coordinate systems"
        raise LayerError(finding("layer.unreadable", **where, problem=problem))
    seen, count = sum(len(part.rows) for part in parts), sum(part.total for part in parts)
    raw = RawLayer(path.stem, cells, _drawn(parts), crs.pop())
    if seen == count:
        return raw
    told = finding("layer.filtered", **where, seen=seen, rows=count)
    return replace(raw, rows=_rows(parts), findings=[told])


def _drawn(parts: Sequence[_Part]) -> Drawn:
    """The geometry as the files have it, if all have it as WKB."""
    stored = [part.drawn for part in parts if isinstance(part.drawn, pa.ChunkedArray)]
    if len(stored) == len(parts):
        chunks = [chunk for drawn in stored for chunk in drawn.chunks]
        return pa.chunked_array(chunks, type=stored[0].type)
    return np.concatenate([shapes_of(part.drawn) for part in parts])


def _rows(parts: Sequence[_Part]) -> npt.NDArray[np.int64]:
    """The numbers, from 1, of what was read, in the layer as a whole."""
    before = np.cumsum([1, *(part.total for part in parts)])
    return np.concatenate([at + part.rows for at, part in zip(before, parts, strict=False)])


def _part(path: Path, where: Place, near: Around | None, stated: str | None) -> _Part:
    """One file, with no column but the cells and the geometry that the layer is of."""
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        metadata = json.loads((schema.metadata or {}).get(b"geo", b"null"))
        if metadata is None:
            raise LayerError(finding("layer.no-geometry", file=path.name))
        primary = metadata["primary_column"]
        column = metadata["columns"][primary]
        crs = _crs(column, where)
        covering, box = Covering.of(column, file.metadata), _box(near, crs or stated, stated, where)
        spatial = set(metadata["columns"]) | _bounds(column)
        own = [name for name in schema.names if name not in spatial]
        found = None
        if covering is not None and box is not None and column["encoding"] == "WKB":
            found = covering.read(file, own, primary, box)
        if found is None:
            found = file.read(columns=[*own, primary]), np.arange(file.metadata.num_rows)
        table, rows = found
        total = file.metadata.num_rows
    names = table.column_names
    cells = table.select([at for at, name in enumerate(names) if name != primary])
    cells = cells.replace_schema_metadata(None)
    drawn = table.column(primary) if column["encoding"] == "WKB" else _native(path, primary)
    return _Part(cells, drawn, crs, rows, total)


def _box(
    near: Around | None, crs: str | None, stated: str | None, where: Place
) -> npt.NDArray[np.float64] | None:
    """The land that is asked for in the CRS of a file; None where all is to be read."""
    if near is None or crs is None:
        return None
    try:
        return near.seen_in(settled(parse_crs(crs, **where), stated, **where))
    except LandError:  # which whoever asked will find, and say
        return None


def _bounds(column: dict[str, Any]) -> set[str]:
    """The column that holds the bounds of each outline, which no planner asks for."""
    bounds = within(within(column, "covering"), "bbox")
    return {str(place[0]) for place in bounds.values() if isinstance(place, list) and place}


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
