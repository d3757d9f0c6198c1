"""Slope of the ground from a DEM, and the land that is steeper than a limit."""

from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio.features
import shapely
from pyproj import CRS

from geo.terrain.dem import Dem
from geo.terrain.grid import Floats


def slope_deg(dem: Dem) -> Floats:
    """Slope of each cell of a DEM in degrees, (rows, columns), by Horn's 3 × 3 window.

    NaN in cells that are unknown or have an unknown neighbour, so also at the rim of the DEM
    (as ``gdaldem slope`` has it without ``-compute_edges``). The spacing of cells is in metres on
    the ground, row by row for a DEM in degrees (:meth:`geo.terrain.grid.Grid.steps`), and may be
    turned. Source: Horn (1981), Hill shading and the reflectance map, Proc. IEEE 69(1), 14-47.
    """
    slopes = np.full(dem.elevation_m.shape, np.nan)
    if min(slopes.shape) < 3:
        return slopes
    height = dem.elevation_m
    down = height[2:] - height[:-2]
    across = height[:, 2:] - height[:, :-2]
    by_row = (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 8
    by_column = (across[:-2] + 2 * across[1:-1] + across[2:]) / 8
    steps = dem.grid.steps()
    column_east, column_north, row_east, row_north = (
        np.broadcast_to(part, slopes.shape)[1:-1, 1:-1] for part in steps
    )
    area = column_east * row_north - column_north * row_east
    to_east = (by_column * row_north - by_row * column_north) / area
    to_north = (by_row * column_east - by_column * row_east) / area
    known = np.isfinite(height[1:-1, 1:-1])
    steepness = np.degrees(np.arctan(np.hypot(to_east, to_north)))
    slopes[1:-1, 1:-1] = np.where(known, steepness, np.nan)
    return slopes


def around(slopes: Floats) -> tuple[Floats, Floats]:
    """The lowest and the highest known slope of each cell and its eight neighbours."""
    return _of_nine(slopes, np.fmin), _of_nine(slopes, np.fmax)


def _of_nine(values: Floats, chosen: np.ufunc) -> Floats:
    """What a function of two chooses from each cell and its neighbours, down and then across."""
    down = values.copy()
    chosen(down[1:], values[:-1], out=down[1:])
    chosen(down[:-1], values[1:], out=down[:-1])
    nine = down.copy()
    chosen(nine[:, 1:], down[:, :-1], out=nine[:, 1:])
    chosen(nine[:, :-1], down[:, 1:], out=nine[:, :-1])
    return nine


def steep_land(dem: Dem, steeper_than_deg: float, crs: CRS) -> npt.NDArray[Any]:
    """Polygons in ``crs`` (in metres) of all cells that are steeper than a limit, dissolved.

    Cells that share an edge are of one polygon; polygons share no area and are valid. Their edges
    are those of cells, which bend as the projection has it. Land whose slope is not known is in
    none (:func:`geo.terrain.zonal.unknown_slope` says how much of it there is). Of a DEM that is
    much larger than the land, :meth:`geo.terrain.dem.Dem.near` is enough.
    """
    with np.errstate(invalid="ignore"):
        steep = slope_deg(dem) > steeper_than_deg
    return dem.grid.from_cells(_outlines(steep), crs)


def _outlines(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Valid polygons around chosen cells, in columns and rows from below."""
    found = rasterio.features.shapes(chosen.astype(np.uint8), mask=chosen, connectivity=4)
    rings = [shapely.geometry.shape(outline) for outline, _ in found]
    outlines = np.array(rings, dtype=object)
    upright = shapely.transform(outlines, lambda points: points * [1, -1] + [0, len(chosen)])
    return np.asarray(upright, dtype=object)
