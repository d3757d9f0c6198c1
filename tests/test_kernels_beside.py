"""Boundary that polygons share, against what shapely cuts out, and the same for any thread."""

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from geo.kernels.beside import facing_m
from geo.kernels.near import boundaries_of
from geo.outlines import outlines_of
from tests.makers import array

FAR_EAST = np.array([39_500_000.0, 4_400_000.0])


def shared(
    shapes: np.ndarray, i: np.ndarray, j: np.ndarray, *, tolerance_m: float = 0.5, threads: int = 1
) -> np.ndarray:
    land = boundaries_of(*outlines_of(shapes))
    return facing_m(land, i, j, tolerance_m=tolerance_m, threads=threads)


def cells(seed: int) -> np.ndarray:
    """A Voronoi diagram of a square kilometre, far from the origin."""
    points = shapely.MultiPoint(np.random.default_rng(seed).random((60, 2)) * 1000)
    drawn = shapely.get_parts(shapely.voronoi_polygons(points))
    return np.asarray(shapely.transform(drawn, lambda xy: xy + FAR_EAST))


@pytest.mark.parametrize("seed", range(8))
def test_cells_share_what_shapely_cuts_out(seed: int) -> None:
    shapes = cells(seed)
    i, j = np.triu_indices(len(shapes), 1)
    cut = shapely.length(shapely.intersection(shapes[i].copy(), shapes[j].copy(), grid_size=1e-6))
    np.testing.assert_allclose(shared(shapes, i, j, tolerance_m=1e-5), cut, atol=0.01)


def test_a_side_in_a_thousand_steps_is_shared_once() -> None:
    """A bank with a point every 10 cm and some twice, against one of two points."""
    steps = np.repeat(np.linspace(0, 100, 1001), 1 + (np.arange(1001) % 7 == 0))
    fine = Polygon([(50, 0), *((0.0, y) for y in steps), (50, 100)])
    found = shared(array(fine, box(-80, 0, 0, 100)), np.array([0, 1]), np.array([1, 0]))
    assert found == pytest.approx([100, 100], abs=1e-9)


def test_a_strip_faces_both_of_its_sides_once() -> None:
    """A strip 0.2 m wide: its far side is within 0.5 m too, and is no more boundary of ours."""
    strip, lot = box(0, 100, 100, 100.2), box(0, 0, 100, 100)
    assert shared(array(lot, strip), np.array([0]), np.array([1])) == pytest.approx([100])


def test_threads_and_the_order_of_pairs_change_nothing() -> None:
    shapes = np.concatenate([cells(seed) for seed in range(3)])
    i, j = (side.astype(np.int64) for side in np.triu_indices(len(shapes), 1))
    assert len(i) < 16_384
    i, j = np.tile(i, 3), np.tile(j, 3)
    alone, together = shared(shapes, i, j), shared(shapes, i, j, threads=2)
    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(shared(shapes, i[::-1].copy(), j[::-1].copy())[::-1], alone)
    np.testing.assert_array_equal(shared(shapes, j, i), alone)
