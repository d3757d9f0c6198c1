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

from geo.covers import Ground, cover
from geo.crowding import Namer
from geo.errors import ChecksError
from geo.findings import Finding, Place, finding
from geo.overlay import check_overlay, intersection, remainder
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

GROSS, NET, ALL, EACH = "gross", "net", "", "each"


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
        self.ground, self.whole_m2 = Ground(shapes), area_m2
        self.shapes, self.area_m2 = shapes.copy(), area_m2.copy()
        self.touched = np.zeros(len(shapes), dtype=bool)
        self.measure, self.place = measure, place
        self.rows: list[pd.DataFrame] = []
        self.findings: list[Finding] = []

    def take_whole(self, reason: str, kind: str, at: Integers) -> None:
        """All that is left of some parcels."""
        self.note(reason, kind, at, self.area_m2[at], self.whole_m2[at], self.shapes[at])
        self._leave(at, self.area_m2[at], shapely.Polygon())

    def take(self, reason: str, kind: str, polygons: gpd.GeoDataFrame) -> None:
        """What some polygons cover of the parcels, and of what is left of them."""
        shapes, places = polygons.geometry.to_numpy(), polygons[["file", "layer", "row"]]
        try:
            covered = cover(self.ground, shapes, lambda at: {**places.iloc[at]}, self.place)
        except ChecksError as error:
            raise ChecksError(*_crowded(error, polygons, reason)) from None
        self._take_covered(reason, kind, covered.whole)
        self._take_part(reason, kind, covered.part, covered.union)

    def _take_covered(self, reason: str, kind: str, at: Integers) -> None:
        """All that is left of parcels that a reason covers whole."""
        covered_m2, again = self.area_m2[at], self.touched[at]
        covered_m2[again] = on_land_grid(self.measure(self.ground.shapes[at[again]]))
        self.note(reason, kind, at, self.area_m2[at], covered_m2, self.shapes[at])
        self._leave(at, self.area_m2[at], shapely.Polygon())

    def _take_part(self, reason: str, kind: str, at: Integers, union: Shapes) -> None:
        """What a reason covers of parcels in part."""
        before, again = self.shapes[at], self.touched[at]
        whole = intersection(self.ground.shapes[at], union)
        cut = intersection(before[again], union[again])
        taken = whole.pieces.copy()
        taken[again] = cut.pieces
        rest = remainder(before, union, taken)
        for overlay, rows in ((whole, at), (cut, at[again])):
            self.findings += check_overlay(overlay, self._beside(rows, reason))
        area_m2 = np.minimum(on_land_grid(self.measure(taken)), self.area_m2[at])
        nothing = on_land_grid(self.measure(rest)) == 0  # a sliver that rounding leaves is none
        area_m2 = np.where(nothing, self.area_m2[at], area_m2)
        covered_m2 = area_m2.copy()
        covered_m2[again] = on_land_grid(self.measure(whole.pieces[again]))
        self.note(reason, kind, at, area_m2, covered_m2, taken)
        self._leave(at, area_m2, np.where(nothing, shapely.Polygon(), rest))

    def _leave(self, at: Integers, area_m2: Floats, rest: Any) -> None:
        """So much is gone from parcels, and this is left of them."""
        self.area_m2[at] -= area_m2
        self.shapes[at] = rest
        self.touched[at] = True

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
    order = [GROSS, *(name for name, _ in reasons), NET]
    zones, zone = _coded(parcels["zone"], lost["zone"])
    treatments, treatment = _coded(parcels["treatment"], lost["treatment"])
    shape = len(zones), len(treatments), len(order)
    counts, area_m2 = (
        _with_margins(cells.reshape(shape))
        for cells in _cells(parcels, lost, order, zone * len(treatments) + treatment, shape)
    )
    there = counts > 0
    there[0, 0] = True  # what takes nothing from the town is said
    with np.errstate(invalid="ignore", divide="ignore"):  # of no land there is no share
        share = area_m2 / area_m2[:, :, :1]
    in_zone, in_treatment, in_order = np.nonzero(there)
    kinds = np.array([GROSS, *(kind for _, kind in reasons), NET], dtype=object)
    return pd.DataFrame(
        {
            "zone": np.array([ALL, *zones], dtype=object)[in_zone],
            "treatment": np.array([ALL, *treatments], dtype=object)[in_treatment],
            "reason": np.array(order, dtype=object)[in_order],
            "kind": kinds[in_order],
            "parcels": counts[there],
            "area_m2": area_m2[there],
            "share": share[there],
        }
    )


def block_balance(
    parcels: pd.DataFrame, lost: pd.DataFrame, reasons: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """The same for each block of the parcels that count: block, reason, kind, parcels, area, share.

    Gross land is that of its parcels, each square metre once among all parcels.
    """
    own, gone = ["block", "land_m2", "net_m2"], ["block", "reason", "area_m2"]
    inside = parcels.loc[parcels["block"] != "", own].rename(columns={"block": "zone"})
    taken = lost.loc[lost["block"] != "", gone].rename(columns={"block": "zone"})
    table = balance_table(inside.assign(treatment=EACH), taken.assign(treatment=EACH), reasons)
    blocks = table[(table["zone"] != ALL) & (table["treatment"] == ALL)]
    columns = {"zone": "block"}
    return blocks.drop(columns="treatment").rename(columns=columns).reset_index(drop=True)


def _coded(own: pd.Series, gone: pd.Series) -> tuple[list[str], Integers]:
    """The names of parcels in their order, and the number of each parcel and of each loss."""
    names = sorted(own.unique())
    index = pd.Index(names, dtype=object)
    return names, np.concatenate([_numbers(index, side) for side in (own, gone)])


def _numbers(names: pd.Index, values: pd.Series) -> Integers:
    codes, found = pd.factorize(values)
    numbers: Integers = np.asarray(names.get_indexer(found.astype(object)), dtype=np.int64)[codes]
    return numbers


def _cells(
    parcels: pd.DataFrame,
    lost: pd.DataFrame,
    order: list[str],
    group: Integers,
    shape: tuple[int, int, int],
) -> tuple[Integers, Floats]:
    """How many parcels have land of each group and row of the balance, and how much it is."""
    land_m2, net_m2 = (parcels[name].to_numpy(dtype=float) for name in ("land_m2", "net_m2"))
    own, gone = np.split(group, [len(parcels)])
    reason = _numbers(pd.Index(order, dtype=object), lost["reason"])
    at = np.concatenate([own, gone, own]) * len(order)
    at[: len(own)] += order.index(GROSS)
    at[len(own) : len(group)] += reason
    at[len(group) :] += order.index(NET)
    area_m2 = np.concatenate([land_m2, lost["area_m2"].to_numpy(dtype=float), net_m2])
    told = area_m2 > 0
    told[: len(own)] = True
    size = int(np.prod(shape))
    counts = np.bincount(at[told], minlength=size).astype(np.int64)
    return counts, np.bincount(at[told], area_m2[told], size).astype(np.float64)


def _with_margins(cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Cells by zone and treatment, after the sums of all zones, of all treatments, and of both."""
    cells = np.concatenate([cells.sum(axis=0, keepdims=True), cells])
    return np.concatenate([cells.sum(axis=1, keepdims=True), cells], axis=1)
