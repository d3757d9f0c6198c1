"""Rings: the parcels around a set that grows until little of what is chosen leads out of it."""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled
from geo.kernels.links import Floats, Integers, Links

Mask = npt.NDArray[np.bool_]

BY_RING = 0
BY_RING_FOR_LAND = 1
BY_RING_AND_LAND = 2

_IN, _RING = 1, 2
_EASE = 1e-9
_FAVOUR = 1e-5


@compiled
def ring(
    links: Links,
    land_m2: Floats,
    share: Floats,
    start: int,
    outside: int,
    limit_m2: float,
    level: float,
    way: int,
) -> tuple[float, Integers]:
    """The lightest ring found around a connected set that holds ``start``, and its weight.

    ``share`` (n,) is how far each parcel is chosen, 0 to 1; a ring weighs the sum of its shares.
    The set has less than ``limit_m2`` of land and never holds the parcel ``outside`` (-1: none).
    It begins with all that is contiguous with ``start`` by shares above ``level``, then takes in
    the parcel of its ring after which the ring weighs least (``way``: in all, for the land of
    the parcel, or with a little for the land); of equal rings the last, around most, is given, as
    it says most.
    """
    n = len(land_m2)
    status = np.zeros(n, np.int8)
    held, edge = np.empty(n, np.int64), np.empty(n, np.int64)
    held[0], status[start], count, land = start, _IN, 1, land_m2[start]
    width, weight = _spread(links, share, status, edge, 0, start)
    b = 0
    while b < width:
        v = edge[b]
        if share[v] <= level or v == outside or land + land_m2[v] >= limit_m2:
            b += 1
            continue
        width -= 1
        edge[b], status[v] = edge[width], _IN
        held[count], count, land = v, count + 1, land + land_m2[v]
        width, added = _spread(links, share, status, edge, width, v)
        weight, b = weight + added - share[v], 0
    least, size = weight, count
    while True:
        place, added = _lightest(
            links, land_m2, share, status, edge[:width], outside, limit_m2 - land, way
        )
        if place < 0:
            break
        v = edge[place]
        width -= 1
        edge[place], status[v] = edge[width], _IN
        held[count], count, land = v, count + 1, land + land_m2[v]
        width, _ = _spread(links, share, status, edge, width, v)
        weight += added
        if weight <= least + _EASE:
            least, size = min(weight, least), count
    return least, _around(links, held[:size], status)


@compiled
def layer(
    links: Links,
    land_m2: Floats,
    share: Floats,
    start: int,
    outside: int,
    limit_m2: float,
    level: float,
    layers: int,
) -> tuple[float, Integers]:
    """The ring so many layers away from all that is contiguous with ``start``, and its weight.

    As :func:`ring`, but the set takes in its whole ring so many times. Rings of several layers
    have no parcel in common, so together they charge a path for all of its length. The weight is
    infinite where the set would be too large, or would hold the parcel ``outside``.
    """
    n = len(land_m2)
    status, held = np.zeros(n, np.int8), np.empty(n, np.int64)
    held[0], status[start], count, land, head = start, _IN, 1, land_m2[start], 0
    for step in range(layers + 1):
        last = n if step == 0 else count  # the first takes in all that it reaches
        while head < min(last, count):
            v = held[head]
            head += 1
            for e in range(links.indptr[v], links.indptr[v + 1]):
                u = links.indices[e]
                if status[u] == 0 and (step > 0 or share[u] > level):
                    status[u], held[count], land = _IN, u, land + land_m2[u]
                    count += 1
                    if u == outside or land >= limit_m2:
                        return np.inf, held[:0]
        if step == 0:
            head = 0
    around = _around(links, held[:count], status)
    return share[around].sum(), around


@compiled
def _spread(
    links: Links, share: Floats, status: npt.NDArray[np.int8], edge: Integers, width: int, v: int
) -> tuple[int, float]:
    """The ring after ``v`` has left it for the set: its width, and the weight of what is new."""
    weight = 0.0
    for e in range(links.indptr[v], links.indptr[v + 1]):
        u = links.indices[e]
        if status[u] == 0:
            status[u], edge[width] = _RING, u
            width += 1
            weight += share[u]
    return width, weight


@compiled
def _lightest(
    links: Links,
    land_m2: Floats,
    share: Floats,
    status: npt.NDArray[np.int8],
    edge: Integers,
    outside: int,
    room_m2: float,
    way: int,
) -> tuple[int, float]:
    """The place in the ring of the parcel to take in, -1 for none, and what the ring then gains."""
    place, best, added = -1, np.inf, 0.0
    for b in range(len(edge)):
        v = edge[b]
        if land_m2[v] >= room_m2 or v == outside:
            continue
        gain = -share[v]
        for e in range(links.indptr[v], links.indptr[v + 1]):
            if status[links.indices[e]] == 0:
                gain += share[links.indices[e]]
        score = gain
        if way == BY_RING_FOR_LAND:
            score = gain / land_m2[v] if gain > 0 else gain * _FAVOUR
        elif way == BY_RING_AND_LAND:
            score = gain + _FAVOUR * land_m2[v] / (room_m2 + 1.0)
        if score < best:
            place, best, added = b, score, gain
    return place, added


@compiled
def _around(links: Links, held: Integers, status: npt.NDArray[np.int8]) -> Integers:
    """The parcels around a set, rising."""
    status[:] = 0
    for v in held:
        status[v] = _IN
    found, count = np.empty(len(status), np.int64), 0
    for v in held:
        for e in range(links.indptr[v], links.indptr[v + 1]):
            u = links.indices[e]
            if status[u] == 0:
                status[u], found[count] = _RING, u
                count += 1
    return np.sort(found[:count])


@compiled
def waterline(links: Links, land_m2: Floats, share: Floats, root: int, least_m2: float) -> Floats:
    """The highest share at which each parcel (n,) is still of a block: a ring weighs as much.

    Parcels come in order of their shares, highest first, and join those beside them. When what a
    parcel is joined with has ``least_m2`` of land (or, with a ``root`` other than -1, has the
    root), every ring around it must cut through that, so it weighs at least the share that came
    last. A parcel that is never of such a block has 0.
    """
    n = len(share)
    line, come, stands = np.zeros(n), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    parent, follower, last, land = np.arange(n), np.full(n, -1), np.arange(n), land_m2.copy()
    for v in np.argsort(-share, kind="mergesort"):
        come[v] = True
        stands[v] = v == root if root >= 0 else land[v] >= least_m2
        line[v] = share[v] if stands[v] else 0.0
        for e in range(links.indptr[v], links.indptr[v + 1]):
            one, other = v, links.indices[e]
            if not come[other]:
                continue
            while parent[one] != one:
                one = parent[one]
            while parent[other] != other:
                other = parent[other]
            if one == other:
                continue
            if land[one] < land[other]:
                one, other = other, one
            both = land[one] + land[other]
            stand = stands[one] or stands[other] or (root < 0 and both >= least_m2)
            for each in (one, other):
                member = each if stand and not stands[each] else -1
                while member >= 0:
                    line[member], member = share[v], follower[member]
            parent[other], land[one], stands[one] = one, both, stand
            follower[last[one]], last[one] = other, last[other]
    return line
