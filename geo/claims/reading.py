"""Claims as their table states them, every fault of a cell noted and no row dropped."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from geo.cells.numerals import parse_date, parse_number
from geo.claims.book import circular
from geo.claims.cells import Row, id_faults, rows_of, words_of
from geo.claims.claim import FLOOR, LAND, QUALIFIERS, SPELLINGS, UNITS, Claim, Document
from geo.claims.documents import documents_of, place_faults, source_faults
from geo.claims.quantities import SHARE_BELOW, Quantity, qualifier_of, quantity_of, unit_of
from geo.claims.wording import MEASURES
from geo.findings import Finding, Place, finding
from geo.inputs import Notes, read_rows
from geo.plan import Claims, Plan, Stage
from geo.plan.measures import scaled
from geo.readers.table import Table
from geo.readiness import rung_names
from geo.text import Words
from geo.words import folded, hint, normal

NEEDED: Final = ("id", "subject", "measure", "value", "unit", "source")
"""Columns without which a table is none of claims."""

CLAIM_CELLS: Final = (
    *NEEDED,
    *("subject_zh", "value_zh", "qualifier", "as_of", "note", "note_zh", "of", "scenario"),
    *("within", "members", "years"),
)
SOURCE_CELLS: Final = ("id", "title", "title_zh", "published", "place", "place_zh")


def read_claims(plan: Plan, notes: Notes) -> tuple[Claim, ...]:
    """The claims of a plan, whose faults are added to the notes.

    Raises :class:`geo.errors.LayerError` when a table as a whole cannot be used.
    """
    stated = plan.claims
    if stated is None:
        return ()
    table = read_rows(plan, stated, notes)
    sources = None if stated.sources is None else read_rows(plan, stated.sources, notes)
    return claims_of(plan, stated, table, sources, notes)


def claims_of(
    plan: Plan, stated: Claims, table: Table, sources: Table | None, notes: Notes
) -> tuple[Claim, ...]:
    """The claims of a table, and of the documents that state them, if these are told."""
    documents: dict[str, Document] = {}
    if sources is not None:
        listed = rows_of(sources, SOURCE_CELLS, needed=("id",))
        documents = documents_of(listed, plan.place)
        where: Place = {"file": sources.file}
        notes.findings.extend(id_faults(listed, folded, where))
        notes.findings.extend(place_faults(documents, plan, where))
    rows = rows_of(table, CLAIM_CELLS, needed=NEEDED)
    stages = _stage_words(plan.stages)
    claims = tuple(_claim(row, cell, documents, stated, stages) for row, cell in rows)
    where = {"file": table.file}
    notes.findings.extend(id_faults(rows, normal, where))
    notes.findings.extend(_faults(claims, rows, plan, where))
    notes.findings.extend(_two_subjects(claims, where))
    notes.findings.extend(source_faults(claims, documents, plan, where))
    return claims


def _stage_words(stages: list[Stage]) -> dict[str, Words]:
    """What a stage is called, by every spelling of it."""
    return {
        spelling: Words(stages[rung].name.zh, stages[rung].name.en)
        for spelling, rung in rung_names(stages).items()
    }


def _claim(
    row: int,
    cell: Mapping[str, str],
    documents: Mapping[str, Document],
    stated: Claims,
    stages: Mapping[str, Words],
) -> Claim:
    unit, qualifier = unit_of(cell["unit"]), qualifier_of(cell["qualifier"])
    read = _quantity(cell, stated)
    if qualifier in ("", "exact"):
        qualifier = read.qualifier or ("about" if read.approximate else qualifier)
    words = words_of(cell["value"], cell["value_zh"])
    return Claim(
        row=row,
        id=cell["id"] or f"#{row}",
        subject=words_of(cell["subject"], cell["subject_zh"]),
        measure=normal(cell["measure"]),
        text=cell["value"],
        words=stages.get(normal(cell["value"]), words) if unit.name == "stage" else words,
        value=read.value,
        step=read.step,
        rough=read.rough,
        unit=unit.name,
        qualifier=qualifier,
        as_of=parse_date(cell["as_of"]),
        day=parse_date(cell["value"]) if unit.name == "date" else None,
        source=cell["source"],
        document=documents.get(folded(cell["source"])),
        note=words_of(cell["note"], cell["note_zh"]),
        of=tuple(name for name in re.split(r"\s*[+＋]\s*", cell["of"]) if name),
        scenario=cell["scenario"],
        within=cell["within"],
        members=members_of(cell["members"]),
        years=parse_number(cell["years"]).value,
    )


def _quantity(cell: Mapping[str, str], stated: Claims) -> Quantity:
    bare = qualifier_of(cell["qualifier"]) in ("", "exact")
    return quantity_of(cell["value"], unit_of(cell["unit"]), stated.figures, bare=bare)


_MARKS: Final = re.compile(r"\s*[,，、;；\n]+\s*")
_BLANKS: Final = re.compile(r"\s*[+＋]\s*|(?<=[\u4e00-\u9fff])\s+|\s+(?=[\u4e00-\u9fff])")
"""A blank parts names only where one of them is Chinese: ``Lot 1`` is one name."""


def members_of(cell: str) -> tuple[str, ...]:
    """The names of a list: between 、 ; or , if there are any, else between blanks or +."""
    between = _MARKS if _MARKS.search(cell.strip()) else _BLANKS
    return tuple(name for name in between.split(cell.strip()) if name)


def _faults(
    claims: tuple[Claim, ...], rows: list[Row], plan: Plan, where: Place
) -> Iterator[Finding]:
    """What is wrong with the cells of each row."""
    subjects = {normal(claim.subject.en): claim.subject.en for claim in claims}
    rounds, rungs = circular(claims), set(rung_names(plan.stages))
    for claim, (_, cell) in zip(claims, rows, strict=True):
        at: Place = {**where, "row": claim.row}
        if not claim.subject.zh:
            yield finding("claims.subject-blank", **at, field="subject", seen=claim.id)
        yield from _measure_faults(claim, rungs, at)
        yield from _unit_faults(claim, cell, plan, at)
        if claim.qualifier not in QUALIFIERS:
            words = hint(claim.qualifier, QUALIFIERS)
            yield finding(
                "claims.qualifier", **at, field="qualifier", seen=claim.qualifier, **words
            )
        for field in ("as_of", "years"):
            if cell[field] and not _readable(field, claim):
                yield finding("claims.unreadable", **at, field=field, seen=cell[field])
        if claim.within and normal(claim.within) not in subjects:
            words = hint(claim.within, subjects.values())
            yield finding("claims.within", **at, field="within", seen=claim.within, **words)
        elif claim.within and normal(claim.subject.en) in rounds:
            yield finding("claims.within-itself", **at, field="within", seen=claim.within)


def _two_subjects(claims: tuple[Claim, ...], where: Place) -> Iterator[Finding]:
    """Rows whose subjects are called alike in English, and otherwise in Chinese."""
    first: dict[str, Claim] = {}
    for claim in (claim for claim in claims if claim.subject.zh != claim.subject.en):
        one = first.setdefault(normal(claim.subject.en), claim)
        if normal(one.subject.zh) != normal(claim.subject.zh):
            at: Place = {**where, "row": claim.row, "field": "subject_zh"}
            yield finding(
                "claims.subject-two",
                **at,
                seen=claim.subject.en,
                earlier=one.row,
                one=one.subject.zh,
                other=claim.subject.zh,
            )


def _readable(field: str, claim: Claim) -> bool:
    return claim.as_of is not None if field == "as_of" else claim.years > 0


def _measure_faults(claim: Claim, rungs: set[str], at: Place) -> Iterator[Finding]:
    """A measure that no rule knows: an area of what is unknown, or a name that looks mistyped."""
    areal = claim.measure in (*LAND, *FLOOR) or re.fullmatch(r"goal_area(_\d+yr)?", claim.measure)
    if areal and claim.unit in UNITS and claim.kind != "area":
        yield finding("claims.kind", **at, field="unit", seen=claim.unit, measure=claim.measure)
    if areal or claim.measure in MEASURES:
        return
    if claim.measure and claim.kind in ("count", "stage", "text"):  # may be called as one likes
        return
    if claim.kind == "date" and claim.measure.removesuffix("_due") in rungs:
        return
    built = re.search("floor|built|building|建筑|gfa", claim.measure)
    words = hint(claim.measure, FLOOR if built else MEASURES)
    if claim.kind == "area" or words["hint"] or not claim.measure:
        yield finding("claims.measure", **at, field="measure", seen=claim.measure or "—", **words)


def _unit_faults(claim: Claim, cell: Mapping[str, str], plan: Plan, at: Place) -> Iterator[Finding]:
    """A unit that is unknown, or a value that is none of it."""
    if claim.unit in UNITS:
        yield from _value_faults(claim, cell, plan, at)
        return
    larger = scaled(normal(claim.unit))[0] != 1  # 亿美元 is not a 元 that is mistyped
    words = hint("" if larger else claim.unit, SPELLINGS)
    yield finding("claims.unit", **at, field="unit", seen=claim.unit, **words)


def _value_faults(
    claim: Claim, cell: Mapping[str, str], plan: Plan, at: Place
) -> Iterator[Finding]:
    """A value that is no number or date, or a number that cannot be meant so."""
    at, seen = {**at, "field": "value"}, cell["value"]
    if claim.kind in ("stage", "text") or plan.claims is None:
        return
    read = _quantity(cell, plan.claims)
    if read.differs:
        yield finding("claims.unit-differs", **at, seen=seen, unit=claim.unit)
    elif read.problem:
        zh, en = read.problem
        yield finding("claims.value", **at, seen=seen, problem=en, problem_zh=zh)
    elif claim.day is None if claim.kind == "date" else not claim.numeric:
        yield finding("claims.unreadable", **at, seen=seen)
    elif read.approximate:
        yield finding("number.approximate", **at, seen=seen, value=f"{claim.value:.12g}")
    elif claim.kind == "percent" and 0 < claim.value <= SHARE_BELOW:
        yield finding("claims.share", **at, seen=seen, meant=f"{claim.value * 100:.12g}")
