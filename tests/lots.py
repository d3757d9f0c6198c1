"""Random lots for the laws of floor space, and a scenario and caps that touch all of them."""

import geopandas as gpd
import numpy as np
from hypothesis import strategies as st

from tests.makers import cap_table, parcels, row, scenario

RATIO = st.one_of(st.none(), st.integers(0, 4))
LEFT = st.sampled_from([(1.0, 0.0), (0.5, 0.5), (0.25, 0.5), (0.125, 0.0), (0.004, 0.0)])
"""The usable and the retained share of a lot; the last is a sliver."""
LOT = st.tuples(
    st.integers(1, 50),
    st.sampled_from(["west", "east", "south"]),
    st.sampled_from(["rebuild", "upgrade", "retain", "road"]),
    RATIO,
    st.one_of(st.none(), st.integers(0, 9000)),
    st.sampled_from(["1001", "1101"]),
    LEFT,
)
LOTS = st.lists(LOT, min_size=1, max_size=8)
WIDE = scenario(
    by_zone={"east": {"low": 1, "likely": 2, "high": 4}},
    by_treatment={"upgrade": {"low": 0.5, "likely": 1, "high": 3}},
    handover_share=0.1,
)
RULES = cap_table({"land_use": "1001", "plot_ratio": 1.5}, {"over_ha": 0.3, "plot_ratio": 2.5})


def land_of(lots: list[tuple]) -> gpd.GeoDataFrame:
    """A row of lots; their ids are 0, 1, 2 …"""
    widths, zones, treatments, ratios, floors, uses, left = zip(*lots, strict=True)
    land_m2, (usable, retained) = np.array(widths) * 100.0, np.array(left).T
    usable_m2 = np.where(np.isin(treatments, ["rebuild", "upgrade"]), land_m2 * usable, 0.0)
    return parcels(
        *row(widths),
        parcel_id=[str(number) for number in range(len(lots))],
        zone=zones,
        treatment=list(treatments),
        land_use=uses,
        plot_ratio=np.array(ratios, dtype=float),
        existing_floor_m2=np.array(floors, dtype=float),
        retained_m2=land_m2 * retained,
        usable_m2=usable_m2,
        net_m2=usable_m2,
    )
