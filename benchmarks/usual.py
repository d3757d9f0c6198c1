"""The job as a good GeoPandas user writes it: overlay, sjoin, buffer and dissolve, groupby.

Ellipsoidal areas are those of ``pyproj.Geod``, row by row; elevations come from exactextract.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from exactextract import exact_extract
from pyproj import Geod

from benchmarks import job
from benchmarks.clock import Clock


def usual(city: Path, out: Path, clock: Clock) -> None:
    """The whole job, step by step."""
    clock("read")
    parcels = gpd.read_parquet(city / "parcels.parquet")
    clock("valid")
    parcels = mended(parcels)
    clock("area")
    parcels["planar_m2"] = parcels.area
    geod, degrees = Geod(ellps="GRS80"), parcels.geometry.to_crs("EPSG:4490")
    areas = [abs(geod.geometry_area_perimeter(shape)[0]) for shape in degrees]
    parcels["ellipsoidal_m2"] = areas
    clock("zones")
    parcels["zone"] = zone_of(parcels, gpd.read_file(city / "zones.gpkg"))
    clock("overlaps")
    parcels["counts"] = job.counted(parcels)
    counts = parcels[parcels["counts"]]
    parcels["counted_m2"] = counts.area - overlaps(counts).area
    parcels["counted_m2"] = parcels["counted_m2"].fillna(0.0)
    pieces = parcels[["parcel_id", "geometry"]].copy()
    shared = overlaps(parcels)
    where = ~shared.is_empty
    pieces.loc[where, "geometry"] = pieces.geometry[where].difference(shared[where])
    parcels["land_m2"] = pieces.area
    clock("deduct")
    after = gpd.overlay(pieces, gpd.read_file(city / "farmland.gpkg"), how="difference")
    left_m2 = parcels["parcel_id"].map(after.set_index("parcel_id").area).fillna(0.0)
    parcels["farmland_m2"] = parcels["land_m2"] - left_m2
    lost = job.lost_whole(parcels)
    after = after[~after["parcel_id"].isin(parcels["parcel_id"][lost])]
    net = gpd.overlay(after, gpd.read_file(city / "water.gpkg"), how="difference")
    parcels["net_m2"] = parcels["parcel_id"].map(net.set_index("parcel_id").area).fillna(0.0)
    parcels["water_m2"] = (left_m2 - parcels["net_m2"]).mask(lost, 0.0)
    parcels["floor_m2"] = job.planned_floor(parcels)
    clock("zonal")
    means = exact_extract(city / "dem.tif", parcels[["geometry"]], "mean", output="pandas")
    parcels["elevation_m"] = means["mean"]
    clock("blocks")
    parcels["block"] = blocks(parcels[parcels["counts"]]).reindex(parcels.index)
    parcels["block"] = parcels["block"].fillna(-1).astype(np.int64)
    clock("write")
    job.write(pd.DataFrame(parcels.drop(columns="geometry")), parcels.geometry.to_wkb(), out)


def mended(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parcels made valid; those whose repair changes their area are left out."""
    invalid = parcels[~parcels.is_valid]
    good = invalid.make_valid()
    same = (good.area - invalid.area).abs() < job.CLOSE_M2
    parcels.loc[good.index, "geometry"] = good
    return parcels.drop(index=good.index[~same]).reset_index(drop=True)


def zone_of(parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series:
    """The zone that holds most of each parcel."""
    pieces = gpd.overlay(
        parcels[["parcel_id", "geometry"]],
        zones[["zone_id", "geometry"]],
        how="intersection",
        keep_geom_type=True,
    )
    pieces = pieces.assign(area=pieces.area).sort_values("area")
    most = pieces.drop_duplicates("parcel_id", keep="last").set_index("parcel_id")
    return parcels["parcel_id"].map(most["zone_id"])


def overlaps(parcels: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """What each parcel shares with parcels before it."""
    shapes = parcels[["parcel_id", "geometry"]]
    pairs = gpd.sjoin(shapes, shapes, predicate="intersects")
    pairs = pairs[pairs["parcel_id_left"] > pairs["parcel_id_right"]]
    earlier = shapes.geometry.loc[pairs["index_right"]].reset_index(drop=True)
    shared = pairs.geometry.reset_index(drop=True).intersection(earlier)
    pieces = gpd.GeoDataFrame({"at": pairs.index}, geometry=shared.to_numpy(), crs=parcels.crs)
    united = pieces[pieces.area > 0].dissolve("at").geometry
    missing = gpd.GeoSeries.from_wkt(["POLYGON EMPTY"] * len(parcels), index=parcels.index)
    missing.loc[united.index] = united.to_numpy()
    return missing.set_crs(parcels.crs)


def blocks(parcels: gpd.GeoDataFrame) -> pd.Series:
    """The block of each parcel: buffers of half the gap that run together."""
    united = gpd.GeoSeries([parcels.buffer(job.GAP_M / 2).union_all()], crs=parcels.crs)
    parts = united.explode(ignore_index=True).to_frame("geometry")
    points = parcels.set_geometry(parcels.representative_point())
    return gpd.sjoin(points, parts, predicate="within")["index_right"]


if __name__ == "__main__":
    job.main(usual)
