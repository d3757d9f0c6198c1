"""The plan: what a town wants, counted how, as one TOML file.

Every table of the file is a class here; :func:`plan_schema` gives the JSON Schema with which
editors complete it. Any item may carry ``source`` (the document that states it) or ``assumption``
(why it was chosen although no document states it); assumptions are shown on the page.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geo.contradictions import contradictions
from geo.errors import PlanError
from geo.findings import finding
from geo.plan.ahead import CostTable, Forecasting, Milestone, Sequencing
from geo.plan.claims import Claims
from geo.plan.constraints import ClassRaster, Constraint, ConstraintKind, LandCover, Terrain
from geo.plan.counting import Contiguity, Goal, Lights, NetLand, Pace, Programme, Stage
from geo.plan.economics import EconomicInput, Economics, Quantity
from geo.plan.faults import plan_faults
from geo.plan.kinds import Basis
from geo.plan.layers import (
    BarrierLayer,
    BoundaryLayer,
    Exclude,
    Join,
    LayerFile,
    Layers,
    ParcelLayer,
    RasterFile,
    ReadinessTable,
    Rows,
    TableFile,
    ZoneLayer,
)
from geo.plan.ledgers import LedgerSource
from geo.plan.scenarios import BlockSize, Cap, CapTable, Phase, PlotRatio, Range, Scenario
from geo.plan.whole import Plan

__all__ = [
    "BarrierLayer",
    "Basis",
    "BlockSize",
    "BoundaryLayer",
    "Cap",
    "CapTable",
    "Claims",
    "ClassRaster",
    "Constraint",
    "ConstraintKind",
    "Contiguity",
    "CostTable",
    "EconomicInput",
    "Economics",
    "Exclude",
    "Forecasting",
    "Goal",
    "Join",
    "LandCover",
    "LayerFile",
    "Layers",
    "LedgerSource",
    "Lights",
    "Milestone",
    "NetLand",
    "Pace",
    "ParcelLayer",
    "Phase",
    "Plan",
    "PlotRatio",
    "Programme",
    "Quantity",
    "Range",
    "RasterFile",
    "ReadinessTable",
    "Rows",
    "Scenario",
    "Sequencing",
    "Stage",
    "TableFile",
    "Terrain",
    "ZoneLayer",
    "plan_schema",
    "read_plan",
]


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
        raise PlanError(*plan_faults(error, path.name, Plan)) from None
    if found := list(contradictions(plan)):
        raise PlanError(*found)
    return plan if as_of is None else plan.seen_on(as_of)


def plan_schema() -> dict[str, Any]:
    """JSON Schema of the plan file, for editors that complete TOML."""
    schema = Plan.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
