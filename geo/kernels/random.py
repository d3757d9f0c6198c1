"""Random numbers that depend only on what they are for: the seed, the draw, the parcel, the count.

What one parcel does then moves no number of another, nor does the order of asking: two futures with
one seed differ only by what was changed. The numbers are those of splitmix64.
"""

from typing import Final

import numpy as np

from geo.kernels.compiled import compiled

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_27, _30, _31, _11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)


@compiled
def mixed(bits: np.uint64) -> np.uint64:
    """64 bits stirred so that each of them depends on every one before (splitmix64)."""
    bits = (bits ^ (bits >> _30)) * _FIRST
    bits = (bits ^ (bits >> _27)) * _SECOND
    return np.uint64(bits ^ (bits >> _31))


@compiled
def key_of(key: np.uint64, index: int) -> np.uint64:
    """The key of one of many within a key: of a draw within the seed, a parcel within a draw."""
    return mixed(key ^ mixed(np.uint64(index) * _STEP + _STEP))


@compiled
def uniform_of(key: np.uint64, count: int) -> float:
    """A number between 0 and 1, neither of them, by the key of a parcel and a count."""
    bits = mixed(key + (np.uint64(count) + np.uint64(1)) * _STEP)
    return (np.float64(bits >> _11) + 0.5) * 2.0**-53


@compiled
def uniform(seed: int, draw: int, parcel: int, count: int) -> float:
    """A number between 0 and 1, neither of them: always the same for the same four."""
    return uniform_of(key_of(key_of(mixed(np.uint64(seed)), draw), parcel), count)
