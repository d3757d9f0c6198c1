"""Plot ratios: which one a scenario asks of which parcel."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from geo.plan.scenarios import Range, Scenario
from geo.treatments import is_usable
from geo.units import SLACK_MU

ENDS: Final = ("low", "likely", "high")

ENLARGED: Final = ("upgrade", "extend")
"""Treatments that keep what stands and may gain floor space."""


def asked_ratios(parcels: pd.DataFrame, scenario: Scenario, block_mu: pd.Series) -> pd.DataFrame:
    """The plot ratio that a scenario asks of each parcel, as :data:`ENDS`; NaN where it asks none.

    The most specific statement holds (:class:`geo.plan.Scenario`). ``block_mu`` is the size of the
    contiguous block of all land that each parcel is in. Nothing is asked of land that keeps what
    stands, nor of a parcel that is not usable (:func:`geo.treatments.is_usable`).
    """
    rebuilt = parcels["treatment"] == "rebuild"
    changing = rebuilt | parcels["treatment"].isin(ENLARGED)
    asked = _general(parcels, scenario).where(rebuilt)
    sizes = sorted(scenario.by_block_mu, key=lambda size: size.from_mu)
    reached = np.searchsorted([size.from_mu for size in sizes], block_mu + SLACK_MU, side="right")
    block = pd.Series(reached, index=parcels.index)
    levels: list[tuple[pd.Series, Mapping[Any, Range], pd.Series]] = [
        (parcels["treatment"], scenario.by_treatment, changing),
        (begun(parcels["land_use"], scenario.by_land_use), scenario.by_land_use, rebuilt),
        (parcels["zone"], scenario.by_zone, rebuilt),
        (block, {at + 1: size.plot_ratio for at, size in enumerate(sizes)}, rebuilt),
        (parcels["parcel_id"], scenario.by_parcel, changing),
    ]
    for keys, stated, where in levels:
        if stated:
            asked = _stated(keys, stated).where(where).fillna(asked)
    return asked.where(is_usable(parcels))


def _general(parcels: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    if isinstance(scenario.plot_ratio, Range):
        ends = scenario.plot_ratio.model_dump()
        return pd.DataFrame(ends, index=parcels.index, columns=list(ENDS))
    return pd.DataFrame(dict.fromkeys(ENDS, parcels["plot_ratio"].astype(float)))


def _stated(keys: pd.Series, ranges: Mapping[Any, Range]) -> pd.DataFrame:
    """The range that is stated for the key of each parcel; NaN where none is."""
    codes, found = pd.factorize(keys)  # no key: -1, which is the last of the values
    values = np.full((len(found) + 1, len(ENDS)), np.nan)
    for at, key in enumerate(found):
        if key in ranges:
            values[at] = [getattr(ranges[key], end) for end in ENDS]
    return pd.DataFrame(values[codes], index=keys.index, columns=list(ENDS))


def begun(codes: pd.Series, beginnings: Mapping[str, object]) -> pd.Series:
    """The longest of some beginnings that each code has; NaN where it has none."""
    longest = sorted(beginnings, key=len, reverse=True)
    found = {
        code: next((name for name in longest if code.startswith(name)), None)
        for code in codes.unique()
    }
    return codes.map(found)
