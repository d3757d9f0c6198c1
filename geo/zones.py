"""Zones, and which parcel belongs to which."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.findings import Finding, Place, finding
from geo.plan import ZoneLayer
from geo.readers.vector import VectorLayer
from geo.units import M2_PER_MU, shown
from geo.words import as_text, hint, normal

STRAY_M2 = 1.0
"""Land of a parcel in another zone, or in none, up to which its boundary is not questioned."""

WHOLE = "all"
"""The id of the one zone of a plan that has none: all its parcels."""


def zone_table(source: VectorLayer, layer: ZoneLayer, shapes: npt.NDArray[Any]) -> gpd.GeoDataFrame:
    """Zones with ``zone``, names and mark; ``shapes`` is their geometry in the area CRS.

    The columns are those that ``fields`` maps, or those called zone_id, name_zh, name_en and
    illustrative.
    """
    frame = source.frame.reset_index(drop=True)

    def column(name: str, fallback: str) -> pd.Series | None:
        wanted = layer.fields.get(name, fallback)
        return as_text(frame[wanted]) if wanted in frame.columns else None

    ids = column("zone", "zone_id")
    if ids is None:
        ids = pd.Series([f"zone-{row}" for row in range(1, len(frame) + 1)])
    zh, en = column("name_zh", "name_zh"), column("name_en", "name_en")
    names_zh = zh if zh is not None else en if en is not None else ids
    names_en = en if en is not None else names_zh
    marked = column("illustrative", "illustrative")
    illustrative = (
        marked.map(normal).isin(["true", "1", "yes", "是"]) if marked is not None else False
    )
    return gpd.GeoDataFrame(
        {"zone": ids, "name_zh": names_zh, "name_en": names_en, "illustrative": illustrative},
        geometry=shapes,
    )


def whole_zone(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The zones of a plan without zone layer: those that the parcels name, or one for all.

    Such zones have no outline of their own; their geometry is None.
    """
    named = sorted({zone for zone in parcels["zone"] if zone})
    ids = named or [WHOLE]
    names = pd.DataFrame({"zone": ids, "name_zh": ids, "name_en": ids, "illustrative": False})
    if not named:
        names = names.assign(name_zh="全部地块", name_en="All parcels")
    return gpd.GeoDataFrame(names, geometry=[None] * len(ids))


def assign_zones(
    parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, where: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    """The ``zone`` of each parcel: the one it names, else the one that holds most of it.

    A parcel that strays over the boundary counts whole in its zone and is listed with the mu on
    either side; ``stray_m2`` is what lies beyond. One that lies in no zone is an error.
    """
    named = parcels["zone"].to_numpy().astype(str)
    ids = zones["zone"].to_numpy().astype(str)
    if zones.geometry.isna().all():
        return _by_name_only(parcels, named, ids, where)
    held = _held_m2(parcels, zones)
    total = parcels.geometry.area.to_numpy()
    places = {name: index for index, name in enumerate(ids)}
    findings: list[Finding] = []
    assigned = np.full(len(parcels), "", dtype=object)
    stray = np.zeros(len(parcels))
    for index, name in enumerate(named):
        at: Place = {**where, "row": int(parcels["row"].iat[index]), "area_m2": total[index]}
        at |= {"parcel": str(parcels["parcel_id"].iat[index]), "field": "zone"}
        if name and name not in places:
            findings.append(finding("zone.unknown", **at, seen=name, **hint(name, ids)))
        elif held[index].max() <= 0:
            findings.append(finding("zone.outside", **at))
        else:
            own = places[name] if name else int(held[index].argmax())
            assigned[index] = str(ids[own])
            stray[index] = total[index] - held[index, own]
            if stray[index] > STRAY_M2:
                shares = _shares(held[index], ids, total[index])
                at["area_m2"] = stray[index]
                findings.append(finding("zone.across", **at, shares=shares, zone=ids[own]))
    return _assignment(parcels, assigned, stray), findings


def _assignment(
    parcels: gpd.GeoDataFrame, zones: npt.ArrayLike, stray_m2: npt.ArrayLike
) -> pd.DataFrame:
    zone = pd.Series(zones, index=parcels.index).astype(str)
    return pd.DataFrame({"zone": zone, "stray_m2": stray_m2}, index=parcels.index)


def _by_name_only(
    parcels: gpd.GeoDataFrame, named: npt.NDArray[Any], ids: npt.NDArray[Any], where: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    if len(ids) == 1 and ids[0] == WHOLE:
        return _assignment(parcels, np.full(len(parcels), WHOLE), 0.0), []
    blank = np.flatnonzero(named == "")
    findings = [
        finding(
            "zone.blank",
            **where,
            field="zone",
            row=int(parcels["row"].iat[index]),
            parcel=str(parcels["parcel_id"].iat[index]),
            area_m2=parcels.geometry.area.iat[index],
        )
        for index in blank
    ]
    return _assignment(parcels, named, 0.0), findings


def _held_m2(parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """m² of each parcel (rows) in each zone (columns), on the grid."""
    shapes, outlines = parcels.geometry.to_numpy(), zones.geometry.to_numpy()
    held = np.zeros((len(shapes), len(outlines)))
    zone, parcel = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    shapely.prepare(outlines)
    inside = shapely.covers(outlines[zone], shapes[parcel])
    held[parcel[inside], zone[inside]] = shapely.area(shapes[parcel[inside]])
    parcel, zone = parcel[~inside], zone[~inside]
    held[parcel, zone] = shapely.area(shapely.intersection(shapes[parcel], outlines[zone]))
    return held


def _shares(held: npt.NDArray[np.float64], ids: npt.NDArray[Any], total: float) -> str:
    shares = [f"{ids[at]} {shown(held[at] / M2_PER_MU, 2)} mu" for at in np.flatnonzero(held > 0)]
    outside = total - held.sum()
    if outside > STRAY_M2:
        shares.append(f"outside {shown(outside / M2_PER_MU, 2)} mu")
    return ", ".join(shares)


def check_zones(zones: gpd.GeoDataFrame, parcels: pd.DataFrame, where: Place) -> list[Finding]:
    """Zones that overlap, that hold more parcel land than land, or land without parcel."""
    outlined = zones[zones.geometry.notna()]
    findings = []
    shapes = outlined.geometry.to_numpy()
    for one, other in zip(
        *shapely.STRtree(shapes).query(shapes, predicate="overlaps"), strict=True
    ):
        shared = float(shapely.area(shapely.intersection(shapes[one], shapes[other])))
        if one < other and shared > STRAY_M2:
            words: Place = {
                "parcel": outlined["zone"].iat[one],
                "other": outlined["zone"].iat[other],
            }
            findings.append(finding("zone.overlap", **where, area_m2=shared, **words))
    inside = (parcels["land_m2"] - parcels["stray_m2"]).groupby(parcels["zone"]).sum()
    for zone, outline_m2 in zip(outlined["zone"], outlined["area_m2"], strict=True):
        spare = outline_m2 - float(inside.get(zone, 0.0))
        slack = max(STRAY_M2, 1e-9 * outline_m2)
        if abs(spare) > slack:
            code = "zone.uncovered" if spare > 0 else "zone.exceeded"
            findings.append(finding(code, **where, zone=zone, parcel=zone, area_m2=abs(spare)))
    return findings
