"""Contiguous land (连片): which parcels touch or face each other, and the blocks they form.

*Strict*: parcels within 0.5 m that share more than 1 m of boundary; a corner is no contact.
*Practical*: parcels at most ``gap_m`` apart. In both a link must be open: some straight
connection of that length must not be crossed by a barrier. The gap is never area.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.crowding import NEAR_PAIRS, NEAR_PAIRS_EACH, Namer
from geo.errors import ChecksError
from geo.findings import Finding, finding
from geo.graph import bottleneck, components, cut_losses
from geo.kernels.beside import facing_m
from geo.kernels.compiled import in_chunks
from geo.kernels.detours import Barriers, barriers_of, open_gaps_m
from geo.kernels.near import boundaries_of, near
from geo.memo import Shelf
from geo.outlines import Outlines, outlines_of
from geo.units import M2_PER_MU, SLACK_MU

Mode = Literal["strict", "practical"]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SAMPLE_M: Final = 1.0
"""Beside a barrier, connections are tried from points this far apart on the boundary."""

TOUCH_M: Final = 1e-3
"""A barrier this close crosses: one along a slanted edge is on it to 1e-10 only."""

_SAMPLE: Final = 250_000
"""Boxes that are looked at to find the shape that has most of others beside it."""

_BLOCKS_AT_ONCE: Final = 16

_TOUCHING_M: Final = 1e-6
"""Parcels farther apart have no point in common: gaps are rounded to the micrometre."""

_SAME_M2: Final = 1e-6
"""An outline has the land of its parcels if it is all there but for so little."""

_DECIMALS: Final = 6
"""Lengths are rounded to the micrometre: a road of 30 m is 30 m whichever way it runs."""

BLOCK_COLUMNS: Final = (
    "block",
    "land_m2",
    "land_mu",
    "net_m2",
    "net_mu",
    "share",
    "tier_mu",
    "parcels",
    "zones",
    "widest_gap_m",
    "bridges",
    "loss_mu",
    "geometry",
)
"""A block: its land that counts (each square metre once, or its net land where the headline goal
counts that), what of it is net, its share of all land that counts, the highest tier it reaches (0
below the first), its parcels and zones, the widest gap it cannot do without, the parcels whose loss
would split it, and the most mu that the loss of one would cut off."""


def parcel_links(
    shapes: npt.NDArray[Any],
    barriers: npt.NDArray[Any],
    *,
    reach_m: float,
    tolerance_m: float,
    place: Namer = lambda index: {"row": index + 1},
    outlines: Outlines | None = None,
) -> pd.DataFrame:
    """Every pair of parcels at most ``reach_m`` apart, one row each with ``i < j``.

    ``shapes`` are valid polygons in a CRS in metres, ``barriers`` lines or polygons in the same.
    ``gap_m`` is the length of the shortest open connection (infinite where barriers cross every
    one up to ``reach_m``), ``shared_m`` the boundary that the two share within ``tolerance_m``.
    ``outlines`` are those of the polygons, where they are known already. Raises
    :class:`geo.errors.ChecksError` when absurdly many are; ``place`` names a parcel.
    """
    reach_m = max(reach_m, tolerance_m)
    land = boundaries_of(*(outlines or outlines_of(shapes)))
    pairs = near(
        land,
        reach_m=reach_m,
        decimals=_DECIMALS,
        most=(NEAR_PAIRS + (NEAR_PAIRS_EACH - 1) * len(shapes)) // 2,
    )
    if pairs is None:
        raise ChecksError(_crowded(land.boxes, reach_m, place))
    i, j, gap = pairs
    close = gap <= tolerance_m
    shared = np.zeros(len(i))
    shared[close] = facing_m(land, i[close], j[close], tolerance_m=tolerance_m).round(_DECIMALS)
    walls = _barriers(barriers, reach_m)
    gap = open_gaps_m(land, pairs, walls)
    return pd.DataFrame({"i": i, "j": j, "gap_m": gap, "shared_m": shared})


def _crowded(boxes: Floats, reach_m: float, place: Namer) -> Finding:
    """What is said of land of which absurdly many lie side by side, with the worst of a sample."""
    some = np.unique(np.linspace(0, len(boxes) - 1, 1 + _SAMPLE // len(boxes)).astype(np.int64))
    low, high = boxes[:, :2] - reach_m, boxes[:, 2:] + reach_m
    meet = [((low <= boxes[at, 2:]) & (high >= boxes[at, :2])).all(axis=1).sum() for at in some]
    worst = int(np.argmax(meet))
    return finding(
        "layer.crowded", **place(int(some[worst])), seen=int(meet[worst]), items=len(boxes)
    )


def _barriers(barriers: npt.NDArray[Any], reach_m: float) -> Barriers:
    """Lines and polygons as connections up to a length are held against them."""
    parts = shapely.get_parts(shapely.get_parts(barriers))
    areal = shapely.get_dimensions(parts) == 2
    points, line = shapely.get_coordinates(parts[~areal], return_index=True)
    ends = np.searchsorted(line, np.arange(1, 1 + (~areal).sum()), side="left")
    drawn, lines = outlines_of(parts[areal]), np.arange(1, 1 + len(ends))
    edges = boundaries_of(
        np.concatenate([drawn.points, points]),
        np.concatenate([drawn.rings, len(drawn.points) + ends]),
        np.concatenate([drawn.parts, len(drawn.rings) - 1 + lines]),
        np.concatenate([drawn.shapes, len(drawn.parts) - 1 + lines]),
    )
    polygons = np.arange(len(parts)) < areal.sum()
    return barriers_of(edges, polygons, reach_m=reach_m, touch_m=TOUCH_M, sample_m=SAMPLE_M)


def linked(
    links: pd.DataFrame, *, mode: Mode, gap_m: float, tolerance_m: float, min_shared_m: float
) -> Mask:
    """Which links hold under a definition of contiguity."""
    if mode == "practical":
        return np.asarray(links["gap_m"] <= gap_m)
    return np.asarray((links["gap_m"] <= tolerance_m) & (links["shared_m"] > min_shared_m))


def block_labels(links: pd.DataFrame, holds: Mask, counts: Mask) -> Integers:
    """The block of every parcel: parcels of one block have the same number, -1 counts in none."""
    i, j, _ = _among(links, holds, counts)
    return np.where(counts, components(len(counts), i, j), -1)


def block_sizes(labels: Integers, land: Floats) -> Floats:
    """Land of the block that each parcel is in, in the unit of ``land``; 0 for those in none."""
    sizes = np.bincount(labels + 1, weights=land)
    return np.where(labels >= 0, sizes[labels + 1], 0.0)


def block_table(
    parcels: gpd.GeoDataFrame,
    links: pd.DataFrame,
    holds: Mask,
    counts: Mask,
    *,
    tiers_mu: Sequence[float],
    drawn: Shelf | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The blocks among the parcels that count, largest first, and what each parcel is to them.

    The first table has :data:`BLOCK_COLUMNS`, with the union of the parcels as geometry. The
    second, with the index of ``parcels``, has ``block`` (blank where the parcel does not count),
    ``is_bridge``, and ``loss_m2``, the land that the loss of the parcel would cut off. ``drawn``
    has the unions of blocks that are known already, by their parcels.
    """
    i, j, gap = _among(links, holds, counts)
    land = parcels["land_m2"].to_numpy()
    component = components(len(parcels), i, j)
    losses = np.where(counts, cut_losses(len(parcels), i, j, land), 0.0)
    members, starts = _members(component, counts, land, parcels["parcel_id"])
    names = np.array([f"B{number}" for number in range(1, len(starts) + 1)], dtype=object)
    block = np.full(len(parcels), len(names))
    block[members] = np.repeat(np.arange(len(names)), np.diff(np.append(starts, len(members))))
    facts = _block_facts(parcels, members, starts, losses)
    groups = np.split(members, starts[1:]) if len(starts) else []
    facts["geometry"] = _united(
        parcels.geometry.to_numpy(), groups, _touching(links, counts, component), drawn or Shelf()
    )
    facts["block"] = names
    facts["widest_gap_m"] = bottleneck(len(parcels), i, j, gap, component)[
        component[members[starts]]
    ]
    named = pd.Series([*names, ""], dtype=str).array.take(block)
    roles = {"block": named, "is_bridge": losses > 0, "loss_m2": losses}
    return _finished(facts, tiers_mu, parcels), pd.DataFrame(roles, index=parcels.index)


def _among(links: pd.DataFrame, holds: Mask, counts: Mask) -> tuple[Integers, Integers, Floats]:
    """The links that hold between parcels that count."""
    i, j, gap = (links[name].to_numpy() for name in ("i", "j", "gap_m"))
    joined = holds & counts[i] & counts[j]
    return i[joined], j[joined], gap[joined]


def _members(
    component: Integers, counts: Mask, land: Floats, ids: pd.Series
) -> tuple[Integers, Integers]:
    """The parcels that count, block by block, each by id, and where each block begins.

    The largest block comes first, equal ones (to 0.01 m²) by first id.
    """
    nodes = np.flatnonzero(counts)
    own = pa.array(ids.array.take(nodes), pa.large_string())
    order = pc.array_sort_indices(own).to_numpy()
    nodes = nodes[order.astype(np.int64)]
    nodes = nodes[np.argsort(component[nodes], kind="stable")]
    rank = np.empty(len(component), dtype=np.int64)
    rank[np.flatnonzero(counts)[order.astype(np.int64)]] = np.arange(len(nodes))
    starts = np.flatnonzero(np.diff(component[nodes], prepend=-1))
    sizes = np.diff(np.append(starts, len(nodes)))
    held = np.add.reduceat(land[nodes], starts) if len(starts) else np.zeros(0)
    largest = np.lexsort((rank[nodes[starts]], -np.round(held, 2)))
    first = np.cumsum(sizes[largest]) - sizes[largest]
    at = np.arange(len(nodes)) + np.repeat(starts[largest] - first, sizes[largest])
    return nodes[at], first


def _block_facts(
    parcels: gpd.GeoDataFrame, members: Integers, starts: Integers, losses: Floats
) -> dict[str, Any]:
    """What the parcels of each block come to; the blocks follow each other in ``members``."""
    parts = np.diff(np.append(starts, len(members)))
    if not len(starts):
        return {name: [] for name in BLOCK_COLUMNS if name not in _DERIVED}
    block = np.repeat(np.arange(len(starts)), parts)
    land, net = (parcels[name].to_numpy()[members] for name in ("land_m2", "net_m2"))
    bridges = losses[members] > 0
    code, found = pd.factorize(parcels["zone"].take(members), sort=True)
    zone = np.asarray(found, dtype=object)
    bridge = parcels["parcel_id"].take(members[bridges]).to_numpy(dtype=object)
    pair = np.unique(block * len(zone) + code)
    return {
        "land_m2": np.add.reduceat(land, starts),
        "net_m2": np.add.reduceat(net, starts),
        "parcels": parts,
        "zones": _listed(zone[pair % len(zone)], pair // len(zone), len(starts)),
        "bridges": _listed(bridge, block[bridges], len(starts)),
        "loss_mu": np.maximum.reduceat(losses[members], starts) / M2_PER_MU,
    }


def _listed(names: npt.NDArray[Any], block: Integers, count: int) -> list[str]:
    """The names in each of so many blocks, which rise, with commas in between."""
    ends = np.searchsorted(block, np.arange(count + 1))
    return [", ".join(names[ends[at] : ends[at + 1]]) for at in range(count)]


def _touching(links: pd.DataFrame, counts: Mask, component: Integers) -> Integers:
    """A number for each parcel, the same for all of a component that may have a point in common.

    So have those that a barrier parts, for all that links tell of them.
    """
    gap = links["gap_m"].to_numpy()
    i, j, _ = _among(links, (gap <= _TOUCHING_M) | np.isinf(gap), counts)
    same = component[i] == component[j]
    return components(len(counts), i[same], j[same])


def _united(
    shapes: npt.NDArray[Any], blocks: list[Integers], touching: Integers, drawn: Shelf
) -> npt.NDArray[Any]:
    """The land of each block as one shape."""
    united = np.empty(len(blocks), dtype=object)

    def unite(_: int, start: int, stop: int) -> None:
        for at in range(start, stop):
            parcels = blocks[at]
            land = partial(_union, shapes[parcels], touching[parcels])
            united[at] = drawn.of(parcels.tobytes(), land)

    in_chunks(len(blocks), unite, None, size=_BLOCKS_AT_ONCE)
    return united


def _union(shapes: npt.NDArray[Any], touching: Integers) -> shapely.Geometry:
    """The union of a block, put together from those of its parcels that touch.

    It is all made at once where links did not tell of parcels that touch: a barrier stands on what
    they share, and the open way from one to the other leads round it.
    """
    if len(shapes) == 1:
        return shapes[0]
    order = np.argsort(touching, kind="stable")
    starts = np.flatnonzero(np.diff(touching[order], prepend=-1))
    groups = np.split(shapes[order], starts[1:])
    united = np.array([*map(_dissolved, groups), None], dtype=object)[:-1]
    land_m2 = np.add.reduceat(shapely.area(shapes[order]), starts)
    sound = shapely.is_valid(united) & (np.abs(shapely.area(united) - land_m2) <= _SAME_M2)
    for at in np.flatnonzero(~sound):
        united[at] = shapely.disjoint_subset_union_all(groups[at])
    parts = shapely.get_parts(united)
    union = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return union if union.is_valid else shapely.disjoint_subset_union_all(shapes)


def _dissolved(shapes: npt.NDArray[Any]) -> shapely.Geometry | None:
    """Parcels without the edges that two of them have in common, which is quick.

    It is their union if the outline is valid and all their land is in it: then none lies on another
    and no edge is left on another's. None where they fit together so badly that there is no
    outline.
    """
    if len(shapes) == 1:
        return shapes[0]
    try:
        return shapely.coverage_union_all(shapes)
    except shapely.GEOSException:
        return None


def _finished(
    facts: dict[str, Any], tiers_mu: Sequence[float], parcels: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    land, net = (np.asarray(facts[name], dtype=np.float64) for name in ("land_m2", "net_m2"))
    mu = land / M2_PER_MU
    tiers = np.concatenate(([0.0], np.sort(np.asarray(tiers_mu, dtype=float))))
    table = pd.DataFrame(facts).assign(
        land_mu=mu,
        net_mu=net / M2_PER_MU,
        share=land / land.sum() if len(mu) else mu,
        tier_mu=tiers[np.searchsorted(tiers, mu + SLACK_MU, side="right") - 1],
    )
    return gpd.GeoDataFrame(table[list(BLOCK_COLUMNS)], geometry="geometry", crs=parcels.crs)


def tier_table(blocks: pd.DataFrame, tiers_mu: Sequence[float]) -> pd.DataFrame:
    """How many blocks reach each tier, how many mu they hold, and their share of counted land."""
    rows = []
    for tier in sorted(tiers_mu):
        reaching = blocks["land_m2"][blocks["tier_mu"] >= tier]
        land_m2, all_m2 = float(reaching.sum()), float(blocks["land_m2"].sum())
        rows.append(
            {
                "tier_mu": float(tier),
                "blocks": len(reaching),
                "land_mu": land_m2 / M2_PER_MU,
                "share": land_m2 / all_m2 if all_m2 else 0.0,
            }
        )
    return pd.DataFrame(rows, columns=["tier_mu", "blocks", "land_mu", "share"])


_DERIVED: Final = ("land_mu", "net_mu", "share", "tier_mu")


def gap_comparison(
    links: pd.DataFrame, sets: dict[str, tuple[Mask, Floats]], *, compare: dict[str, Mask]
) -> pd.DataFrame:
    """What the definition of contiguity does: one row for each, and for each set of parcels.

    ``sets`` gives for each name the parcels that count and their land in m², ``compare`` the
    links that hold under each definition. Columns: set, definition, blocks, largest_mu, share,
    parcels.
    """
    rows = []
    for name, (counts, land) in sets.items():
        for definition, holds in compare.items():
            labels = block_labels(links, holds, counts)[counts]
            sizes = np.bincount(labels, weights=land[counts], minlength=1)
            parcels = np.bincount(labels, minlength=1)
            largest = int(sizes.argmax())
            rows.append(
                {
                    "set": name,
                    "definition": definition,
                    "blocks": int(np.count_nonzero(parcels)),
                    "largest_mu": sizes[largest] / M2_PER_MU,
                    "share": sizes[largest] / sizes.sum() if sizes.sum() else 0.0,
                    "parcels": int(parcels[largest]),
                }
            )
    return pd.DataFrame(rows)
