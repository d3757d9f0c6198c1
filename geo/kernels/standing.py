"""Where parcels stand on their ladder, event by event."""

from typing import Final

import numpy as np
import numpy.typing as npt

from geo.kernels.compiled import compiled

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NEVER: Final = -(2**63)
"""The day that numpy calls NaT."""


@compiled
def stand_before(parcels: Integers, rungs: Integers, reverts: Mask, count: int) -> Integers:
    """The rung at which a parcel stood before each event, in the order that they happened.

    ``parcels`` are numbers below ``count``; -1 is before the first event.
    """
    standing = np.full(count, -1, np.int64)
    before = np.empty(len(parcels), np.int64)
    for event in range(len(parcels)):
        at, rung = parcels[event], rungs[event]
        before[event] = standing[at]
        standing[at] = min(standing[at], rung) if reverts[event] else max(standing[at], rung)
    return before


@compiled
def advance(
    parcels: Integers,
    rungs: Integers,
    reverts: Mask,
    evidenced: Mask,
    days: Integers,
    standing: Integers,
    shown: Integers,
    since: Integers,
) -> None:
    """Let events happen, in order, to what was reached and what is shown of it, in place.

    ``since`` is the day on which a parcel came to where it stands, :data:`NEVER` before its first
    event.
    """
    for event in range(len(parcels)):
        at, rung = parcels[event], rungs[event]
        if reverts[event]:
            stands, shown[at] = min(standing[at], rung), min(shown[at], rung)
        else:
            stands = max(standing[at], rung)
            if evidenced[event]:
                shown[at] = max(shown[at], rung)
        if stands != standing[at] or since[at] == NEVER:
            standing[at], since[at] = stands, days[event]
