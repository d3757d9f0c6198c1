"""Ways to break bytes and texts of any kind, and shapes that are well-formed and yet hostile."""

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.affinity import scale, translate

from tests.fuzzing.seeds import EAST, NORTH

Mutator = Callable[[bytes, random.Random], bytes]


def _slice(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + int(rng.expovariate(1 / 40)) + 1)


def _flip(data: bytes, rng: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
    return bytes(broken)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def _drop(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    return data[:start] + data[end:]


def _double(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 300)) + data[end:]


def _fill(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    return data[:start] + rng.choice((b"\x00", b"\xff", b" ", b"\x80")) * (end - start) + data[end:]


NUMBERS = (
    *(b"0", b"-1", b"1e308", b"-1e308", b"1e-320", b"NaN", b"Infinity", b"3,5", b"."),
    *(b"99999999999999999999", b"2147483648", b"4294967295", b"1e15", b"38516000.5", b"113.16"),
)
WORDS = ("", " ", "=1+1", "'", '"', "合计", "\ufeff", "0012", "1E+05", "2026-13-40", "¶" * 300)
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
INTEGERS = (0, 1, 2, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)


def _number(data: bytes, rng: random.Random) -> bytes:
    """One number of a text, or four or eight bytes of anything else, becomes a hostile one."""
    found = list(NUMBER.finditer(data[: 1 << 20]))
    if data[:64].isascii() and b"\x00" not in data[:64] and found:
        hit = rng.choice(found)
        return data[: hit.start()] + rng.choice(NUMBERS) + data[hit.end() :]
    start, width = rng.randrange(len(data)), rng.choice((4, 8))
    value = rng.choice(INTEGERS) & (2 ** (8 * width) - 1)
    return (
        data[:start] + value.to_bytes(width, rng.choice(("little", "big"))) + data[start + width :]
    )


def _lines(data: bytes, rng: random.Random) -> bytes:
    """Lines dropped, doubled, swapped; where there are none, pieces between separators."""
    mark = b"\n" if data.count(b"\n") > 3 else rng.choice((b"},{", b">", b"\x00"))
    return mark.join(shuffled(data.split(mark), rng))


def _nest(data: bytes, rng: random.Random) -> bytes:
    """An opening bracket, tag or geometry repeated until something deep gives way."""
    deep = rng.choice((b"[", b'{"a":', b"<Folder>", b"\x01\x07\x00\x00\x00\x01\x00\x00\x00"))
    start, end = _slice(data, rng)
    return data[:start] + deep * rng.choice((50, 5_000, 200_000)) + data[end:]


BYTES: tuple[Mutator, ...] = (
    *(_flip, _flip, _cut, _drop, _double, _fill),
    *(_number, _number, _lines, _lines, _nest),
)


def bytewise(data: bytes, rng: random.Random) -> bytes:
    """The bytes, broken in one way or in three; never none at all."""
    for _ in range(rng.choice((1, 1, 1, 3))):
        data = rng.choice(BYTES)(data, rng) or b"\x00"
    return data


def shuffled(items: Sequence[Any], rng: random.Random) -> list[Any]:
    """The items with one dropped, doubled or swapped."""
    changed = list(items)
    if not changed:
        return changed
    one, other = rng.randrange(len(changed)), rng.randrange(len(changed))
    change = rng.randrange(3)
    if change == 0:
        del changed[one]
    elif change == 1:
        changed.insert(other, changed[one])
    else:
        changed[one], changed[other] = changed[other], changed[one]
    return changed


def reworded(text: str, mark: str, rng: random.Random) -> str:
    """One line of a text with one of its fields replaced, dropped, doubled or swapped."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    fields = lines[at].split(mark)
    if rng.random() < 0.5:
        fields[rng.randrange(len(fields))] = rng.choice((*WORDS, *(n.decode() for n in NUMBERS)))
    else:
        fields = shuffled(fields, rng)
    lines[at] = mark.join(fields)
    return "\n".join(lines)


ELEMENT = re.compile(r"<(\w+)[^<>]*>(?:[^<>]*)</\1>|<[^<>]+/>")


def retagged(text: str, rng: random.Random) -> str:
    """One innermost element of an XML text dropped, doubled, emptied or with another content."""
    found = list(ELEMENT.finditer(text))
    if not found:
        return bytewise(text.encode(), rng).decode("utf-8", "replace")
    hit = rng.choice(found)
    whole = hit[0]
    content = rng.choice((*WORDS, *(n.decode() for n in NUMBERS)))
    changed = rng.choice(("", whole * 2, whole * 500, re.sub(r">[^<>]*<", f">{content}<", whole)))
    return text[: hit.start()] + changed + text[hit.end() :]


def hostile(shape: shapely.Geometry, rng: random.Random) -> shapely.Geometry | None:
    """The outline as another one: crossing itself, empty, infinite, far away, of another kind."""
    points = shapely.get_coordinates(shape)
    wild = [
        (rng.random() * 300 + EAST, rng.random() * 300 + NORTH)
        for _ in range(rng.randrange(3, 400))
    ]
    huge = 10.0 ** rng.choice((9, 11, 15, 150))
    bow = points[[0, 2, 1, 3]]
    ways: tuple[Callable[[], shapely.Geometry | None], ...] = (
        lambda: None,
        shapely.Polygon,
        lambda: shapely.Polygon(wild),
        lambda: shapely.Polygon(bow),
        lambda: shapely.LineString(wild),
        lambda: shapely.Point(points[0]),
        lambda: shapely.GeometryCollection([shape, shapely.Point(points[0])]),
        lambda: shapely.MultiPolygon([shape] * rng.choice((2, 50))),
        lambda: shapely.GeometryCollection([shapely.GeometryCollection([shape])]),
        lambda: translate(shape, huge, -huge),
        lambda: scale(shape, huge, rng.choice((1.0, huge))),
        lambda: scale(shape, rng.choice((1e-12, 0.0, 1e-4)), 1.0),
        lambda: shapely.transform(shape, lambda xy: xy[:, ::-1]),
        lambda: shapely.Polygon([*points[:2], (rng.choice((float("nan"), float("inf"))), NORTH)]),
        lambda: shapely.segmentize(shape, rng.choice((0.01, 1.0))),
        lambda: shapely.Polygon(shape.exterior, [points[:4] + 1000]),
    )
    with np.errstate(over="ignore", invalid="ignore"):
        return rng.choice(ways)()
