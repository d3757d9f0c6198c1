"""Cost against shape: the cheapest contiguous land is unusable, so the planner sees what else is.

The same wish is met at one price of a metre of perimeter after another. Every choice is a start
for those that follow, as it meets the wish at any price.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from geo.sequence.lots import Lots, Mask, Progress, Stop, Watch, unstopped, unwatched
from geo.sequence.select import Search
from geo.sequence.selection import Selection
from geo.sequence.wish import wish_of

LOW, HIGH = 0.01, 3.0
"""The prices of a metre, as shares of :func:`usual_weight`."""

_FLAT: Final = 1e-9


def frontier(  # noqa: PLR0913 - a wish has as many parts
    lots: Lots,
    *,
    least_m2: float,
    block_m2: float | None = None,
    most_cost: float | None = None,
    locked_in: Sequence[int] = (),
    locked_out: Sequence[int] = (),
    anchors: Sequence[int] = (),
    points: int = 8,
    time_limit_s: float = 60.0,
    gap: float = 1e-3,
    seed: int = 0,
    notify: Watch = unwatched,
    stop: Stop = unstopped,
) -> list[Selection]:
    """Choices at so many prices of a metre, cheapest first, none both dearer and longer round.

    The first price is 0, the others rise evenly in proportion from 0.01 to 3 times the one at
    which the circle of ``least_m2`` costs as much as its land. ``bound`` and ``gap`` of each are
    at its own ``shape_weight``. Each point has an even share of the time that is left; what is
    asked is otherwise as in :func:`geo.sequence.select.select`, and so are the faults.
    """
    wish = wish_of(
        lots,
        least_m2=least_m2,
        block_m2=block_m2,
        most_cost=most_cost,
        locked_in=locked_in,
        locked_out=locked_out,
        anchors=anchors,
    )
    began, found, starts = time.perf_counter(), list[Selection](), list[Mask]()
    weights = _weights(usual_weight(lots, least_m2), points)
    for done, weight in enumerate(weights):
        left_s = max(time_limit_s - (time.perf_counter() - began), 0.0)
        search = Search(
            replace(wish, weight=weight),
            time_limit_s=left_s / (len(weights) - done),
            gap=gap,
            seed=seed,
            notify=unwatched,
            stop=stop,
        )
        found.append(search.run(starts))
        starts.append(found[-1].chosen)
        notify(Progress((done + 1) / len(weights), None, None, time.perf_counter() - began))
    return _undominated(found)


def usual_weight(lots: Lots, least_m2: float) -> float:
    """The price of a metre at which a circle of so much land costs as much round as within."""
    known = ~lots.ready & np.isfinite(lots.cost) & (lots.land_m2 > 0)
    price = float(np.median(lots.cost[known] / lots.land_m2[known])) if known.any() else 0.0
    return price * least_m2 / (2 * float(np.sqrt(np.pi * least_m2)))


def _weights(usual: float, points: int) -> list[float]:
    """Prices of a metre: none, and then rising evenly in proportion."""
    if points == 1 or not usual:
        return [0.0]
    return [0.0, *(usual * np.geomspace(LOW, HIGH, points - 1)).tolist()]


def _undominated(found: list[Selection]) -> list[Selection]:
    """Cheapest first; each that follows is shorter round than all that cost less."""
    kept: list[Selection] = []
    for each in sorted(found, key=lambda choice: (choice.cost, choice.perimeter_m)):
        if not kept or each.perimeter_m < kept[-1].perimeter_m - _FLAT:
            kept.append(each)
    return kept
