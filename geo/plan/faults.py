"""What is wrong with the values of a plan file, each with its place and its cure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from geo.faults import FAULTS
from geo.faults.plans import PROBLEMS_ZH, RENAMED
from geo.findings import Finding, Place, finding
from geo.plan.kinds import UnfitError
from geo.text import Words
from geo.words import hint


def plan_faults(
    error: ValidationError, file: str, model: type[BaseModel], *table: str
) -> Iterator[Finding]:
    """What is wrong with the values of a file, or of one table of it."""
    for item in error.errors(include_url=False):
        if _is_of_other_kind(item):
            continue
        location = [*table, *(part for part in item["loc"] if part not in _BRANCHES)]
        field = _dotted(location)
        if item["type"] == "extra_forbidden":
            key = str(location[-1])
            words = _renamed(key) or hint(key, _known_keys(model, location[:-1]))
            yield finding("plan.unknown-key", file=file, field=field, seen=key, **words)
        elif isinstance(refusal := item.get("ctx", {}).get("error"), UnfitError):
            yield finding(refusal.code, file=file, field=field, **refusal.words)
        else:
            yield _value_fault(item, file, location)


def _value_fault(item: ErrorDetails, file: str, location: list[int | str]) -> Finding:
    """A fault that the checking library found; most of what it says has a wording in Chinese."""
    missing = item["type"] == "missing"
    seen = "absent" if missing else told(item["input"])
    if location[:1] == ["ledger"]:  # an address holds a password, wherever it was put
        seen = "…"
    problem = problem_of(item)
    place: Place = {"file": file, "field": _dotted(location), "seen": seen}
    found = finding("plan.value", **place, problem=problem.en)
    chinese = {"problem": problem.zh, "seen": "空缺" if missing else seen}
    return replace(found, message_zh=FAULTS["plan.value"].message.zh.format(**chinese))


def problem_of(item: ErrorDetails) -> Words:
    """What the checking library found, in both languages where it has a wording in Chinese."""
    kind, limits, message = item["type"], item.get("ctx", {}), item["msg"]
    if item["input"] != item["input"]:  # NaN is beyond every limit, which tells nobody what it is
        kind, message = "finite_number", "Input should be a finite number"
    problem = message.removeprefix("Value error, ")
    problem = problem[:1].lower() + problem[1:]
    whole = {name: f"{end:g}" for name, end in limits.items() if isinstance(end, float)}
    return Words(PROBLEMS_ZH.get(kind, problem).format(**limits | whole), problem)


WORD: Final = "literal['economics']"
_BRANCHES: Final = ("float", "constrained-float", "CostTable", WORD)
"""What pydantic adds to the place of a value that may be of several kinds."""


def _is_of_other_kind(item: ErrorDetails) -> bool:
    """Whether pydantic says of a value what is amiss with it as something that it is not.

    A table or a word may stand for costs: what is wrong with a table is not that it is no word.
    """
    is_table = isinstance(item["input"], dict)
    told_as = item["loc"][-1]
    return (told_as == WORD and is_table) or (told_as == "CostTable" and not is_table)


def told(seen: object) -> str:
    """What stands in a plan, short; of a table its keys."""
    if isinstance(seen, dict):
        return f"{{ {', '.join(f'{key} = …' for key in seen)} }}"[:MOST_SEEN]
    return str(seen)[:MOST_SEEN]


MOST_SEEN: Final = 80
"""So many signs of a value are shown."""


def _renamed(key: str) -> dict[str, str]:
    """What is written instead of a key that plans once had, in both languages."""
    words = RENAMED.get(key)
    return {"hint": words.en, "hint_zh": words.zh} if words else {}


def _dotted(location: list[int | str]) -> str:
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return dotted.removeprefix(".")


def _known_keys(model: type[BaseModel], location: list[int | str]) -> list[str]:
    """The keys that the schema allows at a place, found by walking the schema."""
    schema = model.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        below = "items" if isinstance(part, int) else "additionalProperties"
        node = node.get("properties", {}).get(part) or node.get(below) or {}
        node = {} if isinstance(node, bool) else node
        node = next((option for option in node.get("anyOf", []) if "$ref" in option), node)
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return list(node.get("properties", {}))
