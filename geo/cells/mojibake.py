"""Mojibake: text that was read in a wrong encoding before it came here, and cannot be trusted."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pandas as pd

from geo.findings import Finding, Place, finding

_LOST: Final = re.compile("\ufffd+|锟斤拷|锟斤|斤拷|烫烫烫|屯屯屯|\\?{3,}|[\x80-\x9f]+")
"""What programs put in the place of bytes that they could not read."""

_LATIN: Final = re.compile("[\xa1-\xff]{4,}")
"""GB18030 read as Latin-1: no European word has four such letters in a row."""

_LIKELY: Final = r"[^\x00-\x7f]|\?\?\?"
"""Plain text that lost nothing is not looked at."""

LONGEST: Final = 8


def broken(text: str) -> str:
    """The part of a text that shows it to be mojibake (鍦板潡, Ã©, 锟斤拷), ``""`` if none."""
    if text.isascii() and "???" not in text:
        return ""
    for pattern in (_LOST, _LATIN):
        if match := pattern.search(text):
            return match[0][:LONGEST]
    return text[:LONGEST] if _was_utf8(text) else ""


def _was_utf8(text: str) -> bool:
    """Whether the text is UTF-8 that was read as Windows-1252, or as GB18030.

    Single Chinese words can look so by chance (联通 in GB18030 is UTF-8 for other letters), so
    what is restored must be Chinese throughout, or Latin letters of which each was two.
    """
    latin = _recoded(_latin_bytes(text))
    if latin is not None and not latin.isascii():
        return True
    try:
        chinese = _recoded(text.encode("gb18030"))
    except UnicodeEncodeError:
        return False
    strange = "" if chinese is None else "".join(c for c in chinese if not c.isascii())
    return len(strange) > 1 and all("\u4e00" <= letter <= "\u9fff" for letter in strange)


def _latin_bytes(text: str) -> bytes:
    """The bytes that Windows-1252 shows as this text; ``b""`` when it shows none so."""
    raw = bytearray()
    for letter in text:
        try:
            raw += letter.encode("cp1252")
        except UnicodeEncodeError:
            return b""
    return bytes(raw)


def _recoded(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


TEXTS: Final = ("parcel_id", "name", "zone", "land_use", "ownership", "stage", "evidence")


def check_text(table: pd.DataFrame, where: Place) -> Iterator[Finding]:
    """Cells of the parcel table that are mojibake, one finding for each row and column."""
    for name in TEXTS:
        cells = table[name]
        likely = np.flatnonzero(cells.str.contains(_LIKELY, regex=True))
        suspects = cells.take(likely)
        told = {cell: broken(cell) for cell in suspects.unique()}
        rows, parcels = (table[column].take(likely) for column in ("row", "parcel_id"))
        for cell, row, parcel in zip(suspects, rows, parcels, strict=True):
            if told[cell]:
                place: Place = {**where, "row": row, "parcel": parcel, "field": name}
                yield finding("text.mojibake", **place, seen=told[cell])


def check_names(columns: Iterable[str], where: Place) -> Iterator[Finding]:
    """Column names that are mojibake: no alias fits them, so what they hold is not read."""
    for column in columns:
        if seen := broken(str(column)):
            yield finding("field.mojibake", **where, field=str(column), seen=seen)
