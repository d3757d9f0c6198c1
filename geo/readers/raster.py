"""Rasters (GeoTIFF): terrain, slope, classes, read within a cap on pixels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.errors import RasterioError

from geo.earth.crs import horizontal, parse_crs
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers import apart

MOST_BYTES: Final = 2 * 2**30
"""A raster that unfolds to more is not read: a TIFF of a megabyte can claim forty gigabytes."""

ENDINGS: Final = (".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Raster:
    """Cells of a raster: ``values`` has the shape (bands, rows, columns), north row first.

    ``transform`` leads from column and row to coordinates in ``crs``; cells that hold ``nodata``
    are unknown (None: every cell is known).
    """

    path: Path
    values: npt.NDArray[Any]
    transform: Affine
    crs: CRS
    nodata: float | None
    findings: list[Finding]


def read_raster(path: Path, *, crs: str | None = None) -> Raster:
    """Read a raster whole; ``crs`` is what the user states for a file that states none.

    Raises :class:`LayerError` when it is missing, damaged, disguised or too large, and when its
    CRS is missing.
    """
    if not path.exists():
        raise LayerError(finding("layer.missing", file=str(path)))
    told, table = apart.ask({"reader": "raster", "path": str(path.resolve())}, path)
    assert table is not None
    stated = told["crs"] or crs
    if stated is None:
        raise LayerError(finding("crs.missing", file=path.name, looks="", looks_zh=""))
    findings = []
    if told["nodata"] is None:
        findings.append(finding("raster.nodata", file=path.name))
    values = table.column("values").to_numpy().reshape(told["shape"])
    where = horizontal(parse_crs(stated, file=path.name))
    return Raster(path, values, Affine(*told["transform"]), where, told["nodata"], findings)


def read(path: Path) -> tuple[dict[str, Any], pa.Table]:
    """The raster as plain values and one column of cells; in the reading process."""
    try:
        # EMPTY_DIR: no file beside it (.aux.xml, .ovr, .msk) is looked at.
        with (
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
            rasterio.open(path, driver="GTiff") as source,
        ):
            size = source.width * source.height
            unfolded = size * sum(np.dtype(kind).itemsize for kind in source.dtypes)
            if unfolded > MOST_BYTES:
                seen = f"{source.width} × {source.height}"
                words: Place = {"seen": seen, "gb": f"{unfolded / 1e9:.1f}"}
                raise LayerError(finding("raster.too-large", file=path.name, **words))
            values = source.read()
            told = {
                "shape": values.shape,
                "transform": list(source.transform)[:6],
                "crs": None if source.crs is None else source.crs.to_wkt(),
                "nodata": source.nodata,
            }
    except RasterioError as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    return told, pa.table({"values": values.ravel()})
