"""Layers in GeoParquet."""

import json
from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
from pyarrow import ArrowException
from shapely.errors import GEOSException

from geo.earth.crs import parse_crs
from geo.errors import LayerError
from geo.findings import Place, finding
from geo.readers.raw import GEOMETRY, RawLayer


def read(path: Path) -> RawLayer:
    """Read the layer; raises :class:`LayerError` when the file is damaged or holds no geometry."""
    where: Place = {"file": path.name, "layer": path.stem}
    try:
        schema = pq.read_schema(path)
        metadata = json.loads((schema.metadata or {}).get(b"geo", b"null"))
        if metadata is None:
            raise LayerError(finding("layer.no-geometry", file=path.name))
        spatial = set(metadata["columns"])
        _check_crs(metadata["columns"][metadata["primary_column"]].get("crs"), where)
        cells = pq.read_table(path, columns=[name for name in schema.names if name not in spatial])
        drawn = gpd.read_parquet(path, columns=[metadata["primary_column"]])
    except (OSError, ValueError, KeyError, TypeError, ArrowException, GEOSException) as error:
        if isinstance(error, LayerError):
            raise
        raise LayerError(finding("layer.unreadable", **where, problem=error)) from None
    if GEOMETRY in cells.column_names:
        problem = f"a column cannot be called {GEOMETRY!a}"
        raise LayerError(finding("layer.unreadable", **where, problem=problem))
    if len(drawn) != len(cells):
        raise LayerError(finding("layer.rows-lost", **where, seen=len(drawn), expected=len(cells)))
    crs = None if drawn.crs is None else drawn.crs.to_json()
    shapes = drawn.geometry.to_numpy()
    return RawLayer(path.stem, cells.replace_schema_metadata(None), shapes, crs)


def _check_crs(stated: object, where: Place) -> None:
    """Raise :class:`LayerError` for a CRS by which PROJ would open a file."""
    if stated is not None:
        parse_crs(stated if isinstance(stated, str) else json.dumps(stated), **where)
