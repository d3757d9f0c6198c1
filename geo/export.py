"""A study as one GeoPackage for QGIS: land, what takes it, blocks, zones, and their history."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from geo.colours import LOST_COLOURS
from geo.earth.crs import parse_crs, transform
from geo.errors import PublishError
from geo.findings import Place, finding
from geo.overlay import union_all
from geo.parcels import COLUMNS, PUBLIC_COLUMNS
from geo.qgis import (
    BLOCK,
    ZONE,
    Style,
    kinds_qml,
    outlines_qml,
    stages_qml,
    table_qml,
    write_styles,
)
from geo.reports.assembling import INTERNAL
from geo.stalled import assigned, blocked
from geo.study import Study
from geo.tables.naming import KINDS, reason_names
from geo.tasks import texts_of
from geo.words import listed
from geo.writers.atomic import replacing
from geo.writers.layer import Layer
from geo.writers.vector import check_not_open, failing
from geo.writers.verify import verified

GEOMETRY: Final = "geom"
TABLE: Final = "history"
VERSION: Final = "1.2"
"""Of the GeoPackage standard: the first with tables, so that an older QGIS reads it too."""

LAYERS: Final = ("parcels", "lost", "constraints", "blocks", "zones")

_PUBLIC: Final = [column for column in COLUMNS if column.name in PUBLIC_COLUMNS]
_HEADINGS: Final = {column.name: column.label.zh for column in _PUBLIC} | {
    "stage_zh": "阶段名称",
    "stage_en": "阶段名称（英文）",
    "blocked": "受阻",
    "blocked_by": "受阻原因",
    "responsible": "责任单位",
    "next_step": "下一步",
    "illustrative": "示意",
    "name_zh": "名称",
    "name_en": "名称（英文）",
    "share": "占已计入",
    "net_mu": "净用地（亩）",
    "tier_mu": "档次（亩）",
    "parcels": "地块数",
    "zones": "片区",
    "widest_gap_m": "最宽间隔（米）",
    "bridges": "桥接地块",
    "loss_mu": "失去桥接将断开（亩）",
    "counted_m2": "已计入（平方米）",
    "seq": "序号",
    "parcel_fid": "地块记录号",
    "date": "日期",
    "precision": "日期精度",
    "kind": "事项",
    "text": "内容",
    "evidence": "佐证",
    "source": "来源",
    "reason": "理由",
    "parts": "分割或合并的地块",
    "actor": "经办人",
    "recorded_at": "记录时间（UTC）",
    "supersedes": "更正的序号",
    "standing": "有效",
}
"""What QGIS shows above each column."""

_LOST_HEADINGS: Final = _HEADINGS | {
    "reason": "原因",
    "reason_zh": "原因名称",
    "reason_en": "原因名称（英文）",
    "kind": "性质",
    "area_m2": "不可用（平方米）",
    "covered_m2": "覆盖（平方米）",
}
"""The same above land that is lost, and what takes it."""

_LAYER_HEADINGS: Final = (_HEADINGS, _LOST_HEADINGS, _LOST_HEADINGS, _HEADINGS, _HEADINGS)

_HISTORY: Final = {
    "seq": "INTEGER NOT NULL",
    "parcel_fid": "INTEGER REFERENCES parcels (fid)",
    "parcel_id": "TEXT NOT NULL",
    "date": "DATE NOT NULL",
    "precision": "TEXT",
    "kind": "TEXT NOT NULL",
    "rung": "INTEGER",
    "stage": "TEXT",
    "stage_zh": "TEXT",
    "stage_en": "TEXT",
    "text": "TEXT",
    "evidence": "TEXT",
    "source": "TEXT",
    "reason": "TEXT",
    "responsible": "TEXT",
    "next_step": "TEXT",
    "parts": "TEXT",
    "actor": "TEXT",
    "recorded_at": "TEXT",
    "supersedes": "INTEGER",
    "standing": "BOOLEAN NOT NULL",
}
"""The columns of the history. It is a table without outlines: drawn, the land of a parcel would
lie there once for every entry, to be selected and summed many times. ``parcel_fid`` refers to the
parcel, so that QGIS finds the relation by itself; a parcel that was split or is not in the layer
has none. ``date`` is the day from which the entry counts; ``standing`` is false where a later
entry corrects it, or where it only voids another."""


def export_geopackage(study: Study, path: Path) -> None:
    """Write land, what it loses, blocks, zones and history to a GeoPackage that QGIS opens styled.

    For use inside the office: never an owner of land, but who is responsible, what blocks a parcel
    and who recorded what; every layer says so. The file is written beside its place and read back
    before it takes it; an earlier export is replaced. Raises :class:`PublishError` when another
    file is there, or when this one cannot be written or reads back differently.
    """
    _check_place(path)
    made = (_parcels, _lost, _constraints, _blocks, _zones)
    layers = [make(study) for make in made]
    rows = list(_history(study))
    with failing(path), replacing(path) as new:
        for layer in layers:
            _write(layer, new, _about(study))
        try:
            with closing(sqlite3.connect(new)) as database, database:
                _write_history(database, rows, _about(study))
                write_styles(database, _styles(study, layers), study.plan.as_of)
        except sqlite3.Error as error:
            raise OSError(str(error)) from error
        _check_counts(new, path, {layer.name: len(layer.shapes) for layer in layers}, len(rows))
        for layer in layers:
            if len(layer.shapes):  # our reader takes an empty layer for a broken one
                verified(layer, new, path)


def _check_place(path: Path) -> None:
    """Refuse to replace anything but an earlier export that no program has open."""
    if not path.is_file():
        return
    check_not_open(path)
    ours = {*LAYERS, TABLE, "layer_styles"}
    strange = [name for name in _tables(path) or [path.name] if name not in ours]
    if strange:
        raise PublishError(finding("write.holds-more", file=path.name, seen=listed(strange)))


def _tables(path: Path) -> list[str]:
    """The layers and tables of a GeoPackage; none of a file that is something else."""
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            return [
                str(name) for (name,) in database.execute("SELECT table_name FROM gpkg_contents")
            ]
    except sqlite3.Error:
        return []


def _about(study: Study) -> str:
    """What a layer says of itself: whose land, of which day, measured how, how real, for whom."""
    plan = study.plan
    drawn = "（示意范围，illustrative）" if study.zones["illustrative"].any() else ""
    return (
        f"{plan.name.zh} {plan.name.en}{drawn}; {plan.as_of}; {plan.crs}, {plan.area_method}; "
        "示意图：不得作为权属、规划或征收的依据 "
        "Sketch map: not for title, planning or acquisition; "
        f"{INTERNAL.zh} {INTERNAL.en}"
    )


# --- what is written ----------------------------------------------------------------------------


def _parcels(study: Study) -> Layer:
    """The public columns, what blocks a parcel and who is to act, as of the plan's date."""
    plan, parcels = study.plan, study.parcels
    ids, blockers = parcels["parcel_id"], blocked(study)
    works = (parcels["treatment"] == "rebuild") & (parcels["rung"] < len(plan.stages) - 1)
    tasks = assigned(study).where(works, "")
    illustrative = study.zones.set_index("zone")["illustrative"].astype(bool)
    table = parcels[[column.name for column in _PUBLIC if column.name != "geometry"]].assign(
        stage_zh=[plan.stages[rung].name.zh for rung in parcels["rung"]],
        stage_en=[plan.stages[rung].name.en for rung in parcels["rung"]],
        blocked=ids.isin(blockers.keys()),
        blocked_by=texts_of(blockers, ids),
        responsible=tasks["responsible"],
        next_step=tasks["next_step"],
        illustrative=illustrative.reindex(parcels["zone"]).to_numpy(),
    )
    return replace(_layer(study, "parcels", table, parcels), id_column="parcel_id")


def _lost(study: Study) -> Layer:
    """What each parcel loses, reason by reason; the hand-over is a share, and lies nowhere."""
    lost = study.lost
    table = lost.drop(columns="geometry").astype({"area_m2": "float64", "covered_m2": "float64"})
    return _layer(study, "lost", _with_reasons(study, table), lost)


def _constraints(study: Study) -> Layer:
    """The land of each constraint as one outline, also where it meets no parcel."""
    kinds = {item.id: item.kind for item in study.plan.constraints}
    pieces = study.land.sources.constraints.groupby("reason", sort=False)["geometry"]
    shapes = {reason: union_all(shape.to_numpy()) for reason, shape in pieces}
    drawn = gpd.GeoDataFrame({"reason": list(shapes)}, geometry=list(shapes.values()))
    table = drawn.drop(columns="geometry").assign(kind=drawn["reason"].map(kinds))
    return _layer(study, "constraints", _with_reasons(study, table), drawn)


def _with_reasons(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """A table with the names of its reasons."""
    names = reason_names(study)
    worded = [names[reason] for reason in table["reason"]]
    return table.assign(
        reason_zh=[name.zh for name in worded], reason_en=[name.en for name in worded]
    )


def _blocks(study: Study) -> Layer:
    numbers = {"land_m2": "float64", "widest_gap_m": "float64", "parcels": "int64"}
    table = study.blocks.drop(columns="geometry").astype(numbers)  # of no block nothing is known
    return _layer(study, "blocks", table, study.blocks)


def _zones(study: Study) -> Layer:
    names = ["zone", "name_zh", "name_en", "illustrative", "parcels"]
    names += ["area_m2", "land_m2", "net_m2", "counted_m2"]
    table = study.zones[names].astype({"illustrative": bool})
    return _layer(study, "zones", table, study.zones)


def _layer(study: Study, name: str, table: pd.DataFrame, drawn: gpd.GeoDataFrame) -> Layer:
    """A table and its outlines, in the plan's own CRS and all of one kind, as it is written."""
    crs = parse_crs(study.plan.crs)
    shapes = transform(drawn.geometry.to_numpy(), study.land.crs, crs)
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    many = np.array(shapes, dtype=object)
    many[single] = shapely.multipolygons(shapes[single][:, np.newaxis])
    many[shapely.is_missing(many)] = None
    cells = pa.Table.from_pandas(pd.DataFrame(table), preserve_index=False)
    return Layer(name, cells.cast(pa.schema(map(_stated, cells.schema))), many, crs)


def _stated(field: pa.Field) -> pa.Field:
    """A column as it is written: a moment is a day, and a column of no cell is one of texts."""
    if pa.types.is_timestamp(field.type):
        return field.with_type(pa.date32())
    return field.with_type(pa.string()) if pa.types.is_null(field.type) else field


def _history(study: Study) -> Iterator[tuple[Any, ...]]:
    """The rows of the history up to the plan's date: the ledger's, else those of its table."""
    history, as_of = study.land.history, study.plan.as_of
    fids = {parcel: fid for fid, parcel in enumerate(study.parcels["parcel_id"], start=1)}
    rungs = {stage.id: rung for rung, stage in enumerate(study.plan.stages)}

    def row(seq: int, parcel: str, day: date, *told: Any) -> tuple[Any, ...]:
        precision, kind, stage, *rest = told
        rung = rungs.get(stage)
        name = None if rung is None else study.plan.stages[rung].name
        names = ("", "") if name is None else (name.zh, name.en)
        head = (seq, fids.get(parcel), parcel, day.isoformat(), precision, kind)
        return (*head, rung, stage, *names, *rest)

    if history is None:
        for event in study.land.events.itertuples(index=False):
            told = (event.precision, event.action, event.stage, "")
            shown_by = (event.evidence, event.source, event.reason)
            if event.date.date() <= as_of:
                nobody = ("", "", "", "", None, None, True)
                yield row(event.row, event.parcel_id, event.date.date(), *told, *shown_by, *nobody)
        return
    standing = {item.seq for item in history.standing}
    for item in history.entries:
        day = item.counts_from
        if item.kind in ("layer", "adopt") or day > as_of:
            continue
        told = (item.precision, item.kind, item.stage, item.text)
        shown_by = (item.evidence, item.source, item.reason)
        who = (item.responsible, item.next_step, ", ".join(item.part_ids), item.actor)
        when = (item.recorded_at, item.supersedes, item.seq in standing)
        yield row(item.seq, item.parcel_id, day, *told, *shown_by, *who, *when)


def _styles(study: Study, layers: Sequence[Layer]) -> list[Style]:
    parcels, lost, constraints, blocks, zones = (
        {name: headings[name] for name in layer.cells.column_names}
        for layer, headings in zip(layers, _LAYER_HEADINGS, strict=True)
    )
    kinds = {kind: KINDS[kind] for kind in LOST_COLOURS}
    history = {name: _HEADINGS[name] for name in _HISTORY}
    return [
        Style("parcels", GEOMETRY, stages_qml(study.plan.stages, parcels)),
        Style("lost", GEOMETRY, kinds_qml(kinds, "reason_zh", lost)),
        Style("constraints", GEOMETRY, kinds_qml(kinds, "reason_zh", constraints)),
        Style("blocks", GEOMETRY, outlines_qml(BLOCK, 0.7, "solid", "block", blocks)),
        Style("zones", GEOMETRY, outlines_qml(ZONE, 0.5, "dash", "name_zh", zones)),
        Style(TABLE, "", table_qml(history)),
    ]


# --- the file -----------------------------------------------------------------------------------


def _write(layer: Layer, path: Path, about: str) -> None:
    wkb = pa.array(shapely.to_wkb(layer.shapes, flavor="iso"), pa.large_binary())
    pyogrio.write_arrow(
        layer.cells.append_column("wkb", wkb),
        path,
        layer=layer.name,
        driver="GPKG",
        dataset_options={"VERSION": VERSION},
        geometry_name="wkb",
        geometry_type="MultiPolygon",
        crs=layer.crs.to_wkt(),
        layer_options={"GEOMETRY_NAME": GEOMETRY, "FID": "fid", "DESCRIPTION": about},
    )


def _write_history(
    database: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], about: str
) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in _HISTORY.items())
    database.execute(f"CREATE TABLE {TABLE} (fid INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
    names, marks = ", ".join(_HISTORY), ", ".join("?" * len(_HISTORY))
    database.executemany(f"INSERT INTO {TABLE} ({names}) VALUES ({marks})", rows)
    database.execute(f"CREATE INDEX {TABLE}_parcel ON {TABLE} (parcel_id, date)")
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
        "VALUES (?, 'attributes', ?, ?)",
        [TABLE, TABLE, about],
    )


def _check_counts(new: Path, target: Path, layers: dict[str, int], rows: int) -> None:
    """Count what GDAL reads, and hold every reference to a parcel against its id."""
    expected = {**layers, TABLE: rows, "layer_styles": len(LAYERS) + 1}
    counts = {name: pyogrio.read_info(new, layer=name)["features"] for name in expected}
    with closing(sqlite3.connect(new)) as database:
        ((astray,),) = database.execute(
            f"SELECT count(*) FROM {TABLE} JOIN parcels ON parcels.fid = parcel_fid "
            f"WHERE parcels.parcel_id <> {TABLE}.parcel_id"
        )
    if counts != expected or astray:
        words: Place = {"field": TABLE, "what": "rows", "what_zh": "行数"}
        seen = str(counts) if counts != expected else f"{astray} of other parcels"
        raise PublishError(
            finding("write.differs", file=target.name, expected=str(expected), seen=seen, **words)
        )
