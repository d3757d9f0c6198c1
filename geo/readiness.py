"""Readiness: dated stage events, and the stage that a parcel had reached as of any date."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.cells.numerals import as_known, parse_date
from geo.findings import Finding, Place, finding
from geo.ledger.event import last_day
from geo.plan import ReadinessTable, Stage
from geo.readers.columns import no_column
from geo.readers.table import Table
from geo.units import M2_PER_MU
from geo.words import folded, hint, normal

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
    known_dates = {cell: parse_date(cell) for cell in cells["date"].unique()}
    dates = [known_dates[cell] for cell in cells["date"]]
    rungs = rung_names(stages)
    events = cells.assign(
        action=cells["action"].map(normal).replace("", "reach"),
        rung=cells["stage"]
        .map({cell: rungs.get(normal(cell), -1) for cell in cells["stage"].unique()})
        .to_numpy(dtype="int64"),
        precision=[known.precision if known else "" for known in dates],
    )
    days = [
        None if known is None else known.first if action == "revert" else known.last
        for known, action in zip(dates, events["action"], strict=True)
    ]
    events["date"] = pd.to_datetime(pd.Series(days)).to_numpy()
    findings = list(_cell_faults(events, cells, where, rungs))
    good = (events["rung"] >= 0) & (events["precision"] != "")
    good &= events["action"].isin(["reach", "revert"])
    events = events[good].reset_index(drop=True)
    names = [stage.id for stage in stages]
    events["stage"] = [names[rung] for rung in events["rung"]]
    findings += check_stages(events, where, stages)
    return events[list(EVENT_COLUMNS)], findings


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
    for index in np.flatnonzero(events["rung"] < 0):
        seen = cells["stage"].iat[index]
        place: Place = {**where, **_place(events, index), "field": "stage"}
        yield finding("event.unknown-stage", **place, seen=seen, **hint(normal(seen), rungs))
    for index in np.flatnonzero(events["precision"] == ""):
        place = {**where, **_place(events, index), "field": "date"}
        yield finding("event.date", **place, seen=cells["date"].iat[index])
    for index in np.flatnonzero(~events["action"].isin(["reach", "revert"])):
        place = {**where, **_place(events, index), "field": "action"}
        yield finding("event.action", **place, seen=cells["action"].iat[index])


def _evidence_faults(
    events: pd.DataFrame, where: Place, stages: Sequence[Stage]
) -> Iterator[Finding]:
    reached = events["action"] == "reach"
    for index in np.flatnonzero(reached & (events["evidence"] == "")):
        place: Place = {**where, **_place(events, index), "field": "evidence"}
        yield finding("event.no-evidence", **place, **_stage(stages, events, index))
    for index in np.flatnonzero(~reached & (events["reason"] == "")):
        place = {**where, **_place(events, index), "field": "reason"}
        yield finding("event.revert-reason", **place, **_stage(stages, events, index))


def _stage(stages: Sequence[Stage], events: pd.DataFrame, index: np.intp | int) -> Place:
    stage = stages[events["rung"].iat[index]]
    return {"seen": stage.id, "stage": stage.name.en, "stage_zh": stage.name.zh}


def _order_faults(events: pd.DataFrame, where: Place, stages: Sequence[Stage]) -> Iterator[Finding]:
    """Stages dated before an earlier rung: they may run in parallel, so this only informs."""
    counted = as_counted(events)
    vague = {*_overtaken(events)["fall"].tolist()}  # of these more is told
    order = _in_order(counted)
    parcels, rungs = (counted[name].to_numpy()[order].tolist() for name in ("parcel_id", "rung"))
    reverts = (events["action"] == "revert").to_numpy()[order].tolist()
    highest: dict[str, int] = {}
    for index, parcel, rung, reverted in zip(order, parcels, rungs, reverts, strict=True):
        before = highest.get(parcel, -1)
        if rung < before and not reverted:
            place: Place = {**where, **_place(events, index), "field": "date"}
            words: Place = {"higher": stages[before].name.en, "higher_zh": stages[before].name.zh}
            yield finding("event.order", **place, **words, **_stage(stages, events, index))
        if reverted and rung == before and index not in vague:
            place = {**where, **_place(events, index), "field": "stage"}
            yield finding("event.revert-nothing", **place, **_stage(stages, events, index))
        highest[parcel] = min(before, rung) if reverted else max(before, rung)


def _vague_faults(events: pd.DataFrame, where: Place, stages: Sequence[Stage]) -> Iterator[Finding]:
    """Reverts within whose period a parcel came higher: which was first is not known."""
    pairs = _overtaken(events).drop_duplicates("fall").sort_values("fall")
    for reach, fall in pairs.to_numpy().tolist():
        higher = stages[events["rung"].iat[reach]].name
        words: Place = {
            "period": as_known(events["date"].iat[fall].date(), events["precision"].iat[fall]),
            "higher": higher.en,
            "higher_zh": higher.zh,
            "higher_row": int(events["row"].iat[reach]),
        }
        place: Place = {**where, **_place(events, fall), "field": "date"}
        yield finding("event.vague-revert", **place, **words, **_stage(stages, events, fall))


def _overtaken(events: pd.DataFrame) -> pd.DataFrame:
    """Pairs of positions: a ``reach`` in the period of a ``fall`` to a lower rung, lowest first.

    That is a revert which is not known to the day.
    """
    fell = (events["action"] == "revert").to_numpy()
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


def _place(events: pd.DataFrame, index: np.intp | int) -> Place:
    return {"row": int(events["row"].iat[index]), "parcel": str(events["parcel_id"].iat[index])}


def _in_order(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Positions of the events as they happened, whatever the order of the rows.

    On one day a parcel first reaches and then falls back.
    """
    keys = (events["rung"], events["action"] == "revert", events["date"])
    order: npt.NDArray[np.int64] = np.lexsort([np.asarray(key) for key in keys])
    return order


def check_events(
    events: pd.DataFrame, known: set[str], aside: set[str], as_of: date, where: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    """Leave out events of parcels that are not there; list those that lie after ``as_of``."""
    findings = []
    alike = {folded(name): name for name in known}
    for index in np.flatnonzero(~events["parcel_id"].isin(known)):
        place: Place = {**where, **_place(events, index), "field": "parcel_id"}
        if place["parcel"] in aside:
            findings.append(finding("event.uncounted-parcel", **place))
            continue
        near = alike.get(folded(place["parcel"]))
        words = hint(near, [near]) if near else hint("", [])
        findings.append(finding("event.unknown-parcel", **place, **words))
    kept = events[events["parcel_id"].isin(known)].reset_index(drop=True)
    for index in np.flatnonzero(kept["date"] > pd.Timestamp(as_of)):
        seen = kept["date"].iat[index].date()
        place = {**where, **_place(kept, index), "field": "date"}
        findings.append(finding("event.future", **place, seen=seen))
    return kept, findings


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
    events: pd.DataFrame, parcel_ids: Sequence[str], dates: Sequence[date]
) -> list[Reached]:
    """The stage of every parcel as of each date (ascending), in one pass over the events.

    The stage is the highest rung reached: stages run in parallel, so a lower rung dated later
    takes nothing away. A revert does: the parcel falls back to the rung that it names, and what
    it had reached above, or reaches in a period to which the revert is known, must be reached
    again.
    """
    position = {parcel: index for index, parcel in enumerate(parcel_ids)}
    events = as_counted(events)
    order = _in_order(events)
    days = events["date"].to_numpy()[order].astype("datetime64[D]")
    parcels = [position[parcel] for parcel in events["parcel_id"].to_numpy()[order]]
    rungs = events["rung"].to_numpy()[order].tolist()
    reverts = (events["action"] == "revert").to_numpy()[order].tolist()
    evidenced = (events["evidence"] != "").to_numpy()[order].tolist()
    rung = [-1] * len(position)
    shown = [-1] * len(position)
    since = np.full(len(position), np.datetime64("NaT", "D"))
    snapshots, done = [], 0
    for day in dates:
        due = int(np.searchsorted(days, np.datetime64(day), side="right"))
        for event in range(done, due):
            parcel, new = parcels[event], rungs[event]
            if reverts[event]:
                stands, shown[parcel] = min(rung[parcel], new), min(shown[parcel], new)
            else:
                stands = max(rung[parcel], new)
                if evidenced[event]:
                    shown[parcel] = max(shown[parcel], new)
            if stands != rung[parcel] or np.isnat(since[parcel]):
                rung[parcel], since[parcel] = stands, days[event]
        done = due
        snapshots.append(
            Reached(_from_first(rung), _from_first(shown), since.astype("datetime64[us]"))
        )
    return snapshots


def _from_first(rungs: list[int]) -> npt.NDArray[np.int64]:
    """A parcel without events stands at the first rung; no parcels have integers all the same."""
    return np.maximum(np.array(rungs, dtype=np.int64), 0)


def stage_table(parcels: pd.DataFrame, stages: Sequence[Stage]) -> pd.DataFrame:
    """Land by zone and stage: parcels, mu at the stage, and mu at it or beyond.

    ``parcels`` has ``zone``, ``rung``, ``self_reported`` and ``land_m2``; zone ``""`` is all of
    them. ``self_reported_mu`` is the part of the mu at the stage that no evidence shows.
    """
    told = parcels["land_m2"].where(parcels["self_reported"], 0.0)
    facts = parcels.assign(told_m2=told)
    tables = []
    for zone, members in [*facts.groupby("zone"), ("", facts)]:
        sums = members.groupby("rung").agg(
            parcels=("land_m2", "size"), mu=("land_m2", "sum"), self_reported_mu=("told_m2", "sum")
        )
        sums = sums.reindex(range(len(stages)), fill_value=0).assign(zone=zone)
        sums["mu"] /= M2_PER_MU
        sums["self_reported_mu"] /= M2_PER_MU
        sums["mu_or_beyond"] = sums["mu"][::-1].cumsum()[::-1]
        tables.append(sums.reset_index())
    table = pd.concat(tables, ignore_index=True)
    table["stage"] = [stages[rung].id for rung in table["rung"]]
    return table[["zone", "rung", "stage", "parcels", "mu", "self_reported_mu", "mu_or_beyond"]]
