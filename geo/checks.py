"""Checks of the parcel table: what is wrong, where, and how much land it touches."""

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.findings import Finding, Place, finding
from geo.once import Once
from geo.repair import mend
from geo.text import Words
from geo.units import M2_PER_MU, M2_PER_UNIT, AreaUnit, shown

DIFFERS, CONTRADICTS = 0.001, 0.01
"""Declared against measured area: above the first a warning, above the second an error."""

ROUNDING_M2: Final[dict[AreaUnit, float]] = {
    "m2": 0.005,
    "mu": 0.005 * M2_PER_MU,
    "ha": 0.5,
    "km2": 50.0,
    "ft2": 0.05,
}
"""Half of the last decimal that each unit is declared with: rounding is no difference."""

FLOOR_DIFFERS = 0.02
OVERLAP_M2 = 1.0
"""Overlaps below a square metre are digitising noise: deducted, but not listed."""


def check_geometry(table: gpd.GeoDataFrame, where: Place) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Find geometry that cannot be measured, mend what has one right answer, drop heights.

    Rows keep their place; those that cannot be counted have a finding that sets them aside.
    """
    shapes = np.asarray(shapely.force_2d(table.geometry.to_numpy()), dtype=object)
    findings: list[Finding] = []

    def report(code: str, at: npt.NDArray[np.bool_], **words: Any) -> None:
        for index in np.flatnonzero(at):
            kind = shapely.GeometryType(shapely.get_type_id(shapes[index])).name.title()
            findings.append(finding(code, **where, **_place(table, index), seen=kind, **words))

    missing = shapely.is_missing(shapes)
    empty = shapely.is_empty(shapes)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[~np.isfinite(points).all(axis=1)]] = False
    report("geometry.missing", missing)
    report("geometry.empty", empty)
    report("geometry.type", ~missing & ~empty & ~areal)
    report("crs.not-finite", ~missing & ~empty & areal & ~finite)
    usable = ~missing & ~empty & areal & finite
    for index in np.flatnonzero(usable & ~shapely.is_valid(shapes)):
        shapes[index], fault = _mended(shapes[index], where | _place(table, index))
        findings.append(fault)
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index)), findings


def _mended(shape: shapely.Geometry, place: Place) -> tuple[shapely.Geometry, Finding]:
    reason = shapely.is_valid_reason(shape)
    result = mend(shape)
    raw, linework, structure = (
        shown(area / M2_PER_MU, 4)
        for area in (result.raw_m2, result.linework_m2, result.structure_m2)
    )
    if result.geometry is None:
        words: Place = {"raw": raw, "linework": linework, "structure": structure}
        area_m2 = max(result.raw_m2, result.structure_m2, result.linework_m2)
        return shape, finding("geometry.invalid", **place, seen=reason, area_m2=area_m2, **words)
    fault = finding(
        "geometry.mended",
        **place,
        seen=reason,
        area_m2=result.geometry.area,
        changed=True,
        raw=raw,
        mended=structure,
    )
    return result.geometry, fault


def check_outlines(
    shapes: npt.NDArray[Any], names: Sequence[str], where: Place, *, lines: bool
) -> tuple[npt.NDArray[Any], list[Finding]]:
    """Shapes of zones or barriers (``lines`` for those too); one that cannot be used is None."""
    usable = np.asarray(shapely.force_2d(shapes), dtype=object)
    findings = []
    for index, shape in enumerate(usable):
        place: Place = {**where, "row": index + 1, "field": "geometry", "seen": names[index]}
        problem = _outline_problem(shape, lines=lines)
        if problem is None and shapely.get_dimensions(shape) == 2 and not shapely.is_valid(shape):
            reason = shapely.is_valid_reason(shape)
            usable[index] = mend(shape).geometry
            if usable[index] is not None:
                area = {"area_m2": usable[index].area, "changed": True}
                findings.append(finding("outline.mended", **place, problem=reason, **area))
                continue
            problem = Words(reason, reason)
        if problem is not None:
            usable[index] = None
            words: Place = {"problem": problem.en, "problem_zh": problem.zh}
            findings.append(finding("outline.unusable", **place, **words))
    return usable, findings


def _outline_problem(shape: shapely.Geometry | None, *, lines: bool) -> Words | None:
    if shape is None or shape.is_empty:
        return Words("没有图形", "it has none")
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return Words("坐标不是有限数", "its coordinates are not finite")
    kinds = (1, 3, 5, 6) if lines else (3, 6)  # lines and polygons, single and multiple
    if shapely.get_type_id(shape) not in kinds:
        return Words(f"它是 {shape.geom_type}", f"it is a {shape.geom_type}")
    return None


def check_declared(table: pd.DataFrame, where: Place, *, unit: AreaUnit) -> list[Finding]:
    """Hold declared area against measured ``area_m2``, first asking whether the unit is right."""
    ratio = (table["declared_m2"] / table["area_m2"]).where(table["area_m2"] > 0)
    known = ratio.dropna()
    if known.empty:
        return []
    if fault := _wrong_unit(float(known.median()), where, unit):
        return [fault]
    rounding = ROUNDING_M2[unit] * 1.001  # a hair more, as half a unit is itself a rounded figure
    beyond = (table["declared_m2"] - table["area_m2"]).abs() > rounding
    off = (ratio - 1).abs().where(beyond, 0.0)
    findings = []
    for index in np.flatnonzero((off > DIFFERS).to_numpy()):
        declared, measured = (table[name].iat[index] for name in ("declared_m2", "area_m2"))
        words: Place = {
            "seen": shown(declared, 2),
            "declared": shown(declared / M2_PER_MU, 2),
            "measured": shown(measured / M2_PER_MU, 2),
            "percent": shown(off.iat[index] * 100, 2),
        }
        code = "area.contradicts" if off.iat[index] > CONTRADICTS else "area.differs"
        place: Place = {**where, **_place(table, index), "field": "declared_area"}
        findings.append(finding(code, **place, area_m2=abs(declared - measured), **words))
    return findings


def _wrong_unit(median: float, where: Place, unit: AreaUnit) -> Finding | None:
    """A finding when all declared areas are off by the factor between two units."""
    for candidate, m2 in M2_PER_UNIT.items():
        factor = M2_PER_UNIT[unit] / m2
        if candidate != unit and abs(median / factor - 1) < 0.02:
            words: Place = {"ratio": shown(median, 4), "unit": candidate, "stated": unit}
            return finding("area.unit", **where, field="declared_area", **words)
    return None


def check_floor(table: pd.DataFrame, where: Place) -> list[Finding]:
    """Hold stated existing floor space against existing plot ratio × land."""
    product = table["plot_ratio_existing"] * table["area_m2"]
    off = (table["existing_floor_m2"] / product - 1).abs().where(product > 0)
    findings = []
    for index in np.flatnonzero((off > FLOOR_DIFFERS).to_numpy()):
        words: Place = {
            "seen": shown(table["existing_floor_m2"].iat[index], 0),
            "product": shown(product.iat[index], 0),
            "percent": shown(off.iat[index] * 100, 1),
        }
        place: Place = {**where, **_place(table, index), "field": "existing_floor"}
        findings.append(finding("floor.contradicts", **place, **words))
    return findings


def check_ratios_known(table: pd.DataFrame, where: Place) -> list[Finding]:
    """List net land whose planned and existing plot ratios are both unknown."""
    unknown = table[["plot_ratio", "plot_ratio_existing"]].isna().all(axis=1)
    at = np.flatnonzero((unknown & (table["net_m2"] > 0)).to_numpy())
    if len(at) == int((table["net_m2"] > 0).sum()):
        return []  # a layer without any plot ratio is no fault of its rows
    return [
        finding(
            "ratio.missing",
            **where,
            **_place(table, index),
            field="plot_ratio",
            area_m2=table["net_m2"].iat[index],
        )
        for index in at
    ]


def check_overlaps(table: gpd.GeoDataFrame, once: Once, where: Place) -> list[Finding]:
    """List the pairs of parcels that share more than a square metre."""
    findings = []
    shared_m2 = shapely.area(once.pieces)
    for one, other, m2 in zip(once.later, once.earlier, shared_m2, strict=True):
        if m2 > OVERLAP_M2:
            words: Place = {"other": table["parcel_id"].iat[other], "seen": shown(m2, 2)}
            place: Place = {**where, **_place(table, one)}
            findings.append(finding("parcel.overlap", **place, area_m2=m2, **words))
    return findings


def check_barriers(
    table: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, where: Place
) -> list[Finding]:
    """List parcels that a barrier runs right through: their two sides are one parcel still."""
    if barriers.empty:
        return []
    shapes = table.geometry.to_numpy()
    barrier, parcel = shapely.STRtree(shapes).query(
        barriers.geometry.to_numpy(), predicate="intersects"
    )
    pairs = zip(parcel, barrier, strict=True)
    cut = np.array([_splits(shapes[p], barriers.geometry.iat[b]) for p, b in pairs], dtype=bool)
    return [
        finding(
            "parcel.crossed",
            **where,
            **_place(table, index),
            seen=barriers["name_en"].iat[which],
            barrier_zh=barriers["name_zh"].iat[which],
            area_m2=table["land_m2"].iat[index],
        )
        for which, index in zip(barrier[cut], parcel[cut], strict=True)
    ]


def _splits(shape: shapely.Geometry, barrier: shapely.Geometry) -> bool:
    """Whether taking the barrier away leaves the parcel in more pieces."""
    thin = barrier.buffer(1e-3) if shapely.get_dimensions(barrier) < 2 else barrier
    left = shapely.get_parts(shapely.difference(shape, thin))
    whole = shapely.get_num_geometries(shape)
    return bool((shapely.area(left) > OVERLAP_M2).sum() > whole)


def _place(table: pd.DataFrame, index: np.intp | int) -> Place:
    return {"row": int(table["row"].iat[index]), "parcel": str(table["parcel_id"].iat[index])}
