"""Pairs of polygons near each other, against shapely, on land drawn well and badly."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box

from geo.kernels.grids import grid_of, meeting
from geo.kernels.near import Near, boundaries_of, near, segments_m2
from geo.outlines import outlines_of
from tests.makers import array

NOBODY = 1 << 60
FAR_EAST = (39_500_000.0, 4_400_000.0)


def found(shapes: np.ndarray, reach_m: float, threads: int = 1) -> Near:
    land = boundaries_of(*outlines_of(shapes))
    pairs = near(land, reach_m=reach_m, decimals=6, most=NOBODY, threads=threads)
    assert pairs is not None
    return pairs


def by_shapely(shapes: np.ndarray, reach_m: float) -> Near:
    """Every pair asked."""
    i, j = np.triu_indices(len(shapes), 1)
    gap_m = shapely.distance(shapes[i], shapes[j]).round(6)
    within = gap_m <= reach_m
    return Near(i[within], j[within], gap_m[within])


def same(shapes: np.ndarray, reach_m: float) -> Near:
    pairs = found(shapes, reach_m)
    for ours, theirs in zip(pairs, by_shapely(shapes, reach_m), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    return pairs


def scattered(seed: int, count: int = 60, spread: float = 300.0) -> np.ndarray:
    """Stars with holes, pairs of parts and slanted lots, across and inside one another."""
    random = np.random.default_rng(seed)
    shapes = []
    for number in range(count):
        angles = np.linspace(0, 2 * np.pi, random.integers(3, 40), endpoint=False)
        radii = random.uniform(0.3, 1, len(angles)) * random.choice([1, 10, 30, 150])
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
        shape = Polygon(ring, [ring[::-1] * 0.5] if number % 3 == 0 else [])
        if number % 5 == 0:
            shape = MultiPolygon([shape, *([affinity.translate(shape, 2 * radii.max() + 1)])])
        shapes.append(affinity.translate(shape, *random.uniform(0, spread, 2)))
    assert shapely.is_valid(shapes).all()
    return array(*shapes)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("reach_m", [0.0, 7.3, 50.0])
def test_pairs_and_distances_are_those_of_shapely(seed: int, reach_m: float) -> None:
    pairs = same(scattered(seed), reach_m)
    assert (pairs.gap_m == 0).any()
    assert (pairs.gap_m > 0).any() == (reach_m > 0)


@pytest.mark.parametrize("seed", range(4))
def test_so_they_are_far_from_the_origin(seed: int) -> None:
    """Eastings with their zone number; a float there is a multiple of 7.5e-9 m."""
    same(moved(scattered(seed), *FAR_EAST), 50.0)


def moved(shapes: np.ndarray, east: float, north: float) -> np.ndarray:
    shift = np.array([east, north])
    return np.asarray(shapely.transform(shapes, lambda points: points + shift))


lots = st.lists(
    st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 5)] * 2), min_size=1, max_size=12
)


@settings(max_examples=100)
@given(lots, st.integers(0, 4), st.booleans())
def test_lots_on_a_lattice_touch_overlap_and_keep_exact_distances(
    drawn: list[tuple[int, int, int, int]], reach_m: int, far: bool
) -> None:
    """Corners on corners, sides on sides, lots in lots, and many gaps of exactly the reach."""
    east, north = FAR_EAST if far else (0.0, 0.0)
    shapes = array(*(box(x, y, x + w, y + h) for x, y, w, h in drawn))
    same(moved(shapes, east, north), float(reach_m))


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.floats(0, 6.28), st.sampled_from([0.0, 1e6, 3.9e7]))
def test_a_gap_of_exactly_the_reach_never_flips(seed: int, turn: float, origin: float) -> None:
    """30 m between parallel sides, turned any way: coordinates are exact to 1e-8 m only."""
    shift = np.random.default_rng(seed).uniform(-50, 50)
    pair = array(box(0, 0, 100, 100), box(130, shift, 200, 100 + shift))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    pair = shapely.transform(pair, lambda points: points @ spin + origin)
    assert found(pair, 30.0).gap_m.tolist() == [30.0]
    assert not len(found(pair, 29.9999).i)


BLOCK = box(0, 0, 300, 300)
COURT = Polygon(BLOCK.exterior, [box(100, 100, 200, 200).exterior])


@pytest.mark.parametrize(
    ("one", "other", "gap_m"),
    [
        (BLOCK, box(100, 100, 200, 200), 0),  # within
        (COURT, box(110, 120, 190, 180), 10),  # in the court
        (COURT, box(100, 100, 200, 200), 0),  # fills the court
        (COURT, MultiPolygon([box(140, 140, 160, 160), box(10, 10, 20, 20)]), 0),  # a part within
        (BLOCK, BLOCK, 0),
        (BLOCK, box(300, 300, 400, 400), 0),  # at a corner
        (box(-50, 100, 350, 110), box(100, -50, 110, 350), 0),  # a cross, no corner within
        (BLOCK, Polygon([(303, 150), (400, 0), (400, 300)]), 3),  # a tip before a side
        (BLOCK, Polygon([(300, 150), (400, 0), (400, 300)]), 0),  # a tip on a side
        (box(0, 0, 1, 1), box(4, 5, 5, 6), 5),  # from corner to corner
    ],
)
def test_the_distance_is_that_of_the_land(
    one: shapely.Geometry, other: shapely.Geometry, gap_m: float
) -> None:
    for pair in (array(one, other), array(other, one)):
        assert same(pair, 20.0).gap_m.tolist() == [gap_m]


def test_points_that_repeat_and_what_is_no_polygon_change_nothing() -> None:
    stuttering = Polygon([(0, 0), (0, 0), (9, 0), (9, 0), (9, 9), (0, 9), (0, 9), (0, 0)])
    shapes = array(stuttering, None, Polygon(), shapely.Point(5, 5), box(12, 0, 20, 9))
    pairs = found(shapes, 5.0)
    assert [column.tolist() for column in pairs] == [[0], [4], [3.0]]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_near_nothing(count: int) -> None:
    assert not len(found(array(*[BLOCK] * count), 5.0).i)


def test_a_road_of_the_whole_town_is_near_every_lot() -> None:
    """One box over all others, and edges in many runs."""
    steps = np.arange(0, 4000, 5.0)
    bank = np.stack([steps, 20 * np.sin(steps / 200)], axis=1)
    road = Polygon([*bank, *(bank + np.array([0, 8]))[::-1]])
    lots = [box(x, 45, x + 30, 60) for x in range(0, 4000, 40)]
    pairs = same(array(*lots, road), 40.0)
    assert (pairs.j == len(lots)).sum() == 60


def test_threads_chunks_and_other_land_change_nothing() -> None:
    """9000 lots are three chunks; half of them alone keep their pairs to the last bit."""
    random = np.random.default_rng(5)
    corners = random.uniform(0, 4000, (9000, 2))
    shapes = shapely.box(*corners.T, *(corners + random.uniform(5, 40, (9000, 2))).T)
    alone, together = found(shapes, 20.0), found(shapes, 20.0, threads=2)
    for ours, theirs in zip(alone, together, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    half = found(shapes[:4500], 20.0)
    within = alone.j < 4500
    for ours, theirs in zip(half, alone, strict=True):
        np.testing.assert_array_equal(ours, theirs[within])


def test_too_many_pairs_are_told_and_not_measured() -> None:
    land = boundaries_of(*outlines_of(array(*[BLOCK] * 30)))
    assert near(land, reach_m=1.0, decimals=6, most=434) is None
    assert near(land, reach_m=1.0, decimals=6, most=435) is not None


ends = st.tuples(*[st.integers(-3, 3)] * 8)


@settings(max_examples=300)
@given(ends)
def test_segments_are_as_far_apart_as_shapely_says(drawn: tuple[int, ...]) -> None:
    """On a small lattice: points, crossings, common ends, and one line."""
    x0, y0, x1, y1, u0, v0, u1, v1 = (float(number) for number in drawn)
    one, other = shapely.LineString([(x0, y0), (x1, y1)]), shapely.LineString([(u0, v0), (u1, v1)])
    ours = segments_m2(x0, y0, x1, y1, u0, v0, u1, v1)
    assert np.sqrt(ours) == pytest.approx(shapely.distance(one, other), abs=1e-12)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.floats(1, 500))
def test_boxes_of_all_sizes_are_found_where_they_meet(seed: int, cell: float) -> None:
    random = np.random.default_rng(seed)
    low = random.uniform(-1000, 1000, (80, 2))
    boxes = np.hstack([low, low + random.choice([0, 1, 30, 900], (80, 1)) * random.random((80, 2))])
    boxes[7] = np.inf, np.inf, -np.inf, -np.inf  # an empty shape
    grid, room = grid_of(boxes, cell), np.empty(80, dtype=np.int64)
    for box_at in boxes[:7]:
        count = meeting(grid, *box_at, 0, room)
        meet = (boxes[:, :2] <= box_at[2:]) & (boxes[:, 2:] >= box_at[:2])
        assert sorted(room[:count]) == np.flatnonzero(meet.all(axis=1)).tolist()
