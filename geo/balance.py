"""The land balance: gross land, what takes each square metre away, and the net land that is left.

Each square metre that is lost has exactly one reason: the first that covers it in the order of the
ranks (:data:`geo.plan.constraints.PRIORITIES`). All areas lie on the binary grid of
:data:`geo.units.LAND_GRID_M2`, on which sums are exact, so that gross − Σ reasons = net to the
last bit, for parcels, zones, treatments and blocks alike (domain reference, section 5).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crowding import Namer, bounded, meeting
from geo.errors import ChecksError
from geo.findings import Finding, Place, finding
from geo.overlay import check_overlay, intersection, remainder, union_all
from geo.plan.constraints import WHOLE
from geo.treatments import is_rebuilt, lost_whole
from geo.units import on_land_grid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

LOST_COLUMNS: Final = (
    "parcel_id",
    "zone",
    "block",
    "treatment",
    "reason",
    "kind",
    "area_m2",
    "covered_m2",
    "geometry",
)
"""Land that a parcel loses for a reason, and where it is (nowhere for a hand-over, which is a
share). ``covered_m2`` is all that the reason covers, also where one before it already took it."""

GROSS, NET, ALL = "gross", "net", ""


@dataclass(frozen=True, slots=True)
class Balance:
    """What each parcel loses: one row of ``lost`` for each parcel (its place ``at``) and reason.

    ``usable_m2`` is what the reasons leave of each parcel, ``net_m2`` that without the hand-over.
    """

    lost: gpd.GeoDataFrame
    usable_m2: Floats
    handover_m2: Floats
    findings: list[Finding]

    @property
    def retained_m2(self) -> Floats:
        """Land of each parcel that stays as it is."""
        retained = self.lost[self.lost["kind"] == "retained"].groupby("at")["area_m2"].sum()
        return np.asarray(retained.reindex(range(len(self.usable_m2)), fill_value=0.0))

    @property
    def net_m2(self) -> Floats:
        """Land of each parcel that can be built on."""
        return self.usable_m2 - self.handover_m2


def balance(
    parcels: gpd.GeoDataFrame,
    pieces: Shapes,
    constraints: gpd.GeoDataFrame,
    *,
    order: Sequence[tuple[str, str]],
    measure: Callable[[Shapes], Floats],
    public: pd.Series,
    handover_share: float,
    place: Namer,
) -> Balance:
    """Deduct constraints, whole parcels and the hand-over from parcels, each square metre once.

    ``pieces`` are the parcels without what they share with earlier ones, valid, in a CRS in metres;
    ``constraints`` are polygons in the same CRS (:data:`geo.constraints.CONSTRAINT_COLUMNS`), and
    ``order`` is that of the reasons, each with its kind, the hand-over last. ``public`` says which
    parcels the plan deducts for their land use. Raises :class:`geo.errors.ChecksError` when the
    overlay would take minutes.
    """
    left = _Left(pieces, parcels["land_m2"].to_numpy(dtype=float), measure, place)
    why = lost_whole(parcels, public)
    whole = {name: (why == name).to_numpy() for name in WHOLE}
    for reason, kind in order[:-1]:
        if reason in whole:
            left.take_whole(reason, kind, np.flatnonzero(whole[reason]))
        else:
            left.take(reason, kind, constraints[constraints["reason"] == reason])
    usable = left.area_m2
    rebuilt = is_rebuilt(parcels.assign(usable_m2=usable))
    given = on_land_grid(np.where(rebuilt, usable * handover_share, 0.0))
    left.note(*order[-1], np.flatnonzero(given > 0), given[given > 0], given[given > 0])
    return Balance(_lost_table(parcels, left.rows), usable, given, left.findings)


class _Left:
    """What is left of each parcel while one reason after the other takes its share."""

    def __init__(
        self, shapes: Shapes, area_m2: Floats, measure: Callable[[Shapes], Floats], place: Namer
    ) -> None:
        self.pieces, self.whole_m2 = shapes, area_m2
        self.shapes, self.area_m2 = shapes.copy(), area_m2.copy()
        self.measure, self.place = measure, place
        self.rows: list[pd.DataFrame] = []
        self.findings: list[Finding] = []
        self._tree = shapely.STRtree(self.pieces)

    def take_whole(self, reason: str, kind: str, at: Integers) -> None:
        """All that is left of some parcels."""
        self.note(reason, kind, at, self.area_m2[at], self.whole_m2[at], self.shapes[at])
        self.area_m2[at] = 0.0
        self.shapes[at] = shapely.Polygon()

    def take(self, reason: str, kind: str, polygons: gpd.GeoDataFrame) -> None:
        """What some polygons cover of the parcels, and of what is left of them."""
        try:
            at, cover = self._covering(polygons)
        except ChecksError as error:
            raise ChecksError(*_crowded(error, polygons, reason)) from None
        if not len(at):
            return
        before = self.shapes[at]
        whole = intersection(self.pieces[at], cover)
        touched = ~shapely.equals_identical(before, self.pieces[at])
        cut = intersection(before[touched], cover[touched])
        taken = whole.pieces.copy()
        taken[touched] = cut.pieces
        rest = remainder(before, cover, taken)
        for overlay, rows in ((whole, at), (cut, at[touched])):
            self.findings += check_overlay(overlay, self._beside(rows, reason))
        area_m2 = np.minimum(on_land_grid(self.measure(taken)), self.area_m2[at])
        nothing = on_land_grid(self.measure(rest)) == 0  # a sliver that rounding leaves is none
        area_m2 = np.where(nothing, self.area_m2[at], area_m2)
        covered_m2 = np.where(touched, on_land_grid(self.measure(whole.pieces)), area_m2)
        self.note(reason, kind, at, area_m2, covered_m2, taken)
        self.area_m2[at] -= area_m2
        self.shapes[at] = np.where(nothing, shapely.Polygon(), rest)

    def _covering(self, polygons: gpd.GeoDataFrame) -> tuple[Integers, Shapes]:
        """The parcels that polygons meet, and for each the union of those that meet it."""
        shapes, places = polygons.geometry.to_numpy(), polygons[["file", "layer", "row"]]
        which, parcel = meeting(
            self._tree, shapes, lambda at: {**places.iloc[at]}, predicate="intersects"
        )
        order = np.lexsort((which, parcel))
        which, parcel = which[order], parcel[order]
        pieces, covers = self.pieces[parcel], shapes[which]
        bounded(pieces, covers, len(self.pieces), lambda pair: self.place(int(parcel[pair])))
        at, starts = np.unique(parcel, return_index=True)
        groups = np.split(covers, starts[1:]) if len(at) else []
        cover = np.empty(len(at), dtype=object)
        cover[:] = [group[0] if len(group) == 1 else _united(group) for group in groups]
        return at, cover

    def _beside(self, rows: Integers, reason: str) -> Namer:
        """Where pair k of some parcels and a reason stands."""
        return lambda pair: {**self.place(int(rows[pair])), "other": reason}

    def note(
        self,
        reason: str,
        kind: str,
        at: Integers,
        area_m2: Floats,
        covered_m2: Floats,
        shapes: Shapes | None = None,
    ) -> None:
        """Keep what a reason takes; land that it only touches is not lost."""
        facts = {"at": at, "reason": reason, "kind": kind, "area_m2": area_m2}
        table = pd.DataFrame(facts | {"covered_m2": covered_m2})
        table["geometry"] = None if shapes is None else shapes
        self.rows.append(table[(area_m2 > 0) | (covered_m2 > 0)])


def _crowded(error: ChecksError, polygons: gpd.GeoDataFrame, reason: str) -> Iterator[Finding]:
    """What is too much to overlay, said of the constraint and not of the parcels."""
    for item in error.findings:
        at: Place = {**polygons[["file", "layer"]].iloc[0], "seen": reason}
        yield finding("constraint.crowded", **at, problem=item.message, problem_zh=item.message_zh)


def _united(polygons: Shapes) -> shapely.Geometry:
    """The union of a few polygons, made a second way where its area cannot be right."""
    union = shapely.union_all(polygons)
    areas = shapely.area(polygons)
    possible = areas.max() * (1 - SLACK) <= union.area <= areas.sum() * (1 + SLACK)
    return union if possible else union_all(polygons)


SLACK: Final = 1e-9


def _lost_table(parcels: gpd.GeoDataFrame, rows: list[pd.DataFrame]) -> gpd.GeoDataFrame:
    """The losses with what the parcels say of themselves, parcel by parcel, first reason first."""
    lost = pd.concat(rows, ignore_index=True).sort_values("at", kind="stable", ignore_index=True)
    own = parcels[["parcel_id", "zone", "treatment"]].iloc[lost["at"]].reset_index(drop=True)
    table = pd.concat([own, lost], axis=1).assign(block="")
    return gpd.GeoDataFrame(table[["at", *LOST_COLUMNS]], geometry="geometry", crs=parcels.crs)


def balance_table(
    parcels: pd.DataFrame, lost: pd.DataFrame, reasons: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Gross land, each reason and net land, by zone and treatment and for all of them (``""``).

    ``reasons`` are (reason, kind) in their order; one that takes nothing stands for the whole town
    only. Columns: zone, treatment, reason, kind, parcels, area_m2, share (of the gross land of the
    zone and treatment). Areas are exact: gross − Σ reasons = net to the last bit.
    """
    facts = ["parcel_id", "zone", "treatment", "area_m2"]
    own = pd.DataFrame(parcels[["parcel_id", "zone", "treatment"]])
    gross = own.assign(area_m2=parcels["land_m2"], reason=GROSS)
    net = own.assign(area_m2=parcels["net_m2"], reason=NET)
    whole = [gross, lost[[*facts, "reason"]], net[net["area_m2"] > 0]]
    long = pd.concat(whole, ignore_index=True)
    long = long[(long["area_m2"] > 0) | (long["reason"] == GROSS)]
    sides = [
        long.assign(**dict.fromkeys(names, ALL))
        for names in ((), ("zone",), ("treatment",), ("zone", "treatment"))
    ]
    keys = ["zone", "treatment", "reason"]
    table = pd.concat(sides).groupby(keys, sort=False)["area_m2"].agg(["size", "sum"])
    table = table.rename(columns={"size": "parcels", "sum": "area_m2"}).reset_index()
    order = [GROSS, *(name for name, _ in reasons), NET]
    table = _with_nothing(table, order)
    gross_m2 = table[table["reason"] == GROSS].set_index(["zone", "treatment"])["area_m2"]
    at = pd.MultiIndex.from_frame(table[["zone", "treatment"]])
    with np.errstate(invalid="ignore", divide="ignore"):  # of no land there is no share
        share = table["area_m2"].to_numpy() / gross_m2.reindex(at).to_numpy()
    kinds = dict(reasons) | {GROSS: GROSS, NET: NET}
    table = table.assign(share=share, kind=table["reason"].map(kinds))
    rank = table["reason"].map({name: number for number, name in enumerate(order)})
    table = table.assign(rank=rank).sort_values(["zone", "treatment", "rank"], ignore_index=True)
    return table[["zone", "treatment", "reason", "kind", "parcels", "area_m2", "share"]]


def block_balance(
    parcels: pd.DataFrame, lost: pd.DataFrame, reasons: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """The same for each block of the parcels that count: block, reason, kind, parcels, area, share.

    Gross land is that of its parcels, each square metre once among all parcels.
    """
    inside, gone = parcels[parcels["block"] != ""], lost[lost["block"] != ""]
    table = balance_table(
        inside.assign(zone=inside["block"]), gone.assign(zone=gone["block"]), reasons
    )
    own = table[(table["zone"] != ALL) & (table["treatment"] == ALL)]
    columns = {"zone": "block"}
    return own.drop(columns="treatment").rename(columns=columns).reset_index(drop=True)


def _with_nothing(table: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """The table with a row of 0 m² for each reason that takes nothing from the town."""
    town = table[(table["zone"] == ALL) & (table["treatment"] == ALL)]
    absent = [name for name in order if name not in set(town["reason"])]
    none = pd.DataFrame({"zone": ALL, "treatment": ALL, "reason": absent})
    return pd.concat([table, none.assign(parcels=0, area_m2=0.0)], ignore_index=True)
