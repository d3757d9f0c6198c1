"""A study as vector tiles (PMTiles) for web maps and GIS: one file a layer, public columns only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio

from geo.earth.crs import parse_crs, transform
from geo.errors import PublishError
from geo.findings import Place, finding
from geo.parcels import COLUMNS, PUBLIC_COLUMNS
from geo.study import Study
from geo.writers.atomic import replacing
from geo.writers.vector import failing

ZOOMS: Final = (8, 16)
"""From the whole town to 0.15 m a step of the tile's own grid."""

DEEPEST: Final = 20
LAYERS: Final = {"zones": "zone", "blocks": "block", "parcels": "parcel_id"}
"""The layers, and the column that tells the rows of each apart."""

_ZONE_COLUMNS: Final = ("zone", "name_zh", "name_en", "illustrative", "parcels", "area_m2")


def export_pmtiles(study: Study, folder: Path, *, zooms: tuple[int, int] = ZOOMS) -> list[Path]:
    """Write ``zones``, ``blocks`` and ``parcels`` as ``.pmtiles`` to a folder; gives the files.

    GDAL cuts the tiles in Web Mercator, from ``zooms[0]`` to ``zooms[1]``. Each file is read back
    at the deepest level before it takes its place. A layer without a row gets no file. Raises
    :class:`PublishError` when one cannot be written, or when rows are missing from it.
    """
    files = []
    with failing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, key in LAYERS.items():
        table = _table(study, name)
        if table.empty:
            continue
        path = folder / f"{name}.pmtiles"
        with failing(path), replacing(path) as new:
            _write(table, new, name, study, zooms)
            _check(new, path, name, key, table)
        files.append(path)
    return files


def _table(study: Study, name: str) -> gpd.GeoDataFrame:
    if name == "zones":
        return _chosen(study.zones[study.zones["outlined"]], _ZONE_COLUMNS)
    if name == "blocks":
        return _chosen(study.blocks, [item for item in study.blocks if item != "geometry"])
    return _chosen(study.parcels, [item.name for item in COLUMNS if item.name in PUBLIC_COLUMNS])


def _chosen(table: gpd.GeoDataFrame, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Some columns, with dates as text: tiles know no date."""
    kept = table[[*(name for name in columns if name != "geometry"), "geometry"]]
    days = [name for name in kept if pd.api.types.is_datetime64_any_dtype(kept[name])]
    texts = {name: [_day(moment) for moment in kept[name]] for name in days}
    return kept.assign(**texts)


def _day(moment: Any) -> str | None:
    return None if pd.isna(moment) else str(moment.date().isoformat())


def _write(
    table: gpd.GeoDataFrame, path: Path, name: str, study: Study, zooms: tuple[int, int]
) -> None:
    crs = parse_crs(study.plan.crs)
    shapes = transform(table.geometry.to_numpy(), study.land.crs, crs)
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=shapes, crs=crs),
        path,
        layer=name,
        driver="PMTiles",
        dataset_options={
            "NAME": study.plan.name.zh,
            "DESCRIPTION": f"{study.plan.name.en}; {study.plan.as_of}; 示意图 sketch map",
            "MINZOOM": str(zooms[0]),
            "MAXZOOM": str(zooms[1]),
        },
    )


def _check(new: Path, target: Path, name: str, key: str, table: gpd.GeoDataFrame) -> None:
    """Read the deepest level back: a row that no tile holds has been lost."""
    back = pyogrio.read_dataframe(new, columns=[key], read_geometry=False)
    missing = sorted(set(table[key]) - set(back[key]))
    if missing:
        words: Place = {"field": name, "what": "rows", "what_zh": "行数"}
        expected, seen = str(table[key].nunique()), str(back[key].nunique())
        raise PublishError(
            finding("write.differs", file=target.name, expected=expected, seen=seen, **words)
        )
