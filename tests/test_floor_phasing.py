"""Phasing: every parcel in one year, and the years add up to the scenario."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.floor.capacity import TOWN, zone_floor
from geo.floor.phasing import phase_years, phasing
from tests.lots import LOTS, WIDE, land_of
from tests.makers import floor_of, parcels, row, scenario

MEMBERS = {"first": {"A", "B"}}


def test_a_parcel_belongs_to_the_most_specific_phase_that_names_it():
    """By id, then by programme, then by zone, then what is left."""
    table = parcels(*row([100] * 5), zone=["west"] * 3 + ["east"] * 2)
    phases = [
        {"year": 2030},
        {"year": 2024, "zones": ["west"]},
        {"year": 2026, "programmes": ["first"], "parcels": ["D"]},
        {"year": 2028, "parcels": ["A"]},
    ]
    years = phase_years(table, scenario(phases=phases), MEMBERS)
    assert years.tolist() == [2028, 2026, 2024, 2026, 2030]


def test_the_first_of_two_zones_phases_takes_it():
    table = parcels(*row([100]))
    phases = [{"year": 2027, "zones": ["west"]}, {"year": 2025, "zones": ["west"]}]
    assert phase_years(table, scenario(phases=phases), {}).tolist() == [2027]


def test_floor_space_by_year_and_zone():
    """Hectares at 2.0: two in 2025, one in 2027, one never, and one that is retained."""
    table = parcels(
        *row([100] * 5),
        zone=["west", "east", "west", "west", "west"],
        treatment=["rebuild"] * 4 + ["retain"],
        existing_floor_m2=[1_000, 2_000, 3_000, 4_000, 5_000],
    )
    stated = scenario(
        plot_ratio=2,
        phases=[{"year": 2027, "parcels": ["C", "E"]}, {"year": 2025, "parcels": ["A", "B"]}],
    )
    rows = phasing(table, floor_of(table, stated), stated, {}).set_index(["year", "zone"])
    shown = ["parcels", "demolished_m2", "built_m2", "added_m2", "cumulative_added_m2"]
    assert rows.loc[(2025, TOWN), shown].tolist() == [2, 3_000, 40_000, 37_000, 37_000]
    assert rows.loc[(2025, "west"), shown].tolist() == [1, 1_000, 20_000, 19_000, 19_000]
    assert rows.loc[(2027, TOWN), shown].tolist() == [1, 3_000, 20_000, 17_000, 54_000]
    assert rows.loc[(2027, "west"), shown].tolist() == [1, 3_000, 20_000, 17_000, 36_000]
    assert rows["land_mu"].loc[2025].tolist() == pytest.approx([30, 15, 15])
    unphased = rows[rows.index.get_level_values("year").isna()]
    assert unphased["added_m2"].tolist() == [16_000, 16_000]
    assert unphased["cumulative_added_m2"].isna().all()
    assert len(rows) == 7


def test_a_year_keeps_what_is_retained_and_leaves_slivers_alone():
    """Of A half is retained with 1000 of 2000 m²; B has 50 m² left, and nothing is done there."""
    facts = {"retained_m2": [5_000.0, 0.0], "net_m2": [5_000.0, 50.0]}
    table = parcels(*row([100] * 2), existing_floor_m2=2_000.0, **facts)
    stated = scenario(plot_ratio=2, phases=[{"year": 2025}])
    rows = phasing(table, floor_of(table, stated), stated, {}).set_index("zone")
    shown = ["parcels", "demolished_m2", "built_m2", "added_m2"]
    assert rows.loc[TOWN, shown].tolist() == [1, 1_000, 10_000, 9_000]


def test_a_year_of_which_nothing_is_known_is_not_zero():
    table = parcels(*row([100] * 2), plot_ratio=[2, np.nan], existing_floor_m2=0.0)
    stated = scenario(phases=[{"year": 2026, "parcels": ["A"]}, {"year": 2025}])
    rows = phasing(table, floor_of(table, stated), stated, {})
    rows = rows[rows["zone"] == TOWN]
    assert rows["year"].tolist() == [2025, 2026]
    assert rows["known_share"].tolist() == [0, 1]
    assert rows["built_m2"].fillna(-1).tolist() == [-1, 20_000]
    assert rows["cumulative_added_m2"].fillna(-1).tolist() == [-1, 20_000]


@settings(max_examples=40)
@given(LOTS, st.booleans())
def test_years_add_up_to_the_scenario(lots, rest):
    phases = [
        {"year": 2026, "zones": ["east"]},
        {"year": 2025, "parcels": ["0", "3"], "programmes": ["some"]},
        *([{"year": 2030}] if rest else []),
    ]
    stated = WIDE.model_validate(WIDE.model_dump() | {"phases": phases})
    table = land_of(lots)
    floor = floor_of(table, stated)
    rows = phasing(table, floor, stated, {"some": {"1", "2"}})
    town = zone_floor(table, floor).set_index("zone").loc[TOWN]
    for name in ("demolished_m2", "built_m2", "added_m2"):
        for in_town in (True, False):
            years = rows.loc[(rows["zone"] == TOWN) == in_town, name]
            assert years.sum() == pytest.approx(np.nan_to_num(town[name]), abs=1e-6)
    last = rows[(rows["zone"] == TOWN) & rows["year"].notna()]
    phased = last["added_m2"].sum()
    if last["added_m2"].notna().any():
        assert last["cumulative_added_m2"].iat[-1] == pytest.approx(phased, abs=1e-6)
    assert not rest or rows["year"].notna().all()
    assert isinstance(rows["year"].dtype, pd.Int64Dtype)
