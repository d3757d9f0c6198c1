"""GeoPackages: what the database itself says, asked before GDAL opens it."""

import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.choosing import chosen_layer
from geo.readers.ogr import ARC_STEP_DEGREES
from geo.words import listed

SECONDS = 20.0
"""The longest that all questions to the database may take together."""

_VIRTUAL: Final = re.compile(
    r"\s*create\s+virtual\s+table\b.*?\busing\s+[\"'`\[]?(\w+)", re.I | re.S
)
_INDEXES: Final = frozenset({"rtree", "rtree_i32", "fts3", "fts4", "fts5"})
_HOT_JOURNAL: Final = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_HARMLESS: Final = ("ok", "NULL value in", "CHECK constraint failed", "NUMERIC value in")
"""What a quick check says of sound pages: some writers break rules that they state themselves."""

_ENVELOPES: Final = (0, 32, 48, 48, 64)
_CURVES: Final = frozenset(range(8, 13))
_LONGEST_HEADER: Final = 8 + 64 + 5
_UNSTATED: Final = frozenset({0, -1})
"""srs_id of a geometry that states none; only the layer's counts then."""


@dataclass(frozen=True, slots=True)
class GeoPackageFacts:
    """A layer of a GeoPackage: its name, how many rows its table has, and what is odd about it."""

    layer: str
    rows: int
    findings: list[Finding] = field(default_factory=list)


def check(path: Path, layer: str | None = None) -> GeoPackageFacts:
    """What the tables hold, whatever the file says of them; ``layer`` if it is not the only one.

    GDAL is to be told ``IMMUTABLE=YES``, as the database is read here: nothing is written, and
    nothing beside the file is read. Raises :class:`LayerError`.
    """
    _check_saved(path)
    try:
        with closing(_opened(path)) as database, _timed(database):
            _check_schema(path, database)
            _check_pages(path, database)
            name, srs_id, column = _layer(path, database, layer)
            where: Place = {"file": path.name, "layer": name}
            _check_columns(database, name, where)
            (rows,) = database.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()
            findings = _stale(database, name, rows, where)
            findings += _headers(database, name, column, srs_id, where)
    except (sqlite3.Error, ValueError, OverflowError, UnicodeError) as error:
        problem = "its database takes too long to check" if "interrupted" in str(error) else error
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem)) from None
    return GeoPackageFacts(name, rows, findings)


def _check_saved(path: Path) -> None:
    """Changes that wait in a journal or a write-ahead log are not in the file."""
    real = path.resolve()  # SQLite looks beside the file itself, not beside a link to it
    log, journal = (real.with_name(real.name + ending) for ending in ("-wal", "-journal"))
    unsaved = [log] if log.is_file() and log.stat().st_size else []
    if journal.is_file():
        with journal.open("rb") as file:
            unsaved += [journal] if file.read(8) == _HOT_JOURNAL else []
    if unsaved:
        seen = listed(part.name for part in unsaved)
        raise LayerError(finding("file.unsaved", file=path.name, seen=seen))


def _opened(path: Path) -> sqlite3.Connection:
    """The database, read as it is: no lock, no journal, no function that a schema may call."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    for pragma in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
        database.execute(f"PRAGMA {pragma}")
    return database


@contextmanager
def _timed(database: sqlite3.Connection) -> Iterator[None]:
    end = time.monotonic() + SECONDS
    database.set_progress_handler(lambda: time.monotonic() > end, 10_000)
    yield


def _quoted(name: str) -> str:
    """An identifier of SQL; SQLite itself refuses a NUL."""
    return '"' + name.replace('"', '""') + '"'


def _check_schema(path: Path, database: sqlite3.Connection) -> None:
    """Nothing that GDAL opens by itself may be computed; a trigger runs only when one writes."""
    schema = database.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    names = {str(name).lower() for _, name, _ in schema}
    if "gpkg_contents" not in names:
        kinds: Place = {"kind": "another SQLite database", "kind_zh": "别的 SQLite 数据库"}
        raise LayerError(finding("file.disguised", file=path.name, ending=path.suffix, **kinds))
    views = {name for kind, name, _ in schema if kind == "view"}
    active = {name: "view" for name in views if str(name).lower().startswith("gpkg_")}
    for kind, name, sql in schema:
        virtual = _VIRTUAL.match(sql or "") if kind == "table" else None
        if virtual and virtual[1].lower() not in _INDEXES:
            active[name] = f"virtual table of {virtual[1]}"
    if not active:
        registered = {name for (name,) in database.execute("SELECT table_name FROM gpkg_contents")}
        shown = {str(name).lower() for name in registered}
        active = {name: "view" for name in views if str(name).lower() in shown}
    if active:
        found = [
            finding("file.active", file=path.name, layer=str(name), seen=name, kind=kind)
            for name, kind in sorted(active.items())
        ]
        raise LayerError(*found)


def _check_pages(path: Path, database: sqlite3.Connection) -> None:
    said = [str(line) for (line,) in database.execute("PRAGMA quick_check(10)")]
    damage = [line for line in said if not line.startswith(_HARMLESS)]
    if damage:
        problem = "its database is damaged: " + " ".join(damage[0].split())[:200]
        raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))


def _layer(path: Path, database: sqlite3.Connection, wanted: str | None) -> tuple[str, int, str]:
    """Name, srs_id and geometry column of the wanted layer, or of the only one of polygons."""
    told = database.execute(
        "SELECT c.table_name, g.geometry_type_name, g.srs_id, g.column_name "
        "FROM gpkg_contents c LEFT JOIN gpkg_geometry_columns g "
        "ON lower(g.table_name) = lower(c.table_name) ORDER BY c.rowid"
    ).fetchall()
    layers = {str(row[0]): row for row in told}
    spatial = [name for name, row in layers.items() if row[1] is not None]
    areal = [name for name in spatial if _areal(str(layers[name][1]))]
    chosen = chosen_layer(path, wanted, layers, areal or spatial)
    if layers[chosen][1] is None:
        raise LayerError(finding("layer.no-geometry", file=path.name, layer=chosen))
    _, _, srs_id, column = layers[chosen]
    return chosen, int(srs_id), str(column)


def _areal(kind: str) -> bool:
    return any(word in kind.upper() for word in ("POLYGON", "SURFACE", "GEOMETRY"))


def _check_columns(database: sqlite3.Connection, layer: str, where: Place) -> None:
    """A generated column is computed on each reading, by any function of GDAL."""
    for _, name, _, _, _, _, hidden in database.execute(f"PRAGMA table_xinfo({_quoted(layer)})"):
        if hidden in (2, 3):
            words: Place = {"seen": name, "kind": "generated column"}
            raise LayerError(finding("file.active", **where, **words))


def _stale(database: sqlite3.Connection, layer: str, rows: int, where: Place) -> list[Finding]:
    """Programs that trust the stored count read so many rows and no more."""
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'gpkg_ogr_contents'"
    if not database.execute(sql).fetchone()[0]:
        return []
    sql = "SELECT feature_count FROM gpkg_ogr_contents WHERE lower(table_name) = lower(?)"
    counts = [count for (count,) in database.execute(sql, (layer,)) if count is not None]
    wrong = [count for count in counts if count != rows]
    return [finding("geopackage.count", **where, seen=wrong[0], rows=rows)] if wrong else []


def _headers(
    database: sqlite3.Connection, layer: str, column: str, srs_id: int, where: Place
) -> list[Finding]:
    """What the header of each geometry says: its CRS and whether it is curved."""
    others: dict[int, list[int]] = defaultdict(list)
    damaged, curved = [], []
    sql = f"SELECT substr({_quoted(column)}, 1, {_LONGEST_HEADER}) FROM {_quoted(layer)}"
    for row, (blob,) in enumerate(database.execute(sql), 1):
        if blob is None:
            continue
        header = _header(blob)
        if header is None:
            damaged.append(row)
            continue
        stated, kind = header
        if stated != srs_id and stated not in _UNSTATED:
            others[stated].append(row)
        if kind in _CURVES:
            curved.append(row)
    if others:
        words: Place = {"expected": f"srs_id {srs_id}"}
        raise LayerError(
            *[
                finding(
                    "crs.mixed",
                    **where,
                    row=rows[0],
                    seen=f"srs_id {stated}",
                    count=len(rows),
                    **words,
                )
                for stated, rows in sorted(others.items())
            ]
        )
    findings = [finding("geopackage.blob", **where, row=row) for row in damaged]
    if curved:
        words = {"row": curved[0], "seen": listed(curved), "count": len(curved)}
        findings.append(finding("geometry.curved", **where, **words, step=ARC_STEP_DEGREES))
    return findings


def _header(blob: Any) -> tuple[int, int] | None:
    """The srs_id of a geometry and its kind (0 of an empty one); None when it is damaged."""
    if not isinstance(blob, bytes):
        return None
    start = _wkb_start(blob[:8])
    return None if start is None else _stated(blob[:8], blob[start : start + 5])


@lru_cache(maxsize=256)
def _wkb_start(head: bytes) -> int | None:
    if head[:2] != b"GP" or len(head) < 8:
        return None
    envelope = head[3] >> 1 & 7
    return 8 + _ENVELOPES[envelope] if envelope < len(_ENVELOPES) else None


@lru_cache(maxsize=256)  # millions of rows say the same
def _stated(head: bytes, wkb: bytes) -> tuple[int, int] | None:
    if len(wkb) < 5 or wkb[0] > 1:
        return None
    srs_id = int.from_bytes(head[4:8], "little" if head[3] & 1 else "big", signed=True)
    return srs_id, (int.from_bytes(wkb[1:5], "little" if wkb[0] else "big") & 0xFFFF) % 1000
