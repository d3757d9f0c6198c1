"""Names in a plan that lead nowhere, or to two things."""

from collections.abc import Iterator

from geo.findings import Finding, Place, finding
from geo.words import hint


def repeated(kind: str, ids: list[str], file: str) -> Iterator[Finding]:
    """Ids that stand more than once in a list of the plan."""
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        problem = "this id stands more than once"
        yield finding("plan.value", file=file, field=kind, seen=twice, problem=problem)


def dangling(
    file: str, field: str, seen: str, kind: tuple[str, str], choices: list[str]
) -> Finding:
    """A name that is none of those that the plan has; ``kind`` says of what, in both languages."""
    words: Place = {"kind": kind[0], "kind_zh": kind[1], **hint(seen, choices)}
    return finding("plan.reference", file=file, field=field, seen=seen, **words)
