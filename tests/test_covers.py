"""Which polygons cover which parcels, whole or in part, against the union of all of them."""

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from geo.covers import LEAST_M2, Cover, Ground, cover, shares
from tests.makers import array, qingxi


def place(index: int) -> dict[str, int]:
    return {"row": index + 1}


def covering(parcels: np.ndarray, *polygons: Polygon) -> Cover:
    return cover(Ground(parcels), array(*polygons), place, place)


LOT = array(box(0, 0, 200, 100))


@pytest.mark.parametrize(
    ("polygons", "whole"),
    [
        ([box(-1, -1, 201, 101)], True),
        ([box(0, 0, 200, 100)], True),
        ([box(0, 0, 100, 100), box(100, 0, 200, 100)], True),
        ([box(0, 0, 100, 100), box(0, 0, 100, 100)], False),  # half of it, twice
        ([box(0, 0, 120, 100), box(0, 0, 60, 100), box(0, 0, 20, 100)], False),  # as much again
        ([box(0, 0, 199, 100)], False),
        ([box(k * 10, 0, k * 10 + 10, 100) for k in range(20)], False),  # united and cut
    ],
)
def test_a_parcel_is_covered_whole_or_in_part(polygons, whole):
    found = covering(LOT, *polygons)
    assert (found.whole.tolist(), found.part.tolist()) == (([0], []) if whole else ([], [0]))
    if not whole:
        cut = shapely.intersection(LOT, found.union)
        goal = shapely.intersection(LOT, shapely.union_all(polygons))
        assert shapely.area(cut) == pytest.approx(shapely.area(goal))


def test_what_only_touches_a_parcel_does_not_cover_it():
    wedge = Polygon([(200, 50), (300, 0), (300, 100)])
    found = covering(LOT, box(200, 0, 300, 100), box(200, 100, 300, 200), wedge)
    assert (len(found.whole), len(found.part)) == (0, 0)


def test_what_rounds_to_no_land_covers_nothing_and_leaves_nothing():
    """Half a unit of the grid of land over 100 m is a strip of 7.6e-8 m."""
    thin = LEAST_M2 / 100
    assert len(covering(LOT, box(-10, 0, thin / 2, 100)).part) == 0
    assert len(covering(LOT, box(-10, 0, thin * 2, 100)).part) == 1
    assert len(covering(LOT, box(thin / 2, 0, 200, 100)).whole) == 1
    assert len(covering(LOT, box(thin * 2, 0, 200, 100)).part) == 1


def ragged(seed: int, count: int, points: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    shapes = []
    for middle in rng.uniform(0, 1000, (count, 2)):
        reach = 150 * rng.uniform(0.7, 1, points)
        shapes.append(
            Polygon(middle + np.column_stack([np.cos(angle), np.sin(angle)]) * reach[:, None])
        )
    return qingxi(np.array(shapes, dtype=object))


@pytest.mark.parametrize("points", [9, 120])
def test_a_layer_covers_what_its_union_does(points):
    """Polygons that overlap one another, of few points and of so many that they are clipped."""
    west, south = np.meshgrid(np.arange(0, 1000, 40.0), np.arange(0, 1000, 40.0))
    lots = qingxi(shapely.box(west.ravel(), south.ravel(), west.ravel() + 38, south.ravel() + 38))
    polygons = ragged(points, 25, points)
    found = cover(Ground(lots), polygons, place, place)
    everything = shapely.union_all(polygons)
    held = shapely.area(shapely.intersection(lots, everything))
    assert (np.abs(held[found.whole] - 38 * 38) < 1e-4).all()
    cut = shapely.area(shapely.intersection(lots[found.part], found.union))
    assert cut == pytest.approx(held[found.part], abs=1e-5)
    rest = np.setdiff1d(np.arange(len(lots)), np.concatenate([found.whole, found.part]))
    assert (held[rest] < 1e-4).all()
    assert min(len(found.whole), len(found.part), len(rest)) > 20


def test_what_one_polygon_covers_is_known_and_what_several_do_together_is_not():
    lots = array(box(0, 0, 100, 100), box(100, 0, 200, 100))
    found = cover(Ground(lots), array(box(50, 0, 130, 100), box(120, 0, 150, 100)), place, place)
    assert found.part.tolist() == [0, 1]
    assert found.m2[0] == 5000
    assert np.isnan(found.m2[1])
    assert shapely.area(found.union).tolist() == [80 * 100, 100 * 100]


def test_a_union_that_cannot_be_is_made_another_way(monkeypatch):
    """GEOS would say that two quarters of a lot are together one of them."""
    polygons, lot = array(box(0, 0, 50, 50), box(25, 25, 50, 90)), array(box(0, 0, 100, 100))
    union_all = shapely.union_all
    monkeypatch.setattr(
        shapely,
        "union_all",
        lambda shapes, axis=None, **how: (
            union_all(shapes, **how) if axis is None else np.full(len(shapes), box(0, 0, 9, 9))
        ),
    )
    (union,) = cover(Ground(lot), polygons, place, place).union
    assert union.area == 50 * 50 + 25 * 65 - 25 * 25


def test_shares_are_told_by_parcel_and_then_by_polygon():
    lots = array(box(0, 0, 100, 100), box(100, 0, 200, 100))
    found = shares(Ground(lots), array(box(50, 0, 150, 100), box(0, 0, 200, 50)), place)
    assert list(zip(found.parcel, found.polygon, found.m2, strict=True)) == [
        (0, 0, 5000),
        (0, 1, 5000),
        (1, 0, 5000),
        (1, 1, 5000),
    ]
    assert not found.whole.any()


def test_a_parcel_is_covered_alike_whatever_is_beside_it():
    lots, polygons = ragged(1, 30, 12), ragged(2, 20, 120)
    together = cover(Ground(lots), polygons, place, place)
    for at, union in zip(together.part, together.union, strict=True):
        alone = cover(Ground(lots[at : at + 1]), polygons, place, place)
        assert shapely.equals_identical(alone.union[0], union)
