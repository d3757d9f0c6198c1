"""Areas of outlines: to the last bit those of GEOS, and on the ellipsoid those of other ways."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod, Transformer
from shapely import MultiPolygon, Polygon, affinity, box

from geo.area import by_degrees_m2, ellipsoidal_m2, planar_m2
from geo.earth.grs80 import RADIUS_M, meridian_m, scale_series, transverse_mercator
from geo.kernels import areas
from geo.outlines import outlines_of
from tests.makers import array

PREFIXED = CRS("EPSG:4526")  # central meridian 114, false easting 38 500 000


def on_grid(longitude: float, latitude: float, crs: CRS = PREFIXED) -> tuple[float, float]:
    return Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(
        longitude, latitude
    )


def stars(seed: int, east: float, north: float, sizes: tuple[float, ...]) -> np.ndarray:
    """Stars with a hole around a place, shell and hole wound either way; and two of them as one."""
    random, drawn = np.random.default_rng(seed), []
    for size in sizes:
        for turns in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            angles = np.linspace(0, 2 * np.pi, 11, endpoint=False)
            radii = random.uniform(0.4, 1, 11) * size
            ring = np.c_[east + radii * np.cos(angles), north + radii * np.sin(angles)]
            hole = (east, north) + 0.4 * (ring - (east, north))
            drawn.append(Polygon(ring[:: turns[0]], [hole[:: turns[1]]]))
    apart = affinity.translate(drawn[0], 3 * sizes[0], sizes[0])
    return array(*drawn, MultiPolygon([drawn[0], apart]))


def by_degrees(shapes: np.ndarray, crs: CRS) -> np.ndarray:
    """The way of every other projection: a second opinion for transverse Mercator grids."""
    return by_degrees_m2(outlines_of(shapes), np.ones(len(shapes), dtype=bool), crs)


def geodesic(shapes: np.ndarray, crs: CRS) -> list[float]:
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    cut = shapely.orient_polygons(shapely.segmentize(shapes, 70))
    degrees = shapely.transform(cut, to_degrees.transform, interleaved=False)
    return [Geod(ellps="GRS80").geometry_area_perimeter(shape)[0] for shape in degrees]


# -- on the grid ---------------------------------------------------------------------------------


def test_planar_areas_are_those_of_geos_to_the_last_bit():
    shapes = np.concatenate(
        [stars(1, 38_516_400.1, 2_526_800.3, (3, 90, 4000)), stars(2, 0.1, 0.2, (1, 7, 1e6))]
    )
    shapes = np.append(shapes, array(None, Polygon(), shapely.Point(1, 2), MultiPolygon()))
    found = planar_m2(outlines_of(shapes))
    assert found.tolist() == np.nan_to_num(shapely.area(shapes)).tolist()


def test_planar_areas_are_exact_to_the_digits_of_coordinates():
    """Against fractions: no error beyond the rounding of the sum itself."""
    shapes = stars(3, 38_516_400.1, 2_526_800.3, (150,))[:4]
    for shape, found in zip(shapes, planar_m2(outlines_of(shapes)), strict=True):
        sums = []
        for ring in (shape.exterior, *shape.interiors):
            points = [(Fraction(x), Fraction(y)) for x, y in ring.coords]
            pairs = pairwise(points)
            sums.append(abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in pairs)) / 2)
        exact = float(sums[0] - sum(sums[1:]))
        assert found == pytest.approx(exact, rel=1e-13)


# -- on the ellipsoid ----------------------------------------------------------------------------


@pytest.mark.parametrize("latitude", [-35, 0.5, 18, 23, 35, 54, 70])
@pytest.mark.parametrize("off", [-3.5, -1.5, 0.01, 1.5, 3.5])
def test_the_series_agrees_with_degrees_within_a_zone_to_1e_11(latitude, off):
    crs = CRS("EPSG:4547") if latitude < 0 else PREFIXED
    shapes = stars(
        int(abs(latitude * 10 + off)), *on_grid(114 + off, latitude, crs), (1500, 9000, 4e4)
    )
    np.testing.assert_allclose(ellipsoidal_m2(shapes, crs), by_degrees(shapes, crs), rtol=1e-11)


def test_small_lots_agree_with_geodesics_to_a_square_centimetre():
    shapes = stars(5, *on_grid(114.16, 22.84), (4, 40, 300))
    found = ellipsoidal_m2(shapes, PREFIXED)
    np.testing.assert_allclose(found, geodesic(shapes, PREFIXED), rtol=1e-9, atol=1e-4)


@pytest.mark.parametrize("off", [-6.5, 6.5])
def test_far_from_the_meridian_it_is_still_good_to_1e_10(off):
    shapes = stars(6, *on_grid(114 + off, 23), (2000, 40_000))
    found = ellipsoidal_m2(shapes, PREFIXED)
    np.testing.assert_allclose(found, by_degrees(shapes, PREFIXED), rtol=1e-10)


def test_beyond_its_reach_land_is_taken_to_degrees():
    """At 23° N, 12° are 1230 km; the other shapes of the layer keep their figures."""
    near, far = (stars(7, *on_grid(114 + off, 23), (2000,)) for off in (1, 12))
    found = ellipsoidal_m2(np.concatenate([near, far]), PREFIXED)
    assert found[: len(near)].tolist() == ellipsoidal_m2(near, PREFIXED).tolist()
    assert found[len(near) :].tolist() == by_degrees(far, PREFIXED).tolist()
    np.testing.assert_allclose(found[len(near) :], geodesic(far, PREFIXED), rtol=1e-9)


def test_a_long_edge_is_as_straight_as_many_short_ones():
    east, north = on_grid(114.8, 30)
    whole = box(east, north, east + 60_000, north + 90_000)
    cut = shapely.segmentize(whole, 500)
    one, other = ellipsoidal_m2(array(whole, cut), PREFIXED)
    assert one == pytest.approx(other, rel=2e-14)
    assert one == pytest.approx(by_degrees(array(whole), PREFIXED)[0], rel=1e-11)


@pytest.mark.parametrize("code", [25832, 3826, 2193])
def test_a_grid_may_have_a_scale_and_any_false_origin(code):
    """UTM, Taiwan's TM2 (0.9999) and New Zealand's, whose equator is at 10 000 000."""
    crs = CRS(code)
    use = crs.area_of_use
    place = on_grid((use.west + use.east) / 2, (use.south + use.north) / 2, crs)
    shapes = stars(code, *place, (2000, 9000))
    assert transverse_mercator(crs) is not None
    np.testing.assert_allclose(ellipsoidal_m2(shapes, crs), by_degrees(shapes, crs), rtol=1e-11)


@pytest.mark.parametrize("code", [2383, 32650, 2249, 3857])
def test_another_ellipsoid_or_projection_has_no_series(code):
    """Xian 1980, WGS 84, Lambert in feet, Web Mercator."""
    assert transverse_mercator(CRS(code)) is None


def test_the_zone_number_in_the_easting_changes_nothing():
    bare = stars(8, 516_400.0, 2_526_800.0, (150, 2000))
    prefixed = array(*[affinity.translate(shape, 38_000_000) for shape in bare])
    np.testing.assert_allclose(
        ellipsoidal_m2(prefixed, PREFIXED), ellipsoidal_m2(bare, CRS("EPSG:4547")), rtol=1e-9
    )


def test_what_has_no_area_has_none_and_a_collection_has_that_of_its_polygons():
    east, north = on_grid(114.16, 22.84)
    lot = box(east, north, east + 200, north + 100)
    mixed = shapely.GeometryCollection([lot, shapely.LineString([(0, 0), (1, 1)])])
    found = ellipsoidal_m2(array(lot, None, Polygon(), shapely.Point(east, north), mixed), PREFIXED)
    assert found.tolist() == [found[0], 0, 0, 0, found[0]]
    assert found[0] == pytest.approx(20_000, rel=1e-5)


def test_a_figure_does_not_depend_on_the_other_shapes():
    shapes = stars(9, *on_grid(114.3, 24), (5, 500, 20_000))
    together = ellipsoidal_m2(shapes, PREFIXED)
    alone = [ellipsoidal_m2(shapes[at : at + 1], PREFIXED)[0] for at in range(len(shapes))]
    assert together.tolist() == alone


# -- the series ----------------------------------------------------------------------------------


def test_the_meridian_is_as_long_as_geodesics_say():
    for latitude in (1, 23, 54, 90):
        _, _, apart = Geod(ellps="GRS80").inv(114, 0, 114, latitude)
        assert meridian_m(np.radians(latitude))[0] == pytest.approx(apart, abs=1e-7)
    assert pytest.approx(6_367_449.145_771_048, abs=1e-8) == RADIUS_M  # Karney 2011, for GRS80


def test_on_the_equator_the_scale_bends_as_the_ellipsoid_is_curved():
    """1/k² = 1 - K x² + …, where K = 1/(M N) is Gauss's curvature: so far as the terms go."""
    series, e2 = scale_series(areas.REACH), 1 - (1 - 1 / 298.257222101) ** 2
    for latitude in (0.0, 0.4, 0.8, 1.2):
        phi = latitude
        for _ in range(20):  # the latitude whose meridian is so long
            phi -= (meridian_m(phi)[0] / RADIUS_M - latitude) * 0.99
        bend = 1 - e2 * np.sin(phi) ** 2
        curvature = bend**2 / (1 - e2) / 6_378_137.0**2
        first = series[0] @ np.cos(2 * np.arange(series.shape[1]) * latitude)
        assert -3 * first == pytest.approx(curvature * RADIUS_M**2, rel=1e-9)
