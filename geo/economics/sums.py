"""Appraisals added up by block, zone and town, and what they come to per m² and per mu."""

from typing import Final

import numpy as np
import pandas as pd

from geo.economics.appraisal import LAND, MONEY
from geo.economics.inputs import Floats
from geo.units import M2_PER_MU

PER_FLOOR: Final = ("investment", "value", "residual", "surplus")
PER_MU: Final = ("investment", "residual", "surplus", "output", "tax", "jobs")

SUM_COLUMNS: Final = (
    "level",
    "name",
    "parcels",
    "known_parcels",
    "known_share",
    *LAND,
    *MONEY,
    *(f"{name}_per_floor" for name in PER_FLOOR),
    *(f"{name}_per_mu" for name in PER_MU),
)
"""Sums of a ``town`` (name ``""``), ``zone`` or ``block``, over parcels of known floor space.

``parcels`` are all that are appraised, and ``known_share`` is the share of their net land for which
the sums speak. Where the floor space of no parcel in the town is wholly known, sums are over those
whose new floor space is, without the figures that need what is demolished. Figures per m² of new
floor space and per mu of land are those of the sums."""


def per_floor(amount: Floats | float, floor_m2: Floats | float) -> Floats:
    """An amount per m² of floor space; NaN where there is none."""
    return _ratio(amount, floor_m2)


def per_mu(amount: Floats | float, land_mu: Floats | float) -> Floats:
    """An amount per mu of land; NaN where there is none."""
    return _ratio(amount, land_mu)


def _ratio(amount: Floats | float, by: Floats | float) -> Floats:
    divisor = np.asarray(by, dtype=np.float64)
    return amount / np.where(divisor == 0, np.nan, divisor)


def appraisal_sums(table: pd.DataFrame) -> pd.DataFrame:
    """Sums of the town, its zones and its blocks, with columns :data:`SUM_COLUMNS`.

    Parcels in no block are in none of the sums of blocks.
    """
    counted, in_block = _counted(table), table["block"] != ""
    blocks = _summed(table[in_block], table["block"][in_block], counted[in_block])
    # B10 comes after B9
    blocks = blocks.iloc[sorted(blocks.index, key=lambda at: _natural(blocks["name"][at]))]
    parts = [
        town_sums(table).assign(level="town"),
        _summed(table, table["zone"], counted).assign(level="zone"),
        blocks.assign(level="block"),
    ]
    return pd.concat(parts, ignore_index=True)[list(SUM_COLUMNS)]


def town_sums(table: pd.DataFrame) -> pd.DataFrame:
    """The sums of the town in one row; none when nothing is appraised."""
    return _summed(table, pd.Series("", index=table.index), _counted(table))


def _natural(name: str) -> tuple[int, str]:
    """A key by which the numbers at the end of blocks count as numbers."""
    return len(name), name


def _counted(table: pd.DataFrame) -> pd.Series:
    """The parcels that are in the sums: those known wholly, else those whose new floor space is."""
    return table["known"] if table["known"].any() else table["built_m2"].notna()


def _summed(table: pd.DataFrame, names: pd.Series, counted: pd.Series) -> pd.DataFrame:
    """The sums by name. A figure that is missing for one parcel is so for the sum."""
    known, taken = table[table["known"]], table[counted]
    sums = taken[[*LAND, *MONEY]].groupby(names[taken.index]).sum(skipna=False)
    everywhere = table.groupby(names).agg(parcels=("parcel_id", "size"), all_m2=("net_m2", "sum"))
    sums = everywhere.join(sums)
    sums["known_parcels"] = known.groupby(names[known.index]).size()
    sums["known_parcels"] = sums["known_parcels"].fillna(0).astype("int64")
    known_m2 = known["net_m2"].groupby(names[known.index]).sum()
    with np.errstate(invalid="ignore"):
        sums["known_share"] = known_m2.reindex(sums.index, fill_value=0.0) / sums["all_m2"]
    floor_m2, land_mu = sums["built_m2"].to_numpy(), sums["land_m2"].to_numpy() / M2_PER_MU
    rates = {f"{name}_per_floor": per_floor(sums[name].to_numpy(), floor_m2) for name in PER_FLOOR}
    rates |= {f"{name}_per_mu": per_mu(sums[name].to_numpy(), land_mu) for name in PER_MU}
    return sums.assign(**rates).rename_axis("name").reset_index()
