"""What cutting will cost, counted before: crossings, rings and straight lines, one by one."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPolygon, Polygon, box

from geo import crowding
from geo.crowding import bounded
from geo.errors import ChecksError
from geo.kernels.crowds import CROSSING_US, EDGE_US, PAIR_US, RINGS_US
from tests.makers import QINGXI, array, qingxi


def cost_us(one: shapely.Geometry, other: shapely.Geometry) -> float:
    cost, spent = crowding._costs_us(array(one), array(other), 1e12, 0.0)
    assert spent == cost[0]
    return float(cost[0])


def star(points: int, seed: int) -> Polygon:
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    reach = 100 * (1 + np.random.default_rng(seed).random(points))
    return Polygon(QINGXI + np.column_stack([reach * np.cos(angles), reach * np.sin(angles)]))


def crossings(one: Polygon, other: Polygon) -> int:
    """Edges that cross between their ends, each held against each by shapely."""
    first, second = (
        np.array([LineString(ends) for ends in pairwise(side.exterior.coords)], dtype=object)
        for side in (one, other)
    )
    return int(shapely.crosses(first[:, None], second[None]).sum())


@pytest.mark.parametrize("seed", range(3))
def test_crossings_are_counted(monkeypatch, seed):
    monkeypatch.setattr(crowding, "FEW", 0)
    one, other = star(60, seed), star(80, seed + 10)
    count = crossings(one, other)
    edges = 60 + 80
    assert count > 20
    expected = PAIR_US + EDGE_US * edges + CROSSING_US * count + count**2 / 1000
    assert cost_us(one, other) == pytest.approx(expected, abs=EDGE_US * 3)  # some reach too far


def test_only_edges_where_both_can_meet_cost_time():
    one, other = qingxi(array(box(0, 0, 100, 100), box(100, 0, 200, 100)))
    expected = PAIR_US + EDGE_US * 6  # each without its far side
    assert cost_us(one, other) == pytest.approx(expected, abs=0.1)


def test_rings_are_multiplied():
    row = MultiPolygon([box(3 * k, 0, 3 * k + 1, 1) for k in range(10)])
    assert cost_us(row, row) >= PAIR_US + EDGE_US * 80 + RINGS_US * 100


def test_lines_cost_as_outlines_do():
    line = LineString([(-10, 50), (300, 50)])
    expected = PAIR_US + EDGE_US * 3 + CROSSING_US * 2
    assert cost_us(box(0, 0, 200, 100), line) == pytest.approx(expected, abs=0.1)


def test_outlines_too_dense_to_be_swept_are_counted_all_the_same(monkeypatch):
    one, other = star(60, 1), star(80, 2)
    swept = cost_us(one, other)
    monkeypatch.setattr(crowding, "costs", dense)
    assert swept - cost_us(one, other) == pytest.approx(EDGE_US * 140, abs=EDGE_US * 5)


def dense(one, other, spent, most, cost):
    """As if it took too many looks."""
    cost[0] = crowding.UNKNOWN
    return 1


def test_the_costliest_pair_is_named():
    one, other = star(200, 1), star(200, 2)
    lots = array(*[box(0, 0, 1, 1)] * 3)
    sides = np.append(lots, one), np.append(lots, other)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowding, "WORK_US", 1000.0)
        patch.setattr(crowding, "WORK_US_EACH", 0.0)
        patch.setattr(crowding, "WORK_US_VERTEX", 1.0)
        with pytest.raises(ChecksError) as raised:
            bounded(*sides, 4, lambda pair: {"row": pair + 1})
    (found,) = raised.value.findings
    assert (found.code, found.row) == ("layer.interwoven", 4)
