"""The date of a claim beside the days on which its parcels reached the stage."""

from datetime import date
from typing import Final, NamedTuple

from geo.claims.answer import Answer, Verdict, answer_of
from geo.claims.claim import Claim
from geo.claims.figures import Drawn
from geo.readiness import rung_names
from geo.text import Words
from geo.words import listed

DUE: Final = {"completion_due": "completed", "start_due": "started"}
"""Measures that say by when a stage is due; of any other the stage's id stands before _due."""

_BY: Final = ("plan", "expected", "at_most", "less_than")
_FROM: Final = ("more_than", "at_least")
"""Qualifiers of a date that what comes earlier, or later, meets as well."""


class _History(NamedTuple):
    """What the history says of the parcels of a claim.

    ``early`` are dates before the period that meet the claim all the same, ``undated`` parcels that
    passed the stage without a date for it, ``never`` those that should have reached it and did not.
    """

    parcels: int
    within: dict[str, date]
    early: dict[str, date]
    outside: dict[str, date]
    undated: list[str]
    never: list[str]

    @property
    def verdict(self) -> Verdict:
        if self.outside or self.never:
            return "contradicted"
        if self.undated:
            return "not computable"
        return "explained" if self.early else "equal"


def held_date(claim: Claim, drawn: Drawn) -> Answer | None:
    """A date beside the history of all parcels of which it is claimed; None without a history."""
    rungs = rung_names(drawn.plan.stages)
    rung = rungs.get(claim.measure, rungs.get(_due_stage(claim.measure)))
    if rung is None or claim.day is None:
        return None
    history = _history(claim, drawn, rung)
    if history is None:
        return None
    words = drawn.marked(drawn.mask(claim.of), _told(claim, history, drawn.plan.as_of))
    return answer_of(claim, history.verdict, words)


def _due_stage(measure: str) -> str:
    return DUE.get(measure, measure.removesuffix("_due"))


def _open(claim: Claim) -> tuple[bool, bool]:
    """Whether what is earlier than the period meets the claim, and whether what is later does."""
    due = claim.measure.endswith("_due") or claim.qualifier in _BY
    return due, not due and claim.qualifier in _FROM


def _history(claim: Claim, drawn: Drawn, rung: int) -> _History | None:
    """Each parcel of a claim in its place; None where the history knows none of them."""
    if claim.day is None:
        return None
    first, last, as_of = claim.day.first, claim.day.last, drawn.plan.as_of
    before, after = _open(claim)
    reached = drawn.reached(claim, rung, min(last, as_of))
    if not reached:
        return None
    dated = drawn.dated(claim, rung)
    other = {parcel: day for parcel, day in dated.items() if not first <= day <= last}
    meets = {p: day for p, day in other.items() if (before if day < first else after)}
    missing = [parcel for parcel in reached if parcel not in dated]
    never = [parcel for parcel in missing if not reached[parcel] and last < as_of and not after]
    return _History(
        len(reached),
        {parcel: day for parcel, day in dated.items() if parcel not in other},
        meets,
        {parcel: day for parcel, day in other.items() if parcel not in meets},
        [parcel for parcel in missing if parcel not in never],
        never,
    )


def _told(claim: Claim, history: _History, as_of: date) -> Words:
    """``history: 3 of 4 parcels within 2023-01-01 – 2023-06-30; not LM-E14 2022-12-02``."""
    period = _period(claim)
    held = history.within | history.early
    zh = f"台账：{history.parcels} 个地块中 {len(held)} 个{period.zh}"
    en = f"history: {len(held)} of {history.parcels} parcels {period.en}"
    if held and not (history.outside or history.never or history.undated):
        zh, en = f"{zh}：{_days(held)}", f"{en}: {_days(held)}"
    if history.outside:
        zh, en = f"{zh}；不在其内：{_days(history.outside)}", f"{en}; not {_days(history.outside)}"
    if history.never:
        names = listed(history.never)
        zh, en = f"{zh}；{names} 未达此阶段", f"{en}; {names} never reached the stage"
    if history.undated:
        names = listed(history.undated)
        zh, en = f"{zh}；截至 {as_of} {names} 没有日期", f"{en}; no date for {names} by {as_of}"
    return Words(zh, en)


def _period(claim: Claim) -> Words:
    if claim.day is None:
        return Words("", "")
    first, last = claim.day.first, claim.day.last
    before, after = _open(claim)
    if before or after:
        return Words(
            f"不晚于 {last}" if before else f"不早于 {first}",
            f"by {last}" if before else f"from {first} on",
        )
    if first == last:
        return Words(f"在 {first} 当日", f"on {first}")
    return Words(f"在 {first} – {last} 之内", f"within {first} – {last}")


def _days(days: dict[str, date]) -> str:
    return listed(f"{parcel} {day}" for parcel, day in sorted(days.items()))
