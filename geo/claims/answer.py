"""The answer to a claim: what was published, what was computed, and what follows."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from geo.claims.claim import Claim
from geo.claims.wording import UNIT_WORDS, statement
from geo.plan import Claims
from geo.text import Words

Verdict = Literal[
    "equal",
    "within rounding",
    "explained",
    "contradicted",
    "proposed",
    "not computable",
    "refused",
]

VERDICTS: Final[dict[Verdict, Words]] = {
    "contradicted": Words("矛盾", "contradicted"),
    "explained": Words("可解释", "explained"),
    "equal": Words("相符", "equal"),
    "within rounding": Words("取整之内", "within rounding"),
    "proposed": Words("待确认", "proposed"),
    "not computable": Words("无法计算", "not computable"),
    "refused": Words("不采用", "refused"),
}
"""Every verdict. ``equal``: the numbers are the same. ``within rounding``: one is what the other
rounds to. ``explained``: a qualifier ("more than", "about") allows it, or a named rule leads from
number to number. ``proposed``: somebody has to decide. ``refused``: the source is about another
place."""

RULES: Final = {
    "plan": Words("与本计划计算值核对", "held against this plan"),
    "refused": Words("来源所述为另一地", "a source about another place"),
    "parts": Words("各部分与整体", "parts and their whole"),
    "rest": Words("整体减去部分", "the whole less a part"),
    "twice": Words("同一数据公布两次", "one figure, published twice"),
    "goal": Words("目标与用地", "a goal and its land"),
    "density": Words("建筑面积 ÷ 用地", "floor space over land"),
    "footprint": Words("占地并非用地", "a footprint, not a site"),
    "site": Words("建筑面积 ÷ 容积率", "floor space over plot ratio"),
    "two-sites": Words("同一用地的两种推算", "one site, derived in two ways"),
    "completion": Words("完成率与目标", "completion and its target"),
    "pace": Words("速度", "pace"),
    "value": Words("每平方米、每亩的数额", "per m² of floor or mu of land"),
    "spelling": Words("名称有两种写法", "a name written two ways"),
    "shared": Words("同一项目列入两处", "one project in two lists"),
    "dates": Words("同一项目有两个日期", "one project, two dates"),
}
"""What holds a claim against what."""

CLAIM_COLUMNS: Final = (
    *("rule", "claims", "subject", "subject_zh", "statement", "statement_zh"),
    *("published", "computed", "unit", "difference", "verdict"),
    *("arithmetic", "arithmetic_zh", "note", "note_zh", "sources", "known_share"),
)
"""One answer: the rule that gave it, the ids of the claims in it, what they state, both numbers in
``unit`` and how far apart they are (computed ÷ published − 1), the verdict, the arithmetic, and
what the table of claims remarks. ``known_share`` is the share of the land for which the computed
figure is known, NaN where it is none of land; ``_zh`` columns are in Chinese, the others in
English."""

NO_WORDS: Final = Words("", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the answers; numbers that there are not are NaN."""

    rule: str
    claims: tuple[Claim, ...]
    subject: Words
    statement: Words
    verdict: Verdict
    arithmetic: Words
    published: float = math.nan
    computed: float = math.nan
    unit: str = ""
    known_share: float = math.nan
    note: Words = NO_WORDS

    @property
    def difference(self) -> float:
        """Computed ÷ published − 1; NaN where that says nothing."""
        known = math.isfinite(self.published) and math.isfinite(self.computed)
        return self.computed / self.published - 1 if known and self.published else math.nan

    def record(self) -> tuple[object, ...]:
        """The answer in the order of :data:`CLAIM_COLUMNS`."""
        ids = ", ".join(dict.fromkeys(claim.id for claim in self.claims))
        sources = ", ".join(dict.fromkeys(claim.source for claim in self.claims if claim.source))
        return (
            *(self.rule, ids, self.subject.en, self.subject.zh),
            *(self.statement.en, self.statement.zh, self.published, self.computed, self.unit),
            *(self.difference, self.verdict, self.arithmetic.en, self.arithmetic.zh),
            *(self.note.en, self.note.zh, sources, self.known_share),
        )


def answers_table(answers: Iterable[Answer]) -> pd.DataFrame:
    """Answers as a table of :data:`CLAIM_COLUMNS`."""
    table = pd.DataFrame([item.record() for item in answers], columns=list(CLAIM_COLUMNS))
    numbers = ("published", "computed", "difference", "known_share")
    return table.astype(dict.fromkeys(numbers, "float64"))


def answer_of(
    claim: Claim,
    verdict: Verdict,
    words: Words,
    computed: float = math.nan,
    known_share: float = math.nan,
) -> Answer:
    """The answer to one claim that is held against the plan."""
    unit = claim.unit if claim.unit in UNIT_WORDS and claim.numeric else ""
    told = statement(claim)
    return Answer(
        "plan",
        (claim,),
        claim.subject,
        told,
        verdict,
        words,
        published=claim.value,
        computed=computed,
        unit=unit,
        known_share=known_share,
        note=claim.note,
    )


def span(claim: Claim, meant: Claims) -> tuple[float, float]:
    """From where to where the truth may lie, in the unit of the claim.

    A qualifier says on which side: "more than" leaves it open above, "nearly" lets it fall short
    by no more than the share that the plan allows. A bare number is what the truth rounds to, and
    so is the upper end of "nearly", which nobody states to more than a few figures.
    """
    value, half = claim.value, claim.step / 2
    if claim.bound == "above":
        return value, math.inf
    if claim.qualifier == "nearly":
        return value - abs(value) * meant.nearly, value + claim.rough / 2
    if claim.bound == "below":
        return -math.inf, value
    if claim.bound == "about":
        half = max(half, abs(value) * meant.about)
    return value - half, value + half


def judged(claim: Claim, computed: float, meant: Claims) -> Verdict:
    """Whether a computed number, in the unit of the claim, is the one that is claimed."""
    slack = abs(claim.value) * EXACT
    off = computed - claim.value
    if abs(off) <= slack:
        return "contradicted" if claim.qualifier in ("more_than", "less_than") else "equal"
    low, high = span(claim, meant)
    end = high - slack if claim.bound in ("exact", "about") else high + slack  # half is rounded up
    if not low - slack <= computed <= end:
        return "contradicted"
    step = claim.rough if claim.qualifier == "nearly" else claim.step
    one_sided = claim.bound == "above" or claim.qualifier in ("less_than", "at_most")
    rounds = not one_sided and -step / 2 - slack <= off < step / 2 - slack
    return "within rounding" if rounds else "explained"


EXACT: Final = 1e-6
"""Numbers that differ by a smaller share are equal: what is drawn is drawn to the square metre."""
