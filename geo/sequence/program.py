"""The choice as an integer program on HiGHS: what it costs at least, and choices to begin from."""

import math
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import highspy
import numpy as np

from geo.sequence.cover import Cut
from geo.sequence.lots import Floats, Mask
from geo.sequence.wish import TOUCH, Wish
from geo.units import M2_PER_MU

SAFETY: Final = 1e-7
"""A bound is taken lower by this share, for the tolerances of a solver that reckons in floats."""

_INFEASIBLE: Final = (
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,  # every share is bounded
)

Watchman = Callable[[float | None], bool]
"""Told a bound, or None; says whether to give up now."""


class Outcome(NamedTuple):
    """What HiGHS came to: a bound, -inf for none, the shares (n,), whether nothing is feasible."""

    bound: float
    share: Floats | None
    infeasible: bool


class Program:
    """The choice without its connectivity, to which cuts are added.

    Share x(k) of each parcel, 0 or 1; y(l) of each link with a shared boundary is at most x of
    both its ends, and takes twice that boundary off the perimeter.
    """

    def __init__(self, wish: Wish) -> None:
        self._wish, self._n = wish, len(wish.lots)
        lots, weight = wish.lots, wish.weight
        self._shared = np.flatnonzero(lots.shared_m > 0) if weight else np.zeros(0, dtype=int)
        own = wish.value + weight * lots.perimeter_m
        price = np.concatenate([own, -2 * weight * lots.shared_m[self._shared]])
        usual = np.abs(own[wish.usable])
        self._scale = float(usual.mean()) or 1.0
        self._highs = self._made(price / self._scale)
        self._watch: Watchman = lambda _: False
        self._found: Callable[[Mask], None] = lambda _: None
        self._highs.cbMipInterrupt.subscribe(self._on_node)
        self._highs.cbSimplexInterrupt.subscribe(self._on_pivot)
        self._highs.cbMipImprovingSolution.subscribe(self._on_solution)

    def add(self, cuts: Iterable[Cut]) -> None:
        """Hold what follows to these cuts as well."""
        for inside, ring in cuts:
            columns = np.array([*ring, *inside], dtype=np.int32)
            signs = np.repeat([1.0, -1.0], [len(ring), len(inside)])
            self._highs.addRow(1.0 - len(inside), math.inf, len(columns), columns, signs)

    def relaxed(self, watch: Watchman) -> Outcome:
        """The best shares that need not be whole."""
        self._watch = watch
        self._highs.run()
        status = self._highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            return Outcome(-math.inf, None, status in _INFEASIBLE)
        return Outcome(self._bound(self._highs.getObjectiveValue()), self._share(), False)

    def whole(
        self, start: Mask | None, gap: float, watch: Watchman, found: Callable[[Mask], None]
    ) -> Outcome:
        """The best choice of whole parcels to this gap; every better one on the way is ``found``.

        It may break cuts that were not added yet; the bound holds all the same.
        """
        self._watch, self._found = watch, found
        whole = np.full(self._n, highspy.HighsVarType.kInteger)
        self._highs.changeColsIntegrality(self._n, np.arange(self._n, dtype=np.int32), whole)
        self._highs.setOptionValue("mip_rel_gap", gap)
        if start is not None:
            self._begin_at(start)
        self._highs.run()
        status = self._highs.getModelStatus()
        info = self._highs.getInfo()
        has_one = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return Outcome(
            self._bound(info.mip_dual_bound),
            self._share() if has_one else None,
            status in _INFEASIBLE,
        )

    def _made(self, price: Floats) -> Any:
        """The program before any cut."""
        wish, n, links = self._wish, self._n, len(self._shared)
        highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": 1,
            "mip_abs_gap": TOUCH,
        }.items():
            highs.setOptionValue(option, value)
        low = np.concatenate([wish.fixed, np.zeros(links)]).astype(float)
        high = np.concatenate([wish.usable, np.ones(links)]).astype(float)
        empty = np.zeros(0, dtype=np.int32)
        highs.addCols(n + links, price, low, high, 0, empty, empty, np.zeros(0))
        columns = np.arange(n, dtype=np.int32)
        land_mu = wish.lots.land_m2 / M2_PER_MU
        highs.addRow(wish.least_m2 / M2_PER_MU, math.inf, n, columns, land_mu)
        if math.isfinite(wish.most):
            unit = float(wish.spend.mean()) or 1.0
            highs.addRow(-math.inf, wish.most / unit, n, columns, wish.spend / unit)
        ends = np.concatenate([wish.lots.i[self._shared], wish.lots.j[self._shared]])
        shared = np.tile(np.arange(n, n + links), 2)
        pairs = np.column_stack([shared, ends]).astype(np.int32).ravel()
        highs.addRows(
            2 * links,
            np.full(2 * links, -math.inf),
            np.zeros(2 * links),
            4 * links,
            np.arange(0, 4 * links, 2, dtype=np.int32),
            pairs,
            np.tile([1.0, -1.0], 2 * links),
        )
        return highs

    def _begin_at(self, start: Mask) -> None:
        lots, shared = self._wish.lots, self._shared
        solution = highspy.HighsSolution()
        both = start[lots.i[shared]] & start[lots.j[shared]]
        solution.col_value = np.concatenate([start, both]).astype(float).tolist()
        self._highs.setSolution(solution)

    def _share(self) -> Floats:
        values = np.array(self._highs.getSolution().col_value[: self._n])
        return np.asarray(np.clip(values, 0.0, 1.0))

    def _bound(self, value: float) -> float:
        return (value - SAFETY * abs(value)) * self._scale if math.isfinite(value) else -math.inf

    def _on_node(self, event: Any) -> None:
        event.interrupt(self._watch(self._bound(event.data_out.mip_dual_bound)))

    def _on_pivot(self, event: Any) -> None:
        event.interrupt(self._watch(None))

    def _on_solution(self, event: Any) -> None:
        self._found(np.asarray(event.data_out.mip_solution)[: self._n] > 0.5)
