"""Readers: the same rows and the same mu from every format, and plain words for a broken file."""

import json
import shutil
import sqlite3
import struct
import warnings
from collections.abc import Callable
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

from geo.crs import transform
from geo.errors import LayerError
from geo.findings import Finding
from geo.readers.vector import FORMATS, VectorLayer, read_vector
from geo.units import M2_PER_MU

EAST, NORTH = 516_000.0, 2_526_000.0
NAMES = ["罗马一号", "长山头二号", "空"]
GRID = CRS("EPSG:4547")


def lots(number: int = 3) -> list[Polygon]:
    """Boxes of 30 mu each."""
    return [box(EAST + 200 * at, NORTH, EAST + 200 * at + 200, NORTH + 100) for at in range(number)]


def layer(crs: Any = GRID, **columns: Any) -> gpd.GeoDataFrame:
    facts = {"DKBH": ["0012", "A-2", "甲3"], "DKMC": NAMES, "MJ": [30.0, 30.5, np.nan]} | columns
    return gpd.GeoDataFrame(facts, geometry=lots(len(facts["DKBH"])), crs=crs)


def write(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        if path.suffix in (".parquet", ".geoparquet"):
            frame.to_parquet(path)
        else:
            driver = {".gdb": "OpenFileGDB", ".json": "GeoJSON"}.get(path.suffix)
            pyogrio.write_dataframe(frame, path, driver=driver, **options)
    return path


def topojson(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """Arcs are written whole and unquantised, in WGS 84, as the format wants."""
    degrees = frame.to_crs(4326)
    shapes = [
        {"type": "Polygon", "arcs": [[at]], "properties": facts}
        for at, facts in enumerate(degrees.drop(columns="geometry").to_dict("records"))
    ]
    arcs = [[list(point) for point in shape.exterior.coords] for shape in degrees.geometry]
    collection = {"type": "GeometryCollection", "geometries": shapes}
    topology = {"type": "Topology", "objects": {"parcels": collection}, "arcs": arcs}
    text = json.dumps(topology, ensure_ascii=False).replace("NaN", "null")
    path.write_text(text, encoding="utf-8")
    return path


WRITTEN: dict[str, Callable[[Path], Path]] = {
    ".gpkg": lambda folder: write(layer(), folder / "parcels.gpkg"),
    ".geojson": lambda folder: write(layer().to_crs(4490), folder / "parcels.geojson"),
    ".json": lambda folder: write(layer().to_crs(4326), folder / "parcels.json"),
    ".shp": lambda folder: write(layer(), folder / "parcels.shp", encoding="UTF-8"),
    ".gdb": lambda folder: write(layer(), folder / "parcels.gdb"),
    ".parquet": lambda folder: write(layer(), folder / "parcels.parquet"),
    ".geoparquet": lambda folder: write(layer(), folder / "parcels.geoparquet"),
    ".topojson": lambda folder: topojson(layer(), folder / "parcels.topojson"),
}


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


def test_every_format_is_tried_here() -> None:
    assert set(WRITTEN) == set(FORMATS)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_the_same_rows_and_mu_from_every_format(suffix: str, tmp_path: Path) -> None:
    told = "EPSG:4326" if suffix == ".topojson" else None  # that format has no place to say so
    read = read_vector(WRITTEN[suffix](tmp_path), crs=told)
    assert read.frame["DKBH"].tolist() == ["0012", "A-2", "甲3"]
    assert read.frame["DKMC"].tolist() == NAMES
    assert read.frame["MJ"].tolist()[:2] == [30.0, 30.5]
    assert np.isnan(read.frame["MJ"].iat[2])
    rounded = 1e-3 if "json" in suffix else 1e-9  # GeoJSON keeps seven decimals of a degree
    assert mu(read) == pytest.approx([30.0, 30.0, 30.0], abs=rounded)
    assert read.file == read.path.name
    assert read.layer


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet"])
def test_upper_case_endings_are_the_same_format(suffix: str, tmp_path: Path) -> None:
    path = WRITTEN[suffix](tmp_path)
    for part in sorted(tmp_path.glob(f"{path.stem}.*")):
        part.rename(part.with_suffix(part.suffix.upper()))
    assert len(read_vector(path.with_suffix(suffix.upper())).frame) == 3


# --- shapefiles as offices send them


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
    found = refused(path)
    assert found.code == "layer.unreadable"
    assert "'utf-8' codec can't decode" in found.message


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
    if suffix == ".shx":
        assert "p.shx" in refused(path).message
    else:  # the shapes are there, the ids are not: the mapping of columns will say so
        assert read_vector(path).frame.columns.tolist() == ["geometry"]


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


@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
def test_an_encoding_that_nobody_knows(suffix: str, tmp_path: Path) -> None:
    path = write(layer(DKMC=["a", "b", "c"], DKBH=list("ABC")), tmp_path / f"p{suffix}")
    try:
        read = read_vector(path, encoding="martian")
    except LayerError as error:
        assert error.findings[0].code == "layer.unreadable"
    else:  # GDAL recodes ASCII without asking
        assert read.frame["DKMC"].tolist() == ["a", "b", "c"]


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
    assert "name one of them with layer" in found.mend
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


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".topojson"])
def test_half_a_file_is_unreadable(suffix: str, tmp_path: Path) -> None:
    path = half(WRITTEN[suffix](tmp_path))
    assert refused(path).code == "layer.unreadable"


def test_half_a_shapefile_loses_no_row_silently(tmp_path: Path) -> None:
    path = half(write(layer(), tmp_path / "p.shp"))
    frame = read_vector(path).frame
    assert len(frame) == 3
    assert frame.geometry.isna().any()  # each is a geometry.missing later


def test_half_a_dbf_is_unreadable(tmp_path: Path) -> None:
    path = write(layer(DKBH=["a"] * 99, DKMC="x" * 80, MJ=1.0), tmp_path / "p.shp")
    half(path.with_suffix(".dbf"))
    assert refused(path).code == "layer.unreadable"


@pytest.mark.parametrize("suffix", [*FORMATS])
@pytest.mark.parametrize("content", [b"", b"hello", b"\x00\xff" * 200])
def test_something_else_under_that_name(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"p{suffix}"
    path.write_bytes(content)
    assert refused(path).code == "layer.unreadable"


@pytest.mark.parametrize("suffix", [*FORMATS])
def test_an_empty_folder_under_that_name(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"p{suffix}"
    path.mkdir()
    assert refused(path).code in ("layer.unreadable", "layer.no-geometry")


@pytest.mark.parametrize("suffix", [*FORMATS])
def test_a_file_that_is_not_there(suffix: str, tmp_path: Path) -> None:
    found = refused(tmp_path / f"p{suffix}")
    assert (found.code, found.file) == ("layer.missing", str(tmp_path / f"p{suffix}"))


@pytest.mark.parametrize("name", ["p.dwg", "p.kml", "p", "p.csv", "p.shp.zip"])
def test_other_formats_are_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")
    found = refused(tmp_path / name)
    assert found.code == "layer.format"
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


def test_rows_that_are_stored_but_not_read(tmp_path: Path) -> None:
    """A GeoPackage that says it has seven rows: what became of four of them is not known."""
    path = write(layer(), tmp_path / "p.gpkg")
    with sqlite3.connect(path) as book:
        book.execute("UPDATE gpkg_ogr_contents SET feature_count = 7")
    book.close()
    found = refused(path)
    assert (found.code, found.layer) == ("layer.rows-lost", "p")
    assert "it stores 7 rows, 3 were read" in found.message
    assert "文件记有 7 行，只读到 3 行" in found.message_zh


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
    with pytest.raises(LayerError) as stopped:
        read_vector(path)
    assert [(item.code, item.row) for item in stopped.value.findings] == [
        ("geometry.ring", 2),
        ("geometry.ring", 4),
    ]


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
