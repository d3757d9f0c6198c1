"""Synthetic land for the map: cells that share their edges, street blocks, zones, stages by month.

The same count gives the same land everywhere. Cells are the Voronoi cells of a jittered lattice,
some of their sides bent at the middle (7 to 8 corners as a rule); each street block of 6 by 4 cells
is shrunk about its middle, which leaves the streets. One cell in a hundred has a hole or two parts.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.ladder import STANDARD_LADDER

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SEED: Final = 6
CRS: Final = "EPSG:4547"
ORIGIN_M: Final = (505_000.0, 2_530_000.0)
PITCH_M: Final = 80.0
BLOCK: Final = (6, 4)
SHRUNK: Final = 0.94
BENT, BEND = 0.25, 0.05
"""Share of the sides that are bent, and how far, as a share of their length."""
HOLES, MULTIPARTS = 0.005, 0.005
ZONE_CELLS: Final = 72
"""Cells along a side of a zone."""
MONTHS: Final = 60
FIRST: Final = np.datetime64("2020-01", "M")
LAND_USES: Final = ("100101", "100102", "0704", "1101", "1207", "1401")
RUNGS: Final = len(STANDARD_LADDER)


class Land(NamedTuple):
    """Parcels as arrays; changes are the rungs reached, parcel after parcel, oldest first."""

    shapes: npt.NDArray[Any]
    ids: list[str]
    names: list[str]
    zone: Integers
    block: Integers
    land_use: Integers
    rung: Integers
    told: Integers
    changes: Integers
    change_month: Integers
    change_rung: Integers

    @property
    def area_m2(self) -> Floats:
        """Planar area."""
        return np.asarray(shapely.area(self.shapes))


def months() -> list[str]:
    """The last days of the months that the changes speak of."""
    ends = (FIRST + np.arange(1, MONTHS + 1)).astype("datetime64[D]") - 1
    return [str(day) for day in ends]


def degrees(shapes: Sequence[Any]) -> npt.NDArray[Any]:
    """Shapes of the land in degrees."""
    return gpd.GeoSeries(list(shapes), crs=CRS).to_crs(4326).to_numpy()


def land(count: int) -> Land:
    """``count`` parcels in a place as wide as it is high."""
    random = np.random.default_rng(SEED)
    wide = int(np.ceil(np.sqrt(count)))
    column, row = np.arange(count) % wide, np.arange(count) // wide
    cells = _cells(random, wide, count)
    block = row // BLOCK[1] * (wide // BLOCK[0] + 1) + column // BLOCK[0]
    shapes = _varied(random, _shrunk(_bent(cells), block, int(block.max()) + 1))
    readiness = random.uniform(0, RUNGS - 1, int(block.max()) + 1)[block]
    rung = np.clip(np.round(readiness + random.normal(0, 1.2, count)), 0, RUNGS - 1)
    changes, change_month, change_rung = _histories(random, rung.astype(np.int64))
    codes = np.arange(count)
    return Land(
        shapes=shapes,
        ids=[f"P{code:07}" for code in codes],
        names=[f"{row_}排{column_}号地" for row_, column_ in zip(row, column, strict=True)],
        zone=row // ZONE_CELLS * (wide // ZONE_CELLS + 1) + column // ZONE_CELLS,
        block=block,
        land_use=random.integers(0, len(LAND_USES), count),
        rung=rung.astype(np.int64),
        told=(random.random(count) < 0.1).astype(np.int64),
        changes=changes,
        change_month=change_month,
        change_rung=change_rung,
    )


def _cells(random: np.random.Generator, wide: int, count: int) -> npt.NDArray[Any]:
    """Voronoi cells of a jittered lattice, without the ring of lattice points that closes them."""
    side = np.arange(-1, wide + 1)
    lattice = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    points = (lattice + random.uniform(-0.38, 0.38, lattice.shape)) * PITCH_M + ORIGIN_M
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), ordered=True))
    inside = ((lattice >= 0) & (lattice < wide)).all(axis=1)
    kept: npt.NDArray[Any] = cells[inside][:count]
    return kept


def _bent(cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Some sides with a corner at their middle, the same one for both cells of a side."""
    xy, of_cell = shapely.get_coordinates(cells, return_index=True)
    xy = np.round(xy, 3)
    side = np.flatnonzero(of_cell[1:] == of_cell[:-1])
    one, other = xy[side], xy[side + 1]
    forward = (one[:, 0] < other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] < other[:, 1]))
    along = np.where(forward[:, None], other - one, one - other)
    dice = np.modf(np.abs(np.sin((one + other).sum(axis=1) * 12.9898) * 43758.5453))[0]
    sway = (dice * 7 % 1 - 0.5) * 2 * BEND
    middle = (one + other) / 2 + np.stack([-along[:, 1], along[:, 0]], axis=1) * sway[:, None]
    bent = dice < BENT
    place = np.concatenate([np.arange(len(xy)), side[bent] + 0.5])
    order = np.argsort(place, kind="stable")
    coordinates = np.concatenate([xy, middle[bent]])[order]
    owner = np.concatenate([of_cell, of_cell[side[bent]]])[order]
    rings = shapely.linearrings(coordinates, indices=owner)
    polygons: npt.NDArray[Any] = shapely.polygons(rings)
    return polygons


def _shrunk(cells: npt.NDArray[Any], block: Integers, blocks: int) -> npt.NDArray[Any]:
    """Every cell moved and shrunk with its block, about the middle of the block."""
    xy, of_cell = shapely.get_coordinates(cells, return_index=True)
    centre = shapely.get_coordinates(shapely.centroid(cells))
    size = np.bincount(block, minlength=blocks)
    sums = [np.bincount(block, weights=axis, minlength=blocks) for axis in centre.T]
    middle = (np.stack(sums, axis=1) / np.maximum(size, 1)[:, None])[block[of_cell]]
    shrunk: npt.NDArray[Any] = shapely.set_coordinates(
        cells.copy(), (xy - middle) * SHRUNK + middle
    )
    return shrunk


def _varied(random: np.random.Generator, cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A hole in some cells, and some in two parts; cells are convex but for a bend."""
    dice = random.random(len(cells))
    varied = cells.copy()
    for at in np.flatnonzero(dice < HOLES + MULTIPARTS):
        ring = shapely.get_coordinates(cells[at])
        if dice[at] < HOLES:
            middle = ring[:-1].mean(axis=0)
            varied[at] = shapely.Polygon(ring, [(ring - middle) * 0.3 + middle])
        else:
            ends = ring[0], ring[len(ring) // 2]
            varied[at] = shapely.multipolygons([(ring - end) * 0.4 + end for end in ends])
    return varied


def _histories(random: np.random.Generator, rung: Integers) -> tuple[Integers, Integers, Integers]:
    """Each parcel begins at rung 0 in the first month and rises by at most three more changes."""
    steps = np.minimum(rung, random.integers(1, 4, len(rung)))
    changes = steps + 1
    owner = np.repeat(np.arange(len(rung)), changes)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(changes) - changes, changes)
    reached = rung[owner] * nth // np.maximum(steps[owner], 1)
    span = (MONTHS - 1) // 3
    month = (nth - 1) * span + random.integers(1, span + 1, len(owner))
    return changes, np.where(nth == 0, 0, month), reached
