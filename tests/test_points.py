"""Coordinate tables: which number is north is said or measured, never guessed."""

import csv
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import LayerError
from geo.findings import Finding
from geo.land import read_land
from geo.plan import read_plan
from geo.readers.formats import read_raw
from geo.readers.point_columns import holds_coordinates
from geo.readers.points import from_cells
from geo.readers.raw import RawLayer
from tests.makers import placed, write_plan

EAST, NORTH = 38_516_000.0, 2_526_000.0
LOT = [(0, 0), (0, 200), (100, 200), (100, 0)]  # north, east: 30 mu
LOT_M2 = 20_000.0
HEADER = ["地块编号", "点号", "北坐标", "东坐标"]


def points(
    parcel: str, at: list[tuple[float, float]] = LOT, *, closed: bool = False
) -> list[list[str]]:
    at = [*at, at[0]] if closed else at
    return [
        [parcel, f"J{number}", f"{NORTH + north:.3f}", f"{EAST + east:.3f}"]
        for number, (north, east) in enumerate(at, 1)
    ]


def moved(
    at: list[tuple[float, float]], north: float, east: float = 0
) -> list[tuple[float, float]]:
    return [(one + north, other + east) for one, other in at]


def sheet(*rows: list[str], header: list[str] = HEADER, first: int = 1) -> dict[int, list[str]]:
    return dict(enumerate([header, *rows], start=first))


def layer(*rows: list[str], header: list[str] = HEADER) -> RawLayer:
    return from_cells(sheet(*rows, header=header), name="界址点", file="points.xlsx")


def refused(*rows: list[str], header: list[str] = HEADER) -> Finding:
    with pytest.raises(LayerError) as caught:
        layer(*rows, header=header)
    (fault,) = caught.value.findings
    assert (fault.file, fault.layer) == ("points.xlsx", "界址点")
    return fault


def said(source: RawLayer) -> list[tuple[str, int | None, str]]:
    assert all((item.file, item.layer) == ("points.xlsx", "界址点") for item in source.findings)
    return [(item.code, item.row, item.parcel) for item in source.findings]


def areas(source: RawLayer) -> list[float | None]:
    return [None if shape is None else shape.area for shape in source.shapes]


def with_order(rows: list[list[str]], order: list[int]) -> list[list[str]]:
    return [[*row, str(number)] for row, number in zip(rows, order, strict=True)]


def test_one_parcel_for_each_id():
    source = layer(*points("A"), *points("B", moved(LOT, 300), closed=True))
    assert source.cells.to_pylist() == [{"地块编号": "A"}, {"地块编号": "B"}]
    assert areas(source) == [LOT_M2, LOT_M2]
    assert source.shapes[0].bounds == (EAST, NORTH, EAST + 200, NORTH + 100)
    assert (source.crs, source.findings, source.name) == (None, [], "界址点")


PAIRS = {
    "words": ("北坐标", "东坐标"),
    "axes in words": ("纵坐标", "横坐标"),
    "letters": ("N", "E"),
    "English": ("Northing (m)", "Easting (m)"),
    "units": ("纵坐标（米）", "横坐标（米）"),
    "brackets": ("X(北)", "Y(东)"),
    "survey": ("X坐标", "Y坐标"),
    "bare": ("X", "Y"),
    "bare with unit": ("X（m）", "Y（m）"),
    "bare and reversed": ("Y", "X"),
    "GIS": ("POINT_Y", "POINT_X"),
    "reversed words": ("坐标Y", "坐标X"),
}


@pytest.mark.parametrize("prefix", ["38", ""])
@pytest.mark.parametrize(("north", "east"), PAIRS.values(), ids=PAIRS)
def test_north_is_found_by_its_name_or_its_size(north, east, prefix):
    rows = [[*row[:3], row[3].replace("38", prefix, 1)] for row in points("A")]
    source = layer(*rows, header=["地块编号", "点号", north, east])
    x = EAST - (0 if prefix else 38_000_000)
    assert source.shapes[0].bounds == (x, NORTH, x + 200, NORTH + 100)
    assert source.findings == []
    turned = layer(*[[row[0], row[1], row[3], row[2]] for row in rows],
                   header=["地块编号", "点号", east, north])  # fmt: skip
    assert turned.shapes[0].equals(source.shapes[0])


def test_names_that_contradict_the_numbers_are_corrected_and_told():
    source = layer(*points("A"), header=["地块编号", "点号", "东坐标", "北坐标"])
    assert source.shapes[0].bounds == (EAST, NORTH, EAST + 200, NORTH + 100)
    assert said(source) == [("grid.swapped", None, "")]
    assert source.findings[0].changed
    assert source.findings[0].seen == "4"
    assert "line 2" in source.findings[0].message


def test_one_swapped_point_under_bare_names_is_corrected_and_told():
    rows = points("A")
    rows[2][2:] = rows[2][:1:-1]
    source = layer(*rows, header=["地块编号", "点号", "X", "Y"])
    assert areas(source) == [LOT_M2]
    assert said(source) == [("grid.swapped", None, "")]
    assert "line 4" in source.findings[0].message


DEGREES = [["A", "114.15", "22.84"], ["A", "114.16", "22.84"], ["A", "114.16", "22.85"]]


@pytest.mark.parametrize(
    "names", [("经度", "纬度"), ("lon", "lat"), ("Longitude(°)", "Latitude(°)"), ("X", "Y")]
)
def test_degrees_are_read_and_no_crs_is_assumed(names):
    source = layer(*DEGREES, header=["地块编号", *names])
    assert source.shapes[0].bounds == pytest.approx((114.15, 22.84, 114.16, 22.85))
    assert (source.crs, source.findings) == (None, [])


def test_degrees_under_swapped_names_are_corrected_and_told():
    source = layer(*DEGREES, header=["地块编号", "纬度", "经度"])
    assert source.shapes[0].bounds == pytest.approx((114.15, 22.84, 114.16, 22.85))
    assert said(source) == [("grid.swapped", None, "")]


def test_words_place_what_lies_outside_china():
    rows = [[row[0], row[1], row[2][4:], row[3][5:]] for row in points("A")]
    source = layer(*rows)
    assert source.shapes[0].bounds == (0, 0, 200, 100)
    assert source.findings == []


def test_two_small_numbers_under_x_and_y_are_not_guessed():
    rows = [[row[0], row[1], row[2][4:], row[3][5:]] for row in points("A")]
    for names in (["X", "Y"], ["X坐标", "Y坐标"], ["经度", "纬度"]):
        fault = refused(*rows, header=["地块编号", "点号", *names])
        assert fault.code == "points.axes"


@pytest.mark.parametrize(
    ("header", "code", "seen"),
    [
        (["地块编号", "点号", "X", "备注"], "points.columns", "X"),
        (["地块编号", "点号", "面积", "备注"], "points.columns", "—"),
        (["地块编号", "X", "X(m)", "Y"], "points.columns-twice", "X, X(m)"),
        (["点号", "备注", "X", "Y"], "points.parcel", ""),
        (["地块编号", "备注", "X", "Y"], "points.numbered", "A0"),
    ],
)
def test_columns_that_are_not_clear_are_refused(header, code, seen):
    rows = [[f"A{at}", *row[1:]] for at, row in enumerate(points("A"))]
    fault = refused(*rows, header=header)
    assert (fault.code, fault.seen) == (code, seen)


@pytest.mark.parametrize("rows", [[], [["", "", "", ""]], [["合计", "", "", ""]]])
def test_a_table_without_points_is_refused(rows):
    assert refused(*rows).code == "layer.no-rows"


def test_a_table_without_rows_is_refused():
    with pytest.raises(LayerError) as caught:
        from_cells({}, name="界址点", file="points.xlsx")
    assert [item.code for item in caught.value.findings] == ["layer.no-rows"]


def test_a_column_of_one_name_twice_is_refused():
    fault = refused(*points("A"), header=["地块编号", "备注", "X", "备注"])
    assert (fault.code, fault.row, fault.field) == ("table.column-twice", 1, "备注")


def test_cells_beyond_the_header_are_refused():
    rows = points("A")
    fault = refused(*rows[:2], [*rows[2], "9"], rows[3])
    assert (fault.code, fault.row, fault.seen) == ("table.ragged", 4, "5")
    assert layer(*rows[:2], [*rows[2], "", " "], rows[3]).findings == []


def test_eastings_of_two_zones_are_refused():
    rows = points("A")
    for other, seen in (("39", "38, 39"), ("", "—, 38")):
        changed = [[*row[:3], row[3].replace("38", other, 1)] for row in points("B")]
        fault = refused(*rows, *changed)
        assert (fault.code, fault.seen) == ("grid.prefixes", seen)


def test_a_blank_id_goes_on_with_the_parcel_above():
    rows = [*points("A"), *points("B", moved(LOT, 300))]
    merged = [row if at % 4 == 0 else ["", *row[1:]] for at, row in enumerate(rows)]
    source = layer(*merged)
    assert source.cells["地块编号"].to_pylist() == ["A", "B"]
    assert areas(source) == [LOT_M2, LOT_M2]


def test_blank_rows_part_nothing():
    rows = points("A")
    source = layer(*rows[:2], ["", "", "", ""], *rows[2:])
    assert (areas(source), source.findings) == ([LOT_M2], [])


def test_a_total_is_no_point_and_is_told():
    source = layer(*points("A"), ["合计", "4 点", "", ""])
    assert areas(source) == [LOT_M2]
    assert said(source) == [("points.total", None, "")]
    assert (source.findings[0].seen, source.findings[0].severity) == ("合计", "info")
    assert "row 6" in source.findings[0].message


@pytest.mark.parametrize(
    "cell", ["", "2526OOO", "114°9′30″", "nan", "inf", "1e999", "12%", "#REF!"]
)
def test_a_coordinate_that_is_no_number_is_an_error_at_its_row(cell):
    rows = [*points("A"), *points("B", moved(LOT, 300)), *points("C", moved(LOT, 600))]
    rows[6][2] = cell
    source = layer(*rows)
    assert said(source) == [("points.number", 2, "B")]
    assert areas(source) == [LOT_M2, None, LOT_M2]
    assert "row 8" in source.findings[0].message
    assert source.findings[0].sets_aside


def test_thousands_and_full_width_digits_are_numbers():
    rows = [[*row[:2], f"{float(row[2]):,.3f}", row[3].replace("3", "３")] for row in points("A")]
    assert areas(layer(*rows)) == [LOT_M2]


def test_a_point_that_is_not_in_china_is_an_error_at_its_row():
    rows = [*points("A"), *points("B", moved(LOT, 300))]
    rows[5][2] = rows[5][2].replace("2526", "252")
    source = layer(*rows)
    assert said(source) == [("grid.place", 2, "B")]
    assert areas(source) == [LOT_M2, None]
    assert "line 7" in source.findings[0].message


def test_two_points_are_no_parcel():
    source = layer(*points("A"), *points("B", LOT[:2], closed=True))
    assert said(source) == [("rings.few", 2, "B")]
    assert areas(source) == [LOT_M2, None]


HOLE = [(20, 20), (20, 60), (60, 60), (60, 20)]


def test_rings_by_their_column():
    header = [*HEADER, "圈号"]
    rows = [*with_order(points("A"), [1] * 4), *with_order(points("A", HOLE), [2] * 4)]
    source = layer(*rows, header=header)
    assert areas(source) == [LOT_M2 - 1600]
    assert (source.cells.column_names, source.findings) == (["地块编号"], [])


def test_rings_by_their_closing_points():
    rows = points("A", closed=True) + points("A", HOLE, closed=True)
    assert areas(layer(*rows)) == [LOT_M2 - 1600]


def test_parts_of_one_parcel_in_two_places():
    rows = points("A", closed=True), points("B", moved(LOT, 300)), points("A", HOLE, closed=True)
    source = layer(*[row for part in rows for row in part])
    assert areas(source) == [LOT_M2 - 1600, LOT_M2]
    assert source.findings == []


def test_points_in_several_places_are_not_joined_by_guess():
    a, b = points("A"), points("B", moved(LOT, 300))
    rows = [row for pair in zip(a, b, strict=True) for row in pair]
    source = layer(*rows)
    assert said(source) == [("rings.few", 1, "A"), ("rings.few", 2, "B")]
    halves = layer(*a[:3], *b, *a[3:])
    assert said(halves) == [("rings.split", 1, "A")]
    assert areas(halves) == [None, LOT_M2]


def test_points_in_several_places_are_joined_by_their_order():
    a, b = points("A"), points("B", moved(LOT, 300))
    ordered = (with_order(part, [1, 2, 3, 4]) for part in (a, b))
    rows = [row for pair in zip(*ordered, strict=True) for row in pair]
    source = layer(*rows, header=[*HEADER, "序号"])
    assert areas(source) == [LOT_M2, LOT_M2]
    assert source.findings == []


@pytest.mark.parametrize("order", [[1, 2, 4, 3], [1, 2, 1, 2], [2, 1, 3, 4]])
def test_an_order_that_goes_back_is_an_error(order):
    source = layer(*with_order(points("A"), order), header=[*HEADER, "序号"])
    assert said(source) == [("points.order", 1, "A")]
    assert areas(source) == [None]


def test_an_order_may_begin_again_with_a_ring():
    rows = with_order(points("A", closed=True), [1, 2, 3, 4, 1])
    rows += with_order(points("A", HOLE, closed=True), [1, 2, 3, 4, 5])
    source = layer(*rows, header=[*HEADER, "序号"])
    assert (areas(source), source.findings) == ([LOT_M2 - 1600], [])


def test_labels_need_no_order():
    """Neighbours share numbered points, so that a ring may run J5, J6, J18, J17."""
    rows = [[row[0], label, *row[2:]] for row, label in
            zip(points("A"), ("J5", "J6", "J18", "J17"), strict=True)]  # fmt: skip
    assert areas(layer(*rows)) == [LOT_M2]


def test_what_is_constant_in_a_parcel_is_its_attribute():
    header = [*HEADER, "地块名称", "边长"]
    a = [[*row, "甲" if at == 0 else "", str(at)] for at, row in enumerate(points("A"))]
    b = [[*row, "乙", str(at)] for at, row in enumerate(points("B", moved(LOT, 300)))]
    source = layer(*a, *b, header=header)
    assert source.cells.to_pylist() == [
        {"地块编号": "A", "地块名称": "甲"},
        {"地块编号": "B", "地块名称": "乙"},
    ]
    assert [(item.code, item.field) for item in source.findings] == [("points.column", "边长")]


def test_ids_stay_text():
    long = "441900115001000012"
    source = layer(*points("0012"), *points(long, moved(LOT, 300)))
    assert source.cells["地块编号"].to_pylist() == ["0012", long]


WKT = shapely.box(EAST, NORTH, EAST + 200, NORTH + 100).wkt


def test_an_outline_a_row_as_wkt():
    rows = [["A", WKT, "30"], ["B", WKT.lower(), ""]]
    source = layer(*rows, header=["地块编号", "WKT", "面积（亩）"])
    assert source.cells.to_pylist() == [
        {"地块编号": "A", "面积（亩）": "30"},
        {"地块编号": "B", "面积（亩）": ""},
    ]
    assert areas(source) == [LOT_M2, LOT_M2]
    assert (source.crs, source.findings) == (None, [])


def test_a_srid_that_every_outline_states_is_the_crs():
    header = ["地块编号", "WKT"]
    source = layer(["A", "SRID=4526;" + WKT], ["B", "srid=4526; " + WKT], header=header)
    assert source.crs == "EPSG:4526"
    fault = refused(["A", "SRID=4526;" + WKT], ["B", WKT], header=header)
    assert (fault.code, fault.seen) == ("points.srid", "4526, —")


@pytest.mark.parametrize(
    "text",
    [
        *["", "x", "POLYGON ((0 0, 1", "CIRCULARSTRING (0 0, 1 1, 2 0)"],
        *["GEOMETRYCOLLECTION (" * 100_000, "POLYGON " + "(" * 100_000, "POLYGON ((0 0, 1 1))"],
    ],
    ids=["blank", "word", "cut", "curve", "nested", "brackets", "ring"],
)
def test_an_outline_that_is_none_is_an_error_at_its_row(text):
    source = layer(["A", WKT], ["B", text], header=["地块编号", "WKT"])
    assert said(source) == [("points.wkt", 2, "B")]
    assert areas(source) == [LOT_M2, None]
    assert "row 3" in source.findings[0].message


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        (HEADER, True),
        (["X", "Y"], True),
        (["编号", "geometry"], True),
        (["编号", "经度（东经）", "纬度"], True),
        (["编号", "X", "面积"], False),
        (["编号", "容积率"], False),
        ([], False),
    ],
)
def test_a_coordinate_table_is_known_by_its_header(header, holds):
    assert holds_coordinates(header) is holds


def test_a_parcel_does_not_depend_on_where_it_stands():
    rows = [points(name, moved(LOT, 300 * at)) for at, name in enumerate("ABCDE")]
    one = layer(*[row for part in rows for row in part])
    other = layer(*[row for part in rows[::-1] for row in part])
    assert shapely.equals_identical(one.shapes, other.shapes[::-1]).all()


CELL = st.one_of(
    st.sampled_from(
        ["", "A", "B", "合计", "1", "2526000", "38516000", "516000.5", "114.1", "22.8"]
    ),
    st.text(max_size=6),
    st.floats().map(str),
)
NAMES = st.sampled_from(
    ["地块编号", "点号", "X", "Y", "北坐标", "东坐标", "序号", "圈号", "WKT", "lon", "lat", ""]
)


@given(st.lists(NAMES, min_size=1, max_size=6), st.lists(st.lists(CELL, max_size=7), max_size=8))
def test_any_cells_are_read_or_refused(header: list[str], rows: list[Any]):
    try:
        source = layer(*rows, header=header)
    except LayerError as error:
        assert error.findings
    else:
        assert len(source.shapes) == source.cells.num_rows > 0
        assert np.isfinite(shapely.get_coordinates(source.shapes)).all()


def test_hundreds_of_thousands_of_points_are_read_in_seconds():
    rows = [row for at in range(50_000) for row in points(f"A{at}", moved(LOT, 2 * at))]
    start = time.perf_counter()
    source = layer(*rows)
    assert time.perf_counter() - start < 30
    assert areas(source) == [LOT_M2] * 50_000


# --- rows that are no land by their words, and have some


def sheet_of(tmp_path: Path, *rows: list[str]) -> Path:
    path = tmp_path / "p.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("word", ["合计", "备注：以此为准"])
def test_a_total_or_a_note_with_an_outline_is_an_error_at_its_row(tmp_path: Path, word: str):
    rows = [["编号", "WKT"], ["A", WKT], ["", ""], ["B", WKT], [word, WKT]]
    source = read_raw(sheet_of(tmp_path, *rows))
    assert areas(source) == [LOT_M2, LOT_M2, LOT_M2]
    (fault,) = source.findings
    assert (fault.code, fault.severity, fault.sets_aside) == ("points.drawn", "error", True)
    assert (fault.file, fault.layer, fault.row, fault.parcel) == ("p.csv", "p", 3, word)
    assert "row 5" in fault.message


@pytest.mark.parametrize("word", ["合计", "备注：以此为准"])
@pytest.mark.parametrize("outline", ["", "—", "（见附图）"])
def test_a_total_or_a_note_without_an_outline_is_no_parcel(tmp_path: Path, word: str, outline: str):
    rows = [["编号", "WKT"], ["A", WKT], [word, outline]]
    source = read_raw(sheet_of(tmp_path, *rows))
    assert areas(source) == [LOT_M2]
    assert [(item.severity, item.row) for item in source.findings] == [("info", 3)]


def test_a_total_in_a_column_without_a_name_is_found_too(tmp_path: Path):
    rows = [["", "编号", "WKT"], ["1", "A", WKT], ["合计", "", WKT]]
    faults = {item.code: item for item in read_raw(sheet_of(tmp_path, *rows)).findings}
    assert (faults["points.drawn"].row, faults["points.drawn"].parcel) == (2, "")


@pytest.mark.parametrize("word", ["合计", "备注：J5"])
def test_a_total_or_a_note_with_coordinates_may_be_a_point(tmp_path: Path, word: str):
    rows = [HEADER, *points("A"), *points(word)[:1]]
    with pytest.raises(LayerError) as stopped:
        read_raw(sheet_of(tmp_path, *rows))
    (fault,) = stopped.value.findings
    assert (fault.code, fault.file, fault.row, fault.seen) == (
        "points.drawn", "p.csv", len(rows), word,
    )  # fmt: skip


def test_an_outline_called_a_total_is_set_aside_with_its_mu(tmp_path: Path):
    rows = [["parcel_id", "WKT"], ["A", WKT], ["合计", WKT]]
    path = write_plan(tmp_path, placed(shapely.box(0, 0, 200, 100), parcel_id=["A"]))
    sheet_of(tmp_path, *rows)
    text = path.read_text(encoding="utf-8").replace("EPSG:4547", "EPSG:4526")
    text = text.replace('"parcels.parquet"', '"p.csv"\ncrs = "EPSG:4526"')
    path.write_text(text, encoding="utf-8")
    done = read_land(read_plan(path))
    (fault,) = [item for item in done.findings if item.code == "points.drawn"]
    assert (fault.file, fault.row, fault.parcel) == ("p.csv", 2, "合计")
    assert fault.area_m2 == pytest.approx(LOT_M2)
    assert done.parcels["parcel_id"].tolist() == ["A"]
    assert done.aside["row"].tolist() == [2]
