"""Publishing: all or nothing, read back, recorded, inert, and silent about owners."""

import csv
import errno
import hashlib
import importlib
import json
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from pyogrio.errors import DataSourceError
from typer.testing import CliRunner

import geo
from geo import workbooks
from geo.cli import app
from geo.publish import RECORD, publish
from geo.readers.vector import read_vector
from geo.tables import sheets
from geo.units import LAND_GRID_M2, M2_PER_MU
from geo.webmap.page import LandMap
from geo.webmap.payload import page_payload
from geo.writers.polygons import Written
from tests.test_atlas import unpacked

publishing = importlib.import_module("geo.publish")  # the face has a function of that name

ROOT = Path(__file__).resolve().parents[1]
QINGXI = ROOT / "layers" / "qingxi" / "plan.toml"
OWNER, PHONE = "示例业主", "13800000000"
FULL = OSError(errno.ENOSPC, "No space left on device")

PLAN = """
name = "Two parks"
crs = "EPSG:4547"
base_date = 2023-01-01
as_of = 2024-12-31
layers.parcels = { file = "parcels.gpkg" }
layers.readiness = { file = "events.csv" }
goals = [{ id = "g", name = "60 mu", mu = 60, due = 2025-12-31, stage = "cleared" }]
scenarios = [{ id = "s", name = "at 2", plot_ratio = 2.0 }]
programmes = [{ id = "p", name = "P", file = "members.csv" }]
"""


def town(folder: Path, ids: tuple[str, ...] = ("A", "B", "C"), **columns: Any) -> Path:
    """Lots of 200 m x 100 m, so of 30 mu each, 10 m apart in one row; the last is of park Y."""
    folder.mkdir(parents=True, exist_ok=True)
    lots = [shapely.box(x, 2526000, x + 200, 2526100) for x in range(515000, 10**6, 210)]
    values = {"parcel_id": ids, "zone": ["X"] * (len(ids) - 1) + ["Y"], "plot_ratio": 1.5}
    values |= {"owner": OWNER, "phone": PHONE, "权利人": OWNER, **columns}
    frame = gpd.GeoDataFrame(values, geometry=lots[: len(ids)], crs="EPSG:4547")
    frame.to_file(folder / "parcels.gpkg")
    events = [(name, "2024-05-01", "cleared", "c-1", OWNER) for name in ids[:2]]
    table = pd.DataFrame(events, columns=["parcel_id", "date", "stage", "evidence", "contact"])
    table.to_csv(folder / "events.csv", index=False)
    members = pd.DataFrame({"programme_id": "p", "parcel_id": ids[:1]})
    members.to_csv(folder / "members.csv", index=False)
    (folder / "plan.toml").write_text(PLAN, "utf-8")
    return folder / "plan.toml"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    return geo.run(geo.read_plan(town(tmp_path_factory.mktemp("town"))))


@pytest.fixture(scope="module")
def qingxi() -> geo.Study:
    return geo.run(geo.read_plan(QINGXI))


@pytest.fixture(scope="module")
def published(qingxi: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(qingxi, tmp_path_factory.mktemp("out") / "qingxi")


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def texts_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every published file as bytes, workbooks unpacked."""
    for name, data in files_of(folder).items():
        yield name, data
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(folder / name) as book:
                yield from ((f"{name}/{part}", book.read(part)) for part in book.namelist())


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


# -- what is written -----------------------------------------------------------------------------


def test_the_folder_holds_page_layers_tables_and_record(qingxi, published):
    names = files_of(published)
    tables = {f"tables/{sheet.id}.csv" for sheet in sheets(qingxi)}
    layers = {"parcels.gpkg", "blocks.gpkg"}
    assert names.keys() == {"index.html", "run.json", "tables.xlsx", *layers, *tables}
    assert all(names.values())
    assert [path.name for path in published.parent.iterdir()] == ["qingxi"]


def test_layers_read_back_as_they_were_computed(qingxi, published):
    back = pyogrio.read_dataframe(published / "parcels.gpkg")
    assert back.crs == "EPSG:4547"
    assert list(back["parcel_id"]) == list(qingxi.parcels["parcel_id"])
    assert back["land_m2"].to_list() == qingxi.parcels["land_m2"].to_list()
    assert back.area.sum() == pytest.approx(4545 * 2000 / 3, abs=0.01)
    blocks = pyogrio.read_dataframe(published / "blocks.gpkg")
    assert blocks["land_mu"].to_list() == qingxi.blocks["land_mu"].to_list()
    assert set(blocks.geom_type) == {"MultiPolygon"}


def test_layers_keep_a_foot_based_crs(tmp_path):
    plan = town(tmp_path / "in")
    moved = gpd.read_file(tmp_path / "in" / "parcels.gpkg").set_crs(2249, allow_override=True)
    moved.to_file(tmp_path / "in" / "parcels.gpkg")
    plan.write_text(plan.read_text().replace("EPSG:4547", "EPSG:2249"))
    folder = publish(geo.run(geo.read_plan(plan)), tmp_path / "out")
    back = pyogrio.read_dataframe(folder / "parcels.gpkg")
    assert back.crs == "EPSG:2249"
    assert back.area.tolist() == pytest.approx([20_000.0] * 3)
    assert back["land_m2"].tolist() == pytest.approx([20_000 * (1200 / 3937) ** 2] * 3)


def test_a_town_where_nothing_counts_is_published_too(tmp_path):
    plan = town(tmp_path / "in")
    plan.write_text(plan.read_text().replace('"cleared"', '"producing"'))
    folder = publish(geo.run(geo.read_plan(plan)), tmp_path / "out")
    assert len(pyogrio.read_dataframe(folder / "blocks.gpkg")) == 0
    assert not (folder / "tables/blocks.csv").exists()


# -- layers as GeoParquet ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def columnar(qingxi: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Qingxi in GeoParquet; tables of more than 300 rows (of 304 parcels) are long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "MOST_ROWS", 300)
        folder = tmp_path_factory.mktemp("columnar") / "qingxi"
        return publish(qingxi, folder, layers="geoparquet")


def test_layers_in_geoparquet_hold_what_those_in_geopackage_do(published, columnar):
    assert not list(columnar.glob("*.gpkg"))
    for name in ("parcels", "blocks"):
        one = pyogrio.read_dataframe(published / f"{name}.gpkg")
        other = gpd.read_parquet(columnar / f"{name}.parquet")
        assert other.crs == one.crs == "EPSG:4547"
        assert list(other) == list(one)
        cells, others = (pd.DataFrame(table.drop(columns="geometry")) for table in (one, other))
        pd.testing.assert_frame_equal(cells.astype(others.dtypes), others)
        assert set(other.geom_type) == {"MultiPolygon"}
        assert shapely.equals_identical(other.geometry.array, one.geometry.array).all()


def test_our_own_reader_reads_layers_in_geoparquet(qingxi, columnar):
    back = read_vector(columnar / "parcels.parquet")
    assert list(back.frame["parcel_id"]) == list(qingxi.parcels["parcel_id"])
    assert "bbox" not in back.frame
    assert back.frame.area.sum() == pytest.approx(4545 * 2000 / 3, abs=0.01)


def test_a_foot_based_crs_is_kept_in_geoparquet_too(tmp_path):
    plan = town(tmp_path / "in")
    moved = gpd.read_file(tmp_path / "in" / "parcels.gpkg").set_crs(2249, allow_override=True)
    moved.to_file(tmp_path / "in" / "parcels.gpkg")
    plan.write_text(plan.read_text().replace("EPSG:4547", "EPSG:2249"))
    folder = publish(geo.run(geo.read_plan(plan)), tmp_path / "out", layers="geoparquet")
    back = gpd.read_parquet(folder / "parcels.parquet")
    assert back.crs == "EPSG:2249"
    assert back.area.tolist() == pytest.approx([20_000.0] * 3)


def test_with_geoparquet_long_tables_are_parquet_and_the_others_csv(qingxi, published, columnar):
    long = {sheet.id for sheet in sheets(qingxi) if len(sheet.frame) > 300}
    assert {"parcels", "parcel_floor"} <= long
    tables = json.loads((columnar / RECORD).read_text("utf-8"))["tables"]
    assert {name for name, item in tables.items() if item["file"].endswith(".parquet")} == long
    assert {path.stem for path in (columnar / "tables").glob("*.csv")} == tables.keys() - long
    for sheet in sheets(qingxi):
        if sheet.id in long:
            one = pd.read_parquet(columnar / tables[sheet.id]["file"])
            other = pd.read_csv(published / f"tables/{sheet.id}.csv", keep_default_na=False)
            assert list(one) == list(other) == [item.key for item in sheet.fields]
            assert len(one) == len(other) == tables[sheet.id]["rows"]
    one = pd.read_parquet(columnar / "tables/parcels.parquet")
    assert one["land_m2"].tolist() == qingxi.parcels["land_m2"].tolist()


def test_an_output_of_either_format_replaces_one_of_the_other(study, tmp_path):
    folder = publish(study, tmp_path / "out")
    publish(study, folder, layers="geoparquet")
    assert not (folder / "parcels.gpkg").exists()
    publish(study, folder)
    assert not (folder / "parcels.parquet").exists()


# -- all or nothing ------------------------------------------------------------------------------


def fail(error: BaseException) -> Any:
    def raising(*_: Any, **__: Any) -> None:
        raise error

    return raising


def nth_rename_fails(number: int) -> Any:
    rename, calls = Path.rename, iter(range(1, 99))

    def renaming(self: Path, target: Path) -> Path:
        if next(calls) == number:
            raise FULL
        return rename(self, target)

    return renaming


def no_record(self: Path, *args: Any, **kwargs: Any) -> int:
    if self.name == RECORD:
        raise FULL
    return WRITE_TEXT(self, *args, **kwargs)


def other_record(self: Path, text: str, **kwargs: Any) -> int:
    other = text.replace('"rows_in": 3', '"rows_in": 4') if self.name == RECORD else text
    return WRITE_TEXT(self, other, **kwargs)


def held(ids: str, land_m2: float, drawn_m2: float) -> Written:
    return Written(pa.chunked_array([list(ids)], pa.large_string()), land_m2, drawn_m2)


WRITE_TEXT = Path.write_text
LOST = DataSourceError("disk I/O error")
STEPS = {
    "page": (LandMap, "save", fail(FULL)),
    "layer": (publishing.pyogrio, "write_arrow", fail(LOST)),
    "csv": (publishing, "fill_csv", fail(FULL)),
    "workbook": (workbooks, "write_workbook", fail(FULL)),
    "record": (Path, "write_text", no_record),
    "read back": (publishing.pyogrio, "open_arrow", fail(LOST)),
    "ids differ": (publishing, "read_back", lambda *_: held("ABD", 60_000.0, 60_000.0)),
    "land differs": (publishing, "read_back", lambda *_: held("ABC", 60_001.0, 60_000.0)),
    "shape differs": (publishing, "read_back", lambda *_: held("ABC", 60_000.0, 60_001.0)),
    "record differs": (Path, "write_text", other_record),
    "sync": (publishing.os, "fsync", fail(FULL)),
    "first rename": (Path, "rename", nth_rename_fails(1)),
    "second rename": (Path, "rename", nth_rename_fails(2)),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_the_old_folder(study, tmp_path, monkeypatch, step):
    folder = publish(study, tmp_path / "out")
    before = files_of(folder)
    monkeypatch.setattr(*STEPS[step])
    with pytest.raises(geo.PublishError, match="untouched") as caught:
        publish(study, folder)
    monkeypatch.undo()
    assert caught.value.findings[0].code.startswith("publish.")
    assert files_of(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("step", [name for name in STEPS if "rename" not in name])
def test_a_failure_on_the_first_run_leaves_nothing(study, tmp_path, monkeypatch, step):
    monkeypatch.setattr(*STEPS[step])
    with pytest.raises(geo.PublishError):
        publish(study, tmp_path / "out")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), RuntimeError("a bug")])
def test_an_interrupt_or_a_bug_leaves_the_old_folder(study, tmp_path, monkeypatch, error):
    folder = publish(study, tmp_path / "out")
    before = files_of(folder)
    monkeypatch.setattr(workbooks, "write_workbook", fail(error))
    with pytest.raises(type(error)):
        publish(study, folder)
    assert files_of(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_at_any_byte_leaves_the_old_folder(study, tmp_path):
    """The system itself refuses to write more than so many bytes to a file."""
    folder = publish(study, tmp_path / "out")
    before = files_of(folder)
    sizes = sorted({len(data) for data in before.values()})
    limits = [0, *(size // 2 for size in sizes), *(size - 1 for size in sizes)]
    script = f"""
import resource, signal, geo
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
study = geo.run(geo.read_plan({str(study.plan.path)!r}))
for limit in {limits}:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        geo.publish(study, {str(folder)!r})
    except geo.PublishError as error:
        outcome = error.findings[0].code
    else:
        outcome = "written"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    print(limit, outcome)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    outcomes = [line.split()[1] for line in done.stdout.splitlines()]
    assert outcomes == ["publish.failed"] * len(limits), done.stdout
    assert files_of(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_second_run_replaces_everything(study, tmp_path):
    folder = publish(study, tmp_path / "out")
    (folder / "tables" / "aside.csv").write_text("of an earlier version")
    (folder / "parcels.gpkg-wal").write_text("left by a GIS program")
    publish(study, folder)
    assert not (folder / "tables" / "aside.csv").exists()
    assert not (folder / "parcels.gpkg-wal").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_output_with_a_table_that_is_no_more_is_replaced(study, tmp_path):
    folder = tmp_path / "out"
    publish(study, folder)
    record = json.loads((folder / RECORD).read_text("utf-8"))
    record["tables"]["published"] = []
    (folder / RECORD).write_text(json.dumps(record), encoding="utf-8")
    (folder / "tables" / "published.csv").write_text("old", encoding="utf-8")
    publish(study, folder)
    assert not (folder / "tables" / "published.csv").exists()


@pytest.mark.parametrize(
    "name",
    [
        "notes.docx",
        "roads.gpkg",
        "tables/sums.xlsx",
        "tables/notes.csv",
        "tables/mine/a.csv",
        "run.json/a",
    ],
)
def test_files_of_somebody_else_are_never_replaced(study, tmp_path, name):
    folder = tmp_path / "out"
    if not name.startswith("run.json"):
        publish(study, folder)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("mine")
    before = files_of(folder)
    with pytest.raises(geo.PublishError, match=r"did not write: .*--out"):
        publish(study, folder)
    assert files_of(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_without_a_record_and_a_plain_file_are_refused(study, tmp_path):
    (tmp_path / "index.html").write_text("mine")
    for place in (tmp_path, tmp_path / "index.html"):
        with pytest.raises(geo.PublishError, match=r"index\.html"):
            publish(study, place)
    assert files_of(tmp_path) == {"index.html": b"mine"}


def test_an_empty_folder_a_link_and_the_present_folder_serve(study, tmp_path, monkeypatch):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real, target_is_directory=True)
    publish(study, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (real / RECORD).exists()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    publish(study, Path())
    assert (tmp_path / "here" / RECORD).exists()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["here", "link", "real"]


def test_a_folder_that_cannot_be_made_is_a_publish_error(study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(geo.PublishError, match="cannot be written"):
        publish(study, tmp_path / "file" / "out")


def build_and_die(plan: Path, folder: Path, where: str) -> None:
    """Run a build in a process of its own that is killed (SIGKILL) at a place."""
    script = f"""
import importlib, os, signal
from pathlib import Path
import geo
publishing = importlib.import_module("geo.publish")
workbooks = importlib.import_module("geo.workbooks")
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
rename = Path.rename
def die_between(self, target):
    rename(self, target)
    die()
study = geo.run(geo.read_plan({str(plan)!r}))
{where}
geo.publish(study, {str(folder)!r})
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", ["workbooks.write_workbook", "publishing._verify"])
def test_killed_in_the_middle_the_old_output_stands(study, tmp_path, step):
    folder = publish(study, tmp_path / "out")
    before = files_of(folder)
    build_and_die(study.plan.path, folder, f"{step} = die")
    assert files_of(folder) == before
    publish(study, folder)
    assert files_of(folder).keys() == before.keys()


def test_killed_between_the_two_renames_the_next_run_recovers(study, tmp_path, monkeypatch):
    folder = publish(study, tmp_path / "out")
    before = files_of(folder)
    build_and_die(study.plan.path, folder, "Path.rename = die_between")
    assert not folder.exists()
    monkeypatch.setattr(publishing, "fill_csv", fail(FULL))
    with pytest.raises(geo.PublishError):  # even a run that fails first puts the old one back
        publish(study, folder)
    assert files_of(folder) == before
    monkeypatch.undo()
    publish(study, folder)
    assert not (tmp_path / ".out.old").exists()


# -- the record ----------------------------------------------------------------------------------


def test_the_record_names_every_input_by_the_hash_that_sha256sum_gives(published):
    record = json.loads((published / RECORD).read_text("utf-8"))
    names = [item["file"] for item in record["inputs"]]
    assert names == [
        *("plan.toml", "qingxi.gpkg", "terrain.tif", "readiness.db", "constraints.gpkg"),
        *("programmes.csv", "claims.csv", "sources.csv", "cover_after.tif", "cover_before.tif"),
    ]
    told = subprocess.run(
        ["sha256sum", *names], cwd=QINGXI.parent, capture_output=True, text=True, check=True
    )
    assert [item["sha256"] for item in record["inputs"]] == [
        line.split()[0] for line in told.stdout.splitlines()
    ]


def test_the_record_holds_versions_laws_and_the_figures_of_the_summary(qingxi, published):
    record = json.loads((published / RECORD).read_text("utf-8"))
    assert record["landready"] == geo.__version__
    assert record["versions"]["shapely"] == shapely.__version__
    assert record["versions"].keys() >= {"python", "geos", "gdal", "proj", "geopandas"}
    assert record["figures"] == geo.summary(qingxi)
    assert record["plan"]["crs"] == "EPSG:4547"
    laws = {law["code"]: law for law in record["laws"]}
    assert laws.keys() == {law.code for law in qingxi.laws}
    assert laws.keys() >= {"rows", "ids", "union", "zones", "stages", "blocks", "added-planned"}
    assert all(abs(law["residual"]) <= law["tolerance"] for law in laws.values())
    assert all(law["residual"] == law["one"] - law["other"] for law in laws.values())
    assert laws["rows"]["tolerance"] == 0


def test_the_record_names_every_table_by_its_rows_and_the_hash_of_its_file(qingxi, published):
    tables = json.loads((published / RECORD).read_text("utf-8"))["tables"]
    assert list(tables) == [sheet.id for sheet in sheets(qingxi)]
    for sheet in sheets(qingxi):
        path = published / f"tables/{sheet.id}.csv"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entry = tables[sheet.id]
        assert (entry["file"], entry["rows"]) == (f"tables/{sheet.id}.csv", len(sheet.frame))
        assert entry["sha256"] == digest


def test_the_record_has_every_figure_of_tables_that_are_not_long(
    qingxi, published, tmp_path, monkeypatch
):
    """The tables of the example are short; the CSV has the same cells."""
    tables = json.loads((published / RECORD).read_text("utf-8"))["tables"]
    for sheet in sheets(qingxi):
        with (published / f"tables/{sheet.id}.csv").open(encoding="utf-8-sig", newline="") as file:
            written = list(csv.DictReader(file))
        figures = tables[sheet.id]["figures"]
        assert len(figures) == len(written) == len(sheet.frame)
        for row, cells in zip(figures, written, strict=True):
            assert list(row) == list(cells)
            numbers = [name for name, cell in row.items() if type(cell) in (int, float)]
            assert [float(cells[name]) for name in numbers] == [row[name] for name in numbers]
    monkeypatch.setattr(publishing, "MOST_TOLD", 100)
    publishing.write_data(qingxi, sheets(qingxi), tmp_path)
    told = json.loads((tmp_path / RECORD).read_text("utf-8"))["tables"]
    assert {name for name, entry in told.items() if "figures" not in entry} == {
        sheet.id for sheet in sheets(qingxi) if len(sheet.frame) > 100
    }


def test_the_record_is_json_without_nan_and_tells_no_path_of_the_machine(published):
    text = (published / RECORD).read_text("utf-8")
    json.loads(text, parse_constant=fail(AssertionError("NaN in run.json")))
    assert str(ROOT) not in text


def test_a_hash_speaks_for_every_file_of_a_layer(tmp_path):
    for name in ("a.shp", "a.dbf", "b.dbf", "gdb/1", "gdb/2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    before = publishing.sha256(tmp_path / "a.shp"), publishing.sha256(tmp_path / "gdb")
    (tmp_path / "b.dbf").write_text("another layer")
    assert (publishing.sha256(tmp_path / "a.shp"), publishing.sha256(tmp_path / "gdb")) == before
    (tmp_path / "a.dbf").write_text("changed")
    (tmp_path / "gdb/2").write_text("changed")
    assert publishing.sha256(tmp_path / "a.shp") != before[0]
    assert publishing.sha256(tmp_path / "gdb") != before[1]


# -- what a spreadsheet makes of it --------------------------------------------------------------

FORMULAS = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "=1+1\tx", '=HYPERLINK("http://x")')


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town whose ids, names and land uses all look like formulas."""
    folder = tmp_path_factory.mktemp("hostile")
    plan = town(folder / "in", FORMULAS, name=FORMULAS, land_use=["=1+1"] * len(FORMULAS))
    text = plan.read_text("utf-8").replace('id = "g", name = "60 mu"', 'id = "=2+2", name = "=3+3"')
    plan.write_text('assumptions = ["=4+4", "\\t=5+5"]\n' + text, "utf-8")
    return publish(geo.run(geo.read_plan(plan)), folder / "out")


def test_no_cell_of_a_csv_file_begins_a_formula(hostile):
    seen = set()
    for path in (hostile / "tables").glob("*.csv"):
        for row in read_csv(path):
            for cell in row:
                seen.add(cell)
                number = cell.replace(".", "").replace("e", "").replace("-", "").isdigit()
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or number, cell
    assert {f"'{text}" for text in FORMULAS if text not in ("-1", "+1")} <= seen
    ids = [row[1] for row in read_csv(hostile / "tables/parcels.csv")[1:]]
    assert ids == [f"'{text}" for text in FORMULAS]


def test_no_cell_of_the_workbook_is_a_formula(hostile):
    book = openpyxl.load_workbook(hostile / "tables.xlsx")
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    texts = {cell.value for cell in cells if cell.data_type == "s"}
    assert texts >= {*FORMULAS, "=3+3", "=4+4", "\t=5+5"}
    with zipfile.ZipFile(hostile / "tables.xlsx") as file:
        pages = [file.read(name) for name in file.namelist() if "/worksheets/" in name]
    assert not any(b"<f>" in page or b"<hyperlink" in page for page in pages)


# -- the page ------------------------------------------------------------------------------------


def payload_in(folder: Path) -> Any:
    html = (folder / "index.html").read_text("utf-8")
    start = html.index('id="landready-data">') + len('id="landready-data">')
    return json.loads(html[start : html.index("</script>", start)])


def test_every_figure_of_the_page_is_that_of_the_tables(qingxi, published):
    """The page's words against the cells of the CSV files, rounded half up by Decimal."""
    kinds = {sheet.id: sheet for sheet in sheets(qingxi)}
    compared = 0
    for table in payload_in(published)["tables"]:
        rows = read_csv(published / "tables" / f"{table['id']}.csv")[1:]
        assert len(rows) == len(table["rows"])
        for shown, stored in zip(table["rows"], rows, strict=True):
            for item, cell, raw in zip(kinds[table["id"]].fields, shown, stored, strict=True):
                if item.kind in ("number", "percent"):
                    assert (cell or "") == half_up(raw, item.kind, item.places)
                    compared += raw != ""
    assert compared > 500


def half_up(raw: str, kind: str, places: int) -> str:
    """A stored figure as people read it, in exact decimal arithmetic."""
    if raw == "":
        return ""
    value = Decimal(raw) * (100 if kind == "percent" else 1)
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0:,f}"
    return f"{text}%" if kind == "percent" else text


def test_the_page_is_the_payload_of_the_study(qingxi, published):
    payload = payload_in(published)
    assert payload.pop("world").keys() == {"x0", "y0"}  # the atlas says where it is drawn from
    assert payload == json.loads(json.dumps(page_payload(qingxi)))
    assert "4,545.00" in payload["subtitle"]["zh"]
    html = (published / "index.html").read_text("utf-8")
    pack = re.search(r'id="landready-facts">([^<]*)<', html)
    assert pack
    facts = unpacked(pack[1])
    columns = (facts[f"parcels.{name}"] for name in ("id", "land", "alive"))
    steps = {name: land for name, land, alive in zip(*columns, strict=True) if alive}
    header, *rows = read_csv(published / "tables/parcels.csv")
    land_mu = header.index("land_mu")
    mu = {row[header.index("parcel_id")]: half_up(row[land_mu], "number", 2) for row in rows}
    assert mu == {
        name: half_up(str(land * LAND_GRID_M2 / M2_PER_MU), "number", 2)
        for name, land in steps.items()
    }
    assert len(mu) == 304


def test_illustrative_land_is_called_so_in_the_title_and_a_notice(published):
    payload = payload_in(published)
    assert "示意范围" in payload["title"]["zh"]
    assert "illustrative" in payload["title"]["en"]
    assert any("示意图" in notice["zh"] for notice in payload["notices"])


def test_an_owner_stands_in_no_published_file(study, tmp_path):
    folder = publish(study, tmp_path / "out")
    given = (study.plan.folder / "parcels.gpkg").read_bytes()
    assert OWNER.encode() in given
    secrets = [OWNER.encode(), OWNER.encode("utf-16-le"), PHONE.encode()]
    secrets += [json.dumps(OWNER)[1:-1].encode()]
    for name, data in texts_of(folder):
        assert not any(secret in data for secret in secrets), name


def test_the_page_has_no_link_outside(published):
    """No tag of the page leads anywhere, and outside Leaflet's files no address is named."""
    html = (published / "index.html").read_text("utf-8")
    reader, values = HTMLParser(), []
    reader.handle_starttag = lambda tag, attrs: values.extend(value or "" for _, value in attrs)  # type: ignore[method-assign]
    reader.feed(html)
    assert len(values) > 20
    assert not [value for value in values if "//" in value or value.startswith("http")]
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert styles
    loads = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)")
    assert not [style for style in styles if loads.search(style)]
    for name in ("leaflet.core.js", "LICENSE"):
        html = html.replace((ROOT / "geo/webmap/vendor" / name).read_text("utf-8"), "")
    assert len(html) > 100_000
    assert not re.findall(r"https?://.{0,40}", html)


def test_build_publishes_what_the_library_does(study, tmp_path):
    result = CliRunner().invoke(
        app, ["build", str(study.plan.path), "--out", str(tmp_path / "out"), "--json"]
    )
    assert result.exit_code == 0
    record = json.loads((tmp_path / "out" / RECORD).read_text("utf-8"))
    assert json.loads(result.stdout) == record["figures"] == geo.summary(study)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
