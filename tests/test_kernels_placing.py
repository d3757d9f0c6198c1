"""Centroids, and points in polygons, against GEOS."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from geo.earth.place import _centroids, _held
from geo.kernels import placing
from geo.outlines import outlines_of

FAR = np.array([38_516_000.0, 2_526_000.0])
"""An easting with the number of its zone."""


def array(*shapes: shapely.Geometry | None) -> npt.NDArray[Any]:
    drawn = np.empty(len(shapes), dtype=object)
    drawn[:] = shapes
    return drawn


def middles(*shapes: shapely.Geometry | None) -> npt.NDArray[np.float64]:
    found = np.zeros((len(shapes), 2))
    placing.middles(*outlines_of(array(*shapes)), found)
    return found


def blob(random: np.random.Generator, x: float, y: float, size: float) -> Polygon:
    count = random.integers(5, 30)
    angles = (np.arange(count) + 0.9 * random.random(count)) / count * 2 * np.pi
    reach = size * random.uniform(0.2, 1, len(angles))
    return Polygon(np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)]))


def test_the_middle_of_a_lot_and_of_a_frame() -> None:
    frame = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    lots = MultiPolygon([box(0, 0, 10, 10), box(30, 0, 40, 10)])
    found = middles(box(0, 0, 200, 100), frame, lots)
    assert found.tolist() == [[100, 50], [15, 15], [20, 5]]


def test_what_has_no_land_has_no_middle() -> None:
    flat = Polygon([(0, 0), (9, 9), (18, 18)])
    eight = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])  # one half cancels the other
    found = middles(None, Polygon(), LineString([(0, 0), (9, 9)]), flat, eight)
    assert np.isnan(found).all()


def test_holes_are_left_out_however_they_are_wound() -> None:
    shell, hole = [(0, 0), (30, 0), (30, 10), (0, 10)], [(0, 0), (10, 0), (10, 10), (0, 10)]
    for one in (shell, shell[::-1]):
        for other in (hole, hole[::-1]):
            assert middles(Polygon(one, [other])).tolist() == [[20, 5]]


def test_middles_are_those_of_geos() -> None:
    random = np.random.default_rng(8)
    drawn = [blob(random, *(FAR + random.uniform(-1e5, 1e5, 2)), 50) for _ in range(300)]
    drawn += [shape.difference(shape.centroid.buffer(3)) for shape in drawn[:50]]
    expected = shapely.get_coordinates(shapely.centroid(drawn))
    assert np.abs(middles(*drawn) - expected).max() < 1e-6


def test_what_has_no_land_is_where_geos_says() -> None:
    line, flat = LineString([(0, 0), (8, 0)]), Polygon([(0, 0), (9, 9), (18, 18)])
    found = _centroids(array(line, None, flat, box(0, 0, 2, 2), Polygon()))
    assert found[[0, 2, 3]].tolist() == [[4, 0], [9, 9], [1, 1]]
    assert np.isnan(found[[1, 4]]).all()


def test_points_are_held_where_geos_says() -> None:
    random = np.random.default_rng(9)
    for _ in range(20):
        land = [blob(random, *random.uniform(0, 4, 2), 1) for _ in range(6)]
        land += [shape.difference(shape.centroid.buffer(0.2)) for shape in land[:2]]
        land += [MultiPolygon([box(5, 5, 6, 6), box(7, 5, 8, 6)]), Polygon()]
        places = random.uniform(-1, 9, (400, 2))
        expected = shapely.intersects(array(*land)[:, None], shapely.points(places)).any(axis=0)
        assert _held(places, array(*land)).tolist() == expected.tolist()


def test_points_on_an_edge_and_on_a_corner_are_held() -> None:
    frame = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    grid = np.stack(np.meshgrid(np.arange(-1, 4.5, 0.5), np.arange(-1, 4.5, 0.5)), -1).reshape(
        -1, 2
    )
    slope = Polygon([(10, 0), (14, 0), (12, 6)])
    places = np.vstack([grid, [[11, 3], [13, 3], [12, 6], [12, 6.1], [10.9, 3]]])
    expected = shapely.intersects_xy(frame, *places.T) | shapely.intersects_xy(slope, *places.T)
    assert _held(places, array(frame, slope)).tolist() == expected.tolist()
    assert expected[-5:].tolist() == [True, True, True, False, False]


def test_a_place_that_is_none_lies_nowhere() -> None:
    places = np.array([[np.inf, 1], [np.nan, np.nan], [1, 1]])
    assert _held(places, array(box(0, 0, 2, 2))).tolist() == [False, False, True]
    assert _held(places, array()).tolist() == [False, False, False]
