"""Scenarios side by side, and what makes the difference between two on each parcel."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from geo.floor.capacity import SUM_COLUMNS, TOWN, total_m2

CAUSES: Final = ("by_ratio_m2", "by_cap_m2", "by_land_m2", "by_knowledge_m2")
"""Why floor space differs: another plot ratio is asked, caps cut off more or less, there is more or
less net land (hand-over), or it is known under one scenario only."""

DIFFERENCE_COLUMNS: Final = ("parcel_id", "zone", "before_m2", "after_m2", "delta_m2", *CAUSES)

COMPARISON_COLUMNS: Final = ("scenario", *SUM_COLUMNS, "delta_m2", *CAUSES)
"""The town under one scenario, and how far its total is from that of the first one, and why."""


def floor_difference(
    parcels: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame
) -> pd.DataFrame:
    """Total floor space under one scenario against another: :data:`DIFFERENCE_COLUMNS`.

    ``delta`` is what a parcel adds to the difference between the two sums, and the causes add up
    to it: the asked ratio changes on the land of ``before``, then the caps, then the land under
    the ratio of ``after``. Floor space that only one scenario knows differs ``by_knowledge``, and
    is no growth; where neither knows it, nothing is known of the difference.
    """
    net_before, net_after = before["net_m2"], after["net_m2"]

    def total(net_m2: pd.Series, ratio: pd.Series) -> pd.Series:
        return total_m2(parcels, before["existing_m2"], net_m2, ratio)

    asked = total(net_before, after["plot_ratio_asked"])
    asked_before = total(net_before, before["plot_ratio_asked"])
    capped = total(net_before, after["plot_ratio"])
    one, other = before["total_m2"], after["total_m2"]
    either, both = one.notna() | other.notna(), one.notna() & other.notna()
    delta = (other.fillna(0.0) - one.fillna(0.0)).where(either)
    causes = {
        "by_ratio_m2": asked - asked_before,
        "by_cap_m2": (capped - asked) - (one - asked_before),
        "by_land_m2": total(net_after, after["plot_ratio"]) - capped,
    }
    return pd.DataFrame(
        {
            "parcel_id": parcels["parcel_id"],
            "zone": parcels["zone"],
            "before_m2": one,
            "after_m2": other,
            "delta_m2": delta,
            **{name: cause.where(both, 0.0).where(either) for name, cause in causes.items()},
            "by_knowledge_m2": delta.mask(both, 0.0),
        },
        columns=list(DIFFERENCE_COLUMNS),
    )


def scenario_comparison(
    floors: Mapping[str, pd.DataFrame], sums: Mapping[str, pd.DataFrame], parcels: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The town under each scenario, and what each parcel changes against the first of them.

    ``sums`` are those of the zones (:func:`geo.floor.capacity.zone_floor`).
    The first table has :data:`COMPARISON_COLUMNS`; the second, for each scenario but the first,
    ``scenario``, ``against`` and :data:`DIFFERENCE_COLUMNS`.
    """
    rows, parts = [], []
    first, *_ = floors or [""]
    for name, floor in floors.items():
        town = sums[name].set_index("zone").loc[TOWN]
        if name == first:
            nothing = 0.0 if floor["total_m2"].notna().any() else float("nan")
            causes = dict.fromkeys(("delta_m2", *CAUSES), nothing)
        else:
            difference = floor_difference(parcels, floors[first], floor)
            causes = difference[["delta_m2", *CAUSES]].sum(min_count=1).to_dict()
            parts.append(difference.assign(scenario=name, against=first))
        rows.append({"scenario": name, **town, **causes})
    columns = ["scenario", "against", *DIFFERENCE_COLUMNS]
    long = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS)), long[columns]
