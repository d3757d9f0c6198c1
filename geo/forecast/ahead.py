"""The forecast of a study: from its ledger to dates, ranges, and the parcels that decide."""

from datetime import date
from typing import Final

from geo.errors import SequenceError
from geo.findings import finding
from geo.forecast.future import Outset, outset
from geo.forecast.looking_back import heard_until, looked_back, recorded_from, settled_on
from geo.forecast.measuring import day_number, headline_target, town_of, unknown_floor
from geo.forecast.outcome import Forecast, Past, tables_of
from geo.forecast.slack import hold_out_table, one_block_table, pace_table
from geo.forecast.town import Town
from geo.sequence.costs import known_costs
from geo.study import Study
from geo.units import SLACK_MU


def forecast_of(
    study: Study,
    *,
    draws: int | None = None,
    seed: int | None = None,
    tested: bool = False,
) -> Forecast:
    """Forecast the goals of a study; ``draws`` and ``seed`` are the plan's unless given.

    With ``tested`` the same forecast is made again for the past and held against what came.
    Raises :class:`SequenceError` for a plan without goals, and where nothing says how long a stage
    takes.
    """
    plan, town = study.plan, _with_goals(study)
    draws = plan.forecast.draws if draws is None else draws
    seed = plan.forecast.seed if seed is None else seed
    start, headline = starting(study, town), headline_target(plan, town.targets)
    past = looked_back(study, town, draws=min(draws, BACKTEST_DRAWS), seed=seed) if tested else None
    pace = plan.past_pace
    return Forecast(
        as_of=start.as_of,
        until=start.until,
        seed=seed,
        draws=draws,
        mode=plan.contiguity.mode,
        gap_m=plan.contiguity.gap_m,
        block_mu=plan.forecast.block_mu,
        earlier_months=plan.forecast.earlier_months,
        **tables_of(
            start,
            headline,
            _known(study, start.as_of),
            known_costs(study),
            draws=draws,
            seed=seed,
        ),
        stages=start.posterior.stages,
        speed=start.posterior.speed,
        sigma=start.posterior.sigma,
        rho=start.posterior.rho,
        holds=hold_out_table(town, plan.forecast.compare_hold_outs),
        fits=one_block_table(town, study.parcels["zone"].tolist()),
        paces=pace_table(
            town.targets, day_number(plan.base_date), pace.mu_per_year if pace else None
        ),
        backtest=past,
        unknown_floor=unknown_floor(study),
        findings=[*start.findings, *(past.findings if past else [])],
    )


BACKTEST_DRAWS: Final = 1000
"""Draws of each forecast of the past: their scores are averaged over many."""


def starting(study: Study, town: Town) -> Outset:
    """From where forecasts of a study set out: the day until which its ledger is heard."""
    as_of = heard_until(study, study.plan.as_of)
    return outset(
        town,
        study.land.events,
        study.plan,
        as_of=as_of,
        settled=settled_on(study, as_of),
        recorded_from=recorded_from(study),
    )


def _with_goals(study: Study) -> Town:
    plan = study.plan
    if not plan.goals:
        raise SequenceError(finding("forecast.no-goal", file=plan.path.name, field="goals"))
    return town_of(study)


def _known(study: Study, as_of: date) -> dict[str, Past]:
    """What the timeline knows of each goal by a day."""
    timeline = study.timeline[study.timeline["date"] <= as_of]
    known = {}
    for goal in study.plan.goals:
        rows = timeline[timeline["goal"] == goal.id]
        reached = rows.loc[rows["counted_mu"] >= goal.mu - SLACK_MU, "date"]
        in_time = bool((reached <= goal.due).any()) if goal.due <= as_of else None
        known[goal.id] = Past(in_time, day_number(reached.min()) if len(reached) else None)
    return known
