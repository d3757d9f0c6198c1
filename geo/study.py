"""The story: read → check → measure → assemble → project, told once and in order."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.blocks import (
    block_labels,
    block_sizes,
    block_table,
    gap_comparison,
    linked,
    parcel_links,
    tier_table,
)
from geo.capacity import parcel_floor, zone_floor
from geo.closure import study_laws
from geo.errors import ChecksError
from geo.findings import Finding, finding
from geo.land import Land, Notify, read_land
from geo.laws import Law, enforce
from geo.parcels import COLUMNS
from geo.plan import Contiguity, Goal, Plan, Published
from geo.programmes import programme_table
from geo.progress import PROGRESS_COLUMNS, counting, goal_progress, report_dates
from geo.readiness import Reached, reached
from geo.units import M2_PER_MU, SLACK_MU

if TYPE_CHECKING:
    from geo.webmap.page import LandMap

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Study:
    """Every figure of a plan, as tables whose columns are documented where they are made.

    - ``parcels``: :data:`geo.parcels.COLUMNS`; ``aside``: rows that do not count, with reasons.
    - ``zones``: outline, land and counted land of each zone; ``stages``: land by zone and stage.
    - ``blocks``: :data:`geo.blocks.BLOCK_COLUMNS`; ``tiers``: those that reach each size;
      ``links``: pairs of neighbours; ``gap_comparison``: what other definitions would give.
    - ``progress``: :data:`geo.progress.PROGRESS_COLUMNS`, goals by date up to ``as_of``.
    - ``floor``: :func:`geo.capacity.zone_floor` of each scenario; ``parcel_floor``: by parcel.
    - ``programmes``, ``published``: named sets of parcels, and published figures beside ours.
    - ``findings``, ``laws``: what is wrong with the data, and how exactly the sums close.
    """

    plan: Plan
    land: Land
    parcels: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    stages: pd.DataFrame
    blocks: gpd.GeoDataFrame
    tiers: pd.DataFrame
    links: pd.DataFrame
    gap_comparison: pd.DataFrame
    progress: pd.DataFrame
    floor: pd.DataFrame
    parcel_floor: pd.DataFrame
    programmes: pd.DataFrame
    published: pd.DataFrame
    findings: list[Finding]
    laws: list[Law]

    @property
    def aside(self) -> pd.DataFrame:
        """The rows that do not count, each with its reason and its mu."""
        return self.land.aside

    @property
    def land_mu(self) -> float:
        """All land of all parcels in mu, each square metre once."""
        return float(self.parcels["land_m2"].sum()) / M2_PER_MU

    def map(self) -> "LandMap":
        """The page as a folium map; shows itself in a notebook."""
        from geo.webmap import land_map  # noqa: PLC0415 (the page is made from a study, not the other way)

        return land_map(self)


def run(plan: Plan, *, notify: Notify = lambda _: None) -> Study:
    """Work a plan out to its figures.

    Raises :class:`ChecksError` when findings forbid sums and the plan does not accept them, and
    :class:`geo.errors.LawError` when the sums contradict each other.
    """
    land = read_land(plan, notify=notify)
    if errors := land.unaccepted(plan):
        raise ChecksError(*errors)
    notify("assemble")
    ground = _assemble(plan, land)
    notify("project")
    study = _project(plan, land, ground)
    notify("verify")
    laws = study_laws(study)
    enforce(laws)
    return replace(study, laws=laws)


@dataclass(frozen=True, slots=True)
class _Ground:
    """Land put together: where each parcel stood on each date, and what it is contiguous with."""

    dates: list[date]
    histories: list[Reached]
    parcels: gpd.GeoDataFrame
    links: pd.DataFrame
    holds: Mask
    blocks: gpd.GeoDataFrame


def _assemble(plan: Plan, land: Land) -> _Ground:
    """Readiness by date, the links between parcels, and the blocks of those that count."""
    dates = report_dates(plan.base_date, plan.as_of, [goal.due for goal in plan.goals])
    histories = reached(land.events, land.parcels["parcel_id"].tolist(), dates)
    parcels = _with_readiness(land.parcels, plan, histories[-1])
    contiguity = plan.contiguity
    links = parcel_links(
        parcels.geometry.to_numpy(),
        land.barriers.geometry.to_numpy(),
        reach_m=max(contiguity.gap_m, *contiguity.compare_gaps_m, 0.0),
        tolerance_m=contiguity.tolerance_m,
    )
    holds = _definition(links, contiguity)
    counts = _counts(headline_goal(plan), plan, parcels, histories[-1], land.members)
    blocks, roles = block_table(parcels, links, holds, counts, tiers_mu=contiguity.tiers_mu)
    parcels = parcels.assign(**roles.to_dict("series"), counts=counts)
    return _Ground(dates, histories, parcels, links, holds, blocks)


def _project(plan: Plan, land: Land, ground: _Ground) -> Study:
    """Progress, floor space and every table that follows from the ground."""
    parcels, counts = ground.parcels, ground.parcels["counts"]
    floors = {scenario.id: parcel_floor(parcels, scenario) for scenario in plan.scenarios}
    published, faults = _published(plan, parcels, floors, land.members)
    return Study(
        plan=plan,
        land=land,
        parcels=parcels[[column.name for column in COLUMNS]],
        zones=_zones(land.zones, parcels),
        stages=_stages(plan, parcels),
        blocks=ground.blocks,
        tiers=tier_table(ground.blocks, plan.contiguity.tiers_mu),
        links=ground.links,
        gap_comparison=_gap_comparison(plan, parcels, ground.links, counts.to_numpy()),
        progress=_progress(plan, land.members, ground),
        floor=_floor(parcels, floors),
        parcel_floor=_long_floor(parcels, floors),
        programmes=programme_table(plan.programmes, land.members, parcels, counts),
        published=published,
        findings=[*land.findings, *faults],
        laws=[],
    )


def headline_goal(plan: Plan) -> Goal | None:
    """The goal whose stage and basis decide which land the blocks are made of.

    It is the first that speaks of all land; without goals every parcel counts.
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


def _counts(
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
    if goal.basis == "net":
        counts = counts & (parcels["net_m2"] > 0).to_numpy()
    return counts


def _definition(links: pd.DataFrame, contiguity: Contiguity) -> Mask:
    return linked(
        links,
        mode=contiguity.mode,
        gap_m=contiguity.gap_m,
        tolerance_m=contiguity.tolerance_m,
        min_shared_m=contiguity.min_shared_m,
    )


def _gap_comparison(
    plan: Plan, parcels: gpd.GeoDataFrame, links: pd.DataFrame, counts: Mask
) -> pd.DataFrame:
    contiguity = plan.contiguity
    strict = contiguity.model_copy(update={"mode": "strict"})
    gaps = sorted({*contiguity.compare_gaps_m, contiguity.gap_m})
    compare = {"strict": _definition(links, strict)}
    for gap_m in gaps:
        practical = contiguity.model_copy(update={"mode": "practical", "gap_m": gap_m})
        compare[f"{gap_m:g}"] = _definition(links, practical)
    masks = {"counted": counts, "all": np.ones(len(parcels), dtype=bool)}
    if counts.all():
        del masks["counted"]
    return gap_comparison(links, masks, parcels["land_m2"].to_numpy(), compare=compare)


def _progress(plan: Plan, members: dict[str, set[str]], ground: _Ground) -> pd.DataFrame:
    parcels = ground.parcels
    rows = []
    for goal in plan.goals:
        land = parcels["land_m2" if goal.basis == "gross" else "net_m2"].to_numpy() / M2_PER_MU
        base_mu = None
        for day, at in zip(ground.dates, ground.histories, strict=True):
            ready = _counts(goal, plan, parcels, at, members)
            claimed = goal.model_copy(update={"count_self_reported": True})
            told = _counts(claimed, plan, parcels, at, members) & ~ready
            sizes = block_sizes(block_labels(ground.links, ground.holds, ready), land)
            counted_mu = float(land[ready & (sizes >= goal.min_block_mu - SLACK_MU)].sum())
            base_mu = counted_mu if base_mu is None else base_mu
            state = goal_progress(
                goal,
                on=day,
                base_date=plan.base_date,
                counted_mu=counted_mu,
                counted_at_base_mu=base_mu,
                yellow_from=plan.lights.yellow_from,
            )
            state["self_reported_mu"] = float(land[told].sum())
            state["small_blocks_mu"] = float(land[ready].sum()) - counted_mu
            rows.append(state)
    return pd.DataFrame(rows, columns=list(PROGRESS_COLUMNS))


def _zones(zones: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones with ``area_m2`` (outline, or land where there is none), land, net and counted."""
    land = parcels.assign(counted_m2=parcels["land_m2"].where(parcels["counts"], 0.0))
    sums = land.groupby("zone")[["land_m2", "net_m2", "counted_m2"]].sum()
    sums["parcels"] = land.groupby("zone").size()
    table = zones.join(sums, on="zone").fillna(
        {"land_m2": 0.0, "net_m2": 0.0, "counted_m2": 0.0, "parcels": 0}
    )
    table["outlined"] = table["area_m2"].notna()
    table["area_m2"] = table["area_m2"].fillna(table["land_m2"])
    return table.astype({"parcels": "int64"})


def _stages(plan: Plan, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Land by zone and stage: parcels, mu at the stage, and mu at it or beyond.

    ``self_reported_mu`` is the part of the mu at the stage that no evidence shows.
    """
    told = parcels["land_m2"].where(parcels["self_reported"], 0.0)
    facts = parcels.assign(told_m2=told)
    rungs = range(len(plan.stages))
    tables = []
    for zone, members in [*facts.groupby("zone"), ("", facts)]:
        sums = members.groupby("rung").agg(
            parcels=("land_m2", "size"), mu=("land_m2", "sum"), self_reported_mu=("told_m2", "sum")
        )
        sums = sums.reindex(rungs, fill_value=0).assign(zone=zone)
        sums["mu"] /= M2_PER_MU
        sums["self_reported_mu"] /= M2_PER_MU
        sums["mu_or_beyond"] = sums["mu"][::-1].cumsum()[::-1]
        tables.append(sums.reset_index())
    table = pd.concat(tables, ignore_index=True)
    table["stage"] = [plan.stages[rung].id for rung in table["rung"]]
    return table[["zone", "rung", "stage", "parcels", "mu", "self_reported_mu", "mu_or_beyond"]]


def _floor(parcels: gpd.GeoDataFrame, floors: dict[str, pd.DataFrame]) -> pd.DataFrame:
    tables = [zone_floor(parcels, floor).assign(scenario=name) for name, floor in floors.items()]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"scenario": []})


def _long_floor(parcels: gpd.GeoDataFrame, floors: dict[str, pd.DataFrame]) -> pd.DataFrame:
    tables = [
        floor.assign(scenario=name, parcel_id=parcels["parcel_id"])
        for name, floor in floors.items()
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"scenario": []})


def _published(
    plan: Plan,
    parcels: gpd.GeoDataFrame,
    floors: dict[str, pd.DataFrame],
    members: dict[str, set[str]],
) -> tuple[pd.DataFrame, list[Finding]]:
    """Published figures beside computed ones.

    ``number`` is the place of the statement in the plan, ``known_share`` the share of the land
    for which the figure is known, ``difference`` computed ÷ published − 1.
    """
    rows, findings = [], []
    for number, item in enumerate(plan.published):
        chosen = _subject(item, parcels, members)
        if not chosen.any():
            seen = item.name.en
            findings.append(finding("published.subject", file=plan.path.name, seen=seen))
        computed, known_share = _computed(item, parcels[chosen], floors)
        difference = computed / item.value - 1 if item.value else float("nan")
        rows.append((number, computed, known_share, difference))
    columns = ["number", "computed", "known_share", "difference"]
    return pd.DataFrame(rows, columns=columns), findings


def _subject(item: Published, parcels: gpd.GeoDataFrame, members: dict[str, set[str]]) -> Mask:
    chosen = np.ones(len(parcels), dtype=bool)
    if item.parcel is not None:
        chosen &= (parcels["parcel_id"] == item.parcel).to_numpy()
    if item.zone is not None:
        chosen &= (parcels["zone"] == item.zone).to_numpy()
    if item.programme is not None:
        chosen &= parcels["parcel_id"].isin(members[item.programme]).to_numpy()
    return chosen


def _computed(
    item: Published, parcels: gpd.GeoDataFrame, floors: dict[str, pd.DataFrame]
) -> tuple[float, float]:
    """The figure as the planner has it, and the share of the net land that it speaks for."""
    if item.measure == "land_mu":
        return float(parcels["land_m2"].sum()) / (M2_PER_MU if item.unit == "mu" else 1.0), 1.0
    if item.measure == "floor_m2":
        floor = floors[item.scenario or next(iter(floors))]["total_m2"].loc[parcels.index]
    else:
        floor = parcels["existing_floor_m2"]
    net_m2 = parcels["net_m2"]
    known = floor.notna() & (net_m2 > 0)
    known_m2 = float(net_m2[known].sum())
    if not known_m2:
        return float("nan"), 0.0
    total = float(floor[known].sum())
    figure = total / known_m2 if item.measure == "plot_ratio_existing" else total
    return figure, known_m2 / float(net_m2.sum())
