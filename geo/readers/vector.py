"""Polygon and line layers of any format, read in another process and placed on the earth."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS

from geo.earth.around import Around
from geo.earth.crs import parse_crs, settled
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers import apart, archive, door, shapefile
from geo.readers.columns import no_column
from geo.readers.raw import GEOMETRY, RawLayer, parted, unpacked
from geo.units import AreaUnit
from geo.words import ending

FORMATS: Final = tuple(ending for ending, kind in door.KINDS.items() if kind != "TIFF")
"""File endings of layers."""


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """A layer as its file holds it: rows in file order, geometry in ``crs``, nothing mended.

    ``findings`` is what the reader noticed on the way, ``area_unit`` the unit that the format
    prescribes for areas, if it does. ``rows`` are the numbers, from 1, of the rows in the file,
    where only those near some land were read.
    """

    path: Path
    layer: str
    frame: gpd.GeoDataFrame
    crs: CRS
    findings: list[Finding] = field(default_factory=list)
    area_unit: AreaUnit | None = None
    rows: npt.NDArray[np.int64] | None = None

    @property
    def file(self) -> str:
        """The name by which findings speak of the file."""
        return self.path.name

    def numbered(self, findings: Iterable[Finding]) -> list[Finding]:
        """What was found in rows of ``frame``, said of the rows of the file."""
        rows = self.rows
        if rows is None:
            return list(findings)
        return [
            item if item.row is None else replace(item, row=int(rows[item.row - 1]))
            for item in findings
        ]


def read_vector(
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    near: Around | None = None,
) -> VectorLayer:
    """Read one layer whole; ``crs`` is what the plan states for files that state none.

    Where only what lies ``near`` some land is asked for, and the file (GeoParquet) stores the box
    of each row beside it, rows that lie elsewhere are left out, unless all do.
    Raises :class:`LayerError` when the file is missing, damaged or disguised, when the layer is
    not named and not the only one, and when its CRS is missing, unknown, without a datum, or
    contradicts what the plan states.
    """
    raw = _read_apart(path, {"layer": layer, "encoding": encoding}, near, crs)
    if not len(raw.shapes):
        raise LayerError(finding("layer.no-rows", file=path.name, layer=raw.name))
    cells = _frame(raw, path)
    name = "geometry" if "geometry" not in cells else GEOMETRY  # a column of text may be called so
    shapes = gpd.GeoSeries(pd.Series(raw.shapes, dtype=object))
    frame = gpd.GeoDataFrame(cells.assign(**{name: shapes}), geometry=name)
    settled_crs = _settle_crs(raw, crs, path)
    return VectorLayer(path, raw.name, frame, settled_crs, raw.findings, raw.area_unit, raw.rows)


def _frame(raw: RawLayer, path: Path) -> pd.DataFrame:
    """The cells; Arrow holds days after the year 9999 and zones of no clock, Python does not."""
    names = raw.cells.column_names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        where: Place = {"file": path.name, "layer": raw.name}
        raise LayerError(*[finding("table.column-twice", **where, field=name) for name in twice])
    try:
        return raw.cells.to_pandas(integer_object_nulls=True)
    except (pa.ArrowException, ValueError, OverflowError, TypeError) as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None


def require_columns(source: VectorLayer, fields: dict[str, str], meanings: Sequence[str]) -> None:
    """Raise :class:`LayerError` for a mapping of what is no meaning, or to no column."""
    columns = [str(column) for column in source.frame.columns]
    for meaning, column in fields.items():
        choices = columns if meaning in meanings else list(meanings)
        missing = column if meaning in meanings else meaning
        if missing not in choices:
            raise no_column(missing, meaning, choices, file=source.file, layer=source.layer)


def _read_apart(
    path: Path, options: dict[str, str | None], near: Around | None, crs: str | None
) -> RawLayer:
    """The layer from the reading process; what was wrong with it is said of ``path``."""
    if path.suffix.lower() not in FORMATS:
        raise LayerError(finding("layer.format", file=path.name, **ending(path.suffix)))
    request: dict[str, Any] = {"reader": "layer", **options}
    with staged(path) as inner:
        if near is not None and door.KINDS[inner.suffix.lower()] == "GeoParquet":
            request = {"reader": "near", "near": near.packed(), "crs": crs}
        try:
            told, table = apart.ask({**request, "path": str(inner.resolve())}, inner)
        except LayerError as error:
            named = (replace(item, file=path.name) for item in error.findings)
            raise LayerError(*named) from None
    assert table is not None
    cells, drawn = parted(table)
    del table  # the last to hold the geometry as it came, but for what is unpacked now
    raw = unpacked(told, cells, drawn)
    return replace(raw, findings=[replace(item, file=path.name) for item in raw.findings])


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """The file to read: ``path`` itself, or what it holds or belongs to, gathered in a folder."""
    kind = door.admit(path)
    with ExitStack() as stack:
        inner = path
        if kind == "Zip":
            inner = archive.unfolded(path, _scratch(stack))
            kind = door.admit(inner)
        if kind == "Shapefile" and shapefile.scattered(inner):
            inner = shapefile.gathered(inner, _scratch(stack))
        yield inner


def _scratch(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="landready-")))


def _settle_crs(raw: RawLayer, stated: str | None, path: Path) -> CRS:
    """The CRS of the layer, without heights: the file's, or the one stated if it has none."""
    where: Place = {"file": path.name, "layer": raw.name}
    if raw.crs is None:
        told = stated or raw.implied_crs
        if told is None:
            raise LayerError(finding("crs.missing", **where, **_looks(raw)))
        return parse_crs(told, **where)
    return settled(parse_crs(raw.crs, **where), stated, **where)


def _looks(raw: RawLayer) -> Place:
    """What the numbers look like, to help whoever must find out the CRS."""
    with np.errstate(over="ignore", invalid="ignore"):
        west, south, east, north = box = shapely.total_bounds(raw.shapes)
    if not np.isfinite(box).all():
        return {"looks": "", "looks_zh": ""}
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90:
        return {
            "looks": " (its numbers look like degrees of longitude and latitude)",
            "looks_zh": "（数值像经纬度）",
        }
    seen = f"x {west:.0f} … {east:.0f}, y {south:.0f} … {north:.0f}"
    return {"looks": f" ({seen})", "looks_zh": f"（{seen}）"}
