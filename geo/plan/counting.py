"""What counts, and toward what: stages, goals, programmes, contiguity, lights and pace."""

from typing import Literal

from geo.plan.kinds import Basis, Day, Identifier, NonNegative, Positive, Share, Stated
from geo.text import Text


class Stage(Stated):
    """One rung of the readiness ladder, lowest first in the plan.

    ``p50_months`` and ``p90_months`` are how long it takes to reach it from the rung below,
    ``limit_months`` how long the plan allows; ``responsible`` who sees to it and ``next_step``
    what is to be done for it, where the ledger names nobody and nothing else.
    """

    id: Identifier
    name: Text
    evidence: Text | None = None
    aliases: list[str] = []
    p50_months: Positive | None = None
    p90_months: Positive | None = None
    limit_months: Positive | None = None
    responsible: Text | None = None
    next_step: Text | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every word that an event may use for the stage."""
        return (self.id, self.name.zh, self.name.en, *self.aliases)


class Goal(Stated):
    """So many mu by a date. ``stage`` is the lowest rung that counts.

    ``basis`` says whether it counts gross land or what of it is net. Land in blocks that are below
    ``min_block_mu`` on that basis does not count; with ``programme`` only the parcels of that
    programme do. ``by_zone`` divides the goal among zones, for reports. The first goal that speaks
    of all land also decides which land the blocks and tiers are made of, and on which basis.
    """

    id: Identifier
    name: Text
    mu: Positive
    due: Day
    stage: str
    basis: Basis = "gross"
    min_block_mu: NonNegative = 0.0
    programme: str | None = None
    count_self_reported: bool = False
    by_zone: dict[str, Positive] = {}


class Programme(Stated):
    """A named set of parcels. Programmes overlap, so their mu are never added."""

    id: Identifier
    name: Text
    parcels: list[str] = []
    file: str | None = None


class Contiguity(Stated):
    """What counts as contiguous (连片); see :mod:`geo.blocks`."""

    mode: Literal["strict", "practical"] = "practical"
    gap_m: NonNegative = 30.0
    tolerance_m: NonNegative = 0.5
    min_shared_m: NonNegative = 1.0
    tiers_mu: list[Positive] = [75, 150, 300, 500, 1000]
    compare_gaps_m: list[NonNegative] = [0, 5, 10, 20, 30, 50]

    @property
    def reach_m(self) -> float:
        """How far a parcel looks for neighbours, by any of the definitions."""
        return max(self.gap_m, *self.compare_gaps_m, self.tolerance_m)


class NetLand(Stated):
    """What leaves gross land besides the constraints.

    ``deduct_land_use`` are the codes of roads, green and public service; ``handover_share`` of what
    is usable of each parcel to be rebuilt is handed over to the public.
    """

    deduct_land_use: list[Identifier] = []
    handover_share: Share = 0.0


class Pace(Stated):
    """A pace reached in the past, to compare with the pace that is needed."""

    mu_per_year: Positive


class Lights(Stated):
    """When progress is called late: yellow from this share of the elapsed time on, else red."""

    yellow_from: Share = 0.8
