"""The story of a conversion: read one layer, place it, write it whole, read it back."""

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from geo.earth.crs import parse_crs, transform
from geo.errors import PublishError
from geo.findings import Finding, Place, finding
from geo.readers.columns import no_column
from geo.readers.vector import read_vector
from geo.writers.appending import appended, id_columns
from geo.writers.layer import Layer, layer_of
from geo.writers.names import TABLE_ENDING, names_in
from geo.writers.shapes import dropped, finite
from geo.writers.survey_file import MEANINGS, write_survey
from geo.writers.vector import ENDINGS, check_place, ending, failing, write_layer

SURVEY: Final = ".txt"
TARGETS: Final = (SURVEY, *ENDINGS)
"""The endings of files that a layer can be converted to."""

MOST_TABLE_BYTES: Final = 1_000_000


def convert(
    source: Path,
    target: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    to_crs: str | None = None,
    fields: dict[str, str] | None = None,
    append: bool = False,
    overwrite: bool = False,
) -> list[Finding]:
    """Write a layer in the format that the ending of ``target`` names; what is worth knowing.

    Rows keep their order, ids their digits, rings their points, and a coordinate moves only
    where ``to_crs`` says so. Nothing is mended: what is wrong is written as it is and listed, or
    refused. ``crs`` is the one of a source that states none, ``fields`` the column of a meaning
    (``parcel_id``), where the alias table does not know it. ``append`` adds the rows to those of
    the target, column by column of the same name.

    Raises :class:`LayerError` when the source cannot be read or placed, and
    :class:`PublishError` when the target is there and neither ``append`` nor ``overwrite`` is
    given, when its format cannot hold something, and when it cannot be written or reads back
    differently; what was there is then untouched.
    """
    fields = fields or {}
    _check(source, target, overwrite=overwrite or append)
    read = read_vector(source, layer=layer, crs=crs)
    closed = [item for item in read.findings if item.code == "geometry.ring"]
    if closed:  # reading has closed it: written out, nobody would know any more
        raise PublishError(*closed)
    new, findings = _named(layer_of(read), source)
    findings = [*read.findings, *findings]
    _check_fields(new, fields, source)
    new = replace(new, id_column=next(iter(id_columns(new.cells.column_names, fields)), None))
    if to_crs is not None:
        new, more = _moved(new, to_crs, source)
        findings += more
    if append and target.exists():
        new, more = appended(_there(target), new, target, fields)
        findings += more
    with failing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if ending(target) == SURVEY:
            findings += write_survey(new, target, fields=fields)
        else:
            findings += write_layer(new, target, overwrite=overwrite or append)
    return findings


def _check(source: Path, target: Path, *, overwrite: bool) -> None:
    """Whether the target may be written at all, before anything is read."""
    if ending(target) not in TARGETS:
        words: Place = {"seen": target.suffix or "—", "choices": ", ".join(TARGETS)}
        raise PublishError(finding("write.format", file=target.name, **words))
    if source.exists() and target.exists() and source.samefile(target):
        raise PublishError(finding("write.same", file=target.name))
    with failing(target):
        check_place(target, overwrite=overwrite)


def _named(layer: Layer, path: Path) -> tuple[Layer, list[Finding]]:
    """The columns of a Shapefile by the names that the table beside it restores."""
    table = _names_table(path)
    names = names_in(table, layer.cells.column_names)
    if not names:
        where: Place = {"file": path.name, "layer": layer.name}
        return layer, [finding("convert.names", **where)] if table else []
    restored = [names[column] for column in layer.cells.column_names]
    return replace(layer, cells=layer.cells.rename_columns(restored)), []


def _names_table(path: Path) -> str:
    """The table of names beside or inside a Shapefile; empty where there is none to be read."""
    try:
        if ending(path) == ".shp":
            table = path.with_suffix(TABLE_ENDING)
            return table.read_text("utf-8") if table.stat().st_size <= MOST_TABLE_BYTES else ""
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                tables = [item for item in archive.infolist() if _is_table(item)]
                return archive.read(tables[0]).decode("utf-8") if len(tables) == 1 else ""
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        pass  # without the table the names stay as the file has them
    return ""


def _is_table(item: zipfile.ZipInfo) -> bool:
    return item.filename.lower().endswith(TABLE_ENDING) and item.file_size <= MOST_TABLE_BYTES


def _there(target: Path) -> Layer:
    """What the target holds; raises :class:`PublishError` where writing it anew would lose some."""
    read = read_vector(target)
    broken = [item for item in read.findings if item.severity == "error"]
    if broken:
        raise PublishError(*broken)
    return _named(layer_of(read), target)[0]


def _check_fields(layer: Layer, fields: dict[str, str], source: Path) -> None:
    """Whether every named column is there, and stands for something."""
    columns = layer.cells.column_names
    for meaning, column in fields.items():
        choices = columns if meaning in MEANINGS else list(MEANINGS)
        missing = column if meaning in MEANINGS else meaning
        if missing not in choices:
            raise no_column(missing, meaning, choices, file=source.name, layer=layer.name)


def _moved(layer: Layer, to_crs: str, source: Path) -> tuple[Layer, list[Finding]]:
    """The layer in another CRS; a row whose coordinates cannot be moved stops it."""
    where: Place = {"file": source.name, "layer": layer.name}
    target = parse_crs(to_crs, **where)
    if layer.crs == target:
        return layer, []
    shapes = transform(layer.shapes, layer.crs, target, **where)
    moved = replace(layer, shapes=shapes, crs=target)
    lost = [
        finding("crs.not-finite", **layer.place(int(row), source))
        for row in np.flatnonzero(~finite(shapes) & finite(layer.shapes))
    ]
    if lost:
        raise PublishError(*lost)
    solid = shapely.has_z(layer.shapes) | shapely.has_m(layer.shapes)
    return moved, dropped(solid, layer, source)
