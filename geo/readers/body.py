"""What stands below a header: rows, and lines that are none (notes, totals, headers again)."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.cells.aliases import columns_meaning, header_unit
from geo.cells.numerals import parse_number, readable
from geo.cells.totals import LIKELY, LONGEST, Kind, check_sum, total_kind, totalled
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.cells import Mark, Merge
from geo.readers.lines import Lines, flags
from geo.readers.point_columns import columns_of

_NOTE = re.compile(
    r"(注|备注|附注|说明|制表|填表|填报|编制|审核|复核|校核|负责人|单位负责人|联系|数据来源|资料来源|来源"
    r"|notes?|remarks?|source|prepared by|checked by)[^:：]{0,6}(\d{0,2}[:：]).*",
    re.IGNORECASE | re.DOTALL,
)
_ERRORS: Final = (
    *("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
)
_NO_SUM = re.compile(
    r"率|比|%|系数|平均|单价|序号|编号|年|日期|时间|ratio|density|average|mean|percent|date|far$|no\.$",
    re.IGNORECASE,
)
"""Columns whose total row holds something else than a sum."""

Mask = npt.NDArray[np.bool_]


class Body:
    """The lines below a header. Columns are looked at whole, single lines only on suspicion."""

    def __init__(self, lines: Lines, names: list[str], file: str, *, land: bool) -> None:
        self._lines, self._names, self._file = lines, names, file
        self._drawn = _drawn(lines, names) if land else set()
        self._ends = _notes(lines)
        self._kinds: dict[int, Kind] = {}
        self._ids = _id_column(names)
        self.notes: list[Finding] = []

    def without_notes(self, header: list[str]) -> list[Finding]:
        """Leave out the notes at the end, and every line that is the header once more."""
        notes = [line for line in self._ends if line not in self._drawn]
        for line in notes:
            seen = _shown_line(self._lines[line])
            self.notes.append(finding("table.note", file=self._file, row=line, seen=seen))
        again = _repeats(self._lines, header)
        left_out = np.isin(self._lines.numbers, [*notes, *again])
        self._lines = self._lines.where(~left_out)
        return [finding("table.header-again", file=self._file, row=line) for line in again]

    def check_ragged(self) -> None:
        """Raise :class:`LayerError` for lines with more or fewer cells than the header."""
        lines, width = self._lines, len(self._names)
        odd = lines.widths < width
        for column in lines.columns[width:]:
            odd |= flags(pc.greater(pc.binary_length(column), 0))
        words: Place = {"file": self._file, "expected": width}
        if odd.any():
            pairs = zip(lines.numbers[odd], lines.widths[odd], strict=True)
            raise LayerError(
                *[finding("table.ragged", **words, row=row, seen=seen) for row, seen in pairs]
            )

    def unnamed(self) -> Iterator[Finding]:
        """Columns that hold something and have no name, so that nobody can ask for them."""
        lines = self._lines
        for at in range(len(lines.columns)):
            if at < len(self._names) and self._names[at]:
                continue
            for row in np.flatnonzero(lines.filled(at))[:1]:
                place: Place = {"file": self._file, "row": lines.numbers[row]}
                yield finding("table.unnamed", **place, seen=at + 1)

    def pad(self) -> None:
        """Give every line as many cells as the header has."""
        self._lines = self._lines.padded(len(self._names))

    def kept(self) -> Lines:
        """The lines that are rows."""
        totals = [at for at in self._kinds if int(self._lines.numbers[at]) not in self._drawn]
        kept = np.ones(len(self._lines), bool)
        kept[totals] = False
        return self._lines.where(kept)

    # --- cells that are not what was typed

    def marked(self, marks: Sequence[Mark]) -> list[Finding]:
        """Errors of the workbook, formulas without value, numbers that lost digits."""
        cells = {at: self._lines.row(at) for at in self._failed()}
        told = [item for at in cells for item in self._blanked(at, cells[at])]
        for mark in marks:
            named = mark.column < len(self._names) and self._names[mark.column]
            at = int(np.searchsorted(self._lines.numbers, mark.line))
            if not named or at == len(self._lines) or self._lines.numbers[at] != mark.line:
                continue
            row = cells.setdefault(at, self._lines.row(at))
            told += self._mark_told(mark, row)
        self._lines = self._lines.written(cells)
        return told

    def _failed(self) -> list[int]:
        """The lines that hold an error of the workbook."""
        found = np.zeros(len(self._lines), bool)
        errors = pa.array(_ERRORS, pa.string())
        for column in self._lines.columns:
            found |= flags(pc.is_in(column, errors))
        return np.flatnonzero(found).tolist()

    def _blanked(self, at: int, cells: list[str]) -> Iterator[Finding]:
        for column, cell in enumerate(cells):
            if cell in _ERRORS and self._names[column]:
                cells[column] = ""
                place = self._place(int(self._lines.numbers[at]), cells, self._names[column])
                yield finding("table.error-cell", **place, seen=cell)

    def _mark_told(self, mark: Mark, cells: list[str]) -> Iterator[Finding]:
        place = self._place(mark.line, cells, self._names[mark.column])
        seen = cells[mark.column]
        if mark.kind == "formula":
            yield finding("table.formula-uncached", **place)
        elif mark.kind == "digits":
            yield finding("table.digits", **place, seen=seen)
        elif re.search("date|日期|时间|WCSJ", self._names[mark.column], re.IGNORECASE):
            cells[mark.column] = f"{seen} / {seen}0"  # no date, so that none is taken for it
            yield finding("table.month-lost", **place, seen=seen)

    def _place(self, line: int, cells: list[str], field: str) -> Place:
        parcel = "" if self._ids is None else cells[self._ids].strip()
        return {"file": self._file, "row": line, "parcel": parcel, "field": field}

    def filled(self, merges: Sequence[Merge]) -> Iterator[Finding]:
        """Cells merged over several rows: words hold for each, a quantity for nobody knows whom."""
        tops: list[int] = []
        written: dict[int, list[str]] = {}
        numbers = self._lines.numbers
        for merge in merges:
            start, end = np.searchsorted(numbers, [merge.top, merge.bottom + 1]).tolist()
            named = merge.left < len(self._names) and self._names[merge.left]
            if end - start < 2 or not named or numbers[start] != merge.top:
                continue
            for at in range(start, end):
                written.setdefault(at, self._lines.row(at))
            cell = written[start][merge.left]
            quantity = not parse_number(cell, area=True).unreadable and not _is_label(named)
            for at in range(start, end):
                written[at][merge.left] = "" if quantity else cell
            if quantity and cell.strip():
                words: Place = {"seen": cell, "rows": f"{numbers[start]}–{numbers[end - 1]}"}
                place: Place = {"file": self._file, "row": merge.top, "field": named}
                yield finding("table.merged-number", **place, **words)
            elif cell.strip():
                tops.append(merge.top)
        self._lines = self._lines.written(written)
        if tops:
            yield finding("table.merged", file=self._file, row=tops[0], seen=len(tops))

    # --- totals

    def totals(self) -> Iterator[Finding]:
        """Every total that is left out, held against the rows that it stands for."""
        self._kinds = _total_lines(self._lines)
        if not self._kinds:
            return
        rows, numbers = list(self._lines.values()), self._lines.numbers.tolist()
        kinds = [self._kinds.get(at) for at in range(len(rows))]
        for at in self._kinds:
            if numbers[at] in self._drawn:
                yield self._odd(numbers[at])
            else:
                seen = _shown_line(rows[at])
                yield finding("table.total", file=self._file, row=numbers[at], seen=seen)
            place: Place = {"file": self._file, "row": numbers[at]}
            yield from self._compared(rows, kinds, at, place)

    def _compared(
        self, rows: list[list[str]], kinds: list[Kind | None], at: int, place: Place
    ) -> Iterator[Finding]:
        """A total beside the sums of the rows that it may stand for, those that agree best."""
        names = self._names
        choices = [
            list(_sums(rows[at], [rows[row] for row in chosen], names))
            for chosen in totalled(kinds, at)
        ]
        best = max(choices, key=lambda sums: sum(item.holds for item in sums), default=[])
        for column in sorted(_figures(rows[at], names) - {item.column for item in best}):
            words: Place = {"field": names[column], "seen": rows[at][column].strip()}
            yield finding("table.total-unchecked", **place, **words)
        for item in best:
            words = {"field": names[item.column], "seen": item.stated}
            words["summed"] = _shown(item.summed)
            if not item.holds:
                yield finding("table.total-differs", **place, **words)
            elif not item.exact:
                yield finding("table.total-rounded", **place, **words)

    def odd_ends(self) -> Iterator[Finding]:
        """Lines that read like a note and have an outline."""
        for line in self._ends:
            if line in self._drawn and line in self._lines:
                yield self._odd(line)

    def _odd(self, line: int) -> Finding:
        """A line whose words say that it is no land, and that has some."""
        seen = next(cell.strip() for cell in self._lines[line] if cell.strip())
        return finding("points.drawn", file=self._file, row=line, line=line, seen=seen[:60])


def _shown_line(cells: list[str]) -> str:
    return " ".join(cell.strip() for cell in cells if cell.strip())


def _notes(lines: Lines) -> list[int]:
    """The last lines that only speak of the table: who made it, remarks."""
    notes: list[int] = []
    for at in reversed(range(len(lines))):
        cells = [cell.strip() for cell in lines.row(at) if cell.strip()]
        if not _NOTE.fullmatch(cells[0]) or len(cells) > 4:
            break
        notes.append(int(lines.numbers[at]))
    return notes[::-1]


def _repeats(lines: Lines, header: list[str]) -> list[int]:
    """The lines that are the header again, as at the top of every printed page."""
    names = [cell.strip() for cell in header if cell.strip()]
    if len(names) < 2:
        return []
    open_yet, likely = np.ones(len(lines), bool), np.zeros(len(lines), bool)
    for at in range(len(lines.columns)):
        if not open_yet.any():
            break
        likely |= open_yet & flags(pc.match_substring(lines.column(at), names[0]))
        open_yet &= ~lines.filled(at)
    rows = ((at, lines.row(at)) for at in np.flatnonzero(likely).tolist())
    return [
        int(lines.numbers[at])
        for at, cells in rows
        if [cell.strip() for cell in cells if cell.strip()] == names
    ]


def _drawn(lines: Lines, names: list[str]) -> set[int]:
    """The lines that hold an outline, or both coordinates of a point."""
    try:
        columns = columns_of(names, "", "")
    except LayerError:  # no table of coordinates, which whoever reads it as one will say
        return set()
    if columns.wkt >= 0:
        begun = pc.utf8_slice_codeunits(lines.column(columns.wkt), 0, 200)
        drawn = flags(pc.match_substring_regex(begun, r"\([^\p{Nd}]*\p{Nd}"))
    else:
        pair = (columns.north, columns.east)
        drawn = lines.widths > max(pair)
        for at in pair:
            drawn &= lines.filled(at) & readable(lines.column(at))
    return set(lines.numbers[drawn].tolist())


def _id_column(names: list[str]) -> int | None:
    found = columns_meaning("parcel_id", [name for name in names if name])
    return names.index(found[0]) if found else None


_LABELS: Final = ("parcel_id", "name", "zone", "land_use", "stage", "stage_date", "ownership")


def _is_label(name: str) -> bool:
    """Whether a column names its rows, so that a number in it is no quantity to be shared out."""
    known = any(columns_meaning(meaning, [name]) for meaning in _LABELS)
    return known or bool(re.search("序号|编号|代码|date|日期|时间|_id$", name, re.IGNORECASE))


# --- totals


def _total_lines(lines: Lines) -> dict[int, Kind]:
    """The places of lines of which one of the first two words says that it is a total."""
    words, likely = np.zeros(len(lines), np.int8), np.zeros(len(lines), bool)
    for at in range(len(lines.columns)):
        filled = lines.filled(at) & (words < 2)
        words += filled
        likely |= filled & flags(pc.match_substring_regex(lines.column(at), LIKELY))
        if (words == 2).all():
            break
    kinds = {at: _kind(lines.row(at)) for at in np.flatnonzero(likely).tolist()}
    return {at: kind for at, kind in kinds.items() if kind is not None}


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
