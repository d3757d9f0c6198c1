"""The terms of a plan over years, and the schedule that answers them."""

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from geo.sequence.lots import Floats, Integers
from geo.units import M2_PER_MU

DEFAULT_BLOCK_M2: Final = 100 * M2_PER_MU
NEVER: Final = -1
"""The quarter of what is not started, and of what was ready before the first year."""
QUARTERS_A_YEAR: Final = 4
MONTHS_A_QUARTER: Final = 3

Use = npt.NDArray[np.float64]
Status = Literal["optimal", "gap", "time", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What binds a plan over ``years`` years from ``first_year``; parcels are positions in Lots.

    ``budget`` (years,) is money of each year, from which the whole cost of a parcel is paid in
    the year in which it is started. What is left of it is lost, as a budget that is not spent by
    December usually is, unless the terms ``carry`` it into the next year.
    ``lead_months`` (n,) is the time from start to ready, +inf where there is no end to it.
    ``use_months`` (n, stages, years after the start) are the months of work of each stage's
    crews, and ``capacity_months`` (stages,) what the crews of a stage can do in a year.
    ``least_m2`` (years,) of land must stand in blocks of at least ``block_m2`` by the end of each
    year; 0 asks for nothing. Parcels that go ``together`` start in the same year or not at all;
    of a pair (a, b) of ``after``, b starts in a year after the one in which a gets ready.
    """

    first_year: int
    years: int
    budget: Floats
    lead_months: Floats
    use_months: Use = field(default_factory=lambda: np.zeros((0, 0, 0)))
    capacity_months: Floats = field(default_factory=lambda: np.zeros(0))
    least_m2: Floats = field(default_factory=lambda: np.zeros(0))
    block_m2: float = DEFAULT_BLOCK_M2
    together: tuple[tuple[int, ...], ...] = ()
    after: tuple[tuple[int, int], ...] = ()
    locked_in: tuple[int, ...] = ()
    locked_out: tuple[int, ...] = ()
    carry: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """The quarter in which each parcel starts and is ready, with what it brings and its bound.

    Quarters count from the first of the first year, :data:`NEVER` for what is not started (what
    was ready before is not started either). ``counted_m2``, ``ready_m2`` and ``spent`` are of
    each year; ``m2_years`` is the sum of ``counted_m2``, no schedule has more than ``bound``, and
    ``gap`` is what is between them as a share of ``m2_years``.
    """

    start_quarter: Integers
    ready_quarter: Integers
    counted_m2: Floats
    ready_m2: Floats
    spent: Floats
    used_months: Floats
    m2_years: float
    bound: float
    gap: float
    status: Status
    seconds: float
    seed: int

    @property
    def mu_years(self) -> float:
        """Mu that stand in blocks, summed over the ends of the years."""
        return self.m2_years / M2_PER_MU


def quarters_of(lead_months: Floats) -> Floats:
    """The quarters that a lead time touches: at least the one of the start; +inf stays."""
    return np.maximum(np.ceil(lead_months / MONTHS_A_QUARTER - 1e-9), 1.0)


def years_late(lead_months: Floats, years: int) -> Integers:
    """The years from the one of an early start to the one of being ready, at most ``years``."""
    quarters = np.minimum(quarters_of(lead_months), QUARTERS_A_YEAR * years + 1)
    return ((quarters - 1) // QUARTERS_A_YEAR).astype(np.int64)
