"""Zip archives: one layer comes out, and nothing that a stranger may have hidden in them."""

import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from openpyxl import Workbook
from shapely import box

from geo.errors import LayerError
from geo.findings import Finding
from geo.readers import archive
from geo.units import M2_PER_MU

LAND = gpd.GeoDataFrame(
    {"DKBH": ["甲1", "甲2"]}, geometry=[box(0, 0, 200, 100), box(200, 0, 400, 100)], crs=4547
)
JSON = b'{"type": "FeatureCollection", "features": []}'
SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def zipped(folder: Path, members: Mapping[str, bytes | int], *, name: str = "p.zip") -> Path:
    """A zip of these members; a number is so many zeros."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member, content in members.items():
            file.writestr(member, bytes(content) if isinstance(content, int) else content)
    return path


def parts(folder: Path, stem: str = "parcels") -> dict[str, bytes]:
    """The files of a Shapefile by their names."""
    pyogrio.write_dataframe(LAND, folder / f"{stem}.shp", encoding="UTF-8")
    found = sorted(folder.glob(f"{stem}.*"))
    content = {path.name: path.read_bytes() for path in found}
    for path in found:
        path.unlink()
    assert {Path(name).suffix for name in content} == {*SHAPEFILE}
    return content


def out(folder: Path) -> Path:
    into = folder / "into"
    into.mkdir(exist_ok=True)
    return into


def refused(path: Path) -> Finding:
    into = out(path.parent)
    with pytest.raises(LayerError) as stopped:
        archive.unfolded(path, into)
    (found,) = stopped.value.findings
    assert found.severity == "error"
    assert (found.file, found.row) == (path.name, None)
    return found


def untouched(folder: Path) -> bool:
    return list(out(folder).rglob("*")) == []


# --- what comes out


@pytest.mark.parametrize("name", ["p.zip", "p.shp.zip", "P.ZIP"])
@pytest.mark.parametrize("home", ["", "清溪/2024/"])
def test_a_shapefile_comes_out_with_its_parts(name: str, home: str, tmp_path: Path) -> None:
    members = {home + part: content for part, content in parts(tmp_path).items()}
    members |= {f"{home}readme.txt": b"x", f"{home}parcels.sbn": b"x", f"{home}other.dbf": b"x"}
    path = archive.unfolded(zipped(tmp_path, members, name=name), out(tmp_path))
    assert path == out(tmp_path) / "parcels.shp"
    assert {part.suffix for part in out(tmp_path).iterdir()} == {*SHAPEFILE}
    frame = pyogrio.read_dataframe(path)
    assert frame["DKBH"].tolist() == ["甲1", "甲2"]
    assert (frame.area / M2_PER_MU).tolist() == [30.0, 30.0]


@pytest.mark.parametrize(
    "name", ["p.gpkg", "p.geojson", "p.geojsonl", "p.topojson", "p.parquet", "p.kml", "p.dxf"]
)
def test_any_single_layer_comes_out(name: str, tmp_path: Path) -> None:
    path = archive.unfolded(zipped(tmp_path, {f"a/{name}": JSON, "b.pdf": b"x"}), out(tmp_path))
    assert path == out(tmp_path) / name
    assert path.read_bytes() == JSON


def test_a_text_file_is_a_layer_only_where_nothing_else_is(tmp_path: Path) -> None:
    alone = archive.unfolded(zipped(tmp_path, {"p.txt": b"x"}), out(tmp_path))
    assert alone.name == "p.txt"
    both = zipped(tmp_path, {"readme.txt": b"x", "p.geojson": JSON})
    assert archive.unfolded(both, out(tmp_path)).name == "p.geojson"


def test_a_file_geodatabase_comes_out_as_a_folder(tmp_path: Path) -> None:
    pyogrio.write_dataframe(LAND, tmp_path / "p.gdb", driver="OpenFileGDB")
    members = {
        f"data/p.gdb/{part.name}": part.read_bytes() for part in (tmp_path / "p.gdb").iterdir()
    }
    path = archive.unfolded(zipped(tmp_path, members), out(tmp_path))
    assert path == out(tmp_path) / "p.gdb"
    assert len(pyogrio.read_dataframe(path)) == 2


def test_the_journal_of_a_database_comes_out_too(tmp_path: Path) -> None:
    members = {"p.gpkg": b"x", "p.gpkg-wal": b"unsaved"}
    archive.unfolded(zipped(tmp_path, members), out(tmp_path))
    assert (out(tmp_path) / "p.gpkg-wal").read_bytes() == b"unsaved"


def test_what_a_mac_or_windows_adds_is_nothing(tmp_path: Path) -> None:
    members = {"p.geojson": JSON, "__MACOSX/._p.geojson": b"x", "a/.DS_Store": b"x"}
    assert archive.unfolded(zipped(tmp_path, members), out(tmp_path)).name == "p.geojson"


@pytest.mark.parametrize("name", ["长山头.geojson", "誠信.geojson", "镕.geojson"])
def test_names_in_gbk_are_read(name: str, tmp_path: Path) -> None:
    """Without the mark of UTF-8; 誠 ends in 0x5C in GBK, which is a backslash elsewhere."""
    raw = name.encode("gbk")
    path = zipped(tmp_path, {"x" * len(raw): JSON})
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    assert archive.unfolded(path, out(tmp_path)).name == name


def test_backslashes_part_folders(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a\\b\\p.geojson": JSON})
    assert archive.unfolded(path, out(tmp_path)) == out(tmp_path) / "p.geojson"


# --- which layer


def test_several_layers_are_listed(tmp_path: Path) -> None:
    members = {**parts(tmp_path, "地块"), **parts(tmp_path, "片区"), "a/roads.geojson": JSON}
    found = refused(zipped(tmp_path, members))
    assert found.code == "archive.choose"
    assert found.seen == "a/roads.geojson, 地块.shp, 片区.shp"
    assert untouched(tmp_path)


def test_an_archive_without_a_layer(tmp_path: Path) -> None:
    found = refused(zipped(tmp_path, {"a.pdf": b"x", "b.docx": b"x"}))
    assert (found.code, found.seen) == ("archive.no-layer", "a.pdf, b.docx")
    assert refused(zipped(tmp_path, {})).code == "archive.no-layer"


# --- bombs


def test_a_bomb_of_49_kb_is_not_unfolded(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"p.geojson": 50_000_000})
    assert 45_000 < path.stat().st_size < 52_000
    found = refused(path)
    assert found.code == "archive.unfolds"
    assert "50000000 bytes" in found.message
    assert untouched(tmp_path)


def test_what_folds_well_but_is_small_is_no_bomb(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"p.geojson": archive.FLOOR_BYTES})
    assert archive.unfolded(path, out(tmp_path)).stat().st_size == archive.FLOOR_BYTES


def test_a_table_of_blanks_is_no_bomb(tmp_path: Path) -> None:
    """A real .dbf: 60 MB of columns that are mostly empty fold a hundredfold."""
    rng = np.random.default_rng(1)
    rows = [b"%08d" % number + b" " * 592 for number in rng.integers(0, 10**8, 100_000)]
    path = zipped(tmp_path, parts(tmp_path) | {"parcels.dbf": b"".join(rows)})
    assert 60_000_000 / path.stat().st_size > 50
    assert archive.unfolded(path, out(tmp_path)).name == "parcels.shp"


def test_more_than_a_gibibyte_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    assert refused(zipped(tmp_path, {"p.geojson": 600, "b.pdf": 600})).code == "archive.unfolds"


def test_a_size_that_lies_unfolds_no_further(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"p.geojson": 50_000_000})
    data = bytearray(path.read_bytes())
    entry = data.find(b"PK\1\2")
    struct.pack_into("<I", data, entry + 24, 1000)
    path.write_bytes(data)
    assert refused(path).code == "layer.unreadable"
    assert sum(part.stat().st_size for part in out(tmp_path).iterdir()) <= 1000


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """The trick of the bomb that unfolds 42 kB to 5 GB: many entries, one content."""
    path = zipped(tmp_path, {f"{number}.pdf": b"x" * 99 for number in range(3)})
    data = bytearray(path.read_bytes())
    for place in (data.find(b"0.pdf", 60), data.find(b"1.pdf", 150)):
        assert place > 0
    with zipfile.ZipFile(path) as file:
        entries = len(file.infolist())
    at = -1
    for _ in range(entries):
        at = data.find(b"PK\1\2", at + 1)
        struct.pack_into("<I", data, at + 20, len(data) // 2)
    path.write_bytes(data)
    found = refused(path)
    assert "overlap" in found.message


def test_too_many_members(tmp_path: Path) -> None:
    names = {f"{number}.pdf": b"" for number in range(archive.MOST_MEMBERS + 1)}
    found = refused(zipped(tmp_path, names))
    assert (found.code, found.seen) == ("archive.many", "201")


def test_a_list_of_members_without_end_is_not_read(tmp_path: Path) -> None:
    path = zipped(tmp_path, {f"{'n' * 60_000}{number}": b"" for number in range(100)})
    found = refused(path)
    assert found.code == "layer.unreadable"
    assert "too long" in found.message


@pytest.mark.parametrize("name", ["inner.zip", "a/b.7z", "x.tar.gz", "LAND.KMZ", "r.rar"])
def test_an_archive_in_an_archive(name: str, tmp_path: Path) -> None:
    found = refused(zipped(tmp_path, {"p.geojson": JSON, name: b"x"}))
    assert (found.code, found.seen) == ("archive.nested", name)


# --- names and kinds


@pytest.mark.parametrize(
    "name",
    ["../p.geojson", "/etc/p.geojson", "a/../../p.geojson", "..\\p.geojson", "C:\\p.geojson",
     "GPKG:p.gpkg", "a\np.geojson", "..", "a/<b>.geojson"],
)  # fmt: skip
def test_names_that_lead_elsewhere(name: str, tmp_path: Path) -> None:
    found = refused(zipped(tmp_path, {"ok.geojson": JSON, name: JSON}))
    assert found.code == "archive.names"
    assert untouched(tmp_path)


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"p.geojson_.txt": JSON})
    path.write_bytes(path.read_bytes().replace(b"geojson_", b"geojson\0"))
    assert refused(path).code == "archive.names"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twin", ["p.geojson", "P.GeoJSON"])
def test_two_members_of_one_name(twin: str, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("p.geojson", JSON)
        file.writestr(twin, b"{}")
    found = refused(path)
    assert (found.code, found.seen) == ("archive.names", "p.geojson")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_in_an_archive_is_refused(kind: int, tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo("p.geojson")
        info.external_attr = (kind | 0o777) << 16
        file.writestr(info, "/etc/passwd")
    found = refused(path)
    assert (found.code, found.seen) == ("archive.names", "p.geojson")
    assert "link" in found.message


def test_an_encrypted_archive_is_told_so(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"p.geojson": JSON})
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    found = refused(path)
    assert (found.code, found.seen) == ("archive.encrypted", "p.geojson")


def test_an_unusual_packing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("p.geojson", JSON)
    assert "unusual way" in refused(path).message


# --- damage


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_part_of_an_archive_is_refused(share: float, tmp_path: Path) -> None:
    path = zipped(tmp_path, parts(tmp_path))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert refused(path).code == "layer.unreadable"


def test_mutated_archives_give_the_same_layer_or_a_refusal(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4
    path = zipped(tmp_path, {"p.geojson": content})
    data = path.read_bytes()
    refusals = 0
    for at in range(0, len(data), 3):
        changed = bytearray(data)
        changed[at] ^= 0x41
        path.write_bytes(changed)
        into = tmp_path / f"into{at}"
        into.mkdir()
        try:
            layer = archive.unfolded(path, into)
        except LayerError:
            refusals += 1
        else:
            assert layer.read_bytes() == content
    assert refusals > len(data) / 9


# --- workbooks


def test_a_workbook_is_one(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["地块编号", "面积"])
    book.save(tmp_path / "p.xlsx")
    archive.check_workbook(tmp_path / "p.xlsx")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"p.geojson": JSON}, "file.disguised"),
        ({"[Content_Types].xml": b"<x/>", "xl/sheet.xml": 50_000_000}, "archive.unfolds"),
        ({"[Content_Types].xml": b"<x/>", "../a.xml": b""}, "archive.names"),
        ({f"{number}": b"" for number in range(1001)}, "archive.many"),
    ],
)
def test_a_workbook_that_is_none(
    members: dict[str, bytes | int], code: str, tmp_path: Path
) -> None:
    path = zipped(tmp_path, members, name="p.xlsx")
    with pytest.raises(LayerError) as stopped:
        archive.check_workbook(path)
    (found,) = stopped.value.findings
    assert (found.code, found.file) == (code, "p.xlsx")
