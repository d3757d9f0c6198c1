"""Plot-ratio scenarios: how densely land would be rebuilt, within which caps, and when."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from geo.plan.kinds import (
    MOST_PLOT_RATIO,
    Identifier,
    NonNegative,
    Positive,
    Ratio,
    Share,
    Stated,
    Table,
    Whole,
)
from geo.text import Text


class Range(Table):
    """A plot ratio that is not known exactly; one number is a range without width."""

    low: Ratio
    likely: Ratio
    high: Ratio

    @property
    def wide(self) -> bool:
        """Whether the ends differ."""
        return self.low < self.high


def _as_range(value: Any) -> Any:
    """A number, or ``{ low, likely, high }``, as a range; what is wrong is said in plain words."""
    if isinstance(value, Range):
        return value
    ends = value if isinstance(value, Mapping) else dict.fromkeys(Range.model_fields, value)
    if set(ends) != set(Range.model_fields):
        raise ValueError("write a number, or all of low, likely and high")
    for end in ends.values():
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise ValueError("write a number, or numbers as low, likely and high")
        if end > MOST_PLOT_RATIO:
            raise ValueError(f"{end:g} looks like a percentage: write {end / 100:g}")
        if not end >= 0:
            raise ValueError("a plot ratio is 0 or more")
    if not ends["low"] <= ends["likely"] <= ends["high"]:
        raise ValueError("the range is reversed: low ≤ likely ≤ high")
    return Range(**ends)


def _as_range_or_planned(value: Any) -> Any:
    if isinstance(value, str) and value != "planned":
        raise ValueError('write a number, numbers as low, likely and high, or "planned"')
    return value if value == "planned" else _as_range(value)


_NUMBER = {"type": "number", "minimum": 0, "maximum": MOST_PLOT_RATIO}
_RANGE = {
    "type": "object",
    "properties": dict.fromkeys(Range.model_fields, _NUMBER),
    "required": list(Range.model_fields),
    "additionalProperties": False,
}

PlotRatio = Annotated[
    Range, BeforeValidator(_as_range), WithJsonSchema({"anyOf": [_NUMBER, _RANGE]})
]
Planned = Literal["planned"]
PlotRatioOrPlanned = Annotated[
    Range | Planned,
    BeforeValidator(_as_range_or_planned),
    WithJsonSchema({"anyOf": [_NUMBER, {"const": "planned"}, _RANGE]}),
]


_WHOLE = 1e-9
"""18 m are five storeys of 3.6 m, although 18 / 3.6 is a hair less to a computer."""


class Cap(Stated):
    """The highest plot ratio of some land: where all its conditions hold, it holds.

    ``land_use`` is a code or what codes begin with, ``over_ha`` the size above which a parcel is
    meant. ``plot_ratio`` is a cap itself; ``height_m`` with ``storey_m`` and ``density`` (the share
    of the site that buildings cover) cap it at whole storeys × density.
    """

    land_use: str | None = None
    zone: str | None = None
    over_ha: NonNegative | None = None
    plot_ratio: Ratio | None = None
    height_m: Annotated[Positive, Field(le=1000)] | None = None
    storey_m: Annotated[Positive, Field(ge=2, le=50)] | None = None
    density: Annotated[Share, Field(gt=0)] | None = None

    @property
    def most(self) -> float:
        """The highest plot ratio that the cap allows."""
        caps = [] if self.plot_ratio is None else [self.plot_ratio]
        if self.height_m is not None and self.storey_m is not None and self.density is not None:
            storeys = math.floor(self.height_m / self.storey_m + _WHOLE)
            caps.append(storeys * self.density)
        return min(caps)

    @model_validator(mode="after")
    def _some_cap(self) -> Self:
        built = (self.height_m, self.storey_m, self.density)
        if any(built) and not all(built):
            raise ValueError("a cap by height needs height_m, storey_m and density")
        if self.plot_ratio is None and not all(built):
            raise ValueError("give plot_ratio, or height_m, storey_m and density")
        return self


class CapTable(Stated):
    """Caps that were in force together; ``version`` says which edition of the rules it is."""

    id: Identifier
    name: Text
    version: Identifier
    caps: Annotated[list[Cap], Field(min_length=1)]

    @model_validator(mode="after")
    def _founded(self) -> Self:
        if self.source is None and self.assumption is None:
            raise ValueError("say where the caps come from: source, or assumption")
        return self


class BlockSize(Table):
    """A plot ratio for parcels in blocks of at least so many mu."""

    from_mu: Positive
    plot_ratio: PlotRatio


class Phase(Table):
    """Land that is rebuilt by the end of a year; without any names it is all that is left."""

    year: Annotated[Whole, Field(ge=1900, le=2200)]
    zones: list[str] = []
    programmes: list[str] = []
    parcels: list[str] = []


class Scenario(Stated):
    """Plot ratios that rebuilding would bring, each a number or ``{ low, likely, high }``.

    The most specific one holds: parcel, then block size (the largest that the block reaches), then
    zone, then land use (the longest code that the parcel's begins with: 1001 speaks for 100101),
    then treatment, then ``plot_ratio``, which may also be ``"planned"``: the ratio in the parcel
    layer. ``plot_ratio`` speaks of land to be rebuilt only; land that is upgraded or extended keeps
    what stands and gains floor where ``by_treatment`` or ``by_parcel`` say so. ``handover_share``
    of the usable land of each rebuilt parcel goes to the public, in place of the plan's.
    """

    id: Identifier
    name: Text
    plot_ratio: PlotRatioOrPlanned
    by_treatment: dict[Literal["rebuild", "upgrade", "extend"], PlotRatio] = {}
    by_land_use: dict[str, PlotRatio] = {}
    by_zone: dict[str, PlotRatio] = {}
    by_block_mu: list[BlockSize] = []
    by_parcel: dict[str, PlotRatio] = {}
    handover_share: Share | None = None
    caps: str | None = None
    phases: list[Phase] = []
