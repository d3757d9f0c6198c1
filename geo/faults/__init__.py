"""Every fault landready can name: its code, how grave it is, and its words in both languages.

An *error* stops publication (错误 blocks totals) until the data are mended or the plan accepts the
code with a reason; a *warning* counts but is flagged; *info* informs. The words are templates that
:func:`geo.findings.finding` fills. Rules and wording: domain reference, section 8.
"""

from typing import Final

from geo.faults.claims import CLAIMS
from geo.faults.clusters import CLUSTERS
from geo.faults.constraints import CONSTRAINTS
from geo.faults.containers import CONTAINERS
from geo.faults.drawings import DRAWINGS
from geo.faults.economics import ECONOMICS
from geo.faults.events import EVENTS
from geo.faults.forecast import FORECASTS
from geo.faults.kind import Fault, Severity
from geo.faults.layers import LAYERS
from geo.faults.ledgers import LEDGERS
from geo.faults.lineages import LINEAGES
from geo.faults.parcels import PARCELS
from geo.faults.places import PLACES
from geo.faults.plans import PLANS
from geo.faults.records import RECORDS
from geo.faults.reports import REPORTS
from geo.faults.results import RESULTS
from geo.faults.scenarios import SCENARIOS
from geo.faults.sequence import SEQUENCES
from geo.faults.servers import SERVERS
from geo.faults.shapes import SHAPES
from geo.faults.sheets import SHEETS
from geo.faults.surveys import SURVEYS
from geo.faults.terrain import TERRAIN
from geo.faults.writing import WRITING
from geo.faults.zones import ZONES

FAULTS: Final[dict[str, Fault]] = {
    **PLANS,
    **LAYERS,
    **CONTAINERS,
    **SURVEYS,
    **DRAWINGS,
    **SHEETS,
    **PLACES,
    **PARCELS,
    **SHAPES,
    **ZONES,
    **TERRAIN,
    **CONSTRAINTS,
    **EVENTS,
    **LEDGERS,
    **LINEAGES,
    **RECORDS,
    **REPORTS,
    **SCENARIOS,
    **RESULTS,
    **CLAIMS,
    **CLUSTERS,
    **ECONOMICS,
    **FORECASTS,
    **SEQUENCES,
    **WRITING,
    **SERVERS,
}
"""Code → fault. Codes are stable: scripts and plans (``[accept]``) name them."""

__all__ = ["FAULTS", "Fault", "Severity"]
