"""Where every parcel stands, told by the ledger alone: at once, without reading the layers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.errors import LedgerError
from geo.findings import Finding, Place, finding
from geo.ledger.event import Head
from geo.ledger.history import History, read_history, stage_events
from geo.ledger.opening import open_ledger
from geo.lineage import inherited, parcels_on
from geo.plan import Plan
from geo.readiness import reached, stage_table
from geo.sources import layers_mark
from geo.tasks import open_blockers, tasks, texts_of


@dataclass(frozen=True, slots=True)
class Status:
    """Where the parcels stand by a ledger.

    ``parcels``: parcel_id, zone, land_m2, rung, stage, since, evidenced_rung, self_reported,
    has_events, blocked (what blocks it), responsible, next_step. ``stages``:
    :func:`geo.readiness.stage_table` of them. ``head`` is the end of the chain, ``entries`` how
    many of its entries were known.
    """

    head: Head
    entries: int
    parcels: pd.DataFrame
    stages: pd.DataFrame
    findings: list[Finding]


def status(plan: Plan) -> Status:
    """Where the parcels of a plan stand as of its date, as known by its ``known``.

    The land is that of the outlines which the ledger keeps: the figures are those of a run as long
    as the layer has not changed since somebody last recorded, and a finding says when it has.
    Raises :class:`geo.errors.LedgerError` when there is no ledger or it cannot be read.
    """
    at = plan.ledger_at
    if at is None:
        raise LedgerError(finding("ledger.none", file=plan.path.name, seen=plan.ledger.file))
    with open_ledger(at) as ledger, ledger.snapshot():
        history = read_history(ledger, known=plan.known_until, without_stages=True)
        told = ledger.stages(known=plan.known_until)
    where: Place = {"file": history.name}
    kept = {item.parcel_id: item for item in history.outlines if item.hash}
    there = parcels_on(plan.as_of, history)
    ids, unmeasured = sorted(there & kept.keys()), sorted(there - kept.keys())
    if not ids:
        raise LedgerError(finding("ledger.no-land", **where))
    events, findings = stage_events(told, plan.stages, where)
    events = inherited(events, history, ids, as_of=plan.as_of)
    events = events[events["parcel_id"].isin(ids)].reset_index(drop=True)
    (now,) = reached(events, ids, [plan.as_of])
    parcels = pd.DataFrame(
        {
            "parcel_id": ids,
            "zone": [kept[parcel].zone for parcel in ids],
            "land_m2": [kept[parcel].land_m2 for parcel in ids],
            "rung": now.rung,
            "stage": np.array([stage.id for stage in plan.stages])[now.rung],
            "since": now.since,
            "evidenced_rung": now.evidenced_rung,
            "self_reported": now.self_reported,
            "has_events": now.has_events,
        }
    )
    blockers = open_blockers(history, plan.as_of)
    held = tasks(history, plan.as_of, dict(zip(ids, now.since, strict=True)))
    parcels["blocked"] = texts_of(blockers, ids)
    parcels["responsible"] = [held.get(parcel, ("", ""))[0] for parcel in ids]
    parcels["next_step"] = [held.get(parcel, ("", ""))[1] for parcel in ids]
    return Status(
        head=history.head,
        entries=max([history.last_seq, *told.seq[-1:]]),
        parcels=parcels,
        stages=stage_table(parcels, plan.stages),
        findings=[
            *history.findings,
            *findings,
            *(finding("ledger.unmeasured", **where, parcel=name) for name in unmeasured),
            *_layer_changed(plan, history),
        ],
    )


def _layer_changed(plan: Plan, history: History) -> list[Finding]:
    """Say so when the layers are others than those that the ledger saw last."""
    path = plan.folder / plan.layers.parcels.file
    seen = [item for item in history.entries if item.kind == "layer"]
    if not seen or seen[-1].text == layers_mark(plan):
        return []
    return [finding("ledger.layer-changed", file=path.name, seen=seen[-1].recorded_at[:10])]
