"""The overview of an atlas: what lies at each point of a coarse grid, for a look from afar."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from geo.webmap.atlas import Atlas, taken
from geo.webmap.outlines import Outlines
from geo.webmap.packing import Column

Integers = npt.NDArray[np.int64]

MOST_CELLS: Final = 100_000
"""Some three pixels of a screen to a cell when all land is in view."""
SAMPLES: Final = 2
"""Points along each side of a cell that are asked for their row."""
CELLS_PER_ROW: Final = 8
"""A finer grid would say no more than the outlines do."""
PART_ROWS: Final = 65_536
"""Rows of one step of the work, so that memory stays bounded."""

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
    points = [
        _points_held(part.outlines, side / SAMPLES) + np.array([[first], [0], [0]])
        for first, part in parts_of(atlas)
    ]
    until = next(one.values for one in atlas.states if one.name == "parcels.until")
    row, x, y = _most_of_each(np.concatenate(points, axis=1), np.asarray(until, dtype=np.int64))
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
    """Of points held by rows, the cells, each with the row that holds most points until a date."""
    row, x, y = points[0], points[1] // SAMPLES, points[2] // SAMPLES
    found, votes = np.unique(np.stack([y, x, until[row], row]), axis=1, return_counts=True)
    order = np.lexsort((found[3], -votes, *found[2::-1]))
    found = found[:, order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (found[:3, 1:] != found[:3, :-1]).any(axis=0)
    y, x, _, row = found[:, first]
    order = np.lexsort((x, y, row))
    return np.stack([row, x, y])[:, order]


def parts_of(atlas: Atlas, size: int = PART_ROWS) -> Iterator[tuple[int, Atlas]]:
    """An atlas cut into atlases of so many rows, each with the place of its first."""
    for first in range(0, max(atlas.rows, 1), size):
        rows = np.arange(first, min(first + size, atlas.rows))
        yield (
            first,
            replace(
                atlas,
                outlines=atlas.outlines.take(rows),
                states=taken(atlas.states, rows),
                facts=taken(atlas.facts, rows),
            ),
        )


def _side(atlas: Atlas, most: int) -> int:
    """So wide that about as many cells as may be have land at their middle."""
    area = sum(_area(part.outlines) for _, part in parts_of(atlas))
    cells = max(min(most, CELLS_PER_ROW * atlas.rows), 1)
    return max(int(np.ceil(np.sqrt(area / cells))), 1)


def _area(outlines: Outlines) -> float:
    """Square units of all rings; holes are few, and this is no figure."""
    ring, x, y, after = _points(outlines)
    twice = np.bincount(ring, weights=x * y[after] - x[after] * y)
    return float(np.abs(twice).sum() / 2)


def _points_held(outlines: Outlines, side: float) -> Integers:
    """Row, x and y of every point of a lattice that a row holds by the even-odd rule.

    The lattice has its points at half sides. Each of its lines is cut by the sides of an outline;
    between the first cut and the second it is inside, and so on.
    """
    ring, at_x, at_y, after = _points(outlines)
    x, y = at_x / side - 0.5, at_y / side - 0.5  # points of the lattice are whole numbers now
    below, above = np.minimum(y, y[after]), np.maximum(y, y[after])
    lines = (np.floor(above) - np.floor(below)).astype(np.int64)
    cut = np.repeat(np.arange(len(x)), lines)
    line = np.floor(below[cut]) + 1 + _counted(lines)
    end = after[cut]
    place = x[cut] + (line - y[cut]) / (y[end] - y[cut]) * (x[end] - x[cut])
    row = np.repeat(np.arange(len(outlines)), outlines.rings)[ring[cut]]
    order = np.lexsort((place, line, row))
    bounds: Integers = np.ceil(place[order]).astype(np.int64)
    wide = bounds[1::2] - bounds[::2]
    held = np.repeat(order[::2], wide)
    return np.stack(
        [
            row[held],
            np.repeat(bounds[::2], wide) + _counted(wide),
            line[held].astype(np.int64),
        ]
    )


def _points(outlines: Outlines) -> tuple[Integers, Integers, Integers, Integers]:
    """The ring of each point, the point, and the place of the next one around the ring."""
    ring = np.repeat(np.arange(len(outlines.points)), outlines.points)
    after = np.arange(1, len(ring) + 1)
    after[np.cumsum(outlines.points) - 1] -= outlines.points
    return ring, outlines.x, outlines.y, after


def _counted(sizes: Integers) -> Integers:
    """0, 1, 2 … within each of some groups."""
    return np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
