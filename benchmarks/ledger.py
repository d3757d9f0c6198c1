"""A ledger of N entries: recorded from a spreadsheet, asked for a day, beside plain SQL.

Every job is a process of its own, start and imports included. The plain SQL reads the same file
and has to give the same mu of every stage before a time is told. Linux and macOS only.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import pyogrio

from benchmarks.running import Run, machine, timed
from geo.ladder import STANDARD_LADDER
from geo.units import M2_PER_MU

STAGES: Final = [str(rung["id"]) for rung in STANDARD_LADDER]
PER_PARCEL: Final = 10
AS_OF: Final = "2024-06-30"

REPORT: Final = """\
# A ledger of {entries} entries about {parcels} parcels

Made by `python -m benchmarks.ledger {entries}`{date}. Each job is a process of its own, start and
imports included; median of {runs}, except the recording, which is done once.

{table}

{machine}

- **record**: `landready record --from entries.csv`: reads and measures the layer of {parcels}
  parcels, reads the table in the child process, judges every entry by the rules, chains and writes
  all of them in one transaction.
- **record one**: one more entry about one parcel, into the same ledger.
- **status**: `landready status --as-of {as_of}`: where every parcel stood, with what was known.
- **plain SQL**: the highest stage of each parcel by that day, with its mu, by one query of
  Python's sqlite3 ([plain_sql.py](plain_sql.py)) on the same file. It knows no corrections, no
  falls, no dates known to the month,
  no splits, and tells nothing of evidence or blockers. Both give the same mu of every stage.
- **history**: every entry of one parcel.
- **verify**: the whole chain hashed again, and every outline.
"""


class Job(NamedTuple):
    """A command, what it says of itself, and how often it is run."""

    name: str
    command: list[str]
    runs: int


def write_entries(town: Path, entries: int) -> int:
    """Write entries.csv about the parcels of a town; returns how many parcels there are."""
    ids = pyogrio.read_dataframe(town / "town.gpkg", layer="parcels", read_geometry=False)
    parcels = ids["parcel_id"][ids["parcel_id"] != ""].drop_duplicates()[: entries // PER_PARCEL]
    random = np.random.default_rng(4)
    first = np.datetime64("2016-01-01") + random.integers(0, 300, len(parcels))
    tables = []
    for rung in range(PER_PARCEL):
        days = first + rung * 330 + random.integers(0, 200, len(parcels))
        tables.append(
            pd.DataFrame(
                {
                    "parcel_id": parcels,
                    "date": days.astype(str),
                    "stage": STAGES[rung],
                    "evidence": [f"paper {rung}-{number}" for number in range(len(parcels))],
                    "source": "drawn",
                }
            )
        )
    pd.concat(tables).to_csv(town / "entries.csv", index=False)
    plan = (town / "plan.toml").read_text("utf-8")
    plan = plan.replace('[layers.readiness]\nfile = "readiness.csv"\n', "")
    (town / "plan.toml").write_text(plan, "utf-8")
    return len(parcels)


def plain_sql(ledger: Path) -> dict[str, float]:
    """The mu of every stage that holds any, by one query."""
    done = subprocess.run(_sql(ledger), capture_output=True, check=True)
    return {STAGES[int(rung)]: m2 / M2_PER_MU for rung, m2 in json.loads(done.stdout).items()}


def _sql(ledger: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.plain_sql", str(ledger), AS_OF, json.dumps(STAGES)]


def ours(town: Path) -> dict[str, float]:
    """The mu of every stage that holds any, as ``landready status --json`` has them."""
    command = [*_landready("status", town), "--as-of", AS_OF, "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    whole = [row for row in told["stages"] if row["zone"] == "" and row["parcels"]]
    return {row["stage"]: row["mu"] for row in whole}


def _landready(command: str, town: Path, *arguments: str) -> list[str]:
    plan = ["--plan"] if command in ("record", "history") else []
    return [sys.executable, "-m", "geo", command, *arguments, *plan, str(town / "plan.toml")]


def jobs(town: Path, parcel: str, repeats: int) -> list[Job]:
    """What is timed, in this order."""
    by = ["--by", "bench"]
    entries = str(town / "entries.csv")
    one = [parcel, STAGES[PER_PARCEL], "--date", "2026-01-05", "--evidence", "paper"]
    ledger = town / "readiness.db"
    verify = [sys.executable, "-m", "geo", "ledger", "verify", str(town / "plan.toml")]
    return [
        Job("record", _landready("record", town, "--from", entries, *by), 1),
        Job("record one", _landready("record", town, *one, *by), 1),
        Job("status", [*_landready("status", town), "--as-of", AS_OF], repeats),
        Job("plain SQL", _sql(ledger), repeats),
        Job("history", _landready("history", town, parcel), repeats),
        Job("verify", verify, repeats),
    ]


def table(runs: dict[str, list[Run]], entries: int) -> str:
    """Medians of every job as Markdown."""
    lines = ["| job | wall time s | peak memory MiB | entries a second |", "|:--|--:|--:|--:|"]
    for job, of_job in runs.items():
        wall, peak = (
            statistics.median(getattr(run, measure) for run in of_job)
            for measure in ("wall_s", "peak_mib")
        )
        pace = "" if job in ("record one", "history") else f"{entries / wall:,.0f}"
        lines.append(f"| {job} | {wall:.2f} | {peak:.0f} | {pace} |")
    status, sql = (
        statistics.median(run.wall_s for run in runs[job]) for job in ("status", "plain SQL")
    )
    return "\n".join([*lines, "", f"status ÷ plain SQL: **{status / sql:.1f}**"])


def main(argv: Sequence[str] | None = None) -> None:
    """Record N entries, time what is asked of them, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("entries", type=int, nargs="?", default=1_000_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, help="of each job but the recording")
    parser.add_argument("--date", help="the date to write into the report")
    results = Path(__file__).with_name("ledger.md")
    parser.add_argument("--results", type=Path, default=results, help="default: %(default)s")
    options = parser.parse_args(argv)
    runs: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as folder:
        town = Path(folder) / "town"
        count = str(max(200, options.entries // PER_PARCEL))
        subprocess.run([sys.executable, "-m", "benchmarks.parcels", town, count], check=True)
        parcels = write_entries(town, options.entries)
        parcel = pd.read_csv(town / "entries.csv", nrows=1, dtype=str)["parcel_id"].item()
        for job in jobs(town, parcel, options.runs):
            runs[job.name] = [timed(job.name, job.command) for _ in range(job.runs)]
            print(f"{job.name:12}{runs[job.name][-1].wall_s:8.2f} s", flush=True)
        one, other = ours(town), plain_sql(town / "readiness.db")
        if one.keys() != other.keys() or any(abs(one[name] - other[name]) > 1e-3 for name in one):
            sys.exit(f"the figures disagree:\n{one}\n{other}")
    report = {
        "entries": parcels * PER_PARCEL,
        "parcels": parcels,
        "as_of": AS_OF,
        "date": f" on {options.date}" if options.date else "",
        "runs": options.runs,
        "table": table(runs, parcels * PER_PARCEL),
        "machine": machine(),
    }
    print("", report["table"], "", report["machine"], sep="\n")
    options.results.write_text(REPORT.format(**report), encoding="utf-8")


if __name__ == "__main__":
    main()
