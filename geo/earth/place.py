"""Place: whether land lies where its CRS and a reference say, and what is wrong if it does not.

A wrong central meridian, swapped axes or the offset of a web map leave areas almost as they are,
so that no sum shows them: only the place does.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.earth.crs import NEAR_DEGREES, Points, area_of_use, lonlat, where_seen, within
from geo.earth.grs80 import E2, SEMI_MAJOR_M
from geo.earth.readings import (
    Reading,
    in_crs,
    likely,
    meridian_readings,
    offset_readings,
    scale_readings,
    swapped_reading,
)
from geo.findings import Finding, Place, finding
from geo.kernels import placing
from geo.kernels.compiled import in_chunks
from geo.outlines import outlines_of
from geo.plan import BoundaryLayer
from geo.readers.columns import named_rows
from geo.readers.vector import VectorLayer
from geo.text import Words
from geo.units import shown

Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

FAR_M, FAR_DEGREES = 100_000.0, 1.5
"""A row this far from the middle of its layer is in doubt …"""

FAR_TIMES: Final = 10.0
"""… if that is also so many times as far as half of the rows are.

The rows of a town lie within kilometres, so 100 km counts; half of a country's counties lie some
hundred kilometres from its middle, and none lies ten times as far.
"""


def check_layer(
    shapes: Shapes,
    crs: CRS,
    where: Place,
    *,
    parcels: Sequence[str] | None = None,
    gathered: bool = False,
) -> list[Finding]:
    """Land that no place of its CRS holds, as a whole or in single rows.

    ``shapes`` are as the file holds them, one or None for each row; ``parcels`` their ids. Rows
    that were ``gathered`` around some land are none of them far from it, however wide they are.
    """
    points = _middles(shapes)
    known: Mask = np.asarray(np.isfinite(points).all(axis=1))
    if not known.any():
        return []
    use = area_of_use(crs)
    inside = np.zeros(len(points), dtype=bool)
    inside[known] = use is None or within(lonlat(points[known], crs), use, NEAR_DEGREES)
    whole = 2 * inside.sum() < known.sum()
    far = np.zeros_like(known) if gathered else _far(points, known, crs)
    stray = far | (known & ~inside & (not whole))
    findings = [_row_fault(points, row, crs, where, parcels) for row in np.flatnonzero(stray)]
    if whole:
        point = np.median(points[known & ~inside & ~stray], axis=0)
        words = likely(point, crs)
        told: Place = {"crs": crs.name, "likely": words.en, "likely_zh": words.zh}
        findings.insert(0, finding("crs.place", **where, seen=where_seen(point, crs), **told))
    return findings


def _middles(shapes: Shapes) -> Points:
    """The middle of each shape's box; not finite for what is missing, empty or not finite."""
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(over="ignore", invalid="ignore"):
        return np.column_stack([(west + east) / 2, (south + north) / 2])


def _far(points: Points, known: Mask, crs: CRS) -> Mask:
    """Rows absurdly far from the middle of their layer, see :data:`FAR_TIMES`."""
    limit = FAR_DEGREES if crs.is_geographic else FAR_M / crs.axis_info[0].unit_conversion_factor
    apart = np.zeros(len(points))
    apart[known] = np.hypot(*(points[known] - np.median(points[known], axis=0)).T)
    far: Mask = apart > max(limit, FAR_TIMES * float(np.median(apart[known])))
    return far


def _row_fault(
    points: Points, row: np.intp, crs: CRS, where: Place, parcels: Sequence[str] | None
) -> Finding:
    # rows of one kind of numbers have one cause, so it is looked for once
    x, y = points[row]
    digits = -4 if max(abs(x), abs(y)) > 1000 else 0
    words = _likely_alike(round(float(x), digits), round(float(y), digits), crs)
    told: Place = {"likely": words.en, "likely_zh": words.zh}
    told |= {"row": int(row) + 1, "parcel": "" if parcels is None else parcels[int(row)]}
    return finding("place.row-far", **where, **told, seen=where_seen(points[row], crs))


@lru_cache(maxsize=1024)
def _likely_alike(x: float, y: float, crs: CRS) -> Words:
    return likely(np.array([x, y]), crs)


FITS: Final = 0.98
"""Share of the land in the reference from which on its place is not questioned."""

EXPLAINS: Final = 4.0
"""A reading explains a misfit when it leaves at most a fourth of it …"""

SHIFTED_FROM: Final = 0.05
SHIFTED_ROWS: Final = 5
"""… and an offset of some hundred metres only when as many parcels and so much land come in."""

ALIKE: Final = 0.005
"""Readings whose shares are so close explain the land equally well, and all are named."""

TRIED: Final = 2000
"""Readings are tried on at most so many parcels, taken evenly from the layer."""


_AT_ONCE: Final = 50_000
"""Shapes that one thread looks at: their centroids are objects, and a city has many."""


def check_place(
    shapes: Shapes,
    crs: CRS,
    reference: Shapes,
    reference_crs: CRS,
    where: Place,
    *,
    name: str,
    parcels: Sequence[str] | None = None,
    listed: bool = True,
) -> list[Finding]:
    """Whether land lies in a reference (a town's boundary, the zones), and what is wrong if not.

    A parcel counts by its centroid and with its whole area. Land that lies in no place of its CRS
    is left to :func:`check_layer`. An offset of a web map is seen only where it takes land over
    the boundary. Datums are taken as one here: they are 100 m apart, boundaries kilometres wide.
    ``name`` is what findings call the reference, ``parcels`` are the ids of the rows; the parcels
    outside are ``listed`` unless something else does that.
    """
    rows, points, land_m2 = _land(shapes, crs)
    outlines = _outlines(reference, reference_crs)
    if not len(rows) or not len(outlines) or _misplaced(points, crs):
        return []
    inside = _held(in_crs(crs)(points), outlines)
    share = _share(inside, land_m2)
    words: Place = {**where, "reference": name, "seen": shown(share, 1, percent=True)}
    whole = words | {"area_m2": float(land_m2[~inside].sum())}
    if share < FITS:
        step = -(-len(points) // TRIED)
        tried, weight, before = points[::step], land_m2[::step], inside[::step]
        for readings in _readings(crs):
            best, after = _best(readings, tried, weight, outlines)
            if best and _explains(best[0], before, after, weight):
                return [_fault(best, crs, tried, _share(after, weight), whole)]
    if share < 0.5:
        return [finding("place.outside", **whole)]
    return [
        finding(
            "place.beyond",
            **words,
            row=rows[at] + 1,
            parcel="" if parcels is None else parcels[rows[at]],
            area_m2=land_m2[at],
        )
        for at in np.flatnonzero(~inside)
        if listed
    ]


def _misplaced(points: Points, crs: CRS) -> bool:
    """Whether the middle of some points is no place of their CRS."""
    use, middle = area_of_use(crs), np.median(points, axis=0)[None]
    return use is not None and not within(lonlat(middle, crs), use, NEAR_DEGREES)[0]


def _land(shapes: Shapes, crs: CRS) -> tuple[npt.NDArray[np.intp], Points, Floats]:
    """Rows with a centroid, their centroids, and their area in m² to about a thousandth."""
    points, area = np.empty((len(shapes), 2)), np.empty(len(shapes))

    def work(_: int, start: int, stop: int) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            points[start:stop] = _centroids(shapes[start:stop])
            area[start:stop] = shapely.area(shapes[start:stop])

    in_chunks(len(shapes), work, None, size=_AT_ONCE)
    known = np.isfinite(points).all(axis=1) & np.isfinite(area)
    rows, points, area = np.flatnonzero(known), points[known], area[known]
    if crs.is_geographic:
        return rows, points, area * np.abs(_metres_per_degree(points[:, 1]).prod(axis=0))
    return rows, points, area * crs.axis_info[0].unit_conversion_factor ** 2


def _centroids(shapes: Shapes) -> Points:
    """The centroid of each shape; NaN of what is missing or empty."""
    points = np.empty((len(shapes), 2))
    placing.middles(*outlines_of(shapes), points)
    others = np.flatnonzero(~np.isfinite(points).all(axis=1))
    centroids = shapely.centroid(shapes[others])
    centroids[shapely.is_empty(centroids)] = None  # which GEOS would not look at
    points[others] = np.column_stack([shapely.get_x(centroids), shapely.get_y(centroids)])
    return points


def _metres_per_degree(latitude: Floats) -> Floats:
    """Metres on the ellipsoid along a degree of longitude and one of latitude."""
    phi = np.radians(latitude)
    bend = np.sqrt(1 - E2 * np.sin(phi) ** 2)
    east, north = np.cos(phi) / bend, (1 - E2) / bend**3
    metres: Floats = np.radians(SEMI_MAJOR_M) * np.array([east, north])
    return metres


def _outlines(reference: Shapes, crs: CRS) -> Shapes:
    """The polygons of a reference in longitude and latitude, their edges left straight."""
    areal = reference[np.isin(shapely.get_type_id(reference), (3, 6))]
    finite = np.isfinite(shapely.bounds(areal)).all(axis=1)
    outlines: Shapes = shapely.transform(areal[finite], in_crs(crs))
    return outlines


def _held(degrees: Points, outlines: Shapes) -> Mask:
    """Which points lie in any of some polygons, or on their edge."""
    found = np.zeros(len(degrees), dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(degrees).all(axis=1))
    order = placed[np.argsort(degrees[placed, 0])]
    boxes, flat = shapely.bounds(outlines), outlines_of(outlines)

    def work(_: int, start: int, stop: int) -> None:
        placing.held(degrees, order[start:stop], boxes, *flat, found)

    in_chunks(len(order), work, None, size=_AT_ONCE)
    doubtful = np.flatnonzero(found == placing.IN_DOUBT)
    tree = shapely.STRtree(shapely.points(degrees[doubtful]))
    found[doubtful[tree.query(outlines, predicate="intersects")[1]]] = placing.INSIDE
    inside: Mask = found == placing.INSIDE
    return inside


def _share(inside: Mask, land_m2: Floats) -> float:
    total = float(land_m2.sum())
    return float(land_m2[inside].sum()) / total if total else float(inside.mean())


def _readings(crs: CRS) -> Iterator[list[Reading]]:
    """What may be wrong: first what often is, then what is asked only if that explains nothing."""
    yield [swapped_reading(crs), *meridian_readings(crs), *offset_readings(crs)]
    yield list(scale_readings(crs))


def _best(
    readings: list[Reading], points: Points, land_m2: Floats, outlines: Shapes
) -> tuple[list[Reading], Mask]:
    """The readings that put most of the land into the reference, the likelier first."""
    held = [_held(reading.place(points), outlines) for reading in readings]
    shares = [_share(inside, land_m2) for inside in held]
    most = max(shares, default=0.0)
    best = [at for at, share in enumerate(shares) if share > 0 and share >= most - ALIKE]
    none = np.zeros(len(points), dtype=bool)
    return [readings[at] for at in best], held[best[0]] if best else none


def _explains(best: Reading, before: Mask, after: Mask, land_m2: Floats) -> bool:
    misfit, left = 1 - _share(before, land_m2), 1 - _share(after, land_m2)
    if misfit > 0.9:
        return left <= 0.5
    if best.kind == "offset" and (
        misfit < SHIFTED_FROM or int((after & ~before).sum()) < SHIFTED_ROWS
    ):
        return False
    return left * EXPLAINS <= misfit


def _fault(best: list[Reading], crs: CRS, points: Points, after: float, where: Place) -> Finding:
    """What is likely wrong, with the share of land it would bring in and how far it is off."""
    words: Place = {**where, "what": ", or if ".join(item.words.en for item in best)}
    words["what_zh"] = "，或若".join(item.words.zh for item in best)
    words["after"] = shown(after, 1, percent=True)
    if best[0].kind == "swapped":
        return finding("place.swapped", **words)
    if best[0].kind == "meridian":
        return finding("place.meridian", **words)
    middle = np.median(points, axis=0)[None]
    stated, fits = in_crs(crs)(middle)[0], best[0].place(middle)[0]
    east, north = (stated - fits) * _metres_per_degree(stated[1:])[:, 0]
    return finding("place.offset", **words, east=f"{east:+.0f}", north=f"{north:+.0f}")


def boundary_rows(source: VectorLayer, layer: BoundaryLayer) -> Shapes:
    """The outlines of the rows that a plan names, as the file holds them.

    Raises :class:`LayerError` for a column that is not there and a value that no row has.
    """
    shapes: Shapes = source.frame.geometry.to_numpy()
    chosen = layer.rows
    if chosen is None:
        return shapes
    at: Place = {"file": source.file, "layer": source.layer}
    named = named_rows(
        source.frame, chosen.field, chosen.values, meaning="boundary", code="boundary.value", **at
    )
    wanted: Shapes = shapes[named]
    return wanted
