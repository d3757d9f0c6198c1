"""Land put together: where each parcel stood on each date, and what it is contiguous with."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.basis import counted_land, counts_net
from geo.blocks import block_labels, block_sizes, block_table, linked, parcel_links
from geo.checks import place_of
from geo.errors import ChecksError
from geo.land import Land, land_of
from geo.lineage import eras
from geo.plan import Contiguity, Goal, Plan
from geo.progress import counting, report_dates
from geo.readiness import Reached, reached

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ground:
    """Land put together: where each parcel stood on each date, and what it is contiguous with."""

    land: Land
    dates: list[date]
    histories: list[Reached]
    parcels: gpd.GeoDataFrame
    links: pd.DataFrame
    holds: Mask
    blocks: gpd.GeoDataFrame

    @property
    def block_mu(self) -> pd.Series:
        """The size in mu of the contiguous block of all land that each parcel is in."""
        everything = np.ones(len(self.parcels), dtype=bool)
        labels = block_labels(self.links, self.holds, everything)
        sizes = block_sizes(labels, self.parcels["land_mu"].to_numpy())
        return pd.Series(sizes, index=self.parcels.index)


def grounds_of(plan: Plan, land: Land) -> list[Ground]:
    """The ground of every report date, the last as of the plan's.

    Between two splits or merges it is made anew, from the parcels as they were. Raises
    :class:`ChecksError` where these have errors that the plan does not accept.
    """
    dates = report_dates(plan.base_date, plan.as_of, [goal.due for goal in plan.goals])
    changes = land.history.happened(plan.as_of) if land.history is not None else []
    *earlier, now = eras(changes, dates)
    grounds = []
    for days in earlier if plan.goals else []:
        then = land_of(plan.without_rasters().seen_on(days[-1]), land.sources)
        if errors := then.unaccepted(plan):
            raise ChecksError(*errors)
        grounds.append(_assemble(plan, then, days))
    return [*grounds, _assemble(plan, land, now)]


def _assemble(plan: Plan, land: Land, dates: list[date]) -> Ground:
    """Readiness by date, the links between parcels, and the blocks of those that count."""
    histories = reached(land.events, land.parcels["parcel_id"].tolist(), dates)
    parcels = _with_readiness(land.parcels, plan, histories[-1])
    contiguity = plan.contiguity
    file = Path(plan.layers.parcels.file).name
    links = parcel_links(
        parcels.geometry.to_numpy(),
        land.barriers.geometry.to_numpy(),
        reach_m=max(contiguity.gap_m, *contiguity.compare_gaps_m, 0.0),
        tolerance_m=contiguity.tolerance_m,
        place=lambda at: {"file": file, **place_of(parcels, at)},
    )
    holds = definition(links, contiguity)
    goal = headline_goal(plan)
    counts = counts_of(goal, plan, parcels, histories[-1], land.members)
    counted_m2 = counted_land(goal, parcels, land.once, counts)
    blocks, roles = block_table(
        parcels.assign(land_m2=counted_m2), links, holds, counts, tiers_mu=contiguity.tiers_mu
    )
    parcels = parcels.assign(**roles.to_dict("series"), counts=counts, counted_m2=counted_m2)
    return Ground(land, dates, histories, parcels, links, holds, blocks)


def headline_goal(plan: Plan) -> Goal | None:
    """The goal whose stage and basis decide which land counts, and what the blocks are made of.

    It is the first that speaks of all land; without goals every parcel counts, and all its land.
    """
    return next((goal for goal in plan.goals if goal.programme is None), None)


def _with_readiness(parcels: gpd.GeoDataFrame, plan: Plan, now: Reached) -> gpd.GeoDataFrame:
    names = np.array([stage.id for stage in plan.stages])
    return parcels.assign(
        rung=now.rung,
        stage=names[now.rung],
        stage_date=now.since,
        evidenced_rung=now.evidenced_rung,
        self_reported=now.self_reported,
        has_events=now.has_events,
    )


def counts_of(
    goal: Goal | None,
    plan: Plan,
    parcels: gpd.GeoDataFrame,
    at: Reached,
    members: dict[str, set[str]],
) -> Mask:
    """Which parcels a goal counts; all of them when there is no goal."""
    if goal is None:
        return np.ones(len(parcels), dtype=bool)
    rungs = {"rung": at.rung, "evidenced_rung": at.evidenced_rung}
    counts = counting(goal, from_rung=plan.rung(goal.stage), **rungs)
    if goal.programme is not None:
        counts = counts & parcels["parcel_id"].isin(members[goal.programme]).to_numpy()
    if counts_net(goal):
        counts = counts & (parcels["net_m2"] > 0).to_numpy()
    return counts


def definition(links: pd.DataFrame, contiguity: Contiguity) -> Mask:
    """Which links hold by the plan's definition of contiguity."""
    return linked(
        links,
        mode=contiguity.mode,
        gap_m=contiguity.gap_m,
        tolerance_m=contiguity.tolerance_m,
        min_shared_m=contiguity.min_shared_m,
    )
