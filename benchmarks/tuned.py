"""The job in shapely 2 as somebody writes it who knows it well: arrays, trees, prepared shapes.

No step works on more than it must: predicates with prepared geometry come before overlays, what is
covered whole is never cut, and the land that is lost is what the difference leaves out. Ellipsoidal
areas are planar areas in an equal-area projection of the same ellipsoid (points moved once).
"""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pyogrio
import shapely
from exactextract import exact_extract
from pyproj import Transformer

from benchmarks import job
from benchmarks.clock import Clock
from benchmarks.job import Floats, Integers

Shapes = npt.NDArray[Any]

EQUAL_AREA = "+proj=cea +ellps=GRS80 +lon_0=114 +lat_ts=23"


def tuned(city: Path, out: Path, clock: Clock) -> None:
    """The whole job, step by step."""
    clock("read")
    parcels = pq.read_table(city / "parcels.parquet").to_pandas()
    shapes = shapely.from_wkb(parcels.pop("geometry"))
    clock("valid")
    kept, shapes = mended(shapes)
    parcels = parcels[kept].reset_index(drop=True)
    clock("area")
    parcels["planar_m2"] = shapely.area(shapes)
    parcels["ellipsoidal_m2"] = ellipsoidal_m2(shapes)
    clock("zones")
    zones = pyogrio.read_dataframe(city / "zones.gpkg")
    held = most_of(shapes, zones.geometry.to_numpy())
    parcels["zone"] = zones["zone_id"].to_numpy()[held]
    clock("overlaps")
    counts = job.counted(parcels)
    pieces, counted_m2 = each_once(shapes, parcels["parcel_id"].to_numpy(), counts)
    land = shapely.area(pieces)
    clock("deduct")
    rest = without(pieces, outlines(city / "farmland.gpkg"))
    left = shapely.area(rest)
    lost = job.lost_whole(parcels)
    rest[lost] = shapely.Polygon()
    net = shapely.area(without(rest, outlines(city / "water.gpkg")))
    water = np.where(lost, 0.0, left - net)
    parcels = parcels.assign(
        land_m2=land, farmland_m2=land - left, water_m2=water, net_m2=net, counted_m2=counted_m2
    )
    parcels["floor_m2"] = job.planned_floor(parcels)
    clock("zonal")
    parcels["elevation_m"] = elevation_m(shapes, city / "dem.tif")
    clock("blocks")
    parcels["block"] = blocks(shapes, counts)
    clock("write")
    job.write(parcels, shapely.to_wkb(shapes), out)


def outlines(path: Path) -> Shapes:
    """The polygons of a layer."""
    return np.asarray(shapely.from_wkb(pyogrio.raw.read(path, columns=[])[2]))


def mended(shapes: Shapes) -> tuple[npt.NDArray[np.bool_], Shapes]:
    """Which shapes are or can be made valid, and those."""
    bad = np.flatnonzero(~shapely.is_valid(shapes))
    good = shapely.make_valid(shapes[bad])
    same = np.abs(shapely.area(good) - shapely.area(shapes[bad])) < job.CLOSE_M2
    shapes[bad] = good
    kept = np.ones(len(shapes), dtype=bool)
    kept[bad[~same]] = False
    return kept, shapes[kept]


def ellipsoidal_m2(shapes: Shapes) -> Floats:
    """Areas on the ellipsoid."""
    move = Transformer.from_crs(job.CRS, EQUAL_AREA, always_xy=True).transform
    there = shapely.transform(shapes, lambda at: np.column_stack(move(*at.T)))
    return np.asarray(shapely.area(there))


def most_of(shapes: Shapes, zones: Shapes) -> Integers:
    """The place of the zone that holds most of each shape."""
    shapely.prepare(zones)
    zone, parcel = shapely.STRtree(shapes).query(zones, predicate="intersects")
    inside = shapely.covers(zones[zone], shapes[parcel])
    held = np.empty(len(zone))
    held[inside] = shapely.area(shapes[parcel[inside]])
    cut = shapely.intersection(shapes[parcel[~inside]], zones[zone[~inside]])
    held[~inside] = shapely.area(cut)
    order = np.argsort(held, kind="stable")
    most = np.zeros(len(shapes), dtype=np.int64)
    most[parcel[order]] = zone[order]
    return most


def each_once(shapes: Shapes, ids: npt.NDArray[Any], counts: Any) -> tuple[Shapes, Floats]:
    """Each shape without what it shares with earlier ones, and land counted among some."""
    later, earlier = shapely.STRtree(shapes).query(shapes)
    pair = later > earlier  # the ids of the layer ascend
    assert (ids[1:] > ids[:-1]).all()
    later, earlier = later[pair], earlier[pair]
    shapely.prepare(shapes)
    meet = shapely.relate_pattern(shapes[later], shapes[earlier], "T********")
    shapely.destroy_prepared(shapes)
    later, earlier = later[meet], earlier[meet]
    parcels, before = grouped(later, shapes[earlier])
    pieces = shapes.copy()
    pieces[parcels] = shapely.difference(shapes[parcels], before)
    both = counts[later] & counts[earlier]
    parcels, before = grouped(later[both], shapes[earlier[both]])
    land = np.where(counts, shapely.area(shapes), 0.0)
    land[parcels] = shapely.area(shapely.difference(shapes[parcels], before))
    return pieces, land


def grouped(which: Integers, shapes: Shapes) -> tuple[Integers, Shapes]:
    """The union of the shapes that belong to each item, mostly one."""
    order = np.argsort(which, kind="stable")
    items, starts = np.unique(which[order], return_index=True)
    groups = np.split(shapes[order], starts[1:]) if len(items) else []
    united = np.empty(len(items), dtype=object)
    united[:] = [group[0] if len(group) == 1 else shapely.union_all(group) for group in groups]
    return items, united


def without(shapes: Shapes, takers: Shapes) -> Shapes:
    """What polygons leave of shapes; what one of them covers is not cut."""
    shapely.prepare(takers)
    taker, parcel = shapely.STRtree(shapes).query(takers, predicate="intersects")
    whole = shapely.covers(takers[taker], shapes[parcel])
    rest = shapes.copy()
    rest[parcel[whole]] = shapely.Polygon()
    cut = ~np.isin(parcel, parcel[whole])
    items, cover = grouped(parcel[cut], takers[taker[cut]])
    rest[items] = shapely.difference(shapes[items], cover)
    return rest


def elevation_m(shapes: Shapes, dem: Path) -> Floats:
    """Mean elevation with exact weights."""
    frame = gpd.GeoDataFrame(geometry=shapes, crs=job.CRS)
    means = exact_extract(dem, frame, "mean", output="pandas", strategy="raster-sequential")
    return np.asarray(means["mean"], dtype=np.float64)


def blocks(shapes: Shapes, counts: Any) -> Integers:
    """The block of each shape that counts, -1 for the others."""
    chosen = np.flatnonzero(counts)
    tree = shapely.STRtree(shapes[chosen])
    one, other = tree.query(shapes[chosen], predicate="dwithin", distance=job.GAP_M)
    block = np.full(len(shapes), -1, dtype=np.int64)
    block[chosen] = job.labels(len(chosen), one, other)
    return block


if __name__ == "__main__":
    job.main(tuned)
