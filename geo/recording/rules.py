"""What may be recorded: everything told is held against what the ledger has and the land is."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from geo.findings import Finding, Place, finding
from geo.ledger.event import Draft, Event
from geo.ledger.history import standing
from geo.plan import Stage
from geo.recording.drafts import LONGEST, Reader
from geo.recording.odds import Odds, by_entry, by_row, dated
from geo.recording.replay import Replay, lines_of, replay
from geo.recording.told import Told
from geo.units import M2_PER_MU, shown
from geo.words import folded, hint, listed


class Ground(NamedTuple):
    """The parcels that can be spoken of, with their land in m².

    ``layer`` are those that count today, ``aside`` those of the layer that do not, ``former``
    the last outlines that the ledger has.
    """

    layer: Mapping[str, float]
    aside: frozenset[str]
    former: Mapping[str, float]

    def area_m2(self, parcel: str) -> float | None:
        """The land of a parcel, if its outline is known."""
        return self.layer.get(parcel, self.former.get(parcel))


class Judged(NamedTuple):
    """What is to be written of what was told, and how the parcels stand without and with it.

    ``known`` rows are those that the ledger has already. With an error among the ``findings``
    nothing may be written. ``families`` are the parcels whose histories were looked at.
    """

    drafts: list[Draft]
    known: int
    findings: list[Finding]
    before: Replay
    after: Replay
    families: set[str]

    @property
    def errors(self) -> list[Finding]:
        """Why nothing may be written."""
        return [item for item in self.findings if item.severity == "error"]


def judge(
    told: Sequence[Told],
    entries: Sequence[Event],
    ground: Ground,
    *,
    stages: Sequence[Stage],
    today: date,
    where: Place,
    words: Mapping[str, str],
) -> Judged:
    """Hold what is told against every rule; ``entries`` are all that the ledger has."""
    case = _Case(told, entries, ground, stages, today, where)
    case.read(words)
    case.leave_out_known()
    case.check_corrections()
    case.check_parcels()
    before, after = case.replayed()
    drafts = list(case.fresh.values())
    return Judged(drafts, case.known, case.findings, before, after, case.families)


@dataclass
class _Case:
    """What was told by one person at one time, while it is judged.

    ``fresh`` are the drafts by the place of their row among ``told``, ``unread`` the rows that are
    not understood; ``doubtful`` are the parcels of rows with errors, of which nothing further is
    said.
    """

    told: Sequence[Told]
    entries: Sequence[Event]
    ground: Ground
    stages: Sequence[Stage]
    today: date
    where: Place
    fresh: dict[int, Draft] = field(default_factory=dict)
    known: int = 0
    findings: list[Finding] = field(default_factory=list)
    unread: set[int] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)

    @cached_property
    def by_seq(self) -> dict[int, Event]:
        """The entries that somebody wants to correct."""
        wanted = {item.supersedes for item in self.told} - {None}
        return {item.seq: item for item in self.entries if item.seq in wanted} if wanted else {}

    @cached_property
    def corrected_by(self) -> dict[int, int]:
        """Entry → the entry that corrects or voids it."""
        return {item.supersedes: item.seq for item in self.entries if item.supersedes is not None}

    @cached_property
    def next_order(self) -> int:
        """Where the order of what is told begins: after all that the ledger has."""
        return self.entries[-1].seq + 1 if self.entries else 1

    def note(self, code: str, at: int, *, doubt: bool = True, **words: object) -> None:
        """Note something of a row, and leave its parcels be if it is an error."""
        told, draft = self.told[at], self.fresh.get(at)
        parcel = draft.parcel_id if draft else told.parcel_id.strip()
        item = finding(code, **{**self.where, "row": told.row, "parcel": parcel, **words})
        self.findings.append(item)
        if doubt and item.severity == "error":
            self.doubtful |= {parcel, *(draft.parts if draft else told.parts)}

    # --- row by row ---------------------------------------------------------------------------

    def read(self, words: Mapping[str, str]) -> None:
        """Understand every row, or say why not."""
        reader = Reader(
            self.stages, today=self.today, where=self.where, words=words, entries=self.by_seq
        )
        for at, told in enumerate(self.told):
            draft = reader.read(told)
            if draft is None:
                self.unread.add(at)
                self.doubtful |= {told.parcel_id.strip(), *told.parts}
            else:
                self.fresh[at] = draft
        self.findings += reader.findings

    def leave_out_known(self) -> None:
        """Leave out what the ledger says already; the same twice in one table is an error."""
        parcels = {draft.parcel_id for draft in self.fresh.values()}
        there = {item[1:14]: item.seq for item in self.entries if item.parcel_id in parcels}
        first: dict[tuple[object, ...], int] = {}
        for at, draft in list(self.fresh.items()):
            key = _content(draft)
            if key in there:
                self.known += 1
                if there[key] in self.corrected_by:
                    self.note("record.was-corrected", at, seen=there[key])
                del self.fresh[at]
            elif key in first:
                self.note("record.twice", at, first=self.row(first[key]))
            else:
                first[key] = at

    def row(self, at: int) -> int:
        """The line of the table, or which of several it is that were told without one."""
        row = self.told[at].row
        return at + 1 if row is None else row

    def check_corrections(self) -> None:
        """A correction needs its reason and an entry that still holds."""
        by = {seq: by_entry(entry) for seq, entry in self.corrected_by.items()}
        for at, draft in self.fresh.items():
            void, seq = draft.kind == "void", draft.supersedes
            if seq is None:
                if void:
                    self.note("record.void-nothing", at, field="supersedes")
                continue
            if not draft.reason:
                code = "record.void-reason" if void else "record.correction-reason"
                self.note(code, at, field="reason", seen=seq)
            place: Place = {"field": "supersedes", "seen": seq}
            other = self.by_seq[seq].parcel_id
            if seq in by:
                self.note("record.superseded", at, **place, **by[seq])
            elif void and draft.parcel_id != other:
                self.note("record.other-parcel", at, **place, other=other)
            by.setdefault(seq, by_row(self.row(at)))

    # --- parcels ------------------------------------------------------------------------------

    def check_parcels(self) -> None:
        """Every parcel must be one of the layer or the ledger, and parts must make a whole."""
        there = {*self.ground.layer, *self.ground.former, *self.ground.aside, *self.new_by_ledger}
        for at, told in enumerate(self.told):
            if draft := self.fresh.get(at):
                there.update(draft.old_and_new[1])
            elif told.parts:  # which of them are new is not known, as the row is not understood
                there.update((told.parcel_id.strip(), *told.parts))
        near = _Near(there)
        for at in range(len(self.told)):
            for name, where in self.spoken_of(at):
                if name not in there:
                    words: Place = {"field": where, "seen": name, **near.hint(name)}
                    self.note("record.unknown-parcel", at, **words)
        for at, draft in self.fresh.items():
            if draft.kind in ("split", "merge"):
                self.check_parts(at, draft)
            if draft.parcel_id in self.ground.aside:
                self.note("event.uncounted-parcel", at, field="parcel_id")

    def spoken_of(self, at: int) -> Iterator[tuple[str, str]]:
        """The parcels that must be there for a row to make sense, and the column that has them."""
        draft, told = self.fresh.get(at), self.told[at]
        is_id = 0 < len(told.parcel_id.strip()) <= LONGEST  # of a longer one that was said
        if draft and draft.kind == "merge":
            yield from ((name, "parts") for name in draft.parts)
        elif draft and draft.kind != "void":
            yield draft.parcel_id, "parcel_id"
        elif at in self.unread and told.supersedes is None and is_id:
            yield told.parcel_id.strip(), "parcel_id"

    @cached_property
    def lineage(self) -> list[Event]:
        """The splits and merges that the ledger has, corrected ones too."""
        return [item for item in self.entries if item.kind in ("split", "merge")]

    @property
    def new_by_ledger(self) -> Iterator[str]:
        """Parcels that came of a split or a merge which holds."""
        for item in self.lineage:
            if item.seq not in self.corrected_by:
                yield from item.old_and_new[1]

    def check_parts(self, at: int, draft: Draft) -> None:
        """What can be said of a split or merge by itself."""
        parts = draft.parts
        if len(parts) < 2 or len({*parts, draft.parcel_id}) <= len(parts):
            self.note("record.parts", at, field="parts", seen=listed(parts) or "—")
            return
        if draft.precision != "day":
            seen = dated(draft)
            self.note("record.parts-day", at, field="date", seen=seen)
        old, new = draft.old_and_new
        lacking = [name for name in new if name not in self.ground.layer]
        still = sorted(self.ground.layer.keys() & old)
        if still and len(lacking) < len(new):
            there = [name for name in new if name in self.ground.layer]
            self.note(
                "record.both-in-layer", at, field="parts", seen=listed(still), new=listed(there)
            )
            return
        code = "record.not-in-layer" if lacking else "record.in-layer"
        self.note(code, at, field="parts", seen=listed(lacking or new))
        self.check_areas(at, draft)

    def check_areas(self, at: int, draft: Draft) -> None:
        """The land of the parts is that of the whole, as far as both are known."""
        whole = self.ground.area_m2(draft.parcel_id)
        areas = [self.ground.area_m2(name) for name in draft.parts]
        parts = sum(area for area in areas if area is not None)
        off = parts - (whole or 0)
        if not whole or None in areas or abs(off) <= SAME_M2:
            return
        far = abs(off) > FAR * whole and not draft.reason
        self.note(
            "record.area-off" if far else "record.area-differs",
            at,
            field="parts",
            seen=shown(off / M2_PER_MU, 4),
            parts_mu=shown(parts / M2_PER_MU, 2),
            whole_mu=shown(whole / M2_PER_MU, 2),
            percent=shown(abs(off) / whole, 1, percent=True),
        )

    # --- the history as it would be -----------------------------------------------------------

    def replayed(self) -> tuple[Replay, Replay]:
        """The parcels without and with what is told; what did not fit before is not said again."""
        held = [item for item in standing(self.entries) if item.parcel_id in self.families]
        gone = {draft.supersedes for draft in self.fresh.values()}
        drafts = [(self.next_order + at, draft) for at, draft in self.fresh.items()]
        stay = [(item.seq, item) for item in held if item.seq not in gone]
        now = self.today.isoformat()
        before = replay(*lines_of(((item.seq, item) for item in held), self.stages), now)
        after = replay(*lines_of([*stay, *drafts], self.stages), now)
        odds = Odds(
            self.stages,
            dict(drafts),
            {order: self.row(order - self.next_order) for order, _ in drafts},
            {item.seq: item for item in held},
            self.by_seq,
            after,
        )
        for code, order, words in odds.told(sorted(after.odds - before.odds), self.doubtful):
            self.note(code, order - self.next_order, doubt=False, **words)
        self.check_orphans(before.born.keys() - after.born.keys(), [item for _, item in stay])
        return before, after

    def check_orphans(self, unborn: Set[str], stay: Iterable[Event]) -> None:
        """A split or merge is not corrected while entries speak of parcels that only it made."""
        unborn = unborn - self.ground.layer.keys() - self.ground.former.keys() - self.ground.aside
        speak: dict[str, list[int]] = defaultdict(list)
        for item in stay if unborn else ():
            for name in unborn & {item.parcel_id, *item.part_ids}:
                speak[name].append(item.seq)
        for name, entries in sorted(speak.items()):
            at = next(at for at, draft in self.fresh.items() if name in self.made_by(draft))
            words: Place = {"field": "supersedes", "seen": name, "entries": listed(entries)}
            self.note("record.orphans", at, **words)

    def made_by(self, draft: Draft) -> Sequence[str]:
        """The parcels that began with the entry which a draft corrects."""
        entry = self.by_seq.get(draft.supersedes or 0)
        return entry.old_and_new[1] if entry else ()

    @cached_property
    def families(self) -> set[str]:
        """The parcels that are told of, and all that have a history with them."""
        near: dict[str, set[str]] = defaultdict(set)
        drafts = list(self.fresh.values())
        for name, parts in _related([*self.lineage, *drafts]):
            near[name].update(parts)
            for part in parts:
                near[part].add(name)
        found: set[str] = set()
        waiting = [draft.parcel_id for draft in drafts]
        waiting += [self.by_seq[seq].parcel_id for seq in self.by_seq]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += near.get(name, ())
        return found


SAME_M2: Final = 1.0
"""Areas that differ by no more are one area: so exact are the sums."""

FAR: Final = 0.01
"""From this share of the whole on, parts that do not add up need a reason."""


class _Near:
    """Suggests ids for those that nobody knows."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)
        self._told: Counter[str] = Counter()

    @cached_property
    def _alike(self) -> dict[str, str]:
        return {folded(name): name for name in self._names}

    def hint(self, name: str) -> Place:
        """The id that was meant, as far as it takes no long search."""
        if near := self._alike.get(folded(name)):
            return hint(near, [near])
        self._told[name] += 1
        few = len(self._told) * len(self._names) <= _SEARCH
        return hint(name, self._names if few else [])


_SEARCH: Final = 20_000
"""How many ids are looked at for what was meant: some seconds, whatever a table holds."""


def _content(draft: Draft) -> tuple[object, ...]:
    """What a draft says, as an entry has it from ``parcel_id`` to ``supersedes``."""
    parts = json.dumps(draft.parts, ensure_ascii=False) if draft.parts else ""
    return (*draft[:11], parts, draft.supersedes)


def _related(items: Iterable[Event | Draft]) -> Iterator[tuple[str, Sequence[str]]]:
    for item in items:
        if item.kind in ("split", "merge"):
            yield item.parcel_id, item.part_ids
