"""The commands of the ledger: what they write, what they print, and what they refuse."""

import csv
import json
import os
import re
import select
import shlex
import shutil
import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pyogrio
import pytest
from rich.console import Console
from shapely import box
from typer.testing import CliRunner

from geo.cli import app, terminal
from geo.cli.steps import STEPS
from geo.ledger.event import Event
from geo.ledger.sqlite import open_sqlite
from geo.plan import read_plan
from geo.readers import apart
from geo.recording.record import record
from geo.recording.told import Told
from tests.histories import at, merge, reach, told_plan
from tests.makers import placed, row, write_plan
from tests.servers import PASSWORD, Server

ROOT = Path(__file__).resolve().parents[1]
GOAL = '[[goals]]\nid = "g"\nname = "g"\nmu = 60\ndue = 2025-12-31\nstage = "cleared"'


def called(*words: str | Path, typed: str = "", **settings: str) -> tuple[int, str, str]:
    """The command within this process: exit code, stdout and stderr."""
    env = {"COLUMNS": "200", "LANDREADY_LANG": "en", "LANDREADY_BY": "Li", **settings}
    result = CliRunner(env=env).invoke(app, [str(word) for word in words], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def good(*words: str | Path, **options: str) -> str:
    """What a command prints that ends well."""
    code, text, told = called(*words, **options)
    assert (code, told) == (0, ""), told
    return text


def refused(*words: str | Path, **options: str) -> str:
    """Why a command refuses, with nothing on stdout."""
    code, text, told = called(*words, **options)
    assert (code, text) == (2, "")
    assert "Traceback" not in told
    return " ".join(told.replace("│", " ").split())


def entries(plan: Path) -> list[Event]:
    with open_sqlite(plan.with_name("readiness.db"), write=False) as ledger:
        return ledger.events()


def told(plan: Path) -> list[tuple[object, ...]]:
    """The entries of parcels: what people chose of them."""
    return [
        (item.parcel_id, item.kind, item.date, item.stage, item.actor)
        for item in entries(plan)
        if item.kind != "layer"
    ]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plans to copy, of A and B with 30 mu each and C with 15.

    ``bare`` has no ledger. In ``told`` A is cleared and B signed, recorded in January; then B is
    stuck.
    """
    folder = tmp_path_factory.mktemp("towns")
    land = placed(*row([200, 200, 100]), parcel_id=list("ABC"), zone=["west"] * 3)
    _, plan = (write_plan(folder / name, land, tables=GOAL) for name in ("bare", "told"))
    a, b = (Told(None, name, date="2024-01-10", evidence="paper") for name in "AB")
    tell(plan, "2024-01-20", a._replace(stage="cleared"), b._replace(stage="signed"))
    stuck = Told(None, "B", "block", "2024-03-01", text="no money")
    tell(plan, "2024-03-02", stuck._replace(responsible="Wang", next_step="pay"))
    return folder


@pytest.fixture
def bare(towns: Path, tmp_path: Path) -> Path:
    """A plan without a ledger."""
    return shutil.copytree(towns / "bare", tmp_path / "town") / "plan.toml"


@pytest.fixture
def plan(towns: Path, tmp_path: Path) -> Path:
    """The same plan with a ledger of four entries, the first of them that of the layer."""
    return shutil.copytree(towns / "told", tmp_path / "town") / "plan.toml"


def tell(plan: Path, day: str, *told: Told) -> None:
    """Record something at noon of a day."""
    record(read_plan(plan), told, actor="office", now=at(day))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits at the terminal."""
    monkeypatch.setattr("geo.cli.record.can_ask", lambda: True)


# --- record: one entry ------------------------------------------------------------------------


def test_a_stage_is_recorded_and_says_how_to_take_it_back(plan: Path) -> None:
    words = ["C", "demolished", "--date", "2024-06-01", "--evidence", "photo 7", "--plan", plan]
    text = good("record", *words)
    assert "1 recorded" in text
    head = entries(plan)[-1]
    assert f"ledger head 5:{head.hash[:12]}" in text
    assert f"landready record --void 5 --reason why --plan {plan}" in text.replace("\n", "")
    assert [cell for cell in text.splitlines() if " C " in cell and "15.00" in cell]
    assert (head.parcel_id, head.stage, head.evidence) == ("C", "demolished", "photo 7")
    again = good("record", *words)
    assert "0 recorded, 1 known already" in again
    assert "void" not in again
    assert len(entries(plan)) == 5


def test_the_first_entry_makes_the_ledger(bare: Path) -> None:
    assert "ledger" not in good("record", "A", "signed", "--date", "2024-01", "--plan", bare,
                                "--evidence", "x", "--dry-run")  # fmt: skip
    assert not bare.with_name("readiness.db").exists()
    good("record", "A", "signed", "--date", "2024-01", "--evidence", "x", "--plan", bare)
    assert told(bare) == [("A", "reach", "2024-01-01", "signed", "Li")]
    assert entries(bare)[-1].precision == "month"


def test_the_plan_is_the_one_here_or_the_one_that_is_set(
    plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["record", "C", "signed", "--evidence", "x"]
    assert "[plan.missing]" in refused(*words, "--date", "2024-01-02")
    good(*words, "--date", "2024-01-02", LANDREADY_PLAN=str(plan))
    monkeypatch.chdir(plan.parent)
    assert "--plan" not in good(*words, "--date", "2024-01-03")
    assert "west" in good("status")


def test_a_dry_run_shows_the_change_and_leaves_no_trace(plan: Path) -> None:
    before = files(plan.parent)
    words = ["record", "B", "cleared", "--date", "2024-05-01", "--plan", plan, "--dry-run"]
    text = good(*words, LANDREADY_BY="")
    assert "dry run, nothing was written: 1 to be recorded" in text
    assert "signed" in text
    assert "cleared (self-reported)" in text
    assert "30.00" in text
    assert "[event.no-evidence]" in text
    figures = json.loads(good(*words, "--json"))
    assert (figures["recorded"], figures["would_record"], figures["entries"]) == (0, 1, [])
    assert files(plan.parent) == before


def test_record_json_has_what_a_program_wants(plan: Path) -> None:
    words = ["record", "B", "cleared", "--date", "2024-05-01", "--evidence", "x", "--plan", plan]
    figures = json.loads(good(*words, "--json"))
    change = figures["changes"][0]
    assert (change["parcel_id"], change["before"], change["after"]) == ("B", "signed", "cleared")
    assert change["mu"] == pytest.approx(30)
    assert change["blocks"] == ["no money"]
    assert (figures["recorded"], figures["known"], figures["dry_run"]) == (1, 0, False)
    last = entries(plan)[-1]
    assert figures["entries"] == [last.seq] == [5]
    assert figures["head"]["hash"] == last.hash
    assert {item["code"] for item in figures["findings"]} <= {"record.skips"}


def test_every_kind_of_entry_has_its_option(plan: Path) -> None:
    day = ["--date", "2024-06-01", "--plan", plan]
    good("record", "B", "--unblock", *day)
    good("record", "A", "signed", "--revert", "--reason", "objection", *day)
    good("record", "C", "--note", "looked at", "--owner", "Zhao", "--next", "call", *day)
    good("record", "C", "--block", "lease", "--source", "visit", *day)
    fall = ["--revert", "--correct", "6", "--reason", "typo"]
    good("record", "A", "demolished", *fall, *day)
    good("record", "--void", "8", "--reason", "wrong lot", "--plan", plan)
    good("record", "C", "signed", "--evidence", "x", *day)
    good("record", "A", *day, "--split-into", "A1", "--split-into", "A2")
    good("record", "D", *day, "--merge-of", "B", "--merge-of", "C")
    made = entries(plan)[4:]
    assert [(item.parcel_id, item.kind) for item in made] == [
        *(("B", "unblock"), ("A", "revert"), ("C", "note"), ("C", "block")),
        *(("A", "revert"), ("C", "void"), ("C", "reach"), ("A", "split"), ("D", "merge")),
    ]
    assert (made[1].reason, made[2].text, made[3].source) == ("objection", "looked at", "visit")
    assert (made[2].responsible, made[2].next_step) == ("Zhao", "call")
    assert [item.supersedes for item in made] == [None] * 4 + [6, 8, None, None, None]
    assert [item.part_ids for item in made[-2:]] == [["A1", "A2"], ["B", "C"]]


@pytest.mark.parametrize(
    ("words", "place", "why"),
    [
        (["C", "signed", "--date", "20244"], "--date", "is no date"),
        (["C", "signed"], "--date", "say when"),
        (["C", "--date", "2024-01-01"], "STAGE", "name the stage"),
        (["--date", "2024-01-01"], "PARCEL", "--from"),
        (["C", "signed", "--date", "2024-01-01", "--block", "x"], "STAGE", "a block has no stage"),
        (["C", "--block", "x", "--note", "y", "--date", "2024-01-01"], "", "block and note are 2"),
        (["C", "--from", "x.csv"], "--from", "the table says everything"),
        (["--from", "x.csv", "--field", "x"], "", "meaning=column"),
        (["--void", "x"], "--void", "number of an entry"),
        (["--void", "5-2"], "--void", "number of an entry"),
        (["--void", "2", "--correct", "3"], "--void", "not both"),
    ],
)
def test_a_wrong_call_names_the_word(plan: Path, words: list[str], place: str, why: str) -> None:
    before = files(plan.parent)
    reason = refused("record", *words, "--plan", plan)
    assert "Usage" in reason
    assert place in reason
    assert why in reason
    assert files(plan.parent) == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["A", "signed", "--date", "2024-02-01"], "record.order"),
        (["C", "signed", "--date", "2999-01-01"], "record.future"),
        (["A", "signed", "--revert", "--date", "2024-02-01"], "record.revert-reason"),
        (["X", "signed", "--date", "2024-01-01"], "record.unknown-parcel"),
        (["C", "基本完成", "--date", "2024-01-01"], "record.unknown-stage"),
        (["--void", "99", "--reason", "x", "--date", "2024-01-01"], "record.no-entry"),
    ],
)
def test_a_broken_rule_writes_nothing(plan: Path, words: list[str], code: str) -> None:
    good("record", "B", "demolished", "--date", "2024-01-05", "--evidence", "x", "--plan", plan,
         "--reason", "in parallel")  # fmt: skip
    before = files(plan.parent)
    assert f"[{code}]" in refused("record", *words, "--plan", plan)
    assert files(plan.parent) == before


def test_what_the_plan_does_not_show_yet_is_said(plan: Path) -> None:
    text = good("record", "C", "signed", "--date", "2025-02-01", "--evidence", "x", "--plan", plan)
    assert "the plan's date is 2024-12-31" in text
    assert "--as-of today" in text


def test_who_records_is_set_or_asked_or_missed(plan: Path, asked: None) -> None:
    words = ["record", "C", "signed", "--date", "2024-01-02", "--evidence", "x", "--plan", plan]
    code, _, told_ = called(*words, LANDREADY_BY="", typed="\nZhao\n")
    assert code == 0
    assert "Who records this" in told_
    assert told(plan)[-1][-1] == "Zhao"
    assert "[record.actor]" in refused(*words, "--json", LANDREADY_BY="")


def test_without_a_terminal_nobody_is_asked(plan: Path) -> None:
    words = ["record", "C", "signed", "--date", "2024-01-02", "--evidence", "x", "--plan", plan]
    assert "[record.actor]" in refused(*words, LANDREADY_BY="")


# --- record: an unknown stage -----------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_unknown_stage_is_asked_for_and_its_alias_told(
    plan: Path, asked: None, lang: str
) -> None:
    words = ["record", "C", "基本完成", "--date", "2024-01-02", "--evidence", "x", "--plan", plan]
    code, text, said = called(*words, "--lang", lang, typed="9\nx\n3\n")
    assert code == 0
    assert {"en": "Which stage is", "zh": "是哪个阶段"}[lang] in said
    assert "3  demolished" in said
    assert told(plan)[-1][3] == "demolished"
    assert 'aliases = ["基本完成"]' in text
    assert {"en": "under stage demolished", "zh": "阶段 demolished"}[lang] in text


def test_the_standard_ladder_has_no_place_for_an_alias(plan: Path, asked: None) -> None:
    text, *_ = plan.read_text("utf-8").partition("[[stages]]")
    plan.write_text(text, "utf-8")
    words = ["record", "C", "差不多", "--date", "2024-01-02", "--evidence", "x", "--plan", plan]
    code, text, _ = called(*words, typed="1\n")
    assert code == 0
    assert "the standard ladder" in text
    assert "aliases = " not in text


def test_a_question_commands_no_terminal(plan: Path, asked: None) -> None:
    words = ["record", "C", "\x1b[2Jx", "--date", "2024-01-02", "--plan", plan, "--lang", "zh"]
    code, text, said = called(*words, typed="2\n")
    assert code == 2
    assert "\\x1b[2Jx" in said
    assert "\x1b" not in said + text


def test_a_program_is_never_asked(plan: Path, asked: None) -> None:
    words = ["record", "C", "基本完成", "--date", "2024-01-02", "--plan", plan]
    assert "[record.unknown-stage]" in refused(*words, "--json")


# --- record: a table --------------------------------------------------------------------------


def sheet(folder: Path, *rows: tuple[str, ...], name: str = "week.csv") -> Path:
    path = folder / name
    heads = ("地块编号", "阶段", "日期", "佐证")
    if path.suffix == ".csv":
        path.write_text("\n".join(",".join(cells) for cells in (heads, *rows)), "utf-8-sig")
        return path
    book = openpyxl.Workbook()
    page = book.create_sheet("本周")
    for cells in (heads, *rows):
        page.append(cells)
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["week.csv", "week.xlsx"])
def test_a_table_is_recorded_whole(plan: Path, tmp_path: Path, name: str) -> None:
    table = sheet(
        tmp_path,
        ("A", "cleared", "2024-01-10", "paper"),
        ("B", "demolished", "2024-04-01", "photo"),
        ("C", "signed", "2024年5月", "contract"),
        name=name,
    )
    words = ["record", "--from", table, "--plan", plan]
    words += ["--sheet", "本周"] if name.endswith("xlsx") else []
    before = files(plan.parent)
    trial = good(*words, "--dry-run")
    assert "2 to be recorded, 1 known already" in trial
    assert files(plan.parent) == before
    text = good(*words)
    assert "2 recorded, 1 known already" in text
    assert "record --void 5-6 --reason" in text
    assert told(plan)[-2:] == [
        ("B", "reach", "2024-04-01", "demolished", "Li"),
        ("C", "reach", "2024-05-01", "signed", "Li"),
    ]
    assert "0 recorded, 3 known already" in good(*words)


def test_one_bad_row_keeps_all_rows_out(plan: Path, tmp_path: Path) -> None:
    table = sheet(tmp_path, ("B", "demolished", "2024-04-01", "x"), ("C", "signed", "明天", "x"))
    reason = refused("record", "--from", table, "--plan", plan)
    assert "week.csv, row 3, parcel C, date" in reason
    assert "[record.date]" in reason
    assert len(entries(plan)) == 4


def test_the_words_of_a_table_are_asked_for_once_each(
    plan: Path, tmp_path: Path, asked: None
) -> None:
    rows = [("A", "差不多", "2024-02-01", "x"), ("B", "差不多", "2024-02-01", "x")]
    table = sheet(tmp_path, *rows, ("C", "谈好了", "2024-02-01", "x"))
    code, text, said = called("record", "--from", table, "--plan", plan, typed="4\n2\n")
    assert code == 0
    assert said.count("Which stage") == 2
    assert [item[3] for item in told(plan)[-3:]] == ["cleared", "cleared", "signed"]
    assert 'stage cleared in plan.toml: aliases = ["差不多"]' in text
    assert 'stage signed in plan.toml: aliases = ["谈好了"]' in text


def test_a_long_table_is_not_printed_whole(tmp_path: Path) -> None:
    ids = [f"P{number:03}" for number in range(60)]
    path = write_plan(tmp_path / "town", placed(*row([20.0] * 60), parcel_id=ids))
    table = sheet(tmp_path, *[(name, "signed", "2024-02-01", "x") for name in ids])
    text = good("record", "--from", table, "--plan", path)
    assert "60 recorded" in text
    assert "P049" in text
    assert "P050" not in text
    assert "… 10 more rows" in text


# --- history ----------------------------------------------------------------------------------


def test_history_tells_who_recorded_what_and_when(plan: Path) -> None:
    text = good("history", "B", "--plan", plan)
    assert "History of parcel B" in text
    assert text.index("reached “signed”") < text.index("no money")
    assert "2024-01-20 20:00" in text  # noon in Greenwich
    assert "Asia/Shanghai" in text
    assert "Wang" in text
    assert "cleared" not in text
    early = good("history", "B", "--plan", plan, "--known", "2024-02-01")
    assert "no money" not in early
    assert "地块 B 的台账" in good("history", "B", "--plan", plan, "--lang", "zh")


def test_what_was_corrected_is_struck_out(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good("record", "--void", "2", "--reason", "wrong lot", "--plan", plan)
    assert "voided by #5" in good("history", "A", "--plan", plan)
    screen = Console(record=True, width=200, force_terminal=True, file=StringIO())
    monkeypatch.setattr(terminal, "out", screen)
    good("history", "A", "--plan", plan)
    struck = [line for line in screen.export_text(styles=True).splitlines() if "\x1b[2;9m" in line]
    assert len(struck) == 1
    assert "reached" in struck[0]


def test_history_goes_back_to_the_parcels_it_came_from(tmp_path: Path) -> None:
    land = placed(box(0, 0, 200, 100), parcel_id=["C"], zone=["west"])
    shapes = {"A": box(0, 0, 100, 100), "B": box(100, 0, 200, 100)}
    first = [reach("A", "2024-01-10", "cleared"), reach("B", "2024-01-11", "signed")]
    made = [merge("C", "2024-06-01", "A", "B"), reach("C", "2024-07-01", "cleared")]
    tellings = (("2024-02-01", first), ("2024-07-02", made))
    path = told_plan(tmp_path, land, *tellings, outlines=shapes)
    found = json.loads(good("history", "C", "--plan", path, "--json"))
    assert [(item["parcel_id"], item["kind"]) for item in found] == [
        ("A", "reach"), ("B", "reach"), ("C", "merge"), ("C", "reach"),
    ]  # fmt: skip
    assert found[2]["parts"] == ["A", "B"]
    assert found[0].keys() == set(Event._fields)
    assert "merged of A, B" in good("history", "A", "--plan", path)


def test_the_whole_ledger_is_a_table_of_inert_cells(plan: Path, tmp_path: Path) -> None:
    good("record", "C", "--note", "=1+1", "--date", "2024-05-01", "--plan", plan)
    target = tmp_path / "ledger.csv"
    assert str(target) in good("history", "--csv", target, "--plan", plan).replace("\n", "")
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["seq"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0].keys() == set(Event._fields)
    assert rows[4]["text"] == "'=1+1"
    assert rows[4]["hash"] == entries(plan)[-1].hash
    assert len(json.loads(good("history", "--json", "--plan", plan))) == 5


def test_a_parcel_without_entries_is_not_one_that_nobody_knows(plan: Path) -> None:
    assert "nothing is recorded of parcel C" in good("history", "C", "--plan", plan)
    good("record", "C", "--note", "x", "--date", "2024-05-01", "--plan", plan)
    assert "[record.unknown-parcel]" in refused("history", "\x1b[2Jab", "--plan", plan)
    assert "\x1b" not in refused("history", "\x1b[2Jab", "--plan", plan)
    assert "--csv" in refused("history", "--plan", plan)


# --- status -----------------------------------------------------------------------------------


def test_status_is_the_land_by_stage_on_a_day(plan: Path) -> None:
    """A has 30 mu, B 30 and C 15, of which nothing is recorded."""
    figures = json.loads(good("status", plan, "--json"))
    town = {item["stage"]: item for item in figures["stages"] if item["zone"] == ""}
    assert [round(town[stage]["mu"], 6) for stage in town] == [15, 30, 0, 30]
    assert (figures["as_of"], figures["known"], figures["entries"]) == ("2024-12-31", None, 4)
    assert figures["head"]["seq"] == 4
    parcels = {item["parcel_id"]: item for item in figures["parcels"]}
    assert parcels["B"]["blocked"] == "no money"
    assert (parcels["B"]["responsible"], parcels["B"]["next_step"]) == ("Wang", "pay")
    early = json.loads(good("status", plan, "--as-of", "2024-01-09", "--json"))
    assert [item["mu"] for item in early["stages"][:1]] == [pytest.approx(75)]
    unknown = json.loads(good("status", plan, "--known", "2024-01-19", "--json"))
    assert [item["mu"] for item in unknown["stages"][:1]] == [pytest.approx(75)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_status_is_shown_by_zone_with_what_is_blocked(plan: Path, lang: str) -> None:
    good("record", "C", "demolished", "--date", "2024-05-01", "--plan", plan)
    text = good("status", plan, "--lang", lang, "--known", "2026-12-31")
    assert {"en": "Readiness by stage", "zh": "整备阶段"}[lang] in text
    assert {"en": "Blocked parcels", "zh": "受阻地块"}[lang] in text
    assert {"en": "as known on 2026-12-31", "zh": "截至 2026-12-31 所知"}[lang] in text
    assert "west" in text
    line = next(line for line in text.splitlines() if "demolished" in line)
    assert line.count("15.00") == 2  # all of it is self-reported
    assert "no money" in text
    assert f"5:{entries(plan)[-1].hash[:12]}" in text


def test_a_plan_without_a_ledger_says_how_to_begin_one(bare: Path) -> None:
    for words in (["status", bare], ["history", "A", "--plan", bare], ["ledger", "verify", bare]):
        assert "[ledger.none]" in refused(*words)


def test_what_reads_no_layer_starts_no_reader(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started() -> None:
        raise AssertionError("a process was started that reads layers")

    monkeypatch.setattr(apart, "start", started)
    for words in (["status", plan], ["history", "A", "--plan", plan], ["ledger", "verify", plan],
                  ["ledger", "backup", plan, plan.with_name("copy.db")]):  # fmt: skip
        good(*words)


# --- diff -------------------------------------------------------------------------------------


DAYS = ("2024-06-10", "2024-02-01")


@pytest.fixture
def changed(plan: Path) -> Path:
    """B is cleared in June, told at once; that C was cleared in February is told in July."""
    june, february = (Told(None, stage="cleared", evidence="x", date=day) for day in DAYS)
    tell(plan, "2024-06-11", june._replace(parcel_id="B"))
    tell(plan, "2024-07-01", february._replace(parcel_id="C"))
    return plan


def test_diff_explains_every_mu(changed: Path) -> None:
    figures = json.loads(good("diff", changed, "2024-01-31", "2024-12-31", "--json"))
    (total,) = figures["totals"]
    assert (total["before_mu"], total["after_mu"]) == (pytest.approx(30), pytest.approx(75))
    assert {item["parcel_id"]: (item["cause"], item["change_mu"]) for item in figures["lines"]} == {
        "B": ("advanced", pytest.approx(30)),
        "C": ("added", pytest.approx(15)),
    }
    assert sum(item["change_mu"] for item in figures["lines"]) == total["change_mu"]
    assert {item["parcel_id"] for item in figures["moves"]} == {"B", "C"}
    assert (figures["first"], figures["known"]) == ("2024-01-31", [None, None])
    text = good("diff", changed, "2024-01-31", "2024-12-31")
    goal = next(line for line in text.splitlines() if " g " in line)
    assert goal.replace("│", " ").split() == ["g", "30.00", "75.00", "45.00", "45.00"]
    assert "By cause" in text
    assert "按原因" in good("diff", changed, "2024-01-31", "2024-12-31", "--lang", "zh")


def test_diff_of_two_reports_tells_what_came_late(changed: Path) -> None:
    days = ["2024-06-30", "2024-12-31"]
    figures = json.loads(good("diff", changed, *days, "--as-reported", "--json"))
    assert figures["known"] == days
    (total,) = figures["totals"]
    assert (total["before_mu"], total["after_mu"]) == (pytest.approx(60), pytest.approx(75))
    ((cause, mu),) = [(item["cause"], item["change_mu"]) for item in figures["lines"]]
    assert (cause, mu) == ("late", pytest.approx(15))
    assert "as known on 2024-06-30 and 2024-12-31" in good("diff", changed, *days, "--as-reported")
    now = json.loads(good("diff", changed, *days, "--json"))
    assert [item["change_mu"] for item in now["totals"]] == [0]
    early = json.loads(good("diff", changed, *days, "--known", "2024-06-01", "--json"))
    assert [item["after_mu"] for item in early["totals"]] == [pytest.approx(30)]


def test_goals_that_count_the_same_are_told_together(changed: Path) -> None:
    text = changed.read_text("utf-8")
    twin = GOAL.replace('id = "g"\nname = "g"', 'id = "h"\nname = "later"')
    changed.write_text(f"{text}\n{twin}\n", "utf-8")
    shown = good("diff", changed, "2024-01-31", "2024-12-31")
    assert shown.count("g · later") == shown.count("By parcel") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["2024-12-31", "2024-01-01"], "[changes.order]"),
        (["2024-12-31", "soon"], "DATE2"),
        (["2024-12-31"], "DATE2"),
        (["2024-01-01", "2024-12-31", "--as-reported", "--known", "2024-12-31"], "--known"),
        (["2024-01-01", "2024-12-31", "--known", "x"], "--known"),
    ],
)
def test_diff_refuses(plan: Path, words: list[str], why: str) -> None:
    assert why in refused("diff", plan, *words)


# --- stalled, report, export ------------------------------------------------------------------


@pytest.fixture
def waiting(plan: Path) -> Path:
    """Demolition may take six months; B has been signed since 2024-01-10."""
    text = plan.read_text("utf-8").replace('id = "demolished"', 'id = "demolished"\nlimit_months=6')
    plan.write_text(text, "utf-8")
    return plan


def test_stalled_lists_who_waits_for_what(waiting: Path, tmp_path: Path) -> None:
    figures = json.loads(good("stalled", waiting, "--json"))
    (item,) = figures["stalled"]
    assert (item["parcel_id"], item["responsible"], item["blockers"]) == ("B", "Wang", "no money")
    assert item["months"] == pytest.approx(356 / 30.4375)
    assert item["overdue_months"] == pytest.approx(356 / 30.4375 - 6)
    assert [row["parcel_id"] for row in figures["never_begun"]] == ["C"]
    early = json.loads(good("stalled", waiting, "--as-of", "2024-05-01", "--json"))
    assert early["stalled"] == []
    for name in ("overdue.xlsx", "overdue.csv"):
        text = good("stalled", waiting, "--out", tmp_path / name)
        assert "no money" in text
        assert name in text
    (page,) = openpyxl.load_workbook(tmp_path / "overdue.xlsx").worksheets
    assert [cell.value for cell in page[2]][1] == "B"
    assert "no money" in (tmp_path / "overdue.csv").read_text("utf-8-sig")
    assert "超期地块" in good("stalled", waiting, "--lang", "zh")
    assert "--out" in refused("stalled", waiting, "--out", tmp_path / "overdue.doc")
    assert not (tmp_path / "overdue.doc").exists()


def test_nothing_stalled_is_an_empty_table(plan: Path) -> None:
    assert "Overdue parcels" in good("stalled", plan)


def test_a_report_is_a_page_and_a_workbook(
    plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = good("report", plan, "--period", "quarter", "--date", "2024-02-15")
    made = Path("reports") / "town"
    assert {path.name for path in made.iterdir()} == {"2024-Q1.html", "2024-Q1.xlsx"}
    assert str(made / "2024-Q1.html") in text
    assert "This period: 30.00 mu" in text
    good("report", plan, "--period", "week", "--out", tmp_path / "w")
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == [
        "2025-W01.html", "2025-W01.xlsx",
    ]  # fmt: skip
    good("report", plan, "--period", "day", "--out", tmp_path / "d" / "day.xlsx")
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["day.xlsx"]
    assert "本期新增" in good("report", plan, "--period", "month", "--lang", "zh")


def test_a_report_needs_a_period_that_has_begun(plan: Path, tmp_path: Path) -> None:
    assert "--period" in refused("report", plan)
    assert "'year' is none of day, week, month, quarter" in refused(
        "report", plan, "--period", "year"
    )
    ahead = ["report", plan, "--period", "day", "--date", "2025-03-01", "--out", tmp_path / "x"]
    assert "[report.future]" in refused(*ahead)
    good(*ahead, "--as-of", "2025-03-01")
    assert "--date" in refused("report", plan, "--period", "day", "--date", "2025-3-1")


def test_export_opens_in_gdal(plan: Path, tmp_path: Path) -> None:
    target = tmp_path / "town.gpkg"
    text = good("export", plan, "--gpkg", target, "--as-of", "2024-01-09")
    assert str(target) in text.replace("\n", "")
    table = pyogrio.read_dataframe(target, layer="parcels")
    assert dict(zip(table["parcel_id"], table["stage"], strict=True)) == dict.fromkeys(
        "ABC", "survey"
    )
    assert "--gpkg" in refused("export", plan)


@pytest.mark.parametrize(
    "words",
    [
        ["history", "--plan", "PLAN", "--csv"],
        ["stalled", "PLAN", "--out"],
        ["export", "PLAN", "--gpkg"],
        ["report", "PLAN", "--period", "day", "--out"],
        ["ledger", "backup", "PLAN"],
    ],
)
def test_a_file_goes_into_a_new_folder_or_says_why_not(
    plan: Path, tmp_path: Path, words: list[str]
) -> None:
    words = [str(plan) if word == "PLAN" else word for word in words]
    ending = {"--gpkg": "gpkg", "--out": "xlsx", "--csv": "csv"}.get(words[-1], "db")
    target = tmp_path / "new" / "folder" / f"x.{ending}"
    good(*words, target)
    assert target.stat().st_size > 0
    (tmp_path / "file").write_text("", "utf-8")
    assert "[publish.failed]" in refused(*words, tmp_path / "file" / f"x.{ending}")


# --- build and summary ------------------------------------------------------------------------


def test_a_summary_of_a_day_as_known_on_another(changed: Path) -> None:
    def counted(*words: str) -> tuple[float, str]:
        figures = json.loads(good("summary", changed, "--json", *words))
        return round(figures["goals"][0]["counted_mu"], 6), figures["as_of"]

    assert counted() == (75, "2024-12-31")
    assert counted("--as-of", "2024-02-01") == (45, "2024-02-01")
    assert counted("--as-of", "2024-02-01", "--known", "2024-06-30") == (30, "2024-02-01")
    words = ["summary", changed, "--as-of", "2024-02-01", "--known", "2024-06-30"]
    assert "2024-02-01, as known on 2024-06-30  75.00 mu" in good(*words)
    assert "--known" in refused("summary", changed, "--known", "2024-13-01")


def test_a_map_of_another_day(changed: Path, tmp_path: Path) -> None:
    good("build", changed, "--out", tmp_path / "map", "--as-of", "2024-02-01")
    record = json.loads((tmp_path / "map" / "run.json").read_text("utf-8"))
    assert record["figures"]["as_of"] == "2024-02-01"
    assert record["figures"]["goals"][0]["counted_mu"] == pytest.approx(45)


# --- ledger verify, backup, move, adopt -------------------------------------------------------


def test_verify_replays_the_chain(plan: Path) -> None:
    text = good("ledger", "verify", plan)
    last = entries(plan)[-1]
    assert "4 entries, each as it was written" in text
    assert f"ledger head 4:{last.hash[:12]}" in text
    figures = json.loads(good("ledger", "verify", plan, "--json"))
    assert (figures["ok"], figures["entries"], figures["findings"]) == (True, 4, [])
    assert figures["head"]["hash"] == last.hash
    for known in (f"4:{last.hash[:12]}", f"4:{last.hash}", f"3:{last.prev_hash[:20]}"):
        good("ledger", "verify", plan, "--head", known)
    assert "[ledger.fork]" in called("ledger", "verify", plan, "--head", f"4:{'0' * 12}")[1]
    code, text, _ = called("ledger", "verify", plan, "--head", f"9:{'0' * 64}", "--json")
    assert code == 2
    assert [item["code"] for item in json.loads(text)["findings"]] == ["ledger.cut"]
    assert "--head" in refused("ledger", "verify", plan, "--head", "4")
    assert "4 条，逐条相符" in good("ledger", "verify", plan, "--lang", "zh")


def test_verify_finds_a_changed_entry(plan: Path) -> None:
    with sqlite3.connect(plan.with_name("readiness.db")) as database:
        (guard,) = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%UPDATE ON event%'"
        ).fetchone()
        database.execute(f'DROP TRIGGER "{guard}"')
        database.execute("UPDATE event SET evidence = 'another' WHERE seq = 2")
    code, text, _ = called("ledger", "verify", plan)
    assert code == 2
    assert "row 2, parcel A" in text
    assert "[ledger.changed]" in text


def test_a_backup_is_a_whole_ledger(plan: Path, tmp_path: Path) -> None:
    text = good("ledger", "backup", plan, tmp_path / "copy.db")
    assert f"ledger head 4:{entries(plan)[-1].hash[:12]}" in text
    shutil.copy(tmp_path / "copy.db", plan.with_name("readiness.db"))
    good("ledger", "verify", plan)


def test_a_ledger_moves_to_a_file_where_none_is(plan: Path, tmp_path: Path) -> None:
    text = good("ledger", "move", plan, tmp_path / "moved.db")
    assert "4 entries moved and verified" in text
    assert f"ledger head 4:{entries(plan)[-1].hash[:12]}" in text
    assert "[ledger.exists]" in refused("ledger", "move", plan, tmp_path / "moved.db")


def test_a_copy_without_its_log_is_adopted_with_a_reason(plan: Path, tmp_path: Path) -> None:
    assert "nothing is missing" in good("ledger", "adopt", plan, "--reason", "x")
    assert len(entries(plan)) == 4
    copy = tmp_path / "copy"
    with open_sqlite(plan.with_name("readiness.db"), write=True) as ledger:
        ledger.append([reach("C", "2024-04-01", "signed")], actor="office", now=at("2024-04-02"))
        shutil.copytree(plan.parent, copy, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    words = ["record", "C", "signed", "--date", "2024-05-02", "--plan", copy / "plan.toml"]
    assert "[ledger.no-wal]" in refused(*words)
    adopt = ["ledger", "adopt", copy / "plan.toml"]
    assert "--reason" in refused(*adopt)
    assert "[record.actor]" in refused(*adopt, "--reason", "disk gone", LANDREADY_BY="")
    assert "it takes entries again" in good(*adopt, "--reason", "disk gone", "--by", "Zhao")
    good(*words)
    adopted = entries(copy / "plan.toml")[4]
    assert (adopted.kind, adopted.actor, adopted.reason) == ("adopt", "Zhao", "disk gone")


def test_a_file_has_no_roles(plan: Path) -> None:
    assert "the ledger is a file" in refused("ledger", "grant", plan, "wang")


# --- a ledger on a server ---------------------------------------------------------------------


def test_a_password_is_never_repeated(plan: Path) -> None:
    for address in ("postgres://u:s3cret@h/d", "postgresql://u:s3cret@127.0.0.1:1/d"):
        for words in (["status", plan], ["ledger", "verify", plan], ["summary", plan]):
            assert "s3cret" not in refused(*words, "--ledger", address)
    assert "s3cret" not in refused("ledger", "move", plan, "postgresql://u:s3cret@127.0.0.1:1/d")


def test_a_server_gives_the_same_figures(plan: Path, tmp_path: Path, postgres: Server) -> None:
    office = postgres.database(owner="locked")
    shown = postgres.address(office, user="locked")
    address = shown.replace("locked@", f"locked:{quote(PASSWORD, safe='')}@")
    moved = good("ledger", "move", plan, address)
    there = ["--ledger", address]
    assert good("ledger", "verify", plan) in good("ledger", "verify", plan, *there)
    good(
        "record", "C", "cleared", "--date", "2024-04-01", "--evidence", "x", "--plan", plan, *there
    )
    good("record", "C", "cleared", "--date", "2024-04-01", "--evidence", "x", "--plan", plan)
    assert good("history", "C", "--plan", plan, *there)
    for words in (["summary", plan, "--json"], ["diff", plan, "2024-01-31", "2024-12-31"]):
        assert json_of(good(*words, *there)) == json_of(good(*words))
    built = good("build", plan, "--out", tmp_path / "map", *there)
    postgres.role("wang")
    granted = good("ledger", "grant", plan, "wang", *there)
    assert "wang may read and append" in granted
    assert "pg_dump" in refused("ledger", "backup", with_url(plan, address), tmp_path / "x.db")
    record = (tmp_path / "map" / "run.json").read_text("utf-8")
    assert shown in record
    for text in (moved, built, granted, record):
        assert PASSWORD not in text
        assert quote(PASSWORD, safe="") not in text


def json_of(text: str) -> object:
    """Figures without what tells two ledgers apart."""
    if not text.startswith("{"):
        return text
    figures = json.loads(text)
    for name in ("ledger", "findings"):  # the server says that it runs without fsync
        del figures[name]
    return figures


def with_url(plan: Path, address: str) -> Path:
    path = plan.with_name("server.toml")
    path.write_text(f"{plan.read_text('utf-8')}\n[ledger]\nurl = '{address}'\n", "utf-8")
    return path


# --- on a terminal ----------------------------------------------------------------------------


def test_every_step_that_is_told_has_its_words() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "geo").rglob("*.py"))
    told_steps = set(re.findall(r'notify\("(\w+)"\)', sources))
    assert len(told_steps) > 8
    assert told_steps <= STEPS.keys()


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
def test_somebody_at_a_terminal_is_asked(plan: Path) -> None:
    """The real command on a real terminal: who records, and which stage is meant."""
    import pty  # noqa: PLC0415 - Unix only

    ours, theirs = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANDREADY_LANG": "en", "TERM": "xterm"}
    env.pop("LANDREADY_BY", None)
    words = ["record", "C", "差不多", "--date", "2024-05-01", "--evidence", "x"]
    with subprocess.Popen(
        [sys.executable, "-m", "geo", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=plan.parent, env=env,
    ) as command:  # fmt: skip
        os.close(theirs)
        screen = seen_until(ours, "Who records this")
        os.write(ours, "王\n".encode())
        screen += seen_until(ours, "Which stage is")
        os.write(ours, b"2\n")
        screen += seen_until(ours, "To undo")
        assert command.wait(timeout=60) == 0
    os.close(ours)
    assert 'aliases = ["差不多"]' in screen
    assert told(plan)[-1] == ("C", "reach", "2024-05-01", "signed", "王")


def seen_until(terminal: int, words: str) -> str:
    """What a terminal shows until some words are there."""
    screen = b""
    while words.encode() not in screen:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, f"{words} never came: {screen.decode(errors='replace')}"
        screen += os.read(terminal, 65536)
    return screen.decode(errors="replace")


# --- the README -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "heading"), [("README.md", "time"), ("README.zh.md", "台账")])
def test_every_command_of_the_readme_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, heading: str
) -> None:
    monkeypatch.chdir(shutil.copytree(ROOT / "layers" / "qingxi", tmp_path / "play"))
    sheet(Path(), ("LM-A03", "signed", "2024-11-02", "x"))
    text = (ROOT / name).read_text("utf-8")
    block = re.search(rf"^## .*{heading}$.*?```sh\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    lines = [shlex.split(line, comments=True) for line in block[1].splitlines()]
    commands = [words[1:] for words in lines if words[0] == "landready"]
    assert len(commands) == 12
    for words in commands:
        code, _, told_ = called(*words, LANDREADY_BY="")
        assert code == 0, (words, told_)
    assert {"overdue.xlsx", "town.gpkg", "copy.db", "reports"} <= {
        path.name for path in Path().iterdir()
    }


# --- what a command must not do ---------------------------------------------------------------


HISTORY = ["history", "--csv", "OWN", "--plan", "PLAN"]


@pytest.mark.parametrize(
    ("words", "own"),
    [
        (HISTORY, "plan.toml"),
        (HISTORY, "readiness.db"),
        (HISTORY, "readiness.db-wal"),
        (HISTORY, "link.html"),
        (["stalled", "PLAN", "--out", "OWN"], "programmes.csv"),
        (["report", "PLAN", "--period", "month", "--out", "OWN"], "link.html"),
        (["export", "PLAN", "--gpkg", "OWN"], "parcels.parquet"),
        (["ledger", "backup", "PLAN", "OWN"], "plan.toml"),
        (["ledger", "backup", "PLAN", "OWN"], "readiness.db"),
    ],
)
def test_no_output_replaces_what_the_plan_is_made_of(
    plan: Path, words: list[str], own: str
) -> None:
    programme = "[[programmes]]\nid = 'p'\nname = 'p'\nfile = 'programmes.csv'"
    plan.write_text(f"{plan.read_text('utf-8')}\n{programme}\n", "utf-8")
    plan.with_name("programmes.csv").write_text("parcel_id,programme_id\nA,p\n", "utf-8")
    plan.with_name("link.html").symlink_to(plan)
    before = files(plan.parent)
    named = {"PLAN": str(plan), "OWN": str(plan.with_name(own))}
    assert "write.own-input" in refused(*(named.get(word, word) for word in words))
    assert files(plan.parent) == before


def test_a_table_that_lost_cells_is_not_recorded(plan: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in (["地块编号", "阶段", "日期", "文号"], ["C", "signed", "2024-05-01", "=A1&1"]):
        book.active.append(line)
    book.save(tmp_path / "week.xlsx")
    reason = refused("record", "--from", tmp_path / "week.xlsx", "--plan", plan)
    assert "week.xlsx, row 2, parcel C, 文号" in reason
    assert "[table.formula-uncached]" in reason
    assert len(entries(plan)) == 4


def test_a_ledger_that_is_gone_is_not_begun_anew_by_an_entry(bare: Path) -> None:
    bare.write_text(f"{bare.read_text('utf-8')}\n[ledger]\nfile = 'readiness.db'\n", "utf-8")
    words = ["record", "C", "signed", "--date", "2024-05-01", "--evidence", "x", "--plan", bare]
    assert "[ledger.missing]" in refused(*words)
    assert not bare.with_name("readiness.db").exists()
    assert "ledger head 1:" in good("ledger", "new", bare)
    assert "[ledger.exists]" in refused("ledger", "new", bare)
    assert "1 recorded" in good(*words)


def test_an_import_is_taken_back_whole_or_not_at_all(plan: Path, tmp_path: Path) -> None:
    rows = ("B", "demolished", "2024-04-01", "x"), ("C", "signed", "2024-05-01", "x")
    table = sheet(tmp_path, *rows)
    text = good("record", "--from", table, "--plan", plan)
    (undo,) = re.findall("landready (record --void 5-6 --reason why)", text)
    beyond = refused("record", "--void", "5-7", "--reason", "x", "--plan", plan)
    assert "[record.no-entry]" in beyond
    assert len(entries(plan)) == 6
    assert "2 recorded" in good(*undo.split(), "--plan", plan)
    assert [(item.kind, item.supersedes) for item in entries(plan)[6:]] == [
        ("void", 5),
        ("void", 6),
    ]


def test_a_correction_keeps_the_evidence(plan: Path) -> None:
    good("record", "--correct", "2", "B", "demolished", "--reason", "misread", "--plan", plan)
    (entry,) = entries(plan)[4:]
    assert (entry.parcel_id, entry.stage, entry.evidence) == ("B", "demolished", "paper")
    assert (entry.date, entry.supersedes) == ("2024-01-10", 2)


def test_a_move_says_what_the_plan_is_to_name(plan: Path) -> None:
    text = good("ledger", "move", plan, plan.with_name("moved.db"))
    assert '[ledger] in plan.toml say: file = "moved.db"' in text
    assert "write to readiness.db no more" in text


def test_what_is_no_stage_is_pointed_to_a_note(plan: Path) -> None:
    words = ["record", "C", "--next", "call", "--date", "2024-05-01", "--plan", plan]
    assert "--note" in refused(*words)
    good(*words, "--note", "nobody at home")
    assert (entries(plan)[-1].kind, entries(plan)[-1].next_step) == ("note", "call")


# --- the real command -------------------------------------------------------------------------


def test_the_real_command_records_and_tells(plan: Path) -> None:
    def landready(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "geo", *words],
            capture_output=True,
            encoding="utf-8",
            cwd=plan.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANDREADY_LANG": "en", "COLUMNS": "200"},
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    text = landready("record", "C", "signed", "--date", "today", "--evidence", "协议", "--by", "王")
    assert "1 recorded" in text
    assert "协议" in landready("history", "C")
    assert "5 entries, each as it was written" in landready("ledger", "verify")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_year_that_nobody_means_is_refused(plan: Path, day: str) -> None:
    for words in (
        ["status", plan, "--as-of", day],
        ["status", plan, "--known", day],
        ["report", plan, "--period", "week", "--date", day],
        ["diff", plan, "2024-01-01", day],
    ):
        assert "1900 to 2200" in refused(*words)
