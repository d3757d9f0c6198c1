"""Both areas, against pyproj's geodesics, the national sheet and the worked example."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from shapely import MultiPolygon, Polygon, box

from geo.area import area_m2, ellipsoidal_m2, planar_m2, ring_areas_m2
from geo.earth.crs import metric
from tests.makers import array, qingxi

GRIDS = {  # a point in the middle of what the CRS is for
    "EPSG:4547": (513_000.0, 2_528_000.0),
    "EPSG:3826": (250_000.0, 2_700_000.0),
    "EPSG:2249": (230_000.0, 900_000.0),
}


def geodesic_m2(shape: shapely.Geometry, crs: CRS) -> float:
    """The area by another tool: PROJ's geodesics (to 0.1 dm²) over edges of at most 70 m."""
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    cut = shapely.orient_polygons(shapely.segmentize(shape, 70))
    degrees = shapely.transform(cut, to_degrees.transform, interleaved=False)
    return Geod(ellps="GRS80").geometry_area_perimeter(degrees)[0]


def equal_area_m2(shapes: np.ndarray, crs: CRS) -> np.ndarray:
    """The area by a third tool: an equal-area projection around the place."""
    east, north = shapely.get_coordinates(shapes)[0]
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = to_degrees.transform(east, north)
    flat = CRS(f"+proj=laea +lat_0={lat} +lon_0={lon} +ellps=GRS80")
    to_flat = Transformer.from_crs(crs, flat, always_xy=True)
    cut = shapely.segmentize(shapes, 5)
    return shapely.area(shapely.transform(cut, to_flat.transform, interleaved=False))


def star(radii: list[float], east: float, north: float) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return Polygon(np.c_[east + radii * np.cos(angles), north + radii * np.sin(angles)])


stars = st.lists(st.floats(20, 900), min_size=3, max_size=12).map(np.array)


def test_planar_area_is_the_area_on_the_grid():
    lot = box(0, 0, 200, 100)
    holed = Polygon(lot.exterior, [box(50, 25, 150, 75).exterior])
    two = MultiPolygon([lot, box(300, 0, 400, 100)])
    assert planar_m2(array(lot, holed, two)).tolist() == [20_000, 15_000, 30_000]
    assert planar_m2(array()).tolist() == ellipsoidal_m2(array(), CRS("EPSG:4547")).tolist() == []


def test_the_national_map_sheet():
    """The sheet 22°50′–22°52′30″ by 3′45″ has 29 598 197.9816 m² by the trapezoid formula."""
    west, south, east, north = 114.0, 22 + 50 / 60, 114 + 3.75 / 60, 22 + 52.5 / 60
    ends = np.radians([[west, east, east, west, west], [south, south, north, north, south]])
    middles = (ends[:, 1:] + ends[:, :-1]) / 2
    ring = np.zeros(5, dtype=int)
    assert ring_areas_m2(ends, middles, ring)[0] == pytest.approx(29_598_197.9816, abs=1e-3)
    assert ring_areas_m2(ends[:, ::-1], middles[:, ::-1], ring)[0] == pytest.approx(
        -29_598_197.9816
    )


def test_the_worked_example_of_the_boundary_point_text():
    shell = [
        (2526800, 38516400),
        (2527000, 38516400),
        (2527010.25, 38516660.5),
        (2526795, 38516655),
    ]
    hole = [(2526860, 38516500), (2526860, 38516560), (2526910, 38516560), (2526910, 38516500)]
    plot = Polygon([(y, x) for x, y in shell], [[(y, x) for x, y in hole]])
    crs = CRS("EPSG:4526")  # survey X is north, Y is east with the zone prefix 38
    assert area_m2(array(plot), crs, "planar")[0] == pytest.approx(50_508.125, abs=5e-4)
    assert area_m2(array(plot), crs, "ellipsoidal")[0] == pytest.approx(50_507.784, abs=5e-4)


@pytest.mark.parametrize("grid", GRIDS)
@settings(max_examples=15)
@given(radii=stars)
def test_ellipsoidal_area_agrees_with_geodesics(grid, radii):
    crs, (east, north) = metric(CRS(grid)), GRIDS[grid]
    shell = star(radii, east, north)
    hole = star(radii / 3, east, north)
    holed = Polygon(shell.exterior, [hole.exterior])
    apart = MultiPolygon([holed, star(radii / 2, east + 5000, north - 3000)])
    shapes = array(shell, holed, apart)
    measured = ellipsoidal_m2(shapes, crs)
    geodesic = [geodesic_m2(shape, crs) for shape in shapes]
    np.testing.assert_allclose(measured, geodesic, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(measured, equal_area_m2(shapes, crs), rtol=1e-9)


def test_a_hole_takes_away_whichever_way_it_is_wound():
    shell, hole = box(0, 0, 400, 300), box(100, 100, 200, 200)
    crs = CRS("EPSG:4547")
    windings = [
        Polygon(one, [other])
        for one in (shell.exterior.coords, shell.exterior.coords[::-1])
        for other in (hole.exterior.coords, hole.exterior.coords[::-1])
    ]
    shapes = qingxi(array(shell, hole, *windings))
    whole, missing, *holed = ellipsoidal_m2(shapes, crs)
    assert planar_m2(shapes)[2:].tolist() == [110_000] * 4
    np.testing.assert_allclose(holed, whole - missing, rtol=1e-10)


def test_every_parcel_gets_its_own_area():
    """Many shapes in one pass are the same as each alone, in their order."""
    shapes = array(
        MultiPolygon([box(0, 0, 50, 50), box(60, 0, 90, 50)]),
        Polygon(box(0, 100, 90, 190).exterior, [box(10, 110, 20, 120).exterior]),
        box(200, 0, 1200, 900),
    )
    shapes = qingxi(shapes)
    crs = CRS("EPSG:4547")
    alone = [ellipsoidal_m2(shapes[[number]], crs)[0] for number in range(3)]
    np.testing.assert_allclose(ellipsoidal_m2(shapes, crs), alone, rtol=1e-12)


def test_at_qingxi_the_grid_shows_a_few_ppm_more():
    shape = qingxi(box(0, 0, 1000, 1000))
    ppm = (planar_m2(array(shape)) / ellipsoidal_m2(array(shape), CRS("EPSG:4547")) - 1) * 1e6
    assert ppm[0] == pytest.approx(6.7, abs=0.4)
