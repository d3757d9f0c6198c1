"""What does not fit in the history of a parcel, put into words and laid at somebody's door."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Final

from geo.cells.numerals import as_known
from geo.findings import Place
from geo.ledger.event import Draft, Event
from geo.plan import Stage
from geo.recording.replay import Odd, Replay
from geo.words import listed


class Odds:
    """Words for what does not fit, at the draft that brought it.

    ``drafts`` and ``rows`` (of the table) are by the order of replay, ``held`` are the entries of
    the same parcels and ``corrected`` those that drafts correct, by ``seq``; ``after`` is the
    history with the drafts.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        drafts: Mapping[int, Draft],
        rows: Mapping[int, int],
        held: Mapping[int, Event],
        corrected: Mapping[int, Event],
        after: Replay,
    ) -> None:
        self._stages = stages
        self._names = {stage.id: stage.name for stage in stages}
        self._drafts, self._rows, self._held, self._after = drafts, rows, held, after
        self._first: dict[str, int] = {}
        for order, draft in drafts.items():
            wrong = corrected.get(draft.supersedes or 0)
            for item in (draft, wrong) if wrong else (draft,):
                for name in (item.parcel_id, *item.part_ids):
                    self._first.setdefault(name, order)

    def told(
        self, odds: Iterable[Odd], doubtful: AbstractSet[str]
    ) -> Iterator[tuple[str, int, Place]]:
        """Code, order of the draft, and words, each once: a part has all that the whole had.

        Of ``doubtful`` parcels nothing is said.
        """
        said = set()
        for odd in odds:
            mark = odd.code, odd.order, odd.other
            is_ours = odd.order in self._drafts or odd.other in self._drafts
            if mark in said or (odd.code in _ONLY_TOLD and not is_ours):
                continue
            if doubtful.isdisjoint({odd.parcel_id, *self._named(odd.order)}):
                said.add(mark)
                yield odd.code, self._draft(odd), self._words(odd)

    def _item(self, order: int) -> Event | Draft:
        return self._drafts.get(order) or self._held[order]

    def _named(self, order: int) -> list[str]:
        item = self._item(order)
        return [item.parcel_id, *item.part_ids]

    def _draft(self, odd: Odd) -> int:
        """The draft that says it, or else the first that changed the history of its parcel."""
        for order in (odd.order, odd.other):
            if order in self._drafts:
                return order
        names = (odd.parcel_id, *self._named(odd.order))
        found = (self._first[name] for name in names if name in self._first)
        return next(found, min(self._drafts))

    def _words(self, odd: Odd) -> Place:
        item = self._item(odd.order)
        words: Place = {"field": "date", "date": dated(item), **self._of_entry(odd.order)}
        if name := self._names.get(item.stage):
            words |= {"seen": item.stage, "stage": name.en, "stage_zh": name.zh}
        if odd.code in ("record.order", "record.parallel"):
            words |= self._against(odd.other)
        elif odd.code == "record.skips":
            words |= {"field": "stage", **self._between(odd.rung, item.stage)}
        elif odd.code == "record.revert-nothing":
            stands = self._stages[max(odd.rung, 0)].name
            words |= {"field": "stage", "stands": stands.en, "stands_zh": stands.zh}
        elif odd.code == "record.gone-parcel":
            end = self._after.ended[odd.parcel_id]
            words |= {"seen": listed(end.new), "date": end.by}
        elif odd.code == "record.unborn-parcel":
            begin = self._after.born[odd.parcel_id]
            words |= {"seen": listed(begin.old), "date": begin.by}
        elif odd.code == "record.gone-already":
            other = self._item(odd.other)
            by = by_row(self._rows[odd.other]) if odd.other in self._drafts else by_entry(odd.other)
            words |= {"field": "parts", "seen": odd.parcel_id, "date": dated(other), **by}
        elif odd.code in ("record.vague-revert", "record.vague-block"):
            other, entry = self._item(odd.other), self._of_entry(odd.other)
            words |= {"other_date": dated(other)}
            words |= {f"other_{key}": text for key, text in entry.items()}
        elif odd.code == "record.merge-stages":
            words |= {"field": "parts", **self._sides(odd)}
        return words

    def _against(self, order: int) -> Place:
        """The higher stage that was earlier."""
        other, entry = self._item(order), self._of_entry(order)
        name = self._names[other.stage]
        words: Place = {"higher": name.en, "higher_zh": name.zh, "higher_date": dated(other)}
        return words | {f"higher_{key}": text for key, text in entry.items()}

    def _between(self, rung: int, stage_id: str) -> Place:
        """The stages above a rung and below a stage."""
        to = list(self._names).index(stage_id)
        names = [stage.name for stage in self._stages[rung + 1 : to]]
        zh = "、".join(name.zh for name in names)
        return {"seen": listed(name.en for name in names), "seen_zh": zh}

    def _sides(self, odd: Odd) -> Place:
        """Which parcel stands where, and where by evidence if that is lower."""
        said, said_zh = [], []
        for name, rung, evidenced_rung in odd.sides:
            at, shown = self._stages[rung].name, self._stages[evidenced_rung].name
            is_less = evidenced_rung < rung
            said.append(f"{name} {at.en}" + (f" (evidenced: {shown.en})" if is_less else ""))
            said_zh.append(f"{name} {at.zh}" + (f"（有佐证：{shown.zh}）" if is_less else ""))
        return {"seen": listed(said), "seen_zh": "、".join(said_zh)}

    def _of_entry(self, order: int) -> Place:
        """Which entry it is, where it is one that the ledger has already."""
        if order in self._drafts:
            return {"entry": "", "entry_zh": ""}
        return {"entry": f", entry {order}", "entry_zh": f"，第 {order} 条"}


_ONLY_TOLD: Final = ("record.skips", "record.parallel")
"""What is of interest only where it is told, and not where a correction brings it about."""


def dated(item: Event | Draft) -> str:
    """The date of an entry as exactly as it is known."""
    return as_known(date.fromisoformat(item.date), item.precision)


def by_entry(seq: int) -> Place:
    """An entry as the one that did something."""
    return {"by": f"entry {seq}", "by_zh": f"第 {seq} 条"}


def by_row(row: int) -> Place:
    """A row as the one that did something."""
    return {"by": f"row {row} of this table", "by_zh": f"本表第 {row} 行"}
