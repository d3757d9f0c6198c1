"""Parcels replayed entry by entry: where each stands, what blocks it, and what does not fit."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from geo.cells.numerals import Precision
from geo.ledger.event import FROM_THE_FIRST_DAY, Draft, Event, last_day
from geo.plan import Stage


class Line(NamedTuple):
    """An entry as it is replayed; lines sort as things happened.

    ``by`` is the day from which it counts (ISO 8601), ``first`` and ``last`` are the days that
    its date can mean. On one day a parcel first reaches and then falls back, as in
    :mod:`geo.readiness`. ``order`` is the ``seq`` of an entry, and goes on from there for what is
    only told. ``explained`` is that it has a reason. ``old`` are the parcels that end with a split
    or merge, ``new`` those that begin.
    """

    by: str
    rank: int
    rung: int
    order: int
    kind: str
    parcel_id: str
    first: str
    last: str
    explained: bool
    shown: bool
    text: str
    old: Sequence[str] = ()
    new: Sequence[str] = ()


class Standing(NamedTuple):
    """Where a parcel stands on a day; a rung of -1 is that nothing was told of it."""

    rung: int = -1
    evidenced_rung: int = -1
    blocks: tuple[str, ...] = ()

    @property
    def self_reported(self) -> bool:
        """Whether the rung rests on an event without evidence (自报)."""
        return max(self.rung, 0) > max(self.evidenced_rung, 0)


class Odd(NamedTuple):
    """What does not fit at one line, of one parcel; ``other`` is the line that it goes against.

    ``rung`` is where the parcel stood, ``sides`` where each of several did.
    """

    code: str
    parcel_id: str
    order: int
    other: int = 0
    rung: int = -1
    sides: tuple[tuple[str, int, int], ...] = ()


class Replay(NamedTuple):
    """Every parcel as it stands on a day, the parcels that are no more, and what does not fit."""

    standings: dict[str, Standing]
    ended: dict[str, Line]
    born: dict[str, Line]
    odds: set[Odd]


RANKS: Final = {"reach": 0, "revert": 1}
_LATER: Final = 2


def lines_of(
    items: Iterable[tuple[int, Event | Draft]], stages: Sequence[Stage]
) -> tuple[list[Line], list[Line]]:
    """Entries as lines: those of one parcel each, and splits and merges.

    Those that tell nothing of a parcel are left out, and so are stages that the plan lacks.
    """
    rungs = {stage.id: rung for rung, stage in enumerate(stages)}
    own: list[Line] = []
    lineage: list[Line] = []
    for order, item in items:
        kind = item.kind
        rung = rungs.get(item.stage, -1) if kind in RANKS else 0
        if rung < 0 or kind in ("void", "layer", "adopt"):
            continue
        first, last = item.date, last_of(item.date, item.precision)
        line = Line(
            first if kind in FROM_THE_FIRST_DAY else last,
            RANKS.get(kind, _LATER),
            rung,
            order,
            kind,
            item.parcel_id,
            first,
            last,
            bool(item.reason),
            bool(item.evidence),
            item.text,
        )
        if kind in ("split", "merge"):
            old, new = item.old_and_new
            lineage.append(line._replace(old=tuple(old), new=tuple(new)))
        else:
            own.append(line)
    return own, lineage


@lru_cache(maxsize=4096)
def last_of(first: str, precision: Precision) -> str:
    """The last day that a recorded date can mean."""
    return last_day(date.fromisoformat(first), precision).isoformat()


def replay(own: Iterable[Line], lineage: Iterable[Line], today: str) -> Replay:
    """Replay the lines of parcels whose whole families are there, as far as ``today``.

    The parts of a split have the history of what was split; a merged parcel stands where all its
    parts stood.
    """
    of: dict[str, list[Line]] = defaultdict(list)
    for line in own:
        of[line.parcel_id].append(line)
    told = dict(of)
    ended: dict[str, Line] = {}
    born: dict[str, Line] = {}
    odds: set[Odd] = set()
    for change in sorted(lineage):
        old, new = change.old, change.new
        taken = [ended[name] for name in (*old, *new) if name in ended]
        taken += [born[name] for name in new if name in born]
        if taken:
            again = next(name for name in (*old, *new) if name in ended or name in born)
            odds.add(Odd("record.gone-already", again, change.order, taken[0].order))
            continue
        legacy = of.get(old[0], []) if change.kind == "split" else _merged(of, change, odds)
        ended |= dict.fromkeys(old, change)
        born |= dict.fromkeys(new, change)
        of |= {name: legacy + of.get(name, []) for name in new}
    odds.update(_out_of_life(told, born, ended))
    standings = {}
    for name, lines in of.items():
        crossed = set(_crossed(name, lines))
        vague = {(_NOTHING_FALLS, odd.order) for odd in crossed}
        found: set[Odd] = set()
        standings[name] = _walk(name, lines, today, found)
        odds |= crossed | {odd for odd in found if (odd.code, odd.order) not in vague}
    return Replay(standings, ended, born, odds)


def _merged(of: dict[str, list[Line]], change: Line, odds: set[Odd]) -> list[Line]:
    """The lines that bring a merged parcel to where its parts stand, which must be one place.

    They must agree on that day, and once the periods are over in which it lies for some of them.
    """
    pasts = {name: of.get(name, []) for name in change.old}
    latest = max([change.by, *(line.by for past in pasts.values() for line in past)])
    lines: list[Line] = []
    highest = {False: -1, True: -1}
    blocks: dict[str, None] = {}
    for day in dict.fromkeys((change.by, latest)):
        stood = {name: _walk(name, past, day, set()) for name, past in pasts.items()}
        sides = tuple(
            (name, max(at.rung, 0), max(at.evidenced_rung, 0)) for name, at in stood.items()
        )
        if len({side[1:] for side in sides}) > 1:
            odds.add(Odd("record.merge-stages", change.parcel_id, change.order, sides=sides))
        like = change._replace(kind="stand", by=day, rank=RANKS["reach"])
        rung = min(at.rung for at in stood.values())
        shown = min(at.evidenced_rung for at in stood.values())
        steps = [like._replace(rung=rung, shown=False), like._replace(rung=shown, shown=True)]
        lines += [step for step in steps if step.rung > highest[step.shown]]
        highest = {False: rung, True: shown}
        blocks = dict.fromkeys(text for at in stood.values() for text in at.blocks)
    return lines + [change._replace(kind="block", rank=_LATER, text=text) for text in blocks]


def _out_of_life(
    told: dict[str, list[Line]], born: dict[str, Line], ended: dict[str, Line]
) -> Iterable[Odd]:
    """What is told of parcels before they came to be, or when they were no more."""
    for name, begin in born.items():
        for line in told.get(name, []):
            if line.last < begin.by:
                yield Odd("record.unborn-parcel", name, line.order, begin.order)
    for name, end in ended.items():
        for line in told.get(name, []):
            if line.first > end.by:
                yield Odd("record.gone-parcel", name, line.order, end.order)


def _crossed(name: str, lines: list[Line]) -> Iterable[Odd]:
    """Reverts and blocks that are not known to the day, and what else befell in their periods.

    Of a block only that it was lifted matters. Which came first is not known.
    """
    for line in lines:
        if line.kind in _CROSSED and line.first < line.last:
            code, kinds = _CROSSED[line.kind]
            for other in lines:
                overlaps = line.first <= other.last and other.first <= line.last
                if overlaps and other.kind in kinds and other is not line:
                    yield Odd(code, name, line.order, other.order)


_CROSSED: Final = {
    "revert": ("record.vague-revert", ("reach", "revert")),
    "block": ("record.vague-block", ("unblock",)),
}
_NOTHING_FALLS: Final = "record.revert-nothing"


def _as_counted(lines: list[Line]) -> list[Line]:
    """The lines with the rungs that they count for, as :func:`geo.readiness.as_counted` has them.

    What was reached in the period of a revert counts for no more than the stage fallen to.
    """
    falls = [line for line in lines if line.kind == "revert" and line.first < line.last]
    if not falls:
        return lines

    def counts_for(line: Line) -> int:
        within = [fall.rung for fall in falls if fall.first < line.by <= fall.last]
        return min([line.rung, *within]) if line.kind in ("reach", "stand") else line.rung

    return [line._replace(rung=counts_for(line)) for line in lines]


def _walk(name: str, lines: list[Line], today: str, odds: set[Odd]) -> Standing:
    """Replay one parcel; it stands where it does on ``today``, and later lines are only judged."""
    rung = shown = -1
    blocks: list[Line] = []
    held: dict[int, Line] = {}
    stands: Standing | None = None
    for line in sorted(_as_counted(lines)):
        if stands is None and line.by > today:
            stands = Standing(rung, shown, tuple(item.text for item in blocks))
        if line.kind == "stand":
            rung = max(rung, line.rung)
            shown = max(shown, line.rung) if line.shown else shown
        elif line.kind == "reach":
            to = line.rung
            if to < rung:
                odds.update(_inverted(name, line, held))
            elif to > max(rung, 0) + 1:
                odds.add(Odd("record.skips", name, line.order, rung=max(rung, 0)))
            if to not in held or (held[to].explained and not line.explained):
                held[to] = line
            rung = max(rung, to)
            shown = max(shown, to) if line.shown else shown
        elif line.kind == "revert":
            if line.rung >= rung:
                odds.add(Odd(_NOTHING_FALLS, name, line.order, rung=rung))
                continue
            rung, shown = line.rung, min(shown, line.rung)
            held = {to: item for to, item in held.items() if to <= rung}
            held.setdefault(rung, line)
        elif line.kind == "block":
            blocks.append(line)
        elif line.kind == "unblock":
            if not blocks:
                odds.add(Odd("record.unblock-nothing", name, line.order))
            # a block that may have come later in its period is there still
            blocks = [item for item in blocks if item.first < item.last and item.last >= line.by]
    return stands or Standing(rung, shown, tuple(item.text for item in blocks))


def _inverted(name: str, line: Line, held: dict[int, Line]) -> Iterable[Odd]:
    """The higher stage that was surely earlier than a lower one, if there is one.

    One that gives no reason for it is told before one that does, as it is an error.
    """
    higher = [item for to, item in held.items() if to > line.rung and item.last < line.first]
    if higher:
        against = min(higher, key=lambda item: (item.explained, item.rung))
        explained = line.explained or against.explained
        code = "record.parallel" if explained else "record.order"
        yield Odd(code, name, line.order, against.order)
