"""The claims by subject: what is stated of each, what it is made of, what is left of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from geo.claims.answer import EXACT
from geo.claims.claim import FLOOR_AFTER, LAND, WORKED_OFF, Bound, Claim, is_goal, is_land, is_named
from geo.claims.wording import claimed, quantity
from geo.plan import Claims
from geo.text import Language, Words
from geo.units import M2_PER_UNIT, AreaUnit
from geo.words import normal


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that follows from claims: in the base unit of its kind (m², CNY, share).

    ``bound`` says to which side the truth may lie, ``unit`` in which unit it is told.
    """

    value: float
    unit: str
    bound: Bound
    claims: tuple[Claim, ...]

    def told(self, language: Language, places: int | None = None) -> str:
        """The number in its unit; of one claim as it states it."""
        if len(self.claims) == 1:
            return claimed(self.claims[0], language)
        return quantity(self.stated, self.unit, language, places)

    def told_in(self, unit: AreaUnit, language: Language) -> str:
        """An area in another unit; of one claim that has this unit as it states it."""
        if len(self.claims) == 1 and self.unit == unit:
            return claimed(self.claims[0], language)
        return quantity(self.value / M2_PER_UNIT[unit], unit, language)

    @property
    def stated(self) -> float:
        """The number in its unit."""
        return self.claims[0].stated(self.value)

    def less(self, other: "Amount") -> "Amount":
        """What is left of it when another is taken away."""
        bound: Bound = "exact" if self.bound == other.bound == "exact" else "about"
        return Amount(self.value - other.value, self.unit, bound, (*self.claims, *other.claims))


def amount(claim: Claim) -> Amount:
    """The number of one claim."""
    return Amount(claim.amount, claim.unit, claim.bound, (claim,))


def total(claims: list[Claim]) -> Amount:
    """The sum of claims of one measure, told in the unit of the first."""
    bounds = {claim.bound for claim in claims}
    bound: Bound = bounds.pop() if len(bounds) == 1 else "about"
    return Amount(sum(claim.amount for claim in claims), claims[0].unit, bound, tuple(claims))


def quotient_bound(above: Amount, below: Amount) -> Bound:
    """To which side a quotient may lie: more than … ÷ nearly … is more than."""
    turned: dict[Bound, Bound] = {"above": "below", "below": "above"}
    bounds = {above.bound, turned.get(below.bound, below.bound)} - {"exact"}
    if not bounds:
        return "exact"
    return bounds.pop() if len(bounds) == 1 else "about"


@dataclass(frozen=True)
class Subject:
    """All that is claimed of one subject, and the subjects that are parts of it.

    ``amounts`` are by measure; of a measure that is stated twice the first counts.
    """

    name: Words
    amounts: dict[str, Amount]
    claims: tuple[Claim, ...]
    parts: list["Subject"] = field(default_factory=list)

    @cached_property
    def own_land(self) -> Amount | None:
        """The land that is stated of it; of several measures the first of :data:`LAND`."""
        return self._first(LAND)

    @cached_property
    def worked_off(self) -> Amount | None:
        """The land of which a completion speaks: what is cumulative, what is worked off, or any."""
        past = (c for c in self.claims if is_land(c) and c.numeric and c.qualifier == "cumulative")
        claim = min(past, key=lambda claim: LAND.index(claim.measure), default=None)
        return amount(claim) if claim else self._first(WORKED_OFF) or self.own_land

    def _first(self, measures: tuple[str, ...]) -> Amount | None:
        stated = (self.amounts.get(measure) for measure in measures)
        return next((a for a in stated if a is not None and a.claims[0].kind == "area"), None)

    @cached_property
    def land(self) -> Amount | None:
        """Its land: as stated, else the sum of what is stated of its parts."""
        if self.own_land is not None:
            return self.own_land
        stated = [part.own_land for part in self.parts]
        claims = [claim for land in stated if land is not None for claim in land.claims]
        return total(claims) if claims and None not in stated else None

    @cached_property
    def floor(self) -> Amount | None:
        """The floor space that renewal brings."""
        return self._first(FLOOR_AFTER)

    @property
    def goals(self) -> list[Claim]:
        """The goals that are stated of it, the smallest first."""
        return sorted((c for c in self.claims if is_goal(c) and c.numeric), key=lambda c: c.amount)

    def rest(self) -> Iterator["Subject"]:
        """What its parts leave of it, by every measure that both state; nothing if they are all."""
        left = {}
        for measure, whole in self.amounts.items():
            parts = [part.amounts[measure] for part in self.parts if measure in part.amounts]
            if parts and len(parts) == len(self.parts):
                other = total([claim for part in parts for claim in part.claims])
                remainder = whole.less(other)
                if remainder.value > whole.value * EXACT:
                    left[measure] = remainder
        if left:
            yield Subject(
                Words(
                    f"{self.name.zh}减去{'、'.join(part.name.zh for part in self.parts)}",
                    f"{self.name.en} less {', '.join(part.name.en for part in self.parts)}",
                ),
                left,
                tuple(claim for item in left.values() for claim in item.claims),
            )


@dataclass(frozen=True)
class Book:
    """The claims that may be held against each other, by subject.

    A subject that is within itself, by whatever way, is within nothing.
    """

    claims: tuple[Claim, ...]
    meant: Claims

    @cached_property
    def subjects(self) -> list[Subject]:
        """Every subject, in the order of the table."""
        by_name: dict[str, list[Claim]] = {}
        for claim in self.claims:
            by_name.setdefault(normal(claim.subject.en), []).append(claim)
        subjects = {name: _subject(claims) for name, claims in by_name.items()}
        for name, wholes in self.wholes.items():
            for whole in sorted(wholes & subjects.keys()):
                subjects[whole].parts.append(subjects[name])
        return list(subjects.values())

    @cached_property
    def wholes(self) -> dict[str, set[str]]:
        """Of which subjects each is a part, by their compared names."""
        rounds = circular(self.claims)
        return {
            name: set() if name in rounds else wholes
            for name, wholes in _wholes(self.claims).items()
        }

    def nested(self, one: Subject, other: Subject) -> bool:
        """Whether one subject is within the other."""
        first, second = normal(one.name.en), normal(other.name.en)
        return second in _above(first, self.wholes) or first in _above(second, self.wholes)

    @cached_property
    def wide(self) -> list[Subject]:
        """Every subject, and what the parts of each leave of it."""
        return [*self.subjects, *(rest for subject in self.subjects for rest in subject.rest())]

    def target_ratios(self) -> list[Claim]:
        """The plot ratios that renewal is published to bring, each once."""
        found: dict[float, Claim] = {}
        for claim in self.claims:
            if claim.measure == "target_plot_ratio" and claim.numeric and claim.value > 0:
                found.setdefault(claim.value, claim)
        return list(found.values())


def _subject(claims: list[Claim]) -> Subject:
    amounts: dict[str, Amount] = {}
    for claim in claims:
        if claim.numeric:
            amounts.setdefault(claim.measure, amount(claim))
    return Subject(claims[0].subject, amounts, tuple(claims))


def book_of(claims: Iterable[Claim], meant: Claims) -> Book:
    """A book of the claims that name their subject; nothing can be said of whom others speak."""
    return Book(tuple(claim for claim in claims if is_named(claim)), meant)


def circular(claims: Iterable[Claim]) -> set[str]:
    """The subjects that are parts of themselves, by their compared names."""
    wholes = _wholes(claims)
    return {name for name in wholes if name in _above(name, wholes)}


def _wholes(claims: Iterable[Claim]) -> dict[str, set[str]]:
    wholes: dict[str, set[str]] = {}
    for claim in claims:
        if claim.within:
            wholes.setdefault(normal(claim.subject.en), set()).add(normal(claim.within))
    return wholes


def _above(name: str, wholes: dict[str, set[str]]) -> set[str]:
    """All that a subject is within, by however many steps."""
    found: set[str] = set()
    pending = list(wholes.get(name, ()))
    while pending:
        whole = pending.pop()
        if whole not in found:
            found.add(whole)
            pending.extend(wholes.get(whole, ()))
    return found
