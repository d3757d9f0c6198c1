"""What lies ahead, as the page tells it: the chances of goals, and the plan by parcel and year."""

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.forecast.wording import ENDS, chance, when
from geo.ground import headline_goal
from geo.plan import Plan
from geo.study import Study
from geo.tables.sheet import Sheet
from geo.units import rounded, rounded_steps
from geo.webmap.packing import Column
from geo.webmap.wording import Words, both

if TYPE_CHECKING:  # their engines are for those who ask for a forecast
    from geo.forecast.outcome import Forecast
    from geo.outlook import Outlook

Integers = npt.NDArray[np.int64]

GOAL: Final = "goal:"
MONTHS: Final = 12


def ahead_payload(plan: Plan, outlook: "Outlook | None") -> dict[str, Any] | None:
    """What the page says of the future, None without a forecast and a sequence.

    - ``notes``: sentences; ``from``: the month from which columns count;
    - of a forecast: ``days`` and ``lines``, the P10, P50 and P90 of what counts toward each goal on
      them, in whole mu; ``about``: the id of the goal to which parcels matter as the columns say;
    - of a sequence: ``plan``, all land that is ready by then, in whole mu; ``years``; ``goal``, by
      the id of which it is told what is ready already.
    """
    if outlook is None or (outlook.forecast is None and outlook.sequence is None):
        return None
    told: dict[str, Any] = {"notes": [one.model_dump() for one in outlook.sentences]}
    told["from"] = first_month(outlook)
    if outlook.forecast is not None:
        told |= _bands(outlook.forecast)
        told["about"] = about(plan, outlook.forecast)
    if outlook.sequence is not None:
        quarters, years = outlook.sequence.quarters, outlook.sequence.years["year"]
        told["plan"] = {"days": _days(quarters["date"]), "mu": _whole(quarters["ready_mu"])}
        told["years"] = [int(year) for year in years]
        told["goal"] = outlook.sequence.goal
    return told


def goal_forecasts(outlook: "Outlook | None") -> dict[str, Words]:
    """For each goal the chance that it is reached in time, and the range of its date."""
    if outlook is None or outlook.forecast is None:
        return {}
    found = outlook.forecast
    return {row["goal"]: _goal_words(found, row) for row in found.goals.to_dict("records")}


def ahead_sheets(study: Study, outlook: "Outlook | None") -> list[Sheet]:
    """The tables of what lies ahead."""
    return [] if outlook is None else outlook.sheets(study)


def ahead_columns(
    plan: Plan, outlook: "Outlook | None", parcels: pd.Series, at: Integers
) -> list[Column]:
    """What the page knows of the future of each row, of parcels at some positions (-1: former).

    ``start``, ``ready`` of the sequence and ``soon``, ``likely``, ``late`` (P10, P50, P90 of the
    day when it is ready) are months from :func:`first_month`, one more; 0 is never. ``year`` is 0
    where it is not taken. ``at_stake`` and ``to_gain`` are tenths of a mu that are expected to
    count less if the parcel is lost, and more if it is ready now; ``p_stake`` and ``p_gain`` the
    same for the chance of the goal, in tenths of a percent.
    """
    if outlook is None:
        return []
    first, columns = first_month(outlook), dict[str, Integers]()
    if outlook.sequence is not None:
        rows = outlook.sequence.parcels.set_index("parcel_id").reindex(parcels)
        columns["year"] = rows["year"].fillna(0).to_numpy(dtype=np.int64)
        columns |= {name: _months(rows[name], first) for name in ("start", "ready")}
    if outlook.forecast is not None and len(outlook.forecast.parcels):
        table, goal = outlook.forecast.parcels, about(plan, outlook.forecast)
        rows = table[table["goal"] == goal].set_index("parcel_id").reindex(parcels)
        columns |= {
            name: _months(rows[f"ready_{end}"], first)
            for name, end in zip(("soon", "likely", "late"), ENDS, strict=True)
        }
        columns |= {
            "p_stake": _tenths(100 * (rows["p"] - rows["p_lost"])),
            "p_gain": _tenths(100 * (rows["p_now"] - rows["p"])),
            "at_stake": _tenths(rows["mu"] - rows["mu_lost"]),
            "to_gain": _tenths(rows["mu_now"] - rows["mu"]),
        }
    return [
        Column(f"parcels.{name}", "uint", np.where(at >= 0, values[at], 0))
        for name, values in columns.items()
    ]


def first_month(outlook: "Outlook") -> int:
    """The first month that is told of, counted from the year 0."""
    days: list[date] = []
    if outlook.forecast is not None:
        days.append(outlook.forecast.as_of)
    if outlook.sequence is not None:
        days.append(outlook.sequence.as_of)
        days += [pd.Timestamp(day) for day in outlook.sequence.parcels["start"].dropna()]
    return min((MONTHS * day.year + day.month - 1 for day in days), default=0)


def about(plan: Plan, forecast: "Forecast") -> str | None:
    """The goal for which parcels are weighed: the headline, or else the first still ahead."""
    ahead = forecast.parcels["goal"].unique().tolist()
    headline = headline_goal(plan)
    if headline is not None and headline.id in ahead:
        return headline.id
    return ahead[0] if ahead else None


def _bands(forecast: "Forecast") -> dict[str, Any]:
    curves = forecast.curves[forecast.curves["measure"].str.startswith(GOAL)]
    lines = {
        str(measure).removeprefix(GOAL): {end: _whole(rows[end]) for end in ENDS}
        for measure, rows in curves.groupby("measure", sort=False)
    }
    days = curves.loc[curves["measure"] == next(iter(curves["measure"]), None), "date"]
    return {"days": _days(days), "lines": lines}


def _goal_words(forecast: "Forecast", row: dict[Any, Any]) -> Words:
    at = when(row, forecast.until)
    if pd.Timestamp(row["due"]) > pd.Timestamp(forecast.as_of):
        likely = chance(row["p_due"])
        return both(f"按期概率 {likely}；{at.zh}", f"{likely} likely in time; {at.en}")
    if row["p_due"]:
        return both("已按期达到", "reached in time")
    return both(f"未按期达到；{at.zh}", f"not reached in time; {at.en}")


def _days(days: pd.Series) -> list[str]:
    return [f"{pd.Timestamp(day):%Y-%m-%d}" for day in days]


def _whole(values: pd.Series) -> list[int]:
    return [int(rounded(value, 0)) for value in values.tolist()]


def _months(days: pd.Series, first: int) -> Integers:
    """Months from the first one, one more; 0 where there is no day."""
    known = pd.to_datetime(days).to_numpy().astype("datetime64[M]")
    months = known.astype(np.int64) + 1970 * MONTHS - first + 1
    return np.where(np.isnat(known), 0, months)


def _tenths(values: pd.Series) -> Integers:
    """Tenths of what is not below 0; 0 where it is not known."""
    return rounded_steps(values.fillna(0.0).clip(lower=0.0).to_numpy(), 1)
