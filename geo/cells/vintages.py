"""Vintages: a layer whose rows are of several years is a sum of what never stood together."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.cells.numerals import parse_date
from geo.findings import Finding, Place, finding
from geo.words import as_text, listed, normal

COLUMNS: Final = (
    *("年份", "数据年份", "数据年度", "年度", "现状年份", "调查年份", "调查年度", "数据时点"),
    *("SJNF", "vintage", "data_year", "data year"),
)
"""Names of columns that say of which year the data of a row are."""


def check_vintages(
    frame: pd.DataFrame, area_m2: npt.NDArray[np.float64], where: Place
) -> Iterator[Finding]:
    """Columns that name several years, with the land of all rows that are not of the newest."""
    names = {normal(name) for name in COLUMNS}
    for column in [name for name in frame.columns if normal(str(name)) in names]:
        cells = as_text(frame[column])
        dates = {cell: parse_date(cell) for cell in cells.unique()}
        told = {cell: known.last.year for cell, known in dates.items() if known}
        years = cells.map(told).dropna()
        counts = years.astype("int64").value_counts().sort_index()
        if len(counts) < 2:
            continue
        older = (years != counts.index[-1]).reindex(frame.index, fill_value=False).to_numpy(bool)
        land = area_m2[older & np.isfinite(area_m2)].sum()
        seen = listed(f"{year} × {rows}" for year, rows in counts.items())
        yield finding("layer.vintages", **where, field=str(column), seen=seen, area_m2=land)
