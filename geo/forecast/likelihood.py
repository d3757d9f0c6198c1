"""The likelihood of durations: Weibull in operational time, with its gradient and curvature."""

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from scipy import sparse

from geo.forecast import speed
from geo.forecast.spells import REACHED, Spells
from geo.forecast.town import Floats, Integers

LN2: Final = float(np.log(2.0))


class Terms(NamedTuple):
    """A log likelihood and its first and second derivatives by the parameters."""

    value: float
    gradient: Floats
    hessian: Floats


class Likelihood:
    """How likely the spells are, by medians, shapes, offsets of groups and speeds of half years.

    A wait of rung r in group c that has spent x operational months has the cumulative hazard

        H(x) = ln 2 · (x / median)^k,  ln median = m_r + u_c,  ln k = κ_r,  x = Σ_h months_h e^{g_h}

    so that x = median leaves one half waiting. What was seen from entry e to the end x adds

        d · [ln ln 2 + κ + k (ln x − m − u) − ln x + g_h(stop)] − H(x) + H(e)

    with d = 1 where the rung was reached: right censoring and left truncation as in Klein &
    Moeschberger (2003), section 3.5; falls censor, being competing risks. The last term of the
    bracket makes it a density by the calendar. Parameters are one vector: ``m`` and ``κ`` of the
    rungs, ``u`` of the groups (none for one group), ``g`` of the half years.
    """

    def __init__(self, spells: Spells, rungs: int, groups: int, nodes: Floats) -> None:
        spells = spells.only(spells.stop > spells.entry)
        self.sizes = (rungs, rungs, groups if groups > 1 else 0, len(nodes) - 1)
        self.reached = (spells.end == REACHED).astype(np.float64)
        self.rung = spells.rung
        self.group = spells.group
        self.months = speed.months_in(spells.start, spells.stop, nodes)
        self.truncated = speed.months_in(spells.start, spells.entry, nodes)
        stops = speed.half_of(spells.stop, nodes)
        self.stops = np.bincount(stops, self.reached, self.sizes[3])
        self.stages = _one_hot(self.rung, self.sizes[0])
        self.offsets = _one_hot(self.group, groups)[:, : self.sizes[2]]

    @property
    def parts(self) -> list[slice]:
        """Where the medians, shapes, offsets and speeds stand in the vector of parameters."""
        ends = np.cumsum([0, *self.sizes])
        return [slice(start, stop) for start, stop in pairwise(ends)]

    def terms(self, parameters: Floats) -> Terms:
        """The log likelihood at ``parameters`` and its derivatives."""
        medians, shapes, offsets, speeds = (parameters[part] for part in self.parts)
        log_median = medians[self.rung]
        if len(offsets):
            log_median = log_median + offsets[self.group]
        pace = np.exp(speeds)
        stop, entry = (
            _Moment(part, pace, log_median, shapes[self.rung])
            for part in (self.months, self.truncated)
        )
        d, k = self.reached, np.exp(shapes[self.rung])
        reached = np.log(LN2) + shapes[self.rung] + stop.power - stop.log_spent
        value = float(
            (d * reached - stop.hazard + entry.hazard).sum() + (self.stops * speeds).sum()
        )
        return Terms(value, *self._derivatives(d, k, stop, entry))

    def _derivatives(
        self, d: Floats, k: Floats, stop: "_Moment", entry: "_Moment"
    ) -> tuple[Floats, Floats]:
        """Chain rule over (η = ln median, κ, ln x, ln e); a and b are ∂ ln x / ∂g, ∂ ln e / ∂g."""
        hx, he, zx, ze = stop.hazard, entry.hazard, stop.power, entry.power
        by_eta, by_kappa = -k * (d - hx + he), d * (1 + zx) - hx * zx + he * ze
        by_x, by_e = d * (k - 1) - k * hx, k * he
        a, b = stop.shares, entry.shares
        eta = sparse.hstack([self.stages, self.offsets], format="csr")
        bends = np.asarray(a.T @ by_x + b.T @ by_e)
        gradient_eta = eta.T @ by_eta
        gradient = np.concatenate(
            [
                gradient_eta[: self.sizes[0]],
                self.stages.T @ by_kappa,
                gradient_eta[self.sizes[0] :],
                bends + self.stops,
            ]
        )
        eta_eta = -(k**2) * (hx - he)
        eta_kappa = -k * (d - hx + he - hx * zx + he * ze)
        kappa_kappa = d * zx - hx * zx * (1 + zx) + he * ze * (1 + ze)
        eta_g = _scaled(a, k**2 * hx) - _scaled(b, k**2 * he)
        kappa_g = _scaled(a, k * (d - hx * (1 + zx))) + _scaled(b, k * he * (1 + ze))
        g_g = a.T @ _scaled(a, -(k**2) * hx - by_x) + b.T @ _scaled(b, k**2 * he - by_e)
        return gradient, self._whole(
            eta.T @ _scaled(eta, eta_eta),
            eta.T @ _scaled(self.stages, eta_kappa),
            self.stages.T @ _scaled(self.stages, kappa_kappa),
            eta.T @ eta_g,
            self.stages.T @ kappa_g,
            g_g.toarray() + np.diag(bends),
        )

    def _whole(self, *blocks: sparse.csr_array | Floats) -> Floats:
        """The blocks of second derivatives in the order of the parameters."""
        ee, ek, kk, eg, kg, gg = (
            block.toarray() if sparse.issparse(block) else block for block in blocks
        )
        medians, shapes, offsets, speeds = self.parts
        eta = np.r_[medians, offsets]
        hessian = np.zeros((speeds.stop, speeds.stop))
        hessian[np.ix_(eta, eta)] = ee
        hessian[shapes, shapes] = kk
        hessian[speeds, speeds] = gg
        for rows, columns, block in ((eta, shapes, ek), (eta, speeds, eg)):
            hessian[rows, columns] = block
            hessian[columns, rows] = block.T
        hessian[shapes, speeds] = kg
        hessian[speeds, shapes] = kg.T
        return hessian


class _Moment:
    """A wait at one moment: operational months spent, k ln(x / median), and H; 0 at its start."""

    def __init__(
        self, months: sparse.csr_array, pace: Floats, log_median: Floats, log_shape: Floats
    ) -> None:
        spent = months @ pace
        begun = spent > 0
        self.log_spent = np.log(np.where(begun, spent, 1.0))
        power = np.exp(log_shape) * (self.log_spent - log_median)
        self.power = np.where(begun, power, 0.0)
        self.hazard = np.where(begun, LN2 * np.exp(np.minimum(power, 300.0)), 0.0)
        inverse = np.where(begun, 1 / np.where(begun, spent, 1.0), 0.0)
        self.shares = _with(months, pace[months.indices] * months.data, inverse)


def _one_hot(places: Integers, columns: int) -> sparse.csr_array:
    rows = np.arange(len(places))
    return sparse.csr_array((np.ones(len(places)), (rows, places)), shape=(len(places), columns))


def _scaled(rows: sparse.csr_array, factors: Floats) -> sparse.csr_array:
    """Each row times its factor."""
    return _with(rows, rows.data, factors)


def _with(rows: sparse.csr_array, data: Floats, factors: Floats) -> sparse.csr_array:
    """The places of ``rows``, with other data, each row times its factor."""
    scaled = data * np.repeat(factors, np.diff(rows.indptr))
    return sparse.csr_array((scaled, rows.indices, rows.indptr), shape=rows.shape)
