"""From cells to a table: which lines are title, header, data, total and note."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import pandas as pd

from geo.cells.aliases import columns_meaning, header_unit, is_known, is_unit
from geo.cells.numerals import parse_date, parse_number
from geo.cells.totals import LONGEST, Kind, check_sum, total_kind, totalled
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.cells import Merge, RawCells
from geo.readers.point_columns import columns_of

DEEPEST: Final = 10
"""A header is looked for in the first lines only."""

MOST_HEADERS: Final = 3
"""So many lines can make one header: groups, columns, units."""

MOST_COLUMNS: Final = 2000
"""More are no table of land, and finding its header would take minutes."""

Rows = dict[int, list[str]]

_NOTE = re.compile(
    r"(注|备注|附注|说明|制表|填表|填报|编制|审核|复核|校核|负责人|单位负责人|联系|数据来源|资料来源|来源"
    r"|notes?|remarks?|source|prepared by|checked by)[^:：]{0,6}(\d{0,2}[:：]).*",
    re.IGNORECASE | re.DOTALL,
)
_ERRORS: Final = frozenset(
    ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
_NO_SUM = re.compile(
    r"率|比|%|系数|平均|单价|序号|编号|年|日期|时间|ratio|density|average|mean|percent|date|far$|no\.$",
    re.IGNORECASE,
)
"""Columns whose total row holds something else than a sum."""


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
    raw = _narrow(raw, file)
    rows = {line: [cell.strip("\ufeff") for cell in cells] for line, cells in raw.rows.items()}
    rows = {line: cells for line, cells in rows.items() if any(cell.strip() for cell in cells)}
    if not rows:
        raise LayerError(finding("layer.no-rows", file=file))
    header = _header(rows, raw.merges)
    names = header.names
    for twice in sorted({name for name in names if name and names.count(name) > 1}):
        raise LayerError(finding("table.column-twice", file=file, row=header.lines[0], field=twice))
    body = {line: cells for line, cells in rows.items() if line > header.lines[-1]}
    drawn = _drawn(body, names) if land else set()
    ends = _notes(body)
    notes = [line for line in ends if line not in drawn]
    again = [line for line in body if _same(rows[line], rows[header.lines[0]])]
    body = {line: cells for line, cells in body.items() if line not in {*notes, *again}}
    if not raw.grid:
        _check_ragged(body, len(names), file)
    told = [*_told(header, rows, notes, file), *_unnamed(body, names, file)]
    told += [finding("table.header-again", file=file, row=line) for line in again]
    body = {line: (cells + [""] * len(names))[: len(names)] for line, cells in body.items()}
    told += _marked(raw, body, names, file)
    told += _filled(raw.merges, body, names, file)
    kinds = [_kind(cells) for cells in body.values()]
    told += _totals(body, kinds, names, file, drawn)
    told += [_odd(body[line], line, file) for line in ends if line in drawn and line in body]
    kinds_at = zip(body, kinds, strict=True)
    kept = [line for line, kind in kinds_at if kind is None or line in drawn]
    named = [column for column, name in enumerate(names) if name]
    frame = pd.DataFrame(
        [[body[line][column] for column in named] for line in kept],
        index=pd.Index(kept, name="row", dtype="int64"),
        columns=[names[column] for column in named],
        dtype="str",
    )
    return frame, told


def _narrow(raw: RawCells, file: str) -> RawCells:
    """The same cells; raises :class:`LayerError` where more columns are filled than a table has."""
    rows = dict(raw.rows)
    for line, cells in raw.rows.items():
        if len(cells) <= MOST_COLUMNS:
            continue
        beyond = sum(1 for cell in cells[MOST_COLUMNS:] if cell.strip())
        if beyond:
            words: Place = {"seen": len(cells), "limit": MOST_COLUMNS}
            raise LayerError(finding("table.wide", file=file, row=line, **words))
        rows[line] = cells[:MOST_COLUMNS]
    return replace(raw, rows=rows)


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


# --- below the table, and beside it


def _notes(body: Rows) -> list[int]:
    """The last lines that only speak of the table: who made it, remarks."""
    notes: list[int] = []
    for line in reversed(list(body)):
        cells = [cell.strip() for cell in body[line] if cell.strip()]
        if not _NOTE.fullmatch(cells[0]) or len(cells) > 4:
            break
        notes.append(line)
    return notes[::-1]


def _drawn(body: Rows, names: list[str]) -> set[int]:
    """The lines that hold an outline, or both coordinates of a point."""
    try:
        columns = columns_of(names, "", "")
    except LayerError:  # no table of coordinates, which whoever reads it as one will say
        return set()
    if columns.wkt >= 0:
        outlines = {line: "".join(cells[columns.wkt :][:1]) for line, cells in body.items()}
        return {line for line, text in outlines.items() if re.search(r"\([^\d]*\d", text[:200])}
    pair = (columns.north, columns.east)
    return {
        line
        for line, cells in body.items()
        if len(cells) > max(pair) and not any(parse_number(cells[at]).unreadable for at in pair)
        and all(cells[at].strip() for at in pair)
    }  # fmt: skip


def _odd(cells: list[str], line: int, file: str) -> Finding:
    """A line whose words say that it is no land, and that has some."""
    seen = next(cell.strip() for cell in cells if cell.strip())
    return finding("points.drawn", file=file, row=line, line=line, seen=seen[:60])


def _same(line: list[str], header: list[str]) -> bool:
    """Whether a line repeats the header, as at the top of every printed page."""
    cells, names = ([cell.strip() for cell in row if cell.strip()] for row in (line, header))
    return len(names) > 1 and cells == names


def _check_ragged(body: Rows, width: int, file: str) -> None:
    odd = {
        line: len(cells) for line, cells in body.items() if len(cells) < width or any(cells[width:])
    }
    if odd:
        words: Place = {"file": file, "expected": width}
        raise LayerError(
            *[finding("table.ragged", **words, row=line, seen=odd[line]) for line in odd]
        )


def _told(header: _Header, rows: Rows, notes: list[int], file: str) -> Iterator[Finding]:
    """The lines that are neither header nor data, and a header that is more than one."""
    for code, lines in (("table.title", header.above), ("table.note", notes)):
        for line in lines:
            seen = " ".join(cell.strip() for cell in rows[line] if cell.strip())
            yield finding(code, file=file, row=line, seen=seen)
    if len(header.lines) > 1:
        joined = ", ".join(name for name in header.names if "/" in name)
        words: Place = {"seen": len(header.lines), "names": joined or "–"}
        yield finding("table.header-rows", file=file, row=header.lines[0], **words)


def _unnamed(body: Rows, names: list[str], file: str) -> Iterator[Finding]:
    """Columns that hold something and have no name, so that nobody can ask for them."""
    columns: dict[int, int] = {}
    for line, cells in body.items():
        for column in _filled_at(cells):
            if column >= len(names) or not names[column]:
                columns.setdefault(column, line)
    for column, line in sorted(columns.items()):
        yield finding("table.unnamed", file=file, row=line, seen=column + 1)


# --- cells that are not what was typed


def _marked(raw: RawCells, body: Rows, names: list[str], file: str) -> Iterator[Finding]:
    """Errors of the workbook, formulas without value, numbers that lost digits."""
    ids = _id_column(names)
    for line, cells in body.items():
        for column, cell in enumerate(cells):
            if cell in _ERRORS and names[column]:
                cells[column] = ""
                place = _place(file, line, cells, ids, names[column])
                yield finding("table.error-cell", **place, seen=cell)
    for mark in raw.marks:
        named = mark.column < len(names) and names[mark.column]
        if mark.line not in body or not named:
            continue
        cells = body[mark.line]
        place = _place(file, mark.line, cells, ids, names[mark.column])
        seen = cells[mark.column]
        if mark.kind == "formula":
            yield finding("table.formula-uncached", **place)
        elif mark.kind == "digits":
            yield finding("table.digits", **place, seen=seen)
        elif re.search("date|日期|时间|WCSJ", names[mark.column], re.IGNORECASE):
            cells[mark.column] = f"{seen} / {seen}0"  # no date, so that none is taken for it
            yield finding("table.month-lost", **place, seen=seen)


def _id_column(names: list[str]) -> int | None:
    found = columns_meaning("parcel_id", [name for name in names if name])
    return names.index(found[0]) if found else None


def _place(file: str, line: int, cells: list[str], ids: int | None, field: str) -> Place:
    parcel = "" if ids is None else cells[ids].strip()
    return {"file": file, "row": line, "parcel": parcel, "field": field}


def _filled(merges: Sequence[Merge], body: Rows, names: list[str], file: str) -> Iterator[Finding]:
    """Cells merged over several rows: words hold for each, a quantity for nobody knows which."""
    filled: list[int] = []
    for merge in merges:
        lines = [line for line in body if merge.top <= line <= merge.bottom]
        named = merge.left < len(names) and names[merge.left]
        if len(lines) < 2 or not named or merge.top not in body:
            continue
        cell = body[merge.top][merge.left]
        quantity = not parse_number(cell, area=True).unreadable and not _is_label(named)
        for line in lines:
            body[line][merge.left] = "" if quantity else cell
        if quantity and cell.strip():
            words: Place = {"seen": cell, "rows": f"{lines[0]}–{lines[-1]}"}
            yield finding("table.merged-number", file=file, row=merge.top, field=named, **words)
        elif cell.strip():
            filled.append(merge.top)
    if filled:
        yield finding("table.merged", file=file, row=filled[0], seen=len(filled))


_LABELS: Final = ("parcel_id", "name", "zone", "land_use", "stage", "stage_date", "ownership")


def _is_label(name: str) -> bool:
    """Whether a column names its rows, so that a number in it is no quantity to be shared out."""
    known = any(columns_meaning(meaning, [name]) for meaning in _LABELS)
    return known or bool(re.search("序号|编号|代码|date|日期|时间|_id$", name, re.IGNORECASE))


# --- totals


def _kind(cells: list[str]) -> Kind | None:
    """Whether one of the first two words of a row says that it is a total."""
    words = [cell for cell in cells if cell.strip()][:2]
    return next((kind for kind in map(total_kind, words) if kind), None)


class _Sum(NamedTuple):
    column: int
    stated: str
    summed: float
    exact: bool
    holds: bool


def _totals(
    body: Rows, kinds: list[Kind | None], names: list[str], file: str, drawn: set[int]
) -> Iterator[Finding]:
    """Every total that is left out, held against the rows that it stands for."""
    rows, lines = list(body.values()), list(body)
    for at, kind in enumerate(kinds):
        if kind is None:
            continue
        seen = " ".join(cell.strip() for cell in rows[at] if cell.strip())
        if lines[at] in drawn:
            yield _odd(rows[at], lines[at], file)
        else:
            yield finding("table.total", file=file, row=lines[at], seen=seen)
        choices = [
            list(_sums(rows[at], [rows[row] for row in chosen], names))
            for chosen in totalled(kinds, at)
        ]
        best = max(choices, key=lambda sums: sum(item.holds for item in sums), default=[])
        for column in sorted(_figures(rows[at], names) - {item.column for item in best}):
            place: Place = {"file": file, "row": lines[at], "field": names[column]}
            yield finding("table.total-unchecked", **place, seen=rows[at][column].strip())
        for item in best:
            words: Place = {"seen": item.stated, "summed": _shown(item.summed)}
            place = {"file": file, "row": lines[at], "field": names[item.column]}
            if not item.holds:
                yield finding("table.total-differs", **place, **words)
            elif not item.exact:
                yield finding("table.total-rounded", **place, **words)


def _figures(total: list[str], names: list[str]) -> set[int]:
    """The columns of a total in which a figure stands that should be a sum."""
    return {
        column
        for column, name in enumerate(names)
        if name
        and not _NO_SUM.search(name)
        and total_kind(total[column]) is None
        and re.search(r"\d", total[column])
        and len(total[column]) <= LONGEST
    }


def _sums(total: list[str], rows: list[list[str]], names: list[str]) -> Iterator[_Sum]:
    for column, name in enumerate(names):
        if not name or _NO_SUM.search(name):
            continue
        check = check_sum(total[column], [row[column] for row in rows], header_unit(name))
        if check is not None:
            stated = total[column].strip()
            yield _Sum(column, stated, check.summed, check.exact, check.holds)


def _shown(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
