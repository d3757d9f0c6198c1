"""Land cover: bare shares before and after works, and what they say of stages."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS, Geod
from shapely import Polygon, box

from geo.errors import ChecksError, LayerError, PlanError
from geo.findings import Finding
from geo.inputs import Notes
from geo.plan import LandCover, Plan, read_plan
from geo.terrain.cover import COVER_COLUMNS, check_cover, parcel_cover
from geo.units import M2_PER_MU
from tests.makers import placed, rectangle, study, write_plan
from tests.rasters import write_raster

WEST, NORTH = 516_000.0, 2_527_000.0
GRID = CRS("EPSG:4547")
BUILT, BARE, GREEN = 1, 2, 3
LOT = box(0, 0, 200, 100)  # 30 mu
WHERE = {"file": "parcels.gpkg", "layer": "parcels"}


def classes(rows: int = 10, columns: int = 40, *, bare: int = 0) -> np.ndarray:
    """Cells of 10 m: built ground whose first columns are bare."""
    cells = np.full((rows, columns), BUILT, dtype="uint8")
    cells[:, :bare] = BARE
    return cells


def write(folder: Path, name: str, values: Any, **how: Any) -> None:
    place = {"west": WEST, "north": NORTH, "cell": 10.0, "nodata": 0} | how
    write_raster(folder / f"{name}.tif", values, **place)


def stated(*, before: bool = True, **how: Any) -> LandCover:
    table: dict[str, Any] = {"bare": [BARE], "stage": "demolished"}
    table["after"] = {"file": "after.tif", "date": "2024-06-30"}
    if before:
        table["before"] = {"file": "before.tif", "date": "2023-01-31"}
    return LandCover.model_validate(table | how)


def land(*shapes: Any) -> gpd.GeoSeries:
    """Shapes whose origin is the south-west corner of a raster of 10 × 40 cells."""
    moved = shapely.transform(np.array(shapes), lambda xy: xy + np.array([WEST, NORTH - 100]))
    return gpd.GeoSeries(moved, index=[f"p{at}" for at in range(len(shapes))], crs=GRID)


def covered(folder: Path, *shapes: Any, notes: Notes | None = None, **how: Any) -> pd.DataFrame:
    return parcel_cover(land(*shapes), GRID, stated(**how), folder, notes or Notes())


# --- shares ----------------------------------------------------------------------------------


def test_shares_of_bare_and_changed_land(tmp_path: Path) -> None:
    """The first lot goes from 5 to 20 bare columns of 20, the second keeps its buildings."""
    write(tmp_path, "before", classes(bare=5))
    write(tmp_path, "after", classes(bare=20))
    notes = Notes()
    table = covered(tmp_path, LOT, box(200, 0, 400, 100), notes=notes)
    assert list(table) == list(COVER_COLUMNS)
    assert table.loc["p0"].tolist() == [0.25, 1.0, 0.75, 1.0]
    assert table.loc["p1"].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert notes.findings == []
    assert notes.inputs == [tmp_path / "after.tif", tmp_path / "before.tif"]


def test_unknown_cells_are_in_no_share(tmp_path: Path) -> None:
    before, after = classes(), classes(bare=10)
    before[:5], after[:, 15:20] = 0, 0
    write(tmp_path, "before", before)
    write(tmp_path, "after", after)
    facts = covered(tmp_path, LOT).loc["p0"]
    # after: 10 bare of 15 known columns; both known: the lower half of those
    assert facts.tolist() == pytest.approx([0, 10 / 15, 10 / 15, 0.75])


def test_land_outside_is_unknown(tmp_path: Path) -> None:
    write(tmp_path, "after", classes(bare=20))
    table = covered(tmp_path, box(300, 0, 500, 100), box(900, 0, 950, 50), before=False)
    assert table.loc["p0"].tolist() == pytest.approx([np.nan, 0, np.nan, 0.5], nan_ok=True)
    assert table["known_share"].tolist() == [0.5, 0]
    assert table.loc["p1", "bare_after":"change_share"].isna().all()


def test_shares_are_those_of_an_overlay(tmp_path: Path) -> None:
    """Slanted parcels on random classes; cells cut by an edge count by the part inside."""
    rng = np.random.default_rng(5)
    before, after = rng.integers(0, 4, (2, 10, 40)).astype("uint8")
    write(tmp_path, "before", before)
    write(tmp_path, "after", after)
    shapes = [
        Polygon([(3, 4), (91, 12), (60, 97), (21, 60)]),
        Polygon([(200, 3), (399, 50), (210, 96)], [[(230, 40), (260, 50), (235, 60)]]),
    ]
    table = covered(tmp_path, *shapes)
    for name, shape in zip(table.index, shapes, strict=True):
        area = np.array([
            [shape.intersection(box(10 * c, 90 - 10 * r, 10 * c + 10, 100 - 10 * r)).area
             for c in range(40)] for r in range(10)
        ])  # fmt: skip
        known, both = area * (after > 0), area * ((after > 0) & (before > 0))
        expected = [
            (area * (before == BARE)).sum() / (area * (before > 0)).sum(),
            (area * (after == BARE)).sum() / known.sum(),
            (both * (before != after)).sum() / both.sum(),
            known.sum() / shape.area,
        ]
        assert table.loc[name].tolist() == pytest.approx(expected, rel=1e-6)


def test_cells_in_degrees_count_by_their_own_area(tmp_path: Path) -> None:
    """Two rows half a degree high: the southern one, which is wider, is bare."""
    cells = np.array([[BUILT], [BARE]], dtype="uint8")
    how = {"crs": "EPSG:4490", "west": 114.0, "north": 23.0, "cell": 0.5}
    write(tmp_path, "after", cells, **how)
    shape = gpd.GeoSeries([box(114, 22, 114.5, 23)], crs=4490).segmentize(0.005).to_crs(GRID)
    table = parcel_cover(shape, GRID, stated(before=False), tmp_path, Notes())
    geod = Geod(ellps="GRS80")
    north, south = (
        abs(geod.geometry_area_perimeter(box(114, low, 114.5, low + 0.5))[0]) for low in (22.5, 22)
    )
    assert table.loc[0, "bare_after"] == pytest.approx(south / (south + north), rel=1e-5)
    assert table.loc[0, "bare_after"] > 0.5008


# --- what is said of rasters -----------------------------------------------------------------


def noted(folder: Path, **how: Any) -> list[Finding]:
    notes = Notes()
    covered(folder, LOT, notes=notes, **how)
    return notes.findings


@pytest.mark.parametrize("how", [{"west": WEST + 5}, {"cell": 20.0}, {"crs": "EPSG:4526"}])
def test_of_different_grids_no_change_is_computed(how: dict[str, Any], tmp_path: Path) -> None:
    if how.get("crs") == "EPSG:4526":
        how["west"] = WEST + 38_000_000
    write(tmp_path, "before", classes(bare=2), **how)
    write(tmp_path, "after", classes(bare=20))
    notes = Notes()
    facts = covered(tmp_path, LOT, notes=notes).loc["p0"]
    (found,) = notes.findings
    assert (found.code, found.file, found.severity) == ("cover.grids-differ", "after.tif", "error")
    assert "before.tif" in found.message
    assert np.isnan(facts["change_share"])
    assert facts["bare_after"] == 1
    bare_m = {"west": 25, "cell": 40}.get(next(iter(how)), 20) / 200
    known = 195 / 200 if next(iter(how)) == "west" else 1
    share = (bare_m - 5 / 200) / known if known < 1 else bare_m
    assert facts["bare_before"] == pytest.approx(share, rel=1e-5)


def test_a_grid_that_was_rounded_is_the_same(tmp_path: Path) -> None:
    write(tmp_path, "before", classes(bare=2), west=WEST + 1e-7)
    write(tmp_path, "after", classes(bare=20))
    assert noted(tmp_path) == []


def test_numbers_that_are_no_classes_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "after", np.where(classes() == BUILT, 0.25, 0), nodata=None)
    with pytest.raises(LayerError) as stopped:
        covered(tmp_path, LOT, before=False)
    (found,) = stopped.value.findings
    assert (found.code, found.file) == ("cover.classes", "after.tif")
    assert "holds 0.25" in found.message
    assert "400 such cells" in found.message


def test_classes_may_be_stored_as_floats(tmp_path: Path) -> None:
    write(tmp_path, "after", classes(bare=20).astype("float32"))
    assert covered(tmp_path, LOT, before=False).loc["p0", "bare_after"] == 1


def test_a_raster_without_bare_ground_is_doubted(tmp_path: Path) -> None:
    write(tmp_path, "before", np.full((10, 40), GREEN, dtype="uint8"))
    write(tmp_path, "after", classes())
    (found,) = noted(tmp_path)
    assert (found.code, found.file) == ("cover.no-bare-class", "after.tif")
    assert found.severity == "warning"
    assert "it has 1, 3" in found.message
    write(tmp_path, "before", classes(bare=1))
    assert noted(tmp_path) == []


def test_before_must_be_earlier(tmp_path: Path) -> None:
    write(tmp_path, "before", classes(bare=1))
    write(tmp_path, "after", classes(bare=20))
    after = {"file": "after.tif", "date": "2023-01-31"}  # the day of before
    (found,) = noted(tmp_path, after=after)
    assert (found.code, found.file, found.severity) == ("cover.dates", "before.tif", "error")


def test_nodata_must_be_stated(tmp_path: Path) -> None:
    write(tmp_path, "after", classes(bare=20), nodata=None)
    (found,) = noted(tmp_path, before=False)
    assert (found.code, found.file) == ("raster.nodata", "after.tif")
    after = {"file": "after.tif", "date": "2024-06-30", "nodata": 0}
    assert noted(tmp_path, before=False, after=after) == []


# --- what is said of stages ------------------------------------------------------------------

STAGES = ["survey", "signed", "demolished", "cleared", "started"]


def plan(as_of: str = "2024-12-31", **how: Any) -> Plan:
    rungs = [{"id": name, "name": {"zh": f"{name}阶段", "en": name}} for name in STAGES]
    facts = {"name": "Test", "crs": "EPSG:4547", "base_date": "2023-01-01", "as_of": as_of}
    layers = {"parcels": {"file": "parcels.gpkg"}}
    cover = stated(before=False, **how).model_dump()
    return Plan.model_validate(facts | {"stages": rungs, "layers": layers, "land_cover": cover})


def told(bare: float, now: str, then: str = "", *, known: float = 1.0, **how: Any) -> list[Finding]:
    """What is said of one lot of 30 mu, so bare in the image, of these stages."""
    built = how.pop("built", None)
    parcels = pd.DataFrame(
        {"parcel_id": ["甲1"], "row": [7], "rung": [STAGES.index(now)], "land_m2": [LOT.area]}
    )
    table = pd.DataFrame([[np.nan, bare, np.nan, known]], columns=list(COVER_COLUMNS))
    return check_cover(
        parcels,
        table,
        plan(**how),
        WHERE,
        rung_then=np.array([STAGES.index(then or now)]),
        built_rung=None if built is None else STAGES.index(built),
    )


@pytest.mark.parametrize("stage", ["demolished", "cleared"])
def test_a_demolished_parcel_that_is_not_bare_is_doubted(stage: str) -> None:
    (found,) = told(0.35, stage)
    assert (found.code, found.severity) == ("cover.not-bare", "warning")
    assert (found.file, found.row, found.parcel) == ("parcels.gpkg", 7, "甲1")
    assert found.area_m2 == pytest.approx(30 * M2_PER_MU)
    assert "reached demolished by 2024-06-30" in found.message
    assert "only 35.0% of it is bare in after.tif" in found.message
    assert "“demolished阶段”" in found.message_zh
    assert told(0.6, stage) == []
    assert told(0.35, stage, bare_from=0.3) == []


def test_what_was_demolished_after_the_image_is_not_accused() -> None:
    assert told(0.0, "demolished", "signed") == []


def test_where_new_buildings_stand_nothing_is_asked() -> None:
    assert [item.code for item in told(0.1, "started")] == ["cover.not-bare"]
    assert told(0.1, "started", built="started") == []
    assert [item.code for item in told(0.1, "cleared", built="started")] == ["cover.not-bare"]


def test_a_bare_parcel_below_the_stage_is_pointed_out() -> None:
    (found,) = told(0.8, "signed")
    assert (found.code, found.severity) == ("cover.bare", "info")
    assert (found.file, found.row, found.parcel) == ("parcels.gpkg", 7, "甲1")
    assert "80.0% of it is bare in after.tif on 2024-06-30" in found.message
    assert told(0.5, "signed") == []
    assert told(0.8, "demolished", "signed") == []  # it has been recorded since
    assert told(0.8, "signed", as_of="2024-06-29") == []  # nobody could see it yet


def test_a_parcel_of_which_little_is_known_is_not_judged() -> None:
    (found,) = told(0.0, "demolished", known=0.4)
    assert (found.code, found.severity, found.parcel) == ("cover.unknown", "info", "甲1")
    assert found.row == 7
    assert "only 40.0% of this land" in found.message
    assert [item.code for item in told(np.nan, "demolished", known=0.0)] == ["cover.unknown"]
    assert told(1.0, "signed", known=0.4) == []


def test_land_cover_that_lies_elsewhere_is_an_error(tmp_path):
    write_raster(tmp_path / "after.tif", np.ones((4, 4)), west=400_000, north=2_400_000, cell=50)
    tables = (
        '[land_cover]\nafter = { file = "after.tif", date = 2024-06-30 }\n'
        'bare = [1]\nstage = "demolished"\n'
    )
    land = placed(rectangle(0, 0, 200, 100), parcel_id=["A"], treatment="rebuild")
    with pytest.raises(ChecksError) as caught:
        study(tmp_path, land, tables=tables)
    codes = {item.code: item for item in caught.value.findings}
    assert codes["cover.elsewhere"].file == "after.tif"


def test_a_stage_of_new_buildings_comes_after_the_one_that_is_judged(tmp_path):
    tables = (
        '[land_cover]\nafter = { file = "after.tif", date = 2024-06-30 }\n'
        'bare = [1]\nstage = "demolished"\nbuilt_stage = "signed"\n'
    )
    land = placed(rectangle(0, 0, 200, 100), parcel_id=["A"], treatment="rebuild")
    with pytest.raises(PlanError) as caught:
        read_plan(write_plan(tmp_path, land, tables=tables))
    (found,) = caught.value.findings
    assert (found.code, found.field) == ("plan.value", "land_cover.built_stage")
