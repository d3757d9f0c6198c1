"""Polygon and line layers from GeoPackage, GeoJSON, Shapefile, FileGDB, GeoParquet, TopoJSON."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from shapely.errors import GEOSException

from geo.crs import has_no_datum, horizontal, parse_crs
from geo.errors import LayerError
from geo.findings import Place, finding
from geo.readers.columns import no_column
from geo.words import EXACT, hint

FORMATS = {
    ".gpkg": "GeoPackage",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".topojson": "TopoJSON",
    ".shp": "Shapefile",
    ".gdb": "FileGDB",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
}
"""File endings that are read, and what they are called."""

ARC_STEP_DEGREES = 0.1
"""True arcs become chords of this angle: the area is then right to 1e-5 (GDAL's 4° gives 8e-3)."""


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """A layer as its file holds it: rows in file order, geometry in ``crs``, nothing mended."""

    path: Path
    layer: str
    frame: gpd.GeoDataFrame
    crs: CRS

    @property
    def file(self) -> str:
        """The name by which findings speak of the file."""
        return self.path.name


def read_vector(
    path: Path, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> VectorLayer:
    """Read one layer whole; ``crs`` is what the plan states for files that state none.

    Raises :class:`LayerError` when the file is missing or damaged, when the layer is not named
    and not the only one, and when its CRS is missing, unknown, without a datum, or contradicts
    what the plan states.
    """
    _check_path(path)
    if FORMATS[path.suffix.lower()] == "GeoParquet":
        frame, name = _read_parquet(path), path.stem
    else:
        name = _choose_layer(path, layer)
        frame = _read_ogr(path, name, encoding)
    if frame.empty:
        raise LayerError(finding("layer.no-rows", file=path.name, layer=name))
    return VectorLayer(path, name, frame, _settle_crs(frame, crs, path, name))


def require_columns(source: VectorLayer, fields: dict[str, str], meanings: Sequence[str]) -> None:
    """Raise :class:`LayerError` for a mapping of what is no meaning, or to no column."""
    columns = [str(column) for column in source.frame.columns]
    for meaning, column in fields.items():
        choices = columns if meaning in meanings else list(meanings)
        missing = column if meaning in meanings else meaning
        if missing not in choices:
            raise no_column(missing, meaning, choices, file=source.file, layer=source.layer)


def _check_path(path: Path) -> None:
    if path.suffix.lower() not in FORMATS:
        raise LayerError(finding("layer.format", file=path.name, seen=path.suffix or "no ending"))
    if not path.exists():
        raise LayerError(finding("layer.missing", file=str(path)))


def _read_parquet(path: Path) -> gpd.GeoDataFrame:
    try:
        return gpd.read_parquet(path, to_pandas_kwargs={"integer_object_nulls": True})
    except (OSError, ValueError, KeyError, GEOSException) as error:
        if "geo metadata" in str(error):
            raise LayerError(finding("layer.no-geometry", file=path.name)) from None
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None


def _choose_layer(path: Path, wanted: str | None) -> str:
    """The layer that the plan names, or the only one that holds polygons or lines."""
    try:
        listed = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    except DataSourceError as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    names = list(listed)
    if wanted is not None:
        if wanted not in names:
            words: Place = {"choices": ", ".join(names), **hint(wanted, names)}
            raise LayerError(finding("layer.unknown", file=path.name, seen=wanted, **words))
        return wanted
    spatial = [name for name, kind in listed.items() if kind is not None]
    areal = [name for name in spatial if "Polygon" in listed[name] or listed[name] == "Unknown"]
    choices = areal or spatial
    if not choices:
        raise LayerError(finding("layer.no-geometry", file=path.name))
    if len(choices) != 1:
        raise LayerError(finding("layer.choose", file=path.name, seen=", ".join(choices)))
    return choices[0]


def _read_ogr(path: Path, layer: str, encoding: str | None) -> gpd.GeoDataFrame:
    pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": ARC_STEP_DEGREES})
    encoding = encoding or _unstated_encoding(path)
    try:
        expected = pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"]
        with np.errstate(invalid="ignore"), warnings.catch_warnings():  # both are found later
            warnings.filterwarnings("ignore", "Non closed ring", RuntimeWarning)
            frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
    except GEOSException:
        raise _broken_rings(path, layer) from None
    except (DataSourceError, DataLayerError, ValueError, RuntimeError, LookupError) as error:
        raise LayerError(
            finding("layer.unreadable", file=path.name, layer=layer, problem=error)
        ) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerError(finding("layer.no-geometry", file=path.name, layer=layer))
    if len(frame) != expected:
        where: Place = {"file": path.name, "layer": layer}
        raise LayerError(finding("layer.rows-lost", **where, seen=len(frame), expected=expected))
    return _exact_integers(frame, path, layer)


LANGUAGE_BYTE: Final = 29
"""Where the header of a .dbf names its code page; 0 and 0x57 (“ANSI”) say nothing."""


def _unstated_encoding(path: Path) -> str | None:
    """The encoding of a Shapefile that states none: UTF-8 if it reads as such, else GB18030.

    GDAL would take Latin-1 and show mojibake without a word (domain reference, section 4).
    """
    table = path.with_suffix(".dbf")
    stated = path.with_suffix(".cpg").exists() or not table.exists()
    if path.suffix.lower() != ".shp" or stated:
        return None
    text = table.read_bytes()
    if len(text) <= LANGUAGE_BYTE or text[LANGUAGE_BYTE] not in (0, 0x57):
        return None
    header = int.from_bytes(text[8:10], "little")
    names = b" ".join(text[field : field + 11] for field in range(32, header - 1, 32))
    words = names + b" " + text[header:]
    if words.isascii():
        return None
    try:
        words.decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _exact_integers(frame: gpd.GeoDataFrame, path: Path, layer: str) -> gpd.GeoDataFrame:
    """Long whole numbers in a column with blanks, which pandas would round to a float's digits."""
    floats = [name for name in frame.columns if pd.api.types.is_float_dtype(frame[name].dtype)]
    long = [name for name in floats if (frame[name].abs() >= EXACT).any()]
    if not long:
        return frame
    cells = pyogrio.read_arrow(path, layer=layer, columns=long, read_geometry=False)[1]
    whole = [name for name in long if pa.types.is_integer(cells.schema.field(name).type)]
    exact = {name: cells[name].to_pandas(integer_object_nulls=True).to_numpy() for name in whole}
    return frame.assign(**{name: pd.Series(exact[name], dtype=object) for name in whole})


def _broken_rings(path: Path, layer: str) -> LayerError:
    """Every row whose outline is no ring, so that GEOS refuses it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Non closed ring", RuntimeWarning)
        raw = pyogrio.read_arrow(path, layer=layer, columns=[])[1].column(-1).to_pylist()
    shapes = shapely.from_wkb(np.array(raw, dtype=object), on_invalid="ignore")
    rows = [
        row
        for row, (wkb, shape) in enumerate(zip(raw, shapes, strict=True), 1)
        if wkb is not None and shape is None
    ]
    where: Place = {"file": path.name, "layer": layer}
    return LayerError(*[finding("geometry.ring", **where, row=row) for row in rows])


def _settle_crs(frame: gpd.GeoDataFrame, stated: str | None, path: Path, layer: str) -> CRS:
    """The CRS of the layer, without heights: the file's, or the one stated if it has none."""
    where: Place = {"file": path.name, "layer": layer}
    told = None if stated is None else parse_crs(stated, **where)
    if frame.crs is None:
        if told is None:
            raise LayerError(finding("crs.missing", **where, **_looks(frame)))
        return told
    own = horizontal(CRS(frame.crs))
    if has_no_datum(own):
        if told is None:
            raise LayerError(finding("crs.no-datum", **where, seen=own.name))
        return told
    if told is not None and not told.equals(own, ignore_axis_order=True):
        seen = own.to_string() if own.to_epsg() else own.name
        raise LayerError(finding("crs.conflict", **where, seen=seen, stated=stated))
    return own


def _looks(frame: gpd.GeoDataFrame) -> Place:
    """What the numbers look like, to help whoever must find out the CRS."""
    west, south, east, north = frame.total_bounds
    if not np.isfinite(frame.total_bounds).all():
        return {"looks": "", "looks_zh": ""}
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90:
        return {
            "looks": " (its numbers look like degrees of longitude and latitude)",
            "looks_zh": "（数值像经纬度）",
        }
    box = f"x {west:.0f} … {east:.0f}, y {south:.0f} … {north:.0f}"
    return {"looks": f" ({box})", "looks_zh": f"（{box}）"}
