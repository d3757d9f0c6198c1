"""The published tables: one description of each serves CSV, Excel, the terminal and the page.

``sheet.py`` says what a table is, ``naming.py`` has the names behind ids; the others make the
tables of progress, land, land balance, floor space, economics and evidence.
"""

from collections.abc import Callable, Mapping
from typing import Final

from geo.study import Study
from geo.tables.balance import (
    balance_block_sheet,
    balance_sheet,
    balance_treatment_sheet,
    land_cover_sheet,
    lost_sheet,
    reach_sheet,
    terrain_sheet,
)
from geo.tables.economics import (
    economics_inputs_sheet,
    economics_parcel_sheet,
    economics_rates_sheet,
    economics_sheet,
    tornado_sheet,
)
from geo.tables.evidence import assumptions_sheet, claims_sheet, findings_sheet, laws_sheet
from geo.tables.floor import (
    causes_sheet,
    comparison_parcel_sheet,
    comparison_sheet,
    floor_sheet,
    floor_treatment_sheet,
    parcel_floor_sheet,
    phasing_sheet,
)
from geo.tables.land import (
    aside_sheet,
    blocks_sheet,
    contiguity_sheet,
    parcels_sheet,
    stages_sheet,
    tiers_sheet,
    zones_sheet,
)
from geo.tables.progress import goals_sheet, pace_sheet, programmes_sheet, timeline_sheet
from geo.tables.sheet import Sheet

_MAKERS: Final[Mapping[str, Callable[[Study], Sheet]]] = {
    "goals": goals_sheet,
    "pace": pace_sheet,
    "zones": zones_sheet,
    "balance": balance_sheet,
    "reach": reach_sheet,
    "balance_treatment": balance_treatment_sheet,
    "stages": stages_sheet,
    "blocks": blocks_sheet,
    "tiers": tiers_sheet,
    "contiguity": contiguity_sheet,
    "comparison": lambda study: comparison_sheet(study, study.comparison),
    "causes": lambda study: causes_sheet(study, study.comparison),
    "floor": floor_sheet,
    "floor_treatment": floor_treatment_sheet,
    "phasing": phasing_sheet,
    "economics": economics_sheet,
    "economics_rates": economics_rates_sheet,
    "tornado": tornado_sheet,
    "economics_inputs": economics_inputs_sheet,
    "programmes": programmes_sheet,
    "claims": lambda study: claims_sheet(study.claims),
    "timeline": timeline_sheet,
    "assumptions": assumptions_sheet,
    "aside": aside_sheet,
    "parcels": parcels_sheet,
    "balance_block": balance_block_sheet,
    "lost": lost_sheet,
    "terrain": terrain_sheet,
    "land_cover": land_cover_sheet,
    "parcel_floor": parcel_floor_sheet,
    "comparison_parcel": lambda study: comparison_parcel_sheet(study, study.comparison_by_parcel),
    "economics_parcel": economics_parcel_sheet,
    "findings": lambda study: findings_sheet(study.findings),
    "laws": laws_sheet,
}
"""Every published table by its id, the most important first."""

SHEET_IDS: Final = tuple(_MAKERS)
"""The id of every table that :func:`sheets` may give."""


def sheets(study: Study) -> list[Sheet]:
    """Every published table that has a row, the most important first."""
    tables = (make(study) for make in _MAKERS.values())
    return [table for table in tables if len(table.frame)]
