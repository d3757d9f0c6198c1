"""What takes land away from building: constraint layers, terrain, and what stands on the ground."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from geo.plan.kinds import Day, Identifier, Length, Positive, Share, Stated, Whole
from geo.plan.layers import LayerFile, RasterFile, Rows
from geo.text import Text
from geo.words import normal

ConstraintKind = Literal["hard", "limiting", "retained"]

PRIORITIES: Final[Mapping[str, int]] = {
    "hard": 100,
    "public": 200,
    "village": 200,
    "retained": 300,
    "limiting": 400,
}
"""Which reason is given for land that is lost for several: the one of the lowest number. Those of
the same number go by their order in the plan; ``public``, ``village`` and ``retained`` are also
the parcels that are lost whole because of their land use or treatment, which come first."""


class Constraint(Stated):
    """Land that cannot be built on, and why: from a layer, or where terrain is too steep.

    ``hard`` is what no plan may touch (permanent farmland, an ecological red line), ``limiting``
    what leaves a strip (river, power corridor, road reserve, slope, heritage), ``retained`` what
    stays as it is. ``outside`` takes the land outside the polygons (of an urban growth boundary).
    A line takes a strip whose whole width is ``width_m``, or by the values of ``width_field`` (500
    kV, say) ``widths_m``. ``buffer_m`` adds land so far around lines and polygons.
    """

    id: Identifier
    name: Text
    kind: ConstraintKind
    priority: Whole | None = None
    layer: LayerFile | None = None
    rows: Rows | None = None
    outside: bool = False
    width_m: Length | None = None
    width_field: str | None = None
    widths_m: dict[str, Length] = {}
    buffer_m: Length | None = None
    steeper_than_deg: Annotated[float, Field(gt=0, lt=90, strict=True)] | None = None

    @property
    def rank(self) -> int:
        """The stated priority, or that of its kind; the lowest is the reason that is given."""
        return PRIORITIES[self.kind] if self.priority is None else self.priority

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """A constraint comes from a layer or from the terrain, and says how wide its lines are."""
        if (self.layer is None) is (self.steeper_than_deg is None):
            raise ValueError("give either a layer or steeper_than_deg")
        drawn = self.outside or self.rows or self.width_m or self.widths_m or self.buffer_m
        if self.layer is None and drawn:
            raise ValueError("rows, outside and widths are for layers, not for steeper_than_deg")
        if (self.width_field is None) is not (not self.widths_m):
            raise ValueError("width_field and widths_m go together")
        if len({normal(value) for value in self.widths_m}) < len(self.widths_m):
            raise ValueError("two keys of widths_m stand for one value")
        if self.width_m is not None and self.widths_m:
            raise ValueError("give either width_m or widths_m")
        if self.outside and (self.width_m or self.widths_m or self.buffer_m):
            raise ValueError("outside is for the polygons as they are drawn, without any width")
        return self


WHOLE: Final = ("public", "village", "retained")
"""Reasons for which a parcel is lost as a whole, each of the kind that it is called."""


def reasons_in_order(constraints: Sequence[Constraint]) -> list[tuple[str, str]]:
    """Every reason for which land may be lost, with its kind, the first of them first."""
    whole = [(PRIORITIES[name], name, name) for name in WHOLE]
    drawn = [(item.rank, item.id, item.kind) for item in constraints]
    in_order = sorted([*whole, *drawn], key=lambda reason: reason[0])
    return [*((name, kind) for _, name, kind in in_order), ("handover", "handover")]


class Terrain(RasterFile, Stated):
    """The elevation of the ground: a DEM. ``vertical_unit`` is that of its heights.

    A parcel that covers fewer than ``few_cells`` cells is said to be uncertain.
    """

    vertical_unit: Literal["m", "ft"] = "m"
    few_cells: Positive = 9.0


class ClassRaster(RasterFile):
    """Land cover on a day, as classes."""

    date: Day


class LandCover(Stated):
    """Classes of land cover before and after works, as evidence for a stage.

    ``bare`` are the classes of bare ground. A parcel at ``stage`` or beyond whose ``after`` is bare
    for less than ``bare_from`` of its known land is doubted, until new buildings stand on it from
    ``built_stage`` on; one below ``stage`` that is bare for as much is pointed out.
    """

    before: ClassRaster | None = None
    after: ClassRaster
    bare: Annotated[list[Whole], Field(min_length=1)]
    stage: str
    built_stage: str | None = None
    bare_from: Annotated[Share, Field(gt=0)] = 0.6
