"""The forecast of a study: figures by hand, by another way, and what must hold in any town."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import box

import geo
from geo.errors import PlanError, SequenceError
from geo.forecast.ahead import forecast_of, starting
from geo.forecast.future import curves_of, drawn, heard, outset, standing_of
from geo.forecast.looking_back import looked_back, settled_on, told_to
from geo.forecast.measuring import borders_outside, day_number, town_of
from geo.forecast.outcome import CURVE_COLUMNS, GOAL_COLUMNS, PARCEL_COLUMNS
from geo.forecast.spells import BEFORE
from geo.forecast.wording import forecast_words, method_words
from geo.readiness import reached
from geo.units import M2_PER_MU
from tests.histories import reach, revert, told_plan
from tests.makers import STAGES, array, events, placed, write_plan

DRAWS = 200
AS_OF = date(2024, 12, 31)

GOALS = """
[[goals]]
id = "far"
name = "far"
mu = 600
due = 2027-12-31
stage = "cleared"
min_block_mu = 60

[[goals]]
id = "near"
name = "near"
mu = 480
due = 2025-12-31
stage = "cleared"

[[goals]]
id = "part"
name = "part"
mu = 90
due = 2025-06-30
stage = "demolished"
programme = "first"

[[goals]]
id = "kept"
name = "kept"
mu = 60
due = 2024-06-30
stage = "cleared"

[[goals]]
id = "missed"
name = "missed"
mu = 400
due = 2024-06-30
stage = "cleared"

[[programmes]]
id = "first"
name = "first"
parcels = ["P00", "P01", "P02", "P05"]

[[scenarios]]
id = "s"
name = "s"
plot_ratio = 2.0
"""


def grid(columns, rows, *, gap=20.0):
    """Parcels of 200 m by 100 m, 30 mu each, with streets between; they touch no other row."""
    return [
        box(x, y, x + 200, y + 100)
        for y in np.arange(rows) * (100 + gap)
        for x in np.arange(columns) * (200 + gap)
    ]


def land(columns=6, rows=4):
    shapes = grid(columns, rows)
    return placed(
        *shapes,
        parcel_id=[f"P{at:02d}" for at in range(len(shapes))],
        zone=["west" if at % columns < columns / 2 else "east" for at in range(len(shapes))],
        treatment=["rebuild"] * len(shapes),
    )


def told(seed, parcels=24, *, evidence=("paper",)):
    """What happened to parcels from 2020 on; some fell back once."""
    random = np.random.default_rng(seed)
    rows = []
    for parcel in range(parcels):
        day = date(2020, 1, 1).toordinal() + int(random.integers(0, 1900))
        for at, stage in enumerate(STAGES):
            if day > AS_OF.toordinal():
                break
            shown = str(random.choice(evidence))
            rows.append((f"P{parcel:02d}", str(date.fromordinal(day)), stage, shown, "reach"))
            day += 1 + int(random.exponential(250))
            if at == 2 and random.random() < 0.2 and day <= AS_OF.toordinal():
                fallen = date.fromordinal(day)
                rows.append((f"P{parcel:02d}", str(fallen), STAGES[1], "paper", "revert"))
                break
    return events(*rows)


def paced(path, p50=6, p90=18):
    """A plan that says how long each stage takes."""
    text = path.read_text("utf-8")
    for stage in STAGES:
        name = f'name = "{stage}"'
        text = text.replace(name, f"{name}\np50_months = {p50}\np90_months = {p90}")
    path.write_text(text, "utf-8")
    return path


def town(folder, history=None, *, ahead="", tables=GOALS, layer=None, **options):
    """A study of 24 parcels with what is told of them, and ``ahead`` of its forecast."""
    layer = land() if layer is None else layer
    head = f"\n[forecast]\n{ahead}\n" if ahead else ""
    path = write_plan(folder, layer, history=history, tables=tables + head, **options)
    return geo.run(geo.read_plan(paced(path)))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return town(tmp_path_factory.mktemp("town"), told(1))


@pytest.fixture(scope="module")
def found(study):
    return forecast_of(study, draws=DRAWS, seed=1)


@pytest.fixture(scope="module")
def anew(study):
    """The same town with another ``[forecast]``."""

    def forecast(draws=DRAWS, **ahead):
        settings = study.plan.forecast.model_copy(update=ahead)
        other = study.plan.model_copy(update={"forecast": settings})
        return forecast_of(geo.study.replace(study, plan=other), draws=draws, seed=1)

    return forecast


def curve(found, measure, on=None):
    """A measure of a forecast by date, or its row on one."""
    rows = found.curves[found.curves["measure"] == measure].set_index("date")
    return rows if on is None else rows.loc[pd.Timestamp(on)]


def row_of(found, goal):
    return found.goals.set_index("goal").loc[goal]


# --- what borders on the outside -------------------------------------------------------------


def test_a_parcel_among_parcels_borders_outside_only_across_streets_that_are_too_wide():
    squares = array(*grid(3, 3, gap=20))
    among = [True] * 4 + [False] + [True] * 4
    assert borders_outside(squares, 30.0).tolist() == among
    assert borders_outside(squares, 10.0).tolist() == [True] * 9


def test_a_hole_wider_than_the_gap_is_outside():
    """Without its middle, 240 m by 140 m, the four beside it border on something else."""
    whole = array(*grid(5, 5))
    beside = [7, 11, 13, 17]
    assert not borders_outside(whole, 30.0)[beside].any()
    ring = np.delete(whole, 12)
    outer = borders_outside(ring, 30.0)
    assert outer[[at - (at > 12) for at in beside]].all()
    closed = borders_outside(ring, 150.0)
    assert not closed[[at - (at > 12) for at in beside]].any()


def test_one_parcel_borders_outside_and_none_on_nothing():
    assert borders_outside(array(box(0, 0, 200, 100)), 30.0).tolist() == [True]
    assert borders_outside(array(), 30.0).tolist() == []


# --- what must hold --------------------------------------------------------------------------


def test_the_range_of_every_figure_is_in_order(found):
    assert list(found.curves.columns) == list(CURVE_COLUMNS)
    shape = found.curves["measure"] == "compactness"
    for low, high in pairwise(("p10", "p50", "p90")):
        assert (found.curves[low] <= found.curves[high])[~shape].all()
        assert (found.goals[f"mu_{low}"].dropna() <= found.goals[f"mu_{high}"].dropna()).all()
        never = pd.Timestamp("2262-01-01")
        for table, name in ((found.goals, "date"), (found.parcels, "ready")):
            sooner, later = (table[f"{name}_{end}"].fillna(never) for end in (low, high))
            assert (sooner <= later).all()
    known = found.curves[shape].dropna()
    assert (known["p10"] >= 1).all(), "no shape is rounder than a circle"
    assert (known["p10"] <= known["p90"]).all()


def test_land_that_counts_only_grows(found):
    for measure in ("goal:far", "goal:near", "goal:part", "largest_mu", "in_blocks_mu", "floor_m2"):
        for end in ("p10", "p50", "p90"):
            assert (np.diff(curve(found, measure)[end]) >= 0).all()


def test_a_forecast_is_told_by_quarter_until_three_years_after_the_last_goal(found):
    days = curve(found, "goal:far").index
    assert days[0] == pd.Timestamp(AS_OF)
    assert days[-1] == pd.Timestamp("2030-12-31")
    assert len(days) == 1 + 6 * 4
    assert found.until == date(2030, 12, 31)


def test_chances_are_ordered_as_a_parcel_comes_sooner_or_not_at_all(found):
    assert list(found.parcels.columns) == list(PARCEL_COLUMNS)
    assert set(found.parcels["goal"]) == {"far", "near", "part"}, "what is past is decided"
    for name in ("p", "mu"):
        lost, asis, earlier, now = (
            found.parcels[f"{name}{change}"] for change in ("_lost", "", "_earlier", "_now")
        )
        assert (lost <= asis + 1e-9).all()
        assert (asis <= earlier + 1e-9).all()
        assert (earlier <= now + 1e-9).all()
        assert (lost < now).any()
    chances = found.parcels[["p_ready", "p", "p_now", "p_earlier", "p_lost"]]
    assert ((chances >= 0) & (chances <= 1)).all(axis=None)


def test_what_is_ready_is_ready_and_its_loss_costs_at_least_its_land(study, found):
    ready = study.parcels.set_index("parcel_id")["evidenced_rung"] == 3
    near = found.parcels[found.parcels["goal"] == "near"].set_index("parcel_id")
    assert 0 < ready.sum() < 24
    assert (near.loc[ready, "p_ready"] == 1).all()
    assert (near.loc[ready, "p_now"] == near.loc[ready, "p"]).all()
    lost = near.loc[ready, "mu"] - near.loc[ready, "mu_lost"]
    assert lost.to_numpy() == pytest.approx(np.full(ready.sum(), 30.0))
    assert (near.loc[ready, "ready_p90"] == pd.Timestamp(AS_OF)).all()
    assert (near.loc[~ready, "ready_p10"] > pd.Timestamp(AS_OF)).all()
    gained = near["mu_now"] - near["mu"]
    late = 1 - near["p_ready"].to_numpy()
    assert gained.to_numpy() == pytest.approx(30 * late), "no least block: land alone"


# --- by another way --------------------------------------------------------------------------


def counted_plainly(town_, target, ready):
    """The land in m² in blocks large enough, by the connected components of scipy."""
    part = ready & (target.weight_m2 > 0)
    joined = part[town_.i] & part[town_.j]
    n = len(part)
    graph = coo_array((np.ones(joined.sum()), (town_.i[joined], town_.j[joined])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    sizes = np.bincount(label, np.where(part, target.weight_m2, 0.0))
    return sizes[sizes >= target.least_block_m2 - 1].sum()


@pytest.mark.parametrize("goal", ["far", "near", "part"])
def test_chances_and_land_are_those_of_each_draw_counted_again(study, found, goal):
    plain = town_of(study)
    target = next(item for item in plain.targets if item.id == goal)
    days = drawn(starting(study, plain), draws=DRAWS, seed=1).of(target)
    counted = np.array([counted_plainly(plain, target, day <= target.due) for day in days])
    reached = counted >= target.goal_m2 - 1
    rows = found.parcels[found.parcels["goal"] == goal]
    assert rows["p"].unique().tolist() == [reached.mean()] == [row_of(found, goal)["p_due"]]
    assert rows["mu"].to_numpy() == pytest.approx(counted.mean() / M2_PER_MU)
    for name, share in (("mu_p10", 0.1), ("mu_p50", 0.5), ("mu_p90", 0.9)):
        quantile = np.quantile(counted, share, method="inverted_cdf") / M2_PER_MU
        assert row_of(found, goal)[name] == pytest.approx(quantile)
    assert rows["p_ready"].to_numpy() == pytest.approx((days <= target.due).mean(axis=0))
    for parcel in (0, 3, 9, 17):
        lost, now = days.copy(), days.copy()
        lost[:, parcel], now[:, parcel] = np.inf, day_number(AS_OF)
        for name, changed in (("lost", lost), ("now", now)):
            mu = [counted_plainly(plain, target, day <= target.due) for day in changed]
            assert rows[f"mu_{name}"].iat[parcel] == pytest.approx(np.mean(mu) / M2_PER_MU)


def test_the_mean_of_a_curve_on_the_due_date_is_that_of_the_parcels(study, found):
    plain = town_of(study)
    future = drawn(starting(study, plain), draws=DRAWS, seed=1)
    for target in plain.targets:
        if target.due > day_number(AS_OF):
            curves = curves_of(
                plain,
                target,
                future.of(target),
                np.array([target.due]),
                least_m2=target.least_block_m2,
            )
            mu = found.parcels.loc[found.parcels["goal"] == target.id, "mu"]
            assert mu.to_numpy() == pytest.approx(curves.in_blocks_m2.mean() / M2_PER_MU)


# --- where it sets out -----------------------------------------------------------------------


def counts_today(study, found):
    """Of each goal what the forecast says of its own day, which is what progress says."""
    progress = study.progress
    for goal in study.plan.goals:
        today = progress[(progress["goal"] == goal.id) & (progress["date"] == study.plan.as_of)]
        row = curve(found, f"goal:{goal.id}", study.plan.as_of)
        assert row["p10"] == row["p50"] == row["p90"] == today["counted_mu"].iat[0]
    return progress["counted_mu"]


@pytest.mark.parametrize("seed", range(3))
def test_the_first_day_is_what_progress_says(tmp_path, seed):
    history = told(seed, evidence=("paper", "paper", ""))
    made = town(tmp_path, history)
    assert counts_today(made, forecast_of(made, draws=100)).max() > 0


def test_the_first_day_is_what_progress_says_where_goals_hear_different_things(tmp_path):
    """One counts what is reported without evidence, the other does not."""
    tables = GOALS.replace('id = "near"', 'id = "near"\ncount_self_reported = true')
    made = town(tmp_path, told(4, evidence=("paper", "")), tables=tables)
    counts_today(made, forecast_of(made, draws=100))


happenings = st.lists(
    st.tuples(
        st.sampled_from("PQ"),
        st.dates(date(2023, 1, 1), date(2023, 2, 1)).map(str),
        st.sampled_from(STAGES),
        st.sampled_from(["paper", ""]),
        st.sampled_from(["reach", "reach", "revert"]),
    ),
    max_size=10,
)


@settings(max_examples=50)
@given(happenings)
def test_parcels_stand_where_readiness_says(rows):
    """By all that is told, and by what evidence shows."""
    history = events(*rows)
    (now,) = reached(history, ["P", "Q"], [AS_OF])
    for evidenced, rungs in ((False, now.rung), (True, now.evidenced_rung)):
        rung, since = standing_of(heard(history, evidenced=evidenced), ["P", "Q"], AS_OF)
        assert np.maximum(rung, 0).tolist() == rungs.tolist()
        assert (np.isnan(since) == (rung == BEFORE)).all()
        if not evidenced:
            assert (rung == BEFORE).tolist() == (~now.has_events).tolist()


def test_what_comes_after_the_settled_day_is_where_parcels_stand_but_teaches_no_pace(study):
    plain, plan, happened = town_of(study), study.plan, study.land.events
    settled = date(2023, 6, 30)
    found = outset(plain, happened, plan, as_of=AS_OF, settled=settled)
    before = outset(plain, happened, plan, as_of=settled)
    today = outset(plain, happened, plan, as_of=AS_OF)
    assert_frame_equal(found.posterior.stages, before.posterior.stages)
    assert found.posterior.stages["ended"].sum() < today.posterior.stages["ended"].sum()
    stands, stood = found.standings[True].rung, before.standings[True].rung
    assert (stands == today.standings[True].rung).all()
    assert (stands > stood).any()
    assert (found.as_of, before.as_of) == (AS_OF, settled)


def test_the_first_day_of_the_example_is_what_progress_says():
    made = geo.run(geo.read_plan("layers/qingxi/plan.toml"))
    found = forecast_of(made, draws=100)
    assert counts_today(made, found).max() > 250
    said = " ".join(text.en for text in forecast_words(made, found))
    assert "of 4,545 mu only 45 are to spare" in said
    assert "0.84 / 0.60 / 0.19 / 0.00" in said
    assert "fits only in Luoma (it takes 69.3%)" in said
    for times in ("3.2", "4.4", "6.1"):
        assert f"{times} times the past pace" in said


# --- goals that are past, reached, or out of reach ---------------------------------------------


def test_of_a_goal_that_is_past_the_forecast_says_what_came(study, found):
    timeline = study.timeline[study.timeline["goal"] == "kept"]
    by_due = timeline.loc[timeline["date"] <= date(2024, 6, 30), "counted_mu"].max()
    assert by_due >= 60
    assert row_of(found, "kept")["p_due"] == 1
    assert row_of(found, "missed")["p_due"] == 0
    said = zip(found.goals["goal"], forecast_words(study, found), strict=False)
    words = {goal: text.en for goal, text in said}
    assert words["kept"] == "kept: was reached in time"
    assert words["missed"].startswith("missed: was not reached in time; median 20")


def test_a_goal_that_is_reached_is_sure_and_its_date_is_known(tmp_path):
    tables = GOALS.replace("mu = 480", "mu = 30")
    made = town(tmp_path, told(1), tables=tables)
    row = row_of(forecast_of(made, draws=100), "near")
    assert row["p_due"] == 1
    timeline = made.timeline[made.timeline["goal"] == "near"]
    (reached, *_) = timeline.loc[timeline["counted_mu"] >= 30, "date"]
    assert reached < AS_OF
    assert {row[f"date_{end}"].date() for end in ("p10", "p50", "p90")} == {reached}


def test_a_goal_above_all_land_is_never_reached(tmp_path):
    """24 parcels of 30 mu are 720."""
    made = town(tmp_path, told(1), tables=GOALS.replace("mu = 600", "mu = 721"))
    found = forecast_of(made, draws=100)
    row = row_of(found, "far")
    assert row["p_due"] == 0
    assert pd.isna(row["date_p10"])
    assert row["mu_p90"] <= 720 + 1e-6
    said = [text.en for text in forecast_words(made, found)]
    assert "under 10% likely even by 2030-12" in said[0]
    assert "far: out of reach, all its land is 720 mu, 1 too few" in said


def test_a_goal_of_a_programme_without_land_is_out_of_reach(tmp_path):
    inside = 'parcels = ["P00", "P01", "P02", "P05"]'
    for name, none in (("empty", "parcels = []"), ("elsewhere", 'parcels = ["ZZ"]')):
        made = town(tmp_path / name, told(1), tables=GOALS.replace(inside, none))
        found = forecast_of(made, draws=100)
        row = row_of(found, "part")
        assert (row["p_due"], row["mu_p90"]) == (0, 0)
        assert pd.isna(row["date_p10"])
        part = found.parcels[found.parcels["goal"] == "part"]
        assert (part[["p_now", "mu_now"]] == 0).all(axis=None)
        said = [text.en for text in forecast_words(made, found)]
        assert "part: out of reach, all its land is 0 mu, 90 too few" in said


def test_a_goal_beyond_the_horizon_has_no_chance_told(anew):
    found = anew(years=1.0)
    assert found.until == date(2025, 12, 31)
    far = row_of(found, "far")
    assert np.isnan(far["p_due"])
    assert np.isnan(far["mu_p50"])
    assert set(found.parcels["goal"]) == {"near", "part"}
    assert row_of(found, "near")["p_due"] >= 0
    assert anew(years=0.25).parcels.empty


# --- luck and settings -----------------------------------------------------------------------


def test_the_same_seed_forecasts_the_same_and_another_does_not(study, found):
    again = forecast_of(study, draws=DRAWS, seed=1)
    for name in ("curves", "goals", "parcels", "stages", "speed", "holds", "fits", "paces"):
        assert_frame_equal(getattr(found, name), getattr(again, name), check_exact=True)
    other = forecast_of(study, draws=DRAWS, seed=2)
    assert not other.parcels["mu"].equals(found.parcels["mu"])
    assert_frame_equal(other.stages, found.stages)
    assert (found.seed, other.seed, found.draws) == (1, 2, DRAWS)


def test_what_stays_out_for_ever_never_comes(study, anew):
    found = anew(hold_out_share=1.0)
    for goal in ("far", "near", "part"):
        curves = curve(found, f"goal:{goal}")
        held = curves.iloc[0]["p10"]
        assert (curves[["p10", "p50", "p90"]] == held).all(axis=None)
    begun = anew(hold_out_share=1.0, hold_out_below="survey")
    rung = study.parcels.set_index("parcel_id")["rung"]
    has_events = study.parcels.set_index("parcel_id")["has_events"]
    far = begun.parcels[begun.parcels["goal"] == "far"].set_index("parcel_id")
    assert (far.loc[~has_events, "p_ready"] == 0).all()
    assert (far.loc[has_events & (rung >= 0), "p_ready"] > 0).all()


def test_one_crew_is_slower_than_as_many_as_there_are_parcels(found, anew):
    one, all_ = (anew(crews=dict.fromkeys(STAGES, crews)) for crews in (1, 24))
    assert one.parcels["mu"].sum() < 0.98 * found.parcels["mu"].sum()
    assert (one.parcels["p_ready"] <= found.parcels["p_ready"]).all()
    assert_frame_equal(all_.parcels, found.parcels)


def test_zones_have_a_pace_of_their_own_where_they_are_pooled_by_it(tmp_path):
    """In the west all went on after two months, in the east after a year; six have just begun."""
    rows = [(f"P{at:02d}", "2024-12-01", "survey", "paper", "reach") for at in range(18, 24)]
    for at in range(18):
        step = 60 if at % 6 < 3 else 365
        for stage, day in zip(STAGES, range(0, 4 * step, step), strict=True):
            when = date.fromordinal(date(2020, 1, 1).toordinal() + 37 * at + day)
            rows.append((f"P{at:02d}", str(when), stage, "paper", "reach"))
    ready = {}
    pools = {"zone": ["east", "west"], "treatment": ["rebuild"], "all": [""]}
    for pool, groups in pools.items():
        made = town(tmp_path / pool, events(*rows), ahead=f'pool = "{pool}"')
        assert town_of(made).groups == groups
        parcels = forecast_of(made, draws=400).parcels
        ready[pool] = parcels[parcels["goal"] == "near"].set_index("parcel_id")["p_ready"]
    west, east = ["P18", "P19", "P20"], ["P21", "P22", "P23"]
    assert ready["zone"][west].mean() > ready["all"][west].mean() + 0.1
    assert ready["zone"][east].mean() < ready["all"][east].mean() - 0.1
    assert ready["treatment"].equals(ready["all"])


def test_the_day_from_which_the_ledger_tells_all_changes_what_is_learnt(anew, found):
    """Fewer ends of spells are heard from 2023 on."""
    later = anew(observed_from=date(2023, 1, 1))
    assert later.stages["ended"].sum() < found.stages["ended"].sum()
    assert not later.stages["p50_months"].equals(found.stages["p50_months"])


def test_what_comes_earlier_by_more_is_worth_more(found, anew):
    """By fifty years: what is not ready now will be, unless it never comes."""
    month = anew(earlier_months=1.0)
    assert (month.parcels["mu_earlier"] <= found.parcels["mu_earlier"] + 1e-9).all()
    assert month.parcels["mu_earlier"].sum() < found.parcels["mu_earlier"].sum()
    always = anew(earlier_months=600.0, years=50.0).parcels
    assert always["mu_earlier"].to_numpy() == pytest.approx(always["mu_now"].to_numpy(), rel=0.01)


def test_the_land_of_blocks_is_that_of_blocks_as_large_as_the_plan_tells(anew):
    small, large = (anew(block_mu=mu) for mu in (30.0, 400.0))
    low, high = (curve(each, "in_blocks_mu")["p50"] for each in (large, small))
    assert (low <= high).all()
    assert (low < high).any()
    ready = curve(small, "goal:near")["p50"]
    assert curve(small, "in_blocks_mu")["p50"].to_numpy() == pytest.approx(ready.to_numpy())


def test_the_floor_space_to_come_is_that_of_the_first_scenario(study, found):
    """24 parcels of 20 000 m² at a plot ratio of 2: 40 000 m² each once it is ready."""
    floor, land_mu = curve(found, "floor_m2")["p50"], curve(found, "goal:near")["p50"]
    assert floor.to_numpy() == pytest.approx(land_mu.to_numpy() / 30 * 40_000)
    assert found.unknown_floor == 0
    assert town_of(study).floor_m2 == pytest.approx(np.full(24, 40_000.0))


# --- what had been told by then ----------------------------------------------------------------

PLAIN = '[[goals]]\nid = "g"\nname = "g"\nmu = 200\ndue = 2026-12-31\nstage = "cleared"\n'


def ledgered(folder, *tellings, **options):
    path = told_plan(folder, land(), *tellings, tables=PLAIN, **options)
    return geo.run(geo.read_plan(paced(path)))


def climbing(parcel, days):
    return [reach(parcel, day, stage) for day, stage in zip(days, STAGES, strict=False)]


BEGUN = (
    "2021-06-30",
    [
        *climbing("P00", ["2021-01-01", "2021-02-01", "2021-05-01"]),
        *climbing("P01", ["2021-01-01", "2021-03-01"]),
        *climbing("P02", ["2021-02-01"]),
    ],
)
LATE = ("2024-06-30", [reach("P03", "2021-04-01", "demolished")])


def known(study, day):
    told_by = told_to(study)(day_number(date.fromisoformat(day)))
    return set(zip(told_by["parcel_id"], told_by["stage"], strict=True))


def test_what_is_recorded_late_is_not_known_before(tmp_path):
    made = ledgered(tmp_path, BEGUN, LATE)
    assert ("P03", "demolished") not in known(made, "2024-06-29")
    assert ("P03", "demolished") in known(made, "2024-06-30")
    assert ("P00", "demolished") in known(made, "2021-06-30")
    assert known(made, "2021-06-29") == set()


def test_what_is_recorded_later_changes_no_forecast_of_before(tmp_path):
    """Something late, something taken back, something corrected: all on 2024-07-15, day 19919."""
    later = (
        "2024-07-15",
        [
            reach("P03", "2021-04-01", "demolished"),
            reach("P01", "2021-03-01", "")._replace(kind="void", supersedes=5, reason="never was"),
            reach("P00", "2022-05-01", "demolished", supersedes=3, reason="misread"),
        ],
    )
    plain, changed = (
        ledgered(tmp_path / name, BEGUN, *more) for name, more in (("a", []), ("b", [later]))
    )
    past = [
        looked_back(made, town_of(made), draws=50, seed=3).rows.query("origin < 19919")
        for made in (plain, changed)
    ]
    columns = ["origin", "horizon_months", "known_mu", "p10_mu", "p50_mu", "p90_mu"]
    assert past[0]["origin"].nunique() == 5
    one, other = (rows[columns].set_index(columns[:2]) for rows in past)
    assert len(other) >= 8  # the later entries came late, so the last truths are not settled
    assert_frame_equal(one.loc[other.index], other, check_exact=True)
    assert known(changed, "2024-07-14") == known(plain, "2024-07-14")
    assert ("P01", "signed") not in known(changed, "2024-07-15")


def test_a_ledger_told_late_is_settled_until_then(tmp_path):
    """Ten events recorded 30 days after, once the ledger had begun: settled a month ago."""
    first = ("2022-01-01", [reach("P10", "2021-12-31", "survey")])
    months = [f"2023-{month:02d}" for month in range(1, 11)]
    told_later = [
        (
            str(date.fromisoformat(f"{month}-01") + pd.Timedelta(days=30)),
            [reach(f"P{at:02d}", f"{month}-01", "survey")],
        )
        for at, month in enumerate(months)
        if at != 10
    ]
    made = ledgered(tmp_path, first, *[(when[:10], what) for when, what in told_later])
    assert settled_on(made, AS_OF) == date(2024, 12, 1)


def test_without_a_ledger_all_is_settled_and_known_on_its_day(study):
    assert settled_on(study, AS_OF) == AS_OF
    happened = study.land.events
    before = happened[happened["date"] <= "2022-12-31"]
    assert len(told_to(study)(day_number(date(2022, 12, 31)))) == len(before) > 0


# --- faults ------------------------------------------------------------------------------------


def test_a_plan_without_goals_has_nothing_to_forecast(tmp_path):
    made = town(tmp_path, told(1), tables="")
    with pytest.raises(SequenceError) as caught:
        forecast_of(made)
    (fault,) = caught.value.findings
    assert (fault.code, fault.file, fault.field) == ("forecast.no-goal", "plan.toml", "goals")


def test_a_stage_that_neither_plan_nor_ledger_tells_of_is_asked_for(tmp_path):
    path = write_plan(tmp_path, land(), tables=PLAIN)
    with pytest.raises(SequenceError) as caught:
        forecast_of(geo.run(geo.read_plan(path)))
    assert [(fault.code, fault.field, fault.seen) for fault in caught.value.findings] == [
        ("forecast.no-duration", "stages", stage) for stage in STAGES
    ]


def test_few_ends_of_spells_and_few_origins_are_told_with_the_forecast(tmp_path):
    made = ledgered(tmp_path, BEGUN)
    found = forecast_of(made, draws=100, tested=True)
    faults = {fault.code: fault for fault in found.findings}
    assert faults["forecast.few"].severity == "warning"
    assert faults["forecast.few-origins"].file == "readiness.db"
    assert found.backtest.few
    assert "too few origins to judge by" in " ".join(
        text.en for text in forecast_words(made, found)
    )


def test_a_history_too_short_to_be_tested_says_so(tmp_path):
    made = town(tmp_path, told(1), top="as_of = 2023-06-30")
    found = forecast_of(made, draws=100, tested=True)
    (fault,) = [item for item in found.findings if item.code == "forecast.no-backtest"]
    assert fault.file == "plan.toml"
    assert found.backtest.rows.empty
    said = [text.en for text in forecast_words(made, found)]
    assert "the history is too short for a backtest: the chances are not tested" in said


@pytest.mark.parametrize(
    ("ahead", "code", "field", "seen"),
    [
        ("crews = { razed = 3 }", "plan.reference", "forecast.crews", "razed"),
        ('hold_out_below = "sold"', "plan.reference", "forecast.hold_out_below", "sold"),
        ("observed_from = 2025-01-01", "plan.value", "forecast.observed_from", "2025-01-01"),
        ("draws = 10", "plan.value", "forecast.draws", "10"),
        ("hold_out_share = 1.5", "plan.value", "forecast.hold_out_share", "1.5"),
        ("seed = -1", "plan.value", "forecast.seed", "-1"),
        ("years = 0", "plan.value", "forecast.years", "0"),
        ('pool = "town"', "plan.value", "forecast.pool", "town"),
        ("crews = { signed = 0 }", "plan.value", "forecast.crews.signed", "0"),
        ("drawz = 300", "plan.unknown-key", "forecast.drawz", "drawz"),
    ],
)
def test_what_a_plan_cannot_mean_of_its_forecast_is_told(tmp_path, ahead, code, field, seen):
    path = write_plan(tmp_path, land(1, 1), tables=f"{PLAIN}\n[forecast]\n{ahead}\n")
    with pytest.raises(PlanError) as caught:
        geo.read_plan(path)
    (fault,) = caught.value.findings
    assert (fault.code, fault.file, fault.field, fault.seen) == (code, "plan.toml", field, seen)


# --- odd towns ---------------------------------------------------------------------------------

NO_EVENTS = events()
CLEARED = [
    (f"P{at:02d}", f"202{year}-01-01", stage)
    for at in range(24)
    for year, stage in enumerate(STAGES)
]


def test_without_a_ledger_the_plan_alone_tells_how_long_it_takes(tmp_path):
    """Four stages of six months at the median, of which none has begun."""
    made = town(tmp_path, None, tables=PLAIN)
    found = forecast_of(made, draws=400, tested=True)
    assert found.stages["p50_months"].to_numpy() == pytest.approx(np.full(4, 6), rel=0.1)
    (few, _) = found.findings
    assert (few.code, few.seen) == ("forecast.few", "0")
    row = row_of(found, "g")
    assert pd.Timestamp("2026-01-01") < row["date_p50"] < pd.Timestamp("2029-01-01")
    assert curve(found, "goal:g", AS_OF)["p90"] == 0


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(NO_EVENTS, id="a history without events"),
        pytest.param(
            events(*[(f"P{at:02d}", "2023-05-01", "survey", "", "revert") for at in range(9)]),
            id="only falls",
        ),
        pytest.param(
            events(*[(f"P{at:02d}", "2023-05-01", stage) for at in range(9) for stage in STAGES]),
            id="all on one day",
        ),
        pytest.param(
            events(*[(f"P{at:02d}", "2030-05-01", "cleared") for at in range(9)]),
            id="only in the future",
        ),
    ],
)
def test_odd_histories_are_forecast_all_the_same(tmp_path, history):
    made = town(tmp_path, history, tables=PLAIN)
    found = forecast_of(made, draws=100, tested=True)
    assert 0 <= row_of(found, "g")["p_due"] <= 1
    assert "forecast.few" in {fault.code for fault in found.findings}
    counts_today(made, found)
    assert forecast_words(made, found)


def test_what_is_told_of_the_future_is_not_known_yet(tmp_path):
    rows = told(1)
    more = events(*[(f"P{at:02d}", "2025-01-02", "cleared") for at in range(24)])
    both = pd.concat([rows, more.assign(row=more["row"] + len(rows))], ignore_index=True)
    known_, all_ = (town(tmp_path / name, h) for name, h in (("a", rows), ("b", both)))
    one, other = (forecast_of(made, draws=100) for made in (known_, all_))
    assert_frame_equal(one.goals, other.goals)


def test_a_town_that_is_ready_has_nothing_to_wait_for(tmp_path):
    found = forecast_of(town(tmp_path, events(*CLEARED), tables=PLAIN), draws=100)
    row = row_of(found, "g")
    assert (row["p_due"], row["mu_p10"]) == (1, 720)
    assert row["date_p10"] == row["date_p90"] < pd.Timestamp(AS_OF)
    assert (found.parcels["p_lost"] == 1).all()
    assert (found.parcels["mu_lost"].round(6) == 690).all()
    assert (curve(found, "hole_mu")["p90"] == 0).all()


def test_one_parcel_is_a_town(tmp_path):
    tables = PLAIN.replace("mu = 200", "mu = 30")
    found = forecast_of(town(tmp_path, told(1, 1), tables=tables, layer=land(1, 1)), draws=400)
    row, parcel = row_of(found, "g"), found.parcels.iloc[0]
    assert len(found.parcels) == 1
    assert row["p_due"] == parcel["p"] == parcel["p_ready"]
    assert (parcel["p_now"], parcel["p_lost"], parcel["mu_lost"]) == (1, 0, 0)
    assert list(found.goals.columns) == list(GOAL_COLUMNS)


def test_a_parcel_that_fell_back_may_come_again(tmp_path):
    path = told_plan(
        tmp_path,
        land(2, 1),
        ("2021-06-30", climbing("P00", ["2021-01-01", "2021-02-01", "2021-03-01", "2021-04-01"])),
        ("2022-06-30", [revert("P00", "2022-06-01", "signed")]),
        tables=PLAIN.replace("mu = 200", "mu = 30"),
    )
    made = geo.run(geo.read_plan(paced(path)))
    found = forecast_of(made, draws=200)
    counts_today(made, found)
    assert 0 < found.parcels.set_index("parcel_id").loc["P00", "p_ready"] < 1


def test_floor_space_that_nobody_knows_is_said_to_be_left_out(found):
    rests = method_words(replace(found, unknown_floor=56))
    assert "not known for 56 rebuilt parcels" in rests.en
    assert "56 个拆除重建地块的建筑面积未知" in rests.zh
    assert "not known" not in method_words(replace(found, unknown_floor=0)).en
