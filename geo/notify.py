"""How a long run tells whoever watches it which step it is at, and how far it has come."""

from typing import Protocol


class Notify(Protocol):
    """Told the name of each step as it begins; a step that counts calls again as it goes on."""

    def __call__(self, step: str, done: int = 0, total: int = 0, /) -> None:
        """So many are done, of so many; 0 of 0 where that is not known."""


def unheard(step: str, done: int = 0, total: int = 0, /) -> None:
    """Nobody watches."""
