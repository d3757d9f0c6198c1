"""The job as landready does it: the whole study, then layers, tables and run.json, no page."""

import argparse
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.clock import Clock
from geo.plan import read_plan
from geo.publish import write_data
from geo.study import run
from geo.tables import sheets


def main(argv: Sequence[str] | None = None) -> None:
    """Run the plan of a town and write its figures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("town", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cluster", help="local, or the address of a Dask scheduler")
    parser.add_argument("--workers", type=int, default=2, help="of a local cluster")
    options = parser.parse_args(argv)
    clock, how = Clock(), {}
    with ExitStack() as stack:
        if options.cluster:
            from geo.cluster import cluster  # noqa: PLC0415 (a run without one does not wait for it)

            clock("cluster")
            started = cluster(options.cluster, workers=options.workers)
            how["across"] = stack.enter_context(started)
        study = run(read_plan(options.town / "plan.toml"), notify=clock, **how)
    clock("write")
    shutil.rmtree(options.out, ignore_errors=True)  # an earlier run of the same town
    options.out.mkdir(parents=True)
    write_data(study, sheets(study), options.out)
    clock("end")


if __name__ == "__main__":
    main()
