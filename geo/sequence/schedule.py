"""Which parcel in which year: the most land in blocks over the years, with a bound of it."""

from dataclasses import replace

import numpy as np

from geo.errors import SequenceError
from geo.findings import finding
from geo.kernels.covers import covers
from geo.sequence.case import Case, case_of
from geo.sequence.demands import check_demands
from geo.sequence.improve import Found, walked
from geo.sequence.lots import Integers, Lots, Stop, Watch, unstopped, unwatched
from geo.sequence.quarters import quarters
from geo.sequence.search import Search, gap_of, ran
from geo.sequence.shortfall import explain
from geo.sequence.terms import NEVER, QUARTERS_A_YEAR, Schedule, Status, Terms


def schedule(
    lots: Lots,
    terms: Terms,
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-3,
    seed: int = 0,
    notify: Watch = unwatched,
    stop: Stop = unstopped,
    start: Schedule | None = None,
) -> Schedule:
    """The year in which to start each parcel, so that most land stands in blocks over the years.

    Land counts at the end of each year in which its block is ready and large enough. The search
    ends when the best is within ``gap`` of the bound, at the time limit, or when ``stop()`` says
    so, and always with the best so far. A seed gives the same plan again where the gap is reached
    before the clock cuts anything short: the search, or a round of HiGHS in it after some seconds.
    ``start`` is a plan to begin with.

    Raises :class:`geo.errors.SequenceError` where the terms cannot be met: by what, how much is
    missing, and what could be had.
    """
    check_demands(lots, terms)
    search = _search(case_of(lots, terms), time_limit_s, gap, seed, notify, stop)
    if start is not None:
        search.found(_of_schedule(search.case, start))
    return _answer(search, lots, terms)


def nested(
    lots: Lots,
    terms: Terms,
    factors: list[float],
    *,
    time_limit_s: float = 60.0,
    gap: float = 1e-3,
    seed: int = 0,
    notify: Watch = unwatched,
    stop: Stop = unstopped,
) -> list[Schedule]:
    """Plans for the budget times each of ``factors``, rising: more money starts nothing later.

    The bound of each is one of all plans that keep to that, so what nesting costs is not in its
    gap. The time is shared out evenly.
    """
    check_demands(lots, terms)
    plans: list[Schedule] = []
    for factor in sorted(factors):
        richer = replace(terms, budget=terms.budget * factor)
        case = case_of(lots, richer)
        if plans:
            case = case.no_later_than(_of_schedule(case, plans[-1]).start)
        search = _search(case, time_limit_s / len(factors), gap, seed, notify, stop)
        if plans:
            search.found(_of_schedule(case, plans[-1]))
        plans.append(_answer(search, lots, richer))
    return plans


def _search(case: Case, limit_s: float, gap: float, seed: int, notify: Watch, stop: Stop) -> Search:
    """A search that knows no plan yet, but the one without anything that need not be.

    Its clock starts when the kernels are compiled, once on a machine: half a minute of it may go.
    """
    if case.units:
        walked(case, case.empty(), hot=1.0, moves=1, seed=0, enough=lambda: True)
        covers(np.zeros((case.years, len(case.owner))), case.ground, 1.0, False)
    search = Search(case, limit_s, gap, seed, notify, stop, Found(case.empty(), -1.0))
    search.found(_valued(case, case.empty()))
    return search


def _valued(case: Case, start: Integers) -> Found:
    return Found(start, float(case.counted_m2(start).sum()))


def _of_schedule(case: Case, plan: Schedule) -> Found:
    """The start years of the units of a case in a plan that was made before."""
    return _valued(case, starts_of(case, plan))


def _answer(search: Search, lots: Lots, terms: Terms) -> Schedule:
    """Search, and put what is found into quarters."""
    case = search.case
    if ran(search):
        raise SequenceError(*explain(terms, case, seconds=search.limit_s, stop=search.stop))
    if search.best.m2_years < 0:
        raise SequenceError(finding("sequence.unfound", seen=f"{search.limit_s:g}"))
    return schedule_of(
        lots,
        terms,
        case,
        case.pruned(search.best.start),
        bound=search.bound,
        status=search.status(),
        seconds=search.seconds,
        seed=search.seed,
    )


def starts_of(case: Case, plan: Schedule) -> Integers:
    """The start years of the units of a case in a plan; the years of the case are never."""
    year = np.where(plan.start_quarter == NEVER, case.years, plan.start_quarter // QUARTERS_A_YEAR)
    return np.array([year[unit].min() for unit in case.units], dtype=np.int64)


def schedule_of(
    lots: Lots,
    terms: Terms,
    case: Case,
    start: Integers,
    *,
    bound: float,
    status: Status,
    seconds: float,
    seed: int,
) -> Schedule:
    """The schedule of start years of units, put into quarters."""
    counted = case.counted_m2(start)
    start_quarter, ready_quarter = quarters(lots, terms, case.start_of_parcels(start))
    ready_from = case.ready_from(start)
    ready_m2 = [lots.land_m2[ready_from <= year].sum() for year in range(case.years)]
    bound = max(bound, float(counted.sum()))
    return Schedule(
        start_quarter=start_quarter,
        ready_quarter=ready_quarter,
        counted_m2=counted,
        ready_m2=np.array(ready_m2),
        spent=case.spent(start),
        used_months=case.used(start),
        m2_years=float(counted.sum()),
        bound=bound,
        gap=gap_of(float(counted.sum()), bound),
        status=status,
        seconds=seconds,
        seed=seed,
    )
