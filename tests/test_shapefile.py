"""Shapefiles: parts that do not belong together are refused, and Chinese text is never mojibake."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from geo.errors import LayerError
from geo.findings import Finding
from geo.readers import shapefile
from geo.readers.encodings import codec, reading

NAMES = ["罗马一号", "长山头二号", "空"]


def land(number: int = 3, **columns: Any) -> gpd.GeoDataFrame:
    ids = {"DKBH": [f"A{at}" for at in range(1, number + 1)]}
    shapes = [box(200 * at, 0, 200 * at + 200, 100) for at in range(number)]
    return gpd.GeoDataFrame(ids | columns, geometry=shapes, crs="EPSG:4547")


def write(folder: Path, frame: gpd.GeoDataFrame | None = None, *, encoding: str = "UTF-8") -> Path:
    path = folder / "p.shp"
    pyogrio.write_dataframe(land() if frame is None else frame, path, encoding=encoding)
    return path


def refused(path: Path) -> Finding:
    with pytest.raises(LayerError) as stopped:
        shapefile.check(path)
    found = stopped.value.findings[0]
    assert found.severity == "error"
    assert found.file == path.name
    assert found.layer == ("" if found.code == "file.empty" else path.stem)
    return found


def change(path: Path, how: Callable[[bytearray], Any]) -> None:
    data = bytearray(path.read_bytes())
    how(data)
    path.write_bytes(data)


def cut(path: Path, size: int) -> int:
    """Cut a file; how many bytes it had."""
    whole = path.stat().st_size
    os.truncate(path, size)
    return whole


def mark_deleted(path: Path, row: int) -> None:
    def strike(data: bytearray) -> None:
        start, width = struct.unpack_from("<HH", data, 8)
        data[start + (row - 1) * width] = ord("*")

    change(path.with_suffix(".dbf"), strike)


# --- parts


def test_a_sound_shapefile_has_no_findings(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert shapefile.check(path) == ("UTF-8", [])
    assert shapefile.stored_rows(path) == 3


@pytest.mark.parametrize("size", [0, 50, 99, 150, 400])
def test_half_a_shp_is_told_with_its_sizes(size: int, tmp_path: Path) -> None:
    path = write(tmp_path)
    whole = cut(path, size)
    found = refused(path)
    if size == 0:
        assert found.code == "file.empty"
        assert found.message_zh == "文件是空的"
    else:
        assert (found.code, found.seen) == ("file.cut", str(size))
        assert f"p.shp is cut off: it should have {whole if size >= 100 else 100}" in found.message


def test_gdal_reads_half_a_shp_without_a_word(tmp_path: Path) -> None:
    """Why the check is needed: the rows are there, their land is not."""
    path = write(tmp_path)
    cut(path, 300)
    frame = pyogrio.read_dataframe(path)
    assert len(frame) == 3
    assert frame.geometry.isna().sum() == 2


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
def test_half_a_part_is_told(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    part = path.with_suffix(ending)
    cut(part, part.stat().st_size - 10)
    found = refused(path)
    assert found.code == "file.cut"
    assert f"p{ending} is cut off" in found.message


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
def test_a_missing_part_is_named(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    path.with_suffix(ending).unlink()
    found = refused(path)
    assert (found.code, found.seen) == ("shapefile.part-missing", f"p{ending}")


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
@pytest.mark.parametrize("rows", [2, 4])
def test_a_part_of_another_export_has_another_count(ending: str, rows: int, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other", land(rows))
    path = write(tmp_path)
    other.with_suffix(ending).replace(path.with_suffix(ending))
    found = refused(path)
    assert found.code == "shapefile.counts"
    counts = {".shp": 3, ".shx": 3, ".dbf": 3} | {ending: rows}
    assert found.seen == ", ".join(f"{part} {count}" for part, count in counts.items())


def test_gdal_reads_parts_of_other_counts_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other", land(2))
    path = write(tmp_path)
    other.with_suffix(".dbf").replace(path.with_suffix(".dbf"))
    assert pyogrio.read_dataframe(path)["DKBH"].tolist() != ["A1", "A2", "A3"]


@pytest.mark.parametrize("row", [1, 3])
def test_an_index_that_points_elsewhere_is_told_by_its_row(row: int, tmp_path: Path) -> None:
    path = write(tmp_path)
    change(path.with_suffix(".shx"), lambda data: struct.pack_into(">I", data, 92 + 8 * row, 52))
    found = refused(path)
    assert (found.code, found.row) == ("shapefile.index", row)


def test_an_index_in_another_order_is_told(tmp_path: Path) -> None:
    """Two entries change places: GDAL gives each row the land of the other."""
    path = write(tmp_path)
    before = pyogrio.read_dataframe(path).geometry[0].bounds

    def swap(data: bytearray) -> None:
        data[100:108], data[108:116] = data[108:116], data[100:108]

    change(path.with_suffix(".shx"), swap)
    assert pyogrio.read_dataframe(path).geometry[0].bounds != before
    assert (refused(path).code, refused(path).row) == ("shapefile.index", 1)


def test_a_damaged_shape_is_told_by_its_row(tmp_path: Path) -> None:
    path = write(tmp_path)
    second = 100 + (path.stat().st_size - 100) // 3
    change(path, lambda data: struct.pack_into("<I", data, second + 8 + 40, 5000))
    found = refused(path)
    assert (found.code, found.row) == ("shapefile.record", 2)
    assert pyogrio.read_dataframe(path).geometry.isna().tolist() == [False, True, False]


def test_an_edited_shapefile_may_hold_old_versions(tmp_path: Path) -> None:
    """A shape that grew stands at the end, and its old version stays where it was."""
    path = write(tmp_path)
    size, length = path.stat().st_size, (path.stat().st_size - 100) // 3

    def move(data: bytearray) -> None:
        data += data[100 : 100 + length]
        struct.pack_into(">I", data, 24, len(data) // 2)

    change(path, move)
    change(path.with_suffix(".shx"), lambda data: struct.pack_into(">I", data, 100, size // 2))
    assert shapefile.check(path) == ("UTF-8", [])
    assert len(pyogrio.read_dataframe(path)) == 3


def test_a_row_without_a_shape_is_a_row(tmp_path: Path) -> None:
    frame = land()
    frame.loc[1, "geometry"] = None
    assert shapefile.check(write(tmp_path, frame)) == ("UTF-8", [])


@pytest.mark.parametrize("dimensions", ["2.5D Polygon", "Measured Polygon"])
def test_shapes_with_heights_are_sound(dimensions: str, tmp_path: Path) -> None:
    path = tmp_path / "p.shp"
    pyogrio.write_dataframe(land(), path, geometry_type=dimensions, encoding="UTF-8")
    assert shapefile.check(path) == ("UTF-8", [])


def test_rows_marked_as_deleted_are_told(tmp_path: Path) -> None:
    path = write(tmp_path)
    mark_deleted(path, 2)
    (found,) = shapefile.check(path)[1]
    assert (found.code, found.severity, found.row) == ("shapefile.deleted", "warning", 2)
    assert shapefile.stored_rows(path) == 2 == len(pyogrio.read_dataframe(path))


# --- names of parts


@pytest.mark.parametrize("shout", [str.upper, str.capitalize, str.lower])
def test_parts_are_found_in_any_case(shout: Callable[[str], str], tmp_path: Path) -> None:
    path = write(tmp_path, land(DKMC=NAMES), encoding="GBK")
    for part in sorted(tmp_path.glob("p.*")):
        if part != path:
            part.rename(tmp_path / (shout("p") + shout(part.suffix[1:]).join([".", ""])))
    assert shapefile.check(path) == ("GB18030", [])
    into = tmp_path / "into"
    into.mkdir()
    read = pyogrio.read_dataframe(shapefile.gathered(path, into), encoding="GB18030")
    assert read["DKMC"].tolist() == NAMES
    assert read.crs == "EPSG:4547"


def test_parts_that_gdal_finds_are_not_copied(tmp_path: Path) -> None:
    assert not shapefile.scattered(write(tmp_path))


def test_two_tables_are_one_too_many(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "P.dbf").write_bytes(path.with_suffix(".dbf").read_bytes())
    assert shapefile.check(path) == ("UTF-8", [])  # the spelling of the .shp decides
    path.with_suffix(".dbf").rename(tmp_path / "P.DBF")
    found = refused(path)
    assert (found.code, found.seen) == ("shapefile.part-twice", "P.DBF, P.dbf")


def test_a_part_that_is_a_link_elsewhere_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path)
    home = tmp_path / "elsewhere"
    home.mkdir()
    path.with_suffix(".dbf").rename(home / "p.dbf")
    path.with_suffix(".dbf").symlink_to(home / "p.dbf")
    found = refused(path)
    assert (found.code, found.seen) == ("file.linked", "p.dbf")


# --- encodings


@pytest.mark.parametrize("encoding", ["GBK", "GB18030", "UTF-8"])
@pytest.mark.parametrize("page", [0, 0x57, 0x4D])
@pytest.mark.parametrize("column", ["DKMC", "名称"])
def test_text_without_cpg_is_read_by_its_bytes(
    encoding: str, page: int, column: str, tmp_path: Path
) -> None:
    path = write(tmp_path, land(**{column: NAMES}), encoding=encoding)
    path.with_suffix(".cpg").unlink()
    change(path.with_suffix(".dbf"), lambda data: data.__setitem__(29, page))
    read, findings = shapefile.check(path)
    assert read == ("UTF-8" if encoding == "UTF-8" else "GB18030")
    assert pyogrio.read_dataframe(path, encoding=read)[column].tolist() == NAMES
    lied = page == 0x4D and encoding == "UTF-8"
    assert [found.code for found in findings] == ["text.encoding"] * lied


@pytest.mark.parametrize(
    ("written", "said", "read"),
    [
        ("GBK", "UTF-8", "GB18030"),
        ("GBK", "65001", "GB18030"),
        ("GBK", "ISO-8859-1", "GB18030"),
        ("GBK", "ANSI 1252", "GB18030"),
        ("GBK", "martian", "GB18030"),
        ("GBK", "", "GB18030"),
        ("UTF-8", "GBK", "UTF-8"),
        ("UTF-8", "ISO-8859-1", "UTF-8"),
        ("UTF-8", "OEM 936", "UTF-8"),
        ("UTF-8", "Big5", "UTF-8"),
        ("GBK", "CP936", "GB18030"),
        ("GBK", "gb2312\r\n", "GB18030"),
        ("UTF-8", "utf8", "UTF-8"),
    ],
)
def test_a_cpg_that_lies_is_told(written: str, said: str, read: str, tmp_path: Path) -> None:
    path = write(tmp_path, land(DKMC=NAMES), encoding=written)
    path.with_suffix(".cpg").write_bytes(said.encode())
    encoding, findings = shapefile.check(path)
    assert encoding == read
    assert pyogrio.read_dataframe(path, encoding=encoding)["DKMC"].tolist() == NAMES
    lies = codec(said) != read and said != ""
    assert [found.code for found in findings] == ["text.encoding"] * lies
    if lies:
        assert (findings[0].seen, findings[0].changed) == (said, True)
        assert f"read as {read}" in findings[0].message


@pytest.mark.parametrize(
    ("said", "names", "read"),
    [
        ("ISO-8859-1", ["Élan", "Straße", "x"], "iso8859-1"),
        ("BIG5", ["臺北", "高雄", "x"], "big5"),
        ("CP932", ["ひらがな", "東京", "x"], "cp932"),
    ],
)
def test_other_encodings_hold_where_the_bytes_agree(
    said: str, names: list[str], read: str, tmp_path: Path
) -> None:
    path = write(tmp_path, land(DKMC=["a" * 12] * 3))
    for old, name in enumerate(names):
        raw = name.encode(read)

        def put(data: bytearray, raw: bytes = raw, old: int = old) -> None:
            at = -1
            for _ in range(old + 1):
                at = data.find(b"aaaa" * 3, at + 1) if old == 0 else data.find(b"a" * 12)
            data[at : at + 12] = raw.ljust(12)

        change(path.with_suffix(".dbf"), put)
    path.with_suffix(".cpg").write_text(said, encoding="ascii")
    assert shapefile.check(path) == (read, [])


@pytest.mark.real_data
def test_the_towns_of_dongguan_are_in_gbk(shared_data: Path) -> None:
    path = shared_data / "dongguan_gbk" / "dongguan_towns_4547_gbk.shp"
    assert shapefile.check(path) == ("GB18030", [])
    assert shapefile.stored_rows(path) == 33


def test_text_that_is_neither_is_told_by_row_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, land(DKMC=["a", "中", "c"]))
    change(
        path.with_suffix(".dbf"),
        lambda data: data.__setitem__(slice(data.find("中".encode()), None), b"\xff\xff\xff"
                                      + data[data.find("中".encode()) + 3 :]),
    )  # fmt: skip
    found = refused(path)
    assert (found.code, found.row, found.field) == ("text.undecodable", 2, "DKMC")
    assert found.seen == "ff ff ff"


def test_rows_in_two_encodings_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, land(DKMC=["长山头", "a" * 9, "罗马"]))
    change(
        path.with_suffix(".dbf"),
        lambda data: data.__setitem__(
            slice(data.find(b"a" * 9), data.find(b"a" * 9) + 9), "清溪镇长".encode("gbk") + b" "
        ),
    )
    found = refused(path)
    assert (found.code, found.row, found.seen) == ("text.mixed", 2, "2")


def test_text_that_fits_both_is_told(tmp_path: Path) -> None:
    """The bytes of 膜 in GBK are those of Ĥ in UTF-8."""
    path = write(tmp_path, land(DKMC=["膜", "b", "c"]), encoding="GBK")
    path.with_suffix(".cpg").unlink()
    encoding, (found,) = shapefile.check(path)
    assert (encoding, found.code, found.severity) == ("GB18030", "text.ambiguous", "warning")
    assert "膜" in found.message_zh
    path.with_suffix(".cpg").write_text("GBK", encoding="ascii")
    assert shapefile.check(path) == ("GB18030", [])


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_text_cut_within_a_character_is_still_read(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path, land(DKMC=["a" * 80, "长山头", "c"]), encoding=encoding)
    whole = ("a" + "罗" * 40).encode(encoding)[:80]
    change(
        path.with_suffix(".dbf"),
        lambda data: data.__setitem__(
            slice(data.find(b"a" * 80), data.find(b"a" * 80) + 80), whole
        ),
    )
    for said in (True, False):
        if not said:
            path.with_suffix(".cpg").unlink()
        read, (found,) = shapefile.check(path)
        assert read == {"GBK": "GB18030"}.get(encoding, encoding)
        assert (found.code, found.row, found.field) == ("text.cut", 1, "DKMC")


@pytest.mark.filterwarnings("ignore:Normalized/laundered", "ignore:Exception ignored")
def test_a_name_cut_within_a_character_cannot_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, land(建筑面积合计=[1, 2, 3]))
    with pytest.raises(UnicodeDecodeError):
        pyogrio.read_dataframe(path)
    found = refused(path)
    assert (found.code, found.field) == ("field.cut", "建筑面")


@pytest.mark.filterwarnings("ignore:Normalized/laundered", "ignore:Exception ignored")
def test_a_name_of_ten_bytes_may_be_cut(tmp_path: Path) -> None:
    path = write(tmp_path, land(declared_area=[1, 2, 3]))
    (found,) = shapefile.check(path)[1]
    assert (found.code, found.severity, found.seen) == ("field.full", "info", "declared_a")


# --- hostile bytes


@pytest.mark.parametrize("ending", [".shp", ".shx", ".dbf", ".cpg"])
def test_mutated_parts_are_refused_or_sound(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path, land(DKMC=NAMES))
    part = path.with_suffix(ending)
    data = part.read_bytes()
    refusals = 0
    for at in range(len(data)):
        for value in (0x00, 0xFF, data[at] ^ 0x10):
            changed = bytearray(data)
            changed[at] = value
            part.write_bytes(changed)
            try:
                shapefile.check(path)
            except LayerError:
                refusals += 1
    assert refusals or ending == ".cpg"


@given(words=st.binary(max_size=60), said=st.sampled_from([None, "UTF-8", "GB18030", "cp1252"]))
def test_any_bytes_are_read_without_loss_or_refused(words: bytes, said: str | None) -> None:
    found = reading(words, said)
    if found.fits:
        assert words.decode(found.encoding).encode(found.encoding) == words or not words.isascii()


@given(text=st.text("清溪镇罗马长山头工业用地一二三", min_size=2, max_size=20))
def test_everyday_chinese_is_never_mojibake(text: str) -> None:
    for written, lie in (("utf-8", "GB18030"), ("gbk", "UTF-8")):
        both = reading(text.encode(written), None).ambiguous  # 一一 in GBK is UTF-8 as well
        for said in (None, "iso8859-1", "cp1252", *([] if both else [lie])):
            found = reading(text.encode(written), said)
            assert text.encode(written).decode(found.encoding) == text


@pytest.mark.parametrize(
    ("name", "meant"),
    [("UTF-8", "UTF-8"), ("utf8", "UTF-8"), ("65001", "UTF-8"), ("GBK", "GB18030"),
     ("CP936", "GB18030"), ("ANSI 936", "GB18030"), ("windows-1252", "cp1252"),
     ("88591", "iso8859-1"), ("950", "big5"), ("hello", None), ("", None), ("\0", None)],
)  # fmt: skip
def test_names_of_encodings(name: str, meant: str | None) -> None:
    assert codec(name) == meant


def test_a_row_is_counted_without_the_deleted_ones_before_it(tmp_path: Path) -> None:
    path = write(tmp_path, land(DKMC=["b", "a" * 80, "c"]))
    table = path.with_suffix(".dbf")
    start = struct.unpack_from("<H", table.read_bytes(), 8)[0]
    cut = ("a" + "罗" * 40).encode()[:80]

    def spoil(data: bytearray) -> None:
        data[start : start + 1] = b"*"
        at = data.find(b"a" * 80)
        data[at : at + 80] = cut

    change(table, spoil)
    _, findings = shapefile.check(path)
    assert [(item.code, item.row) for item in findings] == [
        ("text.cut", 1),
        ("shapefile.deleted", 1),
    ]


def overflown(folder: Path, third: bytes) -> list[Finding]:
    """Of four numbers 1, 2 and 4 are asterisks, and row 1 is deleted: they are rows 1 and 3."""
    path = write(folder, land(4, MJ=np.arange(4, dtype="int32"), DKMC=["*"] * 4))

    def spoil(data: bytearray) -> None:
        start, record = struct.unpack_from("<HH", data, 8)
        before, width = 1 + data[32 + 16], data[64 + 16]
        for row in (1, 2, 3, 4):
            at = start + (row - 1) * record + before
            data[at : at + width] = third.rjust(width) if row == 3 else b"*" * width

    change(path.with_suffix(".dbf"), spoil)
    mark_deleted(path, 1)
    read = pyogrio.read_dataframe(path)
    assert read["MJ"].isna().tolist()[::2] == [True, True]  # and GDAL says nothing of it
    _, findings = shapefile.check(path)
    return [item for item in findings if item.code != "shapefile.deleted"]


@pytest.mark.parametrize("third", [b"12345678", b"", b"**3"])
def test_a_number_that_did_not_fit_is_told_by_its_rows(third: bytes, tmp_path: Path) -> None:
    (fault,) = overflown(tmp_path, third)
    assert (fault.code, fault.severity) == ("shapefile.overflow", "warning")
    assert (fault.file, fault.layer, fault.row, fault.field) == ("p.shp", "p", 1, "MJ")
    assert fault.seen == ("1, 2, 3" if b"*" in third else "1, 3")


def test_asterisks_that_gdal_writes_for_blank_numbers_are_no_overflow(tmp_path: Path) -> None:
    assert overflown(tmp_path, b"12") == []
    path = write(tmp_path, land(MJ=[20_000.0, None, 3e6]))
    assert b"*" * 20 in path.with_suffix(".dbf").read_bytes()
    assert shapefile.check(path)[1] == []
