"""Simulated towns whose truth is known: durations, a common speed, events, and when each was told.

Parcels stand on a jittered grid cut by streets. Every parcel is surveyed on a day of its own and
climbs seven rungs from there; each takes a Weibull time in operational months, which run faster or
slower for all parcels together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from unittest import mock

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.forecast import posterior
from geo.forecast.backtest import Simulate
from geo.forecast.delay import settled_day
from geo.forecast.parameters import Parameters
from geo.forecast.posterior import Posterior
from geo.forecast.spells import spells_of
from geo.forecast.town import Floats, Integers, Mask, StagePrior, Target, Town
from geo.kernels.waits import Standing, ready_days
from geo.readiness import EVENT_COLUMNS, reached
from geo.units import DAYS_PER_MONTH, M2_PER_MU, on_land_grid

STAGES = [
    StagePrior("survey", 2, 6),
    StagePrior("registered", 30, 90),
    StagePrior("consent", 3, 12),
    StagePrior("approved", 4, 12),
    StagePrior("signed", 6, 24),
    StagePrior("vacated", 3, 9),
    StagePrior("demolished", 2, 6),
    StagePrior("cleared", 2, 8),
]
"""What the plan expects; the truth is another for each town."""
CLEARED = 7
FIRST = date(2010, 1, 1)
"""The day on which the first parcel of any town begins."""


def day(when: date | str) -> float:
    """A date in days since 1970-01-01."""
    return float(np.datetime64(when, "D").astype(np.int64))


def as_date(when: float) -> date:
    """The date of a day since 1970-01-01."""
    return np.datetime64(int(np.floor(when)), "D").astype(date)


@dataclass(frozen=True)
class Truth:
    """What made a town's events: Weibull scales and shapes, and the log speed of each half year.

    Speeds are a stationary AR(1) series with standard deviation ``sigma``; ``reverts`` is the
    hazard per operational month of falling back one rung, from the second on.
    """

    scale_months: Floats  # (groups, rungs)
    shape: Floats  # (rungs,)
    nodes: Floats  # (m,) boundaries of half years, days
    log_speed: Floats  # (m - 1,)
    sigma: float
    rho: float
    reverts: float

    @property
    def clock(self) -> Floats:
        """The operational months that have passed at each node."""
        months = np.exp(self.log_speed) * np.diff(self.nodes) / DAYS_PER_MONTH
        return np.concatenate([[0.0], np.cumsum(months)])


@dataclass(frozen=True)
class SimulatedTown:
    """A town, all that ever happened in it, and what its ledger knew on each day.

    ``events`` has :data:`geo.readiness.EVENT_COLUMNS` and ``recorded_at``; ``happened`` is the
    same without what the ledger left out: a ledger that opens mid-stream, at ``opened``, is told
    then only where each parcel stands and since when.
    """

    town: Town
    truth: Truth
    happened: pd.DataFrame
    events: pd.DataFrame
    opened: float
    ends: float

    def told_at(self, when: float) -> pd.DataFrame:
        """The events of which the ledger had been told by the end of a day."""
        known = self.events["recorded_at"] <= pd.Timestamp(as_date(when))
        return self.events[known].reset_index(drop=True)

    def counted(self, events: pd.DataFrame, days: Sequence[float]) -> Floats:
        """The land in m² that counts for the first target on each day, by these events."""
        standing = reached(events, self.town.parcel_ids, [as_date(when) for when in days])
        target = self.town.targets[0]
        ready = np.array([where.rung >= target.rung for where in standing])
        return counted_m2(self.town, target, ready)


def counted_m2(town: Town, target: Target, ready: Mask) -> Floats:
    """The land that counts in each row of ``ready`` (cases, parcels): blocks by scipy's csgraph."""
    cases, parcels = ready.shape
    ready = ready & (target.weight_m2 > 0)
    both = ready[:, town.i] & ready[:, town.j]
    case, link = np.nonzero(both)
    ends = case * parcels + town.i[link], case * parcels + town.j[link]
    graph = coo_array((np.ones(len(link), dtype=np.int8), ends), shape=(ready.size, ready.size))
    _, block = connected_components(graph, directed=False)
    land = np.where(ready, target.weight_m2, 0.0).ravel()
    size = np.bincount(block, weights=land)[block]
    counts = np.where(size >= target.least_block_m2, land, 0.0)
    return np.asarray(counts.reshape(cases, parcels).sum(axis=1))


# --- the land --------------------------------------------------------------------------------


def land_of(rng: np.random.Generator, across: int, up: int, *, least_block_m2: float) -> Town:
    """``across`` × ``up`` lots of about 15 mu; streets every five columns and every four rows.

    Every second street is narrow, so that lots face each other over it without a shared boundary.
    """
    corners = np.stack(np.meshgrid(np.arange(across + 1.0), np.arange(up + 1.0)), axis=-1) * 100
    corners += rng.uniform(-15, 15, corners.shape)
    a, b, c, d = corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]
    diagonal, other = c - a, d - b
    area = np.abs(diagonal[..., 0] * other[..., 1] - diagonal[..., 1] * other[..., 0]) / 2
    sides = [np.linalg.norm(p - q, axis=-1) for p, q in ((a, b), (b, c), (c, d), (d, a))]
    place = np.arange(across * up).reshape(up, across)
    i, j, shared = _links(place, east=sides[1], north=sides[2])
    perimeter = sum(sides).ravel()
    inside = np.bincount(np.concatenate([i, j]), np.tile(shared, 2), minlength=place.size)
    land = on_land_grid(area.ravel())
    group = (4 * (place % across) // across).ravel()
    whole = float(land.sum())
    goal = Target("cleared", CLEARED, land, least_block_m2, 0.99 * whole, day("2016-12-31"))
    return Town(
        parcel_ids=[f"P{at:04d}" for at in range(place.size)],
        groups=["west", "middle", "centre", "east"],
        group=group.astype(np.int64),
        land_m2=land,
        floor_m2=2 * land,
        perimeter_m=perimeter,
        outer=perimeter - inside > 1e-6,
        i=i,
        j=j,
        shared_m=shared,
        stages=STAGES,
        targets=[goal],
    )


def _links(place: Integers, *, east: Floats, north: Floats) -> tuple[Integers, Integers, Floats]:
    """Neighbours along each row, then along each column; a street of ten lots' pace is wide."""
    pairs = [(place[:, :-1], place[:, 1:], east[:, :-1], 5)]
    pairs += [(place[:-1].T, place[1:].T, north[:-1].T, 4)]
    found = []
    for lower, upper, edge, every in pairs:
        behind = np.broadcast_to(1 + np.arange(lower.shape[1]), lower.shape)
        street, wide = behind % every == 0, behind % (2 * every) == 0
        linked = ~wide
        shared = np.where(street, 0.0, edge)
        found.append((lower[linked], upper[linked], shared[linked]))
    i, j, shared = (np.concatenate(part) for part in zip(*found, strict=True))
    return i.astype(np.int64), j.astype(np.int64), shared


# --- what happens ----------------------------------------------------------------------------


def truth_of(
    rng: np.random.Generator,
    *,
    groups: int,
    sigma: float,
    rho: float,
    reverts: float,
    ends: float,
    off_plan: float,
    group_sd: float = 0.2,
) -> Truth:
    """Durations around the plan's, and speeds of a stationary AR(1) whose sd is ``sigma``.

    ``off_plan`` is the sd of the logarithm of a true median against the plan's.
    """
    p50, p90 = np.array([(stage.p50_months, stage.p90_months) for stage in STAGES[1:]]).T
    shape = np.log(np.log(10) / np.log(2)) / np.log(p90 / p50)
    shape *= np.exp(rng.normal(0, 0.2, len(shape)))
    scale = p50 * np.exp(rng.normal(0, off_plan, len(p50))) / np.log(2) ** (1 / shape)
    offset = np.exp(rng.normal(0, group_sd, groups))
    half_years = pd.date_range(FIRST, as_date(ends) + pd.DateOffset(months=6), freq="6MS")
    nodes = half_years.to_numpy().astype("datetime64[D]").astype(np.float64)
    steps = rng.normal(0, sigma, len(nodes) - 1)
    log_speed = [steps[0]]
    for step in steps[1:]:
        log_speed.append(rho * log_speed[-1] + np.sqrt(1 - rho**2) * step)
    return Truth(
        np.column_stack([np.ones(groups), offset[:, None] * scale]),
        np.concatenate([[1.0], shape]),
        nodes,
        np.array(log_speed),
        sigma,
        rho,
        reverts,
    )


def _lives(
    rng: np.random.Generator, truth: Truth, group: Integers, begin: Floats
) -> list[tuple[int, float, int, str]]:
    """Every event as parcel, day, rung and action, until the nodes end."""
    clock, nodes, reverts = truth.clock, truth.nodes, truth.reverts
    rung = np.zeros(len(group), dtype=np.int64)
    now = np.interp(begin, nodes, clock)
    events = [(at, float(when), 0, "reach") for at, when in enumerate(begin)]
    live = np.arange(len(group))
    while len(live):
        working = rung[live] + 1
        wait = truth.scale_months[group[live], working] * rng.weibull(truth.shape[working])
        fall = rng.exponential(1 / reverts, len(live)) if reverts else np.full(len(live), np.inf)
        fall[rung[live] < 2] = np.inf
        falls = fall < wait
        now[live] += np.minimum(wait, fall)
        rung[live] = np.where(falls, rung[live] - 1, working)
        when = np.interp(now[live], clock, nodes)
        for at, on, fell in zip(live, when, falls, strict=True):
            if now[at] < clock[-1]:
                action = "revert" if fell else "reach"
                events.append((int(at), float(on), int(rung[at]), action))
        live = live[(now[live] < clock[-1]) & (rung[live] < CLEARED)]
    return events


def simulated_town(
    seed: int,
    *,
    across: int = 20,
    up: int = 12,
    sigma: float = 0.3,
    rho: float = 0.6,
    reverts: float = 0.0,
    starts_months: float = 24.0,
    delay_days: float = 15.0,
    opened: str = "2012-01-01",
    ends: str = "2020-12-31",
    least_block_mu: float = 100.0,
    off_plan: float = 0.4,
) -> SimulatedTown:
    """A town of this seed.

    ``starts_months``: parcels begin evenly over as many months after :data:`FIRST`; ``reverts``:
    hazard per operational month of falling back one rung; ``delay_days``: the mean of the
    exponential delay until an event is recorded.
    """
    rng = np.random.default_rng(seed)
    town = land_of(rng, across, up, least_block_m2=least_block_mu * M2_PER_MU)
    truth = truth_of(
        rng,
        groups=len(town.groups),
        sigma=sigma,
        rho=rho,
        reverts=reverts,
        ends=day(ends),
        off_plan=off_plan,
    )
    begin = day(FIRST) + rng.uniform(0, starts_months * DAYS_PER_MONTH, len(town.parcel_ids))
    happened = _table(town, _lives(rng, truth, town.group, begin))
    happened = happened[happened["date"] <= ends].reset_index(drop=True)
    delay = np.floor(rng.exponential(delay_days, len(happened))) if delay_days else 0
    happened["recorded_at"] = happened["date"] + pd.to_timedelta(delay, unit="D")
    return SimulatedTown(
        town, truth, happened, _told(happened, pd.Timestamp(opened)), day(opened), day(ends)
    )


def _table(town: Town, events: list[tuple[int, float, int, str]]) -> pd.DataFrame:
    table = pd.DataFrame(sorted(events, key=lambda event: event[1]), columns=["at", *"dra"])
    return pd.DataFrame(
        {
            "row": np.arange(2, len(table) + 2),
            "parcel_id": [town.parcel_ids[at] for at in table["at"]],
            "date": np.floor(table["d"]).to_numpy().astype("datetime64[D]").astype("datetime64[s]"),
            "precision": "day",
            "rung": table["r"].astype("int64"),
            "stage": [STAGES[rung].id for rung in table["r"]],
            "action": table["a"],
            "evidence": "paper",
            "source": "simulated",
            "reason": np.where(table["a"] == "revert", "withdrawn", ""),
        },
        columns=list(EVENT_COLUMNS),
    )


def _told(happened: pd.DataFrame, opened: pd.Timestamp) -> pd.DataFrame:
    """What a ledger holds that opens on a day, when it is told the last event of each parcel."""
    before = happened["date"] < opened
    last = happened[before].drop_duplicates("parcel_id", keep="last")
    # it stands there: for a ledger that opens, a fall is where a parcel stands as well
    last = last.assign(recorded_at=opened, action="reach", reason="")
    return pd.concat([last, happened[~before]], ignore_index=True)


# --- forecasts of it -------------------------------------------------------------------------

Drawn = Callable[[pd.DataFrame, float, float, int], Parameters]
"""Parameters of futures, from the events known at an origin, that day, the last day, and a seed."""


def forecasts(simulated: SimulatedTown, parameters: Drawn) -> Simulate:
    """What :func:`geo.forecast.backtest.backtest` asks: draws of the land that will count.

    Waits are those of the kernels, the land in blocks is counted by scipy.
    """
    town, target = simulated.town, simulated.town.targets[0]

    def simulate(events: pd.DataFrame, origin: float, days: Sequence[float], seed: int) -> Floats:
        (now,) = reached(events, town.parcel_ids, [as_date(origin)])
        since = np.where(now.has_events, now.since.astype("datetime64[D]").astype(float), np.nan)
        rung = np.where(now.has_events, now.rung, -1)
        never = np.zeros(len(since))
        standing = Standing(rung, since, town.group, never - np.inf, never)
        futures = ready_days(
            standing,
            np.array([target.rung]),
            as_of=origin,
            horizon=days[-1],
            parameters=parameters(events, origin, days[-1], seed),
            seed=seed,
        )[0]
        return np.column_stack([counted_m2(town, target, futures <= when) for when in days])

    return simulate


def known_truth(
    simulated: SimulatedTown, *, draws: int, believed_sigma: float | None = None
) -> Drawn:
    """The parameters that made the town, of which only the speeds to come are not known.

    ``believed_sigma`` is the sd that the forecast takes the speeds to have, if another than theirs.
    """
    truth = simulated.truth
    sigma = truth.sigma if believed_sigma is None else believed_sigma

    def parameters(_: pd.DataFrame, origin: float, until: float, seed: int) -> Parameters:
        rng = np.random.default_rng([seed, 1])
        now = int(np.searchsorted(truth.nodes, origin, side="right")) - 1
        speed = np.tile(truth.log_speed, (draws, 1))
        for at in range(now + 1, speed.shape[1]):
            news = sigma * np.sqrt(1 - truth.rho**2) * rng.normal(size=draws)
            speed[:, at] = truth.rho * speed[:, at - 1] + news
        months = np.exp(speed) * np.diff(truth.nodes) / DAYS_PER_MONTH
        rungs = len(truth.shape)
        none = np.zeros((draws, rungs))
        above_second = np.arange(rungs) > 2
        return Parameters(
            log_scale=np.tile(np.log(truth.scale_months), (draws, 1, 1)),
            shape=np.tile(truth.shape, (draws, 1)),
            nodes=truth.nodes,
            clock=np.column_stack([np.zeros(draws), np.cumsum(months, axis=1)]),
            revert=none + truth.reverts * above_second,
            withdraw=none,
            fall=(np.arange(rungs) >= np.arange(rungs)[:, None] - 2).astype(np.float64),
        )

    return parameters


def learnt(
    simulated: SimulatedTown,
    *,
    draws: int,
    common_speed: bool = True,
    point: bool = False,
    settled: bool = True,
) -> Drawn:
    """What the ledger teaches: the posterior of the package, up to the settled day.

    Without ``common_speed`` parcels are independent: the same fit with speeds that do not differ.
    ``point`` takes the most likely durations as if they were known, as a Monte Carlo simulation of
    a plan does. Without ``settled`` what is not recorded yet is taken not to have happened.
    """
    town = simulated.town

    def parameters(events: pd.DataFrame, origin: float, until: float, seed: int) -> Parameters:
        day_of = [_days(events[name]) for name in ("date", "recorded_at")]
        end = settled_day(day_of[0], day_of[1], origin) if settled else origin
        known = events[events["date"] <= pd.Timestamp(as_date(end))]
        spells, _ = spells_of(known, town.parcel_ids, town.group, town.stages, until=as_date(end))
        sigmas = posterior.SIGMAS if common_speed else (1e-3,)
        with mock.patch.object(posterior, "SIGMAS", sigmas):
            fitted = posterior.fit(spells, town.stages, len(town.groups), as_of=end)
        return (_most_likely(fitted) if point else fitted).draw(draws, seed, until)

    return parameters


def _most_likely(fitted: Posterior) -> Posterior:
    """The posterior with all its weight on one point."""
    best = int(np.argmax(fitted.weights))
    modes = [mode._replace(root=0 * mode.root) for mode in fitted.modes]
    return replace(fitted, weights=np.eye(len(modes))[best], modes=modes)


def _days(dates: pd.Series) -> Floats:
    return dates.to_numpy().astype("datetime64[D]").astype(np.float64)
