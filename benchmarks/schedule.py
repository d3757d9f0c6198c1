"""The five-year plan beside adjacent greedy on made towns: gap, time, and land over the years."""

import argparse
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from benchmarks.running import machine
from geo.kernels.links import links_of
from geo.kernels.phasing import Ground, counted
from geo.sequence.lots import Floats, Integers, Lots
from geo.sequence.schedule import schedule
from geo.sequence.terms import Terms, years_late
from geo.sequence.verify import check_schedule
from geo.units import M2_PER_MU
from tests.maps_of_lots import made_lots

YEARS: Final = 5
MONEY_SHARE: Final = 0.7
SEEDS_OF_GREEDY: Final = 20

REPORT: Final = """\
# The five-year plan

Made by `python -m benchmarks.schedule`{date}, on made towns with roads and rivers
([tests/maps_of_lots.py](../tests/maps_of_lots.py)), {towns} of each size: parcels of about 15 mu,
up to 8 % of them ready, 3 to 24 months from start to ready, money for {share:.0%} of all costs in
equal parts over {years} years, blocks from 100 mu, nothing locked or grouped.

{table}

{machine} One thread. Load average while it ran: {load}.

- **gap**: what is between the plan and the bound, as a share of the plan; the search ended at
  {wanted:.1%} or at the limit of time. Every plan passed `check_schedule`.
- **above greedy**: land in blocks, summed over the ends of the years, against *adjacent greedy*:
  every year it adds the parcel next to its land that has the most mu for the yuan and for which
  there is money, and skips parcels that cannot be ready in time. It begins with what is ready, or
  with one of the {seeds} parcels with most mu for the yuan, and takes a mu for what it is or times
  the years in which it is ready; the best of these {tries} tries counts.
"""


class Run(NamedTuple):
    """One town, solved: parcels, share of the gap, seconds, share above greedy, load average."""

    parcels: int
    gap: float
    seconds: float
    above: float
    load: float


def town(parcels: int, seed: int) -> tuple[Lots, Terms]:
    """A made town and its terms."""
    lots = made_lots(parcels, seed)
    months = np.random.default_rng(seed).uniform(3, 24, len(lots))
    budget = np.full(YEARS, MONEY_SHARE * lots.cost.sum() / YEARS)
    return lots, Terms(first_year=2026, years=YEARS, budget=budget, lead_months=months)


def greedy(lots: Lots, terms: Terms) -> float:
    """The m²·years of the best try of adjacent greedy."""
    late = years_late(terms.lead_months, terms.years)
    worth = np.where(lots.ready, -1.0, lots.land_m2 / np.maximum(lots.cost, 1.0))
    best = np.argsort(-worth, kind="stable")[:SEEDS_OF_GREEDY]
    begins = [np.flatnonzero(lots.ready), *(best[at : at + 1] for at in range(len(best)))]
    weights = np.ones(terms.years), np.arange(terms.years, 0.0, -1.0)
    return max(_grown(lots, terms, late, begin, weight) for begin in begins for weight in weights)


def _grown(lots: Lots, terms: Terms, late: Integers, begin: Integers, weight: Floats) -> float:
    """One try: from the parcels ``begin``, which are paid for unless they are ready.

    A mu that is ready so many years after the first has ``weight`` (years,).
    """
    links = links_of(len(lots), lots.i, lots.j)
    start = np.full(len(lots), terms.years)
    mine, near = np.zeros((2, len(lots)), dtype=bool)
    near[begin] = ~lots.ready[begin]
    for parcel in begin[lots.ready[begin]]:
        mine[parcel] = True
        near[links.indices[links.indptr[parcel] : links.indptr[parcel + 1]]] = True
    for year in range(terms.years):
        left = terms.budget[year]
        counts = weight[np.minimum(year + late, terms.years - 1)]
        worth = counts * lots.land_m2 / np.maximum(lots.cost, 1.0)
        while True:
            can = near & ~mine & ~lots.ready & (lots.cost <= left) & (year + late < terms.years)
            if not can.any():
                break
            parcel = int(np.argmax(np.where(can, worth, -1.0)))
            mine[parcel], start[parcel] = True, year
            left -= lots.cost[parcel]
            near[links.indices[links.indptr[parcel] : links.indptr[parcel + 1]]] = True
    ground = Ground(lots.land_m2, links.indptr, links.indices, terms.block_m2 - 1.0)
    ready_from = np.where(lots.ready, 0, np.minimum(start + late, terms.years))
    return float((counted(ready_from, terms.years, ground) @ lots.land_m2).sum())


def run(parcels: int, seed: int, limit_s: float, gap: float) -> Run:
    """Solve one town, check the plan, and compare it."""
    lots, terms = town(parcels, seed)
    plan = schedule(lots, terms, time_limit_s=limit_s, gap=gap, seed=seed)
    if faults := check_schedule(lots, terms, plan):
        raise SystemExit("\n".join(faults))
    other = greedy(lots, terms)
    done = Run(len(lots), plan.gap, plan.seconds, plan.m2_years / other - 1, os.getloadavg()[0])
    figures = f"gap {done.gap:.2%}  {done.seconds:.0f} s  {done.above:+.1%}  load {done.load:.1f}"
    print(f"{len(lots)} parcels, seed {seed}: {plan.m2_years / M2_PER_MU:,.0f}  {figures}")
    return done


def line(limit_s: float, runs: Sequence[Run]) -> str:
    """A row of the table: medians, and the worst."""
    gaps, above = [run.gap for run in runs], [run.above for run in runs]
    seconds = [run.seconds for run in runs]
    cells = [
        f"{statistics.median(run.parcels for run in runs):.0f}",
        f"{limit_s:g}",
        f"{statistics.median(gaps):.2%}",
        f"{max(gaps):.2%}",
        f"{statistics.median(seconds):.0f}",
        f"{max(seconds):.0f}",
        f"{statistics.median(above):+.1%}",
        f"{min(above):+.1%}",
    ]
    return f"| {' | '.join(cells)} |"


HEAD: Final = """\
| parcels | limit s | gap, median | worst | seconds, median | worst | above greedy, median | worst |
|--:|--:|--:|--:|--:|--:|--:|--:|"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all sizes and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[60, 300, 3000])
    parser.add_argument("--limits", type=float, nargs="+", default=[60.0, 60.0, 120.0])
    parser.add_argument("--towns", type=int, default=5)
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--date", default="")
    parser.add_argument("--results", type=Path, default=Path("benchmarks/schedule.md"))
    asked = parser.parse_args(arguments)
    rows, loads = [HEAD], []
    for size, limit_s in zip(asked.sizes, asked.limits, strict=True):
        runs = [run(size, seed, limit_s, asked.gap) for seed in range(1, asked.towns + 1)]
        rows.append(line(limit_s, runs))
        loads += [each.load for each in runs]
    report = REPORT.format(
        date=f" on {asked.date}" if asked.date else "",
        towns=asked.towns,
        share=MONEY_SHARE,
        years=YEARS,
        table="\n".join(rows),
        machine=machine(),
        load=f"{min(loads):.1f} to {max(loads):.1f}",
        wanted=asked.gap,
        seeds=SEEDS_OF_GREEDY,
        tries=2 * (SEEDS_OF_GREEDY + 1),
    )
    asked.results.write_text(report, "utf-8")


if __name__ == "__main__":
    main()
