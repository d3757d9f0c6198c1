"""What lies ahead: how a forecast is drawn, and under which terms land is taken next."""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from geo.plan.kinds import Day, Identifier, NonNegative, Positive, Share, Stated, Table, Whole
from geo.plan.layers import TableFile

MOST_DRAWS: Final = 100_000
MOST_SEQUENCED_YEARS: Final = 15

Count = Annotated[int, Field(gt=0, strict=True)]
Seed = Annotated[int, Field(ge=0, lt=2**63, strict=True)]


class Forecasting(Stated):
    """How the future is drawn.

    ``years`` is how far a forecast goes (by default three years past the last goal, at least
    five). Parcels of one zone or one treatment (``pool``) share a pace of their own, as far
    as the ledger shows one; with ``all`` there is one for the town.
    ``observed_from`` is the day from which the ledger tells of every change: what had been passed
    before is told only of parcels that were still under way (by default the first passage that is
    told). ``hold_out_share`` is the chance of a parcel below ``hold_out_below`` to stay out for
    ever. ``block_mu`` is the size from which a block is told, ``crews`` how many parcels can be
    worked on at once on the way to a stage. The hold-out chances of ``compare_hold_outs`` are
    compared with the slack of each goal.
    """

    draws: Annotated[int, Field(ge=100, le=MOST_DRAWS, strict=True)] = 2000
    seed: Seed = 1
    years: Positive | None = None
    pool: Literal["zone", "treatment", "all"] = "zone"
    observed_from: Day | None = None
    hold_out_share: Share = 0.0
    hold_out_below: str | None = None
    block_mu: Positive = 100.0
    crews: dict[str, Count] = {}
    earlier_months: Positive = 6.0
    compare_hold_outs: list[Share] = [0.005, 0.01, 0.02, 0.05]


class CostTable(TableFile):
    """A table of costs; ``fields`` names its columns where they are not parcel_id and cost."""

    fields: dict[Literal["parcel_id", "cost"], str] = {}


class Milestone(Table):
    """So many mu ready, in blocks, by the end of a year of the sequence."""

    year: Whole
    mu: Positive


class Sequencing(Stated):
    """Which land next: what it may cost, what must be there when, and what belongs together.

    ``file`` is the plan of record, a table of parcels with the days of start and ready; the page
    draws it. ``costs`` is a table with ``parcel_id`` and ``cost``, what is still to be paid for a
    parcel in ``currency``, or ``economics`` for the clearance of the appraisal, in its currency.
    ``budget`` is what may be spent in each year from ``first_year`` on: one number for all years,
    or one for each. ``crews`` are parcels that can be worked on at once on the way to a stage.
    ``goal`` says which stage and basis count (by default the first goal of all land). ``together``
    are parcels that begin in one year or not at all, ``before`` pairs of which the second waits
    until the first is ready.
    """

    file: str | None = None
    costs: CostTable | Literal["economics"]
    currency: str = "CNY"
    goal: str | None = None
    first_year: Annotated[int, Field(ge=1900, le=2200, strict=True)] | None = None
    years: Annotated[int, Field(ge=1, le=MOST_SEQUENCED_YEARS, strict=True)] = 5
    budget: Annotated[list[NonNegative], Field(min_length=1)]
    crews: dict[str, Count] = {}
    block_mu: Positive = 100.0
    milestones: list[Milestone] = []
    together: list[Annotated[list[Identifier], Field(min_length=2)]] = []
    before: list[tuple[Identifier, Identifier]] = []
    locked_in: list[Identifier] = []
    locked_out: list[Identifier] = []

    @model_validator(mode="after")
    def _a_budget_for_each_year(self) -> Self:
        if len(self.budget) not in (1, self.years):
            raise ValueError(
                f"budget has {len(self.budget)} numbers: give one, or one for each of the "
                f"{self.years} years"
            )
        both = sorted(set(self.locked_in) & set(self.locked_out))
        if both:
            raise ValueError(f"locked in and out at once: {', '.join(both)}")
        return self

    def budgets(self) -> list[float]:
        """What may be spent in each year."""
        return self.budget if len(self.budget) == self.years else self.budget * self.years

    def begins(self, as_of: date) -> int:
        """The first year: the one that is stated, else the first that begins after a date."""
        return self.first_year if self.first_year is not None else as_of.year + 1
