"""The job as landready does it: the whole study, then layers, tables and run.json, no page."""

import argparse
import shutil
from collections.abc import Sequence
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
    options = parser.parse_args(argv)
    clock = Clock()
    study = run(read_plan(options.town / "plan.toml"), notify=clock)
    clock("write")
    shutil.rmtree(options.out, ignore_errors=True)  # an earlier run of the same town
    options.out.mkdir(parents=True)
    write_data(study, sheets(study), options.out)
    clock("end")


if __name__ == "__main__":
    main()
