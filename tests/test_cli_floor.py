"""The commands from land to floor space: their figures, their words, and what they refuse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import geo
from geo.plan.setting import Setting
from geo.whatif import what_if
from tests.makers import box, placed, write_plan
from tests.test_cli import QINGXI, called, landready
from tests.test_tables_floor import town

TOO_MUCH = 90_000_000_000


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of one parcel, without scenarios and economics."""
    land = placed(box(0, 0, 200, 100), parcel_id=["A"])
    return write_plan(tmp_path_factory.mktemp("bare"), land)


@pytest.fixture(scope="module")
def example() -> geo.Study:
    return geo.run(geo.read_plan(QINGXI))


def told(*words: str | Path) -> Any:
    code, text, error = called(*words, "--json")
    assert (code, error) == (0, "")
    return json.loads(text)


# -- the example -----------------------------------------------------------------------------------


def test_the_balance_of_the_example_is_that_of_the_study(example):
    figures = told("balance", QINGXI)
    assert figures["balance"] == geo.summary(example)["balance"]
    goal = {row["goal"]: row for row in figures["reach"]}["five-years"]
    assert goal["share_of_gross"] == pytest.approx(0.990, abs=5e-4)
    assert goal["usable_share"] == pytest.approx(0.806, abs=5e-4)
    assert goal["short_net_mu"] == pytest.approx(837, abs=1)


def test_scenarios_of_the_example_are_compared_as_asked(example):
    figures = told("scenarios", QINGXI, "--compare", "upgrade35, planned", "--by-parcel")
    rows = {row["scenario"]: row for row in figures["scenarios"]}
    assert list(rows) == ["upgrade35", "planned"]
    there = example.comparison.set_index("scenario").loc["upgrade35", "delta_m2"]
    assert rows["planned"]["delta_m2"] == pytest.approx(-there)
    assert len(figures["by_parcel"]) == 304


def test_five_million_square_metres_need_47_percent_of_the_example_at_35():
    figures = told("seek", QINGXI, "--floor", "5000000", "--scenario", "upgrade35")
    shares = {row["plot_ratio"]: row["net_share"] for row in figures["frontier"]}
    assert shares[3.5] == pytest.approx(0.471, abs=5e-4)
    assert figures["smallest_ratio"]["plot_ratio"] < 3.5
    fewest = figures["fewest_parcels"]
    assert fewest["reached"]
    assert fewest["number"] == len(fewest["parcels"]) > 0
    assert fewest["parcels"][-1]["cumulative_m2"] >= 5_000_000
    assert fewest["parcels"][-2]["cumulative_m2"] < 5_000_000


def test_the_economics_of_the_example_are_those_of_the_study(example):
    figures = told("economics", QINGXI)
    summary = geo.summary(example)
    assert figures["currency"] == "CNY"
    assert figures["economics"] == summary["economics"]
    assert figures["tornado"] == summary["tornado"]
    assert "by_parcel" not in figures


def test_what_if_answers_as_the_library_does(example):
    told_all = told("whatif", QINGXI, "--setting", '{"plot_ratio": 2.0, "gap_m": 20}')
    answer = what_if(example, Setting(plot_ratio=2.0, gap_m=20.0))
    assert told_all["setting"] == {"plot_ratio": 2.0, "gap_m": 20.0}
    assert [row["total_m2"] for row in told_all["floor"]] == answer.floor["total_m2"].tolist()
    assert [row["counted_mu"] for row in told_all["progress"]] == answer.progress[
        "counted_mu"
    ].tolist()
    assert len(told_all["blocks"]) == len(answer.blocks)


# -- words -----------------------------------------------------------------------------------------


def test_the_balance_is_printed_in_both_languages(plan):
    code, text, _ = called("balance", plan, "--lang", "zh")
    assert code == 0
    assert all(
        word in text for word in ("用地平衡", "河道", "净用地", "拆除重建", "八十亩", "30.00")
    )
    _, text, _ = called("balance", plan, "--lang", "en")
    assert all(word in text for word in ("Land balance", "River", "Net land", "Eighty mu"))


def test_parcels_are_listed_when_asked_for(plan):
    _, text, _ = called("scenarios", plan, "--lang", "en")
    assert "Difference by parcel" not in text
    _, text, _ = called("scenarios", plan, "--by-parcel", "--lang", "en")
    assert "Difference by parcel" in text
    assert "16,667" in text
    _, text, _ = called("economics", plan, "--by-parcel", "--lang", "zh")
    assert "各地块经济测算" in text


def test_what_if_is_printed_and_named_so(plan):
    code, text, _ = called("whatif", plan, "--setting", '{"plot_ratio": 1.0}', "--lang", "zh")
    assert code == 0
    assert "（假设）" in text
    assert "其中没有任何假设" not in text
    _, text, _ = called("whatif", plan, "--setting", "index.html#tab=land", "--lang", "zh")
    assert "其中没有任何假设" in text
    code, _, error = called("whatif", plan, "--setting", '{"plots": 1}', "--lang", "en")
    assert code == 2
    assert "setting, plots: the setting cannot be read" in error


def test_what_the_economics_lack_is_said_beside_them(plan):
    _, text, _ = called("economics", plan, "--lang", "en")
    assert "warning plan.toml, economics.compensation: compensation is not given" in text


def test_a_target_is_answered_in_plain_words(plan):
    code, text, _ = called("seek", plan, "--floor", "60,000", "--lang", "en")
    assert code == 0
    assert "target: 60,000 m² of total floor space; 90.00 mu gross, 50.00 mu net" in text
    assert "smallest uniform plot ratio 1.650: 2 parcels are rebuilt" in text
    assert "fewest parcels at the scenario's ratios: 2" in text


def test_the_smallest_ratio_that_is_shown_reaches_the_target(plan):
    """50 001 m² on 33 333 m² are 1.50003: at 1.500 a square metre would lack."""
    for language, words in (("en", "smallest uniform plot ratio"), ("zh", "最小统一容积率")):
        _, text, _ = called("seek", plan, "--floor", "55001", "--lang", language)
        assert f"{words} 1.501" in text


def test_a_target_of_added_floor_space_makes_up_for_what_is_demolished(plan):
    """10 000 m² of A come down: to add 50 000 m², 60 000 m² are built on 33 333 m²."""
    figures = told("seek", plan, "--floor", "50000", "--measure", "added")
    assert figures["smallest_ratio"]["plot_ratio"] == pytest.approx(1.8)


def test_a_target_out_of_reach_is_called_so_with_the_most_there_is(plan):
    asked = ("seek", plan, "--floor", str(TOO_MUCH), "--scenario", "high")
    code, text, _ = called(*asked, "--lang", "en")
    assert code == 0
    assert "out of reach for any uniform ratio: all 2 parcels at their caps give 88,333 m²" in text
    assert "out of reach at the scenario's ratios: all 2 parcels that gain give 88,333 m²" in text
    _, text, _ = called(*asked, "--lang", "zh")
    assert "任何统一容积率都达不到：2 个地块全部建到上限，最多 88,333 平方米" in text
    figures = told(*asked)
    assert figures["smallest_ratio"]["plot_ratio"] is None
    assert not figures["fewest_parcels"]["reached"]
    assert not any(row["reachable"] for row in figures["frontier"] if row["plot_ratio"] <= 5)


def test_a_target_that_stands_already_asks_for_no_ratio(plan):
    """15 000 m² stand; rebuilding everything at 0.3 would be a silly way to 10 000 m²."""
    code, text, _ = called("seek", plan, "--floor", "10000", "--lang", "en")
    assert code == 0
    assert "15,000 m² if nothing is rebuilt" in text
    assert "already reached with nothing rebuilt" in text
    assert "ratio" not in text
    _, text, _ = called("seek", plan, "--floor", "10000", "--lang", "zh")
    assert "一块都不重建也已达到目标" in text
    figures = told("seek", plan, "--floor", "10000")
    assert figures["already_reached"]
    assert figures["smallest_ratio"] is None
    assert (figures["fewest_parcels"]["reached"], figures["fewest_parcels"]["number"]) == (True, 0)
    assert not told("seek", plan, "--floor", "15001")["already_reached"]


def test_existing_floor_that_nobody_knows_is_not_out_of_reach(tmp_path):
    """30 mu at 2.0 are 40 000 m², whatever stood there; what that gains nobody knows."""
    land = placed(box(0, 0, 200, 100), parcel_id=["A"])
    scenario = '[[scenarios]]\nid = "two"\nname = "two"\nplot_ratio = 2.0\n'
    path = write_plan(tmp_path, land, tables=scenario)
    why = "existing floor is not known for 1 of 1 parcels: map existing_floor"
    _, text, _ = called("seek", path, "--floor", "1000", "--lang", "en")
    assert f"if nothing is rebuilt: not known ({why})" in text
    assert "smallest uniform plot ratio 0.050: 1 parcels are rebuilt" in text
    assert f"fewest parcels not computable: {why}" in text
    assert "out of reach" not in text
    _, text, _ = called("seek", path, "--floor", "1000", "--measure", "added", "--lang", "en")
    assert f"smallest uniform plot ratio not computable: {why}" in text
    assert "Frontier" not in text
    figures = told("seek", path, "--floor", "1000")
    assert (figures["base_m2"], figures["base_unknown"]) == (None, 1)
    assert figures["fewest_parcels"]["floor_unknown"] == 1


def test_another_date_is_asked_for_like_everywhere(plan):
    for words in (("balance",), ("scenarios",), ("seek", "--floor", "1"), ("economics",)):
        name, *rest = words
        assert told(name, plan, *rest, "--as-of", "2024-06-30")["as_of"] == "2024-06-30"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("scenarios", ("Scenarios compared", "Why scenarios differ", "Difference", "knowledge")),
        ("economics", ("Economics by floor space and land", "Investment", "Residual", "Output")),
    ],
)
def test_tables_fit_160_columns_and_break_no_word_of_a_heading(command, words):
    done = landready(command, QINGXI, "--lang", "en", COLUMNS="160")
    assert done.returncode == 0
    rows = [line for line in done.stdout.splitlines() if line[:1] in "┏┃┡│└"]
    assert max(map(len, rows)) <= 160
    headings = " ".join(line for line in rows if line.startswith("┃"))
    assert all(word in done.stdout for word in words[:1])
    assert all(re.search(rf"\b{word}\b", headings) for word in words if " " not in word)


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [("scenarios", "--compare", "low,hihg"), ("seek", "--floor", "1", "--scenario", "hihg")],
)
def test_a_scenario_that_is_not_there_is_told_with_a_hint(plan, words):
    name, *rest = words
    code, text, error = called(name, plan, *rest, "--lang", "en")
    assert (code, text) == (2, "")
    assert "plan.toml, scenarios: the plan has no scenario 'hihg'; did you mean 'high'?" in error
    assert "name one of these: low, high" in error
    assert "scenario.unknown" in error


@pytest.mark.parametrize("words", [("scenarios",), ("seek", "--floor", "1")])
def test_a_plan_without_scenarios_says_so(bare, words):
    name, *rest = words
    code, text, error = called(name, bare, *rest, "--lang", "en")
    assert (code, text) == (2, "")
    assert "plan.toml, scenarios: the plan has no scenario" in error
    assert "scenario.none" in error


def test_a_plan_without_economics_says_so(bare):
    code, text, error = called("economics", bare, "--lang", "zh")
    assert (code, text) == (2, "")
    assert "plan.toml" in error
    assert "计划没有经济参数" in error
    assert "economics.none" in error


def test_a_plan_without_goals_has_a_balance(bare):
    code, text, _ = called("balance", bare, "--lang", "en")
    assert code == 0
    assert "Land balance" in text
    assert "Land for the goals" not in text


@pytest.mark.parametrize("floor", ["0", "-5", "many", "nan", "inf", "1e20"])
def test_a_target_that_is_no_floor_space_is_refused(plan, floor):
    code, text, error = called("seek", plan, f"--floor={floor}", "--lang", "en")
    assert (code, text) == (2, "")
    assert "is no floor space: write it in m²" in error
