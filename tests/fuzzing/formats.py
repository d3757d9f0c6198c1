"""Ways to break each format past its container: records, fields, members, tags, rows."""

import io
import json
import random
import shutil
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tests.fuzzing.mutations import (
    INTEGERS,
    NUMBERS,
    WORDS,
    bytewise,
    hostile,
    retagged,
    reworded,
    shuffled,
)
from tests.fuzzing.seeds import SEEDS

ENDINGS = {f".{name}" for name in SEEDS}


def broken(name: str, folder: Path, rng: random.Random) -> Path:
    """Break the layer in a folder, in its records as often as in its bytes; its path."""
    (layer,) = [path for path in folder.iterdir() if path.suffix in ENDINGS]
    if rng.random() < STRUCTURAL:
        WAYS[name](layer, rng)
    else:
        parts = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
        part = rng.choice(sorted(parts))
        part.write_bytes(bytewise(part.read_bytes(), rng))
    return layer


STRUCTURAL = 0.7
"""The share of cases that are broken within their structure."""


def _json_text(layer: Path, rng: random.Random) -> None:
    text = layer.read_text("utf-8")
    if layer.suffix == ".geojsonl":
        rows = [json.loads(line) for line in text.splitlines()]
        rows = _tree(rows, rng)
        rows = rows if isinstance(rows, list) else [rows]
        layer.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return
    root = json.loads(text)
    for _ in range(rng.choice((1, 1, 2))):
        root = _tree(root, rng)
    layer.write_text(json.dumps(root, ensure_ascii=False), "utf-8")


def _tree(root: Any, rng: random.Random) -> Any:
    """One node of a JSON tree replaced, dropped, doubled, wrapped or unwrapped."""
    places: list[tuple[Any, Any]] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        places += [(node, key) for key in keys]
        waiting += [node[key] for key in keys if isinstance(node[key], dict | list)]
    if not places:
        return rng.choice((None, [], {}, 0))
    node, key = rng.choice(places)
    value, change = node[key], rng.randrange(6)
    if change == 0:
        del node[key]
    elif change == 1:
        node[key] = [value]
    elif change == 2 and isinstance(value, list):
        node[key] = shuffled(value, rng)
    elif change == 3 and isinstance(value, list) and value:
        node[key] = value[0]
    elif change == 4 and isinstance(node, dict):
        node[rng.choice((*list(node), "crs", "type", ""))] = node.pop(key)
    else:
        node[key] = rng.choice((None, True, "x", [], {}, -1, 1e15, 1e308, 113.16, *WORDS))
    return root


def _text(mark: str) -> Callable[[Path, random.Random], None]:
    def change(layer: Path, rng: random.Random) -> None:
        text = layer.read_text("utf-8")
        for _ in range(rng.choice((1, 1, 3))):
            text = reworded(text, mark, rng)
        layer.write_text(text, rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")))

    return change


def _xml(layer: Path, rng: random.Random) -> None:
    layer.write_text(retagged(layer.read_text("utf-8"), rng), "utf-8")


def _group_codes(layer: Path, rng: random.Random) -> None:
    """Pairs of a group code and a value, those of the entities more often than the rest."""
    lines = layer.read_text("utf-8").split("\n")
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    first = next(k for k, pair in enumerate(pairs) if pair[1].strip() == "ENTITIES")
    head, tail = (pairs[:first], pairs[first:]) if rng.random() < 0.8 else ([], pairs)
    if rng.random() < 0.5:
        tail = shuffled(tail, rng)
    else:
        at = rng.randrange(len(tail))
        code, value = tail[at]
        new = rng.choice((*WORDS, *(n.decode() for n in NUMBERS), "LWPOLYLINE", "INSERT", "ARC"))
        tail[at] = (code, new) if rng.random() < 0.8 else (f"{rng.randrange(300):>3}", value)
    layer.write_text("\n".join("\n".join(pair) for pair in [*head, *tail]), "utf-8")


def _shapefile(layer: Path, rng: random.Random) -> None:
    ending = rng.choice((".shp", ".shp", ".dbf", ".dbf", ".shx", ".prj", ".cpg", "other"))
    part = layer if ending == "other" else layer.with_suffix(ending)
    if ending == ".shp":
        part.write_bytes(_shp(part.read_bytes(), rng))
    elif ending == ".dbf":
        part.write_bytes(_dbf(part.read_bytes(), rng))
    elif ending == ".shx":
        data = part.read_bytes()
        entries = [data[at : at + 8] for at in range(100, len(data), 8)]
        part.write_bytes(data[:100] + b"".join(shuffled(entries, rng)))
    elif ending == "other":
        rng.choice([path for path in layer.parent.iterdir() if path != layer]).unlink()
    else:
        text = part.read_text("utf-8")
        part.write_text(reworded(text, ",", rng), "utf-8")


def _shp(data: bytes, rng: random.Random) -> bytes:
    """Records of a .shp dropped, doubled, swapped, or one of their numbers changed."""
    records, at = [], 100
    while at + 8 <= len(data):
        size = 8 + 2 * struct.unpack(">i", data[at + 4 : at + 8])[0]
        records.append(data[at : at + size])
        at += size
    if rng.random() < 0.4:
        records = shuffled(records, rng)
    else:
        which = rng.randrange(len(records))
        record = bytearray(records[which])
        if rng.random() < 0.5:  # a coordinate
            spot = 8 + 44 + 4 + 8 * rng.randrange((len(record) - 56) // 8)
            record[spot : spot + 8] = struct.pack(
                "<d", rng.choice((0.0, 1e15, 1e308, float("nan")))
            )
        else:  # kind, counts, first points of the rings
            spot = 8 + rng.choice((0, 36, 40, 44))
            record[spot : spot + 4] = struct.pack("<I", rng.choice(INTEGERS) & 0xFFFFFFFF)
        records[which] = bytes(record)
    body = b"".join(records)
    size = struct.pack(">i", (100 + len(body)) // 2)
    return data[:24] + (size if rng.random() < 0.5 else data[24:28]) + data[28:100] + body


def _dbf(data: bytes, rng: random.Random) -> bytes:
    """Records of a .dbf dropped, doubled, swapped, or one of their cells changed."""
    count, head, width = struct.unpack("<IHH", data[4:12])
    rows = [data[head + k * width : head + (k + 1) * width] for k in range(count)]
    start, descriptors = 1, []
    for at in range(32, head - 1, 32):
        descriptors.append((start, data[at + 16]))
        start += data[at + 16]
    if rng.random() < 0.4:
        rows = shuffled(rows, rng)
    else:
        which, (start, size) = rng.randrange(len(rows)), rng.choice(descriptors)
        cell = rng.choice((*(w.encode("gbk", "replace") for w in WORDS), *NUMBERS))
        cell = cell[:size].rjust(size)
        rows[which] = rows[which][:start] + cell + rows[which][start + size :]
    stated = struct.pack("<I", len(rows) if rng.random() < 0.5 else count)
    return data[:4] + stated + data[8:head] + b"".join(rows) + b"\x1a"


def _folder(layer: Path, rng: random.Random) -> None:
    """A file of a FileGDB missing, empty, in another's place, or broken in its bytes."""
    parts = sorted(path for path in layer.iterdir() if path.stat().st_size)
    tables = [path for path in parts if path.suffix == ".gdbtable"]
    change, part = rng.randrange(4), rng.choice(parts)
    if change == 0:
        part.unlink()
    elif change == 1:
        part.write_bytes(b"")
    elif change == 2:
        shutil.copy(rng.choice(parts), f"{part}.new")
        Path(f"{part}.new").replace(part)
    else:
        table = max(tables, key=lambda path: path.stat().st_mtime_ns)
        table.write_bytes(bytewise(table.read_bytes(), rng))


def _archive(layer: Path, rng: random.Random) -> None:
    """Members of a zip dropped, doubled, renamed; or the layer in it broken."""
    with zipfile.ZipFile(layer) as archive:
        members = [(item.filename, archive.read(item)) for item in archive.infolist()]
    change = rng.random()
    if change < 0.2:
        members = shuffled(members, rng)
    elif change < 0.35:
        at = rng.randrange(len(members))
        name, data = members[at]
        names = (f"../{name}", f"/{name}", f"a/{name}", name.upper(), f"{name}\x00", f"C:{name}")
        members[at] = (rng.choice(names), data)
    elif layer.suffix == ".xlsx":
        at = rng.choice([k for k, (name, _) in enumerate(members) if name.endswith(".xml")])
        name, data = members[at]
        members[at] = (name, retagged(data.decode("utf-8"), rng).encode("utf-8"))
    else:
        with tempfile.TemporaryDirectory() as place:
            for name, data in members:
                (Path(place) / name).write_bytes(data)
            _shapefile(Path(place) / "lots.shp", rng)
            members = [(path.name, path.read_bytes()) for path in sorted(Path(place).iterdir())]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as to:
        for name, data in members:
            item = zipfile.ZipInfo(name)
            item.compress_type = to.compression
            if item.filename not in to.namelist():
                to.writestr(item, data)
    layer.write_bytes(buffer.getvalue())


def _parquet(layer: Path, rng: random.Random) -> None:
    """Rows, geometries, columns and the metadata of a GeoParquet."""
    table = pq.read_table(layer)
    facts = json.loads(table.schema.metadata[b"geo"])
    rows, change = table.num_rows, rng.randrange(6)
    if change < 3:
        column = table.schema.get_field_index("geometry")
        blobs = table["geometry"].to_pylist()
        blobs[rng.randrange(rows)] = _blob(blobs[0], rng)
        table = table.set_column(column, "geometry", pa.array(blobs, pa.binary()))
    elif change == 3:
        table = table.take(shuffled(range(rows), rng))
    elif change == 4:
        column = rng.randrange(table.num_columns)
        table = table.remove_column(column) if rng.random() < 0.5 else table
    else:
        facts = _tree(facts, rng)
    metadata = dict(table.schema.metadata or {}) | {b"geo": json.dumps(facts).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), layer)


def _blob(wkb: bytes, rng: random.Random) -> bytes | None:
    if rng.random() < 0.5:
        return bytewise(wkb, rng)
    shape = hostile(shapely.from_wkb(wkb), rng)
    return None if shape is None else bytes(shapely.to_wkb(shape))


def _by_sql(layer: Path, rng: random.Random) -> None:
    """Rows, counts and blobs of a GeoPackage changed the way a program would."""
    with closing(sqlite3.connect(layer)) as base, base:
        for (name,) in base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        (blob,) = base.execute("SELECT geom FROM lots WHERE fid = 1").fetchone()
        wkb = blob[8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7] :]
        other = _blob(wkb, rng)
        geometry = None if other is None else blob[:3] + b"\x01" + blob[4:8] + other
        one, word = rng.randrange(1, 5), rng.choice((*WORDS, -1, 1e308, None))
        for statement, values in rng.sample(
            [
                ("UPDATE gpkg_ogr_contents SET feature_count = ?", (rng.choice((0, 2, 9, -1)),)),
                ("DELETE FROM lots WHERE fid = ?", (one,)),
                ("UPDATE lots SET geom = ? WHERE fid = ?", (geometry, one)),
                ("UPDATE lots SET geom = ? WHERE fid = ?", (geometry, one)),
                ("UPDATE lots SET geom = ? WHERE fid = ?", (bytewise(blob, rng), one)),
                ("UPDATE lots SET DKBH = ? WHERE fid = ?", (word, one)),
                ("UPDATE lots SET MJ = ? WHERE fid = ?", (word, one)),
                ("UPDATE lots SET fid = ? WHERE fid = ?", (rng.choice((0, -1, 2**62)), one)),
                ("UPDATE gpkg_geometry_columns SET srs_id = ?", (rng.choice((-1, 4326, 4526)),)),
                ("UPDATE gpkg_geometry_columns SET geometry_type_name = ?", (str(word),)),
                ("UPDATE gpkg_spatial_ref_sys SET definition = ?", (str(word),)),
                ("UPDATE gpkg_contents SET data_type = ?", (str(word),)),
            ],
            k=rng.choice((1, 2)),
        ):
            base.execute(statement, values)


def _tags(layer: Path, rng: random.Random) -> None:
    """One tag of a TIFF: its kind, its count or its value."""
    data = bytearray(layer.read_bytes())
    (first,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[first : first + 2])
    entry = first + 2 + 12 * rng.randrange(count)
    spot, kind = rng.choice(((0, "<H"), (2, "<H"), (4, "<I"), (8, "<I"), (8, "<I")))
    value = rng.choice((*INTEGERS, 256, 257, 258, 259, 273, 279, 33550)) % 2 ** (
        8 * struct.calcsize(kind)
    )
    struct.pack_into(kind, data, entry + spot, value)
    layer.write_bytes(data)


WAYS: dict[str, Callable[[Path, random.Random], None]] = {
    "gpkg": _by_sql,
    "shp": _shapefile,
    "gdb": _folder,
    "geojson": _json_text,
    "parquet": _parquet,
    "geojsonl": _json_text,
    "topojson": _json_text,
    "txt": _text(","),
    "kml": _xml,
    "dxf": _group_codes,
    "csv": _text(","),
    "xlsx": _archive,
    "zip": _archive,
    "tif": _tags,
}
