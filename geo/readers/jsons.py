"""GeoJSON, sequences of it, and TopoJSON: parsed once by Python before GDAL reads them."""

import gc
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from geo.errors import LayerError
from geo.findings import Finding, Place, finding

LARGEST_BYTES = 256 * 2**20
"""Parsed JSON takes some ten times the bytes of its file."""

_SHAPES: Final = frozenset(
    {
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    }
)
_CRS_NAME: Final = re.compile(
    r"urn:(x-)?ogc:def:crs:[\w.:-]+|https?://www\.opengis\.net/def/crs/[\w./-]+|"
    r"[A-Za-z][A-Za-z0-9]*:[\w.-]+|[A-Za-z](?:[\w .,()+-]| / )*"
)
"""Names of a CRS that say nothing of a file or an address."""

_PLAIN: Final = "nothing, which means WGS 84"
_NO_NUMBER: Final = re.compile(r"(?<=[\[,:\s])-?(?:NaN|Infinity)\b")


def check(path: Path, kind: str, layer: str | None = None) -> tuple[int | None, list[Finding]]:
    """How many rows the file holds, parsed whole; None where that depends on the layer.

    GDAL drops what is no feature, passes over a CRS of single rows, and reads a half of a
    sequence, all without a word. Raises :class:`LayerError` for each of these.
    """
    if path.stat().st_size > LARGEST_BYTES:
        words: Place = {"seen": f"{path.stat().st_size} bytes", "limit": f"{LARGEST_BYTES} bytes"}
        raise LayerError(finding("file.large", file=path.name, **words))
    with _no_circles():
        return _count(path, kind, layer), []


@contextmanager
def _no_circles() -> Iterator[None]:
    """JSON has no circles, and Python would spend most of its time looking for them."""
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()


def _count(path: Path, kind: str, layer: str | None) -> int | None:
    text = _text(path)
    if kind == "GeoJSONSeq":
        return _check_sequence(path, text)
    root = _parsed(path, text)
    if _kind(root) == "Topology":
        return _check_topology(path, root, layer)
    return _check_collection(path, root)


def states_crs(path: Path) -> bool:
    """Whether a CRS stands in the file; where none does, GeoJSON means WGS 84 (RFC 7946)."""
    return re.search(rb'"crs"\s*:\s*\{', path.read_bytes()) is not None


def _text(path: Path) -> str:
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        seen = data[error.start : error.start + 8].hex(" ")
        words: Place = {"seen": f"{seen} (line {line})", "encoding": "UTF-8"}
        raise LayerError(finding("json.encoding", file=path.name, **words)) from None


def _parsed(path: Path, text: str, *, line: int = 1, row: int | None = None) -> Any:
    """One JSON text, which begins on this line of the file, and may be one row of it."""
    keys = _Keys()
    try:
        root = json.loads(text, parse_constant=_refuse, object_pairs_hook=keys.held)
    except json.JSONDecodeError as error:
        place: Place = {"line": line + error.lineno - 1, "column": error.colno}
        raise LayerError(
            finding("json.syntax", file=path.name, **place, problem=error.msg)
        ) from None
    except RecursionError:
        raise LayerError(finding("json.deep", file=path.name)) from None
    except _NoNumberError as error:
        raise LayerError(_no_number(path, text, str(error), line)) from None
    except (ValueError, OverflowError) as error:  # a whole number of thousands of digits
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    if keys.twice:
        raise LayerError(*_twice(path, keys, _rows(root, row)))
    return root


class _Keys:
    """The objects in which a key stands twice; Python and GDAL keep one value without a word."""

    def __init__(self) -> None:
        self.twice: dict[int, tuple[str, dict[str, Any]]] = {}
        """Identity of an object → the key, and the object, so that it lives and keeps it."""

    def held(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The object of these members, as a hook of the parser."""
        made = dict(pairs)
        if len(made) != len(pairs):
            (key, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            self.twice[id(made)] = key, made
        return made


def _twice(path: Path, keys: _Keys, rows: Iterator[tuple[int, Any]]) -> Iterator[Finding]:
    """Each such key once, with the first row that has it, where it is in a row at all."""
    first: dict[str, int] = {}
    for row, whole in rows:
        for each in _within(whole):
            if id(each) in keys.twice:
                first.setdefault(keys.twice[id(each)][0], row)
    counts = Counter(key for key, _ in keys.twice.values())
    for key, count in counts.items():
        seen = ascii(key)[1:-1][:80]
        yield finding("json.twice", file=path.name, row=first.get(key), seen=seen, count=count)


def _rows(root: Any, row: int | None) -> Iterator[tuple[int, Any]]:
    """The rows of a file by their number, or the one row that this is."""
    kind = _kind(root)
    features = root.get("features") if kind == "FeatureCollection" else None
    if row is not None or kind == "Feature" or kind in _SHAPES:
        yield row or 1, root
    elif isinstance(features, list):
        yield from enumerate(features, 1)
    elif kind == "Topology":
        for whole in _within(root.get("objects")):
            if isinstance(shapes := whole.get("geometries"), list):
                yield from enumerate(shapes, 1)


def _within(value: Any) -> Iterator[dict[str, Any]]:
    """A value and all that is in it, the objects of it."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


class _NoNumberError(Exception):
    """NaN or Infinity, which Python and GDAL read although JSON has no such numbers."""


def _refuse(word: str) -> float:
    raise _NoNumberError(word)


def _no_number(path: Path, text: str, word: str, line: int) -> Finding:
    """Where it stands; within a text it may stand too, so the place is the likely one."""
    found = next((each for each in _NO_NUMBER.finditer(text) if each[0] == word), None)
    start = found.start() if found else 0
    place: Place = {
        "line": line + text.count("\n", 0, start),
        "column": start - (text.rfind("\n", 0, start) + 1) + 1,
    }
    return finding("json.number", file=path.name, **place, seen=word)


# --- collections and sequences


def _check_collection(path: Path, root: Any) -> int:
    kind = _kind(root)
    features = root.get("features") if kind == "FeatureCollection" else None
    if kind == "Feature" or kind in _SHAPES:
        features = [root]
    if not isinstance(features, list):
        seen = repr(kind) if kind else _called(root)
        raise LayerError(finding("json.root", file=path.name, seen=ascii(seen)[1:-1][:80]))
    _check_features(path, enumerate(features, 1))
    own = _crs(path, root)
    _check_crs(path, own, enumerate(features, 1))
    return len(features)


def _check_sequence(path: Path, text: str) -> int:
    records = list(_records(path, text))
    _check_features(path, records)
    _check_crs(path, _PLAIN, records)
    return len(records)


def _records(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Line of the file and value of each record: one a line, or each after a record sign."""
    mark, line = ("\x1e" if text.lstrip(" \t\r\n").startswith("\x1e") else "\n"), 1
    for record in text.split(mark):
        if record.strip():
            blank = len(record) - len(record.lstrip())
            at = line + record.count("\n", 0, blank)
            yield at, _parsed(path, record.strip(), line=at, row=at)
        line += record.count("\n") + (mark == "\n")


def _check_features(path: Path, features: Any) -> None:
    """Every row by its number (in a sequence: its line) that GDAL would drop."""
    found = [
        finding("json.feature", file=path.name, row=row, seen=problem)
        for row, feature in features
        if (problem := _problem(feature))
    ]
    if found:
        raise LayerError(*found)


def _problem(feature: Any) -> str:
    if not isinstance(feature, dict):
        return _called(feature)
    if _kind(feature) in _SHAPES:
        return ""
    if _kind(feature) != "Feature":
        return f"type {feature.get('type')!a}"[:80]
    shape = feature.get("geometry")
    if shape is not None and _kind(shape) not in _SHAPES:
        kind = shape.get("type") if isinstance(shape, dict) else shape
        return f"geometry {kind!a}"[:80]
    properties = feature.get("properties")
    return "" if properties is None or isinstance(properties, dict) else "properties no object"


def _kind(value: Any) -> str:
    """The type that an object states; nothing for what is none, or states no text."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def _called(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


def _check_crs(path: Path, own: str, features: Any) -> None:
    """A row with another CRS than the whole; GDAL takes the whole's, or WGS 84."""
    others: dict[str, list[int]] = defaultdict(list)
    for row, feature in features:
        shape = feature.get("geometry")
        for holder in (feature, shape):
            if isinstance(holder, dict) and "crs" in holder:
                stated = _crs(path, holder)
                if stated != own:
                    others[stated].append(row)
    if others:
        raise LayerError(
            *[
                finding(
                    "crs.mixed",
                    file=path.name,
                    row=rows[0],
                    seen=stated,
                    expected=own,
                    count=len(rows),
                )
                for stated, rows in others.items()
            ]
        )


def _crs(path: Path, holder: dict[str, Any]) -> str:
    """What a ``crs`` member names; a link, a path or an address is refused."""
    crs = holder.get("crs")
    if crs is None:
        return _PLAIN
    properties = crs.get("properties") if isinstance(crs, dict) else None
    kind = crs.get("type") if isinstance(crs, dict) else None
    facts = properties if isinstance(properties, dict) else {}
    if kind == "name" and isinstance(name := facts.get("name"), str):
        if _CRS_NAME.fullmatch(name) and not re.search(r"init=|grids=|\.\.|\.\w{2,4}$", name):
            return _short(name)
    elif isinstance(kind, str) and kind.upper() == "EPSG" and "code" in facts:
        return _short(f"EPSG:{facts['code']}")
    seen = json.dumps(crs)[:120]
    raise LayerError(finding("crs.link", file=path.name, seen=seen))


def _short(name: str) -> str:
    """The authority and code of a name, so that two ways to write one CRS are the same."""
    parts = re.fullmatch(r".*\b(EPSG|OGC)[:/].*?(\w+)", name, re.I)
    short = f"{parts[1].upper()}:{parts[2]}" if parts else name
    return _PLAIN if short in ("OGC:CRS84", "EPSG:4326") else short


# --- topologies


def _check_topology(path: Path, root: dict[str, Any], layer: str | None) -> int | None:
    """Rows of the one layer, or of the one named, once every arc that is used is there."""
    objects, arcs = root.get("objects"), root.get("arcs")
    if not isinstance(objects, dict) or not isinstance(arcs, list):
        raise LayerError(finding("json.root", file=path.name, seen="a Topology without its parts"))
    counts = {}
    for name, whole in objects.items():
        collected = isinstance(whole, dict) and whole.get("type") == "GeometryCollection"
        shapes = whole.get("geometries") if collected else [whole]
        where: Place = {"file": path.name, "layer": name}
        if not isinstance(shapes, list):
            raise LayerError(finding("json.root", **where, seen="a collection without geometries"))
        _check_arcs(shapes, len(arcs), where)
        counts[name] = len(shapes)
    if layer is not None:
        return counts.get(layer)
    return next(iter(counts.values())) if len(counts) == 1 else None


def _check_arcs(shapes: list[Any], count: int, where: Place) -> None:
    found = []
    for row, shape in enumerate(shapes, 1):
        if not isinstance(shape, dict):
            found.append(finding("json.feature", **where, row=row, seen=_called(shape)))
            continue
        wrong = [arc for arc in _arcs(shape) if not _is_arc(arc, count)]
        if wrong:
            place: Place = {**where, "row": row}
            found.append(finding("topojson.arc", **place, seen=f"{wrong[0]!a}"[:40], count=count))
    if found:
        raise LayerError(*found)


def _is_arc(arc: Any, count: int) -> bool:
    """An arc by its number, or backwards as its complement."""
    return isinstance(arc, int) and not isinstance(arc, bool) and -count <= arc < count


def _arcs(shape: dict[str, Any]) -> Iterator[Any]:
    """All numbers of arcs of a shape, however they are grouped."""
    waiting = [shape]
    while waiting:
        each: Any = waiting.pop()
        if isinstance(each, dict):
            waiting += [each.get("arcs", []), each.get("geometries", [])]
        elif isinstance(each, list):
            waiting += each
        else:
            yield each
