"""The gate, containers: damaged, disguised, oversized files, and those that are not as hashed."""

import hashlib
import json
import os
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio
from openpyxl import Workbook
from rasterio.transform import from_origin

from geo.gate import Known, check_file
from geo.readers.vector import read_vector
from tests.test_bad_input import bare, land, lot, plan
from tests.test_bad_input import zones as outlines
from tests.test_gate import Case, Make, assert_told, layer, text, then
from tests.test_gate_reports import without_inference

NOTHING = {"counted_mu": 0.0, "place": None}
SQUARE = [[114.16, 22.84], [114.162, 22.84], [114.162, 22.841], [114.16, 22.841], [114.16, 22.84]]
GEOJSON = bare([{"parcel_id": "A"}, {"parcel_id": "B"}], [SQUARE, SQUARE])
VRT = '<OGRVRTDataSource><OGRVRTLayer name="p"><SrcDataSource>/etc/passwd</SrcDataSource>'
SIZES = (1.0, 1.5, 2.5, 4.0)


def row_of_lots() -> gpd.GeoDataFrame:
    """Parcels of 30, 45, 75 and 120 mu, with their declared areas."""
    west = np.cumsum([0, *SIZES[:-1]])
    shapes = [lot(at, wide=wide) for at, wide in zip(west, SIZES, strict=True)]
    return land(*shapes, MJ=[20_000.0 * wide for wide in SIZES])


def shp(
    change: Callable[[Path], object], frame: gpd.GeoDataFrame | None = None, **how: Any
) -> Make:
    """A Shapefile, and what was done to it."""

    def make(folder: Path) -> Path:
        pyogrio.write_dataframe(land() if frame is None else frame, folder / "p.shp", **how)
        change(folder / "p.shp")
        return folder / "p.shp"

    return make


def other_parts(ending: str) -> Callable[[Path], object]:
    """One part replaced by that of a Shapefile with another number of rows."""

    def change(path: Path) -> None:
        other = path.with_name("other.shp")
        pyogrio.write_dataframe(land(lot(0)), other)
        other.with_suffix(ending).replace(path.with_suffix(ending))
        for part in other.parent.glob("other.*"):
            part.unlink()

    return change


def sort_dbf(path: Path) -> None:
    """Sort the rows of the table alone, as a spreadsheet does."""
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    start, width = struct.unpack_from("<HH", table, 8)
    rows = [table[start + width * at : start + width * (at + 1)] for at in range(len(SIZES))]
    table[start : start + width * len(SIZES)] = b"".join(reversed(rows))
    path.with_suffix(".dbf").write_bytes(table)


def strike_row(path: Path) -> None:
    """Mark the second row of the table as deleted."""
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    start, width = struct.unpack_from("<HH", table, 8)
    table[start + width] = ord("*")
    path.with_suffix(".dbf").write_bytes(table)


def counting(rows: int) -> Callable[[Path], object]:
    """Let a GeoPackage say that it has so many rows."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as book:
            book.execute(f"UPDATE gpkg_ogr_contents SET feature_count = {rows}")
            book.commit()

    return change


def damaged_blob(path: Path) -> None:
    with closing(sqlite3.connect(path)) as book:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            book.create_function(name, 1, lambda _: 0)
        book.execute("UPDATE parcels SET geom = ? WHERE fid = 2", (b"not a shape",))
        book.commit()


def two_layers(folder: Path) -> Path:
    for name in ("parcels", "other"):
        pyogrio.write_dataframe(land(), folder / "parcels.gpkg", layer=name)
    return folder / "parcels.gpkg"


def zipped(**members: bytes) -> Make:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "p.zip", "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in members.items():
                file.writestr(name.replace("__", "."), content)
        return folder / "p.zip"

    return make


def encrypted(path: Path) -> None:
    """Set the mark of a password on every member."""
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(mark)
        data[at + place] |= 1
    path.write_bytes(data)


def tif(folder: Path, *, size: int = 2, **how: Any) -> Path:
    place = {"crs": "EPSG:4547", "transform": from_origin(516_000, 2_526_000, 10, 10)}
    shape: dict[str, Any] = {"width": size, "height": size, "count": 1, "dtype": "uint8"}
    with rasterio.open(folder / "dem.tif", "w", driver="GTiff", **shape, **place, **how) as file:
        if size < 100:
            file.write(np.ones((1, size, size), dtype="uint8"))
    return folder / "dem.tif"


def hashed(make: Make, name: str = "parcels.gpkg", digest: str | None = None) -> Make:
    """The file beside a manifest that lists ``name`` with its hash, or with another."""

    def made(folder: Path) -> Path:
        path = make(folder)
        told = digest or hashlib.sha256((folder / "parcels.gpkg").read_bytes()).hexdigest()
        (folder / "SHA256SUMS").write_text(f"{told}  {name}\n", encoding="utf-8")
        return path

    return made


def wal(path: Path) -> None:
    """What an open QGIS leaves beside a GeoPackage: changes that are not in it yet."""
    path.with_name("parcels.gpkg-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(60))


MANIFEST = {"manifest": "SHA256SUMS"}
CJK = land().rename(columns={"parcel_id": "地块编号"})
CASES = [
    # --- Shapefile
    Case("file.cut", shp(lambda path: os.truncate(path, 400)), "p.shp is cut off: it should have",
         "p.shp 不完整", file="p.shp", **NOTHING),
    Case("file.empty", shp(lambda path: os.truncate(path, 0)), "the file is empty", "文件是空的",
         file="p.shp", **NOTHING),
    Case("shapefile.counts", shp(other_parts(".dbf")), "different numbers of records",
         "各部件的记录数不一", file="p.shp", **NOTHING, note=".dbf"),
    Case("shapefile.counts", shp(other_parts(".shx")), "different numbers of records",
         "各部件的记录数不一", file="p.shp", **NOTHING, note=".shx"),
    Case("shapefile.part-missing", shp(lambda path: path.with_suffix(".dbf").unlink()),
         "its part p.dbf is missing", "缺少同名的 p.dbf", file="p.shp", **NOTHING, note=".dbf"),
    Case("shapefile.part-missing", shp(lambda path: path.with_suffix(".shx").unlink()),
         "its part p.shx is missing", "缺少同名的 p.shx", file="p.shp", **NOTHING, note=".shx"),
    Case("layer.order", shp(sort_dbf, row_of_lots()), "the declared areas of 4 rows contradict "
         "their shapes, but 4 of them fit the shapes of other rows", "属性与图形的次序不同",
         file="p.shp", field="declared_area", mu=270.0, counted_mu=270.0,
         note="a .dbf sorted by itself"),
    Case("shapefile.deleted", shp(strike_row), "1 rows of the table are marked as deleted (row 2)",
         "1 行标为已删除（第 2 行）", "warning", file="p.shp", row=2, counted_mu=60.0),
    Case("text.encoding", shp(lambda path: path.with_suffix(".cpg").write_text("UTF-8"),
                              CJK.assign(名称="罗马长山头"), encoding="GB18030"),
         "it says that its text is UTF-8, which its bytes are not; it is read as GB18030",
         "文件自称文字编码为 UTF-8", "warning", file="p.shp", changed=True,
         note="a .cpg that lies"),
    Case("field.full", shp(lambda _: None, land(abcdefghij=[1, 2, 3])),
         "abcdefghij fill the 10 bytes of a Shapefile and may be cut off", "占满", "info",
         file="p.shp", note="truncated field names"),
    # --- GeoPackage
    Case("geopackage.count", then(layer(land()), counting(2)),
         "says that the layer has 2 rows and the table has 3; all 3 are read",
         "文件记着 2 行，表里实有 3 行", "warning", note="stale"),
    Case("geopackage.count", then(layer(land()), counting(7)),
         "says that the layer has 7 rows and the table has 3", "文件记着 7 行，表里实有 3 行",
         "warning", note="too many"),
    Case("geopackage.blob", then(layer(land()), damaged_blob), "the shape of row 2 is damaged",
         "第 2 行的图形", row=2, parcel="B", counted_mu=60.0, alone=False),
    Case("layer.choose", two_layers, "several polygon layers: parcels, other", "多个面图层",
         **NOTHING),
    Case("layer.unknown", layer(land()), "no layer 'parcles' in the file; it has parcels; did you",
         "文件里没有图层 'parcles'", known={"layer": "parcles"}, **NOTHING),
    Case("file.unsaved", then(layer(land()), wal), "parcels.gpkg-wal stands beside it",
         "旁边有 parcels.gpkg-wal", **NOTHING),
    # --- JSON
    Case("json.syntax", text(GEOJSON[:200], "p.geojson"), "it is no JSON from line 1, column",
         "不是正确的 JSON", file="p.geojson", **NOTHING, note="truncated"),
    Case("json.feature", text(GEOJSON.replace('"Feature", "properties": {"parcel_id": "B"}',
                                              '"Fature", "properties": {}'), "p.geojson"),
         "feature 2 is none", "第 2 个要素不完整", file="p.geojson", row=2, **NOTHING),
    Case("json.number", text(GEOJSON.replace("114.162", "Infinity", 1), "p.geojson"),
         "Infinity is no number of JSON", "Infinity 不是 JSON 的数", file="p.geojson", **NOTHING),
    Case("json.encoding", text(GEOJSON.replace('"A"', '"罗马"').encode("gb18030"), "p.geojson"),
         "its text is not UTF-8", "文字不是 UTF-8", file="p.geojson", **NOTHING),
    # --- disguised, oversized
    Case("file.disguised", text(VRT, "p.geojson"), "it is called .geojson, and its content looks "
         "like", "名为 .geojson", file="p.geojson", **NOTHING, note="a virtual dataset"),
    Case("file.disguised", text(VRT, "dem.tif"), "it is called .tif", "名为 .tif", file="dem.tif",
         **NOTHING, note="a virtual raster"),
    Case("layer.format", text("x", "p.docx"), ".docx is not a format", "不支持的格式 .docx",
         file="p.docx", **NOTHING),
    Case("archive.unfolds", zipped(p__geojson=bytes(50_000_000)), "unfold to 50000000",
         "字节解开后有 50000000", file="p.zip", **NOTHING, note="49 KB that unfold to 50 MB"),
    Case("archive.encrypted", then(zipped(p__geojson=GEOJSON.encode()), encrypted),
         "the zip is encrypted (p.geojson)", "压缩包有密码", file="p.zip", **NOTHING),
    Case("archive.nested", zipped(inner__zip=b"PK\3\4"), "holds another archive: inner.zip",
         "压缩包里还有压缩包", file="p.zip", **NOTHING),
    Case("archive.choose", zipped(a__geojson=GEOJSON.encode(), b__geojson=GEOJSON.encode()),
         "the zip holds several layers: a.geojson, b.geojson", "几个图层", file="p.zip", **NOTHING),
    Case("archive.names", zipped(**{"../p__geojson": b"{}"}), "'../p.geojson', which is not taken",
         "不能用", file="p.zip", **NOTHING),
    Case("archive.no-layer", zipped(readme__md=b"hello"), "holds no layer; it has readme.md",
         "没有可读的图层", file="p.zip", **NOTHING),
    # --- rasters
    Case("raster.nodata", tif, "states no nodata value", "没有写明无数据值", "warning",
         file="dem.tif", **NOTHING),
    Case("raster.too-large",
         lambda folder: tif(folder, size=200_000, sparse_ok=True, tiled=True),
         "200000 × 200000 cells, 40.0 GB unfolded", "展开后有 40.0 GB", file="dem.tif", **NOTHING,
         note="a small TIFF that claims 40 GB"),
    # --- hashes
    Case("file.hash", hashed(layer(land()), digest="0" * 64), "its hash differs", "校验和不符",
         known=MANIFEST, **NOTHING, note="manifest"),
    Case("file.unlisted", hashed(layer(land()), name="other.gpkg"),
         "manifest SHA256SUMS does not list it", "没有列出它", known=MANIFEST, **NOTHING),
    Case("file.manifest", hashed(layer(land()), digest="12ab"), "this is no hash and file name",
         "不是“校验和 文件名”", file="SHA256SUMS", row=1, known=MANIFEST, **NOTHING),
    Case("file.hash", lambda folder: plan(folder, layer=f'sha256 = "{"0" * 64}"'),
         "its hash differs", "校验和不符", **NOTHING, note="a plan that states it"),
    Case("layer.missing", lambda folder: folder / "no.gpkg", "there is no such file",
         "没有这个文件", file="{folder}/no.gpkg", **NOTHING),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_fault_is_told(case: Case, tmp_path: Path) -> None:
    assert_told(case, tmp_path)


def test_a_file_that_fits_its_hash_is_counted(tmp_path: Path) -> None:
    path = hashed(layer(land()))(tmp_path)
    result = check_file(path, Known(manifest=tmp_path / "SHA256SUMS"))
    assert (without_inference(result.findings), result.stops) == ([], False)
    assert result.area_mu == pytest.approx(90.0)
    (tmp_path / "plan").mkdir()
    stating = plan(tmp_path / "plan")
    digest = hashlib.sha256(stating.with_name("parcels.gpkg").read_bytes()).hexdigest()
    words = f"[layers.parcels]\nsha256 = '{digest}'"
    stated = stating.read_text("utf-8").replace("[layers.parcels]", words)
    stating.write_text(stated, encoding="utf-8")
    assert check_file(stating, Known()).area_mu == pytest.approx(90.0)


def test_no_row_is_lost_to_a_stale_count(tmp_path: Path) -> None:
    """GDAL reads two rows of this file, and no sum shows it."""
    path = then(layer(land()), counting(2))(tmp_path)
    assert len(pyogrio.read_dataframe(path, use_arrow=False)) == 2
    assert check_file(path, Known()).area_mu == pytest.approx(90.0)


def test_json_that_breaks_off_says_where(tmp_path: Path) -> None:
    lines = json.dumps(json.loads(GEOJSON), indent=1).splitlines()
    path = text("\n".join(lines[:20]), "p.geojson")(tmp_path)
    (found,) = check_file(path, Known()).findings
    assert "line 20" in found.message


@pytest.mark.parametrize(("name", "part"), [("a[1].shp", ".dbf"), ("p.shp", ".DBF")])
def test_a_manifest_speaks_for_every_part_whatever_its_name(
    name: str, part: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    pyogrio.write_dataframe(land(), path)
    path.with_suffix(".dbf").rename(path.with_suffix(part))
    digests = {item.name: hashlib.sha256(item.read_bytes()) for item in tmp_path.iterdir()}
    listed = tmp_path / "SHA256SUMS"
    lines = [f"{digest.hexdigest()}  {file}" for file, digest in digests.items()]
    listed.write_text("\n".join(lines), encoding="utf-8")
    assert check_file(path, Known(manifest=listed)).area_mu == pytest.approx(90.0)
    table = path.with_suffix(part)
    table.write_bytes(table.read_bytes().replace(b"B", b"X"))
    result = check_file(path, Known(manifest=listed))
    assert [(item.code, item.file) for item in result.findings] == [("file.hash", table.name)]
    assert (result.stops, result.area_mu) == (True, 0.0)


def test_a_manifest_speaks_for_the_layers_of_a_plan(tmp_path: Path) -> None:
    path = plan(tmp_path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    listed = tmp_path / "SHA256SUMS"
    listed.write_text(f"{digest}  {path.name}\n{'0' * 64}  parcels.gpkg\n", encoding="utf-8")
    result = check_file(path, Known(manifest=listed))
    assert [(item.code, item.file) for item in result.findings] == [("file.hash", "parcels.gpkg")]
    assert (result.stops, result.area_mu) == (True, 0.0)


def test_a_row_of_another_layer_sets_no_parcel_aside(tmp_path: Path) -> None:
    """The ring of the second zone is open; the second parcel has nothing to do with it."""
    path = plan(tmp_path, zones=outlines())
    with closing(sqlite3.connect(tmp_path / "zones.gpkg")) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f'DROP TRIGGER "{name}"')
        (shape,) = database.execute("SELECT geom FROM zones WHERE zone_id = 'east'").fetchone()
        last_x = struct.pack("<d", struct.unpack("<d", shape[-16:-8])[0] - 1)
        opened = shape[:-16] + last_x + shape[-8:]
        database.execute("UPDATE zones SET geom = ? WHERE zone_id = 'east'", (opened,))
    result = check_file(path, Known())
    told = [(item.code, item.file, item.row) for item in result.findings]
    assert ("geometry.ring", "zones.gpkg", 2) in told
    assert ("outline.unusable", "zones.gpkg", 2) in told  # it is not closed, but left out
    assert [item for item in told if item[1] == "parcels.gpkg"] == [
        ("zone.outside", "parcels.gpkg", 3)  # the parcel of that zone, and no other
    ]
    assert result.stops
    assert result.area_mu == pytest.approx(60.0)


@pytest.mark.parametrize("name", ["id", "OGC_FID", "wkb_geometry"])
def test_a_column_may_be_called_as_gdal_calls_its_own(name: str, tmp_path: Path) -> None:
    path = layer(land(**{name: [7, 8, 9]}), name="p.geojson")(tmp_path)
    source = read_vector(path)
    assert source.frame[name].tolist() == [7, 8, 9]
    assert source.frame["parcel_id"].tolist() == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("name", "cells", "code"),
    [
        ("day", pa.array([10**7] * 3, pa.int32()).cast(pa.date32()), "layer.unreadable"),
        ("at", pa.array([1] * 3, pa.timestamp("us", tz="No/Where")), "layer.unreadable"),
        ("\x00geometry", pa.array([1, 2, 3]), "layer.unreadable"),
    ],
)
def test_cells_that_python_cannot_hold_are_refused(
    name: str, cells: pa.Array, code: str, tmp_path: Path
) -> None:
    land().to_parquet(tmp_path / "p.parquet")
    table = pq.read_table(tmp_path / "p.parquet").append_column(name, cells)
    pq.write_table(table, tmp_path / "p.parquet")
    (found,) = check_file(tmp_path / "p.parquet", Known()).findings
    assert (found.code, found.file) == (code, "p.parquet")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.shp"
    pyogrio.write_dataframe(land(MJ=[1.0, 2.0, 3.0], MK=[4.0, 5.0, 6.0]), path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"MK\0", b"MJ\0"))
    (found,) = check_file(path, Known()).findings
    assert (found.code, found.file, found.field) == ("table.column-twice", "p.shp", "MJ")


def test_a_workbook_with_two_sheets_of_outlines_asks_for_one(tmp_path: Path) -> None:
    """The first would count 30 mu, and the other 30 mu would be gone without a word."""
    path = tmp_path / "p.xlsx"
    book = Workbook()
    for at, name in enumerate(("一", "二", "说明")):
        sheet = book.create_sheet(name)
        rows = [["DKBH", "WKT"], [name, lot(at).wkt]] if at < 2 else [["制表", "甲"]]
        for cells in rows:
            sheet.append(cells)
    book.remove(book.worksheets[0])
    book.save(path)
    known = Known(crs="EPSG:4547")
    result = check_file(path, known)
    (found,) = result.findings
    assert (found.code, found.file, found.seen) == ("layer.choose", "p.xlsx", "一, 二")
    assert (result.stops, result.area_mu) == (True, 0.0)
    chosen = check_file(path, replace(known, layer="二"))
    assert chosen.area_mu == pytest.approx(30.0)
    book.remove(book["二"])
    book.save(path)
    result = check_file(path, known)
    assert "table.sheets" in [item.code for item in result.findings]
    assert result.area_mu == pytest.approx(30.0)


def test_a_column_called_crs_states_none(tmp_path: Path) -> None:
    """GeoJSON that states no CRS is on the plan's grid, whatever its columns are called."""
    parcels = land()
    parcels["crs"] = ["x", "y", "z"]
    path = plan(tmp_path, parcels, suffix=".geojson", layer='crs = "EPSG:4547"')
    drawn = json.loads((tmp_path / "parcels.geojson").read_text("utf-8"))
    del drawn["crs"]
    (tmp_path / "parcels.geojson").write_text(json.dumps(drawn), encoding="utf-8")
    result = check_file(path, Known())
    assert (list(result.findings), result.stops) == ([], False)
    assert result.area_mu == pytest.approx(90.0)


def test_an_id_that_stands_a_thousand_times_is_told_in_a_line(tmp_path: Path) -> None:
    """Each of its findings listed all of its rows: 200 000 rows took half a terabyte."""
    path = layer(land(*[lot(at) for at in range(1000)], parcel_id=["A"] * 1000))(tmp_path)
    told = [item for item in check_file(path, Known()).findings if item.parcel == "A"]
    assert [item.row for item in told if item.code == "parcel.id-duplicate"] == [*range(1, 1001)]
    assert max(len(item.message) for item in told) < 1000
