"""What was written, read back with our own reader and compared cell by cell."""

import json
from collections.abc import Container, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.errors import LayerError, PublishError
from geo.findings import Finding, finding
from geo.readers.vector import VectorLayer, read_vector
from geo.text import Words
from geo.writers.layer import Layer, layer_of

RELATIVE: Final = 1e-12
MOST_SHOWN: Final = 80


class _Difference(NamedTuple):
    """Where what was read differs from what was meant: no row for the layer as a whole."""

    row: int | None
    field: str
    expected: str
    seen: str


_WHAT: Final = {
    "rows": Words("行数", "rows"),
    "columns": Words("列名", "columns"),
    "crs": Words("坐标系", "CRS"),
    "values": Words("属性值", "values"),
    "shapes": Words("图形", "geometry"),
}


def verified(
    meant: Layer, written: Path, target: Path, *, altered: Container[tuple[int | None, str]] = ()
) -> npt.NDArray[np.bool_]:
    """Read a file back and compare rows, columns, CRS, every cell and every ring.

    ``altered`` are cells (row from 1, column) that are known to be written otherwise.

    Gives the rows whose rings run, or whose parts stand, in another order. Raises
    :class:`PublishError` with the first difference of each kind: a file that passes has the same
    ids, and the same sums to the last digit of what the format holds.
    """
    try:
        back = layer_of(_read(written, meant))
    except LayerError as error:
        raise PublishError(*error.findings) from None
    findings = [
        _worded(what, difference, meant, target)
        for what, differences in (
            ("rows", _rows(meant, back)),
            ("columns", _columns(meant, back)),
            ("crs", _crs(meant.crs, back.crs)),
        )
        for difference in differences
    ]
    if findings:
        raise PublishError(*findings)
    same, turned = same_shapes(meant.shapes, back.shapes)
    for difference in (*_values(meant, back, altered), *_shapes(meant, back, same | turned)):
        what = "values" if difference.field else "shapes"
        findings.append(_worded(what, difference, meant, target))
    if findings:
        raise PublishError(*findings)
    return turned & ~same


def _read(written: Path, meant: Layer) -> VectorLayer:
    return read_vector(written, layer=meant.name if written.suffix.lower() == ".gpkg" else None)


def _worded(what: str, difference: _Difference, meant: Layer, target: Path) -> Finding:
    row, field, expected, seen = difference
    place = {} if row is None else meant.place(row, target)
    return finding(
        "write.differs",
        **{"file": target.name, "layer": meant.name, **place},
        field=field,
        what=_WHAT[what].en,
        what_zh=_WHAT[what].zh,
        expected=expected[:MOST_SHOWN],
        seen=seen[:MOST_SHOWN],
    )


def _rows(meant: Layer, back: Layer) -> Iterator[_Difference]:
    if len(back.shapes) != len(meant.shapes):
        yield _Difference(None, "", str(len(meant.shapes)), str(len(back.shapes)))


def _columns(meant: Layer, back: Layer) -> Iterator[_Difference]:
    for expected, seen in zip(meant.cells.column_names, back.cells.column_names, strict=False):
        if expected != seen:
            yield _Difference(None, expected, expected, seen)
            return
    if meant.cells.num_columns != back.cells.num_columns:
        yield _Difference(None, "", str(meant.cells.num_columns), str(back.cells.num_columns))


def _crs(meant: CRS, back: CRS) -> Iterator[_Difference]:
    """Equal, or worded the same in the dialect of .prj files, which keeps no codes."""
    if meant.equals(back, ignore_axis_order=True):
        return
    if meant.to_wkt("WKT1_ESRI") != back.to_wkt("WKT1_ESRI"):
        yield _Difference(None, "", meant.name, back.name)


def _values(
    meant: Layer, back: Layer, altered: Container[tuple[int | None, str]]
) -> Iterator[_Difference]:
    """The first cell of each column that came back as another value."""
    wanted, read = meant.frame(), back.frame()
    for name in wanted.columns:
        one, other = wanted[name], read[name]
        for row in np.flatnonzero(~_equal_at_once(one, other)):
            known = (int(row) + 1, name) in altered
            if not known and not _same(one.iat[row], other.iat[row]):
                yield _Difference(int(row), name, str(one.iat[row]), str(other.iat[row]))
                break


def _equal_at_once(one: pd.Series, other: pd.Series) -> npt.NDArray[Any]:
    """Most cells in one go; False where a closer look is needed."""
    if one.dtype != other.dtype or (one.dtype == object and not (_texts(one) and _texts(other))):
        return np.zeros(len(one), dtype=bool)
    return np.asarray(((one == other) | (one.isna() & other.isna())).to_numpy(), dtype=bool)


def _texts(column: pd.Series) -> bool:
    """Whether a column of objects holds nothing but texts and blanks."""
    return bool(pd.api.types.infer_dtype(column, skipna=True) == "string")


def _same(one: Any, other: Any) -> bool:
    """Whether two cells say the same, in types that may differ: 3 and 3.0, a date and its text."""
    one, other = _bare(one), _bare(other)
    if one is None or other is None:
        return bool(one is other)
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(one is other)
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        exact = isinstance(one, int) and isinstance(other, int)
        return bool(one == other or (not exact and abs(one - other) <= RELATIVE * abs(one)))
    if isinstance(one, str) != isinstance(other, str):
        return bool(_moment(one) is not None and _moment(one) == _moment(other))
    if isinstance(one, (date, datetime)):
        return bool(_moment(one) == _moment(other))
    return bool(one == other or _parsed(one) == _parsed(other))


def _bare(value: Any) -> Any:
    """A cell as plain Python: missing is None, numpy's kinds are Python's, a list is JSON."""
    if isinstance(value, (list, tuple, dict, np.ndarray)):
        return json.dumps(value, ensure_ascii=False, default=_jsonable)
    if value is None or pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _parsed(text: str) -> Any:
    """A text that is JSON as what it says: GDAL writes such texts into GeoJSON as JSON."""
    if not (text.startswith(("{", "[")) and text.endswith(("}", "]"))):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _jsonable(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)


def _moment(value: Any) -> Any:
    """A date or a time in UTC, also where a reader gives it as text; None if it is neither."""
    try:
        moment = pd.Timestamp(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if pd.isna(moment):
        return None
    return moment.tz_convert("UTC") if moment.tzinfo is not None else moment


def same_shapes(
    one: npt.NDArray[Any], other: npt.NDArray[Any], *, within: float = 0.0
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which rows have the same rings point by point, and which the same in any order.

    A multipolygon of one part is that part; ``within`` is what a coordinate may differ by.
    """
    same = _alike(one, other, within)
    rest = np.flatnonzero(~same)
    one, other = _single(one[rest]), _single(other[rest])
    same[rest] = _alike(one, other, within)
    turned = same.copy()
    rest, one, other = rest[~same[rest]], one[~same[rest]], other[~same[rest]]
    turned[rest] = _alike(shapely.normalize(one), shapely.normalize(other), within)
    return same, turned


def _alike(one: npt.NDArray[Any], other: npt.NDArray[Any], within: float) -> npt.NDArray[np.bool_]:
    """Which rows have the same points in the same order, and heights on both sides or neither."""
    neither = shapely.is_missing(one) & shapely.is_missing(other)
    heights = shapely.has_z(one) == shapely.has_z(other)
    return np.asarray(
        neither | (heights & shapely.equals_exact(one, other, tolerance=within)), dtype=bool
    )


def _single(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    kinds = shapely.get_type_id(shapes)
    alone = np.isin(kinds, (4, 5, 6)) & (shapely.get_num_geometries(shapes) == 1)
    result = shapes.copy()
    result[alone] = shapely.get_geometry(shapes[alone], 0)
    return result


def _shapes(meant: Layer, back: Layer, good: npt.NDArray[np.bool_]) -> Iterator[_Difference]:
    for row in np.flatnonzero(~good)[:1]:
        yield _Difference(int(row), "", _drawn(meant.shapes[row]), _drawn(back.shapes[row]))


def _drawn(shape: Any) -> str:
    return "-" if shape is None else str(shapely.to_wkt(shape, rounding_precision=3))
