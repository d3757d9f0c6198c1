"""Area-cover cuts: what must be chosen around a parcel before it can be of a block.

A connected set R with less land than a block cannot be a block, so a parcel j of R is chosen only
with a parcel of its ring N(R): x(j) ≤ Σ x(k), k in N(R). That asks no parcel to be the root. Where
a parcel r is chosen with all others of its block, R may be as large as it likes without it:
x(j) + x(r) - 1 ≤ Σ x(k). Together they are exact: no choice that breaks the rules meets them all.
"""

from typing import Final, NamedTuple

import numpy as np

from geo.kernels.connected import NONE
from geo.kernels.rings import BY_RING, BY_RING_AND_LAND, BY_RING_FOR_LAND, layer, ring, waterline
from geo.sequence.lots import Floats, Integers, Mask
from geo.sequence.wish import TOUCH_M2, Wish

SEEN: Final = 0.01
"""A parcel that is chosen less than this asks for nothing."""

CUTS_AT_ONCE: Final = 300
LAYERS: Final = 12
"""Rings one behind another, around what a choice of whole parcels has apart."""

STARTS_AT_ONCE: Final = 60
CLEAR: Final = 0.5
"""By so much a choice of whole parcels breaks a cut, at least: 1 less what a solver rounds."""


_WAYS: Final = (
    (True, BY_RING),
    (True, BY_RING_AND_LAND),
    (False, BY_RING),
    (False, BY_RING_FOR_LAND),
)
"""From all that is chosen above the waterline around a parcel, or from it alone; and then how.

The first finds every fault of whole parcels: nothing of a block that is too small leads out."""


class Cut(NamedTuple):
    """The shares of ``inside``, a parcel and perhaps the root, add to no more than the ``ring``.

    With the root one is taken off their sum.
    """

    inside: tuple[int, ...]
    ring: tuple[int, ...]


def cuts(wish: Wish, share: Floats, least: float) -> list[Cut]:
    """Cuts that these shares (n,), 0 to 1, break by more than ``least``: the clearest, once each.

    Around every parcel that is chosen a set is grown so that little of what is chosen leads out
    of it; that finds every fault of a choice of whole parcels, and most of the others.
    """
    starts = np.flatnonzero(share > SEEN)
    found = _around(wish, share, starts, NONE, wish.block_m2 - TOUCH_M2, least)
    for root in (wish.root,) if len(wish.anchors) else _heads(wish, share):
        joined = starts if wish.one_block else wish.anchors
        found += _around(wish, share, joined[joined != root], root, np.inf, least)
    found.sort(key=lambda item: -item[0])
    return list(dict.fromkeys(cut for _, cut in found))[:CUTS_AT_ONCE]


def _heads(wish: Wish, share: Floats) -> list[int]:
    """A parcel of the largest block, where a choice of whole parcels has several and may not."""
    chosen: Mask = share > CLEAR
    if not wish.one_block or (np.abs(share - chosen) > SEEN).any():
        return []
    label = wish.blocks(chosen)
    held = label[chosen]
    sizes = np.bincount(held, weights=wish.lots.land_m2[chosen])
    if (sizes >= wish.block_m2 - TOUCH_M2).sum() < 2:
        return []
    return [int(np.flatnonzero(label == sizes.argmax())[0])]


def _around(
    wish: Wish, share: Floats, starts: Integers, root: int, limit_m2: float, least: float
) -> list[tuple[float, Cut]]:
    """The cuts around these parcels that are broken, and by how much."""
    found = []
    line = waterline(wish.links, wish.lots.land_m2, share, root, limit_m2)
    held_back = 1 - share[root] if root != NONE else 0.0
    most = share[starts] - held_back - line[starts]
    clearest = np.argsort(-most, kind="stable")[:STARTS_AT_ONCE]
    for start in starts[clearest[most[clearest] > least]]:
        held, rings = share[start] - held_back, []
        given = wish.links, wish.lots.land_m2, share, int(start), root
        for level, way in _WAYS:
            begin = line[start] if level else np.inf
            rings.append(ring(*given, limit_m2, begin, way))
        for layers in range(LAYERS if least >= CLEAR else 0):
            rings.append(layer(*given, limit_m2, line[start], layers))
            if held - rings[-1][0] <= least:
                break
        inside = (int(start),) if root == NONE else (int(start), root)
        found += [
            (float(held - weight), Cut(inside, tuple(around.tolist())))
            for weight, around in rings
            if held - weight > least
        ]
    return found
