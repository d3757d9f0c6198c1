"""Parcels as a boundary-point file (勘测定界界址点坐标交换格式), as its reader reads it back.

Domain reference, section 4: X is north, areas are in hectares, points are labelled J1, J2 … and
the first point of each ring closes it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.cells.numerals import parse_numbers
from geo.earth.grids import Grid, grid_of, on_grid, prefixes
from geo.errors import PublishError
from geo.findings import Finding, Place, finding
from geo.shapes import problem
from geo.units import M2_PER_HA
from geo.words import as_text

_DATUM_NAMES: Final = {
    "CGCS2000": "2000国家大地坐标系",
    "Xian 1980": "1980西安坐标系",
    "Beijing 1954": "1954年北京坐标系",
}

_LOCAL: Final = re.compile(r"独立|地方|local|unknown|unnamed|custom", re.IGNORECASE)
"""A name that says the grid is another one, whatever its parameters are."""

_HEADER: Final = """\
[属性描述]
格式版本号=1.01版本
坐标系={datum}
几度分带={width}
投影类型=高斯克吕格
计量单位=米
带号={zone}
精度=0.001
转换参数=,,,,,,
[地块坐标]
"""

_TEXTS: Final = ("name", "sheet", "land_use", "land_class")

_SEPARATORS: Final = {",": "，", "\n": " ", "\r": " "}


class SurveyText(NamedTuple):
    """The text of a file, and what was written otherwise than it stands in the layer."""

    text: str
    findings: list[Finding]


def survey_text(
    frame: gpd.GeoDataFrame,
    crs: CRS,
    *,
    columns: Mapping[str, str],
    file: str = "",
) -> SurveyText:
    """Write polygons in ``crs`` (east-first, as everywhere) as the text of a boundary-point file.

    ``columns`` maps what the format holds to columns of ``frame``: ``parcel_id`` (required),
    ``name``, ``sheet``, ``land_use``, ``land_class``, and ``declared_area`` in hectares; a
    parcel without declared area gets its area on the grid. Coordinates are rounded to the
    millimetre, rings keep their order, start and winding.

    Raises :class:`PublishError` that lists every row the format cannot hold: another CRS than a
    Gauss-Krüger zone of China, a shape that is no valid polygon, an id that would read back
    differently. Commas and line breaks in other texts are replaced, which is a finding.
    """
    grid = grid_of(crs)
    if grid is None or _LOCAL.search(crs.name):
        raise PublishError(finding("survey.write-crs", file=file, field="crs", seen=crs.name))
    ids = as_text(frame[columns["parcel_id"]])
    texts = [as_text(frame[columns[name]]) if name in columns else None for name in _TEXTS]
    areas = np.full(len(frame), np.nan)
    if "declared_area" in columns:
        areas = parse_numbers(frame[columns["declared_area"]]).values
    findings: list[Finding] = []
    faults: list[Finding] = []
    plots = []
    for at, shape in enumerate(frame.geometry.to_numpy()):
        where: Place = {"file": file, "row": at + 1, "parcel": ids.iloc[at]}
        fault = _unwritable(ids.iloc[at], shape, grid, where, crs)
        if fault is not None:
            faults.append(fault)
            continue
        words = [""] * len(_TEXTS)
        for place, cells in enumerate(texts):
            if cells is not None:
                field = columns[_TEXTS[place]]
                words[place], notes = _safe(cells.iloc[at], where | {"field": field})
                findings += notes
        plots.append(_plot(ids.iloc[at], shape, areas[at], words))
    if faults:
        raise PublishError(*faults)
    header = _HEADER.format(datum=_DATUM_NAMES[grid.datum], width=grid.width, zone=grid.zone)
    return SurveyText(header + "".join(plots), findings)


def _unwritable(
    parcel: str, shape: shapely.Geometry | None, grid: Grid, where: Place, crs: CRS
) -> Finding | None:
    """Why a parcel cannot be written, or None."""
    if not parcel or parcel != parcel.strip() or _written(parcel) != parcel:
        return finding("survey.write-id", **where, seen=parcel)
    kind = "no geometry" if shape is None else shape.geom_type
    if shape is None or kind not in ("Polygon", "MultiPolygon") or shape.is_empty:
        kind_zh = "没有图形的地块" if shape is None else f"{kind} 图形"
        return finding("survey.write-shape", **where, seen=kind, seen_zh=kind_zh)
    points = shapely.get_coordinates(shape)
    placed = on_grid(points[:, 1], points[:, 0])
    expected = grid.zone if grid.prefixed else 0
    wrong = placed.lost | placed.swapped | (prefixes(points[:, 0]) != expected)
    if wrong.any():
        x, y = points[int(np.argmax(wrong))]
        return finding("survey.write-place", **where, seen=f"{x:.3f}, {y:.3f}", crs=crs.name)
    rounded = _to_millimetre(shape)
    if shapely.is_valid(rounded):
        return None
    reason, _ = problem(rounded)
    zh = f"无效图形（{reason.zh}）"
    return finding("survey.write-shape", **where, seen=reason.en, seen_zh=zh)


def _to_millimetre(shape: shapely.Geometry) -> shapely.Geometry:
    """The shape as it will be read back."""
    return shapely.transform(shape, lambda points: np.round(points, 3))


def _safe(text: str, where: Place) -> tuple[str, list[Finding]]:
    written = _written(text)
    if written == text:
        return text, []
    return written, [
        finding("survey.write-text", **where, seen=text, written=written, changed=True)
    ]


def _written(text: str) -> str:
    """The text without what parts fields and lines, and without what UTF-8 cannot hold."""
    clean = "".join(_SEPARATORS.get(sign, sign) for sign in text)
    return clean.encode("utf-8", errors="replace").decode("utf-8").strip()


def _plot(parcel: str, shape: Any, declared_ha: float, words: list[str]) -> str:
    """One plot: its line, then its rings, numbered through all parts."""
    name, sheet, use, land_class = words
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(shape))]
    hectares = shape.area / M2_PER_HA if np.isnan(declared_ha) else declared_ha
    count = sum(len(ring) for ring in rings)
    fields = [str(count), f"{hectares:.4f}", parcel, name, "面", sheet, use, land_class, "@"]
    lines = [",".join(fields)]
    label = 1
    for number, ring in enumerate(rings, 1):
        lines += _points(ring, number, label)
        label += len(ring) - 1
    return "\n".join(lines) + "\n"


def _points(ring: npt.NDArray[np.float64], number: int, label: int) -> list[str]:
    labels = [*range(label, label + len(ring) - 1), label]
    return [
        f"J{at},{number},{y:.3f},{x:.3f}" for at, (x, y) in zip(labels, ring.tolist(), strict=True)
    ]
