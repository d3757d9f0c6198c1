"""Single outlines: what is odd about them, where, and what repair may cost."""

import csv
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geo.checks import check_declared, check_floor, check_geometry, check_outlines
from geo.findings import Finding
from geo.outlines import outlines_of
from geo.repair import MAX_CROSSINGS
from geo.rows import places
from geo.shapes import crossings, mean_width_m, slivers, spikes, valid
from tests.makers import array, parcels, qingxi, row

WHERE = {"file": "land.gpkg", "layer": "parcels"}
FRAME = [(0, 0), (200, 0), (200, 100), (0, 100)]


def check(*shapes: shapely.Geometry) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    table = parcels(*shapes)
    checked, findings = check_geometry(table.geometry.to_numpy(), places(table, WHERE), WHERE)
    return table.set_geometry(checked), findings


def told(finding: Finding) -> tuple[object, ...]:
    """What every finding about a row must say."""
    return finding.code, finding.file, finding.layer, finding.row, finding.parcel


# -- validity ----------------------------------------------------------------------------------


def test_our_verdict_is_that_of_the_geos_test_suite(shared_data: Path):
    with (shared_data / "geos_isvalid_cases.csv").open(encoding="utf-8") as lines:
        cases = list(csv.DictReader(lines))
    with np.errstate(invalid="ignore"):  # some have coordinates that are no numbers
        shapes = shapely.from_wkt([case["wkt"] for case in cases])
    expected = [case["expected_valid"] == "true" for case in cases]
    assert (len(cases), expected.count(False)) == (864, 58)
    assert valid(shapes).tolist() == expected


def test_coordinates_without_end_are_not_valid():
    assert valid(array(box(0, 0, 1, 1), Polygon([(0, 0), (np.inf, 0), (1, 1)]))).tolist() == [
        True,
        False,
    ]


# -- invalid outlines: what, where, and how much by each reading --------------------------------

HOLE_OUTSIDE = Polygon(FRAME, [[(300, 0), (400, 0), (400, 100), (300, 100)]])
INVALID = {  # drawn, words, place, areas in mu as drawn and by both repairs
    "bow-tie": (
        Polygon([(0, 0), (200, 200), (200, 0), (0, 200)]),
        "Self-intersection at 100 100",
        "自相交 100 100",
        (100, 100),
        "0.0000 mu as drawn, repairs give 30.0000 and 30.0000 (Polygon → MultiPolygon",
    ),
    "bow-tie that is the only part": (
        MultiPolygon([Polygon([(0, 0), (200, 200), (200, 0), (0, 200)])]),
        "Self-intersection at 100 100",
        "自相交 100 100",
        (100, 100),
        "0.0000 mu as drawn, repairs give 30.0000 and 30.0000 (MultiPolygon → MultiPolygon",
    ),
    "hole outside its shell": (
        HOLE_OUTSIDE,
        "Hole lies outside its shell at 300 0",
        "孔洞在外环之外 300 0",
        (300, 0),
        "15.0000 mu as drawn, repairs give 45.0000 and 45.0000 (Polygon → MultiPolygon and Multi",
    ),
    "hole that reaches beyond its shell": (
        Polygon(FRAME, [[(150, 0.5), (150, 99.5), (250, 50)]]),
        "Hole reaches beyond its shell at",
        "孔洞伸出外环",
        None,
        "mu as drawn",
    ),
    "parts that overlap": (
        MultiPolygon([box(0, 0, 200, 100), box(100, 0, 300, 100)]),
        "Parts overlap at",
        "几个部分相互重叠",
        None,
        "60.0000 mu as drawn, repairs give 45.0000 and 45.0000 (MultiPolygon → GeometryColl",
    ),
    "a part inside another": (
        MultiPolygon([box(0, 0, 200, 100), box(50, 20, 150, 80)]),
        "One part lies inside another at 150 20",
        "一个部分在另一部分之内 150 20",
        (150, 20),
        "39.0000 mu as drawn, repairs give 21.0000 and 30.0000",
    ),
    "a hole in a hole": (
        Polygon(FRAME, [box(10, 10, 90, 90).exterior.coords, box(20, 20, 80, 80).exterior.coords]),
        "Holes are nested at",
        "孔洞套孔洞",
        None,
        "repairs give 25.8000 and 20.4000",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_outline_says_what_where_and_every_reading(case):
    shape, en, zh, place, areas = INVALID[case]
    table, (found,) = check(box(0, 0, 1000, 1000), shape)
    assert told(found) == ("geometry.invalid", "land.gpkg", "parcels", 2, "B")
    assert en in found.message
    assert zh in found.message_zh
    assert areas in found.message
    assert not found.changed
    assert found.sets_aside
    assert table.geometry.iat[1].equals_exact(shape)
    assert isinstance(found.shape, Point)
    if place:
        assert (found.shape.x, found.shape.y) == place


def test_mending_names_the_type_and_the_area_before_and_after():
    """Two squares in one ring that meet in a corner are two parts."""
    ring = [(0, 0), (100, 0), (100, 100), (200, 100), (200, 200), (100, 200), (100, 100), (0, 100)]
    table, (found,) = check(Polygon(ring))
    assert told(found) == ("geometry.mended", "land.gpkg", "parcels", 1, "A")
    assert "30.0000 mu became 30.0000 mu (Polygon → MultiPolygon)" in found.message
    assert "30.0000 变为 30.0000 亩（Polygon → MultiPolygon）" in found.message_zh
    assert found.changed
    assert found.shape == Point(100, 100)
    assert table.geometry.iat[0].geom_type == "MultiPolygon"


def test_a_hole_along_the_shell_is_left_as_it_is():
    """By its line work the common edge vanishes and the hole becomes land: two readings."""
    drawn = Polygon(FRAME, [[(50, 0), (150, 0), (150, 50), (50, 50)]])
    table, (found,) = check(drawn)
    assert told(found) == ("geometry.invalid", "land.gpkg", "parcels", 1, "A")
    assert "22.5000 mu as drawn, repairs give 30.0000 and 22.5000" in found.message
    assert table.geometry.iat[0].equals_exact(drawn)


def test_what_is_no_polygon_is_shown_where_it_lies():
    line = LineString([(0, 0), (200, 0)])
    _, (found,) = check(box(0, 0, 10, 10), line)
    assert told(found) == ("geometry.type", "land.gpkg", "parcels", 2, "B")
    assert (found.seen, found.shape) == ("Linestring", line)


def test_an_outline_of_a_zone_says_where_it_is_wrong():
    drawn = array(INVALID["bow-tie"][0])
    usable, (found,) = check_outlines(drawn, ["west"], {"file": "zones.gpkg"}, lines=False)
    assert (found.code, found.file, found.row, found.seen) == (
        "outline.unusable",
        "zones.gpkg",
        1,
        "west",
    )
    assert found.shape == Point(100, 100)
    assert usable[0] is None


# -- valid outlines that are odd -----------------------------------------------------------------

SPIKE = Polygon([(0, 0), (200, 0), (200, 50), (260, 50.02), (200, 50.04), (200, 100), (0, 100)])


def test_a_spike_is_named_with_its_place_and_land():
    """60 m out and back, 0.04 m apart: 1.2 m²."""
    assert SPIKE.is_valid
    table, (found,) = check(box(0, 0, 10, 10), SPIKE)
    assert told(found) == ("geometry.spike", "land.gpkg", "parcels", 2, "B")
    assert (found.severity, found.changed) == ("warning", False)
    assert found.area_m2 == pytest.approx(1.2, abs=0.001)
    assert found.shape == Point(260, 50.02)
    assert "260.000 50.020" in found.message
    assert table.geometry.iat[1].equals_exact(SPIKE)


@pytest.mark.parametrize(
    "shape",
    [
        box(0, 0, 200, 100),
        Polygon([(0, 0), (500, 0), (500, 5)]),  # a wedge of 0.57°, 5 m wide
        Polygon([(0, 0), (200, 0), (200, 100), (100, 100.001), (0, 100)]),  # a point on a side
        box(0, 0, 100, 100).buffer(5),
    ],
)
def test_a_sharp_wedge_or_a_straight_side_is_no_spike(shape):
    assert check(shape)[1] == []


def test_a_cut_into_the_land_is_a_spike_too():
    cut = Polygon([(0, 0), (200, 0), (200, 50), (140, 50.02), (200, 50.04), (200, 100), (0, 100)])
    assert [item.code for item in check(cut)[1]] == ["geometry.spike"]


@given(st.integers(0, 6), st.booleans())
def test_a_spike_is_found_wherever_the_ring_begins(start, turned):
    ring = list(SPIKE.exterior.coords)[:-1]
    ring = ring[start:] + ring[:start]
    found = spikes(outlines_of(array(Polygon(ring[::-1] if turned else ring))))
    assert found.points.tolist() == [[260, 50.02]]
    assert found.owner.tolist() == [0]
    assert found.m2 == pytest.approx([1.2], abs=0.001)


def test_repeated_points_are_counted_and_change_nothing():
    ring = [FRAME[0], FRAME[1], FRAME[1], FRAME[1], FRAME[2], FRAME[3], FRAME[0], FRAME[0]]
    table, (found,) = check(box(0, 0, 10, 10), Polygon(ring))
    assert told(found) == ("geometry.repeated", "land.gpkg", "parcels", 2, "B")
    assert (found.severity, found.seen, found.changed) == ("info", "3", False)
    assert table.geometry.iat[1].area == 20_000


@pytest.mark.parametrize(
    ("shape", "width"),
    [(box(0, 0, 0.9, 0.9), "0.450"), (box(0, 0, 200, 0.09), "0.090")],
    ids=["below a square metre", "narrow"],
)
def test_a_sliver_is_named_with_its_width(shape, width):
    _, (found,) = check(box(0, 0, 200, 100), qingxi(shape))
    assert told(found) == ("geometry.sliver", "land.gpkg", "parcels", 2, "B")
    assert found.severity == "warning"
    assert found.seen == width
    assert found.area_m2 == pytest.approx(shape.area, abs=1e-6)
    assert found.shape.equals(qingxi(shape))


def test_a_footpath_is_no_sliver():
    assert slivers(array(box(0, 0, 100, 0.5), box(0, 0, 1, 1))).tolist() == [False, False]
    assert mean_width_m(array(box(0, 0, 1000, 2))) == pytest.approx([2], rel=0.003)


@pytest.mark.parametrize(
    ("values", "dimensions"),
    [("Z", "POLYGON Z ((0 0 5, 200 0 5, 200 100 5, 0 0 5))"),
     ("M", "POLYGON M ((0 0 5, 200 0 5, 200 100 5, 0 0 5))"),
     ("Z/M", "POLYGON ZM ((0 0 5 1, 200 0 5 1, 200 100 5 1, 0 0 5 1))")],
)  # fmt: skip
def test_heights_and_measures_are_dropped_and_named_once_for_a_layer(values, dimensions):
    raised = shapely.from_wkt(dimensions)
    table, (found,) = check(raised, raised, box(0, 0, 10, 10))
    assert (found.code, found.file, found.row) == ("geometry.heights", "land.gpkg", None)
    assert (found.seen, found.changed) == (values, True)
    assert "2 rows" in found.message
    assert not (table.geometry.has_z.any() or shapely.has_m(table.geometry.to_numpy()).any())
    assert table.geometry.area.tolist() == [10_000, 10_000, 100]


def test_a_layer_of_sound_parcels_says_nothing():
    assert check(*row([200, 100, 300]))[1] == []


# -- what repair may cost ------------------------------------------------------------------------


def scribble(vertices: int) -> Polygon:
    return qingxi(Polygon(np.random.default_rng(7).uniform(0, 1000, (vertices, 2))))


@pytest.mark.parametrize("vertices", [50, 250, 1000, 5000])
def test_a_scribble_takes_no_time(vertices):
    """Repair of 250 vertices took 17 s."""
    start = time.process_time()
    _, (found,) = check(scribble(vertices))
    assert time.process_time() - start < 2
    assert found.code == ("geometry.invalid" if vertices == 50 else "geometry.tangled")


def test_a_tangle_is_set_aside_unmended_with_its_place():
    drawn = scribble(250)
    table, findings = check(box(0, 0, 200, 100), drawn)
    (found,) = findings
    assert told(found) == ("geometry.tangled", "land.gpkg", "parcels", 2, "B")
    assert (found.severity, found.sets_aside, found.changed) == ("error", True, False)
    assert found.area_m2 == pytest.approx(drawn.area)
    assert "250 vertices" not in found.message and "251 vertices" in found.message
    assert isinstance(found.shape, Point)
    assert table.geometry.iat[1].equals_exact(drawn)


def test_many_scribbles_have_one_budget(monkeypatch):
    monkeypatch.setattr("geo.checks.MAX_CROSSINGS_OF_LAYER", 600)
    drawn = scribble(50)
    (each,) = crossings(array(drawn), most=10_000)
    assert 200 < each < 300
    _, findings = check(drawn, drawn, drawn)
    codes = ["geometry.invalid", "geometry.invalid", "geometry.tangled"]
    assert [(item.code, item.row) for item in findings] == list(zip(codes, (1, 2, 3), strict=True))


def test_bow_ties_use_up_no_budget(monkeypatch):
    """One crossing each: a city of a million parcels may have ten thousand of them."""
    monkeypatch.setattr("geo.checks.MAX_CROSSINGS_OF_LAYER", 0)
    drawn = Polygon([(0, 0), (200, 200), *[(200, y) for y in range(190, -1, -10)], (0, 200)])
    assert crossings(array(drawn), most=10) == [1]
    assert [item.code for item in check(drawn, drawn)[1]] == ["geometry.invalid"] * 2


def test_an_outline_beyond_all_measure_is_not_even_looked_at(monkeypatch):
    monkeypatch.setattr("geo.checks.MAX_VERTICES", 100)
    _, (found,) = check(box(0, 0, 200, 100), box(0, 0, 100, 100).buffer(50, 64))
    assert told(found) == ("geometry.vast", "land.gpkg", "parcels", 2, "B")
    assert (found.severity, found.sets_aside) == ("error", True)
    assert "more than 100 vertices" in found.message


def lattice(lines: int) -> Polygon:
    """One ring that runs to and fro, then up and down across itself."""
    ring = []
    for number in range(lines):
        ends = [(0, number), (lines, number)]
        ring += ends if number % 2 == 0 else ends[::-1]
    for number in range(lines):
        ends = [(number + 0.5, lines), (number + 0.5, -1)]
        ring += ends if number % 2 == 0 else ends[::-1]
    return Polygon(ring)


@pytest.mark.parametrize("lines", [10, 20, 30])
def test_crossings_are_counted_like_pairs_of_edges(lines):
    """networkx knows no crossings; every pair of edges that share no end is asked one by one."""
    drawn = lattice(lines)
    points = shapely.get_coordinates(drawn)
    edges = [LineString(points[[at, at + 1]]) for at in range(len(points) - 1)]
    last = len(edges) - 1
    pairs = [
        (one, other)
        for one in range(len(edges))
        for other in range(one + 2, len(edges))
        if (one, other) != (0, last)
    ]
    meet = shapely.intersects(
        np.array(edges)[[one for one, _ in pairs]], np.array(edges)[[other for _, other in pairs]]
    )
    assert lines**2 <= meet.sum() <= lines**2 + 2 * lines
    assert crossings(array(drawn), most=10**6) == [meet.sum()]


def test_counting_ends_soon_after_the_cap():
    assert crossings(array(scribble(5000)), most=MAX_CROSSINGS) == [MAX_CROSSINGS + 1]


# -- declared areas that share one cause ---------------------------------------------------------


def declared(*m2: float, widths: tuple[float, ...] = (200, 100, 300, 150)) -> gpd.GeoDataFrame:
    """Parcels of 30, 15, 45 and 22.5 mu at Qingxi, with these declared areas in m²."""
    return parcels(*qingxi(np.array(row(widths))), declared_m2=np.array(m2))


def test_areas_that_fit_other_rows_are_one_finding():
    table = declared(10_000, 30_000, 15_000, 20_000)
    (found,) = check_declared(table, WHERE, unit="m2")
    assert (found.code, found.severity) == ("layer.order", "error")
    assert (found.file, found.layer, found.field) == ("land.gpkg", "parcels", "declared_area")
    assert found.area_m2 == pytest.approx(75_000)
    assert "4 rows" in found.message and "4 of them" in found.message


def test_two_rows_that_are_swapped_are_two_contradictions():
    """Two may be two errors; an order is seen from three rows on."""
    found = check_declared(declared(10_000, 20_000, 30_000, 15_000), WHERE, unit="m2")
    assert [(item.code, item.row, item.parcel) for item in found] == [
        ("area.contradicts", 1, "A"),
        ("area.contradicts", 2, "B"),
    ]


def test_areas_that_fit_no_row_contradict_one_by_one():
    found = check_declared(declared(12_000, 33_000, 17_000, 25_000), WHERE, unit="m2")
    assert [item.code for item in found] == ["area.contradicts"] * 4


def test_a_small_difference_beside_the_order_is_told():
    table = declared(10_000, 30_000, 20_000, 15_030)
    found = check_declared(table, WHERE, unit="m2")
    assert [(item.code, item.row) for item in found] == [("layer.order", None), ("area.differs", 4)]


@pytest.mark.parametrize("factor", [1.1833, 1 / 1.1833, 1.1777, 1 / 1.1777])
def test_areas_of_web_mercator_are_known_by_their_latitude(factor):
    """At 22.84° N: sec²φ = 1.1777 on the sphere, 1.1833 on the ellipsoid."""
    land = np.array([20_000, 10_000, 30_000, 15_000])
    (found,) = check_declared(declared(*land * factor), WHERE, unit="m2")
    assert (found.code, found.severity) == ("area.mercator", "error")
    assert (found.file, found.field) == ("land.gpkg", "declared_area")
    assert "EPSG:3857" in found.message


def test_areas_that_are_a_fifth_larger_are_no_mercator():
    land = np.array([20_000, 10_000, 30_000, 15_000])
    found = check_declared(declared(*land * 1.2), WHERE, unit="m2")
    assert [item.code for item in found] == ["area.contradicts"] * 4


def test_another_unit_is_still_another_unit():
    land = np.array([20_000, 10_000, 30_000, 15_000]) / 2000 * 3
    (found,) = check_declared(declared(*land), WHERE, unit="m2")
    assert found.code == "area.unit"


def test_floor_space_of_many_storeys_is_asked_whether_the_land_is_a_footprint():
    """Yuli: 58 000 m² on 6500 m² = 8.92."""
    table = parcels(box(0, 0, 100, 100), box(0, 0, 65, 100))
    table = table.assign(existing_floor_m2=[50_000.0, 58_000.0])
    (found,) = check_floor(table, WHERE)
    assert told(found) == ("floor.footprint", "land.gpkg", "parcels", 2, "B")
    assert (found.severity, found.field) == ("warning", "existing_floor")
    assert "58000 m² is 8.92 times the land of 6500 m²" in found.message
