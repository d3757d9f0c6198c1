"""Competing risks: falling back, and falling to the first rung, while a rung is worked on."""

from typing import Final, NamedTuple

import numpy as np

from geo.forecast import speed
from geo.forecast.spells import FELL, WITHDRAWN, Spells
from geo.forecast.town import Floats, Integers

PRIOR_FALLS: Final = 0.5
PRIOR_MONTHS: Final = 1000.0
"""Before any data the common rate is Gamma(0.5) over 1000 months: 0.05 % a month on average, and
most likely 0, to which it goes as months pass in which nothing falls."""

SHRINKAGE_FALLS: Final = 2.0
"""The common rate weighs as much in the rate of one rung as this many falls of its own."""


class Rivals(NamedTuple):
    """What was seen of falls: how many by rung worked on, and the months they could happen in.

    ``months`` (rungs, halves) are calendar months at risk by half year; the rates are constant in
    operational time, which a draw of the speeds makes of them.
    """

    fell: Integers
    withdrew: Integers
    months: Floats
    to: Integers

    def revert(self, pace: Floats, random: np.random.Generator) -> Floats:
        """Hazards (draws, rungs) of falling back, by operational month.

        None while the second rung or the third is worked on: below there is only the first.
        """
        return self._rates(self.fell, 3, pace, random)

    def withdraw(self, pace: Floats, random: np.random.Generator) -> Floats:
        """Hazards (draws, rungs) of falling to the first rung; none of those that stand there."""
        return self._rates(self.withdrew, 2, pace, random)

    def _rates(
        self, falls: Integers, first: int, pace: Floats, random: np.random.Generator
    ) -> Floats:
        """Gamma posteriors of constant rates, shrunk to a common one (Cox & Oakes 1984, ch. 9)."""
        rates = np.zeros((len(pace), len(falls)))
        at_risk = np.einsum("dh,rh->dr", pace, self.months[first:])
        falls = falls[first:]
        common = random.gamma(PRIOR_FALLS + falls.sum(), size=(len(pace), 1))
        common = np.maximum(common / (PRIOR_MONTHS + at_risk.sum(axis=1, keepdims=True)), 1e-12)
        own = random.gamma(SHRINKAGE_FALLS + falls, size=at_risk.shape)
        rates[:, first:] = own / (SHRINKAGE_FALLS / common + at_risk)
        return rates

    @property
    def fall(self) -> Floats:
        """Cumulative distribution (rungs, rungs) of the rung fallen to, by the rung worked on.

        The counts that were seen, and one more shared by all rungs that are possible: above the
        first, below where the parcel stands. Where none is possible it is the first.
        """
        shares = np.zeros(self.to.shape)
        shares[:, 0] = 1.0
        for rung in range(3, len(shares)):
            shares[rung] = self.to[rung]
            shares[rung, 1 : rung - 1] += 1 / (rung - 2)
            shares[rung] /= shares[rung].sum()
        cumulative = np.cumsum(shares, axis=1)
        cumulative[:, -1] = 1.0
        return cumulative


def rivals(spells: Spells, rungs: int, nodes: Floats) -> Rivals:
    """Count the falls, and the months in which there could have been one."""
    months = speed.months_in(spells.entry, spells.stop, nodes).toarray()
    at_risk = np.zeros((rungs, len(nodes) - 1))
    np.add.at(at_risk, spells.rung, months)
    fell, withdrew = (
        np.bincount(spells.rung[spells.end == end], minlength=rungs) for end in (FELL, WITHDRAWN)
    )
    to = np.zeros((rungs, rungs), dtype=np.int64)
    fallen = spells.end == FELL
    np.add.at(to, (spells.rung[fallen], spells.fell_to[fallen]), 1)
    return Rivals(fell, withdrew, at_risk, to)
