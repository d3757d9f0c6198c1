"""Checks of the parcel table: what is wrong, where, and how much land it touches."""

from collections.abc import Sequence
from typing import Any, Final, SupportsIndex

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.cells.quantities import HIGH_RATIO
from geo.crowding import MOST_LINE_CROSSINGS, bounded, meeting, self_crossings
from geo.earth.crs import lonlat
from geo.findings import Finding, Place, finding
from geo.once import Once
from geo.overlay import check_overlay
from geo.repair import (
    FEW_CROSSINGS,
    MAX_CROSSINGS,
    MAX_CROSSINGS_OF_LAYER,
    MAX_MENDED_VERTICES,
    Mending,
    mend,
    mend_each,
)
from geo.rows import Stands, places
from geo.shapes import (
    MAX_VERTICES,
    SMALL,
    THIN_M,
    Looks,
    crossings,
    dense,
    finite_ones,
    looks,
    mean_width_m,
    problem,
    reach_m,
    slivers,
    valid,
    within_reach,
)
from geo.text import Words
from geo.units import M2_PER_MU, M2_PER_UNIT, AreaUnit, shown

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Shapes = npt.NDArray[Any]

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


def check_geometry(drawn: Shapes, place: Stands, where: Place) -> tuple[Shapes, list[Finding]]:
    """Find geometry that cannot be measured, mend what has one right answer, drop heights.

    Shapes keep their place; those that cannot be counted have a finding that sets them aside. What
    is valid and yet odd (spikes, slivers, repeated points) counts as it is drawn, and is named.
    """
    shapes, findings = _level(drawn, where)
    seen = looks(shapes)
    usable, faults = _usable(shapes, seen.finite, place)
    land = shapes.copy()
    land[~usable] = None
    sound = valid(land, seen.sound)
    bad = np.flatnonzero(usable & ~sound)
    findings += [*faults, *_mend_all(shapes, bad, place)]
    mended = bad[shapely.is_valid(shapes[bad])]
    findings += _oddities(shapes, seen, sound, mended, place)
    return shapes, findings


def _level(drawn: Shapes, where: Place) -> tuple[Shapes, list[Finding]]:
    """The shapes without heights and measures, which are no part of an area: said once."""
    shapes, heights, measures = drawn.copy(), shapely.has_z(drawn), shapely.has_m(drawn)
    carried = heights | measures
    if not carried.any():
        return shapes, []
    shapes[carried] = shapely.force_2d(drawn[carried])
    seen = "/".join(name for name, has in (("Z", heights), ("M", measures)) if has.any())
    words: Place = {"seen": seen, "rows": int(carried.sum()), "changed": True}
    return shapes, [finding("geometry.heights", **where, field="geometry", **words)]


def _usable(shapes: Shapes, known: Mask, place: Stands) -> tuple[Mask, list[Finding]]:
    """Which shapes are land that can be looked at in detail, and what is wrong with the others.

    Polygons have finite coordinates where they are ``known``.
    """
    drawn = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    finite, vertices = known.copy(), shapely.get_num_coordinates(shapes)
    finite[~areal] = finite_ones(shapes[~areal])
    boundless = drawn & areal & finite & ~within_reach(shapes)
    usable = drawn & areal & finite & ~boundless
    vast = usable & (vertices > MAX_VERTICES)
    usable &= ~vast
    intricate = np.zeros(len(shapes), dtype=bool)
    intricate[usable] = dense(shapes[usable])

    def kind(at: SupportsIndex) -> Place:
        return {"seen": shapely.GeometryType(shapely.get_type_id(shapes[at])).name.title()}

    told: list[tuple[str, Mask, Stands]] = [
        ("geometry.missing", shapely.is_missing(shapes), kind),
        ("geometry.empty", shapely.is_empty(shapes), kind),
        ("geometry.type", drawn & ~areal & finite, lambda at: {**kind(at), "shape": shapes[at]}),
        ("geometry.type", drawn & ~areal & ~finite, kind),
        ("crs.not-finite", drawn & areal & ~finite, kind),
        ("geometry.boundless", boundless, lambda at: {"seen": f"{reach_m(shapes[at]):.3g}"}),
        ("geometry.vast", vast, lambda at: {**kind(at), "most": MAX_VERTICES}),
        ("geometry.dense", intricate, lambda at: {"seen": vertices[at]}),
    ]
    findings = [
        finding(code, **place(at), **words(at))
        for code, mask, words in told
        for at in np.flatnonzero(mask)
    ]
    return usable & ~intricate, findings


def _mend_all(shapes: Shapes, at: Integers, place: Stands) -> list[Finding]:
    """Mend these shapes in place, as far as repair has an end, and say what was done to each."""
    vertices = shapely.get_num_coordinates(shapes[at])
    counts = np.zeros(len(at), dtype=np.int64)
    tangled = vertices > MAX_MENDED_VERTICES
    counts[~tangled] = crossings(shapes[at[~tangled]], most=MAX_CROSSINGS)
    left = MAX_CROSSINGS_OF_LAYER
    for many in np.flatnonzero(counts > FEW_CROSSINGS):
        tangled[many] = counts[many] > min(MAX_CROSSINGS, left)
        left -= 0 if tangled[many] else int(counts[many])
    readings = iter(mend_each(shapes[at[~tangled]]))
    findings = []
    for number, index in enumerate(at):
        shape = shapes[index]
        if tangled[number]:
            words: Place = {"vertices": vertices[number], "seen": counts[number]}
            where_drawn = {"area_m2": shape.area, "shape": problem(shape)[1]}
            fault = finding("geometry.tangled", **place(index), **words, **where_drawn)
        else:
            shapes[index], fault = _mended(shape, next(readings), place(index))
        findings.append(fault)
    return findings


def _mended(
    shape: shapely.Geometry, result: Mending, place: Place
) -> tuple[shapely.Geometry, Finding]:
    reason, point = problem(shape)
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
    shapes: Shapes, seen: Looks, sound: Mask, mended: Integers, place: Stands
) -> list[Finding]:
    """What is odd about valid polygons: slivers, spikes, points that repeat the one before.

    They were ``seen`` as drawn, and were ``sound`` where valid; the ``mended`` are looked at anew.
    """
    anew, whole = looks(shapes[mended]), sound.copy()
    whole[mended] = True
    narrow = np.zeros(len(shapes), dtype=bool)
    narrow[whole] = slivers(shapes[whole])
    findings = [_sliver(shapes[at], place(at)) for at in np.flatnonzero(narrow)]
    drawn, redrawn = seen.spikes, anew.spikes
    owner = np.concatenate([drawn.owner, mended[redrawn.owner]])
    told = np.concatenate([sound[drawn.owner], np.ones(len(redrawn.owner), dtype=bool)])
    points, m2 = np.concatenate([drawn.points, redrawn.points]), np.append(drawn.m2, redrawn.m2)
    order = np.argsort(owner, kind="stable")
    for spike in order[(told & ~narrow[owner])[order]]:
        x, y = points[spike]
        words: Place = {"seen": f"{x:.3f} {y:.3f}", "shape": shapely.Point(x, y)}
        words["area_m2"] = m2[spike]
        findings.append(finding("geometry.spike", **place(owner[spike]), **words))
    counts, last = seen.repeated.copy(), seen.last.copy()
    counts[mended], last[mended] = anew.repeated, anew.last
    for at in np.flatnonzero(np.where(whole, counts, 0)):
        words = {"seen": int(counts[at]), "area_m2": 0.0, "shape": shapely.Point(last[at])}
        findings.append(finding("geometry.repeated", **place(at), **words))
    return findings


def _sliver(shape: shapely.Geometry, place: Place) -> Finding:
    width, m2 = mean_width_m(np.array([shape], dtype=object))[0], shape.area
    words: Place = {"seen": shown(width, 3), "m2": shown(m2, 2), "area_m2": m2, "shape": shape}
    return finding("geometry.sliver", **place, **words)


def check_outlines(
    shapes: npt.NDArray[Any], names: Sequence[str], where: Place, *, lines: bool
) -> tuple[npt.NDArray[Any], list[Finding]]:
    """Shapes of zones or barriers (``lines`` for those too); one that cannot be used is None."""
    usable = np.asarray(shapely.force_2d(shapes), dtype=object)
    findings = []
    for index in np.flatnonzero(~_plain(usable)).tolist():
        shape = usable[index]
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


def _plain(shapes: Shapes) -> Mask:
    """Which shapes are valid polygons of a size that needs no closer look."""
    areal = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    areal &= (shapely.get_num_coordinates(shapes) <= SMALL) & within_reach(shapes)
    plain = np.zeros(len(shapes), dtype=bool)
    plain[areal] = valid(shapes[areal])
    return plain


def _outline_mended(shape: shapely.Geometry) -> shapely.Geometry | None:
    """The mended shape; None where it has no one reading, or too many crossings to look for it."""
    large = shapely.get_num_coordinates(shape) > MAX_MENDED_VERTICES
    if large or crossings(np.array([shape], dtype=object), most=MAX_CROSSINGS)[0] > MAX_CROSSINGS:
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
    place, off_by = places(table, where), off.to_numpy()
    declared_m2, area_m2 = table["declared_m2"].to_numpy(), table["area_m2"].to_numpy()
    for index in np.flatnonzero(off_by > DIFFERS):
        declared, measured = declared_m2[index], area_m2[index]
        words: Place = {
            "seen": shown(declared, 2),
            "declared": shown(declared / M2_PER_MU, 2),
            "measured": shown(measured / M2_PER_MU, 2),
            "percent": shown(off_by[index] * 100, 2),
        }
        code = "area.contradicts" if off_by[index] > CONTRADICTS else "area.differs"
        words |= {"field": "declared_area", "area_m2": abs(declared - measured)}
        findings.append(finding(code, **place(index), **words))
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
    corners = shapely.bounds(shapes)
    middle = np.nanmedian(corners[:, :2] + corners[:, 2:], axis=0) / 2
    latitude = lonlat(middle[None], table.crs)[0, 1]
    cosine2 = np.cos(np.radians(latitude)) ** 2
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
    floor, land = table["existing_floor_m2"].to_numpy(), table["area_m2"].to_numpy()
    product, place = table["plot_ratio_existing"].to_numpy() * land, places(table, where)
    off, storeys = np.abs(_ratio(floor, product) - 1), _ratio(floor, land)
    findings = []
    for index in np.flatnonzero(off > FLOOR_DIFFERS):
        words: Place = {
            "seen": shown(floor[index], 0),
            "product": shown(product[index], 0),
            "percent": shown(off[index] * 100, 1),
            "field": "existing_floor",
        }
        findings.append(finding("floor.contradicts", **place(index), **words))
    for index in np.flatnonzero(storeys > HIGH_RATIO):
        words = {
            "seen": shown(floor[index], 0),
            "land": shown(land[index], 0),
            "ratio": shown(storeys[index], 2),
            "area_m2": land[index],
            "field": "existing_floor",
        }
        findings.append(finding("floor.footprint", **place(index), **words))
    return findings


def _ratio(one: Floats, other: Floats) -> Floats:
    """One figure by another; NaN where there is none, or nothing to hold it against."""
    unknown = np.full(len(one), np.nan)
    ratio: Floats = np.divide(one, other, out=unknown, where=other > 0)
    return ratio


def check_ratios_known(table: pd.DataFrame, where: Place) -> list[Finding]:
    """List net land whose planned and existing plot ratios are both unknown."""
    net_m2, place = table["net_m2"].to_numpy(), places(table, where)
    unknown = table[["plot_ratio", "plot_ratio_existing"]].isna().to_numpy().all(axis=1)
    at = np.flatnonzero(unknown & (net_m2 > 0))
    if len(at) == int((net_m2 > 0).sum()):
        return []  # a layer without any plot ratio is no fault of its rows
    return [
        finding("ratio.missing", **place(index), field="plot_ratio", area_m2=net_m2[index])
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
    stands = places(table, where)

    def place(pair: int) -> Place:
        return {**stands(once.later[pair]), "other": stands(once.earlier[pair])["parcel"]}

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
    shapes, lines, place = (
        table.geometry.to_numpy(),
        barriers.geometry.to_numpy(),
        places(table, where),
    )
    barrier, parcel = meeting(
        shapely.STRtree(shapes), lines, lambda _: where, predicate="intersects"
    )
    bounded(
        shapes[parcel], lines[barrier], len(shapes) + len(lines), lambda pair: place(parcel[pair])
    )
    land_m2, names = table["land_m2"].to_numpy(), barriers[["name_zh", "name_en"]].to_numpy()
    return [
        finding(
            "parcel.crossed",
            **place(index),
            barrier_zh=names[which][0],
            seen=names[which][1],
            shape=shapely.intersection(shapes[index], lines[which]),
            area_m2=land_m2[index],
        )
        for which, index in zip(barrier, parcel, strict=True)
        if _splits(shapes[index], lines[which])
    ]


def _splits(shape: shapely.Geometry, barrier: shapely.Geometry) -> bool:
    """Whether taking the barrier away leaves the parcel in more pieces."""
    thin = barrier.buffer(1e-3) if shapely.get_dimensions(barrier) < 2 else barrier
    left = shapely.get_parts(shapely.difference(shape, thin))
    whole = shapely.get_num_geometries(shape)
    return bool((shapely.area(left) > OVERLAP_M2).sum() > whole)
