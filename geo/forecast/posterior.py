"""The joint posterior of durations, of the common speed and of falls, and draws from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy import linalg, optimize

from geo.forecast import speed
from geo.forecast.likelihood import LN2, Likelihood, Terms
from geo.forecast.parameters import Parameters
from geo.forecast.priors import SHAPES, StageBeliefs, beliefs
from geo.forecast.rivals import Rivals, rivals
from geo.forecast.spells import REACHED, WAITING, Spells
from geo.forecast.town import Floats, Integers, StagePrior

SIGMAS: Final = (0.04, 0.08, 0.15, 0.25, 0.4, 0.65)
RHOS: Final = (0.2, 0.5, 0.8)
TAUS: Final = (0.05, 0.12, 0.25, 0.5)
"""The values that are tried of the standard deviation of the log speed of a half year, of how much
of it lasts to the next, and of the standard deviation of the offsets of groups."""

SIGMA_SCALE: Final = 0.3
TAU_SCALE: Final = 0.3
"""Scales of their half-normal priors (Gelman 2006); ``rho`` has a flat one."""

STEEP: Final = 8.0
"""Waits that all lasted the same number of days would make a shape infinite: minus (k / 8)^8 in the
log posterior bounds it and leaves shapes of real waits, below 3, as they are."""

TABLE_DRAWS: Final = 4000


class Spread(NamedTuple):
    """Hyperparameters: how far speeds and groups differ, with their prior weight."""

    sigma: float
    rho: float
    tau: float
    log_weight: float


class Mode(NamedTuple):
    """A Laplace approximation: Normal(``mean``, ``root`` · ``root``ᵀ), and its log evidence."""

    mean: Floats
    root: Floats
    log_evidence: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """What ledger and plan together say of durations, speed and falls.

    ``stages`` has a row for each rung: ``rung``, ``stage``, ``spells`` (``ended`` by
    reaching it, ``waiting`` still), ``plan_p50_months``, and ``p10_months``, ``p50_months`` and
    ``p90_months`` of the *median* wait at the usual speed: how well the pace is known, not how far
    parcels differ. ``speed`` has for each half year (``half_year``) the quantiles ``p10``, ``p50``
    and ``p90`` of how many months' work was done in a month. ``sigma``, ``rho`` and ``tau`` are
    posterior means.
    """

    stages: pd.DataFrame
    speed: pd.DataFrame
    sigma: float
    rho: float
    tau: float
    groups: int
    nodes: Floats
    parts: list[slice]
    spreads: list[Spread]
    modes: list[Mode]
    weights: Floats
    rivals: Rivals

    def draw(self, draws: int, seed: int, until: float) -> Parameters:
        """Draw futures up to the day ``until``; the same seed draws the same.

        A spread is drawn by its weight, then all durations and past speeds together, and from the
        last speed on the speeds to come: the error of the past mean and of the spread is in them.
        Another ``until`` leaves the near future as it was.
        """
        random = np.random.default_rng(np.random.SeedSequence(seed))
        chosen, drawn = _drawn(self.modes, self.weights, draws, random)
        medians, log_shapes, offsets, speeds = (drawn[:, part] for part in self.parts)
        shape = np.exp(log_shapes)
        log_scale = (medians - np.log(LN2) / shape)[:, None, :]
        log_scale = log_scale + (offsets[:, :, None] if self.groups > 1 else 0.0)
        sigma, rho = (np.array([spread[field] for spread in self.spreads]) for field in (0, 1))
        nodes = _until(self.nodes, until)
        pace = np.exp(speeds)
        revert, withdraw = self.rivals.revert(pace, random), self.rivals.withdraw(pace, random)
        news = random.standard_normal((len(nodes) - len(self.nodes), draws)).T
        ahead = speed.continued(speeds[:, -1], news, sigma[chosen], rho[chosen])
        return Parameters(
            np.ascontiguousarray(log_scale),
            np.ascontiguousarray(shape),
            nodes,
            speed.clock(np.concatenate([speeds, ahead], axis=1), nodes),
            revert,
            withdraw,
            self.rivals.fall,
        )


def fit(
    spells: Spells,
    priors: Sequence[StagePrior],
    groups: int,
    *,
    as_of: float,
    top: int | None = None,
) -> Posterior:
    """The posterior of one joint model of all stages, groups and half years.

    Medians, shapes, offsets and speeds are approximated by a normal distribution at their mode
    (Tierney & Kadane 1986) for each of a grid of spreads (``sigma``, ``rho``, ``tau``), which are
    weighted by what the approximation says of the data: the nested Laplace approximation of Rue,
    Martino & Chopin (2009). ``priors`` has one for each rung, ``as_of`` is the day up to which
    ``spells`` were observed, and ``top`` the highest rung that anybody asks for (by default all).

    Raises :class:`SequenceError` for stages up to there whose duration nobody tells.
    """
    rungs = len(priors)
    ended = np.bincount(spells.rung[spells.end == REACHED], minlength=rungs)
    believed = beliefs(priors, ended.tolist(), rungs - 1 if top is None else top)
    nodes = speed.past(float(np.min(spells.start, initial=as_of)), as_of)
    likelihood = Likelihood(spells, rungs, groups, nodes)
    spreads = list(_grid(groups))
    modes = list(_modes(likelihood, believed, spreads))
    weights = _weights(spreads, modes)
    random = np.random.default_rng(0)
    _, drawn = _drawn(modes, weights, TABLE_DRAWS, random)
    medians, _, _, speeds = (np.exp(drawn[:, part]) for part in likelihood.parts)
    sigma, rho, tau, _ = (weights @ np.array(spreads)).tolist()
    return Posterior(
        stages=_stage_table(spells, priors, medians),
        speed=pd.DataFrame({"half_year": speed.names(nodes), **_quantiles(speeds, "")}),
        sigma=sigma,
        rho=rho,
        tau=tau,
        groups=groups,
        nodes=nodes,
        parts=likelihood.parts,
        spreads=spreads,
        modes=modes,
        weights=weights,
        rivals=rivals(spells, rungs, nodes),
    )


def _grid(groups: int) -> Iterator[Spread]:
    """Neighbours follow one another; the weight allows for steps even in the logarithm."""
    for number, (tau, sigma) in enumerate(product(TAUS if groups > 1 else TAUS[:1], SIGMAS)):
        weight = np.log(sigma) - (sigma / SIGMA_SCALE) ** 2 / 2
        weight += np.log(tau) - (tau / TAU_SCALE) ** 2 / 2
        for rho in RHOS[:: -1 if number % 2 else 1]:
            yield Spread(sigma, rho, tau, float(weight))


def _modes(
    likelihood: Likelihood, believed: StageBeliefs, spreads: Sequence[Spread]
) -> Iterator[Mode]:
    """The mode for every spread, each sought from the one before."""
    medians, shapes, offsets, speeds = likelihood.parts
    mean = np.zeros(speeds.stop)
    mean[medians], mean[shapes] = believed.log_median, believed.log_shape
    start = mean
    for spread in spreads:
        prior = np.zeros((len(mean), len(mean)))
        precisions = np.zeros(len(mean))
        precisions[medians] = believed.log_median_sd**-2
        precisions[shapes] = believed.log_shape_sd**-2
        precisions[offsets] = spread.tau**-2
        np.fill_diagonal(prior, precisions)
        prior[speeds, speeds] = speed.precision(
            speeds.stop - speeds.start, spread.sigma, spread.rho
        )
        mode = _mode(likelihood, mean, prior, start)
        start = mode.mean
        yield mode


def _mode(likelihood: Likelihood, mean: Floats, prior: Floats, start: Floats) -> Mode:
    """Laplace approximation of likelihood × Normal(``mean``, ``prior``⁻¹)."""
    loss = _Loss(likelihood, mean, prior)
    found = optimize.minimize(
        loss.value,
        start,
        jac=loss.gradient,
        hess=loss.hessian,
        method="trust-exact",
        options={"gtol": 1e-2},
    )
    factor = linalg.cholesky(loss.hessian(found.x), lower=True)
    root = linalg.lapack.dtrtri(factor, lower=1)[0].T  # a solver of many sides would start threads
    log_prior = np.log(np.diag(linalg.cholesky(prior))).sum()
    log_evidence = log_prior - np.log(np.diag(factor)).sum() - found.fun
    return Mode(_settled(found.x), _settled(root), float(_settled(log_evidence)))


def _settled(values: Floats) -> Floats:
    """Values on a grid of a millionth: one thread and two round the last bits differently."""
    result: Floats = np.rint(values * 2.0**20) / 2.0**20
    return result


class _Loss:
    """Minus the log posterior and its derivatives, computed once for each place."""

    def __init__(self, likelihood: Likelihood, mean: Floats, prior: Floats) -> None:
        self.likelihood, self.mean, self.prior = likelihood, mean, prior
        self.place, self.known = np.full(len(mean), np.nan), Terms(0.0, mean, prior)

    def _at(self, place: Floats) -> Terms:
        if not np.array_equal(place, self.place):
            away = place - self.mean
            pull = self.prior @ away
            data = self.likelihood.terms(place)
            value = float((away * pull).sum()) / 2 - data.value
            gradient, hessian = pull - data.gradient, self.prior - data.hessian
            shapes = self.likelihood.parts[1]
            bound = np.exp(STEEP * (place[shapes] - np.log(SHAPES[1])))
            gradient[shapes] += STEEP * bound
            hessian[shapes, shapes] += np.diag(STEEP**2 * bound)
            self.place, self.known = place.copy(), Terms(value + bound.sum(), gradient, hessian)
        return self.known

    def value(self, place: Floats) -> float:
        return self._at(place).value

    def gradient(self, place: Floats) -> Floats:
        return self._at(place).gradient

    def hessian(self, place: Floats) -> Floats:
        return self._at(place).hessian


def _weights(spreads: Sequence[Spread], modes: Sequence[Mode]) -> Floats:
    logs = np.array([s.log_weight + m.log_evidence for s, m in zip(spreads, modes, strict=True)])
    weights = np.exp(logs - logs.max())
    result: Floats = weights / weights.sum()
    return result


def _drawn(
    modes: Sequence[Mode], weights: Floats, draws: int, random: np.random.Generator
) -> tuple[Integers, Floats]:
    """Which mode each draw is of, and its parameters."""
    chosen = random.choice(len(modes), size=draws, p=weights)
    drawn = random.standard_normal((draws, len(modes[0].mean)))
    for number, mode in enumerate(modes):
        members = chosen == number
        drawn[members] = mode.mean + np.einsum("dp,qp->dq", drawn[members], mode.root)
    return chosen, drawn


def _until(nodes: Floats, until: float) -> Floats:
    """The nodes, and those that follow to cover ``until``."""
    if until < nodes[-1]:
        return nodes
    return np.concatenate([nodes, speed.half_years(float(nodes[-1]), until)[1:]])


def _stage_table(spells: Spells, priors: Sequence[StagePrior], medians: Floats) -> pd.DataFrame:
    rungs = len(priors)
    counts = {
        name: np.bincount(spells.rung[chosen], minlength=rungs)
        for name, chosen in (
            ("spells", spells.end >= WAITING),
            ("ended", spells.end == REACHED),
            ("waiting", spells.end == WAITING),
        )
    }
    table = {"rung": np.arange(rungs), "stage": [prior.id for prior in priors], **counts}
    table["plan_p50_months"] = np.array([prior.p50_months for prior in priors])
    return pd.DataFrame({**table, **_quantiles(medians, "_months")})


def _quantiles(values: Floats, unit: str) -> dict[str, Floats]:
    found = np.quantile(values, [0.1, 0.5, 0.9], axis=0)
    return dict(zip((f"p10{unit}", f"p50{unit}", f"p90{unit}"), found, strict=True))
