"""Floor space: net land × plot ratio, where both are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geo.capacity import TOWN, complete_existing, parcel_floor, target_ratio, zone_floor
from tests.makers import M2_PER_MU, parcels, row, scenario

HECTARE = box(0, 0, 100, 100)


def test_yuanrui():
    """12 800 m² at 0.49 stand on 26 122 m²; at 3.5 they become 91 429 m², 78 629 m² more."""
    side = (12_800 / 0.49) ** 0.5
    park = parcels(box(0, 0, side, side), existing_floor_m2=12_800.0, plot_ratio=3.5)
    assert park["land_m2"].iat[0] == pytest.approx(26_122.449, abs=1e-3)
    park = complete_existing(park)
    assert park["plot_ratio_existing"].iat[0] == pytest.approx(0.49)
    floor = parcel_floor(park, scenario()).iloc[0]
    assert floor["existing_m2"] == floor["demolished_m2"] == 12_800
    assert floor["total_m2"] == pytest.approx(91_428.57, abs=0.005)
    assert floor["added_m2"] == pytest.approx(78_628.57, abs=0.005)
    assert floor["retained_m2"] == 0


def test_existing_floor_and_ratio_complete_each_other():
    table = parcels(
        *row([100] * 4),
        existing_floor_m2=[5_000, np.nan, 5_000, np.nan],
        plot_ratio_existing=[np.nan, 0.8, 2.0, np.nan],
    )
    done = complete_existing(table)
    assert done["existing_floor_m2"].tolist()[:3] == [
        5_000,
        8_000,
        5_000,
    ]  # stated floor goes first
    assert done["plot_ratio_existing"].tolist()[:3] == [0.5, 0.8, 2.0]
    assert done[["existing_floor_m2", "plot_ratio_existing"]].iloc[3].isna().all()


def test_a_missing_ratio_is_not_zero():
    """Three hectares of four are known: 2 ha × 3 rebuilt, and 1 ha that keeps 4000 m²."""
    table = parcels(
        *row([100] * 4),
        plot_ratio=[3, 3, np.nan, np.nan],
        treatment=["rebuild", "rebuild", "rebuild", "retain"],
        existing_floor_m2=[1_000, np.nan, 2_000, 4_000],
    )
    floor = parcel_floor(table, scenario())
    assert floor["total_m2"].tolist()[:2] == [30_000, 30_000]
    assert np.isnan(floor["total_m2"].iat[2])
    assert np.isnan(floor["demolished_m2"].iat[2])  # nobody knows what is done there
    assert floor["added_m2"].fillna(-1).tolist() == [29_000, -1, -1, 0]
    town = zone_floor(table, floor).set_index("zone").loc[TOWN]
    assert town["total_m2"] == 64_000
    assert town["known_share"] == 0.75
    assert town["added_m2"] == 29_000
    assert town["added_known_share"] == 0.5
    assert town["existing_known_share"] == 0.75
    assert town["net_ratio"] == pytest.approx(64 / 30)  # over known land only


@pytest.mark.parametrize("treatment", ["retain", "upgrade", "extend"])
def test_what_is_not_rebuilt_keeps_what_stands(treatment):
    table = parcels(HECTARE, treatment=treatment, existing_floor_m2=12_000.0, plot_ratio=3.5)
    floor = parcel_floor(table, scenario()).iloc[0]
    assert floor["retained_m2"] == floor["total_m2"] == floor["existing_m2"] == 12_000
    assert floor["demolished_m2"] == floor["added_m2"] == 0
    assert np.isnan(floor["plot_ratio"])


def test_a_road_has_no_floor():
    table = parcels(*row([100, 100]), net_m2=[10_000.0, 0.0], plot_ratio=2.0)
    floor = parcel_floor(table, scenario())
    assert floor["total_m2"].tolist() == [20_000, 0]
    town = zone_floor(table, floor).set_index("zone").loc[TOWN]
    assert (town["gross_m2"], town["net_m2"], town["known_share"]) == (20_000, 10_000, 1)
    assert (town["net_ratio"], town["gross_ratio"]) == (2, 1)


def test_a_share_of_the_land_is_handed_over():
    floor = parcel_floor(parcels(HECTARE), scenario(plot_ratio=3, net_share=0.9)).iloc[0]
    assert floor["net_m2"] == pytest.approx(9_000)
    assert floor["total_m2"] == pytest.approx(27_000)


def test_the_most_specific_statement_holds():
    table = parcels(
        *row([100] * 4),
        zone=["west", "west", "east", "east"],
        land_use=["1001", "1101", "1101", "1001"],
        plot_ratio=[1.0, np.nan, 1.0, 1.0],
    )
    general = scenario(plot_ratio=2.5)
    assert target_ratio(table, general).tolist() == [2.5] * 4
    by_use = scenario(plot_ratio=2.5, by_land_use={"1101": 2.0})
    assert target_ratio(table, by_use).tolist() == [2.5, 2.0, 2.0, 2.5]
    by_zone = scenario(plot_ratio=2.5, by_land_use={"1101": 2.0}, by_zone={"west": 3.0})
    assert target_ratio(table, by_zone).tolist() == [3.0, 3.0, 2.0, 2.5]
    by_parcel = scenario(by_land_use={"1101": 2.0}, by_zone={"west": 3.0}, by_parcel={"B": 4.0})
    assert target_ratio(table, by_parcel).tolist() == [3.0, 4.0, 2.0, 1.0]
    assert target_ratio(table, scenario()).fillna(-1).tolist() == [1, -1, 1, 1]


def test_a_stated_zero_is_a_zero():
    """Nothing may be built there: that is known, and takes the existing floor space away."""
    table = parcels(HECTARE, existing_floor_m2=5_000.0, plot_ratio=3.0)
    floor = parcel_floor(table, scenario(by_parcel={"A": 0})).iloc[0]
    assert (floor["total_m2"], floor["added_m2"], floor["demolished_m2"]) == (0, -5_000, 5_000)


def test_five_million_square_metres_on_both_zones_are_a_gross_ratio_of_165():
    """5 000 000 m² on 4545 mu; as if 47.1 % of the land were built at 3.5."""
    land = 4545 * M2_PER_MU
    table = parcels(box(0, 0, land / 1000, 1000))
    share = 5_000_000 / 3.5 / land
    assert share == pytest.approx(0.471, abs=5e-4)
    floor = parcel_floor(table, scenario(plot_ratio=3.5, net_share=share))
    town = zone_floor(table, floor).set_index("zone").loc[TOWN]
    assert town["total_m2"] == pytest.approx(5_000_000)
    assert town["gross_ratio"] == pytest.approx(1.65, abs=0.0005)
    assert town["net_ratio"] == pytest.approx(3.5)


def test_a_thousand_mu_at_294():
    """1021 mu → 2 000 000 m² (published) is 2.94."""
    table = parcels(box(0, 0, 1021 * M2_PER_MU / 1000, 1000))
    floor = parcel_floor(table, scenario(plot_ratio=2.94))
    assert floor["total_m2"].iat[0] == pytest.approx(2_000_000, rel=0.001)


def test_a_sum_for_no_land_is_not_known():
    floor = parcel_floor(parcels(HECTARE), scenario())
    town = zone_floor(parcels(HECTARE), floor).set_index("zone").loc[TOWN]
    assert np.isnan(town["total_m2"])
    assert town["known_share"] == 0


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 50),
            st.sampled_from(["west", "east", "south"]),
            st.sampled_from(["rebuild", "retain", "road"]),
            st.one_of(st.none(), st.integers(0, 4)),
            st.one_of(st.none(), st.integers(0, 9000)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_zones_add_up_to_the_town(rows):
    widths, zones, treatment, ratios, floors = zip(*rows, strict=True)
    table = parcels(
        *row(widths),
        parcel_id=[str(number) for number in range(len(rows))],
        zone=zones,
        treatment=treatment,
        plot_ratio=np.array(ratios, dtype=float),
        existing_floor_m2=np.array(floors, dtype=float),
    )
    table["net_m2"] = table["land_m2"].where(table["treatment"] != "road", 0.0)
    floor = parcel_floor(table, scenario())
    sums = zone_floor(table, floor).set_index("zone")
    for name in ("gross_m2", "net_m2", "total_m2", "existing_m2", "added_m2", "known_net_m2"):
        assert sums[name].drop(TOWN).sum() == pytest.approx(np.nan_to_num(sums.loc[TOWN, name]))
    told = floor["total_m2"].notna() & floor["existing_m2"].notna()
    change = floor["total_m2"][told].sum() - floor["existing_m2"][told].sum()
    assert np.nan_to_num(sums.loc[TOWN, "added_m2"]) == pytest.approx(change)
    new = floor["net_m2"] * floor["plot_ratio"]
    parts = floor["retained_m2"] + new.where(table["treatment"] == "rebuild", 0.0)
    np.testing.assert_allclose(parts.where(table["net_m2"] > 0, 0.0), floor["total_m2"])
