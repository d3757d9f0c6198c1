"""The plan as a mixed-integer program on HiGHS: start years, and land that counts in blocks.

x(g, t) is 1 from the year in which unit g starts; w(j, u) is how far parcel j counts at the end of
year u, at most x of its unit when j has had its lead time. That small blocks do not count is
left to cuts: around a connected set R with j, smaller than a block, w(j, u) ≤ Σ w(k, u) of the
neighbours k of R. Without them, and with x fractional, what comes out is a bound from above.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import highspy
import numpy as np

from geo.kernels.covers import covers
from geo.sequence.case import Case
from geo.sequence.lots import Floats, Integers

UNBOUNDED_OR_INFEASIBLE: Final = highspy.HighsModelStatus.kUnboundedOrInfeasible
FIXED: Final = -1
LEAST_VIOLATION: Final = 0.01
"""By how much a cut must be broken to be worth a row, while starts are fractions."""
EXACT: Final = 1e-6
SAFETY: Final = 1e-7
"""Of a bound: that much more is allowed, so that the tolerances of HiGHS cannot make it too low."""


Terms = list[tuple[int, float]]
"""Of a row: columns, and what each is multiplied with."""


class Outcome(NamedTuple):
    """What HiGHS says: whether nothing is feasible, whether this is the best, a bound, values.

    The bound is in m²·years, or what the elastic rules lack at least, below 0. ``met`` are values
    met on the way.
    """

    infeasible: bool
    optimal: bool
    bound: float
    values: Floats | None
    met: Sequence[Floats] = ()


class Columns(NamedTuple):
    """The column of x (units, years) and of w (years, n); :data:`FIXED` where there is none.

    Without a column x is 0 before the first year in which a unit may start; after the last year
    it keeps the column of that year.
    """

    x: Integers
    w: Integers
    number: int


def columns_of(case: Case) -> Columns:
    """Number the columns of a case."""
    rules, years = case.rules, case.years
    units, n = len(case.units), len(case.ground.land)
    x = np.full((units, years), FIXED, dtype=np.int64)
    count = 0
    for unit in range(units):
        first, last = rules.earliest[unit], rules.latest[unit]
        width = int(last - first) + 1
        x[unit, first : last + 1] = np.arange(count, count + width)
        x[unit, last + 1 :] = count + width - 1
        count += width
    w = np.full((years, n), FIXED, dtype=np.int64)
    can = case.stands(rules.earliest)
    w[can] = np.arange(count, count + can.sum())
    return Columns(x, w, count + int(can.sum()))


class Rows:
    """Rows of a linear program as they are put together: Σ value × column within bounds."""

    def __init__(self) -> None:
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.starts: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []

    def add(self, lower: float, upper: float, terms: Terms) -> None:
        """One row; terms without a column are left out, those of one column are added up."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.starts.append(len(self.columns))
        sums: dict[int, float] = {}
        for column, value in terms:
            if column != FIXED:
                sums[int(column)] = sums.get(int(column), 0.0) + float(value)
        self.columns += sums.keys()
        self.values += sums.values()

    def into(self, highs: highspy.Highs) -> None:
        """Hand the rows to HiGHS."""
        highs.addRows(
            len(self.lower),
            np.array(self.lower),
            np.array(self.upper),
            len(self.columns),
            np.array(self.starts, dtype=np.int32),
            np.array(self.columns, dtype=np.int32),
            np.array(self.values),
        )


class Program:
    """One case on HiGHS, with the cuts found so far."""

    def __init__(self, case: Case, *, elastic: tuple[str, ...] = ()) -> None:
        self.case = case
        self.columns = columns_of(case)
        self.land_unit = max(float(case.ground.land.mean()), 1.0)
        budget, capacity = case.rules.budget, case.rules.capacity
        self.money_unit = max(float(budget.mean()), float(case.rules.cost.max(initial=0.0)), 1e-9)
        self.month_unit = max(float(capacity.mean()) if len(capacity) else 0.0, 1.0)
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self.highs.silent()
        self.highs.setOptionValue("threads", 1)
        self.highs.setOptionValue("mip_feasibility_tolerance", 1e-9)  # money is held to the yuan
        self._add_columns()
        self._add_order()
        self.slack = self._add_limits(elastic)

    # --- the model ---------------------------------------------------------------------------

    def _add_columns(self) -> None:
        case, columns = self.case, self.columns
        lower, upper = np.zeros(columns.number), np.ones(columns.number)
        cost = np.zeros(columns.number)
        counts = columns.w != FIXED
        cost[columns.w[counts]] = (case.ground.land / self.land_unit)[np.nonzero(counts)[1]]
        must = ~case.rules.optional
        lower[columns.x[must, -1]] = 1.0
        self.highs.addVars(columns.number, lower, upper)
        every = np.arange(columns.number, dtype=np.int32)
        self.highs.changeColsCost(columns.number, every, cost)
        self.highs.changeObjectiveSense(highspy.ObjSense.kMaximize)

    def _add_order(self) -> None:
        """Starting is for good, land counts when it is ready, and some units wait for others."""
        case, columns = self.case, self.columns
        rows, rules = Rows(), case.rules
        for unit in range(len(case.units)):
            for year in range(rules.earliest[unit], rules.latest[unit]):
                one, two = columns.x[unit, year : year + 2]
                rows.add(-math.inf, 0.0, [(one, 1.0), (two, -1.0)])
            for at in range(rules.first[unit], rules.first[unit + 1]):
                for year in range(rules.late[at], case.years):
                    w = columns.w[year, rules.parcel[at]]
                    if w != FIXED:
                        x = columns.x[unit, year - rules.late[at]]
                        rows.add(-math.inf, 0.0, [(w, 1.0), (x, -1.0)])
        for first, second, wait in np.unique(rules.before, axis=0):
            for year in range(rules.earliest[second], min(rules.latest[second] + 1, case.years)):
                x = columns.x[first, year - wait]
                rows.add(-math.inf, 0.0, [(columns.x[second, year], 1.0), (x, -1.0)])
        rows.into(self.highs)

    def _add_limits(self, elastic: tuple[str, ...]) -> dict[str, Integers]:
        """Budget, crews and land asked for; the columns of what elastic families lack."""
        case, rules = self.case, self.case.rules
        width = {
            "milestone": case.years,
            "budget": case.years,
            "crews": case.years * len(rules.capacity),
        }
        slack = self._add_slack({family: width[family] for family in elastic})
        rows = Rows()
        for family, add in (
            ("milestone", self._add_milestones),
            ("budget", self._add_budget),
            ("crews", self._add_crews),
        ):
            none = np.full(width[family], FIXED, dtype=np.int64)
            add(rows, slack.get(family, none))
        rows.into(self.highs)
        return slack

    def _add_slack(self, widths: dict[str, int]) -> dict[str, Integers]:
        """Columns that let families of rules be broken: only their sum matters then."""
        if not widths:
            return {}
        count, width = self.columns.number, sum(widths.values())
        every = np.arange(count, dtype=np.int32)
        self.highs.changeColsCost(count, every, np.zeros(count))
        self.highs.addVars(width, np.zeros(width), np.full(width, highspy.kHighsInf))
        slack = np.arange(count, count + width)
        self.highs.changeColsCost(width, slack.astype(np.int32), np.full(width, -1.0))
        ends = np.cumsum([*widths.values()])[:-1]
        return dict(zip(widths, np.split(slack, ends), strict=True))

    def _add_milestones(self, rows: Rows, lacks: Integers) -> None:
        """Land in blocks by the end of a year, in mean parcels."""
        land = self.case.ground.land / self.land_unit
        for year in np.flatnonzero(self.case.rules.goal > 0):
            terms = [*zip(self.columns.w[year], land, strict=True), (lacks[year], 1.0)]
            rows.add(self.case.rules.goal[year] / self.land_unit, math.inf, terms)

    def _starts_in(self, unit: int, year: int, value: float) -> Terms:
        """``value`` in the year in which a unit starts, as terms of a row."""
        rules = self.case.rules
        if not rules.earliest[unit] <= year <= rules.latest[unit]:
            return []
        before = self.columns.x[unit, year - 1] if year else FIXED
        return [(self.columns.x[unit, year], value), (before, -value)]

    def _add_budget(self, rows: Rows, lacks: Integers) -> None:
        """Money of each year, as a share of a mean year's; what is carried adds up."""
        rules, units = self.case.rules, range(len(self.case.units))
        costs = rules.cost / self.money_unit
        for year in range(self.case.years):
            terms: Terms = []
            if rules.carry:
                terms += zip(self.columns.x[:, year], costs, strict=True)
                most, short = rules.budget[: year + 1].sum(), lacks[: year + 1]
            else:
                for unit in units:
                    terms += self._starts_in(unit, year, costs[unit])
                most, short = rules.budget[year], lacks[year : year + 1]
            terms += [(column, -1.0) for column in short]
            rows.add(-math.inf, most / self.money_unit, terms)

    def _add_crews(self, rows: Rows, lacks: Integers) -> None:
        """Crew-months of each year and stage, as a share of what a mean stage can do in a year."""
        rules = self.case.rules
        for year in range(self.case.years):
            for stage, capacity in enumerate(rules.capacity):
                terms = [(lacks[year * len(rules.capacity) + stage], -1.0)]
                for after in range(min(rules.use.shape[2], year + 1)):
                    for unit in np.flatnonzero(rules.use[:, stage, after]):
                        use = rules.use[unit, stage, after] / self.month_unit
                        terms += self._starts_in(int(unit), year - after, use)
                rows.add(-math.inf, capacity / self.month_unit, terms)

    # --- cuts --------------------------------------------------------------------------------

    def add_covers(self, values: Floats, *, most: int, every_year: bool = False) -> int:
        """Add cuts that these values break, the worst first; how many rows that were.

        ``every_year``: of whole starts, each broken cut is added for all years at once.
        """
        weight = np.where(self.columns.w != FIXED, values[self.columns.w], 0.0)
        found: dict[tuple[int, int, tuple[int, ...]], float] = {}
        for by_gain in (False, True):
            year, parcel, size, around, violation = covers(
                weight, self.case.ground, EXACT if every_year else LEAST_VIOLATION, by_gain
            )
            ends = np.cumsum(size)
            for at in range(len(year)):
                ring = tuple(np.sort(around[ends[at] - size[at] : ends[at]]).tolist())
                found[int(year[at]), int(parcel[at]), ring] = violation[at]
        worst = sorted(found, key=lambda cut: (-found[cut], cut))[:most]
        rows = Rows()
        told = set()
        for year_, parcel_, ring in worst:
            for u in range(self.case.years) if every_year else (year_,):
                w = int(self.columns.w[u, parcel_])
                if w != FIXED and (u, parcel_, ring) not in told:
                    told.add((u, parcel_, ring))
                    near = [(int(self.columns.w[u, k]), -1.0) for k in ring]
                    rows.add(-math.inf, 0.0, [(w, 1.0), *near])
        if rows.lower:
            rows.into(self.highs)
        return len(rows.lower)

    # --- solving -----------------------------------------------------------------------------

    def starts(self, values: Floats) -> Floats:
        """How far each unit (rows) has started by each year (columns)."""
        return np.where(self.columns.x != FIXED, values[self.columns.x], 0.0)

    def values(self, start: Integers) -> Floats:
        """The values of all columns for start years (units,); nothing may be lacking."""
        values = np.zeros(self.highs.getNumCol())
        x, w = self.columns.x, self.columns.w
        started = start[:, None] <= np.arange(self.case.years)
        values[x[x != FIXED]] = started[x != FIXED]
        values[w[w != FIXED]] = self.case.stands(start)[w != FIXED]
        return values

    def relaxed(self, seconds: float) -> Outcome:
        """Solve it with fractions, within so many seconds."""
        return self._run(seconds, whole=False)

    def solved(
        self,
        seconds: float,
        *,
        gap: float,
        start: Integers | None,
        stop: Callable[[], bool],
    ) -> Outcome:
        """Solve it with whole starts, but with the cuts found so far only.

        What it meets on the way is better than ``start``, or breaks a cut that is not there yet.
        """
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = self.values(start).tolist()
            self.highs.setSolution(solution)
        self.highs.setOptionValue("mip_rel_gap", gap)
        self.highs.setOptionValue("mip_abs_gap", 1e-9)
        improving, interrupt = self.highs.cbMipImprovingSolution, self.highs.cbMipInterrupt
        met: list[Floats] = []

        def noted(event: Any) -> None:
            met.append(np.array(event.data_out.mip_solution))

        def asked(event: Any) -> None:
            event.interrupt(stop())  # HiGHS keeps what it was told last, for the next run too

        improving.subscribe(noted)
        interrupt.subscribe(asked)
        try:
            return self._run(seconds, whole=True)._replace(met=met)
        finally:
            improving.unsubscribe(noted)
            interrupt.unsubscribe(asked)

    def _run(self, seconds: float, *, whole: bool) -> Outcome:
        count = int(self.columns.x.max(initial=-1)) + 1
        every = np.arange(count, dtype=np.int32)
        self.highs.changeColsIntegrality(count, every, np.full(count, whole, dtype=np.uint8))
        clock = 0.0 if whole else self.highs.getRunTime()  # that of fractions is never reset
        self.highs.setOptionValue("time_limit", clock + max(seconds, 0.01))
        self.highs.run()
        status, info = self.highs.getModelStatus(), self.highs.getInfo()
        if status in (highspy.HighsModelStatus.kInfeasible, UNBOUNDED_OR_INFEASIBLE):
            return Outcome(True, False, -math.inf, None)
        optimal = status == highspy.HighsModelStatus.kOptimal
        bound = info.mip_dual_bound if whole else info.objective_function_value
        if not (whole or optimal):
            bound = math.inf
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = np.array(self.highs.getSolution().col_value) if feasible else None
        return Outcome(False, optimal, self._bound(bound), values)

    def _bound(self, objective: float) -> float:
        return (objective + SAFETY * abs(objective)) * self.land_unit
