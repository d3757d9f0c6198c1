"""The overview of an atlas: what lies at each point of a coarse grid, for a look from afar."""

from typing import Final

import numpy as np
import numpy.typing as npt

from geo.kernels import drawing
from geo.webmap.atlas import Atlas, taken
from geo.webmap.packing import Column

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

MOST_CELLS: Final = 100_000
"""Some three pixels of a screen to a cell when all land is in view."""
SAMPLES: Final = 2
"""Points along each side of a cell that are asked for their row."""
CELLS_PER_ROW: Final = 8
"""A finer grid would say no more than the outlines do."""
STATES: Final = {
    *(f"parcels.{name}" for name in ("from", "until", "changes", "counts")),
    *(f"changes.{name}" for name in ("date", "rung", "told", "counts")),
}


def overview_columns(atlas: Atlas, *, most: int = MOST_CELLS) -> list[Column]:
    """For each cell of a square grid the row that holds most of it, and what becomes of the row.

    So every cell is one parcel, coloured and asked like any other. Cells are of ``overview.side``
    units, counted from the origin by ``cells.x`` and ``cells.y``; ``cells.nth`` is the place of
    their row in ``overview.row``. Of rows that are there until different dates each has its own
    cell, so that a cell shows first the land that was divided and then the part of it.
    """
    side = _side(atlas, most)
    land = atlas.outlines
    held = drawing.lattice_held(land.rings, land.points, land.x, land.y, side / SAMPLES)
    until = next(one.values for one in atlas.states if one.name == "parcels.until")
    row, x, y = _most_of_each(held, np.asarray(until, dtype=np.int64))
    rows, nth = np.unique(row, return_inverse=True)
    return [
        Column("overview.side", "uint", [side]),
        Column("overview.row", "delta", rows),
        Column("cells.nth", "delta", nth),
        Column("cells.x", "delta", x),
        Column("cells.y", "delta", y),
        *taken([column for column in atlas.states if column.name in STATES], rows),
    ]


def _most_of_each(points: Integers, until: Integers) -> Integers:
    """Of points held by rows, the cells, each with the row that holds most points until a date.

    Points come row by row, cells go so too.
    """
    if not points.shape[1]:
        return points
    row, x, y = points[0], points[1] // SAMPLES, points[2] // SAMPLES
    cell = (y - y.min()) * (np.ptp(x) + 1) + x - x.min()
    cell = cell * (until.max() + 1) + until[row]
    order = np.argsort(cell, kind="stable")
    cell, row = cell[order], row[order]
    begins = np.flatnonzero(_differs(cell) | _differs(row))
    votes, cell = np.diff(begins, append=len(row)), cell[begins]
    firsts = np.flatnonzero(_differs(cell))
    most = np.maximum.reduceat(votes, firsts)
    best = np.flatnonzero(votes == np.repeat(most, np.diff(firsts, append=len(cell))))
    best = begins[best[_differs(cell[best])]]
    best = best[np.argsort(row[best], kind="stable")]
    return np.stack([row[best], x[order[best]], y[order[best]]])


def _differs(values: Integers) -> Mask:
    """Which values differ from the one before."""
    differs: Mask = np.diff(values, prepend=-1) != 0
    return differs


def _side(atlas: Atlas, most: int) -> int:
    """So wide that about as many cells as may be have land at their middle."""
    area = drawing.land(atlas.outlines.points, atlas.outlines.x, atlas.outlines.y)
    cells = max(min(most, CELLS_PER_ROW * atlas.rows), 1)
    return max(int(np.ceil(np.sqrt(area / cells))), 1)
