"""Land, stages, goals and blocks as tables: every figure that follows from the ground alone."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.balance import LOST_COLUMNS, balance_table, block_balance
from geo.blocks import gap_comparison, tier_table
from geo.counted import progress_of
from geo.ground import Ground, Mask, definition, grounds_mark, headline_goal, land_mark
from geo.memo import Memo
from geo.parcels import COLUMNS
from geo.plan import Plan
from geo.plan.constraints import reasons_in_order
from geo.programmes import programme_table
from geo.progress import report_dates
from geo.reach import reach_table
from geo.readiness import stage_table
from geo.timeline import stage_history


class _Lasting(NamedTuple):
    """What follows from land and rules, whatever happens on the land."""

    balance: pd.DataFrame
    lost: gpd.GeoDataFrame
    reach: pd.DataFrame
    gaps: pd.DataFrame
    block_mu: pd.Series


def figures_of(
    plan: Plan, grounds: list[Ground], memo: Memo
) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """The tables of a study by name, and the size in mu of the block of all land of each parcel.

    They are what :class:`geo.study.Study` says of them. ``memo`` has those of an earlier run.
    """
    ground = grounds[-1]
    mark = land_mark(plan, ground.land)
    lasting = memo.of("figures of land", mark, lambda: _lasting(plan, ground))
    mark = grounds_mark(plan, grounds)
    tables = memo.of("figures", mark, lambda: _figures(plan, grounds, lasting))
    return tables, lasting.block_mu


def _lasting(plan: Plan, ground: Ground) -> _Lasting:
    land, parcels = ground.land, ground.land.parcels
    taken = land.lost[land.lost["area_m2"] > 0]  # land that is only covered twice is not lost
    all_land = np.ones(len(parcels), dtype=bool), parcels["land_m2"].to_numpy()
    return _Lasting(
        balance=balance_table(parcels, taken, reasons_in_order(plan.constraints)),
        lost=taken.reset_index(drop=True),
        reach=reach_table(plan.goals, land.members, parcels, land.once),
        gaps=gap_comparison(ground.links, {"all": all_land}, compare=_compared(plan, ground)),
        block_mu=ground.block_mu,
    )


def _figures(plan: Plan, grounds: list[Ground], lasting: _Lasting) -> dict[str, pd.DataFrame]:
    ground = grounds[-1]
    land, parcels, blocks = ground.land, ground.parcels, ground.blocks
    timeline, goal_parcels = progress_of(plan, grounds)
    lost = lasting.lost.assign(block=parcels["block"].array.take(lasting.lost["at"]))
    own, reasons = headline_goal(plan), reasons_in_order(plan.constraints)
    return {
        "parcels": parcels[[column.name for column in COLUMNS]],
        "zones": _zones(land.zones, parcels),
        "stages": stage_table(parcels, plan.stages),
        "balance": lasting.balance,
        "balance_by_block": block_balance(parcels, lost, reasons),
        "lost": lost[list(LOST_COLUMNS)],
        "reach": lasting.reach,
        "blocks": blocks,
        "tiers": tier_table(blocks, plan.contiguity.tiers_mu),
        "links": ground.links,
        "gap_comparison": _gap_comparison(plan, ground, lasting.gaps),
        "progress": _reported(timeline, plan),
        "goal_parcels": goal_parcels,
        "timeline": timeline,
        "stage_history": stage_history(
            grounds, zones=_zones_ever(grounds), stages=len(plan.stages)
        ),
        "programmes": programme_table(plan.programmes, land.members, parcels, land.once, own),
    }


def _reported(timeline: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The dates of the timeline for which progress is told."""
    told = report_dates(plan.base_date, plan.as_of, [goal.due for goal in plan.goals])
    return timeline[timeline["date"].isin(told)].reset_index(drop=True)


def _gap_comparison(plan: Plan, ground: Ground, of_all: pd.DataFrame) -> pd.DataFrame:
    """What other definitions would give for the land that counts, then for all land."""
    counts, counted_m2, land_m2 = (
        ground.parcels[name].to_numpy() for name in ("counts", "counted_m2", "land_m2")
    )
    if counts.all() and (counted_m2 == land_m2).all():
        return of_all
    sets = {"counted": (counts, counted_m2)}
    counted = gap_comparison(ground.links, sets, compare=_compared(plan, ground))
    return pd.concat([counted, of_all], ignore_index=True)


def _compared(plan: Plan, ground: Ground) -> dict[str, Mask]:
    """The links that hold under each definition of contiguity."""
    contiguity = plan.contiguity
    strict = contiguity.model_copy(update={"mode": "strict"})
    compare = {"strict": definition(ground.links, strict)}
    for gap_m in sorted({*contiguity.compare_gaps_m, contiguity.gap_m}):
        practical = contiguity.model_copy(update={"mode": "practical", "gap_m": gap_m})
        compare[f"{gap_m:g}"] = definition(ground.links, practical)
    return compare


def _zones(zones: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones with ``area_m2`` (outline, or land where there is none), land, net and counted."""
    summed = ["land_m2", "usable_m2", "net_m2", "counted_m2"]
    by_zone = parcels[["zone", *summed]].groupby("zone")
    sums = by_zone.sum().assign(parcels=by_zone.size())
    table = zones.join(sums, on="zone").fillna(dict.fromkeys([*summed, "parcels"], 0.0))
    table["outlined"] = table["area_m2"].notna()
    table["area_m2"] = table["area_m2"].fillna(table["land_m2"])
    return table.astype({"parcels": "int64"})


def _zones_ever(grounds: list[Ground]) -> list[str]:
    """The zones of today, then those that ended with their parcels."""
    zones = [zone for ground in reversed(grounds) for zone in ground.land.zones["zone"]]
    return list(dict.fromkeys(zones))
