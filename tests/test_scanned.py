"""Land scanned line by line, held against GEOS and against land counted in the head."""

import numpy as np
import pytest
import shapely
from pyproj import CRS
from shapely import MultiPolygon, Point, Polygon, box

from geo import scanned as scanning
from geo.area import area_m2
from geo.kernels.scanlines import Land
from geo.scanned import Covers, scanned

GRID = CRS("EPSG:4547")
ZONED = CRS("EPSG:4526")
"""With the zone number in its eastings: a float holds 7 nm of them."""

EAST, NORTH = 500_000.0, 2_500_000.0


def array(*shapes):
    return np.array([*shapes, None], dtype=object)[:-1]


def covers(parcels, *shapes, reason=(), whole=None, reasons=1):
    taken = np.full(len(parcels), reasons) if whole is None else np.array(whole)
    return Covers(array(*shapes), np.array(reason, dtype=np.int64), taken, reasons)


def land_of(parcels, *, sets=None, order=None, cover=None, crs=GRID, method="planar") -> Land:
    every = [np.ones(len(parcels), dtype=bool)] if sets is None else sets
    ranks = np.arange(len(parcels)) if order is None else np.asarray(order)
    return scanned(parcels, ranks, every, cover or covers(parcels), crs, method)


def discs(seed, count, width, *, east=EAST, corners=16):
    """Polygons of so many corners, some of them on others, half of them with a hole."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(0, width, (count, 1, 2)) + np.array([east, NORTH])
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    radius = rng.uniform(2, 12, (count, 1, 1))
    outer = shapely.polygons(middle + radius * ring)
    inner = shapely.polygons(middle + radius / 2 * ring)
    return np.where(np.arange(count) % 2, outer, shapely.difference(outer, inner))


def united_m2(shapes, crs=GRID, method="planar"):
    return area_m2(array(shapely.union_all(shapes)), crs, method)[0]


@pytest.mark.parametrize("crs", [GRID, ZONED])
@pytest.mark.parametrize("method", ["planar", "ellipsoidal"])
def test_sets_have_the_land_of_their_union(crs, method):
    parcels = discs(1, 400, 200, east=EAST if crs is GRID else 38_500_000.0)
    some = np.arange(400) % 3 == 0
    sets = [np.ones(400, dtype=bool), some, ~some, np.zeros(400, dtype=bool)]
    land = land_of(parcels, sets=sets, crs=crs, method=method)
    unions = [united_m2(parcels[chosen], crs, method) for chosen in sets[:3]]
    assert land.gross == pytest.approx([*unions, 0.0], abs=1e-4)
    assert land.net == pytest.approx([unions[0], *land.net[1:3], 0.0], abs=1e-4)
    assert land.net[1] + land.net[2] == pytest.approx(unions[0], abs=1e-4)


def test_each_reason_takes_what_none_before_it_took():
    parcels, cover = discs(2, 300, 200), discs(3, 60, 200)
    rng = np.random.default_rng(4)
    order, reason = rng.permutation(300), rng.integers(0, 3, 60)
    whole = np.where(rng.random(300) < 0.1, 1, 3)
    chosen = rng.random(300) < 0.5
    land = land_of(
        parcels,
        sets=[chosen],
        order=order,
        cover=covers(parcels, *cover, reason=reason, whole=whole, reasons=3),
    )
    own = [
        shapely.difference(shape, shapely.union_all(parcels[order < order[at]]))
        for at, shape in enumerate(parcels)
    ]
    town, away = shapely.union_all(parcels), Polygon()
    for number in range(3):
        drawn = [*cover[reason == number], *array(*own)[whole == number]]
        away = shapely.union_all([away, *drawn])
        assert land.taken[: number + 1].sum() == pytest.approx(
            shapely.intersection(town, away).area, abs=1e-4
        )
    kept = shapely.union_all(array(*own)[chosen & (whole == 3)])
    left = shapely.difference(kept, shapely.union_all(cover))
    assert land.net == pytest.approx([left.area], abs=1e-4)


@pytest.mark.parametrize("at_once", [1, 7, 60, 10_000])
def test_windows_make_no_difference(at_once, monkeypatch):
    parcels = discs(5, 300, 150)
    river = Polygon([(EAST - 50, NORTH), (EAST + 300, NORTH + 150), (EAST + 300, NORTH - 50)])
    cover = covers(parcels, river, reason=[0])
    whole = land_of(parcels, cover=cover, method="ellipsoidal")
    monkeypatch.setattr(scanning, "AT_ONCE", at_once)
    parts = land_of(parcels, cover=cover, method="ellipsoidal")
    for one, other in zip(whole, parts, strict=True):
        assert other == pytest.approx(one, abs=1e-5)
    assert whole.taken[0] > 1000


def test_more_sets_than_a_number_has_bits():
    parcels = array(*(box(x, 0, x + 10, 10) for x in range(0, 700, 10)))
    sets = [np.arange(70) == number for number in range(70)]
    assert land_of(parcels, sets=sets).gross.tolist() == [100.0] * 70


DEGENERATE = {
    "tiles": ([box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 20, 20)], 400),
    "one on the other": ([box(0, 0, 10, 10)] * 200, 100),
    "one drawn again, off by a hair": ([box(0, 0, 10, 10), box(1e-9, -1e-9, 10, 10)], 100),
    "touching at a corner": ([box(0, 0, 10, 10), box(10, 10, 20, 20)], 200),
    "one in the hole of another": (
        [box(0, 0, 30, 30).difference(box(10, 10, 20, 20)), box(10, 10, 20, 20)],
        900,
    ),
    "a hole that touches the shell": (
        [Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(0, 0), (5, 2), (2, 5)]])],
        100 - 10.5,
    ),
    "several parts": ([MultiPolygon([box(0, 0, 10, 10), box(20, 0, 30, 10)])], 200),
    "corners on an edge": (
        [Polygon([(0, 0), (5, 0), (5, 0), (10, 0), (10, 5), (10, 10), (0, 10)])],
        100,
    ),
    "a cross of strips": ([box(0, 10, 100, 20), box(10, 0, 20, 100)], 1900),
    "three on one spot": ([box(0, 0, 10, 10), box(5, 0, 15, 10), box(5, 5, 10, 15)], 175),
    "crossing in every strip": (
        [Polygon([(0, 0), (100, 0), (100, 1)]), Polygon([(0, 0), (0, 1), (100, 0)])],
        75,
    ),
    "a wheel of wedges": (
        [Polygon([(0, 0), (20, 20 * k / 50), (20, 20 * (k + 1) / 50)]) for k in range(50)],
        200,
    ),
    "no land": ([box(0, 0, 10, 10), None, Polygon(), Point(3, 3)], 100),
    "thin beyond measure": ([box(0, 0, 1e-7, 10), box(5, 0, 15, 10)], 100),
    "nothing at all": ([None, Polygon()], 0),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("origin", [(0.0, 0.0), (38_516_400.0, 2_500_000.0)])
def test_degenerate_land(name, origin):
    shapes, m2 = DEGENERATE[name]
    placed = shapely.transform(array(*shapes), lambda points: points + origin)
    land = land_of(placed)
    assert land.gross[0] == pytest.approx(m2, abs=1e-5)
    assert land.net[0] == pytest.approx(m2, abs=1e-5)


def test_land_with_whole_metres_is_counted_like_its_squares():
    """Rectangles with whole corners: how many metre squares each set, reason and owner has."""
    rng = np.random.default_rng(6)
    low = rng.integers(0, 40, (80, 2))
    high = low + rng.integers(1, 12, (80, 2))
    boxes = shapely.box(*low.T.astype(float), *high.T.astype(float))
    parcels, cover = boxes[:60], boxes[60:]
    order, reason = rng.permutation(60), rng.integers(0, 2, 20)
    whole, chosen = np.where(rng.random(60) < 0.2, 1, 2), rng.random(60) < 0.5
    gross, net, taken = 0, 0, [0, 0]
    for x in range(52):
        for y in range(52):
            at = ((low <= [x, y]) & (high > [x, y])).all(axis=1)
            if not at[:60].any():
                continue
            owner = min(np.flatnonzero(at[:60]), key=lambda parcel: order[parcel])
            first = min([whole[owner], *reason[at[60:]]])
            gross += bool((at[:60] & chosen).any())
            net += bool(first == 2 and chosen[owner])
            if first < 2:
                taken[first] += 1
    held = covers(parcels, *cover, reason=reason, whole=whole, reasons=2)
    land = land_of(parcels, sets=[chosen], order=order, cover=held)
    assert land.gross.tolist() == pytest.approx([gross], abs=1e-9)
    assert land.net.tolist() == pytest.approx([net], abs=1e-9)
    assert land.taken.tolist() == pytest.approx(taken, abs=1e-9)
    assert min(gross, net, *taken) > 50


def test_an_outline_far_beside_the_land_takes_only_what_it_covers():
    """A comb with 4000 teeth, west of the parcels: of it only the handle reaches them."""
    teeth = [(-100 + 90 * (k % 2), k / 400) for k in range(4000)]
    comb = Polygon([*teeth, (-100, 10), (50, 10), (50, 12), (-200, 12), (-200, 0)])
    assert comb.is_valid
    parcels = array(box(0, 0, 20, 20))
    land = land_of(parcels, cover=covers(parcels, comb, reason=[0]))
    assert land.taken[0] == pytest.approx(40, abs=1e-6)
    assert land.net[0] == pytest.approx(360, abs=1e-6)
