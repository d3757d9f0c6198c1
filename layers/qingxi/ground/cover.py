"""Draw the land cover before any works and on the last day, as a classified image would show it."""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import rasterio
import shapely
from affine import Affine
from rasterio.features import rasterize

from ground.corner import EAST, NORTH

Classes = npt.NDArray[np.uint8]

UNKNOWN, BUILDING, VEGETATION, WATER, ROAD, BARE = range(6)
COLOURS: Final = {
    UNKNOWN: (0, 0, 0), BUILDING: (196, 98, 84), VEGETATION: (120, 168, 96),
    WATER: (92, 140, 190), ROAD: (176, 176, 176), BARE: (222, 200, 150),
}  # fmt: skip
NAMES: Final = (
    "1 building 建筑; 2 vegetation 植被; 3 water 水面; 4 road and paved 道路与硬化地; 5 bare 裸地"
)
CELL_M = 5.0
WEST, SOUTH, COLUMNS, ROWS = 400, 900, 840, 340  # from the corner of the map
GRID = Affine(CELL_M, 0, EAST + WEST, 0, -CELL_M, NORTH + SOUTH + ROWS * CELL_M)
RIVER_M = 18.0
VERGE_M = 4.0
DEMOLISHED, STARTED, COMPLETED = 6, 9, 10  # rungs of the ladder
STILL_STANDING, GONE_ALREADY = 2, 2  # parcels whose image contradicts the ledger


def land_cover(
    parcels: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    standing: gpd.GeoDataFrame,
    rungs: pd.Series,
    seed: str,
) -> tuple[Classes, Classes]:
    """The classes before and after works; a few parcels contradict their stage on purpose."""
    rung = parcels["parcel_id"].map(rungs).fillna(-1)
    bare = _bare(random.Random(seed), parcels, rung)
    river = barriers.loc[barriers["class"] == "river"].geometry.buffer(RIVER_M / 2)
    first = _before(parcels, standing, river)
    last = first.copy()
    cleared = parcels[parcels["parcel_id"].isin(bare)]
    verge = np.where(cleared["treatment"] == "road", 0.0, VERGE_M / 2)
    _burn(last, cleared.buffer(-verge), BARE)
    _burn(last, _weeds(cleared, seed), VEGETATION)
    new = standing[standing["parcel_id"].isin(parcels.loc[rung >= STARTED, "parcel_id"])]
    done = parcels.loc[rung >= COMPLETED]
    _burn(last, done.geometry.buffer(-VERGE_M), ROAD)
    _burn(last, new[new["parcel_id"].isin(done["parcel_id"])].buffer(3), BUILDING)
    begun = new[~new["parcel_id"].isin(done["parcel_id"])]
    _burn(last, begun.groupby("parcel_id").head(1).geometry, BUILDING)
    _burn(last, river, WATER)
    return first, last


def _bare(rng: random.Random, parcels: gpd.GeoDataFrame, rung: pd.Series) -> list[str]:
    """Whose buildings are gone: what the ledger says, but for a few drawn parcels."""
    drawn = parcels["project_id"].isna() & (parcels["treatment"] == "rebuild")
    gone = rung >= DEMOLISHED
    standing = rng.sample(list(parcels.loc[gone & drawn & (rung < STARTED), "parcel_id"]),
                          STILL_STANDING)  # fmt: skip
    signed = (rung < DEMOLISHED) & (rung >= DEMOLISHED - 2)
    early = rng.sample(list(parcels.loc[signed & drawn, "parcel_id"]), GONE_ALREADY)
    return [*parcels.loc[gone & ~parcels["parcel_id"].isin(standing), "parcel_id"], *early]


def _before(parcels: gpd.GeoDataFrame, standing: gpd.GeoDataFrame, river: gpd.GeoSeries) -> Classes:
    """Halls in paved yards within a green edge, parks, roads and the river."""
    cells = np.full((ROWS, COLUMNS), VEGETATION, dtype=np.uint8)
    roads = parcels["treatment"] == "road"
    lots = ~roads & (parcels["treatment"] != "green")
    _burn(cells, parcels.geometry[roads], ROAD)
    _burn(cells, parcels.geometry[lots].buffer(-VERGE_M), ROAD)
    _burn(cells, standing.geometry, BUILDING)
    _burn(cells, river, WATER)
    return cells


def _weeds(parcels: gpd.GeoDataFrame, seed: str) -> list[shapely.Geometry]:
    """Round thickets that grow on cleared land."""
    thickets = []
    for row in parcels.itertuples():
        rng = random.Random(f"{seed}-{row.parcel_id}")
        west, south, east, north = row.geometry.bounds
        for _ in range(max(1, int(row.geometry.area / 6000))):
            spot = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
            thickets.append(spot.buffer(rng.uniform(6, 14)).intersection(row.geometry))
    return thickets


def _burn(cells: Classes, shapes: Iterable[shapely.Geometry], value: int) -> None:
    """Give the cells whose centre is in a shape a class."""
    found = [(shape, value) for shape in shapes if not shape.is_empty]
    if found:
        rasterize(found, out=cells, transform=GRID)


def write_cover(cells: Classes, path: Path, day: str, crs: str) -> None:
    """Write classes as a GeoTIFF with colours, which says that they are drawn."""
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 1, "width": COLUMNS, "height": ROWS,
        "crs": crs, "transform": GRID, "nodata": UNKNOWN, "compress": "deflate", "zlevel": 9,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as sink:
        sink.write(cells, 1)
        sink.write_colormap(1, COLOURS)
        sink.update_tags(
            TITLE="示意地表覆盖（合成） synthetic land cover",
            DESCRIPTION="绘制而成，不是影像解译结果 drawn, not classified from imagery",
            CLASSES=NAMES, DATE=day, ILLUSTRATIVE="true",
        )  # fmt: skip
        sink.set_band_description(1, "land_cover")
