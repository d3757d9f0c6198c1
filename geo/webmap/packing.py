"""Columns packed for a page: whole numbers as short as they are, deflated, in base64.

A pack is one deflated run of bytes: the length of its head (four bytes, little-endian), the head as
JSON, then the columns one after the other. ``static/unpack.js`` reads it.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["uint", "delta", "point", "place", "level", "text"]
Integers = npt.NDArray[np.int64]

MOST: Final = 2**53
"""Whole numbers below this are exact in a browser, which knows floats only."""

_BITS: Final = 7
_FULL: Final = 128


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a pack.

    - ``uint``: whole numbers from 0 on;
    - ``delta``: whole numbers of either sign, told by the step from one to the next;
    - ``point``: such numbers, ``<set>.x`` of points and then ``<set>.y``: see :func:`told_once`,
      which alone makes columns of kind ``place``;
    - ``level``: any JSON values, few of them different: each is told once;
    - ``text``: one string a row.
    """

    name: str
    kind: Kind
    values: Any


def packed(columns: Sequence[Column]) -> bytes:
    """Deflated columns. ValueError for a number that a browser cannot hold exactly."""
    heads, bodies = [], []
    for column in told_once(columns):
        head, body = _coded(column)
        heads.append({"name": column.name, "kind": column.kind, **head, "bytes": len(body)})
        bodies.append(body)
    head_text = json.dumps(heads, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    whole = b"".join([len(head_text).to_bytes(4, "little"), head_text, *bodies])
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(whole) + squeeze.flush()


def base64_of(columns: Sequence[Column]) -> str:
    """A pack as text that may stand in any page or script: letters, digits, ``+``, ``/``, ``=``."""
    return base64.b64encode(packed(columns)).decode("ascii")


def told_once(columns: Sequence[Column]) -> list[Column]:
    """The columns of a pack with each of its points told once: neighbours share their corners.

    ``<set>.place`` has 0 for a point not told before. For any other it has one more than the
    zigzag of where that one stands among the points told, counted from the one before the last:
    neighbours go along their border opposite ways.
    """
    at = [nth for nth, column in enumerate(columns) if column.kind == "point"]
    pairs = list(zip(at[::2], at[1::2], strict=True))
    points = [
        np.stack([np.asarray(columns[nth].values, dtype=np.int64) for nth in pair])
        for pair in pairs
    ]
    once = [[column] for column in columns]
    for (x, y), xy, (fresh, nth) in zip(pairs, points, _places(points), strict=True):
        steps = _zigzag(nth - np.append(0, nth)[:-1] + 1) + 1
        place = columns[x].name.removesuffix("x") + "place"
        once[x] = [
            Column(place, "place", np.where(fresh, 0, steps)),
            Column(columns[x].name, "delta", xy[0][fresh]),
        ]
        once[y] = [Column(columns[y].name, "delta", xy[1][fresh])]
    return [column for part in once for column in part]


def _places(sets: Sequence[Integers]) -> list[tuple[Integers, Integers]]:
    """Of each point of some sets whether it is a new one, and its place among the new ones."""
    if not sets:
        return []
    x, y = np.concatenate(sets, axis=1)
    order = np.lexsort((y, x))  # stable: of equal points the first comes first
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0)
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[begins][np.cumsum(begins) - 1]
    fresh = first == np.arange(len(order))
    place = (np.cumsum(fresh) - 1)[first]
    ends = np.cumsum([points.shape[1] for points in sets])[:-1]
    return list(zip(np.split(fresh, ends), np.split(place, ends), strict=True))


def _coded(column: Column) -> tuple[dict[str, Any], bytes]:
    if column.kind == "text":
        texts = [str(value) for value in column.values]
        body = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
        return {"rows": len(texts)}, body.encode("utf-8", "replace")
    if column.kind == "level":
        levels, codes = _levels(column.values)
        return {"rows": len(codes), "levels": levels}, varints(codes)
    numbers = np.asarray(column.values, dtype=np.int64)
    steps = _zigzag(np.diff(numbers, prepend=0)) if column.kind == "delta" else numbers
    if ((steps < 0) | (steps >= MOST) | (np.abs(numbers) >= MOST)).any():
        raise ValueError(f"column {column.name}: a number or a step is negative, or 2**53 or more")
    small = bool((np.abs(numbers) < 2**31).all())
    return {"rows": len(numbers), "small": small}, varints(steps)


def _levels(values: Sequence[Any]) -> tuple[list[Any], Integers]:
    """The different values in the order of their first row, and which of them each row has."""
    place: dict[Any, int] = {}
    codes = [place.setdefault(value, len(place)) for value in values]
    return list(place), np.array(codes, dtype=np.int64)


def _zigzag(steps: Integers) -> Integers:
    """Small numbers of either sign as small ones from 0 on: 0, -1, 1, -2, 2 and so on."""
    folded: Integers = (steps << 1) ^ (steps >> 63)
    return folded


def varints(numbers: Integers) -> bytes:
    """Whole numbers from 0 on as LEB128: groups of seven bits, lowest first, the last below 128."""
    if not len(numbers):
        return b""
    sizes = np.ones(len(numbers), dtype=np.int64)
    rest = numbers >> _BITS
    while rest.any():
        sizes += rest > 0
        rest = rest >> _BITS
    ends = np.cumsum(sizes)
    out = np.zeros(int(ends[-1]), dtype=np.uint8)
    starts, rest = ends - sizes, numbers.copy()
    for at in range(int(sizes.max())):
        open_ = sizes > at
        more = sizes > at + 1
        out[starts[open_] + at] = (rest[open_] & (_FULL - 1)) | np.where(more[open_], _FULL, 0)
        rest = rest >> _BITS
    return out.tobytes()
