"""landready: how much industrial land is ready, how contiguous it is, and what can stand on it.

A plan names the layers, the readiness ladder, the goals and the scenarios; a run reads, checks,
measures, assembles and projects them, and publishes maps and tables::

    import geo

    study = geo.run(geo.read_plan("layers/qingxi/plan.toml"))
    study.land_mu  # all land, each square metre once
    study.progress  # goals by date
    study.blocks  # contiguous land
    study.map()  # the page, in a notebook
    geo.publish(study, "maps/qingxi")
"""

from geo.errors import (
    ChecksError,
    LandError,
    LawError,
    LayerError,
    LedgerError,
    PlanError,
    PublishError,
)
from geo.findings import Finding
from geo.plan import Plan, read_plan
from geo.publish import publish
from geo.study import Study, run
from geo.summary import summary

__all__ = [
    "ChecksError",
    "Finding",
    "LandError",
    "LawError",
    "LayerError",
    "LedgerError",
    "Plan",
    "PlanError",
    "PublishError",
    "Study",
    "publish",
    "read_plan",
    "run",
    "summary",
]
__version__ = "0.1.0"
