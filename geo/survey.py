"""What the outlines of parcels tell: areas, overlaps, losses, links and terrain, patch by patch.

Everything here follows from a parcel and its neighbours. What needs the whole layer (sums, zones,
blocks, goals) is made of it by those who ask.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.area import AreaMethod, area_m2, ellipsoidal_m2, planar_m2
from geo.balance import Balance, balance
from geo.blocks import parcel_links
from geo.crowding import Namer
from geo.findings import Finding, Place
from geo.memory import give_back
from geo.neighbours import Gaps, gaps
from geo.notify import Notify, unheard
from geo.once import Once, overlaps
from geo.outlines import Outlines, outlines_of
from geo.overlay import Overlay
from geo.patches import PARCELS_EACH, Across, Patch, divided
from geo.plan import Plan
from geo.plan.constraints import reasons_in_order
from geo.rows import places
from geo.sources import Sources
from geo.terrain.dem import Dem
from geo.terrain.zonal import parcel_terrain
from geo.units import on_land_grid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

ASKED = ("row", "parcel_id", "zone", "treatment", "land_use", "geometry")
"""What a survey must know of parcels."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a survey follows from besides the parcels; geometry is in ``crs``, in metres.

    ``constraints`` are those of :mod:`geo.constraints` and ``order`` that of the reasons, with the
    kind of each; land uses that begin with one of ``deducted`` are no net land. Links go as far as
    ``reach_m``, where no barrier crosses. ``where`` is the parcel layer, for findings.
    """

    crs: CRS
    method: AreaMethod
    where: Place
    constraints: gpd.GeoDataFrame
    order: Sequence[tuple[str, str]]
    deducted: tuple[str, ...]
    handover_share: float
    barriers: Shapes
    reach_m: float
    tolerance_m: float
    dem: Dem | None

    def measure(self, shapes: Shapes) -> Floats:
        """Areas in m² by the plan's method."""
        return area_m2(shapes, self.crs, self.method)

    def on_grid(self, planar_m2: Floats, ellipsoidal_m2: Floats) -> Floats:
        """The area of each parcel that counts, on the grid of land."""
        return on_land_grid(planar_m2 if self.method == "planar" else ellipsoidal_m2)

    def near(self, shapes: Shapes) -> "Rules":
        """The same for some of the land: what lies beyond it is left out."""
        west, south, east, north = shapely.total_bounds(shapes)
        wide = self.reach_m + 1.0
        box = shapely.box(west - wide, south - wide, east + wide, north + wide)
        reached = shapely.intersects(shapely.envelope(self.constraints.geometry.to_numpy()), box)
        barred = shapely.intersects(shapely.envelope(self.barriers), box)
        dem = None if self.dem is None else self.dem.near(shapes, self.crs)
        constraints, barriers = self.constraints[reached], self.barriers[barred]
        return replace(self, constraints=constraints, barriers=barriers, dem=dem)


@dataclass(frozen=True, slots=True)
class Survey:
    """What outlines tell of parcels, arrays by parcel; pairs are numbers of parcels.

    Areas in m² by both methods; ``later[k]`` and ``earlier[k]`` (by id) overlap in
    ``cut.pieces[k]``; what parcels lose (:class:`geo.balance.Balance`), narrow gaps between them
    (:func:`geo.neighbours.gaps`), their links (:func:`geo.blocks.parcel_links`) and terrain
    (:data:`geo.terrain.zonal.TERRAIN_COLUMNS`; None without a DEM).
    """

    planar_m2: Floats
    ellipsoidal_m2: Floats
    later: Integers
    earlier: Integers
    cut: Overlay
    balance: Balance
    gaps: Gaps | None
    links: pd.DataFrame
    terrain: pd.DataFrame | None

    def once(self, rules: Rules) -> Once:
        """The land of any set of the parcels."""
        area = rules.on_grid(self.planar_m2, self.ellipsoidal_m2)
        return Once(area, self.later, self.earlier, self.cut, measure=rules.measure)


def rules_of(plan: Plan, sources: Sources) -> Rules:
    """What a plan and its files say of how to survey."""
    return Rules(
        crs=sources.crs,
        method=plan.area_method,
        where=sources.where,
        constraints=sources.constraints,
        order=reasons_in_order(plan.constraints),
        deducted=tuple(plan.net.deduct_land_use),
        handover_share=plan.net.handover_share,
        barriers=sources.barriers.geometry.to_numpy(),
        reach_m=plan.contiguity.reach_m,
        tolerance_m=plan.contiguity.tolerance_m,
        dem=sources.dem if plan.terrain is not None else None,
    )


def surveyed(
    parcels: gpd.GeoDataFrame,
    rules: Rules,
    across: Across[Survey],
    *,
    notify: Notify = unheard,
    parcels_each: int = PARCELS_EACH,
) -> Survey:
    """The survey of all parcels (columns :data:`ASKED`), made in patches by ``across``.

    Raises :class:`geo.errors.ChecksError` when
    parcels are drawn so that overlaying them takes minutes.
    """
    asked = parcels[list(ASKED)]
    patches = divided(asked.geometry, reach_m=rules.reach_m, parcels_each=parcels_each)
    if len(patches) == 1:
        return next(iter(across(survey, [(asked, patches[0].own, rules)], 1)))
    parts = (
        (part := asked.iloc[patch.rows], patch.own, rules.near(part.geometry.to_numpy()))
        for patch in patches
    )
    told: _Told = {item.name: [] for item in fields(Survey)}
    done = 0
    for patch, answer in zip(patches, across(survey, parts, len(patches)), strict=True):
        for name, answers in told.items():
            answers.append(getattr(answer, name))
        notify("measure", done := done + int(patch.own.sum()), len(parcels))
    joined = _joined(patches, told)
    give_back()
    return joined


def survey(parcels: gpd.GeoDataFrame, own: Mask, rules: Rules) -> Survey:
    """The survey of a patch: of its own parcels, and of pairs of which the first is its own.

    Pairs are numbers of the parcels of the patch, all else is by own parcel.
    """
    shapes, at = parcels.geometry.to_numpy(), np.flatnonzero(own)
    outlines = outlines_of(shapes)
    planar, ellipsoidal = planar_m2(outlines), ellipsoidal_m2(outlines, rules.crs)
    once = Once(
        rules.on_grid(planar, ellipsoidal),
        *_overlaps(parcels, outlines, own, rules),
        measure=rules.measure,
    )
    land = once.of(np.ones(len(parcels), dtype=bool))
    mine, pieces = parcels.assign(land_m2=land), once.pieces(shapes)
    if len(at) < len(parcels):
        mine, pieces = mine.iloc[at].reset_index(drop=True), pieces[at]
    return Survey(
        planar[at],
        ellipsoidal[at],
        once.later,
        once.earlier,
        once.cut,
        balance=_balance(mine, pieces, rules),
        gaps=_gaps(shapes, outlines, own),
        links=_links(parcels, outlines, own, rules),
        terrain=_terrain(parcels, outlines, own, rules),
    )


def _overlaps(
    parcels: gpd.GeoDataFrame, outlines: Outlines, own: Mask, rules: Rules
) -> tuple[Integers, Integers, Overlay]:
    """Pairs of which the later is an own parcel, in their order, and what they share."""
    later, earlier, cut = overlaps(
        parcels.geometry.to_numpy(),
        parcels["parcel_id"].to_numpy(),
        _namer(parcels, rules),
        outlines,
    )
    mine = own[later]
    return later[mine], earlier[mine], cut.take(mine)


def _gaps(shapes: Shapes, outlines: Outlines, own: Mask) -> Gaps | None:
    """Gaps of which the first parcel is an own one, in order."""
    found = gaps(shapes, outlines)
    if found is None:
        return None
    order = np.lexsort((found.other, found.one))
    order = order[own[found.one[order]]]
    return found.take(order)


def _links(parcels: gpd.GeoDataFrame, outlines: Outlines, own: Mask, rules: Rules) -> pd.DataFrame:
    """Links of which the first parcel is an own one."""
    links = parcel_links(
        parcels.geometry.to_numpy(),
        rules.barriers,
        reach_m=rules.reach_m,
        tolerance_m=rules.tolerance_m,
        place=_namer(parcels, rules),
        outlines=outlines,
    )
    return links if own.all() else links[own[links["i"].to_numpy()]].reset_index(drop=True)


def _terrain(
    parcels: gpd.GeoDataFrame, outlines: Outlines, own: Mask, rules: Rules
) -> pd.DataFrame | None:
    """The terrain of own parcels, if there is a DEM."""
    if rules.dem is None:
        return None
    table = parcel_terrain(parcels.geometry, rules.crs, rules.dem, outlines)
    return table if own.all() else table[own].reset_index(drop=True)


def _balance(parcels: gpd.GeoDataFrame, pieces: Shapes, rules: Rules) -> Balance:
    """What parcels lose, findings in the order of parcels."""
    held = balance(
        parcels,
        pieces,
        rules.constraints,
        order=rules.order,
        measure=rules.measure,
        public=parcels["land_use"].str.startswith(rules.deducted),
        handover_share=rules.handover_share,
        place=_namer(parcels, rules),
    )
    return replace(held, findings=sorted(held.findings, key=_by_parcel))


def _by_parcel(item: Finding) -> tuple[int, str]:
    return item.row or 0, item.parcel


def _namer(parcels: pd.DataFrame, rules: Rules) -> Namer:
    return places(parcels, rules.where)


_Told = dict[str, list[Any]]
"""The answers of all patches by what they tell (the fields of :class:`Survey`)."""


def _joined(patches: Sequence[Patch], told: _Told) -> Survey:
    """One survey of those of all patches; what is joined is dropped, as it takes much memory."""
    rows = [patch.rows for patch in patches]
    own = [patch.rows[patch.own] for patch in patches]
    back = np.argsort(np.concatenate(own))

    def by_parcel(values: Iterable[Any]) -> Any:
        return np.concatenate(list(values))[back]

    later = np.concatenate([at[part] for at, part in zip(rows, told.pop("later"), strict=True)])
    earlier = np.concatenate([at[part] for at, part in zip(rows, told.pop("earlier"), strict=True)])
    order = np.lexsort((earlier, later))
    return Survey(
        by_parcel(told.pop("planar_m2")),
        by_parcel(told.pop("ellipsoidal_m2")),
        later[order],
        earlier[order],
        Overlay.joined(told.pop("cut")).take(order),
        terrain=_joined_terrain(told.pop("terrain"), back),
        balance=_joined_balance(own, told.pop("balance"), by_parcel),
        gaps=_joined_gaps(rows, told.pop("gaps")),
        links=_joined_links(rows, told.pop("links")),
    )


def _joined_balance(
    own: Sequence[Integers], parts: Sequence[Balance], by_parcel: Callable[[Iterable[Any]], Any]
) -> Balance:
    lost = [part.lost.assign(at=at[part.lost["at"]]) for at, part in zip(own, parts, strict=True)]
    return Balance(
        pd.concat(lost).sort_values("at", kind="stable", ignore_index=True),
        by_parcel(part.usable_m2 for part in parts),
        by_parcel(part.handover_m2 for part in parts),
        sorted((item for part in parts for item in part.findings), key=_by_parcel),
    )


def _joined_gaps(rows: Sequence[Integers], parts: Sequence[Gaps | None]) -> Gaps | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    one = np.concatenate([at[part.one] for at, part in zip(rows, known, strict=True)])
    other = np.concatenate([at[part.other] for at, part in zip(rows, known, strict=True)])
    rest = (np.concatenate(side) for side in list(zip(*known, strict=True))[2:])
    return Gaps(one, other, *rest).take(np.lexsort((other, one)))


def _joined_links(rows: Sequence[Integers], parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    i, j = (
        np.concatenate([at[part[end].to_numpy()] for at, part in zip(rows, parts, strict=True)])
        for end in ("i", "j")
    )
    order = np.lexsort((j, i))
    links = {"i": i[order], "j": j[order]}
    for name in parts[0].columns.drop(["i", "j"]):
        links[name] = np.concatenate([part[name].to_numpy() for part in parts])[order]
    return pd.DataFrame(links, copy=False)


def _joined_terrain(parts: Sequence[pd.DataFrame | None], back: Integers) -> pd.DataFrame | None:
    known = [part for part in parts if part is not None]
    if not known:
        return None
    columns = {name: pd.concat([part[name] for part in known]) for name in known[0]}
    return pd.DataFrame({name: column.array[back] for name, column in columns.items()}, copy=False)
