"""What every way of doing the job on a city reads, and the figures that it writes.

A parcel that repair changes is left out. For every other: its area on the grid, and on the
ellipsoid where the engine can; the zone that holds most of it; its land after overlaps, each square
metre once and the parcel with the earlier id first; what farmland takes of that, then land use and
treatment (all of the rest), then water; what is left, and the floor space planned on it; the mean
elevation, weighted by the land in each cell; and its block: parcels that count are contiguous up to
30 m. Then sums by zone and sizes of blocks. No step is made up: one that an engine has not stays
blank in its figures and is left out of its time.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.clock import Clock

CRS: Final = "EPSG:4547"
GAP_M: Final = 30.0
CLOSE_M2: Final = 0.01
"""A repair that changes the area by more is no answer."""
LEAST_M2, LEAST_SHARE = 1.0, 0.01
"""Net land of a parcel below both of which nothing is built on it."""
STAGES_THAT_COUNT: Final = ("cleared", "supplied", "started", "completed", "producing")
USES_LOST: Final = ("1207", "1401")
TREATMENTS_LOST: Final = ("retain", "village")
ROW_GROUP: Final = 50_000

FIGURES: Final = (
    *("parcel_id", "zone", "planar_m2", "ellipsoidal_m2", "land_m2", "farmland_m2", "water_m2"),
    *("net_m2", "floor_m2", "elevation_m", "counted_m2", "block"),
)
"""The columns of ``parcels.parquet``, followed by the outline as WKB. ``counted_m2`` is land of
parcels that count, each square metre once among them; ``block`` is any number, -1 for none."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def lost_whole(parcels: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which parcels are lost as a whole because of their use or treatment."""
    lost = parcels["land_use"].isin(USES_LOST) | parcels["treatment"].isin(TREATMENTS_LOST)
    return lost.to_numpy(dtype=bool)


def counted(parcels: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which parcels count: those that reached the stage, with evidence."""
    counts = parcels["stage"].isin(STAGES_THAT_COUNT) & (parcels["evidence"] != "")
    return counts.to_numpy(dtype=bool)


def in_sql() -> dict[str, str]:
    """The words that mark parcels, as SQL lists them."""
    words = {"stages": STAGES_THAT_COUNT, "uses": USES_LOST, "treatments": TREATMENTS_LOST}
    return {name: ", ".join(f"'{item}'" for item in items) for name, items in words.items()}


def planned_floor(parcels: pd.DataFrame) -> pd.Series:
    """Floor space on net land, 0 where there is hardly any or no ratio is known."""
    least = np.maximum(LEAST_M2, LEAST_SHARE * parcels["land_m2"])
    floor = (parcels["net_m2"] * parcels["plot_ratio_planned"]).fillna(0.0)
    return floor.where(parcels["net_m2"] >= least, 0.0)


def labels(count: int, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Integers:
    """The component of each of so many items that pairs join."""
    links = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def write(parcels: pd.DataFrame, wkb: Any, out: Path) -> None:
    """The figures of parcels, zones and blocks, each as (Geo)Parquet."""
    out.mkdir(parents=True, exist_ok=True)
    figures = parcels[[name for name in FIGURES if name in parcels.columns]]
    table = pa.Table.from_pandas(figures, preserve_index=False).append_column(
        "geometry", pa.array(wkb, type=pa.binary())
    )
    geo = (
        '{"version": "1.1.0", "primary_column": "geometry", "columns": '
        '{"geometry": {"encoding": "WKB", "geometry_types": [], "crs": null}}}'
    )
    table = table.replace_schema_metadata({b"geo": geo.encode()})
    pq.write_table(table, out / "parcels.parquet", row_group_size=ROW_GROUP)
    summed = ["land_m2", "net_m2", "floor_m2", "counted_m2"]
    parcels.groupby("zone")[summed].sum().to_parquet(out / "zones.parquet")
    blocks = parcels[parcels["block"] >= 0].groupby("block")["counted_m2"].agg(["sum", "size"])
    blocks.to_parquet(out / "blocks.parquet")


def main(do: Callable[[Path, Path, Clock], None], argv: Sequence[str] | None = None) -> None:
    """Do a job on the city in one folder and write its figures into another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("city", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(argv)
    clock = Clock()
    do(options.city, options.out, clock)
    clock("end")
