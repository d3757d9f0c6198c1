"""The documents that state claims, and whether they are about this place."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from geo.claims.cells import Row, words_of
from geo.claims.claim import Claim, Document
from geo.findings import Finding, Place, finding
from geo.plan import Plan
from geo.text import Text, Words
from geo.words import folded, hint, normal

_LEVELS: Final = "特别行政区|自治区|自治州|自治县|街道|地区|省|市|州|县|区|旗|镇|乡|村"
_LEVEL: Final = re.compile(rf"(?P<stem>.+?)(?P<level>{_LEVELS})")


def documents_of(rows: list[Row], place: Text | None) -> dict[str, Document]:
    """Sources by id, as a workbook may write it: 001 is 1. The first of an id holds."""
    documents: dict[str, Document] = {}
    for row, cell in rows:
        title = words_of(cell["title"], cell["title_zh"])
        about = words_of(cell["place"], cell["place_zh"])
        elsewhere = place is not None and bool(about.zh) and not _same_place(about, place)
        if cell["id"]:
            document = Document(row, cell["id"], title, about, elsewhere)
            documents.setdefault(folded(cell["id"]), document)
    return documents


def _same_place(about: Words, place: Text) -> bool:
    """Whether a source's place is the plan's, or names it among others: 东莞市清溪镇."""
    en = normal(place.en)
    if en and re.search(rf"\b{re.escape(en)}\b", normal(about.en)):
        return True
    stem, level = _stem(normal(place.zh))
    if not stem:
        return False
    told = re.finditer(rf"{re.escape(stem)}(?P<level>{_LEVELS})?", normal(about.zh))
    return any(not level or match["level"] in (None, level) for match in told)


def _stem(place: str) -> tuple[str, str]:
    """A place without the words above it, and what it is: 东莞市清溪镇 is 清溪, a 镇."""
    parts = list(_LEVEL.finditer(place))
    if not parts or parts[-1].end() < len(place) or len(parts[-1]["stem"]) < SHORTEST:
        return place, ""
    return parts[-1]["stem"], parts[-1]["level"]


SHORTEST: Final = 2
"""A place of one character is not told without what it is: 沙镇."""


def source_faults(
    claims: tuple[Claim, ...], documents: Mapping[str, Document], plan: Plan, where: Place
) -> Iterator[Finding]:
    """Sources that are not listed, and claims that are refused for theirs."""
    place = plan.place or plan.name
    for claim in claims:
        at: Place = {**where, "row": claim.row, "field": "source"}
        if claim.document is None:
            words = hint(claim.source, [document.id for document in documents.values()])
            yield finding("claims.source", **at, seen=claim.source or "—", **words)
        elif claim.refused:
            about = claim.document.place
            words = {"about": about.en, "about_zh": about.zh}
            words |= {"place": place.en, "place_zh": place.zh, "claim": claim.id}
            yield finding("claims.other-place", **at, seen=claim.source, **words)


def place_faults(documents: Mapping[str, Document], plan: Plan, where: Place) -> Iterator[Finding]:
    """What keeps us from telling sources about other places."""
    if plan.place is None:
        yield finding("claims.no-place", file=plan.path.name, field="place", seen=plan.path.name)
        return
    for document in documents.values():
        if not document.place.zh:
            at: Place = {**where, "row": document.row, "field": "place"}
            yield finding("claims.no-place", **at, seen=document.id)
