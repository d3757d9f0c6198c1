"""The land of a plan: its files read, checked and measured, with nothing lost on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

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
from geo.former import as_they_were, has_lineage
from geo.inputs import Notes, moved
from geo.ledger.history import History
from geo.lineage import Torn, covering, inherited, left
from geo.measured import measured, outlines_m2
from geo.memo import Memo, Same, mark_of
from geo.merging import differing, doubled, merged
from geo.notify import Notify, unheard
from geo.once import Once
from geo.patches import Across, locally
from geo.plan import Plan
from geo.programmes import check_members, check_shared
from geo.readiness import check_events, events_from_parcels
from geo.rows import Rows
from geo.sources import Sources, read_sources
from geo.survey import Survey, rules_of, surveyed
from geo.surveyed import cover_of, terrain_of
from geo.units import M2_PER_MU
from geo.words import among
from geo.zones import assign_zones, check_shares, check_zones, whole_zone, zone_table

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Land:
    """What a plan's files hold, ready to be assembled.

    ``parcels`` are the rows that count, ``aside`` those that do not, with the reason of each;
    ``merged_rows`` were united with others of the same id, so that rows in = parcels + aside +
    merged. ``once`` gives the land of any set of parcels, ``lost`` what each loses and why
    (:data:`geo.balance.LOST_COLUMNS`), ``links`` how far apart they are
    (:func:`geo.blocks.parcel_links`), ``terrain`` and ``land_cover`` are what rasters
    say of them (:mod:`geo.surveyed`), ``ids_in`` are the ids as read and ``members`` the parcels
    of each programme. Geometry is in ``crs``, the area CRS in metres.
    ``sources`` are the files, from which the land of another date follows (:func:`land_of`), and
    ``inputs`` the names of all that were read. ``mark`` is one of all that outlines follow from.
    """

    crs: CRS
    rows_in: int
    ids_in: frozenset[str]
    merged_rows: int
    parcels: gpd.GeoDataFrame
    once: Once
    lost: gpd.GeoDataFrame
    links: pd.DataFrame
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
    mark: str

    @property
    def history(self) -> History | None:
        """The ledger as far as the plan wants it known; None when the plan has none."""
        return self.sources.history

    def unaccepted(self, plan: Plan) -> list[Finding]:
        """The errors that stop publication, because the plan does not accept them."""
        errors = (item for item in self.findings if item.severity == "error")
        return [item for item in errors if item.code not in plan.accept]


@dataclass(frozen=True, slots=True)
class _Standing:
    """The land of a plan as it lies there, before anything is told of its parcels.

    It is what stays the same when only goals, scenarios, or what was recorded differ.
    """

    rows_in: int
    ids_in: frozenset[str]
    merged_rows: int
    parcels: gpd.GeoDataFrame
    once: Once
    survey: Survey
    terrain: pd.DataFrame
    aside: pd.DataFrame
    zones: gpd.GeoDataFrame
    findings: list[Finding]
    rows: Rows


class _Told(NamedTuple):
    """The events of the parcels, and what is to be said of them."""

    events: pd.DataFrame
    findings: list[Finding]


class _Held(NamedTuple):
    """The parcels of each programme, and what is to be said of them."""

    members: dict[str, set[str]]
    findings: list[Finding]


def read_land(
    plan: Plan,
    *,
    notify: Notify = unheard,
    across: Across[Survey] = locally,
    memo: Memo | None = None,
) -> Land:
    """Read, check and measure everything that a plan names and ``memo`` does not hold.

    Faults of rows become findings. Raises :class:`geo.errors.LayerError` when a file as a whole
    cannot be used, :class:`geo.errors.LedgerError` when the ledger cannot, and
    :class:`ChecksError` when no parcel is left to count.
    """
    notify("read")
    memo = memo or Memo()
    sources = read_sources(plan, memo)
    return land_of(plan, sources, notify=notify, across=across, memo=memo)


def land_of(
    plan: Plan,
    sources: Sources,
    *,
    notify: Notify = unheard,
    across: Across[Survey] = locally,
    memo: Memo | None = None,
) -> Land:
    """The land of a plan on its date, from files that are read: the parcels as they were then.

    ``across`` surveys the patches of a large layer. Raises :class:`ChecksError` as
    :func:`read_land` does.
    """
    memo = memo or Memo()
    ruled = (plan.area_method, plan.net, plan.contiguity, plan.path.name, _day(plan, sources))
    mark = mark_of(sources.mark, *ruled)
    stands = memo.of(
        "standing", mark, lambda: _standing(plan, sources, notify=notify, across=across)
    )
    parcels = stands.parcels
    on_the_day = (Same(stands), Same(sources.history), plan.as_of)
    read = memo.of(
        "noted", (Same(stands), *sources.findings), lambda: stands.rows.with_land(sources.findings)
    )
    told = memo.of(
        "told",
        (*on_the_day, Same(sources.events), plan.stated_as_of, *plan.stages),
        lambda: _told(plan, sources, stands, memo),
    )
    held = memo.of(
        "members",
        (*on_the_day, Same(sources.members)),
        lambda: _members(plan, sources, parcels),
    )
    at: Place = {"file": plan.path.name}
    notes = Notes(inputs=list(sources.inputs))
    cover = cover_of(parcels, told.events, plan, sources, notes)
    doubts = memo.of(
        "doubts",
        (Same(stands), mark_of(*plan.scenarios, *plan.cap_tables)),
        lambda: check_scenarios(parcels, plan.scenarios, plan.cap_tables, at),
    )
    return Land(
        crs=sources.crs,
        rows_in=stands.rows_in,
        ids_in=stands.ids_in,
        merged_rows=stands.merged_rows,
        parcels=parcels,
        once=stands.once,
        lost=stands.survey.balance.lost,
        links=stands.survey.links,
        terrain=stands.terrain,
        land_cover=cover,
        aside=stands.aside,
        zones=stands.zones,
        barriers=sources.barriers,
        events=told.events,
        members=held.members,
        findings=[
            *stands.findings,
            *read,
            *check_shares(plan.goals, stands.zones, at),
            *told.findings,
            *stands.rows.with_land([*notes.findings, *held.findings, *doubts]),
        ],
        sources=sources,
        inputs=list(dict.fromkeys(notes.inputs)),
        mark=mark,
    )


def _day(plan: Plan, sources: Sources) -> str:
    """The date as far as the outlines depend on it: parcels split and merge."""
    history = sources.history
    return str((plan.as_of, plan.known)) if history is not None and has_lineage(history) else ""


def _standing(plan: Plan, sources: Sources, *, notify: Notify, across: Across[Survey]) -> _Standing:
    """Check, place and measure the parcels of the day."""
    notify("check")
    where, crs = sources.where, sources.crs
    notes = Notes(list(sources.findings))
    table = _of_the_day(plan, sources, notes)
    rows = Rows(table, where)
    kept, aside = _set_aside(table, notes.findings, where)
    united = _united(kept, plan, where, notes)
    zones, zones_at = _zones(plan, sources, united, notes)
    parcels, strayed = _placed(united, zones, where, notes)
    if parcels.empty:
        notes.findings.append(finding("parcel.none", **where, seen=len(table)))
        told = rows.with_land(notes.findings)
        raise ChecksError(*[item for item in told if item.severity == "error"])

    notify("measure")
    rules = rules_of(plan, sources)
    try:
        survey = surveyed(parcels, rules, across, notify=notify)
    except ChecksError as error:  # too much to overlay: what else is wrong is told with it
        told = rows.with_land([*notes.findings, *error.findings])
        raise ChecksError(*[item for item in told if item.severity == "error"]) from None
    once = survey.once(rules)
    parcels = measured(parcels, survey, once, plan, sources, notes)
    zones = zones.assign(area_m2=outlines_m2(zones, plan, crs))
    notes.findings.extend(check_zones(zones, parcels, zones_at))
    notes.findings.extend(check_barriers(parcels, sources.barriers, where))
    terrain = terrain_of(parcels, survey.terrain, plan, sources, notes)
    return _Standing(
        rows_in=len(table),
        ids_in=frozenset(table["parcel_id"]),
        merged_rows=len(kept) - len(united),
        parcels=parcels,
        once=once,
        survey=survey,
        terrain=terrain,
        aside=pd.concat([aside, strayed], ignore_index=True),
        zones=zones,
        findings=rows.with_land(notes.findings[len(sources.findings) :]),
        rows=rows,
    )


def _of_the_day(plan: Plan, sources: Sources, notes: Notes) -> gpd.GeoDataFrame:
    """The rows of the parcel layer as they were on the plan's date."""
    history = sources.history
    if history is None or not has_lineage(history):
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


def _set_aside(
    parcels: gpd.GeoDataFrame, findings: list[Finding], where: Place
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Part the rows that cannot be counted from the others, each with its reason and its mu.

    The same row of another layer (a zone with an open ring) is no row of ours.
    """
    reasons: dict[tuple[int, str], Finding] = {}
    rows = parcels["row"].to_numpy()
    shared = set(rows[parcels["row"].duplicated()].tolist())  # parts of one parcel of today
    for item in findings:
        ours = (item.file, item.layer) == (where["file"], where["layer"])
        if ours and item.sets_aside and item.row is not None:
            reasons.setdefault((item.row, item.parcel if item.row in shared else ""), item)
    away = np.isin(rows, [row for row, _ in reasons])
    ids = parcels["parcel_id"].to_numpy()
    keys = {
        at: (int(rows[at]), ids[at] if rows[at] in shared else "") for at in np.flatnonzero(away)
    }
    away[[at for at, key in keys.items() if key not in reasons]] = False
    why = [reasons[key] for key in keys.values() if key in reasons]
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


def _told(plan: Plan, sources: Sources, stands: _Standing, memo: Memo) -> _Told:
    """The events of the parcel layer, and of the ledger or table, those of counted parcels."""
    where, parcels = sources.where, stands.parcels
    history, listed = sources.history, sources.events
    known, gone = parcels["parcel_id"], {*stands.aside["parcel_id"]} - {""}
    if history is not None and listed is not None:
        there = {*known, *gone}
        events, findings = _told_events(plan, listed, history, there, sources.events_at)
        events, faults = check_events(events, known, gone, date.max, sources.events_at)
        findings += [*faults, *_stage_column(parcels, where)]
        silent = ~among(known, events["parcel_id"])
    else:
        mark = (Same(stands), plan.stated_as_of, *plan.stages)
        (events, findings), silent = memo.of("stated", mark, lambda: _stated(plan, stands))
        if listed is not None:
            listed, faults = check_events(listed, known, gone, plan.as_of, sources.events_at)
            events = pd.concat([events, listed], ignore_index=True) if len(events) else listed
            findings = [*findings, *faults]
            silent = silent & ~among(known, listed["parcel_id"])
    if len(events) or sources.events is not None:
        findings = [*findings, *_no_events(parcels[silent], where)]
    return _Told(events, stands.rows.with_land(findings))


def _stated(plan: Plan, stands: _Standing) -> tuple[_Told, Mask]:
    """The events of the parcel layer itself, and the parcels of which it tells none."""
    parcels, rows = stands.parcels, stands.rows
    told = events_from_parcels(parcels, rows.where, plan.stages, plan.stated_as_of)
    silent = ~among(parcels["parcel_id"], told[0]["parcel_id"])
    return _Told(told[0], rows.with_land(told[1])), silent


def _no_events(silent: gpd.GeoDataFrame, where: Place) -> Iterator[Finding]:
    """What is said of the parcels of which nothing is told."""
    columns = (silent[name].tolist() for name in ("row", "parcel_id", "land_m2"))
    for row, parcel, area in zip(*columns, strict=True):
        yield finding("parcel.no-events", **where, row=row, parcel=parcel, area_m2=area)


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
    return events[~among(events["parcel_id"], strayed)], findings


def _stage_column(parcels: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """Say so when the layer states stages besides the ledger: they would be a second history."""
    stated = int((parcels["stage"] != "").sum())
    return [finding("lineage.stage-column", **where, field="stage", seen=stated)] if stated else []


def _members(plan: Plan, sources: Sources, parcels: gpd.GeoDataFrame) -> _Held:
    """The parcels of each programme, whether they count or not."""
    where: Place = {"file": plan.path.name}
    members, history, findings = sources.members, sources.history, []
    known = set(parcels["parcel_id"]) if members else set()
    if history is not None and has_lineage(history):
        covered = {
            name: covering(ids, history, known, as_of=plan.as_of) for name, ids in members.items()
        }
        members = {name: found for name, (found, _) in covered.items()}
        findings = _torn(covered, history, where)
    faults = [*check_members(members, known, where), *check_shared(members, known, where)]
    return _Held(members, [*findings, *faults])


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
