"""Floor space of parcels under a scenario, and its sums by zone and by treatment."""

from typing import Final

import numpy as np
import pandas as pd

from geo.floor.caps import lowest_caps
from geo.floor.existing import existing_m2
from geo.floor.ratios import ENLARGED, asked_ratios
from geo.plan.scenarios import CapTable, Scenario
from geo.treatments import is_rebuilt, is_usable, kept_floor_m2
from geo.units import on_land_grid

FLOOR_COLUMNS: Final = (
    "net_m2",
    "plot_ratio_asked",
    "plot_ratio",
    "cap",
    "existing_m2",
    "demolished_m2",
    "retained_m2",
    "built_m2",
    "total_m2",
    "added_m2",
    "cut_m2",
    "total_low_m2",
    "total_high_m2",
    "added_low_m2",
    "added_high_m2",
)
"""Of one parcel under one scenario; NaN where it is not known.

``existing = demolished + retained``, ``total = retained + built`` and ``added = total − existing =
built − demolished``. ``plot_ratio`` is what the caps leave of ``plot_ratio_asked``, ``cap`` names
the one that cut it and ``cut_m2`` is the floor space that it cost. Low and high are those of a
ratio that is given as a range, after caps. Every floor space lies on the grid of land
(:data:`geo.units.LAND_GRID_M2`): sums of it are exact, in Python and in the page, in any order."""

TOWN: Final = ""
"""The zone or treatment of a row that stands for all of them together."""

_SUMMED: Final = tuple(name for name in FLOOR_COLUMNS if name.endswith("_m2"))

SUM_COLUMNS: Final = (
    "gross_m2",
    *_SUMMED,
    "known_net_m2",
    "known_share",
    "added_known_share",
    "existing_known_share",
    "net_ratio",
    "gross_ratio",
    "gross_known_share",
)
"""Of a zone, a treatment or the town; see :func:`zone_floor`."""


def parcel_floor(
    parcels: pd.DataFrame, scenario: Scenario, caps: CapTable | None, block_mu: pd.Series
) -> pd.DataFrame:
    """Floor space of every parcel under a scenario, with the index of ``parcels``.

    - Land that is rebuilt loses what stands on the parcel, also on the part of it that is lost to
      constraints, but for its retained land (:func:`geo.treatments.kept_floor_m2`), and gets net
      land × plot ratio; without a ratio nothing is known of it.
    - A parcel of which constraints leave nothing, or a sliver (:func:`geo.treatments.is_usable`),
      keeps what stands and gains nothing, whatever its treatment.
    - Land that is upgraded or extended keeps what stands and gains floor space up to net land ×
      plot ratio where a ratio is stated for it; how much is not known where it is not known what
      stands.
    - All other land keeps what stands and gains nothing.

    ``block_mu`` is the size of the contiguous block of all land that each parcel is in.
    """
    net = net_land(parcels, scenario.handover_share)
    asked = asked_ratios(parcels, scenario, block_mu)
    caps_at = lowest_caps(parcels, caps)
    held = asked.clip(upper=caps_at["most"], axis=0)
    existing = existing_m2(parcels)
    kept = kept_floor_m2(parcels, existing)

    low, built, high = (built_m2(parcels, existing, net, held[end]) for end in held)
    uncut = built_m2(parcels, existing, net, asked["likely"])
    rebuilt = is_rebuilt(parcels)
    known = ~rebuilt | built.notna()
    demolished = (existing - kept).where(rebuilt, 0.0).where(known)
    floor = {
        "net_m2": net,
        "plot_ratio_asked": asked["likely"],
        "plot_ratio": held["likely"],
        "cap": caps_at["cap"].where(asked["likely"] > held["likely"], ""),
        "existing_m2": existing,
        "demolished_m2": demolished,
        "retained_m2": kept.where(known),
        "built_m2": built,
        "total_m2": kept + built,
        "added_m2": built - demolished,
        "cut_m2": uncut - built,
        "total_low_m2": kept + low,
        "total_high_m2": kept + high,
        "added_low_m2": low - demolished,
        "added_high_m2": high - demolished,
    }
    return pd.DataFrame(floor, columns=list(FLOOR_COLUMNS))


def net_land(parcels: pd.DataFrame, handover_share: float | None) -> pd.Series:
    """Net land in m², with the hand-over of a scenario in place of the plan's if it states one."""
    if handover_share is None:
        return parcels["net_m2"]
    usable = parcels["usable_m2"]
    left = usable - on_land_grid(usable * handover_share)
    return parcels["net_m2"].mask(is_rebuilt(parcels), left)


def total_m2(
    parcels: pd.DataFrame, existing: pd.Series, net_m2: pd.Series, ratio: pd.Series
) -> pd.Series:
    """All floor space after the works, for a plot ratio and net land of each parcel."""
    return kept_floor_m2(parcels, existing) + built_m2(parcels, existing, net_m2, ratio)


def built_m2(
    parcels: pd.DataFrame, existing: pd.Series, net_m2: pd.Series, ratio: pd.Series
) -> pd.Series:
    """New floor space, for a plot ratio and net land of each parcel: none where none is asked."""
    enlarged = parcels["treatment"].isin(ENLARGED) & ratio.notna()
    asked: pd.Series = on_land_grid(net_m2 * ratio)
    more = (asked - existing).clip(lower=0.0).where(enlarged, 0.0)
    return asked.where(is_rebuilt(parcels), more)


def zone_floor(parcels: pd.DataFrame, floor: pd.DataFrame) -> pd.DataFrame:
    """Sums by zone and, in the last row (zone ``""``), of the whole town: :data:`SUM_COLUMNS`.

    Sums are of what is known. ``known_share`` is the share of net land whose total is known,
    ``added_known_share`` that for which both total and existing floor are, and
    ``existing_known_share`` the share of gross land whose existing floor is, and so what of it is
    retained. ``net_ratio`` is the floor space on net land over that land: what is built where land
    is rebuilt, all of it where what stands is enlarged. ``gross_ratio`` is all floor space over
    gross land, each of the land for which it is known: ``gross_known_share`` is that of gross land,
    also land on which nothing is built. Low and high are those of all parcels at their low, or
    high, together: the widest range there is, not a likely one.
    """
    return _sums(parcels, floor, "zone")


def treatment_floor(parcels: pd.DataFrame, floor: pd.DataFrame) -> pd.DataFrame:
    """The sums of :func:`zone_floor` by treatment, the town in the last row (``""``)."""
    return _sums(parcels, floor, "treatment")


def _sums(parcels: pd.DataFrame, floor: pd.DataFrame, by: str) -> pd.DataFrame:
    net, gross, total = floor["net_m2"], parcels["land_m2"], floor["total_m2"]
    existing, known = floor["existing_m2"].notna(), total.notna()
    on_net = floor["built_m2"].where(is_rebuilt(parcels), total)
    facts = floor[list(_SUMMED)].assign(
        gross_m2=gross,
        known_net_m2=net.where(known, 0.0),
        _gross_known=gross.where(known, 0.0),
        _added_known=net.where(floor["added_m2"].notna(), 0.0),
        _existing_known=gross.where(existing, 0.0),
        _on_net=on_net.where(known & is_usable(parcels)),
    )
    sums = facts.groupby(parcels[by]).sum(min_count=1)  # a sum for no land is not known
    sums.loc[TOWN] = facts.sum(min_count=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = sums.assign(
            known_share=sums["known_net_m2"] / sums["net_m2"],
            added_known_share=sums["_added_known"] / sums["net_m2"],
            existing_known_share=sums["_existing_known"] / sums["gross_m2"],
            net_ratio=sums["_on_net"] / sums["known_net_m2"],
            gross_ratio=sums["total_m2"] / sums["_gross_known"],
            gross_known_share=sums["_gross_known"] / sums["gross_m2"],
        )
    return sums.reset_index(names=by)[[by, *SUM_COLUMNS]]
