"""The gate, reports: the same findings in the terminal, JSON, CSV, Excel, GeoPackage and HTML."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from openpyxl import Workbook, load_workbook
from shapely import Point
from typer.testing import CliRunner

from geo.cli import app
from geo.errors import PublishError
from geo.findings import Finding
from geo.gate import Known, check_file
from geo.writers.findings import write_findings
from tests.test_bad_input import BOWTIE, EAST, NORTH, events, land, lot, plan, write

KEYS = ["severity", "code", "file", "layer", "row", "parcel", "field", "message", "area_mu",
        "mend", "changed"]  # fmt: skip
SCRIPT = "<script>document.title = 'taken'</script>"
FORMULA = '=HYPERLINK("http://example.invalid","x")'


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "250"}).invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def without_inference(findings: Sequence[Finding]) -> list[Finding]:
    """All findings but the one that tells how a bare layer is read, which is told only once."""
    others = [item for item in findings if item.code != "layer.inferred"]
    assert len(findings) - len(others) <= 1
    return others


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Five lots: B declares too much, C crosses itself, D covers half of A, and E is undrawn."""
    shapes = [lot(0), lot(3), BOWTIE, lot(0.5), None]
    declared = [20_000.0, 25_000.0, None, 20_000.0, None]
    write(land(*shapes, declared_area=declared), tmp_path / "parcels.gpkg")
    return tmp_path / "parcels.gpkg"


def reports(path: Path) -> dict[str, Path]:
    """All forms of a report, written by the command."""
    files = {ending: path.parent / f"a.{ending}" for ending in ("csv", "xlsx", "gpkg", "html")}
    out = [word for file in files.values() for word in ("--out", file)]
    assert run("check", path, *out)[0] == 2
    return files


def test_the_terminal_tells_place_mu_and_cure(faulty: Path) -> None:
    status, text = run("check", faulty, "--lang", "en")
    assert status == 2
    assert ("parcels.gpkg, parcels, row 2, parcel B, declared_area: declared 37.50 mu, measured "
            "30.00 mu: 25.00% apart (7.50 mu) → one of the two is wrong") in text  # fmt: skip
    assert "parcel D: it overlaps A; the overlap counts once, with A (15.00 mu)" in text
    assert "75.00 mu can be counted" in text


def test_the_terminal_speaks_chinese(faulty: Path) -> None:
    status, text = run("check", faulty, "--lang", "zh")
    assert status == 2
    assert "第 2 行，地块 B，declared_area: 申报 37.50 亩，图形 30.00 亩，差 25.00%" in text
    assert "(7.50 亩) → 核对界址与申报面积" in text
    assert "75.00 亩可计" in text


def test_json_holds_every_finding(faulty: Path) -> None:
    status, text = run("check", faulty, "--json")
    assert status == 2
    told = json.loads(text)
    assert told["area_mu"] == pytest.approx(75.0)
    by_code = {item["code"]: item for item in told["findings"]}
    assert {"area.contradicts", "geometry.invalid", "parcel.overlap", "geometry.missing"} <= set(
        by_code
    )
    found = by_code["area.contradicts"]
    where = {"file": "parcels.gpkg", "layer": "parcels", "row": 2, "parcel": "B"}
    assert found | where | {"severity": "error", "field": "declared_area"} == found
    assert found["area_mu"] == pytest.approx(7.5)
    assert found["changed"] is False
    assert found["seen"] == "25000.00"
    assert {"message", "message_zh", "mend", "mend_zh"} <= found.keys()


def test_a_sound_layer_ends_with_zero(tmp_path: Path) -> None:
    write(land(), tmp_path / "parcels.gpkg")
    status, text = run("check", tmp_path / "parcels.gpkg", "--json")
    told = json.loads(text)
    assert (status, told["area_mu"]) == (0, pytest.approx(90.0))
    assert [(item["code"], item["severity"]) for item in told["findings"]] == [
        ("layer.inferred", "info")
    ]


@pytest.mark.parametrize(("declared", "unit"), [(30.0, "mu"), (2.0, "ha"), (20_000.0, "m2")])
def test_a_bare_layer_says_how_it_is_read(declared: float, unit: str, tmp_path: Path) -> None:
    frame = land(面积=[declared] * 3).rename(columns={"parcel_id": "地块编号"})
    write(frame, tmp_path / "parcels.gpkg")
    result = check_file(tmp_path / "parcels.gpkg", Known())
    (found,) = result.findings
    assert (found.code, found.severity) == ("layer.inferred", "info")
    assert (found.file, found.layer, found.row, found.parcel) == (
        "parcels.gpkg", "parcels", None, "",
    )  # fmt: skip
    for words in (
        "parcel_id is read from 地块编号",
        "declared_area is read from 面积",
        f"declared_area_unit is {unit}, which its numbers bear out",
        "planar is used",
    ):
        assert words in found.message
    for words in (
        "parcel_id 取自列 地块编号",
        "declared_area 取自列 面积",
        f"declared_area_unit = {unit}，由数值推断",
        "取平面面积",
    ):
        assert words in found.message_zh
    assert "--field" in found.mend
    assert "--field" in found.mend_zh
    assert (found.changed, found.shape, result.stops) == (False, None, False)
    assert result.area_mu == pytest.approx(90.0)
    assert without_inference(result.findings) == []


def test_a_refused_layer_says_how_it_was_read(tmp_path: Path) -> None:
    """Then above all it must be seen: a wrong column may be why."""
    frame = land().assign(地块编号=[*"ABC"], 图斑编号=[*"XYZ"]).drop(columns="parcel_id")
    write(frame.assign(面积=[30.0] * 3), tmp_path / "parcels.gpkg")
    result = check_file(tmp_path / "parcels.gpkg", Known())
    told = {item.code: item for item in result.findings}
    assert result.stops
    assert told["field.ambiguous-id"].severity == "error"
    found = told["layer.inferred"]
    assert (found.severity, found.file, found.row) == ("info", "parcels.gpkg", None)
    assert "parcel_id is read from" not in found.message
    assert "declared_area_unit is mu" in found.message


def test_several_files_are_added_and_told_apart(faulty: Path) -> None:
    write(land(), faulty.parent / "sound.gpkg")
    (faulty.parent / "t.csv").write_text("地块编号,面积\nA,1\nA,2\n", encoding="utf-8")
    sound, table = faulty.parent / "sound.gpkg", faulty.parent / "t.csv"
    status, text = run("check", faulty, sound, table, "--json")
    told = json.loads(text)
    assert (status, told["area_mu"]) == (2, pytest.approx(165.0))
    assert {item["file"] for item in told["findings"]} == {"parcels.gpkg", "sound.gpkg", "t.csv"}
    of_sound = [item["code"] for item in told["findings"] if item["file"] == "sound.gpkg"]
    assert of_sound == ["layer.inferred"]


# --- tables


def test_the_tables_hold_what_json_holds(faulty: Path) -> None:
    files = reports(faulty)
    told = json.loads(run("check", faulty, "--json")[1])["findings"]
    with files["csv"].open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [*KEYS, "message_zh", "mend_zh"]
    assert [row[11] for row in rows] == [item["message_zh"] for item in told]
    assert [row[1] for row in rows] == [item["code"] for item in told]
    assert [row[4] for row in rows] == [str(item["row"] or "") for item in told]
    assert [row[5] for row in rows] == [item["parcel"] for item in told]
    for row, item in zip(rows, told, strict=True):
        assert (float(row[8]) if row[8] else None) == item["area_mu"]
        assert row[10] == str(item["changed"])
    (page,) = load_workbook(files["xlsx"]).worksheets
    heading, *lines = page.iter_rows(values_only=True)
    assert heading == ("级别", "代码", "文件", "图层", "行", "地块", "字段", "发现", "涉及（亩）",
                       "建议", "已更改")  # fmt: skip
    assert [line[1] for line in lines] == [item["code"] for item in told]
    assert [line[7] for line in lines] == [item["message_zh"] for item in told]
    assert [line[4] for line in lines] == [item["row"] for item in told]


# --- places


def places(path: Path) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(path, layer="findings").set_index("code", drop=False)


def test_every_finding_has_its_place(faulty: Path) -> None:
    told = json.loads(run("check", faulty, "--json")[1])["findings"]
    found = places(reports(faulty)["gpkg"])
    assert found.crs.to_epsg() == 4547
    assert len(found) == len(told)
    assert found.geometry["geometry.invalid"].equals(Point(EAST + 100, NORTH + 50))
    assert found.geometry["parcel.overlap"].equals(lot(0.5, wide=0.5))
    assert found.geometry["area.contradicts"].equals(lot(3))  # the row's own land
    assert found.geometry["geometry.missing"] is None
    assert found.geometry["layer.inferred"] is None  # of the whole file
    assert found["area_mu"]["parcel.overlap"] == pytest.approx(15.0)
    rows = [None if pd.isna(row) else row for row in found["row"]]
    assert rows == [item["row"] for item in told]


def test_events_are_placed_at_their_parcel_and_what_has_none_nowhere(tmp_path: Path) -> None:
    given = events("C,2024-01-01,基本完成,,x,,", "Z,2024-01-01,signed,,x,,")
    run("check", plan(tmp_path, **given), "--out", tmp_path / "a.gpkg")
    found = places(tmp_path / "a.gpkg")
    assert found.geometry["event.unknown-stage"].equals(lot(2))
    assert found.geometry["event.unknown-parcel"] is None


def test_rows_of_one_id_are_shown_together(tmp_path: Path) -> None:
    frame = land(parcel_id=["A", "B", "B"])
    given = events("B,2024-01-01,基本完成,,x,,", parcels=frame, layer='duplicate_ids = "merge"')
    run("check", plan(tmp_path, **given), "--out", tmp_path / "a.gpkg")
    place = places(tmp_path / "a.gpkg").geometry["event.unknown-stage"]
    assert place.geom_type == "GeometryCollection"
    assert shapely.union_all(shapely.get_parts(place)).equals(lot(1, wide=2))


def test_files_of_several_systems_are_layers_of_their_own(faulty: Path) -> None:
    write(land(BOWTIE).to_crs(4548), faulty.parent / "east.gpkg")
    out = faulty.parent / "a.gpkg"
    run("check", faulty, faulty.parent / "east.gpkg", faulty.parent / "no.gpkg", "--out", out)
    layers = pyogrio.list_layers(out)[:, 0].tolist()
    assert layers == ["findings_1", "findings_2", "findings_3"]
    systems = [pyogrio.read_info(out, layer=name)["crs"] for name in layers]
    assert systems[0] == "EPSG:4547"
    lost = pyogrio.read_dataframe(out, layer="findings_3")
    assert lost["code"].tolist() == ["layer.missing"]
    assert lost.geometry.tolist() == [None]


def test_a_report_without_findings_is_a_report(tmp_path: Path) -> None:
    result = check_file(plan(tmp_path), Known())  # a plan leaves nothing to infer
    assert list(result.findings) == []
    for ending in ("csv", "xlsx", "gpkg", "html"):
        write_findings([result], tmp_path / f"a.{ending}")
    assert len(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="findings")) == 0
    assert len(pd.read_csv(tmp_path / "a.csv")) == 0


def test_a_report_replaces_the_old_one_whole(faulty: Path) -> None:
    out = faulty.parent / "a.gpkg"
    out.write_bytes(b"something else")
    assert run("check", faulty, "--out", out)[0] == 2
    assert len(places(out)) > 3
    assert not list(faulty.parent.glob(".landready-*"))


def test_another_kind_of_report_is_refused(faulty: Path) -> None:
    with pytest.raises(PublishError) as stopped:
        write_findings([check_file(faulty, Known())], faulty.parent / "a.docx")
    (found,) = stopped.value.findings
    assert (found.code, found.file, found.row) == ("check.format", "a.docx", None)
    assert found.mend == "end its name in one of .csv, .xlsx, .gpkg, .html"


# --- hostile text


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Ids that would run as a script, as a formula, and as Excel's commands."""
    names = [SCRIPT, FORMULA, "+cmd|' /C calc'!A0", "@SUM(1)", "\t=1"]
    frame = land(*(lot(at) for at in range(5)), parcel_id=names, plot_ratio=["=1+1"] * 5)
    write(frame, tmp_path / "parcels.gpkg")
    return tmp_path / "parcels.gpkg"


def written(path: Path) -> dict[str, Path]:
    result = check_file(path, Known())
    assert {item.parcel for item in result.findings} >= {SCRIPT, FORMULA}
    files = {ending: path.parent / f"a.{ending}" for ending in ("csv", "xlsx", "gpkg", "html")}
    for file in files.values():
        write_findings([result], file)
    return files


def test_hostile_text_is_inert_in_tables(hostile: Path) -> None:
    files = written(hostile)
    with files["csv"].open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert f"'{FORMULA}" in cells
    book = load_workbook(files["xlsx"])
    kinds = {cell.data_type for line in book.worksheets[0].iter_rows() for cell in line}
    assert "f" not in kinds
    parcels = [line[5] for line in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    assert FORMULA in parcels
    assert SCRIPT in pyogrio.read_dataframe(files["gpkg"], layer="findings")["parcel"].tolist()


def test_hostile_text_is_inert_in_the_page(hostile: Path) -> None:
    page = written(hostile)["html"].read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_the_sheet_that_is_named_is_checked(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["说明"])
    book.create_sheet("台账").append(["地块编号", "容积率"])
    book["台账"].append(["A", "约2"])
    book.save(tmp_path / "t.xlsx")
    told = {
        item.code: item for item in check_file(tmp_path / "t.xlsx", Known(layer="台账")).findings
    }
    assert "table.sheets" not in told
    found = told["number.approximate"]
    assert (found.file, found.row, found.parcel) == ("t.xlsx", 2, "A")
    (none,) = check_file(tmp_path / "t.xlsx", Known(layer="台帐")).findings
    assert (none.code, none.seen) == ("table.no-sheet", "台帐")


def test_a_table_by_itself_says_that_it_holds_no_land(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("地块编号,容积率\nA,2.0\n", encoding="utf-8")
    checked = check_file(tmp_path / "t.csv", Known())
    (found,) = [item for item in checked.findings if item.code == "table.no-land"]
    assert (found.severity, found.file, found.row) == ("info", "t.csv", None)
    assert "checked as parcels' attributes" in found.message
    assert (checked.area_mu, checked.stops) == (0.0, False)
