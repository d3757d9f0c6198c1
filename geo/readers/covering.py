"""The boxes that a GeoParquet file stores beside its rows, by which far rows are left unread."""

from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SIDES: Final = ("xmin", "ymin", "xmax", "ymax")
ROUNDED: Final = 2.0**-22
"""Boxes in single precision are off by half of this share of a coordinate."""

_REALS: Final = ("FLOAT", "DOUBLE")


class Covering(NamedTuple):
    """Where a file keeps the sides of boxes (:data:`SIDES`): the names of columns within columns.

    ``leaves`` are their numbers among all columns of numbers and texts.
    """

    paths: tuple[tuple[str, ...], ...]
    leaves: tuple[int, ...]

    @classmethod
    def of(cls, column: dict[str, Any], metadata: pq.FileMetaData) -> Self | None:
        """That of a column of geometry, as its file describes it; None where there is none."""
        told = within(within(column, "covering"), "bbox")
        schema = metadata.schema
        leaves = {
            schema.column(at).path: at
            for at in range(len(schema))
            if schema.column(at).physical_type in _REALS
        }
        paths = tuple(tuple(map(str, told.get(side) or ())) for side in SIDES)
        if not all(".".join(path) in leaves for path in paths):
            return None
        return cls(paths, tuple(leaves[".".join(path)] for path in paths))

    def read(
        self, file: pq.ParquetFile, columns: list[str], drawn: str, box: Floats
    ) -> tuple[pa.Table, Integers] | None:
        """The rows whose box meets a box, or that have none, and their numbers in the file.

        Groups of rows that lie beyond it as a whole are not read: nothing is told of them. None
        where an outline (as WKB in the column ``drawn``) of those that are read reaches out of its
        box: somebody has moved outlines and not their boxes, and none of these can be believed.
        """
        groups = self.groups(file.metadata, box)
        sizes = [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)]
        first = np.cumsum([0, *sizes])
        numbers = [np.arange(first[at], first[at + 1]) for at in groups]
        rows = np.concatenate([np.empty(0, dtype=np.int64), *numbers])
        boxes = {path[0] for path in self.paths}
        table = file.read_row_groups(groups, columns=[*columns, drawn, *boxes])
        sides = np.column_stack([_numbers(table, path) for path in self.paths])
        if _reaching_out(table.column(drawn), sides):
            return None
        beyond = (sides[:, :2] > box[2:]) | (sides[:, 2:] < box[:2])
        beyond[:, 0] &= sides[:, 0] <= sides[:, 2]  # others go over the antimeridian
        near = ~beyond.any(axis=1)  # also one without a box, which may be anywhere
        asked = [at for at, name in enumerate(table.column_names) if name not in boxes]
        return table.select(asked).filter(pa.array(near)), rows[near]

    def groups(self, metadata: pq.FileMetaData, box: Floats) -> list[int]:
        """The groups of rows that may hold any that meet a box, by what is told of their boxes."""
        return [at for at in range(metadata.num_row_groups) if not self._beyond(metadata, at, box)]

    def _beyond(self, metadata: pq.FileMetaData, group: int, box: Floats) -> bool:
        """Whether all rows of a group have boxes, and these lie on one side of a box."""
        told = [metadata.row_group(group).column(at).statistics for at in self.leaves]
        if not all(item and item.has_min_max and item.null_count == 0 for item in told):
            return False
        west, south = (item.min for item in told[:2])
        east, north = (item.max for item in told[2:])
        over = told[0].max > 0.0 > told[2].min  # may be: a box over the antimeridian has such sides
        return bool(
            south > box[3] or north < box[1] or (not over and (west > box[2] or east < box[0]))
        )


def _reaching_out(wkb: pa.ChunkedArray, boxes: Floats) -> bool:
    """Whether any outline reaches out of its box, by more than single precision rounds."""
    told = wkb.to_numpy()  # objects
    bounds = shapely.bounds(shapely.from_wkb(told, on_invalid="ignore"))
    room = ROUNDED * np.abs(boxes).max(axis=1, keepdims=True)
    out = (bounds[:, :2] < boxes[:, :2] - room) | (bounds[:, 2:] > boxes[:, 2:] + room)
    out[:, 0] &= boxes[:, 0] <= boxes[:, 2]
    return bool(out.any())


def within(told: dict[str, Any], name: str) -> dict[str, Any]:
    """What metadata tell under a name; nothing where they tell something else."""
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _numbers(table: pa.Table, path: tuple[str, ...]) -> Floats:
    """A column of numbers within columns; NaN where there is none."""
    column = table.column(path[0])
    within = pc.struct_field(column, list(path[1:])) if path[1:] else column
    return np.asarray(within.to_numpy(), dtype=np.float64)
