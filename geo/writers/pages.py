"""Pages that stand alone: one frame for all that is written for a browser without a server."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from geo.tables.sheet import Sheet, cells
from geo.text import Text


def page(template: str, **facts: Any) -> str:
    """A template of the package filled in; whatever text is put there is inert."""
    return _environment().get_template(template).render(**facts)


def worded(sheet: Sheet) -> list[list[Text]]:
    """The rows of a table as people read them, in both languages."""
    return [
        [sheet.shown(item, value) for item, value in zip(sheet.fields, row, strict=True)]
        for row in cells(sheet)
    ]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("geo", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
