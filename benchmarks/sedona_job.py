"""The job in SedonaDB, in SQL; what is used twice is held in memory, as WKB without a CRS.

What parcels share is cut from the union of their neighbours: the union of pieces with loose points
and lines is nothing to it. There is no ellipsoidal area and no zonal step with exact weights, and
components of pairs come from scipy. The ids of the layer ascend with its rows.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import sedonadb

from benchmarks import job
from benchmarks.clock import Clock

PARCELS = """
SELECT row_number() OVER (ORDER BY parcel_id) - 1 AS nr, parcel_id, plot_ratio_planned,
    land_use IN ({uses}) OR treatment IN ({treatments}) AS lost,
    stage IN ({stages}) AND evidence <> '' AS counts,
    ST_SetSRID(geometry, 0) AS geom FROM raw
"""
VALID = """
SELECT nr, parcel_id, plot_ratio_planned, lost, counts, good AS geom FROM (
    SELECT *, ST_GeomFromWKBUnchecked(
    CASE WHEN ST_IsValid(geom) THEN geom ELSE ST_MakeValid(geom) END) AS good FROM numbered)
WHERE abs(ST_Area(good) - ST_Area(geom)) < {close}
"""
ZONES = """
SELECT p.nr, z.zone_id AS zone, CASE WHEN ST_Covers(z.geom, p.geom) THEN ST_Area(p.geom)
    ELSE ST_Area(ST_Intersection(z.geom, p.geom)) END AS m2
FROM parcels p JOIN zones z ON ST_Intersects(p.geom, z.geom)
"""
MOST = """
SELECT nr, first_value(zone ORDER BY m2 DESC) AS zone FROM held GROUP BY nr
"""
SHARED = """
SELECT a.nr AS later, a.counts AND b.counts AS counts, b.geom
FROM parcels a JOIN parcels b ON ST_Intersects(a.geom, b.geom) AND a.nr > b.nr
WHERE NOT ST_Touches(a.geom, b.geom)
"""
PIECES = """
SELECT p.nr, p.lost, ST_GeomFromWKBUnchecked(CASE WHEN s.geom IS NULL THEN p.geom
    ELSE ST_Difference(p.geom, s.geom) END) AS geom
FROM parcels p LEFT JOIN (
    SELECT later, ST_Union_Agg(geom) AS geom FROM shared GROUP BY later) s ON s.later = p.nr
"""
COUNTED = """
SELECT p.nr, ST_Area(ST_Intersection(p.geom, s.geom)) AS m2 FROM parcels p JOIN (
    SELECT later, ST_Union_Agg(geom) AS geom FROM shared WHERE counts GROUP BY later) s
ON s.later = p.nr
"""
DEDUCT = """
WITH met AS (SELECT p.nr, ST_Union_Agg(t.geom) AS cover
    FROM {pieces} p JOIN {taker} t ON ST_Intersects(p.geom, t.geom)
    WHERE NOT ({skip}) GROUP BY p.nr)
SELECT p.nr, p.lost, ST_GeomFromWKBUnchecked(CASE WHEN {skip} THEN
    ST_GeomFromText('POLYGON EMPTY') WHEN m.nr IS NULL THEN p.geom
    ELSE ST_Difference(p.geom, m.cover) END) AS geom
FROM {pieces} p LEFT JOIN met m ON m.nr = p.nr
"""
NEAR = """
SELECT a.nr AS one, b.nr AS other FROM chosen a JOIN chosen b
ON ST_DWithin(a.geom, b.geom, {gap})
"""
FIGURES = """
SELECT p.nr, p.parcel_id, k.zone, ST_Area(p.geom) AS planar_m2, ST_Area(o.geom) AS land_m2,
    ST_Area(f.geom) AS left_m2, ST_Area(n.geom) AS net_m2, p.plot_ratio_planned, p.lost, p.counts,
    CASE WHEN p.counts THEN ST_Area(p.geom) - coalesce(c.m2, 0) ELSE 0 END AS counted_m2,
    ST_AsBinary(p.geom) AS wkb
FROM parcels p JOIN placed k ON k.nr = p.nr JOIN pieces o ON o.nr = p.nr
JOIN after_farmland f ON f.nr = p.nr JOIN net n ON n.nr = p.nr LEFT JOIN counted c ON c.nr = p.nr
ORDER BY p.nr
"""


def in_sedona(city: Path, out: Path, clock: Clock) -> None:
    """The whole job, step by step."""
    clock("read")
    base = sedonadb.connect()

    def keep(name: str, query: str) -> None:
        base.create_data_frame(base.sql(query).to_arrow_table()).to_view(name)

    base.read_parquet(city / "parcels.parquet").to_view("raw")
    keep("numbered", PARCELS.format(**job.in_sql()))
    for name in ("zones", "farmland", "water"):
        base.read_pyogrio(city / f"{name}.gpkg").to_view(f"{name}_file")
        column = "zone_id" if name == "zones" else "number"
        keep(name, f"SELECT ST_SetSRID(geom, 0) AS geom, {column} FROM {name}_file")
    clock("valid")
    keep("parcels", VALID.format(close=job.CLOSE_M2))
    base.drop_view("numbered")
    clock("zones")
    keep("held", ZONES)
    keep("placed", MOST)
    clock("overlaps")
    keep("shared", SHARED)
    keep("pieces", PIECES)
    keep("counted", COUNTED)
    clock("deduct")
    hard = {"pieces": "pieces", "taker": "farmland", "skip": "false"}
    keep("after_farmland", DEDUCT.format(**hard))
    keep("net", DEDUCT.format(pieces="after_farmland", taker="water", skip="p.lost"))
    clock("blocks")
    keep("chosen", "SELECT nr, geom FROM parcels WHERE counts")
    near = base.sql(NEAR.format(gap=job.GAP_M)).to_arrow_table()
    clock("write")
    table = pa.table(base.sql(FIGURES).to_arrow_table())
    wkb = table["wkb"].combine_chunks()
    parcels = table.drop_columns(["wkb"]).to_pandas()
    at = parcels.pop("nr").to_numpy()
    one, other = (np.searchsorted(at, near[name].to_numpy()) for name in ("one", "other"))
    parcels["block"] = np.where(parcels["counts"], job.labels(len(at), one, other), -1)
    parcels["farmland_m2"] = parcels["land_m2"] - parcels["left_m2"]
    parcels["water_m2"] = (parcels["left_m2"] - parcels["net_m2"]).mask(parcels["lost"], 0.0)
    parcels["floor_m2"] = job.planned_floor(parcels)
    job.write(parcels, wkb, out)


if __name__ == "__main__":
    job.main(in_sedona)
