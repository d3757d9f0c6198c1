"""Graphs of parcels: what their links hold together, and what falls apart without one of them."""

import numpy as np
import numpy.typing as npt

from geo.kernels import graphs

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def components(size: int, i: Integers, j: Integers) -> Integers:
    """The component of every node of an undirected graph, numbered by its first node."""
    return graphs.components(size, *_ends(i, j))


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
    would fall apart. ``component`` is that of each of the ``size`` nodes.
    """
    longest = np.zeros(component[:size].max(initial=-1) + 1)
    rising = np.argsort(length, kind="stable")
    lengths = np.array(length, dtype=np.float64)
    graphs.bottlenecks(component, *_ends(i, j), lengths, rising, longest)
    return longest


def cut_losses(size: int, i: Integers, j: Integers, weight: Floats) -> Floats:
    """For every node the weight that its loss cuts off from the largest remaining piece.

    Zero where the rest stays in one piece: the node is then no articulation point.
    """
    i, j = _ends(i, j)
    weight = np.array(weight, dtype=np.float64)
    component = graphs.components(size, i, j)
    below, largest = np.zeros(size), np.zeros(size)
    graphs.cut_pieces(*graphs.neighbours(size, i, j), weight, below, largest)
    whole = np.bincount(component, weights=weight)[component] if size else weight
    above = whole - weight - below
    losses = below + np.maximum(above, 0.0) - np.maximum(largest, above)
    return np.where(below > 0, np.maximum(losses, 0.0), 0.0)


def _ends(i: Integers, j: Integers) -> tuple[Integers, Integers]:
    """Both ends of the links as the kernels take them."""
    return np.ascontiguousarray(i, dtype=np.int64), np.ascontiguousarray(j, dtype=np.int64)
