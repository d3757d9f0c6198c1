"""The shipped Qingxi example: what is published holds, and drawing it again changes nothing."""

import datetime as dt
import importlib.util
import shutil
from collections import Counter
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
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


def read_layer(name: str, folder: Path = FOLDER) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "qingxi.gpkg", layer=name)


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


def test_drawing_again_gives_the_shipped_programmes(redrawn: Path) -> None:
    shipped, again = (folder / "programmes.csv" for folder in (FOLDER, redrawn))
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
    for name in ("qingxi.gpkg", "programmes.csv"):
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
    for name in ("plan.toml", "qingxi.gpkg", "programmes.csv"):
        shutil.copy(FOLDER / name, tmp_path)
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


def test_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 1_200_000
