"""The timeline: every goal and all land on every date, and the parcels that there were then."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from shapely import box

import geo
from geo.ground import Ground
from geo.progress import MANY_DATES, MANY_PARCELS, report_dates, timeline_dates
from geo.study import Study, run
from geo.timeline import stage_history
from geo.units import M2_PER_MU
from geo.webmap.pieces import pieces_of
from geo.webmap.times import dates_of, page_time
from tests.histories import merge, reach, revert, split, told_plan
from tests.makers import events, placed, row, write_plan
from tests.test_lineage import histories, strip

LEFT, RIGHT = box(0, 0, 100, 100), box(100, 0, 200, 100)  # 15 mu each
WHOLE = box(0, 0, 200, 100)
GOAL = '[[goals]]\nid = "g"\nname = "g"\nmu = 30\ndue = 2025-12-31\nstage = "cleared"'


def on(table: pd.DataFrame, day: str) -> pd.DataFrame:
    return table[table["date"] == date.fromisoformat(day)]


def counted(study: Study, day: str) -> float:
    return round(float(on(study.timeline, day)["counted_mu"].item()), 9)


# --- its dates --------------------------------------------------------------------------------


def test_the_dates_are_month_ends_from_the_first_event_with_the_dates_that_are_told():
    told = report_dates(date(2024, 1, 1), date(2024, 4, 10), [date(2024, 2, 15)])
    days = timeline_dates(date(2023, 12, 5), told, parcels=10)
    assert [str(day) for day in days] == [
        "2023-12-31",
        "2024-01-01",
        "2024-01-31",
        "2024-02-15",
        "2024-02-29",
        "2024-03-31",
        "2024-04-10",
    ]


def test_without_an_event_before_it_the_base_date_comes_first():
    told = report_dates(date(2024, 1, 1), date(2024, 2, 10), [])
    assert timeline_dates(date(2024, 2, 1), told, parcels=1)[0] == date(2024, 1, 1)


@pytest.mark.parametrize(
    ("first", "days", "second"),
    [
        (date(2020, 1, 10), 60, "2020-02-29"),  # months
        (date(2019, 12, 10), 21, "2020-03-31"),  # they would be 61: quarters
        (date(2009, 12, 10), 16, "2010-12-31"),  # they would be 61 too: years
        (date(1900, 1, 1), 0, "2024-12-31"),  # more than 60 years: those told
    ],
)
def test_a_long_time_has_coarser_dates(first, days, second):
    told = [date(2024, 12, 30), date(2024, 12, 31)]
    found = timeline_dates(first, told, parcels=1)
    assert str(found[1]) == second
    assert len(set(found) - {told[0]}) == max(days, 1) <= MANY_DATES
    assert found[-1] == told[-1]


def test_very_many_parcels_are_shown_on_the_dates_that_are_told():
    told = report_dates(date(2024, 1, 1), date(2024, 12, 31), [])
    assert len(timeline_dates(told[0], told, parcels=MANY_PARCELS)) > len(told)
    assert timeline_dates(told[0], told, parcels=MANY_PARCELS + 1) == told


# --- by hand ----------------------------------------------------------------------------------

TOLD = [
    ("2024-02-01", [reach("A", "2024-01-10", "cleared")]),
    ("2024-05-20", [reach("B", "2024-05-10", "cleared", evidence="")]),
    ("2024-06-02", [merge("C", "2024-06-01", "A", "B")]),
    ("2024-07-10", [reach("C", "2024-07-01", "cleared")]),
    ("2024-08-02", [revert("C", "2024-08-01", "signed")]),
    ("2024-10-02", [split("C", "2024-10-01", "D", "E")]),
    ("2024-11-02", [reach("E", "2024-11-01", "cleared")]),
]
OUTLINES = {"A": LEFT, "B": RIGHT, "C": WHOLE}


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    """15 and 15 mu that become one parcel of 30, which becomes two of 15 again."""
    land = placed(LEFT, RIGHT, parcel_id=["D", "E"], zone=["west", "west"])
    path = told_plan(tmp_path_factory.mktemp("strip"), land, *TOLD, outlines=OUTLINES, tables=GOAL)
    return run(geo.read_plan(path))


@pytest.mark.parametrize(
    ("day", "mu", "told_mu"),
    [
        ("2023-12-31", 0, 0),
        ("2024-01-31", 15, 0),
        ("2024-04-30", 15, 0),
        ("2024-05-31", 15, 15),  # B says so itself
        ("2024-06-30", 0, 30),  # one parcel of both: its evidence is that of the worse
        ("2024-07-31", 30, 0),
        ("2024-08-31", 0, 0),
        ("2024-10-31", 0, 0),
        ("2024-11-30", 15, 0),
        ("2024-12-31", 15, 0),
    ],
)
def test_a_goal_is_told_for_every_month(study, day, mu, told_mu):
    assert counted(study, day) == mu
    assert on(study.timeline, day)["self_reported_mu"].item() == pytest.approx(told_mu, abs=1e-9)
    state = on(study.timeline, day).iloc[0]
    assert state["gap_mu"] == pytest.approx(30 - mu)


def test_the_dates_that_are_told_are_the_rows_of_progress(study):
    told = study.timeline[study.timeline["date"].isin(study.progress["date"])]
    pd.testing.assert_frame_equal(told.reset_index(drop=True), study.progress)
    assert len(study.timeline) == 25 > len(study.progress) == 9


def test_all_land_is_at_some_stage_on_every_date(study):
    history = study.stage_history
    assert (history.groupby("date")["land_m2"].sum() == 20_000).all()
    june = on(history, "2024-06-30").set_index("rung")
    assert june["parcels"].to_dict() == {0: 0, 1: 0, 2: 0, 3: 1}
    assert (june.loc[3, "land_m2"], june.loc[3, "told_m2"]) == (20_000, 20_000)
    may = on(history, "2024-05-31").set_index("rung")
    assert (may.loc[3, "parcels"], may.loc[3, "told_m2"]) == (2, 10_000)
    november = on(history, "2024-11-30").set_index("rung")
    assert november["land_m2"].tolist() == [0, 10_000, 0, 10_000]


def test_land_that_is_told_of_is_a_measure_also_where_there_is_none(study):
    ground = study.grounds[-1]
    silent = [at._replace(evidenced_rung=at.rung) for at in ground.histories]
    zones, stages = ground.parcels["zone"].unique().tolist(), len(study.plan.stages)
    told = stage_history([replace(ground, histories=silent)], zones=zones, stages=stages)
    assert told["told_m2"].dtype == np.float64 and told["told_m2"].sum() == 0


def test_the_last_date_is_the_table_of_stages(study):
    now = on(study.stage_history, "2024-12-31")
    known = study.stages[study.stages["zone"] == "west"]
    assert (now["land_m2"] / M2_PER_MU).tolist() == known["mu"].tolist()
    assert now["parcels"].tolist() == known["parcels"].tolist()


def test_former_parcels_are_there_until_they_end(study):
    pieces, dates = pieces_of(study), [str(day) for day in dates_of(study)]
    lives = {
        name: (dates[since], dates[until])
        for name, since, until in zip(pieces.ids, pieces.since, pieces.until, strict=True)
    }
    assert lives == {
        "D": ("2024-10-31", "2024-12-31"),
        "E": ("2024-10-31", "2024-12-31"),
        "C": ("2024-06-30", "2024-09-30"),
        "A": (dates[0], "2024-05-31"),
        "B": (dates[0], "2024-05-31"),
    }
    assert pieces.ids[:2] == study.parcels["parcel_id"].tolist()


def test_each_piece_knows_its_changes(study):
    pieces, dates = pieces_of(study), [str(day) for day in dates_of(study)]
    ends = np.cumsum(pieces.changes)
    told = {
        name: [
            (dates[pieces.change_date[at]], pieces.change_rung[at], bool(pieces.change_told[at]))
            for at in range(end - count, end)
        ]
        for name, count, end in zip(pieces.ids, pieces.changes, ends, strict=True)
    }
    assert told["B"] == [(dates[0], 0, False), ("2024-05-31", 3, True)]
    assert told["C"] == [
        ("2024-06-30", 3, True),
        ("2024-07-31", 3, False),
        ("2024-08-31", 1, False),
    ]
    assert told["E"] == [("2024-10-31", 1, False), ("2024-11-30", 3, False)]
    assert {name: states[-1][1] for name, states in told.items()} == {
        "A": 3,
        "B": 3,
        "C": 1,
        "D": 1,
        "E": 3,
    }


def test_a_parcel_that_a_merge_leaves_alone_is_one_piece(tmp_path):
    far = box(500, 0, 600, 100)
    land = placed(WHOLE, far, parcel_id=["C", "F"])
    told = [("2024-06-02", [merge("C", "2024-06-01", "A", "B")])]
    shapes = {"A": LEFT, "B": RIGHT, "F": far}
    study = run(geo.read_plan(told_plan(tmp_path, land, *told, outlines=shapes, tables=GOAL)))
    pieces = pieces_of(study)
    assert pieces.ids == ["C", "F", "A", "B"]
    assert pieces.since[1] == 0


def test_a_date_whose_parcels_are_not_known_is_left_out_and_said_so(tmp_path):
    """The merge of a month between two dates that are told, of which one outline is lacking."""
    land = placed(WHOLE, parcel_id=["C"])
    told = [
        ("2024-02-01", [reach("A", "2022-01-10", "cleared"), reach("B", "2022-01-10", "cleared")]),
        ("2024-06-02", [merge("C", "2022-03-01", "A", "B")]),
    ]
    path = told_plan(tmp_path, land, *told, outlines={"A": LEFT}, tables=GOAL)
    study = run(geo.read_plan(path))
    assert str(dates_of(study)[0]) == "2022-03-31"
    said = [item for item in study.findings if item.code == "lineage.no-sums"]
    assert [(item.file, item.parcel) for item in said] == [("parcels.parquet", "C")]
    assert "2022-01-31 to 2022-02-28" in said[0].message


def test_without_goals_the_land_has_its_timeline_all_the_same(tmp_path):
    land = placed(WHOLE, parcel_id=["C"])
    told = [("2024-06-02", [merge("C", "2024-06-01", "A", "B")])]
    path = told_plan(tmp_path, land, *told, outlines={"A": LEFT, "B": RIGHT})
    study = run(geo.read_plan(path))
    assert study.timeline.empty
    parcels = study.stage_history.groupby("date")["parcels"].sum()
    assert (parcels[date(2024, 5, 31)], parcels[date(2024, 6, 30)]) == (2, 1)


def test_what_counts_is_looked_for_again_only_where_a_parcel_moved(tmp_path, monkeypatch):
    asked = []
    land = geo.counted.goal_land

    def heard(goal, plan, ground: Ground, at):
        asked.append(int(at.rung.sum()))
        return land(goal, plan, ground, at)

    done = events(("A", "2024-03-05", "cleared"), ("B", "2024-08-05", "cleared"))
    path = write_plan(
        tmp_path, placed(*row([100, 100]), parcel_id=["A", "B"]), history=done, tables=GOAL
    )
    monkeypatch.setattr(geo.counted, "goal_land", heard)
    study = run(geo.read_plan(path))
    assert asked == [0, 3, 6]
    assert [counted(study, day) for day in ("2024-02-29", "2024-03-31", "2024-12-31")] == [
        0,
        15,
        30,
    ]


# --- by property ------------------------------------------------------------------------------


@given(histories())
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_date_is_a_run_as_of_that_date(tmp_path_factory, drawn):
    parcels, outlines, tellings, _ = drawn
    land = placed(*[strip(*parcels[name]) for name in parcels], parcel_id=list(parcels))
    shapes = {name: strip(*cells) for name, cells in outlines.items()}
    folder = tmp_path_factory.mktemp("strips")
    plan = geo.read_plan(told_plan(folder, land, *tellings, outlines=shapes, tables=GOAL))
    whole = run(plan)
    pieces = pieces_of(whole)
    for at, day in list(enumerate(dates_of(whole)))[::5]:
        then = run(plan.seen_on(day))
        told = whole.timeline[whole.timeline["date"] == day].reset_index(drop=True)
        pd.testing.assert_frame_equal(told, then.progress.tail(1).reset_index(drop=True))
        land_m2 = whole.stage_history[whole.stage_history["date"] == day]["land_m2"]
        assert land_m2.tolist() == then.stage_history.tail(4)["land_m2"].tolist()
        there = (pieces.since <= at) & (at <= pieces.until)
        names = [name for name, alive in zip(pieces.ids, there, strict=True) if alive]
        assert sorted(names) == sorted(then.parcels["parcel_id"])


# --- what the page has of it ------------------------------------------------------------------


def test_the_page_knows_what_counts_on_every_date(study):
    time = page_time(study)
    at = time["dates"].index("2024-07-31")
    assert time["counted"][0][at] == pytest.approx(30)
    assert time["land"][at] == "30.00"
    assert len(time["counted"][0]) == len(time["dates"]) == 25


def test_a_page_of_ten_parcels_and_five_years_has_them_in_a_few_bytes(study):
    assert len(page_time(study)["totals"]["pack"]) < 400


def test_the_timeline_of_qingxi_spans_its_ledger(tmp_path):
    study = run(geo.read_plan("layers/qingxi/plan.toml"))
    dates = dates_of(study)
    assert (str(dates[0]), str(dates[-1]), len(dates)) == ("2020-01-31", "2024-12-31", 61)
    former = sorted(pieces_of(study).ids[len(study.parcels) :])
    assert former == ["CS-B29", "LM-B27", "LM-B28"]
    gaps = [later - day for day, later in pairwise(dates)]
    assert max(gaps) == timedelta(days=31)


def test_a_zone_that_ended_with_its_parcels_keeps_its_past(tmp_path):
    """A in the east and B in the west became C in the west: until then the east has 15 mu."""
    land = placed(WHOLE, parcel_id=["C"], zone=["west"])
    told = [("2024-06-02", [merge("C", "2024-06-01", "A", "B")])]
    zones = {"A": "east", "B": "west"}
    outlines = {"A": LEFT, "B": RIGHT}
    path = told_plan(tmp_path, land, *told, outlines=outlines, outline_zones=zones)
    study = run(geo.read_plan(path))
    history = study.stage_history.groupby(["zone", "date"])["land_m2"].sum()
    assert (history["east", date(2024, 5, 31)], history["east", date(2024, 6, 30)]) == (10_000, 0)
    assert history["west", date(2024, 6, 30)] == 20_000
    assert page_time(study)["totals"]["zones"] == ["", "west", "east"]
