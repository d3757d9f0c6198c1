"""The commands sequence and select, and what build publishes of a plan of record."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

import geo
from geo.errors import PlanError
from geo.sequence.answer import solved
from geo.sequence.lots import Stop
from geo.sequence.terms import Schedule
from tests.makers import STAGES, events, placed, rectangle, write_plan
from tests.sequenced import COSTS, GOAL, SEQUENCE, sequenced
from tests.test_cli import CHINESE, ROOT, called

QUICK = ("--seed", "1", "--time-limit", "20")
PLAIN = (*QUICK, "--no-stress")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sequenced(tmp_path_factory.mktemp("town"))


def told(*words: str | Path) -> Any:
    code, text, error = called(*words, "--json")
    assert (code, error) == (0, "")
    return json.loads(text, parse_constant=pytest.fail)  # NaN is no JSON


def refused(*words: str | Path, lang: str = "en") -> str:
    """What a command that cannot go on says on stderr, in one line."""
    code, text, error = called(*words, "--lang", lang)
    assert (code, text) == (2, "")
    return " ".join(error.split())


# -- sequence --------------------------------------------------------------------------------------


def test_an_answer_carries_all_that_it_rests_on(plan):
    figures = told("sequence", plan, *PLAIN)
    facts = {name: figures[name] for name in ("as_of", "goal", "currency", "seed", "status")}
    assert facts == {
        "as_of": "2024-12-31",
        "goal": "all",
        "currency": "CNY",
        "seed": 1,
        "status": "optimal",
    }
    assert figures["contiguity"] == {"mode": "practical", "gap_m": 30.0, "block_mu": 60.0}
    assert figures["mu_years"] == pytest.approx(390)
    assert figures["bound"] == pytest.approx(390)
    assert figures["gap"] == pytest.approx(0, abs=1e-6)
    assert [row["year"] for row in figures["years"]] == [2025, 2026, 2027]
    assert len(figures["quarters"]) == 12
    assert sum(row["cost"] for row in figures["parcels"]) == sum(
        row["cost"] for row in figures["years"]
    )
    assert figures["stress"] is None
    assert figures["budgets"] == figures["findings"] == []


def test_the_seed_is_the_plans_unless_it_is_given(plan):
    assert told("sequence", plan, "--time-limit", "20", "--no-stress")["seed"] == 1
    assert told("sequence", plan, "--time-limit", "20", "--no-stress", "--seed", "9")["seed"] == 9


def test_the_same_seed_is_the_same_answer(plan):
    """But for the time that it took."""
    one, other = (told("sequence", plan, *QUICK, "--budget", "2") for _ in range(2))
    for figures in (one, other):
        del figures["seconds"], figures["budgets"][0]["seconds"]
    assert one == other


def test_stress_is_told_with_its_draws_and_another_seed(plan):
    stress = told("sequence", plan, *QUICK)["stress"]
    assert stress["draws"] == 2000
    assert stress["seed"] != 1
    (aim,) = stress["aims"]
    assert (aim["aim"], aim["date"]) == ("all", "2027-12-31")
    assert 0 <= aim["p"] <= 1
    assert {row["forced"] for row in stress["forced"]} <= {"in", "out"}
    assert all(row["mu_lost"] >= 0 for row in stress["refusals"])


def test_more_money_starts_the_same_parcels_no_later(plan):
    figures = told("sequence", plan, *PLAIN, "--budget", "1.5", "--budget", "0.5")
    less, more = figures["budgets"]
    assert (less["factor"], more["factor"]) == (0.5, 1.5)
    assert [row["budget"] for row in less["years"]] == [20, 20, 20]
    early = {row["parcel_id"]: row["start"] for row in more["parcels"]}
    assert all(early[row["parcel_id"]][:4] <= row["start"][:4] for row in less["parcels"])
    assert less["mu_years"] < figures["mu_years"] < more["mu_years"]
    assert all(one["gap"] is not None and one["seed"] == 1 for one in (less, more))


def test_a_table_for_people_in_either_language(plan):
    code, text, _ = called("sequence", plan, *QUICK, "--budget", "2", "--lang", "en")
    assert code == 0
    assert "390 mu-years in blocks at the ends of years" in text
    assert "Whose refusal hurts most" in text
    assert "Less or more money" in text
    assert not CHINESE.search(text)
    _, text, _ = called("sequence", plan, *PLAIN, "--lang", "zh")
    assert "各年底连片合计 390 亩·年" in text


def test_the_surer_plan_is_the_one_that_is_written(plan, tmp_path):
    out = tmp_path / "surer.csv"
    figures = told("sequence", plan, *QUICK, "--surer", "--no-stress", "--out", out)
    assert figures["stress"]["swaps"] >= 0
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert [row["parcel_id"] for row in rows] == [row["parcel_id"] for row in figures["parcels"]]


# -- what is written -------------------------------------------------------------------------------


def test_a_workbook_has_the_tables_the_gantt_and_the_curve(plan, tmp_path):
    out = tmp_path / "new" / "x.xlsx"
    figures = told("sequence", plan, *QUICK, "--out", out)
    book = load_workbook(out)
    assert book.sheetnames[:3] == ["分年排期", "分季排期", "地块排期"]
    assert book.sheetnames[-2:] == ["排期甘特图", "S曲线"]
    assert "排期压力测试" in book.sheetnames
    gantt = book["排期甘特图"]
    ids = [gantt.cell(row, 1).value for row in range(2, gantt.max_row + 1)]
    assert ids == [row["parcel_id"] for row in figures["parcels"]]
    assert any(cell.fill.fill_type for cell in gantt[2][2:])
    assert len(book["S曲线"]._charts) == 1


def test_a_file_that_is_no_table_is_refused_before_anything_is_sought(plan, tmp_path):
    begun = time.monotonic()
    words = refused("sequence", plan, "--time-limit", "60", "--out", tmp_path / "x.txt")
    assert "sequence.format" in words
    assert "x.txt" in words
    assert ".csv, .xlsx" in words
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("name", ["costs.csv", "events.csv"])
def test_no_table_that_the_plan_is_made_of_is_overwritten(plan, name):
    before, begun = (plan.parent / name).read_bytes(), time.monotonic()
    words = refused("sequence", plan, "--gap", "0", "--out", plan.parent / name)
    assert time.monotonic() - begun < 20  # nothing was sought
    assert "[write.own-input]" in words
    assert name in words
    assert (plan.parent / name).read_bytes() == before


def test_the_plan_of_record_is_the_one_file_of_its_own_that_is_written_anew(tmp_path):
    stated = SEQUENCE.replace("[sequence]", '[sequence]\nfile = "record.csv"')
    path = sequenced(tmp_path, stated)
    (tmp_path / "record.csv").write_text("parcel_id,start,ready\nB,2027Q1,\n", "utf-8")
    figures = told("sequence", path, *PLAIN, "--out", tmp_path / "record.csv")
    rows = list(csv.DictReader((tmp_path / "record.csv").read_text("utf-8-sig").splitlines()))
    assert [row["parcel_id"] for row in rows] == [row["parcel_id"] for row in figures["parcels"]]
    assert rows[0]["start"] == figures["parcels"][0]["start"][:10]


# -- what cannot be --------------------------------------------------------------------------------


def test_a_milestone_out_of_reach_is_told_with_what_is_within(tmp_path):
    """40 pay for B, C and D in 2025: 120 mu with A. E takes 15 months, so 150 are 30 too many."""
    stated = SEQUENCE + "milestones = [{ year = 2025, mu = 150 }]\n"
    path = sequenced(tmp_path, stated)
    words = refused("sequence", path, *PLAIN)
    assert "150.00 mu in blocks are asked for by the end of 2025" in words
    assert "at most 120.00 mu can be had, 30.00 mu too few" in words
    assert "lower this milestone to at most 120.00 mu" in words
    assert "[sequence.milestone]" in words
    assert not CHINESE.search(words)
    words = refused("sequence", path, *PLAIN, lang="zh")
    assert "要求到 2025 年底连片 150.00 亩，其他条件下最多 120.00 亩，至少差 30.00 亩" in words
    nearest = path.read_text("utf-8").replace("mu = 150 }]", "mu = 120 }]")
    path.write_text(nearest, "utf-8")
    assert told("sequence", path, *PLAIN)["years"][0]["in_blocks_mu"] == pytest.approx(120)


def test_a_budget_that_is_too_small_is_told_by_how_much(tmp_path):
    """90 mu by the end of 2025 need B and C, 20 of 15."""
    stated = SEQUENCE.replace("[40]", "[15]") + "milestones = [{ year = 2025, mu = 90 }]\n"
    words = refused("sequence", sequenced(tmp_path, stated), *PLAIN)
    assert "the other terms need at least 5 more than the budgets of all years (2025: 5)" in words
    assert "[sequence.budget]" in words


def test_parcels_that_wait_for_each_other_are_named(tmp_path):
    stated = SEQUENCE + 'before = [["B", "C"], ["C", "B"]]\n'
    words = refused("sequence", sequenced(tmp_path, stated), *PLAIN)
    assert "[sequence.cycle]" in words


def test_missing_costs_are_asked_for(tmp_path):
    costs = COSTS.replace("D,20", "D,").replace("E,20", "E,-3")
    words = refused("sequence", sequenced(tmp_path, costs=costs), *PLAIN)
    assert "costs.csv, row 5, parcel D, cost: parcel D has no usable cost (—)" in words
    assert "costs.csv, row 6, parcel E, cost: parcel E has no usable cost (-3)" in words


def test_a_plan_without_terms_is_told_what_to_state(tmp_path):
    path = sequenced(tmp_path, "")
    for words in (("sequence",), ("select", "--mu", "60")):
        assert "[sequence.none]" in refused(words[0], path, *words[1:])


FAULTS = {
    "budget has 2 numbers: give one, or one for each of the 5 years": (
        "sequence",
        "budget = [1, 2]\nyears = 5",
    ),
    "locked in and out at once: B": (
        "sequence",
        'budget = [1]\nlocked_in = ["B"]\nlocked_out = ["B", "C"]',
    ),
    "the years of the sequence are 2025 to 2027": (
        "sequence.milestones[1].year",
        "budget = [1]\nyears = 3\nmilestones = [{ year = 2027, mu = 1 }, { year = 2028, mu = 1 }]",
    ),
    "'al' is no goal": ("sequence.goal", 'budget = [1]\ngoal = "al"'),
    "'cleard' is no stage": ("sequence.crews", "budget = [1]\ncrews = { cleard = 2 }"),
    "costs are those of [economics], and the plan has none": (
        "sequence.costs",
        'budget = [1]\ncosts = "economics"',
    ),
}


@pytest.mark.parametrize("problem", FAULTS)
def test_a_fault_of_the_terms_is_told_with_its_field(tmp_path, problem):
    field, terms = FAULTS[problem]
    costs = "" if "costs" in terms else 'costs = { file = "costs.csv" }\n'
    path = sequenced(tmp_path, f"[sequence]\n{costs}{terms}\n")
    with pytest.raises(PlanError) as caught:
        geo.read_plan(path)
    (item,) = caught.value.findings
    assert (item.file, item.field) == ("plan.toml", field)
    assert problem in item.message


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("sequence.years", "budget = [1]\nyears = 0"),
        ("sequence.years", "budget = [1]\nyears = 16"),
        ("sequence.budget", "budget = []"),
        ("sequence.budget[1]", "budget = [1, -2]\nyears = 2"),
        ("sequence.block_mu", "budget = [1]\nblock_mu = 0"),
        ("sequence.crews.signed", "budget = [1]\ncrews = { signed = 0 }"),
        ("sequence.together[0]", 'budget = [1]\ntogether = [["B"]]'),
        ("sequence.budgets", "budget = [1]\nbudgets = [2]"),
    ],
)
def test_a_number_that_no_term_can_be_is_told_with_its_field(tmp_path, field, terms):
    path = sequenced(tmp_path, f'[sequence]\ncosts = {{ file = "costs.csv" }}\n{terms}\n')
    with pytest.raises(PlanError) as caught:
        geo.read_plan(path)
    assert [item.field for item in caught.value.findings] == [field]


# -- select ----------------------------------------------------------------------------------------


def test_land_to_choose_carries_what_it_rests_on_and_the_cheapest_is_first(plan):
    figures = told("select", plan, "--mu", "60", *QUICK, "--without", "A")
    assert figures["as_of"] == "2024-12-31"
    assert figures["contiguity"] == {"mode": "practical", "gap_m": 30.0}
    costs = [item["cost"] for item in figures["selections"]]
    assert costs == sorted(costs)
    first = figures["selections"][0]
    assert (first["parcels"], first["cost"], first["seed"]) == (["B", "C"], 20, 1)
    assert first["land_mu"] == pytest.approx(60)
    assert first["bound"] <= first["total"] * (1 + 1e-9)
    assert 0 <= first["gap"] <= 0.001


def test_parcels_are_taken_and_left_as_asked(plan):
    words = ("select", plan, "--mu", "60", "--shape", "0", *QUICK)
    (one,) = told(*words, "--with", "D")["selections"]
    assert "D" in one["parcels"]
    (one,) = told(*words, "--without", "B", "--without", "A")["selections"]
    assert one["parcels"] == ["C", "D"]
    (one,) = told(*words, "--blocks", "30", "--anchor", "E", "--anchor", "F")["selections"]
    assert one["parcels"] == ["E", "F"]


def test_what_is_odd_of_the_costs_is_told_by_both_commands(tmp_path):
    path = sequenced(tmp_path, costs=f"{COSTS}Z9,4\n")
    for words in (("sequence", path, *PLAIN), ("select", path, "--mu", "60", *QUICK)):
        (line,) = told(*words)["findings"]
        assert "costs.csv, row 8, parcel Z9" in line
        assert "[sequence.unknown-cost]" in line
        assert "[sequence.unknown-cost]" in called(*words, "--lang", "en")[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--with", "Z9"), "sequence.unknown-parcel"),
        (("--with", "B", "--without", "B"), "sequence.lock-clash"),
        (("--most-cost", "10"), "sequence.no-floor"),
        (("--mu", "181"), "sequence.unreachable"),
    ],
)
def test_land_that_cannot_be_chosen_is_refused(plan, words, code):
    assert f"[{code}]" in refused("select", plan, "--mu", "60", *QUICK, *words)


def test_a_choice_is_listed_for_people(plan):
    code, text, _ = called("select", plan, "--mu", "60", *QUICK, "--lang", "en")
    assert code == 0
    assert "Cost against shape" in text
    assert not CHINESE.search(text)


# -- Ctrl-C ----------------------------------------------------------------------------------------


DRIVER = """
import contextlib, sys
import geo.cli.sequence
from geo.cli import main

searching = geo.cli.sequence.searching

@contextlib.contextmanager
def told(*words, **more):
    with searching(*words, **more) as watch:
        print("searching", file=sys.stderr, flush=True)
        yield watch

geo.cli.sequence.searching = told
main()
"""


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chessboard of 100 parcels at all prices: nobody proves the best plan in seconds."""
    random, folder = np.random.default_rng(3), tmp_path_factory.mktemp("hard")
    shapes = [rectangle(200.0 * x, 100.0 * y, 200, 100) for x in range(10) for y in range(10)]
    ids = [f"P{at:03}" for at in range(100)]
    sequence = SEQUENCE.replace("[40]", "[211]").replace("years = 3", "years = 6")
    facts = events(("P000", "2024-06-30", STAGES[0]))
    path = write_plan(folder, placed(*shapes, parcel_id=ids), history=facts, tables=GOAL + sequence)
    text = re.sub(
        r'(name = "(survey|signed|demolished|cleared)")',
        r"\1\np50_months = 4",
        path.read_text("utf-8"),
    )
    path.write_text(text, "utf-8")
    rows = [f"{name},{cost}" for name, cost in zip(ids, random.integers(11, 97, 100), strict=True)]
    (folder / "costs.csv").write_text("\n".join(["parcel_id,cost", *rows]), "utf-8")
    return path


def begun(*words: str | Path) -> subprocess.Popen[str]:
    """A command in a process of its own, which has begun to search."""
    run = subprocess.Popen(
        [sys.executable, "-c", DRIVER, *map(str, words), "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        start_new_session=True,
    )
    assert run.stderr is not None
    assert run.stderr.readline() == "searching\n"
    return run


@pytest.mark.parametrize("words", [("sequence", "--no-stress"), ("select", "--mu", "900")])
def test_ctrl_c_takes_the_best_so_far(hard, words):
    """A terminal tells all processes of the command; of several selections one may be proven."""
    with begun(words[0], hard, *words[1:], "--time-limit", "300", "--gap", "0", "--json") as run:
        time.sleep(1)
        os.killpg(run.pid, signal.SIGINT)
        text, error = run.communicate(timeout=90)
    assert run.returncode == 0
    assert set(error.split()) <= {"searching"}  # the driver says so, once for each search
    figures = json.loads(text)
    found = [figures] if words[0] == "sequence" else figures["selections"]
    assert found[-1]["seconds"] < 90
    stopped = [one for one in found if one["status"] == "stopped"]
    assert stopped
    assert all(one["bound"] is not None for one in stopped)
    assert all(one["gap"] != 0 for one in stopped)  # None: nothing was found so soon


def test_ctrl_c_ends_one_search_and_not_the_next(plan, monkeypatch):
    def interrupted(*words: Any, stop: Stop, **more: Any) -> Schedule:
        signal.raise_signal(signal.SIGINT)
        return solved(*words, stop=stop, **more)

    monkeypatch.setattr("geo.cli.sequence.solved", interrupted)
    figures = told("sequence", plan, *PLAIN, "--budget", "1")
    assert figures["status"] == "stopped"
    assert figures["bound"] is not None
    (same,) = figures["budgets"]
    assert same["status"] == "optimal"
    assert same["mu_years"] == pytest.approx(390)


def test_ctrl_c_twice_ends_the_command(plan, monkeypatch):
    """The first is heard by the search, which here goes on all the same."""
    heard = []

    def deaf(*_: Any, stop: Stop, **__: Any) -> None:
        for _ in range(2):
            heard.append(stop())
            signal.raise_signal(signal.SIGINT)
        heard.append(stop())

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("geo.cli.sequence.solved", deaf)
    code, text, error = called("sequence", plan, *PLAIN, "--json")
    assert heard == [False, True]
    assert code not in (0, 2)
    assert text == ""
    assert "Traceback" not in error
    assert signal.getsignal(signal.SIGINT) is before


# -- build -----------------------------------------------------------------------------------------


RECORD = "parcel_id,start,ready\nB,2025-01-01,2025-03-31\nC,2025-01-01,2025-06-30\n"
AHEAD = "[forecast]\ndraws = 100\nyears = 4\n"


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stated = SEQUENCE.replace("[sequence]", f'{AHEAD}\n[sequence]\nfile = "record.csv"')
    path = sequenced(tmp_path_factory.mktemp("ahead"), stated)
    (path.parent / "record.csv").write_text(RECORD, "utf-8")
    return path


@pytest.fixture(scope="module")
def built(ahead: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What build wrote of it, the second time into the same folder."""
    out = tmp_path_factory.mktemp("built") / "out"
    for _ in range(2):
        assert called("build", ahead, "--out", out)[0] == 0
    return out


def test_build_publishes_the_forecast_and_the_plan_of_record(built):
    book = load_workbook(built / "tables.xlsx")
    assert {"分年排期", "分季排期", "地块排期", "排期甘特图", "S曲线"} <= set(book.sheetnames)
    assert book["排期甘特图"].cell(2, 1).value == "B"
    assert len(book["S曲线"]._charts) == 1
    rows = list(csv.DictReader((built / "tables/sequence.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["parcel_id"], row["ready"]) for row in rows] == [
        *(("B", "2025-03-31"), ("C", "2025-06-30"))
    ]
    written = {path.stem for path in (built / "tables").glob("*.csv")}
    assert {"sequence", "sequence_years", "sequence_quarters"} <= written
    assert any(name.startswith("forecast") for name in written)


def test_the_record_of_a_build_lists_the_costs_and_the_plan_of_record(built, ahead):
    record = json.loads((built / "run.json").read_text("utf-8"))
    inputs = {item["file"]: item["sha256"] for item in record["inputs"]}
    assert {"plan.toml", "costs.csv", "record.csv"} <= set(inputs)
    assert record["tables"]["sequence_years"]["file"] == "tables/sequence_years.csv"
    years = pd.read_csv(built / "tables/sequence_years.csv")
    assert years["in_blocks_mu"].iat[0] == pytest.approx(90)
    assert len(set(inputs.values())) == len(inputs)


def test_the_public_sees_no_parcel_of_what_lies_ahead_and_no_cost(ahead, tmp_path):
    """987654 is a cost that stands nowhere else."""
    folder = ahead.parent
    (folder / "costs.csv").write_text(COSTS.replace("B,10", "B,987654"), "utf-8")
    code, _, error = called("build", ahead, "--out", tmp_path / "out", "--profile", "public")
    (folder / "costs.csv").write_text(COSTS, "utf-8")
    assert (code, error) == (0, error)
    book = load_workbook(tmp_path / "out/tables.xlsx")
    assert not {"分年排期", "分季排期", "地块排期", "排期甘特图", "S曲线"} & set(book.sheetnames)
    for path in (tmp_path / "out").rglob("*"):
        if path.suffix in (".html", ".js", ".csv", ".json"):
            assert "987654" not in path.read_text("utf-8-sig")
    record = json.loads((tmp_path / "out/run.json").read_text("utf-8"))
    assert not [name for name in record["tables"] if name.startswith("sequence")]
    for item in record["tables"].values():
        header = (tmp_path / "out" / item["file"]).read_text("utf-8-sig").splitlines()[0]
        assert "parcel_id" not in header.split(",")


def test_a_plan_that_does_not_look_ahead_builds_without_the_engines(tmp_path):
    path = sequenced(tmp_path / "plan", "", costs=None)
    script = (
        "import sys; from geo.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(sorted({'geo.outlook', 'highspy', 'scipy.stats'} & set(sys.modules)))"
    )
    words = ["build", str(path), "--out", str(tmp_path / "out"), "--json"]
    run = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=True,
    )
    assert run.stdout.splitlines()[-1] == "[]"
    book = load_workbook(tmp_path / "out/tables.xlsx")
    assert not [name for name in book.sheetnames if "排期" in name or "预测" in name]


def test_a_fault_of_the_plan_of_record_stops_the_build(ahead, tmp_path):
    record = ahead.parent / "record.csv"
    record.write_text(RECORD + "Z9,2025,\n", "utf-8")
    code, _, error = called("build", ahead, "--out", tmp_path / "out", "--lang", "en")
    record.write_text(RECORD, "utf-8")
    assert code == 2
    assert "[sequence.record-parcel]" in error
    assert not (tmp_path / "out").exists()


def test_years_that_are_past_are_not_planned(tmp_path):
    """The data are of 2024-12-31; a plan of record may have begun in 2023 all the same."""
    path = sequenced(tmp_path, SEQUENCE + "first_year = 2023\n")
    said = refused("sequence", path, *PLAIN)
    assert "sequence.past" in said
    assert "2023 has begun or is past on the date of the data, 2024-12-31" in said
    assert "首年 2023 在数据日期" in refused("sequence", path, *PLAIN, lang="zh")


def test_land_outside_the_goal_leaves_the_frontier_alone(tmp_path):
    """A goal of a programme: the other parcels weigh nothing, cost nothing and are not chosen."""
    programme = '[[programmes]]\nid = "p"\nname = "p"\nparcels = ["D", "E"]'
    goal = GOAL.replace('id = "all"', 'id = "all"\nprogramme = "p"')
    path = sequenced(tmp_path, goal=goal, tables=programme)
    made = told("select", path, "--mu", "50", "--seed", "1", "--time-limit", "20")
    assert [item["parcels"] for item in made["selections"]] == [["D", "E"]]


def test_what_cannot_be_ready_in_time_is_told(tmp_path):
    """In one year: B, C and D have leads of 3, 6 and 12 months; E and F need 15, 60 mu in all."""
    path = sequenced(tmp_path, SEQUENCE.replace("years = 3", "years = 1"))
    findings = told("sequence", path, *PLAIN)["findings"]
    (line,) = [line for line in findings if "sequence.too-late" in line]
    assert "2 parcels (60.00 mu) cannot be ready within 1 years" in line
    assert "plan.toml" in line
