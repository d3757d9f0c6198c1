"""Boundary-point files: every variant reads to the same land, and what is wrong is said."""

import time
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import CRS
from shapely import MultiPolygon, Polygon, box

from geo.area import ellipsoidal_m2, planar_m2
from geo.earth.grids import GRIDS, Grid, grid_of, zone_at
from geo.errors import LayerError, PublishError
from geo.findings import Finding
from geo.gate import Known, check_file
from geo.parcels import declared_unit
from geo.plan import ParcelLayer
from geo.readers.raw import RawLayer
from geo.readers.survey import read
from geo.readers.vector import read_vector
from geo.units import M2_PER_MU
from geo.writers.survey import survey_text

HEADER = """\
[属性描述]
格式版本号=1.01版本
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=38
精度=0.001
转换参数=,,,,,,
[地块坐标]
"""
EXAMPLE = (
    HEADER
    + """\
10,5.0508,CST-B07,长山头B07地块,面,,工业用地,,@
J1,1,2526800.000,38516400.000
J2,1,2527000.000,38516400.000
J3,1,2527010.250,38516660.500
J4,1,2526795.000,38516655.000
J1,1,2526800.000,38516400.000
J5,2,2526860.000,38516500.000
J6,2,2526860.000,38516560.000
J7,2,2526910.000,38516560.000
J8,2,2526910.000,38516500.000
J5,2,2526860.000,38516500.000
"""
)
EXAMPLE_M2 = 50_508.125

EAST, NORTH = 38_516_000.0, 2_526_000.0
LOT = [(0, 0), (0, 200), (100, 200), (100, 0)]  # north, east: 30 mu


def point(north: float, east: float, *, ring: object = 1, label: str = "J1") -> str:
    return f"{label},{ring},{NORTH + north:.3f},{EAST + east:.3f}"


def ring(points: list[tuple[float, float]], number: object = 1, *, closed: bool = True) -> str:
    points = [*points, points[0]] if closed else points
    return "".join(point(*at, ring=number) + "\n" for at in points)


def square(north: float, east: float, side: float) -> list[tuple[float, float]]:
    return [(north, east), (north, east + side), (north + side, east + side), (north + side, east)]


def plot(body: str, *, parcel: str = "A1", count: object = None, area: object = 2) -> str:
    count = body.count("\n") if count is None else count
    return f"{count},{area},{parcel},甲,面,,,,@\n" + body


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "survey.txt"
    path.write_bytes(text.encode(encoding))
    return path


def layer(folder: Path, text: str, encoding: str = "utf-8") -> RawLayer:
    return read(written(folder, text, encoding))


def refused(folder: Path, text: str) -> Finding:
    with pytest.raises(LayerError) as caught:
        layer(folder, text)
    (fault,) = caught.value.findings
    assert fault.file == "survey.txt"
    return fault


def said(source: RawLayer) -> list[tuple[str, int | None, str]]:
    assert all(item.file == "survey.txt" for item in source.findings)
    return [(item.code, item.row, item.parcel) for item in source.findings]


def column(source: RawLayer, name: str) -> list[Any]:
    return source.cells[name].to_pylist()


def test_the_example_of_the_domain_reference(tmp_path):
    source = layer(tmp_path, EXAMPLE)
    assert source.crs == "EPSG:4526"
    assert source.findings == []
    assert planar_m2(source.shapes) == pytest.approx([EXAMPLE_M2], abs=1e-6)
    assert ellipsoidal_m2(source.shapes, CRS(source.crs)) == pytest.approx([50_507.784], abs=5e-4)
    assert len(source.shapes[0].interiors) == 1
    assert source.cells.to_pylist() == [
        {
            "parcel_id": "CST-B07",
            "name": "长山头B07地块",
            "declared_area": 5.0508,
            "plot_type": "面",
            "sheet": "",
            "land_use": "工业用地",
            "land_class": "",
        }
    ]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "crs", "hectares", "codes"),
    [
        ("hangzhou_pengbu_BR-14.txt", "EPSG:4528", 5.7089, []),
        ("hangzhou_pengbu_BR-14_gbk_crlf.txt", "EPSG:4528", 5.7089, []),
        ("zhaoqing_44120000072.txt", "EPSG:4526", 1.2247, ["survey.placeholder"]),
        ("zhaoqing_44120000105_49pt.txt", "EPSG:4526", 8.7423, ["survey.placeholder"]),
        (
            "zhaoqing_44120000957_badheader.txt",
            "EPSG:4526",
            None,
            ["survey.placeholder", "survey.area"],
        ),
    ],
)
def test_real_files(shared_data, name, crs, hectares, codes):
    source = read(shared_data / "survey_txt" / name)
    assert source.crs == crs
    assert column(source, "declared_area") == [hectares]
    assert [item.code for item in source.findings] == codes
    if hectares is not None:
        assert source.shapes[0].area / 10_000 == pytest.approx(hectares, abs=1e-4)
    assert source.shapes[0].is_valid


@pytest.mark.real_data
def test_names_of_real_files_are_read_in_both_encodings(shared_data):
    folder = shared_data / "survey_txt"
    names = ["hangzhou_pengbu_BR-14.txt", "hangzhou_pengbu_BR-14_gbk_crlf.txt"]
    layers = [read(folder / name) for name in names]
    assert [column(source, "name") for source in layers] == [["彭埠单元B/R-14地块"]] * 2
    assert shapely.equals_identical(layers[0].shapes, layers[1].shapes).all()


FIRST = "J1,1,2526800.000,38516400.000\n"
LAST = "J4,1,2526795.000,38516655.000\n"
FULL_WIDTH = str.maketrans(",.=12346789@", "，．＝１２３４６７８９＠")

VARIANTS = {
    "byte-order mark": "\ufeff" + EXAMPLE,
    "CRLF": EXAMPLE.replace("\n", "\r\n"),
    "CR": EXAMPLE.replace("\n", "\r"),
    "blank lines": EXAMPLE.replace("\n", "\n\n \n"),
    "full width": EXAMPLE.translate(FULL_WIDTH).replace("B０７", "B07").replace("B0７", "B07"),
    "ideographic full stop": EXAMPLE.replace("800.000", "800。000"),
    "full-width commas": EXAMPLE.replace(",", "，"),
    "full-width equals": EXAMPLE.replace("=", "＝"),
    "no line feed at the end": EXAMPLE.rstrip(),
    "spaces": EXAMPLE.replace(",", " , "),
    "trailing commas": EXAMPLE.replace(",@", ",@,").replace("00\n", "00,\n"),
    "extra section": EXAMPLE.replace("[地块坐标]", "[附加信息]\n编制=甲\n[地块坐标]"),
    "extra section behind": EXAMPLE + "[签章]\n单位=甲\n",
    "no closing points": EXAMPLE.replace("10,5.05", "8,5.05")
    .replace(LAST + FIRST, LAST)
    .removesuffix("J5,2,2526860.000,38516500.000\n"),
    "count without closing points": EXAMPLE.replace("10,5.05", "8,5.05"),
    "labels without J": EXAMPLE.replace("J", ""),
    "labels all one": EXAMPLE.replace("J5", "J1").replace("J7", "J1"),
    "labels missing": EXAMPLE.replace("J1,", ",").replace("J2,", ","),
    "area blank": EXAMPLE.replace("5.0508", ""),
    "area in mu": EXAMPLE.replace("5.0508", "75.762亩"),
    "area in m2": EXAMPLE.replace("5.0508", "50508㎡"),
    "area in ha": EXAMPLE.replace("5.0508", "5.0508公顷"),
    "ring numbers all one": EXAMPLE.replace(",2,2526", ",1,2526"),
    "ring numbers blank": EXAMPLE.replace(",1,2526", ",,2526").replace(",2,2526", ",,2526"),
    "ring numbers left out": EXAMPLE.replace(",1,252", ",252").replace(",2,252", ",252"),
    "ring numbers reversed": EXAMPLE.replace(",1,252", ",3,252"),
    "hole wound the other way": EXAMPLE.replace("J6,2,2526860.000,38516560", "#")
    .replace("J8,2,2526910.000,38516500", "J8,2,2526860.000,38516560")
    .replace("#", "J6,2,2526910.000,38516500"),
    "no type": EXAMPLE.replace("面,,工业", ",,工业"),
    "no @": EXAMPLE.replace(",@", ""),
    "heights": EXAMPLE.replace(".000\n", ".000,31.5\n"),
    "more fields": EXAMPLE.replace(",@", ",甲,乙,@"),
}  # fmt: skip


def swapped(text: str) -> str:
    rows = [line.split(",") for line in text.split("\n")]
    turned = [[*row[:2], row[3], row[2]] if len(row) == 4 else row for row in rows]
    return "\n".join(",".join(row) for row in turned)


VARIANTS["swapped"] = swapped(EXAMPLE)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("text", VARIANTS.values(), ids=VARIANTS)
def test_every_variant_is_the_same_land(tmp_path, text, encoding):
    if encoding != "utf-8" and text.startswith("\ufeff"):
        text = text.removeprefix("\ufeff")
    source = layer(tmp_path, text, encoding)
    assert source.crs == "EPSG:4526"
    assert planar_m2(source.shapes) == pytest.approx([EXAMPLE_M2], abs=1e-6)
    assert column(source, "parcel_id") == ["CST-B07"]
    assert column(source, "name") == ["长山头B07地块"]
    assert not [item for item in source.findings if item.severity == "error"]


@pytest.mark.parametrize(
    ("variant", "code", "changed"),
    [
        ("swapped", "grid.swapped", True),
        ("area in mu", "survey.area-unit", True),
        ("heights", "survey.extra", False),
    ],
)
def test_what_was_read_otherwise_than_written_is_said(tmp_path, variant, code, changed):
    source = layer(tmp_path, VARIANTS[variant])
    assert said(source) == [(code, 1, "CST-B07")]
    assert source.findings[0].changed is changed


def test_sections_that_are_not_read_are_said(tmp_path):
    (fault,) = layer(tmp_path, VARIANTS["extra section behind"]).findings
    assert (fault.code, fault.seen, fault.severity) == ("survey.ignored", "[签章]", "info")
    assert "line 22" in fault.message


@pytest.mark.parametrize(
    ("area", "hectares"),
    [
        *[("30亩", 2.0), ("30 亩", 2.0), ("２．０", 2.0), ("20000平方米", 2.0), ("20000m²", 2.0)],
        *[("2ha", 2.0), ("2 公顷", 2.0), ("2.", 2.0), ("", None)],
    ],
)
def test_area_is_in_hectares(tmp_path, area, hectares):
    source = layer(tmp_path, HEADER + plot(ring(LOT), area=area))
    assert column(source, "declared_area") == [pytest.approx(hectares)]


@pytest.mark.parametrize("area", ["DKMC", "约2", "2-3", "nan", "inf", "1e5", "2 里", "9" * 400])
def test_an_area_that_is_no_number_is_blank_and_said(tmp_path, area):
    source = layer(tmp_path, HEADER + plot(ring(LOT), area=area))
    assert column(source, "declared_area") == [None]
    assert said(source) == [("survey.area", 1, "A1")]
    assert source.findings[0].seen == area
    assert source.shapes[0].area == 30 * M2_PER_MU


def test_several_plots_keep_order_and_twins(tmp_path):
    bodies = [plot(ring(LOT), parcel=name) for name in ("B", "A", "B", "")]
    source = layer(tmp_path, HEADER + "".join(bodies))
    assert column(source, "parcel_id") == ["B", "A", "B", ""]
    assert [shape.area for shape in source.shapes] == [20_000.0] * 4


def test_names_are_kept_as_written(tmp_path):
    text = HEADER + plot(ring(LOT)).replace("甲", "甲（一期，东）Ａ区")
    assert column(layer(tmp_path, text), "name") == ["甲（一期，东）Ａ区"]


def test_a_comma_in_a_name_is_said(tmp_path):
    source = layer(tmp_path, HEADER + plot(ring(LOT)).replace("甲", "甲,东"))
    assert column(source, "name") == ["甲,东"]
    assert column(source, "plot_type") == ["面"]
    assert said(source) == [("survey.plot-fields", 1, "A1")]
    assert source.findings[0].changed


def test_a_type_that_is_none_is_said(tmp_path):
    source = layer(tmp_path, HEADER + plot(ring(LOT)).replace("面", "圆"))
    assert said(source) == [("survey.plot-type", 1, "A1")]
    assert source.shapes[0].area == 20_000


def test_names_of_fields_in_place_of_values_are_blank_and_said(tmp_path):
    source = layer(tmp_path, HEADER + plot(ring(LOT)).replace("甲,面,,", "DKMC,面,TFH,DKYT"))
    assert [column(source, name) for name in ("name", "sheet", "land_use")] == [[""]] * 3
    assert said(source) == [("survey.placeholder", 1, "A1")]
    assert source.findings[0].seen == "DKMC, TFH, DKYT"
    assert source.findings[0].changed


def test_extra_fields_are_columns(tmp_path):
    source = layer(tmp_path, VARIANTS["more fields"])
    assert (column(source, "extra_1"), column(source, "extra_2")) == (["甲"], ["乙"])


def test_lines_and_points_are_what_they_say(tmp_path):
    lines = plot(ring(LOT, closed=False)).replace("面", "线")
    points = plot(ring(LOT, closed=False), parcel="P").replace("面", "点")
    source = layer(tmp_path, HEADER + lines + points)
    assert [shape.geom_type for shape in source.shapes] == ["LineString", "MultiPoint"]
    assert source.shapes[0].length == 500
    assert source.findings == []


def test_containment_decides_what_a_ring_is(tmp_path):
    shell, hole, island, other = (
        square(0, 0, 100),
        square(20, 20, 60),
        square(40, 40, 20),
        square(0, 200, 100),
    )
    for numbers in ((1, 2, 3, 4), (4, 3, 2, 1)):
        parts = (shell, hole, island, other)
        body = "".join(
            ring(part[::way], number)
            for part, number, way in zip(parts, numbers, (1, 1, -1, -1), strict=True)
        )
        (shape,) = layer(tmp_path, HEADER + plot(body)).shapes
        assert shape.is_valid
        assert shape.area == 100**2 - 60**2 + 20**2 + 100**2
        assert len(shape.geoms) == 3


def test_a_ring_number_that_comes_back_after_closing_is_a_new_ring(tmp_path):
    body = ring(square(0, 0, 100)) + ring(square(20, 20, 60), 2) + ring(square(0, 200, 100))
    (shape,) = layer(tmp_path, HEADER + plot(body)).shapes
    assert shape.area == 100**2 - 60**2 + 100**2


def broken(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new)


BAD_PLOTS = {
    "a coordinate is missing": (broken("J3,1,2527010.250,", "J3,1,"), "survey.point", "line 14"),
    "two coordinates are missing": (
        broken("J3,1,2527010.250,38516660.500", "J3,1"),
        "survey.point",
        "line 14",
    ),
    "two lines in one": (broken("516400.000\nJ2", "516400.00J2"), "survey.point", "line 12"),
    "a word": (broken("2527010.250", "2527O10.250"), "survey.point", "2527O10.250"),
    "exponents": (broken("38516660.500", "3.85166605E7"), "survey.point", "E7"),
    "not a number": (broken("2527010.250", "nan"), "survey.point", "nan"),
    "infinite": (broken("2527010.250", "9" * 400), "grid.place", "inf"),
    "a digit is missing": (broken("2527010.250", "252701.250"), "grid.place", "line 14"),
    "a point is missing": (broken("J3,1,2527010.250", "J3,1,27010.250"), "grid.place", "line 14"),
    "degrees": (broken("2527010.250,38516660.500", "22.84,114.16"), "grid.place", "22.84"),
    "another zone": (broken("38516660.500", "39516660.500"), "grid.zone", "line 14"),
    "count": (broken("10,5.05", "12,5.05"), "survey.cut-off", "12"),
    "count too small": (broken("10,5.05", "7,5.05"), "survey.count", "7"),
    "two points": (HEADER + plot(ring(LOT[:2]), parcel="CST-B07"), "rings.few", "ring 1"),
    "no points": (HEADER + plot("", parcel="CST-B07"), "rings.few", "line 11"),
    "one point thrice": (
        HEADER + plot(ring([(0, 0)] * 3), parcel="CST-B07"),
        "rings.few",
        "ring 1",
    ),
    "a ring in pieces": (broken("J3,1,", "J3,2,"), "rings.few", "ring 1"),
    "crossing rings": (broken("J6,2,2526860", "J6,2,2526060"), "rings.cross", "2526800"),
    "a ring twice": (
        HEADER + plot(ring(LOT) + ring(LOT[::-1], 2), parcel="CST-B07"),
        "rings.twice",
        "2526000",
    ),
    "a ring that crosses itself": (
        HEADER + plot(ring(square(0, 0, 900)) + ring([LOT[0], LOT[2], LOT[1], LOT[3]], 2),
                      parcel="CST-B07"),
        "rings.invalid",
        "Self-intersection",
    ),
    "pieces that do not close": (
        HEADER + plot(ring(LOT[:2], closed=False) + ring(square(200, 0, 50), 2)
                      + ring(LOT[2:], closed=False), parcel="CST-B07"),
        "rings.few",
        "ring 1",
    ),
    "a number for two open rings": (
        HEADER + plot(ring(LOT, closed=False) + ring(square(200, 0, 50), 2)
                      + ring(square(300, 0, 50), closed=False), parcel="CST-B07"),
        "rings.split",
        "ring 1",
    ),
    "a second ring of one number that is open": (
        HEADER + plot(ring(LOT) + ring(square(300, 0, 50), closed=False), parcel="CST-B07"),
        "rings.split",
        "ring 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "words"), BAD_PLOTS.values(), ids=BAD_PLOTS)
def test_a_plot_that_does_not_read_is_an_error_at_its_place(tmp_path, text, code, words):
    source = layer(tmp_path, text)
    (fault,) = source.findings
    assert (fault.code, fault.severity, fault.changed) == (code, "error", False)
    assert (fault.file, fault.layer, fault.row) == ("survey.txt", "survey", 1)
    assert fault.parcel == "CST-B07"
    assert words in fault.message
    assert (source.shapes[0] is None) == fault.sets_aside
    assert fault.sets_aside == (code != "survey.count")


def test_a_fault_stays_with_its_plot(tmp_path):
    bad = ring(LOT).replace("2526100.000", "x", 1)
    text = HEADER + plot(ring(LOT)) + plot(bad, parcel="B2") + plot(ring(LOT), parcel="C3")
    source = layer(tmp_path, text)
    assert said(source) == [("survey.point", 2, "B2")]
    assert [shape is None for shape in source.shapes] == [False, True, False]


def test_too_many_rings(tmp_path):
    body = "".join(ring(square(0, 3 * at, 1), at) for at in range(1_001))
    source = layer(tmp_path, HEADER + plot(body))
    assert said(source) == [("rings.many", 1, "A1")]
    assert source.shapes[0] is None


@pytest.mark.parametrize("count", ["", "x", "10.5", "-4", "1" * 5_000])
def test_points_that_are_not_counted_are_said(tmp_path, count):
    source = layer(tmp_path, HEADER + plot(ring(LOT), count=count))
    assert said(source) == [("survey.no-count", 1, "A1")]
    assert source.shapes[0].area == 20_000


def test_points_before_any_plot_are_an_error(tmp_path):
    source = layer(tmp_path, HEADER + ring(LOT) + plot(ring(LOT)))
    assert said(source) == [("survey.stray", None, "")]
    assert source.findings[0].severity == "error"
    assert "5 points" in source.findings[0].message
    assert "line 11" in source.findings[0].message


BAD_FILES = {
    "no plot": (HEADER, "survey.format", ""),
    "nothing": ("", "survey.format", ""),
    "a letter": ("敬启者：\n\n附上资料。\n", "survey.format", ""),
    "zone against prefix": (broken("带号=38", "带号=39"), "survey.zone", "39"),
    "zone of another width": (broken("分带=3", "分带=6"), "survey.zone-width", "38"),
    "meridian against zone": (
        broken("带号=38", "带号=38\n中央子午线=117"),
        "survey.zone-width",
        "38",
    ),
    "zone outside China": (broken("带号=38", "带号=50"), "survey.zone-width", "50"),
    "degrees": (broken("计量单位=米", "计量单位=度分秒"), "survey.unit", "度分秒"),
    "two headers": (EXAMPLE + EXAMPLE.replace("=38", "=39"), "survey.header-twice", "38, 39"),
    "prefix here and there": (
        broken("J3,1,2527010.250,38516660.500", "J3,1,2527010.250,516660.500"),
        "grid.prefixes",
        "—, 38",
    ),
    "two zones and none stated": (
        broken("带号=38\n", "").replace("38516660.500", "39516660.500"),
        "grid.prefixes",
        "38, 39",
    ),
}


@pytest.mark.parametrize(("text", "code", "seen"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_placed_is_refused(tmp_path, text, code, seen):
    fault = refused(tmp_path, text)
    assert (fault.code, fault.seen, fault.severity) == (code, seen, "error")


def test_damaged_bytes_are_never_read_as_other_words(tmp_path):
    data = EXAMPLE.encode()
    cut = data.index("长山".encode()) + 1
    for bytes_ in (data[:cut], data[:cut] + b"\xff" + data[cut + 1 :]):
        path = tmp_path / "survey.txt"
        path.write_bytes(bytes_)
        with pytest.raises(LayerError) as caught:
            read(path)
        (fault,) = caught.value.findings
        assert (fault.code, fault.seen) == ("survey.encoding", "UTF-8")
        assert "line 11" in fault.message


def test_an_encoding_that_is_stated(tmp_path):
    path = written(tmp_path, EXAMPLE, "gbk")
    assert column(read(path, encoding="gbk"), "name") == ["长山头B07地块"]
    with pytest.raises(LayerError) as caught:
        read(path, encoding="utf-8")
    assert caught.value.findings[0].code == "survey.encoding"
    with pytest.raises(LayerError) as caught:
        read(path, encoding="utf-99")
    assert caught.value.findings[0].code == "layer.unreadable"


BARE = EXAMPLE.replace(",38516", ",516")


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        (EXAMPLE, "EPSG:4526"),
        (BARE, "EPSG:4547"),
        (broken("几度分带=3\n", ""), "EPSG:4526"),
        (broken("带号=38\n", ""), "EPSG:4526"),
        (broken("带号=38", "带号=38带"), "EPSG:4526"),
        (BARE.replace("带号=38", "带号=114"), "EPSG:4547"),
        (BARE.replace("带号=38", "中央子午线=114°"), "EPSG:4547"),
        (BARE.replace("带号=38\n", ""), None),
        (broken("2000国家大地坐标系", "CGCS2000"), "EPSG:4526"),
        (broken("2000国家大地坐标系", "国家大地2000坐标系"), "EPSG:4526"),
        (broken("2000国家大地坐标系", "2000国家大地坐标系（CGCS2000）"), "EPSG:4526"),
        (broken("2000国家大地坐标系", "1980西安坐标系"), "EPSG:2362"),
        (BARE.replace("2000国家大地坐标系", "西安80"), "EPSG:2383"),
        (broken("2000国家大地坐标系", "1954年北京坐标系"), "EPSG:2414"),
        (BARE.replace("2000国家大地坐标系", "北京54坐标系"), "EPSG:2435"),
        (broken("几度分带=3", "几度分带=6").replace("=38", "=20").replace(",38", ",20"),
         "EPSG:4498"),
        (broken("坐标系=2000国家大地坐标系\n", ""), None),
    ],
)  # fmt: skip
def test_the_header_says_which_grid(tmp_path, text, crs):
    source = layer(tmp_path, text)
    assert source.crs == crs
    assert source.findings == []
    assert planar_m2(source.shapes) == pytest.approx([EXAMPLE_M2], abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("2000国家大地坐标系", "东莞2000独立坐标系", "坐标系"),
        ("2000国家大地坐标系", "广州2000坐标系", "坐标系"),
        ("2000国家大地坐标系", "WGS84", "坐标系"),
        ("高斯克吕格", "墨卡托", "投影类型"),
    ],
)
def test_a_grid_that_is_not_known_is_asked_for(tmp_path, old, new, field):
    source = layer(tmp_path, broken(old, new))
    (fault,) = source.findings
    assert (fault.code, fault.field, fault.seen) == ("survey.header", field, new)
    assert source.crs is None


def test_transform_parameters_are_said(tmp_path):
    zero = broken("转换参数=,,,,,,", "转换参数=0,0,0,0,0,0,0")
    assert layer(tmp_path, zero).findings == []
    source = layer(tmp_path, broken("转换参数=,,,,,,", "转换参数=12.5,0,0,0,0,0,0"))
    assert said(source) == [("survey.parameters", None, "")]
    assert source.findings[0].severity == "info"


@pytest.mark.parametrize("grid", GRIDS.values(), ids=str)
def test_every_grid_is_what_proj_knows_by_its_code(grid):
    crs = CRS.from_epsg(grid.epsg)
    facts = {item.name: item.value for item in crs.coordinate_operation.params}
    assert facts["Longitude of natural origin"] == grid.meridian
    assert facts["False easting"] == 500_000 + grid.prefixed * grid.zone * 1_000_000
    assert facts["Scale factor at natural origin"] == 1
    datum = {"CGCS2000": "China Geodetic Coordinate System 2000"}.get(grid.datum, grid.datum)
    assert crs.geodetic_crs.name == datum
    assert grid_of(crs) == grid
    assert zone_at(grid.meridian, grid.width) == grid.zone


def test_all_grids_are_there():
    assert len(GRIDS) == 3 * 2 * (21 + 11)


def test_no_line_is_lost_without_a_word(tmp_path):
    """Leave out each line in turn: the land is the same, or an error says otherwise."""
    text = HEADER + plot(ring(LOT)) + EXAMPLE.removeprefix(HEADER) + plot(ring(LOT), parcel="C")
    lines = text.splitlines(keepends=True)
    whole = 40_000 + EXAMPLE_M2
    silent = 0
    for at in range(HEADER.count("\n"), len(lines)):
        source = layer(tmp_path, "".join(lines[:at] + lines[at + 1 :]))
        land = sum(shape.area for shape in source.shapes if shape is not None)
        if not any(item.severity == "error" for item in source.findings):
            assert land == pytest.approx(whole, abs=1e-6), lines[at]
            silent += 1
    assert silent == 8  # the first or the closing point of four rings


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_that_is_cut_off_anywhere_is_never_a_wrong_sum(tmp_path, encoding):
    data = (HEADER + plot(ring(LOT)) + EXAMPLE.removeprefix(HEADER)).encode(encoding)
    path = tmp_path / "survey.txt"
    for length in range(0, len(data) - 1):
        path.write_bytes(data[:length])
        try:
            source = read(path)
        except LayerError:
            continue
        errors = [item for item in source.findings if item.severity == "error"]
        land = [shape.area for shape in source.shapes if shape is not None]
        known = (
            errors
            or land == [20_000.0]  # cut between two plots: nothing in the file says so
            or sum(land) == pytest.approx(20_000 + EXAMPLE_M2, abs=0.3)  # in the last decimals
        )
        assert known, length


@given(st.data())
def test_a_file_with_a_changed_byte_is_read_or_refused(tmp_path_factory, data):
    source = bytearray(EXAMPLE.encode(data.draw(st.sampled_from(["utf-8", "gb18030"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(source) - 1))
        source[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    read_or_refused(tmp_path_factory, bytes(source))


@given(
    st.one_of(
        st.binary(max_size=400), st.text(max_size=400).map(lambda t: t.encode("utf-8", "replace"))
    )
)
@example(b"\x00" * 400)
@example(b"\xff\xfe\x00")
@example(("1,1,1,1,面,@\n" + "1,1,1e999,nan\n" * 3).encode())
@example(("5,1,A,B,面,,,,@\n" + ",,,\n" * 3).encode())
@example(("9" * 5000 + ",1,A,B,面,,,,@\nJ1," + "9" * 5000 + ",1,2\n").encode())
@example(b"@,@,@,@,@,@,@,@,@,@\n1,2,3,4")
@example("带号=999999999999\n几度分带=٣\n0,0,,,面,,,,@".encode())
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    read_or_refused(tmp_path_factory, data)


def read_or_refused(factory: Any, data: bytes) -> None:
    path = factory.mktemp("any", numbered=True) / "survey.txt"
    path.write_bytes(data)
    try:
        source = read(path)
    except LayerError as error:
        assert error.findings
    else:
        assert len(source.shapes) == source.cells.num_rows > 0
        points = shapely.get_coordinates(source.shapes)
        assert np.isfinite(points).all()


def test_a_million_points_are_read_in_seconds(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 1_000, endpoint=False)
    north, east = 1_000 * np.sin(angle), 1_000 * np.cos(angle)
    body = ring(list(zip(north.tolist(), east.tolist(), strict=True)))
    path = written(tmp_path, HEADER + plot(body) * 1_000)
    start = time.perf_counter()
    source = read(path)
    assert time.perf_counter() - start < 30
    assert len(source.shapes) == 1_000
    assert source.findings == []


@pytest.mark.parametrize("sign", [" ", ",", "@", "1", "[", "=", "\u3000", "，", "\n", "\r"])
def test_a_long_line_takes_no_longer_than_it_is_long(tmp_path, sign):
    start = time.perf_counter()
    for before, after in (
        ("", ""),
        ("J1,", "x"),
        ("J1,1,", ""),
        ("9,1,A,B,面,,,,@", ""),
        ("带号=", ""),
    ):
        body = before + sign * 300_000 + after + "\n" + ring(LOT)
        try:
            layer(tmp_path, HEADER.replace("带号=38\n", "") + plot(ring(LOT)) + body)
        except LayerError:
            continue
    assert time.perf_counter() - start < 20


def test_rings_in_rings_in_rings(tmp_path):
    body = "".join(ring(square(at, at, 2 * (1_000 - at)), at) for at in range(1_000))
    start = time.perf_counter()
    source = layer(tmp_path, HEADER + plot(body))
    assert time.perf_counter() - start < 30
    widths = 2.0 * np.arange(1_000, 0, -1)
    assert source.shapes[0].area == pytest.approx((widths**2 * (-1) ** np.arange(1_000)).sum())


def test_a_ring_of_a_million_points_that_often_comes_back(tmp_path):
    body = (ring(LOT[:3]) * 50_000)[:-1] + "\n"
    start = time.perf_counter()
    source = layer(tmp_path, HEADER + plot(body))
    assert time.perf_counter() - start < 30
    assert said(source) == [("rings.many", 1, "A1")]


# --- out ------------------------------------------------------------------------------------------

CGCS = CRS("EPSG:4526")
COLUMNS = {"parcel_id": "DKBH", "name": "DKMC"}


def frame(shapes: list[Any], crs: Any = CGCS, **columns: Any) -> gpd.GeoDataFrame:
    facts = {"DKBH": [f"A{at}" for at in range(len(shapes))], "DKMC": "甲"} | columns
    return gpd.GeoDataFrame(facts, geometry=shapes, crs=crs)


def lot(crs: int = 4526) -> Polygon:
    east = EAST if crs == 4526 else EAST - 38_000_000
    return box(east, NORTH, east + 200, NORTH + 100)


def test_the_example_is_written_as_it_is_read(tmp_path):
    source = layer(tmp_path, EXAMPLE)
    facts = gpd.GeoDataFrame(source.cells.to_pandas(), geometry=source.shapes, crs=source.crs)
    names = ("parcel_id", "name", "declared_area", "land_use")
    made = survey_text(facts, CRS(source.crs), columns={name: name for name in names})
    assert made.text == EXAMPLE
    assert made.findings == []


@pytest.mark.parametrize("grid", [g for g in GRIDS.values() if g.zone in (25, 38, 45, 13, 20, 23)])
def test_every_grid_is_written_so_that_it_reads_back(tmp_path, grid):
    east = 516_400 + grid.prefixed * grid.zone * 1_000_000
    shapes = [box(east, NORTH, east + 200, NORTH + 100)]
    made = survey_text(frame(shapes), CRS.from_epsg(grid.epsg), columns=COLUMNS)
    source = layer(tmp_path, made.text)
    assert source.crs == f"EPSG:{grid.epsg}"
    assert source.shapes[0].equals(shapes[0])
    assert source.findings == []


def not_written(shapes: list[Any], crs: Any = CGCS, **columns: Any) -> list[Finding]:
    with pytest.raises(PublishError) as caught:
        survey_text(frame(shapes, **columns), CRS(crs), columns=COLUMNS, file="out.txt")
    assert all(item.file == "out.txt" for item in caught.value.findings)
    return list(caught.value.findings)


LOCAL = CGCS.to_wkt().replace("CGCS2000 / 3-degree Gauss-Kruger zone 38", "Dongguan_Local")


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:32650", "EPSG:3857", LOCAL])
def test_a_crs_that_the_format_cannot_state_is_refused(crs):
    (fault,) = not_written([lot()], crs)
    assert (fault.code, fault.seen) == ("survey.write-crs", CRS(crs).name)


@pytest.mark.parametrize("parcel", ["", "A,1", "A\n1", "A\r1"])
def test_an_id_that_would_change_is_refused(parcel):
    (fault,) = not_written([lot(), lot()], DKBH=["A0", parcel])
    assert (fault.code, fault.row, fault.parcel) == ("survey.write-id", 2, parcel)


BOWTIE = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])


@pytest.mark.parametrize(
    ("shape", "code", "seen"),
    [
        (None, "survey.write-shape", "no geometry"),
        (Polygon(), "survey.write-shape", "Polygon"),
        (lot().exterior, "survey.write-shape", "LinearRing"),
        (BOWTIE, "survey.write-shape", "Self-intersection"),
        (box(EAST, NORTH, EAST + 1e-4, NORTH + 1e-4), "survey.write-shape", ""),
        (lot(4547), "survey.write-place", "516200.000"),
        (box(0, 0, 200, 100), "survey.write-place", "200.000, 0.000"),
    ],
)
def test_a_shape_that_would_not_read_back_is_refused(shape, code, seen):
    (fault,) = not_written([lot(), shape])
    assert (fault.code, fault.row, fault.parcel) == (code, 2, "A1")
    assert seen in fault.seen


def test_every_row_that_cannot_be_written_is_told():
    faults = not_written([None, lot(), None])
    assert [item.row for item in faults] == [1, 3]


def test_a_name_that_holds_separators_is_changed_and_told(tmp_path):
    made = survey_text(frame([lot()], DKMC=["甲,\n乙"]), CGCS, columns=COLUMNS, file="out.txt")
    assert column(layer(tmp_path, made.text), "name") == ["甲， 乙"]
    (fault,) = made.findings
    assert (fault.code, fault.row, fault.parcel) == ("survey.write-text", 1, "A0")
    assert (fault.field, fault.changed) == ("DKMC", True)


def test_a_blank_declared_area_is_the_area_on_the_grid(tmp_path):
    facts = frame([lot(), lot()], MJ=[None, 1.9])
    made = survey_text(facts, CGCS, columns=COLUMNS | {"declared_area": "MJ"})
    assert column(layer(tmp_path, made.text), "declared_area") == [2.0, 1.9]


# Random land: boxes on a lattice of cells, each with any of a hole, and an island in the hole.
CELLS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=5, unique=True
)
JITTER = st.integers(0, 9_999)


@st.composite
def lands(draw: Any) -> Any:
    """Valid polygons and multipolygons with vertices on whole millimetres."""
    parts = []
    for east, north in draw(CELLS):
        corner = np.array([38_516_000_000 + east * 400_000, 2_526_000_000 + north * 400_000])
        shells = []
        for inset in (0, 60_000, 120_000)[: draw(st.integers(1, 3))]:
            low, high = inset, 300_000 - inset
            steps = np.array([[low, low], [high, low], [high, high], [low, high]])
            jitter = np.array([[draw(JITTER), draw(JITTER)] for _ in range(4)])
            turned = np.roll((corner + steps + jitter) / 1000, draw(st.integers(0, 3)), axis=0)
            shells.append(turned[:: draw(st.sampled_from([1, -1]))])
        parts.append(Polygon(shells[0], shells[1:2]))
        parts += [Polygon(ring) for ring in shells[2:]]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=",\n\r"), max_size=12)
IDS = WORDS.map(str.strip).filter(bool)


@given(st.lists(st.tuples(IDS, WORDS.map(str.strip), lands()), min_size=1, max_size=4))
def test_a_round_trip_keeps_ids_names_rings_and_coordinates(tmp_path_factory, plots):
    ids, names, shapes = (list(part) for part in zip(*plots, strict=True))
    facts = gpd.GeoDataFrame({"DKBH": ids, "DKMC": names}, geometry=shapes, crs=CGCS)
    made = survey_text(facts, CGCS, columns=COLUMNS)
    source = layer(tmp_path_factory.mktemp("trip", numbered=True), made.text)
    assert made.findings == []
    assert source.findings == []
    assert column(source, "parcel_id") == ids
    assert column(source, "name") == names
    for before, after in zip(shapes, source.shapes, strict=True):
        assert shapely.equals_exact(before.normalize(), after.normalize(), tolerance=0)
        rings = [
            shapely.get_coordinates(ring).tolist()
            for ring in shapely.get_rings(shapely.get_parts(before))
        ]
        again = [
            shapely.get_coordinates(ring).tolist()
            for ring in shapely.get_rings(shapely.get_parts(after))
        ]
        assert rings == again


def test_a_grid_says_its_meridian():
    assert Grid("CGCS2000", 6, 20, True).meridian == 117
    assert zone_at(115, 3) is None
    assert zone_at(72, 3) is None


def test_an_area_that_a_table_brings_is_in_no_hectares(tmp_path):
    """The areas of the format are in hectares, those of a table in its own unit."""
    survey = tmp_path / "p.txt"
    lines = [
        f"J{at},1,{2526000 + up}.000,{38516000 + east}.000"
        for at, (up, east) in enumerate([(0, 0), (0, 200), (100, 200), (100, 0), (0, 0)], 1)
    ]
    head = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n[地块坐标]\n"
    survey.write_text(head + "5,,A,甲,面,,,,@\n" + "\n".join(lines), encoding="utf-8")
    (tmp_path / "areas.csv").write_text("id,area\nA,20000\n", encoding="utf-8")
    (tmp_path / "plan.toml").write_text(
        """name = "x"
crs = "EPSG:4526"
base_date = 2023-01-01
as_of = 2024-01-01
[layers.parcels]
file = "p.txt"
[[layers.parcels.joins]]
file = "areas.csv"
key = "id"
on = "parcel_id"
fields = { declared_area = "area" }
""",
        encoding="utf-8",
    )
    result = check_file(tmp_path / "plan.toml", Known())
    assert [item.code for item in result.findings] == []
    assert result.area_mu == pytest.approx(30.0)


def test_hectares_are_hectares_within_a_zip_too(tmp_path):
    """2 ha are 30 mu; read as 2 m² they would contradict the drawn land."""
    path = written(tmp_path, HEADER + plot(ring(LOT)))
    with zipfile.ZipFile(tmp_path / "survey.zip", "w") as packed:
        packed.write(path, path.name)
    for source in (read_vector(path), read_vector(tmp_path / "survey.zip")):
        assert source.area_unit == "ha"
        assert declared_unit(source, ParcelLayer(file="x"), []) == ("ha", [])
