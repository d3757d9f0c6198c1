"""Readiness: dated stage events, and the stage that a parcel had reached as of any date."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.cells.numerals import as_known, parse_date
from geo.cells.spellings import folds
from geo.findings import Finding, Place, finding
from geo.kernels.standing import advance, stand_before
from geo.ledger.event import last_day
from geo.plan import ReadinessTable, Stage
from geo.readers.columns import no_column
from geo.readers.table import Table
from geo.units import M2_PER_MU
from geo.words import among, hint, normal

EVENT_COLUMNS: Final = (
    "row",
    "parcel_id",
    "date",
    "precision",
    "rung",
    "stage",
    "action",
    "evidence",
    "source",
    "reason",
)
"""An event: its line in the file, what happened to which parcel when, and what shows it.

``date`` is the last day that the recorded date can mean, and of a revert the first: what is not
known to the day counts against readiness. ``precision`` is day, month, quarter, half or year;
``action`` is ``reach``, or ``revert`` where the parcel falls back to ``stage``.
"""


def events_from_table(
    table: Table, layer: ReadinessTable, stages: Sequence[Stage]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a table of events; a row that cannot be understood is a finding and is left out.

    Raises :class:`LayerError` when the columns for parcel, date or stage are missing.
    """
    columns = list(table.frame.columns)
    cells = pd.DataFrame({"row": table.frame.index}, index=table.frame.index)
    for name in ("parcel_id", "date", "stage", "action", "evidence", "source", "reason"):
        column = layer.fields.get(name, name)
        if column in columns:
            cells[name] = table.frame[column].str.strip()
        elif name in ("parcel_id", "date", "stage") or name in layer.fields:
            raise no_column(column, name, columns, file=table.file)
        else:
            cells[name] = ""
    return _read_events(cells, {"file": table.file}, stages)


def events_from_parcels(
    parcels: pd.DataFrame, where: Place, stages: Sequence[Stage], as_of: date
) -> tuple[pd.DataFrame, list[Finding]]:
    """One event for each parcel whose layer states a stage; undated ones count from ``as_of``."""
    stated = parcels[parcels["stage"] != ""]
    undated = stated["stage_date"] == ""
    findings = [
        finding("event.undated", **where, row=row, parcel=parcel, field="stage_date", seen=stage)
        for row, parcel, stage in stated.loc[undated, ["row", "parcel_id", "stage"]].to_numpy()
    ]
    cells = stated[["row", "parcel_id", "stage", "evidence"]].assign(
        date=stated["stage_date"].where(~undated, as_of.isoformat()),
        action="reach",
        source="",
        reason="",
    )
    events, faults = _read_events(cells, where, stages)
    return events, findings + faults


def _read_events(
    cells: pd.DataFrame, where: Place, stages: Sequence[Stage]
) -> tuple[pd.DataFrame, list[Finding]]:
    rungs, names = rung_names(stages), [stage.id for stage in stages]
    rung = _each(cells["stage"], lambda cell: rungs.get(normal(cell), -1)).astype(np.int64)
    action = _each(cells["action"], lambda cell: normal(cell) or "reach")
    reverts = action == "revert"
    at, told = pd.factorize(cells["date"])
    known = [parse_date(cell) for cell in told]
    precision = np.array([item.precision if item else "" for item in known], dtype=object)[at]
    first, last = (
        np.array([item and item[end] for item in known], dtype="datetime64[s]")[at]
        for end in (0, 1)
    )
    events = cells.assign(
        action=_texts(action),
        rung=rung,
        precision=_texts(precision),
        date=np.where(reverts, first, last),
    )
    findings = list(_cell_faults(events, cells, where, rungs))
    good = (rung >= 0) & (precision != "") & (reverts | (action == "reach"))
    events = events[good].reset_index(drop=True)
    events["stage"] = _texts(np.array(names, dtype=object)[rung[good]])
    findings += check_stages(events, where, stages)
    return events[list(EVENT_COLUMNS)], findings


def _each(cells: pd.Series, read: Callable[[str], Any]) -> npt.NDArray[Any]:
    """What each cell means, alike ones read once."""
    at, told = pd.factorize(cells)
    meant: npt.NDArray[Any] = np.array([read(cell) for cell in told], dtype=object)[at]
    return meant


def _texts(values: npt.NDArray[Any]) -> Any:
    """Text as a column of whatever index."""
    return pa.array(values, pa.large_string()).to_pandas().array


def check_stages(events: pd.DataFrame, where: Place, stages: Sequence[Stage]) -> list[Finding]:
    """What to note of events that can be read: no evidence, no reason, an odd order."""
    return [
        *_evidence_faults(events, where, stages),
        *_order_faults(events, where, stages),
        *_vague_faults(events, where, stages),
    ]


def rung_names(stages: Iterable[Stage]) -> dict[str, int]:
    """Every spelling of every stage, and the rung that it means."""
    return {
        normal(spelling): rung for rung, stage in enumerate(stages) for spelling in stage.spellings
    }


def _cell_faults(
    events: pd.DataFrame, cells: pd.DataFrame, where: Place, rungs: dict[str, int]
) -> Iterator[Finding]:
    for place, seen in _at(events["rung"] < 0, events, where, "stage", cells["stage"]):
        yield finding("event.unknown-stage", **place, seen=seen, **hint(normal(seen), rungs))
    for place, seen in _at(events["precision"] == "", events, where, "date", cells["date"]):
        yield finding("event.date", **place, seen=seen)
    odd = ~events["action"].isin(["reach", "revert"])
    for place, seen in _at(odd, events, where, "action", cells["action"]):
        yield finding("event.action", **place, seen=seen)


def _at(
    marked: pd.Series | npt.NDArray[Any],
    events: pd.DataFrame,
    where: Place,
    field: str,
    values: pd.Series,
) -> Iterator[tuple[Place, Any]]:
    """The places of the marked events, or of those at these positions, and what stands there."""
    at = np.asarray(marked)
    at = np.flatnonzero(at) if at.dtype == bool else at
    columns = (events["row"], events["parcel_id"], values)
    chosen = (column.take(at).tolist() for column in columns)
    for row, parcel, value in zip(*chosen, strict=True):
        yield {**where, "row": row, "parcel": parcel, "field": field}, value


def _evidence_faults(
    events: pd.DataFrame, where: Place, stages: Sequence[Stage]
) -> Iterator[Finding]:
    reached = events["action"] == "reach"
    bare = reached & (events["evidence"] == "")
    for place, rung in _at(bare, events, where, "evidence", events["rung"]):
        yield finding("event.no-evidence", **place, **_stage(stages[rung]))
    unexplained = ~reached & (events["reason"] == "")
    for place, rung in _at(unexplained, events, where, "reason", events["rung"]):
        yield finding("event.revert-reason", **place, **_stage(stages[rung]))


def _stage(stage: Stage) -> Place:
    return {"seen": stage.id, "stage": stage.name.en, "stage_zh": stage.name.zh}


def _order_faults(events: pd.DataFrame, where: Place, stages: Sequence[Stage]) -> Iterator[Finding]:
    """Stages dated before an earlier rung: they may run in parallel, so this only informs."""
    counted = as_counted(events)
    vague = _overtaken(events)["fall"].to_numpy()  # of these more is told
    order = _in_order(counted)
    numbers, parcels = pd.factorize(counted["parcel_id"])
    rungs = counted["rung"].to_numpy(dtype=np.int64)[order]
    reverts = (events["action"] == "revert").to_numpy(dtype=bool)[order]
    before = stand_before(numbers.astype(np.int64)[order], rungs, reverts, len(parcels))
    nothing = reverts & (rungs == before) & ~np.isin(order, vague)
    odd = (~reverts & (rungs < before)) | nothing
    told = _at(order[odd], events, where, "date", events["rung"])
    for (place, rung), higher, empty in zip(told, before[odd], nothing[odd], strict=True):
        if empty:
            place["field"] = "stage"
            yield finding("event.revert-nothing", **place, **_stage(stages[rung]))
        else:
            name = stages[higher].name
            words: Place = {"higher": name.en, "higher_zh": name.zh}
            yield finding("event.order", **place, **words, **_stage(stages[rung]))


def _vague_faults(events: pd.DataFrame, where: Place, stages: Sequence[Stage]) -> Iterator[Finding]:
    """Reverts within whose period a parcel came higher: which was first is not known."""
    pairs = _overtaken(events).drop_duplicates("fall").sort_values("fall")
    falls = _at(pairs["fall"].to_numpy(), events, where, "date", events["rung"])
    for (place, rung), (reach, fall) in zip(falls, pairs.to_numpy().tolist(), strict=True):
        higher = stages[events["rung"].iat[reach]].name
        words: Place = {
            "period": as_known(events["date"].iat[fall].date(), events["precision"].iat[fall]),
            "higher": higher.en,
            "higher_zh": higher.zh,
            "higher_row": int(events["row"].iat[reach]),
        }
        yield finding("event.vague-revert", **place, **words, **_stage(stages[rung]))


def _overtaken(events: pd.DataFrame) -> pd.DataFrame:
    """Pairs of positions: a ``reach`` in the period of a ``fall`` to a lower rung, lowest first.

    That is a revert which is not known to the day.
    """
    fell = (events["action"] == "revert").to_numpy(dtype=bool)
    if not fell.any():
        return pd.DataFrame({"reach": [], "fall": []}, dtype="int64")
    moves = events[["parcel_id", "date", "precision", "rung"]].assign(at=np.arange(len(events)))
    falls = moves[fell].query("precision != 'day'").rename(columns={"at": "fall"})
    days = zip(falls["date"].dt.date, falls["precision"], strict=True)
    falls["until"] = pd.to_datetime([last_day(*known) for known in days])
    reaches = moves[~fell & moves["parcel_id"].isin(falls["parcel_id"]).to_numpy()]
    pairs = reaches.rename(columns={"at": "reach"}).merge(falls, on="parcel_id")
    inside = (pairs["date_x"] > pairs["date_y"]) & (pairs["date_x"] <= pairs["until"])
    pairs = pairs[inside & (pairs["rung_x"] > pairs["rung_y"])]
    return pairs.sort_values(["rung_y", "fall", "reach"])[["reach", "fall"]]


def as_counted(events: pd.DataFrame) -> pd.DataFrame:
    """The events with the rungs and stages that they count for.

    A revert that is not known to the day may have come last in its period: what was reached in
    the period counts for no more than the stage to which the parcel fell.
    """
    pairs = _overtaken(events)
    if pairs.empty:
        return events
    lowest = pairs.drop_duplicates("reach")
    counted = events.reset_index(drop=True)
    for name in ("rung", "stage"):
        counted.loc[lowest["reach"], name] = events[name].to_numpy()[lowest["fall"]]
    return counted


def _in_order(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Positions of the events as they happened, whatever the order of the rows.

    On one day a parcel first reaches and then falls back.
    """
    rungs = events["rung"].to_numpy(dtype=np.int64)
    falls = (events["action"] == "revert").to_numpy(dtype=bool)
    seconds = events["date"].to_numpy().astype("datetime64[s]").view(np.int64)
    keys = (2 * seconds + falls) * (1 + rungs.max(initial=0)) + rungs  # one is sorted at once
    order: npt.NDArray[np.int64] = np.argsort(keys, kind="stable")
    return order


def check_events(
    events: pd.DataFrame, known: set[str], aside: set[str], as_of: date, where: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    """Leave out events of parcels that are not there; list those that lie after ``as_of``."""
    findings = []
    there = among(events["parcel_id"], known)
    spelled = _spelled(events["parcel_id"][~there], known)
    for place, parcel in _at(~there, events, where, "parcel_id", events["parcel_id"]):
        if parcel in aside:
            findings.append(finding("event.uncounted-parcel", **place))
            continue
        near = spelled.get(parcel)
        words = hint(near, [near]) if near else hint("", [])
        findings.append(finding("event.unknown-parcel", **place, **words))
    kept = events if there.all() else events[there].reset_index(drop=True)
    late = kept["date"] > pd.Timestamp(as_of)
    for place, seen in _at(late, kept, where, "date", kept["date"]):
        findings.append(finding("event.future", **place, seen=seen.date()))
    return kept, findings


def _spelled(strangers: pd.Series, known: set[str]) -> dict[str, str]:
    """For ids that are not there the ones that a careless eye takes for them, where there are."""
    unknown = strangers.unique().tolist()
    if not unknown:
        return {}
    names = sorted(known)
    alike = dict(zip(folds(names).to_pylist(), names, strict=True))
    near = {
        name: alike.get(key) for name, key in zip(unknown, folds(unknown).to_pylist(), strict=True)
    }
    return {name: other for name, other in near.items() if other is not None}


class Reached(NamedTuple):
    """Where every parcel stood on one date, in the order of the parcels asked for.

    ``rung`` is the highest reached, ``evidenced_rung`` the highest that evidence shows, both 0
    for a parcel without events; ``since`` is when it came to ``rung`` (NaT without events).
    """

    rung: npt.NDArray[np.int64]
    evidenced_rung: npt.NDArray[np.int64]
    since: npt.NDArray[np.datetime64]

    @property
    def has_events(self) -> npt.NDArray[np.bool_]:
        """Whether any event of the parcel had happened by the date."""
        return ~np.isnat(self.since)

    @property
    def self_reported(self) -> npt.NDArray[np.bool_]:
        """Whether the rung rests on an event without evidence (自报)."""
        return self.rung > self.evidenced_rung


def reached(
    events: pd.DataFrame, parcel_ids: Sequence[str] | pd.Series, dates: Sequence[date]
) -> list[Reached]:
    """The stage of every parcel as of each date (ascending), in one pass over the events.

    The stage is the highest rung reached: stages run in parallel, so a lower rung dated later
    takes nothing away. A revert does: the parcel falls back to the rung that it names, and what
    it had reached above, or reaches in a period to which the revert is known, must be reached
    again.
    """
    events = as_counted(events)
    order = _in_order(events)
    parcels = _positions(events["parcel_id"], parcel_ids)[order]
    days = events["date"].to_numpy()[order].astype("datetime64[D]")
    rungs = events["rung"].to_numpy(dtype=np.int64)[order]
    reverts = (events["action"] == "revert").to_numpy(dtype=bool)[order]
    evidenced = (events["evidence"] != "").to_numpy(dtype=bool)[order]
    rung, shown = (np.full(len(parcel_ids), -1) for _ in range(2))
    since = np.full(len(parcel_ids), np.datetime64("NaT", "D"))
    snapshots, done = [], 0
    for day in dates:
        due = int(np.searchsorted(days, np.datetime64(day), side="right"))
        new = slice(done, due)
        told = (parcels[new], rungs[new], reverts[new], evidenced[new])
        advance(*told, days[new].view(np.int64), rung, shown, since.view(np.int64))
        done = due
        snapshots.append(
            Reached(_from_first(rung), _from_first(shown), since.astype("datetime64[us]"))
        )
    return snapshots


def _positions(names: pd.Series, parcel_ids: Sequence[str] | pd.Series) -> npt.NDArray[np.int64]:
    """Where each of some names stands among the parcels; raises KeyError where one does not."""
    named, ids = (pa.array(texts, pa.large_string()) for texts in (names, parcel_ids))
    told = pc.is_in(ids, value_set=named)  # parcels without events need not be hashed
    at = pc.index_in(named, pc.filter(ids, told))
    if at.null_count:
        raise KeyError(names[at.is_null().to_numpy(zero_copy_only=False)].iat[0])
    positions: npt.NDArray[np.int64] = np.flatnonzero(told)[at.to_numpy()]
    return positions


def _from_first(rungs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A parcel without events stands at the first rung."""
    return np.maximum(rungs, 0)


def stage_table(parcels: pd.DataFrame, stages: Sequence[Stage]) -> pd.DataFrame:
    """Land by zone and stage: parcels, mu at the stage, and mu at it or beyond.

    ``parcels`` has ``zone``, ``rung``, ``self_reported`` and ``land_m2``; zone ``""`` is all of
    them. ``self_reported_mu`` is the part of the mu at the stage that no evidence shows.
    """
    codes, found = pd.factorize(parcels["zone"], sort=True)
    zones, rungs = [*map(str, found), ""], len(stages)
    land_m2 = parcels["land_m2"].to_numpy(dtype=float)
    told_m2 = np.where(parcels["self_reported"], land_m2, 0.0)
    at = codes * rungs + parcels["rung"].to_numpy()

    def by_zone(weights: npt.NDArray[np.float64] | None) -> npt.NDArray[Any]:
        cells = np.bincount(at, weights, len(found) * rungs).reshape(-1, rungs)
        return np.concatenate([cells, cells.sum(axis=0, keepdims=True)])

    mu, self_reported_mu = by_zone(land_m2) / M2_PER_MU, by_zone(told_m2) / M2_PER_MU
    return pd.DataFrame(
        {
            "zone": np.repeat(zones, rungs),
            "rung": np.tile(np.arange(rungs), len(zones)),
            "stage": [stage.id for stage in stages] * len(zones),
            "parcels": by_zone(None).ravel(),
            "mu": mu.ravel(),
            "self_reported_mu": self_reported_mu.ravel(),
            "mu_or_beyond": mu[:, ::-1].cumsum(axis=1)[:, ::-1].ravel(),
        }
    )
