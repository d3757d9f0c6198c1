"""Days on which rungs are reached, against the distributions that they are drawn from."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import expon, kstest, uniform, weibull_min

from geo.forecast.parameters import Parameters
from geo.kernels.random import uniform as drawn
from geo.kernels.waits import Standing, ready_days, residual
from geo.units import DAYS_PER_MONTH
from tests.futures import AS_OF, HORIZON, NEVER, NODES, draws_of, standing_of

DRAWS = 20_000
INF = np.inf


def days(
    standing: Standing, targets: list[int], parameters: Parameters, **asked: Any
) -> np.ndarray:
    asked = {"as_of": AS_OF, "horizon": HORIZON, "seed": 7, **asked}
    return ready_days(standing, np.array(targets), parameters=parameters, **asked)


def months(found: np.ndarray) -> np.ndarray:
    return (found.astype(np.float64) - AS_OF) / DAYS_PER_MONTH


def test_numbers_are_uniform_and_each_has_its_own_place() -> None:
    numbers = np.array(
        [[drawn(3, draw, parcel, 0) for parcel in range(100)] for draw in range(100)]
    )
    assert kstest(numbers.ravel(), uniform.cdf).pvalue > 0.01
    assert abs(np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]) < 0.03
    others = {drawn(3, 5, 7, 0), drawn(4, 5, 7, 0), drawn(3, 7, 5, 0), drawn(3, 5, 7, 1)}
    assert len(others) == 4
    assert 0 < min(numbers.min(), *others) < max(numbers.max(), *others) < 1


@pytest.mark.parametrize("shape", [0.6, 1.0, 2.5])
@pytest.mark.parametrize("spent", [0.0, 3.0, 40.0])
def test_a_wait_is_a_weibull_spell_that_has_lasted_so_long(shape: float, spent: float) -> None:
    found = days(standing_of([0], spent=spent), [1], draws_of(DRAWS, [math.log(9)], [shape]))
    whole = weibull_min(shape, scale=9.0)
    conditional = lambda wait: 1 - whole.sf(wait + spent) / whole.sf(spent)  # noqa: E731
    waits = months(found[0, :, 0])
    assert kstest(waits, conditional).pvalue > 0.01


def test_three_exponential_stages_take_the_sum_of_their_means() -> None:
    scales = [4.0, 5.0, 6.0]
    found = days(standing_of([0]), [1, 3], draws_of(DRAWS, np.log(scales).tolist(), [1.0] * 3))
    waits = months(found[:, :, 0])
    assert (found[0] < found[1]).all()
    assert waits[0].mean() == pytest.approx(4, abs=0.1)
    assert waits[1].mean() == pytest.approx(15, abs=0.2)
    assert waits[1].std() == pytest.approx(math.sqrt(16 + 25 + 36), abs=0.2)


def test_a_parcel_of_which_nothing_is_told_reaches_the_first_rung_and_then_the_next() -> None:
    parameters = draws_of(DRAWS, [math.log(5.0)], [0.8], first=(math.log(3.0), 2.0))
    found = days(standing_of([-1], spent=2.0), [0, 1], parameters)
    first, second = months(found[:, :, 0])
    survey, rest = weibull_min(2.0, scale=3.0), weibull_min(0.8, scale=5.0)
    assert kstest(first, lambda wait: 1 - survey.sf(wait + 2) / survey.sf(2)).pvalue > 0.01
    assert kstest(second - first, rest.cdf).pvalue > 0.01
    assert abs(np.corrcoef(first, second - first)[0, 1]) < 0.03


def test_who_withdraws_stands_at_the_first_rung_and_not_below() -> None:
    """The survey is not taken again: all come, though half of their attempts end in withdrawal."""
    parameters = draws_of(2000, [math.log(2.0)] * 2, [1.0] * 2, withdraw=[0.0, 0.5])
    assert np.isfinite(days(standing_of([0]), [2], parameters)).all()


def test_of_three_hazards_the_first_decides() -> None:
    parameters = draws_of(
        DRAWS, [NEVER, math.log(2.0)], [1.0, 1.0], revert=[0, 0.3], withdraw=[0, 0.2]
    )
    found = days(standing_of([1]), [2], parameters)[0, :, 0]
    there = np.isfinite(found)
    assert there.mean() == pytest.approx(0.5, abs=0.01)
    assert kstest(months(found[there]), expon.cdf).pvalue > 0.01


def test_a_fall_leads_to_the_rung_that_its_row_tells_and_withdrawal_to_the_first() -> None:
    fall = [[1.0] * 4, [1.0] * 4, [1.0] * 4, [0.75, 1.0, 1.0, 1.0]]
    parameters = draws_of(
        DRAWS,
        [NEVER, -NEVER, math.log(2.0)],
        [1.0, 1.0, 1.0],
        revert=[0, 0, 0.4],
        withdraw=[0, 0, 0.1],
        fall=fall,
    )
    found = days(standing_of([2]), [3], parameters)[0, :, 0]
    # half get there at once; of the four tenths that fall back, a quarter try again
    assert np.isfinite(found).mean() == pytest.approx(0.5 / (1 - 0.25 * 0.4), abs=0.01)


def test_who_falls_back_again_and_again_never_comes() -> None:
    parameters = draws_of(3, [0.0], [1.0], revert=[1e9])
    assert (days(standing_of([0]), [1], parameters) == INF).all()


def test_a_faster_clock_brings_the_same_work_to_an_earlier_day() -> None:
    standing = standing_of([0, 1, 0], spent=5.0)
    scales, shapes = [3.0, 4.0], [1.5, 0.8]
    usual = draws_of(2000, scales, shapes)
    varied = draws_of(2000, scales, shapes, speeds=[1.0, 2.0, 0.25, 1.0, 3.0])
    one, other = days(standing, [2], usual), days(standing, [2], varied)
    both = np.isfinite(one) & np.isfinite(other)
    assert 0.3 < both.mean() < 1
    work = np.interp(one[both], NODES, usual.clock[0])
    np.testing.assert_allclose(np.interp(other[both], NODES, varied.clock[0]), work, atol=0.01)


def test_time_spent_is_worked_at_the_speed_of_its_day() -> None:
    slow = draws_of(500, [2.0], [2.0], speeds=[0.25, 1.0, 1.0, 1.0, 1.0])
    usual = draws_of(500, [2.0], [2.0])
    by_slow = days(standing_of([0], spent=20.0), [1], slow)
    np.testing.assert_array_equal(by_slow, days(standing_of([0], spent=5.0), [1], usual))


def test_a_later_begin_moves_that_parcel_by_as_much_and_no_other() -> None:
    standing = standing_of([0, 1, 0, 2], spent=4.0)
    parameters = draws_of(400, [1.0, 2.0, 1.5], [1.5, 0.8, 1.2], revert=[0.01] * 3)
    begin = np.array([-INF, AS_OF + 365.25, INF, -INF])
    before = days(standing, [3], parameters)[0]
    after = days(standing._replace(begin=begin), [3], parameters)[0]
    np.testing.assert_array_equal(after[:, [0, 3]], before[:, [0, 3]])
    np.testing.assert_allclose(after[:, 1], before[:, 1] + 365.25, atol=0.01)
    assert (after[:, 2] == INF).all()


def test_a_share_stays_out_for_ever_but_not_of_those_that_are_there() -> None:
    standing = standing_of([0, 0, 0, 1])._replace(hold_share=np.array([0, 0.2, 1, 1.0]))
    found = np.isfinite(days(standing, [1], draws_of(DRAWS, [0.0], [1.0]))[0]).mean(axis=0)
    assert found[[0, 2, 3]].tolist() == [1, 0, 1]
    assert found[1] == pytest.approx(0.8, abs=0.01)


def test_what_is_reached_is_told_as_reached_on_the_day_of_the_forecast() -> None:
    found = days(standing_of([0, 1, 2]), [1, 2], draws_of(1, [0.0, 0.0], [1.0, 1.0]))
    assert (found[:, 0] == AS_OF).tolist() == [[False, True, True], [False, False, True]]


def test_nothing_comes_after_the_horizon() -> None:
    horizon = AS_OF + 100
    found = days(standing_of([0]), [1], draws_of(2000, [1.0], [1.0]), horizon=horizon)
    free = days(standing_of([0]), [1], draws_of(2000, [1.0], [1.0]))
    np.testing.assert_array_equal(found, np.where(free <= horizon, free, INF))
    assert 0.1 < np.isfinite(found).mean() < 0.9


def test_an_unknown_since_is_the_day_of_the_forecast_and_one_before_the_clock_its_first_day() -> (
    None
):
    parameters = draws_of(200, [3.0], [2.0])
    unknown = standing_of([0, 0])._replace(since=np.array([np.nan, -1e6]))
    known = standing_of([0, 0])._replace(since=np.array([AS_OF, NODES[0]]))
    np.testing.assert_array_equal(days(unknown, [1], parameters), days(known, [1], parameters))


def test_outside_of_its_nodes_the_clock_stands_still() -> None:
    parameters = draws_of(50, [1.0], [1.0])
    assert (days(standing_of([0]), [1], parameters, as_of=HORIZON, horizon=INF) == INF).all()
    early = days(standing_of([0]), [1], parameters, as_of=NODES[0] - 900)
    np.testing.assert_array_equal(early, days(standing_of([0]), [1], parameters, as_of=NODES[0]))


def test_residuals_hold_where_powers_overflow() -> None:
    small = residual(math.log(1e-300), 8.0, 50.0, 0.5)
    assert small == 0.0
    # with the spell long overdue the hazard is k / scale * (spent / scale) ** (k - 1)
    overdue = residual(math.log(2.0), 3.0, 2000.0, 0.5)
    assert overdue == pytest.approx(math.log(2) / (3 / 2 * 1000.0**2), rel=1e-5)
    assert residual(2000.0, 1.0, 0.0, 0.5) == INF
    assert residual(0.0, 0.05, 1e-300, 1 - 2**-54) >= 0
    for spent in (1e-9, 1.0, 2.999, 3.001, 50.0):
        plain = 3 * ((spent / 3) ** 1.7 - math.log(0.3)) ** (1 / 1.7) - spent
        assert residual(math.log(3), 1.7, spent, 0.3) == pytest.approx(plain, rel=1e-9)


def test_one_seed_makes_the_same_days_on_one_and_two_threads_and_another_makes_others() -> None:
    standing = standing_of([0] * 20, spent=2.0)
    parameters = draws_of(300, [1.0, 1.0], [0.7, 2.0], revert=[0.1, 0.1])
    one, two = (days(standing, [2], parameters, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != days(standing, [2], parameters, seed=8)).mean() > 0.99
    fewer = draws_of(100, [1.0, 1.0], [0.7, 2.0], revert=[0.1, 0.1])
    np.testing.assert_array_equal(days(standing, [2], fewer), one[:, :100])


def test_no_parcels_no_targets_and_no_draws_have_no_days() -> None:
    parameters = draws_of(2, [1.0], [1.0])
    assert days(standing_of([]), [1], parameters).shape == (1, 2, 0)
    assert days(standing_of([0]), [], parameters).shape == (0, 2, 1)
    assert days(standing_of([0]), [1], draws_of(0, [1.0], [1.0])).shape == (1, 0, 1)
