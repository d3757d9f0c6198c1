"""Coordinate tables: one boundary point a row, or one outline a row as WKT.

``row`` of a finding is the number of the parcel; the row of the sheet is in its words.
"""

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely
from shapely.errors import GEOSException

from geo.cells.numerals import parse_numbers
from geo.cells.totals import total_kind
from geo.earth.grids import Placed, in_degrees, on_grid, prefixes
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.point_columns import Columns, columns_of
from geo.readers.raw import RawLayer
from geo.readers.rings import Fault, bounded, traced
from geo.words import normal

_WKT: Final = re.compile(
    r"(?:SRID\s*=\s*(\d{1,6})\s*;)?\s*((?:MULTI)?(?:POLYGON|LINESTRING|POINT)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
"""Collections and curves are not read: they may nest without end."""


def from_cells(rows: dict[int, list[str]], *, name: str, file: str) -> RawLayer:
    """Read boundary coordinates from a table: row of the sheet → cells, the header first.

    Points of one parcel (a blank id goes on with the one above) are joined in file order. Which
    number is north is said by the header in words, or by the size of the numbers; never guessed.
    The CRS is always left open, save where every outline states its SRID: a zone prefix tells
    the zone, but not the datum.

    A parcel whose points do not all read, or bound no land, keeps its row without a shape, and an
    error says why. Raises :class:`LayerError` when the columns, or which is north, are not clear.
    """
    where: Place = {"file": file, "layer": name}
    header, cells = _framed(rows, where)
    columns = columns_of(header, file, name)
    if columns.wkt >= 0:
        return _outlines(header, cells, columns, where)
    return _points(header, cells, columns, where)


def _framed(rows: dict[int, list[str]], where: Place) -> tuple[list[str], pd.DataFrame]:
    """The header, and the rows that are not blank, by their row in the sheet."""
    if not rows:
        raise LayerError(finding("layer.no-rows", **where))
    (at, header), *lines = ((line, [cell.strip() for cell in row]) for line, row in rows.items())
    for name in header:
        if name and header.count(name) > 1:
            raise LayerError(finding("table.column-twice", **where, row=at, field=name))
    width = len(header)
    kept = [(line, row) for line, row in lines if any(row)]
    if not kept:
        raise LayerError(finding("layer.no-rows", **where))
    for line, row in kept:
        if any(row[width:]):
            words: Place = {"seen": len(row), "expected": width}
            raise LayerError(finding("table.ragged", **where, row=line, **words))
    filled = [(row + [""] * width)[:width] for _, row in kept]
    index = pd.Index([line for line, _ in kept], dtype="int64")
    return header, pd.DataFrame(filled, index=index, columns=range(width), dtype=object)


def _outlines(header: list[str], cells: pd.DataFrame, columns: Columns, where: Place) -> RawLayer:
    """One outline a row."""
    ids = cells[columns.parcel] if columns.parcel >= 0 else pd.Series("", cells.index)
    shapes = np.full(len(cells), None, dtype=object)
    findings: list[Finding] = []
    stated: set[str | None] = set()
    for at, (line, text) in enumerate(cells[columns.wkt].items()):
        match = _WKT.fullmatch(text)
        try:
            shapes[at] = shapely.from_wkt(match[2]) if match else None
        except GEOSException:
            match = None
        if match is None:
            place = where | {"row": at + 1, "parcel": ids.iat[at], "field": header[columns.wkt]}
            findings.append(finding("points.wkt", **place, line=line, seen=text[:60]))
            continue
        stated.add(match[1])
    if len(stated) > 1:
        seen = ", ".join(sorted(item or "—" for item in stated))
        raise LayerError(finding("points.srid", **where, seen=seen))
    srid = next(iter(stated), None)
    named = {name: at for at, name in enumerate(header) if name}
    table = pa.table(
        {name: pa.array(cells[at].tolist(), pa.string()) for name, at in named.items()}
    )
    table = table.drop_columns([header[columns.wkt]])
    return RawLayer(where["layer"], table, shapes, f"EPSG:{srid}" if srid else None, findings)


def _points(header: list[str], cells: pd.DataFrame, columns: Columns, where: Place) -> RawLayer:
    """One point a row."""
    cells, findings = _without_totals(cells, columns, where)
    ids = cells[columns.parcel].where(cells[columns.parcel] != "").ffill().fillna("")
    parcel, names = pd.factorize(ids)
    if len(names) == len(cells) > 1:
        raise LayerError(
            finding("points.numbered", **where, field=header[columns.parcel], seen=names[0])
        )
    numbers = [parse_numbers(cells[at]) for at in (columns.north, columns.east)]
    unread = np.any([item.unreadable | item.percent for item in numbers], axis=0)
    unread |= np.any([np.isnan(item.values) for item in numbers], axis=0)
    north, east = (item.values for item in numbers)
    placed, faults = _placed(columns, north, east, unread, cells.index, where)
    findings += faults
    sheet = _Sheet(header, cells, columns, placed, unread)
    order = np.argsort(parcel, kind="stable")
    shapes = np.full(len(names), None, dtype=object)
    groups = np.split(order, np.flatnonzero(np.diff(parcel[order])) + 1)
    for at, rows in enumerate(groups):
        place = where | {"row": at + 1, "parcel": str(names[at])}
        made = sheet.shape(rows, place)
        if isinstance(made, Finding):
            findings.append(made)
        else:
            shapes[at] = made
    table, varying = _attributes(header, cells, columns, parcel)
    findings += [finding("points.column", **where, field=name) for name in varying]
    table = table.set_column(*_column(table, header[columns.parcel], names))
    return RawLayer(where["layer"], table, shapes, None, findings)


def _without_totals(
    cells: pd.DataFrame, columns: Columns, where: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    """The rows without 合计 and the like, which hold no point."""
    blank = (cells[columns.north] == "") & (cells[columns.east] == "")
    first = cells.apply(lambda row: next((cell for cell in row if cell), ""), axis=1)[blank]
    totals = first.index[[total_kind(cell) is not None for cell in first]]
    if len(totals) == len(cells):
        raise LayerError(finding("layer.no-rows", **where))
    found = [finding("points.total", **where, line=line, seen=first[line]) for line in totals]
    return cells.drop(index=totals), found


def _placed(
    columns: Columns,
    north: npt.NDArray[np.float64],
    east: npt.NDArray[np.float64],
    unread: npt.NDArray[np.bool_],
    lines: pd.Index,
    where: Place,
) -> tuple[Placed, list[Finding]]:
    """The points east-first, by what the header says and what the numbers allow."""
    read = ~unread
    placed = in_degrees(north, east) if columns.axes == "degrees" else on_grid(north, east)
    metres = columns.axes != "degrees"
    if columns.axes == "bare" and placed.lost[read].all():
        placed, metres = in_degrees(north, east), False
    if placed.lost[read].all():
        return _as_said(columns, north, east, unread, where), []
    if metres:
        zones = sorted(int(zone) for zone in np.unique(prefixes(placed.points[:, 0])[~placed.lost]))
        if len(zones) > 1:
            seen = ", ".join(str(zone or "—") for zone in zones)
            raise LayerError(finding("grid.prefixes", **where, seen=seen))
    told = columns.axes != "bare" or (metres and not placed.swapped[read & ~placed.lost].all())
    if not told or not placed.swapped.any():
        return placed, []
    line = lines[int(np.argmax(placed.swapped))]
    words: Place = {"line": line, "seen": int(placed.swapped.sum()), "changed": True}
    return placed, [finding("grid.swapped", **where, **words)]


def _as_said(
    columns: Columns,
    north: npt.NDArray[np.float64],
    east: npt.NDArray[np.float64],
    unread: npt.NDArray[np.bool_],
    where: Place,
) -> Placed:
    """Points outside China, or on a local grid: only words can tell which number is north."""
    degrees = (np.abs(north) <= 90) & (np.abs(east) <= 180)
    possible = columns.axes == "named" or (columns.axes == "degrees" and degrees[~unread].all())
    if not possible or unread.all():
        at = int(np.argmin(unread))
        seen = f"{north[at]:.12g}, {east[at]:.12g}"
        raise LayerError(finding("points.axes", **where, seen=seen))
    return Placed(np.column_stack([east, north]), np.zeros_like(unread), unread)


class _Sheet(NamedTuple):
    """The rows of a coordinate table, read."""

    header: list[str]
    cells: pd.DataFrame
    columns: Columns
    placed: Placed
    unread: npt.NDArray[np.bool_]

    def shape(self, rows: npt.NDArray[np.intp], place: Place) -> shapely.Geometry | Finding:
        """The land of one parcel, or why there is none; ``rows`` are those of its points."""
        for code, wrong in (("points.number", self.unread), ("grid.place", self.placed.lost)):
            bad = rows[wrong[rows]]
            if len(bad):
                pair = (self.cells[at].iat[bad[0]] for at in self.columns[1:3])
                seen = ", ".join(cell or "—" for cell in pair)
                line = self.cells.index[bad[0]]
                return finding(code, **place, line=line, seen=seen, times=len(bad))
        points, ring = self.placed.points[rows], self._rings(rows)
        ranks = self._ranks(rows)
        breaks = np.concatenate([[False], rows[1:] - rows[:-1] > 1])
        if ranks is not None:
            again = _resumed(points, ranks, ring)
            if again is not None:
                line, rank = self.cells.index[rows[again]], f"{ranks[again]:g}"
                return finding("points.order", **place, line=line, seen=rank)
            if (np.diff(ranks) > 0).all():
                breaks[:] = False
        trace = traced(points, ring, breaks)
        made = trace.fault or bounded(trace.rings)
        if isinstance(made, Fault):
            return finding(made.code, **place, line=self.cells.index[rows[0]], seen=made.seen)
        return made

    def _rings(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
        """A number for the ring of each point; a blank one goes on with the one above."""
        if self.columns.ring < 0:
            return np.ones(len(rows), dtype=np.int64)
        stated = self.cells[self.columns.ring].iloc[rows].map(normal)
        known = stated.where(stated != "").ffill().fillna("")
        numbers: npt.NDArray[np.int64] = pd.factorize(known)[0].astype(np.int64)
        return numbers

    def _ranks(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64] | None:
        """The order that the table states, where it states one for every point."""
        if self.columns.order < 0:
            return None
        ranks = parse_numbers(self.cells[self.columns.order].iloc[rows]).values
        return None if np.isnan(ranks).any() else ranks


def _resumed(
    points: npt.NDArray[np.float64],
    ranks: npt.NDArray[np.float64],
    ring: npt.NDArray[np.int64],
) -> int | None:
    """The first point whose rank goes back though no ring ends there, if there is one."""
    known = [tuple(point) for point in points.tolist()]
    seen: set[tuple[float, ...]] = set()
    closing = []
    for point in known:
        closing.append(point in seen)
        seen.add(point)
    back = (np.diff(ranks) <= 0) & (np.diff(ring) == 0)
    ends = np.array(closing)
    wrong = np.flatnonzero(back & ~ends[1:] & ~ends[:-1])
    return int(wrong[0]) + 1 if len(wrong) else None


def _attributes(
    header: list[str], cells: pd.DataFrame, columns: Columns, parcel: npt.NDArray[np.intp]
) -> tuple[pa.Table, list[str]]:
    """The columns that have one value a parcel, and the names of those that have several."""
    own = {*columns[1:4], *columns[5:]}  # what belongs to the single point
    kept, varying = {}, []
    for at, name in enumerate(header):
        if not name or at in own:
            continue
        groups = cells[at].where(cells[at] != "").groupby(parcel)
        if at != columns.parcel and (groups.nunique() > 1).any():
            varying.append(name)
        else:
            kept[name] = pa.array(groups.first().fillna("").tolist(), pa.string())
    return pa.table(kept), varying


def _column(table: pa.Table, name: str, values: Any) -> tuple[int, str, pa.Array]:
    return table.schema.get_field_index(name), name, pa.array(values.tolist(), pa.string())
