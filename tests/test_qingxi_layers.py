"""The shipped Qingxi example: what is published holds, and drawing it again changes nothing."""

import importlib.util
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

FOLDER = Path(__file__).parents[1] / "layers" / "qingxi"
M2_PER_MU = 2000 / 3
ROAD = "1207"
GRID_M = 2e-6  # another build of GEOS may round a vertex to the next micrometre


def read_layer(name: str, folder: Path = FOLDER) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "qingxi.gpkg", layer=name)


def read_csv(name: str, folder: Path = FOLDER) -> pd.DataFrame:
    return pd.read_csv(folder / name, encoding="utf-8-sig", dtype="str", keep_default_na=False)


def last_days(dates: pd.Series) -> pd.Series:
    """ISO dates of the last day that each written date can mean."""
    return dates.map(lambda text: str(pd.Period(text).end_time.date()))


def mu_reached(stage: str, by: str) -> float:
    """Land of the parcels that ever reached at least `stage` by a date."""
    rungs = generator().RUNGS
    past = EVENTS[(last_days(EVENTS["date"]) <= by) & (EVENTS["action"] == "reach")]
    high = past["stage"].map(rungs.index) >= rungs.index(stage)
    return float(LAND.loc[past.loc[high, "parcel_id"].unique()].sum())


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("qingxi_generate", FOLDER / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ZONES = read_layer("zones")
PARCELS = read_layer("parcels")
PROGRAMMES = read_csv("programmes.csv")
EVENTS = read_csv("readiness.csv")
LAND = PARCELS.area.set_axis(PARCELS["parcel_id"]) / M2_PER_MU
LOTS = PARCELS[PARCELS["land_use"] != ROAD]


@pytest.fixture(scope="module")
def redrawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qingxi")
    generator().write(folder)
    return folder


@pytest.mark.parametrize("layer", ["zones", "parcels", "barriers"])
def test_drawing_again_gives_the_shipped_geometry_and_table(layer: str, redrawn: Path) -> None:
    shipped, again = read_layer(layer), read_layer(layer, redrawn)
    assert shipped.crs == again.crs == "EPSG:4547"
    assert_frame_equal(shipped.drop(columns="geometry"), again.drop(columns="geometry"))
    assert shipped.geom_equals_exact(again, tolerance=GRID_M).all()


@pytest.mark.parametrize("name", ["programmes.csv", "readiness.csv"])
def test_drawing_again_gives_the_shipped_text(name: str, redrawn: Path) -> None:
    assert (FOLDER / name).read_text("utf-8") == (redrawn / name).read_text("utf-8")


def test_drawing_twice_gives_the_same_bytes(redrawn: Path, tmp_path: Path) -> None:
    generator().write(tmp_path)
    for name in ("qingxi.gpkg", "programmes.csv", "readiness.csv"):
        assert (tmp_path / name).read_bytes() == (redrawn / name).read_bytes(), name


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
    assert set(EVENTS["parcel_id"]) <= set(PARCELS["parcel_id"])
    assert set(EVENTS["action"]) == {"reach", "revert"}
    assert min(EVENTS["date"]) >= "2020"
    ends = last_days(EVENTS["date"])
    assert ends.max() <= "2024-12-31"
    assert EVENTS["recorded_at"].is_monotonic_increasing
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


def test_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 600_000
