"""Compiles what is compiled, once, so that the first plan of a town need not wait for it.

``python -m geo.warm`` works a small town out, from its files to its map and what lies ahead;
``python dev.py env`` does so at its end, and ``python dev.py wheel`` for the wheel.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

from geo.area import by_degrees_m2
from geo.earth.crs import parse_crs
from geo.forecast.ahead import forecast_of
from geo.outlines import outlines_of
from geo.outlook import outlook_of
from geo.plan import read_plan
from geo.publish import publish
from geo.sequence.answer import question_of, solved
from geo.sequence.choosing import Wanted, lots_to_choose, selected
from geo.sequence.cover import CLEAR, cuts
from geo.sequence.lots import unstopped, unwatched
from geo.sequence.stress import stressed
from geo.sequence.wish import wish_of
from geo.study import Study, run

CRS: Final = "EPSG:4547"
CORNER: Final = np.array([516_400.0, 2_526_800.0])
SEARCH: Final[dict[str, Any]] = {"seed": 1, "time_limit_s": 2.0}
STAGES: Final = ("signed", "cleared")

PLAN: Final = """\
name = "Small"
crs = "EPSG:4547"
base_date = 2023-01-01
as_of = 2024-01-01

[layers.parcels]
file = "parcels.parquet"

[layers.zones]
file = "zones.parquet"

[layers.readiness]
file = "readiness.csv"

[[layers.barriers]]
file = "barriers.parquet"

[terrain]
file = "dem.tif"

[[constraints]]
id = "water"
name = "Water"
kind = "hard"
layer = { file = "water.parquet" }

[[stages]]
id = "signed"
name = "Signed"
p50_months = 3
p90_months = 6

[[stages]]
id = "cleared"
name = "Cleared"
p50_months = 3
p90_months = 6

[[goals]]
id = "cleared"
name = "Cleared"
mu = 20
due = 2025-12-31
stage = "cleared"

[forecast]
draws = 100
block_mu = 5
crews = { cleared = 2 }

[sequence]
costs = { file = "costs.csv" }
years = 2
budget = [40]
block_mu = 5

[accept]
"geometry.invalid" = "drawn on purpose"
"""


def warm() -> None:
    """Do with a town of a few lots whatever has code of its own."""
    with tempfile.TemporaryDirectory(prefix="landready-") as folder:
        study = run(read_plan(_town(Path(folder))))
        publish(study, Path(folder) / "map", form="folder", outlook=outlook_of(study))
        _look_ahead(study)
    shapes = np.array([shapely.Point(CORNER).buffer(100)], dtype=object)
    by_degrees_m2(outlines_of(shapes), np.array([True]), parse_crs(CRS))  # as of land far away


def _look_ahead(study: Study) -> None:
    """Forecast without crews too, choose land, make a plan of years, and try it."""
    plan = study.plan
    alone = plan.forecast.model_copy(update={"crews": {}})
    forecast_of(replace(study, plan=plan.model_copy(update={"forecast": alone})))
    question = question_of(study)
    stressed(study, question, solved(question, gap=0.0, **SEARCH), **SEARCH)
    apart = np.isin(np.arange(len(question.lots)), [14, 16]).astype(np.float64)
    cuts(wish_of(question.lots, least_m2=20_000.0), apart, CLEAR)  # two lots that are not joined
    watching: dict[str, Any] = {"notify": unwatched, "stop": unstopped}
    for wish in (Wanted(mu=60), Wanted(mu=60, shape=1.0), Wanted(mu=60, blocks_mu=30)):
        choice = lots_to_choose(study, wish)
        selected(choice.lots, choice.wish, gap=0.0, **SEARCH, **watching)


def _town(folder: Path) -> Path:
    """Lots that overlap, almost touch, and lie across a river; a tangle; rings; hills."""
    turns = np.pi * 2 * np.arange(21) * 8 / 21  # a star of 21 points, each joined to the eighth
    shapes = [
        *shapely.box([0, 50, 90.2, 90, 300], 0, [52, 90, 140, 140, 340], [40, 40, 40, 10, 40]),
        shapely.Polygon(np.c_[220 + 20 * np.cos(turns), 20 + 20 * np.sin(turns)]),
        shapely.Point(400, 400).buffer(60).difference(shapely.Point(400, 400).buffer(20)),
        shapely.Point(450, 400).buffer(30),
        *shapely.box(np.arange(10) * 100, 900, np.arange(10) * 100 + 90, 990),
    ]
    names = [f"P{number}" for number in range(len(shapes))]
    _write(shapes, folder / "parcels.parquet", {"parcel_id": names})
    _write([shapely.box(-100, -100, 1200, 1200)], folder / "zones.parquet", {"k": [1]})
    _write([shapely.LineString([(145, -50), (145, 60)])], folder / "barriers.parquet", {"k": [1]})
    _write([shapely.Point(60, 20).buffer(15)], folder / "water.parquet", {"k": [1]})
    told = [
        f"{name},2023-{month + position // 3:02}-01,{stage},register"
        for position, name in enumerate(names[:9])
        for month, stage in zip((3, 7), STAGES, strict=True)
    ]
    _lines(folder / "readiness.csv", "parcel_id,date,stage,evidence", told)
    costs = [f"{name},{10 if position % 2 else 99}" for position, name in enumerate(names[9:])]
    _lines(folder / "costs.csv", "parcel_id,cost", costs)
    cells = np.add.outer(np.arange(50.0), np.arange(50.0)).astype(np.float32)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": CRS}
    profile |= {"transform": from_origin(CORNER[0] - 100.0, CORNER[1] + 1200.0, 30.0, 30.0)}
    with rasterio.open(folder / "dem.tif", "w", width=50, height=50, **profile) as raster:
        raster.write(cells, 1)
    path = folder / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def _write(shapes: list[shapely.Geometry], path: Path, columns: Mapping[str, object]) -> None:
    there = shapely.transform(np.array(shapes), lambda points: points + CORNER)
    gpd.GeoDataFrame(columns, geometry=there, crs=CRS).to_parquet(path)


def _lines(path: Path, head: str, lines: list[str]) -> None:
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    warm()
