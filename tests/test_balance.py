"""The land balance: each square metre that is lost has one reason, and the rest is net, exactly."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import LineString, Polygon, box

import geo
from geo.area import ellipsoidal_m2, planar_m2
from geo.balance import GROSS, NET, balance, balance_table, block_balance
from geo.once import Once, overlaps
from geo.plan import Constraint
from geo.plan.constraints import reasons_in_order
from geo.reach import reach_table
from geo.tables.balance import balance_sheet
from geo.units import LAND_GRID_M2, M2_PER_MU, on_land_grid
from tests.makers import array, goal, parcels, placed, qingxi, rectangle, row, write_plan


def constraint(name: str, kind: str = "limiting", **values: object) -> Constraint:
    layer = {} if "steeper_than_deg" in values else {"layer": {"file": "c.gpkg"}}
    return Constraint.model_validate({"id": name, "name": name, "kind": kind, **layer, **values})


def polygons(**shapes: Polygon | list[Polygon]) -> gpd.GeoDataFrame:
    rows = [
        (name, part)
        for name, drawn in shapes.items()
        for part in (drawn if isinstance(drawn, list) else [drawn])
    ]
    facts = {"reason": [name for name, _ in rows], "file": "c.gpkg", "layer": "c"}
    table = pd.DataFrame(facts, index=range(len(rows))).assign(row=range(1, len(rows) + 1))
    return gpd.GeoDataFrame(table, geometry=[part for _, part in rows], crs="EPSG:4547")


def balanced(table: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame, *order: Constraint, **options):
    shapes = table.geometry.to_numpy()
    measure = options.pop("measure", planar_m2)
    once = Once(measure(shapes), *overlaps(shapes, table["parcel_id"].to_numpy()), measure=measure)
    table = table.assign(land_m2=once.of(np.ones(len(table), dtype=bool)))
    public = options.pop("public", pd.Series(False, index=table.index))
    held = balance(
        table,
        once.pieces(shapes),
        drawn,
        order=reasons_in_order(order),
        measure=measure,
        public=public,
        handover_share=options.pop("handover_share", 0.0),
        place=lambda at: {"row": at + 1},
    )
    return table, held


def lost(held) -> dict[tuple[str, str], float]:
    rows = held.lost[["parcel_id", "reason", "area_m2"]].itertuples(index=False)
    return {(name, reason): area for name, reason, area in rows if area}


# --- one reason for each square metre ------------------------------------------------------------


def test_land_under_two_constraints_is_lost_once_for_the_first_of_them():
    table = parcels(rectangle(0, 0, 200, 100))  # 30 mu
    drawn = polygons(river=rectangle(0, 0, 50, 100), line=rectangle(30, 0, 40, 100))
    _, held = balanced(table, drawn, constraint("river"), constraint("line"))
    assert lost(held) == {("A", "river"): 5000, ("A", "line"): 2000}
    assert held.net_m2.tolist() == [13_000]
    assert held.lost["covered_m2"].tolist() == [5000, 4000]


def test_a_hard_constraint_goes_before_a_limiting_one_whatever_the_order_of_the_plan():
    table = parcels(rectangle(0, 0, 200, 100))
    drawn = polygons(river=rectangle(0, 0, 50, 100), farmland=rectangle(30, 0, 40, 100))
    _, held = balanced(table, drawn, constraint("river"), constraint("farmland", "hard"))
    assert lost(held) == {("A", "farmland"): 4000, ("A", "river"): 3000}


def test_a_stated_priority_goes_before_that_of_the_kind():
    table = parcels(rectangle(0, 0, 200, 100))
    drawn = polygons(river=rectangle(0, 0, 50, 100), farmland=rectangle(30, 0, 40, 100))
    order = constraint("river", priority=1), constraint("farmland", "hard")
    _, held = balanced(table, drawn, *order)
    assert lost(held) == {("A", "river"): 5000, ("A", "farmland"): 2000}


def test_polygons_of_one_constraint_that_overlap_each_other_take_land_once():
    table = parcels(rectangle(0, 0, 200, 100))
    drawn = polygons(river=[rectangle(0, 0, 50, 100), rectangle(25, 0, 50, 100)])
    _, held = balanced(table, drawn, constraint("river"))
    assert lost(held) == {("A", "river"): 7500}


@pytest.mark.parametrize(
    ("treatment", "reason"),
    [("road", "public"), ("green", "public"), ("village", "village"), ("retain", "retained")],
)
def test_land_of_these_treatments_is_lost_as_a_whole(treatment, reason):
    _, held = balanced(parcels(rectangle(0, 0, 200, 100), treatment=treatment), polygons())
    assert lost(held) == {("A", reason): 20_000}
    assert held.lost["kind"].tolist() == [reason]
    assert held.net_m2.tolist() == [0]
    assert held.lost.geometry.iloc[0].equals(rectangle(0, 0, 200, 100))


@pytest.mark.parametrize("treatment", ["rebuild", "upgrade", "extend"])
def test_other_land_is_net(treatment):
    _, held = balanced(parcels(rectangle(0, 0, 200, 100), treatment=treatment), polygons())
    assert lost(held) == {}
    assert held.net_m2.tolist() == [20_000]


def test_farmland_under_a_road_is_farmland_and_a_river_through_a_road_is_road():
    table = parcels(rectangle(0, 0, 200, 100), treatment="road")
    drawn = polygons(farm=rectangle(0, 0, 50, 100), river=rectangle(100, 0, 50, 100))
    _, held = balanced(table, drawn, constraint("river"), constraint("farm", "hard"))
    assert lost(held) == {("A", "farm"): 5000, ("A", "public"): 15_000}
    assert held.lost.set_index("reason")["covered_m2"].to_dict() == {
        "farm": 5000,
        "public": 20_000,
        "river": 5000,
    }


def test_land_uses_that_the_plan_deducts_are_public():
    table = parcels(*row([200, 100]))
    _, held = balanced(table, polygons(), public=pd.Series([False, True]))
    assert lost(held) == {("B", "public"): 10_000}


def test_the_hand_over_is_a_share_of_what_is_usable_and_of_rebuilt_land_only():
    table = parcels(*row([200, 200]), treatment=["rebuild", "upgrade"])
    drawn = polygons(river=rectangle(0, 0, 50, 100))
    _, held = balanced(table, drawn, constraint("river"), handover_share=0.1)
    assert lost(held) == {("A", "river"): 5000, ("A", "handover"): 1500}
    assert held.usable_m2.tolist() == [15_000, 20_000]
    assert held.net_m2.tolist() == [13_500, 20_000]
    assert held.lost.geometry.isna().tolist() == [False, True]


def test_a_third_constraint_takes_what_two_before_it_have_left():
    """Strips of 50 m and 60 m overlap by 10 m, and the third has what is left of its 100 m."""
    drawn = {"a": box(0, 0, 50, 100), "b": box(40, 0, 100, 100), "c": box(90, 0, 190, 100)}
    order = [constraint(name) for name in drawn]
    _, held = balanced(parcels(rectangle(0, 0, 200, 100)), polygons(**drawn), *order)
    assert held.lost["area_m2"].tolist() == pytest.approx([5000, 5000, 9000])
    assert held.lost["covered_m2"].tolist() == pytest.approx([5000, 6000, 10_000])
    where = [box(0, 0, 50, 100), box(50, 0, 100, 100), box(100, 0, 190, 100)]
    assert shapely.equals(held.lost.geometry.to_numpy(), array(*where)).all()
    assert held.usable_m2 == pytest.approx([1000])


def test_a_constraint_that_only_touches_a_parcel_takes_nothing():
    _, held = balanced(
        parcels(rectangle(0, 0, 200, 100)),
        polygons(river=rectangle(200, 0, 50, 100)),
        constraint("river"),
    )
    assert held.lost.empty


def test_a_parcel_with_a_hole_loses_nothing_in_the_hole():
    ring = box(0, 0, 200, 100).difference(box(50, 25, 150, 75))  # 15 000 m²
    _, held = balanced(
        parcels(ring), polygons(river=rectangle(50, 0, 100, 100)), constraint("river")
    )
    assert lost(held) == {("A", "river"): 5000}
    assert held.net_m2.tolist() == [10_000]


@pytest.mark.parametrize("short_m", [1e-9, 1e-12])
def test_a_parcel_that_is_all_covered_but_for_rounding_is_all_lost(short_m):
    table = parcels(rectangle(0, 0, 200, 100))
    drawn = polygons(farmland=rectangle(0, 0, 200 - short_m, 100))
    _, held = balanced(table, drawn, constraint("farmland", "hard"))
    assert lost(held) == {("A", "farmland"): 20_000}
    assert held.usable_m2.tolist() == [0]


def test_two_constraints_that_tile_slanted_parcels_leave_nothing_by_either_method():
    turned = [
        shapely.affinity.rotate(rectangle(x, 0, 100, 100), 17, origin=(0, 0))
        for x in range(0, 5000, 100)
    ]
    line = shapely.affinity.rotate(LineString([(-10, 30), (5010, 71)]), 17, origin=(0, 0))
    town = shapely.affinity.rotate(rectangle(-5, -5, 5010, 110), 17, origin=(0, 0))
    below, above = shapely.ops.split(town, line).geoms
    table = parcels(*qingxi(array(*turned)), parcel_id=[f"P{at:02}" for at in range(50)])
    drawn = polygons(a=qingxi(below), b=qingxi(above))
    for measure in (planar_m2, lambda part: ellipsoidal_m2(part, CRS(4547))):
        _, held = balanced(table, drawn, constraint("a"), constraint("b"), measure=measure)
        assert held.usable_m2.tolist() == [0] * 50


def test_retained_land_is_what_constraints_and_treatments_retain():
    table = parcels(*row([200, 200]), treatment=["rebuild", "retain"])
    drawn = polygons(school=rectangle(0, 0, 50, 100))
    _, held = balanced(table, drawn, constraint("school", "retained"))
    assert held.retained_m2.tolist() == [5_000, 20_000]


# --- laws ----------------------------------------------------------------------------------------

numbers = st.integers(0, 3200).map(lambda eighths: eighths / 8)


@st.composite
def triangles(draw, most: int = 6) -> list[Polygon]:
    """Polygons with any corners, so that they cut each other at any angle."""
    found = []
    for _ in range(draw(st.integers(0, most))):
        corners = [(draw(numbers), draw(numbers)) for _ in range(draw(st.integers(3, 5)))]
        shape = shapely.convex_hull(shapely.multipoints(corners))
        if shape.geom_type == "Polygon" and shape.area > 1:
            found.append(shape)
    return found


TREATMENTS = ["rebuild", "rebuild", "upgrade", "road", "village", "retain"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(triangles(), min_size=1, max_size=4),
    triangles(8),
    st.randoms(use_true_random=False),
    st.sampled_from([0.0, 0.1, 0.37]),
)
def test_the_balance_is_exact_for_random_layers(layers, land, random, share):
    land = [*land, rectangle(0, 0, 200, 100)]
    table = parcels(*land, treatment=[random.choice(TREATMENTS) for _ in land])
    kinds = [random.choice(["hard", "limiting", "retained"]) for _ in layers]
    order = [constraint(f"c{at}", kind) for at, kind in enumerate(kinds)]
    drawn = polygons(**{f"c{at}": shapes for at, shapes in enumerate(layers)})
    table, held = balanced(table, drawn, *order, handover_share=share)

    gross, net = table["land_m2"].sum(), held.net_m2.sum()
    assert gross - held.lost["area_m2"].sum() == net  # to the last bit
    by_parcel = held.lost.groupby("at")["area_m2"].sum().reindex(range(len(table)), fill_value=0.0)
    assert (table["land_m2"] - by_parcel == held.net_m2).all()
    assert (held.net_m2 >= 0).all()
    assert (held.lost["area_m2"] >= 0).all()

    # another way: layer by layer over the whole town, without looking at parcels
    free = shapely.union_all(array(*land))
    whole = {"public": "road", "village": "village", "retained": "retain"}
    once = table.set_index("parcel_id")
    for reason, _ in reasons_in_order(order)[:-1]:
        if reason in whole:
            continue
        cover = shapely.union_all(array(*layers[int(reason[1:])])) if layers else None
        covered = held.lost[held.lost["reason"] == reason]["covered_m2"].sum()
        assert covered == pytest.approx(free.intersection(cover).area, abs=1e-3)
    constrained = shapely.union_all(array(*(shape for layer in layers for shape in layer)))
    drawn_m2 = held.lost[~held.lost["reason"].isin([*whole, "handover"])]["area_m2"].sum()
    if not table["treatment"].isin(whole.values()).any():
        assert drawn_m2 == pytest.approx(free.intersection(constrained).area, abs=1e-3)
    assert set(once.index) == set(table["parcel_id"])


@settings(max_examples=30, deadline=None)
@given(st.lists(triangles(), min_size=2, max_size=3), triangles(6), st.randoms())
def test_the_order_of_rows_changes_nothing(layers, land, random):
    land = [*land, rectangle(0, 0, 200, 100)]
    table = parcels(*land)
    order = [constraint(f"c{at}") for at in range(len(layers))]
    drawn = polygons(**{f"c{at}": shapes for at, shapes in enumerate(layers)})
    _, held = balanced(table, drawn, *order)
    mixed = table.sample(frac=1, random_state=random.randint(0, 999)).reset_index(drop=True)
    shuffled = drawn.sample(frac=1, random_state=random.randint(0, 999)).reset_index(drop=True)
    _, again = balanced(mixed, shuffled, *order)
    known, found = lost(held), lost(again)
    assert {key for key, area in known.items() if area > 1e-3} <= found.keys()
    for key, area in found.items():
        assert area == pytest.approx(known.get(key, 0.0), abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(triangles(8))
def test_what_is_lost_lies_where_it_says(shapes):
    table = parcels(rectangle(0, 0, 200, 100), rectangle(200, 0, 200, 100))
    order = [constraint(f"c{at}") for at in range(len(shapes))]
    drawn = polygons(**{f"c{at}": shape for at, shape in enumerate(shapes)})
    _, held = balanced(table, drawn, *order)
    drawn_m2 = shapely.area(held.lost.geometry.to_numpy())
    np.testing.assert_allclose(drawn_m2, held.lost["area_m2"], atol=1e-3)
    union = shapely.union_all(held.lost.geometry.to_numpy())
    assert union.area == pytest.approx(held.lost["area_m2"].sum(), abs=1e-3)


def test_sums_of_land_are_exact_in_any_order():
    areas = on_land_grid(np.random.default_rng(1).uniform(1, 1e6, 100_000))
    assert areas.sum() == areas[::-1].sum() == sum(areas.tolist()) == np.sort(areas).sum()
    assert np.abs(on_land_grid(areas + 1e-7) - areas).max() <= LAND_GRID_M2


# --- the table -----------------------------------------------------------------------------------


def town() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    table = parcels(
        *row([200, 100, 100]),
        treatment=["rebuild", "upgrade", "road"],
        zone=["west", "east", "east"],
    )
    drawn = polygons(river=rectangle(0, 0, 50, 100))
    order = [constraint("river"), constraint("slope")]
    table, held = balanced(table, drawn, *order, handover_share=0.1)
    table = table.assign(net_m2=held.net_m2)
    return table, balance_table(table, held.lost, reasons_in_order(order))


def test_the_balance_table_of_a_town_is_read_from_gross_to_net():
    _, table = town()
    whole = table[(table["zone"] == "") & (table["treatment"] == "")]
    assert dict(zip(whole["reason"], whole["area_m2"], strict=True)) == {
        GROSS: 40_000,
        "public": 10_000,
        "village": 0,
        "retained": 0,
        "river": 5_000,
        "slope": 0,
        "handover": 1_500,
        NET: 23_500,
    }
    shares = whole[~whole["reason"].isin([GROSS, NET])]["share"].sum()
    assert shares + 23_500 / 40_000 == pytest.approx(1)


def test_the_balance_closes_by_zone_and_treatment():
    _, table = town()
    for _, part in table.groupby(["zone", "treatment"]):
        areas = part.set_index("reason")["area_m2"]
        left = areas[GROSS] - areas.drop([GROSS, NET], errors="ignore").sum()
        assert left == areas.get(NET, 0.0)
    zones = table[(table["zone"] != "") & (table["treatment"] == "")]
    whole = table[(table["zone"] == "") & (table["treatment"] == "")].set_index("reason")
    for reason, part in zones.groupby("reason"):
        assert part["area_m2"].sum() == whole.at[reason, "area_m2"]


def test_the_balance_of_a_block_is_that_of_its_parcels():
    table = parcels(*row([200, 100, 100]), block=["B1", "B1", ""])
    drawn = polygons(river=rectangle(150, 0, 200, 100))
    table, held = balanced(table, drawn, constraint("river"))
    table = table.assign(net_m2=held.net_m2)
    gone = held.lost.assign(block=table["block"].to_numpy()[held.lost["at"]])
    found = block_balance(table, gone, reasons_in_order([constraint("river")]))
    assert found[["block", "reason", "area_m2"]].to_numpy().tolist() == [
        ["B1", GROSS, 30_000],
        ["B1", "river", 15_000],
        ["B1", NET, 15_000],
    ]


# --- in a plan -----------------------------------------------------------------------------------

GOALS = """
[[goals]]
id = "gross"
name = "gross"
mu = 45
due = 2025-12-31
stage = "cleared"
[[goals]]
id = "net"
name = "net"
mu = 45
due = 2025-12-31
stage = "cleared"
basis = "net"
"""


def planned(folder: Path, tables: str, *shapes: Polygon, **columns: object) -> geo.Study:
    path = write_plan(
        folder,
        placed(
            *shapes, parcel_id=[chr(65 + at) for at in range(len(shapes))], treatment="rebuild",
            stage="cleared", evidence="paper", **columns,
        ),
        tables=tables,
    )  # fmt: skip
    return geo.run(geo.read_plan(path))


def test_a_goal_on_net_land_counts_what_the_constraints_leave(tmp_path):
    river = gpd.GeoDataFrame(
        {"name": ["river"]}, geometry=qingxi(array(rectangle(0, 0, 50, 100))), crs="EPSG:4547"
    )
    river.to_parquet(tmp_path / "river.parquet")
    tables = GOALS + (
        '[[constraints]]\nid = "river"\nname = "river"\nkind = "limiting"\n'
        'layer = { file = "river.parquet" }\n'
    )
    study = planned(tmp_path, tables, *row([200, 100]))
    now = study.progress[study.progress["date"] == study.plan.as_of].set_index("goal")
    assert now.at["gross", "counted_mu"] == pytest.approx(45)
    assert now.at["net", "counted_mu"] == pytest.approx(37.5)
    assert study.parcels["net_m2"].tolist() == [15_000, 10_000]
    assert study.blocks["net_mu"].tolist() == pytest.approx([37.5])
    reach = study.reach.set_index("goal")
    assert reach.at["net", "short_net_mu"] == pytest.approx(7.5)
    assert reach.at["gross", "short_gross_mu"] == 0
    told = {item.code: item for item in study.findings}
    assert told["goal.net-short"].seen == "net"
    assert "7.50" in told["goal.net-short"].message
    assert told["goal.gross-only"].seen == "gross"


def test_a_goal_beyond_all_land_is_said_to_be_out_of_reach(tmp_path):
    study = planned(tmp_path, GOALS, rectangle(0, 0, 200, 100))
    told = [item for item in study.findings if item.code == "goal.gross-short"]
    assert [item.seen for item in told] == ["gross", "net"]
    assert "15.00 mu short" in told[0].message


def once_of(*shapes: Polygon) -> Once:
    ids = np.array([chr(65 + at) for at in range(len(shapes))])
    drawn = array(*shapes)
    return Once(planar_m2(drawn), *overlaps(drawn, ids), measure=planar_m2)


def test_4500_of_4545_mu_is_99_percent_and_at_80_6_percent_837_mu_are_lacking():
    town = rectangle(0, 0, 4545 * M2_PER_MU / 1000, 1000)
    table = parcels(town).assign(net_m2=0.806 * town.area)
    reach = reach_table([goal(mu=4500)], {}, table, once_of(town)).iloc[0]
    assert round(reach["share_of_gross"], 3) == 0.990
    assert round(reach["short_net_mu"]) == 837
    assert reach["short_gross_mu"] == 0


def test_land_that_a_programme_shares_with_others_is_there_for_its_goal():
    lots = rectangle(0, 0, 200, 100), rectangle(100, 0, 200, 100)  # 30 mu each, 15 of them shared
    table = parcels(*lots).assign(land_m2=[20_000, 10_000])
    reach = reach_table([goal(mu=28, programme="p")], {"p": {"B"}}, table, once_of(*lots)).iloc[0]
    assert reach["gross_mu"] == pytest.approx(30)
    assert reach["short_gross_mu"] == 0


def test_the_sheet_of_a_town_of_many_zones_is_made_at_once(tmp_path):
    """More than a hundred columns: pandas warns of tables that grow by one each, and we fail."""
    zones = [f"Z{at:02}" for at in range(60)]
    land = placed(*row([200] * 60), parcel_id=zones, zone=zones)
    sheet = balance_sheet(geo.run(geo.read_plan(write_plan(tmp_path, land))))
    town = sheet.frame.set_index("reason").loc["gross"]
    assert (town["mu"], town["mu_Z59"], town["share_Z59"]) == (1800, 30, 1)
    assert len(sheet.fields) == len(sheet.frame.columns) == 2 + 2 * 61
