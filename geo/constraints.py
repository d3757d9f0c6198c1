"""Constraint layers: read, widened, turned inside out where they say so, in small pieces."""

from collections.abc import Iterator
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.checks import check_outlines
from geo.earth.around import Around
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.inputs import Notes, moved, read_outlines
from geo.overlay import clipped
from geo.plan import Constraint, LayerFile, Plan
from geo.readers.columns import named_rows, no_column
from geo.readers.vector import VectorLayer
from geo.terrain.dem import Dem
from geo.terrain.slope import steep_land
from geo.words import as_text, normal

Shapes = npt.NDArray[Any]

CONSTRAINT_COLUMNS: Final = ("reason", "file", "layer", "row", "geometry")
"""One polygon that takes land, the id of its constraint as the reason, and where it stands."""

MOST_VERTICES: Final = 256
"""Polygons of more are quartered, so that a parcel is cut against its surroundings only."""

ARC: Final = 16
"""Segments of a quarter circle: rounded corners are then 0.1 % too small."""

MARGIN_M: Final = 1.0
"""Land outside a boundary is drawn this far beyond the parcels."""


def constraint_land(
    plan: Plan, parcels: gpd.GeoSeries, dem: Dem | None, crs: CRS, notes: Notes
) -> gpd.GeoDataFrame:
    """The polygons of every constraint of a plan in ``crs``, with :data:`CONSTRAINT_COLUMNS`.

    ``parcels`` are all outlines, of today and before, around which the land outside a boundary is
    drawn; none is missing or empty. Raises
    :class:`LayerError` when a file, a column or a width is missing.
    """
    read: dict[str, tuple[VectorLayer, Shapes]] = {}  # several constraints may share a layer
    frames = []
    for constraint in plan.constraints:
        if constraint.layer is None:
            frame = _steep(constraint, plan, dem, parcels)
        else:
            key = constraint.layer.model_dump_json()
            if key not in read:
                source = _source(plan, constraint.layer, parcels, notes)
                read[key] = source, moved(source, constraint.layer, crs, notes)
            frame = _layer(constraint, *read[key], parcels, notes)
        frames.append(_quartered(frame.assign(reason=constraint.id)))
    empty: dict[str, list[Any]] = {name: [] for name in CONSTRAINT_COLUMNS if name != "geometry"}
    nothing = gpd.GeoDataFrame(empty, geometry=[], crs=crs)
    land = pd.concat([frame for frame in frames if len(frame)] or [nothing], ignore_index=True)
    return gpd.GeoDataFrame(land[list(CONSTRAINT_COLUMNS)], geometry="geometry", crs=crs)


def _source(plan: Plan, layer: LayerFile, parcels: gpd.GeoSeries, notes: Notes) -> VectorLayer:
    """A layer as far as it reaches the parcels, or whole where that answers not all it is asked."""
    asking = [item for item in plan.constraints if item.layer == layer]
    around = Around.of(parcels.to_numpy(), parcels.crs)
    if around is not None and not any(item.outside for item in asking):
        noted, near = Notes(), around.within(max(map(_reach_m, asking)))
        source = read_outlines(plan, layer, noted, near=near)
        if source.rows is None or all(_answers(source, item) for item in asking):
            notes.add(noted)
            return source
    return read_outlines(plan, layer, notes)


def _reach_m(constraint: Constraint) -> float:
    """How far from an outline it may take land."""
    widths = (constraint.width_m or 0.0, *constraint.widths_m.values())
    return max(widths) / 2 + (constraint.buffer_m or 0.0)


def _answers(source: VectorLayer, constraint: Constraint) -> bool:
    """Whether some rows of a layer tell what a constraint asks of all: its rows, and lines.

    One must be sound, as a layer of which nothing can be used is told of.
    """
    try:
        chosen = _chosen(constraint, source, {"file": source.file})
    except LayerError:  # the value may stand farther away
        return False
    shapes = source.frame.geometry.to_numpy()[chosen]
    kinds = shapely.get_dimensions(shapes[shapely.is_valid(shapes)])
    widened = bool(constraint.width_m or constraint.widths_m)
    return bool((kinds == 1).any() if widened else (kinds > 0).any())


def _steep(
    constraint: Constraint, plan: Plan, dem: Dem | None, parcels: gpd.GeoSeries
) -> gpd.GeoDataFrame:
    """The land that is steeper than a constraint allows."""
    assert dem is not None, "a plan with a limit of slope has a terrain"
    assert plan.terrain is not None, "and it was read from there"
    assert constraint.steeper_than_deg is not None, "which is what makes it one of slope"
    crs = parcels.crs
    near = dem.near(parcels.to_numpy(), crs)
    shapes = shapely.get_parts(steep_land(near, constraint.steeper_than_deg, crs))
    frame = gpd.GeoDataFrame(geometry=shapes, crs=crs)
    return frame.assign(file=plan.terrain.file, layer="", row=0)


def _layer(
    constraint: Constraint,
    source: VectorLayer,
    outlines: Shapes,
    parcels: gpd.GeoSeries,
    notes: Notes,
) -> gpd.GeoDataFrame:
    """The polygons of a layer, whose ``outlines`` lie in the CRS of parcels, that take land."""
    at: Place = {"file": source.file, "layer": source.layer}
    chosen = _chosen(constraint, source, at)
    widths = _widths(constraint, source, chosen, at)
    shapes, faults = check_outlines(
        outlines,
        [constraint.id] * len(source.frame),
        at,
        lines=not constraint.outside,
    )
    drawn = ~shapely.is_missing(shapes)
    rows = np.flatnonzero(chosen & drawn)
    if constraint.outside and not drawn[chosen].all():  # land that it should keep would be lost
        rows = rows[:0]
    noted = [item for item in faults if item.row and chosen[item.row - 1]]
    noted += _without_width(constraint, shapes, widths, rows, at)
    notes.findings.extend(source.numbered(noted))
    if not len(rows):
        notes.findings.append(finding("constraint.empty", **at, seen=constraint.id))
    grown = _grown(shapes[rows], widths[rows], constraint.buffer_m)
    grown = np.concatenate([grown, joints := _joints(shapes[rows], widths[rows])])
    rows = np.concatenate([rows, np.repeat(rows[:1], len(joints))])
    if constraint.outside and len(rows):
        grown, rows = _outside(grown, parcels), rows[:1]
    told = rows + 1 if source.rows is None else source.rows[rows]
    frame = gpd.GeoDataFrame({"row": told}, geometry=grown, crs=parcels.crs).explode()
    return frame[~frame.geometry.is_empty].assign(**at)


def _chosen(constraint: Constraint, source: VectorLayer, at: Place) -> npt.NDArray[np.bool_]:
    """The rows of a layer that a constraint names; all of them if it names none."""
    if constraint.rows is None:
        return np.ones(len(source.frame), dtype=bool)
    meaning, rows = f"constraints.{constraint.id}", constraint.rows
    return named_rows(
        source.frame, rows.field, rows.values, meaning=meaning, code="constraint.rows", **at
    )


def _cells(constraint: Constraint, source: VectorLayer, field: str, at: Place) -> pd.Series:
    """A column of a layer as text that can be compared."""
    columns = [str(column) for column in source.frame.columns]
    if field not in columns:
        raise no_column(field, f"constraints.{constraint.id}", columns, **at)
    return as_text(source.frame[field].reset_index(drop=True)).map(normal)


def _widths(
    constraint: Constraint, source: VectorLayer, chosen: npt.NDArray[np.bool_], at: Place
) -> npt.NDArray[np.float64]:
    """The width in m of each row; 0 where the plan gives none."""
    if constraint.width_field is None:
        return np.full(len(source.frame), constraint.width_m or 0.0)
    cells = _cells(constraint, source, constraint.width_field, at)
    known = {normal(value): width for value, width in constraint.widths_m.items()}
    faults = [
        finding(
            "constraint.width-unknown",
            **at,
            row=int(row) + 1,
            field=constraint.width_field,
            seen=cells.iat[row],
            constraint=constraint.id,
            known=", ".join(constraint.widths_m),
        )
        for row in np.flatnonzero(chosen & ~cells.isin(known).to_numpy())
    ]
    if faults:
        raise LayerError(*source.numbered(faults))
    return np.asarray(cells.map(known).fillna(0.0), dtype=np.float64)


def _without_width(
    constraint: Constraint,
    shapes: Shapes,
    widths: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    at: Place,
) -> Iterator[Finding]:
    """Lines that take no land because nobody says how wide their strip is."""
    lines = shapely.get_dimensions(shapes[rows]) == 1
    if constraint.buffer_m is None:
        for row in rows[lines & (widths[rows] == 0)]:
            yield finding("constraint.no-width", **at, row=int(row) + 1, seen=constraint.id)
    if len(rows) and not lines.any() and (constraint.width_m or constraint.widths_m):
        yield finding("constraint.width-unused", **at, seen=constraint.id)


def _grown(shapes: Shapes, widths: npt.NDArray[np.float64], buffer_m: float | None) -> Shapes:
    """Polygons, and strips along lines, that end where the lines end; a bare line is no land."""
    lines = shapely.get_dimensions(shapes) == 1
    strips = shapely.buffer(shapes, widths / 2, cap_style="flat", quad_segs=ARC)
    grown = np.where(lines, strips, shapes)
    if buffer_m is not None:  # a line without a width is land itself once it has surroundings
        bare = np.where(lines & (widths == 0), shapes, grown)
        grown = shapely.buffer(bare, buffer_m, quad_segs=ARC)
    return np.asarray(grown, dtype=object)


def _joints(shapes: Shapes, widths: npt.NDArray[np.float64]) -> Shapes:
    """Disks where lines go on in one another, which round the bend as within one line.

    A river is digitised from confluence to confluence, and a strip ends square.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    lines = (shapely.get_dimensions(parts) == 1) & (widths[owner] > 0) & ~shapely.is_ring(parts)
    ends = [shapely.get_point(parts[lines], at) for at in (0, -1)]
    at = shapely.get_coordinates(np.concatenate(ends)).round(_MILLIMETRE)
    table = pd.DataFrame({"x": at[:, 0], "y": at[:, 1], "width": np.tile(widths[owner[lines]], 2)})
    ends_at = table.groupby(["x", "y"])["width"].agg(["size", "min"])
    shared = ends_at[ends_at["size"] > 1].reset_index()
    points = shapely.points(shared[["x", "y"]].to_numpy())
    return np.asarray(shapely.buffer(points, shared["min"] / 2, quad_segs=ARC), dtype=object)


_MILLIMETRE: Final = 3
"""Decimals to which the ends of lines are one place."""


def _outside(boundary: Shapes, parcels: gpd.GeoSeries) -> Shapes:
    """The land around parcels that is outside a boundary."""
    frame = shapely.box(*parcels.total_bounds)
    around = shapely.buffer(frame, MARGIN_M, join_style="mitre")
    return np.array([shapely.difference(around, shapely.union_all(boundary))], dtype=object)


def _quartered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same land in polygons of at most :data:`MOST_VERTICES` vertices.

    A polygon is quartered, and its quarters again; it stays whole where they do not add up to it.
    """
    parts, owner = frame.geometry.to_numpy(), np.arange(len(frame))
    large = shapely.get_num_coordinates(parts) > MOST_VERTICES
    while large.any():
        quarters, of = _quarters(parts[large])
        count = np.ones(len(parts), dtype=np.int64)
        count[large] = np.bincount(of, minlength=int(large.sum()))
        cut = np.repeat(large, count)
        parts, owner = np.repeat(parts, count), np.repeat(owner, count)
        tried = np.zeros(len(parts), dtype=bool)
        tried[cut] = (count[large] == 1)[of]  # it stays whole, or is all in one quarter
        parts[cut] = quarters
        large = cut & ~tried & (shapely.get_num_coordinates(parts) > MOST_VERTICES)
    rows = frame.drop(columns="geometry").iloc[owner].reset_index(drop=True)
    return gpd.GeoDataFrame(rows, geometry=parts, crs=frame.crs)


def _quarters(shapes: Shapes) -> tuple[Shapes, npt.NDArray[np.int64]]:
    """The quarters of polygons, and the number of the polygon that each is of.

    A polygon is its own only quarter where its quarters do not add up to it, or are no smaller.
    """
    size, area_m2 = shapely.get_num_coordinates(shapes), shapely.area(shapes)
    west, south, east, north = shapely.bounds(shapes).T
    x, y = (west + east) / 2, (south + north) / 2
    sides = (west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north)
    boxes = np.stack([np.column_stack(side) for side in sides], axis=1).reshape(-1, 4)
    parts, of = shapely.get_parts(clipped(np.repeat(shapes, 4), boxes), return_index=True)
    areal = shapely.get_dimensions(parts) == 2
    parts, of = parts[areal], of[areal] // 4
    most = np.zeros(len(shapes), dtype=np.int64)
    np.maximum.at(most, of, shapely.get_num_coordinates(parts))
    sums = np.bincount(of, shapely.area(parts), minlength=len(shapes))
    whole = (np.abs(sums - area_m2) > 1e-9 * area_m2) | (most >= size)
    kept = ~whole[of]
    parts, of = np.append(parts[kept], shapes[whole]), np.append(of[kept], np.flatnonzero(whole))
    order = np.argsort(of, kind="stable")
    return parts[order], of[order]
