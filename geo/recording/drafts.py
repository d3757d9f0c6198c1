"""What somebody tells, understood word by word: a draft of an entry, or why there is none."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Final

from geo.cells.numerals import PartialDate, parse_date
from geo.findings import Finding, Place, finding
from geo.ledger.event import FROM_THE_FIRST_DAY, Draft, Event, Kind
from geo.plan import Stage
from geo.readiness import rung_names
from geo.recording.told import Told
from geo.words import hint, listed, normal

_WORDS: Final[dict[Kind, tuple[str, ...]]] = {
    "reach": ("", "reach", "reached", "到达", "达到", "进入", "完成", "推进"),
    "revert": ("revert", "reverted", "退回", "回退", "倒退"),
    "block": ("block", "blocked", "受阻", "阻碍", "卡住", "停滞"),
    "unblock": ("unblock", "unblocked", "解除", "解除受阻", "已解决", "疏通"),
    "note": ("note", "remark", "备注", "说明", "记事"),
    "split": ("split", "分割", "拆分", "分宗"),
    "merge": ("merge", "合并", "合宗", "并宗"),
    "void": ("void", "作废", "撤销"),
}
KINDS: Final[dict[str, Kind]] = {
    normal(word): kind for kind, words in _WORDS.items() for word in words
}
"""Every word for what may be recorded, and what it means; nothing said is a stage reached."""

LONGEST: Final = 2000
"""A text of more characters is a document: its reference belongs here, not its contents."""

COMMANDS: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, what turns the direction of text, and halves of characters."""

_TEXTS: Final = [name for name in Told._fields if name not in ("row", "parts", "supersedes")]


class Reader:
    """Reads one row after another; ``findings`` is what was noted on the way.

    ``words`` (word → id of a stage) say what stages are meant that the plan does not know.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        *,
        today: date,
        where: Place,
        words: Mapping[str, str],
        entries: Mapping[int, Event],
    ) -> None:
        self.findings: list[Finding] = []
        self._stages, self._today, self._where = stages, today, where
        self._entries = entries
        ids = {stage.id: stage.id for stage in stages}
        self._ids = {name: stages[rung].id for name, rung in rung_names(stages).items()}
        self._ids |= {normal(word): ids[stage] for word, stage in words.items() if stage in ids}
        for word, stage in words.items():
            if stage not in ids:
                self._no_stage(Told(stage=word), stage)
        self._dates: dict[str, PartialDate | None] = {}
        self._kinds: dict[str, Kind | None] = {}

    def read(self, told: Told) -> Draft | None:
        """The draft of an entry; None where something is wrong with it, which is noted."""
        faulty = self._unfit(told)
        if max(map(len, told[1:11])) > LONGEST or self._corrects_nothing(told):
            return None
        kind = self._kind(told)
        if kind is None:
            return None
        wrong = self._entries.get(told.supersedes or 0)
        told = _as_it_was(told, kind, wrong) if wrong else told
        texts = [text.strip() for text in (told.parcel_id, *told[4:11])]
        parts = tuple(part.strip() for part in told.parts)
        if not texts[0] and kind != "void":
            self._note("record.no-parcel", told, field="parcel_id")
            faulty = True
        stage = self._stage(told, texts[1], kind)
        day = self._day(told, kind, wrong)
        faulty |= self._unsaid(told, kind, stage)
        if faulty or stage is None or day is None:
            return None
        parcel, _, *rest = texts
        return Draft._make([parcel, kind, *day, stage, *rest, parts, told.supersedes, ""])

    def _unfit(self, told: Told) -> bool:
        """Whether a text holds what no text should, or far too much of it."""
        joined = "".join([*told[1:11], *told.parts])
        if len(joined) <= LONGEST and not COMMANDS.search(joined):
            return False
        fields = {name: getattr(told, name).strip() for name in _TEXTS}
        fields |= {"parts": "".join(told.parts)}
        found = False
        for name, text in fields.items():
            if signs := sorted(set(COMMANDS.findall(text))):
                seen = ", ".join(f"U+{ord(sign):04X}" for sign in signs)
                self._note("record.characters", told, field=name, seen=seen)
                found = True
            if len(text) > LONGEST:
                self._note("record.long", told, field=name, seen=len(text), most=LONGEST)
                found = True
        return found

    def _corrects_nothing(self, told: Told) -> bool:
        """Whether it corrects or voids what is no entry, or none that can be corrected."""
        if told.supersedes is None:
            return False
        wrong = self._entries.get(told.supersedes)
        place: Place = {"field": "supersedes", "seen": told.supersedes}
        if wrong is None:
            self._note("record.no-entry", told, **place)
        elif wrong.kind in ("void", "layer", "adopt"):
            self._note("record.no-correction", told, **place, kind=wrong.kind)
        else:
            return False
        return True

    def _kind(self, told: Told) -> Kind | None:
        if not told.kind.strip():
            says_stage = bool(told.stage.strip())
            wrong = self._entries.get(told.supersedes or 0)
            if wrong and (not says_stage or wrong.kind in ("reach", "revert")):
                return wrong.kind
            if told.text.strip() and not says_stage:
                return "note"
        if told.kind not in self._kinds:
            self._kinds[told.kind] = KINDS.get(normal(told.kind))
        kind = self._kinds[told.kind]
        if kind is None:
            words = hint(normal(told.kind), KINDS)
            self._note("record.kind", told, field="kind", seen=told.kind, **words)
        return kind

    def _stage(self, told: Told, word: str, kind: Kind) -> str | None:
        """The id of the stage; only a stage reached or fallen back to must have one."""
        if not word and kind not in ("reach", "revert"):
            return ""
        stage = self._ids.get(word) or self._ids.get(normal(word))
        if stage is None:
            self._no_stage(told, word)
        return stage

    def _no_stage(self, told: Told, word: str) -> None:
        self._note(
            "record.unknown-stage",
            told,
            field="stage",
            seen=word,
            **self._choices,
            **hint(normal(word), self._ids),
        )

    @cached_property
    def _choices(self) -> Place:
        """The stages as a person chooses among them."""
        return {
            "choices": listed(f"{stage.id} ({stage.name.en})" for stage in self._stages),
            "choices_zh": listed(f"{stage.id}（{stage.name.zh}）" for stage in self._stages),
        }

    def _day(self, told: Told, kind: Kind, wrong: Event | None) -> tuple[str, str] | None:
        """The first day and the precision of the date, which must not lie ahead."""
        text = told.date.strip()
        if wrong and not text:
            return wrong.date, wrong.precision
        if kind == "void" and not text:  # of what it voids nothing, the rules say
            return self._today.isoformat(), "day"
        if text not in self._dates:
            self._dates[text] = parse_date(text)
        known = self._dates[text]
        if known is None:
            self._note("record.date", told, field="date", seen=text)
            return None
        if known.first > self._today:
            self._note("record.future", told, field="date", seen=text, today=self._today)
            return None
        if known.last > self._today and kind not in FROM_THE_FIRST_DAY:
            self._note("record.period", told, field="date", seen=text, last=known.last)
        return known.first.isoformat(), known.precision

    def _unsaid(self, told: Told, kind: Kind, stage: str | None) -> bool:
        """Whether something is missing that this kind of entry has to say."""
        if kind in ("block", "note") and not told.text.strip():
            self._note("record.no-text", told, field="text")
            return True
        if kind == "revert" and stage and not told.reason.strip():
            self._note("record.revert-reason", told, field="reason", **self.named(stage))
            return True
        if kind == "reach" and stage and not told.evidence.strip():
            self._note("event.no-evidence", told, field="evidence", **self.named(stage))
        return False

    def named(self, stage_id: str) -> Place:
        """A stage as messages name it."""
        name = next(stage.name for stage in self._stages if stage.id == stage_id)
        return {"seen": stage_id, "stage": name.en, "stage_zh": name.zh}

    def _note(self, code: str, told: Told, **words: object) -> None:
        parcel = told.parcel_id.strip()
        if len(parcel) > LONGEST:
            parcel = f"{parcel[:40]}…"
        place: Place = {**self._where, "row": told.row, "parcel": parcel, **words}
        self.findings.append(finding(code, **place))


def _as_it_was(told: Told, kind: Kind, wrong: Event) -> Told:
    """What corrects an entry, with all that it leaves unsaid and that fits its kind."""
    kept = {"parcel_id"} if kind == "void" else {"parcel_id", *_KEPT}
    if kind not in ("reach", "revert"):
        kept -= {"stage"}
    if kind != wrong.kind:
        kept -= {"text", "parts"}
    was = {name: getattr(wrong, name) for name in kept} | {"parts": tuple(wrong.part_ids)}
    blank = [name for name in kept if not any(part.strip() for part in getattr(told, name))]
    return told._replace(**{name: was[name] for name in blank})


_KEPT: Final = ("stage", "text", "evidence", "source", "responsible", "next_step", "parts")
"""What a correction need not say again, beside the parcel and the date."""
