"""What one parcel means to a goal, against the whole of it counted anew for every parcel."""

import numpy as np
import pytest

from geo.kernels.cuts import Importance, importance
from geo.kernels.links import links_of
from tests.lands import Place, counted, place

DUE = 100.0
DRAWS = 6


def plain(
    town: Place, day: np.ndarray, theta_m2: float, goal_m2: float, earlier_days: list[float]
) -> Importance:
    """The same by changing the day of one parcel at a time."""

    def sums(changed: np.ndarray) -> tuple[float, int]:
        lands = np.array([counted(town, row <= DUE, theta_m2) for row in changed])
        return lands.sum(), int((lands >= goal_m2 - 1).sum())

    def each(move: object) -> np.ndarray:
        rows = []
        for parcel in range(day.shape[1]):
            changed = day.astype(np.float64)
            changed[:, parcel] = move(changed[:, parcel])  # type: ignore[operator]
            rows.append(sums(changed))
        return np.array(rows).T

    land, hits = sums(day)
    now, lost = each(lambda _: -np.inf), each(lambda _: np.inf)
    earlier = np.array([each(lambda was, k=k: was - k) for k in earlier_days])
    return Importance(land, hits, now[0], now[1], earlier[:, 0], earlier[:, 1], lost[0], lost[1])


@pytest.mark.parametrize("theta_m2", [0.0, 20_000.0, 60_000.0, 1e9])
def test_every_figure_is_what_a_change_of_that_parcel_alone_makes(theta_m2: float) -> None:
    for seed in range(60):
        town = place(seed)
        random = np.random.default_rng(seed)
        day = random.choice(
            [50.0, 90.0, 100.0, 105.0, 125.0, np.inf], (DRAWS, len(town.land.outer))
        )
        goal_m2 = float(random.integers(0, 12)) * 10_000
        found = importance(
            day.astype(np.float32),
            DUE,
            town.land.weight_m2,
            town.links,
            theta_m2=theta_m2,
            goal_m2=goal_m2,
            earlier_days=np.array([5.0, 30.0]),
        )
        theirs = plain(town, day, theta_m2, goal_m2, [5.0, 30.0])
        for name, ours, other in zip(Importance._fields, found, theirs, strict=True):
            np.testing.assert_array_equal(ours, other, err_msg=f"{name}, {seed}")


def test_the_loss_of_the_middle_of_a_row_leaves_two_blocks_too_small_to_count() -> None:
    links = links_of(5, np.arange(4), np.arange(1, 5))
    day = np.array([[0, 0, 0, 0, np.inf]], dtype=np.float32)
    found = importance(
        day,
        DUE,
        np.full(5, 10_000.0),
        links,
        theta_m2=30_000.0,
        goal_m2=50_000.0,
        earlier_days=np.array([365.0]),
    )
    assert (found.land_m2, found.hits) == (40_000, 0)
    assert found.land_lost_m2.tolist() == [30_000, 0, 0, 30_000, 40_000]
    assert found.land_now_m2.tolist() == [40_000, 40_000, 40_000, 40_000, 50_000]
    assert found.hits_now.tolist() == [0, 0, 0, 0, 1]
    assert found.land_earlier_m2.tolist() == [[40_000] * 5]


def test_one_and_two_threads_make_the_same_sums_also_where_land_is_on_no_grid() -> None:
    random = np.random.default_rng(5)
    town = place(5, parcels=200)
    day = random.uniform(0, 300, (1000, 200)).astype(np.float32)
    one, two = (
        importance(
            day,
            DUE,
            np.arange(200) * np.pi,
            town.links,
            theta_m2=300.0,
            goal_m2=9000.0,
            earlier_days=np.array([20.0]),
            threads=threads,
        )
        for threads in (1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_no_draws_and_no_parcels_make_no_sums() -> None:
    none = links_of(0, np.zeros(0, int), np.zeros(0, int))
    for shape in ((0, 0), (3, 0)):
        found = importance(
            np.zeros(shape, np.float32),
            DUE,
            np.zeros(0),
            none,
            theta_m2=0.0,
            goal_m2=10.0,
            earlier_days=np.zeros(0),
        )
        assert (found.land_m2, found.hits, found.land_now_m2.shape) == (0, 0, (0,))
        assert found.land_earlier_m2.shape == (0, 0)
