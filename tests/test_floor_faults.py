"""What is doubtful about scenarios, and what their tables contradict."""

from pathlib import Path

import numpy as np
import pytest
from shapely import box

import geo
from geo.errors import PlanError
from geo.findings import Finding
from geo.floor.capacity import zone_floor
from geo.floor.checks import check_floor_space, check_scenarios, check_usable
from geo.plan import CapTable, Scenario
from tests.makers import (
    M2_PER_MU,
    cap_table,
    floor_of,
    parcels,
    placed,
    row,
    scenario,
    write_plan,
)

AT = {"file": "plan.toml"}


def doubts(
    table,
    stated: Scenario,
    caps: CapTable | None = None,
    members: dict[str, set[str]] | None = None,
) -> dict[str, Finding]:
    """The findings of a scenario by code, of which there is one each."""
    floor = floor_of(table, stated, caps)
    sums = zone_floor(table, floor)
    found = check_floor_space(table, floor, sums, stated, members or {}, AT)
    assert len({item.code for item in found}) == len(found)
    assert {item.file for item in found} <= {"plan.toml"}
    return {item.code: item for item in found}


def test_a_sound_scenario_is_not_doubted():
    table = parcels(*row([100] * 2), treatment=["rebuild", "retain"])
    assert doubts(table, scenario(plot_ratio=3.5), cap_table({"plot_ratio": 3.5})) == {}


def test_a_cap_that_contradicts_the_scenario():
    """Of 3.5 on a hectare and on two the cap takes 0.5: 15 000 m²; C is under another rule."""
    table = parcels(*row([100, 200, 100]), land_use=["1001", "1001", "0701"])
    stated = scenario(plot_ratio=3.5, caps="rules")
    found = doubts(table, stated, cap_table({"land_use": "10", "plot_ratio": 3.0}))
    item = found["scenario.capped"]
    assert (item.severity, item.parcel, item.field) == ("warning", "B", "scenarios.s")
    assert item.message == (
        "scenario s contradicts cap table rules: cap 10: 3.0 is below what it asks (here 3.50) "
        "for 2 parcels and cuts off 15,000 m²"
    )
    assert "削减 15,000 平方米" in item.message_zh
    assert item.area_m2 == 30_000
    assert list(found) == ["scenario.capped"]


def test_land_that_would_be_too_dense():
    """6.0 on the net hectare of two: 3.0 gross; on both it is 6.0 gross too."""
    table = parcels(*row([100] * 2), treatment=["rebuild", "road"], existing_floor_m2=0.0)
    item = doubts(table, scenario(plot_ratio=6))["scenario.dense"]
    assert (item.severity, item.parcel, item.seen) == ("warning", "A", "6.00")
    assert "plot ratio of net land" in item.message
    assert "above 5.0" in item.message
    dense = parcels(*row([100] * 2), zone=["west", "east"])
    stated = scenario(by_zone={"west": 4.5, "east": 3.0})
    item = doubts(dense, stated)["scenario.dense"]
    assert "the gross plot ratio of zone west is 4.50, above 4.0" in item.message
    assert "片区 west 毛容积率 4.50" in item.message_zh
    assert item.area_m2 == 10_000
    everywhere = scenario(plot_ratio=4.5)
    floor = floor_of(dense, everywhere)
    found = check_floor_space(dense, floor, zone_floor(dense, floor), everywhere, {}, AT)
    assert ["zone" in item.message for item in found] == [True, True, False]


def test_land_without_a_plot_ratio():
    """One hectare of four that are to be rebuilt has none; what is retained needs none."""
    table = parcels(
        *row([100] * 5),
        plot_ratio=[2, 2, 2, np.nan, np.nan],
        treatment=["rebuild"] * 4 + ["retain"],
    )
    item = doubts(table, scenario())["scenario.ratio-missing"]
    assert (item.severity, item.seen, item.field) == ("info", "1", "scenarios.s")
    assert "(25.0% of net land)" in item.message
    assert item.area_m2 == 15 * M2_PER_MU


def test_a_ratio_for_a_parcel_on_which_nothing_is_built():
    table = parcels(*row([100] * 2), treatment=["rebuild", "retain"])
    item = doubts(table, scenario(plot_ratio=2, by_parcel={"A": 3, "B": 3}))["scenario.not-built"]
    assert (item.parcel, item.field, item.seen) == ("B", "scenarios.s.by_parcel", "retain")
    assert item.area_m2 == 10_000


def test_much_that_comes_down_for_little_land():
    """Of hectares with 6000 m² of floor 900, 1000 and 90 m² are usable; the last is not rebuilt."""
    table = parcels(
        *row([100] * 4),
        net_m2=[900.0, 1_000.0, 90.0, 900.0],
        existing_floor_m2=6_000.0,
        treatment=["rebuild"] * 3 + ["upgrade"],
    )
    (item,) = check_usable(table, {"file": "parcels.gpkg", "layer": "land"}, AT)
    assert (item.code, item.severity) == ("scenario.little-usable", "warning")
    assert (item.file, item.layer, item.row, item.parcel) == ("parcels.gpkg", "land", 1, "A")
    assert (item.seen, item.area_m2) == ("900", 10_000)
    assert item.message == (
        "only 900 m² of it can be built on (9.0%), and rebuilding it demolishes 6,000 m² of floor "
        "space"
    )
    assert "只有 900 平方米可用（占 9.0%），却要拆除 6,000 平方米" in item.message_zh
    (item,) = check_usable(table.head(1).assign(existing_floor_m2=np.nan), {}, AT)
    assert "rebuilding it demolishes an unknown amount of floor space" in item.message
    assert "却要拆除未知数量的建筑" in item.message_zh
    half = table.head(1).assign(retained_m2=5_000.0)
    (item,) = check_usable(half, {"file": "parcels.gpkg"}, AT)
    assert "demolishes 3,000 m²" in item.message


def test_unknown_floor_on_land_that_no_share_of_net_land_shows():
    treatments = ["rebuild", "village", "retain", "road", "rebuild"]
    table = parcels(*row([100] * 5), treatment=treatments, existing_floor_m2=[np.nan] * 3 + [0, 0])
    (item,) = check_usable(table, {"file": "parcels.gpkg"}, AT)
    assert (item.code, item.severity) == ("scenario.floor-unknown", "info")
    assert (item.file, item.seen, item.area_m2) == ("plan.toml", "2", 20_000)
    assert "existing floor space is not known: 2;" in item.message


def test_a_phase_that_has_no_parcel():
    table = parcels(*row([100] * 2))
    phases = [{"year": 2025, "parcels": ["A", "B"]}, {"year": 2030}]
    item = doubts(table, scenario(plot_ratio=2, phases=phases))["scenario.phase-empty"]
    assert (item.seen, item.field) == ("2030", "scenarios.s.phases[1]")


@pytest.mark.parametrize(
    ("stated", "field", "said"),
    [
        ({"by_zone": {"wst": 3}}, "by_zone", "'wst' fits no parcel that counts, so its plot ratio"),
        ({"by_parcel": {"Z": 3}}, "by_parcel", "'Z' fits"),
        ({"by_treatment": {"extend": 3}}, "by_treatment", "'extend' fits"),
        ({"by_land_use": {"10": 2, "11": 3}}, "by_land_use", "'11' fits"),
        ({"phases": [{"year": 2025, "zones": ["wst"]}]}, "phases[0].zones", "its phase is not"),
        ({"phases": [{"year": 2025, "parcels": ["Z"]}]}, "phases[0].parcels", "its phase is not"),
    ],
)
def test_a_name_that_is_not_there(stated, field, said):
    (item,) = check_scenarios(parcels(*row([100])), [scenario(**stated)], [], AT)
    assert (item.code, item.field) == ("scenario.unmatched", f"scenarios.s.{field}")
    assert said in item.message


def test_a_cap_that_fits_no_parcel():
    """Rules name land uses that a town may not have; a zone that it has not is a slip."""
    rules = cap_table(
        {"land_use": "1001", "plot_ratio": 2},
        {"land_use": "1001", "over_ha": 900, "plot_ratio": 1},
        {"zone": "wets", "plot_ratio": 1},
        {"land_use": "M9", "plot_ratio": 1},
    )
    table = parcels(*row([100]))
    slip, unused = check_scenarios(table, [scenario(caps="rules")], [rules], AT)
    assert (slip.code, slip.severity) == ("scenario.unmatched", "warning")
    assert (slip.file, slip.field) == ("plan.toml", "cap_tables.rules.caps[2]")
    assert "so its cap is not used; did you mean 'west'?" in slip.message
    assert (unused.code, unused.severity) == ("scenario.cap-unused", "info")
    assert (unused.file, unused.field) == ("plan.toml", "cap_tables.rules.caps[3]")
    assert unused.message == "cap M9: 1.0 fits no parcel that counts"
    assert check_scenarios(table, [scenario()], [rules], AT) == []


# --- what a plan cannot say -------------------------------------------------------------------

TABLE = '[[cap_tables]]\nid = "{id}"\nname = "r"\nversion = "1"\nsource = "x"\ncaps = [{caps}]\n'
SCENARIO = '[[scenarios]]\nid = "s"\nname = "s"\nplot_ratio = 2\n'


def refused(folder: Path, tables: str) -> list[Finding]:
    path = write_plan(folder, placed(*row([100]), parcel_id=["A"]), tables=tables)
    with pytest.raises(PlanError) as caught:
        geo.read_plan(path)
    return caught.value.findings


def caps(text: str, name: str = "r") -> str:
    return TABLE.format(id=name, caps=text)


@pytest.mark.parametrize(
    ("tables", "field", "said"),
    [
        (
            caps('{ zone = "w", plot_ratio = 3 }, { zone = "w", plot_ratio = 2 }'),
            "cap_tables[0].caps[1].plot_ratio",
            "caps[0] says 3 of the same land (it is 2.0)",
        ),
        (
            caps(
                "{ height_m = 24, storey_m = 4, density = 0.4 }, "
                "{ height_m = 24, storey_m = 4, density = 0.5 }"
            ),
            "cap_tables[0].caps[1].density",
            "caps[0] says 0.4 of the same land (it is 0.5)",
        ),
        (
            caps("{ plot_ratio = 3 }") * 2,
            "cap_tables",
            "this id stands more than once (it is r)",
        ),
        (
            caps("{ plot_ratio = 3 }", "rules") + SCENARIO + 'caps = "rule"',
            "scenarios[0].caps",
            "'rule' is no cap table of this plan; did you mean 'rules'?",
        ),
        (
            SCENARIO + "by_block_mu = [{ from_mu = 75, plot_ratio = 2 }, "
            "{ from_mu = 75, plot_ratio = 3 }]",
            "scenarios[0].by_block_mu",
            "two plot ratios are stated from the same size on (it is 75)",
        ),
        (
            SCENARIO + 'phases = [{ year = 2025, programmes = ["p"] }]',
            "scenarios[0].phases[0].programmes",
            "'p' is no programme of this plan",
        ),
        (
            SCENARIO + 'phases = [{ year = 2025, parcels = ["A"] }, '
            '{ year = 2026, parcels = ["B", "A"] }]',
            "scenarios[0].phases[1].parcels",
            "phases[0] takes it already (it is A)",
        ),
        (
            SCENARIO + "phases = [{ year = 2025 }, { year = 2026 }]",
            "scenarios[0].phases[1]",
            "phases[0] takes it already (it is all that is left)",
        ),
    ],
)
def test_a_plan_that_contradicts_itself(tmp_path, tables, field, said):
    (item,) = refused(tmp_path, tables)
    assert item.code in ("plan.value", "plan.reference")
    assert (item.file, item.field) == ("plan.toml", field)
    assert said in item.message


def test_caps_of_two_kinds_for_the_same_land_hold_together(tmp_path):
    text = caps("{ plot_ratio = 3 }, { height_m = 24, storey_m = 4, density = 0.4 }")
    path = write_plan(tmp_path, placed(*row([100]), parcel_id=["A"]), tables=text)
    assert len(geo.read_plan(path).cap_tables[0].caps) == 2


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        ("350", "350 looks like a percentage: write 3.5"),
        ("{ low = 3, likely = 2, high = 4 }", "the range is reversed: low ≤ likely ≤ high"),
        ("{ low = 3, high = 4 }", "write a number, or all of low, likely and high"),
    ],
)
def test_a_plot_ratio_that_is_none(tmp_path, ratio, said):
    (item,) = refused(tmp_path, SCENARIO.replace("plot_ratio = 2", f"plot_ratio = {ratio}"))
    assert item.field == "scenarios[0].plot_ratio"
    assert said in item.message


# --- the whole study ---------------------------------------------------------------------------

WHOLE = """
[[programmes]]
id = "park"
name = "park"
parcels = ["A"]

[[scenarios]]
id = "two"
name = "two"
plot_ratio = 2

[[scenarios]]
id = "blocks"
name = "blocks"
plot_ratio = 2
by_block_mu = [{ from_mu = 45, plot_ratio = 4 }]
caps = "rules"
phases = [{ year = 2025, programmes = ["park"] }, { year = 2030 }]
"""


def test_a_study_has_every_table_of_floor_space(tmp_path):
    """A and B touch and make 45 mu, C lies a kilometre off: 4.0, capped at 3.0, on A and B."""
    shapes = [*row([100, 200]), *row([1000, 100], gap=100)[1:]]
    land = placed(*shapes, parcel_id=["A", "B", "C"], existing_floor=1_000)
    tables = caps("{ plot_ratio = 3 }", "rules") + WHOLE
    study = geo.run(geo.read_plan(write_plan(tmp_path, land, tables=tables)))
    total = study.parcel_floor.set_index(["scenario", "parcel_id"])["total_m2"]
    assert total["two"].tolist() == pytest.approx([20_000, 40_000, 20_000])
    assert total["blocks"].tolist() == pytest.approx([30_000, 60_000, 20_000])
    town = study.floor[study.floor["zone"] == ""].set_index("scenario")
    assert town["total_m2"].tolist() == pytest.approx([80_000, 110_000])
    assert town["cut_m2"].tolist() == pytest.approx([0, 30_000])
    treatments = study.floor_by_treatment.set_index(["scenario", "treatment"])["built_m2"]
    assert treatments["blocks", "rebuild"] == pytest.approx(110_000)
    years = study.phasing[study.phasing["zone"] == ""]
    assert years["scenario"].tolist() == ["blocks", "blocks"]
    assert years["year"].tolist() == [2025, 2030]
    assert years["cumulative_added_m2"].tolist() == pytest.approx([29_000, 107_000])
    assert study.comparison["delta_m2"].tolist() == pytest.approx([0, 30_000])
    causes = study.comparison.set_index("scenario").loc["blocks", ["by_ratio_m2", "by_cap_m2"]]
    assert causes.tolist() == pytest.approx([60_000, -30_000])
    assert study.comparison_by_parcel["delta_m2"].tolist() == pytest.approx([10_000, 20_000, 0])
    assert "scenario.capped" in {item.code for item in study.findings}


HELD = """
[[constraints]]
id = "held"
name = "held"
kind = "{kind}"
layer = {{ file = "held.gpkg" }}
"""


def test_a_parcel_of_little_use_is_told_once_for_all_scenarios(tmp_path):
    """Of A 1000 of 20 000 m² are usable, 50 m of V's unknown floor are village land."""
    shapes = row([200, 50])
    land = placed(*shapes, parcel_id=["A", "V"], treatment=["rebuild", "village"])
    land["existing_floor"] = [3_000.0, np.nan]
    placed(box(0, 0, 190, 100)).to_file(tmp_path / "held.gpkg")
    tables = caps("{ plot_ratio = 3 }", "rules") + WHOLE + HELD.format(kind="limiting")
    study = geo.run(geo.read_plan(write_plan(tmp_path, land, tables=tables)))
    found = [item for item in study.findings if item.code == "scenario.little-usable"]
    assert [(item.file, item.row, item.parcel) for item in found] == [("parcels.parquet", 1, "A")]
    assert [item.code for item in study.findings].count("scenario.floor-unknown") == 1
    retained = tables.replace('kind = "limiting"', 'kind = "retained"')
    study = geo.run(geo.read_plan(write_plan(tmp_path, land, tables=retained)))
    floor = study.parcel_floor[study.parcel_floor["parcel_id"] == "A"]
    assert floor["retained_m2"].tolist() == pytest.approx([2_850, 2_850])
    assert floor["total_m2"].tolist() == pytest.approx([4_850, 4_850])


def test_a_study_without_scenarios_has_their_columns(tmp_path):
    land = placed(*row([100]), parcel_id=["A"], treatment="village")
    study = geo.run(geo.read_plan(write_plan(tmp_path, land)))
    assert "scenario.floor-unknown" not in {item.code for item in study.findings}
    for table in (study.floor, study.parcel_floor, study.phasing, study.comparison_by_parcel):
        assert table.empty
        assert table.columns[0] == "scenario"
    assert "total_m2" in study.comparison.columns
