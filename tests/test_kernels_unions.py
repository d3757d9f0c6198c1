"""Curves of growing blocks against blocks found anew at every step."""

import numpy as np
import pytest

from geo.kernels.links import links_of
from geo.kernels.unions import Curves, Land, steps_of, sweep
from tests.lands import Place, counted, labels, place

STEPS = 6
DRAWS = 5


def plain(town: Place, step: np.ndarray, theta_m2: float) -> Curves:
    """The same curves by scipy, and by walking in from outside for the land enclosed."""
    rows = [[_measures(town, row <= at, theta_m2) for at in range(STEPS)] for row in step]
    return Curves(*np.moveaxis(np.array(rows), 2, 0))


def _measures(town: Place, ready: np.ndarray, theta_m2: float) -> tuple[float, ...]:
    land = town.land
    ready = ready & (land.weight_m2 > 0)
    found = labels(town, ready)
    sizes = {block: land.weight_m2[found == block].sum() for block in set(found[ready])}
    largest = max(sizes.values(), default=0.0)
    perimeters = {
        land.perimeter_m[found == block].sum()
        - 2 * town.shared_m[(found[town.i] == block) & (found[town.j] == block)].sum()
        for block, size in sizes.items()
        if size == largest
    } or {0.0}
    perimeter = perimeters.pop() if len(perimeters) == 1 else np.nan
    enclosed = land.weight_m2[~ready & ~_outside(town, ~ready)].sum()
    floor = land.floor_m2[ready].sum()
    return largest, counted(town, ready, theta_m2), perimeter, enclosed, floor


def _outside(town: Place, open_land: np.ndarray) -> np.ndarray:
    """The open parcels from which one gets outside over open land, by flooding."""
    wet = town.land.outer & open_land
    while True:
        wetter = wet.copy()
        for i, j in zip(town.i, town.j, strict=True):
            wetter[i] |= wet[j] & open_land[i]
            wetter[j] |= wet[i] & open_land[j]
        if (wetter == wet).all():
            return wet
        wet = wetter


@pytest.mark.parametrize("theta_m2", [0.0, 60_000.0, 1e9])
def test_every_step_of_every_draw_is_what_is_found_anew(theta_m2: float) -> None:
    for seed in range(100):
        town = place(seed)
        step = np.random.default_rng(seed).integers(0, STEPS + 2, (DRAWS, len(town.land.outer)))
        found = sweep(step.astype(np.int16), town.land, town.links, theta_m2=theta_m2, steps=STEPS)
        for name, ours, theirs in zip(
            Curves._fields, found, plain(town, step, theta_m2), strict=True
        ):
            told = ~np.isnan(theirs)  # the perimeter is not, of two blocks that are both largest
            assert told.mean() > 0.3
            np.testing.assert_array_equal(ours[told], theirs[told], err_msg=f"{name}, {seed}")


def ring() -> tuple[Land, object]:
    """Nine squares of 100 m, three by three, numbered by rows."""
    k = np.arange(9).reshape(3, 3)
    i = np.concatenate([k[:, :-1].ravel(), k[:-1].ravel()])
    j = np.concatenate([k[:, 1:].ravel(), k[1:].ravel()])
    outer = np.arange(9) != 4
    land = Land(np.full(9, 10_000.0), np.full(9, 400.0), outer, np.full(9, 500.0))
    return land, links_of(9, i, j, np.full(12, 100.0))


def test_a_ring_encloses_the_middle_until_that_is_ready_too() -> None:
    land, links = ring()
    step = np.array([[0, 0, 0, 0, 2, 0, 0, 1, 0]], dtype=np.int16)
    curves = sweep(step, land, links, theta_m2=80_000.0, steps=3)
    assert curves.enclosed_m2.tolist() == [[0, 10_000, 0]]
    assert curves.largest_m2.tolist() == [[70_000, 80_000, 90_000]]
    assert curves.in_blocks_m2.tolist() == [[0, 80_000, 90_000]]
    assert curves.perimeter_m.tolist() == [[1600, 1600, 1200]]
    assert curves.floor_m2.tolist() == [[3500, 4000, 4500]]


def test_a_block_a_metre_short_of_the_least_counts_and_two_short_does_not() -> None:
    land, links = ring()
    step = np.zeros((1, 9), dtype=np.int16)
    for theta_m2, counts in ((90_001.0, 90_000.0), (90_002.0, 0.0)):
        curves = sweep(step, land, links, theta_m2=theta_m2, steps=1)
        assert curves.in_blocks_m2.tolist() == [[counts]]


def test_of_two_largest_blocks_the_perimeter_is_that_of_the_first_to_be_so() -> None:
    land = Land(np.full(2, 100.0), np.array([40.0, 50.0]), np.ones(2, bool), np.zeros(2))
    step = np.array([[1, 0], [0, 1]], dtype=np.int16)
    curves = sweep(step, land, links_of(2, np.zeros(0, int), np.zeros(0, int)), theta_m2=0, steps=2)
    assert curves.perimeter_m.tolist() == [[50, 50], [40, 40]]


def test_no_parcels_and_no_draws_have_empty_curves() -> None:
    none = np.zeros(0)
    empty = Land(none, none, none.astype(bool), none)
    links = links_of(0, none.astype(int), none.astype(int))
    curves = sweep(np.zeros((2, 0), np.int16), empty, links, theta_m2=0.0, steps=3)
    assert all((curve == np.zeros((2, 3))).all() for curve in curves)
    land, links = ring()
    curves = sweep(np.zeros((0, 9), np.int16), land, links, theta_m2=0.0, steps=3)
    assert all(curve.shape == (0, 3) for curve in curves)


def test_one_and_two_threads_make_the_same_curves() -> None:
    town = place(7, parcels=12)
    step = np.random.default_rng(1).integers(0, STEPS + 1, (300, 12)).astype(np.int16)
    one, two = (
        sweep(step, town.land, town.links, theta_m2=60_000.0, steps=STEPS, threads=threads)
        for threads in (1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_day_belongs_to_the_first_step_that_ends_on_it_or_later() -> None:
    ends = np.array([100.0, 130.5, 131.0, 200.25])
    random = np.random.default_rng(3)
    days = random.uniform(90, 210, (40, 50)).astype(np.float32)
    days[0, :8] = [-np.inf, np.inf, 100, 100.5, 130.5, 131, 200.25, 200.5]
    found = steps_of(days, ends)
    np.testing.assert_array_equal(found, np.searchsorted(ends, days.astype(np.float64)))
    assert found[0, :8].tolist() == [0, 4, 0, 1, 1, 2, 3, 4]
