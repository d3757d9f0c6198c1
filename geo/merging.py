"""Rows of one id made one parcel, and what they say differently."""

import math
from collections.abc import Callable
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from geo.cells.numerals import parse_date
from geo.checks import OVERLAP_M2
from geo.findings import Finding, Place, finding
from geo.overlay import union_all
from geo.treatments import UNCLEAR
from geo.units import M2_PER_MU, shown
from geo.words import listed


def merged(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rows of one id united: geometry as union, a value where all rows that have one agree on it.

    Names, owners and evidence are put together instead; of dates the latest counts.
    """
    repeated = parcels["parcel_id"].duplicated(keep=False)
    if not repeated.any():
        return parcels
    text = parcels["parcel_id"].dtype
    texts = parcels.columns[parcels.dtypes == text].drop("parcel_id")
    rows = parcels[repeated]
    rows = rows.assign(**{name: rows[name].where(rows[name] != "") for name in texts})
    groups = rows.groupby("parcel_id", sort=False)
    values = groups.first().where(groups.nunique() <= 1)
    for name, unite in _UNITED.items():
        values[name] = groups[name].agg(unite)
    values[texts] = values[texts].fillna("").astype(text)
    values["treatment"] = values["treatment"].replace("", UNCLEAR)
    values["row"] = groups["row"].min()
    values["geometry"] = groups["geometry"].agg(lambda shapes: union_all(shapes.to_numpy()))
    united = gpd.GeoDataFrame(values.reset_index(), geometry="geometry", crs=parcels.crs)
    whole = pd.concat([parcels[~repeated], united[list(parcels.columns)]])
    return whole.sort_values("row", ignore_index=True)


def doubled(parcels: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """The land that rows of one id draw more than once, and that counts once when united."""
    findings = []
    for parcel, rows in parcels[parcels["parcel_id"].duplicated(keep=False)].groupby("parcel_id"):
        shapes = rows.geometry.to_numpy()
        drawn = math.fsum(shapely.area(shapes))
        union = float(shapely.area(union_all(shapes)))
        if drawn - union > OVERLAP_M2:
            place: Place = {**where, "row": int(rows["row"].iat[0]), "parcel": str(parcel)}
            words: Place = {"seen": _mu(drawn), "counted": _mu(union), "rows": listed(rows["row"])}
            words |= {"area_m2": drawn - union}
            findings.append(finding("parcel.merge-overlap", **place, **words))
    return findings


def _mu(area_m2: float) -> str:
    return shown(area_m2 / M2_PER_MU, 2)


def _together(cells: pd.Series) -> str:
    """What the rows of one id say, each wording once."""
    return "; ".join(map(str, cells.dropna().unique()))


def _latest(cells: pd.Series) -> str:
    """The latest of some dates as it is written; all of them when one cannot be read."""
    dates = {str(cell): parse_date(str(cell)) for cell in cells.dropna().unique()}
    known = {cell: date.last for cell, date in dates.items() if date is not None}
    if not known or len(known) < len(dates):
        return _together(cells)
    return max(known, key=known.__getitem__)


_UNITED: Final[dict[str, Callable[[pd.Series], str]]] = {
    "name": _together,
    "ownership": _together,
    "evidence": _together,
    "stage_date": _latest,
}
"""How the rows of one id make one value of what may well differ between them."""


def differing(parcels: gpd.GeoDataFrame, where: Place) -> list[Finding]:
    """What the rows of one id say differently, save what is united and their own shapes."""
    own = {"row", "parcel_id", "geometry", *_UNITED}
    columns = [column for column in parcels.columns if column not in own]
    findings = []
    for parcel, rows in parcels[parcels["parcel_id"].duplicated(keep=False)].groupby("parcel_id"):
        for column in columns:
            values = [
                str(value) for value in rows[column].unique() if str(value) not in ("", "nan")
            ]
            if len(values) > 1:
                words: Place = {"parcel": str(parcel), "field": column, "seen": ", ".join(values)}
                row = int(rows["row"].iat[0])
                findings.append(finding("parcel.merge-differs", **where, **words, row=row))
    return findings
