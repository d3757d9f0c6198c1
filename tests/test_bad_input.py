"""Bad input: every fault says where, what, how many mu and the cure, and no sum is silently wrong.

The land is boxes of 200 m × 100 m, 30 mu each, side by side near Qingxi.
"""

import itertools
import json
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from openpyxl import Workbook
from shapely import (
    GeometryCollection,
    LineString,
    MultiPolygon,
    Point,
    Polygon,
    box,
)
from typer.testing import CliRunner

from geo.cli import app
from geo.errors import ChecksError, LandError, LayerError, PlanError
from geo.faults import FAULTS
from geo.findings import Finding
from geo.land import read_land
from geo.plan import read_plan
from geo.readers.table import read_table
from geo.study import Study, run
from geo.units import M2_PER_MU
from geo.zones import check_zones

EAST, NORTH = 516_000.0, 2_526_000.0
MU = 30.0
EVENTS = "parcel_id,date,stage,action,evidence,source,reason\n"


def lot(across: float, up: float = 0, *, wide: float = 1, high: float = 1) -> Polygon:
    """The lot at a place of a grid of 30 mu lots."""
    west, south = EAST + 200 * across, NORTH + 100 * up
    return box(west, south, west + 200 * wide, south + 100 * high)


def moved(shape: Polygon, east: float, north: float) -> Polygon:
    return shapely.transform(shape, lambda points: points + np.array([east, north]))


def odd(value: float) -> Polygon:
    """A triangle with a coordinate that is no finite number."""
    points = [[EAST, NORTH], [EAST + 1, value], [EAST + 1, NORTH + 1], [EAST, NORTH]]
    numbers = itertools.chain.from_iterable(points)
    with np.errstate(invalid="ignore"):
        return shapely.from_wkb(struct.pack("<BIII8d", 1, 3, 1, 4, *numbers))


BOWTIE = Polygon(
    [(EAST, NORTH), (EAST + 200, NORTH + 100), (EAST + 200, NORTH), (EAST, NORTH + 100)]
)
SPIKE = Polygon(
    [
        (EAST + x, NORTH + y)
        for x, y in [(400, 0), (600, 0), (600, 100), (600, 150), (600, 100), (400, 100)]
    ]
)
RIVER = LineString([(EAST + 500, NORTH - 50), (EAST + 500, NORTH + 150)])


def land(*shapes: Any, crs: Any = "EPSG:4547", **columns: Any) -> gpd.GeoDataFrame:
    """Parcels A, B, C … of these shapes; three lots side by side if there are none."""
    shapes = shapes or (lot(0), lot(1), lot(2))
    ids = [chr(ord("A") + number) for number in range(len(shapes))]
    return gpd.GeoDataFrame({"parcel_id": ids} | columns, geometry=list(shapes), crs=crs)


def zones(*shapes: Any, ids: Sequence[Any] = ("west", "east"), **columns: Any) -> gpd.GeoDataFrame:
    shapes = shapes or (lot(0, wide=2), lot(2, wide=2))
    columns = {"zone_id": list(ids)[: len(shapes)]} | columns
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4547")


def barriers(*shapes: Any) -> gpd.GeoDataFrame:
    names = {"name_zh": ["清溪水"] * len(shapes), "name_en": ["Qingxi river"] * len(shapes)}
    return gpd.GeoDataFrame(names, geometry=list(shapes), crs="EPSG:4547")


def write(frame: gpd.GeoDataFrame, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            pyogrio.write_dataframe(frame, path, layer=path.stem)


def plan(
    folder: Path,
    parcels: gpd.GeoDataFrame | None = None,
    *,
    zones: gpd.GeoDataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    events: str | bytes | None = None,
    tables: dict[str, str] | None = None,
    layer: str = "",
    zone_layer: str = "",
    top: str = "",
    crs: str = "EPSG:4547",
    suffix: str = ".gpkg",
) -> Path:
    """Write layers, tables and a plan for them; ``top``, ``layer`` and ``zone_layer`` are TOML."""
    write(land() if parcels is None else parcels, folder / f"parcels{suffix}")
    parts = [f'name = "T"\ncrs = "{crs}"\nbase_date = 2023-01-01\nas_of = 2024-12-31', top]
    parts += [f'[layers.parcels]\nfile = "parcels{suffix}"', layer]
    if zones is not None:
        write(zones, folder / f"zones{suffix}")
        parts += [f'[layers.zones]\nfile = "zones{suffix}"', zone_layer]
    if barriers is not None:
        write(barriers, folder / f"barriers{suffix}")
        parts.append(f'[[layers.barriers]]\nfile = "barriers{suffix}"')
    if events is not None:
        raw = events.encode() if isinstance(events, str) else events
        (folder / "events.csv").write_bytes(raw)
        parts.append('[layers.readiness]\nfile = "events.csv"')
    for name, text in (tables or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "plan.toml"
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return path


def accepting(path: Path, *codes: str) -> Path:
    """The same plan, with errors that may stand."""
    text = path.read_text(encoding="utf-8")
    reasons = ", ".join(f'"{code}" = {{ zh = "可以", en = "known" }}' for code in codes)
    path.write_text(f"accept = {{ {reasons} }}\n{text}", encoding="utf-8")
    return path


def told(path: Path) -> list[Finding]:
    """All that is found in a plan, whether it can be worked out or not."""
    try:
        return run(read_plan(path)).findings
    except ChecksError:
        try:
            return read_land(read_plan(path)).findings
        except ChecksError as error:
            return list(error.findings)
    except LandError as error:
        return list(error.findings)


def codes(path: Path) -> list[str]:
    return [item.code for item in told(path)]


def one(path: Path, code: str) -> Finding:
    found = [item for item in told(path) if item.code == code]
    assert found, f"no {code} among {codes(path)}"
    return found[0]


def assert_sums(study: Study, *, counted_mu: float, aside: int = 0, merged: int = 0) -> None:
    """Rows in = counted + set aside + merged, and the land is the union of what counts."""
    assert study.land.rows_in == len(study.parcels) + len(study.aside) + study.land.merged_rows
    assert (len(study.aside), study.land.merged_rows) == (aside, merged)
    assert study.land_mu == pytest.approx(counted_mu, abs=1e-6)
    assert study.stages.query("zone == ''")["mu"].sum() == pytest.approx(counted_mu, abs=1e-6)
    assert study.zones["land_m2"].sum() / M2_PER_MU == pytest.approx(counted_mu, abs=1e-6)
    united = shapely.union_all(study.parcels.geometry.to_numpy()).area / M2_PER_MU
    assert united == pytest.approx(counted_mu, abs=1e-4)


def command(*words: str | Path) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "250"}).invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout + result.stderr


def assert_refused(path: Path, code: str) -> None:
    """``landready build`` ends with 2, tells the code and writes nothing."""
    out = path.parent / "map"
    status, text = command("build", path, "--out", out, "--lang", "zh")
    assert status == 2
    assert f"[{code}]" in text
    assert not out.exists()
    assert not list(path.parent.glob(".map*"))


@dataclass(frozen=True)
class Case:
    """A fault in an otherwise sound plan of 90 mu, and all that must be said about it.

    ``counted_mu`` is the land that counts, once the fault is accepted if it is an error.
    """

    code: str
    given: dict[str, Any]
    en: str
    zh: str
    row: int | None = 3
    parcel: str = "C"
    field: str = ""
    mu: float | None = MU
    file: str = "parcels.gpkg"
    counted_mu: float = 90.0
    aside: int = 0
    merged: int = 0
    also: tuple[str, ...] = ()
    note: str = ""
    mend: str = ""
    changed: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.note}".strip()


def of(column: str, *cells: Any, layer: str = "", **given: Any) -> dict[str, Any]:
    """Parcels whose column holds these cells."""
    return {"parcels": land(**{column: list(cells)}), "layer": layer} | given


def events(*rows: str, **given: Any) -> dict[str, Any]:
    """Two sound events, on lines 2 and 3, and these."""
    sound = "A,2024-01-01,signed,reach,paper,,\nB,2024-01-01,signed,reach,paper,,\n"
    return {"events": EVENTS + sound + "".join(f"{row}\n" for row in rows)} | given


def join(text: str, rule: str = "", **columns: Any) -> dict[str, Any]:
    """A table of floor space joined by parcel id."""
    layer = '[[layers.parcels.joins]]\nfile = "floor.csv"\nkey = "id"\non = "key"\n'
    layer += f'fields = {{ existing_floor = "floor" }}\n{rule}'
    keys = columns.pop("key", ["A", "B", "C"])
    return {"tables": {"floor.csv": text}, "layer": layer, "parcels": land(key=keys, **columns)}


PROGRAMME = 'programmes = [{ id = "p", name = "p", file = "members.csv" }]'
MEMBERS = "programme_id,parcel_id\n"
OUT = {"counted_mu": 60.0, "aside": 1}
EXCLUDE = (
    'exclude = [{ field = "kind", values = ["row"], reason = { zh = "道路", en = "a road" } }]'
)
FLOOR = {"file": "floor.csv", "field": "floor"}
LOG = {"file": "events.csv"}
SCENARIO = 'scenarios = [{ id = "s", name = "s", plot_ratio = 2, %s }]'

CASES = [
    # --- ids
    Case("parcel.id-blank", of("parcel_id", "A", "B", ""), "the parcel id is blank", "地块编号为空",
         parcel="", field="parcel_id", mend='blank_ids = "number"', **OUT),
    Case("parcel.id-blank", of("parcel_id", "A", "B", None), "is blank", "为空", parcel="",
         field="parcel_id", note="null", **OUT),
    Case("parcel.id-blank", of("parcel_id", "A", "B", " \t "), "is blank", "为空", parcel="",
         field="parcel_id", note="only spaces", **OUT),
    Case("parcel.id-blank", of("parcel_id", 11.0, 12.0, np.nan), "is blank", "为空", parcel="",
         field="parcel_id", note="numbers", **OUT),
    Case("parcel.id-numbered", of("parcel_id", "A", "B", "", layer='blank_ids = "number"'),
         "is called row-3 after its row", "按行号称为 row-3", parcel="row-3", field="parcel_id"),
    Case("parcel.id-duplicate", of("parcel_id", "A", "B", "B"), "id B stands 2 times (rows 2, 3)",
         "编号 B 出现 2 次（第 2, 3 行）", row=2, parcel="B", field="parcel_id", counted_mu=30.0,
         aside=2, mend='duplicate_ids = "merge"'),
    Case("parcel.id-merged", of("parcel_id", "A", "B", "B", layer='duplicate_ids = "merge"'),
         "2 rows of id B are united", "2 行合并为一个地块", row=2, parcel="B", field="parcel_id",
         merged=1),
    Case("parcel.merge-differs",
         {"parcels": land(parcel_id=["A", "B", "B"], treatment=["road", "retain", "rebuild"]),
          "layer": 'duplicate_ids = "merge"'},
         "differ in treatment (retain, rebuild)", "treatment 不一（retain, rebuild）", row=2,
         parcel="B", field="treatment", merged=1),
    Case("parcel.id-alike", of("parcel_id", "A", "LM-A1", "ＬＭ－A01"),
         "id ＬＭ－A01 is almost the same as LM-A1", "与 LM-A1 几乎相同", parcel="ＬＭ－A01",
         field="parcel_id"),
    Case("parcel.id-digits", of("parcel_id", 1.0, 2.0, 4.4e19), "the last ones are lost",
         "末几位已丢失", parcel="4.4e+19", field="parcel_id", mend="as text", **OUT),
    Case("parcel.excluded", of("kind", "lot", "lot", "row", layer=EXCLUDE),
         "left out by the plan (kind = row): a road", "按计划排除（kind = row）：道路",
         field="kind", **OUT),
    # --- geometry
    Case("geometry.missing", {"parcels": land(lot(0), lot(1), None)}, "it has no geometry",
         "没有图形", mu=None, mend="draw it", **OUT),
    Case("geometry.empty", {"parcels": land(lot(0), lot(1), Polygon())}, "its geometry is empty",
         "图形为空", mu=None, **OUT),
    Case("geometry.type", {"parcels": land(lot(0), lot(1), RIVER)}, "is a Linestring", "不是面",
         mu=None, mend="closed polygon", note="line", **OUT),
    Case("geometry.type", {"parcels": land(lot(0), lot(1), Point(EAST, NORTH))}, "is a Point",
         "不是面", mu=None, note="point", **OUT),
    Case("geometry.type", {"parcels": land(lot(0), lot(1), GeometryCollection([lot(2)]))},
         "is a Geometrycollection", "不是面", note="collection", **OUT),
    Case("geometry.invalid", {"parcels": land(lot(1), lot(2), BOWTIE)},
         "0.0000 mu as drawn, repairs give 15.0000 and 15.0000", "原面积 0.0000 亩", mu=15.0,
         mend="correct it in the source", **OUT),
    Case("geometry.mended", {"parcels": land(lot(0), lot(1), SPIKE)},
         "was mended: 30.0000 mu became 30.0000 mu", "已修复，面积由 30.0000 变为 30.0000 亩",
         changed=True),
    Case("crs.not-finite", {"parcels": land(lot(0), lot(1), odd(np.nan))}, "not finite",
         "不是有限数", mu=None, note="nan", **OUT),
    Case("crs.not-finite", {"parcels": land(lot(0), lot(1), odd(np.inf))}, "not finite",
         "不是有限数", mu=None, note="inf", **OUT),
    Case("parcel.overlap", {"parcels": land(lot(0), lot(1), lot(0.5))},
         "it overlaps A; the overlap counts once, with A", "重叠部分只在 A 中计一次", mu=15.0,
         counted_mu=60.0),
    Case("parcel.crossed", {"barriers": barriers(RIVER)}, "barrier Qingxi river runs through it",
         "被隔断线“清溪水”穿过"),
    # --- declared area
    Case("area.unreadable", of("declared_area", "20000", "20,000", "若干"),
         "the declared area '若干' is not a number", "申报面积 '若干' 不是数",
         field="declared_area", mend="make it a number"),
    Case("area.differs", of("declared_area", 20000, 20000, 20100),
         "declared 30.15 mu, measured 30.00 mu: 0.50% apart", "申报 30.15 亩，图形 30.00 亩",
         field="declared_area", mu=0.15),
    Case("area.contradicts", of("declared_area", 20000, 20000, 25000),
         "declared 37.50 mu, measured 30.00 mu: 25.00% apart", "差 25.00%",
         field="declared_area", mu=7.5, mend="one of the two is wrong"),
    Case("area.contradicts", of("declared_area", 30, 30, 0, layer='declared_area_unit = "mu"'),
         "declared 0.00 mu, measured 30.00 mu", "申报 0.00 亩", field="declared_area",
         note="a null that became 0"),
    Case("area.unit", of("declared_area", 30, 30, 30), "the unit looks like mu, not m2",
         "单位像是 mu 而不是 m2", row=None, parcel="", field="declared_area", mu=None,
         mend='declared_area_unit = "mu"'),
    # --- plot ratio and floor space
    Case("ratio.missing", of("plot_ratio", 2, 2, None), "left out of floor space", "不计入建筑面积",
         field="plot_ratio", mend="give its plot ratio"),
    Case("ratio.unreadable", of("plot_ratio", "2", "２．５", "不予規定"), "plot ratio '不予規定'",
         "容积率 '不予規定' 不是一个数", field="plot_ratio", also=("ratio.missing",)),
    Case("ratio.zero", of("plot_ratio", 2, 2, 0), "is 0 and is taken as unknown", "为 0",
         field="plot_ratio", mend="a null becomes 0 in a Shapefile"),
    Case("ratio.negative", of("plot_ratio", 2, 2, -2.5), "plot ratio -2.5 is negative",
         "容积率 -2.5 为负", field="plot_ratio"),
    Case("ratio.percent", of("plot_ratio", 2, 2, 350), "plot ratio 350 looks like a percentage",
         "像是百分数", field="plot_ratio", mend='plot_ratio_unit = "percent"'),
    Case("ratio.low", of("plot_ratio", 210, 200, 2.1, layer='plot_ratio_unit = "percent"'),
         "plot ratio 2.1 looks like a plain ratio", "像是普通比值", field="plot_ratio",
         mend="2.1 as 210", also=("ratio.missing",)),
    Case("ratio.high", of("plot_ratio", 2, 2, 6), "plot ratio 6 is above 5.0", "高于 5.0",
         field="plot_ratio"),
    Case("floor.unreadable", of("existing_floor", 100, 100, -5),
         "existing floor -5 cannot be used", "现状建筑面积 -5 不能用", field="existing_floor",
         mend="a number of 0 or more"),
    Case("floor.contradicts",
         {"parcels": land(existing_floor=[None, None, 5000], plot_ratio_existing=[1, 1, 0.5])},
         "existing plot ratio × land = 10000 m², but the floor is 5000 m²: 50.0% apart",
         "差 50.0%；采用建筑面积", field="existing_floor"),
    Case("net.unmatched", of("land_use", "1001", "1001", "1001",
                             top='net = { deduct_land_use = ["1207"] }'),
         "no parcel has a land use that begins with '1207'", "净用地没有扣除它", row=None,
         parcel="", field="land_use", mu=None),
    Case("treatment.assumed", of("name", "a", "b", "c", top=SCENARIO % "handover_share = 0"),
         "no column for treatment: all its land is taken as rebuilt", "没有处置方式一列", row=None,
         parcel="", field="treatment", mu=None),
    Case("treatment.unknown", of("treatment", "rebuild", "", "knock down"),
         "unknown treatment 'knock down'", "未知的处置方式 'knock down'", field="treatment",
         mend="rebuild, upgrade, extend, retain, village, road, green"),
    # --- zones
    Case("zone.outside", {"parcels": land(lot(0), lot(1), lot(9)), "zones": zones()},
         "it lies outside every zone", "不在任何片区内", field="zone", mend="check CRS", **OUT),
    Case("zone.across", {"parcels": land(lot(0), lot(3), lot(1.5)), "zones": zones()},
         "west 15.00 mu, east 15.00 mu; all of it counts in west",
         "west 15.00 亩，east 15.00 亩；全部计入 west", field="zone", mu=15.0),
    Case("zone.across", {"parcels": land(lot(0), lot(1), lot(3.5)), "zones": zones()},
         "east 15.00 mu, outside 15.00 mu", "east 15.00 亩，片区外 15.00 亩", field="zone",
         mu=15.0, note="half outside"),
    Case("zone.elsewhere", of("zone", "west", "west", "west", zones=zones()),
         "it names zone west, but lies in east", "写明属于片区 west，却完全不在其中，而在 east",
         field="zone", **OUT),
    Case("zone.unknown", of("zone", "west", "west", "eats", zones=zones()),
         "zone 'eats' is not defined; did you mean 'east'?", "片区 'eats' 未定义；是否指 'east'？",
         field="zone", **OUT),
    Case("zone.blank", of("zone", "west", "west", ""), "it names no zone", "片区为空", field="zone",
         **OUT),
    Case("zone.overlap", {"zones": zones(lot(0, wide=4), lot(2, wide=2))},
         "zone west overlaps zone east", "片区 west 与 east 重叠", file="zones.gpkg", row=None,
         parcel="", mu=60.0, note="nested"),
    Case("zone.overlap", {"zones": zones(lot(0, wide=3), lot(2, wide=2))},
         "zone west overlaps zone east", "重叠", file="zones.gpkg", row=None, parcel="",
         note="partly"),
    Case("zone.uncovered", {"zones": zones()}, "land of zone east belongs to no parcel",
         "片区 east 中有土地不属于任何地块", file="zones.gpkg", row=None, parcel=""),
    Case("outline.unusable", {"zones": zones(lot(0, wide=4), None)},
         "the shape of east cannot be used: it has none", "east 的图形不能用：没有图形",
         file="zones.gpkg", row=2, parcel="", field="geometry", mu=None, note="zone null"),
    Case("outline.unusable", {"zones": zones(lot(0, wide=4), Polygon())},
         "it has none", "没有图形", file="zones.gpkg", row=2, parcel="", field="geometry", mu=None,
         note="zone empty"),
    Case("outline.unusable", {"zones": zones(lot(0, wide=4), BOWTIE)}, "Self-intersection",
         "自相交", file="zones.gpkg", row=2, parcel="", field="geometry", mu=None,
         note="zone invalid"),
    Case("outline.unusable", {"zones": zones(lot(0, wide=4), RIVER)}, "it is a LineString",
         "它是 LineString", file="zones.gpkg", row=2, parcel="", field="geometry", mu=None,
         note="zone line"),
    Case("outline.unusable", {"zones": zones(lot(0, wide=4), odd(np.inf))}, "not finite",
         "坐标不是有限数", file="zones.gpkg", row=2, parcel="", field="geometry", mu=None,
         note="zone infinite"),
    Case("outline.mended", {"zones": zones(lot(0, wide=2), SPIKE)},
         "the invalid shape of east (Ring Self-intersection", "east 的图形无效", file="zones.gpkg",
         row=2, parcel="", field="geometry", changed=True),
    Case("outline.unusable", {"barriers": barriers(None, RIVER)}, "the shape of Qingxi river",
         "没有图形", file="barriers.gpkg", row=1, parcel="", field="geometry", mu=None,
         note="barrier null"),
    Case("outline.unusable", {"barriers": barriers(LineString(), RIVER)}, "it has none", "没有图形",
         file="barriers.gpkg", row=1, parcel="", field="geometry", mu=None, note="barrier empty"),
    Case("outline.unusable", {"barriers": barriers(Point(EAST, NORTH))}, "it is a Point",
         "它是 Point", file="barriers.gpkg", row=1, parcel="", field="geometry", mu=None,
         note="barrier point"),
    Case("outline.unusable", {"barriers": barriers(BOWTIE)}, "Self-intersection", "不能用",
         file="barriers.gpkg", row=1, parcel="", field="geometry", mu=None, note="barrier invalid"),
    # --- readiness
    Case("parcel.no-events", events(), "counts at the first rung", "按第一级计",
         mend="record its stage"),
    Case("event.unknown-parcel", events("Z,2024-01-01,signed,,x,,"),
         "parcel 'Z' is not in the layer", "地块 'Z' 不在图层中", row=4, parcel="Z",
         field="parcel_id", mu=None, mend="correct the id", **LOG),
    Case("event.unknown-parcel", events("Ａ,2024-01-01,signed,,x,,"), "did you mean 'A'?",
         "是否指 'A'？", row=4, parcel="Ａ", field="parcel_id", mu=None, note="full-width", **LOG),
    Case("event.unknown-parcel", events(",2024-01-01,signed,,x,,"), "parcel '' is not",
         "不在图层中", row=4, parcel="", field="parcel_id", mu=None, note="blank", **LOG),
    Case("event.uncounted-parcel",
         events("C,2024-01-01,signed,,x,,", parcels=land(lot(0), lot(1), None),
                top='accept = { "geometry.missing" = "known" }'),
         "parcel C is set aside", "地块 C 已被搁置", row=4, field="parcel_id", mu=None,
         **LOG, **OUT),
    Case("event.unknown-stage", events("C,2024-01-01,clered,,x,,"),
         "unknown stage 'clered'; did you mean 'cleared'?", "未知阶段 'clered'", row=4,
         field="stage", **LOG),
    Case("event.unknown-stage", events("C,2024-01-01,基本完成,,x,,"), "unknown stage '基本完成'",
         "未知阶段 '基本完成'", row=4, field="stage", note="nearly done is not done", **LOG),
    Case("event.date", events("C,2023-02-30,signed,,x,,"), "the date '2023-02-30' is not",
         "日期 '2023-02-30' 不能识别", row=4, field="date", mend="2024-12", **LOG),
    Case("event.action", events("C,2024-01-01,signed,done,x,,"), "unknown action 'done'",
         "未知动作 'done'", row=4, field="action", mend="reach or revert", **LOG),
    Case("event.future", events("C,2099-01-01,signed,,x,,"), "2099-01-01 is after the as-of date",
         "晚于截止日", row=4, field="date", **LOG),
    Case("event.no-evidence", events("C,2024-01-01,signed,,,,"), "no evidence", "没有佐证", row=4,
         field="evidence", **LOG),
    Case("event.order", events("A,2024-02-01,survey,,x,,"), "dated after the higher stage", "更高",
         row=4, parcel="A", field="date", **LOG),
    Case("event.revert-reason", events("A,2024-02-01,survey,revert,x,,"), "gives no reason",
         "没有写明原因", row=4, parcel="A", field="reason", **LOG),
    Case("event.revert-nothing", events("A,2024-02-01,signed,revert,x,court,"),
         "it falls back to 'Signed', where it stood already", "没有任何退回", row=4, parcel="A",
         field="stage", **LOG),
    Case("event.undated", of("stage", "", "", "cleared"), "has no date", "没有日期",
         field="stage_date"),
    # --- joined tables
    Case("join.several", join("id,floor\nA,1\nC,1\nC,2\nB,1\n"), "2 rows belong to parcel C",
         "2 行属于同一地块 C", mend="sum, max or first", **FLOOR),
    Case("join.unreadable", join("id,floor\nA,1\nC,若干\nB,1\n", 'combine.existing_floor = "sum"'),
         "'若干' is not a number", "'若干' 不是数", **FLOOR),
    Case("join.unmatched", join("id,floor\nA,1\nB,1\nC,1\nZ,9\n"), "1 of its rows belong to no",
         "1 行在地块图层中没有对应", row=None, parcel="", mu=None, file="floor.csv", field="id"),
    Case("join.incomplete", join("id,floor\nA,1\nB,1\n"), "1 parcels have no row in it",
         "1 个地块在表中没有对应", row=None, parcel="", mu=None, file="floor.csv", field="id"),
    Case("join.replaces", join("id,floor\nA,1\nB,1\nC,1\n", existing_floor=[1, 2, 3]),
         "2 parcels have another existing_floor already",
         "2 个地块原有的 existing_floor 与此表不同", row=None, parcel="", mu=None, **FLOOR),
    Case("join.shared", join("id,floor\nA,1\nB,1\n", key=["A", "B", "B"]), "such as B", "同键",
         row=None, parcel="", mu=None, file="floor.csv", field="id"),
    # --- programmes, scenarios
    Case("programme.unknown-parcel",
         {"tables": {"members.csv": MEMBERS + "p,A\np,Z\n"}, "top": PROGRAMME},
         "parcel Z of programme p is none", "地块 Z 不在计入的地块中", row=None, parcel="Z",
         mu=None, file="plan.toml"),
    Case("programme.unlisted",
         {"tables": {"members.csv": MEMBERS + "p,A\npp,B\n"}, "top": PROGRAMME},
         "1 rows name programme 'pp'", "计划中没有的项目组 'pp'", parcel="", field="programme_id",
         mu=None, file="members.csv"),
    Case("programme.empty", {"tables": {"members.csv": MEMBERS}, "top": PROGRAMME},
         "programme p has no parcel", "项目组 p 没有任何地块", row=None, parcel="", mu=None,
         file="plan.toml"),
    Case("scenario.unmatched", {"top": SCENARIO % "by_zone = { wst = 3 }", "zones": zones()},
         "'wst' fits no parcel that counts, so its plot ratio is not used; did you mean 'west'?",
         "这个容积率没有用上", row=None, parcel="", field="scenarios.s.by_zone", mu=None,
         file="plan.toml"),
    Case("scenario.unmatched", {"top": SCENARIO % "by_parcel = { Z = 3 }"}, "'Z' fits no parcel",
         "'Z' 不对应任何计入的地块", row=None, parcel="", field="scenarios.s.by_parcel", mu=None,
         file="plan.toml", note="parcel"),
    # --- place
    Case("crs.place", {"parcels": land(*(shapely.transform(lot(at), np.fliplr) for at in range(3)))
                       }, "far from where CGCS2000 / 3-degree Gauss-Kruger CM 114E is used",
         "使用范围之外", row=None, parcel="", mu=None, mend="x and y are swapped",
         note="x and y swapped"),
    Case("crs.place", {"parcels": land(*(moved(lot(at), 114 - EAST, 22 - NORTH) for at in range(3)))
                       }, "x 414.00, y 72.00", "使用范围之外", row=None, parcel="", mu=None,
         note="degrees"),
    Case("crs.far", {"crs": "EPSG:4548"}, "planar areas are 0.2", "不适合此处", row=None, parcel="",
         mu=None, counted_mu=90.18),
]  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """A case worked out: as it stands, and with its errors accepted."""

    case: Case
    findings: list[Finding]
    stopped: ChecksError | None
    study: Study


@pytest.fixture(scope="module", params=CASES, ids=str)
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    path = plan(tmp_path_factory.mktemp("case"), **request.param.given)
    try:
        study = run(read_plan(path))
    except ChecksError as error:
        findings = read_land(read_plan(path)).findings
        accepting(path, *{item.code for item in findings if item.severity == "error"})
        return Tried(request.param, findings, error, run(read_plan(path)))
    return Tried(request.param, study.findings, None, study)


def test_a_fault_says_where_what_how_much_and_the_cure(tried: Tried) -> None:
    case = tried.case
    found = next(item for item in tried.findings if item.code == case.code)
    assert found.severity == FAULTS[case.code].severity
    place = (found.file, found.row, found.parcel, found.field)
    assert place == (case.file, case.row, case.parcel, case.field)
    assert case.en in found.message
    assert case.zh in found.message_zh
    assert case.mend in found.mend
    assert found.mend_zh
    for lines in (found.line("en"), found.line("zh")):
        assert "{" not in lines
        assert "np." not in lines
        assert "nan" not in lines.replace("'nan'", "")
    if case.mu is not None:
        assert found.area_m2 == pytest.approx(case.mu * M2_PER_MU, abs=1e-3)
        assert f"({case.mu:.2f} mu)" in found.line("en")
        assert f"({case.mu:.2f} 亩)" in found.line("zh")
    assert found.changed is case.changed


def test_an_error_stops_the_run_until_it_is_accepted(tried: Tried) -> None:
    if FAULTS[tried.case.code].severity != "error":
        assert tried.stopped is None
        return
    assert tried.stopped is not None
    assert tried.case.code in [item.code for item in tried.stopped.findings]
    assert {item.severity for item in tried.stopped.findings} == {"error"}


def test_no_row_is_lost_and_the_sum_is_right(tried: Tried) -> None:
    case, study = tried.case, tried.study
    rough = case.code in ("crs.place", "crs.far")  # the land is elsewhere or stretched
    assert study.land_mu == pytest.approx(case.counted_mu, rel=0.003 if rough else 1e-9)
    assert_sums(study, counted_mu=study.land_mu, aside=case.aside, merged=case.merged)
    assert {case.code, *case.also} <= {item.code for item in study.findings}
    if case.aside and FAULTS[case.code].sets_aside:
        listed = study.aside[study.aside["code"] == case.code].set_index("row")
        drawn = 0.0 if case.code == "geometry.invalid" else case.mu or 0.0  # it cancels itself
        assert listed["drawn_mu"][case.row] == pytest.approx(drawn)


ERRORS = list({case.code: case for case in CASES if FAULTS[case.code].severity == "error"}.values())


@pytest.mark.parametrize("case", ERRORS, ids=str)
def test_an_error_stops_the_build_and_nothing_is_written(case: Case, tmp_path: Path) -> None:
    path = plan(tmp_path, **case.given)
    out = tmp_path / "map"
    status, text = command("build", path, "--out", out, "--lang", "zh")
    assert status == 2
    assert f"[{case.code}]" in text
    assert "未发布任何结果" in text
    assert not out.exists()


@dataclass(frozen=True)
class Whole:
    """A file that cannot be used as a whole, so that nothing can be counted."""

    code: str
    given: dict[str, Any]
    en: str
    zh: str
    file: str = "parcels.gpkg"
    row: int | None = None
    field: str = ""
    note: str = ""
    after: Callable[[Path], object] = lambda _: None

    def __str__(self) -> str:
        return f"{self.code} {self.note}".strip()


def bare(properties: list[dict[str, Any]], rings: list[list[list[float]]]) -> str:
    """GeoJSON of polygons, written by hand."""
    features = [
        {
            "type": "Feature",
            "properties": facts,
            "geometry": {"type": "Polygon", "coordinates": [r]},
        }
        for facts, r in zip(properties, rings, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def instead(name: str, text: str | bytes) -> Callable[[Path], object]:
    """Replace the parcel file by another one."""

    def replace(folder: Path) -> None:
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        plan_file = folder / "plan.toml"
        stated = plan_file.read_text(encoding="utf-8")
        plan_file.write_text(stated.replace("parcels.gpkg", name), encoding="utf-8")

    return replace


def stating(old: str, new: str) -> Callable[[Path], object]:
    """Change a word of the plan."""

    def replace(folder: Path) -> None:
        stated = (folder / "plan.toml").read_text(encoding="utf-8")
        assert old in stated
        (folder / "plan.toml").write_text(stated.replace(old, new), encoding="utf-8")

    return replace


RING = [[114.16, 22.84], [114.162, 22.84], [114.162, 22.841], [114.16, 22.841]]
DEGREES = (
    'GEOGCS["Dongguan_Local",DATUM["Unknown",SPHEROID["GRS80",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)
WIDE = {f"column {number}": [1, 2, 3] for number in range(500)}

WHOLES = [
    Whole("layer.missing", {}, "there is no such file", "没有这个文件", file="{folder}/no.gpkg",
          after=stating("parcels.gpkg", "no.gpkg")),
    Whole("layer.missing", {"events": EVENTS}, "there is no such file", "没有这个文件",
          file="{folder}/no.csv", after=stating("events.csv", "no.csv"), note="events"),
    Whole("file.disguised", {}, "plain text", "纯文本", after=instead("parcels.gpkg", "hi")),
    Whole("layer.unreadable", {"events": EVENTS.encode("utf-16")}, "codec can't decode",
          "无法读取", file="events.csv", note="unknown encoding"),
    Whole("layer.unreadable", {"events": EVENTS + 'A,2024,"signed,,,,\n'}, "end of data",
          "无法读取", file="events.csv", note="open quote"),
    Whole("layer.format", {}, ".dgn is not a format", "不支持的格式 .dgn", file="parcels.dgn",
          after=instead("parcels.dgn", "hi")),
    Whole("layer.format", {}, "no ending is not", "不支持的格式", file="{name}",
          after=stating('"parcels.gpkg"', '"."'), note="the folder"),
    Whole("layer.choose", {}, "several polygon layers: parcels, other", "多个面图层",
          after=lambda folder: pyogrio.write_dataframe(land(), folder / "parcels.gpkg",
                                                       layer="other")),
    Whole("layer.no-geometry", {}, "only attributes", "只有属性表",
          after=lambda folder: ((folder / "parcels.gpkg").unlink(), pyogrio.write_dataframe(
              pd.DataFrame({"parcel_id": ["A"]}), folder / "parcels.gpkg", layer="parcels"))),
    Whole("layer.unknown", {"layer": 'layer = "parcles"'},
          "no layer 'parcles' in the file; it has parcels; did you mean 'parcels'?",
          "文件里没有图层 'parcles'；有：parcels；是否指 'parcels'？"),
    Whole("layer.column", {"layer": 'fields = { plot_ratio = "far" }',
                           "parcels": land(FAR=[1, 2, 3])},
          "column 'far', mapped to plot_ratio, is missing; it has parcel_id, FAR, geometry",
          "缺少列 'far'（用作 plot_ratio）"),
    Whole("layer.column", {"parcels": land().drop(columns="parcel_id").assign(parcelid="A")},
          "column 'parcel_id', mapped to parcel_id, is missing; it has parcelid, geometry; "
          "did you mean 'parcelid'?", "缺少列 'parcel_id'", note="no ids at all"),
    Whole("layer.column", {"layer": 'fields = { plot_rato = "x" }'}, "did you mean 'plot_ratio'?",
          "缺少列 'plot_rato'", note="unknown meaning"),
    Whole("layer.column", {"layer": 'fields = { name = "column x" }', "parcels": land(**WIDE)},
          ", … (502)", "是否指", note="500 columns"),
    Whole("layer.column", {"layer": EXCLUDE}, "column 'kind', mapped to exclude, is missing",
          "缺少列 'kind'", note="exclude"),
    Whole("layer.column", {"zones": zones(), "zone_layer": 'fields = { zone = "zoneid" }'},
          "column 'zoneid', mapped to zone, is missing; it has zone_id, geometry; did you mean",
          "缺少列 'zoneid'", file="zones.gpkg", note="zones"),
    Whole("layer.column", {"zones": zones(), "zone_layer": 'fields = { zon = "zone_id" }'},
          "column 'zon', mapped to zon, is missing; it has zone, name_zh", "缺少列 'zon'",
          file="zones.gpkg", note="zone meaning"),
    Whole("layer.column", {"events": "id,date,stage\nA,2024,signed\n"},
          "column 'parcel_id', mapped to parcel_id, is missing; it has id, date, stage",
          "缺少列 'parcel_id'", file="events.csv", note="events"),
    Whole("layer.column", {"events": EVENTS.replace(",", ";")}, "it has parcel_id;date;stage",
          "缺少列 'parcel_id'", file="events.csv", note="semicolons"),
    Whole("layer.column", join("key,floor\nA,1\n"), "column 'id', mapped to key, is missing",
          "缺少列 'id'", file="floor.csv", note="join key"),
    Whole("layer.column", join("id,flor\nA,1\n"), "it has id, flor; did you mean 'flor'?",
          "缺少列 'floor'", file="floor.csv", note="join column"),
    Whole("layer.column", {**join("id,floor\nA,1\n"), "parcels": land()},
          "column 'key', mapped to on, is missing", "缺少列 'key'", note="join on"),
    Whole("layer.column", join("id,floor\nA,1\n", 'combine.floor = "sum"'),
          "column 'floor', mapped to floor, is missing; it has parcel_id", "缺少列 'floor'",
          file="floor.csv", note="join rule"),
    Whole("layer.column", {"tables": {"members.csv": "programme,parcel_id\np,A\n"},
                           "top": PROGRAMME}, "did you mean 'programme'?", "缺少列 'programme_id'",
          file="members.csv", note="programme"),
    Whole("layer.no-rows", {"parcels": land().iloc[:0]}, "it holds no rows", "没有任何记录"),
    Whole("layer.no-rows", {"zones": zones().iloc[:0]}, "it holds no rows", "没有任何记录",
          file="zones.gpkg", note="zones"),
    Whole("file.empty", {"events": ""}, "is empty", "空", file="events.csv"),
    Whole("table.format", {"events": EVENTS}, ".ods is not a kind of table", "不支持的表格格式",
          file="events.ods", after=lambda folder: (
              (folder / "events.csv").rename(folder / "events.ods"),
              stating("events.csv", "events.ods")(folder))),
    Whole("table.column-twice", {"events": "parcel_id,date,stage, stage\nA,2024,survey,cleared\n"},
          "column 'stage' stands more than once", "列 'stage' 出现不止一次", file="events.csv",
          row=1, field="stage"),
    Whole("table.ragged", {"events": EVENTS + "A,2024-01-01,signed,,x,,,more\n"},
          "8 cells and the header 7", "有 8 格，表头有 7 格", file="events.csv", row=2,
          note="every row too long"),
    Whole("table.ragged", {"events": EVENTS + "A,2024-01-01,signed,,x,,\nB,2024-0"},
          "2 cells and the header 7", "有 2 格", file="events.csv", row=3, note="cut in half"),
    Whole("geometry.ring", {}, "its ring is not closed", "界线未闭合", file="ring.geojson", row=2,
          after=instead("ring.geojson",
                        bare([{"parcel_id": "A"}, {"parcel_id": "B"}], [[*RING, RING[0]], RING]))),
    Whole("crs.missing", {"parcels": land(crs=None)},
          "states no CRS (x 516000 … 516600, y 2526000 … 2526100)", "没有坐标系"),
    Whole("crs.missing", {"parcels": land(box(114, 22, 115, 23), crs=None)},
          "look like degrees", "数值像经纬度", note="degrees"),
    Whole("crs.missing", {"parcels": land(None, crs=None)}, "states no CRS", "没有坐标系",
          note="nothing drawn"),
    Whole("crs.unknown", {"layer": 'crs = "EPSG:999999"'}, "unknown CRS 'EPSG:999999'", "不认识"),
    Whole("crs.no-datum", {"parcels": land(crs=DEGREES)}, "'Dongguan_Local' states no datum",
          "没有基准面"),
    Whole("crs.no-datum", {"parcels": land(crs='LOCAL_CS["自定义",UNIT["metre",1]]')},
          "states no datum", "没有基准面", note="local"),
    Whole("crs.conflict", {"parcels": land(crs="EPSG:4526"), "layer": 'crs = "EPSG:4547"'},
          "the file says EPSG:4526, the plan EPSG:4547", "计划写的是 EPSG:4547"),
    Whole("crs.no-operation", {"parcels": land(crs="EPSG:2383")},
          "from Xian 1980 / 3-degree Gauss-Kruger CM 114E", "没有可靠的转换"),
    Whole("crs.no-operation", {"parcels": land(crs="EPSG:2435")}, "from Beijing 1954",
          "没有可靠的转换", note="Beijing"),
    Whole("zone.id-duplicate", {"zones": zones(ids=("w", "w"))}, "zone id w stands 2 times",
          "片区编号 w 出现 2 次", file="zones.gpkg", row=1),
    Whole("zone.id-blank", {"zones": zones(ids=("w", None))}, "the zone has no id", "片区编号为空",
          file="zones.gpkg", row=2),
    Whole("parcel.none", {"parcels": land(None)}, "all 1 rows are set aside", "没有可计的地块",
          note="null"),
    Whole("parcel.none", {"parcels": land(kind="row"), "layer": EXCLUDE},
          "all 3 rows are set aside", "3 行全部被搁置", note="excluded"),
]  # fmt: skip


@pytest.mark.parametrize("whole", WHOLES, ids=str)
def test_a_file_that_cannot_be_used_stops_everything(whole: Whole, tmp_path: Path) -> None:
    path = plan(tmp_path, **whole.given)
    whole.after(tmp_path)
    with pytest.raises(LandError) as stopped:
        run(read_plan(path))
    found = next(item for item in stopped.value.findings if item.code == whole.code)
    file = whole.file.format(folder=tmp_path, name=tmp_path.name)
    assert (found.severity, found.file, found.row, found.field) == (
        "error",
        file,
        whole.row,
        whole.field,
    )
    assert whole.en in found.message
    assert whole.zh in found.message_zh
    assert found.mend
    assert found.mend_zh
    assert "{" not in found.line("en") + found.line("zh")
    assert_refused(path, whole.code)


NOT_OF_DATA = ("plan.", "law.", "publish.", "page.", "new.")


def test_every_fault_that_data_can_cause_is_tried() -> None:
    """Here, or asserted by its code in the tests of the module that finds it."""
    tests = Path(__file__).parent.rglob("test_*.py")
    asserted = "".join(path.read_text(encoding="utf-8") for path in tests)
    of_data = (code for code in FAULTS if not code.startswith(NOT_OF_DATA))
    assert sorted(code for code in of_data if f'"{code}"' not in asserted) == []


def test_zones_cannot_hold_more_than_their_land() -> None:
    """A guard: nothing in the data leads there, so the figures are handed to the check."""
    frame = zones(lot(0), ids=("west",)).rename(columns={"zone_id": "zone"})
    parcels = pd.DataFrame({"zone": ["west"], "land_m2": [30_000.0], "stray_m2": [0.0]})
    found = check_zones(frame.assign(area_m2=20_000.0), parcels, {"file": "z", "layer": "z"})
    assert [(item.code, item.area_m2) for item in found] == [("zone.exceeded", 10_000.0)]
    assert "than zone west has" in found[0].message


# --- totals that must not move


def counted(tmp_path: Path, parcels: gpd.GeoDataFrame, **given: Any) -> Study:
    return run(read_plan(plan(tmp_path, parcels, **given)))


def test_one_parcel_is_a_plan(tmp_path: Path) -> None:
    assert_sums(counted(tmp_path, land(lot(0))), counted_mu=30.0)


def test_heights_change_nothing(tmp_path: Path) -> None:
    shapes = [shapely.force_3d(lot(at), 1000.0 * at) for at in range(3)]
    assert_sums(counted(tmp_path, land(*shapes)), counted_mu=90.0)


def test_parts_and_holes_are_measured_whole(tmp_path: Path) -> None:
    ring = lot(0, high=3, wide=3).difference(lot(1, 1))
    study = counted(tmp_path, land(ring, MultiPolygon([lot(1, 1), lot(5), lot(7)])))
    assert_sums(study, counted_mu=8 * MU + 3 * MU)
    assert "parcel.overlap" not in [item.code for item in study.findings]


def test_one_shape_under_two_ids_counts_once(tmp_path: Path) -> None:
    turned = Polygon([*lot(0).exterior.coords[2:], *lot(0).exterior.coords[1:3]])
    parcels = land(lot(0), turned, existing_floor=[1000.0, 1000.0])
    study = counted(tmp_path, parcels, top=SCENARIO % "handover_share = 0")
    assert_sums(study, counted_mu=30.0)
    town = study.floor.query("zone == ''").iloc[0]
    assert (town["existing_m2"], town["total_m2"]) == (1000.0, 40_000.0)


def test_three_parcels_on_one_place_count_once(tmp_path: Path) -> None:
    """A and B overlap by 30 mu; C takes 15 mu of each, in the same place, and has 30 besides."""
    cross = box(EAST + 150, NORTH - 50, EAST + 250, NORTH + 150)
    study = counted(tmp_path, land(lot(0, wide=1.5), lot(0.5, wide=1.5), cross))
    assert_sums(study, counted_mu=75.0)
    assert study.parcels["land_mu"].tolist() == pytest.approx([45.0, 15.0, 15.0])
    pairs = [
        (item.parcel, item.area_m2) for item in study.findings if item.code == "parcel.overlap"
    ]
    assert pairs == [("B", 20_000.0), ("C", 10_000.0), ("C", 10_000.0)]


def test_a_parcel_inside_another_counts_once(tmp_path: Path) -> None:
    study = counted(tmp_path, land(lot(0, wide=2, high=2), lot(0.5, 0.5)))
    assert_sums(study, counted_mu=120.0)
    assert study.parcels["land_mu"].tolist() == pytest.approx([120.0, 0.0])


def test_slivers_are_deducted_and_not_listed(tmp_path: Path) -> None:
    """An overlap of 5 mm × 100 m."""
    sliver = box(EAST + 199.995, NORTH, EAST + 400, NORTH + 100)
    study = counted(tmp_path, land(lot(0), sliver))
    assert_sums(study, counted_mu=60.0)
    assert study.parcels["overlap_m2"].tolist() == pytest.approx([0.0, 0.5])
    assert "parcel.overlap" not in [item.code for item in study.findings]


def test_bad_rows_of_every_kind_leave_the_good_ones(tmp_path: Path) -> None:
    shapes = [lot(0), None, Polygon(), RIVER, Point(EAST, NORTH), GeometryCollection([lot(8)]),
              odd(np.inf), lot(1), lot(2), lot(3)]  # fmt: skip
    path = plan(tmp_path, land(*shapes, parcel_id=[*"ABCDEFG", "", "H", "H"]), events=EVENTS)
    land_ = read_land(read_plan(path))
    assert (land_.rows_in, len(land_.parcels), len(land_.aside)) == (10, 1, 9)
    assert land_.aside["row"].tolist() == list(range(2, 11))
    assert land_.aside["drawn_mu"].sum() == pytest.approx(4 * MU)
    assert all(land_.aside["reason"].str.len() > 0)
    assert all(land_.aside["reason_zh"].str.len() > 0)
    errors = {item.code for item in land_.findings if item.severity == "error"}
    study = run(read_plan(accepting(path, *errors)))
    assert_sums(study, counted_mu=30.0, aside=9)


def test_rows_set_aside_are_published_with_their_mu_and_why(tmp_path: Path) -> None:
    path = plan(tmp_path, land(parcel_id=["A", "B", ""], declared_area=[20_000, 20_000, 20_000]))
    accepting(path, "parcel.id-blank")
    status, _ = command("build", path, "--out", tmp_path / "map")
    assert status == 0
    aside = pd.read_csv(tmp_path / "map" / "tables" / "aside.csv")
    assert aside[["row", "drawn_mu", "declared_mu", "accepted", "code"]].to_numpy().tolist() == [
        [3, 30.0, 30.0, "known", "parcel.id-blank"]
    ]
    assert json.loads((tmp_path / "map" / "run.json").read_text("utf-8"))["figures"]["aside"] == {
        "rows": 1,
        "mu": 30.0,
    }


def test_all_rows_bad_and_accepted_is_still_no_plan(tmp_path: Path) -> None:
    path = accepting(plan(tmp_path, land(None, None)), "geometry.missing")
    with pytest.raises(ChecksError) as stopped:
        run(read_plan(path))
    assert [item.code for item in stopped.value.findings] == [
        "geometry.missing",
        "geometry.missing",
        "parcel.none",
    ]
    assert_refused(path, "parcel.none")


def test_the_same_land_with_and_without_zone_prefix(tmp_path: Path) -> None:
    prefixed = [moved(lot(at), 38_000_000, 0) for at in (0, 1)]
    study = counted(tmp_path, land(*prefixed, crs="EPSG:4526"))
    assert_sums(study, counted_mu=60.0)
    assert study.parcels.geometry.iat[0].equals_exact(lot(0), 1e-6)


def test_a_prefix_that_the_crs_does_not_have_is_found(tmp_path: Path) -> None:
    found = one(plan(tmp_path, land(moved(lot(0), 38_000_000, 0))), "crs.place")
    assert "its land lies at x 38516" in found.message


def test_projected_numbers_in_bare_geojson_are_no_degrees(tmp_path: Path) -> None:
    path = plan(tmp_path)
    ring = [list(point) for point in lot(0).exterior.coords]
    instead("bare.geojson", bare([{"parcel_id": "A"}], [ring]))(tmp_path)
    assert {"crs.place", "crs.not-finite", "parcel.none"} <= set(codes(path))
    assert command("check", tmp_path / "bare.geojson")[0] == 2


def test_strays_are_measured_like_the_rest(tmp_path: Path) -> None:
    """West of its meridian UTM shows 0.08 % too little: zones must not seem to overflow."""
    at = 499_600.0
    shapes = [box(at, NORTH, at + 400, NORTH + 400), box(at + 400, NORTH, at + 800, NORTH + 400)]
    outline = gpd.GeoDataFrame(
        {"zone_id": ["z"]}, geometry=[box(at, NORTH, at + 600, NORTH + 400)], crs="EPSG:32649"
    )
    parcels = land(*shapes, crs="EPSG:32649")
    path = plan(tmp_path, parcels, zones=outline, crs="EPSG:32649",
                top='area_method = "ellipsoidal"')  # fmt: skip
    assert codes(path) == ["zone.across"]


def test_parts_of_one_parcel_that_disagree_are_unknown_and_said_to_be(tmp_path: Path) -> None:
    parcels = land(
        parcel_id=["A", "A", "B"], existing_floor=[100, 300, 7], land_use=["1", "1", "2"]
    )
    study = counted(tmp_path, parcels, layer='duplicate_ids = "merge"')
    assert_sums(study, counted_mu=90.0, merged=1)
    differing = [item.field for item in study.findings if item.code == "parcel.merge-differs"]
    assert differing == ["existing_floor_m2"]
    assert study.parcels["existing_floor_m2"].isna().tolist() == [True, False]
    assert study.parcels["land_use"].tolist() == ["1", "2"]


# --- ids


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        ([12, 13, 14], ["12", "13", "14"]),
        ([12.0, 13.0, 14.0], ["12", "13", "14"]),
        (["0012", "012", "12a"], ["0012", "012", "12a"]),
        ([" A ", "B\t", "\u3000C"], ["A", "B", "C"]),
        (["A B", "Ａ－１", "ü/é"], ["A B", "Ａ－１", "ü/é"]),
        (["441900115001234567", "441900115001234568", "44190011500123456X"], None),
        ([441900115001234567, 441900115001234568, 441900115001234569], None),
    ],
)
@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
def test_ids_are_kept_as_written(
    ids: list[Any], read: list[str] | None, suffix: str, tmp_path: Path
) -> None:
    study = counted(tmp_path, land(parcel_id=ids), suffix=suffix)
    assert study.parcels["parcel_id"].tolist() == (read or [str(name) for name in ids])
    assert_sums(study, counted_mu=90.0)


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
def test_long_numeric_ids_survive_a_blank_beside_them(suffix: str, tmp_path: Path) -> None:
    ids = pd.array([441900115001234567, 441900115001234568, None], dtype="Int64")
    path = plan(tmp_path, land(parcel_id=ids).to_crs(4490), suffix=suffix)
    accepting(path, "parcel.id-blank")
    study = run(read_plan(path))
    assert study.parcels["parcel_id"].tolist() == ["441900115001234567", "441900115001234568"]
    assert_sums(study, counted_mu=60.0, aside=1)


# --- numbers


@pytest.mark.parametrize(
    ("cell", "ratio", "code"),
    [
        ("2.5", 2.5, None),
        ("２．５", 2.5, None),
        ("200%", 2.0, None),
        ("1 2", 12.0, "ratio.high"),
        ("2,888", None, "ratio.percent"),
        ("约1.5", 1.5, "number.approximate"),
        ("3.5以下", None, "ratio.range"),
        ("180~200", None, "ratio.range"),
        ("2.0-3.5", None, "ratio.range"),
        ("不予規定", None, "ratio.unreadable"),
        ("nan", None, "ratio.unreadable"),
        ("-", None, "ratio.unreadable"),
        ("−2", None, "ratio.unreadable"),
        ("－2", None, "ratio.negative"),
    ],
)
def test_plot_ratios_as_people_type_them(
    cell: str, ratio: float | None, code: str | None, tmp_path: Path
) -> None:
    path = plan(tmp_path, **of("plot_ratio", "2", "2", cell), suffix=".parquet")
    land_ = read_land(read_plan(path))
    value = land_.parcels["plot_ratio"].iat[2]
    assert value == pytest.approx(ratio) if ratio is not None else np.isnan(value)
    ours = [
        item.code for item in land_.findings if item.parcel == "C" and item.code != "ratio.missing"
    ]
    assert ours == ([code] if code else [])


@pytest.mark.parametrize(
    ("cells", "unit"),
    [([30, 30, 30], "mu"), ([2, 2, 2], "ha"), (["0.02"] * 3, "km2"), ([215278.2] * 3, "ft2")],
)
def test_a_declared_area_in_another_unit_is_named(
    cells: list[Any], unit: str, tmp_path: Path
) -> None:
    found = one(plan(tmp_path, **of("declared_area", *cells)), "area.unit")
    assert f'declared_area_unit = "{unit}"' in found.mend
    right = plan(tmp_path, **of("declared_area", *cells, layer=f'declared_area_unit = "{unit}"'))
    assert codes(right) == []


def test_a_table_that_is_summed_leaves_unknown_what_it_does_not_know(tmp_path: Path) -> None:
    text = "id,floor\nA,100\nA,200\nB,若干\n"
    path = plan(tmp_path, **join(text, 'combine.existing_floor = "sum"'))
    floor = read_land(read_plan(path)).parcels["existing_floor_m2"]
    assert floor.iat[0] == 300.0
    assert floor.iloc[1:].isna().all()  # not zero


# --- stages and dates


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2023-07-05", date(2023, 7, 5)),
        ("2023/7/5", date(2023, 7, 5)),
        ("2023.7", date(2023, 7, 31)),
        ("2023年7月", date(2023, 7, 31)),
        ("２０２３年７月５日", date(2023, 7, 5)),
        ("2023", date(2023, 12, 31)),
    ],
)
def test_dates_mean_their_last_day(cell: str, day: date, tmp_path: Path) -> None:
    path = plan(tmp_path, **events(f"C,{cell},signed,,x,,"))
    assert run(read_plan(path)).parcels["stage_date"].iat[2].date() == day


@pytest.mark.parametrize(
    "cell", ["7月5日", "2023-02-30", "7/5/2023", "23.7.5", "", "soon", "2023-13"]
)
def test_what_is_no_date_is_said_and_not_guessed(cell: str, tmp_path: Path) -> None:
    found = one(plan(tmp_path, **events(f"C,{cell},signed,,x,,")), "event.date")
    assert (found.row, found.parcel, found.seen) == (4, "C", cell)


@pytest.mark.parametrize("cell", ["signed", "Signed", "ＳＩＧＮＥＤ", " signed ", "签约收回"])
def test_stage_names_in_any_form(cell: str, tmp_path: Path) -> None:
    path = plan(tmp_path, **events(f"C,2024-01-01,{cell},,x,,"))
    assert run(read_plan(path)).parcels["stage"].tolist() == ["signed"] * 3


def test_an_event_that_is_not_understood_is_never_a_stage_reached(tmp_path: Path) -> None:
    path = accepting(plan(tmp_path, **events("C,2024-01-01,cleard,,x,,")), "event.unknown-stage")
    study = run(read_plan(path))
    assert study.parcels["stage"].iat[2] == "survey"
    assert_sums(study, counted_mu=90.0)


# --- tables


@pytest.mark.parametrize(
    "text",
    [
        (EVENTS + "A,2024-01-01,签约收回,,甲,,\n").encode("gb18030"),
        (EVENTS + "A,2024-01-01,签约收回,,甲,,\n").encode("utf-8-sig"),
        (EVENTS + "A,2024-01-01,签约收回,,甲,,\n").replace("\n", "\r\n").encode(),
        (EVENTS + "A,2024-01-01,签约收回,,甲,,\n").replace("\n", "\r").encode(),
        (EVENTS + "A,2024-01-01,签约收回,,甲,,,,\n").encode(),
        (EVENTS.replace("\n", ",,\n") + "\n\nA,2024-01-01,签约收回,,甲,,,,\n,,,,,,,,\n").encode(),
        (EVENTS + ' A ,2024-01-01,"签约收回",,"甲,\n乙",,').encode(),
    ],
    ids=["gb18030", "bom", "crlf", "cr", "commas at the end", "blank rows", "quotes"],
)
def test_a_table_as_any_office_saves_it(text: bytes, tmp_path: Path) -> None:
    study = run(read_plan(plan(tmp_path, events=text)))
    assert study.parcels["evidenced_rung"].tolist() == [4, 0, 0]
    assert [item.code for item in study.findings] == ["parcel.no-events"] * 2


def test_a_row_is_named_by_its_line(tmp_path: Path) -> None:
    text = EVENTS + 'A,2024-01-01,signed,,"two\nlines",,\n\n\nZ,2024-01-01,signed,,x,,\n'
    assert one(plan(tmp_path, events=text), "event.unknown-parcel").row == 6


def test_a_table_of_a_header_alone_leaves_all_at_the_first_rung_and_says_so(tmp_path: Path) -> None:
    study = run(read_plan(plan(tmp_path, events=EVENTS)))
    assert [item.code for item in study.findings] == ["parcel.no-events"] * 3
    assert sum(item.area_m2 or 0 for item in study.findings) == pytest.approx(90 * M2_PER_MU)


def workbook(path: Path, *rows: Sequence[Any]) -> None:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)


def test_a_workbook_is_read_as_typed(tmp_path: Path) -> None:
    workbook(
        tmp_path / "t.xlsx",
        ["id", "date", "stage ", None, "note"],
        [12, datetime(2024, 1, 5), "signed", None, None],
        [None] * 5,
        ["0012", 45108, "#REF!", "beside", 1.5],
    )
    frame = read_table(tmp_path / "t.xlsx").frame
    assert frame.columns.tolist() == ["id", "date", "stage", "note"]
    assert frame.index.tolist() == [2, 4]
    assert frame.loc[2].tolist() == ["12", "2024-01-05 00:00:00", "signed", ""]
    assert frame.loc[4].tolist() == ["0012", "45108", "", "1.5"]


def test_events_from_a_workbook(tmp_path: Path) -> None:
    path = plan(tmp_path, events=EVENTS)
    workbook(
        tmp_path / "events.xlsx",
        ["parcel_id", "date", "stage", "evidence"],
        ["A", datetime(2024, 1, 5), "cleared", "x"],
        ["Z", datetime(2024, 1, 5), "cleared", "x"],
    )
    stating("events.csv", "events.xlsx")(tmp_path)
    found = one(path, "event.unknown-parcel")
    assert (found.file, found.row, found.parcel) == ("events.xlsx", 3, "Z")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["清溪镇整备台账"], ["parcel_id", "date", "stage"]], "layer.column"),
        ([], "layer.no-rows"),
        ([["parcel_id", "date", "stage", "stage"]], "table.column-twice"),
    ],
)
def test_a_workbook_that_cannot_be_used(rows: list[list[Any]], code: str, tmp_path: Path) -> None:
    path = plan(tmp_path, events=EVENTS)
    workbook(tmp_path / "events.xlsx", *rows)
    stating("events.csv", "events.xlsx")(tmp_path)
    assert codes(path) == [code]


@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_table_that_is_something_else(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(LayerError) as folder:
        read_table(tmp_path / name)
    assert folder.value.findings[0].code == "file.special"
    (tmp_path / name).rmdir()
    (tmp_path / name).write_bytes(b"\x00\xff\xfe\x01" * 99)
    with pytest.raises(LayerError) as garbage:
        read_table(tmp_path / name)
    assert garbage.value.findings[0].code in ("file.disguised", "layer.unreadable")


def test_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(LayerError, match="unknown encoding: martian"):
        read_table(tmp_path / "t.csv", encoding="martian")


# --- columns


OWN = ("row", "rung", "block", "counts", "land_m2", "overlap_m2", "stray_m2", "area_m2", "net_m2",
       "land_mu", "loss_m2", "is_bridge", "planar_m2", "has_events", "index", "key")  # fmt: skip


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
def test_columns_called_like_ours_change_nothing(suffix: str, tmp_path: Path) -> None:
    parcels = land(**{name: [7.0, 8.0, 9.0] for name in OWN})
    assert_sums(counted(tmp_path, parcels, suffix=suffix), counted_mu=90.0)


def test_a_text_column_called_geometry_changes_nothing(tmp_path: Path) -> None:
    parcels = land().rename_geometry("geom").assign(geometry="POINT (0 0)")
    assert_sums(counted(tmp_path, parcels), counted_mu=90.0)


def test_five_hundred_columns(tmp_path: Path) -> None:
    assert_sums(counted(tmp_path, land(**WIDE)), counted_mu=90.0)


@pytest.mark.parametrize("column", ["地块 编号", "parcel id", "🏭", "two\nlines", 'quo"ted', "a,b"])
def test_column_names_of_any_kind(column: str, tmp_path: Path) -> None:
    parcels = land().rename(columns={"parcel_id": column})
    layer = f"fields = {{ parcel_id = {json.dumps(column, ensure_ascii=False)} }}"
    study = counted(tmp_path, parcels, layer=layer)
    assert study.parcels["parcel_id"].tolist() == ["A", "B", "C"]
    missing = one(plan(tmp_path, parcels, layer='fields = { name = "x" }'), "layer.column")
    assert "\n" not in missing.line("en")


def test_cells_that_are_lists_are_text(tmp_path: Path) -> None:
    facts = {
        "parcel_id": "A",
        "stage": "signed",
        "stage_date": "2024",
        "evidence": ["协议", "照片"],
    }
    path = plan(tmp_path)
    instead("lists.geojson", bare([facts], [[*RING, RING[0]]]))(tmp_path)
    assert codes(path) == []
    assert run(read_plan(path)).parcels["evidenced_rung"].tolist() == [4]


# --- plan


@pytest.mark.parametrize(
    ("top", "words"),
    [
        ('stages = [{ id = "a", name = "A", aliases = ["x"] }, { id = "b", name = "Ｘ" }]',
         "already stands for stage 'a'"),
        ('net = { deduct_land_use = [""] }', "at least 1 character"),
    ],
    ids=["one word for two stages", "deduct everything"],
)  # fmt: skip
def test_a_plan_that_would_count_wrongly_is_refused(top: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=words):
        read_plan(plan(tmp_path, top=top))


# --- the command


@pytest.mark.parametrize(
    "parcels",
    [
        land(None, None),
        land(None, crs=4326),
        land(Point(EAST, NORTH)),
        land(BOWTIE),
        land(box(516_000, 2_526_000, 516_200, 2_526_100), crs=4326),
        land(crs=None),
        land(crs='LOCAL_CS["x",UNIT["metre",1]]'),
        land().iloc[:0],
    ],
    ids=[
        "null",
        "null degrees",
        "point",
        "bow-tie",
        "metres as degrees",
        "no crs",
        "local",
        "none",
    ],
)
def test_check_and_new_say_what_is_wrong_with_a_bare_layer(
    parcels: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    write(parcels, tmp_path / "bare.gpkg")
    status, text = command("check", tmp_path / "bare.gpkg", "--lang", "zh")
    assert status == 2
    assert "0.00 亩可计" in text
    assert "→" in text
    status, text = command("new", tmp_path / "new", "--parcels", tmp_path / "bare.gpkg")
    assert "→" in text


@pytest.mark.parametrize("where", ["parcels.gpkg/x.csv", "folder.csv"])
def test_findings_that_cannot_be_written(where: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    status, text = command("check", plan(tmp_path), "--out", tmp_path / where)
    assert status == 2
    assert "[publish.failed]" in text


def test_a_new_plan_where_a_file_stands(tmp_path: Path) -> None:
    plan(tmp_path)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    status, text = command("new", tmp_path / "file", "--parcels", tmp_path / "parcels.gpkg")
    assert status == 2
    assert "[publish.failed]" in text
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
