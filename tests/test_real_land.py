"""Real layers, by the way a user goes: `new`, then `build`; figures from other tools.

The literals were computed without this package and before it: areas by an exact shoelace over
`fractions.Fraction` on coordinates decoded by hand from WKB and TopoJSON, and by SpatiaLite 5.0;
ellipsoidal areas by `pyproj.Geod` (GRS80); gaps by segment distances without GEOS; groups and
articulation lots by networkx; true arcs by their circle segments; the tax table by `csv`.
"""

import csv
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest

import geo
from geo.errors import ChecksError, LayerError
from geo.scaffold import guess, new_plan

pytestmark = pytest.mark.real_data

ROOT = Path(__file__).resolve().parents[1]
TODAY = date(2024, 12, 31)
M2_PER_MU = 2000 / 3
M2_PER_FT2 = 0.09290304


def planned(
    folder: Path, layer: Path, *changes: tuple[str, str], more: str = "", **how: Any
) -> Path:
    """A plan as `landready new` writes it, then edited as a user would."""
    path, _, _ = new_plan(folder, layer, as_of=TODAY, **how)
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(f"{text}\n{more}", "utf-8")
    return path


def gaps(study: geo.Study, column: str) -> dict[str, Any]:
    """Blocks or largest mu among all parcels, by definition of contiguity."""
    table = study.gap_comparison
    assert set(table["set"]) == {"all"}
    return dict(zip(table["definition"], table[column], strict=True))


def bridges(study: geo.Study) -> list[int]:
    """Rows (fid) of the lots whose loss splits a block."""
    return study.parcels.loc[study.parcels["is_bridge"], "row"].tolist()


def codes(findings: list[geo.Finding]) -> Counter[str]:
    return Counter(item.code for item in findings)


# -- Nankan: industrial lots, Taiwan -------------------------------------------------------------


@pytest.fixture(scope="module")
def nankan(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    folder = tmp_path_factory.mktemp("nankan")
    layer = shared_data / "nankan_industrial.gpkg"
    return geo.run(geo.read_plan(planned(folder, layer, fields={"land_use": "使用分"})))


def test_nankan_has_two_land_uses_and_neither_is_guessed(shared_data):
    found = guess(shared_data / "nankan_industrial.gpkg")
    (asked,) = found.findings
    assert (asked.code, asked.field) == ("field.ambiguous", "land_use")
    assert asked.seen == "使用分 (零星工業區, 零星工業區); 分區類 (工業區, 工業區)"
    assert "land_use" not in found.fields


def test_nankan_is_read_as_it_is_meant(nankan):
    layer = nankan.plan.layers.parcels
    assert nankan.plan.crs == "EPSG:3826"
    assert layer.declared_area_unit == "m2"
    assert layer.plot_ratio_unit == "percent"  # 容積率 is the text "210"
    assert layer.fields == {
        "parcel_id": "OBJECTID",
        "land_use": "使用分",
        "declared_area": "參考面",
        "plot_ratio": "容積率",
    }
    assert set(nankan.parcels["plot_ratio"]) == {2.1}
    # 參考面 agrees on every row; the layer has no column for treatment
    assert codes(nankan.findings) == {"parcel.overlap": 1, "parcel.gap": 1, "treatment.assumed": 1}
    # the union of fid 21 and OBJECTID 41440, closed by 5 cm: 0.081312 m² more than both
    (gap,) = (item for item in nankan.findings if item.code == "parcel.gap")
    assert (gap.row, gap.parcel, gap.area_m2) == (21, "41372", pytest.approx(0.081312, abs=1e-6))


def test_nankan_area(nankan):
    figures = geo.summary(nankan)
    assert (figures["rows_in"], figures["parcels"], figures["aside"]["rows"]) == (132, 132, 0)
    # exact Fraction shoelace = SpatiaLite: 7 223 398.284248 m²; union 7 223 384.705724 m²
    assert figures["planar_mu"] == pytest.approx(10_835.09742637, abs=1e-6)
    assert figures["area_mu"] == pytest.approx(10_835.07705859, abs=1e-6)
    # own slab overlap, no GEOS: fid 10 and 106 share 13.578525 m²
    assert figures["overlap_mu"] * M2_PER_MU == pytest.approx(13.578525, abs=1e-5)
    (overlap,) = (item for item in nankan.findings if item.code == "parcel.overlap")
    pair = nankan.parcels.set_index("parcel_id")["row"]
    other = overlap.message.split(";")[0].split()[-1]
    assert {overlap.row, pair[other]} == {10, 106}
    # pyproj.Geod, GRS80, 70 m segments
    assert figures["ellipsoidal_mu"] == pytest.approx(7_224_690.8168 / M2_PER_MU, abs=1e-5)
    ppm = (nankan.parcels["ellipsoidal_m2"] / nankan.parcels["planar_m2"] - 1) * 1e6
    assert (ppm.min(), ppm.max()) == (
        pytest.approx(175.48, abs=0.006),
        pytest.approx(182.07, abs=0.006),
    )
    largest = nankan.parcels.loc[nankan.parcels["area_m2"].idxmax()]
    assert (largest["row"], largest["land_mu"]) == (67, pytest.approx(1205.991921, abs=1e-6))


def test_nankan_land_use(nankan):
    land = nankan.parcels.groupby("land_use")["planar_m2"].agg(["size", "sum"])
    assert land["size"].to_dict() == {"工業區": 122, "零星工業區": 10}
    # exact Fraction shoelace
    assert land["sum"].tolist() == pytest.approx([7_158_082.6102, 65_315.6740], abs=1e-3)


def test_nankan_floor(nankan):
    # 2.1 x the union of 7 223 384.705724 m²
    assert geo.summary(nankan)["floor_m2"] == {"planned": pytest.approx(15_169_107.8820, abs=1e-3)}


def test_nankan_blocks(nankan):
    # networkx over own segment distances
    assert gaps(nankan, "blocks") == {
        "strict": 129, "0": 128, "5": 125, "10": 115, "20": 35, "30": 22, "50": 15,
    }  # fmt: skip
    assert gaps(nankan, "parcels") == {
        "strict": 1, "0": 1, "5": 1, "10": 1, "20": 17, "30": 47, "50": 57,
    }  # fmt: skip
    largest = gaps(nankan, "largest_mu")
    for definition in ("strict", "0", "5", "10"):
        assert largest[definition] == pytest.approx(1205.991921, abs=1e-6)
    assert largest["20"] == pytest.approx(1737.348402, abs=1e-6)
    # these two hold fid 10 and 106, whose 0.020368 mu count once here and twice there
    assert largest["30"] == pytest.approx(3874.653798 - 0.020368, abs=1e-5)
    assert largest["50"] == pytest.approx(4699.712902 - 0.020368, abs=1e-5)
    top = nankan.blocks.head(5)
    assert top["parcels"].tolist() == [47, 16, 16, 3, 8]
    mu = [3874.6334, 2006.8008, 1129.6473, 929.8606, 882.0765]
    assert top["land_mu"].tolist() == pytest.approx(mu, abs=1e-4)
    assert (nankan.blocks["parcels"] > 1).sum() == 9
    assert nankan.blocks["widest_gap_m"].max() <= 30


def test_nankan_bridge_lots(nankan):
    # networkx.articulation_points = brute removal
    assert bridges(nankan) == [12, 13, 21, 24, 44, 55, 61, 68, 82, 87, 95, 102, 117, 132]
    # without fid 55 the block of 2006.80 mu falls into 1727.7294, 72.6166 and 69.0652
    loss_m2 = nankan.parcels.set_index("row").at[55, "loss_m2"]
    assert loss_m2 / M2_PER_MU == pytest.approx(72.6166 + 69.0652, abs=1e-4)


def test_nankan_by_the_real_command(shared_data, tmp_path):
    def landready(*words: str | Path, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "geo", *map(str, words)],
            capture_output=True,
            encoding="utf-8",
            cwd=ROOT,
            env={**os.environ, "LANDREADY_LANG": "zh"},
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    folder, layer = tmp_path / "南崁 工業區", shared_data / "nankan_industrial.gpkg"
    answer = ("--field", "land_use=使用分")
    landready("new", folder, "--parcels", layer, "--as-of", "2024-12-31", *answer)
    plan = folder / "plan.toml"
    landready("build", plan, "--out", tmp_path / "out")
    figures = json.loads(landready("summary", plan, "--json"))
    checked = json.loads(landready("check", plan, "--json"))
    assert figures["area_mu"] == checked["area_mu"] == pytest.approx(10_835.07705859, abs=1e-6)
    told = {item["code"] for item in checked["findings"]}
    assert told == {"parcel.overlap", "parcel.gap", "treatment.assumed"}
    assert json.loads((tmp_path / "out/run.json").read_text("utf-8"))["figures"] == figures
    back = pyogrio.read_dataframe(tmp_path / "out/parcels.gpkg")
    assert back.area.sum() == pytest.approx(7_223_398.284248, abs=1e-4)  # Fraction shoelace
    assert "10,835.08" in (tmp_path / "out/index.html").read_text("utf-8")
    bare = json.loads(landready("check", layer, "--json", *answer))
    assert bare["area_mu"] == figures["area_mu"]
    unanswered = json.loads(landready("check", layer, "--json"))  # a bare layer has no scenarios
    land = told - {"treatment.assumed"} | {"layer.inferred"}  # which a plan leaves no room for
    assert {item["code"] for item in bare["findings"]} == land
    assert {item["code"] for item in unanswered["findings"]} == land | {"field.ambiguous"}


# -- Dapingding: every zone of a plan, Taiwan ----------------------------------------------------


@pytest.fixture(scope="module")
def dapingding(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    folder = tmp_path_factory.mktemp("dapingding")
    return geo.run(geo.read_plan(planned(folder, shared_data / "dapingding_zoning.gpkg")))


@pytest.fixture(scope="module")
def industrial(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    """Dapingding with every class left out but 工業區, by `exclude` of the plan."""
    layer = shared_data / "dapingding_zoning.gpkg"
    classes = set(pyogrio.read_dataframe(layer, read_geometry=False)["分區類"]) - {"工業區"}
    values = json.dumps(sorted(classes), ensure_ascii=False)
    more = f"[[layers.parcels.exclude]]\nfield = '分區類'\nvalues = {values}\n"
    more += "reason = { zh = '非工业用地', en = 'not industrial' }\n"
    folder = tmp_path_factory.mktemp("industrial")
    return geo.run(geo.read_plan(planned(folder, layer, more=more)))


def test_dapingding_area_and_overlaps(dapingding):
    figures = geo.summary(dapingding)
    assert (figures["rows_in"], figures["parcels"], figures["aside"]["rows"]) == (2055, 2055, 0)
    # exact Fraction shoelace: 54 461 520.721024 m²; union 54 461 417.084292 m²
    assert figures["planar_mu"] == pytest.approx(81_692.28108154, abs=1e-6)
    assert figures["area_mu"] == pytest.approx(81_692.12562644, abs=1e-6)
    assert figures["overlap_mu"] * M2_PER_MU == pytest.approx(103.636732, abs=1e-4)
    # pyproj.Geod, GRS80
    assert figures["ellipsoidal_mu"] == pytest.approx(81_701.110624, abs=1e-4)
    # own slab overlap, no GEOS: nine pairs of more than 1 m², eight of them thin strips
    found = codes(dapingding.findings)
    assert (found["parcel.overlap"], found["parcel.overlap-sliver"]) == (1, 8)
    overlaps = [item for item in dapingding.findings if item.code.startswith("parcel.overlap")]
    seen = sorted((item.area_m2 for item in overlaps), reverse=True)
    told = [50.486759, 12.583576, 11.322299, 8.929298, 6.304108, 4.872467, 4.316343, 1.626123]
    assert seen == pytest.approx([*told, 1.115002], abs=1e-5)


def test_a_null_plot_ratio_stays_missing(dapingding, industrial):
    """容積率 is null on all 2055 rows: floor space is not known, which is not 0."""
    for study in (dapingding, industrial):
        assert study.parcels["plot_ratio"].isna().all()
        figures = geo.summary(study)
        assert figures["floor_m2"] == {"planned": None}
        assert {row["known_share"] for row in figures["floor"]} == {0.0}
        assert study.parcel_floor["total_m2"].isna().all()


def test_dapingding_industrial_land(industrial):
    figures = geo.summary(industrial)
    assert (figures["parcels"], figures["aside"]["rows"], figures["rows_in"]) == (117, 1938, 2055)
    # exact Fraction shoelace over the 117 rows of 分區類 = 工業區
    assert figures["area_mu"] == pytest.approx(14_768.675408, abs=1e-5)
    assert figures["overlap_mu"] == pytest.approx(0, abs=1e-9)
    assert figures["aside"]["mu"] == pytest.approx(81_692.28108154 - 14_768.675408, abs=1e-5)
    assert set(industrial.aside["code"]) == {"parcel.excluded"}


def test_dapingding_industrial_blocks(industrial):
    # networkx over own segment distances
    assert gaps(industrial, "blocks") == {
        "strict": 104, "0": 104, "5": 102, "10": 93, "20": 73, "30": 70, "50": 59,
    }  # fmt: skip
    largest = gaps(industrial, "largest_mu")
    at_50 = largest.pop("50")
    assert list(largest.values()) == pytest.approx([5655.628398] * 6, abs=1e-6)
    assert at_50 == pytest.approx(5944.639323, abs=1e-6)
    parcels = gaps(industrial, "parcels")
    assert (parcels["30"], parcels["50"]) == (3, 5)
    # networkx.articulation_points; fid 97 … 1943
    told = [97, 269, 309, 385, 409, 474, 521, 528, 558, 721, 829, 1289, 1942, 1943]
    assert bridges(industrial) == told


# -- Somerville: tax parcels in feet, with true arcs ---------------------------------------------

NO_STREETS = """
[[layers.parcels.exclude]]
field = "PolyType"
values = ["ROW", "RR ROW"]
reason = { zh = "道路与铁路用地", en = "rights of way" }
"""


@pytest.fixture(scope="module")
def somerville_plan(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("somerville")
    return planned(folder, shared_data / "somerville_parcels.gdb", more=NO_STREETS)


@pytest.fixture(scope="module")
def somerville(somerville_plan: Path) -> geo.Study:
    text = somerville_plan.read_text("utf-8")
    accepted = somerville_plan.with_name("accepted.toml")
    accepted.write_text(f'{text}\n[accept]\n"geometry.empty" = "a row without anything"\n', "utf-8")
    return geo.run(geo.read_plan(accepted))


def test_somerville_stops_at_its_empty_row_until_that_is_accepted(somerville_plan):
    plan = geo.read_plan(somerville_plan)
    assert plan.crs == "EPSG:2249"
    assert plan.layers.parcels.declared_area_unit == "ft2"
    assert plan.layers.parcels.blank_ids == "number"
    with pytest.raises(ChecksError) as caught:
        geo.run(plan)
    (item,) = caught.value.findings
    assert (item.code, item.row) == ("geometry.empty", 14_571)
    assert '# "geometry.empty" = "why" # 1 found' in somerville_plan.read_text("utf-8")


def test_somerville_accounts_for_every_row(somerville):
    figures = geo.summary(somerville)
    assert figures["rows_in"] == 14_572
    assert figures["parcels"] == 14_510  # rows of PolyType PARCEL
    assert Counter(somerville.aside["code"]) == {"parcel.excluded": 61, "geometry.empty": 1}
    # 77 ids are null: on 15 lots, on the empty row, and on all 61 rights of way
    assert codes(somerville.findings)["parcel.id-numbered"] == 15 + 1
    assert somerville.parcels["parcel_id"].str.startswith("row-").sum() == 15
    assert somerville.aside["parcel_id"].str.startswith("row-").sum() == 77 - 15
    # true arcs: ROW 2 471 889.6041 m² + RR ROW 314 648.6270 m²
    assert figures["aside"]["mu"] * M2_PER_MU == pytest.approx(2_786_538.2311, abs=0.01)


def test_somerville_area_follows_the_true_arcs(somerville):
    """469 arcs on 63 rows: GDAL's chords of 4° would give 7 910 415.4459 m²."""
    figures = geo.summary(somerville)
    # circle segments + Fraction shoelace; Shape_Area x (1200/3937)² agrees to 3.4e-12
    assert figures["planar_mu"] * M2_PER_MU == pytest.approx(7_910_419.7473, abs=0.01)
    assert figures["area_mu"] == pytest.approx(11_865.629621, abs=1e-5)
    assert figures["area_mu"] != pytest.approx(11_865.623169, abs=1e-3)
    # pyproj.Geod, GRS80, chords of 4°: 7 910 889.3131 m²; the arcs add 4.3014 m²
    ellipsoidal_m2 = figures["ellipsoidal_mu"] * M2_PER_MU
    assert ellipsoidal_m2 == pytest.approx(7_910_889.3131 + 4.3014, abs=0.01)
    # with chords five rows would differ from their Shape_Area by more than 0.1 %
    assert not {"area.differs", "area.contradicts", "area.unit"} & codes(somerville.findings).keys()
    off = somerville.parcels["declared_m2"] / somerville.parcels["planar_m2"] - 1
    # Shape_Area is in US survey feet, the planner's ft2 in international ones: 4 ppm
    assert np.nanmax(np.abs(off + 4e-6)) < 2e-5


# -- Cambridge: no CRS, invalid rows, a tax table ------------------------------------------------

MORE = """
[[layers.parcels.joins]]
file = FILE
key = "ML"
on = "ML"
fields = { existing_floor = "GrossArea" }
combine = { existing_floor = "sum" }

[[layers.parcels.joins]]
file = FILE
key = "ML"
on = "ML"
fields = { name = "Location" }

[accept]
"geometry.empty" = "a ring of two points"
"geometry.invalid" = "no one right answer"
"join.several" = "units of one building have addresses of their own"
"""
# the rows whose area a repair changes by more than 0.01 m² and 1e-4 (own even-odd, two repairs)
AMBIGUOUS = {"821", "7364", "6061", "12401", "3500", "12911", "1845", "12380"}


@pytest.fixture(scope="module")
def cambridge(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> geo.Study:
    """Measured on Massachusetts' own grid in metres, with two columns of the tax table."""
    folder = tmp_path_factory.mktemp("cambridge")
    changes = (
        ('crs = "EPSG:32619"', 'crs = "EPSG:26986"'),
        ("[layers.parcels]\n", '[layers.parcels]\nfloor_unit = "ft2"\n'),
    )
    file = json.dumps(os.path.relpath(shared_data / "cambridge_tax_fy14.csv", folder))
    layer = shared_data / "cambridge_parcels_fy2014.topojson"
    more = MORE.replace("FILE", file)
    return geo.run(geo.read_plan(planned(folder, layer, *changes, more=more, crs="EPSG:4269")))


@pytest.fixture(scope="module")
def tax(shared_data: Path) -> dict[str, list[dict[str, str]]]:
    """The tax table by ML, read with the csv module."""
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (shared_data / "cambridge_tax_fy14.csv").open(encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["ML"]].append(row)
    return rows


def test_cambridge_is_refused_without_a_crs(shared_data, tmp_path):
    with pytest.raises(LayerError, match="degrees of longitude and latitude") as caught:
        new_plan(tmp_path / "plan", shared_data / "cambridge_parcels_fy2014.topojson", as_of=TODAY)
    (item,) = caught.value.findings
    assert item.code == "crs.missing"
    assert "经纬度" in item.message_zh
    assert "never guessed" in item.mend
    assert not (tmp_path / "plan").exists()


def test_cambridge_accounts_for_every_row(cambridge):
    figures = geo.summary(cambridge)
    assert figures["rows_in"] == 13_116 == figures["parcels"] + figures["aside"]["rows"]
    aside = cambridge.aside.set_index("parcel_id")["code"].to_dict()
    assert aside == {"13064": "geometry.empty", **dict.fromkeys(AMBIGUOUS, "geometry.invalid")}
    found = codes(cambridge.findings)
    # 37 invalid rows in degrees, of which 34 are still so on the grid of EPSG:26986
    assert found["geometry.mended"] + found["geometry.invalid"] == 34
    assert all(law.holds for law in cambridge.laws)


def test_cambridge_area(cambridge):
    figures = geo.summary(cambridge)
    # exact Fraction shoelace of the raw rings in EPSG:26986; 26 mended rows change by < 1.5 m²
    drawn_mu = figures["planar_mu"] + figures["aside"]["mu"]
    assert drawn_mu * M2_PER_MU == pytest.approx(17_368_092.0769, abs=1.5)
    # raw areas of the eight rows set aside
    raw = [1.1195, 0.6720, 110.6456, 51.7458, 312.6312, 4196.3164, 1130.5991, 520.3655]
    assert figures["aside"]["mu"] * M2_PER_MU == pytest.approx(sum(raw), abs=0.01)
    # own slab overlap: 34 pairs of more than 1 m², the largest 3468.5291 m²
    overlaps = [item for item in cambridge.findings if item.code.startswith("parcel.overlap")]
    assert codes(overlaps) == {"parcel.overlap": 22, "parcel.overlap-sliver": 12}
    assert max(item.area_m2 for item in overlaps) == pytest.approx(3468.5291, abs=0.01)
    # pyproj.Geod by ring after structure repair, without the same eight rows
    ellipsoidal_m2 = figures["ellipsoidal_mu"] * M2_PER_MU
    assert ellipsoidal_m2 == pytest.approx(17_369_163.6754 - 6_328.5, abs=3)


def test_cambridge_tax_rows_need_a_rule(cambridge, tax):
    """Rows of one parcel that differ are an error where no rule says how to combine them."""
    several = [item for item in cambridge.findings if item.code == "join.several"]
    differing = {
        ml for ml, rows in tax.items() if ml and len({row["Location"] for row in rows} - {""}) > 1
    }
    assert len(differing) > 1000
    assert {item.parcel for item in several} == differing
    assert {item.field for item in several} == {"Location"}
    strict = cambridge.plan.model_copy(update={"accept": {}})
    stopping = codes(cambridge.land.unaccepted(strict))
    assert stopping["join.several"] == len(differing)


def test_cambridge_tax_rows_are_summed_by_rule(cambridge, shared_data, tax):
    found = {item.code: item for item in cambridge.findings}
    # csv: 47 ML (51 rows) of the table are of no parcel, 134 parcels have no row
    assert found["join.unmatched"].seen == "51"
    assert found["join.incomplete"].seen == "134"
    layer = shared_data / "cambridge_parcels_fy2014.topojson"
    keys = pyogrio.read_dataframe(layer, read_geometry=False, columns=["id", "ML"])
    key = keys.set_index(keys["id"].astype(str))["ML"]
    floor = cambridge.parcels["existing_floor_m2"] / M2_PER_FT2
    by_key = dict(zip(cambridge.parcels["parcel_id"].map(key), floor, strict=True))
    told = {
        "1A-109": 425_171, "1A-171": 348_258, "12-17": 457_664, "18-47": 246_299,
        "14-1038": 392_085, "8-75": 200_998, "17-7": 5_904,
    }  # fmt: skip
    for ml, ft2 in told.items():
        assert by_key[ml] == pytest.approx(ft2)
    for ml, value in by_key.items():
        known = [float(row["GrossArea"]) for row in tax.get(ml, []) if row["GrossArea"]]
        if known and sum(known) >= 0:
            assert value == pytest.approx(sum(known))
        else:  # no row, blank cells only, or the one negative sum: not known, which is not 0
            assert np.isnan(value)
    assert key[found["floor.unreadable"].parcel] == "44-100"  # -35 616 ft²
    # some ML stand on several parcels, each of which has the whole floor space
    repeated = key[key.duplicated(keep=False) & key.isin(list(tax)) & key.notna()]
    assert found["join.shared"].seen == str(len(repeated))
