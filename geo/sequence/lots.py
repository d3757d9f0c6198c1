"""Land to choose from: what each parcel holds and costs, and what it is contiguous with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lots:
    """Parcels by their position: land and floor space in m², what they still cost, their shapes.

    ``cost`` is in the currency of the plan, finite and not negative; what is ``ready`` costs
    nothing any more. ``i < j`` are the pairs that are contiguous by the plan, ``shared_m`` the
    boundary that each pair shares, 0 across a gap. ``shapes`` are polygons in a CRS in metres.
    """

    ids: list[str]
    land_m2: Floats
    cost: Floats
    floor_m2: Floats
    perimeter_m: Floats
    shapes: npt.NDArray[Any]
    i: Integers
    j: Integers
    shared_m: Floats
    ready: Mask

    def __len__(self) -> int:
        """The number of parcels."""
        return len(self.ids)


class Progress(NamedTuple):
    """How far a search is: the share of its time that is gone, the best so far and its bound."""

    done: float
    best: float | None
    bound: float | None
    seconds: float


Watch = Callable[[Progress], None]
"""Told of progress now and then."""

Stop = Callable[[], bool]
"""Asked whether somebody wants the best so far now."""


def unwatched(_: Progress) -> None:
    """Nobody watches."""


def unstopped() -> bool:
    """Nobody stops it."""
    return False
