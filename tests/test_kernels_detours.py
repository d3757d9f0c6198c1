"""Connections around barriers, against every sampled one cut out by shapely."""

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, affinity, box

from geo.blocks import SAMPLE_M, TOUCH_M, parcel_links
from tests.makers import array

REACH_M = 50.0


def by_shapely(one: shapely.Geometry, other: shapely.Geometry, barriers: np.ndarray) -> float:
    """The shortest connection if it is open, else the shortest open one of all that are tried."""
    walls = shapely.union_all(shapely.buffer(barriers, TOUCH_M, quad_segs=64))
    shortest = shapely.shortest_line(one, other)
    if not shapely.intersects(walls, shortest):
        return round(float(shortest.length), 6)
    lines = []
    for start, end in ((one, other), (other, one)):
        points = shapely.points(
            shapely.get_coordinates(shapely.segmentize(start.boundary, SAMPLE_M))
        )
        lines.extend(shapely.shortest_line(points, end))
    lengths = shapely.length(lines).round(6)
    tried = (lengths <= REACH_M) & ~shapely.intersects(walls, lines)
    return float(lengths[tried].min(initial=np.inf))


def pair_with_walls(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two irregular lots up to 40 m apart or over one another, and walls that may have gates."""
    random = np.random.default_rng(seed)
    lots = []
    for west in (0.0, random.uniform(30, 80)):
        angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(5, 14)))
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * random.uniform(15, 30)
        lots.append(affinity.translate(Polygon(ring).convex_hull, west, random.uniform(-20, 20)))
    walls: list[shapely.Geometry] = []
    for _ in range(random.integers(1, 4)):
        low, high = random.uniform(-80, 0), random.uniform(0, 80)
        x = random.uniform(10, 60)
        wall = LineString([(x, low), (x + random.uniform(-20, 20), high)])
        walls.append(wall if random.random() < 0.6 else wall.buffer(random.uniform(0.5, 6)))
    return array(*lots), array(*walls)


def gap_m(lots: np.ndarray, walls: np.ndarray) -> float:
    links = parcel_links(lots, walls, reach_m=REACH_M, tolerance_m=0.5)
    return float(links["gap_m"].iat[0]) if len(links) else np.nan


@pytest.mark.parametrize("origin", [0.0, 4e6])
def test_the_open_gap_is_the_shortest_of_all_that_are_tried(origin: float) -> None:
    """Lots whose sides are in general position have one shortest connection only."""
    outcomes = []
    for seed in range(150):
        lots, walls = pair_with_walls(seed)
        if shapely.distance(*lots) > REACH_M:
            continue
        lots, walls = (moved(shapes, origin) for shapes in (lots, walls))
        ours, theirs = gap_m(lots, walls), by_shapely(*lots, walls)
        assert ours == pytest.approx(theirs, abs=2e-6), seed
        assert gap_m(lots[::-1], walls) == pytest.approx(ours, abs=2e-6)
        outcomes.append((ours, round(float(shapely.distance(*lots)), 6)))
    found, direct = np.array(outcomes).T
    assert np.isinf(found).sum() > 10
    assert (np.isfinite(found) & (found > direct)).sum() > 10
    assert (found == direct).sum() > 10


def moved(shapes: np.ndarray, origin: float) -> np.ndarray:
    return np.asarray(shapely.transform(shapes, lambda points: points + origin))


def test_a_gap_is_that_of_the_pair_whatever_else_is_drawn_or_asked() -> None:
    """The same to the last bit with farther reach, other lots and other walls."""
    lots, walls = pair_with_walls(3)
    here = gap_m(lots, walls)
    crowd = array(*lots, *(affinity.translate(lots[0], 90 * at, 70) for at in range(1, 60)))
    more = array(*walls, *(affinity.translate(walls[0], 150 * at, 400) for at in range(40)))
    links = parcel_links(crowd, more, reach_m=80.0, tolerance_m=0.5)
    pair = links[(links["i"] == 0) & (links["j"] == 1)]
    assert pair["gap_m"].tolist() == [here]


LOT, EAST = box(0, 0, 100, 100), box(110, 0, 200, 100)


@pytest.mark.parametrize(
    ("wall", "open_m"),
    [
        (LineString([(105, -500), (105, 50), (105, 500)]), np.inf),
        (LineString([(105, -500), (105, -500), (105, 40)]), 10),  # a point that repeats
        (box(-500, -500, 500, 500), np.inf),  # all of it in a polygon that no edge comes near
        (Polygon(box(-500, -500, 500, 500).exterior, [box(-9, -9, 209, 109).exterior]), 10),
        (shapely.MultiPolygon([box(101, -9, 104, 49.5), box(101, 50.5, 104, 500)]), 10),  # a gate
        (shapely.MultiLineString([[(105, -9), (105, 50)], [(105, 50), (105, 500)]]), np.inf),
    ],
)
def test_walls_of_all_kinds(wall: shapely.Geometry, open_m: float) -> None:
    assert gap_m(array(LOT, EAST), array(wall)) == open_m


@pytest.mark.parametrize(
    ("other", "wall", "open_m"),
    [
        (box(40, 40, 60, 60), LineString([(0, 30), (100, 30)]), 0),  # beside the inner lot
        (box(40, 40, 60, 60), box(30, 30, 70, 70), np.inf),  # over it
        (box(40, 40, 60, 60), LineString([(0, 50), (100, 50)]), 0),  # across it
        (box(-50, 49.9, 150, 50.1), LineString([(0, -9), (0, 109)]), 0),  # one end of a cross
        (box(-50, 49.9, 150, 50.1), box(-60, 40, 160, 60), np.inf),  # all of it
    ],
)
def test_land_that_overlaps_is_apart_only_where_barriers_are_everywhere(
    other: shapely.Geometry, wall: shapely.Geometry, open_m: float
) -> None:
    assert gap_m(array(LOT, other), array(wall)) == open_m


@pytest.mark.parametrize("corner", [(516_400.0, 2_526_890.0), (38_516_400.0, 2_526_890.0)])
def test_a_line_between_two_lots_is_never_overlooked(corner: tuple[float, float]) -> None:
    """Lots that face each other squarely: their distance by boxes and by edges rounds apart."""
    random = np.random.default_rng(4)
    for _ in range(300):
        gap, width, depth = random.uniform(0.5, 28), random.uniform(10, 80), random.uniform(5, 40)
        west, shift = random.uniform(0, 90), random.uniform(-8, 8)
        south = shapely.box(west, -depth, west + width, 0.0)
        north = shapely.box(west + shift, gap, west + shift + width, gap + depth)
        line = shapely.LineString([(-500, gap / 2), (700, gap / 2)])
        step = -1 if random.random() < 0.5 else 1  # one above the other, or side by side
        points = (shapely.get_coordinates(shape)[:, ::step] for shape in (south, north, line))
        land = [at + corner for at in points]
        moved = [Polygon(land[0]), Polygon(land[1]), LineString(land[2])]
        links = parcel_links(
            np.array(moved[:2]), np.array(moved[2:]), reach_m=30.0, tolerance_m=0.5
        )
        assert np.isinf(links["gap_m"]).all()
        assert len(links) == 1
