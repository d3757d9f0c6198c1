"""The rows of a table of claims or of sources, and what is wrong with their ids."""

from collections.abc import Callable, Iterator

import pandas as pd

from geo.findings import Finding, Place, finding
from geo.readers.columns import no_column
from geo.readers.table import Table
from geo.text import Words

Row = tuple[int, dict[str, str]]
"""The number of a row in its file, and its cells by column."""


def rows_of(table: Table, names: tuple[str, ...], *, needed: tuple[str, ...]) -> list[Row]:
    """The rows with these columns, stripped; a column that is not needed may be absent."""
    columns = list(table.frame.columns)
    for name in needed:
        if name not in columns:
            raise no_column(name, name, columns, file=table.file)
    frame = table.frame.reindex(columns=list(names), fill_value="")
    cells = frame.apply(lambda column: column.str.strip())
    records = cells.to_dict("records")
    return [
        (int(row), {str(key): "" if pd.isna(cell) else str(cell) for key, cell in record.items()})
        for row, record in zip(cells.index, records, strict=True)
    ]


def words_of(en: str, zh: str) -> Words:
    """Both wordings; one stands for the other where only one is given."""
    return Words(zh or en, en or zh)


def id_faults(rows: list[Row], alike: Callable[[str], str], where: Place) -> Iterator[Finding]:
    """Rows without an id, and ids that stand twice, compared in the form that ``alike`` gives."""
    first: dict[str, int] = {}
    for row, cell in rows:
        at: Place = {**where, "row": row, "field": "id"}
        name = cell["id"]
        if not name:
            yield finding("claims.id-blank", **at, seen=f"#{row}")
        elif (earlier := first.setdefault(alike(name), row)) != row:
            yield finding("claims.id-twice", **at, seen=name, earlier=earlier)
