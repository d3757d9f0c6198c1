"""The atlas of a study: everything that its page draws and tells of parcels, as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geo.colours import LOST_COLOURS
from geo.study import Study
from geo.webmap.ahead import ahead_columns
from geo.webmap.cards import card_columns
from geo.webmap.facts import facts_columns, links_columns
from geo.webmap.hilbert import hilbert_order
from geo.webmap.outlines import WEB_MERCATOR, Outlines, entries, rings_of
from geo.webmap.packing import Column
from geo.webmap.pieces import Pieces, pieces_of

if TYPE_CHECKING:  # its engines are for those who ask for a forecast
    from geo.outlook import Outlook

Integers = npt.NDArray[np.int64]

ROWS: Final = "parcels"


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

    def parts(self, size: int) -> Iterator["Atlas"]:
        """Atlases of so many rows each, views of this one, without overlays and links."""
        ends = np.append(np.arange(0, max(self.rows, 1), size), self.rows)
        parts = zip(
            self.outlines.cut(ends), cut(self.states, ends), cut(self.facts, ends), strict=True
        )
        for outlines, states, facts in parts:
            yield Atlas(self.origin, outlines, states, facts, [], [])

    def overlays_columns(self) -> list[Column]:
        """Outlines of zones, blocks, land lost and barriers."""
        return [*self.overlays]

    def links_columns(self) -> list[Column]:
        """Pairs of neighbours."""
        return [*self.links]


def atlas_of(study: Study, *, outlook: "Outlook | None" = None) -> Atlas:
    """The atlas of a study, with what is known of the future of its parcels."""
    pieces = pieces_of(study)
    drawn = rings_of(pieces.shapes).moved(study.land.crs, WEB_MERCATOR)
    order, origin = hilbert_order(drawn.middles()), drawn.origin()
    at = np.where(order < len(study.parcels), order, -1)
    return Atlas(
        origin=origin,
        outlines=drawn.rounded(origin, order),
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
    shapes = rings_of(table.geometry.to_numpy())
    return shapes.moved(study.land.crs, WEB_MERCATOR).rounded(origin)


def taken(columns: Sequence[Column], rows: Integers) -> list[Column]:
    """The columns of some rows, with their entries. KeyError when nothing counts the entries."""
    chosen = {
        table: rows if counts is None else entries(counts, rows)
        for table, counts in _counts(columns).items()
    }
    return [column.of(chosen[_table(column)]) for column in columns]


def cut(columns: Sequence[Column], ends: Integers) -> Iterator[list[Column]]:
    """The columns of the rows between ends, part after part, with their entries; views of them."""
    bounds = {
        table: ends if counts is None else np.append(0, np.cumsum(counts))[ends]
        for table, counts in _counts(columns).items()
    }
    for part in range(len(ends) - 1):
        rows = {table: slice(*ends[part : part + 2]) for table, ends in bounds.items()}
        yield [column.of(rows[_table(column)]) for column in columns]


def _counts(columns: Sequence[Column]) -> dict[str, Integers | None]:
    """How many entries the rows have in each table; None for the table of rows, which have one."""
    values = {column.name: column.values for column in columns}
    tables = {_table(column) for column in columns} - {ROWS}
    counts = {table: np.asarray(values[f"{ROWS}.{table}"], dtype=np.int64) for table in tables}
    return {ROWS: None, **counts}


def _table(column: Column) -> str:
    return column.name.split(".")[0]
