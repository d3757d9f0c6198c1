"""The corner of the map from which the ground is drawn: metres east and north of it."""

import numpy as np
import numpy.typing as npt

EAST, NORTH = 512_000, 2_528_000  # EPSG:4547

Points = tuple[tuple[float, float], ...]


def on_map(points: Points) -> npt.NDArray[np.float64]:
    """The points as eastings and northings."""
    return np.add(points, (EAST, NORTH), dtype=float)
