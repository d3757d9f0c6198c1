"""Real files through the gate and through conversion: right figures, or a precise refusal."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.convert import convert
from geo.earth import offsets
from geo.errors import LayerError, PublishError
from geo.findings import Finding
from geo.gate import Checked, Known, check_file
from geo.readers.vector import read_vector
from geo.units import M2_PER_HA, M2_PER_MU
from tests.makers import write_plan
from tests.test_gate_reports import without_inference

pytestmark = pytest.mark.real_data

LOT_MU = 30.0


def told(findings: Sequence[Finding]) -> list[tuple[str, str, int | None, str]]:
    return [(item.code, item.file, item.row, item.parcel) for item in findings]


def only(checked: Checked) -> Finding:
    (found,) = without_inference(checked.findings)
    return found


# --- surveys

SURVEYS = {
    "hangzhou_pengbu_BR-14": ("EPSG:4528", 5.7089, 1, {}),
    "hangzhou_pengbu_BR-14_gbk_crlf": ("EPSG:4528", 5.7089, 1, {}),
    "zhaoqing_44120000072": ("EPSG:4526", 1.2247, 1, {"survey.placeholder": 1}),
    "zhaoqing_44120000105_49pt": ("EPSG:4526", 8.7423, 1, {"survey.placeholder": 1}),
    "zhaoqing_44120000957_badheader": (
        "EPSG:4526",
        None,
        1,
        {"survey.placeholder": 1, "survey.area": 1},
    ),
}
"""CRS by zone of the header, hectares that the plot line states, plots, and what is found."""


def shoelace_m2(path: Path) -> float:
    """The area of the one ring of a survey, from its lines alone: north first, east second."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gbk")
    rows = [line.split(",") for line in text.splitlines() if line.startswith("J")]
    north, east = (np.array([float(row[at]) for row in rows]) for at in (2, 3))
    north, east = north - north[0], east - east[0]
    return abs(float((east * np.roll(north, -1) - north * np.roll(east, -1)).sum())) / 2


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_through_the_gate(name: str, shared_data: Path) -> None:
    crs, hectares, plots, codes = SURVEYS[name]
    path = shared_data / "survey_txt" / f"{name}.txt"
    checked = check_file(path, Known())
    assert checked.crs == crs
    assert not checked.stops
    assert Counter(item.code for item in checked.findings) == codes | {"layer.inferred": 1}
    assert all(
        (item.file, item.layer, item.row, item.severity) == (path.name, name, plots, "warning")
        for item in without_inference(checked.findings)
    )
    assert checked.area_mu == pytest.approx(shoelace_m2(path) / M2_PER_MU, rel=1e-9)
    if hectares is not None:  # stated to a square metre, which some cut off and some round
        assert checked.area_mu * M2_PER_MU == pytest.approx(hectares * M2_PER_HA, abs=1)


def test_a_header_without_a_number_for_its_area_says_so(shared_data: Path) -> None:
    checked = check_file(shared_data / "survey_txt/zhaoqing_44120000957_badheader.txt", Known())
    (found,) = (item for item in checked.findings if item.code == "survey.area")
    assert (found.row, found.parcel, found.seen) == (1, "FID_0", "DKMC")
    assert "line 10 has 'DKMC' for its area" in found.message


def test_a_survey_in_another_zone_than_its_header_is_refused(
    shared_data: Path, tmp_path: Path
) -> None:
    text = (shared_data / "survey_txt/zhaoqing_44120000072.txt").read_text("utf-8-sig")
    path = tmp_path / "zone.txt"
    path.write_text(text.replace("带号=38", "带号=39"), encoding="utf-8")
    checked = check_file(path, Known())
    found = only(checked)
    assert (found.code, found.file, checked.area_mu) == ("survey.zone", "zone.txt", 0.0)
    assert checked.stops


# --- Dongguan: a Shapefile in GBK, and the boundary of Qingxi


def test_the_gbk_shapefile_through_the_gate(shared_data: Path) -> None:
    path = shared_data / "dongguan_gbk/dongguan_towns_4547_gbk.shp"
    checked = check_file(path, Known())
    assert checked.crs == "EPSG:4547"
    assert not checked.stops
    assert told(without_inference(checked.findings)) == [
        ("parcel.overlap", path.name, 10, "25378"),
        ("parcel.overlap", path.name, 17, "6785"),
    ]
    towns = gpd.read_file(path, encoding="GBK")
    counted_twice = sum(item.area_m2 or 0.0 for item in checked.findings)
    union_m2 = shapely.union_all(towns.geometry.to_numpy()).area
    assert checked.area_mu == pytest.approx(union_m2 / M2_PER_MU, rel=1e-9)
    assert union_m2 + counted_twice == pytest.approx(towns.area.sum(), rel=1e-9)


@pytest.fixture(scope="module")
def town(shared_data: Path) -> gpd.GeoDataFrame:
    towns = gpd.read_file(shared_data / "dongguan_towns_wgs84.geojson")
    return towns[towns["name"] == "清溪镇"]


@pytest.fixture(scope="module")
def boundary(town: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qingxi") / "qingxi.geojson"
    town.to_file(path)
    return path


@pytest.fixture(scope="module")
def lots(town: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lots of 30 mu all over Qingxi, every 400 m."""
    outline = town.to_crs("EPSG:4547").geometry.iat[0]
    assert outline.area / 1e6 == pytest.approx(140.46, abs=0.005)
    west, south, east, north = outline.bounds
    grid = np.meshgrid(np.arange(west, east, 400), np.arange(south, north, 400))
    x, y = (axis.ravel() for axis in grid)
    boxes = shapely.box(x, y, x + 200, y + 100)
    boxes = boxes[shapely.contains_properly(outline, boxes)]
    ids = [f"Q{number:03}" for number in range(len(boxes))]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=boxes, crs="EPSG:4547")


def gated(layer: gpd.GeoDataFrame, path: Path, boundary: Path) -> Checked:
    layer.to_file(path)
    return check_file(path, Known(boundary=boundary))


def test_lots_in_their_town_are_fine(
    lots: gpd.GeoDataFrame, boundary: Path, tmp_path: Path
) -> None:
    checked = gated(lots, tmp_path / "lots.gpkg", boundary)
    assert (without_inference(checked.findings), checked.stops) == ([], False)
    assert checked.area_mu == pytest.approx(len(lots) * LOT_MU, rel=1e-9)
    assert len(lots) > 800


@pytest.mark.parametrize(("true", "meridian"), [("EPSG:4546", 111), ("EPSG:4548", 117)])
def test_the_neighbouring_meridian_is_seen_by_the_boundary_only(
    true: str, meridian: int, lots: gpd.GeoDataFrame, boundary: Path, tmp_path: Path
) -> None:
    """The area looks right to 1 %, so that no sum shows it."""
    path = tmp_path / "lots.gpkg"
    wrong = lots.to_crs(true).set_crs("EPSG:4547", allow_override=True)
    checked = gated(wrong, path, boundary)
    found = only(checked)
    assert (found.code, found.severity, found.file, found.layer, found.row) == (
        "place.meridian", "error", "lots.gpkg", "lots", None,
    )  # fmt: skip
    assert f"100.0% does if its central meridian is {meridian}°E ({true})" in found.message
    assert found.area_m2 == pytest.approx(wrong.area.sum(), rel=1e-3)
    assert checked.stops
    assert checked.area_mu == pytest.approx(len(lots) * LOT_MU, rel=0.01)
    blind = check_file(path, Known())
    assert (without_inference(blind.findings), blind.stops) == ([], False)


def test_a_meridian_three_zones_away_is_seen_without_any_boundary(
    lots: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "lots.gpkg"
    lots.to_crs("EPSG:4550").set_crs("EPSG:4547", allow_override=True).to_file(path)
    checked = check_file(path, Known())
    found = only(checked)
    assert (found.code, found.file, found.layer) == ("crs.place", "lots.gpkg", "lots")
    assert "105.17°E 22.85°N" in found.message
    assert checked.stops


def test_swapped_axes_are_seen(lots: gpd.GeoDataFrame, boundary: Path, tmp_path: Path) -> None:
    swapped = shapely.transform(lots.geometry.to_numpy(), lambda points: points[:, ::-1])
    layer = gpd.GeoDataFrame(lots[["parcel_id"]], geometry=swapped, crs="EPSG:4547")
    checked = gated(layer, tmp_path / "lots.gpkg", boundary)
    found = only(checked)
    assert (found.code, found.file, checked.stops) == ("crs.place", "lots.gpkg", True)
    assert "it fits if x and y are swapped" in found.message


@pytest.mark.parametrize(
    ("name", "offset", "east", "north"),
    [
        ("GCJ-02", offsets.wgs84_to_gcj02, 513, -298),
        ("BD-09", offsets.wgs84_to_bd09, 1188, 331),
    ],
)
def test_coordinates_of_a_web_map_are_seen(
    name: str,
    offset: Callable[..., Any],
    east: int,
    north: int,
    lots: gpd.GeoDataFrame,
    boundary: Path,
    tmp_path: Path,
) -> None:
    moved = shapely.transform(
        lots.to_crs("EPSG:4326").geometry.to_numpy(),
        lambda points: np.column_stack(offset(points[:, 0], points[:, 1])),
    )
    layer = gpd.GeoDataFrame(lots[["parcel_id"]], geometry=moved, crs="EPSG:4326")
    checked = gated(layer, tmp_path / "web.geojson", boundary)
    found = only(checked)
    assert (found.code, found.severity, found.file) == ("place.offset", "error", "web.geojson")
    assert f"its coordinates are {name} ({east:+d} m E, {north:+d} m N)" in found.message
    assert checked.stops


def test_one_lot_beyond_the_town_is_named(
    lots: gpd.GeoDataFrame, boundary: Path, tmp_path: Path
) -> None:
    strayed = lots.copy()
    strayed.loc[6, "geometry"] = shapely.affinity.translate(lots.geometry.iat[6], 30_000)
    checked = gated(strayed, tmp_path / "lots.gpkg", boundary)
    found = only(checked)
    assert (found.code, found.severity) == ("place.beyond", "warning")
    assert told([found]) == [("place.beyond", "lots.gpkg", 7, "Q006")]
    assert found.area_m2 == pytest.approx(20_000)
    assert not checked.stops


def test_a_plan_picks_its_town_from_all_towns(
    lots: gpd.GeoDataFrame, shared_data: Path, tmp_path: Path
) -> None:
    towns = (shared_data / "dongguan_towns_wgs84.geojson").as_posix()
    said = '[layers.boundary]\nfile = "{file}"\nrows = {{ field = "name", values = ["{town}"] }}\n'
    land = lots.iloc[:9].assign(treatment="rebuild")
    path = write_plan(tmp_path / "fine", land, tables=said.format(file=towns, town="清溪镇"))
    assert list(check_file(path, Known()).findings) == []
    path = write_plan(tmp_path / "wrong", land, tables=said.format(file=towns, town="虎门镇"))
    checked = check_file(path, Known())
    found = only(checked)
    assert (found.code, found.file, checked.stops) == ("place.outside", "parcels.parquet", True)
    assert "0.0% of its land lies in 虎门镇" in found.message
    path = write_plan(tmp_path / "none", land, tables=said.format(file=towns, town="清溪"))
    found = only(check_file(path, Known()))
    assert (found.code, found.file, found.field) == (
        "boundary.value", "dongguan_towns_wgs84.geojson", "name",
    )  # fmt: skip


# --- conversion


def test_taiwan_has_no_place_in_a_survey(shared_data: Path, tmp_path: Path) -> None:
    source, target = shared_data / "nankan_industrial.gpkg", tmp_path / "nankan.txt"
    layer = "taiwan_H0102_nankan_industrial"
    with pytest.raises(PublishError) as stopped:
        convert(source, target)
    assert [(item.code, item.layer) for item in stopped.value.findings] == [("write.which", layer)]
    with pytest.raises(PublishError) as stopped:
        convert(source, target, fields={"land_use": "使用分"})
    (found,) = stopped.value.findings
    assert (found.code, found.severity, found.row) == ("survey.write-crs", "error", None)
    assert (found.file, found.field, found.seen) == ("nankan.txt", "crs", "TWD97 / TM2 zone 121")
    assert "EPSG:4526" in found.mend
    assert not target.exists()


BACK = {
    ".gpkg": (set(), 0.0),
    ".shp": ({"write.fields", "field.full"}, 0.0),
    ".shp.zip": ({"write.fields", "field.full"}, 0.0),
    ".geojson": (set(), 1e-6),
    ".parquet": (set(), 0.0),
}
"""What is said on the way there and back, and how far a coordinate may move in metres."""


@pytest.mark.parametrize("suffix", BACK)
def test_nankan_goes_there_and_back(suffix: str, shared_data: Path, tmp_path: Path) -> None:
    codes, metres = BACK[suffix]
    source = shared_data / "nankan_industrial.gpkg"
    there, back = tmp_path / f"there{suffix}", tmp_path / "back.gpkg"
    findings = [*convert(source, there), *convert(there, back)]
    assert {item.code for item in findings} == codes
    assert {item.severity for item in findings} <= {"info"}
    one, two = read_vector(source), read_vector(back)
    assert (one.crs, len(one.frame)) == (two.crs, 132)
    shapes = one.frame.geometry.to_numpy(), two.frame.geometry.to_numpy()
    assert shapely.hausdorff_distance(*shapes).max() <= metres <= 0.001
    assert (shapely.get_num_coordinates(shapes[0]) == shapely.get_num_coordinates(shapes[1])).all()
    assert one.frame.columns.tolist() == two.frame.columns.tolist()
    for name in one.frame.columns.drop("geometry"):
        cells, same = one.frame[name], two.frame[name]
        if cells.dtype.kind == "f":  # a .dbf keeps fifteen digits
            np.testing.assert_allclose(same.to_numpy(), cells.to_numpy(), rtol=1e-12)
        else:
            assert same.astype(str).tolist() == cells.astype(str).tolist(), name


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".shp.zip", ".geojson", ".parquet"])
@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_goes_over_degrees_and_back(
    name: str, suffix: str, shared_data: Path, tmp_path: Path
) -> None:
    """In degrees of CGCS2000 in between, no coordinate moves by a millimetre."""
    crs, hectares, _, _ = SURVEYS[name]
    source = shared_data / "survey_txt" / f"{name}.txt"
    there, back = tmp_path / f"there{suffix}", tmp_path / "back.txt"
    convert(source, there, to_crs="EPSG:4490")
    assert read_vector(there).crs == "EPSG:4490"
    findings = convert(there, back, to_crs=crs)
    one, two = read_vector(source), read_vector(back)
    assert two.crs == crs
    for fact in ("parcel_id", "name"):
        assert two.frame[fact].astype(str).tolist() == one.frame[fact].astype(str).tolist(), fact
    points = [shapely.get_coordinates(layer.frame.geometry.to_numpy()) for layer in (one, two)]
    assert np.abs(points[0] - points[1]).max() < 0.001
    unstated = [(item.row, item.changed) for item in findings if item.code == "survey.write-area"]
    if hectares is None:  # which the format must have: what is drawn, and it is said
        hectares = round(shoelace_m2(source) / M2_PER_HA, 4)
        assert unstated == [(1, True)]
    else:
        assert unstated == []
    assert two.frame["declared_area"].tolist() == [hectares]


def test_a_survey_is_not_guessed_where_no_crs_is_known(shared_data: Path, tmp_path: Path) -> None:
    text = (shared_data / "survey_txt/zhaoqing_44120000072.txt").read_text("utf-8-sig")
    bare = tmp_path / "bare.txt"
    bare.write_text(text.replace("带号=38", "带号=").replace(",38383", ",383"), encoding="utf-8")
    with pytest.raises(LayerError) as stopped:
        read_vector(bare)
    assert [(item.code, item.file) for item in stopped.value.findings] == [
        ("crs.missing", "bare.txt")
    ]
