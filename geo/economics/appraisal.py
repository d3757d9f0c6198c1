"""Residual appraisal (剩余法): what each parcel costs to build and what is left for land.

Value less cost less profit is what can be paid for the land. Clearance is paid at the start and
bears interest over clearance and construction; building is drawn evenly over construction, so that
it bears interest over half of it; interest is compound:

    finance = clearance × ((1 + r)^(clearance + construction) − 1) + building × ((1 + r)^(c/2) − 1)

with c the years of construction (RICS, Valuation of development property, 2019, basic residual
method; GB/T 18508-2014 城镇土地估价规程, 剩余法 or 假设开发法). Against an even draw the half-way
rule is short by c² ln²(1 + r) / 24 of the building cost: 0.05 % at 5.5 % over two years.

The value comes in at completion, so the residual is discounted over the whole time: it is what
could be paid today for the land as it is, by a developer who also pays for its clearance.
"""

from typing import Final

import numpy as np
import pandas as pd

from geo.economics.inputs import Floats, figures
from geo.plan.economics import Economics, End
from geo.treatments import is_rebuilt

LAND: Final = ("land_m2", "net_m2", "demolished_m2", "built_m2")
CLEARANCE: Final = ("land_cost", "compensation", "demolition", "site_works")
BUILDING: Final = ("construction", "professional_fees", "contingency")
COSTS: Final = (*CLEARANCE, "clearance", *BUILDING, "building", "finance", "investment")
VALUES: Final = ("sales", "lettings", "value", "marketing", "sales_tax", "profit")
RESULTS: Final = ("residual_at_completion", "residual", "surplus")
YEARLY: Final = ("output", "tax", "jobs")
MONEY: Final = (*COSTS, *VALUES, *RESULTS, *YEARLY)

APPRAISAL_COLUMNS: Final = ("parcel_id", "zone", "block", "known", *LAND, *MONEY)
"""A parcel that is rebuilt or gains floor space, in the currency of the plan; NaN is not known.

``known`` says whether its floor space is; what comes down need not be where that costs nothing.
``clearance`` and ``building`` are the sums of what is before them, ``investment`` is both with
``finance``. ``sales`` and ``lettings`` (capitalised) make the ``value``. The residual is what can
be paid for the land, at completion before its own finance and (``residual``) today after it;
``surplus`` is what is left of it after ``land_cost``. ``output`` and ``tax`` are by the year,
``jobs`` are people."""


def appraisal(
    economics: Economics,
    parcels: pd.DataFrame,
    floor: pd.DataFrame,
    *,
    at: End = "value",
    of: str | None = None,
) -> pd.DataFrame:
    """Appraise the parcels that are rebuilt or gain floor space, with the index of ``parcels``.

    ``floor`` is their floor space under the scenario of the economics. Of a parcel that is rebuilt,
    retained land is neither bought nor cleared. For a sensitivity, input ``of`` stands at its end
    ``at``. Columns: :data:`APPRAISAL_COLUMNS`.
    """
    rebuilt = is_rebuilt(parcels)
    chosen = rebuilt | ~(floor["built_m2"] == 0)
    land = parcels[chosen]
    table = land[["parcel_id", "zone", "block", "land_m2"]].join(
        floor.loc[chosen, ["net_m2", "demolished_m2", "built_m2"]]
    )
    table["known"] = table["built_m2"].notna() & (
        table["demolished_m2"].notna() | _comes_down_free(economics, table["zone"])
    )
    inputs = figures(economics, table["zone"], at=at, of=of)
    land_m2 = table["land_m2"].to_numpy(dtype=np.float64)
    cleared_m2 = np.where(rebuilt[chosen], land_m2 - land["retained_m2"], 0.0)
    # what is upgraded or extended stands: nobody waits for its clearance
    inputs["clearance_years"] = np.where(rebuilt[chosen], inputs["clearance_years"], 0.0)
    demolished_m2, built_m2 = (
        table[name].to_numpy(dtype=np.float64) for name in ("demolished_m2", "built_m2")
    )
    costs = _costs(inputs, cleared_m2, demolished_m2, built_m2)
    values = _values(inputs, built_m2)
    results = _results(inputs, costs, values)
    yearly = {name: _times(land_m2, inputs[f"{name}_per_land"]) for name in YEARLY}
    table = table.assign(**costs, **values, **results, **yearly)
    return table[list(APPRAISAL_COLUMNS)]


def _comes_down_free(economics: Economics, zones: pd.Series) -> pd.Series:
    """Where it costs nothing that floor space comes down, however much: as the plan takes it.

    It is so at every end of a sensitivity too, so that all of them speak for the same parcels.
    """
    taken = figures(economics, zones, at="value", of=None)
    free = (taken["compensation"] == 0) & (taken["demolition"] == 0)
    return pd.Series(free, index=zones.index)


def _costs(
    inputs: dict[str, Floats], cleared_m2: Floats, demolished_m2: Floats, built_m2: Floats
) -> dict[str, Floats]:
    """What clearance, building and their finance cost."""
    costs = {
        "land_cost": _times(cleared_m2, inputs["land_cost"]),
        "compensation": _times(demolished_m2, inputs["compensation"]),
        "demolition": _times(demolished_m2, inputs["demolition"]),
        "site_works": _times(cleared_m2, inputs["site_works"]),
        "construction": _times(built_m2, inputs["construction"]),
    }
    for name in ("professional_fees", "contingency"):
        costs[name] = _times(costs["construction"], inputs[name])
    costs["clearance"] = _total(costs, CLEARANCE)
    costs["building"] = _total(costs, BUILDING)
    whole, half = growth(inputs)
    costs["finance"] = _times(costs["clearance"], whole - 1) + _times(costs["building"], half - 1)
    costs["investment"] = costs["clearance"] + costs["building"] + costs["finance"]
    return costs


def growth(inputs: dict[str, Floats]) -> tuple[Floats, Floats]:
    """What 1 has grown to by completion: paid at the start, and drawn evenly while building."""
    yearly = 1 + inputs["finance_rate"]
    years = inputs["clearance_years"] + inputs["construction_years"]
    return yearly**years, yearly ** (inputs["construction_years"] / 2)


def _values(inputs: dict[str, Floats], built_m2: Floats) -> dict[str, Floats]:
    """What the new floor space is worth at completion, and what goes off it."""
    lettable_m2 = _times(built_m2, inputs["saleable_share"])
    sold_m2 = _times(lettable_m2, inputs["sale_share"])
    income = inputs["rent"] * inputs["occupancy"]
    sales = _times(sold_m2, inputs["sale_price"])
    lettings = _times(lettable_m2 - sold_m2, income / inputs["capitalisation_rate"])
    value = sales + lettings
    shares = {name: _times(value, inputs[name]) for name in ("marketing", "sales_tax", "profit")}
    return {"sales": sales, "lettings": lettings, "value": value, **shares}


def _results(
    inputs: dict[str, Floats], costs: dict[str, Floats], values: dict[str, Floats]
) -> dict[str, Floats]:
    """What is left for the land, and after paying for it."""
    whole, half = growth(inputs)
    other = _total(costs, CLEARANCE[1:])
    proceeds = values["value"] - values["marketing"] - values["sales_tax"] - values["profit"]
    at_completion = proceeds - _times(other, whole) - _times(costs["building"], half)
    residual = at_completion / whole
    return {
        "residual_at_completion": at_completion,
        "residual": residual,
        "surplus": residual - costs["land_cost"],
    }


def _total(costs: dict[str, Floats], names: tuple[str, ...]) -> Floats:
    total: Floats = np.sum([costs[name] for name in names], axis=0)
    return total


def _times(amount: Floats, price: Floats) -> Floats:
    """Amount × price; nothing, or what is free, costs nothing, the other known or not."""
    return np.where((amount == 0) | (price == 0), 0.0, amount * price)
