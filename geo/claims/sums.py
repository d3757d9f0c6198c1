"""Rules of sums: parts and their whole, what they leave, one figure twice, goals and their land."""

from collections.abc import Iterator

from geo.claims.answer import EXACT, Answer, Verdict, judged, span
from geo.claims.book import Amount, Book, Subject, total
from geo.claims.claim import Claim, is_goal
from geo.claims.figures import Drawn
from geo.claims.wording import (
    both,
    claimed,
    listed,
    measure_words,
    number,
    percent,
    quantity,
    stated,
)
from geo.plan import Claims
from geo.text import Language, Words
from geo.units import M2_PER_MU


def parts_and_whole(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """The sum of the parts against the whole, where both state the same measure."""
    for subject in book.subjects:
        for measure, whole in subject.amounts.items():
            parts = [part.amounts[measure] for part in subject.parts if measure in part.amounts]
            if parts and len(parts) == len(subject.parts):
                yield _sum(subject, whole, parts, book.meant)


def _sum(subject: Subject, whole: Amount, parts: list[Amount], meant: Claims) -> Answer:
    """Equal to the whole, more than it, or less: then what is left is told."""
    added = total([claim for part in parts for claim in part.claims])
    left = whole.less(added)
    claim = whole.claims[0]
    verdict: Verdict = judged(claim, claim.stated(added.value), meant)
    rest = verdict == "contradicted" and left.value > 0

    def text(language: Language) -> str:
        terms = [claimed(part, language) for part in added.claims]
        if rest:
            none = "，各部分均未载明" if language == "zh" else " that no part states"
            return f"{' − '.join([claimed(claim, language), *terms])} = {left.told(language)}{none}"
        places = 6 if verdict == "contradicted" else None
        sum_ = quantity(claim.stated(added.value), claim.unit, language, places)
        sums = f"{' + '.join(terms)} = {sum_}" if len(terms) > 1 else terms[0]
        return f"{sums} {_beside(claim, verdict, language)}"

    measure = measure_words(claim.measure)
    told = Words(f"{subject.name.zh}：{measure.zh}", f"{subject.name.en}: {measure.en}")
    return Answer(
        "rest" if rest else "parts",
        (claim, *added.claims),
        subject.name,
        told,
        "explained" if rest else verdict,
        both(text),
        published=claim.value,
        computed=claim.stated(left.value if rest else added.value),
        unit=claim.unit,
    )


def _beside(claim: Claim, verdict: Verdict, language: Language) -> str:
    """The whole as it is stated, behind the sign that the verdict puts before it."""
    if verdict != "explained":
        sign = {"contradicted": "≠", "within rounding": "≈"}.get(verdict, "=")
        return f"{sign} {claimed(claim, language)}"
    whole = stated(claim, language)
    return f"（公布：{whole}）" if language == "zh" else f"(published: {whole})"


def goals_and_parts(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """A goal as a share of the land that is published for it: 4500 ÷ 4545 = 99.0 %."""
    for subject in book.subjects:
        for goal in subject.goals if subject.land and subject.land.value > 0 else []:
            yield _goal_share(subject, goal, subject.land)


def _goal_share(subject: Subject, goal: Claim, land: Amount | None) -> Answer:
    claims = land.claims if land else ()
    there = goal.stated(land.value if land else 0.0)
    able = goal.value <= there * (1 + EXACT)

    def text(language: Language) -> str:
        parts = " + ".join(number(goal.stated(claim.amount)) for claim in claims)
        sum_ = f"{parts} = {quantity(there, goal.unit, language)}"
        share = f"{number(goal.value)} ÷ {number(there)} = {percent(goal.value / there)}"
        return listed([sum_, share] if len(claims) > 1 else [share], language)

    return Answer(
        "parts",
        (goal, *claims),
        subject.name,
        Words(
            f"{subject.name.zh}：目标 {claimed(goal, 'zh')}占公布用地的比例",
            f"{subject.name.en}: the goal of {claimed(goal, 'en')} as a share of published land",
        ),
        "explained" if able else "contradicted",
        both(text),
        published=goal.value,
        computed=there,
        unit=goal.unit,
    )


def goals_and_net_land(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """Whether a goal can be reached on the net land that there is for it, or on gross land only."""
    for claim in book.claims:
        for goal in drawn.goals(claim) if is_goal(claim) and claim.numeric else []:
            chosen = drawn.of_goal(goal)
            gross, net = (m2 / M2_PER_MU for m2 in (drawn.land_m2(chosen), drawn.net_m2(chosen)))
            asked = claim.amount / M2_PER_MU
            basis = gross if goal.basis == "gross" else net
            yield Answer(
                "goal",
                (claim,),
                claim.subject,
                Words(
                    f"{claim.subject.zh}：{claimed(claim, 'zh')}能否在净用地上达到",
                    f"{claim.subject.en}: whether net land suffices for {claimed(claim, 'en')}",
                ),
                "explained" if asked <= basis * (1 + EXACT) else "contradicted",
                drawn.marked(chosen, _reach(asked, gross, net)),
                published=claim.value,
                computed=claim.stated(net * M2_PER_MU),
                unit=claim.unit,
            )


def _reach(asked: float, gross: float, net: float) -> Words:
    """The shares of gross and of net land, and what net land is short of."""
    if not gross:
        return Words("没有用地", "there is no land for it")
    short = asked - net
    of_gross, usable = percent(asked / gross), percent(net / gross)
    tail = Words(
        f"净用地够，余 {number(-short)} 亩", f"net land suffices, {number(-short)} mu to spare"
    )
    if short > 0:
        tail = Words(f"净用地差 {number(short)} 亩", f"net land is {number(short)} mu short")
    return Words(
        f"{number(asked)} ÷ 毛用地 {number(gross)} 亩 = {of_gross}；净用地 {number(net)} 亩"
        f"（{usable}）；{tail.zh}",
        f"{number(asked)} ÷ {number(gross)} mu gross = {of_gross}; net land {number(net)} mu "
        f"({usable}); {tail.en}",
    )


def stated_twice(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """One measure of one subject that several rows state: all are held against the first."""
    for subject in book.subjects:
        first: dict[tuple[str, str | None, str], Claim] = {}
        for claim in (item for item in subject.claims if item.numeric):
            kind = claim.unit if claim.kind == "money" else claim.kind  # a year is another matter
            one = first.setdefault((claim.measure, kind, claim.scenario), claim)
            if one is not claim:
                yield _twice(subject, one, claim, book.meant)


def _twice(subject: Subject, one: Claim, other: Claim, meant: Claims) -> Answer:
    value = one.stated(other.amount)
    measure = measure_words(one.measure)

    def text(language: Language) -> str:
        return listed((f"{item.id}: {stated(item, language)}" for item in (one, other)), language)

    return Answer(
        "twice",
        (one, other),
        subject.name,
        Words(f"{subject.name.zh}：{measure.zh}", f"{subject.name.en}: {measure.en}"),
        _agreement(one, other, meant),
        both(text),
        published=one.value,
        computed=value,
        unit=one.unit,
    )


def _agreement(one: Claim, other: Claim, meant: Claims) -> Verdict:
    """Whether one number can meet both claims: as rounded, or as their qualifiers allow."""
    if abs(one.amount - other.amount) <= abs(one.amount) * EXACT:
        return "equal"
    low, high = span(one, meant)
    least, most = (one.stated(other.base(end)) for end in span(other, meant))
    if not (least < high and low < most):
        return "contradicted"
    return "within rounding" if one.bound == other.bound == "exact" else "explained"
