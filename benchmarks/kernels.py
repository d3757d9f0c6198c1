"""Waits, curves and the importance of every parcel: N draws of a town of 3000 parcels.

Every row of the table is a process of its own with so many threads; the first finds no compiled
code and compiles it. Each does the job once and then again; a sum over all results must be the
same in all. Seconds are by the clock on the wall, and in all also those of the processors, which
other work on the machine does not change.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.fresh import from_sources
from geo.forecast.parameters import Parameters
from geo.kernels.cuts import importance
from geo.kernels.links import Links, links_of
from geo.kernels.queues import queued_days
from geo.kernels.unions import Land, steps_of, sweep
from geo.kernels.waits import Standing, ready_days
from geo.units import DAYS_PER_MONTH, M2_PER_MU, on_land_grid

ROWS, COLUMNS, STAGES, MONTHS = 50, 60, 7, 60
AS_OF: Final = 20_000.0
HORIZON: Final = AS_OF + MONTHS * DAYS_PER_MONTH
STEPS: Final = ("waits", "steps", "curves", "importance")


class Town(NamedTuple):
    """3000 parcels of about 5 mu at all seven stages below ready, and what is drawn of them."""

    standing: Standing
    parameters: Parameters
    land: Land
    links: Links


def town(draws: int) -> Town:
    random = np.random.default_rng(0)
    n = ROWS * COLUMNS
    k = np.arange(n).reshape(ROWS, COLUMNS)
    i = np.concatenate([k[:, :-1].ravel(), k[:-1].ravel(), k[:-1, :-1].ravel()])
    j = np.concatenate([k[:, 1:].ravel(), k[1:].ravel(), k[1:, 1:].ravel()])
    standing = Standing(
        rung=random.integers(0, STAGES, n),
        since=AS_OF - random.uniform(0, 300, n),
        group=random.integers(0, 10, n),
        begin=np.full(n, -np.inf),
        hold_share=np.full(n, 0.01),
    )
    speeds = np.exp(random.normal(0, 0.3, (draws, 24)))
    rungs = STAGES + 1
    fallen = np.arange(1, rungs + 1) / np.maximum(np.arange(rungs), 1)[:, None]
    parameters = Parameters(
        log_scale=np.log(5.0) + random.normal(0, 0.3, (draws, 10, rungs)),
        shape=random.uniform(1.2, 2.2, (draws, rungs)),
        nodes=AS_OF - 10 * 182.625 + np.arange(25) * 182.625,
        clock=np.column_stack([np.zeros(draws), (6 * speeds).cumsum(axis=1)]),
        revert=np.full((draws, rungs), 0.004),
        withdraw=np.full((draws, rungs), 0.002),
        fall=np.minimum(fallen, 1.0),
    )
    edge = np.zeros((ROWS, COLUMNS), dtype=bool)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    weight_m2 = on_land_grid(random.uniform(1000, 6000, n))
    land = Land(weight_m2, 4 * np.sqrt(weight_m2), edge.ravel(), weight_m2)
    return Town(standing, parameters, land, links_of(n, i, j, np.full(len(i), 40.0)))


def job(place: Town, threads: int, *, crews: bool) -> tuple[dict[str, float], float]:
    """Seconds of each step and of the processors in all, and a sum over all results."""
    cpu_s = time.process_time()
    ends = AS_OF + DAYS_PER_MONTH * np.arange(1, MONTHS + 1)
    asked: dict[str, Any] = {"as_of": AS_OF, "horizon": HORIZON, "seed": 1, "threads": threads}
    asked["parameters"] = place.parameters
    targets = np.array([STAGES])
    took: dict[str, float] = {}

    def timed(step: str, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = call()
        took[step] = time.perf_counter() - start
        return found

    if crews:
        limits = np.full(STAGES + 1, 200)
        timed("queue", lambda: queued_days(place.standing, targets, crews=limits, **asked))
    (day,) = timed("waits", lambda: ready_days(place.standing, targets, **asked))
    step = timed("steps", lambda: steps_of(day, ends, threads=threads))
    curves = timed(
        "curves",
        lambda: sweep(
            step,
            place.land,
            place.links,
            theta_m2=100 * M2_PER_MU,
            steps=MONTHS,
            threads=threads,
        ),
    )
    land_m2 = float(place.land.weight_m2.sum())
    found = timed(
        "importance",
        lambda: importance(
            day,
            AS_OF + 36 * DAYS_PER_MONTH,
            place.land.weight_m2,
            place.links,
            theta_m2=100 * M2_PER_MU,
            goal_m2=0.75 * land_m2,
            earlier_days=np.array([3 * DAYS_PER_MONTH]),
            threads=threads,
        ),
    )
    took["cpu"] = time.process_time() - cpu_s
    parts = [*curves, found.land_now_m2, found.land_earlier_m2, found.land_lost_m2]
    return took, sum(float(part.sum()) for part in parts)


def child(draws: int, threads: int, *, crews: bool) -> None:
    """Do the job twice and tell both as JSON."""
    place = town(draws)
    print(json.dumps([job(place, threads, crews=crews) for _ in range(2)]))


def main(argv: Sequence[str] | None = None) -> None:
    """Time the job with compiled code and without, on one thread and on more; print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("draws", type=int, nargs="?", default=10_000, metavar="N")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--crews", action="store_true", help="also the days with 200 crews a stage")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        child(options.draws, options.threads, crews=options.crews)
        return
    steps = (*(["queue"] if options.crews else []), *STEPS)
    print(f"| compiled | threads | run | {' | '.join(steps)} | all s | cpu s |")
    print("|:--|--:|:--|" + "--:|" * (len(steps) + 2))
    sums = set()
    with tempfile.TemporaryDirectory(prefix="landready-fresh-") as folder:
        environment = {**os.environ, **from_sources(Path(folder))}
        for code, threads in (("no", options.threads), ("yes", options.threads), ("yes", 1)):
            command = [sys.executable, "-m", "benchmarks.kernels", str(options.draws), "--child"]
            command += ["--threads", str(threads), *(["--crews"] if options.crews else [])]
            told = subprocess.run(command, env=environment, capture_output=True, check=True)
            for run, (took, total) in zip(("first", "again"), json.loads(told.stdout), strict=True):
                sums.add(total)
                shown = " | ".join(f"{took[step]:.2f}" for step in steps)
                whole_s, cpu_s = sum(took[step] for step in steps), took["cpu"]
                print(f"| {code} | {threads} | {run} | {shown} | {whole_s:.2f} | {cpu_s:.2f} |")
    if len(sums) != 1:
        sys.exit(f"the figures disagree: {sums}")


if __name__ == "__main__":
    main()
