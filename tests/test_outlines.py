"""Outlines of shapes, against what their well-known binary says."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo.outlines import Outlines, outlines_of, outlines_of_wkb

LOT, OTHER = box(0, 0, 200, 100), box(300, 0, 340, 40)
HOLED = Polygon(LOT.exterior, [box(20, 20, 40, 40).exterior, box(60, 20, 80, 40).exterior])
SHAPES: list[shapely.Geometry | None] = [
    *(None, Polygon(), MultiPolygon(), Point(1, 1), LineString([(0, 0), (1, 1)])),
    *(LOT, HOLED, shapely.force_3d(HOLED), MultiPolygon([LOT, OTHER]), GeometryCollection([LOT])),
    shapely.multipolygons([LOT, Polygon(), HOLED]),
    shapely.multipolygons([Polygon()]),
    shapely.from_wkt("POLYGON ((0 0, 9 0, 9 9, 0 0), EMPTY)"),
    shapely.from_wkt("POLYGON M ((0 0 1, 9 0 1, 9 9 1, 0 0 1))"),
]


def array(*shapes: shapely.Geometry | None) -> npt.NDArray[Any]:
    drawn = np.empty(len(shapes), dtype=object)
    drawn[:] = shapes
    return drawn


def told(outlines: Outlines) -> list[Any]:
    return [column.tolist() for column in outlines]


def test_outlines_of_a_lot_and_one_with_holes() -> None:
    outlines = outlines_of(array(LOT, None, HOLED))
    assert outlines.shapes.tolist() == [0, 1, 1, 2]
    assert outlines.parts.tolist() == [0, 1, 4]
    assert outlines.rings.tolist() == [0, 5, 10, 15, 20]
    assert outlines.points[5:10].tolist() == list(map(list, HOLED.exterior.coords))


def test_outlines_of_some_that_stand_together() -> None:
    shapes = array(*SHAPES)
    outlines = outlines_of(shapes)
    for start in range(len(shapes)):
        for stop in range(start, len(shapes) + 1):
            some = outlines.between(start, stop)
            assert told(some) == told(outlines_of(shapes[start:stop])), (start, stop)


@pytest.mark.parametrize("seed", range(40))
def test_outlines_are_those_that_the_binary_tells(seed: int) -> None:
    random = np.random.default_rng(seed)
    shapes = array(*(SHAPES[at] for at in random.integers(0, len(SHAPES), seed % 12)))
    flat = shapely.to_wkb(shapes, output_dimension=2, byte_order=1)
    assert told(outlines_of(shapes)) == told(outlines_of_wkb(pa.array(flat, pa.large_binary())))
