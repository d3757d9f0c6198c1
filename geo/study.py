"""The story: read → check → measure → assemble → project, told once and in order."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geo.claims.answering import answered
from geo.claims.figures import Drawn, illustrative_zones
from geo.closure import study_laws
from geo.economics.outcome import outcome
from geo.errors import ChecksError
from geo.figures import figures_of
from geo.findings import Finding
from geo.floor.scenarios import floor_space
from geo.ground import Ground, grounds_of
from geo.land import Land, read_land
from geo.laws import Law, enforce
from geo.memo import Memo, Same, mark_of
from geo.notify import Notify, unheard
from geo.patches import Across, locally
from geo.plan import Plan
from geo.reach import check_reach
from geo.survey import Survey
from geo.turns import quick_turns
from geo.units import M2_PER_MU

if TYPE_CHECKING:
    from geo.webmap.page import LandMap


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
    with quick_turns():
        return _run(plan, notify, across, memo)


def _run(plan: Plan, notify: Notify, across: Across[Survey], memo: Memo) -> Study:
    land = read_land(plan, notify=notify, across=across, memo=memo)
    if errors := land.unaccepted(plan):
        raise ChecksError(*errors)
    notify("assemble")
    grounds, left_out = grounds_of(plan, land, memo)
    notify("project")
    study = _project(plan, grounds, left_out, memo)
    notify("verify")
    laws = study_laws(study, memo)
    enforce(laws)
    return replace(study, laws=laws, memo=memo)


def _project(plan: Plan, grounds: list[Ground], left_out: list[Finding], memo: Memo) -> Study:
    """Progress, floor space and every table that follows from the ground."""
    land, parcels = grounds[-1].land, grounds[-1].parcels
    figures, block_mu = figures_of(plan, grounds, memo)
    built_on = (Same(land.parcels), Same(land.members), Same(block_mu))
    space = memo.of(
        "floor space",
        (mark_of(plan, plan.path.name), *built_on),
        lambda: floor_space(plan, land.parcels, block_mu, land.members),
    )
    economics = outcome(plan, parcels, space.by_parcel)
    claims, amiss = answered(land.sources.claims, _drawn(land, plan, parcels, space.by_parcel))
    tables = {
        **figures,
        "terrain": land.terrain,
        "land_cover": land.land_cover,
        "floor": space.by_zone,
        "floor_by_treatment": space.by_treatment,
        "parcel_floor": space.by_parcel,
        "phasing": space.phasing,
        "comparison": space.comparison,
        "comparison_by_parcel": space.comparison_by_parcel,
        "economics": economics.sums,
        "parcel_economics": economics.by_parcel,
        "tornado": economics.tornado,
        "claims": claims,
    }
    own: dict[str, Any] = {name: table.copy(deep=False) for name, table in tables.items()}
    return Study(
        plan=plan,
        land=land,
        grounds=grounds,
        **own,  # so that who changes a table of one study does not change those of others
        findings=[
            *land.findings,
            *left_out,
            *check_reach(figures["reach"], {"file": plan.path.name}),
            *space.findings,
            *economics.findings,
            *amiss,
        ],
        laws=[],
    )


def _drawn(land: Land, plan: Plan, parcels: pd.DataFrame, floor: pd.DataFrame) -> Drawn:
    """What the plan computes, as claims are held against it."""
    drawn_only = illustrative_zones(land.zones)
    return Drawn(plan, parcels, land.once, land.members, floor, land.events, drawn_only)
