"""The land of every zone at every stage, on every date of the timeline."""

from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.ground import Ground
from geo.readiness import Reached

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

STAGE_HISTORY_COLUMNS: Final = ("date", "zone", "rung", "parcels", "land_m2", "told_m2")
"""A zone at a stage on a date: its parcels, their land in m², and what of it is self-reported.

The parcels are those of the date, and every zone has every stage. Land lies on the grid
(:data:`geo.units.LAND_GRID_M2`), so that its sums are exact."""


def stage_history(grounds: list[Ground], *, zones: list[str], stages: int) -> pd.DataFrame:
    """The land of all parcels by date, zone and rung (:data:`STAGE_HISTORY_COLUMNS`)."""
    tables = []
    for ground in grounds:
        codes, found = pd.factorize(ground.parcels["zone"])
        zone = pd.Index(zones).get_indexer(found)[codes]
        land_m2 = ground.parcels["land_m2"].to_numpy()
        for day, at in zip(ground.dates, ground.histories, strict=True):
            tables.append(_on_date(day, at, zone, land_m2, zones, stages))
    return pd.concat(tables, ignore_index=True)[list(STAGE_HISTORY_COLUMNS)]


def _on_date(
    day: date, at: Reached, zone: Integers, land_m2: Floats, zones: list[str], stages: int
) -> pd.DataFrame:
    """The same of one date, for the number of the zone of each parcel."""
    cell, size = zone * stages + at.rung, len(zones) * stages
    told = at.self_reported
    return pd.DataFrame(
        {
            "date": day,
            "zone": np.repeat(zones, stages),
            "rung": np.tile(np.arange(stages), len(zones)),
            "parcels": np.bincount(cell, minlength=size),
            "land_m2": np.bincount(cell, weights=land_m2, minlength=size),
            "told_m2": np.bincount(cell, weights=np.where(told, land_m2, 0.0), minlength=size),
        }
    )
