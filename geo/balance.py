"""The land balance: gross land, what takes each square metre away, and the net land that is left.

Each square metre that is lost has exactly one reason: the first that covers it in the order of the
ranks (:data:`geo.plan.constraints.PRIORITIES`). All areas lie on the binary grid of
:data:`geo.units.LAND_GRID_M2`, on which sums are exact, so that gross − Σ reasons = net to the
last bit, for parcels, zones, treatments and blocks alike (domain reference, section 5).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.covers import Cover, Ground, cover
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

GROSS, NET, ALL = "gross", "net", ""

SLIVER_M2, SLIVER_SHARE = 1.0, 0.01
"""Where no more than so much, and such a share, is left of a parcel, it may be nothing that can be
drawn."""

NOWHERE: Final = shapely.Polygon()


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
    reasons = constraints["reason"].to_numpy()
    for reason, kind in order[:-1]:
        if reason in whole:
            left.take_whole(reason, kind, np.flatnonzero(whole[reason]))
        else:
            left.take(reason, kind, constraints, np.flatnonzero(reasons == reason))
    usable = left.area_m2
    rebuilt = is_rebuilt(parcels.assign(usable_m2=usable))
    given = on_land_grid(np.where(rebuilt, usable * handover_share, 0.0))
    left.note(*order[-1], np.flatnonzero(given > 0), given[given > 0], given[given > 0])
    return Balance(_lost_table(parcels, left.losses), usable, given, left.findings)


class _Loss(NamedTuple):
    """What a reason takes of some parcels (their places ``at``), and where that is, if anywhere."""

    reason: str
    kind: str
    at: Integers
    area_m2: Floats
    covered_m2: Floats
    shapes: Shapes


class _Left:
    """What is left of each parcel while one reason after the other takes its share.

    What has been taken in part is cut out of a parcel's outline when a later reason asks for it:
    ``owed`` says where that is still to be done, of ``unions`` that have ``taken`` it.
    """

    def __init__(
        self, shapes: Shapes, area_m2: Floats, measure: Callable[[Shapes], Floats], place: Namer
    ) -> None:
        self.ground, self.whole_m2 = Ground(shapes), area_m2
        self.shapes, self.area_m2 = shapes.copy(), area_m2.copy()
        self.touched, self.owed = np.zeros((2, len(shapes)), dtype=bool)
        self.unions, self.taken = np.empty((2, len(shapes)), dtype=object)
        self.measure, self.place = measure, place
        self.losses: list[_Loss] = []
        self.findings: list[Finding] = []

    def take_whole(self, reason: str, kind: str, at: Integers) -> None:
        """All that is left of some parcels."""
        self._take_all(reason, kind, at, self.whole_m2[at])

    def take(self, reason: str, kind: str, polygons: gpd.GeoDataFrame, rows: Integers) -> None:
        """What some rows of polygons cover of the parcels, and of what is left of them."""

        def place(at: int) -> Place:
            return {**polygons[["file", "layer", "row"]].iloc[rows[at]]}

        try:
            covered = cover(self.ground, polygons.geometry.to_numpy()[rows], place, self.place)
        except ChecksError as error:
            raise ChecksError(*_crowded(error, polygons.iloc[rows], reason)) from None
        self._take_covered(reason, kind, covered.whole)
        self._take_part(reason, kind, covered)

    def _take_covered(self, reason: str, kind: str, at: Integers) -> None:
        """All that is left of parcels that a reason covers whole."""
        covered_m2, again = self.area_m2[at], self.touched[at]
        covered_m2[again] = on_land_grid(self.measure(self.ground.shapes[at[again]]))
        self._take_all(reason, kind, at, covered_m2)

    def _take_all(self, reason: str, kind: str, at: Integers, covered_m2: Floats) -> None:
        """All that is left of parcels."""
        self.note(reason, kind, at, self.area_m2[at], covered_m2, self._rest(at))
        self._leave(at, self.area_m2[at])
        self.shapes[at] = NOWHERE

    def _take_part(self, reason: str, kind: str, covered: Cover) -> None:
        """What a reason covers of parcels in part."""
        at, union = covered.part, covered.union
        again = self.touched[at]
        whole = intersection(self.ground.shapes[at], union, covered.m2)
        cut = intersection(self._rest(at[again]), union[again])
        taken = whole.pieces.copy()
        taken[again] = cut.pieces
        for overlay, rows in ((whole, at), (cut, at[again])):
            self.findings += check_overlay(overlay, self._beside(rows, reason))
        left_m2 = self.area_m2[at]
        area_m2 = np.minimum(on_land_grid(self.measure(taken)), left_m2)
        self.owed[at], self.unions[at], self.taken[at] = True, union, taken
        thin = np.flatnonzero(left_m2 - area_m2 <= SLIVER_M2 + SLIVER_SHARE * left_m2)
        rest_m2 = on_land_grid(self.measure(self._rest(at[thin])))
        gone = thin[rest_m2 == 0]  # a sliver that rounding leaves is none
        area_m2[gone], self.shapes[at[gone]] = left_m2[gone], NOWHERE
        covered_m2 = area_m2.copy()
        covered_m2[again] = on_land_grid(self.measure(whole.pieces[again]))
        self.note(reason, kind, at, area_m2, covered_m2, taken)
        self._leave(at, area_m2)

    def _rest(self, at: Integers) -> Shapes:
        """The outlines of what is left of some parcels."""
        owed = at[self.owed[at]]
        self.shapes[owed] = remainder(self.shapes[owed], self.unions[owed], self.taken[owed])
        self.owed[owed], self.unions[owed], self.taken[owed] = False, None, None
        return self.shapes[at]

    def _leave(self, at: Integers, area_m2: Floats) -> None:
        """So much is gone from parcels."""
        self.area_m2[at] -= area_m2
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
        told = (area_m2 > 0) | (covered_m2 > 0)
        drawn = np.full(len(at), None) if shapes is None else shapes
        taken = at[told], area_m2[told], covered_m2[told], drawn[told]
        self.losses.append(_Loss(reason, kind, *taken))


def _crowded(error: ChecksError, polygons: gpd.GeoDataFrame, reason: str) -> Iterator[Finding]:
    """What is too much to overlay, said of the constraint and not of the parcels."""
    for item in error.findings:
        at: Place = {**polygons[["file", "layer"]].iloc[0], "seen": reason}
        yield finding("constraint.crowded", **at, problem=item.message, problem_zh=item.message_zh)


def _lost_table(parcels: gpd.GeoDataFrame, losses: list[_Loss]) -> gpd.GeoDataFrame:
    """The losses with what the parcels say of themselves, parcel by parcel, first reason first."""
    reason, kind, *facts = zip(*losses, strict=True)
    at, area_m2, covered_m2, shapes = (np.concatenate(parts) for parts in facts)
    order = np.argsort(at, kind="stable")
    by = np.repeat(np.arange(len(losses)), [len(loss.at) for loss in losses])[order]
    names, kinds = (pd.Series(words, dtype=str).array for words in (reason, kind))
    table = {
        "at": at[order],
        **{name: parcels[name].array[at[order]] for name in ("parcel_id", "zone")},
        "block": "",
        "treatment": parcels["treatment"].array[at[order]],
        "reason": names[by],
        "kind": kinds[by],
        "area_m2": area_m2[order],
        "covered_m2": covered_m2[order],
    }
    return gpd.GeoDataFrame(table, geometry=shapes[order], crs=parcels.crs)


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
    names = {"zone": [ALL, *zones], "treatment": [ALL, *treatments]}
    return _told(names, reasons, there, counts, area_m2)


def block_balance(
    parcels: pd.DataFrame, lost: pd.DataFrame, reasons: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """The same for each block of the parcels that count: block, reason, kind, parcels, area, share.

    Gross land is that of its parcels, each square metre once among all parcels.
    """
    order = [GROSS, *(name for name, _ in reasons), NET]
    inside = parcels[["block", "land_m2", "net_m2"]][parcels["block"] != ""]
    taken = lost[["block", "reason", "area_m2"]][lost["block"] != ""]
    blocks, block = _coded(inside["block"], taken["block"])
    shape = len(blocks), len(order)
    counts, area_m2 = _cells(inside, taken, order, block, shape)
    counts, area_m2 = counts.reshape(shape), area_m2.reshape(shape)
    return _told({"block": blocks}, reasons, counts > 0, counts, area_m2)


def _told(
    names: dict[str, list[str]],
    reasons: Sequence[tuple[str, str]],
    there: Mask,
    counts: Integers,
    area_m2: Floats,
) -> pd.DataFrame:
    """The cells that are ``there`` as rows: by the names along each axis, by reason along the last.

    Gross land, of which ``share`` is told, is the first of the reasons, and net land the last.
    """
    told = [(GROSS, GROSS), *reasons, (NET, NET)]
    axes = names | dict(zip(("reason", "kind"), map(list, zip(*told, strict=True)), strict=True))
    places = np.nonzero(there)
    with np.errstate(invalid="ignore", divide="ignore"):  # of no land there is no share
        share = area_m2 / area_m2[..., :1]
    at = zip(axes.items(), (*places, places[-1]), strict=True)
    columns = {axis: np.array(named, dtype=object)[place] for (axis, named), place in at}
    facts = {"parcels": counts[there], "area_m2": area_m2[there], "share": share[there]}
    return pd.DataFrame(columns | facts)


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
    shape: tuple[int, ...],
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
