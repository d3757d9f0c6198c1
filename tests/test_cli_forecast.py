"""The command forecast: what it prints, in JSON and in words, what it writes, what it refuses."""

import json

import openpyxl
import pytest

from tests.makers import write_plan
from tests.test_cli_ledger import called, good
from tests.test_forecast import GOALS, land, paced, told


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    return paced(write_plan(folder, land(), history=told(1), tables=GOALS))


def forecast(plan, *words):
    return json.loads(good("forecast", plan, "--json", "--draws", "100", *words))


def test_the_answer_says_what_it_rests_on(plan):
    found = forecast(plan, "--seed", "7", "--no-backtest")
    assert (found["seed"], found["draws"]) == (7, 100)
    assert (found["as_of"], found["until"]) == ("2024-12-31", "2030-12-31")
    assert found["contiguity"] == {"mode": "practical", "gap_m": 30.0, "block_mu": 100.0}
    assert [row["goal"] for row in found["goals"]] == ["far", "near", "part", "kept", "missed"]
    assert len(found["parcels"]) == 3 * 24
    assert found["backtest"] is None
    assert 0 < found["goals"][1]["p_due"] < 1
    assert found["goals"][3]["p_due"] == 1
    assert {row["stage"] for row in found["stages"]} == {
        "survey",
        "signed",
        "demolished",
        "cleared",
    }
    assert set(found["sentences"][0]) == {"zh", "en"}


def test_unless_told_it_looks_back_too(plan):
    found = forecast(plan, "--seed", "1")
    assert found["backtest"]["few"]
    assert len(found["backtest"]["rows"]) == found["backtest"]["scores"][-1]["cases"] > 0
    assert sum(found["backtest"]["pit_histogram"]) == len(found["backtest"]["rows"])
    assert any("[forecast.few-origins]" in line for line in found["findings"])


def test_the_same_seed_prints_the_same_bytes_and_another_does_not(plan):
    words = ("forecast", plan, "--json", "--draws", "100")
    once, again, other = (good(*words, "--seed", seed) for seed in ("1", "1", "2"))
    assert once == again
    assert json.loads(other)["parcels"] != json.loads(once)["parcels"]


def test_numbers_that_are_not_known_are_null_in_json(plan):
    """Of what is past no land on the due date is told, and of what may never come no day."""
    text = good("forecast", plan, "--json", "--draws", "100", "--no-backtest")
    assert "NaN" not in text
    assert "NaT" not in text
    past = json.loads(text)["goals"][4]
    assert past["mu_p50"] is None


def test_all_tables_are_written_to_a_workbook(plan, tmp_path):
    to = tmp_path / "ahead.xlsx"
    text = good("forecast", plan, "--draws", "100", "--out", to)
    assert "ahead.xlsx" in text.splitlines()[-1]
    book = openpyxl.load_workbook(to, read_only=True)
    assert {"目标预测", "季度预测", "关键地块", "阶段工期", "共同速度"} < set(book.sheetnames)
    assert book["关键地块"].max_row >= 3 * 24


def test_the_same_is_said_in_both_languages(plan):
    words = ("forecast", plan, "--draws", "100", "--seed", "1", "--no-backtest")
    english, chinese = (good(*words, "--lang", lang) for lang in ("en", "zh"))
    assert "Forecast of the goals" in english
    assert "kept: was reached in time" in english
    assert "100 draws, seed 1; contiguous: gaps of up to 30 m" in english
    assert "目标预测" in chinese
    assert "kept：已按期达到" in chinese
    assert "100 次模拟，种子 1；连片：间距不超过 30 米" in chinese


def test_an_earlier_day_is_forecast_from(plan):
    found = forecast(plan, "--as-of", "2023-12-31", "--no-backtest")
    assert found["as_of"] == "2023-12-31"
    counted = {row["measure"]: row["p50"] for row in found["curves"] if row["date"] == "2023-12-31"}
    later = {row["measure"]: row["p50"] for row in forecast(plan, "--no-backtest")["curves"][::-1]}
    assert counted["goal:near"] <= later["goal:near"]
    assert found["goals"][3]["p_due"] == 1, "it is reached, though not due yet"


def refusal(*words):
    """The exit code is 2, nothing is on stdout; what stderr says."""
    code, text, told_ = called("forecast", *words)
    assert (code, text) == (2, "")
    assert "Traceback" not in told_
    return told_


def test_a_plan_without_goals_is_refused(tmp_path):
    path = paced(write_plan(tmp_path, land(1, 1)))
    for words in ((), ("--json",)):
        said = refusal(path, *words)
        assert "plan.toml, goals: the plan has no goal" in said
        assert "state one under [[goals]]" in said


def test_a_stage_without_a_duration_is_asked_for(tmp_path):
    path = write_plan(tmp_path, land(1, 1), tables=GOALS.partition('[[goals]]\nid = "part"')[0])
    said = refusal(path)
    assert "stage survey was never completed in the ledger" in said
    assert "give p50_months and p90_months" in said


@pytest.mark.parametrize("draws", ["99", "100001", "many"])
def test_draws_that_are_too_few_or_too_many_are_refused(plan, draws):
    assert "--draws" in refusal(plan, "--draws", draws)


def test_a_workbook_that_is_none_is_refused(plan, tmp_path):
    said = refusal(plan, "--draws", "100", "--no-backtest", "--out", tmp_path / "ahead.docx")
    assert "end the name in .xlsx" in said
    assert not (tmp_path / "ahead.docx").exists()
