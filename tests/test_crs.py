"""Which coordinate systems may carry areas, and which moves are honest."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pyproj import CRS
from shapely import Point, box

import geo
from geo.area import area_m2, ellipsoidal_m2, planar_m2
from geo.earth.crs import (
    LONGEST_TEXT,
    area_of_use,
    area_problem,
    has_no_datum,
    local_code,
    metric,
    moved,
    parse_crs,
    settled,
    shift_note,
    transform,
)
from geo.earth.datums import DatumShift, coincident
from geo.errors import LayerError
from geo.plan import LayerFile
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


def test_a_grid_that_a_prj_spells_otherwise_leaves_land_as_it_is():
    """Not a copy: to take a city apart and build it anew takes seconds. Heights go all the same."""
    land, crs = qingxi(array(box(0, 0, 200, 100))), CRS("EPSG:4547")
    spelled = CRS.from_wkt(crs.to_wkt("WKT1_ESRI"))
    assert spelled != crs
    assert transform(land, spelled, crs) is land
    raised = shapely.force_3d(land, 5.0)
    assert not shapely.has_z(transform(raised, spelled, crs)).any()
    assert shapely.equals_exact(transform(raised, spelled, crs), land).all()


@pytest.mark.parametrize("name", ["EPSG:4610", "EPSG:2383", "EPSG:4214", "EPSG:2435"])
def test_an_old_datum_is_not_moved_by_nothing(name):
    """Xian 1980 and Beijing 1954: PROJ's ballpark operation would leave the land where it is."""
    with pytest.raises(geo.LayerError, match=r"crs\.no-operation"):
        transform(array(Point(114, 22.8)), CRS(name), CRS("EPSG:4547"), file="old.gpkg")


def test_points_are_moved_as_geometry_is_however_many_they_are(monkeypatch):
    monkeypatch.setattr("geo.earth.crs.POINTS_AT_ONCE", 3)  # two points and more to a thread
    points = np.array([[516_400.0 + 10 * at, 2_526_800.0 - 7 * at] for at in range(20)])
    way = CRS("EPSG:4547"), CRS("EPSG:3857")
    alone = shapely.get_coordinates(transform(shapely.points(points), *way))
    assert (moved(points, *way) == alone).all()
    assert moved(points, way[0], way[0]) is points
    with pytest.raises(geo.LayerError, match=r"crs\.no-operation"):
        moved(points, CRS("EPSG:2383"), CRS("EPSG:4547"))


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


# --- what a file may make us open -----------------------------------------------------------------

MERCATOR_WKT1 = CRS("EPSG:3857").to_wkt("WKT1_GDAL")  # it says +nadgrids=@null, which is no file
GRID_FILE = CRS("+proj=longlat +ellps=krass +nadgrids=some_grid.gsb +type=crs")


@pytest.mark.parametrize(
    "text",
    [
        "+proj=longlat +ellps=krass +nadgrids=/etc/passwd +type=crs",
        "+proj=defmodel +model=/etc/passwd +type=crs",
        "+proj=longlat +ellps=krass +nadgrids=@null,/etc/passwd +type=crs",
        "+proj=longlat +datum=WGS84 +geoidgrids=egm.gtx +type=crs",
        "+init=/etc/passwd:foo",
        "proj=longlat init=/etc/hostname:x",
        "+proj=pipeline +step +proj=hgridshift +grids=/etc/hostname",
        "+proj=tinshift +file=/etc/hostname",
        "+proj=utm +zone=50 +NADGRIDS = x",
        GRID_FILE.to_wkt(),
        json.dumps(GRID_FILE.to_json_dict()),
        MERCATOR_WKT1.replace("@null", "a.gsb"),
        "@/etc/passwd",
        "/etc/passwd",
        "../secret.prj",
        "C:\\secret.prj",
        "http://example.org/4547",
        "file:///etc/passwd",
        "EPSG:4547" + " " * LONGEST_TEXT,
    ],
    ids=range(19),
)
def test_text_that_reaches_for_a_file_is_refused(text):
    with pytest.raises(geo.LayerError) as caught:
        parse_crs(text, file="land.shp", layer="land")
    (found,) = caught.value.findings
    assert (found.code, found.severity) == ("crs.unsafe", "error")
    assert (found.file, found.layer) == ("land.shp", "land")
    assert len(found.seen) <= 80


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:4547",
        "urn:ogc:def:crs:EPSG::4547",
        "http://www.opengis.net/def/crs/EPSG/0/4547",
        CRS("EPSG:4547").to_wkt(),
        CRS("EPSG:4547").to_json(),
        MERCATOR_WKT1,
        "+proj=tmerc +lat_0=0 +lon_0=114 +k=1 +x_0=500000 +ellps=GRS80 +towgs84=0,0,0 +type=crs",
    ],
    ids=range(7),
)
def test_text_that_states_a_crs_is_read(text):
    assert parse_crs(text).is_projected


@pytest.mark.parametrize(
    "text", ["", "EPSG:-1", "{", '{"a":' + "[" * 9000 + "]" * 9000 + "}", "EPSG\udc80:1", "GRS"]
)
def test_text_that_states_none_is_refused(text):
    with pytest.raises(geo.LayerError, match=r"crs\.unknown"):
        parse_crs(text)


# --- grids of a local name ------------------------------------------------------------------------


def called(name, code=4547):
    return CRS(f'PROJCS["{name}",' + CRS.from_epsg(code).to_wkt("WKT1_ESRI").split(",", 1)[1])


@pytest.mark.parametrize(
    "name",
    ["Dongguan_Local", "东莞独立坐标系", "地方坐标", "unknown", "Custom", "User_Defined_TM"],
)
def test_a_local_name_with_national_parameters_is_asked_about(name):
    assert called(name).to_epsg() == 4547  # which is why nobody would notice
    assert local_code(called(name)) == 4547


@pytest.mark.parametrize(
    "crs",
    [
        CRS("EPSG:4547"),
        CRS(CRS("EPSG:4547").to_wkt("WKT1_ESRI")),
        called("CGCS2000_3_Degree_GK_CM_114E"),
        CRS("EPSG:3997"),  # WGS 84 / Dubai Local TM is its official name
        CRS("EPSG:2249"),
        CRS("EPSG:4490"),
        CRS(called("Dongguan_Local").to_wkt("WKT1_ESRI").replace("114.0]", "113.75]")),
    ],
    ids=range(7),
)
def test_a_national_name_or_own_parameters_are_no_doubt(crs):
    assert local_code(crs) is None


def settling(own, stated=None):
    return settled(own, stated, file="land.shp", layer="land")


def test_a_local_name_is_an_error_until_somebody_says_what_it_is():
    with pytest.raises(geo.LayerError) as caught:
        settling(called("Dongguan_Local"))
    (found,) = caught.value.findings
    assert (found.code, found.severity, found.seen) == ("crs.local", "error", "Dongguan_Local")
    assert (found.file, found.layer) == ("land.shp", "land")
    assert "EPSG:4547" in found.message
    assert "--crs" in found.mend
    assert settling(called("Dongguan_Local"), "EPSG:4547") == CRS("EPSG:4547")
    assert settling(called("Dongguan_Local"), "EPSG:4548") == CRS("EPSG:4548")  # who says so knows


@pytest.mark.parametrize(
    ("own", "stated", "code"),
    [
        (CRS(NO_DATUM), None, "crs.no-datum"),
        (CRS("EPSG:4547"), "EPSG:4548", "crs.conflict"),
        (CRS("EPSG:4547"), "EPSG:0", "crs.unknown"),
        (CRS("EPSG:4547"), "+init=x:y", "crs.unsafe"),
    ],
)
def test_what_a_file_and_a_plan_cannot_settle(own, stated, code):
    with pytest.raises(geo.LayerError) as caught:
        settling(own, stated)
    (found,) = caught.value.findings
    assert (found.code, found.file, found.layer) == (code, "land.shp", "land")


def test_what_a_file_and_a_plan_agree_on():
    spelt = CRS(CRS("EPSG:4547").to_wkt("WKT1_ESRI"))
    assert settling(spelt) == settling(spelt, "EPSG:4547") == spelt
    assert settling(CRS(NO_DATUM), "EPSG:4547") == CRS("EPSG:4547")


# --- old datums -----------------------------------------------------------------------------------

GK_1954 = CRS("EPSG:2435").to_wkt("WKT1_ESRI")
OLD = [
    "EPSG:4610",
    "EPSG:4214",
    "EPSG:4555",
    "EPSG:2383",
    "EPSG:2362",
    "EPSG:2435",
    "EPSG:2414",
    CRS("EPSG:2383").to_wkt("WKT1_ESRI"),
    GK_1954,
    GK_1954.replace("298.3]", "298.3],TOWGS84[0,0,0,0,0,0,0]"),
    GK_1954.replace("298.3]", "298.3],TOWGS84[15.8,-154.4,-82.3,0,0,0,0]"),
    GK_1954.replace("D_Beijing_1954", "北京54").replace("GCS_Beijing_1954", "北京54"),
]


@pytest.mark.parametrize("other", ["EPSG:4490", "EPSG:4547", "EPSG:4326", "EPSG:32650"])
@pytest.mark.parametrize("old", OLD, ids=range(len(OLD)))
def test_nothing_leads_from_or_to_an_old_datum(old, other):
    """PROJ would take Beijing 1954 to WGS 84 by an oil field's parameters, or zeros of a .prj."""
    for source, target in ((CRS(old), CRS(other)), (CRS(other), CRS(old))):
        with pytest.raises(geo.LayerError) as caught:
            transform(array(Point(114, 22.8)), source, target, file="old.shp", layer="old")
        (found,) = caught.value.findings
        assert (found.code, found.file, found.layer) == ("crs.no-operation", "old.shp", "old")
        assert "datum_shift" in found.mend


def test_an_old_datum_may_change_its_grid():
    moved = transform(array(Point(516_400, 2_526_800)), CRS("EPSG:2383"), CRS("EPSG:2362"))
    np.testing.assert_allclose(shapely.get_coordinates(moved), [[38_516_400, 2_526_800]], atol=1e-6)


@pytest.mark.parametrize(
    "name", ["China_2000", "D_China_2000", "CGCS2000", "China_Geodetic_Coordinate_System_2000"]
)
def test_cgcs2000_by_other_names(name):
    spelt = CRS("EPSG:4490").to_wkt("WKT1_ESRI").replace("D_China_2000", name)
    assert coincident(CRS(spelt))
    moved = transform(array(Point(114, 22.84)), CRS(spelt), CRS("EPSG:4547"))
    assert moved[0].x == pytest.approx(500_000, abs=1e-6)


# --- a stated shift -------------------------------------------------------------------------------

SEVEN = {"dx": 11.5, "dy": -152.3, "dz": -79.8, "rx": 1.2, "ry": -0.8, "rz": 2.1, "ds": -3.7}
SHIFT = DatumShift(**SEVEN, convention="position_vector", source="town survey office, 2016")
FRAME = SHIFT.model_copy(update={"convention": "coordinate_frame"})
KRASSOVSKY, IAG75, GRS80 = (6378245.0, 298.3), (6378140.0, 298.257), (6378137.0, 298.257222101)


def geocentric(lon, lat, ellipsoid):
    a, e2 = ellipsoid[0], (2 - 1 / ellipsoid[1]) / ellipsoid[1]
    lon, lat = np.radians(lon), np.radians(lat)
    across = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    east = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon)]) * across
    return np.array([*east, across * (1 - e2) * np.sin(lat)])


def geodetic(xyz, ellipsoid):
    a, e2 = ellipsoid[0], (2 - 1 / ellipsoid[1]) / ellipsoid[1]
    x, y, z = xyz
    reach = np.hypot(x, y)
    lat = np.arctan2(z, reach * (1 - e2))
    for _ in range(20):
        lat = np.arctan2(z + e2 * a / np.sqrt(1 - e2 * np.sin(lat) ** 2) * np.sin(lat), reach)
    return np.degrees(np.arctan2(y, x)), np.degrees(lat)


def by_hand(lon, lat, old, turn):
    """Seven parameters in the linear form, rotations turned by ``turn`` (1 position vector)."""
    x, y, z = geocentric(lon, lat, old)
    rx, ry, rz = np.radians(np.array([SEVEN["rx"], SEVEN["ry"], SEVEN["rz"]]) / 3600) * turn
    scale = 1 + SEVEN["ds"] * 1e-6
    turned = np.array([x - rz * y + ry * z, rz * x + y - rx * z, -ry * x + rx * y + z])
    origin = np.array([[SEVEN["dx"]], [SEVEN["dy"]], [SEVEN["dz"]]])
    return geodetic(origin + scale * turned, GRS80)


@pytest.mark.parametrize(("shift", "turn"), [(SHIFT, 1), (FRAME, -1)])
@pytest.mark.parametrize(
    ("code", "grid", "ellipsoid"), [(4214, 2435, KRASSOVSKY), (4610, 2383, IAG75)]
)
def test_seven_parameters_agree_with_the_formulas(code, grid, ellipsoid, shift, turn):
    lon, lat = np.array([114.16, 113.2]), np.array([22.84, 23.4])
    expected = np.column_stack(by_hand(lon, lat, ellipsoid, turn))
    metres = transform(shapely.points(expected), CRS("EPSG:4490"), CRS("EPSG:4547"))
    points = shapely.points(lon, lat)
    moved = transform(points, CRS.from_epsg(code), CRS("EPSG:4547"), shift=shift)
    assert shapely.distance(moved, metres).max() < 1e-4
    on_grid = transform(points, CRS.from_epsg(code), CRS.from_epsg(grid))
    moved = transform(on_grid, CRS.from_epsg(grid), CRS("EPSG:4547"), shift=shift)
    assert shapely.distance(moved, metres).max() < 1e-4
    unmoved = transform(points, CRS("EPSG:4490"), CRS("EPSG:4547"))
    assert shapely.distance(moved, unmoved).min() > 40


def test_a_shift_keeps_the_shape_of_the_land():
    square = array(qingxi(box(0, 0, 200, 100)))
    moved = transform(square, CRS("EPSG:2435"), CRS("EPSG:4547"), shift=SHIFT)
    assert planar_m2(moved)[0] == pytest.approx(20_000, rel=5e-5)  # the ellipsoids: 17 ppm and ds


def test_a_shift_beside_a_towgs84_is_taken_instead_of_it():
    point = array(Point(516_400, 2_526_800))
    bound, plain = CRS(OLD[-2]), CRS("EPSG:2435")
    moved = [transform(point, crs, CRS("EPSG:4547"), shift=SHIFT)[0] for crs in (bound, plain)]
    assert moved[0].equals_exact(moved[1], 1e-6)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("EPSG:4490", "EPSG:4547"),
        ("EPSG:4547", "EPSG:4547"),
        ("EPSG:4326", "EPSG:4547"),
        ("EPSG:2383", "EPSG:2383"),
        ("EPSG:2383", "EPSG:2362"),
        ("EPSG:4547", "EPSG:2383"),
        ("EPSG:2249", "EPSG:32619"),
    ],
)
def test_a_shift_where_none_is_needed_is_an_error(source, target):
    with pytest.raises(geo.LayerError) as caught:
        transform(array(Point(1, 1)), CRS(source), CRS(target), shift=SHIFT, file="f", layer="l")
    (found,) = caught.value.findings
    assert (found.code, found.severity) == ("crs.shift-unneeded", "error")
    assert (found.file, found.layer) == ("f", "l")


def test_the_shift_is_told_in_metres():
    square = array(qingxi(box(0, 0, 200, 100)), None)
    old, new = CRS("EPSG:2435"), CRS("EPSG:4547")
    (found,) = shift_note(square, old, new, SHIFT, {"file": "old.shp", "layer": "old"})
    assert (found.code, found.severity, found.changed) == ("crs.shifted", "info", True)
    assert (found.file, found.layer) == ("old.shp", "old")
    assert "town survey office, 2016" in found.message
    assert "town survey office, 2016" in found.message_zh
    middle = array(qingxi(Point(100, 50)))
    before = transform(transform(middle, old, CRS("EPSG:4214")), CRS("EPSG:4490"), new)
    step = shapely.get_coordinates(transform(middle, old, new, shift=SHIFT)) - (
        shapely.get_coordinates(before)
    )
    east, _, _, north, _, _ = found.seen.split()
    assert [float(east), float(north)] == pytest.approx([*step[0]], abs=0.02)
    assert shift_note(array(None), old, new, SHIFT, {}) == []


@pytest.mark.parametrize("name", [*SEVEN, "convention", "source"])
def test_every_part_of_a_shift_is_asked_for(name):
    whole = SHIFT.model_dump()
    assert LayerFile.model_validate({"file": "f", "datum_shift": whole}).datum_shift == SHIFT
    del whole[name]
    with pytest.raises(ValidationError):
        LayerFile.model_validate({"file": "f", "datum_shift": whole})


@pytest.mark.parametrize(
    ("name", "value"),
    [("rx", 3600), ("dx", 1e6), ("ds", 1000), ("dz", float("nan")), ("source", ""),
     ("convention", "either")],
)  # fmt: skip
def test_a_shift_of_the_wrong_unit_is_refused(name, value):
    with pytest.raises(ValidationError):
        DatumShift.model_validate(SHIFT.model_dump() | {name: value})


# --- rows and areas -------------------------------------------------------------------------------


def test_what_cannot_be_placed_hinders_no_other_row():
    rows = array(Point(516_400, 2_526_800), Point(1e9, 1e9), Point(np.nan, 0), None)
    moved = transform(rows, CRS("EPSG:4547"), CRS("EPSG:4490"))
    assert moved[0].x == pytest.approx(114.15978, abs=1e-5)
    assert not np.isfinite(shapely.get_coordinates(moved[1:3])).all(axis=1).any()
    assert moved[3] is None


SAME_LAND = [
    "EPSG:4526",
    "EPSG:4490",
    "EPSG:4326",
    CRS("EPSG:4547").to_wkt("WKT1_ESRI"),
    CRS("EPSG:4526").to_wkt("WKT1_ESRI"),
    CRS("EPSG:4490").to_wkt("WKT1_ESRI"),
]


@given(
    st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(1, 2000), st.floats(1, 2000)
)  # fmt: skip
def test_equivalent_crs_keep_every_mu(west, south, width, height):
    grid = CRS("EPSG:4547")
    land = array(qingxi(box(west, south, west + width, south + height)))
    for name in SAME_LAND:
        back = transform(transform(land, grid, CRS(name)), CRS(name), grid)
        assert shapely.hausdorff_distance(back, land)[0] < 1e-4
        for method in ("planar", "ellipsoidal"):
            one, other = (area_m2(shapes, grid, method)[0] for shapes in (land, back))
            assert other == pytest.approx(one, rel=1e-9, abs=1e-3)


@pytest.mark.parametrize("name", ["EPSG:4547", CRS("EPSG:4547").to_wkt("WKT1_ESRI")], ids="ab")
def test_where_a_crs_is_used(name):
    assert area_of_use(CRS(name)) == (112.5, 21.52, 115.5, 45.45)


def test_where_a_towns_own_grid_is_used():
    west, _, east, _ = area_of_use(
        CRS(called("own").to_wkt().replace('origin",114', 'origin",113.75'))
    )
    assert (west, east) == (107.75, 119.75)  # 6° to either side of its meridian


def test_a_definition_that_fails_only_when_used_is_refused():
    """A flipped byte in a .prj: PROJ takes the text, and has no such projection."""
    text = CRS(4547).to_wkt("WKT1_GDAL").replace("Transverse_Mercator", "Transverse_Mercatos")
    assert CRS(text).is_projected
    with pytest.raises(LayerError) as refused:
        parse_crs(text, file="p.shp", layer="p")
    (found,) = refused.value.findings
    assert (found.code, found.file, found.layer) == ("crs.unknown", "p.shp", "p")
