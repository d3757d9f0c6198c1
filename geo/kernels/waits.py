"""When parcels reach a rung: every stage drawn anew in each draw, each parcel on its own.

Time is operational, in months of work at the usual speed, and turned to days by the clock of the
draw. Outside its nodes the clock stands still: what is not reached by the last is never reached.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.forecast.parameters import Parameters
from geo.kernels.compiled import compiled, in_chunks
from geo.kernels.random import key_of, mixed, uniform_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Days = npt.NDArray[np.float32]

MOST_STEPS: Final = 200
"""A parcel that has begun this many stages, falling back again and again, never comes."""

_COUNTS_PER_STEP: Final = 4
"""Count 0 tells whether a parcel holds out; then each step has its own: the stage, the time of the
setback, its kind, and the rung fallen to."""


REACHES: Final = 0
FALLS: Final = 1
WITHDRAWS: Final = 2


class Standing(NamedTuple):
    """Where each parcel stands, arrays (parcels,).

    ``rung`` it stands at (-1: it has yet to reach the first, which is 0) and the day ``since``
    (NaN: since the day of the forecast), its ``group``, the day ``begin`` before which nothing
    starts on it (-inf: under way, inf: never), and ``hold_share``, the chance that it stays out for
    ever. Days since 1970-01-01.
    """

    rung: Integers
    since: Floats
    group: Integers
    begin: Floats
    hold_share: Floats


class Moments(NamedTuple):
    """Days as places on the clock: between the nodes ``cell`` and ``cell + 1``, ``share`` of it."""

    cell: Integers
    share: Floats


class Course(NamedTuple):
    """What is the same in every draw: ``targets`` (targets,) rising rungs, days and the seed.

    ``begins`` and ``sinces`` (parcels,) and ``bounds`` (2,), the day of the forecast and the
    horizon, are places on the clock; ``as_of`` is that day itself.
    """

    targets: Integers
    as_of: float
    bounds: Moments
    sinces: Moments
    begins: Moments
    seed: int


class Luck(NamedTuple):
    """What one draw tells of all parcels: its parameters, its clock (m,), the key of its numbers.

    ``log_scale`` (groups, rungs); ``shape``, ``revert`` and ``withdraw`` (rungs,).
    """

    log_scale: Floats
    shape: Floats
    revert: Floats
    withdraw: Floats
    clock: Floats
    key: np.uint64


def ready_days(
    standing: Standing,
    targets: Integers,
    *,
    as_of: float,
    horizon: float,
    parameters: Parameters,
    seed: int,
    threads: int | None = None,
) -> Days:
    """The day on which each parcel first reaches each of the ``targets``, (targets, draws, n).

    ``targets`` are rungs, rising. The day is ``as_of`` where a parcel stands there already, and
    infinite where it comes never or after the ``horizon``. Days since 1970-01-01.
    """
    standing, parameters = as_arrays(standing, parameters)
    course = course_of(standing, targets, (as_of, horizon), parameters.nodes, seed)
    draws = len(parameters.log_scale)
    days = np.empty((len(course.targets), draws, len(standing.rung)), dtype=np.float32)
    in_chunks(
        draws,
        lambda _, start, stop: _fill(days, start, stop, standing, course, parameters),
        threads,
    )
    return days


def as_arrays(standing: Standing, parameters: Parameters) -> tuple[Standing, Parameters]:
    """Copies in the one type that the kernels are compiled for: in rows, and not read-only."""
    return (
        Standing(
            np.array(standing.rung, dtype=np.int64),
            np.array(standing.since, dtype=np.float64),
            np.array(standing.group, dtype=np.int64),
            np.array(standing.begin, dtype=np.float64),
            np.array(standing.hold_share, dtype=np.float64),
        ),
        Parameters(*(np.array(values, dtype=np.float64) for values in parameters)),
    )


def course_of(
    standing: Standing, targets: Integers, bounds: tuple[float, float], nodes: Floats, seed: int
) -> Course:
    """What is the same in every draw; ``bounds`` are the day of the forecast and the horizon."""
    as_of = float(bounds[0])
    since = np.where(np.isnan(standing.since), as_of, np.minimum(standing.since, as_of))
    return Course(
        targets=np.array(targets, dtype=np.int64),
        as_of=as_of,
        bounds=_moments(nodes, np.array(bounds, dtype=np.float64)),
        sinces=_moments(nodes, since),
        begins=_moments(nodes, np.maximum(standing.begin, as_of)),
        seed=int(seed),
    )


def _moments(nodes: Floats, days: Floats) -> Moments:
    """Days (any,) as places on the clock with its ``nodes`` (m,), at least two."""
    days = np.clip(days, nodes[0], nodes[-1])
    cell = np.clip(np.searchsorted(nodes, days, side="right") - 1, 0, len(nodes) - 2)
    share = (days - nodes[cell]) / (nodes[cell + 1] - nodes[cell])
    return Moments(cell.astype(np.int64), share)


@compiled
def clock_at(clock: Floats, moments: Moments, index: int) -> float:
    """Operational months that the ``clock`` (m,) shows at one of the places on it."""
    cell = moments.cell[index]
    return float(clock[cell] + moments.share[index] * (clock[cell + 1] - clock[cell]))


@compiled
def day_at(nodes: Floats, clock: Floats, months: float) -> float:
    """The day on which the ``clock`` (m,) first shows so many months; infinite if it never does."""
    last = len(nodes) - 1
    if not months <= clock[last]:
        return np.inf
    cell = 0
    while cell < last - 1 and clock[cell + 1] < months:
        cell += 1
    pace = (nodes[cell + 1] - nodes[cell]) / (clock[cell + 1] - clock[cell])
    return float(nodes[cell] + max(months - clock[cell], 0.0) * pace)


@compiled
def residual(log_scale: float, shape: float, spent: float, chance: float) -> float:
    """Months until a Weibull spell ends that has lasted ``spent`` months, by a uniform number."""
    hazard = -np.log(chance)
    if spent > 0.0:
        passed = shape * (np.log(spent) - log_scale)
        if passed > 10.0:  # the difference of two large powers, without forming them
            return float(spent * np.expm1(np.log1p(hazard * np.exp(-passed)) / shape))
        hazard += np.exp(passed)
    return max(float(np.exp(log_scale + np.log(hazard) / shape)) - spent, 0.0)


@compiled
def spell(
    log_scale: float,
    shape: float,
    revert: float,
    withdraw: float,
    spent: float,
    key: np.uint64,
    step: int,
) -> tuple[float, int]:
    """Months until something happens to a parcel, and what: it reaches, falls back or withdraws.

    A Weibull spell and two constant hazards a month: whichever comes first. ``spent`` are the
    months of work behind it, ``key`` and ``step`` tell its random numbers.
    """
    count = 1 + _COUNTS_PER_STEP * step
    months = residual(log_scale, shape, spent, uniform_of(key, count))
    hazard = revert + withdraw
    if hazard <= 0.0:
        return months, REACHES
    chance = uniform_of(key, count + 1)
    if chance >= hazard * months:  # which is never less than 1 - exp(-hazard * months)
        return months, REACHES
    earlier = -float(np.log1p(-chance)) / hazard
    if earlier >= months:
        return months, REACHES
    if uniform_of(key, count + 2) * hazard < withdraw:
        return earlier, WITHDRAWS
    return earlier, FALLS


@compiled
def rung_after(what: int, rung: int, fall: Floats, key: np.uint64, step: int) -> int:
    """The rung at which a parcel stands after what happened to it at a ``rung``.

    ``fall`` (rungs, rungs) tells, for the rung worked on, how far down it falls.
    """
    if what == REACHES:
        return rung + 1
    if what == WITHDRAWS:
        return 0
    chance, fallen = uniform_of(key, 4 + _COUNTS_PER_STEP * step), 0
    while fallen < rung and chance >= fall[rung + 1, fallen]:
        fallen += 1
    return fallen


@compiled
def holds_out(begin: float, hold_share: float, key: np.uint64) -> bool:
    """Whether a parcel never moves in a draw: it is not to begin, or stays out for ever."""
    return begin == np.inf or (hold_share > 0.0 and uniform_of(key, 0) < hold_share)


@compiled
def luck_of(draw: int, parameters: Parameters, course: Course) -> Luck:
    """What one draw tells of all parcels."""
    return Luck(
        parameters.log_scale[draw],
        parameters.shape[draw],
        parameters.revert[draw],
        parameters.withdraw[draw],
        parameters.clock[draw],
        key_of(mixed(np.uint64(course.seed)), draw),
    )


@compiled
def reached_already(days: Days, standing: Standing, course: Course) -> None:
    """Set ``days`` (targets, n): the forecast's own for what is reached, infinite for the rest."""
    for which in range(len(course.targets)):
        for parcel in range(len(standing.rung)):
            there = standing.rung[parcel] >= course.targets[which]
            days[which, parcel] = course.as_of if there else np.inf


@compiled
def _fill(
    days: Days, start: int, stop: int, standing: Standing, course: Course, parameters: Parameters
) -> None:
    """Set ``days`` (targets, draws, n) from one draw to before another."""
    for draw in range(start, stop):
        luck = luck_of(draw, parameters, course)
        reached_already(days[:, draw], standing, course)
        _follow(days[:, draw], standing, course, luck, parameters.nodes, parameters.fall)


@compiled
def _follow(
    days: Days, standing: Standing, course: Course, luck: Luck, nodes: Floats, fall: Floats
) -> None:
    """Set ``days`` (targets, n) of one draw on which parcels reach what they are not at.

    All in one loop: what is handed to another function here is handed over millions of times.
    """
    targets, clock = course.targets, luck.clock
    top = targets[-1] if len(targets) else 0
    as_of, end = clock_at(clock, course.bounds, 0), clock_at(clock, course.bounds, 1)
    for parcel in range(len(standing.rung)):
        rung, group = standing.rung[parcel], standing.group[parcel]
        key = key_of(luck.key, parcel)
        if rung >= top or holds_out(standing.begin[parcel], standing.hold_share[parcel], key):
            continue
        target = 0
        while rung >= targets[target]:
            target += 1
        spent = as_of - clock_at(clock, course.sinces, parcel)
        now = clock_at(clock, course.begins, parcel)
        for step in range(MOST_STEPS):
            work = rung + 1
            months, what = spell(
                luck.log_scale[group, work],
                luck.shape[work],
                luck.revert[work],
                luck.withdraw[work],
                spent,
                key,
                step,
            )
            now += months
            if not now <= end:
                break
            spent, rung = 0.0, rung_after(what, rung, fall, key, step)
            while target < len(targets) and rung >= targets[target]:
                days[target, parcel] = max(day_at(nodes, clock, now), course.as_of)
                target += 1
            if target == len(targets):
                break
