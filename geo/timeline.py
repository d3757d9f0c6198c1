"""The land of every zone at every stage, on every date of the timeline."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geo.ground import Ground
from geo.readiness import Reached

STAGE_HISTORY_COLUMNS: Final = ("date", "zone", "rung", "parcels", "land_m2", "told_m2")
"""A zone at a stage on a date: its parcels, their land in m², and what of it is self-reported.

The parcels are those of the date, and every zone has every stage. Land lies on the grid
(:data:`geo.units.LAND_GRID_M2`), so that its sums are exact."""


def stage_history(grounds: list[Ground], *, zones: list[str], stages: int) -> pd.DataFrame:
    """The land of all parcels by date, zone and rung (:data:`STAGE_HISTORY_COLUMNS`)."""
    tables = [
        _on_date(ground, day, at, zones, stages)
        for ground in grounds
        for day, at in zip(ground.dates, ground.histories, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)[list(STAGE_HISTORY_COLUMNS)]


def _on_date(ground: Ground, day: date, at: Reached, zones: list[str], stages: int) -> pd.DataFrame:
    """The same of one date."""
    zone = pd.Index(zones).get_indexer(ground.parcels["zone"])
    cell, size = zone * stages + at.rung, len(zones) * stages
    land = ground.parcels["land_m2"].to_numpy()
    told = np.where(at.self_reported, land, 0.0)
    return pd.DataFrame(
        {
            "date": day,
            "zone": np.repeat(zones, stages),
            "rung": np.tile(np.arange(stages), len(zones)),
            "parcels": np.bincount(cell, minlength=size),
            "land_m2": np.bincount(cell, weights=land, minlength=size),
            "told_m2": np.bincount(cell, weights=told, minlength=size),
        }
    )
