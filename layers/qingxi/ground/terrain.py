"""Draw a synthetic terrain: gentle ground, a river's valley, and steep hills in the north-east."""

import math
import random
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from affine import Affine
from shapely import LineString

from ground.corner import EAST, NORTH

Heights = npt.NDArray[np.float64]

CELL_M = 12.5
WEST, SOUTH, COLUMNS, ROWS = 200, 700, 368, 176  # from the corner of the map
STEP_M = 0.125  # heights are multiples of it, which packs them well and is no false precision
NODATA = -9999.0
BED_M = 5  # how deep the river has cut in
TAGS = {
    "TITLE": "示意地形（合成） synthetic terrain",
    "DESCRIPTION": "按公式绘制，不是测量结果；高程单位米 drawn by formula, no survey; metres",
    "ILLUSTRATIVE": "true",
}


class Hill(NamedTuple):
    """A rounded hill: its top, its height and half-widths (m), and which way it stretches."""

    east: float
    north: float
    height_m: float
    along_m: float
    across_m: float
    turn_deg: float = 0.0


HILLS = (
    Hill(2664, 2520, 262, 300, 250, -40),
    Hill(4665, 2625, 405, 480, 330, -45),
    Hill(4960, 2080, 150, 300, 260),
    Hill(1560, 2620, 45, 320, 200),
    Hill(300, 1250, 30, 260, 220),
)


def elevation(river: LineString, seed: str) -> Heights:
    """Heights in m, the first row in the north; NaN where the sheet ends in the south-west.

    ``river`` runs south all the way; its bed is cut into the ground.
    """
    x = WEST + (np.arange(COLUMNS) + 0.5) * CELL_M
    y = SOUTH + (ROWS - np.arange(ROWS) - 0.5) * CELL_M
    east, north = np.meshgrid(x, y)
    heights = 62 + 0.004 * (north - SOUTH) + 0.002 * np.abs(east - 2000)
    heights += sum(_hill(hill, east, north) for hill in HILLS)
    heights += _waves(random.Random(seed), east, north)
    bed = shapely.get_coordinates(river) - (EAST, NORTH)
    bed = bed[np.argsort(bed[:, 1])]
    from_bed = east - np.interp(north, bed[:, 1], bed[:, 0])
    heights -= BED_M * np.exp(-((from_bed / 45) ** 2))
    heights = np.floor(heights / STEP_M + 0.5) * STEP_M
    return np.where(east + north < WEST + SOUTH + 300, np.nan, heights)


def _hill(hill: Hill, east: Heights, north: Heights) -> Heights:
    turn = math.radians(hill.turn_deg)
    right, up = east - hill.east, north - hill.north
    along = (right * math.cos(turn) + up * math.sin(turn)) / hill.along_m
    across = (up * math.cos(turn) - right * math.sin(turn)) / hill.across_m
    return np.asarray(hill.height_m * np.exp(-(along**2 + across**2) / 2))


def _waves(rng: random.Random, east: Heights, north: Heights) -> Heights:
    """Uneven ground: waves of 160 to 900 m, the longer the higher."""
    heights = np.zeros_like(east)
    for _ in range(14):
        length, turn = rng.uniform(160, 900), rng.uniform(0, math.tau)
        way = east * math.cos(turn) + north * math.sin(turn)
        heights += length / 700 * np.sin(math.tau * way / length + rng.uniform(0, math.tau))
    return heights


def write_terrain(heights: Heights, path: Path, crs: str) -> None:
    """Write heights as a GeoTIFF that says that they are drawn."""
    corner = (EAST + WEST, NORTH + SOUTH + ROWS * CELL_M)
    grid = Affine(CELL_M, 0, corner[0], 0, -CELL_M, corner[1])
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "width": COLUMNS, "height": ROWS,
        "crs": crs, "transform": grid, "nodata": NODATA, "compress": "deflate", "predictor": 3,
        "zlevel": 9,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as sink:
        sink.write(np.where(np.isnan(heights), NODATA, heights).astype("float32"), 1)
        sink.update_tags(**TAGS)
        sink.set_band_description(1, "elevation_m")
