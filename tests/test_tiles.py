"""Vector tiles: every parcel is in them where it lies, with public columns and no others."""

from pathlib import Path

import numpy as np
import pyogrio
import pytest
from typer.testing import CliRunner

import geo
from geo.cli import app
from geo.errors import PublishError
from geo.parcels import PUBLIC_COLUMNS
from geo.tiles import export_pmtiles
from tests.makers import events, placed, row, study

OWNER = "示例业主"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    land = placed(
        *row([200, 200, 10], gap=5),
        parcel_id=["A", "B", "罗马-C"],
        zone=["west"] * 3,
        ownership=[OWNER] * 3,
    )
    told = events(("A", "2024-06-30", "cleared"))[["parcel_id", "date", "stage", "evidence"]]
    return study(tmp_path_factory.mktemp("town"), land, history=told)


@pytest.fixture(scope="module")
def files(town: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return export_pmtiles(town, tmp_path_factory.mktemp("tiles") / "new")


def test_a_file_a_layer_and_none_for_an_empty_one(files):
    assert [path.name for path in files] == ["blocks.pmtiles", "parcels.pmtiles"]
    for path in files:
        assert path.read_bytes()[:7] == b"PMTiles"
        assert pyogrio.list_layers(path)[0][0] == path.stem
    assert sorted(path.name for path in files[0].parent.iterdir()) == [path.name for path in files]


def test_parcels_read_back_where_they_lie(files, town):
    back = pyogrio.read_dataframe(files[-1]).to_crs("EPSG:4547").dissolve("parcel_id")
    assert set(back.index) == {"A", "B", "罗马-C"}
    lies = town.parcels.set_index("parcel_id").geometry
    for name in back.index:
        apart = np.abs(np.array(back.geometry[name].bounds) - np.array(lies[name].bounds))
        assert apart.max() < 0.5


def test_only_public_columns_are_in_them(files):
    back = pyogrio.read_dataframe(files[-1])
    assert set(back.columns) - {"geometry", "mvt_id"} <= PUBLIC_COLUMNS
    assert {"parcel_id", "land_mu", "stage", "stage_date"} <= set(back.columns)
    assert dict(zip(back["parcel_id"], back["stage_date"], strict=False))["A"] == "2024-06-30"
    for path in files:
        assert OWNER.encode() not in path.read_bytes()


def test_zooms_are_those_asked_for(town, tmp_path):
    (blocks, parcels) = export_pmtiles(town, tmp_path, zooms=(10, 12))
    assert (parcels.read_bytes()[100], parcels.read_bytes()[101]) == (10, 12)
    assert parcels.stat().st_size > blocks.stat().st_size > 0


def test_what_cannot_be_written_leaves_what_was_there(town, tmp_path, monkeypatch):
    old = export_pmtiles(town, tmp_path)[-1].read_bytes()

    def nothing(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("geo.tiles.pyogrio.write_dataframe", nothing)
    with pytest.raises(PublishError) as caught:
        export_pmtiles(town, tmp_path)
    assert caught.value.findings[0].code == "write.failed"
    assert (tmp_path / "parcels.pmtiles").read_bytes() == old


def test_a_row_that_no_tile_holds_is_a_fault(town, tmp_path, monkeypatch):
    real = pyogrio.read_dataframe
    monkeypatch.setattr(
        "geo.tiles.pyogrio.read_dataframe", lambda *args, **more: real(*args, **more).iloc[:1]
    )
    with pytest.raises(PublishError) as caught:
        export_pmtiles(town, tmp_path)
    (item,) = caught.value.findings
    assert (item.code, item.file, item.field) == ("write.differs", "parcels.pmtiles", "parcels")
    assert not (tmp_path / "parcels.pmtiles").exists()


def test_the_command_writes_them(town, tmp_path):
    plan, folder = str(town.plan.path), tmp_path / "tiles"
    told = CliRunner().invoke(
        app, ["export", plan, "--pmtiles", str(folder), "--zooms", "9", "11", "--lang", "en"]
    )
    assert told.exit_code == 0, told.output
    assert "parcels.pmtiles" in told.output.replace("\n", "")
    assert (folder / "parcels.pmtiles").read_bytes()[100:102] == bytes([9, 11])
    wrong = CliRunner().invoke(app, ["export", plan, "--pmtiles", str(folder), "--zooms", "9", "8"])
    assert wrong.exit_code == 2
    assert "--zooms" in wrong.output
    assert CliRunner().invoke(app, ["export", plan]).exit_code == 2
