"""Terrain per parcel: zonal statistics with exact weights, on the cells of the DEM itself."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.findings import Finding, Place, finding
from geo.kernels import coverage
from geo.kernels.compiled import in_chunks
from geo.outlines import Outlines
from geo.plan import Terrain
from geo.terrain.dem import Dem
from geo.terrain.grid import Floats, Grid, Shapes
from geo.terrain.slope import around, slope_deg
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

WHOLE: Final = 1 - 1e-6
"""A share from which on land is known whole: so much may be rounding of coordinates."""

SHAPES_PER_CHUNK: Final = 8192
"""So many parcels at once are laid over the cells: each by itself, so that it makes no difference
to any figure."""


class Summary(NamedTuple):
    """Figures (n,) of values in the cells that polygons cover, by the area covered.

    ``known_share`` is the share of the polygon where the value is known, to which the mean, the
    least and the most refer; ``spread`` is the mean absolute difference from the mean.
    """

    known_share: Floats
    mean: Floats
    least: Floats
    most: Floats
    spread: Floats


class Cover(NamedTuple):
    """The cells that polygons cover, polygon by polygon.

    Polygon p covers ``cell[starts[p]:starts[p + 1]]``, counted along the rows of the grid, and of
    each ``weight_m2``. ``cells`` is the size of each polygon in cells, ``inside`` the share of it
    that lies on the grid.
    """

    starts: Integers
    cell: Integers
    weight_m2: Floats
    cells: Floats
    inside: Floats

    def of(self, raster: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The value of a raster (rows, columns) in each of the cells."""
        found: npt.NDArray[Any] = raster.ravel()[self.cell]
        return found

    def summary(self, values: Floats) -> Summary:
        """Figures of such values, one for each of the cells, NaN where nothing is known.

        Shares are exactly 0 or 1 up to rounding.
        """
        found = np.empty((5, len(self.cells)))
        coverage.summary(self.starts, self.weight_m2, values, found)
        share = found[0] * self.inside
        return Summary(np.where(share > WHOLE, 1.0, share), *found[1:])


def laid_over(
    shapes: Shapes,
    crs: CRS,
    grid: Grid,
    figures: Callable[[Cover], Sequence[Floats]],
    outlines: Outlines | None = None,
) -> Floats:
    """Figures (k, n) of polygons in ``crs`` (in metres) from the cells of a grid that they cover.

    ``outlines`` are theirs where they are known. The polygons are moved to the grid, which is never
    resampled; coverage is exact for their edges. ``figures`` is asked for some of the polygons at a
    time, from several threads. Raises :class:`geo.errors.LayerError` when no way leads from ``crs``
    to the CRS of the grid.
    """
    area_m2 = grid.steps().area_m2
    found: dict[int, Floats] = {}

    def work(chunk: int, start: int, stop: int) -> None:
        drawn = outlines and outlines.between(start, stop)
        cells = grid.to_cells(shapes[start:stop], crs, drawn)
        found[chunk] = np.stack(figures(_cover(cells, grid, area_m2)))

    in_chunks(max(len(shapes), 1), work, None, size=SHAPES_PER_CHUNK)  # of no land, no figures
    return np.concatenate([found[chunk] for chunk in sorted(found)], axis=1)


def _cover(outlines: Outlines, grid: Grid, area_m2: Floats) -> Cover:
    """Which cells polygons cover; ``area_m2`` is that of a cell, as far as they differ."""
    starts, cell, share, cells, size = coverage.covered(*outlines, grid.rows, grid.columns)
    cell, share = cell[: starts[-1]], share[: starts[-1]]
    row, column = np.divmod(cell, grid.columns)
    each_m2 = area_m2[row % area_m2.shape[0], column % area_m2.shape[1]]
    inside = np.divide(size, cells, out=np.zeros(len(cells)), where=cells > 0)
    return Cover(starts, cell, share * each_m2, cells, inside)


def parcel_terrain(
    shapes: gpd.GeoSeries, crs: CRS, dem: Dem, outlines: Outlines | None = None
) -> pd.DataFrame:
    """Terrain of parcels in ``crs`` (in metres), one row each, :data:`TERRAIN_COLUMNS`.

    ``outlines`` are theirs where they are known. ``cells`` is the size in cells of the DEM;
    ``known_share`` and ``slope_known_share`` are the shares of the land whose elevation and slope
    are known, to which all figures refer. Means are weighted by the land in each cell; minima and
    maxima are those of the cells that it touches.
    ``relief_m`` is highest less lowest elevation. ``cut_fill_m`` is the earth to be moved to level
    the parcel at its mean elevation, m³ of cut (and as much fill) per m²: half the mean absolute
    difference from the mean. ``slope_from_deg`` and ``slope_to_deg`` are the lowest and highest
    slope of the cells touched and of their neighbours: what a parcel of few cells may have.

    All is NaN where nothing is known. Raises :class:`geo.errors.LayerError` when no way leads from
    ``crs`` to the CRS of the DEM.
    """
    land = shapes.to_numpy()
    near = dem.near(land, crs)
    elevation_m, slopes = np.ascontiguousarray(near.elevation_m), slope_deg(near)
    low, high = around(slopes)

    def figures(on: Cover) -> list[Floats]:
        height, slope = on.summary(on.of(elevation_m)), on.summary(on.of(slopes))
        return [
            on.cells,
            *(height.known_share, height.mean, height.least, height.most),
            height.most - height.least,
            height.spread / 2,
            *(slope.known_share, slope.mean, slope.most),
            on.summary(on.of(low)).least,
            on.summary(on.of(high)).most,
        ]

    found = laid_over(land, crs, near.grid, figures, outlines)
    columns = dict(zip(TERRAIN_COLUMNS, found, strict=True))
    return pd.DataFrame(columns, index=shapes.index, columns=list(TERRAIN_COLUMNS))


def check_terrain(
    parcels: pd.DataFrame, table: pd.DataFrame, dem: Dem, terrain: Terrain, where: Place
) -> list[Finding]:
    """Say which parcels' terrain is unknown or uncertain, and how much land that is.

    ``parcels`` has ``parcel_id``, ``row`` and ``land_m2``, ``table`` is theirs from
    :func:`parcel_terrain`; ``where`` is the parcel layer. Nothing is dropped because of it.
    """
    facts = {name: table[name].to_numpy() for name in TERRAIN_COLUMNS}
    few = facts["cells"] < terrain.few_cells
    outside = facts["known_share"] == 0
    partly = facts["slope_known_share"] < 1
    findings = _coarse_faults(few, dem, terrain)
    if len(table) and outside.all():
        findings = [finding("terrain.elsewhere", file=dem.file, seen=dem.grid.place)]
    findings += _cliffs(table, dem)
    flagged = np.flatnonzero(outside | partly | few)
    chosen = {name: parcels[name].to_numpy()[flagged] for name in ("parcel_id", "row", "land_m2")}
    for at, name, row, land_m2 in zip(flagged, *chosen.values(), strict=True):
        place: Place = {**where, "row": row, "parcel": str(name), "area_m2": land_m2}
        if outside[at]:
            findings.append(finding("terrain.outside", **place, dem=dem.file))
            continue
        if partly[at]:
            words: Place = {"seen": shown(facts["slope_known_share"][at], 1, percent=True)}
            words |= {"elevation": shown(facts["known_share"][at], 1, percent=True)}
            findings.append(finding("terrain.partly", **place, **words, dem=dem.file))
        if few[at]:
            words = {"seen": shown(facts["cells"][at], 1), "few": f"{terrain.few_cells:g}"}
            words |= {"low": shown(facts["slope_from_deg"][at], 1)}
            words |= {"high": shown(facts["slope_to_deg"][at], 1)}
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
