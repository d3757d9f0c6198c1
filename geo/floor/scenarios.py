"""The scenarios of a plan, worked out to tables of floor space."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo.findings import Finding, Place
from geo.floor.capacity import (
    FLOOR_COLUMNS,
    SUM_COLUMNS,
    parcel_floor,
    treatment_floor,
    zone_floor,
)
from geo.floor.checks import check_floor_space, check_usable
from geo.floor.comparison import scenario_comparison
from geo.floor.phasing import PHASE_COLUMNS, phasing
from geo.plan import Plan


@dataclass(frozen=True, slots=True)
class FloorSpace:
    """Floor space under every scenario; each table says in ``scenario`` which one a row is of.

    - ``by_parcel``: :func:`geo.floor.capacity.parcel_floor`;
    - ``by_zone``, ``by_treatment``: :data:`geo.floor.capacity.SUM_COLUMNS`;
    - ``phasing``: :data:`geo.floor.phasing.PHASE_COLUMNS` of scenarios that have phases;
    - ``comparison``, ``comparison_by_parcel``: :func:`geo.floor.comparison.scenario_comparison`.
    """

    by_parcel: pd.DataFrame
    by_zone: pd.DataFrame
    by_treatment: pd.DataFrame
    phasing: pd.DataFrame
    comparison: pd.DataFrame
    comparison_by_parcel: pd.DataFrame
    findings: list[Finding]


def floor_space(
    plan: Plan, parcels: pd.DataFrame, block_mu: pd.Series, members: dict[str, set[str]]
) -> FloorSpace:
    """Floor space of parcels under the scenarios of a plan.

    ``block_mu`` is the size of the contiguous block of all land that each parcel is in, ``members``
    are the parcels of each programme.
    """
    where: Place = {"file": plan.path.name}
    layer = plan.layers.parcels
    parcels_at: Place = {"file": Path(layer.file).name, "layer": layer.layer or ""}
    floors = {
        scenario.id: parcel_floor(parcels, scenario, plan.caps_of(scenario), block_mu)
        for scenario in plan.scenarios
    }
    sums = {name: zone_floor(parcels, floor) for name, floor in floors.items()}
    phased = [scenario for scenario in plan.scenarios if scenario.phases]
    comparison, by_parcel = scenario_comparison(floors, sums, parcels)
    findings = [*check_usable(parcels, parcels_at, where)] if floors else []
    for scenario in plan.scenarios:
        floor, by_zone = floors[scenario.id], sums[scenario.id]
        findings += check_floor_space(parcels, floor, by_zone, scenario, members, where)
    ids = parcels["parcel_id"]
    return FloorSpace(
        by_parcel=_long(
            ((name, floor.assign(parcel_id=ids)) for name, floor in floors.items()),
            ("parcel_id", *FLOOR_COLUMNS),
        ),
        by_zone=_long(sums.items(), ("zone", *SUM_COLUMNS)),
        by_treatment=_long(
            ((name, treatment_floor(parcels, floor)) for name, floor in floors.items()),
            ("treatment", *SUM_COLUMNS),
        ),
        phasing=_long(
            ((item.id, phasing(parcels, floors[item.id], item, members)) for item in phased),
            PHASE_COLUMNS,
        ),
        comparison=comparison,
        comparison_by_parcel=by_parcel,
        findings=findings,
    )


def _long(tables: Iterable[tuple[str, pd.DataFrame]], columns: tuple[str, ...]) -> pd.DataFrame:
    """The tables of the scenarios under one another."""
    named = [table.assign(scenario=name) for name, table in tables]
    empty = pd.DataFrame(columns=["scenario", *columns])
    return (pd.concat(named, ignore_index=True) if named else empty)[["scenario", *columns]]
