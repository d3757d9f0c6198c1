"""Caps: how much plot ratio the rules allow on each parcel, and which rule says so."""

import numpy as np
import pandas as pd

from geo.plan.scenarios import Cap, CapTable
from geo.units import M2_PER_HA, M2_PER_MU, SLACK_MU


def lowest_caps(parcels: pd.DataFrame, table: CapTable | None) -> pd.DataFrame:
    """The lowest cap on each parcel (``most``) and its name (``cap``).

    ``most`` is infinite and ``cap`` blank where no cap of the table holds; of equal caps the first
    is named.
    """
    most = pd.Series(np.inf, index=parcels.index)
    name = pd.Series("", index=parcels.index, dtype=object)
    for cap in table.caps if table is not None else []:
        lower = holds(cap, parcels) & (most > cap.most)
        most, name = most.mask(lower, cap.most), name.mask(lower, cap_name(cap))
    return pd.DataFrame({"most": most, "cap": name.astype(str)})


def holds(cap: Cap, parcels: pd.DataFrame) -> pd.Series:
    """Whether all conditions of a cap hold on each parcel."""
    holds = pd.Series(True, index=parcels.index)
    if cap.land_use is not None:
        holds &= parcels["land_use"].str.startswith(cap.land_use)
    if cap.zone is not None:
        holds &= parcels["zone"] == cap.zone
    if cap.over_ha is not None:
        holds &= parcels["area_m2"] > cap.over_ha * M2_PER_HA + SLACK_MU * M2_PER_MU
    return holds


def cap_name(cap: Cap) -> str:
    """A cap in short: where it holds (``*`` everywhere), and how much it allows."""
    size = None if cap.over_ha is None else f"> {cap.over_ha:g} ha"
    where = " ".join(filter(None, (cap.land_use, cap.zone, size)))
    return f"{where or '*'}: {round(cap.most, 4)}"
