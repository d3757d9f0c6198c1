"""Mending: one right answer or none."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geo.checks import check_geometry
from geo.repair import mend
from geo.rows import places
from tests.makers import parcels

FRAME = [(0, 0), (200, 0), (200, 100), (0, 100)]

ONE_ANSWER = {  # what was drawn, and the land that it can only mean
    "a spike": (Polygon([(0, 0), (200, 0), (200, 100), (300, 100), (200, 100), (0, 100)]), 20_000),
    "a hole that touches the shell twice": (
        Polygon(FRAME, [[(0, 50), (100, 20), (200, 50), (100, 80)]]),
        14_000,
    ),
    "a hole drawn as part of the shell": (
        Polygon([*FRAME[:3], (100, 100), (150, 50), (100, 20), (50, 50), (100, 100), FRAME[3]]),
        16_000,
    ),
    "two squares that meet in a corner, in one ring": (
        Polygon([(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (1, 2), (1, 1), (0, 1)]),
        2,
    ),
    "two parts with a common side": (
        MultiPolygon([box(0, 0, 100, 100), box(100, 0, 200, 100)]),
        20_000,
    ),
    "a ring that runs back on itself": (
        Polygon([(0, 0), (100, 0), (200, 0), (100, 0), (100, 100), (0, 100)]),
        10_000,
    ),
}

SEVERAL_ANSWERS = {
    "a bow-tie": Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]),
    "a bow-tie with one large side": Polygon([(0, 0), (300, 100), (300, 0), (0, 300)]),
    "parts that overlap": MultiPolygon([box(0, 0, 100, 100), box(50, 0, 200, 100)]),
    "a ring drawn twice": Polygon(FRAME * 2),
    "a hole that leaves the shell": Polygon(FRAME, [[(180, 20), (180, 80), (250, 50)]]),
    "a hole in a hole": Polygon(
        FRAME, [box(10, 10, 50, 50).exterior, box(20, 20, 40, 40).exterior]
    ),
    "nothing but a line": Polygon([(0, 0), (200, 0), (100, 0)]),
}


@pytest.mark.parametrize("case", ONE_ANSWER)
def test_what_has_one_answer_is_mended(case):
    drawn, land_m2 = ONE_ANSWER[case]
    assert not drawn.is_valid
    mended = mend(drawn)
    assert mended.geometry.is_valid
    assert mended.geometry.geom_type in ("Polygon", "MultiPolygon")
    assert mended.geometry.area == pytest.approx(land_m2, abs=1e-9)
    assert mended.raw_m2 == pytest.approx(land_m2, abs=1e-9)


@pytest.mark.parametrize("case", SEVERAL_ANSWERS)
def test_what_can_be_read_in_two_ways_is_left(case):
    drawn = SEVERAL_ANSWERS[case]
    assert not drawn.is_valid
    assert mend(drawn).geometry is None


def test_the_readings_of_a_bow_tie_are_told():
    """The figure of eight cancels itself; its two triangles have 2500 m² each."""
    told = mend(SEVERAL_ANSWERS["a bow-tie"])
    assert (told.raw_m2, told.linework_m2, told.structure_m2) == (0, 5000, 5000)


@pytest.mark.parametrize("case", ONE_ANSWER)
def test_mending_twice_is_mending_once(case):
    once = mend(ONE_ANSWER[case][0]).geometry
    twice = mend(once).geometry
    assert shapely.equals(once, twice)
    assert twice.area == once.area


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=8))
def test_a_mended_polygon_is_valid_and_as_large_as_drawn(points):
    """Whatever is scrawled on a grid: the answer has the area that was drawn, or there is none."""
    drawn = Polygon(points)
    mended = mend(drawn).geometry
    if mended is not None:
        assert mended.is_valid
        assert mended.area == pytest.approx(abs(drawn.area), abs=0.01 + 1e-4 * mended.area)
        assert shapely.equals(mend(mended).geometry, mended)


def test_each_row_says_what_was_done_to_it():
    bow_tie = SEVERAL_ANSWERS["a bow-tie"]
    table = parcels(box(0, 0, 200, 100), ONE_ANSWER["a spike"][0], bow_tie)
    where = {"file": "land.gpkg"}
    checked, findings = check_geometry(table.geometry.to_numpy(), places(table, where), where)
    assert [(item.code, item.row, item.changed) for item in findings] == [
        ("geometry.mended", 2, True),
        ("geometry.invalid", 3, False),
    ]
    assert checked[1].area == 20_000
    assert checked[2].equals_exact(bow_tie)  # left as it was drawn
    assert "50 50" in findings[1].message  # the place is given
    again, more = check_geometry(checked[:2], places(table, where), where)
    assert not more
    assert shapely.equals_exact(again, checked[:2]).all()
