"""What a writer is given: one layer with exact types, and how findings speak of its rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyproj import CRS

from geo.findings import Place
from geo.readers.vector import VectorLayer
from geo.words import as_text


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer to be written: attributes as Arrow columns, one geometry or None for each row.

    ``id_column`` names the column by which findings speak of a parcel.
    """

    name: str
    cells: pa.Table
    shapes: npt.NDArray[Any]
    crs: CRS
    id_column: str | None = None

    def frame(self) -> pd.DataFrame:
        """The attributes as :func:`geo.readers.vector.read_vector` gives them."""
        return self.cells.to_pandas(integer_object_nulls=True)

    def place(self, row: int, file: Path) -> Place:
        """Where a fault of a row is; ``row`` counts from 0 here and from 1 in the finding."""
        return {"file": file.name, "layer": self.name, "row": row + 1, "parcel": self._id(row)}

    def _id(self, row: int) -> str:
        if self.id_column is None:
            return ""
        return str(as_text(pd.Series(self.cells[self.id_column].slice(row, 1).to_pylist())).iat[0])


def cells_of(source: VectorLayer) -> pa.Table:
    """The attribute columns of a layer that was read."""
    attributes = pd.DataFrame(source.frame.drop(columns=source.frame.geometry.name))
    return pa.Table.from_pandas(attributes, preserve_index=False).replace_schema_metadata(None)


def layer_of(source: VectorLayer, *, id_column: str | None = None) -> Layer:
    """A layer that was read, as it is written."""
    shapes = np.array(source.frame.geometry.to_numpy(), dtype=object)
    shapes[pd.isna(shapes)] = None
    return Layer(source.layer, cells_of(source), shapes, source.crs, id_column)
