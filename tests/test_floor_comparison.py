"""Scenarios side by side: what makes the difference, parcel by parcel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.floor.capacity import TOWN, zone_floor
from geo.floor.comparison import CAUSES, floor_difference, scenario_comparison
from tests.lots import LOTS, RULES, WIDE, land_of
from tests.makers import cap_table, floor_of, parcels, rectangle, row, scenario

THIRTY_MU = rectangle(0, 0, 200, 100)


def test_each_cause_by_hand():
    """20 000 m² at 2.5; then 3.5 asked, capped at 3.0, on 90 % of the land.

    20 000 × 1.0 more is asked, the cap takes 20 000 × 0.5, and 2000 m² less land at 3.0 are 6000.
    """
    table = parcels(THIRTY_MU)
    before = floor_of(table, scenario(plot_ratio=2.5))
    rules = cap_table({"plot_ratio": 3.0})
    after = floor_of(table, scenario(plot_ratio=3.5, handover_share=0.1), rules)
    change = floor_difference(table, before, after).iloc[0]
    assert change[["before_m2", "after_m2", "delta_m2"]].tolist() == [50_000, 54_000, 4_000]
    assert change[list(CAUSES)].tolist() == pytest.approx([20_000, -10_000, -6_000, 0])


def test_what_is_retained_differs_in_nothing():
    """Half is retained with 15 000 m²: at 2.0 there are 35 000 m², at 3.0 on 9000 m² 42 000."""
    facts = {"retained_m2": 10_000.0, "net_m2": np.array([10_000.0])}
    table = parcels(THIRTY_MU, existing_floor_m2=30_000.0, **facts)
    before = floor_of(table, scenario(plot_ratio=2))
    change = floor_difference(
        table, before, floor_of(table, scenario(plot_ratio=3, handover_share=0.1))
    ).iloc[0]
    assert change[["before_m2", "after_m2", "delta_m2"]].tolist() == [35_000, 42_000, 7_000]
    assert change[list(CAUSES)].tolist() == pytest.approx([10_000, 0, -3_000, 0])


def test_what_is_only_known_under_one_scenario_is_no_growth():
    table = parcels(*row([100] * 3), plot_ratio=[2, np.nan, np.nan])
    planned, stated = floor_of(table), floor_of(table, scenario(by_parcel={"B": 3.0}))
    there = floor_difference(table, planned, stated)
    assert there["delta_m2"].fillna(-1).tolist() == [0, 30_000, -1]
    assert there["by_knowledge_m2"].fillna(-1).tolist() == [0, 30_000, -1]
    assert there["by_ratio_m2"].fillna(-1).tolist() == [0, 0, -1]
    back = floor_difference(table, stated, planned)
    assert back["delta_m2"].fillna(-1).tolist() == [0, -30_000, -1]
    assert back["by_knowledge_m2"].fillna(-1).tolist() == [0, -30_000, -1]


def test_upgraded_land_changes_by_what_it_gains():
    """12 000 m² stand on a hectare; 1.0 asks for less than that and 1.5 for 3000 m² more."""
    table = parcels(*row([100]), treatment="upgrade", existing_floor_m2=12_000.0)
    floors = [floor_of(table, scenario(by_parcel={"A": ratio})) for ratio in (1.0, 1.5)]
    change = floor_difference(table, *floors).iloc[0]
    assert (change["delta_m2"], change["by_ratio_m2"]) == (3_000, 3_000)


def test_scenarios_side_by_side():
    """Two hectares at 2.0, of which 1000 m² stand on each, against 3.0 under a cap of 2.5."""
    table = parcels(*row([100] * 2), existing_floor_m2=1_000.0)
    floors = {
        "two": floor_of(table, scenario(plot_ratio=2)),
        "three": floor_of(table, scenario(plot_ratio=3), cap_table({"plot_ratio": 2.5})),
        "none": floor_of(table),
    }
    sums = {name: zone_floor(table, floor) for name, floor in floors.items()}
    town, by_parcel = scenario_comparison(floors, sums, table)
    town = town.set_index("scenario")
    shown = ["total_m2", "added_m2", "cut_m2", "net_ratio", "delta_m2", "by_ratio_m2", "by_cap_m2"]
    assert town.loc["two", shown].tolist() == [40_000, 38_000, 0, 2, 0, 0, 0]
    assert town.loc["three", shown].tolist() == [
        50_000,
        48_000,
        10_000,
        2.5,
        10_000,
        20_000,
        -10_000,
    ]
    assert town.loc["none", ["known_share", "delta_m2", "by_knowledge_m2"]].tolist() == [
        0,
        -40_000,
        -40_000,
    ]
    assert by_parcel["scenario"].tolist() == ["three", "three", "none", "none"]
    assert set(by_parcel["against"]) == {"two"}
    assert by_parcel["delta_m2"].tolist() == [5_000, 5_000, -20_000, -20_000]


def test_no_scenario_is_no_comparison():
    town, by_parcel = scenario_comparison({}, {}, parcels(THIRTY_MU))
    assert (len(town), len(by_parcel)) == (0, 0)
    assert list(by_parcel.columns[:3]) == ["scenario", "against", "parcel_id"]


STATED = st.fixed_dictionaries(
    {},
    optional={
        "plot_ratio": st.integers(0, 4),
        "by_zone": st.just({"east": 1.25}),
        "by_treatment": st.just({"upgrade": 2.0}),
        "handover_share": st.sampled_from([0, 0.1, 0.5]),
    },
)


@settings(max_examples=60)
@given(LOTS, STATED, STATED, st.booleans())
def test_the_causes_add_up_to_the_difference(lots, one, other, capped):
    table = land_of(lots)
    before = floor_of(table, scenario(**one))
    after = floor_of(table, scenario(**other), RULES if capped else None)
    change = floor_difference(table, before, after)
    causes = change[list(CAUSES)].sum(axis=1, skipna=False)
    np.testing.assert_allclose(causes, change["delta_m2"], atol=1e-6)
    sums = [zone_floor(table, floor).set_index("zone").loc[TOWN] for floor in (before, after)]
    totals = [np.nan_to_num(each["total_m2"]) for each in sums]
    assert change["delta_m2"].sum() == pytest.approx(totals[1] - totals[0], abs=1e-6)


@settings(max_examples=20)
@given(LOTS)
def test_a_scenario_differs_in_nothing_from_itself(lots):
    table = land_of(lots)
    floor = floor_of(table, WIDE, RULES)
    change = floor_difference(table, floor, floor)
    assert (change[["delta_m2", *CAUSES]].fillna(0.0).abs().to_numpy() < 1e-9).all()
