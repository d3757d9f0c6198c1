"""The gate: a plan or a bare layer is read and checked whole, and what is wrong is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from pyproj import CRS

from geo.attributes import ENDINGS as TABLES
from geo.attributes import check_table
from geo.earth.crs import metric, parse_crs
from geo.earth.datums import is_old
from geo.errors import LandError
from geo.findings import Finding, Place, finding
from geo.land import read_land
from geo.manifest import check_hashes
from geo.notify import Notify, unheard
from geo.plan import BoundaryLayer, Plan, read_plan
from geo.rasters import RasterFacts, raster_facts
from geo.readers.door import admit
from geo.readers.raster import ENDINGS, read_raster
from geo.scaffold import guess, plan_from
from geo.units import M2_PER_MU


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides: of a bare layer its CRS and columns, of a plan its ledger."""

    crs: str | None = None
    layer: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    boundary: Path | None = None
    manifest: Path | None = None
    ledger: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One file: mu that can be counted, what is wrong, and whether that forbids official sums.

    The shapes of the findings are in ``crs``; it is None when none of them has a shape. Of a
    raster, which has no mu, ``raster`` says what it holds.
    """

    path: Path
    area_mu: float
    findings: Sequence[Finding]
    stops: bool
    crs: CRS | None = None
    raster: RasterFacts | None = None


def check_file(path: Path, known: Known, *, notify: Notify = unheard) -> Checked:
    """Check a plan with all its files (``.toml``), or one layer, raster or table by itself."""
    noted: list[Finding] = []
    plan: Plan | None = None
    try:
        if known.manifest is not None:
            check_hashes(path, known.manifest)
        if path.suffix.lower() in ENDINGS:
            admit(path)
            raster = read_raster(path, crs=known.crs)
            facts = raster_facts(raster)
            return Checked(path, 0.0, raster.findings, stops=False, raster=facts)
        if path.suffix.lower() == ".toml":
            plan = read_plan(path).with_ledger(known.ledger)
        else:
            plan = _assumed(path, known, noted)
        land = read_land(plan, notify=notify)
        if known.manifest is not None and path.suffix.lower() == ".toml":
            for named in land.sources.inputs:
                check_hashes(named, known.manifest)
    except LandError as error:
        if path.suffix.lower() in TABLES and _lacks_coordinates(error):
            return _check_rows(path, known)
        placed = plan is not None and any(item.shape is not None for item in error.findings)
        crs = metric(parse_crs(plan.crs)) if plan and placed else None
        return Checked(path, 0.0, [*noted, *error.findings], stops=True, crs=crs)
    if path.suffix.lower() != ".toml" and is_old(land.crs):
        where: Place = {"file": path.name, "seen": land.crs.name}
        noted.append(finding("crs.old-datum", **where))
    area_mu = float(land.parcels["land_m2"].sum()) / M2_PER_MU
    stops = bool(land.unaccepted(plan)) or any(item.severity == "error" for item in noted)
    return Checked(path, area_mu, [*noted, *land.findings], stops, land.crs)


def _lacks_coordinates(error: LandError) -> bool:
    """Whether a table was refused as a layer because no column at all is a coordinate."""
    return any(item.code == "points.columns" and item.seen == "—" for item in error.findings)


def _check_rows(path: Path, known: Known) -> Checked:
    """Check a table that holds no land: attributes or events of parcels."""
    try:
        findings = check_table(path, known.fields, as_of=date.today(), sheet=known.layer)
    except LandError as error:
        return Checked(path, 0.0, error.findings, stops=True)
    return Checked(path, 0.0, findings, any(item.severity == "error" for item in findings))


def _assumed(path: Path, known: Known, noted: list[Finding]) -> Plan:
    """A plan for a bare layer; what its columns leave open is noted.

    Columns whose cells do not bear out their names (declared areas that fit the land in no unit,
    stages that are not of the ladder) are read all the same: the checks say what is wrong.
    """
    inferred = guess(path, layer=known.layer, crs=known.crs, fields=dict(known.fields))
    noted.extend(inferred.findings)
    if inferred.notes:
        told: Place = {"notes": "; ".join(note.en for note in inferred.notes)}
        told |= {"notes_zh": "；".join(note.zh for note in inferred.notes)}
        noted.append(finding("layer.inferred", file=path.name, layer=inferred.layer, **told))
    unfit = {name: to for name, to in inferred.unfit.items() if name not in known.fields}
    settings = dict(inferred.settings)
    if known.layer is None:
        settings.pop("layer", None)  # which one was taken is told on reading again
    inferred = replace(inferred, fields=inferred.fields | unfit, settings=settings)
    plan = plan_from(inferred, path, as_of=date.today())
    if known.boundary is None:
        return plan
    boundary = BoundaryLayer(file=str(known.boundary.resolve()))
    layers = plan.layers.model_copy(update={"boundary": boundary})
    return plan.model_copy(update={"layers": layers})
