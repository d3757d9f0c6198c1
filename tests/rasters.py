"""Small GeoTIFFs for tests: ground whose heights and classes a head can check."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine


def write_raster(
    path: Path,
    values: npt.ArrayLike,
    *,
    west: float,
    north: float,
    cell: float | tuple[float, float],
    crs: Any = "EPSG:4547",
    nodata: float | None = -9999.0,
    turned_deg: float = 0.0,
) -> Path:
    """Write a GeoTIFF whose north-west corner is ``west``, ``north``; the first row is the north.

    ``values`` has the shape (rows, columns), or (bands, rows, columns), and its own type (bool and
    int64 become uint8 and int32). ``cell`` is its width in the units of the CRS, or width and
    height. ``crs`` and ``nodata`` are None for a file that states none; NaN becomes ``nodata``.
    ``turned_deg`` turns the grid about that corner, against the clock.
    """
    array = np.asarray(values)
    bands = array if array.ndim == 3 else array[None]
    kinds = {"bool": np.uint8, "int64": np.int32}
    bands = bands.astype(kinds.get(bands.dtype.name, bands.dtype))
    if nodata is not None and bands.dtype.kind == "f":
        bands = np.where(np.isnan(bands), nodata, bands)
    wide, high = cell if isinstance(cell, tuple) else (cell, cell)
    grid = Affine.translation(west, north) @ Affine.rotation(turned_deg) @ Affine.scale(wide, -high)
    profile = {"driver": "GTiff", "dtype": bands.dtype, "count": len(bands), "nodata": nodata}
    profile |= {"height": bands.shape[1], "width": bands.shape[2], "transform": grid}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", crs=crs, **profile) as sink:
        sink.write(bands)
    return path
