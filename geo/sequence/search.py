"""A search for the best schedule: bound it, walk, and let HiGHS have the rest of the time."""

import math
import time
from dataclasses import dataclass, field
from typing import Final

from geo.sequence.case import Case
from geo.sequence.improve import Found, better, drawn, walked
from geo.sequence.lots import Floats, Integers, Progress, Stop, Watch
from geo.sequence.relaxation import Program
from geo.sequence.terms import Status

CUTS_A_PARCEL: Final = 2
"""Cuts for each parcel that are added at once, at most."""
MOVES_A_CHOICE: Final = 400
"""Moves of the first walk for each unit and year; every walk is longer than the one before."""
WALKS: Final = 6
"""Walks before HiGHS takes over; of a large town there is no end to them but the time."""
BOUND_SHARE: Final = 0.3
WALK_SHARE: Final = 0.6
"""Shares of the time after which no cut is looked for, and no walk is begun before HiGHS runs."""
LEVELS: Final = (0.5, 0.3, 0.8)
"""A unit starts when its fraction reaches one of these, where a walk begins with fractions."""
HEATS: Final = (3.0, 3.0, 0.3)
"""How hot walks begin in turn, in mean parcels; the last is from the best plan so far."""
COOL: Final = 0.1
"""How hot a walk begins that only mends what HiGHS has met."""
FIRST_ROUND_S: Final = 4.0
LONGER: Final = 1.4
SMALL: Final = 300
"""The first round on HiGHS takes so many seconds at most, more from so many choices of a unit and a
year, and each later round so much longer."""
LARGE: Final = 8_000
"""Choices of a unit and a year above which whole starts on HiGHS get nowhere in minutes."""


@dataclass(slots=True)
class Search:
    """A search as it stands: the best so far, the bound, and how much time is left."""

    case: Case
    limit_s: float
    gap_wanted: float
    seed: int
    notify: Watch
    stop: Stop
    best: Found
    bound: float = math.inf
    begun: float = field(default_factory=time.monotonic)
    walks: int = 0

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return time.monotonic() - self.begun

    @property
    def left(self) -> float:
        """Seconds until the limit."""
        return self.limit_s - self.seconds

    @property
    def gap(self) -> float:
        """What is between the best and the bound, as a share of the best."""
        return gap_of(self.best.m2_years, self.bound)

    def over(self, share: float = 1.0) -> bool:
        """Whether it is enough: near the bound, stopped, or this share of the time is gone."""
        return self.gap <= self.gap_wanted or self.seconds > share * self.limit_s or self.stop()

    def found(self, other: Found) -> None:
        """Take note of a plan, where it meets the rules and is better."""
        if other.m2_years > self.best.m2_years and self.case.meets(other.start):
            self.best = better(self.best, other)
        self.tell()

    def bounded(self, bound: float) -> None:
        """Take note of a bound."""
        self.bound = min(self.bound, bound)
        self.tell()

    def tell(self) -> None:
        """Tell who watches."""
        best = self.best.m2_years if self.best.m2_years >= 0 else None
        bound = self.bound if math.isfinite(self.bound) else None
        self.notify(Progress(min(1.0, self.seconds / self.limit_s), best, bound, self.seconds))

    def walk(self, start: Integers, hot: float, moves: float) -> None:
        """One more walk, from ``start``."""
        self.walks += 1
        choices = len(self.case.units) * self.case.years
        self.found(
            walked(
                self.case,
                start,
                hot=hot,
                moves=round(moves * choices),
                seed=self.seed * 100 + self.walks,
                enough=self.over,
            )
        )

    def status(self) -> Status:
        """Why it ended."""
        if self.gap <= 1e-9:
            return "optimal"
        if self.gap <= self.gap_wanted:
            return "gap"
        return "stopped" if self.stop() else "time"


def gap_of(m2_years: float, bound: float) -> float:
    """What is between a plan and its bound, as a share of the plan; the bound may round below."""
    if m2_years < 0:
        return math.inf
    between = bound - m2_years
    if between <= 1e-6 * max(1.0, abs(m2_years)):
        return 0.0
    return between / m2_years if m2_years > 0 else math.inf


def ran(search: Search) -> bool:
    """Search until it is enough; whether it is proven that nothing meets the rules."""
    if not search.case.units:  # there is one plan: nothing starts
        search.bounded(search.best.m2_years)
        return search.best.m2_years < 0
    program = Program(search.case)
    fractions = bounded(search, program)
    if search.bound == -math.inf:
        return True
    starts = [] if fractions is None else [program.starts(fractions)]
    large = len(search.case.units) * search.case.years > LARGE
    while not search.over(1.0 if large else WALK_SHARE) and (large or search.walks < WALKS):
        _one_walk(search, search.walks, starts)
    seconds = FIRST_ROUND_S * max(1.0, len(search.case.units) * search.case.years / SMALL)
    while not large and not search.over() and _whole(search, program, seconds):
        seconds *= LONGER
    return search.best.m2_years < 0 and search.bound == -math.inf


def bounded(search: Search, program: Program) -> Floats | None:
    """Bound a search from above with the cuts that fractions break; the fractions in the end.

    The bound is minus infinity where nothing meets the rules.
    """
    outcome = program.relaxed(search.left)
    if outcome.infeasible:
        search.bounded(-math.inf)
        return None
    values = outcome.values
    search.bounded(outcome.bound)
    while values is not None and not search.over(BOUND_SHARE):
        if not program.add_covers(values, most=CUTS_A_PARCEL * len(search.case.owner)):
            break
        outcome = program.relaxed(search.left)
        if outcome.infeasible:
            search.bounded(-math.inf)
            return None
        if outcome.values is None:
            break
        values = outcome.values
        search.bounded(outcome.bound)
    return values


def _one_walk(search: Search, walk: int, starts: list[Floats]) -> None:
    """Walk from nothing, from the best, or from fractions, in turn."""
    case = search.case
    moves = MOVES_A_CHOICE * 2.0 ** (walk // len(HEATS))
    hot = HEATS[walk % len(HEATS)]
    if hot < 1 and search.best.m2_years >= 0:
        search.walk(search.best.start, hot, moves)
    elif starts and walk % 2:
        search.walk(drawn(case, starts[0], LEVELS[walk // 2 % len(LEVELS)]), hot, moves)
    else:
        search.walk(case.empty(), hot, moves)


def _whole(search: Search, program: Program, seconds: float) -> bool:
    """One round of whole starts on HiGHS, and walks from what it met; whether to go on."""
    known = search.best.start if search.best.m2_years >= 0 else None
    until = min(search.seconds + seconds, search.limit_s)
    outcome = program.solved(
        until - search.seconds,
        gap=search.gap_wanted / 2,
        start=known,
        stop=lambda: search.over() or search.seconds > until,
    )
    if outcome.infeasible:
        search.bounded(-math.inf)
        return False
    search.bounded(outcome.bound)
    met = [*outcome.met, *([] if outcome.values is None else [outcome.values])]
    added = 0
    for values in met:
        start = drawn(search.case, program.starts(values), 0.5)
        search.found(Found(start, float(search.case.counted_m2(start).sum())))
        most = CUTS_A_PARCEL * len(search.case.owner)
        added += program.add_covers(values, most=most, every_year=True)
    if met and not search.over():
        search.walk(start, COOL, MOVES_A_CHOICE / 4)
    return added > 0 or not outcome.optimal
