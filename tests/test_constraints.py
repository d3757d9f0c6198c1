"""Constraint layers: their rows, widths, what is outside of them, and what is wrong with them."""

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pydantic import ValidationError
from shapely import LineString, MultiLineString, MultiPolygon, Polygon, box

import geo
from geo.constraints import MOST_VERTICES, constraint_land
from geo.earth.crs import parse_crs
from geo.errors import ChecksError, LayerError, PlanError
from geo.inputs import Notes
from geo.plan import Constraint
from tests.histories import merge, reach, told_plan
from tests.makers import QINGXI, array, placed, qingxi, rectangle, row, study, write_plan
from tests.rasters import write_raster

PARCELS = placed(*row([200, 100]), parcel_id=["A", "B"], treatment="rebuild")  # 30 and 15 mu


def layer(folder: Path, *shapes: Any, name: str = "c", **columns: Any) -> None:
    facts = {"name": [f"c{at}" for at in range(len(shapes))], **columns}
    frame = gpd.GeoDataFrame(facts, geometry=qingxi(array(*shapes)), crs="EPSG:4547")
    frame.to_file(folder / f"{name}.gpkg", layer=name)


def table(more: str = "", name: str = "c", kind: str = "limiting") -> str:
    return (
        f'[[constraints]]\nid = "{name}"\nname = "{name}"\nkind = "{kind}"\n'
        f'layer = {{ file = "{name}.gpkg" }}\n{more}\n'
    )


def net(folder: Path, tables: str) -> list[float]:
    return study(folder, PARCELS, tables=tables).parcels["net_m2"].tolist()


def told(folder: Path, tables: str) -> dict[str, Any]:
    return {item.code: item for item in study(folder, PARCELS, tables=tables).findings}


# --- what takes land -----------------------------------------------------------------------------


def test_polygons_take_the_land_that_they_cover(tmp_path):
    layer(tmp_path, rectangle(150, 0, 100, 100))
    assert net(tmp_path, table()) == [15_000, 5_000]


def test_land_outside_a_boundary_is_lost(tmp_path):
    layer(tmp_path, rectangle(0, 0, 150, 100))
    assert net(tmp_path, table("outside = true")) == [15_000, 0]


def test_a_boundary_of_several_polygons_is_one_boundary(tmp_path):
    layer(tmp_path, rectangle(0, 0, 50, 100), rectangle(40, 0, 60, 100))
    assert net(tmp_path, table("outside = true")) == [10_000, 0]


def test_a_line_takes_a_strip_of_its_whole_width(tmp_path):
    layer(tmp_path, LineString([(100, -500), (100, 500)]))
    assert net(tmp_path, table("width_m = 20")) == pytest.approx([18_000, 10_000])


def test_a_strip_ends_where_its_line_ends(tmp_path):
    layer(tmp_path, LineString([(50, 50), (150, 50)]))
    assert net(tmp_path, table("width_m = 20")) == pytest.approx([18_000, 10_000])


BEND = [(50, 50), (100, 50), (100, 300)]


@pytest.mark.parametrize(
    "lines",
    [
        [LineString(BEND[:2]), LineString(BEND[1:])],
        [LineString(BEND[:2]), LineString(BEND[:0:-1])],
        [MultiLineString([BEND[:2], BEND[1:]])],
    ],
)
def test_a_bend_is_as_wide_however_the_line_is_cut(tmp_path, lines):
    folders = tmp_path / "whole", tmp_path / "parts"
    for folder in folders:
        folder.mkdir()
    layer(folders[0], LineString(BEND))
    layer(folders[1], *lines)
    whole, parts = (net(folder, table("width_m = 20")) for folder in folders)
    assert parts == pytest.approx(whole, abs=1e-6)
    assert whole[0] == pytest.approx(20_000 - 50 * 20 - 50 * 20 - np.pi / 4 * 100 + 100, abs=1)


def test_a_line_of_thousands_of_points_takes_its_strip(tmp_path):
    river = LineString([(100, -500 + at / 3) for at in range(3000)])
    layer(tmp_path, river)
    assert net(tmp_path, table("width_m = 20")) == pytest.approx([18_000, 10_000])


def test_widths_go_by_voltage(tmp_path):
    lines = [LineString([(x, -500), (x, 500)]) for x in (100, 250)]
    layer(tmp_path, *lines, voltage_kv=[220, 110])
    tables = table('width_field = "voltage_kv"\nwidths_m = { "220" = 35, "110" = 20 }')
    assert net(tmp_path, tables) == pytest.approx([16_500, 8_000])


def test_a_buffer_grows_polygons_and_lines_on_all_sides(tmp_path):
    layer(tmp_path, rectangle(-100, -100, 110, 300), LineString([(300, -500), (300, 500)]))
    assert net(tmp_path, table("buffer_m = 10")) == pytest.approx([18_000, 9_000])


def test_only_the_rows_that_are_named_take_land(tmp_path):
    layer(tmp_path, *row([50, 50]), kind=["永久基本农田", "other"])
    tables = table('rows = { field = "kind", values = ["永久基本农田"] }')
    assert net(tmp_path, tables) == [15_000, 10_000]


def test_steep_land_is_lost(tmp_path):
    west, north = QINGXI + np.array([0.0, 200.0])
    heights = np.tile(np.r_[np.zeros(10), np.arange(10) * 10.0], (20, 1))  # 45 degrees from x = 100
    write_raster(tmp_path / "dem.tif", heights, west=west - 50, north=north, cell=10, nodata=-9999)
    tables = (
        '[terrain]\nfile = "dem.tif"\n[[constraints]]\nid = "steep"\nname = "steep"\n'
        'kind = "limiting"\nsteeper_than_deg = 30'
    )
    done = study(
        tmp_path, placed(rectangle(0, 50, 100, 100), parcel_id=["A"], treatment="rebuild"),
        tables=tables,
    )  # fmt: skip
    # the ramp begins at x = 55: the cell there is 27 degrees steep, those from x = 60 on 45
    assert done.parcels["net_m2"].tolist() == pytest.approx([6_000])
    assert done.lost["reason"].tolist() == ["steep"]


def test_a_layer_in_another_crs_takes_the_same_land(tmp_path):
    shape = gpd.GeoDataFrame(
        {"name": ["c"]}, geometry=qingxi(array(rectangle(150, 0, 100, 100))), crs="EPSG:4547"
    )
    shape.to_crs("EPSG:4490").to_file(tmp_path / "c.gpkg", layer="c")
    assert net(tmp_path, table()) == pytest.approx([15_000, 5_000], abs=0.01)


def test_a_large_polygon_is_quartered_and_takes_the_same_land(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    rough = 80 + 5 * np.sin(90 * angles)
    star = Polygon(np.c_[150 + rough * np.cos(angles), 50 + rough * np.sin(angles)])
    layer(tmp_path, star.difference(box(140, 40, 160, 60)))
    plan = geo.read_plan(write_plan(tmp_path, PARCELS, tables=table()))
    crs = parse_crs("EPSG:4547", file="plan.toml")
    land = constraint_land(plan, PARCELS.geometry, None, crs, Notes())
    assert len(land) > 10
    assert max(shapely.get_num_coordinates(land.geometry.to_numpy())) <= MOST_VERTICES
    drawn = qingxi(star.difference(box(140, 40, 160, 60)))
    assert land.geometry.area.sum() == pytest.approx(drawn.area, rel=1e-9)
    lots = qingxi(array(*row([200, 100])))
    expected = shapely.area(lots) - shapely.area(shapely.intersection(lots, drawn))
    assert net(tmp_path, table()) == pytest.approx(expected, abs=1e-3)


def test_constraints_that_overlap_are_deducted_once_and_said(tmp_path):
    layer(tmp_path, rectangle(0, 0, 50, 100), name="river")
    layer(tmp_path, rectangle(20, 0, 50, 100), name="line")
    done = study(tmp_path, PARCELS, tables=table(name="river") + table(name="line"))
    assert done.parcels["net_m2"].tolist() == [13_000, 10_000]
    found = [item for item in done.findings if item.code == "constraint.overlap"]
    assert [(item.seen, item.area_m2) for item in found] == [("line", 3000)]
    assert found[0].field == "constraints[1]"
    assert "4.50 mu" in found[0].message


def test_two_constraints_may_read_one_layer(tmp_path):
    layer(tmp_path, *row([50, 50]), kind=["a", "b"])
    first = table('rows = { field = "kind", values = ["a"] }')
    second = first.replace('id = "c"', 'id = "d"').replace('"a"', '"b"')
    done = study(tmp_path, PARCELS, tables=first + second)
    assert done.lost["reason"].tolist() == ["c", "d"]


# --- faults --------------------------------------------------------------------------------------


def test_an_invalid_polygon_with_two_readings_takes_nothing_and_is_an_error(tmp_path):
    bow = Polygon([(0, 0), (100, 100), (100, 0), (0, 60)])
    layer(tmp_path, rectangle(150, 0, 50, 100), bow)
    with pytest.raises(ChecksError) as caught:
        study(tmp_path, PARCELS, tables=table())
    (found,) = caught.value.findings
    assert (found.code, found.file, found.row, found.seen) == ("outline.unusable", "c.gpkg", 2, "c")


def test_an_invalid_polygon_with_one_reading_is_mended(tmp_path):
    spike = Polygon([(0, 0), (50, 0), (50, 100), (50, 200), (50, 100), (0, 100)])
    layer(tmp_path, spike)
    found = told(tmp_path, table())["outline.mended"]
    assert (found.file, found.row, found.seen) == ("c.gpkg", 1, "c")
    assert net(tmp_path, table()) == [15_000, 10_000]


def test_a_line_without_a_width_is_an_error(tmp_path):
    layer(tmp_path, rectangle(0, 0, 10, 10), LineString([(100, -500), (100, 500)]))
    with pytest.raises(ChecksError) as caught:
        study(tmp_path, PARCELS, tables=table())
    (found,) = caught.value.findings
    assert (found.code, found.row, found.seen) == ("constraint.no-width", 2, "c")


def test_a_voltage_without_a_width_is_an_error(tmp_path):
    layer(tmp_path, LineString([(100, -500), (100, 500)]), voltage_kv=[500])
    with pytest.raises(LayerError) as caught:
        study(
            tmp_path,
            PARCELS,
            tables=table('width_field = "voltage_kv"\nwidths_m = { "220" = 35 }'),
        )
    (found,) = caught.value.findings
    assert (found.code, found.row, found.field) == ("constraint.width-unknown", 1, "voltage_kv")
    assert "'500'" in found.message
    assert "220" in found.message


def test_a_width_for_polygons_is_an_error(tmp_path):
    """The file may hold lines in another layer, which the plan does not name."""
    layer(tmp_path, rectangle(0, 0, 50, 100))
    with pytest.raises(ChecksError) as caught:
        study(tmp_path, PARCELS, tables=table("width_m = 30"))
    (found,) = caught.value.findings
    assert (found.code, found.file, found.seen) == ("constraint.width-unused", "c.gpkg", "c")
    assert "name the layer" in found.mend


def test_a_row_that_nobody_has_is_an_error(tmp_path):
    layer(tmp_path, rectangle(0, 0, 50, 100), kind=["farmland"])
    with pytest.raises(LayerError) as caught:
        study(tmp_path, PARCELS, tables=table('rows = { field = "kind", values = ["farmlnd"] }'))
    (found,) = caught.value.findings
    assert (found.code, found.file, found.field) == ("constraint.rows", "c.gpkg", "kind")
    assert "farmland" in found.message


def test_a_column_that_is_not_there_is_an_error(tmp_path):
    layer(tmp_path, rectangle(0, 0, 50, 100))
    with pytest.raises(LayerError) as caught:
        study(tmp_path, PARCELS, tables=table('rows = { field = "kind", values = ["a"] }'))
    assert caught.value.findings[0].file == "c.gpkg"


def test_a_layer_without_any_shape_is_an_error(tmp_path):
    layer(tmp_path, MultiPolygon())
    with pytest.raises(ChecksError) as caught:
        study(tmp_path, PARCELS, tables=table("outside = true"))
    codes = [item.code for item in caught.value.findings]
    assert codes == ["outline.unusable", "constraint.empty"]


def test_a_boundary_with_a_part_that_cannot_be_used_takes_nothing(tmp_path):
    bow = Polygon([(0, 0), (100, 100), (100, 0), (0, 60)])
    layer(tmp_path, rectangle(0, 0, 150, 100), bow)
    accept = '[accept]\n"outline.unusable" = "t"\n"constraint.empty" = "t"\n'
    done = study(tmp_path, PARCELS, tables=accept + table("outside = true"))
    assert done.parcels["net_m2"].tolist() == [20_000, 10_000]
    codes = [item.code for item in done.findings if item.severity == "error"]
    assert codes == ["outline.unusable", "constraint.empty"]


def test_former_parcels_are_cut_by_a_boundary_too(tmp_path):
    """A (0 to 200 m) and B became M, which the layer of today draws from 60 m on."""
    drawn = gpd.GeoDataFrame(
        {"name": ["b"]}, geometry=qingxi(array(rectangle(50, 0, 900, 900))), crs="EPSG:4547"
    )
    drawn.to_file(tmp_path / "c.gpkg")
    lots = {"A": rectangle(0, 0, 200, 100), "B": rectangle(200, 0, 200, 100)}
    path = told_plan(
        tmp_path,
        placed(rectangle(60, 0, 340, 100), parcel_id=["M"], treatment="rebuild"),
        ("2024-03-02", [reach("A", "2024-03-01", "cleared")]),
        ("2024-12-21", [merge("M", "2024-12-20", "A", "B")]),
        outlines=lots,
        tables=table("outside = true"),
    )
    then = geo.run(geo.read_plan(path).seen_on(date(2024, 12, 10)))
    assert dict(zip(then.parcels["parcel_id"], then.parcels["net_m2"], strict=True)) == {
        "A": 15_000,
        "B": 20_000,
    }


def test_a_constraint_that_covers_no_parcel_is_said(tmp_path):
    layer(tmp_path, rectangle(800, 0, 50, 100))
    found = told(tmp_path, table())["constraint.nothing"]
    assert (found.seen, found.field) == ("c", "constraints[0]")


def test_a_layer_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(LayerError) as caught:
        study(tmp_path, PARCELS, tables=table())
    assert caught.value.findings[0].code == "layer.missing"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("steeper_than_deg = 25", "either a layer or steeper_than_deg"),
        ('width_field = "kv"', "width_field and widths_m go together"),
        ('width_m = 5\nwidth_field = "kv"\nwidths_m = { "1" = 2 }', "either width_m or widths_m"),
        ('width_field = "kv"\nwidths_m = { "220" = 35, " 220" = 350 }', "stand for one value"),
        ("outside = true\nbuffer_m = 5", "outside is for the polygons as they are drawn"),
        ('priority = "high"', "valid integer"),
    ],
)
def test_a_constraint_that_contradicts_itself_is_refused(tmp_path, more, words):
    with pytest.raises(PlanError) as caught:
        geo.read_plan(write_plan(tmp_path, PARCELS, tables=table(more)))
    (found,) = caught.value.findings
    assert found.code == "plan.value"
    assert str(found.field).startswith("constraints[0]")
    assert words in found.message


@pytest.mark.parametrize(
    ("tables", "field", "words"),
    [
        (table() + table(), "constraints", "more than once"),
        (table(name="public"), "constraints[0].id", "the program's own"),
        (
            '[[constraints]]\nid = "s"\nname = "s"\nkind = "limiting"\nsteeper_than_deg = 25',
            "constraints[0].steeper_than_deg",
            "add [terrain]",
        ),
        ("[net]\nhandover_share = 15", "net.handover_share", "less than or equal to 1"),
    ],
)
def test_a_plan_whose_constraints_contradict_it_is_refused(tmp_path, tables, field, words):
    with pytest.raises(PlanError) as caught:
        geo.read_plan(write_plan(tmp_path, PARCELS, tables=tables))
    (found,) = caught.value.findings
    assert (found.code, found.field) == ("plan.value", field)
    assert words in found.message


def test_a_constraint_without_a_kind_is_refused():
    with pytest.raises(ValidationError):
        Constraint.model_validate({"id": "c", "name": "c", "layer": {"file": "c.gpkg"}})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("width_m = true", "valid number"),
        ('buffer_m = "5"', "valid number"),
        ("buffer_m = 1e300", "less than or equal to 100000"),
        ("priority = true", "valid integer"),
        ('source = " "', "source is blank"),
        ('assumption = ""', "assumption is blank"),
    ],
)
def test_what_is_no_figure_is_not_read_as_one(tmp_path, more, words):
    with pytest.raises(PlanError) as caught:
        geo.read_plan(write_plan(tmp_path, PARCELS, tables=table(more)))
    assert words in str(caught.value)


def test_a_constraint_that_covers_nearly_everything_is_looked_at_twice(tmp_path):
    layer(tmp_path, rectangle(0, 0, 290, 100))
    found = told(tmp_path, table())["constraint.everything"]
    assert (found.seen, found.field) == ("c", "constraints[0]")
    assert "96.7%" in found.message


def test_too_many_polygons_are_said_of_the_constraint_and_not_of_the_parcels(tmp_path, monkeypatch):
    monkeypatch.setattr("geo.crowding.OVERLAPS", 10)
    monkeypatch.setattr("geo.crowding.OVERLAPS_EACH", 1)
    layer(tmp_path, *[rectangle(at, 0, 5, 100) for at in range(40)])
    with pytest.raises(ChecksError) as caught:
        study(tmp_path, PARCELS, tables=table())
    (found,) = caught.value.findings
    assert (found.code, found.file, found.seen) == ("constraint.crowded", "c.gpkg", "c")


# --- real land -----------------------------------------------------------------------------------


@pytest.mark.real_data
def test_net_land_of_132_lots_under_random_constraints_is_that_of_an_overlay(shared_data, tmp_path):
    lots = gpd.read_file(shared_data / "nankan_industrial.gpkg")
    random = np.random.default_rng(5)
    west, south, east, north = lots.total_bounds
    at = np.c_[random.uniform(west, east, 60), random.uniform(south, north, 60)]
    disks = shapely.buffer(shapely.points(at), random.uniform(50, 400, 60))
    drawn = gpd.GeoDataFrame({"kind": ["a", "b"] * 30}, geometry=disks, crs=lots.crs)
    drawn.to_file(tmp_path / "disks.gpkg", layer="disks")
    lots.to_file(tmp_path / "lots.gpkg", layer="lots")
    tables = "".join(
        f'[[constraints]]\nid = "{kind}"\nname = "{kind}"\nkind = "limiting"\n'
        f'layer = {{ file = "disks.gpkg" }}\nrows = {{ field = "kind", values = ["{kind}"] }}\n'
        for kind in "ab"
    )
    path = tmp_path / "plan.toml"
    path.write_text(
        'name = "Nankan"\ncrs = "EPSG:3826"\nbase_date = 2020-01-01\nas_of = 2020-12-31\n'
        '[layers.parcels]\nfile = "lots.gpkg"\nblank_ids = "number"\n'
        f"{tables}",
        encoding="utf-8",
    )
    done = geo.run(geo.read_plan(path))

    counted = gpd.GeoDataFrame(geometry=done.parcels.geometry)
    one = gpd.GeoDataFrame(geometry=[counted.union_all()], crs=counted.crs)
    away = gpd.GeoDataFrame(geometry=disks, crs=lots.crs)
    overlay = one.overlay(away, how="difference")
    expected = overlay.area.sum()
    assert len(done.parcels) == 132
    assert done.parcels["net_m2"].sum() == pytest.approx(expected, rel=1e-9)
    assert 0 < expected < 0.9 * done.parcels["land_m2"].sum()
    by_reason = done.lost.groupby("reason")["area_m2"].sum()
    first = one.overlay(away[drawn["kind"] == "a"], how="intersection").union_all().area
    assert by_reason["a"] == pytest.approx(first, rel=1e-9)
