"""Least-cost contiguous land: equal to trying every choice, honest about its bound, and checked."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely

from geo.errors import SequenceError
from geo.kernels.links import links_of
from geo.kernels.rings import BY_RING, ring, waterline
from geo.sequence.checking import check_selection
from geo.sequence.frontier import frontier
from geo.sequence.lots import Lots, Progress
from geo.sequence.select import select
from geo.sequence.shape import compactness, hole_m2, perimeter_m
from geo.units import M2_PER_MU

SIDE = 100.0


def grid(columns: int, rows: int, cost, *, without=(), ready=(), gap_m: float = 0.0) -> Lots:
    """Squares of 100 m (15 mu), named A1, B1 … from the south-west, a row after another."""
    step = SIDE + gap_m
    cells = [(x, y) for y in range(rows) for x in range(columns)]
    shapes = np.array(
        [shapely.box(x * step, y * step, x * step + SIDE, y * step + SIDE) for x, y in cells]
    )
    place = {cell: at for at, cell in enumerate(cells)}
    pairs = [
        (at, place[other])
        for (x, y), at in place.items()
        for other in ((x + 1, y), (x, y + 1))
        if other in place and (at, place[other]) not in without
    ]
    i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    n = len(cells)
    mask = np.zeros(n, dtype=bool)
    mask[list(ready)] = True
    return Lots(
        ids=[f"{chr(65 + x)}{y + 1}" for x, y in cells],
        land_m2=np.full(n, SIDE * SIDE),
        cost=np.broadcast_to(np.asarray(cost, dtype=float), n).copy(),
        floor_m2=np.full(n, 20_000.0),
        perimeter_m=np.full(n, 4 * SIDE),
        shapes=shapes,
        i=i,
        j=j,
        shared_m=np.full(len(i), SIDE if gap_m == 0 else 0.0),
        ready=mask,
    )


CHECKED = {"least_m2", "block_m2", "most_cost", "locked_in", "locked_out", "anchors"}

# --- every choice tried --------------------------------------------------------------------------


def small_town(rng: np.random.Generator) -> Lots:
    """Up to 12 parcels of unequal size in a grid with roads and missing cells; some are ready."""
    columns, rows = [(2, 3), (3, 3), (2, 5), (5, 2), (3, 4), (4, 3), (6, 2)][rng.integers(7)]
    west, east = stretches(rng, columns)
    south, north = stretches(rng, rows)
    cells = [
        (x, y) for y in range(rows) for x in range(columns) if rng.random() < 0.93 or x + y == 0
    ]
    shapes = np.array([shapely.box(west[x], south[y], east[x], north[y]) for x, y in cells])
    links = [
        (a, b, shapely.intersection(shapes[a], shapes[b]).length)
        for a, b in itertools.combinations(range(len(cells)), 2)
        if abs(cells[a][0] - cells[b][0]) + abs(cells[a][1] - cells[b][1]) == 1
    ]
    i, j, shared = np.array(links).reshape(-1, 3).T
    n = len(cells)
    return Lots(
        ids=[f"P{at}" for at in range(n)],
        land_m2=shapely.area(shapes),
        cost=rng.integers(0, 60, n) * 1000.0,
        floor_m2=rng.integers(0, 40, n) * 100.0,
        perimeter_m=shapely.length(shapes),
        shapes=shapes,
        i=i.astype(np.int64),
        j=j.astype(np.int64),
        shared_m=shared,
        ready=rng.random(n) < 0.1,
    )


def stretches(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where so many widths begin and end; a road of 20 m lies between some."""
    width, road = rng.integers(2, 9, count) * 10, 20 * (rng.random(count) < 0.2)
    end = np.cumsum(width + road)
    return end - width, end


def pieces(lots: Lots, subset: int) -> list[int]:
    """The blocks of a subset, each as bits."""
    beside = [0] * len(lots)
    for a, b in zip(lots.i.tolist(), lots.j.tolist(), strict=True):
        beside[a] |= 1 << b
        beside[b] |= 1 << a
    found = []
    while subset:
        block, fresh = 0, subset & -subset
        while fresh:
            block |= fresh
            around = 0
            for at in range(len(lots)):
                if fresh >> at & 1:
                    around |= beside[at]
            fresh = around & subset & ~block
        found.append(block)
        subset &= ~block
    return found


def least_total(lots: Lots, wish: dict) -> float:
    """The best total among all choices, by trying each; infinite where none fits."""
    n = len(lots)
    bits = (np.arange(1, 1 << n)[:, None] >> np.arange(n)) & 1
    bits = bits.astype(bool)
    land = bits @ lots.land_m2
    cost = bits @ np.where(lots.ready, 0.0, lots.cost)
    inner = bits[:, lots.i] & bits[:, lots.j]
    perimeter = bits @ lots.perimeter_m - 2 * (inner @ lots.shared_m)
    floor = wish.get("objective") == "floor"
    total = (-(bits @ lots.floor_m2) if floor else cost) + wish.get("shape_weight", 0) * perimeter
    fits = (land >= wish["least_m2"] - 1) & (cost <= wish.get("most_cost", math.inf))
    for at in (*wish.get("locked_in", ()), *wish.get("anchors", ())):
        fits &= bits[:, at]
    for at in wish.get("locked_out", ()):
        fits &= ~bits[:, at]
    for at in np.flatnonzero(fits)[np.argsort(total[fits], kind="stable")]:
        if blocks_fit(lots, int(at) + 1, wish):
            return -float(total[at]) if floor else float(total[at])
    return math.inf


def blocks_fit(lots: Lots, subset: int, wish: dict) -> bool:
    blocks = pieces(lots, subset)
    anchors = sum(1 << at for at in set(wish.get("anchors", ())))
    if "block_m2" not in wish:
        return len(blocks) == 1
    land = [sum(lots.land_m2[at] for at in range(len(lots)) if b >> at & 1) for b in blocks]
    together = not anchors or any(b & anchors == anchors for b in blocks)
    return min(land) >= wish["block_m2"] - 1 and together


def drawn_wish(lots: Lots, rng: np.random.Generator, kind: int) -> dict:
    """A wish of one kind: plain, shape, several blocks, locks, anchors, floor, or a mixture."""
    total = lots.land_m2.sum()
    wish = {"least_m2": float(rng.uniform(0.15, 0.6) * total)}
    some = [int(at) for at in rng.permutation(len(lots))]
    if kind in (1, 2, 5, 6):
        wish["shape_weight"] = float(rng.integers(1, 100))
    if kind in (2, 3, 6):
        wish["block_m2"] = float(rng.uniform(0.08, 0.35) * total)
    if kind in (3, 4, 6):
        wish |= {"locked_in": some[:1], "locked_out": some[3:5]}
    if kind in (4, 5, 6):
        wish["anchors"] = some[1:3]
    if kind in (5, 7):
        wish |= {"objective": "floor", "most_cost": float(rng.uniform(0.3, 0.9) * lots.cost.sum())}
    return wish


@pytest.mark.parametrize("kind", range(8))
def test_the_choice_equals_trying_every_choice(kind):
    rng, met = np.random.default_rng(100 + kind), 0
    for _ in range(30):
        lots = small_town(rng)
        wish = drawn_wish(lots, rng, kind)
        best = least_total(lots, wish)
        if math.isinf(best):
            with pytest.raises(SequenceError):
                select(lots, gap=0, **wish)
            continue
        found = select(lots, gap=0, **wish)
        assert found.total == pytest.approx(best, rel=1e-6, abs=1e-3), (lots, wish)
        assert found.status == "optimal"
        known = {name: value for name, value in wish.items() if name in CHECKED}
        assert check_selection(lots, found, **known) == []
        met += 1
    assert met >= 15


# --- what a reader checks in the head -------------------------------------------------------------


def test_three_cheap_squares_in_a_row_are_forty_five_mu():
    lots = grid(5, 1, [9, 1, 1, 1, 9])
    found = select(lots, least_m2=45 * M2_PER_MU, gap=0)
    assert np.flatnonzero(found.chosen).tolist() == [1, 2, 3]
    assert (found.cost, found.land_m2, found.blocks) == (3, 30_000, 1)
    assert found.perimeter_m == 800
    assert found.compactness == pytest.approx(800 / (2 * math.sqrt(math.pi * 30_000)))
    assert (found.total, found.status) == (3, "optimal")
    assert found.bound == pytest.approx(3)
    assert found.gap == pytest.approx(0, abs=1e-6)


def test_a_square_metre_that_lacks_is_not_missed():
    lots = grid(3, 1, [1, 1, 1])
    assert select(lots, least_m2=20_001).land_m2 == 20_000
    assert select(lots, least_m2=20_002).land_m2 == 30_000


def test_cheap_land_apart_is_joined_by_dear_land():
    lots = grid(5, 1, [1, 9, 1, 9, 1])
    assert np.flatnonzero(select(lots, least_m2=30_000).chosen).tolist() in ([0, 1, 2], [2, 3, 4])
    several = select(lots, least_m2=30_000, block_m2=10_000)
    assert (several.cost, several.blocks) == (3, 3)


def test_ready_land_costs_nothing_whatever_its_cost_says():
    lots = grid(3, 1, [5, math.nan, 5], ready=[1])
    found = select(lots, least_m2=20_000)
    assert found.cost == 5
    assert found.chosen[1]


def test_the_price_of_a_metre_makes_a_ring_a_square():
    cost = [1, 1, 1, 9, 9, 1, 9, 9, 1]
    lots = grid(3, 3, cost)
    bent = select(lots, least_m2=40_000)
    square = select(lots, least_m2=40_000, shape_weight=1.0)
    assert (bent.cost, bent.perimeter_m) == (4, 1000)
    assert (square.cost, square.perimeter_m, square.total) == (12, 800, 812)


def test_most_floor_for_the_money():
    lots = grid(4, 1, [4, 3, 2, 1])
    lots.floor_m2[:] = [900, 100, 500, 100]
    found = select(lots, least_m2=10_000, objective="floor", most_cost=4)
    assert (found.floor_m2, found.total, found.cost) == (900, 900, 4)
    assert 900 <= found.bound <= 901


def test_the_block_runs_through_all_anchors():
    lots = grid(3, 3, [1, 1, 1, 1, 9, 1, 1, 1, 1])
    found = select(lots, least_m2=10_000, anchors=[0, 8])
    assert (found.cost, found.blocks) == (5, 1)
    apart = select(lots, least_m2=10_000, block_m2=10_000, locked_in=[0, 8])
    assert (apart.cost, apart.blocks) == (2, 2)


# --- shape ---------------------------------------------------------------------------------------


def ring_of_eight(gap_m: float) -> Lots:
    return grid(3, 3, [0, 0, 0, 0, 99, 0, 0, 0, 0], gap_m=gap_m)


def test_a_hole_is_the_parcel_that_is_enclosed():
    chosen = select(ring_of_eight(0), least_m2=80_000)
    assert chosen.hole_m2 == 10_000
    assert chosen.perimeter_m == 1200 + 400


def test_a_road_is_no_hole_and_a_parcel_beyond_roads_is():
    lots = ring_of_eight(20)
    assert hole_m2(lots.shapes) == 0
    assert hole_m2(np.delete(lots.shapes, 4)) == pytest.approx(140**2)
    assert perimeter_m(lots, np.ones(9, dtype=bool)) == 9 * 400


def test_an_island_in_a_hole_is_no_hole():
    outer = shapely.box(0, 0, 500, 500).difference(shapely.box(100, 100, 400, 400))
    island = shapely.box(200, 200, 300, 300)
    assert hole_m2(np.array([outer, island])) == pytest.approx(300**2 - 100**2)


def test_a_circle_is_as_compact_as_can_be():
    assert compactness(2 * math.pi * 100, math.pi * 100**2) == pytest.approx(1)
    assert math.isnan(compactness(0, 0))


def test_the_frontier_shows_that_the_cheapest_is_a_ragged_ring():
    rng = np.random.default_rng(3)
    lots = grid(6, 6, rng.integers(1, 100, 36) * 1e4)
    found = frontier(lots, least_m2=150_000, points=6, time_limit_s=20)
    assert len(found) > 2
    cost, perimeter = ([getattr(each, name) for each in found] for name in ("cost", "perimeter_m"))
    assert cost == sorted(cost)
    assert perimeter == sorted(perimeter, reverse=True)
    assert found[0].cost == pytest.approx(select(lots, least_m2=150_000).cost, rel=1e-3)
    assert found[-1].perimeter_m == 1600
    assert all(check_selection(lots, each, least_m2=150_000) == [] for each in found)


# --- the check is no rubber stamp ----------------------------------------------------------------


def test_the_check_names_what_is_wrong():
    lots = grid(5, 1, [9, 1, 1, 1, 9])
    good = select(lots, least_m2=30_000)
    broken = good.chosen.copy()
    broken[2], broken[0] = False, True
    said = check_selection(
        lots,
        replace(good, chosen=broken),
        least_m2=40_000,
        locked_in=[2],
        locked_out=[0],
        most_cost=2,
        anchors=[1, 3],
    )
    assert {
        "several blocks",
        "a block is too small",
        "too little land",
        "over the limit of cost",
        "locked in and not chosen",
        "locked out and chosen",
        "number of blocks",
        "cost",
    } <= set(said)
    assert check_selection(lots, replace(good, chosen=good.chosen & False), least_m2=1)
    assert check_selection(lots, replace(good, perimeter_m=700), least_m2=1)
    assert check_selection(lots, replace(good, hole_m2=5_000), least_m2=1) == ["holes"]


# --- cuts ----------------------------------------------------------------------------------------


def test_a_ring_goes_around_all_that_is_chosen_and_too_small():
    lots = grid(5, 1, 1)
    links = links_of(5, lots.i, lots.j, lots.shared_m)
    share = np.array([1.0, 1, 0, 1, 1])
    line = waterline(links, lots.land_m2, share, -1, 30_000.0)
    assert line.tolist() == [0, 0, 0, 0, 0]
    weight, around = ring(links, lots.land_m2, share, 0, -1, 30_000.0, 0.0, BY_RING)
    assert (weight, around.tolist()) == (0, [2])
    share[2] = 0.25
    assert waterline(links, lots.land_m2, share, -1, 30_000.0).tolist() == [0.25] * 5
    assert waterline(links, lots.land_m2, share, 4, math.inf).tolist() == [0.25] * 3 + [1, 1]


# --- time, stop, seed ----------------------------------------------------------------------------


def wide_town() -> Lots:
    rng = np.random.default_rng(5)
    return grid(24, 24, rng.integers(1, 1000, 576) * 1e3)


def test_the_same_seed_gives_the_same_choice():
    lots = grid(6, 6, np.random.default_rng(3).integers(1, 100, 36))
    one, other = (select(lots, least_m2=90_000, shape_weight=0.05, seed=7) for _ in range(2))
    assert (one.chosen == other.chosen).all()
    assert (one.total, one.bound, one.seed) == (other.total, other.bound, 7)


def test_a_stop_gives_the_best_so_far_with_its_bound():
    told: list[Progress] = []
    lots = wide_town()
    found = select(
        lots, least_m2=1e6, gap=0, time_limit_s=60, notify=told.append, stop=lambda: len(told) > 3
    )
    assert found.status == "stopped"
    assert found.bound <= found.total
    assert check_selection(lots, found, least_m2=1e6) == []
    assert told[-1].done == 1
    assert told[-1].best == found.total


def test_the_time_limit_is_kept():
    lots = wide_town()
    found = select(lots, least_m2=1e6, gap=0, time_limit_s=1.0)
    assert found.status == "time"
    assert found.seconds < 6
    assert 0 <= found.gap == pytest.approx((found.total - found.bound) / found.total)
    assert check_selection(lots, found, least_m2=1e6) == []


# --- bad input -----------------------------------------------------------------------------------


def faults(lots: Lots, **wish: object) -> list[tuple[str, str, str]]:
    with pytest.raises(SequenceError) as caught:
        select(lots, **wish)
    return [(fault.code, fault.parcel, fault.seen) for fault in caught.value.findings]


def test_more_than_can_be_joined_names_the_most_that_can():
    lots = grid(5, 1, 1, without=[(2, 3)])
    assert faults(lots, least_m2=40_000) == [("sequence.unreachable", "", "45.00")]
    assert select(lots, least_m2=45 * M2_PER_MU).land_m2 == 30_000
    several = {"least_m2": 50_000, "block_m2": 25_000}
    assert faults(lots, **several) == [("sequence.unreachable", "", "45.00")]
    alone = {"least_m2": 10_000, "locked_out": [0, 1, 2, 3, 4]}
    assert faults(lots, **alone) == [("sequence.unreachable", "", "0.00")]


def test_locks_that_contradict_name_their_parcels():
    lots = grid(5, 1, 1, without=[(2, 3)])
    both = {"least_m2": 1.0, "locked_in": [0, 1], "locked_out": [1]}
    assert faults(lots, **both) == [("sequence.lock-clash", "B1", "")]
    apart = {"least_m2": 1.0, "locked_in": [0], "anchors": [4]}
    assert faults(lots, **apart) == [("sequence.apart", "E1", "A1")]
    small = {"least_m2": 30_000, "block_m2": 30_000, "locked_in": [3]}
    assert faults(lots, **small) == [("sequence.small-land", "D1", "30.00")]


@pytest.mark.parametrize("cost", [math.nan, -1.0, math.inf])
def test_a_cost_that_is_none_is_asked_for(cost):
    lots = grid(3, 1, [1, cost, 1])
    assert faults(lots, least_m2=10_000) == [("sequence.cost", "B1", str(cost))]
    assert select(lots, least_m2=10_000, locked_out=[1]).cost == 1


@pytest.mark.parametrize(
    "option",
    [
        {"least_m2": 0.0},
        {"least_m2": math.nan},
        {"shape_weight": -1.0},
        {"block_m2": 0.0},
        {"most_cost": -1.0},
        {"most_cost": math.inf},
    ],
)
def test_options_that_make_no_sense_are_named(option):
    wish = {"least_m2": 1.0} | option
    assert [code for code, _, _ in faults(grid(2, 1, 1), **wish)] == ["sequence.option"]


def test_floor_without_a_limit_of_cost_is_asked_for():
    wish = {"least_m2": 1.0, "objective": "floor"}
    assert faults(grid(2, 1, 1), **wish) == [("sequence.no-budget", "", "")]


def test_a_limit_of_cost_that_is_too_low_names_the_least_that_is_not():
    with pytest.raises(SequenceError) as caught:
        select(grid(3, 1, [5, 7, 6]), least_m2=20_000, objective="floor", most_cost=11)
    (fault,) = caught.value.findings
    assert (fault.code, fault.seen) == ("sequence.short-budget", "11.00")
    assert "at least 12.00" in fault.message
    assert "12.00" in fault.mend


def test_no_time_to_find_or_to_disprove_is_said():
    wish = {"least_m2": 20_000, "objective": "floor", "most_cost": 11, "time_limit_s": 0.0}
    ((code, _, seen),) = faults(grid(3, 1, [5, 7, 6]), **wish)
    assert (code, float(seen) < 5) == ("sequence.unfound", True)


def test_one_parcel_and_none():
    found = select(grid(1, 1, 5), least_m2=15 * M2_PER_MU, gap=0)
    assert (found.cost, found.status, found.perimeter_m) == (5, "optimal", 400)
    assert faults(grid(0, 0, []), least_m2=1.0) == [("sequence.no-parcels", "", "")]


def test_land_that_costs_nothing_at_all():
    found = select(grid(3, 3, 0), least_m2=40_000)
    assert (found.total, found.gap, found.status) == (0, 0, "optimal")
