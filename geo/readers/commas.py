"""CSV files: their lines, found in all bytes at once; Python's own reader has what is irregular."""

import csv
import io
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv as arrow_csv

from geo.errors import LayerError
from geo.findings import finding
from geo.readers.lines import MOST_COLUMNS, Lines, joined

ENCODINGS: Final = ("utf-8", "gb18030")
"""Tried in this order: UTF-8 fails loudly on Chinese text in another encoding."""

_LONGEST_CELL: Final = 2**31 - 1
"""Python's own limit of 128 KiB is too little for a table that carries outlines as text."""

_BOM: Final = "\ufeff".encode()
_QUOTE, _COMMA, _FEED, _RETURN = b'",\n\r'
_LEAST_BLOCK: Final = 2**22
_MOST_BLOCK: Final = 2**30

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


class _Records(NamedTuple):
    """Where each record begins and ends in the bytes, its line in the file, and its cells."""

    starts: Places
    ends: Places
    lines: Places
    widths: Places


def read_csv(path: Path, encodings: tuple[str, ...]) -> Lines:
    """The lines of a CSV file; a record that runs over several has the number of the first.

    Raises :class:`LayerError` where none of the encodings fits, or a quotation mark stands where
    none can.
    """
    problem: Exception | None = None
    for encoding in encodings:
        try:
            return _lines(_utf8(path.read_bytes(), encoding))
        except (UnicodeError, LookupError, csv.Error, OSError) as error:
            problem = problem or error
    raise LayerError(finding("layer.unreadable", file=path.name, problem=problem))


def _utf8(data: bytes, encoding: str) -> bytes:
    text = data.decode(encoding)  # which says whether the bytes are what they are said to be
    if encoding.lower() in ("utf-8", "utf8"):
        return data.removeprefix(_BOM)
    return text.encode()


def _lines(data: bytes) -> Lines:
    records = _records(np.frombuffer(data, dtype=np.uint8))
    if records is None:
        return _one_by_one(data)
    usual = int(np.bincount(records.widths).argmax()) if len(records.widths) else 0
    alike = records.widths == usual
    if not 1 < usual <= MOST_COLUMNS or 2 * alike.sum() < len(alike):
        return _one_by_one(data)
    odd = np.flatnonzero(~alike)
    columns = _parsed(data, usual, records)
    if not len(odd):
        return Lines(records.lines, records.widths, columns)
    spans = zip(records.starts[odd].tolist(), records.ends[odd].tolist(), strict=True)
    cells = [_record(data[start:end]) for start, end in spans]
    others = Lines.of(dict(zip(records.lines[odd].tolist(), cells, strict=True)))
    return _together(records, columns, others, odd)


def _records(data: Bytes) -> _Records | None:
    """The records of a file whose quotation marks are all in pairs around cells; else None."""
    quotes = np.flatnonzero(data == _QUOTE)
    if not _regular(data, quotes):
        return None
    feeds = data == _FEED
    returns = data == _RETURN
    returns[:-1] &= ~feeds[1:]  # of a pair the second ends the line
    breaks = np.flatnonzero(feeds | returns)
    outer, commas = breaks, np.flatnonzero(data == _COMMA)
    if len(quotes):
        outer, commas = (at[np.searchsorted(quotes, at) % 2 == 0] for at in (breaks, commas))
    starts = np.concatenate([[0], outer + 1])
    ends = np.concatenate([outer, [len(data)]])
    if starts[-1] == len(data):
        starts, ends = starts[:-1], ends[:-1]
    if not len(starts):
        return _Records(starts, ends, starts, starts)
    paired = (data[ends - 1] == _RETURN) & (ends > starts) & (ends < len(data))
    ends = ends - paired
    lines = 1 + np.searchsorted(breaks, starts)
    widths = np.diff(np.searchsorted(commas, starts), append=len(commas)) + 1
    return _Records(starts, ends, lines, np.where(ends > starts, widths, 0))


def _regular(data: Bytes, quotes: Places) -> bool:
    """Whether each first mark of a pair opens a cell, or goes on with one, and each second ends it.

    Then every other mark is the end of text, whatever stands in between.
    """
    if len(quotes) % 2:
        return False
    first, second = quotes[::2], quotes[1::2]
    around = np.zeros(256, bool)
    around[[_COMMA, _FEED, _RETURN]] = True
    opens = around[data[first - 1]] | (first == 0)
    opens[1:] |= first[1:] == second[:-1] + 1
    last = second == len(data) - 1
    after = np.where(last, second, second + 1) if len(data) else second
    closes = last | around[data[after]]
    closes[:-1] |= second[:-1] + 1 == first[1:]
    return bool(opens.all() and closes.all())


def _parsed(data: bytes, width: int, records: _Records) -> list[pa.Array]:
    """The columns of all records of the usual width."""
    names = [str(at) for at in range(width)]
    longest = int((records.ends - records.starts).max())
    block = min(max(_LEAST_BLOCK, 2 * longest), _MOST_BLOCK)
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        arrow_csv.ReadOptions(column_names=names, block_size=block),
        arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda _: "skip"),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    return [joined(column) for column in table.columns]


def _record(data: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(data.decode(), newline=""), strict=True), [])


def _together(records: _Records, columns: list[pa.Array], others: Lines, odd: Places) -> Lines:
    """Lines of the usual width and the others, in the order of the file."""
    count, width = len(records.lines), max(len(columns), len(others.columns))
    order = np.zeros(count, np.int64)
    usual = np.setdiff1d(np.arange(count), odd, assume_unique=True)
    order[usual] = np.arange(len(usual))
    order[odd] = len(usual) + np.arange(len(odd))
    blank = pa.array([""] * len(usual), pa.string())
    cells = [
        pa.concat_arrays([columns[at] if at < len(columns) else blank, others.column(at)])
        for at in range(width)
    ]
    overfull = np.zeros(count, bool)
    overfull[odd] = others.overfull
    taken = pa.array(order)
    return Lines(records.lines, records.widths, [item.take(taken) for item in cells], overfull)


def _one_by_one(data: bytes) -> Lines:
    """What Python's reader makes of the file, which refuses a mark where none can stand."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    rows, line = {}, 1
    for row in reader:
        rows[line] = row
        line = reader.line_num + 1
    return Lines.of(rows)
