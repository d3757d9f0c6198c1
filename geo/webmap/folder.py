"""The map as a folder: a page, and its parcels beside it in files that are loaded when seen.

A browser that opens a page from a disk lets it load scripts beside it, and nothing else. So every
file of ``data/`` is a script of one call, ``landready(mark, kind, number, pack)``, with a pack of
:mod:`geo.webmap.packing` in it; ``static/chunks.js`` loads them. The mark is that of the build: a
page uses no file of another one.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from geo.webmap.atlas import Atlas
from geo.webmap.codes import code_index
from geo.webmap.outlines import Outlines
from geo.webmap.overview import overview_columns
from geo.webmap.packing import Column, base64_of

Integers = npt.NDArray[np.int64]
Kind = Literal["s", "f", "l", "c", "o"]
"""Shapes and facts of a chunk, links, codes, and overlays in full."""

Form = Literal["auto", "file", "folder"]

FOLDER_FROM: Final = 10_000
"""Rows above which a folder opens sooner than one file, and takes less memory."""
CHUNK_ROWS: Final = 2_000
"""Rows of a file: some 60 kB, which a slow phone unpacks in a frame or two."""
LINKS: Final = 250_000
"""Pairs of a file."""
COARSE: Final = 1.5
"""The grid that overlays are drawn on from afar, in cells of the overview."""
DATA: Final = "data"
MARK_LETTERS: Final = 12
"""Of a hash: builds that meet in one folder are few."""


def is_folder(form: Form, rows: int) -> bool:
    """Whether a page of so many rows is written as a folder."""
    return form == "folder" or (form == "auto" and rows > FOLDER_FROM)


def build_mark(data: str, atlas: Atlas, chunk_rows: int = CHUNK_ROWS) -> str:
    """What tells the files of one build from those of another: a hash of all that is written."""
    told = hashlib.sha256(f"{chunk_rows}\n{data}".encode("utf-8", "surrogatepass"))
    columns = (
        *atlas.shapes_columns(),
        *atlas.facts_columns(),
        *atlas.overlays_columns(),
        *atlas.links_columns(),
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing lets other threads run
        for digest in pool.map(_digest, columns):
            told.update(digest)
    return told.hexdigest()[:MARK_LETTERS]


def _digest(column: Column) -> bytes:
    """A hash of a column."""
    told, values = hashlib.sha256(column.name.encode()), column.values
    if column.kind == "text":
        told.update(json.dumps(values.tolist()).encode())
        return told.digest()
    if column.kind == "level":
        told.update(json.dumps(list(values.told)).encode())
        values = values.codes
    told.update(np.ascontiguousarray(values, dtype=np.int64).data)
    return told.digest()


def write_data(
    atlas: Atlas, folder: Path, *, mark: str, chunk_rows: int = CHUNK_ROWS
) -> dict[str, str]:
    """Write the files of an atlas into a new folder; gives the packs that stand in the page.

    ``mark`` is that of the build (:func:`build_mark`), which every file and the page have.

    Rows keep their order, which is that of a Hilbert curve, so that a file holds land that lies
    together. All cores work, as sorting, packing and deflating let other threads run.
    """
    folder.mkdir()
    names = {column.name: column.values for column in atlas.facts}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        sorted_codes = pool.submit(code_index, names["parcels.id"], names["parcels.name"])
        overview = pool.submit(_overview, atlas)
        chunks = list(atlas.parts(chunk_rows))
        _write_all(pool, folder, mark, _files(atlas, chunks))
        index = sorted_codes.result()
        _write_all(pool, folder, mark, (("c", at, file) for at, file in enumerate(index.files())))
        side, seen_from_afar = overview.result()
    directory = [
        Column("mark", "text", [mark]),
        *_directory(chunks),
        Column("codes.first", "text", index.firsts),
        Column("links.files", "uint", [_links_files(atlas.links_columns())]),
    ]
    overlays = coarse_overlays(atlas.overlays_columns(), max(int(side * COARSE), 1))
    return {
        "folder": base64_of(directory),
        "overview": seen_from_afar,
        "overlays": base64_of(overlays),
    }


def _overview(atlas: Atlas) -> tuple[int, str]:
    """The side of a cell of the overview, and its pack."""
    columns = overview_columns(atlas)
    return int(columns[0].values[0]), base64_of(columns)


File = tuple[Kind, int, Sequence[Column]]


def _files(atlas: Atlas, chunks: Sequence[Atlas]) -> Iterator[File]:
    """Every file of an atlas but its index."""
    for number, chunk in enumerate(chunks):
        yield "s", number, chunk.shapes_columns()
        yield "f", number, chunk.facts_columns()
    for at, columns in enumerate(_links(atlas.links_columns())):
        yield "l", at, columns
    yield "o", 0, atlas.overlays_columns()


def _links(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Pairs in files; what is said of few rows stands in the first."""
    pairs = [column for column in columns if column.name.startswith("links.")]
    others = [column for column in columns if column not in pairs]
    for at in range(_links_files(columns)):
        chosen = slice(at * LINKS, (at + 1) * LINKS)
        part = [one.of(chosen) for one in pairs]
        rest = others if at == 0 else [Column(one.name, one.kind, []) for one in others]
        yield [*part, *rest]


def _directory(chunks: Sequence[Atlas]) -> list[Column]:
    """How many rows each chunk has, and where its land lies."""
    count, *sides = np.array([(chunk.rows, *chunk.outlines.box()) for chunk in chunks]).T
    names = ("west", "south", "east", "north")
    boxes = [
        Column(f"chunk.{name}", "delta", side) for name, side in zip(names, sides, strict=True)
    ]
    return [Column("chunk.count", "uint", count), *boxes]


def _links_files(columns: Sequence[Column]) -> int:
    pairs = next((len(one.values) for one in columns if one.name.startswith("links.")), 0)
    return max(-(-pairs // LINKS), 1)


def _write_all(pool: Executor, folder: Path, mark: str, files: Iterable[File]) -> None:
    """Write files on all cores; raises what writing one of them raised."""
    for _ in pool.map(lambda file: _write(folder, mark, *file), files):
        pass


def file_name(kind: Kind, number: int) -> str:
    """The name of a file of the folder."""
    return f"{kind}{number:04}.js"


def _write(folder: Path, mark: str, kind: Kind, number: int, columns: Sequence[Column]) -> None:
    text = f'landready("{mark}","{kind}",{number},"{base64_of(columns)}");\n'
    (folder / file_name(kind, number)).write_text(text, encoding="ascii")


def coarse_overlays(columns: Sequence[Column], grid: int) -> list[Column]:
    """Overlays on a coarse grid, the same rows: outlines that fit on a point are left out."""
    values = {column.name: column for column in columns}
    coarse = []
    for key in [name.removesuffix(".rings") for name in values if name.endswith(".rings")]:
        parts = (values[f"{key}.{name}"].values for name in ("rings", "points", "x", "y"))
        rings, points, x, y = (np.asarray(part, dtype=np.int64) for part in parts)
        lines = values.get(f"{key}.closed")
        closed = np.ones(len(rings)) if lines is None else np.asarray(lines.values)
        outlines = Outlines(rings, points, x, y, closed.astype(bool))
        coarse += _snapped(outlines, grid).columns(key)
    kept = {column.name for column in coarse}
    return [*coarse, *(column for column in columns if column.name not in kept)]


def _snapped(outlines: Outlines, grid: int) -> Outlines:
    """Points on the grid that differ from the one before; rings and lines without extent go."""
    ring = np.repeat(np.arange(len(outlines.points)), outlines.points)
    x, y = (np.rint(one / grid).astype(np.int64) * grid for one in (outlines.x, outlines.y))
    moved = np.diff(ring, prepend=-1) != 0
    moved[1:] |= (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    counts = np.bincount(ring[moved], minlength=len(outlines.points)).astype(np.int64)
    shape = np.repeat(np.arange(len(outlines)), outlines.rings)
    lasting = counts >= np.where(outlines.closed[shape], 3, 2)
    kept = moved & lasting[ring]
    rings = np.bincount(shape[lasting], minlength=len(outlines)).astype(np.int64)
    return Outlines(rings, counts[lasting], x[kept], y[kept], outlines.closed)
