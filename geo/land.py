"""The land of a plan: its files read, checked and measured, with nothing lost on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    check_overlaps,
    check_ratios_known,
)
from geo.crs import metric, parse_crs, transform
from geo.errors import ChecksError
from geo.findings import Finding, Place, finding
from geo.parcels import parcel_table
from geo.plan import LayerFile, Plan
from geo.readers.table import read_table
from geo.readers.vector import VectorLayer, read_vector
from geo.readiness import check_events, events_from_parcels, events_from_table
from geo.units import M2_PER_MU
from geo.words import as_text
from geo.zones import assign_zones, check_zones, whole_zone, zone_table

Notify = Callable[[str], None]
"""Told the name of each step as it begins, so that a long run can be watched."""


@dataclass(frozen=True, slots=True)
class Land:
    """What a plan's files hold, ready to be assembled.

    ``parcels`` are the rows that count, ``aside`` those that do not, with the reason of each;
    ``merged_rows`` were united with others of the same id, so that rows in = parcels + aside +
    merged. Geometry is in ``crs``, the plan's area CRS in metres.
    """

    crs: CRS
    rows_in: int
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
    table = table.set_geometry(_moved(source, crs)).set_crs(crs)
    table, faults = check_geometry(table, where)
    findings += faults
    parcels, aside = _set_aside(table, findings)
    unmerged = len(parcels)
    if layer.duplicate_ids == "merge":
        parcels = _merged(parcels)
    merged_rows = unmerged - len(parcels)
    zones, zone_files, zones_at = _read_zones(plan, crs, parcels, where)
    assigned, faults = assign_zones(parcels, zones, where)
    findings += faults
    parcels, strayed = _set_aside(parcels.assign(**assigned.to_dict("series")), faults)
    if parcels.empty:
        raise ChecksError(*[item for item in findings if item.severity == "error"])

    notify("measure")
    barriers, barrier_files = _read_barriers(plan, crs)
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
        merged_rows=merged_rows,
        parcels=parcels,
        aside=aside,
        zones=zones,
        barriers=barriers,
        events=events,
        findings=findings + faults,
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


def _read_zones(
    plan: Plan, crs: CRS, parcels: gpd.GeoDataFrame, where: Place
) -> tuple[gpd.GeoDataFrame, list[Path], Place]:
    layer = plan.layers.zones
    if layer is None:
        return whole_zone(parcels), [], where
    source = _read(plan, layer)
    zones = zone_table(source, layer, _moved(source, crs)).set_crs(crs)
    return zones, [source.path], {"file": source.file, "layer": source.layer}


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
    deducted = parcels["land_use"].str.startswith(tuple(plan.net.deduct_land_use))
    deducted |= parcels["treatment"] == "road"
    parcels = parcels.assign(net_m2=parcels["land_m2"].where(~deducted, 0.0))
    unit = plan.layers.parcels.declared_area_unit or "m2"
    findings += check_declared(parcels, where, unit=unit)
    findings += check_floor(parcels, where)
    findings += check_ratios_known(parcels, where)
    return complete_existing(parcels), findings


def _outlines_m2(zones: gpd.GeoDataFrame, plan: Plan, crs: CRS) -> npt.NDArray[np.float64]:
    """Area of each zone's outline; NaN for a zone that has none."""
    outlined = zones.geometry.notna().to_numpy()
    areas = np.full(len(zones), np.nan)
    shapes = zones.geometry.to_numpy()[outlined]
    areas[outlined] = area_m2(shapes, crs, plan.area_method)
    return areas


def _read_barriers(plan: Plan, crs: CRS) -> tuple[gpd.GeoDataFrame, list[Path]]:
    frames, files = [], []
    for layer in plan.layers.barriers:
        source = _read(plan, layer)
        frame = source.frame.reset_index(drop=True)
        names = {name: layer.fields.get(name, name) for name in ("class", "name_zh", "name_en")}
        texts = {
            name: as_text(frame[column]) if column in frame.columns else source.layer
            for name, column in names.items()
        }
        frames.append(gpd.GeoDataFrame(texts, geometry=_moved(source, crs), index=frame.index))
        files.append(source.path)
    empty = gpd.GeoDataFrame({"class": [], "name_zh": [], "name_en": []}, geometry=[])
    barriers = pd.concat(frames, ignore_index=True) if frames else empty
    return gpd.GeoDataFrame(barriers, geometry="geometry").set_crs(crs), files


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
        known, gone = set(parcels["parcel_id"]), set(aside["parcel_id"])
        listed, more = check_events(listed, known, gone, plan.as_of, {"file": table.file})
        events = pd.concat([events, listed], ignore_index=True) if len(events) else listed
        findings += [*faults, *more]
        files = [table.path]
    silent = parcels[~parcels["parcel_id"].isin(events["parcel_id"])]
    if len(events):
        findings += [
            finding("parcel.no-events", **where, row=row, parcel=parcel, area_m2=area)
            for row, parcel, area in silent[["row", "parcel_id", "land_m2"]].to_numpy()
        ]
    return events, findings, files
