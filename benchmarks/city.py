"""A city of N parcels with all that the whole job reads, the same for everybody who asks for N.

The parcels are those of :mod:`benchmarks.parcels` (street blocks, 1-2 % invalid, multiparts,
overlaps, slivers). Beside them lie zones, farmland that is drawn in tiles, rivers in reaches that
run across the parcels with heritage on their banks, barriers, and a DEM of 30 m.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine

from benchmarks.parcels import (
    AS_OF,
    COLUMNS,
    CRS,
    DEPTH_M,
    FRONT_M,
    LAND_USE_SHARES,
    LAND_USES,
    M2_PER_MU,
    MEAN_RUNG,
    NO_EVIDENCE,
    PARCELS_PER_ZONE,
    ROWS,
    RUNG_SPREAD,
    SEED,
    STAGES,
    Floats,
    Integers,
    Random,
    Shapes,
    cell_rings,
    drawn,
    placed,
    rivers,
    streets,
    zone_table,
)

PARCELS, ZONES, BARRIERS = "parcels.parquet", "zones.gpkg", "barriers.gpkg"
FARMLAND, WATER, DEM = "farmland.gpkg", "water.gpkg", "dem.tif"

ROW_GROUP: Final = 50_000
TREATMENTS: Final = ("rebuild", "retain", "village")
TREATMENT_SHARES: Final = (0.92, 0.05, 0.03)
NO_RATIO: Final = 0.02

TILE_M, TILE_SHIFT, TILED = 330.0, 0.25, 0.2
"""Farmland is drawn in tiles of this side, whose corners are shifted by up to a share of it, on
about a fifth of the city, in patches of this many tiles:"""
PATCH: Final = 7
REACH_M, BEND_M, STATION_M = 1200.0, 900.0, 40.0
HALF_WIDTH_M: Final = (8.0, 30.0)
PARCELS_PER_SITE: Final = 500
SITE_M: Final = (15.0, 60.0)
CELL_M: Final = 30.0
MARGIN_M: Final = 600.0

PLAN: Final = """\
name = {{ zh = "基准测试：{count} 个地块", en = "Benchmark: {count} parcels" }}
crs = "{crs}"
base_date = 2023-01-01
as_of = {as_of}
notice = {{ zh = "合成数据，不代表任何土地", en = "Synthetic: this land does not exist" }}

[layers.parcels]
file = "parcels.parquet"
declared_area_unit = "mu"
fields = {{ plot_ratio = "plot_ratio_planned", declared_area = "declared_mu" }}

[layers.zones]
file = "zones.gpkg"
{barriers}
[terrain]
file = "dem.tif"
few_cells = 1 # parcels of a city are few cells of 30 m: that is not said of every one

[[constraints]]
id = "farmland"
name = {{ zh = "永久基本农田", en = "Permanent farmland" }}
kind = "hard"
layer = {{ file = "farmland.gpkg" }}

[[constraints]]
id = "water"
name = {{ zh = "河道与文物", en = "Rivers and heritage" }}
kind = "limiting"
layer = {{ file = "water.gpkg" }}

[net]
deduct_land_use = ["1207", "1401"]

[contiguity]
gap_m = 30
compare_gaps_m = [] # nobody compares definitions

[[goals]]
id = "cleared"
name = {{ zh = "净地", en = "Cleared land" }}
mu = {count}
due = 2027-12-31
stage = "cleared"

[[scenarios]]
id = "planned"
name = {{ zh = "已批规划容积率", en = "Approved plot ratios" }}
plot_ratio = "planned"

[accept]
"geometry.invalid" = {{ zh = "特意画的自相交图形", en = "Bow-ties drawn on purpose" }}
"""
BARRED: Final = '\n[[layers.barriers]]\nfile = "barriers.gpkg"\n'


def write_city(folder: Path, count: int, *, barred: bool = False) -> None:
    """Write plan.toml and the layers that it names; ``barred`` has rivers part the blocks."""
    random = np.random.default_rng(SEED)
    blocks = int(np.ceil(count / (ROWS * COLUMNS)))
    wide = max(2, round(np.sqrt(blocks * ROWS * np.mean(DEPTH_M) / COLUMNS / np.mean(FRONT_M))))
    x = streets(random, wide, FRONT_M, COLUMNS)
    y = streets(random, int(np.ceil(blocks / wide)), DEPTH_M, ROWS)
    shapes, block = drawn(random, cell_rings(random, x, y, blocks))
    folder.mkdir(parents=True, exist_ok=True)
    write_parcels(random, shapes[:count], block[:count], folder / PARCELS)
    size = np.array([x.middle[-1], y.middle[-1]])
    layers = {
        ZONES: zone_table(x, y, random, max(2, round(count / PARCELS_PER_ZONE))),
        BARRIERS: rivers(x, y, random, max(1, round(np.sqrt(count) / 100))),
        FARMLAND: layer(farmland(random, size)),
        WATER: layer(water(random, size, count)),
    }
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, folder / name, layer=Path(name).stem)
    write_dem(random, size, folder / DEM)
    words = {"count": count, "crs": CRS, "as_of": AS_OF, "barriers": BARRED if barred else ""}
    (folder / "plan.toml").write_text(PLAN.format(**words), encoding="utf-8")


def layer(shapes: Shapes) -> gpd.GeoDataFrame:
    """Polygons of the drawing board as a layer on the ground."""
    return gpd.GeoDataFrame({"number": range(1, len(shapes) + 1)}, geometry=placed(shapes), crs=CRS)


def write_parcels(random: Random, shapes: Shapes, block: Integers, path: Path) -> None:
    """The parcels with their attributes as GeoParquet, in row groups that stay in the memory."""
    count = len(shapes)
    for first in range(0, count, ROW_GROUP):  # in place: a second city would not fit beside it
        shapes[first : first + ROW_GROUP] = placed(shapes[first : first + ROW_GROUP])
    mean = random.uniform(*MEAN_RUNG, block.max() + 1)[block]
    rungs = np.clip(np.round(mean + random.normal(0, RUNG_SPREAD, count)), 0, len(STAGES) - 1)
    ratio = np.round(random.uniform(1.5, 4.0, count), 2)
    ratio[random.random(count) < NO_RATIO] = np.nan
    since = AS_OF - random.integers(0, 1500, count).astype("timedelta64[D]")
    columns = {
        "parcel_id": [f"P{number:08d}" for number in range(1, count + 1)],
        "land_use": random.choice(LAND_USES, count, p=LAND_USE_SHARES),
        "treatment": random.choice(TREATMENTS, count, p=TREATMENT_SHARES),
        "plot_ratio_planned": ratio,
        "declared_mu": np.round(shapely.area(shapes) / M2_PER_MU, 2),
        "stage": STAGES[rungs.astype(int)],
        "stage_date": since.astype(str),
        "evidence": np.where(random.random(count) < NO_EVIDENCE, "", "document"),
    }
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    frame.to_parquet(path, index=False, row_group_size=ROW_GROUP)


def farmland(random: Random, size: Floats) -> Shapes:
    """Tiles that share their corners and bends, so that they leave no gap between them."""
    wide, high = (np.ceil(size / TILE_M).astype(int) + 1).tolist()
    corners = np.stack(np.meshgrid(np.arange(wide + 1.0), np.arange(high + 1.0)), axis=-1)
    corners += random.uniform(-TILE_SHIFT, TILE_SHIFT, corners.shape)
    across = bends(random, corners[:, :-1], corners[:, 1:])
    upward = bends(random, corners[:-1], corners[1:])
    bottom, top = across[:-1], across[1:, :, ::-1]
    left, right = upward[:, :-1, ::-1], upward[:, 1:]
    rings = np.concatenate([each[:, :, :3] for each in (bottom, right, top, left)], axis=2)
    patches = random.random((high // PATCH + 1, wide // PATCH + 1)) < TILED
    tilled = np.kron(patches, np.ones((PATCH, PATCH), dtype=bool))[:high, :wide]
    tilled[0, 0] = True  # no city is without
    return np.asarray(shapely.polygons(rings[tilled] * TILE_M))


def bends(random: Random, start: Floats, end: Floats) -> Floats:
    """Edges of four points, the inner two of them a little off the line."""
    share = np.linspace(0, 1, 4)[:, None]
    edges = start[..., None, :] * (1 - share) + end[..., None, :] * share
    edges[..., 1:3, :] += random.uniform(-0.05, 0.05, (*edges.shape[:2], 2, 2))
    return np.asarray(edges)


def water(random: Random, size: Floats, count: int) -> Shapes:
    """Reaches of rivers that wind across the city, and heritage sites, some of them on a bank."""
    reaches = [
        reach
        for number in range(max(2, round(np.sqrt(count) / 30)))
        for reach in river(random, size if number % 2 == 0 else size[::-1], turned=number % 2 == 1)
    ]
    sites = max(3, round(count / PARCELS_PER_SITE))
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    radius = random.uniform(*SITE_M, (sites, 1)) * random.uniform(0.7, 1, (sites, 12))
    middle = random.uniform(0, 1, (sites, 2)) * size
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return np.concatenate([reaches, shapely.polygons(points + middle[:, None, :])])


def river(random: Random, size: Floats, *, turned: bool) -> Shapes:
    """The reaches of one river along the first axis; each begins where the last one ends."""
    at = np.arange(-REACH_M, size[0] + 2 * REACH_M, STATION_M)
    phase, length = random.uniform(0, 2 * np.pi), random.uniform(3000, 6000)
    middle = random.uniform(0.1, 0.9) * size[1] + BEND_M / 2 * np.sin(at / length * 6 + phase)
    half = random.uniform(*HALF_WIDTH_M) * (1 + 0.3 * np.sin(at / 700 + phase))
    step = round(REACH_M / STATION_M)
    bank = np.stack([np.column_stack([at, middle + side * half]) for side in (-1, 1)])
    first = np.arange(0, len(at) - step, step)[:, None] + np.arange(step + 1)
    rings = np.concatenate([bank[0][first], bank[1][first][:, ::-1]], axis=1)
    return np.asarray(shapely.polygons(rings[..., ::-1] if turned else rings))


def write_dem(random: Random, size: Floats, path: Path) -> None:
    """Hills and roughness as float32 in cells of 30 m, with some ground around the city."""
    west, south, east, north = placed(np.array([shapely.box(0, 0, *size)]))[0].bounds
    west, north = west - MARGIN_M, north + MARGIN_M
    columns, rows = (
        int(np.ceil(span / CELL_M)) for span in (east + MARGIN_M - west, north - south + MARGIN_M)
    )
    x, y = np.arange(columns) * CELL_M, np.arange(rows)[:, None] * CELL_M
    heights = np.full((rows, columns), 60.0, dtype=np.float32)
    for length in (9000.0, 4000.0, 1500.0, 600.0):
        across, down, start = random.uniform(-1, 1, 3)
        heights += (length / 300 * np.sin((x * across + y * down) * 6 / length + start * 3)).astype(
            np.float32
        )
    heights += random.normal(0, 0.3, heights.shape).astype(np.float32)
    grid = Affine.translation(west, north) @ Affine.scale(CELL_M, -CELL_M)
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": CRS, "transform": grid}
    profile |= {"height": rows, "width": columns, "nodata": -9999.0}
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(heights, 1)


def main(argv: Sequence[str] | None = None) -> None:
    """Write a city into a folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--barred", action="store_true", help="with rivers that part the blocks")
    options = parser.parse_args(argv)
    write_city(options.folder, options.count, barred=options.barred)


if __name__ == "__main__":
    main()
