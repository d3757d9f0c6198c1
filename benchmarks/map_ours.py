"""The synthetic land as an atlas and a page of ours.

What the panel says (goals, tables, timeline) is that of a small town of :mod:`benchmarks.parcels`,
run through ``geo``; outlines, stages, codes and neighbours are those of the land that is measured,
and what else its cards say is the town's, over and over.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

import geo
from benchmarks import map_land, parcels
from benchmarks.map_land import Land
from geo.earth.crs import transform
from geo.webmap.atlas import Atlas, taken
from geo.webmap.hilbert import hilbert_order
from geo.webmap.outlines import WEB_MERCATOR, outlines_of, rings_of
from geo.webmap.packing import Column
from geo.webmap.page import LandMap

Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]

TOWN: Final = 500
"""Parcels of the town that lends its panel and cards."""
BLOCKS: Final = 500
"""Contiguous blocks at most: each is the box of a street block."""
COUNTED: Final = 5


def town_map() -> LandMap:
    """The page of a small town."""
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as folder:
        parcels.write_town(Path(folder), TOWN)
        return geo.run(geo.read_plan(Path(folder) / "plan.toml")).map()


def page_of(land: Land, town: LandMap, *, most_blocks: int = BLOCKS) -> LandMap:
    """The page of the synthetic land."""
    payload: dict[str, Any] = json.loads(town.data)
    drawn = rings_of(land.shapes).moved(CRS.from_user_input(map_land.CRS), WEB_MERCATOR)
    order, origin = hilbert_order(drawn.middles()), drawn.origin()
    whole = shapely.box(*drawn.points.min(axis=0), *drawn.points.max(axis=0))
    dates = len(payload["time"]["dates"])
    blocks, nothing = _blocks(land, most_blocks), np.array([], dtype=object)
    atlas = Atlas(
        origin=origin,
        outlines=drawn.rounded(origin, order),
        states=_states(land, order, dates),
        facts=_facts(land, order, town.atlas),
        overlays=[
            *outlines_of(_again(whole, len(payload["zones"])), origin).columns("zones"),
            *outlines_of(blocks, origin).columns("blocks"),
            *outlines_of(nothing, origin).columns("lost"),
            *outlines_of(nothing, origin).columns("barriers"),
            Column("lost.kind", "uint", []),
            Column("barriers.closed", "uint", []),
        ],
        links=_links(land, order, town.atlas.links),
    )
    like = payload["blocks"][0]
    payload["blocks"] = [{**like, "id": f"B{at:04}"} for at in range(len(blocks))]
    payload |= {"bounds": _bounds(whole), "barriers": [], "lost": []}
    return LandMap(payload, atlas)


def _again(whole: Any, zones: int) -> Shapes:
    """All land, as often as the town has zones, which the panel lists."""
    return np.array([whole] * zones, dtype=object)


def _blocks(land: Land, most: int) -> Shapes:
    """The boxes of some street blocks."""
    chosen = land.block < most
    order = np.argsort(land.block[chosen], kind="stable")
    shapes = transform(land.shapes[chosen], CRS.from_user_input(map_land.CRS), WEB_MERCATOR)
    boxes = shapely.bounds(shapes)[order]
    starts = np.flatnonzero(np.diff(land.block[chosen][order], prepend=-1))
    low = np.minimum.reduceat(boxes[:, :2], starts)
    high = np.maximum.reduceat(boxes[:, 2:], starts)
    return np.asarray(shapely.box(*low.T, *high.T))


def _bounds(whole: Any) -> list[list[float]]:
    box = gpd.GeoSeries([whole], crs=3857).to_crs(4326)
    west, south, east, north = box.total_bounds.tolist()
    return [[south, west], [north, east]]


def _states(land: Land, order: Integers, dates: int) -> list[Column]:
    """Stages by the dates of the town's page."""
    nothing = np.zeros(len(order), dtype=np.int64)
    owner = np.repeat(np.arange(len(order)), land.changes)
    columns = [
        Column("parcels.from", "uint", nothing),
        Column("parcels.until", "uint", nothing + dates - 1),
        Column("parcels.changes", "uint", land.changes),
        Column("changes.date", "uint", land.change_month * dates // map_land.MONTHS),
        Column("changes.rung", "uint", land.change_rung),
        Column("changes.told", "uint", land.told[owner]),
        Column("changes.counts", "uint", land.change_rung >= COUNTED),
        Column("parcels.counts", "uint", land.rung >= COUNTED),
        Column("parcels.bridge", "uint", nothing),
        Column("parcels.block", "level", [""] * len(order)),
    ]
    return taken(columns, order)


def _facts(land: Land, order: Integers, town: Atlas) -> list[Column]:
    """Codes and names of the land; all else as the town has it, over and over."""
    own = {"parcels.id": land.ids, "parcels.name": land.names}
    again = taken(town.facts, np.arange(len(order)) % town.rows)
    named = taken([Column(name, "text", texts) for name, texts in own.items()], order)
    return [*named, *(column for column in again if column.name not in own)]


def _links(land: Land, order: Integers, town: Sequence[Column]) -> list[Column]:
    """Each parcel and the one beside it in its street block, which touch."""
    row = np.argsort(order)
    left = np.flatnonzero(land.block[1:] == land.block[:-1])
    ends = np.sort(np.stack([row[left], row[left + 1]]), axis=0)
    i, j = ends[:, np.lexsort((ends[1], ends[0]))]
    told = {"links.i": i, "links.step": j - i, "links.gap": np.zeros_like(i)}
    ones = np.ones_like(i)
    return [
        Column(one.name, one.kind, told.get(one.name, ones))
        if one.name.startswith("links.")
        else Column(one.name, one.kind, [])
        for one in town
    ]
