"""A first plan for somebody's own layer: what can be inferred is, and said; the rest is asked."""

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from jinja2 import Environment
from pyproj import CRS

from geo.area import AreaMethod, ellipsoidal_m2, planar_m2
from geo.cells.fields import infer_fields
from geo.earth.crs import area_problem, metric, transform
from geo.earth.place import check_layer
from geo.errors import LandError, LayerError, PlanError, PublishError
from geo.findings import Finding, Place, finding
from geo.land import read_land
from geo.plan import Plan, plan_schema
from geo.readers.vector import VectorLayer, read_vector
from geo.shapes import MAX_VERTICES, dense, within_reach
from geo.text import Words
from geo.units import M2_PER_MU

FLAT_PPM: Final = 500.0
"""A grid whose areas are further off than this from the ellipsoid's is not used for totals."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What was inferred from a layer, the words that say why, and what is to be asked.

    In ``fields`` a name that leads to ``""`` is not read, although a column is called so. The
    ``findings`` name columns of which two could have one meaning: none of them is read. What
    ``unfit`` leads to is called so, but its cells do not bear it out.
    """

    layer: str
    crs: str
    area_method: AreaMethod
    settings: dict[str, Any]
    fields: dict[str, str]
    notes: list[Words] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)


def guess(
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    fields: Mapping[str, str] = MappingProxyType({}),
) -> Guess:
    """Infer how to read a parcel layer: its columns, their units, and where to measure areas.

    ``fields`` (planner's name → column) answers what would else be inferred or asked. Raises
    :class:`geo.errors.LayerError` for what cannot be inferred (a CRS that the file does not
    state, one layer out of several) and for an answer that names no column.
    """
    source = read_vector(path, layer=layer, crs=crs)
    stated, notes = _area_crs(source)
    target = metric(stated)
    shapes = transform(source.frame.geometry.to_numpy(), source.crs, target, file=path.name)
    usable = within_reach(shapes) & (shapely.get_num_coordinates(shapes) <= MAX_VERTICES)
    usable[usable] = ~dense(shapes[usable])
    usable[usable] = shapely.is_valid(shapes[usable])
    usable[usable] = shapely.area(shapes[usable]) > 0
    with np.errstate(over="ignore", invalid="ignore"):
        measured_m2 = pd.Series(shapely.area(shapes), index=source.frame.index).where(usable)
    method, why = _area_method(shapes[usable], target)
    settings: dict[str, Any] = {"layer": source.layer} if path.suffix != ".parquet" else {}
    if crs is not None:
        settings["crs"] = crs
    found = infer_fields(source, measured_m2, fields)
    return Guess(
        layer=source.layer,
        crs=_crs_text(stated),
        area_method=method,
        settings=settings | found.settings,
        fields=found.mapped,
        notes=[*notes, *found.notes, *why],
        findings=found.findings,
        unfit=found.unfit,
    )


def _area_crs(source: VectorLayer) -> tuple[CRS, list[Words]]:
    """The layer's own grid where areas may be measured on it, else a grid for its place."""
    problem = area_problem(source.crs)
    if problem is None:
        return source.crs, []
    if source.crs.is_geographic:
        lonlat = source.frame.geometry.to_numpy()
    else:
        lonlat = transform(source.frame.geometry.to_numpy(), source.crs, CRS("EPSG:4326"))
    west, south, east, north = shapely.total_bounds(lonlat)
    lon, lat = (west + east) / 2, (south + north) / 2
    where: Place = {"file": source.file, "layer": source.layer}
    if np.isnan(lon):
        raise LayerError(finding("geometry.missing", **where))
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise LayerError(*check_layer(source.frame.geometry.to_numpy(), source.crs, where))
    if CHINA[0] <= lon <= CHINA[2] and CHINA[1] <= lat <= CHINA[3]:
        meridian = 3 * round(lon / 3)
        target = CRS.from_epsg(4534 + (meridian - 75) // 3)
    else:
        zone = int((lon + 180) // 6) + 1
        target = CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)
    return target, [
        Words(
            f"图层的坐标系是 {source.crs.name}，不能量算面积：面积在 {target.name} 上量算",
            f"the layer is in {source.crs.name}: {problem}; areas are taken in {target.name}",
        )
    ]


CHINA: Final = (73.5, 15.0, 135.1, 54.0)
"""Longitudes and latitudes for which CGCS2000 3-degree grids (EPSG:4534 to 4554) are defined."""


def _crs_text(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def _area_method(shapes: npt.NDArray[Any], crs: CRS) -> tuple[AreaMethod, list[Words]]:
    planar, ellipsoidal = planar_m2(shapes).sum(), ellipsoidal_m2(shapes, crs).sum()
    ppm = (planar / ellipsoidal - 1) * 1e6 if ellipsoidal else 0.0
    if abs(ppm) <= FLAT_PPM:
        words = Words(
            f"平面面积与椭球面积相差 {ppm:+.0f} ppm：取平面面积",
            f"planar and ellipsoidal areas differ by {ppm:+.0f} ppm: planar is used",
        )
        return "planar", [words]
    words = Words(
        f"此投影的面积偏差 {ppm:+.0f} ppm：取椭球面积（GRS80）",
        f"this grid is off by {ppm:+.0f} ppm, so areas are ellipsoidal (GRS80)",
    )
    return "ellipsoidal", [words]


def plan_from(inferred: Guess, path: Path, *, as_of: date) -> Plan:
    """The plan for a layer of which :func:`guess` told how to read it.

    Where it is not known which column holds the ids, parcels are called after their rows, so that
    all else can be checked.
    """
    settings = dict(inferred.settings)
    if any(item.code == "field.ambiguous-id" for item in inferred.findings):
        settings["blank_ids"] = "number"
    values = {
        "name": path.stem,
        "crs": inferred.crs,
        "area_method": inferred.area_method,
        "base_date": as_of,
        "as_of": as_of,
        "layers": {"parcels": {"file": path.name, **settings, "fields": inferred.fields}},
    }
    return Plan.model_validate(values).at(path.parent / "plan.toml")


def new_plan(
    folder: Path,
    parcels: Path,
    *,
    as_of: date,
    name: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    fields: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Path, Guess, list[Finding]]:
    """Write ``plan.toml`` for a parcel layer, with its JSON Schema beside it.

    Returns the plan's path, what was inferred, and the findings: what is to be asked, and those of
    a first check, of which errors must be mended or accepted before anything is published. Raises
    :class:`PlanError` when there is a plan already, and :class:`geo.errors.LayerError` for what
    cannot be inferred.
    """
    path = folder / "plan.toml"
    if path.exists():
        raise PlanError(finding("new.exists", file=str(path)))
    inferred = guess(parcels, layer=layer, crs=crs, fields=fields)
    try:
        findings = read_land(plan_from(inferred, parcels, as_of=as_of)).findings
    except LandError as error:
        findings = list(error.findings)
    errors = [item for item in findings if item.severity == "error"]
    template = Environment(keep_trailing_newline=True, trim_blocks=True).from_string(
        files("geo").joinpath("plan.toml.jinja").read_text(encoding="utf-8")
    )
    text = template.render(
        name=name or parcels.stem,
        file=_relative(parcels, folder),
        as_of=as_of,
        inferred=inferred,
        accept=_by_code(errors),
        quoted=_quoted,
    )
    schema = json.dumps(plan_schema(), ensure_ascii=False, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.schema.json").write_text(schema + "\n", encoding="utf-8")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PublishError(finding("publish.failed", file=str(folder), problem=error)) from None
    return path, inferred, [*inferred.findings, *findings]


def _by_code(errors: list[Finding]) -> list[tuple[str, int, float]]:
    counts = Counter(item.code for item in errors)
    mu = {
        code: sum(item.area_m2 or 0.0 for item in errors if item.code == code) / M2_PER_MU
        for code in counts
    }
    return [(code, number, mu[code]) for code, number in counts.items()]


def _relative(path: Path, folder: Path) -> str:
    """A file as a plan in ``folder`` names it; on another drive there is no relative way."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def _quoted(value: object) -> str:
    """A TOML value: TOML's strings, booleans and numbers are written as JSON's."""
    return json.dumps(value, ensure_ascii=False)
