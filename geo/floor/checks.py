"""Doubts about scenarios: names that fit nothing, caps that cut, land that would be too dense."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pandas as pd

from geo.findings import Finding, Place, finding
from geo.floor.capacity import TOWN
from geo.floor.caps import cap_name, holds
from geo.floor.existing import existing_m2
from geo.floor.phasing import phase_years
from geo.floor.ratios import begun
from geo.plan.scenarios import CapTable, Scenario
from geo.treatments import is_rebuilt, is_usable, kept_floor_m2
from geo.units import shown
from geo.words import among, hint

DENSE_NET: Final = 5.0
DENSE_GROSS: Final = 4.0
"""Plot ratios above which land is doubted (domain reference, section 5)."""

LITTLE_USABLE: Final = 0.1
"""Usable share of a parcel below which it is doubted that what stands comes down for it."""

_RATIO: Final = ("plot ratio", "容积率")
_PHASE: Final = ("phase", "分期")
_CAP: Final = ("cap", "上限")


def check_scenarios(
    parcels: pd.DataFrame, scenarios: Sequence[Scenario], tables: Sequence[CapTable], where: Place
) -> list[Finding]:
    """List what is stated for a zone, land use, treatment or parcel that is not there."""
    findings: list[Finding] = []
    for scenario in scenarios:
        place = f"scenarios.{scenario.id}"
        uses = scenario.by_land_use
        fitting = {code for code in uses if begun(parcels["land_use"], {code: 0}).notna().any()}
        stated = [
            ("by_treatment", "treatment", scenario.by_treatment, _RATIO),
            ("by_land_use", "land_use", [code for code in uses if code not in fitting], _RATIO),
            ("by_zone", "zone", scenario.by_zone, _RATIO),
            ("by_parcel", "parcel_id", scenario.by_parcel, _RATIO),
        ]
        for number, phase in enumerate(scenario.phases):
            stated += [
                (f"phases[{number}].zones", "zone", phase.zones, _PHASE),
                (f"phases[{number}].parcels", "parcel_id", phase.parcels, _PHASE),
            ]
        for field, column, names, what in stated:
            at = {**where, "field": f"{place}.{field}"}
            findings += _unmatched(names, parcels[column], what, at)
    used = {scenario.caps for scenario in scenarios}
    for table in tables:
        if table.id in used:
            findings += _unused_caps(parcels, table, where)
    return findings


def _unused_caps(parcels: pd.DataFrame, table: CapTable, where: Place) -> Iterator[Finding]:
    """Caps that fit no parcel: a zone that there is not is a slip, a land use may be a rule's."""
    for number, cap in enumerate(table.caps):
        at = {**where, "field": f"cap_tables.{table.id}.caps[{number}]"}
        slips = list(_unmatched([cap.zone] if cap.zone else [], parcels["zone"], _CAP, at))
        yield from slips
        anywhere = cap.model_copy(update={"over_ha": None})  # that none is so large is no slip
        if not slips and not holds(anywhere, parcels).any():
            yield finding("scenario.cap-unused", **at, seen=cap_name(cap))


def _unmatched(
    names: Iterable[str], there: pd.Series, what: tuple[str, str], at: Place
) -> Iterator[Finding]:
    """Names that are none of those that are there; ``what`` is stated for them in vain."""
    stated = pd.Series([*names], dtype="str")
    for name in stated[~among(stated, there)]:
        near = hint(name, set(there.unique()))
        words: Place = {"what": what[0], "what_zh": what[1], **near}
        yield finding("scenario.unmatched", **at, seen=name, **words)


def check_usable(parcels: pd.DataFrame, where: Place, plan_at: Place) -> Iterator[Finding]:
    """Say where much comes down for little land, and where unknown floor is on no net land.

    It is so under every scenario; ``where`` is the parcel layer and ``plan_at`` the plan's file.
    """
    existing, usable_m2 = existing_m2(parcels), parcels["usable_m2"]
    demolished, share = existing - kept_floor_m2(parcels, existing), usable_m2 / parcels["land_m2"]
    little = (is_rebuilt(parcels) & (share < LITTLE_USABLE)).to_numpy()
    told = parcels.loc[little, ["row", "parcel_id", "land_m2"]].itertuples(index=False)
    for own, part, gone, left_m2 in zip(
        told, share[little], demolished[little], usable_m2[little], strict=True
    ):
        words: Place = {
            "percent": shown(part, 1, percent=True),
            **_floor_words(gone),
            "seen": shown(left_m2, 0, grouped=True),
        }
        place: Place = {**where, "row": own.row, "parcel": own.parcel_id, "area_m2": own.land_m2}
        yield finding("scenario.little-usable", **place, **words)
    unknown = existing.isna() & ~is_usable(parcels)
    if unknown.any():
        area_m2 = float(parcels["land_m2"][unknown].sum())
        yield finding("scenario.floor-unknown", **plan_at, seen=int(unknown.sum()), area_m2=area_m2)


def _floor_words(floor_m2: float) -> Place:
    """How much floor space, in both languages."""
    if pd.isna(floor_m2):
        return {"floor": "an unknown amount", "floor_zh": "未知数量的"}
    told = shown(floor_m2, 0, grouped=True)
    return {"floor": f"{told} m²", "floor_zh": f" {told} 平方米"}


def check_floor_space(
    parcels: pd.DataFrame,
    floor: pd.DataFrame,
    by_zone: pd.DataFrame,
    scenario: Scenario,
    members: dict[str, set[str]],
    where: Place,
) -> list[Finding]:
    """List what is doubtful about the floor space of a scenario; ``where`` is the plan's file.

    ``by_zone`` are its sums (:func:`geo.floor.capacity.zone_floor`).
    """
    at: Place = {**where, "field": f"scenarios.{scenario.id}"}
    return [
        *_missing(parcels, floor, scenario, at),
        *_capped(parcels, floor, scenario, at),
        *_dense(parcels, floor, by_zone, scenario, at),
        *_in_vain(parcels, floor, scenario, at),
        *_empty_phases(parcels, scenario, members, at),
    ]


def _missing(
    parcels: pd.DataFrame, floor: pd.DataFrame, scenario: Scenario, at: Place
) -> Iterator[Finding]:
    """Land to be rebuilt for which there is no plot ratio: it is in no sum."""
    missing = is_rebuilt(parcels) & floor["plot_ratio_asked"].isna()
    if missing.any():
        net_m2 = float(floor["net_m2"][missing].sum())
        whole_m2 = float(floor["net_m2"].sum())
        words: Place = {
            "seen": int(missing.sum()),
            "scenario": scenario.id,
            "percent": shown(net_m2 / whole_m2 if whole_m2 else None, 1, percent=True),
        }
        yield finding("scenario.ratio-missing", **at, area_m2=net_m2, **words)


def _capped(
    parcels: pd.DataFrame, floor: pd.DataFrame, scenario: Scenario, at: Place
) -> Iterator[Finding]:
    """Each cap that contradicts the ratio that the scenario asks, and what it costs."""
    cut = floor[floor["cap"] != ""]
    for cap, rows in cut.groupby("cap"):
        lost_m2 = rows["cut_m2"]
        most = lost_m2.fillna(0.0).idxmax()
        words: Place = {
            "scenario": scenario.id,
            "table": scenario.caps,
            "cap": cap,
            "times": len(rows),
            "asked": shown(rows["plot_ratio_asked"][most], 2),
            "cut": shown(lost_m2.sum(min_count=1), 0, grouped=True),
        }
        parcel, area_m2 = parcels["parcel_id"][most], float(rows["net_m2"].sum())
        yield finding("scenario.capped", **at, parcel=parcel, seen=cap, area_m2=area_m2, **words)


def _dense(
    parcels: pd.DataFrame,
    floor: pd.DataFrame,
    by_zone: pd.DataFrame,
    scenario: Scenario,
    at: Place,
) -> Iterator[Finding]:
    """Parcels above :data:`DENSE_NET` on net land, and zones above :data:`DENSE_GROSS` on gross."""
    ratio = floor["plot_ratio"]
    dense = ratio > DENSE_NET
    if dense.any():
        words: Place = {
            "what": f"the plot ratio of net land, in {int(dense.sum())} parcels at most",
            "what_zh": f"净容积率（{int(dense.sum())} 个地块，最高）",
            "scenario": scenario.id,
            "limit": DENSE_NET,
        }
        most, area_m2 = ratio.idxmax(), float(floor["net_m2"][dense].sum())
        parcel, seen = parcels["parcel_id"][most], shown(ratio[most], 2)
        yield finding("scenario.dense", **at, parcel=parcel, seen=seen, area_m2=area_m2, **words)
    for row in by_zone[by_zone["gross_ratio"] > DENSE_GROSS].itertuples():
        town = row.zone == TOWN
        words = {
            "what": f"the gross plot ratio of {'the town' if town else f'zone {row.zone}'}",
            "what_zh": f"{'全镇' if town else f'片区 {row.zone} '}毛容积率",
            "scenario": scenario.id,
            "limit": DENSE_GROSS,
        }
        seen = shown(row.gross_ratio, 2)
        yield finding("scenario.dense", **at, seen=seen, area_m2=row.gross_m2, **words)


def _in_vain(
    parcels: pd.DataFrame, floor: pd.DataFrame, scenario: Scenario, at: Place
) -> Iterator[Finding]:
    """Plot ratios that are stated for parcels on which nothing is built."""
    idle = parcels["parcel_id"].isin(scenario.by_parcel) & floor["plot_ratio_asked"].isna()
    for index in parcels.index[idle]:
        parcel, treatment = parcels.loc[index, ["parcel_id", "treatment"]]
        place: Place = {**at, "field": f"{at['field']}.by_parcel", "parcel": parcel}
        area_m2 = parcels["land_m2"][index]
        yield finding("scenario.not-built", **place, seen=treatment, area_m2=area_m2)


def _empty_phases(
    parcels: pd.DataFrame, scenario: Scenario, members: dict[str, set[str]], at: Place
) -> Iterator[Finding]:
    """Years in which no parcel is left for a phase."""
    taken = set(phase_years(parcels, scenario, members).dropna())
    for number, phase in enumerate(scenario.phases):
        if phase.year not in taken:
            place: Place = {**at, "field": f"{at['field']}.phases[{number}]"}
            yield finding("scenario.phase-empty", **place, seen=phase.year)
