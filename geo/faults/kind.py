"""What a kind of fault is."""

from typing import Literal, NamedTuple

from geo.text import Words

Severity = Literal["error", "warning", "info"]


class Fault(NamedTuple):
    """A kind of fault. ``sets_aside``: its row is not counted, once the plan accepts the code."""

    severity: Severity
    message: Words
    mend: Words
    sets_aside: bool = False
