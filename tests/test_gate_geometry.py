"""The gate, geometry: each fault is told with its row, its parcel, its mu and its place."""

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import ezdxf
import numpy as np
import pytest
import shapely
from pyproj import CRS
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import TransverseMercatorConversion
from shapely import LineString, MultiPolygon, Point, Polygon, box

from geo.findings import Finding
from geo.gate import Known, check_file
from tests.test_bad_input import BOWTIE, EAST, NORTH, RIVER, SPIKE, land, lot, odd, plan, zones
from tests.test_gate import Case, Make, assert_told, checked, layer, text, then
from tests.test_overlay import WRONG_IN_GEOS


def third(shape: shapely.Geometry | None) -> Make:
    """Two sound lots and this shape."""
    return layer(land(lot(0), lot(1), shape))


def polygon(*points: tuple[float, float]) -> Polygon:
    """Corners from the south-west of the third lot."""
    return Polygon([(EAST + 400 + x, NORTH + y) for x, y in points])


C = {"row": 3, "parcel": "C"}
HOLE_OUTSIDE = Polygon(lot(2).exterior, [box(EAST + 900, NORTH, EAST + 950, NORTH + 50).exterior])
TWO_IN_ONE = MultiPolygon([lot(2), lot(2, wide=0.5)])
PINCHED = polygon((0, 0), (100, 50), (200, 0), (200, 100), (100, 50), (0, 100))
NEEDLE = polygon((0, 0), (200, 0), (200, 49.95), (300, 50), (200, 50.05), (200, 100), (0, 100))
TWICE = polygon((0, 0), (200, 0), (200, 0), (200, 100), (0, 100))
RINGS = [[[114.16, 22.84], [114.162, 22.84], [114.162, 22.841], [114.16, 22.84]],
         [[114.17, 22.84], [114.172, 22.84], [114.172, 22.841], [114.17, 22.841]]]  # fmt: skip


def scribble(points: int) -> Polygon:
    """A closed line through random points, which crosses itself thousands of times."""
    rng = np.random.default_rng(1)
    return Polygon(rng.uniform((EAST + 400, NORTH), (EAST + 600, NORTH + 100), (points, 2)))


def features(*rings: list[list[float]]) -> str:
    """Polygons in GeoJSON, called A, B …"""
    made = [
        {"type": "Feature", "properties": {"parcel_id": chr(65 + at)},
         "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for at, ring in enumerate(rings)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": made})


def curve(path: Path) -> None:
    """Make the third shape a CurvePolygon: a circle of 100 m around its middle."""
    x, y = EAST + 500, NORTH + 50
    points = [(x - 100, y), (x, y + 100), (x + 100, y), (x, y - 100), (x - 100, y)]
    string = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<2d", *at) for at in points)
    ring = struct.pack("<BII", 1, 10, 1) + string
    header = b"GP\0\1" + struct.pack("<i", 4547)
    with closing(sqlite3.connect(path)) as book:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            book.create_function(name, 1, lambda _: 0)
        book.execute("UPDATE parcels SET geom = ? WHERE fid = 3", (header + ring,))
        book.commit()


def arcs(folder: Path) -> Path:
    """A drawing of one lot whose short sides are half circles of 50 m."""
    drawing = ezdxf.new("R2010", units=6)
    corners = [(EAST, NORTH, 0), (EAST + 200, NORTH, 1), (EAST + 200, NORTH + 100, 0),
               (EAST, NORTH + 100, 1)]  # fmt: skip
    drawing.modelspace().add_lwpolyline(corners, format="xyb", close=True)
    drawing.saveas(folder / "p.dxf")
    return folder / "p.dxf"


def wrong_in_geos(folder: Path) -> Path:
    """Two parcels on a grid whose origin is in Qingxi: moved, GEOS would be right about them."""
    shapes = [Polygon(points) for points in WRONG_IN_GEOS["libgeos#1354"]]
    origin = TransverseMercatorConversion(22.84, 114.16)
    grid = ProjectedCRS(origin, name="Qingxi 114.16E", geodetic_crs=CRS.from_epsg(4490))
    return layer(land(*shapes, crs=grid))(folder)


CASES = [
    Case("geometry.invalid", third(BOWTIE), "Self-intersection at 516100 2526050; 0.0000 mu as "
         "drawn, repairs give 15.0000 and 15.0000", "自相交 516100 2526050", **C, mu=15.0,
         counted_mu=60.0, place="Point", note="self-intersection, with its place"),
    Case("geometry.invalid", third(HOLE_OUTSIDE), "Hole lies outside its shell at 516950 2526000; "
         "26.2500 mu as drawn, repairs give 33.7500 and 33.7500 (Polygon → MultiPolygon",
         "原面积 26.2500 亩", **C, mu=33.75, counted_mu=60.0, place="Point",
         note="hole outside its shell"),
    Case("geometry.invalid", third(TWO_IN_ONE), "(MultiPolygon → ", "45.0000 亩", **C, mu=45.0,
         counted_mu=60.0, place="Point", note="overlapping parts; type and area of each repair"),
    Case("geometry.mended", third(SPIKE), "30.0000 mu became 30.0000 mu (Polygon → Polygon)",
         "已修复，面积由 30.0000 变为 30.0000 亩", "warning", **C, mu=30.0, changed=True,
         place="Point", note="a line there and back"),
    Case("geometry.mended", third(PINCHED), "15.0000 mu became 15.0000 mu (Polygon → MultiPolygon)",
         "（Polygon → MultiPolygon）", "warning", **C, mu=15.0, counted_mu=75.0, changed=True,
         place="Point", note="make_valid changes the type"),
    Case("geometry.tangled", third(scribble(250)), "crosses itself too often", "自相交太多", **C,
         mu=scribble(250).area * 3 / 2000, counted_mu=60.0, place="Point"),
    Case("geometry.ring", text(features(*RINGS), "p.geojson"), "its ring is not closed",
         "界线未闭合", file="p.geojson", row=2, parcel="B", mu=34.1007, counted_mu=17.0504,
         place="Polygon", note="unclosed"),
    Case("geometry.spike", third(NEEDLE), "a spike at 516700.000 2526050.000", "有针尖", "warning",
         **C, mu=5 * 3 / 2000, counted_mu=90 + 5 * 3 / 2000, place="Point"),
    Case("geometry.repeated", third(TWICE), "1 of its vertices repeat the one before",
         "1 个点与前一点重合", "info", **C, mu=0.0, place="Point"),
    Case("geometry.sliver", third(lot(2, high=0.0005)), "0.050 m wide on average", "平均宽 0.05",
         "warning", **C, mu=0.015, counted_mu=60.015, place="Polygon"),
    Case("geometry.heights", third(shapely.force_3d(lot(2), 7.0)), "1 rows carry Z values",
         "1 行的坐标带 Z 值", "info", field="geometry", changed=True),
    Case("geometry.missing", third(None), "it has no geometry", "没有图形", **C, counted_mu=60.0),
    Case("geometry.empty", third(Polygon()), "its geometry is empty", "图形为空", **C,
         counted_mu=60.0),
    Case("geometry.type", third(RIVER), "is a Linestring, not a polygon", "图形是 Linestring", **C,
         counted_mu=60.0, place="LineString"),
    Case("geometry.type", third(Point(EAST, NORTH)), "is a Point", "图形是 Point", **C,
         counted_mu=60.0, place="Point"),
    Case("crs.not-finite", third(odd(np.inf)), "not finite", "不是有限数", **C, counted_mu=60.0,
         note="infinite"),
    Case("crs.not-finite", third(odd(np.nan)), "not finite", "不是有限数", **C, counted_mu=60.0,
         note="not a number"),
    Case("parcel.same-outline", third(lot(0)), "the same outline as A; the land counts once",
         "与 A 的界线相同", "warning", **C, mu=30.0, counted_mu=60.0, place="Polygon"),
    Case("parcel.overlap", third(lot(0.5)), "it overlaps A; the overlap counts once, with A",
         "重叠部分只在 A 中计一次", "warning", **C, mu=15.0, counted_mu=60.0, place="Polygon"),
    Case("parcel.overlap-sliver", third(box(EAST + 399.95, NORTH, EAST + 600, NORTH + 100)),
         "in a strip narrower than 0.1 m", "重叠成细条", "warning", **C, mu=5 * 3 / 2000,
         place="Polygon"),
    Case("parcel.gap", third(box(EAST + 400.05, NORTH, EAST + 600, NORTH + 100)),
         "a narrow gap parts it from C: 100.0 m long", "之间有细缝", "info",
         row=2, parcel="B", mu=5 * 3 / 2000,
         counted_mu=90 - 5 * 3 / 2000, place="Polygon"),
    Case("geometry.curved", then(layer(land()), curve), "1 rows hold true curves", "1 行有真曲线",
         "info", row=3, parcel="C", mu=1e4 * np.pi * 3 / 2000,
         counted_mu=60 + 1e4 * np.pi * 3 / 2000, place="Polygon"),
    Case("drawing.chorded", arcs, "1 shapes have arcs or curves", "1 个图形有弧", "info",
         file="p.dxf", row=1, parcel="row-1", mu=(2e4 + 2500 * np.pi) * 3 / 2000, place="Polygon",
         known={"crs": "EPSG:4547"}, counted_mu=(2e4 + 2500 * np.pi) * 3 / 2000),
]  # fmt: skip

ZONED = [
    Case("zone.outside", lambda folder: plan(folder, land(lot(0), lot(1), lot(9)), zones=zones()),
         "outside every zone", "不在任何片区内", **C, field="zone", mu=30.0, counted_mu=60.0,
         place="Polygon"),
    Case("zone.across", lambda folder: plan(folder, land(lot(0), lot(1), lot(3.5)), zones=zones()),
         "east 15.00 mu, outside 15.00 mu", "片区外 15.00 亩", "warning", **C, field="zone",
         mu=15.0, place="Polygon"),
    Case("zone.elsewhere",
         lambda folder: plan(folder, land(zone=["west", "west", "west"]), zones=zones()),
         "it names zone west, but lies in east", "而在 east", **C, field="zone", mu=30.0,
         counted_mu=60.0, place="Polygon"),
    Case("zone.unknown",
         lambda folder: plan(folder, land(zone=["west", "west", "eats"]), zones=zones()),
         "did you mean 'east'?", "是否指 'east'？", **C, field="zone", mu=30.0, counted_mu=60.0,
         place="Polygon"),
    Case("zone.overlap",
         lambda folder: plan(folder, zones=zones(lot(0, wide=3), lot(2, wide=2))),
         "zone west overlaps zone east", "片区 west 与 east 重叠", file="zones.gpkg", mu=30.0,
         place="Polygon"),
    Case("zone.uncovered", lambda folder: plan(folder, zones=zones()),
         "land of zone east belongs to no parcel", "片区 east 中有土地不属于任何地块", "info",
         file="zones.gpkg", mu=30.0),
]  # fmt: skip


@pytest.mark.parametrize("case", [*CASES, *ZONED], ids=str)
def test_the_fault_is_told(case: Case, tmp_path: Path) -> None:
    assert_told(case, tmp_path)


def found(case: Case, folder: Path) -> Finding:
    return next(item for item in checked(case, folder).findings if item.code == case.code)


def by_code(code: str) -> Case:
    return next(case for case in CASES if case.code == code)


def test_the_place_of_an_overlap_is_the_land_in_common(tmp_path: Path) -> None:
    shape = found(by_code("parcel.overlap"), tmp_path).shape
    assert shapely.equals(shape, lot(0.5, wide=0.5))


def test_the_place_of_a_self_intersection_is_its_point(tmp_path: Path) -> None:
    shape = found(by_code("geometry.invalid"), tmp_path).shape
    assert shapely.equals(shape, Point(EAST + 100, NORTH + 50))


def test_the_place_of_a_gap_is_the_gap(tmp_path: Path) -> None:
    shape = found(by_code("parcel.gap"), tmp_path).shape
    assert shape is not None
    assert shape.area == pytest.approx(5.0, abs=0.01)
    assert shape.distance(LineString([(EAST + 400, NORTH), (EAST + 400, NORTH + 100)])) < 0.06


def test_land_that_geos_loses_is_found(tmp_path: Path) -> None:
    """GEOS says that these two share nothing: which they do, and it counts once."""
    result = check_file(wrong_in_geos(tmp_path), Known())
    settled = next(item for item in result.findings if item.code.startswith("overlay."))
    assert (settled.severity, settled.file, settled.row, settled.parcel) == (
        "warning", "parcels.gpkg", 2, "B")  # fmt: skip
    assert "two ways disagree about what it shares with A (0.00 and" in settled.message
    assert "两种算法不一" in settled.message_zh
    one, other = (Polygon(points) for points in WRONG_IN_GEOS["libgeos#1354"])
    assert one.intersection(other).area == 0.0
    assert result.area_mu < (one.area + other.area) * 3 / 2000 - 1
