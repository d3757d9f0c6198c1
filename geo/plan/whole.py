"""The whole plan: all its tables, and what follows from them together."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, PrivateAttr, ValidationError

from geo.area import AreaMethod
from geo.errors import PlanError
from geo.ladder import STANDARD_LADDER
from geo.ledger.event import end_of_day
from geo.plan.ahead import Forecasting, Sequencing
from geo.plan.claims import Claims
from geo.plan.constraints import Constraint, LandCover, Terrain
from geo.plan.counting import Contiguity, Goal, Lights, NetLand, Pace, Programme, Stage
from geo.plan.economics import Economics
from geo.plan.faults import plan_faults
from geo.plan.kinds import Day, Table, zone_name
from geo.plan.layers import Layers
from geo.plan.ledgers import LedgerSource
from geo.plan.scenarios import CapTable, Scenario
from geo.text import Text


class Plan(Table):
    """A whole plan. Dates, CRS and method stand beside every figure that it leads to.

    ``place`` is the town that the plan is for, as documents call it; ``known`` leaves out what the
    ledger was told after that day (of ``timezone``).
    """

    name: Text
    place: Text | None = None
    crs: str
    area_method: AreaMethod = "planar"
    base_date: Day
    as_of: Day
    known: Day | None = None
    timezone: Annotated[str, AfterValidator(zone_name)] = "Asia/Shanghai"
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
    programmes: list[Programme] = []
    constraints: list[Constraint] = []
    terrain: Terrain | None = None
    land_cover: LandCover | None = None
    cap_tables: list[CapTable] = []
    scenarios: list[Scenario] = []
    economics: Economics | None = None
    claims: Claims | None = None
    forecast: Forecasting = Forecasting()
    sequence: Sequencing | None = None
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

    def caps_of(self, scenario: Scenario) -> CapTable | None:
        """The caps that a scenario is held to; None where it names none."""
        return next((table for table in self.cap_tables if table.id == scenario.caps), None)

    @property
    def economics_scenario(self) -> str | None:
        """The scenario that is appraised: the one that the economics names, else the first."""
        if self.economics is None or not self.scenarios:
            return None
        return self.economics.scenario or self.scenarios[0].id

    @property
    def looks_ahead(self) -> bool:
        """Whether what lies ahead is published: a forecast, or a plan of record."""
        recorded = self.sequence is not None and self.sequence.file is not None
        return recorded or "forecast" in self.model_fields_set

    def without_rasters(self) -> Self:
        """The same plan without what rasters say of its parcels, which no total follows from."""
        return self.model_copy(update={"terrain": None, "land_cover": None})

    def without_scenarios(self) -> Self:
        """The same plan without what neither land nor goals follow from."""
        built: dict[str, object] = {"scenarios": [], "cap_tables": [], "economics": None}
        return self.model_copy(update={**built, "claims": None})

    def with_ledger(self, url: str | None) -> Self:
        """The same plan with its history in a database, if one is given.

        Raises :class:`PlanError` for what is no address of one.
        """
        if url is None:
            return self
        try:
            ledger = LedgerSource(file=self.ledger.file, url=url)
        except ValidationError as error:
            raise PlanError(*plan_faults(error, self.path.name, type(self), "ledger")) from None
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
        items = value.values() if isinstance(value, dict) else value
        for item in items if isinstance(value, list | dict) else [value]:
            if isinstance(item, BaseModel):
                yield from _tables(item)
