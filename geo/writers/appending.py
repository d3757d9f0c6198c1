"""Rows added to those of a layer: by the names of the columns, never by their place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyproj import CRS

from geo.cells.aliases import columns_meaning
from geo.errors import PublishError
from geo.findings import Finding, Place, finding
from geo.text import Words
from geo.words import EXACT, as_text, listed, normal
from geo.writers.fitting import fitted
from geo.writers.layer import Layer
from geo.writers.vector import ENDINGS, ending

_ROW_NUMBERS: Final = ("id", "objectid", "fid")
"""Names that number rows as often as parcels: an id only where nothing better is there."""


def appended(
    old: Layer, new: Layer, target: Path, fields: dict[str, str]
) -> tuple[Layer, list[Finding]]:
    """The rows of ``old``, which ``target`` holds, and those of ``new`` after them.

    A column that one side lacks is empty there. Raises :class:`PublishError` when the CRS or the
    type of a column differs, when two names differ only in case, when it is unclear which column
    holds the ids, and with every id that both sides have.
    """
    if not old.crs.equals(new.crs, ignore_axis_order=True):
        words: Place = {"expected": _code(old.crs), "seen": _code(new.crs)}
        raise PublishError(finding("append.crs", file=target.name, **words))
    said: list[Finding] = []
    if ending(target) in ENDINGS:
        new, said = fitted(new, ENDINGS[ending(target)], target)
    faults = [item for item in said if item.severity == "error"]
    faults += [*_near_names(old, new, target), *_conflicts(old, new, target)]
    faults += _twice(old, new, target, fields)
    if faults:
        raise PublishError(*faults)
    cells = pa.concat_tables([old.cells, _alike(old, new)], promote_options="permissive")
    shapes = np.concatenate([old.shapes, new.shapes])
    changed = [item for item in said if item.changed]
    return Layer(old.name, cells, shapes, old.crs, new.id_column), [
        *changed,
        *_lacking(old, new, target),
    ]


def id_columns(columns: list[str], fields: dict[str, str]) -> list[str]:
    """The columns that may hold the parcel ids: the one that is named, or all that look so."""
    if "parcel_id" in fields:
        return [name for name in columns if name == fields["parcel_id"]]
    found = columns_meaning("parcel_id", columns)
    return [name for name in found if normal(name) not in _ROW_NUMBERS] or found


def _code(crs: CRS) -> str:
    return str(crs.to_string() if crs.to_authority() else crs.name)


def _near_names(old: Layer, new: Layer, target: Path) -> Iterator[Finding]:
    """Names that a careless eye takes for one: the columns would stand beside each other."""
    there = {normal(name): name for name in old.cells.column_names}
    for name in new.cells.column_names:
        other = there.get(normal(name), name)
        if other != name and name not in old.cells.column_names:
            words: Place = {"field": name, "seen": listed([other, name])}
            yield finding("write.columns", file=target.name, **words)


def _conflicts(old: Layer, new: Layer, target: Path) -> Iterator[Finding]:
    """Columns of one name that hold different kinds of values."""
    for name in new.cells.column_names:
        if name not in old.cells.column_names:
            continue
        one, other = old.cells[name], new.cells[name]
        if _empty(one) or _empty(other):
            continue
        expected, seen = _kind(one), _kind(other)
        if expected == seen and not _loses(one, other):
            continue
        words: Place = {"expected": expected.en, "seen": seen.en}
        words |= {"expected_zh": expected.zh, "seen_zh": seen.zh}
        yield finding("append.type", file=target.name, field=name, **words)


def _empty(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count == len(column))


def _kind(column: pa.ChunkedArray) -> Words:
    """What a column holds, in words."""
    kind, types = column.type, pa.types
    if types.is_boolean(kind):
        return Words("是/否", "yes or no")
    if types.is_date(kind):
        return Words("日期", "days")
    if types.is_timestamp(kind):
        return (
            Words("时刻", "times") if kind.tz else Words("不带时区的时刻", "times without a zone")
        )
    if types.is_integer(kind) or types.is_floating(kind):
        whole = types.is_integer(kind) and _long(column)
        return Words("很长的整数", "long whole numbers") if whole else Words("数值", "numbers")
    if types.is_string(kind) or types.is_large_string(kind):
        return Words("文字", "text")
    return Words(f" {kind} ", str(kind))


def _long(column: pa.ChunkedArray) -> bool:
    ends = [end.as_py() for end in pc.min_max(column).values() if end.is_valid]
    return any(abs(end) > EXACT for end in ends)


def _loses(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Whether long whole numbers would stand in one column with fractions."""
    kinds = (one.type, other.type)
    return any(map(pa.types.is_floating, kinds)) and any(
        pa.types.is_integer(column.type) and _long(column) for column in (one, other)
    )


def _twice(old: Layer, new: Layer, target: Path, fields: dict[str, str]) -> Iterator[Finding]:
    """Every row of the new ones whose parcel the target has already."""
    there = id_columns(old.cells.column_names, fields)
    here = id_columns(new.cells.column_names, fields)
    if not there and not here and "parcel_id" not in fields:
        return
    if there != here or len(here) != 1:
        old_ids, new_ids = listed(there) or "—", listed(here) or "—"
        words: Place = {"file": target.name, "seen": f"{old_ids} / {new_ids}"}
        if there == here:
            yield finding("write.which", meaning="parcel_id", **words)
        else:
            yield finding("append.ids", there=old_ids, here=new_ids, **words)
        return
    known, ids = _ids(old, here[0]), _ids(new, here[0])
    both = ids[ids.isin(set(known)) & (ids != "")]
    for row, parcel in both.items():
        where: Place = {"file": target.name, "layer": new.name, "row": int(str(row)) + 1}
        yield finding("append.twice", **where, parcel=parcel, field=here[0], seen=parcel)


def _ids(layer: Layer, column: str) -> pd.Series:
    return as_text(layer.frame()[column])


def _alike(old: Layer, new: Layer) -> pa.Table:
    """The new cells in the types of the old columns, where those hold anything."""
    cells = new.cells
    for at, name in enumerate(cells.column_names):
        if name in old.cells.column_names and _empty(cells.column(at)):
            kind = old.cells.schema.field(name).type
            cells = cells.set_column(at, name, pa.nulls(len(cells), kind))
    return cells


def _lacking(old: Layer, new: Layer, target: Path) -> list[Finding]:
    more = [name for name in new.cells.column_names if name not in old.cells.column_names]
    less = [name for name in old.cells.column_names if name not in new.cells.column_names]
    if not more and not less:
        return []
    words: Place = {"more": listed(more) or "—", "less": listed(less) or "—"}
    return [finding("append.columns", file=target.name, **words)]
