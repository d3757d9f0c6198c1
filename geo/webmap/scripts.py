"""The script and the style sheet of the page: our sources put together, or the same minified.

``page.min.js`` and ``page.min.css`` are made of the sources by :mod:`geo.webmap.minify`, and say of
which; once a source is edited, the page carries the sources themselves until they are made anew.
"""

import hashlib
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
SCRIPTS: Final = (
    *("text.js", "state.js", "unpack.js", "figures.js", "arithmetic.js"),
    *("store.js", "chunks.js", "painter.js", "overview.js", "labels.js", "layer.js"),
    *("colours.js", "panel.js", "tables.js", "goals.js", "card.js", "search.js", "legend.js"),
    *("listing.js", "timeline.js", "chart.js", "compare.js", "ahead.js"),
    *("setting.js", "outcome.js", "turning.js", "whatif.js"),
    *("sheet.js", "picture.js", "csv.js", "measure.js", "basemap.js", "page.js"),
)
"""In one scope, in this order."""

STYLES: Final = (
    *("page.css", "panel.css", "time.css", "ahead.css", "whatif.css", "folder.css", "print.css"),
)

MAP: Final = "landreadyMap"
"""What the sources call the map; on a page it has the name that folium gives it."""


def page_script(map_name: str) -> str:
    """What starts the page, in one closed scope, so that it gains no global name."""
    return _shortest(script_source(), STATIC / "page.min.js").replace(MAP, map_name)


def page_style() -> str:
    """The style sheet of the page, what it needs of Leaflet's before ours."""
    return _shortest(style_source(), STATIC / "page.min.css")


def script_source() -> str:
    """The script as it is written."""
    body = "\n".join((STATIC / name).read_text("utf-8") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{_inflater()}{body}\nstart({MAP});\n}})();'


def style_source() -> str:
    """The style sheet as it is written."""
    library = HERE / "vendor/leaflet.core.css"
    sheets = [library, *(STATIC / name for name in STYLES)]
    return "\n".join(sheet.read_text("utf-8") for sheet in sheets)


def mark(source: str) -> str:
    """The first line of a minified file: of which source it was made."""
    return f"/* {hashlib.sha256(source.encode('utf-8')).hexdigest()} */"


def _shortest(source: str, minified: Path) -> str:
    if not minified.exists():
        return source
    first, _, text = minified.read_text("utf-8").partition("\n")
    return text if first == mark(source) else source


def _inflater() -> str:
    """tiny-inflate under its licence, as a function: it was written for a module system."""
    licence, script = (
        (HERE / f"vendor/tiny-inflate{end}").read_text("utf-8") for end in (".LICENSE", ".js")
    )
    return (
        f"/*!\n{licence}*/\nconst tinyInflate = (() => {{\nconst module = {{}};\n{script}"
        "return module.exports;\n})();\n"
    )
