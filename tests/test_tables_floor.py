"""The tables from land to floor space: they close, they compare, and they name what they show."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import geo
from geo.asked import compared, sought
from geo.tables import SHEET_IDS, sheets
from geo.tables.economics import tornado_sheet
from geo.tables.seeking import chosen_sheet, frontier_sheet
from geo.tables.sheet import Sheet, cells
from tests.makers import M2_PER_MU, box, placed, write_plan

QINGXI = Path(__file__).resolve().parents[1] / "layers" / "qingxi" / "plan.toml"

TABLES = """
[[constraints]]
id = "river"
name = { zh = "河道", en = "River" }
kind = "limiting"
layer = { file = "river.gpkg" }

[[cap_tables]]
id = "rules"
name = "rules"
version = "1"
source = "a rule"
caps = [{ plot_ratio = 2.5 }]

[[scenarios]]
id = "low"
name = { zh = "低", en = "Low" }
plot_ratio = 2.0

[[scenarios]]
id = "high"
name = { zh = "高", en = "High" }
plot_ratio = 3.0
caps = "rules"
phases = [{ year = 2030, parcels = ["A"] }]

[[goals]]
id = "most"
name = { zh = "八十亩", en = "Eighty mu" }
mu = 80
due = 2025-12-31
stage = "cleared"

[economics]
currency = "CNY"
scenario = "low"
land_cost = { value = 60, unit = "万元/亩", assumption = { zh = "示意", en = "illustrative" } }
construction = { value = 2500, low = 2000, high = 3000, unit = "CNY/m2", source = "a bid" }
"""


def town(folder: Path) -> Path:
    """A, B and C of 30 mu each; 10 mu of A are river, B is rebuilt whole, C is retained."""
    lots = [box(x, 0, x + 200, 100) for x in (0, 210, 420)]
    land = placed(
        *lots,
        parcel_id=["A", "B", "C"],
        treatment=["rebuild", "rebuild", "retain"],
        existing_floor=[10_000.0, 0.0, 5_000.0],
    )
    plan = write_plan(folder, land, tables=TABLES)
    water = placed(box(0, 0, 200 / 3, 100))
    gpd.GeoDataFrame(geometry=water.geometry).to_file(folder / "river.gpkg")
    return plan


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    return geo.run(geo.read_plan(town(tmp_path_factory.mktemp("town"))))


@pytest.fixture(scope="module")
def small(study: geo.Study) -> dict[str, Sheet]:
    return {sheet.id: sheet for sheet in sheets(study)}


@pytest.fixture(scope="module")
def qingxi() -> dict[str, Sheet]:
    return {sheet.id: sheet for sheet in sheets(geo.run(geo.read_plan(QINGXI)))}


def read(sheet: Sheet, lang: str = "en") -> list[list[str]]:
    """The rows of a table as people read them."""
    return [
        [sheet.shown(item, value)[lang] for item, value in zip(sheet.fields, row, strict=True)]
        for row in cells(sheet)
    ]


# -- the land balance ------------------------------------------------------------------------------


def test_the_balance_goes_from_gross_to_net_in_the_order_of_the_reasons(small):
    rows = {row[0]: row[1:] for row in read(small["balance"])}
    assert next(iter(rows)) == "Gross land"
    assert list(rows)[-1] == "Net land"
    assert rows["Gross land"] == ["90.00", "100.00%", "gross"]
    assert rows["retained land"] == ["30.00", "33.33%", "retained"]
    assert rows["River"] == ["10.00", "11.11%", "limiting"]
    assert rows["Net land"] == ["50.00", "55.56%", "net"]
    assert rows["public hand-over"] == ["0.00", "0.00%", "hand-over"]
    assert [row[0] for row in read(small["balance"], "zh")][-3:] == [
        "河道",
        "公共用地移交",
        "净用地",
    ]


def test_the_balance_of_the_example_closes_to_100_percent_in_every_column(qingxi):
    table = qingxi["balance"].frame.set_index("reason")
    for end in ("", "_luoma", "_changshantou"):
        gross, *parts = table[f"mu{end}"]
        assert sum(parts) == pytest.approx(gross, rel=1e-12)
        assert table[f"share{end}"].iloc[1:].sum() == pytest.approx(1, rel=1e-12)
    zones = table["mu_luoma"] + table["mu_changshantou"]
    assert zones.tolist() == pytest.approx(table["mu"].tolist())
    assert table.loc["net", "share"] == pytest.approx(0.806, abs=5e-4)


def test_treatments_say_which_of_them_frees_land(small, qingxi):
    rows = read(small["balance_treatment"])
    town = {row[1]: row[2:] for row in rows if row[0] == "Total"}
    assert town["demolish and rebuild"] == ["yes", "60.00", "66.67%", "10.00", "50.00", "83.3%"]
    assert town["retained"] == ["no", "30.00", "33.33%", "30.00", "0.00", "0.0%"]
    frame = qingxi["balance_treatment"].frame
    assert frame.groupby("zone")["share"].sum().tolist() == pytest.approx([1, 1, 1])
    net = qingxi["balance"].frame.set_index("reason").loc["net"]
    assert frame[frame["zone"] == ""]["net_mu"].sum() == pytest.approx(net["mu"])


def test_a_goal_that_net_land_cannot_meet_is_836_mu_short(small, qingxi):
    row = dict(zip((f.key for f in small["reach"].fields), read(small["reach"])[0], strict=True))
    assert (row["goal"], row["net_mu"], row["short_net_mu"]) == ("Eighty mu", "50.00", "30.00")
    assert (row["gross_mu"], row["short_gross_mu"]) == ("90.00", "0.00")
    table = qingxi["reach"].frame.set_index("goal")
    assert table.loc["five-years", "short_net_mu"] == pytest.approx(837, abs=1)
    assert table.loc["five-years", "share_of_gross"] == pytest.approx(4500 / 4545)
    assert table.loc["three-years", "short_net_mu"] == 0


def test_what_parcels_lose_stands_by_parcel_and_not_on_the_page(small):
    assert read(small["lost"], "zh") == [
        ["A", "全部地块", "", "拆除重建", "河道", "限制性", "6,666.67", "6,666.67"],
        ["C", "全部地块", "", "保留", "保留用地", "保留", "20,000.00", "20,000.00"],
    ]
    assert not small["lost"].on_page


# -- floor space -----------------------------------------------------------------------------------


def test_scenarios_stand_side_by_side_with_the_causes_of_their_difference(small):
    """50 mu are 33 333 m²: 66 667 m² at 2.0, and 83 333 m² at 3.0 that is capped at 2.5."""
    table = small["comparison"]
    rows = [dict(zip((f.key for f in table.fields), row, strict=True)) for row in read(table)]
    assert [row["total_m2"] for row in rows] == ["71,667", "88,333"]  # with the 5000 retained
    assert [row["cut_m2"] for row in rows] == ["0", "16,667"]
    assert [row["added_known_share"] for row in rows] == ["100.0%", "100.0%"]
    table = small["causes"]
    rows = [dict(zip((f.key for f in table.fields), row, strict=True)) for row in read(table)]
    assert [row["delta_m2"] for row in rows] == ["0", "16,667"]
    causes = ("by_ratio_m2", "by_cap_m2", "by_land_m2", "by_knowledge_m2")
    assert [rows[1][key] for key in causes] == ["33,333", "-16,667", "0", "0"]


def test_differences_by_parcel_add_up_to_those_of_the_town(qingxi):
    town = qingxi["comparison"].frame.set_index("scenario")
    parcels = qingxi["comparison_parcel"].frame
    for key in ("delta_m2", "by_ratio_m2", "by_cap_m2", "by_land_m2", "by_knowledge_m2"):
        sums = parcels.groupby("scenario")[key].sum()
        for scenario in ("upgrade35", "mixed", "range"):
            assert sums[scenario] == pytest.approx(town.loc[scenario, key], abs=1e-3)
    assert not qingxi["comparison_parcel"].on_page


def test_any_scenario_may_be_the_one_to_compare_with(study):
    table, parcels = compared(study, ["high", "low"])
    assert table["scenario"].tolist() == ["high", "low"]
    assert table["delta_m2"].tolist() == pytest.approx([0, -50_000 / 3])
    assert set(parcels["against"]) == {"high"}


def test_land_in_no_phase_says_so(small):
    rows = [row[:6] for row in read(small["phasing"]) if row[2] == "Total"]
    assert rows == [
        ["High", "2030", "Total", "1", "30.00", "10,000"],
        ["High", "in no phase", "Total", "1", "30.00", "0"],
    ]


def test_floor_by_treatment_adds_up_to_the_town(qingxi):
    table = qingxi["floor_treatment"].frame
    for scenario, rows in table.groupby("scenario"):
        town, parts = rows[rows["treatment"] == ""], rows[rows["treatment"] != ""]
        for key in ("total_m2", "built_m2", "cut_m2"):
            assert parts[key].sum() == pytest.approx(town[key].item()), (scenario, key)


def test_low_and_high_stand_about_the_likely(qingxi):
    floor = qingxi["floor"].frame.set_index("scenario")
    assert (floor["total_low_m2"] <= floor["total_m2"]).all()
    assert (floor["total_m2"] <= floor["total_high_m2"]).all()
    wide = floor.loc["range"]
    assert (wide["total_low_m2"] < wide["total_m2"]).all()


# -- a target --------------------------------------------------------------------------------------


def test_a_target_is_sought_within_the_caps_of_the_scenario(study):
    """33 333 m² of net land at 2.5 give 83 333 m², and 5000 are retained: no more than 88 333."""
    low, high = (sought(study, 88_000, scenario=name) for name in ("low", "high"))
    assert low.smallest.plot_ratio == pytest.approx(83_000 / (50 * M2_PER_MU))
    assert high.smallest.plot_ratio == pytest.approx(low.smallest.plot_ratio)
    beyond = sought(study, 90_000, scenario="high")
    assert beyond.smallest.plot_ratio is None
    assert beyond.smallest.most_m2 == pytest.approx(88_333.333, abs=0.001)
    assert sought(study, 90_000, scenario="low").smallest.plot_ratio > 2.5


def test_the_frontier_says_what_present_net_land_suffices_for(study):
    rows = read(frontier_sheet(sought(study, 60_000)))
    assert "caps are not in it" in frontier_sheet(sought(study, 60_000)).note.en
    assert ["1.00", "100.0%", "yes", "no"] in rows
    assert ["2.00", "50.0%", "yes", "yes"] in rows
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_the_fewest_parcels_are_listed_with_the_floor_so_far(study):
    """10 000 + 5000 m² stand; B of 30 mu gains 40 000 m² at 2.0, A of 20 mu net 16 667."""
    found = sought(study, 60_000, scenario="low")
    assert read(chosen_sheet(found)) == [["B", "40,000", "55,000"], ["A", "16,667", "71,667"]]


# -- economics -------------------------------------------------------------------------------------


def test_the_economics_are_in_millions_and_name_their_scenario(small):
    sheet = small["economics"]
    rows = {
        row[1]: dict(zip((f.key for f in sheet.fields), row, strict=True)) for row in read(sheet)
    }
    town = rows["Total"]
    assert (town["level"], town["parcels"], town["land_mu"]) == ("all", "2", "60.00")
    assert town["built_m2"] == "66,667"
    assert town["residual_million"] == "—"  # the plan gives no price, which is not nought
    assert "Scenario: Low" in sheet.note.en


def test_zones_that_stand_at_ends_of_their_own_are_told_beside_their_input(tmp_path):
    """A and B are in the west, where construction may cost 6000: more than the general 3000."""
    path = town(tmp_path)
    figures = 'value = 5000, low = 4000, high = 6000, unit = "CNY/m2", source = "another"'
    own = f'source = "a bid", by_zone = {{ west = {{ {figures} }} }} }}'
    text = path.read_text("utf-8").replace('source = "a bid" }', own)
    path.write_text(text, "utf-8")
    study = geo.run(geo.read_plan(path))
    bars = tornado_sheet(replace(study, tornado=study.tornado.assign(swing=1.0)))
    (row,) = read(bars)
    assert row[:4] == ["construction (by zone)", "2,000.00", "2,500.00", "3,000.00"]
    assert read(bars, "zh")[0][0] == "建安成本（分片区）"
    assert "move between their own ends" in bars.note.en
    assert "分片区：" in bars.note.zh
    plain = town(tmp_path / "plain")
    assert geo.run(geo.read_plan(plain)).tornado["by_zone"].tolist() == [False]


def test_every_input_of_the_economics_says_where_it_comes_from(small):
    rows = read(small["economics_inputs"])
    assert [row[0] for row in rows] == ["land cost", "construction"]
    assert rows[0][-2:] == ["", "Assumption: illustrative"]
    assert rows[1][2:-1] == ["2,000.00", "2,500.00", "3,000.00", "CNY/m2", "Source: a bid"]
    assert read(small["economics_inputs"], "zh")[0][-1] == "假设：示意"


def test_the_example_has_the_whole_economics(qingxi):
    town = qingxi["economics"].frame.iloc[0]
    assert town["investment_million"] * 1e6 == town["investment"]
    assert town["investment_per_floor"] == pytest.approx(town["investment"] / town["built_m2"])
    rates = qingxi["economics_rates"].frame.iloc[0]
    assert rates["investment_per_mu_million"] * town["land_mu"] == pytest.approx(
        town["investment_million"]
    )
    swings = qingxi["tornado"].frame["swing"]
    assert (swings > 0).all()
    assert swings.is_monotonic_decreasing
    assert not qingxi["economics_parcel"].on_page
    inputs = qingxi["economics_inputs"].frame
    assert ((inputs["source"] != "") | (inputs["assumption"] != "")).all()


# -- all of them -----------------------------------------------------------------------------------


def test_every_table_is_known_by_its_id(qingxi, small):
    assert set(qingxi) <= set(SHEET_IDS)
    assert set(SHEET_IDS) - set(qingxi) <= {"aside"}
    assert [name for name in SHEET_IDS if name in small] == list(small)


def test_terrain_and_land_cover_stand_by_parcel_and_not_on_the_page(qingxi):
    for name in ("terrain", "land_cover"):
        assert len(qingxi[name].frame) == 304
        assert not qingxi[name].on_page


def test_a_plan_of_land_alone_has_no_table_of_scenarios_or_economics(tmp_path):
    land = placed(box(0, 0, 200, 100), parcel_id=["A"])
    made = {sheet.id for sheet in sheets(geo.run(geo.read_plan(write_plan(tmp_path, land))))}
    assert {"balance", "balance_treatment"} <= made
    assert not made & {"comparison", "floor", "phasing", "economics", "tornado", "economics_inputs"}
    assert not made & {"lost", "terrain", "land_cover", "economics_parcel", "claims", "reach"}


def test_the_summary_has_them_too(study):
    figures = geo.summary(study)
    net = [row for row in figures["balance"] if row["reason"] == "net" and row["zone"] == ""]
    assert net[0]["area_m2"] / M2_PER_MU == pytest.approx(50)
    assert figures["reach"][0]["short_net_mu"] == pytest.approx(30)
    assert [row["scenario"] for row in figures["comparison"]] == ["low", "high"]
    assert {row["year"] for row in figures["phasing"]} == {2030, None}
    assert figures["economics"][0]["residual"] is None
    assert figures["floor_m2"] == {
        row["scenario"]: row["total_m2"]
        for row in pd.DataFrame(figures["floor"]).to_dict("records")
        if row["zone"] == ""
    }
