"""What is true of goals without a draw: their slack, where one block fits, the pace they ask."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from geo.forecast.town import Floats, Target, Town
from geo.graph import pieces
from geo.units import DAYS_PER_YEAR, M2_PER_MU, SLACK_MU

LEAST_CELL_MU: Final = 0.001
MOST_CELLS: Final = 50_000
"""Land is summed in steps of a thousandth of a mu, or of a 50 000th of the slack where it is large,
when the chances of hold-outs are reckoned."""


def reached_in_spite(sizes_mu: Floats, slack_mu: float, share: float) -> float:
    """The chance that what is held out is no more than the slack.

    Each parcel stays out for ever with the chance ``share``, independent of the others: the
    distribution of a sum of independent two-point variables, by convolution on a grid of land, cut
    off at the slack.
    """
    cell = max(LEAST_CELL_MU, slack_mu / MOST_CELLS)
    cells = int((slack_mu + SLACK_MU) / cell + 1)  # sizes at the cell: what just fits, fits
    if slack_mu < -SLACK_MU:
        return 0.0
    chance = np.zeros(cells + 1)
    chance[0] = 1.0
    for size in np.rint(sizes_mu / cell).astype(np.int64):
        kept = chance * (1 - share)
        if size <= cells:
            kept[size:] += share * chance[: cells + 1 - size]
        chance = kept
    return float(chance.sum())


HOLD_OUT_COLUMNS: Final = ("goal", "slack_mu", "parcels", "share", "p")


def hold_out_table(town: Town, shares: Sequence[float]) -> pd.DataFrame:
    """For each goal and chance of a parcel to stay out: P(the goal can still be reached).

    Its slack is all its land less what it asks for; contiguity can only make it less. Every parcel
    may stay out, also those that are ready: it is a law of the land, not a forecast.
    """
    rows = []
    for target in town.targets:
        sizes_mu = target.weight_m2[target.weight_m2 > 0] / M2_PER_MU
        slack_mu = float(sizes_mu.sum()) - target.goal_m2 / M2_PER_MU
        for share in shares:
            p = reached_in_spite(sizes_mu, slack_mu, share)
            rows.append((target.id, slack_mu, len(sizes_mu), share, p))
    return pd.DataFrame(rows, columns=list(HOLD_OUT_COLUMNS))


FIT_COLUMNS: Final = ("goal", "block_mu", "zones", "share", "fits")


def one_block_table(town: Town, zones: Sequence[str]) -> pd.DataFrame:
    """For each goal the largest pieces of contiguous land, and what share of each it would take.

    ``zones`` are those of the parcels. ``share`` is the part of the piece that one block as large
    as the goal needs, more than 1 where it does not fit.
    """
    zone = np.asarray(zones, dtype=object)
    rows = []
    for target in town.targets:
        part = target.weight_m2 > 0
        label, sizes_m2 = pieces(town.i, town.j, target.weight_m2)
        sizes = sizes_m2 / M2_PER_MU
        for piece in np.argsort(-sizes, kind="stable")[:MOST_PIECES]:
            if sizes[piece] <= 0:
                continue
            inside = sorted({*zone[(label == piece) & part]})
            share = target.goal_m2 / M2_PER_MU / sizes[piece]
            fits = bool(sizes[piece] >= target.goal_m2 / M2_PER_MU - SLACK_MU)
            rows.append((target.id, sizes[piece], tuple(inside), share, fits))
    return pd.DataFrame(rows, columns=list(FIT_COLUMNS))


MOST_PIECES: Final = 5

PACE_COLUMNS: Final = ("goal", "after", "from_day", "due_day", "mu_per_year", "times_past")


def pace_table(
    targets: Sequence[Target], base_day: float, past_mu_per_year: float | None
) -> pd.DataFrame:
    """The pace that each goal asks from the base date on, and between goals of one kind.

    ``after`` is the goal before, ``""`` for the base date; ``times_past`` the multiple of the past
    pace (NaN where the plan states none).
    """
    rows = []
    past = past_mu_per_year if past_mu_per_year else float("nan")
    of_all = sorted(targets, key=lambda target: target.due)
    for number, target in enumerate(of_all):
        befores = [item for item in of_all[:number] if _leads_to(item, target)]
        earlier = [(item.id, item.due, item.goal_m2) for item in befores[-1:]]
        for after, day, land_m2 in [("", base_day, 0.0), *earlier]:
            mu = (target.goal_m2 - land_m2) / M2_PER_MU
            pace = mu * DAYS_PER_YEAR / (target.due - day)
            rows.append((target.id, after, day, target.due, pace, pace / past))
    return pd.DataFrame(rows, columns=list(PACE_COLUMNS))


def _leads_to(one: Target, other: Target) -> bool:
    """Whether a goal is a step toward another: it counts the same land in the same way, sooner."""
    return (
        one.due < other.due
        and one.goal_m2 < other.goal_m2
        and one.rung == other.rung
        and one.evidenced == other.evidenced
        and one.least_block_m2 == other.least_block_m2
        and np.array_equal(one.weight_m2 > 0, other.weight_m2 > 0)
    )
