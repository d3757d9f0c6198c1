"""Made towns to choose land from: irregular parcels cut by roads and rivers, and what they cost."""

import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree

from geo.sequence.lots import Lots
from geo.units import M2_PER_MU, on_land_grid

PARCEL_M2 = 15 * M2_PER_MU
BANK_M = 4.0
"""Half the width of what parts parcels that were neighbours."""


def smooth(rng: np.random.Generator, places: np.ndarray, reach_m: float) -> np.ndarray:
    """A field of mean 0 and deviation 1 over places, alike within some metres of each other."""
    waves = rng.normal(size=(60, 2)) / reach_m
    phase = rng.uniform(0, 2 * np.pi, 60)
    return np.cos(places @ waves.T + phase).mean(axis=1) * np.sqrt(2 * 60)


def barriers(rng: np.random.Generator, side: float) -> shapely.Geometry:
    """Winding rivers and straight roads across a square town, one more of each for every 1200 m."""
    along = np.linspace(-0.1 * side, 1.1 * side, 60)
    lines = []
    for _ in range(round(side / 1200)):
        bend = np.cumsum(rng.normal(0, side / 60, 60)) + rng.uniform(0.2, 0.8) * side
        pairs = np.column_stack([along, bend])
        lines.append(pairs if rng.random() < 0.5 else pairs[:, ::-1])
    for _ in range(round(side / 1200) + 1):
        angle, through = rng.uniform(0, np.pi), rng.uniform(0.2, 0.8, 2) * side
        reach = np.array([np.cos(angle), np.sin(angle)]) * 2 * side
        lines.append(np.array([through - reach, through + reach]))
    return shapely.union_all([shapely.LineString(line).buffer(BANK_M) for line in lines])


def made_lots(n: int, seed: int, *, ready_share: float = 0.08) -> Lots:
    """A town of ``n`` parcels of about 15 mu, contiguous where they share more than a metre.

    Costs a mu differ by about a third between neighbourhoods and by as much again within them.
    """
    rng = np.random.default_rng(seed)
    side = float(np.sqrt(n * PARCEL_M2))
    cells = n
    while len(shapes := outlines(rng, cells, side)) > n:
        cells -= max(1, (len(shapes) - n) // 2)
    return lots_of(shapes, rng, ready_share)


def outlines(rng: np.random.Generator, n: int, side: float) -> np.ndarray:
    """Cells around ``n`` points, less what roads and rivers take; scraps are nobody's."""
    points = rng.uniform(0, side, (n, 2))
    cells = Voronoi(np.vstack([points, *(points * sign + shift for sign, shift in _mirrors(side))]))
    regions = [cells.regions[cells.point_region[k]] for k in range(n)]
    whole = np.array([shapely.Polygon(cells.vertices[region]) for region in regions])
    parts = shapely.get_parts(shapely.difference(whole, barriers(rng, side)))
    return parts[shapely.area(parts) > PARCEL_M2 / 10]


def _mirrors(side: float) -> list[tuple[np.ndarray, np.ndarray]]:
    left, up = np.array([-1.0, 1.0]), np.array([1.0, -1.0])
    return [
        (left, np.zeros(2)),
        (left, np.array([2 * side, 0.0])),
        (up, np.zeros(2)),
        (up, np.array([0.0, 2 * side])),
    ]


def lots_of(shapes: np.ndarray, rng: np.random.Generator, ready_share: float) -> Lots:
    """Lots of these shapes: what they share, what they cost, and some that are ready."""
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    shared = shapely.length(shapely.intersection(shapes[i], shapes[j]))
    i, j, shared = i[shared > 1], j[shared > 1], shared[shared > 1]
    order = np.lexsort((j, i))
    land = on_land_grid(shapely.area(shapes))
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    reach = 4 * float(np.sqrt(PARCEL_M2))
    price = 1000 * np.exp(0.35 * smooth(rng, middle, reach) + rng.normal(0, 0.35, len(shapes)))
    ready = np.zeros(len(shapes), dtype=bool)
    for centre in rng.choice(len(shapes), max(1, len(shapes) // 40)):
        around = cKDTree(middle).query(middle[centre], k=min(4, len(shapes)))[1]
        ready[np.atleast_1d(around)] = True
    ready &= np.cumsum(ready) <= ready_share * len(shapes)
    return Lots(
        ids=[f"P{k + 1:04d}" for k in range(len(shapes))],
        land_m2=land,
        cost=np.where(ready, 0.0, np.round(price * land)),
        floor_m2=np.round(1.5 * land),
        perimeter_m=shapely.length(shapes),
        shapes=shapes,
        i=i[order].astype(np.int64),
        j=j[order].astype(np.int64),
        shared_m=shared[order],
        ready=ready,
    )
