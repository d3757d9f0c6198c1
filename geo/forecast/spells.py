"""Spells: how long every parcel worked on every stage, as far as the ledger saw it."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.findings import Finding, finding
from geo.forecast.town import Floats, Integers, StagePrior
from geo.readiness import as_counted

WAITING: Final = 0
REACHED: Final = 1
FELL: Final = 2
WITHDRAWN: Final = 3

BEFORE: Final = -1
"""Where a parcel stands of which nothing is told yet: it works on the first rung."""

ENOUGH: Final = 30
"""Fewer ended spells than this say less of the pace than the plan's own P50 and P90."""


class Spells(NamedTuple):
    """Waits of parcels, arrays of one length; times are days since 1970-01-01.

    ``rung`` is the rung worked on, one above where ``parcel`` stands. The wait began on ``start``
    and was last seen on ``stop``; before ``entry`` it is known only because it lasted until then:
    had it ended earlier the ledger would not tell of it (left truncation). ``end`` says how it
    ended: ``WAITING`` (not by ``stop``: right censoring), ``REACHED``, ``FELL`` (to the rung
    ``fell_to``, above the first) or ``WITHDRAWN`` (to the first rung).
    """

    parcel: Integers
    rung: Integers
    start: Floats
    stop: Floats
    entry: Floats
    end: npt.NDArray[np.int8]
    fell_to: Integers
    group: Integers

    def only(self, chosen: npt.NDArray[np.bool_]) -> "Spells":
        """The spells that are chosen."""
        parcel, rung, start, stop, entry, end, fell_to, group = self
        return Spells(
            parcel[chosen],
            rung[chosen],
            start[chosen],
            stop[chosen],
            entry[chosen],
            end[chosen],
            fell_to[chosen],
            group[chosen],
        )


class _Stand(NamedTuple):
    """From this day on a parcel stood at a rung, as the line ``row`` of the ledger tells."""

    day: float
    rung: int
    row: int


class _Spell(NamedTuple):
    """``row`` is the line that tells of its end; 0 where it waits still."""

    row: int
    parcel: int
    rung: int
    start: float
    stop: float
    end: int
    fell_to: int


def spells_of(
    events: pd.DataFrame,
    parcel_ids: Sequence[str],
    group: Integers,
    stages: Sequence[StagePrior],
    *,
    until: date,
    observed_from: date | None = None,
    recorded_from: date | None = None,
) -> tuple[Spells, list[Finding]]:
    """The waits that a ledger tells of until a day, and what is odd about them.

    ``events`` has the columns :data:`geo.readiness.EVENT_COLUMNS`; a parcel stands where
    :func:`geo.readiness.reached` says. ``group`` is by parcel, ``stages`` by rung.

    What a parcel went through on one day is one step. A step over several rungs tells how long they
    took together: the time is divided in proportion to the medians of ``stages``, equally where
    one has none. What was before a split counts once, not for each part.

    Nothing that ended before ``observed_from`` is in the ledger, or it is left out; without it,
    that is the first day on which a parcel is told to have gone on or fallen back (the steps of
    this day then only open the window), or ``recorded_from``, the day since which a ledger is kept,
    where that is earlier: that nobody went on since then is told too. A parcel without events works
    on the first rung from that day on, and so did each whose first event comes later and brings it
    no higher than the second; one that first appears higher up has a past that is not told, so its
    waits begin there.
    """
    paths = _paths(events, parcel_ids, until)
    last = _day(until)
    opened = min(_first_step(paths, last), last if recorded_from is None else _day(recorded_from))
    opened = opened if observed_from is None else min(_day(observed_from), last)
    medians = np.array([stage.p50_months for stage in stages])
    found: list[_Spell] = []
    skips: list[tuple[int, _Stand]] = []
    for parcel, path in enumerate(paths):
        if not path or (path[0].day > opened and path[0].rung <= 1):
            path.insert(0, _Stand(opened, BEFORE, 0))
        skips += [(parcel, after) for before, after in _steps(path) if after.rung > before.rung + 1]
        found += _waits(parcel, path, last, medians)
    spells = _as_spells(found, opened, np.asarray(group, dtype=np.int64))
    return spells, [*_skipped(skips, parcel_ids), *_few(spells, len(stages))]


def _day(day: date) -> float:
    return float(np.datetime64(day, "D").astype(np.int64))


def _paths(events: pd.DataFrame, parcel_ids: Sequence[str], until: date) -> list[list[_Stand]]:
    """For each parcel where it stood at the end of every day on which that changed."""
    position = {parcel: index for index, parcel in enumerate(parcel_ids)}
    told = as_counted(events)
    told = told[(told["date"] <= pd.Timestamp(until)) & told["parcel_id"].isin(position)]
    told = told.assign(fell=told["action"] == "revert").sort_values(["date", "fell", "rung"])
    days = told["date"].to_numpy().astype("datetime64[D]").astype(np.float64).tolist()
    names = (told[name].to_list() for name in ("parcel_id", "rung", "fell", "row"))
    paths: list[list[_Stand]] = [[] for _ in parcel_ids]
    standing = [-1] * len(paths)
    for day, name, rung, fell, row in zip(days, *names, strict=True):
        parcel = position[name]
        path, before = paths[parcel], standing[parcel]
        standing[parcel] = min(before, rung) if fell else max(before, rung)
        if path and standing[parcel] == before:
            continue
        if path and path[-1].day == day:
            path.pop()
        path.append(_Stand(day, max(standing[parcel], 0), row))
    return paths


def _steps(path: list[_Stand]) -> Iterator[tuple[_Stand, _Stand]]:
    return pairwise(path)


def _first_step(paths: list[list[_Stand]], last: float) -> float:
    steps = (after.day for path in paths for before, after in _steps(path))
    return min(steps, default=last)


def _waits(parcel: int, path: list[_Stand], last: float, medians: Floats) -> Iterator[_Spell]:
    top = len(medians) - 1
    for before, after in _steps(path):
        if after.rung > before.rung:
            yield from _divided(parcel, before, after, medians)
        elif before.rung < top:
            fell = after.rung < before.rung
            end = WAITING if not fell else FELL if after.rung else WITHDRAWN
            yield _Spell(after.row, parcel, before.rung + 1, before.day, after.day, end, after.rung)
    if path[-1].rung < top:
        yield _Spell(0, parcel, path[-1].rung + 1, path[-1].day, last, WAITING, path[-1].rung)


def _divided(parcel: int, before: _Stand, after: _Stand, medians: Floats) -> Iterator[_Spell]:
    """One spell for each rung that was gained between two days."""
    parts = medians[before.rung + 1 : after.rung + 1]
    if np.isnan(parts).any():
        parts = np.ones(len(parts))
    passed = (after.day - before.day) * np.concatenate([[0], np.cumsum(parts)]) / parts.sum()
    bounds = [*(before.day + passed[:-1]).tolist(), after.day]
    for step, (start, stop) in enumerate(pairwise(bounds), 1):
        rung = before.rung + step
        yield _Spell(after.row, parcel, rung, start, stop, REACHED, rung)


def _as_spells(found: list[_Spell], opened: float, group: Integers) -> Spells:
    """The spells that end within the window, or are still waiting when it closes."""
    columns = np.array(_once(found), dtype=np.float64).reshape(-1, 7).T
    _, parcel, rung, start, stop, end, fell_to = columns
    whole = parcel.astype(np.int64), rung.astype(np.int64)
    entry = np.maximum(start, opened)
    spells = Spells(
        *whole, start, stop, entry, end.astype(np.int8), fell_to.astype(np.int64), group[whole[0]]
    )
    return spells.only((stop > entry) | ((end == WAITING) & (stop >= entry)))


def _once(found: list[_Spell]) -> list[_Spell]:
    """The spells without those that a split has copied: one line of the ledger tells of one end.

    What waits still goes on for each part.
    """
    told: dict[tuple[int, ...], _Spell] = {}
    for at, spell in enumerate(found):
        key = (spell.row, spell.rung) if spell.row else (0, -1, at)
        told.setdefault(key, spell)
    return list(told.values())


def _skipped(skips: list[tuple[int, _Stand]], parcel_ids: Sequence[str]) -> Iterator[Finding]:
    if skips:
        parcel, first = min(skips, key=lambda skip: skip[1].row)
        yield finding("forecast.skipped", row=first.row, parcel=parcel_ids[parcel], seen=len(skips))


def _few(spells: Spells, rungs: int) -> Iterator[Finding]:
    ended = spells.rung[spells.end == REACHED]
    if len(ended) < ENOUGH:
        missing = rungs - len(np.unique(ended))
        yield finding("forecast.few", seen=len(ended), enough=ENOUGH, missing=missing)
