"""Regions by spopt's MaxP, for a Python that has it: python select_spopt.py IN.npz OUT.npy."""

import sys

import geopandas as gpd
import libpysal
import numpy as np
from spopt.region import MaxPHeuristic


def main(source: str, target: str) -> None:
    given = np.load(source)
    n = len(given["land"])
    beside: dict[int, list[int]] = {k: [] for k in range(n)}
    for i, j in zip(given["i"].tolist(), given["j"].tolist(), strict=True):
        beside[i].append(j)
        beside[j].append(i)
    table = gpd.GeoDataFrame(
        {"land": given["land"], "price": given["price"]},
        geometry=gpd.points_from_xy(given["x"], given["y"]),
    )
    weights = libpysal.weights.W(beside, silence_warnings=True)
    np.random.seed(int(given["seed"]))
    model = MaxPHeuristic(table, weights, ["price"], "land", float(given["least"]), top_n=2)
    model.solve()
    np.save(target, np.asarray(model.labels_, dtype=np.int64))


if __name__ == "__main__":
    main(*sys.argv[1:])
