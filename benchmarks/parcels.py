"""A town of synthetic parcels with the usual faults, the same for everybody who asks for N."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from geo.ladder import STANDARD_LADDER
from geo.units import M2_PER_MU

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Random = np.random.Generator

SEED: Final = 20
CRS: Final = "EPSG:4547"
ORIGIN_M: Final = (505_000.0, 2_530_000.0)
TURN: Final = np.radians(13)
"""No street runs along the grid: the boxes of neighbours overlap, as they do in a real town."""

ROWS, COLUMNS = 4, 6
"""Parcels of one street block."""
DEPTH_M, FRONT_M = (60.0, 95.0), (55.0, 85.0)
STREET_M: Final = (12.6, 29.4)
"""Width between frontages, each of which wavers by up to 0.3 m."""
WAVER_M, FRONT_WAVER_M = 2.5, 0.3
ZONE_SHIFT_M: Final = 45.0
"""Corners of zones lie this far from a crossing, so that some parcels lie in two zones."""
PARCELS_PER_ZONE: Final = 5000

BOW_TIES, SELF_TOUCHES, MULTIPARTS, OVERLAPS, SLIVERS = 0.008, 0.006, 0.005, 0.012, 0.004
"""Shares of the cells; overlaps are drawn only where there is a neighbour to the right."""
NO_EVIDENCE = 0.04
"""Share of the events."""
PARALLEL, REVERTS = 0.01, 0.005
"""Shares of the parcels whose last two stages came in the other order, and that fell back."""
MEAN_RUNG, RUNG_SPREAD = (1.0, 9.5), 1.2
"""Readiness goes by street block: most of a block is at about the same rung."""

LAND_USES: Final = ("100101", "100102", "0704", "1101", "1207", "1401")
LAND_USE_SHARES: Final = (0.55, 0.2, 0.1, 0.08, 0.04, 0.03)
STAGES: Final = np.array([str(stage["id"]) for stage in STANDARD_LADDER])
AS_OF: Final = np.datetime64("2024-12-31")

PLAN: Final = """\
name = {{ zh = "基准测试：{count} 个地块", en = "Benchmark: {count} parcels" }}
crs = "{crs}"
base_date = 2023-01-01
as_of = {as_of}
notice = {{ zh = "合成数据，不代表任何土地", en = "Synthetic: this land does not exist" }}

[layers.parcels]
file = "town.gpkg"
layer = "parcels"
declared_area_unit = "mu"
fields = {{ plot_ratio = "plot_ratio_planned", declared_area = "declared_mu" }}

[layers.zones]
file = "town.gpkg"
layer = "zones"

[layers.readiness]
file = "readiness.csv"

[[layers.barriers]]
file = "town.gpkg"
layer = "barriers"

[net]
deduct_land_use = ["1207", "1401"]

[contiguity]
gap_m = 30

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


class Streets(NamedTuple):
    """Street blocks along one axis in m: where each begins, its cells, and the street after it."""

    start: Floats
    cell: Floats
    cells: int
    width: Floats

    @property
    def middle(self) -> Floats:
        """The axis of the street after each block."""
        return np.asarray(self.start + self.cell * self.cells + self.width / 2)


def write_town(folder: Path, count: int) -> None:
    """Write plan.toml, town.gpkg (parcels, zones, barriers) and readiness.csv of a town."""
    random = np.random.default_rng(SEED)
    blocks = int(np.ceil(count / (ROWS * COLUMNS)))
    wide = max(2, round(np.sqrt(blocks * ROWS * np.mean(DEPTH_M) / COLUMNS / np.mean(FRONT_M))))
    x = streets(random, wide, FRONT_M, COLUMNS)
    y = streets(random, int(np.ceil(blocks / wide)), DEPTH_M, ROWS)
    shapes, block = drawn(random, cell_rings(random, x, y, blocks))
    parcels = attributes(random, placed(shapes[:count]))
    zones = zone_table(x, y, random, max(2, round(count / PARCELS_PER_ZONE)))
    barriers = rivers(x, y, random, max(1, round(np.sqrt(count) / 100)))
    ledger = events(random, parcels["parcel_id"].to_numpy(), block[:count])

    folder.mkdir(parents=True, exist_ok=True)
    for layer, frame in {"parcels": parcels, "zones": zones, "barriers": barriers}.items():
        multi = layer == "parcels"
        pyogrio.write_dataframe(frame, folder / "town.gpkg", layer=layer, promote_to_multi=multi)
    ledger.to_csv(folder / "readiness.csv", index=False)
    plan = PLAN.format(count=count, crs=CRS, as_of=AS_OF)
    (folder / "plan.toml").write_text(plan, encoding="utf-8")


def placed(shapes: Shapes) -> Shapes:
    """Shapes turned, moved to their place on earth, and rounded to the millimetre."""
    turn = np.array([[np.cos(TURN), np.sin(TURN)], [-np.sin(TURN), np.cos(TURN)]])
    return np.asarray(shapely.transform(shapes, lambda at: np.round(at @ turn + ORIGIN_M, 3)))


# --- parcels -------------------------------------------------------------------------------


def streets(random: Random, blocks: int, cell_m: tuple[float, float], cells: int) -> Streets:
    """Blocks and streets of random size along one axis."""
    cell, width = random.uniform(*cell_m, blocks), random.uniform(*STREET_M, blocks)
    ends = np.cumsum(cell * cells + width)
    return Streets(np.concatenate(([0.0], ends[:-1])), cell, cells, width)


def cell_rings(random: Random, x: Streets, y: Streets, blocks: int) -> Floats:
    """Rings of all cells, 17 points each; every edge is drawn once, so neighbours share it.

    From the lower left corner anticlockwise: points 0, 4, 8 and 12 are the corners.
    """
    nodes = block_nodes(random, x, y, blocks)
    across = bent(random, nodes[:, :, :-1], nodes[:, :, 1:])
    along = bent(random, nodes[:, :-1].swapaxes(1, 2), nodes[:, 1:].swapaxes(1, 2), sideways=0)
    along = along.swapaxes(1, 2)
    bottom, top = across[:, :-1], across[:, 1:, :, ::-1]
    left, right = along[:, :, :-1, ::-1], along[:, :, 1:]
    rings = np.concatenate([bottom[..., :4, :], right[..., :4, :], top[..., :4, :], left], axis=3)
    return rings.reshape(-1, 17, 2)


def block_nodes(random: Random, x: Streets, y: Streets, blocks: int) -> Floats:
    """Corners of the cells of each block; inner ones are shifted, those on a street along it."""
    number = np.arange(blocks)
    at_x, at_y = number % len(x.start), number // len(x.start)
    nodes = np.empty((blocks, ROWS + 1, COLUMNS + 1, 2))
    nodes[..., 0], nodes[..., 1] = np.arange(COLUMNS + 1), np.arange(ROWS + 1)[:, None]
    nodes[:, :, 1:-1, 0] += random.uniform(-0.18, 0.18, (blocks, ROWS + 1, COLUMNS - 1))
    nodes[:, 1:-1, :, 1] += random.uniform(-0.18, 0.18, (blocks, ROWS - 1, COLUMNS + 1))
    size = np.column_stack([x.cell[at_x], y.cell[at_y]])
    start = np.column_stack([x.start[at_x], y.start[at_y]])
    return np.asarray(nodes * size[:, None, None, :] + start[:, None, None, :])


def bent(random: Random, start: Floats, end: Floats, *, sideways: int = 1) -> Floats:
    """Edges of five points that waver sideways, the first and last line of edges a little only."""
    share = np.linspace(0, 1, 5)[:, None]
    edges = start[..., None, :] * (1 - share) + end[..., None, :] * share
    waver = np.full(edges.shape[1], WAVER_M)
    waver[[0, -1]] = FRONT_WAVER_M
    aside = random.uniform(-1, 1, (*edges.shape[:3], 3)) * waver[:, None, None]
    edges[..., 1:4, sideways] += aside
    return np.asarray(edges)


def drawn(random: Random, rings: Floats) -> tuple[Shapes, Integers]:
    """The parcels, faults and all, in the order of their street blocks, and those blocks."""
    cells = len(rings)
    block, row = np.arange(cells) // (ROWS * COLUMNS), np.arange(cells) // COLUMNS % ROWS
    shares = (BOW_TIES, SELF_TOUCHES, MULTIPARTS, OVERLAPS, SLIVERS * ROWS)
    ends = np.cumsum([round(cells * share) for share in shares])
    bow_ties, self_touches, parted, pushed, fronts, _ = np.split(random.permutation(cells), ends)
    fronts = fronts[row[fronts] == ROWS - 1]

    pushed = pushed[pushed % COLUMNS < COLUMNS - 1]
    rings[pushed, 6, 0] += np.clip(random.lognormal(0.5, 1.2, len(pushed)), 0.01, 12.0)
    rings[bow_ties, 8:13] = rings[bow_ties, 12:7:-1]
    shapes = np.asarray(shapely.polygons(rings))
    shapes[self_touches] = with_touching_hole(rings[self_touches])
    shapes[parted] = in_two_parts(rings[parted])
    every = np.concatenate([shapes, slivers(random, rings[fronts])])
    owner = np.concatenate([block, block[fronts]])
    order = np.argsort(owner, kind="stable")
    return every[order], owner[order]


def with_touching_hole(rings: Floats) -> Shapes:
    """A hole drawn as part of the shell, which it touches in its first corner."""
    corner, right, left = rings[:, 0], rings[:, 4], rings[:, 12]
    up = corner + 0.4 * (left - corner) + 0.2 * (right - corner)
    down = corner + 0.2 * (left - corner) + 0.4 * (right - corner)
    loop = np.stack([up, down, corner], axis=1)
    return np.asarray(shapely.polygons(np.concatenate([rings, loop], axis=1)))


def in_two_parts(rings: Floats) -> Shapes:
    """A strip between the second and third point of an edge, and of its opposite, is no land."""
    left = shapely.polygons(rings[:, [0, 1, 2, 10, 11, 12, 13, 14, 15, 0]])
    right = shapely.polygons(rings[:, [3, 4, 5, 6, 7, 8, 9, 3]])
    return np.asarray(shapely.multipolygons(np.column_stack([left, right])))


def slivers(random: Random, rings: Floats) -> Shapes:
    """Strips of some decimetres between a frontage and its street."""
    frontage = rings[:, 8:13]
    outer = frontage[:, ::-1].copy()
    outer[..., 1] += random.uniform(0.2, 0.6, (len(rings), 1))
    return np.asarray(shapely.polygons(np.concatenate([frontage, outer], axis=1)))


def attributes(random: Random, shapes: Shapes) -> gpd.GeoDataFrame:
    """The parcel layer as a town keeps it."""
    size = len(shapes)
    ratio = np.round(random.uniform(1.5, 4.0, size), 2)
    ratio[random.random(size) < 0.05] = np.nan
    columns = {
        "parcel_id": [f"P{number:06d}" for number in range(1, size + 1)],
        "land_use": random.choice(LAND_USES, size, p=LAND_USE_SHARES),
        "plot_ratio_planned": ratio,
        "declared_mu": np.round(shapely.area(shapes) / M2_PER_MU, 2),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


# --- zones, rivers, readiness --------------------------------------------------------------


def zone_table(x: Streets, y: Streets, random: Random, count: int) -> gpd.GeoDataFrame:
    """About ``count`` zones without gaps between them, bounded near the middle of streets."""
    wide = max(1, round(np.sqrt(count)))
    lines = [zone_lines(x, wide), zone_lines(y, max(1, round(count / wide)))]
    corners = np.stack(np.meshgrid(*lines), axis=-1)
    corners[1:-1, 1:-1] += random.uniform(-1, 1, corners[1:-1, 1:-1].shape) * ZONE_SHIFT_M
    corners[[0, -1], 1:-1, 0] += random.uniform(-1, 1, (2, len(lines[0]) - 2)) * ZONE_SHIFT_M
    corners[1:-1, [0, -1], 1] += random.uniform(-1, 1, (len(lines[1]) - 2, 2)) * ZONE_SHIFT_M
    rings = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], 2)
    shapes = placed(shapely.polygons(rings.reshape(-1, 4, 2)))
    names = [f"Z{number:02d}" for number in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"zone_id": names, "name_en": names}, geometry=shapes, crs=CRS)


def zone_lines(axis: Streets, zones: int) -> Floats:
    """Bounds of zones along one axis: beyond the town at both ends, else in a street."""
    last = np.linspace(0, len(axis.start), zones + 1)[1:-1].round().astype(int) - 1
    return np.concatenate(([-100.0], axis.middle[last], [axis.middle[-1] + 100.0]))


def rivers(x: Streets, y: Streets, random: Random, count: int) -> gpd.GeoDataFrame:
    """Lines that wind along the widest streets, in turn upward and across the town."""
    shapes = []
    for number in range(count):
        axis, other = ((x, y), (y, x))[number % 2]
        street = np.argsort(-axis.width[:-1])[number // 2]
        run = np.arange(-400.0, other.middle[-1] + 400.0, 20.0)
        swing = (axis.width[street] / 2 - 3) * np.sin(run / 110 + random.uniform(0, 6))
        points = np.column_stack([axis.middle[street] + swing, run])
        shapes.append(shapely.linestrings(points if axis is x else points[:, ::-1]))
    columns = {"class": "river", "name_en": [f"River {number + 1}" for number in range(count)]}
    return gpd.GeoDataFrame(columns, geometry=placed(np.array(shapes)), crs=CRS)


def events(random: Random, ids: npt.NDArray[Any], block: Integers) -> pd.DataFrame:
    """The readiness ledger: 3 to 6 events a parcel, and for some a fall back, by date."""
    mean = random.uniform(*MEAN_RUNG, block.max() + 1)[block]
    top = np.clip(np.round(mean + random.normal(0, RUNG_SPREAD, len(ids))), 2, len(STAGES) - 1)
    top = top.astype(int)
    times = np.minimum(random.integers(3, 7, len(ids)), top + 1)
    last = AS_OF - random.integers(-15, 1500, len(ids)).astype("timedelta64[D]")
    pace = random.integers(20, 150, len(ids))
    parcel = np.repeat(np.arange(len(ids)), times)
    before = np.repeat(np.cumsum(times), times) - 1 - np.arange(len(parcel))
    swapped = (random.random(len(ids)) < PARALLEL)[parcel] & (before < 2)
    ago = np.where(swapped, 1 - before, before)
    dates = last[parcel] - (ago * pace[parcel]).astype("timedelta64[D]")
    reached = ledger(ids[parcel], dates, top[parcel] - before, "reach")
    silent = random.random(len(reached)) < NO_EVIDENCE
    reached["evidence"] = reached["evidence"].mask(silent, "")

    back = np.flatnonzero(random.random(len(ids)) < REVERTS)
    fallen = ledger(ids[back], last[back] + 7, np.maximum(top[back] - 4, 0), "revert")
    rows = pd.concat([reached, fallen.assign(reason="contested")], ignore_index=True)
    return rows.sort_values("date", kind="stable")


def ledger(
    ids: npt.NDArray[Any], dates: npt.NDArray[np.datetime64], rungs: Integers, action: str
) -> pd.DataFrame:
    """Events of one kind as rows of readiness.csv."""
    stages = pd.Series(STAGES[rungs])
    return pd.DataFrame(
        {
            "parcel_id": ids,
            "date": dates.astype(str),
            "stage": stages,
            "action": action,
            "evidence": stages + " of " + pd.Series(ids),
            "source": "synthetic",
            "reason": "",
        }
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Write a town into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    options = parser.parse_args(argv)
    write_town(options.folder, options.count)


if __name__ == "__main__":
    main()
