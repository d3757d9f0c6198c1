"""Layers that GDAL reads: GeoPackage, Shapefile, FileGDB, GeoJSON and its like."""

import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.choosing import chosen_layer
from geo.readers.raw import RawLayer

ARC_STEP_DEGREES: Final = 0.1
"""True arcs become chords of this angle: the area is then right to 1e-5 (GDAL's 4° gives 8e-3)."""

EVERY_ROW: Final = "1 = 1"
"""A filter that keeps all rows, and has GDAL count them instead of trusting a stored count."""

_FAILURES: Final = (DataSourceError, DataLayerError, FieldError, ValueError, RuntimeError)


def read(
    path: Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    rows: int | None = None,
) -> RawLayer:
    """Read one layer whole; ``rows`` is how many the file holds, where that was counted.

    Raises :class:`LayerError` when the layer is not named and not the only one, when it has no
    geometry, and when fewer or more rows come out than the file holds.
    """
    pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": ARC_STEP_DEGREES})
    name = choose_layer(path, layer)
    where: Place = {"file": path.name, "layer": name}
    options: dict[str, Any] = {"layer": name, "return_fids": True, **_open_options(path, encoding)}
    try:
        facts = pyogrio.read_info(path, layer=name, encoding=encoding, force_feature_count=True)
        meta, table = pyogrio.read_arrow(path, **options)
        fids = table.column(0).to_numpy()
        column = meta["geometry_name"] or "wkb_geometry"
        if column not in table.column_names:
            raise LayerError(finding("layer.no-geometry", **where))
        *own, drawn = (at for at, name in enumerate(table.column_names) if at)
        given = table.column(drawn)
        curved = _curved(given)
        wkb = _chorded(path, options, fids) if curved else given.to_numpy(zero_copy_only=False)
    except _FAILURES as error:
        raise LayerError(finding("layer.unreadable", **where, problem=_told(error))) from None
    expected = facts["features"] if rows is None else rows
    if len(table) != expected:
        raise LayerError(finding("layer.rows-lost", **where, seen=len(table), expected=expected))
    shapes, findings = outlines(wkb, where)
    # by place: a column may be called as GDAL calls the row numbers (id) or the geometry
    kept = shapes if curved or findings else given
    return RawLayer(name, table.select(own), kept, meta["crs"], findings)


def _told(error: Exception) -> str:
    """What GDAL says, without the place in its own source where it says so."""
    said = re.sub(r"(?:; )?Error occurred in \S+ at line \d+", "", str(error)).strip(" ;")
    return said or "GDAL finds it damaged"


def choose_layer(path: Path, wanted: str | None) -> str:
    """The layer that the plan names, or the only one that holds polygons or lines."""
    try:
        listed = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    except DataSourceError as error:
        raise LayerError(
            finding("layer.unreadable", file=path.name, problem=_told(error))
        ) from None
    spatial = [name for name, kind in listed.items() if kind is not None]
    areal = [
        name
        for name in spatial
        if any(word in listed[name] for word in ("Polygon", "Surface", "Unknown"))
    ]
    return chosen_layer(path, wanted, list(listed), areal or spatial)


def _open_options(path: Path, encoding: str | None) -> dict[str, Any]:
    options: dict[str, Any] = {} if encoding is None else {"encoding": encoding}
    if path.suffix.lower() == ".gpkg":
        options["IMMUTABLE"] = "YES"  # else SQLite writes a lock file beside a database with a WAL
    if path.suffix.lower() in (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson"):
        options["DATE_AS_STRING"] = "YES"  # else 2023/07/01 in a name comes back as a date
    return options


def _curved(wkb: pa.ChunkedArray) -> bool:
    """Whether any geometry has true arcs: types 8 to 14 of ISO WKB, which GEOS cannot measure."""
    kinds = pc.unique(pc.binary_slice(wkb, 0, 5)).to_pylist()
    return any(_kind(item) % 1000 in range(8, 15) for item in kinds if item is not None)


def _kind(wkb: bytes) -> int:
    return int.from_bytes(wkb[1:5], "little" if wkb[:1] == b"\x01" else "big") & 0x0FFFFFFF


def _chorded(path: Path, options: dict[str, Any], fids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The geometry again, with arcs made chords, which GDAL does on the way without Arrow."""
    _, again, wkb, _ = pyogrio.raw.read(path, columns=[], where=EVERY_ROW, **options)
    if not np.array_equal(again, fids):
        raise ValueError("rows come in another order without arcs")
    return np.asarray(wkb, dtype=object)


def outlines(wkb: npt.NDArray[Any], where: Place) -> tuple[npt.NDArray[Any], list[Finding]]:
    """Shapely geometry from WKB; a row whose ring is open is closed, found, and set aside later."""
    if not len(wkb):
        return wkb, []
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    given = np.array([item is not None for item in wkb])
    findings = []
    for index in np.flatnonzero(given & shapely.is_missing(shapes)):
        shapes[index] = shapely.from_wkb(wkb[index], on_invalid="fix")
        findings.append(finding("geometry.ring", **where, row=int(index) + 1))
    return shapes, findings
