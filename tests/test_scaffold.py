"""A first plan for somebody's own layer: what is inferred, what is asked, what is refused."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import geo
from geo.cells.aliases import ALIASES, FALLBACKS, OTHERS, bare_name, columns_meaning, header_unit
from geo.economics.inputs import INPUTS
from geo.errors import ChecksError, LayerError, PlanError
from geo.gate import Known, check_file
from geo.parcels import MAPPED
from geo.plan import Plan, plan_schema
from geo.scaffold import guess, new_plan, plan_from
from tests.rasters import write_raster

QINGXI = Path(__file__).parents[1] / "layers" / "qingxi"
TODAY = date(2024, 12, 31)
WEST, SOUTH = 515_000, 2_526_000  # in EPSG:4547, at Qingxi


def plan_for_layer(path: Path, *, as_of: date, **told: Any) -> Plan:
    return plan_from(guess(path, **told), path, as_of=as_of)


def lots(number: int = 4) -> list[shapely.Polygon]:
    """Lots of 200 m x 100 m, so of 30 mu each, 10 m apart."""
    return [
        shapely.box(WEST + x, SOUTH, WEST + x + 200, SOUTH + 100)
        for x in range(0, 210 * number, 210)
    ]


def layer(path: Path, crs: Any = 4547, number: int = 4, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = gpd.GeoDataFrame(columns, geometry=lots(number), crs=4547)
    frame.to_crs(crs).to_file(path)
    return path


def read_back(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


# -- columns -------------------------------------------------------------------------------------


def test_chinese_headers_with_units_are_understood(tmp_path):
    path = layer(
        tmp_path / "地块.gpkg",
        **{
            "地块编号": ["A-1", "A-2", "A-3", "A-4"],
            "地块名称": ["甲", "乙", "丙", "丁"],
            "面积（亩）": ["30", "30.00", "３０", "30"],
            "用地性质": ["100102", "100102", "1207", "1101"],
            "容积率": ["210", "350", "210", ""],
            "整备阶段": ["净地", "签约", "净地", "摸底调查"],
            "完成时间": ["2024-05-01", "2023年7月", "2024", "2023.1.2"],
            "权利人": ["示例业主"] * 4,
        },
    )
    found = guess(path)
    assert found.fields == {
        "parcel_id": "地块编号",
        "name": "地块名称",
        "land_use": "用地性质",
        "declared_area": "面积（亩）",
        "plot_ratio": "容积率",
        "stage": "整备阶段",
        "stage_date": "完成时间",
    }
    assert found.settings["declared_area_unit"] == "mu"
    assert found.settings["plot_ratio_unit"] == "percent"
    plan, _, findings = new_plan(tmp_path / "计划", path, as_of=TODAY)
    assert not [item for item in findings if item.severity == "error"]
    study = geo.run(geo.read_plan(plan))
    assert study.land_mu == pytest.approx(120)
    np.testing.assert_array_equal(study.parcels["plot_ratio"], [2.1, 3.5, 2.1, np.nan])
    assert study.parcels["stage"].tolist() == ["cleared", "signed", "cleared", "survey"]
    dates = [str(day.date()) for day in study.parcels["stage_date"]]
    assert dates == ["2024-05-01", "2023-07-31", "2024-12-31", "2023-01-02"]
    # 30 mu = 20 000 m²: at 2.1, 3.5 and 2.1 together 154 000 m², for 3/4 of the land
    assert geo.summary(study)["floor_m2"] == {"planned": pytest.approx(154_000)}


@pytest.mark.parametrize(
    ("unit", "declared"),
    [("m2", 20_000), ("mu", 30), ("ha", 2), ("km2", 0.02), ("ft2", 215_278.2)],
)
def test_the_unit_of_an_area_is_found_by_comparing(tmp_path, unit, declared):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), MJ=[declared] * 4)
    found = guess(path)
    assert (found.fields, found.settings["declared_area_unit"]) == ({"declared_area": "MJ"}, unit)
    land = geo.run(plan_for_layer(path, as_of=TODAY)).parcels
    assert land["declared_m2"].tolist() == pytest.approx([20_000] * 4)


def test_an_area_that_agrees_in_no_unit_is_left_out(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), MJ=[777] * 4, 用地面积=[30] * 4)
    assert guess(path).fields == {"declared_area": "用地面积"}
    path = layer(tmp_path / "b.gpkg", parcel_id=list("ABCD"), MJ=[777] * 4)
    assert guess(path).fields == {}


def test_an_area_with_some_faulty_cells_is_still_recognised(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), 面积=["30", "30", "约30", None])
    found = guess(path)
    assert found.settings["declared_area_unit"] == "mu"


def test_without_an_id_column_rows_are_numbered(tmp_path):
    path = layer(tmp_path / "a.gpkg", colour=["red"] * 4)
    found = guess(path)
    assert found.settings["blank_ids"] == "number"
    assert any("no column looks like a parcel id" in note.en for note in found.notes)
    study = geo.run(plan_for_layer(path, as_of=TODAY))
    assert study.parcels["parcel_id"].tolist() == ["row-1", "row-2", "row-3", "row-4"]


def test_the_only_code_is_the_id_even_where_it_repeats(tmp_path):
    """A counter would hide that two parcels have one id."""
    path = layer(tmp_path / "a.gpkg", DKBH=["A", "A", "B", ""], OBJECTID=[7, 8, 9, 10])
    found = guess(path)
    assert found.fields["parcel_id"] == "DKBH"
    assert (
        "parcel_id 取自列 DKBH（不取 OBJECTID）",
        "parcel_id is read from DKBH (not OBJECTID)",
    ) in found.notes


def test_of_codes_that_repeat_none_is_the_id_where_a_counter_serves(tmp_path):
    columns = {"DKBH": list("AABC"), "ZDDM": list("XYYZ"), "OBJECTID": [7, 8, 9, 10]}
    found = guess(layer(tmp_path / "a.gpkg", **columns))
    assert (found.fields["parcel_id"], found.findings) == ("OBJECTID", [])


def test_of_two_codes_the_one_that_does_not_repeat_is_the_id(tmp_path):
    found = guess(layer(tmp_path / "a.gpkg", DKBH=list("AABC"), ZDDM=list("WXYZ")))
    assert (found.fields["parcel_id"], found.findings) == ("ZDDM", [])


def test_blank_ids_are_numbered_and_said(tmp_path):
    found = guess(layer(tmp_path / "a.gpkg", DKBH=["A", None, "B", " "]))
    assert found.fields["parcel_id"] == "DKBH"
    assert found.settings["blank_ids"] == "number"
    assert any("blank DKBH" in note.en for note in found.notes)


def test_a_zone_column_with_gaps_and_odd_treatments_are_left_out(tmp_path):
    path = layer(
        tmp_path / "a.gpkg", parcel_id=list("ABCD"), 片区=["x", None, "x", "y"], treatment=["?"] * 4
    )
    assert guess(path).fields == {"treatment": ""}
    path = layer(
        tmp_path / "b.gpkg", parcel_id=list("ABCD"), 片区=list("xxyy"), 处置方式=["retain"] * 4
    )
    assert guess(path).fields == {"zone": "片区", "treatment": "处置方式"}


def test_cells_that_all_state_their_unit_do_not_contradict_their_header(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), **{"面积（亩）": ["30.0亩"] * 4})
    assert guess(path).settings["declared_area_unit"] == "mu"
    told = check_file(path, Known()).findings
    assert "header.unit-differs" not in [item.code for item in told]


def test_a_stage_column_of_unknown_words_is_no_stage(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), 阶段=["一", "二", "三", "净地"])
    assert "stage" not in guess(path).fields


def test_owners_are_not_read(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), owner=["示例业主"] * 4)
    land = plan_for_layer(path, as_of=TODAY)
    assert "owner" not in guess(path).fields.values()
    assert "示例业主" not in geo.run(land).parcels.to_string()


def test_every_alias_leads_to_a_meaning_that_plans_know():
    assert ALIASES.keys() == set(MAPPED)
    for meaning, names in ALIASES.items():
        assert names[0] == meaning
        for name in (*names, *FALLBACKS.get(meaning, ())):
            assert columns_meaning(meaning, [name.upper()]) == [name.upper()]
    assert columns_meaning("declared_area", ["面积 (公顷)", "MJ"]) == ["MJ", "面积 (公顷)"]
    assert columns_meaning("declared_area", ["绿地面积"]) == []
    assert columns_meaning("declared_area", ["占地面积"]) == []  # that of buildings, often
    assert columns_meaning("plot_ratio", ["规划指标/容积率"]) == ["规划指标/容积率"]
    assert columns_meaning("plot_ratio", ["现状/容积率", "容积率上限", "RJLXX", "建筑系数"]) == []
    assert columns_meaning("plot_ratio_existing", ["现状/容积率"]) == ["现状/容积率"]
    assert columns_meaning("parcel_id", ["地 块 编 号"]) == ["地 块 编 号"]


def test_no_name_has_two_meanings():
    names = [
        bare_name(name) for group in (ALIASES, OTHERS) for own in group.values() for name in own
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        *(("面积（亩）", "mu"), ("面积(㎡)", "m2"), ("面积 [公顷]", "ha"), ("建筑面积/万㎡", "ha")),
        *(("面积（单位：平方米）", "m2"), ("面积，亩", "mu"), ("LotArea (sq ft)", "ft2")),
        *(
            ("面积", None),
            ("村(社区)", None),
            ("国有/集体", None),
            ("绿地率(%)", None),
            ("亩", None),
        ),
    ],
)
def test_the_unit_of_a_header(header, unit):
    assert header_unit(header) == unit


# -- two columns for one meaning -----------------------------------------------------------------


def test_two_columns_that_differ_are_asked_about_and_none_is_read(tmp_path):
    ratios = {"容积率": [2.0, 2.5, 3.0, 3.5], "规划容积率": [2.0, 3.0, 3.0, 4.0]}
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), **ratios)
    found = guess(path)
    (asked,) = found.findings
    assert "plot_ratio" not in found.fields
    assert (asked.code, asked.severity) == ("field.ambiguous", "warning")
    assert (asked.file, asked.layer, asked.field) == ("a.gpkg", "a", "plot_ratio")
    assert asked.seen == "容积率 (2.5, 3.5); 规划容积率 (3, 4)"
    assert "--field plot_ratio=容积率" in asked.mend
    plan, _, findings = new_plan(tmp_path / "plan", path, as_of=TODAY)
    assert findings[0] == asked
    assert '# which one? plot_ratio = "容积率 (2.5, 3.5); ' in plan.read_text("utf-8")
    assert geo.run(geo.read_plan(plan)).parcels["plot_ratio"].isna().all()


def test_an_answer_settles_it(tmp_path):
    ratios = {"容积率": [2.0, 2.5, 3.0, 3.5], "规划容积率": [2.0, 3.0, 3.0, 4.0]}
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), **ratios)
    answers = {"plot_ratio": "规划容积率"}
    assert guess(path, fields=answers).findings == []
    plan, _, _ = new_plan(tmp_path / "plan", path, as_of=TODAY, fields=answers)
    assert geo.run(geo.read_plan(plan)).parcels["plot_ratio"].tolist() == [2, 3, 3, 4]
    bare = plan_for_layer(path, as_of=TODAY, fields={"plot_ratio": ""})
    assert geo.run(bare).parcels["plot_ratio"].isna().all()


@pytest.mark.parametrize(
    ("answers", "seen"), [({"plot_ratio": "规划"}, "规划"), ({"plot": "容积率"}, "plot")]
)
def test_an_answer_that_names_nothing(tmp_path, answers, seen):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), 容积率=[2.0] * 4)
    with pytest.raises(LayerError) as caught:
        guess(path, fields=answers)
    assert [(item.code, item.seen) for item in caught.value.findings] == [("layer.column", seen)]


def test_columns_that_say_the_same_are_no_question(tmp_path):
    columns = {
        "DKBH": list("ABCD"),
        "地块编号": list("ABCD"),
        "容积率": ["2.0", "２.5", "", "3.5"],
        "规划容积率": [2.0, 2.5, np.nan, 3.5],
        "面积（亩）": [30] * 4,
        "用地面积(㎡)": [20_000] * 4,
        "规划用途": ["M1"] * 4,
        "用地性质": [None] * 4,
    }
    found = guess(layer(tmp_path / "a.gpkg", **columns))
    assert found.findings == []
    assert found.fields["parcel_id"] == "DKBH"
    assert found.fields["land_use"] == "规划用途"
    assert (found.fields["declared_area"], found.settings["declared_area_unit"]) == (
        "面积（亩）",
        "mu",
    )


def test_the_planners_own_name_is_no_question(tmp_path):
    path = layer(
        tmp_path / "a.gpkg", parcel_id=list("ABCD"), plot_ratio=[2.0] * 4, 容积率=[3.0] * 4
    )
    found = guess(path)
    assert (found.fields, found.findings) == ({}, [])


def test_two_columns_of_ids_are_an_error_and_rows_are_checked_all_the_same(tmp_path):
    path = layer(tmp_path / "a.gpkg", DKBH=list("ABCD"), ZDDM=list("WXYZ"))
    found = guess(path)
    (asked,) = found.findings
    assert (asked.code, asked.severity, asked.field) == ("field.ambiguous-id", "error", "parcel_id")
    assert asked.seen == "DKBH (A, B); ZDDM (W, X)"
    assert geo.run(plan_for_layer(path, as_of=TODAY)).land_mu == pytest.approx(120)
    plan, _, _ = new_plan(tmp_path / "plan", path, as_of=TODAY)
    with pytest.raises(LayerError, match="parcel_id"):  # nothing is published under made-up ids
        geo.run(geo.read_plan(plan))


def test_two_areas_that_both_fit_and_differ_are_asked_about(tmp_path):
    path = layer(
        tmp_path / "a.gpkg", parcel_id=list("ABCD"), MJ=[20_000] * 4, 面积=[30, 30, 30, 30.2]
    )
    found = guess(path)
    assert [item.field for item in found.findings] == ["declared_area"]
    assert "declared_area" not in found.fields
    assert "declared_area_unit" not in found.settings


def test_the_limit_of_a_plot_ratio_is_not_the_planned_one(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), 容积率上限=[3.5] * 4, RJLXX=[2.0] * 4)
    found = guess(path)
    assert found.fields == {}
    said = [note.en for note in found.notes]
    assert "容积率上限 is an upper limit: it is not taken for plot_ratio" in said
    assert "RJLXX is a lower limit: it is not taken for plot_ratio" in said


def test_areas_that_carry_their_unit(tmp_path):
    path = layer(
        tmp_path / "a.gpkg", parcel_id=list("ABCD"), 面积=["30亩", "2公顷", "30亩", "30亩"]
    )
    found = guess(path)
    assert (found.fields, found.settings["declared_area_unit"]) == ({"declared_area": "面积"}, "m2")
    land = geo.run(plan_for_layer(path, as_of=TODAY)).parcels
    assert land["declared_m2"].tolist() == pytest.approx([20_000] * 4)


# -- where areas are measured --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "measured"),
    [
        (4547, "EPSG:4547"),  # CGCS2000 3-degree, CM 114E
        (4526, "EPSG:4526"),  # the same with the zone prefix
        (32650, "EPSG:32650"),
        (4490, "EPSG:4547"),  # CGCS2000 degrees, at Qingxi
        (4326, "EPSG:4547"),
        (3857, "EPSG:4547"),  # Web Mercator
        (3395, "EPSG:4547"),
    ],
)
def test_the_grid_is_the_layers_own_or_that_of_the_place(tmp_path, stored, measured):
    path = layer(tmp_path / "a.gpkg", crs=stored, parcel_id=list("ABCD"))
    found = guess(path)
    assert found.crs == measured
    assert any("areas are taken in" in note.en for note in found.notes) == (
        stored != int(measured[5:])
    )
    study = geo.run(geo.read_plan(new_plan(tmp_path / "plan", path, as_of=TODAY)[0]))
    assert float(study.parcels["ellipsoidal_m2"].sum()) / (2000 / 3) == pytest.approx(120, rel=1e-4)
    assert study.land_mu == pytest.approx(120, rel=2e-3)


@pytest.mark.parametrize(
    ("degrees", "grid"),
    [
        ((87.6, 43.8), 4538),  # Ürümqi: CM 87E
        ((116.4, 39.9), 4548),  # Beijing: CM 117E
        ((-71.1, 42.4), 32619),  # Cambridge MA: UTM 19N
        ((151.2, -33.9), 32756),  # Sydney: UTM 56S
    ],
)
def test_the_grid_of_a_place_far_away(tmp_path, degrees, grid):
    x, y = degrees
    frame = gpd.GeoDataFrame(
        {"parcel_id": ["A"]}, geometry=[shapely.box(x, y, x + 0.01, y + 0.01)], crs=4326
    )
    frame.to_file(tmp_path / "a.gpkg")
    assert guess(tmp_path / "a.gpkg").crs == f"EPSG:{grid}"


def test_a_grid_in_feet_keeps_its_code(tmp_path):
    frame = gpd.GeoDataFrame(
        {"MBL": ["A"], "Shape_Area": [1_000_000.0]},
        geometry=[shapely.box(760_000, 2_960_000, 761_000, 2_961_000)],
        crs=2249,
    )
    frame.to_file(tmp_path / "a.gpkg")
    found = guess(tmp_path / "a.gpkg")
    assert found.crs == "EPSG:2249"
    assert found.settings["declared_area_unit"] == "ft2"
    study = geo.run(geo.read_plan(new_plan(tmp_path / "p", tmp_path / "a.gpkg", as_of=TODAY)[0]))
    assert study.parcels["planar_m2"].item() == pytest.approx(1e6 * (1200 / 3937) ** 2)


def test_a_grid_that_distorts_makes_areas_ellipsoidal(tmp_path):
    """Albers is flat; a transverse Mercator far from its meridian is not."""
    found = guess(layer(tmp_path / "a.gpkg", crs=4550, parcel_id=list("ABCD")))  # CM 123E
    assert found.area_method == "ellipsoidal"
    assert guess(layer(tmp_path / "b.gpkg", parcel_id=list("ABCD"))).area_method == "planar"


def test_a_layer_without_crs_is_asked_for(tmp_path):
    path = layer(tmp_path / "a.shp", parcel_id=list("ABCD"))
    path.with_suffix(".prj").unlink()
    with pytest.raises(LayerError, match=r"states no CRS \(x 515000 … 515830") as caught:
        new_plan(tmp_path / "plan", path, as_of=TODAY)
    assert [item.code for item in caught.value.findings] == ["crs.missing"]
    assert not (tmp_path / "plan").exists()
    plan, found, _ = new_plan(tmp_path / "plan", path, as_of=TODAY, crs="EPSG:4547")
    assert found.settings["crs"] == "EPSG:4547"
    assert geo.run(geo.read_plan(plan)).land_mu == pytest.approx(120)


def test_an_existing_ratio_alone_makes_no_planned_scenario(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"), 现状容积率=[0.5] * 4)
    values = read_back(new_plan(tmp_path / "plan", path, as_of=TODAY)[0])
    assert values["layers"]["parcels"]["fields"] == {"plot_ratio_existing": "现状容积率"}
    assert "scenarios" not in values


# -- the plan that is written --------------------------------------------------------------------


def test_the_plan_loads_builds_and_says_what_was_inferred(tmp_path):
    path = layer(tmp_path / "in" / "a.gpkg", parcel_id=list("ABCD"), far=[2.0] * 4)
    plan, found, _ = new_plan(tmp_path / "plan", path, as_of=TODAY, name='A "quoted" \\ name\n')
    text = plan.read_text("utf-8")
    assert all(f"# inferred: {note.en}" in text for note in found.notes)
    values = read_back(plan)
    assert values["name"] == 'A "quoted" \\ name\n'
    assert values["layers"]["parcels"]["file"] == "../in/a.gpkg"
    assert values["layers"]["parcels"]["fields"] == {"plot_ratio": "far"}
    assert (values["as_of"], values["base_date"]) == (TODAY, date(2024, 1, 1))
    study = geo.run(geo.read_plan(plan))
    assert study.plan.contiguity.assumption.en == "Parcels at most 30 m apart are contiguous"
    assert geo.summary(study)["floor_m2"] == {"planned": pytest.approx(160_000)}
    assert geo.publish(study, tmp_path / "out").is_dir()
    schema = json.loads((tmp_path / "plan" / "plan.schema.json").read_text("utf-8"))
    assert schema == plan_schema()


def test_what_stands_behind_a_hash_is_valid_too(tmp_path):
    """The optional tables of the plan work as soon as they are uncommented."""
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"))
    plan, _, _ = new_plan(tmp_path / "plan", path, as_of=TODAY)
    lines = plan.read_text("utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("# [[goals]]"))
    opened = [line.removeprefix("# ") for line in lines[start:]]
    plan.write_text("\n".join([*lines[:start], *opened]), "utf-8")
    river = shapely.LineString([(WEST - 50, SOUTH + 50), (WEST + 205, SOUTH + 50)])
    strip = gpd.GeoDataFrame(geometry=[river], crs=4547)
    strip.to_file(plan.with_name("constraints.gpkg"), layer="river")
    heights = np.full((40, 80), 60.0)
    write_raster(plan.with_name("dem.tif"), heights, west=WEST - 100, north=SOUTH + 250, cell=12.5)
    for name in ("claims.csv", "sources.csv"):
        header, *_ = (QINGXI / name).read_text("utf-8-sig").splitlines()
        plan.with_name(name).write_text(f"{header}\n", "utf-8")
    study = geo.run(geo.read_plan(plan))
    assert [goal.id for goal in study.plan.goals] == ["three-years"]
    ratios = {scenario.id: scenario.plot_ratio.likely for scenario in study.plan.scenarios}
    assert ratios == {"upgrade": 3.5, "range": 2.5}
    # a strip of 40 m through the first of four lots of 200 m x 100 m, and 15 % of what is left
    balance = study.balance.groupby("reason")["area_m2"].first()
    assert balance["river"] == pytest.approx(8_000, abs=0.01)
    assert balance["net"] == pytest.approx(0.85 * 72_000, abs=0.01)
    assert study.terrain["relief_m"].tolist() == [0, 0, 0, 0]
    assert study.plan.economics.inputs.keys() == INPUTS.keys()
    built = study.parcel_economics["construction"].sum()
    assert built == pytest.approx(2500 * 3.5 * 61_200, rel=1e-6)


def test_paths_with_spaces_and_chinese_characters(tmp_path):
    path = layer(tmp_path / "清溪 图层" / "地块 2024 #1.gpkg", parcel_id=list("ABCD"))
    plan, _, _ = new_plan(tmp_path / "我的 计划" / "罗马", path, as_of=TODAY)
    assert read_back(plan)["layers"]["parcels"]["file"] == "../../清溪 图层/地块 2024 #1.gpkg"
    assert read_back(plan)["name"] == "地块 2024 #1"
    study = geo.run(geo.read_plan(plan))
    folder = geo.publish(study, tmp_path / "输出 文件夹")
    assert (folder / "index.html").is_file()


def test_a_plan_that_is_there_is_never_overwritten(tmp_path):
    path = layer(tmp_path / "a.gpkg", parcel_id=list("ABCD"))
    (tmp_path / "plan.toml").write_text("mine")
    with pytest.raises(PlanError, match="there is a plan already"):
        new_plan(tmp_path, path, as_of=TODAY)
    assert (tmp_path / "plan.toml").read_text() == "mine"
    assert not (tmp_path / "plan.schema.json").exists()


def test_errors_of_the_first_check_are_offered_for_acceptance(tmp_path):
    path = tmp_path / "a.gpkg"
    shapes = [*lots(3), shapely.Polygon()]
    gpd.GeoDataFrame({"parcel_id": list("ABCD")}, geometry=shapes, crs=4547).to_file(path)
    plan, _, findings = new_plan(tmp_path / "plan", path, as_of=TODAY)
    assert [item.code for item in findings] == ["geometry.empty"]
    text = plan.read_text("utf-8")
    assert '# "geometry.empty" = "why" # 1 found, 0.00 mu' in text
    with pytest.raises(ChecksError):
        geo.run(geo.read_plan(plan))
    text = text.replace("# [accept]", "[accept]").replace('# "geometry.empty"', '"geometry.empty"')
    plan.write_text(text.replace('"why"', '"known"'), "utf-8")
    study = geo.run(geo.read_plan(plan))
    assert (study.land_mu, len(study.aside)) == (pytest.approx(90), 1)


def test_a_file_with_several_layers_is_asked_for(tmp_path):
    path = tmp_path / "a.gpkg"
    for name in ("one", "two"):
        frame = gpd.GeoDataFrame({"parcel_id": list("ABCD")}, geometry=lots(), crs=4547)
        frame.to_file(path, layer=name)
    with pytest.raises(LayerError, match="several polygon layers: one, two"):
        new_plan(tmp_path / "plan", path, as_of=TODAY)
    plan, found, _ = new_plan(tmp_path / "plan", path, as_of=TODAY, layer="two")
    assert found.layer == read_back(plan)["layers"]["parcels"]["layer"] == "two"


def test_a_geoparquet_layer_serves(tmp_path):
    frame = gpd.GeoDataFrame({"parcel_id": list("ABCD")}, geometry=lots(), crs=4547)
    frame.to_parquet(tmp_path / "a.parquet")
    plan, _, _ = new_plan(tmp_path / "plan", tmp_path / "a.parquet", as_of=TODAY)
    assert geo.run(geo.read_plan(plan)).land_mu == pytest.approx(120)
