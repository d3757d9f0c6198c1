"""What building costs and brings: every input with its unit, and its source or assumption."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from geo.plan.kinds import Identifier, NonNegative, Stated, UnfitError
from geo.plan.measures import Dimension, Measure, parse_unit
from geo.words import normal

End = Literal["low", "value", "high"]


class Quantity(Stated):
    """A figure in a unit of :mod:`geo.plan.measures`, and between which others it may lie.

    Where it comes from is said by ``source`` or ``assumption``; a figure without ``low`` and
    ``high`` is taken as it is.
    """

    value: NonNegative
    low: NonNegative | None = None
    high: NonNegative | None = None
    unit: str

    @property
    def measure(self) -> Measure:
        """What the unit measures."""
        return parse_unit(self.unit)

    @property
    def ends(self) -> dict[End, float]:
        """The figure and its ends, as they are written."""
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        return {"low": low, "value": self.value, "high": high}

    def at(self, end: End) -> float:
        """The figure or an end of it in m², years, whole shares and single units of currency."""
        return self.ends[end] * self.measure.factor

    def plain_shares(self, below: float) -> list[float]:
        """The figures and ends in per cent that are more than 0 and less than a share.

        So small a percentage looks like a plain share, 0.1 written for 10 %.
        """
        if "%" not in normal(self.unit):
            return []
        least = below / self.measure.factor
        return [figure for figure in self.ends.values() if 0 < figure < least]

    @field_validator("value", "low", "high", mode="before")
    @classmethod
    def _figure(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise UnfitError("economics.figure", seen=str(value).lower())
        return value

    @field_validator("unit")
    @classmethod
    def _readable(cls, unit: str) -> str:
        parse_unit(unit)
        return unit

    @model_validator(mode="before")
    @classmethod
    def _with_unit(cls, value: Any) -> Any:
        if not isinstance(value, Mapping | Quantity):
            raise UnfitError("economics.bare", seen=value)
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.low is None) is not (self.high is None):
            raise UnfitError("economics.half-range", seen="low" if self.high is None else "high")
        if not self.ends["low"] <= self.value <= self.ends["high"]:
            seen = ", ".join(f"{figure:g}" for figure in self.ends.values())
            raise UnfitError("economics.reversed", seen=seen)
        if self.source is None and self.assumption is None:
            raise UnfitError("economics.unsourced", seen=f"{self.value:g} {self.unit}")
        return self


class EconomicInput(Quantity):
    """A quantity for all land, and others for the zones that differ."""

    by_zone: dict[str, Quantity] = {}

    @property
    def quantities(self) -> list[Quantity]:
        """The quantity for all land and those of single zones."""
        return [self, *self.by_zone.values()]

    @property
    def wide(self) -> bool:
        """Whether there is a range, for all land or for a zone."""
        return any(item.ends["low"] < item.ends["high"] for item in self.quantities)


class Kind(NamedTuple):
    """What an input measures, and which amounts of it make sense.

    At most ``most`` can be; a percentage of more than 0 and less than ``share_below`` is taken for
    a plain share, which is a fault. ``zero`` says whether it may be 0.
    """

    dimension: Dimension
    example: str
    most: float = float("inf")
    share_below: float = 0.0
    zero: bool = True


PRICE: Final = Kind(("money", "area"), "{currency}/m2")
YEARLY: Final = Kind(("money", "area", "time"), "{currency}/m2/year")
LEAST_SHARE: Final = 0.005
"""No fee, reserve, profit or rate is so small, though a tax may be."""

ADDITION: Final = Kind(("share",), "%", most=1.0, share_below=LEAST_SHARE)
TAX: Final = ADDITION._replace(share_below=0.0)
PART: Final = ADDITION._replace(share_below=0.011)  # 1 %, too, was meant as the whole
RATE: Final = Kind(("share", "time"), "%/year", most=0.5, share_below=LEAST_SHARE)
CAPITALISATION: Final = RATE._replace(zero=False)
YEARS: Final = Kind(("time",), "years", most=50.0)
PEOPLE: Final = Kind(("people", "area"), "people/mu")


def _of(kind: Kind) -> AfterValidator:
    """A check that an input is of a kind, and its money in the plan's currency."""

    def check(item: EconomicInput, info: ValidationInfo) -> EconomicInput:
        currency = info.data.get("currency")  # absent where it is itself at fault
        for quantity in item.quantities:
            measure, unit = quantity.measure, quantity.unit
            if measure.dimension != kind.dimension:
                example = kind.example.format(currency=currency or "CNY")
                raise UnfitError("economics.other-unit", seen=unit, example=example)
            if measure.currency is not None and currency not in (None, measure.currency):
                raise UnfitError("economics.other-currency", seen=unit, currency=currency)
            for figure in quantity.ends.values():
                _check_size(figure, unit, figure * measure.factor, kind)
            for figure in quantity.plain_shares(kind.share_below):
                raise UnfitError("economics.plain-share", **plain_share(figure, unit))
        return item

    return AfterValidator(check)


def _check_size(figure: float, unit: str, amount: float, kind: Kind) -> None:
    """Raise for a share read as a percentage, and for what cannot be."""
    told = f"{figure:g} {unit}"
    if amount == 0 and not kind.zero:
        raise UnfitError("economics.zero", seen=told)
    if amount <= kind.most:
        return
    if kind.dimension[0] != "share":
        raise UnfitError("economics.too-long", seen=told, most=f"{kind.most:g}")
    percent = unit.replace("share", "%")
    meant = f"{figure / 100 if unit == percent else figure:g} {percent}"
    raise UnfitError("economics.too-much", seen=told, most=f"{kind.most * 100:g} %", meant=meant)


def plain_share(figure: float, unit: str) -> dict[str, Any]:
    """The words for a percentage that looks like a plain share: what to write instead."""
    share = re.sub("[%％]", "share", unit)
    return {
        "seen": f"{figure:g} {unit}",
        "meant": f"{figure * 100:g} {unit}",
        "share": f"{figure / 100:g} {share}",
    }


class Economics(Stated):
    """The inputs of a residual appraisal (:mod:`geo.economics.appraisal`) in one currency.

    Floor space is that of ``scenario``, or of the plan's first. What depends on an input that is
    not given is not known; an input that does not arise is written as 0, with its assumption.

    - *clearance*, of the land to be rebuilt: ``land_cost`` (取得成本) and ``site_works`` (平整配套)
      by its area, ``compensation`` (拆迁补偿) and ``demolition`` (拆除) by the floor space that is
      demolished; it lasts ``clearance_years``.
    - *building*: ``construction`` (建安) by the new floor space; ``professional_fees`` (专业费) and
      ``contingency`` (不可预见费) are shares of it. It lasts ``construction_years``, and all is
      borrowed at ``finance_rate`` (年利率).
    - *value*: of the new floor space ``saleable_share`` can be sold or let; of that ``sale_share``
      is sold at ``sale_price``, the rest let at ``rent`` with ``occupancy`` and capitalised at
      ``capitalisation_rate`` (还原率, the yield). ``marketing``, ``sales_tax`` and ``profit`` are
      shares of the value.
    - *yearly*, by the area of the land that is rebuilt or gains floor space: ``output_per_land``
      (亩均产值), ``tax_per_land`` (亩均税收) and ``jobs_per_land``.
    """

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    scenario: Identifier | None = None

    land_cost: Annotated[EconomicInput, _of(PRICE)] | None = None
    compensation: Annotated[EconomicInput, _of(PRICE)] | None = None
    demolition: Annotated[EconomicInput, _of(PRICE)] | None = None
    site_works: Annotated[EconomicInput, _of(PRICE)] | None = None
    clearance_years: Annotated[EconomicInput, _of(YEARS)] | None = None

    construction: Annotated[EconomicInput, _of(PRICE)] | None = None
    professional_fees: Annotated[EconomicInput, _of(ADDITION)] | None = None
    contingency: Annotated[EconomicInput, _of(ADDITION)] | None = None
    construction_years: Annotated[EconomicInput, _of(YEARS)] | None = None
    finance_rate: Annotated[EconomicInput, _of(RATE)] | None = None

    saleable_share: Annotated[EconomicInput, _of(PART)] | None = None
    sale_share: Annotated[EconomicInput, _of(PART)] | None = None
    sale_price: Annotated[EconomicInput, _of(PRICE)] | None = None
    rent: Annotated[EconomicInput, _of(YEARLY)] | None = None
    occupancy: Annotated[EconomicInput, _of(PART)] | None = None
    capitalisation_rate: Annotated[EconomicInput, _of(CAPITALISATION)] | None = None
    marketing: Annotated[EconomicInput, _of(ADDITION)] | None = None
    sales_tax: Annotated[EconomicInput, _of(TAX)] | None = None
    profit: Annotated[EconomicInput, _of(ADDITION)] | None = None

    output_per_land: Annotated[EconomicInput, _of(YEARLY)] | None = None
    tax_per_land: Annotated[EconomicInput, _of(YEARLY)] | None = None
    jobs_per_land: Annotated[EconomicInput, _of(PEOPLE)] | None = None

    @property
    def inputs(self) -> dict[str, EconomicInput]:
        """The inputs that are given, by name."""
        stated = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: item for name, item in stated.items() if isinstance(item, EconomicInput)}
