"""The gate, place: land that lies elsewhere, although every area looks right."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS
from shapely import box

from geo.earth import offsets
from geo.earth.crs import lonlat
from geo.gate import Known, check_file
from tests.test_bad_input import DEGREES, EAST, NORTH, land, lot, moved, plan, write
from tests.test_gate import Case, Make, assert_told, layer, text, then
from tests.test_gate_reports import without_inference

LOTS = [lot(0), lot(1), lot(2)]
TOWN = gpd.GeoDataFrame(
    {"name": ["清溪镇"]}, geometry=[box(EAST - 50, NORTH - 50, EAST + 4050, NORTH + 450)],
    crs="EPSG:4547",
)  # fmt: skip
GRID = CRS("EPSG:4547")
BOUNDARY = {"boundary": "town.gpkg"}
SHIFT = ('datum_shift = { dx = 100.0, dy = 0.0, dz = 0.0, rx = 0.0, ry = 0.0, rz = 0.0, ds = 0.0, '
         'convention = "position_vector", source = "东莞市局" }')  # fmt: skip


def swapped(crs: str) -> Make:
    return layer(land(*(shapely.transform(shape, np.fliplr) for shape in LOTS), crs=crs))


def prefixed(crs: str, prefix: float = 38e6) -> Make:
    return layer(land(*(moved(shape, prefix, 0) for shape in LOTS), crs=crs))


def in_degrees(move: Callable[..., Any] | None = None, *, flip: bool = False) -> list[Any]:
    """The lots in longitude and latitude, as a web map shifts them."""

    def there(points: Any) -> Any:
        degrees = lonlat(points, GRID)
        degrees = np.column_stack(move(*degrees.T)) if move else degrees
        return np.fliplr(degrees) if flip else degrees

    lots = [lot(across, up) for across in range(20) for up in range(4)] if move else LOTS
    return [shapely.transform(shape, there) for shape in lots]


def ids(number: int) -> dict[str, list[str]]:
    return {"parcel_id": [f"P{at}" for at in range(number)]}


def within_town(make: Make) -> Make:
    """The file, with the boundary of its town beside it."""
    return then(make, lambda path: write(TOWN, path.parent / "town.gpkg"))


def shapefile(folder: Path, prj: str | None) -> Path:
    pyogrio.write_dataframe(land(), folder / "p.shp")
    if prj is None:
        (folder / "p.prj").unlink()
    else:
        (folder / "p.prj").write_text(prj, encoding="utf-8")
    return folder / "p.shp"


def other_srs(path: Path) -> None:
    """Say of the second and third row that they are in EPSG:4526."""
    with closing(sqlite3.connect(path)) as book:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            book.create_function(name, 1, lambda _: 0)
        for fid in (2, 3):
            [[blob]] = book.execute(f"SELECT geom FROM parcels WHERE fid = {fid}").fetchall()
            blob = blob[:4] + (4526).to_bytes(4, "little") + blob[8:]
            book.execute(f"UPDATE parcels SET geom = ? WHERE fid = {fid}", (blob,))
        book.commit()


def mixed_json() -> str:
    other = {"type": "name", "properties": {"name": "EPSG:4526"}}
    rings = [[list(at) for at in shape.exterior.coords] for shape in in_degrees()]
    made = [
        {"type": "Feature", "properties": {"parcel_id": name},
         "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for name, ring in zip("ABC", rings, strict=True)
    ]  # fmt: skip
    made[1]["crs"] = other
    return json.dumps({"type": "FeatureCollection", "features": made})


ELSEWHERE = {"counted_mu": None, "alone": False}
NOWHERE = {"counted_mu": 0.0, "alone": False}
LOCAL = GRID.to_wkt("WKT1_ESRI").replace("CGCS2000_3_Degree_GK_CM_114E", "Dongguan_Local")

CASES = [
    Case("crs.place", swapped("EPSG:4547"), "it fits if x and y are swapped", "X、Y 颠倒",
         note="x and y", **ELSEWHERE),
    Case("crs.place", layer(land(*in_degrees(flip=True), crs="EPSG:4490")),
         "it fits if x and y are swapped", "X、Y 颠倒", note="lat and lon", **ELSEWHERE),
    Case("crs.place", prefixed("EPSG:4547"), "it fits if its zone prefix is 38: EPSG:4526",
         "带号为 38：EPSG:4526", note="prefix against CRS", **ELSEWHERE),
    Case("crs.place", layer(land(crs="EPSG:4526")), "it has no zone prefix: EPSG:4547",
         "没有带号：EPSG:4547", note="CRS wants a prefix", **ELSEWHERE),
    Case("crs.place", layer(land(*in_degrees(), crs="EPSG:4547")),
         "its numbers are degrees (EPSG:4490)", "数值是经纬度", note="degrees in a projected file",
         **ELSEWHERE),
    Case("crs.place", layer(land(crs="EPSG:4326")), "metres without a zone prefix", "米",
         note="metres called WGS 84", **ELSEWHERE),
    Case("place.row-far", layer(land(lot(0), lot(1), moved(lot(2), 38e6, 0))),
         "this row lies at x 38516", "这一行位于", row=3, parcel="C", mu=30.0, place="Polygon",
         **ELSEWHERE, note="one row with a prefix"),
    Case("crs.missing", layer(land(crs=None)),
         "states no CRS (x 516000 … 516600, y 2526000 … 2526100)", "没有坐标系", **NOWHERE,
         note="metres"),
    Case("crs.missing", layer(land(*in_degrees(), crs=None)), "look like degrees", "数值像经纬度",
         **NOWHERE, note="degrees: WGS 84 is never assumed"),
    Case("crs.missing", lambda folder: shapefile(folder, None), "states no CRS", "没有坐标系",
         file="p.shp", **NOWHERE, note="no .prj"),
    Case("crs.unknown", layer(land(crs=None)), "unknown CRS 'EPSG:999999'", "不认识的坐标系",
         known={"crs": "EPSG:999999"}, **NOWHERE),
    Case("crs.local", lambda folder: shapefile(folder, LOCAL),
         "is called 'Dongguan_Local' and has the parameters of EPSG:4547", "地方独立坐标系",
         file="p.shp", **NOWHERE),
    Case("crs.no-datum", lambda folder: shapefile(folder, DEGREES), "states no datum",
         "没有基准面", file="p.shp", **NOWHERE),
    Case("crs.conflict", layer(land(crs="EPSG:4526")),
         "the file says EPSG:4526, the plan EPSG:4547", "计划写的是 EPSG:4547",
         known={"crs": "EPSG:4547"}, **NOWHERE),
    Case("crs.mixed", then(layer(land()), other_srs), "2 rows state srs_id 4526, the layer "
         "srs_id 4547", "2 行写的是 srs_id 4526", row=2, **NOWHERE, note="GeoPackage"),
    Case("crs.mixed", text(mixed_json(), "p.geojson"), "1 rows state EPSG:4526", "1 行写的是",
         file="p.geojson", row=2, **NOWHERE, note="GeoJSON"),
    Case("place.meridian", within_town(layer(land(crs="EPSG:4548"))),
         "0.0% of its land lies in town.gpkg; 100.0% does if its central meridian is 114°E "
         "(EPSG:4547)", "若中央子午线为 114°E（EPSG:4547），则为 100.0%", known=BOUNDARY, mu=90.0,
         note="neighbour's; the area looks right", counted_mu=90.0),
    Case("place.outside", within_town(layer(land(*(moved(at, 9000, 9000) for at in LOTS)))),
         "0.0% of its land lies in town.gpkg, and no other CRS explains it",
         "没有找到能解释的坐标系", known=BOUNDARY, mu=90.0),
    Case("place.beyond", within_town(layer(land(lot(0), lot(1), lot(25)))),
         "its middle lies outside town.gpkg, which holds 66.7% of the land", "地块中心在",
         "warning", row=3, parcel="C", known=BOUNDARY, mu=30.0, place="Polygon"),
    Case("place.offset", within_town(layer(gpd.GeoDataFrame(
        ids(80), geometry=in_degrees(offsets.wgs84_to_gcj02), crs="EPSG:4490"))),
         "its coordinates are GCJ-02 (+51", "GCJ-02", known=BOUNDARY, counted_mu=None,
         mu=1496.6, note="GCJ-02: 50 of 80 lots"),
    Case("place.offset", within_town(layer(gpd.GeoDataFrame(
        ids(80), geometry=in_degrees(offsets.wgs84_to_bd09), crs="EPSG:4490"))),
         "its coordinates are BD-09 (+11", "BD-09", known=BOUNDARY, counted_mu=None,
         mu=1974.9, note="BD-09: 66 of 80 lots"),
    Case("crs.far", lambda folder: plan(folder, crs="EPSG:4548"),
         "planar areas are 0.2", "不适合此处", "warning", mu=0.1897, counted_mu=90.19),
    Case("crs.no-operation", lambda folder: plan(folder, land(crs="EPSG:2383")),
         "no known operation leads from Xian 1980", "没有可靠的转换", **NOWHERE, note="Xian 1980"),
    Case("crs.no-operation", lambda folder: plan(folder, land(crs="EPSG:2435")),
         "no known operation leads from Beijing 1954", "没有可靠的转换", **NOWHERE,
         note="Beijing 1954"),
    Case("crs.old-datum", layer(land(crs="EPSG:2383")), "Xian 1980 / 3-degree Gauss-Kruger CM 114E "
         "is on an old datum", "属旧基准", "info", note="a bare layer"),
    Case("crs.shifted", lambda folder: plan(folder, land(crs="EPSG:2383"), layer=SHIFT),
         "by the seven parameters of 东莞市局", "按 东莞市局 给出的七参数", "info", changed=True,
         note="parameters given"),
    Case("crs.shift-unneeded", lambda folder: plan(folder, layer=SHIFT),
         "datum_shift does not apply", "不应使用", **NOWHERE),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_fault_is_told(case: Case, tmp_path: Path) -> None:
    assert_told(case, tmp_path)


def test_land_in_its_place_is_not_questioned(tmp_path: Path) -> None:
    result = check_file(
        within_town(layer(land()))(tmp_path), Known(boundary=tmp_path / "town.gpkg")
    )
    assert (without_inference(result.findings), result.stops) == ([], False)
    assert result.area_mu == pytest.approx(90.0)
