"""The atlas of a study: everything that its page draws and tells of parcels, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.colours import LOST_COLOURS
from geo.study import Study
from geo.webmap.ahead import ahead_columns
from geo.webmap.cards import card_columns
from geo.webmap.facts import facts_columns, links_columns
from geo.webmap.hilbert import hilbert_order
from geo.webmap.outlines import Outlines, entries, on_web_map, origin_of, outlines_of
from geo.webmap.packing import Column
from geo.webmap.pieces import Pieces, pieces_of

if TYPE_CHECKING:  # its engines are for those who ask for a forecast
    from geo.outlook import Outlook

Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Atlas:
    """What a page draws: rows in the order of a Hilbert curve, former parcels among them.

    - ``origin``: what the points are counted from, in units of :mod:`geo.webmap.outlines`;
    - ``outlines``: the land of each row;
    - ``states``, ``facts``: columns ``parcels.<name>`` have one value a row; where rows have
      several entries each, ``parcels.<name>`` counts them and ``<name>.<field>`` are all of them;
    - ``overlays``: outlines of zones, blocks, land lost and barriers; ``links``: pairs of rows.
    """

    origin: tuple[int, int]
    outlines: Outlines
    states: Sequence[Column]
    facts: Sequence[Column]
    overlays: Sequence[Column]
    links: Sequence[Column]

    @property
    def rows(self) -> int:
        """How many pieces of land there are."""
        return len(self.outlines)

    def shapes_columns(self, rows: Integers | None = None) -> list[Column]:
        """Outlines and states of some rows, of all by default."""
        if rows is None:
            return [*self.outlines.columns("parcels"), *self.states]
        return [*self.outlines.take(rows).columns("parcels"), *taken(self.states, rows)]

    def facts_columns(self, rows: Integers | None = None) -> list[Column]:
        """Facts of some rows, of all by default."""
        return [*self.facts] if rows is None else taken(self.facts, rows)

    def overlays_columns(self) -> list[Column]:
        """Outlines of zones, blocks, land lost and barriers."""
        return [*self.overlays]

    def links_columns(self) -> list[Column]:
        """Pairs of neighbours."""
        return [*self.links]


def atlas_of(study: Study, *, outlook: "Outlook | None" = None) -> Atlas:
    """The atlas of a study, with what is known of the future of its parcels."""
    pieces = pieces_of(study)
    shapes = on_web_map(pieces.shapes, study.land.crs)
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    order = hilbert_order(middles)
    at = np.where(order < len(study.parcels), order, -1)
    origin = origin_of(shapes)
    return Atlas(
        origin=origin,
        outlines=outlines_of(shapes[order], origin),
        states=_states(study, pieces, order),
        facts=[
            *_names(study, pieces, order),
            *facts_columns(study, at),
            *card_columns(study, pieces, order),
            *ahead_columns(study.plan, outlook, study.parcels["parcel_id"], at),
        ],
        overlays=_overlays(study, origin),
        links=links_columns(study, at),
    )


def _states(study: Study, pieces: Pieces, order: Integers) -> list[Column]:
    """The stage of each row through time, and what it is part of."""
    columns = [
        Column("parcels.from", "uint", pieces.since),
        Column("parcels.until", "uint", pieces.until),
        Column("parcels.changes", "uint", pieces.changes),
        Column("changes.date", "uint", pieces.change_date),
        Column("changes.rung", "uint", pieces.change_rung),
        Column("changes.told", "uint", pieces.change_told),
        Column("changes.counts", "uint", pieces.change_counts),
    ]
    parcels, former = study.parcels, len(pieces) - len(study.parcels)
    columns += [
        Column("parcels.counts", "uint", [*parcels["counts"], *[0] * former]),
        Column("parcels.bridge", "uint", [*parcels["is_bridge"], *[0] * former]),
        Column("parcels.block", "level", [*parcels["block"], *[""] * former]),
    ]
    return taken(columns, order)


def _names(study: Study, pieces: Pieces, order: Integers) -> list[Column]:
    """What each row is called, and its kind."""
    former = [""] * (len(pieces) - len(study.parcels))
    columns = [
        Column("parcels.id", "text", pieces.ids),
        Column("parcels.name", "text", pieces.names),
        Column("parcels.zone", "level", pieces.zones),
        Column("parcels.land_use", "level", [*study.parcels["land_use"], *former]),
        Column("parcels.treatment", "level", [*study.parcels["treatment"], *former]),
    ]
    return taken(columns, order)


def _overlays(study: Study, origin: tuple[int, int]) -> list[Column]:
    """Outlines in the order of the payload's zones, blocks and barriers; lost land by its kind."""
    lost = study.lost[study.lost.geometry.notna()]
    kinds = [kind for kind in LOST_COLOURS if (lost["kind"] == kind).any()]
    barriers = _drawn(study.land.barriers, study, origin)
    return [
        *_drawn(study.zones[study.zones["outlined"]], study, origin).columns("zones"),
        *_drawn(study.blocks, study, origin).columns("blocks"),
        *_drawn(lost, study, origin).columns("lost"),
        Column("lost.kind", "uint", [kinds.index(kind) for kind in lost["kind"]]),
        *barriers.columns("barriers"),
        Column("barriers.closed", "uint", barriers.closed),
    ]


def _drawn(table: gpd.GeoDataFrame, study: Study, origin: tuple[int, int]) -> Outlines:
    return outlines_of(on_web_map(table.geometry.to_numpy(), study.land.crs), origin)


def taken(columns: Sequence[Column], rows: Integers) -> list[Column]:
    """The columns of some rows, with their entries. KeyError when nothing counts the entries."""
    counts = {column.name: column.values for column in columns}
    chosen: dict[str, Integers] = {"parcels": rows}
    parts = []
    for column in columns:
        table = column.name.split(".")[0]
        if table not in chosen:
            number = np.asarray(counts[f"parcels.{table}"], dtype=np.int64)
            chosen[table] = entries(number, rows)
        parts.append(Column(column.name, column.kind, _picked(column, chosen[table])))
    return parts


def _picked(column: Column, rows: Integers) -> Any:
    if column.kind in ("uint", "delta"):
        return np.asarray(column.values)[rows]
    return [column.values[row] for row in rows.tolist()]
