"""Each claim beside the figure that the plan computes for it, or the reason why there is none."""

from collections.abc import Callable
from typing import Final

from geo.claims.answer import EXACT, Answer, Verdict, answer_of, judged
from geo.claims.claim import FLOOR_AFTER, Claim, is_goal, is_land
from geo.claims.dates import held_date
from geo.claims.figures import Drawn, Figure
from geo.claims.wording import (
    both,
    claimed,
    compared,
    joined,
    number,
    quantity,
    stated,
    statement,
)
from geo.readiness import rung_names
from geo.text import Language, Words
from geo.units import M2_PER_MU
from geo.words import listed, normal


def refusal(claim: Claim) -> Answer:
    """The answer to a claim whose source is about another place: none of its figures is used."""
    about = claim.document.place if claim.document else Words("", "")
    words = Words(
        f"来源 {claim.source} 说的是{about.zh}，不作为本地数据",
        f"source {claim.source} is about {about.en}: it is no data of this place",
    )
    told = statement(claim)
    return Answer("refused", (claim,), claim.subject, told, "refused", words, note=claim.note)


def held(claim: Claim, drawn: Drawn) -> Answer | None:
    """The claim beside the plan's figure; None when nothing that is drawn answers it."""
    if not claim.of or not all(map(drawn.knows, claim.of)):
        return None
    if is_goal(claim):
        return _goal(claim, drawn)
    if claim.kind == "date":
        return held_date(claim, drawn)
    if claim.kind == "stage":
        return _stage(claim, drawn)
    compute = _figure_of(claim)
    if compute is None or not claim.numeric or not claim.value:
        return None
    return _figure(claim, compute(drawn, claim), drawn)


def unanswered(claim: Claim, drawn: Drawn) -> Answer:
    """The reason why nothing can be held against a claim."""
    return answer_of(claim, "not computable", _reason(claim, drawn))


def _reason(claim: Claim, drawn: Drawn) -> Words:
    missing = ", ".join(target for target in claim.of if not drawn.knows(target))
    reasons = (
        (bool(missing), Words(f"计划中没有 {missing}", f"the plan has no {missing}")),
        (
            claim.kind is None,
            Words(f"单位 {claim.unit!r} 未知", f"the unit {claim.unit!r} is unknown"),
        ),
        (claim.kind == "text", Words("不是数量", "it is no quantity")),
        (
            claim.kind not in ("date", "stage") and not claim.numeric,
            Words(f"{claim.text!r} 不是可用的数", f"{claim.text!r} is no usable number"),
        ),
        (claim.value == 0, Words("公布值为 0，无从比较", "nothing can be held against 0")),
        (
            bool(claim.of),
            Words("本计划不计算此项", "the plan computes no figure of this kind"),
        ),
    )
    otherwise = Words(
        "图上没有对应的地块，也没有其他数据可以核对",
        "nothing that is drawn answers it, and no other claim speaks of it",
    )
    return next((words for applies, words in reasons if applies), otherwise)


def _figure_of(claim: Claim) -> Callable[[Drawn, Claim], Figure] | None:
    """What computes the figure of a measure."""
    if is_land(claim):
        return Drawn.land
    if claim.measure not in _MEASURED or UNIT_KIND[claim.measure] != claim.kind:
        return None
    return _MEASURED[claim.measure]


_MEASURED: Final[dict[str, Callable[[Drawn, Claim], Figure]]] = {
    "existing_floor_space": lambda drawn, claim: drawn.existing(claim, ratio=False),
    "existing_plot_ratio": lambda drawn, claim: drawn.existing(claim, ratio=True),
    "target_plot_ratio": Drawn.ratio,
    "target_floor_space": lambda drawn, claim: drawn.space(claim, "total_m2"),
    "released_floor_space": lambda drawn, claim: drawn.space(claim, "total_m2"),
    "added_floor_space": lambda drawn, claim: drawn.space(claim, "added_m2"),
}
UNIT_KIND: Final = {
    measure: "ratio" if measure.endswith("ratio") else "area" for measure in _MEASURED
}
"""The kind of unit in which a claim of each measure can be held."""


UNDER_SCENARIO: Final = (*FLOOR_AFTER, "target_plot_ratio")
"""Measures whose figure depends on a scenario."""


def _figure(claim: Claim, figure: Figure, drawn: Drawn) -> Answer:
    meant = drawn.plan.claims
    under = _scenario(claim, drawn) if claim.measure in UNDER_SCENARIO else None
    if meant is None or not figure.known_share:
        words = Words("图上的地块没有这项数据", "the parcels that are drawn have no such figure")
        words = words if under is None or drawn.scenario(claim) else under
        return answer_of(claim, "not computable", words)
    computed = claim.stated(figure.value)
    verdict = judged(claim, computed, meant)
    told = [_beside(claim, computed), *_made_of(claim, drawn), *([under] if under else [])]
    if figure.known_share < meant.known_from:
        share = number(figure.known_share * 100, 1)
        told.append(Words(f"仅 {share}% 的用地已知", f"known for {share} % of the land only"))
        verdict = verdict if _holds_in_part(claim, verdict) else "not computable"
    if verdict == "explained":
        told.append(_holds(claim))
    words = drawn.marked(drawn.mask(claim.of), joined(told))
    return answer_of(claim, verdict, words, computed, figure.known_share)


def _holds_in_part(claim: Claim, verdict: Verdict) -> bool:
    """Whether it holds for what is known of the land, and so for all of it.

    A sum that is known in part is a lower bound, which "more than" can be met by; but floor space
    that is added may be less than none.
    """
    sums_up = claim.kind == "area" and claim.measure != "added_floor_space"
    return sums_up and claim.bound == "above" and verdict != "contradicted"


def _holds(claim: Claim) -> Words:
    """``“more than 5,000,000 m²” holds``."""
    zh, en = stated(claim, "zh"), stated(claim, "en")
    return Words(f"“{zh}”成立", f"“{en}” holds")


def _scenario(claim: Claim, drawn: Drawn) -> Words:
    """Under which scenario, and whether the claim says so."""
    scenario = drawn.scenario(claim)
    if scenario is None and claim.scenario:
        return Words(
            f"计划中没有情景 {claim.scenario!r}", f"the plan has no scenario {claim.scenario!r}"
        )
    if scenario is None:
        return Words("计划没有情景", "the plan has no scenario")
    name = scenario.name
    told = Words(f"情景“{name.zh}”", f"under “{name.en}”")
    if claim.scenario:
        return told
    return Words(
        f"{told.zh}（未指明情景，取第一个）", f"{told.en}, the first scenario as none is named"
    )


def _beside(claim: Claim, computed: float) -> Words:
    """``computed 91,428.57 m² ÷ published 100,000 m² = 91.4 %``."""
    share = compared(computed / claim.value)

    def text(language: Language) -> str:
        ours = quantity(computed, claim.unit, language, places=2)
        words = _COMPUTED.zh if language == "zh" else _COMPUTED.en
        return words.format(computed=ours, published=claimed(claim, language), share=share)

    return both(text)


_COMPUTED: Final = Words(
    "计算 {computed} ÷ 公布 {published} = {share}",
    "computed {computed} ÷ published {published} = {share}",
)


def _made_of(claim: Claim, drawn: Drawn) -> list[Words]:
    """Total less existing is added floor space, where all three are known for all the land."""
    if claim.measure not in FLOOR_AFTER:
        return []
    columns = ("total_m2", "existing_m2", "added_m2")
    total, existing, added = (drawn.space(claim, column) for column in columns)
    if min(total.known_share, existing.known_share, added.known_share) < 1 - EXACT:
        return []
    terms = [number(figure.value, 0) for figure in (total, existing, added)]
    formula = f"{terms[0]} − {terms[1]} = {terms[2]}"
    return [Words(f"总量 − 现状 = 新增：{formula}", f"total − existing = added: {formula}")]


def _goal(claim: Claim, drawn: Drawn) -> Answer | None:
    """A published goal beside the one that the plan works toward."""
    meant, goals = drawn.plan.claims, drawn.goals(claim)
    if meant is None or len(goals) != 1 or not claim.numeric or not claim.value:
        return None
    (goal,) = goals
    computed = claim.stated(goal.mu * M2_PER_MU)
    words = Words(
        f"计划目标“{goal.name.zh}”：{number(goal.mu)} 亩，{goal.due} 到期",
        f"goal of the plan “{goal.name.en}”: {number(goal.mu)} mu, due {goal.due}",
    )
    return answer_of(claim, judged(claim, computed, meant), words, computed)


def _stage(claim: Claim, drawn: Drawn) -> Answer | None:
    """A stage beside the history of the parcels."""
    rung = rung_names(drawn.plan.stages).get(normal(claim.text))
    if rung is None or claim.as_of is None:
        return None
    reached = drawn.reached(claim, rung, claim.as_of.last)
    if not reached:
        return None
    late = [parcel for parcel, there in reached.items() if not there]
    name = drawn.plan.stages[rung].name
    there, day = len(reached) - len(late), claim.as_of.last
    words = Words(
        f"台账：{day} 前 {len(reached)} 个地块中有 {there} 个已达“{name.zh}”",
        f"history: {there} of {len(reached)} parcels had reached “{name.en}” by {day}",
    )
    if late:
        rest = listed(late)
        words = Words(f"{words.zh}；未达：{rest}", f"{words.en}; not {rest}")
    words = drawn.marked(drawn.mask(claim.of), words)
    return answer_of(claim, "contradicted" if late else "equal", words)
