"""Rules of density: floor space, land and plot ratio, of which two give the third."""

from collections.abc import Iterator
from typing import NamedTuple

from geo.claims.answer import Answer, Verdict, judged, span
from geo.claims.book import Amount, Book, Subject, amount
from geo.claims.claim import Claim
from geo.claims.figures import Drawn
from geo.claims.wording import both, claimed, listed, number, part_of, percent, quantity
from geo.plan import Claims
from geo.text import Language, Words
from geo.units import M2_PER_MU, shown


def plausible(subject: Subject, meant: Claims) -> bool:
    """Whether the land of a subject can be the site of its floor space."""
    land, floor = subject.land, subject.floor
    if land is None or floor is None or not land.value:
        return True
    return floor.value / land.value <= meant.plausible_net_ratio


def density(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """Floor space over land is a gross plot ratio, held against those that are published."""
    for subject in book.subjects:
        land, floor = subject.land, subject.floor
        if land is not None and floor is not None and land.value > 0:
            if plausible(subject, book.meant):
                yield _ratio(subject, floor, land, book)
            else:
                yield _footprint(subject, floor, land, book)


def _quotient(floor: Amount, land: Amount, language: Language) -> str:
    """``4545 mu = 3,030,000 m²; 5,000,000 m² ÷ 3,030,000 m² = 1.65``."""
    m2 = land.told_in("m2", language)
    ratio = shown(floor.value / land.value, 2)
    quotient = f"{floor.told_in('m2', language)} ÷ {m2} = {ratio}"
    same = [] if land.unit == "m2" else [f"{land.told(language)} = {m2}"]
    return listed([*same, quotient], language)


def _ratio(subject: Subject, floor: Amount, land: Amount, book: Book) -> Answer:
    ratio = floor.value / land.value
    own = subject.amounts.get("target_plot_ratio")
    targets = list(own.claims) if own else book.target_ratios()
    tails = [
        Words(
            f"相当于 {percent(ratio / target.value)} 的用地按 {number(target.value)} 建设",
            f"as if {percent(ratio / target.value)} of the land were built at "
            f"{number(target.value)}",
        )
        for target in targets
    ]
    verdict: Verdict = judged(own.claims[0], ratio, book.meant) if own else "explained"

    def text(language: Language) -> str:
        shares = [part_of(tail, language) for tail in tails]
        comma = "，" if language == "zh" else ", "
        return comma.join([_quotient(floor, land, language), *shares])

    return Answer(
        "density",
        (*floor.claims, *land.claims, *targets),
        subject.name,
        Words(
            f"{subject.name.zh}：{floor.told('zh')}摊到 {land.told('zh')}的毛容积率",
            f"{subject.name.en}: gross plot ratio of {floor.told('en')} on {land.told('en')}",
        ),
        verdict,
        both(text),
        published=own.claims[0].value if own else float("nan"),
        computed=ratio,
        unit="ratio",
    )


def _footprint(subject: Subject, floor: Amount, land: Amount, book: Book) -> Answer:
    """Floor space too dense for a site: the area is that of the building on the ground."""
    ratio, limit = floor.value / land.value, number(book.meant.plausible_net_ratio)
    storeys = shown(ratio, 0)
    sites = [(target, floor.value / target.value) for target in book.target_ratios()]
    zh = "".join(f"；按 {number(t.value)} 用地应为 {quantity(m2, 'm2', 'zh')}" for t, m2 in sites)
    en = "".join(
        f"; at {number(t.value)} the site would be {quantity(m2, 'm2', 'en')}" for t, m2 in sites
    )
    return Answer(
        "footprint",
        (*floor.claims, *land.claims, *(target for target, _ in sites)),
        subject.name,
        Words(
            f"{subject.name.zh}：{land.told('zh')}是占地而非用地",
            f"{subject.name.en}: {land.told('en')} is a footprint, not a site",
        ),
        "explained",
        Words(
            f"{_quotient(floor, land, 'zh')}，高于 {limit}：是约 {storeys} 层建筑的占地{zh}",
            f"{_quotient(floor, land, 'en')}, above {limit}: the footprint of a building of about "
            f"{storeys} storeys{en}",
        ),
        computed=ratio,
        unit="ratio",
    )


class _Site(NamedTuple):
    """A site as floor space over plot ratio gives it, and the ends within which it may lie."""

    floor: Claim
    ratio: Claim
    m2: float
    low: float
    high: float

    def told(self, language: Language) -> str:
        return (
            f"{amount(self.floor).told_in('m2', language)} ÷ {claimed(self.ratio, language)} = "
            f"{quantity(self.m2, 'm2', language)}"
        )


def _sites(subject: Subject, meant: Claims) -> Iterator[_Site]:
    for when in ("existing", "target"):
        floor = subject.amounts.get(f"{when}_floor_space")
        ratio = subject.amounts.get(f"{when}_plot_ratio")
        if floor is None or ratio is None or not ratio.value or not floor.value:
            continue
        one, other = floor.claims[0], ratio.claims[0]
        (least, most), (low, high) = span(one, meant), span(other, meant)
        smallest = one.base(least) / high if high > 0 else 0.0
        largest = one.base(most) / low if low > 0 else float("inf")
        yield _Site(one, other, floor.value / ratio.value, smallest, largest)


def site(book: Book, drawn: Drawn) -> Iterator[Answer]:
    """Floor space over plot ratio is the site; two ways to it, or a stated one, must agree."""
    for subject in book.subjects:
        sites = list(_sites(subject, book.meant))
        if len(sites) > 1:
            yield _two_sites(subject, sites[0], sites[1])
        for found in sites:
            yield _site(subject, found, subject.land)


def _two_sites(subject: Subject, now: _Site, then: _Site) -> Answer:
    apart = percent(max(now.m2, then.m2) / min(now.m2, then.m2) - 1)
    floor_m2 = now.m2 * then.ratio.value
    agree = now.low <= then.high and then.low <= now.high

    def text(language: Language) -> str:
        far = f"，相差 {apart}" if language == "zh" else f": {apart} apart"
        product = (
            f"{quantity(now.m2, 'm2', language)} × {claimed(then.ratio, language)} = "
            f"{quantity(floor_m2, 'm2', language)}"
        )
        return listed([now.told(language), f"{then.told(language)}{far}", product], language)

    return Answer(
        "two-sites",
        (now.floor, now.ratio, then.floor, then.ratio),
        subject.name,
        Words(
            f"{subject.name.zh}：由现状与由改造后推得的用地",
            f"{subject.name.en}: the site by what stands and by what is to be built",
        ),
        "within rounding" if agree else "contradicted",
        both(text),
        published=then.floor.value,
        computed=then.floor.stated(floor_m2),
        unit=then.floor.unit,
    )


def _site(subject: Subject, found: _Site, land: Amount | None) -> Answer:
    """The site, beside the one that is stated if there is one."""
    stated = land.claims[0] if land is not None and len(land.claims) == 1 else None
    verdict: Verdict = "explained"
    if stated is not None:
        low, high = stated.stated(found.low), stated.stated(found.high)
        verdict = "within rounding" if low <= stated.value <= high else "contradicted"

    def text(language: Language) -> str:
        mu = quantity(found.m2 / M2_PER_MU, "mu", language)
        beside = [] if stated is None else [f"{stated.id}: {claimed(stated, language)}"]
        return listed([f"{found.told(language)} = {mu}", *beside], language)

    return Answer(
        "site",
        (found.floor, found.ratio, *([stated] if stated else [])),
        subject.name,
        Words(
            f"{subject.name.zh}：建筑面积与容积率推得的用地",
            f"{subject.name.en}: the site that floor space and plot ratio imply",
        ),
        verdict,
        both(text),
        published=stated.amount if stated else float("nan"),
        computed=found.m2,
        unit="m2",
    )
