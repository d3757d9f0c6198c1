"""Edges that polygons do not share, and narrow stretches between them, against shapely."""

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from geo.kernels.lanes import Edges, lanes, lone_edges
from geo.neighbours import gaps
from geo.outlines import outlines_of
from tests.makers import array

NOBODY = 1 << 60


def lone(*shapes: shapely.Geometry, tolerance_m: float = 0.0) -> Edges:
    return lone_edges(*outlines_of(array(*shapes)), tolerance_m=tolerance_m)


def as_lines(edges: Edges) -> shapely.Geometry:
    return shapely.union_all(shapely.linestrings(edges.ends.reshape(-1, 2, 2)))


def tiles(seed: int) -> np.ndarray:
    """Cells of a Voronoi diagram, some left out, wound and begun anyhow."""
    random = np.random.default_rng(seed)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(random.random((40, 2)))))
    kept = shapely.transform(cells[random.random(len(cells)) < 0.8], lambda points: points * 1000)
    turned = []
    for cell in kept:
        ring = np.roll(shapely.get_coordinates(cell)[:-1], random.integers(5), axis=0)
        turned.append(Polygon(ring[:: random.choice([-1, 1])]))
    return array(*turned)


@pytest.mark.parametrize("seed", range(10))
def test_the_edges_of_one_polygon_only_are_the_outline_of_all(seed: int) -> None:
    cells = tiles(seed)
    edges = lone(*cells)
    outline = shapely.union_all(cells).boundary
    assert shapely.symmetric_difference(as_lines(edges), outline).length < 1e-6
    assert np.hypot(*(edges.ends[:, 2:] - edges.ends[:, :2]).T).sum() == pytest.approx(
        outline.length
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_the_land_is_on_the_left_of_shells_and_holes(reverse: bool) -> None:
    land = Polygon(box(0, 0, 90, 90).exterior, [box(30, 30, 60, 60).exterior])
    shape = shapely.reverse(land) if reverse else land
    ends = lone(MultiPolygon([shape, box(200, 0, 300, 90)])).ends[:8]
    middles = (ends[:, :2] + ends[:, 2:]) / 2
    along = ends[:, 2:] - ends[:, :2]
    left = middles + np.stack([-along[:, 1], along[:, 0]], axis=1) / 1e3
    assert len(ends) == 8
    assert shapely.contains_xy(land, *left.T).all()


def test_points_that_repeat_hide_no_common_edge() -> None:
    one = Polygon([(0, 0), (9, 0), (9, 0), (9, 9), (9, 9), (0, 9)])
    assert len(lone(one, box(9, 0, 20, 9)).owner) == 6


@pytest.mark.parametrize("seed", range(5))
def test_arcs_are_thinned_as_geos_thins_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, 3000))
    radii = 100 + random.normal(0, 0.001, len(angles))
    ring = Polygon(np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None])
    (thinned,) = shapely.simplify(array(ring.exterior), 0.01, preserve_topology=False)
    edges = lone(ring, tolerance_m=0.01)
    points = np.vstack([edges.ends[:, :2], edges.ends[-1:, 2:]])
    np.testing.assert_array_equal(points, shapely.get_coordinates(thinned))


def found(shapes: np.ndarray, threads: int = 1) -> list[np.ndarray]:
    edges = lone_edges(*outlines_of(shapes), tolerance_m=0.0005)
    stretches = lanes(edges, widest_m=0.5, least_m=0.001, most=NOBODY, threads=threads)
    assert stretches is not None
    order = np.lexsort((*stretches.corners.T[:2], stretches.other, stretches.one))
    return [column[order] for column in stretches]


def strips(count: int, seed: int) -> np.ndarray:
    """Lots side by side with lanes of 0 to 1 m between them, slightly askew."""
    random = np.random.default_rng(seed)
    west, shapes = 0.0, []
    for _ in range(count):
        lean, width = random.uniform(-0.2, 0.2), random.uniform(5, 20)
        shapes.append(
            Polygon([(west, 0), (west + width, 0), (west + width + lean, 50), (west + lean, 50)])
        )
        west += width + random.uniform(0.0, 1.0)
    return array(*shapes)


def test_stretches_are_no_wider_than_asked_and_lie_between_the_two() -> None:
    shapes = strips(200, 1)
    one, other, corners, length_m, width_m = found(shapes)
    assert len(one) > 30
    assert (one < other).all()
    assert width_m.max() <= 0.5
    quads = shapely.polygons(corners.reshape(-1, 4, 2))
    for pair in (one, other):
        assert shapely.distance(quads, shapes[pair]).max() < 1e-9
        assert shapely.area(shapely.intersection(quads, shapes[pair])).max() < 1e-6
    assert length_m == pytest.approx(np.full(len(one), 50), abs=0.5)


def test_all_pairs_that_are_near_along_their_sides_are_found() -> None:
    """Brute force: lots whose sides stay between 1 mm and 0.5 m apart from end to end."""
    shapes = strips(200, 2)
    corners = np.array([shapely.get_coordinates(shape)[:4, 0] for shape in shapes])
    ends = corners[1:, [0, 3]] - corners[:-1, [1, 2]]
    narrow = (ends.min(axis=1) > 0.002) & (ends.max(axis=1) < 0.499)
    wide = ends.max(axis=1) > 0.52
    result = gaps(shapes)
    assert result is not None
    assert set(np.flatnonzero(narrow)) <= set(result.one.tolist())
    assert not set(np.flatnonzero(wide)) & set(result.one.tolist())
    assert (result.other == result.one + 1).all()


def test_threads_and_other_land_change_nothing() -> None:
    """12 000 edges and more are several chunks."""
    rows = [
        shapely.transform(strips(900, row), lambda xy, row=row: xy + np.array([0, 100 * row]))
        for row in range(8)
    ]
    shapes = np.concatenate(rows)
    alone, together = found(shapes), found(shapes, threads=2)
    for ours, theirs in zip(alone, together, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    half = found(shapes[:3600])
    within = alone[0] < 3600
    for ours, theirs in zip(half, alone, strict=True):
        np.testing.assert_array_equal(ours, theirs[within])


def test_too_many_edges_beside_each_other_are_told() -> None:
    edges = lone(*(box(0, k * 0.02, 100, k * 0.02 + 0.01) for k in range(40)))
    assert lanes(edges, widest_m=0.5, least_m=0.001, most=100) is None
