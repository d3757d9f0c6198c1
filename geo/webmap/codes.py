"""The index of codes: sorted files in which a page finds a parcel without loading them all."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.kernels import keys
from geo.webmap.packing import Column

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

FILE_ENTRIES: Final = 20_000
"""Entries of one file: some 150 kB."""

_BETWEEN: Final = "\0"
"""Stands between texts that are changed as one."""


@dataclass(frozen=True, slots=True)
class CodeIndex:
    """Keys in the order of their code points, and the parcels that they are for.

    Entry n says that the folded label of the row ``row[n]`` from its place ``at[n]`` on is a key,
    the nth. ``labels`` are those of the rows; ``firsts`` the first key of each file of ``size``.
    """

    labels: npt.NDArray[Any]
    firsts: list[str]
    row: Integers
    at: Integers
    size: int

    def files(self) -> Iterator[list[Column]]:
        """The columns ``codes.label``, ``codes.at``, ``codes.row`` of each file."""
        for first in range(0, len(self.row), self.size):
            row = self.row[first : first + self.size]
            yield [
                Column("codes.label", "text", self.labels[row]),
                Column("codes.at", "uint", self.at[first : first + self.size]),
                Column("codes.row", "uint", row),
            ]


def folded(text: str) -> str:
    """Text as it is compared: ``static/store.js`` folds what is typed in the same way."""
    return _alike(text).strip()


def code_index(
    codes: Sequence[str], names: Sequence[str], *, size: int = FILE_ENTRIES
) -> CodeIndex:
    """The index of parcels, for files of ``size`` entries.

    Keys are the label itself, the last number of the code without its zeros, and the name.
    """
    labels = _labels(map(" ".join, zip(codes, names, strict=True)))
    text, starts = _bytes_of(_all_folded(labels))
    _, code_starts = _bytes_of(_all_folded(_labels(codes)))
    row, first, place = keys.key_starts(text, starts, np.diff(code_starts))
    data, offsets = keys.pieces(text, first, starts[row + 1])
    texts = pa.LargeStringArray.from_buffers(len(row), pa.py_buffer(offsets), pa.py_buffer(data))
    order = pc.sort_indices(texts).to_numpy().astype(np.int64)
    sorted_keys = texts.take(pa.array(order[::size]))
    return CodeIndex(
        np.array(labels, dtype=object), sorted_keys.to_pylist(), row[order], place[order], size
    )


def _labels(texts: Iterable[str]) -> list[str]:
    """Texts as a search shows them."""
    return [text.strip() for text in _at_once(_sound, list(texts))]


def _all_folded(texts: Sequence[str]) -> list[str]:
    """Each text :func:`folded`."""
    return [text.strip() for text in _at_once(_alike, texts)]


def _sound(text: str) -> str:
    """Text without halves of surrogate pairs, which are no text."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _alike(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _at_once(change: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    """Texts changed as one, as nothing that is done to one letter hangs on those beyond a NUL."""
    parts = change(_BETWEEN.join(texts)).split(_BETWEEN)
    return parts if len(parts) == len(texts) else [change(text) for text in texts]


def _bytes_of(texts: Sequence[str]) -> tuple[Bytes, Integers]:
    """The bytes of texts in UTF-8 one after the other, and where each begins, and the last ends."""
    _, starts, data = pa.array(texts, pa.large_string()).buffers()
    held = np.frombuffer(data if data is not None else b"", dtype=np.uint8)
    return held.copy(), np.frombuffer(starts, dtype=np.int64)[: len(texts) + 1].copy()
