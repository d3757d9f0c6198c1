"""Existing floor space: what is stated, what follows from a plot ratio, and what is not known."""

import pandas as pd

from geo.treatments import lost_whole
from geo.units import on_land_grid


def complete_existing(parcels: pd.DataFrame, public: pd.Series) -> pd.DataFrame:
    """Existing floor space (m²) and plot ratio, each from the other where one is missing.

    Stated floor space goes before plot ratio × land. Roads, green and what else is ``public`` have
    no floor space unless some is stated; of any other parcel it is unknown.
    """
    area_m2 = parcels["area_m2"].where(parcels["area_m2"] > 0)
    floor = parcels["existing_floor_m2"].fillna(parcels["plot_ratio_existing"] * area_m2)
    bare = lost_whole(parcels, public) == "public"
    floor = floor.mask(bare & floor.isna(), 0.0)
    ratio = parcels["plot_ratio_existing"].fillna(floor / area_m2)
    return parcels.assign(existing_floor_m2=floor, plot_ratio_existing=ratio)


def existing_m2(parcels: pd.DataFrame) -> pd.Series:
    """Existing floor space of each parcel on the land that counts as its own.

    Of a parcel that overlaps another, floor space counts once as its land does, in proportion.
    It lies on the grid of land (:data:`geo.units.LAND_GRID_M2`), so that sums of it are exact.
    """
    share = (parcels["land_m2"] / parcels["area_m2"]).where(parcels["area_m2"] > 0, 1.0)
    return on_land_grid(parcels["existing_floor_m2"] * share)
