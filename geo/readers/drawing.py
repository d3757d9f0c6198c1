"""Drawings: closed polylines and curves of a DXF as polygons, with the text that lies in them."""

import logging
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.filemanagement import readfile
from ezdxf.math import bulge_to_arc

from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.choosing import chosen_layer
from geo.readers.encodings import codec, reading
from geo.readers.raw import RawLayer
from geo.text import Words
from geo.words import listed

Points = npt.NDArray[np.float64]

CHORD_M: Final = 0.001
"""No chord is further from its arc than this."""

CLOSED_M: Final = 0.001
"""Ends that are no further apart than this are one point."""

LARGEST_BYTES = 128 * 2**20
"""A parsed drawing takes some twenty times the bytes of its file."""

MOST_ENTITIES = 250_000
MOST_POINTS = 2_500_000
MOST_NESTED: Final = 8
"""Entities and points once blocks are taken apart and arcs are chords, and blocks in blocks."""

MOST_CHORDS: Final = 100_000
"""Of one spline: some 100 km of the tightest bends."""

_FARTHEST: Final = 1e9
"""Beyond this no coordinate is metres on Earth, and a millimetre is no longer exact."""

_WIDEST_CURVE: Final = 1e6
_METRES: Final = (0, 6)
_UNITS: Final = {
    1: Words("英寸", "inches"),
    2: Words("英尺", "feet"),
    3: Words("英里", "miles"),
    4: Words("毫米", "millimetres"),
    5: Words("厘米", "centimetres"),
    7: Words("千米", "kilometres"),
    14: Words("分米", "decimetres"),
}
_UNICODE_SINCE: Final = "AC1021"
_LINES: Final = frozenset({"LWPOLYLINE", "POLYLINE"})
_CURVES: Final = frozenset({"CIRCLE", "ELLIPSE", "SPLINE"})


@dataclass(slots=True)
class _Drawn:
    """What is gathered from the entities of a drawing on the way."""

    shapes: list[shapely.Geometry | None] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    colors: list[int] = field(default_factory=list)
    curved: list[bool] = field(default_factory=list)
    snapped: list[bool] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    texts: list[tuple[float, float, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    points: int = 0


@dataclass(frozen=True, slots=True)
class _Entity:
    """An entity as it stands in model space, with the layer and handle of its block reference."""

    drawn: DXFGraphic
    layer: str
    handle: str


def read(path: Path, *, layer: str | None = None) -> RawLayer:
    """The polylines and closed curves of one layer of a drawing; a DXF states no CRS.

    A damaged drawing is refused and not recovered: what recovery leaves out, it leaves out
    silently. Raises :class:`LayerError`.
    """
    try:
        with _listening() as warnings:
            document = _document(path)
        _check_units(path, document)
        drawn = _gathered(path, document)
        drawn.warnings += warnings
    except LayerError:
        raise
    except Exception as error:  # ezdxf raises whatever a damaged tag makes Python raise
        problem = f"{type(error).__name__}: {error}"[:200]
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem)) from None
    name = _choose(path, drawn, layer)
    return _as_layer(path, drawn, name)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What ezdxf warns of: it goes on without a part that it cannot read."""
    listener = _Listener()
    logger = logging.getLogger("ezdxf")
    logger.addHandler(listener)
    try:
        yield listener.messages
    finally:
        logger.removeHandler(listener)


def _document(path: Path) -> Any:
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        words: Place = {"seen": f"{size} bytes", "limit": f"{LARGEST_BYTES} bytes"}
        raise LayerError(finding("file.large", file=path.name, **words))
    return readfile(path, encoding=_encoding(path), errors="strict")


def _encoding(path: Path) -> str | None:
    """How to read a drawing before 2007, whose code page is often that of another machine."""
    data = path.read_bytes()
    if data.startswith(b"AutoCAD Binary DXF") or data.isascii():
        return None
    lines = data[:200_000].replace(b"\r", b"").split(b"\n")
    facts = {
        lines[at].strip(): lines[at + 2].strip()
        for at in range(len(lines) - 2)
        if lines[at].strip() in (b"$ACADVER", b"$DWGCODEPAGE")
    }
    if facts.get(b"$ACADVER", b"").decode("ascii", errors="replace") >= _UNICODE_SINCE:
        return "utf-8"
    return reading(data, codec(facts.get(b"$DWGCODEPAGE", b"").decode("ascii", "replace"))).encoding


def _check_units(path: Path, document: Any) -> None:
    unit = int(document.header.get("$INSUNITS", 0))
    if unit not in _METRES:
        name = _UNITS.get(unit, Words(f"代码 {unit}", f"code {unit}"))
        words: Place = {"seen": name.en, "seen_zh": name.zh}
        raise LayerError(finding("drawing.units", file=path.name, **words))


# --- entities


def _gathered(path: Path, document: Any) -> _Drawn:
    drawn = _Drawn()
    for number, entity in enumerate(_entities(document.modelspace(), drawn.others), 1):
        if number > MOST_ENTITIES or drawn.points > MOST_POINTS:
            words: Place = {
                "seen": f"{number} entities, {drawn.points} points",
                "limit": f"{MOST_ENTITIES} / {MOST_POINTS}",
            }
            raise LayerError(finding("file.large", file=path.name, **words))
        try:
            _take(entity, drawn)
        except Exception as error:  # one damaged entity is a finding, and the others are read
            _keep(entity, drawn, None, problem=f"{type(error).__name__}: {error}"[:120])
    return drawn


def _entities(space: Iterable[Any], others: Counter[str]) -> Iterator[_Entity]:
    """Everything in model space, with blocks taken apart where they are inserted."""
    waiting = [iter([(_Entity(item, item.dxf.layer, str(item.dxf.handle))) for item in space])]
    while waiting:
        entity = next(waiting[-1], None)
        if entity is None:
            waiting.pop()
        elif entity.drawn.dxftype() != "INSERT":
            yield entity
        elif len(waiting) > MOST_NESTED or entity.drawn.block() is None:  # type: ignore[attr-defined]
            others["INSERT"] += 1
        else:
            yield entity  # so that references to empty blocks count towards the limit, too
            waiting.append(_inside(entity, others))


def _inside(reference: _Entity, others: Counter[str]) -> Iterator[_Entity]:
    """The content of a block where it is inserted; on layer 0 it is on the reference's layer."""

    def skipped(item: Any, _reason: str) -> None:
        others[item.dxftype()] += 1

    block: Any = reference.drawn
    for single in block.multi_insert() if block.mcount > 1 else [block]:
        for item in single.virtual_entities(skipped_entity_callback=skipped):
            layer = reference.layer if item.dxf.layer == "0" else item.dxf.layer
            yield _Entity(item, layer, reference.handle)


def _take(entity: _Entity, drawn: _Drawn) -> None:
    """Sort one entity: a shape, a text, or something else, which is counted."""
    kind = entity.drawn.dxftype()
    if kind == "INSERT":
        return
    if kind in ("TEXT", "MTEXT", "ATTRIB"):
        _take_text(entity.drawn, drawn)
    elif kind in _LINES and not _is_mesh(entity.drawn):
        points, curved = _polyline(entity.drawn)
        _take_line(entity, drawn, points, curved=curved, closed=bool(_closed(entity.drawn)))
    elif kind in _CURVES and _closed(entity.drawn):
        _take_line(entity, drawn, _curve(entity.drawn), curved=True, closed=True)
    else:
        drawn.others[kind] += 1


def _take_text(item: Any, drawn: _Drawn) -> None:
    text = " ".join(item.plain_text().split())
    place = item.dxf.insert
    if item.dxftype() != "MTEXT":
        place = item.get_placement()[1]
    place = item.ocs().to_wcs(place) if item.dxftype() != "MTEXT" else place
    if text and math.isfinite(place.x) and math.isfinite(place.y):
        drawn.texts.append((place.x, place.y, text))


def _take_line(
    entity: _Entity, drawn: _Drawn, points: Points, *, curved: bool, closed: bool
) -> None:
    snapped, problem = False, ""
    if not np.isfinite(points).all() or (len(points) and np.abs(points).max() > _FARTHEST):
        points, problem = points[:0], "its coordinates are no metres"
    if len(points) > 2:
        gap = float(np.hypot(*(points[-1] - points[0])))
        snapped = not closed and 0 < gap <= CLOSED_M
        closed = closed or gap <= CLOSED_M
        if closed:
            points = np.vstack([points[:-1] if gap <= CLOSED_M else points, points[:1]])
    drawn.points += len(points)
    shape = _shape(points, closed=closed)
    _keep(entity, drawn, shape, curved=curved, snapped=snapped, problem=problem)


def _keep(
    entity: _Entity,
    drawn: _Drawn,
    shape: shapely.Geometry | None,
    *,
    curved: bool = False,
    snapped: bool = False,
    problem: str = "",
) -> None:
    drawn.shapes.append(shape)
    drawn.layers.append(entity.layer)
    drawn.handles.append(entity.handle)
    drawn.colors.append(int(entity.drawn.dxf.get("color", 256)))
    drawn.curved.append(curved)
    drawn.snapped.append(snapped)
    drawn.problems.append(problem)


def _shape(points: Points, *, closed: bool) -> shapely.Geometry | None:
    """A polygon where the line closes around something, else the line."""
    if closed and len(points) > 3:
        return shapely.polygons(points)
    return shapely.linestrings(points) if len(points) > 1 else None


def _closed(item: Any) -> bool:
    kind = item.dxftype()
    if kind == "LWPOLYLINE":
        return bool(item.closed)
    if kind == "POLYLINE":
        return bool(item.is_closed)
    if kind == "ELLIPSE":
        turn = abs(item.dxf.end_param - item.dxf.start_param)
        return math.isclose(turn, math.tau, abs_tol=1e-6)
    if kind == "SPLINE":
        ends = item.construction_tool()
        ends = [ends.point(0), ends.point(ends.max_t)]
        return bool(item.closed or ends[0].distance(ends[1]) <= CLOSED_M)
    return bool(kind == "CIRCLE")


def _is_mesh(item: Any) -> bool:
    return item.dxftype() == "POLYLINE" and not (item.is_2d_polyline or item.is_3d_polyline)


# --- coordinates


def _polyline(item: Any) -> tuple[Points, bool]:
    """The points of a polyline on the ground, its bulges as chords; and whether it has any."""
    flat = item.dxftype() == "LWPOLYLINE" or item.is_2d_polyline
    if item.dxftype() == "LWPOLYLINE":
        corners = [(x, y, bulge) for x, y, bulge in item.get_points("xyb")]
        height = float(item.dxf.get("elevation", 0.0))
    else:
        vertices = [(each.dxf.location, each.dxf.get("bulge", 0.0)) for each in item.vertices]
        corners = [(place.x, place.y, bulge if flat else 0.0) for place, bulge in vertices]
        height = vertices[0][0].z if vertices else 0.0
    closed = _closed(item)
    chain = _chained(corners, closed=closed)
    curved = any(bulge for _, _, bulge in corners)
    if flat and tuple(item.dxf.get("extrusion", (0, 0, 1))) != (0, 0, 1):
        placed = item.ocs().points_to_wcs([(x, y, height) for x, y in chain])
        chain = np.array([(place.x, place.y) for place in placed], dtype=float)
    return chain.reshape(-1, 2), curved


def _chained(corners: list[tuple[float, float, float]], *, closed: bool) -> Points:
    """Corners and, after each that has a bulge, the points of its arc."""
    points: list[Points] = []
    count = 0
    following = [*corners[1:], *(corners[:1] if closed else [])]
    for at, (x, y, bulge) in enumerate(corners):
        points.append(np.array([[x, y]], dtype=float))
        if bulge and at < len(following):
            points.append(_arc((x, y), following[at][:2], bulge))
            count += len(points[-1])
            if count > MOST_POINTS:
                raise ValueError("its arcs take too many chords")
    if closed and corners:
        points.append(np.array([corners[0][:2]], dtype=float))
    return np.vstack(points) if points else np.empty((0, 2))


def _arc(start: tuple[float, float], end: tuple[float, float], bulge: float) -> Points:
    """Points between the ends of an arc; the bulge is the tangent of a quarter of its angle."""
    if start == end or not math.isfinite(bulge):
        return np.empty((0, 2))
    center, _, _, radius = bulge_to_arc(start, end, bulge)
    angle = 4 * math.atan(bulge)
    first = math.atan2(start[1] - center.y, start[0] - center.x)
    turns = first + np.linspace(0, angle, _pieces(radius, angle) + 1)[1:-1]
    return np.column_stack([center.x + radius * np.cos(turns), center.y + radius * np.sin(turns)])


def _pieces(radius: float, angle: float) -> int:
    """Chords that an arc needs so that none is further from it than :data:`CHORD_M`."""
    if not 0 < radius < _FARTHEST:
        return 1
    step = 2 * math.acos(max(1 - CHORD_M / radius, 0.0))
    return max(math.ceil(abs(angle) / step), 1)


def _curve(item: Any) -> Points:
    """A closed circle, ellipse or spline as chords."""
    nowhere = np.full((1, 2), np.inf)
    if item.dxftype() == "CIRCLE":
        if not 0 < item.dxf.radius < _WIDEST_CURVE:
            return nowhere
        turns = np.linspace(0, math.tau, max(_pieces(item.dxf.radius, math.tau), 3) + 1)
        middle, radius = item.dxf.center, item.dxf.radius
        circle = [
            (middle.x + radius * math.cos(turn), middle.y + radius * math.sin(turn), middle.z)
            for turn in turns
        ]
        placed = item.ocs().points_to_wcs(circle)
        return np.array([(place.x, place.y) for place in placed])
    if item.dxftype() == "ELLIPSE":
        return _ellipse(item)
    frame = [*item.control_points, *item.fit_points]
    around = np.array([(place[0], place[1]) for place in frame], dtype=float).reshape(-1, 2)
    if not np.isfinite(around).all() or np.ptp(around, axis=0).max(initial=0) > _WIDEST_CURVE:
        return nowhere
    places = list(islice(item.flattening(CHORD_M), MOST_CHORDS))
    if len(places) == MOST_CHORDS:
        return nowhere
    return np.array([(place.x, place.y) for place in places], dtype=float).reshape(-1, 2)


def _ellipse(item: Any) -> Points:
    """An ellipse is a circle that was squeezed, and its chords are no further off for that."""
    middle, major, minor = item.dxf.center, item.dxf.major_axis, item.minor_axis
    if not max(major.magnitude, minor.magnitude) < _WIDEST_CURVE:
        return np.full((1, 2), np.inf)
    radius = max(major.magnitude, minor.magnitude)
    turns = np.linspace(0, math.tau, max(_pieces(radius, math.tau), 3) + 1)[:, None]
    axes = np.array([(each.x, each.y) for each in (middle, major, minor)], dtype=float)
    points: Points = axes[0] + np.cos(turns) * axes[1] + np.sin(turns) * axes[2]
    return points


# --- the layer


def _choose(path: Path, drawn: _Drawn, wanted: str | None) -> str:
    """The layer of the drawing that is named, or the only one with polygons, or with lines."""
    kinds = [None if shape is None else shape.geom_type for shape in drawn.shapes]
    areal = Counter(
        name for name, kind in zip(drawn.layers, kinds, strict=True) if kind == "Polygon"
    )
    counts = areal or Counter(drawn.layers)
    shown = {name: f"{name} ({count})" for name, count in counts.items()}
    return chosen_layer(path, wanted, sorted(set(drawn.layers)), sorted(counts), shown=shown)


def _as_layer(path: Path, drawn: _Drawn, name: str) -> RawLayer:
    rows = [row for row, layer in enumerate(drawn.layers) if layer == name]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [drawn.shapes[row] for row in rows]
    where: Place = {"file": path.name, "layer": name}
    texts, strays = _texts(shapes, drawn.texts)
    cells = pa.table(
        {
            "Layer": pa.array([name] * len(rows), pa.string()),
            "Handle": pa.array([drawn.handles[row] for row in rows], pa.string()),
            "Color": pa.array([drawn.colors[row] for row in rows], pa.int32()),
            "Text": pa.array(texts, pa.string()),
        }
    )
    findings = _findings(drawn, rows, where)
    if strays:
        findings.append(finding("drawing.text", **where, seen=strays, count=strays))
    return RawLayer(name, cells, shapes, None, findings)


def _texts(
    shapes: npt.NDArray[Any], texts: list[tuple[float, float, str]]
) -> tuple[list[str | None], int]:
    """The text of each polygon, and how many texts lie in none or in several."""
    held: list[list[str]] = [[] for _ in shapes]
    if not texts:
        return [None] * len(shapes), 0
    polygons = [
        row
        for row, shape in enumerate(shapes)
        if shape is not None and shape.geom_type == "Polygon"
    ]
    points = shapely.points([(x, y) for x, y, _ in texts])
    tree = shapely.STRtree(shapes[polygons])
    found, inside = tree.query(points, predicate="intersects")
    times = np.bincount(found, minlength=len(texts))
    for text, polygon in zip(found, inside, strict=True):
        if times[text] == 1:
            held[polygons[polygon]].append(texts[text][2])
    return ["; ".join(words) or None for words in held], int((times != 1).sum())


def _findings(drawn: _Drawn, rows: list[int], where: Place) -> list[Finding]:
    found = [
        finding(
            "drawing.damaged",
            **where,
            row=number,
            seen=drawn.handles[row],
            on=drawn.layers[row],
            problem=drawn.problems[row],
        )
        for number, row in enumerate(rows, 1)
        if drawn.problems[row]
    ]
    if drawn.warnings:
        seen = listed(dict.fromkeys(ascii(message)[1:-1] for message in drawn.warnings))[:400]
        found.append(finding("drawing.passed-over", **where, seen=seen))
    curved = [number for number, row in enumerate(rows, 1) if drawn.curved[row]]
    snapped = [number for number, row in enumerate(rows, 1) if drawn.snapped[row]]
    if curved:
        words: Place = {"row": curved[0], "seen": listed(curved), "tolerance": CHORD_M}
        found.append(finding("drawing.chorded", **where, **words, count=len(curved)))
    if snapped:
        words = {"row": snapped[0], "seen": listed(snapped), "tolerance": CLOSED_M}
        found.append(finding("drawing.closed", **where, **words, count=len(snapped), changed=True))
    if drawn.others:
        seen = listed(f"{kind} {count}" for kind, count in sorted(drawn.others.items()))
        found.append(finding("drawing.others", **where, seen=seen))
    return found
