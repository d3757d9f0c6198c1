"""The plan: what a town wants, counted how, as one TOML file.

Every table of the file is a class here; :func:`plan_schema` gives the JSON Schema with which
editors complete it. Any item may carry ``source`` (the document that states it) or ``assumption``
(why it was chosen although no document states it); assumptions are shown on the page.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_serializer,
)

from geo.area import AreaMethod
from geo.contradictions import contradictions
from geo.earth.datums import DatumShift
from geo.errors import PlanError
from geo.findings import Finding, finding
from geo.ladder import STANDARD_LADDER
from geo.ledger.event import end_of_day
from geo.text import Text
from geo.units import AreaUnit
from geo.words import hint

Basis = Literal["gross", "net"]
Combine = Literal["sum", "max", "min", "first"]

Identifier = Annotated[str, Field(min_length=1, max_length=200)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]
Sha256 = Annotated[str, Field(pattern="^[0-9A-Fa-f]{64}$")]
Ratio = Annotated[float, Field(ge=0, le=20)]


def _zone_name(name: str) -> str:
    """A time zone by the name that the world's table of them has."""
    if name not in available_timezones():
        raise ValueError("write a time zone as Asia/Shanghai")
    return name


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Stated(_Table):
    """Something that a document states, or that somebody assumed and says so."""

    source: str | None = None
    assumption: Text | None = None


class LayerFile(_Table):
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


class TableFile(_Table):
    """A table (CSV, or a sheet of a workbook), relative to the plan's folder."""

    file: str
    sha256: Sha256 | None = None
    sheet: str | None = None
    encoding: str | None = None


class Join(TableFile):
    """A table whose rows describe parcels: ``key`` is its column, ``on`` the parcel layer's."""

    key: str
    on: str
    fields: dict[str, str]
    combine: dict[str, Combine] = {}


class Rows(_Table):
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


class Layers(_Table):
    """The input files."""

    parcels: ParcelLayer
    zones: ZoneLayer | None = None
    boundary: BoundaryLayer | None = None
    readiness: ReadinessTable | None = None
    barriers: list[BarrierLayer] = []


class Stage(_Stated):
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


class Goal(_Stated):
    """So many mu by a date. ``stage`` is the lowest rung that counts.

    Land in blocks below ``min_block_mu`` does not count; with ``programme`` only the parcels of
    that programme do. ``by_zone`` divides the goal among zones, for reports.
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


class Scenario(_Stated):
    """Plot ratios that rebuilding would bring.

    The most specific one holds: parcel, then zone, then land use (the longest code that the
    parcel's begins with: 1001 speaks for 100101), then ``plot_ratio``, which may also be
    ``"planned"``: the ratio in the parcel layer.
    """

    id: Identifier
    name: Text
    plot_ratio: Ratio | Literal["planned"]
    by_zone: dict[str, Ratio] = {}
    by_land_use: dict[str, Ratio] = {}
    by_parcel: dict[str, Ratio] = {}
    net_share: Share = 1.0


class Programme(_Stated):
    """A named set of parcels. Programmes overlap, so their mu are never added."""

    id: Identifier
    name: Text
    parcels: list[str] = []
    file: str | None = None


class Published(_Stated):
    """A published figure, held beside the computed one and explained."""

    name: Text
    value: float
    unit: Literal["mu", "m2", "ratio"]
    measure: Literal[
        "land_mu", "existing_floor_m2", "floor_m2", "added_floor_m2", "plot_ratio_existing"
    ]
    parcel: str | None = None
    programme: str | None = None
    zone: str | None = None
    scenario: str | None = None
    note: Text


class Contiguity(_Stated):
    """What counts as contiguous (连片); see :mod:`geo.blocks`."""

    mode: Literal["strict", "practical"] = "practical"
    gap_m: NonNegative = 30.0
    tolerance_m: NonNegative = 0.5
    min_shared_m: NonNegative = 1.0
    tiers_mu: list[Positive] = [75, 150, 300, 500, 1000]
    compare_gaps_m: list[NonNegative] = [0, 5, 10, 20, 30, 50]


class NetLand(_Stated):
    """Land uses that are deducted from gross land (roads, green, public service)."""

    deduct_land_use: list[Identifier] = []


class Pace(_Stated):
    """A pace reached in the past, to compare with the pace that is needed."""

    mu_per_year: Positive


class Lights(_Stated):
    """When progress is called late: yellow from this share of the elapsed time on, else red."""

    yellow_from: Share = 0.8


class LedgerSource(_Table):
    """Where the history of readiness is kept: a file beside the plan, or a PostGIS database."""

    file: str = "readiness.db"
    url: Annotated[str, Field(pattern="^postgres(ql)?://")] | None = Field(default=None, repr=False)

    @field_serializer("url")
    def _without_password(self, url: str | None) -> str | None:
        """The address as it may be shown: whoever it names, and no password wherever it stands."""
        if url is None:
            return None
        shown = re.sub("(?<=//)([^:@]*):.*@", r"\1@", url)  # a password may hold /, ? and @
        base, mark, query = shown.partition("?")
        kept = [item for item in query.split("&") if "password" not in item.lower()]
        return f"{base}{mark}{'&'.join(kept)}" if any(kept) else base


class Plan(_Table):
    """A whole plan. Dates, CRS and method stand beside every figure that it leads to.

    ``known`` leaves out what the ledger was told after that day (of ``timezone``).
    """

    name: Text
    crs: str
    area_method: AreaMethod = "planar"
    base_date: Day
    as_of: Day
    known: Day | None = None
    timezone: Annotated[str, AfterValidator(_zone_name)] = "Asia/Shanghai"
    notice: Text | None = None
    source: Text | None = None
    review_number: str | None = None
    assumptions: list[Text] = []

    layers: Layers
    ledger: LedgerSource = LedgerSource()
    net: NetLand = NetLand()
    contiguity: Contiguity = Contiguity()
    lights: Lights = Lights()
    past_pace: Pace | None = None
    stages: Annotated[list[Stage], Field(min_length=1)] = [
        Stage.model_validate(rung) for rung in STANDARD_LADDER
    ]
    goals: list[Goal] = []
    scenarios: list[Scenario] = []
    programmes: list[Programme] = []
    published: list[Published] = []
    accept: dict[str, Text] = {}

    _path: Path = PrivateAttr(default=Path("plan.toml"))
    _stated_as_of: date | None = PrivateAttr(default=None)
    _land_alone: bool = PrivateAttr(default=False)

    @property
    def path(self) -> Path:
        """The plan file."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder from which the plan's files are named."""
        return self._path.parent

    @property
    def stated_as_of(self) -> date:
        """The date of the plan file itself, which undated stages count from."""
        return self._stated_as_of or self.as_of

    @property
    def ledger_at(self) -> Path | str | None:
        """The ledger's file or database; None when the plan names none and none lies beside it."""
        if self._land_alone:
            return None
        if self.ledger.url is not None:
            return self.ledger.url
        file = self.folder / self.ledger.file
        return file if file.exists() or "ledger" in self.model_fields_set else None

    @property
    def own_files(self) -> list[Path]:
        """All that the plan is made of: its file, its ledger with the logs of it, what it reads."""
        named = (getattr(table, "file", None) for table in _tables(self))
        logs = [self.ledger.file + ending for ending in ("-wal", "-shm", "-journal")]
        return [self.path, *(self.folder / name for name in (*filter(None, named), *logs))]

    @property
    def known_until(self) -> datetime | None:
        """The moment until which the ledger is heard; None hears all of it."""
        if self.known is None:
            return None
        return end_of_day(self.known, ZoneInfo(self.timezone))

    def seen_on(self, as_of: date, *, known: date | None = None) -> Self:
        """The same plan as of another date, and as known at the end of a day, if one is given."""
        moved = self.model_copy(update={"as_of": as_of, "known": known or self.known})
        moved._stated_as_of = self.stated_as_of
        return moved

    def of_land_alone(self) -> Self:
        """The same plan without any history of readiness."""
        layers = self.layers.model_copy(update={"readiness": None})
        bare = self.model_copy(update={"layers": layers, "known": None})
        bare._land_alone = True
        return bare

    def with_ledger(self, url: str | None) -> Self:
        """The same plan with its history in a database, if one is given.

        Raises :class:`PlanError` for what is no address of one.
        """
        if url is None:
            return self
        try:
            ledger = LedgerSource(file=self.ledger.file, url=url)
        except ValidationError as error:
            raise PlanError(*_faults(error, self.path.name, "ledger")) from None
        return self.model_copy(update={"ledger": ledger})

    def at(self, path: Path) -> Self:
        """The same plan as if read from ``path``."""
        moved = self.model_copy()
        moved._path = path
        return moved

    def rung(self, stage_id: str) -> int:
        """The place of a stage on the ladder, 0 for the first."""
        return [stage.id for stage in self.stages].index(stage_id)

    def stated_assumptions(self) -> list[Text]:
        """Every assumption of the plan, wherever in it it stands."""
        return [
            *self.assumptions,
            *filter(None, (getattr(table, "assumption", None) for table in _tables(self))),
        ]


def _tables(table: BaseModel) -> Iterator[BaseModel]:
    """A table of the plan and all that stand in it."""
    yield table
    for name in type(table).model_fields:
        value = getattr(table, name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, BaseModel):
                yield from _tables(item)


def read_plan(path: Path | str, *, as_of: date | None = None) -> Plan:
    """Read and check a plan file, for its own date or for another.

    Raises :class:`PlanError` with every fault found in it.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise PlanError(finding("plan.missing", file=str(path))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(finding("plan.syntax", file=str(path), seen=error)) from None
    try:
        plan = Plan.model_validate(values).at(path)
    except ValidationError as error:
        raise PlanError(*_faults(error, path.name)) from None
    if found := list(contradictions(plan)):
        raise PlanError(*found)
    return plan if as_of is None else plan.seen_on(as_of)


def plan_schema() -> dict[str, Any]:
    """JSON Schema of the plan file, for editors that complete TOML."""
    schema = Plan.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _faults(error: ValidationError, file: str, *table: str) -> Iterator[Finding]:
    """What is wrong with the values of a file, or of one table of it."""
    for item in error.errors(include_url=False):
        location = [*table, *(part for part in item["loc"] if part not in _BRANCHES)]
        field = _dotted(location)
        if item["type"] == "extra_forbidden":
            key = str(location[-1])
            words = hint(key, _known_keys(location[:-1]))
            yield finding("plan.unknown-key", file=file, field=field, seen=key, **words)
        else:
            seen = item["input"] if item["type"] != "missing" else "absent"
            if location[:1] == ["ledger"]:  # an address holds a password, wherever it was put
                seen = "…"
            problem = item["msg"][:1].lower() + item["msg"][1:]
            yield finding(
                "plan.value", file=file, field=field, seen=str(seen)[:80], problem=problem
            )


_BRANCHES = ("float", "constrained-float", "literal['planned']")
"""What pydantic adds to the place of a value that may be of several kinds."""


def _dotted(location: list[int | str]) -> str:
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return dotted.removeprefix(".")


def _known_keys(location: list[int | str]) -> list[str]:
    """The keys that the schema allows at a place, found by walking the schema."""
    schema = Plan.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        below = "items" if isinstance(part, int) else "additionalProperties"
        node = node.get("properties", {}).get(part) or node[below]
        node = next((option for option in node.get("anyOf", []) if "$ref" in option), node)
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return list(node.get("properties", {}))
