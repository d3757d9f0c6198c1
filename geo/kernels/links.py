"""Links between parcels, laid out so that the neighbours of a parcel are side by side."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]


class Links(NamedTuple):
    """The neighbours of parcel p are ``indices[indptr[p] : indptr[p + 1]]``, rising.

    ``indptr`` (n + 1,), ``indices`` and ``shared_m`` (twice the links,): each link is there from
    both of its sides, with the boundary in metres that the two share.
    """

    indptr: Indices
    indices: Indices
    shared_m: Floats


def links_of(parcels: int, i: Integers, j: Integers, shared_m: Floats | None = None) -> Links:
    """The pairs ``i``, ``j`` (links,), each once, of so many parcels; None shared: nothing is."""
    shared = np.zeros(len(i)) if shared_m is None else np.asarray(shared_m, dtype=np.float64)
    start, end = np.concatenate([i, j]), np.concatenate([j, i])
    order = np.lexsort((end, start))
    indptr = np.zeros(parcels + 1, dtype=np.int32)
    np.cumsum(np.bincount(start.astype(np.int64), minlength=parcels), out=indptr[1:])
    return Links(indptr, end[order].astype(np.int32), np.concatenate([shared, shared])[order])
