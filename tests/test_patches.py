"""A layer surveyed in patches gives the same figures as surveyed whole, to the last bit."""

from dataclasses import fields, is_dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS

from geo.constraints import CONSTRAINT_COLUMNS
from geo.errors import ChecksError
from geo.findings import Finding
from geo.patches import divided, locally
from geo.survey import Rules, surveyed
from geo.terrain.dem import Dem
from geo.terrain.grid import Grid
from tests.makers import QINGXI, qingxi

AREA_CRS = CRS("EPSG:4547")


def lots(random: np.random.Generator, across: int, up: int) -> gpd.GeoDataFrame:
    """Lots of a town: slanted, with lanes, slits and overlaps between them, some in two parts."""
    x, y = np.meshgrid(np.arange(across) * 60.0, np.arange(up) * 45.0)
    west, south = (
        x.ravel() + random.uniform(-3, 3, x.size),
        y.ravel() + random.uniform(-3, 3, x.size),
    )
    wide, high = random.uniform(45, 63, x.size), random.uniform(35, 47, x.size)
    shapes = shapely.box(west, south, west + wide, south + high)
    shapes = np.array([turned(shape, random.uniform(-0.05, 0.05)) for shape in shapes])
    twins = random.random(x.size) < 0.05
    far = shapely.transform(shapes[twins], lambda points: points / 40 + [4000.0, -300.0])
    shapes[twins] = [shapely.union_all(pair) for pair in zip(shapes[twins], far, strict=True)]
    order = random.permutation(x.size)
    return gpd.GeoDataFrame(
        {
            "row": np.arange(1, x.size + 1),
            "parcel_id": [f"P{number}" for number in random.permutation(x.size)],
            "zone": random.choice(["east", "west"], x.size),
            "treatment": random.choice(["rebuild", "retain", "road", "upgrade"], x.size),
            "land_use": random.choice(["1001", "1207"], x.size),
        },
        geometry=qingxi(shapes[order]),
        crs=AREA_CRS,
    )


def turned(shape: Any, radians: float) -> Any:
    turn = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    return shapely.transform(shape, lambda points: points @ turn)


def rules(random: np.random.Generator, across: int, up: int) -> Rules:
    """Two constraints that overlap each other, a barrier with bends, and hills."""
    size = np.array([across * 60.0, up * 45.0])
    disks = shapely.buffer(shapely.points(random.uniform(0, 1, (12, 2)) * size), 40.0)
    tiles = shapely.box(*np.hstack([at := random.uniform(0, 1, (6, 2)) * size, at + 90.0]).T)
    taking = {"reason": ["water"] * 12 + ["farm"] * 6, "file": "c", "layer": "", "row": 1}
    shapes = qingxi(np.concatenate([disks, tiles]))
    constraints = gpd.GeoDataFrame(taking, geometry=shapes, crs=AREA_CRS)
    river = shapely.linestrings(np.sort(random.uniform(0, 1, (5, 2)), axis=0) * size)
    cells = random.normal(100, 20, (up * 3 + 20, across * 4 + 20))
    corner = QINGXI + np.array([-150.0, up * 45.0 + 150.0])
    grid = Grid("dem.tif", Affine(17.3, 0, corner[0], 0, -17.3, corner[1]), AREA_CRS, *cells.shape)
    return Rules(
        crs=AREA_CRS,
        method="ellipsoidal",
        where={"file": "lots", "layer": "lots"},
        constraints=constraints[list(CONSTRAINT_COLUMNS)],
        order=[("water", "hard"), ("public", "public"), ("retained", "retained"),
               ("farm", "limiting"), ("handover", "handover")],
        deducted=("1207",),
        handover_share=0.15,
        barriers=np.array([qingxi(river)]),
        reach_m=30.0,
        tolerance_m=0.5,
        dem=Dem(grid, cells),
    )  # fmt: skip


def assert_same(one: Any, other: Any, name: str = "survey") -> None:
    """Equal to the last bit, shapes vertex by vertex."""
    if isinstance(one, pd.DataFrame):
        assert list(one.columns) == list(other.columns), name
        assert_same([*one.items()], [*other.items()], name)
    elif isinstance(one, pd.Series):
        assert_same(one.to_numpy(), other.to_numpy(), name)
    elif isinstance(one, np.ndarray) and one.dtype == object:
        assert_same(one.tolist(), other.tolist(), name)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other, err_msg=name)
    elif isinstance(one, shapely.Geometry):
        assert shapely.equals_identical(one, other), name
    elif isinstance(one, Finding):
        assert (one.code, one.row, one.parcel, str(one)) == (
            (other.code, other.row, other.parcel, str(other))
        ), name
    elif is_dataclass(one):
        for item in fields(one):
            assert_same(getattr(one, item.name), getattr(other, item.name), f"{name}.{item.name}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), name
        for at, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{name}[{at}]")
    else:
        assert one == other or (pd.isna(one) and pd.isna(other)), name


@pytest.mark.parametrize("seed", range(24))
def test_any_division_gives_the_same_survey(seed: int) -> None:
    random = np.random.default_rng(seed)
    across, up = random.integers(3, 10, 2)
    each = int(random.integers(1, 41))
    parcels, asked = lots(random, across, up), rules(random, across, up)
    whole = surveyed(parcels, asked, locally, parcels_each=len(parcels))
    parts = surveyed(parcels, asked, locally, parcels_each=each)
    assert_same(whole, parts)


def test_the_drawn_towns_hold_what_a_division_could_break() -> None:
    """Overlaps, slits, links that a barrier closes, losses for both constraints, terrain."""
    random = np.random.default_rng(5)
    parcels = lots(random, 12, 12)
    found = surveyed(parcels, rules(random, 12, 12), locally)
    assert len(found.later) > 10
    assert found.gaps is not None
    assert len(found.gaps.one) > 2
    assert set(found.balance.lost["reason"]) == {"water", "farm", "public", "retained", "handover"}
    one, other = (parcels.geometry.to_numpy()[found.links[side]] for side in ("i", "j"))
    assert (found.links["gap_m"] > shapely.distance(one, other) + 0.1).any()
    assert (found.links["shared_m"] > 0).any()
    assert found.terrain is not None
    assert found.terrain["elevation_mean_m"].notna().all()


def test_every_parcel_is_one_patchs_own_and_has_its_neighbours_there() -> None:
    parcels = lots(np.random.default_rng(3), 15, 15)
    patches = divided(parcels.geometry, reach_m=30.0, parcels_each=20)
    assert len(patches) == 12
    own = np.concatenate([patch.rows[patch.own] for patch in patches])
    assert sorted(own) == list(range(len(parcels)))
    shapes = parcels.geometry.to_numpy()
    for patch in patches:
        for row in patch.rows[patch.own]:
            near = np.flatnonzero(shapely.dwithin(shapes, shapes[row], 30.0))
            assert set(near) <= set(patch.rows)


def test_an_error_of_a_patch_names_the_row_in_the_layer() -> None:
    """A hundred thousand copies of one lot, of which no patch can make land."""
    random = np.random.default_rng(1)
    parcels = lots(random, 4, 4).iloc[np.repeat(3, 3000)].reset_index(drop=True)
    parcels["parcel_id"] = [f"P{number}" for number in range(3000)]
    with pytest.raises(ChecksError) as raised:
        surveyed(parcels, rules(random, 4, 4), locally)
    (fault,) = raised.value.findings
    assert (fault.code, fault.file) == ("layer.crowded", "lots")
