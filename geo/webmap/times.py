"""What a page says of each date of the timeline: the goals, and all land by zone and stage."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from geo.floor.capacity import TOWN
from geo.plan import Goal
from geo.study import Study
from geo.units import M2_PER_MU, rounded_steps, shown
from geo.webmap.packing import Column, base64_of


def dates_of(study: Study) -> list[date]:
    """The dates of the timeline, ascending; a page names them by their position."""
    return [day for ground in study.grounds for day in ground.dates]


def page_time(study: Study) -> dict[str, Any]:
    """The dates, and for each what counts and the land by zone and stage.

    ``counted`` has a list for each goal in the order of the plan; what follows of it on a date, the
    page reckons (``goalState`` in ``static/arithmetic.js``). ``land`` is the mu of all parcels of a
    date, worded. ``totals`` is a pack of whole numbers by zone (the first is the town), stage and
    date in that order: parcels, and their land in hundredths of a mu, each rounded once. A number
    tells of a stage and all beyond it, and of the town what it has more than its zones together.
    """
    land_m2 = study.stage_history.groupby("date", sort=True)["land_m2"].sum()
    return {
        "dates": [day.isoformat() for day in dates_of(study)],
        "counted": [_counted(study, goal) for goal in study.plan.goals],
        "land": [shown(mu, 2, grouped=True) for mu in land_m2 / M2_PER_MU],
        "totals": _totals(study),
    }


def _counted(study: Study, goal: Goal) -> list[float]:
    """What counts toward a goal on every date, in mu, unrounded."""
    counted_mu = study.timeline.loc[study.timeline["goal"] == goal.id, "counted_mu"]
    return [float(mu) for mu in counted_mu]


def _totals(study: Study) -> dict[str, Any]:
    """Numbers by zone and stage, date after date: where nothing changes, each is a step of 0.

    Land that moves up a stage changes one number so, and the town differs by rounding only.
    """
    sums = ["parcels", "land_m2"]
    history = study.stage_history[["zone", "rung", "date", *sums]]
    town = history.groupby(["rung", "date"], as_index=False)[sums].sum().assign(zone=TOWN)
    zones = [TOWN, *(zone for zone in history["zone"].unique() if zone != TOWN)]
    history = pd.concat([town, history[history["zone"] != TOWN]])
    history["zone"] = pd.Categorical(history["zone"], zones)
    history = history.sort_values(["zone", "rung", "date"], kind="stable")
    cents = rounded_steps((history["land_m2"] / M2_PER_MU).to_numpy(), 2)
    told = np.array([history["parcels"], cents], dtype=np.int64)
    told = told.reshape(2, len(zones), len(study.plan.stages), -1)
    told[:, 0] -= told[:, 1:].sum(axis=1)
    beyond = told[:, :, ::-1].cumsum(axis=2)[:, :, ::-1].reshape(2, -1)
    columns = {"parcels": beyond[0], "cents": beyond[1]}
    packed = base64_of([Column(name, "delta", values) for name, values in columns.items()])
    return {"zones": zones, "pack": packed}
