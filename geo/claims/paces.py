"""Rules of progress: what a percentage of completion is of, and the pace that goals need."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from geo.claims.answer import Answer, Verdict, judged
from geo.claims.book import Book, Subject
from geo.claims.claim import WORKED_OFF, Claim, is_land
from geo.claims.figures import Drawn
from geo.claims.quantities import SHARE_BELOW
from geo.claims.wording import both, claimed, measure_words, number, quantity
from geo.plan import Claims
from geo.text import Language, Words
from geo.units import M2_PER_MU


def completion(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """What was done, at so many per cent, gives the target: 619 mu at 103 % are 601."""
    for subject in book.subjects:
        share, done = subject.amounts.get("completion"), subject.worked_off
        if share is None or done is None or len(done.claims) > 1:
            continue
        if share.claims[0].kind in ("percent", "ratio") and share.value > 0:
            yield _target(subject, done.claims[0], share.claims[0], book.meant)


def _target(subject: Subject, done: Claim, share: Claim, meant: Claims) -> Answer:
    """The target, beside the goal that is stated if there is one."""
    target = done.value / share.amount
    goal = next(iter(subject.goals), None)
    unit = goal or done
    computed = unit.stated(done.amount / share.amount)
    as_share = share.kind == "percent" and share.value <= SHARE_BELOW

    def text(language: Language) -> str:
        whole = quantity(target, done.unit, language, places=0)
        told = f"{claimed(done, language)} ÷ {claimed(share, language)} = {whole}"
        if not as_share:
            return told
        meant = f"{number(share.value * 100)} %"
        return f"{told}；是否指 {meant}" if language == "zh" else f"{told}; was {meant} meant?"

    verdict: Verdict = judged(goal, computed, meant) if goal else "explained"
    of = measure_words(done.measure)
    return Answer(
        "completion",
        (done, share, *([goal] if goal else [])),
        subject.name,
        Words(
            f"{subject.name.zh}：{of.zh}完成率 {claimed(share, 'zh')}所对应的目标",
            f"{subject.name.en}: the target of which {claimed(done, 'en')} ({of.en}) are "
            f"{claimed(share, 'en')}",
        ),
        "proposed" if as_share else verdict,
        both(text),
        published=goal.value if goal else math.nan,
        computed=computed,
        unit=unit.unit,
    )


class _Pace(NamedTuple):
    """Land in mu a year, the claims that it follows from, and how."""

    mu: float
    claims: tuple[Claim, ...]
    formula: str


def pace(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """The pace that a past action reached against those that the goals need."""
    done = [
        _Pace(_mu(claim) / claim.years, (claim,), f"{number(_mu(claim))} ÷ {number(claim.years)}")
        for claim in book.claims
        if _is_pace(claim)
    ]
    for subject in book.subjects:
        for needed in _needed(subject):
            for reached in done:
                yield _paces(subject, needed, reached)


def _is_pace(claim: Claim) -> bool:
    """Whether it states land that was worked off in so many years."""
    past = is_land(claim) and claim.measure in WORKED_OFF and claim.qualifier == "cumulative"
    return past and claim.value > 0 and claim.years > 0


def _needed(subject: Subject) -> Iterator[_Pace]:
    """The pace of each goal from the beginning, and from each goal to the next."""
    goals = sorted((goal for goal in subject.goals if goal.years > 0), key=lambda goal: goal.years)
    for goal in goals:
        formula = f"{number(_mu(goal))} ÷ {number(goal.years)}"
        yield _Pace(_mu(goal) / goal.years, (goal,), formula)
    for one, next_ in pairwise(goals):
        if next_.years > one.years and next_.amount > one.amount:
            mu, years = _mu(next_) - _mu(one), next_.years - one.years
            formula = (
                f"({number(_mu(next_))} − {number(_mu(one))}) ÷ "
                f"({number(next_.years)} − {number(one.years)})"
            )
            yield _Pace(mu / years, (one, next_), formula)


def _paces(subject: Subject, needed: _Pace, reached: _Pace) -> Answer:
    times = number(needed.mu / reached.mu, 1)
    was, must = number(reached.mu, 0), number(needed.mu, 0)
    action = reached.claims[0].subject
    return Answer(
        "pace",
        (*needed.claims, *reached.claims),
        subject.name,
        Words(
            f"{subject.name.zh}：所需速度与{action.zh}已达到的速度",
            f"{subject.name.en}: the pace needed, and that of {action.en}",
        ),
        "explained",
        Words(
            f"所需：{needed.formula} = {must} 亩/年；已达到：{reached.formula} = {was} 亩/年；"
            f"为其 {times} 倍",
            f"needed: {needed.formula} = {must} mu a year; reached: {reached.formula} = {was} mu "
            f"a year; {times} times as fast",
        ),
        published=needed.mu,
        computed=reached.mu,
        unit="mu/year",
    )


def _mu(claim: Claim) -> float:
    return claim.amount / M2_PER_MU
