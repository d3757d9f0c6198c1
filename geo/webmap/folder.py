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
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from geo.webmap.atlas import Atlas
from geo.webmap.codes import index_files
from geo.webmap.outlines import Outlines
from geo.webmap.overview import overview_columns, parts_of
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
    for column in (
        *atlas.shapes_columns(),
        *atlas.facts_columns(),
        *atlas.overlays_columns(),
        *atlas.links_columns(),
    ):
        told.update(column.name.encode())
        if column.kind in ("uint", "delta", "point"):
            told.update(np.asarray(column.values, dtype=np.int64).tobytes())
        else:
            told.update(json.dumps(list(column.values)).encode())
    return told.hexdigest()[:MARK_LETTERS]


def write_data(
    atlas: Atlas, folder: Path, *, mark: str, chunk_rows: int = CHUNK_ROWS
) -> dict[str, list[Column]]:
    """Write the files of an atlas into a new folder; gives the packs that stand in the page.

    ``mark`` is that of the build (:func:`build_mark`), which every file and the page have.

    Rows keep their order, which is that of a Hilbert curve, so that a file holds land that lies
    together. No step holds more than :data:`geo.webmap.overview.PART_ROWS` rows twice.
    """
    folder.mkdir()
    chunks: list[tuple[int, ...]] = []
    write_all(folder, _files(atlas, chunks, chunk_rows), mark)
    firsts = write_index(atlas, folder, mark)
    overview = overview_columns(atlas)
    side = int(overview[0].values[0])
    return {
        "folder": [
            Column("mark", "text", [mark]),
            *_directory(chunks),
            Column("codes.first", "text", firsts),
            Column("links.files", "uint", [_links_files(atlas.links_columns())]),
        ],
        "overview": overview,
        "overlays": coarse_overlays(atlas.overlays_columns(), max(int(side * COARSE), 1)),
    }


File = tuple[Kind, int, Sequence[Column]]


def _files(atlas: Atlas, chunks: list[tuple[int, ...]], chunk_rows: int) -> Iterator[File]:
    """Every file of an atlas but its index; rows and box of each chunk are noted in ``chunks``."""
    number = 0
    step = max(chunk_rows, 2**16 // chunk_rows * chunk_rows)
    for _, part in parts_of(atlas, step):
        for _, chunk in parts_of(part, chunk_rows):
            chunks.append((chunk.rows, *chunk.outlines.box()))
            yield "s", number, chunk.shapes_columns()
            yield "f", number, chunk.facts_columns()
            number += 1
    for at, columns in enumerate(_links(atlas.links_columns())):
        yield "l", at, columns
    yield "o", 0, atlas.overlays_columns()


def _links(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Pairs in files; what is said of few rows stands in the first."""
    pairs = [column for column in columns if column.name.startswith("links.")]
    others = [column for column in columns if column not in pairs]
    for at in range(_links_files(columns)):
        chosen = slice(at * LINKS, (at + 1) * LINKS)
        part = [Column(one.name, one.kind, one.values[chosen]) for one in pairs]
        rest = others if at == 0 else [Column(one.name, one.kind, []) for one in others]
        yield [*part, *rest]


def _directory(chunks: Sequence[tuple[int, ...]]) -> list[Column]:
    """How many rows each chunk has, and where its land lies."""
    count, *sides = np.array(chunks, dtype=np.int64).T
    names = ("west", "south", "east", "north")
    boxes = [
        Column(f"chunk.{name}", "delta", side) for name, side in zip(names, sides, strict=True)
    ]
    return [Column("chunk.count", "uint", count), *boxes]


def _links_files(columns: Sequence[Column]) -> int:
    pairs = next((len(one.values) for one in columns if one.name.startswith("links.")), 0)
    return max(-(-pairs // LINKS), 1)


def write_index(atlas: Atlas, folder: Path, mark: str) -> list[str]:
    """Write the index of codes and names; gives the first key of each file."""
    facts = {column.name: column.values for column in atlas.facts}
    firsts: list[str] = []

    def files() -> Iterator[File]:
        for at, (first, columns) in enumerate(
            index_files(facts["parcels.id"], facts["parcels.name"])
        ):
            firsts.append(first)
            yield "c", at, columns

    write_all(folder, files(), mark)
    return firsts


def write_all(folder: Path, files: Iterable[File], mark: str) -> None:
    """Write files on all cores; some are in work at once, never all of them."""
    cores = os.cpu_count() or 1
    rest = iter(files)
    with ThreadPoolExecutor(cores) as pool:  # deflating lets other threads run
        while batch := list(islice(rest, 4 * cores)):
            for _ in pool.map(lambda file: _write(folder, mark, *file), batch):
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
