"""Tables as CSV with the keys as header, every cell inert; and as Parquet."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo.tables.sheet import Sheet
from geo.writers.atomic import replacing
from geo.writers.pieces import worded

FORMULA_STARTS: Final = (*"=+-@\t\r\n", *"＝＋－＠")
"""What begins a formula in a spreadsheet; some take the full-width forms for the same."""

_FIRST: Final = frozenset((*FORMULA_STARTS, " "))
"""What text begins with that is, or may be after blanks, such a formula."""

_MARKS: Final = np.frombuffer(b'",\r\n', np.uint8)

ROWS_PER_PIECE: Final = 65_536
"""Rows of a table are worded and written so many at a time; in Parquet they are a row group."""

_AS_REPR: Final = (1e-4, 1e10)
"""Between these Arrow words a number as Python does, but for the point of a whole one."""


def write_csv(sheet: Sheet, path: Path) -> None:
    """One table as CSV, replaced at once: the file holds the old table or the new one, no part."""
    with replacing(path) as new:
        fill_csv(sheet, new)


def fill_csv(sheet: Sheet, path: Path) -> None:
    """One table as UTF-8 CSV with a byte-order mark, for Excel; figures unrounded.

    Rows end with CR LF, and what holds a comma, a quotation mark or a line break is quoted (RFC
    4180). It is for a file that nobody reads yet.
    """
    keys = [item.key for item in sheet.fields]
    with path.open("wb") as file:
        file.write(",".join(keys).encode("utf-8-sig") + b"\r\n")
        for start in range(0, len(sheet.frame), ROWS_PER_PIECE):
            piece = sheet.frame.iloc[start : start + ROWS_PER_PIECE]
            file.write(_lines([_worded(piece[key]) for key in keys]))


def fill_parquet(sheet: Sheet, path: Path) -> None:
    """One table as Parquet, each column of its own kind, to a file that nobody reads yet."""
    frame = _of_one_kind(sheet.frame[[item.key for item in sheet.fields]])
    schema = pa.Schema.from_pandas(frame, preserve_index=False).remove_metadata()
    with pq.ParquetWriter(path, schema, use_dictionary=worded(schema)) as writer:
        for start in range(0, len(frame), ROWS_PER_PIECE):
            piece = frame.iloc[start : start + ROWS_PER_PIECE]
            writer.write_table(pa.Table.from_pandas(piece, schema, preserve_index=False))


def _of_one_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with text in columns that hold cells of several kinds."""
    several = ("mixed", "mixed-integer")
    objects = [name for name, kind in frame.dtypes.items() if pd.api.types.is_object_dtype(kind)]
    loose = [name for name in objects if pd.api.types.infer_dtype(frame[name]) in several]
    return frame.assign(**{name: frame[name].map(str, na_action="ignore") for name in loose})


def _lines(columns: list[pa.Array]) -> bytes:
    """Rows of texts as lines; what is missing leaves its place empty."""
    rows = pc.binary_join_element_wise(*columns, ",", null_handling="replace", null_replacement="")
    if len(columns) == 1:  # an empty line would be no row
        rows = pc.if_else(pc.equal(rows, ""), '""', rows)
    text: bytes = pc.binary_join_element_wise(rows, "", "\r\n").buffers()[2].to_pybytes()
    return text


def _worded(column: pd.Series) -> pa.Array:
    """The cells of a column as text, null where there is none."""
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) and column.notna().all():
        text = pc.if_else(pa.array(column.to_numpy(bool)), "True", "False")
    elif pd.api.types.is_integer_dtype(kind):
        text = pa.array(column).cast(pa.string())
    elif kind == np.float64:
        text = _figures(column.to_numpy())
    elif kind.kind == "M":
        text = pa.array(column.to_numpy().astype("datetime64[D]")).cast(pa.string())
    else:
        if kind == "str":
            held = pa.array(column, pa.string())
            text = _inert(pa.concat_arrays(getattr(held, "chunks", [held])))
        else:
            cells = column.astype(object).where(column.notna(), None)
            text = pa.array([_text(cell) for cell in cells], pa.string())
        text = _quoted(text)
    return text


def _quoted(text: pa.StringArray) -> pa.Array:
    """Text that holds a mark of CSV between quotation marks; most columns hold none."""
    _, offsets, data = text.buffers()
    if data is None:
        return text
    ends = np.frombuffer(offsets, np.int32)[[text.offset, text.offset + len(text)]]
    if not np.isin(np.frombuffer(data, np.uint8)[slice(*ends)], _MARKS).any():
        return text
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
    return pc.if_else(pc.match_substring_regex(text, r'[",\r\n]'), quoted, text)


def _figures(values: npt.NDArray[np.float64]) -> pa.Array:
    """Numbers with the fewest digits that tell them from all others, as Python writes them."""
    sizes = np.abs(values)
    text = pa.array(values, from_pandas=True).cast(pa.string())
    with np.errstate(invalid="ignore"):
        whole = values == np.floor(values)
    points = pc.binary_join_element_wise(text.filter(whole), ".0", "")
    rest = ((sizes < _AS_REPR[0]) & (sizes > 0)) | (sizes >= _AS_REPR[1])
    exact = pa.array([repr(value) for value in values[rest].tolist()], pa.string())
    for places, words in ((whole, points), (rest, exact)):
        text = pc.replace_with_mask(text, places, words) if len(words) else text
    return text


def _inert(text: pa.Array) -> pa.Array:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    firsts = pc.unique(pc.utf8_slice_codeunits(text, 0, 1)).to_pylist()
    if _FIRST.isdisjoint(firsts):
        return text
    starts = pc.match_substring_regex(text, f"^ *[{re.escape(''.join(FORMULA_STARTS))}]")
    return pc.if_else(starts, pc.binary_join_element_wise("'", text, ""), text)


def _text(cell: Any) -> str | None:
    """A cell of a column of mixed kinds."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{cell}"
    return None if cell is None else str(cell)
