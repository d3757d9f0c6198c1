"""What a note says of net land, where a goal counts that: nothing where all of them count gross."""

from collections.abc import Iterable

from geo.basis import counts_net
from geo.plan import Goal
from geo.tables.sheet import both
from geo.text import Text


def net_goals(goals: Iterable[Goal]) -> Text | None:
    """Which goals count net land."""
    net = [goal.name for goal in goals if counts_net(goal)]
    if not net:
        return None
    zh, en = "、".join(f"“{name.zh}”" for name in net), ", ".join(f"“{name.en}”" for name in net)
    return both(f"按净用地计：{zh}", f"Counted in net land: {en}")


def noted(*notes: Text | None) -> Text | None:
    """Several notes as one; None where there is nothing to say."""
    said = [note for note in notes if note is not None]
    if not said:
        return None
    return both("；".join(note.zh for note in said), "; ".join(note.en for note in said))
