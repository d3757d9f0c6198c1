"""What is done with land: the treatments, their names, and what each means for the balance."""

from typing import Final

import numpy as np
import pandas as pd

from geo.text import Words
from geo.units import on_land_grid

TREATMENTS: Final[dict[str, Words]] = {
    "rebuild": Words("拆除重建", "demolish and rebuild"),
    "upgrade": Words("综合整治", "comprehensive upgrading"),
    "extend": Words("局部加建", "extension"),
    "retain": Words("保留", "retained"),
    "village": Words("村居用地", "village land"),
    "road": Words("道路", "road"),
    "green": Words("绿地", "green"),
}
"""Only ``rebuild`` frees land. ``upgrade`` and ``extend`` keep what stands and may add floor space
to it; the others are lost to building as a whole (domain reference, sections 5 and 6)."""


UNCLEAR: Final = "unclear"
"""The treatment of a parcel made of several rows that do not agree on one: it frees no land."""

LEAST_USABLE_M2: Final = 1.0
LEAST_USABLE_SHARE: Final = 0.01
"""Usable land of a parcel below which nothing is built on it. Where a constraint takes a whole
parcel, two outlines that mean the same leave a sliver of it: 15 mm² between two CRSs, a few m²
along a border that was drawn twice. That is no land, and nothing is torn down for it."""


def is_usable(parcels: pd.DataFrame) -> pd.Series:
    """Which parcels have land to build on: enough of it, and enough of the parcel."""
    enough_m2 = np.maximum(LEAST_USABLE_M2, parcels["land_m2"] * LEAST_USABLE_SHARE)
    return parcels["usable_m2"] >= enough_m2


def is_rebuilt(parcels: pd.DataFrame) -> pd.Series:
    """Which parcels are rebuilt: those whose treatment says so and that are usable."""
    return (parcels["treatment"] == "rebuild") & is_usable(parcels)


def kept_floor_m2(parcels: pd.DataFrame, existing_m2: pd.Series) -> pd.Series:
    """What of the existing floor space of each parcel stays, whatever is built beside it.

    All of it where a parcel is not rebuilt. Of one that is, what stands on its retained land:
    floor space is taken as spread evenly over a parcel, as nothing says where on it it stands.
    """
    share = (parcels["retained_m2"] / parcels["land_m2"]).where(is_rebuilt(parcels), 1.0)
    kept: pd.Series = on_land_grid(existing_m2 * share)
    return kept.where(share > 0, 0.0)  # known or not, none of it stays


SPELLINGS: Final[dict[str, str]] = {
    **{words.zh: name for name, words in TREATMENTS.items()},
    "拆建": "rebuild",
    "拆除重建类": "rebuild",
    "综合整治类": "upgrade",
    "加建": "extend",
    "扩建": "extend",
    "现状保留": "retain",
    "村庄": "village",
    "道路用地": "road",
    "公园绿地": "green",
}
"""Other words for a treatment in the tables of an office."""

LOST_WHOLE: Final[dict[str, str]] = {
    "retain": "retained",
    "village": "village",
    "road": "public",
    "green": "public",
}
"""The reason for which land of a treatment is no net land at all."""


def lost_whole(parcels: pd.DataFrame, public: pd.Series) -> pd.Series:
    """The reason for which each parcel is lost as a whole, missing where it is not.

    ``public`` says which parcels a plan deducts for their land use, whatever their treatment.
    """
    return parcels["treatment"].map(LOST_WHOLE).mask(public, "public")


REASONS: Final[dict[str, Words]] = {
    "public": Words("道路、绿地与公共服务", "roads, green and public service"),
    "village": TREATMENTS["village"],
    "retained": Words("保留用地", "retained land"),
    "handover": Words("公共用地移交", "public hand-over"),
}
"""Reasons of the program's own, beside the constraints that a plan names."""
