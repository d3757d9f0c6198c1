"""Terms that cannot all be met: which of them, by how much, and the nearest that can."""

import time
from decimal import Decimal
from typing import Final

import numpy as np

from geo.findings import Finding, finding
from geo.sequence.case import Case
from geo.sequence.lots import Floats, Stop
from geo.sequence.relaxation import Outcome, Program
from geo.sequence.terms import Terms
from geo.units import M2_PER_MU, rounded, rounded_up

FAMILIES: Final = ("milestone", "budget", "crews")
CUTS: Final = 2_000
EPSILON: Final = 1e-6
LEAST_SECONDS: Final = 5.0


def explain(terms: Terms, case: Case, *, seconds: float, stop: Stop) -> list[Finding]:
    """What would have to give way, for each family of terms that alone could make room.

    Each amount is the least that is proven to be missing, in about so many seconds for all; of
    small towns it is exact. Where no family alone is enough, all of them give way together.
    """
    each = max(seconds, LEAST_SECONDS) / (len(FAMILIES) + 1)
    findings: list[Finding] = []
    for family in FAMILIES:
        program = Program(case, elastic=(family,))
        outcome = _least(program, each, stop)
        if not outcome.infeasible:
            findings += _worded(terms, case, program, outcome)
    if not findings:
        program = Program(case, elastic=FAMILIES)
        findings = _worded(terms, case, program, _least(program, each, stop))
    return findings or [finding("sequence.unfound", seen=f"{seconds:g}")]


def _least(program: Program, seconds: float, stop: Stop) -> Outcome:
    """The least that is missing: with fractions first, then with whole starts until time is up."""
    until = time.monotonic() + seconds
    outcome = program.relaxed(seconds)
    while outcome.values is not None and program.add_covers(outcome.values, most=CUTS):
        outcome = program.relaxed(max(seconds / 10, until - time.monotonic()))
    while outcome.values is not None and time.monotonic() < until:
        found = program.solved(until - time.monotonic(), gap=1e-6, start=None, stop=stop)
        if found.infeasible:
            return found
        if found.values is None or not found.optimal:  # what it lacks may be too much
            break
        outcome = found
        if not program.add_covers(found.values, most=CUTS, every_year=True):
            break
    return outcome


def _worded(terms: Terms, case: Case, program: Program, outcome: Outcome) -> list[Finding]:
    """What is missing of each family, in words."""
    if outcome.values is None:
        return []
    missing = {name: outcome.values[columns] for name, columns in program.slack.items()}
    findings = _milestones(terms, case, missing.get("milestone", NOTHING) * program.land_unit)
    money = missing.get("budget", NOTHING) * program.money_unit
    if money.sum() > EPSILON * program.money_unit:
        parts = [
            f"{terms.first_year + year}: {_up(lack, 0)}"
            for year, lack in enumerate(money)
            if lack > EPSILON * program.money_unit
        ]
        findings.append(
            finding("sequence.budget", seen=", ".join(parts), short=_up(money.sum(), 0))
        )
    months = missing.get("crews", NOTHING) * program.month_unit
    if months.sum() > EPSILON * program.month_unit:
        each = months.reshape(case.years, -1)
        parts = [
            f"{terms.first_year + year}/{stage + 1}: {_up(each[year, stage], 1)}"
            for year, stage in np.argwhere(each > EPSILON * program.month_unit)
        ]
        findings.append(
            finding("sequence.crews", seen=", ".join(parts), short=_up(months.sum(), 1))
        )
    return findings


def _milestones(terms: Terms, case: Case, short_m2: Floats) -> list[Finding]:
    """One finding for every year whose milestone is out of reach."""
    findings = []
    for year in np.flatnonzero(short_m2 > 1.0):
        least = rounded(terms.least_m2[year] / M2_PER_MU, 2)
        short = rounded_up(short_m2[year] / M2_PER_MU, 2)
        findings.append(
            finding(
                "sequence.milestone",
                seen=f"{max(least - short, ZERO)}",
                year=terms.first_year + int(year),
                least=least,
                short=short,
            )
        )
    return findings


def _up(value: float, places: int) -> str:
    return f"{rounded_up(float(value), places):,f}"


NOTHING: Final = np.zeros(0)
ZERO: Final = Decimal(0)
