"""The land of a plan: its files read, checked and measured, with nothing lost on the way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.checks import check_barriers, check_outlines
from geo.errors import ChecksError
from geo.findings import Finding, Place, finding
from geo.floor.checks import check_scenarios
from geo.former import as_they_were
from geo.inputs import Notes, moved
from geo.ledger.history import History
from geo.lineage import Torn, covering, inherited, left
from geo.measured import balanced, measured, outlines_m2
from geo.merging import differing, doubled, merged
from geo.once import Once
from geo.plan import Plan
from geo.programmes import check_members, check_shared
from geo.readiness import check_events, events_from_parcels
from geo.sources import Sources, read_sources
from geo.surveyed import cover_of, terrain_of
from geo.units import M2_PER_MU
from geo.zones import assign_zones, check_shares, check_zones, whole_zone, zone_table

Notify = Callable[[str], None]
"""Told the name of each step as it begins, so that a long run can be watched."""


@dataclass(frozen=True, slots=True)
class Land:
    """What a plan's files hold, ready to be assembled.

    ``parcels`` are the rows that count, ``aside`` those that do not, with the reason of each;
    ``merged_rows`` were united with others of the same id, so that rows in = parcels + aside +
    merged. ``once`` gives the land of any set of parcels, ``lost`` what each loses and why
    (:data:`geo.balance.LOST_COLUMNS`), ``terrain`` and ``land_cover`` are what rasters
    say of them (:mod:`geo.surveyed`), ``ids_in`` are the ids as read and ``members`` the parcels
    of each programme. Geometry is in ``crs``, the area CRS in metres.
    ``sources`` are the files, from which the land of another date follows (:func:`land_of`), and
    ``inputs`` the names of all that were read.
    """

    crs: CRS
    rows_in: int
    ids_in: frozenset[str]
    merged_rows: int
    parcels: gpd.GeoDataFrame
    once: Once
    lost: gpd.GeoDataFrame
    terrain: pd.DataFrame
    land_cover: pd.DataFrame
    aside: pd.DataFrame
    zones: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    events: pd.DataFrame
    members: dict[str, set[str]]
    findings: list[Finding]
    sources: Sources
    inputs: list[Path]

    @property
    def history(self) -> History | None:
        """The ledger as far as the plan wants it known; None when the plan has none."""
        return self.sources.history

    def unaccepted(self, plan: Plan) -> list[Finding]:
        """The errors that stop publication, because the plan does not accept them."""
        errors = (item for item in self.findings if item.severity == "error")
        return [item for item in errors if item.code not in plan.accept]


def read_land(plan: Plan, *, notify: Notify = lambda _: None) -> Land:
    """Read, check and measure everything that a plan names.

    Faults of rows become findings. Raises :class:`geo.errors.LayerError` when a file as a whole
    cannot be used, :class:`geo.errors.LedgerError` when the ledger cannot, and
    :class:`ChecksError` when no parcel is left to count.
    """
    notify("read")
    return land_of(plan, read_sources(plan), notify=notify)


def land_of(plan: Plan, sources: Sources, *, notify: Notify = lambda _: None) -> Land:
    """The land of a plan on its date, from files that are read: the parcels as they were then.

    Raises :class:`ChecksError` as :func:`read_land` does.
    """
    notify("check")
    where, crs = sources.where, sources.crs
    notes = Notes(list(sources.findings), list(sources.inputs))
    table = _of_the_day(plan, sources, notes)
    kept, aside = _set_aside(table, notes.findings, where)
    united = _united(kept, plan, where, notes)
    zones, zones_at = _zones(plan, sources, united, notes)
    parcels, strayed = _placed(united, zones, where, notes)
    if parcels.empty:
        notes.findings.append(finding("parcel.none", **where, seen=len(table)))
        told = _with_land(notes.findings, table, where)
        raise ChecksError(*[item for item in told if item.severity == "error"])

    notify("measure")
    try:
        parcels, once = measured(parcels, plan, crs, sources.unit, where, notes)
        parcels, lost = balanced(parcels, once, plan, sources, notes)
    except ChecksError as error:  # too much to overlay: what else is wrong is told with it
        told = _with_land([*notes.findings, *error.findings], table, where)
        raise ChecksError(*[item for item in told if item.severity == "error"]) from None
    zones = zones.assign(area_m2=outlines_m2(zones, plan, crs))
    notes.findings.extend(check_zones(zones, parcels, zones_at))
    notes.findings.extend(check_shares(plan.goals, zones, {"file": plan.path.name}))
    notes.findings.extend(check_barriers(parcels, sources.barriers, where))
    aside = pd.concat([aside, strayed], ignore_index=True)
    events = _events(plan, sources, parcels, aside, notes)
    terrain = terrain_of(parcels, plan, sources, notes)
    cover = cover_of(parcels, events, plan, sources, notes)
    members = _members(plan, sources, parcels, notes)
    at: Place = {"file": plan.path.name}
    notes.findings.extend(check_scenarios(parcels, plan.scenarios, plan.cap_tables, at))
    return Land(
        crs=crs,
        rows_in=len(table),
        ids_in=frozenset(table["parcel_id"]),
        merged_rows=len(kept) - len(united),
        parcels=parcels,
        once=once,
        lost=lost,
        terrain=terrain,
        land_cover=cover,
        aside=aside,
        zones=zones,
        barriers=sources.barriers,
        events=events,
        members=members,
        findings=_with_land(notes.findings, table, where),
        sources=sources,
        inputs=list(dict.fromkeys(notes.inputs)),
    )


def _of_the_day(plan: Plan, sources: Sources, notes: Notes) -> gpd.GeoDataFrame:
    """The rows of the parcel layer as they were on the plan's date."""
    history = sources.history
    if history is None or not (history.lineage or history.known_lineage):
        return sources.table
    table, findings = as_they_were(sources.table, history, as_of=plan.as_of, where=sources.where)
    notes.findings.extend(findings)
    return table


def _united(parcels: gpd.GeoDataFrame, plan: Plan, where: Place, notes: Notes) -> gpd.GeoDataFrame:
    """Rows of one id made one parcel, if the plan wants it so."""
    if plan.layers.parcels.duplicate_ids != "merge":
        return parcels
    notes.findings.extend([*differing(parcels, where), *doubled(parcels, where)])
    return merged(parcels)


def _placed(
    parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, where: Place, notes: Notes
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The parcels with their zones, and those set aside because they are in none."""
    assigned, faults = assign_zones(parcels, zones, where)
    notes.findings.extend(faults)
    return _set_aside(parcels.assign(**assigned.to_dict("series")), faults, where)


def _with_land(findings: list[Finding], table: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """The findings about a row or an event of a parcel, with id, land and outline of the parcel.

    What a finding says itself stays: its place may be a point, and its land a part.
    """
    rows = {row: at for at, row in enumerate(table["row"])}
    shared = set(table.loc[table["row"].duplicated(), "row"])
    parcels = table["parcel_id"].to_list()
    alike = table.groupby("parcel_id").indices
    shapes = table.geometry.to_numpy()
    with np.errstate(over="ignore", invalid="ignore"):
        areas = shapely.area(shapes)
    drawn = np.isfinite(areas) & (areas > 0)
    told = []
    for item in findings:
        if item.code in NOT_READ:
            at = []
        elif (item.file, item.layer) == (where["file"], where["layer"]) and item.row not in shared:
            at = [rows[item.row]] if item.row in rows else []
        else:
            at = alike.get(item.parcel, []) if item.parcel and _of_parcel(item) else []
        held = [index for index in at if drawn[index]]
        known: Place = {}
        if len(at) == 1 and not item.parcel:
            known["parcel"] = parcels[at[0]]
        if held and item.area_m2 is None:
            known["area_m2"] = float(areas[held].sum())
        if held and item.shape is None:
            known["shape"] = shapes[held[0]] if len(held) == 1 else _parts(shapes[held])
        told.append(replace(item, **known) if known else item)
    return told


NOT_READ: Final = ("shapefile.deleted",)
"""Faults whose row is none of the rows that were read."""


def _of_parcel(item: Finding) -> bool:
    """Whether ``parcel`` of a finding is the id of a parcel, and not of a zone."""
    return not item.code.startswith(("zone.", "overlay."))


def _parts(shapes: npt.NDArray[np.object_]) -> shapely.Geometry:
    """Several outlines as one geometry, which need not be valid."""
    return shapely.geometrycollections(shapes)


def _set_aside(
    parcels: gpd.GeoDataFrame, findings: list[Finding], where: Place
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Part the rows that cannot be counted from the others, each with its reason and its mu.

    The same row of another layer (a zone with an open ring) is no row of ours.
    """
    reasons: dict[tuple[int, str], Finding] = {}
    shared = set(parcels.loc[parcels["row"].duplicated(), "row"])  # parts of one parcel of today
    for item in findings:
        ours = (item.file, item.layer) == (where["file"], where["layer"])
        if ours and item.sets_aside and item.row is not None:
            reasons.setdefault((item.row, item.parcel if item.row in shared else ""), item)
    keys = [
        (row, parcel if row in shared else "")
        for row, parcel in parcels[["row", "parcel_id"]].itertuples(index=False)
    ]
    away = np.array([key in reasons for key in keys], dtype=bool)
    why = [reasons[key] for key in keys if key in reasons]
    gone = parcels[away]
    with np.errstate(over="ignore", invalid="ignore"):
        drawn_m2 = shapely.area(gone.geometry.to_numpy())
    aside = pd.DataFrame(
        {
            "row": gone["row"],
            "parcel_id": gone["parcel_id"],
            "code": [item.code for item in why],
            "reason": [item.message for item in why],
            "reason_zh": [item.message_zh for item in why],
            "drawn_mu": np.where(np.isfinite(drawn_m2), drawn_m2, 0.0) / M2_PER_MU,
            "declared_mu": gone["declared_m2"] / M2_PER_MU,
        }
    )
    return parcels[~away].reset_index(drop=True), aside.reset_index(drop=True)


def _zones(
    plan: Plan, sources: Sources, parcels: gpd.GeoDataFrame, notes: Notes
) -> tuple[gpd.GeoDataFrame, Place]:
    """The zones, and where findings about them are to point."""
    layer, source = plan.layers.zones, sources.zones
    if layer is None or source is None:
        return whole_zone(parcels), sources.where
    at: Place = {"file": source.file, "layer": source.layer}
    zones = zone_table(source, layer, moved(source, layer, sources.crs, notes))
    zones = zones.set_crs(sources.crs)
    names = zones["zone"].tolist()
    shapes, faults = check_outlines(zones.geometry.to_numpy(), names, at, lines=False)
    notes.findings.extend(faults)
    return zones.set_geometry(gpd.GeoSeries(shapes, crs=sources.crs)), at


def _events(
    plan: Plan,
    sources: Sources,
    parcels: gpd.GeoDataFrame,
    aside: pd.DataFrame,
    notes: Notes,
) -> pd.DataFrame:
    """The events of the parcel layer, and of the ledger or table, those of counted parcels."""
    where = sources.where
    history, listed = sources.history, sources.events
    known, gone = set(parcels["parcel_id"]), {*aside["parcel_id"]} - {""}
    if history is not None and listed is not None:
        events, findings = _told_events(plan, listed, history, known | gone, sources.events_at)
        events, faults = check_events(events, known, gone, date.max, sources.events_at)
        findings += [*faults, *_stage_column(parcels, where)]
    else:
        events, findings = events_from_parcels(parcels, where, plan.stages, plan.stated_as_of)
        if listed is not None:
            listed, faults = check_events(listed, known, gone, plan.as_of, sources.events_at)
            events = pd.concat([events, listed], ignore_index=True) if len(events) else listed
            findings += faults
    silent = parcels[~parcels["parcel_id"].isin(events["parcel_id"])]
    if len(events) or sources.events is not None:
        findings += [
            finding("parcel.no-events", **where, row=row, parcel=parcel, area_m2=area)
            for row, parcel, area in silent[["row", "parcel_id", "land_m2"]].to_numpy()
        ]
    notes.findings.extend(findings)
    return events


def _told_events(
    plan: Plan, listed: pd.DataFrame, history: History, parcel_ids: set[str], at: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    """The events of a ledger about the parcels of the day, inherited ones too.

    What was told of a parcel that has left the layer is left out with a finding for the parcel.
    """
    events = inherited(listed, history, parcel_ids, as_of=plan.as_of)
    strayed = left(history) - parcel_ids
    seen = {item.parcel_id: item.seq for item in history.outlines}
    findings = [
        finding("lineage.left", **at, row=seen[name], parcel=name, seen=seen[name])
        for name in sorted(strayed & set(events["parcel_id"]))
    ]
    return events[~events["parcel_id"].isin(strayed)], findings


def _stage_column(parcels: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """Say so when the layer states stages besides the ledger: they would be a second history."""
    stated = int((parcels["stage"] != "").sum())
    return [finding("lineage.stage-column", **where, field="stage", seen=stated)] if stated else []


def _members(
    plan: Plan, sources: Sources, parcels: gpd.GeoDataFrame, notes: Notes
) -> dict[str, set[str]]:
    """The parcels of each programme, whether they count or not."""
    where: Place = {"file": plan.path.name}
    known, members, history = set(parcels["parcel_id"]), sources.members, sources.history
    if history is not None and (history.lineage or history.known_lineage):
        covered = {
            name: covering(ids, history, known, as_of=plan.as_of) for name, ids in members.items()
        }
        members = {name: found for name, (found, _) in covered.items()}
        notes.findings.extend(_torn(covered, history, where))
    notes.findings.extend(check_members(members, known, where))
    notes.findings.extend(check_shared(members, known, where))
    return members


def _torn(
    covered: dict[str, tuple[set[str], list[Torn]]], history: History, where: Place
) -> list[Finding]:
    """Land that a programme has, in a parcel that it has not as a whole."""
    area_m2 = {item.parcel_id: item.area_m2 for item in history.outlines if item.hash}
    return [
        finding(
            "lineage.programme",
            **where,
            parcel=item.change.parcel_id,
            seen=name,
            parts=", ".join(item.parts),
            area_m2=sum(area_m2.get(part, 0.0) for part in item.parts) or None,
        )
        for name, (_, torn) in covered.items()
        for item in torn
    ]
