"""The elevation of the ground (DEM): read, checked, in metres."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.findings import Finding, Place, finding
from geo.inputs import Notes
from geo.plan import Terrain
from geo.readers.raster import Raster
from geo.terrain.grid import Floats, Grid, read_grid
from geo.units import M2_PER_FT2, shown

LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""No ground is lower than the shore of the Dead Sea (-430 m) or higher than Everest (8849 m)."""

RIM_CELLS: Final = 3
"""Cells kept around the land: a slope needs the neighbours, its range those of the neighbours."""

_APART: Final = 0.25
"""Zeros are a fill if the next height is farther from them than this share of all the others."""

METRES: Final = {"m": 1.0, "ft": float(np.sqrt(M2_PER_FT2))}
"""Metres in one unit of height; the foot is the international one."""

_UNITS: Final = {
    "m": "m", "metre": "m", "meter": "m", "metres": "m", "meters": "m",
    "ft": "ft", "foot": "ft", "feet": "ft", "us survey foot": "ft", "ftus": "ft", "us-ft": "ft",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dem:
    """Elevations in metres on a grid: (rows, columns), north row first, NaN where unknown."""

    grid: Grid
    elevation_m: Floats

    @property
    def file(self) -> str:
        """The name by which findings speak of it."""
        return self.grid.file

    def near(self, shapes: npt.NDArray[Any], crs: CRS) -> "Dem":
        """The part of it that the terrain of some land in ``crs`` follows from.

        Where none of it lies near the land it is left as it is.
        """
        if shapely.is_empty(shapes).all():  # there is no land
            return self
        around = shapely.total_bounds(shapes)
        points = self.grid.to_cells(np.array([shapely.box(*around)]), crs).points
        if not np.isfinite(points).all():
            return self
        (west, top), (east, bottom) = points.min(axis=0), points.max(axis=0)
        rows = _reach(top, bottom, self.grid.rows)
        columns = _reach(west, east, self.grid.columns)
        if rows is None or columns is None:
            return self
        return Dem(self.grid.part(rows, columns), self.elevation_m[rows, columns])


def _reach(low: float, high: float, size: int) -> slice | None:
    """The cells of a row or column between two places, with a rim; None if there are none."""
    if high < 0 or low > size:
        return None
    first, last = int(np.floor(low)) - RIM_CELLS, int(np.ceil(high)) + RIM_CELLS
    return slice(max(first, 0), min(last, size))


def read_dem(terrain: Terrain, folder: Path, notes: Notes) -> Dem:
    """The DEM of a plan; ``folder`` is the plan's.

    Heights are converted to metres from the unit that the plan states. Heights that no ground has
    are unknown: they are a fill that no nodata value declares, or in another unit, and
    ``notes`` says so. Raises :class:`geo.errors.LayerError` when the file cannot be read, lies
    nowhere, has no such band or no CRS.
    """
    raster, grid = read_grid(terrain, folder, notes)
    elevation_m = raster.numbers(terrain.nodata) * METRES[terrain.vertical_unit]
    notes.findings.extend(_check_unit(raster, terrain))
    notes.findings.extend(_check_heights(elevation_m, grid))
    elevation_m[(elevation_m < LOWEST_M) | (elevation_m > HIGHEST_M)] = np.nan
    notes.findings.extend(_check_zeros(elevation_m, grid))
    if not grid.is_planar:
        wide, high = grid.cell_m
        seen = f"{shown(wide, 1)} m × {shown(high, 1)} m"
        notes.findings.append(finding("terrain.degrees", file=grid.file, seen=seen))
    return Dem(grid, elevation_m)


def _check_unit(raster: Raster, terrain: Terrain) -> list[Finding]:
    """Say when the file states another unit for its heights than the plan."""
    told = _UNITS.get((raster.units[0] or "").strip().lower())
    if told in (None, terrain.vertical_unit):
        return []
    seen = raster.units[0]
    stated = terrain.vertical_unit
    file, field = raster.path.name, "vertical_unit"
    return [finding("terrain.unit", file=file, field=field, seen=seen, stated=stated, told=told)]


def _check_heights(elevation_m: Floats, grid: Grid) -> list[Finding]:
    """Say which heights no ground has."""
    impossible = elevation_m[(elevation_m < LOWEST_M) | (elevation_m > HIGHEST_M)]
    if not len(impossible):
        return []
    values, counts = np.unique(impossible, return_counts=True)
    most = values[np.argmax(counts)]
    share = shown(len(impossible) / elevation_m.size, 1, percent=True)
    cells = len(impossible)
    return [finding("terrain.heights", file=grid.file, seen=f"{most:g}", cells=cells, share=share)]


def _check_zeros(elevation_m: Floats, grid: Grid) -> list[Finding]:
    """Say when zeros stand at the rim, far below all other ground, as a fill does."""
    zeros = elevation_m == 0
    others = elevation_m[~zeros & np.isfinite(elevation_m)]
    rim = np.concatenate([zeros[0], zeros[-1], zeros[:, 0], zeros[:, -1]])
    if not rim.any() or not len(others):
        return []
    nearest = float(np.abs(others).min())
    if nearest <= _APART * (float(others.max()) - float(others.min())) or nearest < 1:
        return []
    words: Place = {"seen": int(zeros.sum()), "nearest": shown(nearest, 1)}
    return [finding("terrain.zeros", file=grid.file, **words)]
