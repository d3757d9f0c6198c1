"""Layers as GeoParquet 1.1: attributes with their exact types, and boxes to find rows by."""

import io
import json
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.writers.layer import Layer
from geo.writers.pieces import SIDES, Drawn, boxes, multi_wkb, pieces, unused, wkb, worded
from geo.writers.shapes import kinds

_BOX: Final = pa.struct([(side, pa.float64()) for side in SIDES])


def write_parquet(layer: Layer, path: Path, *, multi: bool = False) -> None:
    """Write a layer, in row groups; the box of each row by itself, so that readers skip groups.

    With ``multi`` polygons, which must be flat then, are multipolygons of one.
    """
    taken = set(layer.cells.column_names)
    name, box = unused("geometry", taken), unused("bbox", taken)
    drawn = [Drawn(name, pa.binary(), multi_wkb if multi else wkb), Drawn(box, _BOX, boxes)]
    told = {"geo": _described(layer, name, box, ["MultiPolygon"] if multi else kinds(layer.shapes))}
    rows, words = pieces(layer, drawn, [], told), worded(layer.cells.schema)
    with pq.ParquetWriter(path, rows.schema, use_dictionary=words) as writer:
        for piece in rows:
            writer.write_batch(piece)


def _described(layer: Layer, name: str, box: str, drawn: list[str]) -> str:
    """What a file says of its geometry: geopandas words it of a layer without rows."""
    buffer = io.BytesIO()
    nothing = gpd.GeoDataFrame({name: gpd.GeoSeries([], crs=layer.crs)}, geometry=name)
    nothing.to_parquet(buffer, index=False, schema_version="1.1.0")
    told: dict[str, Any] = json.loads(pq.read_schema(buffer).metadata[b"geo"])
    column = told["columns"][name]
    column["geometry_types"] = drawn
    bounds = shapely.total_bounds(layer.shapes)
    if np.isfinite(bounds).all():
        column["bbox"] = bounds.tolist()
    column["covering"] = {"bbox": {side: [box, side] for side in SIDES}}
    return json.dumps(told)
