"""The plan: what a town wants, counted how, as one TOML file.

Every table of the file is a class here; :func:`plan_schema` gives the JSON Schema with which
editors complete it. Any item may carry ``source`` (the document that states it) or ``assumption``
(why it was chosen although no document states it); assumptions are shown on the page.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from geo.area import AreaMethod
from geo.crs import area_problem, parse_crs
from geo.datums import DatumShift
from geo.errors import LayerError, PlanError
from geo.faults import FAULTS
from geo.findings import Finding, Place, finding
from geo.ladder import STANDARD_LADDER
from geo.text import Text
from geo.units import AreaUnit
from geo.words import hint, normal

Basis = Literal["gross", "net"]
Combine = Literal["sum", "max", "min", "first"]

Identifier = Annotated[str, Field(min_length=1, max_length=200)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern="^[0-9A-Fa-f]{64}$")]
Ratio = Annotated[float, Field(ge=0, le=20)]


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
    """One rung of the readiness ladder, lowest first in the plan."""

    id: Identifier
    name: Text
    evidence: Text | None = None
    aliases: list[str] = []
    p50_months: Positive | None = None
    p90_months: Positive | None = None

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every word that an event may use for the stage."""
        return (self.id, self.name.zh, self.name.en, *self.aliases)


class Goal(_Stated):
    """So many mu by a date. ``stage`` is the lowest rung that counts.

    Land in blocks below ``min_block_mu`` does not count; with ``programme`` only the parcels of
    that programme do.
    """

    id: Identifier
    name: Text
    mu: Positive
    due: date
    stage: str
    basis: Basis = "gross"
    min_block_mu: NonNegative = 0.0
    programme: str | None = None
    count_self_reported: bool = False


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


UNITS: Final = {
    "land_mu": ("mu", "m2"),
    "existing_floor_m2": ("m2",),
    "floor_m2": ("m2",),
    "added_floor_m2": ("m2",),
    "plot_ratio_existing": ("ratio",),
}
"""The units in which a published figure of each measure can be held beside the computed one."""


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


class Plan(_Table):
    """A whole plan. Dates, CRS and method stand beside every figure that it leads to."""

    name: Text
    crs: str
    area_method: AreaMethod = "planar"
    base_date: date
    as_of: date
    notice: Text | None = None
    source: Text | None = None
    review_number: str | None = None
    assumptions: list[Text] = []

    layers: Layers
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

    def seen_on(self, as_of: date) -> Self:
        """The same plan as of another date."""
        moved = self.model_copy(update={"as_of": as_of})
        moved._stated_as_of = self.stated_as_of
        return moved

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
        return [*self.assumptions, *_assumptions(self)]


def _assumptions(table: BaseModel) -> Iterator[Text]:
    for name in type(table).model_fields:
        value = getattr(table, name)
        if name == "assumption" and value is not None:
            yield value
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, BaseModel):
                yield from _assumptions(item)


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
        plan = plan if as_of is None else plan.seen_on(as_of)
    except ValidationError as error:
        raise PlanError(*_faults(error, path.name)) from None
    if contradictions := list(_contradictions(plan)):
        raise PlanError(*contradictions)
    return plan


def plan_schema() -> dict[str, Any]:
    """JSON Schema of the plan file, for editors that complete TOML."""
    schema = Plan.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _faults(error: ValidationError, file: str) -> Iterator[Finding]:
    for item in error.errors(include_url=False):
        location = [part for part in item["loc"] if part not in _BRANCHES]
        field = _dotted(location)
        if item["type"] == "extra_forbidden":
            key = str(location[-1])
            words = hint(key, _known_keys(location[:-1]))
            yield finding("plan.unknown-key", file=file, field=field, seen=key, **words)
        else:
            seen = item["input"] if item["type"] != "missing" else "absent"
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


def _contradictions(plan: Plan) -> Iterator[Finding]:
    """What each table alone cannot see: names that lead nowhere, dates in the wrong order."""
    file = plan.path.name
    yield from _area_crs(plan.crs, file)
    stages = [stage.id for stage in plan.stages]
    scenarios = [scenario.id for scenario in plan.scenarios]
    programmes = [programme.id for programme in plan.programmes]
    goals = [goal.id for goal in plan.goals]
    named = {"stages": stages, "goals": goals, "scenarios": scenarios, "programmes": programmes}
    for kind, ids in named.items():
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            problem = "this id stands more than once"
            yield finding("plan.value", file=file, field=kind, seen=twice, problem=problem)
    for number, goal in enumerate(plan.goals):
        if goal.stage not in stages:
            yield _dangling(file, f"goals[{number}].stage", goal.stage, ("stage", "阶段"), stages)
        if goal.programme is not None and goal.programme not in programmes:
            place = f"goals[{number}].programme"
            yield _dangling(file, place, goal.programme, ("programme", "项目组"), programmes)
        if goal.due <= plan.base_date:
            problem = f"the goal must be due after base_date {plan.base_date}"
            yield finding(
                "plan.value",
                file=file,
                field=f"goals[{number}].due",
                seen=goal.due,
                problem=problem,
            )
    if plan.as_of < plan.base_date:
        problem = f"as_of must not be before base_date {plan.base_date}"
        yield finding("plan.value", file=file, field="as_of", seen=plan.as_of, problem=problem)
    yield from _accept_faults(plan, file)
    yield from _two_meanings(plan.stages, file)
    yield from _published_faults(plan, file, scenarios, programmes)


def _accept_faults(plan: Plan, file: str) -> Iterator[Finding]:
    """Codes that are none, and errors accepted without a reason."""
    choices = [name for name, fault in FAULTS.items() if fault.severity == "error"]
    for code, reason in plan.accept.items():
        if code not in choices:
            yield _dangling(file, "accept", code, ("error code", "错误代码"), choices)
        if not reason.zh.strip() or reason.en.strip() in ("", "why"):
            problem = "an error is accepted for a reason: write it down"
            place = f"accept.{code}"
            yield finding("plan.value", file=file, field=place, seen=reason.en, problem=problem)


def _published_faults(
    plan: Plan, file: str, scenarios: list[str], programmes: list[str]
) -> Iterator[Finding]:
    for number, item in enumerate(plan.published):
        if item.unit not in UNITS[item.measure]:
            problem = f"{item.measure} is stated in {' or '.join(UNITS[item.measure])}"
            place = f"published[{number}].unit"
            yield finding("plan.value", file=file, field=place, seen=item.unit, problem=problem)
        if item.measure in ("floor_m2", "added_floor_m2") and not scenarios:
            problem = "floor space after rebuilding needs a scenario, and the plan has none"
            place = f"published[{number}].scenario"
            yield finding("plan.value", file=file, field=place, seen="absent", problem=problem)
        if item.scenario is not None and item.scenario not in scenarios:
            place = f"published[{number}].scenario"
            yield _dangling(file, place, item.scenario, ("scenario", "情景"), scenarios)
        if item.programme is not None and item.programme not in programmes:
            place = f"published[{number}].programme"
            yield _dangling(file, place, item.programme, ("programme", "项目组"), programmes)


def _two_meanings(stages: list[Stage], file: str) -> Iterator[Finding]:
    """Spellings that stand for two stages: which one an event means could not be known."""
    meaning: dict[str, str] = {}
    for number, stage in enumerate(stages):
        for spelling in stage.spellings:
            other = meaning.setdefault(normal(spelling), stage.id)
            if other != stage.id:
                problem = f"this spelling already stands for stage {other!r}"
                place = f"stages[{number}]"
                yield finding("plan.value", file=file, field=place, seen=spelling, problem=problem)


def _area_crs(text: str, file: str) -> Iterator[Finding]:
    try:
        crs = parse_crs(text, file=file)
    except LayerError as error:
        yield from (replace(item, field="crs") for item in error.findings)
        return
    if problem := area_problem(crs):
        yield finding("plan.area-crs", file=file, field="crs", seen=text, problem=problem)


def _dangling(
    file: str, field: str, seen: str, kind: tuple[str, str], choices: list[str]
) -> Finding:
    words: Place = {"kind": kind[0], "kind_zh": kind[1], **hint(seen, choices)}
    return finding("plan.reference", file=file, field=field, seen=seen, **words)
