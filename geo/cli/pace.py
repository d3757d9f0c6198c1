"""How far a step has come: how many of how many, how fast, and how long it will take."""

import time
from dataclasses import dataclass, field
from typing import Final

from geo.text import Language, Words

QUICK_S: Final = 2.0
"""What takes no longer than this is told nothing of."""


@dataclass(slots=True)
class Pace:
    """A step that began at a time of :func:`time.monotonic`, ``done`` of ``total`` (0: unknown)."""

    step: str = ""
    done: int = 0
    total: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long the step has run."""
        return time.monotonic() - self.began

    def told(self, language: Language) -> str:
        """Count, rate and remaining time; nothing of a quick step, or of one that counts none."""
        seconds = self.seconds
        if not (self.total and self.done) or seconds < QUICK_S:
            return ""
        rate, left_s = self.done / seconds, seconds * (self.total - self.done) / self.done
        count = f"{self.done:,} / {self.total:,}"
        left = lasting(left_s)[0 if language == "zh" else 1]
        words = Words(
            f"{count} · 每秒 {rate:,.0f} · 还需 {left}", f"{count} · {rate:,.0f}/s · {left} left"
        )
        return words.text()[language]


def lasting(seconds: float) -> Words:
    """A time that is still to come, to two figures at most."""
    whole = round(seconds)
    if whole < 60:
        return Words(f"{whole} 秒", f"{whole} s")
    minutes = round(seconds / 60)
    if minutes < 60:
        return Words(f"{minutes} 分", f"{minutes} min")
    hours, minutes = divmod(minutes, 60)
    return Words(f"{hours} 小时 {minutes} 分", f"{hours} h {minutes} min")
