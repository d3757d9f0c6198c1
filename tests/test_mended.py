"""Faults that were found and mended: each test states what went wrong before."""

import tomllib
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS
from pyproj.crs import CompoundCRS

from geo.earth.crs import horizontal, metric, parse_crs
from geo.errors import LayerError
from geo.land import Land, read_land
from geo.plan import read_plan
from geo.readers.vector import read_vector
from geo.scaffold import guess, new_plan
from tests.makers import placed, rectangle, row, study, write_plan

LEVELLED = "EPSG:4547+5773"  # Qingxi's grid with heights over the EGM96 geoid
MERGE = 'duplicate_ids = "merge"'
TODAY = date(2024, 12, 31)


def read(folder: Path, land: gpd.GeoDataFrame, **options: str) -> Land:
    return read_land(read_plan(write_plan(folder, land, **options)))


def lots(**columns: object) -> gpd.GeoDataFrame:
    """Lots of 30 mu each, side by side, one for each cell of the columns."""
    number = max(len(cells) for cells in columns.values())
    return placed(*row([200] * number), **columns)


def told(land: Land, code: str) -> list[str]:
    return [item.field for item in land.findings if item.code == code]


# -- rows of one id united -----------------------------------------------------------------------


@pytest.mark.parametrize("blank", [None, "", " "])
@pytest.mark.parametrize("first", [0, 1])
def test_a_blank_row_takes_nothing_from_the_other(tmp_path, blank, first):
    facts = {"stage": "cleared", "evidence": "x", "land_use": "1207", "treatment": "retain"}
    facts |= {"stage_date": "2023-05", "name": "甲", "ownership": "国有"}
    cells = {name: [value, blank] if not first else [blank, value] for name, value in facts.items()}
    done = read(tmp_path, lots(parcel_id=["A", "A"], **cells), layer_toml=MERGE)
    assert done.parcels[list(facts)].to_dict("records") == [facts]
    assert done.parcels["parcel_id"].tolist() == ["A"]
    assert told(done, "parcel.merge-differs") == []
    assert done.events[["stage", "evidence"]].to_numpy().tolist() == [["cleared", "x"]]


def test_rows_that_say_nothing_of_treatment_are_rebuilt(tmp_path):
    land = lots(parcel_id=["A", "A", "B", "B"], treatment=["", "", "", "road"])
    done = read(tmp_path, land, layer_toml=MERGE)
    assert done.parcels["treatment"].tolist() == ["rebuild", "road"]


def test_a_row_that_the_plan_leaves_out_lends_nothing(tmp_path):
    land = lots(parcel_id=["A", "A", "A"], treatment=["", "", "road"], kind=["", "", "way"])
    rule = 'exclude = [{ field = "kind", values = ["way"], reason = "a way" }]'
    done = read(tmp_path, land, layer_toml=f"{MERGE}\n{rule}")
    assert done.parcels["treatment"].tolist() == ["rebuild"]


def test_evidence_is_put_together_and_the_latest_date_counts(tmp_path):
    land = lots(
        parcel_id=["A", "A", "A", "B"],
        stage=["cleared"] * 4,
        stage_date=["2023-05", "2023年6月", "", "2024-01-02"],
        evidence=["cert 1", "cert 2", "cert 1", "cert 3"],
        name=["east", "west", None, "other"],
        ownership=["国有", "集体", "国有", "国有"],
    )
    done = read(tmp_path, land, layer_toml=MERGE)
    assert done.parcels["evidence"].tolist() == ["cert 1; cert 2", "cert 3"]
    assert done.parcels["stage_date"].tolist() == ["2023年6月", "2024-01-02"]
    assert done.parcels["name"].tolist() == ["east; west", "other"]
    assert done.parcels["ownership"].tolist() == ["国有; 集体", "国有"]
    assert done.parcels.dtypes["evidence"] == land.dtypes["evidence"]
    codes = {item.code for item in done.findings}
    assert codes == {"parcel.id-merged"}  # no event.undated, no event.no-evidence
    assert [str(day.date()) for day in done.events["date"]] == ["2023-06-30", "2024-01-02"]


def test_such_a_parcel_is_ready_by_evidence(tmp_path):
    land = lots(
        parcel_id=["A", "A"],
        stage=["cleared"] * 2,
        stage_date=["2023-06-01", "2023-05"],
        evidence=["cert 1", "cert 2"],
    )
    parcel = study(tmp_path, land, layer_toml=MERGE).parcels.iloc[0]
    assert (parcel["stage"], bool(parcel["self_reported"])) == ("cleared", False)
    assert str(parcel["stage_date"].date()) == "2023-06-01"


def test_a_date_that_cannot_be_read_shows(tmp_path):
    land = lots(
        parcel_id=["A", "A"], stage=["cleared"] * 2, stage_date=["2023-05", "soon"], evidence="x"
    )
    done = read(tmp_path, land, layer_toml=MERGE)
    assert done.parcels["stage_date"].item() == "2023-05; soon"
    assert [item.seen for item in done.findings if item.code == "event.date"] == ["2023-05; soon"]


def test_every_column_that_differs_is_told(tmp_path):
    differing = {
        "zone": ["x", "y"],
        "land_use": ["1001", "1207"],
        "treatment": ["retain", "road"],
        "declared_area": [1.0, 2.0],
        "plot_ratio": [1.0, 2.0],
        "plot_ratio_existing": [0.5, 0.6],
        "existing_floor": [10.0, 20.0],
        "stage": ["cleared", "signed"],
    }
    zone = placed(rectangle(0, 0, 400, 100), zone_id=["x"])
    done = read(tmp_path, lots(parcel_id=["A", "A"], **differing), layer_toml=MERGE, zones=zone)
    said = {name.removesuffix("_m2") for name in told(done, "parcel.merge-differs")}
    assert said == {name.replace("declared_area", "declared") for name in differing}
    assert done.parcels[["land_use", "stage"]].to_numpy().tolist() == [["", ""]]
    assert done.parcels[["plot_ratio", "existing_floor_m2"]].isna().all(axis=None)


# -- plot ratios in per cent ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "ratio", "code"),
    [
        ("210", 2.1, None),
        ("2.1", np.nan, "ratio.low"),
        ("4.9", np.nan, "ratio.low"),
        ("5", 0.05, None),
        ("2%", 0.02, None),  # said to be per cent
        ("0", np.nan, "ratio.zero"),
        ("-2", np.nan, "ratio.negative"),
    ],
)
def test_a_plain_ratio_among_percentages_is_unknown(tmp_path, cell, ratio, code):
    land = lots(parcel_id=["A", "B"], plot_ratio=["210", cell])
    done = read(tmp_path, land, layer_toml='plot_ratio_unit = "percent"')
    np.testing.assert_allclose(done.parcels["plot_ratio"], [2.1, ratio])
    ours = {item.code for item in done.findings} - {"ratio.missing"}
    assert ours == ({code} if code else set())


def test_a_low_existing_ratio_is_told_too(tmp_path):
    land = lots(parcel_id=["A", "B", "C"], plot_ratio_existing=[80.0, 0.8, 0.0])
    done = read(tmp_path, land, layer_toml='plot_ratio_unit = "percent"')
    assert told(done, "ratio.low") == ["plot_ratio_existing"]
    assert done.parcels["plot_ratio_existing"].tolist() == pytest.approx(
        [0.8, np.nan, 0.0], nan_ok=True
    )


def test_a_small_plain_ratio_is_fine(tmp_path):
    done = read(tmp_path, lots(parcel_id=["A"], plot_ratio=[0.02]))
    assert (done.parcels["plot_ratio"].item(), done.findings) == (0.02, [])


# -- joined tables -------------------------------------------------------------------------------


def joined(folder: Path, csv: str, names: str, rule: str = "", **columns: object) -> Land:
    """Parcels A, B, C with columns of their own, and a table joined to them."""
    toml = f'[[layers.parcels.joins]]\nfile = "more.csv"\nkey = "id"\non = "parcel_id"\n{names}\n'
    path = write_plan(folder, lots(parcel_id=list("ABC"), **columns), layer_toml=toml + rule)
    (folder / "more.csv").write_text(csv, "utf-8")
    return read_land(read_plan(path))


RATIO = 'fields = { plot_ratio = "far" }'


@pytest.mark.parametrize("own", [[1.0, 3.0, 2.5], ["1", "3.0", "2.5"]])
def test_where_the_table_tells_nothing_the_layer_counts(tmp_path, own):
    done = joined(tmp_path, "id,far\nA,2\nC,2.50\n", RATIO, plot_ratio=own)
    assert done.parcels["plot_ratio"].tolist() == [2.0, 3.0, 2.5]
    found = [item for item in done.findings if item.code == "join.replaces"]
    assert [(item.seen, item.field, item.file) for item in found] == [("1", "far", "more.csv")]
    assert "1 parcels have another plot_ratio" in found[0].message
    assert "1 个地块原有的 plot_ratio 与此表不同" in found[0].message_zh


def test_a_blank_cell_of_the_table_replaces_nothing(tmp_path):
    done = joined(tmp_path, "id,far\nA,\nB,3\nC,\n", RATIO, plot_ratio=[1.0, 3.0, np.nan])
    assert done.parcels["plot_ratio"].tolist() == pytest.approx([1, 3, np.nan], nan_ok=True)
    assert told(done, "join.replaces") == []


def test_a_table_that_contradicts_itself_leaves_the_value_unknown(tmp_path):
    """What the layer says is no way out: the table told something, and that must be mended."""
    done = joined(tmp_path, "id,far\nA,1\nA,2\n", RATIO, plot_ratio=[1.5, 3.0, 2.0])
    assert done.parcels["plot_ratio"].tolist() == pytest.approx([np.nan, 3, 2], nan_ok=True)
    assert told(done, "join.several") == ["far"]


def test_a_sum_fills_and_replaces_as_well(tmp_path):
    names = 'fields = { existing_floor = "floor" }\ncombine.existing_floor = "sum"'
    csv = "id,floor\nA,100\nA,200\nB,\n"
    done = joined(tmp_path, csv, names, existing_floor=[300.0, 50.0, np.nan])
    assert done.parcels["existing_floor_m2"].tolist() == pytest.approx([300, 50, np.nan], nan_ok=1)
    assert told(done, "join.replaces") == []


def test_texts_are_compared_as_texts(tmp_path):
    names = 'fields = { land_use = "use" }'
    done = joined(tmp_path, "id,use\nA,0701\nB,1001\n", names, land_use=[701, 1001, 1207])
    assert done.parcels["land_use"].tolist() == ["0701", "1001", "1207"]
    assert [item.seen for item in done.findings if item.code == "join.replaces"] == ["1"]


# -- names that are not read ---------------------------------------------------------------------


def test_a_name_mapped_to_nothing_is_not_read(tmp_path):
    land = lots(parcel_id=["A", "B"], zone=["x", None], treatment=["x", "road"])
    refused = 'fields = { zone = "", treatment = "" }'
    done = read(tmp_path, land, layer_toml=refused)
    assert done.findings == []
    assert done.parcels["zone"].tolist() == ["all", "all"]
    assert done.parcels["treatment"].tolist() == ["rebuild", "rebuild"]


def test_only_a_name_that_is_known_may_lead_to_nothing(tmp_path):
    with pytest.raises(LayerError, match="did you mean 'zone'"):
        read(tmp_path, lots(parcel_id=["A"]), layer_toml='fields = { zoen = "" }')


def test_ids_mapped_to_nothing_are_numbered_or_missed(tmp_path):
    toml = 'fields = { parcel_id = "" }\nblank_ids = "number"'
    done = read(tmp_path / "a", lots(parcel_id=["A", "B"]), layer_toml=toml)
    assert done.parcels["parcel_id"].tolist() == ["row-1", "row-2"]
    with pytest.raises(LayerError, match=r"layer\.column"):
        read(tmp_path / "b", lots(code=["A"]), layer_toml='fields = { parcel_id = "" }')


def test_the_first_plan_says_which_columns_it_does_not_read(tmp_path):
    columns = {
        "zone": ["a", "b", None],
        "treatment": ["x", "y", "z"],
        "declared_area": [7, 7, 7],
        "stage": ["一", "二", "三"],
    }
    path = tmp_path / "a.gpkg"
    lots(parcel_id=list("ABC"), **columns).to_file(path)
    plan, found, findings = new_plan(tmp_path / "plan", path, as_of=TODAY)
    assert findings == []
    fields = tomllib.loads(plan.read_text("utf-8"))["layers"]["parcels"]["fields"]
    assert fields == found.fields == dict.fromkeys(columns, "")
    for name in columns:
        assert f"# inferred: {name} is not read: " in plan.read_text("utf-8")
    assert read_land(read_plan(plan)).findings == []


def test_one_odd_word_is_no_reason_to_read_no_treatment(tmp_path):
    path = tmp_path / "a.gpkg"
    lots(parcel_id=list("ABC"), treatment=["road", "retain", "knock down"]).to_file(path)
    _, found, findings = new_plan(tmp_path / "plan", path, as_of=TODAY)
    assert found.fields == {}
    assert [item.code for item in findings] == ["treatment.unknown"]


# -- systems with heights ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "level"),
    [
        (LEVELLED, 4547),
        ("EPSG:4490+5773", 4490),
        ("EPSG:4979", 4326),
        ("EPSG:2249+6360", 2249),
        ("EPSG:4547", 4547),
        ("EPSG:4978", 4978),  # geocentric: there is no level part
    ],
)
def test_heights_are_left_out_of_a_crs(name, level):
    assert parse_crs(name).to_epsg() == horizontal(CRS(name)).to_epsg() == level


def test_a_grid_that_carries_its_own_shift_can_be_in_metres():
    shifted = "+proj=utm +zone=50 +ellps=intl +towgs84=1,2,3"
    assert metric(parse_crs(shifted)) == CRS(shifted)
    feet = metric(parse_crs(f"{shifted} +units=us-ft"))
    assert {axis.unit_name for axis in feet.axis_info} == {"metre"}
    assert feet.is_bound
    levelled = CompoundCRS("both", [CRS(shifted), CRS("EPSG:5773")])
    assert metric(horizontal(levelled)) == CRS(shifted)


@pytest.mark.parametrize("suffix", [".parquet", ".gpkg"])
@pytest.mark.parametrize("plan_crs", [LEVELLED, "EPSG:4547"])
def test_a_layer_with_heights_is_counted(tmp_path, suffix, plan_crs):
    flat = placed(rectangle(0, 0, 200, 100), parcel_id=["A"])
    heights = shapely.force_3d(flat.geometry.to_numpy(), 12.0)
    land = gpd.GeoDataFrame({"parcel_id": ["A"]}, geometry=heights, crs=LEVELLED)
    path = write_plan(tmp_path, land, crs=plan_crs, suffix=suffix)
    done = read_land(read_plan(path))
    assert done.crs == CRS("EPSG:4547")
    assert done.parcels["land_mu"].item() == pytest.approx(30)


def test_a_stated_crs_agrees_with_the_same_one_with_heights(tmp_path):
    path = tmp_path / "a.parquet"
    flat = placed(rectangle(0, 0, 200, 100), parcel_id=["A"])
    flat.set_crs(LEVELLED, allow_override=True).to_parquet(path)
    assert read_vector(path, crs="EPSG:4547").crs.to_epsg() == 4547
    assert read_vector(path, crs=LEVELLED).crs.to_epsg() == 4547
    with pytest.raises(LayerError, match=r"crs\.conflict"):
        read_vector(path, crs="EPSG:4548+5773")


def test_the_first_plan_for_such_a_layer_names_its_grid(tmp_path):
    path = tmp_path / "a.parquet"
    flat = placed(rectangle(0, 0, 200, 100), parcel_id=["A"])
    flat.set_crs(LEVELLED, allow_override=True).to_parquet(path)
    assert guess(path).crs == "EPSG:4547"
    plan, _, findings = new_plan(tmp_path / "plan", path, as_of=TODAY)
    assert findings == []
    assert read_land(read_plan(plan)).parcels["land_mu"].item() == pytest.approx(30)
