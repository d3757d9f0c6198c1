"""What a raster by itself holds: its size, CRS, cells and range, told without any plan."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from geo.readers.raster import Raster
from geo.text import Words
from geo.units import shown

UNITS_ZH: Final = {"metre": "米", "degree": "度"}


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """Size in cells, size of a cell in ``unit`` of the CRS, and the range of the first band.

    ``lowest`` and ``highest`` are of the cells that hold no ``nodata``, which are ``known_share``
    of all; both are None where none is known.
    """

    file: str
    columns: int
    rows: int
    bands: int
    crs: str
    cell: tuple[float, float]
    unit: str
    nodata: float | None
    lowest: float | None
    highest: float | None
    known_share: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def words(self) -> Words:
        """All of it in a line."""
        size = f"{self.columns} × {self.rows}"
        cell = " × ".join(f"{side:.6g}" for side in self.cell)
        known = shown(self.known_share, 1, percent=True)
        nodata = Words("未写明", "not stated")
        if self.nodata is not None:
            nodata = Words(f"{self.nodata:g}", f"{self.nodata:g}")
        values = Words("无已知值", "no value is known")
        if self.lowest is not None and self.highest is not None:
            ends = self.lowest, self.highest
            values = Words("值 {:g} 至 {:g}".format(*ends), "values {:g} to {:g}".format(*ends))
        unit = UNITS_ZH.get(self.unit, self.unit)
        bands = "1 band" if self.bands == 1 else f"{self.bands} bands"
        return Words(
            f"{self.file}：{size} 像元，{self.bands} 个波段，{self.crs}，像元 {cell} {unit}，"
            f"无数据值 {nodata.zh}，{values.zh}（已知像元 {known}）",
            f"{self.file}: {size} cells, {bands}, {self.crs}, cell {cell} "
            f"{self.unit}, nodata {nodata.en}, {values.en} ({known} of cells known)",
        )


def raster_facts(raster: Raster) -> RasterFacts:
    """What a raster holds; the range is scaled as the file states."""
    cells = np.real(raster.values[0])  # not as float64: bytes would be eight times as large
    known = np.isfinite(cells)
    if raster.nodata is not None:
        known &= cells != raster.nodata
    lowest = highest = None
    if known.any():
        ends = (float(end(cells[known])) for end in (np.min, np.max))
        lowest, highest = sorted(end * raster.scales[0] + raster.offsets[0] for end in ends)
    place = raster.transform
    return RasterFacts(
        file=raster.path.name,
        columns=cells.shape[1],
        rows=cells.shape[0],
        bands=raster.bands,
        crs=raster.crs.name,
        cell=(float(np.hypot(place.a, place.d)), float(np.hypot(place.b, place.e))),
        unit=raster.crs.axis_info[0].unit_name,
        nodata=raster.nodata,
        lowest=lowest,
        highest=highest,
        known_share=float(known.mean()),
    )
