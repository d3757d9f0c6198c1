"""Each step of the job beside its peers, on the same parcels in memory, with the same answers.

Ours are the public functions that a run calls, peers the calls that their users make. What a run
makes once for several steps (outlines out of shapely objects, tables of DuckDB) is told by itself.
Run it in the environment of :mod:`benchmarks.build`.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from exactextract import exact_extract
from pyproj import CRS, Geod, Transformer

from benchmarks import duckdb_job, job, tuned
from benchmarks.running import machine
from geo.area import ellipsoidal_m2, planar_m2
from geo.balance import balance
from geo.blocks import block_labels, parcel_links
from geo.inputs import Notes
from geo.once import overlaps
from geo.outlines import Outlines, outlines_of
from geo.plan import read_plan
from geo.shapes import valid
from geo.terrain.dem import read_dem
from geo.terrain.zonal import parcel_terrain
from geo.units import on_land_grid

Shapes = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

GRID: Final = CRS(job.CRS)
SHARE: Final = 1e-6
LEAST_M2: Final = 1e-4
ELEVATION_M: Final = 1e-3

REPORT: Final = """\
# Each step beside its peers

Made by `python -m benchmarks.steps {count}`{date}: medians of {runs} runs in one process, on
{count} parcels in memory; the answers of all are asserted to be the same (areas to 1e-6, elevations
to a millimetre, the same validity and components). Load average at the end {load}.

{machine}

{table}

What is made once for several steps: {once}.
"""


class City(NamedTuple):
    """Parcels in memory in every form that a step asks for."""

    folder: Path
    raw: Shapes
    shapes: Shapes
    ids: npt.NDArray[Any]
    outlines: Outlines
    base: duckdb.DuckDBPyConnection


class Way(NamedTuple):
    """One way to take a step; ``answer`` makes of what it returns something to compare."""

    name: str
    do: Callable[[], Any]
    answer: Callable[[Any], Any] = lambda it: it


class Step(NamedTuple):
    """A step: our way first, and whether two answers are the same."""

    name: str
    ways: list[Way]
    same: Callable[[Any, Any], bool]


def spatial_duckdb() -> duckdb.DuckDBPyConnection:
    """A database in memory with the spatial extension."""
    base = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    carried = files("duckdb_extension_spatial") / "extensions" / f"v{duckdb.__version__}"
    base.execute(f"LOAD '{carried / 'spatial.duckdb_extension'}'")
    return base


def tables(base: duckdb.DuckDBPyConnection, **shapes: Shapes) -> None:
    """Shapes as tables of a database, numbered from 0."""
    for name, these in shapes.items():
        rows = pa.table({"nr": np.arange(len(these)), "wkb": shapely.to_wkb(these)})
        base.register("rows", rows)
        query = "SELECT nr, ST_GeomFromWKB(wkb) AS geom, false AS lost FROM rows"
        base.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")


def read_city(folder: Path) -> tuple[City, str]:
    """The parcels, and how long it took to make what several steps use."""
    table = pq.read_table(folder / "parcels.parquet")
    raw = shapely.from_wkb(table["geometry"])
    kept, shapes = tuned.mended(raw.copy())
    base = spatial_duckdb()
    outlines_of(raw[:100])  # compiled before it is timed
    since = time.perf_counter()
    outlines = outlines_of(shapes)
    words = f"outlines {time.perf_counter() - since:.3f} s"
    since = time.perf_counter()
    tables(base, raw=raw, parcels=shapes)
    words += f", tables of DuckDB {time.perf_counter() - since:.3f} s"
    for name in ("farmland", "water"):
        layer = tuned.outlines(folder / f"{name}.gpkg")
        tables(base, **{name: layer})
    ids = table["parcel_id"].to_numpy()[kept]
    return City(folder, raw, shapes, ids, outlines, base), words


def column(city: City, expression: str, table: str = "parcels") -> npt.NDArray[Any]:
    """An expression of DuckDB for every row."""
    query = f"SELECT {expression} AS x FROM {table} ORDER BY nr"
    return np.asarray(city.base.execute(query).fetchnumpy()["x"])


def steps(city: City) -> Iterator[Step]:
    """All steps that are compared."""
    yield area(city)
    yield ellipsoid(city)
    yield validity(city)
    yield contiguity(city)
    yield overlap(city)
    yield deduction(city)
    yield zonal(city)


def close(one: Floats, other: Floats) -> bool:
    """Whether areas are the same."""
    return bool((np.abs(one - other) <= np.maximum(SHARE * one, LEAST_M2)).all())


def equal(one: Any, other: Any) -> bool:
    """Whether arrays are the same."""
    return bool(np.array_equal(one, other))


def area(city: City) -> Step:
    """Areas on the grid."""
    ways = [
        Way("ours", lambda: planar_m2(city.outlines)),
        Way("shapely.area", lambda: shapely.area(city.shapes)),
        Way("DuckDB ST_Area", lambda: column(city, "ST_Area(geom)")),
    ]
    return Step("area on the grid", ways, close)


def ellipsoid(city: City) -> Step:
    """Areas on the ellipsoid."""
    move = Transformer.from_crs(GRID, GRID.geodetic_crs, always_xy=True).transform
    geod = Geod(ellps="GRS80")

    def geodesic() -> Floats:
        there = shapely.transform(city.shapes, lambda at: np.column_stack(move(*at.T)))
        return np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in there])

    there = f"ST_Transform(ST_FlipCoordinates(geom), '{job.CRS}', 'EPSG:4490')"
    ways = [
        Way("ours", lambda: ellipsoidal_m2(city.outlines, GRID)),
        Way("pyproj.Geod", geodesic),
        Way("pyproj, equal-area projection", lambda: tuned.ellipsoidal_m2(city.shapes)),
        Way("DuckDB ST_Area_Spheroid", lambda: column(city, f"ST_Area_Spheroid({there})")),
    ]
    return Step("area on the ellipsoid", ways, close)


def validity(city: City) -> Step:
    """Which outlines are valid, as they were drawn."""
    ways = [
        Way("ours", lambda: valid(city.raw)),
        Way("shapely.is_valid", lambda: shapely.is_valid(city.raw)),
        Way("DuckDB ST_IsValid", lambda: column(city, "ST_IsValid(geom)", "raw")),
    ]
    return Step("validity", ways, equal)


def contiguity(city: City) -> Step:
    """Components of parcels at most 30 m apart; ours and shapely's with every gap."""
    count = len(city.shapes)
    none = np.zeros(0, dtype=object)

    def ours() -> npt.NDArray[Any]:
        links = parcel_links(city.shapes, none, reach_m=job.GAP_M, tolerance_m=0.5)
        return block_labels(links, np.ones(len(links), bool), np.ones(count, bool))

    def by_tree() -> npt.NDArray[Any]:
        tree = shapely.STRtree(city.shapes)
        return job.labels(count, *tree.query(city.shapes, predicate="dwithin", distance=job.GAP_M))

    def by_sql() -> npt.NDArray[Any]:
        query = duckdb_job.NEAR.format(gap=job.GAP_M).replace("chosen", "parcels")
        pairs = city.base.execute(query).fetchnumpy()
        return job.labels(count, pairs["one"], pairs["other"])

    ways = [
        Way("ours (gaps and shared boundary too)", ours, by_first),
        Way("STRtree dwithin, scipy", by_tree, by_first),
        Way("DuckDB ST_DWithin, scipy", by_sql, by_first),
    ]
    return Step("contiguity", ways, equal)


def by_first(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Labels by the first item that has each: the same whatever the numbers."""
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(first[place])


def overlap(city: City) -> Step:
    """What parcels share with those before them."""
    count = len(city.shapes)

    def ours() -> Floats:
        later, _, cut = overlaps(city.shapes, city.ids, outlines=city.outlines)
        return np.bincount(later, shapely.area(cut.pieces), minlength=count)

    def by_tree() -> Floats:
        later, earlier = shapely.STRtree(city.shapes).query(city.shapes)
        later, earlier = later[pair := later > earlier], earlier[pair]
        shapely.prepare(city.shapes)
        meet = shapely.relate_pattern(city.shapes[later], city.shapes[earlier], "T********")
        shapely.destroy_prepared(city.shapes)
        cut = shapely.intersection(city.shapes[later[meet]], city.shapes[earlier[meet]])
        return np.bincount(later[meet], shapely.area(cut), minlength=count)

    query = duckdb_job.OVERLAPS[: duckdb_job.OVERLAPS.index("CREATE TABLE pieces")]

    def by_sql() -> Floats:
        city.base.execute(query.replace("CREATE TABLE", "CREATE OR REPLACE TABLE"))
        found = city.base.execute("SELECT later, ST_Area(geom) AS m2 FROM shared").fetchnumpy()
        return np.bincount(found["later"], found["m2"], minlength=count)

    ways = [
        Way("ours", ours),
        Way("STRtree, relate, intersection", by_tree),
        Way("DuckDB ST_Intersection", by_sql),
    ]
    return Step("overlaps", ways, lambda one, other: bool(np.abs(one - other).max() <= LEAST_M2))


def deduction(city: City) -> Step:
    """What is left of every parcel after two constraint layers."""
    whole = shapely.area(city.shapes)
    layers = {name: tuned.outlines(city.folder / f"{name}.gpkg") for name in ("farmland", "water")}
    frames = [
        gpd.GeoDataFrame({"row": np.arange(len(shapes)) + 1}, geometry=shapes, crs=GRID).assign(
            reason=name, file=name, layer=name
        )
        for name, shapes in layers.items()
    ]
    constraints = pd.concat(frames, ignore_index=True)
    parcels = gpd.GeoDataFrame(
        {"parcel_id": city.ids, "zone": "", "treatment": "rebuild", "land_m2": on_land_grid(whole)},
        geometry=city.shapes,
        crs=GRID,
    )

    def ours() -> Any:
        return balance(
            parcels,
            city.shapes,
            constraints,
            order=[("farmland", "hard"), ("water", "limiting"), ("handover", "handover")],
            measure=shapely.area,
            public=pd.Series(np.zeros(len(parcels), dtype=bool)),
            handover_share=0.0,
            place=lambda at: {"row": at + 1},
        )

    def by_tree() -> Floats:
        rest = tuned.without(city.shapes, layers["farmland"])
        return shapely.area(tuned.without(rest, layers["water"]))

    def by_sql() -> npt.NDArray[Any]:
        for pieces, taker, rest in (
            ("parcels", "farmland", "left_1"),
            ("left_1", "water", "left_2"),
        ):
            words = {"pieces": pieces, "taker": taker, "rest": rest, "skip": "false"}
            city.base.execute(
                duckdb_job.DEDUCT.format(**words).replace("CREATE TABLE", "CREATE OR REPLACE TABLE")
            )
        return column(city, "ST_Area(geom)", "left_2")

    ways = [
        Way("ours (with the outlines of what is lost)", ours, lambda held: held.usable_m2),
        Way("shapely, prepared and cut", by_tree),
        Way("DuckDB ST_Difference", by_sql),
    ]
    same = SHARE * whole.max()
    return Step("constraints", ways, lambda one, other: bool(np.abs(one - other).max() <= same))


def zonal(city: City) -> Step:
    """Mean elevations with exact weights; ours with all that is told of the terrain."""
    plan = read_plan(city.folder / "plan.toml")
    assert plan.terrain is not None
    dem = read_dem(plan.terrain, city.folder, Notes())
    series = gpd.GeoSeries(city.shapes, crs=GRID)
    frame = gpd.GeoDataFrame(geometry=series)

    def theirs() -> Any:
        raster = city.folder / "dem.tif"
        return exact_extract(raster, frame, "mean", output="pandas", strategy="raster-sequential")

    ways = [
        Way(
            "ours (twelve figures)",
            lambda: parcel_terrain(series, GRID, dem, city.outlines),
            lambda table: table["elevation_mean_m"].to_numpy(),
        ),
        Way("exactextract (mean)", theirs, lambda table: table["mean"].to_numpy()),
    ]
    return Step(
        "zonal statistics", ways, lambda one, other: bool(np.abs(one - other).max() <= ELEVATION_M)
    )


def agreed(step: Step) -> list[float]:
    """The time of every way, each taken once; leaves when their answers differ."""
    times, answers = [], []
    for way in step.ways:
        since = time.perf_counter()
        found = way.do()
        times.append(time.perf_counter() - since)
        answers.append(way.answer(found))
    for way, answer in zip(step.ways, answers, strict=True):
        if not step.same(answers[0], answer):
            sys.exit(f"{step.name}: {way.name} answers differently")
    return times


def medians(step: Step, runs: int) -> list[float]:
    """Medians of all ways in turn. The first time, which may compile kernels, does not count."""
    agreed(step)
    times = zip(*(agreed(step) for _ in range(runs)), strict=True)
    return [statistics.median(of_way) for of_way in times]


def main(argv: Sequence[str] | None = None) -> None:
    """Time every step on a city of N parcels, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("count", type=int, nargs="?", default=100_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, help="of each way (default: %(default)s)")
    parser.add_argument("--date", help="the date to write into the report")
    results = Path(__file__).with_name("steps.md")
    parser.add_argument("--results", type=Path, default=results, help="default: %(default)s")
    options = parser.parse_args(argv)
    lines = ["| step | way | time s | ÷ ours |", "|:--|:--|--:|--:|"]
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as name:
        folder = Path(name)
        made = [sys.executable, "-m", "benchmarks.city", name, str(options.count)]
        subprocess.run(made, check=True)
        city, once = read_city(folder)
        for step in steps(city):
            times = medians(step, options.runs)
            for way, median in zip(step.ways, times, strict=True):
                ratio = f"{median / times[0]:.1f}"
                lines.append(f"| {step.name} | {way.name} | {median:.3f} | {ratio} |")
                print(f"{step.name:24}{way.name:42}{median:9.3f} s{ratio:>8}", flush=True)
    report = {
        "count": options.count,
        "date": f" on {options.date}" if options.date else "",
        "runs": options.runs,
        "load": f"{os.getloadavg()[0]:.1f}",
        "machine": machine(),
        "table": "\n".join(lines),
        "once": once,
    }
    options.results.write_text(REPORT.format(**report), encoding="utf-8")


if __name__ == "__main__":
    main()
