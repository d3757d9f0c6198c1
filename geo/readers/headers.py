"""From cells to a table: which lines are title, header, data, total and note."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from geo.cells.aliases import is_known, is_unit
from geo.cells.numerals import parse_date, parse_number
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.body import Body
from geo.readers.cells import Merge, RawCells
from geo.readers.lines import MOST_COLUMNS, Lines

DEEPEST: Final = 10
"""A header is looked for in the first lines only."""

MOST_HEADERS: Final = 3
"""So many lines can make one header: groups, columns, units."""

_LOOKED_AT: Final = 2 * DEEPEST + MOST_HEADERS
"""Whatever a line may be is told from the few that follow it."""

Rows = dict[int, list[str]]


@dataclass(frozen=True, slots=True)
class _Header:
    """The lines of a header and the columns that they name (``""``: no name)."""

    lines: list[int]
    names: list[str]
    above: list[int]


def headed(raw: RawCells, file: str, *, land: bool = False) -> tuple[pd.DataFrame, list[Finding]]:
    """The table in the cells of a sheet, by line, and what was left out of it.

    A merged title, a header of up to three lines and notes below are told by evidence; where that
    is weak, the first line is the header. Names of several lines are joined with ``/``:
    ``用地面积/总``. In a table of ``land`` a total or a note that has coordinates stays a row, and
    an error says so. Raises :class:`LayerError` when a name stands twice, when there are far too
    many columns, and when a line of a CSV file has more or fewer cells than the header.
    """
    _check_wide(raw.rows, file)
    rows = raw.rows.plain()
    if not len(rows):
        raise LayerError(finding("layer.no-rows", file=file))
    first = dict(rows.upto(_LOOKED_AT))
    header = _header(first, raw.merges)
    names = header.names
    for twice in sorted({name for name in names if name and names.count(name) > 1}):
        raise LayerError(finding("table.column-twice", file=file, row=header.lines[0], field=twice))
    body = Body(rows.below(header.lines[-1]), names, file, land=land)
    again = body.without_notes(first[header.lines[0]])
    if not raw.grid:
        body.check_ragged()
    told = [*_titles(header, first, file), *body.notes, *_header_rows(header, file)]
    told += [*body.unnamed(), *again]
    body.pad()
    told += [*body.marked(raw.marks), *body.filled(raw.merges), *body.totals(), *body.odd_ends()]
    return _frame(body.kept(), names), told


def _frame(rows: Lines, names: list[str]) -> pd.DataFrame:
    named = [at for at, name in enumerate(names) if name]
    cells = pa.Table.from_arrays(
        [rows.column(at) for at in named], names=[names[at] for at in named]
    )
    frame = cells.to_pandas()
    frame.index = pd.Index(rows.numbers, name="row", dtype="int64")
    return frame


def _check_wide(rows: Lines, file: str) -> None:
    """Raise :class:`LayerError` where more columns are filled than a table has."""
    for at in np.flatnonzero(rows.overfull)[:1].tolist():
        words: Place = {"seen": rows.widths[at], "limit": MOST_COLUMNS}
        raise LayerError(finding("table.wide", file=file, row=rows.numbers[at], **words))


# --- header


def _header(rows: Rows, merges: Sequence[Merge]) -> _Header:
    lines = list(rows)
    first = _header_at([rows[line] for line in lines])
    levels = lines[first : first + _depth([rows[line] for line in lines[first:]])]
    width = max(len(rows[line]) for line in levels)
    texts = [
        [_one_line(cell) for cell in rows[line]] + [""] * (width - len(rows[line]))
        for line in levels
    ]
    spread = [
        _spread(texts, level, [merge for merge in merges if merge.top == line])
        for level, line in enumerate(levels)
    ]
    names = [_name([row[column] for row in spread]) for column in range(width)]
    while names and not names[-1]:
        names.pop()
    return _Header(levels, names, lines[:first])


def _header_at(rows: list[list[str]]) -> int:
    """The place of the header's first line: below titles, if there surely are some."""
    for at, row in enumerate(rows[:DEEPEST]):
        below = rows[at + 1 :]
        if at and _heads(row, below):
            return at
        if not _is_title(row, below):
            break
    return 0


def _filled_at(row: list[str]) -> set[int]:
    return {column for column, cell in enumerate(row) if cell.strip()}


def _is_title(row: list[str], below: list[list[str]]) -> bool:
    """Whether a line is much too short for a header, names no column, and heads none."""
    filled = _filled_at(row)
    widest = max((len(_filled_at(other)) for other in below[:DEEPEST]), default=0)
    if widest < 2 or any(is_known(row[column]) for column in filled):
        return False
    if len(filled) == 1:
        return True
    return len(filled) <= 3 and 2 * len(filled) < widest and filled <= _filled_at(below[0])


def _heads(row: list[str], below: list[list[str]]) -> bool:
    """Whether a line is a header: words, names among them or a word for every column of data."""
    filled = _filled_at(row)
    words = all(_is_word(row[column]) for column in filled)
    if len(filled) < 2 or not words or not below:
        return False
    widest = max(len(_filled_at(other)) for other in below[:DEEPEST])
    known = any(is_known(row[column]) for column in filled)
    return known or len(filled) >= widest


def _is_word(cell: str) -> bool:
    return parse_number(cell).unreadable and parse_date(cell) is None


def _depth(rows: list[list[str]]) -> int:
    """How many lines the header has: lines follow that only fill it up, and data below them."""
    depth, above = 1, rows[0]
    while depth < MOST_HEADERS and depth + 1 < len(rows):
        below = _under(above, rows[depth])
        if below is None:
            break
        depth, above = depth + 1, below
    return depth


def _under(above: list[str], row: list[str]) -> list[str] | None:
    """The lowest names of a header with one more line; None if the line is data.

    A line of a header names columns that have no name yet or are grouped, and no others; units
    may stand below any name.
    """
    width = max(len(above), len(row))
    above = above + [""] * (width - len(above))
    row = row + [""] * (width - len(row))
    filled = _filled_at(row)
    if filled and all(is_unit(row[column]) for column in filled):
        return above
    groups = {start for start, columns in _extents(above).items() if filled & columns}
    fresh = filled - _filled_at(above)
    if not fresh or not filled - fresh <= groups or not all(_is_word(row[at]) for at in filled):
        return None
    return [row[at] or ("" if at in groups else above[at]) for at in range(width)]


def _extents(row: list[str]) -> dict[int, set[int]]:
    """For each filled cell the blank ones behind it, up to the next."""
    starts = sorted(_filled_at(row))
    ends = [*starts[1:], len(row)]
    return {start: set(range(start + 1, end)) for start, end in zip(starts, ends, strict=True)}


def _spread(texts: list[list[str]], level: int, merges: list[Merge]) -> list[str]:
    """One line of a header with its group names over all columns of the group."""
    row = list(texts[level])
    lower = texts[level + 1 :]
    for start, columns in _extents(row).items():
        merged = [merge for merge in merges if merge.left == start]
        for column in columns:
            named = any(other[column] for other in lower)
            grouped = any(other[start] for other in lower)
            same = all(_owner(upper, start) == _owner(upper, column) for upper in texts[:level])
            inside = column <= merged[0].right if merged else grouped
            if named and same and inside:
                row[column] = row[start]
    return row


def _owner(row: list[str], column: int) -> int:
    """The column at which the group begins that a column belongs to."""
    return max((at for at in range(column + 1) if row[at]), default=-1)


def _name(levels: list[str]) -> str:
    """The parts of a name from the top; a line of units becomes the unit of the name."""
    name = ""
    for part in levels:
        if not part or part == name.rpartition("/")[2]:
            continue
        if name and is_unit(part):
            name = f"{name}（{part.strip('()（）[]【】 ')}）"
        else:
            name = f"{name}/{part}" if name else part
    return name


def _one_line(cell: str) -> str:
    """A header without breaks: none is left between Chinese words, a blank between others."""
    text = re.sub(r"(?<=[\w.])\s*\n\s*(?=[A-Za-z])", " ", cell.strip())
    return re.sub(r"\s*\n\s*", "", text)


def _titles(header: _Header, rows: Rows, file: str) -> Iterator[Finding]:
    """The lines above the header."""
    for line in header.above:
        seen = " ".join(cell.strip() for cell in rows[line] if cell.strip())
        yield finding("table.title", file=file, row=line, seen=seen)


def _header_rows(header: _Header, file: str) -> Iterator[Finding]:
    """A header that is more than one line."""
    if len(header.lines) > 1:
        joined = ", ".join(name for name in header.names if "/" in name)
        words: Place = {"seen": len(header.lines), "names": joined or "–"}
        yield finding("table.header-rows", file=file, row=header.lines[0], **words)
