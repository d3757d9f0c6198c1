"""What is asked of a study besides its own tables: chosen scenarios compared, a target sought."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from geo.errors import PlanError
from geo.findings import Place, finding
from geo.floor.caps import lowest_caps
from geo.floor.comparison import scenario_comparison
from geo.plan import Plan, Scenario
from geo.seeking import Measure, Seek, seek
from geo.study import Study
from geo.words import hint, listed


def compared(study: Study, scenarios: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The scenarios side by side against the first of them, for the town and by parcel.

    See :func:`geo.floor.comparison.scenario_comparison`. Raises :class:`PlanError` for a scenario
    that the plan does not have.
    """
    chosen = [scenario_of(study.plan, name).id for name in dict.fromkeys(scenarios)]
    floors = {name: _floor(study, name) for name in chosen}
    sums = {name: study.floor[study.floor["scenario"] == name] for name in chosen}
    return scenario_comparison(floors, sums, study.parcels.reset_index(drop=True))


def sought(
    study: Study, target_m2: float, *, measure: Measure = "total", scenario: str | None = None
) -> Seek:
    """Every way to a target of floor space, within the caps of a scenario (else the first one).

    Raises :class:`PlanError` for a scenario that the plan does not have.
    """
    plan, chosen = study.plan, scenario_of(study.plan, scenario)
    parcels = study.parcels.reset_index(drop=True)
    caps = lowest_caps(parcels, plan.caps_of(chosen))
    return seek(
        parcels,
        _floor(study, chosen.id),
        target_m2=target_m2,
        measure=measure,
        most_ratio=caps["most"].to_numpy(),
    )


def scenario_ids(plan: Plan) -> list[str]:
    """The scenarios of the plan. Raises :class:`PlanError` if it has none."""
    if not plan.scenarios:
        raise PlanError(finding("scenario.none", file=plan.path.name, field="scenarios"))
    return [scenario.id for scenario in plan.scenarios]


def scenario_of(plan: Plan, name: str | None) -> Scenario:
    """A scenario of the plan by its id, or the first. Raises :class:`PlanError` if it has none."""
    ids = scenario_ids(plan)
    chosen = ids[0] if name is None else name
    if chosen not in ids:
        at: Place = {"file": plan.path.name, "field": "scenarios", "seen": chosen}
        words: Place = {"known": listed(ids), **hint(chosen, ids)}
        raise PlanError(finding("scenario.unknown", **at, **words))
    return plan.scenarios[ids.index(chosen)]


def _floor(study: Study, scenario: str) -> pd.DataFrame:
    """Floor space of every parcel under a scenario, in the order of the parcels."""
    table = study.parcel_floor
    return table[table["scenario"] == scenario].reset_index(drop=True)


def is_reached(found: Seek) -> bool:
    """Whether a target is reached with nothing rebuilt: no parcel is needed for it."""
    return found.fewest.reached and found.fewest.chosen.empty


def known_base_m2(found: Seek) -> float | None:
    """The floor space when nothing is rebuilt, as far as it is known; None where none of it is."""
    return None if found.base_unknown and not found.base_m2 else found.base_m2


def answers(found: Seek) -> dict[str, Any]:
    """What was found for a target as plain values; none is the ratio that nothing needs."""
    fewest, reached = found.fewest, is_reached(found)
    return {
        "target_m2": found.target_m2,
        "measure": found.measure,
        "base_m2": known_base_m2(found),
        "base_unknown": found.base_unknown,
        "land_m2": found.land_m2,
        "net_m2": found.net_m2,
        "already_reached": reached,
        "frontier": found.frontier.to_dict("records"),
        "smallest_ratio": None if reached else asdict(found.smallest),
        "fewest_parcels": {
            "reached": fewest.reached,
            "number": len(fewest.chosen),
            "most_m2": fewest.most_m2,
            "unknown": list(fewest.unknown),
            "floor_unknown": found.gains_unknown,
            "parcels": fewest.chosen.to_dict("records"),
        },
    }
