"""The parcel layer as it was on a day: splits and merges undone, outlines from the ledger."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.earth.crs import parse_crs, transform
from geo.findings import Finding, Place, finding
from geo.ledger.event import Event
from geo.ledger.history import History
from geo.ledger.outline import Outline
from geo.merging import merged

_DIVIDED: Final = ("declared_m2", "existing_floor_m2")
"""What a parcel has as a sum of its land, and its parts by their share of it."""

_WEIGHTED: Final = ("plot_ratio", "plot_ratio_existing")
"""What a parcel has by the square metre, and several together as the mean over their land."""

_OF_ONE_KIND: Final = ("land_use", "ownership", "treatment")
"""What the parts of a parcel should have in common, as it can have only one."""


def as_they_were(
    table: gpd.GeoDataFrame, history: History, *, as_of: date, where: Place
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The rows of a parcel layer as they were on a day: later splits and merges are undone.

    A merged parcel becomes its parts again, with the outlines and zones that the ledger kept of
    them and their shares of its declared area and floor space; the parts of a split become one,
    with what the largest of them has. What was known on the day and taken back later is done
    again. Where the layer contradicts the ledger, that is a finding and the rows stay as they are.
    """
    layer = _Layer(table, history, where)
    for change in history.to_undo(as_of):
        layer.replace(change, *change.old_and_new[::-1], code="lineage.undone")
    for change in history.to_redo(as_of):
        layer.replace(change, *change.old_and_new, code="lineage.redone")
    return layer.table.reset_index(drop=True), layer.findings


class _Layer:
    """A parcel table in which one parcel is replaced by several, or several by one."""

    def __init__(self, table: gpd.GeoDataFrame, history: History, where: Place) -> None:
        self.table = table
        self.where = where
        self.shapes = {item.parcel_id: item for item in history.outlines if item.hash}
        self.findings = [*_still_there(table, history.lineage, where)]

    def replace(self, change: Event, ended: list[str], began: list[str], *, code: str) -> None:
        """Let the rows of some parcels become those of others, or say why they cannot."""
        there = set(self.table["parcel_id"])
        lacking = [parcel for parcel in ended if parcel not in there]
        unknown = [parcel for parcel in began if parcel not in self.shapes]
        if lacking or there & set(began):
            self.findings += self._missing(change, lacking)
            return
        there_now = self.table["parcel_id"].isin(ended)
        rows = merged(self.table[there_now])
        place: Place = {**self.where, "row": rows["row"].iat[0], "parcel": change.parcel_id}
        if unknown and len(began) > 1:
            words: Place = {"seen": ", ".join(unknown), "entry": change.seq}
            self.findings.append(finding("lineage.no-outline", **place, **words))
            return
        new = self._parted(rows, began) if len(began) > 1 else self._joined(rows, began[0], place)
        self.table = pd.concat([self.table[~there_now], new], ignore_index=True)
        area_m2 = float(shapely.area(new.geometry.to_numpy()).sum())
        words = {"seen": ", ".join(change.part_ids), "date": change.date, "area_m2": area_m2}
        self.findings.append(finding(code, **place, **words))

    def _parted(self, rows: gpd.GeoDataFrame, parcels: list[str]) -> gpd.GeoDataFrame:
        """One parcel as the rows of its parts."""
        kept = [self.shapes[parcel] for parcel in parcels]
        shares = np.array([item.area_m2 for item in kept])
        whole = rows.iloc[[0] * len(kept)]
        zones = [item.zone or zone for item, zone in zip(kept, whole["zone"], strict=True)]
        parts = whole.assign(parcel_id=parcels, name="", zone=zones)
        for column in _DIVIDED:
            parts[column] = rows[column].iat[0] * shares / shares.sum()
        return _redrawn(parts, [_drawn(item, rows.crs) for item in kept])

    def _joined(self, rows: gpd.GeoDataFrame, parcel: str, place: Place) -> gpd.GeoDataFrame:
        """Several parcels as one row."""
        land = shapely.area(rows.geometry.to_numpy())
        largest = rows.assign(land=land).sort_values(["land", "parcel_id"]).index[-1]
        self.findings += _differing(rows, largest, place)
        kept = self.shapes.get(parcel)
        whole = rows.loc[[largest]].assign(parcel_id=parcel, name="")
        if kept is not None and kept.zone:
            whole = whole.assign(zone=kept.zone)
        for column in _DIVIDED:
            whole[column] = rows[column].sum(min_count=len(rows))
        for column in _WEIGHTED:  # one part without a ratio leaves the whole without
            whole[column] = (rows[column].to_numpy() * land).sum() / land.sum()
        shape = _drawn(kept, rows.crs) if kept else shapely.union_all(rows.geometry.to_numpy())
        return _redrawn(whole, [shape])

    def _missing(self, change: Event, lacking: list[str]) -> list[Finding]:
        """The parcels that the ledger says are there, and are not in the layer."""
        words: Place = {"seen": change.seq, "date": change.date}
        return [
            finding("lineage.missing", **self.where, parcel=parcel, **words) for parcel in lacking
        ]


def has_lineage(history: History) -> bool:
    """Whether a ledger tells of any split or merge."""
    return bool(history.lineage or history.known_lineage)


def ever_drawn(table: gpd.GeoDataFrame, history: History | None) -> gpd.GeoSeries:
    """The outlines of a layer, and those that the ledger kept of parcels before it."""
    kept = (
        []
        if history is None or not has_lineage(history)
        else [_drawn(item, table.crs) for item in history.outlines if item.hash]
    )
    shapes = np.concatenate([table.geometry.to_numpy(), np.array(kept, dtype=object)])
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return gpd.GeoSeries(shapes[drawn], crs=table.crs)


def _still_there(table: gpd.GeoDataFrame, lineage: Sequence[Event], where: Place) -> list[Finding]:
    """Parcels that are gone by the ledger and still in the layer."""
    rows = dict(zip(table["parcel_id"], table["row"], strict=True))
    gone: dict[str, Event] = {}
    for change in lineage:
        old, new = change.old_and_new
        gone |= dict.fromkeys(old, change)
        for parcel in new:
            gone.pop(parcel, None)
    return [
        finding(
            "lineage.still-there",
            **where,
            row=rows[parcel],
            parcel=parcel,
            seen=gone[parcel].seq,
            date=gone[parcel].date,
        )
        for parcel in sorted(gone.keys() & rows.keys())
    ]


def _differing(rows: gpd.GeoDataFrame, largest: int, place: Place) -> list[Finding]:
    """What the parts of one parcel do not have in common."""
    return [
        finding("lineage.attributes", **place, field=column, seen=rows.loc[largest, column])
        for column in _OF_ONE_KIND
        if rows[column].nunique() > 1
    ]


def _redrawn(rows: gpd.GeoDataFrame, shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=rows.crs))


def _drawn(item: Outline, crs: CRS) -> shapely.Geometry:
    shape = shapely.from_wkb(item.wkb)
    source = parse_crs(item.crs)
    if source == crs:
        return shape
    return transform(np.array([shape], dtype=object), source, crs)[0]
