"""Laws that every run must obey: parts add up to their whole, and nothing appears or vanishes."""

from collections.abc import Iterable
from dataclasses import dataclass

from geo.errors import LawError
from geo.findings import finding
from geo.text import Words

ABSOLUTE_M2 = 1.0
RELATIVE = 1e-9


@dataclass(frozen=True, slots=True)
class Law:
    """Two ways to one figure; ``residual`` is their difference, in the unit of the figure."""

    code: str
    words: Words
    one: float
    other: float
    tolerance: float

    @property
    def residual(self) -> float:
        """How far the two ways are apart."""
        return self.one - self.other

    @property
    def holds(self) -> bool:
        """Whether they agree; an unknown figure never does."""
        return abs(self.residual) <= self.tolerance


def area_law(code: str, words: Words, one: float, other: float) -> Law:
    """Two areas in m² that must agree within 1 m² or 1e-9, whichever is more."""
    return Law(code, words, one, other, max(ABSOLUTE_M2, RELATIVE * abs(other)))


def count_law(code: str, words: Words, one: int, other: int) -> Law:
    """Two counts that must be equal."""
    return Law(code, words, one, other, 0)


def enforce(laws: Iterable[Law]) -> None:
    """Raise :class:`LawError` with every law that is broken, and by how much."""
    broken = [
        finding(
            "law.broken",
            seen=f"{law.residual:.6g}",
            law=law.words.en,
            law_zh=law.words.zh,
            one=f"{law.one:.6f}",
            other=f"{law.other:.6f}",
        )
        for law in laws
        if not law.holds
    ]
    if broken:
        raise LawError(*broken)
