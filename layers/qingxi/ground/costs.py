"""What each parcel still costs to prepare: drawn, since no document states a price."""

import random
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

M2_PER_MU = 2000 / 3
CNY_A_MU = {
    "rebuild": 780_000,
    "upgrade": 700_000,
    "extend": 720_000,
    "retain": 450_000,
    "village": 1_500_000,
    "road": 180_000,
    "green": 150_000,
}
CNY_PER_M2_OF_FLOOR = 350
STILL_TO_PAY = {0: 1.0, 4: 0.85, 5: 0.3, 6: 0.12, 7: 0.0}  # from this rung on
WAVE_M = 900.0  # prices rise and fall over this distance
ROUND_TO = 10_000


def write_costs(folder: Path, parcels: gpd.GeoDataFrame, rungs: pd.Series, *, seed: int) -> None:
    """Write `costs.csv`: one row for each parcel, in CNY."""
    rng = random.Random(f"{seed}-costs")
    points = parcels.geometry.representative_point()
    waves = np.sin(points.x / WAVE_M) + np.cos(points.y / WAVE_M)
    rows = []
    for row, wave in zip(parcels.to_dict("records"), waves, strict=True):
        mu, floor_m2 = row["geometry"].area / M2_PER_MU, row["existing_floor_m2"]
        floor_m2 = 0.0 if pd.isna(floor_m2) else floor_m2
        price = CNY_A_MU[row["treatment"]] * mu + CNY_PER_M2_OF_FLOOR * floor_m2
        price *= float(np.exp(0.18 * wave + rng.gauss(0.0, 0.15)))
        rung = max(int(rungs.get(row["parcel_id"], 0)), 0)
        share = STILL_TO_PAY[max(step for step in STILL_TO_PAY if step <= rung)]
        rows.append((row["parcel_id"], round(price * share / ROUND_TO) * ROUND_TO))
    table = pd.DataFrame(sorted(rows), columns=["parcel_id", "cost"])
    table.to_csv(folder / "costs.csv", index=False, lineterminator="\n")
