"""A layer as its file holds it, and how it travels from the process that reads it to ours."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from shapely.errors import GEOSException

from geo.errors import LayerError
from geo.findings import Finding, finding
from geo.readers import wkb
from geo.units import AreaUnit

GEOMETRY = "\x00geometry"
"""The column in which geometry travels; no file can have one of this name."""

ROW = "\x00row"
"""The column in which the numbers of rows travel, where not all were read; no file can have one."""

MOST_NESTED = 16
"""Collections within collections; GEOS needs the stack for each, and ours may be smaller."""


Drawn: TypeAlias = "npt.NDArray[Any] | pa.ChunkedArray"
"""Geometry: one shapely geometry or None for each row, or WKB as a file has it."""


def shapes_of(drawn: Drawn) -> npt.NDArray[Any]:
    """Geometry as shapely has it; raises :class:`shapely.errors.GEOSException`."""
    return wkb.decoded(drawn.chunks) if isinstance(drawn, pa.ChunkedArray) else drawn


@dataclass(frozen=True, slots=True)
class RawLayer:
    """One layer, row for row: nothing mended, nothing dropped, its CRS not yet settled.

    ``cells`` holds the attribute columns (without ``geometry``), ``crs`` what the file itself
    states (WKT, PROJJSON or an authority's code; None when it states nothing), ``implied_crs`` what
    its format then means (GeoJSON: WGS 84), ``findings`` what the reader noticed on the way, and
    ``area_unit`` the unit that its format prescribes for areas, if it does. ``rows`` are the
    numbers, from 1, of the rows in the file, where not all were read.
    """

    name: str
    cells: pa.Table
    geometry: Drawn
    crs: str | None
    findings: list[Finding] = field(default_factory=list)
    implied_crs: str | None = None
    area_unit: AreaUnit | None = None
    rows: npt.NDArray[np.int64] | None = None

    @property
    def shapes(self) -> npt.NDArray[Any]:
        """One shapely geometry or None for each row; for WKB they are made anew each time."""
        return shapes_of(self.geometry)

    def noting(self, findings: list[Finding]) -> Self:
        """The same layer with what was found before it was read."""
        return replace(self, findings=[*findings, *self.findings])

    def packed(self) -> tuple[dict[str, Any], pa.Table]:
        """The layer as plain values and one Arrow table, geometry as WKB.

        Raises :class:`LayerError` for geometry that GEOS cannot read, or whoever unpacks it might
        die of.
        """
        drawn = self._wkb()
        told = {
            "name": self.name,
            "crs": self.crs,
            "implied_crs": self.implied_crs,
            "area_unit": self.area_unit,
            "findings": [packed_finding(item) for item in self.findings],
        }
        own = {GEOMETRY: drawn}
        if self.rows is not None:
            own[ROW] = pa.array(self.rows)
        # not append_column: a table without columns has no rows to append to
        names = [*self.cells.column_names, *own]
        return told, pa.Table.from_arrays([*self.cells.columns, *own.values()], names=names)

    def _wkb(self) -> pa.Array | pa.ChunkedArray:
        """The geometry as it travels, after a look at all of it that is not plain."""
        drawn = self.geometry
        stored = isinstance(drawn, pa.ChunkedArray)
        try:
            looked_at = wkb.decoded(_doubtful(drawn)) if stored else drawn
        except GEOSException as error:
            raise LayerError(finding("layer.unreadable", layer=self.name, problem=error)) from None
        if _nested(looked_at):
            problem = f"more than {MOST_NESTED} collections of geometry within each other"
            raise LayerError(finding("layer.unreadable", layer=self.name, problem=problem))
        return drawn if stored else pa.array(shapely.to_wkb(drawn), type=pa.large_binary())


def _doubtful(drawn: pa.ChunkedArray) -> list[pa.Array]:
    return list(drawn.filter(pa.array(~wkb.plain(drawn))).chunks)


def parted(table: pa.Table) -> tuple[pa.Table, list[pa.Array]]:
    """What :meth:`RawLayer.packed` packed, cells apart from the geometry that came with them.

    The cells hold none of the memory in which the geometry came.
    """
    return table.drop_columns([GEOMETRY]).combine_chunks(), list(table.column(GEOMETRY).chunks)


def unpacked(told: dict[str, Any], cells: pa.Table, drawn: list[pa.Array]) -> RawLayer:
    """The layer of such parts; what was ``drawn`` is gone then, its memory given to the shapes."""
    return RawLayer(
        name=told["name"],
        cells=cells.drop_columns([ROW]) if ROW in cells.column_names else cells,
        geometry=wkb.decoded(drawn),
        crs=told["crs"],
        implied_crs=told["implied_crs"],
        area_unit=told["area_unit"],
        findings=[Finding(**item) for item in told["findings"]],
        rows=cells.column(ROW).to_numpy() if ROW in cells.column_names else None,
    )


def _nested(shapes: npt.NDArray[Any]) -> bool:
    """Whether any geometry is a collection of collections of … beyond any use."""
    for _ in range(MOST_NESTED):
        shapes = shapely.get_parts(shapes[shapely.get_type_id(shapes) == _COLLECTION])
    return bool((shapely.get_type_id(shapes) == _COLLECTION).any())


_COLLECTION: Final = 7


def packed_finding(item: Finding) -> dict[str, Any]:
    """A finding of a reader as plain values (it points at no place on the map)."""
    return {name: value for name, value in asdict(item).items() if name != "shape"}
