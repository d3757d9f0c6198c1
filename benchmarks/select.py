"""Least-cost contiguous land beside the ways in which others choose it, on the same maps.

python -m benchmarks.select [--seeds 5] [--limit 60] [--spopt PYTHON] [--real nankan.gpkg]
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.select_maps import lots_of, town
from geo.graph import components
from geo.sequence.checking import check_selection
from geo.sequence.frontier import frontier, usual_weight
from geo.sequence.growing import grown
from geo.sequence.lots import Lots, Mask
from geo.sequence.program import Program
from geo.sequence.select import select
from geo.sequence.selection import Selection
from geo.sequence.shape import compactness, hole_m2, perimeter_m
from geo.sequence.wish import Wish, wish_of
from geo.units import M2_PER_MU

POINTS: Final = {300: 205, 1000: 900}
"""Points of a map from which roads and rivers make about so many parcels."""

SAME_SHAPE: Final = 1.02
WEIGHTS: Final = {2000: (0.1, 0.3), 250: (0.0, 0.1, 0.3)}


class Goal(NamedTuple):
    """A case: so many parcels and mu, and the gap to be reached in so many seconds."""

    parcels: int
    least_mu: float
    gap: float
    limit_s: float


GOALS: Final = (Goal(1000, 2000, 0.001, 15), Goal(300, 250, 0.03, 30))


class Way(NamedTuple):
    """What a way of choosing came to; ``chosen`` None: nothing that is contiguous."""

    name: str
    chosen: Mask | None
    cpu_s: float


def timed(work: Callable[[], Mask | None], name: str) -> Way:
    began = time.process_time()
    chosen = work()
    return Way(name, chosen, time.process_time() - began)


# --- the goals -----------------------------------------------------------------------------------


def reached(goal: Goal, seeds: int, limit_s: float) -> Iterator[str]:
    """One line for each price of a metre: gap and time, median and worst over the seeds."""
    for weight in WEIGHTS[round(goal.least_mu)]:
        gaps, cpu, wall, parcels = [], [], [], []
        for seed in range(1, seeds + 1):
            lots = town(POINTS[goal.parcels], seed)
            least = goal.least_mu * M2_PER_MU
            price = weight * usual_weight(lots, least)
            began = time.process_time()
            found = select(
                lots, least_m2=least, shape_weight=price, gap=goal.gap, time_limit_s=limit_s
            )
            cpu.append(time.process_time() - began)
            wall.append(found.seconds)
            gaps.append(found.gap)
            parcels.append(len(lots))
            assert check_selection(lots, found, least_m2=least) == []
        within = sum(
            one <= goal.gap and each <= goal.limit_s for one, each in zip(gaps, cpu, strict=True)
        )
        yield (
            f"| {goal.least_mu:.0f} | {min(parcels)}–{max(parcels)} | {weight} "
            f"| {np.median(gaps):.2%} | {max(gaps):.2%} | {np.median(cpu):.1f} | {max(cpu):.1f} "
            f"| {np.median(wall):.1f} | {max(wall):.1f} | {within} of {seeds} |"
        )


# --- other ways ----------------------------------------------------------------------------------


def greedy(wish: Wish) -> Mask:
    """From every parcel, the cheapest land beside what there is; the best of all."""
    seeds = np.flatnonzero(wish.usable)
    nothing = np.zeros(len(wish.lots), dtype=bool)
    tries = (grown(wish, wish.spend, nothing, int(k), wish.least_m2) for k in seeds)
    return min(tries, key=wish.worth)


def nearest(wish: Wish) -> Mask:
    """From every parcel, the contiguous land nearest to it, as one does by hand; the cheapest."""
    centre = shapely.get_coordinates(shapely.centroid(wish.lots.shapes))
    best, least = None, np.inf
    for start in np.flatnonzero(wish.usable):
        away = np.hypot(*(centre - centre[start]).T) * wish.lots.land_m2
        nothing = np.zeros(len(wish.lots), dtype=bool)
        plain = wish_of(wish.lots, least_m2=wish.least_m2)
        chosen = grown(plain, away, nothing, int(start), wish.least_m2)
        if wish.worth(chosen) < least:
            best, least = chosen, wish.worth(chosen)
    assert best is not None
    return best


def penalty(wish: Wish, limit_s: float) -> Mask | None:
    """A boundary penalty and no contiguity, raised by half until what is chosen is contiguous."""
    began, factor = time.perf_counter(), 0.01
    while time.perf_counter() - began < limit_s:
        weight = factor * usual_weight(wish.lots, wish.least_m2)
        program = Program(wish_of(wish.lots, least_m2=wish.least_m2, shape_weight=weight))
        outcome = program.whole(
            None, 1e-3, lambda _: time.perf_counter() - began > limit_s, lambda _: None
        )
        if outcome.share is not None and wish.met_by(outcome.share > 0.5):
            return np.asarray(outcome.share > 0.5)
        factor *= 1.5
    return None


def maxp(wish: Wish, python: str, limit_s: float) -> Mask | None:
    """The cheapest of the regions that spopt's MaxP makes of all land that is usable."""
    lots, kept = wish.lots, np.flatnonzero(wish.usable)
    place = np.full(len(lots), -1)
    place[kept] = np.arange(len(kept))
    among = wish.usable[lots.i] & wish.usable[lots.j]
    x, y = shapely.get_coordinates(shapely.centroid(lots.shapes[kept])).T
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.npy")
        np.savez(
            source,
            land=lots.land_m2[kept],
            price=lots.cost[kept] / lots.land_m2[kept],
            i=place[lots.i[among]],
            j=place[lots.j[among]],
            x=x,
            y=y,
            least=wish.least_m2,
            seed=0,
        )
        script = Path(__file__).with_name("select_spopt.py")
        try:
            subprocess.run(
                [python, "-P", "-W", "ignore", script, source, target],
                check=True,
                timeout=limit_s,
                capture_output=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            print("spopt:", error, (getattr(error, "stderr", None) or b"")[-300:])
            return None
        labels = np.load(target)
    regions = []
    for label in np.unique(labels[labels > 0]):
        region = np.zeros(len(lots), dtype=bool)
        region[kept[labels == label]] = True
        if wish.met_by(region):
            regions.append(region)
    return min(regions, key=wish.worth, default=None)


def peers(lots: Lots, least_mu: float, limit_s: float, spopt: str | None) -> Iterator[str]:
    """One line for each way: what it costs, its shape, and what we cost at nearly that shape."""
    least = least_mu * M2_PER_MU
    began = time.process_time()
    ours = frontier(lots, least_m2=least, points=10, time_limit_s=limit_s, gap=2e-3)
    cpu_s = time.process_time() - began
    cheap = wish_of(lots, least_m2=least)
    shaped = wish_of(lots, least_m2=least, shape_weight=0.1 * usual_weight(lots, least))
    ways = [
        timed(lambda: greedy(cheap), "greedy, best of all seeds"),
        timed(lambda: greedy(shaped), "greedy with the price of a metre, best of all seeds"),
        timed(lambda: nearest(cheap), "nearest first, best of all seeds"),
        timed(lambda: penalty(cheap, limit_s), "boundary penalty"),
    ]
    if spopt is not None:
        ways.append(timed(lambda: maxp(cheap, spopt, 2 * limit_s), "spopt MaxP"))
    for name, chosen, seconds in ways:
        if chosen is None:
            yield f"| {name} | – | – | – | – | {seconds:.1f} | – |"
            continue
        perimeter = perimeter_m(lots, chosen)
        cost = float(cheap.spend[chosen].sum())
        yield (
            f"| {name} | {_facts(lots, chosen, cost)} | {seconds:.1f} "
            f"| {_against(ours, cost, perimeter)} |"
        )
    for each in ours:
        yield f"| ours, gap {each.gap:.2%} | {_facts(lots, each.chosen, each.cost)} | | |"
    yield f"| (our frontier of {len(ours)}) | | | | | {cpu_s:.1f} | |"


def _facts(lots: Lots, chosen: Mask, cost: float) -> str:
    land = float(lots.land_m2[chosen].sum())
    shape = compactness(perimeter_m(lots, chosen), land)
    holes = hole_m2(lots.shapes[chosen]) / M2_PER_MU
    return f"{cost / 1e6:.1f} | {land / M2_PER_MU:.0f} | {shape:.2f} | {holes:.0f}"


def _against(ours: list[Selection], cost: float, perimeter: float) -> str:
    """How much less the cheapest of ours costs that is no longer round, to two per cent."""
    same = [each.cost for each in ours if each.perimeter_m <= SAME_SHAPE * perimeter]
    return f"{min(same) / cost - 1:+.1%}" if same else "none as short"


# --- real land -----------------------------------------------------------------------------------


def real(path: str) -> Lots:
    """The real lots of a layer in metres, with drawn costs."""
    shapes = gpd.read_file(path).geometry.make_valid().to_numpy()
    random = np.random.default_rng(132)
    price = 1800 * np.exp(random.normal(0, 0.4, len(shapes)))
    return lots_of(shapes, np.zeros(0, dtype=object), price, random)


def largest_mu(lots: Lots) -> float:
    label = components(len(lots), lots.i, lots.j)
    return float(np.bincount(label, weights=lots.land_m2).max() / M2_PER_MU)


GOALS_HEAD: Final = (
    "| mu | parcels | price of a metre | gap, median | worst | CPU s, median | worst "
    "| wall s, median | worst | goal met |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)
HEAD: Final = (
    "| way | cost, million | mu | perimeter ÷ circle | mu in holes | CPU s | ours at that shape |"
    "\n|:--|--:|--:|--:|--:|--:|--:|"
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--maps", type=int, default=2)
    options.add_argument("--limit", type=float, default=60.0)
    options.add_argument("--spopt")
    options.add_argument("--real")
    asked = options.parse_args()
    select(town(40, 0), least_m2=100 * M2_PER_MU, shape_weight=1.0)  # compiles
    print("load", *(f"{load:.1f}" for load in os.getloadavg()))
    if asked.seeds:
        print(GOALS_HEAD)
    for goal in GOALS if asked.seeds else ():
        for line in reached(goal, asked.seeds, asked.limit):
            print(line, flush=True)
    for name, least_mu, lots in _cases(asked.maps, asked.real):
        print(f"\n### {name}\n\n{HEAD}", flush=True)
        for line in peers(lots, least_mu, asked.limit, asked.spopt):
            print(line, flush=True)
    print("\nload", *(f"{load:.1f}" for load in os.getloadavg()))


def _cases(maps: int, layer: str | None) -> Iterator[tuple[str, float, Lots]]:
    """The maps on which others are beside us: the real one first, then made ones."""
    if layer:
        lots = real(layer)
        most = largest_mu(lots)
        yield f"1000 mu of {len(lots)} real lots ({most:.0f} mu contiguous)", 1000, lots
    for goal in reversed(GOALS if maps else ()):
        for seed in range(1, maps + 1):
            lots = town(POINTS[goal.parcels], seed)
            yield f"{goal.least_mu:.0f} mu of {len(lots)} parcels, map {seed}", goal.least_mu, lots


if __name__ == "__main__":
    main()
