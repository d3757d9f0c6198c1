"""Attributes as a format can hold them: what must change is changed whole and said, never cut."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.findings import Finding, Place, finding
from geo.text import Words
from geo.words import EXACT, listed
from geo.writers.layer import Layer

MOST_TEXT_BYTES: Final = 254
"""The longest text of a .dbf, in UTF-8."""

DBF_DECIMALS: Final = 15
DBF_LARGEST: Final = 1e22
"""GDAL writes a number of a .dbf with 15 decimals into 24 characters."""

DBF_SAFE: Final = 1e-3
"""From this on 15 decimals are twelve digits and more."""

RELATIVE: Final = 1e-12


class _Reason(NamedTuple):
    """Why a column becomes text, and how one of its values is written."""

    why: Words
    text: Callable[[Any], str]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _moment(value: Any) -> str:
    return str(value.isoformat())


_NESTED: Final = _Reason(Words("列表或嵌套值", "it holds lists or nested values"), _json)
_LONG: Final = _Reason(
    Words("整数超过 2^53，按数值读会丢失末位", "whole numbers beyond 2^53 lose their last digits"),
    str,
)
_DIGITS: Final = _Reason(Words("有的数值会丢失有效数字", "some numbers would lose digits"), repr)
_CLOCK: Final = _Reason(Words("带时刻的日期", "dates with a time of day"), _moment)
_ZONELESS: Final = _Reason(
    Words(
        "不带时区的时刻在 GeoPackage 中会变成 UTC",
        "times without a zone would become UTC in a GeoPackage",
    ),
    _moment,
)
_DECIMAL: Final = _Reason(Words("十进制小数", "decimal numbers"), str)


def fitted(layer: Layer, format_: str, file: Path) -> tuple[Layer, list[Finding]]:
    """The layer with columns that the format can hold, and what was changed for that.

    Values that no column of the format can hold are found with severity *error*.
    """
    findings: list[Finding] = []
    cells = layer.cells
    for at, name in enumerate(layer.cells.column_names):
        column = cells.column(at) if format_ == "GeoParquet" else _plain(cells.column(at))
        reason = _reason(column, format_)
        if reason is not None:
            column = _as_text(column, reason.text)
            findings.append(
                finding(
                    "write.as-text",
                    file=file.name,
                    layer=layer.name,
                    field=name,
                    why=reason.why.en,
                    why_zh=reason.why.zh,
                    changed=True,
                )
            )
        cells = cells.set_column(at, name, column)
    result = replace(layer, cells=cells)
    for name in cells.column_names:
        findings += _impossible(result, name, format_, file)
    if format_ != "Shapefile":
        return result, findings
    return _as_read(result), [*findings, *_lost_on_reading(result, file)]


def _as_read(layer: Layer) -> Layer:
    """The layer as a .dbf gives it back: text without outer blanks, none where it is empty."""
    cells = layer.cells
    for at, name in enumerate(cells.column_names):
        if pa.types.is_string(cells.column(at).type):
            text = pc.utf8_trim(cells.column(at), characters=" ")
            cells = cells.set_column(at, name, pc.if_else(pc.equal(text, ""), None, text))
    return replace(layer, cells=cells)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column in GDAL's types: categories as values, one kind of text, times in UTC.

    GDAL writes a time of a named zone (Asia/Shanghai) as UTC without saying so.
    """
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_null(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(pa.timestamp(kind.unit, "UTC"))
    return column


def _as_text(column: pa.ChunkedArray, text: Callable[[Any], str]) -> pa.ChunkedArray:
    values = [None if value is None else text(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(values, pa.string())])


def _reason(column: pa.ChunkedArray, format_: str) -> _Reason | None:
    """Why a column cannot keep its type in a format, if it cannot."""
    kind, types = column.type, pa.types
    reason = None
    if format_ == "GeoParquet":
        pass
    elif types.is_nested(kind):
        reason = None if format_ == "GeoJSON" and _simple_list(kind) else _NESTED
    elif types.is_decimal(kind):
        reason = _DECIMAL
    elif types.is_time(kind) or types.is_duration(kind):
        reason = _Reason(_CLOCK.why, str)
    elif types.is_timestamp(kind):
        naive = format_ == "GeoPackage" and kind.tz is None
        reason = _CLOCK if format_ == "Shapefile" else _ZONELESS if naive else None
    elif types.is_integer(kind):
        most = EXACT if format_ == "Shapefile" else 2**63 - 1
        reason = _LONG if _largest(column) > most else None
    elif types.is_floating(kind) and format_ == "Shapefile":
        reason = None if all(map(_survives, _at_risk(column))) else _DIGITS
    return reason


def _simple_list(kind: pa.DataType) -> bool:
    types = pa.types
    if not (types.is_list(kind) or types.is_large_list(kind)):
        return False
    item = kind.value_type
    return bool(types.is_integer(item) or types.is_floating(item) or types.is_string(item))


def _largest(column: pa.ChunkedArray) -> int:
    ends = pc.min_max(column)
    return max((abs(end.as_py()) for end in ends.values() if end.is_valid), default=0)


def _at_risk(column: pa.ChunkedArray) -> list[float]:
    """The numbers that decimals after the point may not hold: very small ones, and very large."""
    values = column.to_numpy()
    size = np.abs(values)
    risky = values[((size > 0) & (size < DBF_SAFE)) | (size >= DBF_LARGEST)]
    return [float(value) for value in risky]


def _survives(value: float) -> bool:
    """Whether a number keeps its digits in a .dbf; one that is not finite is found elsewhere."""
    if value - value != 0:
        return True
    kept = float(f"{value:.{DBF_DECIMALS}f}") if abs(value) < DBF_LARGEST else float("inf")
    return abs(kept - value) <= RELATIVE * abs(value)


def _impossible(layer: Layer, name: str, format_: str, file: Path) -> Iterator[Finding]:
    """The cells that the format cannot hold in any way."""
    column = layer.cells[name]
    if format_ == "GeoParquet":
        return
    for row, why, seen in _misfits(column, format_):
        yield finding(
            "write.value",
            **layer.place(row, file),
            field=name,
            seen=seen,
            why=why.en,
            why_zh=why.zh,
        )


_NUL: Final = Words("文字中有 NUL 字符", "the text has a NUL character")
_TOO_LONG: Final = Words("超过 254 字节", "it is longer than 254 bytes")
_NOT_FINITE: Final = Words("不是有限数", "the number is not finite")
_BINARY: Final = Words("二进制内容", "it is binary")


def _misfits(column: pa.ChunkedArray, format_: str) -> Iterator[tuple[int, Words, str]]:
    types, kind = pa.types, column.type
    if types.is_string(kind):
        for row in _rows(pc.match_substring(column, "\0")):
            yield row, _NUL, ascii(column[row].as_py())[:60]
        if format_ == "Shapefile":
            sizes = pc.binary_length(column)
            for row in _rows(pc.greater(sizes, MOST_TEXT_BYTES)):
                yield row, _TOO_LONG, str(sizes[row])
    elif types.is_floating(kind) and format_ != "GeoPackage":
        infinite = pc.is_inf(column)
        for row in _rows(infinite):
            yield row, _NOT_FINITE, str(column[row])
    elif (types.is_binary(kind) or types.is_large_binary(kind)) and format_ != "GeoPackage":
        for row in _rows(pc.is_valid(column)):
            yield row, _BINARY, str(len(column[row].as_py()))


def _rows(mask: pa.ChunkedArray) -> list[int]:
    """Where a mask is true."""
    return list(pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist())


def _lost_on_reading(layer: Layer, file: Path) -> Iterator[Finding]:
    """What a Shapefile holds and readers give back otherwise: missing numbers, blanks."""
    where: Place = {"file": file.name, "layer": layer.name}
    times, blank = 0, []
    for name in layer.cells.column_names:
        column = layer.cells[name]
        types, kind = pa.types, column.type
        if types.is_integer(kind) or types.is_floating(kind):
            missing = pc.sum(pc.is_null(column, nan_is_null=True)).as_py() or 0
            if missing:
                yield finding("write.nulls", **where, field=name, times=missing)
        elif types.is_string(kind):
            other = pc.not_equal(column, pc.utf8_trim(column, characters=" "))
            here = pc.sum(pc.or_(other, pc.equal(column, ""))).as_py() or 0
            times += here
            blank += [name] if here else []
    if times:
        yield finding("write.blanks", **where, field=listed(blank), times=times)
