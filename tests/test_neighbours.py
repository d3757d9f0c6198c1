"""Pairs of parcels: outlines drawn twice, overlaps, slivers between them, and gaps."""

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from geo.checks import check_overlaps
from geo.findings import Finding
from geo.neighbours import check_gaps, gaps
from geo.once import Once, overlaps
from geo.readers.vector import read_vector
from tests.makers import QINGXI, array, parcels, qingxi

WHERE = {"file": "land.gpkg", "layer": "parcels"}


def once(table: gpd.GeoDataFrame) -> Once:
    shapes = table.geometry.to_numpy()
    pairs = overlaps(shapes, table["parcel_id"].to_numpy())
    return Once(shapely.area(shapes), *pairs, measure=shapely.area)


def shared(*shapes: shapely.Geometry) -> list[Finding]:
    table = parcels(*qingxi(array(*shapes)))
    return check_overlaps(table, once(table), WHERE)


def told(finding: Finding) -> tuple[object, ...]:
    return finding.code, finding.file, finding.layer, finding.row, finding.parcel


# -- land drawn twice ----------------------------------------------------------------------------

FRAME = [(0, 0), (200, 0), (200, 100), (0, 100)]


@pytest.mark.parametrize(
    "again",
    [FRAME, FRAME[2:] + FRAME[:2], FRAME[::-1], [(0, 0), (100, 0), *FRAME[1:]]],
    ids=["as it is", "another start", "another direction", "a point more"],
)
def test_one_outline_in_two_rows_is_told_and_counts_once(again):
    table = parcels(*qingxi(array(Polygon(FRAME), box(500, 0, 600, 100), Polygon(again))))
    (found,) = check_overlaps(table, once(table), WHERE)
    assert told(found) == ("parcel.same-outline", "land.gpkg", "parcels", 3, "C")
    assert found.severity == "warning"
    assert found.area_m2 == pytest.approx(20_000)
    assert "same outline as A" in found.message
    assert found.shape.equals(table.geometry.iat[0])
    land = once(table).of(np.ones(3, dtype=bool))
    assert land == pytest.approx([20_000, 10_000, 0], abs=1e-6)


def test_an_overlap_names_the_pair_and_shows_the_land():
    (found,) = shared(box(0, 0, 200, 100), box(180, 0, 300, 100))
    assert told(found) == ("parcel.overlap", "land.gpkg", "parcels", 2, "B")
    assert found.area_m2 == pytest.approx(2000)
    assert found.shape.symmetric_difference(qingxi(box(180, 0, 200, 100))).area < 1e-3


def test_a_parcel_inside_another_is_an_overlap_not_a_copy():
    (found,) = shared(box(0, 0, 200, 100), box(0, 0, 199, 100))
    assert found.code == "parcel.overlap"
    assert found.area_m2 == pytest.approx(19_900)


@pytest.mark.parametrize(
    ("width", "code"), [(0.09, "parcel.overlap-sliver"), (0.11, "parcel.overlap")]
)
def test_a_thin_overlap_is_called_what_digitising_left(width, code):
    (found,) = shared(box(0, 0, 200, 100), box(200 - width, 0, 300, 100))
    assert told(found) == (code, "land.gpkg", "parcels", 2, "B")
    assert found.severity == "warning"
    assert found.area_m2 == pytest.approx(100 * width, abs=1e-6)


def test_an_overlap_below_a_square_metre_is_deducted_and_not_listed():
    table = parcels(*qingxi(array(box(0, 0, 200, 100), box(199.995, 0, 300, 100))))
    assert check_overlaps(table, once(table), WHERE) == []
    assert once(table).of(np.ones(2, dtype=bool)).sum() == pytest.approx(30_000, abs=1e-6)


def test_land_drawn_three_times_counts_once():
    table = parcels(*qingxi(array(*[box(0, 0, 200, 100)] * 3)))
    assert once(table).of(np.ones(3, dtype=bool)) == pytest.approx([20_000, 0, 0], abs=1e-6)


# -- gaps ----------------------------------------------------------------------------------------


def found_gaps(*shapes: shapely.Geometry) -> list[Finding]:
    table = parcels(*qingxi(array(*shapes)))
    return check_gaps(table, gaps(table.geometry.to_numpy()), WHERE)


def test_a_gap_between_neighbours_names_both_with_length_width_and_land():
    """0.3 m wide along 100 m: 30 m²."""
    (found,) = found_gaps(box(0, 0, 200, 100), box(200.3, 0, 300, 100))
    assert told(found) == ("parcel.gap", "land.gpkg", "parcels", 1, "A")
    assert found.severity == "info"
    assert found.area_m2 == pytest.approx(30, abs=1e-4)
    assert "from B: 100.0 m long and up to 0.300 m wide" in found.message
    assert found.shape.symmetric_difference(qingxi(box(200, 0, 200.3, 100))).area < 1e-3


def test_a_wedge_has_its_greatest_width():
    """From nothing to 0.4 m along 100 m: 20 m²."""
    wedge = Polygon([(200, 0), (300, 0), (300, 100), (200.4, 100)])
    (found,) = found_gaps(box(0, 0, 200, 100), wedge)
    assert found.seen == "0.400"
    assert found.area_m2 == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize(
    "other",
    [
        box(200, 0, 300, 100),
        box(200, 30, 300, 60),  # a common side that begins and ends elsewhere
        box(200.0005, 0, 300, 100),  # rounding
        box(200.6, 0, 300, 100),  # a lane
        box(199.7, 0, 300, 100),  # an overlap
        box(200.2, 100.2, 300, 200),  # corners that almost meet
        Polygon([(200, 0), (300, 0), (300, 100), (210, 100)]),  # an opening
    ],
)
def test_what_is_no_gap(other):
    assert found_gaps(box(0, 0, 200, 100), other) == []


def test_a_third_parcel_in_between_is_no_gap():
    assert found_gaps(box(0, 0, 200, 100), box(200.3, 0, 300, 100), box(200, 0, 200.3, 100)) == []


def test_a_gap_between_many_short_edges_is_one():
    """Two arcs drawn in steps of some centimetres, 0.2 m apart over a quarter circle of 100 m."""
    angles = np.linspace(0, np.pi / 2, 2000)
    arc = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    inner = Polygon([(0, 0), *(arc * 100)])
    outer = Polygon([*(arc * 100.2), *(arc[::-1] * 150)])
    (found,) = found_gaps(inner, outer)
    assert found.area_m2 == pytest.approx(np.pi / 4 * (100.2**2 - 100**2), rel=0.01)
    assert float(found.seen) == pytest.approx(0.2, abs=0.002)


@given(
    st.floats(0.01, 0.49),
    st.floats(0, 6.28),
    st.integers(0, 3),
    st.permutations([0, 1]),
)
def test_a_gap_is_the_same_however_it_is_drawn(width, turn, start, order):
    """Turned, in either order of rows, and from whatever vertex."""
    shapes = []
    for west, east in ((0, 200), (200 + width, 300)):
        ring = np.array([(west, 0), (east, 0), (east, 100), (west, 100)])[::-1]
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        shapes.append(Polygon(np.roll(ring, start, axis=0) @ spin + QINGXI))
    found = gaps(array(*(shapes[at] for at in order)))
    assert (found.one.tolist(), found.other.tolist()) == ([0], [1])
    assert shapely.area(found.pieces) == pytest.approx([100 * width], abs=1e-3)
    assert found.width_m == pytest.approx([width], abs=1e-5)
    assert found.length_m == pytest.approx([100], abs=1e-5)


def test_nothing_has_no_gaps():
    assert len(gaps(array(box(0, 0, 1, 1))).one) == 0
    assert len(gaps(np.array([], dtype=object)).one) == 0


def test_gaps_of_a_city_are_found_in_seconds(shared_data: Path):
    """Somerville's streets are a parcel of 30 000 vertices, with arcs in steps of a centimetre."""
    layer = read_vector(shared_data / "somerville_parcels.gdb")
    shapes = shapely.force_2d(layer.frame.geometry.to_numpy())
    shapes = shapely.transform(shapes, lambda points: points * (1200 / 3937))
    start = time.process_time()
    found = gaps(shapes[shapely.is_valid(shapes)])
    assert time.process_time() - start < 5
    assert len(shapes) == 14_572
    assert (len(found.one), found.width_m.max()) == (1, pytest.approx(0.00834, abs=1e-5))
