"""Floor space: net land × plot ratio, where both are known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geo.floor.capacity import FLOOR_COLUMNS, TOWN, treatment_floor, zone_floor
from geo.floor.caps import cap_name
from geo.floor.existing import complete_existing
from geo.floor.ratios import asked_ratios
from geo.plan import Cap
from tests.lots import LOTS, RULES, WIDE, land_of
from tests.makers import M2_PER_MU, cap_table, floor_of, parcels, row, scenario

HECTARE = box(0, 0, 100, 100)
THIRTY_MU = box(0, 0, 200, 100)


def town(table: pd.DataFrame, floor: pd.DataFrame) -> pd.Series:
    return zone_floor(table, floor).set_index("zone").loc[TOWN]


# --- what stands -----------------------------------------------------------------------------


def no_public(table: pd.DataFrame) -> pd.Series:
    return pd.Series(False, index=table.index)


def test_existing_floor_and_ratio_complete_each_other():
    table = parcels(
        *row([100] * 4),
        existing_floor_m2=[5_000, np.nan, 5_000, np.nan],
        plot_ratio_existing=[np.nan, 0.8, 2.0, np.nan],
    )
    done = complete_existing(table, no_public(table))
    stated_goes_first = [5_000, 8_000, 5_000]
    assert done["existing_floor_m2"].tolist()[:3] == stated_goes_first
    assert done["plot_ratio_existing"].tolist()[:3] == [0.5, 0.8, 2.0]
    assert done[["existing_floor_m2", "plot_ratio_existing"]].iloc[3].isna().all()


def test_a_road_has_no_floor_unless_some_is_stated():
    """Roads, green and deducted land uses; of land that is kept or rebuilt nothing is known."""
    treatments = ["road", "green", "road", "rebuild", "rebuild", "retain", "village"]
    table = parcels(
        *row([100] * 7),
        treatment=treatments,
        existing_floor_m2=[np.nan, np.nan, 300] + [np.nan] * 4,
    )
    public = pd.Series([False] * 3 + [True] + [False] * 3)
    done = complete_existing(table, public)["existing_floor_m2"]
    assert done.fillna(-1).tolist() == [0, 0, 300, 0, -1, -1, -1]


def test_floor_counts_once_as_its_land_does():
    """Of a hectare with 4000 m², a quarter is land of another parcel."""
    table = parcels(HECTARE, land_m2=7_500.0, treatment="retain", existing_floor_m2=4_000.0)
    assert floor_of(table)["total_m2"].tolist() == [3_000]


# --- rebuilt, enlarged, kept -----------------------------------------------------------------


def test_yuanrui():
    """12 800 m² at 0.49 stand on 26 122 m²; at 3.5 they become 91 429 m², 78 629 m² more."""
    side = (12_800 / 0.49) ** 0.5
    park = parcels(box(0, 0, side, side), existing_floor_m2=12_800.0, plot_ratio=3.5)
    assert park["land_m2"].iat[0] == pytest.approx(26_122.449, abs=1e-3)
    park = complete_existing(park, no_public(park))
    assert park["plot_ratio_existing"].iat[0] == pytest.approx(0.49)
    floor = floor_of(park).iloc[0]
    assert floor["existing_m2"] == floor["demolished_m2"] == 12_800
    assert floor["total_m2"] == floor["built_m2"] == pytest.approx(91_428.57, abs=0.005)
    assert floor["added_m2"] == pytest.approx(78_628.57, abs=0.005)
    assert floor["retained_m2"] == 0
    assert list(floor.index) == list(FLOOR_COLUMNS)


def test_thirty_mu_under_a_cap_and_a_hand_over():
    """20 000 m², 10 % handed over: 18 000 × 3.5 = 63 000; the cap of 3.0 leaves 54 000."""
    table = parcels(THIRTY_MU, existing_floor_m2=10_000.0)
    asked = scenario(plot_ratio=3.5, handover_share=0.1)
    floor = floor_of(table, asked, cap_table({"land_use": "1001", "plot_ratio": 3.0})).iloc[0]
    assert floor["net_m2"] == 18_000
    assert (floor["plot_ratio_asked"], floor["plot_ratio"]) == (3.5, 3.0)
    assert floor["cap"] == "1001: 3.0"
    assert floor["total_m2"] == pytest.approx(54_000)
    assert floor["cut_m2"] == pytest.approx(9_000)
    assert floor["added_m2"] == pytest.approx(44_000)


def test_a_missing_ratio_is_not_zero():
    """Two hectares of three are known: 2 ha × 3; a fourth keeps 4000 m² and is no net land."""
    table = parcels(
        *row([100] * 4),
        plot_ratio=[3, 3, np.nan, np.nan],
        treatment=["rebuild", "rebuild", "rebuild", "retain"],
        existing_floor_m2=[1_000, np.nan, 2_000, 4_000],
    )
    floor = floor_of(table)
    assert floor["total_m2"].fillna(-1).tolist() == [30_000, 30_000, -1, 4_000]
    nobody_knows = ["demolished_m2", "retained_m2", "built_m2", "total_m2", "added_m2", "cut_m2"]
    assert floor.loc[2, nobody_knows].isna().all()
    assert floor["added_m2"].fillna(-1).tolist() == [29_000, -1, -1, 0]
    whole = town(table, floor)
    assert whole["total_m2"] == 64_000
    assert whole["known_share"] == pytest.approx(2 / 3)
    assert whole["added_m2"] == 29_000
    assert whole["added_known_share"] == pytest.approx(1 / 3)
    assert whole["existing_known_share"] == 0.75  # of gross land
    assert whole["net_ratio"] == 3  # on known net land only: what is retained stands beside it
    assert whole["gross_ratio"] == pytest.approx(64 / 30)


@pytest.mark.parametrize("treatment", ["retain", "village", "upgrade", "extend"])
def test_what_is_not_rebuilt_keeps_what_stands(treatment):
    table = parcels(HECTARE, treatment=treatment, existing_floor_m2=12_000.0, plot_ratio=3.5)
    stated = scenario(
        plot_ratio=3.5,
        by_zone={"west": 3.0},
        by_land_use={"1001": 3.0},
        by_block_mu=[{"from_mu": 1, "plot_ratio": 3.0}],
        by_treatment={"rebuild": 3.0},
    )
    floor = floor_of(table, stated).iloc[0]
    assert floor["retained_m2"] == floor["total_m2"] == floor["existing_m2"] == 12_000
    assert floor["demolished_m2"] == floor["built_m2"] == floor["added_m2"] == 0
    assert np.isnan(floor["plot_ratio"])


def test_what_is_kept_gains_nothing_even_where_it_is_not_known_what_stands():
    floor = floor_of(parcels(HECTARE, treatment="retain")).iloc[0]
    assert floor[["existing_m2", "retained_m2", "total_m2"]].isna().all()
    assert floor[["demolished_m2", "built_m2", "added_m2", "cut_m2"]].tolist() == [0, 0, 0, 0]


def test_upgraded_land_gains_up_to_its_ratio():
    """A hectare at 1.5: 12 000 m² gain 3000, 18 000 m² stay as they are, the unknown is unknown."""
    table = parcels(
        *row([100] * 3), treatment="upgrade", existing_floor_m2=[12_000, 18_000, np.nan]
    )
    floor = floor_of(table, scenario(by_treatment={"upgrade": 1.5}))
    assert floor["total_m2"].fillna(-1).tolist() == [15_000, 18_000, -1]
    assert floor["built_m2"].fillna(-1).tolist() == [3_000, 0, -1]
    assert floor["added_m2"].fillna(-1).tolist() == [3_000, 0, -1]
    assert floor["retained_m2"].fillna(-1).tolist() == [12_000, 18_000, -1]
    assert floor["demolished_m2"].tolist() == [0, 0, 0]


def test_a_cap_takes_nothing_that_stands():
    """12 000 m² are upgraded to 2.0 under a cap of 1.0: 8000 m² that were asked are cut off."""
    table = parcels(HECTARE, treatment="extend", existing_floor_m2=12_000.0)
    asked = scenario(by_parcel={"A": 2.0})
    floor = floor_of(table, asked, cap_table({"plot_ratio": 1.0})).iloc[0]
    assert (floor["total_m2"], floor["built_m2"], floor["cut_m2"]) == (12_000, 0, 8_000)
    assert floor["cap"] == "*: 1.0"


def test_a_parcel_of_which_nothing_is_usable_keeps_what_stands():
    """Constraints took all of it: it is not rebuilt, and what stands is not torn down for it."""
    table = parcels(HECTARE, net_m2=np.array([0.0]), existing_floor_m2=6_000.0, plot_ratio=3.0)
    floor = floor_of(table, scenario(plot_ratio=3.0, by_parcel={"A": 3.5})).iloc[0]
    assert (floor["retained_m2"], floor["total_m2"], floor["demolished_m2"]) == (6_000, 6_000, 0)
    assert np.isnan(floor["plot_ratio"])


SLIVERS = [15e-6, 0.17, 0.99, 99.9]


@pytest.mark.parametrize("usable_m2", SLIVERS)
@pytest.mark.parametrize("treatment", ["rebuild", "upgrade"])
def test_a_sliver_of_a_parcel_is_no_land_to_build_on(treatment, usable_m2):
    """Of a hectare with 6000 m² less than 1 % is left: nothing comes down and nothing is added."""
    facts = {"treatment": treatment, "existing_floor_m2": 6_000.0, "plot_ratio": 3.0}
    table = parcels(HECTARE, net_m2=np.array([usable_m2]), **facts)
    stated = scenario(plot_ratio=3.0, by_parcel={"A": 4.0}, handover_share=0.5)
    floor = floor_of(table, stated).iloc[0]
    assert (floor["retained_m2"], floor["total_m2"], floor["added_m2"]) == (6_000, 6_000, 0)
    assert (floor["demolished_m2"], floor["built_m2"]) == (0, 0)
    assert floor["net_m2"] == usable_m2  # which hands nothing over
    assert np.isnan(floor["plot_ratio_asked"])
    assert np.isnan(town(table, floor_of(table, stated))["net_ratio"])


def test_a_hundredth_of_a_parcel_is_land_to_build_on():
    """100 m² of a hectare; of 50 m², a whole square metre and no less."""
    facts = {"existing_floor_m2": 6_000.0, "plot_ratio": 3.0}
    assert floor_of(parcels(HECTARE, net_m2=np.array([100.0]), **facts))["built_m2"].iat[0] == 300
    small = parcels(*row([0.5] * 2), net_m2=np.array([1.0, 0.99]), **facts)
    assert floor_of(small)["demolished_m2"].tolist() == [6_000, 0]


def test_what_stands_on_retained_land_is_not_torn_down():
    """30 000 m² on two hectares, one of them retained: 15 000 stay beside the 20 000 built."""
    facts = {"retained_m2": 10_000.0, "net_m2": np.array([10_000.0])}
    table = parcels(THIRTY_MU, existing_floor_m2=30_000.0, **facts)
    wide = scenario(plot_ratio={"low": 1, "likely": 2, "high": 3})
    floor = floor_of(table, wide, cap_table({"plot_ratio": 2.5}))
    names = ["existing_m2", "demolished_m2", "retained_m2", "built_m2", "total_m2", "added_m2"]
    assert floor[names].iloc[0].tolist() == [30_000, 15_000, 15_000, 20_000, 35_000, 5_000]
    ends = ["total_low_m2", "total_high_m2", "added_low_m2", "added_high_m2"]
    assert floor[ends].iloc[0].tolist() == [25_000, 40_000, -5_000, 10_000]
    whole = town(table, floor)
    assert (whole["net_ratio"], whole["gross_ratio"]) == (2, 1.75)  # what is retained is not on net


def test_of_unknown_floor_nothing_is_known_where_some_of_it_stays():
    """What is built is known there too, and how much stands after it is where all comes down."""
    facts = {"retained_m2": [5_000.0, 0.0], "net_m2": [5_000.0, 10_000.0], "plot_ratio": 2.0}
    floor = floor_of(parcels(*row([100, 100]), **facts))
    assert floor["built_m2"].tolist() == [10_000, 20_000]
    assert floor["total_m2"].fillna(-1).tolist() == [-1, 20_000]
    assert floor["retained_m2"].fillna(-1).tolist() == [-1, 0]
    assert floor[["demolished_m2", "added_m2"]].isna().all(axis=None)


def test_a_parcel_that_is_all_handed_over_is_torn_down():
    table = parcels(HECTARE, existing_floor_m2=6_000.0)
    floor = floor_of(table, scenario(plot_ratio=3.0, handover_share=1.0)).iloc[0]
    assert (floor["net_m2"], floor["total_m2"], floor["demolished_m2"]) == (0, 0, 6_000)


def test_the_hand_over_of_a_scenario_replaces_the_plans():
    """Of 8000 usable m² the plan hands a quarter over, the scenario a half; upgraded land none."""
    facts = {"usable_m2": 8_000.0, "net_m2": [6_000.0, 8_000.0], "existing_floor_m2": 0.0}
    table = parcels(*row([100, 100]), **facts, treatment=["rebuild", "upgrade"])
    stated = {"plot_ratio": 2, "by_treatment": {"upgrade": 1}}
    assert floor_of(table, scenario(**stated))["total_m2"].tolist() == [12_000, 8_000]
    half = scenario(**stated, handover_share=0.5)
    assert floor_of(table, half)["total_m2"].tolist() == [8_000, 8_000]


def test_a_stated_zero_is_a_zero():
    """Nothing may be built there: that is known, and takes the existing floor space away."""
    table = parcels(HECTARE, existing_floor_m2=5_000.0, plot_ratio=3.0)
    floor = floor_of(table, scenario(by_parcel={"A": 0})).iloc[0]
    assert (floor["total_m2"], floor["added_m2"], floor["demolished_m2"]) == (0, -5_000, 5_000)


def test_a_range_gives_low_and_high():
    """A hectare at 2 to 4, likely 3, where 5000 m² stand; the cap of 3.5 holds the high end."""
    table = parcels(HECTARE, existing_floor_m2=5_000.0)
    wide = scenario(plot_ratio={"low": 2, "likely": 3, "high": 4})
    floor = floor_of(table, wide, cap_table({"plot_ratio": 3.5})).iloc[0]
    totals = floor[["total_low_m2", "total_m2", "total_high_m2"]]
    assert totals.tolist() == [20_000, 30_000, 35_000]
    assert floor[["added_low_m2", "added_high_m2"]].tolist() == [15_000, 30_000]
    assert (floor["cap"], floor["cut_m2"]) == ("", 0)  # of the likely ratio nothing is cut off


# --- published figures (domain reference, section 5) -----------------------------------------


def test_five_million_square_metres_on_both_zones_are_a_gross_ratio_of_165():
    """5 000 000 m² on 4545 mu; as if 47.1 % of the land were built at 3.5."""
    land = 4545 * M2_PER_MU
    table = parcels(box(0, 0, land / 1000, 1000))
    share = 5_000_000 / 3.5 / land
    assert share == pytest.approx(0.471, abs=5e-4)
    whole = town(table, floor_of(table, scenario(plot_ratio=3.5, handover_share=1 - share)))
    assert whole["total_m2"] == pytest.approx(5_000_000)
    assert whole["gross_ratio"] == pytest.approx(1.65, abs=0.0005)
    assert whole["net_ratio"] == pytest.approx(3.5)


def test_a_thousand_mu_at_294():
    """1021 mu → 2 000 000 m² (published) is 2.94."""
    table = parcels(box(0, 0, 1021 * M2_PER_MU / 1000, 1000))
    floor = floor_of(table, scenario(plot_ratio=2.94))
    assert floor["total_m2"].iat[0] == pytest.approx(2_000_000, rel=0.001)


# --- which ratio is asked ---------------------------------------------------------------------


def asked(
    table: pd.DataFrame, block_mu: list[float] | float = 0.0, **stated: object
) -> list[float]:
    sizes = pd.Series(block_mu, index=table.index, dtype=float)
    return asked_ratios(table, scenario(**stated), sizes)["likely"].fillna(-1).tolist()


def test_the_most_specific_statement_holds():
    table = parcels(
        *row([100] * 4),
        zone=["west", "west", "east", "east"],
        land_use=["100101", "1101", "1101", "1001"],
        plot_ratio=[1.0, np.nan, 1.0, 1.0],
    )
    assert asked(table) == [1, -1, 1, 1]
    assert asked(table, plot_ratio=2.5) == [2.5] * 4
    stated = {"by_treatment": {"rebuild": 2.2}}
    assert asked(table, **stated) == [2.2] * 4
    stated |= {"by_land_use": {"1101": 2.0, "10": 1.5, "1001": 1.8}}
    assert asked(table, **stated) == [1.8, 2.0, 2.0, 1.8]  # 1001 is longer than 10
    stated |= {"by_zone": {"west": 3.0}}
    assert asked(table, **stated) == [3.0, 3.0, 2.0, 1.8]
    sizes = [{"from_mu": 300, "plot_ratio": 3.4}, {"from_mu": 75, "plot_ratio": 3.2}]
    stated |= {"by_block_mu": sizes}  # a square metre less than 75 mu are 75 mu
    assert asked(table, [30, 74.999, 299, 300], **stated) == [3.0, 3.2, 3.2, 3.4]
    stated |= {"by_parcel": {"B": 4.0}}
    assert asked(table, [30, 74.999, 299, 300], **stated) == [3.0, 4.0, 3.2, 3.4]


def test_upgraded_land_is_asked_by_treatment_and_parcel_only():
    table = parcels(*row([100] * 3), treatment=["upgrade", "extend", "retain"], plot_ratio=1.0)
    assert asked(table, plot_ratio=3, by_zone={"west": 3}) == [-1, -1, -1]
    assert asked(table, by_treatment={"upgrade": 1.2}) == [1.2, -1, -1]
    assert asked(table, by_parcel={"B": 1.4, "C": 1.4}) == [-1, 1.4, -1]


# --- caps -------------------------------------------------------------------------------------


def test_the_lowest_cap_whose_conditions_all_hold_is_named():
    table = parcels(
        *row([500, 500.2, 600, 600]),  # 5 ha is not more than 5 ha, and 20 m² more is
        land_use=["M1", "M1", "M1", "M0"],
        zone=["west", "west", "east", "east"],
        plot_ratio=4.5,
    )
    rules = cap_table(
        {"land_use": "M1", "plot_ratio": 4.0},
        {"land_use": "M1", "over_ha": 5, "plot_ratio": 3.0},
        {"land_use": "M0", "plot_ratio": 5.0},
        {"zone": "east", "height_m": 24, "storey_m": 4, "density": 0.4},
        {"land_use": "M1", "zone": "north", "plot_ratio": 1.0},
        {"plot_ratio": 4.2},
    )
    floor = floor_of(table.assign(area_m2=[50_000, 50_020, 60_000, 60_000]), None, rules)
    assert floor["plot_ratio"].tolist() == pytest.approx([4.0, 3.0, 2.4, 2.4])
    assert floor["cap"].tolist() == ["M1: 4.0", "M1 > 5 ha: 3.0", "east: 2.4", "east: 2.4"]
    free = parcels(HECTARE, land_use="07", plot_ratio=4.5)
    held = floor_of(free, None, rules).iloc[0]
    assert (held["plot_ratio"], held["cap"], held["cut_m2"]) == (
        4.2,
        "*: 4.2",
        pytest.approx(3_000),
    )
    low = floor_of(free.assign(plot_ratio=4.2), None, rules).iloc[0]
    assert (low["plot_ratio"], low["cap"], low["cut_m2"]) == (4.2, "", 0)


def test_a_cap_says_all_its_conditions():
    named = Cap(land_use="M1", zone="west", over_ha=2.5, plot_ratio=3)
    assert cap_name(named) == "M1 west > 2.5 ha: 3.0"


# --- sums -------------------------------------------------------------------------------------


def test_sums_by_treatment():
    table = parcels(
        *row([100] * 4),
        treatment=["rebuild", "rebuild", "retain", "road"],
        existing_floor_m2=[1_000, 2_000, 4_000, 0],
    )
    sums = treatment_floor(table, floor_of(table, scenario(plot_ratio=2))).set_index("treatment")
    assert sums["total_m2"].to_dict() == {"rebuild": 40_000, "retain": 4_000, "road": 0, "": 44_000}
    assert sums["demolished_m2"].to_dict() == {"rebuild": 3_000, "retain": 0, "road": 0, "": 3_000}
    assert sums.loc["", ["net_ratio", "gross_ratio"]].tolist() == [2, 1.1]


def test_land_that_is_not_known_shows_though_it_is_no_net_land():
    """One hectare is rebuilt and one of unknown floor is village land: half the town is known."""
    treatments = ["rebuild", "village"]
    table = parcels(*row([100, 100]), treatment=treatments, existing_floor_m2=[5_000, np.nan])
    whole = town(table, floor_of(table, scenario(plot_ratio=2)))
    assert (whole["known_share"], whole["gross_known_share"]) == (1, 0.5)
    assert whole["gross_ratio"] == 2  # of the half that is known


def test_a_sum_for_no_land_is_not_known():
    whole = town(parcels(HECTARE), floor_of(parcels(HECTARE)))
    assert np.isnan(whole["total_m2"])
    assert whole["known_share"] == 0


# --- laws -------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(LOTS)
def test_parcels_add_up_to_zones_treatments_and_the_town(lots):
    table = land_of(lots)
    floor = floor_of(table, WIDE, RULES)
    summed = [name for name in floor.columns if name.endswith("_m2")]
    parts = floor[summed].sum().to_numpy()
    for sums, key in ((zone_floor, "zone"), (treatment_floor, "treatment")):
        sides = sums(table, floor).set_index(key)[summed]
        np.testing.assert_allclose(sides.drop(TOWN).sum(), parts, atol=1e-6)
        np.testing.assert_allclose(sides.loc[TOWN].fillna(0.0), parts, atol=1e-6)


@settings(max_examples=40)
@given(LOTS)
def test_floor_is_what_stays_and_what_is_built(lots):
    """Two ways to each total, of which the second knows nothing where the first does not."""
    floor = floor_of(land_of(lots), WIDE, RULES)
    same = {"rtol": 1e-12, "atol": 1e-6}
    np.testing.assert_allclose(floor["retained_m2"] + floor["built_m2"], floor["total_m2"], **same)
    change = floor["total_m2"] - floor["existing_m2"]
    known = floor["added_m2"].notna()
    np.testing.assert_allclose(change.dropna(), floor["added_m2"][change.notna()], **same)
    assert (floor["added_m2"][known & change.isna()] == 0).all()  # land that is kept gains nothing
    stands = (floor["demolished_m2"] + floor["retained_m2"]).dropna()
    np.testing.assert_allclose(stands, floor["existing_m2"][stands.index], **same)
    net_change = (floor["built_m2"] - floor["demolished_m2"])[known]
    np.testing.assert_allclose(net_change, floor["added_m2"][known], **same)


@settings(max_examples=40)
@given(LOTS)
def test_a_cap_never_raises_and_a_range_holds_its_middle(lots):
    table = land_of(lots)
    free, held = floor_of(table, WIDE), floor_of(table, WIDE, RULES)
    for name in ("plot_ratio", "total_low_m2", "total_m2", "total_high_m2"):
        assert not (held[name] > free[name]).any()
    np.testing.assert_allclose(held["total_m2"] + held["cut_m2"], free["total_m2"], atol=1e-6)
    for low, middle, high in (
        ("total_low_m2", "total_m2", "total_high_m2"),
        ("added_low_m2", "added_m2", "added_high_m2"),
    ):
        for table_of in (held, zone_floor(table, held)):
            assert not (table_of[low] > table_of[middle] + 1e-6).any()
            assert not (table_of[middle] > table_of[high] + 1e-6).any()


@settings(max_examples=40)
@given(LOTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(lots, order):
    table = land_of(lots)
    shuffled = table.sample(frac=1, random_state=order.randrange(1000))
    floor, other = floor_of(table, WIDE, RULES), floor_of(shuffled, WIDE, RULES)
    pd.testing.assert_frame_equal(floor, other.sort_index())
    pd.testing.assert_frame_equal(zone_floor(table, floor), zone_floor(shuffled, other))


@settings(max_examples=40)
@given(LOTS, st.integers(2, 9))
def test_so_many_times_the_land_is_so_many_times_the_floor(lots, times):
    table = land_of(lots)
    areas = ["area_m2", "land_m2", "retained_m2", "usable_m2", "net_m2", "existing_floor_m2"]
    larger = table.assign(**{name: table[name] * times for name in areas})
    rules = cap_table({"land_use": "1001", "plot_ratio": 1.5})
    one, many = (floor_of(land, WIDE, rules) for land in (table, larger))
    squares = [name for name in one.columns if name.endswith("_m2")]
    np.testing.assert_allclose(one[squares] * times, many[squares], rtol=1e-9, atol=1e-6)
    pd.testing.assert_series_equal(one["plot_ratio"], many["plot_ratio"])
