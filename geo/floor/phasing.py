"""Phasing: which floor space comes down and goes up by the end of which year."""

from typing import Final

import pandas as pd

from geo.floor.capacity import TOWN
from geo.plan.scenarios import Phase, Scenario
from geo.units import M2_PER_MU

PHASE_COLUMNS: Final = (
    "year",
    "zone",
    "parcels",
    "land_mu",
    "demolished_m2",
    "built_m2",
    "added_m2",
    "cumulative_added_m2",
    "known_share",
)
"""Parcels that are worked on in a year, by zone and in the town (zone ``""``), with all their land
and the floor space that comes down and goes up on them.
``known_share`` is the share of its net land for which ``added_m2`` is known."""


def phasing(
    parcels: pd.DataFrame, floor: pd.DataFrame, scenario: Scenario, members: dict[str, set[str]]
) -> pd.DataFrame:
    """Floor space by year: :data:`PHASE_COLUMNS`, years in order.

    It speaks of the parcels where anything is demolished or built, or may be. Those of no phase
    stand in rows without a year, last and outside the cumulative sums. ``members`` are the parcels
    of each programme.
    """
    works = (floor["demolished_m2"] != 0) | (floor["built_m2"] != 0)  # NaN: it may be
    facts = floor.assign(
        parcels=1,
        zone=parcels["zone"],
        land_mu=parcels["land_m2"] / M2_PER_MU,
        year=phase_years(parcels, scenario, members),
        known=floor["net_m2"].where(floor["added_m2"].notna(), 0.0),
    )[works]
    long = pd.concat([facts, facts.assign(zone=TOWN)])
    summed = ["parcels", "land_mu", "demolished_m2", "built_m2", "added_m2", "net_m2", "known"]
    by_year = long.groupby(["year", "zone"], dropna=False)[summed]
    table = by_year.sum(min_count=1).reset_index()
    known_share = table["known"] / table["net_m2"].where(table["net_m2"] > 0)
    table = table.assign(known_share=known_share, cumulative_added_m2=_cumulative(table))
    return table[list(PHASE_COLUMNS)].astype({"parcels": "int64"})


def phase_years(
    parcels: pd.DataFrame, scenario: Scenario, members: dict[str, set[str]]
) -> pd.Series:
    """The year in which each parcel is worked on; none where no phase takes it.

    A parcel belongs to the phase that names it, else to the first that names a programme of it,
    else to the first that names its zone, else to the one that takes all that is left.
    """
    parcel_ids, zones = parcels["parcel_id"], parcels["zone"]
    years = pd.Series(pd.NA, index=parcels.index, dtype="Int64")
    phases = scenario.phases
    of_programmes = [
        set().union(*(members.get(name, set()) for name in phase.programmes)) for phase in phases
    ]
    named = [
        *(parcel_ids.isin(phase.parcels) for phase in phases),
        *(parcel_ids.isin(inside) for inside in of_programmes),
        *(zones.isin(phase.zones) for phase in phases),
        *(pd.Series(not _names(phase), index=parcels.index) for phase in phases),
    ]
    for number, taken in enumerate(named):
        years = years.mask(taken & years.isna(), phases[number % len(phases)].year)
    return years


def _names(phase: Phase) -> list[str]:
    """Everything that a phase names."""
    return [*phase.parcels, *phase.programmes, *phase.zones]


def _cumulative(table: pd.DataFrame) -> pd.Series:
    """Floor space added until the end of each year, in each zone, of what is known of it."""
    phased = table[table["year"].notna()]
    zones, added = phased["zone"], phased["added_m2"]
    running = added.fillna(0.0).groupby(zones).cumsum()
    known = added.notna().groupby(zones).cummax()
    return running.where(known).reindex(table.index)
