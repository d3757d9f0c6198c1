"""The door: what a file is by name and content, and what is not opened at all."""

import os
import socket
import sys
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from pyogrio.util import vsi_path
from shapely import box

from geo.errors import LayerError
from geo.findings import Finding
from geo.readers import door

LAND = gpd.GeoDataFrame({"id": ["A"]}, geometry=[box(0, 0, 200, 100)], crs="EPSG:4547")
VRT = b"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource>"
GOOD = {
    ".geojson": b'{"type": "FeatureCollection", "features": []}',
    ".json": b'\xef\xbb\xbf {"type": "FeatureCollection", "features": []}',
    ".topojson": b'{"type": "Topology", "objects": {}, "arcs": []}',
    ".geojsonl": b'{"type": "Feature"}\n{"type": "Feature"}\n',
    ".geojsons": b'\x1e{"type": "Feature"}\n',
    ".ndjson": b'{"type": "Feature"}\n',
    ".kml": b'<?xml version="1.0"?><!-- a > b --><kml:kml xmlns:kml="x"></kml:kml>',
    ".dxf": b"999\nmade by hand\n  0\r\nSECTION\n  2\nENTITIES\n0\nENDSEC\n  0\nEOF\n",
    ".txt": "[属性描述]\n带号=38\n".encode("gbk"),
    ".csv": "地块编号,面积\nA,30\n".encode(),
    ".tif": b"II*\0" + bytes(60),
    ".tiff": b"MM\0+" + bytes(60),
    ".zip": b"PK\x05\x06" + bytes(18),
    ".xlsx": b"PK\x03\x04" + bytes(60),
    ".parquet": b"PAR1" + bytes(9) + b"PAR1",
    ".geoparquet": b"PAR1" + bytes(9) + b"PAR1",
}
"""The least that is taken for what it is called."""

FOREIGN = {
    "a GDAL virtual dataset": VRT,
    "a command": b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ..."}',
    "unknown binary data": b"\0\xff" * 200,
    "a Parquet file": b"PAR1" + bytes(90),
    "an old Office file": b"\xd0\xcf\x11\xe0" + bytes(90),
    "a web page": b"\n<!-- x --><html><body>404",
    "XML with a DOCTYPE": b'<?xml version="1.0"?>\n<!DOCTYPE k [<!ENTITY a SYSTEM "/etc/x">]><kml>',
    "a DWG drawing": b"AC1032" + bytes(90),
    "a packed file": b"\x1f\x8b\x08" + bytes(90),
    "another SQLite database": b"SQLite format 3\0" + bytes(52) + b"MPBX" + bytes(90),
}  # fmt: skip


unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def refused(path: Path) -> Finding:
    with pytest.raises(LayerError) as stopped:
        door.admit(path)
    (found,) = stopped.value.findings
    assert found.severity == "error"
    assert found.row is None
    return found


def placed(folder: Path, ending: str, content: bytes) -> Path:
    path = folder / f"p{ending}"
    path.write_bytes(content)
    return path


def written(folder: Path, ending: str) -> Path:
    path = folder / f"p{ending}"
    pyogrio.write_dataframe(LAND, path, driver="OpenFileGDB" if ending == ".gdb" else None)
    return path


# --- what a file is


def test_every_kind_is_tried_here() -> None:
    assert {*GOOD, ".gpkg", ".shp", ".gdb"} == set(door.KINDS)


@pytest.mark.parametrize("ending", GOOD)
def test_a_file_that_is_what_it_is_called(ending: str, tmp_path: Path) -> None:
    assert door.admit(placed(tmp_path, ending, GOOD[ending])) == door.KINDS[ending]
    assert door.admit(placed(tmp_path, ending.upper(), GOOD[ending])) == door.KINDS[ending]


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".gdb"])
def test_a_layer_that_gdal_wrote(ending: str, tmp_path: Path) -> None:
    assert door.admit(written(tmp_path, ending)) == door.KINDS[ending]


def test_a_topology_is_one_under_any_ending_of_json(tmp_path: Path) -> None:
    assert door.admit(placed(tmp_path, ".json", GOOD[".topojson"])) == "TopoJSON"


@pytest.mark.real_data
def test_every_real_layer_is_admitted(shared_data: Path) -> None:
    paths = [path for path in shared_data.rglob("*") if path.suffix in door.KINDS]
    assert len(paths) > 12
    assert {door.admit(path) for path in paths} >= {"Shapefile", "FileGDB", "TIFF", "Text"}


# --- what it is not


@pytest.mark.parametrize("ending", [".geojson", ".kml", ".gpkg", ".shp", ".tif", ".dxf", ".xlsx"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_in_disguise(kind: str, ending: str, tmp_path: Path) -> None:
    found = refused(placed(tmp_path, ending, FOREIGN[kind]))
    assert (found.code, found.file) == ("file.disguised", f"p{ending}")
    assert kind in found.message


@pytest.mark.parametrize("ending", [*GOOD, ".gpkg", ".shp", ".gdb"])
@pytest.mark.parametrize(
    "content",
    [
        VRT,
        b"<VRTDataset rasterXSize='9'>",
        b"\xef\xbb\xbf  \n" + VRT,
        b"a,b\n" + VRT,
        b"\xff\xfe" + VRT.decode().encode("utf-16-le"),
        b"<?xml version='1.0'?><!--<kml>-->" + VRT,
    ],
)
def test_a_virtual_dataset_under_any_name(content: bytes, ending: str, tmp_path: Path) -> None:
    found = refused(placed(tmp_path, ending, content))
    assert found.code == "file.disguised"
    assert "virtual dataset" in found.message
    assert "虚拟" in found.message_zh


@pytest.mark.parametrize("ending", [".dwg", ".vrt", ".kmz", ".xls", "", ".gml"])
def test_other_endings_are_no_format(ending: str, tmp_path: Path) -> None:
    assert refused(placed(tmp_path, ending, b"x")).code == "layer.format"


@pytest.mark.parametrize("ending", [".parquet", ".dxf"])
def test_a_file_without_its_end(ending: str, tmp_path: Path) -> None:
    found = refused(placed(tmp_path, ending, GOOD[ending][:-4]))
    assert found.code == "layer.unreadable"
    assert "cut off" in found.message


def test_a_folder_that_is_no_file_geodatabase(tmp_path: Path) -> None:
    (tmp_path / "p.gdb").mkdir()
    assert refused(tmp_path / "p.gdb").code == "file.empty"
    (tmp_path / "p.gdb" / "notes.txt").write_text("not here", encoding="ascii")
    found = refused(tmp_path / "p.gdb")
    assert (found.code, found.file) == ("file.disguised", "p.gdb")
    assert "its content looks like a folder without a FileGDB" in found.message


# --- names


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/http://example.com/p.geojson",
        "/vsizip/p.zip/p.shp",
        "\\vsimem\\p.gpkg",
        "http://example.com/p.geojson",
        "https:/example.com/p.geojson",
        "s3://bucket/p.parquet",
        "zip+s3://bucket/p.gpkg",
        "GPKG:p.gpkg",
        "SQLITE:p.gpkg",
        "X:p.gpkg",
        '{"type": "FeatureCollection"}.geojson',
        "<OGRVRTDataSource>.geojson",
        "p.zip!p.geojson",
        "a!b.geojson",
        "a!b/p.geojson",
        "a;b.geojson",
        "p\n.geojson",
        "p\0.geojson",
        "p\udce9.geojson",
    ],
)
def test_a_name_that_means_something_else(name: str) -> None:
    found = refused(Path(name))
    assert found.code == "file.name"
    assert "\n" not in found.line("en")
    assert found.message.encode()


@pytest.mark.parametrize(
    "name", ["C:\\land\\p.geojson", "d:/p.geojson", "清溪（一）！.geojson", "a;b/p.geojson"]
)
def test_a_plain_name_is_only_missing(name: str) -> None:
    found = refused(Path(name))
    assert (found.code, found.file) == ("layer.missing", name)


def test_pyogrio_opens_another_file_for_some_names(tmp_path: Path) -> None:
    """Why such names are refused."""
    assert vsi_path(tmp_path / "a!b.geojson") == "b.geojson"
    assert vsi_path(tmp_path / "a;b.geojson") == str(tmp_path / "a")


def test_a_colon_further_on_is_part_of_the_name(tmp_path: Path) -> None:
    assert door.admit(placed(tmp_path, ":2.geojson", GOOD[".geojson"])) == "GeoJSON"


# --- what is no plain file


def test_a_folder_is_no_layer(tmp_path: Path) -> None:
    (tmp_path / "p.gpkg").mkdir()
    found = refused(tmp_path / "p.gpkg")
    assert found.code == "file.special"
    assert "a folder" in found.message


@unix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.geojson")
    found = refused(tmp_path / "p.geojson")
    assert found.code == "file.special"
    assert "a pipe" in found.message


@unix
def test_a_socket_or_a_device_is_no_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("p.geojson")
        assert "a socket" in refused(Path("p.geojson")).message
    Path("z.geojson").symlink_to("/dev/zero")
    assert "a device" in refused(Path("z.geojson")).message


@unix
def test_a_link_that_was_asked_for_is_followed(tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    home.mkdir()
    (tmp_path / "link.geojson").symlink_to(placed(home, ".geojson", GOOD[".geojson"]))
    assert door.admit(tmp_path / "link.geojson") == "GeoJSON"
    (tmp_path / "p.geojson").symlink_to("/etc/passwd")
    assert refused(tmp_path / "p.geojson").code == "file.disguised"
    (tmp_path / "gone.geojson").symlink_to(tmp_path / "nowhere")
    assert refused(tmp_path / "gone.geojson").code == "layer.missing"
    (tmp_path / "self.geojson").symlink_to(tmp_path / "self.geojson")
    assert refused(tmp_path / "self.geojson").code in ("layer.unreadable", "layer.missing")


@unix
def test_a_link_inside_a_file_geodatabase_is_not_followed(tmp_path: Path) -> None:
    path = written(tmp_path, ".gdb")
    (path / "a00000099.gdbtable").symlink_to("/etc/passwd")
    found = refused(path)
    assert (found.code, found.file, found.seen) == ("file.linked", "p.gdb", "a00000099.gdbtable")


@unix
def test_a_pipe_inside_a_file_geodatabase(tmp_path: Path) -> None:
    path = written(tmp_path, ".gdb")
    os.mkfifo(path / "a00000099.gdbtable")
    found = refused(path)
    assert (found.code, found.file) == ("file.special", "p.gdb/a00000099.gdbtable")


# --- sizes


@pytest.mark.parametrize("ending", [*GOOD, ".gpkg", ".shp", ".gdb"])
def test_an_empty_file_is_told_so(ending: str, tmp_path: Path) -> None:
    found = refused(placed(tmp_path, ending, b""))
    assert (found.code, found.file) == ("file.empty", f"p{ending}")


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = placed(tmp_path, ".geojson", GOOD[".geojson"])
    os.truncate(path, door.LARGEST_BYTES)
    assert door.admit(path) == "GeoJSON"
    os.truncate(path, door.LARGEST_BYTES + 1)
    found = refused(path)
    assert found.code == "file.large"
    assert "2147483649 bytes" in found.message


def test_a_geodatabase_of_too_many_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_PARTS", 5)
    assert refused(written(tmp_path, ".gdb")).code == "file.large"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = placed(tmp_path, ".geojson", GOOD[".geojson"])

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)  # root, as whom tests may run, can read anything
    found = refused(path)
    assert found.code == "layer.unreadable"
    assert "Permission denied" in found.message
