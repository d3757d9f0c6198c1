"""Recording: what is told goes into the ledger, with the land that it speaks of, or not at all."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from geo.errors import LedgerError
from geo.findings import Finding, Place, finding
from geo.land import Land, read_land
from geo.ledger.event import Draft, Event, Head
from geo.ledger.history import read_history
from geo.ledger.opening import open_ledger
from geo.ledger.outline import Outline, outline_bytes, outline_hash, register_hash
from geo.notify import Notify, unheard
from geo.plan import Plan, Stage
from geo.recording.drafts import COMMANDS
from geo.recording.replay import Replay, Standing
from geo.recording.rules import Ground, Judged, judge
from geo.recording.told import Told
from geo.sources import layers_mark
from geo.units import M2_PER_MU


class Change(NamedTuple):
    """A parcel that is told of: its land, where it stood and where it stands, what blocks it.

    ``before`` and ``after`` are ids of stages; ``""`` is that there was, or is, no such parcel.
    """

    parcel_id: str
    mu: float | None
    before: str
    after: str
    was_self_reported: bool
    is_self_reported: bool
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Recording:
    """What was recorded, or would be: then there are ``drafts`` and no ``events``.

    ``known`` rows were in the ledger already and are not among them. ``head`` is the end of the
    chain afterwards; None where there is no ledger yet.
    """

    drafts: list[Draft]
    events: list[Event]
    changes: list[Change]
    known: int
    findings: list[Finding]
    head: Head | None


def record(
    plan: Plan,
    told: Sequence[Told],
    *,
    actor: str,
    now: datetime,
    dry_run: bool = False,
    where: Place | None = None,
    words: Mapping[str, str] | None = None,
    notify: Notify = unheard,
) -> Recording:
    """Write all that is told into the plan's ledger, or nothing; a dry run only looks.

    The first entry makes the ledger, unless the plan names its file: then :func:`begin` does. What
    the ledger says already is left out. When the land has changed since the ledger last saw it,
    its outlines go in before; they alone do when nothing is told. ``where`` is the table that the
    rows are of, ``words`` (word → id of a stage) tells what is meant by stages that the plan does
    not know. Raises :class:`geo.errors.LedgerError` with every fault that stands against it, and
    as :func:`geo.land.read_land` does.
    """
    _check_actor(actor)
    at, today = _place(plan), _today(plan, now)
    seen = _read_if_there(at)
    is_named = "ledger" in plan.model_fields_set and plan.ledger.url is None
    if is_named and seen.head is None:  # lost or elsewhere: a second history would hide it
        raise LedgerError(finding("ledger.missing", file=plan.ledger.file))
    land = _land(plan.seen_on(today), seen, told, notify)
    while True:
        notify("judge")
        judged = judge(
            told,
            seen.entries,
            land.ground(seen),
            stages=plan.stages,
            today=today,
            where=where or {},
            words=words or {},
        )
        if judged.errors:
            raise LedgerError(*judged.errors)
        drafts, outlines = _to_write(land, seen, judged, today, land_alone=not told)
        if dry_run or not drafts:
            return _recording(plan, land, seen, judged, drafts, [])
        notify("write")
        try:
            events, seen = _write(at, seen, judged, drafts, outlines, actor=actor, now=now)
        except _OvertakenError:
            seen = _read(at)
        else:
            return _recording(plan, land, seen, judged, drafts, events)


def begin(plan: Plan, *, actor: str, now: datetime, notify: Notify = unheard) -> Recording:
    """Make the ledger of a plan, with the outlines of its parcels and no other entry.

    Raises :class:`geo.errors.LedgerError` when it is there already, and as :func:`record` does.
    """
    at, today = _place(plan), _today(plan, now)
    seen = _read_if_there(at)
    there_already = finding("ledger.exists", file=plan.ledger.file)
    if seen.head is not None:
        raise LedgerError(there_already)
    _check_actor(actor)
    land = _land(plan.seen_on(today), seen, [], notify)  # what cannot be read begins no ledger
    stages, ground = plan.stages, land.ground(seen)
    judged = judge([], [], ground, stages=stages, today=today, where={}, words={})
    drafts, outlines = _to_write(land, seen, judged, today, land_alone=True)
    notify("write")
    try:
        events, seen = _write(at, seen, judged, drafts, outlines, actor=actor, now=now)
    except _OvertakenError:
        raise LedgerError(there_already) from None
    return _recording(plan, land, seen, judged, drafts, events)


def _place(plan: Plan) -> Path | str:
    """Where the ledger is, or will be."""
    return plan.ledger_at or plan.folder / plan.ledger.file


def _today(plan: Plan, now: datetime) -> date:
    return now.astimezone(ZoneInfo(plan.timezone)).date()


MOST: Final = 200
"""No name of a person is longer."""


def _check_actor(actor: str) -> None:
    if not actor.strip():
        raise LedgerError(finding("record.actor", field="actor"))
    if signs := sorted(set(COMMANDS.findall(actor))):
        seen = ", ".join(f"U+{ord(sign):04X}" for sign in signs)
        raise LedgerError(finding("record.characters", field="actor", seen=seen))
    if len(actor) > MOST:
        raise LedgerError(finding("record.long", field="actor", seen=len(actor), most=MOST))


# --- what there is ---------------------------------------------------------------------------


class _Seen(NamedTuple):
    """The ledger as it was read; ``head`` is None where there is none yet."""

    head: Head | None
    entries: list[Event]
    outlines: list[Outline]
    findings: list[Finding]


class _OvertakenError(Exception):
    """Somebody else has written of the same parcels since the ledger was read."""


def _read_if_there(at: Path | str) -> _Seen:
    """The ledger; nothing where it is yet to be made."""
    try:
        return _read(at)
    except LedgerError as error:
        if not {item.code for item in error.findings} <= {"ledger.missing", "server.missing"}:
            raise
    return _Seen(None, [], [], [])


def _read(at: Path | str) -> _Seen:
    with open_ledger(at) as ledger, ledger.snapshot():
        history = read_history(ledger, known=None)
    return _Seen(history.head, history.entries, history.outlines, history.findings)


class _Land(NamedTuple):
    """The parcels as they are, the ids of those set aside, and the layers that they come from."""

    parcels: dict[str, Outline]
    aside: frozenset[str]
    layers: str

    def ground(self, seen: _Seen) -> Ground:
        """What the rules ask of the land."""
        layer = {name: item.area_m2 for name, item in self.parcels.items()}
        former = {item.parcel_id: item.area_m2 for item in seen.outlines if item.hash}
        return Ground(layer, self.aside - {""} - layer.keys(), former)


def _land(plan: Plan, seen: _Seen, told: Sequence[Told], notify: Notify) -> _Land:
    """The land as the ledger has it, when its layers are those that it saw last; else measured."""
    layers = layers_mark(plan)
    kept = {item.parcel_id: item for item in seen.outlines}
    parcels = {name: item for name, item in kept.items() if item.hash}
    last = next((item for item in reversed(seen.entries) if item.kind == "layer"), None)
    if last is not None and last.text == layers and kept.keys() >= _named(told):
        return _Land(parcels, frozenset(), layers)
    land = read_land(plan.of_land_alone(), notify=notify)
    return _Land(
        {item.parcel_id: item for item in _outlines(land)},
        frozenset(land.aside["parcel_id"]),
        layers,
    )


def _named(told: Sequence[Told]) -> set[str]:
    return {name for item in told for name in (item.parcel_id, *item.parts)}


# --- what is written -------------------------------------------------------------------------


def _to_write(
    land: _Land, seen: _Seen, judged: Judged, today: date, *, land_alone: bool
) -> tuple[list[Draft], list[Outline]]:
    """The drafts with the outlines that they speak of, after those that the ledger lacks."""
    if not (judged.drafts or land_alone):
        return [], []
    hashes = {
        item.parcel_id: item.hash for item in (*seen.outlines, *land.parcels.values()) if item.hash
    }
    drafts = [
        draft._replace(geometry_hash=hashes.get(draft.parcel_id, "")) for draft in judged.drafts
    ]
    changed = list(_changed(land, seen.outlines))
    last = next((item.text for item in reversed(seen.entries) if item.kind == "layer"), "")
    if not changed and last == land.layers:
        return drafts, []
    layer = Draft("", "layer", today.isoformat(), text=land.layers)
    return [layer._replace(geometry_hash=register_hash(changed)), *drafts], changed


def _outlines(land: Land) -> list[Outline]:
    """The parcels that count, as the ledger keeps them."""
    columns = [land.parcels[name].tolist() for name in ("parcel_id", "zone", "area_m2", "land_m2")]
    crs = land.crs.to_string()
    outlines = []
    for *told, shape in zip(*columns, land.parcels.geometry.to_numpy(), strict=True):
        name, zone, area_m2, land_m2 = told
        wkb = outline_bytes(shape)
        outline = Outline(0, name, outline_hash(wkb, crs), zone, area_m2, land_m2, crs, wkb)
        outlines.append(outline)
    return outlines


def _changed(land: _Land, kept: Sequence[Outline]) -> Iterator[Outline]:
    """The parcels that are new or other than the ledger has them, and those that are no more.

    One that is set aside is still there, if nobody can say how large.
    """
    latest = {item.parcel_id: item for item in kept}
    for item in land.parcels.values():
        before = latest.pop(item.parcel_id, None)
        if before is None or not _same(item, before):
            yield item
    for name, before in latest.items():
        if before.hash and name not in land.aside:
            yield before._replace(seq=0, hash="", area_m2=0.0, land_m2=0.0, wkb=b"")


def _same(one: Outline, other: Outline) -> bool:
    areas = zip(one[4:6], other[4:6], strict=True)
    return one[1:4] == other[1:4] and all(math.isclose(*pair, abs_tol=_M2) for pair in areas)


_M2: Final = 1e-6
"""Areas of one outline may differ by so much between two versions of the libraries."""


def _write(
    at: Path | str,
    seen: _Seen,
    judged: Judged,
    drafts: list[Draft],
    outlines: list[Outline],
    *,
    actor: str,
    now: datetime,
) -> tuple[list[Event], _Seen]:
    """Append the drafts if nothing has come in between; with the ledger as it is then."""
    last = seen.head.seq if seen.head else 0

    def is_judged(entries: list[Event]) -> None:
        if entries and entries[-1].seq > last:
            raise _OvertakenError

    with open_ledger(at, write=True, create=None if seen.head else now) as ledger:
        events = ledger.append(
            drafts,
            actor=actor.strip(),
            now=now,
            outlines=outlines,
            concerning=judged.families,
            check=is_judged,
        )
        end = events[-1]
        head = ledger.head()._replace(seq=end.seq, hash=end.hash, recorded_at=end.recorded_at)
        return events, seen._replace(head=head, findings=ledger.findings)


# --- what it changes -------------------------------------------------------------------------


def _recording(
    plan: Plan,
    land: _Land,
    seen: _Seen,
    judged: Judged,
    drafts: list[Draft],
    events: list[Event],
) -> Recording:
    table = plan.layers.readiness
    warned = [] if table is None else [_two_histories(plan, table.file)]
    return Recording(
        drafts=drafts,
        events=events,
        changes=list(_changes(plan.stages, land, seen, judged)),
        known=judged.known,
        findings=[*seen.findings, *judged.findings, *warned],
        head=seen.head,
    )


def _two_histories(plan: Plan, table: str) -> Finding:
    return finding(
        "record.two-histories", file=plan.path.name, field="layers.readiness", seen=table
    )


def _changes(stages: Sequence[Stage], land: _Land, seen: _Seen, judged: Judged) -> Iterator[Change]:
    """Every parcel that is told of, and those that the same entries change besides."""
    before, after = judged.before, judged.after
    land_m2 = {item.parcel_id: item.land_m2 for item in seen.outlines if item.hash}
    land_m2 |= {name: item.land_m2 for name, item in land.parcels.items()}
    told = chain.from_iterable((draft.parcel_id, *draft.parts) for draft in judged.drafts)
    others = (
        name
        for name in {**before.standings, **after.standings}
        if _at(before, name) != _at(after, name)
    )
    for name in dict.fromkeys(chain(told, others)):
        was, at = _at(before, name), _at(after, name)
        yield Change(
            parcel_id=name,
            mu=land_m2[name] / M2_PER_MU if name in land_m2 else None,
            before="" if name in after.born and name not in before.born else _stage(was, stages),
            after=_stage(at, stages),
            was_self_reported=bool(was and was.self_reported),
            is_self_reported=bool(at and at.self_reported),
            blocks=at.blocks if at else (),
        )


def _at(replay: Replay, name: str) -> Standing | None:
    """Where a parcel stands; None when it is no more."""
    return None if name in replay.ended else replay.standings.get(name, Standing())


def _stage(at: Standing | None, stages: Sequence[Stage]) -> str:
    return "" if at is None else stages[max(at.rung, 0)].id
