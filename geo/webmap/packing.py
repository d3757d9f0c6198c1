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

Kind = Literal["uint", "delta", "level", "text"]
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
    - ``level``: any JSON values, few of them different: each is told once;
    - ``text``: one string a row.
    """

    name: str
    kind: Kind
    values: Any


def packed(columns: Sequence[Column]) -> bytes:
    """Deflated columns. ValueError for a number that a browser cannot hold exactly."""
    heads, bodies = [], []
    for column in columns:
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
