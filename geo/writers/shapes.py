"""Geometry as a format can hold it: nothing is mended, and what cannot be held is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from geo.findings import Finding, Place, finding
from geo.text import Words
from geo.writers.layer import Layer

_NOT_FINITE: Final = Words("坐标不是有限数", "a coordinate is not finite")
_KINDS: Final = Words(
    "Shapefile 的一个图层只能有一种图形", "one layer of a Shapefile holds one kind of geometry"
)
_COLLECTION: Final = Words("它是几何集合", "it is a collection of geometries")
_HEIGHTS: Final = Words("有的行有高程，有的没有", "some rows have heights and this one has none")
_EMPTY: Final = Words("图形为空", "it is empty")
_HOLES: Final = Words(
    "图形无效，Shapefile 会改变它的部件", "it is invalid, and a Shapefile would change its parts"
)
_FAMILY: Final = np.array([0, 1, 1, 3, 4, 1, 3, -1, -1])
"""By type id (-1, the last, is of no geometry), which ones a Shapefile keeps in one kind of layer:
lines and multilines, and so on."""


def drawable(
    layer: Layer, format_: str, file: Path, *, decimals: int
) -> tuple[Layer, list[Finding]]:
    """The layer with geometry as the format will hold it, and what is to be said of it.

    Rows that the format cannot hold as they are are found with severity *error*. GeoJSON rounds
    coordinates to ``decimals``.
    """
    findings = list(to_list(layer, file))
    shapes = layer.shapes
    measured = shapely.has_m(shapes)
    if format_ in ("Shapefile", "GeoJSON") and measured.any():
        shapes = shapes.copy()
        shapes[measured] = _without_m(shapes[measured])
        findings += dropped(measured, layer, file)
    if format_ == "GeoJSON":
        shapes = rounded(shapes, decimals)
    result = replace(layer, shapes=shapes)
    for row, why in _cannot(shapes, format_):
        words: Place = {"why": why.en, "why_zh": why.zh}
        findings.append(finding("write.shape", **result.place(row, file), **words))
    return result, findings


def dropped(rows: npt.NDArray[np.bool_], layer: Layer, file: Path) -> list[Finding]:
    """Say in how many rows a coordinate loses its third or fourth number."""
    where: Place = {"file": file.name, "layer": layer.name}
    times = int(rows.sum())
    return [finding("write.measures", **where, times=times, changed=True)] if times else []


def rounded(shapes: npt.NDArray[Any], decimals: int) -> npt.NDArray[Any]:
    """Coordinates with so many decimals, ring by ring and point by point as they were."""
    heights = shapely.has_z(shapes)
    result = shapes.copy()
    for which, dimension in ((~heights, False), (heights, True)):
        result[which] = shapely.transform(
            shapes[which], lambda points: np.round(points, decimals), include_z=dimension
        )
    return result


def _without_m(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    heights = shapely.has_z(shapes)
    result = shapely.force_2d(shapes)
    wkb = shapely.to_wkb(shapes[heights], output_dimension=3)
    result[heights] = shapely.from_wkb(wkb)
    return np.asarray(result, dtype=object)


def to_list(layer: Layer, file: Path) -> Iterator[Finding]:
    """Rows that are written as they are although something is wrong with them."""
    for row in np.flatnonzero(shapely.is_missing(layer.shapes)):
        yield finding("write.no-shape", **layer.place(int(row), file))
    given = ~shapely.is_missing(layer.shapes)
    invalid = np.flatnonzero(given & ~shapely.is_valid(layer.shapes))
    for row, reason in zip(invalid, shapely.is_valid_reason(layer.shapes[invalid]), strict=True):
        yield finding("write.invalid", **layer.place(int(row), file), seen=reason)


def kinds(shapes: npt.NDArray[Any]) -> list[str]:
    """The kinds of geometry that there are, those with heights by themselves."""
    drawn = shapes[~shapely.is_missing(shapes)]
    ids = shapely.get_type_id(drawn) + 8 * shapely.has_z(drawn)
    _, first = np.unique(ids, return_index=True)
    return sorted(f"{one.geom_type}{' Z' * bool(one.has_z)}" for one in drawn[first])


def _cannot(shapes: npt.NDArray[Any], format_: str) -> Iterator[tuple[int, Words]]:
    if format_ in ("GeoPackage", "GeoParquet"):
        return
    for row in np.flatnonzero(~finite(shapes)):
        yield int(row), _NOT_FINITE
    if format_ != "Shapefile":
        return
    given = ~shapely.is_missing(shapes)
    kinds = shapely.get_type_id(shapes)
    for row in np.flatnonzero(kinds == 7):
        yield int(row), _COLLECTION
    for row in np.flatnonzero(given & shapely.is_empty(shapes)):
        yield int(row), _EMPTY
    families = _FAMILY[kinds]
    first = next(iter(families[families >= 0]), -1)
    for row in np.flatnonzero((families >= 0) & (families != first)):
        yield int(row), _KINDS
    heights = shapely.has_z(shapes)
    if heights.any():
        for row in np.flatnonzero(given & ~heights):
            yield int(row), _HEIGHTS
    for row in np.flatnonzero(_outside(shapes)):
        yield int(row), _HOLES


def finite(shapes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether every coordinate of a row is a finite number; a row without geometry has none."""
    points, rows = shapely.get_coordinates(shapes, include_z=False, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[rows[~np.isfinite(points).all(axis=1)]] = False
    return finite


def _outside(shapes: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Polygons with a hole outside its shell or holes in holes: rings that readers sort anew."""
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    suspects = np.flatnonzero(areal & ~shapely.is_valid(shapes))
    reasons = shapely.is_valid_reason(shapes[suspects])
    words = ("Hole lies outside shell", "Holes are nested")
    outside = np.zeros(len(shapes), dtype=bool)
    outside[suspects] = [any(word in reason for word in words) for reason in reasons]
    return outside
