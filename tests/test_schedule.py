"""The five-year plan: against every plan there is, its terms one by one, and terms that clash."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.errors import SequenceError
from geo.sequence.lots import Lots, Progress
from geo.sequence.schedule import nested, schedule
from geo.sequence.terms import NEVER, Schedule, Terms
from geo.sequence.verify import check_schedule
from geo.units import M2_PER_MU, on_land_grid
from tests.maps_of_lots import made_lots

MONTHS = (1.0, 3.0, 7.0, 12.0, 13.0, 20.0, 25.0, 40.0)


def row_of_lots(mu: list[float], cost: list[float], *, ready: tuple[int, ...] = ()) -> Lots:
    """Parcels side by side from west to east, each contiguous with the next."""
    n = len(mu)
    edges = np.concatenate([[0.0], np.cumsum(mu)])
    shapes = np.array([shapely.box(a, 0, b, 100) for a, b in itertools.pairwise(edges)])
    return Lots(
        ids=[f"P{k + 1}" for k in range(n)],
        land_m2=on_land_grid(np.array(mu) * M2_PER_MU),
        cost=np.array(cost, dtype=float),
        floor_m2=np.zeros(n),
        perimeter_m=shapely.length(shapes),
        shapes=shapes,
        i=np.arange(n - 1),
        j=np.arange(1, n),
        shared_m=np.full(max(n - 1, 0), 100.0),
        ready=np.isin(np.arange(n), ready),
    )


def terms_of(
    lots: Lots, budget: list[float], *, months: float | list[float] = 12.0, **other
) -> Terms:
    """Terms from 2026 with these yearly budgets, and one lead time or one for each parcel."""
    lead = np.broadcast_to(np.asarray(months, dtype=float), (len(lots),)).copy()
    years = len(budget)
    return Terms(
        first_year=2026, years=years, budget=np.array(budget, float), lead_months=lead, **other
    )


def starts(plan: Schedule) -> list[int]:
    """The start year of each parcel, -1 for never."""
    return [NEVER if q == NEVER else q // 4 for q in plan.start_quarter.tolist()]


# --- every plan there is -----------------------------------------------------------------------


def land_in_blocks(lots: Lots, least_m2: float) -> np.ndarray:
    """Land in blocks for each set of parcels, the set being the bits of the position."""
    n = len(lots)
    table = np.zeros(2**n)
    for chosen in range(2**n):
        has = np.array([chosen >> k & 1 for k in range(n)], dtype=bool)
        both = has[lots.i] & has[lots.j]
        links = coo_array((np.ones(both.sum()), (lots.i[both], lots.j[both])), shape=(n, n))
        _, label = connected_components(links, directed=False)
        for block in np.unique(label[has]):
            land = lots.land_m2[has & (label == block)].sum()
            table[chosen] += land if land >= least_m2 - 1.0 else 0.0
    return table


def most_by_trying_all(lots: Lots, terms: Terms) -> float | None:
    """The most m²·years of all assignments of start years; None where none meets the terms."""
    n, years = len(lots), terms.years
    fixed = lots.ready | np.isin(np.arange(n), terms.locked_out)
    choices = [[years] if fixed[k] else range(years + 1) for k in range(n)]
    start = np.array(list(itertools.product(*choices)))
    delay = np.maximum(np.ceil(terms.lead_months / 12), 1) - 1
    ready = np.where(start == years, 99, start + delay)
    ready[:, lots.ready] = 0
    good = np.ones(len(start), dtype=bool)
    for group in terms.together:
        waiting = [k for k in group if not lots.ready[k]]
        good &= (start[:, waiting] == start[:, waiting[:1]]).all(axis=1)
    for one, other in terms.after:
        if not lots.ready[other]:
            soon = np.full(len(start), -1) if lots.ready[one] else ready[:, one]
            good &= (start[:, other] == years) | (soon < start[:, other])
    for parcel in terms.locked_in:
        good &= (start[:, parcel] < years) | lots.ready[parcel]
        if not (ready[good, parcel] < years).any():
            return None  # whatever money there is
    left = np.zeros(len(start))
    for year in range(years):
        spent = (lots.cost * (start == year)).sum(axis=1)
        good &= spent <= terms.budget[year] + left
        left = terms.budget[year] + left - spent if terms.carry else left
        for stage, capacity in enumerate(terms.capacity_months):
            used = np.zeros(len(start))
            for begun in range(year + 1):
                if year - begun < terms.use_months.shape[2]:
                    used += (start == begun) @ terms.use_months[:, stage, year - begun]
            good &= used <= capacity + 1e-9
    table = land_in_blocks(lots, terms.block_m2)
    total = np.zeros(len(start))
    for year in range(years):
        land = table[(ready <= year) @ (1 << np.arange(n))]
        if len(terms.least_m2):
            good &= land >= terms.least_m2[year] - 1.0
        total += land
    return float(total[good].max()) if good.any() else None


def random_case(seed: int) -> tuple[Lots, Terms]:
    """Up to seven parcels with random links and up to three years, and terms of every kind."""
    rng = np.random.default_rng(seed)
    n, years = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    pairs = [pair for pair in itertools.combinations(range(n), 2) if rng.random() < 0.4]
    i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    lots = row_of_lots(rng.integers(20, 70, n).tolist(), rng.integers(0, 20, n).tolist())
    ready = rng.random(n) < 0.1
    cost = np.where(ready, 0.0, lots.cost)
    lots = replace(lots, i=i, j=j, shared_m=np.ones(len(i)), ready=ready, cost=cost)

    def some(chance: float, size: int) -> list[tuple[int, ...]]:
        most = int(n >= size and rng.random() < chance)
        return [tuple(rng.permutation(n)[:size].tolist()) for _ in range(most)]

    crews = rng.random() < 0.3
    together, after = some(0.3, 2), some(0.3, 2)
    after = [pair for pair in after if set(pair) not in map(set, together)]
    return lots, terms_of(
        lots,
        rng.integers(0, int(cost.sum()) // years + 12, years).tolist(),
        months=rng.choice(MONTHS, n, p=[0.2, 0.1, 0.1, 0.3, 0.1, 0.1, 0.05, 0.05]).tolist(),
        use_months=rng.integers(0, 7, (n, 2, 2)).astype(float) if crews else np.zeros((0, 0, 0)),
        capacity_months=np.array([12.0, 18.0]) if crews else np.zeros(0),
        least_m2=np.where(rng.random(years) < 0.15, 100.0, 0.0) * M2_PER_MU,
        block_m2=float(rng.choice([0.0, 60.0, 100.0, 140.0])) * M2_PER_MU,
        together=tuple(together),
        after=tuple(after),
        locked_in=tuple(k for group in some(0.2, 1) for k in group),
        locked_out=tuple(k for group in some(0.15, 1) for k in group),
        carry=bool(rng.random() < 0.3),
    )


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_no_plan_is_better_than_the_one_returned(first):
    for seed in range(first, first + 20):
        lots, terms = random_case(seed)
        most = most_by_trying_all(lots, terms)
        if most is None:
            with pytest.raises(SequenceError) as error:
                schedule(lots, terms, gap=0.0, time_limit_s=20)
            assert error.value.findings, seed
            continue
        plan = schedule(lots, terms, gap=0.0, time_limit_s=20)
        assert plan.m2_years == most, seed
        assert plan.status == "optimal", seed
        assert check_schedule(lots, terms, plan) == [], seed


# --- what is asked, one term at a time ---------------------------------------------------------


def test_the_cheap_half_comes_first_and_counts_from_the_year_it_is_ready():
    """60 + 60 mu in the west cost 2, the same in the east 4; 2 a year, 12 months each."""
    lots = row_of_lots([60, 60, 60, 60], [1, 1, 2, 2])
    plan = schedule(lots, terms_of(lots, [2, 2, 2]))
    assert starts(plan) == [0, 0, 1, 2]
    assert plan.counted_m2 / M2_PER_MU == pytest.approx([120, 180, 240])
    assert plan.mu_years == pytest.approx(540)
    assert plan.spent.tolist() == [2, 2, 2]
    assert plan.status == "optimal"
    assert plan.gap == 0


def test_what_is_ready_counts_from_the_start_and_costs_nothing():
    lots = row_of_lots([120, 50], [0, 9], ready=(0,))
    plan = schedule(lots, terms_of(lots, [0, 0]))
    assert starts(plan) == [NEVER, NEVER]
    assert plan.ready_quarter.tolist() == [NEVER, NEVER]
    assert plan.mu_years == pytest.approx(240)


def test_all_ready_is_a_plan_of_nothing():
    lots = row_of_lots([120, 50], [0, 0], ready=(0, 1))
    plan = schedule(lots, terms_of(lots, [5]))
    assert (plan.mu_years, plan.bound) == (pytest.approx(170), plan.m2_years)
    assert plan.spent.tolist() == [0]


@pytest.mark.parametrize(("mu", "started"), [(100, 0), (99, NEVER)])
def test_one_parcel_is_started_if_it_is_a_block(mu, started):
    lots = row_of_lots([mu], [1])
    assert starts(schedule(lots, terms_of(lots, [1]))) == [started]


def test_money_that_is_left_is_lost_unless_the_terms_carry_it():
    """The parcel costs two budgets."""
    lots = row_of_lots([100], [2])
    assert starts(schedule(lots, terms_of(lots, [1, 1, 1]))) == [NEVER]
    assert starts(schedule(lots, terms_of(lots, [1, 1, 1], carry=True))) == [1]


@pytest.mark.parametrize(
    ("months", "start", "ready"), [(0, 3, 3), (3, 3, 3), (4, 2, 3), (12, 0, 3), (13, 3, 7)]
)
def test_a_parcel_starts_in_the_latest_quarter_in_which_it_is_still_ready(months, start, ready):
    lots = row_of_lots([100], [1])
    plan = schedule(lots, terms_of(lots, [1, 0], months=months))
    assert (plan.start_quarter.tolist(), plan.ready_quarter.tolist()) == ([start], [ready])


def test_starts_are_spread_over_the_quarters_that_leave_time():
    lots = row_of_lots([100] * 4, [1] * 4)
    plan = schedule(lots, terms_of(lots, [4], months=3))
    assert sorted(plan.start_quarter.tolist()) == [0, 1, 2, 3]


def test_crews_are_the_limit_where_money_is_not():
    """Each parcel takes 6 months of a crew that has 12 a year."""
    lots = row_of_lots([100] * 4, [1] * 4)
    terms = terms_of(
        lots,
        [9, 9],
        months=3,
        use_months=np.full((4, 1, 1), 6.0),
        capacity_months=np.array([12.0]),
    )
    plan = schedule(lots, terms)
    assert sorted(starts(plan)) == [0, 0, 1, 1]
    assert plan.used_months.tolist() == [[12], [12]]


def test_a_milestone_is_met_at_the_price_of_land_later():
    """Alone, the cheap 150 mu would come first; the milestone wants the dear 100 mu ready at once.

    The cheap ones take two years, so they cannot be what stands after the first.
    """
    lots = row_of_lots([50, 100, 10, 100], [3, 3, 99, 4])
    months = [24, 24, 12, 12]
    free = terms_of(lots, [6, 4, 0], months=months)
    assert starts(schedule(lots, free)) == [0, 0, NEVER, 1]
    bound = replace(free, least_m2=np.array([100, 0, 0]) * M2_PER_MU)
    plan = schedule(lots, bound)
    assert starts(plan) == [NEVER, 1, NEVER, 0]
    assert check_schedule(lots, bound, plan) == []


def test_what_goes_together_starts_together_or_not_at_all():
    lots = row_of_lots([100, 100, 100], [1, 1, 5])
    terms = terms_of(lots, [2, 0], together=((1, 2),))
    assert starts(schedule(lots, terms)) == [0, NEVER, NEVER]
    assert starts(schedule(lots, replace(terms, budget=np.array([1.0, 6.0])))) == [0, 1, 1]


def test_what_waits_for_another_starts_in_a_year_after_it_is_ready():
    lots = row_of_lots([100, 100], [1, 1])
    terms = terms_of(lots, [2, 2, 2, 2], months=[13, 3], after=((0, 1),))
    assert starts(schedule(lots, terms)) == [0, 2]


def test_locks_are_kept():
    lots = row_of_lots([100, 100, 100], [1, 1, 9])
    terms = terms_of(lots, [10], locked_in=(2,), locked_out=(0,))
    assert starts(schedule(lots, terms)) == [NEVER, 0, 0]


def test_nothing_is_started_that_brings_nothing():
    """The 30 mu in the east stay apart from the block, and 26 months are more than two years."""
    lots = row_of_lots([100, 30, 30], [1, 1, 1])
    lots = replace(lots, i=np.array([0]), j=np.array([1]), shared_m=np.ones(1))
    plan = schedule(lots, terms_of(lots, [9, 9], months=[3, 26, 3]))
    assert starts(plan) == [0, NEVER, NEVER]


# --- what cannot be ----------------------------------------------------------------------------


def refused(lots: Lots, terms: Terms) -> list[tuple[str, str, str]]:
    """Code, parcel and what was seen of all that a schedule is refused for."""
    with pytest.raises(SequenceError) as error:
        schedule(lots, terms, time_limit_s=10)
    return [(found.code, found.parcel, found.seen) for found in error.value.findings]


def test_a_milestone_out_of_reach_names_what_can_be_reached_and_what_money_would_do():
    """Money for two of three parcels of 100 mu: 300 are asked for, 200 can be had, 1 is missing."""
    lots = row_of_lots([100] * 3, [1] * 3)
    terms = terms_of(lots, [1, 1], least_m2=np.array([0, 300]) * M2_PER_MU)
    assert refused(lots, terms) == [
        ("sequence.milestone", "", "200.00"),
        ("sequence.budget", "", "2027: 1"),
    ]


def test_parcels_locked_in_beyond_the_budget_say_what_is_missing():
    lots = row_of_lots([100] * 3, [40, 30, 20])
    assert refused(lots, terms_of(lots, [70], locked_in=(0, 1, 2))) == [
        ("sequence.budget", "", "2026: 20")
    ]


def test_parcels_locked_in_beyond_the_crews_say_which_stage_and_year():
    lots = row_of_lots([100] * 3, [1] * 3)
    use = np.zeros((3, 2, 1))
    use[:, 1] = 6.0
    terms = terms_of(
        lots,
        [9],
        use_months=use,
        capacity_months=np.array([12.0, 12.0]),
        locked_in=(0, 1, 2),
    )
    assert refused(lots, terms) == [("sequence.crews", "", "2026/2: 6.0")]


def test_where_no_term_alone_makes_room_all_that_must_are_named():
    """Three parcels locked in need 2 more of money and 6 more crew-months, both."""
    lots = row_of_lots([100] * 3, [1] * 3)
    terms = terms_of(
        lots,
        [1],
        use_months=np.full((3, 1, 1), 6.0),
        capacity_months=np.array([12.0]),
        locked_in=(0, 1, 2),
    )
    assert refused(lots, terms) == [
        ("sequence.budget", "", "2026: 2"),
        ("sequence.crews", "", "2026/1: 6.0"),
    ]


def test_an_order_that_runs_in_a_circle_names_the_parcels_on_it():
    lots = row_of_lots([100] * 4, [1] * 4)
    terms = terms_of(lots, [9, 9], after=((0, 1), (1, 2), (2, 1)))
    [(code, parcel, seen)] = refused(lots, terms)
    assert code == "sequence.cycle"
    assert parcel in {"P2", "P3"}
    assert seen in {"P2 → P3 → P2", "P3 → P2 → P3"}


def test_a_circle_through_what_goes_together_is_one_too():
    lots = row_of_lots([100] * 2, [1] * 2)
    terms = terms_of(lots, [9, 9], after=((0, 1),), together=((0, 1),))
    assert refused(lots, terms) == [("sequence.cycle", "P1", "P1, P2 → P1, P2")]


@pytest.mark.parametrize("months", [25, np.inf])
def test_a_parcel_locked_in_that_takes_longer_than_the_plan_is_never_ready(months):
    lots = row_of_lots([100, 100], [1, 1])
    terms = terms_of(lots, [9, 9], months=[3, months], locked_in=(0, 1))
    assert refused(lots, terms) == [("sequence.never-ready", "P2", f"{months:g}")]


def test_a_parcel_that_waits_too_long_for_another_is_never_ready():
    lots = row_of_lots([100, 100], [1, 1])
    terms = terms_of(lots, [9, 9], months=[13, 3], after=((0, 1),), locked_in=(1,))
    assert refused(lots, terms) == [("sequence.never-ready", "P2", "3")]


def test_a_group_cannot_be_locked_in_and_out():
    lots = row_of_lots([100, 100], [1, 1])
    terms = terms_of(lots, [9], together=((0, 1),), locked_in=(0,), locked_out=(1,))
    assert refused(lots, terms) == [("sequence.lock-clash", "P1", "")]


@pytest.mark.parametrize("cost", [np.nan, -1.0, np.inf])
def test_a_parcel_without_a_usable_cost_is_asked_for(cost):
    lots = row_of_lots([100, 100], [1, cost])
    assert refused(lots, terms_of(lots, [9])) == [("sequence.cost", "P2", f"{cost:g}")]
    assert starts(schedule(lots, terms_of(lots, [9], locked_out=(1,)))) == [0, NEVER]


@pytest.mark.parametrize(
    ("field", "value", "seen"),
    [
        ("years", 0, "0"),
        ("budget", np.array([1.0, np.nan]), "nan"),
        ("budget", np.array([1.0, -2.0]), "-2"),
        ("budget", np.array([1.0]), "(1,) ≠ (2,)"),
        ("lead_months", np.array([np.nan]), "nan"),
        ("least_m2", np.array([np.nan, 0.0]), "nan"),
        ("block_m2", np.nan, "nan"),
    ],
)
def test_terms_that_are_no_numbers_are_refused(field, value, seen):
    lots = row_of_lots([100], [1])
    terms = replace(terms_of(lots, [1, 1]), **{field: value})
    assert ("sequence.option", "", seen) in refused(lots, terms)


def test_no_parcels_are_nothing_to_plan():
    lots = row_of_lots([], [])
    assert refused(lots, terms_of(lots, [1])) == [("sequence.no-parcels", "", "")]


# --- larger towns ------------------------------------------------------------------------------


def town_terms(lots: Lots, seed: int, **other) -> Terms:
    """Money for 70 % of what a town costs, spread evenly over five years; 3 to 24 months each."""
    months = np.random.default_rng(seed).uniform(3, 24, len(lots))
    return terms_of(lots, [0.7 * lots.cost.sum() / 5] * 5, months=months.tolist(), **other)


@pytest.fixture(scope="module")
def town() -> Lots:
    """About 60 parcels."""
    return made_lots(60, 3)


def test_a_town_under_every_kind_of_term_passes_the_check(town):
    rng = np.random.default_rng(0)
    waiting = np.flatnonzero(~town.ready)
    terms = town_terms(
        town,
        3,
        use_months=rng.uniform(0, 4, (len(town), 2, 3)),
        capacity_months=np.array([60.0, 70.0]),
        least_m2=np.array([0, 100, 200, 0, 0]) * M2_PER_MU,
        together=((int(waiting[0]), int(waiting[1]), int(waiting[5])),),
        after=((int(waiting[2]), int(waiting[3])), (int(waiting[6]), int(waiting[0]))),
        locked_in=(int(waiting[3]),),
        locked_out=(int(waiting[4]),),
        carry=True,
    )
    plan = schedule(town, terms, time_limit_s=4)
    assert check_schedule(town, terms, plan) == []
    assert 0 < plan.gap < 0.1


def test_a_wrong_plan_does_not_pass_the_check(town):
    terms = town_terms(town, 3)
    plan = schedule(town, terms, time_limit_s=1, gap=0.05)
    assert check_schedule(town, terms, plan) == []
    sooner = np.where(plan.start_quarter > 3, plan.start_quarter - 4, plan.start_quarter)
    ready = np.where(plan.ready_quarter > 0, plan.ready_quarter - 1, plan.ready_quarter)
    assert check_schedule(town, terms, replace(plan, start_quarter=sooner))
    assert check_schedule(town, terms, replace(plan, ready_quarter=ready))
    assert check_schedule(town, terms, replace(plan, bound=plan.m2_years / 2))


def test_the_same_seed_gives_the_same_plan(town):
    terms = town_terms(town, 3)
    one, other = (schedule(town, terms, gap=0.03, seed=5, time_limit_s=60) for _ in range(2))
    assert one.status == other.status == "gap"
    assert one.start_quarter.tolist() == other.start_quarter.tolist()
    assert (one.bound, one.seed) == (other.bound, 5)


def test_who_stops_it_gets_the_best_so_far_with_its_bound(town):
    told: list[Progress] = []
    terms = town_terms(town, 3)
    plan = schedule(
        town, terms, gap=0.0, time_limit_s=60, notify=told.append, stop=lambda: len(told) > 8
    )
    assert plan.status == "stopped"
    assert plan.seconds < 30
    assert check_schedule(town, terms, plan) == []
    assert told[-1].best == plan.m2_years <= plan.bound == told[-1].bound
    bounds = [progress.bound for progress in told if progress.bound is not None]
    assert bounds == sorted(bounds, reverse=True)


def test_a_plan_to_begin_with_is_never_made_worse(town):
    terms = town_terms(town, 3)
    first = schedule(town, terms, gap=0.03, time_limit_s=20)
    again = schedule(town, terms, gap=0.03, start=first, stop=lambda: True)
    assert again.m2_years >= first.m2_years


def test_plans_nest_as_budgets_grow(town):
    terms = town_terms(town, 3)
    plans = nested(town, terms, [1.5, 0.5, 1.0], time_limit_s=6, gap=0.01)
    for poorer, richer in itertools.pairwise(plans):
        begun = np.array(starts(poorer)) != NEVER
        assert np.all(np.array(starts(richer))[begun] != NEVER)
        assert np.all(np.array(starts(richer))[begun] <= np.array(starts(poorer))[begun])
        assert richer.m2_years > poorer.m2_years
    for plan, factor in zip(plans, (0.5, 1.0, 1.5), strict=True):
        assert check_schedule(town, replace(terms, budget=terms.budget * factor), plan) == []
