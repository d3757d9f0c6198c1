"""A published table: its columns, its rows, and how each value is read in both languages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pandas as pd

from geo.summary import plain
from geo.text import Text
from geo.units import shown

MOST_ROWS: Final = 20_000
"""A longer table would take a workbook minutes and a gigabyte; it is no table to look through."""

Kind = Literal["text", "name", "note", "number", "percent", "light"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its key in the frame, its headings, and how a value is shown.

    A ``name`` is an id that the table's ``names`` of this column word in both languages, a
    ``note`` such an id of a longer text.
    """

    key: str
    zh: str
    en: str
    kind: Kind = "text"
    places: int = 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with its title; ``on_page`` says whether the page shows it."""

    id: str
    title: Text
    fields: tuple[Field, ...]
    frame: pd.DataFrame
    names: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    note: Text | None = None
    on_page: bool = True

    def shown(self, item: Field, value: Any) -> Text:
        """A value as people read it: names worded, figures rounded half up, once."""
        names = self.names.get(item.key, {})
        if value in names:
            return names[value]
        if item.kind == "light":
            return LIGHTS[value]
        if item.kind in ("number", "percent"):
            percent = item.kind == "percent"
            return same(shown(value, item.places, grouped=True, percent=percent))
        if isinstance(value, bool):
            return both("是", "yes") if value else both("否", "no")
        return same("" if value is None else str(plain(value)))


def both(zh: str, en: str) -> Text:
    """A wording in both languages."""
    return Text(zh=zh, en=en)


def same(text: str) -> Text:
    """What reads the same in both languages."""
    return Text(zh=text, en=text)


LIGHTS: Final = {
    "green": both("绿", "green"),
    "yellow": both("黄", "yellow"),
    "red": both("红", "red"),
}
ALL: Final = both("合计", "Total")


def cells(sheet: Sheet) -> Iterator[list[Any]]:
    """The rows of a table as raw values, in the order of its fields."""
    frame = sheet.frame[[item.key for item in sheet.fields]]
    yield from frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
