"""Durations, speed and falls: our likelihood is lifelines', and the truth lies in the posterior."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize

from benchmarks.lifelines_reference import REFERENCE, waits
from geo.errors import SequenceError
from geo.forecast import speed
from geo.forecast.likelihood import Likelihood
from geo.forecast.posterior import fit
from geo.forecast.priors import shape_of
from geo.forecast.spells import FELL, REACHED, WAITING, WITHDRAWN, Spells, spells_of
from geo.forecast.town import StagePrior
from geo.units import DAYS_PER_MONTH
from tests.makers import STAGES, events

LN2 = np.log(2)
PLAN = [
    StagePrior("survey", 2, 6),
    StagePrior("consent", 3, 12),
    StagePrior("approved", 4, 12),
    StagePrior("signed", 6, 24),
    StagePrior("vacated", 3, 9),
    StagePrior("cleared", 2, 8),
]


def day(text):
    return float(np.datetime64(text, "D").astype(int))


def spells(rung, start, stop, *, entry=None, end=REACHED, group=0, fell_to=0):
    """Spells from columns or single values that hold for all."""
    columns = np.broadcast_arrays(
        0, rung, start, stop, start if entry is None else entry, end, fell_to, group
    )
    kinds = (int, int, float, float, float, np.int8, int, int)
    return Spells(
        *(np.atleast_1d(column).astype(kind) for column, kind in zip(columns, kinds, strict=True))
    )


NONE = spells(*[np.array([])] * 3)


# --- the likelihood --------------------------------------------------------------------------


def at_usual_speed(told):
    """The log likelihood of one stage by (ln median, ln shape), and by minus its gradient."""
    nodes = speed.half_years(told.start.min(), told.stop.max())
    likelihood = Likelihood(told, 1, 1, nodes)
    usual = np.zeros(len(nodes) - 1)

    def loss(parameters):
        terms = likelihood.terms(np.concatenate([parameters, usual]))
        return -terms.value, -terms.gradient[:2]

    return loss


def likeliest(told):
    """Scale in months, shape and log likelihood of one stage, nothing believed before."""
    found = optimize.minimize(at_usual_speed(told), [1.0, 0.0], jac=True, method="BFGS")
    shape = np.exp(found.x[1])
    return np.exp(found.x[0]) / LN2 ** (1 / shape), shape, -found.fun


@pytest.mark.parametrize("case", range(4))
def test_the_likelihood_is_that_of_lifelines(case):
    """With entry and censoring: the same estimates, and the same log likelihood there."""
    known = json.loads(Path(REFERENCE).read_text("utf-8"))["found"][case]
    durations, entry, ended = waits(*known["case"])
    assert len(ended) == known["waits"]
    begun = day("2010-03-01") + 100 * np.arange(len(ended)) % 997
    told = spells(
        0,
        begun,
        begun + durations * DAYS_PER_MONTH,
        entry=begun + entry * DAYS_PER_MONTH,
        end=np.where(ended == 1, REACHED, WAITING),
    )
    scale, shape, value = likeliest(told)
    assert (scale, shape) == pytest.approx((known["scale"], known["shape"]), rel=1e-3)
    assert value == pytest.approx(known["log_likelihood"], abs=1e-4)
    log_median = np.log(known["scale"] * LN2 ** (1 / known["shape"]))
    there, _ = at_usual_speed(told)(np.array([log_median, np.log(known["shape"])]))
    assert -there == pytest.approx(known["log_likelihood"], abs=1e-6)


def test_the_density_by_the_calendar_and_the_survival_make_one():
    """What ends within six half years, each with its own speed, and what does not, is all."""
    begun, seen_from, closed = day("2020-02-01"), day("2020-09-01"), day("2022-12-31")
    nodes = speed.half_years(begun, closed)
    parameters = np.array([np.log(14.0), 0.3, 0.5, -0.4, 0.2, 0.9, -0.8, 0.1])

    def chance(stop, end):
        told = spells(0, begun, stop, entry=seen_from, end=end)
        return np.exp(Likelihood(told, 1, 1, nodes).terms(parameters).value)

    ended = integrate.quad(
        lambda stop: chance(stop, REACHED) / DAYS_PER_MONTH,
        seen_from,
        closed,
        points=nodes[2:-1],
        limit=200,
    )[0]
    assert ended + chance(closed, WAITING) == pytest.approx(1, abs=1e-6)
    assert 0.2 < ended < 0.98


def random_spells(random, count, rungs, groups):
    start = day("2018-01-15") + random.uniform(0, 1500, count)
    months = random.exponential(200, count) + 1
    return spells(
        random.integers(0, rungs, count),
        start,
        start + months,
        entry=start + months * random.choice([0, 0, 0.5], count),
        end=random.choice([REACHED, WAITING, FELL], count),
        group=random.integers(0, groups, count),
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 3]))
def test_the_derivatives_are_those_of_the_likelihood(seed, groups):
    random = np.random.default_rng(seed)
    told = random_spells(random, 40, 4, groups)
    nodes = speed.half_years(told.start.min(), told.stop.max())
    likelihood = Likelihood(told, 4, groups, nodes)
    place = random.normal(0, 0.3, likelihood.parts[3].stop)
    terms = likelihood.terms(place)
    step = 1e-5 * np.eye(len(place))
    ahead, behind = ([likelihood.terms(place + sign * by) for by in step] for sign in (1, -1))
    gradient = [(a.value - b.value) / 2e-5 for a, b in zip(ahead, behind, strict=True)]
    hessian = [(a.gradient - b.gradient) / 2e-5 for a, b in zip(ahead, behind, strict=True)]
    assert terms.gradient == pytest.approx(np.array(gradient), rel=1e-5, abs=1e-4)
    assert terms.hessian == pytest.approx(np.array(hessian), rel=1e-5, abs=1e-4)


# --- a ledger that starts mid-stream ---------------------------------------------------------


def mid_stream(seed, parcels=1500):
    """Events of parcels that begin one stage all the time; the ledger opens half way.

    Of what had ended before then it says no more than where the parcel stands.
    """
    random = np.random.default_rng(seed)
    opens, closes = day("2020-01-01"), day("2022-06-30")
    begun = random.uniform(day("2018-07-01"), closes, parcels)
    lasted = 12 * DAYS_PER_MONTH * (random.exponential(size=parcels) / LN2) ** (1 / 1.1)
    rows = []
    for parcel, (first, last) in enumerate(zip(begun, begun + lasted, strict=True)):
        if last > opens:
            rows.append((f"P{parcel:04d}", as_date(first), "signed"))
        if last < closes:
            rows.append((f"P{parcel:04d}", as_date(last), "demolished"))
    group = np.zeros(parcels, dtype=np.int64)
    plan = [StagePrior(stage, np.nan, np.nan) for stage in STAGES]
    names = sorted({row[0] for row in rows})
    told, _ = spells_of(events(*rows), names, group, plan, until=date(2022, 6, 30))
    return told.only(told.rung == 2)._replace(rung=np.zeros((told.rung == 2).sum(), dtype=int))


def as_date(when):
    return str(np.datetime64(round(when), "D"))


def median(told):
    scale, shape, _ = likeliest(told.only(told.stop > told.entry))
    return scale * LN2 ** (1 / shape)


def test_truncation_and_waiting_parcels_keep_the_median_right():
    """12 months; what is usually done is a seventh too long, or a fifth too short.

    The first takes all waits as seen from their start, the second those that have ended.
    """
    towns = [mid_stream(seed) for seed in range(4)]
    from_start = [told._replace(entry=told.start) for told in towns]
    ended = [told.only(told.end == REACHED) for told in from_start]
    ours, untruncated, over = (np.mean([*map(median, each)]) for each in (towns, from_start, ended))
    assert ours == pytest.approx(12, rel=0.03)
    assert 1.1 < untruncated / 12 < 1.2
    assert 0.73 < over / 12 < 0.83


# --- the plan, where nothing is known --------------------------------------------------------


def waits_drawn(parameters, rung, group=0):
    """A wait at the usual speed from every draw, in months."""
    random = np.random.default_rng(5)
    threshold = random.exponential(size=len(parameters.shape))
    scale = np.exp(parameters.log_scale[:, group, rung])
    return scale * threshold ** (1 / parameters.shape[:, rung])


def test_without_events_waits_are_those_of_the_plan():
    """The median is the plan's P50; what is not known of the stage widens its P90 by a quarter."""
    drawn = fit(NONE, PLAN, 1, as_of=day("2024-06-30")).draw(20_000, 1, day("2030-01-01"))
    for rung, stage in enumerate(PLAN):
        p50, p90 = np.quantile(waits_drawn(drawn, rung), [0.5, 0.9])
        assert p50 == pytest.approx(stage.p50_months, rel=0.08)
        assert stage.p90_months < p90 < 1.3 * stage.p90_months


def test_the_shape_is_that_of_the_plan():
    """An exponential wait has P90 / P50 = ln 10 / ln 2 = 3.32."""
    assert shape_of(np.log(10) / LN2) == pytest.approx(1)
    assert shape_of(2.0) == pytest.approx(1.7321, abs=1e-3)
    assert shape_of(1.0) == shape_of(0.5) == 8, "P90 no longer than P50 is as sure as can be"


def test_a_stage_that_nobody_knows_is_asked_for():
    plan = [*PLAN[:3], StagePrior("signed", np.nan, np.nan), *PLAN[4:]]
    with pytest.raises(SequenceError) as caught:
        fit(NONE, plan, 1, as_of=day("2024-06-30"))
    (fault,) = caught.value.findings
    assert (fault.code, fault.seen, fault.field) == ("forecast.no-duration", "signed", "stages")
    assert "p50_months" in fault.mend
    below = fit(NONE, plan, 1, as_of=day("2024-06-30"), top=2).stages
    assert below["p50_months"].notna().all(), "nobody asks for what lies above the second rung"
    start = day("2012-01-01") + 80 * np.arange(50) % 2500
    lasted = 12 * (-np.log2((np.arange(50) + 0.5) / 50)) ** 0.8
    seen = spells(3, start, start + lasted * DAYS_PER_MONTH)
    row = fit(seen, plan, 1, as_of=day("2024-06-30")).stages.set_index("stage").loc["signed"]
    assert row["p50_months"] == pytest.approx(12, rel=0.3), "where the ledger knows, it is enough"


def test_one_figure_of_a_plan_stands_for_both():
    plan = [*PLAN[:5], StagePrior("cleared", np.nan, 12)]
    row = fit(NONE, plan, 1, as_of=day("2024-06-30")).stages.iloc[-1]
    assert row["p50_months"] == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize("waits_are", ["all of 30 days", "of a day or of years", "unending"])
def test_no_ledger_is_too_odd_to_fit(waits_are):
    """Waits that are all alike would make a shape infinite; the plan and a bound hold it."""
    start = day("2018-01-01") + np.arange(400.0)
    lasted = {
        "all of 30 days": np.full(400, 30),
        "of a day or of years": np.where(np.arange(400) % 2, 1, 2000),
        "unending": np.full(400, 2400),
    }[waits_are]
    end = WAITING if waits_are == "unending" else REACHED
    posterior = fit(spells(2, start, start + lasted, end=end), PLAN, 1, as_of=day("2026-01-01"))
    drawn = posterior.draw(500, 1, day("2030-01-01"))
    assert all(np.isfinite(values).all() for values in drawn)
    assert drawn.shape.max() < 100
    if waits_are == "all of 30 days":
        assert posterior.stages["p50_months"][2] < 1.6
        assert drawn.shape[:, 2].min() > 5


# --- truth and posterior ---------------------------------------------------------------------


def simulated(seed, *, sigma, parcels=200, offsets=(0.0,)):
    """Spells of a town that the ledger saw from the start, and its medians and log speeds."""
    random = np.random.default_rng(seed)
    rungs, groups = len(PLAN), len(offsets)
    plan = np.array([stage.p50_months for stage in PLAN])
    medians = plan * np.exp(random.normal(0, 0.4, rungs))
    shapes = np.exp(random.normal(0.1, 0.2, rungs))
    nodes = speed.half_years(day("2015-01-01"), day("2020-12-31"))
    halves = len(nodes) - 1
    first, rho = random.normal(0, sigma, 1), np.array([0.6])
    news = random.normal(size=(1, halves))
    speeds = speed.continued(first, news, np.array([sigma]), rho)[0]
    clock = speed.clock(speeds[None], nodes)[0]
    columns = []
    for parcel in range(parcels):
        begun = random.uniform(nodes[0], nodes[-1] - 365)
        for rung in range(rungs):
            wait = medians[rung] * np.exp(offsets[parcel % groups])
            wait *= (random.exponential() / LN2) ** (1 / shapes[rung])
            due = np.interp(begun, nodes, clock) + wait
            ends = np.interp(due, clock, nodes)
            end = REACHED if due < clock[-1] else WAITING
            columns.append((rung, begun, ends, begun, end, parcel % groups))
            if end == WAITING:
                break
            begun = ends
    rung, start, stop, entry, end, group = np.array(columns).T
    told = spells(rung, start, stop, entry=entry, end=end, group=group)
    return told, medians, speeds, nodes[-1] - 1


@pytest.mark.parametrize("sigma", [0.0, 0.3])
def test_the_truth_lies_in_the_posterior(sigma):
    """80 % intervals of 48 medians, six of each of eight towns."""
    within = []
    for seed in range(8):
        told, medians, _, until = simulated(seed, sigma=sigma, parcels=120)
        stages = fit(told, PLAN, 1, as_of=until).stages
        within += ((stages["p10_months"] < medians) & (medians < stages["p90_months"])).tolist()
    assert 0.6 <= np.mean(within) <= 0.95
    assert len(within) == 48


def test_the_speed_of_every_half_year_is_found():
    told, _, speeds, until = simulated(3, sigma=0.45, parcels=600)
    posterior = fit(told, PLAN, 1, as_of=until)
    table = posterior.speed
    assert table["half_year"].tolist()[0] == "2015H1"
    assert table["half_year"].tolist()[-1] == "2020H2"
    assert np.corrcoef(np.log(table["p50"]), speeds)[0, 1] > 0.95
    assert 0.25 < posterior.sigma < 0.65


def test_a_town_of_even_pace_is_known_to_be_one():
    told, _, _, until = simulated(4, sigma=0.0, parcels=600)
    posterior = fit(told, PLAN, 1, as_of=until)
    assert posterior.sigma < 0.1
    assert posterior.speed["p50"].between(0.9, 1.1).all()


def test_the_pace_to_come_is_as_unsure_as_the_past_was_uneven():
    """How many months' work the next two years hold: unsure where half years differed."""
    ahead = {}
    for sigma in (0.0, 0.45):
        told, _, _, until = simulated(4, sigma=sigma, parcels=600)
        drawn = fit(told, PLAN, 1, as_of=until).draw(4000, 1, until + 731)
        begins, ends = (np.searchsorted(drawn.nodes, until + days) for days in (1, 731))
        work = np.log(drawn.clock[:, ends] - drawn.clock[:, begins])
        typical = drawn.log_scale[:, 0].mean(axis=1)
        ahead[sigma] = np.std(work - typical)
    assert ahead[0.0] < 0.12
    assert ahead[0.45] > 0.25


def test_villages_differ_where_the_ledger_says_so():
    told, *_, until = simulated(5, sigma=0.1, parcels=800, offsets=(-0.6, 0.0, 0.6))
    posterior = fit(told, PLAN, 3, as_of=until)
    scales = posterior.draw(4000, 1, until).log_scale[:, :, 2].mean(axis=0)
    assert np.diff(scales) == pytest.approx([0.6, 0.6], abs=0.15)
    assert posterior.tau > 0.25


def test_a_village_with_little_data_goes_at_the_pace_of_all():
    """Waits of half its pace in a village of its own: one says little, 300 say it."""
    told, medians, _, until = simulated(6, sigma=0.0, parcels=300)
    for copies, low, high in ((1, -0.05, 0.1), (300, 0.6, 0.8)):
        lasted = 2 * medians[2] * (-np.log2((np.arange(copies) + 0.5) / copies)) ** 0.8
        begun = until - 1000
        slow = spells(np.full(copies, 2), begun, begun + lasted * DAYS_PER_MONTH, group=1)
        both = Spells(*map(np.concatenate, zip(told, slow, strict=True)))
        scales = fit(both, PLAN, 2, as_of=until).draw(4000, 1, until).log_scale[:, :, 2]
        assert low < np.mean(scales[:, 1] - scales[:, 0]) < high


# --- falls -----------------------------------------------------------------------------------


def falls(count, months, end, fell_to=0):
    """``count`` falls, and as many ends as make up ``months`` on the way to the fourth rung."""
    waits = months // 5
    start = day("2015-01-01") + 7 * np.arange(waits) % 1800
    ends = np.where(np.arange(waits) < count, end, REACHED)
    stop = start + 5 * DAYS_PER_MONTH
    return spells(np.full(waits, 4), start, stop, end=ends, fell_to=fell_to)


def hazards(told):
    return fit(told, PLAN, 1, as_of=day("2020-12-31")).draw(4000, 1, day("2021-12-31"))


def test_hazards_are_falls_by_operational_month():
    """80 in 4000 calendar months, at the pace that the draw gives them."""
    drawn = hazards(falls(80, 4000, FELL, fell_to=2))
    pace = drawn.clock[:, np.searchsorted(drawn.nodes, day("2020-01-01"))] / 60
    assert np.median(drawn.revert[:, 4] * pace) == pytest.approx(0.02, rel=0.15)
    assert np.median(drawn.withdraw[:, 4]) < 0.0005
    drawn = hazards(falls(80, 4000, WITHDRAWN))
    assert np.median(drawn.withdraw[:, 4] * pace) == pytest.approx(0.02, rel=0.15)
    assert np.median(drawn.revert[:, 4]) < 0.0005


def test_without_falls_hazards_go_to_nothing():
    few, many = (np.mean(hazards(falls(0, months, FELL)).revert[:, 4]) for months in (100, 10_000))
    assert few < 0.0006
    assert many < few / 8


def test_where_nothing_is_below_nothing_falls():
    drawn = hazards(falls(20, 4000, FELL, fell_to=2))
    assert (drawn.revert[:, :3] == 0).all()
    assert (drawn.withdraw[:, :2] == 0).all()
    assert (drawn.revert[:, 3:] > 0).all()


def test_falls_go_where_they_went():
    """Nine fell from signed to consent, so the next does by (9 + 1/2) in 10, else to approved."""
    fall = hazards(falls(9, 1000, FELL, fell_to=1)).fall
    assert fall[4].tolist() == pytest.approx([0, 0.95, 1, 1, 1, 1])
    assert fall[5].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 1, 1]), "never seen: alike"
    assert (fall[:3] == 1).all(), "to the first rung where none is between"


# --- draws and tables ------------------------------------------------------------------------


def test_the_same_seed_draws_the_same():
    told, *_, until = simulated(7, sigma=0.3, parcels=60)
    posterior = fit(told, PLAN, 1, as_of=until)
    once, again, other = (posterior.draw(50, seed, until + 900) for seed in (1, 1, 2))
    for first, second in zip(once, again, strict=True):
        assert first.tobytes() == second.tobytes()
    assert once.log_scale.tobytes() != other.log_scale.tobytes()
    anew = fit(told, PLAN, 1, as_of=until).draw(50, 1, until + 900)
    assert anew.clock.tobytes() == once.clock.tobytes()


def test_draws_have_a_clock_to_the_horizon():
    told, *_, until = simulated(7, sigma=0.3, parcels=60, offsets=(0.0, 0.1))
    drawn = fit(told, PLAN, 2, as_of=until).draw(50, 1, day("2028-03-31"))
    assert drawn.nodes[0] == day("2015-01-01") <= told.start.min()
    assert drawn.nodes[-1] == day("2028-07-01")
    assert drawn.clock.shape == (50, len(drawn.nodes))
    assert (drawn.clock[:, 0] == 0).all()
    assert (np.diff(drawn.clock, axis=1) > 0).all()
    assert drawn.log_scale.shape == (50, 2, len(PLAN))
    assert drawn.shape.shape == drawn.revert.shape == (50, len(PLAN))


def test_the_long_past_is_one_period():
    told = spells([1, 1], [day("1950-01-01"), day("2020-01-01")], day("2022-01-01"))
    nodes = fit(told, PLAN, 1, as_of=day("2022-01-01")).nodes
    assert nodes[0] == day("1950-01-01")
    assert nodes[1] == day("2003-01-01")
    assert len(nodes) == 41


def test_the_tables_tell_what_is_known_of_what():
    told = spells(
        [1, 1, 1, 2],
        day("2023-01-01"),
        [day("2023-04-02"), day("2023-04-02"), day("2023-06-30"), day("2023-06-30")],
        end=[REACHED, REACHED, WAITING, FELL],
    )
    stages = fit(told, PLAN, 1, as_of=day("2023-06-30")).stages
    assert stages.columns.tolist() == [
        *("rung", "stage", "spells", "ended", "waiting"),
        *("plan_p50_months", "p10_months", "p50_months", "p90_months"),
    ]
    assert stages["rung"].tolist() == [0, 1, 2, 3, 4, 5]
    assert stages["spells"].tolist() == [0, 3, 1, 0, 0, 0]
    first, second = stages.iloc[1], stages.iloc[2]
    assert (first["stage"], first["spells"], first["ended"], first["waiting"]) == (
        "consent",
        3,
        2,
        1,
    )
    assert (second["spells"], second["ended"], second["waiting"]) == (1, 0, 0)
    assert (stages["p10_months"] < stages["p50_months"]).all()
    assert (stages["p50_months"] < stages["p90_months"]).all()
