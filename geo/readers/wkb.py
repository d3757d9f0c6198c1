"""Well-known binary (OGC 06-103r4, section 8.2): columns of it, checked and decoded in pieces."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from numpy.lib.stride_tricks import sliding_window_view

Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_HEAD: Final = 13
"""Bytes before the coordinates of a polygon of one ring: order, type, rings, points."""

_POINT: Final = 16
_FEWEST: Final = 4
"""Points of the shortest ring, the first of which is there again at its end."""

_AT_ONCE: Final = 4096
"""Shapes decoded at once, so that what is needed meanwhile stays in the processor's cache."""


def plain(wkb: pa.ChunkedArray) -> Mask:
    """Which are missing, or surely polygons of one closed ring that takes all of their bytes.

    GEOS can read these; what else it can read, it must tell.
    """
    masks = [_plain(piece) for chunk in wkb.chunks for piece in _in_pieces(chunk)]
    return np.concatenate(masks) if masks else np.zeros(0, dtype=bool)


def _plain(wkb: pa.Array) -> Mask:
    held = wkb.cast(pa.large_binary())
    _, ends, data = held.buffers()
    offsets = np.frombuffer(ends, np.int64)[held.offset : held.offset + len(held) + 1]
    content = np.frombuffer(data if data is not None else b"", np.uint8)
    starts, sizes = offsets[:-1], np.diff(offsets)
    known = held.is_valid().to_numpy(zero_copy_only=False)
    mask = known & (sizes >= _HEAD + _FEWEST * _POINT)
    at = np.flatnonzero(mask)
    heads = _pieces(content, starts[at], _HEAD)
    kinds, rings, points = heads[:, 1:].copy().view("<u4").T
    mask[at] = (heads[:, 0] == 1) & (kinds == 3) & (rings == 1)
    mask[at] &= sizes[at] == _HEAD + _POINT * points.astype(np.int64)
    at = np.flatnonzero(mask)
    first = _pieces(content, starts[at] + _HEAD, _POINT).view("<f8")
    last = _pieces(content, offsets[1:][at] - _POINT, _POINT).view("<f8")
    mask[at] = (first == last).all(axis=1)
    sure: Mask = mask | ~known
    return sure


def _pieces(content: Bytes, starts: npt.NDArray[np.int64], size: int) -> Bytes:
    """So many bytes from each start on, a row for each."""
    return sliding_window_view(content, size)[starts] if len(starts) else np.zeros((0, size), "u1")


def decoded(chunks: list[pa.Array]) -> Shapes:
    """The shapes, None where one is missing; raises :class:`shapely.errors.GEOSException`.

    The list is emptied on the way, so that memory which nobody else holds can be used for shapes.
    """
    shapes = np.empty(sum(map(len, chunks)), dtype=object)
    at = 0
    chunks.reverse()
    with np.errstate(over="ignore", invalid="ignore"):  # numbers that are none are found later
        while chunks:
            for piece in _in_pieces(chunks.pop()):
                shapes[at : at + len(piece)] = shapely.from_wkb(piece.to_numpy(False))
                at += len(piece)
    return shapes


def _in_pieces(chunk: pa.Array) -> Iterator[pa.Array]:
    for start in range(0, len(chunk), _AT_ONCE):
        yield chunk[start : start + _AT_ONCE]
