"""The published tables: one description each for CSV, Excel, terminal and page."""

import csv
import datetime
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely.affinity import translate

import geo
from geo.files import write_csv
from geo.parcels import COLUMNS
from geo.tables import sheets
from geo.tables.evidence import findings_sheet
from geo.tables.sheet import Field, Sheet, cells
from geo.text import Text
from geo.workbooks import write_workbook

ROOT = Path(__file__).resolve().parents[1]
QINGXI = ROOT / "layers" / "qingxi" / "plan.toml"

PLAN = """
name = "Four rows"
crs = "EPSG:4547"
base_date = 2023-01-01
as_of = 2024-12-31
scenarios = [{ id = "planned", name = "planned", plot_ratio = "planned" }]
accept = { "parcel.id-blank" = { zh = "待补编号", en = "ids will follow" } }

[layers.parcels]
file = "parcels.gpkg"
declared_area_unit = "mu"
fields = { declared_area = "mu" }
exclude = [{ field = "kind", values = ["street"], reason = { zh = "道路", en = "a street" } }]
"""


@pytest.fixture(scope="module")
def qingxi() -> dict[str, Sheet]:
    return {sheet.id: sheet for sheet in sheets(geo.run(geo.read_plan(QINGXI)))}


@pytest.fixture(scope="module")
def workbook(qingxi, tmp_path_factory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "tables.xlsx"
    write_workbook(list(qingxi.values()), path)
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def four(tmp_path_factory) -> geo.Study:
    """Four rows of 30, 60, 90 and 30 mu: one counted, one street, one without id, one more."""
    folder = tmp_path_factory.mktemp("four")
    lots = [
        shapely.box(0, 0, 200, 100),
        shapely.box(300, 0, 700, 100),
        shapely.box(800, 0, 1400, 100),
        shapely.box(1500, 0, 1700, 100),
    ]
    frame = gpd.GeoDataFrame(
        {
            "parcel_id": ["A", "R", "", "B"],
            "kind": ["lot", "street", "lot", "lot"],
            "mu": [30.0, 60.0, 90.0, None],
            "plot_ratio": [2.0, -1.0, 2.0, None],  # a fault of a row that is left out stops nothing
        },
        geometry=[translate(lot, 515000, 2526000) for lot in lots],
        crs="EPSG:4547",
    )
    frame.to_file(folder / "parcels.gpkg")
    (folder / "plan.toml").write_text(PLAN, "utf-8")
    return geo.run(geo.read_plan(folder / "plan.toml"))


def numbers(sheet: Sheet, key: str) -> list[float]:
    return sheet.frame[key].astype(float).tolist()


# -- what people read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "places", "value", "read"),
    [
        ("number", 2, 0.125, "0.13"),
        ("number", 2, 2.675, "2.68"),  # as a double it is below
        ("number", 2, -0.125, "-0.13"),
        ("number", 2, 1234.5, "1,234.50"),
        ("number", 0, 2.5, "3"),
        ("number", 1, 1e7 + 0.05, "10,000,000.1"),
        ("number", 2, -0.001, "0.00"),
        ("number", 2, None, "—"),
        ("percent", 1, 0.9165, "91.7%"),  # 1833 of 2000; as doubles 0.9165 * 100 = 91.64999…
        ("percent", 1, 0.5785, "57.9%"),
        ("percent", 1, 1.0, "100.0%"),
        ("percent", 1, 0.0005, "0.1%"),
        ("percent", 1, -0.0865, "-8.7%"),
        ("percent", 1, None, "—"),
        ("text", 2, None, ""),
        ("text", 2, datetime.date(2024, 12, 31), "2024-12-31"),
    ],
)
def test_a_cell_is_rounded_half_up_once(kind, places, value, read):
    item = Field("key", "中", "en", kind, places)
    sheet = Sheet("id", Text(zh="表", en="table"), (item,), pd.DataFrame({"key": [value]}))
    assert sheet.shown(item, value) == Text(zh=read, en=read)


def test_names_yes_and_lights_are_worded_in_both_languages():
    item = Field("key", "中", "en", "name")
    names = {"luoma": Text(zh="罗马", en="Luoma")}
    sheet = Sheet("id", Text(zh="表", en="table"), (item,), pd.DataFrame(), {item.key: names})
    assert sheet.shown(item, "luoma") == names["luoma"]
    assert sheet.shown(item, "=other") == Text(zh="=other", en="=other")
    assert sheet.shown(Field("b", "中", "en"), True) == Text(zh="是", en="yes")
    light = Field("light", "灯", "Light", "light")
    assert sheet.shown(light, "yellow") == Text(zh="黄", en="yellow")


def test_every_table_is_titled_and_headed_in_both_languages(qingxi):
    assert list(qingxi)[:3] == ["goals", "pace", "zones"]
    assert qingxi.keys() >= {"stages", "blocks", "contiguity", "floor", "programmes", "claims"}
    assert qingxi.keys() >= {"timeline", "assumptions", "parcels", "findings", "laws"}
    for sheet in qingxi.values():
        chinese = [sheet.title.zh, *(item.zh for item in sheet.fields)]
        assert all(any("一" <= letter <= "鿿" for letter in text) for text in chinese)
        english = [sheet.title.en, *(item.en for item in sheet.fields)]
        assert all(text and all(letter < "一" for letter in text) for text in english)
        assert len(set(chinese[1:])) == len(set(english[1:])) == len(sheet.fields)
        assert len(sheet.title.zh) <= 31  # what Excel allows
    assert len({sheet.title.zh for sheet in qingxi.values()}) == len(qingxi)


def test_the_parcel_table_is_the_documented_one(qingxi):
    keys = [item.key for item in qingxi["parcels"].fields]
    assert keys == [column.name for column in COLUMNS if column.name != "geometry"]
    assert len(qingxi["parcels"].frame) == 304


def test_every_id_shown_as_a_name_has_its_words(qingxi):
    for sheet in qingxi.values():
        if sheet.id == "blocks":
            continue  # a block may lie in several zones
        for item in sheet.fields:
            if item.kind == "name":
                values = set(sheet.frame[item.key].dropna()) - {""}
                assert values <= set(sheet.names[item.key]), (sheet.id, item.key)


# -- sums ----------------------------------------------------------------------------------------


def test_zones_add_up_to_the_total_row(qingxi):
    zones = qingxi["zones"].frame
    assert list(zones["zone"]) == ["luoma", "changshantou", ""]
    for key in ("area_mu", "parcels", "land_mu", "net_mu", "counted_mu"):
        *parts, total = numbers(qingxi["zones"], key)
        assert sum(parts) == pytest.approx(total, rel=1e-12)
    assert numbers(qingxi["zones"], "land_mu") == pytest.approx([2888, 1657, 4545], abs=1e-6)
    shares = zones["counted_mu"] / zones["land_mu"]
    assert zones["share"].tolist() == shares.tolist()


def test_stages_of_the_zones_add_up_to_those_of_the_town(qingxi):
    stages = qingxi["stages"].frame
    town = stages[stages["zone"] == ""].set_index("rung")
    parts = stages[stages["zone"] != ""].groupby("rung")[["parcels", "mu"]].sum()
    assert parts["parcels"].tolist() == town["parcels"].tolist()
    assert parts["mu"].tolist() == pytest.approx(town["mu"].tolist())
    assert town["mu"].sum() == pytest.approx(4545)
    assert town["mu_or_beyond"].iloc[0] == pytest.approx(4545)


def test_floor_of_the_zones_adds_up_to_that_of_the_town(qingxi):
    floor = qingxi["floor"].frame
    for scenario in ("planned", "upgrade35", "mixed"):
        rows = floor[floor["scenario"] == scenario]
        for key in ("existing_m2", "demolished_m2", "retained_m2", "total_m2", "added_m2"):
            parts = rows.loc[rows["zone"] != "", key].sum()
            assert parts == pytest.approx(rows.loc[rows["zone"] == "", key].item())


def test_set_aside_rows_are_listed_with_their_mu(four):
    assert four.land_mu == pytest.approx(60)
    sheet = {sheet.id: sheet for sheet in sheets(four)}["aside"]
    rows = [
        [sheet.shown(*pair) for pair in zip(sheet.fields, row, strict=True)] for row in cells(sheet)
    ]
    read = {row[0].zh: [text.zh for text in row[1:]] for row in rows}
    assert read["2"][:1] == ["R"]
    assert read["2"][2:] == ["60.00", "60.00", "", "parcel.excluded"]
    assert "道路" in read["2"][1]
    assert "a street" not in read["2"][1]
    assert "a street" in rows[0][2].en
    assert read["3"] == ["", "地块编号为空", "90.00", "90.00", "待补编号", "parcel.id-blank"]
    assert rows[1][5].en == "ids will follow"
    assert sum(numbers(sheet, "drawn_mu")) == pytest.approx(150)
    assert geo.summary(four)["aside"] == {"rows": 2, "mu": pytest.approx(150)}


def test_floor_says_for_which_land_it_speaks(four):
    """40 000 m² on the 30 mu whose ratio is known; the other 30 mu are left out, not nought."""
    floor = {sheet.id: sheet for sheet in sheets(four)}["floor"].frame
    town = floor[floor["zone"] == ""].iloc[0]
    assert town["total_m2"] == pytest.approx(40_000)
    assert town["known_share"] == pytest.approx(0.5)
    assert pd.isna(town["existing_m2"])
    assert pd.isna(town["added_m2"])


def test_a_sum_of_joined_rows_leaves_out_and_lists_what_is_no_number(four, tmp_path):
    for file in four.plan.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "floor.csv").write_text("id,floor\nA,100\nA,50\nA,about 9\nB,?\n", "utf-8")
    join = """
[[layers.parcels.joins]]
file = "floor.csv"
key = "id"
on = "parcel_id"
fields = { existing_floor = "floor" }
combine = { existing_floor = "sum" }
"""
    (tmp_path / "plan.toml").write_text(PLAN + join, "utf-8")
    study = geo.run(geo.read_plan(tmp_path / "plan.toml"))
    floor = study.parcels.set_index("parcel_id")["existing_floor_m2"]
    assert floor["A"] == 150
    assert pd.isna(floor["B"])  # not 0
    odd = [item for item in study.findings if item.code == "join.unreadable"]
    assert [(item.row, item.parcel, item.seen) for item in odd] == [
        (4, "A", "about 9"),
        (5, "B", "?"),
    ]


# -- files ---------------------------------------------------------------------------------------


def test_the_workbook_is_in_chinese(qingxi, workbook):
    assert workbook.sheetnames == [sheet.title.zh for sheet in qingxi.values()]
    for page, sheet in zip(workbook, qingxi.values(), strict=True):
        assert [cell.value for cell in page[1]] == [item.zh for item in sheet.fields]
        assert page.freeze_panes == "B2"
        assert page.max_row == len(sheet.frame) + 1
    assert [cell.value for cell in workbook["片区"]["A"]] == [
        "片区",
        "罗马",
        "长山头",
        "合计",
    ]
    assert {cell.value for cell in workbook["目标进度"]["B"][1:]} <= {"红", "黄", "绿"}


def test_numbers_of_the_workbook_are_numbers_unrounded(qingxi, workbook):
    for page, sheet in zip(workbook, qingxi.values(), strict=True):
        for line, row in zip(page.iter_rows(min_row=2), cells(sheet), strict=True):
            for cell, item, value in zip(line, sheet.fields, row, strict=True):
                if item.kind not in ("number", "percent"):
                    continue
                assert cell.value == (None if value is None else pytest.approx(value, rel=1e-15))
                if value is not None:
                    assert cell.data_type == "n"
                    assert cell.number_format.endswith("%") == (item.kind == "percent")
                    decimals = cell.number_format.rstrip("%").partition(".")[2]
                    assert len(decimals) == item.places


def test_dates_of_the_workbook_are_dates(workbook):
    due = [cell.value for cell in workbook["目标进度"]["C"][1:]]
    assert due[0] == datetime.datetime(2025, 12, 31)
    header = [cell.value for cell in workbook["地块"][1]]
    column = header.index("到达日期")
    dates = [row[column] for row in workbook["地块"].iter_rows(min_row=2, values_only=True)]
    assert {type(value) for value in dates} == {datetime.datetime, type(None)}


def test_csv_has_the_keys_and_the_figures_to_the_last_bit(qingxi, tmp_path):
    for sheet in qingxi.values():
        path = tmp_path / f"{sheet.id}.csv"
        write_csv(sheet, path)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        assert header == [item.key for item in sheet.fields]
        for read, row in zip(rows, cells(sheet), strict=True):
            for text, item, value in zip(read, sheet.fields, row, strict=True):
                if value is None:
                    assert text == ""
                elif item.kind in ("number", "percent"):
                    assert float(text) == float(value)
                    assert Decimal(text).is_finite()


def test_findings_stand_in_a_table_of_their_own(four):
    sheet = findings_sheet(four.findings)
    rows = list(cells(sheet))
    assert len(rows) == len(four.findings) > 0
    keys = [item.key for item in sheet.fields]
    assert keys[:7] == ["severity", "code", "file", "layer", "row", "parcel", "field"]
    blank = next(row for row in rows if row[1] == "parcel.id-blank")
    worded = sheet.shown(sheet.fields[7], blank[7])
    assert worded == Text(zh="地块编号为空", en="the parcel id is blank")
    assert not sheet.on_page


def test_control_characters_do_not_break_the_workbook(tmp_path):
    field = Field("key", "中", "en")
    frame = pd.DataFrame({"key": ["a\x00b\x0b", "x" * 40_000]})
    write_workbook([Sheet("id", Text(zh="表", en="t"), (field,), frame)], tmp_path / "a.xlsx")
    page = openpyxl.load_workbook(tmp_path / "a.xlsx")["表"]
    assert page["A2"].value == "ab"
    assert page["A3"].value == "x" * 32_767  # what Excel can hold
