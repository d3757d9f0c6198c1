"""Scores of forecasts: against the formulas written out, closed forms, and what must hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import binom, norm

from geo.forecast.scores import coverage_band, crps, pit, pit_histogram, skill

LAND = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
ENSEMBLE = arrays.arrays(np.float64, st.integers(1, 12), elements=LAND)


def score(draws, truth):
    return float(crps(np.array(draws, dtype=float)[:, None], np.array([float(truth)]))[0])


def place(draws, truth, seed=0):
    return float(pit(np.array(draws, dtype=float)[:, None], np.array([float(truth)]), seed=seed)[0])


# --- CRPS ------------------------------------------------------------------------------------


def test_the_score_of_three_draws_by_hand():
    # |1-2|, |2-2|, |6-2|: 5/3 on average; pairs differ by 1, 4 and 5: half their mean is 10/6
    assert score([6, 1, 2], 2) == pytest.approx(5 / 3 - 10 / 6, abs=1e-15)
    assert score([0, 10], 20) == 15 - 5
    assert score([4, 4, 4, 4], 7) == 3


def test_a_single_draw_is_a_point_forecast():
    assert score([620], 650) == 30


@given(ENSEMBLE, LAND)
def test_the_score_is_that_of_all_pairs(draws, truth):
    many = len(draws)
    pairs = [abs(one - other) for one in draws for other in draws]
    spread = sum(pairs) / (2 * many * (many - 1)) if many > 1 else 0.0
    expected = sum(abs(draw - truth) for draw in draws) / many - spread
    assert score(draws, truth) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(ENSEMBLE, LAND, st.floats(0.125, 8), LAND)
def test_the_score_knows_units_but_no_origin(draws, truth, unit, shift):
    moved = score(draws * unit + shift, truth * unit + shift)
    assert moved == pytest.approx(unit * score(draws, truth), rel=1e-9, abs=1e-5)


@given(ENSEMBLE, LAND, st.randoms())
def test_the_order_of_the_draws_says_nothing(draws, truth, chance):
    shuffled = draws.tolist()
    chance.shuffle(shuffled)
    assert score(shuffled, truth) == pytest.approx(score(draws, truth), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("truth", [-1.0, 0.0, 0.5, 2.0])
def test_the_score_of_a_normal_ensemble_is_the_closed_form(truth):
    closed = truth * (2 * norm.cdf(truth) - 1) + 2 * norm.pdf(truth) - 1 / math.sqrt(math.pi)
    many = 20_000
    quantiles = norm.ppf((np.arange(many) + 0.5) / many)
    assert score(quantiles, truth) == pytest.approx(closed, abs=2e-4)


@pytest.mark.parametrize("truth", [-0.5, 0.0, 0.3, 1.0, 1.5])
def test_the_score_of_a_uniform_ensemble_is_the_closed_form(truth):
    # E|X - y| - E|X - X'| / 2 of a uniform between 0 and 1, of which the second is 1/6
    within = (truth**2 + (1 - truth) ** 2) / 2
    closed = (within if 0 <= truth <= 1 else abs(truth - 0.5)) - 1 / 6
    many = 20_000
    assert score((np.arange(many) + 0.5) / many, truth) == pytest.approx(closed, abs=1e-4)


@pytest.mark.parametrize("many", [2, 5, 50])
def test_the_mean_score_does_not_depend_on_how_many_draws_there_are(many):
    """Forecast and truth from one normal: the mean is 1/√π, for two draws as for fifty."""
    rng = np.random.default_rng(many)
    cases = 400_000 // many + 40_000
    scores = crps(rng.normal(size=(many, cases)), rng.normal(size=cases))
    error = scores.std() / math.sqrt(cases)
    assert abs(scores.mean() - 1 / math.sqrt(math.pi)) < 4 * error
    assert error < 0.005


def test_a_forecast_that_is_too_sure_scores_worse_than_the_right_one():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=5000)
    draws = rng.normal(size=(100, 5000))
    right, sure, vague = (crps(width * draws, truth).mean() for width in (1, 0.4, 2.5))
    assert right < 0.95 * sure
    assert right < 0.95 * vague


# --- PIT -------------------------------------------------------------------------------------


def test_the_place_of_the_truth_by_hand():
    assert 0.0 <= place([1, 2, 3], 0) <= 0.25
    assert 0.5 <= place([1, 2, 3], 2.5) <= 0.75
    assert 0.75 <= place([1, 2, 3], 9) <= 1.0
    assert 0.0 <= place([5, 5, 5], 5) <= 1.0
    assert len({place([5, 5, 5], 5, seed) for seed in range(9)}) == 9
    assert place([5, 5, 5], 5, 3) == place([5, 5, 5], 5, 3)


@pytest.mark.parametrize("levels", [None, 3])
def test_places_are_uniform_when_the_forecast_is_right(levels):
    """Also when most draws are equal to each other and to the truth."""
    rng = np.random.default_rng(2)
    cases = 20_000
    draws, truth = rng.random((9, cases)), rng.random(cases)
    if levels:
        draws, truth = np.floor(levels * draws), np.floor(levels * truth)
    places = pit(draws, truth, seed=4)
    counts = pit_histogram(places)
    assert counts.sum() == cases
    assert np.abs(counts - 2000).max() < 4.5 * math.sqrt(2000 * 0.9)
    assert places.var() == pytest.approx(1 / 12, rel=0.03)


def test_places_heap_up_at_the_ends_when_the_forecast_is_too_sure():
    rng = np.random.default_rng(3)
    counts = pit_histogram(pit(0.3 * rng.normal(size=(99, 2000)), rng.normal(size=2000), seed=5))
    assert counts[0] + counts[-1] > 1200


# --- coverage --------------------------------------------------------------------------------


@given(st.integers(1, 300), st.data())
def test_the_band_of_a_coverage_is_where_the_binomial_tails_are(cases, data):
    inside = data.draw(st.integers(0, cases))
    low, high = coverage_band(inside, cases)
    assert low < inside / cases < high or inside in (0, cases)
    if inside:
        assert binom.sf(inside - 1, cases, low) == pytest.approx(0.025, rel=1e-6)
    else:
        assert low == 0
    if inside < cases:
        assert binom.cdf(inside, cases, high) == pytest.approx(0.025, rel=1e-6)
    else:
        assert high == 1


def test_known_bands():
    assert coverage_band(8, 10) == pytest.approx((0.4439, 0.9748), abs=1e-4)
    low, high = coverage_band(10, 10)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 10)), 1.0)


# --- skill -----------------------------------------------------------------------------------


def test_skill_is_the_share_of_the_error_that_is_gone():
    assert skill(np.array([10.0, 20.0]), np.array([40.0, 20.0])) == 0.5
    assert skill(np.array([6.0]), np.array([4.0])) == -0.5
    assert math.isnan(skill(np.array([1.0]), np.array([0.0])))
    assert math.isnan(skill(np.array([]), np.array([])))
