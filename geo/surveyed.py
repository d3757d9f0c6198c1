"""What rasters say of the parcels: the terrain, and the land cover as evidence for their stage."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.findings import finding
from geo.inputs import Notes
from geo.plan import LandCover, Plan
from geo.readiness import reached
from geo.sources import Sources
from geo.terrain.cover import COVER_COLUMNS, check_cover, parcel_cover
from geo.terrain.zonal import TERRAIN_COLUMNS, check_terrain, unknown_slope


def terrain_of(
    parcels: gpd.GeoDataFrame,
    table: pd.DataFrame | None,
    plan: Plan,
    sources: Sources,
    notes: Notes,
) -> pd.DataFrame:
    """The terrain of each parcel (``parcel_id``, :data:`geo.terrain.zonal.TERRAIN_COLUMNS`).

    ``table`` is that of the survey, which this checks. Empty without a DEM in the plan.
    """
    dem = sources.dem
    if dem is None or plan.terrain is None or table is None:
        return pd.DataFrame(columns=["parcel_id", *TERRAIN_COLUMNS])
    notes.findings.extend(check_terrain(parcels, table, dem, plan.terrain, sources.where))
    if any(item.steeper_than_deg is not None for item in plan.constraints):
        notes.findings.extend(unknown_slope(parcels, table, dem))
    table.insert(0, "parcel_id", parcels["parcel_id"])
    return table


def cover_of(
    parcels: gpd.GeoDataFrame, events: pd.DataFrame, plan: Plan, sources: Sources, notes: Notes
) -> pd.DataFrame:
    """The land cover of each parcel (``parcel_id``, :data:`geo.terrain.cover.COVER_COLUMNS`).

    It is held against the stages that ``events`` tell. Empty without land cover in the plan.
    """
    land_cover = plan.land_cover
    if land_cover is None:
        return pd.DataFrame(columns=["parcel_id", *COVER_COLUMNS])
    table = parcel_cover(parcels.geometry, sources.crs, land_cover, plan.folder, notes)
    if (table["known_share"] == 0).all():
        notes.findings.append(finding("cover.elsewhere", file=Path(land_cover.after.file).name))
    then, now = _rungs(parcels, events, land_cover, plan)
    built = land_cover.built_stage
    notes.findings.extend(
        check_cover(
            parcels.assign(rung=now),
            table,
            plan,
            sources.where,
            rung_then=then,
            built_rung=None if built is None else plan.rung(built),
        )
    )
    table.insert(0, "parcel_id", parcels["parcel_id"])
    return table


def _rungs(
    parcels: pd.DataFrame, events: pd.DataFrame, land_cover: LandCover, plan: Plan
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where each parcel stood on the day of the image, and where it stands."""
    days = [min(land_cover.after.date, plan.as_of), plan.as_of]
    then, now = reached(events, parcels["parcel_id"].tolist(), days)
    return then.rung, now.rung
