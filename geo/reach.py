"""Whether there is land enough for a goal: all of its land, and what of it is net."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from geo.findings import Finding, Place, finding
from geo.once import Once
from geo.plan import Goal
from geo.units import M2_PER_MU, SLACK_MU, shown

REACH_COLUMNS: Final = (
    "goal",
    "basis",
    "goal_mu",
    "gross_mu",
    "net_mu",
    "usable_share",
    "share_of_gross",
    "share_of_net",
    "short_gross_mu",
    "short_net_mu",
)
"""A goal held against the land of its programme, or of the town: gross and net mu, the share of
gross that is net, which share of each the goal needs, and how much of each is lacking (0: none)."""


def reach_table(
    goals: list[Goal], members: dict[str, set[str]], parcels: pd.DataFrame, once: Once
) -> pd.DataFrame:
    """The land that there is for each goal, gross land counted once among its own parcels."""
    rows = []
    for goal in goals:
        own = np.ones(len(parcels), dtype=bool)
        if goal.programme is not None:
            own = parcels["parcel_id"].isin(members[goal.programme]).to_numpy()
        gross_mu = float(once.of(own).sum()) / M2_PER_MU
        net_mu = float(parcels["net_m2"][own].sum()) / M2_PER_MU
        of_gross, of_net = (goal.mu / land if land else float("nan") for land in (gross_mu, net_mu))
        usable = net_mu / gross_mu if gross_mu else float("nan")
        short = [gap if gap > SLACK_MU else 0.0 for gap in (goal.mu - gross_mu, goal.mu - net_mu)]
        facts = (goal.id, goal.basis, goal.mu, gross_mu, net_mu, usable, of_gross, of_net, *short)
        rows.append(facts)
    return pd.DataFrame(rows, columns=list(REACH_COLUMNS))


def check_reach(reach: pd.DataFrame, where: Place) -> Iterator[Finding]:
    """Say which goals no land is enough for; net land matters to every goal, whatever it counts."""
    for number, row in enumerate(reach.to_dict("records")):
        at: Place = {**where, "field": f"goals[{number}].mu", "seen": row["goal"]}
        words: Place = {
            "goal": shown(row["goal_mu"], 2),
            "gross": shown(row["gross_mu"], 2),
            "net": shown(row["net_mu"], 2),
            "share": shown(row["share_of_gross"], 1, percent=True),
            "usable": shown(row["usable_share"], 1, percent=True),
        }
        if row["short_gross_mu"]:
            lack = shown(row["short_gross_mu"], 2)
            yield finding("goal.gross-short", **at, **words, short=lack)
        elif row["short_net_mu"]:
            code = "goal.net-short" if row["basis"] == "net" else "goal.gross-only"
            yield finding(code, **at, **words, short=shown(row["short_net_mu"], 2))
