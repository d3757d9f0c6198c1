"""What each parcel still costs: stated by the town in a table, or appraised; never made up."""

from dataclasses import replace
from typing import Final

import numpy as np

from geo.cells.numerals import parse_numbers
from geo.errors import SequenceError
from geo.findings import Finding, Place, finding
from geo.inputs import Notes, read_rows
from geo.plan import CostTable, Sequencing
from geo.readers.columns import no_column
from geo.readers.table import Table
from geo.sequence.lots import Floats, Mask
from geo.study import Study
from geo.words import hint

COST_COLUMNS: Final = ("parcel_id", "cost")
"""The columns of a table of costs, one row for each parcel: money in the currency of the plan."""


def costs_of(study: Study, sequence: Sequencing, needed: Mask) -> tuple[Floats, list[Finding]]:
    """The cost of every parcel, in the order of the study's; 0 for those that are not ``needed``.

    Raises :class:`SequenceError` that lists every needed parcel of which no cost of at least 0 is
    known: none is taken for free, and no price is invented. Raises
    :class:`geo.errors.LayerError` when the table cannot be read.
    """
    stated, where, findings = _told(study, sequence)
    ids = study.parcels["parcel_id"].tolist()
    cost = np.array([stated.get(parcel, (np.nan, 0))[0] for parcel in ids])
    unusable = needed & ~(np.isfinite(cost) & (cost >= 0))
    faults = [
        _unusable(where, ids[at], cost[at], stated.get(ids[at], (0.0, 0))[1])
        for at in np.flatnonzero(unusable)
    ]
    if faults:
        raise SequenceError(*faults)
    return np.where(needed, cost, 0.0), findings


def known_costs(study: Study) -> Floats:
    """The cost of every parcel as far as the plan of a study tells it; NaN where it does not."""
    sequence, ids = study.plan.sequence, study.parcels["parcel_id"].tolist()
    if sequence is None:
        return np.full(len(ids), np.nan)
    stated, _, _ = _told(study, sequence)
    cost = np.array([stated.get(parcel, (np.nan, 0))[0] for parcel in ids], dtype=np.float64)
    return np.where(cost >= 0, cost, np.nan)


def _told(
    study: Study, sequence: Sequencing
) -> tuple[dict[str, tuple[float, int]], Place, list[Finding]]:
    """The cost and the row of each parcel, where they stand, and what is odd about them."""
    if isinstance(sequence.costs, CostTable):
        return _stated(study, sequence.costs)
    return _appraised(study), {"file": study.plan.path.name}, []


def _stated(
    study: Study, source: CostTable
) -> tuple[dict[str, tuple[float, int]], Place, list[Finding]]:
    """The cost and the row of each parcel of a table; what is not read is a finding or a fault."""
    notes = Notes()
    table = read_rows(study.plan, source, notes)
    columns = list(table.frame.columns)
    named = {name: source.fields.get(name, name) for name in COST_COLUMNS}
    for name, column in named.items():
        if column not in columns:
            raise no_column(column, name, columns, file=table.file)
    table = replace(table, frame=table.frame.rename(columns={v: k for k, v in named.items()}))
    where: Place = {"file": table.file}
    names = table.frame["parcel_id"].str.strip()
    faults = [*_twice(table), *_unread(table)]
    if faults:
        raise SequenceError(*faults)
    values = parse_numbers(table.frame["cost"]).values
    known = set(study.parcels["parcel_id"])
    findings = [
        finding("sequence.unknown-cost", **where, row=int(row), parcel=name, **hint(name, known))
        for row, name in names.items()
        if name not in known
    ]
    rows = zip(names, values, table.frame.index, strict=True)
    stated = {name: (float(value), int(row)) for name, value, row in rows}
    return stated, where, [*notes.findings, *findings]


def _twice(table: Table) -> list[Finding]:
    """Parcels that have two costs."""
    names = table.frame["parcel_id"].str.strip()
    return [
        finding("sequence.cost-twice", file=table.file, row=int(row), parcel=name)
        for row, name in names[names.duplicated()].items()
    ]


def _unread(table: Table) -> list[Finding]:
    """Cells that hold no number: a range, a word, a unit."""
    numbers = parse_numbers(table.frame["cost"])
    bad = np.flatnonzero(numbers.unreadable | numbers.percent)
    frame = table.frame.iloc[bad]
    cells = zip(frame.index, frame["parcel_id"].str.strip(), frame["cost"], strict=True)
    return [
        finding(
            "sequence.cost", file=table.file, row=int(row), parcel=name, field="cost", seen=cell
        )
        for row, name, cell in cells
    ]


def _unusable(where: Place, parcel: str, cost: float, row: int) -> Finding:
    """A parcel without a cost, or with one below zero."""
    place: Place = {**where, "parcel": parcel, "field": "cost"}
    if row:
        place["row"] = row
    seen = "—" if np.isnan(cost) else f"{cost:g}"
    return finding("sequence.cost", **place, seen=seen)


def _appraised(study: Study) -> dict[str, tuple[float, int]]:
    """The cost of clearance of each parcel that the economics of the plan appraise."""
    table = study.parcel_economics
    pairs = zip(table["parcel_id"], table["clearance"], strict=True)
    return {parcel: (float(cost), 0) for parcel, cost in pairs}
