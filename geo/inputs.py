"""The files of a plan: read as they are, moved to the area CRS, their place held to account."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geo.earth.around import Around
from geo.earth.crs import shift_note, transform
from geo.earth.place import boundary_rows, check_layer, check_place
from geo.findings import Finding, Place
from geo.manifest import check_stated
from geo.plan import LayerFile, Plan, TableFile
from geo.readers.table import Table, read_table
from geo.readers.vector import VectorLayer, read_vector


@dataclass(frozen=True, slots=True)
class Notes:
    """What is noted on the way: faults, and the files that were read."""

    findings: list[Finding] = field(default_factory=list)
    inputs: list[Path] = field(default_factory=list)

    def add(self, others: "Notes") -> None:
        """Note what was noted elsewhere."""
        self.findings.extend(others.findings)
        self.inputs.extend(others.inputs)


def read_layer(
    plan: Plan, layer: LayerFile, notes: Notes, *, near: Around | None = None
) -> VectorLayer:
    """One layer of a plan; raises :class:`geo.errors.LayerError` as its reader does.

    What is not ``near`` some land may be left out. A layer that is moved by a datum shift is read
    whole: where the land lies in its CRS, only the shift the other way would tell.
    """
    path = plan.folder / layer.file
    notes.inputs.append(path)
    check_stated(path, layer.sha256)
    box = near if layer.datum_shift is None else None
    source = read_vector(path, layer=layer.layer, crs=layer.crs, encoding=layer.encoding, near=box)
    notes.findings.extend(source.findings)
    return source


def read_outlines(
    plan: Plan, layer: LayerFile, notes: Notes, *, near: Around | None = None
) -> VectorLayer:
    """A layer of zones, barriers or a boundary; an outline that is no ring is none, not closed."""
    source = read_layer(plan, layer, notes, near=near)
    rings = (item.row for item in source.findings if item.code == "geometry.ring")
    broken = [row for row in rings if row is not None]
    if broken:
        rows = np.arange(1, len(source.frame) + 1)
        shapes = source.frame.geometry.where(~np.isin(rows, broken), None)
        source = replace(source, frame=source.frame.set_geometry(shapes))
    return placed(source, notes)


def read_rows(plan: Plan, table: TableFile, notes: Notes) -> Table:
    """One table of a plan; raises :class:`geo.errors.LayerError` as its reader does."""
    path = plan.folder / table.file
    notes.inputs.append(path)
    check_stated(path, table.sha256)
    read = read_table(path, encoding=table.encoding, sheet=table.sheet)
    notes.findings.extend(read.findings)
    return read


def moved(source: VectorLayer, layer: LayerFile, crs: CRS, notes: Notes) -> npt.NDArray[Any]:
    """The geometry of a layer in ``crs``, by the datum shift that the plan states, if any."""
    shapes, shift = source.frame.geometry.to_numpy(), layer.datum_shift
    at: Place = {"file": source.file, "layer": source.layer}
    there = transform(shapes, source.crs, crs, shift=shift, **at)
    if shift is not None:
        notes.findings.extend(shift_note(shapes, source.crs, crs, shift, at))
    return there


def placed(
    source: VectorLayer, notes: Notes, *, parcels: Sequence[str] | None = None
) -> VectorLayer:
    """The layer, after noting which of its rows lie where its CRS is not used."""
    at: Place = {"file": source.file, "layer": source.layer}
    shapes = source.frame.geometry.to_numpy()
    gathered = source.rows is not None
    found = check_layer(shapes, source.crs, at, parcels=parcels, gathered=gathered)
    notes.findings.extend(source.numbered(found))
    return source


def held_to(
    plan: Plan,
    source: VectorLayer,
    zones: VectorLayer | None,
    parcels: Sequence[str],
    notes: Notes,
) -> None:
    """Note where parcels lie beside the boundary that the plan names, else beside its zones."""
    at: Place = {"file": source.file, "layer": source.layer}
    land = (source.frame.geometry.to_numpy(), source.crs)
    layer = plan.layers.boundary
    if layer is not None:
        reference = read_outlines(plan, layer, notes)
        outlines = (boundary_rows(reference, layer), reference.crs)
        name = ", ".join(layer.rows.values) if layer.rows else reference.file
        notes.findings.extend(check_place(*land, *outlines, at, name=name, parcels=parcels))
    elif zones is not None:  # which lists the rows outside itself
        outlines = (zones.frame.geometry.to_numpy(), zones.crs)
        found = check_place(*land, *outlines, at, name=zones.file, parcels=parcels, listed=False)
        notes.findings.extend(found)
