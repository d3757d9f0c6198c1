"""Rules of money and jobs: what floor space and land cost, and what they bring in."""

from collections.abc import Iterator
from typing import Final

from geo.claims.answer import Answer
from geo.claims.book import Amount, Book, Subject, quotient_bound
from geo.claims.claim import Claim
from geo.claims.densities import plausible
from geo.claims.figures import Drawn
from geo.claims.wording import both, measure_words, quantity, side
from geo.text import Language, Words
from geo.units import M2_PER_UNIT, AreaUnit

PER_FLOOR: Final = ("investment",)
PER_LAND: Final = ("investment", "target_annual_output", "added_annual_output")
PEOPLE_PER_LAND: Final = ("jobs",)
"""What is held over floor space, and over land: money, and people."""


def value(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """Money and jobs over floor space and over land, of subjects and of what their parts leave."""
    for subject in book.wide:
        land = subject.land if plausible(subject, book.meant) else None
        for measure, above in subject.amounts.items():
            money = above.claims[0].kind == "money"
            people = above.claims[0].unit == "people"
            if money and measure in PER_FLOOR and subject.floor and subject.floor.value > 0:
                yield _over(subject, above, subject.floor, "CNY/m2", "m2")
            if land is None or land.value <= 0:
                continue
            if money and measure in PER_LAND:
                yield _over(subject, above, land, "CNY/mu", "mu")
            if people and measure in PEOPLE_PER_LAND:
                yield _over(subject, above, land, "people/mu", "mu")


def _over(subject: Subject, above: Amount, below: Amount, unit: str, per: AreaUnit) -> Answer:
    """An amount over an area in a unit of area."""
    each = above.value / (below.value / M2_PER_UNIT[per])
    bound = quotient_bound(above, below)
    measure = measure_words(above.claims[0].measure)
    yearly = above.claims[0].unit == "CNY/year"

    def text(language: Language) -> str:
        year = ("/年" if language == "zh" else " a year") if yearly else ""
        result = f"{side(bound, language)}{quantity(each, unit, language)}{year}"
        return f"{above.told(language)} ÷ {below.told_in(per, language)} = {result}"

    claims: tuple[Claim, ...] = (*above.claims, *below.claims)
    return Answer(
        "value",
        tuple(dict.fromkeys(claims)),
        subject.name,
        Words(
            f"{subject.name.zh}：每{'平方米建筑面积' if per == 'm2' else '亩用地'}的{measure.zh}",
            f"{subject.name.en}: {measure.en} per {'m² of floor' if per == 'm2' else 'mu'}",
        ),
        "explained",
        both(text),
        computed=each,
        unit=unit,
    )
