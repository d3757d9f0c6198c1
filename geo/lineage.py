"""Parcels that split and merge: which land was which parcel on a day, and whose history it has."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.crs import parse_crs, transform
from geo.findings import Finding, Place, finding
from geo.ledger.event import Event
from geo.ledger.history import History
from geo.ledger.outline import Outline


def as_they_were(
    table: gpd.GeoDataFrame, history: History, *, as_of: date, where: Place
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The rows of a parcel layer as they were on a day: later splits and merges are undone.

    A merged parcel becomes its parts again, with the outlines that the ledger kept of them and
    their shares of its declared area and floor space; the parts of a split become one. Where the
    layer contradicts the ledger, that is a finding and the rows stay as they are.
    """
    shapes = {item.parcel_id: item for item in history.outlines if item.hash}
    findings = _against_layer(table, history.lineage, where)
    for change in reversed(_yet_to_come(history, as_of)):
        undo = _undo_merge if change.kind == "merge" else _undo_split
        table, faults = undo(table, change, shapes, where)
        findings += faults
    return table.reset_index(drop=True), findings


def _yet_to_come(history: History, as_of: date) -> list[Event]:
    """The splits and merges that the layer shows and that had not happened, or were not known."""
    done = {item.seq for item in history.happened(as_of)}
    return [item for item in history.lineage if item.seq not in done]


def _against_layer(
    table: gpd.GeoDataFrame, lineage: Sequence[Event], where: Place
) -> list[Finding]:
    """Parcels that are gone by the ledger and still in the layer."""
    rows = dict(zip(table["parcel_id"], table["row"], strict=True))
    findings = []
    gone: dict[str, Event] = {}
    for change in lineage:
        old, new = _old_and_new(change)
        gone |= dict.fromkeys(old, change)
        for parcel in new:
            gone.pop(parcel, None)
    for parcel in sorted(gone.keys() & rows.keys()):
        words: Place = {"seen": gone[parcel].seq, "date": gone[parcel].date}
        findings.append(
            finding("lineage.still-there", **where, row=rows[parcel], parcel=parcel, **words)
        )
    return findings


def _old_and_new(change: Event) -> tuple[list[str], list[str]]:
    one, several = [change.parcel_id], change.part_ids
    return (several, one) if change.kind == "merge" else (one, several)


def _undo_merge(
    table: gpd.GeoDataFrame, change: Event, shapes: dict[str, Outline], where: Place
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """One row becomes the rows of its parts."""
    whole = table[table["parcel_id"] == change.parcel_id]
    if whole.empty or table["parcel_id"].isin(change.part_ids).any():
        return table, _missing(change, [change.parcel_id], table, where)
    unknown = [part for part in change.part_ids if part not in shapes]
    if unknown:
        place: Place = {**where, "row": whole["row"].iat[0], "parcel": change.parcel_id}
        words: Place = {"seen": ", ".join(unknown), "entry": change.seq}
        return table, [finding("lineage.no-outline", **place, **words)]
    kept = [shapes[part] for part in change.part_ids]
    parts = whole.loc[whole.index.repeat(len(kept))].assign(parcel_id=change.part_ids, name="")
    parts = parts.set_geometry([_drawn(item, table.crs) for item in kept]).set_crs(table.crs)
    shares = np.array([item.area_m2 for item in kept])
    for column in _DIVIDED:
        parts[column] = parts[column].to_numpy() * shares / shares.sum()
    told = finding(
        "lineage.undone",
        **where,
        row=whole["row"].iat[0],
        parcel=change.parcel_id,
        seen=", ".join(change.part_ids),
        date=change.date,
        area_m2=float(whole.geometry.area.sum()),
    )
    return pd.concat([table.drop(index=whole.index), parts], ignore_index=True), [told]


_DIVIDED: Final = ("declared_m2", "existing_floor_m2")
"""What a parcel has as a sum of its land, and its parts by their share of it."""


_WEIGHTED: Final = ("plot_ratio", "plot_ratio_existing")
"""What a parcel has by the square metre, and several together as the mean over their land."""


def _undo_split(
    table: gpd.GeoDataFrame, change: Event, shapes: dict[str, Outline], where: Place
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The rows of the parts become one, with its former outline if the ledger kept it."""
    parts = table[table["parcel_id"].isin(change.part_ids)]
    lacking = [part for part in change.part_ids if part not in set(parts["parcel_id"])]
    if lacking:
        return table, _missing(change, lacking, table, where)
    kept = shapes.get(change.parcel_id)
    shape = _drawn(kept, table.crs) if kept else shapely.union_all(parts.geometry.to_numpy())
    whole = parts.iloc[[0]].assign(parcel_id=change.parcel_id, name="")
    for column in _DIVIDED:
        whole[column] = parts[column].sum(min_count=len(parts))
    shares = shapely.area(parts.geometry.to_numpy())
    for column in _WEIGHTED:  # one part without a ratio leaves the whole without
        whole[column] = (parts[column].to_numpy() * shares).sum() / shares.sum()
    whole = whole.set_geometry([shape]).set_crs(table.crs)
    told = finding(
        "lineage.undone",
        **where,
        row=whole["row"].iat[0],
        parcel=change.parcel_id,
        seen=", ".join(change.part_ids),
        date=change.date,
        area_m2=float(shapely.area(shape)),
    )
    return pd.concat([table.drop(index=parts.index), whole], ignore_index=True), [told]


def _missing(
    change: Event, lacking: list[str], table: gpd.GeoDataFrame, where: Place
) -> list[Finding]:
    """A parcel that the ledger says is there, and is not in the layer."""
    there = set(table["parcel_id"])
    return [
        finding("lineage.missing", **where, parcel=parcel, seen=change.seq, date=change.date)
        for parcel in lacking
        if parcel not in there
    ]


def _drawn(item: Outline, crs: CRS) -> shapely.Geometry:
    shape = shapely.from_wkb(item.wkb)
    source = parse_crs(item.crs)
    if source == crs:
        return shape
    return transform(np.array([shape], dtype=object), source, crs)[0]


def inherited(
    events: pd.DataFrame, history: History, parcel_ids: Iterable[str], *, as_of: date
) -> pd.DataFrame:
    """The events of some parcels with what they inherit through splits and merges.

    A part of a split has the whole
    history of what was split. A merged parcel stands where all its parts stood: it came to a rung
    on the day when the last of them did. Events of parcels that are no more, or not yet, are left
    out with the parcels.
    """
    changes = history.happened(as_of)
    involved = {
        parcel for change in history.lineage for side in _old_and_new(change) for parcel in side
    }
    if not involved:
        return events
    own = {name: rows for name, rows in events.groupby("parcel_id") if name in involved}
    nothing = events.iloc[:0]
    for change in changes:
        old, new = _old_and_new(change)
        past = [own.get(parcel, nothing) for parcel in old]
        legacy = past[0] if change.kind == "split" else _common(past)
        for parcel in new:
            after = own.get(parcel, nothing)
            own[parcel] = pd.concat([legacy.assign(parcel_id=parcel), after])
    wanted = [own[parcel] for parcel in involved & own.keys() & set(parcel_ids)]
    others = events[~events["parcel_id"].isin(involved)]
    together = pd.concat([others, *wanted], ignore_index=True)
    return together.sort_values("row", kind="stable", ignore_index=True)


def _common(pasts: list[pd.DataFrame]) -> pd.DataFrame:
    """The events that bring one parcel to every rung on the day when the last part came to it."""
    rows = []
    for evidenced in (False, True):
        ladders = [_ladder(past, evidenced=evidenced) for past in pasts]
        top = min((max(ladder, default=-1) for ladder in ladders), default=-1)
        for rung in range(top + 1):
            reached = [_first_at(ladder, rung) for ladder in ladders]
            last = max(reached, key=lambda event: event["date"])
            if rung not in {event["rung"] for event in reached}:
                continue  # no part stopped here on its way up
            evidence = dict.fromkeys(event["evidence"] for event in reached if evidenced)
            changed = {"rung": rung, "action": "reach", "evidence": "; ".join(evidence)}
            rows.append(last | changed | {"stage": _stage_at(reached, rung)})
    return pd.DataFrame(rows, columns=pasts[0].columns).astype(pasts[0].dtypes.to_dict())


def _stage_at(reached: list[dict[str, Any]], rung: int) -> Any:
    return next(event["stage"] for event in reached if event["rung"] == rung)


def _first_at(ladder: dict[int, dict[str, Any]], rung: int) -> dict[str, Any]:
    """The event that brought a parcel to a rung, or past it."""
    return ladder[min(step for step in ladder if step >= rung)]


def _ladder(past: pd.DataFrame, *, evidenced: bool) -> dict[int, dict[str, Any]]:
    """The events by which a parcel stands where it stands, by rung; falls take theirs away."""
    ladder: dict[int, dict[str, Any]] = {}
    order = past.assign(falls=past["action"] == "revert").sort_values(
        ["date", "falls", "rung"], kind="stable"
    )
    for event in order.drop(columns="falls").to_dict("records"):
        rung = event["rung"]
        if event["action"] == "revert":
            above = [ladder.pop(step) for step in sorted(ladder) if step > rung]
            if above:  # it stands on the rung that it fell to, shown by what showed the higher one
                ladder.setdefault(rung, event | {"evidence": above[-1]["evidence"]})
        elif (event["evidence"] or not evidenced) and rung > max(ladder, default=-1):
            ladder[rung] = event
    return ladder


def covering(
    members: set[str], history: History, parcel_ids: Iterable[str], *, as_of: date
) -> set[str]:
    """A named set of parcels as the parcels of a day: what was split, or merged of members only.

    Ids that the ledger knows and that were no parcel on that day are left out.
    """
    relations = [_old_and_new(change) for change in history.happened(as_of)]
    ahead = reversed(_yet_to_come(history, as_of))
    relations += [(new, old) for old, new in map(_old_and_new, ahead)]
    found = set(members)
    for before, after in relations:
        if found.issuperset(before):
            found.update(after)
    named = {parcel for before, after in relations for parcel in (*before, *after)}
    return found - (named - set(parcel_ids))


def parcels_on(day: date, history: History) -> set[str]:
    """The parcels that there were on a day.

    They are those of the layer that the ledger saw last, and of each split and merge the parcels
    before it or after it.
    """
    there = {item.parcel_id: bool(item.hash) for item in history.outlines}
    for change in history.happened(day):
        old, new = _old_and_new(change)
        there |= dict.fromkeys(old, False) | dict.fromkeys(new, True)
    for change in reversed(_yet_to_come(history, day)):
        old, new = _old_and_new(change)
        there |= dict.fromkeys(new, False) | dict.fromkeys(old, True)
    return {parcel for parcel, is_there in there.items() if is_there}


def eras(changes: Iterable[Event], dates: Sequence[date]) -> dict[tuple[int, ...], list[date]]:
    """The dates by the merges that had not happened yet: between two merges the parcels differ.

    Splits make no era: their parts have one history until then.
    """
    merges = [item for item in changes if item.kind == "merge"]
    found: dict[tuple[int, ...], list[date]] = defaultdict(list)
    for day in dates:
        found[tuple(item.seq for item in merges if item.last > day)].append(day)
    return dict(found)
