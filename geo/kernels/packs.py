"""Numbers as the packs of a page hold them: short ones in few bytes, each point told once."""

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_LONGEST = 10  # bytes of 64 bits, seven at a time
_MIX_X, _MIX_Y = 0x9E3779B1, 0x85EBCA77  # odd, so that no point hides another's bits


@compiled
def zigzag_steps(numbers: Integers, more: int) -> Integers:
    """The steps from one number to the next, the first from 0, each and so many more, folded.

    What is folded is from 0 on: 0, -1, 1, -2 and so on.
    """
    folded = np.empty(len(numbers), np.int64)
    last = 0
    for at in range(len(numbers)):
        step = numbers[at] - last + more
        last = numbers[at]
        folded[at] = (step << 1) ^ (step >> 63)
    return folded


@compiled
def ends(numbers: Integers) -> tuple[int, int]:
    """The least and the largest of some numbers and 0."""
    least = most = 0
    for number in numbers:
        least, most = min(least, number), max(most, number)
    return least, most


@compiled
def leb128(numbers: Integers) -> Bytes:
    """Numbers from 0 on in groups of seven bits, lowest first, all but the last with bit 8."""
    out = np.empty(len(numbers) * _LONGEST, np.uint8)
    size = 0
    for number in numbers:
        rest = number
        while rest > 127:
            out[size] = (rest & 127) | 128
            rest >>= 7
            size += 1
        out[size] = rest
        size += 1
    return out[:size].copy()


@compiled
def told_before(x: Integers, y: Integers) -> tuple[Mask, Integers]:
    """Of each point whether it is a new one, and its place among the new ones."""
    room = 16
    while room < 2 * len(x):
        room *= 2
    table = np.full(room, -1, np.int64)
    fresh, place = np.zeros(len(x), np.bool_), np.empty(len(x), np.int64)
    first = np.empty(len(x), np.int64)  # where each of the new ones stands
    count = 0
    for at in range(len(x)):
        mixed = x[at] * _MIX_X ^ y[at] * _MIX_Y
        slot = (mixed ^ (mixed >> 15)) & (room - 1)
        while True:
            known = table[slot]
            if known < 0:
                table[slot], first[count] = count, at
                fresh[at], place[at] = True, count
                count += 1
                break
            if x[first[known]] == x[at] and y[first[known]] == y[at]:
                place[at] = known
                break
            slot = (slot + 1) & (room - 1)
    return fresh, place
