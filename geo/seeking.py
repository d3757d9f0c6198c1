"""Goal-seek: which plot ratios, how much net land and which parcels reach a floor-space target."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.treatments import is_rebuilt, kept_floor_m2

Floats = npt.NDArray[np.float64]
Measure = Literal["total", "added"]
"""Of what the target speaks: all floor space that then stands, or what is added to what stands."""

FRONTIER_RATIOS: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)
"""The plot ratios for which a frontier says the share of land, unless others are asked for."""

SLACK_M2: Final = 1e-4
"""Floor space is held against a target to the square centimetre: so exact are the sums."""


@dataclass(frozen=True, slots=True)
class SmallestRatio:
    """The smallest uniform plot ratio of the rebuilt land that reaches a target.

    ``plot_ratio`` is None where even the caps do not reach it; ``most_m2`` is what can be had at
    most (infinite where land has no cap). ``parcels`` are rebuilt, of which ``capped`` stand at
    their cap. ``known_share`` is the share of net land for which the sum speaks, ``unknown`` counts
    the parcels to be rebuilt that need an existing floor space which nobody knows.
    """

    plot_ratio: float | None
    most_m2: float
    parcels: int
    capped: int
    known_share: float
    unknown: int


@dataclass(frozen=True, slots=True)
class FewestParcels:
    """The fewest parcels whose rebuilding reaches a target.

    ``chosen`` has the columns :data:`CHOSEN_COLUMNS`, the largest gain first. Where even all of
    them do not reach the target, ``reached`` is False and they are all there. ``most_m2`` is what
    all of them give, ``unknown`` the parcels whose gain nobody knows, which are left out.
    """

    chosen: pd.DataFrame
    reached: bool
    most_m2: float
    unknown: tuple[str, ...]


CHOSEN_COLUMNS: Final = ("parcel_id", "gain_m2", "cumulative_m2")
"""A parcel to rebuild, the floor space that it gains, and all floor space once it is rebuilt."""


@dataclass(frozen=True, slots=True)
class Seek:
    """All answers to one target; ``base_m2`` is the known floor space when nothing is rebuilt.

    That of ``base_unknown`` parcels of all ``parcels`` is not known. ``land_m2`` is gross and
    ``net_m2`` net land, on which ``frontier`` stands; it has no rows where a target of added floor
    space stands on nothing known. Of ``rebuilt`` parcels ``gains_unknown`` have a plot ratio, but
    an existing floor space that nobody knows, so that their gain is not known.
    """

    target_m2: float
    measure: Measure
    base_m2: float
    base_unknown: int
    parcels: int
    rebuilt: int
    gains_unknown: int
    land_m2: float
    net_m2: float
    frontier: pd.DataFrame
    smallest: SmallestRatio
    fewest: FewestParcels


def seek(
    parcels: pd.DataFrame,
    floor: pd.DataFrame,
    *,
    target_m2: float,
    measure: Measure = "total",
    most_ratio: Floats | None = None,
) -> Seek:
    """Every way to a target, from the parcels and their floor space under a scenario.

    The frontier of a target of added floor space is that of the total which it needs: what stands
    and the target. ``most_ratio`` is the cap of each parcel, infinite where there is none.
    """
    land_m2, net_m2 = float(parcels["land_m2"].sum()), float(floor["net_m2"].sum())
    base = _base_m2(parcels, floor, measure)
    base_m2, rebuilt = float(base.sum()), is_rebuilt(parcels)
    standing_m2 = float(floor["existing_m2"].sum()) if measure == "added" else 0.0
    nowhere = measure == "added" and standing_m2 == 0 and bool(floor["existing_m2"].isna().any())
    pairs = frontier(
        land_m2, target_m2 + standing_m2, shares=sorted({1.0, net_m2 / land_m2} - {0.0})
    )
    return Seek(
        target_m2=target_m2,
        measure=measure,
        base_m2=base_m2,
        base_unknown=int(base.isna().sum()),
        parcels=len(parcels),
        rebuilt=int(rebuilt.sum()),
        gains_unknown=int((rebuilt & floor["built_m2"].notna() & _gains(floor).isna()).sum()),
        land_m2=land_m2,
        net_m2=net_m2,
        frontier=pairs.head(0) if nowhere else pairs,
        smallest=smallest_ratio(
            parcels, floor, target_m2=target_m2, measure=measure, most_ratio=most_ratio
        ),
        fewest=fewest_parcels(rebuild_gains(parcels, floor), target_m2=target_m2, base_m2=base_m2),
    )


def frontier(
    land_m2: float,
    target_m2: float,
    *,
    ratios: Sequence[float] = FRONTIER_RATIOS,
    shares: Sequence[float] = (1.0,),
) -> pd.DataFrame:
    """All pairs of plot ratio and net share of the land with ratio × share × land = target.

    For each of ``ratios`` the share that it needs, and for each of ``shares`` the ratio; the
    columns are ``plot_ratio``, ``net_share`` and ``reachable``, the lowest ratio first. More than
    all the land is out of reach.
    """
    gross_ratio = np.float64(target_m2) / np.float64(land_m2)
    given, wanted = np.array(ratios, dtype=np.float64), np.array(shares, dtype=np.float64)
    table = pd.DataFrame(
        {
            "plot_ratio": np.concatenate([given, gross_ratio / wanted]),
            "net_share": np.concatenate([gross_ratio / given, wanted]),
        }
    )
    table["reachable"] = table["net_share"] <= 1.0 + 1e-12
    order = ["plot_ratio", "net_share"]
    return table.drop_duplicates(order).sort_values(order, ignore_index=True)


def smallest_ratio(
    parcels: pd.DataFrame,
    floor: pd.DataFrame,
    *,
    target_m2: float,
    measure: Measure = "total",
    most_ratio: Floats | None = None,
) -> SmallestRatio:
    """The smallest uniform plot ratio of the rebuilt land with which a target is reached.

    Other land has what it has under the scenario of ``floor``, and what stands on retained land of
    the rebuilt parcels stays. What is built needs no existing floor space: of all floor space, only
    what is retained and unknown is left out. Of a measure of added floor space, land whose existing
    floor space is unknown is left out.
    """
    rebuilt = is_rebuilt(parcels)
    standing = floor["existing_m2"] if measure == "added" else 0.0
    kept = kept_floor_m2(parcels, floor["existing_m2"])
    fixed = floor["total_m2"].where(~rebuilt, kept) - standing
    known = fixed.notna()
    base_m2 = float(fixed[known].sum())
    with_land = rebuilt & (floor["net_m2"] > 0)
    chosen = (with_land if measure == "total" else with_land & known).to_numpy()
    most = np.full(len(floor), np.inf) if most_ratio is None else most_ratio
    net, caps = floor["net_m2"].to_numpy()[chosen], most[chosen]
    ratio, most_m2 = _lowest(net, caps, target_m2 - base_m2)
    net_m2 = float(floor["net_m2"].sum())
    return SmallestRatio(
        plot_ratio=ratio,
        most_m2=base_m2 + most_m2,
        parcels=int(chosen.sum()),
        capped=int((caps <= (math.inf if ratio is None else ratio)).sum()),
        known_share=float(floor["net_m2"][known].sum()) / net_m2 if net_m2 else math.nan,
        unknown=int((with_land & ~known).sum()),
    )


def _lowest(net_m2: Floats, caps: Floats, wanted_m2: float) -> tuple[float | None, float]:
    """The lowest ratio r with Σ net × min(r, cap) ≥ wanted, and the sum at the caps.

    The sum grows with r along straight lines that bend at the caps, so the line on which it
    reaches what is wanted is looked up among the caps, and solved: nothing is iterated.
    """
    order = np.argsort(caps, kind="stable")
    net, bends = net_m2[order], caps[order]
    at_caps = np.concatenate([[0.0], np.cumsum(net * bends)[:-1]]) if len(net) else net
    free = np.cumsum(net[::-1])[::-1]
    sums = at_caps + bends * free
    most_m2 = float(sums[-1]) if len(sums) else 0.0
    if wanted_m2 <= SLACK_M2:
        return 0.0, most_m2
    line = int(np.searchsorted(sums, wanted_m2 - SLACK_M2))
    if line == len(sums):
        return None, most_m2
    return min(float((wanted_m2 - at_caps[line]) / free[line]), float(bends[line])), most_m2


def rebuild_gains(parcels: pd.DataFrame, floor: pd.DataFrame) -> pd.Series:
    """What each parcel to be rebuilt gains in floor space, by id: built less demolished."""
    rebuilt = is_rebuilt(parcels)
    gains = _gains(floor)[rebuilt]
    return gains.set_axis(parcels.loc[rebuilt, "parcel_id"].to_numpy())


def fewest_parcels(gains_m2: pd.Series, *, target_m2: float, base_m2: float = 0.0) -> FewestParcels:
    """The fewest parcels whose gains lift the floor space from ``base_m2`` to a target.

    The largest gains are taken, of equal ones the lowest id. No k parcels gain more than the k
    largest do, so where those are too few every other k are: no smaller number reaches the target.
    """
    known = gains_m2.dropna()
    table = pd.DataFrame({"parcel_id": known.index, "gain_m2": known.to_numpy()})
    table = table[table["gain_m2"] > 0].sort_values(
        ["gain_m2", "parcel_id"], ascending=[False, True], ignore_index=True
    )
    table["cumulative_m2"] = base_m2 + table["gain_m2"].cumsum()
    floors = np.concatenate([[base_m2], table["cumulative_m2"].to_numpy()])
    number = int(np.searchsorted(floors, target_m2 - SLACK_M2))
    return FewestParcels(
        chosen=table[list(CHOSEN_COLUMNS)].head(number),
        reached=number < len(floors),
        most_m2=float(floors[-1]),
        unknown=tuple(sorted(gains_m2.index[gains_m2.isna()])),
    )


def _gains(floor: pd.DataFrame) -> pd.Series:
    return floor["built_m2"] - floor["demolished_m2"]


def _base_m2(parcels: pd.DataFrame, floor: pd.DataFrame, measure: Measure) -> pd.Series:
    """The floor space when nothing is rebuilt, other land being as the scenario has it."""
    after = floor["existing_m2"].where(is_rebuilt(parcels), floor["total_m2"])
    return after - floor["existing_m2"] if measure == "added" else after
