"""A layer as its file holds it, and how it travels from the process that reads it to ours."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geo.errors import LayerError
from geo.findings import Finding, finding
from geo.units import AreaUnit

GEOMETRY = "\x00geometry"
"""The column in which geometry travels; no file can have one of this name."""


MOST_NESTED = 16
"""Collections within collections; GEOS needs the stack for each, and ours may be smaller."""


@dataclass(frozen=True, slots=True)
class RawLayer:
    """One layer, row for row: nothing mended, nothing dropped, its CRS not yet settled.

    ``cells`` holds the attribute columns (without geometry), ``shapes`` one shapely geometry or
    None for each row, ``crs`` what the file itself states (WKT, PROJJSON or an authority's code;
    None when it states nothing), ``implied_crs`` what its format then means (GeoJSON: WGS 84),
    ``findings`` what the reader noticed on the way, and ``area_unit`` the unit that its format
    prescribes for areas, if it does. ``wkb`` is the geometry as the file had it, where ``shapes``
    are nothing else.
    """

    name: str
    cells: pa.Table
    shapes: npt.NDArray[Any]
    crs: str | None
    findings: list[Finding] = field(default_factory=list)
    implied_crs: str | None = None
    area_unit: AreaUnit | None = None
    wkb: pa.Array | pa.ChunkedArray | None = None

    def noting(self, findings: list[Finding]) -> Self:
        """The same layer with what was found before it was read."""
        return replace(self, findings=[*findings, *self.findings])

    def packed(self) -> tuple[dict[str, Any], pa.Table]:
        """The layer as plain values and one Arrow table, geometry as WKB.

        Raises :class:`LayerError` for geometry that whoever unpacks it might die of.
        """
        if _nested(self.shapes):
            problem = f"more than {MOST_NESTED} collections of geometry within each other"
            raise LayerError(finding("layer.unreadable", layer=self.name, problem=problem))
        wkb = self.wkb
        if wkb is None:
            wkb = pa.array(shapely.to_wkb(self.shapes), type=pa.large_binary())
        told = {
            "name": self.name,
            "crs": self.crs,
            "implied_crs": self.implied_crs,
            "area_unit": self.area_unit,
            "findings": [packed_finding(item) for item in self.findings],
        }
        names = [*self.cells.column_names, GEOMETRY]
        # not append_column: a table without columns has no rows to append to
        return told, pa.Table.from_arrays([*self.cells.columns, wkb], names=names)


def unpacked(told: dict[str, Any], table: pa.Table) -> RawLayer:
    """The layer that :meth:`RawLayer.packed` packed."""
    wkb = table.column(GEOMETRY).to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers that are none are found later
        shapes = shapely.from_wkb(wkb) if len(wkb) else wkb
    return RawLayer(
        name=told["name"],
        cells=table.drop_columns([GEOMETRY]),
        shapes=shapes,
        crs=told["crs"],
        implied_crs=told["implied_crs"],
        area_unit=told["area_unit"],
        findings=[Finding(**item) for item in told["findings"]],
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
