"""Land put together: where each parcel stood on each date, and what it is contiguous with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.basis import counted_land, counts_net
from geo.blocks import block_labels, block_sizes, block_table, linked
from geo.errors import ChecksError
from geo.findings import Finding, Place, finding
from geo.land import Land, land_of
from geo.lineage import eras
from geo.memo import Mark, Memo, Same, Shelf, mark_of
from geo.plan import Contiguity, Goal, Plan
from geo.progress import counting, report_dates, timeline_dates
from geo.readiness import Reached, reached
from geo.units import M2_PER_MU
from geo.words import among

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
        sizes_m2 = block_sizes(labels, self.parcels["land_m2"].to_numpy())
        return pd.Series(sizes_m2 / M2_PER_MU, index=self.parcels.index)


def grounds_of(plan: Plan, land: Land, memo: Memo) -> tuple[list[Ground], list[Finding]]:
    """The ground of every date of the timeline, the last as of the plan's.

    Between two splits or merges it is made anew, from the parcels as they were. Raises
    :class:`ChecksError` where these have errors that the plan does not accept, on a date for which
    the progress of a goal is told; other dates are left out then, and a finding says so. ``memo``
    has the last ground of an earlier run, and the outlines of blocks that it has drawn.
    """
    told = report_dates(plan.base_date, plan.as_of, [goal.due for goal in plan.goals])
    dates = timeline_dates(_first_event(land) or told[0], told, parcels=len(land.parcels))
    changes = land.history.happened(plan.as_of) if land.history is not None else []
    *earlier, now = eras(changes, dates)
    grounds, left_out = [], []
    for days in earlier:
        try:
            grounds.append(_assemble(plan, _land_then(plan, land, days[-1]), days, Shelf()))
        except ChecksError as error:
            if plan.goals and not set(told).isdisjoint(days):
                raise
            left_out.append(_left_out(land, days, error.findings))
    follows_from = (land.parcels, land.once, land.links, land.events, land.members)
    ground = memo.of(
        "ground",
        (mark_of(plan.without_scenarios()), *now, *map(Same, follows_from)),
        lambda: _assemble(plan, land, now, memo.shelf("blocks", land.mark)),
    )
    return [*grounds, replace(ground, land=land)], left_out


def land_mark(plan: Plan, land: Land) -> Mark:
    """What every figure of land follows from, whatever has happened on it."""
    return (mark_of(plan.without_scenarios()), *map(Same, (land.parcels, land.lost, land.members)))


def grounds_mark(plan: Plan, grounds: list[Ground]) -> Mark:
    """What every figure of grounds follows from: each of them is the same if its parcels are."""
    return (mark_of(plan.without_scenarios()), *(Same(ground.parcels) for ground in grounds))


def _first_event(land: Land) -> date | None:
    """The first day of which anything is told, also of parcels that split or merged since."""
    tables = [table for table in (land.events, land.sources.events) if table is not None]
    days = [table["date"].min().date() for table in tables if len(table)]
    return min(days, default=None)


def _land_then(plan: Plan, land: Land, day: date) -> Land:
    """The land of a day before, which must be fit for sums."""
    then = land_of(plan.without_rasters().seen_on(day), land.sources)
    if errors := then.unaccepted(plan):
        raise ChecksError(*errors)
    return then


def _left_out(land: Land, days: list[date], errors: Sequence[Finding]) -> Finding:
    """What is said of dates of which the timeline cannot tell."""
    first = errors[0]
    words: Place = {"seen": str(days[0]), "until": str(days[-1]), "error": first.code}
    return finding("lineage.no-sums", **land.sources.where, parcel=first.parcel, **words)


def _assemble(plan: Plan, land: Land, dates: list[date], drawn: Shelf) -> Ground:
    """Readiness by date, and the blocks of the parcels that count."""
    histories = reached(land.events, land.parcels["parcel_id"], dates)
    parcels = _with_readiness(land.parcels, plan, histories[-1])
    counts = counts_of(headline_goal(plan), plan, parcels, histories[-1], land.members)
    return put_together(plan, Unjoined(land, dates, histories, parcels, land.links), counts, drawn)


class Unjoined(NamedTuple):
    """What a :class:`Ground` is made of."""

    land: Land
    dates: list[date]
    histories: list[Reached]
    parcels: gpd.GeoDataFrame
    links: pd.DataFrame


def put_together(plan: Plan, parts: Unjoined, counts: Mask, drawn: Shelf | None = None) -> Ground:
    """The ground of parcels of which some count: their land, and the blocks that they form."""
    land, contiguity = parts.land, plan.contiguity
    holds = definition(parts.links, contiguity)
    counted_m2 = counted_land(headline_goal(plan), parts.parcels, land.once, counts)
    blocks, roles = block_table(
        parts.parcels.assign(land_m2=counted_m2),
        parts.links,
        holds,
        counts,
        tiers_mu=contiguity.tiers_mu,
        drawn=drawn,
    )
    roles = roles.assign(counts=counts, counted_m2=counted_m2)
    parcels = parts.parcels.assign(**roles.to_dict("series"))
    return Ground(land, parts.dates, parts.histories, parcels, parts.links, holds, blocks)


def headline_goal(plan: Plan) -> Goal | None:
    """The goal whose stage and basis decide which land counts, and what the blocks are made of.

    It is the first that speaks of all land; without goals every parcel counts, and all its land.
    """
    return next((goal for goal in plan.goals if goal.programme is None), None)


def _with_readiness(parcels: gpd.GeoDataFrame, plan: Plan, now: Reached) -> gpd.GeoDataFrame:
    names = pd.Series([stage.id for stage in plan.stages], dtype=str)
    return parcels.assign(
        rung=now.rung,
        stage=names.array.take(now.rung),
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
        counts = counts & among(parcels["parcel_id"], members[goal.programme])
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
