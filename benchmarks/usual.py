"""The job as a good GeoPandas user writes it: overlay, sjoin, buffer and dissolve, groupby.

It gives the figures that both jobs share and the files that hold them. Left out is what only
landready does: findings, conservation laws, reading back, both area methods, bridge parcels,
widest gaps, progress by date, other definitions of contiguity. Neither job draws the page.
"""

import argparse
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from benchmarks.clock import Clock

M2_PER_MU: Final = 2000 / 3
STAGES: Final = (
    *("survey", "registered", "consent", "approved", "signed", "vacated"),
    *("demolished", "cleared", "supplied", "started", "completed", "producing"),
)


def read_parcels(folder: Path) -> gpd.GeoDataFrame:
    """Parcels made valid; those whose repair changes their area are left out."""
    parcels = gpd.read_file(folder / "town.gpkg", layer="parcels")
    invalid = parcels[~parcels.is_valid]
    mended = invalid.make_valid()
    same = (mended.area - invalid.area).abs() < 0.01
    parcels.loc[mended.index, "geometry"] = mended
    return parcels.drop(index=mended.index[~same]).reset_index(drop=True)


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


def overlap_m2(parcels: gpd.GeoDataFrame) -> pd.Series:
    """Area that each parcel shares with parcels before it, which is counted there."""
    shapes = parcels[["parcel_id", "geometry"]]
    pairs = gpd.sjoin(shapes, shapes, predicate="intersects")
    pairs = pairs[pairs["parcel_id_left"] > pairs["parcel_id_right"]]
    earlier = shapes.geometry.loc[pairs["index_right"]].reset_index(drop=True)
    shared = pairs.geometry.reset_index(drop=True).intersection(earlier)
    pieces = gpd.GeoDataFrame({"parcel_id": pairs["parcel_id_left"].to_numpy()}, geometry=shared)
    areas = pieces[pieces.area > 0].dissolve("parcel_id").area
    return parcels["parcel_id"].map(areas).fillna(0.0)


def read_events(folder: Path, as_of: str) -> pd.DataFrame:
    """The ledger up to a date, in order, with the rung of each event."""
    events = pd.read_csv(folder / "readiness.csv", parse_dates=["date"], keep_default_na=False)
    events = events[events["date"] <= as_of]
    rungs = {stage: rung for rung, stage in enumerate(STAGES)}
    return events.assign(rung=events["stage"].map(rungs)).sort_values("date", kind="stable")


def highest_rung(events: pd.DataFrame, parcel_ids: pd.Series, counts: pd.Series) -> pd.Series:
    """The highest rung that each parcel reached by events that count, 0 without any.

    After a fall back it is at most the rung fallen back to, until more is reached. The ledger has
    no parcel that falls back twice.
    """
    reverted = events["action"] == "revert"
    falls = events[reverted].set_index("parcel_id")["rung"]
    since = reverted.groupby(events["parcel_id"]).cumsum() > 0
    reached = events[~reverted & counts]
    before = reached[~since.loc[reached.index]].groupby("parcel_id")["rung"].max()
    after = reached[since.loc[reached.index]].groupby("parcel_id")["rung"].max()
    rungs = pd.DataFrame({"before": before, "limit": falls, "after": after})
    held = rungs[["before", "limit"]].min(axis=1).where(rungs["before"].notna())
    highest = pd.concat([held, rungs["after"]], axis=1).max(axis=1)
    return parcel_ids.map(highest).fillna(0).astype(int)


def block_of(parcels: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, *, gap_m: float) -> pd.Series:
    """The block of each parcel: buffers of half the gap that run together, cut by barriers."""
    united = parcels.buffer(gap_m / 2).union_all()
    open_land = united.difference(barriers.buffer(0.01).union_all())
    blocks = gpd.GeoDataFrame(geometry=[open_land], crs=parcels.crs).explode(ignore_index=True)
    points = parcels.set_geometry(parcels.representative_point())
    return gpd.sjoin(points, blocks, predicate="within")["index_right"]


def planned(folder: Path, clock: Clock) -> gpd.GeoDataFrame:
    """The parcels with their figures, and with the block of those that count."""
    clock("read")
    plan = tomllib.loads((folder / "plan.toml").read_text(encoding="utf-8"))
    zones = gpd.read_file(folder / "town.gpkg", layer="zones")
    barriers = gpd.read_file(folder / "town.gpkg", layer="barriers")
    parcels = read_parcels(folder)
    clock("zones")
    parcels["zone"] = zone_of(parcels, zones)
    clock("overlaps")
    parcels["land_m2"] = parcels.area - overlap_m2(parcels)
    parcels["land_mu"] = parcels["land_m2"] / M2_PER_MU

    clock("stages")
    events = read_events(folder, str(plan["as_of"]))
    shown = events["evidence"] != ""
    parcels["rung"] = highest_rung(events, parcels["parcel_id"], shown | True)
    parcels["stage"] = parcels["rung"].map(dict(enumerate(STAGES)))
    evidenced = highest_rung(events, parcels["parcel_id"], shown)
    parcels["counts"] = evidenced >= STAGES.index(plan["goals"][0]["stage"])

    deducted = parcels["land_use"].isin(plan["net"]["deduct_land_use"])
    parcels["net_m2"] = parcels["land_m2"].mask(deducted, 0.0)
    parcels["floor_m2"] = parcels["net_m2"] * parcels["plot_ratio_planned"].mask(deducted)
    clock("blocks")
    counted = parcels[parcels["counts"]]
    parcels["counted_m2"] = (counted.area - overlap_m2(counted)).reindex(parcels.index)
    parcels["block"] = block_of(counted, barriers, gap_m=plan["contiguity"]["gap_m"])
    return parcels


def write(parcels: gpd.GeoDataFrame, folder: Path) -> None:
    """Parcels and blocks as GeoPackage, land by zone and stage as CSV, all figures as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = ["block", "counted_m2", "geometry"]
    blocks = parcels.loc[parcels["counts"], columns].dissolve("block", aggfunc="sum")
    blocks = blocks.sort_values("counted_m2", ascending=False).reset_index()
    stages = parcels.pivot_table(
        "land_mu", index="zone", columns="stage", aggfunc="sum", fill_value=0.0
    )
    parcels.to_file(folder / "parcels.gpkg", layer="parcels")
    blocks.to_file(folder / "blocks.gpkg", layer="blocks")
    stages.to_csv(folder / "stages.csv")
    figures: dict[str, Any] = {
        "parcels": len(parcels),
        "land_mu": parcels["land_mu"].sum(),
        "counted_mu": parcels["counted_m2"].sum() / M2_PER_MU,
        "floor_m2": parcels["floor_m2"].sum(),
        "zones": parcels.groupby("zone")["land_mu"].sum().to_dict(),
        "stages": parcels.groupby("stage")["land_mu"].sum().to_dict(),
        "blocks": (blocks["counted_m2"] / M2_PER_MU).tolist(),
    }
    (folder / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Read a town from one folder and write its figures into another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("town", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(argv)
    clock = Clock()
    parcels = planned(options.town, clock)
    clock("write")
    write(parcels, options.out)
    clock("end")


if __name__ == "__main__":
    main()
