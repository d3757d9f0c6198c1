"""The parcels of a plan with what was surveyed: areas, land counted once, what is left of it."""

from collections.abc import Iterator
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.area import area_m2
from geo.balance import Balance
from geo.checks import (
    check_declared,
    check_floor,
    check_overlaps,
    check_ratios_known,
)
from geo.findings import Finding, Place, finding
from geo.floor.existing import complete_existing
from geo.inputs import Notes
from geo.laws import ABSOLUTE_M2
from geo.neighbours import check_gaps
from geo.once import Once
from geo.plan import Plan
from geo.sources import Sources
from geo.survey import Survey
from geo.units import M2_PER_MU, shown

FAR: Final = 1e-3
"""Planar areas this far off the ellipsoid's are no figures to publish without a word."""


def measured(
    parcels: gpd.GeoDataFrame,
    survey: Survey,
    once: Once,
    plan: Plan,
    sources: Sources,
    notes: Notes,
) -> gpd.GeoDataFrame:
    """The parcels with their area by both methods, their land, and what is left of it."""
    where, land = sources.where, once.of(np.ones(len(parcels), dtype=bool))
    parcels = parcels.assign(
        planar_m2=survey.planar_m2,
        ellipsoidal_m2=survey.ellipsoidal_m2,
        method_ppm=(_ratio(survey.planar_m2, survey.ellipsoidal_m2) - 1) * 1e6,
        area_m2=once.area_m2,
        overlap_m2=once.area_m2 - land,
        land_m2=land,
        land_mu=land / M2_PER_MU,
        stray_m2=parcels["stray_m2"]
        * once.area_m2
        / survey.planar_m2,  # strays are cut on the grid
    )
    findings = check_overlaps(parcels, once, where)
    findings += check_gaps(parcels, survey.gaps, where)
    findings += _unmatched_uses(parcels, plan, where)
    findings += _far(parcels, plan, where)
    findings += check_declared(parcels, where, unit=sources.unit)
    findings += check_floor(parcels, where)
    notes.findings.extend(findings)
    parcels = complete_existing(parcels, is_public(parcels, plan))
    return _balanced(parcels, survey.balance, plan, where, notes)


def _balanced(
    parcels: gpd.GeoDataFrame, held: Balance, plan: Plan, where: Place, notes: Notes
) -> gpd.GeoDataFrame:
    """The parcels with what is left of each."""
    parcels = parcels.assign(
        lost_m2=parcels["land_m2"] - held.usable_m2,
        retained_m2=held.retained_m2,
        usable_m2=held.usable_m2,
        handover_m2=held.handover_m2,
        net_m2=held.net_m2,
    )
    notes.findings.extend(held.findings)
    notes.findings.extend(check_constraints(held.lost, plan, float(parcels["land_m2"].sum())))
    notes.findings.extend(check_ratios_known(parcels, where))
    return parcels


def is_public(parcels: pd.DataFrame, plan: Plan) -> pd.Series:
    """Which parcels the plan deducts for their land use."""
    return parcels["land_use"].str.startswith(tuple(plan.net.deduct_land_use))


MOST: Final = 0.5
"""A constraint that covers more of all land than this is looked at twice."""


def check_constraints(lost: pd.DataFrame, plan: Plan, gross_m2: float) -> Iterator[Finding]:
    """Say which constraints cover nothing or nearly everything, and which what was lost already."""
    sums = lost.groupby("reason")[["area_m2", "covered_m2"]].sum()
    for number, item in enumerate(plan.constraints):
        at: Place = {"file": plan.path.name, "field": f"constraints[{number}]", "seen": item.id}
        if item.id not in sums.index:
            yield finding("constraint.nothing", **at)
            continue
        covered_m2 = float(sums.at[item.id, "covered_m2"])
        if covered_m2 > MOST * gross_m2:
            share = shown(covered_m2 / gross_m2, 1, percent=True)
            yield finding("constraint.everything", **at, share=share, area_m2=covered_m2)
        twice_m2 = float(sums.at[item.id, "covered_m2"] - sums.at[item.id, "area_m2"])
        if twice_m2 > ABSOLUTE_M2:
            mu = shown(twice_m2 / M2_PER_MU, 2)
            yield finding("constraint.overlap", **at, mu=mu, area_m2=twice_m2)


def _ratio(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """One area by the other; NaN for a sliver so thin that it has none."""
    nothing = np.full(len(one), np.nan)
    ratio: npt.NDArray[np.float64] = np.divide(one, other, out=nothing, where=other != 0)
    return ratio


def _unmatched_uses(parcels: pd.DataFrame, plan: Plan, where: Place) -> list[Finding]:
    """Land uses that the plan deducts and no parcel has."""
    return [
        finding("net.unmatched", **where, field="land_use", seen=code)
        for code in plan.net.deduct_land_use
        if not parcels["land_use"].str.startswith(code).any()
    ]


def _far(parcels: pd.DataFrame, plan: Plan, where: Place) -> list[Finding]:
    """Say so when the plan's grid is far off the ellipsoid and the totals are taken on it."""
    planar, ellipsoidal = (float(parcels[name].sum()) for name in ("planar_m2", "ellipsoidal_m2"))
    off = planar / ellipsoidal - 1 if ellipsoidal else 0.0
    if plan.area_method != "planar" or abs(off) <= FAR or abs(off) * planar <= ABSOLUTE_M2:
        return []
    words: Place = {"seen": shown(off * 100, 2), "crs": plan.crs}
    return [finding("crs.far", **where, **words, area_m2=abs(off) * planar)]


def outlines_m2(zones: gpd.GeoDataFrame, plan: Plan, crs: CRS) -> npt.NDArray[np.float64]:
    """Area of each zone's outline; NaN for a zone that has none."""
    outlined = zones.geometry.notna().to_numpy()
    areas = np.full(len(zones), np.nan)
    shapes = zones.geometry.to_numpy()[outlined]
    areas[outlined] = area_m2(shapes, crs, plan.area_method)
    return areas
