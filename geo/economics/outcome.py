"""The economics of a plan, worked out to tables."""

from dataclasses import dataclass

import pandas as pd

from geo.economics.appraisal import APPRAISAL_COLUMNS, appraisal
from geo.economics.checks import check_economics, check_known
from geo.economics.sensitivity import TORNADO_COLUMNS, tornado
from geo.economics.sums import SUM_COLUMNS, appraisal_sums
from geo.findings import Finding
from geo.plan import Plan
from geo.treatments import is_rebuilt


@dataclass(frozen=True, slots=True)
class Outcome:
    """What rebuilding costs and brings under one scenario.

    - ``by_parcel``: :data:`geo.economics.appraisal.APPRAISAL_COLUMNS`;
    - ``sums``: :data:`geo.economics.sums.SUM_COLUMNS`, of the town, its zones and blocks;
    - ``tornado``: :data:`geo.economics.sensitivity.TORNADO_COLUMNS`, of the residual land value.
    """

    by_parcel: pd.DataFrame
    sums: pd.DataFrame
    tornado: pd.DataFrame
    findings: list[Finding]


def outcome(plan: Plan, parcels: pd.DataFrame, floors: pd.DataFrame) -> Outcome:
    """The economics of a plan; tables without rows when it has none.

    ``floors`` is the floor space of every parcel under every scenario, by ``scenario`` and
    ``parcel_id``; that of :attr:`geo.plan.Plan.economics_scenario` is appraised.
    """
    economics, scenario = plan.economics, plan.economics_scenario
    if economics is None or scenario is None:
        columns = (APPRAISAL_COLUMNS, SUM_COLUMNS, TORNADO_COLUMNS)
        by_parcel, sums, bars = (pd.DataFrame(columns=list(names)) for names in columns)
        return Outcome(by_parcel, sums, bars, [])
    floor = floors[floors["scenario"] == scenario].set_axis(parcels.index)
    by_parcel = appraisal(economics, parcels, floor)
    zones, where = set(parcels["zone"]), {"file": plan.path.name}
    return Outcome(
        by_parcel=by_parcel,
        sums=appraisal_sums(by_parcel),
        tornado=tornado(economics, parcels, floor),
        findings=[
            *check_economics(economics, zones, where),
            *check_known(by_parcel, is_rebuilt(parcels), where),
        ],
    )
