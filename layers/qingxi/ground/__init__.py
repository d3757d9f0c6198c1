"""The ground of the example, all of it synthetic: constraints, terrain, land cover and costs."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from ground.buildings import buildings
from ground.constraints import constraint_layers, write_constraints
from ground.costs import write_costs
from ground.cover import land_cover, write_cover
from ground.terrain import elevation, write_terrain


def write_ground(
    folder: Path,
    parcels: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    rungs: pd.Series,
    *,
    seed: int,
) -> None:
    """Write the constraints, terrain, land cover and costs into ``folder``.

    ``rungs`` is the stage that each parcel has reached, by its id; -1 for none.
    """
    standing = buildings(parcels, f"{seed}-buildings")
    write_constraints(constraint_layers(barriers, standing), folder / "constraints.gpkg")
    (river,) = barriers.loc[barriers["class"] == "river", "geometry"]
    heights = elevation(river, f"{seed}-terrain")
    write_terrain(heights, folder / "terrain.tif", str(parcels.crs))
    before, after = land_cover(parcels, barriers, standing, rungs, f"{seed}-cover")
    write_cover(before, folder / "cover_before.tif", "2019-12-20", str(parcels.crs))
    write_cover(after, folder / "cover_after.tif", "2024-12-31", str(parcels.crs))
    write_costs(folder, parcels, rungs, seed=seed)
