"""What a run worked out, kept for runs to come: nothing is made anew whose grounds are the same."""

import hashlib
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

from geo.manifest import sha256
from geo.plan.kinds import Table

T = TypeVar("T")

UNSAVED: Final = ("-wal", "-journal")
"""What stands beside a GeoPackage or a ledger of SQLite while somebody writes to it."""


class Same:
    """A thing that is equal to itself alone, for marks of what a memo keeps already.

    What is made anew is another thing, even if it says the same: that is never taken for it.
    """

    __slots__ = ("_thing",)

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self._thing is other._thing

    def __hash__(self) -> int:
        return id(self._thing)


Mark = object
"""What something follows from: a hash of it, or values and :class:`Same` things in a tuple."""


class Memo:
    """Things by name, each with the mark of all that it follows from; the latest of each is kept.

    What is kept is never changed by those who use it.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Mark, Any]] = {}

    def of(self, name: str, mark: Mark, make: Callable[[], T]) -> T:
        """What is kept under a name if its mark is this one; else it is made, and kept."""
        kept = self._kept.get(name)
        if kept is not None and kept[0] == mark:
            found: T = kept[1]
            return found
        self._kept.pop(name, None)  # its memory may be needed to make the new one
        made = make()
        self._kept[name] = mark, made
        return made

    def shelf(self, name: str, mark: Mark) -> "Shelf":
        """Many small things of one kind, each by what it follows from besides the mark.

        What a run does not ask for is gone in the next.
        """
        before = self.of(name, mark, Shelf)
        shelf = Shelf(before.now)
        self._kept[name] = mark, shelf
        return shelf


class Shelf:
    """Things that a run made, and those that the run before it had made."""

    def __init__(self, before: dict[Hashable, Any] | None = None) -> None:
        self._before = before or {}
        self.now: dict[Hashable, Any] = {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept by a key; else it is made, and kept."""
        if key not in self.now:
            self.now[key] = self._before[key] if key in self._before else make()
        found: T = self.now[key]
        return found


def mark_of(*grounds: Table | str | bool | None, files: Iterable[Path] = ()) -> str:
    """A hash of what something follows from: tables of a plan, words, and files byte for byte."""
    digest = hashlib.sha256()
    for ground in grounds:
        told = ground.model_dump_json() if isinstance(ground, Table) else repr(ground)
        digest.update(f"{told}\n".encode())
    for file in files:
        beside = [file.with_name(file.name + ending) for ending in UNSAVED]
        for part in (file, *beside):
            digest.update(f"{part} {sha256(part) if part.exists() else None}\n".encode())
    return digest.hexdigest()
