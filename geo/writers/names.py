"""Names that a Shapefile can hold: ten ASCII characters, and a table of what they stand for."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from geo.cells.aliases import ALIASES, columns_meaning
from geo.files import FORMULA_STARTS
from geo.words import normal

LONGEST: Final = 10
TABLE_ENDING: Final = ".fields.csv"
"""What the table of names beside ``parcels.shp`` ends in: ``parcels.fields.csv``."""

CODES: Final = {
    "parcel_id": "DKBH",
    "name": "DKMC",
    "zone": "ZLDWMC",
    "declared_area": "MJ",
    "land_use": "YDYHFLDM",
    "ownership": "QSXZ",
    "treatment": "TREATMENT",
    "plot_ratio": "RJL",
    "plot_ratio_existing": "XZRJL",
    "existing_floor": "XZJZMJ",
    "stage": "JD",
    "stage_date": "WCSJ",
    "evidence": "EVIDENCE",
}
"""The short name of each meaning: the code that offices use, where there is one."""

_FITS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,9}")
_HEADER: Final = ["field", "name"]


def short_names(columns: Sequence[str]) -> dict[str, str]:
    """A name of at most ten ASCII characters for each column, all different whatever their case.

    A name that fits stays. Else a column whose meaning is known gets that meaning's code, a name
    of ASCII letters its beginning, and any other ``F01``, ``F02`` … by its place in the table.
    """
    short: dict[str, str] = {}
    taken: set[str] = set()
    fitting = [name for name in columns if _FITS.fullmatch(name)]
    for name in [*fitting, *(name for name in columns if name not in fitting)]:
        choice = name if _FITS.fullmatch(name) else _proposed(name, columns.index(name) + 1)
        short[name] = _free(choice, taken)
        taken.add(short[name].casefold())
    return {name: short[name] for name in columns}


def _proposed(name: str, place: int) -> str:
    for meaning in ALIASES:
        if columns_meaning(meaning, [name]):
            return CODES[meaning]
    if name.isascii() and (letters := re.sub(r"\W+", "_", name).strip("_")):
        return letters[:LONGEST] if letters[0].isalpha() else f"F_{letters}"[:LONGEST]
    return f"F{place:02d}"


def _free(choice: str, taken: set[str]) -> str:
    """The name itself, or with the first number that makes it another than those taken."""
    free, number = choice, 1
    while free.casefold() in taken:
        number += 1
        free = f"{choice[: LONGEST - 1 - len(str(number))]}_{number}"
    return free


def names_table(short: dict[str, str]) -> str:
    """The table of names as CSV; a name that a spreadsheet would run gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADER)
    writer.writerows([field, _guarded(name)] for name, field in short.items())
    return text.getvalue()


def names_in(text: str, columns: Sequence[str]) -> dict[str, str]:
    """Field → name as a table states them, for a file with these columns.

    Empty when the text is no such table, speaks of other columns, or would make two columns one:
    a table may lie beside the wrong file.
    """
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error:
        return {}
    if not rows or rows[0] != _HEADER or any(len(row) != len(_HEADER) for row in rows):
        return {}
    names = {field: name.removeprefix("'") for field, name in rows[1:]}
    same_columns = len(names) == len(rows) - 1 and set(names) == set(columns)
    return names if same_columns and len(set(names.values())) == len(names) else {}


def _guarded(name: str) -> str:
    risky = normal(name).startswith(FORMULA_STARTS) or name.startswith(("'", *FORMULA_STARTS))
    return f"'{name}" if risky else name
