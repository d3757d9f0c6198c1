"""Land in the wrong place, and what the finding says it would fit as."""

from time import perf_counter

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pyproj import CRS
from shapely import box

from geo.earth import offsets
from geo.earth.crs import lonlat, transform
from geo.earth.place import boundary_rows, check_layer, check_place
from geo.errors import LayerError
from geo.plan import BoundaryLayer
from geo.readers.vector import VectorLayer
from tests.makers import array, qingxi

WHERE = {"file": "land.gpkg", "layer": "land"}
GRID, PREFIXED, DEGREES, GPS = (CRS(f"EPSG:{code}") for code in (4547, 4526, 4490, 4326))
LOTS = qingxi(array(*(box(east, 0, east + 200, 100) for east in range(0, 1000, 200))))  # 30 mu each
TOWN = qingxi(array(box(-2000, -2000, 3000, 2000)))


def shifted(shapes, east, north=0.0):
    return shapely.transform(shapes, lambda points: points + np.array([east, north]))


def swapped(shapes):
    return shapely.transform(shapes, np.fliplr)


def in_degrees(shapes, crs=GRID):
    return shapely.transform(shapes, lambda points: lonlat(points, crs))


def offset(shapes, move):
    return shapely.transform(in_degrees(shapes), lambda at: np.column_stack(move(*at.T)))


def only(findings):
    (found,) = findings
    assert (found.file, found.layer) == ("land.gpkg", "land")
    assert not found.changed
    return found


# --- a layer by itself ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "crs", "likely", "likely_zh"),
    [
        (swapped(LOTS), "EPSG:4547", "x and y are swapped", "X、Y 颠倒"),
        (shifted(LOTS, 38e6), "EPSG:4547", "its zone prefix is 38: EPSG:4526", "带号为 38"),
        (shifted(LOTS, 19e6), "EPSG:4547", "its zone prefix is 19: EPSG:4497", "带号为 19"),
        (shifted(LOTS, 39e6), "EPSG:4526", "its zone prefix is 39: EPSG:4527", "带号为 39"),
        (LOTS, "EPSG:4526", "it has no zone prefix: EPSG:4547", "没有带号：EPSG:4547"),
        (LOTS, "EPSG:4498", "it has no zone prefix: EPSG:4509", "没有带号：EPSG:4509"),
        (shifted(LOTS, 38e6), "EPSG:2383", "its zone prefix is 38: EPSG:2362", "EPSG:2362"),
        (shifted(LOTS, 20e6), "EPSG:2435", "its zone prefix is 20: EPSG:21420", "EPSG:21420"),
        (shifted(LOTS, 38e6), "EPSG:4326", "its zone prefix is 38: EPSG:4526", "EPSG:4526"),
        (swapped(shifted(LOTS, 38e6)), "EPSG:4526", "x and y are swapped", "X、Y 颠倒"),
        (
            swapped(shifted(LOTS, 38e6)),
            "EPSG:4547",
            "its zone prefix is 38: EPSG:4526 and x and y are swapped",
            "带号为 38：EPSG:4526，且 X、Y 颠倒",
        ),
        (in_degrees(LOTS), "EPSG:4547", "its numbers are degrees (EPSG:4490)", "数值是经纬度"),
        (
            swapped(in_degrees(LOTS)),
            "EPSG:4547",
            "its numbers are degrees (EPSG:4490) and x and y are swapped",
            "数值是经纬度（EPSG:4490），且 X、Y 颠倒",
        ),
        (swapped(in_degrees(LOTS)), "EPSG:4490", "x and y are swapped", "X、Y 颠倒"),
        (swapped(in_degrees(LOTS)), "EPSG:4326", "x and y are swapped", "X、Y 颠倒"),
        (
            transform(LOTS, GRID, CRS("EPSG:3857")),
            "EPSG:4326",
            "its numbers are Web Mercator (EPSG:3857)",
            "Web 墨卡托",
        ),
        (
            transform(LOTS, GRID, CRS("EPSG:3857")),
            "EPSG:4547",
            "its numbers are Web Mercator (EPSG:3857)",
            "Web 墨卡托",
        ),
    ],
)
def test_the_finding_says_what_would_fit(shapes, crs, likely, likely_zh):
    found = only(check_layer(shapes, CRS(crs), WHERE))
    assert (found.code, found.severity, found.row) == ("crs.place", "error", None)
    assert found.message.endswith(f"; it fits if {likely}")
    assert likely_zh in found.message_zh
    assert CRS(crs).name in found.message


def test_metres_in_degrees_without_prefix_are_asked_about():
    found = only(check_layer(LOTS, GPS, WHERE))
    assert found.code == "crs.place"
    assert found.message.endswith("metres without a zone prefix: ask for the central meridian")


def test_metres_where_feet_are_stated():
    boston = array(box(236_000, 901_000, 236_100, 901_100))  # EPSG:26986, in metres
    assert check_layer(boston, CRS("EPSG:26986"), WHERE) == []
    far = array(box(2_360_000, 9_010_000, 2_361_000, 9_011_000))
    assert only(check_layer(far, CRS("EPSG:2249"), WHERE)).code == "crs.place"


def test_a_prj_that_spells_the_grid_out_is_held_to_its_place_too():
    spelt = CRS(GRID.to_wkt("WKT1_ESRI"))
    assert spelt.area_of_use is None
    assert check_layer(LOTS, spelt, WHERE) == []
    found = only(check_layer(shifted(LOTS, 38e6), spelt, WHERE))
    assert found.message.endswith("it fits if its zone prefix is 38: EPSG:4526")


def test_a_towns_own_meridian_is_held_to_its_longitudes():
    own = CRS(GRID.to_wkt("WKT1_ESRI").replace("114.0]", "113.75]"))
    assert own.to_epsg() is None
    assert check_layer(LOTS, own, WHERE) == []
    assert only(check_layer(swapped(LOTS), own, WHERE)).message.endswith("x and y are swapped")


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4526", "EPSG:4490", "EPSG:4326", "EPSG:32650"])
def test_land_in_its_place_is_left_alone(crs):
    assert check_layer(transform(LOTS, GRID, CRS(crs)), CRS(crs), WHERE) == []


def test_nothing_drawn_is_nowhere():
    assert check_layer(array(None, shapely.Polygon()), GRID, WHERE) == []
    assert check_layer(np.array([], dtype=object), GRID, WHERE) == []


@pytest.mark.parametrize(
    "file",
    [
        "nankan_industrial.gpkg",
        "dapingding_zoning.gpkg",
        "somerville_parcels.gdb",
        "nyc_pluto_sample.geojson",
        "dongguan_towns_wgs84.geojson",
        "luxembourg/lux.shp",
    ],
)
def test_real_layers_pass_untouched(shared_data, file):
    frame = gpd.read_file(shared_data / file)
    assert check_layer(frame.geometry.to_numpy(), CRS(frame.crs), WHERE) == []


# --- single rows ----------------------------------------------------------------------------------


def test_rows_of_other_numbers_are_named():
    odd = [None, in_degrees(LOTS)[0], shifted(LOTS, 38e6)[1], shifted(LOTS, 0, 150_000)[0]]
    shapes = np.concatenate([LOTS, array(*odd)])
    found = check_layer(shapes, GRID, WHERE, parcels=list("ABCDEFGHI"))
    assert [(item.code, item.row, item.parcel) for item in found] == [
        ("place.row-far", 7, "G"),
        ("place.row-far", 8, "H"),
        ("place.row-far", 9, "I"),
    ]
    assert {(item.file, item.layer, item.severity) for item in found} == {
        ("land.gpkg", "land", "error")
    }
    assert found[0].message.endswith("far from the others; it fits if its numbers are degrees "
                                     "(EPSG:4490)")  # fmt: skip
    assert "zone prefix is 38: EPSG:4526" in found[1].message
    assert "x 516500.00, y 2676850.00, far from the others" in found[2].message


def test_degrees_among_degrees_of_another_order():
    shapes = np.concatenate([in_degrees(LOTS), swapped(in_degrees(LOTS[:1]))])
    (found,) = check_layer(shapes, GPS, WHERE)
    assert (found.code, found.row, found.parcel) == ("place.row-far", 6, "")
    assert "it fits if x and y are swapped" in found.message


def test_half_and_half_is_seen_too():
    shapes = np.concatenate([LOTS[:2], in_degrees(LOTS[:2])])
    assert [item.row for item in check_layer(shapes, GRID, WHERE)] == [3, 4]


def test_a_layer_that_is_mostly_elsewhere_is_so_as_a_whole():
    shapes = np.concatenate([LOTS[:1], shifted(LOTS, 38e6)])
    whole, row = check_layer(shapes, GRID, WHERE)
    assert (whole.code, row.code, row.row) == ("crs.place", "place.row-far", 1)
    assert "zone prefix is 38" in whole.message


def test_a_country_is_wide_and_no_row_of_it_is_far():
    lon, lat = np.meshgrid(np.arange(75, 134, 2.0), np.arange(20, 52, 2.0))
    counties = shapely.box(lon.ravel(), lat.ravel(), lon.ravel() + 1, lat.ravel() + 1)
    assert check_layer(counties, GPS, WHERE) == []


def test_an_exclave_within_100_km_is_not_far():
    assert check_layer(np.concatenate([LOTS, shifted(LOTS, 95_000)[:1]]), GRID, WHERE) == []
    far = check_layer(np.concatenate([LOTS, shifted(LOTS, 105_000)[:1]]), GRID, WHERE)
    assert [item.row for item in far] == [6]


@given(st.permutations(range(8)))
def test_the_order_of_rows_changes_nothing(order):
    shapes = np.concatenate([LOTS, in_degrees(LOTS)[:2], shifted(LOTS, 38e6)[:1]])
    found = check_layer(shapes[list(order)], GRID, WHERE)
    assert {order[item.row - 1] for item in found} == {5, 6, 7}


# --- against a reference --------------------------------------------------------------------------


def check(shapes, crs=GRID, **options):
    options = {"name": "Qingxi", **options}
    return check_place(shapes, crs, in_degrees(TOWN), GPS, WHERE, **options)


def over_town(size=100.0):
    """Parcels of one hectare all over the town, none outside."""
    west, south, east, north = TOWN[0].bounds
    x, y = np.meshgrid(np.arange(west, east, size), np.arange(south, north, size))
    return shapely.box(x.ravel(), y.ravel(), x.ravel() + size, y.ravel() + size)


def test_land_in_its_town_is_left_alone():
    assert check(over_town()) == []
    assert check(in_degrees(over_town()), DEGREES) == []


@pytest.mark.parametrize("code", [4546, 4548, 4545, 4549, 4509])
def test_a_wrong_central_meridian(code):
    """The area looks right and the land is 3° or 6° off, which only the town shows."""
    crs = CRS(f"EPSG:{code}")
    assert check_layer(LOTS, crs, WHERE) == []
    found = only(check(LOTS, crs))
    assert (found.code, found.severity, found.seen) == ("place.meridian", "error", "0.0%")
    assert "100.0% does if its central meridian is 114°E (EPSG:4547)" in found.message
    assert "若中央子午线为 114°E（EPSG:4547），则为 100.0%" in found.message_zh
    assert found.area_m2 == pytest.approx(100_000)  # 150 mu


def test_a_wrong_meridian_in_a_prj_and_in_prefixed_numbers():
    spelt = CRS(CRS("EPSG:4548").to_wkt("WKT1_ESRI"))
    assert "114°E (EPSG:4547)" in only(check(LOTS, spelt)).message
    wrong_prefix = shifted(LOTS, 39e6)
    found = only(check(wrong_prefix, CRS("EPSG:4527")))
    assert (found.code, "central meridian is 114°E" in found.message) == ("place.meridian", True)


def test_utm_taken_for_gauss_kruger():
    utm = transform(over_town(), GRID, CRS("EPSG:32650"))
    found = only(check(utm, CRS("EPSG:4548")))
    assert found.code == "place.meridian"
    assert "its central meridian is 117°E and its scale 0.9996" in found.message


@pytest.mark.parametrize(
    ("move", "name", "east", "north"),
    [
        (offsets.wgs84_to_gcj02, "its coordinates are GCJ-02", 516, -297),
        (offsets.wgs84_to_bd09, "its coordinates are BD-09", 1190, 341),
        (offsets.gcj02_to_wgs84, "the coordinates of the reference are GCJ-02", -516, 297),
        (offsets.bd09_to_wgs84, "the coordinates of the reference are BD-09", -1190, -341),
    ],
)
def test_the_offset_of_a_web_map(move, name, east, north):
    shapes = offset(over_town(), move)
    for moved, crs in ((shapes, DEGREES), (transform(shapes, DEGREES, GRID), GRID)):
        found = only(check(moved, crs))
        assert (found.code, found.severity) == ("place.offset", "error")
        assert name in found.message
        told = found.message.partition("(")[2].replace("m E, ", "").split()[:2]
        assert [float(number) for number in told] == pytest.approx([east, north], abs=15)
        assert "偏移坐标不能用于面积" in found.mend_zh
        assert found.area_m2 > 100 * 10_000


def test_axes_swapped_where_both_orders_are_places():
    lots = array(*(box(-74.0 + at / 100, 40.7, -73.99 + at / 100, 40.71) for at in range(5)))
    city = array(box(-74.1, 40.6, -73.8, 40.8))
    assert check_layer(swapped(lots), GPS, WHERE) == []  # 40.7°E 74°S is on earth
    found = only(check_place(swapped(lots), GPS, city, GPS, WHERE, name="New York"))
    assert (found.code, found.severity) == ("place.swapped", "error")
    assert "100.0% does if x and y are swapped" in found.message


def test_land_elsewhere_that_nothing_explains():
    found = only(check(shifted(LOTS, 20_000)))
    assert (found.code, found.severity, found.seen) == ("place.outside", "error", "0.0%")
    assert found.area_m2 == pytest.approx(100_000)
    assert "Qingxi" in found.message_zh


def test_parcels_beyond_the_boundary_are_listed():
    shapes = np.concatenate([LOTS, array(None), shifted(LOTS[:1], 3000)])
    found = only(check(shapes, parcels=list("ABCDEFG")))
    assert (found.code, found.severity, found.row, found.parcel) == (
        "place.beyond", "warning", 7, "G")  # fmt: skip
    assert found.area_m2 == pytest.approx(20_000)
    assert "which holds 83.3% of the land" in found.message
    assert check(shapes, listed=False) == []


def test_a_few_parcels_beyond_the_boundary_are_no_offset():
    """One lot 300 m outside would come in by −516 m, but so would any stray."""
    found = check(np.concatenate([LOTS, qingxi(array(box(3100, 0, 3300, 100)))]))
    assert [(item.code, item.row) for item in found] == [("place.beyond", 6)]


def test_land_in_no_place_of_its_crs_is_not_judged_twice():
    assert check(swapped(LOTS)) == []


def test_nothing_to_hold_against_each_other():
    assert check(array(None)) == []
    assert check_place(LOTS, GRID, array(None), GPS, WHERE, name="none") == []


def test_areas_in_degrees_weigh_like_areas_in_metres():
    shapes = np.concatenate([LOTS, shifted(LOTS, 20_000)[:1]])
    metres, degrees = check(shapes), check(in_degrees(shapes), DEGREES)
    assert [item.row for item in degrees] == [6]
    assert degrees[0].area_m2 == pytest.approx(metres[0].area_m2, rel=1e-3)


def test_a_hundred_thousand_parcels_take_about_a_second():
    shapes = np.tile(over_town(), 50)
    assert len(shapes) == 100_000
    start = perf_counter()
    assert check_layer(shapes, GRID, WHERE) == []
    assert check(shapes) == []
    assert only(check(shapes, CRS("EPSG:4548"))).code == "place.meridian"
    assert perf_counter() - start < 10  # 1.2 s on two idle cores


def test_the_real_town_sees_a_real_offset(shared_data):
    towns = gpd.read_file(shared_data / "dongguan_towns_wgs84.geojson")
    town = towns.geometry[towns["name"] == "清溪镇"].to_numpy()
    on_grid = transform(town, GPS, GRID)[0]
    west, south, east, north = on_grid.bounds
    x, y = (
        at.ravel() for at in np.meshgrid(np.arange(west, east, 200), np.arange(south, north, 200))
    )
    inside = shapely.contains_xy(on_grid, x + 50, y + 50)
    lots = shapely.box(x, y, x + 100, y + 100)[inside]
    assert check_place(lots, GRID, town, GPS, WHERE, name="清溪镇") == []
    shown = offset(lots, offsets.wgs84_to_gcj02)
    found = only(check_place(shown, DEGREES, town, GPS, WHERE, name="清溪镇"))
    assert (found.code, "its coordinates are GCJ-02" in found.message) == ("place.offset", True)


# --- the boundary layer ---------------------------------------------------------------------------


def layer(tmp_path, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=[*LOTS[:3]], crs=GRID)
    return VectorLayer(tmp_path / "towns.gpkg", "towns", frame, GRID)


def towns(field, *values):
    return BoundaryLayer.model_validate({"file": "f", "rows": {"field": field, "values": values}})


def test_the_towns_that_the_plan_names(tmp_path):
    source = layer(tmp_path, name=["清溪镇", "塘厦镇", " 凤岗镇"])
    chosen = boundary_rows(source, towns("name", "清溪镇", "凤岗镇"))
    assert [*chosen] == [LOTS[0], LOTS[2]]
    assert len(boundary_rows(source, BoundaryLayer(file="f"))) == 3


@pytest.mark.parametrize("half", [{"field": "name"}, {"values": ["清溪镇"]}, {}])
def test_a_boundary_half_named_is_refused(half):
    """Else no row, or every row, would be the town without a word."""
    with pytest.raises(ValidationError):
        BoundaryLayer.model_validate({"file": "f", "rows": half})


@pytest.mark.parametrize(
    ("field", "code", "seen"), [("nme", "layer.column", "nme"), ("name", "boundary.value", "清溪")]
)
def test_a_boundary_that_is_not_there(tmp_path, field, code, seen):
    source = layer(tmp_path, name=["清溪镇", "塘厦镇", "凤岗镇"])
    with pytest.raises(LayerError) as caught:
        boundary_rows(source, towns(field, "清溪"))
    (found,) = caught.value.findings
    assert (found.code, found.seen, found.file, found.layer) == (code, seen, "towns.gpkg", "towns")
    assert "did you mean" in found.message


def test_an_empty_outline_lies_nowhere() -> None:
    land = array(qingxi(box(0, 0, 10, 10)), shapely.Polygon())
    town = array(qingxi(box(-100, -100, 100, 100)))
    crs = CRS("EPSG:4547")
    assert check_place(land, crs, town, crs, {"file": "f"}, name="town", parcels=["A", "B"]) == []
