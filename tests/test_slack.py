"""What is true of goals without a draw: chances by enumeration, shares and paces by hand."""

from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo
from geo.forecast.measuring import day_number, town_of
from geo.forecast.slack import (
    FIT_COLUMNS,
    HOLD_OUT_COLUMNS,
    hold_out_table,
    one_block_table,
    pace_table,
    reached_in_spite,
)
from geo.forecast.town import Target, Town
from geo.units import M2_PER_MU

EXAMPLE = Path(__file__).resolve().parents[1] / "layers" / "qingxi" / "plan.toml"
SHARES = [0.005, 0.01, 0.02, 0.05]


def target(mu, goal_mu, name="g", due=date(2025, 12, 31)):
    """A goal that counts so many mu of each parcel."""
    weight_m2 = np.array(mu, dtype=np.float64) * M2_PER_MU
    return Target(name, 3, weight_m2, 0.0, goal_mu * M2_PER_MU, day_number(due))


def town(links, *targets):
    """Parcels that these pairs of links join."""
    n = len(targets[0].weight_m2)
    i, j = np.array(links, dtype=np.int64).reshape(-1, 2).T
    zeros = np.zeros(n)
    return Town(
        parcel_ids=[f"P{at}" for at in range(n)],
        groups=[""],
        group=np.zeros(n, dtype=np.int64),
        land_m2=targets[0].weight_m2,
        floor_m2=zeros,
        perimeter_m=zeros,
        outer=np.ones(n, dtype=bool),
        i=i,
        j=j,
        shared_m=np.zeros(len(i)),
        stages=[],
        targets=list(targets),
    )


@pytest.fixture(scope="module")
def example():
    study = geo.run(geo.read_plan(EXAMPLE))
    return study, town_of(study)


# --- hold-outs -------------------------------------------------------------------------------


@given(
    st.lists(st.integers(1, 40), max_size=10),
    st.integers(-1, 100),
    st.sampled_from([0.0, 0.005, 0.3, 1.0]),
)
def test_the_chance_is_that_of_all_subsets(quarters, slack, share):
    """Parcels of quarters of a mu: each subset, with the chance that just it stays out."""
    chance = 0.0
    for out in product([False, True], repeat=len(quarters)):
        held = sum(size for size, stays in zip(quarters, out, strict=True) if stays)
        ways = share ** sum(out) * (1 - share) ** (len(out) - sum(out))
        chance += ways * (held <= slack)
    sizes = np.array(quarters, dtype=np.float64) / 4
    assert reached_in_spite(sizes, slack / 4, share) == pytest.approx(chance, abs=1e-12)


def test_of_equal_parcels_two_may_stay_out():
    """45 mu of 300 times 15.15 hold two: the binomial distribution."""
    found = [reached_in_spite(np.full(300, 15.15), 45.0, share) for share in SHARES]
    binomial = [
        (1 - q) ** 300 + 300 * q * (1 - q) ** 299 + 300 * 299 / 2 * q**2 * (1 - q) ** 298
        for q in SHARES
    ]
    assert found == pytest.approx(binomial, abs=1e-12)
    assert np.round(found, 2).tolist() == [0.81, 0.42, 0.06, 0.0]


def test_of_parcels_from_5_to_25_mu_a_few_more_may():
    """The figures that planners were given before there was a division of the land."""
    sizes = np.linspace(5.0, 25.3, 300)
    assert sizes.sum() == pytest.approx(4545)
    found = [reached_in_spite(sizes, 45.0, share) for share in SHARES]
    assert found == pytest.approx([0.86, 0.55, 0.11, 0.0], abs=0.015)


def test_parcels_that_together_are_just_the_slack_may_stay_out():
    """Thirds of 40 and of 41 mu, which a grid of thousandths rounds down and up."""
    for whole in (40.0, 41.0):
        thirds = np.full(3, whole / 3)
        assert reached_in_spite(thirds, whole, 1.0) == 1
        assert reached_in_spite(thirds, whole - 0.01, 1.0) == 0


def test_the_example_has_45_mu_to_spare(example):
    """Its own 304 parcels, beside a draw of who stays out."""
    _, found = example
    table = hold_out_table(found, SHARES)
    assert list(table.columns) == list(HOLD_OUT_COLUMNS)
    five = table[table["goal"] == "five-years"]
    assert five["slack_mu"].tolist() == pytest.approx([45.0] * 4, abs=1e-6)
    assert five["parcels"].tolist() == [304] * 4
    assert five["p"].round(2).tolist() == [0.84, 0.60, 0.19, 0.0]
    weight = next(goal.weight_m2 for goal in found.targets if goal.id == "five-years")
    assert weight.sum() / M2_PER_MU == pytest.approx(4545, abs=1e-6)
    random = np.random.default_rng(3)
    for share, p in zip(SHARES, five["p"], strict=True):
        out = random.random((40_000, 304)) < share
        drawn = (out @ weight <= 45.01 * M2_PER_MU).mean()
        assert p == pytest.approx(drawn, abs=0.01)
    three = table[table["goal"] == "three-years"]
    assert three["p"].tolist() == pytest.approx([1.0] * 4, abs=1e-9)


def test_land_that_is_no_part_of_a_goal_does_not_stay_out_of_it():
    table = hold_out_table(town([], target([10, 0, 0, 20], 25)), [0.1])
    assert table["parcels"].tolist() == [2]
    assert table["slack_mu"].tolist() == pytest.approx([5])
    assert table["p"].tolist() == pytest.approx([0.81])


def test_a_goal_above_all_land_cannot_be_reached():
    table = hold_out_table(town([], target([10, 20], 31)), [0.0, 0.1])
    assert table["slack_mu"].tolist() == pytest.approx([-1, -1])
    assert table["p"].tolist() == [0, 0]


# --- one block -------------------------------------------------------------------------------


def test_a_block_fits_where_contiguous_land_is_as_large():
    """Pieces of 60 and 40 mu, and one of 10 that is none of the goal."""
    goal = target([30, 40, 30, 0], 50)
    table = one_block_table(town([(0, 2)], goal), ["east", "west", "north", "south"])
    assert list(table.columns) == list(FIT_COLUMNS)
    assert table["block_mu"].tolist() == pytest.approx([60, 40])
    assert table["zones"].tolist() == [("east", "north"), ("west",)]
    assert table["share"].tolist() == pytest.approx([5 / 6, 5 / 4])
    assert table["fits"].tolist() == [True, False]


def test_land_that_is_no_part_of_a_goal_joins_nothing():
    """A bridge of another programme: 30 and 20 mu are two pieces."""
    goal = target([30, 0, 20], 45)
    table = one_block_table(town([(0, 1), (1, 2)], goal), ["a", "b", "c"])
    assert table["block_mu"].tolist() == pytest.approx([30, 20])
    assert not table["fits"].any()


def test_a_block_just_as_large_as_the_goal_fits():
    (row,) = one_block_table(town([], target([50], 50)), ["a"]).to_dict("records")
    assert (row["fits"], row["share"]) == (True, 1.0)


def test_in_the_example_2000_mu_fit_only_in_luoma(example):
    study, found = example
    table = one_block_table(found, study.parcels["zone"].tolist())
    three = table[(table["goal"] == "three-years") & table["fits"]]
    assert three["zones"].tolist() == [("luoma",)]
    assert three["block_mu"].tolist() == pytest.approx([2888.0], abs=1e-6)
    assert three["share"].round(3).tolist() == [0.693]
    five = table[table["goal"] == "five-years"]
    assert not five["fits"].any(), "4500 mu are in no one piece"


# --- paces -----------------------------------------------------------------------------------


def test_the_example_asks_for_three_four_and_six_times_the_past_pace(example):
    """2000 mu in three years, 4500 in five, 2500 in years four and five; 206.33 a year were."""
    study, found = example
    table = pace_table(found.targets, day_number(date(2023, 1, 1)), 206.33)
    times = {(row.goal, row.after): row.times_past for row in table.itertuples()}
    assert set(times) == {
        ("first-step", ""),
        ("three-years", ""),
        ("five-years", ""),
        ("five-years", "three-years"),
    }, "the first step is of one programme: what follows is no more of it"
    assert round(times["three-years", ""], 1) == 3.2
    assert round(times["five-years", ""], 1) == 4.4
    assert round(times["five-years", "three-years"], 1) == 6.1
    assert study.plan.past_pace.mu_per_year == 206.33


def test_a_pace_is_land_by_years_and_its_multiple_is_unknown_without_a_past_one():
    """100 mu in a year of 365 days, then 100 more in two."""
    first = target([50, 150], 100, "first")._replace(due=365.0)
    second = target([50, 150], 200, "second")._replace(due=3 * 365.0)
    table = pace_table([second, first], 0.0, None)
    assert table["goal"].tolist() == ["first", "second", "second"]
    assert table["after"].tolist() == ["", "", "first"]
    assert table["mu_per_year"].tolist() == pytest.approx([100, 200 / 3, 50])
    assert table["times_past"].isna().all()


def test_goals_due_on_one_day_do_not_follow_one_another():
    table = pace_table([target([50], 10, "a"), target([50], 20, "b")], 0.0, 5.0)
    assert table["after"].tolist() == ["", ""]
