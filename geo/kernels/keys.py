"""Keys of an index: where they begin in labels of UTF-8 text."""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


@compiled
def key_starts(
    text: Bytes, starts: Integers, code_bytes: Integers
) -> tuple[Integers, Integers, Integers]:
    """The row of each key, the byte of the text where it begins, and its place in the label.

    Label n is ``text[starts[n]:starts[n + 1]]``, a code of so many bytes, a space and a name. Keys
    are first all labels, then the last number of each code without its zeros, and its name. Places
    are counted in UTF-16 units, as a browser does.
    """
    count = labels = len(starts) - 1
    row, first = np.empty(3 * labels, np.int64), np.empty(3 * labels, np.int64)
    place = np.zeros(3 * labels, np.int64)
    for label in range(labels):
        row[label], first[label] = label, starts[label]
        start, end = starts[label], starts[label + 1]
        code_end = min(start + code_bytes[label], end)
        for at in (_last_number(text, start, code_end), min(code_end + 1, end)):
            if start < at < end:
                row[count], first[count] = label, at
                place[count] = _utf16_units(text, start, at)
                count += 1
    return row[:count].copy(), first[:count].copy(), place[:count].copy()


@compiled
def _last_number(text: Bytes, start: int, end: int) -> int:
    """Where the last number begins, without its zeros; ``start`` if there is none."""
    while end > start and not _is_digit(text[end - 1]):
        end -= 1
    at = end
    while at > start and _is_digit(text[at - 1]):
        at -= 1
    while at < end - 1 and text[at] == ord("0"):
        at += 1
    return at


@compiled
def _is_digit(letter: int) -> bool:
    return ord("0") <= letter <= ord("9")


@compiled
def _utf16_units(text: Bytes, start: int, end: int) -> int:
    """How many a browser counts: none for what continues a letter, two for the longest letters."""
    units = 0
    for at in range(start, end):
        units += (text[at] & 0xC0 != 0x80) + (text[at] >= 0xF0)
    return units


@compiled
def pieces(text: Bytes, first: Integers, ends: Integers) -> tuple[Bytes, Integers]:
    """Pieces of a text one after the other, and where each begins, and the last ends."""
    starts = np.zeros(len(first) + 1, np.int64)
    for nth in range(len(first)):
        starts[nth + 1] = starts[nth] + ends[nth] - first[nth]
    out = np.empty(starts[-1], np.uint8)
    for nth in range(len(first)):
        for at in range(ends[nth] - first[nth]):
            out[starts[nth] + at] = text[first[nth] + at]
    return out, starts
