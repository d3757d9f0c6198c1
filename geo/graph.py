"""Graphs of parcels: what their links hold together, and what falls apart without one of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def components(size: int, i: Integers, j: Integers) -> Integers:
    """The component of every node of an undirected graph, numbered by its first node."""
    _, raw = connected_components(_matrix(size, i, j, np.ones(len(i))), directed=False)
    _, first, number = np.unique(raw, return_index=True, return_inverse=True)
    order: Integers = np.argsort(np.argsort(first))[number]
    return order


def pieces(i: Integers, j: Integers, weight: Floats) -> tuple[Integers, Floats]:
    """The component of every node, and the weight of each component.

    Nodes without weight are not there: they hold nothing together.
    """
    there = weight > 0
    joined = there[i] & there[j]
    component = components(len(weight), i[joined], j[joined])
    return component, np.bincount(component, weight).astype(np.float64)


def bottleneck(size: int, i: Integers, j: Integers, length: Floats, component: Integers) -> Floats:
    """For each component the longest link that it cannot do without (0 for a single node).

    It is the longest edge of the minimum spanning tree: with shorter links alone the component
    would fall apart.
    """
    longest = np.zeros(component.max(initial=-1) + 1)
    tree = minimum_spanning_tree(_matrix(size, i, j, length + 1.0)).tocoo()  # 0 means no edge
    np.maximum.at(longest, component[tree.row], tree.data - 1.0)
    return longest


def cut_losses(size: int, i: Integers, j: Integers, weight: Floats) -> Floats:
    """For every node the weight that its loss cuts off from the largest remaining piece.

    Zero where the rest stays in one piece: the node is then no articulation point (Hopcroft and
    Tarjan 1973, iteratively: a town's graph is deeper than Python's stack).
    """
    matrix = _matrix(size, i, j, np.ones(len(i)))
    matrix = csr_array(matrix + matrix.T)
    starts, neighbours = matrix.indptr.tolist(), matrix.indices.tolist()
    component = components(size, i, j)
    whole = np.bincount(component, weights=weight)[component]
    pieces = _cut_pieces(starts, neighbours, weight.tolist())
    losses = np.zeros(size)
    for node, (below, largest) in pieces.items():
        above = whole[node] - weight[node] - below
        rest = below + max(above, 0.0)
        losses[node] = max(rest - max(largest, above), 0.0)
    return losses


def _cut_pieces(
    starts: Sequence[int], neighbours: Sequence[int], weight: Sequence[float]
) -> dict[int, tuple[float, float]]:
    """For each articulation point the weight of the subtrees it holds: in all, and the largest."""
    size = len(weight)
    found, low, parent = [-1] * size, [0] * size, [-1] * size
    subtree, cursor = list(weight), list(starts[:-1])
    below: dict[int, list[float]] = {}
    clock = 0
    for root in range(size):
        if found[root] >= 0:
            continue
        stack, children = [root], 0
        found[root] = low[root] = clock
        clock += 1
        while stack:
            node = stack[-1]
            if cursor[node] < starts[node + 1]:
                other = neighbours[cursor[node]]
                cursor[node] += 1
                if found[other] < 0:
                    parent[other] = node
                    found[other] = low[other] = clock
                    clock += 1
                    stack.append(other)
                elif other != parent[node]:
                    low[node] = min(low[node], found[other])
                continue
            stack.pop()
            above = parent[node]
            if above < 0:
                continue
            low[above] = min(low[above], low[node])
            subtree[above] += subtree[node]
            children += above == root
            if low[node] >= found[above]:
                below.setdefault(above, []).append(subtree[node])
        if children < 2:
            below.pop(root, None)
    return {node: (sum(parts), max(parts)) for node, parts in below.items()}


def _matrix(size: int, i: Integers, j: Integers, value: Floats) -> csr_array:
    return csr_array(coo_array((value, (i, j)), shape=(size, size)))
