"""The whole job on N parcels, beside the same job written the usual way, in one run.

Every run is a process of its own, start and imports included; both jobs read the same files, and
their figures must agree before a time is told. Linux and macOS only (``os.wait4``).
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.clock import MAXRSS_PER_MIB

JOBS: Final = {"landready": "benchmarks.ours", "usual way": "benchmarks.usual"}
PACKAGES: Final = ("landready", "geopandas", "shapely", "pandas", "numpy", "pyogrio")
SAME_MU: Final = 0.01
SAME_SHARE: Final = 1e-9
"""Sums of land agree to the first, sums of floor space to the second."""
BLOCKS_APART: Final = 0.01
"""Share by which the number of blocks, and the mu of the largest, may differ; :data:`WHY_APART`."""
WHY_APART: Final = """\
our links are exact distances of at most 30 m; buffers of 15 m are drawn with chords, so that a
  gap round a corner can be up to 4 cm too wide for them, and where they reach over a river they
  may join blocks along its far bank."""

REPORT: Final = """\
# {count} parcels: read, check, measure, assemble, project, write

Made by `python -m benchmarks.build {count}`{date}. Both jobs read the same synthetic town
([parcels.py](parcels.py)), each in a process of its own, imports included.

{table}

Median of {runs} each (`--runs`), taken in turn; load average before each run {load}.

{machine}

## The same figures

{agreement}

## What the jobs are

- **landready** ([ours.py](ours.py)): `read_plan`, `run`, then the two layers, all tables as CSV
  and `run.json`, read back. It also lists findings, proves the conservation laws, measures on the
  ellipsoid, finds bridge parcels and widest gaps, follows the goal by quarter, and compares six
  other definitions of contiguity (links up to 50 m).
- **usual way** ([usual.py](usual.py)): `make_valid`, `overlay`, `sjoin` and `intersection`,
  `groupby`, `buffer(15)` and `union_all`, `dissolve`, two GeoPackages, CSV and JSON. It has none
  of the extras above.
- Neither draws the page or writes a workbook.

## Where the time goes

Time of each step and the most memory up to its end, in the last run of either job.

{steps}
"""


class Run(NamedTuple):
    """One run of a job; ``load`` is the load average of the minute before it."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    load: float
    steps: str


class Figures(NamedTuple):
    """What both jobs must agree on: counts, mu and m² by name, and the blocks in mu."""

    sums: dict[str, float]
    blocks: list[float]


def measured(job: str, town: Path, out: Path) -> Run:
    """Run one of the two jobs in a new process. Leaves with its words when it fails."""
    return timed(job, [sys.executable, "-m", JOBS[job], str(town), str(out)])


def timed(job: str, command: list[str]) -> Run:
    """Run a command in a new process. Leaves with its words when it fails."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryFile("w+") as words:
        since = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=words)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - since
        process.returncode = os.waitstatus_to_exitcode(status)
        words.seek(0)
        told = words.read()
    if process.returncode:
        sys.exit(f"{told}\n{job} failed with exit code {process.returncode}")
    peak_mib = used.ru_maxrss / MAXRSS_PER_MIB
    return Run(wall, used.ru_utime + used.ru_stime, peak_mib, load, told)


def our_figures(out: Path) -> Figures:
    """The shared figures as ``run.json`` has them."""
    figures = json.loads((out / "run.json").read_text("utf-8"))["figures"]
    blocks = [block["land_mu"] for block in figures["blocks"]]
    town = [stage for stage in figures["stages"] if stage["zone"] == ""]
    sums = {
        "parcels": figures["parcels"],
        "land_mu": figures["area_mu"],
        "counted_mu": sum(zone["counted_mu"] for zone in figures["zones"]),
        "blocks_mu": sum(blocks),
        "floor_m2": figures["floor_m2"]["planned"],
    }
    sums |= {f"zone {zone['zone']}": zone["land_mu"] for zone in figures["zones"]}
    sums |= {f"stage {stage['stage']}": stage["mu"] for stage in town if stage["parcels"]}
    return Figures(sums, sorted(blocks, reverse=True))


def usual_figures(out: Path) -> Figures:
    """The shared figures as the usual way has them."""
    figures = json.loads((out / "figures.json").read_text("utf-8"))
    blocks = figures["blocks"]
    sums = {name: figures[name] for name in ("parcels", "land_mu", "counted_mu", "floor_m2")}
    sums |= {"blocks_mu": sum(blocks)}
    sums |= {f"zone {name}": mu for name, mu in figures["zones"].items()}
    sums |= {f"stage {name}": mu for name, mu in figures["stages"].items()}
    return Figures(sums, sorted(blocks, reverse=True))


def disagreements(ours: Figures, usual: Figures) -> Iterator[str]:
    """Every figure in which the jobs differ by more than they may."""
    for name in sorted(ours.sums.keys() | usual.sums.keys()):
        one, other = (figures.sums.get(name, float("nan")) for figures in (ours, usual))
        slack = SAME_SHARE * abs(one) if name == "floor_m2" else SAME_MU
        if not abs(one - other) <= slack:
            yield f"{name}: {one} and {other}"
    for name, one, other in (
        ("number of blocks", len(ours.blocks), len(usual.blocks)),
        ("largest block", ours.blocks[0], usual.blocks[0]),
    ):
        if abs(one - other) > BLOCKS_APART * other:
            yield f"{name}: {one} and {other}"


def agreement(ours: Figures, usual: Figures) -> str:
    """How the figures of both jobs compare, in words."""
    mu = [name for name in ours.sums if name != "floor_m2"]
    apart = max(abs(ours.sums[name] - usual.sums[name]) for name in mu)
    sizes = [Counter(round(block, 2) for block in figures.blocks) for figures in (ours, usual)]
    lonely = [(sizes[0] - sizes[1]).total(), (sizes[1] - sizes[0]).total()]
    largest = ", ".join(f"{figures.blocks[0]:.2f}" for figures in (ours, usual))
    return (
        f"- {ours.sums['parcels']} parcels, {ours.sums['land_mu']:.2f} mu, "
        f"{ours.sums['counted_mu']:.2f} mu of it cleared: total, every zone and every stage agree, "
        f"the worst to {apart:.1e} mu (allowed {SAME_MU}); planned floor space agrees to 1e-9.\n"
        f"- Blocks: {len(ours.blocks)} and {len(usual.blocks)}, the largest {largest} mu (allowed "
        f"{BLOCKS_APART:.0%} apart). {lonely[0]} of our blocks and {lonely[1]} of the usual ones "
        f"have no counterpart of the same size:\n  {WHY_APART}"
    )


def table(runs: dict[str, list[Run]]) -> str:
    """Medians of both jobs and their ratios, as Markdown."""
    rows = {}
    for job, of_job in runs.items():
        measures = zip(*((run.wall_s, run.cpu_s, run.peak_mib) for run in of_job), strict=True)
        rows[job] = [statistics.median(measure) for measure in measures]
    ours, usual = rows.values()
    ratios = [one / other for one, other in zip(ours, usual, strict=True)]
    lines = ["| job | wall time s | CPU time s | peak memory MiB |", "|:--|--:|--:|--:|"]
    for job, (wall, cpu, peak) in rows.items():
        lines.append(f"| {job} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |")
    lines.append("| ratio | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")
    return "\n".join(lines)


def machine() -> str:
    """Cores, memory and versions: nothing that tells whose machine it is."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}."
    )


def compared(count: int, repeats: int, folder: Path) -> tuple[dict[str, list[Run]], str]:
    """Run both jobs in turn; leaves when their figures disagree."""
    town = folder / "town"
    subprocess.run([sys.executable, "-m", "benchmarks.parcels", town, str(count)], check=True)
    runs: dict[str, list[Run]] = {job: [] for job in JOBS}
    outs = dict(zip(JOBS, (folder / "ours", folder / "usual"), strict=True))
    for number in range(1, repeats + 1):
        for job in JOBS:
            run = measured(job, town, outs[job])
            runs[job].append(run)
            print(f"{number}  {job:10} {run.wall_s:8.1f} s {run.peak_mib:8.0f} MiB", flush=True)
    ours, usual = our_figures(outs["landready"]), usual_figures(outs["usual way"])
    if faults := list(disagreements(ours, usual)):
        sys.exit("the jobs disagree:\n" + "\n".join(faults))
    return runs, agreement(ours, usual)


def main(argv: Sequence[str] | None = None) -> None:
    """Compare both jobs on a town of N parcels, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("count", type=int, nargs="?", default=100_000, metavar="N")
    parser.add_argument("--runs", type=int, help="of each job (default: 3 up to 20000, then 2)")
    parser.add_argument("--date", help="the date to write into the report")
    results = Path(__file__).with_name("results.md")
    parser.add_argument("--results", type=Path, default=results, help="default: %(default)s")
    options = parser.parse_args(argv)
    repeats = options.runs or (3 if options.count <= 20_000 else 2)
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as folder:
        runs, same = compared(options.count, repeats, Path(folder))
    loads = [run.load for of_job in runs.values() for run in of_job]
    report: dict[str, Any] = {
        "count": options.count,
        "date": f" on {options.date}" if options.date else "",
        "table": table(runs),
        "runs": repeats,
        "load": f"{min(loads):.1f} to {max(loads):.1f}",
        "machine": machine(),
        "agreement": same,
        "steps": "\n\n".join(
            f"{job}:\n\n```\n{of_job[-1].steps.rstrip()}\n```" for job, of_job in runs.items()
        ),
    }
    print("", report["table"], "", report["machine"], "", same, sep="\n")
    options.results.write_text(REPORT.format(**report), encoding="utf-8")


if __name__ == "__main__":
    main()
