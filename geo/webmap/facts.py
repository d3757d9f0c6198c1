"""The numbers of a parcel that the page reckons with, exact: areas in whole steps of the land grid.

``static/arithmetic.js`` reads these columns; what they mean is said by :mod:`geo.whatif`.
"""

from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.errors import PublishError
from geo.findings import Place, finding
from geo.floor.caps import lowest_caps
from geo.floor.existing import existing_m2
from geo.ground import definition
from geo.once import Once
from geo.study import Study
from geo.treatments import is_rebuilt, is_usable, kept_floor_m2
from geo.units import LAND_GRID_M2
from geo.webmap.packing import MOST, Column

Integers = npt.NDArray[np.int64]

MOST_PARTNERS: Final = 8
"""Land that overlaps more parcels than this (2⁸ ways to count it) is not reckoned in the page."""

_MM: Final = 1000


def facts_columns(study: Study, at: Integers) -> list[Column]:
    """What the page reckons with, of the parcels of a study at some positions, -1 for former ones.

    Areas are in 2⁻¹⁶ m². ``floor`` and ``kept`` are one more, and 0 where they are not known;
    ``kept`` is of land that is rebuilt only. ``member.0`` … say whose parcels a goal counts where
    it is one of a programme, ``caps.0`` … what the tables of caps allow (null: anything).
    """
    parcels = study.parcels.reset_index(drop=True)
    existing = existing_m2(parcels)
    _check_floor(study, parcels, existing)
    rebuilt = is_rebuilt(parcels)
    columns = {
        "land": _steps(parcels["land_m2"]),
        "lost": _steps(parcels["lost_m2"]),
        "handover": _steps(parcels["handover_m2"]),
        "floor": _known_steps(existing),
        "kept": np.where(rebuilt, _known_steps(kept_floor_m2(parcels, existing)), 0),
        "usable": is_usable(parcels).to_numpy(),
        "now": parcels["rung"].to_numpy(),
        "evidenced": parcels["evidenced_rung"].to_numpy(),
    }
    for place, goal in enumerate(study.plan.goals):
        if goal.programme is not None:
            members = study.land.members[goal.programme]
            columns[f"member.{place}"] = parcels["parcel_id"].isin(members).to_numpy()
    levels: dict[str, Any] = {"planned": parcels["plot_ratio"]}
    for place, table in enumerate(study.plan.cap_tables):
        most = lowest_caps(parcels, table)["most"]
        levels[f"caps.{place}"] = most.where(np.isfinite(most))
    return [
        Column("parcels.alive", "uint", at >= 0),
        *(Column(f"parcels.{name}", "uint", _taken(value, at)) for name, value in columns.items()),
        *(Column(f"parcels.{name}", "level", _floats(value, at)) for name, value in levels.items()),
    ]


def links_columns(study: Study, at: Integers) -> list[Column]:
    """Which rows are neighbours, how far apart, and what they share; rows as ``at`` has them.

    ``links.gap`` is in millimetres, rounded up: a gap of whole millimetres is at least as wide
    exactly when the rounded one is. ``links.holds`` says which hold as the plan defines contiguity.
    ``once.*`` say, for each parcel that overlaps ones before it, the land that it adds for each
    subset of these (bit 0 for the first partner) that counts.
    """
    rows = np.full(len(study.parcels), -1, dtype=np.int64)
    rows[at[at >= 0]] = np.flatnonzero(at >= 0)
    links = study.links
    gap = links["gap_m"].to_numpy()
    near = np.isfinite(gap)
    ends = np.sort(rows[links.loc[near, ["i", "j"]].to_numpy()], axis=1).reshape(-1, 2)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    i, j = ends[order].T
    holds = definition(links, study.plan.contiguity)[near][order]
    return [
        Column("links.i", "delta", i),
        Column("links.step", "uint", j - i),
        Column("links.gap", "uint", np.ceil(np.round(gap[near][order] * _MM, 3)).astype(np.int64)),
        Column("links.holds", "uint", holds),
        *_once_columns(study.land.once, rows),
    ]


def crowded(study: Study) -> bool:
    """Whether some land overlaps more parcels than the page can reckon with."""
    _, partners = np.unique(study.land.once.later, return_counts=True)
    return bool((partners > MOST_PARTNERS).any())


def _once_columns(once: Once, rows: Integers) -> list[Column]:
    """The land of each later parcel for every subset of those before it, as ``Once.of`` has it."""
    parcels, firsts = np.unique(np.sort(once.later), return_index=True)
    order = np.argsort(once.later, kind="stable")
    partners = [
        once.earlier[order[start:end]] for start, end in pairwise([*firsts.tolist(), len(order)])
    ]
    few = [len(group) <= MOST_PARTNERS for group in partners]
    kept = [
        (int(later), group)
        for later, group, fits in zip(parcels, partners, few, strict=True)
        if fits
    ]
    land = [_steps(land) for later, group in kept for land in _of_subsets(once, later, group)]
    return [
        Column("once.row", "uint", [rows[later] for later, _ in kept]),
        Column("once.partners", "uint", [len(group) for _, group in kept]),
        Column("once.partner", "uint", [rows[other] for _, group in kept for other in group]),
        Column("once.land", "uint", land),
    ]


def _of_subsets(once: Once, later: int, group: Integers) -> list[float]:
    areas = []
    for subset in range(2 ** len(group)):
        counts = np.zeros(len(once.area_m2), dtype=bool)
        counts[later] = True
        counts[group[[bool(subset >> bit & 1) for bit in range(len(group))]]] = True
        areas.append(float(once.of(counts)[later]))
    return areas


def _steps(area_m2: Any) -> Any:
    """Areas on the land grid as whole numbers of its steps."""
    return np.rint(np.asarray(area_m2, dtype=float) / LAND_GRID_M2).astype(np.int64)


def _check_floor(study: Study, parcels: pd.DataFrame, floor_m2: pd.Series) -> None:
    """Refuse floor space that a browser cannot hold exactly; no land is so large."""
    most_m2 = (MOST - 1) * LAND_GRID_M2  # one step more is written than there is
    wrong = floor_m2 >= most_m2
    words: Place = {"field": "existing_floor_m2", "most": f"{most_m2:.6g}"}
    found = [
        finding(
            "page.too-large",
            **study.land.sources.where,
            **words,
            row=row or None,  # the public's edition has none
            parcel=parcel,
            seen=f"{seen:.6g}",
        )
        for row, parcel, seen in zip(
            parcels.loc[wrong, "row"],
            parcels.loc[wrong, "parcel_id"],
            floor_m2[wrong],
            strict=True,
        )
    ]
    if found:
        raise PublishError(*found)


def _known_steps(area_m2: pd.Series) -> Integers:
    """The same plus one, and 0 where the area is not known."""
    known = area_m2.notna().to_numpy()
    return np.where(known, _steps(area_m2.fillna(0.0)) + 1, 0)


def _taken(values: Any, at: Integers) -> Integers:
    return np.where(at >= 0, np.asarray(values, dtype=np.int64)[at], 0)


def _floats(values: pd.Series, at: Integers) -> list[float | None]:
    cells = values.astype(float).to_numpy()
    known = ~np.isnan(cells)
    return [float(cells[row]) if row >= 0 and known[row] else None for row in at.tolist()]
