"""The input files of a plan, and how each is read."""

from typing import Annotated, Literal

from pydantic import Field

from geo.earth.datums import DatumShift
from geo.plan.kinds import Combine, Sha256, Table, Whole
from geo.text import Text
from geo.units import AreaUnit


class LayerFile(Table):
    """A file, relative to the plan's folder, and how to read it.

    ``datum_shift`` is for a layer on Xian 1980, Beijing 1954 or another old datum; ``sha256`` is
    the hash that the file must have (run.json of an earlier build states it).
    """

    file: str
    sha256: Sha256 | None = None
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    datum_shift: DatumShift | None = None


class TableFile(Table):
    """A table (CSV, or a sheet of a workbook), relative to the plan's folder."""

    file: str
    sha256: Sha256 | None = None
    sheet: str | None = None
    encoding: str | None = None


class RasterFile(Table):
    """A GeoTIFF, relative to the plan's folder, and which band of it.

    ``nodata`` is the value of unknown cells where the file does not state it.
    """

    file: str
    sha256: Sha256 | None = None
    crs: str | None = None
    band: Annotated[Whole, Field(ge=1)] = 1
    nodata: float | None = None


class Join(TableFile):
    """A table whose rows describe parcels: ``key`` is its column, ``on`` the parcel layer's."""

    key: str
    on: str
    fields: dict[str, str]
    combine: dict[str, Combine] = {}


class Rows(Table):
    """The rows of a layer whose ``field`` is one of ``values``."""

    field: str
    values: Annotated[list[str], Field(min_length=1)]


class Exclude(Rows):
    """Rows that are no land to assemble (a right of way, say), and why."""

    reason: Text


class ParcelLayer(LayerFile):
    """The parcel layer. ``fields`` maps the planner's names to the columns of the file.

    A column called as the planner calls it is read without a mapping; a name mapped to ``""`` is
    not read at all. ``plot_ratio_range`` says which end of a range (2.0-3.5) counts, if any.
    """

    fields: dict[str, str] = {}
    declared_area_unit: AreaUnit | None = None
    plot_ratio_unit: Literal["ratio", "percent"] = "ratio"
    plot_ratio_range: Literal["unknown", "low", "high"] = "unknown"
    floor_unit: Literal["m2", "ft2"] = "m2"
    blank_ids: Literal["error", "number"] = "error"
    duplicate_ids: Literal["error", "merge"] = "error"
    exclude: list[Exclude] = []
    joins: list[Join] = []


class ZoneLayer(LayerFile):
    """The zones: polygons with an id; names and the illustrative mark are optional columns."""

    fields: dict[str, str] = {"zone": "zone_id"}


class ReadinessTable(TableFile):
    """A table of dated stage events (CSV or Excel)."""

    fields: dict[str, str] = {}


class BarrierLayer(LayerFile):
    """Lines or polygons across which land is never contiguous (river, expressway, corridor)."""

    fields: dict[str, str] = {}


class BoundaryLayer(LayerFile):
    """The outline in which all parcels must lie; ``rows`` picks a town among those of a file."""

    rows: Rows | None = None


class Layers(Table):
    """The input files."""

    parcels: ParcelLayer
    zones: ZoneLayer | None = None
    boundary: BoundaryLayer | None = None
    readiness: ReadinessTable | None = None
    barriers: list[BarrierLayer] = []
