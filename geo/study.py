"""The story: read → check → measure → assemble → project, told once and in order."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

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
from geo.checks import place_of
from geo.closure import study_laws
from geo.errors import ChecksError
from geo.findings import Finding, finding
from geo.land import Land, Notify, land_of, read_land
from geo.laws import Law, enforce
from geo.lineage import eras
from geo.parcels import COLUMNS
from geo.plan import Contiguity, Goal, Plan, Published
from geo.programmes import programme_table
from geo.progress import PROGRESS_COLUMNS, counting, goal_progress, report_dates
from geo.readiness import Reached, reached, stage_table
from geo.units import M2_PER_MU, SLACK_MU

if TYPE_CHECKING:
    from geo.webmap.page import LandMap

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Study:
    """Every figure of a plan, as tables whose columns are documented where they are made.

    - ``parcels``: :data:`geo.parcels.COLUMNS`; ``aside``: rows that do not count, with reasons.
    - ``zones``: outline, land and counted land of each zone; ``stages``: land by zone and stage.
    - ``blocks``: :data:`geo.blocks.BLOCK_COLUMNS`; ``tiers``: those that reach each size;
      ``links``: pairs of neighbours; ``gap_comparison``: what other definitions would give.
    - ``progress``: :data:`geo.progress.PROGRESS_COLUMNS`, goals by date up to ``as_of``;
      ``goal_parcels``: :data:`GOAL_PARCEL_COLUMNS`, the land of each on the last date.
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
    goal_parcels: pd.DataFrame
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
    grounds = _grounds(plan, land)
    notify("project")
    study = _project(plan, grounds)
    notify("verify")
    laws = study_laws(study)
    enforce(laws)
    return replace(study, laws=laws)


@dataclass(frozen=True, slots=True)
class _Ground:
    """Land put together: where each parcel stood on each date, and what it is contiguous with."""

    land: Land
    dates: list[date]
    histories: list[Reached]
    parcels: gpd.GeoDataFrame
    links: pd.DataFrame
    holds: Mask
    blocks: gpd.GeoDataFrame


def _grounds(plan: Plan, land: Land) -> list[_Ground]:
    """The ground of every report date, the last as of the plan's.

    Between two splits or merges it is made anew, from the parcels as they were. Raises
    :class:`ChecksError` where these have errors that the plan does not accept.
    """
    dates = report_dates(plan.base_date, plan.as_of, [goal.due for goal in plan.goals])
    changes = land.history.happened(plan.as_of) if land.history is not None else []
    *earlier, now = eras(changes, dates)
    grounds = []
    for days in earlier if plan.goals else []:
        then = land_of(plan.seen_on(days[-1]), land.sources)
        if errors := then.unaccepted(plan):
            raise ChecksError(*errors)
        grounds.append(_assemble(plan, then, days))
    return [*grounds, _assemble(plan, land, now)]


def _assemble(plan: Plan, land: Land, dates: list[date]) -> _Ground:
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
    holds = _definition(links, contiguity)
    counts = _counts(headline_goal(plan), plan, parcels, histories[-1], land.members)
    counted_m2 = land.once.of(counts)
    blocks, roles = block_table(
        parcels.assign(land_m2=counted_m2), links, holds, counts, tiers_mu=contiguity.tiers_mu
    )
    parcels = parcels.assign(**roles.to_dict("series"), counts=counts, counted_m2=counted_m2)
    return _Ground(land, dates, histories, parcels, links, holds, blocks)


def _project(plan: Plan, grounds: list[_Ground]) -> Study:
    """Progress, floor space and every table that follows from the ground."""
    ground = grounds[-1]
    land, parcels = ground.land, ground.parcels
    floors = {scenario.id: parcel_floor(parcels, scenario) for scenario in plan.scenarios}
    published, faults = _published(plan, parcels, floors, land)
    progress, goal_parcels = _progress(plan, grounds)
    return Study(
        plan=plan,
        land=land,
        parcels=parcels[[column.name for column in COLUMNS]],
        zones=_zones(land.zones, parcels),
        stages=stage_table(parcels, plan.stages),
        blocks=ground.blocks,
        tiers=tier_table(ground.blocks, plan.contiguity.tiers_mu),
        links=ground.links,
        gap_comparison=_gap_comparison(plan, parcels, ground.links),
        progress=progress,
        goal_parcels=goal_parcels,
        floor=_floor(parcels, floors),
        parcel_floor=_long_floor(parcels, floors),
        programmes=programme_table(plan.programmes, land.members, parcels, land.once),
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


def _gap_comparison(plan: Plan, parcels: gpd.GeoDataFrame, links: pd.DataFrame) -> pd.DataFrame:
    contiguity = plan.contiguity
    strict = contiguity.model_copy(update={"mode": "strict"})
    compare = {"strict": _definition(links, strict)}
    for gap_m in sorted({*contiguity.compare_gaps_m, contiguity.gap_m}):
        practical = contiguity.model_copy(update={"mode": "practical", "gap_m": gap_m})
        compare[f"{gap_m:g}"] = _definition(links, practical)
    counts, counted_m2, land_m2 = (
        parcels[name].to_numpy() for name in ("counts", "counted_m2", "land_m2")
    )
    sets = {"counted": (counts, counted_m2), "all": (np.ones(len(parcels), dtype=bool), land_m2)}
    if counts.all():
        del sets["counted"]
    return gap_comparison(links, sets, compare=compare)


def _progress(plan: Plan, grounds: list[_Ground]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every goal on every date, and the land that each parcel adds to each on the last."""
    rows, parts = [], []
    days = [
        (ground, day, at)
        for ground in grounds
        for day, at in zip(ground.dates, ground.histories, strict=True)
    ]
    for goal in plan.goals:
        base_mu = None
        for ground, day, at in days:
            ready_mu, counted_mu = _goal_land(goal, plan, ground, at)
            claimed = goal.model_copy(update={"count_self_reported": True})
            told = _counts(claimed, plan, ground.parcels, at, ground.land.members)
            total_mu = float(counted_mu.sum())
            base_mu = total_mu if base_mu is None else base_mu
            state = goal_progress(
                goal,
                on=day,
                base_date=plan.base_date,
                counted_mu=total_mu,
                counted_at_base_mu=base_mu,
                yellow_from=plan.lights.yellow_from,
            )
            all_told_mu = _goal_mu(goal, ground.parcels, ground.land, told).sum()
            state["self_reported_mu"] = float(all_told_mu - ready_mu.sum())
            state["small_blocks_mu"] = float(ready_mu.sum()) - total_mu
            rows.append(state)
        parcel_ids = ground.parcels["parcel_id"]
        parts.append((goal.id, parcel_ids, ready_mu, counted_mu))
    tables = [
        pd.DataFrame(dict(zip(GOAL_PARCEL_COLUMNS, part, strict=True))) for part in parts
    ] or [pd.DataFrame(columns=list(GOAL_PARCEL_COLUMNS))]
    return (
        pd.DataFrame(rows, columns=list(PROGRESS_COLUMNS)),
        pd.concat(tables, ignore_index=True),
    )


GOAL_PARCEL_COLUMNS: Final = ("goal", "parcel_id", "ready_mu", "counted_mu")
"""What a parcel adds to a goal: its land if it stands at the goal's stage, and what of it counts,
which is nothing in a block below the goal's minimum."""


def _goal_land(goal: Goal, plan: Plan, ground: _Ground, at: Reached) -> tuple[Floats, Floats]:
    """The land in mu of each parcel at the goal's stage, and what of it counts."""
    ready = _counts(goal, plan, ground.parcels, at, ground.land.members)
    mu = _goal_mu(goal, ground.parcels, ground.land, ready)
    sizes = block_sizes(block_labels(ground.links, ground.holds, ready), mu)
    return mu, np.where(sizes >= goal.min_block_mu - SLACK_MU, mu, 0.0)


def _goal_mu(goal: Goal, parcels: pd.DataFrame, land: Land, ready: Mask) -> Floats:
    """The land in mu that each parcel adds to a goal, on its basis."""
    mu = land.once.of(ready) / M2_PER_MU
    return mu if goal.basis == "gross" else np.where(parcels["net_m2"] > 0, mu, 0.0)


def _zones(zones: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones with ``area_m2`` (outline, or land where there is none), land, net and counted."""
    sums = parcels.groupby("zone")[["land_m2", "net_m2", "counted_m2"]].sum()
    sums["parcels"] = parcels.groupby("zone").size()
    table = zones.join(sums, on="zone").fillna(
        {"land_m2": 0.0, "net_m2": 0.0, "counted_m2": 0.0, "parcels": 0}
    )
    table["outlined"] = table["area_m2"].notna()
    table["area_m2"] = table["area_m2"].fillna(table["land_m2"])
    return table.astype({"parcels": "int64"})


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
    plan: Plan, parcels: gpd.GeoDataFrame, floors: dict[str, pd.DataFrame], land: Land
) -> tuple[pd.DataFrame, list[Finding]]:
    """Published figures beside computed ones.

    ``number`` is the place of the statement in the plan, ``known_share`` the share of the land
    for which the figure is known, ``difference`` computed ÷ published − 1.
    """
    rows, findings = [], []
    for number, item in enumerate(plan.published):
        chosen = _subject(item, parcels, land.members)
        if not chosen.any():
            seen = item.name.en
            findings.append(finding("published.subject", file=plan.path.name, seen=seen))
        if item.measure == "land_mu":
            computed, known_share = _published_land(item, chosen, land)
        else:
            computed, known_share = _published_floor(item, parcels[chosen], floors)
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


def _published_land(item: Published, chosen: Mask, land: Land) -> tuple[float, float]:
    """Land of the united parcels, and the share of the programme's parcels that are there."""
    if not chosen.any():
        return float("nan"), 0.0
    named = land.members[item.programme] if item.programme is not None else set()
    there = named & set(land.parcels["parcel_id"])
    mu_or_m2 = M2_PER_MU if item.unit == "mu" else 1.0
    figure = float(land.once.of(chosen).sum()) / mu_or_m2
    return figure, len(there) / len(named) if named else 1.0


def _published_floor(
    item: Published, parcels: gpd.GeoDataFrame, floors: dict[str, pd.DataFrame]
) -> tuple[float, float]:
    """Floor space or plot ratio, and the share of the net land that it speaks for."""
    floor = floors[item.scenario or next(iter(floors))].loc[parcels.index] if floors else None
    if floor is not None and item.measure in FLOOR_MEASURES:
        space = floor[FLOOR_MEASURES[item.measure]]
    else:
        space = parcels["existing_floor_m2"] * parcels["land_m2"] / parcels["area_m2"]
    net_m2 = parcels["net_m2"]
    known = space.notna() & (net_m2 > 0)
    known_m2 = float(net_m2[known].sum())
    if not known_m2:
        return float("nan"), 0.0
    total = float(space[known].sum())
    figure = total / known_m2 if item.measure == "plot_ratio_existing" else total
    return figure, known_m2 / float(net_m2.sum())


FLOOR_MEASURES: Final = {"floor_m2": "total_m2", "added_floor_m2": "added_m2"}
"""Published measures that a scenario answers, and the column of its floor space."""
