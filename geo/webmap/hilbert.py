"""The order of points along a Hilbert curve, so that neighbours on the land are so in the file."""

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEVELS = 16
"""The curve has 2¹⁶ steps along each side."""


def hilbert_order(points: Floats) -> Integers:
    """The rows of points (n, 2) in the order of the curve over their own square; ties as given."""
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    low = points.min(axis=0)
    side = float((points.max(axis=0) - low).max()) or 1.0
    steps = ((points - low) / side * (2**LEVELS - 1)).astype(np.int64)
    return np.argsort(hilbert_index(steps[:, 0], steps[:, 1]), kind="stable")


def hilbert_index(x: Integers, y: Integers, *, levels: int = LEVELS) -> Integers:
    """How far along the curve the cells of a grid of 2**levels by 2**levels lie."""
    x, y = x.copy(), y.copy()
    index = np.zeros(len(x), dtype=np.int64)
    for level in reversed(range(levels)):
        half = 1 << level
        right, upper = (x & half) > 0, (y & half) > 0
        index += half * half * ((3 * right) ^ upper)
        flipped = right & ~upper  # the lower right quarter runs the other way round
        x, y = np.where(flipped, half - 1 - (x & (half - 1)), x & (half - 1)), y & (half - 1)
        y = np.where(flipped, half - 1 - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
    return index
