"""A city on a cluster of this machine: what a patch costs, and what a province would cost by that.

    python -m benchmarks.scale 1000000

The study is made by this process alone and by two workers of 2 GB each, and must be the same.
Linux only (peaks of memory are asked of the kernel).
"""

import argparse
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.city import write_city
from benchmarks.running import machine
from geo.cluster import cluster
from geo.patches import PARCELS_EACH, Across
from geo.plan import Plan, read_plan
from geo.study import Study, run

STATUS: Final = Path("/proc/self/status")
PROVINCE: Final = 30_000_000
WORKERS, MEMORY = 2, "2GB"
FLEET: Final = (8, 32, 128)
"""Workers of a cluster that a province might have."""
NETWORK_MB_S: Final = 100.0
"""A gigabit line from the machine that holds the plan."""

REPORT: Final = """\
# A province on a cluster

Made by `python -m benchmarks.scale {count}`{date}. {machine}

## Measured: {count:,} parcels on this machine

| who surveys | wall time s | this process, peak MiB | workers, peak MiB each |
|:--|--:|--:|--:|
| this process alone (its peak holds both studies) | {alone_s:.1f} | {alone_mib:.0f} | |
| {workers} workers of {memory} each | {both_s:.1f} | {driver_mib:.0f} | {worker_mib} |

The tables of both studies are the same to the last digit. The survey went in {patches} patches of
about {each:,} parcels; load average {load:.1f} before it began.

| of a patch | median | most |
|:--|--:|--:|
| parcels with those around them | {rows:,.0f} | {most_rows:,.0f} |
| processor time of its survey s | {cpu_s:.2f} | {most_cpu_s:.2f} |
| sent to the worker MB | {sent_mb:.1f} | {most_sent_mb:.1f} |
| sent back MB | {back_mb:.1f} | {most_back_mb:.1f} |

## On paper: {province:,} parcels

A province is not here to be measured. By the figures above it has {province_patches:,} patches.

| workers (one core each) | survey, minutes | bound by |
|--:|--:|:--|
{fleet}

- The survey takes {province_cpu_h:.1f} hours of processor time in all, and each worker {worker_mib}
  MiB whatever the size of the province: a patch is a patch.
- What is sent, {province_gb:.0f} GB there and back, passes one line of {line:.0f} MB/s in
  {line_min:.0f} minutes: with more workers than that, the line is the bound.
- **The machine that holds the plan is the limit.** It reads, checks, joins blocks and makes the
  tables by itself, at {driver_us:.0f} µs and {driver_kib:.1f} KiB a parcel: {driver_h:.1f} hours
  and {driver_gb:.0f} GB for the whole province. A province is therefore run city by city (a plan
  for each, {cities} of {count:,} parcels), {city_s:.0f} s each on a machine like this one, or all
  at once on as many machines. Sums of cities add up exactly, since areas lie on a binary grid;
  blocks are not joined across the border of two plans.
"""


class Patch(NamedTuple):
    """What one patch cost: parcels with those around them, seconds, bytes there and back."""

    rows: int
    cpu_s: float
    sent: int
    back: int


def timed(work: Callable[..., Any], *asked: Any) -> tuple[Any, Patch]:
    """The answer to a patch, and what it cost."""
    begun = time.process_time()
    answer = work(*asked)
    spent = time.process_time() - begun
    sent, back = (len(pickle.dumps(item, protocol=5)) for item in (asked, answer))
    return answer, Patch(len(asked[1]), spent, sent, back)


def watched(across: Across[Any], costs: list[Patch]) -> Across[Any]:
    """The same surveyors, with a note of what each patch cost."""

    def work_on(
        work: Callable[..., Any], patches: Iterable[tuple[Any, ...]], count: int
    ) -> Iterator[Any]:
        for answer, cost in across(partial(timed, work), patches, count):
            costs.append(cost)
            yield answer

    return work_on


def peak_mib(_: int = 0) -> float:
    """The most memory of a process so far, in MiB."""
    time.sleep(0.2)  # so that every worker of a cluster is asked
    # Not getrusage: there a process begins with the peak of the one that started it.
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def assert_same(one: Study, other: Study) -> None:
    """The tables of two studies, row by row."""
    for name in ("parcels", "blocks", "balance", "links", "lost", "terrain", "floor", "progress"):
        if not getattr(one, name).equals(getattr(other, name)):
            sys.exit(f"{name} differs on the cluster")


def measured(plan: Plan, count: int) -> dict[str, Any]:
    """The figures of the report."""
    load, costs = os.getloadavg()[0], list[Patch]()
    begun = time.perf_counter()
    # The cluster first: the peak of this process is then that of a driver.
    with cluster("local", workers=WORKERS, memory=MEMORY) as across:
        both = run(plan, across=watched(across, costs))
        both_s = time.perf_counter() - begun
        asked = ((number,) for number in range(2 * WORKERS))
        workers_mib = list(across(peak_mib, asked, 2 * WORKERS))
    driver_mib, begun = peak_mib(), time.perf_counter()
    alone = run(plan)
    alone_s = time.perf_counter() - begun
    assert_same(alone, both)
    figures = np.array(costs, dtype=float)
    median, most = np.median(figures, axis=0), figures.max(axis=0)
    patches = PROVINCE / count * len(costs)
    cpu_h = patches * figures[:, 1].mean() / 3600
    gb = patches * (figures[:, 2] + figures[:, 3]).mean() / 1e9
    line_min = gb * 1000 / NETWORK_MB_S / 60
    own_s = both_s - figures[:, 1].sum() / WORKERS
    return {
        "count": count, "alone_s": alone_s, "alone_mib": peak_mib(), "both_s": both_s,
        "driver_mib": driver_mib, "worker_mib": f"{max(workers_mib):.0f}", "load": load,
        "patches": len(costs), "each": PARCELS_EACH, "workers": WORKERS, "memory": MEMORY,
        "rows": median[0], "most_rows": most[0], "cpu_s": median[1], "most_cpu_s": most[1],
        "sent_mb": median[2] / 1e6, "most_sent_mb": most[2] / 1e6,
        "back_mb": median[3] / 1e6, "most_back_mb": most[3] / 1e6,
        "province": PROVINCE, "province_patches": round(patches), "province_cpu_h": cpu_h,
        "province_gb": gb, "line": NETWORK_MB_S, "line_min": line_min,
        "fleet": "\n".join(_fleet(size, cpu_h * 60, line_min) for size in FLEET),
        "driver_us": own_s / count * 1e6, "driver_kib": driver_mib * 1024 / count,
        "driver_h": own_s / count * PROVINCE / 3600,
        "driver_gb": driver_mib / 1024 / count * PROVINCE,
        "cities": round(PROVINCE / count), "city_s": min(alone_s, both_s), "machine": machine(),
    }  # fmt: skip


def _fleet(size: int, cpu_min: float, line_min: float) -> str:
    bound = "processors" if cpu_min / size > line_min else "the line"
    return f"| {size} | {max(cpu_min / size, line_min):.0f} | {bound} |"


def main(argv: Sequence[str] | None = None) -> None:
    """Make a city, run it both ways, and write what a province would cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("count", type=int, nargs="?", default=1_000_000, metavar="N")
    parser.add_argument("--date", default="", help="the date to write into the report")
    parser.add_argument("--results", type=Path, default=Path(__file__).with_name("scale.md"))
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as folder:
        write_city(Path(folder), options.count)
        report = measured(read_plan(Path(folder) / "plan.toml"), options.count)
    date = f" on {options.date}" if options.date else ""
    options.results.write_text(REPORT.format(**report, date=date), encoding="utf-8")
    print(options.results)


if __name__ == "__main__":
    main()
