"""Boundary-point files (勘测定界界址点坐标交换格式): one plot a row, its land east-first.

Domain reference, section 4. ``row`` of a finding is the number of the plot in the file; the line
of the file is in its words.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geo.earth.grids import Placed, on_grid, prefixes
from geo.errors import LayerError
from geo.findings import Finding, Place, finding
from geo.readers.raw import RawLayer
from geo.readers.rings import Fault, Traced, bounded, traced
from geo.readers.survey_header import settled, stated
from geo.readers.survey_lines import Plot, decoded, scanned
from geo.readers.survey_plots import PlotFacts, cells_of, facts_of


def read(path: Path, *, encoding: str | None = None) -> RawLayer:
    """Read a boundary-point file: UTF-8 or GB18030 unless ``encoding`` says otherwise.

    A plot whose points do not all read, or bound no land, keeps its row without a shape, and an
    error says why. Raises :class:`LayerError` when it is no such file, and when its header
    contradicts itself or its coordinates.
    """
    file = path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LayerError(finding("layer.unreadable", file=file, problem=error)) from None
    found, findings = scanned(decoded(data, encoding, file), file)
    said = stated(found.header, file)
    findings += said.findings
    placed = _placed(found.plots)
    zones = prefixes(placed.points[:, 0])
    grid, prefix = settled(said, zones[~placed.lost], file)
    away = (zones != prefix) & (prefix is not None) & ~placed.lost
    ends = np.cumsum([len(plot.lines) for plot in found.plots])
    facts: list[PlotFacts] = []
    shapes = np.full(len(found.plots), None, dtype=object)
    for at, plot in enumerate(found.plots):
        where: Place = {"file": file, "layer": path.stem, "row": at + 1}
        fact, faults = facts_of(plot, where)
        facts.append(fact)
        part = slice(ends[at] - len(plot.lines), ends[at])
        points = _Points(placed.points[part], placed.swapped[part], placed.lost[part], away[part])
        last = at + 1 == len(found.plots)
        place = where | {"parcel": fact.texts["parcel_id"]}
        shapes[at], more = _Survey(plot, fact, points, last).shape(place)
        findings += [*faults, *more]
    crs = None if grid is None else f"EPSG:{grid.epsg}"
    return RawLayer(path.stem, cells_of(facts), shapes, crs, findings, area_unit="ha")


def _placed(plots: list[Plot]) -> Placed:
    """Every point of the file; the format has X north and Y east."""
    north = np.array([value for plot in plots for value in plot.first], dtype=np.float64)
    east = np.array([value for plot in plots for value in plot.second], dtype=np.float64)
    return on_grid(north, east)


class _Points(NamedTuple):
    """The points of one plot; ``away`` where the prefix is not the one of the file."""

    points: npt.NDArray[np.float64]
    swapped: npt.NDArray[np.bool_]
    lost: npt.NDArray[np.bool_]
    away: npt.NDArray[np.bool_]


class _Survey(NamedTuple):
    """One plot of the file on its way to a shape."""

    plot: Plot
    facts: PlotFacts
    points: _Points
    last: bool

    def shape(self, place: Place) -> tuple[shapely.Geometry | None, list[Finding]]:
        """The shape, or None and the reason why there is none."""
        findings = list(self._remarks(place))
        fault = self._unread(place)
        if fault is not None:
            return None, [*findings, fault]
        ring = np.array(self.plot.rings, dtype=np.int64)
        trace = traced(self.points.points, ring, np.zeros(len(ring), dtype=bool))
        counted = self._miscounted(trace, place)
        findings += counted
        if any(item.sets_aside for item in counted):
            return None, findings
        made = self._made(trace)
        if isinstance(made, Fault):
            words: Place = {"seen": made.seen, "line": self.plot.line}
            return None, [*findings, finding(made.code, **place, **words)]
        return made, findings

    def _remarks(self, place: Place) -> Iterator[Finding]:
        """What does not hinder reading."""
        if self.points.swapped.any():
            line = self.plot.lines[int(np.argmax(self.points.swapped))]
            seen = int(self.points.swapped.sum())
            yield finding("grid.swapped", **place, line=line, seen=seen, changed=True)
        if self.plot.extra:
            line, text = self.plot.extra[0]
            yield finding("survey.extra", **place, line=line, seen=text[:80])

    def _unread(self, place: Place) -> Finding | None:
        """The first point that cannot be taken as it stands, and how many there are."""
        if self.plot.unread:
            line, seen = self.plot.unread[0]
            words: Place = {"line": line, "seen": seen[:80], "times": len(self.plot.unread)}
            return finding("survey.point", **place, **words)
        if not self.plot.lines:
            return finding("rings.few", **place, line=self.plot.line, seen="1")
        for code, wrong in (("grid.place", self.points.lost), ("grid.zone", self.points.away)):
            if wrong.any():
                at = int(np.argmax(wrong))
                pair = f"{self.plot.first[at]:.12g}, {self.plot.second[at]:.12g}"
                words = {"line": self.plot.lines[at], "seen": pair, "times": int(wrong.sum())}
                return finding(code, **place, **words)
        return None

    def _miscounted(self, trace: Traced, place: Place) -> list[Finding]:
        """Whether the plot states as many points as it has, with or without closing points."""
        stated, there = self.facts.points, len(self.plot.lines)
        bare = there - trace.closings
        if stated is None or stated in (there, bare, bare + len(trace.rings)):
            return []
        if trace.fault is not None and stated == there:
            return []
        words: Place = {"seen": there, "expected": stated, "line": self.plot.line}
        cut = self.last and there < stated
        return [finding("survey.cut-off" if cut else "survey.count", **place, **words)]

    def _made(self, trace: Traced) -> shapely.Geometry | Fault:
        if self.facts.kind == "点":
            return shapely.MultiPoint(self.points.points)
        if self.facts.kind == "线":
            return _lines(self.points.points, np.array(self.plot.rings))
        return trace.fault or bounded(trace.rings)


def _lines(points: npt.NDArray[np.float64], number: npt.NDArray[Any]) -> shapely.Geometry | Fault:
    """Lines, each of the points of one number in a row."""
    parts = np.split(points, np.flatnonzero(np.diff(number)) + 1)
    if any(len(part) < 2 for part in parts):
        return Fault("rings.few", "1")
    lines = [shapely.LineString(part) for part in parts]
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
