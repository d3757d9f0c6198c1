"""The story: read → check → measure → assemble → project, told once and in order."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.balance import LOST_COLUMNS, balance_table, block_balance
from geo.blocks import (
    gap_comparison,
    tier_table,
)
from geo.claims.answering import answered
from geo.claims.figures import Drawn, illustrative_zones
from geo.closure import study_laws
from geo.counted import progress_of
from geo.economics.outcome import outcome
from geo.errors import ChecksError
from geo.findings import Finding
from geo.floor.scenarios import floor_space
from geo.ground import Ground, definition, grounds_of, headline_goal
from geo.land import Land, read_land
from geo.laws import Law, enforce
from geo.memo import Memo
from geo.notify import Notify, unheard
from geo.parcels import COLUMNS
from geo.patches import Across, locally
from geo.plan import Plan
from geo.plan.constraints import reasons_in_order
from geo.programmes import programme_table
from geo.progress import report_dates
from geo.reach import check_reach, reach_table
from geo.readiness import stage_table
from geo.survey import Survey
from geo.timeline import stage_history
from geo.units import M2_PER_MU

if TYPE_CHECKING:
    from geo.webmap.page import LandMap

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Study:
    """Every figure of a plan, as tables whose columns are documented where they are made.

    - ``parcels``: :data:`geo.parcels.COLUMNS`; ``aside``: rows that do not count, with reasons.
    - ``zones``: outline, land and counted land of each zone; ``stages``: land by zone and stage.
    - ``balance``, ``balance_by_block``: :func:`geo.balance.balance_table`; ``lost``:
      :data:`geo.balance.LOST_COLUMNS`, what each parcel loses and where; ``reach``:
      :data:`geo.reach.REACH_COLUMNS`.
    - ``blocks``: :data:`geo.blocks.BLOCK_COLUMNS`; ``tiers``: those that reach each size;
      ``links``: pairs of neighbours; ``gap_comparison``: what other definitions would give.
    - ``progress``: :data:`geo.progress.PROGRESS_COLUMNS`, goals by date up to ``as_of``;
      ``goal_parcels``: :data:`GOAL_PARCEL_COLUMNS`, the land of each on the last date.
    - ``timeline``: the columns of ``progress`` on more dates, to look back at;
      ``stage_history``: :data:`geo.timeline.STAGE_HISTORY_COLUMNS`, all land on the same dates;
      ``grounds``: the parcels of those dates and where each stood, between splits and merges.
    - ``floor``, ``floor_by_treatment``, ``parcel_floor``, ``phasing``, ``comparison`` and
      ``comparison_by_parcel``: floor space by scenario (:class:`geo.floor.scenarios.FloorSpace`).
    - ``economics``, ``parcel_economics``, ``tornado``: what it costs and brings
      (:class:`geo.economics.outcome.Outcome`).
    - ``programmes``: named sets of parcels; ``claims``: what is published beside what is computed
      (:data:`geo.claims.answer.CLAIM_COLUMNS`).
    - ``findings``, ``laws``: what is wrong with the data, and how exactly the sums close;
      ``memo``: what the next run need not work out again.
    """

    plan: Plan
    land: Land
    parcels: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    stages: pd.DataFrame
    balance: pd.DataFrame
    balance_by_block: pd.DataFrame
    lost: gpd.GeoDataFrame
    reach: pd.DataFrame
    terrain: pd.DataFrame
    land_cover: pd.DataFrame
    blocks: gpd.GeoDataFrame
    tiers: pd.DataFrame
    links: pd.DataFrame
    gap_comparison: pd.DataFrame
    progress: pd.DataFrame
    goal_parcels: pd.DataFrame
    timeline: pd.DataFrame
    stage_history: pd.DataFrame
    grounds: list[Ground]
    floor: pd.DataFrame
    floor_by_treatment: pd.DataFrame
    parcel_floor: pd.DataFrame
    phasing: pd.DataFrame
    comparison: pd.DataFrame
    comparison_by_parcel: pd.DataFrame
    programmes: pd.DataFrame
    economics: pd.DataFrame
    parcel_economics: pd.DataFrame
    tornado: pd.DataFrame
    claims: pd.DataFrame
    findings: list[Finding]
    laws: list[Law]
    memo: Memo = field(default_factory=Memo, repr=False, compare=False)

    @property
    def aside(self) -> pd.DataFrame:
        """The rows that do not count, each with its reason and its mu."""
        return self.land.aside

    @property
    def land_mu(self) -> float:
        """All land of all parcels in mu, each square metre once."""
        return float(self.parcels["land_m2"].sum()) / M2_PER_MU

    def map(self, **options: Any) -> "LandMap":
        """The page as a folium map, which shows itself in a notebook.

        ``options`` are those of :func:`geo.webmap.maps.land_map`.
        """
        from geo.webmap.maps import land_map  # noqa: PLC0415 (the page is made from a study)

        return land_map(self, **options)


def run(
    plan: Plan,
    *,
    notify: Notify = unheard,
    across: Across[Survey] = locally,
    since: Study | None = None,
) -> Study:
    """Work a plan out to its figures.

    ``across`` surveys the patches of a large layer: here, or on a cluster (:mod:`geo.cluster`).
    The figures are the same wherever that is. What a study ``since`` found is not worked out again
    where files (by hash) and the plan are the same: after one more record of readiness, or under
    another scenario, the answer comes at once.

    Raises :class:`ChecksError` when findings forbid sums and the plan does not accept them, and
    :class:`geo.errors.LawError` when the sums contradict each other.
    """
    memo = Memo() if since is None else since.memo
    land = read_land(plan, notify=notify, across=across, memo=memo)
    if errors := land.unaccepted(plan):
        raise ChecksError(*errors)
    notify("assemble")
    grounds, left_out = grounds_of(plan, land, memo)
    notify("project")
    study = _project(plan, grounds, left_out)
    notify("verify")
    laws = study_laws(study, memo)
    enforce(laws)
    return replace(study, laws=laws, memo=memo)


def _project(plan: Plan, grounds: list[Ground], left_out: list[Finding]) -> Study:
    """Progress, floor space and every table that follows from the ground."""
    ground = grounds[-1]
    land, parcels = ground.land, ground.parcels
    space = floor_space(plan, parcels, ground.block_mu, land.members)
    timeline, goal_parcels = progress_of(plan, grounds)
    reach = reach_table(plan.goals, land.members, parcels, land.once)
    economics = outcome(plan, parcels, space.by_parcel)
    claims, amiss = answered(land.sources.claims, _drawn(land, plan, parcels, space.by_parcel))
    lost, reasons = _lost(land.lost, parcels), reasons_in_order(plan.constraints)
    return Study(
        plan=plan,
        land=land,
        parcels=parcels[[column.name for column in COLUMNS]],
        zones=_zones(land.zones, parcels),
        stages=stage_table(parcels, plan.stages),
        balance=balance_table(parcels, lost, reasons),
        balance_by_block=block_balance(parcels, lost, reasons),
        lost=lost,
        reach=reach,
        terrain=land.terrain,
        land_cover=land.land_cover,
        blocks=ground.blocks,
        tiers=tier_table(ground.blocks, plan.contiguity.tiers_mu),
        links=ground.links,
        gap_comparison=_gap_comparison(plan, parcels, ground.links),
        progress=_reported(timeline, plan),
        goal_parcels=goal_parcels,
        timeline=timeline,
        stage_history=stage_history(grounds, zones=_zones_ever(grounds), stages=len(plan.stages)),
        grounds=grounds,
        floor=space.by_zone,
        floor_by_treatment=space.by_treatment,
        parcel_floor=space.by_parcel,
        phasing=space.phasing,
        comparison=space.comparison,
        comparison_by_parcel=space.comparison_by_parcel,
        programmes=programme_table(
            plan.programmes, land.members, parcels, land.once, headline_goal(plan)
        ),
        economics=economics.sums,
        parcel_economics=economics.by_parcel,
        tornado=economics.tornado,
        claims=claims,
        findings=[
            *land.findings,
            *left_out,
            *check_reach(reach, {"file": plan.path.name}),
            *space.findings,
            *economics.findings,
            *amiss,
        ],
        laws=[],
    )


def _reported(timeline: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The dates of the timeline for which progress is told."""
    told = report_dates(plan.base_date, plan.as_of, [goal.due for goal in plan.goals])
    return timeline[timeline["date"].isin(told)].reset_index(drop=True)


def _drawn(land: Land, plan: Plan, parcels: pd.DataFrame, floor: pd.DataFrame) -> Drawn:
    """What the plan computes, as claims are held against it."""
    drawn_only = illustrative_zones(land.zones)
    return Drawn(plan, parcels, land.once, land.members, floor, land.events, drawn_only)


def _gap_comparison(plan: Plan, parcels: gpd.GeoDataFrame, links: pd.DataFrame) -> pd.DataFrame:
    contiguity = plan.contiguity
    strict = contiguity.model_copy(update={"mode": "strict"})
    compare = {"strict": definition(links, strict)}
    for gap_m in sorted({*contiguity.compare_gaps_m, contiguity.gap_m}):
        practical = contiguity.model_copy(update={"mode": "practical", "gap_m": gap_m})
        compare[f"{gap_m:g}"] = definition(links, practical)
    counts, counted_m2, land_m2 = (
        parcels[name].to_numpy() for name in ("counts", "counted_m2", "land_m2")
    )
    sets = {"counted": (counts, counted_m2), "all": (np.ones(len(parcels), dtype=bool), land_m2)}
    if counts.all() and (counted_m2 == land_m2).all():
        del sets["counted"]
    return gap_comparison(links, sets, compare=compare)


def _zones(zones: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones with ``area_m2`` (outline, or land where there is none), land, net and counted."""
    summed = ["land_m2", "usable_m2", "net_m2", "counted_m2"]
    sums = parcels.groupby("zone")[summed].sum()
    sums["parcels"] = parcels.groupby("zone").size()
    table = zones.join(sums, on="zone").fillna(dict.fromkeys([*summed, "parcels"], 0.0))
    table["outlined"] = table["area_m2"].notna()
    table["area_m2"] = table["area_m2"].fillna(table["land_m2"])
    return table.astype({"parcels": "int64"})


def _zones_ever(grounds: list[Ground]) -> list[str]:
    """The zones of today, then those that ended with their parcels."""
    zones = [zone for ground in reversed(grounds) for zone in ground.land.zones["zone"]]
    return list(dict.fromkeys(zones))


def _lost(lost: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What parcels lose, with the block of each; land that is only covered twice is not lost."""
    taken = lost[lost["area_m2"] > 0]
    blocks = parcels["block"].to_numpy()[taken["at"]]
    return taken.assign(block=blocks)[list(LOST_COLUMNS)].reset_index(drop=True)
