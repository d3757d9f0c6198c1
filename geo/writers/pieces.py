"""Rows of a layer as Arrow, so many at a time, their geometry in columns behind the others."""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.writers.layer import Layer

Shapes = npt.NDArray[Any]

ROWS_PER_PIECE: Final = 65_536
"""Rows are handed to a format so many at a time; in GeoParquet they are a row group."""

SIDES: Final = ("xmin", "ymin", "xmax", "ymax")
"""The sides of a box, in the order of shapely."""

_POLYGON: Final = 3
"""The type id of a polygon."""

_OF_ONE: Final = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00"
"""How a flat multipolygon of one polygon begins (OGC 06-103r4, section 8.2); then comes that."""


class Drawn(NamedTuple):
    """A column that is made of geometry."""

    name: str
    kind: pa.DataType
    made: Callable[[Shapes], pa.Array]


def pieces(
    layer: Layer, drawn: list[Drawn], halted: list[BaseException], metadata: Any = None
) -> pa.RecordBatchReader:
    """The rows of a layer; what stops their making is raised, and ``halted`` has it too."""
    own = [pa.field(column.name, column.kind) for column in drawn]
    schema = pa.schema([*layer.cells.schema, *own], metadata)

    def piece(start: int) -> pa.RecordBatch:
        shapes = layer.shapes[start : start + ROWS_PER_PIECE]
        cells = layer.cells.slice(start, ROWS_PER_PIECE).combine_chunks()
        columns = [column.chunk(0) for column in cells.columns]
        columns += [column.made(shapes).cast(column.kind) for column in drawn]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def made() -> Iterator[pa.RecordBatch]:
        try:
            yield from map(piece, range(0, len(layer.shapes), ROWS_PER_PIECE))
        except BaseException as error:
            halted.append(error)
            raise

    return pa.RecordBatchReader.from_batches(schema, made())


def wkb(shapes: Shapes) -> pa.Array:
    """Geometry as well-known binary, with heights and measures where it has them."""
    return pa.array(shapely.to_wkb(shapes, flavor="iso", output_dimension=4), pa.large_binary())


def multi_wkb(shapes: Shapes) -> pa.Array:
    """Flat polygons and multipolygons as multipolygons."""
    held = pa.array(shapely.to_wkb(shapes, output_dimension=2, byte_order=1), pa.large_binary())
    start, between = (pa.scalar(part, held.type) for part in (_OF_ONE, b""))
    many = pc.binary_join_element_wise(start, held, between)
    return pc.if_else(shapely.get_type_id(shapes) == _POLYGON, many, held)


def boxes(shapes: Shapes) -> pa.Array:
    """The box around each row; none where nothing is drawn."""
    bounds = shapely.bounds(shapes)
    sides = [pa.array(side) for side in np.ascontiguousarray(bounds.T)]
    return pa.StructArray.from_arrays(sides, SIDES, mask=pa.array(np.isnan(bounds[:, 0])))


def worded(schema: pa.Schema) -> list[str]:
    """The columns of words, which repeat; measures hardly ever do."""
    types = pa.types
    asked = (types.is_string, types.is_large_string, types.is_dictionary)
    return [item.name for item in schema if any(ask(item.type) for ask in asked)]


def unused(name: str, taken: set[str]) -> str:
    """A name that no other column has."""
    while name in taken:
        name += "_"
    return name
