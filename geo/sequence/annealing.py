"""Choices that meet a wish, found by growing and annealing: good ones soon, with no bound."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from geo.kernels.connected import Rules, Walk, anneal
from geo.sequence.growing import all_joined, grown, joined, piece
from geo.sequence.lots import Floats, Integers, Mask
from geo.sequence.wish import TOUCH_M2, Wish

STEPS_PER_PARCEL: Final = 300
MOST_STEPS: Final = 600_000
HOT, WARM, COLD = 0.3, 0.05, 0.003
"""Heat, as a share of what a parcel is usually worth; a choice that is nearly right begins warm."""

DEAR: Final = 1.5
"""Land that lacks is charged at so much above the usual price, so that it is bought."""

TRIES: Final = 50


class Walker:
    """Finds choices for one wish; the seed tells which."""

    def __init__(self, wish: Wish, seed: int) -> None:
        self._wish, self._random = wish, np.random.default_rng(seed)
        self._holding = wish.holding()
        own = np.abs(wish.value + wish.weight * wish.lots.perimeter_m)[wish.usable]
        land = wish.lots.land_m2[wish.usable]
        spend = wish.spend[wish.usable]
        self._usual = float(np.median(own)) or float(own.mean()) or 1.0
        lack = DEAR * max(float(np.median(own / land)), float(own.sum() / land.sum()))
        self._rules = Rules(
            weight=wish.weight,
            least_m2=wish.least_m2 - TOUCH_M2 / 2,
            lack=lack if wish.objective == "cost" else 10 * lack,
            most=wish.most,
            over=2 * DEAR * float(own.sum() / (spend.sum() or 1.0)),
            block_m2=0.0 if wish.one_block else wish.block_m2 - TOUCH_M2 / 2,
        )
        self._steps = min(STEPS_PER_PARCEL * len(wish.lots), MOST_STEPS)

    def annealed(self, chosen: Mask, hot: float = HOT, effort: int = 1) -> Mask:
        """A better choice, by a walk from this one."""
        seed = int(self._random.integers(2**31))
        walk = Walk(effort * self._steps, hot * self._usual, COLD * self._usual, seed)
        return anneal(self._wish.links, self._holding, self._rules, walk, chosen.copy())

    def starts(self, count: int) -> Iterator[Mask]:
        """Choices to walk from: grown from parcels here and there, and all land at once."""
        usable = np.flatnonzero(self._wish.usable)
        for start in self._random.permutation(usable)[:count]:
            yield self._completed(self._wish.fixed, self._wish.spend, int(start))
        if not self._wish.one_block:
            yield self._wish.usable.copy()

    def repaired(self, share: Floats) -> list[Mask]:
        """Choices that are like these shares (n,) and in blocks as wished, or nearly."""
        wish = self._wish
        price = wish.spend * (1.05 - share)
        chosen = ((share > 0.5) & wish.usable) | wish.fixed
        if not chosen.any():
            chosen[int(share.argmax())] = True
        if not wish.one_block:
            return [self._completed(self._large(chosen, price), price, None)]
        label = wish.blocks(chosen)
        sizes = np.bincount(label[chosen], weights=wish.lots.land_m2[chosen])
        main = label[wish.root] if len(wish.anchors) else sizes.argmax()
        alone = np.asarray(label == main)
        start = int(np.flatnonzero(alone)[0])
        bridged = self._bridged(chosen, price, start)
        return [self._completed(each, price, start) for each in (alone, bridged)]

    def _bridged(self, chosen: Mask, price: Floats, start: int) -> Mask:
        """The piece of ``start``, joined with the nearest others until it has land enough."""
        wish = self._wish
        block = piece(wish, chosen, start)
        while (chosen & ~block).any() and wish.lots.land_m2[block].sum() < wish.least_m2:
            rest = chosen & ~block
            longer = joined(wish, price, chosen | block, start, np.flatnonzero(rest))
            block = piece(wish, longer, start)
            if not (block & rest).any():
                break
        return block

    def _large(self, chosen: Mask, price: Floats) -> Mask:
        """The blocks that are large enough, and those of fixed parcels made so."""
        wish = self._wish
        label = wish.blocks(chosen)
        sizes = np.bincount(label[chosen], weights=wish.lots.land_m2[chosen], minlength=len(label))
        kept = chosen & ((sizes[label] >= wish.block_m2) | wish.fixed)
        lost: Integers = np.unique(label[chosen & ~kept])
        for small in lost[np.argsort(-sizes[lost], kind="stable")]:
            if wish.lots.land_m2[kept].sum() < wish.least_m2:
                first = int(np.flatnonzero(label == small)[0])
                kept = grown(wish, price, kept | (label == small), first, wish.block_m2)
        return kept

    def _completed(self, chosen: Mask, price: Floats, start: int | None) -> Mask:
        """``chosen`` in blocks that are large enough, with land enough, from ``start`` if alone."""
        wish = self._wish
        chosen = all_joined(wish, price, chosen)
        if wish.one_block:
            begin = wish.root if len(wish.anchors) else start
            assert begin is not None
            return grown(wish, price, chosen, begin, wish.least_m2)
        for fixed in np.flatnonzero(wish.fixed):
            chosen = grown(wish, price, chosen, int(fixed), wish.block_m2)
        for _ in range(TRIES):
            if chosen.any() and wish.lots.land_m2[chosen].sum() >= wish.least_m2:
                return chosen
            if start is None or chosen[start]:
                start = int(self._random.choice(np.flatnonzero(wish.usable & ~chosen)))
            chosen = grown(wish, price, chosen, start, wish.block_m2)
        return wish.usable.copy()
