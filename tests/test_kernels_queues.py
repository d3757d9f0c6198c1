"""Days by crews, against a plain simulation that looks through all parcels for what comes next."""

import math
from typing import Any

import numpy as np
import pytest

from geo.forecast.parameters import Parameters
from geo.kernels.queues import queued_days
from geo.kernels.random import uniform
from geo.kernels.waits import Standing, ready_days
from geo.units import DAYS_PER_MONTH
from tests.futures import AS_OF, HORIZON, draws_of, standing_of

SEED = 7
ASKED: dict[str, Any] = {"as_of": AS_OF, "horizon": HORIZON, "seed": SEED}
INF = np.inf


def town(draws: int) -> tuple[Standing, Parameters]:
    """Twelve parcels at four rungs, of every age, some of which begin later, never, or hold out."""
    random = np.random.default_rng(2)
    standing = standing_of([-1, 0, 1, 2] * 3)._replace(
        since=AS_OF - random.permutation(12) * 50.0,
        begin=np.where(np.arange(12) % 5 == 4, AS_OF + 200, -INF),
        hold_share=np.full(12, 0.1),
    )
    standing.begin[11] = INF
    parameters = draws_of(
        draws,
        [1.0, 2.0, 1.5],
        [1.5, 0.8, 1.2],
        revert=[0.01, 0.02, 0.03],
        withdraw=[0.0, 0.01, 0.01],
        fall=[[1.0] * 4, [1.0] * 4, [0.5, 1.0, 1.0, 1.0], [0.2, 0.5, 1.0, 1.0]],
        speeds=[1.0, 1.5, 0.5, 1.0, 2.0],
        first=(0.5, 1.3),
    )
    return standing, parameters


def plain(
    standing: Standing, parameters: Parameters, crews: list[int], target: int, draw: int
) -> list[float]:
    """The days of one draw, with a list of who waits for each rung and no heap."""
    clock = lambda day: float(np.interp(day, parameters.nodes, parameters.clock[draw]))  # noqa: E731
    n = len(standing.rung)
    rung, step = standing.rung.tolist(), [0] * n
    spent = [clock(AS_OF) - clock(day) for day in standing.since]
    days = [AS_OF if r >= target else INF for r in rung]
    events = [
        (clock(max(standing.begin[p], AS_OF)), standing.since[p], p, None)
        for p in range(n)
        if rung[p] < target
        and standing.begin[p] < INF
        and uniform(SEED, draw, p, 0) >= standing.hold_share[p]
    ]
    waiting: dict[int, list[int]] = {r: [] for r in range(target + 1)}
    working = dict.fromkeys(waiting, 0)
    while events:
        event = min(events, key=lambda event: event[:3])
        events.remove(event)
        now, _, p, ends_at = event
        if now > clock(HORIZON):
            break
        if ends_at is not None:
            working[rung[p] + 1] -= 1
            rung[p], spent[p] = ends_at, 0.0
        if rung[p] >= target:
            days[p] = float(np.interp(now, parameters.clock[draw], parameters.nodes))
        else:
            waiting[rung[p] + 1].append(p)
        for r, queue in waiting.items():
            while queue and (crews[r] == 0 or working[r] < crews[r]):
                q = queue.pop(0)
                working[r] += 1
                wait, ends = lasts(parameters, draw, q, r, spent[q], step[q])
                step[q] += 1
                events.append((now + wait, standing.since[q], q, ends))
    return days


def lasts(
    parameters: Parameters, draw: int, parcel: int, rung: int, spent: float, step: int
) -> tuple[float, int]:
    """Months until a stage ends and the rung to which that leads, by the formulas of the book."""
    u = [uniform(SEED, draw, parcel, 1 + 4 * step + k) for k in range(4)]
    scale, shape = math.exp(parameters.log_scale[draw, 0, rung]), parameters.shape[draw, rung]
    done = scale * ((spent / scale) ** shape - math.log(u[0])) ** (1 / shape) - spent
    back, out = parameters.revert[draw, rung], parameters.withdraw[draw, rung]
    setback = -math.log(1 - u[1]) / (back + out) if back + out else INF
    if done <= setback:
        return done, rung
    if u[2] < out / (back + out):
        return setback, 0
    return setback, int(np.searchsorted(parameters.fall[rung], u[3], side="right"))


@pytest.mark.parametrize("crews", [[0, 0, 0, 0], [1, 1, 1, 1], [1, 2, 0, 3], [20, 20, 20, 20]])
def test_days_are_those_of_a_plain_simulation(crews: list[int]) -> None:
    standing, parameters = town(100)
    found = queued_days(
        standing, np.array([3]), crews=np.array(crews), parameters=parameters, **ASKED
    )
    theirs = [plain(standing, parameters, crews, 3, draw) for draw in range(100)]
    np.testing.assert_allclose(found[0], theirs, atol=0.01)
    assert 0.5 < np.isfinite(found).mean() < 1


@pytest.mark.parametrize("crews", [0, 12])
def test_without_limit_the_days_are_those_of_parcels_alone_to_the_last_bit(crews: int) -> None:
    standing, parameters = town(1000)
    standing.since[3] = np.nan
    targets = np.array([0, 1, 3])
    limits = np.full(4, crews)
    queued = queued_days(standing, targets, crews=limits, parameters=parameters, **ASKED)
    alone = ready_days(standing, targets, parameters=parameters, **ASKED)
    np.testing.assert_array_equal(queued, alone)


def test_one_crew_works_on_one_parcel_after_another_the_oldest_first() -> None:
    sure = draws_of(1, [math.log(10.0)], [1e6])  # every spell lasts ten months
    standing = standing_of([0, 0, 0])._replace(since=AS_OF - np.array([0.0, 0.0, 1.0]))
    found = queued_days(standing, np.array([1]), crews=np.array([0, 1]), parameters=sure, **ASKED)
    months = (found[0, 0] - AS_OF) / DAYS_PER_MONTH
    np.testing.assert_allclose(months, [20, 30, 10], atol=0.05)


def test_a_crew_of_the_first_stage_takes_up_one_parcel_of_which_nothing_is_told_at_a_time() -> None:
    sure = draws_of(1, [math.log(4.0)], [1e6], first=(math.log(10.0), 1e6))
    standing = standing_of([-1, -1, -1])._replace(since=AS_OF - np.array([0.0, 1.0, 2.0]))
    found = queued_days(
        standing, np.array([0, 1]), crews=np.array([1, 0]), parameters=sure, **ASKED
    )
    months = (found[:, 0] - AS_OF) / DAYS_PER_MONTH
    np.testing.assert_allclose(months, [[30, 20, 10], [34, 24, 14]], atol=0.1)


def test_who_begins_later_waits_behind_those_that_came_before() -> None:
    sure = draws_of(1, [math.log(10.0)], [1e6])
    later = AS_OF + 12 * DAYS_PER_MONTH
    standing = standing_of([0, 0, 0])._replace(begin=np.array([later, -INF, -INF]))
    found = queued_days(standing, np.array([1]), crews=np.array([0, 1]), parameters=sure, **ASKED)
    months = (found[0, 0] - AS_OF) / DAYS_PER_MONTH
    np.testing.assert_allclose(months, [30, 10, 20], atol=0.05)


def test_one_and_two_threads_make_the_same_days() -> None:
    standing, parameters = town(300)
    one, two = (
        queued_days(
            standing,
            np.array([3]),
            crews=np.array([0, 2, 2, 2]),
            parameters=parameters,
            threads=threads,
            **ASKED,
        )
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


def test_no_parcels_have_no_days() -> None:
    found = queued_days(
        standing_of([]),
        np.array([1]),
        crews=np.array([0, 1]),
        parameters=draws_of(2, [1.0], [1.0]),
        **ASKED,
    )
    assert found.shape == (1, 2, 0)
