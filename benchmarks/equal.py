"""The same figures from landready, shapely and DuckDB on layers of the real world.

For each layer: areas, which outlines are valid, what every outline shares with those before it, and
the components of outlines at most 30 m apart. Invalid outlines are left out of the last two. A
layer in degrees is taken to the UTM zone of its middle first. Leaves when anything differs. Run it
in the environment of :mod:`benchmarks.build`, with the layers as arguments.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import duckdb
import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from benchmarks import steps
from geo.outlines import outlines_of

STEPS = (steps.area, steps.validity, steps.contiguity, steps.overlap)


def read(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    """The polygons of a layer on a grid in metres, without heights."""
    frame = pyogrio.read_dataframe(path, layer=layer, columns=[], force_2d=True)
    frame = frame[shapely.get_dimensions(frame.geometry.to_numpy()) == 2]
    if frame.crs is None or frame.crs.is_projected:
        return frame
    return frame.to_crs(frame.estimate_utm_crs())


def city_of(frame: gpd.GeoDataFrame, base: duckdb.DuckDBPyConnection) -> steps.City:
    """The outlines of a layer, and those of them that are valid, in every form."""
    raw = frame.geometry.to_numpy()
    shapes = raw[shapely.is_valid(raw)]
    ids = np.array([f"{number:09d}" for number in range(len(shapes))])
    steps.tables(base, raw=raw, parcels=shapes)
    return steps.City(Path(), raw, shapes, ids, outlines_of(raw), outlines_of(shapes), base)


def main(argv: Sequence[str] | None = None) -> None:
    """Compare every polygon layer of some files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("files", type=Path, nargs="+")
    base = steps.spatial_duckdb()
    for path in parser.parse_args(argv).files:
        for layer, kind in pyogrio.list_layers(path):
            if kind is None or "Polygon" not in kind:
                continue
            city = city_of(read(path, layer), base)
            told = [len(city.raw), len(city.shapes)]
            for step in (make(city) for make in STEPS):
                steps.agreed(step)
                told.append(step.name)
            print(f"{path.name} {layer}: {told[0]} outlines, {told[1]} valid;", end=" ")
            print(f"the same {', '.join(map(str, told[2:]))} from ours, shapely and DuckDB")


if __name__ == "__main__":
    main()
