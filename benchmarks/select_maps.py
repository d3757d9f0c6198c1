"""Towns to choose land in: irregular parcels cut by roads that bridge and rivers that bar."""

from typing import Any, Final

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.blocks import linked, parcel_links
from geo.sequence.lots import Floats, Lots
from geo.units import M2_PER_MU, on_land_grid

TOTAL_MU: Final = 4545
GAP_M: Final = 30.0
YUAN_PER_M2: Final = 1800.0


def town(parcels: int, seed: int) -> Lots:
    """A town of about so many parcels on 4545 mu, with drawn costs; the seed tells it all."""
    random = np.random.default_rng(seed)
    width, height = 1.25, 0.8
    points = random.random((parcels, 2)) * (width, height)
    cells = shapely.voronoi_polygons(
        shapely.multipoints(points), extend_to=shapely.box(0, 0, width, height)
    )
    site = shapely.box(0, 0, width, height)
    side_m = np.sqrt(TOTAL_MU * M2_PER_MU)
    shapes = shapely.intersection(np.array(shapely.get_parts(cells)), site)
    shapes = shapely.transform(shapes, lambda xy: xy * side_m)
    rivers = shapely.buffer(_rivers(random, width * side_m, height * side_m), 14.0)
    roads = shapely.buffer(_roads(random, width * side_m, height * side_m), 10.0)
    shapes = shapely.difference(shapes, shapely.union_all([*rivers, *roads]))
    shapes = shapely.get_parts(shapes)
    shapes = shapes[shapely.area(shapes) > 150]
    scale = np.sqrt(TOTAL_MU * M2_PER_MU / shapely.area(shapes).sum())
    shapes = shapely.transform(shapes, lambda xy: xy * scale)
    barriers = shapely.transform(rivers, lambda xy: xy * scale)
    return lots_of(shapes, barriers, _prices(shapes, random), random)


def lots_of(shapes: Any, barriers: Any, yuan_per_m2: Floats, random: np.random.Generator) -> Lots:
    """Lots of these shapes, linked as the plan links them (gaps up to 30 m, rivers bar)."""
    links = parcel_links(shapes, barriers, reach_m=GAP_M, tolerance_m=0.5)
    links = links[linked(links, mode="practical", gap_m=GAP_M, tolerance_m=0.5, min_shared_m=1.0)]
    land_m2 = on_land_grid(shapely.area(shapes))
    return Lots(
        ids=[f"P{number:04d}" for number in range(len(shapes))],
        land_m2=land_m2,
        cost=np.round(land_m2 * yuan_per_m2),
        floor_m2=np.round(land_m2 * random.uniform(1.5, 3.5, len(shapes))),
        perimeter_m=shapely.length(shapes),
        shapes=shapes,
        i=links["i"].to_numpy(dtype=np.int64),
        j=links["j"].to_numpy(dtype=np.int64),
        shared_m=links["shared_m"].to_numpy(),
        ready=np.zeros(len(shapes), dtype=bool),
    )


def _rivers(random: np.random.Generator, width: float, height: float) -> Any:
    """One river across that leaves about seven tenths on one side, and a brook that ends."""
    y = np.linspace(-0.1, 1.1, 60) * height
    phase = random.uniform(0, 2 * np.pi)
    x = width * (0.74 + 0.05 * np.sin(phase + y / height * 5))
    brook_x = np.linspace(-0.1, 0.35, 40) * width
    brook_y = height * (random.uniform(0.35, 0.65) + 0.06 * np.sin(phase + brook_x / width * 9))
    return np.array(
        [
            shapely.linestrings(np.column_stack([x, y])),
            shapely.linestrings(np.column_stack([brook_x, brook_y])),
        ]
    )


def _roads(random: np.random.Generator, width: float, height: float) -> Any:
    """Roads 20 m wide across the town, three each way, none quite straight."""
    roads = []
    for share in (0.2, 0.5, 0.8):
        along = np.linspace(-0.1, 1.1, 20)
        sway = 0.02 * np.sin(random.uniform(0, 6) + along * 6) + random.uniform(-0.05, 0.05)
        roads.append(np.column_stack([along * width, (share + sway) * height]))
        roads.append(np.column_stack([(share + sway) * width, along * height]))
    return np.array([shapely.linestrings(road) for road in roads])


def _prices(shapes: Any, random: np.random.Generator) -> Floats:
    """Yuan a m²: dear and cheap quarters some 400 m wide, and each parcel's own noise."""
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    low, high = centre.min(axis=0), centre.max(axis=0)
    knots = random.uniform(low, high, (60, 2))
    heights = random.normal(size=60)
    distance, near = cKDTree(knots).query(centre, k=12)
    weight = np.exp(-((distance / 250.0) ** 2)) + 1e-9
    field = (heights[near] * weight).sum(axis=1) / np.sqrt((weight**2).sum(axis=1))
    price: Floats = YUAN_PER_M2 * np.exp(0.35 * field + 0.25 * random.normal(size=len(centre)))
    return price
