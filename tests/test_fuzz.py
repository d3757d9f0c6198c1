"""Broken files of every format, and land drawn to exhaust whoever overlays it."""

import os
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geo.blocks import parcel_links
from geo.checks import check_geometry, check_outlines
from geo.crowding import bounded
from geo.errors import ChecksError, LayerError
from geo.findings import Finding
from geo.gate import Checked, Known, check_file
from geo.manifest import sha256
from geo.neighbours import check_gaps, gaps
from geo.once import overlaps
from geo.readers.vector import read_vector
from geo.rows import places
from tests import fuzz
from tests.fuzzing.seeds import SEEDS
from tests.makers import array, parcels, qingxi
from tests.test_gate_reports import without_inference

SECONDS = float(os.environ.get("LANDREADY_FUZZ_SECONDS", "20"))
WHERE = {"file": "land.gpkg", "layer": "parcels"}


def told(finding: Finding) -> tuple[object, ...]:
    return finding.code, finding.file, finding.row, finding.parcel


def checked(folder: Path, *shapes: shapely.Geometry) -> Checked:
    ids = [f"P{number}" for number in range(1, len(shapes) + 1)]
    land = gpd.GeoDataFrame({"DKBH": ids}, geometry=qingxi(array(*shapes)), crs="EPSG:4547")
    land.to_parquet(folder / "land.parquet")
    return check_file(folder / "land.parquet", Known())


def comb(teeth: int, *, lying: bool = False) -> Polygon:
    """Upright strips, or lying ones, that hang together at one end."""
    x = np.repeat(np.arange(2 * teeth), 2)
    y = np.tile([0, 1000, 1000, 0], teeth)
    points = [(0, -10), *zip(x, y, strict=True), (2 * teeth - 1, -10)]
    return Polygon([(n, e) for e, n in points] if lying else points)


# -- the run -----------------------------------------------------------------------------------


def test_no_broken_file_ends_hangs_or_misleads_the_gate():
    tally = fuzz.run(SECONDS, first=0)
    assert (tally.crashed, tally.slow, tally.wrong) == ([], [], []), str(tally)
    assert tally.cases.total() >= 100, str(tally)
    assert all(tally.cases[name] for name in SEEDS), str(tally)
    assert tally.refused.total() and tally.told.total()


def test_a_case_is_the_same_whenever_it_is_run(tmp_path: Path):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    fuzz.plant(seeds)
    one, other = (fuzz.mutated(7, tmp_path / name, seeds) for name in ("one", "other"))
    assert one[0] == other[0]
    assert sha256(one[1]) == sha256(other[1])


# -- what the run found ------------------------------------------------------------------------


def test_text_that_is_no_utf8_in_a_filegdb_is_refused(tmp_path: Path):
    path = tmp_path / "lots.gdb"
    lots = gpd.GeoDataFrame({"DKMC": ["一号地"]}, geometry=qingxi(array(box(0, 0, 200, 100))))
    pyogrio.write_dataframe(lots.set_crs("EPSG:4547"), path, driver="OpenFileGDB")
    for part in path.glob("*.gdbtable"):
        part.write_bytes(part.read_bytes().replace("号地".encode(), b"\xe5\x8f\xb7\xe5\x9c\x20"))
    with pytest.raises(LayerError) as raised:
        read_vector(path)
    (found,) = raised.value.findings
    assert (found.code, found.file) == ("layer.unreadable", "lots.gdb")
    assert "UTF8" in found.message


def test_a_part_that_the_manifest_lists_and_is_gone_is_named(tmp_path: Path):
    path = tmp_path / "lots.shp"
    lots = gpd.GeoDataFrame({"DKBH": ["P1"]}, geometry=qingxi(array(box(0, 0, 200, 100))))
    pyogrio.write_dataframe(lots.set_crs("EPSG:4547"), path)
    parts = sorted(tmp_path.iterdir())
    manifest = tmp_path / "sums.txt"
    manifest.write_text("".join(f"{sha256_of(part)}  {part.name}\n" for part in parts))
    assert not check_file(path, Known(manifest=manifest)).stops
    path.with_suffix(".cpg").unlink()
    (found,) = check_file(path, Known(manifest=manifest)).findings
    assert (found.code, found.file, found.seen) == ("file.gone", "lots.cpg", "sums.txt")


def sha256_of(part: Path) -> str:
    copy = part.with_name(f"{part.name}.one")  # alone, without the parts beside it
    copy.write_bytes(part.read_bytes())
    digest = sha256(copy)
    copy.unlink()
    return digest


@pytest.mark.parametrize("reach", [1e9, 1e15, 1e300])
def test_land_larger_than_the_earth_is_set_aside(tmp_path: Path, reach: float):
    result = checked(tmp_path, box(0, 0, 200, 100), box(300, 0, reach, reach))
    assert ("geometry.boundless", "land.parquet", 2, "P2") in map(told, result.findings)
    assert (result.area_mu, result.stops) == (pytest.approx(30), True)


# -- well-formed and hostile -------------------------------------------------------------------


def star(points: int) -> Polygon:
    """Valid, and every edge of it lies beside a great many others."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    reach = 1 + np.random.default_rng(1).random(points)
    return Polygon(np.column_stack([reach * np.cos(angles), reach * np.sin(angles)]))


def test_an_outline_too_dense_to_be_checked_is_set_aside_at_once():
    begun = time.monotonic()
    table = parcels(box(0, 0, 200, 100), star(100_000))
    _, findings = check_geometry(table.geometry.to_numpy(), places(table, WHERE), WHERE)
    assert [told(item) for item in findings] == [("geometry.dense", "land.gpkg", 2, "B")]
    assert time.monotonic() - begun < 5


def test_a_river_of_many_vertices_is_not_too_dense():
    bank = [(x, 20 * np.sin(x / 30)) for x in np.linspace(0, 20_000, 100_000)]
    river = Polygon([*bank, *((x, y + 50) for x, y in reversed(bank))])
    table = parcels(river)
    _, findings = check_geometry(table.geometry.to_numpy(), places(table, WHERE), WHERE)
    assert findings == []


@pytest.mark.parametrize("rows", [2_000, 30_000])
def test_lots_stacked_on_each_other_are_refused(tmp_path: Path, rows: int):
    result = checked(tmp_path, *[box(0, 0, 200, 100)] * rows)
    (found,) = [item for item in result.findings if item.severity == "error"]
    assert (found.code, found.file, result.stops) == ("layer.crowded", "land.parquet", True)
    assert found.parcel == f"P{found.row}"
    assert found.seen >= "1"


def test_combs_that_cross_too_often_are_refused(tmp_path: Path):
    result = checked(tmp_path, box(0, -500, 200, -400), comb(3000), comb(3000, lying=True))
    (found,) = without_inference(result.findings)
    assert told(found) == ("layer.interwoven", "land.parquet", 3, "P3")


def test_combs_that_cross_seldom_are_counted(tmp_path: Path):
    upright, lying = comb(20), comb(20, lying=True)
    result = checked(tmp_path, upright, lying)
    assert {item.code for item in without_inference(result.findings)} <= {"parcel.overlap"}
    assert result.area_mu * 2000 / 3 == pytest.approx(shapely.union(upright, lying).area)


def test_straight_lines_of_countless_points_are_refused():
    lot = box(0, 0, 200, 100)
    with pytest.raises(ChecksError, match="interwoven"):
        overlaps(array(lot, shapely.segmentize(lot, 0.005)), np.array(["A", "B"]))


def test_outlines_of_very_many_parts_are_refused():
    many = MultiPolygon([box(3 * k, 0, 3 * k + 1, 1) for k in range(20_000)])
    shapes = array(many, shapely.reverse(many))
    with pytest.raises(ChecksError, match="interwoven"):
        overlaps(shapes, np.array(["A", "B"]))


def test_rings_that_almost_coincide_are_refused_before_they_are_cut():
    disks = array(*[Point(0, 0).buffer(100 + k * 1e-3, quad_segs=500) for k in range(120)])
    begun = time.monotonic()
    with pytest.raises(ChecksError) as raised:
        overlaps(disks, np.arange(120))
    assert [item.code for item in raised.value.findings] == ["layer.interwoven"]
    assert time.monotonic() - begun < 20


def test_neighbours_with_long_common_boundaries_are_no_work():
    line = [(x, 10 * np.sin(x)) for x in np.linspace(0, 5000, 20_000)]
    north = Polygon([*line, (5000, 200), (0, 200)])
    south = Polygon([*line, (5000, -200), (0, -200)])
    bounded(array(north), array(south), 2, lambda pair: {"row": pair})
    later, _, _ = overlaps(array(north, south), np.array(["A", "B"]))
    assert len(later) == 0


def test_gaps_are_not_sought_between_countless_strips():
    strips = parcels(*[box(0, k * 0.02, 1000, k * 0.02 + 0.01) for k in range(8_000)])
    (found,) = check_gaps(strips, gaps(strips.geometry.to_numpy()), WHERE)
    assert (found.code, found.file, found.layer) == ("parcel.gaps-unsought", "land.gpkg", "parcels")


def test_too_many_neighbours_within_reach_are_refused():
    strips = array(*[box(k * 0.05, 0, k * 0.05 + 0.04, 100) for k in range(8_000)])
    with pytest.raises(ChecksError) as raised:
        parcel_links(strips, array(), reach_m=30.0, tolerance_m=0.5)
    (found,) = raised.value.findings
    assert (found.code, found.row is not None) == ("layer.crowded", True)


def scribble(points: int) -> np.ndarray:
    return np.random.default_rng(3).random((points, 2)) * 1000


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        (LineString(scribble(2_000)), "cross each other too often"),
        (box(0, 0, 1e12, 1e12), "beyond any land on earth"),
    ],
)
def test_a_barrier_that_cannot_be_used_is_named(shape: shapely.Geometry, problem: str):
    usable, (found,) = check_outlines(array(shape), ["road"], {"file": "roads.gpkg"}, lines=True)
    assert usable[0] is None
    assert (found.code, found.file, found.row) == ("outline.unusable", "roads.gpkg", 1)
    assert problem in found.message


def test_a_zone_scribbled_over_the_land_is_not_used():
    zone = Polygon(scribble(3_000))
    usable, (found,) = check_outlines(array(zone), ["west"], {"file": "zones.gpkg"}, lines=False)
    assert usable[0] is None
    assert (found.code, found.file, found.row) == ("outline.unusable", "zones.gpkg", 1)
