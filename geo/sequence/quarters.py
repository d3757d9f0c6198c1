"""The quarter in which each parcel of a plan by years starts and is ready."""

import numpy as np

from geo.sequence.lots import Integers, Lots
from geo.sequence.terms import NEVER, QUARTERS_A_YEAR, Terms, quarters_of


def quarters(lots: Lots, terms: Terms, start_year: Integers) -> tuple[Integers, Integers]:
    """Start and ready quarters (n,) for start years (n,), counted from the first quarter of all.

    A parcel may start as late in its year as it is still ready in the year that the plan needs;
    without an end to its lead time it never is. Those with the least choice come first, then the
    dearest; each goes into the quarter of its year that has the least money yet, the latest of
    several. Money and crews are bound by the year, which this does not change.
    """
    start = np.full(len(lots), NEVER, dtype=np.int64)
    ready = start.copy()
    ends = np.isfinite(terms.lead_months)
    takes = quarters_of(np.where(ends, terms.lead_months, 0.0)).astype(np.int64)
    spare = (QUARTERS_A_YEAR - takes) % QUARTERS_A_YEAR
    for year in range(terms.years):
        spent = np.zeros(QUARTERS_A_YEAR)
        mine = np.flatnonzero((start_year == year) & ~lots.ready)
        for parcel in mine[np.lexsort((mine, -lots.cost[mine], spare[mine]))]:
            choice = np.arange(spare[parcel], -1, -1)
            quarter = choice[np.argmin(spent[choice])]
            spent[quarter] += lots.cost[parcel]
            start[parcel] = QUARTERS_A_YEAR * year + quarter
            if ends[parcel]:
                ready[parcel] = start[parcel] + takes[parcel] - 1
    return start, ready
