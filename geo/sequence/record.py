"""The plan of record: a table of parcels with their days, written by us or by hand, read again."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from geo.cells.numerals import parse_date
from geo.errors import SequenceError
from geo.findings import Finding, Place, finding
from geo.inputs import Notes, read_rows
from geo.plan import Plan, TableFile
from geo.readers.columns import no_column
from geo.sequence.lots import Integers, Lots
from geo.sequence.terms import NEVER, QUARTERS_A_YEAR, Terms
from geo.words import hint

RECORD_COLUMNS: Final = ("parcel_id", "start", "ready")
"""What is read of a plan of record: when work on a parcel starts, and when it is to be ready. A
date may leave the day open (2025Q3): then it is the first, and of ``ready`` the last that it can
mean. What is blank is not known."""


def read_record(plan: Plan, file: str, lots: Lots, terms: Terms) -> tuple[Integers, Integers]:
    """The quarters (parcels,) of start and ready that a plan of record states.

    Raises :class:`SequenceError` that lists every row that cannot be understood, and
    :class:`geo.errors.LayerError` when the table cannot be read.
    """
    table = read_rows(plan, TableFile(file=file), Notes())
    columns = list(table.frame.columns)
    for column in RECORD_COLUMNS:
        if column not in columns:
            raise no_column(column, column, columns, file=table.file)
    rows = table.frame[list(RECORD_COLUMNS)].apply(lambda cells: cells.str.strip())
    rows["parcel_id"] = _named(rows["parcel_id"], set(lots.ids))
    faults = list(_faults(rows, lots, terms, {"file": table.file}))
    if faults:
        raise SequenceError(*faults)
    start = np.full(len(lots), NEVER, dtype=np.int64)
    ready = start.copy()
    at = pd.Index(lots.ids).get_indexer(rows["parcel_id"])
    start[at] = [_quarter(cell, terms, last=False) for cell in rows["start"]]
    ready[at] = [_quarter(cell, terms, last=True) for cell in rows["ready"]]
    return start, np.where(ready >= terms.years * QUARTERS_A_YEAR, NEVER, ready)


def _named(cells: pd.Series, known: set[str]) -> pd.Series:
    """The parcels of cells: where we put an apostrophe before what a spreadsheet runs, without."""
    return cells.where(cells.isin(known), cells.str.removeprefix("'"))


def _faults(rows: pd.DataFrame, lots: Lots, terms: Terms, where: Place) -> Iterator[Finding]:
    """Unknown parcels, parcels that stand twice, and days that are none or come in no order."""
    known, seen = set(lots.ids), set()
    for row, (parcel, start, ready) in rows.iterrows():
        place: Place = {**where, "row": int(str(row)), "parcel": parcel}
        if parcel not in known:
            yield finding("sequence.record-parcel", **place, **hint(parcel, known))
        if parcel in seen:
            yield finding("sequence.record-twice", **place)
        seen.add(parcel)
        for field, cell in (("start", start), ("ready", ready)):
            if (cell or field == "start") and parse_date(cell) is None:
                yield finding("sequence.record-date", **place, field=field, seen=cell or "—")
        if parse_date(start) is None:
            continue
        begins, ends = _quarter(start, terms, last=False), _quarter(ready, terms, last=True)
        if not 0 <= begins < terms.years * QUARTERS_A_YEAR:
            last = terms.first_year + terms.years - 1
            words: Place = {"first": terms.first_year, "last": last}
            yield finding("sequence.record-year", **place, field="start", seen=start, **words)
        if parse_date(ready) is not None and ends < begins:
            yield finding("sequence.record-order", **place, field="ready", seen=ready, start=start)


def _quarter(cell: str, terms: Terms, *, last: bool) -> int:
    """The quarter of a date, from the first of the first year; :data:`NEVER` for a blank one."""
    told = parse_date(cell)
    if told is None:
        return NEVER
    day = told.last if last else told.first
    return (day.year - terms.first_year) * QUARTERS_A_YEAR + (day.month - 1) // 3
