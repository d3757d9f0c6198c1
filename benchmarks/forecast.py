"""Forecasts of simulated towns held against what came: `python -m benchmarks.forecast`.

Every town has its own truth (:mod:`tests.towns`): durations off the plan's, a common speed, falls,
a ledger that opens mid-stream and is told late. One forecast is made of each, on a day of its own,
by the package and by the others from the same events, for 6, 12 and 24 months on.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.running import machine
from geo.forecast.backtest import HORIZONS_MONTHS, Setting, backtest
from geo.forecast.scores import coverage_band, pit_histogram, skill
from tests.towns import (
    Drawn,
    SimulatedTown,
    day,
    forecasts,
    known_truth,
    learnt,
    simulated_town,
)

SIGMAS: Final = (0.10, 0.20, 0.30, 0.45)
USUAL: Final[dict[str, Any]] = {
    "across": 24,
    "up": 16,
    "reverts": 0.003,
    "delay_days": 15.0,
}
"""384 lots of about 15 mu, 5760 mu in all; counted is what stands cleared in blocks of 100 mu."""

OURS: Final = "landready"
ALONE: Final = "independent, durations drawn"
POINT: Final = "independent, durations fixed"
TRUTH: Final = "truth known but for the speeds to come"
UNSETTLED: Final = "landready without the settled day"
WAYS: Final = {
    OURS: lambda town, draws: learnt(town, draws=draws),
    ALONE: lambda town, draws: learnt(town, draws=draws, common_speed=False),
    POINT: lambda town, draws: learnt(town, draws=draws, common_speed=False, point=True),
    TRUTH: lambda town, draws: known_truth(town, draws=draws),
    UNSETTLED: lambda town, draws: learnt(town, draws=draws, settled=False),
}
CHANGES: Final[dict[str, dict[str, Any]]] = {
    "as above": {},
    "96 lots": {"across": 12, "up": 8},
    "no recording delay": {"delay_days": 0.0},
    "recorded 45 days late": {"delay_days": 45.0},
    "durations far off the plan (sd of log 0.8)": {"off_plan": 0.8},
    "lots taken up until three years after the ledger opens": {"starts_months": 60.0},
    "any block counts": {"least_block_mu": 0.0},
}
"""What is changed, one thing at a time, at sigma 0.30."""


@dataclass(frozen=True)
class Job:
    """A town, and the ways to forecast it."""

    case: str
    seed: int
    options: dict[str, Any]
    ways: tuple[str, ...]
    draws: int


def origin_of(seed: int) -> float:
    """The day of a town's forecast: two and a half to four and a half years after its ledger."""
    return day("2014-07-01") + 61 * (seed % 12)


def done(job: Job) -> pd.DataFrame:
    """The backtest of one town by every way."""
    town = simulated_town(job.seed, **job.options)
    rows = [backtested(town, job, way) for way in job.ways]
    return pd.concat(rows, ignore_index=True).assign(case=job.case, town=job.seed)


def backtested(town: SimulatedTown, job: Job, way: str) -> pd.DataFrame:
    """The rows of one way, and how long it took."""
    began = time.perf_counter()
    parameters: Drawn = WAYS[way](town, job.draws)
    setting = Setting(town.town.targets[0], town.opened, [origin_of(job.seed)], town.ends)
    simulate = forecasts(town, parameters)
    rows = backtest(town.told_at, town.counted, simulate, setting, seed=job.seed).rows
    return rows.assign(way=way, seconds=time.perf_counter() - began)


def jobs(towns: int, draws: int) -> Iterator[Job]:
    """Towns of every sigma by all ways, then half as many of every change by three."""
    seeds = iter(range(100_000))
    for sigma in SIGMAS:
        options = {**USUAL, "sigma": sigma}
        for _ in range(towns):
            yield Job(f"{sigma:.2f}", next(seeds), options, (OURS, ALONE, POINT, TRUTH), draws)
    for change, changed in CHANGES.items():
        options = {**USUAL, "sigma": 0.30, **changed}
        for seed in range(50_000, 50_000 + towns // 2):
            yield Job(change, seed, options, (OURS, UNSETTLED, ALONE), draws)


# --- what is told ----------------------------------------------------------------------------


def coverage(rows: pd.DataFrame) -> str:
    """The share inside the band, and between which chances the true one lies."""
    inside = int(rows["inside"].sum())
    low, high = coverage_band(inside, len(rows))
    return f"{100 * inside / len(rows):.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def better(rows: pd.DataFrame, way: str, other: str) -> str:
    """By how much the CRPS of a way is below another, with a 95 % band over towns drawn again."""
    ours, theirs = (_by_town(rows, name) for name in (way, other))
    rng = np.random.default_rng(0)
    again = rng.integers(0, len(ours), (2000, len(ours)))
    low, high = np.quantile([skill(ours[at], theirs[at]) for at in again], [0.025, 0.975])
    return f"{100 * skill(ours, theirs):.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def _by_town(rows: pd.DataFrame, way: str) -> Any:
    if way in ("straight_error_mu", "pace_error_mu"):
        return rows[rows["way"] == OURS].groupby("town")[way].mean().to_numpy()
    return rows[rows["way"] == way].groupby("town")["crps_mu"].mean().to_numpy()


def markdown(head: list[str], lines: list[list[str]]) -> str:
    """A table; the first column is words."""
    rule = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])


def coverage_table(rows: pd.DataFrame) -> str:
    """Coverage by sigma and horizon."""
    head = ["σ", "towns", *[f"{months} months" for months in HORIZONS_MONTHS], "all three"]
    lines = []
    for sigma, of in [*rows.groupby("case"), ("all", rows)]:
        cells = [coverage(of[of["horizon_months"] == months]) for months in HORIZONS_MONTHS]
        cells.append(f"{100 * of['inside'].mean():.1f} %")
        lines.append([str(sigma), str(of["town"].nunique()), *cells])
    return markdown(head, lines)


def score_table(rows: pd.DataFrame) -> str:
    """Mean scores in mu by sigma, and what ours is better by."""
    ways = [OURS, ALONE, POINT, TRUTH]
    others = [ALONE, POINT, "straight_error_mu", "pace_error_mu"]
    head = ["σ", *ways, "straight line", "past pace"]
    head += [f"below {name}" for name in ("drawn", "fixed", "straight line", "past pace")]
    lines = []
    for sigma, of in [*rows.groupby("case"), ("all", rows)]:
        means = of.groupby("way")["crps_mu"].mean()
        own = of[of["way"] == OURS]
        errors = [own[name].mean() for name in others[2:]]
        cells = [f"{mean:.0f}" for mean in [*means[ways], *errors]]
        lines.append([str(sigma), *cells, *[better(of, OURS, other) for other in others]])
    return markdown(head, lines)


def change_table(rows: pd.DataFrame) -> str:
    """What changes when one thing does."""
    head = ["changed", "towns", "coverage", "without the settled day", "independent"]
    head += ["mean PIT", "CRPS mu", "without the settled day", "below independent"]
    lines = []
    for change in CHANGES:
        of = rows[rows["case"] == change]
        by_way = of.groupby("way")[["inside", "crps_mu", "pit"]].mean()
        inside, score = by_way["inside"], by_way["crps_mu"]
        lines.append(
            [
                change,
                str(of["town"].nunique()),
                *[f"{100 * inside[way]:.0f} %" for way in (OURS, UNSETTLED, ALONE)],
                f"{by_way['pit'][OURS]:.2f}",
                *[f"{score[way]:.0f}" for way in (OURS, UNSETTLED)],
                better(of, OURS, ALONE),
            ]
        )
    return markdown(head, lines)


def pit_table(rows: pd.DataFrame) -> str:
    """How many truths lie in each tenth of their forecast."""
    head = ["way", *[f"{tenth}0–{tenth + 1}0 %" for tenth in range(10)]]
    ways = (OURS, ALONE, POINT, TRUTH)
    counts = [pit_histogram(rows.loc[rows["way"] == way, "pit"].to_numpy()) for way in ways]
    return markdown(
        head, [[way, *map(str, of.tolist())] for way, of in zip(ways, counts, strict=True)]
    )


def page(rows: pd.DataFrame, draws: int, wall_s: float) -> str:
    """The whole result."""
    main = rows[~rows["case"].isin(CHANGES)]
    ours = main[main["way"] == OURS]
    seeds = rows.groupby(["case", "town"]).size()
    fit_s = ours.drop_duplicates("town")["seconds"].median()
    late_days = USUAL["delay_days"]
    lots = USUAL["across"] * USUAL["up"]
    return f"""# Forecasts of {ours["town"].nunique()} simulated towns

Made by `python -m benchmarks.forecast` on {date.today()}: {len(ours)} forecasts by landready with
{draws} draws each, every one from what had been recorded on its day. {len(seeds)} towns in all,
{wall_s / 60:.0f} minutes on two cores beside other work; a town takes landready {fit_s:.1f} s.

{machine()}

Every town ([towns.py](../tests/towns.py)) has {lots} lots of about 15 mu and seven stages, whose
true medians are off the plan's (sd of the logarithm 0.4, groups 0.2). The common log speed is an
AR(1) by half year with sd σ and ρ = 0.6. Lots fall back (0.3 % a month), the ledger opens two years
in, is told then only where each lot stands, and hears of later events {late_days:.0f} days late on
average. Land counts once it is cleared, in blocks of 100 mu, by scipy's csgraph. The forecast is
made 2.5 to 4.5 years after the ledger opened. Each town has one origin, so the cases of one horizon
are independent and their binomial band (95 %, in brackets) holds; the three horizons of a town are
not.

## Does the 80 % band cover 80 %?

landready:

{coverage_table(ours)}

The others, all σ:

{ways_table(main)}

In which tenth of its forecast the truth lies (all alike: {len(ours) / 10:.0f} each):

{pit_table(main)}

## How far off

Mean CRPS in mu; of the straight line and the past pace, which know no range, the mean absolute
error. In brackets 95 % of what other towns would give (bootstrap over towns).

{score_table(main)}

- **independent, durations drawn**: the same chain with the common speed left out of the fit and of
  the draws. **fixed**: the same, and the most likely durations taken for sure, as a Monte Carlo
  simulation of a plan usually does.
- **truth known but for the speeds to come**: no forecast can be expected to do better.
- **straight line**: from the land that counted when the ledger opened to the goal (99 % of the land
  in five years). That is far out of reach in these towns, so the line is easily beaten; the past
  pace is harder, and independent simulation the hardest.
- At σ = 0.10 there is little common speed to know of, and little to gain.
- Truths lie a little too often in the last tenth: a forecast starts from where the ledger says that
  lots stand, which is behind by the recording delay. That is so even where the truth is known.

## What else matters

σ = 0.30, one thing changed at a time, the same seeds:

{change_table(rows)}

**Without the settled day**: the pace is learnt up to the day of the forecast. What is not recorded
yet then looks like a speed that has just fallen. landready learns up to the day by which nine
events in ten are recorded ([delay.py](../geo/forecast/delay.py)).
"""


def ways_table(rows: pd.DataFrame) -> str:
    """Coverage of every way, all sigma together."""
    head = ["way", *[f"{months} months" for months in HORIZONS_MONTHS], "all three"]
    lines = []
    for way in (OURS, ALONE, POINT, TRUTH):
        of = rows[rows["way"] == way]
        cells = [coverage(of[of["horizon_months"] == months]) for months in HORIZONS_MONTHS]
        lines.append([way, *cells, f"{100 * of['inside'].mean():.1f} %"])
    return markdown(head, lines)


def main() -> None:
    """Run all towns and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--towns", type=int, default=80, help="of each sigma")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    here = Path(__file__).with_name("forecast.md")
    parser.add_argument("--results", type=Path, default=here)
    asked = parser.parse_args()
    began = time.perf_counter()
    with ProcessPoolExecutor(asked.processes) as pool:
        tables = list(pool.map(done, jobs(asked.towns, asked.draws), chunksize=4))
    rows = pd.concat(tables, ignore_index=True)
    text = page(rows, asked.draws, time.perf_counter() - began)
    asked.results.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
