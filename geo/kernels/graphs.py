"""Graphs by their links: components, the links they cannot do without, and cut nodes."""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.unions import root_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@compiled
def components(size: int, i: Integers, j: Integers) -> Integers:
    """The component of every node, numbered by the first node of each."""
    parent = np.arange(size).astype(np.int32)
    for link in range(len(i)):
        one, other = root_of(parent, i[link]), root_of(parent, j[link])
        if one < other:  # the first node of a component is its root
            parent[other] = one
        else:
            parent[one] = other
    number, count = np.empty(size, np.int64), 0
    for node in range(size):
        root = root_of(parent, node)
        if root == node:
            number[node] = count
            count += 1
        else:
            number[node] = number[root]
    return number


@compiled
def bottlenecks(
    component: Integers, i: Integers, j: Integers, length: Floats, rising: Integers, longest: Floats
) -> None:
    """Set the ``longest`` link that each component cannot do without, links taken as they rise.

    The last that still joins two trees is the longest of the minimum spanning tree (Kruskal 1956).
    """
    parent = np.arange(len(component)).astype(np.int32)
    for link in rising:
        one, other = root_of(parent, i[link]), root_of(parent, j[link])
        if one != other:
            parent[max(one, other)] = min(one, other)
            longest[component[i[link]]] = length[link]


@compiled
def neighbours(size: int, i: Integers, j: Integers) -> tuple[Integers, Integers]:
    """The neighbours of node k are ``others[starts[k]:starts[k + 1]]``, links as they come."""
    starts = np.zeros(size + 2, np.int64)
    for link in range(len(i)):
        starts[i[link] + 2] += 1
        starts[j[link] + 2] += 1
    for node in range(size):
        starts[node + 2] += starts[node + 1]
    others = np.empty(2 * len(i), np.int64)
    for link in range(len(i)):
        others[starts[i[link] + 1]] = j[link]
        starts[i[link] + 1] += 1
        others[starts[j[link] + 1]] = i[link]
        starts[j[link] + 1] += 1
    return starts[: size + 1], others


@compiled
def cut_pieces(
    starts: Integers, others: Integers, weight: Floats, below: Floats, largest: Floats
) -> None:
    """Add up what hangs on each cut node: the weight ``below`` it, and its ``largest`` piece.

    One depth-first search (Hopcroft and Tarjan 1973), iterative: a town's graph is deep. ``below``
    and ``largest`` are zero at first, and stay so for nodes that are no articulation points.
    """
    size = len(weight)
    found, low = np.full(size, -1, np.int32), np.zeros(size, np.int32)
    above, cursor = np.full(size, -1, np.int32), starts[:-1].copy()
    subtree, clock = weight.copy(), 0
    for root in range(size):
        if found[root] >= 0:
            continue
        node, branches = root, 0
        found[root] = low[root] = clock
        clock += 1
        while node >= 0:
            if cursor[node] < starts[node + 1]:
                other = others[cursor[node]]
                cursor[node] += 1
                if found[other] < 0:
                    above[other], found[other], low[other] = node, clock, clock
                    clock += 1
                    node = other
                elif other != above[node]:
                    low[node] = min(low[node], found[other])
                continue
            over = above[node]
            if over >= 0:
                low[over] = min(low[over], low[node])
                subtree[over] += subtree[node]
                branches += over == root
                if low[node] >= found[over]:
                    below[over] += subtree[node]
                    largest[over] = max(largest[over], subtree[node])
            node = over
        if branches < 2:
            below[root], largest[root] = 0.0, 0.0
