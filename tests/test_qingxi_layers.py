"""The shipped Qingxi example: what is published holds, and drawing it again changes nothing."""

import datetime as dt
import importlib.util
import re
import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from functools import cache
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
import shapely
from pandas.testing import assert_frame_equal

import geo
from geo.ledger.event import Event, Head
from geo.ledger.history import standing
from geo.ledger.opening import open_ledger
from geo.ledger.outline import Outline, outline_bytes
from geo.ledger.verify import verify
from geo.recording.record import record
from geo.recording.told import Told
from geo.tasks import open_blockers, tasks
from tests.histories import history_of

FOLDER = Path(__file__).parents[1] / "layers" / "qingxi"
M2_PER_MU = 2000 / 3
ROAD = "1207"
GRID_M = 2e-6  # another build of GEOS may round a vertex to the next micrometre


def read_layer(name: str, folder: Path = FOLDER, package: str = "qingxi.gpkg") -> gpd.GeoDataFrame:
    return gpd.read_file(folder / package, layer=name)


def read_raster(name: str, folder: Path = FOLDER) -> tuple[np.ndarray, rasterio.Affine]:
    with rasterio.open(folder / name) as source:
        return source.read(1), source.transform


def read_csv(name: str, folder: Path = FOLDER) -> pd.DataFrame:
    return pd.read_csv(folder / name, encoding="utf-8-sig", dtype="str", keep_default_na=False)


def read_ledger(folder: Path = FOLDER) -> tuple[Head, list[Event], list[Outline]]:
    with open_ledger(folder / "readiness.db") as ledger:
        return ledger.head(), ledger.events(), ledger.outlines()


def stage_rows(entries: list[Event]) -> pd.DataFrame:
    """The stages that were told, each date as far as it is known: 2023, 2023-07 or 2023-07-25."""
    rows = pd.DataFrame([item for item in entries if item.kind in ("reach", "revert")])
    known = rows["precision"].map({"year": 4, "month": 7, "day": 10})
    dates = [text[:length] for text, length in zip(rows["date"], known, strict=True)]
    return rows.assign(date=dates, action=rows["kind"])


def last_days(dates: pd.Series) -> pd.Series:
    """ISO dates of the last day that each written date can mean."""
    return dates.map(lambda text: str(pd.Period(text).end_time.date()))


def mu_reached(stage: str, by: str) -> float:
    """Land of the parcels that ever reached at least `stage` by a date."""
    rungs = generator().RUNGS
    told = EVENTS[~EVENTS["parcel_id"].isin(FORMER)]
    past = told[(last_days(told["date"]) <= by) & (told["action"] == "reach")]
    high = past["stage"].map(rungs.index) >= rungs.index(stage)
    return float(LAND.loc[past.loc[high, "parcel_id"].unique()].sum())


def generator() -> ModuleType:
    if str(FOLDER) not in sys.path:  # as Python has it when it runs the file; `ground` lies there
        sys.path.append(str(FOLDER))
    spec = importlib.util.spec_from_file_location("qingxi_generate", FOLDER / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ZONES = read_layer("zones")
PARCELS = read_layer("parcels")
PROGRAMMES = read_csv("programmes.csv")
HEAD, ENTRIES, OUTLINES = read_ledger()
STANDING = standing(ENTRIES)
EVENTS = stage_rows(STANDING)
FORMER = {"CS-B29", "LM-B27", "LM-B28"}
AS_OF = dt.date(2024, 12, 31)
LAND = PARCELS.area.set_axis(PARCELS["parcel_id"]) / M2_PER_MU
LOTS = PARCELS[PARCELS["land_use"] != ROAD]
CONSTRAINTS = {
    name: read_layer(name, package="constraints.gpkg")
    for name in (
        "farmland", "redline", "growth_boundary", "heritage", "river", "power", "road_reserve",
        "retained_buildings",
    )
}  # fmt: skip
RASTERS = ("terrain.tif", "cover_before.tif", "cover_after.tif")
BARE = 5


def steepness(heights: np.ndarray, cell_m: float) -> np.ndarray:
    """Slopes in degrees of all cells but those at the edge, as Horn has them."""
    west, east = heights[:, :-2], heights[:, 2:]
    north, south = heights[:-2], heights[2:]
    dx = (east - west)[:-2] + 2 * (east - west)[1:-1] + (east - west)[2:]
    dy = (north - south)[:, :-2] + 2 * (north - south)[:, 1:-1] + (north - south)[:, 2:]
    return np.degrees(np.arctan(np.hypot(dx, dy) / (8 * cell_m)))


def steep(limit_deg: float) -> gpd.GeoDataFrame:
    """Land steeper than a limit, cell by cell."""
    heights, grid = read_raster("terrain.tif")
    known = np.where(heights == -9999, np.nan, heights).astype(float)
    chosen = np.pad(steepness(known, grid.a) > limit_deg, 1).astype("uint8")
    cells = rasterio.features.shapes(chosen, mask=chosen == 1, transform=grid)
    shapes = [shapely.geometry.shape(outline) for outline, _ in cells]
    return gpd.GeoDataFrame(geometry=shapes, crs=PARCELS.crs)


def strips() -> gpd.GeoDataFrame:
    """The power corridors in the widths that the plan assumes."""
    lines = CONSTRAINTS["power"]
    half = lines["voltage_kv"].map({500: 67.5, 220: 35.0, 110: 20.0}) / 2
    return lines.set_geometry(lines.buffer(half, cap_style="flat"))


def land_of(treatments: list[str]) -> gpd.GeoDataFrame:
    return PARCELS[PARCELS["treatment"].isin(treatments)]


@cache
def taken_in_turn() -> dict[str, pd.Series]:
    """Land lost for each reason by parcel in m², each reason taking what those before it left."""
    outside = gpd.overlay(
        gpd.GeoDataFrame(geometry=[shapely.box(*ZONES.total_bounds)], crs=ZONES.crs),
        CONSTRAINTS["growth_boundary"], how="difference",
    )  # fmt: skip
    heritage = CONSTRAINTS["heritage"]
    in_turn = {
        "farmland": CONSTRAINTS["farmland"],
        "red-line": CONSTRAINTS["redline"],
        "growth-boundary": outside,
        "public": land_of(["road", "green"]),
        "village": land_of(["village"]),
        "retained": land_of(["retain"]),
        "retained-buildings": CONSTRAINTS["retained_buildings"],
        "heritage": heritage.set_geometry(heritage.buffer(20)),
        "river": CONSTRAINTS["river"],
        "power": strips(),
        "road-reserve": CONSTRAINTS["road_reserve"],
        "slope": steep(25),
    }
    left, lost = PARCELS[["parcel_id", "geometry"]], {}
    for reason, land in in_turn.items():
        whole = gpd.GeoDataFrame(geometry=[land.union_all()], crs=PARCELS.crs)
        lost[reason] = areas(gpd.overlay(left, whole, keep_geom_type=True))
        left = gpd.overlay(left, whole, how="difference", keep_geom_type=True)
    return lost | {"net": areas(left)}


def areas(land: gpd.GeoDataFrame) -> pd.Series:
    return land.area.groupby(land["parcel_id"]).sum()


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qingxi")
    generator().write(folder)
    return folder


@pytest.fixture(scope="module")
def study() -> geo.Study:
    return geo.run(geo.read_plan(FOLDER / "plan.toml"))


@pytest.mark.parametrize("layer", ["zones", "parcels", "barriers"])
def test_drawing_again_gives_the_shipped_geometry_and_table(layer: str, redrawn: Path) -> None:
    shipped, again = read_layer(layer), read_layer(layer, redrawn)
    assert shipped.crs == again.crs == "EPSG:4547"
    assert_frame_equal(shipped.drop(columns="geometry"), again.drop(columns="geometry"))
    assert shipped.geom_equals_exact(again, tolerance=GRID_M).all()


@pytest.mark.parametrize("layer", CONSTRAINTS)
def test_drawing_again_gives_the_shipped_constraints(layer: str, redrawn: Path) -> None:
    shipped, again = CONSTRAINTS[layer], read_layer(layer, redrawn, "constraints.gpkg")
    assert shipped.crs == again.crs == "EPSG:4547"
    assert_frame_equal(shipped.drop(columns="geometry"), again.drop(columns="geometry"))
    assert shipped.geom_equals_exact(again, tolerance=0.002).all()


@pytest.mark.parametrize("name", RASTERS)
def test_drawing_again_gives_the_shipped_cells(name: str, redrawn: Path) -> None:
    (shipped, grid), (again, grid_again) = read_raster(name), read_raster(name, redrawn)
    assert grid == grid_again
    assert shipped.dtype == again.dtype
    assert (shipped == again).mean() > 0.9999  # another build may round a cell the other way
    if name == "terrain.tif":
        assert np.abs(shipped - again).max() <= 0.125


@pytest.mark.parametrize("name", ["programmes.csv", "costs.csv"])
def test_drawing_again_gives_the_shipped_table(name: str, redrawn: Path) -> None:
    shipped, again = (folder / name for folder in (FOLDER, redrawn))
    assert shipped.read_text("utf-8") == again.read_text("utf-8")


def test_drawing_again_gives_the_shipped_ledger(redrawn: Path) -> None:
    head, entries, outlines = read_ledger(redrawn)
    hashes = {"geometry_hash": "", "prev_hash": "", "hash": "", "text": ""}
    assert [item._replace(**hashes) for item in entries] == [
        item._replace(**hashes) for item in ENTRIES
    ]
    assert [item[:2] for item in outlines] == [item[:2] for item in OUTLINES]
    same_build = [item.wkb for item in outlines] == [item.wkb for item in OUTLINES]
    same_build &= (redrawn / "qingxi.gpkg").read_bytes() == (FOLDER / "qingxi.gpkg").read_bytes()
    assert (head == HEAD) is same_build  # the chain holds the outlines to the last bit


def test_drawing_twice_gives_the_same_bytes(redrawn: Path, tmp_path: Path) -> None:
    generator().write(tmp_path)
    tables = ("programmes.csv", "costs.csv")
    for name in ("qingxi.gpkg", *tables, "constraints.gpkg", *RASTERS):
        assert (tmp_path / name).read_bytes() == (redrawn / name).read_bytes(), name
    assert read_ledger(tmp_path) == read_ledger(redrawn)


def test_zones_have_the_published_area() -> None:
    mu = dict(zip(ZONES["zone_id"], ZONES.area / M2_PER_MU, strict=True))
    assert mu == pytest.approx({"luoma": 2888.0, "changshantou": 1657.0}, abs=1e-5)
    assert ZONES.geometry[0].disjoint(ZONES.geometry[1])


def test_zones_lie_inside_the_real_town(shared_data: Path) -> None:
    towns = gpd.read_file(shared_data / "dongguan_towns_wgs84.geojson").to_crs(ZONES.crs)
    (town,) = towns.loc[towns["name"] == "清溪镇", "geometry"]
    assert ZONES.within(town).all()


@pytest.mark.parametrize("zone", ["luoma", "changshantou"])
def test_parcels_tile_their_zone(zone: str) -> None:
    parcels = PARCELS.loc[PARCELS["zone"] == zone, "geometry"]
    (outline,) = ZONES.loc[ZONES["zone_id"] == zone, "geometry"]
    assert shapely.coverage_is_valid(parcels.array)
    assert shapely.coverage_union_all(parcels.array).normalize() == outline.normalize()
    assert parcels.area.sum() == pytest.approx(outline.area, abs=1e-6)


def test_every_parcel_is_a_drawn_valid_polygon_with_an_id_of_its_own() -> None:
    assert PARCELS["parcel_id"].is_unique
    assert PARCELS.is_valid.all()
    assert (PARCELS.geom_type == "Polygon").all()
    assert PARCELS["illustrative"].all()
    assert ZONES["illustrative"].all()
    assert ZONES["note"].str.contains("示意范围").all()


def test_roads_and_parcel_sizes_are_those_of_an_industrial_area() -> None:
    assert len(PARCELS) == 304
    assert 0.07 < 1 - LOTS.area.sum() / PARCELS.area.sum() < 0.10
    assert (LOTS.area / M2_PER_MU).between(5, 75).mean() > 0.9


def test_programmes_sum_to_the_published_land() -> None:
    mu = PROGRAMMES["parcel_id"].map(LAND).groupby(PROGRAMMES["programme_id"]).sum()
    published = {"village3": 619, "h1_2023": 182, "planned2023": 1021}
    assert mu.to_dict() == pytest.approx({**published, "rolling2023": 250, "jiwa": 159}, abs=0.01)


def test_programmes_overlap_as_published() -> None:
    members = PROGRAMMES.groupby("programme_id")["parcel_id"].agg(set)
    both = PARCELS["parcel_id"].isin(members["village3"] & members["h1_2023"])
    assert sorted(PARCELS.loc[both, "project_id"]) == ["qingfeng", "yuanrui"]
    assert members["jiwa"] < members["rolling2023"]
    projects = PARCELS.loc[PARCELS["parcel_id"].isin(members["village3"]), "project_id"]
    assert projects.nunique() == 15


def test_rolling_step_is_one_piece_of_land() -> None:
    members = PROGRAMMES.loc[PROGRAMMES["programme_id"] == "rolling2023", "parcel_id"]
    land = PARCELS.loc[PARCELS["parcel_id"].isin(members), "geometry"].union_all()
    assert land.geom_type == "Polygon"
    assert land.buffer(-0.5).geom_type == "Polygon"  # no corner contact


def test_yuanrui_and_jiwa_have_their_published_figures() -> None:
    (yuanrui,) = PARCELS[PARCELS["project_id"] == "yuanrui"].itertuples()
    assert yuanrui.geometry.area == pytest.approx(12800 / 0.49, abs=0.01)
    assert (yuanrui.plot_ratio_existing, yuanrui.plot_ratio_planned) == (0.49, 3.5)
    assert (yuanrui.existing_floor_m2, yuanrui.land_use) == (12800, "100101")
    jiwa = PARCELS[PARCELS["project_id"] == "jiwa"].area / M2_PER_MU
    assert sorted(jiwa) == pytest.approx([60, 99], abs=1e-4)


def test_register_columns_hold_together() -> None:
    floor = (PARCELS["plot_ratio_existing"] * PARCELS.area).round()
    assert_series = pd.testing.assert_series_equal
    assert_series(PARCELS["existing_floor_m2"], floor, check_names=False)
    assert np.allclose(PARCELS["declared_mu"], PARCELS.area / M2_PER_MU, atol=0.00501)
    assert PARCELS["owner"].str.fullmatch(r"示例业主 \d{3}").all()
    industry = LOTS[LOTS["land_use"].str.startswith("1001")]
    assert 0.03 < industry["plot_ratio_existing"].isna().mean() < 0.13
    assert industry["plot_ratio_existing"].dropna().between(0.3, 1.4).all()
    roads = PARCELS[PARCELS["land_use"] == ROAD]
    assert (roads["treatment"] == "road").all()
    assert roads["plot_ratio_existing"].isna().all()


def test_events_are_known_stages_of_known_parcels_and_none_is_late() -> None:
    assert set(EVENTS["stage"]) == set(generator().RUNGS)
    assert set(EVENTS["parcel_id"]) <= {*PARCELS["parcel_id"], *FORMER}
    assert set(EVENTS["action"]) == {"reach", "revert"}
    assert min(EVENTS["date"]) >= "2020"
    ends = last_days(EVENTS["date"])
    assert ends.max() <= "2024-12-31"
    assert max(EVENTS["recorded_at"]) < "2025"
    assert (ends < EVENTS["recorded_at"]).all()


def test_events_have_the_faults_of_real_ones() -> None:
    assert 0.04 < (EVENTS["evidence"] == "").mean() < 0.08
    assert 0.05 < (~LOTS["parcel_id"].isin(EVENTS["parcel_id"])).mean() < 0.11
    assert set(EVENTS["date"].str.len()) == {4, 7, 10}
    reverts = EVENTS[EVENTS["action"] == "revert"]
    assert len(reverts) == 4
    assert (reverts["reason"] != "").all()
    dates = EVENTS.assign(end=last_days(EVENTS["date"])).drop_duplicates(["parcel_id", "stage"])
    wide = dates.pivot(index="parcel_id", columns="stage", values="end").dropna(
        subset=["signed", "vacated"]
    )
    assert (wide["vacated"] < wide["signed"]).sum() >= 3


def test_published_events_stand_as_published() -> None:
    project = EVENTS["parcel_id"].map(PARCELS.set_index("parcel_id")["project_id"])
    rows = EVENTS.assign(project=project)[EVENTS["source"] != "drawn"]
    assert set(rows["source"]) == {"F10a", "F13d", "F08a", "F16", "F14a", "F18a", "F21c", "F22"}
    assert (rows["evidence"] != "").all()
    at = {(row.project, row.stage): row.date for row in rows.itertuples()}
    assert at["yuanrui", "started"] == "2022-12-02"
    assert at["jiwa", "signed"] == "2022-12-31"
    assert at["kangte", "started"] == "2023-06-28"


@pytest.mark.parametrize(
    ("programme", "stage", "by"),
    [
        ("village3", "demolished", "2022-12-31"),
        ("h1_2023", "started", "2023-06-30"),
        ("jiwa", "signed", "2022-12-31"),
        ("rolling2023", "cleared", "2023-12-31"),
    ],
)
def test_programme_reaches_its_stage_in_time(programme: str, stage: str, by: str) -> None:
    members = set(PROGRAMMES.loc[PROGRAMMES["programme_id"] == programme, "parcel_id"])
    known = EVENTS[(EVENTS["stage"] == stage) & (EVENTS["evidence"] != "")]
    done = known[last_days(known["date"]) <= by]
    assert members <= set(done["parcel_id"])


def test_rolling_step_is_cleared_in_the_last_months_of_2023() -> None:
    members = PROGRAMMES.loc[PROGRAMMES["programme_id"] == "rolling2023", "parcel_id"]
    cleared = EVENTS[EVENTS["parcel_id"].isin(members) & (EVENTS["stage"] == "cleared")]
    assert cleared["date"].between("2023-09-01", "2023-12-31").all()


def test_about_half_of_the_three_year_goal_is_cleared_by_2024() -> None:
    assert 400 < mu_reached("cleared", "2022-12-31") < 619
    assert 1100 < mu_reached("cleared", "2024-12-31") < 1300


def test_ledger_is_shipped_whole_and_closed() -> None:
    with open_ledger(FOLDER / "readiness.db") as ledger:
        assert ledger.findings == []
        assert verify(ledger) == []
    assert HEAD.seq == len(ENTRIES) == 1270
    # bytes 18 and 19 are 1 in a resting file, and 2 in one with a write-ahead log beside it
    assert (FOLDER / "readiness.db").read_bytes()[18:20] == b"\x01\x01"
    assert not list(FOLDER.glob("readiness.db-*"))


def test_ledger_begins_with_the_land_and_names_it_in_every_entry() -> None:
    assert ENTRIES[0].kind == "layer"
    assert sum(item.seq == 1 for item in OUTLINES) == 304
    assert sum(item.land_m2 for item in OUTLINES if item.seq == 1) / M2_PER_MU == pytest.approx(
        4545, abs=1e-5
    )
    hashes = {item.hash for item in OUTLINES}
    assert all(item.geometry_hash in hashes for item in ENTRIES if item.kind != "layer")


def test_ledger_holds_the_shapes_of_the_layer() -> None:
    land = geo.run(geo.read_plan(FOLDER / "plan.toml")).land.parcels
    last = {item.parcel_id: item for item in OUTLINES}
    assert {name for name, item in last.items() if not item.hash} == FORMER
    for row in land.itertuples():
        kept = last[row.parcel_id]
        assert kept.wkb == outline_bytes(row.geometry)
        assert (kept.zone, kept.area_m2, kept.land_m2) == (row.zone, row.area_m2, row.land_m2)


def test_ledger_holds_several_years_as_an_office_writes_them() -> None:
    years = Counter(item.date[:4] for item in ENTRIES)
    assert years.keys() == {"2020", "2021", "2022", "2023", "2024"}
    kinds = Counter(item.kind for item in ENTRIES)
    assert kinds["block"] - kinds["unblock"] == len(open_blockers(history_of(ENTRIES), AS_OF)) == 3
    assert kinds["block"] == 12
    assert (kinds["split"], kinds["merge"], kinds["void"]) == (1, 1, 1)
    assert {item.actor[:2] for item in ENTRIES} == {"示例"}
    held = tasks(history_of(ENTRIES), AS_OF, {})
    assert sum(bool(step) for _, step in held.values()) == 24
    late = [item for item in STANDING if item.date[:4] < "2024" and item.recorded_at >= "2024-02"]
    assert [(item.date[:4], item.recorded_at[:7]) for item in late] == [("2023", "2024-04")]


def test_what_was_wrong_is_corrected_with_a_reason() -> None:
    corrections = [item for item in ENTRIES if item.supersedes]
    assert all(item.reason and item.actor == "示例复核人丙" for item in corrections)
    pairs = [(ENTRIES[item.supersedes - 1], item) for item in corrections if item.supersedes]
    (stage, right_stage), (date, right_date), (parcel, void) = pairs
    assert (stage.stage, right_stage.stage) == ("signed", "approved")
    assert (date.date[:4], right_date.date[:4]) == ("2022", "2023")
    assert (stage.date, date.stage) == (right_stage.date, right_date.stage)
    assert (parcel.stage, void.kind) == ("cleared", "void")


def test_what_was_known_then_is_not_what_is_known_now() -> None:
    plan = geo.read_plan(FOLDER / "plan.toml")
    day = dt.date(2024, 3, 15)  # between the entry for the wrong parcel and its voiding
    then, now = (
        geo.run(plan.seen_on(day, known=known)).parcels.set_index("parcel_id")["stage"]
        for known in (day, None)
    )
    (void,) = [item for item in ENTRIES if item.kind == "void"]
    assert (then[void.parcel_id], now[void.parcel_id]) == ("cleared", "approved")


def test_figures_are_those_of_the_bare_stages(tmp_path: Path) -> None:
    """Merge, split, corrections and remarks change none; a table of stages still does alone."""
    for path in FOLDER.iterdir():
        if path.is_file() and path.name != "readiness.db":
            shutil.copy(path, tmp_path)
    plan = (tmp_path / "plan.toml").read_text("utf-8")
    table = '[layers.readiness]\nfile = "events.csv"'
    plan = plan.replace('[ledger]\nfile = "readiness.db"', table)
    (tmp_path / "plan.toml").write_text(plan, "utf-8")
    of_today = EVENTS[~EVENTS["parcel_id"].isin(FORMER)]
    columns = ["parcel_id", "date", "stage", "action", "evidence", "source", "reason"]
    of_today[columns].to_csv(tmp_path / "events.csv", index=False)
    bare, full = (
        geo.summary(geo.run(geo.read_plan(folder / "plan.toml"))) for folder in (tmp_path, FOLDER)
    )
    assert {name for name in full if full[name] != bare.get(name)} == {"ledger"}


def test_an_office_can_go_on_writing() -> None:
    plan = geo.read_plan(FOLDER / "plan.toml")
    told = Told(parcel_id="LM-B12", date="2025-01-06", stage="demolished", evidence="e")
    now = dt.datetime(2025, 1, 7, tzinfo=dt.UTC)
    recording = record(plan, [told], actor="a", now=now, dry_run=True)
    (draft,) = recording.drafts  # no outline has changed since the last entry
    assert (draft.kind, draft.parcel_id, draft.stage) == ("reach", "LM-B12", "demolished")
    (change,) = recording.changes
    assert (change.before, change.after) == ("vacated", "demolished")


@pytest.mark.parametrize(
    ("day", "parcels"), [("2023-03-05", 304), ("2023-03-06", 303), ("2023-06-12", 304)]
)
def test_land_is_the_same_before_and_after_a_split_and_a_merge(day: str, parcels: int) -> None:
    study = geo.run(geo.read_plan(FOLDER / "plan.toml", as_of=dt.date.fromisoformat(day)))
    assert len(study.parcels) == parcels
    assert study.land_mu == pytest.approx(4545, abs=1e-5)
    former = set(study.parcels["parcel_id"]) & FORMER
    expected = {"2023-03-05": FORMER, "2023-03-06": {"CS-B29"}, "2023-06-12": set()}
    assert former == expected[day]


# --- constraints, terrain and land cover: all synthetic ---------------------------------------


def test_the_ground_says_that_it_is_synthetic() -> None:
    for layer in CONSTRAINTS.values():
        assert layer["illustrative"].all()
        assert layer["note"].str.contains("合成.*synthetic").all()
    with closing(sqlite3.connect(FOLDER / "constraints.gpkg")) as package:
        told = dict(package.execute("SELECT table_name, description FROM gpkg_contents"))
    assert told.keys() == CONSTRAINTS.keys()
    assert all("合成" in text and "synthetic" in text for text in told.values())
    for name in RASTERS:
        with rasterio.open(FOLDER / name) as source:
            assert "合成" in source.tags()["TITLE"]
            assert "synthetic" in source.tags()["TITLE"]
            assert source.tags()["ILLUSTRATIVE"] == "true"
    plan = geo.read_plan(FOLDER / "plan.toml")
    for table in (*plan.constraints, plan.terrain, plan.land_cover):
        assert table is not None
        assert table.assumption is not None


def test_river_and_power_line_lie_where_the_barriers_are() -> None:
    barriers = read_layer("barriers").set_index("class").geometry
    (blue_line,) = CONSTRAINTS["river"].geometry
    assert barriers["river"].within(blue_line.buffer(0.01))
    assert blue_line.within(barriers["river"].buffer(24.01, cap_style="square"))
    power = CONSTRAINTS["power"].set_index("voltage_kv").geometry
    assert sorted(power.index) == [110, 220, 500]
    assert power[220].equals_exact(barriers["power_220kv"], 0.001)


def test_no_constraint_takes_land_of_the_projects_with_published_figures() -> None:
    taken = taken_in_turn()
    known = PARCELS.loc[PARCELS["project_id"].isin(["yuanrui", "jiwa"]), "parcel_id"]
    assert taken["net"][known].to_numpy() == pytest.approx(LAND[known] * M2_PER_MU, abs=1e-4)


def test_the_balance_is_that_of_a_plain_overlay(study: geo.Study) -> None:
    mine = taken_in_turn()
    net = study.parcels.set_index("parcel_id")["net_m2"]
    theirs = study.lost.groupby(["reason", "parcel_id"])["area_m2"].sum()
    reasons = [*dict.fromkeys(study.lost["reason"])]
    assert {*reasons, "net"} == mine.keys()
    for reason, expected in mine.items():
        found = net if reason == "net" else theirs[reason]
        both = pd.DataFrame({"found": found, "expected": expected}).fillna(0.0)
        assert both["found"].to_numpy() == pytest.approx(both["expected"], abs=0.01), reason
    assert study.parcels[["lost_m2", "net_m2"]].sum().sum() == study.parcels["land_m2"].sum()


def test_the_readme_states_what_each_constraint_takes() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    stated = dict(re.findall(r"\| `([a-z-]+)` \| ([0-9.]+) \|$", text, re.MULTILINE))
    mu = {reason: lost.sum() / M2_PER_MU for reason, lost in taken_in_turn().items()}
    whole = {"public", "village", "retained", "net"}
    assert stated == {reason: f"{mu[reason]:.1f}" for reason in mu.keys() - whole}
    (rest,) = re.findall(
        r"green take ([0-9.]+) mu, village land ([0-9.]+) and [a-z ]+([0-9.]+)\.", text
    )
    assert rest == tuple(f"{mu[reason]:.1f}" for reason in ("public", "village", "retained"))


def test_about_four_fifths_of_the_land_are_usable(study: geo.Study) -> None:
    (town,) = study.reach[study.reach["goal"] == "five-years"].itertuples()
    assert town.gross_mu == pytest.approx(4545, abs=1e-5)
    assert town.net_mu / town.gross_mu == pytest.approx(0.806, abs=0.0005)
    assert town.short_net_mu == pytest.approx(837, abs=0.5)


def test_scenarios_show_caps_ranges_and_phases(study: geo.Study) -> None:
    town = study.floor[study.floor["zone"] == ""].set_index("scenario")
    assert list(town.index) == ["planned", "upgrade35", "mixed", "range"]
    assert (town["cut_m2"] > 0).to_dict() == {
        "planned": False, "upgrade35": False, "mixed": True, "range": True,
    }  # fmt: skip
    (wide,) = town.index[town["total_low_m2"] < town["total_high_m2"]]
    assert wide == "range"
    assert sorted(set(study.phasing["year"])) == [2025, 2027, 2029, 2031]
    capped = study.parcel_floor[study.parcel_floor["cap"] != ""]
    assert capped["cap"].nunique() == 3  # by size, by height and density, by land use


def test_constraints_overlap_so_that_one_reason_has_to_be_chosen() -> None:
    river, lots = CONSTRAINTS["river"].union_all(), land_of(["rebuild", "upgrade", "extend"])
    lost = taken_in_turn()
    for layer in (strips(), steep(25), CONSTRAINTS["redline"]):
        assert layer.intersection(lots.union_all()).area.sum() > 1000
    assert strips().union_all().intersection(river).intersection(lots.union_all()).area > 100
    beyond = CONSTRAINTS["growth_boundary"].union_all()
    assert CONSTRAINTS["redline"].intersection(beyond).is_empty.all()  # the three lines are apart
    assert all(taken.sum() > 3000 for taken in lost.values())


def test_every_treatment_is_there() -> None:
    mu = LAND.groupby(PARCELS.set_index("parcel_id")["treatment"]).sum()
    assert set(mu.index) == {"rebuild", "upgrade", "extend", "retain", "village", "road", "green"}
    assert mu.min() > 50
    assert (land_of(["village"])["land_use"] == "0704").all()
    assert (land_of(["green"])["land_use"] == "1401").all()
    assert (land_of(["extend"])["plot_ratio_existing"] < 0.6).all()


def test_hills_stand_in_the_north_east_and_the_ground_is_gentle_elsewhere() -> None:
    heights, grid = read_raster("terrain.tif")
    assert grid.a == -grid.e == 12.5
    assert (heights[-1, 0], heights.max() > 400) == (-9999, True)  # the sheet ends in a corner
    west, north = grid.c, grid.f
    rows, columns = heights.shape
    sheet = shapely.box(west, north - rows * grid.a, west + columns * grid.a, north)
    assert ZONES.within(sheet).all()
    void = np.argwhere(heights == -9999)[:, 1].max() * grid.a + west
    assert void < ZONES.total_bounds[0]
    hills = steep(25).union_all()
    for zone, outline in zip(ZONES["zone_id"], ZONES.geometry, strict=True):
        part = outline.intersection(hills)
        assert 0 < part.area / outline.area < 0.03, zone
        assert part.centroid.x > outline.centroid.x
        assert part.centroid.y > outline.centroid.y
    known = np.where(heights == -9999, np.nan, heights).astype(float)
    assert np.nanmedian(steepness(known, grid.a)) < 3


def test_land_cover_agrees_with_the_ledger_but_for_four_parcels() -> None:
    last = EVENTS.assign(rung=EVENTS["stage"].map(generator().RUNGS.index))
    reached = last.sort_values("rung").groupby("parcel_id")["rung"].last()
    back = last[last["action"] == "revert"].set_index("parcel_id")["rung"]
    rung = back.combine_first(reached).reindex(PARCELS["parcel_id"], fill_value=-1).to_numpy()
    before, after = (bare_share(read_raster(name)) for name in RASTERS[1:])
    assert before.max() == 0
    demolished = (rung >= 6) & (rung < 9)  # from the start of building on, something new stands
    assert (demolished & (after < 0.6)).sum() == 2
    assert ((rung < 6) & (after > 0.6)).sum() == 2
    assert (after[(rung < 6) & (after < 0.6)] < 0.05).all()


def test_land_cover_is_held_against_the_ledger(study: geo.Study) -> None:
    told = {
        code: [item.parcel for item in study.findings if item.code == code]
        for code in ("cover.not-bare", "cover.bare")
    }
    assert told == {"cover.not-bare": ["LM-C21", "CS-B05"], "cover.bare": ["LM-C12", "LM-C18"]}


def bare_share(raster: tuple[np.ndarray, rasterio.Affine]) -> np.ndarray:
    """The share of bare cells among those whose centre is in each parcel."""
    cells, grid = raster
    numbered = [(shape, number) for number, shape in enumerate(PARCELS.geometry, start=1)]
    owner = rasterio.features.rasterize(numbered, cells.shape, transform=grid, dtype="uint16")
    whole = np.bincount(owner.ravel(), minlength=len(PARCELS) + 1)[1:]
    bare = np.bincount(owner[cells == BARE], minlength=len(PARCELS) + 1)[1:]
    return np.asarray(bare / whole)


def test_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 1_300_000


def test_every_parcel_has_a_cost_and_what_is_ready_costs_nothing_any_more() -> None:
    costs = read_csv("costs.csv")
    assert sorted(costs["parcel_id"]) == sorted(PARCELS["parcel_id"])
    assert (costs["cost"].astype(int) >= 0).all()


def test_the_plan_of_record_keeps_to_its_terms(study: geo.Study) -> None:
    from geo.sequence.answer import question_of, recorded  # noqa: PLC0415 - slow to load

    told, lots = recorded(study, "sequence.csv"), question_of(study).lots
    assert told.findings == []
    assert not lots.cost[lots.ready].any()
    shipped = read_csv("sequence.csv")
    assert told.parcels["parcel_id"].tolist() == shipped["parcel_id"].tolist()
    assert told.parcels["start"].astype(str).tolist() == shipped["start"].tolist()
    assert told.parcels["cost"].tolist() == shipped["cost"].astype(float).tolist()
    assert (told.years["cost"] <= told.years["budget"]).all()
    least = told.years["least_mu"].dropna()
    assert (told.years.loc[least.index, "in_blocks_mu"] >= least).all()
