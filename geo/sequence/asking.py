"""From a study to land to choose from, and to the terms under which it is taken."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from geo.errors import SequenceError
from geo.findings import Finding, Place, finding
from geo.forecast.future import heard, standing_of
from geo.forecast.measuring import headline_target, prior_of
from geo.forecast.town import StagePrior, Target, Town
from geo.plan import Plan, Sequencing
from geo.sequence.costs import costs_of
from geo.sequence.lots import Floats, Integers, Lots, Mask
from geo.sequence.terms import Terms
from geo.study import Study
from geo.units import M2_PER_MU
from geo.words import hint


def sequencing(plan: Plan) -> Sequencing:
    """The terms of a plan; raises :class:`SequenceError` where it states none."""
    if plan.sequence is None:
        raise SequenceError(finding("sequence.none", file=plan.path.name, field="sequence"))
    return plan.sequence


def wanted(plan: Plan, town: Town) -> Target:
    """The target whose stage and basis count: that of the goal which the terms name.

    Raises :class:`SequenceError` where the plan has no goal, since nothing says then what counts.
    """
    if not town.targets:
        raise SequenceError(finding("sequence.no-goal", file=plan.path.name, field="goals"))
    named = sequencing(plan).goal
    found = next((target for target in town.targets if target.id == named), None)
    return found or headline_target(plan, town.targets)


def lots_of(
    study: Study, town: Town, target: Target, *, left_out: Iterable[str] = ()
) -> tuple[Lots, list[Finding]]:
    """The parcels of a study as land to choose from; what counts already is ready.

    What is locked out or ``left_out`` needs no cost. Raises :class:`SequenceError` for any other
    parcel without one that is not ready.
    """
    terms, ids = sequencing(study.plan), town.parcel_ids
    ready = rungs_of(study, target) >= target.rung
    locked_out = np.isin(ids, [*terms.locked_out, *left_out])
    of_goal = target.weight_m2 > 0
    cost, findings = costs_of(study, terms, of_goal & ~ready & ~locked_out)
    lots = Lots(
        ids=ids,
        land_m2=target.weight_m2,
        cost=cost,
        floor_m2=town.floor_m2,
        perimeter_m=town.perimeter_m,
        shapes=study.parcels.geometry.to_numpy(),
        i=town.i,
        j=town.j,
        shared_m=town.shared_m,
        ready=ready & of_goal,
    )
    return lots, findings


def rungs_of(study: Study, target: Target) -> Integers:
    """The rung at which each parcel stands, as the target counts it; -1 before the first."""
    ids = study.parcels["parcel_id"].tolist()
    events = heard(study.land.events, evidenced=target.evidenced)
    rung, _ = standing_of(events, ids, study.plan.as_of)
    return rung


def terms_of(study: Study, target: Target, lots: Lots) -> Terms:
    """What the plan asks of its years, by position of the parcels.

    A parcel passes the stages from its own to the target's one after another, each in the time
    that the plan's P50 gives. Raises :class:`SequenceError` for a name that is no parcel, and for
    a stage without P50.
    """
    plan = study.plan
    asked = sequencing(plan)
    positions = {parcel: at for at, parcel in enumerate(lots.ids)}
    file = plan.path.name
    named = {
        "sequence.together": [name for group in asked.together for name in group],
        "sequence.before": [name for pair in asked.before for name in pair],
        "sequence.locked_in": asked.locked_in,
        "sequence.locked_out": asked.locked_out,
    }
    check_parcels(named, positions.keys(), file)
    first, years = asked.begins(plan.as_of), asked.years
    stages = [prior_of(stage) for stage in plan.stages]
    months = _stage_months(stages, rungs_of(study, target), target.rung, file)
    crewed = [stage.id in asked.crews for stage in plan.stages]
    least_m2 = np.zeros(years)
    for milestone in asked.milestones:
        least_m2[milestone.year - first] = milestone.mu * M2_PER_MU
    outside = np.flatnonzero((lots.land_m2 <= 0) & ~lots.ready)
    return Terms(
        first_year=first,
        years=years,
        budget=np.array(asked.budgets()),
        lead_months=months.sum(axis=1),
        use_months=_by_year(months, years)[:, crewed, :],
        capacity_months=12.0
        * np.array([asked.crews[stage.id] for stage in plan.stages if stage.id in asked.crews]),
        least_m2=least_m2,
        block_m2=asked.block_mu * M2_PER_MU,
        together=tuple(tuple(positions[name] for name in group) for group in asked.together),
        after=tuple((positions[one], positions[other]) for one, other in asked.before),
        locked_in=tuple(positions[name] for name in asked.locked_in),
        locked_out=tuple({*(positions[name] for name in asked.locked_out), *outside.tolist()}),
    )


def check_years(plan: Plan) -> None:
    """Refuse to plan years that have begun; a plan of record may well have."""
    first = sequencing(plan).begins(plan.as_of)
    if first <= plan.as_of.year:
        place: Place = {"file": plan.path.name, "field": "sequence.first_year"}
        raise SequenceError(finding("sequence.past", **place, seen=first, now=plan.as_of))


def check_parcels(named: Mapping[str, Iterable[str]], known: Iterable[str], file: str) -> None:
    """Refuse names that are no parcel; ``named`` has them by the field that states them."""
    known = set(known)
    faults = [
        finding(
            "sequence.unknown-parcel",
            file=file,
            field=field,
            seen=name,
            **hint(name, known),
        )
        for field, names in named.items()
        for name in names
        if name not in known
    ]
    if faults:
        raise SequenceError(*faults)


def _stage_months(stages: Sequence[StagePrior], rung: Integers, until: int, file: str) -> Floats:
    """The months (parcels, rungs) that each parcel still needs for each stage up to a rung."""
    p50 = np.array([stage.p50_months for stage in stages])
    ahead: Mask = np.arange(len(stages))[None, :] > rung[:, None]
    ahead &= np.arange(len(stages))[None, :] <= until
    unknown = ahead.any(axis=0) & np.isnan(p50)
    place: Place = {"file": file, "field": "stages"}
    faults = [
        finding("forecast.no-duration", **place, seen=stages[at].id)
        for at in np.flatnonzero(unknown).tolist()
    ]
    if faults:
        raise SequenceError(*faults)
    return np.where(ahead, np.nan_to_num(p50)[None, :], 0.0)


def _by_year(months: Floats, years: int) -> Floats:
    """The same months by the year after the start in which they fall, (parcels, rungs, years)."""
    end = np.cumsum(months, axis=1)
    start = end - months
    year = 12.0 * np.arange(years)
    inside = np.minimum(end[..., None], year + 12.0) - np.maximum(start[..., None], year)
    within: Floats = np.maximum(inside, 0.0)
    return within
