"""Polygons of a result as GeoPackage or GeoParquet: written as multipolygons, and read back."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
from pyproj import CRS

from geo.area import planar_m2
from geo.outlines import outlines_of_wkb
from geo.writers.geoparquet import write_parquet
from geo.writers.layer import Layer
from geo.writers.vector import write_multipolygons

PARQUET = ".parquet"


class Written(NamedTuple):
    """What a file holds: ids, the sum of the column ``land_m2``, and the land as it is drawn."""

    ids: pa.ChunkedArray
    land_m2: float
    drawn_m2: float


def write_polygons(layer: Layer, path: Path) -> None:
    """Write a layer of flat polygons to a new file, as it is, in the format that its name says."""
    if path.suffix == PARQUET:
        write_parquet(layer, path, multi=True)
    else:
        write_multipolygons(layer, path)


def read_back(path: Path, key: str) -> Written:
    """What a layer of polygons holds whose rows the column ``key`` tells apart."""
    ids: list[pa.Array] = []
    land_m2 = drawn_m2 = 0.0
    with _opened(path, [key, "land_m2"]) as (crs, geometry, pieces):
        unit_m = crs.axis_info[0].unit_conversion_factor
        for piece in pieces:
            outlines = outlines_of_wkb(piece.column(geometry).cast(pa.large_binary()))
            drawn_m2 += float(planar_m2(outlines).sum()) * unit_m**2
            land_m2 += pc.sum(piece.column("land_m2")).as_py() or 0.0
            ids.append(piece.column(key).cast(pa.large_string()))
    return Written(pa.chunked_array(ids, pa.large_string()), land_m2, drawn_m2)


@contextmanager
def _opened(path: Path, columns: list[str]) -> Iterator[tuple[CRS, str, Iterable[pa.RecordBatch]]]:
    """The CRS of a layer, the name of its geometry, and its rows piece by piece."""
    if path.suffix == PARQUET:
        with pq.ParquetFile(path) as file:
            told = json.loads(file.schema_arrow.metadata[b"geo"])
            name = told["primary_column"]
            crs = CRS.from_json_dict(told["columns"][name]["crs"])
            yield crs, name, file.iter_batches(columns=[*columns, name])
    else:
        with pyogrio.open_arrow(path, columns=columns, use_pyarrow=True) as (told, pieces):
            yield CRS.from_user_input(told["crs"]), told["geometry_name"], pieces
