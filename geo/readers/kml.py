"""Placemarks of KML, read here as GDAL turns the Chinese names of their data to underscores."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import shapely
from shapely.errors import GEOSException

from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.choosing import chosen_layer
from geo.readers.raw import RawLayer
from geo.text import Words

_Item = TypeVar("_Item")

WGS84: Final = "EPSG:4326"
"""KML has no other CRS (OGC 12-007r2, section 6.2); longitude comes first."""


@dataclass(slots=True)
class _Mark:
    """A placemark: the folder that holds it, its texts, its geometry, and what is wrong with it."""

    folder: str
    texts: dict[str, str]
    shape: shapely.Geometry | None = None
    areal: bool = False
    open_ring: bool = False
    heights: bool = False
    fault: "_MarkError | None" = None


class _MarkError(Exception):
    """Why a placemark has no geometry that can be relied on: a code of the faults, its words."""

    def __init__(self, code: str, **words: Any) -> None:
        super().__init__(code)
        self.code = code
        self.words: Place = words


_GEOMETRIES: Final = Words("图形", "geometries")
_SHELLS: Final = Words("外边界", "outer boundaries")
_LISTS: Final = Words("坐标串", "lists of coordinates")


@dataclass(slots=True)
class _Scan:
    """What a pass over the file gathers."""

    marks: list[_Mark] = field(default_factory=list)
    links: int = 0


def read(path: Path, *, layer: str | None = None) -> RawLayer:
    """Read the placemarks of one folder: the one named, or the only one that holds polygons.

    Links to other files are not followed but counted. Raises :class:`LayerError` when the file is
    damaged, when placemarks stand where no folder holds them, and when several folders hold
    polygons and none is named.
    """
    scan = _Scan()
    try:
        root = ET.parse(path).getroot()
        _gather(root, path.stem, scan)
    except (ET.ParseError, ValueError, UnicodeError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        problem = "its elements are nested too deeply" if deep else error
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem)) from None
    there = sum(_kind(node) == "Placemark" for node in root.iter())
    if there != len(scan.marks):  # in a tour, an update, or another placemark
        words: Place = {"seen": len(scan.marks), "expected": there}
        raise LayerError(finding("layer.rows-lost", file=path.name, **words))
    folders = list(dict.fromkeys(mark.folder for mark in scan.marks))
    areal = list(dict.fromkeys(mark.folder for mark in scan.marks if mark.areal))
    name = chosen_layer(path, layer, folders, areal)
    marks = [mark for mark in scan.marks if mark.folder == name]
    where: Place = {"file": path.name, "layer": name}
    findings = list(_faults(marks, where))
    if heights := sum(mark.heights for mark in marks):
        words = {**where, "field": "geometry", "seen": "Z", "rows": heights}
        findings.append(finding("geometry.heights", **words, changed=True))
    if scan.links:
        findings.append(finding("kml.links", **where, seen=scan.links))
    columns = list(dict.fromkeys(key for mark in marks for key in mark.texts))
    cells = {
        column: pa.array([mark.texts.get(column) for mark in marks], type=pa.string())
        for column in columns
    }
    shapes = np.empty(len(marks), dtype=object)
    shapes[:] = [mark.shape for mark in marks]
    return RawLayer(name, pa.table(cells), shapes, WGS84, findings)


def _gather(node: ET.Element, folder: str, scan: _Scan) -> None:
    for child in node:
        kind = _kind(child)
        if kind in ("Folder", "Document"):
            _gather(child, _text(child, "name") or folder, scan)
        elif kind == "Placemark":
            scan.marks.append(_mark(child, folder))
        elif kind == "NetworkLink":
            scan.links += 1


def _mark(node: ET.Element, folder: str) -> _Mark:
    texts = {name: text for name in ("name", "description") if (text := _text(node, name))}
    for item in node.iter():
        kind = _kind(item)
        if kind == "Data" and (value := _text(item, "value")) is not None:
            texts[item.get("name", "")] = value
        elif kind == "SimpleData" and item.text:
            texts[item.get("name", "")] = item.text.strip()
    mark = _Mark(folder, texts)
    try:
        shapes = [shape for child in node if (shape := _shape(child, mark)) is not None]
        mark.shape = _only(shapes, _GEOMETRIES)
    except _MarkError as error:
        mark.fault = error
    return mark


def _shape(node: ET.Element, mark: _Mark) -> shapely.Geometry | None:
    kind = _kind(node)
    if kind == "Polygon":
        mark.areal = True
        shell = _only(_rings(node, "outerBoundaryIs", mark), _SHELLS)
        return _polygon(shell or [], _rings(node, "innerBoundaryIs", mark), mark)
    if kind == "MultiGeometry":
        parts = [part for child in node if (part := _shape(child, mark)) is not None]
        if parts and all(part.geom_type in ("Polygon", "MultiPolygon") for part in parts):
            return shapely.MultiPolygon(shapely.get_parts(parts).tolist())
        return shapely.GeometryCollection(parts) if parts else None
    if kind in ("Point", "LineString", "LinearRing"):
        points = _points(node, mark)
        return shapely.Point(points[0]) if len(points) == 1 else shapely.LineString(points)
    return None


def _polygon(shell: list[Any], holes: list[list[Any]], mark: _Mark) -> shapely.Geometry | None:
    try:
        return shapely.Polygon(shell, [hole for hole in holes if hole])
    except (ValueError, GEOSException):  # fewer than three points
        mark.open_ring = True
        return None


def _rings(node: ET.Element, kind: str, mark: _Mark) -> list[list[Any]]:
    """The rings of all boundaries of one kind; some programs write all holes into one."""
    rings = [
        _points(ring, mark)
        for boundary in _below(node, kind)
        for ring in _below(boundary, "LinearRing")
    ]
    mark.open_ring |= any(ring and ring[0] != ring[-1] for ring in rings)
    return rings


def _points(node: ET.Element, mark: _Mark) -> list[tuple[float, float]]:
    """Longitude and latitude of each point; heights are left out."""
    told = _only(_below(node, "coordinates"), _LISTS)
    points = []
    for item in ("" if told is None else told.text or "").split():
        try:
            longitude, latitude, height = map(float, _numbers(item))
        except ValueError:
            raise _MarkError("kml.coordinates", seen=item[:60]) from None
        mark.heights |= height != 0
        points.append((longitude, latitude))
    return points


def _numbers(item: str) -> list[str]:
    """The three numbers of a point; Python would read ``1_0`` as ten."""
    numbers = item.split(",")
    if len(numbers) not in (2, 3) or "_" in item:
        raise ValueError(item)
    return [*numbers, "0"][:3]


def _only(items: list[_Item], what: Words) -> _Item | None:
    """The one item, or None; of several, none can be preferred."""
    if len(items) > 1:
        raise _MarkError("kml.several", seen=len(items), what=what.en, what_zh=what.zh)
    return items[0] if items else None


def _faults(marks: list[_Mark], where: Place) -> Iterator[Finding]:
    for row, mark in enumerate(marks, start=1):
        place: Place = {**where, "row": row}
        if mark.fault is not None:
            name = mark.texts.get("name", "")
            yield finding(mark.fault.code, **place, **mark.fault.words, name=name)
        elif mark.open_ring:
            yield finding("geometry.ring", **place)


def _below(node: ET.Element, kind: str) -> list[ET.Element]:
    return [child for child in node if _kind(child) == kind]


def _text(node: ET.Element, kind: str) -> str | None:
    found = _below(node, kind)
    return (found[0].text or "").strip() or None if found else None


def _kind(node: ET.Element) -> str:
    """The name of an element without its namespace, which files give in many ways."""
    return str(node.tag).rpartition("}")[2]
