"""The parcel table: which columns it has, what they mean, and how a layer becomes one."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.cells.numerals import parse_numbers
from geo.cells.quantities import Header, Quantities, unit_of
from geo.cells.spellings import folds
from geo.cells.totals import LIKELY, CheckSum, check_sum, total_kind, totalled
from geo.findings import Finding, Place, finding
from geo.plan import Exclude, Join, ParcelLayer
from geo.readers.columns import no_column
from geo.readers.table import Table
from geo.readers.vector import VectorLayer, require_columns
from geo.text import Words
from geo.treatments import SPELLINGS, TREATMENTS
from geo.units import AreaUnit
from geo.words import EXACT, as_text, listed

MAPPED: Final = (
    "parcel_id",
    "name",
    "zone",
    "land_use",
    "ownership",
    "treatment",
    "declared_area",
    "plot_ratio",
    "plot_ratio_existing",
    "existing_floor",
    "stage",
    "stage_date",
    "evidence",
)
"""The planner's names that ``fields`` of the plan may map to columns of the layer."""

Step = Literal["read", "measure", "readiness", "blocks"]


class Column(NamedTuple):
    """One column of the parcel table. ``public`` ones may stand in a page that people open."""

    name: str
    dtype: str
    unit: str
    step: Step
    label: Words
    public: bool = True


COLUMNS: Final = (
    Column("row", "int64", "", "read", Words("源文件行号", "row of the source"), public=False),
    Column("parcel_id", "str", "", "read", Words("地块编号", "parcel")),
    Column("name", "str", "", "read", Words("名称", "name")),
    Column("zone", "str", "", "measure", Words("片区", "zone")),
    Column("land_use", "str", "", "read", Words("用地性质", "land use")),
    Column("ownership", "str", "", "read", Words("权属性质", "ownership"), public=False),
    Column("treatment", "str", "", "read", Words("处置方式", "treatment")),
    Column("declared_m2", "float64", "m²", "read", Words("申报面积（平方米）", "declared m²")),
    Column("planar_m2", "float64", "m²", "measure", Words("平面面积（平方米）", "planar m²")),
    Column(
        "ellipsoidal_m2", "float64", "m²", "measure", Words("椭球面积（平方米）", "ellipsoidal m²")
    ),
    Column(
        "method_ppm",
        "float64",
        "ppm",
        "measure",
        Words("两法之差（ppm）", "planar over ellipsoidal, ppm"),
    ),
    Column("area_m2", "float64", "m²", "measure", Words("面积（平方米）", "area m²")),
    Column(
        "overlap_m2",
        "float64",
        "m²",
        "measure",
        Words("重叠扣除（平方米）", "overlap counted elsewhere, m²"),
    ),
    Column("land_m2", "float64", "m²", "measure", Words("计入面积（平方米）", "land counted, m²")),
    Column("land_mu", "float64", "mu", "measure", Words("计入面积（亩）", "land counted, mu")),
    Column(
        "lost_m2", "float64", "m²", "measure", Words("不可用（平方米）", "lost to constraints, m²")
    ),
    Column(
        "retained_m2", "float64", "m²", "measure", Words("其中保留（平方米）", "retained of it, m²")
    ),
    Column("usable_m2", "float64", "m²", "measure", Words("可用（平方米）", "usable land, m²")),
    Column("handover_m2", "float64", "m²", "measure", Words("移交（平方米）", "handed over, m²")),
    Column("net_m2", "float64", "m²", "measure", Words("净用地（平方米）", "net land, m²")),
    Column("plot_ratio", "float64", "m²/m²", "read", Words("规划容积率", "planned plot ratio")),
    Column(
        "plot_ratio_existing",
        "float64",
        "m²/m²",
        "measure",
        Words("现状容积率", "existing plot ratio"),
    ),
    Column(
        "existing_floor_m2",
        "float64",
        "m²",
        "measure",
        Words("现状建筑面积（平方米）", "existing floor m²"),
    ),
    Column("rung", "int64", "", "readiness", Words("阶段序号", "rung")),
    Column("stage", "str", "", "readiness", Words("整备阶段", "stage")),
    Column("stage_date", "datetime64[us]", "", "readiness", Words("到达日期", "reached on")),
    Column(
        "evidenced_rung", "int64", "", "readiness", Words("有佐证的阶段序号", "rung with evidence")
    ),
    Column("self_reported", "bool", "", "readiness", Words("自报", "self-reported")),
    Column("has_events", "bool", "", "readiness", Words("有整备记录", "has events")),
    Column("block", "str", "", "blocks", Words("连片编号", "block")),
    Column("counts", "bool", "", "blocks", Words("计入", "counts")),
    Column("is_bridge", "bool", "", "blocks", Words("桥接地块", "bridge parcel")),
    Column(
        "loss_m2",
        "float64",
        "m²",
        "blocks",
        Words("失去后断开（平方米）", "cut off without it, m²"),
    ),
    Column("geometry", "geometry", "area CRS in metres", "read", Words("图形", "geometry")),
)
"""Every column of :attr:`geo.study.Study.parcels`, in order."""

PUBLIC_COLUMNS: Final = frozenset(column.name for column in COLUMNS if column.public)
"""The allow-list of what a published page may hold; owners and the like are not even read."""


def parcel_table(
    source: VectorLayer,
    layer: ParcelLayer,
    joins: list[tuple[Join, Table]],
    *,
    lines: npt.ArrayLike | None = None,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Map a layer's columns to the planner's and read their cells; geometry is left as it is.

    Every row of the layer is in the table, in file order, with ``row`` counting from 1, or
    saying in which of ``lines`` of the file it stands. Raises :class:`LayerError` when a mapped
    column is missing.
    """
    cells, findings = _mapped_cells(source, layer, joins)
    where: Place = {"file": source.file, "layer": source.layer}
    table = gpd.GeoDataFrame(
        {name: as_text(cells[name]) for name in _TEXTS}, geometry=source.frame.geometry.to_numpy()
    ).assign(row=np.arange(1, len(cells) + 1) if lines is None else lines)
    findings += _lost_digits(cells["parcel_id"], where)
    left_out = list(_left_out(source, layer, where))
    totals = _total_rows(table)
    counted = ~table.index.isin([row.at for row in left_out]) & (totals == "").to_numpy()
    ids, id_findings = _parcel_ids(table, counted, layer, where)
    table["parcel_id"] = ids
    area_unit, unit_findings = declared_unit(source, layer, joins)
    floor_unit, floor_findings = _floor_unit(source, layer, joins)
    numbers = Quantities(cells, table, where)
    table = table.assign(
        declared_m2=numbers.area(area_unit),
        plot_ratio=numbers.ratio("plot_ratio", layer, zero_is_blank=True),
        plot_ratio_existing=numbers.ratio("plot_ratio_existing", layer, zero_is_blank=False),
        existing_floor_m2=numbers.floor(floor_unit),
    )
    if layer.duplicate_ids == "merge":
        table["treatment"] = _lent(table["treatment"].where(counted, ""), ids)
    table["treatment"] = table["treatment"].replace("", "rebuild").replace(SPELLINGS)
    findings += [*unit_findings, *floor_findings]
    findings += [*id_findings, *numbers.findings, *_unknown_treatments(table, where)]
    left = {int(row) for row in table.loc[totals != "", "row"]}
    findings = [item for item in findings if item.row not in left or item.file != source.file]
    findings += _excluded(left_out, table, where)
    findings += _totals(cells["declared_area"], totals, table, where)
    return table, findings


_TEXTS: Final = (
    "parcel_id",
    "name",
    "zone",
    "land_use",
    "ownership",
    "treatment",
    "stage",
    "stage_date",
    "evidence",
)


def _lent(cells: pd.Series, ids: pd.Series) -> pd.Series:
    """The cells, blank ones with the first that another row of the same id has."""
    stated = cells.where(cells != "")
    return stated.fillna(stated.groupby(ids).transform("first")).fillna("")


def _mapped_cells(
    source: VectorLayer, layer: ParcelLayer, joins: list[tuple[Join, Table]]
) -> tuple[pd.DataFrame, list[Finding]]:
    """One raw column for each of :data:`MAPPED`; what no file has is blank throughout."""
    columns = [str(column) for column in source.frame.columns]
    mapped = {name: to for name, to in layer.fields.items() if to or name not in MAPPED}
    require_columns(source, mapped, MAPPED)
    joined_names = {name for join, _ in joins for name in join.fields}
    if layer.blank_ids == "error" and "parcel_id" not in {*columns, *mapped, *joined_names}:
        require_columns(source, {"parcel_id": "parcel_id"}, MAPPED)
    names = {name: layer.fields.get(name, name) for name in MAPPED}
    blank = pd.Series([None] * len(source.frame), dtype=object)
    cells = pd.DataFrame(
        {
            name: source.frame[column].reset_index(drop=True) if column in columns else blank
            for name, column in names.items()
        }
    )
    findings: list[Finding] = []
    for join, table in joins:
        joined, faults = _joined_cells(source, join, table, cells)
        cells = cells.assign(**joined)
        findings += faults
        united = layer.duplicate_ids == "merge" and join.on == names["parcel_id"]
        if not united:  # the rows of one id become one parcel, which has the value once
            findings += _shared_keys(source, join, table)
    return cells, findings


def _joined_cells(
    source: VectorLayer, join: Join, table: Table, cells: pd.DataFrame
) -> tuple[dict[str, pd.Series], list[Finding]]:
    """Columns of a table brought to the parcels by key; several rows are combined by rule.

    Where the table says nothing about a parcel, what ``cells`` hold already stays.
    """
    _require_join(source, join, table)
    keys = as_text(table.frame[join.key])
    parcels = as_text(source.frame[join.on].reset_index(drop=True))
    findings: list[Finding] = []
    joined = {}
    for name, column in join.fields.items():
        values, faults = _combine(table, keys, column, join.combine.get(name))
        findings += faults
        told = parcels.isin(keys[as_text(table.frame[column]) != ""]) & (parcels != "")
        brought = parcels.where(told).map(values)
        joined[name], replaced = _over(cells[name], brought, told, text=name in _TEXTS)
        if replaced:
            words: Place = {"meaning": name, "seen": replaced}
            findings.append(finding("join.replaces", file=table.file, field=column, **words))
    unmatched = int((~keys.isin(parcels) | (keys == "")).sum())
    lonely = int((~parcels.isin(keys) | (parcels == "")).sum())
    if unmatched:
        findings.append(finding("join.unmatched", file=table.file, field=join.key, seen=unmatched))
    if lonely:
        findings.append(finding("join.incomplete", file=table.file, field=join.key, seen=lonely))
    return joined, findings


def _over(
    own: pd.Series, brought: pd.Series, told: pd.Series, *, text: bool
) -> tuple[pd.Series, int]:
    """Joined cells, the own ones where the table tells nothing; and how many own ones differ."""
    before, after = as_text(own), as_text(brought)
    if (before == "").all():
        return brought, 0
    differs = (before != "") & (after != "") & (before != after)
    if text:
        return after.where(told, before), int(differs.sum())
    differs &= parse_numbers(own).values != parse_numbers(brought).values
    return brought.astype(object).where(told, own.astype(object)), int(differs.sum())


def _require_join(source: VectorLayer, join: Join, table: Table) -> None:
    """Raise :class:`LayerError` for a column that is missing, or a mapping of no meaning."""
    wanted = {join.key: "key", **{column: name for name, column in join.fields.items()}}
    for column, meaning in [*wanted.items(), (join.on, "on")]:
        choices = [str(name) for name in (source.frame if meaning == "on" else table.frame).columns]
        if column not in choices:
            owner = source.file if meaning == "on" else table.file
            raise no_column(column, meaning, choices, file=owner)
    for meaning in [name for name in [*join.fields, *join.combine] if name not in MAPPED]:
        raise no_column(meaning, meaning, MAPPED, file=table.file)


def _shared_keys(source: VectorLayer, join: Join, table: Table) -> list[Finding]:
    """Say so when several parcels have one key: each gets the whole value."""
    keys, parcels = as_text(table.frame[join.key]), as_text(source.frame[join.on])
    shared = parcels[parcels.duplicated(keep=False) & parcels.isin(keys) & (parcels != "")]
    if shared.empty:
        return []
    words: Place = {"key": shared.iat[0], "seen": len(shared)}
    return [finding("join.shared", file=table.file, field=join.key, **words)]


def _combine(
    table: Table, keys: pd.Series, column: str, rule: str | None
) -> tuple[pd.Series, list[Finding]]:
    """One value for each key: by rule, or the only one; rows that differ are faults."""
    cells = as_text(table.frame[column])
    present = (keys != "") & (cells != "")
    cells, keys = cells[present], keys[present]
    if rule == "first":
        return cells.groupby(keys).first(), []
    if rule is not None:
        numbers = parse_numbers(cells)
        wrong, about = numbers.unreadable, numbers.approximate
        findings = []
        for row, key, cell in zip(cells.index[wrong], keys[wrong], cells[wrong], strict=True):
            place: Place = {"file": table.file, "row": row, "parcel": key, "field": column}
            findings.append(finding("join.unreadable", **place, seen=cell))
        known = pd.Series(numbers.values, index=cells.index)
        for row, key, cell in zip(cells.index[about], keys[about], cells[about], strict=True):
            place = {"file": table.file, "row": row, "parcel": key, "field": column}
            value = f"{known[row]:.12g}"
            findings.append(finding("number.approximate", **place, seen=cell, value=value))
        return known[~wrong].groupby(keys[~wrong]).agg(rule), findings
    grouped = cells.groupby(keys)
    differing = grouped.nunique() > 1
    several = [
        finding(
            "join.several",
            file=table.file,
            field=column,
            parcel=str(key),
            row=int(rows.index[0]),
            seen=", ".join(rows[:3]),
            times=len(rows),
        )
        for key, rows in cells[keys.isin(differing.index[differing])].groupby(keys)
    ]
    return grouped.first()[~differing], several


def _alike(ids: pd.Series, alike: pa.Array, table: pd.DataFrame, where: Place) -> Iterator[Finding]:
    """Different ids that a careless eye takes for one (LM-A1, LM-A01)."""
    keys = pd.Series(alike.to_pandas().array, index=ids.index)
    twice = keys[keys.duplicated(keep=False)]
    for _, names in ids[twice.index].groupby(twice):
        for index in names.index[names != names.iat[0]]:
            row, other = table.at[index, "row"], names.iat[0]
            place: Place = {**where, "row": row, "parcel": ids.at[index], "field": "parcel_id"}
            yield finding("parcel.id-alike", **place, other=other)


def _lost_digits(ids: pd.Series, where: Place) -> Iterator[Finding]:
    """Ids that a column of floats cannot tell apart: they are not what the source called them."""
    if pd.api.types.is_float_dtype(ids.dtype):
        for index in np.flatnonzero(ids.abs() >= EXACT).tolist():
            seen = f"{ids.iat[index]:.0f}"
            place: Place = {**where, "row": index + 1, "parcel": str(ids.iat[index])}
            yield finding("parcel.id-digits", **place, field="parcel_id", seen=seen)


def _parcel_ids(
    table: pd.DataFrame, counted: npt.NDArray[np.bool_], layer: ParcelLayer, where: Place
) -> tuple[pd.Series, list[Finding]]:
    """The ids, with blank and repeated ones found (repeated ones are united later, if allowed).

    A row that the plan leaves out repeats nobody's id.
    """
    ids = table["parcel_id"].copy()
    blank = ids == ""
    findings = []
    if layer.blank_ids == "number":
        taken = set(ids[~blank])
        for index in ids.index[blank]:
            name = f"row-{table.at[index, 'row']}"
            ids.at[index] = name if name not in taken else f"{name}-blank"
        code = "parcel.id-numbered"
    else:
        code = "parcel.id-blank"
    findings = [
        finding(code, **where, row=table.at[index, "row"], parcel=ids.at[index], field="parcel_id")
        for index in ids.index[blank]
    ]
    named = ids[counted & (ids != "")]
    alike = folds(named)
    if len(pc.unique(alike)) == len(alike):
        return ids, findings
    findings += _alike(named, alike, table, where)
    repeated = named[named.duplicated(keep=False)]
    merged = layer.duplicate_ids == "merge"
    for parcel, rows in table["row"].loc[repeated.index].groupby(repeated):
        words: Place = {"times": len(rows), "rows": listed(rows), "field": "parcel_id"}
        for row in rows[:1] if merged else rows:
            code = "parcel.id-merged" if merged else "parcel.id-duplicate"
            findings.append(finding(code, **where, row=row, parcel=str(parcel), **words))
    return ids, findings


def declared_unit(
    source: VectorLayer, layer: ParcelLayer, joins: list[tuple[Join, Table]]
) -> tuple[AreaUnit, list[Finding]]:
    """The unit of the declared areas: the plan's, else the header's, else that of the format."""
    headers = _headers("declared_area", source, layer, joins)
    unit, findings = unit_of(headers, layer.declared_area_unit)
    joined = any("declared_area" in join.fields for join, _ in joins)
    own = None if joined else source.area_unit
    return unit or own or "m2", findings


def _floor_unit(
    source: VectorLayer, layer: ParcelLayer, joins: list[tuple[Join, Table]]
) -> tuple[AreaUnit, list[Finding]]:
    """The unit of existing floor space, which the plan states only where it says so."""
    stated = layer.floor_unit if "floor_unit" in layer.model_fields_set else None
    unit, findings = unit_of(_headers("existing_floor", source, layer, joins), stated)
    return unit or layer.floor_unit, findings


def _headers(
    meaning: str, source: VectorLayer, layer: ParcelLayer, joins: list[tuple[Join, Table]]
) -> Iterator[Header]:
    """The columns from which one of :data:`MAPPED` is read, in the layer and in tables."""
    own = layer.fields.get(meaning, meaning)
    if own in source.frame.columns:
        yield Header(own, {"file": source.file, "layer": source.layer})
    for join, table in joins:
        if meaning in join.fields:
            yield Header(join.fields[meaning], {"file": table.file})


def _total_rows(table: pd.DataFrame) -> pd.Series:
    """The word by which a row shows that it totals others (合计), ``""`` for a parcel."""
    ids, names = (_total_words(table[name]) for name in ("parcel_id", "name"))
    return ids.where(ids != "", names)


def _total_words(cells: pd.Series) -> pd.Series:
    """The cells that say of their row that it is a total, the others blank."""
    likely = np.flatnonzero(cells.str.contains(LIKELY, regex=True))
    at = [place for place in likely if total_kind(cells.iat[place])]
    words = np.full(len(cells), "", dtype=object)
    words[at] = cells.iloc[at]
    return pd.Series(words, index=cells.index, dtype="str")


def _totals(
    declared: pd.Series, totals: pd.Series, table: pd.DataFrame, where: Place
) -> Iterator[Finding]:
    """The rows that are totals, their declared area held against the rows that they stand for."""
    stated = np.flatnonzero(totals != "").tolist()
    if not stated:
        return
    kinds = [total_kind(word) for word in totals]
    cells = as_text(declared)
    for at in stated:
        place: Place = {**where, "row": int(table["row"].iat[at])}
        place["parcel"] = str(table["parcel_id"].iat[at])
        yield finding("parcel.total", **place, seen=totals.iat[at])
        sums = [check_sum(cells.iat[at], cells.iloc[rows]) for rows in totalled(kinds, at)]
        known: list[CheckSum] = [item for item in sums if item is not None]
        if known and not any(item.holds for item in known):
            words: Place = {"seen": cells.iat[at], "summed": f"{known[0].summed:.12g}"}
            yield finding("parcel.total-differs", **place, field="declared_area", **words)


def _unknown_treatments(table: pd.DataFrame, where: Place) -> Iterator[Finding]:
    for index in table.index[~table["treatment"].isin(TREATMENTS)]:
        at: Place = {"row": table.at[index, "row"], "parcel": table.at[index, "parcel_id"]}
        seen = table.at[index, "treatment"]
        choices = ", ".join(TREATMENTS)
        yield finding(
            "treatment.unknown", **where, **at, field="treatment", seen=seen, choices=choices
        )


class _LeftOut(NamedTuple):
    """A row that a rule of the plan leaves out, and what it says there."""

    at: int
    rule: Exclude
    seen: str


def _left_out(source: VectorLayer, layer: ParcelLayer, where: Place) -> Iterator[_LeftOut]:
    """The rows that the plan leaves out; raises :class:`LayerError` for a column not there."""
    columns = [str(column) for column in source.frame.columns]
    for rule in layer.exclude:
        if rule.field not in columns:
            raise no_column(rule.field, "exclude", columns, **where)
        cells = as_text(source.frame[rule.field].reset_index(drop=True))
        for index in np.flatnonzero(cells.isin(rule.values)).tolist():
            yield _LeftOut(index, rule, cells.iat[index])


def _excluded(rows: list[_LeftOut], table: pd.DataFrame, where: Place) -> Iterator[Finding]:
    for index, rule, seen in rows:
        place: Place = {**where, "row": int(table["row"].iat[index]), "field": rule.field}
        place |= {"parcel": str(table["parcel_id"].iat[index]), "seen": seen}
        words: Place = {"reason": rule.reason.en, "reason_zh": rule.reason.zh}
        yield finding("parcel.excluded", **place, **words)
