"""Blocks that grow parcel by parcel and paths that join them: where a search begins."""

import heapq
from typing import Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.sequence.lots import Floats, Integers, Mask
from geo.sequence.wish import Wish

_FREE: Final = 1e-9
"""What is chosen already costs next to nothing: to scipy a weight of 0 is no link at all."""


def piece(wish: Wish, chosen: Mask, start: int) -> Mask:
    """The chosen parcels that are contiguous with ``start``, and itself."""
    with_it = chosen.copy()
    with_it[start] = True
    label = wish.blocks(with_it)
    return np.asarray(label == label[start])


def grown(wish: Wish, price: Floats, chosen: Mask, start: int, goal_m2: float) -> Mask:
    """``chosen`` with the piece of ``start`` grown to so much land, if there is so much.

    It takes in the parcel beside it that costs least for its land, with what it adds to the
    perimeter; a chosen parcel costs nothing, so pieces that meet become one.
    """
    block = piece(wish, chosen, start)
    land = float(wish.lots.land_m2[block].sum())
    links, edge = wish.links, np.zeros(len(block))
    heap: list[tuple[float, int]] = []

    def look(v: int) -> None:
        """Offer the parcels beside ``v``, at what they cost now."""
        for e in range(links.indptr[v], links.indptr[v + 1]):
            u = int(links.indices[e])
            if not block[u]:
                edge[u] += links.shared_m[e]
                added = wish.weight * (wish.lots.perimeter_m[u] - 2 * edge[u])
                cost = 0.0 if chosen[u] else price[u] + added
                heapq.heappush(heap, (cost / wish.lots.land_m2[u], u))

    for v in np.flatnonzero(block):
        look(int(v))
    while heap and land < goal_m2:
        _, u = heapq.heappop(heap)
        if not block[u]:
            block[u] = True
            land += float(wish.lots.land_m2[u])
            look(u)
    return chosen | block


def joined(wish: Wish, price: Floats, chosen: Mask, start: int, ends: Integers) -> Mask:
    """``chosen`` with the cheapest path from the piece of ``start`` to the nearest of ``ends``.

    ``price`` (n,) is at least 0. Without a path it is as it was.
    """
    cost = np.where(chosen, 0.0, price) + _FREE * (1.0 + price.max())
    heads, shape = wish.links.indices, (len(chosen), len(chosen))
    graph = csr_array((cost[heads], heads, wish.links.indptr), shape=shape)
    distance, before, _ = dijkstra(
        graph,
        indices=np.flatnonzero(piece(wish, chosen, start)),
        min_only=True,
        return_predecessors=True,
    )
    end = int(ends[np.argmin(distance[ends])])
    path = chosen.copy()
    while end >= 0 and np.isfinite(distance[end]):
        path[end] = True
        end = int(before[end])
    return path


def all_joined(wish: Wish, price: Floats, chosen: Mask) -> Mask:
    """``chosen`` with all anchors in one piece of it."""
    for anchor in wish.anchors[1:]:
        if not piece(wish, chosen, wish.root)[anchor]:
            chosen = joined(wish, price, chosen, wish.root, np.array([anchor]))
    return chosen
