"""Terrain: slope, relief and cut-and-fill of parcels, each computed a second way."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import CRS, Geod, Transformer
from rasterio.errors import NotGeoreferencedWarning
from shapely import MultiPolygon, Polygon, box

from geo.errors import LayerError
from geo.findings import Finding
from geo.inputs import Notes
from geo.plan import Terrain
from geo.terrain.dem import Dem, read_dem
from geo.terrain.slope import slope_deg, steep_land
from geo.terrain.zonal import (
    TERRAIN_COLUMNS,
    check_terrain,
    parcel_terrain,
    unknown_slope,
)
from geo.units import M2_PER_MU
from tests.makers import QINGXI, placed, rectangle, study
from tests.rasters import write_raster

WEST, NORTH = 516_000.0, 2_527_000.0
GRID = CRS("EPSG:4547")
TOLERANCE = 1e-6  # of zonal statistics: exactextract holds coverage in single precision
WHERE = {"file": "parcels.gpkg", "layer": "parcels"}


def dem(folder: Path, values: Any, notes: Notes | None = None, **how: Any) -> Dem:
    """A DEM of cells of 10 m whose corner is in Qingxi, read as a plan has it."""
    ours = Terrain.model_fields.keys() - {"crs", "nodata"}  # which the file states
    stated = {name: how.pop(name) for name in ours & how.keys()}
    place = {"west": WEST, "north": NORTH, "cell": 10.0} | how
    if "plan_crs" in place:
        stated["crs"] = place.pop("plan_crs")
    write_raster(folder / "dem.tif", values, **place)
    return read_dem(Terrain(file="dem.tif", **stated), folder, notes or Notes())


def read(folder: Path, values: Any, **how: Any) -> list[Finding]:
    """What is noted when such a DEM is read."""
    notes = Notes()
    dem(folder, values, notes, **how)
    assert notes.inputs == [folder / "dem.tif"]
    return notes.findings


def land(*shapes: Any) -> gpd.GeoSeries:
    """Shapes whose origin is the south-west corner of a DEM of 20 × 20 cells."""
    moved = shapely.transform(np.array(shapes), lambda xy: xy + np.array([WEST, NORTH - 200]))
    return gpd.GeoSeries(moved, index=[f"p{at}" for at in range(len(shapes))], crs=GRID)


def terrain(ground: Dem, *shapes: Any) -> pd.DataFrame:
    return parcel_terrain(land(*shapes), GRID, ground)


def hills(rows: int = 20, columns: int = 20, seed: int = 7) -> np.ndarray:
    """Ground that no formula knows."""
    return np.random.default_rng(seed).uniform(50, 90, (rows, columns))


def parcels(shapes: gpd.GeoSeries) -> pd.DataFrame:
    rows = range(1, len(shapes) + 1)
    return pd.DataFrame({"parcel_id": shapes.index, "row": rows, "land_m2": shapes.area.to_numpy()})


def told(ground: Dem, *shapes: Any, **stated: Any) -> list[Finding]:
    """What is said of the terrain of parcels."""
    table = terrain(ground, *shapes)
    plan = Terrain(file="dem.tif", **stated)
    return check_terrain(parcels(land(*shapes)), table, ground, plan, WHERE)


# --- slope -----------------------------------------------------------------------------------


def plane(east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Ground that rises by 10 % to the east and 5 % to the north."""
    return 100 + 0.1 * (east - WEST) + 0.05 * (north - NORTH)


DEGREES = {"crs": "EPSG:4490", "west": 114.16, "north": 22.84, "cell": 1e-4}
PLANE_DEG = np.degrees(np.arctan(np.hypot(0.1, 0.05)))


def tilted(folder: Path, *, rows: int = 12, columns: int = 14, **how: Any) -> Dem:
    """The plane as a DEM of any grid sees it."""
    blank = dem(folder, np.ones((rows, columns)), **how)
    column, row = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    affine = blank.grid.transform
    x = affine.c + affine.a * column + affine.b * row
    y = affine.f + affine.d * column + affine.e * row
    east, north = Transformer.from_crs(blank.grid.crs, GRID, always_xy=True).transform(x, y)
    return dem(folder, plane(east, north), **how)


@pytest.mark.parametrize(
    ("how", "exact"),
    [
        ({}, 1e-9),
        ({"cell": (5.0, 20.0)}, 1e-9),
        ({"cell": (10.0, -10.0)}, 1e-9),
        ({"turned_deg": 30.0}, 1e-9),
        ({"turned_deg": -115.0, "cell": (6.0, 11.0)}, 1e-9),
        (DEGREES, 1e-5),
        (DEGREES | {"turned_deg": 20.0}, 1e-5),
        ({"crs": "EPSG:3857", "west": 12_708_000.0, "north": 2_610_000.0, "cell": 10.0}, 1e-5),
    ],
    ids=["north-up", "oblong", "upwards", "turned", "turned-oblong", "degrees", "turned-degrees",
         "web-mercator"],
)  # fmt: skip
def test_a_tilted_plane_has_its_slope_on_every_grid(
    how: dict[str, Any], exact: float, tmp_path: Path
) -> None:
    slopes = slope_deg(tilted(tmp_path, **how))
    assert slopes[1:-1, 1:-1] == pytest.approx(np.full((10, 12), PLANE_DEG), rel=exact)
    rim = np.ones(slopes.shape, dtype=bool)
    rim[1:-1, 1:-1] = False
    assert np.isnan(slopes[rim]).all()


def test_cells_in_feet_are_as_long_as_they_are(tmp_path: Path) -> None:
    """10 US survey feet are 3.048 m: 0.3048 m per cell is a slope of 10 %."""
    heights = np.tile(50 + 0.3048 * np.arange(6), (5, 1))
    ground = dem(tmp_path, heights, crs="EPSG:2249", west=230_000.0, north=900_000.0)
    assert slope_deg(ground)[1:-1, 1:-1] == pytest.approx(5.710593, abs=2e-5)


def test_slope_is_that_of_a_loop_over_windows(tmp_path: Path) -> None:
    """Horn 1981, cell by cell; unknown where any of the nine is unknown."""
    heights = hills(15, 17)
    heights[4, 5] = heights[10, 0] = np.nan
    expected = np.full(heights.shape, np.nan)
    for row in range(1, 14):
        for column in range(1, 16):
            (a, b, c), (d, _, f), (g, h, i) = heights[row - 1 : row + 2, column - 1 : column + 2]
            across = ((c + 2 * f + i) - (a + 2 * d + g)) / (8 * 10)
            up = ((a + 2 * b + c) - (g + 2 * h + i)) / (8 * 10)
            if not np.isnan(heights[row, column]):
                expected[row, column] = np.degrees(np.arctan(np.sqrt(across**2 + up**2)))
    slopes = slope_deg(dem(tmp_path, heights))
    assert np.isnan(slopes[3:6, 4:7]).all()
    np.testing.assert_allclose(slopes, expected, rtol=1e-12)


def test_a_dem_of_two_rows_has_no_slope(tmp_path: Path) -> None:
    assert np.isnan(slope_deg(dem(tmp_path, hills(2, 9)))).all()


# --- zonal statistics ------------------------------------------------------------------------


def test_a_step_in_the_ground_is_levelled(tmp_path: Path) -> None:
    """Half at 10 m, half at 12 m: mean 11, each half 1 m off, so 0.5 m³ is cut per m²."""
    heights = np.full((20, 20), 10.0)
    heights[:, 10:] = 12.0
    facts = terrain(dem(tmp_path, heights), box(50, 50, 150, 150)).loc["p0"]
    assert facts[["cells", "known_share", "slope_known_share"]].tolist() == [100, 1, 1]
    heights_m = ["elevation_mean_m", "elevation_min_m", "elevation_max_m", "relief_m", "cut_fill_m"]
    assert facts[heights_m].tolist() == [11, 10, 12, 2, 0.5]
    # 2 m over 20 m in the two columns at the step, level elsewhere
    step = np.degrees(np.arctan(0.1))
    assert facts["slope_mean_deg"] == pytest.approx(0.2 * step)
    assert facts["slope_max_deg"] == pytest.approx(step)
    assert facts[["slope_from_deg", "slope_to_deg"]].tolist() == pytest.approx([0, step])


def ragged(rng: np.random.Generator, east: float, north: float, size: float) -> Polygon:
    """A star-shaped outline with a hole."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, 11))
    rim = rng.uniform(0.5, 1.0, (11, 1)) * size
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    shell = points * rim + [east, north]
    return Polygon(shell).difference(Polygon(points * 0.4 * rim + [east, north]))


def random_land(count: int) -> list[Any]:
    rng = np.random.default_rng(3)
    shapes: list[Any] = [ragged(rng, *rng.uniform(50, 150, 2), 45) for _ in range(count)]
    shapes.append(MultiPolygon([ragged(rng, 40, 40, 30), ragged(rng, 150, 130, 40)]))
    return [shapely.make_valid(shape) for shape in shapes]


def brute(
    shape: Any,
    values: np.ndarray,
    cell: Callable[[int, int], Polygon],
    area: Callable[[int], float],
) -> tuple[float, float, float, float, float]:
    """Known share, mean, lowest, highest and cut of a polygon, cell by cell with shapely."""
    weights, known = [], []
    whole = 0.0
    for row, column in np.ndindex(values.shape):
        square = cell(row, column)
        if not square.intersects(shape):
            continue
        weight = square.intersection(shape).area / square.area * area(row)
        whole += weight
        if np.isfinite(values[row, column]) and weight > 1e-9 * area(row):
            weights.append(weight)
            known.append(values[row, column])
    if not known:
        return 0.0, *[float("nan")] * 4
    mean = np.average(known, weights=weights)
    cut = np.average(np.abs(known - mean), weights=weights) / 2
    return sum(weights) / whole, mean, min(known), max(known), cut


ASKED = ["known_share", "elevation_mean_m", "elevation_min_m", "elevation_max_m", "cut_fill_m"]


def test_zonal_statistics_are_those_of_an_overlay_with_every_cell(tmp_path: Path) -> None:
    heights = hills()
    heights[6:9, 6:9] = np.nan
    ground = dem(tmp_path, heights)
    shapes = land(*random_land(25))
    table = parcel_terrain(shapes, GRID, ground)
    slopes = slope_deg(ground)

    def cell(row: int, column: int) -> Polygon:
        west, north = WEST + 10 * column, NORTH - 10 * row
        return box(west, north - 10, west + 10, north)

    assert list(table) == list(TERRAIN_COLUMNS)
    assert table["known_share"].between(0.05, 0.95).sum() > 5
    for name, shape in shapes.items():
        expected = brute(shape, ground.elevation_m, cell, lambda _: 100.0)
        assert table.loc[name, ASKED].tolist() == pytest.approx(expected, rel=TOLERANCE)
        steepness = brute(shape, slopes, cell, lambda _: 100.0)
        asked = ["slope_known_share", "slope_mean_deg", "slope_max_deg"]
        assert table.loc[name, asked].tolist() == pytest.approx(
            [steepness[0], steepness[1], steepness[3]], rel=TOLERANCE
        )
        assert table.loc[name, "cells"] == pytest.approx(shape.area / 100, rel=1e-9)


@pytest.mark.real_data
def test_the_districts_of_luxembourg_lie_as_high_as_an_overlay_has_it(shared_data: Path) -> None:
    """A DEM in degrees: each cell counts by its own area on the ellipsoid, from a geodesic."""
    folder = shared_data / "luxembourg"
    notes = Notes()
    ground = read_dem(Terrain(file="elev.tif"), folder, notes)
    assert [item.code for item in notes.findings] == ["terrain.degrees"]
    grid = ground.grid
    with rasterio.open(folder / "elev.tif") as source:
        raw = source.read(1).astype(float)
        raw[raw == source.nodata] = np.nan
        assert np.array_equal(raw, ground.elevation_m, equal_nan=True)
        transform = source.transform
    districts = gpd.read_file(folder / "lux.shp")
    plane = districts.to_crs(2169)
    table = parcel_terrain(plane.geometry, CRS(2169), ground)
    back = plane.set_geometry(plane.geometry.segmentize(70)).to_crs(4326)
    geod = Geod(ellps="WGS84")

    def cell(row: int, column: int) -> Polygon:
        west, north = transform.c + column * transform.a, transform.f + row * transform.e
        return box(west, north + transform.e, west + transform.a, north)

    areas = [abs(geod.geometry_area_perimeter(cell(row, 0))[0]) for row in range(grid.rows)]
    assert grid.steps().area_m2[:, 0] == pytest.approx(areas, rel=1e-6)
    for at in (3, 6, 11):
        shape = back.geometry[at]
        shapely.prepare(shape)
        expected = brute(shape, raw, cell, areas.__getitem__)
        assert table.loc[at, ASKED].tolist() == pytest.approx(expected, rel=TOLERANCE)
    assert table["elevation_max_m"].max() == 547


def test_what_lies_around_the_land_changes_nothing(tmp_path: Path) -> None:
    """A parcel in a large DEM has the terrain that it has in the part around it."""
    ground = dem(tmp_path, hills())
    shape = ragged(np.random.default_rng(1), 95, 105, 30)
    part = ground.near(land(shape).to_numpy(), GRID)
    assert part.elevation_m.size < ground.elevation_m.size / 2
    whole = terrain(ground, shape, box(0, 0, 5, 5), box(195, 195, 200, 200)).loc["p0"]
    assert terrain(part, shape).loc["p0"].tolist() == pytest.approx(whole.tolist(), rel=1e-9)
    away = land(box(9000, 9000, 9010, 9010)).to_numpy()
    assert ground.near(away, GRID) is ground


@pytest.mark.parametrize("turned_deg", [0.0, 37.0])
def test_land_is_moved_to_the_grid_of_the_dem(turned_deg: float, tmp_path: Path) -> None:
    """A DEM in degrees of a plane: the mean of a parcel is the plane's in its middle."""
    ground = tilted(
        tmp_path, crs="EPSG:4490", west=114.16, north=22.84, cell=5e-5, turned_deg=turned_deg,
        rows=60, columns=60,
    )  # fmt: skip
    middle = np.array(ground.grid.from_cells(np.array([box(29, 29, 31, 31)]), GRID)[0].centroid.xy)
    (east,), (north,) = middle
    shape = gpd.GeoSeries([box(east - 50, north - 40, east + 50, north + 40)])
    facts = parcel_terrain(shape, GRID, ground).loc[0]
    assert facts["known_share"] == 1
    assert facts["elevation_mean_m"] == pytest.approx(plane(middle[0], middle[1])[0], abs=0.01)
    assert facts["slope_mean_deg"] == pytest.approx(PLANE_DEG, rel=1e-5)
    unit = ground.grid.steps().area_m2.mean()
    assert facts["cells"] == pytest.approx(100 * 80 / unit, rel=1e-4)


def test_empty_land_and_no_land(tmp_path: Path) -> None:
    ground = dem(tmp_path, hills())
    table = terrain(ground, Polygon(), box(0, 0, 50, 50))
    assert table["known_share"].tolist() == [0, 1]
    none = parcel_terrain(gpd.GeoSeries([], crs=GRID), GRID, ground)
    assert (len(none), list(none)) == (0, list(TERRAIN_COLUMNS))


# --- what is said of parcels -----------------------------------------------------------------


def test_land_outside_the_dem_is_said_and_not_dropped(tmp_path: Path) -> None:
    ground = dem(tmp_path, hills())
    shapes = [box(50, 50, 150, 150), box(300, 0, 500, 100), box(100, 50, 300, 150)]
    table = terrain(ground, *shapes)
    assert table["known_share"].tolist() == pytest.approx([1, 0, 0.5])
    assert table["slope_known_share"].tolist() == pytest.approx([1, 0, 0.45])
    assert table.loc["p1", "elevation_mean_m":].drop("slope_known_share").isna().all()
    outside, partly = told(ground, *shapes)
    assert (outside.code, outside.parcel, outside.row) == ("terrain.outside", "p1", 2)
    assert (outside.severity, outside.file) == ("warning", "parcels.gpkg")
    assert outside.area_m2 == pytest.approx(30 * M2_PER_MU)
    assert "dem.tif" in outside.message
    assert (partly.code, partly.parcel, partly.row) == ("terrain.partly", "p2", 3)
    assert "elevation of 50.0% of this land and the slope of 45.0%" in partly.message
    (unknown,) = unknown_slope(parcels(land(*shapes)), table, ground)
    assert (unknown.code, unknown.file) == ("terrain.unknown", "dem.tif")
    assert unknown.area_m2 == pytest.approx(20_000 + 0.55 * 20_000)
    assert "2 parcels" in unknown.message
    whole = shapes[:1]
    assert unknown_slope(parcels(land(*whole)), terrain(ground, *whole), ground) == []


def test_a_dem_of_another_place_is_an_error(tmp_path: Path) -> None:
    ground = dem(tmp_path, hills(), west=WEST + 5000)
    elsewhere, outside = told(ground, box(50, 50, 150, 150))
    assert (elsewhere.code, elsewhere.file) == ("terrain.elsewhere", "dem.tif")
    assert elsewhere.severity == "error"
    assert "114.21°E 22.84°N, x 521100.00" in elsewhere.message
    assert (outside.code, outside.parcel) == ("terrain.outside", "p0")


def test_a_parcel_of_few_cells_says_how_uncertain_it_is(tmp_path: Path) -> None:
    """Level ground beside a slope of 10 %: two cells by the edge may be either."""
    heights = np.full((20, 20), 50.0)
    heights[:, 10:] = 50 + np.arange(1, 11)
    few = box(75, 100, 85, 120)
    facts = terrain(dem(tmp_path, heights), few).loc["p0"]
    assert facts["slope_mean_deg"] == 0
    steepest = np.degrees(np.arctan(0.05))  # a rise of 1 m over the 20 m of a window
    assert facts[["slope_from_deg", "slope_to_deg"]].tolist() == pytest.approx([0, steepest])
    (found,) = told(dem(tmp_path, heights), few, box(20, 20, 120, 120))
    assert (found.code, found.severity) == ("terrain.few-cells", "warning")
    assert (found.file, found.row, found.parcel) == ("parcels.gpkg", 1, "p0")
    assert "only 2.0 cells (fewer than 9)" in found.message
    assert "from 0.0° to 2.9°" in found.message
    assert told(dem(tmp_path, heights), few, box(20, 20, 120, 120), few_cells=2) == []


def test_a_dem_too_coarse_for_most_parcels_is_said(tmp_path: Path) -> None:
    small = [box(50, 50, 70, 70), box(80, 50, 100, 70), box(100, 100, 150, 150)]
    coarse, *each = told(dem(tmp_path, hills()), *small)
    assert (coarse.code, coarse.file) == ("terrain.coarse", "dem.tif")
    assert "10.0 m × 10.0 m" in coarse.message
    assert "2 of 3 parcels" in coarse.message
    assert [(item.code, item.parcel) for item in each] == [
        ("terrain.few-cells", "p0"),
        ("terrain.few-cells", "p1"),
    ]


# --- steep land ------------------------------------------------------------------------------


def ridge() -> np.ndarray:
    """Level but for a bank of 10 m between columns 9 and 10."""
    return np.where(np.arange(20) < 10, 50.0, 60.0) * np.ones((20, 1))


def test_steep_land_is_the_cells_that_are_steeper(tmp_path: Path) -> None:
    """A rise of 10 m over 20 m is 26.57°, in two columns of 18 cells that have all neighbours."""
    ground = dem(tmp_path, ridge())
    (bank,) = steep_land(ground, 26.5, GRID)
    assert bank.equals(land(box(90, 10, 110, 190)).iloc[0])
    assert len(steep_land(ground, 26.6, GRID)) == 0


def around(cells: np.ndarray) -> np.ndarray:
    """Outlines of chosen cells by union, in columns and rows from below."""
    squares = [
        box(column, len(cells) - row - 1, column + 1, len(cells) - row)
        for row, column in np.argwhere(cells)
    ]
    return shapely.union_all(squares)


@pytest.mark.parametrize("how", [
    {},
    {"turned_deg": 25.0},
    DEGREES | {"cell": 5e-3},
    {"crs": "EPSG:4526", "west": 38_516_000.0},
], ids=["same", "turned", "degrees", "prefix"])  # fmt: skip
def test_no_steep_land_is_lost_or_counted_twice(how: dict[str, Any], tmp_path: Path) -> None:
    """Rough ground of 500 m cells or 10 m ones: holes, corners that touch, bent edges."""
    scale = 80.0 if how.get("crs") == "EPSG:4490" else 1.0
    ground = dem(tmp_path, 60 + scale * hills(40, 40) / 2, **how)
    steep = slope_deg(ground) > 25.0
    assert 200 < steep.sum() < 1300
    outlines = steep_land(ground, 25.0, GRID)
    assert shapely.is_valid(outlines).all()
    assert any(len(shape.interiors) for shape in outlines if shape.geom_type == "Polygon")
    whole = ground.grid.from_cells(np.array([around(steep)]), GRID)[0]
    area = shapely.area(outlines).sum()
    assert area == pytest.approx(whole.area, rel=1e-9)
    assert shapely.union_all(outlines).area == pytest.approx(area, rel=1e-9)
    assert whole.symmetric_difference(shapely.union_all(outlines)).area < 1e-6 * area


def test_the_share_of_steep_land_is_an_overlay(tmp_path: Path) -> None:
    ground = dem(tmp_path, ridge())
    shape = land(box(100, 50, 200, 150)).iloc[0]  # of which the bank takes 10 m
    steep = shapely.intersection(shape, steep_land(ground, 20.0, GRID)[0])
    assert steep.area / shape.area == pytest.approx(0.1)


# --- reading ---------------------------------------------------------------------------------


def codes(findings: Sequence[Finding]) -> list[str]:
    return [item.code for item in findings]


def test_a_good_dem_is_read_without_a_word(tmp_path: Path) -> None:
    assert read(tmp_path, hills()) == []


def test_a_dem_without_nodata_is_said_and_the_plan_cures_it(tmp_path: Path) -> None:
    (found,) = read(tmp_path, hills(), nodata=None)
    assert (found.code, found.file, found.severity) == ("raster.nodata", "dem.tif", "warning")
    assert "nodata = …" in found.mend
    write_raster(tmp_path / "dem.tif", hills(), west=WEST, north=NORTH, cell=10, nodata=None)
    notes = Notes()
    read_dem(Terrain(file="dem.tif", nodata=-9999), tmp_path, notes)
    assert notes.findings == []


def test_two_nodata_values_are_both_unknown(tmp_path: Path) -> None:
    heights = hills().round() + 1
    heights[0, :3], heights[1, :4] = np.nan, 0.0
    write_raster(tmp_path / "dem.tif", heights, west=WEST, north=NORTH, cell=10)
    notes = Notes()
    ground = read_dem(Terrain(file="dem.tif", nodata=0), tmp_path, notes)
    assert np.isnan(ground.elevation_m).sum() == 7
    (found,) = notes.findings
    assert (found.code, found.file) == ("raster.nodata-differs", "dem.tif")
    assert "-9999.0, the plan 0.0" in found.message
    assert "(4 of the latter)" in found.message


@pytest.mark.parametrize("fill", [-32768.0, -9999.0, 99999.0, -3.4e38])
def test_heights_that_no_ground_has_are_unknown(fill: float, tmp_path: Path) -> None:
    heights = hills()
    heights[2, 3:5] = fill
    found = read(tmp_path, heights.astype("float32"), nodata=None)
    assert codes(found) == ["raster.nodata", "terrain.heights"]
    assert (found[1].severity, found[1].file) == ("error", "dem.tif")
    assert "2 cells (0.5%)" in found[1].message
    assert f"{fill:g}" in found[1].message
    ground = dem(tmp_path, heights.astype("float32"), nodata=None)
    assert np.isnan(ground.elevation_m).sum() == 2


def test_a_rim_of_zeros_may_be_a_fill(tmp_path: Path) -> None:
    heights = hills()
    heights[:2] = 0.0
    (found,) = read(tmp_path, heights)
    assert (found.code, found.file, found.severity) == ("terrain.zeros", "dem.tif", "warning")
    assert "40 cells" in found.message
    shore = np.maximum(hills() - 60, 0.0)
    assert (shore == 0).sum() > 40
    assert read(tmp_path, shore) == []


def test_heights_in_feet(tmp_path: Path) -> None:
    ground = dem(tmp_path, np.full((5, 5), 100.0), vertical_unit="ft")
    assert ground.elevation_m == pytest.approx(30.48)


def test_a_unit_that_the_file_states_otherwise_is_said(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "dem.tif", hills(), west=WEST, north=NORTH, cell=10)
    with rasterio.open(path, "r+") as target:
        target.units = ["ft"]
    notes = Notes()
    read_dem(Terrain(file="dem.tif"), tmp_path, notes)
    (found,) = notes.findings
    assert (found.code, found.file, found.field) == ("terrain.unit", "dem.tif", "vertical_unit")
    assert 'vertical_unit = "ft"' in found.mend
    notes = Notes()
    read_dem(Terrain(file="dem.tif", vertical_unit="ft"), tmp_path, notes)
    assert notes.findings == []


def test_heights_that_the_file_scales(tmp_path: Path) -> None:
    tenths = np.full((4, 4), 1234, dtype="int16")
    tenths[0, 0] = -9999
    path = write_raster(tmp_path / "dem.tif", tenths, west=WEST, north=NORTH, cell=10)
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (0.1,), (-20.0,)
    ground = read_dem(Terrain(file="dem.tif"), tmp_path, Notes())
    assert np.isnan(ground.elevation_m[0, 0])
    assert ground.elevation_m[1:] == pytest.approx(103.4)


def refused(folder: Path, values: Any, **how: Any) -> Finding:
    with pytest.raises(LayerError) as stopped:
        dem(folder, values, **how)
    (found,) = stopped.value.findings
    assert (found.file, found.severity) == ("dem.tif", "error")
    return found


def test_a_dem_without_crs_is_refused_and_the_plan_cures_it(tmp_path: Path) -> None:
    found = refused(tmp_path, hills(), crs=None)
    assert found.code == "crs.missing"
    assert 'crs = "EPSG:…"' in found.mend
    assert read(tmp_path, hills(), crs=None, plan_crs="EPSG:4547") == []
    assert refused(tmp_path, hills(), plan_crs="EPSG:4548").code == "crs.conflict"


def test_a_dem_on_an_old_datum_cannot_be_laid_under_the_land(tmp_path: Path) -> None:
    ground = dem(tmp_path, hills(), crs="EPSG:2383")
    with pytest.raises(LayerError) as stopped:
        terrain(ground, box(50, 50, 150, 150))
    assert codes(stopped.value.findings) == ["crs.no-operation"]


def test_a_picture_lies_nowhere(tmp_path: Path) -> None:
    with pytest.warns(NotGeoreferencedWarning):
        found = refused(tmp_path, hills(), west=0.0, north=0.0, cell=(1.0, -1.0))
    assert found.code == "raster.unplaced"


def test_of_several_bands_one_is_chosen(tmp_path: Path) -> None:
    both = np.stack([hills(), hills() + 100])
    (found,) = read(tmp_path, both)
    assert (found.code, found.file, found.severity) == ("raster.bands", "dem.tif", "warning")
    assert read(tmp_path, both, band=1) == []
    second = dem(tmp_path, both, band=2)
    assert second.elevation_m == pytest.approx(hills() + 100)
    missing = refused(tmp_path, both, band=3)
    assert missing.code == "raster.band"
    assert "2 bands, and no band 3" in missing.message


def test_a_dem_in_degrees_says_so(tmp_path: Path) -> None:
    (found,) = read(tmp_path, hills(), **DEGREES | {"cell": 1e-3})
    assert (found.code, found.file, found.severity) == ("terrain.degrees", "dem.tif", "info")
    assert "102.7 m × 110.7 m" in found.message


def test_a_dem_that_unfolds_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dem.tif"
    shape = {"width": 20_000, "height": 20_000, "count": 1, "dtype": "uint8", "nodata": 0}
    where = rasterio.Affine(10, 0, WEST, 0, -10, NORTH)
    with rasterio.open(
        path, "w", crs=GRID.to_wkt(), transform=where, sparse_ok=True, tiled=True, **shape
    ):
        pass
    with pytest.raises(LayerError) as stopped:  # 0.4 GB of bytes, 3.2 GB of heights
        read_dem(Terrain(file="dem.tif"), tmp_path, Notes())
    (found,) = stopped.value.findings
    assert (found.code, found.file) == ("raster.too-large", "dem.tif")
    assert "3.2 GB" in found.message


def test_the_file_is_the_one_whose_hash_is_stated(tmp_path: Path) -> None:
    assert refused(tmp_path, hills(), sha256="0" * 64).code == "file.hash"


def test_slopes_that_no_land_has_are_said(tmp_path):
    heights = np.full((20, 40), 50.0)
    heights[8:12, 18:22] = 255.0  # a fill value that nobody states
    west, north = QINGXI + np.array([-100.0, 150.0])
    write_raster(tmp_path / "dem.tif", heights, west=west, north=north, cell=10, nodata=-9999)
    land = placed(rectangle(0, 0, 200, 100), parcel_id=["A"], treatment="rebuild")
    done = study(tmp_path, land, tables='[terrain]\nfile = "dem.tif"\n')
    found = {item.code: item for item in done.findings}["terrain.cliffs"]
    assert (found.file, found.severity) == ("dem.tif", "warning")
    assert "on 1 parcels" in found.message
