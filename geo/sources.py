"""The files of a plan as they were read: everything that is the same whatever the date."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final, NamedTuple, SupportsIndex, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.cells.mojibake import check_names, check_text
from geo.cells.vintages import check_vintages
from geo.checks import check_geometry, check_outlines
from geo.claims.claim import Claim
from geo.claims.reading import read_claims
from geo.constraints import constraint_land
from geo.earth.around import Around
from geo.earth.crs import metric, parse_crs
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.former import ever_drawn, has_lineage
from geo.inputs import Notes, held_to, moved, placed, read_layer, read_outlines, read_rows
from geo.ledger.history import History, read_history, stage_events, stages_of
from geo.ledger.opening import open_ledger
from geo.manifest import sha256
from geo.memo import Memo, mark_of
from geo.parcels import declared_unit, parcel_table
from geo.plan import BarrierLayer, Plan, TableFile
from geo.plan.kinds import Table
from geo.programmes import check_listed, membership
from geo.readers.vector import VectorLayer, require_columns
from geo.readiness import check_stages, events_from_table
from geo.rows import places
from geo.terrain.dem import Dem, read_dem
from geo.units import AreaUnit
from geo.words import as_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a plan's files hold, moved to ``crs`` (the area CRS in metres) but not yet judged.

    ``table`` has every row of the parcel layer (:func:`geo.parcels.parcel_table`), ``unit`` is
    that of its declared areas, ``zones`` and ``barriers`` are outlines, ``dem`` the terrain,
    ``constraints`` what takes land (:data:`geo.constraints.CONSTRAINT_COLUMNS`), ``events`` the
    stage events of the ledger or table, ``members`` the parcels of each programme as they are
    named, ``claims`` what is published. ``where`` is the parcel layer and ``events_at`` where the
    events stand, for findings. ``mark`` is one of all that outlines and cells follow from.
    """

    crs: CRS
    where: Place
    table: gpd.GeoDataFrame
    unit: AreaUnit
    zones: VectorLayer | None
    barriers: gpd.GeoDataFrame
    dem: Dem | None
    constraints: gpd.GeoDataFrame
    events: pd.DataFrame | None
    events_at: Place
    history: History | None
    members: dict[str, set[str]]
    claims: tuple[Claim, ...]
    findings: list[Finding]
    inputs: list[Path]
    mark: str


def read_sources(plan: Plan, memo: Memo) -> Sources:
    """Read everything that a plan names and that ``memo`` does not hold as it is.

    Raises :class:`geo.errors.LayerError` when a file as a whole cannot be used, and
    :class:`geo.errors.LedgerError` when the ledger cannot.
    """
    reading = _Reading(plan, memo, Notes(), metric(parse_crs(plan.crs, file=plan.path.name)))
    drawn, mark = reading.drawn()
    dem, dem_mark = reading.dem()
    history_notes = Notes()
    history = _read_history(plan, history_notes)
    barriers, barriers_mark = reading.barriers(reading.around(drawn, history, mark))
    reading.notes.add(history_notes)
    marks = (mark, dem_mark, barriers_mark)
    constraints, barred = reading.constraints(drawn, history, dem, marks)
    events, events_at = reading.events(history)
    return Sources(
        crs=reading.crs,
        where=drawn.where,
        table=drawn.table,
        unit=drawn.unit,
        zones=drawn.zones,
        barriers=barriers,
        dem=dem,
        constraints=constraints,
        events=events,
        events_at=events_at,
        history=history,
        members=reading.members(),
        claims=read_claims(plan, reading.notes),
        findings=reading.notes.findings,
        inputs=list(dict.fromkeys(reading.notes.inputs)),
        mark=barred,
    )


class _Drawn(NamedTuple):
    """The parcel layer and what it is held against, read."""

    where: Place
    table: gpd.GeoDataFrame
    unit: AreaUnit
    zones: VectorLayer | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """The files of a plan as they are read, each unless its memo has it."""

    plan: Plan
    memo: Memo
    notes: Notes
    crs: CRS

    def kept(self, name: str, mark: str, read: Callable[[Notes], T]) -> T:
        """What is read, from the memo where it is the same; what was noted is noted again."""

        def fresh() -> tuple[T, Notes]:
            notes = Notes()
            return read(notes), notes

        found, noted = self.memo.of(name, mark, fresh)
        self.notes.add(noted)
        return found

    def mark(self, *grounds: Table | str | bool | None, files: Iterable[str]) -> str:
        """A mark of such tables and files of the plan, and of where they are to lie."""
        folder = self.plan.folder
        return mark_of(self.plan.crs, *grounds, files=[folder / file for file in files])

    def drawn(self) -> tuple[_Drawn, str]:
        """Parcels, and the zones or boundary that they are held against; with their mark."""
        layers = self.plan.layers
        parcels, zones, boundary = layers.parcels, layers.zones, layers.boundary
        files = [parcels.file, *(join.file for join in parcels.joins)]
        files += [layer.file for layer in (zones, boundary) if layer is not None]
        grounds = (parcels, zones, boundary, bool(self.plan.scenarios))
        mark = self.mark(*grounds, files=files)
        return self.kept("drawn", mark, lambda notes: _read_drawn(self.plan, self.crs, notes)), mark

    def around(self, drawn: _Drawn, history: History | None, mark: str) -> Around | None:
        """The land around the parcels of today and before, ``mark`` being that of today's."""

        def made() -> Around | None:
            return Around.of(ever_drawn(drawn.table, history).to_numpy(), self.crs)

        return self.memo.of("around", (mark, _before(history)), made)

    def barriers(self, around: Around | None) -> tuple[gpd.GeoDataFrame, str]:
        """The outlines near the parcels that no connection crosses; with their mark."""
        layers = self.plan.layers.barriers
        near = None if around is None else around.within(self.plan.contiguity.reach_m)
        box = "" if near is None else str(near.box)
        mark = self.mark(*layers, box, files=[layer.file for layer in layers])
        read = partial(_read_barriers, self.plan, self.crs, near)
        return self.kept("barriers", mark, read), mark

    def dem(self) -> tuple[Dem | None, str]:
        """The terrain, if the plan has any; with its mark."""
        terrain = self.plan.terrain
        if terrain is None:
            return None, ""
        mark = self.mark(terrain, files=[terrain.file])
        return self.kept("dem", mark, partial(read_dem, terrain, self.plan.folder)), mark

    def constraints(
        self, drawn: _Drawn, history: History | None, dem: Dem | None, marks: Iterable[str]
    ) -> tuple[gpd.GeoDataFrame, str]:
        """What takes land around the parcels of today and before; with the mark of all outlines.

        ``marks`` are those of parcels, terrain and barriers.
        """
        plan = self.plan
        files = [item.layer.file for item in plan.constraints if item.layer is not None]
        barred = self.mark(*marks, _before(history), *plan.constraints, files=files)

        def read(notes: Notes) -> gpd.GeoDataFrame:
            return constraint_land(plan, ever_drawn(drawn.table, history), dem, self.crs, notes)

        return self.kept("constraints", barred, read), barred

    def events(self, history: History | None) -> tuple[pd.DataFrame | None, Place]:
        """The stage events of the ledger or of the table."""
        layer = self.plan.layers.readiness
        if history is not None or layer is None:
            return _read_events(self.plan, history, self.notes)
        mark = self.mark(layer, *self.plan.stages, files=[layer.file])
        return self.kept("events", mark, lambda notes: _read_events(self.plan, None, notes))

    def members(self) -> dict[str, set[str]]:
        """The parcels of each programme, whether they are in the layer or not."""
        programmes = self.plan.programmes
        files = [item.file for item in programmes if item.file is not None]
        mark = self.mark(*programmes, files=dict.fromkeys(files))
        return self.kept("programmes", mark, partial(_read_members, self.plan))


def _before(history: History | None) -> str:
    """A mark of the outlines that parcels had before."""
    return history.head.hash if history is not None and has_lineage(history) else ""


def _read_drawn(plan: Plan, crs: CRS, notes: Notes) -> _Drawn:
    """The parcel layer, checked and held against the zones or the boundary of the plan."""
    source = read_layer(plan, plan.layers.parcels, notes)
    where: Place = {"file": source.file, "layer": source.layer}
    table, unit = _read_parcels(plan, source, crs, where, notes)
    layer = plan.layers.zones
    zones = None if layer is None else read_outlines(plan, layer, notes)
    held_to(plan, source, zones, table["parcel_id"].array, notes)
    return _Drawn(where, table, unit, zones)


def layers_mark(plan: Plan) -> str:
    """The name of the parcel layer, and a hash of all that the land of a plan follows from.

    It is over the files of parcels, zones and joined tables, and over what the plan says of them,
    of the CRS and of the way to measure. As long as it stays the same, so does the land.
    """
    parcels, zones = plan.layers.parcels, plan.layers.zones
    files = [parcels.file, *(join.file for join in parcels.joins)]
    files += [zones.file] if zones is not None else []
    told = plan.model_dump_json(include={"crs": True, "area_method": True, "accept": True})
    texts = [told, parcels.model_dump_json(), zones.model_dump_json() if zones else ""]
    paths = [plan.folder / file for file in files]
    texts += [sha256(path) for path in paths if path.exists()]
    mark = hashlib.sha256("\n".join(texts).encode("utf-8")).hexdigest()
    return f"{paths[0].name} {mark}"


def _read_history(plan: Plan, notes: Notes) -> History | None:
    """The ledger as far as the plan wants it known; the plan's table of events is no second one."""
    at, table = plan.ledger_at, plan.layers.readiness
    if at is None:
        if plan.known is not None:
            raise LayerError(finding("ledger.needed", file=plan.path.name, seen=plan.known))
        return None
    with open_ledger(at) as ledger, ledger.snapshot():
        if table is not None:
            words: Place = {"seen": table.file, "ledger": ledger.name}
            raise LayerError(finding("ledger.two-histories", file=plan.path.name, **words))
        history = read_history(ledger, known=plan.known_until, verified=True)
    if isinstance(at, Path):
        notes.inputs.append(at)
    notes.findings.extend(history.findings)
    return history


def _read_events(
    plan: Plan, history: History | None, notes: Notes
) -> tuple[pd.DataFrame | None, Place]:
    """The stage events of the ledger or of the table; None when the plan has neither."""
    layer = plan.layers.readiness
    if history is not None:
        where: Place = {"file": history.name}
        events, findings = stage_events(stages_of(history.standing), plan.stages, where)
        findings += check_stages(events, where, plan.stages)
    elif layer is not None:
        table = read_rows(plan, layer, notes)
        where = {"file": table.file}
        events, findings = events_from_table(table, layer, plan.stages)
    else:
        return None, {}
    notes.findings.extend(findings)
    return events, where


def _read_members(plan: Plan, notes: Notes) -> dict[str, set[str]]:
    files = [item.file for item in plan.programmes if item.file is not None]
    tables = {file: read_rows(plan, TableFile(file=file), notes) for file in dict.fromkeys(files)}
    members = {
        item.id: membership(item, tables[item.file] if item.file else None)
        for item in plan.programmes
    }
    notes.findings.extend(check_listed(plan.programmes, tables.values()))
    return members


def _read_parcels(
    plan: Plan, source: VectorLayer, crs: CRS, where: Place, notes: Notes
) -> tuple[gpd.GeoDataFrame, AreaUnit]:
    """Every row of the parcel layer in the area CRS, checked; and the unit of declared areas."""
    layer = plan.layers.parcels
    joins = [(join, read_rows(plan, join, notes)) for join in layer.joins]
    with ThreadPoolExecutor(1) as beside:  # cells are read while outlines are looked at
        cells, moving = beside.submit(parcel_table, source, layer, joins), Notes()
        stands = cache(lambda: places(cells.result()[0], where))

        def place(at: SupportsIndex) -> Place:  # of what is faulty alone, mostly when all is read
            return stands()(at)

        shapes, faults = check_geometry(moved(source, layer, crs, moving), place, where)
        table, findings = cells.result()
    placed(source, notes, parcels=table["parcel_id"].array)
    notes.add(moving)
    if plan.scenarios and layer.fields.get("treatment", "treatment") not in source.frame.columns:
        findings.append(finding("treatment.assumed", **where, field="treatment"))
    with np.errstate(over="ignore", invalid="ignore"):
        area_m2 = shapely.area(shapes)
    columns = [str(name) for name in source.frame.columns]
    findings += [*check_names(columns, where), *check_vintages(source.frame, area_m2, where)]
    findings += check_text(table, where)
    notes.findings.extend(_heeded([*findings, *faults], source.file))
    unit, _ = declared_unit(source, layer, joins)
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index)).set_crs(crs), unit


def _heeded(findings: list[Finding], file: str) -> list[Finding]:
    """The findings without other faults of rows that the plan leaves out anyway."""
    out = {item.row for item in findings if item.code in LEFT_OUT}
    return [
        item
        for item in findings
        if item.code in LEFT_OUT or item.row not in out or item.file != file
    ]


LEFT_OUT: Final = ("parcel.excluded", "parcel.total", "parcel.total-differs")
"""What is said of a row that is no parcel: what else is wrong with it is of no interest."""


BARRIER_TEXTS: Final = ("class", "name_zh", "name_en")
"""What ``fields`` of a barrier layer may map; the layer's name stands for what is not there."""


def _read_barriers(plan: Plan, crs: CRS, near: Around | None, notes: Notes) -> gpd.GeoDataFrame:
    empty = gpd.GeoDataFrame({name: [] for name in BARRIER_TEXTS}, geometry=[], crs=crs)
    frames = [_barrier_frame(plan, layer, crs, near, notes) for layer in plan.layers.barriers]
    return pd.concat(frames, ignore_index=True) if frames else empty


def _barrier_frame(
    plan: Plan, layer: BarrierLayer, crs: CRS, near: Around | None, notes: Notes
) -> gpd.GeoDataFrame:
    source = read_outlines(plan, layer, notes, near=near)
    frame = source.frame.reset_index(drop=True)
    require_columns(source, layer.fields, BARRIER_TEXTS)
    names = {name: layer.fields.get(name, name) for name in BARRIER_TEXTS}
    texts = {
        name: as_text(frame[column]) if column in frame.columns else source.layer
        for name, column in names.items()
    }
    shapes = moved(source, layer, crs, notes)
    barriers = gpd.GeoDataFrame(texts, geometry=shapes, index=frame.index)
    at: Place = {"file": source.file, "layer": source.layer}
    shapes, faults = check_outlines(
        barriers.geometry.to_numpy(), barriers["name_en"].tolist(), at, lines=True
    )
    notes.findings.extend(source.numbered(faults))
    return barriers.set_geometry(shapes)[~shapely.is_missing(shapes)].set_crs(crs)
