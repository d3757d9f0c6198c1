"""The job in PostGIS: a cluster of its own in a temporary folder, loaded by COPY, in SQL.

Start-up and loading are part of the job, as its files are the town's; durability is switched off,
as the cluster is thrown away. There is no zonal step (a raster in PostGIS has no exact weights).
The Debian packages postgresql and postgresql-postgis are enough; the server refuses to run as root,
so that it then runs as nobody. The ids of the layer ascend with its rows.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pyarrow.parquet as pq
import pyogrio

from benchmarks import job
from benchmarks.clock import Clock

SETTINGS = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal"),
    *("max_wal_senders=0", "autovacuum=off", "shared_buffers=1GB", "work_mem=256MB"),
    *("maintenance_work_mem=1GB", "max_parallel_workers_per_gather=2", "listen_addresses="),
    *("min_parallel_table_scan_size=0", "parallel_setup_cost=100", "parallel_tuple_cost=0.01"),
)
NOBODY = 65534

TABLES = """
CREATE UNLOGGED TABLE raw (nr integer, parcel_id text, plot_ratio_planned float8, lost boolean,
    counts boolean, geom geometry);
CREATE UNLOGGED TABLE zones (name text, geom geometry);
CREATE UNLOGGED TABLE farmland (name text, geom geometry);
CREATE UNLOGGED TABLE water (name text, geom geometry);
"""
INDEX = "CREATE INDEX ON {table} USING gist (geom); ANALYZE {table};"
VALID = """
CREATE UNLOGGED TABLE parcels AS
SELECT nr, parcel_id, plot_ratio_planned, lost, counts, good AS geom FROM (
    SELECT *, CASE WHEN ST_IsValid(geom) THEN geom ELSE ST_MakeValid(geom) END AS good
    FROM raw) AS r WHERE abs(ST_Area(good) - ST_Area(geom)) < {close};
"""
AREA = """
CREATE UNLOGGED TABLE areas AS SELECT nr, ST_Area(geom) AS planar_m2,
    ST_Area(ST_Transform(ST_SetSRID(geom, 4547), 4490)::geography) AS ellipsoidal_m2 FROM parcels;
"""
ZONES = """
CREATE UNLOGGED TABLE placed AS SELECT DISTINCT ON (nr) nr, zone FROM (
    SELECT p.nr, z.name AS zone, CASE WHEN ST_Covers(z.geom, p.geom) THEN ST_Area(p.geom)
        ELSE ST_Area(ST_Intersection(z.geom, p.geom)) END AS m2
    FROM zones z JOIN parcels p ON ST_Intersects(z.geom, p.geom)) AS held ORDER BY nr, m2 DESC;
"""
OVERLAPS = """
CREATE UNLOGGED TABLE shared AS SELECT * FROM (
    SELECT a.nr AS later, b.nr AS earlier, a.counts AND b.counts AS counts,
        ST_Intersection(a.geom, b.geom) AS geom
    FROM parcels a JOIN parcels b ON a.geom && b.geom AND a.nr > b.nr
    WHERE ST_Relate(a.geom, b.geom, 'T********')) AS s WHERE ST_Area(geom) > 0;
CREATE UNLOGGED TABLE pieces AS SELECT p.nr, p.lost, CASE WHEN s.geom IS NULL THEN p.geom
    ELSE ST_Difference(p.geom, s.geom) END AS geom
FROM parcels p LEFT JOIN (
    SELECT later, ST_Union(geom) AS geom FROM shared GROUP BY later) AS s ON s.later = p.nr;
CREATE UNLOGGED TABLE counted AS SELECT later AS nr, ST_Area(ST_Union(geom)) AS m2
FROM shared WHERE counts GROUP BY later;
"""
DEDUCT = """
CREATE UNLOGGED TABLE {rest} AS
WITH met AS MATERIALIZED (SELECT p.nr, ST_Union(t.geom) AS cover
    FROM {pieces} p JOIN {taker} t ON ST_Intersects(t.geom, p.geom)
    WHERE NOT ({skip}) GROUP BY p.nr)
SELECT p.nr, p.lost, CASE WHEN {skip} THEN 'POLYGON EMPTY'::geometry
    WHEN m.nr IS NULL THEN p.geom ELSE ST_Difference(p.geom, m.cover) END AS geom
FROM {pieces} p LEFT JOIN met m ON m.nr = p.nr;
"""
BLOCKS = """
CREATE UNLOGGED TABLE blocks AS SELECT nr, ST_ClusterDBSCAN(geom, {gap}, 1) OVER () AS block
FROM parcels WHERE counts;
"""
FIGURES = """
SELECT p.parcel_id, k.zone, r.planar_m2, r.ellipsoidal_m2, ST_Area(o.geom) AS land_m2,
    ST_Area(f.geom) AS left_m2, ST_Area(n.geom) AS net_m2, p.plot_ratio_planned, p.lost,
    CASE WHEN p.counts THEN r.planar_m2 - coalesce(c.m2, 0) ELSE 0 END AS counted_m2,
    coalesce(b.block, -1) AS block, ST_AsBinary(p.geom) AS wkb
FROM parcels p JOIN areas r USING (nr) JOIN placed k USING (nr) JOIN pieces o USING (nr)
JOIN after_farmland f USING (nr) JOIN net n USING (nr) LEFT JOIN counted c USING (nr)
LEFT JOIN blocks b USING (nr) ORDER BY p.nr
"""


@contextmanager
def cluster() -> Iterator[psycopg.Connection]:
    """A database server on a socket in a temporary folder, gone when the block ends.

    It is a child of this process, so that its time counts.
    """
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    user = NOBODY if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="landready-postgis-") as name:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user, user)
        make = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-A",
            "trust",
            "-U",
            "bench",
            "--no-sync",
        ]
        run: dict[str, Any] = {"user": user, "group": user, "cwd": folder}
        run |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(make, check=True, **run)
        settings = [word for item in SETTINGS for word in ("-c", item)]
        serve = [programs / "postgres", "-D", folder / "data", "-k", folder, *settings]
        with subprocess.Popen(serve, **run) as server:
            try:
                with connected(f"host={folder} user=bench dbname=postgres") as base:
                    base.execute("CREATE EXTENSION postgis")
                    yield base
            finally:
                server.send_signal(signal.SIGINT)


def connected(where: str) -> psycopg.Connection:
    """A connection to a server that is starting."""
    for _ in range(100):
        with suppress(psycopg.OperationalError):
            return psycopg.connect(where, autocommit=True)
        time.sleep(0.1)
    raise TimeoutError(where)


def load(base: psycopg.Connection, city: Path) -> None:
    """The layers of a city as tables."""
    base.execute(TABLES)
    table = pq.read_table(city / "parcels.parquet")
    outlines = table["geometry"].to_pylist()
    parcels = table.drop_columns(["geometry"]).to_pandas()
    columns = [
        parcels["parcel_id"].tolist(),
        parcels["plot_ratio_planned"].tolist(),
        job.lost_whole(parcels).tolist(),
        job.counted(parcels).tolist(),
        outlines,
    ]
    with base.cursor().copy("COPY raw FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "text", "float8", "bool", "bool", "bytea"])
        for number, row in enumerate(zip(*columns, strict=True)):
            copy.write_row((number, *row))
    for name in ("zones", "farmland", "water"):
        _, _, shapes, fields = pyogrio.raw.read(city / f"{name}.gpkg")
        with base.cursor().copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["text", "bytea"])
            for row in zip(fields[0].astype(str).tolist(), shapes, strict=True):
                copy.write_row(row)
        base.execute(INDEX.format(table=name))


def in_postgis(city: Path, out: Path, clock: Clock) -> None:
    """The whole job, step by step."""
    clock("start")
    with cluster() as base:
        clock("read")
        load(base, city)
        clock("valid")
        base.execute(VALID.format(close=job.CLOSE_M2))
        base.execute(INDEX.format(table="parcels"))
        clock("area")
        base.execute(AREA)
        clock("zones")
        base.execute(ZONES)
        clock("overlaps")
        base.execute(OVERLAPS)
        clock("deduct")
        base.execute(INDEX.format(table="pieces"))
        hard = {"pieces": "pieces", "taker": "farmland", "rest": "after_farmland"}
        base.execute(DEDUCT.format(**hard, skip="false"))
        base.execute(INDEX.format(table="after_farmland"))
        soft = {"pieces": "after_farmland", "taker": "water", "rest": "net"}
        base.execute(DEDUCT.format(**soft, skip="p.lost"))
        clock("blocks")
        base.execute(BLOCKS.format(gap=job.GAP_M))
        clock("write")
        write(base, out)


def write(base: psycopg.Connection, out: Path) -> None:
    """The figures out of the database and into files."""
    base.execute("ANALYZE")
    cursor = base.cursor(binary=True).execute(FIGURES)
    assert cursor.description is not None
    parcels = pd.DataFrame(cursor.fetchall(), columns=[item.name for item in cursor.description])
    parcels["farmland_m2"] = parcels["land_m2"] - parcels["left_m2"]
    parcels["water_m2"] = (parcels["left_m2"] - parcels["net_m2"]).mask(parcels["lost"], 0.0)
    parcels["block"] = parcels["block"].astype(np.int64)
    parcels["floor_m2"] = job.planned_floor(parcels)
    job.write(parcels, parcels["wkb"].tolist(), out)


if __name__ == "__main__":
    job.main(in_postgis)
