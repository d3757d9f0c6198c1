"""Draw the buildings that stand on each lot, in rows along its long side."""

import math
import random
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import shapely
from shapely import Polygon, affinity

SETBACK_M, VILLAGE_SETBACK_M = 7.0, 2.0
SMALLEST_M2 = 300.0
VILLAGE = "village"
BUILT = ("rebuild", "upgrade", "extend", "retain", VILLAGE)


def buildings(parcels: gpd.GeoDataFrame, seed: str) -> gpd.GeoDataFrame:
    """The outlines of the buildings of every lot, as they stood before any was demolished."""
    rows: list[dict[str, Any]] = []
    for row in parcels[parcels["treatment"].isin(BUILT)].itertuples():
        rng = random.Random(f"{seed}-{row.parcel_id}")
        for outline in footprints(rng, row.geometry, houses=row.treatment == VILLAGE):
            rows.append({"parcel_id": row.parcel_id, "geometry": outline})
    return gpd.GeoDataFrame(rows, crs=parcels.crs)


def footprints(rng: random.Random, lot: Polygon, *, houses: bool) -> Iterator[Polygon]:
    """Halls in rows along a lot, or houses in a village, as far as they fit behind its edge."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(lot))
    east, north = max(corners[1:3] - corners[:2], key=lambda side: math.hypot(*side))
    turn, centre = math.degrees(math.atan2(north, east)), lot.centroid
    flat = affinity.rotate(lot, -turn, origin=centre)
    inside = flat.buffer(-(VILLAGE_SETBACK_M if houses else SETBACK_M), join_style="mitre")
    for rectangle in _rows(rng, flat.bounds, houses=houses):
        part = inside.intersection(rectangle)
        if part.geom_type == "Polygon" and part.area > SMALLEST_M2 / (4 if houses else 1):
            yield affinity.rotate(part, turn, origin=centre)


def _rows(
    rng: random.Random, bounds: tuple[float, float, float, float], *, houses: bool
) -> Iterator[Polygon]:
    """Rectangles that fill a frame in rows, with yards between them."""
    deep, long, yard = ((10, 13), (10, 14), 4.0) if houses else ((26, 38), (55, 95), 15.0)
    west, south, east, north = bounds
    y = south
    while y < north:
        depth, x = rng.uniform(*deep), west
        while x < east:
            length = rng.uniform(*long)
            yield shapely.box(x, y, min(x + length, east), y + depth)
            x += length + yard
        y += depth + yard
