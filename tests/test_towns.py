"""The simulated towns are what they claim to be, or nothing that is measured on them holds."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from geo.readiness import EVENT_COLUMNS, reached
from geo.units import DAYS_PER_MONTH, M2_PER_MU
from tests.towns import CLEARED, as_date, counted_m2, day, simulated_town

DAYS = [day(f"{year}-{month}-01") for year in range(2012, 2021) for month in ("01", "05")]


@pytest.fixture(scope="module")
def town():
    return simulated_town(5, sigma=0.45, reverts=0.01, delay_days=30)


def test_the_same_seed_is_the_same_town_and_another_is_not(town):
    again, other = (
        simulated_town(seed, sigma=0.45, reverts=0.01, delay_days=30) for seed in (5, 6)
    )
    pd.testing.assert_frame_equal(town.events, again.events)
    assert town.town.land_m2.tolist() == again.town.land_m2.tolist() != other.town.land_m2.tolist()


def test_lots_share_what_they_say():
    """Twelve lots of a town without a street inside: all their edges are shared or outside."""
    land = simulated_town(1, across=4, up=3).town
    assert len(land.i) == 3 * 3 + 4 * 2
    assert not land.outer[[5, 6]].any()
    assert land.outer.sum() == 10
    around = land.perimeter_m.sum() - 2 * land.shared_m.sum()
    assert 4 * 350 - 200 < around < 4 * 350 + 250
    assert land.land_m2.sum() / M2_PER_MU == pytest.approx(12 * 15, rel=0.1)


def test_land_counts_in_blocks_only():
    """Two of three lots in a row touch; the blocks are of two lots and of one."""
    town = simulated_town(1, across=4, up=1, least_block_mu=20).town
    ready = np.array([[1, 1, 0, 1], [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]], dtype=bool)
    target, land = town.targets[0], town.land_m2
    assert counted_m2(town, target, ready).tolist() == [land[:2].sum(), 0.0, land.sum(), 0.0]


def test_waits_are_those_of_the_truth():
    """In operational months all waits of a long history have their Weibull distributions."""
    simulated = simulated_town(3, sigma=0.45, ends="2090-12-31", delay_days=0)
    truth, events = simulated.truth, simulated.happened
    days = events["date"].to_numpy().astype("datetime64[D]").astype(float) + 0.5
    events = events.assign(months=np.interp(days, truth.nodes, truth.clock))
    events = events.sort_values(["parcel_id", "rung"])
    waits = events.groupby("parcel_id")["months"].diff()
    group = dict(zip(simulated.town.parcel_ids, simulated.town.group, strict=True))
    for rung in range(1, CLEARED + 1):
        own = (events["rung"] == rung).to_numpy()
        scale = truth.scale_months[[group[lot] for lot in events.loc[own, "parcel_id"]], rung]
        share = -np.expm1(-((waits[own] / scale) ** truth.shape[rung]))
        assert len(share) == len(simulated.town.parcel_ids)
        assert kstest(share, "uniform").pvalue > 1e-3, rung


def test_speeds_have_their_spread_and_memory():
    speed = simulated_town(3, across=2, up=2, sigma=0.3, rho=0.6, ends="2200-12-31").truth.log_speed
    assert len(speed) > 370
    assert speed.std() == pytest.approx(0.3, rel=0.2)
    assert np.corrcoef(speed[:-1], speed[1:])[0, 1] == pytest.approx(0.6, abs=0.15)


def test_a_ledger_that_opens_mid_stream_knows_where_all_stand_from_then_on(town):
    names = town.town.parcel_ids
    dates = [as_date(when) for when in DAYS]
    for told, happened in zip(
        reached(town.events, names, dates), reached(town.happened, names, dates), strict=True
    ):
        assert told.rung.tolist() == happened.rung.tolist()
    assert len(town.events) < len(town.happened)
    assert (town.happened["action"] == "revert").sum() > 20


def test_a_ledger_knows_only_what_was_recorded(town):
    assert list(town.events.columns) == [*EVENT_COLUMNS, "recorded_at"]
    when = day("2015-06-30")
    told, stamp = town.told_at(when), pd.Timestamp("2015-06-30")
    assert (told["recorded_at"] <= stamp).all()
    assert (told["date"] <= stamp).all()
    assert len(told) < (town.events["date"] <= stamp).sum()
    assert town.told_at(town.opened - 1).empty


def test_the_delay_is_what_is_asked(town):
    after = town.events[town.events["recorded_at"] > pd.Timestamp("2012-01-01")]
    delay = (after["recorded_at"] - after["date"]).dt.days
    assert delay.mean() == pytest.approx(29.5, rel=0.1)
    assert delay.median() < DAYS_PER_MONTH
