"""Checks of the parcel table: what is wrong, where, and how much land it touches."""

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.cells.quantities import HIGH_RATIO
from geo.crowding import MOST_LINE_CROSSINGS, bounded, meeting, self_crossings
from geo.earth.crs import transform
from geo.findings import Finding, Place, finding
from geo.once import Once
from geo.overlay import check_overlay
from geo.repair import MAX_CROSSINGS, MAX_CROSSINGS_OF_LAYER, MAX_MENDED_VERTICES, mend
from geo.shapes import (
    MAX_VERTICES,
    THIN_M,
    crossings,
    dense,
    finite_ones,
    mean_width_m,
    problem,
    reach_m,
    rings_of,
    slivers,
    spikes,
    valid,
    within_reach,
)
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

FEWEST_DISORDERED, DISORDERED_SHARE = 3, 0.9
"""Areas stand in another order if so many contradict, and this share of them fits other rows."""

MERCATOR_SLACK = 0.002
"""Half of the rows lie this close to the inflation of Web Mercator, which is 18 % at Qingxi."""

FLOOR_DIFFERS = 0.02
OVERLAP_M2 = 1.0
"""Overlaps below a square metre are digitising noise: deducted, but not listed."""

SAME_M2, SAME_SHARE = 0.01, 1e-6
"""Two parcels of which no more than this is not shared have one outline."""


def check_geometry(table: gpd.GeoDataFrame, where: Place) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Find geometry that cannot be measured, mend what has one right answer, drop heights.

    Rows keep their place; those that cannot be counted have a finding that sets them aside. What
    is valid and yet odd (spikes, slivers, repeated points) counts as it is drawn, and is named.
    """
    drawn = table.geometry.to_numpy()
    shapes = np.asarray(shapely.force_2d(drawn), dtype=object)
    findings = _heights(drawn, where)

    def report(
        code: str, at: npt.NDArray[np.bool_], *, at_place: bool = False, **words: Any
    ) -> None:
        for index in np.flatnonzero(at):
            kind = shapely.GeometryType(shapely.get_type_id(shapes[index])).name.title()
            words |= {"seen": kind, "shape": shapes[index] if at_place else None}
            findings.append(finding(code, **where, **place_of(table, index), **words))

    missing = shapely.is_missing(shapes)
    empty = shapely.is_empty(shapes)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    finite, bounded_m = finite_ones(shapes), within_reach(shapes)
    report("geometry.missing", missing)
    report("geometry.empty", empty)
    report("geometry.type", ~missing & ~empty & ~areal & finite, at_place=True)
    report("geometry.type", ~missing & ~empty & ~areal & ~finite)
    report("crs.not-finite", ~missing & ~empty & areal & ~finite)
    usable = ~missing & ~empty & areal & finite
    for index in np.flatnonzero(usable & ~bounded_m):
        words: Place = {"seen": f"{reach_m(shapes[index]):.3g}"}
        findings.append(finding("geometry.boundless", **where, **place_of(table, index), **words))
    usable &= bounded_m
    vast = usable & (shapely.get_num_coordinates(shapes) > MAX_VERTICES)
    report("geometry.vast", vast, most=MAX_VERTICES)
    intricate = usable & ~vast
    intricate[intricate] = dense(shapes[intricate])
    for index in np.flatnonzero(intricate):
        words = {"seen": shapely.get_num_coordinates(shapes[index])}
        findings.append(finding("geometry.dense", **where, **place_of(table, index), **words))
    at = np.flatnonzero(usable & ~vast & ~intricate)
    faults = _mend_all(shapes, at[~valid(shapes[at])], table, where)
    sound = at[shapely.is_valid(shapes[at])]
    findings += [*faults, *_oddities(shapes, sound, table, where)]
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index)), findings


def _heights(drawn: npt.NDArray[Any], where: Place) -> list[Finding]:
    """Heights and measures are no part of an area: say once that they are dropped."""
    carried = shapely.has_z(drawn) | shapely.has_m(drawn)
    if not carried.any():
        return []
    seen = "/".join(
        name for name, has in (("Z", shapely.has_z), ("M", shapely.has_m)) if has(drawn).any()
    )
    words: Place = {"seen": seen, "rows": int(carried.sum()), "changed": True}
    return [finding("geometry.heights", **where, field="geometry", **words)]


def _mend_all(
    shapes: npt.NDArray[Any], at: npt.NDArray[np.int64], table: pd.DataFrame, where: Place
) -> list[Finding]:
    """Mend these shapes in place, as far as repair has an end, and say what was done to each."""
    findings = []
    left = MAX_CROSSINGS_OF_LAYER
    for index in at:
        place = where | place_of(table, index)
        shape, most = shapes[index], min(MAX_CROSSINGS, left)
        large = shapely.get_num_coordinates(shape) > MAX_MENDED_VERTICES
        count = 0 if large else crossings(shape, most=most)
        if large or count > most:
            words: Place = {"vertices": shapely.get_num_coordinates(shape), "seen": count}
            where_drawn = {"area_m2": shape.area, "shape": problem(shape)[1]}
            findings.append(finding("geometry.tangled", **place, **words, **where_drawn))
            continue
        left -= count
        shapes[index], fault = _mended(shape, place)
        findings.append(fault)
    return findings


def _mended(shape: shapely.Geometry, place: Place) -> tuple[shapely.Geometry, Finding]:
    reason, point = problem(shape)
    result = mend(shape)
    raw, linework, structure = (
        shown(area / M2_PER_MU, 4)
        for area in (result.raw_m2, result.linework_m2, result.structure_m2)
    )
    place = place | {"seen": reason.en, "shape": point, "problem_zh": reason.zh}
    place |= {"raw": raw, "before": shape.geom_type}
    if result.geometry is None:
        words: Place = {"linework": linework, "structure": structure}
        words |= {"linework_kind": result.kinds[0], "structure_kind": result.kinds[1]}
        area_m2 = max(result.raw_m2, result.structure_m2, result.linework_m2)
        return shape, finding("geometry.invalid", **place, area_m2=area_m2, **words)
    fault = finding(
        "geometry.mended",
        **place,
        area_m2=result.geometry.area,
        changed=True,
        mended=structure,
        after=result.geometry.geom_type,
    )
    return result.geometry, fault


def _oddities(
    shapes: npt.NDArray[Any], at: npt.NDArray[np.int64], table: pd.DataFrame, where: Place
) -> list[Finding]:
    """What is odd about valid polygons: slivers, spikes, points that repeat the one before."""
    sound = shapes[at]
    narrow, rings, widths = slivers(sound), rings_of(sound), mean_width_m(sound)
    findings = [
        finding(
            "geometry.sliver",
            **where,
            **place_of(table, at[index]),
            seen=shown(widths[index], 3),
            m2=shown(sound[index].area, 2),
            area_m2=sound[index].area,
            shape=sound[index],
        )
        for index in np.flatnonzero(narrow)
    ]
    for vertex, index, m2 in zip(*spikes(rings), strict=True):
        if not narrow[index]:
            x, y = rings.points[vertex]
            words: Place = {"seen": f"{x:.3f} {y:.3f}", "area_m2": m2, "shape": shapely.Point(x, y)}
            findings.append(
                finding("geometry.spike", **where, **place_of(table, at[index]), **words)
            )
    findings += [
        finding(
            "geometry.repeated",
            **where,
            **place_of(table, at[index]),
            seen=int(rings.repeated[index]),
            area_m2=0.0,
            shape=shapely.Point(rings.repeats[index]),
        )
        for index in np.flatnonzero(rings.repeated)
    ]
    return findings


def check_outlines(
    shapes: npt.NDArray[Any], names: Sequence[str], where: Place, *, lines: bool
) -> tuple[npt.NDArray[Any], list[Finding]]:
    """Shapes of zones or barriers (``lines`` for those too); one that cannot be used is None."""
    usable = np.asarray(shapely.force_2d(shapes), dtype=object)
    findings = []
    for index, shape in enumerate(usable):
        place: Place = {**where, "row": index + 1, "field": "geometry", "seen": names[index]}
        fault = _outline_problem(shape, lines=lines)
        if fault is None and shapely.get_dimensions(shape) == 2 and not shapely.is_valid(shape):
            fault, at = problem(shape)
            usable[index], place["shape"] = _outline_mended(shape), at
            if usable[index] is not None:
                words: Place = {"problem": fault.en, "problem_zh": fault.zh}
                words |= {"area_m2": usable[index].area, "changed": True}
                findings.append(finding("outline.mended", **place, **words))
                continue
        if fault is not None:
            usable[index] = None
            words = {"problem": fault.en, "problem_zh": fault.zh}
            findings.append(finding("outline.unusable", **place, **words))
    return usable, findings


def _outline_mended(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The mended shape; None where it has no one reading, or too many crossings to look for it."""
    large = shapely.get_num_coordinates(shape) > MAX_MENDED_VERTICES
    if large or crossings(shape, most=MAX_CROSSINGS) > MAX_CROSSINGS:
        return None
    return mend(shape).geometry


def _tangled(shape: shapely.Geometry) -> bool:
    """Whether a barrier drawn as lines crosses itself so often that widening it takes minutes."""
    if shapely.get_dimensions(shape) != 1:
        return False
    return self_crossings(shape, most=MOST_LINE_CROSSINGS) > MOST_LINE_CROSSINGS


def _outline_problem(shape: shapely.Geometry | None, *, lines: bool) -> Words | None:
    if shape is None or shape.is_empty:
        return Words("没有图形", "it has none")
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return Words("坐标不是有限数", "its coordinates are not finite")
    alone = np.array([shape], dtype=object)
    if not within_reach(alone)[0]:
        return Words("坐标超出地球", "its coordinates are beyond any land on earth")
    if dense(alone)[0] or _tangled(shape):
        return Words("线条彼此密集交叠", "its lines cross each other too often")
    kinds = (1, 3, 5, 6) if lines else (3, 6)  # lines and polygons, single and multiple
    if shapely.get_type_id(shape) not in kinds:
        return Words(f"它是 {shape.geom_type}", f"it is a {shape.geom_type}")
    return None


def check_declared(table: gpd.GeoDataFrame, where: Place, *, unit: AreaUnit) -> list[Finding]:
    """Hold declared area against measured ``area_m2``.

    A cause that all rows share is named once: another unit, areas taken on Web Mercator, or
    declarations that stand in another order than the shapes.
    """
    ratio = (table["declared_m2"] / table["area_m2"]).where(table["area_m2"] > 0)
    known = ratio.dropna()
    if known.empty:
        return []
    if fault := _wrong_unit(float(known.median()), where, unit) or _mercator(table, known, where):
        return [fault]
    rounding = ROUNDING_M2[unit] * 1.001  # a hair more, as half a unit is itself a rounded figure
    beyond = (table["declared_m2"] - table["area_m2"]).abs() > rounding
    off = (ratio - 1).abs().where(beyond, 0.0)
    findings = []
    if disordered := _disordered(table[off > CONTRADICTS], rounding, where):
        findings.append(disordered)
        off = off.where(off <= CONTRADICTS, 0.0)
    for index in np.flatnonzero((off > DIFFERS).to_numpy()):
        declared, measured = (table[name].iat[index] for name in ("declared_m2", "area_m2"))
        words: Place = {
            "seen": shown(declared, 2),
            "declared": shown(declared / M2_PER_MU, 2),
            "measured": shown(measured / M2_PER_MU, 2),
            "percent": shown(off.iat[index] * 100, 2),
        }
        code = "area.contradicts" if off.iat[index] > CONTRADICTS else "area.differs"
        place: Place = {**where, **place_of(table, index), "field": "declared_area"}
        findings.append(finding(code, **place, area_m2=abs(declared - measured), **words))
    return findings


def _disordered(rows: pd.DataFrame, rounding_m2: float, where: Place) -> Finding | None:
    """A finding when areas contradict row by row and yet are the same areas, in another order."""
    declared, measured = (np.sort(rows[name].to_numpy()) for name in ("declared_m2", "area_m2"))
    alike = np.abs(declared - measured) <= np.maximum(rounding_m2, DIFFERS * measured)
    if len(rows) < FEWEST_DISORDERED or alike.mean() < DISORDERED_SHARE:
        return None
    words: Place = {"seen": len(rows), "alike": int(alike.sum()), "area_m2": measured.sum()}
    return finding("layer.order", **where, field="declared_area", **words)


def _mercator(table: gpd.GeoDataFrame, ratio: pd.Series, where: Place) -> Finding | None:
    """A finding when declared areas are the measured ones as Web Mercator shows them, or back."""
    shapes = table.geometry.to_numpy()
    if table.crs is None or table.crs.geodetic_crs is None or table.crs.ellipsoid is None:
        return None
    middle = shapely.points(*np.median(shapely.get_coordinates(shapes), axis=0))
    degrees = transform(np.array([middle]), table.crs, table.crs.geodetic_crs)
    cosine2 = np.cos(np.radians(shapely.get_y(degrees)[0])) ** 2
    flattening = 1 / table.crs.ellipsoid.inverse_flattening
    e2 = flattening * (2 - flattening)
    on_ellipsoid = (1 - e2 * (1 - cosine2)) ** 2 / (1 - e2) / cosine2
    for factor in (on_ellipsoid, 1 / cosine2, 1 / on_ellipsoid, cosine2):
        if float((ratio / factor - 1).abs().median()) < MERCATOR_SLACK < abs(factor - 1):
            words: Place = {"seen": shown(float(ratio.median()), 4), "factor": shown(factor, 4)}
            return finding("area.mercator", **where, field="declared_area", **words)
    return None


def _wrong_unit(median: float, where: Place, unit: AreaUnit) -> Finding | None:
    """A finding when all declared areas are off by the factor between two units."""
    for candidate, m2 in M2_PER_UNIT.items():
        factor = M2_PER_UNIT[unit] / m2
        if candidate != unit and abs(median / factor - 1) < 0.02:
            words: Place = {"ratio": shown(median, 4), "unit": candidate, "stated": unit}
            return finding("area.unit", **where, field="declared_area", **words)
    return None


def check_floor(table: pd.DataFrame, where: Place) -> list[Finding]:
    """Hold stated existing floor space against existing plot ratio × land, and against the land.

    Floor space of more than five times the land says that the outline is a building's footprint
    (占地), not its site.
    """
    product = table["plot_ratio_existing"] * table["area_m2"]
    off = (table["existing_floor_m2"] / product - 1).abs().where(product > 0)
    storeys = (table["existing_floor_m2"] / table["area_m2"]).where(table["area_m2"] > 0)
    findings = []
    for index in np.flatnonzero((off > FLOOR_DIFFERS).to_numpy()):
        words: Place = {
            "seen": shown(table["existing_floor_m2"].iat[index], 0),
            "product": shown(product.iat[index], 0),
            "percent": shown(off.iat[index] * 100, 1),
        }
        place: Place = {**where, **place_of(table, index), "field": "existing_floor"}
        findings.append(finding("floor.contradicts", **place, **words))
    for index in np.flatnonzero((storeys > HIGH_RATIO).to_numpy()):
        words = {
            "seen": shown(table["existing_floor_m2"].iat[index], 0),
            "land": shown(table["area_m2"].iat[index], 0),
            "ratio": shown(storeys.iat[index], 2),
            "area_m2": table["area_m2"].iat[index],
        }
        place = {**where, **place_of(table, index), "field": "existing_floor"}
        findings.append(finding("floor.footprint", **place, **words))
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
            **place_of(table, index),
            field="plot_ratio",
            area_m2=table["net_m2"].iat[index],
        )
        for index in at
    ]


def check_overlaps(table: gpd.GeoDataFrame, once: Once, where: Place) -> list[Finding]:
    """List the pairs of parcels that share more than a square metre, and doubts about the overlay.

    A pair may be one outline drawn twice, or a thin strip that digitising left.
    """
    land_m2 = shapely.area(table.geometry.to_numpy())
    shared_m2 = shapely.area(once.cut.pieces)
    both_m2 = land_m2[once.later] + land_m2[once.earlier]
    same = both_m2 - 2 * shared_m2 <= np.maximum(SAME_M2, SAME_SHARE * both_m2)
    thin = mean_width_m(once.cut.pieces) < THIN_M

    def place(pair: int) -> Place:
        other = table["parcel_id"].iat[once.earlier[pair]]
        return {**where, **place_of(table, once.later[pair]), "other": other}

    findings = []
    for pair in np.flatnonzero(shared_m2 > OVERLAP_M2):
        code = "parcel.same-outline" if same[pair] else "parcel.overlap"
        if thin[pair] and not same[pair]:
            code = "parcel.overlap-sliver"
        m2, piece = shared_m2[pair], once.cut.pieces[pair]
        words: Place = {"seen": shown(m2, 2), "area_m2": m2, "shape": piece}
        findings.append(finding(code, **place(int(pair)), **words))
    return findings + check_overlay(once.cut, place)


def check_barriers(
    table: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, where: Place
) -> list[Finding]:
    """List parcels that a barrier runs right through: their two sides are one parcel still."""
    if barriers.empty:
        return []
    shapes = table.geometry.to_numpy()
    lines = barriers.geometry.to_numpy()
    barrier, parcel = meeting(
        shapely.STRtree(shapes), lines, lambda _: where, predicate="intersects"
    )
    items = len(shapes) + len(lines)
    bounded(
        shapes[parcel], lines[barrier], items, lambda pair: where | place_of(table, parcel[pair])
    )
    pairs = zip(parcel, barrier, strict=True)
    cut = np.array([_splits(shapes[p], barriers.geometry.iat[b]) for p, b in pairs], dtype=bool)
    return [
        finding(
            "parcel.crossed",
            **where,
            **place_of(table, index),
            seen=barriers["name_en"].iat[which],
            barrier_zh=barriers["name_zh"].iat[which],
            shape=shapely.intersection(shapes[index], barriers.geometry.iat[which]),
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


def place_of(table: pd.DataFrame, index: np.intp | int) -> Place:
    """The row and the id of a parcel, as findings name them."""
    return {"row": int(table["row"].iat[index]), "parcel": str(table["parcel_id"].iat[index])}
