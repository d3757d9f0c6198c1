"""Whether two ways of doing the job give the same figures for every parcel, zone and block."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

M2_PER_MU: Final = 2000 / 3
SHARE: Final = 1e-6
"""Areas of a parcel agree to this share of it, but none to less than a square centimetre."""
LEAST_M2: Final = 1e-4
FLOOR_PER_M2: Final = 10.0
"""Plot ratios are less, so that floor space agrees to so many times the area."""
ELEVATION_M: Final = 1e-3
SUMS: Final = 1e-9
"""Share by which sums may differ, of all land."""
BLOCKS_APART: Final = 0.01
"""Share of the blocks that may differ where they are drawn with buffers: these are drawn with
chords, so that a gap round a corner can be up to 4 cm too wide for them."""

AREAS: Final = ("planar_m2", "ellipsoidal_m2", "land_m2", "farmland_m2", "water_m2", "net_m2")
ADDED: Final = ("planar_m2", "land_m2", "farmland_m2", "water_m2", "net_m2", "floor_m2")


class Figures(NamedTuple):
    """Parcels by id with the columns of :data:`benchmarks.job.FIGURES`, and land in m² by block."""

    parcels: pd.DataFrame
    block_m2: "pd.Series[float]"


def written_by_peer(out: Path) -> Figures:
    """The figures of a peer."""
    parcels = pd.read_parquet(out / "parcels.parquet").drop(columns="geometry")
    blocks = pd.read_parquet(out / "blocks.parquet")["sum"]
    return Figures(parcels.set_index("parcel_id"), blocks)


def written_by_us(out: Path) -> Figures:
    """Our figures, as the tables of an output have them."""
    parcels = _table(out, "parcels").set_index("parcel_id")
    lost = _table(out, "lost").pivot(index="parcel_id", columns="reason")["area_m2"]
    lost = lost.reindex(parcels.index).fillna(0.0)
    floor = _table(out, "parcel_floor").set_index("parcel_id")["built_m2"]
    terrain = _table(out, "terrain").set_index("parcel_id")["elevation_mean_m"]
    parcels["farmland_m2"], parcels["water_m2"] = lost["farmland"], lost["water"]
    parcels["floor_m2"], parcels["elevation_m"] = floor.fillna(0.0), terrain
    parcels["block"] = parcels["block"].fillna("")
    blocks = _table(out, "blocks").set_index("block")["land_mu"] * M2_PER_MU
    return Figures(parcels, blocks)


def _table(out: Path, name: str) -> pd.DataFrame:
    """A table of ours: a long one is Parquet, others are CSV."""
    path = out / "tables" / f"{name}.parquet"
    if path.exists():
        return pd.read_parquet(path)
    return pd.read_csv(path.with_suffix(".csv"), keep_default_na=False, na_values=[""])


def disagreements(ours: Figures, peer: Figures, *, buffered: bool = False) -> Iterator[str]:
    """Every figure in which a peer differs by more than it may; ``buffered`` are its blocks."""
    one, other = ours.parcels, peer.parcels
    if set(one.index) != set(other.index):
        apart = len(set(one.index) ^ set(other.index))
        yield f"parcels: {len(one)} and {len(other)}, {apart} of them in one only"
        return
    other = other.reindex(one.index)
    slack = np.maximum(SHARE * one["planar_m2"], LEAST_M2)
    for name in (*AREAS, "floor_m2", "elevation_m"):
        if name not in other or other[name].isna().all():  # the engine has no such step
            continue
        apart = (one[name] - other[name]).abs()
        allowed = ELEVATION_M if name == "elevation_m" else slack
        allowed = slack * FLOOR_PER_M2 if name == "floor_m2" else allowed
        if len(wrong := apart[~(apart <= allowed)]):
            yield f"{name}: {len(wrong)} parcels, {wrong.index[0]} by {wrong.iloc[0]}"
        if name in ADDED:
            apart_m2 = abs(one[name].sum() - other[name].sum())
            whole = one["floor_m2" if name == "floor_m2" else "planar_m2"].sum()
            if not apart_m2 <= SUMS * whole:
                yield f"sum of {name}: {apart_m2} apart"
    if moved := int((one["zone"] != other["zone"]).sum()):
        yield f"zone: {moved} parcels"
    yield from _other_blocks(ours, Figures(other, peer.block_m2), buffered=buffered)


def _other_blocks(ours: Figures, peer: Figures, *, buffered: bool) -> Iterator[str]:
    """Blocks that are not the same parcels, or not the same land."""
    if buffered:
        most = BLOCKS_APART * len(ours.block_m2)
        if abs(len(ours.block_m2) - len(peer.block_m2)) > most:
            yield f"blocks: {len(ours.block_m2)} and {len(peer.block_m2)}"
        return
    both = pd.DataFrame({"ours": ours.parcels["block"], "peers": peer.parcels["block"]})
    counts = (both["ours"] != ""), (both["peers"] >= 0)
    if (counts[0] != counts[1]).any():
        yield f"parcels that count: {counts[0].sum()} and {counts[1].sum()}"
        return
    pairs = both[counts[0]].drop_duplicates()
    if pairs["ours"].duplicated().any() or pairs["peers"].duplicated().any():
        yield f"blocks: {len(ours.block_m2)} and {len(peer.block_m2)} are not the same parcels"
        return
    one, other = pairs["ours"].map(ours.block_m2), pairs["peers"].map(peer.block_m2)
    if not ((one - other).abs() <= np.maximum(SHARE * one, LEAST_M2)).all():
        yield f"land of blocks: {(one - other).abs().max()} m² apart"


def agreement(ours: Figures, peer: Figures) -> str:
    """How well the figures agree, in words."""
    one, other = ours.parcels, peer.parcels.reindex(ours.parcels.index)
    shown = [name for name in AREAS if name in other and other[name].notna().any()]
    worst = max(float((one[name] - other[name]).abs().max()) for name in shown)
    blocks = f"{len(ours.block_m2)} and {len(peer.block_m2)} blocks"
    return f"{len(one)} parcels, areas to {worst:.1e} m², {blocks}"


def main(argv: Sequence[str] | None = None) -> None:
    """Hold the output of a peer against ours; leaves with what differs, if anything does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ours", type=Path)
    parser.add_argument("peer", type=Path)
    parser.add_argument("--buffered", action="store_true", help="its blocks are made by buffers")
    options = parser.parse_args(argv)
    ours, peer = written_by_us(options.ours), written_by_peer(options.peer)
    if faults := list(disagreements(ours, peer, buffered=options.buffered)):
        sys.exit("\n".join(faults))
    print(agreement(ours, peer))


if __name__ == "__main__":
    main()
