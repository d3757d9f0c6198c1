"""Parcels that split and merge: which parcels there were on a day, and whose history each has."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from geo.ledger.event import Event
from geo.ledger.history import History
from geo.readiness import as_counted


def named_in(changes: Iterable[Event]) -> set[str]:
    """Every parcel that splits and merges speak of."""
    return {parcel for change in changes for side in change.old_and_new for parcel in side}


def parcels_on(day: date, history: History) -> set[str]:
    """The parcels that there were on a day, as far as was known.

    They are those of the layer that the ledger saw last, and of each split and merge the parcels
    before it or after it.
    """
    there = {item.parcel_id for item in history.outlines}
    there -= {parcel for parcel, last in _last_seen(history).items() if not last}
    for ended, began in [
        *(change.old_and_new for change in history.lineage),
        *(change.old_and_new[::-1] for change in history.to_undo(day)),
        *(change.old_and_new for change in history.to_redo(day)),
    ]:
        there = (there - set(ended)) | set(began)
    return there


def _last_seen(history: History) -> dict[str, bool]:
    """Whether each parcel was still in the layer when the ledger saw it last."""
    return {item.parcel_id: bool(item.hash) for item in history.outlines}


def left(history: History) -> set[str]:
    """The parcels that left the layer without having split or merged."""
    gone = {parcel for parcel, is_there in _last_seen(history).items() if not is_there}
    return gone - named_in([*history.lineage, *history.known_lineage])


def inherited(
    events: pd.DataFrame, history: History, parcel_ids: Iterable[str], *, as_of: date
) -> pd.DataFrame:
    """The events of some parcels with what they inherit through splits and merges.

    A part of a split has the whole history of what was split. A merged parcel stands where all
    its parts stood: it came to a rung on the day when the last of them did. Events of parcels that
    are no more, or not yet, are left out with the parcels.
    """
    changes = history.happened(as_of)
    involved = named_in([*history.lineage, *history.known_lineage])
    if not involved:
        return events
    own = {name: rows for name, rows in events.groupby("parcel_id") if name in involved}
    nothing = events.iloc[:0]
    for change in changes:
        old, new = change.old_and_new
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
    pasts = [as_counted(past) for past in pasts]
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


class Torn(NamedTuple):
    """A split or merge of which a named set has a part only: that part is in no parcel of it."""

    change: Event
    parts: list[str]


def covering(
    members: set[str], history: History, parcel_ids: Iterable[str], *, as_of: date
) -> tuple[set[str], list[Torn]]:
    """A named set of parcels as the parcels of a day: what was split, or merged of members only.

    Ids that the ledger knows and that were no parcel on that day are left out; of which land that
    costs the set, the second tells.
    """
    happened, undone = history.happened(as_of), history.to_undo(as_of)
    relations = [(change, *change.old_and_new) for change in happened]
    relations += [(change, *change.old_and_new[::-1]) for change in undone]
    found, torn = set(members), []
    for change, before, after in relations:
        inside = [parcel for parcel in before if parcel in found]
        if len(inside) == len(before):
            found.update(after)
        elif inside and not found.issuperset(after):
            torn.append(Torn(change, inside))
    named = {parcel for _, before, after in relations for parcel in (*before, *after)}
    return found - (named - set(parcel_ids)), torn


def eras(changes: Sequence[Event], dates: Sequence[date]) -> list[list[date]]:
    """The dates in groups between which nothing split and nothing merged."""
    found: dict[tuple[int, ...], list[date]] = defaultdict(list)
    for day in dates:
        found[tuple(item.seq for item in changes if item.last > day)].append(day)
    return list(found.values())
