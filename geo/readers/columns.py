"""Columns of a file: the refusal where one lacks, and the rows that a plan names by one."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import LayerError
from geo.findings import finding
from geo.words import as_text, hint, listed, normal


def named_rows(
    frame: pd.DataFrame, field: str, values: Sequence[str], *, meaning: str, code: str, **where: Any
) -> npt.NDArray[np.bool_]:
    """Which rows of a layer a plan names by the cells of a column, however these are spelled.

    Raises :class:`LayerError` for a column that is not there, and with ``code`` for each value that
    no row has.
    """
    columns = [str(column) for column in frame.columns]
    if field not in columns:
        raise no_column(field, meaning, columns, **where)
    cells = as_text(frame[field])
    told, choices = cells.map(normal), list(dict.fromkeys(cells))
    faults = [
        finding(code, **where, field=field, seen=value, **hint(value, choices))
        for value in values
        if not (told == normal(value)).any()
    ]
    if faults:
        raise LayerError(*faults)
    return np.asarray(told.isin([normal(value) for value in values]))


def no_column(seen: str, meaning: str, choices: Iterable[str], **where: Any) -> LayerError:
    """The error that ``seen``, wanted as ``meaning``, is none of ``choices`` in that file."""
    names = list(choices)
    words = {"meaning": meaning, "choices": listed(names), **hint(seen, names)}
    return LayerError(finding("layer.column", seen=seen, **where, **words))
