"""What the values of a plan may be: names, shares, dates, and the tables that hold them."""

from datetime import date
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geo.findings import finding
from geo.text import Text

Basis = Literal["gross", "net"]
Combine = Literal["sum", "max", "min", "first"]

Identifier = Annotated[str, Field(min_length=1, max_length=200)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Length = Annotated[float, Field(gt=0, le=100_000, strict=True)]
"""In metres; nothing that surrounds land is wider than 100 km."""

Whole = Annotated[int, Field(strict=True)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]
Sha256 = Annotated[str, Field(pattern="^[0-9A-Fa-f]{64}$")]
MOST_PLOT_RATIO: Final = 20.0
"""No land is built denser; a number above it is a percentage."""

Ratio = Annotated[float, Field(ge=0, le=MOST_PLOT_RATIO, strict=True)]


class UnfitError(ValueError):
    """A value that a check refuses, told by a code of :data:`geo.faults.FAULTS` and its words."""

    def __init__(self, code: str, **words: Any) -> None:
        super().__init__(finding(code, **words).message)
        self.code, self.words = code, words


def zone_name(name: str) -> str:
    """A time zone by the name that the world's table of them has."""
    if name not in available_timezones():
        raise ValueError("write a time zone as Asia/Shanghai")
    return name


class Table(BaseModel):
    """A table of the plan; a key that it does not have is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Stated(Table):
    """Something that a document states, or that somebody assumed and says so."""

    source: str | None = None
    assumption: Text | None = None

    @model_validator(mode="after")
    def _said(self) -> Self:
        """A source that names nothing is none."""
        if self.source is not None and not self.source.strip():
            raise ValueError("source is blank: name the document, or leave it out")
        if self.assumption is not None and not self.assumption.zh.strip():
            raise ValueError("assumption is blank: say what is assumed, or leave it out")
        return self
