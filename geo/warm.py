"""Compiles what is compiled, once, so that the first plan of a town need not wait for it.

``python -m geo.warm`` runs the whole study on a small town; ``make env`` does so at its end.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

from geo.plan import read_plan
from geo.study import run

CRS: Final = "EPSG:4547"
CORNER: Final = np.array([516_400.0, 2_526_800.0])

PLAN: Final = """\
name = "Small"
crs = "EPSG:4547"
base_date = 2023-01-01
as_of = 2024-01-01

[layers.parcels]
file = "parcels.parquet"

[[layers.barriers]]
file = "barriers.parquet"

[terrain]
file = "dem.tif"

[[constraints]]
id = "water"
name = "Water"
kind = "hard"
layer = { file = "water.parquet" }

[[goals]]
id = "cleared"
name = "Cleared"
mu = 10
due = 2025-12-31
stage = "cleared"
"""


def warm() -> None:
    """Run a town of a few lots in which everything happens that has code of its own."""
    with tempfile.TemporaryDirectory(prefix="landready-") as folder:
        run(read_plan(_town(Path(folder))))


def _town(folder: Path) -> Path:
    """Lots that overlap, almost touch, and lie across a river; a bow-tie; hills."""
    shapes = [
        *shapely.box([0, 50, 90.2, 90, 300], 0, [52, 90, 140, 140, 340], [40, 40, 40, 10, 40]),
        shapely.Polygon([(200, 0), (240, 40), (240, 0), (200, 40)]),
        shapely.Point(400, 400).buffer(60).difference(shapely.Point(400, 400).buffer(20)),
    ]
    columns = {"parcel_id": [f"P{number}" for number in range(len(shapes))], "stage": "cleared"}
    _write(shapes, folder / "parcels.parquet", columns | {"stage_date": "2023-06-01"})
    _write([shapely.LineString([(145, -50), (145, 60)])], folder / "barriers.parquet", {"k": [1]})
    _write([shapely.Point(60, 20).buffer(15)], folder / "water.parquet", {"k": [1]})
    cells = np.add.outer(np.arange(30.0), np.arange(30.0)).astype(np.float32)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": CRS}
    profile |= {"transform": from_origin(CORNER[0] - 100.0, CORNER[1] + 700.0, 30.0, 30.0)}
    with rasterio.open(folder / "dem.tif", "w", width=30, height=30, **profile) as raster:
        raster.write(cells, 1)
    path = folder / "plan.toml"
    path.write_text(PLAN + '[accept]\n"geometry.invalid" = "drawn on purpose"\n', encoding="utf-8")
    return path


def _write(shapes: list[shapely.Geometry], path: Path, columns: Mapping[str, object]) -> None:
    there = shapely.transform(np.array(shapes), lambda points: points + CORNER)
    gpd.GeoDataFrame(columns, geometry=there, crs=CRS).to_parquet(path)


if __name__ == "__main__":
    warm()
