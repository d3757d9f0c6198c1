"""What an economics lacks: inputs that are not given, and zones that are not there."""

from collections.abc import Collection, Iterator
from typing import Final

import pandas as pd

from geo.economics.inputs import INPUTS
from geo.findings import Finding, Place, finding
from geo.plan.economics import LEAST_SHARE, EconomicInput, Economics, plain_share
from geo.text import Words
from geo.units import shown
from geo.words import hint

_RESIDUAL: Final = Words("投资、剩余地价", "investment, residual land value")
_VALUE: Final = Words("开发价值、剩余地价", "value, residual land value")
_YEARLY: Final = Words("这项指标", "figure by the year")

LEADS_TO: Final[dict[str, Words]] = {
    **dict.fromkeys(INPUTS, _RESIDUAL),
    "land_cost": Words("投资、盈余", "investment, surplus"),
    **dict.fromkeys(
        (
            "saleable_share",
            "sale_share",
            "sale_price",
            "rent",
            "occupancy",
            "capitalisation_rate",
        ),
        _VALUE,
    ),
    **dict.fromkeys(("marketing", "sales_tax", "profit"), Words("剩余地价", "residual land value")),
    **dict.fromkeys(("output_per_land", "tax_per_land", "jobs_per_land"), _YEARLY),
}
"""What is not known without each input."""


def check_economics(economics: Economics, zones: Collection[str], where: Place) -> list[Finding]:
    """List inputs that are not given though they are needed, and zones that no parcel is in."""
    findings = []
    given = economics.inputs
    for name, words in INPUTS.items():
        place: Place = {**where, "field": f"economics.{name}"}
        item = given.get(name)
        if item is None and _needed(economics, name):
            named = words.en if words.en == name else f"{words.en} ({name})"
            place |= {"named": named, "name_zh": words.zh}
            place |= {"lost": LEADS_TO[name].en, "lost_zh": LEADS_TO[name].zh}
            findings.append(finding("economics.input-missing", **place, seen=name))
        findings += _small_shares(item, name, where)
        for zone in sorted(set(item.by_zone) - set(zones)) if item is not None else []:
            place |= {"seen": zone, **hint(zone, zones)}
            findings.append(finding("economics.unmatched", **place))
    return [*findings, *_takes_all(economics, where)]


OUT_OF_VALUE: Final = ("marketing", "sales_tax", "profit")
"""Inputs that are shares of the value."""


def _takes_all(economics: Economics, where: Place) -> Iterator[Finding]:
    """Say so when the shares of the value leave nothing of it to build from."""
    shares = [
        economics.inputs[name].at("value") for name in OUT_OF_VALUE if name in economics.inputs
    ]
    if sum(shares) >= 1:
        place: Place = {**where, "field": "economics.profit"}
        yield finding("economics.takes-all", **place, seen=shown(sum(shares), 1, percent=True))


def check_known(table: pd.DataFrame, rebuilt: pd.Series, where: Place) -> Iterator[Finding]:
    """Say for how much land a figure needs an existing floor space that is not known.

    ``table`` is an appraisal. What is to be rebuilt without a plot ratio is told elsewhere.
    """
    unasked = rebuilt[table.index] & table["built_m2"].isna()
    unknown = table[~table["known"] & ~unasked]
    if unknown.empty:
        return
    net_m2, whole_m2 = float(unknown["net_m2"].sum()), float(table["net_m2"].sum())
    words: Place = {
        "seen": len(unknown),
        "parcels": len(table),
        "percent": shown(net_m2 / whole_m2 if whole_m2 else None, 1, percent=True),
    }
    place: Place = {**where, "field": "layers.parcels.fields", "area_m2": net_m2}
    yield finding("economics.floor-unknown", **place, **words)


def _small_shares(item: EconomicInput | None, name: str, where: Place) -> list[Finding]:
    """A tax that looks like a plain share: it may be so small, other additions may not."""
    if item is None or name != "sales_tax":
        return []
    place: Place = {**where, "field": f"economics.{name}"}
    place |= {"name": INPUTS[name].en, "name_zh": INPUTS[name].zh}
    return [
        finding("economics.small-share", **place, **plain_share(figure, quantity.unit))
        for quantity in item.quantities
        for figure in dict.fromkeys(quantity.plain_shares(LEAST_SHARE))
    ]


def _needed(economics: Economics, name: str) -> bool:
    """Whether anything depends on an input: where all is sold no rent does, where none no price."""
    sold = economics.inputs.get("sale_share")
    shares = [item.at(end) for item in sold.quantities for end in item.ends] if sold else []
    if name == "sale_price":
        return any(shares) or not shares
    if name in ("rent", "occupancy", "capitalisation_rate"):
        return any(share < 1 for share in shares) or not shares
    return True
