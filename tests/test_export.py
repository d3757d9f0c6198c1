"""The GeoPackage for QGIS: reopened, counted, styled like the page, and silent about owners."""

import datetime as dt
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

import geo
from geo.errors import PublishError
from geo.export import export_geopackage
from geo.ledger.event import Draft
from geo.ledger.opening import open_ledger
from geo.webmap.payload import page_payload
from tests.makers import M2_PER_MU, box, events, placed, write_plan

QINGXI = Path(__file__).parents[1] / "layers" / "qingxi" / "plan.toml"
LAYERS = dict.fromkeys(("parcels", "lost", "constraints", "blocks", "zones"), "MultiPolygon")
OWNER = "示例业主"
AWKWARD = "乙 & <b>\"'\n;--\u2028😀"
"""What markup, SQL and rows would break on."""


def town(folder: Path, *ids: str, history: Any = None, **columns: Any) -> Path:
    """Lots of 200 m x 100 m, so of 30 mu each, 10 m apart in one row."""
    shapes = [box(x, 0, x + 200, 100) for x in range(0, 210 * len(ids), 210)]
    land = placed(*shapes, parcel_id=list(ids), owner=OWNER, **columns)
    return write_plan(folder, land, history=history, suffix=".gpkg")


def with_ledger(plan: Path, *drafts: Draft) -> geo.Study:
    """A study of the plan with a ledger of these drafts, told on one day each."""
    now = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    with open_ledger(plan.parent / "readiness.db", write=True, create=now) as ledger:
        for day, draft in enumerate(drafts):
            ledger.append([draft], actor="甲", now=now + dt.timedelta(day))
    return geo.run(geo.read_plan(plan))


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def styles(path: Path) -> dict[str, ET.Element]:
    found = rows(path, "SELECT f_table_name, styleQML FROM layer_styles")
    return {name: ET.fromstring(qml.split("\n", 1)[1]) for name, qml in found}


@pytest.fixture(scope="module")
def qingxi() -> geo.Study:
    return geo.run(geo.read_plan(QINGXI))


@pytest.fixture(scope="module")
def exported(qingxi: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "清溪 qingxi.gpkg"
    export_geopackage(qingxi, path)
    return path


# --- the example ----------------------------------------------------------------------------------


def test_gdal_finds_every_layer_with_every_row(exported, qingxi):
    listed = {str(name): kind for name, kind in pyogrio.list_layers(exported)}
    assert listed == LAYERS | {"history": None, "layer_styles": None}
    told = [item for item in qingxi.land.history.entries if item.kind != "layer"]
    counts = {name: pyogrio.read_info(exported, layer=name)["features"] for name in listed}
    expected = {"parcels": 304, "blocks": len(qingxi.blocks), "zones": 2}
    expected |= {"lost": len(qingxi.lost), "constraints": len(qingxi.plan.constraints)}
    assert counts == expected | {"history": len(told), "layer_styles": len(LAYERS) + 1}
    assert [path.name for path in exported.parent.iterdir()] == [exported.name]


def test_the_program_that_gis_people_have_reads_it_too(exported):
    if shutil.which("ogrinfo") is None:  # pyogrio, which brings its own GDAL, is asked above
        return
    told = subprocess.run(
        ["ogrinfo", "-so", "-al", exported], capture_output=True, text=True, check=True
    )
    assert "Feature Count: 304" in told.stdout
    assert told.stderr == ""


def test_land_is_that_of_the_study(exported, qingxi):
    back = pyogrio.read_dataframe(exported, layer="parcels")
    assert back.crs == "EPSG:4547"
    assert back["parcel_id"].to_list() == qingxi.parcels["parcel_id"].to_list()
    assert back["land_mu"].to_list() == qingxi.parcels["land_mu"].to_list()
    assert back.area.to_list() == qingxi.parcels.area.to_list()
    assert back.area.sum() / M2_PER_MU == pytest.approx(4545, abs=1e-4)
    blocks = pyogrio.read_dataframe(exported, layer="blocks")
    assert blocks["land_mu"].to_list() == qingxi.blocks["land_mu"].to_list()
    zones = pyogrio.read_dataframe(exported, layer="zones")
    assert zones.area.to_list() == qingxi.zones.area.to_list()
    assert zones["illustrative"].all()


def test_gross_less_what_is_lost_is_net_to_the_last_bit(exported, qingxi):
    land = pyogrio.read_dataframe(exported, layer="parcels").set_index("parcel_id")
    lost = pyogrio.read_dataframe(exported, layer="lost").groupby("parcel_id")["area_m2"].sum()
    left = land["land_m2"] - lost.reindex(land.index).fillna(0.0)
    assert left.to_list() == land["net_m2"].to_list()
    assert (land["land_m2"] - land["lost_m2"]).to_list() == land["usable_m2"].to_list()


def test_land_that_is_lost_lies_where_its_area_says(exported, qingxi):
    lost = pyogrio.read_dataframe(exported, layer="lost")
    assert set(lost["reason"]) <= {"public", "village", "retained"} | {
        item.id for item in qingxi.plan.constraints
    }
    assert lost.area.sum() == pytest.approx(lost["area_m2"].sum(), abs=1)
    taken = pyogrio.read_dataframe(exported, layer="constraints").set_index("reason")
    assert taken.loc["river", "reason_zh"] == "河道蓝线（示意）"
    river = lost[lost["reason"] == "river"]
    assert (river["kind"] == "limiting").all()
    outside = river.difference(taken.geometry["river"]).area
    assert outside.max() == pytest.approx(0, abs=0.01)


def test_land_that_is_lost_is_hatched_by_its_kind(exported):
    for layer in ("lost", "constraints"):
        renderer = styles(exported)[layer].find("renderer-v2")
        assert renderer.attrib["attr"] == "kind"
        values = [item.attrib["value"] for item in renderer.iter("category")]
        assert set(pyogrio.read_dataframe(exported, layer=layer)["kind"]) <= set(values)
        drawn = [item.attrib["v"] for item in renderer.iterfind(".//prop[@k='style']")]
        assert drawn == ["f_diagonal"] * len(values)


def test_parcels_say_where_they_stand_and_what_blocks_them(exported, qingxi):
    back = pyogrio.read_dataframe(exported, layer="parcels")
    names = {stage.id: (rung, stage.name.zh) for rung, stage in enumerate(qingxi.plan.stages)}
    assert [names[stage] for stage in back["stage"]] == list(
        zip(back["rung"], back["stage_zh"], strict=True)
    )
    since = qingxi.parcels["stage_date"].dropna().dt.date
    assert list(back["stage_date"].dropna().dt.date) == list(since)
    assert back["self_reported"].to_list() == qingxi.parcels["self_reported"].to_list()
    assert (back["blocked"].sum(), (back["blocked_by"] != "").sum()) == (3, 3)
    assert {"示例整备一组", "示例整备二组"} <= set(back["responsible"])
    assert not back.loc[back["treatment"] == "road", "next_step"].any()


def test_owners_are_in_none_of_it(exported):
    columns = {"owner", "ownership", "row"}
    assert not columns & set(pyogrio.read_info(exported, layer="parcels")["fields"])
    assert OWNER.encode() not in exported.read_bytes()


def test_history_belongs_to_its_parcel(exported, qingxi):
    joined = rows(
        exported,
        "SELECT parcels.parcel_id, history.parcel_id FROM history "
        "JOIN parcels ON parcels.fid = parcel_fid",
    )
    assert len(joined) > 1200
    assert all(one == other for one, other in joined)
    former = rows(exported, "SELECT DISTINCT parcel_id FROM history WHERE parcel_fid IS NULL")
    assert {name for (name,) in former} == {"CS-B29", "LM-B27", "LM-B28"}
    keys = rows(exported, 'SELECT "table", "from", "to" FROM pragma_foreign_key_list(\'history\')')
    assert keys == [("parcels", "parcel_fid", "fid")]
    assert rows(exported, "PRAGMA foreign_key_check") == []


def test_history_keeps_what_was_corrected_apart(exported, qingxi):
    gone = rows(exported, "SELECT seq FROM history WHERE NOT standing")
    standing = {item.seq for item in qingxi.land.history.standing}
    told = {item.seq for item in qingxi.land.history.entries}
    assert {seq for (seq,) in gone} == told - standing
    corrected = rows(exported, "SELECT supersedes, reason FROM history WHERE supersedes NOTNULL")
    assert {seq for seq, _ in corrected} < told - standing
    assert all(reason for _, reason in corrected)


def test_the_table_of_styles_is_the_one_that_qgis_makes(exported):
    columns = [name for _, name, *_ in rows(exported, "PRAGMA table_info(layer_styles)")]
    assert columns == [
        "id",
        "f_table_catalog",
        "f_table_schema",
        "f_table_name",
        "f_geometry_column",
        "styleName",
        "styleQML",
        "styleSLD",
        "useAsDefault",
        "description",
        "owner",
        "ui",
        "update_time",
    ]
    kinds = rows(exported, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'")
    assert kinds == [("attributes",)]
    found = rows(
        exported,
        "SELECT f_table_catalog || f_table_schema, f_table_name, f_geometry_column, useAsDefault, "
        "update_time FROM layer_styles ORDER BY id",
    )
    day = "2024-12-31T00:00:00.000Z"
    drawn = [("", name, "geom", 1, day) for name in LAYERS]
    assert found == [*drawn, ("", "history", "", 1, day)]


def test_stages_have_the_colours_and_numbers_of_the_page(exported, qingxi):
    root = styles(exported)["parcels"]
    renderer = root.find("renderer-v2")
    assert renderer.attrib["type"] == "categorizedSymbol"
    assert renderer.attrib["attr"] == "stage"
    fills = {
        symbol.attrib["name"]: symbol.find("layer/prop[@k='color']").attrib["v"]
        for symbol in renderer.iter("symbol")
    }
    for stage, drawn in zip(qingxi.plan.stages, page_payload(qingxi)["stages"], strict=True):
        category = renderer.find(f"categories/category[@value='{stage.id}']")
        assert category.attrib["label"] == f"{drawn['rung']} {stage.name.zh} {stage.name.en}"
        red, green, blue, alpha = map(int, fills[category.attrib["symbol"]].split(","))
        assert (f"#{red:02x}{green:02x}{blue:02x}", alpha) == (drawn["color"], 255)
    assert root.find("labeling/settings/text-style").attrib["fieldName"] == "rung"


def test_a_style_names_only_columns_that_are_there(exported):
    for name, root in styles(exported).items():
        fields = set(pyogrio.read_info(exported, layer=name)["fields"])
        aliases = {item.attrib["field"]: item.attrib["name"] for item in root.iter("alias")}
        assert aliases.keys() == fields, name
        assert all(aliases.values())
        labels = {item.attrib["fieldName"] for item in root.iter("text-style")}
        assert labels <= fields


def test_it_says_that_it_is_for_the_office_alone(exported):
    """It names who is responsible and who recorded what, so no layer goes further."""
    told = rows(
        exported, "SELECT description FROM gpkg_contents WHERE table_name <> 'layer_styles'"
    )
    assert len(told) == len(LAYERS) + 1
    assert all("内部使用" in text and "not for publication" in text for (text,) in told)
    assert "for use inside the office" in " ".join(export_geopackage.__doc__.lower().split())


def test_illustrative_land_is_called_so(exported):
    told = rows(
        exported, "SELECT description FROM gpkg_contents WHERE table_name <> 'layer_styles'"
    )
    assert len(told) == len(LAYERS) + 1
    assert all("示意范围" in text and "2024-12-31" in text for (text,) in told)
    assert all("not for title" in text and "EPSG:4547" in text for (text,) in told)


# --- other plans ----------------------------------------------------------------------------------


def test_an_entry_counts_from_the_day_that_the_ledger_says(tmp_path, monkeypatch):
    """One rule for all: here a month of a note would count from its first day."""
    plan = town(tmp_path, "A")
    study = with_ledger(plan, Draft("A", "note", "2024-02-01", "month", text="x"))
    days = []
    for name in ("last", "first"):
        export_geopackage(study, tmp_path / f"{name}.gpkg")
        days += rows(tmp_path / f"{name}.gpkg", "SELECT date FROM history")
        monkeypatch.setattr("geo.ledger.event.FROM_THE_FIRST_DAY", {"note"})
    assert days == [("2024-02-29",), ("2024-02-01",)]


def test_a_plan_without_a_ledger_has_the_events_of_its_table(tmp_path):
    history = events(("A", "2024-03-01", "signed"), ("B", "2024-05-01", "cleared", ""))
    plan = town(tmp_path, "A", "B", "C", history=history)
    export_geopackage(geo.run(geo.read_plan(plan)), tmp_path / "out.gpkg")
    told = rows(
        tmp_path / "out.gpkg",
        "SELECT seq, parcel_fid, parcel_id, date, kind, rung, stage_zh, evidence, actor, standing "
        "FROM history",
    )
    assert told == [
        (2, 1, "A", "2024-03-01", "reach", 1, "signed", "paper", "", 1),
        (3, 2, "B", "2024-05-01", "reach", 3, "cleared", "", "", 1),
    ]
    back = pyogrio.read_dataframe(tmp_path / "out.gpkg", layer="parcels")
    assert back["land_mu"].to_list() == pytest.approx([30, 30, 30])
    assert back["self_reported"].to_list() == [False, True, False]


def test_a_plan_without_any_history_has_an_empty_one(tmp_path):
    export_geopackage(geo.run(geo.read_plan(town(tmp_path, "A"))), tmp_path / "out.gpkg")
    assert pyogrio.read_info(tmp_path / "out.gpkg", layer="history")["features"] == 0
    assert styles(tmp_path / "out.gpkg").keys() == {*LAYERS, "history"}


def test_text_that_breaks_markup_and_queries_comes_back_as_it_is(tmp_path):
    awkward_id = 'A\'; DROP TABLE "parcels" --'
    plan = town(tmp_path, awkward_id, "B", name=[AWKWARD, ""])
    study = with_ledger(
        plan,
        Draft(awkward_id, "reach", "2024-03-01", stage="signed", evidence=AWKWARD, source="<&>"),
        Draft("B", "block", "2024-04-01", text=AWKWARD),
    )
    export_geopackage(study, tmp_path / "out.gpkg")
    told = rows(tmp_path / "out.gpkg", "SELECT parcel_id, evidence, source, text FROM history")
    assert told == [(awkward_id, AWKWARD, "<&>", ""), ("B", "", "", AWKWARD)]
    back = pyogrio.read_dataframe(tmp_path / "out.gpkg", layer="parcels")
    assert back["parcel_id"].to_list() == [awkward_id, "B"]
    assert back["name"].to_list() == study.parcels["name"].to_list()
    assert back["blocked_by"].to_list() == ["", AWKWARD]


def test_names_of_stages_that_xml_cannot_hold_leave_the_style_well_formed(tmp_path):
    study = geo.run(geo.read_plan(town(tmp_path, "A")))
    first = study.plan.stages[0]
    name = first.name.model_copy(update={"zh": '摸底\x00\x0b<&">', "en": "]]>\ud800"})
    stages = [first.model_copy(update={"name": name}), *study.plan.stages[1:]]
    from geo.qgis import stages_qml  # noqa: PLC0415

    root = ET.fromstring(stages_qml(stages, {}).split("\n", 1)[1])
    labels = [item.attrib["label"] for item in root.iter("category")]
    assert labels[0] == '0 摸底<&"> ]]>'
    assert len(labels) == len(stages)


def test_the_history_ends_with_the_plans_date(tmp_path):
    plan = town(tmp_path, "A")
    study = with_ledger(
        plan,
        Draft("A", "reach", "2024-03-01", stage="signed", evidence="e"),
        Draft("A", "reach", "2024-06-01", "month", stage="cleared", evidence="e"),
    )
    export_geopackage(study, tmp_path / "all.gpkg")
    export_geopackage(geo.run(study.plan.seen_on(dt.date(2024, 6, 29))), tmp_path / "then.gpkg")
    query = "SELECT date, precision, stage FROM history"
    signed = ("2024-03-01", "day", "signed")
    assert rows(tmp_path / "all.gpkg", query) == [signed, ("2024-06-30", "month", "cleared")]
    assert rows(tmp_path / "then.gpkg", query) == [signed]


def test_no_block_is_an_empty_layer(tmp_path):
    goal = '[[goals]]\nid = "g"\nname = "g"\nmu = 60\ndue = 2025-12-31\nstage = "cleared"'
    plan = town(tmp_path, "A")
    plan.write_text(f"{plan.read_text('utf-8')}\n{goal}\n", "utf-8")
    export_geopackage(geo.run(geo.read_plan(plan)), tmp_path / "out.gpkg")
    info = pyogrio.read_info(tmp_path / "out.gpkg", layer="blocks")
    assert (info["features"], info["geometry_type"]) == (0, "MultiPolygon")


# --- the file -------------------------------------------------------------------------------------


@pytest.fixture
def study(tmp_path: Path) -> Iterator[geo.Study]:
    return geo.run(geo.read_plan(town(tmp_path / "plan", "A", "B")))


def test_an_earlier_export_is_replaced(study, tmp_path):
    path = tmp_path / "out.gpkg"
    export_geopackage(study, path)
    first = path.stat().st_ino
    export_geopackage(study, path)
    assert path.stat().st_ino != first
    assert pyogrio.read_info(path, layer="parcels")["features"] == 2
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out.gpkg", "plan"]


def test_a_plan_without_constraints_has_none_and_loses_nothing(study, tmp_path):
    export_geopackage(study, tmp_path / "out.gpkg")
    for layer in ("lost", "constraints"):
        info = pyogrio.read_info(tmp_path / "out.gpkg", layer=layer)
        assert (info["features"], info["geometry_type"]) == (0, "MultiPolygon")


def test_a_hand_over_is_lost_and_lies_nowhere(study, tmp_path):
    path = study.plan.path
    path.write_text(f"{path.read_text('utf-8')}\n[net]\nhandover_share = 0.1\n", "utf-8")
    export_geopackage(geo.run(geo.read_plan(path)), tmp_path / "out.gpkg")
    lost = pyogrio.read_dataframe(tmp_path / "out.gpkg", layer="lost")
    assert lost["reason"].to_list() == ["handover", "handover"]
    assert lost["area_m2"].to_list() == pytest.approx([2000, 2000], abs=1e-4)
    assert lost.geometry.isna().all()


@pytest.mark.parametrize("content", [b"notes of a surveyor", b""])
def test_a_file_of_somebody_else_is_left_alone(study, tmp_path, content):
    path = tmp_path / "out.gpkg"
    path.write_bytes(content)
    with pytest.raises(PublishError) as raised:
        export_geopackage(study, path)
    (fault,) = raised.value.findings
    assert (fault.code, fault.file) == ("write.holds-more", "out.gpkg")
    assert path.read_bytes() == content


def test_a_layer_that_somebody_added_is_not_lost(study, tmp_path):
    path = tmp_path / "out.gpkg"
    export_geopackage(study, path)
    notes = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(0, 0)], crs="EPSG:4547")
    notes.to_file(path, layer="my notes", driver="GPKG")
    before = path.read_bytes()
    with pytest.raises(PublishError) as raised:
        export_geopackage(study, path)
    (fault,) = raised.value.findings
    assert (fault.code, fault.seen) == ("write.holds-more", "my notes")
    assert path.read_bytes() == before


def test_a_file_that_qgis_has_open_is_left_alone(study, tmp_path):
    path = tmp_path / "out.gpkg"
    export_geopackage(study, path)
    path.with_name("out.gpkg-wal").write_bytes(b"what QGIS has not saved")
    with pytest.raises(PublishError) as raised:
        export_geopackage(study, path)
    (fault,) = raised.value.findings
    assert (fault.code, fault.seen) == ("write.open", "out.gpkg-wal")


@pytest.mark.parametrize("name", ["nowhere/out.gpkg", "plan"])
def test_what_cannot_be_written_says_so(study, tmp_path, name):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PublishError) as raised:
        export_geopackage(study, tmp_path / name)
    (fault,) = raised.value.findings
    assert (fault.code, fault.file) == ("write.failed", Path(name).name)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_reads_back_differently_does_not_take_its_place(study, tmp_path, monkeypatch):
    import geo.export as exporting  # noqa: PLC0415

    path = tmp_path / "out.gpkg"
    export_geopackage(study, path)
    before = path.read_bytes()
    whole = exporting._write

    def moved(layer: Any, *rest: Any) -> None:
        shapes = np.array(
            [shape and shapely.affinity.translate(shape, 0.001) for shape in layer.shapes]
        )
        whole(replace(layer, shapes=shapes), *rest)

    monkeypatch.setattr(exporting, "_write", moved)
    with pytest.raises(PublishError) as raised:
        export_geopackage(study, path)
    assert {fault.code for fault in raised.value.findings} == {"write.differs"}
    assert path.read_bytes() == before


def test_a_history_of_other_parcels_does_not_take_its_place(tmp_path, monkeypatch):
    import geo.export as exporting  # noqa: PLC0415

    history = events(("A", "2024-03-01", "signed"))
    study = geo.run(geo.read_plan(town(tmp_path / "plan", "A", "B", history=history)))
    whole = exporting._history
    monkeypatch.setattr(
        exporting, "_history", lambda study: [(seq, 2, *rest) for seq, _, *rest in whole(study)]
    )
    with pytest.raises(PublishError) as raised:
        export_geopackage(study, tmp_path / "out.gpkg")
    (fault,) = raised.value.findings
    assert (fault.code, fault.field) == ("write.differs", "history")
    assert not (tmp_path / "out.gpkg").exists()
