"""Floor space: what stands, what would be demolished, kept and added under a plot-ratio scenario.

Floor space = Σ net land × plot ratio (domain reference, section 5). A missing plot ratio is not
zero: its parcel is left out, and every sum says for which share of the land it speaks.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from geo.findings import Finding, Place, finding
from geo.plan import Scenario
from geo.words import hint

FLOOR_COLUMNS: Final = (
    "net_m2",
    "plot_ratio",
    "existing_m2",
    "demolished_m2",
    "retained_m2",
    "total_m2",
    "added_m2",
)
"""Of one parcel under one scenario; NaN where it is not known. ``total = retained + new`` and
``added = total − existing``."""

TOWN: Final = ""
"""The zone id of a row that stands for all zones together."""


def complete_existing(parcels: pd.DataFrame) -> pd.DataFrame:
    """Existing floor space (m²) and plot ratio, each from the other where one is missing.

    Stated floor space goes before plot ratio × land.
    """
    floor = parcels["existing_floor_m2"].fillna(parcels["plot_ratio_existing"] * parcels["area_m2"])
    ratio = parcels["plot_ratio_existing"].fillna(floor / parcels["area_m2"])
    return parcels.assign(existing_floor_m2=floor, plot_ratio_existing=ratio)


def parcel_floor(parcels: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Floor space of every parcel under a scenario, with the index of ``parcels``.

    Land that is rebuilt gets net land × plot ratio and loses what stands; other land keeps what
    stands; land without net area (roads) has none.
    """
    built = parcels["net_m2"] > 0
    rebuilt = built & (parcels["treatment"] == "rebuild")
    net = parcels["net_m2"] * scenario.net_share
    ratio = target_ratio(parcels, scenario).where(rebuilt)
    once = parcels["land_m2"] / parcels["area_m2"]  # floor on land that counts elsewhere does too
    existing = (parcels["existing_floor_m2"] * once).where(built, 0.0)
    total = (net * ratio).where(rebuilt, existing)
    return pd.DataFrame(
        {
            "net_m2": net,
            "plot_ratio": ratio,
            "existing_m2": existing,
            "demolished_m2": existing.where(rebuilt & ratio.notna(), 0.0).where(
                ~rebuilt | ratio.notna()
            ),
            "retained_m2": existing.where(~rebuilt, 0.0),
            "total_m2": total,
            "added_m2": total - existing,
        }
    )


def target_ratio(parcels: pd.DataFrame, scenario: Scenario) -> pd.Series:
    """The plot ratio after rebuilding; the most specific statement of the scenario holds."""
    if scenario.plot_ratio == "planned":
        general = parcels["plot_ratio"]
    else:
        general = pd.Series(float(scenario.plot_ratio), index=parcels.index)
    for code in sorted(scenario.by_land_use, key=len):
        begins = parcels["land_use"].str.startswith(code)
        general = general.mask(begins, scenario.by_land_use[code])
    for column, stated in (("zone", scenario.by_zone), ("parcel_id", scenario.by_parcel)):
        specific = parcels[column].map(stated).astype(float)
        general = specific.fillna(general)
    return general


def check_scenarios(
    parcels: pd.DataFrame, scenarios: Sequence[Scenario], where: Place
) -> list[Finding]:
    """List plot ratios that are stated for a zone, land use or parcel that is not there."""
    findings = []
    for scenario in scenarios:
        for column, field, stated in (
            ("land_use", "by_land_use", scenario.by_land_use),
            ("zone", "by_zone", scenario.by_zone),
            ("parcel_id", "by_parcel", scenario.by_parcel),
        ):
            there = set(parcels[column])
            begun = tuple(there) if column == "land_use" else ()
            for name in [name for name in stated if name not in there]:
                if any(code.startswith(name) for code in begun):
                    continue
                place: Place = {**where, "field": f"scenarios.{scenario.id}.{field}"}
                words = {"seen": name, **hint(name, there)}
                findings.append(finding("scenario.unmatched", **place, **words))
    return findings


def zone_floor(parcels: pd.DataFrame, floor: pd.DataFrame) -> pd.DataFrame:
    """Sums by zone and, in the last row (zone ``""``), of the whole town.

    ``known_share`` is the share of net land whose total is known, ``added_known_share`` that
    for which both total and existing floor are; sums speak for that land only. ``net_ratio`` is
    total floor over net land and ``gross_ratio`` over gross land, of the land that is known.
    """
    both = floor["total_m2"].notna() & floor["existing_m2"].notna()
    known = floor["total_m2"].notna()
    columns = floor[["existing_m2", "demolished_m2", "retained_m2", "total_m2", "added_m2"]]
    facts = columns.assign(
        zone=parcels["zone"],
        gross_m2=parcels["land_m2"],
        net_m2=floor["net_m2"],
        known_net_m2=floor["net_m2"].where(known, 0.0),
        known_gross_m2=parcels["land_m2"].where(known, 0.0),
        added_known_m2=floor["net_m2"].where(both, 0.0),
        existing_known_m2=floor["net_m2"].where(floor["existing_m2"].notna(), 0.0),
    )
    sums = facts.groupby("zone").sum(min_count=1)  # a sum for no land is not known
    sums.loc[TOWN] = facts.drop(columns="zone").sum(min_count=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums.assign(
            known_share=sums["known_net_m2"] / sums["net_m2"],
            added_known_share=sums["added_known_m2"] / sums["net_m2"],
            existing_known_share=sums["existing_known_m2"] / sums["net_m2"],
            net_ratio=sums["total_m2"] / sums["known_net_m2"],
            gross_ratio=sums["total_m2"] / sums["known_gross_m2"],
        ).reset_index()
