"""The sequence of a study: solved under its terms, or read from its plan of record."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from geo.findings import Finding, Place, finding
from geo.forecast.measuring import town_of
from geo.forecast.town import Target, Town
from geo.sequence.asking import lots_of, sequencing, terms_of, wanted
from geo.sequence.lots import Integers, Lots, Stop, Watch, unstopped, unwatched
from geo.sequence.outcome import Sequence, tables_of
from geo.sequence.record import read_record
from geo.sequence.schedule import nested, schedule
from geo.sequence.terms import Schedule, Terms
from geo.study import Study
from geo.units import M2_PER_MU, SLACK_MU, shown


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a sequence: the land, the terms, and what counts."""

    town: Town
    target: Target
    lots: Lots
    terms: Terms
    findings: list[Finding]


def question_of(study: Study) -> Question:
    """The question that ``[sequence]`` of a plan asks of its study.

    Raises :class:`geo.errors.SequenceError` for what is missing: goals, costs, durations.
    """
    town = town_of(study)
    target = wanted(study.plan, town)
    lots, findings = lots_of(study, town, target)
    terms = terms_of(study, target, lots)
    return Question(town, target, lots, terms, [*findings, *_too_late(study, lots, terms)])


def _too_late(study: Study, lots: Lots, terms: Terms) -> list[Finding]:
    """A word on parcels that cannot be ready within the years, whatever is paid."""
    late = ~lots.ready & (lots.land_m2 > 0) & (terms.lead_months > 12 * terms.years)
    if not late.any():
        return []
    mu = shown(float(lots.land_m2[late].sum()) / M2_PER_MU, 2, grouped=True)
    words: Place = {"seen": int(late.sum()), "mu": mu, "years": terms.years}
    return [finding("sequence.too-late", file=study.plan.path.name, **words)]


def solved(
    question: Question,
    *,
    seed: int,
    time_limit_s: float,
    gap: float,
    notify: Watch = unwatched,
    stop: Stop = unstopped,
) -> Schedule:
    """The best schedule that is found in so many seconds, with its bound."""
    return schedule(
        question.lots,
        question.terms,
        time_limit_s=time_limit_s,
        gap=gap,
        seed=seed,
        notify=notify,
        stop=stop,
    )


def nested_of(
    study: Study,
    question: Question,
    factors: list[float],
    *,
    seed: int,
    time_limit_s: float,
    gap: float,
    notify: Watch = unwatched,
    stop: Stop = unstopped,
) -> list[tuple[float, Sequence]]:
    """Plans for the budget times each factor: what starts with less starts with more, no later."""
    if not factors:
        return []
    plans = nested(
        question.lots,
        question.terms,
        factors,
        time_limit_s=time_limit_s,
        gap=gap,
        seed=seed,
        notify=notify,
        stop=stop,
    )
    return [
        (factor, sequence_of(study, richer(question, factor), plan))
        for factor, plan in zip(sorted(factors), plans, strict=True)
    ]


def richer(question: Question, factor: float) -> Question:
    """The same question with its budget times a factor."""
    terms = replace(question.terms, budget=question.terms.budget * factor)
    return replace(question, terms=terms)


def sequence_of(study: Study, question: Question, found: Schedule) -> Sequence:
    """A schedule as tables."""
    return _sequence(
        study,
        question,
        (found.start_quarter, found.ready_quarter),
        bound=found.bound,
        status=found.status,
        seed=found.seed,
        seconds=found.seconds,
    )


def recorded(study: Study, file: str) -> Sequence:
    """The plan of record, as its table states it; nobody proved a bound of it.

    What it does not keep of the terms is among the findings: who wrote it may have had reasons.
    Raises :class:`geo.errors.SequenceError` for rows that cannot be understood.
    """
    question = question_of(study)
    start, ready = read_record(study.plan, file, question.lots, question.terms)
    told = _sequence(
        study, question, (start, ready), bound=float("nan"), status="recorded", seed=0, seconds=0.0
    )
    told.findings.extend([*_over_budget(told, file), *_behind(question.lots, told, file)])
    return told


def _sequence(
    study: Study,
    question: Question,
    quarters: tuple[Integers, Integers],
    *,
    bound: float,
    status: str,
    seed: int,
    seconds: float,
) -> Sequence:
    plan, terms = study.plan, question.terms
    tables = tables_of(question.lots, terms, *quarters)
    mu_years = float(tables["years"]["in_blocks_mu"].sum())
    bound_mu = bound / M2_PER_MU
    return Sequence(
        as_of=plan.as_of,
        goal=question.target.id,
        currency=sequencing(plan).currency,
        mode=plan.contiguity.mode,
        gap_m=plan.contiguity.gap_m,
        block_mu=terms.block_m2 / M2_PER_MU,
        **tables,
        mu_years=mu_years,
        bound=bound_mu,
        gap=(bound_mu - mu_years) / mu_years if mu_years else float("nan"),
        status=status,
        seed=seed,
        seconds=seconds,
        findings=list(question.findings),
    )


def _behind(lots: Lots, told: Sequence, file: str) -> list[Finding]:
    """A word on parcels that were to be ready by now and are not."""
    ready = {lots.ids[at] for at in np.flatnonzero(lots.ready)}
    rows = told.parcels[told.parcels["ready"] <= pd.Timestamp(told.as_of)]
    late = rows[~rows["parcel_id"].isin(ready)]
    if late.empty:
        return []
    words: Place = {"mu": shown(float(late["land_mu"].sum()), 2, grouped=True), "now": told.as_of}
    return [finding("sequence.behind", file=file, seen=len(late), **words)]


def _over_budget(told: Sequence, file: str) -> list[Finding]:
    """Years of a plan of record that cost more than their budget, or miss their milestone."""
    findings = []
    for row in told.years.to_dict("records"):
        if row["cost"] > row["budget"] * (1 + ROUNDING):
            words = {"budget": f"{row['budget']:,.0f}", "year": row["year"]}
            findings.append(
                finding("sequence.over-budget", file=file, seen=f"{row['cost']:,.0f}", **words)
            )
        if row["in_blocks_mu"] < row["least_mu"] - SLACK_MU:
            words = {"least": f"{row['least_mu']:,.2f}", "year": row["year"]}
            seen = f"{row['in_blocks_mu']:,.2f}"
            findings.append(finding("sequence.under-milestone", file=file, seen=seen, **words))
    return findings


ROUNDING: Final = 1e-9
"""Money is held against a budget to this share of it."""
