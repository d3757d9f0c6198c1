"""Tables as CSV with the keys as header; every cell inert."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.tables.sheet import Sheet
from geo.writers.atomic import replacing

FORMULA_STARTS: Final = (*"=+-@\t\r\n", *"＝＋－＠")
"""What begins a formula in a spreadsheet; some take the full-width forms for the same."""

ROWS_PER_PIECE: Final = 65_536
"""Rows of a CSV are worded and written so many at a time."""

_AS_REPR: Final = (1e-4, 1e10)
"""Between these Arrow words a number as Python does, but for the point of a whole one."""


def write_csv(sheet: Sheet, path: Path) -> None:
    """One table as UTF-8 CSV with a byte-order mark, for Excel; figures unrounded.

    Rows end with CR LF, and what holds a comma, a quotation mark or a line break is quoted (RFC
    4180). The file is replaced at once: it holds the old table or the new one, never part of one.
    """
    keys = [item.key for item in sheet.fields]
    with replacing(path) as new, new.open("wb") as file:
        file.write(",".join(keys).encode("utf-8-sig") + b"\r\n")
        for start in range(0, len(sheet.frame), ROWS_PER_PIECE):
            piece = sheet.frame.iloc[start : start + ROWS_PER_PIECE]
            file.write(_lines([_worded(piece[key]) for key in keys]))


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
        quoted = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
        text = pc.if_else(pc.match_substring_regex(text, r'[",\r\n]'), quoted, text)
    return text


def _figures(values: npt.NDArray[np.float64]) -> pa.Array:
    """Numbers with the fewest digits that tell them from all others, as Python writes them."""
    sizes = np.abs(values)
    text = pa.array(values, from_pandas=True).cast(pa.string())
    with np.errstate(invalid="ignore"):
        whole = values == np.floor(values)
    text = pc.if_else(whole, pc.binary_join_element_wise(text, ".0", ""), text)
    rest = ((sizes < _AS_REPR[0]) & (sizes > 0)) | (sizes >= _AS_REPR[1])
    exact = pa.array([repr(value) for value in values[rest].tolist()], pa.string())
    return pc.replace_with_mask(text, rest, exact)


def _inert(text: pa.Array) -> pa.Array:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
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
