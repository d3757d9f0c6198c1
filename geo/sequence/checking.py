"""An independent check of a choice: nothing here asks the search, its cuts or its sums."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.sequence.lots import Lots
from geo.sequence.selection import Selection

_METRE = 1.0
_SHARE = 0.01
"""Boundaries are measured edge against edge, and slightly apart from the union of the shapes."""


def check_selection(
    lots: Lots,
    selection: Selection,
    *,
    least_m2: float,
    block_m2: float | None = None,
    most_cost: float | None = None,
    locked_in: Sequence[int] = (),
    locked_out: Sequence[int] = (),
    anchors: Sequence[int] = (),
) -> list[str]:
    """What is wrong with a choice, in a few words each; empty where it is all that it says.

    Contiguity is asked of scipy, perimeter and holes of the shapes by shapely, sums of numpy.
    """
    chosen = np.flatnonzero(selection.chosen)
    members = set(chosen.tolist())
    if not members:
        return ["nothing is chosen"]
    label = _labels(lots, selection)
    sizes = np.array([lots.land_m2[chosen][label == block].sum() for block in np.unique(label)])
    least = least_m2 if block_m2 is None else block_m2
    of_anchor = {int(label[np.searchsorted(chosen, k)]) for k in members & set(anchors)}
    faults = {
        "several blocks": block_m2 is None and len(sizes) > 1,
        "a block is too small": sizes.min() < least - _METRE - 1e-2,
        "too little land": sizes.sum() < least_m2 - _METRE - 1e-2,
        "over the limit of cost": most_cost is not None and selection.cost > most_cost * (1 + 1e-6),
        "locked in and not chosen": not members >= set(locked_in),
        "locked out and chosen": bool(members & set(locked_out)),
        "an anchor is not chosen": not members >= set(anchors),
        "anchors in several blocks": len(of_anchor) > 1,
        "number of blocks": len(sizes) != selection.blocks,
    }
    return [
        *(name for name, wrong in faults.items() if wrong),
        *_figures(lots, selection, chosen),
    ]


def _labels(lots: Lots, selection: Selection) -> np.ndarray:
    """The block of every chosen parcel, from the links between chosen ones."""
    links = coo_array((np.ones(len(lots.i)), (lots.i, lots.j)), shape=(len(lots), len(lots)))
    among = links.tocsr()[selection.chosen][:, selection.chosen]
    return np.asarray(connected_components(among, directed=False)[1])


def _figures(lots: Lots, selection: Selection, chosen: np.ndarray) -> Iterator[str]:
    """Figures of the choice that its parcels and their shapes do not have."""
    cost = sum(0.0 if lots.ready[k] else float(lots.cost[k]) for k in chosen)
    if not math.isclose(cost, selection.cost, rel_tol=1e-9, abs_tol=1e-6):
        yield "cost"
    if not math.isclose(math.fsum(lots.land_m2[chosen]), selection.land_m2, rel_tol=1e-12):
        yield "land"
    union = shapely.union_all(lots.shapes[chosen])
    slack = _METRE + _SHARE * union.length
    alone = not np.any(selection.chosen[lots.i] & selection.chosen[lots.j] & (lots.shared_m == 0))
    if union.length > selection.perimeter_m + slack:
        yield "perimeter is shorter than that of the union"
    if alone and selection.perimeter_m > union.length + slack:
        yield "perimeter is longer than that of the union"
    circle = math.sqrt(4 * math.pi * selection.land_m2)
    if not math.isclose(selection.compactness, selection.perimeter_m / circle, rel_tol=1e-9):
        yield "compactness"
    if abs(_enclosed_m2(union) - selection.hole_m2) > _METRE + _SHARE * selection.hole_m2:
        yield "holes"
    if selection.gap < 0 or not math.isfinite(selection.bound):
        yield "bound"


def _enclosed_m2(union: shapely.Geometry) -> float:
    """Land within outer rings once gaps up to 30 m are closed, by rings rather than by unions.

    Outer rings lie apart, or one within a hole of the other: only the outermost are filled.
    """
    grown = union.buffer(15, join_style="mitre").buffer(-15, join_style="mitre").union(union)
    rings = [shapely.Polygon(part.exterior) for part in shapely.get_parts(grown) if part.area]
    outermost = [ring for ring in rings if not any(r.contains_properly(ring) for r in rings)]
    return math.fsum(ring.area for ring in outermost) - float(grown.area)
