"""Draw the illustrative Qingxi layers around the published figures, and the ledger of an office.

What takes land from building, the terrain and the land cover are drawn by the modules of `ground`.
"""

import functools
import math
import operator
import random
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from ground import write_ground
from pyproj import Transformer
from shapely import LineString, Polygon
from shapely.ops import split

from geo.cells.numerals import Precision
from geo.ledger.event import Draft, Event, Head, chained, first_hash, moment
from geo.ledger.opening import taking_ledger
from geo.ledger.outline import Outline, outline_bytes, outline_hash, register_hash
from geo.ledger.verify import verify
from geo.plan import read_plan
from geo.sources import layers_mark
from geo.units import on_land_grid

SEED = 7
CRS = "EPSG:4547"
M2_PER_MU = 2000 / 3
GRID_M = 1e-6  # every vertex sits on this grid, so that neighbours share nodes to the last bit
SCRAP_M2, CROSSING_M = 400, 50  # a reach of road is no smaller, a crossing no longer
FAR_M = 5000.0  # beyond any zone: half-planes and road ends reach this far
ROAD, VILLAGE, GREEN, LOGISTICS = "1207", "0704", "1401", "1101"
INDUSTRY = ("100101", "100102")

PARCEL_MU = 11  # mean size of the parcels that no document names
NO_HISTORY = 0.11  # share of the drawn parcels without any event
ROOM_TO_EXTEND = 0.6  # an upgraded factory below this existing plot ratio is built on to

FIRST_DAY = date(2020, 1, 6)
AS_OF = date(2024, 12, 31)
DAYS_PER_MONTH = 30.4375


# --- what is drawn -------------------------------------------------------------------------


class MainRoad(NamedTuple):
    """Axis in the zone's own frame (m, before the turn) and width (m)."""

    axis: tuple[tuple[float, float], ...]
    width_m: float


@dataclass(frozen=True)
class Zone:
    """One circle: published area, drawn shape."""

    id: str
    prefix: str
    name_zh: str
    name_en: str
    fact: str
    mu: float
    lon_lat: tuple[float, float]
    vertices: int
    stretch: float
    turn_deg: float
    block_mu: float  # a super-block larger than this is cut by a local road
    roads: tuple[MainRoad, ...]
    first_cut: Mapping[str, float] = field(default_factory=dict)


ZONES = (
    Zone(
        "luoma", "LM", "罗马", "Luoma", "F01", 2888.0, (114.132, 22.866), 34, 1.42, 13, 205,
        (
            MainRoad(((-1500, 90), (-330, 40), (330, -50), (1500, 10)), 28),
            MainRoad(((-400, -1200), (-310, -30), (-370, 1200)), 24),
            MainRoad(((430, -1200), (330, 0), (400, 1200)), 26),
        ),
    ),
    Zone(
        "changshantou", "CS", "长山头", "Changshantou", "F02", 1657.0, (114.154, 22.868), 28, 1.3,
        -22, 230,
        (
            MainRoad(((-1200, -40), (-40, 30), (1200, -60)), 26),
            MainRoad(((60, -1200), (-40, 30), (-20, 1200)), 24),
        ),
        {"CS-A": 0.75},  # leaves one block that holds the rolling step's 250 mu
    ),
)  # fmt: skip


class Piece(NamedTuple):
    """One parcel of a project: block, mu, and what differs from the rest of the project."""

    block: str
    mu: float
    stop: str = ""
    name: str = ""
    basis: str = ""


@dataclass(frozen=True)
class Project:
    """A named project: parcels, programmes, where the areas come from, and dated fixed points.

    `anchors` gives for a stage the first and last day on which a parcel may reach it; `stop` is
    the last stage that a parcel reaches before the data end.
    """

    name: str
    pieces: tuple[Piece, ...]
    basis: str = "drawn"
    programmes: tuple[str, ...] = ()
    anchors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    stop: str = "producing"


YUANRUI_MU = 12800 / 0.49 / M2_PER_MU  # F12a over F11a: existing floor over existing plot ratio
VILLAGE3_OTHERS_MU = 58 + 64 + 46 + 38 + 52 + 30 + 35 + 44 + 41 + 33.4 + 36 + 28 + 40
DEMOLISHED_2020_22 = {"demolished": ("2020-11-01", "2022-12-18")}
DEMOLISHED_LATE = {"demolished": ("2022-07-01", "2022-12-18")}
STARTED_H1 = {"started": ("2023-03-01", "2023-06-24")}
STARTED_2022 = {"started": ("2022-03-01", "2022-12-15")}
APPROVED = {"approved": ("2022-06-01", "2023-05-31")}
ASSEMBLED_2023 = {"cleared": ("2023-09-04", "2023-12-20")}
JIWA = {"signed": ("2022-12-31", "2022-12-31"), **ASSEMBLED_2023}
F10A = "drawn share of F10a (619 mu)"
F08A = "drawn share of F08a (182 mu)"
F09A = "drawn share of F09a (1021 mu)"
F07 = "drawn share of F07 (250 mu)"


def total(values: Iterable[float]) -> float:
    """Sum from left to right, the same in every Python: from 3.12 on `sum` rounds otherwise."""
    return functools.reduce(operator.add, values, 0.0)


def _village(number: int, block: str, mu: float, *, late: bool = False, stop: str = "") -> Project:
    """Stand in for one of the 12 projects of the three-year action that no document names."""
    return Project(
        f"三年行动项目{number:02d}（未公布）", (Piece(block, mu),), F10A, ("village3",),
        DEMOLISHED_LATE if late else DEMOLISHED_2020_22, stop or "producing",
    )  # fmt: skip


def _ordinary(name: str, block: str, mu: float, started: tuple[str, str]) -> Project:
    """Draw a site for a project that is published by name and start, but without an area."""
    return Project(name, (Piece(block, mu),), anchors={"started": started})


PROJECTS: dict[str, Project] = {
    "yuanrui": Project(
        "元瑞电子科技产业园", (Piece("LM-E4", YUANRUI_MU),), "published figures F12a/F11a",
        ("village3", "h1_2023"),
        {"demolished": ("2022-06-01", "2022-07-31"), "started": ("2022-12-02", "2022-12-02")},
    ),
    "qingfeng": Project(
        "庆丰", (Piece("LM-E2", 58),), "drawn share of F08a (182 mu) and F10a (619 mu)",
        ("village3", "h1_2023"), {"demolished": ("2022-08-01", "2022-12-15"), **STARTED_H1},
    ),
    "delong": Project("德龙", (Piece("CS-C1", 48.4),), F08A, ("h1_2023",), STARTED_H1),
    "anjia": Project(
        "安加", (Piece("LM-E2", 182 - YUANRUI_MU - 58 - 48.4),), F08A, ("h1_2023",), STARTED_H1
    ),
    "mideland": Project(
        "米德兰", (Piece("LM-E2", 64),), F10A, ("village3",),
        {"demolished": ("2021-03-01", "2021-09-30")},
    ),
    "village3-04": _village(4, "LM-E4", 46),
    "village3-05": _village(5, "LM-E3", 38),
    "village3-06": _village(6, "LM-B4", 52, late=True),
    "village3-07": _village(7, "LM-B4", 30),
    "village3-08": _village(8, "LM-B1", 35, late=True),
    "village3-09": _village(9, "LM-B1", 44, late=True, stop="demolished"),
    "village3-10": _village(10, "LM-F1", 33.4, late=True, stop="demolished"),
    "village3-11": _village(11, "LM-F1", 41),
    "village3-12": _village(12, "CS-C1", 36),
    "village3-13": _village(13, "CS-D1", 28, late=True),
    "village3-14": _village(14, "LM-A1", 40, late=True, stop="demolished"),
    "village3-15": _village(15, "CS-C1", 619 - YUANRUI_MU - VILLAGE3_OTHERS_MU),
    "zhaoshang": Project(
        "招商创智新城",
        (
            Piece("LM-E1", 62), Piece("LM-E1", 58), Piece("LM-E3", 70, "vacated"),
            Piece("LM-F1", 55, "demolished"), Piece("LM-D2", 65, "signed"),
        ),
        F09A, ("planned2023",), {**APPROVED, "cleared": ("2024-01-08", "2024-09-30")},
    ),
    "yinshida": Project(
        "银事达", (Piece("LM-B2", 52), Piece("LM-B2", 44)), F09A, ("planned2023",),
        {**APPROVED, "cleared": ("2024-03-01", "2024-10-31")},
    ),
    "mingmen": Project(
        "明门一厂", (Piece("LM-D1", 68), Piece("LM-D1", 62, "signed"), Piece("LM-D3", 55)),
        F09A, ("planned2023",), APPROVED, "vacated",
    ),
    "cuilin": Project(
        "翠林", (Piece("CS-D2", 56, "demolished"), Piece("CS-D2", 50), Piece("CS-D2", 42)),
        F09A, ("planned2023",), APPROVED, "vacated",
    ),
    "yulong": Project(
        "钰龙", (Piece("CS-B1", 66), Piece("CS-B1", 56)), F09A, ("planned2023",), APPROVED,
        "demolished",
    ),
    "planned2023-06": Project(
        "第六个项目（未公布）", (Piece("LM-C3", 60), Piece("LM-C3", 54), Piece("LM-C1", 46)),
        F09A, ("planned2023",), APPROVED, "signed",
    ),
    "jiwa": Project(
        "吉瓦森林",
        (
            Piece("CS-A1", 99, name="吉瓦森林一期", basis="published area F15b"),
            Piece("CS-A1", 60, name="吉瓦森林二期", basis="published areas F15a less F15b"),
        ),
        programmes=("rolling2023", "jiwa"), anchors=JIWA,
    ),
    "yuanzaishan": Project(
        "原园仔山公司厂区", (Piece("CS-A1", 30), Piece("CS-A1", 25)), F07, ("rolling2023",),
        ASSEMBLED_2023,
    ),
    "jiwa-around": Project(
        "吉瓦森林周边地块", (Piece("CS-A1", 20), Piece("CS-A1", 16)), F07, ("rolling2023",),
        ASSEMBLED_2023, "cleared",
    ),
    "yuli": _ordinary("裕利", "LM-C4", 12, ("2022-09-20", "2022-09-30")),
    "kanghua": _ordinary("康华", "LM-B3", 14, STARTED_2022["started"]),
    "xinhao": _ordinary("信濠", "LM-D2", 16, STARTED_2022["started"]),
    "nansu": _ordinary("南塑", "CS-B2", 11, STARTED_2022["started"]),
    "lihe2": _ordinary("力合双清二期", "LM-F2", 9, STARTED_2022["started"]),
    "kangte": _ordinary("康特金属", "CS-D1", 13, ("2023-06-28", "2023-06-28")),
    "langtaitong": _ordinary("朗泰通", "LM-C2", 10, ("2023-06-30", "2023-06-30")),
}  # fmt: skip

VILLAGE_BLOCKS = ("LM-A3", "CS-C3")  # old village housing is drawn among their factories

PROGRAMMES = ("village3", "h1_2023", "planned2023", "rolling2023", "jiwa")


class Stage(NamedTuple):
    """Months to reach a rung from the one below (domain figures P50/P90) and its evidence."""

    p50: float
    p90: float
    evidence: str


STAGES = {
    "survey": Stage(2, 6, "权属与建筑物登记册"),
    "registered": Stage(2, 8, "标图建库编号"),
    "consent": Stage(3, 12, "意愿表决表"),
    "approved": Stage(4, 12, "改造方案批复"),
    "signed": Stage(6, 24, "补偿协议"),
    "vacated": Stage(3, 9, "付款凭证与注销登记"),
    "demolished": Stage(2, 6, "拆除前后影像与验收单"),
    "cleared": Stage(2, 8, "净地验收单与土壤报告"),
    "supplied": Stage(3, 6, "出让合同"),
    "started": Stage(2, 6, "施工许可证"),
    "completed": Stage(12, 24, "竣工验收表"),
    "producing": Stage(3, 12, "投产确认书"),
}
RUNGS = tuple(STAGES)


class Published(NamedTuple):
    """A stage event of the documents: date as precisely as stated, fact id, document."""

    date: str
    fact: str
    evidence: str


DOC_2022 = "《非凡十年創佳績 東莞清溪闊步邁向灣區一流「產業大鎮」》"
DOC_2023 = "《清溪“外引内聚”推动镇域经济提速进位》2023-07-25"
_BY_END_2022 = Published("2022", "F18a", f"{DOC_2022}：已动工，日期只到年")
_BY_MID_2023 = Published("2023-06", "F08a", f"{DOC_2023}：上半年动工，记为期末月")
PUBLISHED = {
    ("yuanrui", "started"): Published("2022-12-02", "F13d", f"{DOC_2022}：开工奠基"),
    ("qingfeng", "started"): _BY_MID_2023,
    ("delong", "started"): _BY_MID_2023,
    ("anjia", "started"): _BY_MID_2023,
    ("jiwa", "signed"): Published("2022-12-31", "F16", f"{DOC_2022}：意向用地已征收，记为年末"),
    ("yuli", "started"): Published("2022-09", "F14a", f"{DOC_2022}：9月开工奠基"),
    ("kanghua", "started"): _BY_END_2022,
    ("xinhao", "started"): _BY_END_2022,
    ("nansu", "started"): _BY_END_2022,
    ("lihe2", "started"): _BY_END_2022,
    ("kangte", "started"): Published("2023-06-28", "F21c", f"{DOC_2023}：6月28日奠基"),
    ("langtaitong", "started"): Published("2023-06-30", "F22", f"{DOC_2023}：6月30日开工奠基"),
}
DEMOLISHED_619 = f"{DOC_2022}：三年行动累计拆除整备619亩（逐宗日期为示意）"


class Item(NamedTuple):
    """A parcel to be cut."""

    area_m2: float
    project: str | None
    piece: Piece | None
    use: str


# --- cutting land --------------------------------------------------------------------------


def _side(polygon: Polygon, angle: float, offset: float) -> Polygon:
    """Keep the part of `polygon` whose coordinate along `angle` is at most `offset`."""
    cos, sin = math.cos(angle), math.sin(angle)
    corners = ((offset, -FAR_M), (offset, FAR_M), (-FAR_M, FAR_M), (-FAR_M, -FAR_M))
    half = Polygon([(cos * a - sin * b, sin * a + cos * b) for a, b in corners])
    return polygon.intersection(half)


def _halves(polygon: Polygon, angle: float, offset: float) -> tuple[Polygon, Polygon]:
    return _side(polygon, angle, offset), _side(polygon, angle + math.pi, -offset)


def _offset(polygon: Polygon, angle: float, area_m2: float, *, steps: int = 60) -> float:
    """Find the offset at which the near side of the cut has `area_m2`."""
    along = shapely.get_coordinates(polygon) @ (math.cos(angle), math.sin(angle))
    low, high = float(along.min()), float(along.max())
    for _ in range(steps):
        middle = (low + high) / 2
        if _side(polygon, angle, middle).area < area_m2:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _sides(polygon: Polygon) -> tuple[tuple[float, float], tuple[float, float]]:
    """(length, direction) of the long and the short side of the smallest rectangle around."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(polygon))
    steps = corners[1:3] - corners[:2]
    short, long = sorted((math.hypot(x, y), math.atan2(y, x)) for x, y in steps)
    return long, short


def _compactness(part: Polygon) -> float:
    if part.geom_type != "Polygon" or part.is_empty:
        return -1.0
    (long, _), (short, _) = _sides(part)
    return float(part.area) / (long * short) * min(1.0, 1.8 * short / long)


def _angle(rng: random.Random, polygon: Polygon, area_m2: float) -> float:
    """Of a few directions near the sides, the one that leaves the two most compact parts."""
    (_, along), (_, across) = _sides(polygon)
    angles = [along + rng.gauss(0, s) for s in (0.13, 0.13, 0.13, 0.35, 0.35)]
    angles += [across + rng.gauss(0, 0.13) for _ in range(3)]

    def worth(angle: float) -> float:
        offset = _offset(polygon, angle, area_m2, steps=18)
        return min(_compactness(part) for part in _halves(polygon, angle, offset))

    return max(angles, key=worth)


def _slices(rng: random.Random, polygon: Polygon, items: list[Item]) -> list[Polygon]:
    """Cut `polygon` into parts with the areas of `items`, in their order."""
    if len(items) == 1:
        return [polygon]
    sums = np.cumsum([item.area_m2 for item in items])[:-1]
    first = int(np.argmin(abs(sums - polygon.area / 2)))
    angle = _angle(rng, polygon, sums[first])
    near, far = _halves(polygon, angle, _offset(polygon, angle, sums[first]))
    return _slices(rng, near, items[: first + 1]) + _slices(rng, far, items[first + 1 :])


class Strip(NamedTuple):
    """A road as drawn: its land, its axis, and whether it is a main road."""

    land: Polygon
    axis: LineString
    main: bool


def _blocks(
    rng: random.Random, land: Polygon, limit_mu: float, first_share: float | None = None
) -> tuple[list[Polygon], list[Strip]]:
    """Halve `land` by local roads of 12-15 m until no block is larger than the limit."""
    if land.area <= limit_mu * M2_PER_MU and first_share is None:
        return [land], []
    area = land.area * (first_share or rng.uniform(0.42, 0.58))
    angle, width = _angle(rng, land, area), rng.uniform(12, 15)
    offset = _offset(land, angle, area)
    near, rest = _halves(land, angle, offset - width / 2)
    strip, far = _halves(rest, angle, offset + width / 2)
    cos, sin = math.cos(angle), math.sin(angle)
    ends = [(cos * offset - sin * b, sin * offset + cos * b) for b in (-FAR_M, FAR_M)]
    own = Strip(strip, LineString(ends).intersection(land), False)
    limit = limit_mu if first_share is None else max(limit_mu, land.area / M2_PER_MU)
    near_blocks, near_strips = _blocks(rng, near, limit)
    far_blocks, far_strips = _blocks(rng, far, limit)
    return near_blocks + far_blocks, [own, *near_strips, *far_strips]


def _outline(rng: random.Random, zone: Zone) -> Polygon:
    """Draw a blob of straight edges about the origin with the published area."""
    phase = [rng.uniform(0, 2 * math.pi) for _ in range(3)]
    points = []
    for k in range(zone.vertices):
        turn = 2 * math.pi * (k + rng.uniform(-0.33, 0.33)) / zone.vertices
        waves = zip((0.10, 0.08, 0.05), (2, 3, 5), phase, strict=True)
        radius = 1 + total(size * math.cos(n * turn + start) for size, n, start in waves)
        radius += rng.uniform(-0.045, 0.045)
        points.append((radius * zone.stretch * math.cos(turn), radius * math.sin(turn)))
    blob = Polygon(points)
    return Polygon(np.array(points) * math.sqrt(zone.mu * M2_PER_MU / blob.area))


def _main_roads(zone: Zone, outline: Polygon) -> list[Strip]:
    strips = []
    for road in zone.roads:
        axis = LineString(road.axis)
        land = axis.buffer(road.width_m / 2, cap_style="flat", join_style="mitre")
        strips.append(Strip(land, axis, True))
    return strips


def _segments(strips: list[Strip], outline: Polygon) -> list[tuple[Polygon, bool]]:
    """Road parcels (land, main): crossings of main roads, and the reaches between junctions."""
    mains = [strip.land for strip in strips if strip.main]
    parts: list[tuple[Polygon, bool]] = []
    for index, strip in enumerate(strips):
        land = strip.land.intersection(outline)
        others = shapely.union_all([main for k, main in enumerate(mains) if k != index])
        earlier = shapely.union_all(mains[:index] if strip.main else [])
        whole = [land.difference(others), land.intersection(others).difference(earlier)]
        parts += [(part, strip.main) for piece in whole for part in _polygons(piece)]
    for axis in (strip.axis for strip in strips if not strip.main):
        line = _longer(axis, 45)
        parts = [(half, main) for part, main in parts for half in _cut_across(part, line)]
    return parts


def _cut_across(part: Polygon, line: LineString) -> list[Polygon]:
    """`part` in two where `line` crosses it, unless that would leave a scrap of road."""
    halves = _polygons(split(part, line))
    along = part.intersection(line).length > CROSSING_M  # the road's own axis, not a crossing
    scrap = min(half.area for half in halves) < SCRAP_M2
    return [part] if along or scrap else halves


def _longer(axis: LineString, metres: float) -> LineString:
    start, end = shapely.get_coordinates(axis)[[0, -1]]
    step = (end - start) / axis.length * metres
    return LineString([start - step, end + step])


def _polygons(geometry: shapely.Geometry) -> list[Polygon]:
    """List the polygon parts, without the hairs that floating point leaves along a cut."""
    parts = shapely.get_parts(geometry)
    return [part for part in parts if part.geom_type == "Polygon" and part.area > 1]


# --- parcels -------------------------------------------------------------------------------


def _items(rng: random.Random, block: str, area_m2: float) -> list[Item]:
    """List what a block is cut into: first its projects, then drawn parcels for the rest."""
    named = [
        Item(piece.mu * M2_PER_MU, project, piece, "")
        for project, spec in PROJECTS.items()
        for piece in spec.pieces
        if piece.block == block
    ]
    rest = area_m2 - total(item.area_m2 for item in named)
    houses = [rng.uniform(2.5, 6) * M2_PER_MU for _ in range(7 * (block in VILLAGE_BLOCKS))]
    rest -= total(houses)
    if rest <= 0:
        raise ValueError(f"{block}: {area_m2 / M2_PER_MU:.1f} mu is too small for its projects")
    count = max(1, round(rest / M2_PER_MU / PARCEL_MU))
    weights = [rng.lognormvariate(0, 0.45) for _ in range(count)]
    drawn = [Item(rest * weight / total(weights), None, None, "") for weight in weights]
    rng.shuffle(drawn)
    return named + [Item(area, None, None, VILLAGE) for area in houses] + drawn


def _draw_zone(zone: Zone) -> gpd.GeoDataFrame:
    """Every parcel of a zone as drawn, in map coordinates, not yet sharing nodes."""
    outline = _outline(random.Random(f"{SEED}-{zone.prefix}"), zone)
    strips = _main_roads(zone, outline)
    rows: list[dict[str, object]] = []
    supers = _polygons(outline.difference(shapely.union_all([strip.land for strip in strips])))
    supers.sort(key=lambda part: (-round(part.centroid.y / 400), part.centroid.x))
    for letter, land in zip("ABCDEF", supers, strict=False):
        name = f"{zone.prefix}-{letter}"
        # A stream of its own: what is cut from one super-block leaves the others as they are.
        rng = random.Random(f"{SEED}-{name}")
        blocks, local = _blocks(rng, land, zone.block_mu, zone.first_cut.get(name))
        strips += local
        rows += _super_block(rng, name, blocks)
    for number, (land, main) in enumerate(_segments(strips, outline), start=1):
        rows.append({
            "parcel_id": f"{zone.prefix}-R{number:02d}", "use": ROAD, "main": main, "geometry": land
        })  # fmt: skip
    drawn = gpd.GeoDataFrame(rows, crs=CRS).assign(zone=zone.id)
    return drawn.set_geometry(_to_map(zone, drawn.geometry.array))


def _super_block(rng: random.Random, name: str, blocks: list[Polygon]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, block in enumerate(blocks, start=1):
        items = _items(rng, f"{name}{number}", block.area)
        for item, land in zip(items, _slices(rng, block, items), strict=True):
            rows.append({
                "parcel_id": f"{name}{len(rows) + 1:02d}", "use": item.use, "main": False,
                "project_id": item.project, "piece": item.piece, "geometry": land,
            })  # fmt: skip
    return rows


def _centre(zone: Zone) -> tuple[float, float]:
    to_map = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    east, north = to_map.transform(*zone.lon_lat)
    return round(east), round(north)


def _to_map(zone: Zone, geometry: Iterable[shapely.Geometry]) -> np.ndarray:
    """Turn the zone's own frame and move it to its place."""
    turn = math.radians(zone.turn_deg)
    matrix = np.array(((math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))))
    centre = _centre(zone)
    moved = shapely.transform(np.asarray(geometry), lambda points: points @ matrix + centre)
    return np.asarray(moved)


def _share_nodes(drawn: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rebuild the parcels from one network of lines, so that neighbours share every node."""
    lines = shapely.union_all(drawn.boundary.array, grid_size=GRID_M)
    faces = shapely.normalize(shapely.get_parts(shapely.polygonize([lines])))
    spots, parcels = drawn.sindex.query(shapely.point_on_surface(faces), predicate="within")
    if len(faces) != len(drawn) or sorted(parcels) != list(range(len(drawn))):
        raise RuntimeError(f"{len(drawn)} parcels were drawn but the lines close {len(faces)}")
    return drawn.iloc[parcels].set_geometry(faces[spots], crs=CRS).sort_index()


def _land_use(rng: random.Random, row: pd.Series) -> str:
    if row["use"] or row["project_id"]:
        return str(row["use"]) or INDUSTRY[0]
    return rng.choices((GREEN, LOGISTICS, *INDUSTRY), (3, 4, 68, 25))[0]


def _treatment(rng: random.Random, row: pd.Series) -> str:
    if row["land_use"] == ROAD:
        return "road"
    if row["land_use"] in (GREEN, VILLAGE):
        return "green" if row["land_use"] == GREEN else "village"
    drawn = rng.choices(("rebuild", "upgrade", "retain"), (78, 15, 7))[0]
    return "rebuild" if row["project_id"] else drawn


def _existing_ratio(rng: random.Random, row: pd.Series) -> float:
    """NaN for roads, green, and the one in twelve factories whose register says nothing."""
    if row["project_id"] == "yuanrui":
        return 0.49
    if row["land_use"] in (ROAD, GREEN):
        return math.nan
    lowest = 1.0 if row["land_use"] == VILLAGE else 0.3
    ratio = round(rng.uniform(lowest, 1.4), 2)
    return math.nan if _chance(rng, 0.08) else ratio


def _chance(rng: random.Random, share: float) -> bool:
    return rng.random() < share


def _half_up(value: float, decimals: int) -> float:
    scale = 10.0**decimals
    return math.floor(value * scale + 0.5) / scale


def _describe(drawn: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add what a register would say of each parcel."""
    rng = random.Random(f"{SEED}-register")
    parcels = drawn.fillna({"project_id": "", "use": ""})
    specs = [PROJECTS.get(project) for project in parcels["project_id"]]
    pairs = list(zip(parcels["piece"], specs, strict=True))
    parcels["name"] = [piece.name or spec.name if spec else "" for piece, spec in pairs]
    parcels["basis"] = [piece.basis or spec.basis if spec else "drawn" for piece, spec in pairs]
    for column, draw in (("land_use", _land_use), ("treatment", _treatment)):
        parcels[column] = [draw(rng, row) for _, row in parcels.iterrows()]
    ratios = [_existing_ratio(rng, row) for _, row in parcels.iterrows()]
    parcels["plot_ratio_existing"] = ratios
    sparse = (parcels["treatment"] == "upgrade") & (parcels["plot_ratio_existing"] < ROOM_TO_EXTEND)
    parcels["treatment"] = parcels["treatment"].mask(sparse, "extend")
    parcels["existing_floor_m2"] = (parcels["plot_ratio_existing"] * parcels.area).round(0)
    parcels["declared_mu"] = [_half_up(area / M2_PER_MU, 2) for area in parcels.area]
    parcels["ownership"] = rng.choices(("国有", "集体"), (45, 55), k=len(parcels))
    owners = range(1, int(len(parcels) * 0.8))  # fewer than parcels: some hold several
    parcels["owner"] = [f"示例业主 {number:03d}" for number in rng.choices(owners, k=len(parcels))]
    return parcels.assign(illustrative=True)


def _planned_ratios(parcels: gpd.GeoDataFrame, readiness: pd.DataFrame) -> list[float]:
    """Draw a planned plot ratio for those parcels whose renewal plan is approved."""
    rng = random.Random(f"{SEED}-plan")
    approved = set(readiness.loc[readiness["stage"] == "approved", "parcel_id"])
    ratios = []
    for row in parcels.itertuples():
        spec = PROJECTS.get(row.project_id)
        narrow = spec is not None and "planned2023" in spec.programmes  # F09b over F09a is 2.94
        ratio = round(rng.uniform(2.7, 3.2) if narrow else rng.uniform(2.0, 3.5), 2)
        known = row.parcel_id in approved and row.treatment in ("rebuild", "upgrade", "extend")
        ratios.append(3.5 if row.project_id == "yuanrui" else ratio if known else math.nan)
    return ratios


def _programmes(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = [
        (programme, parcel)
        for programme in PROGRAMMES
        for parcel, project in zip(parcels["parcel_id"], parcels["project_id"], strict=True)
        if project and programme in PROJECTS[project].programmes
    ]
    return pd.DataFrame(rows, columns=["programme_id", "parcel_id"])


# --- readiness -----------------------------------------------------------------------------

Timeline = dict[str, date]


def _days(rng: random.Random, stage: str) -> float:
    """Draw a lognormal duration with the stage's P50 and P90."""
    spec = STAGES[stage]
    spread = math.log(spec.p90 / spec.p50) / 1.2816
    return rng.lognormvariate(math.log(spec.p50), spread) * DAYS_PER_MONTH


def _timeline(rng: random.Random, anchors: Timeline, stop: str) -> Timeline:
    """Dates of all rungs up to `stop`: drawn outwards from the anchors, squeezed between them."""
    days = [_days(rng, stage) for stage in RUNGS]
    fixed = sorted((RUNGS.index(stage), day) for stage, day in anchors.items())
    (first, day), (last, end) = fixed[0], fixed[-1]
    room = (day - FIRST_DAY).days - rng.uniform(0, 60)
    scale = min(1.0, room / max(1.0, total(days[1 : first + 1])))
    when = {k: day - timedelta(scale * total(days[k + 1 : first + 1])) for k in range(first + 1)}
    for (low, start), (high, finish) in pairwise(fixed):
        scale = (finish - start).days / total(days[low + 1 : high + 1])
        for k in range(low + 1, high + 1):
            when[k] = start + timedelta(scale * total(days[low + 1 : k + 1]))
    for k in range(last + 1, len(RUNGS)):
        when[k] = end + timedelta(total(days[last + 1 : k + 1]))
    when |= dict(fixed)
    return {stage: when[k] for k, stage in enumerate(RUNGS) if k <= RUNGS.index(stop)}


def _project_timeline(rng: random.Random, project: Project, piece: Piece) -> Timeline:
    anchors = {}
    for stage, (low, high) in project.anchors.items():
        first = date.fromisoformat(low)
        span = (date.fromisoformat(high) - first).days
        anchors[stage] = first + timedelta(rng.randint(0, span))
    return _timeline(rng, anchors, piece.stop or project.stop)


def _drawn_timeline(rng: random.Random, treatment: str, from_core_m: float) -> Timeline:
    """Work spreads outwards from the named projects; only a rebuild goes beyond approval."""
    months = from_core_m / 700 * 26 + rng.expovariate(1 / 5)
    survey = date(2022, 9, 1) + timedelta(months * DAYS_PER_MONTH)
    stops = {"rebuild": "producing", "upgrade": "approved", "extend": "approved"}
    stop = stops.get(treatment, "registered")
    return _timeline(rng, {"survey": survey}, stop)


def _timelines(parcels: gpd.GeoDataFrame) -> dict[str, Timeline]:
    """Draw what happens when, by parcel; a few parcels have no history at all."""
    core = shapely.union_all(parcels.loc[parcels["project_id"] != ""].centroid.array)
    times: dict[str, Timeline] = {}
    for row in parcels.loc[parcels["land_use"] != ROAD].itertuples():
        rng = random.Random(f"{SEED}-{row.parcel_id}")
        if row.project_id:
            times[row.parcel_id] = _project_timeline(rng, PROJECTS[row.project_id], row.piece)
        elif not _chance(rng, NO_HISTORY):
            from_core_m = row.geometry.centroid.distance(core)
            times[row.parcel_id] = _drawn_timeline(rng, row.treatment, from_core_m)
    rng = random.Random(f"{SEED}-readiness")
    _vacate_early(rng, parcels, times)
    return times | _road_timelines(rng, parcels, times)


def _vacate_early(
    rng: random.Random, parcels: gpd.GeoDataFrame, times: dict[str, Timeline]
) -> None:
    """Six tenants leave weeks before the agreement is signed."""
    drawn = parcels.loc[parcels["project_id"] == "", "parcel_id"]
    known = [p for p in drawn if p in times and times[p].get("vacated", date.max) < AS_OF]
    for parcel in rng.sample(known, 6):
        times[parcel]["vacated"] = times[parcel]["signed"] - timedelta(rng.randint(15, 45))


def _road_timelines(
    rng: random.Random, parcels: gpd.GeoDataFrame, times: dict[str, Timeline]
) -> dict[str, Timeline]:
    """Close and fold in a local road once the land along it is clear; main roads stay."""
    roads = parcels.loc[parcels["land_use"] == ROAD]
    lots = parcels.loc[parcels["land_use"] != ROAD]
    found: dict[str, Timeline] = {}
    for road in roads.itertuples():
        survey = {"survey": date(2020, 6, 1) + timedelta(rng.randint(0, 900))}
        beside = lots.iloc[lots.sindex.query(road.geometry, predicate="touches")]
        length = beside.intersection(road.geometry).length
        clear = [times.get(p, {}).get("cleared", date.max) for p in beside["parcel_id"]]
        done = [c < AS_OF for c in clear]
        lag = timedelta(rng.randint(20, 75))
        if not road.main and length[done].sum() > 0.6 * length.sum():
            day = max(c for c in clear if c < AS_OF) + lag
            survey |= {"signed": day - 3 * lag, "demolished": day - lag / 2, "cleared": day}
        if not road.main or _chance(rng, 0.7):
            found[road.parcel_id] = survey
    return found


def _period_end(text: str) -> date:
    """Give the last day of a date that is written as a year, a month or a day."""
    year, month, day = ([int(part) for part in text.split("-")] + [0, 0])[:3]
    if day:
        return date(year, month, day)
    following = date(year + 1, 1, 1) if month in (0, 12) else date(year, month + 1, 1)
    return following - timedelta(1)


def _written(rng: random.Random, day: date) -> str:
    """Write most dates to the day, some to the month, a few to the year."""
    text = day.isoformat()[: rng.choices((4, 7, 10), (2, 8, 90))[0]]
    return text if _period_end(text) < AS_OF - timedelta(10) else day.isoformat()


def _recorded(rng: random.Random, text: str) -> str:
    day = _period_end(text) + timedelta(rng.randint(1, 9))
    moment = datetime.combine(day, time(rng.randint(1, 9), rng.randint(0, 59)))
    return f"{moment.isoformat()}Z"


def _event(rng: random.Random, row: Any, stage: str, day: date) -> dict[str, str]:
    """Write a ledger row: published where a document says so, drawn everywhere else."""
    project = row.project_id
    known = PUBLISHED.get((project, stage))
    programmes = PROJECTS[project].programmes if project else ()
    if stage == "demolished" and "village3" in programmes:
        known = Published(day.isoformat(), "F10a", DEMOLISHED_619)
    text = _written(rng, day)
    late = AS_OF - day < timedelta(120)  # papers follow the work: what is recent lacks them more
    blank = _chance(rng, 0.25 if late else 0.045)
    evidence = "" if blank else f"示例 {STAGES[stage].evidence} {row.parcel_id}"
    if stage == "cleared" and "rolling2023" in programmes:
        text = day.isoformat()  # the rolling step is judged on the last day of the year
        evidence = f"示例 {STAGES[stage].evidence} {row.parcel_id}"
    text, source, evidence = known or (text, "drawn", evidence)
    return {
        "parcel_id": row.parcel_id, "date": text, "stage": stage, "action": "reach",
        "evidence": evidence, "source": source, "reason": "", "recorded_at": _recorded(rng, text),
    }  # fmt: skip


def _readiness(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Write the event log, in the order in which it would have been recorded."""
    rng = random.Random(f"{SEED}-ledger")
    times = _timelines(parcels)
    rows = [
        _event(rng, row, stage, day)
        for row in parcels.itertuples()
        for stage, day in times.get(row.parcel_id, {}).items()
        if day <= AS_OF
    ]
    log = _with_reverts(rng, parcels, pd.DataFrame(rows))
    log = log.loc[log["recorded_at"] < f"{AS_OF + timedelta(1)}"]
    return log.sort_values(["recorded_at", "parcel_id", "stage"], ignore_index=True)


REVERTS = (  # the rung that is taken back, and why
    ("consent", "部分权利人撤回意愿（示例）"),
    ("signed", "所有权人撤回协议（示例）"),
    ("signed", "补偿标准争议，协议解除（示例）"),
    ("cleared", "土壤复检未通过，净地验收撤销（示例）"),
)


def _with_reverts(rng: random.Random, parcels: gpd.GeoDataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Take a rung back from a few drawn parcels; what came after it never happened."""
    drawn = parcels.loc[(parcels["project_id"] == "") & (parcels["land_use"] != ROAD), "parcel_id"]
    for stage, reason in REVERTS:
        untouched = drawn[~drawn.isin(log.loc[log["action"] == "revert", "parcel_id"])]
        early = log["parcel_id"].isin(untouched) & (log["recorded_at"] < "2024-07")
        parcel = rng.choice(list(log.loc[early & (log["stage"] == stage), "parcel_id"]))
        later = (log["parcel_id"] == parcel) & (log["stage"].map(RUNGS.index) > RUNGS.index(stage))
        reach = log.loc[(log["parcel_id"] == parcel) & (log["stage"] == stage), "date"].item()
        below = RUNGS[RUNGS.index(stage) - 1]  # a revert names the rung that the parcel falls to
        day = _period_end(reach) + timedelta(rng.randint(40, 110))
        row = {
            "parcel_id": parcel, "date": day.isoformat(), "stage": below, "action": "revert",
            "evidence": f"示例 撤回记录 {parcel}", "source": "drawn", "reason": reason,
            "recorded_at": _recorded(rng, day.isoformat()),
        }  # fmt: skip
        log = pd.concat([log.loc[~later], pd.DataFrame([row])], ignore_index=True)
    return log


# --- the ledger ----------------------------------------------------------------------------

LEDGER_ID = "71c0a5e1-0000-4000-8000-000000002020"
CREATED = datetime(2020, 1, 6, 1, tzinfo=UTC)

CLERKS = {"LM": "示例经办人甲", "CS": "示例经办人乙"}
REVIEWER = "示例复核人丙"
TEAMS = {"LM": "示例整备一组", "CS": "示例整备二组"}
PRECISIONS: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}  # by length of the text

BLOCKS = (
    "租约未到期，承租人不愿腾退（示例）",
    "共有人意见不一，产权待确认（示例）",
    "补偿资金未到位（示例）",
    "电力线路迁改未完成（示例）",
    "土壤调查结果待出（示例）",
)
LIFTED, STILL_OPEN, NOTED = 9, 3, 24
NEXT_STEPS = {
    "registered": "组织权利人表决",
    "consent": "报送改造方案",
    "approved": "商谈补偿协议",
    "signed": "支付首期补偿款，约定腾空日期",
    "vacated": "安排拆除队伍进场",
    "demolished": "委托土壤调查，申请净地验收",
}


class Change(NamedTuple):
    """A parcel cut in two or made of two, and when what there was before was surveyed.

    What comes of a change has no survey of its own.
    """

    kind: str
    one: str
    two: tuple[str, str]
    surveys: tuple[date, ...]
    day: date
    evidence: str


# Both before any of the parcels is registered, so that no stage of today depends on them.
CHANGES = (
    Change(
        "merge", "LM-B12", ("LM-B27", "LM-B28"), (date(2023, 1, 12), date(2023, 1, 29)),
        date(2023, 3, 6), "示例 宗地合并登记 LM-B12",
    ),
    Change(
        "split", "CS-B29", ("CS-B05", "CS-B06"), (date(2023, 4, 24),),
        date(2023, 6, 12), "示例 宗地分割登记 CS-B29",
    ),
)  # fmt: skip


class Entry(NamedTuple):
    """What is written down, when and by whom; ``corrects`` names the entry that is wrong."""

    recorded_at: datetime
    actor: str
    draft: Draft
    key: str = ""
    corrects: str = ""
    outlines: tuple[Outline, ...] = ()


def _clerk(parcel: str) -> str:
    return CLERKS[parcel[:2]]


def _on(text: str) -> dict[str, Any]:
    """A date as a draft has it: the first day that it can mean, and how much it leaves open."""
    return {"date": text + "-01-01"[: 10 - len(text)], "precision": PRECISIONS[len(text)]}


def _at(recorded: str) -> datetime:
    return datetime.fromisoformat(recorded.replace("Z", "+00:00"))


def _told(row: Any, **other: str) -> Entry:
    """A row of the readiness table as somebody wrote it down."""
    told = {"stage": row.stage, "date": row.date} | other
    draft = Draft(
        row.parcel_id, row.action, **_on(told["date"]), stage=told["stage"],
        evidence=row.evidence, source=row.source, reason=row.reason,
    )  # fmt: skip
    key = f"{row.parcel_id} {row.stage} {row.action}"
    return Entry(_at(row.recorded_at), _clerk(row.parcel_id), draft, key)


def _entries(parcels: gpd.GeoDataFrame, readiness: pd.DataFrame) -> list[Entry]:
    """Everything that the office wrote, in order; what stands in the end is the readiness table."""
    rng = random.Random(f"{SEED}-office")
    log = readiness.assign(rung=readiness["stage"].map(RUNGS.index))
    changed = {p for change in CHANGES for p in (change.one, *change.two)}
    lots = parcels.loc[parcels["land_use"] != ROAD, "parcel_id"]
    surveyed = log["parcel_id"].isin(changed) & (log["stage"] == "survey")
    told = {entry.key: entry for entry in map(_told, log[~surveyed].itertuples())}
    known = log[
        (log["action"] == "reach") & (log["source"] == "drawn") & (log["evidence"] != "")
        & (log["date"].str.len() == 10) & ~log["parcel_id"].isin(changed)
    ]  # fmt: skip
    told |= _mistaken(rng, known, told)
    entries = [
        *told.values(),
        *_misplaced(rng, known),
        *_changes(rng, parcels),
        *_office(rng, log[log["parcel_id"].isin(lots) & ~log["parcel_id"].isin(changed)]),
    ]
    return sorted(entries, key=lambda entry: (entry.recorded_at, entry.draft[:4], entry.key))


def _mistaken(rng: random.Random, known: pd.DataFrame, told: dict[str, Entry]) -> dict[str, Entry]:
    """A wrong date and a wrong stage, each corrected; and what came to the office a year late."""
    spring = known[known["date"].between("2023-02", "2023-04")]
    year = _pick(rng, spring, "signed")
    approved = _pick(rng, spring[spring["parcel_id"] != year.parcel_id], "approved")
    late = _pick(rng, known[known["date"].between("2023-06", "2023-09")], "consent")
    last_year = _told(year, date=year.date.replace("2023", "2022"))
    next_stage = _told(approved, stage="signed")
    wrong = [
        (year, last_year, 24, "年份录入有误，应为2023年（示例）"),
        (approved, next_stage, 17, "阶段选错，实为方案审批（示例）"),
    ]
    found = {}
    for row, mistake, days, reason in wrong:
        right = _told(row)
        found[right.key] = mistake
        found[f"{right.key} corrected"] = right._replace(
            recorded_at=right.recorded_at + timedelta(days),
            actor=REVIEWER,
            draft=right.draft._replace(reason=reason),
            corrects=right.key,
        )
    entry = told[_told(late).key]
    found[entry.key] = entry._replace(recorded_at=datetime(2024, 4, 15, 2, 30, tzinfo=UTC))
    return found


def _pick(rng: random.Random, rows: pd.DataFrame, stage: str) -> Any:
    """One of the rows of a stage."""
    chosen = list(rows[rows["stage"] == stage].itertuples())
    return rng.choice(chosen)


def _misplaced(rng: random.Random, known: pd.DataFrame) -> Iterator[Entry]:
    """An acceptance written down for the parcel next to the one that it is of, then voided."""
    row = _pick(rng, known[known["date"].between("2024-01", "2024-02")], "approved")
    told = datetime(2024, 3, 11, 3, 20, tzinfo=UTC)
    draft = Draft(row.parcel_id, "reach", "2024-03-08", stage="cleared")
    draft = draft._replace(evidence="示例 净地验收单与土壤报告", source="drawn")
    yield Entry(told, _clerk(row.parcel_id), draft, "misplaced")
    reason = "登记到了相邻地块，本地块尚未签约（示例）"
    draft = Draft(row.parcel_id, "void", draft.date, source="drawn", reason=reason)
    yield Entry(told + timedelta(10), REVIEWER, draft, "voided", corrects="misplaced")


def _changes(rng: random.Random, parcels: gpd.GeoDataFrame) -> Iterator[Entry]:
    """The land when the ledger was made, and what was surveyed, split and merged since."""
    now = {item.parcel_id: item for item in map(_kept_shape, parcels.itertuples())}
    steps = []
    for change in reversed(CHANGES):  # from the land of today back to that of the first day
        before, after = _former(change, now)
        steps.append((change, before, after))
        for parcel in after:
            del now[parcel]
        now |= before
    yield _layer(CREATED, now.values())
    for change, before, after in reversed(steps):
        for parcel, day in zip(before, change.surveys, strict=True):
            draft = Draft(parcel, "reach", day.isoformat(), stage="survey", source="drawn")
            draft = draft._replace(evidence=f"示例 {STAGES['survey'].evidence} {parcel}")
            yield Entry(_at(_recorded(rng, day.isoformat())), _clerk(parcel), draft)
        told = datetime.combine(change.day, time(2, 10), UTC)
        gone = (
            item._replace(hash="", wkb=b"", area_m2=0.0, land_m2=0.0) for item in before.values()
        )
        yield _layer(told, [*gone, *after.values()])
        draft = Draft(change.one, change.kind, change.day.isoformat(), parts=change.two)
        draft = draft._replace(evidence=change.evidence, source="drawn")
        yield Entry(told + timedelta(minutes=1), _clerk(change.one), draft)


def _kept_shape(row: Any) -> Outline:
    """A parcel as the ledger keeps it; nothing overlaps here, so that all of it is land."""
    wkb = outline_bytes(row.geometry)
    area = float(on_land_grid(np.float64(row.geometry.area)))
    return Outline(0, row.parcel_id, outline_hash(wkb, CRS), row.zone, area, area, CRS, wkb)


def _former(
    change: Change, now: Mapping[str, Outline]
) -> tuple[dict[str, Outline], dict[str, Outline]]:
    """The outlines before a change and after it; what is merged was cut across its length."""
    if change.kind == "split":
        after = {parcel: now[parcel] for parcel in change.two}
        whole = shapely.union_all([shapely.from_wkb(item.wkb) for item in after.values()])
        shapes = {change.one: shapely.normalize(whole)}
    else:
        after = {change.one: now[change.one]}
        whole = shapely.from_wkb(now[change.one].wkb)
        shapes = dict(zip(change.two, _cut(whole, 0.45), strict=True))
    zone = next(iter(after.values())).zone
    rows = gpd.GeoDataFrame(
        {"parcel_id": list(shapes), "zone": zone}, geometry=list(shapes.values()), crs=CRS
    )
    return {item.parcel_id: item for item in map(_kept_shape, rows.itertuples())}, after


def _cut(whole: Polygon, share: float) -> list[Polygon]:
    """A parcel on the map in two across its length, the first with a share of the land."""
    corner = shapely.get_coordinates(whole)[0]
    land = shapely.transform(whole, lambda points: points - corner)  # within reach of a half-plane
    angle = _sides(land)[0][1]
    halves = np.array(_halves(land, angle, _offset(land, angle, land.area * share)))
    placed = shapely.transform(halves, lambda points: points + corner)
    return list(shapely.normalize(shapely.set_precision(placed, GRID_M)))


def _layer(told: datetime, outlines: Iterable[Outline]) -> Entry:
    """The land that came into the ledger at a moment."""
    kept = tuple(sorted(outlines, key=lambda item: item.parcel_id))
    draft = Draft("", "layer", told.date().isoformat(), text="qingxi.gpkg")
    draft = draft._replace(geometry_hash=register_hash(kept))
    return Entry(told, CLERKS["LM"], draft, outlines=kept)


def _office(rng: random.Random, log: pd.DataFrame) -> Iterator[Entry]:
    """What blocked parcels, for a while or still, and who is to do what next."""
    reached = log[(log["action"] == "reach") & (log["source"] == "drawn")]
    reached = reached.sort_values(["parcel_id", "rung"])
    reached = reached.assign(
        then=reached.groupby("parcel_id")["date"].shift(-1),
        day=[_period_end(text) for text in reached["date"]],
    )
    waited = [
        row for row in reached[reached["then"].notna()].itertuples()
        if (_period_end(row.then) - row.day).days > 120
    ]  # fmt: skip
    for number, row in enumerate(rng.sample(waited, LIFTED)):
        rest = (_period_end(row.then) - row.day).days
        yield _remark(rng, row, rest // 4, "block", text=BLOCKS[number % len(BLOCKS)])
        yield _remark(rng, row, rest - rest // 4, "unblock", text="已解决（示例）")
    stands = reached.groupby("parcel_id").tail(1)
    stands = [
        row for row in stands[stands["stage"].isin(NEXT_STEPS)].itertuples()
        if row.day < date(2024, 10, 1)
    ]  # fmt: skip
    chosen = rng.sample(stands, NOTED)
    for number, row in enumerate(chosen[:STILL_OPEN]):
        yield _remark(rng, row, 20, "block", text=BLOCKS[number])
    for row in chosen:
        task = {"responsible": TEAMS[row.parcel_id[:2]], "next_step": NEXT_STEPS[row.stage]}
        yield _remark(rng, row, 30, "note", text="列入周调度（示例）", **task)


def _remark(rng: random.Random, row: Any, days: int, kind: Any, **told: str) -> Entry:
    day = (row.day + timedelta(days)).isoformat()
    draft = Draft(row.parcel_id, kind, day, source="drawn")._replace(**told)
    return Entry(_at(_recorded(rng, day)), _clerk(row.parcel_id), draft)


def _write_ledger(entries: Sequence[Entry], path: Path) -> None:
    """Write the entries as if one by one, each at its own moment, and leave one closed file."""
    path.unlink(missing_ok=True)
    entries = list(entries)
    last = max(at for at, entry in enumerate(entries) if entry.draft.kind == "layer")
    plan = read_plan(Path(__file__).with_name("plan.toml")).at(path.with_name("plan.toml"))
    seen = entries[last].draft._replace(text=layers_mark(plan))
    entries[last] = entries[last]._replace(draft=seen)  # the layer that is shipped
    created = moment(CREATED)
    head = Head(LEDGER_ID, created, 0, first_hash(LEDGER_ID, created), created)
    events, outlines = _chain(entries, head)
    with taking_ledger(path, head, events, outlines) as ledger:
        if faults := verify(ledger):
            raise RuntimeError(str(faults[0]))
    with closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM")


def _chain(entries: Iterable[Entry], head: Head) -> tuple[list[Event], list[Outline]]:
    """The entries as they stand in a ledger that begins with `head`, and their outlines."""
    seqs: dict[str, int] = {}
    shapes: dict[str, str] = {}
    events: list[Event] = []
    outlines: list[Outline] = []
    for entry in entries:
        corrected = seqs[entry.corrects] if entry.corrects else None
        draft = entry.draft._replace(supersedes=corrected)
        shapes |= {item.parcel_id: item.hash for item in entry.outlines if item.hash}
        if draft.kind != "layer":
            draft = draft._replace(geometry_hash=shapes[draft.parcel_id])
        (event,) = chained([draft], head, actor=entry.actor, now=entry.recorded_at)
        head = head._replace(seq=event.seq, hash=event.hash, recorded_at=event.recorded_at)
        seqs[entry.key] = event.seq
        events.append(event)
        outlines += [item._replace(seq=event.seq) for item in entry.outlines]
    return events, outlines


# --- the layers ----------------------------------------------------------------------------

PARCEL_COLUMNS = [
    "parcel_id", "name", "zone", "land_use", "ownership", "plot_ratio_existing",
    "existing_floor_m2", "plot_ratio_planned", "declared_mu", "treatment", "project_id", "owner",
    "illustrative", "basis", "geometry",
]  # fmt: skip


class Layers(NamedTuple):
    """All tables of the example."""

    zones: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    programmes: pd.DataFrame
    entries: list[Entry]
    rungs: pd.Series


def draw() -> Layers:
    """Draw every layer; the same seed gives the same layers."""
    drawn = pd.concat([_draw_zone(zone) for zone in ZONES], ignore_index=True)
    parcels = _describe(_share_nodes(drawn))
    readiness = _readiness(parcels)
    parcels["plot_ratio_planned"] = _planned_ratios(parcels, readiness)
    programmes = _programmes(parcels)
    parcels["project_id"] = parcels["project_id"].mask(parcels["project_id"] == "")
    entries = _entries(parcels, readiness)
    shown = parcels[PARCEL_COLUMNS]
    return Layers(_zones(parcels), shown, _barriers(), programmes, entries, _rungs(readiness))


def _rungs(readiness: pd.DataFrame) -> pd.Series:
    """The rung on which each parcel stands in the end: the highest, or the one it fell back to."""
    rung = readiness["stage"].map(RUNGS.index).set_axis(readiness["parcel_id"])
    back = rung[(readiness["action"] == "revert").to_numpy()]
    return back.combine_first(rung.groupby(level=0).max()).astype(int)


def _zones(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = [
        {
            "zone_id": zone.id, "name_zh": zone.name_zh, "name_en": zone.name_en,
            "illustrative": True,
            "note": f"示意范围 illustrative outline; only the area is published ({zone.fact})",
            "geometry": shapely.normalize(
                shapely.coverage_union_all(parcels.geometry[parcels["zone"] == zone.id].array)
            ),
        }
        for zone in ZONES
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, crs=CRS)


def _barriers() -> gpd.GeoDataFrame:
    """Draw a river reach in a main-road strip of Luoma, a power line over Changshantou."""
    luoma, changshantou = ZONES
    river = LineString([(410, -900), (372, -560), (361, -330), (334, -20), (345, 320), (374, 700)])
    power = LineString([(-120, 900), (150, 420), (700, 180), (1100, -150)])
    rows = [
        ("river", "清溪水示意河段", "Qingxi river, illustrative reach", *_to_map(luoma, [river])),
        ("power_220kv", "220千伏示意走廊", "220 kV corridor, illustrative",
         *_to_map(changshantou, [power])),
    ]  # fmt: skip
    columns = ["class", "name_zh", "name_en", "geometry"]
    barriers = gpd.GeoDataFrame(rows, columns=columns, crs=CRS)
    rounded = shapely.set_precision(barriers.geometry.array, 0.001)
    return barriers.set_geometry(rounded, crs=CRS).assign(illustrative=True)


def write(folder: Path) -> None:
    """Write every file of the example into `folder`."""
    layers = draw()
    path = folder / "qingxi.gpkg"
    path.unlink(missing_ok=True)
    # GeoPackage stores the time of writing: a fixed one keeps the file the same from run to run.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2025-01-01T00:00:00.000Z"})
    try:
        for layer in ("zones", "parcels", "barriers"):
            frame: gpd.GeoDataFrame = getattr(layers, layer)
            frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", SPATIAL_INDEX="NO")
        write_ground(folder, layers.parcels, layers.barriers, layers.rungs, seed=SEED)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    for package in (path, folder / "constraints.gpkg"):
        with closing(sqlite3.connect(package)) as database:
            database.execute("VACUUM")
    layers.programmes.to_csv(folder / "programmes.csv", index=False, lineterminator="\n")
    _write_ledger(layers.entries, folder / "readiness.db")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
