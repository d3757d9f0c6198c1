"""The command: its words, its exit codes, its JSON, and no figure cut."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import typer
from typer.testing import CliRunner

import geo
from geo.cli import app, main
from geo.faults import FAULTS
from geo.plan import plan_schema
from geo.tables import sheets
from geo.tables.sheet import cells

ROOT = Path(__file__).resolve().parents[1]
QINGXI = ROOT / "layers" / "qingxi" / "plan.toml"
COMMANDS = (
    *("build", "serve", "summary", "check", "record", "history", "status", "diff", "stalled"),
    "report",
    *("export", "balance", "scenarios", "seek", "economics", "whatif", "forecast", "select"),
    *("sequence", "claims", "new", "convert", "schema"),
)
OF_LEDGER = ("new", "verify", "move", "backup", "adopt", "grant")
CHINESE = re.compile("[一-鿿]")


def landready(*words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    env = {**os.environ, "LANDREADY_LANG": "en", "COLUMNS": "200", **settings}
    return subprocess.run(
        [sys.executable, "-m", "geo", *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=env,
        check=False,
    )


def called(*words: str | Path) -> tuple[int, str, str]:
    """The command within this process: exit code, stdout and stderr."""
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A layer of 30, 30 and 30 mu: the second has no id, the third overlaps the first by 15."""
    west, south = 515_000, 2_526_000
    corners = [west, west + 300, west + 100]
    shapes = [shapely.box(x, south, x + 200, south + 100) for x in corners]
    frame = gpd.GeoDataFrame({"parcel_id": ["A", "", "B"]}, geometry=shapes, crs=4547)
    frame.to_file(tmp_path / "parcels.gpkg")
    text = 'name = "X"\ncrs = "EPSG:4547"\nbase_date = 2023-01-01\nas_of = 2024-12-31\n'
    text += 'layers.parcels.file = "parcels.gpkg"\n'
    (tmp_path / "plan.toml").write_text(text, "utf-8")
    return tmp_path / "plan.toml"


# -- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [(name,) for name in COMMANDS] + [("ledger", name) for name in OF_LEDGER]
)
def test_every_command_and_every_option_is_explained(command):
    code, text, _ = called(*command, "--help")
    assert code == 0
    assert CHINESE.search(text)  # a line in Chinese beside the English
    assert "Usage" in text
    words = re.sub(r"[\s│]+", " ", text)
    found = typer.main.get_command(app)
    for name in command:
        found = found.commands[name]
    for option in found.params:
        assert option.help, (command, option.name)
        assert option.help in words
    if "ledger" in command or command[0] in COMMANDS[4:17]:
        assert f"landready {' '.join(command)} " in words  # an example to copy


def test_all_commands_are_listed_with_words():
    for group, commands in (([], (*COMMANDS, "ledger")), (["ledger"], OF_LEDGER)):
        code, text, _ = called(*group, "--help")
        assert code == 0
        assert re.findall(r"^│ (\w+) {2,}\S", text, re.MULTILINE) == list(commands)


def test_the_bare_command_shows_its_help():
    done = landready()
    assert done.returncode == 2
    assert "Usage: python -m geo" in done.stdout + done.stderr
    assert all(command in done.stdout + done.stderr for command in COMMANDS)


def test_the_installed_command_is_the_module():
    (command,) = entry_points(group="console_scripts", name="landready")
    assert command.load() is main


# -- JSON ----------------------------------------------------------------------------------------


def test_summary_json_is_the_summary_and_nothing_else():
    done = landready("summary", QINGXI, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)
    assert figures == geo.summary(geo.run(geo.read_plan(QINGXI)))
    assert figures["as_of"] == "2024-12-31"
    assert figures["area_mu"] == pytest.approx(4545)
    zones = {zone["zone"]: zone for zone in figures["zones"]}
    assert zones["luoma"]["area_mu"] == pytest.approx(2888)
    assert zones["changshantou"]["area_mu"] == pytest.approx(1657)
    for goal in figures["goals"]:
        assert goal.keys() >= {"goal", "counted_mu", "gap_mu", "share", "elapsed_share", "light"}
        assert goal["counted_mu"] + goal["gap_mu"] == pytest.approx(goal["goal_mu"])
        assert goal["share"] == pytest.approx(goal["counted_mu"] / goal["goal_mu"])
    # 2023-01-01 to 2025-12-31 is 1095 days, of which 730 are gone on 2024-12-31
    assert figures["goals"][0]["elapsed_share"] == pytest.approx(730 / 1095)
    assert figures["blocks"][0]["land_mu"] >= figures["blocks"][-1]["land_mu"] > 0
    assert figures["floor_m2"].keys() == {"planned", "upgrade35", "mixed", "range"}
    assert all(value > 0 for value in figures["floor_m2"].values())


def test_summary_of_another_date(tmp_path):
    for day in ("2022-12-31", "2023-12-31"):  # also before the goals begin to count
        code, text, _ = called("summary", QINGXI, "--json", "--as-of", day)
        assert code == 0
        assert json.loads(text)["as_of"] == day
    assert list(tmp_path.iterdir()) == []


def test_check_json_names_the_place_of_every_fault(faulty):
    code, text, told = called("check", faulty, "--json")
    assert code == 2
    assert told == ""
    result = json.loads(text)
    assert result.keys() == {"area_mu", "findings", "rasters"}
    # 90 mu are drawn; 30 have no id, and 15 of the others lie upon one another
    assert result["area_mu"] == pytest.approx(45)
    keys = {"code", "severity", "file", "layer", "row", "parcel", "field", "message"}
    for item in result["findings"]:
        assert item.keys() >= keys | {"message_zh", "mend", "mend_zh", "area_mu", "changed"}
        assert item["severity"] in ("error", "warning", "info")
        assert item["severity"] == FAULTS[item["code"]].severity
    found = {item["code"]: item for item in result["findings"]}
    blank, overlap = found["parcel.id-blank"], found["parcel.overlap"]
    assert (blank["file"], blank["layer"], blank["row"]) == ("parcels.gpkg", "parcels", 2)
    assert (blank["severity"], blank["field"]) == ("error", "parcel_id")
    assert (overlap["severity"], overlap["parcel"], overlap["row"]) == ("warning", "B", 3)
    assert overlap["area_mu"] == pytest.approx(15)


def test_check_json_of_a_broken_file_is_json_too(tmp_path):
    (tmp_path / "a.gpkg").write_bytes(b"not a database")
    code, text, _ = called("check", tmp_path / "a.gpkg", tmp_path / "b.toml", QINGXI, "--json")
    result = json.loads(text)
    assert code == 2
    assert [item["code"] for item in result["findings"]][:2] == ["file.disguised", "plan.missing"]
    assert result["area_mu"] == pytest.approx(4545)  # the good plan is told all the same


def test_schema_is_what_the_repository_holds():
    code, text, _ = called("schema")
    assert code == 0
    assert json.loads(text) == json.loads(json.dumps(plan_schema()))
    assert text == (ROOT / "layers" / "plan.schema.json").read_text("utf-8"), (
        "run: landready schema > layers/plan.schema.json"
    )


# -- exit codes and messages ---------------------------------------------------------------------


def test_a_good_plan_ends_with_0():
    code, text, _ = called("check", QINGXI, "--lang", "en")
    assert code == 0
    assert "0 errors" in text
    assert "4,545.00 mu can be counted" in text


def test_an_error_that_the_plan_accepts_ends_with_0(faulty):
    assert called("check", faulty)[0] == 2
    faulty.write_text(faulty.read_text() + '[accept]\n"parcel.id-blank" = "known"\n', "utf-8")
    code, text, _ = called("check", faulty, "--lang", "en")
    assert code == 0
    assert "1 errors" in text
    code, text, _ = called("summary", faulty, "--json")
    assert json.loads(text)["aside"] == {"rows": 1, "mu": pytest.approx(30)}


def test_a_bare_layer_is_checked_without_a_plan(faulty):
    code, text, _ = called("check", faulty.with_name("parcels.gpkg"), "--json")
    result = json.loads(text)
    assert code == 0
    assert result["area_mu"] == pytest.approx(75)  # the blank id is numbered here
    assert "parcel.id-numbered" in {item["code"] for item in result["findings"]}


def test_several_files_are_checked_together(faulty):
    code, text, _ = called("check", QINGXI, faulty, "--json")
    result = json.loads(text)
    assert code == 2
    assert {item["file"] for item in result["findings"]} >= {"qingxi.gpkg", "parcels.gpkg"}
    assert result["area_mu"] == pytest.approx(4545 + 45)


@pytest.mark.parametrize("command", ["build", "summary", "check"])
def test_an_unknown_file_ends_with_2_and_a_line(command, tmp_path):
    code, text, told = called(command, tmp_path / "nope.toml", "--lang", "en")
    assert code == 2
    assert "there is no such plan file" in text + told
    assert "[plan.missing]" in text + told
    assert "Traceback" not in text + told


def test_errors_speak_the_language_asked_for(faulty, tmp_path):
    for command in ("build", "summary"):
        extra = ["--out", tmp_path / "out"] if command == "build" else []
        code, _, told = called(command, faulty, "--lang", "zh", *extra)
        assert code == 2
        assert "地块编号为空" in told
        assert "未发布任何结果" in told
        code, _, told = called(command, faulty, "--lang", "en", *extra)
        assert "the parcel id is blank" in told
        assert "Nothing was published" in told
        assert not CHINESE.search(told)
    assert not (tmp_path / "out").exists()


def test_the_language_of_the_machine_can_be_set():
    assert "没有这个计划文件" in landready("summary", "nope.toml", LANDREADY_LANG="zh").stderr
    assert "no such plan" in landready("summary", "nope.toml", LANDREADY_LANG="en").stderr


@pytest.mark.parametrize(
    "words",
    [
        ("summary", QINGXI, "--as-of", "yesterday"),
        ("summary", QINGXI, "--lang", "fr"),
        ("summary",),
        ("nonsense",),
        ("build", QINGXI, "--nonsense"),
        ("check",),
        ("new", "folder"),
    ],
)
def test_a_wrong_call_ends_with_2(words):
    code, text, told = called(*words)
    assert code == 2
    assert "Usage" in told
    assert text == ""


def test_markup_in_the_data_is_printed_as_text(faulty):
    text = faulty.read_text().replace('name = "X"', 'name = "[red]X[/red] [/]"')
    faulty.write_text(text + '[accept]\n"parcel.id-blank" = "[/bold]"\n', "utf-8")
    code, text, _ = called("summary", faulty)
    assert code == 0
    assert "[red]X[/red] [/]" in text
    assert "[/bold]" in text


# -- tables on a terminal ------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_narrow_terminal_cuts_no_figure(lang):
    """Every figure of every table that is shown stands whole in 60 columns."""
    done = landready("summary", QINGXI, "--lang", lang, COLUMNS="60")
    assert (done.returncode, done.stderr) == (0, "")
    assert "…" not in done.stdout
    lines = [set(re.split(r"[│┃\s]+", line)) for line in done.stdout.splitlines()]
    seen = set().union(*lines)
    hidden = {"timeline", "claims", "assumptions", "tornado", "economics_inputs"}
    hidden |= {"balance_treatment", "floor_treatment", "phasing"}
    compared = 0
    for sheet in sheets(geo.run(geo.read_plan(QINGXI))):
        if not sheet.on_page or sheet.id in hidden:
            continue
        assert sheet.title[lang] in done.stdout
        for row in cells(sheet):
            figures = {
                sheet.shown(item, value).en
                for item, value in zip(sheet.fields, row, strict=True)
                if item.kind in ("number", "percent")
            }
            assert any(figures <= line for line in lines), (sheet.id, figures)
            compared += len(figures)
    assert compared > 300
    assert "4,545.00" in seen


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_words_are_in_the_language_asked_for(lang):
    _, text, _ = called("summary", QINGXI, "--lang", lang)
    first, _, rest = text.partition("\n")
    assert "4,545.00 " + {"zh": "亩", "en": "mu"}[lang] in first
    assert bool(CHINESE.search(rest)) == (lang == "zh")
    assert {"zh": "罗马", "en": "Luoma"}[lang] in rest
    assert {"zh": "长山头", "en": "Changshantou"}[lang] in rest


def test_the_first_findings_of_each_kind_are_shown_and_all_on_demand(tmp_path):
    _, few, _ = called("check", QINGXI, "--lang", "en")
    _, every, _ = called("check", QINGXI, "--lang", "en", "--all")
    land = json.loads(called("check", QINGXI, "--json")[1])
    counts: dict[str, int] = {}
    for item in land["findings"]:
        counts[item["code"]] = counts.get(item["code"], 0) + 1
    assert max(counts.values()) > 5
    for code, number in counts.items():
        assert few.count(f"[{code}]") == min(number, 5)
        assert every.count(f"[{code}]") == number
        if number > 5:
            assert f"{code}: {number - 5} more" in few
    called("check", QINGXI, "--out", tmp_path / "findings.csv")
    rows = (tmp_path / "findings.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == len(land["findings"]) + 1


# -- build and new -------------------------------------------------------------------------------


def test_build_writes_where_it_is_told(tmp_path):
    code, text, _ = called("build", QINGXI, "--out", tmp_path / "a" / "b", "--lang", "en")
    assert code == 0
    assert (tmp_path / "a" / "b" / "index.html").is_file()
    assert str(tmp_path / "a" / "b" / "index.html") in text.replace("\n", "")
    assert "Progress toward the goals" in text


def test_build_writes_by_default_below_maps(tmp_path, monkeypatch, faulty):
    faulty.write_text(faulty.read_text() + '[accept]\n"parcel.id-blank" = "known"\n', "utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, text, _ = called("build", faulty, "--json")
    assert code == 0
    assert json.loads(text)["area_mu"] == pytest.approx(45)
    assert (tmp_path / "elsewhere" / "maps" / tmp_path.name / "index.html").is_file()


def test_build_refuses_the_folder_of_the_plan(faulty):
    faulty.write_text(faulty.read_text() + '[accept]\n"parcel.id-blank" = "known"\n', "utf-8")
    for place in (faulty.parent, faulty):
        code, _, told = called("build", faulty, "--out", place, "--lang", "en")
        assert code == 2
        assert "landready did not write" in told
    assert faulty.is_file()


def test_new_then_build_by_the_real_command(tmp_path, faulty):
    made = landready("new", tmp_path / "计划 1", "--parcels", faulty.with_name("parcels.gpkg"))
    assert made.returncode == 0, made.stderr
    assert "parcel_id is read from parcel_id" in made.stdout
    plan = tmp_path / "计划 1" / "plan.toml"
    assert str(plan) in made.stdout.replace("\n", "")
    built = landready("build", plan, "--out", tmp_path / "out", "--json")
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["area_mu"] == pytest.approx(75)
    again = landready("new", plan.parent, "--parcels", faulty.with_name("parcels.gpkg"))
    assert again.returncode == 2
    assert "[new.exists]" in again.stderr


def test_new_takes_name_date_and_layer(tmp_path, faulty):
    options: list[Any] = ["--name", "罗马", "--as-of", "2024-06-30", "--layer", "parcels"]
    layer = faulty.with_name("parcels.gpkg")
    assert called("new", tmp_path / "p", "--parcels", layer, *options)[0] == 0
    plan = geo.read_plan(tmp_path / "p" / "plan.toml")
    assert (plan.name.zh, str(plan.as_of), plan.layers.parcels.layer) == (
        "罗马",
        "2024-06-30",
        "parcels",
    )
    code, _, told = called("new", tmp_path / "q", "--parcels", layer, "--layer", "parcel")
    assert code == 2
    assert "parcels" in told
    assert not (tmp_path / "q").exists()


def test_an_id_commands_no_terminal(tmp_path):
    ids = ["\x1b[2J", "\x1b[2J", "C"]
    shapes = [shapely.box(515_000 + 200 * at, 0, 515_200 + 200 * at, 100) for at in range(3)]
    land = gpd.GeoDataFrame({"parcel_id": ids}, geometry=shapes, crs="EPSG:4547")
    land.to_file(tmp_path / "p.gpkg")
    _, told, _ = called("check", tmp_path / "p.gpkg")
    assert "\\x1b[2J" in told
    assert "\x1b[2J" not in told
