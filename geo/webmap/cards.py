"""What the card of a parcel tells beside its outline and its numbers: its losses and its history.

Only what :data:`geo.parcels.PUBLIC_COLUMNS` allows, and of events only what shows the stage: no
owner, nobody responsible, nobody who recorded, no moment of recording.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.parcels import PUBLIC_COLUMNS
from geo.study import Study
from geo.units import LAND_GRID_M2, rounded_steps
from geo.webmap.packing import Column
from geo.webmap.pieces import Pieces

Integers = npt.NDArray[np.int64]

EVENT_FIELDS: Final = ("known", "kind", "rung", "evidence", "source")
"""An event on the card. ``known`` is how exactly its day is known (day, month …); ``kind``: reach,
revert, split, merge; of the last two ``evidence`` says which parcels became which."""

TERRAIN: Final = {
    "slope": "slope_mean_deg",
    "steepest": "slope_max_deg",
    "relief": "relief_m",
}

NO_DAY: Final = -1_000_000
"""No date: a day of eight centuries before our era."""

OWN: Final = "\ue000"
"""Stands in a text for the id of its own parcel: the texts of many parcels are then one."""

_TENTHS: Final = 1


def card_columns(study: Study, pieces: Pieces, order: Integers) -> list[Column]:
    """The columns of the card for the pieces in an order, former parcels among them.

    ``parcels.existing`` is the plot ratio that is built (null: not known), ``parcels.reached`` the
    day since when it is at its stage (:data:`NO_DAY`: not known); slopes and relief are in tenths,
    one more, and 0 where they are not known. ``losses.area`` is in steps of the land grid, biggest
    first; events come newest first. Days are counted from 1970.
    """
    assert {"plot_ratio_existing", "land_use"} <= PUBLIC_COLUMNS, "a card shows public columns only"
    existing = study.parcels["plot_ratio_existing"].astype(object)
    known = existing.where(existing.notna(), None).tolist()
    former = len(pieces) - len(study.parcels)
    since = np.append(_days(study.parcels["stage_date"]), NO_DAY)
    at = np.minimum(order, len(study.parcels))  # one past the end for former parcels
    columns = [
        Column("parcels.existing", "level", _ordered([*known, *[None] * former], order)),
        Column("parcels.reached", "delta", since[at]),
    ]
    if len(study.terrain):
        for name, source in TERRAIN.items():
            tenths = np.append(_tenths(study, source), 0)
            columns.append(Column(f"parcels.{name}", "uint", tenths[at]))
    return [*columns, *_lost(study, order), *_events(study, pieces, order)]


def _days(dates: pd.Series) -> Integers:
    """Days since 1970."""
    days = dates.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(days), NO_DAY, days.astype(np.int64))


def _ordered(values: list[Any], order: Integers) -> list[Any]:
    return [values[row] for row in order.tolist()]


def _tenths(study: Study, name: str) -> Integers:
    """Tenths, rounded as they are shown, and one more; 0 for what is not known."""
    values = study.terrain.set_index("parcel_id")[name].reindex(study.parcels["parcel_id"])
    tenths = rounded_steps(values.fillna(0.0).to_numpy(), _TENTHS) + 1
    return np.where(values.isna(), 0, tenths)


def _lost(study: Study, order: Integers) -> list[Column]:
    """What each parcel loses and why."""
    rows = pd.Series(_rows(order)[: len(study.parcels)], index=study.parcels["parcel_id"].tolist())
    lost = study.lost.assign(at=rows.reindex(study.lost["parcel_id"]).to_numpy())
    lost = lost.sort_values(["at", "area_m2"], ascending=[True, False], kind="stable")
    steps = np.rint(lost["area_m2"].to_numpy() / LAND_GRID_M2).astype(np.int64)
    return [
        _counts("losses", lost["at"].to_numpy(dtype=np.int64), order),
        Column("losses.reason", "level", lost["reason"].tolist()),
        Column("losses.area", "uint", steps),
    ]


def _rows(order: Integers) -> Integers:
    """In which row each piece stands."""
    rows = np.empty(len(order), dtype=np.int64)
    rows[order] = np.arange(len(order))
    return rows


def _counts(name: str, at: Integers, order: Integers) -> Column:
    return Column(f"parcels.{name}", "uint", np.bincount(at, minlength=len(order)))


def _events(study: Study, pieces: Pieces, order: Integers) -> list[Column]:
    """The history of every piece, newest first."""
    rows = _rows(order)
    told = pd.concat([*_stage_events(study, pieces), _lineage(study, pieces)], ignore_index=True)
    piece = told["piece"].to_numpy(dtype=np.int64)
    own = [pieces.ids[at] for at in piece.tolist()]
    told = told.assign(at=rows[piece], evidence=list(map(_with_own, told["evidence"], own)))
    keys = ["at", "day", "rung"]
    told = told.sort_values(keys, ascending=[True, False, False], kind="stable")
    return [
        _counts("events", told["at"].to_numpy(dtype=np.int64), order),
        Column("events.day", "delta", _days(told["day"])),
        Column("events.known", "level", told["known"].tolist()),
        Column("events.kind", "level", told["kind"].tolist()),
        Column("events.rung", "uint", told["rung"].to_numpy(dtype=np.int64)),
        Column("events.evidence", "level", told["evidence"].tolist()),
        Column("events.source", "level", told["source"].tolist()),
    ]


def _with_own(text: str, parcel: str) -> str:
    return text.replace(OWN, "").replace(parcel, OWN)


def _stage_events(study: Study, pieces: Pieces) -> Iterator[pd.DataFrame]:
    """The stages told of each piece, as the last land that had it knew them."""
    ends = list(accumulate(len(ground.dates) for ground in study.grounds))
    last_ground = np.searchsorted(ends, pieces.until, side="right")
    for at, ground in enumerate(study.grounds):
        own = np.flatnonzero(last_ground == at)
        piece_of = dict(zip([pieces.ids[piece] for piece in own], own.tolist(), strict=True))
        events = ground.land.events
        happened = events["date"] <= pd.Timestamp(ground.dates[-1])
        events = events[happened & events["parcel_id"].isin(piece_of)]
        yield pd.DataFrame(
            {
                "piece": events["parcel_id"].map(piece_of),
                "day": events["date"],
                "known": events["precision"],
                "kind": events["action"],
                "rung": events["rung"],
                "evidence": events["evidence"],
                "source": events["source"],
            }
        )


def _lineage(study: Study, pieces: Pieces) -> pd.DataFrame:
    """The splits and merges of the pieces that they ended or made."""
    history, rows = study.land.history, []
    for change in history.happened(study.plan.as_of) if history is not None else []:
        old, new = change.old_and_new
        words = f"{', '.join(old)} → {', '.join(new)}"
        day = pd.Timestamp(change.last)
        rows += [
            (piece, day, change.precision, change.kind, 0, words, change.source)
            for piece, name in enumerate(pieces.ids)
            if name in {*old, *new}
        ]
    return pd.DataFrame(rows, columns=["piece", "day", *EVENT_FIELDS])
