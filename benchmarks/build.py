"""The whole job on N parcels beside its peers, in one run and with the same figures asserted.

Every run is a process of its own, start and imports included; all jobs read the same files, and
their figures must agree before a time is told. The peers need more than landready does: ``make
bench`` makes an environment for both (``.venv-bench``) and runs this there. PostGIS needs the
Debian packages postgresql and postgresql-15-postgis-3. A peer that is not there is left out, and
said to be. Linux and macOS only (``os.wait4``).
"""

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.fresh import from_sources, from_wheel
from benchmarks.running import Run, machine, timed

ROOT: Final = Path(__file__).parents[1]


class Job(NamedTuple):
    """A way of doing the job, the modules that it needs, and what its engine has no step for."""

    module: str
    needs: tuple[str, ...] = ()
    without: str = "nothing"


OURS: Final = "landready"
JOBS: Final = {
    OURS: Job("benchmarks.ours"),
    "shapely, tuned": Job("benchmarks.tuned", ("shapely", "exactextract")),
    "GeoPandas, as usual": Job("benchmarks.usual", ("geopandas", "exactextract")),
    "DuckDB spatial": Job("benchmarks.duckdb_job", ("duckdb_extension_spatial",), "elevation"),
    "SedonaDB": Job("benchmarks.sedona_job", ("sedonadb",), "elevation, ellipsoidal area"),
    "PostGIS": Job("benchmarks.postgis_job", ("psycopg",), "elevation"),
}
BUFFERED: Final = "benchmarks.usual"
SIZES: Final = (10_000, 100_000, 1_000_000)
TOWN: Final = 5000

REPORT: Final = """\
# The whole job beside its peers

Made by `python -m benchmarks.build {sizes}`{date}: {runs} runs of each job in turn, medians. All
jobs read the same synthetic city ([city.py](city.py)), each in a process of its own, imports
included; what the job is stands in [job.py](job.py).

{machine} {peers}

{tables}
## Growth

Exponent of the wall time, from the smallest city to the next and so on; 1 is linear.

{growth}

## From cold

{cold}

## The same figures

Asserted in the same runs, for every parcel, zone and block: areas to 1e-6 (on the ellipsoid too),
floor space to 1e-5, sums to 1e-9 of all land, elevations to a millimetre, the same zone, the same
parcels in every block. Only the blocks that GeoPandas makes by buffers may differ in 1 %, as these
are drawn with chords. The first figure is the worst of any parcel.

{agreement}

## What the jobs are

- **landready** ([ours.py](ours.py)): `read_plan`, `run`, then all layers (GeoParquet, as
  the other jobs write; GeoPackage is the default of `build` and slower), tables and `run.json`. The
  layers are read back. It also lists findings, proves the conservation laws, finds bridge parcels,
  widest gaps and slopes, follows the goal by date and draws the blocks, which no other job does.
- **shapely, tuned** ([tuned.py](tuned.py)): arrays, trees, prepared geometry; exactextract.
- **GeoPandas, as usual** ([usual.py](usual.py)): overlay, sjoin, buffer and dissolve; exactextract.
- **DuckDB spatial** ([duckdb_job.py](duckdb_job.py)), **SedonaDB**
  ([sedona_job.py](sedona_job.py)), **PostGIS** ([postgis_job.py](postgis_job.py), the start of its
  server and the loading included): SQL. A step that an engine has not is left out of its job, which
  only helps it: see the tables. Peak memory is that of the largest process, for PostGIS without the
  other processes of its server.
- The memory floor is the time in which this machine copies the coordinates of all parcels once.

## Where the time goes

Time of each step and the most memory up to its end, in the last run of each job on the largest
city.

{steps}
"""


def there(jobs: Sequence[str]) -> dict[str, list[str]]:
    """The command of each job that can run here."""
    commands = {}
    for name in jobs:
        installed = all(find_spec(module) for module in JOBS[name].needs)
        if installed and (name != "PostGIS" or any(Path("/usr/lib/postgresql").glob("*/bin"))):
            commands[name] = [sys.executable, "-m", JOBS[name].module]
    return commands


def compared(
    commands: dict[str, list[str]], count: int, repeats: int, folder: Path
) -> tuple[dict[str, list[Run]], dict[str, str]]:
    """Run all jobs in turn on a city; leaves when their figures disagree."""
    city = folder / "city"
    subprocess.run([sys.executable, "-m", "benchmarks.city", city, str(count)], check=True)
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(1, repeats + 1):
        for name, command in commands.items():
            run = timed(name, [*command, str(city), str(folder / JOBS[name].module)])
            runs[name].append(run)
            print(
                f"{count:9} {number} {name:20}{run.wall_s:8.1f} s{run.peak_mib:8.0f} MiB",
                flush=True,
            )
    outs = {name: folder / JOBS[name].module for name in commands}
    agreed = {}
    for name in [name for name in commands if name != OURS]:
        how = ["--buffered"] if JOBS[name].module == BUFFERED else []
        agreed[name] = asked("benchmarks.same", str(outs[OURS]), str(outs[name]), *how)
    for out in outs.values():
        shutil.rmtree(out)
    return runs, agreed


def asked(*words: str) -> str:
    """What a module says, in a process of its own: what this one holds would count as a child's."""
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)}:\n{done.stderr}")
    return done.stdout.strip()


def table(runs: dict[str, list[Run]], floor_s: float) -> str:
    """Medians of all jobs, what each is to ours and to the floor, as Markdown."""
    measures = {
        name: [
            statistics.median(column) for column in zip(*(run[:3] for run in of_job), strict=True)
        ]
        for name, of_job in runs.items()
    }
    lines = [
        "| job | wall s | CPU s | peak memory MiB | ÷ landready | ÷ memory floor | without |",
        "|:--|--:|--:|--:|--:|--:|:--|",
    ]
    for name, (wall, cpu, peak) in measures.items():
        ratios = f"{wall / measures[OURS][0]:.1f} | {wall / floor_s:.0f}"
        lines.append(
            f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {ratios} | {JOBS[name].without} |"
        )
    return "\n".join(lines)


def growth(walls: dict[str, dict[int, float]]) -> str:
    """The exponents between the sizes of each job, as Markdown."""
    sizes = sorted(next(iter(walls.values())))
    steps = list(pairwise(sizes))
    head = "".join(f" {one} → {other} |" for one, other in steps)
    lines = [f"| job |{head}", "|:--|" + "--:|" * len(steps)]
    for name, of_job in walls.items():
        cells = [
            f"{math.log(of_job[other] / of_job[one]) / math.log(other / one):.2f}"
            for one, other in steps
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) if steps else "One size was run."


def cold(folder: Path, parcels: int) -> str:
    """Our job on a town, with kernels to compile and without."""
    if not parcels:
        return "Not measured."
    town = folder / "town"
    subprocess.run([sys.executable, "-m", "benchmarks.city", town, str(parcels)], check=True)
    command = [sys.executable, "-m", JOBS[OURS].module, str(town), str(folder / "town-out")]
    wheel = timed(OURS, command, from_wheel(folder / "wheel"))
    sources = timed(OURS, command, from_sources(folder / "sources"))
    warm = statistics.median(timed(OURS, command).wall_s for _ in range(3))
    return (
        f"{parcels} parcels, imports and writing included: {wheel.wall_s:.1f} s in the first run "
        f"from a wheel (`make wheel`), {sources.wall_s:.1f} s in the first run from sources, which "
        f"compiles the kernels, {warm:.1f} s in every other."
    )


def sections(runs: dict[int, dict[str, list[Run]]], floors: dict[int, float]) -> Iterator[str]:
    """A table for each size."""
    for count, of_size in runs.items():
        loads = [run.load for of_job in of_size.values() for run in of_job]
        yield f"## {count} parcels\n\n{table(of_size, floors[count])}\n"
        yield (
            f"Memory floor {floors[count] * 1000:.1f} ms; load average before each run "
            f"{min(loads):.1f} to {max(loads):.1f}.\n"
        )


def clocked(told: str) -> str:
    """The lines of the clock, without what libraries say in between (with paths of a machine)."""
    return "\n".join(line for line in told.splitlines() if line.endswith(" MiB"))


def main(argv: Sequence[str] | None = None) -> None:
    """Compare all jobs on cities of N parcels, and write the report after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("sizes", type=int, nargs="*", default=list(SIZES), metavar="N")
    parser.add_argument("--runs", type=int, default=3, help="of each job (default: %(default)s)")
    parser.add_argument("--jobs", nargs="+", choices=list(JOBS), default=list(JOBS))
    parser.add_argument("--town", type=int, default=TOWN, help="parcels to start on, 0 for none")
    parser.add_argument("--date", help="the date to write into the report")
    results = Path(__file__).with_name("results.md")
    parser.add_argument("--results", type=Path, default=results, help="default: %(default)s")
    options = parser.parse_args(argv)
    os.chdir(ROOT)
    commands = there([OURS, *(name for name in options.jobs if name != OURS)])
    absent = [name for name in JOBS if name not in commands]
    runs: dict[int, dict[str, list[Run]]] = {}
    floors, agreed = {}, []
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as name:
        folder = Path(name)
        from_cold = cold(folder, options.town)
        for count in sorted(options.sizes):
            runs[count], same_here = compared(commands, count, options.runs, folder)
            floors[count] = float(asked("benchmarks.floor", str(folder / "city")))
            agreed += [f"- {peer}: {words}." for peer, words in same_here.items()]
            walls = {
                job: {
                    size: statistics.median(run.wall_s for run in runs[size][job]) for size in runs
                }
                for job in commands
            }
            report = {
                "sizes": " ".join(map(str, sorted(options.sizes))),
                "date": f" on {options.date}" if options.date else "",
                "runs": options.runs,
                "machine": machine(),
                "peers": f"Not run: {', '.join(absent)}." if absent else "",
                "tables": "\n".join(sections(runs, floors)),
                "growth": growth(walls),
                "cold": from_cold,
                "agreement": "\n".join(agreed),
                "steps": "\n\n".join(
                    f"{job}:\n\n```\n{clocked(of_job[-1].steps)}\n```"
                    for job, of_job in runs[count].items()
                ),
            }
            options.results.write_text(REPORT.format(**report), encoding="utf-8")
    print("", report["tables"], report["growth"], "", report["cold"], sep="\n")


if __name__ == "__main__":
    main()
