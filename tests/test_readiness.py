"""Dated events: how far every parcel had come on any day, and what shows it."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import LayerError
from geo.plan import ReadinessTable
from geo.readers.table import Table
from geo.readiness import check_events, events_from_parcels, events_from_table, reached
from tests.makers import STAGES, events, stages

WHERE = {"file": "events.csv"}


def standing(history, day, parcel="P"):
    """(stage, stage with evidence, self-reported, since) of one parcel on a day."""
    at = reached(history, [parcel], [date.fromisoformat(day)])[0]
    since = None if np.isnat(at.since[0]) else str(at.since[0])[:10]
    return STAGES[at.rung[0]], STAGES[at.evidenced_rung[0]], bool(at.self_reported[0]), since


def from_rows(*rows, fields=None, names=None):
    """Read (parcel, date, stage, action, evidence, reason) as the lines of a file."""
    names = names or ["parcel_id", "date", "stage", "action", "evidence", "reason"]
    frame = pd.DataFrame(rows, columns=names, dtype="str")
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="row")
    layer = ReadinessTable(file="events.csv", fields=fields or {})
    return events_from_table(Table(Path("events.csv"), frame), layer, stages())


# --- the ladder ------------------------------------------------------------------------------


def test_the_stage_is_the_highest_rung_reached():
    history = events(("P", "2023-03-01", "signed"), ("P", "2024-05-01", "cleared"))
    assert standing(history, "2023-02-28") == ("survey", "survey", False, None)
    assert standing(history, "2023-03-01") == ("signed", "signed", False, "2023-03-01")
    assert standing(history, "2024-04-30") == ("signed", "signed", False, "2023-03-01")
    assert standing(history, "2024-05-01") == ("cleared", "cleared", False, "2024-05-01")


def test_stages_run_in_parallel():
    """A lower rung dated later takes nothing away."""
    history = events(("P", "2023-05-01", "demolished"), ("P", "2023-09-01", "signed"))
    assert standing(history, "2024-01-01") == ("demolished", "demolished", False, "2023-05-01")


def test_a_parcel_falls_back_and_must_reach_again():
    history = events(
        ("P", "2023-01-10", "signed"),
        ("P", "2023-02-10", "demolished"),
        ("P", "2023-03-10", "cleared"),
        ("P", "2023-04-10", "signed", "", "revert"),
        ("P", "2023-06-10", "demolished"),
    )
    assert standing(history, "2023-04-09")[0] == "cleared"
    assert standing(history, "2023-04-10") == ("signed", "signed", False, "2023-04-10")
    assert standing(history, "2023-06-10") == ("demolished", "demolished", False, "2023-06-10")


def test_evidence_falls_back_as_well():
    history = events(
        ("P", "2023-01-10", "cleared"),
        ("P", "2023-04-10", "signed", "", "revert"),
        ("P", "2023-06-10", "cleared", ""),
    )
    assert standing(history, "2023-07-01") == ("cleared", "signed", True, "2023-06-10")


def test_falling_back_lifts_nobody():
    """A revert to a rung above where the parcel stands, or before it stood anywhere."""
    history = events(("P", "2023-01-10", "signed"), ("P", "2023-02-10", "cleared", "", "revert"))
    assert standing(history, "2023-03-01") == ("signed", "signed", False, "2023-01-10")
    alone = events(("P", "2023-02-10", "cleared", "", "revert"))
    assert standing(alone, "2023-03-01")[:3] == ("survey", "survey", False)


def test_on_one_day_a_parcel_first_reaches_and_then_falls_back():
    history = events(
        ("P", "2023-01-10", "signed", "", "revert"),
        ("P", "2023-01-10", "cleared"),
    )
    assert standing(history, "2023-01-10")[0] == "signed"


def test_a_stage_without_evidence_is_self_reported():
    history = events(("P", "2023-01-10", "signed"), ("P", "2023-02-10", "cleared", ""))
    assert standing(history, "2023-03-01") == ("cleared", "signed", True, "2023-02-10")
    later = pd.concat([history, events(("P", "2023-05-01", "cleared", "certificate"))])
    assert standing(later, "2023-05-01") == ("cleared", "cleared", False, "2023-02-10")


def test_a_parcel_without_events_stands_at_the_first_rung():
    history = events(("P", "2023-01-10", "signed"))
    at = reached(history, ["P", "Q"], [date(2023, 6, 1)])[0]
    assert at.rung.tolist() == [1, 0]
    assert at.has_events.tolist() == [True, False]
    assert at.self_reported.tolist() == [False, False]
    assert not reached(history.iloc[:0], ["P"], [date(2023, 6, 1)])[0].has_events.any()


def test_no_parcels_stand_on_no_rungs():
    """A ledger without outlines: rungs are integers also when there are none."""
    (at,) = reached(events(("P", "2023-01-10", "signed")).iloc[:0], [], [date(2023, 6, 1)])
    assert np.array(STAGES)[at.rung].tolist() == np.array(STAGES)[at.evidenced_rung].tolist() == []
    assert (len(at.has_events), len(at.self_reported)) == (0, 0)


def test_many_days_in_one_pass_are_the_days_one_by_one():
    history = events(("P", "2023-01-10", "cleared"), ("P", "2023-02-10", "signed", "", "revert"))
    days = [date(2023, 1, 1), date(2023, 1, 10), date(2023, 2, 10), date(2023, 3, 1)]
    assert [int(at.rung[0]) for at in reached(history, ["P"], days)] == [0, 3, 1, 1]


def in_some(period, history, *, first, stage="signed"):
    """The history with a revert that is known to a period."""
    fell = events(("P", first, stage, "", "revert")).assign(precision=period, row=99)
    return pd.concat([history, fell], ignore_index=True)


def test_what_a_parcel_reached_in_the_period_of_a_revert_does_not_count():
    """It may have fallen back after it; what it reaches after the period counts."""
    history = in_some(
        "month",
        events(
            ("P", "2023-01-10", "signed"),
            ("P", "2023-06-10", "cleared"),
            ("P", "2023-07-01", "demolished"),
        ),
        first="2023-06-01",
        stage="survey",
    )
    assert standing(history, "2023-05-31")[:2] == ("signed", "signed")
    for day in ("2023-06-01", "2023-06-10", "2023-06-30"):
        assert standing(history, day) == ("survey", "survey", False, "2023-06-01")
    assert standing(history, "2023-07-01")[:2] == ("demolished", "demolished")


def test_a_revert_of_some_month_is_of_its_parcel_alone():
    history = events(("P", "2023-06-10", "cleared"), ("Q", "2023-06-10", "cleared"))
    history = in_some("month", history, first="2023-06-01")
    assert reached(history, ["P", "Q"], [date(2023, 7, 1)])[0].rung.tolist() == [1, 3]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.just("P"),
            st.dates(date(2023, 1, 25), date(2023, 3, 5)).map(str),
            st.sampled_from(STAGES),
            st.sampled_from(["paper", ""]),
            st.sampled_from(["reach", "reach", "revert"]),
        ),
        max_size=10,
    ),
    st.sampled_from(STAGES),
    st.dates(date(2023, 1, 24), date(2023, 3, 6)),
)
def test_a_revert_of_some_month_is_as_bad_as_on_its_worst_day(rows, stage, day):
    history = events(*rows)
    at = reached(in_some("month", history, first="2023-02-01", stage=stage), ["P"], [day])[0]
    on_each = [
        reached(in_some("day", history, first=f"2023-02-{fell:02}", stage=stage), ["P"], [day])[0]
        for fell in range(1, 29)
    ]
    assert at.rung[0] == min(one.rung[0] for one in on_each)
    assert at.evidenced_rung[0] == min(one.evidenced_rung[0] for one in on_each)


histories = st.lists(
    st.tuples(
        st.sampled_from("PQR"),
        st.dates(date(2023, 1, 1), date(2023, 1, 12)).map(str),
        st.sampled_from(STAGES),
        st.sampled_from(["paper", ""]),
        st.sampled_from(["reach", "reach", "revert"]),
    ),
    max_size=14,
)


def replayed(history, parcel, day):
    """Another way to the same: each reach stands as high as later falls leave it."""
    past = history[(history.parcel_id == parcel) & (history.date <= pd.Timestamp(day))]
    falls = past[past.action == "revert"]

    def highest(reaches):
        left = [
            min([event.rung, *falls[falls.date >= event.date].rung])
            for event in reaches.itertuples()
        ]
        return max(left, default=0)

    reaches = past[past.action == "reach"]
    return highest(reaches), highest(reaches[reaches.evidence != ""])


@settings(max_examples=50)
@given(histories, st.dates(date(2022, 12, 31), date(2023, 1, 13)), st.randoms())
def test_any_history_replayed_by_hand(rows, day, random):
    history = events(*rows)
    shuffled = history.sample(frac=1, random_state=random.randrange(2**32))
    for table in (history, shuffled):
        at = reached(table, list("PQR"), [date(2023, 1, 6), date(2023, 1, 14)])
        expected = [[replayed(table, parcel, "2023-01-06") for parcel in "PQR"]]
        expected.append([replayed(table, parcel, "2023-01-14") for parcel in "PQR"])
        for snapshot, pairs in zip(at, expected, strict=True):
            told = list(zip(snapshot.rung.tolist(), snapshot.evidenced_rung.tolist(), strict=True))
            assert told == pairs
    alone, again = (reached(table, list("PQR"), [day])[0] for table in (history, shuffled))
    for one, other in zip(alone, again, strict=True):
        np.testing.assert_array_equal(one, other)
    first = history[history.date <= pd.Timestamp(day)].groupby("parcel_id").date.min()
    assert alone.has_events.tolist() == [parcel in first for parcel in "PQR"]


@settings(max_examples=30)
@given(histories, st.dates(date(2023, 1, 1), date(2023, 1, 12)))
def test_what_comes_later_changes_nothing_before(rows, day):
    history = events(*rows)
    known = history[history.date <= pd.Timestamp(day)]
    for one, other in zip(
        reached(history, list("PQR"), [day])[0], reached(known, list("PQR"), [day])[0], strict=True
    ):
        np.testing.assert_array_equal(one, other)


# --- reading ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "before", "after"),
    [
        ("2023-07", "2023-07-30", "2023-07-31"),
        ("2023年7月", "2023-07-30", "2023-07-31"),
        ("2023", "2023-12-30", "2023-12-31"),
        ("2023-07-15", "2023-07-14", "2023-07-15"),
    ],
)
def test_a_month_or_a_year_counts_when_it_is_over(written, before, after):
    history, findings = from_rows(("P", written, "cleared", "", "paper", ""))
    assert not findings
    assert standing(history, before)[0] == "survey"
    assert standing(history, after)[0] == "cleared"


def test_every_spelling_of_a_stage_is_its_rung():
    ladder = stages()
    ladder[3] = ladder[3].model_copy(update={"aliases": ["净地", "整备完成"]})
    frame = pd.DataFrame(
        {"parcel_id": "P", "date": "2024-01-01", "evidence": "x"}
        | {"stage": [" Cleared", "ＣＬＥＡＲＥＤ", "净地", "整备完成 ", "基本完成"]},
        index=range(2, 7),
        dtype="str",
    )
    table = Table(Path("events.csv"), frame)
    history, findings = events_from_table(table, ReadinessTable(file="events.csv"), ladder)
    assert history["stage"].tolist() == ["cleared"] * 4
    assert [(item.code, item.row) for item in findings] == [("event.unknown-stage", 6)]


@pytest.mark.parametrize(
    ("line", "code", "kept"),
    [
        (("P", "soon", "cleared", "", "x", ""), "event.date", 0),
        (("P", "2024-02-30", "cleared", "", "x", ""), "event.date", 0),
        (("P", "2024-01-01", "celared", "", "x", ""), "event.unknown-stage", 0),
        (("P", "2024-01-01", "cleared", "undo", "x", ""), "event.action", 0),
        (("P", "2024-01-01", "cleared", "REACH", "", ""), "event.no-evidence", 1),
        (("P", "2024-01-01", "signed", "revert", "", ""), "event.revert-reason", 1),
    ],
)
def test_a_line_that_cannot_be_used_is_told(line, code, kept):
    history, findings = from_rows(line)
    assert [(item.code, item.row, item.parcel) for item in findings] == [(code, 2, "P")]
    assert len(history) == kept


def test_a_wrong_order_informs():
    lines = ("P", "2024-01-01", "cleared", "", "x", ""), ("P", "2024-05-01", "signed", "", "x", "")
    history, findings = from_rows(*lines)
    assert [(item.code, item.row, item.severity) for item in findings] == [
        ("event.order", 3, "info")
    ]
    assert len(history) == 2


def test_a_revert_in_whose_period_something_was_reached_is_told():
    lines = (
        ("P", "2024-01-10", "signed", "", "x", ""),
        ("P", "2024-06-10", "cleared", "", "x", ""),
        ("P", "2024年二季度", "signed", "revert", "", "lawsuit"),
    )
    history, findings = from_rows(*lines)
    (item,) = findings
    assert (item.code, item.severity, item.row, item.parcel, item.field) == (
        *("event.vague-revert", "warning", 4, "P", "date"),
    )
    assert "2024-Q2" in item.message
    assert "row 3" in item.message
    assert standing(history, "2024-07-01")[0] == "signed"
    exact = ("P", "2024-06-20", *lines[2][2:])
    assert from_rows(*lines[:2], exact)[1] == []
    later = ("P", "2024-07-01", *lines[1][2:])
    codes = [item.code for item in from_rows(lines[0], later, lines[2])[1]]
    assert codes == ["event.revert-nothing"]


def test_columns_go_by_the_names_of_the_plan():
    fields = {"parcel_id": "地块编号", "date": "完成时间", "stage": "整备阶段"}
    history, findings = from_rows(
        (" P ", "2024-01-01", "cleared"), fields=fields, names=[*fields.values()]
    )
    assert history[["parcel_id", "stage"]].to_numpy().tolist() == [["P", "cleared"]]
    assert [item.code for item in findings] == ["event.no-evidence"]
    with pytest.raises(LayerError, match="完成时间"):
        from_rows(("P", "2024-01-01", "x"), fields=fields, names=["地块编号", "时间", "整备阶段"])


def test_a_stage_in_the_parcel_layer_is_an_event():
    table = pd.DataFrame(
        {
            "row": [1, 2, 3],
            "parcel_id": ["P", "Q", "R"],
            "stage": ["cleared", "signed", ""],
            "stage_date": ["2023-07", "", ""],
            "evidence": ["paper", "paper", ""],
        }
    )
    history, findings = events_from_parcels(table, WHERE, stages(), date(2024, 12, 31))
    assert history["parcel_id"].tolist() == ["P", "Q"]
    assert history["date"].dt.date.tolist() == [date(2023, 7, 31), date(2024, 12, 31)]
    assert [(item.code, item.parcel) for item in findings] == [("event.undated", "Q")]


def test_events_of_nobody_and_of_the_future():
    history = events(
        ("P", "2024-01-01", "signed"),
        ("X", "2024-01-01", "signed"),
        ("Y", "2024-01-01", "signed"),
        ("P", "2025-01-01", "cleared"),
    )
    kept, findings = check_events(history, {"P"}, {"Y"}, date(2024, 12, 31), WHERE)
    assert kept["parcel_id"].tolist() == ["P", "P"]
    assert [(item.code, item.row) for item in findings] == [
        ("event.unknown-parcel", 3),
        ("event.uncounted-parcel", 4),
        ("event.future", 5),
    ]
    assert standing(kept, "2024-12-31")[0] == "signed"
