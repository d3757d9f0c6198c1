"""The job as landready does it: the whole study, then GeoParquet, tables and run.json, no page."""

import argparse
import gc
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from geo.cli import GARBAGE_FROM
from geo.readers import early

gc.set_threshold(GARBAGE_FROM)  # as the command does,
early.begin()  # so that the process that reads loads while we load

from benchmarks.clock import Clock  # noqa: E402
from geo.plan import read_plan  # noqa: E402
from geo.publish import write_data  # noqa: E402
from geo.study import run  # noqa: E402
from geo.tables import sheets  # noqa: E402


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
    write_data(study, sheets(study), options.out, layers="geoparquet")
    clock("end")


if __name__ == "__main__":
    main()
