"""The lines of a table, kept column by column: millions of cells without an object for each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MOST_COLUMNS: Final = 2000
"""More are no table of land, and finding its header would take minutes."""

_NUMBERS, _WIDTHS, _OVERFULL = "line", "width", "overfull"

Mask = npt.NDArray[np.bool_]


class Lines(Mapping[int, list[str]]):
    """Cells by their line in the file: a mapping from its number to its cells.

    ``columns`` holds them as Arrow text, blank where a line is shorter; ``widths`` says how many
    cells each line has, of which those beyond :data:`MOST_COLUMNS` are dropped. ``overfull`` marks
    the lines of which some of those held something.
    """

    def __init__(
        self,
        numbers: npt.NDArray[np.int64],
        widths: npt.NDArray[np.int64],
        columns: Sequence[pa.Array],
        overfull: Mask | None = None,
    ) -> None:
        self.numbers, self.widths, self.columns = numbers, widths, list(columns)
        self.overfull = np.zeros(len(numbers), bool) if overfull is None else overfull

    @classmethod
    def of(cls, rows: Mapping[int, Sequence[str]]) -> Self:
        """The lines that somebody read one by one, in their order."""
        cells = list(rows.values())
        widths = np.array([len(row) for row in cells], dtype=np.int64)
        wide = [any(cell.strip() for cell in row[MOST_COLUMNS:]) for row in cells]
        columns = [
            pa.array([row[at] if at < len(row) else "" for row in cells], pa.string())
            for at in range(min(widths.max(initial=0), MOST_COLUMNS))
        ]
        numbers = np.array(list(rows), dtype=np.int64)
        return cls(numbers, widths, columns, np.array(wide, dtype=bool))

    @classmethod
    def unpacked(cls, table: pa.Table) -> Self:
        """The lines that :meth:`packed` packed."""
        own = [table.column(name).to_numpy() for name in (_NUMBERS, _WIDTHS, _OVERFULL)]
        columns = [joined(column) for column in table.columns[3:]]
        return cls(own[0], own[1], columns, own[2].astype(bool))

    def packed(self) -> pa.Table:
        """The lines as one Arrow table."""
        own = [pa.array(self.numbers), pa.array(self.widths), pa.array(self.overfull)]
        names = [_NUMBERS, _WIDTHS, _OVERFULL, *map(str, range(len(self.columns)))]
        return pa.Table.from_arrays([*own, *self.columns], names=names)

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers.tolist())

    def __getitem__(self, number: int) -> list[str]:
        at = int(np.searchsorted(self.numbers, number))
        if at == len(self.numbers) or self.numbers[at] != number:
            raise KeyError(number)
        return self.row(at)

    def row(self, at: int) -> list[str]:
        """The cells of the line at this place, as many as it has."""
        return [column[at].as_py() for column in self.columns[: self.widths[at]]]

    def column(self, at: int) -> pa.Array:
        """The cells of a column; blank ones where no line has so many."""
        if at < len(self.columns):
            return self.columns[at]
        return pa.array([""] * len(self), pa.string())

    def filled(self, at: int) -> Mask:
        """Which lines hold more than blanks in a column."""
        cells = self.column(at)
        blank = pc.or_(pc.equal(pc.binary_length(cells), 0), pc.utf8_is_space(cells))
        return ~flags(blank)

    def where(self, kept: Mask) -> "Lines":
        """The lines that are marked."""
        if kept.all():
            return self
        mask = pa.array(kept)
        columns = [column.filter(mask) for column in self.columns]
        return Lines(self.numbers[kept], self.widths[kept], columns, self.overfull[kept])

    def upto(self, count: int) -> "Lines":
        """The first lines."""
        return self._between(0, count)

    def below(self, number: int) -> "Lines":
        """The lines that stand below this one."""
        return self._between(int(np.searchsorted(self.numbers, number, side="right")), len(self))

    def _between(self, start: int, end: int) -> "Lines":
        part = slice(start, end)
        columns = [column[part] for column in self.columns]
        return Lines(self.numbers[part], self.widths[part], columns, self.overfull[part])

    def padded(self, width: int) -> "Lines":
        """Every line with so many cells, blank where it had none."""
        columns = [self.column(at) for at in range(width)]
        return Lines(self.numbers, np.full(len(self), width), columns, self.overfull)

    def plain(self) -> "Lines":
        """The lines that hold something, without the mark of UTF-8 around their cells."""
        columns = [_unmarked(column) for column in self.columns]
        widths = np.minimum(self.widths, MOST_COLUMNS)
        clean = Lines(self.numbers, widths, columns, self.overfull)
        filled = np.zeros(len(self), bool)
        for at in range(len(columns)):
            if filled.all():
                break
            filled |= clean.filled(at)
        return clean.where(filled)

    def written(self, cells: Mapping[int, Sequence[str]]) -> "Lines":
        """The same lines, those at these places with other cells."""
        if not cells:
            return self
        mask = np.zeros(len(self), bool)
        mask[list(cells)] = True
        rows = [cells[row] for row in sorted(cells)]
        columns = [
            pc.replace_with_mask(
                column, pa.array(mask), pa.array([row[at] for row in rows], column.type)
            )
            for at, column in enumerate(self.columns)
        ]
        return Lines(self.numbers, self.widths, columns, self.overfull)


def joined(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def flags(values: Any) -> Mask:
    """Truth values of Arrow as an array; what is null is false."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def _unmarked(cells: pa.Array) -> pa.Array:
    marked = pc.any(pc.match_substring(cells, "\ufeff")).as_py()
    return pc.utf8_trim(cells, "\ufeff") if marked else cells
