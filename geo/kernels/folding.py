"""Ids made alike where a careless eye takes them for one, as bytes of UTF-8."""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import bare, compiled

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_OTHER, _DIGIT, _LETTER, _CHINESE, _STRANGE = 0, 1, 2, 3, 4
_ZERO, _HYPHEN = 48, 45


@compiled
def fold(texts: Bytes, ends: Integers) -> tuple[Bytes, Integers, Mask]:
    """Runs of digits without leading zeros and of letters in lower case, joined with ``-``.

    Text ``i`` is ``texts[ends[i]:ends[i + 1]]``, and so are those given back. Letters are those of
    ASCII and Chinese ones; a text with any other sign beyond ASCII is left blank and marked.
    """
    count = len(ends) - 1
    out = np.empty(2 * len(texts) + 1, np.uint8)
    out_ends = np.zeros(count + 1, np.int64)
    strange = np.zeros(count, np.bool_)
    put = 0
    for text in range(count):
        end, strange[text] = _folded(texts, ends[text], ends[text + 1], out, put)
        put = put if strange[text] else end
        out_ends[text + 1] = put
    return out[:put], out_ends, strange


@bare
def _folded(texts: Bytes, at: int, end: int, out: Bytes, start: int) -> tuple[int, bool]:
    """Write one text from ``start`` on; where it ends, and whether it holds a strange sign."""
    put, run, zeros = start, _OTHER, False  # zeros: a run of nothing but 0 as yet
    while at < end:
        kind = _kind(texts, at, end)
        if kind == _STRANGE:
            return start, True
        group = min(kind, _LETTER)
        if group != run:
            if zeros:
                out[put] = _ZERO
                put += 1
            if group != _OTHER and put > start:
                out[put] = _HYPHEN
                put += 1
            run, zeros = group, group == _DIGIT
        width = 3 if kind == _CHINESE else 1
        if kind >= _LETTER or (kind == _DIGIT and not (zeros and texts[at] == _ZERO)):
            for step in range(width):
                sign = texts[at + step]
                out[put + step] = sign + 32 if 65 <= sign <= 90 else sign
            put += width
            zeros = False
        at += width
    if zeros:
        out[put] = _ZERO
        put += 1
    return put, False


@bare
def _kind(texts: Bytes, at: int, end: int) -> int:
    """What kind of sign begins here."""
    sign = texts[at]
    if 48 <= sign <= 57:
        return _DIGIT
    if 65 <= sign <= 90 or 97 <= sign <= 122:
        return _LETTER
    if sign < 128:
        return _OTHER
    if not 0xE4 <= sign <= 0xE9 or at + 2 >= end:
        return _STRANGE
    code = (sign & 15) << 12 | (texts[at + 1] & 63) << 6 | (texts[at + 2] & 63)
    return _CHINESE if 0x4E00 <= code <= 0x9FEF else _STRANGE
