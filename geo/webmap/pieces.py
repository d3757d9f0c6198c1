"""The pieces of land that a page can draw: parcels as they are, and as they were before."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.ground import Ground, counts_of, headline_goal
from geo.parcels import COLUMNS
from geo.study import Study

Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pieces:
    """One row a parcel, those of the study's table first and in its order, former ones after them.

    - ``ids``, ``names``, ``zones``: as in the parcel table;
    - ``shapes``: areas in the CRS of the study;
    - ``since``, ``until``: the first and the last date (index into the dates of the page) on
      which the parcel is there;
    - ``changes``: how many changes of stage each has; ``change_date``, ``change_rung``,
      ``change_told``, ``change_counts``: all of them, parcel after parcel, what it is from that
      date on, and whether the headline goal counts it. The first of a parcel is at ``since``.
    """

    ids: list[str]
    names: list[str]
    zones: list[str]
    shapes: npt.NDArray[Any]
    since: Integers
    until: Integers
    changes: Integers
    change_date: Integers
    change_rung: Integers
    change_told: Mask
    change_counts: Mask

    def __len__(self) -> int:
        return len(self.shapes)


def pieces_of(study: Study) -> Pieces:
    """The parcels of every date of a study's timeline.

    A parcel that is redrawn is another piece; one that splits and merges leave alone stays one.
    """
    places = _places(study.grounds)
    size = max(int(place.max()) for place in places) + 1
    table = _latest(study.grounds, places, size)
    state = _states(study, places, size)
    there = state >= 0
    since, until = there.argmax(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    moved = (np.diff(state, axis=1, prepend=-1) != 0) & there
    change = state[moved].astype(np.int64)
    return Pieces(
        ids=table["parcel_id"].tolist(),
        names=table["name"].tolist(),
        zones=table["zone"].tolist(),
        shapes=table.geometry.to_numpy(),
        since=since,
        until=until,
        changes=moved.sum(axis=1),
        change_date=np.nonzero(moved)[1],
        change_rung=change >> 2,
        change_told=change & TOLD > 0,
        change_counts=change & COUNTS > 0,
    )


def _places(grounds: list[Ground]) -> list[Integers]:
    """The piece that each parcel of each ground is; from the last on, which has the first ones."""
    places: list[Integers] = []
    size = 0
    for at in reversed(range(len(grounds))):
        place = np.full(len(grounds[at].parcels), -1, dtype=np.int64)
        if places:
            row = _same_later(grounds[at].parcels, grounds[at + 1].parcels)
            place = np.where(row >= 0, places[0][row], -1)
        new = place < 0
        place[new] = size + np.arange(new.sum())
        size += int(new.sum())
        places.insert(0, place)
    return places


def _same_later(parcels: gpd.GeoDataFrame, later: gpd.GeoDataFrame) -> Integers:
    """The row of each parcel in a later ground, where it is drawn as before; else -1."""
    row: Integers = pd.Index(later["parcel_id"]).get_indexer(parcels["parcel_id"])
    then = later.geometry.to_numpy()[row]
    same = shapely.equals_identical(parcels.geometry.to_numpy(), then) & (row >= 0)
    return np.where(same, row, -1)


def _latest(grounds: list[Ground], places: list[Integers], size: int) -> gpd.GeoDataFrame:
    """The row of each piece, from the last ground that has it."""
    seen = np.zeros(size, dtype=bool)
    parts = []
    for ground, place in zip(reversed(grounds), reversed(places), strict=True):
        parts.append(ground.parcels.loc[~seen[place], [column.name for column in COLUMNS]])
        seen[place] = True
    return pd.concat(parts, ignore_index=True)


TOLD: Final = 1
COUNTS: Final = 2


def _states(study: Study, places: list[Integers], size: int) -> npt.NDArray[np.int16]:
    """Where each piece stood on each date, -1 if nowhere: four times its rung, and two flags."""
    plan, goal = study.plan, headline_goal(study.plan)
    dates = sum(len(ground.dates) for ground in study.grounds)
    state = np.full((size, dates), -1, dtype=np.int16)
    day = 0
    for ground, place in zip(study.grounds, places, strict=True):
        for at in ground.histories:
            counts = counts_of(goal, plan, ground.parcels, at, ground.land.members)
            state[place, day] = 4 * at.rung + COUNTS * counts + TOLD * at.self_reported
            day += 1
    return state
