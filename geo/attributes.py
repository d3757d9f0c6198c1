"""A table without coordinates by itself: parcels' attributes, or events, and what is wrong."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.cells.aliases import columns_meaning
from geo.cells.fields import infer_fields
from geo.cells.mojibake import broken, check_names, check_text
from geo.findings import Finding, Place, finding
from geo.parcels import parcel_table
from geo.plan import ParcelLayer, Plan, ReadinessTable
from geo.readers.raw import GEOMETRY
from geo.readers.table import Table, read_table
from geo.readers.vector import VectorLayer
from geo.readiness import check_events, events_from_parcels, events_from_table
from geo.text import Words
from geo.words import normal

ENDINGS: Final = (".csv", ".xlsx")

DATES: Final = ("date", "日期", "时间")
"""Columns by which a table with stages is told to be a log of events."""


def check_table(
    path: Path, answers: Mapping[str, str], *, as_of: date, sheet: str | None = None
) -> list[Finding]:
    """What is wrong with a table of events, or of parcels without their land.

    ``answers`` (planner's name → column) say what columns mean. Raises
    :class:`geo.errors.LayerError` when the table as a whole cannot be read.
    """
    table = read_table(path, sheet=sheet)
    at: Place = {"file": table.file}
    columns = [str(name) for name in table.frame.columns]
    findings = [*table.findings, *check_names(columns, at)]
    log = _log_fields(columns, answers)
    kind = Words("地块属性表", "parcels' attributes")
    if log is not None:
        kind = Words("整备记录", "a log of events")
    findings.append(finding("table.no-land", **at, kind=kind.en, kind_zh=kind.zh))
    found = _parcels(table, answers, as_of) if log is None else _events(table, log, as_of)
    return [*findings, *found]


def _log_fields(columns: list[str], answers: Mapping[str, str]) -> dict[str, str] | None:
    """The columns of a log of events (parcel, date, stage, …); None where it is no log."""
    fields: dict[str, str] = {}
    for name in ("parcel_id", "stage", "evidence"):
        likely = [answers[name]] if name in answers else columns_meaning(name, columns)
        fields |= {name: likely[0]} if likely else {}
    dates = [name for name in columns if normal(name) in DATES]
    fields |= {"date": dates[0]} if dates else {}
    return fields if {"parcel_id", "stage", "date"} <= fields.keys() else None


def _events(table: Table, fields: dict[str, str], as_of: date) -> list[Finding]:
    """The faults of a log of events, whose parcels are not known here, on the usual ladder."""
    stages = Plan.model_fields["stages"].get_default()
    layer = ReadinessTable(file=table.file, fields=fields)
    events, findings = events_from_table(table, layer, stages)
    parcels = set(events["parcel_id"]) - {""}
    _, more = check_events(events, parcels, set(), as_of, {"file": table.file})
    return [*findings, *more, *_mojibake(table, fields)]


def _mojibake(table: Table, fields: dict[str, str]) -> Iterator[Finding]:
    ids = table.frame[fields["parcel_id"]]
    for name, column in fields.items():
        for row, cell in table.frame[column].items():
            if seen := broken(cell):
                place: Place = {"file": table.file, "row": row, "parcel": ids[row], "field": name}
                yield finding("text.mojibake", **place, seen=seen)


def _parcels(table: Table, answers: Mapping[str, str], as_of: date) -> list[Finding]:
    """The faults of attributes: read as those of a layer are, of which nothing is drawn."""
    stages = Plan.model_fields["stages"].get_default()
    cells = table.frame.reset_index(drop=True)
    nothing = gpd.GeoSeries([None] * len(cells), dtype="geometry")
    frame = gpd.GeoDataFrame(cells.assign(**{GEOMETRY: nothing}), geometry=GEOMETRY)
    source = VectorLayer(table.path, "", frame, CRS.from_epsg(4490))  # no shapes: any CRS will do
    inferred = infer_fields(source, pd.Series(np.nan, index=cells.index), answers)
    mapped = {name: column for name, column in inferred.mapped.items() if column}
    mapped |= inferred.unfit  # no land to compare with, so no unit of area is known to fit
    settings = {"blank_ids": "error"} if "parcel_id" in {*mapped, *cells.columns} else {}
    layer = ParcelLayer.model_validate(
        {"file": table.file, **inferred.settings, "fields": mapped, **settings}
    )
    parcels, findings = parcel_table(source, layer, [], lines=table.frame.index)
    where: Place = {"file": table.file}
    _, more = events_from_parcels(parcels, where, stages, as_of)
    return [*inferred.findings, *findings, *check_text(parcels, where), *more]
