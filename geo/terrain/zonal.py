"""Terrain per parcel: zonal statistics with exact weights, on the cells of the DEM itself."""

from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from pyproj import CRS

from geo.findings import Finding, Place, finding
from geo.plan import Terrain
from geo.terrain.dem import Dem
from geo.terrain.grid import Floats, Grid
from geo.terrain.slope import slope_deg
from geo.units import shown

Integers = npt.NDArray[np.int64]

TERRAIN_COLUMNS: Final = (
    "cells",
    "known_share",
    "elevation_mean_m",
    "elevation_min_m",
    "elevation_max_m",
    "relief_m",
    "cut_fill_m",
    "slope_known_share",
    "slope_mean_deg",
    "slope_max_deg",
    "slope_from_deg",
    "slope_to_deg",
)

LEAST_COVERAGE: Final = 1e-6
"""A cell of which a polygon covers less is not touched: that is rounding along a shared edge."""

WHOLE: Final = 1 - 1e-6
"""A share from which on land is known whole: coverage is computed in single precision."""


class Cover(NamedTuple):
    """The cells that polygons cover: one entry per polygon and cell, polygon by polygon.

    ``weight_m2`` is the area of the cell that the polygon covers. ``cells`` is the size of each
    polygon in cells, ``inside`` the share of it that lies on the grid.
    """

    polygon: Integers
    row: Integers
    column: Integers
    weight_m2: Floats
    cells: Floats
    inside: Floats

    def total(self, amounts: Floats) -> Floats:
        """The sum of such amounts for each polygon."""
        sums = np.bincount(self.polygon, weights=amounts, minlength=len(self.cells))
        return sums.astype(np.float64)

    def mean(self, values: Floats) -> Floats:
        """The mean by area for each polygon of such values that are known, NaN where none is."""
        known = np.isfinite(values)
        weighted = np.where(known, values * self.weight_m2, 0.0)
        with np.errstate(invalid="ignore"):
            return self.total(weighted) / self.total(np.where(known, self.weight_m2, 0.0))

    def share(self, chosen: npt.NDArray[np.bool_]) -> Floats:
        """The share of each polygon that lies in such cells; exactly 0 or 1 up to rounding."""
        with np.errstate(invalid="ignore"):
            share = self.total(self.weight_m2 * chosen) / self.total(self.weight_m2) * self.inside
        share = np.nan_to_num(share)
        return np.where(share > WHOLE, 1.0, share)

    def lowest(self, values: Floats) -> Floats:
        """The lowest of such values that is known for each polygon, NaN where none is."""
        found = np.full(len(self.cells), np.nan)
        np.fmin.at(found, self.polygon, values)
        return found

    def highest(self, values: Floats) -> Floats:
        """The highest of such values that is known for each polygon, NaN where none is."""
        return -self.lowest(-values)


def cover(shapes: gpd.GeoSeries, crs: CRS, grid: Grid) -> Cover:
    """Which cells of a grid polygons in ``crs`` (in metres) cover, and how much of each.

    The polygons are moved to the grid, which is never resampled. Coverage is exact for their
    edges, but held in single precision (6e-8 of a cell): means and shares agree with an overlay in
    double precision to 1e-6 of their value. Source: exactextract (D. Baston, ISciences).
    """
    there = grid.to_cells(shapes.to_numpy(), crs)
    solid = np.flatnonzero(np.isfinite(shapely.bounds(there)).all(axis=1))  # empty ones have none
    features = [
        {"type": "Feature", "properties": {}, "geometry": shape.__geo_interface__}
        for shape in there[solid]
    ]
    source = NumPyRasterSource(np.ones((grid.rows, grid.columns), dtype=np.uint8))
    found = exact_extract(source, features, ["cell_id", "coverage"]) if features else []
    ids, covered = (
        [item["properties"][name] for item in found] for name in ("cell_id", "coverage")
    )
    polygon = np.repeat(solid, [len(part) for part in ids]).astype(np.int64)
    cell = np.concatenate([np.zeros(0, dtype=np.int64), *ids])
    coverage = np.concatenate([np.zeros(0), *covered])
    kept = coverage > LEAST_COVERAGE
    polygon, coverage = polygon[kept], coverage[kept]
    row, column = np.divmod(cell[kept], grid.columns)
    area = np.broadcast_to(grid.steps().area_m2, (grid.rows, grid.columns))
    cells = shapely.area(there)
    with np.errstate(invalid="ignore"):
        inside = np.bincount(polygon, weights=coverage, minlength=len(there)) / cells
    return Cover(polygon, row, column, coverage * area[row, column], cells, inside)


def parcel_terrain(shapes: gpd.GeoSeries, crs: CRS, dem: Dem) -> pd.DataFrame:
    """Terrain of parcels in ``crs`` (in metres), one row each, :data:`TERRAIN_COLUMNS`.

    ``cells`` is the size in cells of the DEM; ``known_share`` and ``slope_known_share`` are the
    shares of the land whose elevation and slope are known, to which all figures refer. Means are
    weighted by the land in each cell; minima and maxima are those of the cells that it touches.
    ``relief_m`` is highest less lowest elevation. ``cut_fill_m`` is the earth to be moved to level
    the parcel at its mean elevation, m³ of cut (and as much fill) per m²: half the mean absolute
    difference from the mean. ``slope_from_deg`` and ``slope_to_deg`` are the lowest and highest
    slope of the cells touched and of their neighbours: what a parcel of few cells may have.

    All is NaN where nothing is known. Raises :class:`geo.errors.LayerError` when no way leads from
    ``crs`` to the CRS of the DEM.
    """
    near = dem.near(shapes.to_numpy(), crs)
    on = cover(shapes, crs, near.grid)
    slopes = slope_deg(near)
    elevation_m, slope = near.elevation_m[on.row, on.column], slopes[on.row, on.column]
    least, most = on.lowest(elevation_m), on.highest(elevation_m)
    mean = on.mean(elevation_m)
    around = _around(slopes)
    columns = {
        "cells": on.cells,
        "known_share": on.share(np.isfinite(elevation_m)),
        "elevation_mean_m": mean,
        "elevation_min_m": least,
        "elevation_max_m": most,
        "relief_m": most - least,
        "cut_fill_m": on.mean(np.abs(elevation_m - mean[on.polygon])) / 2,
        "slope_known_share": on.share(np.isfinite(slope)),
        "slope_mean_deg": on.mean(slope),
        "slope_max_deg": on.highest(slope),
        "slope_from_deg": on.lowest(around[0][on.row, on.column]),
        "slope_to_deg": on.highest(around[1][on.row, on.column]),
    }
    return pd.DataFrame(columns, index=shapes.index, columns=list(TERRAIN_COLUMNS))


def _around(slopes: Floats) -> tuple[Floats, Floats]:
    """The lowest and the highest known slope of each cell and its eight neighbours."""
    from scipy.ndimage import (  # noqa: PLC0415 (a twentieth of the start-up, for plans with a DEM)
        maximum_filter,
        minimum_filter,
    )

    known = np.isfinite(slopes)
    low = minimum_filter(np.where(known, slopes, np.inf), size=3, mode="nearest")
    high = maximum_filter(np.where(known, slopes, -np.inf), size=3, mode="nearest")
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def check_terrain(
    parcels: pd.DataFrame, table: pd.DataFrame, dem: Dem, terrain: Terrain, where: Place
) -> list[Finding]:
    """Say which parcels' terrain is unknown or uncertain, and how much land that is.

    ``parcels`` has ``parcel_id``, ``row`` and ``land_m2``, ``table`` is theirs from
    :func:`parcel_terrain`; ``where`` is the parcel layer. Nothing is dropped because of it.
    """
    ids, rows = parcels["parcel_id"].to_numpy(), parcels["row"].to_numpy()
    land_m2 = parcels["land_m2"].to_numpy()
    few = (table["cells"] < terrain.few_cells).to_numpy()
    findings = _coarse_faults(few, dem, terrain)
    if len(table) and (table["known_share"] == 0).all():
        findings = [finding("terrain.elsewhere", file=dem.file, seen=dem.grid.place)]
    findings += _cliffs(table, dem)
    for at, item in enumerate(table.itertuples(index=False)):
        place: Place = {**where, "row": rows[at], "parcel": str(ids[at]), "area_m2": land_m2[at]}
        if item.known_share == 0:
            findings.append(finding("terrain.outside", **place, dem=dem.file))
            continue
        if item.slope_known_share < 1:
            words: Place = {"seen": shown(item.slope_known_share, 1, percent=True), "dem": dem.file}
            words["elevation"] = shown(item.known_share, 1, percent=True)
            findings.append(finding("terrain.partly", **place, **words))
        if few[at]:
            words = {"seen": shown(item.cells, 1), "few": f"{terrain.few_cells:g}"}
            words |= {"low": shown(item.slope_from_deg, 1), "high": shown(item.slope_to_deg, 1)}
            findings.append(finding("terrain.few-cells", **place, **words))
    return findings


CLIFF_DEG: Final = 75.0
"""No land that is built on is as steep: cells beside it hold no heights."""


def _cliffs(table: pd.DataFrame, dem: Dem) -> list[Finding]:
    """Say when slopes are such that what the DEM holds are hardly heights."""
    steepest = float(table["slope_max_deg"].max()) if len(table) else 0.0
    if not steepest > CLIFF_DEG:
        return []
    many = int((table["slope_max_deg"] > CLIFF_DEG).sum())
    return [finding("terrain.cliffs", file=dem.file, seen=shown(steepest, 1), parcels=many)]


def _coarse_faults(few: npt.NDArray[np.bool_], dem: Dem, terrain: Terrain) -> list[Finding]:
    """Say when the cells of a DEM are too coarse for most of the parcels."""
    if 2 * few.sum() <= len(few):
        return []
    wide, high = (shown(side, 1) for side in dem.grid.cell_m)
    words: Place = {"seen": f"{wide} m × {high} m", "parcels": int(few.sum()), "of": len(few)}
    return [finding("terrain.coarse", file=dem.file, few=f"{terrain.few_cells:g}", **words)]


def unknown_slope(parcels: pd.DataFrame, table: pd.DataFrame, dem: Dem) -> list[Finding]:
    """Say how much land has no known slope, so that no limit of slope takes any of it.

    For plans with a constraint by slope; ``parcels`` and ``table`` as in :func:`check_terrain`.
    """
    unknown_m2 = parcels["land_m2"].to_numpy() * (1 - table["slope_known_share"].to_numpy())
    total_m2 = float(unknown_m2.sum())
    if total_m2 == 0:
        return []
    seen = int((unknown_m2 > 0).sum())
    return [finding("terrain.unknown", file=dem.file, area_m2=total_m2, seen=seen)]
