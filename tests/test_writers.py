"""Writers: a file holds every id, value, ring and sum that it was given, or is refused."""

import csv
import datetime
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo.errors import PublishError
from geo.findings import Finding
from geo.readers.vector import read_vector
from geo.writers import pieces, vector
from geo.writers.layer import Layer, layer_of
from geo.writers.names import LONGEST, names_in, names_table, short_names
from geo.writers.vector import ENDINGS, write_layer
from tests.makers import array, qingxi

GRID = CRS("EPSG:4547")
TARGETS = list(ENDINGS)
LOT = box(0, 0, 200, 100)  # exactly 30 mu
RING = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(2, 2), (2, 4), (4, 4), (4, 2)]])
BOW = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])

every_format = pytest.mark.parametrize("suffix", TARGETS)
single_files = pytest.mark.parametrize("suffix", [item for item in TARGETS if item != ".shp"])


def layer(*shapes: Any, crs: CRS = GRID, name: str = "parcels", **columns: Any) -> Layer:
    """A layer in Qingxi; ids A, B, C … unless given."""
    drawn = [shape if shape is None or shape.has_z else qingxi(shape) for shape in shapes or (LOT,)]
    ids = {"DKBH": [chr(ord("A") + at) for at in range(len(drawn))]}
    cells = pa.table({name: pa.array(values) for name, values in (ids | columns).items()})
    return Layer(name, cells, array(*drawn), crs, "DKBH")


def refused(one: Layer, path: Path, code: str, **options: Any) -> Finding:
    """The only reason why a layer is not written."""
    with pytest.raises(PublishError) as stopped:
        write_layer(one, path, **options)
    (found,) = stopped.value.findings
    assert (found.code, found.severity, found.file) == (code, "error", path.name)
    assert found.mend
    assert found.mend_zh != found.mend
    return found


def said(found: list[Finding]) -> dict[str, Finding]:
    return {item.code: item for item in found}


def back(path: Path) -> Layer:
    return layer_of(read_vector(path))


# --- what every format keeps -------------------------------------------------------------------


@every_format
def test_ids_values_order_and_land_come_back(suffix: str, tmp_path: Path) -> None:
    one = layer(
        LOT,
        RING,
        MultiPolygon([box(0, 0, 1, 1), box(5, 0, 6, 1)]),
        DKBH=["0012", "441900200001010001", "甲3😀"],
        MJ=[30.0, 0.1, None],
        n=pa.array([1, None, 2**53], pa.int64()),
        flag=[True, None, False],
        day=pa.array([datetime.date(2024, 1, 2), None, datetime.date(1950, 12, 31)]),
    )
    write_layer(one, tmp_path / f"p{suffix}")
    read = read_vector(tmp_path / f"p{suffix}")
    assert read.frame["DKBH"].tolist() == ["0012", "441900200001010001", "甲3😀"]
    assert read.frame["MJ"].tolist()[:2] == [30.0, 0.1]
    assert read.frame["MJ"].isna().tolist() == [False, False, True]
    assert [int(read.frame["n"].iat[at]) for at in (0, 2)] == [1, 2**53]
    assert read.frame["flag"].tolist() == [True, None, False]
    assert [str(read.frame["day"].iat[at])[:10] for at in (0, 2)] == ["2024-01-02", "1950-12-31"]
    assert read.crs == GRID
    area = shapely.area(read.frame.geometry.to_numpy())
    assert area == pytest.approx([20_000, 77, 2], abs=1e-4)


@every_format
def test_the_first_point_of_a_ring_stays_the_first(suffix: str, tmp_path: Path) -> None:
    write_layer(layer(RING), tmp_path / f"p{suffix}")
    (drawn,) = back(tmp_path / f"p{suffix}").shapes
    meant = qingxi(RING)
    assert drawn.exterior.coords[0] == meant.exterior.coords[0]
    assert drawn.interiors[0].coords[0] == meant.interiors[0].coords[0]


@every_format
def test_only_a_shapefile_turns_rings_and_says_so(suffix: str, tmp_path: Path) -> None:
    found = said(write_layer(layer(RING), tmp_path / f"p{suffix}"))
    assert ("write.rings" in found) is (ENDINGS[suffix] == "Shapefile")
    (drawn,) = back(tmp_path / f"p{suffix}").shapes
    assert drawn.exterior.is_ccw is ("write.rings" not in found)


@every_format
def test_a_row_without_geometry_is_kept_and_listed(suffix: str, tmp_path: Path) -> None:
    found = said(write_layer(layer(LOT, None), tmp_path / f"p{suffix}"))["write.no-shape"]
    assert (found.file, found.row, found.parcel) == (f"p{suffix}", 2, "B")
    assert shapely.is_missing(back(tmp_path / f"p{suffix}").shapes).tolist() == [False, True]


@every_format
def test_an_invalid_shape_is_written_as_it_is_and_listed(suffix: str, tmp_path: Path) -> None:
    found = said(write_layer(layer(LOT, BOW), tmp_path / f"p{suffix}"))["write.invalid"]
    assert (found.severity, found.row, found.parcel) == ("warning", 2, "B")
    assert found.seen == "Self-intersection[516405 2526805]"
    drawn = back(tmp_path / f"p{suffix}").shapes[1]
    assert shapely.equals_exact(drawn.normalize(), qingxi(BOW).normalize())


@pytest.mark.parametrize("code", [4547, 4526, 4498, 2383, 4490, 4326, 32650])
@every_format
def test_the_crs_is_named_in_the_file(suffix: str, code: int, tmp_path: Path) -> None:
    crs = CRS.from_epsg(code)
    lot = box(516400, 2526800, 516600, 2526900) if crs.is_projected else box(114, 22, 114.5, 22.5)
    one = Layer("p", pa.table({"DKBH": ["A"]}), array(lot), crs)
    write_layer(one, tmp_path / f"p{suffix}")
    assert read_vector(tmp_path / f"p{suffix}").crs == crs
    assert shapely.equals(back(tmp_path / f"p{suffix}").shapes[0], lot)


def test_geojson_cannot_name_a_crs_without_code(tmp_path: Path) -> None:
    local = GRID.to_json_dict() | {"name": "Town grid"}
    local.pop("id")
    found = refused(layer(crs=CRS.from_json_dict(local)), tmp_path / "p.geojson", "write.crs")
    assert found.seen == "Town grid"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_long_texts_and_strange_ones_are_kept(suffix: str, tmp_path: Path) -> None:
    texts = ["长" * 10_000, "😀 \u200fעברית", "'; DROP TABLE parcels; --", "=1+1", "0012", "\t a\n"]
    one = layer(*[LOT] * len(texts), note=texts)
    write_layer(one, tmp_path / f"p{suffix}")
    assert back(tmp_path / f"p{suffix}").cells["note"].to_pylist() == texts


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
@pytest.mark.parametrize(
    "column", ['a"; DROP TABLE x; --', "../../etc", "fid", "geom", "列 名", "'"]
)
def test_a_column_name_is_only_a_name(suffix: str, column: str, tmp_path: Path) -> None:
    write_layer(layer(**{column: ["x"]}), tmp_path / f"p{suffix}")
    assert back(tmp_path / f"p{suffix}").cells[column].to_pylist() == ["x"]
    assert [path.name for path in tmp_path.iterdir()] == [f"p{suffix}"]


@pytest.mark.parametrize("name", ["地块", 'a"; DROP TABLE x; --', "a/../b", "with space"])
def test_a_layer_name_is_only_a_name(name: str, tmp_path: Path) -> None:
    write_layer(replace(layer(), name=name), tmp_path / "p.gpkg")
    assert read_vector(tmp_path / "p.gpkg").layer == name


@pytest.mark.parametrize("name", ["gpkg_contents", "sqlite_master", "rtree_x", "../x", "", "'"])
def test_a_layer_name_that_sqlite_keeps_for_itself_is_refused(name: str, tmp_path: Path) -> None:
    found = refused(replace(layer(), name=name), tmp_path / "p.gpkg", "write.layer-name")
    assert found.seen == name
    assert list(tmp_path.iterdir()) == []


def test_names_that_differ_only_in_case_are_refused_where_they_are_one(tmp_path: Path) -> None:
    one = layer(id=["x"], ID=["y"])
    found = refused(one, tmp_path / "p.gpkg", "write.columns")
    assert found.seen == "id, ID"
    write_layer(one, tmp_path / "p.parquet")
    write_layer(one, tmp_path / "p.shp.zip")


@single_files
def test_rows_are_written_piece_by_piece(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots = [box(10 * at, 0, 10 * at + 9, 5) for at in range(7)]
    one = layer(*lots, note=["a", None, "c", "d", None, "f", "g"], rank=[3, 1, 4, 1, 5, 9, 2])
    monkeypatch.setattr(pieces, "ROWS_PER_PIECE", 3)
    write_layer(one, tmp_path / f"p{suffix}")
    found = back(tmp_path / f"p{suffix}")
    assert [found.cells[name].to_pylist() for name in ("DKBH", "rank")] == [
        list("ABCDEFG"),
        [3, 1, 4, 1, 5, 9, 2],
    ]
    assert shapely.equals(found.shapes, one.shapes).all()
    if suffix == ".parquet":
        file = pq.ParquetFile(tmp_path / "p.parquet")
        assert [file.metadata.row_group(at).num_rows for at in range(3)] == [3, 3, 1]


@pytest.mark.parametrize(
    "shapes",
    [
        (LOT, MultiPolygon([LOT]), None),
        (shapely.force_3d(LOT, 3.0), shapely.force_3d(BOW, 1.0)),
        (Point(1, 2), LineString([(0, 0), (1, 1)]), Polygon()),
        (None,),
    ],
    ids=["kinds", "heights", "mixed", "none"],
)
def test_geoparquet_describes_its_geometry_as_geopandas_does(
    shapes: tuple[Any, ...], tmp_path: Path
) -> None:
    one = replace(layer(*[LOT] * len(shapes)), shapes=array(*shapes))
    write_layer(one, tmp_path / "p.parquet")
    gpd.GeoDataFrame(geometry=gpd.GeoSeries(one.shapes, crs=GRID)).to_parquet(
        tmp_path / "q.parquet", write_covering_bbox=True, schema_version="1.1.0"
    )
    ours, theirs = (
        json.loads(pq.read_schema(tmp_path / name).metadata[b"geo"])
        for name in ("p.parquet", "q.parquet")
    )
    assert ours == theirs
    assert list(ours["columns"]["geometry"]) == list(theirs["columns"]["geometry"])


@every_format
def test_an_interrupt_while_pieces_are_made_is_one_and_leaves_nothing(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(vector.shapely, "to_wkb", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_layer(layer(), tmp_path / f"p{suffix}")
    assert list(tmp_path.iterdir()) == []


# --- what a format cannot hold -----------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".shp", ".geojson"])
def test_a_coordinate_that_is_not_finite_is_refused(suffix: str, tmp_path: Path) -> None:
    bad = LineString([(0, 0), (np.inf, 1)])
    found = refused(
        layer(LineString([(0, 0), (1, 1)]), bad), tmp_path / f"p{suffix}", "write.shape"
    )
    assert (found.row, found.parcel) == (2, "B")
    assert "finite" in found.message


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (GeometryCollection([LOT, Point(0, 0)]), "collection"),
        (LineString([(0, 0), (1, 1)]), "one kind"),
        (Polygon(), "empty"),
        (Polygon(LOT.exterior, [[(900, 0), (901, 0), (901, 1)]]), "invalid"),
    ],
)
def test_what_a_shapefile_would_change_is_refused(shape: Any, why: str, tmp_path: Path) -> None:
    one = layer(LOT, shape)
    found = refused(one, tmp_path / "p.shp", "write.shape")
    assert (found.row, found.parcel, found.layer) == (2, "B", "parcels")
    assert why in found.message
    assert list(tmp_path.iterdir()) == []
    write_layer(one, tmp_path / "p.gpkg")
    assert back(tmp_path / "p.gpkg").shapes[1].equals_exact(qingxi(shape), 0)


def test_heights_in_some_rows_only_are_refused_by_a_shapefile(tmp_path: Path) -> None:
    high = shapely.force_3d(LOT, 5.0)
    found = refused(layer(high, LOT), tmp_path / "p.shp", "write.shape")
    assert (found.row, found.parcel) == (2, "B")
    write_layer(layer(high, high), tmp_path / "q.shp")
    assert shapely.get_coordinates(back(tmp_path / "q.shp").shapes, include_z=True)[0, 2] == 5


@pytest.mark.parametrize(("suffix", "dropped"), [(".gpkg", 0), (".geojson", 1), (".shp", 1)])
def test_measures_are_dropped_only_with_a_word(suffix: str, dropped: int, tmp_path: Path) -> None:
    measured = shapely.from_wkt("POLYGON M ((0 0 1, 200 0 2, 200 100 3, 0 100 4, 0 0 1))")
    one = replace(layer(), shapes=array(measured))
    found = said(write_layer(one, tmp_path / f"p{suffix}"))
    assert ("write.measures" in found) is bool(dropped)
    assert back(tmp_path / f"p{suffix}").shapes[0].area == pytest.approx(20_000)


@pytest.mark.parametrize(
    ("suffix", "value", "why"),
    [
        (".gpkg", "a\0b", "NUL"),
        (".geojson", "a\0b", "NUL"),
        (".shp", "a\0b", "NUL"),
        (".shp", "长" * 85, "254 bytes"),
        (".shp.zip", "x" * 255, "254 bytes"),
        (".geojson", np.inf, "not finite"),
        (".shp", -np.inf, "not finite"),
        (".geojson", b"\x00\x01", "binary"),
        (".shp", b"\x00\x01", "binary"),
    ],
)
def test_a_value_that_would_be_cut_is_refused(
    suffix: str, value: Any, why: str, tmp_path: Path
) -> None:
    found = refused(layer(LOT, LOT, x=[None, value]), tmp_path / f"p{suffix}", "write.value")
    assert (found.row, found.parcel, found.field) == (2, "B", "x")
    assert why in found.message
    assert list(tmp_path.iterdir()) == []


def test_the_longest_text_of_a_shapefile_is_254_bytes_whole(tmp_path: Path) -> None:
    text = "长" * 84 + "ab"
    write_layer(layer(x=[text]), tmp_path / "p.shp")
    assert back(tmp_path / "p.shp").cells["x"].to_pylist() == [text]


@pytest.mark.parametrize(
    ("values", "why", "texts"),
    [
        ([2**53 + 1, 1], "lose their last", ["9007199254740993", "1"]),
        ([2**62, None], "lose their last", ["4611686018427387904", None]),
        ([1e-20, 1.5], "digits", ["1e-20", "1.5"]),
        ([1e100, 1.0], "digits", ["1e+100", "1.0"]),
        ([[1, 2], []], "lists", ["[1, 2]", "[]"]),
        ([{"用途": "工业"}, None], "lists", ['{"用途": "工业"}', None]),
        (
            [datetime.datetime(2024, 1, 2, 3, 4, 5), None],
            "time of day",
            ["2024-01-02T03:04:05", None],
        ),
    ],
)
def test_what_a_shapefile_cannot_type_becomes_text_and_is_said(
    values: list[Any], why: str, texts: list[Any], tmp_path: Path
) -> None:
    found = said(write_layer(layer(LOT, LOT, x=values), tmp_path / "p.shp"))["write.as-text"]
    assert (found.severity, found.field, found.changed) == ("warning", "x", True)
    assert why in found.message
    assert back(tmp_path / "p.shp").cells["x"].to_pylist() == texts


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_a_time_keeps_its_moment(suffix: str, tmp_path: Path) -> None:
    """GDAL writes a time of a named zone as UTC without a word; 3 in Shanghai is 19 in UTC."""
    zone = pa.timestamp("ms", tz="Asia/Shanghai")
    moment = pa.array([datetime.datetime(2024, 1, 1, 19)], pa.timestamp("ms")).cast(
        pa.timestamp("ms", tz="UTC")
    )
    write_layer(layer(at=moment.cast(zone)), tmp_path / f"p{suffix}")
    (read,) = read_vector(tmp_path / f"p{suffix}").frame["at"]
    assert str(read).replace("T", " ").startswith("2024-01-01 19:00")


def test_a_time_without_zone_does_not_become_utc_in_a_geopackage(tmp_path: Path) -> None:
    one = layer(at=[datetime.datetime(2024, 1, 2, 3)])
    found = said(write_layer(one, tmp_path / "p.gpkg"))["write.as-text"]
    assert (found.field, found.changed) == ("at", True)
    assert back(tmp_path / "p.gpkg").cells["at"].to_pylist() == ["2024-01-02T03:00:00"]


def test_missing_numbers_of_a_shapefile_are_counted(tmp_path: Path) -> None:
    found = said(write_layer(layer(LOT, LOT, LOT, MJ=[1.0, None, None]), tmp_path / "p.shp"))
    assert found["write.nulls"].severity == "warning"
    assert found["write.nulls"].field == "MJ"
    assert found["write.nulls"].message.startswith("2 numbers")


def test_blanks_that_a_shapefile_drops_are_said(tmp_path: Path) -> None:
    found = said(write_layer(layer(LOT, LOT, LOT, x=["", " a ", "b"]), tmp_path / "p.shp"))
    assert found["write.blanks"].field == "x"
    assert found["write.blanks"].message.startswith("2 texts")
    assert back(tmp_path / "p.shp").cells["x"].to_pylist() == [None, "a", "b"]


# --- the names of a Shapefile ------------------------------------------------------------------


def test_long_and_chinese_names_become_codes_with_a_table(tmp_path: Path) -> None:
    cells = {
        "地块编号": ["A"],
        "地块名称": ["甲"],
        "规划容积率": [2.0],
        "某某说明": ["x"],
        "declared_area_of_the_plot": [30.0],
        "MJ": [30.0],
    }
    one = Layer("p", pa.table(cells), array(qingxi(LOT)), GRID, "地块编号")
    found = said(write_layer(one, tmp_path / "p.shp"))["write.fields"]
    assert "地块编号 → DKBH" in found.seen
    columns = ["DKBH", "DKMC", "RJL", "F04", "declared_a", "MJ"]
    assert back(tmp_path / "p.shp").cells.column_names == columns
    with (tmp_path / "p.fields.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["field", "name"],
            *map(list, zip(columns, cells, strict=True)),
        ]
    assert (tmp_path / "p.cpg").read_text() == "UTF-8"


def test_a_zip_holds_its_table_and_nothing_that_leads_outside(tmp_path: Path) -> None:
    write_layer(layer(地块名称=["x"]), tmp_path / "p.shp.zip")
    with zipfile.ZipFile(tmp_path / "p.shp.zip") as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert names == ["p.dbf", "p.shx", "p.prj", "p.cpg", "p.fields.csv", "p.shp"]


@given(st.lists(st.text(min_size=1, max_size=30), unique=True, min_size=1, max_size=40))
def test_short_names_fit_and_are_different_and_lead_back(names: list[str]) -> None:
    short = short_names(names)
    fields = list(short.values())
    assert list(short) == names
    assert all(field.isascii() and 1 <= len(field) <= LONGEST for field in fields)
    assert len({field.casefold() for field in fields}) == len(names)
    assert list(names_in(names_table(short), fields).values()) == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "field,name\r\nA,x\r\n",
        "field,name\r\nA,x\r\nB,x\r\n",
        "field,name\r\nA,x\r\nA,y\r\nB,z\r\n",
        "field,name\r\nA,x,1\r\nB,y\r\n",
        'field,name\r\nA,"x',
        "name,field\r\nA,x\r\nB,y\r\n",
    ],
)
def test_a_table_of_another_file_renames_nothing(text: str) -> None:
    assert names_in(text, ["A", "B"]) == {}


@given(st.text(min_size=1, max_size=20))
def test_no_name_in_the_table_begins_a_formula(name: str) -> None:
    rows = list(csv.reader(io.StringIO(names_table({name: "F01"}), newline="")))
    assert not rows[1][1].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


# --- what stands at the place --------------------------------------------------------------------


@every_format
def test_a_file_that_is_there_is_replaced_only_when_asked(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"p{suffix}"
    write_layer(layer(), path)
    before = path.read_bytes()
    assert path.name in refused(layer(LOT, LOT), path, "write.exists").seen
    assert path.read_bytes() == before
    if suffix == ".shp":
        refused(layer(LOT, LOT), path, "write.loose", overwrite=True)
        assert path.read_bytes() == before
    else:
        write_layer(layer(LOT, LOT), path, overwrite=True)
        assert len(read_vector(path).frame) == 2


def test_a_lone_part_of_another_shapefile_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "p.dbf").write_bytes(b"a table of its own")
    assert refused(layer(), tmp_path / "p.shp", "write.exists").seen == "p.dbf"
    assert [path.name for path in tmp_path.iterdir()] == ["p.dbf"]


def test_a_geopackage_with_other_layers_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    write_layer(layer(), path)
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE notes (fid INTEGER PRIMARY KEY, text TEXT)")
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('notes', 'attributes')"
        )
    base.close()
    before = path.read_bytes()
    found = refused(layer(), path, "write.holds-more", overwrite=True)
    assert found.seen == "parcels, notes"
    assert path.read_bytes() == before


def test_a_file_that_is_no_geopackage_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    path.write_text("<OGRVRTDataSource/>")
    assert refused(layer(), path, "write.holds-more", overwrite=True).seen == "p.gpkg"


def test_a_geopackage_that_is_open_elsewhere_is_not_replaced(tmp_path: Path) -> None:
    """SQLite would play the log that is left onto the new file."""
    path = tmp_path / "p.gpkg"
    write_layer(layer(), path)
    path.with_name("p.gpkg-wal").write_bytes(b"frames")
    found = refused(layer(), path, "write.open", overwrite=True)
    assert found.seen == "p.gpkg-wal"


def test_a_zip_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("p.shp", b"")
        archive.writestr("contract.pdf", b"")
    assert refused(layer(), path, "write.holds-more", overwrite=True).seen == "contract.pdf"


@single_files
def test_a_folder_of_that_name_is_refused(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"p{suffix}").mkdir()
    assert "folder" in refused(layer(), tmp_path / f"p{suffix}", "write.failed").message


@every_format
def test_a_folder_that_is_not_there_is_refused(suffix: str, tmp_path: Path) -> None:
    refused(layer(), tmp_path / "no" / f"p{suffix}", "write.failed")


# --- a writer that goes wrong --------------------------------------------------------------------


SPOILED: dict[str, Callable[[Layer], Layer]] = {
    "lost row": lambda one: replace(one, cells=one.cells.slice(0, 1), shapes=one.shapes[:1]),
    "swapped ids": lambda one: replace(
        one,
        cells=one.cells.set_column(0, "DKBH", pa.array(one.cells["DKBH"].to_pylist()[::-1])),
    ),
    "other sum": lambda one: replace(
        one, cells=one.cells.set_column(1, "MJ", pa.array([30.0, 30.01]))
    ),
    "renamed": lambda one: replace(one, cells=one.cells.rename_columns(["DKBH", "mj2"])),
    "lost column": lambda one: replace(one, cells=one.cells.select(["DKBH"])),
    "other crs": lambda one: replace(one, crs=CRS("EPSG:4548")),
    "swapped shapes": lambda one: replace(one, shapes=one.shapes[::-1]),
}
"""What broken writers would write."""


@pytest.mark.parametrize(
    ("how", "row", "parcel", "field", "what"),
    [
        ("lost row", None, "", "", "rows"),
        ("swapped ids", 1, "A", "DKBH", "values"),
        ("other sum", 2, "B", "MJ", "values"),
        ("renamed", None, "", "MJ", "columns"),
        ("lost column", None, "", "", "columns"),
        ("other crs", None, "", "", "CRS"),
        ("swapped shapes", 1, "A", "", "geometry"),
    ],
)
@every_format
def test_a_writer_that_goes_wrong_is_found_out_and_the_old_file_stands(
    suffix: str,
    how: str,
    row: int | None,
    parcel: str,
    field: str,
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / f"p{suffix}"
    if suffix != ".shp":
        write_layer(layer(), path)
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
    write_ogr, write_parquet = vector._write_ogr, vector.write_parquet

    def ogr(one: Layer, *others: Any, **options: Any) -> None:
        write_ogr(SPOILED[how](one), *others, **options)

    def parquet(one: Layer, to: Path) -> None:
        write_parquet(SPOILED[how](one), to)

    monkeypatch.setattr(vector, "_write_ogr", ogr)
    monkeypatch.setitem(vector._WRITERS, "GeoParquet", parquet)
    one = layer(LOT, box(300, 0, 400, 100), MJ=[30.0, 15.0])
    found = refused(one, path, "write.differs", overwrite=True)
    assert (found.row, found.parcel, found.field) == (row, parcel, field)
    assert f"({what})" in found.message
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before


# --- any layer -------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
NUMBER = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3))
CELLS = st.tuples(
    TEXT,
    st.one_of(st.none(), NUMBER),
    st.one_of(st.none(), st.integers(-(2**53), 2**53)),
    st.one_of(st.none(), st.booleans()),
)
SIDE = st.integers(1, 900_000).map(lambda millimetres: millimetres / 1000)


@st.composite
def outlines(draw: st.DrawFn) -> Polygon | MultiPolygon:
    """A box, perhaps with a hole or a second part, begun at any corner, wound either way."""
    width, height, at = draw(SIDE), draw(SIDE), draw(st.integers(0, 3))
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    corners = corners[at:] + corners[:at]
    corners = corners[::-1] if draw(st.booleans()) else corners
    inner = [(x / 2 + width / 4, y / 2 + height / 4) for x, y in corners]
    shape = Polygon(corners, [inner] if draw(st.booleans()) else [])
    if draw(st.booleans()):
        return MultiPolygon([shape, box(1000, 0, 1000 + width, height)])
    return shape


@every_format
def test_any_layer_comes_back(suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")

    @settings(max_examples=40)
    @given(st.lists(st.tuples(CELLS, st.one_of(st.none(), outlines())), min_size=1, max_size=5))
    def comes_back(rows: list[Any]) -> None:
        texts, numbers, wholes, flags = zip(*[cells for cells, _ in rows], strict=True)
        one = layer(
            *[shape for _, shape in rows],
            text=pa.array(texts, pa.string()),
            number=pa.array(numbers, pa.float64()),
            whole=pa.array(wholes, pa.int64()),
            flag=pa.array(flags, pa.bool_()),
        )
        for old in folder.iterdir():
            old.unlink()
        write_layer(one, folder / f"p{suffix}")
        read = back(folder / f"p{suffix}")
        blank = ENDINGS[suffix] == "Shapefile"
        expected = [(text.strip(" ") or None) if blank else text for text in texts]
        assert read.cells["text"].to_pylist() == expected
        assert read.cells["DKBH"].to_pylist() == one.cells["DKBH"].to_pylist()
        for name in ("number", "whole", "flag"):
            assert read.cells[name].to_pylist() == one.cells[name].to_pylist()
        for meant, drawn in zip(one.shapes, read.shapes, strict=True):
            assert (meant is None) == (drawn is None)
            assert meant is None or meant.normalize().equals_exact(
                MultiPolygon([drawn]).normalize()
                if meant.geom_type == "MultiPolygon" and drawn.geom_type == "Polygon"
                else drawn.normalize(),
                0.001,
            )

    comes_back()
