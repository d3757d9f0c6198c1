"""The index of codes: sorted files in which a page finds a parcel without loading them all."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.webmap.packing import Column

FILE_ENTRIES: Final = 20_000
"""Entries of one file: some 150 kB."""

_NUMBER: Final = re.compile(r"0*(\d+)\D*$")


def folded(text: str) -> str:
    """Text as it is compared: ``static/store.js`` folds what is typed in the same way."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def label_of(code: str, name: str) -> str:
    """What a search shows of a parcel."""
    whole = f"{code} {name}".strip()
    return whole.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text


def index_files(
    codes: Sequence[str], names: Sequence[str], *, size: int = FILE_ENTRIES
) -> Iterator[tuple[str, list[Column]]]:
    """The files of the index in the order of their keys, each with its first key.

    An entry says that the folded ``codes.label`` from its place ``codes.at`` on is a key of the
    row ``codes.row``. Keys are the label itself, the last number of the code without its zeros,
    and the name. They are sorted by code points.
    """
    labels = [label_of(code, name) for code, name in zip(codes, names, strict=True)]
    keys: list[str] = []
    rows: list[int] = []
    places: list[int] = []
    for row, (label, code) in enumerate(zip(labels, codes, strict=True)):
        whole = folded(label)
        for at in _starts(whole, len(folded(code))):
            keys.append(whole[at:])
            rows.append(row)
            places.append(at if max(whole, default="") < "\U00010000" else _utf16_units(whole[:at]))
    order = pc.sort_indices(pa.array(keys, pa.large_string())).to_numpy()
    row, place = np.array(rows, dtype=np.int64)[order], np.array(places, dtype=np.int64)[order]
    for first in range(0, len(order), size):
        chosen = slice(first, first + size)
        told = [labels[one] for one in row[chosen].tolist()]
        yield (
            keys[order[first]],
            [
                Column("codes.label", "text", told),
                Column("codes.at", "uint", place[chosen]),
                Column("codes.row", "uint", row[chosen]),
            ],
        )


def _starts(whole: str, code_length: int) -> Iterator[int]:
    """Where the keys of a folded label begin: itself, the last number of its code, its name."""
    yield 0
    number = _NUMBER.search(whole[:code_length])
    if number is not None and number.start(1) > 0:
        yield number.start(1)
    if code_length + 1 < len(whole):
        yield code_length + 1


def _utf16_units(text: str) -> int:
    """How many characters a browser counts."""
    return len(text.encode("utf-16-le")) // 2
