"""Area covers: what must be contiguous with a parcel before the land around it is a block."""

from typing import NamedTuple

import numpy as np

from geo.kernels.compiled import compiled
from geo.kernels.phasing import Floats, Ground, Integers


class Ring(NamedTuple):
    """The parcels around a set as it grows, the first so many of ``around``; scratch space.

    ``near`` (n,) bears the last stamp for parcels in the set or around it, ``kept`` the parcels
    around the best set so far.
    """

    around: Integers
    kept: Integers
    near: Integers


@compiled
def _surround(k: int, size: int, row: Floats, ground: Ground, ring: Ring) -> tuple[int, float]:
    """Put what is new around parcel ``k`` into the ring; how many there are, and their values."""
    total, stamp = 0.0, ring.near[-1]
    for e in range(ground.indptr[k], ground.indptr[k + 1]):
        other = ground.indices[e]
        if ring.near[other] != stamp:
            ring.near[other] = stamp
            ring.around[size] = other
            size += 1
            total += row[other]
    return size, total


@compiled
def _picked(size: int, room: float, row: Floats, ground: Ground, ring: Ring, by_gain: bool) -> int:
    """Which of the ring comes into the set, if it is smaller than ``room``; -1 for none."""
    pick, score, stamp = -1, -np.inf, ring.near[-1]
    for at in range(size):
        k = ring.around[at]
        if ground.land[k] >= room:
            continue
        gain = row[k]
        if by_gain:
            for e in range(ground.indptr[k], ground.indptr[k + 1]):
                if ring.near[ground.indices[e]] != stamp:
                    gain -= row[ground.indices[e]]
        if gain > score:
            pick, score = at, gain
    return pick


@compiled
def _grown(
    j: int, least: float, row: Floats, ground: Ground, ring: Ring, by_gain: bool
) -> tuple[int, float]:
    """Grow a set from parcel ``j``; how many are kept around the best one, and their values.

    -1 where nothing around a set is worth less than ``least``.
    """
    ring.near[-1] += 1
    ring.near[j] = ring.near[-1]
    kept, area = -1, ground.land[j]
    size, total = _surround(j, 0, row, ground, ring)
    while area < ground.least:
        if total <= least:  # of equal ones the largest: it cuts off most
            least, kept = total, size
            ring.kept[:size] = ring.around[:size]
        at = _picked(size, ground.least - area, row, ground, ring, by_gain)
        if at < 0:
            break
        k = ring.around[at]
        size -= 1
        ring.around[at] = ring.around[size]
        area += ground.land[k]
        size, more = _surround(k, size, row, ground, ring)
        total += more - row[k]
    return kept, least


@compiled
def covers(
    value: Floats, ground: Ground, violation: float, by_gain: bool
) -> tuple[Integers, Integers, Integers, Integers, Floats]:
    """For each year and parcel a violated cut: value(j) ≤ Σ of the values around a set with j.

    ``value`` (years, n) is how far a parcel counts, 0 to 1. The set around j is connected and
    smaller than a block, grown from j by the neighbour with the highest value, or (``by_gain``)
    by the one that leaves least around it: no block lies within it, so one that holds j holds a
    parcel around it. Returned are the year, the parcel, the number of neighbours and the violation
    (more than ``violation``) of every cut, before that the neighbours, one cut after another.
    """
    years, n = value.shape
    year_of, parcel_of, size_of, around, broken = [0], [0], [0], [0], [0.0]
    ring = Ring(np.empty(n, np.int64), np.empty(n, np.int64), np.zeros(n + 1, np.int64))
    for year in range(years):
        row = value[year]
        for j in range(n):
            if row[j] <= violation:
                continue
            size, total = _grown(j, row[j] - violation, row, ground, ring, by_gain)
            if size >= 0:
                year_of.append(year)
                parcel_of.append(j)
                size_of.append(size)
                around.extend(ring.kept[:size])
                broken.append(row[j] - total)
    return (
        np.array(year_of[1:], np.int64),
        np.array(parcel_of[1:], np.int64),
        np.array(size_of[1:], np.int64),
        np.array(around[1:], np.int64),
        np.array(broken[1:], np.float64),
    )
