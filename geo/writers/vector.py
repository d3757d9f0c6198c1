"""Layers as GeoPackage, Shapefile, GeoJSON and GeoParquet: whole, read back, replaced at once."""

import shutil
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from geo.errors import PublishError
from geo.findings import Finding, Place, finding
from geo.words import listed
from geo.writers.atomic import durable, replacing, scratch
from geo.writers.fitting import fitted
from geo.writers.geoparquet import write_parquet
from geo.writers.layer import Layer
from geo.writers.names import TABLE_ENDING, names_table, short_names
from geo.writers.pieces import Drawn, multi_wkb, pieces, unused, wkb
from geo.writers.shapes import drawable, kinds
from geo.writers.verify import verified

ENDINGS: Final = {
    ".gpkg": "GeoPackage",
    ".shp": "Shapefile",
    ".shp.zip": "Shapefile",
    ".zip": "Shapefile",
    ".geojson": "GeoJSON",
    ".parquet": "GeoParquet",
}
"""File endings that are written, and what they are called."""

_SQLITE: Final = b"SQLite format 3\0"
"""How every GeoPackage begins; GDAL would follow what another file refers to."""

METRE_DECIMALS: Final = 6
DEGREE_DECIMALS: Final = 9
"""Decimals of GeoJSON coordinates: 0.001 mm, and 0.1 mm, where RFC 7946's seven are 1 cm."""

_DRIVERS: Final = {"GeoPackage": "GPKG", "Shapefile": "ESRI Shapefile", "GeoJSON": "GeoJSON"}
_FAILURES: Final = (OSError, DataSourceError, DataLayerError, FieldError, GeometryError)
_PARTS: Final = (".dbf", ".shx", ".prj", ".cpg", TABLE_ENDING, ".shp")
"""The files of a Shapefile, the one that makes it a layer last."""


def ending(path: Path) -> str:
    """The ending that says the format, in lower case; both parts of ``.shp.zip``."""
    name = path.name.lower()
    return ".shp.zip" if name.endswith(".shp.zip") else path.suffix.lower()


def write_layer(layer: Layer, target: Path, *, overwrite: bool = False) -> list[Finding]:
    """Write a layer to a file that it replaces at once, and give what the format made of it.

    The file is written beside its place, read back with our own reader and compared cell by cell
    before it takes it. Raises :class:`PublishError` when the target is there and ``overwrite`` is
    not given, when it holds more than one layer, when the format cannot hold something, and when
    the file cannot be written or reads back differently; the old file is then untouched.
    """
    format_ = ENDINGS[ending(target)]
    check_place(target, overwrite=overwrite)
    layer, findings = fitted(layer, format_, target)
    layer, more = drawable(layer, format_, target, decimals=_decimals(layer))
    findings += more
    if format_ == "GeoPackage":
        _check_names(layer, target)
    if any(item.severity == "error" for item in findings):
        raise PublishError(*[item for item in findings if item.severity == "error"])
    with failing(target):
        if format_ == "Shapefile":
            findings += _write_shapefile(layer, target)
        else:
            with replacing(target) as new:
                _WRITERS[format_](layer, new)
                findings += turned(verified(layer, new, target), layer, target)
    return findings


def check_place(target: Path, *, overwrite: bool) -> None:
    """Refuse a target that is there, or that holds more than the layer that replaces it."""
    where: Place = {"file": target.name}
    if ending(target) == ".shp":
        parts = [target.with_suffix(part).name for part in _PARTS]
        there = [name for name in parts if (target.parent / name).exists()]
        if there:
            code = "write.loose" if overwrite else "write.exists"
            raise PublishError(finding(code, **where, seen=listed(there)))
    elif target.is_file():
        if not overwrite:
            raise PublishError(finding("write.exists", **where, seen=target))
        check_not_open(target)
        more = _more_in(target)
        if more:
            raise PublishError(finding("write.holds-more", **where, seen=listed(more)))


def check_not_open(target: Path) -> None:
    """Refuse a target with a log beside it: SQLite would play it onto the new file."""
    logs = [target.with_name(target.name + part) for part in ("-wal", "-journal")]
    held = [log.name for log in logs if log.exists() and log.stat().st_size]
    if held:
        raise PublishError(finding("write.open", file=target.name, seen=listed(held)))


@contextmanager
def failing(target: Path) -> Iterator[None]:
    """Word what goes wrong on the way to a file."""
    try:
        yield
    except PublishError:
        raise
    except _FAILURES as error:
        raise PublishError(finding("write.failed", file=target.name, problem=error)) from error


def _more_in(target: Path) -> list[str]:
    """What would be lost if one layer replaced a file; all of it where it is something else."""
    if ending(target) == ".gpkg":
        try:
            with target.open("rb") as file:
                if file.read(len(_SQLITE)) != _SQLITE:
                    return [target.name]
            names = [str(name) for name, _ in pyogrio.list_layers(target)]
        except (DataSourceError, OSError):
            return [target.name]
        return names if len(names) > 1 else []
    if ending(target) in (".zip", ".shp.zip"):
        try:
            with zipfile.ZipFile(target) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError):
            return [target.name]
        ours = {_stem(target) + part for part in _PARTS}
        return [name for name in names if name not in ours]
    return []


def _check_names(layer: Layer, target: Path) -> None:
    """What SQLite would refuse in words of its own."""
    where: Place = {"file": target.name, "layer": layer.name}
    if layer.name.lower().startswith(("gpkg", "sqlite_", "rtree_")) or not layer.name[:1].isalnum():
        raise PublishError(finding("write.layer-name", **where, seen=layer.name))
    names = pd.Series(layer.cells.column_names, dtype=object)
    twins = names[names.str.lower().duplicated(keep=False)]
    if len(twins):
        raise PublishError(finding("write.columns", **where, seen=listed(twins)))


def _decimals(layer: Layer) -> int:
    return METRE_DECIMALS if layer.crs.is_projected else DEGREE_DECIMALS


def turned(rows: npt.NDArray[np.bool_], layer: Layer, target: Path) -> list[Finding]:
    """Say in how many rows the format has its own order of rings or parts."""
    where: Place = {"file": target.name, "layer": layer.name}
    times = int(rows.sum())
    return [finding("write.rings", **where, times=times, changed=True)] if times else []


def _write_gpkg(layer: Layer, path: Path) -> None:
    columns = {name.lower() for name in layer.cells.column_names}
    options = {"FID": unused("fid", columns), "GEOMETRY_NAME": unused("geom", columns)}
    _write_ogr(layer, path, "GeoPackage", layer=layer.name, layer_options=options)


def _write_geojson(layer: Layer, path: Path) -> None:
    options = {"COORDINATE_PRECISION": str(_decimals(layer))}
    if layer.crs.to_authority() == ("EPSG", "4326"):
        options["RFC7946"] = "YES"
    elif "id" not in layer.crs.to_json_dict():
        raise PublishError(finding("write.crs", file=path.name, seen=layer.crs.name))
    _write_ogr(layer, path, "GeoJSON", layer_options=options)


_WRITERS: Final[dict[str, Callable[[Layer, Path], None]]] = {
    "GeoPackage": _write_gpkg,
    "GeoJSON": _write_geojson,
    "GeoParquet": write_parquet,
}


def write_multipolygons(layer: Layer, path: Path) -> None:
    """Write flat polygons to a new GeoPackage, as they are, each as a multipolygon."""
    types = [item.with_type(_written(item.type)) for item in layer.cells.schema]
    drawn = replace(layer, cells=layer.cells.cast(pa.schema(types)))
    _write_ogr(drawn, path, "GeoPackage", "MultiPolygon", made=multi_wkb, layer=layer.name)


def _written(kind: pa.DataType) -> pa.DataType:
    """The type of a column as GDAL takes it: one without any value is of text."""
    return pa.string() if pa.types.is_null(kind) else kind


def _write_ogr(
    drawn: Layer,
    path: Path,
    format_: str,
    kind: str | None = None,
    *,
    made: Callable[[npt.NDArray[Any]], pa.Array] = wkb,
    **options: Any,
) -> None:
    """Write with GDAL, from Arrow: a whole number with a blank stays whole, a flag a flag."""
    column = Drawn(unused("wkb", set(drawn.cells.column_names)), pa.large_binary(), made)
    halted: list[BaseException] = []
    with warnings.catch_warnings(), _raising(halted):
        warnings.simplefilter("ignore", RuntimeWarning)  # what GDAL regrets, reading back finds
        pyogrio.write_arrow(
            pieces(drawn, [column], halted),
            path,
            driver=_DRIVERS[format_],
            geometry_name=column.name,
            geometry_type=kind or _declared(drawn.shapes, format_),
            crs=drawn.crs.to_wkt(),
            **options,
        )


@contextmanager
def _raising(halted: list[BaseException]) -> Iterator[None]:
    """Raise what stopped the making of pieces, Ctrl-C above all: GDAL knows but that none came."""
    try:
        yield
    except Exception:
        if halted:
            raise halted[0] from None
        raise


def _declared(shapes: npt.NDArray[Any], format_: str) -> str:
    """The kind of geometry that the layer is said to hold."""
    told = kinds(shapes)
    flat = {kind.removesuffix(" Z") for kind in told}
    if format_ == "Shapefile" and len(flat) != 1:
        flat = {kind.removeprefix("Multi") for kind in flat} or {"Polygon"}
    if len(flat) != 1 or len(told) != 1 or shapely.has_m(shapes).any():
        return next(iter(flat)) if format_ == "Shapefile" else "Unknown"
    return next(iter(flat)) + (" Z" if told[0].endswith(" Z") else "")


def _write_shapefile(layer: Layer, target: Path) -> list[Finding]:
    """Write the parts beside their place; a zip of them replaces its file at once."""
    stem = _stem(target)
    short = short_names(layer.cells.column_names)
    table = stem + TABLE_ENDING
    renamed = replace(layer, cells=layer.cells.rename_columns(list(short.values())))
    if layer.id_column is not None:
        renamed = replace(renamed, id_column=short[layer.id_column])
    changed = [f"{name} → {field}" for name, field in short.items() if name != field]
    with scratch(target.parent) as folder:
        path = folder / f"{stem}.shp"
        _write_ogr(renamed, path, "Shapefile", encoding="UTF-8", layer_options={"2GB_LIMIT": "YES"})
        findings = turned(verified(renamed, path, target), layer, target)
        if changed:
            (folder / table).write_text(names_table(short), "utf-8-sig", newline="")
            words: Place = {"seen": listed(changed), "table": table}
            findings.append(finding("write.fields", file=target.name, changed=True, **words))
        parts = [folder / (stem + part) for part in _PARTS]
        there = [part for part in parts if part.exists()]
        if ending(target) == ".shp":
            _put(there, target.parent)
        else:
            with replacing(target) as new:
                _zip(there, new)
    return findings


def _stem(target: Path) -> str:
    return target.name[: -len(ending(target))]


def _put(parts: list[Path], folder: Path) -> None:
    """Move new files to their place, where none may be; all of them or none."""
    put: list[Path] = []
    try:
        for part in parts:
            durable(part)
            place = folder / part.name
            if place.exists():
                raise FileExistsError(f"{place.name} is there by now")
            shutil.move(part, place)
            put.append(place)
    except OSError:
        for place in put:
            place.unlink(missing_ok=True)
        raise
    durable(folder)


def _zip(parts: list[Path], new: Path) -> None:
    """Pack the parts and read every one back."""
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(part, part.name)
    with zipfile.ZipFile(new) as archive:
        for part in parts:
            if archive.read(part.name) != part.read_bytes():
                raise OSError(f"{part.name} reads back differently")
