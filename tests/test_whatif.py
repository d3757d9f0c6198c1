"""What if: a setting that changes nothing, each one by hand, and what is refused."""

import re
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
from pydantic import ValidationError

import geo
from geo.errors import PlanError
from geo.plan.setting import Setting
from geo.whatif import changed_scenario, read_setting, setting_findings, what_if
from tests.makers import events, placed, rectangle, write_plan

GOALS = """
[contiguity]
gap_m = 10
compare_gaps_m = [40]
tiers_mu = [60]

[[goals]]
id = "g"
name = "g"
mu = 100
due = 2025-12-31
stage = "cleared"
min_block_mu = 40

[[scenarios]]
id = "two"
name = "two"
plot_ratio = 2
by_zone = { east = 3 }
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    """Four lots of 30 mu, 20 m apart: A and B in the west are cleared, C and D are signed."""
    shapes = [rectangle(220 * at, 0, 200, 100) for at in range(4)]
    land = placed(*shapes, parcel_id=list("ABCD"), zone=["west"] * 2 + ["east"] * 2)
    history = events(
        *((name, "2023-06-01", "cleared") for name in "AB"),
        *((name, "2023-06-01", "signed") for name in "CD"),
    )
    folder = tmp_path_factory.mktemp("town")
    return geo.run(geo.read_plan(write_plan(folder, land, history=history, tables=GOALS)))


def counted(study: geo.Study, **setting: object) -> tuple[float, float]:
    """The mu that count toward the goal, and those missing."""
    row = what_if(study, Setting(**setting)).progress.iloc[0]
    return round(row["counted_mu"], 6), round(row["gap_mu"], 6)


def total(study: geo.Study, zone: str = "", **setting: object) -> float:
    floor = what_if(study, Setting(**setting)).floor.set_index("zone")
    return float(floor["total_m2"][zone])


def test_the_example_without_a_change_is_the_study() -> None:
    study = geo.run(geo.read_plan(Path(__file__).parents[1] / "layers/qingxi/plan.toml"))
    now = study.progress[study.progress["date"] == study.plan.as_of].reset_index(drop=True)
    for scenario in study.plan.scenarios:
        answer = what_if(study, Setting(scenario=scenario.id))
        floor = study.floor[study.floor["scenario"] == scenario.id].reset_index(drop=True)
        pd.testing.assert_frame_equal(answer.floor, floor[answer.floor.columns], check_exact=True)
        pd.testing.assert_frame_equal(answer.tiers, study.tiers, check_exact=True)
        same = ["block", "land_m2", "parcels", "zones", "tier_mu", "share"]
        pd.testing.assert_frame_equal(
            pd.DataFrame(answer.blocks[same]), pd.DataFrame(study.blocks[same]), check_exact=True
        )
        columns = [name for name in answer.progress.columns if name in now.columns]
        pd.testing.assert_frame_equal(answer.progress[columns], now[columns], check_exact=True)


def test_a_gap_joins_what_lies_apart(town: geo.Study) -> None:
    """20 m apart, each lot is a block of 30 mu, too small for the goal; over 20 m two are 60."""
    assert counted(town) == (0.0, 100.0)
    assert counted(town, gap_m=20.0) == (60.0, 40.0)
    assert counted(town, gap_m=19.9) == (0.0, 100.0)


def test_another_stage_counts_more(town: geo.Study) -> None:
    answer = what_if(town, Setting(stage="signed", gap_m=20.0))
    assert round(answer.progress["counted_mu"].iloc[0], 6) == 120.0
    assert answer.tiers[["blocks", "land_mu"]].round(6).to_numpy().tolist() == [[1, 120]]


def test_a_parcel_is_taken_the_other_way(town: geo.Study) -> None:
    """C joins A and B; without B, A is too small alone."""
    assert counted(town, gap_m=20.0, toggled=["C"]) == (90.0, 10.0)
    assert counted(town, gap_m=20.0, toggled=["B"]) == (0.0, 100.0)
    turned = what_if(town, Setting(toggled=["B", "C"])).counts
    assert turned.tolist() == [True, False, True, False]


def test_ratios_and_hand_over_take_the_place_of_the_scenarios(town: geo.Study) -> None:
    """Two lots of 20 000 m² at 2, two in the east at 3."""
    assert total(town) == 200_000
    assert total(town, plot_ratio=1.0) == 160_000
    assert total(town, by_zone={"west": 1.0}) == 160_000
    assert total(town, by_zone={"east": 1.0}, handover_share=0.5) == 60_000
    assert total(town, "west", by_land_use={"1": 4.0}) == 80_000, "no zone states a ratio there"


def test_the_scenario_of_a_setting_is_one_that_a_plan_takes(town: geo.Study) -> None:
    scenario = changed_scenario(town.plan, Setting(plot_ratio=1.5, handover_share=0.2))
    assert (scenario.plot_ratio.likely, scenario.handover_share) == (1.5, 0.2)
    assert scenario.by_zone["east"].likely == 3


def test_what_is_not_there_is_refused(town: geo.Study) -> None:
    unknown = Setting(scenario="twoo", by_zone={"north": 1.0}, stage="clear", toggled=["E"])
    with pytest.raises(PlanError) as caught:
        what_if(town, unknown)
    assert [(item.code, item.field, item.seen) for item in caught.value.findings] == [
        ("whatif.unknown", "scenario", "twoo"),
        ("whatif.unknown", "by_zone", "north"),
        ("whatif.unknown", "stage", "clear"),
        ("whatif.unknown", "toggled", "E"),
    ]
    assert "did you mean 'two'?" in caught.value.findings[0].message
    assert {item.file for item in caught.value.findings} == {"plan.toml"}


def test_a_gap_wider_than_measured_is_refused(town: geo.Study) -> None:
    with pytest.raises(PlanError) as caught:
        what_if(town, Setting(gap_m=40.5))
    (found,) = caught.value.findings
    assert (found.code, found.field, found.seen) == ("whatif.gap", "gap_m", "40.5")
    assert "at most 40 m" in found.message


def test_a_setting_comes_from_json_or_from_a_link() -> None:
    setting = Setting(plot_ratio=3.0, toggled=["A 1"])
    text = setting.model_dump_json(exclude_defaults=True)
    assert read_setting(text) == setting
    assert read_setting(f"file:///C:/maps/index.html#lang=zh&whatif={quote(text)}") == setting
    assert read_setting("index.html#lang=zh") == Setting()
    assert read_setting("index.html#scenario=all&tab=land") == Setting(scenario="all")
    assert read_setting('{"toggled": ["A#1"]}') == Setting(toggled=["A#1"])
    assert read_setting('{"gap_m": 12.3456}').gap_m == 12.346, "the page has gaps in millimetres"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", ""),
        ("3.5", ""),
        ("i.html#whatif=", ""),
        ('{"scenario": ""}', "scenario"),
        ('{"plot_ratio": -1}', "plot_ratio"),
        ('{"plots": 1}', "plots"),
    ],
)
def test_a_setting_that_cannot_be_read_is_refused(text: str, field: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_setting(text)
    (found,) = caught.value.findings
    assert (found.code, found.file, found.field) == ("whatif.setting", "setting", field)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ('{"plot_ratio": 25}', "应不大于 20，现为 25", "less than or equal to 20, but it is 25"),
        ('{"plot_ratio": NaN}', "应为有限的数字，现为 nan", "a finite number, but it is nan"),
        ('{"plot_ratio": "3"}', "应为数字，现为 3", "a valid number, but it is 3"),
        ('{"by_zone": {"N": -1}}', "应不小于 0，现为 -1", "equal to 0, but it is -1"),
        ('{"toggled": "A"}', "应为列表，现为 A", "a valid array, but it is A"),
        ('{"scenario": ""}', '至少要有 1 个字，现为 ""', "at least 1 character"),
        ("i.html#whatif={", "不是完整的 JSON，现为 {", "invalid JSON"),
        ('{"plot_ratios": 1}', "没有这一项，现为 1", "'plot_ratio'"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said_in_either_language(
    text: str, zh: str, en: str
) -> None:
    with pytest.raises(PlanError) as caught:
        read_setting(text)
    (found,) = caught.value.findings
    assert zh in found.message_zh
    assert not re.search("should|input|equal", found.message_zh), "no English in Chinese words"
    assert en in found.message


def test_a_link_without_any_what_if_is_said() -> None:
    for link in ("index.html#lang=zh", "index.html#scenario=all&tab=land", "{}"):
        (found,) = setting_findings(read_setting(link))
        assert (found.code, found.severity) == ("whatif.unchanged", "info")
    assert setting_findings(Setting(gap_m=20)) == []


@pytest.mark.parametrize(
    "setting", [{"plot_ratio": -1.0}, {"handover_share": 1.5}, {"gap_m": -1.0}, {"plots": 1}]
)
def test_no_setting_is_out_of_range(setting: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Setting.model_validate(setting)
