"""Waits, from events: what began when, how it ended, and from when on it was seen."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.forecast.spells import BEFORE, FELL, REACHED, WAITING, WITHDRAWN, spells_of
from geo.forecast.town import StagePrior
from geo.readiness import reached
from tests.makers import STAGES, events

PLAN = [
    StagePrior(stage, months, 3 * months)
    for stage, months in zip(STAGES, (1, 2, 3, 6), strict=True)
]
"""survey, signed, demolished, cleared: the last two take 3 and 6 months by the plan."""

UNTIL = date(2024, 12, 31)


def seen(history, *parcels, until=UNTIL, observed_from=date(2020, 1, 1), plan=PLAN):
    """(parcel, rung worked on, start, stop, end) of each spell, days as dates."""
    parcels = parcels or ("P",)
    group = np.arange(len(parcels))
    spells, _ = spells_of(history, parcels, group, plan, until=until, observed_from=observed_from)
    assert (spells.group == spells.parcel).all()
    assert (spells.entry >= spells.start).all()
    return [
        (parcels[parcel], rung, as_date(start), as_date(stop), end)
        for parcel, rung, start, stop, end in zip(
            spells.parcel, spells.rung, spells.start, spells.stop, spells.end, strict=True
        )
    ]


def as_date(day):
    return str(np.datetime64(round(day), "D"))


def codes(history, *parcels):
    group = np.zeros(len(parcels), dtype=np.int64)
    return spells_of(history, parcels, group, PLAN, until=UNTIL)[1]


# --- how waits end ---------------------------------------------------------------------------


def test_a_parcel_reaches_one_stage_and_waits_for_the_next():
    history = events(("P", "2023-01-01", "signed"), ("P", "2024-01-01", "demolished"))
    assert seen(history)[2:] == [
        ("P", 2, "2023-01-01", "2024-01-01", REACHED),
        ("P", 3, "2024-01-01", "2024-12-31", WAITING),
    ]


def test_a_parcel_at_the_top_waits_for_nothing():
    history = events(("P", "2019-01-01", "demolished"), ("P", "2024-01-01", "cleared"))
    assert seen(history) == [("P", 3, "2019-01-01", "2024-01-01", REACHED)]


def test_a_parcel_falls_back_and_another_to_the_first_stage():
    history = events(
        ("P", "2019-01-01", "demolished"),
        ("P", "2023-01-01", "signed", "", "revert"),
        ("Q", "2019-01-01", "demolished"),
        ("Q", "2023-01-01", "survey", "", "revert"),
    )
    assert seen(history, "P", "Q") == [
        ("P", 3, "2019-01-01", "2023-01-01", FELL),
        ("P", 2, "2023-01-01", "2024-12-31", WAITING),
        ("Q", 3, "2019-01-01", "2023-01-01", WITHDRAWN),
        ("Q", 1, "2023-01-01", "2024-12-31", WAITING),
    ]


def test_the_rung_fallen_to_is_kept():
    history = events(("P", "2019-01-01", "demolished"), ("P", "2023-01-01", "signed", "", "revert"))
    group = np.zeros(1, dtype=np.int64)
    spells, _ = spells_of(history, ["P"], group, PLAN, until=UNTIL, observed_from=date(2020, 1, 1))
    assert spells.fell_to[spells.end == FELL].tolist() == [1]


def test_a_parcel_falls_from_the_top():
    """It worked on nothing there, so no wait ends; one begins."""
    history = events(
        ("P", "2019-01-01", "cleared"), ("P", "2020-06-01", "demolished", "", "revert")
    )
    assert seen(history) == [("P", 3, "2020-06-01", "2024-12-31", WAITING)]


def test_a_lower_stage_told_later_changes_nothing():
    history = events(
        ("P", "2021-01-01", "signed"),
        ("P", "2022-01-01", "demolished"),
        ("P", "2023-01-01", "signed"),
    )
    without = events(("P", "2021-01-01", "signed"), ("P", "2022-01-01", "demolished"))
    assert seen(history) == seen(without)


def test_what_happens_after_the_day_is_not_known():
    history = events(("P", "2019-01-01", "signed"), ("P", "2024-01-01", "demolished"))
    assert seen(history, until=date(2023, 12, 31)) == [
        ("P", 2, "2019-01-01", "2023-12-31", WAITING)
    ]


# --- several stages together -----------------------------------------------------------------


def test_the_time_of_skipped_stages_is_divided_as_the_plan_does():
    """Nine months for two stages of 3 and 6: three and six."""
    history = events(("P", "2022-01-01", "signed"), ("P", "2022-09-28", "cleared"))
    assert seen(history)[2:] == [
        ("P", 2, "2022-01-01", "2022-04-01", REACHED),
        ("P", 3, "2022-04-01", "2022-09-28", REACHED),
    ]
    untold = [*PLAN[:2], StagePrior("demolished", np.nan, np.nan), PLAN[3]]
    assert seen(history, plan=untold)[2:] == [
        ("P", 2, "2022-01-01", "2022-05-16", REACHED),
        ("P", 3, "2022-05-16", "2022-09-28", REACHED),
    ]


def test_stages_of_one_day_are_one_step():
    here = events(
        ("P", "2022-01-01", "signed"),
        ("P", "2022-09-28", "demolished"),
        ("P", "2022-09-28", "cleared"),
    )
    at_once = events(("P", "2022-01-01", "signed"), ("P", "2022-09-28", "cleared"))
    assert seen(here) == seen(at_once)


def test_skipped_stages_are_told():
    history = events(("P", "2022-01-01", "signed"), ("P", "2022-09-28", "cleared"))
    found = {fault.code: fault for fault in codes(history, "P")}
    fault = found["forecast.skipped"]
    assert (fault.row, fault.parcel, fault.seen) == (3, "P", "1")
    assert "days" not in fault.message
    assert fault.severity == "info"


# --- from when on it was seen ----------------------------------------------------------------


def test_the_window_opens_with_the_first_step():
    """What began earlier is known only because it lasted until then."""
    history = events(
        ("A", "2015-01-01", "signed"),
        ("B", "2016-01-01", "signed"),
        ("B", "2019-01-01", "demolished"),
        ("C", "2018-01-01", "signed"),
        ("C", "2021-01-01", "demolished"),
    )
    spells, _ = spells_of(history, ["A", "B", "C"], np.zeros(3, dtype=np.int64), PLAN, until=UNTIL)
    told = [
        ("ABC"[parcel], rung, as_date(entry), as_date(stop))
        for parcel, rung, entry, stop in zip(
            spells.parcel, spells.rung, spells.entry, spells.stop, strict=True
        )
    ]
    assert told == [
        ("A", 2, "2019-01-01", "2024-12-31"),
        ("B", 3, "2019-01-01", "2024-12-31"),  # the step that opens the window is not in it
        ("C", 2, "2019-01-01", "2021-01-01"),
        ("C", 3, "2021-01-01", "2024-12-31"),
    ]


def test_what_ended_before_the_window_is_left_out():
    history = events(("P", "2018-01-01", "signed"), ("P", "2019-01-01", "demolished"))
    assert seen(history) == [("P", 3, "2019-01-01", "2024-12-31", WAITING)]


def test_a_parcel_without_events_waits_for_the_first_stage_since_the_window_opened():
    assert seen(events(), observed_from=date(2022, 1, 1)) == [
        ("P", 0, "2022-01-01", "2024-12-31", WAITING)
    ]


def test_a_parcel_that_begins_later_has_waited_until_then():
    began = events(("P", "2022-01-01", "survey"), ("P", "2022-04-01", "signed"))
    assert seen(began)[:2] == [
        ("P", 0, "2020-01-01", "2022-01-01", REACHED),
        ("P", 1, "2022-01-01", "2022-04-01", REACHED),
    ]


def test_who_is_first_told_of_at_the_second_stage_passed_the_first_on_the_way():
    """Ninety days for a survey of one month and a signature of two: thirty and sixty."""
    signed = events(("P", "2020-03-31", "signed"))
    assert seen(signed) == [
        ("P", 0, "2020-01-01", "2020-01-31", REACHED),
        ("P", 1, "2020-01-31", "2020-03-31", REACHED),
        ("P", 2, "2020-03-31", "2024-12-31", WAITING),
    ]
    _, findings = spells_of(
        signed, ["P"], np.zeros(1, int), PLAN, until=UNTIL, observed_from=date(2020, 1, 1)
    )
    (fault,) = [fault for fault in findings if fault.code == "forecast.skipped"]
    assert (fault.row, fault.parcel, fault.seen) == (2, "P", "1")


def test_a_parcel_that_appears_higher_up_has_a_past_that_is_not_told():
    history = events(("P", "2022-04-01", "demolished"))
    assert seen(history) == [("P", 3, "2022-04-01", "2024-12-31", WAITING)]


def test_without_a_step_nothing_was_observed():
    spells, _ = spells_of(
        events(("P", "2015-01-01", "signed")), ["P", "Q"], np.zeros(2, int), PLAN, until=UNTIL
    )
    assert (spells.end == WAITING).all()
    assert (spells.entry == spells.stop).all()


def test_few_ended_waits_are_told():
    history = events(("P", "2023-01-01", "signed"), ("P", "2024-01-01", "demolished"))
    (fault,) = codes(history, "P")
    assert (fault.code, fault.severity) == ("forecast.few", "warning")
    assert fault.seen == "0", "the one that opens the window is not seen to have waited"
    many = [
        (f"P{at}", f"2023-0{1 + month}-01", stage)
        for at in range(16)
        for month, stage in enumerate(STAGES)
    ]
    names = sorted({parcel for parcel, _, _ in many})
    assert (
        codes(
            events(("A", "2022-01-01", "survey"), ("A", "2022-01-02", "signed"), *many), "A", *names
        )
        == []
    )


def test_no_parcels_have_no_spells():
    spells, findings = spells_of(events(), [], np.array([], dtype=np.int64), PLAN, until=UNTIL)
    assert len(spells.rung) == 0
    assert [fault.code for fault in findings] == ["forecast.few"]


# --- as readiness sees it --------------------------------------------------------------------

happenings = st.lists(
    st.tuples(
        st.sampled_from("PQ"),
        st.dates(date(2021, 1, 1), date(2022, 3, 1)).map(str),
        st.sampled_from(STAGES),
        st.just(""),
        st.sampled_from(["reach", "reach", "revert"]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(happenings, st.dates(date(2021, 1, 1), date(2022, 4, 1)))
def test_a_parcel_waits_where_readiness_says_and_since_then(rows, until):
    history = events(*rows)
    opened = date(2021, 1, 1)
    group = np.zeros(2, dtype=np.int64)
    spells, _ = spells_of(history, ["P", "Q"], group, PLAN, until=until, observed_from=opened)
    (standing,) = reached(history, ["P", "Q"], [until])
    closing = float(np.datetime64(until, "D").astype(int))
    for parcel in (0, 1):
        own = spells.only((spells.parcel == parcel) & (spells.end == WAITING))
        last = own.only(own.stop == closing)
        stands = standing.rung[parcel] if standing.has_events[parcel] else BEFORE
        if stands == len(STAGES) - 1:
            assert len(last.rung) == 0
            continue
        since = str(standing.since[parcel])[:10] if standing.has_events[parcel] else str(opened)
        assert (last.rung[-1], as_date(last.start[-1])) == (stands + 1, since)


@settings(max_examples=100, deadline=None)
@given(happenings)
def test_the_waits_of_a_parcel_follow_one_another(rows):
    history = events(*rows)
    spells, _ = spells_of(
        history, ["P", "Q"], np.zeros(2, int), PLAN, until=UNTIL, observed_from=date(2021, 1, 1)
    )
    for parcel in (0, 1):
        own = spells.only(spells.parcel == parcel)
        assert (own.start[1:] >= own.stop[:-1]).all()
        assert ((own.stop > own.entry) | (own.end == WAITING)).all()
        climbed = own.end[:-1] == REACHED
        nxt = own.rung[1:]
        together = own.start[1:] == own.stop[:-1]
        assert (nxt[climbed & together] == own.rung[:-1][climbed & together] + 1).all()


@pytest.mark.parametrize("observed_from", [None, date(2021, 6, 1)])
def test_row_order_changes_nothing(observed_from):
    rows = [
        ("P", "2021-01-01", "signed"),
        ("Q", "2021-03-01", "survey"),
        ("P", "2021-09-01", "cleared"),
        ("Q", "2022-03-01", "signed"),
    ]
    forth, back = (
        seen(events(*order), "P", "Q", observed_from=observed_from) for order in (rows, rows[::-1])
    )
    assert forth == back


def test_what_was_before_a_split_counts_once():
    """Both parts have the whole past, line by line; what waits now goes on for each."""
    past = events(("P", "2021-01-01", "signed"), ("P", "2023-01-01", "demolished"))
    parts = pd.concat([past.assign(parcel_id=name) for name in ("P1", "P2")], ignore_index=True)
    found = [spell for spell in seen(parts, "P1", "P2") if spell[1] >= 2]
    assert found == [
        ("P1", 2, "2021-01-01", "2023-01-01", REACHED),
        ("P1", 3, "2023-01-01", "2024-12-31", WAITING),
        ("P2", 3, "2023-01-01", "2024-12-31", WAITING),
    ]


def test_a_ledger_that_is_kept_tells_that_nobody_went_on():
    """Without a passage nothing says since when waits were seen, but for the ledger itself."""
    history = events(("P", "2022-01-01", "demolished"))

    def entries(**more):
        spells, _ = spells_of(
            history, ["P"], np.zeros(1, dtype=np.int64), PLAN, until=UNTIL, **more
        )
        return [as_date(day) for day in spells.entry]

    assert entries() == ["2024-12-31"]
    assert entries(recorded_from=date(2023, 6, 1)) == ["2023-06-01"]
