"""Rasters (GeoTIFF): terrain, slope, classes, read within a cap on pixels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from affine import Affine
from pyproj import CRS

from geo.earth.crs import parse_crs, settled
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
    are unknown (None: every cell is known). ``bands`` is how many the file has, of which one or
    all were read; ``scales``, ``offsets`` and ``units`` are those that it states for these.
    """

    path: Path
    values: npt.NDArray[Any]
    transform: Affine
    crs: CRS
    nodata: float | None
    findings: list[Finding]
    bands: int
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    units: tuple[str | None, ...]

    def numbers(self, *unknown: float | None) -> npt.NDArray[np.float64]:
        """The first band that was read, scaled as the file states: (rows, columns).

        NaN are the cells that hold nodata, or one of the values that the user states as unknown.
        """
        cells = self.values[0]
        numbers: npt.NDArray[np.float64] = cells.astype(np.float64)
        for value in (self.nodata, *unknown):
            if value is not None:
                numbers[cells == value] = np.nan
        if (self.scales[0], self.offsets[0]) != (1.0, 0.0):
            numbers *= self.scales[0]
            numbers += self.offsets[0]
        numbers[~np.isfinite(numbers)] = np.nan
        return numbers


def read_raster(
    path: Path, *, crs: str | None = None, band: int | None = None, nodata: float | None = None
) -> Raster:
    """Read a raster: one band, counted from 1, or all of them.

    ``crs`` and ``nodata`` are what the user states for a file that states none. Raises
    :class:`LayerError` when it is missing, damaged, disguised or too large, when it has no such
    band, and when its CRS is missing, unknown or contradicts the one that is stated.
    """
    if not path.exists():
        raise LayerError(finding("layer.missing", file=str(path)))
    request = {"reader": "raster", "path": str(path.resolve()), "band": band}
    told, table = apart.ask(request, path)
    assert table is not None
    values = table.column("values").to_numpy().reshape(told["shape"])
    return Raster(
        path=path,
        values=values,
        transform=Affine(*told["transform"]),
        crs=_settle_crs(told["crs"], crs, path),
        nodata=told["nodata"],
        findings=_nodata_faults(values, told["nodata"], nodata, path),
        bands=told["bands"],
        scales=tuple(told["scales"]),
        offsets=tuple(told["offsets"]),
        units=tuple(told["units"]),
    )


def _settle_crs(own: str | None, stated: str | None, path: Path) -> CRS:
    """The CRS, without heights: the file's, or the one stated if it has none."""
    if own is not None:
        return settled(parse_crs(own, file=path.name), stated, file=path.name)
    if stated is None:
        raise LayerError(finding("crs.missing", file=path.name, looks="", looks_zh=""))
    return parse_crs(stated, file=path.name)


def _nodata_faults(
    values: npt.NDArray[Any], own: float | None, stated: float | None, path: Path
) -> list[Finding]:
    """Say when nobody states which cells are unknown, or two say it differently."""
    if own is None and stated is None:
        return [finding("raster.nodata", file=path.name)]
    if own is None or stated is None or np.array_equal(own, stated, equal_nan=True):
        return []
    cells = int((values == stated).sum())
    return [finding("raster.nodata-differs", file=path.name, seen=own, stated=stated, cells=cells)]


def read(path: Path, *, band: int | None = None) -> tuple[dict[str, Any], pa.Table]:
    """The raster as plain values and one column of cells; in the reading process."""
    import rasterio  # noqa: PLC0415 (slow to load, and only the reading process needs it)
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        # EMPTY_DIR: no file beside it (.aux.xml, .ovr, .msk) is looked at.
        with (
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
            rasterio.open(path, driver="GTiff") as source,
        ):
            bands = _bands(source, band, path)
            values = source.read(bands)
            told = {
                "shape": values.shape,
                "transform": list(source.transform)[:6],
                "crs": None if source.crs is None else source.crs.to_wkt(),
                "nodata": source.nodatavals[bands[0] - 1],
                "bands": source.count,
                "scales": [source.scales[number - 1] for number in bands],
                "offsets": [source.offsets[number - 1] for number in bands],
                "units": [source.units[number - 1] for number in bands],
            }
    except RasterioError as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    return told, pa.table({"values": values.ravel()})


def _bands(source: Any, band: int | None, path: Path) -> list[int]:
    """The bands to read; raises :class:`LayerError` for too many cells, or one that is not there.

    Bands that are read together are of one type, which is the widest of theirs.
    """
    if band is not None and band > source.count:
        words: Place = {"seen": source.count, "band": band}
        raise LayerError(finding("raster.band", file=path.name, **words))
    bands = list(range(1, source.count + 1)) if band is None else [band]
    cells = source.width * source.height
    kinds = source.dtypes if band is None else ["float64"]  # one band is there to be computed with
    unfolded = cells * sum(np.dtype(kind).itemsize for kind in kinds)
    if unfolded > MOST_BYTES:
        words = {"seen": f"{source.width} × {source.height}", "gb": f"{unfolded / 1e9:.1f}"}
        raise LayerError(finding("raster.too-large", file=path.name, **words))
    return bands
