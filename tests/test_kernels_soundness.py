"""The quick test of validity never says yes where GEOS says no; spikes and repeats by hand."""

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, affinity, box

from geo.kernels import soundness
from geo.outlines import outlines_of
from geo.shapes import crossings, repeats, spikes, valid
from tests.makers import array

FRAME = [(0, 0), (200, 0), (200, 100), (0, 100)]


def certain(shapes: np.ndarray) -> np.ndarray:
    sound = np.zeros(len(shapes), dtype=bool)
    soundness.certain(*outlines_of(shapes), sound)
    return sound


def closed(points: np.ndarray) -> np.ndarray:
    return shapely.polygons(np.concatenate([points, points[:, :1]], axis=1))


def nasty(seed: int, rings: int, *, ordered: bool) -> np.ndarray:
    """Rings of three to eight corners on grids of four to thirty-six points."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(rings // 500):
        corners, grid = random.integers(3, 9), random.integers(2, 7)
        points = random.integers(0, grid, (500, corners, 2)).astype(float)
        if ordered:  # around their middle: most of them are simple
            off = points - points.mean(axis=1, keepdims=True)
            turn = np.argsort(np.arctan2(off[..., 1], off[..., 0]), axis=1)
            points = np.take_along_axis(points, turn[..., None], axis=1)
        made.append(points)
    return made


def far(points: np.ndarray) -> np.ndarray:
    """Tenths of a metre at Qingxi, in eastings with their zone: no number is exact."""
    return points * 0.1 + (38_516_400.1, 2_526_800.3)


def jittered(points: np.ndarray) -> np.ndarray:
    """Each number up or down by the least that there is."""
    up = np.random.default_rng(7).random(points.shape) < 0.5
    return np.nextafter(points + 1, np.where(up, np.inf, -np.inf))


@pytest.mark.parametrize("moved", [lambda points: points, far, jittered], ids=["", "far", "bits"])
@pytest.mark.parametrize("ordered", [False, True])
def test_no_ring_is_called_valid_that_is_not(ordered, moved):
    found = kept = 0
    for points in nasty(11, 40_000, ordered=ordered):
        shapes = closed(moved(points))
        sure, told = certain(shapes), shapely.is_valid(shapes)
        assert not (sure & ~told).any()
        assert valid(shapes).tolist() == told.tolist()
        found, kept = found + sure.sum(), kept + told.sum()
    assert 0.9 * kept < found <= kept


def test_parts_and_holes_are_valid_only_where_geos_says_so():
    (*points,) = nasty(12, 6000, ordered=True)
    rings = np.concatenate([closed(each) for each in points])
    rings = rings[shapely.is_valid(rings)]
    moved = [affinity.translate(ring, 3, 1) for ring in rings[1:]]
    pairs = list(zip(rings, moved, strict=False))
    shapes = array(*[MultiPolygon(pair) for pair in pairs])
    holes = [affinity.scale(ring, 0.2, 0.2, origin=(1, 1)) for ring in rings[1:]]
    pairs = list(zip(rings, holes, strict=False))
    holed = array(*[Polygon(one.exterior, [other.exterior]) for one, other in pairs])
    for made in (shapes, holed):
        told = shapely.is_valid(made)
        assert 0 < told.sum() < len(told)
        assert valid(made).tolist() == told.tolist()
        assert not (certain(made) & ~told).any()
    assert certain(shapes).any()


def test_long_rings_are_swept():
    """150 corners on a narrow ring, some of them moved to where another is."""
    random, drawn = np.random.default_rng(13), []
    for number in range(400):
        angles = np.sort(random.uniform(0, 2 * np.pi, 150))
        radii = random.uniform(0.97, 1, 150) * 50
        points = np.c_[radii * np.cos(angles), radii * np.sin(angles)]
        points *= (1, (0.1, 1, 10)[number % 3])
        if number % 2:
            points[random.integers(150)] = points[random.integers(150)]
        drawn.append(Polygon(points))
    shapes = array(*drawn)
    sure, told = certain(shapes), shapely.is_valid(shapes)
    assert 100 < told.sum() < 300
    assert sure.tolist() == told.tolist()


def test_a_comb_whose_edges_lie_side_by_side_is_left_to_geos():
    """3000 teeth of which every box meets every other: neither slow nor wrong."""
    across = np.arange(3000.0)
    teeth = np.c_[np.repeat(across, 2), np.tile([0.0, 1e5, 1e5, 0.0], 1500)]
    slanted = teeth @ np.array([[1, 1e-9], [0.5, 1]])
    comb = array(Polygon([*slanted, (2999.0 + 1e5, -1e5), (-1e5, -1e5)]))
    assert not certain(comb)[0]
    assert valid(comb)[0] == shapely.is_valid(comb)[0]


@pytest.mark.parametrize(
    "shape",
    [
        Polygon([(0, 0), (200, 0), (100, 0)]),
        Polygon([(0, 0), (200, 0), (200, 100), (300, 100), (200, 100), (0, 100)]),
        Polygon(FRAME * 2),
        Polygon([(1, 1)] * 4),
        Polygon([(0, 0), (np.inf, 0), (1, 1)]),
        MultiPolygon([box(0, 0, 1, 1), box(1, 0, 2, 1)]),
        None,
        Polygon(),
        shapely.Point(1, 2),
    ],
)
def test_what_is_doubtful_is_not_called_certain(shape):
    assert not certain(array(shape))[0]


def test_sound_land_needs_no_geos():
    lots = [box(0, 0, 200, 100), MultiPolygon([box(0, 0, 1, 1), box(1.5, 0, 2, 1)])]
    lots += [Polygon([*FRAME[:2], FRAME[1], *FRAME[2:], FRAME[0], FRAME[0]])]
    lots += [box(0, 0, 100, 100).buffer(50, 64), box(38_516_400, 2_526_800, 38_516_401, 2_526_801)]
    assert certain(array(*lots)).all()


# -- crossings, spikes and repeated points -------------------------------------------------------


def test_crossings_are_counted_like_pairs_of_edges_by_geos():
    random = np.random.default_rng(14)
    for vertices in (15, 20, 40):
        points = random.uniform(0, 100, (vertices, 2))
        hole = random.uniform(20, 80, (5, 2))
        shape = Polygon(points, [hole])
        edges = []
        for ring in (shape.exterior, *shape.interiors):
            lines = list(zip(ring.coords, ring.coords[1:], strict=False))
            edges += [
                (shapely.LineString(line), id(ring), at, len(lines))
                for at, line in enumerate(lines)
            ]
        count = 0
        for one in range(len(edges)):
            for other in range(one + 1, len(edges)):
                line, ring, at, size = edges[one]
                beside = ring == edges[other][1] and (edges[other][2] - at) % size in (1, size - 1)
                count += not beside and line.intersects(edges[other][0])
        assert count > vertices
        assert crossings(array(shape), most=10**6) == [count]
        assert crossings(array(shape, shape), most=10).tolist() == [11, 11]


def test_spikes_are_told_with_their_shapes_in_order():
    out = [(0, 0), (200, 0), (200, 50), (260, 50.02), (200, 50.04), (200, 100), (0, 100)]
    repeated = [*out[:3], out[3], out[3], *out[4:]]
    hole = [(50, 20), (50, 50), (10, 50.01), (50, 50.02), (50, 80), (100, 80), (100, 20)]
    both = Polygon(out, [hole])
    found = spikes(outlines_of(array(box(0, 0, 9, 9), both, None, Polygon(repeated))))
    assert found.points.tolist() == [[260, 50.02], [10, 50.01], [260, 50.02]]
    assert found.owner.tolist() == [1, 1, 3]
    assert found.m2 == pytest.approx([1.2, 0.4, 1.2], rel=1e-3)


def test_a_spike_may_be_where_the_ring_begins_and_be_drawn_twice():
    ring = [(260, 50.02), (260, 50.02), (200, 50.04), (200, 100), (0, 100), (0, 0), (200, 0)]
    ring += [(200, 50), (260, 50.02)]
    assert spikes(outlines_of(array(Polygon(ring)))).points.tolist() == [[260, 50.02]]


def test_repeated_points_are_counted_in_every_ring():
    shell = [FRAME[0], FRAME[0], *FRAME[1:], FRAME[0], FRAME[0]]
    hole = [(50, 20), (50, 50), (50, 50), (50, 50), (100, 20)]
    counts, last = repeats(outlines_of(array(Polygon(FRAME), Polygon(shell, [hole]), None)))
    assert counts.tolist() == [0, 4, 0]
    assert last[1].tolist() == [50, 50]
    assert np.isnan(last[[0, 2]]).all()
