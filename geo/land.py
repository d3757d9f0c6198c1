"""The land of a plan: its files read, checked and measured, with nothing lost on the way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.area import area_m2, ellipsoidal_m2, planar_m2
from geo.capacity import complete_existing
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
from geo.parcels import parcel_table
from geo.plan import LayerFile, Plan
from geo.readers.table import read_table
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
    merged; ``ids_in`` are the ids as read. Geometry is in ``crs``, the area CRS in metres.
    """

    crs: CRS
    rows_in: int
    ids_in: frozenset[str]
    merged_rows: int
    parcels: gpd.GeoDataFrame
    aside: pd.DataFrame
    zones: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    events: pd.DataFrame
    findings: list[Finding]
    inputs: list[Path]

    def unaccepted(self, plan: Plan) -> list[Finding]:
        """The errors that stop publication, because the plan does not accept them."""
        errors = (item for item in self.findings if item.severity == "error")
        return [item for item in errors if item.code not in plan.accept]


def read_land(plan: Plan, *, notify: Notify = lambda _: None) -> Land:
    """Read, check and measure everything that a plan names.

    Faults of rows become findings. Raises :class:`geo.errors.LayerError` when a file as a whole
    cannot be used, and :class:`ChecksError` when no parcel is left to count.
    """
    notify("read")
    crs = metric(parse_crs(plan.crs, file=plan.path.name))
    layer = plan.layers.parcels
    source = _read(plan, layer)
    where: Place = {"file": source.file, "layer": source.layer}
    joins = [
        (join, read_table(plan.folder / join.file, encoding=join.encoding)) for join in layer.joins
    ]
    table, findings = parcel_table(source, layer, joins)

    notify("check")
    findings += _misplaced(source, where)
    table = table.set_geometry(_moved(source, crs)).set_crs(crs)
    table, faults = check_geometry(table, where)
    findings = _heeded([*findings, *faults], source.file)
    parcels, aside = _set_aside(table, findings)
    unmerged = len(parcels)
    if layer.duplicate_ids == "merge":
        findings += _differing(parcels, where)
        parcels = _merged(parcels)
    merged_rows = unmerged - len(parcels)
    zones, faults, zone_files, zones_at = _read_zones(plan, crs, parcels, where)
    findings += faults
    assigned, faults = assign_zones(parcels, zones, where)
    findings += faults
    parcels, strayed = _set_aside(parcels.assign(**assigned.to_dict("series")), faults)
    if parcels.empty:
        findings.append(finding("parcel.none", **where, seen=len(table)))
        told = _with_land(findings, table, where)
        raise ChecksError(*[item for item in told if item.severity == "error"])

    notify("measure")
    barriers, faults, barrier_files = _read_barriers(plan, crs)
    findings += faults
    parcels, faults = _measure(parcels, plan, crs, where)
    findings += faults
    zones = zones.assign(area_m2=_outlines_m2(zones, plan, crs))
    findings += check_zones(zones, parcels, zones_at)
    findings += check_barriers(parcels, barriers, where)
    aside = pd.concat([aside, strayed], ignore_index=True)
    events, faults, event_files = _read_events(plan, parcels, aside, where)
    return Land(
        crs=crs,
        rows_in=len(source.frame),
        ids_in=frozenset(table["parcel_id"]),
        merged_rows=merged_rows,
        parcels=parcels,
        aside=aside,
        zones=zones,
        barriers=barriers,
        events=events,
        findings=_with_land(findings + faults, table, where),
        inputs=[
            source.path,
            *(joined.path for _, joined in joins),
            *zone_files,
            *barrier_files,
            *event_files,
        ],
    )


def _read(plan: Plan, layer: LayerFile) -> VectorLayer:
    path = plan.folder / layer.file
    return read_vector(path, layer=layer.layer, crs=layer.crs, encoding=layer.encoding)


def _moved(source: VectorLayer, crs: CRS) -> npt.NDArray[Any]:
    shapes = source.frame.geometry.to_numpy()
    return transform(shapes, source.crs, crs, file=source.file, layer=source.layer)


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
    """Rows of one id united: geometry as union, a value where all rows agree on it."""
    repeated = parcels["parcel_id"].duplicated(keep=False)
    if not repeated.any():
        return parcels
    groups = parcels[repeated].groupby("parcel_id", sort=False)
    values = groups.first().where(groups.nunique() <= 1)
    texts = parcels.columns[parcels.dtypes == parcels["parcel_id"].dtype].drop("parcel_id")
    values[texts] = values[texts].fillna("")
    values["row"] = groups["row"].min()
    values["geometry"] = groups["geometry"].agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    united = gpd.GeoDataFrame(values.reset_index(), geometry="geometry", crs=parcels.crs)
    whole = pd.concat([parcels[~repeated], united[list(parcels.columns)]])
    return whole.sort_values("row", ignore_index=True)


def _differing(parcels: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """What the rows of one id say differently about more than their own area."""
    columns = ["zone", "land_use", "treatment", "stage", "plot_ratio", "plot_ratio_existing"]
    columns += ["existing_floor_m2", "declared_m2"]
    findings = []
    for parcel, rows in parcels[parcels["parcel_id"].duplicated(keep=False)].groupby("parcel_id"):
        for field in columns:
            values = [str(value) for value in rows[field].unique() if str(value) not in ("", "nan")]
            if len(values) > 1:
                words: Place = {"parcel": str(parcel), "field": field, "seen": ", ".join(values)}
                row = int(rows["row"].iat[0])
                findings.append(finding("parcel.merge-differs", **where, **words, row=row))
    return findings


def _read_zones(
    plan: Plan, crs: CRS, parcels: gpd.GeoDataFrame, where: Place
) -> tuple[gpd.GeoDataFrame, list[Finding], list[Path], Place]:
    layer = plan.layers.zones
    if layer is None:
        return whole_zone(parcels), [], [], where
    source = _read(plan, layer)
    at: Place = {"file": source.file, "layer": source.layer}
    zones = zone_table(source, layer, _moved(source, crs)).set_crs(crs)
    names = zones["zone"].tolist()
    shapes, findings = check_outlines(zones.geometry.to_numpy(), names, at, lines=False)
    return zones.set_geometry(gpd.GeoSeries(shapes, crs=crs)), findings, [source.path], at


FAR: Final = 1e-3
"""Planar areas this far off the ellipsoid's are no figures to publish without a word."""


def _measure(
    parcels: gpd.GeoDataFrame, plan: Plan, crs: CRS, where: Place
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Area by both methods, overlaps deducted once, net land, existing floor space."""
    shapes = parcels.geometry.to_numpy()
    planar, ellipsoidal = planar_m2(shapes), ellipsoidal_m2(shapes, crs)
    area = planar if plan.area_method == "planar" else ellipsoidal
    overlap, findings = check_overlaps(
        parcels, where, lambda part: area_m2(part, crs, plan.area_method)
    )
    parcels = parcels.assign(
        planar_m2=planar,
        ellipsoidal_m2=ellipsoidal,
        method_ppm=(planar / ellipsoidal - 1) * 1e6,
        area_m2=area,
        overlap_m2=overlap,
        land_m2=area - overlap,
        land_mu=(area - overlap) / M2_PER_MU,
    )
    for code in plan.net.deduct_land_use:
        if not parcels["land_use"].str.startswith(code).any():
            findings.append(finding("net.unmatched", **where, field="land_use", seen=code))
    deducted = parcels["land_use"].str.startswith(tuple(plan.net.deduct_land_use))
    deducted |= parcels["treatment"] == "road"
    parcels = parcels.assign(net_m2=parcels["land_m2"].where(~deducted, 0.0))
    off = planar.sum() / ellipsoidal.sum() - 1 if ellipsoidal.sum() else 0.0
    if plan.area_method == "planar" and abs(off) > FAR and abs(off) * planar.sum() > 1.0:
        words: Place = {"seen": shown(off * 100, 2), "crs": plan.crs}
        findings.append(finding("crs.far", **where, **words, area_m2=abs(off) * planar.sum()))
    unit = plan.layers.parcels.declared_area_unit or "m2"
    findings += check_declared(parcels, where, unit=unit)
    findings += check_floor(parcels, where)
    findings += check_ratios_known(parcels, where)
    by_method = parcels["area_m2"] / parcels["planar_m2"]  # strays are cut on the grid
    return complete_existing(parcels.assign(stray_m2=parcels["stray_m2"] * by_method)), findings


def _outlines_m2(zones: gpd.GeoDataFrame, plan: Plan, crs: CRS) -> npt.NDArray[np.float64]:
    """Area of each zone's outline; NaN for a zone that has none."""
    outlined = zones.geometry.notna().to_numpy()
    areas = np.full(len(zones), np.nan)
    shapes = zones.geometry.to_numpy()[outlined]
    areas[outlined] = area_m2(shapes, crs, plan.area_method)
    return areas


BARRIER_TEXTS: Final = ("class", "name_zh", "name_en")
"""What ``fields`` of a barrier layer may map; the layer's name stands for what is not there."""


def _read_barriers(plan: Plan, crs: CRS) -> tuple[gpd.GeoDataFrame, list[Finding], list[Path]]:
    frames, findings, files = [], [], []
    for layer in plan.layers.barriers:
        source = _read(plan, layer)
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
        usable = ~shapely.is_missing(shapes)
        frames.append(barriers.set_geometry(shapes)[usable])
        findings += faults
        files.append(source.path)
    empty = gpd.GeoDataFrame({"class": [], "name_zh": [], "name_en": []}, geometry=[])
    barriers = pd.concat(frames, ignore_index=True) if frames else empty
    return gpd.GeoDataFrame(barriers, geometry="geometry").set_crs(crs), findings, files


def _read_events(
    plan: Plan, parcels: gpd.GeoDataFrame, aside: pd.DataFrame, where: Place
) -> tuple[pd.DataFrame, list[Finding], list[Path]]:
    events, findings = events_from_parcels(parcels, where, plan.stages, plan.as_of)
    files = []
    if plan.layers.readiness is not None:
        table = read_table(
            plan.folder / plan.layers.readiness.file, encoding=plan.layers.readiness.encoding
        )
        listed, faults = events_from_table(table, plan.layers.readiness, plan.stages)
        known, gone = set(parcels["parcel_id"]), {*aside["parcel_id"]} - {""}
        listed, more = check_events(listed, known, gone, plan.as_of, {"file": table.file})
        events = pd.concat([events, listed], ignore_index=True) if len(events) else listed
        findings += [*faults, *more]
        files = [table.path]
    silent = parcels[~parcels["parcel_id"].isin(events["parcel_id"])]
    if len(events) or files:
        findings += [
            finding("parcel.no-events", **where, row=row, parcel=parcel, area_m2=area)
            for row, parcel, area in silent[["row", "parcel_id", "land_m2"]].to_numpy()
        ]
    return events, findings, files
