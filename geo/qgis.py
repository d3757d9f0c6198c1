"""How layers look in QGIS: its QML styles, and the table of a GeoPackage in which it finds them.

QGIS 3 reads the row of ``layer_styles`` that names a layer and its geometry column whenever the
layer is opened. Symbols are written as ``prop`` elements, which every QGIS from 3.0 on reads.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from geo.colours import LOST_COLOURS, stage_colours
from geo.plan import Stage
from geo.text import Text

EDGE: Final = "#3b4750"
ZONE: Final = "#4a5862"
BLOCK: Final = "#0d6271"
"""Outlines of parcels, zones and blocks, as on the page."""

INK: Final = "#1b252d"
PAPER: Final = "#ffffff"

POLYGONS: Final = 2
NO_GEOMETRY: Final = 4
"""What QGIS calls the geometry of a layer; a style of another kind is refused."""

Aliases = Mapping[str, str]
"""Column → the heading that QGIS shows for it."""


class Style(NamedTuple):
    """How one layer looks; ``geometry_column`` is empty for a table."""

    layer: str
    geometry_column: str
    qml: str


def stages_qml(stages: Sequence[Stage], aliases: Aliases) -> str:
    """Polygons coloured by ``stage``, its number as label; what is self-reported is hatched."""
    renderer = _classes("stage")
    for rung, (stage, colour) in enumerate(zip(stages, stage_colours(len(stages)), strict=True)):
        names = " ".join(dict.fromkeys((stage.name.zh, stage.name.en)))
        symbol = _class(renderer, rung, stage.id, f"{rung} {names}")
        _fill(symbol, color=_rgb(colour), style="solid", **_line(EDGE, 0.15))
        hatch = _fill(symbol, color="255,255,255,200", style="b_diagonal", outline_style="no")
        _enabled_by(hatch, '"self_reported"')
    return _document(POLYGONS, aliases, renderer, label="rung")


def kinds_qml(kinds: Mapping[str, Text], label: str, aliases: Aliases) -> str:
    """Polygons hatched by ``kind``, as their reasons for losing land are; named by a column."""
    renderer = _classes("kind")
    for number, (kind, name) in enumerate(kinds.items()):
        symbol = _class(renderer, number, kind, f"{name.zh} {name.en}")
        colour = LOST_COLOURS[kind]
        _fill(symbol, color=_rgb(colour), style="f_diagonal", **_line(colour, 0.3))
    return _document(POLYGONS, aliases, renderer, label=label)


def _classes(column: str) -> ET.Element:
    """A renderer with a symbol for each value of a column."""
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", attr=column, enableorderby="0")
    ET.SubElement(renderer, "categories")
    ET.SubElement(renderer, "symbols")
    return renderer


def _class(renderer: ET.Element, number: int, value: str, label: str) -> ET.Element:
    """The symbol of one value, which stands in the legend by its label."""
    categories, symbols = renderer
    named = {"value": _clean(value), "label": _clean(label), "symbol": str(number)}
    ET.SubElement(categories, "category", {**named, "render": "true", "type": "string"})
    return _symbol(symbols, str(number))


def outlines_qml(colour: str, width_mm: float, dash: str, label: str, aliases: Aliases) -> str:
    """Polygons without a fill, named by a column."""
    renderer = ET.Element("renderer-v2", type="singleSymbol", enableorderby="0")
    symbol = _symbol(ET.SubElement(renderer, "symbols"), "0")
    _fill(symbol, style="no", **_line(colour, width_mm) | {"outline_style": dash})
    return _document(POLYGONS, aliases, renderer, label=label)


def table_qml(aliases: Aliases) -> str:
    """A table: only how its columns are headed."""
    return _document(NO_GEOMETRY, aliases)


def _document(
    geometry: int, aliases: Aliases, renderer: ET.Element | None = None, *, label: str = ""
) -> str:
    drawn = {"styleCategories": "Symbology|Labeling|Fields", "labelsEnabled": "1"}
    looks = drawn if renderer is not None else {"styleCategories": "Fields"}
    root = ET.Element("qgis", {"version": "3.4.0", **looks})
    if renderer is not None:
        root.append(renderer)
        root.append(_labels(label))
    headings = ET.SubElement(root, "aliases")
    for index, (field, name) in enumerate(aliases.items()):
        ET.SubElement(headings, "alias", field=field, index=str(index), name=_clean(name))
    ET.SubElement(root, "layerGeometryType").text = str(geometry)
    text = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n"


def _symbol(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1")


def _fill(symbol: ET.Element, **properties: str) -> ET.Element:
    """One layer of a fill symbol."""
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0"})
    for key, value in properties.items():
        ET.SubElement(layer, "prop", k=key, v=value)
    return layer


def _line(colour: str, width_mm: float) -> dict[str, str]:
    return {
        "outline_color": _rgb(colour),
        "outline_style": "solid",
        "outline_width": f"{width_mm:g}",
        "outline_width_unit": "MM",
    }


def _enabled_by(layer: ET.Element, expression: str) -> None:
    """Draw a layer of a symbol only where an expression is true."""
    options = ET.SubElement(ET.SubElement(layer, "data_defined_properties"), "Option", type="Map")
    ET.SubElement(options, "Option", name="name", type="QString", value="")
    properties = ET.SubElement(options, "Option", name="properties", type="Map")
    enabled = ET.SubElement(properties, "Option", name="enabled", type="Map")
    ET.SubElement(enabled, "Option", name="active", type="bool", value="true")
    ET.SubElement(enabled, "Option", name="expression", type="QString", value=expression)
    ET.SubElement(enabled, "Option", name="type", type="int", value="3")
    ET.SubElement(options, "Option", name="type", type="QString", value="collection")


def _labels(field: str) -> ET.Element:
    """One column written inside each polygon."""
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings")
    text = {"fontSize": "8", "fontSizeUnit": "Point", "textOpacity": "1", "textColor": _rgb(INK)}
    style = ET.SubElement(settings, "text-style", {"fieldName": field, "isExpression": "0", **text})
    halo = {"bufferDraw": "1", "bufferSize": "0.7", "bufferSizeUnits": "MM", "bufferOpacity": "0.8"}
    ET.SubElement(style, "text-buffer", halo | {"bufferColor": _rgb(PAPER)})
    ET.SubElement(settings, "placement", placement="1", polygonPlacementFlags="2", priority="5")
    ET.SubElement(settings, "rendering", drawLabels="1", obstacle="1", obstacleFactor="1")
    return labeling


def _rgb(colour: str) -> str:
    """``#rrggbb`` as QGIS writes it."""
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document can hold, not even escaped."""


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


_TABLE: Final = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256),
    f_table_schema TEXT(256),
    f_table_name TEXT(256),
    f_geometry_column TEXT(256),
    styleName TEXT(30),
    styleQML TEXT,
    styleSLD TEXT,
    useAsDefault BOOLEAN,
    description TEXT,
    owner TEXT(30),
    ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
"""The table as QGIS makes it when somebody saves a style to a GeoPackage."""


def write_styles(database: sqlite3.Connection, styles: Sequence[Style], day: date) -> None:
    """Write the styles as those that QGIS takes by itself; ``day`` is their time."""
    database.execute(_TABLE)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles')"
    )
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, 'landready', ?, '', 1, 'landready', '', ?)",
        [(*style, f"{day.isoformat()}T00:00:00.000Z") for style in styles],
    )
