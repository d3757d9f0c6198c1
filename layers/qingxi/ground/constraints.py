"""Draw what takes land away from building, each constraint as a layer of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import shapely
from shapely import LineString, Polygon

from ground.corner import Points, on_map

GRID_M = 0.001
SYNTHETIC = "示意/合成：不代表任何真实管控线 synthetic: no real control line"


class Shape(NamedTuple):
    """One shape of a layer: its names and its points from the corner of the map."""

    name_zh: str
    name_en: str
    points: Points
    voltage_kv: int = 0


FARMLAND = (
    Shape("永久基本农田一（示意）", "permanent farmland 1, synthetic",
          ((600, 1170), (672, 1345), (742, 1322), (838, 1302), (908, 1252), (1012, 1252),
           (1046, 1196), (1010, 1120), (820, 1080))),
    Shape("永久基本农田二（示意）", "permanent farmland 2, synthetic",
          ((3080, 1500), (3128, 1740), (3176, 1700), (3248, 1596), (3330, 1552), (3420, 1530),
           (3500, 1504), (3554, 1490), (3552, 1424), (3240, 1400))),
)  # fmt: skip
RED_LINE = (
    Shape("生态保护红线（示意）", "ecological red line, synthetic",
          ((4052, 2760), (4074, 2436), (4106, 2372), (4160, 2330), (4206, 2276), (4250, 2222),
           (4290, 2140), (4330, 2060), (4420, 2050), (4700, 2240), (4720, 2760))),
)  # fmt: skip
GROWTH_BOUNDARY = (
    Shape("城镇开发边界（示意）", "urban growth boundary, synthetic",
          ((420, 900), (400, 2300), (1100, 2500), (2210, 2500), (2268, 2322), (2330, 2256),
           (2440, 2210), (2530, 2204), (2800, 2000), (3060, 2300), (3300, 2640), (3700, 2700),
           (3990, 2640), (4058, 2426), (4098, 2356), (4150, 2312), (4196, 2262), (4240, 2206),
           (4290, 2110), (4352, 1992), (4424, 1900), (4446, 1780), (4460, 1640), (4300, 1300),
           (3600, 1240), (3000, 1350), (2700, 1500), (2300, 900))),
)  # fmt: skip
NEW_LINES = (  # the 220 kV line is the barrier that breaks contiguity
    Shape("500千伏示意线路", "500 kV line, synthetic",
          ((572, 2560), (546, 1900), (534, 1500), (610, 820)), 500),
    Shape("110千伏示意线路", "110 kV line, synthetic",
          ((61, 1468), (1213, 1683), (1876, 1744), (3001, 2065)), 110),
)  # fmt: skip
ROAD_RESERVE = (
    Shape("规划道路预留一（示意）", "road reserve 1, synthetic",
          ((2104, 2132), (2288, 2170), (2406, 2162), (2404, 2146), (2289, 2154), (2108, 2116))),
    Shape("规划道路预留二（示意）", "road reserve 2, synthetic",
          ((3150, 1926), (3290, 1934), (3428, 1900), (3424, 1884), (3289, 1918), (3144, 1910))),
)  # fmt: skip
HERITAGE = (
    Shape("示意古祠", "old shrine, synthetic",
          ((624, 1726), (646, 1732), (640, 1754), (618, 1748))),
)  # fmt: skip
RIVER_BANKS = (  # half the width of the blue line between two northings: embanked beside Yuanrui
    (-2000, 1440, 24), (1440, 1722, 11), (1722, 5000, 24),
)  # fmt: skip
RETAINED = {  # how many buildings stay of those that stand on a parcel which is otherwise rebuilt
    "LM-A14": 2, "LM-A17": 1, "LM-B16": 2, "LM-B22": 1, "LM-C13": 1, "LM-C26": 2, "LM-D06": 2,
    "LM-F16": 1, "LM-F17": 2, "CS-A10": 1, "CS-A14": 1, "CS-B04": 1, "CS-C08": 2, "CS-C28": 2,
}  # fmt: skip


def constraint_layers(
    barriers: gpd.GeoDataFrame, standing: gpd.GeoDataFrame
) -> dict[str, gpd.GeoDataFrame]:
    """Every layer by its name; river and 220 kV line lie where the barriers are."""
    lines = barriers.set_index("class").geometry
    crs = barriers.crs
    blue_line = ("清溪水蓝线（示意）", "blue line of the Qingxi river, synthetic")
    grid_220 = ("220千伏示意走廊", "220 kV line, synthetic", lines["power_220kv"])
    power = [grid_220, *_lines(NEW_LINES)]
    voltages = [220, *(shape.voltage_kv for shape in NEW_LINES)]
    return {
        "farmland": _layer(_polygons(FARMLAND), crs),
        "redline": _layer(_polygons(RED_LINE), crs),
        "growth_boundary": _layer(_polygons(GROWTH_BOUNDARY), crs),
        "heritage": _layer(_polygons(HERITAGE), crs),
        "river": _layer([(*blue_line, _between_banks(lines["river"]))], crs),
        "power": _layer(power, crs, voltage_kv=voltages),
        "road_reserve": _layer(_polygons(ROAD_RESERVE), crs),
        "retained_buildings": _layer(_staying(standing), crs),
    }


def _polygons(shapes: tuple[Shape, ...]) -> list[tuple[str, str, Polygon]]:
    return [(shape.name_zh, shape.name_en, Polygon(on_map(shape.points))) for shape in shapes]


def _lines(shapes: tuple[Shape, ...]) -> list[tuple[str, str, LineString]]:
    return [(shape.name_zh, shape.name_en, LineString(on_map(shape.points))) for shape in shapes]


def _staying(standing: gpd.GeoDataFrame) -> list[tuple[str, str, Polygon]]:
    """The first of the buildings of some parcels."""
    return [
        (f"保留建筑（示意）{parcel}", f"retained building, synthetic, {parcel}", building)
        for parcel, number in RETAINED.items()
        for building in standing.geometry[standing["parcel_id"] == parcel].head(number)
    ]


def _between_banks(river: LineString) -> Polygon:
    """The blue line of a river that is narrower where it is embanked."""
    west, _, east, _ = river.bounds
    reaches = []
    for low, high, half_m in RIVER_BANKS:
        (_, south), (_, north) = on_map(((0, low), (0, high)))
        reach = shapely.box(west - 100, south, east + 100, north)
        reaches.append(river.buffer(half_m, cap_style="flat").intersection(reach))
    return shapely.union_all(reaches)


def _layer(
    rows: list[tuple[str, str, shapely.Geometry]], crs: Any, **columns: list[int]
) -> gpd.GeoDataFrame:
    """A layer of shapes that all say what they are."""
    frame = gpd.GeoDataFrame(rows, columns=["name_zh", "name_en", "geometry"], crs=crs)
    rounded = shapely.set_precision(frame.geometry.array, GRID_M)
    frame = frame.set_geometry(shapely.normalize(rounded), crs=crs)
    return frame.assign(**columns, illustrative=True, note=SYNTHETIC)


def write_constraints(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write the layers into one GeoPackage, each saying in its description what it is."""
    path.unlink(missing_ok=True)
    for name, frame in layers.items():
        frame.to_file(
            path, layer=name, driver="GPKG", engine="pyogrio", SPATIAL_INDEX="NO",
            DESCRIPTION=SYNTHETIC,
        )  # fmt: skip
