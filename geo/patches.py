"""A large layer in patches: each has parcels of its own, and all those that its answer needs.

What a patch answers of a parcel follows from the parcel and its neighbours alone, so that any
division gives the same figures to the last bit (tests/test_patches.py).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from numba import config

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

R = TypeVar("R")
Across = Callable[[Callable[..., R], Iterable[tuple[Any, ...]], int], Iterator[R]]
"""Who works on patches: given a function, the arguments of each patch and how many patches there
are, it gives the answers in the order of the patches."""

PARCELS_EACH: Final = 50_000
"""Parcels of a patch: few enough for the memory of a small worker, and to tell how far work is; the
parcels around them, asked twice, are then a few per cent."""

RIM_M: Final = 2.0
"""Beyond the reach of links, a second rim: what lies beside a neighbour decides which of the
neighbour's edges are its own. It is wider than any gap between them."""

CELL_M, MOST_CELLS = 80.0, 4_000_000
"""Parcels around a patch are looked for in cells of this side, or larger ones if the land is so
wide that there would be more of them."""


class Patch(NamedTuple):
    """Rows of a layer in ascending order, and which of them are the patch's own."""

    rows: Integers
    own: Mask


def locally(work: Callable[..., R], patches: Iterable[tuple[Any, ...]], count: int) -> Iterator[R]:
    """Patches in this process, one for each core at a time: an :data:`Across`.

    Most of the work leaves other threads running, and only so many patches are held at once.
    """
    cores = min(count, config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    if cores <= 1:
        yield from (work(*patch) for patch in patches)
        return
    left, asked = iter(patches), deque[Future[R]]()
    with ThreadPoolExecutor(cores) as pool:
        asked.extend(pool.submit(work, *patch) for patch in islice(left, cores))
        while asked:
            answer = asked.popleft().result()
            asked.extend(pool.submit(work, *patch) for patch in islice(left, 1))
            yield answer


def divided(parcels: gpd.GeoSeries, *, reach_m: float, parcels_each: int) -> list[Patch]:
    """Patches of about so many parcels, along a Hilbert curve; every row is one patch's own.

    Around its own parcels a patch has all within ``reach_m`` of them, and all beside these.
    """
    count = len(parcels)
    if count <= parcels_each:
        return [Patch(np.arange(count), np.ones(count, dtype=bool))]
    boxes = shapely.bounds(parcels.to_numpy())
    order = np.argsort(parcels.hilbert_distance().to_numpy(), kind="stable")
    around = _Cells.of(boxes, reach_m + RIM_M)
    return [around.patch(own) for own in np.array_split(order, -(-count // parcels_each))]


class _Cells(NamedTuple):
    """Cells of a grid that boxes lie over: box ``owner[k]`` over cell ``cell[k]`` of so many."""

    owner: Integers
    cell: Integers
    rows: int
    columns: int

    @classmethod
    def of(cls, boxes: Floats, least_m: float) -> "_Cells":
        """Cells of at least such a side, and not too many for the extent of the boxes."""
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        side = max(CELL_M, least_m, float(np.sqrt((high - low).prod() / MOST_CELLS)))
        side = max(side, float((high - low).max()) / MOST_CELLS)
        first = ((boxes[:, :2] - low) // side).astype(np.int64)
        wide, tall = (((boxes[:, 2:] - low) // side).astype(np.int64) - first + 1).T
        columns, rows = (((high - low) // side).astype(np.int64) + 1).tolist()
        each = wide * tall
        owner = np.repeat(np.arange(len(boxes)), each)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(each) - each, each)
        up, along = np.divmod(nth, wide[owner])
        cell = (first[owner, 1] + up) * columns + first[owner, 0] + along
        return cls(owner, cell, rows, columns)

    def patch(self, rows: Integers) -> Patch:
        """Some rows with all that lie within two cells of them."""
        own = np.zeros(self.owner[-1] + 1, dtype=bool)
        own[rows] = True
        reached = np.zeros((self.rows, self.columns), dtype=bool)
        reached.ravel()[self.cell[own[self.owner]]] = True
        for axis in (0, 1, 0, 1):
            reached = _spread(reached, axis)
        near = np.zeros(len(own), dtype=bool)
        near[self.owner[reached.ravel()[self.cell]]] = True
        found = np.flatnonzero(near)
        return Patch(found, own[found])


def _spread(reached: Mask, axis: int) -> Mask:
    """The cells, and those before and after each along an axis."""
    wide = reached.copy()
    some, next_ = [slice(None)] * 2, [slice(None)] * 2
    some[axis], next_[axis] = slice(None, -1), slice(1, None)
    wide[tuple(next_)] |= reached[tuple(some)]
    wide[tuple(some)] |= reached[tuple(next_)]
    return wide
