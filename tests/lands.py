"""Small random towns for the kernels: links, land, and the plain way to find their blocks."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.kernels.links import Links, links_of
from geo.kernels.unions import Land

Array = npt.NDArray[np.float64]


class Place(NamedTuple):
    """A town of n parcels: pairs with what they share, the same as links, and the land."""

    i: npt.NDArray[np.int64]
    j: npt.NDArray[np.int64]
    shared_m: Array
    links: Links
    land: Land


def place(seed: int, *, parcels: int | None = None, weights: bool = True) -> Place:
    """A random town of up to 12 parcels, some of no weight, whose areas are whole hectares."""
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 13)) if parcels is None else parcels
    pairs = (
        np.array([(a, b) for a in range(n) for b in range(a + 1, n)])
        .reshape(-1, 2)
        .astype(np.int64)
    )
    held = pairs[random.random(len(pairs)) < random.choice([0.1, 0.25, 0.5])]
    i, j = held[:, 0], held[:, 1]
    shared_m = random.integers(0, 100, len(i)).astype(np.float64)
    weight_m2 = random.integers(1, 6, n) * 10_000.0
    if weights:
        weight_m2[random.random(n) < 0.15] = 0.0
    land = Land(
        weight_m2=weight_m2,
        perimeter_m=random.integers(400, 900, n).astype(np.float64),
        outer=random.random(n) < 0.3,
        floor_m2=random.integers(0, 9, n) * 1000.0,
    )
    return Place(i, j, shared_m, links_of(n, i, j, shared_m), land)


def labels(town: Place, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The block (n,) of each of the chosen parcels, -1 for the others, by scipy."""
    n = len(chosen)
    both = chosen[town.i] & chosen[town.j]
    graph = coo_array((np.ones(both.sum()), (town.i[both], town.j[both])), shape=(n, n))
    found = connected_components(graph, directed=False)[1].astype(np.int64)
    found[~chosen] = -1
    return found


def counted(town: Place, chosen: npt.NDArray[np.bool_], theta_m2: float) -> float:
    """Land in m² of the chosen parcels in blocks of at least theta, to the square metre."""
    chosen = chosen & (town.land.weight_m2 > 0)
    found = labels(town, chosen)
    sizes = [town.land.weight_m2[found == block].sum() for block in set(found[chosen])]
    return float(sum(size for size in sizes if size >= theta_m2 - 1))
