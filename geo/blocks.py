"""Contiguous land (连片): which parcels touch or face each other, and the blocks they form.

*Strict*: parcels within 0.5 m that share more than 1 m of boundary; a corner is no contact.
*Practical*: parcels at most ``gap_m`` apart. In both a link must be open: some straight
connection of that length must not be crossed by a barrier. The gap is never area.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crowding import Namer, meeting
from geo.facing import facing_m
from geo.graph import bottleneck, components, cut_losses
from geo.units import M2_PER_MU, SLACK_MU

Mode = Literal["strict", "practical"]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SAMPLE_M: Final = 1.0
"""Beside a barrier, connections are tried from points this far apart on the boundary."""

TOUCH_M: Final = 1e-3
"""A barrier this close crosses: one along a slanted edge is on it to 1e-10 only, and to GEOS a
connection of length 0 intersects no line, but polygons."""

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
) -> pd.DataFrame:
    """Every pair of parcels at most ``reach_m`` apart, one row each with ``i < j``.

    ``shapes`` are valid polygons in a CRS in metres, ``barriers`` lines or polygons in the same.
    ``gap_m`` is the length of the shortest open connection (infinite where barriers cross every
    one up to ``reach_m``), ``shared_m`` the boundary that the two share within ``tolerance_m``.
    Raises :class:`geo.errors.ChecksError` when absurdly many are; ``place`` names a parcel.
    """
    reach_m = max(reach_m, tolerance_m)
    i, j, gap = _near_pairs(shapes, reach_m, place)
    shared = np.zeros(len(i))
    close = gap <= tolerance_m
    facing = facing_m(shapes, i[close], j[close], tolerance_m=tolerance_m)
    shared[close] = facing.round(_DECIMALS)
    barriers = shapely.buffer(barriers, TOUCH_M)
    shapely.prepare(barriers)
    for pair in _barred(shapes, i, j, barriers):
        gap[pair] = _open_gap_m(shapes[i[pair]], shapes[j[pair]], barriers, reach_m)
    return pd.DataFrame({"i": i, "j": j, "gap_m": gap, "shared_m": shared})


def _near_pairs(
    shapes: npt.NDArray[Any], reach_m: float, place: Namer
) -> tuple[Integers, Integers, Floats]:
    """Pairs within reach with their distances: boxes first, then exactly."""
    west, south, east, north = shapely.bounds(shapes).T
    span_m = reach_m + TOUCH_M
    wide = shapely.box(west - span_m, south - span_m, east + span_m, north + span_m)
    i, j = meeting(shapely.STRtree(shapes), wide, place)
    i, j = i[i < j], j[i < j]
    shapely.prepare(shapes)
    gap = shapely.distance(shapes[i], shapes[j]).round(_DECIMALS)
    near = gap <= reach_m
    i, j, gap = i[near], j[near], gap[near]
    order = np.lexsort((j, i))
    return i[order], j[order], gap[order]


def _barred(
    shapes: npt.NDArray[Any], i: Integers, j: Integers, barriers: npt.NDArray[Any]
) -> Integers:
    """Pairs whose shortest connection a barrier crosses.

    The boxes of barrier and pair are compared first, so that most pairs need no line.
    """
    if not len(barriers) or not len(i):
        return np.zeros(0, dtype=np.int64)
    first, second = shapely.bounds(shapes[i]), shapely.bounds(shapes[j])
    low = np.minimum(first[:, :2], second[:, :2])
    high = np.maximum(first[:, 2:], second[:, 2:])
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    beside = np.unique(shapely.STRtree(boxes).query(barriers, predicate="intersects")[1])
    lines = shapely.shortest_line(shapes[i[beside]], shapes[j[beside]])
    barrier, line = shapely.STRtree(lines).query(barriers)
    crossed = line[shapely.intersects(barriers[barrier], lines[line])]
    barred: Integers = beside[np.unique(crossed)]
    return barred


def _open_gap_m(
    one: shapely.Geometry, other: shapely.Geometry, barriers: npt.NDArray[Any], reach_m: float
) -> float:
    """Length of the shortest straight connection that no barrier crosses, or infinity.

    The connections tried are those from points a metre apart on the facing part of either
    boundary; the shortest of all is known to be barred.
    """
    lines: list[shapely.Geometry] = []
    for start, end in ((one, other), (other, one)):
        facing = shapely.intersection(start.boundary, shapely.buffer(end, reach_m + TOUCH_M))
        points = shapely.points(shapely.get_coordinates(shapely.segmentize(facing, SAMPLE_M)))
        lines.extend(shapely.shortest_line(points, end))
    lengths = shapely.length(lines).round(_DECIMALS)
    barred = shapely.intersects(barriers[None, :], np.array(lines)[:, None]).any(axis=1)
    return float(lengths[(lengths <= reach_m) & ~barred].min(initial=np.inf))


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
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The blocks among the parcels that count, largest first, and what each parcel is to them.

    The first table has :data:`BLOCK_COLUMNS`, with the union of the parcels as geometry. The
    second, with the index of ``parcels``, has ``block`` (blank where the parcel does not count),
    ``is_bridge``, and ``loss_m2``, the land that the loss of the parcel would cut off.
    """
    i, j, gap = _among(links, holds, counts)
    land = parcels["land_m2"].to_numpy()
    component = components(len(parcels), i, j)
    losses = np.where(counts, cut_losses(len(parcels), i, j, land), 0.0)
    gaps = bottleneck(len(parcels), i, j, gap, component)
    members = _members(component, counts, land, parcels["parcel_id"].to_numpy().astype(str))
    names = np.full(len(parcels), "", dtype=object)
    rows = []
    for number, nodes in enumerate(members, start=1):
        names[nodes] = f"B{number}"
        facts = _block_facts(parcels.iloc[nodes], losses[nodes])
        rows.append({"block": f"B{number}", "widest_gap_m": gaps[component[nodes[0]]], **facts})
    roles = {"block": names.astype(str), "is_bridge": losses > 0, "loss_m2": losses}
    return _finished(rows, tiers_mu, parcels), pd.DataFrame(roles, index=parcels.index)


def _among(links: pd.DataFrame, holds: Mask, counts: Mask) -> tuple[Integers, Integers, Floats]:
    """The links that hold between parcels that count."""
    i, j, gap = (links[name].to_numpy() for name in ("i", "j", "gap_m"))
    joined = holds & counts[i] & counts[j]
    return i[joined], j[joined], gap[joined]


def _members(
    component: Integers, counts: Mask, land: Floats, ids: npt.NDArray[Any]
) -> list[Integers]:
    """The parcels of each block; largest block first, equal ones (to 0.01 m²) by first id."""
    nodes = np.flatnonzero(counts)
    if not len(nodes):
        return []
    nodes = nodes[np.lexsort((ids[nodes], component[nodes]))]
    starts = np.flatnonzero(np.diff(component[nodes]))
    blocks = np.split(nodes, starts + 1)
    return sorted(blocks, key=lambda block: (-round(land[block].sum(), 2), ids[block[0]]))


def _block_facts(members: gpd.GeoDataFrame, losses: Floats) -> dict[str, Any]:
    return {
        "land_m2": float(members["land_m2"].sum()),
        "net_m2": float(members["net_m2"].sum()),
        "parcels": len(members),
        "zones": ", ".join(sorted(set(members["zone"]))),
        "bridges": ", ".join(members["parcel_id"][losses > 0]),
        "loss_mu": float(losses.max()) / M2_PER_MU,
        "geometry": shapely.disjoint_subset_union_all(members.geometry.to_numpy()),
    }


def _finished(
    rows: list[dict[str, Any]], tiers_mu: Sequence[float], parcels: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    facts = pd.DataFrame(rows, columns=[name for name in BLOCK_COLUMNS if name not in _DERIVED])
    mu = facts["land_m2"].astype(float) / M2_PER_MU
    tiers = np.concatenate(([0.0], np.sort(np.asarray(tiers_mu, dtype=float))))
    facts = facts.assign(
        land_mu=mu,
        net_mu=facts["net_m2"].astype(float) / M2_PER_MU,
        share=facts["land_m2"] / facts["land_m2"].sum() if len(mu) else mu,
        tier_mu=tiers[np.searchsorted(tiers, mu + SLACK_MU, side="right") - 1],
    )
    return gpd.GeoDataFrame(facts[list(BLOCK_COLUMNS)], geometry="geometry", crs=parcels.crs)


def tier_table(blocks: pd.DataFrame, tiers_mu: Sequence[float]) -> pd.DataFrame:
    """How many blocks reach each tier, how many mu they hold, and their share of counted land."""
    rows = []
    for tier in sorted(tiers_mu):
        reaching = blocks[blocks["tier_mu"] >= tier]
        land_m2, all_m2 = (float(table["land_m2"].sum()) for table in (reaching, blocks))
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
            labels = block_labels(links, holds, counts)
            sizes = np.bincount(labels[counts], weights=land[counts], minlength=1)
            largest = int(sizes.argmax())
            rows.append(
                {
                    "set": name,
                    "definition": definition,
                    "blocks": len(np.unique(labels[counts])),
                    "largest_mu": sizes[largest] / M2_PER_MU,
                    "share": sizes[largest] / sizes.sum() if sizes.sum() else 0.0,
                    "parcels": int((labels[counts] == largest).sum()),
                }
            )
    return pd.DataFrame(rows)
