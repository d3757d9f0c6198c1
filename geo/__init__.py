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

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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

_HOMES: Final = {
    **dict.fromkeys((name for name in __all__ if name.endswith("Error")), "geo.errors"),
    "Finding": "geo.findings",
    "Plan": "geo.plan",
    "read_plan": "geo.plan",
    "Study": "geo.study",
    "run": "geo.study",
    "publish": "geo.publish",
    "summary": "geo.summary",
}


class _Face(ModuleType):
    """The package, whose names are fetched when they are asked for: reading needs few of them."""


def _fetched(name: str, home: str) -> property:
    def fetch(_: ModuleType) -> Any:
        return getattr(import_module(home), name)

    def pass_over(_: ModuleType, module: object) -> None:
        """Python hangs ``geo.publish`` here once it is imported; the function goes before."""

    return property(fetch, pass_over)


for _name, _home in _HOMES.items():
    setattr(_Face, _name, _fetched(_name, _home))
sys.modules[__name__].__class__ = _Face
