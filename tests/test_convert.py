"""Conversion: every format there and back, columns by name, and no file is lost on the way."""

import itertools
import os
import shutil
import sqlite3
import struct
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import MultiPolygon, Polygon, box

from geo.convert import TARGETS, convert
from geo.errors import LandError, LayerError, PublishError
from geo.findings import Finding
from geo.readers.vector import VectorLayer, read_vector
from geo.writers import survey_file
from tests.makers import array, placed, qingxi

LOT = box(0, 0, 200, 100)  # exactly 30 mu
NEXT = box(300, 0, 400, 100)  # 15 mu
RING = Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(20, 20), (20, 40), (40, 40), (40, 20)]])
BOW = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])

whole_files = pytest.mark.parametrize("suffix", [item for item in TARGETS if item != ".shp"])


def write(
    folder: Path, *shapes: Any, stem: str = "in", crs: str = "EPSG:4547", **facts: Any
) -> Path:
    """A source in GeoParquet; ids 0001, 0002 … unless given."""
    shapes = shapes or (LOT, NEXT)
    ids = {"parcel_id": [f"{at:04}" for at in range(1, len(shapes) + 1)]}
    path = folder / f"{stem}.parquet"
    placed(*shapes, crs=crs, **(ids | facts)).to_parquet(path)
    return path


def refused(source: Path, target: Path, code: str, **options: Any) -> list[Finding]:
    """Every reason why a conversion is refused, all of one code."""
    with pytest.raises(LandError) as stopped:
        convert(source, target, **options)
    assert {item.code for item in stopped.value.findings} == {code}
    assert all(item.severity == "error" and item.file for item in stopped.value.findings)
    return list(stopped.value.findings)


def said(found: list[Finding]) -> dict[str, Finding]:
    return {item.code: item for item in found}


def ids(read: VectorLayer) -> list[str]:
    return [str(value) for value in read.frame["parcel_id"]]


def rings(read: VectorLayer) -> list[list[list[tuple[float, float]]]]:
    """Every ring of every row, to the millimetre, from its least point on and one way round."""
    return [
        sorted(
            np.round(shapely.get_coordinates(shapely.normalize(Polygon(ring))), 3).tolist()
            for ring in shapely.get_rings(shape)
        )
        for shape in read.frame.geometry
    ]


# --- there and back ----------------------------------------------------------------------------


FORMATS = [item for item in TARGETS if item != ".zip"]  # which is .shp.zip by another name


@pytest.mark.parametrize(("one", "other"), list(itertools.product(FORMATS, FORMATS)))
def test_there_and_back_keeps_ids_names_rings_and_places(
    one: str, other: str, tmp_path: Path
) -> None:
    parts = MultiPolygon([box(0, 200, 10, 210), box(50, 200, 60, 210)])
    names = ["长山头B07地块", "罗马", "空"]
    source = write(tmp_path, LOT, RING, parts, name=names)
    convert(source, tmp_path / f"a{one}")
    convert(tmp_path / f"a{one}", tmp_path / f"b{other}")
    convert(tmp_path / f"b{other}", tmp_path / f"c{one}")
    first, last = read_vector(source), read_vector(tmp_path / f"c{one}")
    assert ids(last) == ["0001", "0002", "0003"]
    assert list(last.frame["name"]) == names
    assert rings(last) == rings(first)
    assert last.crs == CRS("EPSG:4547")


@pytest.mark.parametrize("suffix", TARGETS)
def test_the_real_surveys_go_there_and_back(suffix: str, shared_data: Path, tmp_path: Path) -> None:
    for source in sorted((shared_data / "survey_txt").glob("*.txt")):
        one, two = tmp_path / f"{source.stem}{suffix}", tmp_path / f"{source.stem}-2.txt"
        convert(source, one)
        convert(one, two, overwrite=True)
        first, last = read_vector(source), read_vector(two)
        assert ids(last) == ids(first)
        assert list(last.frame["name"]) == list(first.frame["name"])
        assert rings(last) == rings(first)
        assert last.crs == first.crs


OUTLINE = st.tuples(
    st.integers(1, 900_000), st.integers(1, 900_000), st.booleans(), st.integers(0, 3)
)


@pytest.mark.parametrize("suffix", TARGETS)
def test_any_parcels_go_there_and_back(
    suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")

    @settings(max_examples=25)
    @given(st.lists(OUTLINE, min_size=1, max_size=4), st.permutations(["0012", "A-1", "甲3", "9"]))
    def same(outlines: list[Any], names: list[str]) -> None:
        for old in folder.iterdir():
            old.unlink()
        shapes = []
        for width, height, back, at in outlines:
            corners = [(0, 0), (width / 1000, 0), (width / 1000, height / 1000), (0, height / 1000)]
            corners = corners[at:] + corners[:at]
            shapes.append(Polygon(corners[::-1] if back else corners))
        source = write(folder, *shapes, parcel_id=names[: len(shapes)])
        convert(source, folder / f"a{suffix}")
        convert(folder / f"a{suffix}", folder / "b.parquet")
        first, last = read_vector(source), read_vector(folder / "b.parquet")
        assert ids(last) == ids(first)
        assert rings(last) == rings(first)

    same()


def test_the_names_that_a_shapefile_shortened_come_back(tmp_path: Path) -> None:
    source = write(tmp_path, LOT, 规划容积率=[2.0], declared_area_of_it=[30.0], **{"=risky": ["x"]})
    for target in ("a.shp", "a.shp.zip", "b.zip"):
        convert(source, tmp_path / target)
        convert(tmp_path / target, tmp_path / "back.gpkg", overwrite=True)
        columns = list(read_vector(tmp_path / "back.gpkg").frame.columns)
        assert columns == ["parcel_id", "规划容积率", "declared_area_of_it", "=risky", "geometry"]


def test_a_shapefile_without_its_table_keeps_the_short_names(tmp_path: Path) -> None:
    source = write(tmp_path, LOT, 规划容积率=[2.0])
    convert(source, tmp_path / "a.shp")
    (tmp_path / "a.fields.csv").unlink()
    convert(tmp_path / "a.shp", tmp_path / "back.gpkg")
    assert list(read_vector(tmp_path / "back.gpkg").frame.columns)[:2] == ["parcel_id", "RJL"]


def test_a_table_of_other_columns_is_not_followed(tmp_path: Path) -> None:
    convert(write(tmp_path, LOT, 规划容积率=[2.0]), tmp_path / "a.shp")
    (tmp_path / "a.fields.csv").write_text("field,name\r\nX,规划容积率\r\n", "utf-8")
    found = said(convert(tmp_path / "a.shp", tmp_path / "back.gpkg"))["convert.names"]
    assert (found.severity, found.file) == ("warning", "a.shp")
    assert list(read_vector(tmp_path / "back.gpkg").frame.columns)[:2] == ["parcel_id", "RJL"]


def test_an_invalid_shape_and_a_missing_one_are_written_as_they_are(tmp_path: Path) -> None:
    frame = placed(LOT, BOW, LOT, parcel_id=["A", "B", "C"])
    frame.loc[2, "geometry"] = None
    frame.to_parquet(tmp_path / "in.parquet")
    found = said(convert(tmp_path / "in.parquet", tmp_path / "out.gpkg"))
    assert (found["write.invalid"].row, found["write.invalid"].parcel) == (2, "B")
    assert (found["write.no-shape"].row, found["write.no-shape"].parcel) == (3, "C")
    drawn = read_vector(tmp_path / "out.gpkg").frame.geometry
    assert drawn[1].equals_exact(qingxi(BOW), 0)
    assert drawn[2] is None


def test_a_survey_refuses_rows_that_bound_no_land(tmp_path: Path) -> None:
    frame = placed(LOT, BOW, LOT, parcel_id=["A", "B", "C"])
    frame.loc[2, "geometry"] = None
    frame.to_parquet(tmp_path / "in.parquet")
    found = refused(tmp_path / "in.parquet", tmp_path / "out.txt", "survey.write-shape")
    assert [(item.row, item.parcel) for item in found] == [(2, "B"), (3, "C")]
    assert not (tmp_path / "out.txt").exists()


def test_a_survey_lists_the_columns_that_it_has_no_place_for(tmp_path: Path) -> None:
    source = write(tmp_path, LOT, owner=["x"], empty=pd.Series([None], dtype=object))
    found = said(convert(source, tmp_path / "out.txt"))["write.columns-lost"]
    assert (found.severity, found.seen) == ("warning", "owner")


@pytest.mark.parametrize("columns", [["DKBH", "ZDDM"], ["owner"]])
def test_a_survey_asks_which_column_is_the_id(columns: list[str], tmp_path: Path) -> None:
    frame = placed(LOT, **{name: ["A"] for name in columns})
    frame.to_parquet(tmp_path / "in.parquet")
    (found,) = refused(tmp_path / "in.parquet", tmp_path / "out.txt", "write.which")
    assert found.seen == ", ".join(columns)
    convert(tmp_path / "in.parquet", tmp_path / "out.txt", fields={"parcel_id": columns[-1]})
    assert ids(read_vector(tmp_path / "out.txt")) == ["A"]


@pytest.mark.parametrize(
    ("fields", "seen"), [({"parcel_id": "DKB"}, "DKB"), ({"parcelid": "DKBH"}, "parcelid")]
)
def test_a_named_column_must_be_there(fields: dict[str, str], seen: str, tmp_path: Path) -> None:
    source = write(tmp_path)
    (found,) = refused(source, tmp_path / "out.gpkg", "layer.column", fields=fields)
    assert (found.file, found.seen) == ("in.parquet", seen)


# --- coordinate systems ------------------------------------------------------------------------


def test_geojson_stays_in_its_crs_unless_told(tmp_path: Path) -> None:
    convert(write(tmp_path), tmp_path / "a.geojson")
    assert '"urn:ogc:def:crs:EPSG::4547"' in (tmp_path / "a.geojson").read_text()
    convert(write(tmp_path), tmp_path / "b.geojson", to_crs="EPSG:4326")
    text = (tmp_path / "b.geojson").read_text()
    assert '"crs"' not in text
    degrees = read_vector(tmp_path / "b.geojson").frame.set_crs(4326).to_crs(4547)
    assert shapely.hausdorff_distance(degrees.geometry[0], qingxi(LOT)) < 0.001


def test_a_survey_takes_the_zone_that_is_asked_for(tmp_path: Path) -> None:
    convert(write(tmp_path), tmp_path / "a.txt", to_crs="EPSG:4526")
    assert "带号=38" in (tmp_path / "a.txt").read_text("utf-8")
    assert read_vector(tmp_path / "a.txt").frame.total_bounds[0] == pytest.approx(38_516_400)


def test_xian_1980_is_not_moved_in_silence(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    placed(LOT, parcel_id=["A"]).set_crs("EPSG:2383", allow_override=True).to_parquet(source)
    (found,) = refused(source, tmp_path / "a.gpkg", "crs.no-operation", to_crs="EPSG:4547")
    assert found.file == "in.parquet"
    assert not (tmp_path / "a.gpkg").exists()


def test_heights_that_a_move_drops_are_said(tmp_path: Path) -> None:
    frame = placed(LOT, parcel_id=["A"])
    frame.geometry = shapely.force_3d(frame.geometry.to_numpy(), 7.0)
    frame.to_parquet(tmp_path / "in.parquet")
    found = said(convert(tmp_path / "in.parquet", tmp_path / "a.gpkg", to_crs="EPSG:4526"))
    assert found["write.measures"].message.startswith("1 rows")
    assert "write.measures" not in said(convert(tmp_path / "in.parquet", tmp_path / "b.gpkg"))


def test_a_layer_without_crs_waits_for_one(tmp_path: Path) -> None:
    source = tmp_path / "in.shp"
    convert(write(tmp_path), source)
    source.with_suffix(".prj").unlink()
    refused(source, tmp_path / "a.gpkg", "crs.missing")
    convert(source, tmp_path / "a.gpkg", crs="EPSG:4547")
    assert read_vector(tmp_path / "a.gpkg").crs == CRS("EPSG:4547")


# --- the target -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out", "out.dxf", "out.gpkg.bak", "out.csv"])
def test_an_ending_that_is_not_written_is_refused_with_those_that_are(
    name: str, tmp_path: Path
) -> None:
    (found,) = refused(write(tmp_path), tmp_path / name, "write.format")
    assert ".gpkg" in found.mend
    assert ".txt" in found.mend


@whole_files
def test_a_target_is_replaced_only_when_asked(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"out{suffix}"
    convert(write(tmp_path, LOT), target)
    before = target.read_bytes()
    refused(write(tmp_path), target, "write.exists")
    assert target.read_bytes() == before
    convert(write(tmp_path), target, overwrite=True)
    assert len(read_vector(target).frame) == 2


@pytest.mark.parametrize("link", ["same", "symlink", "hardlink"])
def test_the_source_is_never_its_own_target(link: str, tmp_path: Path) -> None:
    source = write(tmp_path)
    target = source if link == "same" else tmp_path / "other.parquet"
    if link == "symlink":
        target.symlink_to(source)
    elif link == "hardlink":
        os.link(source, target)
    before = source.read_bytes()
    for options in ({"overwrite": True}, {"append": True}):
        refused(source, target, "write.same", **options)
    assert source.read_bytes() == before


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    convert(write(tmp_path), tmp_path / "new" / "deep" / "out.gpkg")
    assert len(read_vector(tmp_path / "new" / "deep" / "out.gpkg").frame) == 2


def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused(write(tmp_path), tmp_path / "file" / "out.gpkg", "write.failed")


def test_a_source_that_cannot_be_read_leaves_the_target(tmp_path: Path) -> None:
    target = tmp_path / "out.gpkg"
    convert(write(tmp_path), target)
    before = target.read_bytes()
    (tmp_path / "bad.geojson").write_text('{"type": "FeatureCollection", "fea')
    with pytest.raises(LayerError):
        convert(tmp_path / "bad.geojson", target, overwrite=True)
    assert target.read_bytes() == before


# --- appending ---------------------------------------------------------------------------------


def test_what_gdal_does_when_asked_to_append(tmp_path: Path) -> None:
    """Proof that appending by place swaps columns in silence: ids and mu change sides."""
    old = placed(LOT, parcel_id=["0001"], zone=["west"])
    new = placed(NEXT, zone=["east"], parcel_id=["0002"])
    pyogrio.write_dataframe(old, tmp_path / "p.gpkg")
    pyogrio.write_dataframe(new, tmp_path / "p.gpkg", append=True)
    read = pyogrio.read_dataframe(tmp_path / "p.gpkg")
    by_place = read["parcel_id"].tolist() == ["0001", "east"]
    by_name = read["parcel_id"].tolist() == ["0001", "0002"]
    assert by_place or by_name
    assert by_place, "pyogrio appends by name by now: the words in the docs can go"


@whole_files
def test_appended_rows_stand_in_the_columns_of_their_names(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"out{suffix}"
    convert(write(tmp_path, LOT, parcel_id=["0001"], name=["west"]), target)
    more = placed(NEXT, name=["east"], parcel_id=["0002"])
    more.to_parquet(tmp_path / "more.parquet")
    convert(tmp_path / "more.parquet", target, append=True)
    convert(target, tmp_path / "back.parquet")
    read = read_vector(tmp_path / "back.parquet")
    assert ids(read) == ["0001", "0002"]
    assert list(read.frame["name"]) == ["west", "east"]
    assert read.frame.area.tolist() == pytest.approx([20_000, 10_000])


@pytest.mark.parametrize("suffix", [".gpkg", ".shp.zip", ".geojson", ".parquet"])
def test_a_column_of_one_side_is_empty_on_the_other_and_said(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"out{suffix}"
    convert(write(tmp_path, LOT, 容积率说明=[2.5]), target)
    more = write(tmp_path, NEXT, stem="more", parcel_id=["0002"], stage=["signed"])
    found = said(convert(more, target, append=True))["append.columns"]
    assert "stage" in found.message
    assert "容积率说明" in found.message_zh
    convert(target, tmp_path / "back.parquet")
    frame = read_vector(tmp_path / "back.parquet").frame
    assert list(frame.columns) == ["parcel_id", "容积率说明", "stage", "geometry"]
    assert frame["容积率说明"].isna().tolist() == [False, True]
    assert frame["stage"].isna().tolist() == [True, False]


@whole_files
def test_ids_that_are_there_already_are_refused_with_their_rows(
    suffix: str, tmp_path: Path
) -> None:
    target = tmp_path / f"out{suffix}"
    convert(write(tmp_path, LOT, LOT, LOT), target)
    before = target.read_bytes()
    more = write(tmp_path, NEXT, NEXT, NEXT, stem="more", parcel_id=["0009", "0003", "0001"])
    found = refused(more, target, "append.twice", append=True)
    assert [(item.row, item.parcel) for item in found] == [(2, "0003"), (3, "0001")]
    assert target.read_bytes() == before


def test_rows_in_another_crs_are_appended_only_when_moved(tmp_path: Path) -> None:
    target = tmp_path / "out.gpkg"
    convert(write(tmp_path, LOT), target)
    more = write(tmp_path, NEXT, stem="more", crs="EPSG:4526", parcel_id=["0002"])
    (found,) = refused(more, target, "append.crs", append=True)
    assert "EPSG:4547" in found.mend
    convert(more, target, append=True, to_crs="EPSG:4547")
    drawn = read_vector(target).frame.geometry[1]
    assert shapely.hausdorff_distance(drawn, qingxi(NEXT)) < 0.001


@pytest.mark.parametrize("suffix", [".gpkg", ".shp.zip", ".geojson", ".parquet"])
def test_columns_of_another_type_are_refused_by_name(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"out{suffix}"
    convert(write(tmp_path, LOT, mu=[30.0], note=["x"]), target)
    more = write(tmp_path, NEXT, stem="more", parcel_id=["0002"], mu=["15 mu"], note=[1.0])
    found = refused(more, target, "append.type", append=True)
    assert [item.field for item in found] == ["mu", "note"]
    assert "numbers" in found[0].message
    assert "text" in found[0].message


def test_long_whole_numbers_are_not_appended_to_fractions(tmp_path: Path) -> None:
    target = tmp_path / "out.gpkg"
    convert(write(tmp_path, LOT, code=[1.5]), target)
    more = write(tmp_path, NEXT, stem="more", parcel_id=["0002"], code=[2**53 + 1])
    (found,) = refused(more, target, "append.type", append=True)
    assert found.field == "code"


def test_names_that_differ_in_case_are_asked_about(tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    convert(write(tmp_path, LOT, MU=[30.0]), target)
    more = write(tmp_path, NEXT, stem="more", parcel_id=["0002"], mu=[15.0])
    (found,) = refused(more, target, "write.columns", append=True)
    assert found.seen == "MU, mu"


def test_two_columns_that_may_be_the_id_are_asked_about(tmp_path: Path) -> None:
    target = tmp_path / "out.gpkg"
    convert(write(tmp_path, LOT, ZDDM=["z1"]), target)
    more = write(tmp_path, NEXT, stem="more", parcel_id=["0001"], ZDDM=["z2"])
    (found,) = refused(more, target, "write.which", append=True)
    assert found.seen == "parcel_id, ZDDM / parcel_id, ZDDM"
    convert(more, target, append=True, fields={"parcel_id": "ZDDM"})
    assert list(read_vector(target).frame["ZDDM"]) == ["z1", "z2"]


def test_rows_whose_ids_stand_in_another_column_are_refused_with_both_names(tmp_path: Path) -> None:
    text = tmp_path / "out.txt"
    convert(write(tmp_path, LOT), text)
    more = write(tmp_path, NEXT, stem="more").with_name("named.gpkg")
    placed(NEXT, 地块编号=["0002"]).to_file(more)
    (found,) = refused(more, text, "append.ids", append=True)
    assert (found.file, found.seen) == ("out.txt", "parcel_id / 地块编号")
    convert(more, tmp_path / "more.txt")  # the cure, taken literally
    convert(tmp_path / "more.txt", text, append=True)
    assert len(ids(read_vector(text))) == 2


def test_appending_to_nothing_writes_the_file(tmp_path: Path) -> None:
    convert(write(tmp_path), tmp_path / "out.gpkg", append=True)
    assert len(read_vector(tmp_path / "out.gpkg").frame) == 2


def test_a_layer_that_was_appended_to_keeps_its_name(tmp_path: Path) -> None:
    source = write(tmp_path, LOT, stem="first")
    convert(source, tmp_path / "out.gpkg")
    more = write(tmp_path, NEXT, stem="more", parcel_id=["0002"])
    convert(more, tmp_path / "out.gpkg", append=True)
    assert read_vector(tmp_path / "out.gpkg").layer == "first"


# --- faults on the way --------------------------------------------------------------------------


@whole_files
def test_a_write_that_fails_leaves_the_old_file(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / f"out{suffix}"
    convert(write(tmp_path, LOT), target)
    before = target.read_bytes()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geo.writers.atomic.os.fsync", no_space)
    (found,) = refused(write(tmp_path), target, "write.failed", overwrite=True)
    assert "No space" in found.message
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", target.name]


@pytest.mark.xfail(sys.platform == "win32", reason="there is no /proc")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    """Root may write anywhere, but not below /proc."""
    refused(write(tmp_path), Path("/proc/out.gpkg"), "write.failed")


def test_a_loose_shapefile_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move, moved = shutil.move, []

    def fails_at_the_third(part: Path, place: Path) -> None:
        if len(moved) == 3:
            raise OSError(28, "No space left on device")
        moved.append(place)
        move(part, place)

    monkeypatch.setattr("geo.writers.vector.shutil.move", fails_at_the_third)
    refused(write(tmp_path), tmp_path / "out.shp", "write.failed")
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


def test_the_shp_is_the_last_part_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move, moved = shutil.move, []

    def noted(part: Path, place: Path) -> None:
        moved.append(place.suffix)
        move(part, place)

    monkeypatch.setattr("geo.writers.vector.shutil.move", noted)
    convert(write(tmp_path), tmp_path / "out.shp")
    assert moved == [".dbf", ".shx", ".prj", ".cpg", ".shp"]


def test_a_survey_that_reads_back_differently_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.txt"
    convert(write(tmp_path, LOT), target)
    before = target.read_bytes()
    made = survey_file.survey_text

    def shifted(*arguments: Any, **options: Any) -> Any:
        text = made(*arguments, **options)
        return text._replace(text=text.text.replace("516600.000", "516601.000"))

    monkeypatch.setattr(survey_file, "survey_text", shifted)
    (found,) = refused(write(tmp_path, LOT), target, "write.differs", overwrite=True)
    assert (found.file, found.row, found.parcel) == ("out.txt", 1, "0001")
    assert "(geometry)" in found.message
    assert target.read_bytes() == before


def test_a_zip_of_a_shapefile_is_one_file(tmp_path: Path) -> None:
    convert(write(tmp_path), tmp_path / "out.shp.zip")
    assert zipfile.is_zipfile(tmp_path / "out.shp.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.shp.zip"]


def test_the_order_of_rows_is_kept(tmp_path: Path) -> None:
    names = [f"{number:03}" for number in np.random.default_rng(3).permutation(200)]
    shapes = array(*[box(at * 10, 0, at * 10 + 9, 9) for at in range(200)])
    source = write(tmp_path, *shapes, parcel_id=names)
    for suffix in TARGETS:
        convert(source, tmp_path / f"out{suffix}", overwrite=suffix != ".shp")
        assert ids(read_vector(tmp_path / f"out{suffix}")) == names


def test_a_refusal_is_both_a_publish_error_and_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(PublishError) as stopped:
        convert(write(tmp_path), tmp_path / "out.dxf")
    assert isinstance(stopped.value, OSError)


@pytest.mark.parametrize(
    ("areas", "row", "parcel", "seen"),
    [
        ([20_000.0, 20_000.0], 1, "A", "20000.0"),
        (["2", "30亩"], 2, "B", "30亩"),
        (["2", "约2"], 2, "B", "约2"),
    ],
)
def test_areas_that_are_no_hectares_are_not_written_as_such(
    areas: list[Any], row: int, parcel: str, seen: str, tmp_path: Path
) -> None:
    shapes = [box(516_000 + 200 * at, 2_526_000, 516_200 + 200 * at, 2_526_100) for at in range(2)]
    lots = gpd.GeoDataFrame({"DKBH": ["A", "B"], "MJ": areas}, geometry=shapes, crs="EPSG:4547")
    lots.to_file(tmp_path / "p.gpkg")
    with pytest.raises(PublishError) as raised:
        convert(tmp_path / "p.gpkg", tmp_path / "p.txt", fields={"declared_area": "MJ"})
    (found,) = raised.value.findings
    assert (found.code, found.file, found.field) == ("survey.write-unit", "p.txt", "MJ")
    assert (found.row, found.parcel, found.seen) == (row, parcel, seen)
    assert not (tmp_path / "p.txt").exists()


def test_a_ring_that_reading_closes_is_not_written_as_if_it_had_been(tmp_path: Path) -> None:
    lot = box(516_000, 2_526_000, 516_200, 2_526_100)
    gpd.GeoDataFrame({"DKBH": ["A"]}, geometry=[lot], crs="EPSG:4547").to_file(tmp_path / "p.gpkg")
    with closing(sqlite3.connect(tmp_path / "p.gpkg")) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f'DROP TRIGGER "{name}"')
        (shape,) = database.execute("SELECT geom FROM p").fetchone()
        opened = shape[:-16] + struct.pack("<d", 516_199.0) + shape[-8:]
        database.execute("UPDATE p SET geom = ?", (opened,))
    with pytest.raises(PublishError) as raised:
        convert(tmp_path / "p.gpkg", tmp_path / "out.gpkg")
    (found,) = raised.value.findings
    assert (found.code, found.file, found.row) == ("geometry.ring", "p.gpkg", 1)
    assert not (tmp_path / "out.gpkg").exists()
