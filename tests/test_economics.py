"""Economics: one parcel by hand, the finance by cash flow, and every input with unit and source."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.economics import (
    appraisal,
    appraisal_sums,
    check_economics,
    per_floor,
    per_mu,
    tornado,
)
from geo.economics.checks import check_known
from geo.economics.inputs import INPUTS
from geo.economics.sums import SUM_COLUMNS
from geo.errors import PlanError
from geo.findings import Finding
from geo.plan import Economics, read_plan

M = 1_000_000

FIGURES: dict[str, tuple[float, str]] = {
    "land_cost": (40, "万元/亩"),
    "compensation": (1_000, "CNY/m2"),
    "demolition": (100, "CNY/m2"),
    "site_works": (100, "CNY/m2"),
    "clearance_years": (12, "months"),
    "construction": (2_000, "CNY/m2"),
    "professional_fees": (6, "%"),
    "contingency": (4, "%"),
    "construction_years": (2, "years"),
    "finance_rate": (10, "%/year"),
    "saleable_share": (80, "%"),
    "sale_share": (50, "%"),
    "sale_price": (6_000, "CNY/m2"),
    "rent": (30, "元/平方米·月"),
    "occupancy": (90, "%"),
    "capitalisation_rate": (6, "%/year"),
    "marketing": (5, "%"),
    "sales_tax": (10, "%"),
    "profit": (15, "%"),
    "output_per_land": (500, "万元/亩/年"),
    "tax_per_land": (0.2, "million CNY/mu/year"),
    "jobs_per_land": (10, "人/亩"),
}


def stated(name: str, **values: Any) -> dict[str, Any]:
    value, unit = FIGURES[name]
    return {"value": value, "unit": unit, "assumption": "a test"} | values


def economics(*, without: tuple[str, ...] = (), **inputs: Any) -> Economics:
    """The inputs of FIGURES, or others."""
    values = {name: stated(name) for name in FIGURES if name not in without}
    for name, changes in inputs.items():
        values[name] = stated(name, **changes)
    return Economics.model_validate({"currency": "CNY", **values})


def parcels(*rows: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parcels of 30 mu, 10 000 m² of floor on each, rebuilt at 2.5, unless said otherwise."""
    facts: dict[str, Any] = {
        "parcel_id": "A",
        "zone": "west",
        "block": "B1",
        "treatment": "rebuild",
        "land_m2": 20_000.0,
        "retained_m2": 0.0,
        "usable_m2": 20_000.0,
        "net_m2": 20_000.0,
        "demolished_m2": 10_000.0,
        "built_m2": 50_000.0,
    }
    table = pd.DataFrame([facts | row for row in rows])
    floor = table[["net_m2", "demolished_m2", "built_m2"]]
    return table.drop(columns=floor.columns), floor


# -- by hand ---------------------------------------------------------------------------------------


def test_one_parcel_by_hand():
    """30 mu with 10 000 m² of old floor space, on which 50 000 m² are built; millions of CNY."""
    row = appraisal(economics(), *parcels({})).iloc[0]

    assert row["land_cost"] == pytest.approx(12 * M)  # 30 mu × 400 000
    assert row["compensation"] == pytest.approx(10 * M)  # 10 000 m² × 1000
    assert row["demolition"] == pytest.approx(1 * M)  # 10 000 m² × 100
    assert row["site_works"] == pytest.approx(2 * M)  # 20 000 m² × 100
    assert row["clearance"] == pytest.approx(25 * M)

    assert row["construction"] == pytest.approx(100 * M)  # 50 000 m² × 2000
    assert row["professional_fees"] == pytest.approx(6 * M)
    assert row["contingency"] == pytest.approx(4 * M)
    assert row["building"] == pytest.approx(110 * M)

    # three years at 10 % are 33.1 %; half of two years of building are 10 %
    assert row["finance"] == pytest.approx((25 * 0.331 + 110 * 0.10) * M)
    assert row["investment"] == pytest.approx(154.275 * M)

    # 40 000 m² can be sold or let: 20 000 × 6000, and 20 000 × (30 × 12 × 90 % / 6 % = 5400)
    assert row["sales"] == pytest.approx(120 * M)
    assert row["lettings"] == pytest.approx(108 * M)
    assert row["value"] == pytest.approx(228 * M)
    offs = [row[name] for name in ("marketing", "sales_tax", "profit")]
    assert offs == pytest.approx([11.4 * M, 22.8 * M, 34.2 * M])

    # 159.6 are left; clearance without the land has grown to 13 × 1.331, building to 110 × 1.1
    assert row["residual_at_completion"] == pytest.approx((159.6 - 17.303 - 121) * M)
    assert row["residual"] == pytest.approx(21.297 * M / 1.331)
    assert row["surplus"] == pytest.approx((21.297 / 1.331 - 12) * M)

    assert (row["output"], row["tax"]) == pytest.approx((150 * M, 6 * M))
    assert row["jobs"] == pytest.approx(300)

    town = appraisal_sums(appraisal(economics(), *parcels({}))).iloc[0]
    assert town["investment_per_floor"] == pytest.approx(3_085.5)
    assert town["investment_per_mu"] == pytest.approx(5.1425 * M)
    assert town["output_per_mu"] == pytest.approx(5 * M)
    assert town["jobs_per_mu"] == pytest.approx(10)


def test_finance_is_that_of_a_cash_flow_by_the_month():
    """An account on which every month is booked: all clearance first, then even draws."""
    rate, clearing, building = 0.055, 18, 24
    table = economics(
        finance_rate={"value": 5.5},
        clearance_years={"value": clearing},
        construction_years={"value": 24, "unit": "months"},
    )
    row = appraisal(table, *parcels({})).iloc[0]
    monthly = (1 + rate) ** (1 / 12)
    account = row["clearance"]
    for month in range(clearing + building):
        if month >= clearing:  # drawn through the month: on average in the middle of it
            account += row["building"] / building / monthly**0.5
        account *= monthly
    account_finance = account - row["clearance"] - row["building"]
    assert row["finance"] == pytest.approx(account_finance, abs=6e-4 * row["building"])
    assert row["finance"] < account_finance  # half-way is a little short, as the module says
    only_clearance = appraisal(table, *parcels({"built_m2": 0.0})).iloc[0]
    assert only_clearance["finance"] == pytest.approx(row["clearance"] * (monthly**42 - 1))


def test_the_residual_is_what_leaves_no_surplus():
    """Paid for the land, the residual makes value and all costs with their finance even."""
    row = appraisal(economics(), *parcels({})).iloc[0]
    paid = economics(land_cost={"value": row["residual"] / 20_000, "unit": "CNY/m2"})
    even = appraisal(paid, *parcels({})).iloc[0]
    assert even["surplus"] == pytest.approx(0, abs=1e-6 * row["residual"])
    proceeds = even["value"] - even["marketing"] - even["sales_tax"] - even["profit"]
    assert even["investment"] == pytest.approx(proceeds)


@given(
    built_m2=st.integers(1, 200_000),
    demolished_m2=st.integers(0, 60_000),
    land_cost=st.integers(0, 300),
    rate=st.integers(0, 20),
    sold=st.integers(2, 100),
)
def test_surplus_is_value_less_all_costs_at_todays_worth(
    built_m2, demolished_m2, land_cost, rate, sold
):
    table = economics(
        land_cost={"value": land_cost}, finance_rate={"value": rate}, sale_share={"value": sold}
    )
    frames = parcels({"built_m2": float(built_m2), "demolished_m2": float(demolished_m2)})
    row = appraisal(table, *frames).iloc[0]
    proceeds = row["value"] - row["marketing"] - row["sales_tax"] - row["profit"]
    left = (proceeds - row["investment"]) / (1 + rate / 100) ** 3
    assert row["surplus"] == pytest.approx(left, rel=1e-9, abs=1e-3)


# -- which land, and what is not known -------------------------------------------------------------


def test_land_that_is_extended_is_neither_bought_nor_cleared():
    extended = {"treatment": "extend", "demolished_m2": 0.0, "built_m2": 5_000.0}
    row = appraisal(economics(), *parcels(extended)).iloc[0]
    assert row["clearance"] == 0
    assert row["building"] == pytest.approx(11 * M)
    assert row["residual"] == row["surplus"]


def test_land_that_is_extended_waits_for_no_clearance():
    """22.8 m CNY of value less 30 %, less 11 grown to 12.1: 3.86 in two years, not in three."""
    extended = {"treatment": "extend", "demolished_m2": 0.0, "built_m2": 5_000.0}
    for without in ((), ("clearance_years",)):
        table = economics(without=without)
        row = appraisal(table, *parcels(extended, {"zone": "east"})).iloc[0]
        assert row["residual_at_completion"] == pytest.approx(3.86 * M)
        assert row["residual"] == pytest.approx(3.86 * M / 1.21)


def test_retained_land_is_neither_bought_nor_cleared():
    """Half of 30 mu and of the floor stays: 15 mu are paid for, and half as much comes down."""
    half = {"retained_m2": 10_000.0, "usable_m2": 10_000.0, "net_m2": 10_000.0}
    row = appraisal(economics(), *parcels(half | {"demolished_m2": 5_000.0})).iloc[0]
    costs = row[["land_cost", "compensation", "demolition", "site_works"]]
    assert costs.tolist() == pytest.approx([6 * M, 5 * M, 0.5 * M, 1 * M])
    assert row["land_m2"] == 20_000


def test_land_on_which_nothing_is_built_is_not_appraised():
    table = appraisal(
        economics(),
        *parcels(
            {},
            {"parcel_id": "B", "treatment": "upgrade", "demolished_m2": 0.0, "built_m2": 0.0},
            {"parcel_id": "C", "usable_m2": 0.0, "net_m2": 0.0, "built_m2": 0.0},
            {"parcel_id": "D", "usable_m2": 0.17, "net_m2": 0.17, "built_m2": 0.0},
        ),
    )
    assert table["parcel_id"].tolist() == ["A"]


def test_unknown_floor_is_left_out_of_the_sums_and_told():
    """Of 60 000 m² of net land 45 000 are known; two parcels in the west make the whole of it."""
    table = appraisal(
        economics(),
        *parcels(
            {},
            {"parcel_id": "B", "net_m2": 25_000.0, "land_m2": 30_000.0},
            {"parcel_id": "C", "net_m2": 15_000.0, "built_m2": np.nan, "zone": "east", "block": ""},
        ),
    )
    assert table["known"].tolist() == [True, True, False]
    assert table[["construction", "value", "residual"]].iloc[2].isna().all()
    sums = appraisal_sums(table).set_index(["level", "name"])
    town, west, east = (sums.loc[at] for at in (("town", ""), ("zone", "west"), ("zone", "east")))
    assert (town["parcels"], town["known_parcels"], town["known_share"]) == (3, 2, 0.75)
    assert (east["parcels"], east["known_parcels"], east["known_share"]) == (1, 0, 0)
    assert np.isnan(east["investment"])
    assert town["investment"] == west["investment"] == table["investment"].iloc[:2].sum()
    assert town["land_m2"] == 50_000
    assert town["investment_per_mu"] == pytest.approx(town["investment"] / 75)
    assert sums.loc["block"].index.tolist() == ["B1"]
    assert list(appraisal_sums(table).columns) == list(SUM_COLUMNS)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["west", "east", "south"]),
            st.sampled_from(["B1", "B2"]),
            st.sampled_from([np.nan, 0.0, 4_000.0]),
            st.sampled_from([np.nan, 10_000.0, 90_000.0]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_zones_and_blocks_add_up_to_the_town(rows):
    names = ("zone", "block", "demolished_m2", "built_m2")
    table = appraisal(economics(), *parcels(*(dict(zip(names, row, strict=True)) for row in rows)))
    sums = appraisal_sums(table)
    columns = ["parcels", "known_parcels", "net_m2", "investment", "residual", "jobs"]
    whole, *parts = (
        sums.loc[sums["level"] == level, columns].sum().to_list()
        for level in ("town", "zone", "block")
    )
    assert parts == [pytest.approx(whole)] * 2
    assert whole[0] == len(rows)


UNKNOWN = {"demolished_m2": np.nan}


def test_where_nothing_is_known_of_what_comes_down_the_rest_is_shown():
    table = appraisal(economics(), *parcels(UNKNOWN, UNKNOWN | {"parcel_id": "B"}))
    town = appraisal_sums(table).iloc[0]
    assert (town["known_parcels"], town["known_share"]) == (0, 0)
    assert (town["land_m2"], town["built_m2"]) == (40_000, 100_000)
    assert town[["land_cost", "building", "value"]].tolist() == pytest.approx(
        [24 * M, 220 * M, 456 * M]
    )
    needing = ["compensation", "clearance", "finance", "investment", "residual", "surplus"]
    assert town[needing].isna().all()


def test_what_comes_down_for_nothing_need_not_be_known():
    """Without the 11 m CNY for 10 000 m² of old floor space 14.641 more are left."""
    free = economics(compensation={"value": 0}, demolition={"value": 0})
    table = appraisal(free, *parcels(UNKNOWN, {"parcel_id": "B"}))
    assert table["known"].all()
    residual = (21.297 + 11 * 1.331) * M / 1.331
    assert table["residual"].tolist() == pytest.approx([residual] * 2)
    assert appraisal_sums(table)["known_share"].iloc[0] == 1


def test_existing_floor_that_is_not_known_is_told_once():
    """Of three, B lacks it and C a plot ratio, which is told elsewhere."""
    land, floor = parcels(
        {}, UNKNOWN | {"parcel_id": "B"}, UNKNOWN | {"parcel_id": "C", "built_m2": np.nan}
    )
    rebuilt = pd.Series(True, index=land.index)
    (found,) = check_known(appraisal(economics(), land, floor), rebuilt, {"file": "plan.toml"})
    assert (found.code, found.severity) == ("economics.floor-unknown", "warning")
    assert (found.file, found.field) == ("plan.toml", "layers.parcels.fields")
    assert found.area_m2 == 20_000
    assert "existing floor is not known for 1 of 3 parcels (33.3% of net land)" in found.message
    assert "map existing_floor" in found.mend
    free = economics(compensation={"value": 0}, demolition={"value": 0})
    assert list(check_known(appraisal(free, land, floor), rebuilt, {})) == []


def test_blocks_come_in_their_order():
    rows = [{"block": name} for name in ("B10", "B2", "", "B1")]
    sums = appraisal_sums(appraisal(economics(), *parcels(*rows)))
    assert sums.loc[sums["level"] == "block", "name"].tolist() == ["B1", "B2", "B10"]


def test_an_input_that_is_missing_is_never_zero():
    """Without a land price what could be paid for land is known, what it costs is not."""
    row = appraisal(economics(without=("land_cost",)), *parcels({})).iloc[0]
    assert row["residual"] == pytest.approx(21.297 * M / 1.331)
    unknown = ["land_cost", "clearance", "finance", "investment", "surplus"]
    assert row[unknown].isna().all()
    assert row[["building", "compensation", "value", "profit"]].notna().all()
    for name in FIGURES.keys() - {"land_cost", "output_per_land", "tax_per_land", "jobs_per_land"}:
        town = appraisal_sums(appraisal(economics(without=(name,)), *parcels({}))).iloc[0]
        assert np.isnan(town["residual"]), name


def test_what_is_missing_is_said_with_what_it_leads_to():
    without = ("land_cost", "rent", "tax_per_land")
    found = check_economics(economics(without=without), ["west"], {"file": "plan.toml"})
    assert [item.code for item in found] == ["economics.input-missing"] * 3
    assert [item.field for item in found] == [f"economics.{name}" for name in without]
    assert found[0].file == "plan.toml"
    assert "investment, surplus" in found[0].message
    assert "投资、盈余" in found[0].message_zh
    assert "land cost (land_cost) is not given" in found[0].message
    assert "so there is no figure by the year;" in found[2].message
    (once,) = check_economics(economics(without=("compensation",)), ["west"], {})
    assert once.message.startswith("compensation is not given")


def test_what_nothing_depends_on_is_not_missed():
    """Where all is sold there is no rent to know, and what is not demolished costs nothing."""
    table = economics(
        without=("rent", "occupancy", "capitalisation_rate"), sale_share={"value": 100}
    )
    assert check_economics(table, ["west"], {}) == []
    row = appraisal(table, *parcels({})).iloc[0]
    assert (row["lettings"], row["sales"]) == (0, pytest.approx(240 * M))
    let = economics(without=("sale_price",), sale_share={"value": 0})
    assert check_economics(let, ["west"], {}) == []
    assert appraisal(let, *parcels({}))["sales"].iloc[0] == 0
    free = economics(without=("compensation", "demolition"))
    assert appraisal(free, *parcels({"demolished_m2": 0.0}))["residual"].notna().all()


def test_a_zone_may_have_figures_of_its_own():
    west = {"west": {"value": 3, "unit": "CNY/mu", "source": "a letter"}}
    table = economics(land_cost={"by_zone": {"east": stated("land_cost", value=80), **west}})
    rows = appraisal(table, *parcels({"zone": "east"}, {"zone": "west"}, {"zone": "north"}))
    assert rows["land_cost"].tolist() == pytest.approx([24 * M, 90, 12 * M])


def test_a_figure_for_a_zone_without_parcels_is_told():
    table = economics(rent={"by_zone": {"wset": stated("rent")}})
    (found,) = check_economics(table, ["west", "east"], {"file": "plan.toml"})
    assert found.code == "economics.unmatched"
    assert (found.file, found.field, found.seen) == ("plan.toml", "economics.rent", "wset")
    assert "did you mean 'west'?" in found.message


def test_every_input_has_a_name_in_both_languages():
    own = Economics.model_fields.keys() - {"currency", "scenario", "source", "assumption"}
    assert set(INPUTS) == own == FIGURES.keys()


# -- published checks ------------------------------------------------------------------------------


def test_yuanrui_costs_3800_for_a_square_metre():
    """More than 380 m CNY for nearly 100 000 m² (F13a, F12b)."""
    assert per_floor(380 * M, 100_000) == pytest.approx(3_800)


@pytest.mark.parametrize(
    ("investment", "mu", "expected"),
    [(3_300 * M, 159, 20.75), (2_037 * M, 99, 20.58), ((3_300 - 2_037) * M, 159 - 99, 21.05)],
)
def test_jiwa_forest_costs_about_21_million_a_mu(investment, mu, expected):
    """F15a to F15d: the whole, phase 1, and phase 2 as what is left: 1263 m CNY on 60 mu."""
    assert per_mu(investment, mu) / M == pytest.approx(expected, abs=0.005)


def test_there_is_no_figure_for_no_land():
    assert np.isnan(per_mu(1.0, 0.0))
    assert np.isnan(per_floor(1.0, 0.0))


# -- sensitivity -----------------------------------------------------------------------------------

RANGES = {
    name: {"low": FIGURES[name][0] * 0.9, "high": FIGURES[name][0] * 1.1}
    for name in FIGURES
    if FIGURES[name][0]
}
UP = {"saleable_share", "sale_price", "rent", "occupancy"}
UNMOVED = {"land_cost", "output_per_land", "tax_per_land", "jobs_per_land"}


def test_a_bar_is_the_appraisal_at_each_end():
    """Each CNY of monthly rent is worth 3.6 m CNY at completion, less 30 %."""
    bars = tornado(economics(rent={"low": 20, "high": 36}), *parcels({}))
    assert bars["input"].tolist() == ["rent"]
    bar = bars.iloc[0]
    assert not bar["by_zone"]
    assert bar[["low", "value", "high"]].tolist() == [20, 30, 36]
    assert bar["unit"] == "元/平方米·月"
    assert bar["at_value"] == pytest.approx(21.297 * M / 1.331)
    assert bar["at_value"] - bar["at_low"] == pytest.approx(36 * M * 0.7 / 1.331)
    assert bar["at_high"] - bar["at_value"] == pytest.approx(21.6 * M * 0.7 / 1.331)
    assert bar["swing"] == pytest.approx(57.6 * M * 0.7 / 1.331)


def test_an_input_without_a_range_has_no_bar():
    bars = tornado(economics(profit={"low": 15, "high": 15}), *parcels({}))
    assert bars.empty


def test_the_widest_bar_comes_first_and_each_points_its_way():
    bars = tornado(economics(**RANGES), *parcels({})).set_index("input")
    assert set(bars.index) == FIGURES.keys()
    assert bars["swing"].is_monotonic_decreasing
    for name, bar in bars.drop(index=[*UNMOVED, "sale_share"]).iterrows():
        assert (bar["at_high"] > bar["at_value"] > bar["at_low"]) is (name in UP), name
        assert (bar["at_high"] < bar["at_value"] < bar["at_low"]) is (name not in UP), name
    assert (bars.loc[list(UNMOVED), "swing"] == 0).all()
    for name in ("construction", "rent", "finance_rate"):
        for end in ("low", "high"):
            alone = economics(**{name: {"value": RANGES[name][end]}})
            town = appraisal_sums(appraisal(alone, *parcels({}))).iloc[0]
            assert bars.loc[name, f"at_{end}"] == pytest.approx(town["residual"])


def test_any_figure_of_the_town_can_be_measured():
    bars = tornado(
        economics(construction={"low": 1_500, "high": 2_600}, rent={"low": 20, "high": 36}),
        *parcels({}, {"parcel_id": "B"}),
        measure="investment_per_floor",
    ).set_index("input")
    # 600 CNY more, with 10 % of fees and 10 % of interest on them
    assert bars.loc["construction", "at_high"] - 3_085.5 == pytest.approx(600 * 1.1 * 1.1)
    assert bars.loc["rent", "swing"] == 0


def test_every_zone_stands_at_its_own_end():
    east = stated("land_cost", value=80, low=50, high=100)
    bars = tornado(
        economics(land_cost={"by_zone": {"east": east}}),
        *parcels({"zone": "east"}, {"zone": "west"}),
        measure="land_cost",
    )
    bar = bars.iloc[0]
    assert bar["by_zone"]
    assert bar[["at_low", "at_value", "at_high"]].tolist() == pytest.approx(
        [27 * M, 36 * M, 42 * M]
    )


def test_without_land_to_build_on_no_bar_has_a_length():
    frames = parcels({"treatment": "retain", "net_m2": 0.0, "built_m2": 0.0})
    bars = tornado(economics(**RANGES), *frames)
    assert bars["swing"].isna().all()


# -- the plan --------------------------------------------------------------------------------------

PLAN = """
name = "Test"
crs = "EPSG:4547"
base_date = 2023-01-01
as_of = 2024-12-31
[layers.parcels]
file = "parcels.gpkg"
[[scenarios]]
id = "high"
name = "high"
plot_ratio = 3.5
[economics]
currency = "CNY"
"""


def faults(folder: Path, *lines: str, plan: str = PLAN) -> list[Finding]:
    path = folder / "plan.toml"
    path.write_text("\n".join([plan, *lines]), "utf-8")
    with pytest.raises(PlanError) as caught:
        read_plan(path)
    assert {item.file for item in caught.value.findings} == {"plan.toml"}
    return list(caught.value.findings)


def test_a_plan_holds_its_economics(tmp_path: Path):
    path = tmp_path / "plan.toml"
    line = 'construction = { value = 2500, low = 2100, high = 3000, unit = "CNY/m2", source = "x" }'
    path.write_text(PLAN + line, "utf-8")
    read = read_plan(path).economics
    assert read is not None
    assert read.inputs.keys() == {"construction"}
    assert read.construction.at("high") == 3_000


WRONG = {
    "a percentage of a percentage": (
        'finance_rate = { value = 600, unit = "%/year", source = "x" }',
        "economics.finance_rate",
        "economics.too-much",
        "600 %/year is more than 50 % → correct it: was 6 %/year meant?",
    ),
    "a percentage read as a share": (
        'sale_share = { value = 85, unit = "share", source = "x" }',
        "economics.sale_share",
        "economics.too-much",
        "85 share is more than 100 % → correct it: was 85 % meant?",
    ),
    "a share read as a percentage": (
        'occupancy = { value = 0.9, unit = "%", source = "x" }',
        "economics.occupancy",
        "economics.plain-share",
        "0.9 % looks like a plain share → write 90 %, or 0.009 share where so little is meant",
    ),
    "all of it as a plain share": (
        'sale_share = { value = 1, unit = "%", source = "x" }',
        "economics.sale_share",
        "economics.plain-share",
        "1 % looks like a plain share → write 100 %",
    ),
    "a profit of a tenth of a per cent": (
        'profit = { value = 0.1, unit = "%", source = "x" }',
        "economics.profit",
        "economics.plain-share",
        "0.1 % looks like a plain share → write 10 %, or 0.001 share where so little is meant",
    ),
    "fees as a plain share": (
        'professional_fees = { value = 0.06, unit = "％", source = "x" }',
        "economics.professional_fees",
        "economics.plain-share",
        "0.06 ％ looks like a plain share → write 6 ％, or 0.0006 share",
    ),
    "a reserve as a plain share at one end": (
        'contingency = { value = 5, low = 0.04, high = 8, unit = "%", source = "x" }',
        "economics.contingency",
        "economics.plain-share",
        "0.04 % looks like a plain share → write 4 %",
    ),
    "marketing as a plain share in one zone": (
        'marketing = { value = 3, unit = "%", source = "x", '
        'by_zone = { east = { value = 0.03, unit = "%", source = "x" } } }',
        "economics.marketing",
        "economics.plain-share",
        "0.03 % looks like a plain share → write 3 %",
    ),
    "a rate as a plain share": (
        'finance_rate = { value = 0.055, unit = "%/year", source = "x" }',
        "economics.finance_rate",
        "economics.plain-share",
        "0.055 %/year looks like a plain share → write 5.5 %/year, or 0.00055 share/year",
    ),
    "an end that is a percentage": (
        'profit = { value = 15, low = 10, high = 150, unit = "%", source = "x" }',
        "economics.profit",
        "economics.too-much",
        "150 % is more than 100 % → correct it: was 1.5 % meant?",
    ),
    "true for a figure": (
        'construction = { value = true, unit = "CNY/m2", source = "x" }',
        "economics.construction.value",
        "economics.figure",
        "true is no number → write a number",
    ),
    "no area": (
        'construction = { value = 2500, unit = "CNY", source = "x" }',
        "economics.construction",
        "economics.other-unit",
        "CNY is stated where CNY/m2 or the like is needed",
    ),
    "no time": (
        'rent = { value = 30, unit = "CNY/m2", source = "x" }',
        "economics.rent",
        "economics.other-unit",
        "CNY/m2 is stated where CNY/m2/year or the like is needed",
    ),
    "no currency in the unit": (
        'construction = { value = 2500, unit = "/m2", source = "x" }',
        "economics.construction.unit",
        "economics.no-currency",
        "'/m2' has no currency",
    ),
    "an area alone": (
        'land_cost = { value = 60, unit = "mu", source = "x" }',
        "economics.land_cost.unit",
        "economics.no-currency",
        "'mu' has no currency",
    ),
    "a bare number": (
        "construction = 2500",
        "economics.construction",
        "economics.bare",
        '2500 has neither a unit nor a source → write { value = 1, unit = "CNY/m2", source = ',
    ),
    "no unit": (
        'construction = { value = 2500, source = "x" }',
        "economics.construction.unit",
        "plan.value",
        "field required",
    ),
    "an unknown unit": (
        'construction = { value = 2500, unit = "euros/m2", source = "x" }',
        "economics.construction.unit",
        "economics.unit",
        "'euros/m2' is no unit → write one as CNY/m2",
    ),
    "an unknown key": (
        'rent = { value = 30, low = 5, hihg = 50, high = 50, unit = "CNY/m2/month", source = "x" }',
        "economics.rent.hihg",
        "plan.unknown-key",
        "unknown key 'hihg'; did you mean 'high'?",
    ),
    "an unknown divisor": (
        'construction = { value = 2500, unit = "CNY/acre", source = "x" }',
        "economics.construction.unit",
        "economics.unit",
        "'CNY/acre' is no unit",
    ),
    "another currency": (
        'rent = { value = 4, unit = "USD/m2/month", source = "x" }',
        "economics.rent",
        "economics.other-currency",
        "USD/m2/month is not in the currency of the plan, CNY",
    ),
    "a rate by the month": (
        'finance_rate = { value = 0.5, unit = "%/month", source = "x" }',
        "economics.finance_rate.unit",
        "economics.rate",
        "'%/month' is not by the year → a rate is written per year",
    ),
    "a reversed range": (
        'rent = { value = 30, low = 35, high = 40, unit = "CNY/m2/month", source = "x" }',
        "economics.rent",
        "economics.reversed",
        "low, value and high are 35, 30, 40: the range is reversed",
    ),
    "half a range": (
        'rent = { value = 30, low = 25, unit = "CNY/m2/month", source = "x" }',
        "economics.rent",
        "economics.half-range",
        "there is only low: low and high go together",
    ),
    "no source": (
        'rent = { value = 30, unit = "CNY/m2/month" }',
        "economics.rent",
        "economics.unsourced",
        "nothing says where 30 CNY/m2/month comes from → give source",
    ),
    "division by nothing": (
        'capitalisation_rate = { value = 0, unit = "%/year", source = "x" }',
        "economics.capitalisation_rate",
        "economics.zero",
        "0 %/year: nothing can be divided by it → write more than 0",
    ),
    "months taken for years": (
        'construction_years = { value = 60, unit = "years", source = "x" }',
        "economics.construction_years",
        "economics.too-long",
        "60 years is longer than 50 years",
    ),
    "a fault of one zone": (
        'rent = { value = 30, unit = "CNY/m2/month", source = "x", '
        'by_zone = { east = { value = 3, unit = "CNY/mu", source = "x" } } }',
        "economics.rent",
        "economics.other-unit",
        "CNY/mu is stated where CNY/m2/year or the like is needed",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_an_input_is_said_with_its_key(case: str, tmp_path: Path):
    line, field, code, told = WRONG[case]
    (found,) = faults(tmp_path, line)
    assert (found.code, found.field) == (code, field)
    assert f"{field}: {told}" in found.line("en")
    for language in ("zh", "en"):  # plain words: no table, nothing of the checking library
        assert "{'" not in found.line(language)
        assert "value error" not in found.line(language).lower()
    if code.startswith("economics."):
        assert not re.search("[a-z]{3,} [a-z]{2,} ", found.message_zh)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [("profit", 0.5, "%"), ("marketing", 0.004, "share"), ("profit", 0, "%")],
)
def test_a_small_addition_that_is_meant_is_taken(name: str, value: float, unit: str):
    taken = economics(**{name: {"value": value, "unit": unit}}).inputs[name]
    assert taken.at("value") == pytest.approx(value / 100 if unit == "%" else value)


def test_a_tax_may_be_small_but_is_told():
    """A stamp duty is 0.05 %, but 0.08 may be 8 % as a plain share."""
    (found,) = check_economics(economics(sales_tax={"value": 0.08}), ["west"], {"file": "p.toml"})
    assert (found.code, found.severity) == ("economics.small-share", "warning")
    assert (found.file, found.field) == ("p.toml", "economics.sales_tax")
    assert "tax on value of 0.08 % looks like a plain share" in found.message
    assert "write 8 % if that is meant, or 0.0008 share" in found.mend
    meant = economics(sales_tax={"value": 0.0005, "unit": "share"})
    assert check_economics(meant, ["west"], {}) == []


def test_a_plan_names_its_currency(tmp_path: Path):
    line = 'construction = { value = 2500, unit = "CNY/m2", source = "x" }'
    (found,) = faults(tmp_path, line, plan=PLAN.replace('currency = "CNY"', ""))
    assert (found.field, found.message) == ("economics.currency", "field required (it is absent)")
    (found,) = faults(tmp_path, line, plan=PLAN.replace('"CNY"', '"元"'))
    assert found.field == "economics.currency"


def test_all_faults_are_told_at_once(tmp_path: Path):
    found = faults(tmp_path, WRONG["no area"][0], WRONG["no time"][0])
    assert [item.field for item in found] == ["economics.construction", "economics.rent"]


@pytest.mark.parametrize(
    ("unit", "amount"),
    [
        ("CNY/m2", 1.0),
        ("元/㎡", 1.0),
        ("RMB/m²", 1.0),
        ("CNY per m2", 1.0),
        ("元／平方米", 1.0),
        ("CNY/mu", 0.0015),
        ("万元/亩", 15.0),
        ("亿元/平方公里", None),
        ("亿元/km2", 100.0),
        ("million CNY/mu", 1_500.0),
        ("万元/公顷", 1.0),
        ("CNY/ft2", 1 / 0.3048**2),
    ],
)
def test_prices_of_land_are_converted(unit: str, amount: float | None):
    values = {"currency": "CNY", "land_cost": stated("land_cost", value=1, unit=unit)}
    if amount is None:
        with pytest.raises(ValueError, match="is no unit"):
            Economics.model_validate(values)
    else:
        price = Economics.model_validate(values).land_cost
        assert price is not None
        assert price.at("value") == pytest.approx(amount)


def test_shares_that_take_the_whole_value_are_said():
    table = economics(marketing={"value": 30}, sales_tax={"value": 30}, profit={"value": 60})
    (found,) = check_economics(table, ["west"], {"file": "plan.toml"})
    assert (found.code, found.file, found.field) == (
        "economics.takes-all",
        "plan.toml",
        "economics.profit",
    )
    assert "120.0%" in found.message
