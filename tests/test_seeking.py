"""Goal-seek: what reaches a floor-space target, held to bisection and to trying everything."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.seeking import fewest_parcels, frontier, rebuild_gains, seek, smallest_ratio
from geo.units import M2_PER_MU

TOWN_M2 = 4545 * M2_PER_MU


def land(*rows: tuple[str, float, float, float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parcels A, B, C … of (treatment, net land, existing floor, floor that would be built)."""
    treatment, net, existing, built = zip(*rows, strict=True)
    table = pd.DataFrame({"treatment": treatment, "net_m2": np.array(net, dtype=float)})
    table["parcel_id"] = [chr(ord("A") + number) for number in range(len(rows))]
    table["land_m2"] = table["net_m2"] * 1.25
    table["usable_m2"], table["retained_m2"] = table["net_m2"], 0.0
    existing_m2, built_m2 = (pd.Series(values, dtype=float) for values in (existing, built))
    demolished_m2 = existing_m2.where((table["treatment"] == "rebuild") & built_m2.notna(), 0.0)
    floor = pd.DataFrame(
        {
            "net_m2": table["net_m2"],
            "existing_m2": existing_m2,
            "demolished_m2": demolished_m2,
            "built_m2": built_m2,
            "total_m2": existing_m2 - demolished_m2 + built_m2,
        }
    )
    rebuilt = table["treatment"] == "rebuild"  # what stood there before does not matter any more
    floor["total_m2"] = floor["total_m2"].where(~rebuilt, built_m2)
    return table, floor


# -- the frontier ----------------------------------------------------------------------------------


def test_five_million_square_metres_need_47_percent_of_4545_mu_at_35():
    table = frontier(TOWN_M2, 5_000_000).set_index("plot_ratio")
    assert table.loc[3.5, "net_share"] == pytest.approx(5 / (3.5 * 3.03))
    assert table.loc[3.5, "net_share"] == pytest.approx(0.47147, abs=1e-5)
    assert table.loc[3.5, "reachable"]
    whole = table[table["net_share"] == 1.0]
    assert whole.index[0] == pytest.approx(1.65, abs=5e-4)


def test_more_than_all_the_land_is_out_of_reach():
    table = frontier(TOWN_M2, 5_000_000, ratios=[1.0, 2.0]).set_index("plot_ratio")
    assert table.loc[1.0, "net_share"] == pytest.approx(1.65, abs=5e-4)
    assert table["reachable"].tolist() == [False, True, True]


def test_every_pair_of_the_frontier_reaches_the_target():
    table = frontier(20_000, 50_000, ratios=[3, 4, 2.5], shares=[0.5, 1.0])
    assert (table["plot_ratio"] * table["net_share"] * 20_000).tolist() == pytest.approx(
        [50_000] * 4
    )
    assert table["plot_ratio"].tolist() == [2.5, 3, 4, 5]  # 2.5 and the whole land are one pair


# -- the smallest ratio ----------------------------------------------------------------------------


def test_the_smallest_ratio_without_caps_is_a_quotient():
    """2 ha are rebuilt beside 1 ha that keeps 5000 m²: 35 000 m² need a ratio of 1.5."""
    found = smallest_ratio(
        *land(("rebuild", 20_000, 8_000, 0), ("upgrade", 10_000, 5_000, 0)), target_m2=35_000
    )
    assert found.plot_ratio == 1.5
    assert (found.most_m2, found.parcels, found.capped, found.known_share) == (math.inf, 1, 0, 1)


def test_floor_that_is_added_must_make_up_for_what_is_demolished():
    """20 000 m² of land hold 8000 m²: to add 30 000 m², 38 000 m² must be built."""
    found = smallest_ratio(*land(("rebuild", 20_000, 8_000, 0)), target_m2=30_000, measure="added")
    assert found.plot_ratio == pytest.approx(1.9)


def test_a_parcel_at_its_cap_leaves_the_rest_to_the_others():
    """Two hectares, one capped at 2: 50 000 m² are 20 000 there and 3.0 on the other."""
    frames = land(("rebuild", 10_000, 0, 0), ("rebuild", 10_000, 0, 0))
    caps = np.array([2.0, 4.0])
    found = smallest_ratio(*frames, target_m2=50_000, most_ratio=caps)
    assert found.plot_ratio == pytest.approx(3.0)
    assert (found.capped, found.most_m2) == (1, 60_000)
    assert smallest_ratio(*frames, target_m2=60_000, most_ratio=caps).plot_ratio == 4.0
    assert smallest_ratio(*frames, target_m2=40_000, most_ratio=caps).plot_ratio == 2.0


def test_what_the_caps_forbid_has_no_ratio_but_a_most():
    found = smallest_ratio(
        *land(("rebuild", 10_000, 0, 0), ("retain", 0, 7_000, 0)),
        target_m2=40_000,
        most_ratio=np.array([3.0, np.inf]),
    )
    assert found.plot_ratio is None
    assert (found.most_m2, found.capped) == (37_000, 1)


def test_a_target_that_stands_already_needs_no_ratio():
    frames = land(("rebuild", 10_000, 0, 0), ("retain", 0, 7_000, 0))
    assert smallest_ratio(*frames, target_m2=7_000).plot_ratio == 0


def test_land_of_unknown_floor_is_left_out_and_told():
    """What is added to an unknown floor is unknown; what stands after rebuilding is not."""
    frames = land(("rebuild", 30_000, 6_000, 0), ("rebuild", 10_000, np.nan, 0))
    total = smallest_ratio(*frames, target_m2=80_000)
    assert (total.plot_ratio, total.known_share, total.parcels) == (2.0, 1.0, 2)
    added = smallest_ratio(*frames, target_m2=60_000, measure="added")
    assert (added.plot_ratio, added.known_share, added.parcels) == (2.2, 0.75, 1)


def test_without_land_to_rebuild_nothing_is_reached():
    found = smallest_ratio(*land(("retain", 0, 7_000, 0)), target_m2=8_000)
    assert (found.plot_ratio, found.most_m2) == (None, 7_000)
    assert math.isnan(found.known_share)


def floor_at(ratio: float, frames: tuple[pd.DataFrame, pd.DataFrame], caps: np.ndarray) -> float:
    """The floor of all land at a uniform ratio, counted parcel by parcel."""
    table, floor = frames
    total = 0.0
    for number, treatment in enumerate(table["treatment"]):
        rebuilt = treatment == "rebuild" and table["usable_m2"][number] > 0
        total += (
            table["net_m2"][number] * min(ratio, caps[number])
            if rebuilt
            else floor["total_m2"][number]
        )
    return total


def bisected(
    target_m2: float, frames: tuple[pd.DataFrame, pd.DataFrame], caps: np.ndarray
) -> float | None:
    low, high = 0.0, 1e6
    if floor_at(high, frames, caps) < target_m2 - 1e-4:
        return None
    for _ in range(100):
        middle = (low + high) / 2
        enough = floor_at(middle, frames, caps) >= target_m2 - 1e-4
        low, high = (low, middle) if enough else (middle, high)
    return high


PARCELS = st.lists(
    st.tuples(
        st.sampled_from(["rebuild", "rebuild", "upgrade", "retain"]),
        st.integers(0, 50).map(lambda number: number * 1_000.0),
        st.integers(0, 30).map(lambda number: number * 500.0),
        st.integers(0, 90).map(lambda number: number * 500.0),
        st.sampled_from([0.0, 1.5, 2.0, 2.0, 3.5, math.inf]),
    ),
    min_size=1,
    max_size=8,
)


@given(rows=PARCELS, target_m2=st.integers(0, 600_000))
def test_the_smallest_ratio_is_that_of_bisection(rows, target_m2):
    frames, caps = land(*(row[:4] for row in rows)), np.array([row[4] for row in rows])
    found = smallest_ratio(*frames, target_m2=target_m2, most_ratio=caps)
    expected = bisected(target_m2, frames, caps)
    if expected is None or found.plot_ratio is None:
        assert found.plot_ratio is expected
        assert found.most_m2 == pytest.approx(floor_at(1e6, frames, caps))
        assert found.most_m2 < target_m2
    else:
        assert found.plot_ratio == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert floor_at(found.plot_ratio, frames, caps) >= target_m2 - 2e-4


@given(
    rows=st.lists(
        st.tuples(st.floats(1, 9e4), st.floats(0, 9e4), st.floats(0, 5)), min_size=1, max_size=9
    )
)
def test_the_most_that_can_be_had_can_be_had(rows):
    frames = land(*(("rebuild", net, 0.0, 0.0) for net, _, _ in rows), ("retain", 0, rows[0][1], 0))
    caps = np.array([*(cap for _, _, cap in rows), np.inf])
    most_m2 = smallest_ratio(*frames, target_m2=1e9, most_ratio=caps).most_m2
    found = smallest_ratio(*frames, target_m2=most_m2, most_ratio=caps)
    assert found.plot_ratio is not None
    assert found.plot_ratio <= caps[:-1].max()
    over = smallest_ratio(*frames, target_m2=most_m2 + 1, most_ratio=caps)
    assert over.plot_ratio is None


def test_a_target_of_added_floor_on_nothing_known_has_no_frontier():
    """The total that it needs is what stands, which nobody knows, and the target."""
    frames = land(("rebuild", 10_000, np.nan, 20_000), ("rebuild", 10_000, np.nan, np.nan))
    frames[1]["demolished_m2"] = np.nan
    added = seek(*frames, target_m2=15_000, measure="added")
    assert added.frontier.empty
    total = seek(*frames, target_m2=15_000)
    assert len(total.frontier)
    assert total.smallest.plot_ratio == 0.75
    assert (total.base_unknown, total.parcels) == (2, 2)
    assert (total.gains_unknown, total.rebuilt) == (1, 2)  # B has no plot ratio: another matter


# -- the fewest parcels ----------------------------------------------------------------------------


def test_the_largest_gains_come_first_and_equal_ones_by_id():
    gains = pd.Series({"C": 10.0, "A": 30.0, "D": 10.0, "B": 10.0, "X": np.nan, "N": -5.0})
    found = fewest_parcels(gains, target_m2=148, base_m2=100)
    assert found.chosen["parcel_id"].tolist() == ["A", "B", "C"]
    assert found.chosen["cumulative_m2"].tolist() == [130, 140, 150]
    assert found.reached
    assert found.unknown == ("X",)
    assert found.most_m2 == 160  # B, C and D beside A; N would lose floor space


def test_a_target_out_of_reach_shows_all_that_can_be_had():
    found = fewest_parcels(pd.Series({"A": 30.0, "B": 10.0}), target_m2=200, base_m2=100)
    assert not found.reached
    assert (len(found.chosen), found.most_m2) == (2, 140)


def test_what_stands_may_already_be_enough():
    found = fewest_parcels(pd.Series({"A": 30.0}), target_m2=100, base_m2=100)
    assert found.reached
    assert found.chosen.empty
    assert found.most_m2 == 130


def test_only_rebuilding_gains():
    frames = land(
        ("rebuild", 10_000, 4_000, 30_000),
        ("upgrade", 10_000, 4_000, 2_000),
        ("rebuild", 10_000, 4_000, np.nan),
        ("rebuild", 0, 0, 0),
    )
    gains = rebuild_gains(*frames)
    assert gains.index.tolist() == ["A", "C"]
    assert gains["A"] == 26_000
    assert math.isnan(gains["C"])


@given(
    gains=st.lists(st.integers(-20, 60), max_size=9),
    base_m2=st.integers(0, 50),
    target_m2=st.integers(0, 300),
)
def test_no_smaller_number_of_parcels_reaches_the_target(gains, base_m2, target_m2):
    table = pd.Series(gains, index=[f"P{number}" for number in range(len(gains))], dtype=float)
    found = fewest_parcels(table, target_m2=target_m2, base_m2=base_m2)
    sizes = [
        number
        for number in range(len(gains) + 1)
        for some in itertools.combinations(gains, number)
        if base_m2 + sum(some) >= target_m2
    ]
    assert found.reached is bool(sizes)
    if sizes:
        assert len(found.chosen) == min(sizes)
        assert base_m2 + table[found.chosen["parcel_id"]].sum() >= target_m2
    else:
        assert found.most_m2 == base_m2 + sum(gain for gain in gains if gain > 0) < target_m2


# -- all of it -------------------------------------------------------------------------------------


def test_all_answers_to_one_target():
    """40 000 m² of 50 000 are net; 20 000 m² stand, of which 4000 are kept.

    For 64 000 m²: 1.28 gross; 60 000 m² on the 30 000 rebuilt are a ratio of 2; and one parcel of
    the two that gain 56 000 − 10 000 and 28 000 − 6000 is enough.
    """
    frames = land(
        ("rebuild", 20_000, 10_000, 56_000),
        ("rebuild", 10_000, 6_000, 28_000),
        ("upgrade", 10_000, 4_000, 0),
    )
    answers = seek(*frames, target_m2=64_000)
    assert (answers.base_m2, answers.land_m2, answers.net_m2) == (20_000, 50_000, 40_000)
    gross = answers.frontier[answers.frontier["net_share"] == 1.0]
    assert gross["plot_ratio"].tolist() == [1.28]
    on_net = answers.frontier[answers.frontier["net_share"] == 0.8]
    assert on_net["plot_ratio"].tolist() == pytest.approx([1.6])
    assert answers.smallest.plot_ratio == 2.0
    assert answers.fewest.chosen["parcel_id"].tolist() == ["A"]
    assert answers.fewest.chosen["cumulative_m2"].tolist() == [66_000]


def test_added_floor_space_stands_on_what_is_there():
    frames = land(("rebuild", 20_000, 10_000, 56_000), ("extend", 10_000, 4_000, 1_000))
    answers = seek(*frames, target_m2=30_000, measure="added")
    assert answers.base_m2 == 1_000  # which the extension adds
    gross = answers.frontier.loc[answers.frontier["net_share"] == 1.0, "plot_ratio"]
    assert gross.iat[0] * answers.land_m2 == pytest.approx(30_000 + 14_000)
    assert answers.smallest.plot_ratio == pytest.approx((30_000 - 1_000 + 10_000) / 20_000)
    assert answers.fewest.chosen["cumulative_m2"].tolist() == [47_000]


def test_without_net_land_only_the_gross_frontier_is_left():
    table, floor = land(("retain", 0, 4_000, 0))
    answers = seek(table.assign(land_m2=10_000.0), floor, target_m2=20_000)
    assert answers.frontier.loc[answers.frontier["net_share"] == 1.0, "plot_ratio"].tolist() == [
        2.0
    ]
    assert np.isfinite(answers.frontier["plot_ratio"]).all()
    assert answers.smallest.plot_ratio is None
    assert not answers.fewest.reached


def test_land_that_is_handed_over_whole_is_cleared_and_holds_nothing():
    table, floor = land(("rebuild", 0, 4_000, 0), ("rebuild", 10_000, 0, 20_000))
    table["usable_m2"] = [8_000.0, 10_000.0]
    found = smallest_ratio(table, floor, target_m2=20_000, most_ratio=np.array([np.inf, 2.0]))
    assert (found.plot_ratio, found.most_m2, found.parcels) == (2.0, 20_000, 1)
    assert rebuild_gains(table, floor).tolist() == [-4_000, 20_000]


# -- land that is retained, and slivers ------------------------------------------------------------


def retained() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two hectares; one is retained with half of 30 000 m². At 2.0 there are then 35 000 m²."""
    table, floor = land(("rebuild", 10_000, 30_000, 20_000))
    floor = floor.assign(demolished_m2=15_000.0, retained_m2=15_000.0, total_m2=35_000.0)
    return table.assign(land_m2=20_000.0, retained_m2=10_000.0), floor


@pytest.mark.parametrize(
    ("measure", "target_m2", "base_m2"), [("total", 35e3, 30e3), ("added", 5e3, 0)]
)
def test_what_stays_on_retained_land_counts_toward_the_target(measure, target_m2, base_m2):
    answers = seek(*retained(), target_m2=target_m2, measure=measure)
    assert answers.smallest.plot_ratio == 2.0
    assert answers.base_m2 == base_m2
    assert answers.fewest.chosen["gain_m2"].tolist() == [5_000]
    assert answers.fewest.chosen["cumulative_m2"].tolist() == [target_m2]


def test_land_is_left_out_where_it_is_not_known_what_stays_on_it():
    table, floor = retained()
    found = smallest_ratio(table, floor.assign(existing_m2=np.nan), target_m2=20_000)
    assert (found.plot_ratio, found.parcels, found.known_share) == (2.0, 1, 0)
    assert found.unknown == 1
    added = smallest_ratio(
        table, floor.assign(existing_m2=np.nan), target_m2=20_000, measure="added"
    )
    assert (added.plot_ratio, added.parcels, added.unknown) == (None, 0, 1)


def test_a_sliver_keeps_what_stands_and_gains_nothing():
    table, floor = land(("rebuild", 0.17, 30_000, 0), ("rebuild", 10_000, 0, 20_000))
    table.loc[0, "land_m2"] = 10_000.0
    floor.loc[0, ["demolished_m2", "total_m2"]] = [0.0, 30_000.0]
    found = smallest_ratio(table, floor, target_m2=50_000)
    assert (found.plot_ratio, found.parcels) == (2.0, 1)
    assert rebuild_gains(table, floor).to_dict() == {"B": 20_000}
