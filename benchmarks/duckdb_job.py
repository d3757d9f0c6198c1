"""The job in DuckDB with its spatial extension, which the package duckdb-extension-spatial carries.

Spatial joins find the pairs; an order of the pairs in the same join would make it one by order,
which is quadratic, so that it is asked afterwards. The ids of the layer ascend with its rows. There
is no zonal step, and components of pairs come from scipy, as SQL would be slower at it.
"""

from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np

from benchmarks import job
from benchmarks.clock import Clock

READ = """
CREATE TABLE raw AS SELECT row_number() OVER () - 1 AS nr, parcel_id, plot_ratio_planned,
    land_use IN ({uses}) OR treatment IN ({treatments}) AS lost,
    stage IN ({stages}) AND evidence <> '' AS counts, geometry AS geom
FROM read_parquet('{city}/parcels.parquet');
CREATE TABLE zones AS SELECT zone_id, geom FROM ST_Read('{city}/zones.gpkg');
CREATE TABLE farmland AS SELECT geom FROM ST_Read('{city}/farmland.gpkg');
CREATE TABLE water AS SELECT geom FROM ST_Read('{city}/water.gpkg');
"""
VALID = """
CREATE TABLE parcels AS SELECT * EXCLUDE (good) REPLACE (good AS geom) FROM (
    SELECT *, CASE WHEN ST_IsValid(geom) THEN geom ELSE ST_MakeValid(geom) END AS good FROM raw)
WHERE abs(ST_Area(good) - ST_Area(geom)) < {close};
DROP TABLE raw;
"""
AREA = """
CREATE TABLE areas AS SELECT nr, ST_Area(geom) AS planar_m2,
    ST_Area_Spheroid({degrees}) AS ellipsoidal_m2 FROM parcels;
"""
ZONES = """
CREATE TABLE placed AS SELECT p.nr, arg_max(z.zone_id, CASE WHEN ST_Covers(z.geom, p.geom)
    THEN ST_Area(p.geom) ELSE ST_Area(ST_Intersection(z.geom, p.geom)) END) AS zone
FROM parcels p JOIN zones z ON ST_Intersects(p.geom, z.geom) GROUP BY p.nr;
"""
OVERLAPS = """
CREATE TABLE shared AS WITH met AS MATERIALIZED (
    SELECT a.nr AS later, b.nr AS earlier, a.geom AS one, b.geom AS other
    FROM parcels a JOIN parcels b ON ST_Intersects(a.geom, b.geom)),
cut AS (SELECT later, earlier, ST_Intersection(one, other) AS geom FROM met
    WHERE later > earlier AND NOT ST_Touches(one, other))
SELECT * FROM cut WHERE ST_Area(geom) > 0;
CREATE TABLE pieces AS SELECT p.nr, p.lost, CASE WHEN s.geom IS NULL THEN p.geom
    ELSE ST_Difference(p.geom, s.geom) END AS geom
FROM parcels p LEFT JOIN (
    SELECT later, ST_Union_Agg(geom) AS geom FROM shared GROUP BY later) s ON s.later = p.nr;
CREATE TABLE counted AS SELECT later AS nr, ST_Area(ST_Union_Agg(s.geom)) AS m2 FROM shared s
JOIN parcels a ON a.nr = later JOIN parcels b ON b.nr = earlier
WHERE a.counts AND b.counts GROUP BY later;
"""
DEDUCT = """
CREATE TABLE {rest} AS
WITH met AS (SELECT p.nr, any_value(p.geom) AS geom, ST_Union_Agg(t.geom) AS cover
    FROM {pieces} p JOIN {taker} t ON ST_Intersects(p.geom, t.geom)
    WHERE NOT ({skip}) GROUP BY p.nr)
SELECT p.nr, p.lost, CASE WHEN {skip} THEN ST_GeomFromText('POLYGON EMPTY')
    WHEN m.nr IS NULL THEN p.geom ELSE ST_Difference(m.geom, m.cover) END AS geom
FROM {pieces} p LEFT JOIN met m ON m.nr = p.nr;
"""
NEAR = """
SELECT a.nr AS one, b.nr AS other FROM chosen a JOIN chosen b
ON ST_DWithin(a.geom, b.geom, {gap});
"""
FIGURES = """
SELECT p.parcel_id, zone, planar_m2, ellipsoidal_m2, ST_Area(o.geom) AS land_m2,
    ST_Area(f.geom) AS left_m2, ST_Area(n.geom) AS net_m2, plot_ratio_planned, p.lost, p.counts,
    CASE WHEN p.counts THEN planar_m2 - coalesce(c.m2, 0) ELSE 0 END AS counted_m2
FROM parcels p JOIN areas USING (nr) JOIN placed USING (nr) JOIN pieces o USING (nr)
JOIN after_farmland f USING (nr) JOIN net n USING (nr) LEFT JOIN counted c USING (nr)
ORDER BY p.nr;
"""


def in_duckdb(city: Path, out: Path, clock: Clock) -> None:
    """The whole job, step by step."""
    clock("read")
    base = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    folder = files("duckdb_extension_spatial") / "extensions" / f"v{duckdb.__version__}"
    base.execute(f"LOAD '{folder / 'spatial.duckdb_extension'}'")
    base.execute(READ.format(city=city, **job.in_sql()))
    clock("valid")
    base.execute(VALID.format(close=job.CLOSE_M2))
    clock("area")
    there = f"ST_Transform(ST_FlipCoordinates(geom), '{job.CRS}', 'EPSG:4490')"
    base.execute(AREA.format(degrees=there))
    clock("zones")
    base.execute(ZONES)
    clock("overlaps")
    base.execute(OVERLAPS)
    clock("deduct")
    hard = {"pieces": "pieces", "taker": "farmland", "rest": "after_farmland", "skip": "false"}
    base.execute(DEDUCT.format(**hard))
    soft = {"pieces": "after_farmland", "taker": "water", "rest": "net", "skip": "p.lost"}
    base.execute(DEDUCT.format(**soft))
    clock("blocks")
    base.execute("CREATE TABLE chosen AS SELECT nr, geom FROM parcels WHERE counts")
    pairs = base.execute(NEAR.format(gap=job.GAP_M)).fetchnumpy()
    clock("write")
    parcels = base.execute(FIGURES).df()
    nr = base.execute("SELECT nr FROM parcels ORDER BY nr").fetchnumpy()["nr"]
    one, other = (np.searchsorted(nr, pairs[name]) for name in ("one", "other"))
    parcels["block"] = np.where(parcels["counts"], job.labels(len(nr), one, other), -1)
    parcels["farmland_m2"] = parcels["land_m2"] - parcels["left_m2"]
    parcels["water_m2"] = (parcels["left_m2"] - parcels["net_m2"]).mask(parcels["lost"], 0.0)
    parcels["floor_m2"] = job.planned_floor(parcels)
    wkb_column = base.execute("SELECT ST_AsWKB(geom) AS wkb FROM parcels ORDER BY nr")
    job.write(parcels, wkb_column.to_arrow_table()["wkb"].combine_chunks(), out)


if __name__ == "__main__":
    job.main(in_duckdb)
