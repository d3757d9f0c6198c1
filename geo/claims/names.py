"""Rules of names: one name written two ways, one project in two lists or with two dates."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Generic, NamedTuple, TypeVar

from geo.claims.answer import Answer
from geo.claims.book import Book, Subject
from geo.claims.claim import Claim, is_land
from geo.claims.figures import Drawn
from geo.claims.wording import both, number, quantity
from geo.text import Language, Words

LONGEST_NAME: Final = 8
SHORTEST_NAME: Final = 3
"""Shorter names share their characters by chance: 清溪 and 溪清 say nothing."""

SHORTEST_BEGINNING: Final = 2
"""A name of one character begins too many others."""

_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]+")
_TELLS_APART: Final = re.compile(r"[0-9A-Za-z一二三四五六七八九十]")

T = TypeVar("T")


def spelling(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """Names whose characters stand in another order elsewhere: proposed as one, never merged."""
    places = _windows(book.claims)
    found: list[str] = []
    for name in sorted(places, key=lambda name: (-len(name), name)):
        for other in _swapped(name):
            if name < other and other in places and not any(name in longer for longer in found):
                found += [name, other]
                yield _two_spellings(name, places[name], other, places[other])


def _windows(claims: tuple[Claim, ...]) -> dict[str, dict[int, Claim]]:
    """Every run of Chinese characters in names, and the claims by row in which it stands."""
    places: dict[str, dict[int, Claim]] = {}
    for claim in claims:
        names = (claim.subject.zh, *claim.members)
        for run in {run for name in names for run in _CHINESE.findall(name)}:
            for size in range(SHORTEST_NAME, min(LONGEST_NAME, len(run)) + 1):
                for start in range(len(run) - size + 1):
                    places.setdefault(run[start : start + size], {})[claim.row] = claim
    return places


def _swapped(name: str) -> Iterator[str]:
    """The same name with two neighbours in the other order."""
    for at in range(len(name) - 1):
        if name[at] != name[at + 1]:
            yield name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _two_spellings(
    name: str, here: dict[int, Claim], other: str, there: dict[int, Claim]
) -> Answer:
    first, second = (", ".join(claim.id for claim in at.values()) for at in (here, there))
    return Answer(
        "spelling",
        (*here.values(), *there.values()),
        next(iter(here.values())).subject,
        Words(f"“{name}”与“{other}”是否同一名称", f"whether “{name}” and “{other}” are one name"),
        "proposed",
        Words(
            f"“{name}”（{first}）与“{other}”（{second}）字同序异：请确认；未合并",
            f"“{name}” ({first}) and “{other}” ({second}) are the same characters in another "
            "order: to be confirmed, not merged",
        ),
    )


@dataclass(slots=True)
class _Index(Generic[T]):
    """Things by the names under which they were last met, and by what these names begin with.

    元瑞 may be 元瑞电子科技产业园; 元瑞一期 and A1 are no beginning of 元瑞 and A10, as a numeral
    or a letter tells one thing from the next.
    """

    named: dict[str, T] = field(default_factory=dict)
    longer: dict[str, tuple[str, T]] = field(default_factory=dict)

    def alike(self, name: str) -> tuple[str, T] | None:
        """What has this name, or else one that may stand for the same."""
        if name in self.named:
            return name, self.named[name]
        shorter = (start for start in _beginnings(name) if start in self.named)
        start = next(shorter, None)
        return self.longer.get(name) if start is None else (start, self.named[start])

    def add(self, name: str, thing: T) -> None:
        """Put a thing under its name."""
        self.named[name] = thing
        for start in _beginnings(name):
            self.longer[start] = (name, thing)


def _beginnings(name: str) -> Iterator[str]:
    """What a name may be called for short, the longest first."""
    for end in range(len(name) - 1, SHORTEST_BEGINNING - 1, -1):
        if not _TELLS_APART.match(name[end]):
            yield name[:end]


class _Pair(NamedTuple):
    """Two subjects that list the same projects, or others of which one name begins the other."""

    one: Subject
    other: Subject
    same: list[str]
    like: list[tuple[str, str]]


def shared(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """Projects that two subjects list: their land may be united, but never added.

    Of many lists with one project each is held against the one before; what a part lists with its
    whole is listed once.
    """
    index: _Index[int] = _Index()
    lists = [(subject, _listed(subject)) for subject in book.subjects]
    pairs: dict[tuple[int, int], _Pair] = {}
    for at, (subject, names) in enumerate(lists):
        for name in names:
            found = index.alike(name)
            if found is None or found[1] == at or book.nested(lists[found[1]][0], subject):
                continue
            pair = _Pair(lists[found[1]][0], subject, [], [])
            pair = pairs.setdefault((found[1], at), pair)
            if found[0] == name:
                pair.same.append(name)
            else:
                pair.like.append((found[0], name))
        for name in names:
            index.add(name, at)
    for pair in pairs.values():
        yield _in_both(pair, drawn)


def _listed(subject: Subject) -> list[str]:
    return list(dict.fromkeys(name for claim in subject.claims for name in claim.members))


def _in_both(pair: _Pair, drawn: Drawn) -> Answer:
    first, second = (_area(subject) for subject in (pair.one, pair.other))
    told = _shared_words(pair)
    answer = Answer("shared", (first, second), pair.one.name, told, "not computable", _NEVER)
    if not all(is_land(claim) and claim.numeric for claim in (first, second)):
        return answer if pair.same else replace(answer, verdict="proposed")
    added = first.stated(first.amount + second.amount)
    sum_ = both(lambda language: _sum(first, second, added, language))
    answer = replace(answer, published=added, unit=first.unit)
    masks = [drawn.mask(claim.of) for claim in (first, second)]
    twice = first.stated(drawn.land_m2(masks[0] & masks[1]))
    if not pair.same and not twice:
        words = Words(
            f"{sum_.zh}，同一项目则算了两次：请确认",
            f"{sum_.en}; if so, it is in both: to be confirmed",
        )
        return replace(answer, verdict="proposed", arithmetic=words)
    if not twice:
        words = Words(
            f"{sum_.zh}，其中上述项目算了两次；图上未绘，重复多少无法计算",
            f"{sum_.en} counts them twice; they are not drawn, so by how much is not known",
        )
        return replace(answer, arithmetic=words)
    united = first.stated(drawn.land_m2(masks[0] | masks[1]))
    area = both(lambda language: quantity(twice, first.unit, language))
    whole = both(lambda language: quantity(united, first.unit, language))
    words = Words(
        f"{sum_.zh}，其中图上 {area.zh}算了两次；图上合并为 {whole.zh}",
        f"{sum_.en}, of which {area.en} twice on the map; united on the map {whole.en}",
    )
    words = drawn.marked(masks[0] | masks[1], words)
    return replace(answer, verdict="explained", arithmetic=words, computed=united)


_NEVER: Final = Words("没有面积可算，不可相加", "no areas to compute with; never to be added")


def _area(subject: Subject) -> Claim:
    """The land of a subject, or else whatever is claimed of it."""
    return subject.own_land.claims[0] if subject.own_land else subject.claims[0]


def _shared_words(pair: _Pair) -> Words:
    one, other = pair.one.name, pair.other.name
    if pair.same:
        return Words(
            f"{one.zh}与{other.zh}都列有 {'、'.join(pair.same)}",
            f"{one.en} and {other.en} both list {', '.join(pair.same)}",
        )
    zh = "、".join(f"“{first}”与“{second}”" for first, second in pair.like)
    en = ", ".join(f"“{first}” and “{second}”" for first, second in pair.like)
    return Words(
        f"{one.zh}与{other.zh}所列的 {zh} 是否同一项目",
        f"whether {en}, which {one.en} and {other.en} list, are one project",
    )


def _sum(first: Claim, second: Claim, added: float, language: Language) -> str:
    terms = f"{number(first.value)} + {number(first.stated(second.amount))}"
    return f"{terms} = {quantity(added, first.unit, language)}"


def dates(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """A project that has a date of its own, in a list that says another of all its projects."""
    dated = [claim for claim in book.claims if claim.day is not None]
    own: dict[str, _Index[Claim]] = {}
    for claim in reversed(dated):  # of a name that stands twice the first holds
        own.setdefault(claim.measure, _Index()).add(claim.subject.zh, claim)
    for listing in dated:
        for name in listing.members:
            found = own[listing.measure].alike(name)
            if found is not None and found[1].subject != listing.subject:
                yield from _two_dates(found[1], listing, name, drawn)


def _drawn_within(own: Claim, listing: Claim, drawn: Drawn) -> bool:
    """Whether the land of a project lies in that of a list, so that it is the one listed."""
    land, of_all = drawn.mask(own.of), drawn.mask(listing.of)
    return bool(land.any() and (of_all | ~land).all())


def _two_dates(own: Claim, listing: Claim, name: str, drawn: Drawn) -> Iterator[Answer]:
    """Two dates of one project; of what may be one project they are only proposed as such."""
    if own.day is None or listing.day is None:
        return
    apart = own.day.last < listing.day.first or own.day.first > listing.day.last
    text = f"{own.id} ({own.source}): {own.text}; {listing.id} ({listing.source}): {listing.text}"
    words, sure = Words(text, text), own.subject.zh == name
    if not sure and _drawn_within(own, listing, drawn):
        words, sure = drawn.marked(drawn.mask(own.of), words), True
    if not sure:
        words = Words(
            f"{text}；“{own.subject.zh}”与“{name}”是否同一项目，请确认",
            f"{text}; whether “{own.subject.zh}” and “{name}” are one project is to be confirmed",
        )
    yield Answer(
        "dates",
        (own, listing),
        own.subject,
        Words(
            f"{own.subject.zh}自己的日期与{listing.subject.zh}所列的日期",
            f"the date of {own.subject.en}, and the one under which {listing.subject.en} lists it",
        ),
        ("contradicted" if apart else "equal") if sure else "proposed",
        words,
    )
