"""Least-cost contiguous land: annealing finds a choice, cutting planes bound it, both meet."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from geo.errors import SequenceError
from geo.findings import finding
from geo.sequence.annealing import WARM, Walker
from geo.sequence.cover import CLEAR, cuts
from geo.sequence.lots import Lots, Mask, Progress, Stop, Watch, unstopped, unwatched
from geo.sequence.program import Outcome, Program
from geo.sequence.selection import Selection, Status, selection_of
from geo.sequence.wish import Objective, Wish, wish_of
from geo.units import shown

STARTS: Final = 8
ROUNDS: Final = 60
BROKEN: Final = 0.02
"""Shares that break a cut by less than this are left to the branching."""

EFFORT: Final = 6
"""The best shares without branching are worth so many times longer walks."""

PROVED: Final = 1e-6
"""A gap that floats cannot tell from none."""


def select(  # noqa: PLR0913 - a wish has as many parts
    lots: Lots,
    *,
    least_m2: float,
    shape_weight: float = 0.0,
    block_m2: float | None = None,
    objective: Objective = "cost",
    most_cost: float | None = None,
    locked_in: Sequence[int] = (),
    locked_out: Sequence[int] = (),
    anchors: Sequence[int] = (),
    time_limit_s: float = 30.0,
    gap: float = 1e-3,
    seed: int = 0,
    notify: Watch = unwatched,
    stop: Stop = unstopped,
) -> Selection:
    """Choose contiguous land of at least ``least_m2`` (to the square metre) at the least cost.

    Parameters
    ----------
    lots
        The land; what is ready costs nothing and is land of a block like any other.
    shape_weight
        What a metre of perimeter is worth, in currency, or in m² of floor space.
    block_m2
        None: one block. Otherwise several may be chosen, each of at least so much land.
    objective
        ``cost``: the least cost + weight × perimeter. ``floor``: the most floor space less weight
        × perimeter, for at most ``most_cost``, which limits the cost in either case.
    locked_in, locked_out, anchors
        Parcels by position: chosen, not chosen, and chosen in one block that holds them all.
    gap
        How far from the best the choice may be, as a share of its total.
    stop
        Asked often; when it says so, the best so far is returned with its bound.

    Raises :class:`SequenceError` where no choice can be made, with the nearest goal that can be
    met. The same seed gives the same choice, unless time runs out.
    """
    wish = wish_of(
        lots,
        least_m2=least_m2,
        shape_weight=shape_weight,
        block_m2=block_m2,
        objective=objective,
        most_cost=most_cost,
        locked_in=locked_in,
        locked_out=locked_out,
        anchors=anchors,
    )
    return Search(
        wish, time_limit_s=time_limit_s, gap=gap, seed=seed, notify=notify, stop=stop
    ).run()


class Search:
    """The best choice and the best bound so far, and when to be content with them."""

    def __init__(
        self, wish: Wish, *, time_limit_s: float, gap: float, seed: int, notify: Watch, stop: Stop
    ) -> None:
        self.wish, self.infeasible = wish, False
        self.best: Mask | None = None
        self._goal, self._seed, self._notify, self._stop = gap, seed, notify, stop
        self._began, self._limit = time.perf_counter(), time_limit_s
        self._worth, self._bound = math.inf, _least_thinkable(wish)
        self._stopped, self._told = False, 0.0
        self._walker = Walker(wish, seed)

    def run(self, starts: Iterable[Mask] = ()) -> Selection:
        """Search until the gap is met, the time is over or somebody stops it.

        Raises :class:`SequenceError` where the limit of cost is too low, or nothing was found.
        """
        for start in starts:
            self._offer(self._walker.annealed(start, WARM))
        for start in self._walker.starts(STARTS):
            if self._over() and self.best is not None:
                break
            self._offer(self._walker.annealed(start))
        if self.best is None and math.isfinite(self.wish.most):
            self._offer(self._affordable())
        if not self._over():
            self._bounded(Program(self.wish))
        self._tell(1.0)
        if self.best is None:
            raise SequenceError(finding("sequence.unfound", seen=shown(self.seconds, 1)))
        return self._selection(self.best)

    def _affordable(self) -> Mask:
        """A choice within the limit of cost; raises :class:`SequenceError` if there is none."""
        wish = self.wish
        cheap = replace(wish, objective="cost", value=wish.spend, weight=0.0, most=math.inf)
        left = max(self._limit - self.seconds, 0.0)
        search = Search(
            cheap, time_limit_s=left, gap=PROVED, seed=self._seed, notify=unwatched, stop=self._stop
        )
        found = search.run()
        if found.bound <= wish.most:
            return found.chosen
        raise SequenceError(
            finding(
                "sequence.short-budget",
                seen=shown(wish.most, 2, grouped=True),
                least=shown(found.bound, 2, grouped=True),
                enough=shown(found.cost, 2, grouped=True),
            )
        )

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.perf_counter() - self._began

    @property
    def gap(self) -> float:
        """The distance between best and bound, as a share of the best."""
        if self._worth - self._bound <= 0:
            return 0.0
        return (self._worth - self._bound) / abs(self._worth) if self._worth else math.inf

    def _bounded(self, program: Program) -> None:
        """Cut until the relaxation is connected, then branch until the choice is."""
        for _ in range(ROUNDS):
            outcome = program.relaxed(self._watch)
            self._learn(outcome)
            if outcome.share is None or self._over():
                break
            broken = cuts(self.wish, outcome.share, BROKEN)
            if not broken:
                self._mend(outcome, EFFORT)
                break
            program.add(broken)
        gap = 0.9 * self._goal
        while not (self._over() or self.infeasible):
            outcome = program.whole(self.best, gap, self._watch, self._mend_whole)
            self._learn(outcome)
            self._mend(outcome)
            broken = [] if outcome.share is None else cuts(self.wish, outcome.share.round(), CLEAR)
            if not broken and gap <= PROVED:
                break
            gap = gap if broken else gap / 10
            program.add(broken)

    def _learn(self, outcome: Outcome) -> None:
        self._bound = max(self._bound, outcome.bound)
        self.infeasible |= outcome.infeasible
        self._tell()

    def _mend(self, outcome: Outcome, effort: int = 1) -> None:
        """Make choices of shares, which may be neither whole nor connected."""
        if outcome.share is not None:
            for chosen in self._walker.repaired(outcome.share):
                self._offer(self._walker.annealed(chosen, WARM, effort))

    def _mend_whole(self, chosen: Mask) -> None:
        if self.wish.met_by(chosen):
            self._offer(chosen)
        else:
            self._mend(Outcome(-math.inf, chosen.astype(float), False))

    def _offer(self, chosen: Mask) -> None:
        worth = self.wish.worth(chosen)
        if worth < self._worth and self.wish.met_by(chosen):
            self.best, self._worth = chosen.copy(), worth
            self._tell()

    def _watch(self, bound: float | None) -> bool:
        """What a solver asks at every step."""
        if bound is not None:
            self._bound = max(self._bound, bound)
        if self.seconds - self._told > 0.2:
            self._tell()
        return self._over()

    def _over(self) -> bool:
        self._stopped = self._stopped or self._stop()
        return self._stopped or self.seconds >= self._limit or self.gap <= self._goal

    def _tell(self, done: float = 0.0) -> None:
        """Tell the share of the time that is gone, in the sign of the objective."""
        self._told = self.seconds
        sign = 1.0 if self.wish.objective == "cost" else -1.0
        best = None if self.best is None else sign * self._worth
        share = max(done, min(self._told / self._limit, 1.0)) if self._limit > 0 else 1.0
        self._notify(Progress(share, best, sign * self._bound, self._told))

    def _selection(self, chosen: Mask) -> Selection:
        status: Status = "stopped" if self._stopped else "time"
        if self.gap <= self._goal:
            status = "gap"
        if self.gap <= PROVED:
            status = "optimal"
        return selection_of(
            self.wish,
            chosen,
            bound=min(self._bound, self._worth),
            gap=self.gap,
            seconds=self.seconds,
            status=status,
            seed=self._seed,
        )


def _least_thinkable(wish: Wish) -> float:
    """A bound that asks no solver: nothing costs less than nothing, no floor is above all floor."""
    return float(wish.value[wish.usable & (wish.value < 0)].sum())
