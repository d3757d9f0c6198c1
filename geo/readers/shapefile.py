"""Shapefiles: whether their parts belong together, and in which encoding their text is."""

import mmap
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers import door
from geo.readers.encodings import GB18030, UTF8, Reading, codec, reading
from geo.words import listed

Bytes = npt.NDArray[np.uint8]

_NEEDED: Final = (".shx", ".dbf")
_ENDINGS: Final = (*_NEEDED, ".prj", ".cpg")
_HEADER: Final = 100
_FIXED: Final = {3: 44, 5: 44, 13: 60, 15: 60, 23: 44, 25: 44, 31: 60}
"""Type of shape → bytes before its parts and points, with the range of heights if it has any."""

_PAGES: Final = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "gbk",
    0x4E: "cp949",
    0x4F: "big5",
    0x78: "big5",
    0x79: "cp949",
    0x7A: "gbk",
    0x7B: "cp932",
    0xC8: "cp1250",
    0xC9: "cp1251",
}
"""The language byte of a .dbf; 0 and 0x57 (“ANSI”) say nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a .dbf: where its cells are in a record."""

    name: bytes
    kind: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Dbf:
    """The attribute table of a Shapefile, as bytes: one row of ``records`` for each record."""

    columns: list[Column]
    records: Bytes
    language: int


def check(path: Path) -> tuple[str, list[Finding]]:
    """The encoding in which to read the text of a Shapefile, and what is odd about it.

    Raises :class:`LayerError` when a part is missing, cut off, or belongs to another Shapefile:
    GDAL would read such files without a word and lose rows, or give rows the ids of others.
    """
    beside = parts(path)
    where: Place = {"file": path.name, "layer": path.stem}
    for ending in _NEEDED:
        if ending not in beside:
            seen = path.with_suffix(ending).name
            raise LayerError(finding("shapefile.part-missing", **where, seen=seen))
    table = _table(beside[".dbf"], where)
    _check_shapes(path, beside[".shx"], len(table.records), where)
    encoding, findings = _encoding(table, beside.get(".cpg"), where)
    findings += [*_deleted(table, where), *_overflown(table, encoding, where)]
    return encoding, findings


def stored_rows(path: Path) -> int:
    """Rows of a Shapefile that are not marked as deleted: as many as a reader must give."""
    table = _table(parts(path)[".dbf"], {"file": path.name, "layer": path.stem})
    return int((table.records[:, 0] != ord("*")).sum())


def parts(path: Path) -> dict[str, Path]:
    """The files that make up a Shapefile by their ending; upper and lower case are the same."""
    beside: dict[str, list[Path]] = {}
    with os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries]
    for other in (path.parent / name for name in sorted(names)):
        if other.stem.casefold() == path.stem.casefold() and other.suffix.lower() in _ENDINGS:
            beside.setdefault(other.suffix.lower(), []).append(other)
    return {ending: _the_part(path, choices) for ending, choices in beside.items()}


def scattered(path: Path) -> bool:
    """Whether GDAL would miss a part, because its name is spelled otherwise (p.shp, P.DBF)."""
    beside = parts(path)
    usual = {path.stem + way(ending) for ending in beside for way in (str.lower, str.upper)}
    return not {part.name for part in beside.values()} <= usual


def gathered(path: Path, into: Path) -> Path:
    """A copy of the Shapefile in the folder ``into``, under names that GDAL finds."""
    for ending, part in {**parts(path), ".shp": path}.items():
        shutil.copyfile(part, into / (path.stem + ending))
    return into / f"{path.stem}.shp"


def _the_part(path: Path, choices: list[Path]) -> Path:
    """The only one, or the one that is spelled as the .shp is; a plain file in the same folder."""
    alike = [part for part in choices if part.stem == path.stem]
    upper = path.suffix.isupper()
    same = [part for part in alike if part.suffix.isupper() == upper]
    chosen = next((group for group in (choices, alike, same) if len(group) == 1), [])
    where: Place = {"file": path.name, "layer": path.stem}
    if not chosen:
        names = listed(part.name for part in choices)
        raise LayerError(finding("shapefile.part-twice", **where, seen=names))
    part = chosen[0]
    homes = {path.parent.resolve(), path.resolve().parent}
    if part.is_symlink() and part.resolve().parent not in homes:
        raise LayerError(finding("file.linked", **where, seen=part.name))
    return part


def _bytes(path: Path, least: int, where: Place) -> Bytes:
    """A whole file, mapped and not copied."""
    try:
        with path.open("rb") as file:
            door.check_size(path, os.fstat(file.fileno()))
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except LayerError:
        raise
    except (OSError, ValueError) as error:
        raise LayerError(finding("layer.unreadable", **where, problem=error)) from None
    if len(data) < least:
        _cut(path, least, len(data), where)
    return np.frombuffer(data, dtype=np.uint8)


def _cut(part: Path, expected: int, seen: int, where: Place) -> None:
    raise LayerError(finding("file.cut", **where, part=part.name, expected=expected, seen=seen))


def _number(data: Bytes, at: int, kind: str) -> int:
    return int(np.frombuffer(data, dtype=kind, count=1, offset=at)[0])


def _numbers(data: Bytes, at: npt.NDArray[np.int64], kind: str) -> npt.NDArray[np.int64]:
    """The four-byte numbers that stand at these places."""
    cells = data[at[:, None] + np.arange(4)]
    numbers: npt.NDArray[np.int64] = cells.view(kind)[:, 0].astype(np.int64)
    return numbers


# --- shapes and their index


def _check_shapes(path: Path, index: Path, rows: int, where: Place) -> None:
    shp, shx = _bytes(path, _HEADER, where), _bytes(index, _HEADER, where)
    for part, data in ((path, shp), (index, shx)):
        if _number(data, 0, ">i4") != 9994:
            problem = f"{part.name} is no part of a Shapefile"
            raise LayerError(finding("layer.unreadable", **where, problem=problem))
        stated = 2 * _number(data, 24, ">u4")
        if stated > len(data):
            _cut(part, stated, len(data), where)
    entries = (2 * _number(shx, 24, ">u4") - _HEADER) // 8
    shapes = _walked(shp[: 2 * _number(shp, 24, ">u4")])
    if not shapes == entries == rows:
        seen = f".shp {shapes}, .shx {entries}, .dbf {rows}"
        raise LayerError(finding("shapefile.counts", **where, seen=seen))
    if rows:
        _check_index(shp, shx[_HEADER : _HEADER + 8 * rows], where)


def _walked(shp: Bytes) -> int:
    """How many shapes the .shp holds; one that was edited may hold old versions of some."""
    numbers, at, data = set(), _HEADER, shp.data
    while at + 12 <= len(data):
        numbers.add(int.from_bytes(data[at : at + 4], "big"))
        length = 2 * int.from_bytes(data[at + 4 : at + 8], "big")
        at += 8 + max(length, 4)
    return len(numbers)


def _check_index(shp: Bytes, shx: Bytes, where: Place) -> None:
    """Each entry points at the record of its number, and each record is as long as it says."""
    pairs = 2 * np.frombuffer(shx.tobytes(), dtype=">u4").reshape(-1, 2).astype(np.int64)
    starts, lengths = pairs[:, 0], pairs[:, 1]
    inside = (starts >= _HEADER) & (starts + 8 + lengths <= len(shp)) & (lengths >= 4)
    starts = np.where(inside, starts, _HEADER)
    right = inside & (_numbers(shp, starts, ">u4") == np.arange(1, len(starts) + 1))
    right &= 2 * _numbers(shp, starts + 4, ">u4") == lengths
    wrong = np.flatnonzero(~right)
    if len(wrong):
        raise LayerError(finding("shapefile.index", **where, row=int(wrong[0]) + 1))
    kind, kinds = _number(shp, 32, "<i4"), _numbers(shp, starts + 8, "<i4")
    fixed = _FIXED.get(kind, 4)
    odd = (kinds != 0) & ((kinds != kind) | (lengths < fixed))
    full = np.flatnonzero((kinds != 0) & ~odd) if fixed > 4 else np.array([], dtype=np.int64)
    counts = [_numbers(shp, starts[full] + 8 + place, "<i4") for place in (36, 40)]
    each = 16 + (8 if kind in (13, 15, 31) else 0)
    odd[full] |= (counts[0] < 1) | (counts[1] < 1)
    odd[full] |= fixed + 4 * counts[0] + each * counts[1] > lengths[full]
    found = [
        finding("shapefile.record", **where, row=row + 1, seen=_oddity(kinds[row], kind))
        for row in np.flatnonzero(odd).tolist()
    ]
    if found:
        raise LayerError(*found)


def _oddity(kind: int, expected: int) -> str:
    return f"type {kind} among {expected}" if kind != expected else "fewer bytes than its points"


# --- attributes


def _table(path: Path, where: Place) -> Dbf:
    data = _bytes(path, 33, where)
    rows = _number(data, 4, "<u4")
    start, width = _number(data, 8, "<u2"), _number(data, 10, "<u2")
    columns = _columns(data[:start].tobytes())
    if width < 1 or start < 33 or any(each.start + each.width > width for each in columns):
        problem = f"the header of {path.name} contradicts itself"
        raise LayerError(finding("layer.unreadable", **where, problem=problem))
    if start + rows * width > len(data):
        _cut(path, start + rows * width, len(data), where)
    records = data[start : start + rows * width].reshape(rows, width)
    return Dbf(columns, records, int(data[29]))


def _columns(header: bytes) -> list[Column]:
    columns, start = [], 1
    for at in range(32, len(header) - 31, 32):
        if header[at] == 0x0D:
            break
        name = header[at : at + 11].split(b"\0")[0]
        kind, width = chr(header[at + 11]), header[at + 16]
        if kind == "C":  # wide text keeps the high byte of its width where decimals are
            width += 256 * header[at + 17]
        columns.append(Column(name, kind, start, width))
        start += width
    return columns


def _deleted(table: Dbf, where: Place) -> list[Finding]:
    rows = np.flatnonzero(table.records[:, 0] == ord("*")) + 1
    if not len(rows):
        return []
    words: Place = {"row": int(rows[0]), "seen": listed(rows), "count": len(rows)}
    return [finding("shapefile.deleted", **where, **words)]


def _overflown(table: Dbf, encoding: str, where: Place) -> Iterator[Finding]:
    """Numbers that did not fit: asterisks, which GDAL reads as blank without a word."""
    live = table.records[:, 0] != ord("*")
    number = np.cumsum(live)  # a deleted record is no row
    for column in table.columns:
        block = table.records[:, column.start : column.start + column.width]
        if column.kind not in ("N", "F") or not block.size:
            continue
        rows = number[live & (block == ord("*")).any(axis=1)].tolist()
        if rows and _overflows(block[live]):
            name = column.name.decode(encoding, errors="replace")
            words: Place = {"row": rows[0], "field": name, "seen": listed(rows)}
            yield finding("shapefile.overflow", **where, **words, count=len(rows))


_ROOMY: Final = 18
"""No figure of land needs so many characters; the columns that GDAL makes itself have as many."""


def _overflows(cells: Bytes) -> bool:
    """Whether asterisks are numbers that were too long, and not the blanks of GDAL.

    GDAL fills every blank number with asterisks, so that blanks beside them, or cells that are
    only half of them, are not its work; and a number can only be too long where others nearly are.
    """
    stars = (cells == ord("*")).any(axis=1)
    halves = stars & ~(cells == ord("*")).all(axis=1)
    used = (cells > ord(" ")).sum(axis=1)[~stars]
    width = cells.shape[1]
    tight = width < _ROOMY and used.max(initial=0) >= width - 1
    return bool(halves.any() or (used == 0).any() or tight)


def _cells(table: Dbf, column: Column) -> npt.NDArray[np.bytes_]:
    block = table.records[:, column.start : column.start + column.width]
    return np.ascontiguousarray(block).view(f"S{column.width}")[:, 0]


def _words(table: Dbf) -> dict[Column, list[tuple[int, bytes]]]:
    """The cells of each column that are not plain ASCII, with their rows as they are read."""
    words: dict[Column, list[tuple[int, bytes]]] = {}
    live = table.records[:, 0] != ord("*")
    number = np.cumsum(live)  # a deleted record is no row
    for column in table.columns:
        if column.kind != "C" or not column.width or not len(table.records):
            continue
        block = table.records[:, column.start : column.start + column.width]
        rows = np.flatnonzero(live & (block > 127).any(axis=1))
        cells = _cells(table, column)[rows]
        pairs = zip(number[rows], cells, strict=True)
        words[column] = [(int(row), bytes(cell)) for row, cell in pairs]
    return words


def _whole(text: bytes, width: int, name: str) -> bytes:
    """Text without the piece of a character at its end, where it fills its place."""
    if len(text) < width or name not in (UTF8, GB18030):
        return text
    for short in range(4):
        try:
            text[: len(text) - short].decode(name)
        except UnicodeDecodeError:
            continue
        return text[: len(text) - short]
    return text


def _encoding(table: Dbf, cpg: Path | None, where: Place) -> tuple[str, list[Finding]]:
    told, stated = _stated(table, cpg, where)
    words = _words(table)
    judged = Reading(UTF8, fits=False)
    for guess in (UTF8, GB18030):  # text that was cut off within a character is still text
        names = [_whole(column.name, 10, guess) for column in table.columns]
        cells = [_whole(cell, each.width, guess) for each in words for _, cell in words[each]]
        text = b" ".join([*names, *cells])
        judged = reading(text, stated)
        if judged.fits and judged.encoding == guess:
            break
    if not judged.fits:
        raise LayerError(_undecodable(words, told, where))
    return judged.encoding, _told(judged, told, stated, text, where) + _cuts(
        table, words, judged.encoding, where
    )


def _stated(table: Dbf, cpg: Path | None, where: Place) -> tuple[str, str | None]:
    """What the .cpg or else the language byte says, in its words and as a codec."""
    if cpg is not None:
        text = _bytes(cpg, 0, where)[:64].tobytes() if cpg.stat().st_size else b""
        told = text.decode("ascii", errors="replace").strip()
        return ascii(told)[1:-1], codec(told)
    page = _PAGES.get(table.language)
    return ("", None) if page is None else (f"0x{table.language:02X} ({page})", codec(page))


def _told(
    judged: Reading, told: str, stated: str | None, text: bytes, where: Place
) -> list[Finding]:
    unknown = bool(told) and stated is None and not text.isascii()
    if judged.lied or unknown:
        words: dict[str, Any] = {"seen": told, "encoding": judged.encoding}
        return [finding("text.encoding", **where, **words, changed=True)]
    if judged.ambiguous:
        odd = next(word for word in text.split() if not word.isascii())
        seen = f"{odd.decode(UTF8)} / {odd.decode(GB18030, errors='replace')}"
        other = GB18030 if judged.encoding == UTF8 else UTF8
        words = {"encoding": judged.encoding, "other": other, "seen": seen}
        words["escaped"] = ascii(seen)[1:-1]
        return [finding("text.ambiguous", **where, **words)]
    return []


def _undecodable(words: dict[Column, list[tuple[int, bytes]]], told: str, where: Place) -> Finding:
    for column, cells in words.items():
        for row, cell in cells:
            if not any(_fits(_whole(cell, column.width, name), name) for name in (UTF8, GB18030)):
                field = column.name.decode("ascii", errors="replace").replace("\ufffd", "?")
                seen = cell.strip()[:24].hex(" ")
                place: Place = {**where, "row": row, "field": field}
                return finding("text.undecodable", **place, seen=seen, stated=told or "?")
    odd = [
        (row, column)
        for column, cells in words.items()
        for row, cell in cells
        if not _fits(_whole(cell, column.width, UTF8), UTF8)
    ]
    rows = sorted({row for row, _ in odd})
    place = {**where, "row": rows[0] if rows else None}
    return finding("text.mixed", **place, seen=listed(rows), count=len(rows))


def _fits(text: bytes, name: str) -> bool:
    try:
        text.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _cuts(
    table: Dbf, words: dict[Column, list[tuple[int, bytes]]], encoding: str, where: Place
) -> list[Finding]:
    """Names and cells that fill their place and may have lost their end."""
    broken = [each for each in table.columns if not _fits(each.name, encoding)]
    if broken:
        names = [each.name.decode(encoding, errors="ignore") for each in broken]
        raise LayerError(*[finding("field.cut", **where, field=name) for name in names])
    full = [each.name.decode(encoding) for each in table.columns if len(each.name) >= 10]
    found = [finding("field.full", **where, seen=listed(full))] if full else []
    for column, cells in words.items():
        cut = [row for row, cell in cells if not _fits(cell, encoding)]
        if cut:
            place: Place = {**where, "row": cut[0], "field": column.name.decode(encoding)}
            seen = listed(cut)
            found.append(finding("text.cut", **place, seen=seen, count=len(cut)))
    return found
