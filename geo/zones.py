"""Zones, and which parcel belongs to which."""

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.covers import Ground, Shares, shares
from geo.crowding import bounded, meeting
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.overlay import check_overlay, intersection
from geo.plan import Goal, ZoneLayer
from geo.readers.vector import VectorLayer, require_columns
from geo.rows import places
from geo.text import Words
from geo.units import M2_PER_MU, shown
from geo.words import as_text, hint, normal

STRAY_M2 = 1.0
"""Land of a parcel in another zone, or in none, up to which its boundary is not questioned."""

WHOLE = "all"
"""The id of the one zone of a plan that has none: all its parcels."""


def zone_table(source: VectorLayer, layer: ZoneLayer, shapes: npt.NDArray[Any]) -> gpd.GeoDataFrame:
    """Zones with ``zone``, names and mark; ``shapes`` is their geometry in the area CRS.

    The columns are those that ``fields`` maps, or those called zone_id, name_zh, name_en and
    illustrative. Raises :class:`LayerError` for ids that are blank or repeated, and for a mapped
    column that is missing.
    """
    if "fields" in layer.model_fields_set:
        require_columns(source, layer.fields, ("zone", "name_zh", "name_en", "illustrative"))
    frame = source.frame.reset_index(drop=True)

    def column(name: str, fallback: str) -> pd.Series | None:
        wanted = layer.fields.get(name, fallback)
        return as_text(frame[wanted]) if wanted in frame.columns else None

    ids = column("zone", "zone_id")
    if ids is None:
        ids = pd.Series([f"zone-{row}" for row in range(1, len(frame) + 1)])
    _check_ids(ids, {"file": source.file, "layer": source.layer})
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


def _check_ids(ids: pd.Series, where: Place) -> None:
    """Every sum by zone hangs on the ids, so without good ones nothing can go on."""
    times = ids.map(ids.value_counts())
    faults = [
        finding("zone.id-blank", **where, row=row)
        if not zone
        else finding("zone.id-duplicate", **where, row=row, seen=zone, times=number)
        for row, (zone, number) in enumerate(zip(ids, times, strict=True), start=1)
        if not zone or number > 1
    ]
    if faults:
        raise LayerError(*faults)


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
    names = parcels["zone"].astype(str)
    ids = zones["zone"].astype(str).tolist()
    if zones.geometry.isna().all():
        return _by_name_only(parcels, names, ids, where)
    ground = Ground(parcels.geometry.to_numpy())
    held, doubts = _held(ground, parcels, zones, where)
    stated, total = _stated(names, ids), ground.area_m2
    own = np.where((stated >= 0) & (stated < len(ids)), stated, _most(held, len(parcels)))
    in_own = np.zeros(len(parcels))
    pairs = held.polygon == own[held.parcel]
    in_own[held.parcel[pairs]] = held.m2[pairs]
    inside = (stated < len(ids)) & (in_own > 0)
    zone = pd.array([*ids, ""], dtype=str)[np.where(inside, own, len(ids))]
    stray = np.where(inside, total - in_own, 0.0)
    place = places(parcels, where)
    told = np.flatnonzero(~inside | (stray > STRAY_M2))
    findings = [
        _zone_fault(place(at), total[at], name, ids, _of(held, at, ids), stray[at])
        for at, name in zip(told.tolist(), names.iloc[told].tolist(), strict=True)
    ]
    return _assignment(parcels, zone, stray), findings + doubts


def _stated(names: pd.Series, ids: list[str]) -> npt.NDArray[np.int64]:
    """The number of the zone that each parcel names, -1 for none, ``len(ids)`` for an unknown."""
    numbers = {name: index for index, name in enumerate(ids)} | {"": -1}
    codes, told = pd.factorize(names, use_na_sentinel=False)
    known = np.array([numbers.get(name, len(ids)) for name in told], dtype=np.int64)
    stated: npt.NDArray[np.int64] = known[codes]
    return stated


def _most(held: Shares, parcels: int) -> npt.NDArray[np.int64]:
    """The zone that holds most of each parcel, the first of several; the first where none does."""
    largest = np.full(parcels, -np.inf)
    np.maximum.at(largest, held.parcel, held.m2)
    at = np.flatnonzero(held.m2 == largest[held.parcel])[::-1]  # what is told last stands
    most = np.zeros(parcels, dtype=np.int64)
    most[held.parcel[at]] = held.polygon[at]
    return most


def _of(held: Shares, parcel: int, ids: list[str]) -> dict[str, float]:
    """What each zone holds of a parcel in m², in the order of zones; only those that hold any."""
    pairs = slice(*np.searchsorted(held.parcel, [parcel, parcel + 1]))
    own = sorted(zip(held.polygon[pairs].tolist(), held.m2[pairs].tolist(), strict=True))
    return {ids[zone]: m2 for zone, m2 in own if m2 > 0}


def _zone_fault(
    place: Place,
    total_m2: float,
    name: str,
    ids: list[str],
    held: dict[str, float],
    stray_m2: float,
) -> Finding:
    """Why a parcel is in no zone, or how far it reaches beyond its own."""
    at: Place = {**place, "area_m2": float(total_m2), "field": "zone"}
    if name and name not in ids:
        return finding("zone.unknown", **at, seen=name, **hint(name, ids))
    if not held:
        return finding("zone.outside", **at)
    most = max(held, key=held.__getitem__)
    if stray_m2 <= 0:
        return finding("zone.elsewhere", **at, seen=name, other=most)
    shares = _shares(held, float(total_m2))
    at |= {"area_m2": stray_m2, "shares": shares.en, "shares_zh": shares.zh}
    return finding("zone.across", **at, zone=name or most)


def _assignment(
    parcels: gpd.GeoDataFrame, zones: npt.ArrayLike, stray_m2: npt.ArrayLike
) -> pd.DataFrame:
    zone = pd.Series(zones, index=parcels.index).astype(str)
    return pd.DataFrame({"zone": zone, "stray_m2": stray_m2}, index=parcels.index)


def _by_name_only(
    parcels: gpd.GeoDataFrame, names: pd.Series, ids: list[str], where: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    if len(ids) == 1 and ids[0] == WHOLE:
        return _assignment(parcels, np.full(len(parcels), WHOLE), 0.0), []
    findings, place = [], places(parcels, where)
    unknown = np.flatnonzero(~names.isin(ids))
    named, land_m2 = names.iloc[unknown], shapely.area(parcels.geometry.to_numpy()[unknown])
    for index, name, area_m2 in zip(unknown.tolist(), named, land_m2.tolist(), strict=True):
        at: Place = {**place(index), "field": "zone", "seen": name}
        at |= {"area_m2": area_m2, **hint(name, ids)}
        findings.append(finding("zone.unknown" if name else "zone.blank", **at))
    return _assignment(parcels, names, 0.0), findings


def _held(
    ground: Ground, parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, where: Place
) -> tuple[Shares, list[Finding]]:
    """What parcels and zones share, on the grid; and where that is in doubt.

    That is traced along their edges; only where these are too many is anything cut.
    """
    outlines = zones.geometry.to_numpy()
    held = shares(ground, outlines, lambda _: where)
    dense = np.isnan(held.m2)
    parcel, zone = held.parcel[dense], held.polygon[dense]

    def place(pair: int) -> Place:
        row, ident = (parcels[name].iat[parcel[pair]] for name in ("row", "parcel_id"))
        return {**where, "row": row, "parcel": ident, "other": zones["zone"].iat[zone[pair]]}

    bounded(ground.shapes[parcel], outlines[zone], len(parcels) + len(outlines), place)
    cut = intersection(ground.shapes[parcel], outlines[zone])
    held.m2[dense] = shapely.area(cut.pieces)
    return held, check_overlay(cut, place)


def _shares(held: dict[str, float], total_m2: float) -> Words:
    named = [(zone, zone, shown(m2 / M2_PER_MU, 2)) for zone, m2 in held.items()]
    outside = total_m2 - sum(held.values())
    if outside > STRAY_M2:
        named.append(("片区外", "outside", shown(outside / M2_PER_MU, 2)))
    return Words(
        zh="，".join(f"{zh} {land} 亩" for zh, _, land in named),
        en=", ".join(f"{en} {land} mu" for _, en, land in named),
    )


def check_zones(zones: gpd.GeoDataFrame, parcels: pd.DataFrame, where: Place) -> list[Finding]:
    """Zones that overlap, that hold more parcel land than land, or land without parcel."""
    outlined = zones[zones.geometry.notna()]
    findings = []
    shapes = outlined.geometry.to_numpy()
    names = outlined["zone"].to_numpy()
    ones, others = meeting(
        shapely.STRtree(shapes),
        shapes,
        lambda at: {**where, "parcel": names[at]},
        predicate="intersects",
    )
    ones, others = ones[ones < others], others[ones < others]

    def place(pair: int) -> Place:
        return {**where, "parcel": names[ones[pair]], "other": names[others[pair]]}

    bounded(shapes[ones], shapes[others], len(shapes), place)
    cut = intersection(shapes[ones], shapes[others])
    findings += check_overlay(cut, place)
    for one, other, piece in zip(names[ones], names[others], cut.pieces, strict=True):
        if piece.area > STRAY_M2:
            words: Place = {"seen": one, "other": other, "shape": piece}
            findings.append(finding("zone.overlap", **where, area_m2=piece.area, **words))
    inside = (parcels["land_m2"] - parcels["stray_m2"]).groupby(parcels["zone"]).sum()
    for zone, outline_m2 in zip(outlined["zone"], outlined["area_m2"], strict=True):
        spare = outline_m2 - float(inside.get(zone, 0.0))
        slack = max(STRAY_M2, 1e-9 * outline_m2)
        if abs(spare) > slack:
            code = "zone.uncovered" if spare > 0 else "zone.exceeded"
            findings.append(finding(code, **where, zone=zone, seen=zone, area_m2=abs(spare)))
    return findings


def check_shares(goals: Iterable[Goal], zones: pd.DataFrame, where: Place) -> list[Finding]:
    """Shares of a goal that go to a zone which the land does not have; ``where`` is the plan."""
    known = set(zones["zone"])
    return [
        finding(
            "goal.unknown-zone",
            **where,
            field=f"goals[{number}].by_zone",
            goal=goal.id,
            seen=zone,
            **hint(zone, known),
        )
        for number, goal in enumerate(goals)
        for zone in goal.by_zone
        if zone not in known
    ]
