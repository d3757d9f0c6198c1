"""What if: what a reader may change of a plan, and what it then is."""

from typing import Annotated

from pydantic import AfterValidator, Field

from geo.plan.kinds import Identifier, NonNegative, Ratio, Share, Table


def _to_mm(length_m: float) -> float:
    """To the millimetre, in which the page has its gaps."""
    return round(length_m, 3)


class Setting(Table):
    """What a reader changes; whatever is left out is as the plan has it.

    ``plot_ratio``, ``by_zone``, ``by_land_use`` and ``handover_share`` take the place of those of
    ``scenario`` (the first of the plan, or ratios as planned where it has none); what a scenario
    states more specifically still holds. ``stage`` is the lowest that counts toward every goal,
    ``gap_m`` the widest gap within a block. ``toggled`` parcels are taken the other way: one that
    the first goal of all land counts is lost to it, any other stands at its stage with evidence.
    """

    scenario: Identifier | None = None
    plot_ratio: Ratio | None = None
    by_zone: dict[str, Ratio] = {}
    by_land_use: dict[Annotated[str, Field(min_length=1)], Ratio] = {}
    handover_share: Share | None = None
    stage: Identifier | None = None
    gap_m: Annotated[NonNegative, AfterValidator(_to_mm)] | None = None
    toggled: list[str] = []
