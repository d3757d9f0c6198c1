"""A first plan for somebody's own layer: what can be inferred is, and said; the rest is asked."""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from jinja2 import Environment
from pyproj import CRS

from geo.aliases import columns_meaning
from geo.area import AreaMethod, ellipsoidal_m2, planar_m2
from geo.crs import area_problem, metric, misplaced, transform
from geo.errors import LandError, LayerError, PlanError, PublishError
from geo.findings import Finding, Place, finding
from geo.land import read_land
from geo.numerals import parse_numbers
from geo.parcels import PERCENT_FROM, TREATMENTS
from geo.plan import Plan, plan_schema
from geo.readers.vector import VectorLayer, read_vector
from geo.readiness import rung_names
from geo.units import M2_PER_FT2, M2_PER_MU, M2_PER_UNIT, AreaUnit
from geo.words import as_text, normal

FLAT_PPM: Final = 500.0
"""A grid whose areas are further off than this from the ellipsoid's is not used for totals."""

UNIT_FITS: Final = 0.02
"""A declared area is in a unit when the median of declared ÷ measured is within 2 % of it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What was inferred from a layer, and the words that say why.

    In ``fields`` a name that leads to ``""`` is not read, although a column is called so.
    """

    layer: str
    crs: str
    area_method: AreaMethod
    settings: dict[str, Any]
    fields: dict[str, str]
    notes: list[str] = field(default_factory=list)


def guess(path: Path, *, layer: str | None = None, crs: str | None = None) -> Guess:
    """Infer how to read a parcel layer: its columns, their units, and where to measure areas.

    Raises :class:`geo.errors.LayerError` for what cannot be inferred: a CRS that the file does
    not state, one layer out of several.
    """
    source = read_vector(path, layer=layer, crs=crs)
    stated, notes = _area_crs(source)
    target = metric(stated)
    shapes = transform(source.frame.geometry.to_numpy(), source.crs, target, file=path.name)
    usable = shapely.is_valid(shapes) & (shapely.area(shapes) > 0)
    measured_m2 = pd.Series(shapely.area(shapes), index=source.frame.index).where(usable)
    method, why = _area_method(shapes[usable], target)
    settings: dict[str, Any] = {"layer": source.layer} if path.suffix != ".parquet" else {}
    if crs is not None:
        settings["crs"] = crs
    fields = _fields(source, measured_m2, settings, notes)
    return Guess(source.layer, _crs_text(stated), method, settings, fields, [*notes, *why])


def _area_crs(source: VectorLayer) -> tuple[CRS, list[str]]:
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
        seen = misplaced(source.frame.geometry.to_numpy(), source.crs)
        raise LayerError(finding("crs.place", **where, seen=seen, crs=source.crs.name))
    if CHINA[0] <= lon <= CHINA[2] and CHINA[1] <= lat <= CHINA[3]:
        meridian = 3 * round(lon / 3)
        target = CRS.from_epsg(4534 + (meridian - 75) // 3)
    else:
        zone = int((lon + 180) // 6) + 1
        target = CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)
    return target, [
        f"the layer is in {source.crs.name}: {problem}; areas are taken in {target.name}"
    ]


CHINA: Final = (73.5, 15.0, 135.1, 54.0)
"""Longitudes and latitudes for which CGCS2000 3-degree grids (EPSG:4534 to 4554) are defined."""


def _crs_text(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def _area_method(shapes: npt.NDArray[Any], crs: CRS) -> tuple[AreaMethod, list[str]]:
    planar, ellipsoidal = planar_m2(shapes).sum(), ellipsoidal_m2(shapes, crs).sum()
    ppm = (planar / ellipsoidal - 1) * 1e6 if ellipsoidal else 0.0
    if abs(ppm) <= FLAT_PPM:
        return "planar", [f"planar and ellipsoidal areas differ by {ppm:+.0f} ppm: planar is used"]
    return "ellipsoidal", [f"this grid is off by {ppm:+.0f} ppm, so areas are ellipsoidal (GRS80)"]


def _fields(
    source: VectorLayer, measured_m2: pd.Series, settings: dict[str, Any], notes: list[str]
) -> dict[str, str]:
    """Which columns mean what, taking only those whose cells bear it out."""
    frame = source.frame
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    fields: dict[str, str] = {}
    if found := columns_meaning("parcel_id", columns):
        fields["parcel_id"] = _best_id(frame, found)
        if (as_text(frame[fields["parcel_id"]]) == "").any():
            settings["blank_ids"] = "number"
            notes.append(f"blank {fields['parcel_id']} are called row-N after their row")
    else:
        settings["blank_ids"] = "number"
        notes.append("no column looks like a parcel id: parcels are called row-N after their row")
    for meaning in ("name", "zone", "land_use", "ownership"):
        if found := columns_meaning(meaning, columns):
            fields[meaning] = found[0]
    if "zone" in fields and (as_text(frame[fields["zone"]]) == "").any():
        del fields["zone"]
    for column in columns_meaning("treatment", columns):
        words = [cell for cell in as_text(frame[column]) if cell]
        if sum(word in TREATMENTS for word in words) * 2 > len(words) or not words:
            fields["treatment"] = column
    _area_field(frame, columns, measured_m2, fields, settings)
    _ratio_fields(frame, columns, measured_m2, fields, settings)
    _stage_fields(frame, columns, fields)
    _explain(fields, columns, notes)
    refused = [name for name in _REFUSED if name in columns and name not in fields]
    notes += [f"{name} is not read: {_REFUSED[name]}" for name in refused]
    read = {meaning: column for meaning, column in fields.items() if meaning != column}
    return read | dict.fromkeys(refused, "")


_REFUSED: Final = {
    "zone": "some of its cells are blank",
    "treatment": f"most of its words are none of {', '.join(TREATMENTS)}",
    "declared_area": "it agrees with the geometry in no unit",
    "stage": "the standard ladder does not know most of its words",
}
"""Why a column that has the planner's own name is yet not read, so that the plan must say so."""


def _explain(fields: dict[str, str], columns: list[str], notes: list[str]) -> None:
    """Say which column each name is read from, and which other ones would have had it too."""
    for meaning, column in fields.items():
        others = [other for other in columns_meaning(meaning, columns) if other != column]
        also = f" (not {', '.join(others)})" if others else ""
        notes.append(f"{meaning} is read from {column}{also}")


def _best_id(frame: pd.DataFrame, found: list[str]) -> str:
    """The likeliest id column: no repeats, then few blanks, then the order of the aliases."""

    def faults(column: str) -> tuple[int, int]:
        ids = as_text(frame[column])
        return int(ids[ids != ""].duplicated().sum()), int((ids == "").sum())

    return min(found, key=faults)


def _area_field(
    frame: pd.DataFrame,
    columns: list[str],
    measured_m2: pd.Series,
    fields: dict[str, str],
    settings: dict[str, Any],
) -> None:
    """The first column that agrees with the geometry in some unit; a unit is never assumed."""
    for column in columns_meaning("declared_area", columns):
        ratio = pd.Series(parse_numbers(frame[column]).values, index=frame.index) / measured_m2
        median = float(ratio[np.isfinite(ratio)].median())
        units: list[AreaUnit] = list(M2_PER_UNIT)
        for unit in units:
            if abs(median * M2_PER_UNIT[unit] - 1) < UNIT_FITS:
                fields["declared_area"], settings["declared_area_unit"] = column, unit
                return


def _ratio_fields(
    frame: pd.DataFrame,
    columns: list[str],
    measured_m2: pd.Series,
    fields: dict[str, str],
    settings: dict[str, Any],
) -> None:
    """Plot ratios and floor space, with the unit that the numbers themselves bear out."""
    for meaning in ("plot_ratio", "plot_ratio_existing", "existing_floor"):
        for column in columns_meaning(meaning, columns)[:1]:
            values = parse_numbers(frame[column]).values
            known = values[np.isfinite(values)]
            fields[meaning] = column
            if meaning == "plot_ratio" and len(known) and np.median(known) >= PERCENT_FROM:
                settings["plot_ratio_unit"] = "percent"
    if "existing_floor" in fields and _floor_in_feet(frame, fields, measured_m2, settings):
        settings["floor_unit"] = "ft2"


def _floor_in_feet(
    frame: pd.DataFrame, fields: dict[str, str], measured_m2: pd.Series, settings: dict[str, Any]
) -> bool:
    """Whether floor space is in square feet: by the existing plot ratio, else as the land is."""
    if "plot_ratio_existing" not in fields:
        return settings.get("declared_area_unit") == "ft2"
    floor, ratio = (
        parse_numbers(frame[fields[name]]).values
        for name in ("existing_floor", "plot_ratio_existing")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        m2_of_one = ratio * measured_m2.to_numpy() / floor
    known = m2_of_one[np.isfinite(m2_of_one) & (m2_of_one > 0)]
    return bool(len(known) and abs(np.median(known) / M2_PER_FT2 - 1) < 0.1)


def _stage_fields(frame: pd.DataFrame, columns: list[str], fields: dict[str, str]) -> None:
    """A stage column counts as one when the standard ladder knows most of its words."""
    known = rung_names(Plan.model_fields["stages"].get_default())
    for column in columns_meaning("stage", columns):
        words = [normal(cell) for cell in as_text(frame[column]) if cell]
        if words and sum(word in known for word in words) > len(words) / 2:
            fields["stage"] = column
            for meaning in ("stage_date", "evidence"):
                for other in columns_meaning(meaning, columns)[:1]:
                    fields[meaning] = other
            return


def plan_for_layer(
    path: Path, *, as_of: date, layer: str | None = None, crs: str | None = None
) -> Plan:
    """A plan for a bare layer that no plan file describes, so that it can be checked."""
    return _plan_from(guess(path, layer=layer, crs=crs), path, as_of)


def _plan_from(inferred: Guess, path: Path, as_of: date) -> Plan:
    values = {
        "name": path.stem,
        "crs": inferred.crs,
        "area_method": inferred.area_method,
        "base_date": as_of,
        "as_of": as_of,
        "layers": {"parcels": {"file": path.name, **inferred.settings, "fields": inferred.fields}},
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
) -> tuple[Path, Guess, list[Finding]]:
    """Write ``plan.toml`` for a parcel layer, with its JSON Schema beside it.

    Returns the plan's path, what was inferred, and the findings of a first check: errors among
    them must be mended or accepted before anything is published. Raises :class:`PlanError` when
    there is a plan already, and :class:`geo.errors.LayerError` for what cannot be inferred.
    """
    path = folder / "plan.toml"
    if path.exists():
        raise PlanError(finding("new.exists", file=str(path)))
    inferred = guess(parcels, layer=layer, crs=crs)
    try:
        findings = read_land(_plan_from(inferred, parcels, as_of)).findings
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
    return path, inferred, findings


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
