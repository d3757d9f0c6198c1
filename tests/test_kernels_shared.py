"""Area that polygons share, traced: against fractions and GEOS, on land drawn to make it fail."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from geo.kernels.shared import COVERED, DISJOINT, OPEN
from geo.shared import classified, in_threads, rings_of_shapes, traced
from tests.makers import QINGXI, array, qingxi
from tests.test_overlay import exact_m2

FAR = np.array([38_516_400.0, 2_564_300.0])
"""An easting with zone prefix: a float holds 7e-9 m of it."""


def share(one: Any, other: Any, **options: int) -> tuple[float, float]:
    """What two polygons share, and the error that is owned to."""
    sides = rings_of_shapes(array(one)), rings_of_shapes(array(other))
    at = np.zeros(1, dtype=np.int64)
    (m2,), (error_m2,) = traced(*sides, at, at, **options)
    return m2, error_m2


def kind(one: Any, other: Any) -> int:
    sides = rings_of_shapes(array(one)), rings_of_shapes(array(other))
    at = np.zeros(1, dtype=np.int64)
    return int(classified(sides[0].boxes, sides[1], at, at)[0])


def moved(shape: Any, by: np.ndarray) -> Any:
    return shapely.transform(shape, lambda points: points + by)


holed = box(0, 0, 200, 100).difference(box(50, 20, 150, 80))

KNOWN = {
    "collinear edges": (Polygon([(0, 0), (50, 0), (200, 0), (200, 100), (0, 100)]), holed, 14_000),
    "touching at a corner": (box(0, 0, 100, 100), box(100, 100, 200, 200), 0),
    "touching along a side": (box(0, 0, 100, 100), box(100, 50, 200, 150), 0),
    "in a hole": (holed, box(60, 30, 140, 70), 0),
    "filling a hole": (holed, box(50, 20, 150, 80), 0),
    "over a hole": (holed, box(0, 0, 100, 100), 7000),
    "identical": (holed, shapely.reverse(holed), 14_000),
    "nested": (box(0, 0, 200, 100), box(50, 0, 150, 100), 10_000),
    "a point twice": (Polygon([(0, 0), (0, 0), (200, 0), (200, 100), (200, 100)]), holed, 8500),
    "parts": (MultiPolygon([box(0, 0, 20, 100), box(180, 0, 200, 100)]), holed, 4000),
    "nothing": (Polygon(), holed, 0),
    "missing": (None, holed, 0),
}


@pytest.mark.parametrize("by", [np.zeros(2), QINGXI, FAR])
@pytest.mark.parametrize("case", KNOWN)
def test_what_is_shared_is_known(case, by):
    one, other, m2 = KNOWN[case]
    one, other = moved(one, by) if one is not None else None, moved(other, by)
    if case == "a point twice":
        m2 = 10_000 - shapely.intersection(one, moved(box(50, 20, 150, 80), by)).area
    for sides in ((one, other), (other, one)):
        found, error_m2 = share(*sides)
        assert found == pytest.approx(m2, abs=1e-6)
        assert error_m2 < 1e-6


corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
triangle = st.lists(corner, min_size=3, max_size=3, unique=True)
nudges = st.lists(st.integers(-2, 2), min_size=12, max_size=12)


@given(triangle, triangle, nudges, st.sampled_from([(10.0, 10.0), tuple(QINGXI), tuple(FAR)]))
def test_the_error_is_no_larger_than_is_owned_to(one, other, steps, by):
    """Corners on a coarse grid, each up to two roundings off; against fractions."""
    points = np.array([*one, *other], dtype=float) * 37.3 + by
    points += np.reshape(steps, (6, 2)) * np.spacing(points)
    first, second = Polygon(points[:3]), Polygon(points[3:])
    assume(first.is_valid and second.is_valid)
    m2, error_m2 = share(first, second)
    assert abs(Fraction(m2) - exact_m2(points[:3], points[3:])) <= error_m2
    assert error_m2 < 1e-6


def town(seed: int, count: int = 60) -> np.ndarray:
    """Ragged polygons, some with holes, some in parts, that overlap at random."""
    rng = np.random.default_rng(seed)
    shapes = []
    for number in range(count):
        angle = np.linspace(0, 2 * np.pi, rng.integers(4, 40), endpoint=False)
        reach = rng.uniform(20, 60) * rng.uniform(0.4, 1, len(angle))
        ring = np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
        shape = Polygon(ring + rng.uniform(0, 300, 2))
        if number % 3 == 0:
            shape = shape.difference(shapely.buffer(shape.centroid, 4))
        if number % 5 == 0:
            shape = shapely.union(shape, moved(shape, np.array([400.0, 0.0])))
        shapes.append(shape)
    return qingxi(np.array(shapes, dtype=object))


@pytest.mark.parametrize("seed", range(3))
def test_a_town_shares_what_geos_says(seed):
    shapes = town(seed)
    one, other = np.divmod(np.arange(len(shapes) ** 2), len(shapes))
    rings = rings_of_shapes(shapes)
    m2, _ = traced(rings, rings, one, other)
    assert m2 == pytest.approx(
        shapely.area(shapely.intersection(shapes[one], shapes[other])), abs=1e-6
    )


def test_a_pair_shares_the_same_to_the_last_bit_whatever_is_beside_it():
    shapes = town(4)
    one, other = np.divmod(np.arange(len(shapes) ** 2), len(shapes))
    rings = rings_of_shapes(shapes)
    m2, error_m2 = traced(rings, rings, one, other)
    for pair in range(0, len(one), 97):
        assert share(shapes[one[pair]], shapes[other[pair]]) == (m2[pair], error_m2[pair])


def test_many_edges_over_one_another_are_not_traced():
    one, other = box(0, 0, 100, 100), box(50, 50, 150, 150)
    assert share(one, other, most=3)[0] == 2500  # the lowest edge of all is left out
    assert np.isnan(share(one, other, most=2)).all()


def test_a_long_common_boundary_is_no_work():
    line = [(x, 10 * np.sin(x)) for x in np.linspace(0, 5000, 20_000)]
    north, south = (
        Polygon([*line, (5000, 200), (0, 200)]),
        Polygon([*line, (5000, -200), (0, -200)]),
    )
    m2, error_m2 = share(north, south, most=200_000)
    assert abs(m2) <= error_m2 < 1e-3


# -- which are all inside, which outside ------------------------------------------------------

PLACES = {
    "inside": (box(10, 10, 20, 20), COVERED),
    "inside, along a side": (box(0, 0, 20, 20), COVERED),
    "outside": (box(300, 0, 310, 10), DISJOINT),
    "outside, along a side": (box(200, 0, 210, 10), DISJOINT),
    "in a hole": (box(60, 30, 140, 70), DISJOINT),
    "filling a hole": (box(50, 20, 150, 80), DISJOINT),
    "over the boundary": (box(190, 0, 210, 10), OPEN),
    "over a hole": (box(40, 40, 60, 60), OPEN),
    "around it": (box(-10, -10, 210, 110), OPEN),
    "empty": (Polygon(), DISJOINT),
    "missing": (None, DISJOINT),
}


@pytest.mark.parametrize("by", [np.zeros(2), FAR])
@pytest.mark.parametrize("case", PLACES)
def test_where_a_lot_lies_is_said(case, by):
    lot, expected = PLACES[case]
    assert kind(lot and moved(lot, by), moved(holed, by)) == expected


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_for_sure_is_what_geos_says(seed):
    zones, rng = town(seed), np.random.default_rng(seed)
    west, south = QINGXI[:, None] + rng.uniform(-50, 350, (2, 400))
    size = rng.uniform(1, 20, (2, 400))
    lots = shapely.box(west, south, west + size[0], south + size[1])
    one, other = np.divmod(np.arange(len(lots) * len(zones)), len(zones))
    kinds = classified(shapely.bounds(lots), rings_of_shapes(zones), one, other)
    covers = shapely.covers(zones[other], lots[one])
    apart = ~shapely.relate_pattern(zones[other], lots[one], "T********")
    assert covers[kinds == COVERED].all()
    assert apart[kinds == DISJOINT].all()
    assert (kinds == COVERED).sum() > 0.9 * covers.sum() > 0
    assert (kinds == DISJOINT).sum() > 0.9 * apart.sum()


def test_a_slanted_edge_beside_a_lot_is_not_in_it():
    half = Polygon([(0, 0), (100, 0), (0, 100)])
    assert kind(box(60, 60, 70, 70), half) == DISJOINT
    assert kind(box(10, 10, 20, 20), half) == COVERED
    assert kind(box(45, 45, 60, 60), half) == OPEN


def test_threads_give_the_answers_in_order():
    shapes = np.tile(town(5), 20)
    assert (in_threads(shapely.centroid, shapes) == shapely.centroid(shapes)).all()
    assert len(in_threads(shapely.centroid, shapes[:0])) == 0
