"""A layer as a boundary-point file: its columns chosen by meaning, read back, replaced at once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import shapely

from geo.cells.aliases import columns_meaning
from geo.cells.numerals import parse_numbers
from geo.errors import PublishError
from geo.findings import Finding, Place, finding
from geo.units import M2_PER_HA
from geo.words import as_text, listed
from geo.writers.appending import id_columns
from geo.writers.atomic import replacing
from geo.writers.layer import Layer
from geo.writers.shapes import dropped, finite, rounded, to_list
from geo.writers.survey import survey_text
from geo.writers.vector import failing, turned
from geo.writers.verify import verified

DECIMALS: Final = 3
HECTARE_DECIMALS: Final = 4
MEANINGS: Final = ("parcel_id", "name", "declared_area", "sheet", "land_use", "land_class")
"""What a plot line says of a parcel."""

_TEXTS: Final = ("name", "sheet", "land_use", "land_class")
_OWN: Final = {
    "sheet": ("sheet", "TFH", "图幅号"),
    "land_class": ("land_class", "DLBM", "地类编码"),
}
"""Column names of what only this format has."""

_READ: Final = ("parcel_id", "name", "declared_area", "plot_type", *_TEXTS[1:])
"""The columns as the reader gives them."""


def write_survey(layer: Layer, target: Path, *, fields: dict[str, str]) -> list[Finding]:
    """Write parcels as boundary points to a file that it replaces at once.

    ``fields`` names the column of a meaning where the alias table leaves it open. Columns for
    which the format has no place are listed. Raises :class:`PublishError` as
    :func:`geo.writers.survey.survey_text` does, when it is unclear which column means what, and
    when the file cannot be written or reads back differently.
    """
    columns = _columns(layer, fields, target)
    solid = shapely.has_z(layer.shapes) | shapely.has_m(layer.shapes)
    layer = replace(layer, shapes=_to_millimetre(layer), id_column=columns["parcel_id"])
    frame = gpd.GeoDataFrame(layer.frame(), geometry=gpd.GeoSeries(layer.shapes))
    text, findings = survey_text(frame, layer.crs, columns=columns, file=target.name)
    findings = [*to_list(layer, target), *findings, *_lost(layer, columns, target)]
    findings += [*dropped(solid, layer, target), *_unstated(frame, columns, layer, target)]
    with failing(target), replacing(target) as new:
        new.write_text(text, encoding="utf-8", newline="")
        altered = {(item.row, item.field) for item in findings if item.changed}
        rows = verified(_as_read(layer, frame, columns), new, target, altered=altered)
        return [*findings, *turned(rows, layer, target)]


def _to_millimetre(layer: Layer) -> npt.NDArray[Any]:
    """Rounded here once: two ways of rounding a half would differ by a millimetre."""
    good = finite(layer.shapes)
    shapes = layer.shapes.copy()
    shapes[good] = rounded(shapely.force_2d(shapes[good]), DECIMALS)
    return shapes


def _columns(layer: Layer, fields: dict[str, str], target: Path) -> dict[str, str]:
    """The column of each meaning; one that is named, or the only one that looks so."""
    names = layer.cells.column_names
    found = {"parcel_id": id_columns(names, fields)}
    own = {meaning: [n for n in names if n in aliases] for meaning, aliases in _OWN.items()}
    taken = {name for choices in own.values() for name in choices}
    found |= own
    for meaning in ("name", "land_use"):
        choices = columns_meaning(meaning, names)
        found[meaning] = [name for name in choices if name not in taken]
    found |= {meaning: [column] for meaning, column in fields.items() if meaning in MEANINGS}
    if "declared_area" in fields:
        _check_hectares(layer, fields["declared_area"], target)
    elif _in_hectares(layer, "declared_area"):
        found["declared_area"] = ["declared_area"]
    unclear = [meaning for meaning, choices in found.items() if len(choices) > 1]
    unclear += ["parcel_id"] if not found["parcel_id"] else []
    if unclear:
        where: Place = {"file": target.name, "layer": layer.name}
        raise PublishError(
            *[
                finding("write.which", **where, meaning=name, seen=listed(found[name] or names))
                for name in unclear
            ]
        )
    return {meaning: choices[0] for meaning, choices in found.items() if choices}


def _in_hectares(layer: Layer, column: str) -> bool:
    """Whether a column holds areas that fit the drawn ones when taken as hectares."""
    if column not in layer.cells.column_names or not layer.crs.is_projected:
        return False
    stated = parse_numbers(layer.frame()[column]).values
    drawn = shapely.area(layer.shapes) / M2_PER_HA
    known = (stated > 0) & (drawn > 0)
    return bool(known.any() and 0.5 < np.median(stated[known] / drawn[known]) < 2)


def _check_hectares(layer: Layer, column: str, target: Path) -> None:
    """Raise :class:`PublishError` for a named column whose areas the file would state wrongly."""
    cells = layer.frame()[column]
    numbers = parse_numbers(cells)
    faults = [
        finding("survey.write-unit", **layer.place(int(row), target), field=column, seen=cells[row])
        for row in np.flatnonzero(numbers.unreadable | numbers.percent | numbers.approximate)
    ]
    known = np.flatnonzero(numbers.values > 0)
    if not faults and len(known) and layer.crs.is_projected and not _in_hectares(layer, column):
        where: Place = {**layer.place(int(known[0]), target), "field": column}
        faults.append(finding("survey.write-unit", **where, seen=cells[known[0]]))
    if faults:
        raise PublishError(*faults)


def _lost(layer: Layer, columns: dict[str, str], target: Path) -> Iterator[Finding]:
    """Columns with values that the format has no place for."""
    where: Place = {"file": target.name, "layer": layer.name}
    held = {*columns.values(), "plot_type"}
    cells = layer.cells
    lost = [
        name
        for name in cells.column_names
        if name not in held and cells[name].null_count < len(cells)
    ]
    if lost:
        yield finding("write.columns-lost", **where, seen=listed(lost), changed=True)


def _unstated(
    frame: gpd.GeoDataFrame, columns: dict[str, str], layer: Layer, target: Path
) -> Iterator[Finding]:
    """Rows that state no area where others may: theirs is the measured one in the file."""
    column = columns.get("declared_area", "declared_area")
    if column not in frame.columns:
        return
    blank = np.flatnonzero(as_text(frame[column]) == "")
    if len(blank):
        where: Place = {"file": target.name, "layer": layer.name, "row": int(blank[0]) + 1}
        words: Place = {"seen": len(blank), "field": column}
        yield finding("survey.write-area", **where, **words, changed=True)


def _as_read(layer: Layer, frame: gpd.GeoDataFrame, columns: dict[str, str]) -> Layer:
    """The layer as the reader is to give it back."""
    texts = {
        name: as_text(frame[columns[name]]) if name in columns else [""] * len(frame)
        for name in ("parcel_id", *_TEXTS)
    }
    drawn = pd.Series(shapely.area(layer.shapes) / M2_PER_HA)
    stated = frame[columns["declared_area"]] if "declared_area" in columns else drawn
    areas = pd.Series(parse_numbers(stated).values).fillna(drawn)
    hectares = [float(f"{area:.{HECTARE_DECIMALS}f}") for area in areas]
    cells = {**texts, "declared_area": hectares, "plot_type": ["面"] * len(frame)}
    return replace(layer, cells=pa.table({name: list(cells[name]) for name in _READ}))
