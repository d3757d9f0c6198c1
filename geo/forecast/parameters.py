"""Draws of what a simulation needs to know: durations, the common speed, and falls."""

from typing import NamedTuple

from geo.forecast.town import Floats


class Parameters(NamedTuple):
    """Parameters of ``draws`` futures, each with a history of its own speed.

    Operational time is the time that work takes at the usual speed: it runs exp(g) months a month,
    with g the common log speed, constant within a half year. ``nodes`` (m,) are the boundaries of
    the half years, in days since 1970-01-01, and ``clock`` (draws, m) the operational months that
    have passed at each, 0 at the first; between nodes it is linear.

    ``log_scale`` (draws, groups, rungs) is the logarithm of the Weibull scale, in operational
    months, of the stage that reaches a rung from the one below, and the first from nothing told;
    ``shape`` (draws, rungs) is its shape. ``revert`` and ``withdraw`` (draws, rungs) are the
    hazards per operational month of falling back, and of falling to the first rung, while a rung is
    worked on. ``fall`` (rungs, rungs) is, for the rung worked on, the cumulative distribution of
    the rung that a parcel falls back to.
    """

    log_scale: Floats
    shape: Floats
    nodes: Floats
    clock: Floats
    revert: Floats
    withdraw: Floats
    fall: Floats
