"""Columns packed for a page: whole numbers as short as they are, deflated, in base64.

A pack is one deflated run of bytes: the length of its head (four bytes, little-endian), the head as
JSON, then the columns one after the other. ``static/unpack.js`` reads it.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from geo.kernels import packs

Kind = Literal["uint", "delta", "point", "place", "level", "text"]
Integers = npt.NDArray[np.int64]

MOST: Final = 2**53
"""Whole numbers below this are exact in a browser, which knows floats only."""

EFFORT: Final = 6
"""Of deflate; 9 takes five times as long for 0.7 % less."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Values of which few are different: these, and which of them each row has."""

    told: Sequence[Any]
    codes: Integers

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Any]:
        return (self.told[code] for code in self.codes.tolist())

    def __getitem__(self, rows: Any) -> "Levels":
        return Levels(self.told, self.codes[rows])

    def in_use(self) -> "Levels":
        """The same rows with those levels alone which they have, in the order of the first row."""
        codes = np.ascontiguousarray(self.codes)
        fresh, place = packs.told_before(codes, np.zeros_like(codes))
        return Levels([self.told[code] for code in codes[fresh].tolist()], place)


def levels_of(values: Sequence[Any]) -> Levels:
    """The different values in the order of their first row, and which of them each row has."""
    place: dict[Any, int] = {}
    codes = [place.setdefault(value, len(place)) for value in values]
    return Levels(list(place), np.array(codes, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a pack.

    - ``uint``: whole numbers from 0 on;
    - ``delta``: whole numbers of either sign, told by the step from one to the next;
    - ``point``: such numbers, ``<set>.x`` of points and then ``<set>.y``: see :func:`told_once`,
      which alone makes columns of kind ``place``;
    - ``level``: any JSON values, few of them different: each is told once; kept as
      :class:`Levels`;
    - ``text``: one string a row, kept as an array.
    """

    name: str
    kind: Kind
    values: Any

    def __post_init__(self) -> None:
        """Keep values so that rows of them are picked at once."""
        if self.kind == "level" and not isinstance(self.values, Levels):
            object.__setattr__(self, "values", levels_of(self.values))
        elif self.kind == "text":
            object.__setattr__(self, "values", np.asarray(self.values, dtype=object))

    def of(self, rows: "Integers | slice") -> "Column":
        """Some rows of the column."""
        values = self.values if self.kind in ("level", "text") else np.asarray(self.values)
        return Column(self.name, self.kind, values[rows])


def packed(columns: Sequence[Column]) -> bytes:
    """Deflated columns. ValueError for a number that a browser cannot hold exactly."""
    heads, bodies = [], []
    for column in told_once(columns):
        head, body = _coded(column)
        heads.append({"name": column.name, "kind": column.kind, **head, "bytes": len(body)})
        bodies.append(body)
    head_text = json.dumps(heads, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    whole = b"".join([len(head_text).to_bytes(4, "little"), head_text, *bodies])
    squeeze = zlib.compressobj(EFFORT, zlib.DEFLATED, -zlib.MAX_WBITS)
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
        steps = packs.zigzag_steps(nth, 1) + 1
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
    fresh, place = packs.told_before(*np.concatenate(sets, axis=1))
    ends = np.cumsum([points.shape[1] for points in sets])[:-1]
    return list(zip(np.split(fresh, ends), np.split(place, ends), strict=True))


def _coded(column: Column) -> tuple[dict[str, Any], bytes]:
    if column.kind == "text":
        texts = list(map(str, column.values.tolist()))
        body = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
        return {"rows": len(texts)}, body.encode("utf-8", "replace")
    if column.kind == "level":
        levels = column.values.in_use()
        return {"rows": len(levels), "levels": levels.told}, packs.leb128(levels.codes).tobytes()
    numbers = np.array(column.values, dtype=np.int64)
    steps = packs.zigzag_steps(numbers, 0) if column.kind == "delta" else numbers
    least, most = packs.ends(numbers)
    low, high = (least, most) if steps is numbers else packs.ends(steps)
    if low < 0 or high >= MOST or max(-least, most) >= MOST:
        raise ValueError(f"column {column.name}: a number or a step is negative, or 2**53 or more")
    small = max(-least, most) < 2**31
    return {"rows": len(numbers), "small": small}, packs.leb128(steps).tobytes()
