"""An independent check of a schedule: everything counted again, by other means than the search."""

import math
from typing import Final

import numpy as np

from geo.graph import components
from geo.sequence.lots import Integers, Lots
from geo.sequence.terms import NEVER, QUARTERS_A_YEAR, Schedule, Terms
from geo.units import M2_PER_MU, SLACK_MU

MONEY: Final = 1e-9
"""Money, months and sums are held to this share of what there is."""


def check_schedule(lots: Lots, terms: Terms, plan: Schedule) -> list[str]:
    """What is wrong with a schedule, in words; nothing where it keeps to every term."""
    year = np.where(plan.start_quarter == NEVER, NEVER, plan.start_quarter // QUARTERS_A_YEAR)
    return [
        *_quarters(lots, terms, plan),
        *_money(lots, terms, plan, year),
        *_crews(terms, plan, year),
        *_land(lots, terms, plan),
        *_orders(lots, terms, plan, year),
    ]


def _quarters(lots: Lots, terms: Terms, plan: Schedule) -> list[str]:
    """Nothing is ready sooner than its lead time says, or started that is ready or locked out."""
    wrong = []
    for parcel, (start, ready) in enumerate(
        zip(plan.start_quarter, plan.ready_quarter, strict=True)
    ):
        name, lead = lots.ids[parcel], terms.lead_months[parcel]
        if start == NEVER:
            if ready != NEVER:
                wrong.append(f"{name} is ready without a start")
            if parcel in terms.locked_in and not lots.ready[parcel]:
                wrong.append(f"{name} is locked in and not started")
            continue
        if not 0 <= start < QUARTERS_A_YEAR * terms.years:
            wrong.append(f"{name} starts outside the years")
        if lots.ready[parcel] or parcel in terms.locked_out:
            wrong.append(f"{name} is started, and is ready or locked out")
        if math.isinf(lead) != (ready == NEVER):
            wrong.append(f"{name} is ready in quarter {ready} after {lead} months")
        if ready != NEVER and 3 * (ready + 1 - start) < lead - 1e-6:
            wrong.append(f"{name} is ready after {ready + 1 - start} quarters, not {lead} months")
    return wrong


def _money(lots: Lots, terms: Terms, plan: Schedule, year: Integers) -> list[str]:
    wrong, left = [], 0.0
    for at in range(terms.years):
        spent = math.fsum(lots.cost[year == at])
        most = terms.budget[at] + left
        if spent > most + MONEY * terms.budget.sum():
            wrong.append(f"{spent} is spent in year {at}, of {most}")
        if not math.isclose(spent, plan.spent[at], rel_tol=MONEY, abs_tol=1e-6):
            wrong.append(f"year {at} spends {spent}, and {plan.spent[at]} is told")
        left = max(most - spent, 0.0) if terms.carry else 0.0
    return wrong


def _crews(terms: Terms, plan: Schedule, year: Integers) -> list[str]:
    wrong = []
    for stage, capacity in enumerate(terms.capacity_months):
        for at in range(terms.years):
            months = math.fsum(
                terms.use_months[parcel, stage, at - year[parcel]]
                for parcel in np.flatnonzero(year != NEVER)
                if 0 <= at - year[parcel] < terms.use_months.shape[2]
            )
            if months > capacity * (1 + MONEY) + MONEY:
                wrong.append(f"crew {stage} works {months} months in year {at}, of {capacity}")
            if not math.isclose(months, plan.used_months[at, stage], rel_tol=1e-6, abs_tol=1e-6):
                wrong.append(f"crew {stage} works {months} months in year {at}, not as told")
    return wrong


def _land(lots: Lots, terms: Terms, plan: Schedule) -> list[str]:
    """Land in blocks at the end of each year, by scipy's components."""
    wrong, slack, total = [], SLACK_MU * M2_PER_MU, 0.0
    for at in range(terms.years):
        done = (plan.ready_quarter != NEVER) & (plan.ready_quarter < QUARTERS_A_YEAR * (at + 1))
        done = (done | lots.ready) & (lots.land_m2 > 0)
        joined = done[lots.i] & done[lots.j]
        label = components(len(lots), lots.i[joined], lots.j[joined])
        size = np.bincount(label, np.where(done, lots.land_m2, 0.0))
        land = float(size[size >= terms.block_m2 - slack].sum())
        total += land
        if not math.isclose(land, plan.counted_m2[at], rel_tol=MONEY):
            wrong.append(f"{land} m² are in blocks after year {at}, told {plan.counted_m2[at]}")
        if len(terms.least_m2) and land < terms.least_m2[at] - slack:
            wrong.append(f"{land} m² are in blocks after year {at}, least {terms.least_m2[at]}")
    if not math.isclose(total, plan.m2_years, rel_tol=MONEY):
        wrong.append(f"{total} m²·years, told {plan.m2_years}")
    if plan.bound < total * (1 - MONEY):
        wrong.append(f"the bound {plan.bound} is below {total}")
    return wrong


def _orders(lots: Lots, terms: Terms, plan: Schedule, year: Integers) -> list[str]:
    wrong = []
    for group in terms.together:
        years = {int(year[parcel]) for parcel in group if not lots.ready[parcel]}
        if len(years) > 1:
            wrong.append(f"{[lots.ids[parcel] for parcel in group]} start in years {years}")
    for one, other in terms.after:
        if year[other] == NEVER or lots.ready[one]:
            continue
        ready = plan.ready_quarter[one]
        if ready == NEVER or ready >= plan.start_quarter[other]:
            wrong.append(f"{lots.ids[other]} starts before {lots.ids[one]} is ready")
    return wrong
