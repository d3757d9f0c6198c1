"""Readers: the same rows and the same mu from every format, and plain words for a broken file."""

import json
import shutil
import sqlite3
import struct
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyproj import CRS
from shapely import LineString, Point, Polygon, box

from geo.earth.crs import transform
from geo.errors import LayerError
from geo.findings import Finding
from geo.readers.vector import FORMATS, VectorLayer, read_vector
from geo.units import M2_PER_MU
from tests.formats import STATES_NO_CRS
from tests.formats import write_layer as write

EAST, NORTH = 516_000.0, 2_526_000.0
NAMES = ["罗马一号", "长山头二号", "空"]
GRID = CRS("EPSG:4547")


def lots(number: int = 3) -> list[Polygon]:
    """Boxes of 30 mu each."""
    return [box(EAST + 200 * at, NORTH, EAST + 200 * at + 200, NORTH + 100) for at in range(number)]


def layer(crs: Any = GRID, **columns: Any) -> gpd.GeoDataFrame:
    facts = {"DKBH": ["0012", "A-2", "甲3"], "DKMC": NAMES, "MJ": [30.0, 30.5, np.nan]} | columns
    return gpd.GeoDataFrame(facts, geometry=lots(len(facts["DKBH"])), crs=crs)


def made(suffix: str, folder: Path) -> Path:
    """The three lots in this format, in a CRS that it often has."""
    often = {".geojson": 4490, ".json": 4326}
    return write(layer().to_crs(often.get(suffix, 4547)), folder / f"parcels{suffix}")


def mu(read: VectorLayer) -> list[float]:
    shapes = transform(read.frame.geometry.to_numpy(), read.crs, GRID)
    return (shapely.area(shapes) / M2_PER_MU).tolist()


def refused(path: Path, **options: Any) -> Finding:
    with pytest.raises(LayerError) as stopped:
        read_vector(path, **options)
    (found,) = stopped.value.findings
    assert found.severity == "error"
    assert found.file in (path.name, str(path))
    assert found.message_zh != found.message
    assert found.mend
    assert found.mend_zh
    return found


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_rows_and_mu_from_every_format(suffix: str, tmp_path: Path) -> None:
    read = read_vector(made(suffix, tmp_path), crs=STATES_NO_CRS.get(suffix))
    frame = read.frame
    ids = {".txt": "parcel_id", ".dxf": "Text"}.get(suffix, "DKBH")
    assert frame[ids].tolist() == ["0012", "A-2", "甲3"]
    if suffix != ".dxf":  # a drawing holds texts, and no columns
        assert frame["name" if suffix == ".txt" else "DKMC"].tolist() == NAMES
    if suffix not in (".dxf", ".txt"):
        areas = pd.to_numeric(frame["MJ"])  # KML and tables hold text
        assert areas.tolist()[:2] == [30.0, 30.5]
        assert np.isnan(areas.iat[2])
    rounded = 1e-3 if suffix in (".geojson", ".json") else 1e-8  # GDAL writes seven decimals
    assert mu(read) == pytest.approx([30.0, 30.0, 30.0], abs=rounded)
    assert read.file == f"parcels{suffix}"
    assert read.layer == {".dxf": "0", ".xlsx": "Sheet"}.get(suffix, "parcels")
    assert read.findings == []


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet"])
def test_upper_case_endings_are_the_same_format(suffix: str, tmp_path: Path) -> None:
    path = made(suffix, tmp_path)
    for part in sorted(tmp_path.glob(f"{path.stem}.*")):
        part.rename(part.with_suffix(part.suffix.upper()))
    assert len(read_vector(path.with_suffix(suffix.upper())).frame) == 3


# --- shapefiles as offices send them


def test_a_layer_without_any_column_keeps_its_rows(tmp_path: Path) -> None:
    outlines = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(2, 0, 3, 1)], crs="EPSG:4547")
    outlines.to_parquet(tmp_path / "outlines.parquet")
    assert len(read_vector(tmp_path / "outlines.parquet").frame) == 2


def test_a_shapefile_in_gbk_is_read_by_its_cpg(tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.shp", encoding="GBK")
    assert read_vector(path).frame["DKMC"].tolist() == NAMES


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("column", ["DKMC", "名称"])
def test_a_shapefile_without_cpg_is_no_mojibake(encoding: str, column: str, tmp_path: Path) -> None:
    frame = layer().rename(columns={"DKMC": column})
    path = write(frame, tmp_path / "p.shp", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    assert read_vector(path).frame[column].tolist() == NAMES
    assert read_vector(path, encoding=encoding).frame[column].tolist() == NAMES


def test_chinese_headings_over_plain_cells_are_no_mojibake(tmp_path: Path) -> None:
    frame = layer()[["geometry"]].assign(编号=["A", "B", "C"][: len(layer())])
    path = write(frame, tmp_path / "p.shp", encoding="GBK")
    path.with_suffix(".cpg").unlink()
    assert "编号" in read_vector(path).frame.columns


def test_a_cpg_that_lies_is_no_mojibake(tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.shp", encoding="GBK")
    path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    read = read_vector(path)
    assert read.frame["DKMC"].tolist() == NAMES
    (found,) = read.findings
    assert (found.code, found.severity, found.file) == ("text.encoding", "warning", "p.shp")
    assert (found.layer, found.row, found.seen, found.changed) == ("p", None, "UTF-8", True)
    assert "it is read as GB18030" in found.message


@pytest.mark.real_data
def test_the_towns_of_dongguan_in_gbk_and_in_utf8_are_the_same(shared_data: Path) -> None:
    path = shared_data / "dongguan_gbk" / "dongguan_towns_4547_gbk.shp"
    gbk = read_vector(path).frame
    utf8 = read_vector(shared_data / "dongguan_towns_wgs84.geojson").frame
    assert len(gbk) == len(utf8)
    names = {cell for column in gbk for cell in gbk[column] if isinstance(cell, str)}
    assert any("清溪" in name for name in names)
    assert not any("\ufffd" in name for name in names)


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_its_companions(suffix: str, tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.shp")
    path.with_suffix(suffix).unlink()
    found = refused(path)
    assert (found.code, found.layer, found.row) == ("shapefile.part-missing", "p", None)
    assert found.seen == f"p{suffix}"
    assert f"its part p{suffix} is missing" in found.message


def test_a_shapefile_without_prj_is_asked_for(tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.shp")
    path.with_suffix(".prj").unlink()
    found = refused(path)
    assert found.code == "crs.missing"
    assert "x 516000 … 516600" in found.message
    assert read_vector(path, crs="EPSG:4547").crs == GRID


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "crs.missing"),
        ("hello", "crs.missing"),
        (
            'GEOGCS["Unknown",DATUM["Unknown",SPHEROID["GRS80",6378137,298.257222101]],'
            'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]',
            "crs.no-datum",
        ),
    ],
)
def test_a_prj_that_says_nothing(text: str, code: str, tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.shp")
    path.with_suffix(".prj").write_text(text, encoding="ascii")
    assert refused(path).code == code


def test_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    for suffix in (".shp", ".csv", ".txt"):
        found = refused(write(layer(), tmp_path / f"p{suffix}"), encoding="martian")
        assert (found.code, found.row) == ("layer.unreadable", None), suffix
        assert "martian" in found.message


# --- which layer


def test_one_layer_needs_no_name(tmp_path: Path) -> None:
    assert read_vector(write(layer(), tmp_path / "p.gpkg", layer="地块")).layer == "地块"


@pytest.mark.parametrize("suffix", [".gpkg", ".gdb"])
def test_several_layers_must_be_named(suffix: str, tmp_path: Path) -> None:
    path = write(layer(), tmp_path / f"p{suffix}", layer="parcels")
    write(layer().iloc[:1], path, layer="zones")
    found = refused(path)
    assert found.code == "layer.choose"
    assert "parcels, zones" in found.message
    assert "name one of them: --layer, or layer in the plan" in found.mend
    assert [len(read_vector(path, layer=name).frame) for name in ("parcels", "zones")] == [3, 1]


def test_a_polygon_layer_is_chosen_before_lines_and_tables(tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.gpkg", layer="parcels")
    line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs=GRID)
    write(line, path, layer="roads")
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="styles")
    assert read_vector(path).layer == "parcels"


@pytest.mark.parametrize(
    ("wanted", "hint"), [("parcles", "; did you mean 'parcels'?"), ("xyz", "it has parcels")]
)
def test_a_wrong_layer_name_is_told_the_right_one(wanted: str, hint: str, tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.gpkg", layer="parcels")
    found = refused(path, layer=wanted)
    assert found.code == "layer.unknown"
    assert f"no layer '{wanted}'" in found.message
    assert hint in found.message


# --- what is no layer


def half(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


HALVES = {
    ".gpkg": ("layer.unreadable", "database disk image is malformed"),
    ".geojson": ("json.syntax", "it is no JSON from line 7, column"),
    ".json": ("json.syntax", "it is no JSON from line 7, column"),
    ".topojson": ("json.syntax", "it is no JSON from line 1, column"),
    ".geojsonl": ("json.syntax", "it is no JSON from line 2, column"),
    ".geojsons": ("json.syntax", "it is no JSON from line 2, column"),
    ".ndjson": ("json.syntax", "it is no JSON from line 2, column"),
    ".shp": ("file.cut", "p.shp is cut off: it should have 508 bytes and has 254"),
    ".parquet": ("layer.unreadable", "it does not end with PAR1"),
    ".geoparquet": ("layer.unreadable", "it does not end with PAR1"),
    ".kml": ("layer.unreadable", "line 1, column"),
    ".dxf": ("layer.unreadable", "it does not end with EOF"),
    ".xlsx": ("layer.unreadable", ""),
    ".zip": ("layer.unreadable", ""),
}


@pytest.mark.parametrize("suffix", HALVES)
def test_half_a_file_is_refused(suffix: str, tmp_path: Path) -> None:
    code, words = HALVES[suffix]
    ascii_only = layer(DKBH=["A", "B", "C"], DKMC=["a", "b", "c"])
    found = refused(half(write(ascii_only, tmp_path / f"p{suffix}")))
    assert (found.code, found.file, found.row) == (code, f"p{suffix}", None)
    assert words in found.message


def test_a_cut_survey_keeps_every_plot_and_counts_none_that_is_cut(tmp_path: Path) -> None:
    """The second plot says that it has five points and has two; the third is not there."""
    path = write(layer(), tmp_path / "p.txt")
    lines = path.read_text("utf-8").splitlines()
    cut = next(at for at, line in enumerate(lines) if ",A-2," in line) + 3
    path.write_text("\n".join(lines[:cut]), encoding="utf-8")
    read = read_vector(path)
    assert [shape is None for shape in read.frame.geometry] == [False, True]
    ((code, row, parcel),) = [(item.code, item.row, item.parcel) for item in read.findings]
    assert (code, row, parcel) == ("survey.cut-off", 2, "A-2")


@pytest.mark.parametrize(
    ("table", "share", "code", "words"),
    [
        ("a00000009.gdbtable", 0.8, "layer.rows-lost", "it stores 30 rows, 20 were read"),
        ("a00000009.gdbtable", 0.99, "layer.rows-lost", "it stores 30 rows, 29 were read"),
        ("a00000009.gdbtablx", 0.8, "layer.no-rows", "it holds no rows"),
        ("a00000001.gdbtable", 0.5, "layer.unreadable", "cannot be read: No GDB_Items"),
        ("a00000001.gdbtable", 0.8, "layer.unreadable", "cannot be read: GDAL finds it damaged"),
    ],
)
def test_a_cut_geodatabase_is_refused(
    table: str, share: float, code: str, words: str, tmp_path: Path
) -> None:
    frame = layer(DKBH=[f"A{at}" for at in range(30)], DKMC="x", MJ=1.0)
    path = write(frame, tmp_path / "p.gdb")
    data = (path / table).read_bytes()
    (path / table).write_bytes(data[: int(share * len(data))])
    found = refused(path)
    assert (found.code, found.file, found.row) == (code, "p.gdb", None)
    assert words in found.message
    assert "buildtrees" not in found.message  # where GDAL was compiled is of no use to anyone


def test_half_a_dbf_is_refused(tmp_path: Path) -> None:
    path = write(layer(DKBH=["a"] * 99, DKMC="x" * 80, MJ=1.0), tmp_path / "p.shp")
    half(path.with_suffix(".dbf"))
    found = refused(path)
    assert (found.code, found.layer, found.row) == ("file.cut", "p", None)
    assert "p.dbf is cut off" in found.message


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_file_under_that_name(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"p{suffix}"
    path.touch()
    found = refused(path)
    assert (found.code, found.file, found.row) == ("file.empty", f"p{suffix}", None)


PLAIN = {".txt": "survey.format", ".csv": "layer.no-rows"}
"""Formats that are plain text: what else a text may be is known from its content only."""


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("content", "kind"), [(b"hello", "plain text"), (b"\x00\xff" * 200, "unknown binary data")]
)
def test_something_else_under_that_name(
    suffix: str, content: bytes, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / f"p{suffix}"
    path.write_bytes(content)
    found = refused(path)
    if kind == "plain text" and suffix in PLAIN:
        assert found.code == PLAIN[suffix]
    else:
        assert (found.code, found.row) == ("file.disguised", None)
        assert f"called {suffix}, and its content looks like {kind}" in found.message
    assert found.file == f"p{suffix}"


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_empty_folder_under_that_name(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"p{suffix}"
    path.mkdir()
    found = refused(path)
    folders = (".gdb", ".parquet", ".geoparquet")  # which may be folders of parts
    code = "file.empty" if suffix in folders else "file.special"
    assert (found.code, found.file) == (code, f"p{suffix}")
    assert ("a folder" in found.message) == (suffix not in folders)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_that_is_not_there(suffix: str, tmp_path: Path) -> None:
    found = refused(tmp_path / f"p{suffix}")
    assert (found.code, found.file) == ("layer.missing", str(tmp_path / f"p{suffix}"))


@pytest.mark.parametrize("name", ["p.dwg", "p.mdb", "p", "p.xls", "p.mif", "p.shp.7z"])
def test_other_formats_are_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")
    found = refused(tmp_path / name)
    assert (found.code, found.file) == ("layer.format", name)
    assert Path(name).suffix in found.message
    assert "GeoPackage" in found.mend


def test_attributes_alone_are_no_layer(tmp_path: Path) -> None:
    frame = pd.DataFrame({"DKBH": ["A"]})
    pyogrio.write_dataframe(frame, tmp_path / "p.gpkg", layer="p")
    frame.to_parquet(tmp_path / "p.parquet")
    assert refused(tmp_path / "p.gpkg").code == "layer.no-geometry"
    assert refused(tmp_path / "p.gpkg", layer="p").code == "layer.no-geometry"
    assert refused(tmp_path / "p.parquet").code == "layer.no-geometry"


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".gdb", ".parquet"])
def test_a_layer_without_rows(suffix: str, tmp_path: Path) -> None:
    path = write(layer().iloc[:0].to_crs(4326), tmp_path / f"p{suffix}", **(
        {} if suffix == ".parquet" else {"geometry_type": "Polygon"}
    ))  # fmt: skip
    assert refused(path).code == "layer.no-rows"


# --- nothing lost on the way


@pytest.mark.parametrize("stored", [2, 7])
def test_a_stale_count_loses_no_row(stored: int, tmp_path: Path) -> None:
    """GDAL would read two of three rows without a word: the table itself is counted."""
    path = write(layer(), tmp_path / "p.gpkg")
    with sqlite3.connect(path) as book:
        book.execute(f"UPDATE gpkg_ogr_contents SET feature_count = {stored}")
    book.close()
    read = read_vector(path)
    assert read.frame["DKBH"].tolist() == ["0012", "A-2", "甲3"]
    (found,) = read.findings
    assert (found.code, found.severity) == ("geopackage.count", "warning")
    assert (found.file, found.layer, found.row) == ("p.gpkg", "p", None)
    assert f"says that the layer has {stored} rows and the table has 3" in found.message


def test_geometry_is_handed_on_as_it_is(tmp_path: Path) -> None:
    """Null, empty, points, bow-ties, heights: nothing is mended or dropped by a reader."""
    bowtie = Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    shapes = [None, Polygon(), Point(1, 2), bowtie, shapely.force_3d(lots(1)[0], 5.0)]
    frame = gpd.GeoDataFrame({"DKBH": list("ABCDE")}, geometry=shapes, crs=GRID)
    read = read_vector(write(frame, tmp_path / "p.gpkg")).frame.geometry
    assert [shape if shape is None else shape.wkt for shape in read] == [
        None,
        *(shape.wkt for shape in shapes[1:]),
    ]


def test_a_number_that_is_none_is_read_without_a_warning(tmp_path: Path) -> None:
    with np.errstate(invalid="ignore"):
        shape = shapely.from_wkt("POLYGON ((0 0, 1 nan, 1 1, 0 0))")
        path = write(gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs=GRID), tmp_path / "p.gpkg")
    coordinates = shapely.get_coordinates(read_vector(path).frame.geometry.iat[0])
    assert np.isnan(coordinates).sum() == 1


def test_an_open_ring_is_named_by_its_row(tmp_path: Path) -> None:
    square = [[114.1, 22.8], [114.2, 22.8], [114.2, 22.9], [114.1, 22.9]]
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for ring in ([*square, square[0]], square, [*square, square[0]], square)
    ]
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    read = read_vector(path)
    assert [(item.code, item.file, item.layer, item.row) for item in read.findings] == [
        ("geometry.ring", "p.geojson", "p", 2),
        ("geometry.ring", "p.geojson", "p", 4),
    ]
    assert all(item.sets_aside for item in read.findings)
    shapes = read.frame.geometry  # each is closed, so that the land in doubt is known
    assert [shape.equals(shapes.iat[0]) for shape in shapes] == [True] * 4


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_long_whole_numbers_keep_every_digit_beside_a_blank(suffix: str, tmp_path: Path) -> None:
    long = pd.array([441900115001234567, None, 441900115001234569], dtype="Int64")
    frame = layer(DKBH=long).to_crs(4326)
    if suffix == ".parquet":  # as other programs write it: without a word about pandas
        frame.to_parquet(tmp_path / "p.parquet")
        table = pq.read_table(tmp_path / "p.parquet")
        table = table.replace_schema_metadata({b"geo": table.schema.metadata[b"geo"]})
        pq.write_table(table, tmp_path / "p.parquet")
    else:
        write(frame, tmp_path / f"p{suffix}")
    ids = read_vector(tmp_path / f"p{suffix}").frame["DKBH"]
    assert [int(ids.iat[0]), int(ids.iat[2])] == [441900115001234567, 441900115001234569]
    assert pd.isna(ids.iat[1])


def test_arcs_are_chorded_finely_enough_to_measure(tmp_path: Path) -> None:
    """A circle of 100 m radius in two arcs, which shapely cannot write: its WKB is made by hand."""
    points = [(100, 0), (0, 100), (-100, 0), (0, -100), (100, 0)]
    arcs = struct.pack("<BII10d", 1, 8, 5, *[number for point in points for number in point])
    circle = struct.pack("<BII", 1, 10, 1) + arcs  # a curve polygon of one circular string
    table = pa.table({"DKBH": ["A"], "geometry": pa.array([circle], pa.binary())})
    path = tmp_path / "p.gpkg"
    options = {"geometry_name": "geometry", "geometry_type": "Unknown", "crs": "EPSG:4547"}
    pyogrio.write_arrow(table, path, **options)
    read = read_vector(path).frame
    assert read.geometry.iat[0].geom_type == "Polygon"
    assert read.geometry.area.iat[0] == pytest.approx(np.pi * 100**2, rel=1e-5)


# --- the coordinate system


def test_the_crs_of_the_plan_speaks_for_a_file_without_one(tmp_path: Path) -> None:
    path = write(layer(None), tmp_path / "p.gpkg")
    assert refused(path).code == "crs.missing"
    assert read_vector(path, crs="EPSG:4547").crs == GRID
    assert refused(path, crs="EPSG:0").code == "crs.unknown"


def test_the_crs_of_the_plan_may_repeat_the_file_but_not_contradict_it(tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.gpkg")
    assert read_vector(path, crs="EPSG:4547").crs == GRID
    found = refused(path, crs="EPSG:4526")
    assert found.code == "crs.conflict"
    assert "the file says EPSG:4547, the plan EPSG:4526" in found.message


def test_a_copied_folder_is_the_same_layer(tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "p.gdb")
    shutil.copytree(path, tmp_path / "copy.gdb")
    assert mu(read_vector(tmp_path / "copy.gdb")) == mu(read_vector(path))
