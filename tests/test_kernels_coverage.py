"""Coverage of cells by polygons: held against GEOS cell by cell, exactextract, and plain sums."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely import MultiPolygon, Point, Polygon, box

from geo.inputs import Notes
from geo.kernels import coverage
from geo.outlines import outlines_of
from geo.plan import Terrain
from geo.terrain import zonal
from geo.terrain.dem import Dem, read_dem
from geo.terrain.zonal import parcel_terrain
from tests.rasters import write_raster

ROWS, COLUMNS = 9, 12
CELLS = [box(column, row, column + 1, row + 1) for row in range(ROWS) for column in range(COLUMNS)]
EVERY = np.array(CELLS, dtype=object)
EXACT = 1e-12


def shares(*shapes: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share of every cell of a grid (shapes, cells), the sizes, and what lies on the grid."""
    outlines = outlines_of(np.array(shapes, dtype=object))
    starts, cell, share, size, inside = coverage.covered(*outlines, ROWS, COLUMNS)
    cell, share = cell[: starts[-1]], share[: starts[-1]]
    dense = np.zeros((len(shapes), len(CELLS)))
    polygon = np.repeat(np.arange(len(shapes)), np.diff(starts))
    assert len(set(zip(polygon, cell, strict=True))) == len(cell), "a cell comes once"
    dense[polygon, cell] = share
    return dense, size, inside


def overlay(shape: Any) -> np.ndarray:
    """The share of every cell by GEOS, without what counts as not touched."""
    area = shapely.area(shapely.intersection(EVERY, shape))
    return np.where(area > coverage.LEAST * min(shape.area, 1.0), area, 0.0)


def check(*shapes: Any, exact: float = EXACT) -> None:
    dense, size, inside = shares(*shapes)
    grid = box(0, 0, COLUMNS, ROWS)
    for at, shape in enumerate(shapes):
        np.testing.assert_allclose(dense[at], overlay(shape), rtol=0, atol=exact)
        assert size[at] == pytest.approx(shape.area, rel=1e-12, abs=1e-15)
        assert inside[at] == pytest.approx(grid.intersection(shape).area, rel=1e-11, abs=1e-14)


def ragged(rng: np.random.Generator, reach: float) -> Polygon:
    """A star-shaped outline, often partly off the grid, now and then with a hole."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 30))))
    rim = np.column_stack([np.cos(angles), np.sin(angles)])
    rim *= rng.uniform(0.3, 1.0, (len(angles), 1)) * reach
    middle = rng.uniform([-2, -2], [COLUMNS + 2, ROWS + 2])
    shape = Polygon(rim + middle).buffer(0)
    if rng.random() < 0.4:
        shape = shape.difference(Polygon(0.5 * rim + middle).buffer(0))
    return shape


# --- known figures ---------------------------------------------------------------------------


def test_cells_and_halves_of_cells() -> None:
    dense, size, inside = shares(
        box(1, 1, 3, 2), box(0.5, 0, 1, 1), Polygon([(2, 2), (4, 2), (2, 4)])
    )
    assert dense[0].nonzero()[0].tolist() == [COLUMNS + 1, COLUMNS + 2]
    assert dense[0].max() == dense[0].sum() / 2 == 1
    assert dense[1].nonzero()[0].tolist() == [0]
    assert dense[1, 0] == 0.5
    triangle = dense[2].reshape(ROWS, COLUMNS)[2:4, 2:4]
    assert triangle.tolist() == [[1, 0.5], [0.5, 0]]
    assert size.tolist() == inside.tolist() == [2, 0.5, 2]


def test_what_is_no_polygon_covers_nothing() -> None:
    dense, size, inside = shares(None, Polygon(), Point(1, 1), box(1, 1, 2, 2), MultiPolygon())
    assert dense.sum(axis=1).tolist() == [0, 0, 0, 1, 0]
    assert size.tolist() == inside.tolist() == [0, 0, 0, 1, 0]


def test_what_has_no_area_covers_nothing() -> None:
    folded = Polygon([(0.1, 0.3), (7.3, 5.9), (0.1, 0.3), (7.3, 5.9)])
    dense, size, _ = shares(folded, Polygon([(2, 2), (9.7, 2), (4, 2)]))
    assert not dense.any()
    assert size.tolist() == [0, 0]


def test_infinite_coordinates_cover_nothing() -> None:
    outlines = outlines_of(np.array([box(1, 1, 2, 2), box(3, 3, 4, 4)]))
    outlines.points[1] = np.inf
    starts, cell, _, size, inside = coverage.covered(*outlines, ROWS, COLUMNS)
    assert (starts.tolist(), cell[:1].tolist()) == ([0, 0, 1], [3 * COLUMNS + 3])
    assert np.isnan(size[0])
    assert inside.tolist() == [0, 1]


@pytest.mark.parametrize(
    "away",
    [box(-5, 2, -1, 4), box(COLUMNS, 0, 15, 9), box(1, -3, 4, 0), box(2, ROWS, 3, ROWS + 1)],
    ids=["west", "east", "above", "below"],
)  # fmt: skip
def test_land_beside_the_grid_covers_none_of_it(away: Polygon) -> None:
    dense, size, inside = shares(away)
    assert not dense.any()
    assert size[0] == away.area
    assert inside[0] == 0


def test_the_way_a_ring_runs_makes_no_difference() -> None:
    shape = Polygon([(1, 1), (7.5, 2), (6, 7), (2, 6.3)], [[(3, 3), (3, 5), (5, 4)]])
    wound = [shapely.orient_polygons(shape, exterior_cw=cw) for cw in (True, False)]
    mixed = Polygon(wound[0].exterior, [wound[1].interiors[0].coords[::-1]])
    dense, _, _ = shares(*wound, mixed)
    np.testing.assert_allclose(dense[1:], dense[:2], rtol=0, atol=EXACT)
    check(*wound)


# --- against GEOS ----------------------------------------------------------------------------


@pytest.mark.parametrize("reach", [0.02, 0.7, 3.0, 40.0])
def test_random_outlines_cover_what_an_overlay_has(reach: float) -> None:
    rng = np.random.default_rng(int(reach * 100))
    check(*[ragged(rng, reach) for _ in range(60)])


HALVES = st.integers(-4, 2 * COLUMNS + 4).map(lambda value: value / 2)


@given(st.lists(st.tuples(HALVES, HALVES), min_size=3, max_size=8))
def test_corners_and_edges_on_cell_borders(corners: list[tuple[float, float]]) -> None:
    """Hulls and mended outlines of points on cell corners, middles and borders."""
    mended = shapely.make_valid(Polygon(corners))
    parts = [part for part in shapely.get_parts([mended]) if part.geom_type.endswith("Polygon")]
    check(shapely.convex_hull(shapely.multipoints(corners)).buffer(0), *parts)


@given(st.data())
def test_sums_are_those_of_exact_fractions(data: st.DataObject) -> None:
    """The size of the land on the grid, clipped by hand in fractions (Sutherland and Hodgman)."""
    number = st.integers(-8, 104).map(lambda value: value / 8)
    triangle = [(data.draw(number), data.draw(number)) for _ in range(3)]
    points = [(Fraction(x), Fraction(y)) for x, y in triangle]
    for axis, limit, sign in ((0, 0, 1), (0, COLUMNS, -1), (1, 0, 1), (1, ROWS, -1)):
        kept = []
        for one, other in zip(points, points[1:] + points[:1], strict=True):
            first, second = sign * (one[axis] - limit), sign * (other[axis] - limit)
            if first >= 0:
                kept.append(one)
            if first * second < 0:
                share = first / (first - second)
                kept.append(tuple(a + share * (b - a) for a, b in zip(one, other, strict=True)))
        points = kept
    twice = sum(
        a[0] * b[1] - a[1] * b[0] for a, b in zip(points, points[1:] + points[:1], strict=True)
    )
    dense, _, inside = shares(Polygon(triangle))
    assert inside[0] == pytest.approx(float(abs(twice)) / 2, abs=1e-12)
    assert dense.sum() == pytest.approx(inside[0], abs=len(CELLS) * coverage.LEAST)


def test_slivers_and_repeated_points() -> None:
    thin = Polygon([(0.3, 0.2), (11.1, 8.4), (11.1, 8.4), (11.1001, 8.4), (0.3, 0.2001)])
    level = Polygon([(0.25, 3.0), (11.5, 3.0), (11.5, 3.0002), (0.25, 3.0002)])
    upright = Polygon([(4.9999, -1), (5.0001, -1), (5.0001, 20), (4.9999, 20)])
    check(shapely.make_valid(thin), level, upright)


def test_a_parcel_smaller_than_what_counts_of_a_cell_still_lies_in_it() -> None:
    dense, size, _ = shares(box(3.5, 3.5, 3.5001, 3.5001))
    assert dense.nonzero()[1].tolist() == [3 * COLUMNS + 3]
    assert dense.sum() == pytest.approx(1e-8, rel=1e-6)
    assert size[0] == pytest.approx(1e-8, rel=1e-6)


def test_rounding_along_a_border_touches_no_cell() -> None:
    dense, _, _ = shares(box(1, 1, 3 + 1e-9, 3 - 1e-9))
    assert dense.nonzero()[1].tolist() == [13, 14, 25, 26]
    assert dense[0, 13] == 1


def test_neighbours_fill_the_grid_without_gap_or_overlap() -> None:
    """Triangles of random points tile their hull: every cell inside is covered exactly once."""
    points = np.random.default_rng(5).uniform([-3, -3], [COLUMNS + 3, ROWS + 3], (80, 2))
    corners = [(-4, -4), (COLUMNS + 4, -4), (-4, ROWS + 4), (COLUMNS + 4, ROWS + 4)]
    spread = shapely.multipoints(np.vstack([points, corners]))
    tiles = shapely.get_parts(shapely.delaunay_triangles(spread))
    dense, _, inside = shares(*tiles)
    np.testing.assert_allclose(dense.sum(axis=0), 1, rtol=0, atol=1e-5)
    assert inside.sum() == pytest.approx(ROWS * COLUMNS, abs=1e-9)


def test_exactextract_agrees_to_its_single_precision() -> None:
    """The library that did this before: (rows from the top, coverage as 32-bit floats)."""
    rng = np.random.default_rng(8)
    shapes = [ragged(rng, 4.0) for _ in range(80)]
    dense, _, _ = shares(*shapes)
    upright = [shapely.transform(shape, lambda xy: xy * [1, -1] + [0, ROWS]) for shape in shapes]
    source = NumPyRasterSource(np.ones((ROWS, COLUMNS), dtype=np.uint8))
    features = [
        {"type": "Feature", "properties": {}, "geometry": shape.__geo_interface__}
        for shape in upright
    ]
    for at, found in enumerate(exact_extract(source, features, ["cell_id", "coverage"])):
        theirs = np.zeros(len(CELLS))
        theirs[found["properties"]["cell_id"]] = found["properties"]["coverage"]
        np.testing.assert_allclose(dense[at], theirs, rtol=0, atol=2e-6)


def test_many_cells_of_one_shape_make_room_for_themselves() -> None:
    outlines = outlines_of(np.array([box(0, 0, 900, 700)]))
    starts, cell, share, _, inside = coverage.covered(*outlines, 1000, 1000)
    assert starts.tolist() == [0, 630_000]
    assert (share[:630_000] == 1).all()
    assert (np.diff(cell[:630_000]) > 0).all()
    assert inside[0] == 630_000


# --- figures of values -----------------------------------------------------------------------


def test_summary_of_weighted_values() -> None:
    """Known: 2 × 10, 1 × 16 → mean 12, 2 × 2 + 1 × 4 over 3 apart; then nothing, nothing known."""
    starts = np.array([0, 3, 3, 4])
    weight, values = np.array([2.0, 1.0, 5.0, 1.0]), np.array([10.0, 16.0, np.nan, np.nan])
    found = np.empty((5, 3))
    coverage.summary(starts, weight, values, found)
    assert found[:, 0].tolist() == [3 / 8, 12, 10, 16, 8 / 3]
    assert found[0, 1:].tolist() == [0, 0]
    assert np.isnan(found[1:, 1:]).all()


# --- a parcel's figures are its own ----------------------------------------------------------

WEST, NORTH = 516_000.0, 2_527_000.0
GRID = CRS("EPSG:4547")


def ground(folder: Path, **how: Any) -> Dem:
    heights = np.random.default_rng(4).uniform(50, 90, (60, 80))
    heights[20:23, 30:35] = -9999
    place = {"west": WEST, "north": NORTH, "cell": 7.3} | how
    write_raster(folder / "dem.tif", heights, **place)
    return read_dem(Terrain(file="dem.tif"), folder, Notes())


def lots(count: int) -> gpd.GeoSeries:
    rng = np.random.default_rng(11)
    shapes = shapely.transform(
        np.array([ragged(rng, 3.0) for _ in range(count)]),
        lambda xy: xy * [40, -40] + [WEST + 20, NORTH - 20],
    )
    return gpd.GeoSeries(shapes, crs=GRID)


def test_land_off_the_dem_and_no_land_have_no_terrain(tmp_path: Path) -> None:
    """Land that goes on for ever has little; a shape without area, and none at all, have none."""
    far = box(WEST, NORTH - 300, WEST + 1e9, NORTH - 50)
    line = Polygon([(WEST + 9, NORTH - 9), (WEST + 90, NORTH - 31), (WEST + 9, NORTH - 9)])
    land = gpd.GeoSeries([far, line, None, lots(1).iloc[0]], crs=GRID)
    table = parcel_terrain(land, GRID, ground(tmp_path))
    assert table["known_share"].iloc[1:3].tolist() == [0, 0]
    assert table.iloc[1:3, 2:].drop(columns="slope_known_share").isna().all(axis=None)
    assert 0 < table["known_share"].iloc[0] < 1e-3


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"turned_deg": 24.0},
        {"crs": "EPSG:4490", "west": 114.155, "north": 22.8415, "cell": 7e-5},
        {"crs": "EPSG:4490", "west": 114.155, "north": 22.8415, "cell": 7e-5, "turned_deg": -9.0},
    ],
    ids=["north-up", "turned", "degrees", "turned-degrees"],
)
def test_who_else_is_asked_about_changes_no_bit(
    how: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone, in parts, in any order, in chunks of any size: the same figures to the last bit."""
    dem, land = ground(tmp_path, **how), lots(24)
    whole = parcel_terrain(land, GRID, dem)
    assert whole["known_share"].gt(0).sum() > 12
    alone = [parcel_terrain(land.iloc[[at]], GRID, dem) for at in range(len(land))]
    for at, table in enumerate(alone):
        assert table.equals(whole.iloc[[at]]), at
    turned = parcel_terrain(land.iloc[::-1], GRID, dem)
    assert turned.iloc[::-1].equals(whole)
    monkeypatch.setattr(zonal, "SHAPES_PER_CHUNK", 5)
    assert parcel_terrain(land, GRID, dem).equals(whole)
    assert parcel_terrain(land, GRID, dem, outlines_of(land.to_numpy())).equals(whole)
