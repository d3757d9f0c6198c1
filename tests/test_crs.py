"""Which coordinate systems may carry areas, and which moves are honest."""

import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely import Point, box

import geo
from geo.area import ellipsoidal_m2, planar_m2
from geo.crs import area_problem, has_no_datum, metric, parse_crs, transform
from tests.makers import array, parcels, qingxi, write_plan

FOOT_M = 1200 / 3937  # the US survey foot
UNKNOWN_DATUM = 'LOCAL_CS["Dongguan local",UNIT["metre",1]]'
NO_DATUM = (
    'PROJCS["Town grid",GEOGCS["GCS_Unknown",DATUM["Unknown",SPHEROID["GRS 1980",6378137,'
    '298.257222101]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",114],'
    'PARAMETER["latitude_of_origin",0],PARAMETER["scale_factor",1],'
    'PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]]'
)


@pytest.mark.parametrize("name", ["EPSG:4547", "EPSG:4526", "EPSG:3826", "EPSG:2249", "EPSG:32650"])
def test_a_projected_crs_may_carry_areas(name):
    assert area_problem(parse_crs(name)) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("EPSG:3857", "18.3 %"),
        ("EPSG:3395", "Mercator"),
        ("EPSG:4490", "not projected"),
        ("EPSG:4326", "not projected"),
        (NO_DATUM, "no datum"),
    ],
)
def test_a_crs_that_would_mislead_is_refused(name, why):
    assert why in area_problem(CRS(name))


@pytest.mark.parametrize("name", ["EPSG:3857", "EPSG:4490"])
def test_a_plan_with_such_a_crs_is_refused(name, tmp_path):
    path = write_plan(tmp_path, parcels(box(0, 0, 200, 100))[["geometry"]], crs=name)
    with pytest.raises(geo.PlanError, match=r"plan\.area-crs"):
        geo.read_plan(path)


def test_web_mercator_would_show_almost_a_fifth_too_much():
    """+18.3 % against the ellipsoid; sec² of the latitude, +17.7 %, is what a sphere would give."""
    square = qingxi(box(0, 0, 100, 100))
    true = ellipsoidal_m2(array(square), CRS("EPSG:4547"))
    inflated = planar_m2(transform(array(square), CRS("EPSG:4547"), CRS("EPSG:3857")))
    assert inflated[0] / true[0] == pytest.approx(1.183, abs=0.001)


def test_feet_become_metres():
    square = box(750_000, 2_950_000, 751_000, 2_951_000)  # 1000 ft by 1000 ft in Boston
    feet, metres = CRS("EPSG:2249"), metric(CRS("EPSG:2249"))
    moved = transform(array(square), feet, metres)
    assert {axis.unit_name for axis in metres.axis_info} == {"metre"}
    np.testing.assert_allclose(
        shapely.bounds(moved)[0], np.array(square.bounds) * FOOT_M, rtol=1e-12
    )
    assert planar_m2(moved)[0] == pytest.approx(1e6 * FOOT_M**2, rel=1e-9)
    assert ellipsoidal_m2(moved, metres)[0] == pytest.approx(1e6 * FOOT_M**2, rel=1e-3)


def test_metres_stay_as_they_are():
    assert metric(CRS("EPSG:4547")) == CRS("EPSG:4547")


@pytest.mark.parametrize("name", ["EPSG:4610", "EPSG:2383", "EPSG:4214", "EPSG:2435"])
def test_an_old_datum_is_not_moved_by_nothing(name):
    """Xian 1980 and Beijing 1954: PROJ's ballpark operation would leave the land where it is."""
    with pytest.raises(geo.LayerError, match=r"crs\.no-operation"):
        transform(array(Point(114, 22.8)), CRS(name), CRS("EPSG:4547"), file="old.gpkg")


@pytest.mark.parametrize("source", ["EPSG:4326", "EPSG:4490"])
def test_gps_and_cgcs2000_are_one(source):
    moved = transform(array(Point(114, 22.84)), CRS(source), CRS("EPSG:4547"))
    assert moved[0].x == pytest.approx(500_000, abs=1e-6)  # the central meridian
    back = transform(moved, CRS("EPSG:4547"), CRS(source))
    np.testing.assert_allclose(shapely.get_coordinates(back), [[114, 22.84]], atol=1e-11)


def test_the_zone_prefix_is_38_million_metres():
    moved = transform(array(Point(516_400, 2_526_800)), CRS("EPSG:4547"), CRS("EPSG:4526"))
    np.testing.assert_allclose(shapely.get_coordinates(moved), [[38_516_400, 2_526_800]], atol=1e-6)


def test_what_cannot_be_placed_becomes_infinite():
    moved = transform(array(Point(1e9, 1e9)), CRS("EPSG:4547"), CRS("EPSG:4490"))
    assert not np.isfinite(shapely.get_coordinates(moved)).any()


def test_a_name_that_is_no_crs():
    with pytest.raises(geo.LayerError, match=r"crs\.unknown"):
        parse_crs("EPSG:0", file="plan.toml")


@pytest.mark.parametrize(
    ("name", "hidden"), [(NO_DATUM, True), (UNKNOWN_DATUM, True), ("EPSG:4547", False)]
)
def test_a_crs_that_hides_its_earth(name, hidden):
    assert has_no_datum(CRS(name)) is hidden
