"""The rows of the parcel layer, looked up by those who tell what is wrong with them."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Final, SupportsIndex

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.findings import Finding, Place

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]

NOT_READ: Final = ("shapefile.deleted",)
"""Faults whose row is none of the rows that were read."""


Stands = Callable[[SupportsIndex], Place]
"""Where a row of a table of parcels stands, as findings name it."""


def places(table: pd.DataFrame, where: Place) -> Stands:
    """Tells for each row of a table of parcels where it stands, as findings name it."""
    rows, ids = table["row"].to_numpy(), table["parcel_id"].array
    return lambda at: {**where, "row": int(rows[at]), "parcel": str(ids[at])}


class Rows:
    """Rows of a layer by number, and by the id of their parcel, with land and outline.

    Parts of one parcel of today may share a row, as they were before a merge.
    """

    def __init__(self, table: gpd.GeoDataFrame, where: Place) -> None:
        self.where = where
        self.parcels = table["parcel_id"].to_numpy()
        self.shapes: Shapes = table.geometry.to_numpy()
        rows = table["row"].to_numpy(dtype=np.int64)
        self._order = np.argsort(rows, kind="stable")
        self._sorted: Integers = rows[self._order]

    @cached_property
    def shared(self) -> set[int]:
        """Numbers that several rows have."""
        return set(self._sorted[1:][self._sorted[1:] == self._sorted[:-1]].tolist())

    def at(self, row: int) -> list[int]:
        """Where a row of some number stands; the last if several have it, none if nobody has."""
        place = int(np.searchsorted(self._sorted, row, side="right")) - 1
        return [int(self._order[place])] if place >= 0 and self._sorted[place] == row else []

    @cached_property
    def _by_parcel(self) -> dict[str, Integers]:
        found: dict[str, Integers] = pd.Series(self.parcels).groupby(self.parcels).indices
        return found

    @cached_property
    def _area_m2(self) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            areas: Floats = shapely.area(self.shapes)
        return areas

    def with_land(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings about a row or an event of a parcel, with id, land and outline of the parcel.

        What a finding says itself stays: its place may be a point, and its land a part.
        """
        return [self._with_land(item) for item in findings]

    def _with_land(self, item: Finding) -> Finding:
        if item.parcel and item.area_m2 is not None and item.shape is not None:
            return item
        at = self._about(item)
        if not at:
            return item
        held = [index for index in at if 0 < self._area_m2[index] < np.inf]
        parcel, area_m2, shape = item.parcel, item.area_m2, item.shape
        if len(at) == 1 and not parcel:
            parcel = self.parcels[at[0]]
        if held and area_m2 is None:
            area_m2 = float(self._area_m2[held].sum())
        if held and shape is None:
            shape = self.shapes[held[0]]
            if len(held) > 1:  # several outlines need not be valid together
                shape = shapely.geometrycollections(self.shapes[held])
        return item.of_parcel(parcel, area_m2, shape)

    def _about(self, item: Finding) -> list[int]:
        """The rows that a finding is about."""
        if item.code in NOT_READ:
            return []
        ours = (item.file, item.layer) == (self.where["file"], self.where["layer"])
        if ours and item.row not in self.shared:
            return [] if item.row is None else self.at(item.row)
        of_parcel = not item.code.startswith(("zone.", "overlay."))  # there it is a zone's id
        if item.parcel and of_parcel:
            return [int(index) for index in self._by_parcel.get(item.parcel, [])]
        return []
