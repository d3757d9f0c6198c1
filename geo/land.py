"""The land of a plan: its files read, checked and measured, with nothing lost on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.area import area_m2, ellipsoidal_m2, planar_m2
from geo.capacity import check_scenarios, complete_existing
from geo.checks import (
    check_barriers,
    check_declared,
    check_floor,
    check_geometry,
    check_outlines,
    check_overlaps,
    check_ratios_known,
)
from geo.crs import metric, misplaced, parse_crs, transform
from geo.errors import ChecksError
from geo.findings import Finding, Place, finding
from geo.laws import ABSOLUTE_M2
from geo.numerals import parse_date
from geo.once import Once, overlaps
from geo.parcels import parcel_table
from geo.plan import BarrierLayer, LayerFile, Plan
from geo.programmes import check_listed, check_members, membership
from geo.readers.table import Table, read_table
from geo.readers.vector import VectorLayer, read_vector, require_columns
from geo.readiness import check_events, events_from_parcels, events_from_table
from geo.units import M2_PER_MU, shown
from geo.words import as_text
from geo.zones import assign_zones, check_zones, whole_zone, zone_table

Notify = Callable[[str], None]
"""Told the name of each step as it begins, so that a long run can be watched."""


@dataclass(frozen=True, slots=True)
class Land:
    """What a plan's files hold, ready to be assembled.

    ``parcels`` are the rows that count, ``aside`` those that do not, with the reason of each;
    ``merged_rows`` were united with others of the same id, so that rows in = parcels + aside +
    merged. ``once`` gives the land of any set of parcels, ``ids_in`` are the ids as read and
    ``members`` the parcels of each programme. Geometry is in ``crs``, the area CRS in metres.
    """

    crs: CRS
    rows_in: int
    ids_in: frozenset[str]
    merged_rows: int
    parcels: gpd.GeoDataFrame
    once: Once
    aside: pd.DataFrame
    zones: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    events: pd.DataFrame
    members: dict[str, set[str]]
    findings: list[Finding]
    inputs: list[Path]

    def unaccepted(self, plan: Plan) -> list[Finding]:
        """The errors that stop publication, because the plan does not accept them."""
        errors = (item for item in self.findings if item.severity == "error")
        return [item for item in errors if item.code not in plan.accept]


@dataclass(frozen=True, slots=True)
class _Notes:
    """What is noted on the way: faults, and the files that were read."""

    findings: list[Finding] = field(default_factory=list)
    inputs: list[Path] = field(default_factory=list)


def read_land(plan: Plan, *, notify: Notify = lambda _: None) -> Land:
    """Read, check and measure everything that a plan names.

    Faults of rows become findings. Raises :class:`geo.errors.LayerError` when a file as a whole
    cannot be used, and :class:`ChecksError` when no parcel is left to count.
    """
    notes = _Notes()
    notify("read")
    crs = metric(parse_crs(plan.crs, file=plan.path.name))
    source = _read(plan, plan.layers.parcels, notes)
    where: Place = {"file": source.file, "layer": source.layer}
    table = _read_parcels(plan, source, crs, where, notes)

    notify("check")
    kept, aside = _set_aside(table, notes.findings)
    united = _united(kept, plan, where, notes)
    zones, zones_at = _read_zones(plan, crs, united, where, notes)
    parcels, strayed = _placed(united, zones, where, notes)
    if parcels.empty:
        notes.findings.append(finding("parcel.none", **where, seen=len(table)))
        told = _with_land(notes.findings, table, where)
        raise ChecksError(*[item for item in told if item.severity == "error"])

    notify("measure")
    parcels, once = _measured(parcels, plan, crs, where, notes)
    zones = zones.assign(area_m2=_outlines_m2(zones, plan, crs))
    barriers = _read_barriers(plan, crs, notes)
    notes.findings.extend(check_zones(zones, parcels, zones_at))
    notes.findings.extend(check_barriers(parcels, barriers, where))
    aside = pd.concat([aside, strayed], ignore_index=True)
    events = _read_events(plan, parcels, aside, where, notes)
    members = _read_programmes(plan, parcels, notes)
    notes.findings.extend(check_scenarios(parcels, plan.scenarios, {"file": plan.path.name}))
    return Land(
        crs=crs,
        rows_in=len(table),
        ids_in=frozenset(table["parcel_id"]),
        merged_rows=len(kept) - len(united),
        parcels=parcels,
        once=once,
        aside=aside,
        zones=zones,
        barriers=barriers,
        events=events,
        members=members,
        findings=_with_land(notes.findings, table, where),
        inputs=list(dict.fromkeys(notes.inputs)),
    )


def _read(plan: Plan, layer: LayerFile, notes: _Notes) -> VectorLayer:
    path = plan.folder / layer.file
    notes.inputs.append(path)
    return read_vector(path, layer=layer.layer, crs=layer.crs, encoding=layer.encoding)


def _read_table(plan: Plan, file: str, encoding: str | None, notes: _Notes) -> Table:
    notes.inputs.append(plan.folder / file)
    return read_table(plan.folder / file, encoding=encoding)


def _moved(source: VectorLayer, crs: CRS) -> npt.NDArray[Any]:
    shapes = source.frame.geometry.to_numpy()
    return transform(shapes, source.crs, crs, file=source.file, layer=source.layer)


def _read_parcels(
    plan: Plan, source: VectorLayer, crs: CRS, where: Place, notes: _Notes
) -> gpd.GeoDataFrame:
    """Every row of the parcel layer in the area CRS, its cells and its geometry checked."""
    layer = plan.layers.parcels
    joins = [(join, _read_table(plan, join.file, join.encoding, notes)) for join in layer.joins]
    table, findings = parcel_table(source, layer, joins)
    findings += _misplaced(source, where)
    if plan.scenarios and layer.fields.get("treatment", "treatment") not in source.frame.columns:
        findings.append(finding("treatment.assumed", **where, field="treatment"))
    table = table.set_geometry(_moved(source, crs)).set_crs(crs)
    table, faults = check_geometry(table, where)
    notes.findings.extend(_heeded([*findings, *faults], source.file))
    return table


def _united(parcels: gpd.GeoDataFrame, plan: Plan, where: Place, notes: _Notes) -> gpd.GeoDataFrame:
    """Rows of one id made one parcel, if the plan wants it so."""
    if plan.layers.parcels.duplicate_ids != "merge":
        return parcels
    notes.findings.extend(_differing(parcels, where))
    return _merged(parcels)


def _placed(
    parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, where: Place, notes: _Notes
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The parcels with their zones, and those set aside because they are in none."""
    assigned, faults = assign_zones(parcels, zones, where)
    notes.findings.extend(faults)
    return _set_aside(parcels.assign(**assigned.to_dict("series")), faults)


def _heeded(findings: list[Finding], file: str) -> list[Finding]:
    """The findings without other faults of rows that the plan leaves out anyway."""
    out = {item.row for item in findings if item.code == "parcel.excluded"}
    return [
        item
        for item in findings
        if item.code == "parcel.excluded" or item.row not in out or item.file != file
    ]


def _misplaced(source: VectorLayer, where: Place) -> list[Finding]:
    place = misplaced(source.frame.geometry.to_numpy(), source.crs)
    return [finding("crs.place", **where, seen=place, crs=source.crs.name)] if place else []


def _with_land(findings: list[Finding], table: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """The findings about a row or an event of a parcel, each with the land that it touches."""
    with np.errstate(invalid="ignore"):
        drawn = pd.Series(shapely.area(table.geometry.to_numpy()), index=table["row"])
    drawn = drawn.where(np.isfinite(drawn) & (drawn > 0)).dropna()
    ids = table.set_index("row")["parcel_id"].reindex(drawn.index)
    by_row, by_id = drawn.to_dict(), drawn.groupby(ids).sum().drop("", errors="ignore").to_dict()
    told = []
    for item in findings:
        in_layer = (item.file, item.layer) == (where["file"], where["layer"])
        area = by_row.get(item.row) if in_layer else by_id.get(item.parcel)
        known = item.area_m2 is not None or area is None or item.code.startswith("zone.")
        told.append(item if known else replace(item, area_m2=area))
    return told


def _set_aside(
    parcels: gpd.GeoDataFrame, findings: list[Finding]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Part the rows that cannot be counted from the others, each with its reason and its mu."""
    reasons: dict[int, Finding] = {}
    for item in findings:
        if item.sets_aside and item.row is not None:
            reasons.setdefault(item.row, item)
    away = parcels["row"].isin(reasons)
    gone = parcels[away]
    with np.errstate(invalid="ignore"):
        drawn_m2 = shapely.area(gone.geometry.to_numpy())
    aside = pd.DataFrame(
        {
            "row": gone["row"],
            "parcel_id": gone["parcel_id"],
            "code": [reasons[row].code for row in gone["row"]],
            "reason": [reasons[row].message for row in gone["row"]],
            "reason_zh": [reasons[row].message_zh for row in gone["row"]],
            "drawn_mu": np.where(np.isfinite(drawn_m2), drawn_m2, 0.0) / M2_PER_MU,
            "declared_mu": gone["declared_m2"] / M2_PER_MU,
        }
    )
    return parcels[~away].reset_index(drop=True), aside.reset_index(drop=True)


def _merged(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows of one id united: geometry as union, a value where all rows that have one agree on it.

    Names, owners and evidence are put together instead; of dates the latest counts.
    """
    repeated = parcels["parcel_id"].duplicated(keep=False)
    if not repeated.any():
        return parcels
    text = parcels["parcel_id"].dtype
    texts = parcels.columns[parcels.dtypes == text].drop("parcel_id")
    rows = parcels[repeated]
    rows = rows.assign(**{name: rows[name].where(rows[name] != "") for name in texts})
    groups = rows.groupby("parcel_id", sort=False)
    values = groups.first().where(groups.nunique() <= 1)
    for name, unite in _UNITED.items():
        values[name] = groups[name].agg(unite)
    values[texts] = values[texts].fillna("").astype(text)
    values["row"] = groups["row"].min()
    values["geometry"] = groups["geometry"].agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    united = gpd.GeoDataFrame(values.reset_index(), geometry="geometry", crs=parcels.crs)
    whole = pd.concat([parcels[~repeated], united[list(parcels.columns)]])
    return whole.sort_values("row", ignore_index=True)


def _together(cells: pd.Series) -> str:
    """What the rows of one id say, each wording once."""
    return "; ".join(map(str, cells.dropna().unique()))


def _latest(cells: pd.Series) -> str:
    """The latest of some dates as it is written; all of them when one cannot be read."""
    dates = {str(cell): parse_date(str(cell)) for cell in cells.dropna().unique()}
    known = {cell: date.last for cell, date in dates.items() if date is not None}
    if not known or len(known) < len(dates):
        return _together(cells)
    return max(known, key=known.__getitem__)


_UNITED: Final[dict[str, Callable[[pd.Series], str]]] = {
    "name": _together,
    "ownership": _together,
    "evidence": _together,
    "stage_date": _latest,
}
"""How the rows of one id make one value of what may well differ between them."""


def _differing(parcels: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """What the rows of one id say differently, save what is united and their own shapes."""
    own = {"row", "parcel_id", "geometry", *_UNITED}
    columns = [column for column in parcels.columns if column not in own]
    findings = []
    for parcel, rows in parcels[parcels["parcel_id"].duplicated(keep=False)].groupby("parcel_id"):
        for column in columns:
            values = [
                str(value) for value in rows[column].unique() if str(value) not in ("", "nan")
            ]
            if len(values) > 1:
                words: Place = {"parcel": str(parcel), "field": column, "seen": ", ".join(values)}
                row = int(rows["row"].iat[0])
                findings.append(finding("parcel.merge-differs", **where, **words, row=row))
    return findings


def _read_zones(
    plan: Plan, crs: CRS, parcels: gpd.GeoDataFrame, where: Place, notes: _Notes
) -> tuple[gpd.GeoDataFrame, Place]:
    """The zones, and where findings about them are to point."""
    layer = plan.layers.zones
    if layer is None:
        return whole_zone(parcels), where
    source = _read(plan, layer, notes)
    at: Place = {"file": source.file, "layer": source.layer}
    zones = zone_table(source, layer, _moved(source, crs)).set_crs(crs)
    names = zones["zone"].tolist()
    shapes, faults = check_outlines(zones.geometry.to_numpy(), names, at, lines=False)
    notes.findings.extend(faults)
    return zones.set_geometry(gpd.GeoSeries(shapes, crs=crs)), at


FAR: Final = 1e-3
"""Planar areas this far off the ellipsoid's are no figures to publish without a word."""


def _measured(
    parcels: gpd.GeoDataFrame, plan: Plan, crs: CRS, where: Place, notes: _Notes
) -> tuple[gpd.GeoDataFrame, Once]:
    """Area by both methods, land counted once, net land, existing floor space."""
    shapes = parcels.geometry.to_numpy()
    planar, ellipsoidal = planar_m2(shapes), ellipsoidal_m2(shapes, crs)
    area = planar if plan.area_method == "planar" else ellipsoidal
    once = Once(
        area,
        *overlaps(shapes, parcels["parcel_id"].to_numpy()),
        measure=lambda part: area_m2(part, crs, plan.area_method),
    )
    land = once.of(np.ones(len(parcels), dtype=bool))
    parcels = parcels.assign(
        planar_m2=planar,
        ellipsoidal_m2=ellipsoidal,
        method_ppm=(planar / ellipsoidal - 1) * 1e6,
        area_m2=area,
        overlap_m2=area - land,
        land_m2=land,
        land_mu=land / M2_PER_MU,
        stray_m2=parcels["stray_m2"] * area / planar,  # strays are cut on the grid
    )
    deducted = parcels["land_use"].str.startswith(tuple(plan.net.deduct_land_use))
    deducted |= parcels["treatment"] == "road"
    parcels = parcels.assign(net_m2=parcels["land_m2"].where(~deducted, 0.0))
    unit = plan.layers.parcels.declared_area_unit or "m2"
    findings = check_overlaps(parcels, once, where)
    findings += _unmatched_uses(parcels, plan, where)
    findings += _far(parcels, plan, where)
    findings += check_declared(parcels, where, unit=unit)
    findings += check_floor(parcels, where)
    findings += check_ratios_known(parcels, where)
    notes.findings.extend(findings)
    return complete_existing(parcels), once


def _unmatched_uses(parcels: pd.DataFrame, plan: Plan, where: Place) -> list[Finding]:
    """Land uses that the plan deducts and no parcel has."""
    return [
        finding("net.unmatched", **where, field="land_use", seen=code)
        for code in plan.net.deduct_land_use
        if not parcels["land_use"].str.startswith(code).any()
    ]


def _far(parcels: pd.DataFrame, plan: Plan, where: Place) -> list[Finding]:
    """Say so when the plan's grid is far off the ellipsoid and the totals are taken on it."""
    planar, ellipsoidal = (float(parcels[name].sum()) for name in ("planar_m2", "ellipsoidal_m2"))
    off = planar / ellipsoidal - 1 if ellipsoidal else 0.0
    if plan.area_method != "planar" or abs(off) <= FAR or abs(off) * planar <= ABSOLUTE_M2:
        return []
    words: Place = {"seen": shown(off * 100, 2), "crs": plan.crs}
    return [finding("crs.far", **where, **words, area_m2=abs(off) * planar)]


def _outlines_m2(zones: gpd.GeoDataFrame, plan: Plan, crs: CRS) -> npt.NDArray[np.float64]:
    """Area of each zone's outline; NaN for a zone that has none."""
    outlined = zones.geometry.notna().to_numpy()
    areas = np.full(len(zones), np.nan)
    shapes = zones.geometry.to_numpy()[outlined]
    areas[outlined] = area_m2(shapes, crs, plan.area_method)
    return areas


BARRIER_TEXTS: Final = ("class", "name_zh", "name_en")
"""What ``fields`` of a barrier layer may map; the layer's name stands for what is not there."""


def _read_barriers(plan: Plan, crs: CRS, notes: _Notes) -> gpd.GeoDataFrame:
    empty = gpd.GeoDataFrame({name: [] for name in BARRIER_TEXTS}, geometry=[], crs=crs)
    frames = [_barrier_frame(plan, layer, crs, notes) for layer in plan.layers.barriers]
    return pd.concat(frames, ignore_index=True) if frames else empty


def _barrier_frame(plan: Plan, layer: BarrierLayer, crs: CRS, notes: _Notes) -> gpd.GeoDataFrame:
    source = _read(plan, layer, notes)
    frame = source.frame.reset_index(drop=True)
    require_columns(source, layer.fields, BARRIER_TEXTS)
    names = {name: layer.fields.get(name, name) for name in BARRIER_TEXTS}
    texts = {
        name: as_text(frame[column]) if column in frame.columns else source.layer
        for name, column in names.items()
    }
    barriers = gpd.GeoDataFrame(texts, geometry=_moved(source, crs), index=frame.index)
    at: Place = {"file": source.file, "layer": source.layer}
    shapes, faults = check_outlines(
        barriers.geometry.to_numpy(), barriers["name_en"].tolist(), at, lines=True
    )
    notes.findings.extend(faults)
    return barriers.set_geometry(shapes)[~shapely.is_missing(shapes)].set_crs(crs)


def _read_events(
    plan: Plan, parcels: gpd.GeoDataFrame, aside: pd.DataFrame, where: Place, notes: _Notes
) -> pd.DataFrame:
    """The events of the parcel layer and of the readiness table, those of counted parcels."""
    events, findings = events_from_parcels(parcels, where, plan.stages, plan.stated_as_of)
    layer = plan.layers.readiness
    if layer is not None:
        table = _read_table(plan, layer.file, layer.encoding, notes)
        listed, faults = events_from_table(table, layer, plan.stages)
        known, gone = set(parcels["parcel_id"]), {*aside["parcel_id"]} - {""}
        listed, more = check_events(listed, known, gone, plan.as_of, {"file": table.file})
        events = pd.concat([events, listed], ignore_index=True) if len(events) else listed
        findings += [*faults, *more]
    silent = parcels[~parcels["parcel_id"].isin(events["parcel_id"])]
    if len(events) or layer is not None:
        findings += [
            finding("parcel.no-events", **where, row=row, parcel=parcel, area_m2=area)
            for row, parcel, area in silent[["row", "parcel_id", "land_m2"]].to_numpy()
        ]
    notes.findings.extend(findings)
    return events


def _read_programmes(plan: Plan, parcels: gpd.GeoDataFrame, notes: _Notes) -> dict[str, set[str]]:
    """The parcels of each programme, whether they count or not."""
    files = [item.file for item in plan.programmes if item.file is not None]
    tables = {file: _read_table(plan, file, None, notes) for file in dict.fromkeys(files)}
    members = {
        item.id: membership(item, tables[item.file] if item.file else None)
        for item in plan.programmes
    }
    where: Place = {"file": plan.path.name}
    notes.findings.extend(check_listed(plan.programmes, tables.values()))
    notes.findings.extend(check_members(members, set(parcels["parcel_id"]), where))
    return members
